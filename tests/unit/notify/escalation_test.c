/*
 * Goal: an alert to which nobody reacts is told to who watches, then to who is on call, who leads,
 * all leads, each after the time of its level, and to nobody any more once somebody reacts; each
 * call is written down, and goes to the person's own phone and mail. Method: a made clock.
 */
#include "../check.h"

#include <stdlib.h>
#include <string.h>

#include "notify/escalation.h"
#include "notify_bench.h"

#define SQL(w, text)    act_sql(&(w)->b, text)
#define CALLS(w, where) act_sql(&(w)->b, "SELECT count(*) FROM escalation WHERE " where)

#define PEOPLE_CHANNELS                                                                            \
    "channels:\n"                                                                                  \
    "- {name: mail, kind: smtp, url: 'smtp://h', from: c@x, to: [a@x], people: '@x.vn'}\n"         \
    "- {name: sms, kind: gateway, url: 'https://h/', to: '+84900000001', people: ['+849'], "       \
    "level: critical, body: '{phone}'}\n"                                                          \
    "- {name: hook, kind: webhook, url: 'https://h/', secret: /k, level: medium}\n"

static const struct escalation_waits waits = { 30 * MINUTE, 10 * MINUTE };

/* an watches, binh is on call, chi leads, from now on for a day; dung and em are leads. */
static void init(struct notify_bench *w, const char *channels)
{
    static const char *const acts[] = {
        "{'act':'staff.add','person':'an','name':'A','phone':'+84900000001','email':'an@x.vn'}",
        "{'act':'staff.add','person':'binh','name':'B','phone':'+84900000002'}",
        "{'act':'staff.add','person':'chi','name':'C','phone':'0900000003','email':'chi@other.vn'}",
        "{'act':'staff.add','person':'dung','name':'D','email':'dung@x.vn'}",
        "{'act':'shift.plan','person':'an','from':'2025-11-24T16:00:00Z',"
        "'to':'2025-11-25T16:00:00Z'}",
        "{'act':'shift.plan','person':'binh','part':'on-call','from':'2025-11-24T16:00:00Z',"
        "'to':'2025-11-25T16:00:00Z'}",
        "{'act':'shift.plan','person':'chi','part':'lead','from':'2025-11-24T16:00:00Z',"
        "'to':'2025-11-25T16:00:00Z'}",
    };

    notify_bench_init(w);
    notify_configure(w, channels);
    act_users_made(&w->b, "an binh chi");
    act_user_made(&w->b, "dung", "[\"lead\"]");
    act_user_made(&w->b, "em", "[\"analyst\",\"lead\"]");
    w->b.who.roles = ROLES_ALL;
    for (size_t i = 0; i < COUNT_OF(acts); i++)
        act_good(&w->b, acts[i]);
}

static bool round_at(struct notify_bench *w, int64_t after_ns, const struct escalation_waits *how)
{
    bool more = false;

    w->b.now_ns += after_ns;
    assert_int_equal(db_begin(w->b.db, &w->b.e), ERR_OK);
    if (escalation_round(w->b.db, how, w->b.now_ns, &more, &w->b.e) != ERR_OK)
        fail_msg("%s", w->b.e.why);
    assert_int_equal(db_commit(w->b.db, &w->b.e), ERR_OK);
    return more;
}

static void who_would_be_called_now_is_shown(void **state)
{
    struct notify_bench w;

    (void)state;
    init(&w, PEOPLE_CHANNELS);
    assert_int_equal(view_lines(&w.b, "escalation.ladder", ""), 5);
    assert_true(view_says(&w.b, "{\"step\":\"watch\",\"person\":\"an\",\"phone\":"
                                "\"+84900000001\",\"email\":\"an@x.vn\"}\n"
                                "{\"step\":\"on-call\",\"person\":\"binh\",\"phone\":"
                                "\"+84900000002\"}\n{\"step\":\"lead\",\"person\":\"chi\""));
    assert_true(view_says(&w.b, "{\"step\":\"leads\",\"person\":\"dung\",\"email\":"
                                "\"dung@x.vn\"}\n{\"step\":\"leads\",\"person\":\"em\"}"));
    act_good(&w.b, "{'act':'user.disable','user':'dung','reason':'x'}");
    w.b.now_ns += 25 * 60 * MINUTE; /* the watch is over */
    assert_int_equal(view_lines(&w.b, "escalation.ladder", ""), 1);
    assert_true(view_says(&w.b, "{\"step\":\"leads\",\"person\":\"em\"}"));
    notify_bench_release(&w);
}

