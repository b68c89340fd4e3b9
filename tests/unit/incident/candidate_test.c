/*
 * Goal: what people do to candidates for incidents: dismiss, restore, join, place, free, escalate;
 * and how candidates and the risk of entities are seen, with what was decided taken into account.
 * Method: made findings through the desk's alerts; acts under a small law; views.
 */
#include "incident_bench.h"

#include "../check.h"
#include "group/group.h"

static int64_t finding(struct act_bench *b, const char *rule, const char *host, const char *user,
                       enum sigma_level level)
{
    struct alert_finding f = { .kind = ALERT_DETECTION, .level = level, .time_ns = b->now_ns };
    struct alert_event ev = { .placed = true, .sequence = 1, .time_ns = b->now_ns };
    struct alerts *alerts;
    char json[300];
    int64_t id = 0;
    bool more = true;

    (void)snprintf(json, sizeof(json),
                   "{\"rule\":{\"id\":\"%s\",\"tags\":[\"attack.execution\",\"attack.t1059\"]},"
                   "\"event\":{\"fields\":{\"User\":\"x\\\\%s\"}}}",
                   rule, user);
    f.rule = f.title = span_of(rule);
    f.entity = ev.host = span_of(host);
    ev.json = span_of(json);
    assert_int_equal(alerts_new(&alerts, b->db, HOUR, &b->e), ERR_OK);
    alerts_clock(alerts, b->now_ns);
    assert_int_equal(db_begin(b->db, &b->e), ERR_OK);
    assert_int_equal(alerts_take(alerts, &f, &id, &b->e), ERR_OK);
    assert_int_equal(alerts_event(alerts, &ev, &b->e), ERR_OK);
    assert_int_equal(alerts_flush(alerts, &b->e), ERR_OK);
    while (more)
        assert_int_equal(alerts_group(alerts, &more, &b->e), ERR_OK);
    assert_int_equal(db_commit(b->db, &b->e), ERR_OK);
    alerts_free(&alerts);
    return id;
}

/* What acts left to do. */
static void work(struct act_bench *b)
{
    struct alerts *alerts;
    bool more = true;

    assert_int_equal(alerts_new(&alerts, b->db, HOUR, &b->e), ERR_OK);
    alerts_clock(alerts, b->now_ns);
    assert_int_equal(db_begin(b->db, &b->e), ERR_OK);
    while (more)
        assert_int_equal(alerts_group(alerts, &more, &b->e), ERR_OK);
    assert_int_equal(db_commit(b->db, &b->e), ERR_OK);
    alerts_free(&alerts);
}

static int64_t of(const struct act_bench *b, int64_t alert)
{
    char sql[100];

    (void)snprintf(sql, sizeof(sql),
                   "SELECT coalesce((SELECT candidate FROM candidate_alert WHERE alert = %lld), 0)",
                   (long long)alert);
    return act_sql(b, sql);
}

/* Alerts 1 and 2 on h1 by an are candidate 1, alert 3 on h2 by binh is candidate 2. */
static void two(struct act_bench *b)
{
    incident_bench_init(b);
    incident_register(b);
    (void)finding(b, "r1", "h1", "an", LEVEL_HIGH);
    (void)finding(b, "r2", "h1", "an", LEVEL_MEDIUM);
    (void)finding(b, "r1", "h2", "binh", LEVEL_HIGH);
    assert_int_equal(of(b, 1), 1);
    assert_int_equal(of(b, 2), 1);
    assert_int_equal(of(b, 3), 2);
}

