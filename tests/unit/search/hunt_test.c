/*
 * Goal: a hunt finds what the oracle of the rules finds in the same events, each once, sealed or
 * not; correlations come true as often as the events say. Method: a lane of events that are all
 * different, at every stage of sealing; rules tried by the oracle on the bytes that were stored.
 */
#include "../check.h"

#include <stdlib.h>

#include "../sigma/both.h"
#include "collect/source.h"
#include "scan/records.h"
#include "search/hunt.h"
#include "store_bench.h"

#define EVENTS 600u

static const char rules_yaml[] =
    "title: Few\nid: 00000000-0000-4000-8000-000000000001\nlevel: high\n"
    "logsource: { product: test }\ndetection:\n  s: { n|endswith: '7', user: bob }\n  condition: s\n"
    "---\n"
    "title: Many\nid: 00000000-0000-4000-8000-000000000002\nlevel: low\n"
    "logsource: { product: test }\ndetection:\n  s: { user: [alice, eve] }\n  f: { n|startswith: '1' "
    "}\n  condition: s and not f\n"
    "---\n"
    "title: None\nid: 00000000-0000-4000-8000-000000000003\nlevel: low\n"
    "logsource: { product: test }\ndetection:\n  s: { user: mallory }\n  condition: s\n"
    "---\n"
    "title: Base\nname: base\nid: 00000000-0000-4000-8000-000000000004\nlevel: low\n"
    "logsource: { product: test }\ndetection:\n  s: { user: bob }\n  condition: s\n"
    "---\n"
    "title: Tens\nid: 00000000-0000-4000-8000-000000000005\nlevel: high\ncorrelation:\n"
    "  type: event_count\n  rules: [base]\n  group-by: [user]\n  timespan: 1h\n"
    "  condition: { gte: 10 }\n";

/* What the rules below ask for stands in few events, in some of them in code. */
static const char alone_yaml[] =
    "title: Part\nid: 00000000-0000-4000-8000-000000000011\nlevel: low\n"
    "logsource: { product: test }\ndetection:\n  s: { note|contains: 'eedle in' }\n  condition: s\n"
    "---\n"
    "title: End\nid: 00000000-0000-4000-8000-000000000012\nlevel: low\n"
    "logsource: { product: test }\ndetection:\n  s: { note|endswith: '\\network' }\n  condition: s\n"
    "---\n"
    "title: Keyword\nid: 00000000-0000-4000-8000-000000000013\nlevel: low\n"
    "logsource: { product: test }\ndetection:\n  s: [ 'rundll and', 'tnetwork' ]\n  condition: s\n"
    "---\n"
    "title: Expression\nid: 00000000-0000-4000-8000-000000000014\nlevel: low\n"
    "logsource: { product: test }\ndetection:\n  s: { note|re: '(?i)rundll|needles?' }\n"
    "  f: { user: carol }\n  condition: s and not f\n"
    "---\n"
    "title: Absent\nid: 00000000-0000-4000-8000-000000000015\nlevel: low\n"
    "logsource: { product: test }\ndetection:\n  s: { note: powershell }\n  condition: s\n"
    "---\n"
    "title: Short\nid: 00000000-0000-4000-8000-000000000016\nlevel: low\n"
    "logsource: { product: test }\ndetection:\n  s: { n|endswith: '77' }\n  condition: s\n"
    "---\n"
    "title: Object\nid: 00000000-0000-4000-8000-000000000017\nlevel: low\n"
    "logsource: { product: test }\ndetection:\n  s: { o|contains: '\\new tree' }\n  condition: s\n";

static struct span event_of(void *arg, uint64_t n, char *room, size_t bytes)
{
    static const char *const who[] = { "alice", "bob", "carol", "eve" };
    static const char *const notes[] = {
        ",\"note\":\"needle in hay\"",
        ",\"note\":\"ne\\u0065dle in hay\"",
        ",\"note\":\"C:\\\\tmp\\\\network\"",
        ",\"note\":\"a\\tnetwork\"",
        ",\"note\":\"RUNDLL and more\"",
        ",\"o\":{\"note\":\"a\\new tree\"}",
        ",\"note\":\"\xC5\xBFub needle\xE2\x84\xAA in\"",
    };
    int len = snprintf(room, bytes, "{\"n\":\"%llu\",\"user\":\"%s\"%s}", (unsigned long long)n,
                       who[n % 4], n % 60 == 17 ? notes[n / 60 % COUNT_OF(notes)] : "");

    (void)arg;
    return (struct span){ (uint8_t *)room, (size_t)len };
}

/* --- the oracle ----------------------------------------------------------------------------- */

