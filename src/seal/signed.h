/*
 * signed.h - what was signed of each stream, from the ledger of a store: for a verifier that lays
 * events against it.
 *
 * A *mark* is a size and the root at it. Of long ledgers as many marks are kept as fit, evenly, and
 * always the last: any later root says all that the earlier ones do, they only say it closer to the
 * place.
 */
#ifndef SIGNED_H
#define SIGNED_H

#include "ledger/deletion.h"
#include "ledger/verdict.h"

#define SIGNED_MARKS 16384u /* of a stream */

struct signed_mark {
    uint64_t size, number; /* of the checkpoint */
    int64_t time_ns;       /* its time */
    struct merkle_hash root;
};

struct signed_stream {
    uint32_t lane;
    uint16_t months;
    struct signed_mark *mark; /* by size, each once */
    uint32_t count, stride, skipped;
    struct signed_mark last;
    struct merkle_range gone;     /* from 0: what retention took */
    struct deletion_block *block; /* ... file by file, in order */
    uint32_t blocks, block_room;
};

/* What checkpoints said beside the trees (seal/account.h): each hash once in a row, with the first
 * checkpoint that had it; of counts those that are kept, by the hour. As marks, of long lists every
 * so many and always the last. */
enum signed_kind { SIGNED_RULES, SIGNED_SETTINGS, SIGNED_COUNTS, SIGNED_AUDIT, SIGNED_KINDS };

struct signed_text {
    struct merkle_hash hash;
    uint64_t number;
};

struct signed_texts {
    struct signed_text *text;
    uint32_t count, stride, skipped;
    struct signed_text last;
    bool any;
};

struct signed_store {
    struct verdict verdict;
    struct signed_texts said[SIGNED_KINDS];
    struct signed_stream *stream;
    uint32_t count;
};

/* Verify the ledger in `dir` and collect what it says, up to where it is sound: what is wrong is in
 * `verdict`. ERR_IO, ERR_NOMEM: it could not be read. */
int signed_read(struct signed_store *s, const struct io *io, int dir, const uint8_t root[KEY_BYTES],
                const struct links_anchor *anchors, uint32_t anchor_count, struct err *e);
void signed_release(struct signed_store *s);

/* NULL: nothing was signed of it. */
const struct signed_stream *signed_find(const struct signed_store *s, uint32_t lane,
                                        uint16_t months);

/* Did retention take a file of these leaves? */
bool signed_took(const struct signed_stream *s, struct merkle_hasher *h,
                 const struct merkle_range *leaves);

/* The first mark of a size or more, NULL when there is none; *at, 0 at first, never goes back. */
const struct signed_mark *signed_mark_from(const struct signed_stream *s, uint32_t *at,
                                           uint64_t size);

#endif
