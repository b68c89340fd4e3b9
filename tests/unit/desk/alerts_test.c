/*
 * Goal: which findings are one alert, and that counts are exact.
 * Method: findings at chosen times, read back over another connection; a week of findings drawn by
 * chance, in disorder, against alerts made from the sorted ones.
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

/* What people do to an alert; the desk is told, and reads anew. */
static void acknowledge(struct bench *b, int64_t id)
{
    struct db_row *r = db_use(b->db, DB_ALERT_ACKNOWLEDGE);
    struct err e;

    db_int(r, 1, 1000 * HOUR);
    db_text(r, 2, SPAN_LIT("an"));
    db_int(r, 3, id);
    assert_int_equal(db_run(b->db, r, &e), ERR_OK);
    alerts_forget(b->alerts);
}

static void decide(struct bench *b, int64_t id)
{
    struct db_row *r = db_use(b->db, DB_ALERT_DECIDE);
    struct err e;

    db_int(r, 1, 1000 * HOUR);
    db_text(r, 2, SPAN_LIT("an"));
    db_text(r, 3, SPAN_LIT("false-positive"));
    db_text(r, 5, SPAN_LIT("known"));
    db_int(r, 6, id);
    assert_int_equal(db_run(b->db, r, &e), ERR_OK);
    alerts_forget(b->alerts);
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

static void a_finding_outside_opens_a_new_alert_that_is_linked_to_the_one_before(void **state)
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
    /* The old one is before both. */
    assert_int_equal(number(&b, "SELECT linked IS NULL FROM alert WHERE id = 3"), 1);
    assert_int_equal(number(&b, "SELECT linked FROM alert WHERE id = 1"), old);
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
    /* Of another hour of source time it may again, now or when it is read later. */
    (void)find_at(&b, "r", "one more", 11 * HOUR);
    alerts_clock(b.alerts, 1001 * HOUR);
    (void)find_at(&b, "r", "too many", 10 * HOUR);
    bench_commit(&b);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert WHERE entity = 'one more'"), 1);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert WHERE entity = 'too many'"), 0);
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

#define DRAWN    4000u
#define RULES    3u
#define ENTITIES 3u

static uint64_t draw(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    return z ^ z >> 31;
}

struct drawn {
    int64_t time, comes;
    unsigned of, number; /* of: rule and entity */
    char entity[16];     /* as this one spells it */
    enum sigma_level level;
};

