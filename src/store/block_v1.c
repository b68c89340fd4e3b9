/*
 * block_v1.c - reads blocks of version 1: their raw bytes one after the other, not cut into values.
 *
 *   head (32 bytes)                    column, seven of them: see the table below
 *     0  4  "CEVT"                       0  4  bytes of the frame
 *     4  4  version, 1                   4  4  bytes of what is in it
 *     8  4  events                       8  8  XXH3 of the frame
 *    12  4  columns, 7                  16     a zstd frame
 *    16  8  0
 *    24  8  XXH3 of the 24 bytes before
 *
 * Such a block shows itself as one shape with one slot and no fields, so that nobody else has to
 * know of it. Nothing writes version 1 any more.
 */
#include <stdlib.h>

#include <xxhash.h>

#include "store/block_read.h"

#define HEAD_BYTES   32u
#define COLUMN_BYTES 16u
#define EVENTS_MAX   16384u
#define COLUMN_MAX   ((size_t)64 << 20)

/* Numbers, LEB128, signed ones zigzag; in steps: the difference to the event before, modulo 2^64,
 * of the first to 0. */
static const struct {
    bool steps, is_signed;
    uint64_t most;
} columns[] = {
    [BLOCK_ROW_SEQUENCE] = { true, false, UINT64_MAX },
    [BLOCK_ROW_RECEIPT] = { true, true, UINT64_MAX },
    [BLOCK_ROW_SOURCE] = { true, true, UINT32_MAX },
    [BLOCK_ROW_FLAGS] = { false, false, UINT16_MAX },
    [BLOCK_ROW_LINES] = { false, false, UINT16_MAX },
    [BLOCK_ROW_LINES + 1] = { false, false, COLUMN_MAX }, /* bytes of raw */
};
#define NUMBERS COUNT_OF(columns) /* behind them: raw, one after the other */

static int corrupt(struct err *e, size_t at)
{
    return err_set(e, ERR_CORRUPT, at, "A block of events is damaged at byte %zu.", at);
}

/* The next column's text, which the caller frees; *at moves behind it. */
static int read_column(struct block *b, struct span in, size_t *at, struct span *text,
                       struct err *e)
{
    const uint8_t *p = in.p + *at;
    struct span frame;
    uint8_t *to;

    *text = SPAN_NONE;
    if (in.n - *at < COLUMN_BYTES)
        return corrupt(e, *at);
    frame = (struct span){ p + COLUMN_BYTES, bytes_u32(p) };
    text->n = bytes_u32(p + 4);
    if (frame.n > in.n - *at - COLUMN_BYTES || text->n > COLUMN_MAX ||
        XXH3_64bits(frame.p, frame.n) != bytes_u64(p + 8))
        return corrupt(e, *at);
    to = malloc(text->n + BLOCK_COPY_BYTES);
    text->p = to;
    if (to == NULL)
        return block_no_memory(e);
    if (!block_expand(b, frame, to, text->n))
        return corrupt(e, *at);
    *at += COLUMN_BYTES + frame.n;
    return ERR_OK;
}

static bool read_numbers(struct span text, unsigned column, uint32_t rows, int64_t *out)
{
    struct block_taker t = { text.p, text.p + text.n, false };
    uint64_t last = 0;

    for (uint32_t i = 0; i < rows && !t.failed; i++) {
        uint64_t v = columns[column].is_signed ? (uint64_t)block_take_signed(&t) : block_take(&t);

        if (columns[column].steps)
            v += last;
        t.failed |=
            v > columns[column].most || (column == BLOCK_ROW_SEQUENCE && i > 0 && v <= last);
        out[i] = (int64_t)v;
        last = v;
    }
    return !t.failed && t.p == t.end;
}

/* The raw bytes by their lengths. */
static bool lay_raw(struct block *b, struct span text, const int64_t *lengths)
{
    size_t at = 0;

    for (uint32_t i = 0; i < b->head.rows; i++) {
        if ((size_t)lengths[i] > text.n - at)
            return false;
        b->raws[i] = (struct span){ text.p + at, (size_t)lengths[i] };
        at += b->raws[i].n;
    }
    return at == text.n;
}

