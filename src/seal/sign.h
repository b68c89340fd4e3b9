/*
 * sign.h - the ledger of a store: what lanes have come to is signed every few seconds, and what
 * retention takes, before it goes (ledger/signer.h).
 *
 *   tips of all lanes ─▶ DATA/ledger/tips ─▶ checkpoint ─▶ DATA/ledger/DAY.chain
 *
 * One thread; the only writer of DATA/ledger and DATA/keys.
 */
#ifndef SIGN_H
#define SIGN_H

#include "ledger/signer.h"
#include "seal/tips.h"

struct sign;

struct sign_from {
    const struct io *io;
    int ledger_dir, keys_dir; /* borrowed */
    uint8_t store[NOTE_STORE_BYTES];
    uint8_t boot[16]; /* of the machine's start */
    int64_t time_ns;  /* now */
};

/* What a checkpoint says beside the trees. Hashes that are zero are not given. */
struct sign_also {
    int64_t time_ns;
    uint64_t clock_ns; /* since the machine's start, sleep included */
    struct merkle_hash counts, rules, settings, audit;
};

/* As signer_open(). Where the trees behind the last checkpoint are not there any more, or are
 * others, sign_tips_are_lost(): what was signed must be met by reading it all again. */
int sign_open(struct sign **out, const struct sign_from *from, struct err *e);
void sign_free(struct sign **s);

/* Behind the last checkpoint. Lanes that it does not know: nothing was signed of them, or what was
 * is lost. */
const struct tips *sign_tips(const struct sign *s);
bool sign_tips_are_lost(const struct sign *s);

/* What lane `i` has come to, by the next checkpoint; taken from `tip` and `base`. */
int sign_lane(struct sign *s, uint32_t i, const struct tip *base, const struct tip *tip,
              struct err *e);

/* A checkpoint of what sign_lane() was told; what it was not told of stays as it was. Errors: as
 * signer_checkpoint(). */
int sign_checkpoint(struct sign *s, const struct sign_also *also, struct err *e);

/* The first of a stream's events that is there; and: those below `d->end` go now. */
uint64_t sign_gone(const struct sign *s, uint32_t lane, uint16_t months);
int sign_deletion(struct sign *s, struct deletion *d, struct err *e);

const struct checkpoint *sign_last(const struct sign *s); /* NULL: none yet */
const uint8_t *sign_root(const struct sign *s);           /* the root key's public half */

#endif
