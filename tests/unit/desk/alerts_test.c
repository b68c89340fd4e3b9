/*
 * Goal: which findings are one alert, and that counts are exact.
 * Method: findings at chosen times, read back over another connection; findings drawn by chance, in
 * disorder, against windows cut from the sorted ones.
 */
#include "../check.h"

#include <stdlib.h>

#include "base/time.h"
#include "desk/alerts.h"
#include "desk_lane.h"

#define MINUTE (60 * TIME_SECOND)
#define HOUR   (60 * MINUTE)

struct bench {
    struct desk_folder folder;
    struct db *db;
    struct alerts *alerts;
};

static void bench_init(struct bench *b)
{
    struct err e;

    desk_folder_init(&b->folder);
    assert_int_equal(db_open(&b->db, b->folder.db, &e), ERR_OK);
    assert_int_equal(alerts_new(&b->alerts, b->db, HOUR, &e), ERR_OK);
    alerts_clock(b->alerts, 1000 * HOUR);
    assert_int_equal(db_begin(b->db, &e), ERR_OK);
}

static void bench_commit(struct bench *b)
{
    struct err e;

    assert_int_equal(alerts_flush(b->alerts, &e), ERR_OK);
    assert_int_equal(db_commit(b->db, &e), ERR_OK);
    assert_int_equal(db_begin(b->db, &e), ERR_OK);
}

static void bench_release(struct bench *b)
{
    struct err e;

    db_rollback(b->db);
    assert_int_equal(db_check(b->db, &e), ERR_OK);
    alerts_free(&b->alerts);
    db_close(&b->db);
    desk_folder_release(&b->folder);
}

static int64_t find_at(struct bench *b, const char *rule, const char *entity, int64_t time)
{
    const struct alert_finding f = { .kind = ALERT_DETECTION,
                                     .rule = span_of(rule),
                                     .title = SPAN_LIT("Title"),
                                     .entity = span_of(entity),
                                     .rule_hash = 7,
                                     .level = LEVEL_HIGH,
                                     .time_ns = time };
    const struct alert_event ev = { true, 0, (uint64_t)time, time, SPAN_LIT("{}"), SPAN_NONE };
    struct err e;
    int64_t id = 0;

    assert_int_equal(alerts_take(b->alerts, &f, &id, &e), ERR_OK);
    assert_int_equal(alerts_event(b->alerts, &ev, &e), ERR_OK);
    return id;
}

static int64_t number(struct bench *b, const char *sql)
{
    return desk_number(&b->folder, sql);
}

static void findings_of_one_rule_and_entity_within_the_window_are_one_alert(void **state)
{
    struct bench b;
    int64_t a;

    (void)state;
    bench_init(&b);
    a = find_at(&b, "r1", "srv", 10 * HOUR);
    assert_int_equal(find_at(&b, "r1", "SRV", 10 * HOUR + 1), a);
    assert_int_equal(find_at(&b, "r1", "srv", 10 * HOUR + 10 * MINUTE), a);
    assert_int_equal(find_at(&b, "r1", "srv", 10 * HOUR - 5 * MINUTE), a); /* a little older */
    assert_int_equal(find_at(&b, "r1", "srv", 11 * HOUR - 5 * MINUTE - 1), a);
    assert_int_not_equal(find_at(&b, "r2", "srv", 10 * HOUR), a);
    assert_int_not_equal(find_at(&b, "r1", "pc", 10 * HOUR), a);
    bench_commit(&b);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert"), 3);
    assert_int_equal(number(&b, "SELECT count FROM alert WHERE id = 1"), 5);
    assert_int_equal(number(&b, "SELECT first FROM alert WHERE id = 1"), 10 * HOUR - 5 * MINUTE);
    assert_int_equal(number(&b, "SELECT last FROM alert WHERE id = 1"), 11 * HOUR - 5 * MINUTE - 1);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert WHERE linked IS NOT NULL"), 0);
    bench_release(&b);
}

static void a_finding_outside_opens_a_new_alert_that_is_linked_to_the_last(void **state)
{
    struct bench b;
    int64_t first, second, old;

    (void)state;
    bench_init(&b);
    first = find_at(&b, "r", "srv", 10 * HOUR);
    second = find_at(&b, "r", "srv", 11 * HOUR); /* `until` itself is outside */
    assert_int_not_equal(first, second);
    assert_int_equal(find_at(&b, "r", "srv", 10 * HOUR + MINUTE), first); /* comes late */
    assert_int_equal(find_at(&b, "r", "srv", 11 * HOUR + MINUTE), second);
    old = find_at(&b, "r", "srv", 5 * HOUR);
    assert_true(old != first && old != second);
    bench_commit(&b);
    assert_int_equal(number(&b, "SELECT linked FROM alert WHERE id = 2"), first);
    assert_int_equal(number(&b, "SELECT linked FROM alert WHERE id = 3"), second);
    assert_int_equal(number(&b, "SELECT sum(count) FROM alert"), 5);
    bench_release(&b);
}

