/*
 * eval.h - does an event match? A query's filter over one event at a time.
 *
 * Written simply: this is what every faster way to search must agree with.
 *
 * A name is answered, in this order, by what the server knows (host, source, input), the tags
 * (product, category, service), the taxonomy's names through each of the event's views, and the
 * record's own dotted names. It holds when one of all these values does. An object or array has no
 * value of its own here, but it is there (NAME:*); a null is not.
 *
 * A query_eval holds ids out of `names` and serves events of the same names only. It is immutable:
 * what changes lies in the query_subject, of which each thread has its own.
 */
#ifndef QUERY_EVAL_H
#define QUERY_EVAL_H

#include "event/event.h"
#include "query/query.h"

struct query_eval;

/* The ids of a name, whatever its case; none: nobody has it but the record. */
struct query_ids {
    const uint32_t *ids;
    uint32_t count;
};
/* In `mem`; false when there is no memory. */
bool query_ids(struct query_ids *out, const struct names *names, struct span name,
               struct arena *mem);

/* The query is borrowed. */
int query_eval_new(struct query_eval **out, const struct query *q, const struct names *names,
                   struct err *e);
void query_eval_free(struct query_eval **ev);

/* The event at hand. */
struct query_subject {
    struct event *event;
    struct span source, input;
    int64_t receipt_ns;
    int64_t skew_ns;          /* source times further from receipt than this are not believed */
    struct buf text, scratch; /* eval.c's: the search text; a value folded */
    int64_t time_ns;          /* for since and until */
    bool has_text, has_time;
    bool failed; /* no memory for a text: an answer was a guess */
};

void query_subject_init(struct query_subject *s);
void query_subject_release(struct query_subject *s);

/* Take this event, which is read until the next one is taken. Its time is source time, or receipt
 * time where it says none, or (s->skew_ns, set behind this call; usually none) one too far off. */
void query_subject_take(struct query_subject *s, struct event *e, struct span source,
                        struct span input, int64_t receipt_ns);

int64_t query_subject_time(struct query_subject *s);

/* What that is where the event's own time is `ns`. */
int64_t query_time_believed(int64_t ns, int64_t receipt_ns, int64_t skew_ns);

bool query_eval_holds(const struct query_eval *ev, struct query_subject *s);

/* The same, for events whose time is in query_range(): what that says is not asked again. When the
 * answer still needs a time, the subject has one then (has_time); when it needs the search text,
 * has_text. */
bool query_eval_holds_in_range(const struct query_eval *ev, struct query_subject *s);

#endif
