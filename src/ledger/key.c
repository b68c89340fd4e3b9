/*
 * key.c - see key.h.
 */
#include "ledger/key.h"

#include <sodium.h>

#include "os/host.h"

int key_new(struct key *k, struct err *e)
{
    uint8_t seed[KEY_BYTES];
    int rc = host_random(seed, sizeof(seed), e);

    if (rc == ERR_OK)
        key_of(k, seed);
    key_zero(seed, sizeof(seed));
    return rc;
}

void key_of(struct key *k, const uint8_t seed[KEY_BYTES])
{
    uint8_t secret[crypto_sign_SECRETKEYBYTES];

    memmove(k->seed, seed, KEY_BYTES);
    MUST(crypto_sign_seed_keypair(k->public, secret, k->seed) == 0);
    key_zero(secret, sizeof(secret));
}

void key_wipe(struct key *k)
{
    key_zero(k, sizeof(*k));
}

void key_sign(const struct key *k, struct span bytes, uint8_t signature[SIGNATURE_BYTES])
{
    uint8_t secret[crypto_sign_SECRETKEYBYTES]; /* the seed, then the public key */

    memcpy(secret, k->seed, KEY_BYTES);
    memcpy(secret + KEY_BYTES, k->public, KEY_BYTES);
    MUST(crypto_sign_detached(signature, NULL, bytes.p, bytes.n, secret) == 0);
    key_zero(secret, sizeof(secret));
}

bool key_verify(const uint8_t public[KEY_BYTES], struct span bytes,
                const uint8_t signature[SIGNATURE_BYTES])
{
    return crypto_sign_verify_detached(signature, bytes.p, bytes.n, public) == 0;
}

void key_zero(void *p, size_t n)
{
    sodium_memzero(p, n);
}
