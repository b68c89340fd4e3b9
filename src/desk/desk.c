/*
 * desk.c - see desk.h.
 */
#include "desk/desk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "desk/sight.h"
#include "desk/sources.h"
#include "desk/tracers.h"
#include "os/file.h"

#define MS_NS     INT64_C(1000000)
#define LANE_NEED (SOURCES_LANES < LIVE_LANES_MAX ? SOURCES_LANES : LIVE_LANES_MAX)

struct desk_lane {
    const struct ledger *ledger; /* NULL: not yet */
    int dir;
    struct pull *pull; /* NULL: the lane is not (yet) used */
    bool damaged;
};

struct desk {
    struct desk_from from;
    struct db *db;
    struct alerts *alerts;
    struct live *live;
    struct sources *sources;
    struct tracers *tracers;
    struct sight *sight;
    struct desk_lane lanes[LANE_NEED];
    uint32_t next_lane;
    uint64_t begun_ms, sources_ms, checkpoint_ms, counters_ms, retry_ms;
    bool live_runs, troubled, wrote;
    uint64_t retries;
};

/* --- opening --------------------------------------------------------------------------------- */

static int path_of(const struct desk *d, char *room, const char *rest)
{
    int n = snprintf(room, FILE_PATH_BYTES, "%s/%s", d->from.data, rest);

    return n > 0 && (size_t)n < FILE_PATH_BYTES ? ERR_OK : ERR_LIMIT;
}

static int64_t window_of(const struct settings *s)
{
    return (int64_t)s->alert_window * MS_NS;
}

static int open_parts(struct desk *d, struct err *e)
{
    const struct settings *s = d->from.settings;
    struct live_settings live = { .io = d->from.io,
                                  .lateness_ns = (int64_t)s->lateness * MS_NS,
                                  .groups_bytes = s->correlation_bytes };
    char path[FILE_PATH_BYTES];
    int rc;

    if (path_of(d, path, "desk/canh.db") != ERR_OK)
        return err_set(e, ERR_LIMIT, 0, "The path of the data folder is too long.");
    rc = db_open(&d->db, path, e);
    if (rc == ERR_OK)
        rc = alerts_new(&d->alerts, d->db, window_of(s), e);
    if (rc == ERR_OK)
        rc = sources_new(&d->sources, d->db, d->alerts, s, e);
    if (rc == ERR_OK)
        rc = tracers_new(&d->tracers, d->db, d->alerts, s, e);
    if (rc == ERR_OK)
        rc = sight_new(&d->sight, d->db, e);
    live.db = d->db;
    live.alerts = d->alerts;
    return rc == ERR_OK ? live_new(&d->live, &live, d->from.rules, e) : rc;
}

