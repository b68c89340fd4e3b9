/*
 * tips.h - the trees of all lanes behind what was signed last: from where the sealer goes on after
 * its end, and what it must come to when it reads again what was not sealed yet.
 *
 *   DATA/ledger/tips.0, tips.1      the one of an even, the other of an odd checkpoint's number
 *     0  8  "canhtips"              little endian
 *     8  8  number of the checkpoint
 *    16  4  lanes; then for each    lane (u32), number of the last event (u64), then twice - behind
 *                                   the runs that counted, and behind that event - u32 streams, and
 *                                   for each u32 months, u32 bytes, and the tree (tree.h)
 *     .. 8  XXH3 of all before
 *
 * Written before the checkpoint is signed, so that whichever of the two is last after a crash has
 * its tips. Nothing is believed that is not under a check, and the roots are in the checkpoint.
 */
#ifndef TIPS_H
#define TIPS_H

#include "os/io.h"
#include "seal/tree.h"

#define TIPS_LANES 64u

struct tips {
    struct {
        bool known;
        struct tip base, tip; /* behind runs that counted; behind what was read */
    } lane[TIPS_LANES];
};

void tips_release(struct tips *t);

/* ERR_NOMEM when `out` could not take it. */
int tips_put(const struct tips *t, uint64_t number, struct buf *out, struct err *e);
/* ERR_CORRUPT, ERR_NOMEM; *t is empty then. */
int tips_read(struct span bytes, struct tips *t, uint64_t *number, struct err *e);

int tips_save(const struct io *io, int dir, const struct tips *t, uint64_t number, struct err *e);
/* Those of this checkpoint. ERR_NOTFOUND: they are not there, or not whole. */
int tips_load(const struct io *io, int dir, uint64_t number, struct tips *t, struct err *e);

#endif
