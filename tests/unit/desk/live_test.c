/*
 * Goal: what is found while events come in, late, over several lanes, through restarts and reloads,
 * is what a correlator finds that is fed everything in order.
 * Method: random correlations and hits (those of tests/unit/sigma); hits arrive up to the lateness
 * after their time, in groups, on three lanes; the desk reads them in bits, dies, saves, reloads;
 * final results in the database are compared with those of one correlator, and the alerts with
 * those that are cut from them: windows, counts, spelling, links, what is kept. Then single cases.
 */
#include "../check.h"

#include <stdlib.h>

#include "../sigma/correlate_both.h"
#include "base/time.h"
#include "desk/live.h"
#include "act/key.h"
#include "desk_lane.h"

#define LANES    3u
#define LATENESS (20 * TIME_SECOND)
#define HOUR     (3600 * TIME_SECOND)
#define CASES    (getenv("CANH_LONG") != NULL ? 600u : 25u)
#define HITS     300u

static uint64_t next(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* --- rules and hits --------------------------------------------------------------------------- */

static const struct sigma_head *rule_of(const void *arg, uint32_t i)
{
    return &((const struct correlate_both *)arg)->rules.rules[i]->head;
}

static const struct sigma_correlation *correlation_of(const void *arg, uint32_t i)
{
    return ((const struct correlate_both *)arg)->rules.correlations[i];
}

static struct live_rules rules_of(const struct correlate_both *b)
{
    return (struct live_rules){ b->plan, b->rules.rule_count, b->rules.correlation_count,
                                rule_of, correlation_of,      b };
}

struct hit_values {
    const struct correlate_both *b;
    const struct correlate_hit *hit;
};

static struct span hit_value(void *arg, uint32_t name)
{
    const struct hit_values *v = arg;

    for (uint32_t i = 0; i < v->hit->field_count; i++) {
        if (span_eq_nocase(v->hit->field[i].name, v->b->names.text[name]))
            return v->hit->field[i].value;
    }
    return SPAN_NONE;
}

static void put_record(const struct correlate_both *b, const struct correlate_hit *h,
                       struct buf *out)
{
    struct hit_values from = { b, h };
    const struct correlate_values v = { hit_value, &from };

    buf_clear(out);
    correlate_put(b->plan, &h->at, &v, out);
    assert_false(buf_failed(out));
}

/* --- the desk --------------------------------------------------------------------------------- */

struct bench {
    struct desk_folder folder;
    struct desk_lane lane[LANES];
    struct correlate_both both;
    struct db *db;
    struct alerts *alerts;
    struct live *live;
    struct buf record;
    size_t buffer_bytes;
    int64_t window; /* of alerts */
    uint64_t ms;
    int64_t now;
};

static void desk_open(struct bench *b)
{
    struct live_settings s = { .io = &io_system,
                               .lateness_ns = LATENESS,
                               .buffer_bytes = b->buffer_bytes };
    const struct live_rules rules = rules_of(&b->both);
    struct err e;

    assert_int_equal(db_open(&b->db, b->folder.db, &e), ERR_OK);
    assert_int_equal(alerts_new(&b->alerts, b->db, b->window, &e), ERR_OK);
    alerts_clock(b->alerts, 1);
    s.db = b->db;
    s.alerts = b->alerts;
    assert_int_equal(live_new(&b->live, &s, &rules, &e), ERR_OK);
    for (uint32_t i = 0; i < LANES; i++)
        assert_int_equal(live_lane(b->live, b->lane[i].number, b->lane[i].dir, &e), ERR_OK);
}

static void desk_close(struct bench *b)
{
    live_free(&b->live);
    alerts_free(&b->alerts);
    db_close(&b->db);
}

static void bench_init_window(struct bench *b, const char *yaml, int64_t window)
{
    *b = (struct bench){ .window = window };
    desk_folder_init(&b->folder);
    for (uint32_t i = 0; i < LANES; i++)
        desk_lane_init(&b->lane[i], &b->folder, i);
    buf_init(&b->record, 1 << 20);
    assert_true(correlate_both_init(&b->both, span_of(yaml)));
    desk_open(b);
}

static void bench_init(struct bench *b, const char *yaml)
{
    bench_init_window(b, yaml, HOUR);
}

static void bench_release(struct bench *b)
{
    struct err e;

    assert_int_equal(db_check(b->db, &e), ERR_OK);
    desk_close(b);
    correlate_both_release(&b->both);
    buf_release(&b->record);
    for (uint32_t i = 0; i < LANES; i++)
        desk_lane_release(&b->lane[i]);
    desk_folder_release(&b->folder);
}

static int64_t number(struct bench *b, const char *sql)
{
    return desk_number(&b->folder, sql);
}

static void turn(struct bench *b, uint32_t records)
{
    struct err e;

    if (live_turn(b->live, b->now, records, &e) < 0)
        fail_msg("%s", e.why);
}

static void write_now(struct bench *b, bool save)
{
    struct err e;

    b->ms += 50;
    if (live_write(b->live, b->ms, save, &e) != ERR_OK)
        fail_msg("%s", e.why);
}

/* Everything that is there is read, and all time passes that anything may wait for. */
static void finish(struct bench *b)
{
    for (unsigned i = 0; i < 200; i++) {
        turn(b, 100000);
        write_now(b, false);
        if (i == 100)
            b->now += HOUR;
    }
}

/* --- random cases ------------------------------------------------------------------------------
 */

struct arrival {
    struct correlate_hit hit;
    int64_t receipt;
    uint32_t lane;
};

static int by_receipt(const void *a, const void *b)
{
    const struct arrival *x = a, *y = b;

    return x->receipt < y->receipt ? -1 : x->receipt > y->receipt;
}

/* Hits of one event lie beside each other and stay together: they are one lane's. */
static uint32_t make_arrivals(struct bench *b, struct span *from, struct arrival *to,
                              uint64_t *seed)
{
    struct correlate_hit *hits = calloc(HITS, sizeof(*hits));
    uint32_t count, n = 0;

    assert_non_null(hits);
    count = correlate_make_hits(from, hits, HITS);
    for (uint32_t i = 0; i < count; i++) {
        bool same = i > 0 && hits[i].at.order == hits[i - 1].at.order &&
                    hits[i].at.time_ns == hits[i - 1].at.time_ns && n > 0;

        if (!correlate_wanted(b->both.plan, hits[i].at.rule))
            continue;
        to[n].hit = hits[i];
        to[n].lane = same ? to[n - 1].lane : (uint32_t)(next(seed) % LANES);
        to[n].receipt =
            same ? to[n - 1].receipt : hits[i].at.time_ns + (int64_t)(next(seed) % (LATENESS / 2));
        n++;
    }
    free(hits);
    qsort(to, n, sizeof(*to), by_receipt);
    return n;
}

/* Groups that have waited for long are written; `end`: all. */
static void commit_due(struct bench *b, int64_t *begun, int64_t time, bool end)
{
    for (uint32_t i = 0; i < LANES; i++) {
        if (begun[i] == 0 || (!end && time < begun[i] + LATENESS / 4))
            continue;
        b->now = begun[i] + LATENESS / 4 > b->now ? begun[i] + LATENESS / 4 : b->now;
        (void)desk_lane_commit(&b->lane[i], b->now);
        begun[i] = 0;
    }
}

static void something_happens(struct bench *b, uint64_t *seed)
{
    const struct live_rules rules = rules_of(&b->both);
    struct err e;

    switch (next(seed) % 12) {
    case 0: /* it dies */
        desk_close(b);
        desk_open(b);
        break;
    case 1:
        write_now(b, true);
        break;
    case 2: /* rules are loaded anew, and are the same */
        assert_int_equal(live_unload(b->live, &e), ERR_OK);
        assert_int_equal(live_load(b->live, &rules, &e), ERR_OK);
        break;
    case 3:
    case 4:
        turn(b, 1 + (uint32_t)(next(seed) % 5));
        break;
    case 5:
    case 6:
        turn(b, 1000);
        write_now(b, false);
        break;
    default:
        break;
    }
}

/* Sets the order numbers that the lanes gave. */
static void arrive(struct bench *b, struct arrival *a, uint32_t n, uint64_t *seed)
{
    int64_t begun[LANES] = { 0 };
    uint64_t sequence = 0;

    for (uint32_t i = 0; i < n; i++) {
        struct desk_lane *l = &b->lane[a[i].lane];
        bool same = i > 0 && a[i].lane == a[i - 1].lane && a[i].receipt == a[i - 1].receipt &&
                    a[i].hit.at.order == (a[i - 1].hit.at.ref);

        commit_due(b, begun, a[i].receipt, false);
        b->now = a[i].receipt > b->now ? a[i].receipt : b->now;
        if (!same)
            sequence = desk_lane_event(l, b->now);
        if (begun[a[i].lane] == 0)
            begun[a[i].lane] = b->now;
        put_record(&b->both, &a[i].hit, &b->record);
        a[i].hit.at.ref = a[i].hit.at.order; /* to tell the next one's event */
        desk_lane_input(l, correlate_plan_hash(b->both.plan), sequence, buf_span(&b->record));
        a[i].hit.at.order = (uint64_t)a[i].lane << 56 | sequence;
        something_happens(b, seed);
    }
    commit_due(b, begun, INT64_MAX / 2, true);
}

/* --- what a correlator says that has everything in order ----------------------------------------
 */

/* A result: rule and key, how its group is shown, and what is to be kept of it, a line each. */
struct told {
    struct buf of, entity, kept;
    int64_t time;
    uint32_t number;
};

struct sink {
    const struct correlate_both *b;
    struct buf lines, values, key;
    struct told *told;
    uint32_t count;
};

static void put_told(struct sink *s, const struct correlate_result *r)
{
    struct told *t;

    s->told = realloc(s->told, (s->count + 1) * sizeof(*s->told));
    assert_non_null(s->told);
    t = &s->told[s->count];
    *t = (struct told){ .time = r->time_ns, .number = s->count++ };
    buf_init(&t->of, 1 << 20);
    buf_init(&t->entity, 1 << 20);
    buf_init(&t->kept, 1 << 20);
    buf_fmt(&t->of, "%.*s|%.*s|", SPAN_ARG(s->b->rules.correlations[r->correlation]->head.title),
            SPAN_ARG(buf_span(&s->key)));
    buf_text(&t->entity, r->group_count == 0 ? "(all)" : "");
    for (uint32_t i = 0; i < r->group_count; i++)
        buf_fmt(&t->entity, "%s%.*s=%.*s", i > 0 ? ", " : "", SPAN_ARG(r->group[i].name),
                SPAN_ARG(r->group[i].value));
    buf_fmt(&t->kept, "s%lld:%llu\n", (long long)r->time_ns, (unsigned long long)r->input_count);
    for (uint32_t i = 0; i < r->event_count && i < ALERT_EVENTS_MAX; i++)
        buf_fmt(&t->kept, "e%lld.%llu.%llu\n", (long long)r->events[i].time_ns,
                (unsigned long long)(r->events[i].order >> 56),
                (unsigned long long)(r->events[i].order & (UINT64_MAX >> 8)));
}

static void free_told(struct sink *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        buf_release(&s->told[i].of);
        buf_release(&s->told[i].entity);
        buf_release(&s->told[i].kept);
    }
    free(s->told);
}

