/*
 * staff.h - who can be called, where he is on the spot, what he may show that he can; drills and
 * the yearly plan of response: acts and views (act/act.h), and who a person of the roster is.
 *
 * A person is an active user. Who has no account here (a guard at the gate, the provider's man) can
 * be on the roster too, but only when somebody wrote him down as staff with `outside`: so that a
 * name that is mistyped never becomes a shift that nobody holds. Alerts, incidents and handovers
 * are of users alone, for these are answered with an account.
 *
 * Phone and mail stand here for users, too: it is how a call at night reaches them, and nothing
 * that logging in needs.
 */
#ifndef STAFF_H
#define STAFF_H

#include "act/act.h"
#include "act/view.h"

#define STAFF_PERSON_MAX 64u /* bytes */

/* Who is meant by `name`, as it is kept: an active user, or staff without account. ERR_NOTFOUND,
 * ERR_CONFLICT (his account is disabled) with a sentence that begins with `param`. */
int staff_person(struct db *db, const char *param, struct span name, char out[STAFF_PERSON_MAX + 1],
                 struct err *e);

/*    thing */
#define STAFF_TABLE(X)                                                                             \
    X(staff, STAFF)             /* a person, and how he is reached */                              \
    X(onsite, ONSITE)           /* who is on the spot of a system (can bo truc tai cho) */         \
    X(certificate, CERTIFICATE) /* of staff */                                                     \
    X(drill, DRILL)             /* dien tap */                                                     \
    X(plan, PLAN)               /* the yearly plan of response */

/* Each has three acts: add, change, remove. */
#define X(thing, ID)                                                                               \
    extern const struct act_row staff_##thing##_acts[3];                                           \
    extern const struct act_kind staff_##thing##_kind;
STAFF_TABLE(X)
#undef X

enum { STAFF_VIEWS = 5 };
extern const struct view_row staff_views[STAFF_VIEWS];

#endif
