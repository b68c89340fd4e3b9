/*
 * block_values.c - from parts to columns, and events put together again: see block_read.h.
 */
#include <inttypes.h>
#include <stdlib.h>

#include <xxhash.h>

#include "base/bytes.h"
#include "store/block_read.h"

#define FORM_ROOM (3 * BLOCK_FORM_TEXT_MAX)

/* --- Parts ---------------------------------------------------------------------------------- */

int block_no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory to read a block of events.");
}

int block_damaged(const struct block *b, uint32_t part, const char *what, struct err *e)
{
    size_t at = part < b->part_count ? b->parts[part].at : BLOCK_HEAD_BYTES;

    return err_set(e, ERR_CORRUPT, at, "Part %" PRIu32 " of a block is damaged: %s.", part, what);
}

bool block_expand(struct block *b, struct span frame, uint8_t *to, size_t room)
{
    return ZSTD_getFrameContentSize(frame.p, frame.n) == room &&
           ZSTD_decompressDCtx(b->zstd, to, room, frame.p, frame.n) == room;
}

static int open_part(struct block *b, uint32_t number, struct err *e)
{
    struct block_stored_part *p = &b->parts[number];

    if (p->bytes != NULL)
        return ERR_OK;
    if (XXH3_64bits(b->stored + p->at, p->stored) != p->hash)
        return block_damaged(b, number, "its hash is another", e);
    if (b->opened + p->room > 4 * BLOCK_PART_MAX)
        return block_damaged(b, number, "the block holds too much", e);
    p->bytes = malloc(p->room + BLOCK_COPY_BYTES);
    if (p->bytes == NULL)
        return block_no_memory(e);
    if (!block_expand(b, (struct span){ b->stored + p->at, p->stored }, p->bytes, p->room)) {
        free(p->bytes);
        p->bytes = NULL;
        return block_damaged(b, number, "it does not open", e);
    }
    b->opened += p->room;
    return ERR_OK;
}

int block_open_pool(struct block *b, uint32_t part, struct err *e)
{
    struct block_pool_part *pp = &b->pool_parts[part];
    struct block_stored_part *p = &b->parts[pp->part];
    struct block_taker sizes, bytes;
    int rc = open_part(b, pp->part, e);

    if (rc != ERR_OK || pp->read)
        return rc;
    sizes = (struct block_taker){ p->bytes, p->bytes + p->room, false };
    bytes = sizes;
    for (uint32_t i = 0; i < pp->count && !bytes.failed; i++)
        (void)block_take(&bytes);
    for (uint32_t i = 0; i < pp->count && !bytes.failed; i++)
        b->pool[pp->first + i] = block_take_bytes(&bytes, block_take(&sizes));
    if (bytes.failed || bytes.p != bytes.end)
        return block_damaged(b, pp->part, "values do not fit into it", e);
    pp->read = true;
    return ERR_OK;
}

static int pool_value(struct block *b, uint64_t id, struct span *out, struct err *e)
{
    uint32_t low = 0, high = b->pool_part_count;
    int rc;

    if (id >= b->pool_count)
        return block_damaged(b, 0, "a value is none of the pool", e);
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (b->pool_parts[middle].first <= id)
            low = middle;
        else
            high = middle;
    }
    rc = b->pool_parts[low].read ? ERR_OK : block_open_pool(b, low, e);
    if (rc == ERR_OK)
        *out = b->pool[id];
    return rc;
}

/* --- Columns -------------------------------------------------------------------------------- */

/* `bytes` of part `number` from `at` on. */
static int part_bytes(struct block *b, uint32_t number, uint64_t at, uint64_t bytes,
                      const uint8_t **out, struct err *e)
{
    int rc = open_part(b, number, e);

    if (rc == ERR_OK && (at > b->parts[number].room || bytes > b->parts[number].room - at))
        rc = block_damaged(b, number, "a column does not fit into it", e);
    if (rc == ERR_OK)
        *out = b->parts[number].bytes + at;
    return rc;
}

static uint64_t plane_number(const uint8_t *p, uint32_t rows, uint32_t row, unsigned bytes)
{
    uint64_t v = 0;

    for (unsigned plane = 0; plane < bytes; plane++)
        v |= (uint64_t)p[(size_t)plane * rows + row] << (8 * plane);
    return v;
}

int block_read_numbers(struct block *b, const struct block_plan *plan, uint32_t rows, int64_t *out,
                       struct err *e)
{
    const uint8_t *p;
    uint64_t last = (uint64_t)plan->first;
    int rc = part_bytes(b, plan->part, plan->at, (uint64_t)rows * plan->bytes, &p, e);

