/*
 * tree.h - the tree over the events of one lane, retention class and day of receipt: what the
 * files of a folder of DATA/sealed hold of a lane. Its leaves are the events in the order of their
 * numbers (ledger/leaf.h); so retention, which removes whole days, removes whole trees.
 *
 * A sealed file says what the tree is behind its run: u64 leaves, then the hashes of the range from
 * 0 (ledger/merkle.h).
 */
#ifndef SEAL_TREE_H
#define SEAL_TREE_H

#include "base/buf.h"
#include "ledger/merkle.h"
#include "store/catalog.h"

void tree_put(const struct merkle_range *r, struct buf *out);
bool tree_read(struct span bytes, struct merkle_range *r);

/* What the newest file of the lane in this folder says; an empty tree when there is none. */
int tree_load(int sealed_dir, uint32_t lane, int32_t day, uint16_t months, struct merkle_range *r,
              struct err *e);

#endif
