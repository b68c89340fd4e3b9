/*
 * correlations.h - the last step of a scan: what the rules found, in the order of time, through the
 * correlations.
 *
 * While files are read, every hit of a rule that a correlation refers to is kept: its record
 * (sigma/correlate.h) in a sorted temporary file, the event's text in another, so that memory does
 * not grow. A scan has all events, so lateness plays no part: the order is the times' own.
 */
#ifndef CORRELATIONS_H
#define CORRELATIONS_H

#include "scan/finding.h"
#include "sigma/correlate.h"

struct correlations;

/* `plan` is borrowed. */
int correlations_new(struct correlations **out, const struct ruleset *rs,
                     const struct correlate_plan *plan, struct err *e);
void correlations_free(struct correlations **c);

/* The text of an event (put_event(), whole). The inputs that follow are about it. */
int correlations_event(struct correlations *c, struct span text, struct err *e);

/* One record that correlate_put_hit() wrote, with the number that orders its event. */
int correlations_input(struct correlations *c, uint64_t order, struct span record, struct err *e);

struct correlations_totals {
    uint64_t group_missing, groups_evicted;
};

/* Judge them all. `fn` is called for each result, in the order in which they come true. */
typedef bool correlated_fn(void *arg, const struct correlated *c);
int correlations_run(struct correlations *c, correlated_fn *fn, void *arg,
                     struct correlations_totals *totals, struct err *e);

#endif
