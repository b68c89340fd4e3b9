/*
 * Goal: what was agreed is measured as one would who goes through all alerts, incidents and minutes
 * by hand, and each miss is named. Method: promises, alerts, incidents and duties at drawn times;
 * the same judged here, one at a time; over stretches that cut anywhere. What is seen: techniques
 * and sources against rows that were put there.
 */
#include "../check.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "../incident/incident_bench.h"
#include "base/time.h"

#define ALERTS    150u
#define INCIDENTS 25u
#define DUTIES    30u
#define PROMISES  16u
#define MINUTE    INT64_C(60000000000)
#define BEGIN     (NOW - 30 * DAY)
#define DAYS      30

struct promise {
    unsigned measure; /* of `measures` */
    int level;        /* -1: all */
    int64_t most, share, from, to;
    bool ended;
};

struct thing { /* an alert or incident; 0: not */
    int64_t at, first, second;
    int level;
};

struct world {
    struct act_bench b;
    struct promise promise[PROMISES];
    struct thing alert[ALERTS], incident[INCIDENTS];
    struct {
        int64_t from, to;
    } duty[DUTIES];
    int64_t now;
};

static const char *const measures[] = { "acknowledge", "decide", "contain", "watch" };

static uint64_t state_of_draw = 5;

static int64_t draw(uint64_t below)
{
    state_of_draw = state_of_draw * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (int64_t)((state_of_draw >> 20) % below);
}

static const char *text_of(int64_t ns)
{
    static uint8_t room[8][TIME_TEXT_MAX + 1];
    static unsigned at;
    uint8_t *to = room[at++ % 8];

    to[time_put(to, ns)] = '\0';
    return (const char *)to;
}

static void ask_at(struct act_bench *b, int64_t when, const char *request)
{
    b->now_ns = when;
    act_good(b, request);
}

/* --- what happened -------------------------------------------------------------------------- */

static void put_alert(struct act_bench *b, const struct thing *a, unsigned i)
{
    struct db_row *r = db_use(b->db, DB_ALERT_ADD);
    char entity[16];

    (void)snprintf(entity, sizeof(entity), "srv-%u", i);
    db_text(r, 1, SPAN_LIT("detection"));
    db_text(r, 2, SPAN_LIT("rule"));
    db_int(r, 3, 1);
    db_text(r, 4, SPAN_LIT("Title"));
    db_int(r, 5, a->level);
    db_text(r, 6, span_of(entity));
    db_text(r, 7, span_of(entity));
    db_int(r, 8, a->at);
    db_int(r, 9, a->at);
    db_int(r, 10, a->at + HOUR);
    db_int(r, 11, 0);
    db_int(r, 12, a->at);
    assert_int_equal(db_run(b->db, r, &b->e), ERR_OK);
}

static void make_alerts(struct world *w)
{
    char request[160];

    assert_int_equal(db_begin(w->b.db, &w->b.e), ERR_OK);
    for (unsigned i = 0; i < ALERTS; i++) {
        w->alert[i] = (struct thing){ .at = BEGIN + draw(DAYS * 86400) * (MINUTE / 60),
                                      .level = 1 + (int)draw(5) };
        put_alert(&w->b, &w->alert[i], i);
    }
    assert_int_equal(db_commit(w->b.db, &w->b.e), ERR_OK);
    for (unsigned i = 0; i < ALERTS; i++) {
        struct thing *a = &w->alert[i];

        if (draw(4) != 0) {
            a->first = a->at + (draw(5) == 0 ? 15 * MINUTE : draw(3000) * (MINUTE / 60));
            (void)snprintf(request, sizeof(request), "{'act':'alert.acknowledge','alerts':[%u]}",
                           i + 1);
            ask_at(&w->b, a->first, request);
        }
        if (draw(2) == 0)
            continue;
        a->second = (a->first != 0 ? a->first : a->at) + draw(14400) * (MINUTE / 60);
        a->first = a->first != 0 ? a->first : a->second;
        (void)snprintf(request, sizeof(request),
                       "{'act':'alert.close','alerts':[%u],'verdict':'test','reason':'x'}", i + 1);
        ask_at(&w->b, a->second, request);
    }
}

