/*
 * user.c - users are made, changed, disabled; never removed: what they did stays theirs.
 *
 * None of it is undone by act.undo: rights are given and taken by who may, each time as an act of
 * its own.
 */
#include <sodium.h>

#include "act/key.h"
#include "people/once.h"
#include "people/people_own.h"
#include "scan/put.h"

/* --- one-time passwords --------------------------------------------------------------------- */

/* The desk makes it, tells it once, and can compute its key: it is no Argon2 (password.h). */
static int once_password(struct act_call *c, struct user *u, char text[ONCE_TEXT + 1],
                         struct err *e)
{
    uint8_t raw[ONCE_BYTES], key[PASSWORD_KEY_BYTES];
    int rc;

    once_new(raw);
    once_put(raw, text);
    randombytes_buf(u->salt, sizeof(u->salt));
    u->cost = (struct password_cost){ (uint32_t)c->people->limits.passes,
                                      (uint32_t)c->people->limits.kib };
    rc = people_password_key(span_of(text), u->salt, u->cost, key, e);
    if (rc == ERR_OK)
        (void)crypto_hash_sha256(u->verifier, key, sizeof(key)); /* always 0 */
    sodium_memzero(raw, sizeof(raw));
    sodium_memzero(key, sizeof(key));
    return rc;
}

static int tell_once(struct act_call *c, const struct user *u, char text[ONCE_TEXT + 1],
                     struct err *e)
{
    buf_fmt(c->answer, ",\"user\":%lld,\"password\":\"%s\"", (long long)u->id, text);
    sodium_memzero(text, ONCE_TEXT + 1);
    return act_on(c, "user", u->id, e);
}

/* --- rights --------------------------------------------------------------------------------- */

/* A contact is that alone, and of an agency; nobody else is of one. */
static int check_roles(unsigned roles, int64_t agency, struct err *e)
{
    bool contact = (roles & ROLE_BIT(CONTACT)) != 0;

    if (contact && roles != ROLE_BIT(CONTACT))
        return err_set(e, ERR_USAGE, 0, "roles: A contact has no other role.");
    if (contact != (agency != 0))
        return err_set(e, ERR_USAGE, 0,
                       contact ? "agency: A contact belongs to one."
                               : "agency: Only a contact belongs to one.");
    return ERR_OK;
}

/* There is another one who can log in. */
static int check_others(struct act_call *c, const struct user *u, struct err *e)
{
    struct db_row *r;
    int64_t others;
    int rc;

    if ((u->roles & ROLE_BIT(ADMINISTRATOR)) == 0 || !u->active)
        return ERR_OK;
    r = db_use(c->db, DB_USER_ADMINISTRATORS);
    db_int(r, 1, u->id);
    rc = db_next(c->db, r, e);
    others = rc == 1 ? db_get_int(r, 0) : 0;
    db_end(r);
    if (rc < 0)
        return rc;
    return others > 0 ? ERR_OK : act_conflict(e, "%s is the last administrator.", u->name);
}

/* --- acts ----------------------------------------------------------------------------------- */

static int put_user(struct act_call *c, struct user *u, struct span key, struct err *e)
{
    struct buf roles;
    struct db_row *r;
    int rc;

    buf_init(&roles, 256);
    roles_put(u->roles, &roles);
    r = db_use(c->db, DB_USER_ADD);
    db_text(r, 1, act_text(c, "user"));
    db_text(r, 2, key);
    db_text(r, 3, act_text(c, "display"));
    db_text(r, 4, buf_span(&roles));
    if (u->agency != 0)
        db_int(r, 5, u->agency);
    db_blob(r, 6, (struct span){ u->salt, sizeof(u->salt) });
    db_int(r, 7, u->cost.passes);
    db_int(r, 8, u->cost.kib);
    db_blob(r, 9, (struct span){ u->verifier, sizeof(u->verifier) });
    db_int(r, 10, c->now_ns);
    rc = buf_failed(&roles) ? act_no_memory(e) : db_run(c->db, r, e);
    buf_release(&roles);
    u->id = db_key(c->db);
    return rc;
}

static int put_named(struct act_call *c, struct user *u, struct err *e)
{
    struct buf key;
    int rc;

    buf_init(&key, 4096);
    key_put(act_text(c, "user"), &key);
    rc = buf_failed(&key) ? act_no_memory(e) : put_user(c, u, buf_span(&key), e);
    buf_release(&key);
    return rc;
}

static int add(struct act_call *c, struct err *e)
{
    char once[ONCE_TEXT + 1];
    struct user u, other;
    int rc;

    if (!name_good(act_text(c, "user")))
        return err_set(
            e, ERR_USAGE, 0,
            "user: A name has 2 to %u letters (a-z), digits, dots, hyphens, underscores, "
            "a letter first.",
            PEOPLE_NAME_MAX);
    rc = user_named(c->db, act_text(c, "user"), &other, e);
    if (rc == 1)
        return act_conflict(e, "There is a user %s.", other.name);
    u = (struct user){ .roles = roles_given(c), .agency = act_int(c, "agency") };
    if (rc == 0)
        rc = check_roles(u.roles, u.agency, e);
    if (rc == ERR_OK)
        rc = once_password(c, &u, once, e);
    if (rc == ERR_OK)
        rc = put_named(c, &u, e);
    return rc == ERR_OK ? tell_once(c, &u, once, e) : rc;
}

static int put_change(struct act_call *c, const struct user *u, unsigned roles, int64_t agency,
                      struct err *e)
{
    struct buf text;
    struct db_row *r;
    int rc;

