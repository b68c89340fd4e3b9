/*
 * people.c - keys, secrets, and the users' rows.
 */
#include "people/people_own.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#include "act/key.h"
#include "os/file.h"
#include "os/io.h"

#define KEY_FILE_BYTES 32u

const struct people_limits people_limits_usual = {
#define X(name, usual) .name = usual,
    PEOPLE_LIMIT_TABLE(X)
#undef X
};

/* --- keys ----------------------------------------------------------------------------------- */

/* 32 bytes. Only its owner may read it; io_replace() makes files so that nobody else can. */
static int key_read(int dir, const char *name, uint8_t key[KEY_FILE_BYTES], struct err *e)
{
    struct buf b;
    int rc;

    buf_init(&b, (size_t)1 << 20);
    rc = io_read(&io_system, dir, name, &b, e);
    if (rc == ERR_OK && b.n != KEY_FILE_BYTES)
        rc = err_set(e, ERR_CORRUPT, 0, "This is no key of %u bytes.", KEY_FILE_BYTES);
    if (rc == ERR_OK)
        memcpy(key, b.p, KEY_FILE_BYTES);
    if (b.n > 0)
        sodium_memzero(b.p, b.n);
    buf_release(&b);
    if (rc != ERR_OK)
        err_prefix(e, "keys/%s", name);
    return rc;
}

static int key_find(int dir, const char *name, uint8_t key[KEY_FILE_BYTES], struct err *e)
{
    char fresh[32];
    int rc;

    if (faccessat(dir, name, F_OK, 0) == 0 || errno != ENOENT)
        return key_read(dir, name, key, e);
    randombytes_buf(key, KEY_FILE_BYTES);
    rc = snprintf(fresh, sizeof(fresh), "%s.new", name);
    MUST(rc > 0 && (size_t)rc < sizeof(fresh));
    if (!io_replace(&io_system, dir, fresh, name, (struct span){ key, KEY_FILE_BYTES }))
        return err_set(e, ERR_IO, 0, "keys/%s: It cannot be written: %s.", name, strerror(errno));
    return ERR_OK;
}

static void derive(const uint8_t key[KEY_FILE_BYTES], const char *use, uint8_t out[32])
{
    MUST(crypto_generichash(out, 32, (const uint8_t *)use, strlen(use), key, KEY_FILE_BYTES) == 0);
}

