/*
 * Goal: an input through which our own events do not come is an alert after 90 s, not before, and
 * none that is not tried. Method: marks written into the database, rounds at chosen times.
 */
#include "../check.h"

#include "base/time.h"
#include "desk/tracers.h"
#include "desk_lane.h"

struct bench {
    struct desk_folder folder;
    struct db *db;
    struct alerts *alerts;
    struct tracers *tracers;
    struct settings settings;
    const char *address;
    uint64_t ms;
};

static void bench_open(struct bench *b)
{
    struct err e;

    assert_int_equal(db_open(&b->db, b->folder.db, &e), ERR_OK);
    assert_int_equal(alerts_new(&b->alerts, b->db, 3600 * TIME_SECOND, &e), ERR_OK);
    assert_int_equal(tracers_new(&b->tracers, b->db, b->alerts, &b->settings, &e), ERR_OK);
}

static void bench_close(struct bench *b)
{
    tracers_free(&b->tracers);
    alerts_free(&b->alerts);
    db_close(&b->db);
}

static void bench_init(struct bench *b)
{
    *b = (struct bench){ .ms = 700000, .address = "127.0.0.1:1" };
    b->settings.syslog_udp = b->settings.relp = (struct text_list){ &b->address, 1 };
    desk_folder_init(&b->folder);
    bench_open(b);
}

static void bench_release(struct bench *b)
{
    bench_close(b);
    desk_folder_release(&b->folder);
}

/* What the desk does when it pulls one. */
static void arrive(struct bench *b, enum input input, uint32_t lane)
{
    struct db_row *r = db_use(b->db, DB_TRACER_PUT);
    struct err e;

    db_text(r, 1, span_of(input_name(input)));
    db_int(r, 2, lane);
    db_int(r, 3, 5);
    db_int(r, 4, 5);
    assert_int_equal(db_run(b->db, r, &e), ERR_OK);
}

static void round_after(struct bench *b, uint64_t ms)
{
    struct err e;

    b->ms += ms;
    if (tracers_round(b->tracers, b->ms, &e) != ERR_OK)
        fail_msg("%s", e.why);
}

static int64_t open_alerts(struct bench *b, const char *input)
{
    char sql[200];

    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM alert WHERE state = 'new' AND rule = 'canh.tracer'"
                   " AND entity = '%s'",
                   input);
    return desk_number(&b->folder, sql);
}

static void what_does_not_come_for_90_s_is_an_alert_until_it_comes(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    arrive(&b, INPUT_RELP, 0); /* from before: says nothing of now */
    round_after(&b, 0);
    for (int i = 0; i < 8; i++) {
        arrive(&b, INPUT_SYSLOG_UDP, (uint32_t)i % 2);
        round_after(&b, 10000);
    }
    assert_int_equal(open_alerts(&b, "relp"), 0); /* 80 s */
    arrive(&b, INPUT_SYSLOG_UDP, 0);
    round_after(&b, 10000);
    assert_int_equal(open_alerts(&b, "relp"), 1);
    assert_int_equal(open_alerts(&b, "syslog-udp"), 0);
    round_after(&b, 80000);
    assert_int_equal(open_alerts(&b, "syslog-udp"), 0);
    arrive(&b, INPUT_RELP, 1);
    round_after(&b, 10000);
    assert_int_equal(open_alerts(&b, "relp"), 0);
    assert_int_equal(open_alerts(&b, "syslog-udp"), 1);
    /* Only the two that are configured were ever missed. */
    assert_int_equal(desk_number(&b.folder, "SELECT count(*) FROM alert"), 2);
    bench_release(&b);
}

static void another_desk_has_90_s_again_and_ends_what_is_over(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    round_after(&b, 0);
    round_after(&b, 95000);
    assert_int_equal(open_alerts(&b, "relp"), 1);
    bench_close(&b);
    bench_open(&b);
    arrive(&b, INPUT_RELP, 0);
    round_after(&b, 0);
    assert_int_equal(open_alerts(&b, "relp"), 0);
    round_after(&b, 89000);
    assert_int_equal(open_alerts(&b, "relp"), 0);
    round_after(&b, 1000);
    assert_int_equal(open_alerts(&b, "relp"), 1);
    bench_release(&b);
}

static void inputs_that_come_and_go_with_the_settings(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    round_after(&b, 0);
    round_after(&b, 95000);
    assert_int_equal(open_alerts(&b, "relp"), 1);
    b.settings.relp.count = 0;
    b.settings.https = b.settings.syslog_udp;
    round_after(&b, 10000);
    assert_int_equal(open_alerts(&b, "relp"), 0);
    round_after(&b, 80000);
    assert_int_equal(open_alerts(&b, "https"), 0);
    round_after(&b, 10000);
    assert_int_equal(open_alerts(&b, "https"), 1);
    b.settings.tls_mutual = true; /* none of ours can get in */
    round_after(&b, 10000);
    assert_int_equal(open_alerts(&b, "https"), 0);
    bench_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_come_for_90_s_is_an_alert_until_it_comes),
        cmocka_unit_test(another_desk_has_90_s_again_and_ends_what_is_over),
        cmocka_unit_test(inputs_that_come_and_go_with_the_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
