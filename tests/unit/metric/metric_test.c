/*
 * Goal: figures are what one who goes through all rows would count. Method: alerts and acts at
 * drawn times; the same counted here, a list at a time, sorted; over stretches that cut anywhere.
 */
#include "../check.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../incident/incident_bench.h"
#include "base/time.h"

#define ALERTS 240u
#define SECOND INT64_C(1000000000)
#define BEGIN  (NOW - 30 * DAY)
#define RULES  5u
#define LEVELS 6u

struct row {
    int64_t made, first, acknowledged, closed; /* 0: not */
    unsigned rule, level, verdict;             /* verdict: of `verdicts` */
    unsigned count;
    bool gone, system; /* not counted */
};

static const char *const verdicts[] = { "true-positive", "false-positive", "duplicate" };

static uint64_t state_of_draw = 11;

static uint64_t draw(uint64_t below)
{
    state_of_draw = state_of_draw * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (state_of_draw >> 20) % below;
}

/* --- a month -------------------------------------------------------------------------------- */

static void put_alert(struct act_bench *b, const struct row *a)
{
    struct db_row *r = db_use(b->db, DB_ALERT_ADD);
    char rule[16];

    (void)snprintf(rule, sizeof(rule), "rule-%u", a->rule);
    db_text(r, 1, a->system ? SPAN_LIT("system") : SPAN_LIT("detection"));
    db_text(r, 2, span_of(rule));
    db_u64(r, 3, a->rule);
    db_text(r, 4, SPAN_LIT("Title"));
    db_int(r, 5, (int64_t)a->level);
    db_text(r, 6, SPAN_LIT("srv"));
    db_text(r, 7, SPAN_LIT("srv"));
    db_int(r, 8, a->first);
    db_int(r, 9, a->made);
    db_int(r, 10, a->made + HOUR);
    db_int(r, 11, 0);
    db_int(r, 12, a->made);
    assert_int_equal(db_run(b->db, r, &b->e), ERR_OK);
}

static void ask_at(struct act_bench *b, int64_t when, const char *request)
{
    b->now_ns = when;
    act_good(b, request);
}

static void month(struct act_bench *b, struct row *rows)
{
    char request[200];

    assert_int_equal(db_begin(b->db, &b->e), ERR_OK);
    for (unsigned i = 0; i < ALERTS; i++) {
        rows[i] = (struct row){ .made = BEGIN + (int64_t)draw(30 * 86400) * SECOND,
                                .rule = (unsigned)draw(RULES),
                                .level = (unsigned)draw(LEVELS),
                                .count = 1,
                                .system = draw(12) == 0 };
        rows[i].first = rows[i].made - (int64_t)draw(900) * SECOND + (draw(20) == 0 ? HOUR : 0);
        put_alert(b, &rows[i]);
    }
    assert_int_equal(db_commit(b->db, &b->e), ERR_OK);
    for (unsigned i = 0; i < ALERTS; i++) {
        int64_t when = rows[i].made + (int64_t)draw(7200) * SECOND;

        if (draw(3) != 0) {
            rows[i].acknowledged = when;
            (void)snprintf(request, sizeof(request), "{'act':'alert.acknowledge','alerts':[%u]}",
                           i + 1);
            ask_at(b, when, request);
            when += (int64_t)draw(86400) * SECOND;
        }
        if (draw(2) == 0)
            continue;
        rows[i].closed = when;
        rows[i].verdict = (unsigned)draw(COUNT_OF(verdicts));
        (void)snprintf(request, sizeof(request),
                       "{'act':'alert.close','alerts':[%u],'verdict':'%s','reason':'x'}", i + 1,
                       verdicts[rows[i].verdict]);
        ask_at(b, when, request);
    }
    b->now_ns = NOW + 10 * DAY;
}

/* --- counted again -------------------------------------------------------------------------- */

struct times {
    int64_t s[ALERTS];
    size_t n;
};

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static int64_t rank(struct times *t, unsigned percent)
{
    qsort(t->s, t->n, sizeof(t->s[0]), by_size);
    return t->s[(t->n * percent + 99) / 100 - 1] / SECOND;
}

static bool is_in(const struct row *r, int64_t from, int64_t to)
{
    return !r->system && r->made >= from && r->made < to;
}

static struct times times_of(const struct row *rows, const char *what, unsigned level, int64_t from,
                             int64_t to)
{
    struct times t = { .n = 0 };

    for (unsigned i = 0; i < ALERTS; i++) {
        const struct row *r = &rows[i];

        if (!is_in(r, from, to) || r->level != level)
            continue;
        if (strcmp(what, "detect") == 0)
            t.s[t.n++] = r->made > r->first ? r->made - r->first : 0;
        else if (strcmp(what, "acknowledge") == 0 && (r->acknowledged != 0 || r->closed != 0))
            t.s[t.n++] = (r->acknowledged != 0 ? r->acknowledged : r->closed) - r->made;
        else if (strcmp(what, "decide") == 0 && r->closed != 0)
            t.s[t.n++] = r->closed - r->made;
    }
    return t;
}

