/*
 * common.c - what is common (group.h): entities that come with many, rules that find everywhere.
 *
 *   event of an alert ─▶ entity came with other, by this rule ─▶ with many on that day ─▶ common:
 * what it linked is parted ─▶ rule came on this host ─▶ on many that day ─▶ group_turn: the rule
 * may have become common on days about that; looked at in small steps: its alerts lose their hosts
 * and users, and what it said of others is taken back; they may be common no more, and link
 *
 * So the tables end as if it had been known from the beginning which rules are common.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <stdlib.h>

#include "act/key.h"
#include "group/group_own.h"

#define SPREAD_SLOTS 8192u
#define TURN_ALERTS  32u /* looked at in a step */

int commons_init(struct commons *c, struct db *db)
{
    c->db = db;
    c->spread = calloc(SPREAD_SLOTS, sizeof(*c->spread));
    return c->spread != NULL ? ERR_OK : ERR_NOMEM;
}

void commons_release(struct commons *c)
{
    free(c->spread);
    c->spread = NULL;
}

void commons_forget(struct commons *c)
{
    memset(c->spread, 0, SPREAD_SLOTS * sizeof(*c->spread));
}

/* --- days with many --------------------------------------------------------------------------- */

static int many_days(struct db *db, enum entity_kind kind, struct span key, int64_t first,
                     int64_t last, int64_t *days, struct err *e)
{
    struct db_row *r = db_use(db, DB_GROUP_MANY);

    db_text(r, 1, span_of(entity_rows[kind].name));
    db_text(r, 2, key);
    db_int(r, 3, first);
    db_int(r, 4, last);
    return group_number(db, r, days, e);
}

int group_common(struct db *db, enum entity_kind kind, struct span key, int64_t first, int64_t last,
                 struct err *e)
{
    int64_t days = 0;
    int rc;

    if (entity_rows[kind].common == 0)
        return 0;
    rc = many_days(db, kind, key, day_of(first) - GROUP_DAYS, day_of(last) + GROUP_DAYS, &days, e);
    return rc == ERR_OK ? days >= 2 : rc;
}

/* days 0: not with many after all. */
static int put_many(struct commons *c, enum entity_kind kind, struct span key, int64_t day,
                    int64_t days, struct err *e)
{
    struct db_row *r = db_use(c->db, days > 0 ? DB_GROUP_MANY_PUT : DB_GROUP_MANY_DROP);

    db_text(r, 1, span_of(entity_rows[kind].name));
    db_text(r, 2, key);
    db_int(r, 3, day);
    if (days > 0)
        db_int(r, 4, days);
    return db_run(c->db, r, e);
}

/* --- who came with whom ----------------------------------------------------------------------- */

/* As how many days it counts to have come with so many on one. */
static int64_t days_for(enum entity_kind kind, int64_t count)
{
    int64_t many = entity_rows[kind].common;

    return count > many * GROUP_VERY_MANY ? 2 : count > many;
}

static int spread_count(struct commons *c, enum entity_kind kind, struct span key, int64_t day,
                        int64_t most, int64_t *count, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_GROUP_SPREAD);

    db_text(r, 1, span_of(entity_rows[kind].name));
    db_text(r, 2, key);
    db_int(r, 3, day);
    db_int(r, 4, most + 1);
    return group_number(c->db, r, count, e);
}

static uint64_t spread_hash(enum entity_kind kind, struct span key, int64_t day, struct span rule,
                            struct span other)
{
    uint64_t of = XXH3_64bits_withSeed(key.p, key.n, (uint64_t)day * ENTITY_KINDS + kind);

    of = XXH3_64bits_withSeed(rule.p, rule.n, of);
    return XXH3_64bits_withSeed(other.p, other.n, of);
}

/* It came with `other` on that day: with how many, of which `most` are told apart; 0: as was known.
 */
static int came_with(struct commons *c, enum entity_kind kind, struct span key, int64_t day,
                     struct span rule, struct span other, int64_t most, int64_t *count,
                     struct err *e)
{
    uint64_t of = spread_hash(kind, key, day, rule, other);
    struct db_row *r;
    int rc;

    *count = 0;
    if (c->spread[of % SPREAD_SLOTS] == of)
        return ERR_OK;
    r = db_use(c->db, DB_GROUP_SPREAD_PUT);
    db_text(r, 1, span_of(entity_rows[kind].name));
    db_text(r, 2, key);
    db_int(r, 3, day);
    db_text(r, 4, rule);
    db_text(r, 5, other);
    db_int(r, 6, most);
    rc = db_run(c->db, r, e);
    if (rc != ERR_OK)
        return rc;
    c->spread[of % SPREAD_SLOTS] = of;
    return db_changed(c->db) == 0 ? ERR_OK : spread_count(c, kind, key, day, most, count, e);
}

