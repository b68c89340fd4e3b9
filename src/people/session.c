/*
 * session.c - logging in and out: sessions, and one's own password.
 */
#include <sodium.h>

#include "base/time.h"
#include "people/once.h"
#include "people/people_own.h"
#include "scan/put.h"

#define WRONG "The name, the password or the code is wrong."

/* --- beginning ------------------------------------------------------------------------------ */

/* Of a name that nobody has: the same each time, and told from a true one by nothing. */
static void fake_salt(struct act_call *c, const uint8_t name[HASH_BYTES],
                      uint8_t salt[PASSWORD_SALT_BYTES])
{
    MUST(crypto_generichash(salt, PASSWORD_SALT_BYTES, name, HASH_BYTES, c->people->salt,
                            sizeof(c->people->salt)) == 0);
}

static void put_bytes(struct act_call *c, const char *name, const uint8_t *p, size_t n)
{
    buf_fmt(c->answer, ",\"%s\":\"", name);
    bytes_put(p, n, c->answer);
    buf_byte(c->answer, '"');
}

static void put_begun(struct act_call *c, const struct user *u, const uint8_t *attempt)
{
    const struct people_limits *l = &c->people->limits;

    put_bytes(c, "attempt", attempt, ATTEMPT_BYTES);
    put_bytes(c, "salt", u->salt, sizeof(u->salt));
    buf_fmt(c->answer, ",\"passes\":%u,\"kib\":%u,\"new_passes\":%lld,\"new_kib\":%lld",
            u->cost.passes, u->cost.kib, (long long)l->passes, (long long)l->kib);
}

static int begin(struct act_call *c, struct err *e)
{
    const struct people_limits *l = &c->people->limits;
    struct user u;
    struct attempt a = { 0 };
    uint8_t secret[ATTEMPT_BYTES];
    int64_t until, id;
    int rc = user_named(c->db, act_text(c, "name"), &u, e);

    if (rc < 0)
        return rc;
    if (attempt_name(c, act_text(c, "name"), a.name) != ERR_OK)
        return act_no_memory(e);
    if (rc == 0) {
        u = (struct user){ .cost = { (uint32_t)l->passes, (uint32_t)l->kib } };
        fake_salt(c, a.name, u.salt);
    }
    a.user = u.id;
    attempt_address(c->who->address, a.address);
    rc = attempt_reserve(c, &a, false, secret, &until, &id, e);
    if (rc == 1)
        put_begun(c, &u, secret);
    if (rc == 0)
        buf_fmt(c->answer, ",\"wait\":%lld",
                (long long)((until - c->now_ns + SECOND_NS - 1) / SECOND_NS));
    return rc < 0 ? rc : ERR_OK;
}

/* --- proving -------------------------------------------------------------------------------- */

bool key_fits(const struct user *u, struct span key)
{
    uint8_t raw[PASSWORD_KEY_BYTES] = { 0 }, hash[HASH_BYTES];
    bool whole = bytes_read(key, raw, sizeof(raw));

    (void)crypto_hash_sha256(hash, raw, sizeof(raw)); /* always 0 */
    sodium_memzero(raw, sizeof(raw));
    return (sodium_memcmp(hash, u->verifier, sizeof(hash)) == 0) && whole;
}

static int recovery_take(struct act_call *c, const struct user *u, const uint8_t raw[ONCE_BYTES],
                         struct err *e)
{
    uint8_t hash[HASH_BYTES];
    struct db_row *r = db_use(c->db, DB_RECOVERY_USE);
    int rc;

    once_hash(raw, hash);
    db_int(r, 1, c->now_ns);
    db_int(r, 2, u->id);
    db_blob(r, 3, (struct span){ hash, sizeof(hash) });
    rc = db_run(c->db, r, e);
    return rc == ERR_OK ? db_changed(c->db) == 1 : rc;
}