static int64_t number(const json_t *row, const char *name)
{
    const json_t *v = json_object_get(row, name);

    return json_is_integer(v) ? (int64_t)json_integer_value(v) : 0;
}

static json_t *ask(struct act_bench *b, const char *view, int64_t from, int64_t to)
{
    uint8_t room[2][TIME_TEXT_MAX];
    char text[200];
    json_t *rows;

    (void)snprintf(text, sizeof(text), "from=%.*s&to=%.*s", (int)time_put(room[0], from), room[0],
                   (int)time_put(room[1], to), room[1]);
    if (view_ask_as(b, view, text, VIEW_JSON) != ERR_OK)
        fail_msg("%s?%s: %s", view, text, b->e.why);
    rows = json_loads((const char *)b->answer.p, 0, NULL);
    assert_non_null(rows);
    return rows;
}

static unsigned level_named(const char *name)
{
    unsigned l = 0;

    while (strcmp(level_name((enum sigma_level)l), name) != 0)
        l++;
    return l;
}

/* --- tests ---------------------------------------------------------------------------------- */

static void check_times(struct act_bench *b, const struct row *rows, int64_t from, int64_t to)
{
    static const char *const whats[] = { "detect", "acknowledge", "decide" };
    json_t *got = ask(b, "metric.times", from, to), *row;
    size_t i, want = 0;

    for (size_t k = 0; k < COUNT_OF(whats); k++) {
        for (unsigned l = 0; l < LEVELS; l++)
            want += times_of(rows, whats[k], l, from, to).n > 0;
    }
    assert_int_equal(json_array_size(got), want);
    json_array_foreach(got, i, row)
    {
        const char *what = json_string_value(json_object_get(row, "what"));
        struct times t = times_of(
            rows, what, level_named(json_string_value(json_object_get(row, "level"))), from, to);

        assert_int_equal(number(row, "count"), t.n);
        assert_int_equal(number(row, "median_s"), rank(&t, 50));
        assert_int_equal(number(row, "p95_s"), rank(&t, 95));
        assert_int_equal(number(row, "worst_s"), rank(&t, 100));
    }
    json_decref(got);
}

static void check_rules(struct act_bench *b, const struct row *rows, int64_t from, int64_t to)
{
    json_t *got = ask(b, "metric.rules", from, to), *row;
    int64_t seen = 0, all = 0, before = INT64_MAX;
    size_t i;

    for (unsigned k = 0; k < ALERTS; k++)
        all += is_in(&rows[k], from, to);
    json_array_foreach(got, i, row)
    {
        const char *name = json_string_value(json_object_get(row, "rule"));
        int64_t alerts = 0, closed = 0, of[COUNT_OF(verdicts)] = { 0 };

        for (unsigned k = 0; k < ALERTS; k++) {
            if (!is_in(&rows[k], from, to) || rows[k].rule != (unsigned)(name[5] - '0'))
                continue;
            alerts++;
            closed += rows[k].closed != 0;
            if (rows[k].closed != 0)
                of[rows[k].verdict]++;
        }
        assert_int_equal(number(row, "alerts"), alerts);
        assert_int_equal(number(row, "true_positive"), of[0]);
        assert_int_equal(number(row, "false_positive"), of[1]);
        assert_int_equal(number(row, "duplicate"), of[2]);
        if (closed > 0)
            assert_int_equal(number(row, "false_percent"), 100 * of[1] / closed);
        assert_true(alerts <= before);
        before = alerts;
        seen += alerts;
    }
    assert_int_equal(seen, all);
    json_decref(got);
}

static void check_levels(struct act_bench *b, const struct row *rows, int64_t from, int64_t to)
{
    json_t *got = ask(b, "metric.alerts", from, to), *row;
    int64_t all = 0, seen = 0;
    size_t i;

    for (unsigned k = 0; k < ALERTS; k++)
        all += is_in(&rows[k], from, to);
    json_array_foreach(got, i, row)
    {
        unsigned l = level_named(json_string_value(json_object_get(row, "level")));
        int64_t alerts = 0, open = 0;

        for (unsigned k = 0; k < ALERTS; k++) {
            alerts += is_in(&rows[k], from, to) && rows[k].level == l;
            open += is_in(&rows[k], from, to) && rows[k].level == l && rows[k].closed == 0;
        }
        assert_int_equal(number(row, "alerts"), alerts);
        assert_int_equal(number(row, "open"), open);
        seen += alerts;
    }
    assert_int_equal(seen, all);
    json_decref(got);
}