/* With this it came with many on that day: what it linked in the days about may have been linked by
 * what is common. */
static int part(struct commons *c, enum entity_kind kind, struct span key, int64_t day,
                struct err *e)
{
    int rc =
        group_common(c->db, kind, key, (day - GROUP_DAYS) * DAY_NS, (day + GROUP_DAYS) * DAY_NS, e);
    struct db_row *r;

    if (rc != 1)
        return rc;
    r = db_use(c->db, DB_GROUP_LINK_PARTS);
    db_text(r, 1, span_of(entity_rows[kind].name));
    db_text(r, 2, key);
    db_int(r, 3, (day - GROUP_DAYS) * DAY_NS);
    db_int(r, 4, (day + GROUP_DAYS + 1) * DAY_NS);
    db_null(r, 5);
    db_int(r, 6, c->now_ns);
    return db_run(c->db, r, e);
}

int commons_entity(struct commons *c, enum entity_kind kind, struct span key, int64_t day,
                   struct span rule, struct span other, struct err *e)
{
    int64_t count, was = 0, most = (int64_t)entity_rows[kind].common * GROUP_VERY_MANY;
    int rc = came_with(c, kind, key, day, rule, other, most, &count, e);

    if (rc != ERR_OK || days_for(kind, count) == 0)
        return rc;
    rc = many_days(c->db, kind, key, day, day, &was, e);
    if (rc != ERR_OK || days_for(kind, count) <= was)
        return rc;
    rc = put_many(c, kind, key, day, days_for(kind, count), e);
    return rc == ERR_OK ? part(c, kind, key, day, e) : rc;
}

/* --- rules ------------------------------------------------------------------------------------ */

static int put_turn(struct commons *c, struct span rule, int64_t day, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_GROUP_TURN_PUT);

    db_text(r, 1, rule);
    db_int(r, 2, (day - GROUP_DAYS) * DAY_NS);
    db_int(r, 3, day - GROUP_DAYS);
    return db_run(c->db, r, e);
}

int commons_rule(struct commons *c, struct span rule, int64_t day, struct span host, struct err *e)
{
    int64_t count;
    int rc;

    if (rule.n == 0)
        return ERR_OK;
    rc = came_with(c, ENTITY_RULE, rule, day, SPAN_NONE, host, GROUP_RULE_HOSTS, &count, e);
    if (rc != ERR_OK || count != GROUP_RULE_HOSTS + 1)
        return rc;
    rc = put_many(c, ENTITY_RULE, rule, day, 1, e);
    return rc == ERR_OK ? put_turn(c, rule, day, e) : rc;
}

/* --- rules that may have become common -------------------------------------------------------- */

struct turn {
    uint8_t room[GROUP_RULE_BYTES];
    struct span rule; /* in `room` */
    int64_t last, alert, day;
};

static int read_turn(struct commons *c, struct turn *t, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_GROUP_TURN);
    int rc = db_next(c->db, r, e);

    if (rc == 1) {
        t->rule = (struct span){ t->room, db_get_text(r, 0).n };
        MUST(t->rule.n <= sizeof(t->room));
        memcpy(t->room, db_get_text(r, 0).p, t->rule.n);
        t->last = db_get_int(r, 1);
        t->alert = db_get_int(r, 2);
        t->day = db_get_int(r, 3);
    }
    db_end(r);
    return rc;
}

static int turn_at(struct commons *c, const struct turn *t, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_GROUP_TURN_AT);

    db_text(r, 1, t->rule);
    db_int(r, 2, t->last);
    db_int(r, 3, t->alert);
    db_int(r, 4, t->day);
    return db_run(c->db, r, e);
}

/* The alert loses its hosts and users, and counts less. */
static int cover(struct commons *c, int64_t alert, int64_t candidate, struct err *e)
{
    int rc = group_run_one(c->db, DB_GROUP_COVER, alert, e);
    struct db_row *r;

    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_GROUP_COVER_PARTS);
    db_int(r, 1, alert);
    db_int(r, 2, candidate);
    db_int(r, 3, c->now_ns);
    rc = db_run(c->db, r, e);
    return rc == ERR_OK ? group_run_two(c->db, DB_GROUP_STALE, candidate, c->now_ns, e) : rc;
}