static void one_after_the_other_is_called_until_all_were(void **state)
{
    struct notify_bench w;

    (void)state;
    init(&w, PEOPLE_CHANNELS);
    assert_int_equal(notify_alert(&w, LEVEL_CRITICAL), 1);
    (void)round_at(&w, 10 * MINUTE - 1, &waits);
    assert_int_equal(CALLS(&w, "1"), 0);
    (void)round_at(&w, 1, &waits);
    assert_int_equal(CALLS(&w, "alert = 1 AND step = 'watch' AND person = 'an' AND messages = 2"),
                     1);
    assert_int_equal(SQL(&w,
                         "SELECT count(*) FROM message WHERE kind = 'call' AND key = 1 AND level"
                         " = 5 AND ((channel = 'mail' AND recipient = 'an@x.vn') OR (channel ="
                         " 'sms' AND recipient = '+84900000001'))"),
                     2);
    assert_int_equal(SQL(&w, "SELECT text LIKE 'Sau 10 phút chưa có ai nhận cảnh báo này.%' FROM"
                             " message WHERE channel = 'sms' AND kind = 'call'"),
                     1);
    (void)round_at(&w, 10 * MINUTE - 1, &waits);
    assert_int_equal(CALLS(&w, "1"), 1);
    (void)round_at(&w, 1, &waits);
    assert_int_equal(CALLS(&w, "step = 'on-call' AND person = 'binh' AND messages = 1"), 1);
    (void)round_at(&w, 10 * MINUTE, &waits); /* neither phone nor mail is one that may be called */
    assert_int_equal(CALLS(&w, "step = 'lead' AND person = 'chi' AND messages = 0"), 1);
    (void)round_at(&w, 10 * MINUTE, &waits);
    assert_int_equal(CALLS(&w, "step = 'leads' AND person = 'dung' AND messages = 1"), 1);
    assert_int_equal(CALLS(&w, "step = 'leads' AND person = 'em' AND messages = 0"), 1);
    (void)round_at(&w, 100 * MINUTE, &waits);
    assert_int_equal(CALLS(&w, "1"), 5);
    assert_int_equal(view_lines(&w.b, "escalation.list", "alert=1"), 5);
    assert_true(view_says(&w.b, "\"step\":\"leads\",\"person\":\"em\",\"messages\":0,\"state\":"
                                "\"new\"}"));
    assert_int_equal(view_lines(&w.b, "escalation.list", ""), 5);
    w.b.who.roles = ROLE_BIT(CONTACT);
    assert_int_equal(view_ask(&w.b, "escalation.list", ""), ERR_DENIED);
    assert_int_equal(view_ask(&w.b, "escalation.ladder", ""), ERR_DENIED);
    w.b.who.roles = ROLES_ALL;
    assert_int_equal(view_lines(&w.b, "handover.draft", ""), 1);
    assert_true(view_says(&w.b, "\"called\":[{\"id\":1,\"level\":5,\"title\":\"Đăng nhập lạ\","
                                "\"calls\":4}]"));
    notify_bench_release(&w);
}

static void who_reacts_ends_it(void **state)
{
    static const char *const reactions[] = {
        "{'act':'alert.acknowledge','alerts':[1]}",
        "{'act':'alert.investigate','alerts':[1]}",
        "{'act':'alert.close','alerts':[1],'verdict':'test','reason':'x'}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(reactions); i++) {
        struct notify_bench w;

        init(&w, PEOPLE_CHANNELS);
        notify_alert(&w, LEVEL_HIGH);
        (void)round_at(&w, 29 * MINUTE, &waits); /* of high, not of critical */
        assert_int_equal(CALLS(&w, "1"), 0);
        (void)round_at(&w, MINUTE, &waits);
        assert_int_equal(CALLS(&w, "person = 'an'"), 1);
        act_good(&w.b, reactions[i]);
        (void)round_at(&w, 300 * MINUTE, &waits);
        assert_int_equal(CALLS(&w, "1"), 1);
        assert_int_equal(view_lines(&w.b, "handover.draft", ""), 1);
        assert_true(view_says(&w.b, "\"called\":[]"));
        notify_bench_release(&w);
    }
}

static void what_is_taken_back_is_called_for_again(void **state)
{
    struct notify_bench w;

    (void)state;
    init(&w, PEOPLE_CHANNELS);
    notify_alert(&w, LEVEL_HIGH);
    (void)round_at(&w, 30 * MINUTE, &waits);
    act_good(&w.b, "{'act':'alert.acknowledge','alerts':[1]}");
    {
        char undo[64];

        (void)snprintf(undo, sizeof(undo), "{'act':'act.undo','undoes':%lld}",
                       (long long)act_number(&w.b, "act"));
        act_good(&w.b, undo);
    }
    (void)round_at(&w, 30 * MINUTE, &waits);
    assert_int_equal(CALLS(&w, "step = 'on-call' AND person = 'binh'"), 1);
    notify_bench_release(&w);
}

