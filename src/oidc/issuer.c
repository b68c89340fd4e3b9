/*
 * issuer.c - see issuer.h.
 */
#include "oidc/issuer.h"

#include <cjose/cjose.h>
#include <jansson.h>
#include <sodium.h>

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

/* libsodium takes some bytes beyond ASCII for '-'. */
bool issuer_decode(struct span text, uint8_t *out, size_t room, size_t *n)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] >= 0x80)
            return false;
    }
    return sodium_base642bin(out, room, (const char *)text.p, text.n, NULL, n, NULL,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0;
}

/* A member that is a number of 1 to `room` bytes: how many, or 0. */
static size_t read_number(const json_t *v, const char *name, uint8_t *out, size_t room)
{
    const char *text = text_of(v, name);
    size_t n = 0;

    return text != NULL && issuer_decode(span_of(text), out, room, &n) ? n : 0;
}

static bool is_curve(const json_t *v, const char *name)
{
    const char *crv = text_of(v, "crv");

    return crv != NULL && strcmp(crv, name) == 0;
}

static bool read_okp(struct issuer_key *k, const json_t *v)
{
    return is_curve(v, "Ed25519") &&
           read_number(v, "x", k->ed25519, sizeof(k->ed25519)) == sizeof(k->ed25519);
}

/* RFC 7518, 6.3.1. */
static bool read_rsa(struct issuer_key *k, const json_t *v)
{
    uint8_t n[RSA_BITS_MAX / 8], e[8];
    const cjose_jwk_rsa_keyspec spec = { .n = n,
                                         .nlen = read_number(v, "n", n, sizeof(n)),
                                         .e = e,
                                         .elen = read_number(v, "e", e, sizeof(e)) };

    if (spec.nlen < RSA_BITS_MIN / 8 || spec.elen == 0 || (n[0] & 0x80) == 0)
        return false; /* whoever writes zeros before it writes no number (RFC 7518, 2) */
    k->jwk = cjose_jwk_create_RSA_spec(&spec, NULL);
    return k->jwk != NULL;
}

/* RFC 7518, 6.2.1: a point that is not on the curve is refused by OpenSSL. */
static bool read_ec(struct issuer_key *k, const json_t *v)
{
    uint8_t x[32], y[32];
    const cjose_jwk_ec_keyspec spec = { .crv = CJOSE_JWK_EC_P_256,
                                        .x = x,
                                        .xlen = read_number(v, "x", x, sizeof(x)),
                                        .y = y,
                                        .ylen = read_number(v, "y", y, sizeof(y)) };

    if (!is_curve(v, "P-256") || spec.xlen != sizeof(x) || spec.ylen != sizeof(y))
        return false;
    k->jwk = cjose_jwk_create_EC_spec(&spec, NULL);
    return k->jwk != NULL;
}

/* By its kind. cjose's own reader of keys ends the program at what is no base64: it gets numbers.
 */
static bool read_material(struct issuer_key *k, const json_t *v)
{
    return (k->algs & 1u << ALG_EDDSA) != 0   ? read_okp(k, v)
           : (k->algs & 1u << ALG_ES256) != 0 ? read_ec(k, v)
                                              : read_rsa(k, v);
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
    return read_material(k, v);
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
