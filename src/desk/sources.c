/*
 * sources.c - see sources.h. Each round computes what should be, then writes what is new in one
 * transaction, and takes it for told when that was committed.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "desk/sources.h"

#include <stdio.h>
#include <stdlib.h>

#define INDEX_SLOTS (SOURCES_MAX * 2)
#define NONE        UINT32_MAX
#define READINGS    8u /* of a ledger, until one of them leaves room for a balance */
#define DROPS_EVERY 300000u
#define TEXT_BYTES  256u
#define ROUND_BOUND (INT64_C(2) * SOURCES_ROUND_MS)
#define MS_NS       INT64_C(1000000)

/* What it said this round, and what was told about it last. */
struct known {
    char name[LEDGER_NAME_MAX];
    enum input input;
    enum source_state state, next;
    int64_t since_ns, next_since_ns;
    uint64_t interval_ms, next_interval_ms, last_ms, next_last_ms; /* last: wall clock */
    int64_t heard_ms; /* monotonic; may lie before this machine's start */
    bool has_heard, configured, stored;
};

/* Alarms of one collector. */
#define WATCH_TABLE(X)                                                                             \
    X(BALANCE, "canh.ledger", "The counts of a collector do not add up", LEVEL_HIGH, 30000)        \
    X(MATCHED, "canh.unmatched", "Events are stored and not matched", LEVEL_HIGH, 30000)           \
    X(DISK, "canh.disk-full", "The disk is full: nothing is stored", LEVEL_CRITICAL, 0)

enum watch {
#define X(id, rule, title, level, after) WATCH_##id,
    WATCH_TABLE(X)
#undef X
        WATCHES
};

static const struct watch_row {
    const char *rule, *title;
    enum sigma_level level;
    uint32_t after_ms;
} watches[] = {
#define X(id, rule, title, level, after) { rule, title, level, after },
    WATCH_TABLE(X)
#undef X
};

struct lane_watch {
    bool bad[WATCHES];
    uint64_t bad_since[WATCHES];
    enum { UNTOLD, TOLD_GOOD, TOLD_BAD } told[WATCHES];
    uint64_t drops, drops_told, drops_ms; /* of the kernel */
    bool has_drops, tell_drops;
};

struct sources {
    struct db *db;
    struct alerts *alerts;
    const struct settings *settings;
    struct known *known;
    uint32_t *index;
    uint32_t count;
    bool too_many, told_too_many;
    struct lane_watch lanes[SOURCES_LANES];
};

const char *source_state_name(enum source_state s)
{
    static const char *const names[] = {
#define X(id, name) name,
        SOURCE_STATE_TABLE(X)
#undef X
    };

    MUST(s < SOURCE_STATES);
    return names[s];
}

/* --- who is known ---------------------------------------------------------------------------- */

/* The source of this name, or a new one; NULL when there is no room for more. */
static struct known *get(struct sources *s, struct span name)
{
    uint32_t i;

    name.n = name.n < LEDGER_NAME_MAX ? name.n : LEDGER_NAME_MAX - 1;
    i = (uint32_t)(XXH3_64bits(name.p, name.n) % INDEX_SLOTS);
    for (; s->index[i] != NONE; i = (i + 1) % INDEX_SLOTS) {
        if (span_eq(span_of(s->known[s->index[i]].name), name))
            return &s->known[s->index[i]];
    }
    if (s->count == SOURCES_MAX) {
        s->too_many = true;
        return NULL;
    }
    s->index[i] = s->count;
    memset(&s->known[s->count], 0, sizeof(*s->known));
    memcpy(s->known[s->count].name, name.p, name.n);
    return &s->known[s->count++];
}

static enum source_state state_of(struct span name)
{
    for (unsigned i = 0; i < SOURCE_STATES; i++) {
        if (span_eq(name, span_of(source_state_name((enum source_state)i))))
            return (enum source_state)i;
    }
    return SOURCE_NEVER;
}

static enum input input_of(struct span name)
{
    for (unsigned i = 0; i < INPUTS; i++) {
        if (span_eq(name, span_of(input_name((enum input)i))))
            return (enum input)i;
    }
    return (enum input)0;
}

