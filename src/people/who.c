/*
 * who.c - who asks: sessions, tokens, those on the host itself.
 */
#include <sodium.h>
#include <stdio.h>

#include "os/io.h"
#include "people/people_own.h"

#define MINUTE_NS (60 * SECOND_NS)
#define LOCAL_NS  (30 * SECOND_NS)
#define BACK_NS   (300 * SECOND_NS) /* a clock that was set back so far makes a session older */

static int unknown(struct err *e)
{
    return err_set(e, ERR_DENIED, 0, "Who asks is not known here.");
}

static void called(struct people_who *who, const char *before, struct span name)
{
    int n =
        snprintf(who->name, sizeof(who->name), "%s%.*s", before, (int)name.n, (const char *)name.p);

    MUST(n > 0 && (size_t)n < sizeof(who->name));
    who->actor.name = span_of(who->name);
}

void people_nobody(struct span address, struct people_who *who)
{
    *who =
        (struct people_who){ .actor = { .roles = ROLE_LOGIN, .via = "login", .address = address } };
    called(who, "", SPAN_LIT("-"));
}

/* --- sessions ------------------------------------------------------------------------------- */

/* id, made, seen, idle, ends of it; then the user: id, name, roles, agency, must_change, totp */
static void read_session(struct db_row *r, struct span address, struct people_who *who)
{
    unsigned roles = roles_read(db_get_text(r, 7));
    bool second = db_get_int(r, 10) != 0;

    *who = (struct people_who){ .seen_ns = db_get_int(r, 2),
                                .must_change = db_get_int(r, 9) != 0,
                                .needs_second = (roles & ROLE_BIT(ADMINISTRATOR)) != 0 && !second };
    if (who->must_change)
        roles = 0;
    if (!second)
        roles &= ~ROLE_BIT(ADMINISTRATOR);
    who->actor = (struct actor){ .user = db_get_int(r, 5),
                                 .roles = roles | ROLE_SELF,
                                 .agency = db_get_null(r, 8) ? 0 : db_get_int(r, 8),
                                 .via = "session",
                                 .address = address,
                                 .session = db_get_int(r, 0) };
    called(who, "", db_get_text(r, 6));
}

static bool is_over(struct db_row *r, int64_t now_ns)
{
    int64_t made = db_get_int(r, 1), seen = db_get_int(r, 2);

    return now_ns - seen > db_get_int(r, 3) || now_ns >= db_get_int(r, 4) ||
           now_ns < made - BACK_NS;
}

int people_session(struct db *db, struct span secret, struct span address, int64_t now_ns,
                   struct people_who *who, struct err *e)
{
    uint8_t hash[HASH_BYTES];
    struct db_row *r;
    int rc;

    if (!secret_hash(secret, hash))
        return unknown(e);
    r = db_use(db, DB_SESSION_OF);
    db_blob(r, 1, (struct span){ hash, sizeof(hash) });
    rc = db_next(db, r, e);
    if (rc < 0)
        return rc;
    if (rc == 0 || is_over(r, now_ns)) {
        db_end(r);
        return unknown(e);
    }
    read_session(r, address, who);
    db_end(r);
    return ERR_OK;
}

/* --- tokens --------------------------------------------------------------------------------- */

/* id, service, roles, used of it; then its user, if it has one: id, name, roles, agency */
static void read_token(struct db_row *r, struct span address, struct people_who *who)
{
    bool service = db_get_null(r, 4);
    unsigned roles = roles_read(db_get_text(r, 2));

    if (!service)
        roles &= roles_read(db_get_text(r, 6));
    *who = (struct people_who){ .token = db_get_int(r, 0),
                                .seen_ns = db_get_null(r, 3) ? 0 : db_get_int(r, 3) };
    who->actor = (struct actor){ .user = service ? 0 : db_get_int(r, 4),
                                 .roles = roles,
                                 .agency = db_get_null(r, 7) ? 0 : db_get_int(r, 7),
                                 .via = "token",
                                 .address = address };
    if (service)
        called(who, "service:", db_get_text(r, 1));
    else
        called(who, "", db_get_text(r, 5));
}