static void alerts_are_what_a_count_of_rows_gives(void **state)
{
    static struct row rows[ALERTS];
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    month(&b, rows);
    for (int i = 0; i < 30; i++) {
        int64_t from = BEGIN + (int64_t)draw(20 * 86400) * SECOND;
        int64_t to = i == 0 ? NOW + DAY : from + (int64_t)draw(20 * 86400) * SECOND;

        from = i == 0 ? BEGIN : from;
        check_times(&b, rows, from, to);
        check_rules(&b, rows, from, to);
        check_levels(&b, rows, from, to);
    }
    act_bench_release(&b);
}

static void people_and_shifts_have_what_was_theirs(void **state)
{
    struct act_bench b;
    json_t *got;

    (void)state;
    incident_bench_init(&b);
    b.who.roles = ROLES_ALL;
    act_users_made(&b, "an");
    act_good(&b, "{'act':'shift.plan','person':'an','part':'watch','from':'2025-11-24T17:00:00Z',"
                 "'to':'2025-11-25T01:00:00Z'}");
    b.now_ns = NOW + 2 * HOUR;
    for (int i = 0; i < 4; i++)
        (void)act_alert_made(&b, i == 0 ? "a" : "b",
                             i == 0   ? "srv-1"
                             : i == 1 ? "srv-2"
                             : i == 2 ? "srv-3"
                                      : "srv-4");
    act_good(&b, "{'act':'alert.acknowledge','alerts':[1,2]}");
    b.now_ns += 600 * SECOND;
    act_good(&b, "{'act':'alert.close','alerts':[1],'verdict':'test','reason':'x'}");
    b.now_ns = NOW + 20 * HOUR; /* behind the shift */
    act_good(&b, "{'act':'alert.close','alerts':[2],'verdict':'test','reason':'x'}");
    got = ask(&b, "metric.people", BEGIN, NOW + 2 * DAY);
    assert_int_equal(json_array_size(got), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(got, 0), "person")), "an");
    assert_int_equal(number(json_array_get(got, 0), "alerts"), 2);
    assert_int_equal(number(json_array_get(got, 0), "open"), 0);
    assert_int_equal(number(json_array_get(got, 0), "median_s"), 600);
    assert_int_equal(number(json_array_get(got, 0), "p95_s"), 18 * 3600);
    json_decref(got);
    got = ask(&b, "metric.shifts", BEGIN, NOW + 2 * DAY);
    assert_int_equal(json_array_size(got), 1);
    assert_int_equal(number(json_array_get(got, 0), "alerts"), 4);
    assert_int_equal(number(json_array_get(got, 0), "closed"), 1);
    assert_int_equal(number(json_array_get(got, 0), "acts"), 2);
    json_decref(got);
    act_bench_release(&b);
}

static void clocks_have_their_margins(void **state)
{
    struct act_bench b;
    json_t *got, *row;
    size_t i;
    int64_t late = 0, open = 0, count = 0;

    (void)state;
    incident_bench_init(&b);
    act_good(&b,
             "{'act':'incident.open','title':'x','type':'N1','severity':'M2','channel':'phone'}");
    act_good(&b,
             "{'act':'incident.open','title':'y','type':'N1','severity':'M2','channel':'phone'}");
    b.now_ns = NOW + 10 * HOUR;
    act_good(&b, "{'act':'clock.dispatch','incident':1,'clocks':[1,2],'number':'1','recipient':'A',"
                 "'channel':'letter','sent':'2025-11-25T02:00:00Z'}"); /* 10 h behind T0 */
    b.now_ns = NOW + 30 * HOUR;
    got = ask(&b, "metric.clocks", BEGIN, NOW + 2 * DAY);
    json_array_foreach(got, i, row)
    {
        count += number(row, "count");
        open += number(row, "open");
        late += number(row, "late");
        assert_int_equal(number(row, "median_left_s"), number(row, "least_left_s"));
    }
    assert_int_equal(count, 4); /* h24 and h72, of each */
    assert_int_equal(open, 2);
    assert_int_equal(late, 1); /* h24 of the second */
    row = json_array_get(got, 0);
    assert_string_equal(json_string_value(json_object_get(row, "clock")), "h24");
    assert_int_equal(number(row, "median_left_s"), 14 * 3600);
    json_decref(got);
    got = ask(&b, "metric.times", BEGIN, NOW + 2 * DAY);
    assert_int_equal(json_array_size(got), 1); /* they were opened; none is closed */
    assert_string_equal(json_string_value(json_object_get(json_array_get(got, 0), "what")), "open");
    json_decref(got);
    act_bench_release(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(alerts_are_what_a_count_of_rows_gives),
        cmocka_unit_test(people_and_shifts_have_what_was_theirs),
        cmocka_unit_test(clocks_have_their_margins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