struct truth {
    uint64_t count[8];
    uint64_t first[8], last[8]; /* numbers of events */
};

static void find_truth(struct both *b, struct truth *t)
{
    struct records *records;
    char room[256];

    *t = (struct truth){ 0 };
    assert_int_equal(records_new(&records, NULL), ERR_OK);
    for (uint64_t n = 1; n <= EVENTS; n++) {
        const struct oracle_hit *hits;
        enum record_state state;
        uint32_t count;

        records_one(records, event_of(NULL, n, room, sizeof(room)), &b->rec, &state, NULL);
        event_begin(&b->event, &b->rec);
        count = oracle_event(b->oracle, &b->rules, &b->event, &hits);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t rule = hits[i].rule;

            if (t->count[rule]++ == 0)
                t->first[rule] = n;
            t->last[rule] = n;
        }
    }
    records_free(&records);
}

/* --- hunting -------------------------------------------------------------------------------- */

static struct hunt_from asked(const struct store_bench *s, const struct both *b)
{
    return (struct hunt_from){ .io = &io_system,
                               .data = s->data,
                               .rules = b->fast,
                               .taxonomy = b->taxonomy,
                               .names = &b->names,
                               .from_ns = INT64_MIN / 2,
                               .to_ns = INT64_MAX / 2,
                               .skew_ns = 0 };
}

static struct hunt *done(const struct hunt_from *from)
{
    struct hunt *h;
    struct err e;
    int rc;

    if (hunt_new(&h, from, &e) != ERR_OK)
        fail_msg("%s", e.why);
    while ((rc = hunt_step(h, &e)) > 0)
        ;
    if (rc != 0)
        fail_msg("%s", e.why);
    return h;
}

