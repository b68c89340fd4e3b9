/*
 * Goal: the engine gives exactly the results that the definition gives.
 * Method: correlations of all types over hits that are made to collide (equal times, exactly a
 * timespan apart, values that differ in case, missing and null ones, events that several rules
 * matched), judged by the engine and by the slow oracle; the same hits in another order of arrival;
 * bounded memory; broken records. What single correlations mean is in correlate_cases_test.c.
 */
#include "../check.h"

#include <stdlib.h>

#include "../guard.h"
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

/* --- large windows ---------------------------------------------------------------------------- */

/* All types over windows of hundreds; a chain whose links have many events each. */
static const char large_yaml[] =
    "{title: t0, name: t0, correlation: {type: event_count, rules: [a, b], group-by: [user],"
    " timespan: 9m, generate: true, condition: {gte: 150}}}\n---\n"
    "{title: t1, correlation: {type: value_count, rules: [a], timespan: 5m,"
    " condition: {gt: 60, field: n}}}\n---\n"
    "{title: t2, correlation: {type: value_sum, rules: [a, b], timespan: 3m,"
    " condition: {gte: 2000.5, field: n}}}\n---\n"
    "{title: t3, correlation: {type: value_median, rules: [a, c], timespan: 4m,"
    " condition: {gt: 19, field: n}}}\n---\n"
    "{title: t4, correlation: {type: value_percentile, rules: [b], timespan: 4m,"
    " condition: {gt: 36.5, field: n, percentile: 90}}}\n---\n"
    "{title: t5, correlation: {type: value_avg, rules: [c, d], timespan: 2m,"
    " condition: {gte: 20.125, field: n}}}\n---\n"
    "{title: t6, correlation: {type: temporal_ordered, rules: [d, c, b, a], timespan: 5s}}\n---\n"
    "{title: t7, correlation: {type: event_count, rules: [t0, b], timespan: 9m,"
    " generate: true, condition: {gte: 3}}}\n";

#define LARGE_HITS 1200u

static void large_windows_agree(void **state)
{
    struct correlate_hit *hits = calloc(LARGE_HITS, sizeof(*hits));
    char(*numbers)[16] = calloc(LARGE_HITS, sizeof(*numbers));
    struct correlate_run run = { 0 };
    struct buf fast, slow;
    struct correlate_both b;
    uint64_t seed = 42;

    (void)state;
    assert_non_null(hits);
    assert_non_null(numbers);
    for (uint32_t i = 0; i < LARGE_HITS; i++) {
        struct correlate_hit *h = &hits[i];

        h->at = (struct correlate_event){ (int64_t)i * TIME_SECOND, i, i, next(&seed) % 4 };
        (void)snprintf(numbers[i], sizeof(numbers[i]), "%llu.%llu",
                       (unsigned long long)(next(&seed) % 40),
                       (unsigned long long)(next(&seed) % 8 * 125));
        h->field[0] = (struct correlate_pair){ SPAN_LIT("n"), span_of(numbers[i]) };
        h->field[1] = (struct correlate_pair){ SPAN_LIT("user"), span_of(i % 3 == 0 ? "x" : "y") };
        h->field_count = 2;
    }
    buf_init(&fast, 1 << 24);
    buf_init(&slow, 1 << 24);
    assert_true(correlate_both_init(&b, SPAN_LIT(large_yaml)));
    correlate_both_engine(&b, hits, LARGE_HITS, &run, &fast);
    correlate_oracle(&b.rules, hits, LARGE_HITS, &slow);
    correlate_sort_lines(&fast);
    correlate_sort_lines(&slow);
    printf("%llu results\n", (unsigned long long)run.total.results);
    if (!span_eq(buf_span(&fast), buf_span(&slow)))
        fail_msg("engine:\n%.*s\noracle:\n%.*s", SPAN_ARG(buf_span(&fast)),
                 SPAN_ARG(buf_span(&slow)));
    for (uint32_t i = 0; i < b.rules.correlation_count; i++) {
        char title[16];

        (void)snprintf(title, sizeof(title), " t%u ", i);
        CHECK_ROW(title, memmem(fast.p, fast.n, title, strlen(title)) != NULL);
    }
    assert_int_equal(run.total.groups, 0);
    correlate_both_release(&b);
    buf_release(&fast);
    buf_release(&slow);
    free(numbers);
    free(hits);
}

/* --- memory
 * --------------------------------------------------------------------------------------- */

#define MANY_GROUPS 20000u
#define FEW_BYTES   ((size_t)1 << 20)

