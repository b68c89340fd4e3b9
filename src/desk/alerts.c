/*
 * alerts.c - a cache of alerts at hand, by rule and entity, over the table.
 *
 * The cache is an array: an alert's place is its hash, and who comes to a place that is taken has
 * the other written and takes it. What is in the cache is the truth as long as the transaction
 * lives; the table says the same after alerts_flush().
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "desk/alerts.h"

#include <stdlib.h>

#include "act/key.h"
#include "group/group.h"

#define CACHE_SLOTS 8192u
#define RULE_SLOTS  4096u
#define HOUR_NS     INT64_C(3600000000000)

/* The order of what an alert of findings keeps. */
struct kept {
    int64_t time;
    uint64_t lane, sequence;
};

struct slot {
    XXH128_hash_t of; /* rule, rule hash, kind and entity */
    int64_t id;       /* 0: free */
    int64_t first, last, until;
    uint64_t count, events; /* events: numbers that were given to them */
    uint64_t name;          /* hash of the entity as it is shown */
    struct kept latest;     /* of the events; known when latest_number is not 0 */
    int64_t latest_number;
    int32_t final; /* events that are kept for final findings; FINAL_UNKNOWN: ask */
    int level;
    bool provisional, dirty;
};
#define FINAL_UNKNOWN (-1)

/* How many alerts a rule opened in an hour of source time. */
struct rule_slot {
    uint64_t of;
    uint32_t opened;
};

struct alerts {
    struct db *db;
    int64_t window_ns, now_ns;
    struct slot *slots;
    struct rule_slot *rules;
    struct slot *last; /* taken last */
    enum alert_kind last_kind;
    int64_t last_result;
    struct buf key;
    struct group *group;
};

const char *alert_kind_name(enum alert_kind k)
{
    static const char *const names[] = {
#define X(id, name) name,
        ALERT_KIND_TABLE(X)
#undef X
    };

    MUST(k < ALERT_KINDS);
    return names[k];
}

int alerts_new(struct alerts **out, struct db *db, int64_t window_ns, struct err *e)
{
    struct alerts *a = calloc(1, sizeof(*a));

    *out = a;
    if (a != NULL) {
        a->db = db;
        a->window_ns = window_ns;
        a->slots = calloc(CACHE_SLOTS, sizeof(*a->slots));
        a->rules = calloc(RULE_SLOTS, sizeof(*a->rules));
        buf_init(&a->key, (size_t)1 << 28);
        if (a->slots != NULL && a->rules != NULL && group_new(&a->group, db, e) == ERR_OK)
            return ERR_OK;
    }
    alerts_free(out);
    return err_set(e, ERR_NOMEM, 0, "There is no memory for alerts.");
}

void alerts_free(struct alerts **a)
{
    if (*a == NULL)
        return;
    buf_release(&(*a)->key);
    group_free(&(*a)->group);
    free((*a)->rules);
    free((*a)->slots);
    free(*a);
    *a = NULL;
}

void alerts_window(struct alerts *a, int64_t window_ns)
{
    a->window_ns = window_ns;
}

void alerts_clock(struct alerts *a, int64_t now_ns)
{
    a->now_ns = now_ns;
    group_clock(a->group, now_ns);
}

static struct span cut(struct span s)
{
    size_t n = s.n;

    if (n <= ALERT_ENTITY_MAX)
        return s;
    for (n = ALERT_ENTITY_MAX; n > 0 && (s.p[n] & 0xc0) == 0x80; n--)
        ;
    return (struct span){ s.p, n };
}

/* --- the cache ------------------------------------------------------------------------------ */

static XXH128_hash_t hash_of(const struct alert_finding *f, struct span key)
{
    uint64_t seed = XXH3_64bits_withSeed(f->rule.p, f->rule.n, f->rule_hash + f->kind);

    return XXH3_128bits_withSeed(key.p, key.n, seed);
}

static int write_back(struct alerts *a, struct slot *s, struct err *e)
{
    struct db_row *r;

    if (s->id == 0 || !s->dirty)
        return ERR_OK;
    r = db_use(a->db, DB_ALERT_PUT);
    db_int(r, 1, s->first);
    db_int(r, 2, s->last);
    db_u64(r, 3, s->count);
    db_u64(r, 4, s->events);
    db_int(r, 5, s->provisional);
    db_int(r, 6, s->until);
    db_int(r, 7, s->id);
    s->dirty = false;
    return db_run(a->db, r, e);
}

