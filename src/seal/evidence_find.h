/*
 * evidence_find.h - the chosen events, where they lie, and what is known of the trees of their
 * lanes. Private to evidence.c and push.c.
 *
 *   sealed files: roots of every block, leaves of those with a chosen event or a cut in it
 *   lanes:        leaves of what is not sealed yet        ledger: what retention took
 */
#ifndef EVIDENCE_FIND_H
#define EVIDENCE_FIND_H

#include "seal/evidence.h"
#include "seal/nodes.h"
#include "seal/signed.h"

struct found {
    struct evidence_event id;
    bool there;
    uint16_t months; /* its stream */
    uint64_t index;  /* its leaf */
    struct merkle_hash leaf;
    struct buf record; /* ledger/leaf.h */
};

struct found_stream {
    uint32_t lane;
    uint16_t months;
    uint64_t end; /* behind what was read of it */
    struct nodes nodes;
};

/* A size of a stream of which all hashes must be known that lead to it. */
struct finder_cut {
    uint32_t lane;
    uint16_t months;
    uint64_t size;
};

struct finder {
    const struct evidence_from *from; /* may be of no events */
    const struct finder_cut *cut;
    uint32_t cuts;
    struct merkle_hasher *hasher;
    uint8_t store[NOTE_STORE_BYTES];
    struct signed_store is; /* as it was signed */
    struct found *found;    /* from->count of them, in that order */
    struct found_stream *stream;
    uint32_t streams;
    size_t bytes; /* of the records */
};

/* From `from`, of zeros otherwise; finder_release() whatever came of it. ERR_NOTFOUND: an event is
 * not there; ERR_CORRUPT: the ledger is not sound, or what holds an event is damaged. */
int finder_run(struct finder *f, struct err *e);
void finder_release(struct finder *f);

/* NULL: nothing was read of it. */
struct found_stream *finder_stream(struct finder *f, uint32_t lane, uint16_t months);

#endif
