/*
 * evidence.h - chosen events of a store, with all that somebody without this program needs to see
 * that they are what was stored, and when: docs/evidence.md is the format.
 *
 *   ids ─▶ sealed blocks, lanes ─▶ records, leaves ─▶ proofs ─▶ the first checkpoint that has all
 * of them ─▶ the chain of notes from the first one to it
 *
 *   root.pub                      the root key's public half
 *   ledger/2026-03-01.0000.chain  notes, as in the store, up to that checkpoint
 *   events/00-12345.record        what the leaf is the hash of (ledger/leaf.h), behind the 0x00
 *   events/00-12345.proof         "canh/proof/v1 STORE", then lines: checkpoint NUMBER, stream LANE
 *                                 MONTHS, leaf INDEX, hash BASE64 ... (RFC 6962, section 2.1.1)
 *   events.txt                    the events, to be read; made of the records alone
 *   ...                           what the caller adds: README.txt, verify.py, a witness's
 * signature SHA256SUMS                    of all of these
 *
 * Nothing is given out that is not proven: a proof is verified before it is written. Reads beside a
 * running server or without one, and writes nothing in the store.
 */
#ifndef EVIDENCE_H
#define EVIDENCE_H

#include "ledger/merkle.h"
#include "ledger/note.h"
#include "os/io.h"

#define EVIDENCE_EVENTS   10000u
#define EVIDENCE_FILE_MAX ((size_t)256 << 20) /* bytes of one file */
#define EVIDENCE_NAME_MAX 64u
#define PROOF_MAGIC       "canh/proof/v1"

struct evidence_event {
    uint32_t lane;
    uint64_t sequence;
};

struct evidence_file {
    const char *name; /* shorter than EVIDENCE_NAME_MAX, without blanks */
    struct span bytes;
};

struct evidence_from {
    const struct io *io;
    const char *data;                   /* path of the data folder */
    uint8_t root[KEY_BYTES];            /* the public root key that is trusted */
    const struct evidence_event *event; /* which; sorted by evidence_order(), each once */
    uint32_t count;                     /* 1 to EVIDENCE_EVENTS */
    bool only_signed;                   /* leave out what is not signed yet */
    uint64_t at_least;                  /* a checkpoint that the chain must have, too */
    size_t bytes_max; /* of the records together, and twice that of events.txt; 0: EVIDENCE_FILE_MAX
                         of each */
    const struct evidence_file *file; /* to be added */
    uint32_t file_count;
    /* One file of the evidence. An error ends the making. */
    int (*put)(void *arg, const char *name, struct span bytes, struct err *e);
    void *arg;
};

struct evidence_made {
    uint64_t checkpoint; /* its number: with the hash an anchor */
    struct merkle_hash hash;
    int64_t time_ns;
    uint64_t bytes;
    uint32_t events, not_signed; /* that are in it; that were left out */
};

int evidence_order(const void *a, const void *b);

/* ERR_NOTFOUND: an event is not there, or is not signed yet (`only_signed`: none of them is);
 * ERR_CORRUPT: the store is not as it was signed, and the sentence says where; ERR_LIMIT: a file
 * would be too large; ERR_USAGE, ERR_IO, ERR_NOMEM. What was put by then is no evidence. */
int evidence_make(const struct evidence_from *from, struct evidence_made *made, struct err *e);

#endif
