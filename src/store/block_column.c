/*
 * block_column.c - what each column of a shape is written as: see block_write.h.
 *
 *   CONST   all rows have one value
 *   SAME    as another column of the shape, row by row
 *   INT     numbers, times, addresses: themselves, or their steps
 *   DICT    values of the pool: themselves, or only where they are not those of the row before
 *
 * Between INT and DICT decides what each is expected to take: the entropy of its bytes, and for
 * DICT also that of its texts. To write a column as what follows from another (a number's distance
 * to it, a value as it stood beside the same one the last time) was tried: 2 % of a block for a
 * third of the codec.
 */
#include <math.h>
#include <stdlib.h>

#include <xxhash.h>

#include "store/block_write.h"

#define INT_LEAST  3u   /* fewer values are always a dictionary */
#define TEXT_BITS  3.0  /* a byte of a new text in the pool */
#define ENTRY_BITS 10.0 /* what else an entry takes */

struct shape_work {
    struct block_writer *w;
    struct block_made *m;
    uint32_t *table, table_size; /* of values, + 1 */
    uint32_t *first;             /* of the column's values: as in its draft */
    uint64_t *hashes;
    uint32_t *counts;
    uint64_t *deltas;
    struct span *values;
    int64_t *value_numbers;
};

/* --- Values --------------------------------------------------------------------------------- */

static struct span cell(const struct shape_work *k, uint32_t slot, uint32_t row)
{
    return block_cut_span(k->w, k->m->cells[(size_t)slot * k->m->rows + row]);
}

static uint32_t value_id(struct shape_work *k, struct block_column_draft *c, uint32_t slot,
                         uint32_t row, struct span s)
{
    uint64_t hash = XXH3_64bits(s.p, s.n);
    uint32_t at = block_place(k->w, hash, k->table_size);

    for (; k->table[at] > 0; at = (at + 1) & (k->table_size - 1)) {
        uint32_t id = k->table[at] - 1;

        if (c->hashes[id] == hash && span_eq(cell(k, slot, c->first[id]), s))
            return id;
    }
    k->table[at] = c->distinct + 1;
    c->hashes[c->distinct] = hash;
    c->first[c->distinct] = row;
    return c->distinct++;
}

static bool is_const(const struct shape_work *k, uint32_t slot)
{
    struct span first = cell(k, slot, 0);

    for (uint32_t row = 1; row < k->m->rows; row++) {
        if (!span_eq(cell(k, slot, row), first))
            return false;
    }
    return true;
}

/* `count` things at `from`, to stay. */
static void *keep(struct shape_work *k, const void *from, uint32_t count, size_t each)
{
    void *p = arena_room(&k->w->mem, count, each);

    if (p != NULL)
        memcpy(p, from, count * each);
    return p;
}

static bool draft_values(struct shape_work *k, struct block_column_draft *c, uint32_t slot)
{
    uint32_t rows = k->m->rows;
    struct span before = SPAN_NONE;

    c->first = k->first;
    c->hashes = k->hashes;
    if (is_const(k, slot)) {
        struct span s = cell(k, slot, 0);

        c->first[0] = 0;
        c->hashes[0] = XXH3_64bits(s.p, s.n);
        c->distinct = 1;
    } else {
        c->ids = arena_room(&k->w->mem, rows, sizeof(*c->ids));
        if (c->ids == NULL)
            return false;
        memset(k->table, 0, k->table_size * sizeof(*k->table));
    }
    for (uint32_t row = 0; row < rows && c->ids != NULL; row++) {
        struct span s = cell(k, slot, row);

        if (row > 0 && span_eq(s, before))
            c->ids[row] = c->ids[row - 1];
        else
            c->ids[row] = value_id(k, c, slot, row, s);
        c->hash = (c->hash ^ c->hashes[c->ids[row]]) * UINT64_C(0x9E3779B97F4A7C15);
        before = s;
    }
    c->first = keep(k, k->first, c->distinct, sizeof(*c->first));
    c->hashes = keep(k, k->hashes, c->distinct, sizeof(*c->hashes));
    return c->first != NULL && c->hashes != NULL;
}

/* The first column with the same values. */
static bool draft_same(const struct shape_work *k, struct block_column_draft *c, uint32_t slot)
{
    for (uint32_t i = 0; i < slot; i++) {
        const struct block_column_draft *d = &k->m->columns[i];
        bool same =
            d->plan.encoding != BLOCK_SAME && d->hash == c->hash && d->distinct == c->distinct;

        for (uint32_t v = 0; same && v < c->distinct; v++)
            same = c->first[v] == d->first[v] &&
                   span_eq(cell(k, slot, c->first[v]), cell(k, i, c->first[v]));
        if (same && memcmp(c->ids, d->ids, k->m->rows * sizeof(*c->ids)) == 0) {
            c->plan = (struct block_plan){ .encoding = BLOCK_SAME, .same = i };
            return true;
        }
    }
    return false;
}