static int read_columns(struct block *b, struct span in, int64_t *lengths, struct err *e)
{
    size_t at = HEAD_BYTES;
    struct span text;
    int rc = ERR_OK;

    for (unsigned c = 0; c < NUMBERS && rc == ERR_OK; c++) {
        const size_t here = at;

        rc = read_column(b, in, &at, &text, e);
        if (rc == ERR_OK &&
            !read_numbers(text, c, b->head.rows, c <= BLOCK_ROW_LINES ? b->envelope[c] : lengths))
            rc = corrupt(e, here);
        free((void *)(uintptr_t)text.p);
    }
    if (rc != ERR_OK)
        return rc;
    rc = read_column(b, in, &at, &text, e);
    b->raw = (uint8_t *)(uintptr_t)text.p;
    b->head.raw_bytes = text.n;
    if (rc == ERR_OK && (!lay_raw(b, text, lengths) || at != in.n))
        rc = corrupt(e, at);
    return rc;
}

/* One shape, all of whose rows are one slot. */
static bool show(struct block *b)
{
    static const uint8_t nothing[BLOCK_COPY_BYTES]; /* is copied as it is */
    struct block_read_shape *s = arena_array(&b->mem, 1, sizeof(*s));

    if (s == NULL)
        return false;
    s->is = (struct block_shape){ .rows = b->head.rows, .slots = 1, .partial = true };
    s->literals = arena_array(&b->mem, 2, sizeof(*s->literals));
    s->columns = arena_array(&b->mem, 1, sizeof(*s->columns));
    s->rows = arena_array(&b->mem, b->head.rows, sizeof(*s->rows));
    if (arena_failed(&b->mem))
        return false;
    for (uint32_t i = 0; i < b->head.rows; i++)
        s->rows[i] = i;
    s->literals[0] = s->literals[1] = (struct span){ nothing, 0 };
    s->columns[0].plan.encoding = BLOCK_DICT;
    s->columns[0].is = (struct block_column){ b->head.rows, b->raws, s->rows, NULL };
    s->columns[0].ready = s->ready = true;
    b->place = s->rows;
    b->shapes = s;
    b->shape_count = 1;
    return true;
}

/* As the directory of a later block has it. */
static void set_range(struct block *b, unsigned column)
{
    struct block_plan *p = &b->envelope_plan[column];

    for (uint32_t i = 0; i < b->head.rows; i++) {
        const int64_t v = b->envelope[column][i];

        p->least = i == 0 || v < p->least ? v : p->least;
        p->greatest = i == 0 || v > p->greatest ? v : p->greatest;
    }
}

int block_v1_read(struct block *b, struct span in, struct err *e)
{
    int64_t *lengths;
    int rc;

    if (in.n < HEAD_BYTES || XXH3_64bits(in.p, 24) != bytes_u64(in.p + 24))
        return err_set(e, ERR_CORRUPT, 0, "The head of a block does not check.");
    b->head.rows = bytes_u32(in.p + 8);
    if (b->head.rows > EVENTS_MAX || bytes_u32(in.p + 12) != NUMBERS + 1)
        return corrupt(e, 8);
    for (unsigned c = 0; c < BLOCK_ROW_COLUMNS; c++)
        b->envelope[c] = arena_array(&b->mem, b->head.rows + 1u, sizeof(**b->envelope));
    lengths = arena_array(&b->mem, b->head.rows + 1u, sizeof(*lengths));
    b->raws = calloc(b->head.rows + 1u, sizeof(*b->raws));
    if (b->raws == NULL || arena_failed(&b->mem))
        return block_no_memory(e);
    rc = read_columns(b, in, lengths, e);
    for (unsigned c = 0; c < BLOCK_ROW_COLUMNS && rc == ERR_OK; c++)
        set_range(b, c);
    b->has_envelope = true;
    return rc == ERR_OK && b->head.rows > 0 && !show(b) ? block_no_memory(e) : rc;
}
