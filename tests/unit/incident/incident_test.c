/*
 * Goal: an incident has its number, its T0, its clocks and tasks; goes its way; can be merged,
 * split, closed and opened again, and nothing of that loses anything; who may not, may not.
 * Method: acts as JSON upon a database, under the small law of incident_bench.h.
 */
#include "incident_bench.h"

#include <stdlib.h>
#include <string.h>

#include "../check.h"

static void one_comes_from_alerts(void **state)
{
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    (void)act_alert_made(&b, "r", "one");
    b.now_ns += HOUR;
    (void)act_alert_made(&b, "r", "two");
    b.now_ns += HOUR;
    act_good(&b, "{'act':'alert.escalate','alerts':[2,1],'title':'Ransomware','type':'N1',"
                 "'severity':'M2','systems':[7,3]}");
    assert_int_equal(act_number(&b, "incident"), 1);
    assert_int_equal(act_number(&b, "tasks"), 3);
    assert_int_equal(b.changed, 1);
    assert_true(view_says(&b, "\"number\":\"SC-2025-0001\""));
    /* T0 is when the desk made the first */
    assert_int_equal(act_sql(&b, "SELECT detected FROM incident WHERE source = 'alert'"), NOW);
    assert_int_equal(act_sql(&b, "SELECT due FROM clock WHERE clock = 'h24'"), NOW + 24 * HOUR);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM clock"), 2);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM alert WHERE incident = 1 AND"
                                 " state = 'investigating' AND assignee = 'an'"),
                     2);
    assert_int_equal(act_sql(&b, "SELECT due FROM task WHERE step = 'isolate'"), NOW + HOUR / 2);
    assert_int_equal(act_sql(&b, "SELECT due IS NULL FROM task WHERE step = 'learn'"), 1);
    incident_sees(&b, "incident.list", "", "\"systems\":[3,7]");
    incident_counts(&b, "incident.list", "system=7", 1);
    incident_counts(&b, "incident.list", "system=8", 0);
    incident_counts(&b, "alert.list", "incident=1", 2);
    act_bad(&b, "{'act':'alert.escalate','alerts':[1],'title':'x','type':'N1','severity':'M2'}",
            ERR_CONFLICT, "Alert 1 is of incident 1 already");
    act_bench_release(&b);
}

static void what_cannot_be_opened_says_why(void **state)
{
    static const struct {
        const char *request;
        int code;
        const char *words;
    } rows[] = {
        { "{'act':'incident.open','title':'x','type':'N1','severity':'M2'}", ERR_USAGE,
          "channel: Without alerts" },
        { "{'act':'incident.open','title':'x','type':'N9','severity':'M2','channel':'phone'}",
          ERR_USAGE, "type: The law of that time (new) has none such" },
        { "{'act':'incident.open','title':'x','type':'N1','severity':'M9','channel':'phone'}",
          ERR_USAGE, "severity: The law" },
        { "{'act':'incident.open','title':'x','type':'N1','severity':'M2','channel':'phone',"
          "'detected':'2026-01-01T00:00:00Z'}",
          ERR_USAGE, "detected: This is still to come" },
        { "{'act':'incident.open','title':'x','type':'N1','severity':'M2','channel':'phone',"
          "'detected':'2019-01-01T00:00:00Z'}",
          ERR_CONFLICT, "No law is known" },
        { "{'act':'incident.open','title':'x','type':'N1','severity':'M2','alerts':[1],"
          "'detected':'2025-11-24T00:00:00Z'}",
          ERR_USAGE, "detected: Alerts say themselves" },
        { "{'act':'incident.open','title':'x','type':'N1','severity':'M2','alerts':[9]}",
          ERR_NOTFOUND, "no alert 9" },
        { "{'act':'incident.open','title':'x','type':'N1','severity':'M2','channel':'phone',"
          "'level':6}",
          ERR_USAGE, "level: This is no number from 0 to 5" },
        { "{'act':'incident.open','title':'x','type':'N1','severity':'M2','channel':'phone',"
          "'facts':'spread angry'}",
          ERR_USAGE, "facts: The law of that time (new) has not angry" },
        { "{'act':'alert.escalate','alerts':[1]}", ERR_USAGE, "title: A new incident needs" },
        { "{'act':'alert.escalate','alerts':[1],'incident':9}", ERR_NOTFOUND, "no incident 9" },
        { "{'act':'incident.note','incident':9,'text':'x'}", ERR_NOTFOUND, "no incident 9" },
        { "{'act':'incident.stage','incident':9,'stage':'contain'}", ERR_NOTFOUND, "no incident" },
    };
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    (void)act_alert_made(&b, "r", "one");
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        act_bad(&b, rows[i].request, rows[i].code, rows[i].words);
    act_bench_release(&b);
}