/* The next of its alerts. 0: all were looked at. */
static int turn_alerts(struct commons *c, struct turn *t, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_GROUP_TURN_ALERTS);
    int64_t alert[TURN_ALERTS], candidate[TURN_ALERTS];
    uint32_t count = 0;
    int64_t from = t->alert;
    int rc;

    db_text(r, 1, t->rule);
    db_int(r, 2, t->last);
    db_int(r, 3, t->alert);
    db_int(r, 4, TURN_ALERTS);
    while ((rc = db_next(c->db, r, e)) == 1) {
        t->alert = db_get_int(r, 0);
        t->last = db_get_int(r, 1);
        if (db_get_int(r, 3) == 0)
            continue;
        MUST(count < TURN_ALERTS);
        alert[count] = t->alert;
        candidate[count++] = db_get_int(r, 2);
    }
    db_end(r);
    if (rc < 0 || t->alert == from)
        return rc;
    rc = turn_at(c, t, e);
    for (uint32_t i = 0; i < count && rc == ERR_OK; i++)
        rc = cover(c, alert[i], candidate[i], e);
    return rc == ERR_OK ? 1 : rc;
}

/* An entity with a day less with many may tie again what it has in the days about. */
static int tie(struct commons *c, enum entity_kind kind, struct span key, int64_t day,
               struct err *e)
{
    struct db_row *r = db_use(c->db, DB_GROUP_TIE);

    db_text(r, 1, span_of(entity_rows[kind].name));
    db_text(r, 2, key);
    db_int(r, 3, (day - GROUP_DAYS) * DAY_NS);
    db_int(r, 4, (day + GROUP_DAYS + 1) * DAY_NS);
    return db_run(c->db, r, e);
}

/* With how many did it come without what this rule said? */
static int take_back(struct commons *c, struct span rule, enum entity_kind kind, struct span key,
                     int64_t day, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_GROUP_SPREAD_DROP);
    int64_t most = (int64_t)entity_rows[kind].common * GROUP_VERY_MANY, count = 0, was = 0;
    int rc;

    db_text(r, 1, span_of(entity_rows[kind].name));
    db_text(r, 2, key);
    db_int(r, 3, day);
    db_text(r, 4, rule);
    rc = db_run(c->db, r, e);
    if (rc == ERR_OK)
        rc = many_days(c->db, kind, key, day, day, &was, e);
    if (rc == ERR_OK && was > 0)
        rc = spread_count(c, kind, key, day, most, &count, e);
    if (rc != ERR_OK || days_for(kind, count) >= was)
        return rc;
    rc = put_many(c, kind, key, day, days_for(kind, count), e);
    return rc == ERR_OK ? tie(c, kind, key, day, e) : rc;
}

static int is_rule_common(struct commons *c, struct span rule, int64_t day, int64_t *yes,
                          struct err *e)
{
    struct db_row *r = db_use(c->db, DB_GROUP_RULE_MANY);

    db_text(r, 1, rule);
    db_int(r, 2, day);
    return group_number(c->db, r, yes, e);
}

/* The next that it says of an entity on a day on which it is common. 0: there is none. */
static int turn_spread(struct commons *c, struct turn *t, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_GROUP_SPREAD_OF);
    uint8_t room[KEY_BYTES_MAX + 64];
    struct span key = { room, 0 };
    enum entity_kind kind = ENTITY_KINDS;
    int64_t day = 0, yes = 0;
    int rc;

    db_text(r, 1, t->rule);
    db_int(r, 2, t->day);
    rc = db_next(c->db, r, e);
    if (rc == 1) {
        day = db_get_int(r, 0);
        kind = entity_kind_of(db_get_text(r, 1));
        key.n = db_get_text(r, 2).n;
        MUST(kind != ENTITY_KINDS && key.n <= sizeof(room));
        memcpy(room, db_get_text(r, 2).p, key.n);
    }
    db_end(r);
    if (rc != 1)
        return rc;
    rc = is_rule_common(c, t->rule, day, &yes, e);
    t->day = yes != 0 ? day : day + 1;
    if (rc == ERR_OK)
        rc = yes != 0 ? take_back(c, t->rule, kind, key, day, e) : turn_at(c, t, e);
    return rc == ERR_OK ? 1 : rc;
}

int commons_turn_one(struct commons *c, struct err *e)
{
    struct db_row *r;
    struct turn t;
    int rc = read_turn(c, &t, e);

    if (rc != 1)
        return rc;
    rc = turn_alerts(c, &t, e);
    if (rc == 0)
        rc = turn_spread(c, &t, e);
    if (rc != 0)
        return rc;
    r = db_use(c->db, DB_GROUP_TURN_DONE);
    db_text(r, 1, t.rule);
    rc = db_run(c->db, r, e);
    return rc == ERR_OK ? 1 : rc;
}
