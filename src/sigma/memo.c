/*
 * memo.c - pairs of entries and a pool of lists; see memo.h.
 *
 *   hash of the value, key ──▶ pair ──▶ entry ──▶ pool[at .. at + count)
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "sigma/memo.h"

#include <stdlib.h>

#include "os/host.h"

#define MEMO_PAIRS 8192u
#define MEMO_POOL  131072u
#define MEMO_LIST  2048u /* of one value; so that a few values cannot make all others forgotten */

struct entry {
    XXH128_hash_t hash;
    uint32_t key; /* 0 is free */
    uint32_t at, count;
    uint32_t spare;
};

struct pair {
    struct entry entry[2]; /* the one used last first */
};

struct memo {
    struct pair *pairs;
    uint32_t *pool;
    uint32_t used;
    uint32_t missed_key; /* of the last memo_get() */
    XXH128_hash_t missed;
    uint8_t secret[XXH3_SECRET_SIZE_MIN];
};

static void memo_forget(struct memo *m)
{
    memset(m->pairs, 0, MEMO_PAIRS * sizeof(*m->pairs));
    m->used = 0;
}

int memo_new(struct memo **out, struct err *e)
{
    struct memo *m = calloc(1, sizeof(*m));
    int rc = ERR_OK;

    _Static_assert(sizeof(struct pair) == 64, "a pair is a cache line");
    *out = NULL;
    if (m == NULL)
        return err_set(e, ERR_NOMEM, 0, "no memory for a matcher");
    m->pairs = aligned_alloc(64, MEMO_PAIRS * sizeof(*m->pairs));
    m->pool = calloc(MEMO_POOL, sizeof(*m->pool));
    if (m->pairs == NULL || m->pool == NULL)
        rc = err_set(e, ERR_NOMEM, 0, "no memory for a matcher");
    else
        rc = host_random(m->secret, sizeof(m->secret), e);
    if (rc == ERR_OK)
        memo_forget(m);
    if (rc != ERR_OK)
        memo_free(&m);
    *out = m;
    return rc;
}

void memo_free(struct memo **pm)
{
    struct memo *m = *pm;

    *pm = NULL;
    if (m == NULL)
        return;
    free(m->pool);
    free(m->pairs);
    free(m);
}

static struct pair *pair_of(struct memo *m, uint32_t key, const XXH128_hash_t *h)
{
    return &m->pairs[(h->low64 ^ key * 0x9E3779B1u) & (MEMO_PAIRS - 1)];
}

static bool entry_is(const struct entry *e, uint32_t key, const XXH128_hash_t *h)
{
    return e->key == key && e->hash.low64 == h->low64 && e->hash.high64 == h->high64;
}

uint32_t memo_get(struct memo *m, uint32_t key, struct span value, const uint32_t **rules)
{
    XXH128_hash_t h = XXH3_128bits_withSecret(value.p, value.n, m->secret, sizeof(m->secret));
    struct entry *e = pair_of(m, key, &h)->entry;

    if (!entry_is(&e[0], key, &h)) {
        struct entry other = e[1];

        if (!entry_is(&other, key, &h)) {
            m->missed = h;
            m->missed_key = key;
            return MEMO_MISS;
        }
        e[1] = e[0];
        e[0] = other;
    }
    *rules = m->pool + e[0].at;
    return e[0].count;
}

void memo_put(struct memo *m, const uint32_t *rules, uint32_t count)
{
    struct entry *e;

    if (count > MEMO_LIST)
        return;
    if (count > MEMO_POOL - m->used)
        memo_forget(m);
    e = pair_of(m, m->missed_key, &m->missed)->entry;
    e[1] = e[0];
    e[0] = (struct entry){ m->missed, m->missed_key, m->used, count, 0 };
    if (count > 0)
        memcpy(m->pool + m->used, rules, count * sizeof(*rules));
    m->used += count;
}
