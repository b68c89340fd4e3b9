/*
 * Goal: each alert that is to be seen is told once through each channel that takes its level, and
 * what does not come through is tried again, taken over, and at last an alert of its own. Method: a
 * made clock, rounds, and a post office that does not work where the test says so.
 */
#include "../check.h"

#include <stdlib.h>
#include <string.h>

#include "notify_bench.h"

#define COUNT(w, where) act_sql(&(w)->b, "SELECT count(*) FROM message WHERE " where)
#define OPEN_ALERTS(w)                                                                             \
    act_sql(&(w)->b, "SELECT count(*) FROM alert WHERE rule = 'canh.notices' AND state = 'new'")

static void alerts_go_to_the_channels_that_take_their_level(void **state)
{
    struct notify_bench w;

    (void)state;
    notify_bench_init(&w);
    notify_alert(&w, LEVEL_LOW);
    notify_alert(&w, LEVEL_MEDIUM);
    notify_alert(&w, LEVEL_HIGH);
    notify_alert(&w, LEVEL_CRITICAL);
    notify_go(&w, 0);
    assert_int_equal(COUNT(&w, "channel = 'hook' AND recipient = '' AND key >= 2"), 3);
    assert_int_equal(COUNT(&w, "channel = 'mail' AND recipient = 'a@x' AND key >= 3"), 2);
    assert_int_equal(COUNT(&w, "channel = 'mail' AND recipient = 'b@x' AND key >= 3"), 2);
    assert_int_equal(COUNT(&w, "channel = 'sms' AND recipient = '113' AND key = 4"), 1);
    assert_int_equal(COUNT(&w, "1"), 8);
    notify_go(&w, MINUTE); /* and once only */
    assert_int_equal(COUNT(&w, "1"), 8);
    assert_int_equal(notify_deliver(&w, NULL, NOTIFY_SENT), 8);
    assert_int_equal(notify_deliver(&w, NULL, NOTIFY_SENT), 0);
    assert_int_equal(COUNT(&w, "state = 'sent' AND attempts = 1 AND due IS NULL"), 8);
    assert_int_equal(OPEN_ALERTS(&w), 0);
    notify_bench_release(&w);
}

static void what_was_there_before_or_is_hidden_or_done_with_is_not_told(void **state)
{
    struct notify_bench w;

    (void)state;
    notify_bench_init(&w);
    notify_configure(&w, "");
    notify_alert(&w, LEVEL_CRITICAL);
    notify_go(&w, 0); /* without channels alerts are looked at, too */
    notify_configure(&w, BENCH_CHANNELS);
    notify_go(&w, MINUTE);
    assert_int_equal(COUNT(&w, "1"), 0);
    act_good(&w.b, "{'act':'suppression.add','rule':'rule','entity':'host-1','until':"
                   "'2025-12-01T00:00:00Z','reason':'x'}");
    notify_alert(&w, LEVEL_CRITICAL); /* hidden */
    notify_alert(&w, LEVEL_CRITICAL);
    act_good(&w.b, "{'act':'alert.close','alerts':[3],'verdict':'test','reason':'x'}");
    alerts_forget(w.alerts);
    notify_go(&w, MINUTE);
    assert_int_equal(act_sql(&w.b, "SELECT count(*) FROM alert WHERE hidden IS NOT NULL"), 1);
    assert_int_equal(COUNT(&w, "1"), 0);
    notify_bench_release(&w);
}

static void a_flood_ends_in_one_digest(void **state)
{
    struct notify_bench w;
    int64_t gravest = 0;

    (void)state;
    notify_bench_init(&w);
    notify_configure(&w, "channels:\n- {name: hook, kind: webhook, url: 'https://h/', secret: /k}");
    for (int i = 0; i < 57; i++) {
        int64_t id = notify_alert(&w, i == 40 ? LEVEL_CRITICAL : LEVEL_HIGH);

        gravest = i == 40 ? id : gravest;
        notify_go(&w, NOTIFY_FLOOD_NS / 100);
    }
    assert_int_equal(COUNT(&w, "kind = 'alert'"), 20);
    assert_int_equal(COUNT(&w, "kind = 'digest'"), 0);
    assert_int_equal(act_sql(&w.b, "SELECT held FROM channel"), 37);
    assert_int_equal(act_sql(&w.b, "SELECT gravest FROM channel"), gravest);
    notify_go(&w, NOTIFY_FLOOD_NS);
    assert_int_equal(COUNT(&w, "kind = 'digest'"), 1);
    assert_int_equal(
        COUNT(&w, "kind = 'digest' AND level = 5 AND subject LIKE '%thêm 37 cảnh báo'"), 1);
    assert_int_equal(act_sql(&w.b, "SELECT held FROM channel"), 0);
    notify_alert(&w, LEVEL_HIGH); /* and then as usual */
    notify_go(&w, MINUTE);
    assert_int_equal(COUNT(&w, "kind = 'alert'"), 21);
    notify_go(&w, NOTIFY_FLOOD_NS);
    assert_int_equal(COUNT(&w, "kind = 'digest'"), 1);
    notify_bench_release(&w);
}