int alerts_flush(struct alerts *a, struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t i = 0; i < CACHE_SLOTS && rc == ERR_OK; i++)
        rc = write_back(a, &a->slots[i], e);
    return rc;
}

int alerts_group(struct alerts *a, bool *more, struct err *e)
{
    return group_work(a->group, a->now_ns, more, e);
}

void alerts_forget(struct alerts *a)
{
    memset(a->slots, 0, CACHE_SLOTS * sizeof(*a->slots));
    group_forget(a->group);
    a->last = NULL;
}

/* The table is changed behind the cache. */
static int step_aside(struct alerts *a, struct err *e)
{
    int rc = alerts_flush(a, e);

    alerts_forget(a);
    return rc;
}

static uint64_t name_hash(struct span entity)
{
    struct span shown = cut(entity);

    return XXH3_64bits(shown.p, shown.n);
}

/* --- windows -------------------------------------------------------------------------------- */

static int64_t add_ns(int64_t time, int64_t ns)
{
    return time > INT64_MAX - ns ? INT64_MAX : time + ns;
}

/* A final finding asks no alert of which everything is provisional, nor does a provisional one move
 * a window that a final one began. */
static bool begins(const struct slot *s, const struct alert_finding *f)
{
    return s->provisional || !f->provisional;
}

static bool holds(const struct slot *s, int64_t time)
{
    return s->first <= time && time < s->until;
}

/* Does it belong to the alert that ends first behind it? To an alert that begins behind it, when
 * all of that would lie in the window from it on: then it is the one that begins it. */
static bool joins(const struct alerts *a, const struct slot *s, const struct alert_finding *f)
{
    return holds(s, f->time_ns) || !begins(s, f) ||
           (uint64_t)s->last - (uint64_t)f->time_ns < (uint64_t)a->window_ns;
}

static void begin_at(const struct alerts *a, struct slot *s, int64_t time)
{
    int64_t until = add_ns(time, a->window_ns);

    s->first = time;
    s->until = until < s->until ? until : s->until;
}

/* --- the table ------------------------------------------------------------------------------ */

/* 1 with the alert that ends first behind the finding, of those that are provisional or not: at
 * least and at most. */
static int find(struct alerts *a, const struct alert_finding *f, struct span key, bool least,
                bool most, struct slot *to, struct err *e)
{
    struct db_row *r = db_use(a->db, DB_ALERT_FIND);
    int rc;

    db_text(r, 1, f->rule);
    db_text(r, 2, key);
    db_u64(r, 3, f->rule_hash);
    db_int(r, 4, f->time_ns);
    db_int(r, 5, add_ns(f->time_ns, 2 * a->window_ns));
    db_text(r, 6, span_of(alert_kind_name(f->kind)));
    db_int(r, 7, least);
    db_int(r, 8, most);
    rc = db_next(a->db, r, e);
    if (rc != 1)
        return rc;
    *to = (struct slot){ .of = to->of,
                         .id = db_get_int(r, 0),
                         .first = db_get_int(r, 1),
                         .last = db_get_int(r, 2),
                         .until = db_get_int(r, 3),
                         .count = db_get_u64(r, 4),
                         .events = db_get_u64(r, 5),
                         .provisional = db_get_int(r, 6) != 0,
                         .level = (int)db_get_int(r, 7),
                         .name = name_hash(db_get_text(r, 8)),
                         .final = FINAL_UNKNOWN };
    db_end(r);
    return 1;
}

/* --- links ---------------------------------------------------------------------------------- */

/* The one before an alert that ends at `until`, or the one behind it; `at`: what else the statement
 * asks for. */
static struct db_row *beside(struct alerts *a, enum db_statement s, const struct alert_finding *f,
                             struct span key, int64_t until, int64_t at)
{
    struct db_row *r = db_use(a->db, s);

    db_text(r, 1, f->rule);
    db_text(r, 2, key);
    db_text(r, 3, span_of(alert_kind_name(f->kind)));
    db_int(r, 4, until);
    db_int(r, 5, at);
    return r;
}

