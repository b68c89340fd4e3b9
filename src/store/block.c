/*
 * block.c - see block.h.
 */
#include "store/block.h"

#include <stdlib.h>

#include <xxhash.h>
#include <zstd.h>

#include "base/bytes.h"

#define MARK         "CEVT"
#define VERSION      1u
#define HEAD_BYTES   32u
#define COLUMN_BYTES 16u
#define LEVEL        3

struct block_writer {
    struct buf column[BLOCK_COLUMNS];
    ZSTD_CCtx *zstd;
    uint32_t count;
    struct block_event last;
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory for a block of events.");
}

/* --- Writing -------------------------------------------------------------------------------- */

int block_writer_new(struct block_writer **out, struct err *e)
{
    struct block_writer *w = calloc(1, sizeof(*w));

    *out = w;
    if (w == NULL)
        return no_memory(e);
    for (unsigned i = 0; i < BLOCK_COLUMNS; i++)
        buf_init(&w->column[i], BLOCK_TEXT_MAX);
    w->zstd = ZSTD_createCCtx();
    if (w->zstd != NULL)
        return ERR_OK;
    block_writer_free(out);
    return no_memory(e);
}

void block_writer_free(struct block_writer **w)
{
    if (*w == NULL)
        return;
    for (unsigned i = 0; i < BLOCK_COLUMNS; i++)
        buf_release(&(*w)->column[i]);
    (void)ZSTD_freeCCtx((*w)->zstd); /* 0 always, but for a static one */
    free(*w);
    *w = NULL;
}

void block_clear(struct block_writer *w)
{
    for (unsigned i = 0; i < BLOCK_COLUMNS; i++)
        buf_clear(&w->column[i]);
    w->count = 0;
    w->last = (struct block_event){ 0 };
}

static void put_number(struct buf *b, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        buf_byte(b, (uint8_t)(v | 0x80));
    buf_byte(b, (uint8_t)v);
}

static void put_signed(struct buf *b, int64_t v)
{
    put_number(b, (uint64_t)v << 1 ^ (uint64_t)(v >> 63));
}

bool block_add(struct block_writer *w, const struct block_event *ev)
{
    struct buf *c = w->column;

    MUST(w->count == 0 || ev->sequence > w->last.sequence);
    if (w->count == BLOCK_EVENTS_MAX ||
        (w->count > 0 && c[BLOCK_RAW].n + ev->raw.n > BLOCK_RAW_MAX))
        return false;
    put_number(&c[BLOCK_SEQUENCE], ev->sequence - w->last.sequence);
    put_signed(&c[BLOCK_RECEIPT],
               (int64_t)((uint64_t)ev->receipt_ns - (uint64_t)w->last.receipt_ns));
    put_signed(&c[BLOCK_SOURCE], (int64_t)ev->source - w->last.source);
    put_number(&c[BLOCK_FLAGS], ev->flags);
    put_number(&c[BLOCK_LINES], ev->lines);
    put_number(&c[BLOCK_LENGTH], ev->raw.n);
    buf_add(&c[BLOCK_RAW], ev->raw);
    w->last = *ev;
    w->count++;
    return true;
}

uint32_t block_count(const struct block_writer *w)
{
    return w->count;
}

static bool put_column(struct block_writer *w, const struct buf *from, struct buf *out)
{
    size_t bound = ZSTD_compressBound(from->n), at = out->n, n;

    if (buf_failed(from) || !buf_reserve(out, COLUMN_BYTES + bound))
        return false;
    n = ZSTD_compressCCtx(w->zstd, out->p + at + COLUMN_BYTES, bound, from->p, from->n, LEVEL);
    if (ZSTD_isError(n) != 0)
        return false;
    bytes_put_u32(out->p + at, (uint32_t)n);
    bytes_put_u32(out->p + at + 4, (uint32_t)from->n);
    bytes_put_u64(out->p + at + 8, XXH3_64bits(out->p + at + COLUMN_BYTES, n));
    out->n += COLUMN_BYTES + n;
    return true;
}

int block_put(struct block_writer *w, struct buf *out, struct err *e)
{
    uint8_t head[HEAD_BYTES] = { 0 };
    bool good = true;

    memcpy(head, MARK, 4);
    bytes_put_u32(head + 4, VERSION);
    bytes_put_u32(head + 8, w->count);
    bytes_put_u32(head + 12, BLOCK_COLUMNS);
    bytes_put_u64(head + 24, XXH3_64bits(head, 24));
    buf_add(out, (struct span){ head, sizeof(head) });
    for (unsigned i = 0; i < BLOCK_COLUMNS && good; i++)
        good = put_column(w, &w->column[i], out);
    block_clear(w);
    return good && !buf_failed(out) ? ERR_OK : no_memory(e);
}

/* --- Reading -------------------------------------------------------------------------------- */

struct block {
    uint32_t count;
    struct block_event *event;
    uint8_t *raw;
    size_t raw_bytes;
};

void block_free(struct block **b)
{
    if (*b == NULL)
        return;
    free((*b)->event);
    free((*b)->raw);
    free(*b);
    *b = NULL;
}

static int corrupt(struct err *e, size_t at)
{
    return err_set(e, ERR_CORRUPT, at, "A block of events is damaged at byte %zu.", at);
}

