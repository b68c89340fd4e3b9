/*
 * Goal: every finding counts once, whatever dies when.
 * Method: lanes written as collectors write them; groups torn at every frame and matched again;
 * the desk killed at random moments; a database that is full; counts are compared with what was
 * put.
 */
#include "../check.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "desk/pull.h"
#include "desk_lane.h"
#include "os/host.h"

#define HOUR (3600 * TIME_SECOND)

struct bench {
    struct desk_folder folder;
    struct desk_lane lane;
    struct db *db;
    struct alerts *alerts;
    struct pull *pull;
};

static void bench_open(struct bench *b)
{
    struct pull_from from = { .io = &io_system, .dir = b->lane.dir, .lane = b->lane.number };
    struct err e;

    assert_int_equal(db_open(&b->db, b->folder.db, &e), ERR_OK);
    assert_int_equal(alerts_new(&b->alerts, b->db, HOUR, &e), ERR_OK);
    alerts_clock(b->alerts, 1000 * HOUR);
    from.db = b->db;
    from.alerts = b->alerts;
    assert_int_equal(pull_new(&b->pull, &from, &e), ERR_OK);
}

static void bench_close(struct bench *b)
{
    pull_free(&b->pull);
    alerts_free(&b->alerts);
    db_close(&b->db);
}

static void bench_init(struct bench *b)
{
    desk_folder_init(&b->folder);
    desk_lane_init(&b->lane, &b->folder, 1);
    bench_open(b);
}

static void bench_release(struct bench *b)
{
    struct err e;

    assert_int_equal(db_check(b->db, &e), ERR_OK);
    bench_close(b);
    desk_lane_release(&b->lane);
    desk_folder_release(&b->folder);
}

static int64_t number(struct bench *b, const char *sql)
{
    return desk_number(&b->folder, sql);
}

/* Rule r-0 matches every event, r-1 every second one, r-2 every fourth. */
static uint32_t find(struct desk_lane *l, uint64_t sequence)
{
    static const char *const rules[] = { "r-0", "r-1", "r-2" };
    uint32_t count = 0;

    for (unsigned i = 0; i < COUNT_OF(rules) && sequence % (1u << i) == 0; i++, count++) {
        const struct stored_finding f = { .sequence = sequence,
                                          .rule_hash = i,
                                          .time_ns = 10 * HOUR + (int64_t)sequence,
                                          .level = LEVEL_HIGH,
                                          .rule = span_of(rules[i]),
                                          .title = SPAN_LIT("Title"),
                                          .host = SPAN_LIT("srv"),
                                          .source_name = SPAN_LIT("source"),
                                          .json = SPAN_LIT("{\"a\":1}") };

        desk_lane_finding(l, &f);
    }
    return count;
}

/* A group of so many events and what is found in them. */
static uint32_t put_group(struct desk_lane *l, uint32_t events, bool inputs)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < events; i++) {
        uint64_t sequence = desk_lane_event(l, 10 * HOUR);

        count += find(l, sequence);
        if (inputs)
            desk_lane_input(l, 1, sequence, SPAN_LIT("an input"));
    }
    return count;
}

static int64_t pull_all(struct bench *b, struct lane_place end)
{
    int64_t total = 0, n;
    struct err e;

    while ((n = pull_turn(b->pull, &end, &e)) > 0)
        total += n;
    if (n < 0)
        fail_msg("%s", e.why);
    return total;
}

