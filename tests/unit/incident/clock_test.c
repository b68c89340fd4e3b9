/*
 * Goal: a clock of the law starts at T0, follows what the incident is, is never lost without a
 * word, is stopped by a dispatch alone, and is told before it runs out, each share once.
 * Method: acts under the law of incident_bench.h; every case of the table below is also asked of a
 * plain model; rounds of the desk with the clock put forward.
 */
#include "incident_bench.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "../check.h"

#define DISPATCH(clocks)                                                                           \
    "{'act':'clock.dispatch','incident':1,'clocks':" clocks ",'number':'12/BC-SKHCN',"             \
    "'sent':'2025-11-24T16:00:00Z','channel':'letter','recipient':'A05'}"

static void clocks_follow_what_it_is(void **state)
{
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    (void)incident_told(&b, "M2");
    assert_int_equal(act_number(&b, "clocks_started"), 2);
    b.now_ns += HOUR;
    act_good(&b, "{'act':'incident.change','incident':1,'severity':'M1','level':4,"
                 "'facts':'personal-data'}");
    assert_int_equal(act_number(&b, "clocks_started"), 3);
    assert_int_equal(act_number(&b, "clocks_ended"), 0);
    /* from T0, not from the change */
    assert_int_equal(act_sql(&b, "SELECT due FROM clock WHERE clock = 'at-once'"), NOW);
    assert_int_equal(act_sql(&b, "SELECT due FROM clock WHERE clock = 'pd72'"), NOW + 72 * HOUR);
    act_bad(&b, "{'act':'act.undo','undoes':2}", ERR_CONFLICT, "cannot be undone");
    /* less grave: not without a word */
    act_bad(&b, "{'act':'incident.change','incident':1,'severity':'M3'}", ERR_USAGE,
            "of SC-2025-0001 would end or run longer");
    act_bad(&b, "{'act':'incident.change','incident':1,'facts':'none'}", ERR_USAGE,
            "reason: Clock pd72");
    act_good(&b, "{'act':'incident.change','incident':1,'severity':'M3','reason':'báo nhầm'}");
    assert_int_equal(act_number(&b, "clocks_ended"), 2);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM clock WHERE ended IS NOT NULL AND"
                                 " why = 'báo nhầm'"),
                     2);
    incident_sees(&b, "incident.show", "incident=1", "\"state\":\"ended\"");
    incident_counts(&b, "clock.list", "", 3);
    /* and it comes back when it is as grave again */
    act_good(&b, "{'act':'incident.change','incident':1,'severity':'M2'}");
    assert_int_equal(act_number(&b, "clocks_started"), 1);
    incident_sees(&b, "clock.list", "", "\"clock\":\"h24\"");
    assert_true(view_says(&b, "\"left_s\":82800,\"late\":false"));
    act_bench_release(&b);
}

static void a_correction_of_t0_is_added(void **state)
{
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    b.who.roles = ROLE_BIT(LEAD);
    (void)incident_told(&b, "M3");
    act_good(&b, DISPATCH("[1]"));
    act_good(&b, "{'act':'incident.detected','incident':1,'detected':'2025-11-24T12:00:00Z',"
                 "'reason':'trực đã thấy từ trước'}");
    /* what was said stays; the clock moved and is still answered */
    assert_int_equal(act_sql(&b, "SELECT detected FROM incident"), NOW);
    assert_int_equal(act_sql(&b,
                             "SELECT count(*) FROM clock WHERE dispatch = 1 AND ended IS NULL AND"
                             " started = 1764000000000000000 - 14400000000000"),
                     1);
    incident_sees(&b, "incident.show", "incident=1", "\"detected\":\"2025-11-24T12:00:00Z\"");
    assert_true(view_says(&b, "trực đã thấy từ trước"));
    act_bad(
        &b,
        "{'act':'incident.detected','incident':1,'detected':'2025-11-24T12:00:00Z','reason':'x'}",
        ERR_CONFLICT, "detected then already");
    act_bad(
        &b,
        "{'act':'incident.detected','incident':1,'detected':'2025-11-24T17:00:00Z','reason':'x'}",
        ERR_USAGE, "was opened before that");
    /* into the time of another law */
    act_good(&b, "{'act':'incident.detected','incident':1,'detected':'2025-11-19T12:00:00Z',"
                 "'reason':'nhật ký'}");
    assert_int_equal(act_sql(&b, "SELECT profile = 'old' FROM incident"), 1);
    incident_sees(&b, "clock.list", "", "\"clock\":\"d5\"");
    act_bad(
        &b,
        "{'act':'incident.detected','incident':1,'detected':'2019-11-19T12:00:00Z','reason':'x'}",
        ERR_CONFLICT, "No law is known");
    act_bench_release(&b);
}

