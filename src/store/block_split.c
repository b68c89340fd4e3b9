/*
 * block_split.c - see block_split.h.
 */
#include "store/block_split.h"

#include <stdlib.h>

#include "event/search_text.h"
#include "store/block_own.h"
#include "wire/rec_one.h"

/* A value's place in the raw. */
struct block_span {
    uint32_t from, to;
    uint32_t field;
};

int block_split_init(struct block_split *s, struct err *e)
{
    *s = (struct block_split){ 0 };
    buf_init(&s->key, LIMIT_RECORD_BYTES * 2u);
    s->slots = malloc(LIMIT_FIELDS * sizeof(*s->slots));
    s->parts = malloc(LIMIT_FIELDS * sizeof(*s->parts));
    s->spans = malloc(LIMIT_FIELDS * sizeof(*s->spans));
    if (rec_init(&s->rec) && s->slots != NULL && s->parts != NULL && s->spans != NULL)
        return ERR_OK;
    block_split_release(s);
    return err_set(e, ERR_NOMEM, 0, "There is no memory to split records.");
}

void block_split_release(struct block_split *s)
{
    rec_release(&s->rec);
    buf_release(&s->key);
    free(s->slots);
    free(s->parts);
    free(s->spans);
    *s = (struct block_split){ 0 };
}

/* --- Kinds ---------------------------------------------------------------------------------- */

static uint8_t kind_of(const struct rec_field *f, bool json)
{
    static const uint8_t kinds[REC_KINDS] = {
        [REC_NONE] = BLOCK_ABSENT, [REC_TEXT] = BLOCK_TEXT,     [REC_JSON] = BLOCK_JSON,
        [REC_XML] = BLOCK_XML,     [REC_QUOTED] = BLOCK_QUOTED, [REC_HEX] = BLOCK_HEX,
        [REC_TRUE] = BLOCK_BARE,   [REC_FALSE] = BLOCK_BARE,    [REC_NUMBER] = BLOCK_NUMBER,
        [REC_GROUP] = BLOCK_GROUP,
    };

    if (f->kind == REC_GROUP)
        return BLOCK_GROUP;
    if (json)
        return f->kind == REC_TEXT || f->kind == REC_JSON ? BLOCK_JSON : BLOCK_BARE;
    if (f->kind == REC_NONE && f->value_bytes == 1 && f->value[0] == '-')
        return BLOCK_TEXT | BLOCK_DASH;
    return f->kind == REC_NONE || kinds[f->kind] != BLOCK_ABSENT ? kinds[f->kind] : BLOCK_KINDS;
}

/* --- Order ---------------------------------------------------------------------------------- */

/* By place, the one that holds others before them. */
static bool before(const struct block_span *a, const struct block_span *b)
{
    return a->from != b->from ? a->from < b->from : a->to > b->to;
}

static int compare(const void *a, const void *b)
{
    const struct block_span *x = a, *y = b;

    if (before(x, y))
        return -1;
    if (before(y, x))
        return 1;
    return x->field < y->field ? -1 : x->field > y->field;
}

/* The values that are slices, sorted. */
static uint32_t collect(struct block_split *s, struct span raw)
{
    uintptr_t base = (uintptr_t)raw.p;
    uint32_t count = 0;
    bool sorted = true;

    for (uint32_t i = 0; i < s->rec.count; i++) {
        const struct rec_field *f = &s->rec.fields[i];
        uintptr_t at = (uintptr_t)f->value;

        if (f->value == NULL || at < base || at - base > raw.n ||
            f->value_bytes > raw.n - (at - base)) {
            s->partial = true;
            continue;
        }
        s->spans[count] =
            (struct block_span){ (uint32_t)(at - base), (uint32_t)(at - base) + f->value_bytes, i };
        sorted &= count == 0 || !before(&s->spans[count], &s->spans[count - 1]);
        count++;
    }
    if (!sorted)
        qsort(s->spans, count, sizeof(*s->spans), compare);
    return count;
}

