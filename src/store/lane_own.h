/*
 * lane_own.h - what lane.c (the owning thread) and lane_write.c (the writing thread) share.
 *
 * A commit belongs to the owner until commit_start(), to the writer until commit_ended() says so,
 * and then to the owner again; so do the groups that it points to. Nothing else is shared.
 */
#ifndef LANE_OWN_H
#define LANE_OWN_H

#include <pthread.h>

#include "store/lane_form.h"

#define GROUPS            3u  /* filling, and two that wait while the disk is full */
#define EVENTS_FRAMES_MAX 64u /* of one group */
#define COMMIT_GROUPS     (GROUPS - 1)
#define COMMIT_FRAMES_MAX (COMMIT_GROUPS * (EVENTS_FRAMES_MAX + LANE_KINDS) + LANE_KINDS)

/* One EVENTS frame: a part of the group's events. Parts are padded to 8 and lie one after another.
 */
struct events_part {
    size_t at, bytes;
    uint32_t count;
    uint64_t sequence; /* of its first event */
    int64_t receipt_ns;
};

struct body {
    struct buf bytes; /* zeros behind it, up to a multiple of 8 */
    uint32_t count;
};

struct group {
    uint64_t number;
    uint64_t sequence, next; /* of its first event; of the event behind its last */
    uint64_t matched_before, matched;
    int64_t submitted_ns;
    uint8_t *events; /* address space of LANE_BODY_MAX; NULL in the group of a segment's state */
    size_t events_bytes;
    size_t resident, keep; /* how far it was written to; how far it may stay resident */
    struct events_part part[EVENTS_FRAMES_MAX];
    size_t parts;
    struct body body[LANE_KINDS]; /* of the other kinds */
};

/* What is asked of the writing thread, and what came of it. */
struct commit {
    const struct io *io;
    int fd;
    struct segment_head *opens; /* it begins this segment, else NULL */
    const struct group *state;  /* of that segment: behind group[state_behind] */
    size_t state_behind;
    const struct group *group[COMMIT_GROUPS];
    size_t groups;
    int64_t now_ns;
    uint64_t link;

    int error; /* errno, 0 when all is durable */
    bool synced_badly;
    uint64_t written;
};

struct writer;

int writer_new(struct writer **out, int done_fd, struct err *e);
/* Waits for what is under way. */
void writer_free(struct writer **w);

void writer_start(struct writer *w, struct commit *c);
/* It is the owner's again. */
bool writer_ended(struct writer *w);

#endif