static void no_digest(sqlite3_context *c, int count, sqlite3_value **values)
{
    (void)count;
    (void)values;
    sqlite3_result_int(c, 1);
}

/* The database itself refuses what no act does. */
static void t0_cannot_be_overwritten(void **state)
{
    static const char *const columns[] = { "detected = detected - 1", "source = 'alert'",
                                           "opened = opened - 1", "number = 'SC-2025-0009'" };
    struct act_bench b;
    sqlite3 *conn;

    (void)state;
    incident_bench_init(&b);
    (void)incident_told(&b, "M3");
    assert_int_equal(sqlite3_open(b.folder.db, &conn), SQLITE_OK);
    assert_int_equal(sqlite3_create_function(conn, "canh_digest", -1,
                                             SQLITE_UTF8 | SQLITE_INNOCUOUS, NULL, no_digest, NULL,
                                             NULL),
                     SQLITE_OK);
    for (size_t i = 0; i < COUNT_OF(columns); i++) {
        char sql[100];

        (void)snprintf(sql, sizeof(sql), "UPDATE incident SET %s", columns[i]);
        assert_int_equal(sqlite3_exec(conn, sql, NULL, NULL, NULL), SQLITE_CONSTRAINT);
        assert_string_equal(sqlite3_errmsg(conn), "when an incident was detected is never changed");
    }
    assert_int_equal(sqlite3_exec(conn, "UPDATE incident SET title = 'x'", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(conn), SQLITE_OK);
    act_bench_release(&b);
}

static void only_a_dispatch_stops_one(void **state)
{
    static const struct {
        const char *request;
        int code;
        const char *words;
    } rows[] = {
        { DISPATCH("[9]"), ERR_NOTFOUND, "SC-2025-0001 has no clock 9" },
        { DISPATCH("[3]"), ERR_NOTFOUND, "SC-2025-0001 has no clock 3" }, /* another's */
        { "{'act':'clock.dispatch','incident':1,'clocks':[1],'number':'1','channel':'letter',"
          "'recipient':'A05','sent':'2025-11-25T16:00:00Z'}",
          ERR_USAGE, "sent: This is still to come" },
        { "{'act':'clock.dispatch','incident':1,'clocks':[1],'number':'1','channel':'letter',"
          "'recipient':'A05','sent':'2025-11-23T16:00:00Z'}",
          ERR_USAGE, "sent: This is before SC-2025-0001 was detected" },
        { "{'act':'clock.dispatch','incident':1,'clocks':[1],'channel':'letter',"
          "'recipient':'A05','sent':'2025-11-24T16:00:00Z'}",
          ERR_USAGE, "number: This is missing" },
        { "{'act':'clock.dispatch','incident':1,'clocks':[1],'number':'1','channel':'pigeon',"
          "'recipient':'A05','sent':'2025-11-24T16:00:00Z'}",
          ERR_USAGE, "channel: This is none" },
    };
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    (void)incident_told(&b, "M2");
    (void)incident_told(&b, "M3");
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        act_bad(&b, rows[i].request, rows[i].code, rows[i].words);
    act_good(&b, "{'act':'incident.stage','incident':1,'stage':'recover'}");
    act_bad(&b, "{'act':'incident.close','incident':1,'cause':'attack','result':'x','skip':'x'}",
            ERR_CONFLICT, "2 clocks run");
    act_good(&b, DISPATCH("[1]"));
    act_bad(&b, DISPATCH("[1]"), ERR_CONFLICT, "Clock 1 does not run");
    incident_counts(&b, "clock.list", "", 2);
    /* whoever closes it with one that runs says why; it is seen, and runs again when reopened */
    act_good(&b, "{'act':'incident.close','incident':1,'cause':'attack','result':'x','skip':'x',"
                 "'unsent':'PA05 đã nắm'}");
    incident_counts(&b, "clock.list", "", 1);
    incident_sees(&b, "incident.show", "incident=1", "\"unsent\":\"PA05 đã nắm\"");
    assert_true(view_says(&b, "\"state\":\"answered\""));
    act_good(&b, "{'act':'incident.reopen','incident':1,'reason':'x'}");
    assert_int_equal(act_number(&b, "clocks_started"), 1);
    assert_int_equal(act_sql(&b, "SELECT due FROM clock WHERE incident = 1 AND dispatch IS NULL AND"
                                 " ended IS NULL"),
                     NOW + 72 * HOUR);
    /* after it is over, too: the final report */
    act_good(&b,
             "{'act':'incident.close','incident':1,'cause':'attack','result':'x','unsent':'x'}");
    act_good(&b, "{'act':'clock.dispatch','incident':1,'number':'13/BC-SKHCN','channel':'letter',"
                 "'recipient':'A05','sent':'2025-11-24T16:00:00Z'}");
    incident_sees(&b, "form.mau-04", "incident=1", "\"initial\":{\"number\":\"12/BC-SKHCN\"");
    act_bench_release(&b);
}

/* A final report is due after the end, and again after another end. */
static void some_begin_when_it_is_over(void **state)
{
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    (void)incident_told(&b, "M4");
    act_good(&b, "{'act':'incident.change','incident':1,'level':5}"); /* h48 */
    incident_counts(&b, "clock.list", "", 1);
    b.now_ns += HOUR;
    act_good(&b, "{'act':'incident.close','incident':1,'cause':'attack','result':'x','skip':'x',"
                 "'unsent':'x'}");
    assert_int_equal(act_number(&b, "clocks_started"), 1);
    incident_sees(&b, "clock.list", "", "\"clock\":\"final\"");
    assert_true(view_says(&b, "\"due\":\"2025-11-29T17:00:00Z\"") &&
                view_says(&b, "\"starts\":\"end\",\"sure\":true"));
    act_good(&b,
             "{'act':'clock.dispatch','incident':1,'clocks':[2],'number':'9/BC','channel':'letter',"
             "'recipient':'A05','sent':'2025-11-24T17:00:00Z'}");
    act_bad(&b, "{'act':'act.undo','undoes':3}", ERR_CONFLICT, "cannot be undone");
    act_good(&b, "{'act':'incident.reopen','incident':1,'reason':'x'}");
    incident_sees(&b, "clock.list", "", "\"clock\":\"h48\"");
    assert_false(view_says(&b, "final"));
    b.now_ns += HOUR;
    act_good(&b,
             "{'act':'incident.close','incident':1,'cause':'attack','result':'x','unsent':'x'}");
    incident_sees(&b, "clock.list", "", "\"due\":\"2025-11-29T18:00:00Z\"");
    act_bench_release(&b);
}

/* Who knows no law (it could not be read) starts no clock, and ends none. */
static void without_a_law_nothing_is_lost(void **state)
{
    struct act_bench b;
    struct acts *with;
    struct acts_from from;

    (void)state;
    incident_bench_init(&b);
    (void)incident_told(&b, "M2");
    from = (struct acts_from){ .table = &office_acts, .db = b.db };
    with = b.acts;
    assert_int_equal(acts_new(&b.acts, &from, &b.e), ERR_OK);
    act_good(&b, "{'act':'incident.change','incident':1,'severity':'M4','type':'zz'}");
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM clock WHERE ended IS NULL"), 2);
    act_bad(&b, "{'act':'incident.open','title':'x','type':'zz','severity':'zz','channel':'phone'}",
            ERR_IO, "law could not be read");
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM clock"), 2);
    acts_free(&b.acts);
    b.acts = with;
    act_bench_release(&b);
}

/* Every severity into every other, with and without facts and level: what runs is what a model that
 * knows nothing of before and after says. */
static void whatever_it_was_before(void **state)
{
    static const char *const facts[] = { "none", "personal-data" };
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    for (int i = 0; i < 16 * 16; i++) { /* an incident each */
        char request[300], which[40], query[200];

        (void)snprintf(which, sizeof(which), "'incident':%d,'reason':'x'", i + 1);
        for (int k = 0; k < 2; k++) {
            int at = k == 0 ? i / 16 : i % 16;
            int m = at % 4 + 1, fact = at / 4 % 2, level = at / 8 * 4;

            (void)snprintf(request, sizeof(request),
                           "{'act':'incident.%s','title':'x','type':'N2','severity':'M%d',"
                           "'facts':'%s','level':%d,%s}",
                           k == 0 ? "open" : "change", m, facts[fact], level,
                           k == 0 ? "'channel':'phone'" : which);
            act_good(&b, request);
            (void)snprintf(query, sizeof(query),
                           "SELECT count(*) FROM clock WHERE ended IS NULL AND incident = %d",
                           i + 1);
            assert_int_equal(act_sql(&b, query),
                             (m == 1) + (m <= 2) + (m <= 3) + fact + (level >= 4));
            (void)snprintf(query, sizeof(query),
                           "SELECT count(*) FROM clock WHERE ended IS NULL AND incident = %d"
                           " AND clock = 'h24'",
                           i + 1);
            assert_int_equal(act_sql(&b, query), m <= 2);
        }
    }
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM incident"), 16 * 16);
    act_bench_release(&b);
}

/* --- what runs out -------------------------------------------------------------------------- */

struct rounds {
    struct act_bench b;
    struct alerts *alerts;
};

static void rounds_init(struct rounds *r)
{
    incident_bench_init(&r->b);
    assert_int_equal(alerts_new(&r->alerts, r->b.db, HOUR, &r->b.e), ERR_OK);
}

static void rounds_release(struct rounds *r)
{
    alerts_free(&r->alerts);
    act_bench_release(&r->b);
}

static void go(struct rounds *r, int64_t now_ns)
{
    bool more = true;

    r->b.now_ns = now_ns;
    alerts_clock(r->alerts, now_ns);
    while (more) {
        assert_int_equal(db_begin(r->b.db, &r->b.e), ERR_OK);
        if (incident_due(r->b.db, r->alerts, now_ns, &more, &r->b.e) != ERR_OK)
            fail_msg("%s", r->b.e.why);
        assert_int_equal(alerts_flush(r->alerts, &r->b.e), ERR_OK);
        assert_int_equal(db_commit(r->b.db, &r->b.e), ERR_OK);
    }
    alerts_forget(r->alerts);
}

#define OPEN(rule) "SELECT count(*) FROM alert WHERE rule = '" rule "' AND state = 'new'"
#define EVER(rule) "SELECT count(*) FROM alert WHERE rule = '" rule "'"

static void a_clock_is_told_before_it_runs_out(void **state)
{
    static const struct {
        int64_t minutes; /* after T0, of a clock of 24 h */
        int64_t open, ever, level;
    } steps[] = {
        { 0, 0, 0, -1 },
        { 719, 0, 0, -1 },
        { 720, 1, 1, LEVEL_LOW },
        { 721, 1, 1, LEVEL_LOW },
        { 1080, 1, 2, LEVEL_MEDIUM },
        { 1079, 1, 2, LEVEL_MEDIUM },
        { 1296, 1, 3, LEVEL_HIGH },
        { 1440, 1, 4, LEVEL_CRITICAL },
        { 1500, 1, 4, LEVEL_CRITICAL },
    };
    struct rounds r;

    (void)state;
    rounds_init(&r);
    (void)incident_told(&r.b, "M2");
    act_good(&r.b, DISPATCH("[2]")); /* only that of 24 h */
    act_good(&r.b, "{'act':'task.skip','tasks':[1,2,3],'reason':'x'}");
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        go(&r, NOW + steps[i].minutes * 60 * INT64_C(1000000000));
        assert_int_equal(act_sql(&r.b, OPEN("canh.clock")), steps[i].open);
        assert_int_equal(act_sql(&r.b, EVER("canh.clock")), steps[i].ever);
        if (steps[i].open > 0)
            assert_int_equal(act_sql(&r.b, "SELECT level FROM alert WHERE rule = 'canh.clock' AND"
                                           " state = 'new'"),
                             steps[i].level);
    }
    assert_int_equal(act_sql(&r.b,
                             "SELECT count(*) FROM alert WHERE entity = 'SC-2025-0001 h24 100%'"
                             " AND title LIKE 'A clock of the law has run out: %'"),
                     1);
    act_good(&r.b, DISPATCH("[1]")); /* late: but sent */
    go(&r, r.b.now_ns);
    assert_int_equal(act_sql(&r.b, OPEN("canh.clock")), 0);
    go(&r, r.b.now_ns + DAY);
    assert_int_equal(act_sql(&r.b, EVER("canh.clock")), 4);
    rounds_release(&r);
}

