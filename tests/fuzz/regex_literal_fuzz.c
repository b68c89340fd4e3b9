/*
 * regex_literals(): an expression, a zero byte, a text. Where PCRE2 finds the expression in the
 * text, the folded text holds one of the literals. Texts that match are rare, so what is left of
 * the expression without its marks is tried as well.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/arena.h"
#include "event/fold.h"
#include "sigma/regex.h"
#include "sigma/witness.h"

#define LITERALS_MAX 32u

static bool finds(const pcre2_code *code, struct span text)
{
    pcre2_match_data *d = pcre2_match_data_create(1, NULL);
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    int rc;

    MUST(d != NULL && limits != NULL);
    sigma_regex_limits(limits);
    rc = pcre2_match(code, text.p, text.n, 0, 0, d, limits);
    pcre2_match_data_free(d);
    pcre2_match_context_free(limits);
    return rc >= 0;
}

static bool holds_one(struct span text, const struct span *lit, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (memmem(text.p, text.n, lit[i].p, lit[i].n) != NULL)
            return true;
    }
    return false;
}

static void check(const pcre2_code *code, struct span text, const struct span *lit, uint32_t n,
                  struct arena *mem)
{
    uint8_t *folded = arena_bytes(mem, fold_room(text.n));

    MUST(folded != NULL);
    if (finds(code, text))
        MUST(holds_one((struct span){ folded, fold_put(text, folded) }, lit, n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = { data, size }, lit[LITERALS_MAX];
    struct sigma_test t = { .op = SIGMA_RE, .cased = true };
    pcre2_code *code = NULL;
    struct arena mem;
    uint32_t n = 0;
    uint8_t *bare;
    size_t bare_n = 0;

    if (size == 0)
        return 0;
    t.re_i = (data[0] & 1) != 0;
    t.re_m = (data[0] & 2) != 0;
    t.re_s = (data[0] & 4) != 0;
    in = span_from(in, 1);
    t.text = (struct span){ in.p, span_find(in, 0) };
    arena_init(&mem, 1u << 24);
    bare = arena_bytes(&mem, t.text.n + 1);
    MUST(bare != NULL);
    if (sigma_regex_compile(&t, &code, NULL) == ERR_OK &&
        regex_literals(t.text, &mem, lit, LITERALS_MAX, &n)) {
        for (uint32_t i = 0; i < n; i++)
            MUST(lit[i].n > 0);
        for (size_t i = 0; i < t.text.n; i++) {
            if (strchr("\\^$.[]|()?*+{}", t.text.p[i]) == NULL)
                bare[bare_n++] = t.text.p[i];
        }
        check(code, t.text.n < in.n ? span_from(in, t.text.n + 1) : SPAN_LIT(""), lit, n, &mem);
        check(code, (struct span){ bare, bare_n }, lit, n, &mem);
    }
    pcre2_code_free(code);
    arena_release(&mem);
    return 0;
}
