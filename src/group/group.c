/*
 * group.c - see group.h. A row of candidate_link is a time without a gap in
 * which an entity came in alerts of one candidate: so what an alert shares with
 * all others is found by one look at an index an entity, and rows of one entity
 * and open candidate never touch.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "group/group.h"

#include <stdlib.h>

#include "act/key.h"
#include "group/group_own.h"
#include "os/host.h"

#define SEEN_SLOTS 8192u
#define KEPT_DAYS  30

/* An entity of an alert that is written, and for which times. */
struct seen {
    uint64_t of;
    int64_t first, last;
};

struct group {
    struct db *db;
    struct entities entities; /* of the event */
    struct seen *seen;
    struct commons commons;
    int64_t reuse; /* the number that the next candidate gets; 0: a new one */
    int64_t pruned, now_ns;
    uint8_t rule[GROUP_RULE_BYTES];  /* of the alert at hand */
    struct seen times[ENTITIES_MAX]; /* of the event's entities in its alert,
                                        where fresh */
    bool fresh[ENTITIES_MAX];
    bool news; /* the event says more than that it goes on */
};

int group_new(struct group **out, struct db *db, struct err *e)
{
    struct group *g = calloc(1, sizeof(*g));

    *out = g;
    if (g != NULL) {
        g->db = db;
        entities_init(&g->entities);
        g->seen = calloc(SEEN_SLOTS, sizeof(*g->seen));
        if (commons_init(&g->commons, db) == ERR_OK && g->seen != NULL)
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
    free((*g)->seen);
    commons_release(&(*g)->commons);
    free(*g);
    *g = NULL;
}

void group_clock(struct group *g, int64_t now_ns)
{
    g->now_ns = now_ns > 0 ? now_ns : 1; /* 0 says that nothing is due */
    g->commons.now_ns = g->now_ns;
}

void group_forget(struct group *g)
{
    memset(g->seen, 0, SEEN_SLOTS * sizeof(*g->seen));
    commons_forget(&g->commons);
    g->pruned = 0;
}

static int64_t add_ns(int64_t a, int64_t b)
{
    int64_t sum;

    if (__builtin_add_overflow(a, b, &sum))
        return b > 0 ? INT64_MAX : INT64_MIN;
    return sum;
}

/* --- small statements
 * ------------------------------------------------------------------------ */

int group_run_two(struct db *db, enum db_statement s, int64_t a, int64_t b, struct err *e)
{
    struct db_row *r = db_use(db, s);

    db_int(r, 1, a);
    db_int(r, 2, b);
    return db_run(db, r, e);
}

int group_run_one(struct db *db, enum db_statement s, int64_t a, struct err *e)
{
    struct db_row *r = db_use(db, s);

    db_int(r, 1, a);
    return db_run(db, r, e);
}

int group_number(struct db *db, struct db_row *r, int64_t *out, struct err *e)
{
    int rc = db_next(db, r, e);

    *out = rc == 1 ? db_get_int(r, 0) : 0;
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

/* --- for acts
 * --------------------------------------------------------------------------------
 */

int group_join(struct db *db, int64_t from, int64_t into, int64_t now_ns, struct err *e)
{
    static const enum db_statement moves[] = { DB_GROUP_MOVE, DB_GROUP_MOVE_LINKS, DB_GROUP_FOLLOW,
                                               DB_GROUP_JOINED };
    int rc = ERR_OK;

    for (size_t i = 0; i < COUNT_OF(moves) && rc == ERR_OK; i++)
        rc = group_run_two(db, moves[i], from, into, e);
    return rc == ERR_OK ? group_run_two(db, DB_GROUP_COUNT, into, now_ns, e) : rc;
}

int group_anew(struct db *db, int64_t candidate, struct err *e)
{
    static const enum db_statement steps[] = { DB_GROUP_WAIT, DB_GROUP_LINKS_DROP, DB_GROUP_EMPTY };
    int rc = ERR_OK;

    for (size_t i = 0; i < COUNT_OF(steps) && rc == ERR_OK; i++)
        rc = group_run_one(db, steps[i], candidate, e);
    return rc == ERR_OK ? group_run_two(db, DB_GROUP_COUNT, candidate, GROUP_AT_ONCE, e) : rc;
}

/* --- joining
 * ---------------------------------------------------------------------------------
 */

/* An alert while it is being linked. */
struct member {
    int64_t alert, candidate; /* 0: it is of none yet */
    int64_t alerts;           /* of that */
    int64_t first, last;
    enum sigma_level level;
    struct span rule; /* in g->rule */
    bool common;      /* that rule, on the day of the alert */
    bool common_now;  /* on the day of the event */
    bool goes_on;     /* nothing by which its candidate counts otherwise */
};

static int put_into(struct group *g, struct member *m, int64_t candidate, int64_t alerts,
                    struct err *e)
{
    struct db_row *r = db_use(g->db, DB_GROUP_PUT);
    int rc;

    db_int(r, 1, m->alert);
    db_int(r, 2, candidate);
    db_int(r, 3, m->common);
    rc = db_run(g->db, r, e);
    if (rc != ERR_OK)
        return rc;
    m->candidate = candidate;
    m->alerts = alerts + 1;
    r = db_use(g->db, DB_GROUP_GROW);
    db_int(r, 1, candidate);
    db_int(r, 2, 1);
    db_int(r, 3, m->last);
    db_int(r, 4, g->now_ns);
    return db_run(g->db, r, e);
}

static int put_alone(struct group *g, struct member *m, struct err *e)
{
    int64_t id = g->reuse;
    int rc = ERR_OK;

    g->reuse = 0;
    if (id == 0) {
        rc = group_run_one(g->db, DB_GROUP_OPEN, m->first, e);
        id = db_key(g->db);
    }
    return rc == ERR_OK ? put_into(g, m, id, 0, e) : rc;
}

/* 1: another that is near enough in time, of a candidate that has room for this
 * one's. */
static int find_link(struct group *g, const struct member *m, const struct group_link *l,
                     struct group_link *out, struct err *e)
{
    int64_t gap = entity_rows[l->kind].gap_ns;
    struct db_row *r = db_use(g->db, DB_GROUP_LINK_FIND);
    int rc;

    db_text(r, 1, span_of(entity_rows[l->kind].name));
    db_text(r, 2, l->key);
    db_int(r, 3, add_ns(l->first, -gap));
    db_int(r, 4, add_ns(l->last, gap));
    db_int(r, 5, m->candidate);
    db_int(r, 6, GROUP_ALERTS_MAX - (m->candidate == 0 ? 1 : m->alerts));
    rc = db_next(g->db, r, e);
    if (rc == 1)
        *out = (struct group_link){ .id = db_get_int(r, 0),
                                    .first = db_get_int(r, 1),
                                    .last = db_get_int(r, 2),
                                    .candidate = db_get_int(r, 3),
                                    .alerts = db_get_int(r, 4),
                                    .parts = db_get_int(r, 5) };
    db_end(r);
    return rc;
}

/* The alert and its candidate go together with that of a link. */
static int unite(struct group *g, struct member *m, const struct group_link *with, struct err *e)
{
    int64_t from, into;
    int rc;

    if (m->candidate == with->candidate)
        return ERR_OK;
    if (m->candidate == 0)
        return put_into(g, m, with->candidate, with->alerts, e);
    from = m->candidate > with->candidate ? m->candidate : with->candidate;
    into = m->candidate > with->candidate ? with->candidate : m->candidate;
    rc = group_join(g->db, from, into, g->now_ns, e);
    m->candidate = into;
    m->alerts += with->alerts;
    return rc;
}

int group_put_link(struct db *db, const struct group_link *l, int64_t candidate, struct err *e)
{
    struct db_row *r = db_use(db, DB_GROUP_LINK_ADD);

    db_text(r, 1, span_of(entity_rows[l->kind].name));
    db_text(r, 2, l->key);
    db_int(r, 3, l->first);
    db_int(r, 4, l->last);
    db_int(r, 5, candidate);
    db_int(r, 6, l->parts);
    return db_run(db, r, e);
}

/* All that is near in time becomes one link of one candidate. */
static int link_up(struct group *g, struct member *m, struct group_link l, struct err *e)
{
    struct group_link near;
    int rc;

    while ((rc = find_link(g, m, &l, &near, e)) == 1) {
        rc = unite(g, m, &near, e);
        l.first = near.first < l.first ? near.first : l.first;
        l.last = near.last > l.last ? near.last : l.last;
        l.parts = l.parts != 0 ? l.parts : near.parts;
        if (rc == ERR_OK)
            rc = group_run_one(g->db, DB_GROUP_LINK_DROP, near.id, e);
        if (rc != ERR_OK)
            return rc;
    }
    if (rc == 0 && m->candidate == 0)
        rc = put_alone(g, m, e);
    return rc == ERR_OK ? group_put_link(g->db, &l, m->candidate, e) : rc;
}

/* A candidate that is there is better than one more. */
static int settle(struct group *g, struct member *m, const struct group_link *l, uint32_t count,
                  struct err *e)
{
    struct group_link near;
    int rc = ERR_OK;

    for (uint32_t i = 0; i < count && m->candidate == 0 && rc == ERR_OK; i++) {
        if (l[i].common)
            continue;
        rc = find_link(g, m, &l[i], &near, e);
        if (rc == 1)
            rc = unite(g, m, &near, e);
    }
    return rc;
}

/* Further events of an alert took it to days on which what linked it is common.
 */
static int unlink_common(struct group *g, const struct member *m, const struct group_link *l,
                         struct err *e)
{
    struct db_row *r;

    if (m->candidate == 0 || day_of(l->first) == day_of(l->last))
        return ERR_OK;
    r = db_use(g->db, DB_GROUP_LINK_PARTS);
    db_text(r, 1, span_of(entity_rows[l->kind].name));
    db_text(r, 2, l->key);
    db_int(r, 3, l->first);
    db_int(r, 4, l->last);
    db_int(r, 5, m->candidate);
    db_int(r, 6, g->now_ns);
    return db_run(g->db, r, e);
}

static int see_common(struct group *g, const struct member *m, struct group_link *l, struct err *e)
{
    int rc;

    l->common = m->common && (l->kind == ENTITY_HOST || l->kind == ENTITY_USER);
    if (l->common)
        return ERR_OK;
    rc = group_common(g->db, l->kind, l->key, l->first, l->last, e);

    l->common = rc == 1;
    return rc == 1 ? unlink_common(g, m, l, e) : rc;
}

static int link_all(struct group *g, struct member *m, struct group_link *l, uint32_t count,
                    struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t i = 0; i < count && rc == ERR_OK; i++)
        rc = see_common(g, m, &l[i], e);
    if (rc == ERR_OK)
        rc = settle(g, m, l, count, e);
    for (uint32_t i = 0; i < count && rc == ERR_OK; i++) {
        if (!l[i].common)
            rc = link_up(g, m, l[i], e);
    }
    if (rc == ERR_OK && m->candidate == 0)
        rc = put_alone(g, m, e);
    if (rc != ERR_OK)
        return rc;
    return m->goes_on ? group_run_two(g->db, DB_GROUP_LAST, m->candidate, m->last, e)
                      : group_run_two(g->db, DB_GROUP_STALE, m->candidate, g->now_ns, e);
}

/* --- making anew
 * ------------------------------------------------------------------------------
 */

/* Of an alert; the keys are put into `text`, whose places the links have when
 * all is read. */
static int read_entities(struct group *g, int64_t alert, struct group_link *l, uint32_t *count,
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
        l[(*count)++] = (struct group_link){
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

/* 1: the alert is of a level that is grouped, nobody said where it belongs, and it does not wait
 * for its place. */
static int is_grouped(struct group *g, struct member *m, struct err *e)
{
    struct db_row *r = db_use(g->db, DB_GROUP_ALERT);
    int rc;

    db_int(r, 1, m->alert);
    db_int(r, 2, day_of(m->last));
    rc = db_next(g->db, r, e);
    if (rc == 1) {
        rc = db_get_int(r, 0) >= GROUP_LEVEL && db_get_int(r, 1) == 0 && db_get_int(r, 3) == 0 &&
             db_get_int(r, 8) == 0;
        m->level = (enum sigma_level)db_get_int(r, 0);
        m->candidate = db_get_null(r, 2) ? 0 : db_get_int(r, 2);
        m->alerts = db_get_int(r, 4);
        m->rule = (struct span){ g->rule, db_get_text(r, 5).n };
        m->rule.n = m->rule.n < sizeof(g->rule) ? m->rule.n : sizeof(g->rule);
        memcpy(g->rule, db_get_text(r, 5).p, m->rule.n);
        m->common = db_get_int(r, 6) != 0;
        m->common_now = db_get_int(r, 7) != 0;
    }
    db_end(r);
    return rc;
}

/* An alert finds its place by all that is known of it. */
static int place(struct group *g, int64_t alert, struct err *e)
{
    struct group_link l[GROUP_ENTITIES_MAX + 1];
    struct member m = { .alert = alert, .first = INT64_MAX, .last = INT64_MIN };
    uint32_t count;
    struct buf text;
    int rc = is_grouped(g, &m, e);

    if (rc != 1)
        return rc;
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

/* --- work behind
 * ------------------------------------------------------------------------------
 */

/* Steps of work: 1: done one, 0: there is none. */

static int part_one(struct group *g, struct err *e)
{
    struct db_row *r = db_use(g->db, DB_GROUP_PARTED);
    int64_t candidate = 0;
    bool open = false;
    int rc;

    db_int(r, 1, g->now_ns);
    rc = db_next(g->db, r, e);
    if (rc == 1) {
        candidate = db_get_int(r, 0);
        open = db_get_int(r, 1) != 0;
    }
    db_end(r);
    if (rc != 1)
        return rc;
    rc = open ? group_split(g->db, candidate, g->now_ns, e)
              : group_run_one(g->db, DB_GROUP_LINKS_KEEP, candidate, e);
    return rc == ERR_OK ? 1 : rc;
}

static int place_one(struct group *g, struct err *e)
{
    struct db_row *r = db_use(g->db, DB_GROUP_WAITING);
    int64_t alert = 0;
    int rc = db_next(g->db, r, e);

    if (rc == 1) {
        alert = db_get_int(r, 0);
        g->reuse = db_get_int(r, 1);
    }
    db_end(r);
    if (rc != 1)
        return rc;
    rc = group_run_one(g->db, DB_GROUP_WAITED, alert, e);
    if (rc == ERR_OK)
        rc = place(g, alert, e);
    g->reuse = 0;
    return rc == ERR_OK ? 1 : rc;
}

static int score_one(struct group *g, struct err *e)
{
    struct db_row *r = db_use(g->db, DB_GROUP_STALE_ONE);
    int64_t candidate = 0;
    int rc;

    db_int(r, 1, g->now_ns);
    rc = group_number(g->db, r, &candidate, e);
    if (rc != ERR_OK || candidate == 0)
        return rc;
    rc = group_run_one(g->db, DB_GROUP_SCORE, candidate, e);
    if (rc == ERR_OK)
        rc = group_run_one(g->db, DB_GROUP_DISSOLVE, candidate, e);
    return rc == ERR_OK ? 1 : rc;
}

static int turn_one(struct group *g, struct err *e)
{
    return commons_turn_one(&g->commons, e);
}

static int judge_one(struct group *g, struct err *e)
{
    static const enum db_statement steps[] = { DB_GROUP_JUDGED_RISK, DB_GROUP_JUDGED_SCORE,
                                               DB_GROUP_JUDGED_DONE };
    int64_t alert = 0;
    int rc = group_number(g->db, db_use(g->db, DB_GROUP_JUDGED), &alert, e);

    if (rc != ERR_OK || alert == 0)
        return rc;
    for (size_t i = 0; i < COUNT_OF(steps) && rc == ERR_OK; i++)
        rc = group_run_one(g->db, steps[i], alert, e);
    return rc == ERR_OK ? 1 : rc;
}

static int risk_one(struct group *g, struct err *e)
{
    static const enum db_statement steps[] = { DB_GROUP_RISK_DROP, DB_GROUP_RISK,
                                               DB_GROUP_RISK_DONE };
    struct db_row *r = db_use(g->db, DB_GROUP_RISK_ONE);
    enum entity_kind kind = ENTITY_KINDS;
    uint8_t room[KEY_BYTES_MAX + 64];
    struct span key = { room, 0 };
    int rc;

    db_int(r, 1, g->now_ns);
    rc = db_next(g->db, r, e);
    if (rc == 1) {
        kind = entity_kind_of(db_get_text(r, 0));
        key.n = db_get_text(r, 1).n;
        MUST(kind != ENTITY_KINDS && key.n <= sizeof(room));
        memcpy(room, db_get_text(r, 1).p, key.n);
    }
    db_end(r);
    if (rc != 1)
        return rc;
    rc = ERR_OK;
    for (size_t i = 0; i < COUNT_OF(steps) && rc == ERR_OK; i++) {
        r = db_use(g->db, steps[i]);
        db_text(r, 1, span_of(entity_rows[kind].name));
        db_text(r, 2, key);
        rc = db_run(g->db, r, e);
    }
    return rc == ERR_OK ? 1 : rc;
}

static int prune(struct group *g, int64_t now_ns, struct err *e)
{
    int64_t day = day_of(now_ns);
    int rc = ERR_OK;

    if (g->pruned == day)
        return ERR_OK;
    rc = group_run_one(g->db, DB_GROUP_SPREAD_PRUNE, day - KEPT_DAYS, e);
    if (rc == ERR_OK)
        rc = group_run_one(g->db, DB_GROUP_MANY_PRUNE, day - KEPT_DAYS, e);
    g->pruned = day;
    return rc;
}

int group_work(struct group *g, int64_t now_ns, bool *more, struct err *e)
{
    static int (*const steps[])(struct group * g, struct err * e) = { part_one,  place_one,
                                                                      turn_one,  judge_one,
                                                                      score_one, risk_one };
    double until = host_seconds() + GROUP_WORK_S;
    int rc = prune(g, now_ns, e);

    MUST(db_in_transaction(g->db));
    group_clock(g, now_ns);
    *more = false;
    for (size_t i = 0; i < COUNT_OF(steps) && rc == ERR_OK && !*more;) {
        rc = steps[i](g, e);
        i = rc == 1 ? 0 : i + 1;
        *more = rc == 1 && host_seconds() >= until;
        rc = rc == 1 ? ERR_OK : rc;
    }
    return rc;
}

/* --- events
 * -----------------------------------------------------------------------------------
 */

static int put_more(struct group *g, const struct group_event *ev, struct err *e)
{
    return group_run_two(g->db, DB_GROUP_ENTITY_MORE, ev->alert, ev->time_ns, e);
}

static int risk_stale(struct group *g, enum entity_kind kind, struct span key, struct err *e)
{
    struct db_row *r = db_use(g->db, DB_GROUP_RISK_STALE);

    db_text(r, 1, span_of(entity_rows[kind].name));
    db_text(r, 2, key);
    db_int(r, 3, g->now_ns);
    return db_run(g->db, r, e);
}

static int put_entity(struct group *g, const struct group_event *ev, uint32_t i, struct err *e)
{
    struct span key = entities_key(&g->entities, i);
    enum entity_kind kind = g->entities.of[i].kind;
    uint64_t of = XXH3_64bits_withSeed(
        key.p, key.n, ((uint64_t)ev->alert * ENTITY_KINDS + kind) * 2 + g->entities.of[i].tried);
    struct seen *s = &g->seen[of % SEEN_SLOTS];
    struct db_row *r;
    bool begins;
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
    if (rc <= 0)
        return rc < 0 ? rc : put_more(g, ev, e);
    begins = s->first == ev->time_ns;
    g->news |= begins;
    return begins && entity_rows[kind].risk ? risk_stale(g, kind, key, e) : ERR_OK;
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
        g->news |= rc == ERR_OK && db_changed(g->db) > 0;
    }
    return rc;
}

/* Is `j` what makes `i` common? Hosts: users who came in. Others: the event's own host, which is
 * the first, or where none is told, other addresses. */
static bool spreads(const struct entities *x, uint32_t i, uint32_t j)
{
    bool host_told = x->count > 0 && x->of[0].kind == ENTITY_HOST;

    if (entity_rows[x->of[i].kind].common == 0)
        return false;
    if (x->of[i].kind == ENTITY_HOST)
        return x->of[j].kind == ENTITY_USER && !x->of[j].tried;
    return host_told ? j == 0 : i != j && x->of[j].kind == ENTITY_ADDRESS;
}

static int spread_all(struct group *g, const struct member *m, struct err *e)
{
    const struct entities *x = &g->entities;
    int rc = ERR_OK;

    for (uint32_t at = 0; at < x->count * x->count && rc == ERR_OK; at++) {
        uint32_t i = at / x->count, j = at % x->count;

        if (spreads(x, i, j))
            rc = commons_entity(&g->commons, x->of[i].kind, entities_key(x, i), day_of(m->last),
                                m->rule, entities_key(x, j), e);
    }
    return rc;
}

/* On which hosts a rule finds on a day; addresses, where no host is told. */
static int spread_rule(struct group *g, const struct member *m, struct err *e)
{
    const struct entities *x = &g->entities;
    uint32_t i = 0;

    while (i < x->count && x->of[i].kind != ENTITY_HOST && x->of[i].kind != ENTITY_ADDRESS)
        i++;
    return i == x->count
               ? ERR_OK
               : commons_rule(&g->commons, m->rule, day_of(m->last), entities_key(x, i), e);
}

static int link_event(struct group *g, struct member *m, struct err *e)
{
    struct group_link l[ENTITIES_MAX];
    uint32_t count = 0;

    for (uint32_t i = 0; i < g->entities.count; i++) {
        if (g->fresh[i])
            l[count++] = (struct group_link){ .kind = g->entities.of[i].kind,
                                              .key = entities_key(&g->entities, i),
                                              .first = g->times[i].first,
                                              .last = g->times[i].last };
    }
    return link_all(g, m, l, count, e);
}

/* Something of it is new. */
static int take_event(struct group *g, const struct group_event *ev, struct err *e)
{
    struct member m = { .alert = ev->alert, .first = ev->time_ns, .last = ev->time_ns };
    int rc = put_tactics(g, ev->alert, e), grouped;

    if (rc != ERR_OK)
        return rc;
    grouped = is_grouped(g, &m, e);
    if (grouped < 0 || m.level < GROUP_LEVEL)
        return grouped < 0 ? grouped : ERR_OK;
    m.goes_on = !g->news;
    rc = spread_rule(g, &m, e);
    if (rc == ERR_OK && !m.common_now)
        rc = spread_all(g, &m, e);
    return rc == ERR_OK && grouped == 1 ? link_event(g, &m, e) : rc;
}

int group_event(struct group *g, const struct group_event *ev, struct err *e)
{
    bool any = false;
    int rc = ERR_OK;

    MUST(db_in_transaction(g->db));
    g->news = false;
    entities_read(&g->entities, ev->host, ev->json);
    for (uint32_t i = 0; i < g->entities.count && rc == ERR_OK; i++) {
        rc = put_entity(g, ev, i, e);
        any |= g->fresh[i];
    }
    return rc == ERR_OK && (any || g->entities.count == 0) ? take_event(g, ev, e) : rc;
}