static void another_version_of_a_rule_opens_another_alert(void **state)
{
    struct alert_finding f = { .kind = ALERT_DETECTION,
                               .rule = SPAN_LIT("r"),
                               .entity = SPAN_LIT("srv"),
                               .rule_hash = 8,
                               .time_ns = 10 * HOUR };
    struct bench b;
    struct err e;
    int64_t id;

    (void)state;
    bench_init(&b);
    assert_int_equal(find_at(&b, "r", "srv", 10 * HOUR), 1);
    assert_int_equal(alerts_take(b.alerts, &f, &id, &e), ERR_OK);
    assert_int_equal(id, 2);
    bench_commit(&b);
    assert_int_equal(number(&b, "SELECT linked FROM alert WHERE id = 2"), 1);
    bench_release(&b);
}

static void the_first_fifty_events_are_kept(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    for (int64_t i = 0; i < 1000; i++) {
        (void)find_at(&b, "r", "srv", 10 * HOUR + i);
        if (i % 17 == 0)
            bench_commit(&b);
    }
    bench_commit(&b);
    assert_int_equal(number(&b, "SELECT count FROM alert"), 1000);
    assert_int_equal(number(&b, "SELECT events FROM alert"), ALERT_EVENTS_MAX);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert_event"), ALERT_EVENTS_MAX);
    assert_int_equal(number(&b, "SELECT max(time) FROM alert_event"), 10 * HOUR + 49);
    bench_release(&b);
}

static void an_event_that_is_too_long_is_kept_by_its_number(void **state)
{
    static uint8_t json[ALERT_JSON_MAX + 1];
    struct alert_event ev = { true, 3, 4, 5, { json, sizeof(json) }, SPAN_NONE };
    struct bench b;
    struct err e;

    (void)state;
    memset(json, 'x', sizeof(json));
    bench_init(&b);
    (void)find_at(&b, "r", "srv", 10 * HOUR);
    assert_int_equal(alerts_event(b.alerts, &ev, &e), ERR_OK);
    ev.json.n--;
    assert_int_equal(alerts_event(b.alerts, &ev, &e), ERR_OK);
    bench_commit(&b);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert_event WHERE json IS NULL AND lane = 3"
                                " AND sequence = 4"),
                     1);
    assert_int_equal(number(&b, "SELECT max(length(json)) FROM alert_event"), ALERT_JSON_MAX);
    bench_release(&b);
}

static void what_is_rolled_back_never_was(void **state)
{
    struct bench b;
    struct err e;

    (void)state;
    bench_init(&b);
    (void)find_at(&b, "r", "srv", 10 * HOUR);
    bench_commit(&b);
    (void)find_at(&b, "r", "srv", 10 * HOUR);
    (void)find_at(&b, "r", "pc", 10 * HOUR);
    assert_int_equal(alerts_flush(b.alerts, &e), ERR_OK);
    db_rollback(b.db);
    alerts_forget(b.alerts);
    assert_int_equal(db_begin(b.db, &e), ERR_OK);
    assert_int_equal(find_at(&b, "r", "srv", 10 * HOUR), 1);
    bench_commit(&b);
    assert_int_equal(number(&b, "SELECT count FROM alert WHERE id = 1"), 2);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert"), 1);
    bench_release(&b);
}

static void a_rule_that_finds_too_many_entities_goes_on_about_others(void **state)
{
    struct bench b;
    char entity[32];

    (void)state;
    bench_init(&b);
    for (unsigned i = 0; i < 3 * ALERT_NEW_MAX; i++) {
        (void)snprintf(entity, sizeof(entity), "host-%u", i);
        (void)find_at(&b, "r", entity, 10 * HOUR);
    }
    assert_int_equal(find_at(&b, "r", "host-0", 10 * HOUR), 1);
    bench_commit(&b);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert"), ALERT_NEW_MAX + 1);
    assert_int_equal(number(&b, "SELECT count FROM alert WHERE entity = '(others)'"),
                     2 * ALERT_NEW_MAX);
    assert_int_equal(number(&b, "SELECT sum(count) FROM alert"), 3 * ALERT_NEW_MAX + 1);
    /* An hour later it may again. */
    alerts_clock(b.alerts, 1001 * HOUR);
    (void)find_at(&b, "r", "one more", 10 * HOUR);
    bench_commit(&b);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert WHERE entity = 'one more'"), 1);
    bench_release(&b);
}

