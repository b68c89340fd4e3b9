/*
 * Goal: the parts together: lanes of several collectors, trouble with the disk, damage, a reload.
 * Method: a data folder; ledgers by hand; a limit on the size of files stands for a full disk.
 */
#include "../check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../sigma/correlate_both.h"
#include "base/time.h"
#include "desk/desk.h"
#include "desk_lane.h"

#define LANES 2u
#define START (1000 * 3600 * TIME_SECOND)

static const char yaml[] = "{title: three, id: 11111111-0000-4000-8000-000000000001, level: high,"
                           " correlation: {type: event_count, rules: [a], group-by: [user],"
                           " timespan: 1m, condition: {gte: 3}}}";

struct bench {
    struct desk_folder folder;
    struct desk_lane lane[LANES];
    struct ledger *ledger[LANES];
    struct correlate_both both;
    struct live_rules rules;
    struct settings settings;
    struct desk *desk;
    struct buf record;
    char last_notice[256];
    unsigned notices;
    uint64_t ms;
};

static const struct sigma_head *rule_of(const void *arg, uint32_t i)
{
    return &((const struct correlate_both *)arg)->rules.rules[i]->head;
}

static const struct sigma_correlation *correlation_of(const void *arg, uint32_t i)
{
    return ((const struct correlate_both *)arg)->rules.correlations[i];
}

static void on_notice(void *arg, const char *text)
{
    struct bench *b = arg;

    (void)snprintf(b->last_notice, sizeof(b->last_notice), "%s", text);
    b->notices++;
}

static void bench_open(struct bench *b)
{
    const struct desk_from from = { &io_system, b->folder.path, &b->settings,
                                    &b->rules,  LANES,          on_notice,
                                    b };
    struct err e;

    if (desk_new(&b->desk, &from, &e) != ERR_OK)
        fail_msg("%s", e.why);
    for (uint32_t i = 0; i < LANES; i++)
        assert_int_equal(desk_ledger(b->desk, b->ledger[i], i, &e), ERR_OK);
}

static void bench_init(struct bench *b)
{
    char path[128];
    struct err e;

    *b = (struct bench){ .ms = 1000 };
    desk_folder_init(&b->folder);
    (void)snprintf(path, sizeof(path), "%s/desk", b->folder.path);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/lanes", b->folder.path);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(b->folder.db, sizeof(b->folder.db), "%s/desk/canh.db", b->folder.path);
    for (uint32_t i = 0; i < LANES; i++) {
        desk_lane_init_at(&b->lane[i], path, i);
        b->ledger[i] = calloc(1, sizeof(*b->ledger[i]));
        assert_non_null(b->ledger[i]);
        assert_int_equal(ledger_begin(b->ledger[i], i, &e), ERR_OK);
    }
    buf_init(&b->record, 1 << 16);
    assert_true(correlate_both_init(&b->both, span_of(yaml)));
    b->rules = (struct live_rules){
        b->both.plan, b->both.rules.rule_count, b->both.rules.correlation_count,
        rule_of,      correlation_of,           &b->both
    };
    assert_int_equal(settings_read(&b->settings, SPAN_NONE, "none", &e), ERR_OK);
    bench_open(b);
}

static void bench_release(struct bench *b)
{
    desk_free(&b->desk);
    settings_release(&b->settings);
    correlate_both_release(&b->both);
    buf_release(&b->record);
    for (uint32_t i = 0; i < LANES; i++) {
        desk_lane_release(&b->lane[i]);
        free(b->ledger[i]);
    }
    desk_folder_release(&b->folder);
}

static int64_t now_of(const struct bench *b)
{
    return START + (int64_t)b->ms * 1000000;
}

static struct span bob(void *arg, uint32_t name)
{
    (void)arg;
    (void)name;
    return SPAN_LIT("bob");
}

/* One event, one finding of rule "f", one input of rule a. */
static void put(struct bench *b, uint32_t lane)
{
    struct desk_lane *l = &b->lane[lane];
    const struct correlate_values v = { bob, NULL };
    struct stored_finding f = { .sequence = desk_lane_event(l, now_of(b)),
                                .time_ns = now_of(b),
                                .rule = SPAN_LIT("f"),
                                .title = SPAN_LIT("F"),
                                .host = SPAN_LIT("srv") };
    const struct correlate_event hit = { now_of(b), 0, 0, 0 };

    desk_lane_finding(l, &f);
    buf_clear(&b->record);
    correlate_put(b->both.plan, &hit, &v, &b->record);
    desk_lane_input(l, correlate_plan_hash(b->both.plan), f.sequence, buf_span(&b->record));
    ledger_publish(b->ledger[lane], desk_lane_commit(l, now_of(b)));
}

static void pass(struct bench *b, uint64_t ms)
{
    b->ms += ms;
    while (desk_round(b->desk, now_of(b), b->ms))
        ;
}

static int64_t number(struct bench *b, const char *sql)
{
    return desk_number(&b->folder, sql);
}