static void on_result(void *arg, const struct correlate_result *r)
{
    struct sink *s = arg;

    buf_clear(&s->values);
    buf_clear(&s->key);
    for (uint32_t i = 0; i < r->group_count; i++) {
        buf_add(&s->values, r->group[i].value);
        buf_byte(&s->values, 0x1f);
    }
    key_put(r->group_count > 0 ? buf_span(&s->values) : SPAN_LIT("(all)"), &s->key);
    buf_fmt(&s->lines, "%.*s|%.*s|%lld\n",
            SPAN_ARG(s->b->rules.correlations[r->correlation]->head.title),
            SPAN_ARG(buf_span(&s->key)), (long long)r->time_ns);
    put_told(s, r);
}

static int by_told(const void *a, const void *b)
{
    const struct told *x = a, *y = b;
    int order = span_cmp(buf_span(&x->of), buf_span(&y->of));

    if (order != 0)
        return order;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* Of results that differ in nothing the database keeps the first counts. */
static bool is_twin(const struct told *t, uint32_t i)
{
    return i > 0 && t[i].time == t[i - 1].time &&
           span_eq(buf_span(&t[i].of), buf_span(&t[i - 1].of));
}

/* What is kept of results t[0..n): of the first, as long as there is room. */
static void put_kept(const struct told *t, uint32_t n, struct buf *out)
{
    unsigned kept = 0;

    for (uint32_t i = 0; i < n; i++) {
        struct span rest = is_twin(t, i) ? SPAN_NONE : buf_span(&t[i].kept);

        for (; rest.n > 0 && kept < ALERT_EVENTS_MAX; kept++) {
            size_t line = span_find(rest, '\n') + 1;

            buf_fmt(out, "%.*s%lld %.*s", SPAN_ARG(buf_span(&t[0].of)), (long long)t[0].time,
                    (int)line, (const char *)rest.p);
            rest = span_from(rest, line);
        }
    }
}

/* Alerts of results in order: the first that is in no window begins one. */
static void alerts_of(struct sink *s, int64_t window, struct buf *out)
{
    struct told *t = s->told;
    int64_t before = 0;

    if (s->count > 0)
        qsort(t, s->count, sizeof(*t), by_told);
    for (uint32_t i = 0, n; i < s->count; i += n) {
        uint32_t results = 0;

        if (i == 0 || !span_eq(buf_span(&t[i].of), buf_span(&t[i - 1].of)))
            before = 0;
        for (n = 0; i + n < s->count && span_eq(buf_span(&t[i + n].of), buf_span(&t[i].of)) &&
                    t[i + n].time - t[i].time < window;
             n++)
            results += !is_twin(t + i, n);
        buf_fmt(out, "%.*s%lld..%lld %u %.*s behind %lld\n", SPAN_ARG(buf_span(&t[i].of)),
                (long long)t[i].time, (long long)t[i + n - 1].time, results,
                SPAN_ARG(buf_span(&t[i].entity)), (long long)before);
        put_kept(t + i, n, out);
        before = t[i].time;
    }
    correlate_sort_lines(out);
}

static int by_key(const void *a, const void *b)
{
    return memcmp(correlate_key(*(const struct span *)a), correlate_key(*(const struct span *)b),
                  CORRELATE_KEY_BYTES);
}

static void truth(struct bench *b, const struct arrival *a, uint32_t n, struct buf *lines,
                  struct buf *alerts)
{
    struct sink s = { .b = &b->both };
    struct span *records = calloc((size_t)n + 1, sizeof(*records)), rest;
    struct buf all;
    struct correlator *c;
    struct err e;
    uint32_t count = 0;

    assert_non_null(records);
    buf_init(&all, 1 << 26);
    buf_init(&s.lines, 1 << 26);
    buf_init(&s.values, 1 << 20);
    buf_init(&s.key, 1 << 20);
    for (uint32_t i = 0; i < n; i++) {
        put_record(&b->both, &a[i].hit, &b->record);
        buf_add(&all, buf_span(&b->record));
    }
    for (rest = buf_span(&all); correlate_next(&rest, &records[count]); count++)
        ;
    assert_int_equal(count, n);
    qsort(records, n, sizeof(*records), by_key);
    assert_int_equal(correlator_new(&c, b->both.plan, 0, on_result, &s, &e), ERR_OK);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(correlator_feed(c, records[i], &e), ERR_OK);
    assert_int_equal(correlator_finish(c, &e), ERR_OK);
    correlator_free(&c);
    buf_add(lines, buf_span(&s.lines));
    alerts_of(&s, b->window, alerts);
    free_told(&s);
    buf_release(&s.lines);
    buf_release(&s.values);
    buf_release(&s.key);
    buf_release(&all);
    free(records);
}

static void final_results(struct bench *b, struct buf *lines)
{
    struct db_row *r = db_use(b->db, DB_RESULT_FINALS);
    struct err e;

    while (db_next(b->db, r, &e) == 1)
        buf_fmt(lines, "%.*s|%.*s|%lld\n", SPAN_ARG(db_get_text(r, 0)), SPAN_ARG(db_get_text(r, 1)),
                (long long)db_get_int(r, 2));
}

/* Results that differ in nothing the database keeps are one. */
static void sort_unique(struct buf *lines)
{
    struct buf once;
    struct span rest, last = SPAN_NONE;

    correlate_sort_lines(lines);
    buf_init(&once, 1 << 26);
    for (rest = buf_span(lines); rest.n > 0;) {
        struct span line = { rest.p, span_find(rest, '\n') + 1 };

        rest = span_from(rest, line.n);
        if (!span_eq(line, last))
            buf_add(&once, line);
        last = line;
    }
    buf_release(lines);
    *lines = once;
}

static void alerts_there(struct bench *b, struct buf *out)
{
    desk_texts(&b->folder,
               "SELECT rule || '|' || entity_key || '|' || first || '..' || last || ' ' || count ||"
               " ' ' || entity || ' behind ' ||"
               " coalesce((SELECT l.first FROM alert l WHERE l.id = a.linked), 0)"
               " FROM alert a WHERE state = 'new'"
               " UNION ALL SELECT rule || '|' || entity_key || '|' || first || ' ' ||"
               " iif(v.lane IS NULL, 's' || v.time || ':' || json_extract(v.json, '$.inputs'),"
               " 'e' || v.time || '.' || v.lane || '.' || v.sequence)"
               " FROM alert a JOIN alert_event v ON v.alert = a.id WHERE a.state = 'new'",
               out);
    correlate_sort_lines(out);
}

static uint64_t one_case(uint64_t *seed)
{
    struct arrival *arrivals = calloc(HITS, sizeof(*arrivals));
    struct buf yaml, want, got, alerts, there;
    uint8_t bytes[800];
    struct span from = { bytes, sizeof(bytes) };
    struct bench b;
    uint64_t results;
    uint32_t n;

    assert_non_null(arrivals);
    buf_init(&yaml, 1 << 20);
    buf_init(&want, 1 << 26);
    buf_init(&got, 1 << 26);
    buf_init(&alerts, 1 << 26);
    buf_init(&there, 1 << 26);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)next(seed);
    correlate_make_yaml(&from, &yaml);
    buf_byte(&yaml, 0);
    bench_init_window(&b, (const char *)yaml.p, (int64_t)(1 + next(seed) % 20) * LATENESS);
    n = make_arrivals(&b, &from, arrivals, seed);
    arrive(&b, arrivals, n, seed);
    finish(&b);
    truth(&b, arrivals, n, &want, &alerts);
    final_results(&b, &got);
    sort_unique(&want);
    sort_unique(&got);
    if (!span_eq(buf_span(&want), buf_span(&got)))
        fail_msg("%s\nin order:\n%.*s\nlive:\n%.*s", (const char *)yaml.p,
                 SPAN_ARG(buf_span(&want)), SPAN_ARG(buf_span(&got)));
    assert_int_equal(live_counts(b.live).late, 0);
    assert_int_equal(live_counts(b.live).restarts, 0);
    results = (uint64_t)number(&b, "SELECT count(*) FROM result WHERE final IS NOT NULL");
    assert_int_equal(number(&b, "SELECT count(*) FROM result WHERE state = 'provisional'"), 0);
    assert_int_equal(number(&b, "SELECT ifnull(sum(count), 0) FROM alert"), results);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert WHERE state = 'new' AND provisional"),
                     0);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert_event v JOIN alert a ON a.id = v.alert"
                                " WHERE a.state = 'new' AND v.result IS NOT NULL"),
                     0);
    alerts_there(&b, &there);
    if (!span_eq(buf_span(&alerts), buf_span(&there)))
        fail_msg("%s\nwindow %lld, alerts in order:\n%.*s\nlive:\n%.*s", (const char *)yaml.p,
                 (long long)b.window, SPAN_ARG(buf_span(&alerts)), SPAN_ARG(buf_span(&there)));
    bench_release(&b);
    buf_release(&there);
    buf_release(&alerts);
    buf_release(&got);
    buf_release(&want);
    buf_release(&yaml);
    free(arrivals);
    return results;
}