    for (uint32_t i = 0; i < rows && rc == ERR_OK; i++)
        out[i] = (int64_t)(plan->bytes > 0 ? (uint64_t)plan->base + p[i] : (uint64_t)plan->base);
    for (unsigned plane = 1; plane < plan->bytes && rc == ERR_OK; plane++) {
        const uint8_t *from = p + (size_t)plane * rows;

        for (uint32_t i = 0; i < rows; i++)
            out[i] = (int64_t)((uint64_t)out[i] + ((uint64_t)from[i] << (8 * plane)));
    }
    for (uint32_t i = 0; i < rows && rc == ERR_OK && plan->steps; i++) {
        last += (uint64_t)out[i];
        out[i] = (int64_t)last;
    }
    return rc;
}

/* Only the numbers: who wants texts asks for them (column_texts()). */
static int read_int(struct block *b, uint32_t rows, struct block_read_column *c, struct err *e)
{
    int64_t *numbers = arena_array(&b->mem, rows, sizeof(*numbers));

    if (numbers == NULL)
        return block_no_memory(e);
    c->is = (struct block_column){ rows, NULL, NULL, numbers };
    return block_read_numbers(b, &c->plan, rows, numbers, e);
}

/* The texts of a column of numbers. */
static int column_texts(struct block *b, struct block_read_column *c, struct err *e)
{
    struct span *values = arena_array(&b->mem, c->is.values, sizeof(*values));

    if (values == NULL)
        return block_no_memory(e);
    for (uint32_t i = 0; i < c->is.values; i++) {
        uint8_t *p = arena_bytes(&b->mem, FORM_ROOM);
        size_t n = p != NULL ? block_form_put(&c->plan.form, c->is.numbers[i], p) : 0;

        if (p == NULL)
            return block_no_memory(e);
        if (n == 0)
            return block_damaged(b, c->plan.part, "a number is not of its form", e);
        arena_shrink(&b->mem, FORM_ROOM - n);
        values[i] = (struct span){ p, n };
    }
    c->is.value = values;
    return ERR_OK;
}

/* From symbols to values: see block_own.h. */
static int read_symbols(struct block *b, const struct block_plan *plan, uint32_t rows,
                        const uint8_t *p, uint32_t *out, struct err *e)
{
    unsigned bytes = block_symbol_bytes(plan->values);
    uint64_t next = 0, last = UINT64_MAX;

    for (uint32_t i = 0; i < rows; i++) {
        uint64_t v = plane_number(p, rows, i, bytes);

        if (plan->steps)
            v = v == 0 ? last : v == 1 ? next++ : v - 2;
        if (v >= plan->values)
            return block_damaged(b, plan->part, "a row has no value", e);
        out[i] = (uint32_t)v;
        last = v;
    }
    return ERR_OK;
}

static int read_dict(struct block *b, uint32_t rows, struct block_read_column *c, struct err *e)
{
    const struct block_plan *plan = &c->plan;
    struct block_taker t;
    struct span *values;
    uint64_t id = 0;
    const uint8_t *p;
    uint32_t *row;
    int rc = part_bytes(b, plan->part, plan->at, 0, &p, e);

    if (rc != ERR_OK)
        return rc;
    row = arena_array(&b->mem, rows, sizeof(*row));
    values = arena_array(&b->mem, plan->values, sizeof(*values));
    if (arena_failed(&b->mem))
        return block_no_memory(e);
    t = (struct block_taker){ p, b->parts[plan->part].bytes + b->parts[plan->part].room, false };
    for (uint32_t i = 0; i < plan->values && rc == ERR_OK; i++) {
        id += (uint64_t)block_take_signed(&t);
        rc = t.failed ? block_damaged(b, plan->part, "a dictionary is cut", e)
                      : pool_value(b, id, &values[i], e);
    }
    if (rc != ERR_OK)
        return rc;
    if (block_left(&t) < (uint64_t)rows * block_symbol_bytes(plan->values))
        return block_damaged(b, plan->part, "a column does not fit into it", e);
    c->is = (struct block_column){ plan->values, values, row, NULL };
    return read_symbols(b, plan, rows, t.p, row, e);
}

static int read_const(struct block *b, struct block_read_column *c, struct err *e)
{
    struct span *value = arena_array(&b->mem, 1, sizeof(*value));

    if (value == NULL)
        return block_no_memory(e);
    c->is = (struct block_column){ 1, value, NULL, NULL };
    return pool_value(b, c->plan.values, value, e);
}

/* The column as it is, decoded; of a SAME one nothing. */
static int column_ready(struct block *b, struct block_read_shape *s, uint32_t slot, struct err *e)
{
    struct block_read_column *c = &s->columns[slot];
    int rc = ERR_OK;

    if (c->ready || c->plan.encoding == BLOCK_SAME)
        return ERR_OK;
    if (c->plan.encoding == BLOCK_CONST)
        rc = read_const(b, c, e);
    else if (c->plan.encoding == BLOCK_DICT)
        rc = read_dict(b, s->is.rows, c, e);
    else
        rc = read_int(b, s->is.rows, c, e);
    c->ready = rc == ERR_OK;
    return rc;
}

