/*
 * workers.h - a few threads beside a loop, for what takes too long in it.
 *
 *   workers_put(job) ─▶ run(), on a thread ─▶ done(), in the loop
 *
 * Jobs wait in the order in which they came; how many there are is bounded by who has them. Threads
 * start with the first job, so that a sandbox that was entered before holds for them too
 * (SANDBOX_THREADS).
 */
#ifndef WORKERS_H
#define WORKERS_H

#include "os/loop.h"

#define WORKERS_MAX 8u

/* Lies in the caller's memory, which stays there until `done` was called, or the workers are
 * freed. Both get the job. */
struct job {
    void (*run)(struct job *j);
    void (*done)(struct job *j);
    unsigned thread; /* in run(): which of the threads it is on, from 0 */
    struct job *next;
};

struct workers;

int workers_new(struct workers **out, struct loop *loop, unsigned threads, struct err *e);
/* Waits for what is running. `done` is not called any more. */
void workers_free(struct workers **w);

/* ERR_NOMEM: there is no thread to do it, and none can be started. */
int workers_put(struct workers *w, struct job *j, struct err *e);

#endif