static void findings_and_correlations_of_all_lanes_become_alerts(void **state)
{
    struct bench b;
    struct err e;

    (void)state;
    bench_init(&b);
    pass(&b, 50);
    for (unsigned i = 0; i < 3; i++)
        put(&b, i % 2);
    pass(&b, 50);
    assert_int_equal(number(&b, "SELECT count FROM alert WHERE rule = 'f'"), 3);
    pass(&b, 2000);
    assert_int_equal(number(&b, "SELECT provisional FROM alert WHERE kind = 'correlation'"), 1);
    pass(&b, 40000);
    assert_int_equal(number(&b, "SELECT provisional FROM alert WHERE kind = 'correlation'"), 0);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert"), 2);
    assert_int_equal(number(&b, "SELECT value FROM counter WHERE name = 'findings'"), 3);
    assert_int_equal(desk_save(b.desk, now_of(&b), b.ms, &e), ERR_OK);
    desk_free(&b.desk);
    bench_open(&b);
    pass(&b, 50);
    put(&b, 1);
    pass(&b, 60000);
    assert_int_equal(number(&b, "SELECT count FROM alert WHERE rule = 'f'"), 4);
    assert_int_equal(number(&b, "SELECT count(*) FROM result WHERE state = 'withdrawn'"), 0);
    assert_int_equal(b.notices, 0);
    bench_release(&b);
}

static void correlation_waits_for_all_collectors_but_not_for_ever(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    for (unsigned i = 0; i < 3; i++)
        put(&b, 0); /* lane 1 says nothing */
    pass(&b, 50);
    pass(&b, 40000);
    assert_int_equal(desk_counts(b.desk).inputs, 0);
    assert_int_equal(desk_counts(b.desk).findings, 3);
    pass(&b, 30000);
    assert_int_equal(desk_counts(b.desk).inputs, 3);
    bench_release(&b);
}

static void a_disk_that_is_full_is_told_and_waited_for(void **state)
{
    struct rlimit old, small = { 64 << 10, RLIM_INFINITY };
    struct bench b;

    (void)state;
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    bench_init(&b);
    pass(&b, 50);
    for (unsigned i = 0; i < 200; i++)
        put(&b, i % 2);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small.rlim_max = old.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (unsigned i = 0; i < 20; i++)
        pass(&b, 500);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(b.notices, 1);
    assert_true(desk_counts(b.desk).retries >= 5 && desk_counts(b.desk).retries <= 11);
    for (unsigned i = 0; i < 10; i++)
        pass(&b, 500);
    assert_string_equal(b.last_notice, "The desk goes on.");
    assert_int_equal(number(&b, "SELECT count FROM alert WHERE rule = 'f'"), 200);
    pass(&b, 60000);
    assert_true(number(&b, "SELECT count(*) FROM result WHERE final IS NOT NULL") > 0);
    assert_int_equal(desk_counts(b.desk).inputs, 200);
    bench_release(&b);
}

static void a_damaged_lane_is_an_alert_and_the_others_go_on(void **state)
{
    struct bench b;
    char name[LANE_NAME_BYTES];
    int fd;

    (void)state;
    bench_init(&b);
    put(&b, 0);
    put(&b, 1);
    lane_segment_name(name, 1);
    fd = openat(b.lane[0].dir, name, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "xxxx", 4, LANE_HEAD_BYTES + 20), 4);
    assert_int_equal(close(fd), 0);
    for (unsigned i = 0; i < 5; i++) {
        put(&b, 1);
        pass(&b, 50);
    }
    assert_int_equal(number(&b, "SELECT count(*) FROM alert WHERE rule = 'canh.lane'"
                                " AND entity = 'lane 0' AND state = 'new'"),
                     1);
    assert_int_equal(number(&b, "SELECT count FROM alert WHERE rule = 'f'"), 6);
    assert_int_equal(desk_counts(b.desk).inputs, 6);
    assert_int_equal(b.notices, 0);
    bench_release(&b);
}

static void a_reload_of_the_same_correlations_loses_nothing(void **state)
{
    struct bench b;
    struct err e;

    (void)state;
    bench_init(&b);
    put(&b, 0);
    put(&b, 1);
    pass(&b, 50);
    assert_int_equal(desk_unload(b.desk, &e), ERR_OK);
    assert_int_equal(desk_load(b.desk, &b.rules, &e), ERR_OK);
    put(&b, 0);
    pass(&b, 50);
    pass(&b, 60000);
    assert_int_equal(number(&b, "SELECT count(*) FROM result WHERE state = 'confirmed'"), 1);
    assert_int_equal(desk_counts(b.desk).inputs_late, 0);
    bench_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_and_correlations_of_all_lanes_become_alerts),
        cmocka_unit_test(correlation_waits_for_all_collectors_but_not_for_ever),
        cmocka_unit_test(a_disk_that_is_full_is_told_and_waited_for),
        cmocka_unit_test(a_damaged_lane_is_an_alert_and_the_others_go_on),
        cmocka_unit_test(a_reload_of_the_same_correlations_loses_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
