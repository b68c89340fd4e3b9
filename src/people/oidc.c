/*
 * oidc.c - logging in by the word of an OpenID issuer: the desk's side, without a network.
 */
#include <sodium.h>
#include <stdio.h>

#include "people/people_own.h"

#define FAILED "Logging in there did not end well."
#define OVER   "This login is over: begin again."

/* --- the issuer ----------------------------------------------------------------------------- */

static void copy(char *to, size_t room, const char *from)
{
    int n = snprintf(to, room, "%s", from);

    MUST(n >= 0 && (size_t)n < room); /* issuer_check() */
}

static void join(char *to, size_t room, const struct text_list *l)
{
    size_t at = 0;

    to[0] = '\0';
    for (uint32_t i = 0; i < l->count; i++) {
        int n = snprintf(to + at, room - at, "%s%s", i > 0 ? " " : "", l->value[i]);

        MUST(n >= 0 && (size_t)n < room - at);
        at += (size_t)n;
    }
}

void people_oidc(struct people *p, const struct settings *s)
{
    struct oidc_way way = { .second = s->oidc_second };

    if (s->oidc_issuer[0] != '\0') {
        copy(way.issuer, sizeof(way.issuer), s->oidc_issuer);
        copy(way.client, sizeof(way.client), s->oidc_client);
        join(way.scopes, sizeof(way.scopes), &s->oidc_scopes);
        join(way.acr, sizeof(way.acr), &s->oidc_acr);
        copy(way.redirect, sizeof(way.redirect), s->console_url);
        copy(way.redirect + strlen(way.redirect), 32, "/api/oidc/done");
    }
    if (strcmp(way.issuer, p->way.issuer) == 0) {
        memcpy(way.authorize, p->way.authorize, sizeof(way.authorize));
        way.says_iss = p->way.says_iss;
    }
    p->way = way;
}

bool people_oidc_is_on(const struct people *p)
{
    return p->way.issuer[0] != '\0';
}

/* The sender has looked at it already; it goes into a head, so it is looked at here, too. */
bool people_oidc_learned(struct people *p, struct span authorize, bool says_iss)
{
    struct channel_url u;

    if (!channel_url_is_web(authorize, &u))
        return false;
    memcpy(p->way.authorize, authorize.p, authorize.n);
    p->way.authorize[authorize.n] = '\0';
    p->way.says_iss = says_iss;
    return true;
}

/* --- secrets -------------------------------------------------------------------------------- */

