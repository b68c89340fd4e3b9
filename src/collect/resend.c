/*
 * resend.c - hashes of records that were taken in from a sender who was never told so, in a ring:
 * the newest RING of them. One that comes again soon is likely a resend: it is stored and marked.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <stdlib.h>

#include "collect/collect_own.h"

#define RING  4096u
#define SLOTS 8192u

struct hash_ring {
    uint64_t hash[RING];
    uint8_t live[SLOTS /
                 8]; /* may a hash that falls here be in the ring? Never cleared but all at once */
    uint32_t at, count;
};

uint64_t resend_hash(uint32_t row, struct span record)
{
    uint64_t h = XXH3_64bits_withSeed(record.p, record.n, row);

    return h != 0 ? h : 1;
}

struct hash_ring *hash_ring_new(void)
{
    return calloc(1, sizeof(struct hash_ring));
}

void hash_ring_add(struct hash_ring *r, uint64_t hash)
{
    uint64_t *at = &r->hash[r->at++ % RING];

    if (hash == 0)
        return;
    r->count += *at == 0;
    *at = hash;
    r->live[hash % SLOTS / 8] |= (uint8_t)(1u << hash % 8);
}

bool hash_ring_take(struct hash_ring *r, uint64_t hash)
{
    if ((r->live[hash % SLOTS / 8] & 1u << hash % 8) == 0)
        return false;
    for (uint32_t i = 0; i < RING; i++) {
        if (r->hash[i] != hash)
            continue;
        r->hash[i] = 0;
        r->count--;
        if (r->count == 0)
            memset(r->live, 0, sizeof(r->live));
        return true;
    }
    return false;
}

bool hash_ring_empty(const struct hash_ring *r)
{
    return r->count == 0;
}
