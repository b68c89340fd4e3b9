/*
 * Goal: expressions that were made into machine code in advance are used by later rules too, find
 * what they found before, and are never written to again; all others are interpreted.
 * Method: rules from text, over JSON records; at the end the code is sealed for good, so that is
 * the last test: a write to it would be its death.
 */
#include "../check.h"

#include <stdlib.h>

#include "os/process.h"
#include "sigma/regex_stock.h"
#include "sigma/ruleset.h"
#include "wire/codec.h"

#define RULE(title, re)                                                                            \
    "{title: " title ", logsource: {product: p}, detection: {s: {A|re" re "}, condition: s}}\n"

static const char taxonomy_yaml[] =
    "source: s\nproduct: p\nrows: [ { when: { A: { exists: true } } } ]\n";
/* Two expressions of one text, which differ by a flag, and one that comes twice. */
static const char first_yaml[] = RULE("One", ": 'x[0-9]+y'") "---\n" RULE(
    "Two", "|i: 'x[0-9]+y'") "---\n" RULE("Three", ": 'x[0-9]+y'");
static const char second_yaml[] = RULE("One", ": 'x[0-9]+y'") "---\n" RULE("New", "|m: 'x[0-9]+y'");

struct set {
    struct sigma_rules rules;
    struct taxonomy *taxonomy;
    struct names names;
    struct ruleset *set;
};

static void set_init(struct set *s, const char *yaml)
{
    struct err e;

    if (rules_init(&s->rules, &e) != ERR_OK || names_init(&s->names, &e) != ERR_OK ||
        rules_add_bytes(&s->rules, SPAN_LIT("r"), span_of(yaml), &e) != ERR_OK ||
        rules_finish(&s->rules, &e) != ERR_OK || taxonomy_new(&s->taxonomy, &e) != ERR_OK ||
        taxonomy_add(s->taxonomy, SPAN_LIT("t"), span_of(taxonomy_yaml), &s->names, &e) != ERR_OK ||
        ruleset_bind(&s->rules, s->taxonomy, &s->names, &e) != ERR_OK ||
        ruleset_new(&s->set, &s->rules, s->taxonomy, &s->names, 1, &e) != ERR_OK)
        fail_msg("%s", e.why);
}

static void set_release(struct set *s)
{
    ruleset_free(&s->set);
    taxonomy_free(&s->taxonomy);
    names_release(&s->names);
    rules_release(&s->rules);
}

static uint32_t hits(struct set *s, const char *json)
{
    struct matcher *m;
    const struct hit *found;
    struct event ev;
    struct rec r;
    uint32_t n;
    struct err e;

    assert_true(rec_init(&r));
    assert_int_equal(event_init(&ev, s->taxonomy, &s->names, &e), ERR_OK);
    assert_int_equal(matcher_new(&m, s->set, &e), ERR_OK);
    assert_true(json_read(span_of(json), &r, &e) > 0);
    event_begin(&ev, &r);
    n = match_event(m, &ev, &found);
    matcher_free(&m);
    event_release(&ev);
    rec_release(&r);
    return n;
}

static size_t jit_bytes(const struct set *s, uint32_t index)
{
    const pcre2_code *code = ruleset_regex(s->set, index);
    size_t n = 0;

    assert_non_null(code);
    assert_int_equal(pcre2_pattern_info(code, PCRE2_INFO_JITSIZE, &n), 0);
    return n;
}

static void check_counts(const struct set *s, uint32_t all, uint32_t machine)
{
    struct regex_counts n = ruleset_regexes(s->set);

    assert_int_equal(n.all, all);
    assert_int_equal(n.machine, machine);
}

static void rules_without_a_stock_make_their_own_code(void **state)
{
    struct set s = { 0 };

    (void)state;
    set_init(&s, first_yaml);
    check_counts(&s, 2, 0);
    assert_int_equal(hits(&s, "{\"A\":\"ax12y\"}"), 3);
    assert_int_equal(hits(&s, "{\"A\":\"aX12y\"}"), 1);
    assert_true(jit_bytes(&s, 0) > 0);
    set_release(&s);
}

static void rules_with_no_stock_are_interpreted(void **state)
{
    struct set s = { 0 };

    (void)state;
    set_init(&s, first_yaml);
    ruleset_stock(s.set, NULL);
    assert_int_equal(hits(&s, "{\"A\":\"ax12y\"}"), 3);
    assert_int_equal(jit_bytes(&s, 0), 0);
    set_release(&s);
}

static void a_stock_that_was_not_sealed_is_freed(void **state)
{
    struct set s = { 0 };
    struct regex_stock *stock;

    (void)state;
    set_init(&s, first_yaml);
    assert_int_equal(regex_stock_new(&stock, s.set, NULL), ERR_OK);
    ruleset_stock(s.set, stock);
    check_counts(&s, 2, 2);
    assert_int_equal(hits(&s, "{\"A\":\"ax12y\"}"), 3);
    set_release(&s);
    regex_stock_free(&stock);
    assert_null(stock);
}

static void sealed_code_serves_later_rules_and_is_never_written_to(void **state)
{
    static struct regex_stock *stock; /* to the end of the process */
    struct set s = { 0 };
    struct err e;

    (void)state;
    set_init(&s, first_yaml);
    assert_int_equal(regex_stock_new(&stock, s.set, &e), ERR_OK);
    if (process_code_seal(&e) != ERR_OK)
        fail_msg("%s", e.why);
    ruleset_stock(s.set, stock);
    check_counts(&s, 2, 2);
    assert_true(jit_bytes(&s, 0) > 0);
    assert_int_equal(hits(&s, "{\"A\":\"ax12y\"}"), 3);
    set_release(&s);
    for (int again = 0; again < 2; again++) { /* a reload, and back to the first */
        memset(&s, 0, sizeof(s));
        set_init(&s, again == 0 ? second_yaml : first_yaml);
        ruleset_stock(s.set, stock);
        check_counts(&s, 2, again == 0 ? 1 : 2);
        assert_int_equal(hits(&s, "{\"A\":\"ax12y\"}"), again == 0 ? 2 : 3);
        assert_int_equal(jit_bytes(&s, 0) > 0, true);
        assert_int_equal(jit_bytes(&s, 1) > 0, again == 1);
        set_release(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_without_a_stock_make_their_own_code),
        cmocka_unit_test(rules_with_no_stock_are_interpreted),
        cmocka_unit_test(a_stock_that_was_not_sealed_is_freed),
        cmocka_unit_test(sealed_code_serves_later_rules_and_is_never_written_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
