/*
 * Goal: an act is whole or has not happened; who did what is written down; parameters are what they
 * must be; who may not, may not; what was undone is as it was.
 * Method: acts as JSON upon a database, which is read over another connection.
 */
#include "../check.h"

#include <string.h>

#include "act_bench.h"

static void what_is_no_request_is_refused(void **state)
{
    static const struct {
        const char *request;
        int code;
        const char *words;
    } rows[] = {
        { "", ERR_SYNTAX, "not JSON" },
        { "{", ERR_SYNTAX, "not JSON" },
        { "[]", ERR_NOTFOUND, "no such act" },
        { "{}", ERR_NOTFOUND, "no such act" },
        { "{'act':7}", ERR_NOTFOUND, "no such act" },
        { "{'act':'alert.explode'}", ERR_NOTFOUND, "no such act" },
        { "{'act':'note.add','act':'note.add'}", ERR_SYNTAX, "not JSON" },
        { "{'act':'note.add','alert':1}", ERR_USAGE, "text: This is missing" },
        { "{'act':'note.add','alert':1,'text':null}", ERR_USAGE, "text: This is missing" },
        { "{'act':'note.add','alert':1,'text':' \\n '}", ERR_USAGE, "text: This is empty" },
        { "{'act':'note.add','alert':1,'text':7}", ERR_USAGE, "text: This is not a text" },
        { "{'act':'note.add','alert':1,'text':'a\\u0000b'}", ERR_SYNTAX, "not JSON" },
        { "{'act':'note.add','alert':1,'text':'a\\u0007b'}", ERR_USAGE, "control characters" },
        { "{'act':'note.add','alert':1,'text':'a\\u202eb'}", ERR_USAGE, "control characters" },
        { "{'act':'note.add','alert':1,'text':'\xff'}", ERR_SYNTAX, "not JSON" },
        { "{'act':'note.add','alert':0,'text':'x'}", ERR_USAGE, "alert: This is no number" },
        { "{'act':'note.add','alert':'1','text':'x'}", ERR_USAGE, "alert: This is no number" },
        { "{'act':'note.add','alert':1.5,'text':'x'}", ERR_USAGE, "alert: This is no number" },
        { "{'act':'note.add','alert':1,'text':'x','colour':'red'}", ERR_USAGE,
          "colour: note.add has no such parameter" },
        { "{'act':'note.add','alert':1,'text':'x'}", ERR_NOTFOUND, "no alert 1" },
        { "{'act':'alert.acknowledge','alerts':[]}", ERR_USAGE, "alerts: This is no list" },
        { "{'act':'alert.acknowledge','alerts':7}", ERR_USAGE, "alerts: This is no list" },
        { "{'act':'alert.acknowledge','alerts':[7,7]}", ERR_USAGE, "there twice" },
        { "{'act':'alert.acknowledge','alerts':[7,'8']}", ERR_USAGE, "no number" },
        { "{'act':'alert.close','alerts':[7],'verdict':'maybe','reason':'x'}", ERR_USAGE,
          "verdict: This is none of the values" },
        { "{'act':'suppression.add','entity':'x','until':'tomorrow','reason':'x'}", ERR_USAGE,
          "until: This is no time" },
        { "{'act':'suppression.add','until':'2025-12-01T00:00:00Z','reason':'x'}", ERR_USAGE,
          "A rule or an entity" },
        { "{'act':'suppression.add','rule':'r','until':'2025-11-01T00:00:00Z','reason':'x'}",
          ERR_USAGE, "no time within the next 366 days" },
    };
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        act_bad(&b, rows[i].request, rows[i].code, rows[i].words);
    act_bench_release(&b);
}

static void a_text_is_trimmed_and_composed(void **state)
{
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    (void)act_alert_made(&b, "r", "srv");
    act_good(&b, "{'act':'note.add','alert':1,'text':'  Ha\xcc\x80 No\xcc\xa3\xcc\x82i\\n2 '}");
    assert_int_equal(act_sql(&b, "SELECT text = 'H\xc3\xa0 N\xe1\xbb\x99i' || char(10) || '2'"
                                 " FROM note"),
                     1);
    act_bench_release(&b);
}

