/*
 * Goal: silence is heard, counts that do not add up are told, and neither is cried without reason.
 * Method: ledgers written by hand, rounds at chosen times.
 */
#include "../check.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "desk/sources.h"
#include "desk_lane.h"

#define START_MS 1700000000000u
#define MS_NS    1000000

struct bench {
    struct desk_folder folder;
    struct db *db;
    struct alerts *alerts;
    struct sources *sources;
    struct settings settings;
    struct source_settings rows[2];
    struct ledger *ledger;
    uint64_t ms;      /* monotonic */
    int64_t wall_off; /* what the wall clock is put forward by, ms */
};

static void bench_open(struct bench *b)
{
    struct err e;

    assert_int_equal(db_open(&b->db, b->folder.db, &e), ERR_OK);
    assert_int_equal(alerts_new(&b->alerts, b->db, 3600 * TIME_SECOND, &e), ERR_OK);
    assert_int_equal(sources_new(&b->sources, b->db, b->alerts, &b->settings, &e), ERR_OK);
}

static void bench_close(struct bench *b)
{
    sources_free(&b->sources);
    alerts_free(&b->alerts);
    db_close(&b->db);
}

static void bench_init(struct bench *b)
{
    struct err e;

    *b = (struct bench){ .ms = 5000000 };
    desk_folder_init(&b->folder);
    b->ledger = calloc(1, sizeof(*b->ledger));
    assert_non_null(b->ledger);
    assert_int_equal(ledger_begin(b->ledger, 0, &e), ERR_OK);
    b->rows[0] = (struct source_settings){ .name = "fw1", .interval = 60000 };
    b->rows[1] = (struct source_settings){ .name = "off", .interval = 60000, .disabled = true };
    b->settings.sources = b->rows;
    b->settings.source_count = 2;
    bench_open(b);
}

static void bench_release(struct bench *b)
{
    struct err e;

    assert_int_equal(db_check(b->db, &e), ERR_OK);
    bench_close(b);
    free(b->ledger);
    desk_folder_release(&b->folder);
}

static uint64_t wall_ms(const struct bench *b)
{
    return START_MS + b->ms + (uint64_t)b->wall_off;
}

static void round_after(struct bench *b, uint64_t ms)
{
    const struct ledger *all[] = { b->ledger };
    struct sources_round r = { all, 1, 0, 0 };
    struct err e;

    b->ms += ms;
    r.now_ns = (int64_t)wall_ms(b) * MS_NS;
    r.ms = b->ms;
    alerts_clock(b->alerts, r.now_ns);
    if (sources_round(b->sources, &r, &e) != ERR_OK)
        fail_msg("%s", e.why);
}

static void rounds(struct bench *b, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        round_after(b, SOURCES_ROUND_MS);
}

static void say(struct bench *b, const char *name)
{
    uint32_t row = ledger_row(b->ledger, INPUT_SYSLOG_UDP, span_of(name), false, false);

    ledger_add(b->ledger, row, LEDGER_received, 1);
    ledger_add(b->ledger, row, LEDGER_stored, 1);
    ledger_add(b->ledger, row, LEDGER_matched, 1);
    atomic_store(&b->ledger->row[row].count[LEDGER_last_ms], wall_ms(b));
}

static int64_t number(struct bench *b, const char *sql)
{
    return desk_number(&b->folder, sql);
}

#define OPEN(rule) "SELECT count(*) FROM alert WHERE state = 'new' AND rule = '" rule "'"
#define STATE(name, state)                                                                         \
    "SELECT count(*) FROM source WHERE name = '" name "' AND state = '" state "'"

static void a_source_goes_from_never_to_silent_and_back(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    rounds(&b, 1);
    assert_int_equal(number(&b, STATE("fw1", "never")), 1);
    assert_int_equal(number(&b, "SELECT count(*) FROM source"), 1); /* not the disabled one */
    rounds(&b, 20);
    assert_int_equal(number(&b, STATE("fw1", "never")), 1);
    say(&b, "fw1");
    rounds(&b, 6);
    assert_int_equal(number(&b, STATE("fw1", "active")), 1);
    rounds(&b, 1);
    assert_int_equal(number(&b, STATE("fw1", "late")), 1);
    assert_int_equal(number(&b, OPEN("canh.silence")), 0);
    rounds(&b, 3);
    assert_int_equal(number(&b, STATE("fw1", "silent")), 1);
    assert_int_equal(number(&b, OPEN("canh.silence")), 1);
    rounds(&b, 10);
    assert_int_equal(number(&b, OPEN("canh.silence")), 1);
    say(&b, "fw1");
    rounds(&b, 1);
    assert_int_equal(number(&b, STATE("fw1", "active")), 1);
    assert_int_equal(number(&b, OPEN("canh.silence")), 0);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert WHERE state = 'closed'"), 1);
    assert_int_equal(number(&b, "SELECT count(*) FROM notice WHERE kind = 'source'"), 5);
    bench_release(&b);
}

static void who_was_there_is_missed_after_a_restart(void **state)
{
    struct bench b;
    struct err e;

    (void)state;
    bench_init(&b);
    b.settings.silence = 120000;
    say(&b, "10.0.0.7");
    rounds(&b, 1);
    bench_close(&b);
    memset(b.ledger, 0, sizeof(*b.ledger));
    assert_int_equal(ledger_begin(b.ledger, 0, &e), ERR_OK);
    bench_open(&b);
    rounds(&b, 1);
    assert_int_equal(number(&b, STATE("10.0.0.7", "active")), 1);
    rounds(&b, 15);
    assert_int_equal(number(&b, STATE("10.0.0.7", "silent")), 1);
    assert_int_equal(number(&b, OPEN("canh.silence")), 1);
    bench_release(&b);
}