static void make_incidents(struct world *w)
{
    static const char *const stages[] = { "contain", "eradicate", "recover" };
    char request[240];

    for (unsigned i = 0; i < INCIDENTS; i++) {
        struct thing *t = &w->incident[i];
        int64_t when, stage = draw(5);

        *t = (struct thing){ .at = BEGIN + draw(DAYS * 86400) * (MINUTE / 60) };
        ask_at(&w->b, t->at,
               "{'act':'incident.open','title':'x','type':'N1','severity':'M4','channel':'phone'}");
        when = t->at + draw(600) * MINUTE;
        if (stage < 3) {
            (void)snprintf(request, sizeof(request),
                           "{'act':'incident.stage','incident':%u,'stage':'%s'}", i + 1,
                           stages[stage]);
            ask_at(&w->b, when, request);
            t->first = stage > 0 ? when : 0;
            if (stage > 0 && draw(3) == 0) { /* it was said too early */
                (void)snprintf(request, sizeof(request), "{'act':'act.undo','undoes':%lld}",
                               (long long)act_number(&w->b, "act"));
                ask_at(&w->b, when + MINUTE, request);
                t->first = 0;
            }
        }
        if (draw(3) != 0)
            continue;
        when += draw(600) * MINUTE;
        (void)snprintf(request, sizeof(request),
                       "{'act':'incident.close','incident':%u,'cause':'attack','result':'x',"
                       "'skip':'x','unsent':'x'}",
                       i + 1);
        ask_at(&w->b, when, request);
        t->first = t->first != 0 ? t->first : when;
    }
}

static void make_duties(struct world *w)
{
    char request[240];

    for (unsigned i = 0; i < DUTIES; i++) {
        (void)snprintf(request, sizeof(request), "p%u", i);
        act_users_made(&w->b, request);
        w->duty[i].from = BEGIN + (draw(DAYS * 1440) - 720) * MINUTE;
        w->duty[i].to = w->duty[i].from + (1 + draw(1400)) * MINUTE;
        (void)snprintf(request, sizeof(request),
                       "{'act':'shift.plan','person':'p%u','part':'%s','from':'%s','to':'%s'}", i,
                       i % 3 == 0   ? "watch"
                       : i % 3 == 1 ? "lead"
                                    : "on-call",
                       text_of(w->duty[i].from), text_of(w->duty[i].to));
        ask_at(&w->b, BEGIN - DAY, request);
    }
}

static void make_promises(struct world *w)
{
    char request[400], more[160];

    for (unsigned i = 0; i < PROMISES; i++) {
        struct promise *p = &w->promise[i];
        bool watch;

        *p = (struct promise){ .measure = i % 4,
                               .level = i % 4 < 2 && draw(2) == 0 ? 1 + (int)draw(5) : -1,
                               .most = i % 4 == 3   ? 0
                                       : i % 4 == 2 ? 1 + draw(600)
                                       : i % 4 == 1 ? 1 + draw(200)
                                                    : 15,
                               .share = 1 + draw(100),
                               .from = BEGIN + (draw(20 * 1440) - 1440) * MINUTE };
        p->to = draw(2) == 0 ? 0 : p->from + (1 + draw(20 * 1440)) * MINUTE;
        watch = p->measure == 3;
        more[0] = '\0';
        if (p->level >= 0)
            (void)snprintf(more, sizeof(more), ",'level':'%s'",
                           level_name((enum sigma_level)p->level));
        if (!watch)
            (void)snprintf(more + strlen(more), sizeof(more) - strlen(more), ",'limit':%lld",
                           (long long)p->most);
        if (p->to != 0)
            (void)snprintf(more + strlen(more), sizeof(more) - strlen(more), ",'to':'%s'",
                           text_of(p->to));
        (void)snprintf(request, sizeof(request),
                       "{'act':'contract.add','provider':'A','document':'1/HD','measure':'%s',"
                       "'share':%lld,'from':'%s'%s}",
                       measures[p->measure], (long long)p->share, text_of(p->from), more);
        ask_at(&w->b, NOW, request);
        assert_int_equal(act_number(&w->b, "contract"), i + 1);
        p->ended = i == PROMISES - 1;
    }
    ask_at(&w->b, NOW, "{'act':'contract.end','contract':16,'reason':'x'}");
}