static void every_finding_counts_once_and_the_table_stays_empty(void **state)
{
    struct bench b;
    uint64_t count = 0;
    struct lane_place end = { 0 };

    (void)state;
    bench_init(&b);
    assert_int_equal(pull_all(&b, end), 0);
    for (unsigned i = 0; i < 50; i++) {
        count += put_group(&b.lane, 1 + i, i % 2 == 0);
        end = desk_lane_commit(&b.lane, 10 * HOUR);
        if (i % 3 == 0)
            (void)pull_all(&b, end);
        if (i % 10 == 0) { /* a restart */
            bench_close(&b);
            bench_open(&b);
        }
    }
    (void)pull_all(&b, end);
    assert_int_equal(number(&b, "SELECT sum(count) FROM alert"), count);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert"), 3);
    assert_int_equal(number(&b, "SELECT count(*) FROM finding"), 0);
    assert_int_equal(pull_counts(b.pull).findings, count);
    assert_int_equal(pull_counts(b.pull).repeated, 0);
    assert_int_equal(pull_place(b.pull).bytes, end.bytes);
    bench_release(&b);
}

/* The last group is torn behind its n-th frame, seen or not, and what was not matched is again. Its
 * frames count alone, as in lanes of before, or none of it counts. */
static void torn_group(uint32_t frames, bool alone, bool seen, bool restart)
{
    struct lane_place end;
    struct bench b;
    uint64_t again;

    bench_init(&b);
    (void)put_group(&b.lane, 10, true);
    end = desk_lane_commit(&b.lane, 10 * HOUR);
    (void)pull_all(&b, end);
    (void)put_group(&b.lane, 8, true);
    (void)desk_lane_commit(&b.lane, 10 * HOUR);
    again = desk_lane_crash(&b.lane, frames, alone);
    if (seen) /* all that is whole of the segment: as when the next one was begun */
        (void)pull_all(&b, (struct lane_place){ b.lane.newest + 1, 0, 0 });
    if (restart) {
        bench_close(&b);
        bench_open(&b);
    }
    for (uint64_t s = again; s < b.lane.sequence; s++)
        (void)find(&b.lane, s);
    (void)put_group(&b.lane, 4, true);
    end = desk_lane_commit(&b.lane, 10 * HOUR);
    (void)pull_all(&b, end);
    /* Of events 0 .. sequence - 1, each finding once. */
    assert_int_equal(number(&b, "SELECT count FROM alert WHERE rule = 'r-0'"), b.lane.sequence);
    assert_int_equal(number(&b, "SELECT count FROM alert WHERE rule = 'r-1'"),
                     (b.lane.sequence + 1) / 2);
    assert_int_equal(number(&b, "SELECT count FROM alert WHERE rule = 'r-2'"),
                     (b.lane.sequence + 3) / 4);
    assert_int_equal(number(&b, "SELECT count(*) FROM finding"), 0);
    if (frames == 2)
        assert_int_equal(pull_counts(b.pull).repeated > 0, alone);
    bench_release(&b);
}

static void what_is_matched_again_after_a_crash_counts_once(void **state)
{
    (void)state;
    for (uint32_t frames = 0; frames <= 4; frames++) {
        torn_group(frames, true, false, false);
        torn_group(frames, false, false, false);
        torn_group(frames, true, true, false);
        torn_group(frames, false, true, false);
        torn_group(frames, true, true, true);
        torn_group(frames, false, true, true);
    }
}

static void a_finding_about_what_was_matched_before_is_a_repetition(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    (void)put_group(&b.lane, 4, false);
    (void)pull_all(&b, desk_lane_commit(&b.lane, 10 * HOUR));
    (void)find(&b.lane, 2);
    (void)put_group(&b.lane, 4, false);
    (void)pull_all(&b, desk_lane_commit(&b.lane, 10 * HOUR));
    assert_int_equal(number(&b, "SELECT count FROM alert WHERE rule = 'r-0'"), 8);
    assert_int_equal(pull_counts(b.pull).repeated, 2);
    bench_release(&b);
}

