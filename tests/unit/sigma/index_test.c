/*
 * Goal: a scan finds every literal that stands in the text, wherever in memory the text lies.
 * Method: sets of 1 to 64 literals and texts with one of them, out of a number, at all offsets from
 * a 64-byte boundary, against memmem(). Vectorscan itself misses some in small sets: see
 * index_compile().
 */
#include "../check.h"

#include <hs.h>
#include <string.h>

#include "generate.h"
#include "sigma/index.h"

#define SETS      1500u
#define TEXTS     12u
#define TEXT_MAX  150u
#define SET_MAX   64u
#define LETTERS   "abcdef\\/.xyzqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"
#define ALIGNMENT 64u

struct set {
    struct literal literals[SET_MAX];
    char text[SET_MAX][12];
    struct field_index fi;
};

static int on_literal(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                      void *arg)
{
    (void)from;
    (void)to;
    (void)flags;
    ((bool *)arg)[id] = true;
    return 0;
}

static void set_make(struct generate *g, struct set *s)
{
    uint32_t count = 1 + generate_below(g, generate_below(g, 2) == 0 ? 12 : SET_MAX);
    uint32_t letters = 2 + generate_below(g, 11);
    bool alike = generate_below(g, 3) == 0;

    /* Few literals get a database only for raw text. All is lower case, so case does not matter. */
    *s = (struct set){ .fi = { .literals = s->literals,
                               .literal_count = count,
                               .raw = count < INDEX_FEW || generate_below(g, 2) == 0 } };
    for (uint32_t i = 0; i < count; i++) {
        uint32_t n = 1 + generate_below(g, 9);

        for (uint32_t k = 0; k < n; k++)
            s->text[i][k] = LETTERS[generate_below(g, letters)];
        if (alike) /* all share a byte, as paths do */
            s->text[i][generate_below(g, n)] = '\\';
        s->literals[i].text = span_of(s->text[i]);
    }
}

static void text_make(struct generate *g, const struct set *s, char *text, uint32_t *n)
{
    struct span one = s->literals[generate_below(g, s->fi.literal_count)].text;

    *n = (uint32_t)one.n + generate_below(g, TEXT_MAX - 12);
    for (uint32_t i = 0; i < *n; i++)
        text[i] = LETTERS[generate_below(g, sizeof(LETTERS) - 1)];
    memcpy(text + generate_below(g, *n - (uint32_t)one.n + 1), one.p, one.n);
}

static void text_check(const struct set *s, const hs_database_t *db, hs_scratch_t *scratch,
                       struct span text)
{
    static _Alignas(ALIGNMENT) char room[ALIGNMENT + TEXT_MAX + ALIGNMENT];

    for (uint32_t at = 0; at < ALIGNMENT; at++) {
        bool seen[SET_MAX] = { false };

        memcpy(room + at, text.p, text.n);
        assert_int_equal(hs_scan(db, room + at, (unsigned)text.n, 0, scratch, on_literal, seen), 0);
        for (uint32_t i = 0; i < s->fi.literal_count; i++) {
            struct span want = s->literals[i].text;

            if (seen[i] != (memmem(text.p, text.n, want.p, want.n) != NULL))
                fail_msg("'%.*s' in '%.*s' at offset %u: %s, %u literals", SPAN_ARG(want),
                         SPAN_ARG(text), at, seen[i] ? "seen" : "missed", s->fi.literal_count);
        }
    }
}

static void every_literal_is_found_wherever_the_text_lies(void **state)
{
    static struct set s;
    struct generate g;

    (void)state;
    generate_init(&g, 7);
    for (uint32_t i = 0; i < SETS; i++) {
        struct hs_database *db = NULL;
        hs_scratch_t *scratch = NULL;
        struct err e;

        set_make(&g, &s);
        assert_int_equal(index_compile(&s.fi, &db, &e), ERR_OK);
        assert_int_equal(hs_alloc_scratch(db, &scratch), 0);
        for (uint32_t k = 0; k < TEXTS; k++) {
            char text[TEXT_MAX];
            uint32_t n;

            text_make(&g, &s, text, &n);
            text_check(&s, db, scratch, (struct span){ (const uint8_t *)text, n });
        }
        assert_int_equal(hs_free_scratch(scratch), 0);
        assert_int_equal(hs_free_database(db), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_literal_is_found_wherever_the_text_lies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