/* One user in every tenth event, the others once each: 20,000 groups that stay for a day. */
static void idle_groups_are_forgotten_and_counted(void **state)
{
    static const char yaml[] =
        "{title: t, correlation: {type: value_count, rules: [a],"
        " group-by: [user], timespan: 1d, condition: {gte: 2000, field: n}}}";
    struct correlate_hit *hits = calloc(MANY_GROUPS, sizeof(*hits));
    char(*names)[16] = calloc(MANY_GROUPS, sizeof(*names));
    struct correlate_run run = { .bytes_max = FEW_BYTES }, free_run = { 0 };
    struct correlate_both b;
    struct buf lines;

    (void)state;
    assert_non_null(hits);
    assert_non_null(names);
    for (uint32_t i = 0; i < MANY_GROUPS; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "u%u", i);
        hits[i].at = (struct correlate_event){ (int64_t)i * 1000000, i, i, 0 };
        hits[i].field[0] =
            (struct correlate_pair){ SPAN_LIT("user"),
                                     i % 10 == 0 ? SPAN_LIT("busy") : span_of(names[i]) };
        hits[i].field[1] = (struct correlate_pair){ SPAN_LIT("n"), span_of(names[i]) };
        hits[i].field_count = 2;
    }
    buf_init(&lines, 1 << 20);
    assert_true(correlate_both_init(&b, span_of(yaml)));
    correlate_both_engine(&b, hits, MANY_GROUPS, &run, &lines);
    assert_int_equal(run.total.inputs, MANY_GROUPS);
    assert_int_equal(run.total.results, 1);
    assert_true(run.total.groups_evicted > 0 && run.total.groups_evicted < MANY_GROUPS);
    assert_true(run.bytes_end < FEW_BYTES);
    correlate_both_engine(&b, hits, MANY_GROUPS, &free_run, &lines);
    assert_int_equal(free_run.total.groups_evicted, 0);
    assert_int_equal(free_run.total.results, 1);
    correlate_both_release(&b);
    buf_release(&lines);
    free(names);
    free(hits);
}

/* A flood in one group does not drive out the quiet ones. */
static void a_group_of_half_the_memory_goes_first(void **state)
{
    static const char yaml[] = "{title: flood, correlation: {type: event_count, rules: [a],"
                               " timespan: 1d, condition: {gte: 1000000}}}\n---\n"
                               "{title: quiet, correlation: {type: temporal, rules: [b, c],"
                               " timespan: 1d}}";
    struct correlate_hit *hits = calloc(2 * MANY_GROUPS, sizeof(*hits));
    struct correlate_run run = { .bytes_max = FEW_BYTES };
    struct correlate_both b;
    struct buf lines;

    (void)state;
    assert_non_null(hits);
    for (uint32_t i = 0; i < 2 * MANY_GROUPS; i++)
        hits[i].at = (struct correlate_event){ (int64_t)i * 1000000, i, i, 0 };
    hits[0].at.rule = 1;
    hits[2 * MANY_GROUPS - 1].at.rule = 2;
    buf_init(&lines, 1 << 20);
    assert_true(correlate_both_init(&b, span_of(yaml)));
    correlate_both_engine(&b, hits, 2 * MANY_GROUPS, &run, &lines);
    check_span("quiet", buf_span(&lines), "39+999000000ns quiet : 2, 2 inputs, events 0 39999\n");
    assert_true(run.total.groups_evicted > 0);
    correlate_both_release(&b);
    buf_release(&lines);
    free(hits);
}

/* --- records
 * ---------------------------------------------------------------------------------------- */

static void ignore(void *arg, const struct correlate_result *r)
{
    (void)arg;
    (void)r;
}

static struct span value_x(void *arg, uint32_t name)
{
    (void)arg;
    (void)name;
    return SPAN_LIT("X");
}

/* Every cut, every byte changed: refused, or a record of its own; nothing is read past the end. */
static void what_is_no_record_is_refused(void **state)
{
    static const char yaml[] = "{title: t, correlation: {type: value_count, rules: [a],"
                               " group-by: [user], timespan: 1d, condition: {gte: 9, field: n}}}";
    const struct correlate_values v = { value_x, NULL };
    const struct correlate_event hit = { 1, 2, 3, 0 };
    struct span rest, record;
    struct correlator *c;
    struct correlate_both b;
    struct guard guard;
    struct buf bytes;
    struct err e;

    (void)state;
    buf_init(&bytes, 1 << 20);
    assert_true(correlate_both_init(&b, span_of(yaml)));
    correlate_put(b.plan, &hit, &v, &bytes);
    guard_init(&guard, bytes.n);
    for (size_t n = 0; n <= bytes.n; n++) {
        struct span cut = guard_put(&guard, (struct span){ bytes.p, n });

        rest = cut;
        assert_int_equal(correlate_next(&rest, &record), n == bytes.n);
        assert_int_equal(correlator_new(&c, b.plan, 0, ignore, NULL, &e), ERR_OK);
        assert_int_equal(correlator_feed(c, cut, &e), n == bytes.n ? ERR_OK : ERR_CORRUPT);
        assert_int_equal(correlator_counts(c, 0).inputs, n == bytes.n);
        correlator_free(&c);
    }
    guard_release(&guard);
    for (size_t i = 0; i < bytes.n; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            bytes.p[i] ^= (uint8_t)(1u << bit);
            assert_int_equal(correlator_new(&c, b.plan, 0, ignore, NULL, &e), ERR_OK);
            (void)correlator_feed(c, buf_span(&bytes), &e); /* either answer is right */
            correlator_free(&c);
            bytes.p[i] ^= (uint8_t)(1u << bit);
        }
    }
    correlate_both_release(&b);
    buf_release(&bytes);
}

