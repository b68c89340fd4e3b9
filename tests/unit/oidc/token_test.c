/*
 * Goal: an ID token lets in when, and only when, all of OpenID Connect Core 1.0, 3.1.3.7 holds:
 * each row of TOKEN_CHECK_TABLE alone makes it fail, so does each way to pass another signature off
 * as the issuer's. Method: tokens signed by OpenSSL, which the code under test does not use for
 * that; rows with one thing wrong; the examples of RFC 7515 and RFC 8037; a token cut at every
 * byte, and with every bit turned, behind a guard page.
 */
#include "../check.h"
#include "../guard.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <stdlib.h>

#include "oidc/token.h"

#define NOW   1764000000
#define B64   sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define NONCE "n-0S6_WzA2Mj"

static const char *gold[] = { "gold", "silver" }, *mfa[] = { "mfa", "otp" };
static const struct text_list none = { 0 }, acr = { gold, 2 }, amr = { mfa, 2 };
static struct token_wants wants = { .issuer = "https://i.example",
                                    .client = "canh",
                                    .claim = "sub",
                                    .amr = &none,
                                    .acr = &none,
                                    .algs = (1u << ISSUER_ALGS) - 1,
                                    .now_s = NOW };

/* --- signing -------------------------------------------------------------------------------- */

enum { OTHER = ISSUER_ALGS }; /* an RSA key that is not the issuer's */
static EVP_PKEY *pkey[ISSUER_ALGS + 1];
static struct issuer_keys keys;

static void put_b64(struct buf *out, const uint8_t *p, size_t n)
{
    char text[8192];

    assert_true(sodium_base64_encoded_len(n, B64) <= sizeof(text));
    (void)sodium_bin2base64(text, sizeof(text), p, n, B64);
    buf_text(out, text);
}

static void put_number(struct buf *out, EVP_PKEY *k, const char *param, int bytes)
{
    uint8_t room[512];
    BIGNUM *n = NULL;

    assert_int_equal(EVP_PKEY_get_bn_param(k, param, &n), 1);
    assert_true(BN_bn2binpad(n, room, bytes) == bytes);
    put_b64(out, room, (size_t)bytes);
    BN_free(n);
}

static void put_jwk(struct buf *out, enum issuer_alg alg)
{
    EVP_PKEY *k = pkey[alg];
    uint8_t raw[32];
    size_t n = sizeof(raw);

    if (alg == ALG_RS256 || alg == ALG_PS256) {
        buf_fmt(out, "{\"kty\":\"RSA\",\"alg\":\"%s\",\"e\":\"AQAB\",\"n\":\"",
                alg == ALG_RS256 ? "RS256" : "PS256");
        put_number(out, k, OSSL_PKEY_PARAM_RSA_N, 256);
    } else if (alg == ALG_ES256) {
        buf_text(out, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"");
        put_number(out, k, OSSL_PKEY_PARAM_EC_PUB_X, 32);
        buf_text(out, "\",\"y\":\"");
        put_number(out, k, OSSL_PKEY_PARAM_EC_PUB_Y, 32);
    } else {
        assert_int_equal(EVP_PKEY_get_raw_public_key(k, raw, &n), 1);
        buf_text(out, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"");
        put_b64(out, raw, n);
    }
    buf_fmt(out, "\",\"use\":\"sig\",\"kid\":\"k%d\"}", (int)alg);
}

static int make_keys(void **state)
{
    struct buf json;
    struct err e = { 0 };

    (void)state;
    wants.nonce = SPAN_LIT(NONCE);
    pkey[ALG_RS256] = EVP_RSA_gen(2048);
    pkey[ALG_PS256] = EVP_RSA_gen(2048);
    pkey[OTHER] = EVP_RSA_gen(2048);
    pkey[ALG_ES256] = EVP_EC_gen("P-256");
    pkey[ALG_EDDSA] = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    buf_init(&json, 65536);
    buf_text(&json, "{\"keys\":[");
    for (int i = 0; i < (int)ISSUER_ALGS; i++) {
        buf_text(&json, i > 0 ? "," : "");
        put_jwk(&json, (enum issuer_alg)i);
    }
    buf_text(&json, "]}");
    assert_int_equal(issuer_keys_read(&keys, buf_span(&json), &e), ERR_OK);
    assert_int_equal(keys.count, ISSUER_ALGS);
    buf_release(&json);
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(pkey); i++)
        EVP_PKEY_free(pkey[i]);
    issuer_keys_release(&keys);
    return 0;
}

