/* What an issuer says of himself, of his keys, and an ID token, of any bytes: none of it is signed
 * by the key that is known, so no token lets in. */
#include "oidc/token.h"

#define KEY                                                                                        \
    "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"                                       \
    "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct issuer_keys known;
    static const struct text_list none;
    struct issuer_keys keys = { 0 };
    struct issuer issuer;
    struct span in = { data, size };
    const struct token_wants w = { .issuer = "https://i.example",
                                   .client = "canh",
                                   .claim = "sub",
                                   .amr = &none,
                                   .acr = &none,
                                   .nonce = SPAN_LIT("n"),
                                   .algs = ~0u,
                                   .now_s = 1764000000 };
    struct channel_url u;
    struct buf subject;
    struct err e;

    if (known.count == 0)
        MUST(issuer_keys_read(&known, SPAN_LIT(KEY), &e) == ERR_OK);
    buf_init(&subject, TOKEN_CLAIM_MAX);
    MUST(token_check(in, &known, &w, &subject, &e) != ERR_OK && subject.n == 0);
    if (issuer_read(&issuer, in, w.issuer, &e) == ERR_OK)
        MUST(channel_url_is_web(span_of(issuer.token), &u) && !u.loopback && issuer.algs != 0);
    if (issuer_keys_read(&keys, in, &e) == ERR_OK)
        MUST(token_check(in, &keys, &w, &subject, &e) != ERR_OK);
    issuer_keys_release(&keys);
    buf_release(&subject);
    return 0;
}
