/*
 * verdict.h - a folder of a ledger's files (chain.h), verified from the first note to the last
 * (links.h): what is wrong with it, and where.
 *
 * Only the root key, and anchors, need be trusted; nothing else on the machine. Torn ends of parts
 * are what a crash leaves, and no fault: but where they hide that more was there, an anchor tells.
 */
#ifndef VERDICT_H
#define VERDICT_H

#include "ledger/chain.h"
#include "ledger/links.h"

struct verdict {
    enum links_fault fault;
    uint64_t next;  /* the checkpoint that was due; in a sound ledger, behind the last */
    bool has_place; /* of the note that does not follow; a missing end has none */
    struct chain_part part;
    uint64_t at; /* byte in the part */
    uint64_t notes, deletions, torn, clocks, clock_at;
    struct merkle_hash last; /* of the last checkpoint's text: an anchor for later */
    int64_t time_ns;         /* ... its time */
    struct err why;
};

/* ERR_IO, ERR_NOMEM, ERR_LIMIT: it could not be verified. */
int verdict_find(struct verdict *v, const struct io *io, int dir, const uint8_t root[KEY_BYTES],
                 const struct links_anchor *anchors, uint32_t anchor_count, struct err *e);

/* Lines of "name: value"; the same that tools/verify.py writes, but the last, `why`. */
void verdict_put(struct buf *out, const struct verdict *v);

/* "NUMBER:HASH", hex: false when it is none. */
bool verdict_read_anchor(struct span text, struct links_anchor *a);

#endif
