/*
 * turns.h - a loop that a test turns by hand, a turn at a time: of what is ready, and a
 * millisecond.
 */
#ifndef TURNS_H
#define TURNS_H

#include "check.h"
#include "os/loop.h"

static inline void turns_stop(void *arg, unsigned ready)
{
    (void)ready;
    loop_stop(arg);
}

/* What ends a turn. */
static inline struct watch *turns_new(struct loop *l)
{
    return loop_timer(l, turns_stop, l);
}

static inline void turns_turn(struct loop *l, struct watch *tick)
{
    struct err e;

    watch_after(tick, 1);
    assert_int_equal(loop_run(l, &e), ERR_OK);
}

#endif
