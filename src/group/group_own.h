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

/* 1: what came at these times is common (group.h). */
int group_common(struct db *db, enum entity_kind kind, struct span key, int64_t first, int64_t last,
                 struct err *e);

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
