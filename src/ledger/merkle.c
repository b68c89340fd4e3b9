/*
 * merkle.c - see merkle.h.
 */
#include "ledger/merkle.h"

#include <openssl/evp.h>
#include <stdlib.h>

#define LEAF_LEVELS 63u
#define SMALL_BYTES 512u

struct merkle_hasher {
    EVP_MD *md;
    EVP_MD_CTX *ctx;
};

int merkle_hasher_new(struct merkle_hasher **out, struct err *e)
{
    struct merkle_hasher *h = calloc(1, sizeof(*h));

    *out = h;
    if (h != NULL) {
        h->md = EVP_MD_fetch(NULL, "SHA256", NULL);
        h->ctx = EVP_MD_CTX_new();
    }
    if (h != NULL && h->md != NULL && h->ctx != NULL)
        return ERR_OK;
    merkle_hasher_free(out);
    return err_set(e, ERR_NOMEM, 0, "SHA-256 cannot be had.");
}

void merkle_hasher_free(struct merkle_hasher **h)
{
    if (*h == NULL)
        return;
    EVP_MD_free((*h)->md);
    EVP_MD_CTX_free((*h)->ctx);
    free(*h);
    *h = NULL;
}

/* A call of the library costs as much as hashing a hundred bytes: small parts are put together. */
void merkle_digest(struct merkle_hasher *h, uint8_t prefix, const struct span *parts,
                   uint32_t count, struct merkle_hash *out)
{
    bool good = EVP_DigestInit_ex2(h->ctx, h->md, NULL) == 1;
    uint8_t small[SMALL_BYTES];
    size_t n = 1;

    small[0] = prefix;
    for (uint32_t i = 0; i < count; i++) {
        if (parts[i].n > sizeof(small) - n) {
            good = good && EVP_DigestUpdate(h->ctx, small, n) == 1 &&
                   EVP_DigestUpdate(h->ctx, parts[i].p, parts[i].n) == 1;
            n = 0;
        } else if (parts[i].n > 0) {
            memcpy(small + n, parts[i].p, parts[i].n);
            n += parts[i].n;
        }
    }
    good = good && EVP_DigestUpdate(h->ctx, small, n) == 1 &&
           EVP_DigestFinal_ex(h->ctx, out->bytes, NULL) == 1;
    MUST(good); /* of a fetched digest, in memory that is there */
}

void merkle_node(struct merkle_hasher *h, const struct merkle_hash *left,
                 const struct merkle_hash *right, struct merkle_hash *out)
{
    const struct span parts[] = { { left->bytes, MERKLE_HASH_BYTES },
                                  { right->bytes, MERKLE_HASH_BYTES } };

    merkle_digest(h, 1, parts, 2, out);
}

/* --- Ranges --------------------------------------------------------------------------------- */

void merkle_begin(struct merkle_range *r, uint64_t at)
{
    r->begin = r->end = at;
    r->count = 0;
}

/* One aligned subtree behind the others, joined with its siblings. */
static void push(struct merkle_hasher *h, struct merkle_range *r, const struct merkle_hash *node,
                 unsigned level)
{
    struct merkle_hash up = *node;
    uint64_t begin = r->end;

    r->end += (uint64_t)1 << level;
    while (r->count > 0 && r->level[r->count - 1] == level && (begin >> level & 1) == 1) {
        r->count--;
        begin -= (uint64_t)1 << level;
        merkle_node(h, &r->node[r->count], &up, &up);
        level++;
    }
    MUST(r->count < MERKLE_NODES);
    r->node[r->count] = up;
    r->level[r->count++] = (uint8_t)level;
}

void merkle_append(struct merkle_hasher *h, struct merkle_range *r, const struct merkle_hash *leaf)
{
    push(h, r, leaf, 0);
}

void merkle_join(struct merkle_hasher *h, struct merkle_range *r, const struct merkle_range *right)
{
    MUST(right->begin == r->end);
    for (uint32_t i = 0; i < right->count; i++)
        push(h, r, &right->node[i], right->level[i]);
}

void merkle_root(struct merkle_hasher *h, const struct merkle_range *r, struct merkle_hash *out)
{
    MUST(r->begin == 0);
    if (r->count == 0) {
        /* RFC 6962: the hash of nothing, without a prefix. */
        MUST(EVP_Digest("", 0, out->bytes, NULL, h->md, NULL) == 1);
        return;
    }
    *out = r->node[r->count - 1];
    for (uint32_t i = r->count - 1; i > 0; i--)
        merkle_node(h, &r->node[i - 1], out, out);
}

/* The level of the first subtree of [begin, end). */
static unsigned first_level(uint64_t begin, uint64_t end)
{
    unsigned level = begin == 0 ? LEAF_LEVELS : (unsigned)__builtin_ctzll(begin);

    while (level > 0 && (level >= 64 || (uint64_t)1 << level > end - begin))
        level--;
    return level;
}

uint32_t merkle_count(uint64_t begin, uint64_t end)
{
    uint32_t n = 0;

    for (; begin < end; n++)
        begin += (uint64_t)1 << first_level(begin, end);
    return n;
}

bool merkle_read(struct merkle_range *r, uint64_t begin, uint64_t end, struct span hashes)
{
    if (begin > end || end > MERKLE_SIZE_MAX ||
        hashes.n != merkle_count(begin, end) * (size_t)MERKLE_HASH_BYTES)
        return false;
    merkle_begin(r, begin);
    for (; r->end < end; hashes = span_from(hashes, MERKLE_HASH_BYTES)) {
        unsigned level = first_level(r->end, end);

        memcpy(r->node[r->count].bytes, hashes.p, MERKLE_HASH_BYTES);
        r->level[r->count++] = (uint8_t)level;
        r->end += (uint64_t)1 << level;
    }
    return true;
}

bool merkle_same(const struct merkle_range *a, const struct merkle_range *b)
{
    return a->begin == b->begin && a->end == b->end && a->count == b->count &&
           memcmp(a->node, b->node, a->count * sizeof(*a->node)) == 0;
}
