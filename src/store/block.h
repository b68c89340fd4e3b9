/*
 * block.h - some thousand events as one string of bytes, and back, byte for byte.
 *
 *   events ──▶ columns ──zstd──▶ body of a sealed block (sealed.h) ──▶ columns ──▶ events
 *
 *   head (32 bytes)                    column, BLOCK_COLUMNS of them, in the order of the table
 *     0  4  "CEVT"                       0  4  bytes of the frame
 *     4  4  version, 1                   4  4  bytes of what is in it
 *     8  4  events                       8  8  XXH3 of the frame
 *    12  4  columns                     16     a zstd frame
 *    16  8  0
 *    24  8  XXH3 of the 24 bytes before
 *
 * Numbers in columns are LEB128, signed ones zigzag first; each is the difference to the event
 * before (the first: to 0), but lengths, flags and lines, which are themselves.
 *
 * Pure. A writer or reader belongs to one thread.
 */
#ifndef BLOCK_H
#define BLOCK_H

#include "base/buf.h"

#define BLOCK_EVENTS_MAX 16384u
#define BLOCK_RAW_MAX    ((size_t)32 << 20) /* of all events, but for the last */
#define BLOCK_TEXT_MAX   ((size_t)64 << 20) /* of one column */

/*    column     of it */
#define BLOCK_COLUMN_TABLE(X)                                                                      \
    X(SEQUENCE) /* difference, unsigned */                                                         \
    X(RECEIPT)  /* ns, difference, signed */                                                       \
    X(SOURCE)   /* number in the block's own table, difference, signed */                          \
    X(FLAGS)                                                                                       \
    X(LINES)                                                                                       \
    X(LENGTH) /* of the raw bytes */                                                               \
    X(RAW)    /* one after the other */

enum block_column {
#define X(name) BLOCK_##name,
    BLOCK_COLUMN_TABLE(X)
#undef X
        BLOCK_COLUMNS
};

struct block_event {
    uint64_t sequence;
    int64_t receipt_ns;
    uint32_t source;
    uint16_t flags, lines;
    struct span raw;
};

/* --- writing ------------------------------------------------------------------------------ */

struct block_writer;

int block_writer_new(struct block_writer **out, struct err *e);
void block_writer_free(struct block_writer **w);

/* One more event, its bytes copied; sequences ascend. False when it is full (BLOCK_EVENTS_MAX,
 * BLOCK_RAW_MAX): put what is there, then add it again. An event that does not fit into memory
 * makes block_put() fail. */
bool block_add(struct block_writer *w, const struct block_event *ev);
uint32_t block_count(const struct block_writer *w);

/* Append the block to `out` and begin anew. ERR_NOMEM. */
int block_put(struct block_writer *w, struct buf *out, struct err *e);
/* Begin anew. */
void block_clear(struct block_writer *w);

/* --- reading ------------------------------------------------------------------------------ */

struct block;

/* Of all that is in the block, checked; `bytes` is not needed afterwards. ERR_CORRUPT,
 * ERR_UNSUPPORTED for a later version, ERR_NOMEM. */
int block_open(struct block **out, struct span bytes, struct err *e);
void block_free(struct block **b);

uint32_t block_events(const struct block *b);
/* The event in this row; its raw lives as long as the block. */
struct block_event block_event(const struct block *b, uint32_t row);

#endif