static int load(struct sources *s, struct err *e)
{
    struct db_row *r = db_use(s->db, DB_SOURCE_ALL);
    int rc;

    while ((rc = db_next(s->db, r, e)) == 1) {
        struct known *k = get(s, db_get_text(r, 0));

        if (k == NULL)
            break;
        k->input = input_of(db_get_text(r, 1));
        k->state = state_of(db_get_text(r, 2));
        k->since_ns = db_get_int(r, 3);
        k->interval_ms = db_get_u64(r, 4);
        k->last_ms = db_get_u64(r, 5);
        k->stored = true;
    }
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

int sources_new(struct sources **out, struct db *db, struct alerts *alerts,
                const struct settings *settings, struct err *e)
{
    struct sources *s = calloc(1, sizeof(*s));
    int rc = ERR_OK;

    *out = s;
    if (s != NULL) {
        s->known = calloc(SOURCES_MAX, sizeof(*s->known));
        s->index = malloc(INDEX_SLOTS * sizeof(*s->index));
    }
    if (s == NULL || s->known == NULL || s->index == NULL) {
        sources_free(out);
        return err_set(e, ERR_NOMEM, 0, "There is no memory for sources.");
    }
    memset(s->index, 0xff, INDEX_SLOTS * sizeof(*s->index));
    s->db = db;
    s->alerts = alerts;
    s->settings = settings;
    rc = load(s, e);
    if (rc != ERR_OK)
        sources_free(out);
    return rc;
}

void sources_free(struct sources **s)
{
    if (*s == NULL)
        return;
    free((*s)->index);
    free((*s)->known);
    free(*s);
    *s = NULL;
}

/* --- what the ledgers say -------------------------------------------------------------------- */

static void hear(struct sources *s, const struct ledger *g)
{
    for (uint32_t i = 0; i < LEDGER_ROWS - INPUTS; i++) { /* the last ones are many sources each */
        struct ledger_copy c;
        struct known *k;

        if (!ledger_copy(g, i, &c) ||
            (c.count[LEDGER_tracers] > 0 && c.count[LEDGER_received] == 0) || /* only our own */
            (k = get(s, span_of(c.name))) == NULL)
            continue;
        if (c.count[LEDGER_last_ms] > k->next_last_ms) {
            k->next_last_ms = c.count[LEDGER_last_ms];
            k->input = c.input;
        }
    }
}

static void expect(struct sources *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        s->known[i].next_last_ms = s->known[i].last_ms;
        s->known[i].next_interval_ms = s->settings->silence;
        s->known[i].configured = false;
    }
    for (uint32_t i = 0; i < s->settings->source_count; i++) {
        const struct source_settings *row = &s->settings->sources[i];
        struct known *k = row->disabled ? NULL : get(s, span_of(row->name));

        if (k == NULL)
            continue;
        k->configured = true;
        k->next_last_ms = k->last_ms;
        k->next_interval_ms = row->interval > 0 ? row->interval : s->settings->silence;
    }
}

static enum source_state judge(struct known *k, int64_t now_ns, uint64_t ms)
{
    uint64_t interval = k->next_interval_ms;
    int64_t ago = now_ns / MS_NS - (int64_t)k->next_last_ms, idle;

    if (k->next_last_ms == 0)
        return SOURCE_NEVER;
    if (!k->has_heard || k->next_last_ms != k->last_ms) {
        /* What is heard again was heard since the last round, whatever the wall clock says. */
        if (ago < 0)
            ago = 0;
        if (k->has_heard && ago > ROUND_BOUND)
            ago = ROUND_BOUND;
        k->heard_ms = (int64_t)ms - ago;
        k->has_heard = true;
    }
    idle = (int64_t)ms - k->heard_ms;
    if (interval == 0 || idle <= (int64_t)interval)
        return SOURCE_ACTIVE;
    return idle <= (int64_t)interval + SOURCES_GRACE_MS ? SOURCE_LATE : SOURCE_SILENT;
}

static void judge_all(struct sources *s, int64_t now_ns, uint64_t ms)
{
    for (uint32_t i = 0; i < s->count; i++) {
        struct known *k = &s->known[i];

        k->next = judge(k, now_ns, ms);
        k->next_since_ns = k->stored && k->next == k->state ? k->since_ns : now_ns;
    }
}

/* --- do the counts add up? ------------------------------------------------------------------- */

struct totals {
    uint64_t received, closed, stored, matched;
};

static struct totals read_totals(const struct ledger *g)
{
    struct totals t = { 0 };

    for (uint32_t i = 0; i < LEDGER_ROWS; i++) {
        struct ledger_copy c;

        if (!ledger_copy(g, i, &c))
            continue;
        t.received += c.count[LEDGER_received];
        t.stored += c.count[LEDGER_stored];
        t.matched += c.count[LEDGER_matched];
#define X(counter) t.closed += c.count[LEDGER_##counter];
        LEDGER_CLOSING(X)
#undef X
    }
    return t;
}

static uint64_t board(const struct ledger *g, enum board_counter c)
{
    return atomic_load_explicit(&g->board[c], memory_order_acquire);
}

/* Do two readings leave no room for a balance, or for all being matched? */
static void read_twice(const struct ledger *g, bool *unbalanced, bool *unmatched)
{
    struct totals a = read_totals(g), b;
    uint64_t in_flight = board(g, BOARD_in_flight);

    b = read_totals(g);
    *unbalanced = (int64_t)(a.received - b.closed - in_flight) > 0 ||
                  (int64_t)(b.received - a.closed - in_flight) < 0;
    *unmatched = (int64_t)(a.stored - b.matched) > 0;
}

