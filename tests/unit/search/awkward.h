/*
 * awkward.h - events put together by chance out of what is awkward (nulls, "-", empty, escapes,
 * arrays, names twice, odd times, damaged ones), for tests of what columns tell. Most of them are
 * of few shapes: only then are there rows that are alike.
 */
#ifndef AWKWARD_H
#define AWKWARD_H

#include "base/base.h"

#define AWKWARD_EVENTS 3000u /* in the midst of which is STORE_BENCH_NOW */

extern const char awkward_taxonomy[];

/* The same numbers every time from the same state on. */
extern uint64_t awkward_state;
uint32_t awkward_below(uint32_t n);
#define AWKWARD_ONE_OF(list) (list)[awkward_below((uint32_t)COUNT_OF(list))]

/* A store_bench_fn. */
struct span awkward_event(void *arg, uint64_t n, char *room, size_t bytes);

#endif
