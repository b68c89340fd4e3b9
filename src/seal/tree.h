/*
 * tree.h - a stream's tree: the events of one lane and retention class, in the order of their
 * numbers (ledger/leaf.h, docs/ledger.md).
 *
 * A sealed file says what its stream is behind its run: u64 leaves, then the hashes of the range
 * from 0 (ledger/merkle.h). What streams are behind what the sealer has read, sealed or not, is a
 * lane's *tip*.
 */
#ifndef SEAL_TREE_H
#define SEAL_TREE_H

#include "base/buf.h"
#include "ledger/merkle.h"
#include "store/catalog.h"

void tree_put(const struct merkle_range *r, struct buf *out);
bool tree_read(struct span bytes, struct merkle_range *r);

/* What a stream is behind its newest sealed file, of which there must be one. */
int tree_load(int sealed_dir, const struct catalog *c, uint32_t lane, uint16_t months,
              struct merkle_range *r, struct err *e);

struct stream {
    uint16_t months;
    struct merkle_range range; /* from 0 */
};

#define TIP_STREAMS 32u /* of a lane: a class is one of a few periods */

struct tip {
    uint64_t seen;  /* number of the last event; 0: none */
    uint32_t count; /* streams, in no order */
    struct stream *stream;
};

void tip_release(struct tip *t);
/* The stream of a class, a new and empty one where there is none yet; NULL: there is no memory, or
 * there are TIP_STREAMS. */
struct stream *tip_stream(struct tip *t, uint16_t months);
const struct stream *tip_find(const struct tip *t, uint16_t months);
/* Do both say the same of every class? One that is not there is empty. */
bool tip_same(const struct tip *a, const struct tip *b);
int tip_copy(struct tip *to, const struct tip *from, struct err *e);

#endif
