/*
 * pull.c - see pull.h.
 *
 * The set of findings that may come again is a hash table of (sequence, hash of rule and rule hash)
 * in memory; rows are written for what is left in it when the transaction ends, which for whole
 * groups is nothing. After a failed transaction all of it is read from the database again.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "desk/pull.h"

#include <stdlib.h>

#include "store/finding.h"
#include "store/lane_read.h"

#define PURPOSE SPAN_LIT("findings")
/* All whose heads may end a group in which something was found. */
#define KINDS (LANE_READ_ALL & ~(1u << LANE_EVENTS))

/* A finding that may come again. `rule` is a copy of its id, for the row. */
struct recent {
    uint64_t sequence, rule_hash, of;
    struct recent *next;
    bool saved; /* has a row */
    uint32_t rule_bytes;
    uint8_t rule[];
};

#define BUCKETS      4096u
#define TAIL_FRAMES  8u                   /* to the end of a group, beyond PULL_RECORDS */
#define PASSED_BYTES ((uint64_t)64 << 20) /* of a lane without findings: no transaction */

struct pull {
    struct pull_from from;
    struct lane_reader *reader;
    struct lane_place place; /* committed */
    struct lane_place at;    /* read up to; no finding lies between the two */
    uint32_t within;         /* records that are taken of the frame at `place` */
    uint64_t begun;          /* rows that were changed before this turn */
    uint64_t matched;
    struct recent **bucket;
    uint32_t recent_count;
    struct pull_counts counts, committed;
    bool forget_rows;
    bool stale; /* what is in memory is not what is in the database */
    bool more;  /* the last turn ended before what there was */
};

/* --- findings that may come again ------------------------------------------------------------ */

static struct recent **bucket_of(const struct pull *p, uint64_t sequence, uint64_t of)
{
    return &p->bucket[(sequence * UINT64_C(0x9E3779B97F4A7C15) ^ of) % BUCKETS];
}

/* Forget what is about events below `below`. */
static void recent_drop(struct pull *p, uint64_t below)
{
    for (uint32_t i = 0; i < BUCKETS && p->recent_count > 0; i++) {
        struct recent **at = &p->bucket[i];

        while (*at != NULL) {
            struct recent *r = *at;

            if (r->sequence >= below) {
                at = &r->next;
                continue;
            }
            *at = r->next;
            free(r);
            p->recent_count--;
        }
    }
}

static uint64_t rule_of(struct span rule, uint64_t rule_hash)
{
    return XXH3_64bits_withSeed(rule.p, rule.n, rule_hash);
}

static bool recent_has(const struct pull *p, uint64_t sequence, struct span rule,
                       uint64_t rule_hash)
{
    const struct recent *r = *bucket_of(p, sequence, rule_of(rule, rule_hash));

    for (; r != NULL; r = r->next) {
        if (r->sequence == sequence && r->rule_hash == rule_hash &&
            span_eq((struct span){ r->rule, r->rule_bytes }, rule))
            return true;
    }
    return false;
}

/* False: no memory. */
static bool recent_add(struct pull *p, uint64_t sequence, struct span rule, uint64_t rule_hash,
                       bool saved)
{
    uint64_t of = rule_of(rule, rule_hash);
    struct recent **at = bucket_of(p, sequence, of), *r;

    if (p->recent_count >= PULL_RECENT_MAX) {
        recent_drop(p, UINT64_MAX);
        p->forget_rows = true;
        p->counts.forgotten++;
    }
    r = calloc(1, sizeof(*r) + rule.n);
    if (r == NULL)
        return false;
    r->sequence = sequence;
    r->rule_hash = rule_hash;
    r->of = of;
    r->saved = saved;
    r->rule_bytes = (uint32_t)rule.n;
    if (rule.n > 0)
        memcpy(r->rule, rule.p, rule.n);
    r->next = *at;
    *at = r;
    p->recent_count++;
    return true;
}

