/*
 * proof.h - that a leaf is in a tree, and that a tree is the beginning of a later one (RFC 6962,
 * sections 2.1.1 and 2.1.2; how to verify: RFC 9162, sections 2.1.3.2 and 2.1.4.2).
 *
 * Making a proof asks a callback for the hashes of aligned subtrees: it may know those of large
 * ones (of sealed blocks, of what retention removed) and not those of their leaves. What it does
 * not know is made of the two halves.
 *
 * Verifying is pure: a proof of any bytes gives an answer, after at most PROOF_MAX hashes.
 */
#ifndef PROOF_H
#define PROOF_H

#include "ledger/merkle.h"

#define PROOF_MAX 64u /* hashes of a proof */

struct proof {
    uint32_t count; /* at most PROOF_MAX */
    struct merkle_hash hash[PROOF_MAX];
};

/* The hash of the 2^level leaves from index << level on. 1, 0: not known, ask for its halves; a
 * negative code with *e ends the making. A leaf (level 0) that is not known is ERR_NOTFOUND. */
struct proof_from {
    int (*node)(void *arg, unsigned level, uint64_t index, struct merkle_hash *out, struct err *e);
    void *arg;
};

/* The root of the tree of the first `size` leaves. */
int proof_root(struct merkle_hasher *h, const struct proof_from *from, uint64_t size,
               struct merkle_hash *out, struct err *e);

/* Leaf `index` is in the tree of the first `size` leaves. ERR_USAGE: it has no such leaf. */
int proof_inclusion(struct merkle_hasher *h, const struct proof_from *from, uint64_t index,
                    uint64_t size, struct proof *out, struct err *e);

/* The tree of the first `size` leaves begins with that of the first `old`; without a hash when old
 * is 0 or size. ERR_USAGE: old > size. */
int proof_consistency(struct merkle_hasher *h, const struct proof_from *from, uint64_t old,
                      uint64_t size, struct proof *out, struct err *e);

/* Do they prove it? */
bool proof_shows_inclusion(struct merkle_hasher *h, const struct merkle_hash *leaf, uint64_t index,
                           uint64_t size, const struct proof *p, const struct merkle_hash *root);
bool proof_shows_consistency(struct merkle_hasher *h, uint64_t old,
                             const struct merkle_hash *old_root, uint64_t size,
                             const struct merkle_hash *root, const struct proof *p);

#endif
