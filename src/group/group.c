/*
 * group.c - see group.h. A row of candidate_link is a time without a gap in which an entity came in
 * alerts of one candidate: so what an alert shares with all others is found by one look at an index
 * an entity, and rows of one entity and open candidate never touch.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "group/group.h"

#include <stdlib.h>

#include "group/entity.h"

#define SEEN_SLOTS    8192u
#define TOUCHED_SLOTS 1024u
#define REMADE_MAX    1000u
#define TURNED_BYTES  65536u
#define KEPT_WEEKS    8
#define WEEK_NS       (INT64_C(7) * 24 * 60 * MINUTE_NS)

/* An entity of an alert that is written, and for which times. */
struct seen {
    uint64_t of;
    int64_t first, last;
};

struct group {
    struct db *db;
    struct entities entities; /* of the event */
    struct seen *seen;
    int64_t *touched;
    struct buf turned; /* entities that became common: kind, week, bytes of the key, key */
    int64_t reuse;     /* the number that the next candidate gets; 0: a new one */
    int64_t pruned;
    struct seen times[ENTITIES_MAX]; /* of the event's entities in its alert, where fresh */
    bool fresh[ENTITIES_MAX];
};

int group_new(struct group **out, struct db *db, struct err *e)
{
    struct group *g = calloc(1, sizeof(*g));

    *out = g;
    if (g != NULL) {
        g->db = db;
        entities_init(&g->entities);
        buf_init(&g->turned, TURNED_BYTES);
        g->seen = calloc(SEEN_SLOTS, sizeof(*g->seen));
        g->touched = calloc(TOUCHED_SLOTS, sizeof(*g->touched));
        if (g->seen != NULL && g->touched != NULL)
            return ERR_OK;
    }
    group_free(out);
    return err_set(e, ERR_NOMEM, 0, "There is no memory for candidates.");
}

void group_free(struct group **g)
{
    if (*g == NULL)
        return;
    entities_release(&(*g)->entities);
    buf_release(&(*g)->turned);
    free((*g)->seen);
    free((*g)->touched);
    free(*g);
    *g = NULL;
}

void group_forget(struct group *g)
{
    memset(g->seen, 0, SEEN_SLOTS * sizeof(*g->seen));
    memset(g->touched, 0, TOUCHED_SLOTS * sizeof(*g->touched));
    buf_clear(&g->turned);
    g->pruned = 0;
}

static int64_t week_of(int64_t time_ns)
{
    return time_ns / WEEK_NS - (time_ns % WEEK_NS < 0 ? 1 : 0);
}

static int64_t add_ns(int64_t a, int64_t b)
{
    int64_t sum;

    if (__builtin_add_overflow(a, b, &sum))
        return b > 0 ? INT64_MAX : INT64_MIN;
    return sum;
}

/* --- small statements ------------------------------------------------------------------------ */

static int run_two(struct db *db, enum db_statement s, int64_t a, int64_t b, struct err *e)
{
    struct db_row *r = db_use(db, s);

    db_int(r, 1, a);
    db_int(r, 2, b);
    return db_run(db, r, e);
}

static int run_one(struct db *db, enum db_statement s, int64_t a, struct err *e)
{
    struct db_row *r = db_use(db, s);

    db_int(r, 1, a);
    return db_run(db, r, e);
}

int group_score(struct db *db, int64_t candidate, struct err *e)
{
    return run_one(db, DB_GROUP_SCORE, candidate, e);
}

int group_join(struct db *db, int64_t from, int64_t into, struct err *e)
{
    static const enum db_statement moves[] = { DB_GROUP_MOVE, DB_GROUP_MOVE_LINKS, DB_GROUP_FOLLOW,
                                               DB_GROUP_JOINED };
    int rc = ERR_OK;

    for (size_t i = 0; i < COUNT_OF(moves) && rc == ERR_OK; i++)
        rc = run_two(db, moves[i], from, into, e);
    return rc == ERR_OK ? run_one(db, DB_GROUP_REUSE, into, e) : rc;
}

