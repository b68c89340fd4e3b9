/*
 * leaf.h - the record of an event that its leaf is the hash of: all that the store holds of it, so
 * that one event can be shown and proven without its neighbours, and computed again from any form
 * in which it is kept.
 *
 *    0 16  store id           36  2  flags (store/lane.h)     then u32 bytes and the source's name,
 *   16  4  lane               38  2  lines                    then u32 bytes and the raw bytes
 *   20  8  number in the lane 40  1  input (collect/ledger.h)
 *   28  8  receipt time, ns   41  1  1: the source was authenticated
 */
#ifndef LEAF_H
#define LEAF_H

#include "base/buf.h"
#include "ledger/merkle.h"

#define LEAF_HEAD_BYTES 42u

struct leaf {
    uint8_t store[16];
    uint32_t lane;
    uint64_t sequence;
    int64_t receipt_ns;
    uint16_t flags, lines;
    uint8_t input;
    bool authenticated;
    struct span source, raw;
};

/* The record: what the leaf is the hash of, behind a byte 0x00. */
void leaf_put(const struct leaf *l, struct buf *out);

void leaf_hash(struct merkle_hasher *h, const struct leaf *l, struct merkle_hash *out);

#endif