static void watch_lane(struct lane_watch *l, const struct ledger *g, uint64_t ms)
{
    bool bad[WATCHES] = { [WATCH_BALANCE] = true, [WATCH_MATCHED] = true };

    for (unsigned i = 0; i < READINGS && (bad[WATCH_BALANCE] || bad[WATCH_MATCHED]); i++) {
        bool unbalanced, unmatched;

        read_twice(g, &unbalanced, &unmatched);
        bad[WATCH_BALANCE] &= unbalanced;
        bad[WATCH_MATCHED] &= unmatched;
    }
    bad[WATCH_DISK] = board(g, BOARD_disk_full) != 0;
    for (unsigned i = 0; i < WATCHES; i++) {
        if (bad[i] && !l->bad[i])
            l->bad_since[i] = ms;
        l->bad[i] = bad[i];
    }
    l->drops = board(g, BOARD_kernel_drops);
    if (!l->has_drops || l->drops < l->drops_told)
        l->drops_told = l->drops; /* what was before us, or a new ledger */
    l->tell_drops =
        l->drops > l->drops_told && (l->drops_ms == 0 || ms - l->drops_ms >= DROPS_EVERY);
    l->has_drops = true;
}

/* --- telling --------------------------------------------------------------------------------- */

static int put_notice(struct db *db, const char *kind, struct span text, int64_t now_ns,
                      struct err *e)
{
    struct db_row *r = db_use(db, DB_NOTICE_ADD);
    int rc;

    db_text(r, 1, span_of(kind));
    db_text(r, 2, text);
    db_int(r, 3, now_ns);
    rc = db_run(db, r, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(db, DB_NOTICE_PRUNE);
    db_int(r, 1, NOTICES_KEPT);
    return db_run(db, r, e);
}

int notice_add(struct db *db, const char *kind, struct span text, int64_t now_ns, struct err *e)
{
    int rc = db_begin(db, e);

    if (rc == ERR_OK)
        rc = put_notice(db, kind, text, now_ns, e);
    if (rc == ERR_OK)
        rc = db_commit(db, e);
    if (rc != ERR_OK)
        db_rollback(db);
    return rc;
}

static int tell_silence(struct sources *s, const struct known *k, struct err *e)
{
    const struct alert_system a = { SPAN_LIT("canh.silence"), SPAN_LIT("A source fell silent"),
                                    span_of(k->name), LEVEL_HIGH };
    bool changed;

    if (k->next == SOURCE_SILENT)
        return alerts_open(s->alerts, &a, &changed, e);
    return k->state == SOURCE_SILENT ? alerts_close(s->alerts, &a, &changed, e) : ERR_OK;
}

static int tell_change(struct sources *s, const struct known *k, int64_t now_ns, struct err *e)
{
    char text[TEXT_BYTES];
    int n = snprintf(text, sizeof(text), "Source %s (%s) is %s; it was %s.", k->name,
                     input_name(k->input), source_state_name(k->next),
                     k->stored ? source_state_name(k->state) : "not known");
    int rc =
        put_notice(s->db, "source", (struct span){ (const uint8_t *)text, (size_t)n }, now_ns, e);

    return rc == ERR_OK ? tell_silence(s, k, e) : rc;
}

static bool is_new(const struct known *k)
{
    return !k->stored || k->next != k->state || k->next_last_ms != k->last_ms ||
           k->next_interval_ms != k->interval_ms;
}

static int put_source(struct sources *s, const struct known *k, struct err *e)
{
    struct db_row *r = db_use(s->db, DB_SOURCE_PUT);

    db_text(r, 1, span_of(k->name));
    db_text(r, 2, span_of(input_name(k->input)));
    db_text(r, 3, span_of(source_state_name(k->next)));
    db_int(r, 4, k->next_since_ns);
    db_u64(r, 5, k->next_interval_ms);
    db_u64(r, 6, k->next_last_ms);
    return db_run(s->db, r, e);
}

static int tell_sources(struct sources *s, int64_t now_ns, struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t i = 0; i < s->count && rc == ERR_OK; i++) {
        const struct known *k = &s->known[i];

        if (!is_new(k))
            continue;
        if (!k->stored || k->next != k->state)
            rc = tell_change(s, k, now_ns, e);
        if (rc == ERR_OK)
            rc = put_source(s, k, e);
    }
    if (rc == ERR_OK && s->too_many && !s->told_too_many)
        rc = put_notice(s->db, "source", SPAN_LIT("There are more sources than are followed."),
                        now_ns, e);
    return rc;
}

/* Is the alarm due? Good ones are told at the first round too: an earlier process may have opened
 * what has passed. */
