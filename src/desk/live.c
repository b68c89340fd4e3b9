/*
 * live.c - see live.h.
 *
 * saved:  u32 version; u8 has source clock; i64 source clock, at, reading clock;
 *         u64 bytes and state of the early stage, the same of the final one
 */
#include "desk/live.h"

#include <stdlib.h>

#include "desk/results.h"
#include "desk/stage.h"
#include "sigma/match.h"
#include "store/lane_read.h"

#define PURPOSE       SPAN_LIT("live")
#define STATE_VERSION 1u
#define STATE_MAX     ((size_t)512 << 20)
#define RECORD_HEAD   16u /* plan hash, event */
#define RESULTS_FULL  (RESULTS_BYTES_MAX / 2)
#define SAVE_RATE     4096u /* bytes of state that are saved for each ms between */
#define KEEP_NS       INT64_C(86400000000000)

enum { EARLY, FINAL, STAGES };

struct live_lane {
    uint32_t number;
    struct lane_reader *reader;
    struct lane_frame frame;
    bool has_frame; /* read, its records not yet */
    struct lane_place done;
    uint32_t saved; /* segment of the place that the saved state goes with */
};

struct found_by {
    struct live *live;
    bool final;
};

struct live {
    struct live_settings is;
    struct live_rules rules;
    struct stage *stage[STAGES];
    struct found_by found_by[STAGES];
    struct results *results;
    struct live_lane lanes[LIVE_LANES_MAX];
    uint32_t lane_count;
    bool has_seen;
    int64_t seen, seen_at; /* source clock: `seen` at the reading clock's `seen_at` */
    int64_t clock;         /* reading clock */
    struct buf record, state;
    uint64_t *late; /* of each rule, since the last write */
    bool any_late;
    int64_t span_max;
    struct live_counts counts;
    struct stage_counts gone[STAGES]; /* of stages that were replaced */
    uint64_t unloaded_plan;
    size_t unloaded_results;
    uint64_t saved_ms;
    bool changed, has_saved;
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory for correlations.");
}

/* --- rules ----------------------------------------------------------------------------------- */

static const struct sigma_head *compiled_rule(const void *arg, uint32_t i)
{
    return &ruleset_rule(arg, i)->head;
}

static const struct sigma_correlation *compiled_correlation(const void *arg, uint32_t i)
{
    return ruleset_correlation(arg, i);
}

struct live_rules live_rules_of(const struct ruleset *rs, const struct correlate_plan *plan)
{
    return (
        struct live_rules){ plan,          ruleset_rule_count(rs), ruleset_correlation_count(rs),
                            compiled_rule, compiled_correlation,   rs };
}

static struct span title_of(void *arg, uint32_t rule)
{
    const struct live *l = arg;

    return rule < l->rules.rule_count ? l->rules.rule(l->rules.arg, rule)->title : SPAN_NONE;
}

static void on_result(void *arg, const struct correlate_result *r)
{
    struct found_by *by = arg;
    struct live *l = by->live;
    const struct result_of of = { l->rules.correlation(l->rules.arg, r->correlation),
                                  correlate_plan_hash(l->rules.plan), by->final, title_of, l };

    l->counts.results++;
    results_put(l->results, &of, r);
}

static int take_rules(struct live *l, const struct live_rules *rules, struct err *e)
{
    uint64_t *late = calloc((size_t)rules->rule_count + 1, sizeof(*late));

    l->rules = *rules;
    l->span_max = 0;
    for (uint32_t i = 0; i < rules->correlation_count; i++) {
        int64_t span = rules->correlation(rules->arg, i)->timespan_ns;

        l->span_max = span > l->span_max ? span : l->span_max;
    }
    free(l->late);
    l->late = late;
    l->any_late = false;
    return late == NULL ? no_memory(e) : ERR_OK;
}

/* --- stages ---------------------------------------------------------------------------------- */

static int64_t delay_of(const struct live *l, int stage)
{
    return stage == FINAL || l->is.lateness_ns < LIVE_EARLY_NS ? l->is.lateness_ns : LIVE_EARLY_NS;
}