int second_take(struct act_call *c, const struct user *u, struct span code, struct err *e)
{
    uint8_t secret[TOTP_SECRET_BYTES], raw[ONCE_BYTES];
    int64_t step;
    bool found;
    int rc;

    if (once_read(code, raw))
        return recovery_take(c, u, raw, e);
    if (!seal_open(c->people, u->id, u->totp, secret))
        return err_set(e, ERR_CORRUPT, 0, "The second factor of user %lld cannot be opened.",
                       (long long)u->id);
    found = totp_find(secret, code, c->now_ns, u->totp_step, &step);
    sodium_memzero(secret, sizeof(secret));
    if (!found)
        return 0;
    rc = run_ints(c->db, DB_TOTP_STEP, step, u->id, e);
    return rc == ERR_OK ? db_changed(c->db) == 1 : rc;
}

/* 1 when it is him, 0, or a code. A second factor is used up only by who has the first. */
static int is_him(struct act_call *c, int64_t user, struct user *u, struct err *e)
{
    int rc = user != 0 ? user_at(c->db, user, u, e) : 0;

    if (rc < 0)
        return rc;
    if (rc == 0)
        *u = (struct user){ 0 };
    if (!(key_fits(u, act_text(c, "key")) & (rc == 1)) || !u->active)
        return 0;
    return u->has_totp ? second_take(c, u, act_text(c, "code"), e) : 1;
}

/* How he has come in. */
struct entry {
    bool second;
    int64_t link; /* 0: by his password */
};

static int put_session(struct act_call *c, const struct user *u, const struct entry *by,
                       char secret[44], int64_t *ends, struct err *e)
{
    const struct people_limits *l = &c->people->limits;
    uint8_t hash[HASH_BYTES];
    struct db_row *r;
    int rc = run_int(c->db, DB_SESSION_PRUNE, c->now_ns, e);

    if (rc != ERR_OK)
        return rc;
    secret_new(secret, hash);
    *ends = c->now_ns + l->session_s * SECOND_NS;
    r = db_use(c->db, DB_SESSION_ADD);
    db_blob(r, 1, (struct span){ hash, sizeof(hash) });
    db_int(r, 2, u->id);
    db_int(r, 3, c->now_ns);
    db_int(r, 4, l->idle_s * SECOND_NS);
    db_int(r, 5, *ends);
    db_text(r, 6, c->who->address);
    db_text(r, 7, act_text(c, "agent"));
    db_int(r, 8, by->second);
    if (by->link != 0)
        db_int(r, 9, by->link);
    rc = db_run(c->db, r, e);
    if (rc == ERR_OK)
        rc = run_ints(c->db, DB_SESSION_OLDEST, u->id, l->sessions, e);
    return rc == ERR_OK ? run_ints(c->db, DB_USER_SEEN, c->now_ns, u->id, e) : rc;
}

static void put_proved(struct act_call *c, const struct user *u, const struct entry *by,
                       const char *secret, int64_t ends)
{
    bool administrator = (u->roles & ROLE_BIT(ADMINISTRATOR)) != 0;
    uint8_t room[TIME_TEXT_MAX];

    buf_fmt(c->answer, ",\"session\":\"%s\",\"name\":\"%s\",\"roles\":", secret, u->name);
    roles_put(u->roles, c->answer);
    buf_text(c->answer, ",\"expires\":");
    put_json_text(c->answer, (struct span){ room, time_put(room, ends) });
    buf_fmt(c->answer, ",\"must_change\":%s,\"needs_second\":%s",
            u->must_change && by->link == 0 ? "true" : "false",
            administrator && !by->second ? "true" : "false");
}

/* As whom it is written down. The names of those who are none are not: passwords are typed there.
 */
struct actor session_tried_by(struct act_call *c, const struct user *u)
{
    return (struct actor){ .user = u->id,
                           .name = u->id != 0 ? span_of(u->name) : SPAN_LIT("-"),
                           .via = "login",
                           .address = c->who->address };
}

int session_welcome(struct act_call *c, const struct user *u, bool second, int64_t link,
                    struct err *e)
{
    const struct entry by = { second, link };
    char secret[44];
    int64_t ends;
    int rc = put_session(c, u, &by, secret, &ends, e);

    if (rc == ERR_OK)
        put_proved(c, u, &by, secret, ends);
    sodium_memzero(secret, sizeof(secret));
    return rc == ERR_OK ? act_on(c, "user", u->id, e) : rc;
}

