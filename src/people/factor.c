/*
 * factor.c - the second factor: an authenticator, and recovery codes for when it is lost.
 *
 * A new secret counts only when its owner has shown a code of it; until then the old one does.
 */
#include <sodium.h>

#include "people/once.h"
#include "people/people_own.h"
#include "people/qr.h"
#include "scan/put.h"

/* --- beginning ------------------------------------------------------------------------------ */

static int put_pictures(struct act_call *c, struct span uri, struct err *e)
{
    struct buf picture;
    int rc;

    buf_init(&picture, (size_t)1 << 17);
    rc = qr_svg(uri, &picture, e);
    buf_text(c->answer, ",\"svg\":");
    put_json_text(c->answer, buf_span(&picture));
    buf_clear(&picture);
    if (rc == ERR_OK)
        rc = qr_text(uri, &picture, e);
    buf_text(c->answer, ",\"text\":");
    put_json_text(c->answer, buf_span(&picture));
    if (rc == ERR_OK && buf_failed(&picture))
        rc = act_no_memory(e);
    buf_release(&picture);
    return rc;
}

static int put_secret(struct act_call *c, const struct user *u,
                      const uint8_t secret[TOTP_SECRET_BYTES], struct err *e)
{
    struct buf uri;
    int rc;

    buf_init(&uri, 512);
    totp_put_uri(secret, span_of(u->name), &uri);
    buf_text(c->answer, ",\"uri\":");
    put_json_text(c->answer, buf_span(&uri));
    buf_text(c->answer, ",\"secret\":\"");
    totp_put_secret(secret, c->answer);
    buf_byte(c->answer, '"');
    rc = buf_failed(&uri) ? act_no_memory(e) : put_pictures(c, buf_span(&uri), e);
    if (uri.n > 0)
        sodium_memzero(uri.p, uri.n);
    buf_release(&uri);
    return rc;
}

static int begin(struct act_call *c, struct err *e)
{
    uint8_t secret[TOTP_SECRET_BYTES], sealed[SEALED_BYTES];
    struct db_row *r;
    struct user u;
    int rc = user_self(c, &u, e);

    if (rc != ERR_OK)
        return rc;
    randombytes_buf(secret, sizeof(secret));
    seal_put(c->people, u.id, secret, sealed);
    r = db_use(c->db, DB_TOTP_NEW);
    db_blob(r, 1, (struct span){ sealed, sizeof(sealed) });
    db_int(r, 2, u.id);
    rc = db_run(c->db, r, e);
    if (rc == ERR_OK)
        rc = put_secret(c, &u, secret, e);
    sodium_memzero(secret, sizeof(secret));
    return rc == ERR_OK ? act_on(c, "user", u.id, e) : rc;
}

/* --- confirming ----------------------------------------------------------------------------- */

/* The secret that was begun: ERR_CONFLICT when none was. */
static int begun(struct act_call *c, const struct user *u, uint8_t secret[TOTP_SECRET_BYTES],
                 struct err *e)
{
    struct db_row *r = db_use(c->db, DB_TOTP_NEW_GET);
    bool there, opened;
    int rc;

    db_int(r, 1, u->id);
    rc = db_next(c->db, r, e);
    there = rc == 1 && !db_get_null(r, 0);
    opened = there && seal_open(c->people, u->id, db_get_blob(r, 0).p, secret);
    db_end(r);
    if (rc < 0)
        return rc;
    if (!there)
        return act_conflict(e, "No second factor was begun.");
    return opened ? ERR_OK
                  : err_set(e, ERR_CORRUPT, 0, "The second factor of user %lld cannot be opened.",
                            (long long)u->id);
}

static int put_code(struct act_call *c, const struct user *u, const char *before, struct err *e)
{
    uint8_t raw[ONCE_BYTES], hash[HASH_BYTES];
    char text[ONCE_TEXT + 1];
    struct db_row *r = db_use(c->db, DB_RECOVERY_ADD);
    int rc;

    once_new(raw);
    once_put(raw, text);
    once_hash(raw, hash);
    db_int(r, 1, u->id);
    db_blob(r, 2, (struct span){ hash, sizeof(hash) });
    rc = db_run(c->db, r, e);
    buf_fmt(c->answer, "%s\"%s\"", before, text);
    sodium_memzero(raw, sizeof(raw));
    sodium_memzero(text, sizeof(text));
    return rc;
}

static int put_codes(struct act_call *c, const struct user *u, struct err *e)
{
    int rc = run_int(c->db, DB_RECOVERY_DROP, u->id, e);

    buf_text(c->answer, ",\"recovery\":[");
    for (unsigned i = 0; i < PEOPLE_RECOVERY && rc == ERR_OK; i++)
        rc = put_code(c, u, i > 0 ? "," : "", e);
    buf_byte(c->answer, ']');
    return rc;
}

