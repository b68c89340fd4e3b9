/*
 * token.c - see token.h.
 */
#include "oidc/token.h"

#include <cjose/cjose.h>
#include <jansson.h>
#include <sodium.h>

#define PART_MAX      (TOKEN_MAX / 4 * 3 + 3)
#define SIGNATURE_MAX 1024u /* of RSA with 8192 bits */

struct token {
    struct span text, part[3]; /* still base64url */
    enum issuer_alg alg;
    struct span kid;
    json_t *head, *claims;
};

static int wrong(struct err *e, const char *why)
{
    return err_set(e, ERR_DENIED, 0, "The issuer's ID token is refused: %s.", why);
}

/* --- its form ------------------------------------------------------------------------------- */

static bool split(struct token *t)
{
    struct span left = t->text;

    if (left.n > TOKEN_MAX)
        return false;
    for (unsigned i = 0; i < 3; i++) {
        size_t n = span_find(left, '.');

        if (n == 0 || (n == left.n) != (i == 2)) /* three, none of them empty */
            return false;
        t->part[i] = (struct span){ left.p, n };
        left = span_from(left, i < 2 ? n + 1 : n);
    }
    return true;
}

/* An object, or NULL. */
static json_t *decode_object(struct span text)
{
    uint8_t room[PART_MAX];
    size_t n = 0;
    json_t *v = NULL;

    if (issuer_decode(text, room, sizeof(room), &n))
        v = json_loadb((const char *)room, n, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(v)) {
        json_decref(v);
        v = NULL;
    }
    return v;
}

static const char *text_of(const json_t *v, const char *name)
{
    return json_string_value(json_object_get(v, name));
}

/* RFC 7515, 4.1: what we do not understand but must, is refused; keys in the head are not looked
 * at. NULL, or what is wrong. */
static const char *read_head(struct token *t, const struct token_wants *w)
{
    const json_t *kid;

    t->head = decode_object(t->part[0]);
    if (t->head == NULL)
        return "its head is no object";
    if (json_object_get(t->head, "crit") != NULL || json_object_get(t->head, "b64") != NULL)
        return "its head asks for what is not understood";
    if (!issuer_alg_of(text_of(t->head, "alg"), &t->alg) || (w->algs >> t->alg & 1u) == 0)
        return "alg is none that the issuer announces and that is taken";
    kid = json_object_get(t->head, "kid");
    if (kid != NULL && !json_is_string(kid))
        return "kid is no text";
    t->kid = kid != NULL ? span_of(json_string_value(kid)) : SPAN_NONE;
    return NULL;
}

/* --- the signature -------------------------------------------------------------------------- */

static bool is_signed_ed25519(const struct token *t, const struct issuer_key *k,
                              struct span signature)
{
    const struct span s = { t->text.p, t->part[0].n + 1 + t->part[1].n };

    return signature.n == crypto_sign_BYTES &&
           crypto_sign_verify_detached(signature.p, s.p, s.n, k->ed25519) == 0;
}

/* A part in its one form. */
static bool is_base64(struct span text)
{
    uint8_t room[PART_MAX];
    size_t n;

    return issuer_decode(text, room, sizeof(room), &n);
}

/* cjose reads the algorithm once more, out of the same head: nothing is in it twice. It ends the
 * program at some of what is no base64, and takes bits behind the last byte: it gets neither. */
static bool is_signed(const struct token *t, const struct issuer_key *k)
{
    uint8_t room[SIGNATURE_MAX];
    cjose_jws_t *jws;
    size_t n = 0;
    bool good;

    if (!issuer_decode(t->part[2], room, sizeof(room), &n) || !is_base64(t->part[1]))
        return false;
    if (t->alg == ALG_EDDSA)
        return is_signed_ed25519(t, k, (struct span){ room, n });
    jws = cjose_jws_import((const char *)t->text.p, t->text.n, NULL);
    good = jws != NULL && cjose_jws_verify(jws, k->jwk, NULL);
    cjose_jws_release(jws);
    return good;
}

/* --- the claims ----------------------------------------------------------------------------- */

static bool is_text(const json_t *v, const char *text)
{
    const char *s = json_string_value(v);

    return s != NULL && json_string_length(v) == strlen(text) && strcmp(s, text) == 0;
}

static bool is_among(const json_t *v, const struct text_list *l)
{
    for (uint32_t i = 0; i < l->count; i++) {
        if (is_text(v, l->value[i]))
            return true;
    }
    return false;
}

/* NumericDate of RFC 7519, 2: seconds, maybe a fraction. False: it is none. */
static bool read_time(const json_t *c, const char *name, int64_t *to)
{
    const json_t *v = json_object_get(c, name);
    double s = json_number_value(v);

    if (!json_is_number(v) || !(s >= 0 && s < 1e11))
        return false;
    *to = (int64_t)s;
    return true;
}

static bool check_ISS(const json_t *c, const struct token_wants *w)
{
    return is_text(json_object_get(c, "iss"), w->issuer);
}