/* The next column's text, which the caller frees; *at moves behind it. */
static int read_column(struct span in, size_t *at, uint8_t **text, size_t *n, struct err *e)
{
    const uint8_t *p = in.p + *at;
    uint32_t packed;

    *text = NULL;
    if (in.n - *at < COLUMN_BYTES)
        return corrupt(e, *at);
    packed = bytes_u32(p);
    *n = bytes_u32(p + 4);
    if (packed > in.n - *at - COLUMN_BYTES || *n > BLOCK_TEXT_MAX ||
        XXH3_64bits(p + COLUMN_BYTES, packed) != bytes_u64(p + 8))
        return corrupt(e, *at);
    *text = malloc(*n + 1);
    if (*text == NULL)
        return no_memory(e);
    if (ZSTD_decompress(*text, *n, p + COLUMN_BYTES, packed) != *n)
        return corrupt(e, *at);
    *at += COLUMN_BYTES + packed;
    return ERR_OK;
}

/* Takes a number off; false at the end of the text or when it has more than 64 bits. */
static bool get_number(struct span *text, uint64_t *v)
{
    *v = 0;
    for (unsigned shift = 0; text->n > 0 && shift < 64; shift += 7) {
        uint8_t c = text->p[0];

        *text = span_from(*text, 1);
        if (shift == 63 && c > 1)
            return false;
        *v |= (uint64_t)(c & 0x7F) << shift;
        if (c < 0x80)
            return true;
    }
    return false;
}

static bool get_signed(struct span *text, int64_t *v)
{
    uint64_t u = 0;
    bool good = get_number(text, &u);

    *v = (int64_t)(u >> 1 ^ (0 - (u & 1)));
    return good;
}

/* The numbers of one column into the events. */
static bool read_numbers(struct block *b, enum block_column c, struct span text)
{
    uint64_t before = 0, u = 0;

    for (uint32_t i = 0; i < b->count; i++) {
        struct block_event *ev = &b->event[i];
        int64_t s = 0;
        bool good;

        good =
            c == BLOCK_RECEIPT || c == BLOCK_SOURCE ? get_signed(&text, &s) : get_number(&text, &u);
        if (c == BLOCK_SEQUENCE) {
            good = good && (i == 0 || u > 0) && before + u >= before;
            ev->sequence = before += u;
        } else if (c == BLOCK_RECEIPT) {
            before += (uint64_t)s; /* as it was put: modulo 2^64 */
            ev->receipt_ns = (int64_t)before;
        } else if (c == BLOCK_SOURCE) {
            before += (uint64_t)s;
            ev->source = (uint32_t)before;
            good = good && before <= UINT32_MAX;
        } else if (c == BLOCK_FLAGS) {
            ev->flags = (uint16_t)u;
            good = good && u <= UINT16_MAX;
        } else if (c == BLOCK_LINES) {
            ev->lines = (uint16_t)u;
            good = good && u <= UINT16_MAX;
        } else {
            ev->raw.n = (size_t)u;
            good = good && u <= BLOCK_TEXT_MAX;
        }
        if (!good)
            return false;
    }
    return text.n == 0;
}

/* The raw bytes by their lengths. */
static bool lay_raw(struct block *b)
{
    size_t at = 0;

    for (uint32_t i = 0; i < b->count; i++) {
        if (b->event[i].raw.n > b->raw_bytes - at)
            return false;
        b->event[i].raw.p = b->raw + at;
        at += b->event[i].raw.n;
    }
    return at == b->raw_bytes;
}

static int read_columns(struct block *b, struct span in, struct err *e)
{
    size_t at = HEAD_BYTES;

    for (unsigned c = 0; c < BLOCK_COLUMNS; c++) {
        const size_t here = at;
        uint8_t *text = NULL;
        size_t n = 0;
        int rc = read_column(in, &at, &text, &n, e);

        if (rc == ERR_OK && c == BLOCK_RAW) {
            b->raw = text;
            b->raw_bytes = n;
            return lay_raw(b) && at == in.n ? ERR_OK : corrupt(e, here);
        }
        if (rc == ERR_OK && !read_numbers(b, (enum block_column)c, (struct span){ text, n }))
            rc = corrupt(e, here);
        free(text);
        if (rc != ERR_OK)
            return rc;
    }
    return ERR_OK;
}

int block_open(struct block **out, struct span in, struct err *e)
{
    struct block *b;
    int rc;

    *out = NULL;
    if (in.n < HEAD_BYTES || memcmp(in.p, MARK, 4) != 0 ||
        XXH3_64bits(in.p, 24) != bytes_u64(in.p + 24))
        return corrupt(e, 0);
    if (bytes_u32(in.p + 4) != VERSION)
        return err_set(e, ERR_UNSUPPORTED, 4, "A block is of version %u.", bytes_u32(in.p + 4));
    if (bytes_u32(in.p + 8) > BLOCK_EVENTS_MAX || bytes_u32(in.p + 12) != BLOCK_COLUMNS)
        return corrupt(e, 8);
    b = calloc(1, sizeof(*b));
    if (b == NULL)
        return no_memory(e);
    b->count = bytes_u32(in.p + 8);
    b->event = calloc(b->count + 1, sizeof(*b->event));
    rc = b->event != NULL ? read_columns(b, in, e) : no_memory(e);
    if (rc != ERR_OK)
        block_free(&b);
    *out = b;
    return rc;
}

uint32_t block_events(const struct block *b)
{
    return b->count;
}

struct block_event block_event(const struct block *b, uint32_t row)
{
    MUST(row < b->count);
    return b->event[row];
}
