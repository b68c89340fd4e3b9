/*
 * block_distinct.c - columns as their different values: see block.h.
 */
#include <stdlib.h>

#include "store/block_read.h"

#define NUMBERS_FIRST 64u /* places of the table of numbers; a power of two */

/* Numbers and their ids, by hash. */
struct numbers {
    int64_t *number; /* by id */
    uint32_t *place; /* id + 1 */
    uint32_t count, places;
};

static uint32_t number_place(const struct numbers *n, int64_t number)
{
    return (uint32_t)((uint64_t)number * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (n->places - 1);
}

static bool numbers_grow(struct numbers *n)
{
    uint32_t places = n->places == 0 ? NUMBERS_FIRST : 2 * n->places;
    int64_t *number = realloc(n->number, places / 2 * sizeof(*number));
    uint32_t *place = calloc(places, sizeof(*place));

    if (number != NULL)
        n->number = number;
    if (number == NULL || place == NULL) {
        free(place);
        return false;
    }
    free(n->place);
    n->place = place;
    n->places = places;
    for (uint32_t i = 0; i < n->count; i++) {
        uint32_t at = number_place(n, n->number[i]);

        while (place[at] > 0)
            at = (at + 1) & (places - 1);
        place[at] = i + 1;
    }
    return true;
}

/* The id of a number; BLOCK_NONE when memory is out. */
static uint32_t number_id(struct numbers *n, int64_t number)
{
    uint32_t at;

    if (n->count >= n->places / 2 && !numbers_grow(n))
        return BLOCK_NONE;
    at = number_place(n, number);
    for (; n->place[at] > 0; at = (at + 1) & (n->places - 1)) {
        if (n->number[n->place[at] - 1] == number)
            return n->place[at] - 1;
    }
    n->number[n->count] = number;
    n->place[at] = ++n->count;
    return n->count - 1;
}

static int number_texts(struct block *b, const struct block_read_column *c, struct numbers *n,
                        struct block_distinct *out, struct err *e)
{
    struct span *text = arena_array(&b->mem, n->count, sizeof(*text));
    uint8_t *p;

    if (text == NULL)
        return block_no_memory(e);
    for (uint32_t i = 0; i < n->count; i++) {
        size_t bytes;

        p = arena_bytes(&b->mem, BLOCK_NUMBER_TEXT);
        if (p == NULL)
            return block_no_memory(e);
        bytes = block_form_put(&c->plan.form, n->number[i], p);
        if (bytes == 0)
            return block_damaged(b, c->plan.part, "a number is not of its form", e);
        arena_shrink(&b->mem, BLOCK_NUMBER_TEXT - bytes);
        text[i] = (struct span){ p, bytes };
    }
    out->count = n->count;
    out->text = text;
    return ERR_OK;
}

static int of_numbers(struct block *b, const struct block_read_column *c, uint32_t rows,
                      uint32_t most, struct block_distinct *out, struct err *e)
{
    uint32_t *id = arena_array(&b->mem, rows, sizeof(*id));
    struct numbers n = { 0 };
    int rc = ERR_OK;

    if (id == NULL)
        return block_no_memory(e);
    for (uint32_t i = 0; i < rows && n.count <= most && rc == ERR_OK; i++) {
        id[i] = i > 0 && c->is.numbers[i] == c->is.numbers[i - 1] ? id[i - 1]
                                                                  : number_id(&n, c->is.numbers[i]);
        if (id[i] == BLOCK_NONE)
            rc = block_no_memory(e);
    }
    out->id = id;
    out->numbers = c->is.numbers;
    if (rc == ERR_OK && n.count <= most)
        rc = number_texts(b, c, &n, out, e);
    free(n.number);
    free(n.place);
    return rc;
}

/* The pool's numbers of a dictionary's values. */
static int pool_numbers(struct block *b, uint32_t shape, uint32_t slot, uint32_t count,
                        struct block_distinct *out, struct err *e)
{
    uint64_t *wide = malloc(count * sizeof(*wide));
    uint32_t *pool = arena_array(&b->mem, count, sizeof(*pool));
    int rc;

    rc =
        wide != NULL && pool != NULL ? block_dict_ids(b, shape, slot, wide, e) : block_no_memory(e);
    for (uint32_t i = 0; i < count && rc == ERR_OK; i++)
        pool[i] = (uint32_t)wide[i];
    free(wide);
    out->pool = pool;
    return rc;
}

static const struct block_plan *plan_of(const struct block *b, uint32_t shape, uint32_t slot)
{
    const struct block_read_shape *s;
    const struct block_plan *p;

    MUST(shape < b->shape_count && slot < b->shapes[shape].is.slots);
    s = &b->shapes[shape];
    p = &s->columns[slot].plan;
    return p->encoding == BLOCK_SAME ? &s->columns[p->same].plan : p;
}

int block_distinct(struct block *b, uint32_t shape, uint32_t slot, uint32_t most,
                   struct block_distinct *out, struct err *e)
{
    const struct block_plan *plan = plan_of(b, shape, slot);
    struct block_read_column *c;
    int rc;

    *out = (struct block_distinct){ 0 };
    if (b->directory == NULL || (plan->encoding == BLOCK_DICT && plan->values > most))
        return ERR_OK; /* version 1 has no dictionaries */
    rc = block_column_of(b, shape, slot, &c, e);
    if (rc != ERR_OK)
        return rc;
    if (plan->encoding == BLOCK_INT)
        return of_numbers(b, c, b->shapes[shape].is.rows, most, out, e);
    if (plan->encoding == BLOCK_DICT) {
        rc = pool_numbers(b, shape, slot, plan->values, out, e);
    } else {
        uint32_t *pool = arena_array(&b->mem, 1, sizeof(*pool));

        if (pool == NULL)
            return block_no_memory(e);
        *pool = plan->values;
        out->pool = pool;
    }
    out->count = c->is.values;
    out->text = c->is.value;
    out->id = c->is.row;
    return rc;
}

size_t block_number_text(const struct block *b, uint32_t shape, uint32_t slot, int64_t number,
                         uint8_t *dst)
{
    const struct block_plan *plan = plan_of(b, shape, slot);

    _Static_assert(BLOCK_NUMBER_TEXT >= 3 * BLOCK_FORM_TEXT_MAX, "room for any form");
    return plan->encoding == BLOCK_INT ? block_form_put(&plan->form, number, dst) : 0;
}

int64_t block_time_ticks(const struct block *b, uint32_t shape, uint32_t slot)
{
    static const char *const begins[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S" };
    const struct block_plan *plan = plan_of(b, shape, slot);
    const struct block_form *f = &plan->form;
    int64_t ticks = INT64_C(1000000000);
    struct span rest = SPAN_NONE;

    if (plan->encoding != BLOCK_INT || f->kind != FORM_TIME)
        return 0;
    for (size_t i = 0; i < COUNT_OF(begins); i++) {
        if (span_starts(f->prefix, span_of(begins[i])))
            rest = span_from(f->prefix, strlen(begins[i]));
    }
    if (rest.p == NULL)
        return 0;
    if (rest.n >= 3 && rest.p[0] == '.' && rest.p[1] == '%' && rest.p[2] >= '1' && rest.p[2] <= '9')
        rest = span_from(rest, 3);
    else if (f->fraction > 0)
        return 0;
    for (unsigned i = 0; i < f->fraction; i++)
        ticks /= 10;
    return memchr(rest.p, '%', rest.n) == NULL ? ticks : 0;
}

bool block_number_bytes(const struct block *b, uint32_t shape, uint32_t slot, bool set[256])
{
    static const char *const bytes[FORM_KINDS] = {
        [FORM_DEC] = "0123456789-",
        [FORM_HEX] = "0123456789abcdef",
        [FORM_IPV4] = "0123456789.",
        [FORM_TIME] = "0123456789 JanFebMarAprMayJunJulAugSepOctNovDec",
    };
    const struct block_plan *plan = plan_of(b, shape, slot);
    const struct block_form *f = &plan->form;

    if (plan->encoding != BLOCK_INT)
        return false;
    for (const char *c = bytes[f->kind]; *c != 0; c++)
        set[(uint8_t)*c] = true;
    for (size_t i = 0; i < f->prefix.n; i++)
        set[f->prefix.p[i]] = true;
    for (size_t i = 0; i < f->suffix.n; i++)
        set[f->suffix.p[i]] = true;
    return true;
}