static void final_results_and_alerts_are_those_of_perfect_order(void **state)
{
    uint64_t seed = 20261127, results = 0;

    (void)state;
    for (unsigned i = 0; i < CASES; i++)
        results += one_case(&seed);
    printf("%llu final results\n", (unsigned long long)results);
    assert_true(results > 10 * CASES);
}

/* --- single cases ------------------------------------------------------------------------------
 */

static const char three[] = "{title: three, id: 11111111-0000-4000-8000-000000000001, level: high,"
                            " correlation: {type: event_count, rules: [a], group-by: [user],"
                            " timespan: 1m, condition: {gte: 3}}}";
static const char one_only[] = "{title: one, level: low, correlation: {type: event_count,"
                               " rules: [a], timespan: 10s, condition: {eq: 1}}}";

/* A hit of rule a by bob at `time`, received now by lane 0. */
static void hit_at(struct bench *b, int64_t time)
{
    struct correlate_hit h = { .at = { .time_ns = time } };
    uint64_t sequence = desk_lane_event(&b->lane[0], b->now);

    h.field[h.field_count++] = (struct correlate_pair){ SPAN_LIT("user"), SPAN_LIT("bob") };
    put_record(&b->both, &h, &b->record);
    desk_lane_input(&b->lane[0], correlate_plan_hash(b->both.plan), sequence, buf_span(&b->record));
    (void)desk_lane_commit(&b->lane[0], b->now);
}

