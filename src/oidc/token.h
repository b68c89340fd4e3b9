/*
 * token.h - is this ID token of this issuer, for us, of this login, of now? OpenID Connect
 * Core 1.0, 3.1.3.7, a row a check; JWS of RFC 7515, compact, with the advice of RFC 8725.
 *
 *   head.payload.signature ─▶ a head that we know ─▶ the key ─▶ the signature ─▶ the claims
 *
 * Nothing of the payload is looked at before the signature is good. Nothing is taken twice in one
 * object, so that no two readers can differ. Not done, because not asked for: encryption (2),
 * `auth_time` (13). Pure; the key comes out of the issuer's set.
 */
#ifndef TOKEN_H
#define TOKEN_H

#include "base/buf.h"
#include "oidc/issuer.h"

#define TOKEN_MAX       16384u /* bytes */
#define TOKEN_LEEWAY_S  60     /* how far apart clocks may be */
#define TOKEN_AGE_MAX_S 600    /* it was made for this login */
#define TOKEN_CLAIM_MAX 255u   /* bytes of the subject */

/*    check   clause of 3.1.3.7                      what is wrong when it fails */
#define TOKEN_CHECK_TABLE(X)                                                                       \
    X(ISS, "2", "iss is another issuer")                                                           \
    X(AUD, "3", "aud is not us")                                                                   \
    X(AZP, "4, 5", "azp is not us, or missing where aud has others")                               \
    X(EXP, "9", "exp is over, or missing")                                                         \
    X(NBF, "RFC 7519, 4.1.5", "nbf is not yet")                                                    \
    X(IAT, "10", "iat is not of now, or missing")                                                  \
    X(NONCE, "11", "nonce is not of this login")                                                   \
    X(ACR, "12", "acr is none of those that are wanted")                                           \
    X(AMR, "2 (Core)", "amr has none of those that are wanted")                                    \
    X(SUB, "2 (Core)", "sub is missing, or too long")

enum token_check {
#define X(id, clause, why) TOKEN_##id,
    TOKEN_CHECK_TABLE(X)
#undef X
        TOKEN_CHECKS
};

struct token_wants {
    const char *issuer, *client, *claim;
    const struct text_list *amr, *acr; /* empty: nothing is wanted */
    struct span nonce;
    unsigned algs; /* that the issuer says he signs with (7) */
    int64_t now_s;
};

/*
 * ERR_OK, with the claim's value in *subject (cleared first): 1 to TOKEN_CLAIM_MAX letters of
 * ASCII. ERR_NOTFOUND: its key is not among these; others may have come. ERR_DENIED with what is
 * wrong. ERR_NOMEM.
 */
int token_check(struct span token, const struct issuer_keys *keys, const struct token_wants *w,
                struct buf *subject, struct err *e);

#endif
