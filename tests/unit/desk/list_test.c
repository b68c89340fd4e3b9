/*
 * Goal: what was found is listed as asked for, and its JSON is JSON whatever the logs hold.
 * Method: alerts put by the writer, read by a reader; lines are parsed by Jansson.
 */
#include "../check.h"

#include <jansson.h>

#include "base/time.h"
#include "desk/alerts.h"
#include "desk/list.h"
#include "desk_lane.h"

#define HOUR (3600 * TIME_SECOND)

struct bench {
    struct desk_folder folder;
    struct db *db, *reader;
    struct alerts *alerts;
    struct buf lines;
    uint32_t stop_at; /* 0: never */
};

static void put(struct bench *b, const char *rule, const char *title, enum sigma_level level,
                int64_t time)
{
    const struct alert_finding f = { .kind = ALERT_DETECTION,
                                     .rule = span_of(rule),
                                     .title = span_of(title),
                                     .entity = SPAN_LIT("s\xffv\"\n"),
                                     .level = level,
                                     .time_ns = time };
    const struct alert_event ev = { true, 2, 99, time, SPAN_LIT("{\"a\":1}") };
    struct err e;
    int64_t id;

    assert_int_equal(alerts_take(b->alerts, &f, &id, &e), ERR_OK);
    assert_int_equal(alerts_event(b->alerts, &ev, &e), ERR_OK);
}

static void bench_init(struct bench *b)
{
    struct err e;

    *b = (struct bench){ 0 };
    desk_folder_init(&b->folder);
    buf_init(&b->lines, 1 << 20);
    assert_int_equal(db_open(&b->db, b->folder.db, &e), ERR_OK);
    assert_int_equal(alerts_new(&b->alerts, b->db, HOUR, &e), ERR_OK);
    alerts_clock(b->alerts, 100 * HOUR);
    assert_int_equal(db_begin(b->db, &e), ERR_OK);
    put(b, "r1", "One", LEVEL_LOW, 1 * HOUR);
    put(b, "r2", "Two", LEVEL_HIGH, 2 * HOUR);
    put(b, "r3", "Three", LEVEL_CRITICAL, 3 * HOUR);
    put(b, "r1", "One", LEVEL_LOW, 5 * HOUR);
    put(b, "r1", "One", LEVEL_LOW, 5 * HOUR + 1);
    assert_int_equal(alerts_flush(b->alerts, &e), ERR_OK);
    assert_int_equal(db_commit(b->db, &e), ERR_OK);
    assert_int_equal(db_open_reader(&b->reader, b->folder.db, &e), ERR_OK);
}

static void bench_release(struct bench *b)
{
    db_close(&b->reader);
    alerts_free(&b->alerts);
    db_close(&b->db);
    buf_release(&b->lines);
    desk_folder_release(&b->folder);
}

static bool on_alert(void *arg, const struct list_alert *a)
{
    struct bench *b = arg;

    buf_fmt(&b->lines, "%lld ", (long long)a->id);
    return b->stop_at != a->id;
}

static const struct row {
    const char *name;
    struct list_filter filter;
    const char *want;
} rows[] = {
    { "all, newest first", { .limit = 0 }, "4 3 2 1 " },
    { "level", { .level = LEVEL_HIGH }, "3 2 " },
    { "since", { .since_ns = 2 * HOUR }, "4 3 2 " },
    { "since the very end", { .since_ns = 5 * HOUR + 1 }, "4 " },
    { "since later", { .since_ns = 5 * HOUR + 2 }, "" },
    { "rule by id", { .rule = { (const uint8_t *)"r1", 2 } }, "4 1 " },
    { "rule by title", { .rule = { (const uint8_t *)"tHREE", 5 } }, "3 " },
    { "no such rule", { .rule = { (const uint8_t *)"r", 1 } }, "" },
    { "limit", { .limit = 2 }, "4 3 " },
    { "all of it", { LEVEL_LOW, 1, { (const uint8_t *)"One", 3 }, 1 }, "4 " },
};

static void filters_choose(void **state)
{
    struct bench b;
    struct err e;

    (void)state;
    bench_init(&b);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        buf_clear(&b.lines);
        assert_int_equal(list_alerts(b.reader, &rows[i].filter, on_alert, &b, &e), ERR_OK);
        check_span(rows[i].name, buf_span(&b.lines), rows[i].want);
    }
    b.stop_at = 3;
    buf_clear(&b.lines);
    assert_int_equal(list_alerts(b.reader, &rows[0].filter, on_alert, &b, &e), ERR_OK);
    check_span("stopped", buf_span(&b.lines), "4 3 ");
    bench_release(&b);
}

static bool put_json(void *arg, const struct list_alert *a)
{
    list_json(a, &((struct bench *)arg)->lines);
    return true;
}

static void a_line_is_json_and_says_it_all(void **state)
{
    struct list_filter f = { .limit = 1 };
    struct bench b;
    json_error_t why;
    json_t *j;
    struct err e;

    (void)state;
    bench_init(&b);
    assert_int_equal(list_alerts(b.reader, &f, put_json, &b, &e), ERR_OK);
    j = json_loadb((const char *)b.lines.p, b.lines.n, 0, &why);
    assert_non_null(j);
    assert_int_equal(json_integer_value(json_object_get(j, "id")), 4);
    assert_int_equal(json_integer_value(json_object_get(j, "count")), 2);
    assert_int_equal(json_integer_value(json_object_get(j, "linked")), 1);
    assert_string_equal(json_string_value(json_object_get(j, "level")), "low");
    assert_string_equal(json_string_value(json_object_get(j, "first")), "1970-01-01T05:00:00Z");
    assert_string_equal(json_string_value(json_object_get(j, "entity")), "s\xEF\xBF\xBDv\"\n");
    assert_null(json_object_get(j, "provisional"));
    assert_null(json_object_get(j, "closed"));
    json_decref(j);
    bench_release(&b);
}

static bool on_event(void *arg, const struct list_event *ev)
{
    buf_fmt(&((struct bench *)arg)->lines, "%u/%llu %.*s ", ev->lane,
            (unsigned long long)ev->sequence, SPAN_ARG(ev->json));
    return ev->placed;
}

static void events_of_an_alert_are_listed(void **state)
{
    struct bench b;
    struct err e;

    (void)state;
    bench_init(&b);
    assert_int_equal(list_events(b.reader, 4, on_event, &b, &e), ERR_OK);
    check_span("events", buf_span(&b.lines), "2/99 {\"a\":1} 2/99 {\"a\":1} ");
    bench_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_choose),
        cmocka_unit_test(a_line_is_json_and_says_it_all),
        cmocka_unit_test(events_of_an_alert_are_listed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
