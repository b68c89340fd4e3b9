/*
 * correlate_oracle.h - correlations evaluated the slow way, straight from the definition in
 * sigma/correlate.h.
 *
 * Everything is known from the start and nothing is remembered: one correlation after another, one
 * group after another, and at every moment at which the definition judges, the whole window is
 * written out of the list of all inputs and looked at. Shares nothing with the engine but the rules
 * as read, the folding of text, and struct correlate_event.
 */
#ifndef CORRELATE_ORACLE_H
#define CORRELATE_ORACLE_H

#include "base/buf.h"
#include "sigma/correlate.h"

#define HIT_FIELDS_MAX 6u

/* One event that matched one rule. */
struct correlate_hit {
    struct correlate_event at;                   /* first: correlate_event_order() sorts hits */
    struct correlate_pair field[HIT_FIELDS_MAX]; /* value.p == NULL: null */
    uint32_t field_count;
};

/* What came out: lines of correlate_line(), in no particular order. `hits` ascend by time, order
 * and rule. */
void correlate_oracle(const struct sigma_rules *rules, const struct correlate_hit *hits,
                      uint32_t hit_count, struct buf *lines);

/* TIME TITLE name=value ... : VALUE, N inputs, events 1 2 3 */
void correlate_line(const struct sigma_correlation *c, const struct correlate_result *r,
                    struct buf *lines);

#endif
