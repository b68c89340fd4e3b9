/*
 * token.c - tokens for programs: a user's own, or a service's that an administrator makes.
 */
#include <sodium.h>

#include "people/people_own.h"

#define DAY_NS (86400 * SECOND_NS)

/* Whose it is to be: *user 0 and the service's name, or who asks. */
static int find_owner(struct act_call *c, struct user *u, struct err *e)
{
    int rc;

    *u = (struct user){ 0 };
    if (!act_has(c, "service"))
        return user_self(c, u, e);
    if ((c->who->roles & ROLE_BIT(ADMINISTRATOR)) == 0)
        return err_set(e, ERR_DENIED, 0, "Only an administrator makes tokens of services.");
    if (!name_good(act_text(c, "service")))
        return err_set(e, ERR_USAGE, 0, "service: This is no name as those of users are.");
    rc = user_named(c->db, act_text(c, "service"), u, e);
    if (rc == 1)
        return act_conflict(e, "There is a user %s.", u->name);
    return rc;
}

/* What it may: nothing that its maker may not now, unless he is an administrator; a contact's
 * rights are of an agency, which a service has not. */
static int check_rights(struct act_call *c, unsigned roles, struct err *e)
{
    unsigned more = roles & ~c->who->roles;

    if (act_has(c, "service") && (roles & ROLE_BIT(CONTACT)) != 0)
        return err_set(e, ERR_USAGE, 0, "roles: A service is no contact of an agency.");
    if (act_has(c, "service") || more == 0)
        return ERR_OK;
    return err_set(e, ERR_DENIED, 0, "roles: Nobody gives what he has not.");
}

static int put_token(struct act_call *c, const struct user *u, const uint8_t hash[HASH_BYTES],
                     struct err *e)
{
    struct buf roles;
    struct db_row *r;
    int rc;

    buf_init(&roles, 256);
    roles_put(roles_given(c), &roles);
    r = db_use(c->db, DB_TOKEN_ADD);
    db_blob(r, 1, (struct span){ hash, HASH_BYTES });
    if (u->id != 0)
        db_int(r, 2, u->id);
    else
        db_text(r, 3, act_text(c, "service"));
    db_text(r, 4, act_text(c, "name"));
    db_text(r, 5, buf_span(&roles));
    db_int(r, 6, c->now_ns);
    db_int(r, 7, act_int(c, "expires"));
    db_int(r, 8, c->id);
    rc = buf_failed(&roles) ? act_no_memory(e) : act_made(c, r, "token", e);
    buf_release(&roles);
    return rc;
}

static int add(struct act_call *c, struct err *e)
{
    int64_t ends = act_int(c, "expires"), most = c->people->limits.token_days;
    uint8_t hash[HASH_BYTES];
    char secret[44];
    struct user u;
    int rc;

    if (strcmp(c->who->via, "token") == 0)
        return err_set(e, ERR_DENIED, 0, "A token makes no tokens.");
    if (ends <= c->now_ns || ends - c->now_ns > most * DAY_NS)
        return err_set(e, ERR_USAGE, 0, "expires: This is no time within the next %lld days.",
                       (long long)most);
    rc = find_owner(c, &u, e);
    if (rc == ERR_OK)
        rc = check_rights(c, roles_given(c), e);
    if (rc != ERR_OK)
        return rc;
    secret_new(secret, hash);
    rc = put_token(c, &u, hash, e);
    if (rc == ERR_OK)
        buf_fmt(c->answer, ",\"secret\":\"%s\"", secret);
    sodium_memzero(secret, sizeof(secret));
    return rc;
}

/* What is somebody else's is not there for who is no administrator. */
static int end(struct act_call *c, struct err *e)
{
    bool administrator = (c->who->roles & ROLE_BIT(ADMINISTRATOR)) != 0, own, over;
    int64_t id = act_int(c, "token");
    struct db_row *r = db_use(c->db, DB_TOKEN_IS);
    int rc;

    db_int(r, 1, id);
    rc = db_next(c->db, r, e);
    own = rc == 1 && !db_get_null(r, 0) && db_get_int(r, 0) == c->who->user;
    over = rc == 1 && !db_get_null(r, 1);
    db_end(r);
    if (rc < 0)
        return rc;
    if (rc == 0 || (!own && !administrator))
        return act_none(e, "token", id);
    if (over)
        return act_conflict(e, "Token %lld is over.", (long long)id);
    rc = run_ints(c->db, DB_TOKEN_END, c->id, id, e);
    return rc == ERR_OK ? act_on(c, "token", id, e) : rc;
}

const struct act_row people_tokens[] = {
    { "token.add",
      ROLE_SELF | ROLE_BIT(ADMINISTRATOR),
      "Make a token for programs; it answers its secret, once.",
      add,
      { { "name", ACT_TEXT, true, 64, NULL, "what it is for" },
        { "roles", ACT_CHOICES, true, 0, role_names, "what it may do" },
        { "expires", ACT_TIME, true, 0, NULL, "when it is over" },
        { "service", ACT_TEXT, false, 32, NULL,
          "the service whose it is; without it: one's own" } } },
    { "token.end",
      ROLE_SELF | ROLE_BIT(ADMINISTRATOR),
      "It is good for nothing any more.",
      end,
      { { "token", ACT_ID, true, 0, NULL, "its number" } } },
};
