/*
 * block_read.h - what the parts of the reader of blocks share.
 *
 *   block_read.c     head, directory, opening; what the directory says
 *   block_values.c   parts, pool, columns; events put together again
 *   block_distinct.c columns as their different values
 *   block_find.c     texts in pool and literals
 *   block_v1.c       blocks of version 1
 *
 * Private to src/store.
 */
#ifndef BLOCK_READ_H
#define BLOCK_READ_H

#include <zstd.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "store/block_own.h"

/* Behind everything that is copied from, and to, there are so many more: most values are short,
 * and a copy of one size is faster. */
#define BLOCK_COPY_BYTES 16u

struct block_stored_part {
    uint64_t hash;
    uint8_t *bytes; /* when it was opened */
    uint32_t at, stored, room;
};

struct block_pool_part {
    uint32_t part, first, count;
    bool read;
};

struct block_read_column {
    struct block_plan plan;
    bool ready;
    struct block_column is;
};

struct block_read_shape {
    struct block_shape is;
    struct block_field *fields;
    struct span *literals;
    struct block_read_column *columns;
    uint32_t *rows;
    uint32_t filled;
    bool ready; /* all columns are */
};

/* The head, after its mark and version. */
struct block_head {
    uint32_t rows;
    uint32_t directory_bytes, directory_room; /* of its frame, and of what is in that */
    uint64_t raw_bytes;
};

struct block {
    const uint8_t *stored; /* as it came */
    size_t stored_bytes;
    uint8_t *directory;
    struct block_head head;
    struct block_stored_part *parts;
    uint32_t part_count;
    struct block_pool_part *pool_parts;
    uint32_t pool_part_count;
    struct span *pool;
    uint32_t pool_count;
    struct block_name *names;
    uint32_t name_count;
    struct block_read_shape *shapes;
    uint32_t shape_count;
    int64_t *envelope[BLOCK_ROW_COLUMNS];
    struct block_plan envelope_plan[BLOCK_ROW_COLUMNS];
    bool has_envelope; /* all of it; else that of the shapes */
    bool borrows;      /* `stored` is somebody else's */
    uint8_t *raw;
    struct span *raws;
    uint32_t *place; /* of a row among those of its shape */
    size_t opened;   /* bytes of all parts that were */
    struct arena mem;
    ZSTD_DCtx *zstd;
};

/* What is left of something; the first fault sticks. */
struct block_taker {
    const uint8_t *p, *end;
    bool failed;
};

static inline uint64_t block_take(struct block_taker *t)
{
    uint64_t v = 0;

    for (unsigned shift = 0; shift < 64 && t->p < t->end; shift += 7) {
        uint8_t c = *t->p++;

        if (shift == 63 && c > 1)
            break;
        v |= (uint64_t)(c & 0x7F) << shift;
        if (c < 0x80)
            return v;
    }
    t->failed = true;
    return 0;
}

static inline int64_t block_take_signed(struct block_taker *t)
{
    return block_unzigzag(block_take(t));
}

/* At most `most`, else the taker has failed. */
static inline uint32_t block_take_most(struct block_taker *t, uint64_t most)
{
    uint64_t v = block_take(t);

    if (v > most)
        t->failed = true;
    return t->failed ? 0 : (uint32_t)v;
}

static inline uint8_t block_take_byte(struct block_taker *t)
{
    if (t->p < t->end)
        return *t->p++;
    t->failed = true;
    return 0;
}

static inline struct span block_take_bytes(struct block_taker *t, uint64_t n)
{
    struct span s = { t->p, (size_t)n };

    if (t->failed || n > (uint64_t)(t->end - t->p)) {
        t->failed = true;
        return (struct span){ t->p, 0 };
    }
    t->p += n;
    return s;
}

static inline uint64_t block_left(const struct block_taker *t)
{
    return (uint64_t)(t->end - t->p);
}

/* All of a block of version 1 into `b`. */
int block_v1_read(struct block *b, struct span bytes, struct err *e);

int block_no_memory(struct err *e);
/* Part `part` is not what it should be. */
int block_damaged(const struct block *b, uint32_t part, const char *what, struct err *e);
/* The zstd frame gives exactly `room` bytes. */
bool block_expand(struct block *b, struct span frame, uint8_t *to, size_t room);
/* The values of the pool that lie in a part of it: b->pool[] of them. */
int block_open_pool(struct block *b, uint32_t part, struct err *e);
/* The pool's numbers of the values of a dictionary. */
int block_dict_ids(struct block *b, uint32_t shape, uint32_t slot, uint64_t *id, struct err *e);
/* Is the raw of this event these bytes, and all parts that say so sound? BLOCK_COPY_BYTES behind
 * them can be read. */
bool block_gives(struct block *b, uint32_t row, struct span raw);
/* The column in which that of `slot` is written, decoded; numbers without their texts. */
int block_column_of(struct block *b, uint32_t shape, uint32_t slot, struct block_read_column **out,
                    struct err *e);
/* A column of numbers. */
int block_read_numbers(struct block *b, const struct block_plan *plan, uint32_t rows, int64_t *out,
                       struct err *e);

#endif
