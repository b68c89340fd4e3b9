/*
 * group_own.h - what the files of this folder share.
 */
#ifndef GROUP_OWN_H
#define GROUP_OWN_H

#include "group/entity.h"
#include "group/group.h"

#define DAY_NS (INT64_C(24) * 60 * MINUTE_NS)

/* Before 1970 is one day. */
static inline int64_t day_of(int64_t time_ns)
{
    return time_ns < 0 ? 0 : time_ns / DAY_NS;
}

/* The number that a statement gives, or 0. */
int group_number(struct db *db, struct db_row *r, int64_t *out, struct err *e);
int group_run_one(struct db *db, enum db_statement s, int64_t a, struct err *e);
int group_run_two(struct db *db, enum db_statement s, int64_t a, int64_t b, struct err *e);

/* --- common.c --- */

struct commons {
    struct db *db;
    uint64_t *spread; /* what came with what on which day, as it is written */
    int64_t now_ns;
};

int commons_init(struct commons *c, struct db *db);
void commons_release(struct commons *c);
void commons_forget(struct commons *c); /* a transaction is undone */

/* 1: what came at these times is common (group.h). */
int group_common(struct db *db, enum entity_kind kind, struct span key, int64_t first, int64_t last,
                 struct err *e);

/* An alert of `rule`, which is not common on that day, says that an entity came with another; and:
 * a rule found on a host. */
int commons_entity(struct commons *c, enum entity_kind kind, struct span key, int64_t day,
                   struct span rule, struct span other, struct err *e);
int commons_rule(struct commons *c, struct span rule, int64_t day, struct span host, struct err *e);

/* A step of what follows when a rule becomes common: 1: done one, 0: there is none. */
int commons_turn_one(struct commons *c, struct err *e);

/* --- split.c --- */

struct group_link {
    enum entity_kind kind;
    bool common;
    struct span key;
    int64_t first, last, parts;
    int64_t id, candidate, alerts; /* of one that was found */
};
int group_put_link(struct db *db, const struct group_link *l, int64_t candidate, struct err *e);

/* Of a candidate of which some links are by what has become common: without those it is one or
 * more; the largest keeps its number. */
int group_split(struct db *db, int64_t candidate, int64_t now_ns, struct err *e);

#endif