static int by_time(const void *a, const void *b)
{
    const struct drawn *x = a, *y = b;

    if (x->of != y->of)
        return x->of < y->of ? -1 : 1;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

static int by_coming(const void *a, const void *b)
{
    const struct drawn *x = a, *y = b;

    if (x->comes != y->comes)
        return x->comes < y->comes ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

/* A week: single findings, some at one time, and bursts of more than an alert keeps. */
static void draw_week(struct drawn *d, int64_t lateness, uint64_t *seed)
{
    static const char *const spelled[] = { "srv-%u", "SRV-%u", "Srv-%u" };
    int64_t burst = 0;
    unsigned left = 0, of = 0;

    for (unsigned i = 0; i < DRAWN; i++) {
        if (left == 0) {
            left = draw(seed) % 100 == 0 ? 120 : 1 + (unsigned)(draw(seed) % 3);
            burst = 10 * HOUR + (int64_t)(draw(seed) % (uint64_t)(7 * 24 * HOUR));
            of = (unsigned)(draw(seed) % (RULES * ENTITIES));
        }
        left--;
        d[i].of = of;
        d[i].number = i;
        d[i].time = burst + (int64_t)(draw(seed) % 20) * MINUTE;
        d[i].comes = d[i].time + (int64_t)(draw(seed) % (uint64_t)(lateness + 1));
        d[i].level = draw(seed) % 4 == 0 ? LEVEL_HIGH : LEVEL_MEDIUM;
        (void)snprintf(d[i].entity, sizeof(d[i].entity), spelled[draw(seed) % 3], of % ENTITIES);
    }
}

/* What one alert is by its definition, of the findings d[0..n) in order. `before`: where the one
 * before begins, or 0. */
static void oracle_alert(const struct drawn *d, unsigned n, int64_t before, struct buf *out)
{
    const char *entity = d[0].entity;
    enum sigma_level level = d[0].level;

    for (unsigned i = 1; i < n; i++) {
        level = d[i].level > level ? d[i].level : level;
        if (d[i].time == d[0].time && strcmp(d[i].entity, entity) < 0)
            entity = d[i].entity;
    }
    buf_fmt(out, "r%u %s %d %lld..%lld..%lld %u behind %lld:", d[0].of / ENTITIES, entity,
            (int)level, (long long)d[0].time, (long long)d[n - 1].time,
            (long long)(d[0].time + HOUR), n, (long long)before);
    for (unsigned i = 0; i < n && i < ALERT_EVENTS_MAX; i++)
        buf_fmt(out, " %u", d[i].number);
    buf_byte(out, '\n');
}

/* Which findings are one alert: of those in order, the first in no window begins one. */
static void oracle(const struct drawn *d, struct buf *out)
{
    for (unsigned i = 0, k; i < DRAWN; i = k) {
        int64_t before = 0;

        for (k = i; k < DRAWN && d[k].of == d[i].of;) {
            unsigned n = 1;

            while (k + n < DRAWN && d[k + n].of == d[k].of && d[k + n].time - d[k].time < HOUR)
                n++;
            oracle_alert(&d[k], n, before, out);
            before = d[k].time;
            k += n;
        }
    }
}

static void drawn_comes(struct bench *b, const struct drawn *d)
{
    char rule[16];
    struct alert_finding f = { .kind = ALERT_DETECTION,
                               .title = SPAN_LIT("Title"),
                               .entity = span_of(d->entity),
                               .rule_hash = 7,
                               .level = d->level,
                               .time_ns = d->time };
    const struct alert_event ev = { true, 0, d->number, d->time, SPAN_LIT("{}"), SPAN_NONE };
    struct err e;
    int64_t id;

    (void)snprintf(rule, sizeof(rule), "r%u", d->of / ENTITIES);
    f.rule = span_of(rule);
    assert_int_equal(alerts_take(b->alerts, &f, &id, &e), ERR_OK);
    assert_int_equal(alerts_event(b->alerts, &ev, &e), ERR_OK);
}

#define ALERTS_AS_TEXT                                                                             \
    "SELECT rule || ' ' || entity || ' ' || level || ' ' || first || '..' || last || '..' ||"      \
    " until || ' ' || count || ' behind ' ||"                                                      \
    " coalesce((SELECT l.first FROM alert l WHERE l.id = a.linked), 0) || ':' ||"                  \
    " (SELECT group_concat(' ' || v.sequence, '') FROM (SELECT sequence FROM alert_event"          \
    " WHERE alert = a.id ORDER BY time, sequence) v) FROM alert a ORDER BY rule, entity_key, first"

static void another_order_within_the_lateness_makes_the_same_alerts(void **state)
{
    static struct drawn d[DRAWN];
    const int64_t lateness[] = { 0, MINUTE, 30 * MINUTE, HOUR - 1 };
    uint64_t seed = 20261128;
    struct buf want, got;

    (void)state;
    buf_init(&want, 1 << 24);
    buf_init(&got, 1 << 24);
    for (unsigned turn = 0; turn < 8; turn++) {
        struct bench b;

        bench_init(&b);
        buf_clear(&want);
        buf_clear(&got);
        draw_week(d, lateness[turn % 4], &seed);
        qsort(d, DRAWN, sizeof(d[0]), by_time);
        oracle(d, &want);
        qsort(d, DRAWN, sizeof(d[0]), by_coming);
        for (unsigned i = 0; i < DRAWN; i++) {
            drawn_comes(&b, &d[i]);
            if (draw(&seed) % 50 == 0)
                bench_commit(&b);
        }
        bench_commit(&b);
        assert_true(number(&b, "SELECT count(*) FROM alert WHERE count > 50") > 10);
        desk_texts(&b.folder, ALERTS_AS_TEXT, &got);
        if (!span_eq(buf_span(&want), buf_span(&got)))
            fail_msg("in order:\n%.*s\nas it came:\n%.*s", SPAN_ARG(buf_span(&want)),
                     SPAN_ARG(buf_span(&got)));
        bench_release(&b);
    }
    buf_release(&got);
    buf_release(&want);
}

/* Who has an alert in hand never loses what it has: it begins earlier, and goes on. */
static void what_people_act_on_only_gains(void **state)
{
    struct bench b;
    int64_t a;

    (void)state;
    bench_init(&b);
    a = find_at(&b, "r", "srv", 10 * HOUR + 5 * MINUTE);
    for (int64_t i = 0; i < 60; i++)
        assert_int_equal(find_at(&b, "r", "srv", 10 * HOUR + 55 * MINUTE + i), a);
    bench_commit(&b);
    acknowledge(&b, a);
    assert_int_equal(find_at(&b, "r", "srv", 10 * HOUR), a);
    assert_int_not_equal(find_at(&b, "r", "srv", 11 * HOUR), a);
    bench_commit(&b);
    assert_int_equal(number(&b, "SELECT count FROM alert WHERE id = 1"), 62);
    assert_int_equal(number(&b, "SELECT first FROM alert WHERE id = 1"), 10 * HOUR);
    assert_int_equal(number(&b, "SELECT last FROM alert WHERE id = 1"),
                     10 * HOUR + 55 * MINUTE + 59);
    /* The events that somebody may have looked at are still these. */
    assert_int_equal(number(&b, "SELECT min(time) FROM alert_event WHERE alert = 1"),
                     10 * HOUR + 5 * MINUTE);
    bench_release(&b);
}

static void what_comes_after_closing_is_linked_to_that(void **state)
{
    struct bench b;
    int64_t before, closed, after, late;

    (void)state;
    bench_init(&b);
    before = find_at(&b, "r", "srv", 8 * HOUR);
    closed = find_at(&b, "r", "srv", 10 * HOUR);
    (void)find_at(&b, "r", "srv", 10 * HOUR + 50 * MINUTE);
    bench_commit(&b);
    decide(&b, closed);
    after = find_at(&b, "r", "srv", 10 * HOUR + 20 * MINUTE);
    assert_int_not_equal(after, closed);
    late = find_at(&b, "r", "srv", 10 * HOUR - 10 * MINUTE); /* it would have begun it */
    bench_commit(&b);
    assert_int_equal(late, after);
    late = find_at(&b, "r", "srv", 9 * HOUR + 10 * MINUTE);
    assert_int_not_equal(late, after);
    bench_commit(&b);
    assert_int_equal(number(&b, "SELECT linked FROM alert WHERE id = 2"), before);
    assert_int_equal(number(&b, "SELECT linked FROM alert WHERE id = 3"), closed);
    assert_int_equal(number(&b, "SELECT count FROM alert WHERE id = 2"), 2);
    assert_int_equal(number(&b, "SELECT first FROM alert WHERE id = 2"), 10 * HOUR);
    bench_release(&b);
}

/* The result of a correlation; `result` 0: a final one. */
static int64_t result_at(struct bench *b, int64_t time, int64_t result)
{
    const struct alert_finding f = { .kind = ALERT_CORRELATION,
                                     .rule = SPAN_LIT("c"),
                                     .entity = SPAN_LIT("user=bob"),
                                     .level = LEVEL_HIGH,
                                     .time_ns = time,
                                     .provisional = result != 0,
                                     .result = result };
    const struct alert_event about = { .time_ns = time, .json = SPAN_LIT("{}") };
    struct err e;
    int64_t id = 0;

    assert_int_equal(alerts_take(b->alerts, &f, &id, &e), ERR_OK);
    assert_int_equal(alerts_event(b->alerts, &about, &e), ERR_OK);
    return id;
}

static void what_is_withdrawn_leaves_no_trace_in_others(void **state)
{
    struct bench b;
    struct err e;
    int64_t first, gone;

    (void)state;
    bench_init(&b);
    first = result_at(&b, 8 * HOUR, 0);
    gone = result_at(&b, 10 * HOUR, 1);
    (void)result_at(&b, 12 * HOUR, 0);
    assert_int_equal(result_at(&b, 12 * HOUR + MINUTE, 2), 3);
    bench_commit(&b);
    assert_int_equal(number(&b, "SELECT linked FROM alert WHERE id = 3"), gone);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert_event WHERE alert = 3"), 2);
    assert_int_equal(alerts_withdraw(b.alerts, gone, 1, &e), ERR_OK);
    assert_int_equal(alerts_withdraw(b.alerts, 3, 2, &e), ERR_OK);
    bench_commit(&b);
    assert_int_equal(number(&b, "SELECT state = 'withdrawn' FROM alert WHERE id = 2"), 1);
    assert_int_equal(number(&b, "SELECT linked FROM alert WHERE id = 3"), first);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert_event WHERE alert = 3"), 1);
    /* Who looks at what was withdrawn sees why it was there. */
    assert_int_equal(number(&b, "SELECT count(*) FROM alert_event WHERE alert = 2"), 1);
    bench_release(&b);
}

static void provisional_events_take_no_room_from_final_ones(void **state)
{
    struct bench b;
    struct err e;
    bool stay;

    (void)state;
    bench_init(&b);
    for (int64_t i = 0; i < 40; i++)
        (void)result_at(&b, 8 * HOUR + i, 1 + i);
    for (int64_t i = 0; i < 60; i++)
        (void)result_at(&b, 8 * HOUR + MINUTE + i, 0);
    bench_commit(&b);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert_event WHERE result IS NULL"), 50);
    assert_int_equal(number(&b, "SELECT max(time) FROM alert_event"), 8 * HOUR + MINUTE + 49);
    (void)result_at(&b, 8 * HOUR + 2 * MINUTE, 0);
    assert_int_equal(alerts_settle(b.alerts, 1, 5, 1, &stay, &e), ERR_OK);
    assert_false(stay); /* there is no room for it any more */
    bench_commit(&b);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert_event WHERE result = 5"), 0);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert_event WHERE result IS NULL"), 50);
    bench_release(&b);
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
        cmocka_unit_test(a_finding_outside_opens_a_new_alert_that_is_linked_to_the_one_before),
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
        cmocka_unit_test(what_people_act_on_only_gains),
        cmocka_unit_test(what_comes_after_closing_is_linked_to_that),
        cmocka_unit_test(what_is_withdrawn_leaves_no_trace_in_others),
        cmocka_unit_test(provisional_events_take_no_room_from_final_ones),
        cmocka_unit_test(what_comes_far_too_late_is_an_alert_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
