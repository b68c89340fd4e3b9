/*
 * stat.c - see stat.h.
 */
#include "console/stat.h"

#include "base/time.h"
#include "desk/tracers.h"
#include "scan/put.h"

#define NOTICES_SHOWN 20

static void put_text(struct buf *out, const char *name, struct span s)
{
    buf_fmt(out, ",\"%s\":", name);
    put_json_text(out, s);
}

static void put_number(struct buf *out, const char *name, uint64_t v)
{
    buf_fmt(out, ",\"%s\":%llu", name, (unsigned long long)v);
}

static void put_time(struct buf *out, const char *name, int64_t ns)
{
    uint8_t room[TIME_TEXT_MAX];

    put_text(out, name, (struct span){ room, time_put(room, ns) });
}

/* --- counts --------------------------------------------------------------------------------- */

/* Each begins with a comma. */
static void put_counts(struct buf *out, const uint64_t count[LEDGER_COUNTERS])
{
    for (unsigned c = 0; c < LEDGER_COUNTERS; c++)
        put_number(out, ledger_counter_name((enum ledger_counter)c), count[c]);
    put_number(out, "refused", sums_refused(count));
    put_number(out, "dropped", sums_dropped(count));
    put_number(out, "in_flight", sums_open(count));
}

static void put_rows(struct buf *out, const struct sums *s)
{
    buf_text(out, ",\"totals\":{\"rows\":");
    buf_fmt(out, "%u", s->count);
    put_counts(out, s->total);
    buf_text(out, "},\"rows\":[");
    for (uint32_t i = 0; i < s->count; i++) {
        const struct sum_row *r = &s->row[i];

        buf_fmt(out, "%s{\"input\":\"%s\"", i > 0 ? "," : "", input_name(r->input));
        put_text(out, "source", span_of(r->name));
        buf_fmt(out, ",\"authenticated\":%s,\"configured\":%s", r->authenticated ? "true" : "false",
                r->configured ? "true" : "false");
        put_counts(out, r->count);
        buf_byte(out, '}');
    }
    buf_byte(out, ']');
}

enum balance_state stat_balance(const struct metrics_from *m)
{
    enum balance_state worst = BALANCE_GOOD;

    for (uint32_t i = 0; i < SUMS_LANES; i++) {
        if (m->ledgers->lane[i] != NULL && m->balance[i].state > worst)
            worst = m->balance[i].state;
    }
    return worst;
}

static void put_balance(struct buf *out, const struct metrics_from *m)
{
    int64_t missing = 0;
    uint64_t unmatched = 0, in_flight = 0;

    for (uint32_t i = 0; i < SUMS_LANES; i++) {
        if (m->ledgers->lane[i] == NULL)
            continue;
        missing += m->balance[i].missing;
        unmatched += m->balance[i].unmatched;
        in_flight += board_get(m->ledgers->lane[i], BOARD_in_flight);
    }
    buf_fmt(out, ",\"balance\":{\"state\":\"%s\",\"missing\":%lld",
            balance_state_name(stat_balance(m)), (long long)missing);
    put_number(out, "unmatched", unmatched);
    put_number(out, "in_flight", in_flight);
    buf_byte(out, '}');
}

/* --- collectors and kernel ------------------------------------------------------------------ */

static const char *collector_state(const struct ledger *g, uint64_t age_ms)
{
    if (board_get(g, BOARD_disk_full) != 0)
        return "disk full";
    if (board_get(g, BOARD_beat_ms) == 0)
        return "starting";
    return age_ms > STAT_BEAT_MS ? "stuck" : "running";
}

static void put_collectors(struct buf *out, const struct stat_from *s)
{
    bool first = true;

    buf_text(out, ",\"collectors\":[");
    for (uint32_t i = 0; i < SUMS_LANES; i++) {
        const struct ledger *g = s->m.ledgers->lane[i];
        uint64_t beat, age;

        if (g == NULL)
            continue;
        beat = board_get(g, BOARD_beat_ms);
        age = s->ms > beat ? s->ms - beat : 0;
        buf_fmt(out, "%s{\"lane\":%u", first ? "" : ",", i);
        put_text(out, "state", span_of(collector_state(g, age)));
        put_number(out, "beat_age_ms", beat != 0 ? age : 0);
        put_text(out, "balance", span_of(balance_state_name(s->m.balance[i].state)));
        for (unsigned c = 0; c < BOARD_COUNTERS; c++)
            put_number(out, board_counter_name((enum board_counter)c),
                       board_get(g, (enum board_counter)c));
        buf_byte(out, '}');
        first = false;
    }
    buf_byte(out, ']');
}

