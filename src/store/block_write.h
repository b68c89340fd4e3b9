/*
 * block_write.h - what the parts of the writer of blocks share.
 *
 *   block_write.c    takes events, puts the block together
 *   block_shape.c    which rows are alike: shapes by the record, and by the text within
 *   block_column.c   what each column of a shape is written as
 *   block_words.c    the words of the events, for the index
 *
 * Private to src/store.
 */
#ifndef BLOCK_WRITE_H
#define BLOCK_WRITE_H

#include <zstd.h>

#include "base/arena.h"
#include "store/block_own.h"
#include "store/block_split.h"
#include "store/block_text.h"
#include "store/word_index.h"

#define BLOCK_NAMES_MAX   65535u
#define BLOCK_COLUMNS_MAX 65536u /* of all shapes; records and texts beyond are stored whole */
#define BLOCK_TEXTS       4u     /* slots of text of a shape that are cut */

/* An array that grows. */
struct block_array {
    void *at;
    size_t count, room; /* things */
};
/* Room for `more` things; false when memory is out. */
bool block_array_room(struct block_array *a, size_t more, size_t each);

struct block_row {
    struct block_event event; /* without raw */
    uint32_t raw, raw_bytes;  /* in writer.raw */
    uint32_t base;            /* its shape as a record */
    uint32_t cell;            /* its first in writer.cells */
    uint32_t shape;           /* block_shape_texts() sets it */
};

struct block_name_row {
    struct span text; /* in writer.kept */
    uint32_t parent;  /* + 1 */
    uint64_t hash;
};

/* A field of a base. */
struct block_base_part {
    uint32_t name;
    struct block_part part;
};

/* Records alike. */
struct block_base {
    uint64_t hash;
    struct span key; /* in writer.kept */
    uint32_t slots, part_count;
    struct block_base_part *parts; /* in writer.kept */
    uint32_t next;                 /* of the same hash's bucket, + 1 */
    bool partial;
    uint8_t fold; /* enum block_fold */
};

/* Records alike in their texts too: a shape of the block. */
struct block_made {
    uint32_t base;
    uint32_t text[BLOCK_TEXTS];        /* which template of each text, 0: left whole */
    struct span literals[BLOCK_TEXTS]; /* of it: LEB128 bytes, literal, ... */
    uint32_t cuts[BLOCK_TEXTS];        /* how many */
    uint32_t slot[BLOCK_TEXTS];        /* where it stands in the base */
    uint32_t slots, rows;
    uint32_t next;
    struct span key;            /* of the whole */
    struct block_field *fields; /* base.part_count of them */
    struct block_cut *cells;    /* slots * rows, by slot */
    uint32_t filled;
    struct block_column_draft *columns; /* slots */
    bool joined;                        /* words may run from one piece into the next */
};

struct block_column_draft {
    struct block_plan plan;
    uint32_t made, slot, name; /* BLOCK_NONE: none */
    uint64_t hash;             /* of all values, in order */
    uint32_t *ids;             /* by row */
    uint32_t *first;           /* the row that a value was first seen in */
    uint64_t *hashes;          /* of each value */
    uint32_t distinct;
    int64_t *numbers; /* by row */
};

struct block_writer {
    struct buf raw;
    struct block_array rows;
    uint64_t keys[2]; /* of hash tables: who sends records must not know where their values go */
    uint64_t verbatim;
    bool failed; /* memory was out */

    /* while a block is put */
    bool whole;        /* every record is one slot */
    struct arena kept; /* what is known of bases */
    struct arena mem;  /* everything else */
    struct block_split split;
    uint32_t name_heads[4096], base_heads[4096]; /* + 1 */
    uint32_t *name_next;
    struct block_array cells, names, bases, made, text_cuts;
    uint32_t columns; /* of bases, then of shapes */
    uint32_t *order;  /* rows by base, then by shape */
    struct buf scratch, stream, body, directory, frame, text;
    struct word_index_writer *words; /* NULL: nobody asks for them */
    block_watch_fn *watch;           /* NULL: nobody looks */
    void *watch_arg;
    ZSTD_CCtx *zstd;
};

static inline struct block_row *block_rows(const struct block_writer *w)
{
    return w->rows.at;
}

static inline struct block_made *block_mades(const struct block_writer *w)
{
    return w->made.at;
}

static inline struct block_base *block_bases(const struct block_writer *w)
{
    return w->bases.at;
}

static inline struct span block_cut_span(const struct block_writer *w, struct block_cut c)
{
    return (struct span){ w->raw.p + c.at, c.n };
}

/* A value of a column. */
static inline struct span block_draft_value(const struct block_writer *w,
                                            const struct block_made *m,
                                            const struct block_column_draft *c, uint32_t value)
{
    return block_cut_span(w, m->cells[(size_t)c->slot * m->rows + c->first[value]]);
}

/* Where a hash goes in a table of `size`, a power of two. */
static inline uint32_t block_place(const struct block_writer *w, uint64_t hash, uint32_t size)
{
    return (uint32_t)((hash ^ w->keys[0]) * (w->keys[1] | 1) >> 32) & (size - 1);
}

/* The base of what w->split holds; BLOCK_NONE when memory is out or there are too many. */
uint32_t block_shape_base(struct block_writer *w);

/* From bases to shapes: w->made with cells and fields; rows know theirs. False: memory is out. */
bool block_shape_texts(struct block_writer *w);

/* The drafts of a shape's columns. False: memory is out. */
bool block_column_draft(struct block_writer *w, uint32_t made);

/* Words of the search text of the record that was split which do not come of its bytes as they are:
 * all, where these say nothing. False: memory is out. */
bool block_words_row(struct block_writer *w, struct span raw);

/* Those of the bytes, out of the drafts: each literal and each value of a column once. The same,
 * and all rows are put into shapes. */
bool block_words_shapes(struct block_writer *w);

/* The plan of numbers, but its form: into `out` what is written of each. */
void block_column_numbers(struct block_plan *plan, const int64_t *numbers, uint32_t rows,
                          uint64_t *out);

/* The symbols of a dictionary by its plan. */
void block_column_symbols(const struct block_column_draft *c, uint32_t rows, uint64_t *out);

/* How long the literals of a key are; slots + 1 of them. */
void block_shape_literals(struct span key, uint32_t slots, uint32_t *sizes);

#endif
