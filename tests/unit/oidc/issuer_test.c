/*
 * Goal: of what an issuer says of himself and of his keys nothing is taken that is not safe to use.
 * Method: good documents with one member changed; each cut at every byte behind a guard page.
 */
#include "../check.h"
#include "../guard.h"

#include <jansson.h>
#include <stdlib.h>

#include "oidc/issuer.h"

#define ISSUER "https://i.example/realm"
#define GOOD                                                                                       \
    "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"https://i.example/auth?x=1\","        \
    "\"token_endpoint\":\"https://t.example/token\",\"jwks_uri\":\"https://i.example/keys\","      \
    "\"response_types_supported\":[\"code\",\"id_token\"],"                                        \
    "\"id_token_signing_alg_values_supported\":[\"RS256\",\"none\",\"HS256\",\"EdDSA\"]}"
#define X25519 "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo"
#define ED     "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"

static const struct {
    const char *name, *value; /* JSON; NULL: left out */
    const char *why;          /* NULL: it is good */
} rows[] = {
    { "x", "1", NULL },
    { "issuer", "\"https://i.example/realm/\"", "another issuer" },
    { "issuer", "\"https://evil.example\"", "another issuer" },
    { "issuer", NULL, "another issuer" },
    { "authorization_endpoint", "\"http://i.example/auth\"", "not https" },
    { "authorization_endpoint", "\"javascript:alert(1)\"", "not https" },
    { "authorization_endpoint", "\"https://i.example/a\\r\\nSet-Cookie: x\"", "not https" },
    { "authorization_endpoint", "\"https://i.example/a\\u0000\"", "no JSON" },
    { "authorization_endpoint", NULL, "missing" },
    { "token_endpoint", "\"https://127.0.0.1/token\"", "not https" },
    { "token_endpoint", "\"https://localhost:9200/\"", "not https" },
    { "token_endpoint", "\"http://[::1]/\"", "not https" },
    { "token_endpoint", "\"file:///etc/passwd\"", "not https" },
    { "token_endpoint", "\"smtp://t.example\"", "not https" },
    { "jwks_uri", "7", "missing" },
    { "response_types_supported", "[\"id_token\"]", "code flow" },
    { "response_types_supported", "\"code\"", "code flow" },
    { "code_challenge_methods_supported", "[\"plain\"]", "PKCE" },
    { "code_challenge_methods_supported", "[\"plain\",\"S256\"]", NULL },
    { "id_token_signing_alg_values_supported", "[\"none\",\"HS256\"]", "no algorithm" },
    { "id_token_signing_alg_values_supported", NULL, "no algorithm" },
    { "token_endpoint_auth_methods_supported", "[\"client_secret_basic\"]", NULL },
    { "token_endpoint_auth_methods_supported", "[\"client_secret_post\"]", NULL },
    { "token_endpoint_auth_methods_supported", "[\"private_key_jwt\"]", "our secret" },
};

static void what_an_issuer_says_is_looked_at(void **state)
{
    struct issuer i;
    struct err e = { 0 };

    (void)state;
    for (size_t n = 0; n < COUNT_OF(rows); n++) {
        json_t *v = json_loads(GOOD, 0, NULL);
        char *text;
        int rc;

        if (rows[n].value != NULL)
            assert_int_equal(json_object_set_new(
                                 v, rows[n].name,
                                 json_loads(rows[n].value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL)),
                             0);
        else
            (void)json_object_del(v, rows[n].name);
        text = json_dumps(v, 0);
        rc = issuer_read(&i, span_of(text), ISSUER, &e);
        if ((rc == ERR_OK) != (rows[n].why == NULL) ||
            (rc != ERR_OK && (rc != ERR_SYNTAX || strstr(e.why, rows[n].why) == NULL)))
            fail_msg("%s %s: %s", rows[n].name, rows[n].value, rc == ERR_OK ? "taken" : e.why);
        free(text);
        json_decref(v);
    }
    assert_int_equal(issuer_read(&i, SPAN_LIT(GOOD), ISSUER, &e), ERR_OK);
    assert_string_equal(i.authorize, "https://i.example/auth?x=1");
    assert_string_equal(i.token, "https://t.example/token");
    assert_int_equal(i.algs, 1u << ALG_RS256 | 1u << ALG_EDDSA);
    assert_false(i.says_iss || i.in_body);
}

