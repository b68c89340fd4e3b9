/*
 * issuer.c - see issuer.h.
 */
#include "oidc/issuer.h"

#include <cjose/cjose.h>
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>

#define RSA_BITS_MIN 2048u
#define RSA_BITS_MAX 8192u

static const struct {
    const char *name, *kty;
} algs[] = {
#define X(id, name, kty) { name, kty },
    ISSUER_ALG_TABLE(X)
#undef X
};

bool issuer_alg_of(const char *name, enum issuer_alg *alg)
{
    for (unsigned i = 0; i < ISSUER_ALGS && name != NULL; i++) {
        if (strcmp(name, algs[i].name) == 0) {
            *alg = (enum issuer_alg)i;
            return true;
        }
    }
    return false;
}

static json_t *load(struct span json)
{
    return json.n > 0 ? json_loadb((const char *)json.p, json.n, JSON_REJECT_DUPLICATES, NULL)
                      : NULL;
}

static const char *text_of(const json_t *v, const char *name)
{
    return json_string_value(json_object_get(v, name));
}

static bool lists(const json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *s = json_string_value(json_array_get(list, i));

        if (s != NULL && strcmp(s, text) == 0)
            return true;
    }
    return false;
}

/* A list that is not there leaves nothing out. */
static bool leaves_out(const json_t *v, const char *name, const char *text)
{
    const json_t *list = json_object_get(v, name);

    return list != NULL && !lists(list, text);
}

/* --- discovery ------------------------------------------------------------------------------ */

/* As far away from this machine as the issuer is. */
static bool read_address(const json_t *v, const char *name, const char *issuer,
                         char to[CHANNEL_URL_MAX + 1])
{
    const char *text = text_of(v, name);
    struct channel_url u, of;

    if (text == NULL || !channel_url_is_web(span_of(text), &u) ||
        !channel_url_is_web(span_of(issuer), &of) || (u.loopback && !of.loopback))
        return false;
    memcpy(to, text, strlen(text) + 1);
    return true;
}

static unsigned read_algs(const json_t *v)
{
    const json_t *list = json_object_get(v, "id_token_signing_alg_values_supported");
    unsigned mask = 0;

    for (unsigned i = 0; i < ISSUER_ALGS; i++) {
        if (lists(list, algs[i].name))
            mask |= 1u << i;
    }
    return mask;
}

/* NULL, or what is wrong. */
static const char *read_discovery(struct issuer *i, const json_t *v, const char *issuer)
{
    static const char methods[] = "token_endpoint_auth_methods_supported";
    const char *name = text_of(v, "issuer");

    if (name == NULL || strcmp(name, issuer) != 0)
        return "it is about another issuer";
    if (!read_address(v, "authorization_endpoint", issuer, i->authorize) ||
        !read_address(v, "token_endpoint", issuer, i->token) ||
        !read_address(v, "jwks_uri", issuer, i->keys))
        return "an address is missing or not https://";
    if (leaves_out(v, "response_types_supported", "code"))
        return "the authorization code flow is not supported";
    if (leaves_out(v, "code_challenge_methods_supported", "S256"))
        return "PKCE with S256 is not supported";
    i->in_body = leaves_out(v, methods, "client_secret_basic");
    if (i->in_body && leaves_out(v, methods, "client_secret_post") &&
        leaves_out(v, methods, "none"))
        return "it takes our secret in no way that we have";
    i->algs = read_algs(v);
    if (i->algs == 0)
        return "it signs with no algorithm that is taken";
    i->says_iss =
        json_is_true(json_object_get(v, "authorization_response_iss_parameter_supported"));
    return NULL;
}

int issuer_read(struct issuer *out, struct span json, const char *issuer, struct err *e)
{
    struct issuer got = { 0 };
    json_t *v = load(json);
    const char *why = json_is_object(v) ? read_discovery(&got, v, issuer) : "it is no JSON object";

    json_decref(v);
    if (why != NULL)
        return err_set(e, ERR_SYNTAX, 0, "What the issuer says of himself cannot be used: %s.",
                       why);
    *out = got;
    return ERR_OK;
}