static void pass(struct bench *b, int64_t ns)
{
    b->now += ns;
    turn(b, 1000);
    write_now(b, false);
}

static void a_result_is_provisional_at_once_and_then_confirmed(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, three);
    b.now = 100 * HOUR;
    for (unsigned i = 0; i < 3; i++)
        hit_at(&b, b.now);
    pass(&b, 0);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert"), 0);
    pass(&b, 2 * TIME_SECOND);
    assert_int_equal(number(&b, "SELECT provisional FROM alert WHERE entity = 'user=bob'"), 1);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert_event WHERE sequence IS NOT NULL"), 3);
    pass(&b, LATENESS);
    assert_int_equal(number(&b, "SELECT provisional FROM alert"), 0);
    assert_int_equal(number(&b, "SELECT count FROM alert WHERE level = 4"), 1);
    assert_int_equal(number(&b, "SELECT count(*) FROM result WHERE state = 'confirmed'"), 1);
    bench_release(&b);
}

static void what_a_late_event_undoes_is_withdrawn(void **state)
{
    struct bench b;
    int64_t begin = 100 * HOUR;

    (void)state;
    bench_init(&b, one_only);
    b.now = begin;
    hit_at(&b, begin);
    pass(&b, 12 * TIME_SECOND);
    assert_int_equal(number(&b, "SELECT provisional FROM alert WHERE state = 'new'"), 1);
    hit_at(&b, begin + 5 * TIME_SECOND); /* two within ten seconds, then */
    pass(&b, TIME_SECOND);
    pass(&b, LATENESS + 30 * TIME_SECOND);
    assert_int_equal(number(&b, "SELECT count(*) FROM result WHERE state = 'withdrawn'"), 1);
    assert_int_equal(number(&b, "SELECT count FROM alert WHERE state = 'withdrawn'"), 0);
    assert_int_equal(number(&b, "SELECT count(*) FROM alert WHERE state = 'new'"), 0);
    assert_int_equal(live_counts(b.live).withdrawn, 1);
    bench_release(&b);
}

