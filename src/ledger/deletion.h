/*
 * deletion.h - retention removed the oldest events of a stream: what is left of them, signed. The
 * text of a note (note.h), signed by the key of the epoch whose checkpoint counts it.
 *
 *   canh/deletion/v1 0f1e2d3c4b5a69788796a5b4c3d2e1f0     the store's id
 *   number 3                    of the record, from 0
 *   previous BASE64             SHA-256 of the text of the one before; zeros in the first
 *   checkpoint 42               that counts it, and whose key signs it
 *   time 2026-03-01T10:00:00Z
 *   why retention               DELETION_WHY_TABLE
 *   stream 0 6                  lane, retention class
 *   leaves 1000 5000            those before the first were gone already; now all before the second
 *   hash BASE64                 of each largest aligned subtree of [0, second), from left to right:
 *                               as many as the number has bits that are set
 *   block 1000 3000 BASE64      each sealed block that was removed: its leaves, and its digest;
 *   block 3000 5000 BASE64      without a gap, from the first to the second
 *
 * With the hashes, the root of the stream and every proof about younger leaves are made as before
 * (proof.h). A block's digest is SHA-256(0x02 || first leaf || behind its last (u64, little endian)
 * || hashes of its compact range, merkle.h): a copy of the block that is kept elsewhere, the daily
 * export, can be shown to be what was deleted.
 */
#ifndef DELETION_H
#define DELETION_H

#include "ledger/note.h"

#define DELETION_MAGIC  "canh/deletion/v1"
#define DELETION_BLOCKS 512u /* in one record: more take several */
#define DELETION_HASHES 64u

/*    why         what it means */
#define DELETION_WHY_TABLE(X)                                                                      \
    X(retention) /* kept as long as its class says */                                              \
    X(pressure)  /* given up early: the disk was full */                                           \
    X(order)     /* a person with the right to do so asked for it; the audit trail says who */

enum deletion_why {
#define X(name) DELETION_##name,
    DELETION_WHY_TABLE(X)
#undef X
        DELETION_WHYS
};

struct deletion_block {
    uint64_t begin, end;
    struct merkle_hash digest;
};

struct deletion {
    uint8_t store[NOTE_STORE_BYTES];
    uint64_t number;
    struct merkle_hash previous;
    uint64_t checkpoint;
    int64_t time_ns;
    enum deletion_why why;
    uint32_t lane;
    uint16_t months;
    uint64_t begin, end; /* begin < end */
    uint32_t hash_count;
    struct merkle_hash hash[DELETION_HASHES];
    uint32_t block_count; /* at least 1 */
    struct deletion_block block[DELETION_BLOCKS];
};

void deletion_put(struct buf *out, const struct deletion *d);
bool deletion_is(struct span text);
/* ERR_SYNTAX with the line; exactly what deletion_put() writes is read. */
int deletion_read(struct span text, struct deletion *d, struct err *e);

/* The compact range of what is gone. */
void deletion_range(const struct deletion *d, struct merkle_range *r);

/* The digest of a block with this compact range. */
void deletion_digest(struct merkle_hasher *h, const struct merkle_range *block,
                     struct merkle_hash *out);

#endif
