/*
 * Goal: the engine gives exactly the results that the definition gives.
 * Method: correlations of all types over hits that are made to collide (equal times, exactly a
 * timespan apart, values that differ in case, missing and null ones, events that several rules
 * matched), judged by the engine and by the slow oracle; the same hits in another order of arrival;
 * bounded memory; broken records. What single correlations mean is in correlate_cases_test.c.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

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

/* --- saved and loaded ------------------------------------------------------------------------- */

static void make_case(uint64_t *seed, uint8_t *bytes, struct buf *yaml, struct correlate_hit *hits,
                      uint32_t *count)
{
    struct span from = { bytes, 600 };

    for (size_t i = 0; i < 600; i++)
        bytes[i] = (uint8_t)next(seed);
    buf_clear(yaml);
    correlate_make_yaml(&from, yaml);
    *count = correlate_make_hits(&from, hits, 400);
}

static void a_saved_state_goes_on_as_if_it_had_never_stopped(void **state)
{
    struct correlate_hit *hits = calloc(400, sizeof(*hits));
    uint64_t seed = 3141592653589793238;
    uint8_t bytes[600];
    struct buf yaml, plain, saved;
    uint64_t results = 0;
    uint32_t count;

    (void)state;
    assert_non_null(hits);
    buf_init(&yaml, 1 << 20);
    buf_init(&plain, 1 << 24);
    buf_init(&saved, 1 << 24);
    for (uint32_t round = 0; round < 800; round++) {
        struct correlate_run all = { .advance = true };
        struct correlate_run parts = { .advance = true, .reload = 1 + round % 7 };
        struct correlate_both b;

        make_case(&seed, bytes, &yaml, hits, &count);
        assert_true(correlate_both_init(&b, buf_span(&yaml)));
        buf_clear(&plain);
        buf_clear(&saved);
        correlate_both_engine(&b, hits, count, &all, &plain);
        correlate_both_engine(&b, hits, count, &parts, &saved);
        if (!span_eq(buf_span(&saved), buf_span(&plain)))
            fail_msg("%.*s\nin one go:\n%.*s\nsaved:\n%.*s", SPAN_ARG(buf_span(&yaml)),
                     SPAN_ARG(buf_span(&plain)), SPAN_ARG(buf_span(&saved)));
        results += all.total.results;
        correlate_both_release(&b);
    }
    assert_true(results > 800);
    buf_release(&saved);
    buf_release(&plain);
    buf_release(&yaml);
    free(hits);
}

static struct span value_7(void *arg, uint32_t name)
{
    (void)arg;
    (void)name;
    return SPAN_LIT("7");
}

static void ignore_result(void *arg, const struct correlate_result *r)
{
    (void)arg;
    (void)r;
}

/* Groups of every kind of window, some of whose inputs are results. */
static const char state_yaml[] =
    "{title: t0, name: t0, correlation: {type: event_count, rules: [a], group-by: [user],"
    " timespan: 9m, generate: true, condition: {gte: 1}}}\n---\n"
    "{title: t1, correlation: {type: value_count, rules: [a], group-by: [user], timespan: 5m,"
    " condition: {gt: 6, field: n}}}\n---\n"
    "{title: t2, correlation: {type: value_median, rules: [a], timespan: 3m,"
    " condition: {lt: 5, field: n}}}\n---\n"
    "{title: t3, correlation: {type: temporal_ordered, rules: [t0, b], timespan: 4m}}\n---\n"
    "{title: t4, correlation: {type: event_count, rules: [a], timespan: 4m, condition: {lt: 5}}}";