static void numbers_begin_anew_with_the_year_in_viet_nam(void **state)
{
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    b.now_ns = INT64_C(1767200399000000000); /* 2025-12-31T16:59:59Z */
    (void)incident_told(&b, "M3");
    assert_true(view_says(&b, "SC-2025-0001"));
    (void)incident_told(&b, "M3");
    assert_true(view_says(&b, "SC-2025-0002"));
    b.now_ns += INT64_C(1000000000); /* midnight in Ha Noi */
    (void)incident_told(&b, "M3");
    assert_true(view_says(&b, "SC-2026-0001"));
    act_bench_release(&b);
}

static void it_goes_its_way(void **state)
{
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    (void)act_alert_made(&b, "r", "one");
    act_good(&b, "{'act':'incident.open','title':'Mã độc','type':'N1','severity':'M4',"
                 "'alerts':[1],'summary':'Một máy'}");
    act_good(&b, "{'act':'incident.stage','incident':1,'stage':'contain','note':'rút cáp'}");
    act_bad(&b, "{'act':'incident.stage','incident':1,'stage':'contain'}", ERR_CONFLICT,
            "is at that stage");
    act_good(&b, "{'act':'act.undo','undoes':2}");
    assert_int_equal(act_sql(&b, "SELECT state = 'detect' FROM incident"), 1);
    act_bad(&b, "{'act':'incident.assign','incident':1,'to':'binh'}", ERR_NOTFOUND,
            "to: There is no such user: binh.");
    act_bad(&b,
            "{'act':'incident.open','title':'x','type':'N1','severity':'M4','channel':'phone',"
            "'owner':'binh'}",
            ERR_NOTFOUND, "owner: There is no such user: binh.");
    act_users_made(&b, "binh");
    act_good(&b, "{'act':'incident.assign','incident':1,'to':'binh'}");
    act_good(&b, "{'act':'incident.note','incident':1,'text':'đang xem'}");
    act_bad(&b, "{'act':'incident.close','incident':1,'cause':'attack','result':'xong'}",
            ERR_CONFLICT, "3 tasks are open");
    act_good(&b, "{'act':'task.done','tasks':[1,2],'result':'xong'}");
    act_bad(&b, "{'act':'incident.close','incident':1,'cause':'angry','result':'x','skip':'x'}",
            ERR_USAGE, "cause: The law");
    act_good(&b, "{'act':'incident.close','incident':1,'cause':'attack','result':'Đã xong',"
                 "'skip':'không cần'}");
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM task WHERE state = 'skipped' AND"
                                 " result = 'không cần'"),
                     1);
    assert_int_equal(act_sql(&b, "SELECT verdict = 'true-positive' AND cause = 'incident' AND"
                                 " reason = 'SC-2025-0001' AND state = 'closed' FROM alert"),
                     1);
    act_bad(&b, "{'act':'incident.stage','incident':1,'stage':'contain'}", ERR_CONFLICT,
            "SC-2025-0001 is closed");
    act_bad(&b, "{'act':'incident.alerts','incident':1,'remove':[1]}", ERR_CONFLICT, "is closed");
    incident_counts(&b, "incident.list", "", 0);
    incident_counts(&b, "incident.list", "state=closed", 1);
    /* no clock was touched: closing can be undone, whole */
    act_good(&b, "{'act':'act.undo','undoes':7}");
    assert_int_equal(act_sql(&b, "SELECT (SELECT state = 'detect' AND closed IS NULL FROM incident)"
                                 " + (SELECT state = 'investigating' FROM alert)"
                                 " + (SELECT state = 'todo' FROM task WHERE id = 3)"),
                     3);
    act_good(&b, "{'act':'incident.close','incident':1,'cause':'device','result':'x','skip':'x',"
                 "'verdict':'false-positive'}");
    assert_int_equal(act_sql(&b, "SELECT verdict = 'false-positive' FROM alert"), 1);
    act_good(&b, "{'act':'incident.reopen','incident':1,'reason':'lại có'}");
    act_bad(&b, "{'act':'incident.reopen','incident':1,'reason':'x'}", ERR_CONFLICT, "not closed");
    incident_sees(&b, "act.of", "kind=incident&key=1",
                  "\"did\":\"incident.reopen\",\"note\":\"lại có\"");
    act_bench_release(&b);
}