static int welcome(struct act_call *c, const struct user *u, int64_t attempt, struct err *e)
{
    const struct actor who = session_tried_by(c, u);
    int rc = act_by(c, &who, e);

    if (rc == ERR_OK)
        rc = attempt_give_back(c, attempt, e);
    return rc == ERR_OK ? session_welcome(c, u, u->has_totp, 0, e) : rc;
}

static int prove(struct act_call *c, struct err *e)
{
    struct user u;
    struct actor who;
    int64_t attempt, user;
    int rc = attempt_take(c, &attempt, &user, e);

    if (rc != ERR_OK)
        return rc;
    rc = is_him(c, user, &u, e);
    if (rc == 1)
        return welcome(c, &u, attempt, e);
    who = session_tried_by(c, &u);
    return rc < 0 ? rc : act_refuse(c, &who, e, WRONG);
}

/* --- a password of one's own ---------------------------------------------------------------- */

/* What the worker made of it; it saw the password, and says whether it is long enough alone. */
static int read_new(struct act_call *c, const struct user *u, struct user *to, struct err *e)
{
    const struct people_limits *l = &c->people->limits;
    uint8_t key[PASSWORD_KEY_BYTES];

    *to = *u;
    to->cost =
        (struct password_cost){ (uint32_t)act_int(c, "passes"), (uint32_t)act_int(c, "kib") };
    to->is_short = span_eq(act_text(c, "length"), SPAN_LIT("short"));
    if (!bytes_read(act_text(c, "salt"), to->salt, sizeof(to->salt)))
        return err_set(e, ERR_USAGE, 0, "salt: This is not %u bytes in base64.",
                       PASSWORD_SALT_BYTES);
    if (sodium_memcmp(to->salt, u->salt, sizeof(u->salt)) == 0)
        return err_set(e, ERR_USAGE, 0, "salt: This is that of the old password.");
    if (!bytes_read(act_text(c, "new_key"), key, sizeof(key)))
        return err_set(e, ERR_USAGE, 0, "new_key: This is not %u bytes in base64.",
                       PASSWORD_KEY_BYTES);
    (void)crypto_hash_sha256(to->verifier, key, sizeof(key)); /* always 0 */
    sodium_memzero(key, sizeof(key));
    if (to->cost.passes < l->passes || to->cost.kib < l->kib)
        return err_set(e, ERR_USAGE, 0, "passes: A new password costs %lld passes of %lld KiB.",
                       (long long)l->passes, (long long)l->kib);
    if (to->is_short && !u->has_totp)
        return act_conflict(e, "Without a second factor a password has at least %u characters.",
                            PASSWORD_POINTS_ONE);
    return ERR_OK;
}

static int put_password(struct act_call *c, const struct user *u, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_USER_PASSWORD);

    db_blob(r, 1, (struct span){ u->salt, sizeof(u->salt) });
    db_int(r, 2, u->cost.passes);
    db_int(r, 3, u->cost.kib);
    db_blob(r, 4, (struct span){ u->verifier, sizeof(u->verifier) });
    db_int(r, 5, 0);
    db_int(r, 6, u->is_short);
    db_int(r, 7, c->now_ns);
    db_int(r, 8, u->id);
    return db_run(c->db, r, e);
}

/* The old one is tried as in a login, under the same limit: a session that was stolen is no way to
 * guess it. All other sessions end. */
static int change_password(struct act_call *c, struct err *e)
{
    struct user u, to;
    int64_t attempt, user;
    int rc = user_self(c, &u, e);

    if (rc == ERR_OK)
        rc = read_new(c, &u, &to, e);
    if (rc == ERR_OK)
        rc = attempt_take(c, &attempt, &user, e);
    if (rc != ERR_OK)
        return rc;
    if (!key_fits(&u, act_text(c, "key")) || user != u.id)
        return act_refuse(c, c->who, e, "The old password is wrong.");
    rc = act_by(c, c->who, e);
    if (rc == ERR_OK)
        rc = attempt_give_back(c, attempt, e);
    if (rc == ERR_OK)
        rc = put_password(c, &to, e);
    if (rc == ERR_OK)
        rc = run_ints(c->db, DB_SESSION_END_OTHERS, u.id, c->who->session, e);
    return rc == ERR_OK ? act_on(c, "user", u.id, e) : rc;
}

