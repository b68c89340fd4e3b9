/*
 * Goal: a program says what its condition says, in the order that decides soonest.
 * Method: rows of conditions over three searches; every event that has some of their fields goes
 * through the program and through the tree, and must come out alike. Which item is asked first is
 * a row of its own.
 */
#include "check.h"

#include "both.h"
#include "sigma/verify.h"
#include "wire/codec.h"

static const struct row {
    const char *condition;
    bool has_program;
} rows[] = {
    { "a", true },
    { "not a", true },
    { "a and b", true },
    { "a or b", true },
    { "a and not b", true },
    { "not (a and b)", true },
    { "not (a or b) and c", true },
    { "a and b or not c", true },
    { "(a or b) and (b or c) and not (a and c)", true },
    { "not not a", true },
    { "1 of them", true },
    { "all of them", true },
    { "a and not 1 of b*", true },
    { "2 of them", false },
    { "not 2 of them", false },
};

/* A field is there when its bit is. */
static struct span event_of(unsigned bits, char *text, size_t room)
{
    int n = snprintf(text, room, "{%s%s%s\"Z\":0}", (bits & 1) != 0 ? "\"A\":1," : "",
                     (bits & 2) != 0 ? "\"B\":1," : "", (bits & 4) != 0 ? "\"C\":1," : "");

    assert_in_range(n, 1, room - 1);
    return (struct span){ (const uint8_t *)text, (size_t)n };
}

static void one_event(struct both *b, struct verify *v, struct span line, const char *row)
{
    const struct compiled *c = b->fast->c;

    rec_clear(&b->rec);
    assert_true(json_read(line, &b->rec, NULL) > 0);
    event_begin(&b->event, &b->rec);
    assert_int_not_equal(b->event.cls->view_count, 0);
    verify_begin(v, &b->event);
    verify_view(v, b->event.cls->views[0]);
    if (verify_rule(v, 0) != verify_node(v, c->rules[0], c->rules[0]->condition))
        fail_msg("condition '%s', event %.*s: program and tree differ", row, SPAN_ARG(line));
}

static void programs_say_what_conditions_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char yaml[512], text[64];
        struct verify v;
        struct both b;
        struct err e;
        int n = snprintf(yaml, sizeof(yaml),
                         "title: t\nlogsource: { product: test }\ndetection:\n"
                         "  a: { A: 1 }\n  b: { B: 1 }\n  c: { C: 1 }\n  condition: %s\n",
                         rows[i].condition);

        assert_in_range(n, 1, sizeof(yaml) - 1);
        assert_true(both_init(&b, span_of(yaml), NULL, NULL));
        assert_int_equal(verify_init(&v, b.fast, &e), ERR_OK);
        CHECK_ROW(rows[i].condition, (b.fast->c->programs[0].count > 0) == rows[i].has_program);
        for (unsigned bits = 0; bits < 8; bits++)
            one_event(&b, &v, event_of(bits, text, sizeof(text)), rows[i].condition);
        verify_release(&v);
        both_release(&b);
    }
}

static const struct first_row {
    const char *name, *detection;
    const char *first; /* key of the item asked first */
} first_rows[] = {
    { "a rare value before a common path",
      "  s: { A|startswith: 'C:\\Windows\\System32\\', B: '0x1438' }\n  condition: s\n", "B" },
    { "a short test before an expression",
      "  s: { A|re: '[a-z]{4}', B|endswith: '\\evil.exe' }\n  condition: s\n", "B|endswith" },
    { "what refuses most events, though it is a filter",
      "  s: { A|contains: 'x' }\n  f: { B|endswith: '.exe' }\n  condition: not f and s\n",
      "B|endswith" },
    { "keywords last", "  k: [mimikatz]\n  s: { A: 1 }\n  condition: k and s\n", "A" },
};

static void what_decides_soonest_is_asked_first(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(first_rows); i++) {
        char yaml[512];
        struct both b;
        const struct compiled *c;
        int n =
            snprintf(yaml, sizeof(yaml), "title: t\nlogsource: { product: test }\ndetection:\n%s",
                     first_rows[i].detection);

        assert_in_range(n, 1, sizeof(yaml) - 1);
        assert_true(both_init(&b, span_of(yaml), NULL, NULL));
        c = b.fast->c;
        assert_int_not_equal(c->programs[0].count, 0);
        check_span(first_rows[i].name, c->items[c->programs[0].steps[0].item]->key,
                   first_rows[i].first);
        both_release(&b);
    }
}

static const char two_rules[] =
    "title: one\nlogsource: { product: test }\ndetection:\n"
    "  s: { A: 1 }\n  f: { B|contains: [x, y] }\n  condition: s and not f\n"
    "---\ntitle: two\nlogsource: { product: test }\ndetection:\n"
    "  t: { C: 1 }\n  f: { B|contains: [x, y] }\n  condition: t and not f\n"
    "---\ntitle: three\nlogsource: { product: test }\ndetection:\n"
    "  t: { C: 1 }\n  f: { B|contains|all: [x, y] }\n  condition: t and not f\n";

static void equal_items_are_one(void **state)
{
    struct both b;

    (void)state;
    assert_true(both_init(&b, SPAN_LIT(two_rules), NULL, NULL));
    assert_int_equal(b.fast->c->rule_count, 3);
    assert_int_equal(b.fast->c->item_count, 4); /* A; B any; C; B all */
    both_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_say_what_conditions_say),
        cmocka_unit_test(what_decides_soonest_is_asked_first),
        cmocka_unit_test(equal_items_are_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