static void add_counts(struct stage_counts *to, struct stage_counts c)
{
    to->fed += c.fed;
    to->repeated += c.repeated;
    to->odd += c.odd;
    to->forced += c.forced;
    to->restarts += c.restarts;
}

static int new_stages(struct live *l, struct err *e)
{
    int rc = ERR_OK;

    for (int i = 0; i < STAGES && rc == ERR_OK; i++) {
        struct stage_settings s = { .plan = l->rules.plan, .fn = on_result };

        if (l->stage[i] != NULL)
            add_counts(&l->gone[i], stage_counts(l->stage[i]));
        stage_free(&l->stage[i]);
        l->found_by[i] = (struct found_by){ l, i == FINAL };
        s.arg = &l->found_by[i];
        s.groups_max = l->is.groups_bytes;
        s.buffer_max = i == FINAL ? l->is.buffer_bytes : LIVE_EARLY_BYTES;
        rc = stage_new(&l->stage[i], &s, e);
    }
    return rc;
}

/* --- clocks ---------------------------------------------------------------------------------- */

static int64_t source_clock(const struct live *l, int64_t at)
{
    return at > l->seen_at ? l->seen + (at - l->seen_at) : l->seen;
}

/* A record of this source time came with this receipt. */
static void see(struct live *l, int64_t time, int64_t receipt)
{
    if (time > receipt)
        time = receipt;
    if (l->has_seen && time <= source_clock(l, receipt))
        return;
    l->has_seen = true;
    l->seen = time;
    l->seen_at = receipt;
}

/* Up to where every lane was read. */
static int64_t reading_clock(const struct live *l, int64_t now_ns)
{
    int64_t clock = now_ns;

    for (uint32_t i = 0; i < l->lane_count; i++) {
        if (l->lanes[i].has_frame && l->lanes[i].frame.receipt_ns < clock)
            clock = l->lanes[i].frame.receipt_ns;
    }
    return clock;
}

static int move_watermarks(struct live *l, int64_t now_ns, struct err *e)
{
    int64_t clock = reading_clock(l, now_ns);
    int rc = ERR_OK;

    if (clock > l->clock)
        l->clock = clock;
    for (int i = 0; l->has_seen && i < STAGES && rc == ERR_OK; i++)
        rc = stage_advance(l->stage[i], source_clock(l, l->clock) - delay_of(l, i), e);
    return rc;
}

/* Was the wall clock put back? Then the watermarks lie in its future. */
static int clock_check(struct live *l, int64_t now_ns, struct err *e)
{
    if (now_ns > INT64_MAX - LIVE_BACK_NS || now_ns + LIVE_BACK_NS >= l->clock)
        return ERR_OK;
    l->counts.restarts++;
    l->has_seen = false;
    l->clock = 0;
    return new_stages(l, e);
}

/* --- reading --------------------------------------------------------------------------------- */

