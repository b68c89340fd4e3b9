/*
 * regex_stock.c - see regex_stock.h. A hash table of what the expressions are made of: text and
 * flags. The rules that it was made of may go: texts are copied.
 */
#include "sigma/regex_stock.h"

#include <stdlib.h>
#include <xxhash.h>

#include "base/arena.h"
#include "sigma/ruleset.h"

#define STOCK_BYTES_MAX ((size_t)256 << 20) /* of texts and places; the code is PCRE2's */

struct stocked {
    struct span text;
    unsigned flags;
    pcre2_code *code; /* NULL: a free place */
};

struct regex_stock {
    struct arena mem;
    struct stocked *at;
    uint32_t places; /* a power of two, twice as many as expressions at least */
};

static unsigned flags_of(const struct sigma_test *t)
{
    return (t->re_i ? 1u : 0) | (t->re_m ? 2u : 0) | (t->re_s ? 4u : 0);
}

/* The place of it, or the free one where it belongs. */
static struct stocked *place_of(const struct regex_stock *s, const struct sigma_test *t)
{
    unsigned flags = flags_of(t);
    uint64_t at =
        XXH3_64bits_withSeed(t->text.n > 0 ? t->text.p : (const uint8_t *)"", t->text.n, flags);

    for (;; at++) {
        struct stocked *place = &s->at[at & (s->places - 1)];

        if (place->code == NULL || (place->flags == flags && span_eq(place->text, t->text)))
            return place;
    }
}

/* One that cannot be had as machine code is left out: it is interpreted. */
static int enter(struct regex_stock *s, const struct sigma_test *t, struct err *e)
{
    struct stocked *place = place_of(s, t);
    pcre2_code *code = NULL;

    if (place->code != NULL || sigma_regex_compile(t, &code, NULL) != ERR_OK)
        return ERR_OK;
    if (pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) != 0) {
        pcre2_code_free(code);
        return ERR_OK;
    }
    *place = (struct stocked){ arena_span(&s->mem, t->text), flags_of(t), code };
    return arena_failed(&s->mem)
               ? err_set(e, ERR_NOMEM, 0, "There is no memory for regular expressions.")
               : ERR_OK;
}

int regex_stock_new(struct regex_stock **out, const struct ruleset *rs, struct err *e)
{
    struct regex_stock *s = calloc(1, sizeof(*s));
    int rc = ERR_OK;

    *out = s;
    if (s == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for regular expressions.");
    arena_init(&s->mem, STOCK_BYTES_MAX);
    for (s->places = 16; s->places < 2 * rs->c->regex_count; s->places *= 2)
        ;
    s->at = arena_array(&s->mem, s->places, sizeof(*s->at));
    if (s->at == NULL)
        rc = err_set(e, ERR_NOMEM, 0, "There is no memory for regular expressions.");
    for (uint32_t i = 0; rc == ERR_OK && i < rs->c->regex_count; i++)
        rc = enter(s, rs->c->regexes[i], e);
    if (rc != ERR_OK)
        regex_stock_free(out);
    return rc;
}

void regex_stock_free(struct regex_stock **ps)
{
    struct regex_stock *s = *ps;

    *ps = NULL;
    if (s == NULL)
        return;
    for (uint32_t i = 0; s->at != NULL && i < s->places; i++)
        pcre2_code_free(s->at[i].code);
    pcre2_jit_free_unused_memory(NULL); /* it would be left to be written and executed */
    arena_release(&s->mem);
    free(s);
}

pcre2_code *regex_stock_find(const struct regex_stock *s, const struct sigma_test *t)
{
    return place_of(s, t)->code;
}