/* However alerts come, no channel tells more than 20 and a digest in any ten minutes, and every
 * alert is told or counted in a digest. */
static void every_alert_is_told_or_counted(void **state)
{
    uint64_t seed = 11;

    (void)state;
    for (int round = 0; round < 8; round++) {
        int64_t alerts = 0;
        struct notify_bench w;

        notify_bench_init(&w);
        notify_configure(&w,
                         "channels:\n- {name: hook, kind: webhook, url: 'https://h/', secret: /k}");
        for (int i = 0; i < 60; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            for (uint64_t n = (seed >> 33) % 13; n > 0; n--, alerts++)
                notify_alert(&w, LEVEL_HIGH);
            notify_go(&w, (int64_t)((seed >> 41) % 240) * (MINUTE / 60));
            (void)notify_deliver(&w, NULL, NOTIFY_SENT);
        }
        notify_go(&w, 2 * NOTIFY_FLOOD_NS);
        assert_int_equal(act_sql(&w.b, "SELECT count(*) FROM message WHERE kind = 'alert'") +
                             act_sql(&w.b, "SELECT coalesce(sum(substr(subject, instr(subject, "
                                           "'thêm ') + 5) + 0), 0) FROM message WHERE kind = "
                                           "'digest'"),
                         alerts);
        assert_true(act_sql(&w.b, "SELECT max(n) FROM (SELECT (SELECT count(*) FROM message b "
                                  "WHERE b.kind = 'alert' AND b.made <= a.made AND b.made > a.made "
                                  "- 600000000000) AS n FROM message a)") <= NOTIFY_FLOOD);
        notify_bench_release(&w);
    }
}

static void what_fails_is_tried_again_for_a_day(void **state)
{
    static const int minutes[] = { 1, 2, 5, 10, 30, 30 };
    struct notify_bench w;
    int64_t began;

    (void)state;
    notify_bench_init(&w);
    notify_configure(&w, "channels:\n- {name: hook, kind: webhook, url: 'https://h/', secret: /k}");
    notify_alert(&w, LEVEL_HIGH);
    notify_go(&w, 0);
    began = w.b.now_ns;
    for (size_t i = 0; i < COUNT_OF(minutes); i++) {
        assert_int_equal(notify_deliver(&w, "hook", NOTIFY_FAILED), 1);
        notify_go(&w, minutes[i] * MINUTE - 1);
        assert_int_equal(notify_deliver(&w, "hook", NOTIFY_FAILED), 0);
        notify_go(&w, 1);
    }
    assert_int_equal(COUNT(&w, "error = 'Nobody is there.' AND attempts = 6"), 1);
    while (COUNT(&w, "state = 'waiting'") > 0) {
        (void)notify_deliver(&w, "hook", NOTIFY_FAILED);
        notify_go(&w, MINUTE);
        assert_true(w.b.now_ns - began <= NOTIFY_UNTIL_NS);
    }
    assert_true(w.b.now_ns - began > NOTIFY_UNTIL_NS - 31 * MINUTE);
    assert_int_equal(COUNT(&w, "state = 'failed' AND attempts > 40"), 1);
    assert_int_equal(OPEN_ALERTS(&w), 1);
    notify_bench_release(&w);
}

static void after_three_failures_the_second_takes_over(void **state)
{
    struct notify_bench w;

    (void)state;
    notify_bench_init(&w);
    notify_alert(&w, LEVEL_HIGH);
    notify_go(&w, 0);
    assert_int_equal(notify_deliver(&w, "mail", NOTIFY_FAILED), 3);
    notify_go(&w, MINUTE);
    assert_int_equal(notify_deliver(&w, "mail", NOTIFY_FAILED), 2);
    notify_go(&w, 2 * MINUTE);
    assert_int_equal(COUNT(&w, "channel = 'sms'"), 0);
    assert_int_equal(notify_deliver(&w, "mail", NOTIFY_FAILED), 2);
    notify_go(&w, 0);
    /* One message for both recipients that were not reached, whatever level the second takes. */
    assert_int_equal(COUNT(&w, "channel = 'sms' AND key = 1 AND stands_in = 1"), 1);
    assert_int_equal(COUNT(&w, "channel = 'mail' AND second = 'sms' AND void IS NULL"), 2);
    assert_int_equal(notify_deliver(&w, "mail", NOTIFY_FAILED), 1);
    notify_go(&w, 0);
    assert_int_equal(COUNT(&w, "channel = 'mail' AND void = 0 AND state = 'waiting'"), 2);
    assert_int_equal(OPEN_ALERTS(&w), 0);
    notify_go(&w, 5 * MINUTE); /* and the first goes on trying */
    assert_int_equal(notify_deliver(&w, NULL, NOTIFY_SENT), 2);
    assert_int_equal(COUNT(&w, "state = 'sent'"), 4);
    notify_bench_release(&w);
}