static void the_queue_has_the_highest_score_first(void **state)
{
    struct act_bench b;

    (void)state;
    two(&b);
    (void)finding(&b, "r9", "h3", "cuc", LEVEL_MEDIUM); /* one of medium is not worth a look */
    incident_counts(&b, "candidate.list", "", 2);
    assert_true(view_says(
        &b,
        "{\"id\":1,\"state\":\"open\",\"score\":2.5,\"level\":\"high\",\"alerts\":2,\"waiting\":2,"
        "\"rules\":2,\"tactics\":[4],\"about\":[{\"kind\":\"host\",\"key\":\"h1\"},"
        "{\"kind\":\"user\",\"key\":\"x\\\\an\"}]"));
    assert_true(strstr((char *)b.answer.p, "\"id\":1") < strstr((char *)b.answer.p, "\"id\":2"));
    incident_counts(&b, "candidate.list", "state=open", 3);
    incident_counts(&b, "candidate.alerts", "candidate=1", 2);
    incident_sees(&b, "candidate.entities", "candidate=1",
                  "{\"kind\":\"user\",\"key\":\"x\\\\an\",\"alerts\":2");
    incident_sees(&b, "candidate.tactics", "candidate=2", "\"technique\":\"T1059\",\"alerts\":1");
    incident_sees(&b, "alert.candidate", "alert=3", "\"candidate\":2");
    b.now_ns += DAY; /* half of it is left, and the order stays */
    incident_sees(&b, "candidate.show", "candidate=1", "\"score\":1.25,");
    act_bench_release(&b);
}

static void risk_is_each_rule_once_and_halves_in_a_day(void **state)
{
    struct act_bench b;

    (void)state;
    two(&b);
    incident_sees(&b, "entity.show", "kind=host&key=H1", "\"risk\":2.5,\"alerts\":2,\"rules\":2,");
    incident_sees(&b, "entity.top", "kind=user",
                  "{\"kind\":\"user\",\"key\":\"x\\\\an\",\"risk\":2.5");
    incident_counts(&b, "entity.top", "", 4);
    b.now_ns += DAY;
    incident_sees(&b, "entity.show", "kind=host&key=h1", "\"risk\":1.25,");
    (void)finding(&b, "r1", "h1", "an", LEVEL_HIGH); /* 1.5 now; r2 is a day old: 1 / 2 */
    incident_sees(&b, "entity.show", "kind=host&key=h1", "\"risk\":2.0,\"alerts\":3,\"rules\":2,");
    incident_counts(&b, "entity.alerts", "kind=host&key=h1", 3);
    incident_sees(&b, "entity.beside", "kind=host&key=h1",
                  "{\"kind\":\"user\",\"key\":\"x\\\\an\",\"alerts\":3");
    act_bench_release(&b);
}

static void what_was_decided_counts_no_more(void **state)
{
    struct act_bench b;

    (void)state;
    two(&b);
    act_good(&b, "{'act':'alert.close','alerts':[1],'verdict':'false-positive','reason':'no'}");
    work(&b);
    incident_sees(&b, "candidate.show", "candidate=1", "\"score\":1.0,");
    incident_sees(&b, "entity.show", "kind=host&key=h1", "\"risk\":1.0,\"alerts\":1,");
    act_good(&b, "{'act':'alert.close','alerts':[2],'verdict':'test','reason':'ours'}");
    work(&b);
    incident_sees(&b, "candidate.show", "candidate=1", "\"score\":0.0,");
    incident_counts(&b, "entity.show", "kind=host&key=h1", 0);
    incident_counts(&b, "candidate.list", "", 1);
    act_good(&b, "{'act':'alert.reopen','alerts':[1],'reason':'but yes'}");
    work(&b);
    incident_sees(&b, "candidate.show", "candidate=1", "\"score\":1.5,");
    act_bench_release(&b);
}

/* What is worth a look, but was looked at. */
static void what_nobody_has_to_decide_is_in_no_queue(void **state)
{
    struct act_bench b;

    (void)state;
    two(&b);
    act_good(&b, "{'act':'alert.close','alerts':[3],'verdict':'true-positive','reason':'yes'}");
    work(&b);
    incident_counts(&b, "candidate.list", "", 1);
    incident_sees(&b, "candidate.show", "candidate=2", "\"score\":1.5,");
    act_good(&b, "{'act':'alert.escalate','alerts':[1],'title':'T','type':'N1','severity':'M2'}");
    work(&b);
    incident_sees(&b, "candidate.list", "", "\"alerts\":2,\"waiting\":1,");
    act_good(&b, "{'act':'alert.escalate','alerts':[2],'incident':1}");
    work(&b);
    incident_counts(&b, "candidate.list", "", 0);
    act_good(&b, "{'act':'alert.reopen','alerts':[3],'reason':'no'}");
    work(&b);
    incident_counts(&b, "candidate.list", "", 1);
    act_bench_release(&b);
}

