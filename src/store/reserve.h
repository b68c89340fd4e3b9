/*
 * reserve.h - space that is held back, so that a full disk still takes alarms and the audit.
 *
 * A file of real blocks, DATA/reserve. When the disk is full its owner gives it up and writes what
 * must be written; when there is room again it is made anew. What was written to the space that it
 * held is never lost by making it again: that needs three times its size free.
 *
 * A file system without posix_fallocate() has no reserve; reserve_state() says so and nothing else
 * changes. One owner, one thread.
 */
#ifndef RESERVE_H
#define RESERVE_H

#include "os/io.h"

#define RESERVE_NAME "reserve"

/*    state     what it means */
#define RESERVE_TABLE(X)                                                                           \
    X(HELD, "the space is held")                                                                   \
    X(RELEASED, "given up because the disk was full")                                              \
    X(LACKING, "there was no room to hold it")                                                     \
    X(UNSUPPORTED, "this file system cannot hold space")

enum reserve_state {
#define X(id, text) RESERVE_##id,
    RESERVE_TABLE(X)
#undef X
};
const char *reserve_text(enum reserve_state s);

struct reserve;

/* Hold `bytes` in `dir` (borrowed), whatever an earlier process left there. A disk that is full, or
 * cannot hold space, is a state and no error; ERR_IO, ERR_NOMEM. */
int reserve_open(struct reserve **out, const struct io *io, int dir, uint64_t bytes, struct err *e);
/* The file stays. */
void reserve_free(struct reserve **r);

enum reserve_state reserve_state(const struct reserve *r);

/* Give it up. Nothing when it is not held. ERR_IO: it is still held. */
int reserve_release(struct reserve *r, struct err *e);

/* Hold it again when there is room: now and then. 1 when it is held now and was not before, 0 when
 * nothing changed. ERR_IO. */
int reserve_restore(struct reserve *r, struct err *e);

#endif
