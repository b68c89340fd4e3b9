/*
 * Goal: a finding says why: which search, which field, which value; and whether a filter could do
 * its work at all (a field that the source never has cannot leave anything out).
 * Method: rows of one rule, one event and the reasons, one to a line: "search field value".
 */
#include "../check.h"

#include "base/buf.h"
#include "both.h"

#define HEAD "title: t\nlogsource: { product: test }\ndetection:\n"

static const struct {
    const char *name, *rule, *event, *reasons;
} rows[] = {
    { "one field", HEAD "  s: { A: 1 }\n  condition: s\n", "{\"A\":1,\"B\":2}", "s A 1\n" },
    { "the value is the event's", HEAD "  s: { A|contains: CMD }\n  condition: s\n",
      "{\"a\":\"x cmd.exe\"}", "s A x cmd.exe\n" },
    { "each field of a map", HEAD "  s: { A: 1, B: x* }\n  condition: s\n",
      "{\"A\":1,\"B\":\"xyz\"}", "s A 1\ns B xyz\n" },
    { "the map of a list that held", HEAD "  s: [ { A: 1 }, { B: 2 } ]\n  condition: s\n",
      "{\"A\":2,\"B\":2}", "s B 2\n" },
    { "the searches that held", HEAD "  s1: { A: 1 }\n  s2: { B: 2 }\n  condition: 1 of s*\n",
      "{\"A\":1,\"B\":3}", "s1 A 1\n" },
    { "all searches that held", HEAD "  s1: { A: 1 }\n  s2: { B: 2 }\n  condition: 1 of s*\n",
      "{\"A\":1,\"B\":2}", "s1 A 1\ns2 B 2\n" },
    { "the member of an array that held", HEAD "  s: { A|startswith: b }\n  condition: s\n",
      "{\"A\":[\"abc\",\"bcd\"]}", "s A bcd\n" },
    { "all: each member", HEAD "  s: { A|contains|all: [b, c] }\n  condition: s\n",
      "{\"A\":[\"xb\",\"xc\"]}", "s A xb\ns A xc\n" },
    { "all: one member once", HEAD "  s: { A|contains|all: [b, c] }\n  condition: s\n",
      "{\"A\":\"bc\"}", "s A bc\n" },
    { "what is not there is no reason",
      HEAD "  s: { A: 1 }\n  f: { B: 2 }\n  condition: s and not f\n", "{\"A\":1,\"B\":3}",
      "s A 1\n" },
    { "only what is not there", HEAD "  f: { B: 2 }\n  condition: not f\n", "{\"B\":3}", "" },
    { "an absent field", HEAD "  s: { A: null }\n  condition: s\n", "{\"B\":3}", "s A \n" },
    { "a keyword in a value", HEAD "  k: [ needle ]\n  condition: k\n",
      "{\"m\":\"hay needle hay\"}", "k keywords hay needle hay\n" },
    { "a keyword in the raw text", HEAD "  k: [ '\"m\":\"hay' ]\n  condition: k\n",
      "{\"m\":\"hay\"}", "k keywords \"m\":\"hay\n" },
    { "a mapped field", HEAD "  s: { Image: x }\n  condition: s\n",
      "{\"kind\":\"mapped\",\"Program\":\"X\"}", "s Image X\n" },
};

static void reasons_put(struct buf *out, const struct because *row, uint32_t count)
{
    buf_clear(out);
    for (uint32_t i = 0; i < count; i++)
        buf_fmt(out, "%.*s %.*s %.*s\n", SPAN_ARG(row[i].selection), SPAN_ARG(row[i].field),
                SPAN_ARG(row[i].value));
}

static void a_finding_says_why(void **state)
{
    struct buf got;

    (void)state;
    buf_init(&got, 65536);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct because why[16];
        struct both_hits h;
        struct both b;

        CHECK_ROW(rows[i].name, both_init(&b, span_of(rows[i].rule), NULL, NULL));
        CHECK_ROW(rows[i].name, b.rules.refusal_count == 0);
        CHECK_ROW(rows[i].name, both_json(&b, span_of(rows[i].event)));
        CHECK_ROW(rows[i].name, both_event(&b, &b.rec, &h) && h.fast_count == 1);
        reasons_put(&got, why, match_because(b.matcher, &b.event, &h.fast[0], why, COUNT_OF(why)));
        check_span(rows[i].name, buf_span(&got), rows[i].reasons);
        CHECK_ROW(rows[i].name, match_because(b.matcher, &b.event, &h.fast[0], why, 1) <= 1);
        both_release(&b);
    }
    buf_release(&got);
}