/* The rule of a record: the end of its key. */
static uint32_t rule_of(struct span record)
{
    const uint8_t *p = correlate_key(record) + CORRELATE_KEY_BYTES - 4;

    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int feed(struct live *l, struct span record, int64_t receipt, struct err *e)
{
    int rc;

    see(l, correlate_time(record), receipt);
    rc = stage_put(l->stage[EARLY], record, e); /* what is late for it is not for the other */
    if (rc >= 0)
        rc = stage_put(l->stage[FINAL], record, e);
    if (rc < 0)
        return rc;
    l->counts.inputs++;
    l->changed = true;
    if (rc == 0) {
        l->counts.late++;
        l->late[rule_of(record)]++;
        l->any_late = true;
    }
    return ERR_OK;
}

/* One record of a lane: whose plan, which event, and what correlate_put() wrote. */
static int take(struct live *l, const struct live_lane *from, struct span r, int64_t now_ns,
                struct err *e)
{
    struct span record;
    uint64_t plan, sequence, order;
    int64_t time;

    if (r.n < RECORD_HEAD) {
        l->counts.odd++;
        return ERR_OK;
    }
    memcpy(&plan, r.p, sizeof(plan));
    memcpy(&sequence, r.p + 8, sizeof(sequence));
    if (plan != correlate_plan_hash(l->rules.plan)) {
        l->counts.plan_changed++;
        return ERR_OK;
    }
    buf_clear(&l->record);
    buf_add(&l->record, span_from(r, RECORD_HEAD));
    if (buf_failed(&l->record))
        return no_memory(e);
    order = (uint64_t)from->number << 56 | (sequence & UINT64_MAX >> 8);
    r = buf_span(&l->record);
    if (!correlate_next(&r, &record) || r.n > 0 || rule_of(record) >= l->rules.rule_count) {
        l->counts.odd++;
        return ERR_OK;
    }
    correlate_set(l->record.p, order, order);
    time = correlate_time(record);
    if (time < 0 || time - LIVE_AHEAD_NS > now_ns) {
        l->counts.odd++;
        return ERR_OK;
    }
    return feed(l, record, from->frame.receipt_ns, e);
}

/* Every lane has a frame, or none for now. A damaged lane has none: who pulls findings tells of it,
 * and the other lanes go on. */
static int fill(struct live *l, struct err *e)
{
    for (uint32_t i = 0; i < l->lane_count; i++) {
        struct live_lane *lane = &l->lanes[i];
        int rc;

        if (lane->has_frame)
            continue;
        lane->done = lane_reader_place(lane->reader);
        rc = lane_reader_next(lane->reader, &lane->frame, e);
        if (rc < 0 && rc != ERR_CORRUPT && rc != ERR_UNSUPPORTED)
            return rc;
        lane->has_frame = rc == 1;
        if (rc != 1)
            lane->done = lane_reader_place(lane->reader);
    }
    return ERR_OK;
}

static struct live_lane *oldest(struct live *l)
{
    struct live_lane *first = NULL;

    for (uint32_t i = 0; i < l->lane_count; i++) {
        struct live_lane *lane = &l->lanes[i];

        if (lane->has_frame && (first == NULL || lane->frame.receipt_ns < first->frame.receipt_ns))
            first = lane;
    }
    return first;
}

static int64_t take_frame(struct live *l, struct live_lane *lane, int64_t now_ns, struct err *e)
{
    struct span record;
    int64_t count = 0;
    int rc = ERR_OK;

    for (; rc == ERR_OK && lane_next_record(&lane->frame, &record); count++)
        rc = take(l, lane, record, now_ns, e);
    if (rc == ERR_OK && lane->frame.body.n > 0)
        l->counts.odd++;
    if (rc != ERR_OK)
        return rc;
    lane->has_frame = false;
    lane->done = lane_reader_place(lane->reader);
    l->changed = true;
    return count;
}

/* The watermarks are moved only when it is known of every lane whether there is more. */
int64_t live_turn(struct live *l, int64_t now_ns, uint32_t records, struct err *e)
{
    struct live_lane *lane;
    int64_t count = 0, n;
    int rc = clock_check(l, now_ns, e);

    if (rc == ERR_OK)
        rc = fill(l, e);
    while (rc == ERR_OK && count < records && results_waiting(l->results) < RESULTS_FULL &&
           (lane = oldest(l)) != NULL) {
        n = take_frame(l, lane, now_ns, e);
        if (n < 0)
            return n;
        count += n;
        rc = fill(l, e);
        if (rc == ERR_OK)
            rc = move_watermarks(l, now_ns, e);
    }
    if (rc == ERR_OK && results_waiting(l->results) < RESULTS_FULL)
        rc = move_watermarks(l, now_ns, e);
    return rc == ERR_OK ? count : rc;
}

/* --- the database ---------------------------------------------------------------------------- */

static int write_late(struct live *l, struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t i = 0; l->any_late && i < l->rules.rule_count && rc == ERR_OK; i++) {
        const struct sigma_head *h = l->rules.rule(l->rules.arg, i);
        struct db_row *r;

        if (l->late[i] == 0)
            continue;
        r = db_use(l->is.db, DB_LATE_PUT);
        db_text(r, 1, h->id.n > 0 ? h->id : h->title);
        db_text(r, 2, h->title);
        db_u64(r, 3, l->late[i]);
        db_int(r, 4, l->clock);
        rc = db_run(l->is.db, r, e);
    }
    return rc;
}

