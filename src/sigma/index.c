/*
 * index.c - building and asking the index of one field.
 *
 * Literals are compiled case-sensitively: what is scanned is the folded value, which is needed for
 * the exact look-up anyway, and case-sensitive literals are Vectorscan's fastest engine. A literal
 * that some rule wants at the start or the end of the value reports every place where it stands;
 * one that may stand anywhere reports once. Literals of the raw record are compiled caseless.
 */
#include "sigma/index.h"

#include <stdlib.h>
#include <xxhash.h>

static int use_order(const void *pa, const void *pb)
{
    const struct atom_use *a = pa, *b = pb;
    int d;

    if (a->atom.kind != b->atom.kind)
        return a->atom.kind < b->atom.kind ? -1 : 1;
    d = span_cmp(a->atom.text, b->atom.text);
    if (d != 0)
        return d;
    if (a->atom.anchor != b->atom.anchor)
        return a->atom.anchor < b->atom.anchor ? -1 : 1;
    return (a->rule > b->rule) - (a->rule < b->rule);
}

static bool same_text(const struct atom_use *a, const struct atom_use *b)
{
    return a->atom.kind == b->atom.kind && span_eq(a->atom.text, b->atom.text);
}

/* The rules of uses[0..n) with this anchor, each once. */
static struct rule_list rules_of(struct image *im, const struct atom_use *uses, size_t n,
                                 uint8_t anchor)
{
    struct rule_list l = { NULL, 0 };
    uint32_t *v = image_array(im, n, sizeof(*v));

    if (v == NULL)
        return l;
    for (size_t i = 0; i < n; i++) {
        if (uses[i].atom.anchor == anchor && (l.count == 0 || v[l.count - 1] != uses[i].rule))
            v[l.count++] = uses[i].rule;
    }
    l.rule = v;
    return l;
}

static size_t run_of(const struct atom_use *uses, size_t count)
{
    size_t n = 1;

    while (n < count && same_text(&uses[0], &uses[n]))
        n++;
    return n;
}

static void exact_put(struct field_index *fi, struct span text, struct rule_list rules)
{
    uint64_t hash = XXH3_64bits(text.p, text.n);
    uint32_t at = (uint32_t)hash & fi->exact_mask;

    while (fi->exact[at].text.p != NULL)
        at = (at + 1) & fi->exact_mask;
    fi->exact[at] = (struct exact_slot){ hash, text, rules };
}

static void plan_exact(struct field_index *fi, struct image *im, const struct atom_use *uses,
                       size_t count, size_t texts)
{
    uint32_t slots = 4;

    while (slots < texts * 2)
        slots *= 2;
    fi->exact = image_array(im, slots, sizeof(*fi->exact));
    fi->exact_mask = slots - 1;
    for (size_t i = 0, n; i < count && fi->exact != NULL; i += n) {
        struct span text = image_span(im, uses[i].atom.text);

        n = run_of(uses + i, count - i);
        if (text.p == NULL)
            return;
        exact_put(fi, text, rules_of(im, uses + i, n, ANCHOR_NONE));
    }
}

static void plan_literals(struct field_index *fi, struct image *im, const struct atom_use *uses,
                          size_t count, size_t texts)
{
    fi->literals = image_array(im, texts, sizeof(*fi->literals));
    for (size_t i = 0, n; i < count && fi->literals != NULL; i += n) {
        struct literal *l = &fi->literals[fi->literal_count++];

        n = run_of(uses + i, count - i);
        l->text = image_span(im, uses[i].atom.text);
        l->anywhere = rules_of(im, uses + i, n, ANCHOR_NONE);
        l->at_start = rules_of(im, uses + i, n, ANCHOR_START);
        l->at_end = rules_of(im, uses + i, n, ANCHOR_END);
    }
}

int index_plan(struct field_index *fi, struct image *im, struct atom_use *uses, size_t count,
               struct err *e)
{
    size_t from[4] = { 0 }, texts[3] = { 0 };

    qsort(uses, count, sizeof(*uses), use_order);
    for (size_t i = 0, n; i < count; i += n) {
        n = run_of(uses + i, count - i);
        texts[uses[i].atom.kind]++;
        for (unsigned k = uses[i].atom.kind + 1u; k < COUNT_OF(from); k++)
            from[k] += n;
    }
    if (texts[ATOM_EXACT] > 0)
        plan_exact(fi, im, uses, from[ATOM_LITERAL], texts[ATOM_EXACT]);
    if (texts[ATOM_LITERAL] > 0)
        plan_literals(fi, im, uses + from[ATOM_LITERAL], from[ATOM_PRESENT] - from[ATOM_LITERAL],
                      texts[ATOM_LITERAL]);
    if (texts[ATOM_PRESENT] > 0)
        fi->present =
            rules_of(im, uses + from[ATOM_PRESENT], count - from[ATOM_PRESENT], ANCHOR_NONE);
    if (im->failed)
        return err_set(e, ERR_NOMEM, 0, "no memory for the index of the rules");
    return ERR_OK;
}

/* A literal whose place matters reports every place where it stands. */
static unsigned literal_flags(const struct field_index *fi, const struct literal *l)
{
    if (fi->raw)
        return HS_FLAG_SINGLEMATCH | HS_FLAG_CASELESS;
    return l->at_start.count + l->at_end.count > 0 ? 0 : HS_FLAG_SINGLEMATCH;
}