int people_new(struct people **out, int keys_dir, const struct people_limits *limits,
               int64_t now_ns, struct err *e)
{
    struct people *p = calloc(1, sizeof(*p));
    uint8_t key[KEY_FILE_BYTES];
    int rc;

    *out = p;
    MUST(sodium_init() >= 0);
    if (p == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for users.");
    p->limits = limits != NULL ? *limits : people_limits_usual;
    p->since_ns = now_ns;
    rc = key_find(keys_dir, "desk.key", key, e);
    derive(key, "canh seal", p->seal);
    derive(key, "canh salt", p->salt);
    derive(key, "canh name", p->name);
    derive(key, "canh oidc", p->oidc);
    sodium_memzero(key, sizeof(key));
    if (rc == ERR_OK)
        rc = key_find(keys_dir, "local.key", p->local, e);
    if (rc != ERR_OK)
        people_free(out);
    return rc;
}

void people_free(struct people **p)
{
    if (*p != NULL)
        sodium_memzero(*p, sizeof(**p));
    free(*p);
    *p = NULL;
}

/* --- secrets -------------------------------------------------------------------------------- */

void bytes_put(const uint8_t *bytes, size_t n, struct buf *out)
{
    size_t room = sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);

    if (!buf_reserve(out, room))
        return;
    (void)sodium_bin2base64((char *)out->p + out->n, room, bytes, n,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    out->n += room - 1; /* without the zero */
}

bool bytes_read(struct span text, uint8_t *out, size_t n)
{
    static const int variants[] = { sodium_base64_VARIANT_URLSAFE_NO_PADDING,
                                    sodium_base64_VARIANT_ORIGINAL };

    for (size_t i = 0; i < COUNT_OF(variants) && text.n <= 2 * n + 4; i++) {
        size_t got = 0;

        if (sodium_base642bin(out, n, (const char *)text.p, text.n, NULL, &got, NULL,
                              variants[i]) == 0 &&
            got == n)
            return true;
    }
    return false;
}

void secret_new(char text[44], uint8_t hash[HASH_BYTES])
{
    uint8_t raw[PEOPLE_SECRET_BYTES];

    randombytes_buf(raw, sizeof(raw));
    (void)sodium_bin2base64(text, 44, raw, sizeof(raw), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    (void)crypto_hash_sha256(hash, raw, sizeof(raw)); /* always 0 */
    sodium_memzero(raw, sizeof(raw));
}

bool secret_hash(struct span text, uint8_t hash[HASH_BYTES])
{
    uint8_t raw[PEOPLE_SECRET_BYTES];
    bool good = bytes_read(text, raw, sizeof(raw));

    if (good)
        (void)crypto_hash_sha256(hash, raw, sizeof(raw));
    sodium_memzero(raw, sizeof(raw));
    return good;
}

/* Bound to the user: one's secret is not opened as another's. */
static void bind_to(int64_t user, uint8_t with[8])
{
    for (int i = 0; i < 8; i++)
        with[i] = (uint8_t)((uint64_t)user >> (8 * i));
}

void seal_put(const struct people *p, int64_t user, const uint8_t secret[TOTP_SECRET_BYTES],
              uint8_t sealed[SEALED_BYTES])
{
    uint8_t with[8];

    bind_to(user, with);
    randombytes_buf(sealed, 24);
    MUST(crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + 24, NULL, secret, TOTP_SECRET_BYTES,
                                                    with, sizeof(with), NULL, sealed,
                                                    p->seal) == 0);
}

bool seal_open(const struct people *p, int64_t user, const uint8_t sealed[SEALED_BYTES],
               uint8_t secret[TOTP_SECRET_BYTES])
{
    uint8_t with[8];

    bind_to(user, with);
    return crypto_aead_xchacha20poly1305_ietf_decrypt(secret, NULL, NULL, sealed + 24,
                                                      SEALED_BYTES - 24, with, sizeof(with), sealed,
                                                      p->seal) == 0;
}

/* --- roles ---------------------------------------------------------------------------------- */

const char *const role_names[USER_ROLES + 1] = {
#define X(id, name, vi, does) name,
    USER_ROLE_TABLE(X)
#undef X
        NULL
};

/* As roles_put() wrote it: the table's names, none of which is part of another with its quotes. */
unsigned roles_read(struct span json)
{
    unsigned roles = 0;

    for (unsigned i = 0; i < USER_ROLES; i++) {
        size_t n = strlen(role_names[i]);

        for (size_t at = 1; at + n < json.n; at++) {
            if (json.p[at - 1] == '"' && json.p[at + n] == '"' &&
                memcmp(json.p + at, role_names[i], n) == 0)
                roles |= 1u << i;
        }
    }
    return roles;
}

unsigned roles_given(const struct act_call *c)
{
    unsigned roles = 0;
    enum user_role r;

    for (size_t i = 0; i < act_count(c, "roles"); i++) {
        MUST(user_role_of(act_member(c, "roles", i, NULL), &r));
        roles |= 1u << r;
    }
    return roles;
}

void roles_put(unsigned roles, struct buf *out)
{
    const char *before = "[";

    for (unsigned i = 0; i < USER_ROLES; i++) {
        if ((roles >> i & 1u) == 0)
            continue;
        buf_fmt(out, "%s\"%s\"", before, role_names[i]);
        before = ",";
    }
    buf_text(out, before[0] == '[' ? "[]" : "]");
}

/* --- rows ----------------------------------------------------------------------------------- */

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool name_good(struct span name)
{
    if (name.n < 2 || name.n > PEOPLE_NAME_MAX || !is_letter(name.p[0]))
        return false;
    for (size_t i = 1; i < name.n; i++) {
        uint8_t c = name.p[i];

        if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '.' && c != '-' && c != '_')
            return false;
    }
    return true;
}

static void copy_blob(struct db_row *r, int column, uint8_t *to, size_t n)
{
    struct span blob = db_get_blob(r, column);

    MUST(blob.n == n); /* CHECK of the schema */
    memcpy(to, blob.p, n);
}

