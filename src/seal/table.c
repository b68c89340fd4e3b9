/*
 * table.c - see table.h.
 */
#include "seal/table.h"

#include <stdlib.h>

#include <zstd.h>

#include "base/bytes.h"

#define RECORDS_MAX ((size_t)8 << 20)
#define LEVEL       3

void lane_sources_clear(struct lane_sources *t)
{
    for (uint32_t i = 0; i < LEDGER_ROWS; i++) {
        free((void *)(uintptr_t)t->at[i].record.p);
        t->at[i] = (struct lane_source){ 0 };
    }
}

bool lane_sources_take(struct lane_sources *t, struct span record, uint8_t months)
{
    struct lane_source *s;
    struct source_record r;
    uint8_t *copy;

    if (!source_record_read(record, &r) || r.number >= LEDGER_ROWS)
        return false;
    s = &t->at[r.number];
    if (s->record.n > 0 && span_eq(s->record, record))
        return true;
    copy = malloc(record.n);
    free((void *)(uintptr_t)s->record.p);
    *s = (struct lane_source){ 0 };
    if (copy == NULL)
        return false;
    memcpy(copy, record.p, record.n);
    *s = (struct lane_source){ { copy, record.n }, r.months > 0 ? r.months : months, ++t->version };
    return true;
}

void block_sources_init(struct block_sources *t)
{
    *t = (struct block_sources){ 0 };
    buf_init(&t->records, RECORDS_MAX);
}

void block_sources_release(struct block_sources *t)
{
    buf_release(&t->records);
}

void block_sources_clear(struct block_sources *t)
{
    memset(t->version, 0, sizeof(t->version));
    t->count = 0;
    buf_clear(&t->records);
}

uint32_t block_sources_number(struct block_sources *t, const struct lane_sources *of,
                              uint32_t number)
{
    const struct lane_source *s = &of->at[number];
    uint8_t bytes[4];

    MUST(s->version != 0);
    if (t->version[number] == s->version)
        return t->number[number];
    bytes_put_u32(bytes, (uint32_t)s->record.n);
    buf_add(&t->records, (struct span){ bytes, sizeof(bytes) });
    buf_add(&t->records, s->record);
    t->version[number] = s->version;
    t->number[number] = t->count++;
    return t->number[number];
}

int block_sources_put(const struct block_sources *t, struct buf *out, struct err *e)
{
    size_t bound = ZSTD_compressBound(t->records.n), n;

    if (buf_failed(&t->records) || !buf_reserve(out, bound))
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the sources of a block.");
    n = ZSTD_compress(out->p + out->n, bound, t->records.p, t->records.n, LEVEL);
    if (ZSTD_isError(n) != 0)
        return err_set(e, ERR_NOMEM, 0, "The sources of a block cannot be compressed.");
    out->n += n;
    return ERR_OK;
}

int block_sources_read(struct span frame, struct buf *records, struct err *e)
{
    unsigned long long size = ZSTD_getFrameContentSize(frame.p, frame.n);
    size_t n;

    buf_clear(records);
    if (size > RECORDS_MAX) /* also when it is not told */
        return err_set(e, ERR_CORRUPT, 0, "The sources of a block are no zstd frame.");
    if (!buf_reserve(records, (size_t)size + 1))
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the sources of a block.");
    n = ZSTD_decompress(records->p, (size_t)size, frame.p, frame.n);
    if (ZSTD_isError(n) != 0 || n != size)
        return err_set(e, ERR_CORRUPT, 0, "The sources of a block are damaged.");
    records->n = n;
    return ERR_OK;
}
