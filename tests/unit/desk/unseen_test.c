/*
 * Goal: which rules are blind here and now.
 * Method: a taxonomy of two sources and three rules, and what came as bits.
 */
#include "../check.h"

#include "desk/unseen.h"

static const char source_yaml[] = "source: weblog\n"
                                  "rows:\n"
                                  "  - when: { codec: access }\n"
                                  "    category: webserver\n";

static const char rules_yaml[] =
    "{title: web, logsource: {category: webserver}, detection: {s: {A: 1}, condition: s}}\n---\n"
    "{title: none, logsource: {product: nothing}, detection: {s: {A: 1}, condition: s}}";

static enum unseen_kind kind_of(const struct sigma_rule *rule, const struct taxonomy *t,
                                const struct names *n, uint8_t bits, uint32_t count)
{
    const struct unseen_views seen = { &bits, count };
    struct span field;

    return unseen_rule(rule, t, n, &seen, &field);
}

static void a_rule_whose_source_was_not_heard_is_blind(void **state)
{
    struct sigma_rules rules;
    struct taxonomy *t;
    struct names n;
    struct err e;

    (void)state;
    assert_int_equal(names_init(&n, &e), ERR_OK);
    assert_int_equal(taxonomy_new(&t, &e), ERR_OK);
    if (taxonomy_add(t, SPAN_LIT("weblog.yaml"), span_of(source_yaml), &n, &e) != ERR_OK)
        fail_msg("%s", e.why);
    assert_int_equal(rules_init(&rules, &e), ERR_OK);
    assert_int_equal(rules_add_bytes(&rules, SPAN_LIT("r"), span_of(rules_yaml), &e), ERR_OK);
    assert_int_equal(rules_finish(&rules, &e), ERR_OK);
    assert_int_equal(rules.rule_count, 2);
    assert_int_equal(ruleset_bind(&rules, t, &n, &e), ERR_OK);
    assert_int_equal(taxonomy_view_count(t), 1);
    assert_int_equal(kind_of(rules.rules[0], t, &n, 1, 1), UNSEEN_NOT);
    assert_int_equal(kind_of(rules.rules[0], t, &n, 0, 1), UNSEEN_EVENTS);
    assert_int_equal(kind_of(rules.rules[0], t, &n, 1, 0), UNSEEN_EVENTS); /* not counted */
    assert_int_equal(kind_of(rules.rules[1], t, &n, 1, 1), UNSEEN_LOGSOURCE);
    rules_release(&rules);
    taxonomy_free(&t);
    names_release(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_whose_source_was_not_heard_is_blind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