static void what_comes_after_the_watermark_is_late_and_counted(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, three);
    b.now = 100 * HOUR;
    hit_at(&b, b.now);
    pass(&b, LATENESS + TIME_SECOND);
    hit_at(&b, b.now - LATENESS - 1);
    hit_at(&b, b.now - LATENESS + 1);
    pass(&b, 0);
    assert_int_equal(live_counts(b.live).late, 1);
    assert_int_equal(number(&b, "SELECT count FROM late WHERE title = 'rule a'"), 1);
    bench_release(&b);
}

static void a_site_whose_clocks_are_slow_is_not_late(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, three);
    b.now = 100 * HOUR;
    for (unsigned i = 0; i < 20; i++) {
        hit_at(&b, b.now - 300 * TIME_SECOND);
        pass(&b, 5 * TIME_SECOND);
    }
    assert_int_equal(live_counts(b.live).late, 0);
    assert_int_equal(live_counts(b.live).watermark_ns, b.now - 300 * TIME_SECOND - LATENESS);
    bench_release(&b);
}

static void a_clock_that_is_put_back_makes_nobody_late_for_long(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, three);
    b.now = 200 * HOUR;
    hit_at(&b, b.now);
    pass(&b, TIME_SECOND);
    b.now = 100 * HOUR;
    for (unsigned i = 0; i < 3; i++)
        hit_at(&b, b.now);
    pass(&b, TIME_SECOND);
    pass(&b, LATENESS);
    assert_int_equal(live_counts(b.live).restarts, 1);
    assert_int_equal(live_counts(b.live).late, 0);
    assert_int_equal(number(&b, "SELECT count(*) FROM result WHERE state = 'confirmed'"), 1);
    bench_release(&b);
}