static void put_kernel(struct buf *out, const struct metrics_from *m)
{
    uint64_t drops = 0;

    for (uint32_t i = 0; i < SUMS_LANES; i++) {
        if (m->ledgers->lane[i] != NULL)
            drops += board_get(m->ledgers->lane[i], BOARD_kernel_drops);
    }
    buf_fmt(out, ",\"kernel\":{\"drops\":%llu,\"sockets\":[", (unsigned long long)drops);
    for (uint32_t i = 0; i < m->udp_count; i++) {
        buf_fmt(out, "%s{\"address\":", i > 0 ? "," : "");
        put_json_text(out, span_of(m->udp[i].address));
        put_number(out, "drops", m->udp[i].drops);
        put_number(out, "waiting_bytes", m->udp[i].waiting_bytes);
        buf_byte(out, '}');
    }
    buf_text(out, "]}");
}

/* --- the desk ------------------------------------------------------------------------------- */

/* What the desk counts, and by when it counted: every 10 s as long as it goes round. */
static int put_desk(struct buf *out, const struct stat_from *s, struct err *e)
{
    struct db_row *r = db_use(s->reader, DB_LIST_COUNTERS);
    int64_t latest = 0, age;
    uint64_t behind = 0;
    int rc;

    buf_text(out, ",\"desk\":{\"counters\":{");
    while ((rc = db_next(s->reader, r, e)) == 1) {
        buf_text(out, latest != 0 ? "," : "");
        put_json_text(out, db_get_text(r, 0));
        buf_fmt(out, ":%llu", (unsigned long long)db_get_u64(r, 1));
        if (span_eq(db_get_text(r, 0), SPAN_LIT("behind_events")))
            behind = db_get_u64(r, 1);
        latest = db_get_int(r, 2) > latest ? db_get_int(r, 2) : latest;
    }
    db_end(r);
    age = s->now_ns > latest ? (s->now_ns - latest) / 1000000 : 0;
    buf_text(out, "}");
    put_number(out, "behind_events", behind);
    put_number(out, "age_ms", latest != 0 ? (uint64_t)age : 0);
    buf_fmt(out, ",\"state\":\"%s\"}",
            latest == 0                   ? "starting"
            : age > (int64_t)STAT_DESK_MS ? "stuck"
                                          : "running");
    return rc;
}

int stat_sources(struct buf *out, struct db *reader, struct err *e)
{
    struct db_row *r = db_use(reader, DB_SOURCE_ALL);
    bool first = true;
    int rc;

    buf_byte(out, '[');
    while ((rc = db_next(reader, r, e)) == 1) {
        buf_text(out, first ? "{\"source\":" : ",{\"source\":");
        put_json_text(out, db_get_text(r, 0));
        put_text(out, "input", db_get_text(r, 1));
        put_text(out, "state", db_get_text(r, 2));
        put_time(out, "since", db_get_int(r, 3));
        buf_fmt(out, ",\"interval_ms\":%lld", (long long)db_get_int(r, 4));
        if (db_get_int(r, 5) != 0)
            put_time(out, "last", db_get_int(r, 5) * INT64_C(1000000)); /* it is kept in ms */
        buf_byte(out, '}');
        first = false;
    }
    db_end(r);
    buf_byte(out, ']');
    return rc;
}

static int put_sources(struct buf *out, const struct stat_from *s, struct err *e)
{
    buf_text(out, ",\"sources\":");
    return stat_sources(out, s->reader, e);
}

/* Our own events, of each input through which they are sent. "waiting": none was seen yet. */
static int put_tracers(struct buf *out, const struct stat_from *s, struct err *e)
{
    struct db_row *r = db_use(s->reader, DB_TRACER_ALL);
    int64_t seen[INPUTS] = { 0 };
    bool first = true;
    int rc;

    while ((rc = db_next(s->reader, r, e)) == 1) {
        for (unsigned i = 0; i < INPUTS; i++) {
            if (span_eq(db_get_text(r, 0), span_of(input_name((enum input)i))))
                seen[i] = db_get_int(r, 2);
        }
    }
    db_end(r);
    buf_text(out, ",\"tracers\":[");
    for (unsigned i = 0; i < INPUTS; i++) {
        uint64_t age = s->now_ns > seen[i] ? (uint64_t)(s->now_ns - seen[i]) / 1000000 : 0;

        if ((s->tried >> i & 1) == 0)
            continue;
        buf_fmt(out, "%s{\"input\":\"%s\",\"state\":\"%s\"", first ? "" : ",",
                input_name((enum input)i),
                seen[i] == 0                ? "waiting"
                : age >= TRACERS_MISSING_MS ? "missing"
                                            : "arriving");
        if (seen[i] != 0)
            put_number(out, "age_ms", age);
        buf_byte(out, '}');
        first = false;
    }
    buf_byte(out, ']');
    return rc;
}

/* --- alerts and notices --------------------------------------------------------------------- */