int people_token(struct db *db, struct span secret, struct span address, int64_t now_ns,
                 struct people_who *who, struct err *e)
{
    uint8_t hash[HASH_BYTES];
    struct db_row *r;
    int rc;

    if (!secret_hash(secret, hash))
        return unknown(e);
    r = db_use(db, DB_TOKEN_OF);
    db_blob(r, 1, (struct span){ hash, sizeof(hash) });
    db_int(r, 2, now_ns);
    rc = db_next(db, r, e);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return unknown(e);
    read_token(r, address, who);
    db_end(r);
    return ERR_OK;
}

/* What it may that is an act, as roles. */
static unsigned may_do(const struct token_settings *t)
{
    unsigned roles = t->may.count == 0 ? ROLE_SEARCH | ROLE_VERIFY : 0; /* all */
    enum may m;

    for (uint32_t i = 0; i < t->may.count; i++) {
        if (!may_find(span_of(t->may.value[i]), &m))
            continue;
        roles |= m == MAY_SEARCH ? ROLE_SEARCH : m == MAY_VERIFY ? ROLE_VERIFY : 0;
    }
    return roles;
}

int people_setting(const struct settings *s, struct span secret, struct span address,
                   struct people_who *who, struct err *e)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    char hex[2 * sizeof(hash) + 1];

    (void)crypto_hash_sha256(hash, secret.p, secret.n); /* always 0 */
    (void)sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
    for (uint32_t i = 0; i < s->token_count; i++) {
        const struct token_settings *t = &s->tokens[i];
        size_t n = strlen(t->name);

        if (!span_eq_nocase(span_of(t->sha256), span_of(hex)) || may_do(t) == 0)
            continue;
        *who = (struct people_who){ .actor = {
                                        .roles = may_do(t), .via = "token", .address = address } };
        called(who, "token:",
               (struct span){ (const uint8_t *)t->name,
                              n < PEOPLE_NAME_MAX ? n : PEOPLE_NAME_MAX - 1 });
        return ERR_OK;
    }
    return unknown(e);
}

int people_touch(struct db *db, const struct people_who *who, int64_t now_ns, struct err *e)
{
    int rc;

    if ((who->actor.session == 0 && who->token == 0) || now_ns - who->seen_ns < MINUTE_NS)
        return ERR_OK;
    rc = db_begin(db, e);
    if (rc == ERR_OK)
        rc = who->actor.session != 0 ? run_ints(db, DB_SESSION_SEEN, now_ns, who->actor.session, e)
                                     : run_ints(db, DB_TOKEN_USED, now_ns, who->token, e);
    if (rc == ERR_OK)
        rc = db_commit(db, e);
    if (rc != ERR_OK)
        db_rollback(db);
    return rc;
}

/* --- on the host itself --------------------------------------------------------------------- */

#define HEAD_BYTES (8u + NONCE_BYTES)
#define MAC_BYTES  crypto_auth_hmacsha256_BYTES
#define LOCAL_NAME 32u

static void local_mac(const uint8_t key[32], const uint8_t head[HEAD_BYTES], struct span name,
                      struct span request, uint8_t mac[MAC_BYTES])
{
    static const char label[] = "canh local 1";
    uint8_t n = (uint8_t)name.n;
    crypto_auth_hmacsha256_state s;

    /* These are always 0. */
    (void)crypto_auth_hmacsha256_init(&s, key, 32);
    (void)crypto_auth_hmacsha256_update(&s, (const uint8_t *)label, sizeof(label) - 1);
    (void)crypto_auth_hmacsha256_update(&s, head, HEAD_BYTES);
    (void)crypto_auth_hmacsha256_update(&s, &n, 1);
    (void)crypto_auth_hmacsha256_update(&s, name.p, name.n);
    (void)crypto_auth_hmacsha256_update(&s, request.p, request.n);
    (void)crypto_auth_hmacsha256_final(&s, mac);
    sodium_memzero(&s, sizeof(s));
}