/* 1 with the alert to which a new one is linked that ends at `until`, 0 when there is none. */
static int before(struct alerts *a, const struct alert_finding *f, struct span key, int64_t until,
                  int64_t *linked, struct err *e)
{
    struct db_row *r = beside(a, DB_ALERT_BEFORE, f, key, until, add_ns(until, a->window_ns));
    int rc = db_next(a->db, r, e);

    if (rc == 1)
        *linked = db_get_int(r, 0);
    db_end(r);
    return rc;
}

/* The next one was linked to what alert `id` is linked to, and now is to that. */
static int behind(struct alerts *a, const struct alert_finding *f, struct span key, int64_t until,
                  int64_t id, struct err *e)
{
    return db_run(a->db, beside(a, DB_ALERT_BEHIND, f, key, until, id), e);
}

/* --- opening -------------------------------------------------------------------------------- */

/* 1 with the suppression that hides it, 0 when none does. */
static int suppressed(struct alerts *a, const struct alert_finding *f, struct span key, int64_t *id,
                      struct err *e)
{
    struct db_row *r = db_use(a->db, DB_SUPPRESSION_FOR);
    int rc;

    db_int(r, 1, a->now_ns);
    db_text(r, 2, f->rule);
    db_text(r, 3, key);
    rc = db_next(a->db, r, e);
    if (rc == 1)
        *id = db_get_int(r, 0);
    db_end(r);
    return rc;
}

/* to->until: where the next alert begins, or INT64_MAX. */
static int add(struct alerts *a, const struct alert_finding *f, struct span key, struct slot *to,
               struct err *e)
{
    int64_t linked = 0, hidden = 0, until = add_ns(f->time_ns, a->window_ns);
    int hides = suppressed(a, f, key, &hidden, e), rc = hides;
    struct db_row *r;

    until = to->until < until ? to->until : until;
    if (rc >= 0)
        rc = before(a, f, key, until, &linked, e);
    if (rc < 0)
        return rc;
    r = db_use(a->db, DB_ALERT_ADD);
    db_text(r, 1, span_of(alert_kind_name(f->kind)));
    db_text(r, 2, f->rule);
    db_u64(r, 3, f->rule_hash);
    db_text(r, 4, cut(f->title));
    db_int(r, 5, f->level);
    db_text(r, 6, cut(f->entity));
    db_text(r, 7, key);
    db_int(r, 8, f->time_ns);
    db_int(r, 9, f->time_ns);
    db_int(r, 10, until);
    db_int(r, 11, f->provisional);
    db_int(r, 12, a->now_ns);
    if (rc == 1)
        db_int(r, 13, linked);
    if (hides == 1)
        db_int(r, 14, hidden);
    rc = db_run(a->db, r, e);
    *to = (struct slot){ .of = to->of,
                         .id = rc == ERR_OK ? db_key(a->db) : 0,
                         .first = f->time_ns,
                         .last = f->time_ns,
                         .until = until,
                         .name = name_hash(f->entity),
                         .level = (int)f->level,
                         .provisional = f->provisional };
    return rc == ERR_OK ? behind(a, f, key, until, to->id, e) : rc;
}

/* --- findings ------------------------------------------------------------------------------- */

/* May the rule open one more alert? A rule and hour that shares the place of another begins anew.
 */
static bool may_open(struct alerts *a, const struct alert_finding *f)
{
    uint64_t hour = (uint64_t)(f->time_ns / HOUR_NS);
    uint64_t of = XXH3_64bits_withSeed(f->rule.p, f->rule.n, f->rule_hash ^ (hour << 32));
    struct rule_slot *r = &a->rules[of % RULE_SLOTS];

    if (r->of != of)
        *r = (struct rule_slot){ .of = of };
    if (r->opened >= ALERT_NEW_MAX)
        return false;
    r->opened++;
    return true;
}

/* A final finding that is of no alert with others: 1 when it begins one that was provisional. */
static int confirmed(struct alerts *a, const struct alert_finding *f, struct span key,
                     struct slot *s, struct err *e)
{
    int64_t until = s->until;
    int rc;

    if (f->kind != ALERT_CORRELATION)
        return 0;
    rc = find(a, f, key, true, true, s, e);
    if (rc != 1)
        return rc;
    s->until = until;
    begin_at(a, s, f->time_ns);
    return 1;
}

/* The alert at hand or in the table. 1 with *out, 0: none, and (*out)->until says where the next
 * begins; or negative. */
