/*
 * block_own.h - what both sides of a block share: numbers of the format, LEB128, bounds.
 *
 * docs/block.md has the format. Private to src/store.
 */
#ifndef BLOCK_OWN_H
#define BLOCK_OWN_H

#include "base/buf.h"
#include "store/block.h"
#include "store/block_form.h"

#define BLOCK_MARK       "CEVT"
#define BLOCK_VERSION    2u
#define BLOCK_HEAD_BYTES 48u

/* Bounds that a reader holds a block to, and a writer keeps. */
#define BLOCK_ROWS_MAX      65536u
#define BLOCK_RAW_BYTES_MAX ((size_t)64 << 20)
#define BLOCK_CELLS_MAX     ((size_t)16 << 20) /* rows * slots, of all shapes */
#define BLOCK_PART_MAX      ((size_t)64 << 20) /* in a part; all parts: four times that */

/* Columns of the envelope, all numbers. */
#define BLOCK_ENVELOPE_TABLE(X)                                                                    \
    X(SEQUENCE)                                                                                    \
    X(RECEIPT)                                                                                     \
    X(SOURCE)                                                                                      \
    X(FLAGS)                                                                                       \
    X(LINES)                                                                                       \
    X(SHAPE)

enum block_envelope {
#define X(name) BLOCK_ROW_##name,
    BLOCK_ENVELOPE_TABLE(X)
#undef X
        BLOCK_ROW_COLUMNS
};

/* What a column is written as: block_column.c says when. */
enum block_encoding { BLOCK_CONST, BLOCK_SAME, BLOCK_DICT, BLOCK_INT, BLOCK_ENCODINGS };

/* One column as the directory has it. */
struct block_plan {
    uint8_t encoding;
    uint8_t bytes;   /* INT: of one number, 0 to 8 */
    bool steps;      /* DICT, INT: each row by the one before */
    uint32_t same;   /* SAME: the slot */
    uint32_t part;   /* DICT, INT */
    uint32_t at;     /* in the part */
    uint32_t values; /* CONST: the pool's entry. DICT: how many */
    int64_t base;    /* INT: added to each number */
    int64_t first;   /* INT in steps: what stands before the first */
    int64_t least, greatest;
    struct block_form form;
};

static inline void block_put_number(struct buf *b, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        buf_byte(b, (uint8_t)(v | 0x80));
    buf_byte(b, (uint8_t)v);
}

static inline uint64_t block_zigzag(int64_t v)
{
    return (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
}

static inline int64_t block_unzigzag(uint64_t v)
{
    return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

static inline void block_put_signed(struct buf *b, int64_t v)
{
    block_put_number(b, block_zigzag(v));
}

static inline void block_put_text(struct buf *b, struct span s)
{
    block_put_number(b, s.n);
    buf_add(b, s);
}

/* The next text of those that block_put_text() put; *s then begins behind it. Of our own. */
static inline struct span block_take_text(struct span *s)
{
    uint64_t n = 0;
    unsigned shift = 0;
    struct span text;

    for (; s->n > 1 && (s->p[0] & 0x80) != 0; shift += 7, *s = span_from(*s, 1))
        n |= (uint64_t)(s->p[0] & 0x7F) << shift;
    n |= (uint64_t)s->p[0] << shift;
    *s = span_from(*s, 1);
    text = (struct span){ s->p, (size_t)n };
    *s = span_from(*s, text.n);
    return text;
}

/* Bytes of a symbol of a dictionary of so many values. In steps: 0 is the value of the row before,
 * 1 the first that no row had yet, 2 + i value i; else i is value i. */
static inline unsigned block_symbol_bytes(uint32_t values)
{
    return values <= 0xFE ? 1 : values <= 0xFFFE ? 2 : 4;
}

#endif
