/*
 * loop.h - one thread that waits for descriptors, times and signals, over libevent.
 *
 * Callbacks run one at a time, in the thread that called loop_run(). A watch may be changed or
 * freed in any callback, its own too. Times are on the monotonic clock. Level-triggered: what is
 * not read is told again.
 */
#ifndef LOOP_H
#define LOOP_H

#include "base/base.h"

struct loop;
struct watch;

enum { LOOP_READ = 1u << 0, LOOP_WRITE = 1u << 1 };

typedef void watch_fn(void *arg, unsigned ready); /* LOOP_READ | LOOP_WRITE; 0 for timers */

int loop_new(struct loop **out, struct err *e);
void loop_free(struct loop **l);

/* Until loop_stop(). ERR_IO when the system refuses to wait. When nothing is left to wait for, the
 * end was forgotten: our mistake. */
int loop_run(struct loop *l, struct err *e);
void loop_stop(struct loop *l);

/* The time of the current round, ns since 1970 UTC, and monotonic ms; read once a round. */
int64_t loop_now_ns(struct loop *l);
uint64_t loop_ms(struct loop *l);

/* Watch a descriptor, which stays the caller's; free the watch before closing it. NULL when memory
 * is out or the system refuses. */
struct watch *loop_fd(struct loop *l, int fd, unsigned want, watch_fn *fn, void *arg);
void watch_want(struct watch *w, unsigned want); /* 0: nothing, for now */

/* A timer, not yet running; watch_after() starts it (again), once; watch_every() for ever. */
struct watch *loop_timer(struct loop *l, watch_fn *fn, void *arg);
void watch_after(struct watch *w, unsigned ms);
void watch_every(struct watch *w, unsigned ms);
void watch_stop(struct watch *w);

struct watch *loop_signal(struct loop *l, int signal, watch_fn *fn, void *arg);

void watch_free(struct watch **w);

#endif
