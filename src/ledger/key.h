/*
 * key.h - Ed25519 keys (RFC 8032), by libsodium.
 *
 * A key is its seed; whoever has one wipes it (key_wipe) when it is of no more use. Signatures are
 * a function of key and bytes alone: the same bytes signed twice are the same signature.
 */
#ifndef KEY_H
#define KEY_H

#include "base/base.h"

#define KEY_BYTES       32u /* seed, public key */
#define SIGNATURE_BYTES 64u

struct key {
    uint8_t seed[KEY_BYTES]; /* secret */
    uint8_t public[KEY_BYTES];
};

int key_new(struct key *k, struct err *e); /* at random */
void key_of(struct key *k, const uint8_t seed[KEY_BYTES]);
void key_wipe(struct key *k);

void key_sign(const struct key *k, struct span bytes, uint8_t signature[SIGNATURE_BYTES]);
/* False too for public keys and signatures that are not in canonical form or of small order. */
bool key_verify(const uint8_t public[KEY_BYTES], struct span bytes,
                const uint8_t signature[SIGNATURE_BYTES]);

/* Zeros, where the compiler would see no use in writing them. */
void key_zero(void *p, size_t n);

#endif
