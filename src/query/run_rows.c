/*
 * run_rows.c - rows that are kept, and sorted.
 */
#include <stdlib.h>

#include "query/run_own.h"

#define TEXT_SLACK 32u /* of the arena, for a text */

void rows_init(struct rows *r, uint32_t width, uint32_t max, size_t bytes)
{
    *r = (struct rows){ .width = width, .max = max };
    arena_init(&r->mem, bytes);
}

void rows_release(struct rows *r)
{
    free(r->cell);
    arena_release(&r->mem);
    *r = (struct rows){ 0 };
}

static bool grow(struct rows *r)
{
    uint32_t cap = r->cap == 0 ? 64 : r->cap * 2;
    struct query_cell *cell;

    cap = cap < r->max ? cap : r->max;
    cell = realloc(r->cell, (size_t)cap * r->width * sizeof(*cell));
    if (cell == NULL)
        return false;
    r->cell = cell;
    r->cap = cap;
    return true;
}

static size_t text_bytes(const struct query_cell *cells, uint32_t width)
{
    size_t n = 0;

    for (uint32_t i = 0; i < width; i++)
        n += cells[i].kind == CELL_TEXT ? cells[i].text.n + TEXT_SLACK : 0;
    return n;
}

bool rows_add(struct rows *r, const struct query_cell *cells, bool *no_memory)
{
    struct query_cell *to;

    if (r->count == r->max || text_bytes(cells, r->width) > r->mem.limit_bytes - r->mem.used_bytes)
        return false;
    if (r->width == 0) {
        r->count++;
        return true;
    }
    if (r->count == r->cap && !grow(r)) {
        *no_memory = true;
        return false;
    }
    to = r->cell + (size_t)r->count * r->width;
    for (uint32_t i = 0; i < r->width; i++) {
        to[i] = cells[i];
        if (!cell_keep(&to[i], &r->mem)) {
            *no_memory = true;
            return false;
        }
    }
    r->count++;
    return true;
}

/* --- in order ------------------------------------------------------------------------------- */

struct sorting {
    const struct rows *rows;
    const struct rows_key *keys;
    uint32_t key_count;
};

int rows_order(const struct query_cell *a, const struct query_cell *b, const struct rows_key *keys,
               uint32_t key_count)
{
    for (uint32_t i = 0; i < key_count; i++) {
        uint32_t at = keys[i].column;
        int order = cell_cmp(a[at], b[at], keys[i].descending);

        if (order != 0)
            return order;
    }
    return 0;
}

static int by_keys(const void *pa, const void *pb, void *arg)
{
    const struct sorting *s = arg;
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
    int order = rows_order(rows_at(s->rows, a), rows_at(s->rows, b), s->keys, s->key_count);

    return order != 0 ? order : (a > b) - (a < b); /* as they came */
}

/* Copies the rows in `order` into new ones, so that the texts of the others are given back. */
static bool pick(struct rows *r, const uint32_t *order, uint32_t count)
{
    struct rows picked;
    bool no_memory = false;

    /* What fitted fits: rows_add() asks for some more than a row takes, which depends on the order.
     */
    rows_init(&picked, r->width, r->max, SIZE_MAX);
    for (uint32_t i = 0; i < count && !no_memory; i++)
        (void)rows_add(&picked, rows_at(r, order[i]), &no_memory);
    if (no_memory || picked.count != count) {
        rows_release(&picked);
        return false;
    }
    picked.mem.limit_bytes = r->mem.limit_bytes;
    MUST(picked.mem.used_bytes <= r->mem.used_bytes);
    rows_release(r);
    *r = picked;
    return true;
}

/* The same rows in another order. */
static bool permute(struct rows *r, const uint32_t *order)
{
    struct query_cell *cell = malloc((size_t)r->cap * r->width * sizeof(*cell));

    if (cell == NULL)
        return false;
    for (uint32_t i = 0; i < r->count; i++)
        memcpy(cell + (size_t)i * r->width, rows_at(r, order[i]), r->width * sizeof(*cell));
    free(r->cell);
    r->cell = cell;
    return true;
}

bool rows_sort(struct rows *r, const struct rows_key *keys, uint32_t key_count, uint32_t keep)
{
    struct sorting s = { r, keys, key_count };
    uint32_t *order;
    bool good;

    if (r->width == 0 || (r->count < 2 && r->count <= keep))
        return true;
    order = malloc(r->count * sizeof(*order));
    if (order == NULL)
        return false;
    for (uint32_t i = 0; i < r->count; i++)
        order[i] = i;
    qsort_r(order, r->count, sizeof(*order), by_keys, &s);
    good = r->count <= keep ? permute(r, order) : pick(r, order, keep);
    free(order);
    return good;
}

bool rows_cut(struct rows *r, uint32_t keep)
{
    uint32_t *order = malloc((keep + 1) * sizeof(*order));
    bool good;

    if (order == NULL)
        return false;
    for (uint32_t i = 0; i < keep; i++)
        order[i] = i;
    good = r->count <= keep || pick(r, order, keep);
    free(order);
    return good;
}