static void counts_stay_exact_when_alerts_push_each_other_out_of_the_cache(void **state)
{
    struct bench b;
    char rule[32];

    (void)state;
    bench_init(&b);
    for (unsigned i = 0; i < 30000; i++) {
        (void)snprintf(rule, sizeof(rule), "rule-%u", i % 10000);
        (void)find_at(&b, rule, "srv", 10 * HOUR);
    }
    bench_commit(&b);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert WHERE count = 3"), 10000);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert"), 10000);
    bench_release(&b);
}

static void long_names_are_cut_and_still_told_apart(void **state)
{
    static char one[2000], two[2000];
    struct bench b;

    (void)state;
    memset(one, 'a', sizeof(one) - 1);
    memset(two, 'a', sizeof(two) - 1);
    two[1998] = 'b';
    bench_init(&b);
    assert_int_equal(find_at(&b, "r", one, 10 * HOUR), 1);
    assert_int_equal(find_at(&b, "r", two, 10 * HOUR), 2);
    bench_commit(&b);
    assert_int_equal(number(&b, "SELECT max(length(entity)) FROM alert"), ALERT_ENTITY_MAX);
    assert_int_equal(number(&b, "SELECT max(length(entity_key)) FROM alert"), ALERT_ENTITY_MAX);
    bench_release(&b);
}

static void a_system_alert_is_open_once_and_closes(void **state)
{
    const struct alert_system s = { SPAN_LIT("canh.silence"), SPAN_LIT("Silent"), SPAN_LIT("fw1"),
                                    LEVEL_HIGH };
    struct bench b;
    bool changed;
    struct err e;

    (void)state;
    bench_init(&b);
    assert_int_equal(alerts_close(b.alerts, &s, &changed, &e), ERR_OK);
    assert_false(changed);
    assert_int_equal(alerts_open(b.alerts, &s, &changed, &e), ERR_OK);
    assert_true(changed);
    assert_int_equal(alerts_open(b.alerts, &s, &changed, &e), ERR_OK);
    assert_false(changed);
    bench_commit(&b);
    assert_int_equal(number(&b, "SELECT count FROM alert WHERE state = 'new'"), 1);
    assert_int_equal(alerts_close(b.alerts, &s, &changed, &e), ERR_OK);
    assert_true(changed);
    assert_int_equal(alerts_open(b.alerts, &s, &changed, &e), ERR_OK);
    assert_true(changed);
    bench_commit(&b);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert WHERE state = 'closed'"), 1);
    assert_int_equal(number(&b, "SELECT linked FROM alert WHERE state = 'new'"), 1);
    bench_release(&b);
}

static void odd_times_do_no_harm(void **state)
{
    static const int64_t times[] = { INT64_MIN, INT64_MIN + 1, -1, 0, INT64_MAX - 1, INT64_MAX };
    struct bench b;

    (void)state;
    bench_init(&b);
    for (unsigned i = 0; i < COUNT_OF(times); i++) {
        for (unsigned k = 0; k < COUNT_OF(times); k++) {
            (void)find_at(&b, "r", "srv", times[i]);
            (void)find_at(&b, "r", "srv", times[k]);
        }
    }
    bench_commit(&b);
    assert_int_equal(number(&b, "SELECT sum(count) FROM alert"), 2 * 36);
    bench_release(&b);
}

/* --- another order ---------------------------------------------------------------------------- */

#define DRAWN 1000u

static uint64_t draw(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    return z ^ z >> 31;
}

struct drawn {
    int64_t time, comes;
    unsigned entity;
};

static int by_time(const void *a, const void *b)
{
    const struct drawn *x = a, *y = b;

    if (x->entity != y->entity)
        return x->entity < y->entity ? -1 : 1;
    return (x->time > y->time) - (x->time < y->time);
}

static int by_coming(const void *a, const void *b)
{
    const struct drawn *x = a, *y = b;

    return (x->comes > y->comes) - (x->comes < y->comes);
}

/* Which findings are one alert, by its definition: of those in order, the first in no window begins
 * one. */
