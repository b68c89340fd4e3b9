/*
 * results.c - see results.h. What waits is a run of
 *
 *     u32 bytes of all of it, struct waiting, then the texts: rule, title, entity, key,
 *     and of each event struct correlate_event, u32 bytes, JSON
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "desk/results.h"

#include "act/key.h"

#include <stdlib.h>

#include "base/num.h"
#include "scan/put.h"

struct waiting {
    uint32_t bytes;
    uint32_t rule, title, entity, key, summary; /* bytes of each text */
    uint32_t events;
    uint64_t rule_hash, plan, evidence; /* evidence: hash of what is kept of it */
    int64_t time, span;
    uint8_t level;
    bool final;
};

struct results {
    struct db *db;
    struct alerts *alerts;
    struct buf waiting;
    struct buf entity, values, key, text;
    uint64_t dropped;
};

int results_new(struct results **out, struct db *db, struct alerts *alerts, struct err *e)
{
    struct results *r = calloc(1, sizeof(*r));

    *out = r;
    if (r == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for results.");
    r->db = db;
    r->alerts = alerts;
    buf_init(&r->waiting, RESULTS_BYTES_MAX);
    buf_init(&r->entity, (size_t)256 << 20);
    buf_init(&r->values, (size_t)256 << 20);
    buf_init(&r->key, (size_t)512 << 20);
    buf_init(&r->text, (size_t)64 << 20);
    return ERR_OK;
}

void results_free(struct results **r)
{
    if (*r == NULL)
        return;
    buf_release(&(*r)->waiting);
    buf_release(&(*r)->entity);
    buf_release(&(*r)->values);
    buf_release(&(*r)->key);
    buf_release(&(*r)->text);
    free(*r);
    *r = NULL;
}

/* --- putting --------------------------------------------------------------------------------- */

static struct span rule_of(const struct sigma_head *h)
{
    struct span rule = h->id.n > 0 ? h->id : h->title;

    rule.n = rule.n < ALERT_ENTITY_MAX ? rule.n : ALERT_ENTITY_MAX;
    return rule;
}

static struct span cut(struct span s)
{
    s.n = s.n < ALERT_ENTITY_MAX ? s.n : ALERT_ENTITY_MAX;
    return s;
}

/* How the group is shown, and what tells it from others. */
static void put_group(struct results *r, const struct correlate_result *c)
{
    buf_clear(&r->entity);
    buf_clear(&r->values);
    buf_clear(&r->key);
    for (uint32_t i = 0; i < c->group_count; i++) {
        if (i > 0)
            buf_text(&r->entity, ", ");
        buf_add(&r->entity, c->group[i].name);
        buf_byte(&r->entity, '=');
        buf_add(&r->entity, c->group[i].value);
        buf_add(&r->values, c->group[i].value);
        buf_byte(&r->values, 0x1f);
    }
    if (c->group_count == 0)
        buf_text(&r->entity, "(all)");
    key_put(c->group_count > 0 ? buf_span(&r->values) : buf_span(&r->entity), &r->key);
}

static void put_number(struct buf *out, double v)
{
    uint8_t room[32];

    buf_add(out, (struct span){ room, num_put_double(room, v) });
}

static void put_tags(struct buf *out, const struct sigma_head *h)
{
    buf_text(out, "},\"tags\":[");
    for (uint32_t i = 0; i < h->tag_count && i < 32; i++) {
        if (i > 0)
            buf_byte(out, ',');
        put_json_text(out, cut(h->tags[i]));
    }
    buf_text(out, "]}");
}

/* What the condition was held against, the group, and what the rule stands for. */
static void put_summary(struct results *r, const struct sigma_head *h,
                        const struct correlate_result *c)
{
    buf_clear(&r->text);
    buf_text(&r->text, "{\"value\":");
    put_number(&r->text, c->value);
    buf_fmt(&r->text, ",\"inputs\":%llu,\"group\":{", (unsigned long long)c->input_count);
    for (uint32_t i = 0; i < c->group_count; i++) {
        if (i > 0)
            buf_byte(&r->text, ',');
        put_json_text(&r->text, cut(c->group[i].name));
        buf_byte(&r->text, ':');
        put_json_text(&r->text, cut(c->group[i].value));
    }
    put_tags(&r->text, h);
}

static void put_event(struct results *r, const struct result_of *of,
                      const struct correlate_event *ev)
{
    uint32_t bytes;

    buf_clear(&r->text);
    buf_text(&r->text, "{\"rule\":");
    put_json_text(&r->text, cut(of->title(of->arg, ev->rule)));
    buf_byte(&r->text, '}');
    bytes = (uint32_t)r->text.n;
    buf_add(&r->waiting, (struct span){ (const uint8_t *)ev, sizeof(*ev) });
    buf_add(&r->waiting, (struct span){ (const uint8_t *)&bytes, sizeof(bytes) });
    buf_add(&r->waiting, buf_span(&r->text));
    r->waiting.failed |= r->text.failed;
}

static uint64_t event_hash(const struct correlate_event *ev, uint64_t seed)
{
    const uint64_t of[] = { (uint64_t)ev->time_ns, ev->order, ev->rule };

    return XXH3_64bits_withSeed(of, sizeof(of), seed);
}

void results_put(struct results *r, const struct result_of *of, const struct correlate_result *c)
{
    const struct sigma_head *h = &of->rule->head;
    struct span rule = rule_of(h), title = cut(h->title), entity;
    struct waiting w = { .events =
                             c->event_count < ALERT_EVENTS_MAX ? c->event_count : ALERT_EVENTS_MAX,
                         .rule_hash = h->hash,
                         .plan = of->plan,
                         .time = c->time_ns,
                         .span = of->rule->timespan_ns,
                         .level = (uint8_t)h->level,
                         .final = of->final };
    size_t begin = r->waiting.n;

    put_group(r, c);
    put_summary(r, h, c);
    entity = cut(buf_span(&r->entity));
    w.rule = (uint32_t)rule.n;
    w.title = (uint32_t)title.n;
    w.entity = (uint32_t)entity.n;
    w.key = (uint32_t)r->key.n;
    w.summary = (uint32_t)r->text.n;
    buf_add(&r->waiting, (struct span){ (const uint8_t *)&w, sizeof(w) });
    buf_add(&r->waiting, rule);
    buf_add(&r->waiting, title);
    buf_add(&r->waiting, entity);
    buf_add(&r->waiting, buf_span(&r->key));
    buf_add(&r->waiting, buf_span(&r->text));
    w.evidence = XXH3_64bits_withSeed(r->text.p, r->text.n, (uint64_t)w.time);
    r->waiting.failed |= r->entity.failed || r->values.failed || r->key.failed || r->text.failed;
    for (uint32_t i = 0; i < w.events; i++) {
        put_event(r, of, &c->events[i]);
        w.evidence = event_hash(&c->events[i], w.evidence);
    }
    if (r->waiting.failed) {
        r->waiting.failed = false;
        r->waiting.n = begin;
        r->dropped++;
        return;
    }
    w.bytes = (uint32_t)(r->waiting.n - begin);
    memcpy(r->waiting.p + begin, &w, sizeof(w));
}

size_t results_waiting(const struct results *r)
{
    return r->waiting.n;
}

void results_rewind(struct results *r, size_t bytes)
{
    MUST(bytes <= r->waiting.n);
    r->waiting.n = bytes;
}

uint64_t results_dropped(const struct results *r)
{
    return r->dropped;
}

/* --- writing --------------------------------------------------------------------------------- */

struct written {
    struct waiting w;
    struct span rule, title, entity, key, summary, events;
};

static struct span take(struct span *rest, size_t n)
{
    struct span s = { rest->p, n };

    MUST(n <= rest->n);
    *rest = span_from(*rest, n);
    return s;
}

static struct written take_waiting(struct span *rest)
{
    struct written to;
    struct span all;

    memcpy(&to.w, rest->p, sizeof(to.w));
    all = take(rest, to.w.bytes);
    (void)take(&all, sizeof(to.w));
    to.rule = take(&all, to.w.rule);
    to.title = take(&all, to.w.title);
    to.entity = take(&all, to.w.entity);
    to.key = take(&all, to.w.key);
    to.summary = take(&all, to.w.summary);
    to.events = all;
    return to;
}

static struct db_row *bind_of(struct results *r, enum db_statement s, const struct written *x)
{
    struct db_row *row = db_use(r->db, s);

    db_text(row, 1, x->rule);
    db_u64(row, 2, x->w.rule_hash);
    db_text(row, 3, x->key);
    return row;
}

static int put_events(struct results *r, const struct written *x, struct err *e)
{
    struct alert_event about = { .time_ns = x->w.time, .json = x->summary };
    struct span rest = x->events;
    int rc = alerts_event(r->alerts, &about, e);

    for (uint32_t i = 0; i < x->w.events && rc == ERR_OK; i++) {
        struct alert_event ev = { .placed = true };
        struct correlate_event at;
        uint32_t bytes;

        memcpy(&at, take(&rest, sizeof(at)).p, sizeof(at));
        memcpy(&bytes, take(&rest, sizeof(bytes)).p, sizeof(bytes));
        ev.json = take(&rest, bytes);
        ev.lane = (uint32_t)(at.order >> 56);
        ev.sequence = at.order & (UINT64_MAX >> 8);
        ev.time_ns = at.time_ns;
        rc = alerts_event(r->alerts, &ev, e);
    }
    return rc;
}

/* A provisional result that is there; the alert that counts it. */
struct provisional {
    int64_t id, alert;
    uint64_t evidence;
    bool open, kept_before; /* kept_before: by a program that did not tell which event was whose */
};

/* What is kept of it: what was, when that is all the same. */
static int put_evidence(struct results *r, const struct written *x, int64_t alert,
                        const struct provisional *known, struct err *e)
{
    bool stay = false, same = known != NULL && known->evidence == x->w.evidence;
    int rc = ERR_OK;

    if (known != NULL && alert == known->alert) {
        if (known->kept_before)
            return ERR_OK;
        rc = alerts_settle(r->alerts, alert, known->id, same ? x->w.events + 1 : 0, &stay, e);
    }
    return rc == ERR_OK && !stay ? put_events(r, x, e) : rc;
}

/* The result `id` into its alert; `known`: as it is counted already, or NULL. */
static int put_alert(struct results *r, const struct written *x, int64_t id,
                     const struct provisional *known, struct err *e)
{
    const struct alert_finding f = { .kind = ALERT_CORRELATION,
                                     .rule = x->rule,
                                     .title = x->title,
                                     .entity = x->entity,
                                     .key = x->key,
                                     .rule_hash = x->w.rule_hash,
                                     .level = (enum sigma_level)x->w.level,
                                     .time_ns = x->w.time,
                                     .provisional = !x->w.final,
                                     .result = id };
    struct db_row *row;
    int64_t alert;
    int rc = alerts_take(r->alerts, &f, &alert, e);

    if (rc == ERR_OK)
        rc = put_evidence(r, x, alert, known, e);
    if (rc != ERR_OK)
        return rc;
    row = db_use(r->db, DB_RESULT_ALERT);
    db_int(row, 1, alert);
    db_int(row, 2, id);
    rc = db_run(r->db, row, e);
    return rc == ERR_OK && known != NULL ? alerts_withdraw(r->alerts, known->alert, id, e) : rc;
}

/* A row of its own, unless that time is known. */
static int write_new(struct results *r, const struct written *x, struct err *e)
{
    struct db_row *row = bind_of(r, x->w.final ? DB_RESULT_FINAL : DB_RESULT_PROVISIONAL, x);
    int rc;

    db_int(row, 4, x->w.time);
    db_int(row, 5, x->w.span);
    db_u64(row, 6, x->w.plan);
    if (!x->w.final)
        db_u64(row, 7, x->w.evidence);
    rc = db_run(r->db, row, e);
    if (rc != ERR_OK || db_changed(r->db) == 0)
        return rc;
    return put_alert(r, x, db_key(r->db), NULL, e);
}

/* 1: this final result is known. */
static int is_known(struct results *r, const struct written *x, struct err *e)
{
    struct db_row *row = bind_of(r, DB_RESULT_KNOWN, x);
    int rc;

    db_int(row, 4, x->w.time);
    rc = db_next(r->db, row, e);
    db_end(row);
    return rc;
}

/* 1: the provisional one that this final one confirms. */
static int find_provisional(struct results *r, const struct written *x, struct provisional *to,
                            struct err *e)
{
    struct db_row *row = bind_of(r, DB_RESULT_FIND, x);
    int rc;

    db_int(row, 4, x->w.time - x->w.span);
    db_int(row, 5, x->w.time > INT64_MAX - x->w.span ? INT64_MAX : x->w.time + x->w.span);
    db_int(row, 6, x->w.time);
    rc = db_next(r->db, row, e);
    if (rc == 1) {
        to->id = db_get_int(row, 0);
        to->alert = db_get_int(row, 1);
        to->open = db_get_int(row, 2) != 0;
        to->evidence = db_get_u64(row, 3);
        to->kept_before = db_get_null(row, 3);
    }
    db_end(row);
    return rc;
}

static int write_final(struct results *r, const struct written *x, struct err *e)
{
    struct provisional known = { 0 };
    struct db_row *row;
    int rc = is_known(r, x, e);

    if (rc != 0)
        return rc < 0 ? rc : ERR_OK;
    rc = find_provisional(r, x, &known, e);
    if (rc == 0)
        return write_new(r, x, e);
    if (rc < 0)
        return rc;
    row = db_use(r->db, DB_RESULT_CONFIRM);
    db_int(row, 1, x->w.time);
    db_int(row, 2, known.id);
    rc = db_run(r->db, row, e);
    if (rc != ERR_OK)
        return rc;
    return known.open ? put_alert(r, x, known.id, &known, e)
                      : alerts_confirm(r->alerts, known.alert, x->w.time, e); /* judged meanwhile */
}

int results_write(struct results *r, struct err *e)
{
    struct span rest = buf_span(&r->waiting);
    int rc = ERR_OK;

    MUST(db_in_transaction(r->db));
    while (rc == ERR_OK && rest.n > 0) {
        struct written x = take_waiting(&rest);

        rc = x.w.final ? write_final(r, &x, e) : write_new(r, &x, e);
    }
    return rc;
}

void results_written(struct results *r)
{
    buf_clear(&r->waiting);
}

/* --- withdrawing ----------------------------------------------------------------------------- */

#define WITHDRAW_MAX 1000u

static int find_due(struct results *r, uint64_t plan, int64_t watermark_ns, int64_t (*due)[2],
                    uint32_t *count, struct err *e)
{
    struct db_row *row = db_use(r->db, DB_RESULT_DUE);
    int rc;

    *count = 0;
    db_u64(row, 1, plan);
    db_int(row, 2, watermark_ns);
    while ((rc = db_next(r->db, row, e)) == 1 && *count < WITHDRAW_MAX) {
        due[*count][0] = db_get_int(row, 0);
        due[(*count)++][1] = db_get_int(row, 1);
    }
    db_end(row);
    return rc < 0 ? rc : ERR_OK;
}

int results_withdraw(struct results *r, uint64_t plan, int64_t watermark_ns, uint32_t *count,
                     struct err *e)
{
    int64_t due[WITHDRAW_MAX][2];
    int rc = find_due(r, plan, watermark_ns, due, count, e);

    for (uint32_t i = 0; i < *count && rc == ERR_OK; i++) {
        struct db_row *row = db_use(r->db, DB_RESULT_WITHDRAW);

        db_int(row, 1, due[i][0]);
        rc = db_run(r->db, row, e);
        if (rc == ERR_OK && due[i][1] != 0)
            rc = alerts_withdraw(r->alerts, due[i][1], due[i][0], e);
    }
    return rc;
}

int results_prune(struct results *r, int64_t before_ns, struct err *e)
{
    struct db_row *row = db_use(r->db, DB_RESULT_PRUNE);

    db_int(row, 1, before_ns);
    return db_run(r->db, row, e);
}