static int slot_for(struct alerts *a, const struct alert_finding *f, struct span key,
                    struct slot **out, struct err *e)
{
    XXH128_hash_t of = hash_of(f, key);
    struct slot *s = &a->slots[of.low64 % CACHE_SLOTS];
    int rc;

    *out = s;
    if (s->id != 0 && XXH128_isEqual(s->of, of) != 0 && holds(s, f->time_ns) &&
        (f->provisional || !s->provisional))
        return 1;
    rc = write_back(a, s, e);
    *s = (struct slot){ .of = of };
    if (rc == ERR_OK)
        rc = find(a, f, key, false, f->provisional, s, e);
    if (rc == 1 && joins(a, s, f))
        return 1;
    *s = (struct slot){ .of = of, .until = rc == 1 ? s->first : INT64_MAX };
    if (rc < 0)
        return rc;
    return f->provisional ? 0 : confirmed(a, f, key, s, e);
}

/* The rule's level is lower where a filter of it is not there: the gravest is shown. */
static int raise_level(struct alerts *a, const struct alert_finding *f, struct slot *s,
                       struct err *e)
{
    struct db_row *r;

    if ((int)f->level <= s->level)
        return ERR_OK;
    s->level = (int)f->level;
    r = db_use(a->db, DB_ALERT_RAISE);
    db_int(r, 1, s->level);
    db_int(r, 2, s->id);
    return db_run(a->db, r, e);
}

/* The entity is shown as the finding spells it that begins the alert. `always`: that is this one;
 * else it is one of several of that time. */
static int spell(struct alerts *a, const struct alert_finding *f, struct slot *s, bool always,
                 struct err *e)
{
    uint64_t name = name_hash(f->entity);
    struct db_row *r;
    int rc;

    if (name == s->name)
        return ERR_OK;
    r = db_use(a->db, DB_ALERT_NAME);
    db_int(r, 1, s->id);
    db_text(r, 2, cut(f->entity));
    db_int(r, 3, always);
    rc = db_run(a->db, r, e);
    if (rc == ERR_OK && db_changed(a->db) > 0)
        s->name = name;
    return rc;
}

/* It was there before: what it shows is that of all its findings. Its window may move, but never
 * past another one: it is the one that ended first behind the finding. */
static int join(struct alerts *a, const struct alert_finding *f, struct slot *s, struct err *e)
{
    bool first_final = s->provisional && !f->provisional;
    bool earlier = f->time_ns < s->first && begins(s, f);
    int rc = raise_level(a, f, s, e);

    if (rc == ERR_OK && (first_final || (f->time_ns <= s->first && begins(s, f))))
        rc = spell(a, f, s, first_final || earlier, e);
    if (earlier)
        begin_at(a, s, f->time_ns);
    return rc;
}

static int open_new(struct alerts *a, const struct alert_finding *f, struct span key,
                    struct slot **out, struct err *e)
{
    struct alert_finding others = *f;
    int rc;

    if (f->kind == ALERT_SYSTEM || may_open(a, f))
        return add(a, f, key, *out, e);
    others.entity = SPAN_LIT("(others)");
    rc = slot_for(a, &others, others.entity, out, e);
    if (rc == 1)
        return join(a, &others, *out, e);
    return rc == 0 ? add(a, &others, others.entity, *out, e) : rc;
}

int alerts_take(struct alerts *a, const struct alert_finding *f, int64_t *id, struct err *e)
{
    struct span key = f->key;
    struct slot *s;
    int rc;

    MUST(db_in_transaction(a->db));
    a->last = NULL;
    if (key.n == 0) {
        buf_clear(&a->key);
        key_put(f->entity, &a->key);
        key = buf_span(&a->key);
    }
    if (buf_failed(&a->key))
        return err_set(e, ERR_NOMEM, 0, "There is no memory for alerts.");
    rc = slot_for(a, f, key, &s, e);
    if (rc >= 0)
        rc = rc == 1 ? join(a, f, s, e) : open_new(a, f, key, &s, e);
    if (rc < 0)
        return rc;
    s->count++;
    s->last = f->time_ns > s->last ? f->time_ns : s->last;
    s->provisional &= f->provisional;
    s->dirty = true;
    a->last = s;
    a->last_kind = f->kind;
    a->last_result = f->provisional ? f->result : 0;
    *id = s->id;
    return ERR_OK;
}