/* DER of ECDSA as JWS has it: two numbers of 32 bytes. */
static size_t flatten(uint8_t *signature, size_t n)
{
    const uint8_t *at = signature;
    ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &at, (long)n);

    assert_non_null(s);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(s), signature, 32), 32);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(s), signature + 32, 32), 32);
    ECDSA_SIG_free(s);
    return 64;
}

static void put_signature(struct buf *out, int key, enum issuer_alg alg)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    EVP_PKEY_CTX *p = NULL;
    uint8_t signature[512];
    size_t n = sizeof(signature);

    assert_int_equal(
        EVP_DigestSignInit(c, &p, alg == ALG_EDDSA ? NULL : EVP_sha256(), NULL, pkey[key]), 1);
    if (alg == ALG_PS256) {
        assert_true(EVP_PKEY_CTX_set_rsa_padding(p, RSA_PKCS1_PSS_PADDING) > 0);
        assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(p, RSA_PSS_SALTLEN_DIGEST) > 0);
    }
    assert_int_equal(EVP_DigestSign(c, signature, &n, out->p, out->n), 1);
    EVP_MD_CTX_free(c);
    if (alg == ALG_ES256)
        n = flatten(signature, n);
    buf_byte(out, '.');
    put_b64(out, signature, n);
}

static void put_parts(struct buf *out, const char *head, const char *claims)
{
    buf_clear(out);
    put_b64(out, (const uint8_t *)head, strlen(head));
    buf_byte(out, '.');
    put_b64(out, (const uint8_t *)claims, strlen(claims));
}

static const char *const heads[] = {
    [ALG_RS256] = "{\"alg\":\"RS256\",\"kid\":\"k0\"}",
    [ALG_PS256] = "{\"alg\":\"PS256\",\"kid\":\"k1\"}",
    [ALG_ES256] = "{\"alg\":\"ES256\",\"kid\":\"k2\"}",
    [ALG_EDDSA] = "{\"alg\":\"EdDSA\",\"kid\":\"k3\",\"typ\":\"JWT\"}",
};

/* Good claims; each member can be another, or left out: NULL. */
#define CLAIM_TABLE(X)                                                                             \
    X(iss, "\"https://i.example\"")                                                                \
    X(sub, "\"s-1\"")                                                                              \
    X(aud, "\"canh\"")                                                                             \
    X(exp, "1764000300")                                                                           \
    X(iat, "1764000000")                                                                           \
    X(nonce, "\"" NONCE "\"")