int desk_new(struct desk **out, const struct desk_from *from, struct err *e)
{
    struct desk *d = calloc(1, sizeof(*d));
    int rc;

    *out = d;
    if (d == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the desk.");
    d->from = *from;
    for (uint32_t i = 0; i < LANE_NEED; i++)
        d->lanes[i].dir = -1;
    rc = open_parts(d, e);
    if (rc != ERR_OK)
        desk_free(out);
    return rc;
}

void desk_free(struct desk **pd)
{
    struct desk *d = *pd;

    *pd = NULL;
    if (d == NULL)
        return;
    live_free(&d->live);
    for (uint32_t i = 0; i < LANE_NEED; i++) {
        pull_free(&d->lanes[i].pull);
        if (d->lanes[i].dir >= 0)
            (void)close(d->lanes[i].dir); /* it was only read */
    }
    sight_free(&d->sight);
    tracers_free(&d->tracers);
    sources_free(&d->sources);
    alerts_free(&d->alerts);
    db_close(&d->db);
    free(d);
}

/* --- lanes ----------------------------------------------------------------------------------- */

/* ERR_NOTFOUND when its folder is not there. */
static int lane_open(struct desk *d, uint32_t number, struct err *e)
{
    struct desk_lane *l = &d->lanes[number];
    struct pull_from from = { d->from.io, -1, number, d->db, d->alerts };
    char name[32], path[FILE_PATH_BYTES];
    int rc;

    (void)snprintf(name, sizeof(name), "lanes/%02u", number);
    if (path_of(d, path, name) != ERR_OK)
        return err_set(e, ERR_LIMIT, 0, "The path of the data folder is too long.");
    if (l->dir < 0)
        l->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (l->dir < 0)
        return err_set(e, errno == ENOENT ? ERR_NOTFOUND : ERR_IO, 0, "%s: %s.", path,
                       strerror(errno));
    from.dir = l->dir;
    rc = pull_new(&l->pull, &from, e);
    if (rc == ERR_OK)
        rc = live_lane(d->live, number, l->dir, e);
    if (rc != ERR_OK)
        pull_free(&l->pull);
    else
        live_limit(d->live, number, (struct lane_place){ 0 });
    return rc;
}

int desk_ledger(struct desk *d, const struct ledger *g, uint32_t lane, struct err *e)
{
    if (lane >= LANE_NEED)
        return err_set(e, ERR_LIMIT, 0, "Lane %u is one too many.", lane);
    d->lanes[lane].ledger = g;
    return ERR_OK;
}

static void open_lanes(struct desk *d)
{
    for (uint32_t i = 0; i < LANE_NEED; i++) {
        struct desk_lane *l = &d->lanes[i];
        struct err e;
        int rc;

        if (l->pull != NULL || l->ledger == NULL)
            continue;
        rc = lane_open(d, i, &e);
        if (rc != ERR_OK && rc != ERR_NOTFOUND && !l->damaged) {
            l->damaged = true;
            d->from.notice(d->from.arg, e.why);
        }
    }
}

/* Has every collector said how far its lane goes? */
static bool all_published(const struct desk *d)
{
    for (uint32_t i = 0; i < d->from.collectors && i < LANE_NEED; i++) {
        const struct desk_lane *l = &d->lanes[i];

        if (l->ledger == NULL || l->pull == NULL || !ledger_published(l->ledger))
            return false;
    }
    return true;
}

/* --- trouble --------------------------------------------------------------------------------- */

static void trouble(struct desk *d, const struct err *e, uint64_t ms)
{
    char text[sizeof(e->why) + 64];

    d->retries++;
    d->retry_ms = ms + DESK_RETRY_MS;
    if (d->troubled)
        return;
    d->troubled = true;
    (void)snprintf(text, sizeof(text), "The desk waits, and tries again: %s", e->why);
    d->from.notice(d->from.arg, text);
}

static void trouble_over(struct desk *d)
{
    if (d->troubled)
        d->from.notice(d->from.arg, "The desk goes on.");
    d->troubled = false;
}

/* A lane that cannot be read: an alert about it, or its end. */
static int lane_alert(struct desk *d, uint32_t lane, bool open, struct err *e)
{
    char entity[32];
    int n = snprintf(entity, sizeof(entity), "lane %u", lane);
    const struct alert_system a = { SPAN_LIT("canh.lane"),
                                    SPAN_LIT("A lane is damaged"),
                                    { (const uint8_t *)entity, (size_t)n },
                                    LEVEL_CRITICAL };
    bool changed;
    int rc = db_begin(d->db, e);

    if (rc == ERR_OK)
        rc = open ? alerts_open(d->alerts, &a, &changed, e)
                  : alerts_close(d->alerts, &a, &changed, e);
    if (rc == ERR_OK)
        rc = alerts_flush(d->alerts, e);
    if (rc == ERR_OK)
        rc = db_commit(d->db, e);
    if (rc != ERR_OK) {
        db_rollback(d->db);
        alerts_forget(d->alerts);
    } else {
        d->lanes[lane].damaged = open;
    }
    return rc;
}

struct db *desk_db(struct desk *d)
{
    return d->db;
}

struct alerts *desk_alerts(struct desk *d)
{
    return d->alerts;
}

void desk_alerts_changed(struct desk *d)
{
    alerts_forget(d->alerts);
}

uint32_t desk_needs(const struct desk *d, uint32_t lane)
{
    const struct desk_lane *l = lane < LANE_NEED ? &d->lanes[lane] : NULL;
    uint32_t pull, live;

    if (l == NULL || l->pull == NULL || l->damaged)
        return 0;
    pull = pull_seen(l->pull).segment;
    live = live_needs(d->live, lane);
    return pull < live ? pull : live;
}

/* --- a round --------------------------------------------------------------------------------- */

/* Returns the records read, or a negative code for what is no fault of the lane. */
static int64_t pull_lane(struct desk *d, uint32_t lane, struct err *e)
{
    struct desk_lane *l = &d->lanes[lane];
    struct lane_place end = ledger_place(l->ledger);
    int64_t n;
    int rc;

    live_limit(d->live, lane, end);
    n = pull_turn(l->pull, &end, e);
    if (n == ERR_CORRUPT || n == ERR_UNSUPPORTED) {
        rc = l->damaged ? ERR_OK : lane_alert(d, lane, true, e);
        return rc;
    }
    if (n >= 0 && l->damaged && (rc = lane_alert(d, lane, false, e)) != ERR_OK)
        return rc;
    return n;
}

/* Behind a turn that left something acts have theirs, and then the next lane. */
static int pull_lanes(struct desk *d, bool *more, struct err *e)
{
    uint32_t first = d->next_lane;

    for (uint32_t i = 0; i < LANE_NEED && !*more; i++) {
        uint32_t lane = (first + i) % LANE_NEED;
        struct pull *pull = d->lanes[lane].pull;
        int64_t n = pull != NULL ? pull_lane(d, lane, e) : 0;

        if (n < 0)
            return (int)n;
        *more = n > 0 && pull_more(pull);
        d->wrote |= n > 0;
        d->next_lane = lane + 1;
    }
    return ERR_OK;
}

static int correlate(struct desk *d, int64_t now_ns, uint64_t ms, bool *more, struct err *e)
{
    int64_t n;

    if (!d->live_runs && !all_published(d) && ms - d->begun_ms < DESK_HOLD_MS)
        return ERR_OK;
    d->live_runs = true;
    n = live_turn(d->live, now_ns, DESK_LIVE_RECORDS, e);
    if (n < 0)
        return (int)n;
    *more |= n >= DESK_LIVE_RECORDS;
    d->wrote |= n > 0;
    return live_write(d->live, ms, false, e);
}

static int look_at_sources(struct desk *d, int64_t now_ns, uint64_t ms, struct err *e)
{
    const struct ledger *ledgers[LANE_NEED];
    struct sources_round r = { ledgers, 0, now_ns, ms };
    struct sight_round sight;
    int rc;

    if (d->sources_ms != 0 && ms - d->sources_ms < SOURCES_ROUND_MS)
        return ERR_OK;
    d->sources_ms = ms;
    for (uint32_t i = 0; i < LANE_NEED; i++) {
        if (d->lanes[i].ledger != NULL)
            ledgers[r.count++] = d->lanes[i].ledger;
    }
    rc = sources_round(d->sources, &r, e);
    if (rc == ERR_OK)
        rc = tracers_round(d->tracers, ms, e);
    sight = (struct sight_round){ ledgers, r.count, now_ns, ms };
    return rc == ERR_OK ? sight_round(d->sight, &sight, e) : rc;
}

static int put_counters(struct desk *d, int64_t now_ns, struct err *e)
{
    static const char *const names[] = {
#define X(name, help) #name,
        DESK_COUNTER_TABLE(X)
#undef X
    };
    const struct desk_counts c = desk_counts(d);
    const uint64_t values[] = {
#define X(name, help) c.name,
        DESK_COUNTER_TABLE(X)
#undef X
    };
    int rc = db_begin(d->db, e);

    for (unsigned i = 0; i < COUNT_OF(names) && rc == ERR_OK; i++) {
        struct db_row *r = db_use(d->db, DB_COUNTER_PUT);

        db_text(r, 1, span_of(names[i]));
        db_u64(r, 2, values[i]);
        db_int(r, 3, now_ns);
        rc = db_run(d->db, r, e);
    }
    if (rc == ERR_OK)
        rc = db_commit(d->db, e);
    if (rc != ERR_OK)
        db_rollback(d->db);
    return rc;
}

static int take_care(struct desk *d, int64_t now_ns, uint64_t ms, bool idle, struct err *e)
{
    int rc = look_at_sources(d, now_ns, ms, e);

    /* Always: they also say that the desk is there. */
    if (rc == ERR_OK && ms - d->counters_ms >= DESK_COUNTERS_MS) {
        d->counters_ms = ms;
        d->wrote = true;
        rc = put_counters(d, now_ns, e);
    }
    if (rc == ERR_OK && idle && d->wrote && ms - d->checkpoint_ms >= DESK_CHECKPOINT_MS) {
        d->checkpoint_ms = ms;
        d->wrote = false;
        db_checkpoint(d->db);
    }
    return rc;
}

bool desk_round(struct desk *d, int64_t now_ns, uint64_t ms)
{
    bool more = false;
    struct err e;
    int rc;

    if (d->troubled && ms < d->retry_ms)
        return false;
    if (d->begun_ms == 0)
        d->begun_ms = ms;
    alerts_clock(d->alerts, now_ns);
    open_lanes(d);
    rc = pull_lanes(d, &more, &e);
    if (rc == ERR_OK)
        rc = correlate(d, now_ns, ms, &more, &e);
    if (rc == ERR_OK)
        rc = take_care(d, now_ns, ms, !more, &e);
    if (rc != ERR_OK) {
        trouble(d, &e, ms);
        return false;
    }
    trouble_over(d);
    return more;
}

int desk_save(struct desk *d, int64_t now_ns, uint64_t ms, struct err *e)
{
    int rc;

    alerts_clock(d->alerts, now_ns);
    rc = live_write(d->live, ms, true, e);
    return rc == ERR_OK ? put_counters(d, now_ns, e) : rc;
}

/* --- reload ---------------------------------------------------------------------------------- */

int desk_sight(struct desk *d, const struct unseen_from *from, uint64_t generation, struct err *e)
{
    return sight_rules(d->sight, from, generation, e);
}

int desk_unload(struct desk *d, struct err *e)
{
    return live_unload(d->live, e);
}

int desk_load(struct desk *d, const struct live_rules *rules, struct err *e)
{
    return live_load(d->live, rules, e);
}

void desk_settings(struct desk *d, const struct settings *settings)
{
    alerts_window(d->alerts, window_of(settings));
    live_lateness(d->live, (int64_t)settings->lateness * MS_NS);
}

static uint64_t events_behind(const struct desk_lane *l)
{
    uint64_t end = l->ledger != NULL ? ledger_place(l->ledger).sequence : 0;
    uint64_t at = pull_seen(l->pull).sequence;

    return end > at ? end - at : 0;
}

struct desk_counts desk_counts(const struct desk *d)
{
    struct live_counts l = live_counts(d->live);
    struct desk_counts c = { .inputs = l.inputs,
                             .inputs_late = l.late,
                             .inputs_odd = l.odd,
                             .inputs_plan_changed = l.plan_changed,
                             .inputs_forced = l.forced,
                             .groups_forgotten = l.forgotten,
                             .blind_rules = sight_blind(d->sight),
                             .results = l.results,
                             .results_dropped = l.dropped,
                             .results_withdrawn = l.withdrawn,
                             .correlators_restarted = l.restarts,
                             .inputs_waiting_bytes = l.waiting,
                             .retries = d->retries };

    for (uint32_t i = 0; i < LANE_NEED; i++) {
        struct pull_counts p;

        if (d->lanes[i].pull == NULL)
            continue;
        p = pull_counts(d->lanes[i].pull);
        c.findings += p.findings;
        c.findings_repeated += p.repeated;
        c.findings_odd += p.odd;
        c.torn_bytes += p.torn;
        c.behind_events += events_behind(&d->lanes[i]);
    }
    return c;
}
