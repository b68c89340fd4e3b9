/*
 * merkle.h - Merkle trees over SHA-256 as RFC 6962, section 2.1, has them, of leaves that come one
 * after the other.
 *
 *   leaf hash = SHA-256(0x00 || record)      node = SHA-256(0x01 || left || right)
 *
 * A *range* stands for the leaves [begin, end) of a tree: the hashes of the largest aligned
 * subtrees that lie in it, from left to right, at most MERKLE_NODES. An aligned subtree of level L
 * has 2^L leaves and begins at a multiple of that. Ranges that touch can be joined; a range from 0
 * gives the root. Pure but for OpenSSL; one thread a hasher.
 */
#ifndef MERKLE_H
#define MERKLE_H

#include "base/base.h"

#define MERKLE_HASH_BYTES 32u
#define MERKLE_NODES      126u
#define MERKLE_SIZE_MAX   ((uint64_t)1 << 62) /* leaves of a tree */

struct merkle_hash {
    uint8_t bytes[MERKLE_HASH_BYTES];
};

struct merkle_hasher;

int merkle_hasher_new(struct merkle_hasher **out, struct err *e);
void merkle_hasher_free(struct merkle_hasher **h);

/* SHA-256 of `prefix` and the parts, one after the other. */
void merkle_digest(struct merkle_hasher *h, uint8_t prefix, const struct span *parts,
                   uint32_t count, struct merkle_hash *out);

/* The hash of a node above these two. */
void merkle_node(struct merkle_hasher *h, const struct merkle_hash *left,
                 const struct merkle_hash *right, struct merkle_hash *out);

struct merkle_range {
    uint64_t begin, end;
    uint32_t count;
    struct merkle_hash node[MERKLE_NODES];
    uint8_t level[MERKLE_NODES];
};

void merkle_begin(struct merkle_range *r, uint64_t at);
void merkle_append(struct merkle_hasher *h, struct merkle_range *r, const struct merkle_hash *leaf);
/* `right` begins where `r` ends: r becomes both. */
void merkle_join(struct merkle_hasher *h, struct merkle_range *r, const struct merkle_range *right);

/* The root of the tree whose leaves are those of the range, which begins at 0. */
void merkle_root(struct merkle_hasher *h, const struct merkle_range *r, struct merkle_hash *out);

/* How many hashes the range [begin, end) has, and the range made of them. False when `hashes` is
 * not so long, or there is no such range. */
uint32_t merkle_count(uint64_t begin, uint64_t end);
bool merkle_read(struct merkle_range *r, uint64_t begin, uint64_t end, struct span hashes);

bool merkle_same(const struct merkle_range *a, const struct merkle_range *b);

#endif
