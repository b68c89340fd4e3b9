/*
 * table.h - what source numbers stand for: the lane's, which change, and a block's own.
 *
 * A lane says in SOURCES records what its numbers mean from there on. A block has numbers of its
 * own, from 0 in the order in which its sources come, and carries the records of them
 * (store/sealed.h, "sources").
 */
#ifndef SEAL_TABLE_H
#define SEAL_TABLE_H

#include "base/buf.h"
#include "collect/source.h"

/* --- of a lane ------------------------------------------------------------------------------ */

struct lane_source {
    struct span record; /* as it came, owned; empty: nothing was said of this number */
    uint8_t months;     /* kept */
    uint32_t version;   /* changes when the record does */
};

struct lane_sources {
    struct lane_source at[LEDGER_ROWS];
    uint32_t version;
};

void lane_sources_clear(struct lane_sources *t);

/* Take note of a record; one that cannot be read is passed over: false. `months` stands in where it
 * does not say. Also false when there is no memory: the number then stands for nothing. */
bool lane_sources_take(struct lane_sources *t, struct span record, uint8_t months);

/* --- of a block ----------------------------------------------------------------------------- */

struct block_sources {
    uint32_t version[LEDGER_ROWS]; /* of the lane's source that has a number here; 0: none has */
    uint32_t number[LEDGER_ROWS];
    uint32_t count;
    struct buf records; /* u32 bytes and the record, for each number */
};

void block_sources_init(struct block_sources *t);
void block_sources_release(struct block_sources *t);
void block_sources_clear(struct block_sources *t);

/* The number in this block of the lane's source `number`, of which something was said. */
uint32_t block_sources_number(struct block_sources *t, const struct lane_sources *of,
                              uint32_t number);

/* The records as they stand in a sealed block: one zstd frame, appended. ERR_NOMEM, ERR_LIMIT. */
int block_sources_put(const struct block_sources *t, struct buf *out, struct err *e);

/* What was put, back into `records` (cleared first). ERR_CORRUPT, ERR_NOMEM. */
int block_sources_read(struct span frame, struct buf *records, struct err *e);

#endif