uint64_t index_hash(const struct field_index *fi)
{
    uint64_t h = fi->literal_count;

    for (uint32_t i = 0; i < fi->literal_count; i++) {
        const struct literal *l = &fi->literals[i];

        h = XXH3_64bits_withSeed(l->text.p, l->text.n, h + literal_flags(fi, l));
    }
    return h;
}

bool index_same(const struct field_index *a, const struct field_index *b)
{
    if (a->literal_count != b->literal_count)
        return false;
    for (uint32_t i = 0; i < a->literal_count; i++) {
        const struct literal *x = &a->literals[i], *y = &b->literals[i];

        if (!span_eq(x->text, y->text) || literal_flags(a, x) != literal_flags(b, y))
            return false;
    }
    return true;
}

/*
 * Vectorscan 5.4.9 on AVX-512 misses literals out of sets whose literals begin alike or share a
 * byte: it skips ahead to such a byte and overlooks it in the last 64 bytes of a text, one in some
 * hundred times (tests/unit/sigma/index_test.c shows it). Where literals begin in many ways it does
 * not skip, and is whole. So every set is given texts that begin in many ways, share nothing and
 * are in no event: no valid UTF-8. They bear the id of the first literal: to see one would mean a
 * rule tried in vain. A single literal goes another way there and needs none.
 */
#define FILLERS      24u
#define FILLER_BYTES 4u

static void filler_make(char text[FILLER_BYTES], uint32_t number)
{
    for (uint32_t i = 0; i < FILLER_BYTES; i++)
        text[i] = (char)(0x80 + (number * 5 + i * 37) % 128);
}

int index_compile(const struct field_index *fi, struct hs_database **out, struct err *e)
{
    uint32_t own = fi->literal_count, n = own > 1 ? own + FILLERS : own;
    bool few = !fi->raw && own < INDEX_FEW;
    char fillers[FILLERS][FILLER_BYTES];
    const char **text;
    unsigned *flags, *ids;
    size_t *bytes;
    hs_compile_error_t *fault = NULL;
    int rc = ERR_OK;

    *out = NULL;
    if (n == 0 || few)
        return ERR_OK;
    text = calloc(n, sizeof(*text));
    flags = calloc(n, sizeof(*flags));
    ids = calloc(n, sizeof(*ids));
    bytes = calloc(n, sizeof(*bytes));
    if (text == NULL || flags == NULL || ids == NULL || bytes == NULL) {
        rc = err_set(e, ERR_NOMEM, 0, "no memory to compile %u literals", n);
        goto out;
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct literal *l = &fi->literals[i < own ? i : 0];

        if (i >= own)
            filler_make(fillers[i - own], i - own);
        text[i] = i < own ? (const char *)l->text.p : fillers[i - own];
        bytes[i] = i < own ? l->text.n : FILLER_BYTES;
        ids[i] = i < own ? i : 0;
        flags[i] = literal_flags(fi, l);
    }
    if (hs_compile_lit_multi(text, flags, ids, bytes, n, HS_MODE_BLOCK, NULL, out, &fault) !=
        HS_SUCCESS) {
        rc = err_set(e, ERR_UNSUPPORTED, 0, "Vectorscan refused the literals: %.150s",
                     fault->message);
        (void)hs_free_compile_error(fault); /* frees what it gave */
    }
out:
    free(bytes);
    free(ids);
    free(flags);
    free(text);
    return rc;
}

int index_place(struct field_index *fi, struct image *im, pthread_mutex_t *lock,
                struct hs_database **db, struct err *e)
{
    char *bytes = NULL;
    size_t n = 0, room = 0;
    void *place;

    if (*db == NULL)
        return ERR_OK;
    if (hs_serialize_database(*db, &bytes, &n) != HS_SUCCESS ||
        hs_serialized_database_size(bytes, n, &room) != HS_SUCCESS) {
        free(bytes);
        return err_set(e, ERR_NOMEM, 0, "no memory to keep a compiled database");
    }
    MUST(pthread_mutex_lock(lock) == 0);
    place = image_alloc(im, room < 64 ? 64 : room);
    MUST(pthread_mutex_unlock(lock) == 0);
    if (place == NULL || hs_deserialize_database_at(bytes, n, place) != HS_SUCCESS) {
        free(bytes);
        return err_set(e, ERR_NOMEM, 0, "no memory to keep a compiled database");
    }
    fi->db = place;
    free(bytes);
    MUST(hs_free_database(*db) == HS_SUCCESS);
    *db = NULL;
    return ERR_OK;
}

const struct rule_list *index_exact(const struct field_index *fi, struct span folded)
{
    uint64_t hash;

    if (fi->exact == NULL)
        return NULL;
    hash = XXH3_64bits(folded.p, folded.n);
    for (uint32_t at = (uint32_t)hash & fi->exact_mask; fi->exact[at].text.p != NULL;
         at = (at + 1) & fi->exact_mask) {
        if (fi->exact[at].hash == hash && span_eq(fi->exact[at].text, folded))
            return &fi->exact[at].rules;
    }
    return NULL;
}
