/*
 * actor.h - who acts, and as what.
 *
 * A user has one or more roles; what a role may do stands in the row of each act (act.h) and of
 * each view. A *contact* belongs to an agency, and acts on what is its own only. Whoever may open
 * the data folder is on the host itself and has all roles ("local").
 */
#ifndef ACTOR_H
#define ACTOR_H

#include "base/base.h"

/*    role           name             Vietnamese           who it is */
#define USER_ROLE_TABLE(X)                                                                         \
    X(ANALYST, "analyst", "trực giám sát", "is on shift, triages, handles incidents")              \
    X(LEAD, "lead", "trưởng ca", "leads a shift: roster, handover, clocks, rules")                 \
    X(OFFICER, "officer", "cán bộ phụ trách",                                                      \
      "registers, dossiers, reports, what leaves the house")                                       \
    X(CONTACT, "contact", "cán bộ đầu mối",                                                        \
      "answers for the systems of an agency, and sees only those")                                 \
    X(AUDITOR, "auditor", "kiểm toán", "reads everything, changes nothing, verifies")              \
    X(ADMINISTRATOR, "administrator", "quản trị", "users, settings, sources")

enum user_role {
#define X(id, name, vi, does) USER_##id,
    USER_ROLE_TABLE(X)
#undef X
        USER_ROLES
};
const char *user_role_name(enum user_role r);
bool user_role_of(struct span name, enum user_role *r);

#define ROLE_BIT(r) (1u << USER_##r)
#define ROLES_ALL   ((1u << USER_ROLES) - 1)
/* Who handles alerts and incidents. */
#define ROLES_DESK  (ROLE_BIT(ANALYST) | ROLE_BIT(LEAD))
#define ROLES_HOUSE (ROLES_DESK | ROLE_BIT(OFFICER))
/* Who sees everything: all but the contact of an agency. */
#define ROLES_SEE (ROLES_ALL & ~ROLE_BIT(CONTACT))

/* No roles of people, for acts and views that come before those: who has yet to show who he is; who
 * has shown it with a session, in what is his own. */
#define ROLE_LOGIN (1u << 30)
#define ROLE_SELF  (1u << 29)
/* What a token of the settings may that may search, and no more. */
#define ROLE_SEARCH (1u << 28)
/* The same of one that may verify. */
#define ROLE_VERIFY (1u << 27)

struct actor {
    int64_t user;        /* 0: who has no row in table user */
    struct span name;    /* is never empty */
    unsigned roles;      /* bits; ROLE_LOGIN, ROLE_SELF */
    int64_t agency;      /* of a contact; 0: none */
    const char *via;     /* "session", "token", "local", "login", "desk" */
    struct span address; /* where from; may be empty */
    int64_t session;     /* its number; 0: it is none */
};

/* He is that and no more: what he sees and does is of his agency alone. With a session or without.
 */
bool actor_is_contact(const struct actor *who);

#endif
