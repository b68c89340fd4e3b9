/*
 * signer.h - keeps a ledger: checkpoints and deletions, one after the other, each durable before
 * the next, each key erased when it has signed.
 *
 *   checkpoint ─▶ text, number, links ─▶ epoch_settle ─▶ sign ─▶ chain_append ─▶ epoch_erase
 *
 * What was settled when a process ended, or could not be written, is done first by the next.
 *
 * Files: the parts of chain.h in one folder; in another, for nothing else, the keys of epoch.h and
 *
 *   root.key   0400  the root key's secret half: "canh-root-key/v1 STORE SEED", hex; made at the
 * first start, used for certificates only. It may, and should, be moved away then. root.pub its
 * public half as a verifier key (note.h): what verifiers and witnesses need
 *
 * One thread; the only writer of both folders.
 */
#ifndef SIGNER_H
#define SIGNER_H

#include "ledger/checkpoint.h"
#include "ledger/deletion.h"
#include "os/io.h"

struct signer;

struct signer_settings {
    const struct io *io;
    int dir, keys; /* borrowed */
    uint8_t store[NOTE_STORE_BYTES];
    int64_t time_ns; /* now: of the part that a first certificate goes into */
};

/*
 * Makes the ledger where there is none. ERR_IO, ERR_NOMEM; ERR_CORRUPT: chain and keys do not
 * belong together, and the sentence says how. Then somebody changed them, or a disk lost them:
 * nothing can be signed before signer_certify().
 */
int signer_open(struct signer **out, const struct signer_settings *s, struct err *e);
void signer_free(struct signer **s);

/* Goes on, behind whatever is there, with a new key and a certificate of the root key: after
 * signer_open() was ERR_CORRUPT and a person has looked. ERR_NOTFOUND: root.key is not there. */
int signer_certify(const struct signer_settings *s, struct err *e);

/* The last checkpoint, or NULL when there is none yet (streams have `gone` as of the last deletion,
 * also where it is not counted yet); and its text's hash (may be NULL). */
const struct checkpoint *signer_last(const struct signer *s, struct merkle_hash *hash);
/* The root key's public half. */
const uint8_t *signer_root(const struct signer *s);
bool signer_root_is_here(const struct signer *s); /* its secret half lies beside it */

/*
 * One more checkpoint: *c with time, boot, clock, the hashes of counts, rules, settings and audit,
 * and streams without `gone`; the rest is filled in. ERR_OK: it is durable. ERR_IO: it may yet
 * become durable, with the next call, or never be; call again with what is true then. ERR_USAGE: a
 * stream is smaller than in the last one, or missing.
 */
int signer_checkpoint(struct signer *s, struct checkpoint *c, struct err *e);

/* A record of deletion, counted by the next checkpoint: *d without store, number, previous and
 * checkpoint. ERR_OK: it is durable, and the events may go. ERR_IO: as above, but it comes before
 * everything else. ERR_USAGE: it does not begin where what is gone ends, or goes further than the
 * last checkpoint. */
int signer_delete(struct signer *s, struct deletion *d, struct err *e);

/* Do what an earlier call could not. */
int signer_flush(struct signer *s, struct err *e);

#endif
