/*
 * walk.h - the events that are stored, one after the other: out of sealed files and of what the
 * lanes hold beyond them, the newest units first.
 *
 *   units: the rest of each lane, sealed block, sealed block, ...   the newest first
 *     └─ may it hold what is needed (index of words)?
 *          └─ which of its events may (columns: sieve.h)? ─▶ these, the oldest first
 *
 * A unit is left out by the times of receipt of its events, and by `need` where the index of words
 * says that no event of it can be one. Of the others only the events are handed out that may be one
 * by the columns of their block. Tracers are ours and are not handed out.
 *
 * Who can do without events asks the columns of a block besides (walk_columns()).
 *
 * A walk goes step by step, so that one thread can do other things between; the first steps list
 * the units, of many files at once, and the blocks that come next are asked of the disk before they
 * are looked at: it answers many reads about as fast as one. What the sealer and the keeper do
 * meanwhile changes nothing: sealed files are mapped, and the first segments of the lanes (those
 * that go first) are held open from before the list of sealed files is read. Damaged blocks are
 * counted and make the walk partial; it goes on behind them. What of a block is not needed is not
 * read, and damage there not seen.
 */
#ifndef WALK_H
#define WALK_H

#include "os/io.h"
#include "query/needs.h"
#include "figures/figures.h"
#include "store/block.h"

#define WALK_LANES 64u

struct sealed_file;

/* A sealed file that is in the time, before its blocks are listed: 1, none of them is wanted any
 * more, *events of it were looked at; 0; or a negative code, which walk_step() returns. */
typedef int walk_file_fn(void *arg, const struct sealed_file *f, uint64_t *events, struct err *e);

struct walk_from {
    const struct io *io;
    const char *data;              /* path of the data folder */
    const struct lane_place *ends; /* WALK_LANES of them: how far lanes may be read; NULL: to the
                                      end of what is on the disk, for a store without a server */
    int64_t from_ns, to_ns;        /* receipt: from <= t < to */
    const struct need *need;       /* NULL: look everywhere */
    walk_file_fn *files;           /* NULL: nobody asks */
    void *files_arg;
};

struct walk_counts {
    uint64_t events;         /* looked at: handed out, or left out by columns */
    uint64_t blocks, passed; /* sealed: in the time; of them, left out by the index of words */
    uint64_t damaged;        /* blocks that cannot be read */
    bool partial;
    char why[128]; /* it is */
};

struct walk;

/* ERR_IO, ERR_NOMEM. What `from` points to is borrowed. */
int walk_new(struct walk **out, const struct walk_from *from, struct err *e);
void walk_free(struct walk **w);

/* List all units, and deal the blocks out to `count` more walks, which need `w` for as long as they
 * live; each may have a thread of its own. Before the first step. ERR_NOMEM, ERR_IO. */
int walk_split(struct walk *w, struct walk **more, uint32_t count, struct err *e);

/* A block before any of its events is put together: those left are handed out. */
typedef int walk_block_fn(void *arg, const struct figures_block *b, struct err *e);

/* Ask `fn` of each sealed block, unless the need leaves nothing of it. ERR_CORRUPT: the block is
 * damaged; other codes are what walk_step() returns. Before the first step. */
void walk_columns(struct walk *w, walk_block_fn *fn, void *arg);

/* What an event borrows lives until the next call. Negative: it is what walk_step() returns. */
typedef int walk_fn(void *arg, const struct shown_about *a, struct err *e);

/* Some more: 1, 0 when it is done, or a negative code: it cannot go on. */
int walk_step(struct walk *w, walk_fn *fn, void *arg, struct err *e);

/* No event that is left was received later: INT64_MIN at the end. */
int64_t walk_newest(const struct walk *w);

/* The first reason stays. */
void walk_is_partial(struct walk *w, const char *why);
const struct walk_counts *walk_counts(const struct walk *w);

#endif