static void it_is_changed_and_put_back(void **state)
{
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    (void)incident_told(&b, "M4");
    act_good(&b, "{'act':'incident.change','incident':1,'title':'Đổi giao diện','type':'N2',"
                 "'cause':'device','level':2,'summary':'x','facts':'spread  quiet'}");
    assert_int_equal(act_sql(&b, "SELECT title = 'Đổi giao diện' AND type = 'N2' AND level = 2 AND"
                                 " facts = '[\"spread\",\"quiet\"]' FROM incident"),
                     1);
    incident_counts(&b, "incident.list", "text=ĐỔI GIAO", 1);
    incident_counts(&b, "incident.list", "text=sc-2025-0001", 1);
    incident_counts(&b, "incident.list", "text=khac", 0);
    incident_counts(&b, "incident.list", "type=N2&severity=M4&owner=an&since=1h&below=2", 1);
    incident_counts(&b, "incident.list", "below=1", 0);
    act_good(&b, "{'act':'incident.change','incident':1,'facts':'none'}");
    assert_int_equal(act_sql(&b, "SELECT facts = '[]' FROM incident"), 1);
    act_good(&b, "{'act':'act.undo','undoes':3}");
    act_good(&b, "{'act':'act.undo','undoes':2}");
    assert_int_equal(
        act_sql(&b, "SELECT type = 'N1' AND level = 0 AND cause IS NULL FROM incident"), 1);
    act_good(&b, "{'act':'incident.systems','incident':1,'add':[3,4]}");
    act_bad(&b, "{'act':'incident.systems','incident':1,'add':[4]}", ERR_CONFLICT,
            "System 4 is there already");
    act_good(&b, "{'act':'incident.systems','incident':1,'remove':[3]}");
    act_bad(&b, "{'act':'incident.systems','incident':1,'remove':[3]}", ERR_CONFLICT,
            "is not there");
    act_bad(&b, "{'act':'incident.systems','incident':1}", ERR_USAGE, "add: Something");
    act_bench_release(&b);
}

static void alerts_come_and_go(void **state)
{
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    (void)act_alert_made(&b, "r", "one");
    b.now_ns += HOUR;
    (void)incident_told(&b, "M4");
    act_good(&b, "{'act':'incident.alerts','incident':1,'add':[1]}");
    assert_true(view_says(&b, "\"earlier\":true")); /* T0 stays; who corrects it says why */
    assert_int_equal(act_sql(&b, "SELECT detected FROM incident"), NOW + HOUR);
    act_bad(&b, "{'act':'incident.alerts','incident':1}", ERR_USAGE, "add: Something");
    act_good(&b, "{'act':'act.undo','undoes':2}");
    assert_int_equal(act_sql(&b, "SELECT incident IS NULL AND state = 'new' FROM alert"), 1);
    act_bad(&b, "{'act':'incident.alerts','incident':1,'remove':[1]}", ERR_CONFLICT,
            "Alert 1 is not of SC-2025-0001");
    act_good(&b, "{'act':'alert.escalate','incident':1,'alerts':[1]}");
    act_good(&b, "{'act':'incident.alerts','incident':1,'remove':[1]}");
    assert_int_equal(act_sql(&b, "SELECT incident IS NULL FROM alert"), 1);
    act_bench_release(&b);
}

