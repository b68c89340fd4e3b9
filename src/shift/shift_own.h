/*
 * shift_own.h - what the files of this folder share.
 */
#ifndef SHIFT_OWN_H
#define SHIFT_OWN_H

#include "shift/shift.h"
#include "staff/staff.h"

#define SHIFT_HOUR    INT64_C(3600000000000)
#define SHIFT_DAY     (24 * SHIFT_HOUR)

#define SHIFT_LONGEST (2 * SHIFT_DAY)
#define AWAY_LONGEST  (366 * SHIFT_DAY)

/* Who plans. */
#define ROLES_ROSTER (ROLE_BIT(LEAD) | ROLE_BIT(OFFICER))

struct duty {
    struct span person, part;
    int64_t starts, ends;
    int64_t instead; /* of which; 0: of none */
    bool holiday;
};

/* 1 with the number of what this statement (DB_DUTY_OVERLAPS, DB_AWAY_OVERLAPS) finds, 0, or a
 * code. */
int shift_overlap(struct act_call *c, enum db_statement s, struct span person, int64_t starts,
                  int64_t ends, int64_t *id, struct err *e);

/* Is any of its days a holiday of the calendar? 1, 0, or a code. */
int shift_on_holiday(struct db *db, int64_t starts, int64_t ends, struct err *e);

/* Put, ended; of the act. Nothing is checked. */
int shift_duty_put(struct act_call *c, const struct duty *d, int64_t *id, struct err *e);
int shift_duty_end(struct act_call *c, int64_t id, struct err *e);
int shift_away_put(struct act_call *c, const struct duty *d, struct span reason, int64_t *id,
                   struct err *e);

act_fn shift_import;

#endif