static void world_init(struct world *w)
{
    incident_bench_init(&w->b);
    w->b.who.roles = ROLES_ALL;
    make_alerts(w);
    make_incidents(w);
    make_duties(w);
    make_promises(w);
    w->now = NOW + DAY;
    w->b.now_ns = w->now;
}

/* --- judged again --------------------------------------------------------------------------- */

struct sum {
    int64_t count, within, waiting, worst, misses;
};

static int64_t minutes_of(int64_t ns)
{
    return (ns + MINUTE - 1) / MINUTE;
}

static void judge(struct sum *s, int64_t at, int64_t done, int64_t now, int64_t most)
{
    int64_t ns = (done != 0 ? done : now) - at;
    bool good = ns <= most * MINUTE;

    if (done == 0 && good) {
        s->waiting++;
        return;
    }
    s->count++;
    s->within += good;
    s->misses += !good;
    s->worst = minutes_of(ns) > s->worst ? minutes_of(ns) : s->worst;
}

/* Minute by minute: everything here begins and ends with one. */
static void judge_watch(const struct world *w, struct sum *s, int64_t from, int64_t to)
{
    int64_t gap = 0;

    for (int64_t t = from; t < to; t += MINUTE) {
        bool any = false;

        for (unsigned i = 0; i < DUTIES && !any; i++)
            any = i % 3 != 2 && w->duty[i].from <= t && t < w->duty[i].to;
        s->count++;
        s->within += any;
        s->misses += !any && gap == 0;
        gap = any ? 0 : gap + 1;
        s->worst = gap > s->worst ? gap : s->worst;
    }
}

static struct sum sum_of(const struct world *w, const struct promise *p, int64_t from, int64_t to)
{
    struct sum s = { 0 };

    from = p->from > from ? p->from : from;
    to = p->to != 0 && p->to < to ? p->to : to;
    if (p->measure == 3)
        judge_watch(w, &s, from, to < w->now ? to : w->now);
    for (unsigned i = 0; i < ALERTS && p->measure < 2; i++) {
        const struct thing *a = &w->alert[i];

        if (a->at >= from && a->at < to && (p->level < 0 || p->level == a->level))
            judge(&s, a->at, p->measure == 0 ? a->first : a->second, w->now, p->most);
    }
    for (unsigned i = 0; i < INCIDENTS && p->measure == 2; i++) {
        if (w->incident[i].at >= from && w->incident[i].at < to)
            judge(&s, w->incident[i].at, w->incident[i].first, w->now, p->most);
    }
    return s;
}

/* --- tests ---------------------------------------------------------------------------------- */

static int64_t number(const json_t *row, const char *name)
{
    const json_t *v = json_object_get(row, name);

    return json_is_integer(v) ? (int64_t)json_integer_value(v) : 0;
}

static json_t *ask(struct act_bench *b, const char *view, int64_t from, int64_t to)
{
    char text[200];
    json_t *rows;

    (void)snprintf(text, sizeof(text), "from=%s&to=%s", text_of(from), text_of(to));
    if (view_ask_as(b, view, text, VIEW_JSON) != ERR_OK)
        fail_msg("%s?%s: %s", view, text, b->e.why);
    rows = json_loads((const char *)b->answer.p, 0, NULL);
    assert_non_null(rows);
    return rows;
}