/* --- ending --------------------------------------------------------------------------------- */

/* Who asks has it noted that he does (people_touch()): that is all there is to do. */
static int touch(struct act_call *c, struct err *e)
{
    struct user u;

    return user_self(c, &u, e);
}

static bool is_administrator(const struct act_call *c)
{
    return (c->who->roles & ROLE_BIT(ADMINISTRATOR)) != 0;
}

/* Without a number one's own. What is somebody else's is not there for who is no administrator. */
static int end(struct act_call *c, struct err *e)
{
    int64_t id = act_has(c, "session") ? act_int(c, "session") : c->who->session, user = 0;
    struct db_row *r = db_use(c->db, DB_SESSION_IS);
    int rc;

    db_int(r, 1, id);
    rc = db_next(c->db, r, e);
    if (rc == 1)
        user = db_get_int(r, 0);
    db_end(r);
    if (rc < 0)
        return rc;
    if (rc == 0 || (user != c->who->user && !is_administrator(c)))
        return act_none(e, "session", id);
    rc = run_int(c->db, DB_SESSION_END, id, e);
    return rc == ERR_OK ? act_on(c, "user", user, e) : rc;
}

static int end_all(struct act_call *c, struct err *e)
{
    struct user u;
    int rc = act_has(c, "user") ? user_of(c, "user", &u, e) : user_self(c, &u, e);

    if (rc == ERR_OK && u.id != c->who->user && !is_administrator(c))
        rc = err_set(e, ERR_DENIED, 0, "These sessions are somebody else's.");
    if (rc == ERR_OK)
        rc = run_int(c->db, DB_SESSION_END_ALL, u.id, e);
    return rc == ERR_OK ? act_on(c, "user", u.id, e) : rc;
}

/* --- the table ------------------------------------------------------------------------------ */

static const char *const lengths[] = { "short", "long", NULL };

#define SECRET(name, required, help)                                                               \
    {                                                                                              \
        name, ACT_SECRET, required, 256, NULL, help                                                \
    }

const struct act_row people_sessions[] = {
    { "session.begin",
      ROLE_LOGIN | ROLE_SELF,
      "Reserve an attempt to log in; it answers what the password's key is computed with.",
      begin,
      { { "name", ACT_TEXT, true, 64, NULL, "the user's name" } } },
    { "session.prove",
      ROLE_LOGIN | ROLE_SELF,
      "Log in with a reserved attempt, which is used up.",
      prove,
      { SECRET("attempt", true, "what session.begin answered"),
        SECRET("key", true, "of the password, base64"),
        SECRET("code", false, "of the authenticator, or a recovery code"),
        { "agent", ACT_TEXT, false, 200, NULL, "what he logs in with" } } },
    { "session.touch", ROLE_LOGIN | ROLE_SELF, "The session is in use.", touch, { { 0 } } },
    { "session.end",
      ROLE_SELF | ROLE_BIT(ADMINISTRATOR),
      "Log out, or end a session elsewhere.",
      end,
      { { "session", ACT_ID, false, 0, NULL, "its number; without it: this one" } } },
    { "session.end_all",
      ROLE_SELF | ROLE_BIT(ADMINISTRATOR),
      "End all sessions of a user.",
      end_all,
      { { "user", ACT_TEXT, false, 64, NULL, "the user's name; without it: one's own" } } },
    { "user.password",
      ROLE_LOGIN | ROLE_SELF,
      "Change one's own password; all other sessions end.",
      change_password,
      { SECRET("attempt", true, "what session.begin answered"),
        SECRET("key", true, "of the old password, base64"),
        SECRET("new_key", true, "of the new one"),
        SECRET("salt", true, "of the new one, 16 random bytes, base64"),
        { "passes", ACT_INTEGER, true, 100, NULL, "of Argon2id" },
        { "kib", ACT_INTEGER, true, 4194304, NULL, "of memory of Argon2id" },
        { "length", ACT_CHOICE, true, 0, lengths,
          "short: it is enough only with a second factor" } } },
};