static void findings_of_tracers_make_no_alert(void **state)
{
    struct stored_finding f = { .flags = FINDING_TRACER,
                                .rule = SPAN_LIT("r"),
                                .source_name = SPAN_LIT("tracer-udp"),
                                .time_ns = 10 * HOUR };
    struct bench b;

    (void)state;
    bench_init(&b);
    for (unsigned i = 0; i < 3; i++) {
        f.sequence = desk_lane_event(&b.lane, 10 * HOUR);
        f.time_ns++;
        desk_lane_finding(&b.lane, &f);
    }
    (void)pull_all(&b, desk_lane_commit(&b.lane, 11 * HOUR));
    assert_int_equal(number(&b, "SELECT count(*) FROM alert"), 0);
    assert_int_equal(number(&b, "SELECT count FROM tracer WHERE source = 'tracer-udp'"), 3);
    assert_int_equal(number(&b, "SELECT time FROM tracer"), 10 * HOUR + 3);
    bench_release(&b);
}

static void what_is_no_finding_is_counted_and_passed_over(void **state)
{
    static const uint8_t odd[100];
    struct bench b;
    uint32_t count;

    (void)state;
    bench_init(&b);
    count = put_group(&b.lane, 3, false);
    for (size_t n = 0; n < sizeof(odd); n += 7)
        assert_true(lane_record(b.lane.lane, LANE_FINDINGS, (struct span){ odd, n }));
    count += put_group(&b.lane, 3, false);
    (void)pull_all(&b, desk_lane_commit(&b.lane, 10 * HOUR));
    assert_int_equal(number(&b, "SELECT sum(count) FROM alert"), count);
    assert_true(pull_counts(b.pull).odd > 10);
    bench_release(&b);
}

/* --- killed at random moments ----------------------------------------------------------------- */

static void desk_process(struct bench *b, struct lane_place end)
{
    struct err e;

    bench_open(b);
    for (;;) {
        if (pull_turn(b->pull, &end, &e) <= 0)
            _exit(0);
    }
}