static void check_row(const struct world *w, const json_t *row, int64_t from, int64_t to)
{
    const struct promise *p = &w->promise[number(row, "contract") - 1];
    struct sum s = sum_of(w, p, from, to);
    const json_t *kept = json_object_get(row, "kept");

    assert_string_equal(json_string_value(json_object_get(row, "measure")), measures[p->measure]);
    assert_string_equal(json_string_value(json_object_get(row, "unit")),
                        p->measure == 3 ? "percent" : "minutes");
    assert_int_equal(number(row, "limit"), p->most);
    assert_int_equal(number(row, "count"), s.count);
    assert_int_equal(number(row, "within"), s.within);
    assert_int_equal(number(row, "waiting"), s.waiting);
    assert_int_equal(number(row, "worst"), s.worst);
    assert_int_equal(json_array_size(json_object_get(row, "misses")),
                     s.misses < 100 ? s.misses : 100);
    if (s.count == 0) {
        assert_null(kept);
        return;
    }
    assert_int_equal(number(row, "reached_percent"), 100 * s.within / s.count);
    assert_int_equal(json_is_true(kept), 100 * s.within >= p->share * s.count);
}

static void promises_are_what_a_count_of_rows_gives(void **state)
{
    static struct world w;

    (void)state;
    world_init(&w);
    for (int i = 0; i < 40; i++) {
        int64_t from = i == 0 ? BEGIN : BEGIN + draw(20 * 1440) * MINUTE;
        int64_t to = i == 0 ? w.now + DAY : from + (1 + draw(20 * 1440)) * MINUTE;
        json_t *got = ask(&w.b, "metric.contract", from, to), *row;
        size_t k, want = 0;

        for (unsigned p = 0; p < PROMISES; p++)
            want += !w.promise[p].ended && w.promise[p].from < to &&
                    (w.promise[p].to == 0 || w.promise[p].to > from);
        assert_int_equal(json_array_size(got), want);
        json_array_foreach(got, k, row) check_row(&w, row, from, to);
        json_decref(got);
    }
    act_bench_release(&w.b);
}

static void each_miss_is_named(void **state)
{
    struct act_bench b;
    json_t *got, *miss;

    (void)state;
    incident_bench_init(&b);
    b.who.roles = ROLES_ALL;
    act_good(&b, "{'act':'contract.add','provider':'A','measure':'acknowledge','level':'high',"
                 "'limit':15,'from':'2025-11-01T00:00:00Z'}");
    (void)act_alert_made(&b, "a", "srv-1"); /* in time, to the second */
    (void)act_alert_made(&b, "a", "srv-2"); /* a second late */
    (void)act_alert_made(&b, "a", "srv-3"); /* nobody is on it */
    ask_at(&b, NOW + 15 * MINUTE, "{'act':'alert.acknowledge','alerts':[1]}");
    ask_at(&b, NOW + 15 * MINUTE + MINUTE / 60, "{'act':'alert.acknowledge','alerts':[2]}");
    got = ask(&b, "metric.contract", NOW - DAY, NOW + DAY);
    assert_int_equal(number(json_array_get(got, 0), "within"), 1);
    assert_int_equal(number(json_array_get(got, 0), "worst"), 16);
    assert_int_equal(json_array_size(json_object_get(json_array_get(got, 0), "misses")), 2);
    miss = json_array_get(json_object_get(json_array_get(got, 0), "misses"), 0);
    assert_string_equal(json_string_value(json_object_get(miss, "kind")), "alert");
    assert_int_equal(number(miss, "key"), 2);
    assert_int_equal(number(miss, "minutes"), 16);
    assert_true(json_is_false(json_object_get(miss, "lasts")));
    miss = json_array_get(json_object_get(json_array_get(got, 0), "misses"), 1);
    assert_int_equal(number(miss, "key"), 3);
    assert_true(json_is_true(json_object_get(miss, "lasts")));
    json_decref(got);
    act_bench_release(&b);
}