/* What belongs to a state, for each use another: nobody has it who has only the database. */
static void secret_of(const struct people *p, const char *use, const uint8_t state[HASH_BYTES],
                      char text[44])
{
    crypto_generichash_state s;
    uint8_t raw[HASH_BYTES];

    /* These are always 0. */
    (void)crypto_generichash_init(&s, p->oidc, sizeof(p->oidc), sizeof(raw));
    (void)crypto_generichash_update(&s, (const uint8_t *)use, strlen(use) + 1);
    (void)crypto_generichash_update(&s, state, HASH_BYTES);
    (void)crypto_generichash_final(&s, raw, sizeof(raw));
    (void)sodium_bin2base64(text, 44, raw, sizeof(raw), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(raw, sizeof(raw));
}

static void verifier_of(const struct people *p, const uint8_t state[HASH_BYTES], char text[44])
{
    secret_of(p, "verifier", state, text);
}

static void nonce_of(const struct people *p, const uint8_t state[HASH_BYTES], char text[44])
{
    secret_of(p, "nonce", state, text);
}

/* --- beginning ------------------------------------------------------------------------------ */

static void put_query(struct buf *out, const char *name, struct span value)
{
    static const char hex[] = "0123456789ABCDEF";

    buf_fmt(out, "%s=", name);
    for (size_t i = 0; i < value.n; i++) {
        uint8_t b = value.p[i];

        if ((b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') ||
            (b != 0 && strchr("-._~", b) != NULL))
            buf_byte(out, b);
        else
            buf_fmt(out, "%%%c%c", hex[b >> 4], hex[b & 15]);
    }
}

/* OpenID Connect Core 1.0, 3.1.2.1; RFC 7636, 4.3. No letter of it needs a \ in JSON. */
static void put_location(struct act_call *c, const char *state, const uint8_t hash[HASH_BYTES])
{
    const struct oidc_way *w = &c->people->way;
    char verifier[44], nonce[44], challenge[44];
    uint8_t digest[HASH_BYTES];

    verifier_of(c->people, hash, verifier);
    nonce_of(c->people, hash, nonce);
    (void)crypto_hash_sha256(digest, (const uint8_t *)verifier, strlen(verifier)); /* always 0 */
    (void)sodium_bin2base64(challenge, sizeof(challenge), digest, sizeof(digest),
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    buf_fmt(c->answer, ",\"location\":\"%s%c", w->authorize,
            strchr(w->authorize, '?') != NULL ? '&' : '?');
    put_query(c->answer, "response_type", SPAN_LIT("code"));
    put_query(c->answer, "&client_id", span_of(w->client));
    put_query(c->answer, "&redirect_uri", span_of(w->redirect));
    put_query(c->answer, "&scope", span_of(w->scopes));
    put_query(c->answer, "&state", span_of(state));
    put_query(c->answer, "&nonce", span_of(nonce));
    put_query(c->answer, "&code_challenge", span_of(challenge));
    put_query(c->answer, "&code_challenge_method", SPAN_LIT("S256"));
    if (w->acr[0] != '\0')
        put_query(c->answer, "&acr_values", span_of(w->acr));
    buf_byte(c->answer, '"');
    sodium_memzero(verifier, sizeof(verifier));
}

static void put_wait(struct act_call *c, int64_t until)
{
    buf_fmt(c->answer, ",\"wait\":%lld",
            (long long)((until - c->now_ns + SECOND_NS - 1) / SECOND_NS));
}

static int put_login(struct act_call *c, int64_t attempt, struct err *e)
{
    char state[44], cookie[44];
    uint8_t state_hash[HASH_BYTES], cookie_hash[HASH_BYTES];
    struct db_row *r = db_use(c->db, DB_OIDC_ADD);
    int rc;

    secret_new(state, state_hash);
    secret_new(cookie, cookie_hash);
    db_blob(r, 1, (struct span){ state_hash, sizeof(state_hash) });
    db_blob(r, 2, (struct span){ cookie_hash, sizeof(cookie_hash) });
    db_int(r, 3, c->now_ns);
    db_int(r, 4, c->now_ns + c->people->limits.oidc_s * SECOND_NS);
    db_int(r, 5, attempt);
    rc = db_run(c->db, r, e);
    if (rc == ERR_OK) {
        buf_fmt(c->answer, ",\"cookie\":\"%s\"", cookie);
        put_location(c, state, state_hash);
    }
    sodium_memzero(cookie, sizeof(cookie));
    return rc;
}

/* Of whom nobody knows who he is, the address alone counts: the name is one that nobody has. */
static int begin(struct act_call *c, struct err *e)
{
    int64_t lives, until, id;
    uint8_t secret[ATTEMPT_BYTES];
    struct attempt a = { 0 };
    int rc;

    if (!people_oidc_is_on(c->people))
        return err_set(e, ERR_NOTFOUND, 0, "There is no issuer to log in by.");
    if (c->people->way.authorize[0] == '\0')
        return err_set(e, ERR_IO, 0, "The issuer has not been reached yet: try again.");
    lives = c->people->limits.oidc_s * SECOND_NS;
    rc = run_ints(c->db, DB_OIDC_PRUNE, c->now_ns, c->now_ns + 2 * lives, e);
    if (rc != ERR_OK)
        return rc;
    randombytes_buf(a.name, sizeof(a.name));
    attempt_address(c->who->address, a.address);
    rc = attempt_reserve(c, &a, true, secret, &until, &id, e);
    if (rc == 0)
        put_wait(c, until);
    if (rc == 1)
        rc = put_login(c, id, e);
    return rc < 0 ? rc : ERR_OK;
}

/* --- coming back ---------------------------------------------------------------------------- */

static const struct user nobody;

/* It is over, and what it took up stays taken. */
static int refuse(struct act_call *c, int64_t id, const struct user *u, struct err *e)
{
    const struct actor who = session_tried_by(c, u);
    int rc = run_int(c->db, DB_OIDC_DROP, id, e);

    return rc == ERR_OK ? act_refuse(c, &who, e, FAILED) : rc;
}

/* RFC 9207, 2.4: whose answer it is, where he says so or always does. */
static bool is_of_issuer(const struct act_call *c)
{
    const struct oidc_way *w = &c->people->way;

    return act_has(c, "iss") ? span_eq(act_text(c, "iss"), span_of(w->issuer)) : !w->says_iss;
}

static int find_begun(struct act_call *c, int64_t *id, struct err *e)
{
    uint8_t state[HASH_BYTES], cookie[HASH_BYTES];
    struct db_row *r;
    int rc = 0;

    if (secret_hash(act_text(c, "state"), state) && secret_hash(act_text(c, "cookie"), cookie)) {
        r = db_use(c->db, DB_OIDC_BEGUN);
        db_blob(r, 1, (struct span){ state, sizeof(state) });
        db_blob(r, 2, (struct span){ cookie, sizeof(cookie) });
        db_int(r, 3, c->now_ns);
        rc = db_next(c->db, r, e);
        *id = rc == 1 ? db_get_int(r, 0) : 0;
        db_end(r);
    }
    return rc == 0 ? err_set(e, ERR_DENIED, 0, OVER) : rc < 0 ? rc : ERR_OK;
}

static int ask(struct act_call *c, struct err *e)
{
    struct db_row *r;
    int64_t id;
    int rc = find_begun(c, &id, e);

    if (rc != ERR_OK)
        return rc;
    if (!people_oidc_is_on(c->people) || !act_has(c, "code") || !is_of_issuer(c))
        return refuse(c, id, &nobody, e);
    r = db_use(c->db, DB_OIDC_ASK);
    db_int(r, 1, id);
    db_text(r, 2, act_text(c, "code"));
    buf_fmt(c->answer, ",\"login\":%lld", (long long)id);
    return db_run(c->db, r, e);
}

/* --- the sender's part ---------------------------------------------------------------------- */

static int read_due(const struct people *p, struct db *db, struct people_exchange *x, struct err *e)
{
    struct db_row *r = db_use(db, DB_OIDC_DUE);
    struct span code, state;
    int rc = db_next(db, r, e);

    if (rc != 1)
        return rc;
    code = db_get_text(r, 2);
    state = db_get_blob(r, 1);
    MUST(code.n <= PEOPLE_CODE_MAX && state.n == HASH_BYTES); /* act_row, schema */
    *x = (struct people_exchange){ .id = db_get_int(r, 0) };
    memcpy(x->code, code.p, code.n);
    verifier_of(p, state.p, x->verifier);
    nonce_of(p, state.p, x->nonce);
    db_end(r);
    return 1;
}

/* Of a transaction that was begun: done, or as if it had never been. */
static int ended(struct db *db, int rc, struct err *e)
{
    if (rc == ERR_OK)
        rc = db_commit(db, e);
    if (rc != ERR_OK)
        db_rollback(db);
    return rc;
}

int people_oidc_due(const struct people *p, struct db *db, struct people_exchange *x, struct err *e)
{
    int rc = read_due(p, db, x, e);

    if (rc != 1)
        return rc;
    rc = db_begin(db, e);
    if (rc == ERR_OK)
        rc = ended(db, run_int(db, DB_OIDC_SENT, x->id, e), e);
    return rc == ERR_OK ? 1 : rc;
}

/* The link of a subject that is somebody's, or 0. */
static int find_link(const struct people *p, struct db *db, struct span subject, int64_t *link,
                     struct err *e)
{
    struct db_row *r = db_use(db, DB_LINK_OF);
    int rc;

    db_text(r, 1, span_of(p->way.issuer));
    db_text(r, 2, subject);
    rc = db_next(db, r, e);
    *link = rc == 1 && !db_get_null(r, 1) ? db_get_int(r, 0) : 0;
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

int people_oidc_result(const struct people *p, struct db *db, int64_t id, struct span subject,
                       struct err *e)
{
    int64_t link = 0;
    struct db_row *r;
    int rc = subject.n > 0 ? find_link(p, db, subject, &link, e) : ERR_OK;

    if (rc == ERR_OK)
        rc = db_begin(db, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(db, DB_OIDC_RESULT);
    db_int(r, 1, id);
    if (link != 0)
        db_int(r, 2, link);
    return ended(db, db_run(db, r, e), e);
}

int people_oidc_lost(struct db *db, struct err *e)
{
    int rc = db_begin(db, e);

    return rc == ERR_OK ? ended(db, db_run(db, db_use(db, DB_OIDC_LOST), e), e) : rc;
}

/* --- proving -------------------------------------------------------------------------------- */

struct login {
    int64_t id, link, attempt;
    bool known, refused;
};

static int find_login(struct act_call *c, struct login *l, struct err *e)
{
    uint8_t cookie[HASH_BYTES];
    struct db_row *r;
    int rc;

    *l = (struct login){ 0 };
    if (!secret_hash(act_text(c, "cookie"), cookie))
        return err_set(e, ERR_DENIED, 0, OVER);
    r = db_use(c->db, DB_OIDC_OF);
    db_blob(r, 1, (struct span){ cookie, sizeof(cookie) });
    db_int(r, 2, c->now_ns);
    rc = db_next(c->db, r, e);
    if (rc < 0)
        return rc;
    if (rc == 1)
        *l = (struct login){ .id = db_get_int(r, 0),
                             .link = db_get_null(r, 2) ? 0 : db_get_int(r, 2),
                             .attempt = db_get_int(r, 3),
                             .known = span_eq(db_get_text(r, 1), SPAN_LIT("known")),
                             .refused = span_eq(db_get_text(r, 1), SPAN_LIT("refused")) };
    db_end(r);
    if (rc == 0)
        return err_set(e, ERR_DENIED, 0, OVER);
    return l->known || l->refused ? ERR_OK : act_conflict(e, "The issuer has not answered yet.");
}

/* Whose subject it is now: 1, 0 when it is nobody's who may log in, or a code. */
static int find_user(struct act_call *c, const struct login *l, struct user *u, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_LINK_USER);
    int64_t id;
    int rc;

    db_int(r, 1, l->link);
    db_text(r, 2, span_of(c->people->way.issuer));
    rc = db_next(c->db, r, e);
    id = rc == 1 ? db_get_int(r, 0) : 0;
    db_end(r);
    return rc == 1 ? user_at(c->db, id, u, e) : rc;
}

static int let_in(struct act_call *c, const struct login *l, const struct user *u, int64_t attempt,
                  bool second, struct err *e)
{
    const struct actor who = session_tried_by(c, u);
    int rc = act_by(c, &who, e);

    if (rc == ERR_OK)
        rc = attempt_give_back(c, attempt, e);
    if (rc == ERR_OK)
        rc = attempt_give_back(c, l->attempt, e);
    if (rc == ERR_OK)
        rc = run_int(c->db, DB_OIDC_DROP, l->id, e);
    return rc == ERR_OK ? session_welcome(c, u, second, l->link, e) : rc;
}

/* A user with too many attempts behind him waits, whatever the issuer says. A wrong code leaves the
 * login as it is, and counts as one. */
static int judge(struct act_call *c, const struct login *l, const struct user *u, struct err *e)
{
    const bool ours = u->has_totp && !c->people->way.second;
    const struct actor who = session_tried_by(c, u);
    struct attempt a = { .user = u->id };
    uint8_t secret[ATTEMPT_BYTES];
    int64_t until, attempt;
    int rc;

    if (ours && !act_has(c, "code")) {
        buf_text(c->answer, ",\"needs_code\":true");
        return ERR_OK;
    }
    if (attempt_name(c, span_of(u->name), a.name) != ERR_OK)
        return act_no_memory(e);
    attempt_address(c->who->address, a.address);
    rc = attempt_reserve(c, &a, true, secret, &until, &attempt, e);
    if (rc == 0)
        put_wait(c, until);
    if (rc != 1)
        return rc;
    rc = ours ? second_take(c, u, act_text(c, "code"), e) : 1;
    if (rc == 0)
        return act_refuse(c, &who, e, "The code is wrong.");
    return rc == 1 ? let_in(c, l, u, attempt, u->has_totp || c->people->way.second, e) : rc;
}

static int prove(struct act_call *c, struct err *e)
{
    struct login l;
    struct user u;
    int rc = find_login(c, &l, e);

    if (rc != ERR_OK)
        return rc;
    rc = l.known ? find_user(c, &l, &u, e) : 0;
    if (rc == 0)
        return refuse(c, l.id, &nobody, e);
    return rc == 1 ? judge(c, &l, &u, e) : rc;
}

/* --- the table ------------------------------------------------------------------------------ */

#define SECRET(name, required, max, help)                                                          \
    {                                                                                              \
        name, ACT_SECRET, required, max, NULL, help                                                \
    }
#define COOKIE SECRET("cookie", true, 64, "what session.oidc_begin answered")

const struct act_row people_oidcs[] = {
    { "session.oidc_begin",
      ROLE_LOGIN | ROLE_SELF,
      "Begin to log in by the issuer; it answers where to go, and a secret to come back with.",
      begin,
      { { 0 } } },
    { "session.oidc_ask",
      ROLE_LOGIN | ROLE_SELF,
      "Come back from the issuer: its code is given to the sender.",
      ask,
      { COOKIE, SECRET("state", true, 64, "as it came back"),
        SECRET("code", false, PEOPLE_CODE_MAX, "of the issuer; none: it refused"),
        SECRET("iss", false, 500, "the issuer, as it came back") } },
    { "session.oidc_prove",
      ROLE_LOGIN | ROLE_SELF,
      "Log in, when the issuer has answered.",
      prove,
      { COOKIE,
        SECRET("code", false, 256, "of the authenticator, or a recovery code"),
        { "agent", ACT_TEXT, false, 200, NULL, "what he logs in with" } } },
};