static void put_stage(const struct stage *s, struct buf *out)
{
    size_t begin = out->n;
    uint64_t bytes = 0;

    buf_add(out, (struct span){ (const uint8_t *)&bytes, sizeof(bytes) });
    stage_save(s, out);
    if (out->failed)
        return;
    bytes = out->n - begin - sizeof(bytes);
    memcpy(out->p + begin, &bytes, sizeof(bytes));
}

struct state_head {
    uint32_t version, has_seen;
    int64_t seen, seen_at, clock;
};

static void put_state(struct live *l)
{
    const struct state_head h = { STATE_VERSION, l->has_seen, l->seen, l->seen_at, l->clock };

    buf_clear(&l->state);
    buf_add(&l->state, (struct span){ (const uint8_t *)&h, sizeof(h) });
    for (int i = 0; i < STAGES; i++)
        put_stage(l->stage[i], &l->state);
}

static int write_places(struct live *l, struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t i = 0; i < l->lane_count && rc == ERR_OK; i++) {
        struct db_row *r = db_use(l->is.db, DB_PLACE_PUT);

        db_int(r, 1, l->lanes[i].number);
        db_text(r, 2, PURPOSE);
        db_int(r, 3, l->lanes[i].done.segment);
        db_u64(r, 4, l->lanes[i].done.bytes);
        db_u64(r, 5, l->lanes[i].done.sequence);
        rc = db_run(l->is.db, r, e);
    }
    return rc;
}

/* Results below what both stages have passed by two timespans cannot come again. */
static int prune(struct live *l, struct err *e)
{
    int64_t time = stage_time(l->stage[FINAL]), keep;

    if (time < 0)
        return ERR_OK;
    keep = l->span_max > KEEP_NS ? l->span_max : KEEP_NS;
    return results_prune(l->results, time / 2 > keep ? time - 2 * keep : 0, e);
}

static int write_state(struct live *l, struct err *e)
{
    struct db_row *r;
    int rc;

    put_state(l);
    if (buf_failed(&l->state))
        return no_memory(e);
    r = db_use(l->is.db, DB_LIVE_PUT);
    db_u64(r, 1, correlate_plan_hash(l->rules.plan));
    db_int(r, 2, l->clock);
    db_blob(r, 3, buf_span(&l->state));
    rc = db_run(l->is.db, r, e);
    if (rc == ERR_OK)
        rc = write_places(l, e);
    return rc == ERR_OK ? prune(l, e) : rc;
}

/* A state that was large is saved less often. */
static bool is_due(const struct live *l, uint64_t ms)
{
    return l->changed &&
           (!l->has_saved || ms - l->saved_ms >= LIVE_SAVE_MS + l->state.n / SAVE_RATE);
}

static int withdraw(struct live *l, uint32_t *count, struct err *e)
{
    int64_t time = stage_time(l->stage[FINAL]);

    *count = 0;
    if (time == INT64_MIN)
        return ERR_OK;
    return results_withdraw(l->results, correlate_plan_hash(l->rules.plan), time, count, e);
}

static int write_all(struct live *l, bool save, uint32_t *withdrawn, struct err *e)
{
    int rc = results_write(l->results, e);

    if (rc == ERR_OK)
        rc = withdraw(l, withdrawn, e);
    if (rc == ERR_OK)
        rc = write_late(l, e);
    if (rc == ERR_OK && save)
        rc = write_state(l, e);
    if (rc == ERR_OK)
        rc = alerts_flush(l->is.alerts, e);
    return rc == ERR_OK ? db_commit(l->is.db, e) : rc;
}

/* Is there a provisional result whose time is over? */
static int any_due(struct live *l, struct err *e)
{
    struct db_row *r = db_use(l->is.db, DB_RESULT_DUE);
    int rc;

    db_u64(r, 1, correlate_plan_hash(l->rules.plan));
    db_int(r, 2, stage_time(l->stage[FINAL]));
    rc = db_next(l->is.db, r, e);
    db_end(r);
    return rc;
}