static void put_claims(struct buf *out, const char *name, const char *value)
{
    const char *before = "{";
    bool there = false;

#define X(claim, usual)                                                                            \
    {                                                                                              \
        bool it = name != NULL && strcmp(name, #claim) == 0;                                       \
                                                                                                   \
        there = there || it;                                                                       \
        if (!it || value != NULL) {                                                                \
            buf_fmt(out, "%s\"" #claim "\":%s", before, it ? value : usual);                       \
            before = ",";                                                                          \
        }                                                                                          \
    }
    CLAIM_TABLE(X)
#undef X
    if (!there && name != NULL && value != NULL)
        buf_fmt(out, "%s\"%s\":%s", before, name, value);
    buf_text(out, "}");
    buf_byte(out, 0);
}

static void make(struct buf *token, enum issuer_alg alg, const char *name, const char *value)
{
    struct buf claims;

    buf_init(&claims, 65536);
    put_claims(&claims, name, value);
    put_parts(token, heads[alg], (const char *)claims.p);
    put_signature(token, (int)alg, alg);
    buf_release(&claims);
}

static char subject[TOKEN_CLAIM_MAX + 1];

static int check(struct span token, struct err *e)
{
    struct buf to;
    int rc;

    buf_init(&to, TOKEN_CLAIM_MAX);
    rc = token_check(token, &keys, &wants, &to, e);
    (void)snprintf(subject, sizeof(subject), "%.*s", (int)to.n, to.n > 0 ? (char *)to.p : "");
    if (rc != ERR_OK)
        assert_int_equal(to.n, 0);
    buf_release(&to);
    return rc;
}

/* --- tests ---------------------------------------------------------------------------------- */

static void a_good_token_says_who_it_is(void **state)
{
    struct err e = { 0 };
    struct buf token;

    (void)state;
    buf_init(&token, 65536);
    for (int i = 0; i < (int)ISSUER_ALGS; i++) {
        make(&token, (enum issuer_alg)i, NULL, NULL);
        if (check(buf_span(&token), &e) != ERR_OK)
            fail_msg("%s: %s", heads[i], e.why);
        assert_string_equal(subject, "s-1");
    }
    buf_release(&token);
}

/* What must be refused has the row of TOKEN_CHECK_TABLE that says so; those with TOKEN_CHECKS are
 * good. */
static const struct {
    const char *name, *value;
    enum token_check check;
} rows[] = {
    { "iss", "\"https://i.example/\"", TOKEN_ISS },
    { "iss", "\"https://I.example\"", TOKEN_ISS },
    { "iss", "[\"https://i.example\"]", TOKEN_ISS },
    { "iss", NULL, TOKEN_ISS },
    { "aud", "\"canh2\"", TOKEN_AUD },
    { "aud", "[]", TOKEN_AUD },
    { "aud", "[\"canh\",7]", TOKEN_AUD },
    { "aud", "{\"canh\":\"canh\"}", TOKEN_AUD },
    { "aud", NULL, TOKEN_AUD },
    { "aud", "[\"canh\"]", TOKEN_CHECKS },
    { "aud", "[\"canh\",\"other\"]", TOKEN_AZP },
    { "azp", "\"other\"", TOKEN_AZP },
    { "azp", "null", TOKEN_AZP },
    { "azp", "\"canh\"", TOKEN_CHECKS },
    { "exp", "1763999940", TOKEN_EXP },
    { "exp", "1763999941", TOKEN_CHECKS },
    { "exp", "\"1764000300\"", TOKEN_EXP },
    { "exp", "1e300", TOKEN_EXP },
    { "exp", "-1", TOKEN_EXP },
    { "exp", "1764000300.5", TOKEN_CHECKS },
    { "exp", NULL, TOKEN_EXP },
    { "nbf", "1764000061", TOKEN_NBF },
    { "nbf", "true", TOKEN_NBF },
    { "nbf", "1764000060", TOKEN_CHECKS },
    { "iat", "1764000061", TOKEN_IAT },
    { "iat", "1764000060", TOKEN_CHECKS },
    { "iat", "1763999400", TOKEN_CHECKS },
    { "iat", "1763999399", TOKEN_IAT },
    { "iat", NULL, TOKEN_IAT },
    { "nonce", "\"n-0S6_WzA2MJ\"", TOKEN_NONCE },
    { "nonce", "\"n-0S6_WzA2M\"", TOKEN_NONCE },
    { "nonce", "\"\"", TOKEN_NONCE },
    { "nonce", NULL, TOKEN_NONCE },
    { "acr", "\"bronze\"", TOKEN_ACR },
    { "acr", "\"silver\"", TOKEN_AMR }, /* which is looked at next */
    { "sub", "\"\"", TOKEN_SUB },
    { "sub", "\"a\\nb\"", TOKEN_SUB },
    { "sub", "\"\\u1ea1\"", TOKEN_SUB },
    { "sub", "7", TOKEN_SUB },
    { "sub", NULL, TOKEN_SUB },
};

static const char *const whys[] = {
#define X(id, clause, why) why,
    TOKEN_CHECK_TABLE(X)
#undef X
};

static void one_thing_that_is_wrong_is_enough(void **state)
{
    bool red[TOKEN_CHECKS] = { false };
    struct err e = { 0 };
    struct buf token;

    (void)state;
    buf_init(&token, 65536);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *name = rows[i].name, *value = rows[i].value != NULL ? rows[i].value : "-";
        bool second = strcmp(name, "acr") == 0;
        int rc;

        wants.acr = second ? &acr : &none;
        wants.amr = second ? &amr : &none;
        make(&token, ALG_EDDSA, name, rows[i].value);
        rc = check(buf_span(&token), &e);
        if (rows[i].check == TOKEN_CHECKS) {
            if (rc != ERR_OK)
                fail_msg("%s %s: %s", name, value, e.why);
            continue;
        }
        if (rc != ERR_DENIED || strstr(e.why, whys[rows[i].check]) == NULL)
            fail_msg("%s %s: %d, %s", name, value, rc, rc != ERR_OK ? e.why : "taken");
        red[rows[i].check] = true;
    }
    wants.acr = wants.amr = &none;
    for (size_t i = 0; i < TOKEN_CHECKS; i++) {
        if (!red[i])
            fail_msg("no row for '%s'", whys[i]);
    }
    buf_release(&token);
}

static void what_is_asked_for_beyond_is_looked_at(void **state)
{
    static const struct {
        const char *claim, *name, *value, *subject; /* NULL: refused */
    } wanted[] = {
        { "upn", "upn", "\"an@x\"", "an@x" },
        { "upn", "email", "\"an@x\"", NULL },
        { "upn", "upn", "7", NULL },
        { "upn", "upn", "\"\"", NULL },
        { "email", "email", "\"an@x\",\"email_verified\":true", "an@x" },
        { "email", "email", "\"an@x\",\"email_verified\":\"true\"", NULL },
        { "email", "email", "\"an@x\",\"email_verified\":false", NULL },
        { "email", "email", "\"an@x\"", NULL },
    };
    struct err e = { 0 };
    struct buf token;
    char longest[300];

    (void)state;
    buf_init(&token, 65536);
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        wants.claim = wanted[i].claim;
        make(&token, ALG_ES256, wanted[i].name, wanted[i].value);
        CHECK_ROW(wanted[i].value,
                  check(buf_span(&token), &e) == (wanted[i].subject ? ERR_OK : ERR_DENIED));
        assert_string_equal(subject, wanted[i].subject ? wanted[i].subject : "");
    }
    wants.claim = "sub";
    wants.acr = &acr;
    wants.amr = &amr;
    make(&token, ALG_EDDSA, "acr", "\"silver\",\"amr\":[\"pwd\",\"otp\"]");
    assert_int_equal(check(buf_span(&token), &e), ERR_OK);
    make(&token, ALG_EDDSA, "acr", "\"silver\",\"amr\":\"otp\"");
    assert_int_equal(check(buf_span(&token), &e), ERR_DENIED);
    wants.acr = wants.amr = &none;
    for (int n = TOKEN_CLAIM_MAX; n <= (int)TOKEN_CLAIM_MAX + 1; n++) {
        (void)snprintf(longest, sizeof(longest), "\"%0*d\"", n, 7);
        make(&token, ALG_EDDSA, "sub", longest);
        assert_int_equal(check(buf_span(&token), &e),
                         n <= (int)TOKEN_CLAIM_MAX ? ERR_OK : ERR_DENIED);
    }
    buf_release(&token);
}