static void a_record_learns_its_order_and_ref_later(void **state)
{
    static const char yaml[] = "{title: t, correlation: {type: event_count, rules: [a],"
                               " group-by: [user], timespan: 1d, condition: {gte: 9}}}";
    const struct correlate_event first = { -7, 0, 0, 0 }, then = { -7, 1u << 20, 99, 0 };
    const struct correlate_values v = { value_x, NULL };
    struct correlate_both b;
    struct buf one, two;

    (void)state;
    buf_init(&one, 1 << 20);
    buf_init(&two, 1 << 20);
    assert_true(correlate_both_init(&b, span_of(yaml)));
    correlate_put(b.plan, &first, &v, &one);
    correlate_put(b.plan, &then, &v, &two);
    assert_false(span_eq(buf_span(&one), buf_span(&two)));
    correlate_set(one.p, then.order, then.ref);
    assert_true(span_eq(buf_span(&one), buf_span(&two)));
    assert_int_equal(correlate_time(buf_span(&one)), -7);
    correlate_both_release(&b);
    buf_release(&one);
    buf_release(&two);
}

/* One event goes through ten correlations, each the only input of the next. */
static void a_chain_of_ten_is_judged_at_one_event(void **state)
{
    const struct correlate_hit hit = { .at = { 5 * TIME_SECOND, 7, 7, 0 } };
    struct correlate_run run = { 0 };
    struct correlate_both b;
    struct buf yaml, lines;

    (void)state;
    buf_init(&yaml, 1 << 20);
    buf_init(&lines, 1 << 20);
    for (unsigned i = 10; i > 0; i--) /* %.0u writes nothing for 0 */
        buf_fmt(&yaml,
                "{title: k%u, name: k%u, correlation: {type: event_count, rules: [%s%.0u],"
                " timespan: 1m, condition: {gte: 1}}}\n---\n",
                i, i, i == 1 ? "a" : "k", i - 1);
    assert_true(correlate_both_init(&b, buf_span(&yaml)));
    correlate_both_engine(&b, &hit, 1, &run, &lines);
    check_span("lines", buf_span(&lines), "5 k10 : 1, 1 inputs, events 7\n");
    assert_int_equal(run.total.results, 10);
    correlate_both_release(&b);
    buf_release(&yaml);
    buf_release(&lines);
}

/* --- links of a chain ---------------------------------------------------------------------------
 */

static void a_link_without_the_field_is_warned_of(void **state)
{
    static const char yaml[] =
        "{title: l, name: l, correlation: {type: event_count, rules: [a], group-by: [user],"
        " timespan: 1m, condition: {gte: 2}}}\n---\n"
        "{title: good, correlation: {type: value_count, rules: [l], group-by: [USER, who],"
        " timespan: 1m, aliases: {who: {l: user}}, condition: {gte: 2, field: who}}}\n---\n"
        "{title: bad, correlation: {type: temporal, rules: [l, b], group-by: [host],"
        " timespan: 1m}}";
    struct correlate_both b;

    (void)state;
    assert_true(correlate_both_init(&b, span_of(yaml)));
    assert_int_equal(b.rules.warning_count, 1);
    check_span("title", b.rules.warnings[0].title, "bad");
    check_span("what", b.rules.warnings[0].what,
               "The correlation asks for 'host', which is not in the group-by of 'l': its results "
               "do not count.");
    correlate_both_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engine_and_oracle_agree_in_any_order_of_arrival),
        cmocka_unit_test(large_windows_agree),
        cmocka_unit_test(idle_groups_are_forgotten_and_counted),
        cmocka_unit_test(a_group_of_half_the_memory_goes_first),
        cmocka_unit_test(what_is_no_record_is_refused),
        cmocka_unit_test(a_record_learns_its_order_and_ref_later),
        cmocka_unit_test(a_chain_of_ten_is_judged_at_one_event),
        cmocka_unit_test(a_link_without_the_field_is_warned_of),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