/* --- to and from the database ---------------------------------------------------------------- */

static int load_place(struct pull *p, struct err *e)
{
    struct db_row *r = db_use(p->from.db, DB_PLACE_GET);
    int rc;

    db_int(r, 1, p->from.lane);
    db_text(r, 2, PURPOSE);
    rc = db_next(p->from.db, r, e);
    p->place = (struct lane_place){ 0 };
    p->within = 0;
    if (rc == 1) {
        p->place =
            (struct lane_place){ (uint32_t)db_get_int(r, 0), db_get_u64(r, 1), db_get_u64(r, 2) };
        p->within = (uint32_t)db_get_int(r, 3);
    }
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

static int load_lane(struct pull *p, struct err *e)
{
    struct db_row *r = db_use(p->from.db, DB_LANE_GET);
    int rc;

    db_int(r, 1, p->from.lane);
    rc = db_next(p->from.db, r, e);
    p->matched = 0;
    if (rc == 1) {
        p->matched = db_get_u64(r, 0);
        p->counts.findings = db_get_u64(r, 1);
        p->counts.repeated = db_get_u64(r, 2);
        p->counts.odd = db_get_u64(r, 3);
    }
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

static int load_recent(struct pull *p, struct err *e)
{
    struct db_row *r = db_use(p->from.db, DB_FINDING_ALL);
    int rc;

    recent_drop(p, UINT64_MAX);
    db_int(r, 1, p->from.lane);
    while ((rc = db_next(p->from.db, r, e)) == 1) {
        if (!recent_add(p, db_get_u64(r, 0), db_get_text(r, 1), db_get_u64(r, 2), true))
            rc = err_set(e, ERR_NOMEM, 0, "There is no memory for findings.");
        if (rc < 0)
            break;
    }
    db_end(r);
    return rc;
}

/* As it was committed last. */
static int load(struct pull *p, struct err *e)
{
    int rc = load_place(p, e);

    if (rc == ERR_OK)
        rc = load_lane(p, e);
    if (rc == ERR_OK)
        rc = load_recent(p, e);
    p->committed = p->counts;
    p->at = p->place;
    if (rc == ERR_OK)
        rc = lane_reader_seek(p->reader, p->place, e);
    return rc == ERR_NOTFOUND ? ERR_OK : rc; /* that segment is gone: on with the next */
}

static int save_recent(struct pull *p, struct err *e)
{
    struct db_row *r = db_use(p->from.db, DB_FINDING_DROP);
    int rc;

    db_int(r, 1, p->from.lane);
    db_u64(r, 2, p->forget_rows ? INT64_MAX : p->matched);
    rc = db_run(p->from.db, r, e);
    for (uint32_t i = 0; i < BUCKETS && p->recent_count > 0; i++) {
        for (struct recent *f = p->bucket[i]; f != NULL && rc == ERR_OK; f = f->next) {
            if (f->saved)
                continue;
            r = db_use(p->from.db, DB_FINDING_ADD);
            db_int(r, 1, p->from.lane);
            db_u64(r, 2, f->sequence);
            db_text(r, 3, (struct span){ f->rule, f->rule_bytes });
            db_u64(r, 4, f->rule_hash);
            rc = db_run(p->from.db, r, e);
            f->saved = true;
        }
    }
    p->forget_rows = false;
    return rc;
}

static int save_place(struct pull *p, struct lane_place to, struct err *e)
{
    struct db_row *r = db_use(p->from.db, DB_PLACE_PUT);

    db_int(r, 1, p->from.lane);
    db_text(r, 2, PURPOSE);
    db_int(r, 3, to.segment);
    db_u64(r, 4, to.bytes);
    db_u64(r, 5, to.sequence);
    db_int(r, 6, p->within);
    return db_run(p->from.db, r, e);
}

static int save_lane(struct pull *p, struct err *e)
{
    struct db_row *r = db_use(p->from.db, DB_LANE_PUT);

    db_int(r, 1, p->from.lane);
    db_u64(r, 2, p->matched);
    db_u64(r, 3, p->counts.findings);
    db_u64(r, 4, p->counts.repeated);
    db_u64(r, 5, p->counts.odd);
    return db_run(p->from.db, r, e);
}

/* --- one finding ----------------------------------------------------------------------------- */

static int take_tracer(struct pull *p, const struct stored_finding *f, int64_t receipt_ns,
                       struct err *e)
{
    struct db_row *r = db_use(p->from.db, DB_TRACER_PUT);

    db_text(r, 1, f->source_name);
    db_int(r, 2, p->from.lane);
    db_int(r, 3, f->time_ns);
    db_int(r, 4, receipt_ns);
    return db_run(p->from.db, r, e);
}

static int take_alert(struct pull *p, const struct stored_finding *f, struct err *e)
{
    const struct alert_finding to = {
        .kind = ALERT_DETECTION,
        .rule = f->rule.n > 0 ? f->rule : f->title,
        .title = f->title,
        .entity = f->host.n > 0 ? f->host : f->source_name,
        .rule_hash = f->rule_hash,
        .level = f->level <= LEVEL_CRITICAL ? (enum sigma_level)f->level : LEVEL_NONE,
        .time_ns = f->time_ns,
    };
    const struct alert_event ev = { true, p->from.lane, f->sequence, f->time_ns, f->json, f->host };
    int64_t id;
    int rc = alerts_take(p->from.alerts, &to, &id, e);

    return rc == ERR_OK ? alerts_event(p->from.alerts, &ev, e) : rc;
}

static int take(struct pull *p, struct span record, const struct lane_frame *frame, struct err *e)
{
    struct stored_finding f;

    if (!stored_finding_read(record, &f) || f.rule.n > ALERT_ENTITY_MAX) {
        p->counts.odd++;
        return ERR_OK;
    }
    if (f.sequence < p->matched || recent_has(p, f.sequence, f.rule, f.rule_hash)) {
        p->counts.repeated++;
        return ERR_OK;
    }
    if (f.sequence >= frame->matched && !recent_add(p, f.sequence, f.rule, f.rule_hash, false))
        return err_set(e, ERR_NOMEM, 0, "There is no memory for findings.");
    p->counts.findings++;
    return (f.flags & FINDING_TRACER) != 0 ? take_tracer(p, &f, frame->receipt_ns, e)
                                           : take_alert(p, &f, e);
}

static bool is_full(const struct pull *p)
{
    return db_changes(p->from.db) - p->begun >= PULL_ROWS;
}

/* Returns the records taken, or a negative code. p->within says where it ended inside the frame; 0:
 * all is taken. */
static int64_t take_frame(struct pull *p, struct lane_frame *f, struct err *e)
{
    uint32_t skip = p->within, count = 0;
    struct span record;
    int rc;

    p->within = 0;
    for (; f->kind == LANE_FINDINGS && lane_next_record(f, &record); count++) {
        if (count < skip)
            continue;
        if (count > skip && is_full(p)) {
            p->within = count;
            return count - skip;
        }
        rc = take(p, record, f, e);
        if (rc != ERR_OK)
            return rc;
    }
    if (f->kind == LANE_FINDINGS && f->body.n > 0)
        p->counts.odd++;
    if (f->matched > p->matched) {
        p->matched = f->matched;
        recent_drop(p, p->matched);
    }
    return count - skip;
}

/* --- turns ----------------------------------------------------------------------------------- */

/* *to: the place behind what was taken. */
static int64_t take_frames(struct pull *p, struct lane_place *to, struct err *e)
{
    struct lane_frame f;
    uint32_t more = TAIL_FRAMES;
    int64_t count = 0;
    int rc = 1;

    p->begun = db_changes(p->from.db);
    *to = lane_reader_place(p->reader);
    while (!is_full(p) && (count < PULL_RECORDS || (p->recent_count > 0 && more-- > 0)) &&
           (rc = lane_reader_next(p->reader, &f, e)) == 1) {
        bool begin = f.kind == LANE_FINDINGS && !db_in_transaction(p->from.db);
        int64_t n = begin ? db_begin(p->from.db, e) : ERR_OK;

        if (n == ERR_OK)
            n = take_frame(p, &f, e);
        if (n < 0)
            return n;
        count += n;
        if (p->within > 0)
            break;
        *to = lane_reader_place(p->reader);
    }
    p->more = rc == 1;
    return rc < 0 ? rc : count;
}

static bool same_place(struct lane_place a, struct lane_place b)
{
    return a.segment == b.segment && a.bytes == b.bytes;
}

static int64_t turn(struct pull *p, struct err *e)
{
    struct lane_place to;
    int64_t count = take_frames(p, &to, e);
    int rc = count < 0 ? (int)count : ERR_OK;

    if (rc == ERR_OK && !db_in_transaction(p->from.db)) {
        p->at = to;
        if (to.segment == p->place.segment && to.bytes - p->place.bytes < PASSED_BYTES)
            return 0;
        rc = db_begin(p->from.db, e);
    }
    if (rc == ERR_OK)
        rc = alerts_flush(p->from.alerts, e);
    if (rc == ERR_OK)
        rc = save_recent(p, e);
    if (rc == ERR_OK)
        rc = save_lane(p, e);
    if (rc == ERR_OK)
        rc = save_place(p, to, e);
    if (rc == ERR_OK)
        rc = db_commit(p->from.db, e);
    if (rc != ERR_OK)
        return rc;
    p->place = p->at = to;
    p->committed = p->counts;
    p->stale = p->within > 0; /* the frame is read again from there */
    return count;
}

int64_t pull_turn(struct pull *p, const struct lane_place *end, struct err *e)
{
    int64_t rc;

    p->more = false;
    if (end != NULL && end->segment == 0)
        return 0; /* nothing was published yet */
    if (end != NULL && !p->stale && same_place(*end, p->at))
        return 0;
    if (p->stale && (rc = load(p, e)) != ERR_OK)
        return rc;
    p->stale = false;
    if (end != NULL)
        lane_reader_limit(p->reader, *end);
    rc = turn(p, e);
    if (rc < 0) {
        db_rollback(p->from.db);
        alerts_forget(p->from.alerts);
        p->counts = p->committed;
        p->stale = true;
    }
    return rc;
}

int pull_new(struct pull **out, const struct pull_from *from, struct err *e)
{
    struct pull *p = calloc(1, sizeof(*p));
    int rc;

    *out = p;
    if (p == NULL || (p->bucket = calloc(BUCKETS, sizeof(struct recent *))) == NULL) {
        pull_free(out);
        return err_set(e, ERR_NOMEM, 0, "There is no memory for findings.");
    }
    p->from = *from;
    rc = lane_reader_new(&p->reader, from->io, from->dir, KINDS, e);
    if (rc == ERR_OK)
        rc = load(p, e);
    if (rc != ERR_OK)
        pull_free(out);
    return rc;
}

void pull_free(struct pull **pp)
{
    struct pull *p = *pp;

    *pp = NULL;
    if (p == NULL)
        return;
    if (p->bucket != NULL)
        recent_drop(p, UINT64_MAX);
    free(p->bucket);
    lane_reader_free(&p->reader);
    free(p);
}

bool pull_more(const struct pull *p)
{
    return p->more;
}

struct lane_place pull_place(const struct pull *p)
{
    return p->place;
}

struct lane_place pull_seen(const struct pull *p)
{
    return p->stale ? p->place : p->at;
}

struct pull_counts pull_counts(const struct pull *p)
{
    struct pull_counts c = p->counts;

    c.torn = lane_reader_torn(p->reader);
    return c;
}