static void an_alert_goes_its_way_and_back(void **state)
{
    struct act_bench b;
    int64_t closing;

    (void)state;
    act_bench_init(&b);
    (void)act_alert_made(&b, "r", "one");
    (void)act_alert_made(&b, "r", "two");
    act_good(&b, "{'act':'alert.acknowledge','alerts':[1,2],'note':'mine'}");
    assert_int_equal(b.changed, 1);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM alert WHERE state = 'acknowledged' AND"
                                 " assignee = 'an' AND acknowledged = 1764000000000000000"),
                     2);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM note WHERE text = 'mine'"), 2);
    b.now_ns += 60 * INT64_C(1000000000);
    act_good(&b, "{'act':'alert.investigate','alerts':[1]}");
    act_good(&b, "{'act':'alert.close','alerts':[1],'verdict':'false-positive','cause':'rule',"
                 "'reason':'a scanner of ours'}");
    closing = act_number(&b, "act");
    assert_int_equal(act_sql(&b, "SELECT verdict = 'false-positive' AND cause = 'rule' AND"
                                 " acknowledged < closed FROM alert WHERE id = 1"),
                     1);
    act_bad(&b, "{'act':'alert.acknowledge','alerts':[2,1]}", ERR_CONFLICT, "Alert 1 is closed");
    assert_int_equal(act_sql(&b, "SELECT sum(count) FROM alert_count WHERE state = 'closed'"), 1);
    act_good(&b, "{'act':'act.undo','undoes':3}");
    assert_int_equal(closing, 3);
    assert_int_equal(act_sql(&b, "SELECT state = 'investigating' AND verdict IS NULL AND closed IS"
                                 " NULL FROM alert WHERE id = 1"),
                     1);
    act_bad(&b, "{'act':'act.undo','undoes':3}", ERR_CONFLICT, "undone already");
    act_good(&b, "{'act':'act.undo','undoes':4}"); /* and done again */
    assert_int_equal(act_sql(&b, "SELECT verdict = 'false-positive' FROM alert WHERE id = 1"), 1);
    act_good(&b, "{'act':'alert.reopen','alerts':[1],'reason':'it was none'}");
    act_bad(&b, "{'act':'act.undo','undoes':5}", ERR_CONFLICT, "was changed since");
    act_bad(&b, "{'act':'alert.reopen','alerts':[2],'reason':'x'}", ERR_CONFLICT, "acknowledged");
    act_bench_release(&b);
}

static void what_cannot_be_undone_says_so(void **state)
{
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    (void)act_alert_made(&b, "r", "one");
    act_good(&b, "{'act':'note.add','alert':1,'text':'x'}");
    act_bad(&b, "{'act':'act.undo','undoes':1}", ERR_CONFLICT, "cannot be undone");
    act_bad(&b, "{'act':'act.undo','undoes':9}", ERR_NOTFOUND, "no act 9");
    act_bad(&b, "{'act':'alert.assign','alerts':[1],'to':'binh'}", ERR_NOTFOUND,
            "to: There is no such user: binh.");
    act_users_made(&b, "binh");
    act_good(&b, "{'act':'alert.assign','alerts':[1],'to':'binh'}");
    act_good(&b, "{'act':'alert.assign','alerts':[1],'to':'an'}"); /* who acts himself */
    act_good(&b, "{'act':'act.undo','undoes':3}");
    b.who.name = SPAN_LIT("binh");
    act_bad(&b, "{'act':'act.undo','undoes':2}", ERR_DENIED, "somebody else's");
    b.who.roles = ROLE_BIT(LEAD);
    b.now_ns += (ACT_UNDO_S + 1) * INT64_C(1000000000);
    act_bad(&b, "{'act':'act.undo','undoes':2}", ERR_CONFLICT, "too long ago");
    b.now_ns -= 2 * INT64_C(1000000000);
    act_good(&b, "{'act':'act.undo','undoes':2}");
    assert_int_equal(act_sql(&b, "SELECT assignee IS NULL FROM alert"), 1);
    act_bench_release(&b);
}

/* Acknowledged or not, it is over when its cause is, and the next time is another alert. */
static void an_alert_of_the_system_ends_with_its_cause(void **state)
{
    const struct alert_system s = { SPAN_LIT("canh.silence"), SPAN_LIT("Silent"), SPAN_LIT("fw1"),
                                    LEVEL_HIGH };
    struct act_bench b;
    struct alerts *alerts;
    bool changed;

    (void)state;
    act_bench_init(&b);
    assert_int_equal(alerts_new(&alerts, b.db, INT64_C(3600000000000), &b.e), ERR_OK);
    alerts_clock(alerts, b.now_ns);
    for (int i = 1; i <= 2; i++) {
        assert_int_equal(db_begin(b.db, &b.e), ERR_OK);
        assert_int_equal(alerts_open(alerts, &s, &changed, &b.e), ERR_OK);
        assert_int_equal(db_commit(b.db, &b.e), ERR_OK);
        assert_true(changed);
        act_good(&b, i == 1 ? "{'act':'alert.acknowledge','alerts':[1]}"
                            : "{'act':'alert.investigate','alerts':[2]}");
        alerts_forget(alerts);
        assert_int_equal(db_begin(b.db, &b.e), ERR_OK);
        assert_int_equal(alerts_close(alerts, &s, &changed, &b.e), ERR_OK);
        assert_int_equal(db_commit(b.db, &b.e), ERR_OK);
        assert_true(changed);
        assert_int_equal(act_sql(&b, "SELECT count(*) FROM alert WHERE state = 'closed'"), i);
    }
    alerts_free(&alerts);
    act_bench_release(&b);
}