static void a_killed_desk_counts_exactly(void **state)
{
    struct lane_place end = { 0 };
    struct bench b;
    uint64_t count = 0, seed = 7, whole_us = 0;
    unsigned finished = 0;

    (void)state;
    bench_init(&b);
    for (unsigned round = 0; round <= 20; round++) {
        double begun;
        int status;
        pid_t child;

        for (unsigned i = 0; i < 12; i++) {
            count += put_group(&b.lane, 3000, true);
            end = desk_lane_commit(&b.lane, 10 * HOUR);
        }
        bench_close(&b);
        begun = host_seconds();
        child = fork();
        assert_true(child >= 0);
        if (child == 0)
            desk_process(&b, end);
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        if (round > 0) { /* the first one shows how long it takes */
            (void)usleep((useconds_t)((seed >> 33) % (whole_us + 1)));
            (void)kill(child, SIGKILL);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        if (round == 0)
            whole_us = (uint64_t)((host_seconds() - begun) * 1e6);
        else
            finished += WIFEXITED(status);
        bench_open(&b);
    }
    (void)pull_all(&b, end);
    printf("%llu findings; %u of 20 were killed too late\n", (unsigned long long)count, finished);
    assert_true(finished < 15);
    assert_int_equal(number(&b, "SELECT sum(count) FROM alert"), count);
    assert_int_equal(number(&b, "SELECT count FROM alert WHERE rule = 'r-0'"), b.lane.sequence);
    assert_int_equal(number(&b, "SELECT count(*) FROM finding"), 0);
    bench_release(&b);
}

/* --- a flood ---------------------------------------------------------------------------------- */

static void a_flood_of_one_rule_does_not_fall_behind(void **state)
{
    const struct stored_finding f = { .rule = SPAN_LIT("9e2cd3f2-7f6c-4a6e-9d41-1b0b8f0f0001"),
                                      .title = SPAN_LIT("A flood"),
                                      .host = SPAN_LIT("srv"),
                                      .source_name = SPAN_LIT("source"),
                                      .time_ns = 10 * HOUR,
                                      .json = SPAN_LIT("{\"fields\":{\"a\":\"0123456789012345"
                                                       "6789012345678901234567890123456789\"}}") };
    struct stored_finding at = f;
    struct lane_place end = { 0 };
    struct bench b;
    double took;

    (void)state;
    bench_init(&b);
    for (unsigned i = 0; i < 100; i++) {
        for (unsigned k = 0; k < 2000; k++) {
            at.sequence = desk_lane_event(&b.lane, 10 * HOUR);
            desk_lane_finding(&b.lane, &at);
        }
        end = desk_lane_commit(&b.lane, 10 * HOUR);
    }
    took = host_seconds();
    assert_int_equal(pull_all(&b, end), 200000);
    took = host_seconds() - took;
    printf("%.0f findings/s of one rule (with the sanitizers' burden, if any)\n", 200000 / took);
    assert_int_equal(number(&b, "SELECT count FROM alert"), 200000);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert_event"), ALERT_EVENTS_MAX);
    assert_int_equal(number(&b, "SELECT count(*) FROM finding"), 0);
    bench_release(&b);
}

/* New alerts are work: acts wait while a turn lasts. In groups of 50, and all in one, where turns
 * end inside a frame; the desk is opened anew behind each turn, or never. */
static void short_turns(uint32_t each, bool reopened)
{
    enum { HOSTS = 1000 };
    struct lane_place end = { 0 };
    struct bench b;
    struct err e;
    unsigned turns = 0;
    int64_t n, total = 0;

    bench_init(&b);
    for (unsigned i = 0; i < HOSTS; i++) {
        char host[16];
        int bytes = snprintf(host, sizeof(host), "srv-%u", i);
        const struct stored_finding f = { .sequence = desk_lane_event(&b.lane, 10 * HOUR),
                                          .rule_hash = 1,
                                          .time_ns = 10 * HOUR,
                                          .level = LEVEL_HIGH,
                                          .rule = SPAN_LIT("r-0"),
                                          .title = SPAN_LIT("Title"),
                                          .host = { (const uint8_t *)host, (size_t)bytes },
                                          .source_name = SPAN_LIT("source"),
                                          .json = SPAN_LIT("{\"a\":1}") };

        desk_lane_finding(&b.lane, &f);
        if ((i + 1) % each == 0)
            end = desk_lane_commit(&b.lane, 10 * HOUR);
    }
    while ((n = pull_turn(b.pull, &end, &e)) > 0) {
        assert_true(n <= 200);
        total += n;
        turns++;
        assert_true(pull_more(b.pull) || total == HOSTS);
        if (reopened) {
            bench_close(&b);
            bench_open(&b);
        }
    }
    assert_int_equal(n, 0);
    assert_int_equal(total, HOSTS);
    assert_true(turns >= HOSTS / 200);
    assert_false(pull_more(b.pull));
    assert_int_equal(number(&b, "SELECT count(*) FROM alert WHERE count = 1"), HOSTS);
    assert_int_equal(number(&b, "SELECT findings FROM lane"), HOSTS);
    assert_int_equal(number(&b, "SELECT within FROM place"), 0);
    bench_release(&b);
}

static void new_alerts_are_made_in_short_turns(void **state)
{
    (void)state;
    for (int reopened = 0; reopened < 2; reopened++) {
        short_turns(50, reopened != 0);
        short_turns(1000, reopened != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_finding_counts_once_and_the_table_stays_empty),
        cmocka_unit_test(what_is_matched_again_after_a_crash_counts_once),
        cmocka_unit_test(a_finding_about_what_was_matched_before_is_a_repetition),
        cmocka_unit_test(findings_of_tracers_make_no_alert),
        cmocka_unit_test(what_is_no_finding_is_counted_and_passed_over),
        cmocka_unit_test(a_killed_desk_counts_exactly),
        cmocka_unit_test(a_flood_of_one_rule_does_not_fall_behind),
        cmocka_unit_test(new_alerts_are_made_in_short_turns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