static void what_a_second_has_told_already_is_not_told_again(void **state)
{
    struct notify_bench w;

    (void)state;
    notify_bench_init(&w);
    notify_alert(&w, LEVEL_CRITICAL); /* sms takes it itself */
    notify_go(&w, 0);
    assert_int_equal(notify_deliver(&w, "mail", NOTIFY_REFUSED), 4);
    notify_go(&w, 0);
    assert_int_equal(COUNT(&w, "channel = 'sms'"), 1);
    assert_int_equal(COUNT(&w, "channel = 'mail' AND state = 'failed' AND void = 0"), 2);
    assert_int_equal(OPEN_ALERTS(&w), 0);
    notify_bench_release(&w);
}

static void what_comes_to_nobody_is_an_alert_until_it_does(void **state)
{
    struct notify_bench w;

    (void)state;
    notify_bench_init(&w);
    notify_configure(&w, "channels:\n"
                         "- {name: a, kind: webhook, url: 'https://h/', secret: /k, second: b}\n"
                         "- {name: b, kind: webhook, url: 'https://i/', secret: /k, level: "
                         "critical, second: c}\n"
                         "- {name: c, kind: webhook, url: 'https://j/', secret: /k, level: "
                         "critical}\n");
    notify_alert(&w, LEVEL_HIGH);
    notify_go(&w, 0);
    assert_int_equal(notify_deliver(&w, "a", NOTIFY_REFUSED), 1);
    notify_go(&w, 0);
    assert_int_equal(notify_deliver(&w, "b", NOTIFY_REFUSED), 1);
    notify_go(&w, 0);
    assert_int_equal(OPEN_ALERTS(&w), 0); /* c has it */
    assert_int_equal(notify_deliver(&w, "c", NOTIFY_REFUSED), 1);
    notify_go(&w, MINUTE);
    assert_int_equal(OPEN_ALERTS(&w), 3);
    assert_int_equal(COUNT(&w, "state = 'failed' AND void > 0"), 3);
    notify_go(&w, MINUTE);
    /* The alert about `a` is told through nothing that takes its level but `a`: not through `a`. */
    assert_int_equal(act_sql(&w.b, "SELECT count(*) FROM message m JOIN alert a ON a.id = m.key "
                                   "WHERE m.kind = 'alert' AND a.entity = 'channel ' || m.channel"),
                     0);
    assert_int_equal(COUNT(&w, "channel = 'a'"), 3); /* those about b and c */
    w.b.who.roles = ROLE_BIT(ADMINISTRATOR);
    act_good(&w.b, "{'act':'notice.retry','message':1}");
    assert_true(notify_deliver(&w, NULL, NOTIFY_SENT) > 0);
    act_bad(&w.b, "{'act':'notice.retry','message':1}", ERR_CONFLICT, "Message 1 was sent");
    act_bad(&w.b, "{'act':'notice.retry','message':99}", ERR_NOTFOUND, "no message 99");
    notify_go(&w, MINUTE);
    assert_int_equal(OPEN_ALERTS(&w), 2);
    assert_int_equal(act_sql(&w.b, "SELECT count(*) FROM alert WHERE rule = 'canh.notices' AND "
                                   "state = 'closed' AND entity = 'channel a'"),
                     1);
    notify_bench_release(&w);
}

static void an_alert_that_people_closed_opens_again_for_more(void **state)
{
    struct notify_bench w;

    (void)state;
    notify_bench_init(&w);
    notify_configure(&w, "channels:\n- {name: hook, kind: webhook, url: 'https://h/', secret: /k}");
    notify_alert(&w, LEVEL_HIGH);
    notify_go(&w, 0);
    assert_int_equal(notify_deliver(&w, "hook", NOTIFY_REFUSED), 1);
    notify_go(&w, 0);
    assert_int_equal(OPEN_ALERTS(&w), 1);
    act_good(&w.b, "{'act':'alert.close','alerts':[2],'verdict':'test','reason':'x'}");
    alerts_forget(w.alerts);
    notify_go(&w, MINUTE);
    assert_int_equal(OPEN_ALERTS(&w), 0);
    notify_alert(&w, LEVEL_HIGH);
    notify_go(&w, 0);
    assert_int_equal(notify_deliver(&w, "hook", NOTIFY_REFUSED), 1);
    notify_go(&w, 0);
    assert_int_equal(OPEN_ALERTS(&w), 1);
    notify_bench_release(&w);
}