static void the_level_of_the_system_counts(void **state)
{
    struct act_bench b;

    (void)state;
    two(&b);
    (void)finding(&b, "r1", "may1.x.vn", "an2", LEVEL_HIGH);
    incident_sees(&b, "entity.show", "kind=host&key=may1.x.vn", "\"risk\":1.5,");
    b.who.roles |= ROLE_BIT(OFFICER);
    act_good(&b, "{'act':'system.change','system':3,'owner':1,'operator':1,'level':5,"
                 "'decision':'1/QD','decided':'2025-01-01'}");
    act_good(&b,
             "{'act':'machine.add','system':3,'name':'may1','kind':'server','importance':'high'}");
    (void)finding(&b, "r2", "may1.x.vn", "an2", LEVEL_HIGH);
    incident_sees(&b, "entity.show", "kind=host&key=may1.x.vn",
                  "\"risk\":6.0,\"alerts\":2,\"rules\":2,\"system_level\":5");
    incident_sees(&b, "candidate.list", "", "\"id\":3,\"state\":\"open\",\"score\":6.0,");
    act_bench_release(&b);
}

static void dismissing_decides_its_alerts_and_can_be_undone(void **state)
{
    struct act_bench b;
    int64_t act;
    char undo[64];

    (void)state;
    two(&b);
    act_bad(&b, "{'act':'candidate.dismiss','candidate':9,'verdict':'test','reason':'x'}",
            ERR_NOTFOUND, "There is no candidate 9.");
    act_good(
        &b,
        "{'act':'candidate.dismiss','candidate':1,'verdict':'benign-true-positive','reason':'a drill'}");
    assert_int_equal(act_number(&b, "alerts"), 2);
    act = act_number(&b, "act");
    incident_counts(&b, "candidate.list", "", 1);
    incident_sees(&b, "candidate.list", "state=dismissed", "\"reason\":\"a drill\",\"by\":\"an\"");
    incident_sees(&b, "alert.show", "alert=2", "\"verdict\":\"benign-true-positive\"");
    act_bad(&b, "{'act':'candidate.dismiss','candidate':1,'verdict':'test','reason':'x'}",
            ERR_CONFLICT, "Candidate 1 is dismissed.");
    (void)finding(&b, "r3", "h1", "an", LEVEL_HIGH); /* it takes no more */
    assert_int_equal(of(&b, 4), 3);
    (void)snprintf(undo, sizeof(undo), "{'act':'act.undo','undoes':%lld}", (long long)act);
    act_good(&b, undo);
    work(&b);
    incident_sees(&b, "alert.show", "alert=2", "\"state\":\"new\"");
    assert_int_equal(of(&b, 4), of(&b, 1)); /* and it is one with what came meanwhile */
    assert_int_equal(of(&b, 2), of(&b, 1));
    incident_sees(&b, "act.of", "kind=candidate&key=1", "candidate.dismiss");
    act_bench_release(&b);
}

static void restoring_finds_what_came_meanwhile(void **state)
{
    struct act_bench b;

    (void)state;
    two(&b);
    act_bad(&b, "{'act':'candidate.restore','candidate':1,'reason':'x'}", ERR_CONFLICT,
            "not dismissed");
    act_good(&b, "{'act':'candidate.dismiss','candidate':1,'verdict':'undetermined','reason':'x'}");
    (void)finding(&b, "r3", "h1", "an", LEVEL_HIGH);
    act_good(&b, "{'act':'candidate.restore','candidate':1,'reason':'no drill'}");
    work(&b);
    assert_int_equal(of(&b, 4), of(&b, 1));
    incident_sees(&b, "alert.show", "alert=1", "\"state\":\"closed\"");
    act_bench_release(&b);
}

static void two_that_are_one_stay_one(void **state)
{
    struct act_bench b;

    (void)state;
    two(&b);
    act_bad(&b, "{'act':'candidate.join','candidate':1,'with':1,'reason':'x'}", ERR_CONFLICT,
            "same candidate");
    act_good(&b, "{'act':'candidate.join','candidate':2,'with':1,'reason':'one man'}");
    assert_int_equal(act_number(&b, "candidate"), 1);
    assert_int_equal(of(&b, 3), 1);
    assert_int_equal(db_begin(b.db, &b.e), ERR_OK);
    assert_int_equal(group_anew(b.db, 1, &b.e), ERR_OK);
    assert_int_equal(db_commit(b.db, &b.e), ERR_OK);
    work(&b);
    assert_int_equal(of(&b, 3), of(&b, 1));
    incident_sees(&b, "candidate.show", "candidate=1",
                  "\"score\":2.5,\"level\":\"high\",\"alerts\":3");
    incident_sees(&b, "candidate.show", "candidate=2", "\"state\":\"joined\"");
    act_bench_release(&b);
}