static void two_become_one(void **state)
{
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    (void)act_alert_made(&b, "r", "one");
    act_good(&b, "{'act':'alert.escalate','alerts':[1],'title':'a','type':'N1','severity':'M2',"
                 "'systems':[5]}");
    b.now_ns += 2 * HOUR;
    (void)incident_told(&b, "M3");
    act_good(&b, "{'act':'observable.add','incident':1,'type':'ipv4-addr','value':'203.0.113.9'}");
    act_good(&b,
             "{'act':'observable.add','incident':1,'type':'domain-name','value':'evil.example'}");
    act_good(&b,
             "{'act':'observable.add','incident':2,'type':'domain-name','value':'Evil.example'}");
    assert_int_equal(act_number(&b, "others"), 1);
    act_good(&b, "{'act':'evidence.add','incident':1,'what':'log','origin':'srv','events':'0.1'}");
    act_good(&b, "{'act':'task.add','incident':1,'title':'gọi điện','phase':'contain'}");
    act_bad(&b, "{'act':'incident.merge','incident':1,'into':1,'reason':'x'}", ERR_CONFLICT,
            "Nothing can be merged");
    /* its clock of 24 h would be lost */
    act_bad(&b, "{'act':'incident.merge','incident':1,'into':2,'reason':'x'}", ERR_CONFLICT,
            "SC-2025-0002 has no clock as one that runs for SC-2025-0001");
    act_good(&b, "{'act':'incident.change','incident':2,'severity':'M2'}");
    act_good(&b, "{'act':'incident.merge','incident':1,'into':2,'reason':'cùng mã độc'}");
    assert_int_equal(
        act_sql(&b, "SELECT state = 'merged' AND merged = 2 FROM incident WHERE id = 1"), 1);
    /* the earlier detection counts: nothing runs longer than it did */
    assert_int_equal(act_sql(&b,
                             "SELECT max(due) FROM clock WHERE incident = 2 AND ended IS NULL AND"
                             " clock = 'h24'"),
                     NOW + 24 * HOUR);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM clock WHERE ended IS NULL AND incident = 1"),
                     0);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM clock WHERE ended IS NOT NULL AND why LIKE"
                                 " 'SC-2025-0001, SC-2025-0002: cùng mã độc'"),
                     4);
    assert_int_equal(act_sql(&b, "SELECT incident FROM alert WHERE id = 1"), 2);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM incident_system WHERE incident = 2"), 1);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM observable WHERE incident = 2 AND removed IS"
                                 " NULL"),
                     2);
    /* the steps that both had stay behind, what was added goes over */
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM task WHERE incident = 2 AND state = 'todo'"),
                     4);
    assert_int_equal(
        act_sql(&b, "SELECT count(*) FROM task WHERE incident = 1 AND state = 'skipped'"), 3);
    /* evidence stays where it was taken, and is seen from the other */
    incident_sees(&b, "evidence.list", "incident=2", "\"number\":\"SC-2025-0001/1\"");
    incident_sees(&b, "incident.show", "incident=2", "\"what\":\"log\"");
    act_bad(&b, "{'act':'act.undo','undoes':9}", ERR_CONFLICT, "cannot be undone");
    act_bad(&b, "{'act':'incident.stage','incident':1,'stage':'contain'}", ERR_CONFLICT,
            "is merged");
    act_bad(&b, "{'act':'incident.reopen','incident':1,'reason':'x'}", ERR_CONFLICT, "not closed");
    /* and on: who was merged into it follows */
    b.now_ns += HOUR;
    (void)incident_told(&b, "M2");
    act_good(&b, "{'act':'incident.merge','incident':2,'into':3,'reason':'x'}");
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM incident WHERE merged = 3"), 2);
    act_bench_release(&b);
}

static void one_becomes_two(void **state)
{
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    (void)act_alert_made(&b, "r", "one");
    b.now_ns += HOUR;
    (void)act_alert_made(&b, "q", "two");
    act_good(&b, "{'act':'alert.escalate','alerts':[1,2],'title':'a','type':'N1','severity':'M2',"
                 "'level':4}");
    act_bad(&b,
            "{'act':'incident.split','incident':1,'alerts':[2],'title':'b','type':'N7',"
            "'reason':'x'}",
            ERR_USAGE, "type: The law");
    act_good(&b, "{'act':'incident.split','incident':1,'alerts':[2],'title':'b','severity':'M3',"
                 "'reason':'khác'}");
    assert_int_equal(act_number(&b, "incident"), 2);
    assert_int_equal(act_sql(&b, "SELECT detected FROM incident WHERE split = 1 AND level = 4"),
                     NOW + HOUR);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM clock WHERE incident = 2"), 2);
    assert_int_equal(act_sql(&b, "SELECT incident FROM alert WHERE id = 2"), 2);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM clock WHERE incident = 1 AND ended IS NULL"),
                     3);
    act_bench_release(&b);
}