static void oracle(const struct drawn *d, struct buf *out)
{
    for (unsigned i = 0, k; i < DRAWN; i = k) {
        for (k = i; k < DRAWN && d[k].entity == d[i].entity && d[k].time - d[i].time < HOUR; k++)
            ;
        buf_fmt(out, "%u %lld..%lld..%lld %u\n", d[i].entity, (long long)d[i].time,
                (long long)d[k - 1].time, (long long)(d[i].time + HOUR), k - i);
    }
}

static void another_order_within_the_lateness_makes_the_same_alerts(void **state)
{
    const int64_t lateness[] = { 0, MINUTE, 30 * MINUTE, HOUR - 1 };
    uint64_t seed = 20261128;
    struct buf want, got;

    (void)state;
    buf_init(&want, 1 << 20);
    buf_init(&got, 1 << 20);
    for (unsigned turn = 0; turn < 12; turn++) {
        struct drawn d[DRAWN];
        struct bench b;
        char name[16];

        bench_init(&b);
        for (unsigned i = 0; i < DRAWN; i++) {
            d[i].entity = (unsigned)(draw(&seed) % 3);
            d[i].time = 10 * HOUR + (int64_t)(draw(&seed) % (uint64_t)(7 * 24 * HOUR));
            d[i].comes = d[i].time + (int64_t)(draw(&seed) % (uint64_t)(lateness[turn % 4] + 1));
        }
        buf_clear(&want);
        buf_clear(&got);
        qsort(d, DRAWN, sizeof(d[0]), by_time);
        oracle(d, &want);
        qsort(d, DRAWN, sizeof(d[0]), by_coming);
        for (unsigned i = 0; i < DRAWN; i++) {
            (void)snprintf(name, sizeof(name), "%u", d[i].entity);
            (void)find_at(&b, "r", name, d[i].time);
            if (draw(&seed) % 50 == 0)
                bench_commit(&b);
        }
        bench_commit(&b);
        desk_texts(&b.folder,
                   "SELECT entity || ' ' || first || '..' || last || '..' || until || ' ' ||"
                   " count FROM alert ORDER BY entity, first",
                   &got);
        if (!span_eq(buf_span(&want), buf_span(&got)))
            fail_msg("in order:\n%.*s\nas it came:\n%.*s", SPAN_ARG(buf_span(&want)),
                     SPAN_ARG(buf_span(&got)));
        bench_release(&b);
    }
    buf_release(&got);
    buf_release(&want);
}

/* What is older than the lateness allows takes nothing from an alert that stands. */
static void what_comes_far_too_late_is_an_alert_of_its_own(void **state)
{
    struct bench b;
    int64_t a, late;

    (void)state;
    bench_init(&b);
    a = find_at(&b, "r", "srv", 10 * HOUR);
    assert_int_equal(find_at(&b, "r", "srv", 10 * HOUR + 50 * MINUTE), a);
    late = find_at(&b, "r", "srv", 10 * HOUR - 20 * MINUTE); /* 70 minutes before the last */
    assert_int_not_equal(late, a);
    assert_int_equal(find_at(&b, "r", "srv", 10 * HOUR - 1), late);
    assert_int_equal(find_at(&b, "r", "srv", 10 * HOUR + 1), a);
    bench_commit(&b);
    assert_int_equal(number(&b, "SELECT until FROM alert WHERE id = 2"), 10 * HOUR);
    assert_int_equal(number(&b, "SELECT until FROM alert WHERE id = 1"), 11 * HOUR);
    bench_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_of_one_rule_and_entity_within_the_window_are_one_alert),
        cmocka_unit_test(a_finding_outside_opens_a_new_alert_that_is_linked_to_the_last),
        cmocka_unit_test(another_version_of_a_rule_opens_another_alert),
        cmocka_unit_test(the_first_fifty_events_are_kept),
        cmocka_unit_test(an_event_that_is_too_long_is_kept_by_its_number),
        cmocka_unit_test(what_is_rolled_back_never_was),
        cmocka_unit_test(a_rule_that_finds_too_many_entities_goes_on_about_others),
        cmocka_unit_test(counts_stay_exact_when_alerts_push_each_other_out_of_the_cache),
        cmocka_unit_test(long_names_are_cut_and_still_told_apart),
        cmocka_unit_test(a_system_alert_is_open_once_and_closes),
        cmocka_unit_test(odd_times_do_no_harm),
        cmocka_unit_test(another_order_within_the_lateness_makes_the_same_alerts),
        cmocka_unit_test(what_comes_far_too_late_is_an_alert_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