/* Alert 5 ties h1 and h2 together by an's account; where people place it, it ties nothing. */
static void what_is_placed_links_nothing(void **state)
{
    struct act_bench b;

    (void)state;
    two(&b);
    (void)finding(&b, "r4", "h2", "an", LEVEL_HIGH);
    assert_int_equal(of(&b, 3), 1);
    act_good(&b, "{'act':'candidate.place','alerts':[4],'reason':'a test of ours'}");
    work(&b);
    assert_int_equal(of(&b, 1), of(&b, 2));
    assert_int_not_equal(of(&b, 1), of(&b, 3));
    assert_int_not_equal(of(&b, 4), of(&b, 1));
    assert_int_not_equal(of(&b, 4), of(&b, 3));
    act_good(&b, "{'act':'candidate.place','alerts':[4],'reason':'elsewhere'}");
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM candidate c WHERE alerts <> (SELECT count(*)"
                                 " FROM candidate_alert m WHERE m.candidate = c.id)"),
                     0);
    (void)finding(&b, "r4", "h2", "an", LEVEL_HIGH); /* of the same alert: it stays */
    assert_int_not_equal(of(&b, 1), of(&b, 3));
    act_good(&b, "{'act':'candidate.free','alerts':[4]}");
    work(&b);
    assert_int_equal(of(&b, 1), of(&b, 3));
    act_bad(&b, "{'act':'candidate.free','alerts':[4]}", ERR_CONFLICT, "Nobody placed alert 4.");
    assert_int_equal(
        act_sql(&b, "SELECT count(*) FROM candidate WHERE state = 'open' AND alerts = 0"), 0);
    act_bench_release(&b);
}

static void an_incident_takes_its_alerts(void **state)
{
    struct act_bench b;

    (void)state;
    two(&b);
    act_bad(&b, "{'act':'candidate.escalate','candidate':1}", ERR_USAGE,
            "title, type and severity");
    act_good(
        &b,
        "{'act':'candidate.escalate','candidate':1,'title':'Web shell','type':'N1','severity':'M2',"
        "'systems':[3]}");
    incident_sees(&b, "candidate.show", "candidate=1", "\"state\":\"escalated\"");
    incident_sees(&b, "candidate.show", "candidate=1", "\"incident\":1");
    incident_counts(&b, "alert.list", "incident=1&state=all", 2);
    act_bad(&b, "{'act':'candidate.escalate','candidate':1,'incident':1}", ERR_CONFLICT,
            "Candidate 1 is escalated.");
    act_good(&b, "{'act':'candidate.escalate','candidate':2,'incident':1}");
    incident_counts(&b, "alert.list", "incident=1&state=all", 3);
    (void)finding(&b, "r5", "h1", "an", LEVEL_HIGH); /* what comes later is a new candidate */
    assert_int_equal(of(&b, 4), 3);
    act_good(&b, "{'act':'alert.close','alerts':[4],'verdict':'test','reason':'x'}");
    act_bad(&b, "{'act':'candidate.escalate','candidate':3,'incident':1}", ERR_CONFLICT,
            "are decided, or of incidents");
    act_bench_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_queue_has_the_highest_score_first),
        cmocka_unit_test(risk_is_each_rule_once_and_halves_in_a_day),
        cmocka_unit_test(what_was_decided_counts_no_more),
        cmocka_unit_test(what_nobody_has_to_decide_is_in_no_queue),
        cmocka_unit_test(the_level_of_the_system_counts),
        cmocka_unit_test(dismissing_decides_its_alerts_and_can_be_undone),
        cmocka_unit_test(restoring_finds_what_came_meanwhile),
        cmocka_unit_test(two_that_are_one_stay_one),
        cmocka_unit_test(what_is_placed_links_nothing),
        cmocka_unit_test(an_incident_takes_its_alerts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
