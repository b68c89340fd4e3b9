/*
 * block_forge.h - blocks whose hashes are right and whose content is anything: what somebody could
 * write who knows the format. Made from a directory without its table of parts, and the parts.
 */
#ifndef BLOCK_FORGE_H
#define BLOCK_FORGE_H

#include <stdlib.h>

#include <xxhash.h>
#include <zstd.h>

#include "base/bytes.h"
#include "store/block_own.h"

#define FORGE_PARTS 64u

struct forge {
    uint8_t head[BLOCK_HEAD_BYTES]; /* as it came: counts and ranges are taken from it */
    struct buf directory;           /* behind the table of parts */
    struct buf part[FORGE_PARTS];
    uint32_t parts;
};

static inline void forge_init(struct forge *f)
{
    memset(f, 0, sizeof(*f));
    buf_init(&f->directory, BLOCK_PART_MAX);
    for (unsigned i = 0; i < FORGE_PARTS; i++)
        buf_init(&f->part[i], BLOCK_PART_MAX);
}

static inline void forge_release(struct forge *f)
{
    buf_release(&f->directory);
    for (unsigned i = 0; i < FORGE_PARTS; i++)
        buf_release(&f->part[i]);
}

static inline void forge_expand(struct span frame, size_t room, struct buf *out)
{
    MUST(buf_reserve(out, room + 1));
    MUST(ZSTD_decompress(out->p, room, frame.p, frame.n) == room);
    out->n = room;
}

static inline uint64_t forge_take(const uint8_t **p)
{
    uint64_t v = 0;

    for (unsigned shift = 0;; shift += 7) {
        uint8_t c = *(*p)++;

        v |= (uint64_t)(c & 0x7F) << shift;
        if (c < 0x80)
            return v;
    }
}

/* Takes a sound block apart. */
static inline void forge_open(struct forge *f, struct span block)
{
    struct buf whole;
    const uint8_t *p, *from;
    size_t at = BLOCK_HEAD_BYTES + bytes_u32(block.p + 12);

    memcpy(f->head, block.p, sizeof(f->head));
    buf_init(&whole, BLOCK_PART_MAX);
    forge_expand((struct span){ block.p + BLOCK_HEAD_BYTES, bytes_u32(block.p + 12) },
                 bytes_u32(block.p + 16), &whole);
    p = whole.p;
    f->parts = (uint32_t)forge_take(&p);
    MUST(f->parts <= FORGE_PARTS);
    for (uint32_t i = 0; i < f->parts; i++) {
        size_t stored = (size_t)forge_take(&p), room = (size_t)forge_take(&p);

        p += 8;
        forge_expand((struct span){ block.p + at, stored }, room, &f->part[i]);
        at += stored;
    }
    from = p;
    buf_add(&f->directory, (struct span){ from, (size_t)(whole.p + whole.n - from) });
    buf_release(&whole);
}

static inline void forge_frame(struct span s, struct buf *out)
{
    size_t room = ZSTD_compressBound(s.n), n;

    MUST(buf_reserve(out, room));
    n = ZSTD_compress(out->p + out->n, room, s.n > 0 ? s.p : (const uint8_t *)"", s.n, 1);
    MUST(!ZSTD_isError(n));
    out->n += n;
}

/* Puts it together again. */
static inline void forge_put(const struct forge *f, struct buf *out)
{
    struct buf body, table, frame;
    uint8_t head[BLOCK_HEAD_BYTES], hash[8];

    buf_init(&body, BLOCK_BYTES_MAX);
    buf_init(&table, BLOCK_BYTES_MAX);
    buf_init(&frame, BLOCK_BYTES_MAX);
    block_put_number(&table, f->parts);
    for (uint32_t i = 0; i < f->parts; i++) {
        size_t at = body.n;

        forge_frame(buf_span(&f->part[i]), &body);
        block_put_number(&table, body.n - at);
        block_put_number(&table, f->part[i].n);
        bytes_put_u64(hash, XXH3_64bits(body.p + at, body.n - at));
        buf_add(&table, (struct span){ hash, 8 });
    }
    buf_add(&table, buf_span(&f->directory));
    forge_frame(buf_span(&table), &frame);
    memcpy(head, f->head, sizeof(head));
    bytes_put_u32(head + 12, (uint32_t)frame.n);
    bytes_put_u32(head + 16, (uint32_t)table.n);
    bytes_put_u64(head + 24, XXH3_64bits(frame.p, frame.n));
    bytes_put_u64(head + 32, BLOCK_HEAD_BYTES + frame.n + body.n);
    bytes_put_u64(head + 40, XXH3_64bits(head, 40));
    buf_clear(out);
    buf_add(out, (struct span){ head, sizeof(head) });
    buf_add(out, buf_span(&frame));
    buf_add(out, buf_span(&body));
    MUST(!buf_failed(out));
    buf_release(&body);
    buf_release(&table);
    buf_release(&frame);
}

/* Everything that can be asked of a block that opened: nothing may lie outside of it. */
static inline uint64_t forge_look(struct block *b)
{
    uint64_t sum = 0;
    struct buf raw;

    buf_init(&raw, BLOCK_RAW_BYTES_MAX + (1u << 20));
    for (uint32_t i = 0; i < block_names(b); i++)
        sum += XXH3_64bits(block_name(b, i).text.p, block_name(b, i).text.n);
    for (uint32_t s = 0; s < block_shapes(b); s++) {
        struct block_shape shape = block_shape(b, s);
        const uint32_t *rows = block_shape_rows(b, s);

        for (uint32_t i = 0; i < shape.fields; i++)
            sum += block_field(b, s, i).name;
        for (uint32_t slot = 0; slot < shape.slots; slot++) {
            struct block_column c;
            int64_t least, greatest;

            (void)block_range(b, s, slot, &least, &greatest);
            if (block_column(b, s, slot, &c, NULL) != ERR_OK)
                continue;
            for (uint32_t i = 0; i < c.values; i++)
                sum += XXH3_64bits(c.value[i].p, c.value[i].n);
            for (uint32_t i = 0; i < shape.rows && c.row != NULL; i++)
                MUST(c.row[i] < c.values);
            for (uint32_t i = 0; i < shape.rows && c.numbers != NULL; i++)
                sum += (uint64_t)c.numbers[i];
        }
        for (uint32_t i = 0; i < shape.rows; i++)
            MUST(rows[i] < block_events(b) && (i == 0 || rows[i] > rows[i - 1]));
    }
    for (uint32_t i = 1; i < block_events(b); i++)
        MUST(block_event(b, i).sequence > block_event(b, i - 1).sequence);
    for (uint32_t i = 0; i < block_events(b) && i < 64; i++) {
        if (block_raw(b, i, &raw, NULL) == ERR_OK)
            sum += XXH3_64bits(raw.p, raw.n);
    }
    if (block_load(b, NULL) == ERR_OK) {
        for (uint32_t i = 0; i < block_events(b); i++)
            sum += XXH3_64bits(block_event(b, i).raw.p, block_event(b, i).raw.n);
    }
    buf_release(&raw);
    return sum;
}

#endif