static void tasks_are_taken_and_done(void **state)
{
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    (void)incident_told(&b, "M4");
    act_good(&b, "{'act':'task.playbook','incident':1,'playbook':'malware'}");
    assert_int_equal(act_number(&b, "tasks"), 0); /* they are there */
    act_bad(&b, "{'act':'task.playbook','incident':1,'playbook':'none'}", ERR_USAGE, "playbook:");
    act_bad(&b,
            "{'act':'task.add','incident':1,'title':'x','phase':'contain',"
            "'due':'2025-11-24T15:00:00Z'}",
            ERR_USAGE, "due: This is over");
    act_good(&b, "{'act':'task.start','tasks':[1]}");
    act_bad(&b, "{'act':'task.start','tasks':[2,1]}", ERR_CONFLICT, "Task 1 is doing");
    act_good(&b, "{'act':'task.done','tasks':[1],'result':'xong'}");
    act_bad(&b, "{'act':'task.done','tasks':[1]}", ERR_CONFLICT, "Task 1 is done");
    act_bad(&b, "{'act':'task.skip','tasks':[9],'reason':'x'}", ERR_NOTFOUND, "no task 9");
    act_good(&b, "{'act':'task.skip','tasks':[2],'reason':'không có máy'}");
    act_good(&b, "{'act':'act.undo','undoes':5}");
    assert_int_equal(act_sql(&b, "SELECT state = 'todo' AND ended IS NULL FROM task WHERE id = 2"),
                     1);
    b.now_ns += 2 * HOUR;
    incident_sees(&b, "task.list", "", "\"title\":\"Giữ nguyên hiện trường, sao chép bộ nhớ\"");
    assert_true(view_says(&b, "\"late\":true"));
    incident_counts(&b, "task.list", "", 2);
    incident_counts(&b, "task.list", "incident=1", 3);
    incident_counts(&b, "task.list", "incident=1&doer=an", 1);
    act_bench_release(&b);
}

/* --- rights --------------------------------------------------------------------------------- */

/* A value that is good as far as its type goes. */
static void put_value(char *to, size_t room, const struct act_param *p)
{
    size_t n = strlen(to);
    static const char *const by_type[] = {
        [ACT_TEXT] = "'x'",
        [ACT_SECRET] = "'x'",
        [ACT_ID] = "99",
        [ACT_IDS] = "[99]",
        [ACT_INTEGER] = "0",
        [ACT_BOOL] = "true",
        [ACT_TIME] = "'2025-11-24T15:00:00Z'",
        [ACT_FIELDS] = "{}",
        [ACT_FILE] = "'eA=='",
    };

    if (p->type == ACT_CHOICE)
        (void)snprintf(to + n, room - n, ",'%s':'%s'", p->name, p->choice[0]);
    else if (p->type == ACT_CHOICES)
        (void)snprintf(to + n, room - n, ",'%s':['%s']", p->name, p->choice[0]);
    else
        (void)snprintf(to + n, room - n, ",'%s':%s", p->name, by_type[p->type]);
}

