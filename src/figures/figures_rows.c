/*
 * figures_rows.c - see figures_own.h: rows that are alike, slot by slot.
 */
#include <stdlib.h>

#include "base/ascii.h"
#include "figures/figures_own.h"

#define DENSE      65536u  /* places of a map without hashes */
#define MAP_PLACES 131072u /* of one with: twice the rows of any block */

/* --- rows ----------------------------------------------------------------------------------- */

bool figures_rows_room(struct figures *f, uint32_t rows)
{
    uint32_t wide = 256;

    if (rows <= f->row_room)
        return true;
    while (wide < 2 * rows)
        wide *= 2;
    free(f->row);
    free(f->id);
    free(f->first);
    free(f->origin);
    free(f->wide);
    f->row = calloc(rows, sizeof(*f->row));
    f->id = calloc(rows, sizeof(*f->id));
    f->first = calloc(rows, sizeof(*f->first));
    f->origin = calloc(rows, sizeof(*f->origin));
    f->wide = calloc(wide, sizeof(*f->wide));
    if (f->map == NULL)
        f->map = calloc(MAP_PLACES, sizeof(*f->map));
    f->wide_room = wide;
    f->row_room = f->row != NULL && f->id != NULL && f->first != NULL && f->wide != NULL &&
                          f->origin != NULL && f->map != NULL && wide <= MAP_PLACES
                      ? rows
                      : 0;
    return f->row_room > 0;
}

