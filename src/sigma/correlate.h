/*
 * correlate.h - correlations (specification 2.1, correlation rules): many hits, one result.
 *
 * Two halves that a sort may lie between:
 *
 *   matcher thread:  hit ──correlate_put──▶ record     self-contained bytes with a sort key
 *   one thread:      records in order ──correlator_feed──▶ results, by callback
 *
 * What a correlation says, exactly:
 *
 * Time is source time in nanoseconds; the order number tells events of one instant apart. The
 * window ending at t is (t - timespan, t]. Hits of one event are judged together.
 *
 * Groups: the values of group-by (through aliases), equal as Sigma's strings are, without regard to
 * case: Windows writes one account in several ways, and a rule joins sources that agree on nothing
 * but the name. They are shown as the group's first event had them. Of a field with several values
 * the first counts. An event that lacks one (or has null there) is in no group and is counted.
 *
 * Conditions are judged at one of three moments:
 *   at once   gt, gte; rules without `not`: more inputs of the same window do not undo it.
 *             Judged at every input.
 *   at end    eq, lt, lte, neq and `not`, which more inputs can undo: when it holds at an input, it
 *             is a result once the window that began with its oldest input has ended (1 ns before
 *             oldest + timespan) and nothing has undone it.
 *   absence   what an empty window satisfies (lt 3, eq 0, `not a`): judged whenever an input leaves
 *             the window, at its time + timespan. A group begins with its first input and ends
 *             when its window was found empty.
 * A result comes when the condition becomes true; again only after an input found it false (for
 * absence: a judgement too), or a timespan after the last result.
 *
 * What is compared: event_count: events (one that several rules matched counts once). value_count:
 * distinct values, or tuples. value_sum, _avg, _median (mean of the middle two), _percentile (the
 * value of rank ceil(p/100 n), default p 50): the numbers of the window, one an event; what is no
 * number is skipped and counted. Sums are exact to 1e-9. temporal: rules present; all of them when
 * there is no condition. temporal_ordered: the longest chain of rules in the listed order, each by
 * a later event (time, then order number). Extended: the expression over the rules present;
 * ordered: there is also a way through its rules from left to right, those under `not` left out.
 *
 * A result is an input of the correlations that refer to it: its time is that of the last event, or
 * of the judgement; its fields are its group. Results do not depend on anything but the records.
 */
#ifndef CORRELATE_H
#define CORRELATE_H

#include "base/buf.h"
#include "event/event.h"
#include "sigma/match.h"

#define CORRELATE_KEY_BYTES  20u /* memcmp order: time, order, rule */
#define CORRELATE_EVENTS_MAX 50u /* kept of a result's events, at either end */

/* --- the plan: which rule feeds what, with which fields; immutable, shared ------------------ */

struct correlate_plan;

/* Rules and correlations as loaded (sigma_rules) or compiled; they and `n` (frozen, with
 * ruleset_names() in it) must outlive the plan. */
struct correlate_rules {
    struct sigma_rule *const *rules;
    struct sigma_correlation *const *correlations; /* by depth */
    uint32_t rule_count, correlation_count;
};

int correlate_plan_new(struct correlate_plan **out, const struct correlate_rules *from,
                       const struct names *n, struct err *e);
int correlate_plan_of(struct correlate_plan **out, const struct ruleset *rs, const struct names *n,
                      struct err *e);
void correlate_plan_free(struct correlate_plan **p);

/* Of everything that the records' form and the judgement of correlations depend on: the
 * correlations and the rules that they refer to, by hash and index. Records and saved states go
 * with this number from one run to the next. Never 0. */
uint64_t correlate_plan_hash(const struct correlate_plan *p);

/* Does any correlation refer to this rule? */
bool correlate_wanted(const struct correlate_plan *p, uint32_t rule);

/* --- records ------------------------------------------------------------------------------ */

struct correlate_event {
    int64_t time_ns;
    uint64_t order; /* one for each event */
    uint64_t ref;   /* whatever leads the caller to the event */
    uint32_t rule;  /* that it matched */
};

