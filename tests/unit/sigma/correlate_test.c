/*
 * Goal: the engine gives exactly the results that the definition gives.
 * Method: correlations of all types over hits that are made to collide (equal times, exactly a
 * timespan apart, values that differ in case, missing and null ones, events that several rules
 * matched), judged by the engine and by the slow oracle; the same hits in another order of arrival;
 * bounded memory; broken records. What single correlations mean is in correlate_cases_test.c.
 */
#include "../check.h"

#include <stdlib.h>

#include "base/time.h"
#include "correlate_both.h"

#define ROUNDS 6000u

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void engine_and_oracle_agree_in_any_order_of_arrival(void **state)
{
    struct correlate_counts total = { 0 };
    uint64_t seed = 88172645463325252;

    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint8_t bytes[600];
        size_t n = 40 + next(&seed) % (sizeof(bytes) - 40);

        for (size_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)next(&seed);
        if (!correlate_both_agree((struct span){ bytes, n }, &total))
            fail_msg("round %u", round);
    }
    printf("%llu inputs, %llu results, %llu without group, %llu without value, %llu odd values\n",
           (unsigned long long)total.inputs, (unsigned long long)total.results,
           (unsigned long long)total.group_missing, (unsigned long long)total.value_missing,
           (unsigned long long)total.value_odd);
    assert_true(total.results > ROUNDS);
    assert_true(total.group_missing > 0 && total.value_missing > 0 && total.value_odd > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engine_and_oracle_agree_in_any_order_of_arrival),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
