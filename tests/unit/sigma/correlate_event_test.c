/*
 * Goal: what a correlation is told of an event is what the event says, through the taxonomy.
 * Method: JSON events through the compiled ruleset and the matcher; the hits' records are fed, and
 * the groups of the results looked at.
 */
#include "../check.h"

#include "both.h"
#include "sigma/correlate.h"

static const char yaml[] =
    "{title: plain, name: p, logsource: {product: test}, detection: {s: {A: 1}, condition: s}}\n"
    "---\n"
    "{title: other, name: o, logsource: {product: test}, detection: {s: {A: 2}, condition: s}}\n"
    "---\n"
    "{title: each, correlation: {type: event_count, rules: [p], group-by: [User], timespan: 1m,"
    " generate: true, condition: {gte: 1}}}\n";

/* An event, and the group of its result (NULL: there is none). */
static const struct {
    const char *name, *json, *group;
} rows[] = {
    { "a value", "{\"A\":1,\"User\":\"bob\"}", "bob" },
    { "a value with escapes", "{\"A\":1,\"User\":\"b\\u00f6b\"}",
      "b\xC3\xB6"
      "b" },
    { "a number is its text", "{\"A\":1,\"User\":42}", "42" },
    { "an empty value is a value", "{\"A\":1,\"User\":\"\"}", "" },
    { "another case of the name", "{\"A\":1,\"uSER\":\"amy\"}", "amy" },
    { "the first of several", "{\"A\":1,\"User\":[\"carl\",\"dora\"]}", "carl" },
    { "the first that is not null", "{\"A\":1,\"User\":[null,\"eve\"]}", "eve" },
    { "null is absent", "{\"A\":1,\"User\":null}", NULL },
    { "absent", "{\"A\":1}", NULL },
    { "an object is no value", "{\"A\":1,\"User\":{\"name\":\"x\"}}", NULL },
    { "an empty array has none", "{\"A\":1,\"User\":[]}", NULL },
    { "through the view's map", "{\"A\":1,\"kind\":\"mapped\",\"Account\":\"fred\"}", "fred" },
};

struct seen {
    uint32_t results;
    char group[64];
};

static void on_result(void *arg, const struct correlate_result *r)
{
    struct seen *s = arg;

    s->results++;
    assert_int_equal(r->group_count, 1);
    check_span("name of the group", r->group[0].name, "User");
    (void)snprintf(s->group, sizeof(s->group), "%.*s", SPAN_ARG(r->group[0].value));
}

static void feed_hits(struct both *b, const struct correlate_plan *p, struct correlator *c,
                      const struct both_hits *h, uint64_t order)
{
    struct span rest, record;
    struct buf records;

    buf_init(&records, 1 << 16);
    for (uint32_t i = 0; i < h->fast_count; i++) {
        const struct correlate_event at = { (int64_t)order * 1000, order, order, h->fast[i].rule };

        if (correlate_wanted(p, at.rule))
            correlate_put_hit(p, &at, &b->event, h->fast[i].view, &records);
    }
    assert_false(buf_failed(&records));
    rest = buf_span(&records);
    while (correlate_next(&rest, &record))
        assert_int_equal(correlator_feed(c, record, NULL), ERR_OK);
    assert_int_equal(correlator_advance(c, (int64_t)order * 1000, NULL), ERR_OK);
    buf_release(&records);
}

static void the_group_is_what_the_event_says(void **state)
{
    struct seen seen = { 0 };
    struct correlate_plan *p;
    struct correlator *c;
    struct both_hits h;
    struct both b;

    (void)state;
    assert_true(both_init(&b, SPAN_LIT(yaml), NULL, NULL));
    assert_int_equal(correlate_plan_of(&p, b.fast, &b.names, NULL), ERR_OK);
    assert_int_equal(correlator_new(&c, p, 0, on_result, &seen, NULL), ERR_OK);
    assert_true(correlate_wanted(p, 0));
    assert_false(correlate_wanted(p, 1));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK_ROW(rows[i].name, both_json(&b, span_of(rows[i].json)));
        CHECK_ROW(rows[i].name, both_event(&b, &b.rec, &h) && h.fast_count == 1);
        seen.results = 0;
        feed_hits(&b, p, c, &h, i + 1);
        CHECK_ROW(rows[i].name, seen.results == (rows[i].group != NULL));
        if (rows[i].group != NULL)
            check_span(rows[i].name, span_of(seen.group), rows[i].group);
    }
    assert_int_equal(correlator_counts(c, 0).group_missing, 4);
    correlator_free(&c);
    correlate_plan_free(&p);
    both_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_group_is_what_the_event_says) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