/* By time, order number and rule: the order of events in results; for qsort() and the like. */
int correlate_event_order(const void *a, const void *b);

/* Where field values come from: p == NULL when absent or null. */
struct correlate_values {
    struct span (*get)(void *arg, uint32_t name);
    void *arg;
};

/* Append the record of one hit of a wanted rule. buf_failed(out) tells whether it fitted. */
void correlate_put(const struct correlate_plan *p, const struct correlate_event *hit,
                   const struct correlate_values *v, struct buf *out);
void correlate_put_hit(const struct correlate_plan *p, const struct correlate_event *hit,
                       struct event *e, const struct view *view, struct buf *out);

/* Take the first record off `rest`; false at the end, or when the rest is no whole record. */
bool correlate_next(struct span *rest, struct span *record);

/* Put in the order number and ref of a record that was written before they were known. */
void correlate_set(uint8_t *record, uint64_t order, uint64_t ref);

/* Source time of a whole record. */
int64_t correlate_time(struct span record);

/* CORRELATE_KEY_BYTES bytes; records are fed in their memcmp order. */
static inline const uint8_t *correlate_key(struct span record)
{
    return record.p + 4;
}

/* --- the engine --------------------------------------------------------------------------- */

struct correlate_pair {
    struct span name, value;
};

/* What is lent lives until the callback returns. */
struct correlate_result {
    uint32_t correlation;
    int64_t time_ns;
    const struct correlate_pair *group;
    uint32_t group_count;
    double value;         /* that the condition was held against; extended: rules present */
    uint64_t input_count; /* all inputs of the window, whatever was kept */
    const struct correlate_event *events; /* ascending, each event once; of the first and last */
    uint32_t event_count; /* CORRELATE_EVENTS_MAX inputs, the first and last as many */
};

typedef void correlate_fn(void *arg, const struct correlate_result *r);

struct correlate_counts {
    uint64_t inputs, results;
    uint64_t group_missing;  /* inputs without a group */
    uint64_t value_missing;  /* inputs without the condition's field: skipped */
    uint64_t value_odd;      /* its value is no number, or of 2^63 and more: skipped */
    uint64_t groups;         /* alive now */
    uint64_t groups_evicted; /* forgotten for want of memory: those idle longest, but first one
                                that alone holds half of it */
};

struct correlator;

/* `fn` is called for results that are to be seen (sigma_correlation.emit). `bytes_max` bounds the
 * memory of all groups; 0 takes LIMIT_CORRELATION_BYTES. */
int correlator_new(struct correlator **out, const struct correlate_plan *p, size_t bytes_max,
                   correlate_fn *fn, void *arg, struct err *e);
void correlator_free(struct correlator **c);

/* One record, not below the last one fed and later than the last time advanced to (MUST). Returns
 * ERR_CORRUPT when it is no record of this plan: nothing happened; ERR_NOMEM: this correlator can
 * only be freed. */
int correlator_feed(struct correlator *c, struct span record, struct err *e);

/* All records up to and including this time have been fed: judge what is due. Also frees groups
 * whose window has run out. */
int correlator_advance(struct correlator *c, int64_t time_ns, struct err *e);

/* Nothing more will come: judge everything that is still open, each at its time, also where that
 * lies after the last record. */
int correlator_finish(struct correlator *c, struct err *e);

/* Everything that the groups hold, appended to `out`, and back into a correlator that was made for
 * a plan of the same hash and has been fed nothing: it goes on as the saved one would have, result
 * for result. To be saved right after correlator_advance() (MUST). The bytes are checked: what does
 * not fit is ERR_CORRUPT. After any failure the correlator can only be freed. */
void correlator_save(const struct correlator *c, struct buf *out);
int correlator_load(struct correlator *c, struct span saved, struct err *e);

struct correlate_counts correlator_counts(const struct correlator *c, uint32_t correlation);
size_t correlator_bytes(const struct correlator *c);

#endif
