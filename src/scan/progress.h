/*
 * progress.h - the line at the bottom of a terminal: how far, how fast, how long still.
 *
 *   [########............]  41%  602,113 events/s  00:07 left
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include "base/base.h"

struct progress;

int progress_new(struct progress **out, struct err *e);
void progress_free(struct progress **p);

/* `events` since the last call. Draws a few times a second at most. `all` 0: not known. */
void progress_add(struct progress *p, uint64_t events, uint64_t done, uint64_t all);

/* Take the line away, so that something else can be written. */
void progress_clear(struct progress *p);

#endif
