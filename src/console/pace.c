/*
 * pace.c - see pace.h.
 */
#include "console/pace.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/addr.h"

#define ROWS  1024u
#define WAYS  4u
#define MILLI 1000u

struct row {
    uint64_t key; /* 0: free */
    uint64_t ms;
    uint64_t used; /* thousandths of one, that were not given back yet */
};

struct pace {
    uint8_t key[crypto_shorthash_KEYBYTES];
    struct row refused[ROWS], session[ROWS];
};

int pace_new(struct pace **out, struct err *e)
{
    struct pace *p = calloc(1, sizeof(*p));

    *out = p;
    if (p == NULL || sodium_init() < 0)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the console.");
    randombytes_buf(p->key, sizeof(p->key));
    return ERR_OK;
}

void pace_free(struct pace **pp)
{
    struct pace *p = *pp;

    *pp = NULL;
    if (p != NULL)
        sodium_memzero(p, sizeof(*p));
    free(p);
}

static uint64_t key_of(const struct pace *p, struct span s)
{
    uint64_t key;
    uint8_t hash[crypto_shorthash_BYTES];

    MUST(sizeof(hash) == sizeof(key) && crypto_shorthash(hash, s.p, s.n, p->key) == 0);
    memcpy(&key, hash, sizeof(key));
    return key != 0 ? key : 1;
}

static uint64_t address_key(const struct pace *p, struct span address)
{
    static const uint8_t v4[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
    uint8_t at[16];

    if (!addr_parse(address, at))
        return key_of(p, address);
    return key_of(p, (struct span){ at, memcmp(at, v4, sizeof(v4)) == 0 ? 16 : 8 });
}

/* Its row, or NULL. */
static struct row *find(struct row *rows, uint64_t key)
{
    struct row *set = rows + key % (ROWS / WAYS) * WAYS;

    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
    }
    return NULL;
}

/* Its row, or one that is made its own. */
static struct row *take(struct row *rows, uint64_t key, uint64_t ms)
{
    struct row *set = rows + key % (ROWS / WAYS) * WAYS, *r = find(rows, key);

    if (r != NULL)
        return r;
    r = set;
    for (size_t i = 1; i < WAYS; i++) {
        if (set[i].ms < r->ms)
            r = &set[i];
    }
    *r = (struct row){ .key = key, .ms = ms };
    return r;
}

/* What time has given back. */
static void refill(struct row *r, uint64_t ms, uint64_t a_second)
{
    uint64_t back = (ms > r->ms ? ms - r->ms : 0) * a_second; /* thousandths */

    r->used = r->used > back ? r->used - back : 0;
    r->ms = ms;
}

void pace_refused(struct pace *p, struct span address, uint64_t ms)
{
    struct row *r = take(p->refused, address_key(p, address), ms);

    refill(r, ms, PACE_REFUSED);
    if (r->used < (uint64_t)PACE_REFUSED_BURST * MILLI)
        r->used += MILLI;
}

bool pace_is_blocked(struct pace *p, struct span address, uint64_t ms)
{
    struct row *r = find(p->refused, address_key(p, address));

    if (r == NULL)
        return false;
    refill(r, ms, PACE_REFUSED);
    return r->used + MILLI > (uint64_t)PACE_REFUSED_BURST * MILLI;
}

bool pace_session(struct pace *p, struct span secret, uint64_t ms)
{
    struct row *r = take(p->session, key_of(p, secret), ms);

    refill(r, ms, PACE_SESSION);
    if (r->used + MILLI > (uint64_t)PACE_SESSION * MILLI)
        return false;
    r->used += MILLI;
    return true;
}

bool pace_knows(struct pace *p, struct span secret, uint64_t ms)
{
    const struct row *r = secret.n > 0 ? find(p->session, key_of(p, secret)) : NULL;

    return r != NULL && ms - r->ms <= PACE_KNOWN_MS;
}
