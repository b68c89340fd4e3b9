/*
 * issuer.h - what an issuer says of himself, and his keys. Both are JSON that he serves over TLS;
 * what is in it is taken no further than is written here.
 *
 *   discovery  OpenID Connect Discovery 1.0, 3 and 4.3; RFC 8414, 2: `issuer` is the one of the
 *              settings, letter by letter; the three addresses are https:// (http:// only from this
 *              machine to itself, and no address of this machine from elsewhere); S256, code
 *              and client_secret_basic or _post are not left out of lists that are there
 *   keys       RFC 7517: those of a known kind that sign; others are passed over (5). RSA of 2048
 *              to 8192 bits, P-256, Ed25519 (RFC 8037). ISSUER_KEYS at most
 */
#ifndef ISSUER_H
#define ISSUER_H

#include "base/base.h"
#include "conf/channel.h"

#define ISSUER_KEYS    32u
#define ISSUER_KID_MAX 256u

/*    algorithm  its name (RFC 7518, 3.1; RFC 8037, 3.1)  kind of key */
#define ISSUER_ALG_TABLE(X)                                                                        \
    X(RS256, "RS256", "RSA")                                                                       \
    X(PS256, "PS256", "RSA")                                                                       \
    X(ES256, "ES256", "EC")                                                                        \
    X(EDDSA, "EdDSA", "OKP")

enum issuer_alg {
#define X(id, name, kty) ALG_##id,
    ISSUER_ALG_TABLE(X)
#undef X
        ISSUER_ALGS
};
bool issuer_alg_of(const char *name, enum issuer_alg *alg); /* NULL is none */

struct issuer {
    char authorize[CHANNEL_URL_MAX + 1], token[CHANNEL_URL_MAX + 1], keys[CHANNEL_URL_MAX + 1];
    unsigned algs; /* a bit each: those with which he signs ID tokens */
    bool says_iss; /* in each answer of the authorization endpoint (RFC 9207, 3) */
    bool in_body;  /* our secret goes in the body: he takes it in no head */
};

/* base64url (RFC 7515, 2) in its one form: without padding, without bits behind the last byte,
 * without bytes that only some readers take. False: it is none, or has more than `room` bytes. */
bool issuer_decode(struct span text, uint8_t *out, size_t room, size_t *n);

/* ERR_SYNTAX with what is wrong, ERR_NOMEM. */
int issuer_read(struct issuer *out, struct span json, const char *issuer, struct err *e);

struct issuer_key {
    char kid[ISSUER_KID_MAX + 1]; /* may be empty */
    unsigned algs;                /* that it may sign with */
    void *jwk;                    /* of cjose; NULL: Ed25519 */
    uint8_t ed25519[32];
};

struct issuer_keys {
    uint32_t count;
    struct issuer_key key[ISSUER_KEYS];
};

/* On an error *keys is as before. ERR_SYNTAX: it is no set of keys, or none of them can be used. */
int issuer_keys_read(struct issuer_keys *keys, struct span json, struct err *e);
void issuer_keys_release(struct issuer_keys *keys);

/* The key for a token that was signed with `alg` by the key `kid` (may be empty: then it must be
 * the only one). NULL: there is none. */
const struct issuer_key *issuer_key_find(const struct issuer_keys *keys, enum issuer_alg alg,
                                         struct span kid);

#endif