/* The slot in which the column of `slot` is written. */
static uint32_t column_slot(const struct block_read_shape *s, uint32_t slot)
{
    const struct block_plan *p = &s->columns[slot].plan;

    return p->encoding == BLOCK_SAME ? p->same : slot;
}

int block_column_of(struct block *b, uint32_t shape, uint32_t slot, struct block_read_column **out,
                    struct err *e)
{
    struct block_read_shape *s;

    MUST(shape < b->shape_count && slot < b->shapes[shape].is.slots);
    s = &b->shapes[shape];
    slot = column_slot(s, slot);
    *out = &s->columns[slot];
    return column_ready(b, s, slot, e);
}

int block_column(struct block *b, uint32_t shape, uint32_t slot, struct block_column *out,
                 struct err *e)
{
    struct block_read_column *c;
    int rc = block_column_of(b, shape, slot, &c, e);

    if (rc == ERR_OK && c->is.value == NULL)
        rc = column_texts(b, c, e);
    if (rc == ERR_OK)
        *out = c->is;
    return rc;
}

int block_dict_ids(struct block *b, uint32_t shape, uint32_t slot, uint64_t *id, struct err *e)
{
    const struct block_read_shape *s = &b->shapes[shape];
    const struct block_plan *plan = &s->columns[column_slot(s, slot)].plan;
    struct block_taker t;
    uint64_t last = 0;
    const uint8_t *p;
    int rc = part_bytes(b, plan->part, plan->at, 0, &p, e);

    if (rc != ERR_OK)
        return rc;
    t = (struct block_taker){ p, b->parts[plan->part].bytes + b->parts[plan->part].room, false };
    for (uint32_t i = 0; i < plan->values; i++) {
        last += (uint64_t)block_take_signed(&t);
        if (t.failed || last >= b->pool_count)
            return block_damaged(b, plan->part, "a dictionary is cut", e);
        id[i] = last;
    }
    return ERR_OK;
}

bool block_range(const struct block *b, uint32_t shape, uint32_t slot, int64_t *least,
                 int64_t *greatest)
{
    const struct block_read_shape *s;
    const struct block_plan *p;

    MUST(shape < b->shape_count && slot < b->shapes[shape].is.slots);
    s = &b->shapes[shape];
    p = &s->columns[column_slot(s, slot)].plan;
    *least = p->least;
    *greatest = p->greatest;
    return p->encoding == BLOCK_INT;
}

/* --- Events --------------------------------------------------------------------------------- */

/* What a row is written into: `end` is FORM_ROOM before the end of what there is. */
struct target {
    uint8_t *at, *end;
    const uint8_t *from;
    uint32_t *places, places_max; /* where literals begin, behind `from` */
};

static bool put_bytes(struct target *t, struct span s)
{
    if (s.n > (size_t)(t->end - t->at))
        return false;
    if (s.n <= BLOCK_COPY_BYTES)
        memcpy(t->at, s.p, BLOCK_COPY_BYTES); /* most are short, and a fixed size is faster */
    else
        memcpy(t->at, s.p, s.n);
    t->at += s.n;
    return true;
}

static bool put_value(struct target *t, const struct block_read_column *c, uint32_t row)
{
    size_t n;

    if (c->is.numbers == NULL)
        return put_bytes(t, c->is.value[c->is.row != NULL ? c->is.row[row] : 0]);
    n = block_form_put(&c->plan.form, c->is.numbers[row], t->at);
    t->at += n;
    return n > 0 && t->at <= t->end;
}

static bool put_event(const struct block_read_shape *s, uint32_t row, struct target *t)
{
    bool ok;

    if (t->places_max > 0)
        t->places[0] = 0;
    ok = put_bytes(t, s->literals[0]);
    for (uint32_t slot = 0; slot < s->is.slots && ok; slot++) {
        const struct block_read_column *c = &s->columns[column_slot(s, slot)];

        ok = put_value(t, c, row);
        if (slot + 1 < t->places_max)
            t->places[slot + 1] = (uint32_t)(t->at - t->from);
        ok = ok && put_bytes(t, s->literals[slot + 1]);
    }
    return ok;
}

/* All columns of a shape. */
static int shape_ready(struct block *b, struct block_read_shape *s, struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t slot = 0; slot < s->is.slots && rc == ERR_OK && !s->ready; slot++)
        rc = column_ready(b, s, slot, e);
    s->ready |= rc == ERR_OK;
    return rc;
}