/* Who undoes an act, or undoes that, could have done it. */
static void nobody_undoes_what_he_may_not_do(void **state)
{
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    b.who.roles = ROLE_BIT(OFFICER);
    act_good(&b, "{'act':'agency.add','code':'A','name':'Sở A','kind':'department'}");
    act_good(&b, "{'act':'agency.change','agency':1,'name':'Sở B'}");
    b.who.name = SPAN_LIT("lead");
    b.who.roles = ROLE_BIT(LEAD);
    act_bad(&b, "{'act':'act.undo','undoes':2}", ERR_DENIED, "beyond your rights");
    b.who.name = SPAN_LIT("an");
    b.who.roles = ROLE_BIT(OFFICER);
    act_good(&b, "{'act':'act.undo','undoes':2}");
    b.who.name = SPAN_LIT("lead");
    b.who.roles = ROLE_BIT(LEAD);
    act_bad(&b, "{'act':'act.undo','undoes':3}", ERR_DENIED, "beyond your rights");
    assert_int_equal(act_sql(&b, "SELECT name = 'Sở A' FROM agency"), 1);
    act_bench_release(&b);
}

static void a_finding_after_closure_opens_a_new_alert(void **state)
{
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    assert_int_equal(act_alert_made(&b, "r", "one"), 1);
    act_good(&b, "{'act':'alert.acknowledge','alerts':[1]}");
    assert_int_equal(act_alert_made(&b, "r", "one"), 1);
    act_good(&b, "{'act':'alert.close','alerts':[1],'verdict':'test','reason':'x'}");
    assert_int_equal(act_alert_made(&b, "r", "one"), 2);
    assert_int_equal(act_sql(&b, "SELECT linked FROM alert WHERE id = 2"), 1);
    act_bench_release(&b);
}

static void a_suppression_hides_and_shows_what_it_hid(void **state)
{
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    act_good(&b, "{'act':'suppression.add','rule':'r','entity':'Srv','reason':'scanner',"
                 "'until':'2025-11-25T00:00:00Z'}");
    assert_int_equal(act_number(&b, "suppression"), 1);
    (void)act_alert_made(&b, "r", "SRV"); /* one by folding */
    (void)act_alert_made(&b, "r", "other");
    (void)act_alert_made(&b, "q", "srv");
    assert_int_equal(act_sql(&b, "SELECT sum(hidden) FROM alert"), 1);
    assert_int_equal(act_sql(&b, "SELECT sum(count) FROM alert_count WHERE hidden"), 1);
    act_good(&b, "{'act':'alert.unhide','alerts':[1]}");
    assert_int_equal(act_sql(&b, "SELECT count(hidden) FROM alert"), 0);
    act_good(&b, "{'act':'suppression.end','suppression':1,'reason':'it was moved'}");
    act_bad(&b, "{'act':'suppression.end','suppression':1,'reason':'x'}", ERR_CONFLICT, "is over");
    b.now_ns += INT64_C(7200000000000);
    (void)act_alert_made(&b, "r", "srv");
    assert_int_equal(act_sql(&b, "SELECT count(hidden) FROM alert"), 0);
    act_good(&b,
             "{'act':'suppression.add','rule':'r','reason':'x','until':'2025-11-25T00:00:00Z'}");
    b.now_ns += INT64_C(86400000000000); /* its end has come */
    (void)act_alert_made(&b, "r", "late");
    assert_int_equal(act_sql(&b, "SELECT count(hidden) FROM alert"), 0);
    act_bench_release(&b);
}

static void an_alert_can_be_opened_by_hand(void **state)
{
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    act_good(&b, "{'act':'alert.open','title':'Trang bi doi','level':'high','entity':'portal.xa',"
                 "'channel':'phone','text':'xa A bao','at':'2025-11-24T15:00:00Z'}");
    assert_int_equal(act_number(&b, "alert"), 1);
    assert_int_equal(act_sql(&b, "SELECT kind = 'manual' AND channel = 'phone' AND first < made"
                                 " FROM alert"),
                     1);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM note WHERE key = 1"), 1);
    act_bad(&b,
            "{'act':'alert.open','title':'x','level':'high','entity':'x','channel':'phone',"
            "'text':'x','at':'2026-11-24T15:00:00Z'}",
            ERR_USAGE, "still to come");
    act_bench_release(&b);
}

