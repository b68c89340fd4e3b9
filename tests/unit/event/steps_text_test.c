/*
 * Goal: the steps that take a value out of a sentence, and those that stand for a whole value, give
 * what steps.h promises, also where the text that they look for is missing, doubled or at an end.
 * Method: one row per step and case; input against a guard page by way of a heap block of its size.
 */
#include "../check.h"

#include <stdlib.h>

#include "event/steps.h"

static const struct row {
    const char *name, *step;
    const char *from[2], *to[2]; /* the argument's rows */
    const char *in, *want;       /* NULL: dropped */
} rows[] = {
    { "starts gives its row",
      "starts",
      { "Failed", "Accepted" },
      { "no", "yes" },
      "accepted",
      "yes" },
    { "starts takes the first row", "starts", { "Fail", "Failed" }, { "a", "b" }, "Failed", "a" },
    { "starts drops the rest", "starts", { "Failed" }, { "no" }, "x Failed", NULL },
    { "starts drops a shorter text", "starts", { "Failed" }, { "no" }, "Fai", NULL },
    { "contains finds in the middle", "contains", { "bad" }, { "no" }, "a bad b", "no" },
    { "contains finds at the end", "contains", { "bad" }, { "no" }, "a bad", "no" },
    { "contains drops the rest", "contains", { "bad" }, { "no" }, "a ba", NULL },
    { "after takes the first", "after", { " from " }, { 0 }, "a from b from c", "b from c" },
    { "after drops without it", "after", { " from " }, { 0 }, "a form b", NULL },
    { "after_last takes the last", "after_last", { " from " }, { 0 }, "a from b from c", "c" },
    { "after_last at the end is empty", "after_last", { ":" }, { 0 }, "a:", "" },
    { "after_last drops without it", "after_last", { ":" }, { 0 }, "a", NULL },
    { "after_last of an overlapping text", "after_last", { "aa" }, { 0 }, "xaaay", "y" },
    { "before keeps all without it", "before", { " " }, { 0 }, "abc", "abc" },
    { "before_last takes the last", "before_last", { " on " }, { 0 }, "a on b on c", "a on b" },
    { "before_last at the start is empty", "before_last", { ":" }, { 0 }, ":a", "" },
    { "before_last drops without it", "before_last", { ":" }, { 0 }, "a", NULL },
    { "replace takes every one", "replace", { "+" }, { " " }, "a+b+", "a b " },
    { "replace makes longer", "replace", { "a" }, { "xyz" }, "aba", "xyzbxyz" },
    { "replace makes shorter", "replace", { "ab" }, { "" }, "abcab", "c" },
    { "replace has its rows in one pass", "replace", { "a", "b" }, { "b", "c" }, "ab", "bc" },
    { "replace without a hit", "replace", { "+" }, { " " }, "abc", "abc" },
    { "pair with an equals sign", "pair", { "SHA256" }, { 0 }, "MD5=1,SHA256=2", "2" },
    { "pair with a colon", "pair", { "Risk name" }, { 0 }, "x,Risk name: EICAR,y", "EICAR" },
    { "pair of a longer key", "pair", { "Risk" }, { 0 }, "Risk name: x", NULL },
    { "pair at the end", "pair", { "a" }, { 0 }, "b=1,a=", "" },
};

static bool apply(const struct row *r, struct arena *mem, struct span in, struct span *out)
{
    struct span from[2], to[2];
    struct step s = { .from = from, .to = to };
    enum step_arg arg;

    assert_true(step_find(span_of(r->step), &s.id, &arg));
    for (; s.count < 2 && r->from[s.count] != NULL; s.count++) {
        from[s.count] = span_of(r->from[s.count]);
        to[s.count] = r->to[s.count] != NULL ? span_of(r->to[s.count]) : SPAN_LIT("");
    }
    return step_apply(&s, in, mem, out);
}

static void steps_give_what_they_promise(void **state)
{
    struct arena mem;

    (void)state;
    arena_init(&mem, 65536);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t n = strlen(rows[i].in);
        uint8_t *copy = malloc(n > 0 ? n : 1); /* the sanitizer guards its end */
        struct span got = SPAN_NONE;
        bool kept;

        assert_non_null(copy);
        memcpy(copy, rows[i].in, n);
        kept = apply(&rows[i], &mem, (struct span){ copy, n }, &got);
        if (kept != (rows[i].want != NULL) || (kept && !span_eq(got, span_of(rows[i].want))))
            fail_msg("%s: got '%.*s'%s", rows[i].name, SPAN_ARG(got), kept ? "" : " (dropped)");
        free(copy);
    }
    arena_release(&mem);
}

static void an_empty_value_is_no_fault(void **state)
{
    struct arena mem;
    struct span got;

    (void)state;
    arena_init(&mem, 65536);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        (void)apply(&rows[i], &mem, SPAN_LIT(""), &got); /* any answer, but no fault */
    arena_release(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_give_what_they_promise),
        cmocka_unit_test(an_empty_value_is_no_fault),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