static void where_nobody_is_the_next_is_called_at_once(void **state)
{
    struct notify_bench w;

    (void)state;
    init(&w, PEOPLE_CHANNELS);
    act_good(&w.b, "{'act':'user.disable','user':'an','reason':'x'}");
    act_good(&w.b, "{'act':'user.disable','user':'binh','reason':'x'}");
    notify_alert(&w, LEVEL_HIGH);
    (void)round_at(&w, 30 * MINUTE, &waits);
    assert_int_equal(CALLS(&w, "1"), 1);
    assert_int_equal(CALLS(&w, "step = 'lead' AND person = 'chi'"), 1);
    notify_bench_release(&w);

    notify_bench_init(&w); /* without anybody, and with a low one */
    notify_alert(&w, LEVEL_CRITICAL);
    notify_alert(&w, LEVEL_MEDIUM);
    (void)round_at(&w, 10 * MINUTE, &waits);
    (void)round_at(&w, 500 * MINUTE, &waits);
    assert_int_equal(CALLS(&w, "1"), 1);
    assert_int_equal(CALLS(&w, "alert = 1 AND step = 'leads' AND person IS NULL AND messages = 0"),
                     1);
    notify_bench_release(&w);
}

static void nothing_is_called_for_what_settings_leave_out(void **state)
{
    static const struct escalation_waits never = { 0, 0 };
    struct notify_bench w;
    struct settings s;
    struct escalation_waits usual;

    (void)state;
    assert_int_equal(settings_read(&s, SPAN_LIT("escalate-high: 2s\n"), "f", NULL), ERR_OK);
    usual = escalation_waits_of(&s);
    assert_true(usual.high_ns == 2 * INT64_C(1000000000) && usual.critical_ns == 10 * MINUTE);
    settings_release(&s);
    init(&w, PEOPLE_CHANNELS);
    notify_alert(&w, LEVEL_CRITICAL);
    notify_alert(&w, LEVEL_HIGH);
    (void)round_at(&w, 1000 * MINUTE, &never);
    assert_int_equal(CALLS(&w, "1"), 0);
    notify_bench_release(&w);
}

static void only_who_the_channel_may_reach_is_told(void **state)
{
    struct notify_bench w;

    (void)state;
    init(&w, BENCH_CHANNELS); /* without `people` */
    notify_alert(&w, LEVEL_CRITICAL);
    (void)round_at(&w, 10 * MINUTE, &waits);
    assert_int_equal(CALLS(&w, "person = 'an' AND messages = 0"), 1);
    assert_int_equal(SQL(&w, "SELECT count(*) FROM message WHERE kind = 'call'"), 0);
    act_good(&w.b, "{'act':'staff.change','id':2,'phone':'113'}"); /* stands in `to` */
    (void)round_at(&w, 10 * MINUTE, &waits);
    assert_int_equal(CALLS(&w, "person = 'binh' AND messages = 1"), 1);
    assert_int_equal(SQL(&w, "SELECT count(*) FROM message WHERE kind = 'call' AND channel = 'sms'"
                             " AND recipient = '113'"),
                     1);
    notify_bench_release(&w);
}

static void a_flood_calls_so_many_and_the_rest_later(void **state)
{
    struct notify_bench w;
    int rounds = 0;

    (void)state;
    init(&w, PEOPLE_CHANNELS);
    for (int i = 0; i < 60; i++)
        notify_alert(&w, i < 50 ? LEVEL_HIGH : LEVEL_CRITICAL);
    w.b.now_ns += 30 * MINUTE;
    while (round_at(&w, 1, &waits))
        assert_true(++rounds < 10);
    assert_int_equal(CALLS(&w, "1"), ESCALATION_FLOOD);
    assert_int_equal(CALLS(&w, "alert > 50"), 10); /* the graver first */
    (void)round_at(&w, MINUTE, &waits);
    assert_int_equal(CALLS(&w, "1"), ESCALATION_FLOOD);
    (void)round_at(&w, ESCALATION_FLOOD_NS, &waits);
    assert_true(CALLS(&w, "1") > ESCALATION_FLOOD);
    notify_bench_release(&w);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_would_be_called_now_is_shown),
        cmocka_unit_test(one_after_the_other_is_called_until_all_were),
        cmocka_unit_test(who_reacts_ends_it),
        cmocka_unit_test(what_is_taken_back_is_called_for_again),
        cmocka_unit_test(where_nobody_is_the_next_is_called_at_once),
        cmocka_unit_test(nothing_is_called_for_what_settings_leave_out),
        cmocka_unit_test(only_who_the_channel_may_reach_is_told),
        cmocka_unit_test(a_flood_calls_so_many_and_the_rest_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