static int put_alerts(struct buf *out, const struct stat_from *s, struct err *e)
{
    struct db_row *r = db_use(s->reader, DB_ALERT_LEVELS);
    uint64_t level[LEVEL_CRITICAL + 1] = { 0 }, seen = 0;
    int rc;

    db_int(r, 1, s->now_ns - STAT_ALERT_HOURS * 3600 * TIME_SECOND);
    db_int(r, 2, STAT_ALERTS_MAX);
    while ((rc = db_next(s->reader, r, e)) == 1) {
        int64_t l = db_get_int(r, 0);

        if (l >= LEVEL_NONE && l <= LEVEL_CRITICAL)
            level[l] = db_get_u64(r, 1);
        seen += db_get_u64(r, 2);
    }
    db_end(r);
    buf_fmt(out, ",\"alerts\":{\"hours\":%d,\"by_level\":{", STAT_ALERT_HOURS);
    for (int l = LEVEL_CRITICAL; l >= LEVEL_NONE; l--)
        buf_fmt(out, "%s\"%s\":%llu", l == LEVEL_CRITICAL ? "" : ",",
                level_name((enum sigma_level)l), (unsigned long long)level[l]);
    buf_fmt(out, "},\"more\":%s}", seen == STAT_ALERTS_MAX ? "true" : "false");
    return rc;
}

static int put_notices(struct buf *out, const struct stat_from *s, struct err *e)
{
    struct db_row *r = db_use(s->reader, DB_LIST_NOTICES);
    bool first = true;
    int rc;

    db_int(r, 1, s->now_ns - STAT_ALERT_HOURS * 3600 * TIME_SECOND);
    db_int(r, 2, NOTICES_SHOWN);
    buf_text(out, ",\"notices\":[");
    while ((rc = db_next(s->reader, r, e)) == 1) {
        buf_text(out, first ? "{\"kind\":" : ",{\"kind\":");
        put_json_text(out, db_get_text(r, 0));
        put_text(out, "text", db_get_text(r, 1));
        put_time(out, "time", db_get_int(r, 2));
        buf_byte(out, '}');
        first = false;
    }
    db_end(r);
    buf_byte(out, ']');
    return rc;
}

/* The last verification that the server was asked for and that came to its end. */
static int put_verified(struct buf *out, const struct stat_from *s, struct err *e)
{
    struct db_row *r = db_use(s->reader, DB_VERIFICATION_DONE);
    int rc = db_next(s->reader, r, e);

    buf_text(out, ",\"verified\":");
    if (rc == 1) {
        buf_text(out, "{\"state\":");
        put_json_text(out, db_get_text(r, 0));
        put_time(out, "time", db_get_int(r, 1));
        if (!db_get_null(r, 2))
            put_number(out, "checkpoint", db_get_u64(r, 2));
        put_number(out, "faults", db_get_u64(r, 3));
        buf_byte(out, '}');
    } else {
        buf_text(out, "null");
    }
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

/* What was begun when the database failed is cut off again: the object stays whole. */
static void put_database(struct buf *out, const struct stat_from *s)
{
    static int (*const part[])(struct buf *, const struct stat_from *,
                               struct err *) = { put_desk,   put_sources, put_tracers,
                                                 put_alerts, put_notices, put_verified };
    static const char *const name[] = { "desk",   "sources", "tracers",
                                        "alerts", "notices", "verified" };
    struct err e = { 0 };
    const char *why = s->reader == NULL ? s->why : NULL;

    for (size_t i = 0; i < COUNT_OF(part); i++) {
        size_t at = out->n;

        if (why == NULL && part[i](out, s, &e) == ERR_OK)
            continue;
        if (why == NULL)
            why = e.why;
        out->n = at;
        buf_fmt(out, ",\"%s\":null", name[i]);
    }
    if (why != NULL)
        put_text(out, "database", span_of(why));
}

void stat_json(struct buf *out, const struct stat_from *s)
{
    uint8_t room[TIME_TEXT_MAX];

    buf_text(out, "{\"time\":");
    put_json_text(out, (struct span){ room, time_put(room, s->now_ns) });
    put_text(out, "version", SPAN_LIT(CANH_VERSION));
    put_number(out, "generation", s->m.generation);
    buf_fmt(out, ",\"rules\":{\"generation\":%llu,\"rules\":%u,\"correlations\":%u}",
            (unsigned long long)s->m.generation, s->rule_count, s->correlation_count);
    buf_fmt(out, ",\"escalation\":{\"high_ms\":%llu,\"critical_ms\":%llu}",
            (unsigned long long)s->escalate_high_ms, (unsigned long long)s->escalate_critical_ms);
    put_balance(out, &s->m);
    put_rows(out, s->m.sums);
    put_collectors(out, s);
    put_kernel(out, &s->m);
    put_database(out, s);
    if (s->complete != NULL) {
        buf_text(out, ",\"complete\":");
        whole_json(out, s->complete);
    }
    buf_text(out, ",\"console\":{\"role\":\"console\",\"state\":\"running\"");
    put_time(out, "started", s->m.started_ns);
    put_number(out, "connections", s->m.connections);
    put_number(out, "watchers", s->m.watchers);
    put_number(out, "live", s->m.live);
    put_number(out, "csp_reports", s->m.csp_reports);
    put_number(out, "papers", s->m.papers);
    put_number(out, "papers_failed", s->m.papers_failed);
    put_number(out, "cpu_us", s->m.cpu_us);
    put_number(out, "rss_bytes", s->m.rss_bytes);
    buf_text(out, "}}\n");
}