int live_write(struct live *l, uint64_t ms, bool save, struct err *e)
{
    bool wanted = results_waiting(l->results) > 0 || l->any_late;
    uint32_t withdrawn = 0;
    int rc = ERR_OK;

    save |= is_due(l, ms);
    if (!wanted && !save && (rc = any_due(l, e)) <= 0)
        return rc;
    rc = db_begin(l->is.db, e);
    if (rc == ERR_OK)
        rc = write_all(l, save, &withdrawn, e);
    if (rc != ERR_OK) {
        db_rollback(l->is.db);
        alerts_forget(l->is.alerts);
        return rc;
    }
    results_written(l->results);
    l->counts.withdrawn += withdrawn;
    if (l->any_late)
        memset(l->late, 0, l->rules.rule_count * sizeof(*l->late));
    l->any_late = false;
    if (save) {
        l->saved_ms = ms;
        l->has_saved = true;
        l->changed = false;
        for (uint32_t i = 0; i < l->lane_count; i++)
            l->lanes[i].saved = l->lanes[i].done.segment;
    }
    return ERR_OK;
}

/* --- loading --------------------------------------------------------------------------------- */

static int load_stages(struct live *l, struct span rest, struct err *e)
{
    int rc = ERR_OK;

    for (int i = 0; i < STAGES && rc == ERR_OK; i++) {
        uint64_t bytes = 0;

        if (rest.n < sizeof(bytes))
            return ERR_CORRUPT;
        memcpy(&bytes, rest.p, sizeof(bytes));
        rest = span_from(rest, sizeof(bytes));
        if (bytes > rest.n)
            return ERR_CORRUPT;
        rc = stage_load(l->stage[i], (struct span){ rest.p, bytes }, e);
        rest = span_from(rest, bytes);
    }
    return rc;
}

/* What does not fit these rules, or is damaged, is left: both stages then begin anew. */
static int load_state(struct live *l, struct span saved, struct err *e)
{
    struct state_head h;
    int rc;

    if (saved.n < sizeof(h))
        return new_stages(l, e);
    memcpy(&h, saved.p, sizeof(h));
    if (h.version != STATE_VERSION)
        return new_stages(l, e);
    rc = load_stages(l, span_from(saved, sizeof(h)), e);
    if (rc == ERR_CORRUPT) {
        l->counts.restarts++;
        return new_stages(l, e);
    }
    l->has_seen = h.has_seen != 0;
    l->seen = h.seen;
    l->seen_at = h.seen_at;
    l->clock = h.clock;
    return rc;
}