static void what_waits_is_bounded(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, three);
    desk_close(&b);
    b.buffer_bytes = 64 << 10;
    desk_open(&b);
    b.now = 100 * HOUR;
    for (unsigned i = 0; i < 4000; i++) {
        b.now += TIME_SECOND / 1000;
        hit_at(&b, b.now);
        if (i % 100 == 0)
            pass(&b, 0);
        assert_true(live_counts(b.live).waiting < (64u << 10) + LIVE_EARLY_BYTES);
    }
    pass(&b, HOUR);
    assert_true(live_counts(b.live).forced > 1000);
    assert_int_equal(live_counts(b.live).inputs, 4000);
    assert_true(number(&b, "SELECT count(*) FROM result WHERE final IS NOT NULL") > 0);
    bench_release(&b);
}

static void records_of_another_plan_are_counted(void **state)
{
    struct correlate_both other;
    struct live_rules rules;
    struct bench b;
    struct err e;

    (void)state;
    bench_init(&b, three);
    b.now = 100 * HOUR;
    for (unsigned i = 0; i < 3; i++)
        hit_at(&b, b.now);
    pass(&b, 0);
    assert_true(correlate_both_init(&other, span_of(one_only)));
    rules = rules_of(&other);
    assert_int_equal(live_unload(b.live, &e), ERR_OK);
    assert_int_equal(live_load(b.live, &rules, &e), ERR_OK);
    hit_at(&b, b.now);
    pass(&b, TIME_SECOND);
    assert_int_equal(live_counts(b.live).plan_changed, 1);
    /* What waited was judged before the old rules went. */
    assert_int_equal(number(&b, "SELECT count(*) FROM result WHERE state = 'confirmed'"), 1);
    live_free(&b.live);
    correlate_both_release(&other);
    bench_release(&b);
}