static uint64_t lines_in(struct span text)
{
    uint64_t n = 0;

    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

static void check(const struct store_bench *s, const struct both *b, const struct truth *t,
                  uint32_t threads)
{
    struct hunt_from from = asked(s, b);
    struct hunt *h;
    const struct hunt_hit *hits;
    struct span lines;
    uint64_t all = 0;
    uint32_t listed;

    from.threads = threads;
    h = done(&from);
    for (uint32_t i = 0; i < ruleset_rule_count(b->fast); i++) {
        uint64_t want = ruleset_rule(b->fast, i)->emit ? t->count[i] : 0;

        assert_int_equal(hunt_rule(h, i, &hits, &listed), want);
        assert_int_equal(listed, want);
        for (uint32_t k = 1; k < listed; k++)
            assert_true(hits[k - 1].sequence < hits[k].sequence);
        if (want > 0) {
            assert_int_equal(hits[0].sequence, t->first[i]);
            assert_int_equal(hits[listed - 1].sequence, t->last[i]);
        }
        all += want;
    }
    /* All within the hour: one result for each full ten of bob's, or as the engine has it. */
    assert_int_equal(ruleset_correlation_count(b->fast), 1);
    assert_true(hunt_correlation(h, 0, &lines) > 0);
    assert_int_equal(lines_in(lines), hunt_correlation(h, 0, &lines));
    assert_non_null(memmem(lines.p, lines.n, "\"bob\"", 5));
    assert_int_equal(hunt_counts(h).hits, all + hunt_correlation(h, 0, &lines));
    assert_int_equal(hunt_counts(h).events, EVENTS);
    assert_false(hunt_counts(h).partial);
    hunt_free(&h);
}

static void finds_what_the_oracle_finds_at_every_stage(void **state)
{
    static const uint64_t stages[] = { 0, 20000, UINT64_MAX };
    struct store_bench s;
    struct both b;
    struct truth t;

    (void)state;
    assert_true(both_init(&b, span_of(rules_yaml), NULL, NULL));
    store_bench_init(&s, event_of, NULL, EVENTS, 0);
    find_truth(&b, &t);
    for (size_t i = 0; i < COUNT_OF(stages); i++) {
        if (stages[i] > 0)
            store_bench_seal(&s, stages[i]);
        for (uint32_t threads = 1; threads <= 3; threads++)
            check(&s, &b, &t, threads);
    }
    store_bench_release(&s);
    both_release(&b);
}

/* One rule at a time needs the least of a block; the same is found where all events are read. */
static void check_alone(const struct store_bench *s, const struct both *b, const struct truth *t,
                        uint32_t rule, bool everywhere)
{
    bool wanted[8] = { false };
    struct hunt_from from = asked(s, b);
    const struct hunt_hit *hits;
    struct hunt *h;
    uint32_t listed;

    wanted[rule] = true;
    from.rule = wanted;
    from.threads = 2;
    from.everywhere = everywhere;
    h = done(&from);
    if (hunt_rule(h, rule, &hits, &listed) != t->count[rule])
        fail_msg("%.*s: %llu hits, not %llu", SPAN_ARG(ruleset_rule(b->fast, rule)->head.title),
                 (unsigned long long)hunt_rule(h, rule, &hits, &listed),
                 (unsigned long long)t->count[rule]);
    if (t->count[rule] > 0) {
        assert_int_equal(hits[0].sequence, t->first[rule]);
        assert_int_equal(hits[listed - 1].sequence, t->last[rule]);
    }
    assert_false(hunt_counts(h).partial);
    hunt_free(&h);
}

static void a_rule_alone_finds_what_the_oracle_finds(void **state)
{
    static const uint64_t stages[] = { 0, 20000, UINT64_MAX };
    struct store_bench s;
    struct both b;
    struct truth t;

    (void)state;
    assert_true(both_init(&b, span_of(alone_yaml), NULL, NULL));
    store_bench_init(&s, event_of, NULL, EVENTS, 0);
    find_truth(&b, &t);
    for (uint32_t i = 0; i < ruleset_rule_count(b.fast); i++) {
        bool absent = span_eq(ruleset_rule(b.fast, i)->head.title, SPAN_LIT("Absent"));

        if ((t.count[i] == 0) != absent)
            fail_msg("%.*s: %llu", SPAN_ARG(ruleset_rule(b.fast, i)->head.title),
                     (unsigned long long)t.count[i]);
    }
    for (size_t i = 0; i < COUNT_OF(stages); i++) {
        if (stages[i] > 0)
            store_bench_seal(&s, stages[i]);
        for (uint32_t k = 0; k < 2 * ruleset_rule_count(b.fast); k++)
            check_alone(&s, &b, &t, k / 2, k % 2 == 1);
    }
    store_bench_release(&s);
    both_release(&b);
}

static void only_what_is_wanted_and_only_of_the_time(void **state)
{
    bool rule[8] = { false }, correlation[1] = { false };
    const struct hunt_hit *hits;
    struct hunt_from from;
    struct store_bench s;
    struct both b;
    struct hunt *h;
    struct span lines;
    uint32_t listed;

    (void)state;
    assert_true(both_init(&b, span_of(rules_yaml), NULL, NULL));
    store_bench_init(&s, event_of, NULL, EVENTS, 0);
    store_bench_seal(&s, 20000);
    for (uint32_t i = 0; i < ruleset_rule_count(b.fast); i++)
        rule[i] = span_eq(ruleset_rule(b.fast, i)->head.title, SPAN_LIT("Base"));
    from = asked(&s, &b);
    from.rule = rule;
    from.correlation = correlation;
    from.from_ns = store_bench_receipt(&s, 101);
    from.to_ns = store_bench_receipt(&s, 201);
    h = done(&from);
    assert_int_equal(hunt_counts(h).events, 100);
    assert_int_equal(hunt_counts(h).hits, 25);
    assert_int_equal(hunt_correlation(h, 0, &lines), 0);
    for (uint32_t i = 0; i < ruleset_rule_count(b.fast); i++)
        assert_int_equal(hunt_rule(h, i, &hits, &listed), rule[i] ? 25 : 0);
    hunt_free(&h);
    store_bench_release(&s);
    both_release(&b);
}

static void one_that_is_stopped_says_so(void **state)
{
    struct hunt_from from;
    struct store_bench s;
    struct both b;
    struct hunt *h;
    struct err e;
    int rc;

    (void)state;
    assert_true(both_init(&b, span_of(rules_yaml), NULL, NULL));
    store_bench_init(&s, event_of, NULL, EVENTS, 0);
    store_bench_seal(&s, UINT64_MAX);
    from = asked(&s, &b);
    assert_int_equal(hunt_new(&h, &from, &e), ERR_OK);
    hunt_stop(h, "it was interrupted");
    while ((rc = hunt_step(h, &e)) > 0)
        ;
    assert_int_equal(rc, 0);
    assert_true(hunt_counts(h).partial);
    assert_string_equal(hunt_counts(h).why, "it was interrupted");
    assert_int_equal(hunt_counts(h).events, 0);
    hunt_free(&h);
    store_bench_release(&s);
    both_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_the_oracle_finds_at_every_stage),
        cmocka_unit_test(a_rule_alone_finds_what_the_oracle_finds),
        cmocka_unit_test(only_what_is_wanted_and_only_of_the_time),
        cmocka_unit_test(one_that_is_stopped_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