/* The columns of USER_ROW (src/db/sql/people.sql). */
static int read_user(struct db *db, struct db_row *r, struct user *u, struct err *e)
{
    struct span name;
    int rc = db_next(db, r, e);

    if (rc != 1)
        return rc;
    *u = (struct user){ .id = db_get_int(r, 0),
                        .roles = roles_read(db_get_text(r, 2)),
                        .agency = db_get_null(r, 3) ? 0 : db_get_int(r, 3),
                        .active = span_eq(db_get_text(r, 4), SPAN_LIT("active")),
                        .cost = { (uint32_t)db_get_int(r, 6), (uint32_t)db_get_int(r, 7) },
                        .must_change = db_get_int(r, 9) != 0,
                        .is_short = db_get_int(r, 10) != 0,
                        .has_totp = !db_get_null(r, 11),
                        .totp_step = db_get_int(r, 12) };
    name = db_get_text(r, 1);
    MUST(name.n <= PEOPLE_NAME_MAX);
    memcpy(u->name, name.p, name.n);
    copy_blob(r, 5, u->salt, sizeof(u->salt));
    copy_blob(r, 8, u->verifier, sizeof(u->verifier));
    if (u->has_totp)
        copy_blob(r, 11, u->totp, sizeof(u->totp));
    db_end(r);
    return 1;
}

int user_at(struct db *db, int64_t id, struct user *u, struct err *e)
{
    struct db_row *r = db_use(db, DB_USER_AT);

    db_int(r, 1, id);
    return read_user(db, r, u, e);
}

/* A name has no wide letters, so that folding is lower case: what is longer than it can be is none.
 */
int user_named(struct db *db, struct span name, struct user *u, struct err *e)
{
    struct db_row *r;
    struct buf key;
    int rc;

    buf_init(&key, 4096);
    key_put(name, &key);
    r = db_use(db, DB_USER_NAMED);
    db_text(r, 1, buf_span(&key));
    rc = buf_failed(&key) ? act_no_memory(e) : read_user(db, r, u, e);
    buf_release(&key);
    return rc;
}

int user_of(struct act_call *c, const char *param, struct user *u, struct err *e)
{
    struct span name = act_text(c, param);
    int rc = user_named(c->db, name, u, e);

    if (rc == 0)
        return err_set(e, ERR_NOTFOUND, 0, "There is no user %.*s.",
                       (int)(name.n < 64 ? name.n : 64), (const char *)name.p);
    return rc < 0 ? rc : ERR_OK;
}

int people_active(struct db *db, const char *param, struct span name, char out[PEOPLE_NAME_MAX + 1],
                  struct err *e)
{
    struct user u;
    int rc = user_named(db, name, &u, e);

    if (rc == 0)
        return err_set(e, ERR_NOTFOUND, 0, "%s: There is no such user: %.*s.", param,
                       (int)(name.n < 64 ? name.n : 64), (const char *)name.p);
    if (rc < 0)
        return rc;
    if (!u.active)
        return act_conflict(e, "%s: User %s is disabled.", param, u.name);
    memcpy(out, u.name, sizeof(u.name));
    return ERR_OK;
}

int people_given(const struct act_call *c, const char *param, char room[PEOPLE_NAME_MAX + 1],
                 struct span *out, struct err *e)
{
    int rc;

    *out = c->who->name;
    if (!act_has(c, param) || span_eq(act_text(c, param), c->who->name))
        return ERR_OK;
    rc = people_active(c->db, param, act_text(c, param), room, e);
    *out = span_of(room);
    return rc;
}

int user_self(struct act_call *c, struct user *u, struct err *e)
{
    int rc = c->who->user != 0 && strcmp(c->who->via, "session") == 0
                 ? user_at(c->db, c->who->user, u, e)
                 : 0;

    if (rc == 0)
        return err_set(e, ERR_DENIED, 0, "This is for users with a session of their own.");
    return rc < 0 ? rc : ERR_OK;
}

int run_int(struct db *db, enum db_statement s, int64_t a, struct err *e)
{
    struct db_row *r = db_use(db, s);

    db_int(r, 1, a);
    return db_run(db, r, e);
}

int run_ints(struct db *db, enum db_statement s, int64_t a, int64_t b, struct err *e)
{
    struct db_row *r = db_use(db, s);

    db_int(r, 1, a);
    db_int(r, 2, b);
    return db_run(db, r, e);
}
