/*
 * Goal: the memo gives back what was put for the same value and key, nothing for any other, and
 * stays right when it forgets. Method: values by number; what is put for a value can be told from
 * the value, so that a wrong answer shows.
 */
#include "check.h"

#include "sigma/memo.h"

#define KEY 7u

static struct memo *memo;

static int new_memo(void **state)
{
    struct err e;

    (void)state;
    assert_int_equal(memo_new(&memo, &e), ERR_OK);
    return 0;
}

static int free_memo(void **state)
{
    (void)state;
    memo_free(&memo);
    assert_null(memo);
    return 0;
}

static struct span value_of(const uint32_t *number)
{
    return (struct span){ (const uint8_t *)number, sizeof(*number) };
}

/* Is it there? When it is, it must be what put() put. */
static bool get(uint32_t key, uint32_t number)
{
    const uint32_t *rules;
    uint32_t n = memo_get(memo, key, value_of(&number), &rules);

    if (n == MEMO_MISS)
        return false;
    assert_int_equal(n, number % 100);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(rules[i], number + i);
    return true;
}

static void put(uint32_t key, uint32_t number)
{
    uint32_t rules[100];

    for (uint32_t i = 0; i < number % 100; i++)
        rules[i] = number + i;
    assert_false(get(key, number));
    memo_put(memo, rules, number % 100);
}

static void it_knows_what_was_put(void **state)
{
    (void)state;
    put(KEY, 1200);
    put(KEY, 1205);
    assert_true(get(KEY, 1200));
    assert_true(get(KEY, 1205));
    assert_true(get(KEY, 1200));
}

static void keys_are_kept_apart(void **state)
{
    (void)state;
    put(KEY, 31);
    for (uint32_t other = 1; other < 50000; other++) /* some fall into the same pair */
        assert_true(get(KEY + other, 31) == false);
    assert_true(get(KEY, 31));
}

static void an_empty_value_is_a_value(void **state)
{
    const uint32_t *rules, one = 9;

    (void)state;
    assert_int_equal(memo_get(memo, KEY, SPAN_LIT(""), &rules), MEMO_MISS);
    memo_put(memo, &one, 1);
    assert_int_equal(memo_get(memo, KEY, SPAN_LIT(""), &rules), 1);
    assert_int_equal(rules[0], 9);
}

/* Values that lead to no rule do not fill the pool, whose end forgets everything. */
static void what_is_used_often_outlives_what_is_seen_once(void **state)
{
    (void)state;
    put(KEY, 42);
    for (uint32_t i = 1; i < 100000; i++) {
        put(KEY, i * 100);
        if (!get(KEY, 42))
            fail_msg("forgotten after %u values, though it was always the one used last", i);
    }
}

static void a_full_pool_forgets_and_is_right(void **state)
{
    uint32_t kept = 0;

    (void)state;
    for (uint32_t i = 0; i < 100000; i++)
        put(KEY, i);
    for (uint32_t i = 0; i < 100000; i++)
        kept += get(KEY, i);
    assert_in_range(kept, 1, 16384);
}

static void a_very_long_list_is_not_remembered(void **state)
{
    static uint32_t rules[5000];
    const uint32_t *got, number = 5;

    (void)state;
    assert_int_equal(memo_get(memo, KEY, value_of(&number), &got), MEMO_MISS);
    memo_put(memo, rules, COUNT_OF(rules));
    assert_int_equal(memo_get(memo, KEY, value_of(&number), &got), MEMO_MISS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_knows_what_was_put, new_memo, free_memo),
        cmocka_unit_test_setup_teardown(keys_are_kept_apart, new_memo, free_memo),
        cmocka_unit_test_setup_teardown(an_empty_value_is_a_value, new_memo, free_memo),
        cmocka_unit_test_setup_teardown(what_is_used_often_outlives_what_is_seen_once, new_memo,
                                        free_memo),
        cmocka_unit_test_setup_teardown(a_full_pool_forgets_and_is_right, new_memo, free_memo),
        cmocka_unit_test_setup_teardown(a_very_long_list_is_not_remembered, new_memo, free_memo),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