static void a_sender_that_never_comes_is_told_too(void **state)
{
    struct notify_bench w;

    (void)state;
    notify_bench_init(&w);
    notify_configure(&w, "channels:\n- {name: hook, kind: webhook, url: 'https://h/', secret: /k}");
    notify_alert(&w, LEVEL_HIGH);
    notify_go(&w, 0);
    notify_go(&w, NOTIFY_LATE_NS - 1);
    assert_int_equal(OPEN_ALERTS(&w), 0);
    notify_go(&w, 1);
    assert_int_equal(OPEN_ALERTS(&w), 1);
    assert_int_equal(COUNT(&w, "state = 'waiting' AND attempts = 0 AND void > 0"), 1);
    assert_int_equal(notify_deliver(&w, NULL, NOTIFY_SENT), 1);
    notify_go(&w, 1);
    assert_int_equal(OPEN_ALERTS(&w), 0);
    notify_bench_release(&w);
}

static void a_channel_that_is_gone_leaves_nothing_unseen(void **state)
{
    struct notify_bench w;

    (void)state;
    notify_bench_init(&w);
    notify_alert(&w, LEVEL_HIGH);
    notify_go(&w, 0);
    notify_configure(&w, "");
    assert_int_equal(COUNT(&w, "state = 'failed' AND error LIKE '%no such channel%'"), 3);
    notify_go(&w, 1);
    assert_int_equal(OPEN_ALERTS(&w), 2);
    assert_int_equal(notify_deliver(&w, NULL, NOTIFY_SENT), 0);
    notify_bench_release(&w);
}

static void a_channel_is_tried_by_hand(void **state)
{
    struct notify_bench w;

    (void)state;
    notify_bench_init(&w);
    act_bad(&w.b, "{'act':'notice.test','channel':'mail'}", ERR_DENIED, "may not do notice.test");
    w.b.who.roles = ROLE_BIT(ADMINISTRATOR);
    act_bad(&w.b, "{'act':'notice.test','channel':'pigeon'}", ERR_NOTFOUND, "no channel 'pigeon'");
    act_good(&w.b, "{'act':'notice.test','channel':'mail'}");
    assert_int_equal(act_number(&w.b, "messages"), 2);
    assert_int_equal(COUNT(&w, "kind = 'test' AND subject = '[Canh] Tin thử kênh mail'"), 2);
    act_good(&w.b, "{'act':'notice.test','channel':'mail'}");
    assert_int_equal(COUNT(&w, "kind = 'test'"), 4);
    notify_bench_release(&w);
}

static void a_late_result_changes_nothing(void **state)
{
    struct notify_bench w;

    (void)state;
    notify_bench_init(&w);
    notify_alert(&w, LEVEL_MEDIUM);
    notify_go(&w, 0);
    assert_int_equal(notify_deliver(&w, NULL, NOTIFY_SENT), 1);
    assert_int_equal(notify_result(w.notify, 1, NOTIFY_REFUSED, SPAN_LIT("x"), w.b.now_ns, &w.b.e),
                     ERR_OK);
    assert_int_equal(notify_result(w.notify, 77, NOTIFY_SENT, SPAN_NONE, w.b.now_ns, &w.b.e),
                     ERR_OK);
    assert_int_equal(COUNT(&w, "state = 'sent' AND attempts = 1 AND error IS NULL"), 1);
    notify_bench_release(&w);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(alerts_go_to_the_channels_that_take_their_level),
        cmocka_unit_test(what_was_there_before_or_is_hidden_or_done_with_is_not_told),
        cmocka_unit_test(a_flood_ends_in_one_digest),
        cmocka_unit_test(every_alert_is_told_or_counted),
        cmocka_unit_test(what_fails_is_tried_again_for_a_day),
        cmocka_unit_test(after_three_failures_the_second_takes_over),
        cmocka_unit_test(what_a_second_has_told_already_is_not_told_again),
        cmocka_unit_test(what_comes_to_nobody_is_an_alert_until_it_does),
        cmocka_unit_test(an_alert_that_people_closed_opens_again_for_more),
        cmocka_unit_test(a_sender_that_never_comes_is_told_too),
        cmocka_unit_test(a_channel_that_is_gone_leaves_nothing_unseen),
        cmocka_unit_test(a_channel_is_tried_by_hand),
        cmocka_unit_test(a_late_result_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