static void without_an_interval_nobody_is_silent(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    say(&b, "10.0.0.7");
    rounds(&b, 500);
    assert_int_equal(number(&b, STATE("10.0.0.7", "active")), 1);
    bench_release(&b);
}

static void a_wall_clock_that_jumps_makes_nobody_silent(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    say(&b, "fw1");
    rounds(&b, 2);
    b.wall_off = 86400000;
    rounds(&b, 2);
    assert_int_equal(number(&b, STATE("fw1", "active")), 1);
    say(&b, "fw1");
    rounds(&b, 2);
    b.wall_off = 0;
    say(&b, "fw1"); /* its time is a day before what was heard */
    rounds(&b, 2);
    assert_int_equal(number(&b, STATE("fw1", "active")), 1);
    bench_release(&b);
}

static void counts_that_do_not_add_up_for_30_seconds_are_an_alert(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    say(&b, "fw1");
    rounds(&b, 1);
    ledger_add(b.ledger, 0, LEDGER_received, 5);
    rounds(&b, 3);
    assert_int_equal(number(&b, OPEN("canh.ledger")), 0);
    rounds(&b, 1);
    assert_int_equal(number(&b, OPEN("canh.ledger")), 1);
    board_set(b.ledger, BOARD_in_flight, 5);
    rounds(&b, 1);
    assert_int_equal(number(&b, OPEN("canh.ledger")), 0);
    board_set(b.ledger, BOARD_in_flight, 6); /* the other way round */
    rounds(&b, 4);
    assert_int_equal(number(&b, OPEN("canh.ledger")), 1);
    bench_release(&b);
}

static void what_is_stored_and_not_matched_is_an_alert(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    say(&b, "fw1");
    ledger_add(b.ledger, 0, LEDGER_received, 1);
    ledger_add(b.ledger, 0, LEDGER_stored, 1);
    rounds(&b, 4);
    assert_int_equal(number(&b, OPEN("canh.unmatched")), 1);
    assert_int_equal(number(&b, OPEN("canh.ledger")), 0);
    ledger_add(b.ledger, 0, LEDGER_matched, 1);
    rounds(&b, 1);
    assert_int_equal(number(&b, OPEN("canh.unmatched")), 0);
    bench_release(&b);
}

static void a_full_disk_is_an_alert_at_once_also_after_a_restart(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    board_set(b.ledger, BOARD_disk_full, 1);
    rounds(&b, 1);
    assert_int_equal(number(&b, OPEN("canh.disk-full")), 1);
    bench_close(&b);
    bench_open(&b);
    rounds(&b, 2);
    assert_int_equal(number(&b, OPEN("canh.disk-full")), 1);
    bench_close(&b);
    bench_open(&b);
    board_set(b.ledger, BOARD_disk_full, 0);
    rounds(&b, 1);
    assert_int_equal(number(&b, OPEN("canh.disk-full")), 0);
    bench_release(&b);
}

static void kernel_drops_are_a_notice_and_not_a_flood_of_them(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    board_set(b.ledger, BOARD_kernel_drops, 100); /* of before */
    rounds(&b, 1);
    assert_int_equal(number(&b, "SELECT count(*) FROM notice WHERE kind = 'kernel-drops'"), 0);
    for (uint64_t i = 1; i <= 60; i++) {
        board_set(b.ledger, BOARD_kernel_drops, 100 + i);
        rounds(&b, 1);
    }
    assert_int_equal(number(&b, "SELECT count(*) FROM notice WHERE kind = 'kernel-drops'"), 2);
    bench_release(&b);
}

struct busy {
    struct ledger *ledger;
    _Atomic bool stop;
};

/* Longer than what lies between two counts, as in a collector. */
static void some_time(void)
{
    for (volatile unsigned i = 0; i < 3000; i++)
        ;
}

/* A collector at work: what it took in is in flight, then stored. */
static void *work(void *arg)
{
    struct busy *w = arg;

    while (!atomic_load(&w->stop)) {
        board_set(w->ledger, BOARD_in_flight, 3);
        ledger_add(w->ledger, 0, LEDGER_received, 3);
        some_time();
        ledger_add(w->ledger, 0, LEDGER_stored, 3);
        ledger_add(w->ledger, 0, LEDGER_matched, 3);
        board_set(w->ledger, BOARD_in_flight, 0);
        some_time();
    }
    return NULL;
}

static void a_busy_collector_raises_no_alarm(void **state)
{
    struct busy w;
    struct bench b;
    pthread_t thread;

    (void)state;
    bench_init(&b);
    say(&b, "fw1");
    w.ledger = b.ledger;
    atomic_init(&w.stop, false);
    assert_int_equal(pthread_create(&thread, NULL, work, &w), 0);
    for (unsigned i = 0; i < 30; i++) {
        rounds(&b, 1);
        (void)usleep(2000); /* time passes for the collector too */
    }
    atomic_store(&w.stop, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert WHERE rule <> 'canh.silence'"), 0);
    bench_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_goes_from_never_to_silent_and_back),
        cmocka_unit_test(who_was_there_is_missed_after_a_restart),
        cmocka_unit_test(without_an_interval_nobody_is_silent),
        cmocka_unit_test(a_wall_clock_that_jumps_makes_nobody_silent),
        cmocka_unit_test(counts_that_do_not_add_up_for_30_seconds_are_an_alert),
        cmocka_unit_test(what_is_stored_and_not_matched_is_an_alert),
        cmocka_unit_test(a_full_disk_is_an_alert_at_once_also_after_a_restart),
        cmocka_unit_test(kernel_drops_are_a_notice_and_not_a_flood_of_them),
        cmocka_unit_test(a_busy_collector_raises_no_alarm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