/* --- Entropy -------------------------------------------------------------------------------- */

/* count * log2(count); most counts are 1. */
static double weight_of(uint32_t count)
{
    return count > 1 ? count * log2(count) : 0;
}

/* Bits of `total` things of which one happens `count` times: count * log2(total / count). */
static double bits_of(uint32_t count, uint32_t total)
{
    return count > 0 ? count * log2(total) - weight_of(count) : 0;
}

static double bits_of_bytes(const uint64_t *v, uint32_t rows, unsigned bytes)
{
    double bits = 0;

    for (unsigned plane = 0; plane < bytes; plane++) {
        uint32_t counts[256] = { 0 };

        for (uint32_t i = 0; i < rows; i++)
            counts[v[i] >> (8 * plane) & 255]++;
        bits += weight_of(rows);
        for (unsigned i = 0; i < 256; i++)
            bits -= weight_of(counts[i]);
    }
    return bits;
}

/* --- Numbers -------------------------------------------------------------------------------- */

/* Bits of the numbers, or their steps, beyond the first. */
static uint64_t width_sum(const int64_t *v, uint32_t rows, bool steps)
{
    uint64_t sum = 0, first = steps ? 0 : (uint64_t)v[0];
    uint32_t stride = rows / 512 + 1;

    for (uint32_t i = stride; i < rows; i += stride) {
        uint64_t d = block_zigzag((int64_t)((uint64_t)v[i] - (steps ? (uint64_t)v[i - 1] : first)));

        sum += d > 0 ? 64u - (unsigned)__builtin_clzll(d) : 0;
    }
    return sum;
}

static unsigned bytes_of(uint64_t v)
{
    unsigned n = 0;

    for (; v > 0; v >>= 8)
        n++;
    return n;
}

void block_column_numbers(struct block_plan *plan, const int64_t *v, uint32_t rows, uint64_t *out)
{
    int64_t least;
    uint64_t most = 0;

    plan->encoding = BLOCK_INT;
    plan->steps = width_sum(v, rows, true) < width_sum(v, rows, false);
    plan->first = plan->steps ? v[0] : 0;
    plan->least = plan->greatest = v[0];
    for (uint32_t i = 0; i < rows; i++) {
        out[i] = (uint64_t)v[i];
        if (plan->steps)
            out[i] -= (uint64_t)v[i > 0 ? i - 1 : 0];
        plan->least = v[i] < plan->least ? v[i] : plan->least;
        plan->greatest = v[i] > plan->greatest ? v[i] : plan->greatest;
    }
    least = (int64_t)out[0];
    for (uint32_t i = 1; i < rows; i++)
        least = (int64_t)out[i] < least ? (int64_t)out[i] : least;
    for (uint32_t i = 0; i < rows; i++) {
        out[i] -= (uint64_t)least;
        most |= out[i];
    }
    plan->base = least;
    plan->bytes = (uint8_t)bytes_of(most);
}

/* The column's values as numbers of one form; false when they are none. */
static bool draft_numbers(struct shape_work *k, struct block_column_draft *c)
{
    uint8_t pattern[BLOCK_FORM_TEXT_MAX];
    struct block_form form;

    if (c->distinct < INT_LEAST)
        return false;
    for (uint32_t v = 0; v < c->distinct; v++)
        k->values[v] = cell(k, c->slot, c->first[v]);
    if (!block_form_guess(&form, k->values, c->distinct, pattern))
        return false;
    for (uint32_t v = 0; v < c->distinct; v++) {
        if (!block_form_read(&form, k->values[v], &k->value_numbers[v]))
            return false;
    }
    c->numbers = arena_room(&k->w->mem, k->m->rows, sizeof(*c->numbers));
    form.prefix = arena_span(&k->w->mem, form.prefix);
    form.suffix = arena_span(&k->w->mem, form.suffix);
    if (c->numbers == NULL)
        return false;
    for (uint32_t i = 0; i < k->m->rows; i++)
        c->numbers[i] = k->value_numbers[c->ids[i]];
    c->plan.form = form;
    return true;
}

/* --- Dictionaries --------------------------------------------------------------------------- */