static void what_is_no_promise_says_why(void **state)
{
#define ADD "{'act':'contract.add','provider':'A','from':'2025-11-01T00:00:00Z',"
    static const struct {
        const char *request, *words;
        int code;
    } rows[] = {
        { ADD "'measure':'watch','limit':5}", "limit: The watch", ERR_USAGE },
        { ADD "'measure':'decide'}", "limit: How many minutes", ERR_USAGE },
        { ADD "'measure':'decide','limit':0}", "limit: How many minutes", ERR_USAGE },
        { ADD "'measure':'decide','limit':5,'share':0}", "share:", ERR_USAGE },
        { ADD "'measure':'decide','limit':5,'share':101}", "share:", ERR_USAGE },
        { ADD "'measure':'contain','limit':5,'level':'high'}", "level:", ERR_USAGE },
        { ADD "'measure':'watch','level':'high'}", "level:", ERR_USAGE },
        { ADD "'measure':'watch','to':'2025-11-01T00:00:00Z'}", "to:", ERR_USAGE },
        { "{'act':'contract.end','contract':7,'reason':'x'}", "no promise 7", ERR_NOTFOUND },
        { "{'act':'contract.end','contract':1,'reason':'x'}", "already", ERR_CONFLICT },
    };
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    b.who.roles = ROLE_BIT(OFFICER);
    act_good(&b, ADD "'measure':'watch','share':99}");
    act_good(&b, "{'act':'contract.end','contract':1,'reason':'x'}");
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        act_bad(&b, rows[i].request, rows[i].code, rows[i].words);
    assert_int_equal(view_lines(&b, "contract.list", ""), 1);
    assert_true(view_says(&b, "\"ended\":"));
    assert_int_equal(view_lines(&b, "metric.contract", "from=2025-11-01T00:00:00Z"), 0);
    act_bench_release(&b);
}

/* --- what is seen --------------------------------------------------------------------------- */

static void run_text(struct act_bench *b, enum db_statement s, const char *one, int64_t hash,
                     const char *rule)
{
    struct db_row *r = db_use(b->db, s);

    db_text(r, 1, span_of(one));
    db_int(r, 2, hash);
    db_text(r, 3, span_of(rule));
    assert_int_equal(db_run(b->db, r, &b->e), ERR_OK);
}

static void a_technique_is_covered_by_a_rule_that_sees(void **state)
{
    struct act_bench b;
    struct db_row *r;
    json_t *got, *row;

    (void)state;
    act_bench_init(&b);
    run_text(&b, DB_TECHNIQUE_PUT, "t1059.001", 1, "a");
    run_text(&b, DB_TECHNIQUE_PUT, "t1059.001", 2, "b");
    run_text(&b, DB_TECHNIQUE_PUT, "t1003", 2, "b");
    r = db_use(b.db, DB_BLIND_PUT);
    db_int(r, 1, 2);
    db_text(r, 2, SPAN_LIT("b"));
    db_text(r, 3, SPAN_LIT("B"));
    db_int(r, 4, 3);
    db_text(r, 5, SPAN_LIT("x"));
    db_text(r, 6, SPAN_LIT(""));
    db_int(r, 7, NOW);
    assert_int_equal(db_run(b.db, r, &b.e), ERR_OK);
    (void)act_alert_made(&b, "a", "srv-1");
    (void)act_alert_made(&b, "a", "srv-2");
    got = ask(&b, "metric.techniques", NOW - DAY, NOW + DAY);
    assert_int_equal(json_array_size(got), 2);
    row = json_array_get(got, 0);
    assert_string_equal(json_string_value(json_object_get(row, "technique")), "T1003");
    assert_int_equal(number(row, "rules"), 1);
    assert_int_equal(number(row, "seeing"), 0);
    assert_true(json_is_false(json_object_get(row, "covered")));
    row = json_array_get(got, 1);
    assert_int_equal(number(row, "rules"), 2);
    assert_int_equal(number(row, "seeing"), 1);
    assert_int_equal(number(row, "fired"), 1);
    assert_int_equal(number(row, "alerts"), 2);
    assert_true(json_is_true(json_object_get(row, "covered")));
    json_decref(got);
    act_bench_release(&b);
}

static void put_source(struct act_bench *b, const char *name, const char *how, int64_t since)
{
    struct db_row *r = db_use(b->db, DB_SOURCE_PUT);

    db_text(r, 1, span_of(name));
    db_text(r, 2, SPAN_LIT("syslog-tcp"));
    db_text(r, 3, span_of(how));
    db_int(r, 4, since);
    db_int(r, 5, 60000);
    db_int(r, 6, since / 1000000);
    assert_int_equal(db_run(b->db, r, &b->e), ERR_OK);
}

