/*
 * event.h - one event: a wire record with Sigma's names and logsource tags laid over it.
 *
 * The record's own names are kept; the taxonomy adds names when reading. Nothing is copied or
 * renamed per event: every name that some rule or taxonomy row asks for has a small integer (a
 * name id), the fields of the event are entered once under their ids in a table of slots, and a
 * question for "Image" is answered through the view's map from Sigma's name to the source's own.
 *
 *   class: the set of taxonomy rows (views) that this kind of event satisfies, found from a few
 *          discriminating fields (Channel, EventID, ...) and remembered.
 *   view:  one row: its tags (product, category, service) and its field map. An event may have
 *          several: Security 4688 is "service: security" under its own names and
 *          "category: process_creation" under Sysmon's.
 *
 * Names match exactly, then without regard to ASCII case; nested names are dotted; blanks in
 * names are ignored ("New Value" answers NewValue); prefixes that the taxonomy strips
 * (Event.EventData., winlog.event_data.) answer both with and without; a name given twice, or an
 * array, has several values.
 *
 * A struct event belongs to one thread and is used for one record after another; the names and
 * the taxonomy are immutable and shared. What it hands out lives until the next event_begin().
 */
#ifndef EVENT_H
#define EVENT_H

#include "event/names.h"
#include "event/taxonomy.h"
#include "wire/rec.h"

#define EVENT_NONE UINT32_MAX

/* Handles are below this: the record's fields first, computed values from LIMIT_FIELDS on. */
#define EVENT_HANDLES_MAX (LIMIT_FIELDS + 2048u)

struct event_slot {
    uint32_t round; /* equals event.round when it holds something of this event */
    uint16_t first; /* handle */
    uint16_t mixed; /* the chain has fields whose exact names differ */
};

/* What answers have looked at of a record's fields: for who wants to know which other records have
 * the same answers (figures/figures.h). A field that is not looked at, or only by its name, place
 * and codec, has no say in them. Answers that look at more than fields (event_raw(), search text)
 * are seen as what they are by who asks for them. */
enum event_seen {
    EVENT_SEEN_KIND = 1u << 0,   /* is it null, a container, empty? */
    EVENT_SEEN_HANDED = 1u << 1, /* its text was handed out, as an answer */
    EVENT_SEEN_TESTS = 1u << 2,  /* which of the patterns does it fit? */
    EVENT_SEEN_ALL = 1u << 3
};
enum event_pattern_kind { EVENT_IS, EVENT_STARTS, EVENT_ENDS, EVENT_HOLDS }; /* in any ASCII case */
struct event_pattern {
    uint32_t field; /* EVENT_NONE: of event_saw_text() */
    enum event_pattern_kind kind;
    struct span text; /* the taxonomy's, or of who asks */
};
#define EVENT_PATTERNS_MAX 256u
struct event_watch {
    uint8_t seen[LIMIT_FIELDS]; /* bits; those below the record's count */
    struct event_pattern pattern[EVENT_PATTERNS_MAX];
    uint32_t patterns;
    bool all;      /* more than can be said: event_saw_all() */
    uint32_t time; /* the field that event_time() read last, which is not in `seen`;
                      EVENT_NONE: none, or one that was computed */
};

struct event {
    struct rec *rec;
    const struct event_class *cls; /* never NULL after event_begin(); may have no views */
    uint32_t round;
    struct event_slot *slot; /* by fold group of the name id */
    uint16_t *chain;         /* handle -> next handle of the same fold group, or 0xFFFF */
    uint32_t *exact;         /* handle -> exact name id */
    const struct names *names;
    const struct taxonomy *taxonomy;
    struct event_own *own; /* event.c's: caches, computed fields, decoded text */
};

int event_init(struct event *e, const struct taxonomy *t, const struct names *n, struct err *err);
void event_release(struct event *e);

/* From the next event_begin() on, `w` has what is seen of the event at hand. NULL: nobody asks. */
void event_watch(struct event *e, struct event_watch *w);

/* Who that is. NULL: nobody. */
struct event_watch *event_watched(const struct event *e);
/* For who looks at a watched event past its fields: whether this (ASCII, in lower case) stands in
 * the folded text of any value or of the whole record, and nothing else, was found out; and: it
 * looked at anything. */
void event_saw_text(struct event *e, struct span text);
void event_saw_all(struct event *e);

/* Lay names and class over `r`, which must stay as it is until the next event_begin(). */
void event_begin(struct event *e, struct rec *r);

/* Handle of the first value of `name` under the source's own names, or EVENT_NONE. */
uint32_t event_own_slow(const struct event *e, uint32_t name, uint32_t after);

static inline uint32_t event_own_get(const struct event *e, uint32_t name)
{
    const struct event_slot *s = &e->slot[names_group(e->names, name)];

    if (s->round != e->round)
        return EVENT_NONE;
    return s->mixed == 0 ? s->first : event_own_slow(e, name, EVENT_NONE);
}

/* Through the view's map: mapped sources first, then the own name. Computed sources are computed
 * once per event. */
uint32_t event_mapped_get(struct event *e, const struct view *v, uint32_t name);

static inline uint32_t event_get(struct event *e, const struct view *v, uint32_t name)
{
    return v->map == NULL || v->map[name] == 0 ? event_own_get(e, name)
                                               : event_mapped_get(e, v, name);
}

/* The next value of `name` after `handle`, or EVENT_NONE. */
uint32_t event_more(struct event *e, const struct view *v, uint32_t name, uint32_t handle);

/* The field behind a handle: raw form for those who can do without the text. */
const struct rec_field *event_field(const struct event *e, uint32_t handle);

/* Its kind alone (enum rec_kind). */
uint16_t event_kind(const struct event *e, uint32_t handle);

/* Its text (decoded at most once per event). A NULL kind gives SPAN_NONE (p == NULL); an empty
 * text gives p != NULL, n == 0. */
struct span event_text(struct event *e, uint32_t handle);

/* The same, for who hands it on without looking at more than whether it is there, and empty. */
struct span event_handed(struct event *e, uint32_t handle);

/* The whole record, cut at LIMIT_EVENT_BYTES: what keywords look into. */
static inline struct span event_raw(const struct event *e)
{
    struct span raw = e->rec->raw;

    return raw.n <= LIMIT_EVENT_BYTES ? raw : (struct span){ raw.p, LIMIT_EVENT_BYTES };
}

/* The dotted own name of a record's field, composed into scratch that lives with the event. */
struct span event_name(struct event *e, uint32_t handle);

/* When the record was received or its file written: gives a time without a year (syslog) its year.
 * 0 at first. Stays until set again. */
void event_reference_time(struct event *e, int64_t ns);

/* Source time in ns UTC from the class's time fields; false when none can be read. */
bool event_time(struct event *e, int64_t *ns);

/* The machine that the event is about, or an empty span. The taxonomy's list for every event is
 * asked only when no row of the class names hosts of its own: auditd's `hostname` is the other
 * end. */
struct span event_host(struct event *e);

/* The same, as event_handed(). */
struct span event_host_handed(struct event *e);

#endif