static int touch(struct group *g, int64_t candidate, struct err *e)
{
    int64_t *at = &g->touched[(uint64_t)candidate % TOUCHED_SLOTS];
    int rc = ERR_OK;

    if (*at != candidate && *at != 0)
        rc = group_score(g->db, *at, e);
    *at = candidate;
    return rc;
}

/* --- what is common -------------------------------------------------------------------------- */

static int number_of(struct group *g, struct db_row *r, int64_t *out, struct err *e)
{
    int rc = db_next(g->db, r, e);

    *out = rc == 1 ? db_get_int(r, 0) : 0;
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

static int spread_of(struct group *g, enum entity_kind kind, struct span key, int64_t week,
                     int64_t *count, struct err *e)
{
    struct db_row *r = db_use(g->db, DB_GROUP_SPREAD);

    db_text(r, 1, span_of(entity_rows[kind].name));
    db_text(r, 2, key);
    db_int(r, 3, week);
    return number_of(g, r, count, e);
}

/* 1: it is at one of these times, by that week or the one before. */
static int is_common(struct group *g, enum entity_kind kind, struct span key, int64_t first,
                     int64_t last, struct err *e)
{
    int64_t count = 0;
    int rc = ERR_OK;

    if (entity_rows[kind].common == 0)
        return 0;
    for (int64_t w = week_of(first) - 1; w <= week_of(last) && rc == ERR_OK; w++) {
        rc = spread_of(g, kind, key, w, &count, e);
        if (rc == ERR_OK && count > entity_rows[kind].common)
            return 1;
    }
    return rc;
}

/* It came with `other`. *turned: by this it is common now. */
static int spread(struct group *g, enum entity_kind kind, struct span key, int64_t time_ns,
                  struct span other, bool *turned, struct err *e)
{
    struct db_row *r = db_use(g->db, DB_GROUP_SPREAD_PUT);
    int64_t count = 0;
    int rc;

    db_text(r, 1, span_of(entity_rows[kind].name));
    db_text(r, 2, key);
    db_int(r, 3, week_of(time_ns));
    db_text(r, 4, other);
    db_int(r, 5, entity_rows[kind].common);
    rc = db_run(g->db, r, e);
    if (rc != ERR_OK || db_changed(g->db) == 0)
        return rc;
    rc = spread_of(g, kind, key, week_of(time_ns), &count, e);
    *turned |= count == (int64_t)entity_rows[kind].common + 1;
    return rc;
}

/* --- joining --------------------------------------------------------------------------------- */

/* An alert while it is being linked. */
struct member {
    int64_t alert, candidate; /* 0: it is of none yet */
    int64_t first, last;
};

static int put_into(struct group *g, struct member *m, int64_t candidate, struct err *e)
{
    struct db_row *r;
    int rc = run_two(g->db, DB_GROUP_PUT, m->alert, candidate, e);

    if (rc != ERR_OK)
        return rc;
    m->candidate = candidate;
    r = db_use(g->db, DB_GROUP_GROW);
    db_int(r, 1, candidate);
    db_int(r, 2, 1);
    db_int(r, 3, m->last);
    rc = db_run(g->db, r, e);
    return rc == ERR_OK ? touch(g, candidate, e) : rc;
}

static int put_alone(struct group *g, struct member *m, struct err *e)
{
    int64_t id = g->reuse;
    int rc = ERR_OK;

    g->reuse = 0;
    if (id == 0) {
        rc = run_one(g->db, DB_GROUP_OPEN, m->first, e);
        id = db_key(g->db);
    }
    return rc == ERR_OK ? put_into(g, m, id, e) : rc;
}

struct link {
    enum entity_kind kind;
    struct span key;
    int64_t first, last;
    int64_t id, candidate, alerts; /* of one that was found */
};

/* 1: another that is near enough in time. */
static int find_link(struct group *g, const struct link *l, struct link *out, struct err *e)
{
    int64_t gap = entity_rows[l->kind].gap_ns;
    struct db_row *r = db_use(g->db, DB_GROUP_LINK_FIND);
    int rc;

    db_text(r, 1, span_of(entity_rows[l->kind].name));
    db_text(r, 2, l->key);
    db_int(r, 3, add_ns(l->first, -gap));
    db_int(r, 4, add_ns(l->last, gap));
    rc = db_next(g->db, r, e);
    if (rc == 1)
        *out = (struct link){ .id = db_get_int(r, 0),
                              .first = db_get_int(r, 1),
                              .last = db_get_int(r, 2),
                              .candidate = db_get_int(r, 3),
                              .alerts = db_get_int(r, 4) };
    db_end(r);
    return rc;
}

/* The alert and its candidate go together with that of a link. 1: done, 0: it has no room. */
static int unite(struct group *g, struct member *m, const struct link *with, struct err *e)
{
    struct db_row *r = db_use(g->db, DB_GROUP_SIZE);
    int64_t own = 1, from, into;
    int rc = ERR_OK;

    if (m->candidate == with->candidate)
        return 1;
    if (m->candidate != 0) {
        db_int(r, 1, m->candidate);
        rc = number_of(g, r, &own, e);
    }
    if (rc != ERR_OK || own + with->alerts > GROUP_ALERTS_MAX)
        return rc;
    if (m->candidate == 0)
        return (rc = put_into(g, m, with->candidate, e)) == ERR_OK ? 1 : rc;
    from = m->candidate > with->candidate ? m->candidate : with->candidate;
    into = m->candidate > with->candidate ? with->candidate : m->candidate;
    rc = group_join(g->db, from, into, e);
    m->candidate = into;
    if (rc == ERR_OK)
        rc = touch(g, into, e);
    return rc == ERR_OK ? 1 : rc;
}

static int put_link(struct group *g, const struct link *l, int64_t candidate, struct err *e)
{
    struct db_row *r = db_use(g->db, DB_GROUP_LINK_ADD);

    db_text(r, 1, span_of(entity_rows[l->kind].name));
    db_text(r, 2, l->key);
    db_int(r, 3, l->first);
    db_int(r, 4, l->last);
    db_int(r, 5, candidate);
    return db_run(g->db, r, e);
}

/* All that is near in time becomes one link of one candidate. */
static int link_up(struct group *g, struct member *m, struct link l, struct err *e)
{
    struct link near;
    int rc = is_common(g, l.kind, l.key, l.first, l.last, e);

    if (rc != 0)
        return rc < 0 ? rc : ERR_OK;
    while ((rc = find_link(g, &l, &near, e)) == 1) {
        rc = unite(g, m, &near, e);
        if (rc != 1)
            break;
        l.first = near.first < l.first ? near.first : l.first;
        l.last = near.last > l.last ? near.last : l.last;
        rc = run_one(g->db, DB_GROUP_LINK_DROP, near.id, e);
        if (rc != ERR_OK)
            break;
    }
    if (rc == 0 && m->candidate == 0)
        rc = put_alone(g, m, e);
    return rc == ERR_OK ? put_link(g, &l, m->candidate, e) : rc;
}

/* A candidate that is there is better than one more. */
static int settle(struct group *g, struct member *m, const struct link *l, uint32_t count,
                  struct err *e)
{
    struct link near;
    int rc = ERR_OK;

    for (uint32_t i = 0; i < count && m->candidate == 0 && rc == ERR_OK; i++) {
        rc = is_common(g, l[i].kind, l[i].key, l[i].first, l[i].last, e);
        if (rc != 0) {
            rc = rc < 0 ? rc : ERR_OK;
            continue;
        }
        rc = find_link(g, &l[i], &near, e);
        if (rc == 1)
            rc = unite(g, m, &near, e);
        rc = rc < 0 ? rc : ERR_OK;
    }
    return rc;
}

static int link_all(struct group *g, struct member *m, const struct link *l, uint32_t count,
                    struct err *e)
{
    int rc = settle(g, m, l, count, e);

    for (uint32_t i = 0; i < count && rc == ERR_OK; i++)
        rc = link_up(g, m, l[i], e);
    if (rc == ERR_OK && m->candidate == 0)
        rc = put_alone(g, m, e);
    return rc == ERR_OK ? touch(g, m->candidate, e) : rc;
}

/* --- making anew ------------------------------------------------------------------------------ */

/* Of an alert; the keys are put into `text`, whose places the links have when all is read. */
static int read_entities(struct group *g, int64_t alert, struct link *l, uint32_t *count,
                         struct buf *text, struct err *e)
{
    struct db_row *r = db_use(g->db, DB_GROUP_ENTITIES);
    size_t at = 0;
    int rc;

    *count = 0;
    db_int(r, 1, alert);
    while ((rc = db_next(g->db, r, e)) == 1 && *count < GROUP_ENTITIES_MAX) {
        struct span key = db_get_text(r, 1);
        enum entity_kind kind = entity_kind_of(db_get_text(r, 0));

        if (kind == ENTITY_KINDS)
            continue;
        l[(*count)++] = (struct link){
            .kind = kind, .key.n = key.n, .first = db_get_int(r, 2), .last = db_get_int(r, 3)
        };
        buf_add(text, key);
    }
    db_end(r);
    if (rc >= 0 && buf_failed(text))
        return err_set(e, ERR_NOMEM, 0, "There is no memory for entities.");
    for (uint32_t i = 0; i < *count; i++) {
        l[i].key.p = text->p + at;
        at += l[i].key.n;
    }
    return rc < 0 ? rc : ERR_OK;
}

/* An alert that is of no candidate finds its place by all that is known of it. */
static int place(struct group *g, int64_t alert, struct err *e)
{
    struct link l[GROUP_ENTITIES_MAX];
    struct member m = { .alert = alert, .first = INT64_MAX, .last = INT64_MIN };
    uint32_t count;
    struct buf text;
    int rc;

    buf_init(&text, (size_t)1 << 20);
    rc = read_entities(g, alert, l, &count, &text, e);
    for (uint32_t i = 0; i < count; i++) {
        m.first = l[i].first < m.first ? l[i].first : m.first;
        m.last = l[i].last > m.last ? l[i].last : m.last;
    }
    if (rc == ERR_OK)
        rc = link_all(g, &m, l, count, e);
    buf_release(&text);
    return rc;
}

/* At most `max` numbers that a statement gives. */
static int numbers(struct group *g, struct db_row *r, int64_t *out, uint32_t max, uint32_t *count,
                   struct err *e)
{
    int rc;

    *count = 0;
    while (*count < max && (rc = db_next(g->db, r, e)) == 1)
        out[(*count)++] = db_get_int(r, 0);
    rc = *count == max ? 0 : rc;
    db_end(r);
    return rc;
}

/* What was one candidate becomes those that its alerts make now; one keeps its number. */
static int make_anew(struct group *g, int64_t candidate, struct err *e)
{
    int64_t *alert = calloc(GROUP_ALERTS_MAX, sizeof(*alert));
    struct db_row *r = db_use(g->db, DB_GROUP_MEMBERS);
    uint32_t count = 0;
    int rc;

    if (alert == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for candidates.");
    db_int(r, 1, candidate);
    rc = numbers(g, r, alert, GROUP_ALERTS_MAX, &count, e);
    if (rc == ERR_OK)
        rc = run_one(g->db, DB_GROUP_LINKS_DROP, candidate, e);
    if (rc == ERR_OK)
        rc = run_one(g->db, DB_GROUP_EMPTY, candidate, e);
    if (rc == ERR_OK)
        rc = run_one(g->db, DB_GROUP_REUSE, candidate, e);
    g->reuse = candidate;
    for (uint32_t i = 0; i < count && rc == ERR_OK; i++)
        rc = place(g, alert[i], e);
    g->reuse = 0;
    free(alert);
    return rc == ERR_OK ? touch(g, candidate, e) : rc;
}

/* An entity became common in a week: what it linked in that and in the next is one no more by it.
 */
static int part(struct group *g, enum entity_kind kind, struct span key, int64_t week,
                struct err *e)
{
    struct db_row *r = db_use(g->db, DB_GROUP_LINKED);
    int64_t *candidate = calloc(REMADE_MAX, sizeof(*candidate));
    uint32_t count = 0;
    int rc;

    if (candidate == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for candidates.");
    db_text(r, 1, span_of(entity_rows[kind].name));
    db_text(r, 2, key);
    db_int(r, 3, week * WEEK_NS);
    db_int(r, 4, (week + 2) * WEEK_NS);
    rc = numbers(g, r, candidate, REMADE_MAX, &count, e);
    for (uint32_t i = 0; i < count && rc == ERR_OK; i++)
        rc = make_anew(g, candidate[i], e);
    free(candidate);
    return rc;
}

struct turned {
    enum entity_kind kind;
    uint32_t bytes;
    int64_t week;
};

/* Of all that became common since. */
static int part_all(struct group *g, struct err *e)
{
    struct span rest = buf_span(&g->turned);
    int rc = ERR_OK;

    while (rest.n > 0 && rc == ERR_OK) {
        struct turned t;

        memcpy(&t, rest.p, sizeof(t));
        rest = span_from(rest, sizeof(t));
        rc = part(g, t.kind, (struct span){ rest.p, t.bytes }, t.week, e);
        rest = span_from(rest, t.bytes);
    }
    buf_clear(&g->turned);
    return rc;
}

/* Many in one transaction often linked the same candidates: those are made anew once. */
static int turn(struct group *g, enum entity_kind kind, struct span key, int64_t week,
                struct err *e)
{
    const struct turned t = { kind, (uint32_t)key.n, week };
    int rc = TURNED_BYTES - g->turned.n < sizeof(t) + key.n ? part_all(g, e) : ERR_OK;

    buf_add(&g->turned, (struct span){ (const uint8_t *)&t, sizeof(t) });
    buf_add(&g->turned, key);
    if (rc == ERR_OK && buf_failed(&g->turned))
        return err_set(e, ERR_NOMEM, 0, "There is no memory for candidates.");
    return rc;
}

int group_flush(struct group *g, int64_t now_ns, struct err *e)
{
    int64_t week = week_of(now_ns);
    int rc = part_all(g, e);

    for (uint32_t i = 0; i < TOUCHED_SLOTS && rc == ERR_OK; i++) {
        if (g->touched[i] != 0)
            rc = group_score(g->db, g->touched[i], e);
        g->touched[i] = 0;
    }
    if (rc == ERR_OK && g->pruned != week) {
        rc = run_one(g->db, DB_GROUP_SPREAD_PRUNE, week - KEPT_WEEKS, e);
        g->pruned = week;
    }
    return rc;
}

/* --- events ----------------------------------------------------------------------------------- */

static int put_entity(struct group *g, const struct group_event *ev, uint32_t i, struct err *e)
{
    struct span key = entities_key(&g->entities, i);
    enum entity_kind kind = g->entities.of[i].kind;
    uint64_t of = XXH3_64bits_withSeed(key.p, key.n, (uint64_t)ev->alert * ENTITY_KINDS + kind);
    struct seen *s = &g->seen[of % SEEN_SLOTS];
    struct db_row *r;
    int rc;

    g->fresh[i] = false;
    if (s->of == of && s->first <= ev->time_ns && ev->time_ns <= s->last)
        return ERR_OK;
    r = db_use(g->db, DB_GROUP_ENTITY_PUT);
    db_int(r, 1, ev->alert);
    db_text(r, 2, span_of(entity_rows[kind].name));
    db_text(r, 3, key);
    db_int(r, 4, ev->time_ns);
    db_int(r, 5, GROUP_ENTITIES_MAX);
    rc = db_next(g->db, r, e);
    g->fresh[i] = rc == 1;
    if (rc == 1)
        *s = (struct seen){ of, db_get_int(r, 0), db_get_int(r, 1) };
    g->times[i] = *s;
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

static int put_tactics(struct group *g, int64_t alert, struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t i = 0; i < g->entities.tactic_count && rc == ERR_OK; i++) {
        struct db_row *r = db_use(g->db, DB_GROUP_TACTIC_PUT);

        db_int(r, 1, alert);
        db_int(r, 2, g->entities.tactic[i].tactic);
        db_text(r, 3, span_of(g->entities.tactic[i].technique));
        rc = db_run(g->db, r, e);
    }
    return rc;
}

/* Hosts with users, all others with the event's host, which is the first entity. */
static int spread_one(struct group *g, const struct group_event *ev, uint32_t i, bool *turned,
                      struct err *e)
{
    const struct entities *x = &g->entities;
    bool is_host = x->of[i].kind == ENTITY_HOST;
    int rc = ERR_OK;

    if (entity_rows[x->of[i].kind].common == 0)
        return ERR_OK;
    for (uint32_t j = 0; j < x->count && rc == ERR_OK; j++) {
        if (is_host ? i == 0 && x->of[j].kind == ENTITY_USER
                    : j == 0 && x->of[j].kind == ENTITY_HOST)
            rc = spread(g, x->of[i].kind, entities_key(x, i), ev->time_ns, entities_key(x, j),
                        turned, e);
    }
    return rc;
}

static int link_event(struct group *g, const struct group_event *ev, struct err *e)
{
    struct member m = { .alert = ev->alert, .first = ev->time_ns, .last = ev->time_ns };
    struct db_row *r = db_use(g->db, DB_GROUP_ALERT);
    struct link l[ENTITIES_MAX];
    uint32_t count = 0;
    bool stays;
    int rc;

    db_int(r, 1, ev->alert);
    rc = db_next(g->db, r, e);
    if (rc <= 0)
        return rc;
    stays = db_get_int(r, 0) < GROUP_LEVEL || db_get_int(r, 1) != 0 || db_get_int(r, 3) != 0;
    m.candidate = db_get_null(r, 2) ? 0 : db_get_int(r, 2);
    db_end(r);
    if (stays)
        return ERR_OK;
    for (uint32_t i = 0; i < g->entities.count; i++) {
        if (g->fresh[i])
            l[count++] = (struct link){ .kind = g->entities.of[i].kind,
                                        .key = entities_key(&g->entities, i),
                                        .first = g->times[i].first,
                                        .last = g->times[i].last };
    }
    return link_all(g, &m, l, count, e);
}

int group_event(struct group *g, const struct group_event *ev, struct err *e)
{
    bool turned[ENTITIES_MAX] = { false }, any = false;
    int rc = ERR_OK;

    MUST(db_in_transaction(g->db));
    entities_read(&g->entities, ev->host, ev->json);
    for (uint32_t i = 0; i < g->entities.count && rc == ERR_OK; i++) {
        rc = put_entity(g, ev, i, e);
        any |= g->fresh[i];
        if (rc == ERR_OK && g->fresh[i])
            rc = spread_one(g, ev, i, &turned[i], e);
    }
    if (rc == ERR_OK && (any || g->entities.count == 0))
        rc = put_tactics(g, ev->alert, e);
    if (rc == ERR_OK && (any || g->entities.count == 0))
        rc = link_event(g, ev, e);
    for (uint32_t i = 0; i < g->entities.count && rc == ERR_OK; i++) {
        if (turned[i])
            rc = turn(g, g->entities.of[i].kind, entities_key(&g->entities, i),
                      week_of(ev->time_ns), e);
    }
    return rc;
}