static void saved_state(const struct correlate_both *b, struct buf *saved)
{
    const struct correlate_values v = { value_7, NULL };
    struct correlator *c;
    struct buf bytes;
    struct err e;

    buf_init(&bytes, 1 << 16);
    assert_int_equal(correlator_new(&c, b->plan, 0, ignore_result, NULL, &e), ERR_OK);
    for (int64_t i = 0; i < 3; i++) {
        const struct correlate_event hit = { i * TIME_SECOND, (uint64_t)i, 3, 0 };

        buf_clear(&bytes);
        correlate_put(b->plan, &hit, &v, &bytes);
        assert_int_equal(correlator_feed(c, buf_span(&bytes), &e), ERR_OK);
    }
    assert_int_equal(correlator_advance(c, 3 * TIME_SECOND, &e), ERR_OK);
    correlator_save(c, saved);
    assert_false(buf_failed(saved));
    correlator_free(&c);
    buf_release(&bytes);
}

/* What was loaded must do its work, whatever it is. */
static int load(const struct correlate_both *b, struct span saved)
{
    struct correlator *c;
    struct err e;
    int rc;

    assert_int_equal(correlator_new(&c, b->plan, 0, ignore_result, NULL, &e), ERR_OK);
    rc = correlator_load(c, saved, &e);
    if (rc == ERR_OK)
        assert_int_equal(correlator_finish(c, &e), ERR_OK);
    correlator_free(&c);
    return rc;
}

static void a_damaged_state_is_refused(void **state)
{
    struct correlate_both b;
    struct guard guard;
    struct buf saved;

    (void)state;
    buf_init(&saved, 1 << 16);
    assert_true(correlate_both_init(&b, span_of(state_yaml)));
    saved_state(&b, &saved);
    guard_init(&guard, saved.n);
    for (size_t n = 0; n <= saved.n; n++) {
        struct span cut = guard_put(&guard, (struct span){ saved.p, n });

        assert_int_equal(load(&b, cut), n == saved.n ? ERR_OK : ERR_CORRUPT);
    }
    guard_release(&guard);
    for (size_t i = 0; i + 8 < saved.n; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            uint64_t check;

            saved.p[i] ^= (uint8_t)(1u << bit);
            assert_int_equal(load(&b, buf_span(&saved)), ERR_CORRUPT);
            check = XXH3_64bits(saved.p, saved.n - 8);
            memcpy(saved.p + saved.n - 8, &check, 8);
            (void)load(&b, buf_span(&saved)); /* a lie with a right sum: either answer is right */
            saved.p[i] ^= (uint8_t)(1u << bit);
            check = XXH3_64bits(saved.p, saved.n - 8);
            memcpy(saved.p + saved.n - 8, &check, 8);
        }
    }
    correlate_both_release(&b);
    buf_release(&saved);
}

static uint64_t hash_of(const char *yaml)
{
    struct correlate_both b;
    uint64_t hash;

    assert_true(correlate_both_init(&b, span_of(yaml)));
    hash = correlate_plan_hash(b.plan);
    correlate_both_release(&b);
    return hash;
}

static void the_hash_of_a_plan_tells_what_it_depends_on(void **state)
{
    static const char one[] = "{title: t, correlation: {type: event_count, rules: [a],"
                              " timespan: 1m, condition: {gte: 2}}}\n---\n";
    static const char with_rule[] =
        "{title: t, correlation: {type: event_count, rules: [a],"
        " timespan: 1m, condition: {gte: 2}}}\n---\n"
        "{title: x, logsource: {product: t}, detection: {s: {A: 9}, condition: s}}";
    static const char other_rule[] = "{title: t, correlation: {type: event_count, rules: [b],"
                                     " timespan: 1m, condition: {gte: 2}}}";
    static const char other_number[] = "{title: t, correlation: {type: event_count, rules: [a],"
                                       " timespan: 1m, condition: {gte: 3}}}";

    (void)state;
    assert_int_not_equal(hash_of(one), 0);
    assert_int_equal(hash_of(one), hash_of(one));
    assert_int_equal(hash_of(one), hash_of(with_rule));
    assert_int_not_equal(hash_of(one), hash_of(other_rule));
    assert_int_not_equal(hash_of(one), hash_of(other_number));
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
        cmocka_unit_test(a_saved_state_goes_on_as_if_it_had_never_stopped),
        cmocka_unit_test(a_damaged_state_is_refused),
        cmocka_unit_test(the_hash_of_a_plan_tells_what_it_depends_on),
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