static void silence(struct act_bench *b, const char *name, int64_t from, int64_t to)
{
    const struct alert_system a = { SPAN_LIT("canh.silence"), SPAN_LIT("A source fell silent"),
                                    span_of(name), LEVEL_HIGH };
    struct alerts *alerts;
    bool changed;

    assert_int_equal(alerts_new(&alerts, b->db, HOUR, &b->e), ERR_OK);
    assert_int_equal(db_begin(b->db, &b->e), ERR_OK);
    alerts_clock(alerts, from);
    assert_int_equal(alerts_open(alerts, &a, &changed, &b->e), ERR_OK);
    alerts_clock(alerts, to);
    if (to != 0)
        assert_int_equal(alerts_close(alerts, &a, &changed, &b->e), ERR_OK);
    assert_int_equal(alerts_flush(alerts, &b->e), ERR_OK);
    assert_int_equal(db_commit(b->db, &b->e), ERR_OK);
    alerts_free(&alerts);
}

static void source_is(struct act_bench *b, const json_t *got, const char *name, int64_t minutes,
                      int64_t covered, int64_t silences)
{
    const json_t *row = NULL;

    (void)b;
    for (size_t i = 0; i < json_array_size(got); i++) {
        if (strcmp(json_string_value(json_object_get(json_array_get(got, i), "source")), name) == 0)
            row = json_array_get(got, i);
    }
    assert_non_null(row);
    assert_int_equal(number(row, "minutes"), minutes);
    assert_int_equal(number(row, "covered"), covered);
    assert_int_equal(number(row, "silences"), silences);
    if (minutes > 0)
        assert_int_equal(number(row, "covered_percent"), 100 * covered / minutes);
}

static void a_source_covers_the_minutes_in_which_it_was_heard(void **state)
{
    struct act_bench b;
    json_t *got;

    (void)state;
    act_bench_init(&b);
    put_source(&b, "always", "active", NOW - 20 * DAY);
    put_source(&b, "twice", "active", NOW - 20 * DAY);
    silence(&b, "twice", NOW - 9 * DAY, NOW - 9 * DAY + 30 * MINUTE);
    silence(&b, "twice", NOW - 11 * DAY, NOW - 10 * DAY + 20 * MINUTE); /* over the edge */
    put_source(&b, "new", "active", NOW - 2 * DAY);
    put_source(&b, "still", "active", NOW - 20 * DAY);
    put_source(&b, "still", "silent", NOW - 60 * MINUTE); /* its alert came later, and lasts */
    silence(&b, "still", NOW - 50 * MINUTE, 0);
    put_source(&b, "never", "never", NOW - 20 * DAY);
    got = ask(&b, "metric.sources", NOW - 10 * DAY, NOW + DAY);
    assert_int_equal(json_array_size(got), 5);
    source_is(&b, got, "always", 10 * 1440, 10 * 1440, 0);
    source_is(&b, got, "twice", 10 * 1440, 10 * 1440 - 50, 2);
    source_is(&b, got, "new", 2 * 1440, 2 * 1440, 0);
    source_is(&b, got, "still", 10 * 1440, 10 * 1440 - 60, 1);
    source_is(&b, got, "never", 0, 0, 0);
    assert_true(view_says(&b, "\"source\":\"new\",\"input\":\"syslog-tcp\",\"state\":\"active\","
                              "\"arriving\":true,\"last\":\"2025-11-22T16:00:00"));
    json_decref(got);
    act_bench_release(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(promises_are_what_a_count_of_rows_gives),
        cmocka_unit_test(each_miss_is_named),
        cmocka_unit_test(what_is_no_promise_says_why),
        cmocka_unit_test(a_technique_is_covered_by_a_rule_that_sees),
        cmocka_unit_test(a_source_covers_the_minutes_in_which_it_was_heard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