static bool wants(const struct lane_watch *l, unsigned i, uint64_t ms)
{
    return l->bad[i] && ms - l->bad_since[i] >= watches[i].after_ms;
}

static bool to_tell(const struct lane_watch *l, unsigned i, uint64_t ms)
{
    return wants(l, i, ms) ? l->told[i] != TOLD_BAD : !l->bad[i] && l->told[i] != TOLD_GOOD;
}

static int tell_watch(struct sources *s, uint32_t lane, unsigned i, uint64_t ms, struct err *e)
{
    char entity[32];
    int n = snprintf(entity, sizeof(entity), "collector %u", lane);
    const struct alert_system a = { span_of(watches[i].rule),
                                    span_of(watches[i].title),
                                    { (const uint8_t *)entity, (size_t)n },
                                    watches[i].level };
    bool changed;

    return wants(&s->lanes[lane], i, ms) ? alerts_open(s->alerts, &a, &changed, e)
                                         : alerts_close(s->alerts, &a, &changed, e);
}

static int tell_lane(struct sources *s, uint32_t lane, int64_t now_ns, uint64_t ms, struct err *e)
{
    const struct lane_watch *l = &s->lanes[lane];
    char text[TEXT_BYTES];
    int rc = ERR_OK, n;

    for (unsigned i = 0; i < WATCHES && rc == ERR_OK; i++) {
        if (to_tell(l, i, ms))
            rc = tell_watch(s, lane, i, ms, e);
    }
    if (rc != ERR_OK || !l->tell_drops)
        return rc;
    n = snprintf(text, sizeof(text), "The kernel dropped %llu datagrams of collector %u.",
                 (unsigned long long)(l->drops - l->drops_told), lane);
    return put_notice(s->db, "kernel-drops", (struct span){ (const uint8_t *)text, (size_t)n },
                      now_ns, e);
}

static bool lane_is_new(const struct lane_watch *l, uint64_t ms)
{
    bool any = l->tell_drops;

    for (unsigned i = 0; i < WATCHES; i++)
        any |= to_tell(l, i, ms);
    return any;
}

static void told(struct sources *s, uint64_t ms)
{
    for (uint32_t i = 0; i < s->count; i++) {
        struct known *k = &s->known[i];

        k->state = k->next;
        k->since_ns = k->next_since_ns;
        k->interval_ms = k->next_interval_ms;
        k->last_ms = k->next_last_ms;
        k->stored = true;
    }
    s->told_too_many |= s->too_many;
    for (uint32_t i = 0; i < SOURCES_LANES; i++) {
        struct lane_watch *l = &s->lanes[i];

        for (unsigned w = 0; w < WATCHES; w++) {
            if (to_tell(l, w, ms))
                l->told[w] = wants(l, w, ms) ? TOLD_BAD : TOLD_GOOD;
        }
        if (l->tell_drops) {
            l->drops_told = l->drops;
            l->drops_ms = ms;
            l->tell_drops = false;
        }
    }
}

static bool any_new(const struct sources *s, const struct sources_round *r)
{
    bool any = s->too_many && !s->told_too_many;

    for (uint32_t i = 0; i < s->count && !any; i++)
        any = is_new(&s->known[i]);
    for (uint32_t i = 0; i < r->count && !any; i++) {
        uint32_t lane = r->ledgers[i]->lane;

        any = lane < SOURCES_LANES && lane_is_new(&s->lanes[lane], r->ms);
    }
    return any;
}

/* In a transaction that is open. */
static int tell(struct sources *s, const struct sources_round *r, struct err *e)
{
    int rc = tell_sources(s, r->now_ns, e);

    for (uint32_t i = 0; i < r->count && rc == ERR_OK; i++) {
        if (r->ledgers[i]->lane < SOURCES_LANES)
            rc = tell_lane(s, r->ledgers[i]->lane, r->now_ns, r->ms, e);
    }
    return rc == ERR_OK ? alerts_flush(s->alerts, e) : rc;
}

int sources_round(struct sources *s, const struct sources_round *r, struct err *e)
{
    int rc;

    expect(s);
    for (uint32_t i = 0; i < r->count; i++) {
        hear(s, r->ledgers[i]);
        if (r->ledgers[i]->lane < SOURCES_LANES)
            watch_lane(&s->lanes[r->ledgers[i]->lane], r->ledgers[i], r->ms);
    }
    judge_all(s, r->now_ns, r->ms);
    if (!any_new(s, r))
        return ERR_OK;
    rc = db_begin(s->db, e);
    if (rc == ERR_OK)
        rc = tell(s, r, e);
    if (rc == ERR_OK)
        rc = db_commit(s->db, e);
    if (rc != ERR_OK) {
        db_rollback(s->db);
        alerts_forget(s->alerts);
        return rc;
    }
    told(s, r->ms);
    return ERR_OK;
}