static int load_columns(struct block *b, struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t i = 0; i < b->shape_count && rc == ERR_OK; i++)
        rc = shape_ready(b, &b->shapes[i], e);
    return rc;
}

static int wrong_size(struct err *e)
{
    return err_set(e, ERR_CORRUPT, 0, "The events of a block do not have the size that it says.");
}

static int put_events(struct block *b, struct err *e)
{
    struct target t = { .at = b->raw, .end = b->raw + b->head.raw_bytes };

    for (uint32_t i = 0; i < b->head.rows; i++) {
        const uint8_t *from = t.at;

        if (!put_event(&b->shapes[b->envelope[BLOCK_ROW_SHAPE][i]], b->place[i], &t))
            return wrong_size(e);
        b->raws[i] = (struct span){ from, (size_t)(t.at - from) };
    }
    return t.at == t.end ? ERR_OK : wrong_size(e);
}

int block_load(struct block *b, struct err *e)
{
    int rc;

    if (b->raws != NULL)
        return ERR_OK;
    rc = load_columns(b, e);
    if (rc != ERR_OK)
        return rc;
    b->raw = malloc((size_t)b->head.raw_bytes + FORM_ROOM);
    b->raws = calloc(b->head.rows + 1u, sizeof(*b->raws));
    rc = b->raw != NULL && b->raws != NULL ? put_events(b, e) : block_no_memory(e);
    if (rc != ERR_OK) {
        free(b->raw);
        free(b->raws);
        b->raw = NULL;
        b->raws = NULL;
    }
    return rc;
}

int block_raw(struct block *b, uint32_t row, struct buf *out, struct err *e)
{
    return block_raw_places(b, row, out, NULL, 0, e);
}

int block_raw_places(struct block *b, uint32_t row, struct buf *out, uint32_t *at, uint32_t at_max,
                     struct err *e)
{
    struct block_read_shape *s;
    struct target t;
    int rc;

    MUST(row < b->head.rows);
    s = &b->shapes[b->envelope[BLOCK_ROW_SHAPE][row]];
    rc = shape_ready(b, s, e);
    if (rc != ERR_OK)
        return rc;
    for (size_t room = 4096;; room *= 4) {
        buf_clear(out);
        if (!buf_reserve(out, room + FORM_ROOM))
            return block_no_memory(e);
        t = (struct target){ out->p, out->p + room, out->p, at, at_max };
        if (put_event(s, b->place[row], &t)) {
            out->n = (size_t)(t.at - out->p);
            return ERR_OK;
        }
        if (room > b->head.raw_bytes)
            return wrong_size(e);
    }
}

/* --- Comparing ------------------------------------------------------------------------------ */

/* `n` from 1 to 8 bytes; eight can be read. */
static inline bool same_few(const uint8_t *a, const uint8_t *b, size_t n)
{
    return (bytes_u64(a) ^ bytes_u64(b)) << (64 - 8 * n) == 0;
}

/* Most pieces are short, and what lies behind them can be read (BLOCK_COPY_BYTES). */
static inline bool same_bytes(const uint8_t *a, const uint8_t *b, size_t n)
{
    if (n == 0)
        return true;
    if (n <= 8)
        return same_few(a, b, n);
    if (n <= 16)
        return bytes_u64(a) == bytes_u64(b) && same_few(a + 8, b + 8, n - 8);
    return memcmp(a, b, n) == 0;
}

/* Does `*left` begin with the piece? It then begins behind it. */
static inline bool take_piece(struct span *left, struct span piece)
{
    if (piece.n > left->n || !same_bytes(left->p, piece.p, piece.n))
        return false;
    *left = span_from(*left, piece.n);
    return true;
}

static bool take_value(struct span *left, const struct block_read_column *c, uint32_t row)
{
    uint8_t text[FORM_ROOM + BLOCK_COPY_BYTES];
    size_t n;

    if (c->is.numbers == NULL)
        return take_piece(left, c->is.value[c->is.row != NULL ? c->is.row[row] : 0]);
    n = block_form_put(&c->plan.form, c->is.numbers[row], text);
    return n > 0 && take_piece(left, (struct span){ text, n });
}

bool block_gives(struct block *b, uint32_t row, struct span raw)
{
    struct block_read_shape *s;
    bool same;

    MUST(row < b->head.rows);
    s = &b->shapes[b->envelope[BLOCK_ROW_SHAPE][row]];
    if (shape_ready(b, s, NULL) != ERR_OK)
        return false;
    row = b->place[row];
    same = take_piece(&raw, s->literals[0]);
    for (uint32_t slot = 0; slot < s->is.slots && same; slot++)
        same = take_value(&raw, &s->columns[column_slot(s, slot)], row) &&
               take_piece(&raw, s->literals[slot + 1]);
    return same && raw.n == 0;
}