/* Another algorithm, key or head than the issuer's. */
static void a_signature_is_the_issuers_or_nothing(void **state)
{
    static const struct {
        const char *head;
        int key;
        enum issuer_alg alg;
        int code;
    } signed_by[] = {
        { "{\"alg\":\"RS256\",\"kid\":\"k0\"}", ALG_RS256, ALG_RS256, ERR_OK },
        { "{\"alg\":\"RS256\"}", ALG_RS256, ALG_RS256, ERR_OK }, /* the only one of its kind */
        { "{\"alg\":\"RS256\",\"kid\":\"k0\"}", OTHER, ALG_RS256, ERR_DENIED },
        { "{\"alg\":\"RS256\",\"kid\":\"k0\"}", ALG_RS256, ALG_PS256, ERR_DENIED },
        { "{\"alg\":\"PS256\",\"kid\":\"k0\"}", ALG_RS256, ALG_PS256, ERR_NOTFOUND }, /* its alg */
        { "{\"alg\":\"RS256\",\"kid\":\"k2\"}", ALG_RS256, ALG_RS256, ERR_NOTFOUND },
        { "{\"alg\":\"RS256\",\"kid\":\"new\"}", ALG_RS256, ALG_RS256, ERR_NOTFOUND },
        { "{\"alg\":\"RS256\",\"kid\":7}", ALG_RS256, ALG_RS256, ERR_DENIED },
        { "{\"alg\":\"none\",\"kid\":\"k0\"}", ALG_RS256, ALG_RS256, ERR_DENIED },
        { "{\"alg\":\"HS256\",\"kid\":\"k0\"}", ALG_RS256, ALG_RS256, ERR_DENIED },
        { "{\"alg\":\"RS512\",\"kid\":\"k0\"}", ALG_RS256, ALG_RS256, ERR_DENIED },
        { "{\"alg\":\"rs256\",\"kid\":\"k0\"}", ALG_RS256, ALG_RS256, ERR_DENIED },
        { "{\"alg\":[\"RS256\"],\"kid\":\"k0\"}", ALG_RS256, ALG_RS256, ERR_DENIED },
        { "{\"kid\":\"k0\"}", ALG_RS256, ALG_RS256, ERR_DENIED },
        { "{\"alg\":\"RS256\",\"alg\":\"RS256\"}", ALG_RS256, ALG_RS256, ERR_DENIED },
        { "{\"alg\":\"RS256\",\"crit\":[\"exp\"]}", ALG_RS256, ALG_RS256, ERR_DENIED },
        { "{\"alg\":\"RS256\",\"b64\":false}", ALG_RS256, ALG_RS256, ERR_DENIED },
        { "[\"RS256\"]", ALG_RS256, ALG_RS256, ERR_DENIED },
    };
    static const char *const odd[] = { "\"s-1\",\"sub\":\"s-2\"", "\"s-1\\u0000\"" };
    struct err e = { 0 };
    struct buf token, claims;

    (void)state;
    buf_init(&token, 65536);
    buf_init(&claims, 65536);
    put_claims(&claims, NULL, NULL);
    for (size_t i = 0; i < COUNT_OF(signed_by); i++) {
        put_parts(&token, signed_by[i].head, (const char *)claims.p);
        put_signature(&token, signed_by[i].key, signed_by[i].alg);
        CHECK_ROW(signed_by[i].head, check(buf_span(&token), &e) == signed_by[i].code);
    }
    make(&token, ALG_RS256, NULL, NULL);
    wants.algs &= ~(1u << ALG_RS256); /* the issuer does not say that he signs so */
    assert_int_equal(check(buf_span(&token), &e), ERR_DENIED);
    wants.algs |= 1u << ALG_RS256;
    /* Good claims, but two of one, or one that ends early: no two readers may differ. */
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        buf_clear(&claims);
        put_claims(&claims, "sub", odd[i]);
        put_parts(&token, heads[ALG_EDDSA], (const char *)claims.p);
        put_signature(&token, ALG_EDDSA, ALG_EDDSA);
        assert_int_equal(check(buf_span(&token), &e), ERR_DENIED);
        assert_non_null(strstr(e.why, "no object"));
    }
    buf_release(&claims);
    buf_release(&token);
}

