/*
 * proof.c - see proof.h.
 *
 * Both ways down a tree are loops over (begin, end), the leaves of the subtree at hand; what lies
 * beside the way is a hash of the proof, deepest first.
 */
#include "ledger/proof.h"

/* --- Making --------------------------------------------------------------------------------- */

struct maker {
    struct merkle_hasher *h;
    const struct proof_from *from;
    struct err *e;
};

/* The largest power of two below `n`, which is at least 2. */
static uint64_t half(uint64_t n)
{
    return (uint64_t)1 << (63 - __builtin_clzll(n - 1));
}

static int aligned(struct maker *m, unsigned level, uint64_t index, struct merkle_hash *out)
{
    struct merkle_hash right;
    int rc = m->from->node(m->from->arg, level, index, out, m->e);

    if (rc != 0)
        return rc > 0 ? ERR_OK : rc;
    if (level == 0)
        return err_set(m->e, ERR_NOTFOUND, 0, "The hash of leaf %llu is not known.",
                       (unsigned long long)index);
    rc = aligned(m, level - 1, 2 * index, out);
    if (rc == ERR_OK)
        rc = aligned(m, level - 1, 2 * index + 1, &right);
    if (rc == ERR_OK)
        merkle_node(m->h, out, &right, out);
    return rc;
}

/* MTH(D[begin:end]) of the RFC, where begin is a multiple of a power of two that end - begin does
 * not exceed: the aligned subtrees in it, joined from the right. */
static int subtree(struct maker *m, uint64_t begin, uint64_t end, struct merkle_hash *out)
{
    struct merkle_hash part[64];
    uint32_t count = 0;
    int rc;

    while (begin < end) {
        unsigned level = 63 - (unsigned)__builtin_clzll(end - begin);

        rc = aligned(m, level, begin >> level, &part[count++]);
        if (rc != ERR_OK)
            return rc;
        begin += (uint64_t)1 << level;
    }
    *out = part[count - 1];
    for (uint32_t i = count - 1; i > 0; i--)
        merkle_node(m->h, &part[i - 1], out, out);
    return ERR_OK;
}

/* What was put down on the way from the root comes deepest first. */
static void turn(struct proof *p)
{
    for (uint32_t i = 0; i < p->count / 2; i++) {
        struct merkle_hash kept = p->hash[i];

        p->hash[i] = p->hash[p->count - 1 - i];
        p->hash[p->count - 1 - i] = kept;
    }
}

static int put(struct maker *m, uint64_t begin, uint64_t end, struct proof *p)
{
    MUST(p->count < PROOF_MAX);
    return subtree(m, begin, end, &p->hash[p->count++]);
}

int proof_root(struct merkle_hasher *h, const struct proof_from *from, uint64_t size,
               struct merkle_hash *out, struct err *e)
{
    struct maker m = { h, from, e };
    struct merkle_range none;

    MUST(size <= MERKLE_SIZE_MAX);
    if (size > 0)
        return subtree(&m, 0, size, out);
    merkle_begin(&none, 0);
    merkle_root(h, &none, out);
    return ERR_OK;
}

int proof_inclusion(struct merkle_hasher *h, const struct proof_from *from, uint64_t index,
                    uint64_t size, struct proof *out, struct err *e)
{
    struct maker m = { h, from, e };
    uint64_t begin = 0, end = size;
    int rc = ERR_OK;

    MUST(size <= MERKLE_SIZE_MAX);
    out->count = 0;
    if (index >= size)
        return err_set(e, ERR_USAGE, 0, "A tree of %llu leaves has no leaf %llu.",
                       (unsigned long long)size, (unsigned long long)index);
    while (rc == ERR_OK && end - begin > 1) {
        uint64_t middle = begin + half(end - begin);

        if (index < middle) {
            rc = put(&m, middle, end, out);
            end = middle;
        } else {
            rc = put(&m, begin, middle, out);
            begin = middle;
        }
    }
    turn(out);
    return rc;
}

int proof_consistency(struct merkle_hasher *h, const struct proof_from *from, uint64_t old,
                      uint64_t size, struct proof *out, struct err *e)
{
    struct maker m = { h, from, e };
    uint64_t begin = 0, end = size;
    int rc = ERR_OK;

    MUST(size <= MERKLE_SIZE_MAX);
    out->count = 0;
    if (old > size)
        return err_set(e, ERR_USAGE, 0, "A tree of %llu leaves does not begin with one of %llu.",
                       (unsigned long long)size, (unsigned long long)old);
    if (old == 0 || old == size)
        return ERR_OK;
    /* SUBPROOF: down to the subtree that ends where the old tree did. */
    while (rc == ERR_OK && end != old) {
        uint64_t middle = begin + half(end - begin);

        if (old <= middle) {
            rc = put(&m, middle, end, out);
            end = middle;
        } else {
            rc = put(&m, begin, middle, out);
            begin = middle;
        }
    }
    /* The whole old tree the verifier has. */
    if (rc == ERR_OK && begin != 0)
        rc = put(&m, begin, end, out);
    turn(out);
    return rc;
}

/* --- Verifying ------------------------------------------------------------------------------ */

bool proof_shows_inclusion(struct merkle_hasher *h, const struct merkle_hash *leaf, uint64_t index,
                           uint64_t size, const struct proof *p, const struct merkle_hash *root)
{
    uint64_t at = index, last = size - 1;
    struct merkle_hash r = *leaf;

    if (index >= size || size > MERKLE_SIZE_MAX || p->count > PROOF_MAX)
        return false;
    for (uint32_t i = 0; i < p->count; i++) {
        if (last == 0)
            return false;
        if ((at & 1) == 1 || at == last) {
            merkle_node(h, &p->hash[i], &r, &r);
            for (; (at & 1) == 0 && at != 0; at >>= 1)
                last >>= 1;
        } else {
            merkle_node(h, &r, &p->hash[i], &r);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && memcmp(&r, root, sizeof(r)) == 0;
}

bool proof_shows_consistency(struct merkle_hasher *h, uint64_t old,
                             const struct merkle_hash *old_root, uint64_t size,
                             const struct merkle_hash *root, const struct proof *p)
{
    uint64_t at = old - 1, last = size - 1;
    struct merkle_hash was, is;
    uint32_t i = 0;

    if (old > size || size > MERKLE_SIZE_MAX || p->count > PROOF_MAX)
        return false;
    if (old == size)
        return p->count == 0 && memcmp(old_root, root, sizeof(*root)) == 0;
    if (old == 0)
        return p->count == 0; /* the empty tree begins every other */
    if (p->count == 0)
        return false;
    for (; (at & 1) == 1; at >>= 1)
        last >>= 1;
    was = is = (old & (old - 1)) == 0 ? *old_root : p->hash[i++];
    for (; i < p->count; i++) {
        if (last == 0)
            return false;
        if ((at & 1) == 1 || at == last) {
            merkle_node(h, &p->hash[i], &was, &was);
            merkle_node(h, &p->hash[i], &is, &is);
            for (; (at & 1) == 0 && at != 0; at >>= 1)
                last >>= 1;
        } else {
            merkle_node(h, &is, &p->hash[i], &is);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && memcmp(&was, old_root, sizeof(was)) == 0 &&
           memcmp(&is, root, sizeof(is)) == 0;
}
