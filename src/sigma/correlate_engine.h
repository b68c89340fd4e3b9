/*
 * correlate_engine.h - the state of a correlator, for those who judge (correlate.c) and for those
 * who carry it over a restart (correlate_save.c). Private to them.
 */
#ifndef CORRELATE_ENGINE_H
#define CORRELATE_ENGINE_H

#include "base/limits.h"
#include "sigma/correlate_own.h"

/* One correlation: its groups by the last input, and what happened. */
struct state {
    struct group *idlest, *newest;
    struct correlate_counts counts;
};

/* Groups of one depth that had an input at the position at hand. */
struct dirty {
    struct group **group;
    size_t count, cap;
};

/* What is computed with is smaller. */
#define NUMBER_BELOW 9223372036854775808.0

struct correlator {
    const struct correlate_plan *plan;
    correlate_fn *fn;
    void *arg;
    size_t bytes_max;
    struct windows windows;
    struct table groups;
    struct state *states;
    struct group **heap; /* groups with a timer, the next due first */
    size_t heap_count, heap_cap;
    struct dirty dirty[LIMIT_CORRELATION_DEPTH + 1];
    struct position at; /* the position that inputs come in for */
    bool started;
    int64_t advanced; /* time advanced to, when has_advanced */
    bool has_advanced;
    uint8_t last_key[CORRELATE_KEY_BYTES];
    uint64_t serial;
    struct buf key, shown, value;   /* of the input at hand */
    struct span number;             /* text of its last value field */
    struct correlate_event *events; /* of the result at hand: EVENTS_ROOM */
    struct correlate_pair *pairs;
};

/* A new group of the values in c->key and c->shown; NULL: no memory. */
struct group *correlator_group(struct correlator *c, uint32_t correlation);

/* Wake the group, which has no timer, at `due`. */
void correlator_timer(struct correlator *c, struct group *g, int64_t due);

#endif
