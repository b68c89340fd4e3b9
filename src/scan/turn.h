/*
 * turn.h - what was found leaves in the order of the blocks, whoever found it.
 *
 *   threads:  block 7 ──▶ piece ──┐
 *             block 5 ──▶ piece ──┼──▶ 5, 6, 7 ... ──▶ findings   to the output, or by time to a
 *             block 6 ──▶ piece ──┘                               temporary file
 *                                                      notes      to standard error
 *                                                      inputs     to correlations.h
 *
 * A finished piece is parked in its slot and its thread goes on with another block, a few blocks
 * ahead at most; the thread that finishes the block whose turn it is lets out that one and all
 * that are parked behind it. A thread whose piece has grown too large waits for its turn and lets
 * out what it has.
 */
#ifndef TURN_H
#define TURN_H

#include "scan/feed.h"
#include "scan/output.h"
#include "scan/piece.h"

struct turn;
struct correlations;

struct turn_settings {
    const struct output *output;
    int out_fd;
    unsigned threads;
    struct correlations *correlations; /* NULL: there are none */
    bool progress;
};

int turn_new(struct turn **out, const struct turn_settings *s, struct err *e);
void turn_free(struct turn **t);

/*
 * The piece for a block, to be filled by the calling thread; may wait until there is room. Called
 * in the order of the blocks (that is, under the feed's lock). NULL when the scan has failed.
 */
struct piece *turn_take(struct turn *t, const struct block *b);

/* The piece may hold no more: let it out. False when the scan has failed. */
bool turn_relieve(struct turn *t, uint64_t block);
bool piece_is_full(const struct turn *t, const struct piece *p);

/* The block is done. False when the scan has failed. */
bool turn_done(struct turn *t, uint64_t block);

/* The world failed somewhere: all threads are to stop, and this is why. The first one counts. */
void turn_fail(struct turn *t, const struct err *e);

/* A fault of an input, from the feed. */
void turn_note(struct turn *t, struct span name, const char *why);

/* Events since the last call, for the progress line; how far the inputs are. */
void turn_progress(struct turn *t, uint64_t events, uint64_t done_bytes, uint64_t all_bytes);

/* After all blocks: text of one thing that happened at `time_ns`, to the output or among the
 * findings by time. */
bool turn_late(struct turn *t, int64_t time_ns, struct span text);

/* Everything that was held back, and head and foot. Returns what turn_fail() was given, if it was.
 */
int turn_head(struct turn *t, struct err *e);
int turn_finish(struct turn *t, const struct scan_totals *totals, struct err *e);

uint64_t turn_notes(const struct turn *t);

#endif