/* The public key as the secret of HS256, in each form that people have it in. */
static void a_public_key_is_no_secret(void **state)
{
    uint8_t *der = NULL, mac[32];
    int n = i2d_PUBKEY(pkey[ALG_RS256], &der);
    struct err e = { 0 };
    struct buf token, claims;

    (void)state;
    assert_true(n > 0);
    buf_init(&token, 65536);
    buf_init(&claims, 65536);
    put_claims(&claims, NULL, NULL);
    put_parts(&token, "{\"alg\":\"HS256\",\"kid\":\"k0\"}", (const char *)claims.p);
    assert_non_null(HMAC(EVP_sha256(), der, n, token.p, token.n, mac, NULL));
    buf_byte(&token, '.');
    put_b64(&token, mac, sizeof(mac));
    wants.algs = ~0u; /* whatever the issuer says */
    assert_int_equal(check(buf_span(&token), &e), ERR_DENIED);
    wants.algs = (1u << ISSUER_ALGS) - 1;
    OPENSSL_free(der);
    buf_release(&claims);
    buf_release(&token);
}

static void a_token_that_was_touched_is_none(void **state)
{
    struct err e = { 0 };
    struct guard g;
    struct buf token;

    (void)state;
    guard_init(&g, 65536);
    buf_init(&token, 65536);
    for (int alg = 0; alg < (int)ISSUER_ALGS; alg++) {
        make(&token, (enum issuer_alg)alg, NULL, NULL);
        for (size_t n = 0; n < token.n; n++)
            assert_int_not_equal(check(guard_put(&g, (struct span){ token.p, n }), &e), ERR_OK);
        for (size_t bit = 0; bit < 8 * token.n; bit += alg == ALG_EDDSA ? 1 : 7) {
            token.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
            if (check(guard_put(&g, buf_span(&token)), &e) == ERR_OK)
                fail_msg("%s: bit %zu of %zu", heads[alg], bit, 8 * token.n);
            token.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        assert_int_equal(check(guard_put(&g, buf_span(&token)), &e), ERR_OK);
        buf_text(&token, ".x");
        assert_int_not_equal(check(buf_span(&token), &e), ERR_OK);
        token.n--;
        assert_int_not_equal(check(buf_span(&token), &e), ERR_OK);
    }
    buf_clear(&token);
    while (token.n <= TOKEN_MAX)
        buf_text(&token, "a.");
    assert_int_equal(check(buf_span(&token), &e), ERR_DENIED);
    buf_release(&token);
    guard_release(&g);
}

/* Their payloads are no ID tokens: that the signature is good shows in what is said next. */
static void the_examples_of_the_rfcs_are_signed(void **state)
{
    static const struct {
        const char *keys, *token, *why;
    } examples[] = {
        { "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
          "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":"
          "\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}",
          "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
          "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5d"
          "jxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
          "iss is another" }, /* RFC 7515, A.3 */
        { "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"
          "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}",
          "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-"
          "09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
          "no object" }, /* RFC 8037, A.4 */
    };
    struct issuer_keys of = { 0 };
    struct err e = { 0 };
    struct buf to;

    (void)state;
    buf_init(&to, 256);
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        assert_int_equal(issuer_keys_read(&of, span_of(examples[i].keys), &e), ERR_OK);
        assert_int_equal(token_check(span_of(examples[i].token), &of, &wants, &to, &e), ERR_DENIED);
        if (strstr(e.why, examples[i].why) == NULL)
            fail_msg("%zu: %s", i, e.why);
    }
    issuer_keys_release(&of);
    buf_release(&to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_token_says_who_it_is),
        cmocka_unit_test(one_thing_that_is_wrong_is_enough),
        cmocka_unit_test(what_is_asked_for_beyond_is_looked_at),
        cmocka_unit_test(a_signature_is_the_issuers_or_nothing),
        cmocka_unit_test(a_public_key_is_no_secret),
        cmocka_unit_test(a_token_that_was_touched_is_none),
        cmocka_unit_test(the_examples_of_the_rfcs_are_signed),
    };

    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
