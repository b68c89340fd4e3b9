/*
 * witness_files.h - what a witness keeps, in a folder of its own:
 *
 *   witness.key           0400  its key: "canh-witness-key/v1 NAME SEED", hex; made at the first
 * start witness.pub                 the public half, a verifier key of type 4 (note.h): for stores
 * and verifiers STORE.pub                   root.pub of each store that it may witness, put there
 * by a person STORE.checkpoint            how far it has seen it: the note of a checkpoint and its
 * cosignature
 *
 * STORE is the store's id, hex. A state is written beside the old one, synced and renamed over it
 * before anything is answered: a crash leaves one or the other.
 */
#ifndef WITNESS_FILES_H
#define WITNESS_FILES_H

#include "ledger/witness.h"
#include "os/io.h"

struct witness_files {
    const struct io *io;
    int dir; /* borrowed */
    struct merkle_hasher *h;
    struct key key;
    uint8_t name[NOTE_NAME_MAX];
    size_t name_bytes;
};

/* The key and its name; made, with this name, where there is none. ERR_IO; ERR_CORRUPT: there is
 * one that cannot be read; ERR_USAGE: this is no name. */
int witness_files_open(struct witness_files *f, const struct io *io, int dir, struct span name,
                       struct err *e);
void witness_files_release(struct witness_files *f);

/* What is known of a store, into a log that witness_log_release() releases whatever came of it.
 * ERR_NOTFOUND: its root key is not known. ERR_IO, ERR_CORRUPT, ERR_NOMEM. */
int witness_files_load(struct witness_files *f, const uint8_t store[NOTE_STORE_BYTES],
                       struct witness_log *l, struct err *e);
int witness_files_save(struct witness_files *f, const struct witness_log *l, struct err *e);

/* A whole request: judged, kept, and answered into `answer` (cleared first): the state after TAKEN
 * and OTHER, else a sentence. */
enum witness_answer witness_files_take(struct witness_files *f, struct span body, int64_t now_ns,
                                       struct buf *answer);
/* The state of a store: TAKEN, UNKNOWN or FAILED. */
enum witness_answer witness_files_state(struct witness_files *f,
                                        const uint8_t store[NOTE_STORE_BYTES], struct buf *answer);

#endif