/* --- keys ----------------------------------------------------------------------------------- */

static bool read_okp(struct issuer_key *k, const json_t *v)
{
    const char *crv = text_of(v, "crv"), *x = text_of(v, "x");
    size_t n = 0;

    return crv != NULL && x != NULL && strcmp(crv, "Ed25519") == 0 &&
           sodium_base642bin(k->ed25519, sizeof(k->ed25519), x, strlen(x), NULL, &n, NULL,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
           n == sizeof(k->ed25519);
}

static bool is_fit(const cjose_jwk_t *jwk)
{
    cjose_jwk_kty_t kty = cjose_jwk_get_kty(jwk, NULL);
    size_t bits = cjose_jwk_get_keysize(jwk, NULL);

    if (kty == CJOSE_JWK_KTY_RSA)
        return bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX;
    return kty == CJOSE_JWK_KTY_EC && cjose_jwk_EC_get_curve(jwk, NULL) == CJOSE_JWK_EC_P_256;
}

static bool read_jwk(struct issuer_key *k, const json_t *v)
{
    char *text = json_dumps(v, JSON_COMPACT);
    cjose_jwk_t *jwk = text != NULL ? cjose_jwk_import(text, strlen(text), NULL) : NULL;

    free(text);
    if (jwk == NULL || !is_fit(jwk)) {
        (void)cjose_jwk_release(jwk); /* the last: whether it was, is of no use */
        return false;
    }
    k->jwk = jwk;
    return true;
}

/* What it may sign with: by its kind, and where it says so, by its `alg` (RFC 7517, 4.4). */
static unsigned algs_of(const json_t *v)
{
    const char *kty = text_of(v, "kty"), *alg = text_of(v, "alg");
    unsigned mask = 0;

    for (unsigned i = 0; i < ISSUER_ALGS && kty != NULL; i++) {
        if (strcmp(kty, algs[i].kty) == 0 && (alg == NULL || strcmp(alg, algs[i].name) == 0))
            mask |= 1u << i;
    }
    return mask;
}

/* False: it is passed over. */
static bool read_key(struct issuer_key *k, const json_t *v)
{
    const char *use = text_of(v, "use"), *kid = text_of(v, "kid");

    *k = (struct issuer_key){ .algs = algs_of(v) };
    if (k->algs == 0 || (use != NULL && strcmp(use, "sig") != 0) ||
        leaves_out(v, "key_ops", "verify") || (kid != NULL && strlen(kid) > ISSUER_KID_MAX))
        return false;
    if (kid != NULL)
        memcpy(k->kid, kid, strlen(kid) + 1);
    return k->algs == 1u << ALG_EDDSA ? read_okp(k, v) : read_jwk(k, v);
}

int issuer_keys_read(struct issuer_keys *keys, struct span json, struct err *e)
{
    struct issuer_keys got = { 0 };
    json_t *v = load(json);
    const json_t *list = json_object_get(v, "keys");

    for (size_t i = 0; i < json_array_size(list) && got.count < ISSUER_KEYS; i++) {
        if (read_key(&got.key[got.count], json_array_get(list, i)))
            got.count++;
    }
    json_decref(v);
    if (got.count == 0)
        return err_set(e, ERR_SYNTAX, 0, "The issuer has no keys that can be used.");
    issuer_keys_release(keys);
    *keys = got;
    return ERR_OK;
}

void issuer_keys_release(struct issuer_keys *keys)
{
    for (uint32_t i = 0; i < keys->count; i++)
        (void)cjose_jwk_release(keys->key[i].jwk);
    *keys = (struct issuer_keys){ 0 };
}

const struct issuer_key *issuer_key_find(const struct issuer_keys *keys, enum issuer_alg alg,
                                         struct span kid)
{
    const struct issuer_key *found = NULL;

    for (uint32_t i = 0; i < keys->count; i++) {
        const struct issuer_key *k = &keys->key[i];

        if ((k->algs >> alg & 1u) == 0 || (kid.n > 0 && !span_eq(kid, span_of(k->kid))))
            continue;
        if (found != NULL)
            return NULL; /* which of them cannot be told */
        found = k;
    }
    return found;
}