/* What people closed does not come again for the same share; a crash between loses nothing. */
static void each_share_is_told_once(void **state)
{
    struct rounds r;
    bool more;

    (void)state;
    rounds_init(&r);
    (void)incident_told(&r.b, "M1");
    assert_int_equal(db_begin(r.b.db, &r.b.e), ERR_OK);
    assert_int_equal(incident_due(r.b.db, r.alerts, NOW, &more, &r.b.e), ERR_OK);
    db_rollback(r.b.db);
    alerts_forget(r.alerts);
    assert_int_equal(act_sql(&r.b, EVER("canh.clock")), 0);
    go(&r, NOW); /* at once is at once */
    assert_int_equal(act_sql(&r.b, EVER("canh.clock")), 1);
    act_good(&r.b,
             "{'act':'alert.close','alerts':[1],'verdict':'true-positive','reason':'biết rồi'}");
    go(&r, NOW + HOUR / 60);
    assert_int_equal(act_sql(&r.b, EVER("canh.clock")), 1);
    act_good(&r.b, "{'act':'incident.change','incident':1,'severity':'M3','reason':'x'}");
    go(&r, NOW + 13 * HOUR);
    assert_int_equal(act_sql(&r.b, OPEN("canh.clock")), 0); /* that of 24 h ended */
    rounds_release(&r);
}