/* Each role, each act: denied exactly where the row says so, and written down. */
static void who_may_not_may_not(void **state)
{
    struct act_bench b;
    const struct act_row *row;
    char request[128];
    int64_t denied = 0;

    (void)state;
    act_bench_init(&b);
    for (int role = 0; role < USER_ROLES; role++) {
        b.who.roles = 1u << role;
        for (size_t i = 0; (row = act_at(&office_acts, i)) != NULL; i++) {
            bool may = (row->roles & b.who.roles) != 0, needs = false;

            (void)snprintf(request, sizeof(request), "{'act':'%s'}", row->name);
            /* roles are looked at first, and it is written down that he asked */
            for (size_t k = 0; k < ACT_PARAMS_MAX && row->param[k].name != NULL; k++)
                needs |= row->param[k].required;
            if (!may || needs)
                assert_int_equal(act_ask(&b, request), may ? ERR_USAGE : ERR_DENIED);
            denied += !may;
            b.now_ns += INT64_C(60000000000); /* lines of these are only so many a while */
            if (strcmp(row->name, "note.add") != 0)
                continue;
            assert_int_equal(act_ask(&b, "{'act':'note.add','alert':1,'text':'x'}"),
                             may ? ERR_NOTFOUND : ERR_DENIED);
            denied += !may;
        }
    }
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM act WHERE outcome = 'denied'"), denied);
    b.now_ns += INT64_C(3600000000000);
    for (int i = 0; i < 300; i++)
        assert_int_equal(act_ask(&b, "{'act':'note.add','alert':1,'text':'x'}"), ERR_DENIED);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM act WHERE outcome = 'denied'"),
                     denied + 100);
    act_bench_release(&b);
}

static void acts_are_under_the_ledger(void **state)
{
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    (void)act_alert_made(&b, "r", "one");
    act_good(&b, "{'act':'alert.acknowledge','alerts':[1],'note':'x'}");
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM record WHERE kind IN ('act', 'act_on',"
                                 " 'note') AND key IN ('1', '1.alert.1')"),
                     3);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM record WHERE kind = 'alert'"), 2);
    assert_int_equal(act_sql(&b, "SELECT parameters = '{\"alerts\":[1],\"note\":\"x\"}' FROM act"),
                     1);
    act_bench_release(&b);
}

static void every_row_is_whole(void **state)
{
    const struct act_row *row;

    (void)state;
    for (size_t i = 0; (row = act_at(&office_acts, i)) != NULL; i++) {
        assert_non_null(row->fn);
        assert_non_null(strchr(row->name, '.'));
        assert_true(row->roles != 0 && (row->roles & ~(ROLES_ALL | ROLE_LOGIN | ROLE_SELF |
                                                       ROLE_SEARCH | ROLE_VERIFY)) == 0);
        /* who audits changes nothing, but that it is written down what he searched, took along as
         * evidence, and verified */
        assert_int_equal((row->roles & ROLE_BIT(AUDITOR)) != 0,
                         strcmp(row->name, "search.run") == 0 ||
                             strcmp(row->name, "evidence.export") == 0 ||
                             strncmp(row->name, "verify.", 7) == 0);
        assert_int_equal(row->help[strlen(row->help) - 1], '.');
        assert_ptr_equal(act_find(&office_acts, span_of(row->name)), row);
        for (size_t k = 0; k < ACT_PARAMS_MAX && row->param[k].name != NULL; k++) {
            const struct act_param *p = &row->param[k];

            assert_non_null(p->help);
            assert_true((p->choice != NULL) == (p->type == ACT_CHOICE || p->type == ACT_CHOICES));
            assert_true(p->max > 0 ||
                        (p->type != ACT_TEXT && p->type != ACT_SECRET && p->type != ACT_INTEGER &&
                         p->type != ACT_FILE && p->type != ACT_FIELDS));
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_request_is_refused),
        cmocka_unit_test(a_text_is_trimmed_and_composed),
        cmocka_unit_test(an_alert_goes_its_way_and_back),
        cmocka_unit_test(what_cannot_be_undone_says_so),
        cmocka_unit_test(nobody_undoes_what_he_may_not_do),
        cmocka_unit_test(an_alert_of_the_system_ends_with_its_cause),
        cmocka_unit_test(a_finding_after_closure_opens_a_new_alert),
        cmocka_unit_test(a_suppression_hides_and_shows_what_it_hid),
        cmocka_unit_test(an_alert_can_be_opened_by_hand),
        cmocka_unit_test(who_may_not_may_not),
        cmocka_unit_test(acts_are_under_the_ledger),
        cmocka_unit_test(every_row_is_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