#define SHORT "title: t\nlogsource: { category: short }\ndetection:\n  s: { A: 1 }\n"

static const struct {
    const char *name, *rule;
    bool unavailable;
} filters[] = {
    { "no filter", SHORT "  condition: s\n", false },
    { "a filter on what there is", SHORT "  f: { B: 1 }\n  condition: s and not f\n", false },
    { "a filter on what is lacking", SHORT "  f: { Hash: 1 }\n  condition: s and not f\n", true },
    { "one of several filters",
      SHORT "  f1: { B: 1 }\n  f2: { Parent|contains: x }\n  condition: s and not 1 of f*\n",
      true },
    { "in a list of maps", SHORT "  f: [ { B: 1 }, { parent: 1 } ]\n  condition: s and not f\n",
      true },
    { "neq",
      "title: t\nlogsource: { category: short }\ndetection:\n"
      "  s: { A: 1, Hash|neq: x }\n  condition: s\n",
      true },
    { "lacking, but not in a filter", SHORT "  t: { Hash: 1 }\n  condition: s or t\n", false },
    { "a view that has it",
      "title: t\nlogsource: { category: plain }\ndetection:\n"
      "  s: { A: 1 }\n  f: { Hash: 1 }\n  condition: s and not f\n",
      false },
    { "a filter document",
      "title: t\nname: r\nlogsource: { category: short }\ndetection:\n"
      "  s: { A: 1 }\n  condition: s\n---\ntitle: f\n"
      "logsource: { category: short }\n"
      "filter: { rules: r, f: { Hash: 1 }, condition: not f }\n",
      true },
};

static void a_filter_that_cannot_work_is_flagged(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(filters); i++) {
        struct both_hits h;
        struct both b;

        CHECK_ROW(filters[i].name, both_init(&b, span_of(filters[i].rule), NULL, NULL));
        CHECK_ROW(filters[i].name, b.rules.refusal_count == 0);
        CHECK_ROW(filters[i].name, both_json(&b, SPAN_LIT("{\"kind\":\"short\",\"A\":1}")));
        CHECK_ROW(filters[i].name, both_event(&b, &b.rec, &h) && h.fast_count == 1);
        CHECK_ROW(filters[i].name, h.fast[0].filter_unavailable == filters[i].unavailable);
        both_release(&b);
    }
}

#define THREE                                                                                      \
    HEAD "  s: { A: 1 }\n  condition: s\n---\n" HEAD                                               \
         "  s: { A: 3, B|re: '^.x' }\n  condition: s\n---\n" HEAD                                  \
         "  s: { A: 7 }\n  condition: s\n"

/* Tried is what the index found something of, whether it holds or not. */
static void what_was_tried_is_told_and_can_be_tried_again(void **state)
{
    static const struct {
        const char *event;
        uint32_t count, rule[3];
        bool holds;
    } tried[] = {
        { "{\"A\":1}", 1, { 0 }, true },
        { "{\"A\":3,\"B\":\"xy\"}", 1, { 1 }, false },
        { "{\"A\":3,\"B\":\"yx\"}", 1, { 1 }, true },
        { "{\"A\":9}", 0, { 0 }, false },
        { "{\"A\":[1,7]}", 2, { 0, 2 }, true },
    };
    struct both b;

    (void)state;
    CHECK_ROW("three rules", both_init(&b, SPAN_LIT(THREE), NULL, NULL));
    for (size_t i = 0; i < COUNT_OF(tried); i++) {
        struct both_hits h;
        uint32_t rule[3];

        CHECK_ROW(tried[i].event, both_json(&b, span_of(tried[i].event)));
        CHECK_ROW(tried[i].event, both_event(&b, &b.rec, &h));
        CHECK_ROW(tried[i].event, matcher_tried(b.matcher, &b.event, rule, 3) == tried[i].count);
        for (uint32_t k = 0; k < tried[i].count; k++) {
            CHECK_ROW(tried[i].event, rule[k] == tried[i].rule[k]);
            CHECK_ROW(tried[i].event, matcher_try(b.matcher, &b.event, rule[k]) == tried[i].holds);
            CHECK_ROW(tried[i].event, matcher_try(b.matcher, &b.event, rule[k]) == tried[i].holds);
        }
        CHECK_ROW(tried[i].event, matcher_tried(b.matcher, &b.event, rule, 1) <= 1);
    }
    both_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finding_says_why),
        cmocka_unit_test(a_filter_that_cannot_work_is_flagged),
        cmocka_unit_test(what_was_tried_is_told_and_can_be_tried_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