static int confirm(struct act_call *c, struct err *e)
{
    uint8_t secret[TOTP_SECRET_BYTES];
    struct user u;
    int64_t step = 0;
    bool found;
    int rc = user_self(c, &u, e);

    if (rc == ERR_OK)
        rc = begun(c, &u, secret, e);
    if (rc != ERR_OK)
        return rc;
    found = totp_find(secret, act_text(c, "code"), c->now_ns, 0, &step);
    sodium_memzero(secret, sizeof(secret));
    if (!found)
        return act_conflict(e, "This is not the code of now: is the clock of the device right?");
    rc = run_ints(c->db, DB_TOTP_CONFIRM, step, u.id, e);
    if (rc == ERR_OK)
        rc = put_codes(c, &u, e);
    if (rc == ERR_OK)
        rc = run_int(c->db, DB_SESSION_SECOND, c->who->session, e);
    return rc == ERR_OK ? act_on(c, "user", u.id, e) : rc;
}

/* --- removing ------------------------------------------------------------------------------- */

static int put_removed(struct act_call *c, const struct user *u, struct err *e)
{
    int rc = run_int(c->db, DB_TOTP_REMOVE, u->id, e);

    if (rc == ERR_OK)
        rc = run_int(c->db, DB_RECOVERY_DROP, u->id, e);
    if (rc == ERR_OK)
        rc = run_int(c->db, DB_SESSION_NO_SECOND, u->id, e);
    return rc == ERR_OK ? act_on(c, "user", u->id, e) : rc;
}

/* With a code of it, tried under the limit of logins. */
static int remove_own(struct act_call *c, const struct user *u, struct err *e)
{
    int64_t attempt;
    int rc;

    if (u->is_short)
        return act_conflict(e, "Without a second factor a password has at least %u characters.",
                            PASSWORD_POINTS_ONE);
    rc = attempt_now(c, u, &attempt, e);
    if (rc == 0)
        return err_set(e, ERR_LIMIT, 0, "There were too many attempts; wait a while.");
    if (rc == 1)
        rc = second_take(c, u, act_text(c, "code"), e);
    if (rc == 0)
        return act_refuse(c, c->who, e, "The code is wrong.");
    rc = rc == 1 ? act_by(c, c->who, e) : rc;
    if (rc == ERR_OK)
        rc = attempt_give_back(c, attempt, e);
    return rc == ERR_OK ? put_removed(c, u, e) : rc;
}

/* He lost it, and his codes: a password that was enough only with it must be changed. */
static int remove_others(struct act_call *c, const struct user *u, struct err *e)
{
    int rc = act_by(c, c->who, e);

    if (rc == ERR_OK && u->is_short)
        rc = run_int(c->db, DB_USER_MUST_CHANGE, u->id, e);
    if (rc == ERR_OK)
        rc = run_int(c->db, DB_SESSION_END_ALL, u->id, e);
    return rc == ERR_OK ? put_removed(c, u, e) : rc;
}

static int remove_factor(struct act_call *c, struct err *e)
{
    bool other = act_has(c, "user");
    struct user u;
    int rc;

    if (other && (c->who->roles & ROLE_BIT(ADMINISTRATOR)) == 0)
        return err_set(e, ERR_DENIED, 0, "Only an administrator removes that of somebody else.");
    rc = other ? user_of(c, "user", &u, e) : user_self(c, &u, e);
    if (rc == ERR_OK && !u.has_totp)
        rc = act_conflict(e, "%s has no second factor.", u.name);
    if (rc != ERR_OK)
        return rc;
    return other && u.id != c->who->user ? remove_others(c, &u, e) : remove_own(c, &u, e);
}

/* --- the table ------------------------------------------------------------------------------ */

const struct act_row people_totp[] = {
    { "totp.begin",
      ROLE_SELF,
      "Begin a second factor: it answers the secret, as a QR code, too.",
      begin,
      { { 0 } } },
    { "totp.confirm",
      ROLE_SELF,
      "Show a code of it: from now on it is needed; it answers recovery codes, once.",
      confirm,
      { { "code", ACT_SECRET, true, 64, NULL, "of the authenticator" } } },
    { "totp.remove",
      ROLE_SELF | ROLE_LOGIN | ROLE_BIT(ADMINISTRATOR),
      "Remove the second factor: one's own with a code of it, or somebody's who lost it.",
      remove_factor,
      { { "user", ACT_TEXT, false, 64, NULL, "the user's name; without it: one's own" },
        { "code", ACT_SECRET, false, 64, NULL, "of the authenticator, or a recovery code" } } },
};