static void an_issuer_here_may_do_without_tls(void **state)
{
    struct issuer i;
    struct err e = { 0 };

    (void)state;
    assert_int_equal(
        issuer_read(&i,
                    SPAN_LIT("{\"issuer\":\"http://127.0.0.1:1\",\"authorization_endpoint\":"
                             "\"http://127.0.0.1:1/a\",\"token_endpoint\":\"http://[::1]:1/t\","
                             "\"jwks_uri\":\"http://localhost:1/k\",\"id_token_signing_alg_"
                             "values_supported\":[\"ES256\"],\"token_endpoint_auth_methods_"
                             "supported\":[\"client_secret_post\"],\"authorization_response_iss_"
                             "parameter_supported\":true}"),
                    "http://127.0.0.1:1", &e),
        ERR_OK);
    assert_true(i.says_iss && i.in_body);
}

static const struct {
    const char *name, *json;
    uint32_t count; /* 0: refused */
} sets[] = {
    { "Ed25519", "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED "\"}]}", 1 },
    { "X25519", "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" X25519 "\"}]}", 0 },
    { "for encryption",
      "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"enc\",\"x\":\"" ED "\"}]}", 0 },
    { "signs only",
      "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"key_ops\":[\"sign\"],\"x\":\"" ED "\"}]}",
      0 },
    { "of another algorithm",
      "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"alg\":\"ES256\",\"x\":\"" ED "\"}]}", 0 },
    { "short", "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}]}", 0 },
    { "a secret", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\",\"alg\":\"HS256\"}]}", 0 },
    { "RSA of 64 bits", "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"qqqqqqqqqqs\"}]}", 0 },
    { "RSA of nothing", "{\"keys\":[{\"kty\":\"RSA\"}]}", 0 },
    { "no base64", "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"q=qqqqqqqqs\"}]}",
      0 }, /* at which cjose ends the program: found by the fuzzer */
    { "no base64 of a point",
      "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"A=AA\",\"y\":\"" X25519 "\"}]}", 0 },
    { "no point of the curve",
      "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X25519 "\",\"y\":\"" X25519 "\"}]}",
      0 },
    { "what is unknown is passed over",
      "{\"keys\":[7,{\"kty\":\"new\"},{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED
      "\"},null]}",
      1 },
    { "none", "{\"keys\":[]}", 0 },
    { "no set", "[]", 0 },
    { "nothing", "", 0 },
};

static void keys_are_taken_that_can_sign(void **state)
{
    struct issuer_keys keys = { 0 };
    struct err e = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sets); i++) {
        uint32_t before = keys.count;
        int rc = issuer_keys_read(&keys, span_of(sets[i].json), &e);

        CHECK_ROW(sets[i].name, rc == (sets[i].count > 0 ? ERR_OK : ERR_SYNTAX));
        CHECK_ROW(sets[i].name, keys.count == (sets[i].count > 0 ? sets[i].count : before));
    }
    issuer_keys_release(&keys);
}

static void a_key_is_found_when_it_is_the_one(void **state)
{
    static const char two[] =
        "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"a\",\"x\":\"" ED
        "\"},{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"b\",\"x\":\"" ED "\"}]}";
    struct issuer_keys keys = { 0 };
    struct err e = { 0 };

    (void)state;
    assert_int_equal(issuer_keys_read(&keys, SPAN_LIT(two), &e), ERR_OK);
    assert_ptr_equal(issuer_key_find(&keys, ALG_EDDSA, SPAN_LIT("b")), &keys.key[1]);
    assert_null(issuer_key_find(&keys, ALG_EDDSA, SPAN_LIT("c")));
    assert_null(issuer_key_find(&keys, ALG_EDDSA, SPAN_NONE)); /* which one? */
    assert_null(issuer_key_find(&keys, ALG_ES256, SPAN_LIT("a")));
    issuer_keys_release(&keys);
}

static void what_is_cut_is_refused(void **state)
{
    struct issuer_keys keys = { 0 };
    struct issuer i;
    struct err e = { 0 };
    struct guard g;

    (void)state;
    guard_init(&g, 4096);
    for (size_t n = 0; n < sizeof(GOOD) - 1; n++)
        assert_int_equal(
            issuer_read(&i, guard_put(&g, (struct span){ (const uint8_t *)GOOD, n }), ISSUER, &e),
            ERR_SYNTAX);
    for (size_t n = 0; n < strlen(sets[0].json); n++)
        assert_int_equal(
            issuer_keys_read(&keys,
                             guard_put(&g, (struct span){ (const uint8_t *)sets[0].json, n }), &e),
            ERR_SYNTAX);
    issuer_keys_release(&keys);
    guard_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_issuer_says_is_looked_at),
        cmocka_unit_test(an_issuer_here_may_do_without_tls),
        cmocka_unit_test(keys_are_taken_that_can_sign),
        cmocka_unit_test(a_key_is_found_when_it_is_the_one),
        cmocka_unit_test(what_is_cut_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
