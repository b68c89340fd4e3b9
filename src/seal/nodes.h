/*
 * nodes.h - what is known of the tree of a stream: hashes of aligned subtrees, of blocks, of what
 * retention took, of leaves; and proofs made of them (ledger/proof.h).
 *
 *   nodes_add() ... ─▶ nodes_sort() ─▶ nodes_from()
 */
#ifndef NODES_H
#define NODES_H

#include "ledger/proof.h"

struct nodes {
    struct node *at;
    size_t count, room;
    bool sorted;
};

void nodes_release(struct nodes *n); /* legal on zeros */

/* All subtrees of the range. False: no memory. */
bool nodes_add(struct nodes *n, const struct merkle_range *r);
bool nodes_add_leaf(struct nodes *n, uint64_t index, const struct merkle_hash *leaf);

/* No more come. A subtree that was added twice is found once. */
void nodes_sort(struct nodes *n);
struct proof_from nodes_from(struct nodes *n);

#endif