static int64_t time_of(const uint8_t head[HEAD_BYTES])
{
    uint64_t v = 0;

    for (int i = 7; i >= 0; i--)
        v = v << 8 | head[i];
    return (int64_t)(v & INT64_MAX);
}

/* Remember it for as long as it would be good. False when it was there, or when there is no room.
 */
static bool nonce_take(struct people *p, const uint8_t nonce[NONCE_BYTES], int64_t until_ns,
                       int64_t now_ns)
{
    struct nonce *room = NULL;

    for (size_t i = 0; i < NONCES; i++) {
        struct nonce *n = &p->nonce[i];

        if (n->until_ns < now_ns)
            room = n;
        else if (memcmp(n->bytes, nonce, NONCE_BYTES) == 0)
            return false;
    }
    if (room == NULL)
        return false;
    memcpy(room->bytes, nonce, NONCE_BYTES);
    room->until_ns = until_ns;
    return true;
}

int people_local(struct people *p, struct span credential, struct span request, struct span address,
                 int64_t now_ns, struct people_who *who, struct err *e)
{
    uint8_t bytes[HEAD_BYTES + MAC_BYTES + LOCAL_NAME], mac[MAC_BYTES];
    struct span name;
    size_t n = 0;
    int64_t at;

    if (sodium_base642bin(bytes, sizeof(bytes), (const char *)credential.p, credential.n, NULL, &n,
                          NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        n <= HEAD_BYTES + MAC_BYTES)
        return unknown(e);
    name = (struct span){ bytes + HEAD_BYTES + MAC_BYTES, n - HEAD_BYTES - MAC_BYTES };
    local_mac(p->local, bytes, name, request, mac);
    at = time_of(bytes);
    if (sodium_memcmp(mac, bytes + HEAD_BYTES, MAC_BYTES) != 0 || !name_good(name))
        return unknown(e);
    if (at < p->since_ns || at < now_ns - LOCAL_NS || at > now_ns + LOCAL_NS ||
        !nonce_take(p, bytes + 8, at + LOCAL_NS, now_ns))
        return unknown(e);
    *who =
        (struct people_who){ .actor = { .roles = ROLES_ALL, .via = "local", .address = address } };
    called(who, "local:", name);
    return ERR_OK;
}

int people_local_sign(int keys_dir, struct span name, struct span request, int64_t now_ns,
                      char credential[PEOPLE_LOCAL_MAX], struct err *e)
{
    uint8_t bytes[HEAD_BYTES + MAC_BYTES + LOCAL_NAME], key[32];
    struct buf file;
    int rc;

    MUST(sodium_init() >= 0);
    if (!name_good(name))
        return err_set(e, ERR_USAGE, 0, "%.*s is no name of a user.",
                       (int)(name.n < 64 ? name.n : 64), (const char *)name.p);
    buf_init(&file, (size_t)1 << 20);
    rc = io_read(&io_system, keys_dir, "local.key", &file, e);
    if (rc == ERR_OK && file.n != sizeof(key))
        rc = err_set(e, ERR_CORRUPT, 0, "keys/local.key is no key.");
    if (rc == ERR_OK) {
        memcpy(key, file.p, sizeof(key));
        for (int i = 0; i < 8; i++)
            bytes[i] = (uint8_t)((uint64_t)now_ns >> (8 * i));
        randombytes_buf(bytes + 8, NONCE_BYTES);
        local_mac(key, bytes, name, request, bytes + HEAD_BYTES);
        memcpy(bytes + HEAD_BYTES + MAC_BYTES, name.p, name.n);
        (void)sodium_bin2base64(credential, PEOPLE_LOCAL_MAX, bytes,
                                HEAD_BYTES + MAC_BYTES + name.n,
                                sodium_base64_VARIANT_URLSAFE_NO_PADDING);
        sodium_memzero(key, sizeof(key));
    }
    if (file.n > 0)
        sodium_memzero(file.p, file.n);
    buf_release(&file);
    return rc;
}
