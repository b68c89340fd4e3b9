/*
 * pack.h - one lane's events into sealed files, run by run.
 *
 *   lane ──frames──▶ part of (day, months): block, block ... ──▶ all parts are named: the run
 * counts
 *
 * A run ends when its events have PACK_RUN_BYTES (or as the settings say) of raw bytes, when a part
 * has all the blocks that a file can have, when there are more parts than PACK_PARTS_MAX, or with
 * the day of receipt: it has one part a class, so that a part is a stretch of its stream. Until
 * then the lane's segments hold its events; from then on the sealed files do, and the segments in
 * which nothing later lies are not needed any more (pack_needs()).
 *
 * Whatever fails, the run is given up, its files are removed, and the next turn begins it again. A
 * crash leaves at most files of a run of which a part is missing, which pack_new() removes. A
 * segment in which events are missing, because it is damaged, is needed for ever: nobody removes
 * it.
 *
 * What was read is hashed at once, so that it can be signed before it is sealed: pack_tip(). What
 * was signed is told back with pack_expect(); whoever reads it again, after a crash or a fault, and
 * comes to something else (the lane was damaged, or somebody changed it), ends the run there,
 * counts it, and goes on with the streams as they were signed: what is wrong stays in one place,
 * where a verifier finds it.
 *
 * One thread. Memory: a block of raw bytes (store/block.h) a part, and what one block takes while
 * it is put: some 25 MiB, 80 at worst.
 */
#ifndef PACK_H
#define PACK_H

#include "os/io.h"
#include "seal/tree.h"
#include "store/catalog.h"
#include "store/lane_read.h"

#define PACK_RUN_BYTES ((uint64_t)64 << 20)
#define PACK_PARTS_MAX 16u

struct pack;

struct tallier;

struct pack_from {
    const struct io *io;
    int lane_dir, sealed_dir; /* borrowed */
    uint32_t lane;
    uint8_t store[16];
    uint64_t run_bytes; /* 0: PACK_RUN_BYTES */
    uint8_t months;     /* of events whose source says nothing of it */
    /* Both may be NULL, and are copied. The streams of classes that may have no file any more,
     * behind runs that counted; and what they must be behind event `seen`. */
    const struct tip *base, *tip;
    struct tallier *tallier; /* borrowed; NULL: files have no tallies */
};

struct pack_counts {
    uint64_t events, raw_bytes; /* sealed: of runs that count */
    uint64_t sealed_bytes;      /* of their files */
    uint64_t runs, given_up;
    uint64_t missing;      /* events that were durable and cannot be read any more */
    uint64_t leftover;     /* files that a crash had left, removed */
    uint64_t contradicted; /* times that what was read again was not what had been signed */
};

/* Goes on where the sealed files of the lane end. What a crash left of it is removed. */
int pack_new(struct pack **out, const struct pack_from *from, const struct catalog *c,
             struct err *e);
void pack_free(struct pack **p);

/*
 * Seal up to `end` (NULL: what is there; for a lane that nobody writes), but return after `bytes`
 * of raw at the latest. The number of events read (also of such as are sealed already), 0 when
 * there are none for now; a negative code: the run was given up. ERR_LIMIT: the disk is full.
 */
int64_t pack_turn(struct pack *p, const struct lane_place *end, uint64_t bytes, struct err *e);

/* What the streams are behind the last event that was read, which is their `seen`. Only when
 * pack_is_behind() is false: there was nothing to be read again, or it was. */
int pack_tip(struct pack *p, struct tip *out, struct err *e);
bool pack_is_behind(const struct pack *p);
/* A tip was signed: from now on it is what must be met after a fault. */
int pack_expect(struct pack *p, const struct tip *t, struct err *e);
/* All of the lane was read, and pack_is_behind(): the rest is gone. The streams go on as signed. */
int pack_give_in(struct pack *p, struct err *e);
/* Behind the runs that count. */
const struct tip *pack_base(const struct pack *p);

/* Another one (or NULL), before the one that there was is freed: what was begun with that has no
 * tallies. */
void pack_tallier(struct pack *p, struct tallier *t);

/* Another size of runs, from now on. */
void pack_run_bytes(struct pack *p, uint64_t bytes);

/* A part of a run that failed could not be removed: nothing is sealed until pack_new(). */
bool pack_is_stuck(const struct pack *p);

/* End the run now, if it has events. */
int pack_end(struct pack *p, struct err *e);

/* The number behind the last event of runs that count, 0 when there is none, and the first segment
 * that is needed to go on from there, and by the lane's next collector, whose state it holds; 0:
 * not known yet. */
uint64_t pack_next(const struct pack *p);
uint32_t pack_needs(const struct pack *p);
/* Raw bytes that wait for the run's end. */
uint64_t pack_waiting(const struct pack *p);
struct pack_counts pack_counts(const struct pack *p);

#endif