/* The new id of a pair, by hash: wide[] has pair + 1, map[] its id. */
static uint32_t pair_id(struct figures *f, uint64_t pair, uint32_t *ids)
{
    uint32_t at = (uint32_t)(pair * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (f->wide_room - 1);

    for (; f->wide[at] != 0; at = (at + 1) & (f->wide_room - 1)) {
        if (f->wide[at] == pair + 1)
            return f->map[at];
    }
    f->wide[at] = pair + 1;
    f->map[at] = *ids;
    return (*ids)++;
}

static void fold_wide(struct figures *f, const uint32_t *symbol, const uint32_t *class)
{
    uint32_t ids = 0;

    memset(f->wide, 0, f->wide_room * sizeof(*f->wide));
    for (uint32_t i = 0; i < f->rows; i++) {
        const uint32_t before = ids, s = symbol[f->row[i]];

        f->id[i] = pair_id(f, (uint64_t)f->id[i] << 32 | (class != NULL ? class[s] : s), &ids);
        if (ids > before)
            f->first[f->id[i]] = i;
    }
    f->ids = ids;
}

void figures_fold(struct figures *f, const uint32_t *symbol, const uint32_t *class,
                  uint32_t symbols)
{
    uint32_t ids = 0;

    if (symbol == NULL || symbols < 2 || f->rows == 0)
        return;
    if ((uint64_t)f->ids * symbols > DENSE) {
        fold_wide(f, symbol, class);
        return;
    }
    memset(f->map, 0, (size_t)f->ids * symbols * sizeof(*f->map));
    for (uint32_t i = 0; i < f->rows; i++) {
        const uint32_t s = symbol[f->row[i]];
        uint32_t *to = &f->map[f->id[i] * symbols + (class != NULL ? class[s] : s)];

        if (*to == 0) {
            f->first[ids] = i;
            *to = ++ids;
        }
        f->id[i] = *to - 1;
    }
    f->ids = ids;
}

/* --- values --------------------------------------------------------------------------------- */

static bool is_number(struct span v)
{
    size_t i = v.n > 1 && v.p[0] == '-' ? 1 : 0;

    while (i < v.n && ascii_is_digit(v.p[i]))
        i++;
    return v.n > 0 && i == v.n;
}

/* Nothing in code. */
static bool is_text(struct span v)
{
    unsigned odd = 0;

    for (size_t i = 0; i < v.n; i++)
        odd |= (unsigned)(v.p[i] < ' ') | (unsigned)(v.p[i] == '\\') | (unsigned)(v.p[i] == '&') |
               (unsigned)(v.p[i] == '<');
    return odd == 0 && v.n > 0 && !(v.n == 1 && v.p[0] == '-');
}

/* Is its text what its bytes are, something, and always of the same kind (rec.h)? */
bool figures_is_plain(struct span v, uint8_t kind)
{
    switch (kind & ~(unsigned)BLOCK_DASH) {
    case BLOCK_BARE:
    case BLOCK_NUMBER:
        return is_number(v);
    case BLOCK_TEXT:
    case BLOCK_JSON:
    case BLOCK_XML:
        return is_text(v);
    default:
        return false;
    }
}

/* All numbers of a form have what is around the digits of two of them. */
bool figures_numbers_plain(const struct figures *f, uint32_t slot, uint8_t kind)
{
    uint8_t room[2][BLOCK_NUMBER_TEXT];
    int64_t end[2];

    if (!block_range(f->at->block, f->shape, slot, &end[0], &end[1]))
        return false;
    for (unsigned i = 0; i < 2; i++) {
        struct span text = { room[i],
                             block_number_text(f->at->block, f->shape, slot, end[i], room[i]) };

        if (!figures_is_plain(text, kind))
            return false;
    }
    return true;
}

/* Values of the pool are looked at once. */
static bool value_plain(struct figures *f, const struct slot_values *v, uint32_t i, uint8_t kind)
{
    uint8_t *known = v->is.pool != NULL && (kind & ~(unsigned)BLOCK_DASH) != BLOCK_BARE &&
                             (kind & ~(unsigned)BLOCK_DASH) != BLOCK_NUMBER
                         ? &f->pool_is[v->is.pool[i]]
                         : NULL;

    if (known == NULL)
        return figures_is_plain(v->is.text[i], kind);
    if (*known == 0)
        *known = figures_is_plain(v->is.text[i], BLOCK_TEXT) ? 1 : 2;
    return *known == 1 && figures_is_plain(SPAN_LIT("a"), kind);
}

static bool classify(struct figures *f, const struct known *k, uint32_t slot)
{
    struct slot_values *v = &f->values[slot];
    uint32_t class = 1;
    bool odd = false;

    for (uint32_t i = 0; i < v->is.count && !odd; i++)
        odd = !value_plain(f, v, i, k->kind[slot]);
    if (!odd)
        return true;
    v->class = arena_array(&f->block, v->is.count, sizeof(*v->class));
    for (uint32_t i = 0; i < v->is.count && v->class != NULL; i++) {
        if (!figures_is_plain(v->is.text[i], k->kind[slot]))
            v->class[i] = class ++;
    }
    v->classes = class;
    return v->class != NULL;
}

static int values_of(struct figures *f, const struct known *k, uint32_t slot, bool *good,
                     struct err *e)
{
    struct slot_values *v = &f->values[slot];
    const uint32_t rows = block_shape(f->at->block, f->shape).rows;
    const bool handed = k->role[slot] == SLOT_HANDED;
    int rc;

    *good = true;
    *v = (struct slot_values){ 0 };
    if (k->role[slot] == SLOT_WHOLE)
        return ERR_OK;
    if (k->role[slot] == SLOT_TESTED)
        return figures_test_values(f, k, slot, good, e);
    if (handed && !k->answers[slot] && figures_numbers_plain(f, slot, k->kind[slot]))
        return ERR_OK;
    rc = block_distinct(f->at->block, f->shape, slot, handed ? rows : 16 + rows / 4, &v->is, e);
    if (rc != ERR_OK)
        return rc;
    *good = v->is.count > 0 && (!handed || classify(f, k, slot));
    return ERR_OK;
}

int figures_values(struct figures *f, const struct known *k, uint32_t slot, bool *good,
                   struct err *e)
{
    int rc = values_of(f, k, slot, good, e);

    if (rc == ERR_OK && *good && k->whole)
        rc = figures_whole_values(f, k, slot, good, e);
    return rc;
}