static bool check_AUD(const json_t *c, const struct token_wants *w)
{
    const json_t *aud = json_object_get(c, "aud");
    bool us = is_text(aud, w->client);

    for (size_t i = 0; i < json_array_size(aud); i++) {
        if (!json_is_string(json_array_get(aud, i)))
            return false;
        us = us || is_text(json_array_get(aud, i), w->client);
    }
    return us;
}

/* Others in `aud` are no matter only where it was made for us. */
static bool check_AZP(const json_t *c, const struct token_wants *w)
{
    const json_t *azp = json_object_get(c, "azp");

    return azp != NULL ? is_text(azp, w->client) : json_array_size(json_object_get(c, "aud")) <= 1;
}

static bool check_EXP(const json_t *c, const struct token_wants *w)
{
    int64_t at;

    return read_time(c, "exp", &at) && w->now_s < at + TOKEN_LEEWAY_S;
}

static bool check_NBF(const json_t *c, const struct token_wants *w)
{
    int64_t at;

    return json_object_get(c, "nbf") == NULL ||
           (read_time(c, "nbf", &at) && w->now_s >= at - TOKEN_LEEWAY_S);
}

static bool check_IAT(const json_t *c, const struct token_wants *w)
{
    int64_t at;

    return read_time(c, "iat", &at) && at <= w->now_s + TOKEN_LEEWAY_S &&
           at >= w->now_s - TOKEN_AGE_MAX_S;
}

static bool check_NONCE(const json_t *c, const struct token_wants *w)
{
    const json_t *v = json_object_get(c, "nonce");

    return json_is_string(v) && w->nonce.n > 0 && json_string_length(v) == w->nonce.n &&
           sodium_memcmp(json_string_value(v), w->nonce.p, w->nonce.n) == 0;
}

static bool check_ACR(const json_t *c, const struct token_wants *w)
{
    return w->acr->count == 0 || is_among(json_object_get(c, "acr"), w->acr);
}

static bool check_AMR(const json_t *c, const struct token_wants *w)
{
    const json_t *amr = json_object_get(c, "amr");

    for (size_t i = 0; i < json_array_size(amr); i++) {
        if (is_among(json_array_get(amr, i), w->amr))
            return true;
    }
    return w->amr->count == 0;
}

/* A subject, as it can be tied to a user: 1 to 255 letters of ASCII. */
static bool is_subject(const json_t *v)
{
    const char *s = json_string_value(v);
    size_t n = json_string_length(v);

    for (size_t i = 0; i < n; i++) {
        if (s[i] < ' ' || s[i] > '~')
            return false;
    }
    return n > 0 && n <= TOKEN_CLAIM_MAX;
}

static bool check_SUB(const json_t *c, const struct token_wants *w)
{
    (void)w;
    return is_subject(json_object_get(c, "sub"));
}

static const struct {
    bool (*check)(const json_t *c, const struct token_wants *w);
    const char *why;
} checks[] = {
#define X(id, clause, why) { check_##id, why },
    TOKEN_CHECK_TABLE(X)
#undef X
};

/* Whoever may write a mail address into his own account there is not its owner (Core, 5.7). */
static bool take_subject(const json_t *c, const struct token_wants *w, struct buf *subject)
{
    const json_t *v = json_object_get(c, w->claim);

    if (!is_subject(v) ||
        (strcmp(w->claim, "email") == 0 && !json_is_true(json_object_get(c, "email_verified"))))
        return false;
    buf_clear(subject);
    buf_text(subject, json_string_value(v));
    return true;
}

/* --- the whole ------------------------------------------------------------------------------ */

static int check_all(struct token *t, const struct issuer_keys *keys, const struct token_wants *w,
                     struct buf *subject, struct err *e)
{
    const struct issuer_key *k;
    const char *why = split(t) ? read_head(t, w) : "it has not three parts";

    if (why != NULL)
        return wrong(e, why);
    k = issuer_key_find(keys, t->alg, t->kid);
    if (k == NULL)
        return err_set(e, ERR_NOTFOUND, 0, "The issuer's ID token is signed with no key of his.");
    if (!is_signed(t, k))
        return wrong(e, "its signature is wrong");
    t->claims = decode_object(t->part[1]);
    if (t->claims == NULL)
        return wrong(e, "its claims are no object");
    for (unsigned i = 0; i < TOKEN_CHECKS; i++) {
        if (!checks[i].check(t->claims, w))
            return wrong(e, checks[i].why);
    }
    if (!take_subject(t->claims, w, subject))
        return wrong(e, "the claim of `oidc-claim` is missing, or cannot be taken");
    return buf_failed(subject) ? err_set(e, ERR_NOMEM, 0, "There is no memory.") : ERR_OK;
}

int token_check(struct span token, const struct issuer_keys *keys, const struct token_wants *w,
                struct buf *subject, struct err *e)
{
    struct token t = { .text = token };
    int rc = check_all(&t, keys, w, subject, e);

    json_decref(t.head);
    json_decref(t.claims);
    return rc;
}