void block_column_symbols(const struct block_column_draft *c, uint32_t rows, uint64_t *out)
{
    uint32_t next = 0, last = UINT32_MAX;

    for (uint32_t i = 0; i < rows; i++) {
        uint32_t id = c->ids[i];

        out[i] = id;
        if (c->plan.steps)
            out[i] = id == last ? 0 : id == next ? 1 : id + 2u;
        next += id == next;
        last = id;
    }
}

/* Themselves, or in steps. */
static double plan_dict(struct shape_work *k, struct block_column_draft *c)
{
    uint32_t rows = k->m->rows, changes = 1, again;
    double plain = weight_of(k->m->rows), steps;

    memset(k->counts, 0, c->distinct * sizeof(*k->counts));
    for (uint32_t i = 0; i < rows; i++) {
        changes += i > 0 && c->ids[i] != c->ids[i - 1];
        k->counts[c->ids[i]]++;
    }
    for (uint32_t v = 0; v < c->distinct; v++)
        plain -= weight_of(k->counts[v]);
    again = changes - c->distinct; /* to a value that an earlier row had */
    steps = bits_of(rows - changes, rows) + bits_of(c->distinct, rows) + bits_of(again, rows) +
            again * log2(c->distinct);
    c->plan.encoding = BLOCK_DICT;
    c->plan.steps = steps < plain;
    return steps < plain ? steps : plain;
}

static double pool_bits(const struct shape_work *k, const struct block_column_draft *c)
{
    double bits = 0;

    for (uint32_t v = 0; v < c->distinct; v++)
        bits += ENTRY_BITS + TEXT_BITS * (double)cell(k, c->slot, c->first[v]).n;
    return bits;
}

/* --- All ------------------------------------------------------------------------------------ */

static void settle(struct shape_work *k, struct block_column_draft *c)
{
    struct block_plan dict = { 0 };
    double as_dict, as_int;

    c->plan.form = (struct block_form){ 0 };
    if (!draft_numbers(k, c)) {
        (void)plan_dict(k, c);
        return;
    }
    as_dict = plan_dict(k, c) + pool_bits(k, c);
    dict = c->plan;
    block_column_numbers(&c->plan, c->numbers, k->m->rows, k->deltas);
    as_int = bits_of_bytes(k->deltas, k->m->rows, c->plan.bytes) + 8.0 * c->plan.bytes;
    if (as_int >= as_dict)
        c->plan = dict;
}

static bool work_init(struct shape_work *k)
{
    uint32_t rows = k->m->rows;
    struct arena *mem = &k->w->mem;

    for (k->table_size = 16; k->table_size < rows * 2; k->table_size *= 2) {
    }
    k->table = arena_array(mem, k->table_size, sizeof(*k->table));
    k->first = arena_room(mem, rows, sizeof(*k->first));
    k->hashes = arena_room(mem, rows, sizeof(*k->hashes));
    k->counts = arena_room(mem, rows + 1u, sizeof(*k->counts));
    k->deltas = arena_room(mem, rows, sizeof(*k->deltas));
    k->values = arena_room(mem, rows, sizeof(*k->values));
    k->value_numbers = arena_room(mem, rows, sizeof(*k->value_numbers));
    return !arena_failed(mem);
}

/* The name of the field that is just this slot. */
static uint32_t slot_name(const struct block_writer *w, const struct block_made *m,
                          const uint32_t *sizes, uint32_t slot, uint32_t *at)
{
    uint32_t count = block_bases(w)[m->base].part_count;

    for (; *at < count && m->fields[*at].first <= slot; (*at)++) {
        const struct block_field *f = &m->fields[*at];

        if (f->first == slot && f->last == slot + 1 && f->to == 0 && f->from == sizes[slot])
            return f->name;
    }
    return BLOCK_NONE;
}

bool block_column_draft(struct block_writer *w, uint32_t made)
{
    struct shape_work k = { .w = w, .m = &block_mades(w)[made] };
    struct block_made *m = k.m;
    uint32_t *sizes = arena_array(&w->mem, m->slots + 1u, sizeof(*sizes));
    uint32_t field = 0;

    m->columns = arena_array(&w->mem, m->slots + 1u, sizeof(*m->columns));
    if (m->columns == NULL || sizes == NULL || !work_init(&k))
        return false;
    block_shape_literals(m->key, m->slots, sizes);
    for (uint32_t slot = 0; slot < m->slots; slot++) {
        struct block_column_draft *c = &m->columns[slot];

        c->made = made;
        c->slot = slot;
        c->name = slot_name(w, m, sizes, slot, &field);
        if (!draft_values(&k, c, slot))
            return false;
        if (c->distinct == 1)
            c->plan.encoding = BLOCK_CONST;
        else if (!draft_same(&k, c, slot))
            settle(&k, c);
    }
    return !arena_failed(&w->mem);
}