static void what_is_no_input_is_counted(void **state)
{
    static const uint8_t odd[64];
    struct bench b;

    (void)state;
    bench_init(&b, three);
    b.now = 100 * HOUR;
    for (size_t n = 0; n < sizeof(odd); n += 5)
        assert_true(lane_record(b.lane[0].lane, LANE_INPUTS, (struct span){ odd, n }));
    desk_lane_input(&b.lane[0], correlate_plan_hash(b.both.plan), 1, SPAN_LIT("no record at all"));
    hit_at(&b, -1);
    hit_at(&b, b.now + LIVE_AHEAD_NS + HOUR);
    hit_at(&b, b.now);
    pass(&b, 0);
    assert_int_equal(live_counts(b.live).inputs, 1);
    assert_true(live_counts(b.live).odd >= 6);
    bench_release(&b);
}

static void a_damaged_state_is_left_and_correlation_goes_on(void **state)
{
    struct db_row *r;
    struct bench b;
    struct err e;

    (void)state;
    bench_init(&b, three);
    b.now = 100 * HOUR;
    for (unsigned i = 0; i < 2; i++)
        hit_at(&b, b.now);
    pass(&b, LATENESS + TIME_SECOND);
    write_now(&b, true);
    for (unsigned round = 0; round < 2; round++) {
        r = db_use(b.db, DB_LIVE_PUT);
        db_u64(r, 1, correlate_plan_hash(b.both.plan));
        db_int(r, 2, 0);
        db_blob(
            r, 3,
            round == 0
                ? SPAN_LIT("nothing")
                : SPAN_LIT("\1\0\0\0\1\0\0\0"
                           "\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0abc"));
        assert_int_equal(db_run(b.db, r, &e), ERR_OK);
        desk_close(&b);
        desk_open(&b);
    }
    for (unsigned i = 0; i < 3; i++)
        hit_at(&b, b.now);
    pass(&b, LATENESS + TIME_SECOND);
    assert_int_equal(number(&b, "SELECT count(*) FROM result WHERE final IS NOT NULL"), 1);
    bench_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(final_results_and_alerts_are_those_of_perfect_order),
        cmocka_unit_test(a_result_is_provisional_at_once_and_then_confirmed),
        cmocka_unit_test(what_a_late_event_undoes_is_withdrawn),
        cmocka_unit_test(what_comes_after_the_watermark_is_late_and_counted),
        cmocka_unit_test(a_site_whose_clocks_are_slow_is_not_late),
        cmocka_unit_test(a_clock_that_is_put_back_makes_nobody_late_for_long),
        cmocka_unit_test(what_waits_is_bounded),
        cmocka_unit_test(records_of_another_plan_are_counted),
        cmocka_unit_test(what_is_no_input_is_counted),
        cmocka_unit_test(a_damaged_state_is_left_and_correlation_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