/* --- events that are kept ------------------------------------------------------------------- */

/* How many are kept for final results, and for this one while it is provisional. */
static int counts(struct alerts *a, int64_t id, int64_t result, int64_t *final, int64_t *of,
                  struct err *e)
{
    struct db_row *r = db_use(a->db, DB_EVENT_COUNTS);
    int rc;

    db_int(r, 1, id);
    db_int(r, 2, result);
    rc = db_next(a->db, r, e);
    if (rc == 1) {
        *final = db_get_int(r, 0);
        *of = db_get_int(r, 1);
    }
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

/* Room for final results is not taken by provisional ones. 1: there is. */
static int has_room(struct alerts *a, struct slot *s, struct err *e)
{
    int64_t final = 0, of;
    int rc = ERR_OK;

    if (s->events < ALERT_EVENTS_MAX)
        return 1;
    if (a->last_kind != ALERT_CORRELATION || a->last_result != 0)
        return 0;
    if (s->final == FINAL_UNKNOWN) {
        rc = counts(a, s->id, 0, &final, &of, e);
        s->final = (int32_t) final;
    }
    return rc == ERR_OK ? s->final < (int32_t)ALERT_EVENTS_MAX : rc;
}

static void bind_event(struct db_row *r, int at, const struct alert_event *ev)
{
    if (ev->placed) {
        db_int(r, at, ev->lane);
        db_u64(r, at + 1, ev->sequence);
    }
    db_int(r, at + 2, ev->time_ns);
    if (ev->json.n > 0 && ev->json.n <= ALERT_JSON_MAX)
        db_text(r, at + 3, ev->json);
}

/* 1: it is kept. */
static int add_event(struct alerts *a, struct slot *s, const struct alert_event *ev, struct err *e)
{
    struct db_row *r = db_use(a->db, DB_EVENT_ADD);
    int rc;

    db_int(r, 1, s->id);
    db_u64(r, 2, ++s->events);
    bind_event(r, 3, ev);
    if (a->last_result != 0)
        db_int(r, 7, a->last_result);
    s->dirty = true;
    s->latest_number = 0;
    if (s->final != FINAL_UNKNOWN && a->last_result == 0)
        s->final++;
    rc = db_run(a->db, r, e);
    return rc == ERR_OK ? 1 : rc;
}

static int find_latest(struct alerts *a, struct slot *s, struct err *e)
{
    struct db_row *r = db_use(a->db, DB_EVENT_LAST);
    int rc;

    db_int(r, 1, s->id);
    rc = db_next(a->db, r, e);
    if (rc == 1) {
        s->latest_number = db_get_int(r, 0);
        s->latest = (struct kept){ db_get_int(r, 1), db_get_u64(r, 2), db_get_u64(r, 3) };
    }
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

static bool is_earlier(const struct alert_event *ev, const struct kept *than)
{
    if (ev->time_ns != than->time)
        return ev->time_ns < than->time;
    return ev->lane != than->lane ? ev->lane < than->lane : ev->sequence < than->sequence;
}

/* 1: it is kept, in the place of the latest. One that is known by its number alone takes nobody's.
 */
static int replace_event(struct alerts *a, struct slot *s, const struct alert_event *ev,
                         struct err *e)
{
    struct db_row *r;
    int rc = ERR_OK;

    if (a->last_kind != ALERT_DETECTION || !ev->placed || ev->json.n == 0)
        return 0;
    if (s->latest_number == 0)
        rc = find_latest(a, s, e);
    if (rc != ERR_OK || s->latest_number == 0 || !is_earlier(ev, &s->latest))
        return rc;
    r = db_use(a->db, DB_EVENT_REPLACE);
    bind_event(r, 1, ev);
    db_int(r, 5, s->id);
    db_int(r, 6, s->latest_number);
    rc = db_run(a->db, r, e);
    if (rc != ERR_OK || db_changed(a->db) == 0)
        return rc;
    s->latest_number = 0;
    return 1;
}

int alerts_event(struct alerts *a, const struct alert_event *ev, struct err *e)
{
    struct slot *s = a->last;
    struct group_event of;
    int rc;

    MUST(s != NULL && s->id != 0);
    of = (struct group_event){ s->id, ev->time_ns, ev->host,
                               ev->json.n <= ALERT_JSON_MAX ? ev->json : SPAN_NONE };
    rc = has_room(a, s, e);
    if (rc >= 0)
        rc = rc == 1 ? add_event(a, s, ev, e) : replace_event(a, s, ev, e);
    return rc == 1 ? group_event(a->group, &of, e) : rc;
}

static int run_on_result(struct alerts *a, enum db_statement s, int64_t id, int64_t result,
                         struct err *e)
{
    struct db_row *r = db_use(a->db, s);

    db_int(r, 1, id);
    db_int(r, 2, result);
    return db_run(a->db, r, e);
}

int alerts_settle(struct alerts *a, int64_t id, int64_t result, uint32_t events, bool *stay,
                  struct err *e)
{
    int64_t final = 0, of = 0;
    int rc = counts(a, id, result, &final, &of, e);

    MUST(a->last != NULL && a->last->id == id);
    a->last->final = FINAL_UNKNOWN;
    *stay = events > 0 && of == events && final + of <= (int64_t)ALERT_EVENTS_MAX;
    if (rc != ERR_OK || of == 0)
        return rc;
    return run_on_result(a, *stay ? DB_EVENT_SETTLE : DB_EVENT_DROP, id, result, e);
}

int alerts_confirm(struct alerts *a, int64_t id, int64_t time_ns, struct err *e)
{
    struct db_row *r;
    int rc = step_aside(a, e);

    if (rc != ERR_OK)
        return rc;
    r = db_use(a->db, DB_ALERT_CONFIRM);
    db_int(r, 1, time_ns);
    db_int(r, 2, id);
    return db_run(a->db, r, e);
}

int alerts_withdraw(struct alerts *a, int64_t id, int64_t result, struct err *e)
{
    struct db_row *r;
    int rc = step_aside(a, e);

    if (rc != ERR_OK)
        return rc;
    r = db_use(a->db, DB_ALERT_UNCOUNT);
    db_int(r, 1, a->now_ns);
    db_int(r, 2, id);
    rc = db_run(a->db, r, e);
    if (rc == ERR_OK)
        rc = run_on_result(a, DB_EVENT_WITHDRAW, id, result, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(a->db, DB_ALERT_PASS);
    db_int(r, 1, id);
    return db_run(a->db, r, e);
}

/* --- system alerts -------------------------------------------------------------------------- */

static struct span system_key(struct alerts *a, const struct alert_system *s)
{
    buf_clear(&a->key);
    key_put(s->entity, &a->key);
    return buf_span(&a->key);
}

int alerts_open(struct alerts *a, const struct alert_system *s, bool *changed, struct err *e)
{
    const struct alert_finding f = { .kind = ALERT_SYSTEM,
                                     .rule = s->rule,
                                     .title = s->title,
                                     .entity = s->entity,
                                     .level = s->level,
                                     .time_ns = a->now_ns };
    struct span key = system_key(a, s);
    struct db_row *r = db_use(a->db, DB_ALERT_OPEN);
    struct slot *slot;
    int rc;

    *changed = false;
    db_text(r, 1, s->rule);
    db_text(r, 2, key);
    rc = db_next(a->db, r, e);
    db_end(r);
    if (rc != 0)
        return rc < 0 ? rc : ERR_OK;
    rc = step_aside(a, e);
    slot = &a->slots[0]; /* of an empty cache, and for this moment only */
    slot->until = INT64_MAX;
    if (rc == ERR_OK)
        rc = add(a, &f, key, slot, e);
    if (rc != ERR_OK)
        return rc;
    slot->count = 1;
    slot->dirty = true;
    *changed = true;
    return step_aside(a, e);
}

int alerts_close(struct alerts *a, const struct alert_system *s, bool *changed, struct err *e)
{
    struct db_row *r;
    int rc = step_aside(a, e);

    *changed = false;
    if (rc != ERR_OK)
        return rc;
    r = db_use(a->db, DB_ALERT_CLOSE);
    db_int(r, 1, a->now_ns);
    db_int(r, 2, a->now_ns);
    db_text(r, 3, s->rule);
    db_text(r, 4, system_key(a, s));
    rc = db_run(a->db, r, e);
    *changed = rc == ERR_OK && db_changed(a->db) > 0;
    return rc;
}