static void many_take_several_rounds(void **state)
{
    struct rounds r;

    (void)state;
    rounds_init(&r);
    for (int i = 0; i < 100; i++)
        (void)incident_told(&r.b, "M3");
    go(&r, NOW + 73 * HOUR);
    assert_int_equal(act_sql(&r.b, OPEN("canh.clock")), 100);
    assert_int_equal(act_sql(&r.b, OPEN("canh.task")), 200); /* a step of each has no end */
    rounds_release(&r);
}

static void tasks_and_phieu_are_told_when_late(void **state)
{
    struct rounds r;

    (void)state;
    rounds_init(&r);
    (void)incident_told(&r.b, "M4");
    act_good(
        &r.b,
        "{'act':'phieu.make','kind':'request','agency':7,'subject':'x','what':'Máy nhiễm','proof':'x',"
        "'steps':'x','due':'2025-11-25T16:00:00Z'}");
    go(&r, NOW + 2 * DAY);
    assert_int_equal(act_sql(&r.b, OPEN("canh.phieu")), 0); /* a draft */
    r.b.now_ns = NOW;
    act_good(&r.b, "{'act':'phieu.send','phieu':1,'channel':'letter'}");
    assert_int_equal(act_sql(&r.b, OPEN("canh.task")), 2);
    go(&r, NOW + DAY);
    assert_int_equal(act_sql(&r.b, OPEN("canh.phieu")), 1);
    act_good(&r.b, "{'act':'phieu.answer','phieu':1,'done':'x'}");
    act_good(&r.b, "{'act':'task.done','tasks':[1]}");
    go(&r, NOW + DAY);
    assert_int_equal(act_sql(&r.b, OPEN("canh.phieu")), 0);
    assert_int_equal(act_sql(&r.b, OPEN("canh.task")), 1);
    act_good(&r.b, "{'act':'phieu.check','phieu':1,'good':false,'text':'thiếu'}");
    go(&r, NOW + DAY + 1); /* it is late again */
    assert_int_equal(act_sql(&r.b, OPEN("canh.phieu")), 1);
    assert_int_equal(act_sql(&r.b, EVER("canh.phieu")), 2);
    rounds_release(&r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_follow_what_it_is),
        cmocka_unit_test(a_correction_of_t0_is_added),
        cmocka_unit_test(t0_cannot_be_overwritten),
        cmocka_unit_test(only_a_dispatch_stops_one),
        cmocka_unit_test(some_begin_when_it_is_over),
        cmocka_unit_test(without_a_law_nothing_is_lost),
        cmocka_unit_test(whatever_it_was_before),
        cmocka_unit_test(a_clock_is_told_before_it_runs_out),
        cmocka_unit_test(each_share_is_told_once),
        cmocka_unit_test(many_take_several_rounds),
        cmocka_unit_test(tasks_and_phieu_are_told_when_late),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