    buf_init(&text, 256);
    roles_put(roles, &text);
    r = db_use(c->db, DB_USER_CHANGE);
    if (act_has(c, "display"))
        db_text(r, 1, act_text(c, "display"));
    db_text(r, 2, buf_span(&text));
    if (agency != 0)
        db_int(r, 3, agency);
    db_int(r, 4, u->id);
    rc = buf_failed(&text) ? act_no_memory(e) : db_run(c->db, r, e);
    buf_release(&text);
    return rc;
}

/* Who becomes something else than a contact belongs to no agency any more. */
static int change(struct act_call *c, struct err *e)
{
    struct user u;
    unsigned roles;
    int64_t agency;
    int rc = user_of(c, "user", &u, e);

    if (rc != ERR_OK)
        return rc;
    roles = act_has(c, "roles") ? roles_given(c) : u.roles;
    agency = act_has(c, "agency") ? act_int(c, "agency") : u.agency;
    if (!act_has(c, "agency") && (roles & ROLE_BIT(CONTACT)) == 0)
        agency = 0;
    rc = check_roles(roles, agency, e);
    if (rc == ERR_OK && (roles & ROLE_BIT(ADMINISTRATOR)) == 0)
        rc = check_others(c, &u, e);
    if (rc == ERR_OK)
        rc = put_change(c, &u, roles, agency, e);
    return rc == ERR_OK ? act_on(c, "user", u.id, e) : rc;
}

static int put_state(struct act_call *c, const struct user *u, const char *state, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_USER_STATE);
    int rc;

    db_text(r, 1, span_of(state));
    db_int(r, 2, u->id);
    rc = db_run(c->db, r, e);
    if (rc == ERR_OK)
        rc = run_int(c->db, DB_SESSION_END_ALL, u->id, e);
    return rc == ERR_OK ? act_on(c, "user", u->id, e) : rc;
}

static int disable(struct act_call *c, struct err *e)
{
    struct user u;
    int rc = user_of(c, "user", &u, e);

    if (rc == ERR_OK && !u.active)
        rc = act_conflict(e, "%s is disabled.", u.name);
    if (rc == ERR_OK)
        rc = check_others(c, &u, e);
    return rc == ERR_OK ? put_state(c, &u, "disabled", e) : rc;
}

static int enable(struct act_call *c, struct err *e)
{
    struct user u;
    int rc = user_of(c, "user", &u, e);

    if (rc == ERR_OK && u.active)
        rc = act_conflict(e, "%s is not disabled.", u.name);
    return rc == ERR_OK ? put_state(c, &u, "active", e) : rc;
}

static int put_once(struct act_call *c, const struct user *u, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_USER_PASSWORD);
    int rc;

    db_blob(r, 1, (struct span){ u->salt, sizeof(u->salt) });
    db_int(r, 2, u->cost.passes);
    db_int(r, 3, u->cost.kib);
    db_blob(r, 4, (struct span){ u->verifier, sizeof(u->verifier) });
    db_int(r, 5, 1);
    db_int(r, 6, 0);
    db_int(r, 7, c->now_ns);
    db_int(r, 8, u->id);
    rc = db_run(c->db, r, e);
    return rc == ERR_OK ? run_int(c->db, DB_SESSION_END_ALL, u->id, e) : rc;
}

static int reset(struct act_call *c, struct err *e)
{
    char once[ONCE_TEXT + 1];
    struct user u;
    int rc = user_of(c, "user", &u, e);

    if (rc == ERR_OK)
        rc = once_password(c, &u, once, e);
    if (rc == ERR_OK)
        rc = put_once(c, &u, e);
    return rc == ERR_OK ? tell_once(c, &u, once, e) : rc;
}

/* --- the table ------------------------------------------------------------------------------ */

#define USER                                                                                       \
    {                                                                                              \
        "user", ACT_TEXT, true, 64, NULL, "the user's name"                                        \
    }
#define REASON                                                                                     \
    {                                                                                              \
        "reason", ACT_TEXT, true, 1000, NULL, "why"                                                \
    }
#define DISPLAY(required)                                                                          \
    {                                                                                              \
        "display", ACT_TEXT, required, 100, NULL, "the name as people say it"                      \
    }
#define ROLES(required)                                                                            \
    {                                                                                              \
        "roles", ACT_CHOICES, required, 0, role_names, "what he may do"                            \
    }
#define AGENCY                                                                                     \
    {                                                                                              \
        "agency", ACT_ID, false, 0, NULL, "of a contact: the agency's number"                      \
    }

const struct act_row people_users[] = {
    { "user.add",
      ROLE_BIT(ADMINISTRATOR),
      "Make a user; it answers a one-time password, which he changes when he logs in first.",
      add,
      { USER, DISPLAY(true), ROLES(true), AGENCY } },
    { "user.change",
      ROLE_BIT(ADMINISTRATOR),
      "Give a user other roles, another name to be called by, another agency.",
      change,
      { USER, DISPLAY(false), ROLES(false), AGENCY } },
    { "user.disable",
      ROLE_BIT(ADMINISTRATOR),
      "He cannot log in any more; his sessions and tokens are over.",
      disable,
      { USER, REASON } },
    { "user.enable", ROLE_BIT(ADMINISTRATOR), "He can log in again.", enable, { USER, REASON } },
    { "user.reset",
      ROLE_BIT(ADMINISTRATOR),
      "He forgot his password: it answers a new one-time password.",
      reset,
      { USER, REASON } },
};
