/*
 * actor.c - see actor.h.
 */
#include "act/actor.h"

static const char *const names[] = {
#define X(id, name, vi, does) name,
    USER_ROLE_TABLE(X)
#undef X
};

const char *user_role_name(enum user_role r)
{
    MUST(r < USER_ROLES);
    return names[r];
}

bool user_role_of(struct span name, enum user_role *r)
{
    for (int i = 0; i < USER_ROLES; i++) {
        if (span_eq(span_of(names[i]), name)) {
            *r = (enum user_role)i;
            return true;
        }
    }
    return false;
}

bool actor_is_contact(const struct actor *who)
{
    return (who->roles & ROLES_ALL & ~ROLE_BIT(CONTACT)) == 0;
}
