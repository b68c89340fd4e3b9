/*
 * figures_known.c - see figures_own.h. A shape is known by a hash of 128 bits of all that makes it:
 * literals, fields with their names and places. Its seed is random: who sends events cannot make
 * two shapes be taken for one.
 */
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "figures/figures_own.h"

/* --- which shape is it ---------------------------------------------------------------------- */

/* Of all names of the block, with those above them. */
static bool hash_names(struct figures *f)
{
    const struct block *b = f->at->block;
    const uint32_t count = block_names(b);

    f->name_hash = arena_array(&f->block, 2 * (size_t)count + 1, sizeof(*f->name_hash));
    for (uint32_t i = 0; i < count && f->name_hash != NULL; i++) {
        const struct block_name n = block_name(b, i);
        const uint64_t above = n.parent != BLOCK_NONE ? f->name_hash[2 * n.parent] : f->seed,
                       beside = n.parent != BLOCK_NONE ? f->name_hash[2 * n.parent + 1] : 0;
        XXH128_hash_t h = XXH3_128bits_withSeed(n.text.p, n.text.n, above ^ (beside << 1));

        f->name_hash[2 * i] = h.low64;
        f->name_hash[2 * i + 1] = h.high64 ^ (n.parent != BLOCK_NONE);
    }
    return f->name_hash != NULL;
}

/* "-" for no value is told by the value (figures_is_plain), and not by the shape. */
static bool shape_hash(struct figures *f, uint32_t shape, XXH128_hash_t *hash)
{
    const struct block *b = f->at->block;
    const struct block_shape s = block_shape(b, shape);
    const uint64_t head[2] = { s.slots, s.fields };

    buf_clear(&f->key);
    buf_add(&f->key, (struct span){ (const uint8_t *)head, sizeof(head) });
    for (uint32_t i = 0; i <= s.slots; i++) {
        const struct span text = block_literal(b, shape, i);
        const uint64_t n = text.n;

        buf_add(&f->key, (struct span){ (const uint8_t *)&n, sizeof(n) });
        buf_add(&f->key, text);
    }
    for (uint32_t i = 0; i < s.fields; i++) {
        const struct block_field d = block_field(b, shape, i);
        const uint64_t field[5] = { f->name_hash[2 * d.name], f->name_hash[2 * d.name + 1],
                                    (uint64_t)d.first << 32 | d.from, (uint64_t)d.last << 32 | d.to,
                                    d.kind & ~(unsigned)BLOCK_DASH };

        buf_add(&f->key, (struct span){ (const uint8_t *)field, sizeof(field) });
    }
    *hash = XXH3_128bits_withSeed(f->key.p, f->key.n, f->seed);
    return !buf_failed(&f->key);
}

/* --- known shapes --------------------------------------------------------------------------- */

static bool grow(struct figures *f)
{
    const uint32_t places = f->places == 0 ? 256 : 2 * f->places;
    struct known **place = calloc(places, sizeof(struct known *));

    if (place == NULL)
        return false;
    for (uint32_t i = 0; i < f->places; i++) {
        for (struct known *k = f->place[i], *next; k != NULL; k = next) {
            next = k->next;
            k->next = place[k->low & (places - 1)];
            place[k->low & (places - 1)] = k;
        }
    }
    free(f->place);
    f->place = place;
    f->places = places;
    return true;
}

static struct known *make(struct figures *f, uint32_t slots)
{
    struct known *k = arena_alloc(&f->mem, sizeof(*k));

    if (k == NULL || (f->count >= f->places && !grow(f)))
        return NULL;
    k->slots = slots;
    k->role = arena_array(&f->mem, slots + 1u, sizeof(*k->role));
    k->kind = arena_array(&f->mem, slots + 1u, sizeof(*k->kind));
    k->field = arena_array(&f->mem, slots + 1u, sizeof(*k->field));
    k->left_out = arena_array(&f->mem, slots + 1u, sizeof(*k->left_out));
    k->answers = arena_array(&f->mem, slots + 1u, sizeof(*k->answers));
    k->used = arena_array(&f->mem, slots + 1u, sizeof(*k->used));
    return arena_failed(&f->mem) ? NULL : k;
}

struct known *figures_known(struct figures *f, uint32_t shape)
{
    XXH128_hash_t h;
    struct known *k;

    if ((f->name_hash == NULL && !hash_names(f)) || !shape_hash(f, shape, &h))
        return NULL;
    for (k = f->places > 0 ? f->place[h.low64 & (f->places - 1)] : NULL; k != NULL; k = k->next) {
        if (k->low == h.low64 && k->high == h.high64)
            return k;
    }
    k = make(f, block_shape(f->at->block, shape).slots);
    if (k == NULL)
        return NULL;
    k->low = h.low64;
    k->high = h.high64;
    k->next = f->place[k->low & (f->places - 1)];
    f->place[k->low & (f->places - 1)] = k;
    f->count++;
    return k;
}

/* --- cases ---------------------------------------------------------------------------------- */

struct figure_case *figures_case(const struct known *k, struct span key, uint64_t hash)
{
    struct figure_case *c = k->cases[hash % COUNT_OF(k->cases)];

    while (c != NULL && (c->hash != hash || !span_eq(c->key, key)))
        c = c->next;
    return c;
}

struct figure_case *figures_case_new(struct figures *f, struct known *k, struct span key,
                                     uint64_t hash)
{
    struct figure_case *c = arena_alloc(&f->mem, sizeof(*c)), **place;

    if (c == NULL)
        return NULL;
    c->hash = hash;
    c->key = key.n > 0 ? arena_span(&f->mem, key) : SPAN_LIT("");
    c->answer = arena_array(&f->mem, f->from.name_count + 1u, sizeof(*c->answer));
    if (c->key.p == NULL || c->answer == NULL)
        return NULL;
    place = &k->cases[hash % COUNT_OF(k->cases)];
    c->next = *place;
    *place = c;
    return c;
}

/* Their keys are of fewer slots. */
void figures_forget(struct known *k)
{
    memset(k->cases, 0, sizeof(k->cases));
}