/* Leaves out what overlaps and does not nest, and what is empty within another. */
static uint32_t nest(struct block_split *s, uint32_t count)
{
    uint32_t open[LIMIT_DEPTH], depth = 0, kept = 0; /* ends of those that hold the next */

    for (uint32_t i = 0; i < count; i++) {
        struct block_span *x = &s->spans[i];

        while (depth > 0 && open[depth - 1] <= x->from)
            depth--;
        if (depth > 0 && (x->to > open[depth - 1] || x->from == x->to || depth == LIMIT_DEPTH)) {
            s->partial = true;
            continue;
        }
        if (depth < LIMIT_DEPTH)
            open[depth++] = x->to;
        s->spans[kept++] = *x;
    }
    return kept;
}

/* --- Slots ---------------------------------------------------------------------------------- */

#define LITERAL_HEAD 5u /* bytes that its length takes at most */

/* There is room for it. */
static void put_literal(struct block_split *s, struct span raw, uint32_t from, uint32_t to)
{
    uint8_t *p = s->key.p + s->key.n;
    uint32_t n = to - from;

    for (; n >= 0x80; n >>= 7)
        *p++ = (uint8_t)(n | 0x80);
    *p++ = (uint8_t)n;
    if (to > from)
        memcpy(p, raw.p + from, to - from);
    s->key.n = (size_t)(p - s->key.p) + (to - from);
}

static void add_slot(struct block_split *s, struct span raw, uint32_t from,
                     const struct block_span *x)
{
    put_literal(s, raw, from, x->from);
    s->slots[s->slot_count++] = (struct block_cut){ x->from, x->to - x->from };
}

/* Ends the fields on `open` that end at or before `place`; `at` is the end of the last slot. */
static uint32_t close_fields(struct block_split *s, const uint32_t *open, uint32_t depth,
                             uint32_t place, uint32_t at)
{
    while (depth > 0 && s->spans[open[depth - 1]].to <= place) {
        struct block_part *p = &s->parts[open[--depth]];

        p->last = s->slot_count;
        p->to = s->spans[open[depth]].to - at;
    }
    return depth;
}

void block_split_record(struct block_split *s, struct span raw)
{
    uint32_t open[LIMIT_DEPTH], depth = 0, at = 0, count, inner;

    s->slot_count = s->part_count = 0;
    s->partial = false;
    buf_clear(&s->key);
    (void)rec_read_one(&s->rec, raw, &inner, NULL); /* always gives one */
    s->fold = (s->rec.flags & REC_RAW_BINARY) != 0 ? BLOCK_FOLD_NONE
              : search_text_is_json(&s->rec)       ? BLOCK_FOLD_JSON
                                                   : BLOCK_FOLD_TEXT;
    count = nest(s, collect(s, raw));
    if (!buf_reserve(&s->key, raw.n + (size_t)LITERAL_HEAD * (count + 1))) {
        block_split_whole(s, raw);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct block_span *x = &s->spans[i];
        const struct rec_field *f = &s->rec.fields[x->field];
        struct block_part *p = &s->parts[i];
        bool json = x->field >= inner ? s->rec.inner == CODEC_JSON : s->rec.codec == CODEC_JSON;

        depth = close_fields(s, open, depth, x->from, at);
        *p = (struct block_part){ .field = x->field,
                                  .kind = kind_of(f, json),
                                  .first = s->slot_count,
                                  .from = x->from - at };
        if (i + 1 < count && s->spans[i + 1].from < x->to) {
            open[depth++] = i;
            continue;
        }
        add_slot(s, raw, at, x);
        at = x->to;
        p->last = s->slot_count;
    }
    (void)close_fields(s, open, depth, UINT32_MAX, at);
    s->part_count = count;
    put_literal(s, raw, at, (uint32_t)raw.n);
    if (s->slot_count == 0)
        block_split_whole(s, raw);
}

void block_split_whole(struct block_split *s, struct span raw)
{
    s->slots[0] = (struct block_cut){ 0, (uint32_t)raw.n };
    s->slot_count = 1;
    s->part_count = 0;
    s->partial = true;
    s->fold = BLOCK_FOLD_NONE;
    buf_clear(&s->key);
    block_put_text(&s->key, SPAN_NONE);
    block_put_text(&s->key, SPAN_NONE);
}