/* Each role, each act of incidents: denied exactly where its row says so. */
static void who_may_not_may_not(void **state)
{
    struct act_bench b;
    const struct act_row *row;
    uint32_t rows = 0;

    (void)state;
    incident_bench_init(&b);
    for (int role = 0; role < USER_ROLES; role++) {
        b.who.roles = 1u << role;
        b.who.agency = 7;
        for (size_t i = 0; (row = act_at(&office_acts, i)) != NULL; i++) {
            char request[1000];
            bool may = (row->roles & b.who.roles) != 0;

            if (strncmp(row->name, "incident.", 9) != 0 && strncmp(row->name, "phieu.", 6) != 0 &&
                strncmp(row->name, "letter.", 7) != 0 && strncmp(row->name, "task.", 5) != 0 &&
                strncmp(row->name, "clock.", 6) != 0 &&
                (strncmp(row->name, "evidence.", 9) != 0 ||
                 strcmp(row->name, "evidence.export") == 0) && /* of the search */
                strcmp(row->name, "alert.escalate") != 0 &&
                strcmp(row->name, "candidate.escalate") != 0)
                continue;
            (void)snprintf(request, sizeof(request), "{'act':'%s'", row->name);
            for (size_t k = 0; k < ACT_PARAMS_MAX && row->param[k].name != NULL; k++) {
                if (row->param[k].required)
                    put_value(request, sizeof(request), &row->param[k]);
            }
            (void)strcat(request, "}");
            b.now_ns += 60 * HOUR; /* lines of who was denied are counted in a span */
            if ((act_ask(&b, request) == ERR_DENIED) == may)
                fail_msg("%s as %s: %s", request, user_role_name((enum user_role)role), b.e.why);
            rows++;
        }
    }
    assert_int_equal(rows, USER_ROLES *
                               (INCIDENT_general + INCIDENT_alert + INCIDENT_task + INCIDENT_proof -
                                4 + INCIDENT_clock + INCIDENT_phieu + INCIDENT_letter));
    act_bench_release(&b);
}

static void all_of_it_is_under_the_ledger(void **state)
{
    static const char *const kinds[] = { "incident",   "detection",   "incident_system", "task",
                                         "observable", "evidence",    "hand_over",       "custody",
                                         "timeline",   "dispatch",    "clock",           "phieu",
                                         "phieu_line", "phieu_answer" };
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    b.who.roles = ROLES_ALL;
    (void)incident_told(&b, "M2");
    act_good(&b, "{'act':'incident.systems','incident':1,'add':[3]}");
    act_good(&b, "{'act':'incident.detected','incident':1,'detected':'2025-11-24T15:00:00Z',"
                 "'reason':'x'}");
    act_good(&b, "{'act':'observable.add','incident':1,'type':'mutex','value':'x'}");
    act_good(&b, "{'act':'evidence.add','incident':1,'what':'x','origin':'x','file':'x.txt',"
                 "'content':'eA=='}");
    act_good(&b, "{'act':'evidence.hand_over','incident':1,'evidence':[1],'giver':'an','taker':'b',"
                 "'agency':'PA05','why':'x'}");
    act_good(&b, "{'act':'timeline.add','incident':1,'time':'2025-11-24T15:00:00Z','text':'x'}");
    act_good(&b, "{'act':'clock.dispatch','incident':1,'clocks':[3],'number':'1/BC',"
                 "'sent':'2025-11-24T15:30:00Z','channel':'letter','recipient':'A05'}");
    act_good(
        &b,
        "{'act':'phieu.make','kind':'warning','agency':7,'subject':'x','what':'x','proof':'x','steps':'x',"
        "'due':'2025-11-30T15:00:00Z'}");
    act_good(&b, "{'act':'phieu.send','phieu':1,'channel':'letter'}");
    act_good(&b, "{'act':'phieu.answer','phieu':1,'done':'x'}");
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        char sql[100];

        (void)snprintf(sql, sizeof(sql), "SELECT count(*) > 0 FROM record WHERE kind = '%s'",
                       kinds[i]);
        if (act_sql(&b, sql) != 1)
            fail_msg("%s is not under the ledger", kinds[i]);
    }
    act_bench_release(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_comes_from_alerts),
        cmocka_unit_test(what_cannot_be_opened_says_why),
        cmocka_unit_test(numbers_begin_anew_with_the_year_in_viet_nam),
        cmocka_unit_test(it_goes_its_way),
        cmocka_unit_test(it_is_changed_and_put_back),
        cmocka_unit_test(alerts_come_and_go),
        cmocka_unit_test(two_become_one),
        cmocka_unit_test(one_becomes_two),
        cmocka_unit_test(tasks_are_taken_and_done),
        cmocka_unit_test(who_may_not_may_not),
        cmocka_unit_test(all_of_it_is_under_the_ledger),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
