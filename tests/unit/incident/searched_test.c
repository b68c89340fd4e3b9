/*
 * Goal: each search is written down, and one person's records are looked for in a case that is
 * there. Method: acts as who searches asks for them.
 */
#include "../check.h"

#include <stdio.h>
#include <string.h>

#include "incident_bench.h"

static void searches_are_written_down(void **state)
{
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    (void)act_alert_made(&b, "a", "srv-1");
    (void)incident_told(&b, "M4");
    act_good(&b, "{'act':'search.run'}"); /* everything */
    act_good(&b, "{'act':'search.run','query':'failed password'}");
    act_good(&b, "{'act':'search.run','query':'failed password','for':'incident:1'}");
    act_good(&b, "{'act':'search.run','query':'user:an','for':'alert:1'}");
    act_bad(&b, "{'act':'search.run','query':'user:an'}", ERR_DENIED, "(user): give the alert");
    act_bad(&b, "{'act':'search.run','query':'user:an','for':'alert:2'}", ERR_NOTFOUND,
            "no alert 2");
    act_bad(&b, "{'act':'search.run','query':'user:an','for':'incident:2'}", ERR_NOTFOUND,
            "no incident 2");
    act_bad(&b, "{'act':'search.run','query':'user:an','for':'incident:'}", ERR_USAGE, "no case");
    act_bad(&b, "{'act':'search.run','query':'user:an','for':'incident:-1'}", ERR_USAGE, "no case");
    act_bad(&b, "{'act':'search.run','query':'user:an','for':'user:1'}", ERR_USAGE, "no case");
    act_bad(&b, "{'act':'search.run','query':'(a'}", ERR_SYNTAX, "");
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM act WHERE act = 'search.run'"), 4);
    incident_sees(&b, "act.of", "kind=alert&key=1", "\"did\":\"search.run\"");
    incident_sees(&b, "act.of", "kind=incident&key=1", "\"did\":\"search.run\"");
    b.who.roles = ROLE_BIT(AUDITOR);
    incident_sees(&b, "act.list", "did=search.run", "\"query\":\"user:an\"");
    act_bench_release(&b);
}

/* While it is closed with very many alerts, and after. */
static void a_closed_case_is_one(void **state)
{
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    (void)incident_told(&b, "M4");
    act_good(&b, "{'act':'incident.close','incident':1,'cause':'attack','result':'x','skip':'x'}");
    act_good(&b, "{'act':'search.run','query':'user:an','for':'incident:1'}");
    act_bench_release(&b);
}

static void who_may_not_search_may_not(void **state)
{
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    b.who.roles = ROLE_BIT(CONTACT) | ROLE_SELF;
    act_bad(&b, "{'act':'search.run','query':'a'}", ERR_DENIED, "may not do");
    b.who.roles = ROLE_SELF; /* must change his password first */
    act_bad(&b, "{'act':'search.run','query':'a'}", ERR_DENIED, "may not do");
    b.who.roles = ROLE_SEARCH; /* a token of the settings: this, and no more */
    act_good(&b, "{'act':'search.run','query':'a'}");
    act_bad(&b, "{'act':'note.add','alert':1,'text':'x'}", ERR_DENIED, "may not do");
    act_bench_release(&b);
}

static void what_is_taken_as_evidence_is_written_down(void **state)
{
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    (void)incident_told(&b, "M4");
    act_good(&b, "{'act':'evidence.export','events':'0:1,0:2','for':'incident:1'}");
    act_good(&b, "{'act':'evidence.export','query':'user:an','for':'incident:1'}");
    act_bad(&b, "{'act':'evidence.export','query':'user:an'}", ERR_DENIED,
            "(user): give the alert");
    act_bad(&b, "{'act':'evidence.export','events':'0:1','for':'incident:2'}", ERR_NOTFOUND, "");
    act_bad(&b, "{'act':'evidence.export','query':'(a'}", ERR_SYNTAX, "");
    incident_sees(&b, "act.of", "kind=incident&key=1", "\"did\":\"evidence.export\"");
    b.who.roles = ROLE_BIT(CONTACT) | ROLE_SELF;
    act_bad(&b, "{'act':'evidence.export','events':'0:1'}", ERR_DENIED, "may not do");
    act_bench_release(&b);
}

static void both_ends_write_the_same_request(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 1024);
    incident_search_request(&out, SPAN_LIT("a \"b\""), SPAN_LIT("alert:1"));
    assert_true(span_eq(
        buf_span(&out),
        SPAN_LIT("{\"act\":\"search.run\",\"query\":\"a \\\"b\\\"\",\"for\":\"alert:1\"}")));
    buf_clear(&out);
    incident_search_request(&out, SPAN_LIT("  "), SPAN_NONE);
    assert_true(span_eq(buf_span(&out), SPAN_LIT("{\"act\":\"search.run\"}")));
    buf_clear(&out);
    incident_export_request(&out, SPAN_NONE, SPAN_LIT("0:1"), SPAN_LIT("alert:1"));
    assert_true(
        span_eq(buf_span(&out),
                SPAN_LIT("{\"act\":\"evidence.export\",\"events\":\"0:1\",\"for\":\"alert:1\"}")));
    buf_release(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(searches_are_written_down),
        cmocka_unit_test(a_closed_case_is_one),
        cmocka_unit_test(who_may_not_search_may_not),
        cmocka_unit_test(what_is_taken_as_evidence_is_written_down),
        cmocka_unit_test(both_ends_write_the_same_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
