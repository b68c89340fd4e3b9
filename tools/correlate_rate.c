/*
 * correlate_rate.c - inputs a second that one thread correlates, by type: making the record (which
 * each matcher does) and feeding it (which one thread does), best of 3. For bench/.
 *
 *   correlate_rate [INPUTS]
 *
 * value_count has 1,800 distinct values in every window of its one group: what costs the window's
 * size per input is slow here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/num.h"
#include "base/time.h"
#include "sigma/correlate.h"

#define ROUNDS 3

static const char rules_yaml[] =
    "{title: a, name: a, logsource: {product: t}, detection: {s: {A: 1}, condition: s}}\n---\n"
    "{title: b, name: b, logsource: {product: t}, detection: {s: {A: 2}, condition: s}}\n---\n"
    "{title: c, name: c, logsource: {product: t}, detection: {s: {A: 3}, condition: s}}\n---\n"
    "{title: t, correlation: ";

/* name, correlation, distinct values of user and of n, seconds between events in thousandths */
static const struct row {
    const char *name, *yaml;
    uint32_t users, values;
    int64_t step_ms;
} rows[] = {
    { "event_count",
      "{type: event_count, rules: [a], group-by: [user], timespan: 60s, condition: {gte: 10}}}",
      1000, 1, 10 },
    { "event_count, one large group",
      "{type: event_count, rules: [a], timespan: 1h, condition: {gte: 10}}}", 1, 1, 10 },
    { "value_count, 1800 distinct",
      "{type: value_count, rules: [a], timespan: 30m, condition: {gte: 2000, field: n}}}", 1,
      1000000, 1000 },
    { "value_sum",
      "{type: value_sum, rules: [a], group-by: [user], timespan: 60s,"
      " condition: {gt: 100000, field: n}}}",
      1000, 1000, 10 },
    { "value_percentile, 1800 numbers",
      "{type: value_percentile, rules: [a], timespan: 30m,"
      " condition: {gt: 2000000, field: n, percentile: 95}}}",
      1, 1000000, 1000 },
    { "temporal", "{type: temporal, rules: [a, b, c], group-by: [user], timespan: 60s}}", 1000, 1,
      10 },
    { "temporal_ordered",
      "{type: temporal_ordered, rules: [a, b, c], group-by: [user], timespan: 60s}}", 1000, 1, 10 },
    { "absence (event_count lt 3)",
      "{type: event_count, rules: [a], group-by: [user], timespan: 60s, condition: {lt: 3}}}", 1000,
      1, 10 },
    { "a million groups",
      "{type: event_count, rules: [a], group-by: [user], timespan: 1d, condition: {gte: 10}}}",
      1000000, 1, 10 },
};

static double now(void)
{
    struct timespec t;

    MUST(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

struct bench {
    struct names names;
    struct sigma_rules rules;
    struct correlate_plan *plan;
    uint8_t user[32], n[32];
    struct span user_text, n_text;
    uint32_t user_name;
};

static void bench_init(struct bench *b, const struct row *row)
{
    struct correlate_rules from;
    struct buf yaml;
    struct err e;

    buf_init(&yaml, 1 << 16);
    buf_text(&yaml, rules_yaml);
    buf_text(&yaml, row->yaml);
    MUST(names_init(&b->names, &e) == ERR_OK && rules_init(&b->rules, &e) == ERR_OK);
    MUST(rules_add_bytes(&b->rules, SPAN_LIT("bench"), buf_span(&yaml), &e) == ERR_OK);
    MUST(rules_finish(&b->rules, &e) == ERR_OK && b->rules.refusal_count == 0);
    MUST(ruleset_names(&b->rules, &b->names, &e) == ERR_OK);
    b->user_name = names_add(&b->names, SPAN_LIT("user"));
    MUST(b->user_name != 0 && names_freeze(&b->names));
    from = (struct correlate_rules){ b->rules.rules, b->rules.correlations, b->rules.rule_count,
                                     b->rules.correlation_count };
    MUST(correlate_plan_new(&b->plan, &from, &b->names, &e) == ERR_OK);
    buf_release(&yaml);
}

static void bench_release(struct bench *b)
{
    correlate_plan_free(&b->plan);
    rules_release(&b->rules);
    names_release(&b->names);
}

static struct span value(void *arg, uint32_t name)
{
    const struct bench *b = arg;

    return name == b->user_name ? b->user_text : b->n_text;
}

/* The same events each time; returns the seconds that making the records took. */
static double make(struct bench *b, const struct row *row, uint32_t inputs, struct buf *records)
{
    const struct correlate_values v = { value, b };
    uint64_t random = 1;
    double from = now();

    buf_clear(records);
    for (uint32_t i = 0; i < inputs; i++) {
        struct correlate_event hit = { .time_ns = (int64_t)i * row->step_ms * (TIME_SECOND / 1000),
                                       .order = i,
                                       .ref = i };

        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        b->user[0] = 'u';
        b->user_text =
            (struct span){ b->user, 1 + num_put_u64(b->user + 1, (random >> 33) % row->users) };
        b->n_text = (struct span){ b->n, num_put_u64(b->n, i % row->values) };
        hit.rule = (uint32_t)(random >> 60) % 3;
        if (!correlate_wanted(b->plan, hit.rule))
            hit.rule = 0;
        correlate_put(b->plan, &hit, &v, records);
    }
    MUST(!buf_failed(records));
    return now() - from;
}

static void count_result(void *arg, const struct correlate_result *r)
{
    (void)r;
    ++*(uint64_t *)arg;
}

static double feed(const struct bench *b, struct span records, uint64_t *results,
                   struct correlate_counts *counts)
{
    struct correlator *c;
    struct span record;
    struct err e;
    double took;

    *results = 0;
    MUST(correlator_new(&c, b->plan, 0, count_result, results, &e) == ERR_OK);
    took = now();
    while (correlate_next(&records, &record))
        MUST(correlator_feed(c, record, &e) == ERR_OK);
    MUST(correlator_finish(c, &e) == ERR_OK);
    took = now() - took;
    *counts = correlator_counts(c, 0);
    correlator_free(&c);
    return took;
}

static void run(const struct row *row, uint32_t inputs)
{
    double making = 1e9, feeding = 1e9;
    struct correlate_counts counts;
    uint64_t results = 0;
    struct buf records;
    struct bench b;

    bench_init(&b, row);
    buf_init(&records, (size_t)4 << 30);
    for (int i = 0; i < ROUNDS; i++) {
        double made = make(&b, row, inputs, &records);
        double fed = feed(&b, buf_span(&records), &results, &counts);

        making = made < making ? made : making;
        feeding = fed < feeding ? fed : feeding;
    }
    printf("%-32s %8.2f %8.2f   %10llu %10llu\n", row->name, inputs / making / 1e6,
           inputs / feeding / 1e6, (unsigned long long)results,
           (unsigned long long)counts.groups_evicted);
    buf_release(&records);
    bench_release(&b);
}

int main(int argc, char **argv)
{
    uint64_t inputs = 1000000;

    if (argc > 2 || (argc == 2 && !num_u64(span_of(argv[1]), 100000000, &inputs))) {
        fputs("usage: correlate_rate [INPUTS]\n", stderr);
        return 2;
    }
    printf("millions of inputs a second      records      fed      results    evicted\n");
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        run(&rows[i], (uint32_t)inputs);
    return 0;
}