static int load(struct live *l, struct err *e)
{
    struct db_row *r = db_use(l->is.db, DB_LIVE_GET);
    int rc = db_next(l->is.db, r, e);

    if (rc == 1 && db_get_u64(r, 0) == correlate_plan_hash(l->rules.plan))
        rc = load_state(l, db_get_blob(r, 1), e);
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

int live_new(struct live **out, const struct live_settings *s, const struct live_rules *rules,
             struct err *e)
{
    struct live *l = calloc(1, sizeof(*l));
    int rc;

    *out = l;
    if (l == NULL)
        return no_memory(e);
    l->is = *s;
    l->is.buffer_bytes = s->buffer_bytes == 0 ? LIVE_BUFFER_BYTES : s->buffer_bytes;
    buf_init(&l->record, LANE_BODY_MAX);
    buf_init(&l->state, STATE_MAX);
    rc = results_new(&l->results, s->db, s->alerts, e);
    if (rc == ERR_OK)
        rc = take_rules(l, rules, e);
    if (rc == ERR_OK)
        rc = new_stages(l, e);
    if (rc == ERR_OK)
        rc = load(l, e);
    if (rc != ERR_OK)
        live_free(out);
    return rc;
}

void live_free(struct live **pl)
{
    struct live *l = *pl;

    *pl = NULL;
    if (l == NULL)
        return;
    for (uint32_t i = 0; i < l->lane_count; i++)
        lane_reader_free(&l->lanes[i].reader);
    for (int i = 0; i < STAGES; i++)
        stage_free(&l->stage[i]);
    results_free(&l->results);
    buf_release(&l->record);
    buf_release(&l->state);
    free(l->late);
    free(l);
}

static int load_place(struct live *l, struct live_lane *lane, struct err *e)
{
    struct db_row *r = db_use(l->is.db, DB_PLACE_GET);
    int rc;

    db_int(r, 1, lane->number);
    db_text(r, 2, PURPOSE);
    rc = db_next(l->is.db, r, e);
    if (rc == 1)
        lane->done =
            (struct lane_place){ (uint32_t)db_get_int(r, 0), db_get_u64(r, 1), db_get_u64(r, 2) };
    lane->saved = lane->done.segment;
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

int live_lane(struct live *l, uint32_t number, int dir, struct err *e)
{
    struct live_lane *lane = &l->lanes[l->lane_count];
    int rc;

    if (l->lane_count == LIVE_LANES_MAX || number > 255)
        return err_set(e, ERR_LIMIT, 0, "There are too many lanes.");
    *lane = (struct live_lane){ .number = number };
    rc = load_place(l, lane, e);
    if (rc == ERR_OK)
        rc = lane_reader_new(&lane->reader, l->is.io, dir, 1u << LANE_INPUTS, e);
    if (rc == ERR_OK)
        rc = lane_reader_seek(lane->reader, lane->done, e);
    if (rc != ERR_OK && rc != ERR_NOTFOUND) { /* that segment is gone: on with the next */
        lane_reader_free(&lane->reader);
        return rc;
    }
    l->lane_count++;
    return ERR_OK;
}

uint32_t live_needs(const struct live *l, uint32_t number)
{
    for (uint32_t i = 0; i < l->lane_count; i++) {
        if (l->lanes[i].number == number) /* what changed nothing need not be read again */
            return l->changed ? l->lanes[i].saved : l->lanes[i].done.segment;
    }
    return 0;
}

void live_limit(struct live *l, uint32_t number, struct lane_place end)
{
    for (uint32_t i = 0; i < l->lane_count; i++) {
        if (l->lanes[i].number == number)
            lane_reader_limit(l->lanes[i].reader, end);
    }
}

/* --- reload ---------------------------------------------------------------------------------- */

int live_unload(struct live *l, struct err *e)
{
    int rc = ERR_OK;

    if (l->any_late)
        (void)live_write(l, l->saved_ms, false, NULL); /* they are in the total, at the least */
    l->unloaded_plan = correlate_plan_hash(l->rules.plan);
    put_state(l);
    l->unloaded_results = results_waiting(l->results);
    for (int i = 0; i < STAGES && rc == ERR_OK; i++)
        rc = stage_drain(l->stage[i], e);
    for (int i = 0; i < STAGES; i++) {
        add_counts(&l->gone[i], stage_counts(l->stage[i]));
        stage_free(&l->stage[i]);
    }
    return rc;
}

int live_load(struct live *l, const struct live_rules *rules, struct err *e)
{
    int rc = take_rules(l, rules, e);

    if (rc == ERR_OK)
        rc = new_stages(l, e);
    l->changed = true;
    if (rc != ERR_OK || correlate_plan_hash(rules->plan) != l->unloaded_plan)
        return rc;
    results_rewind(l->results, l->unloaded_results);
    if (!buf_failed(&l->state))
        return load_state(l, buf_span(&l->state), e);
    l->counts.restarts++;
    return ERR_OK;
}

void live_lateness(struct live *l, int64_t lateness_ns)
{
    l->is.lateness_ns = lateness_ns;
}

struct live_counts live_counts(const struct live *l)
{
    struct live_counts c = l->counts;

    for (int i = 0; i < STAGES; i++) {
        struct stage_counts s = stage_counts(l->stage[i]);

        c.restarts += s.restarts + l->gone[i].restarts;
        c.forced += s.forced + l->gone[i].forced;
        c.waiting += stage_waiting(l->stage[i]);
        for (uint32_t k = 0; k < l->rules.correlation_count; k++)
            c.forgotten += stage_correlation(l->stage[i], k).groups_evicted;
    }
    c.odd += stage_counts(l->stage[FINAL]).odd + l->gone[FINAL].odd;
    c.dropped = results_dropped(l->results);
    c.watermark_ns = stage_time(l->stage[FINAL]);
    return c;
}
