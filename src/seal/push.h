/*
 * push.h - what a witness has not seen of a store yet, as the request that it takes
 * (ledger/witness.h): the notes since, and for each stream that grew the proof that it begins with
 * what it was. Reads beside a running server or without one, and writes nothing.
 */
#ifndef PUSH_H
#define PUSH_H

#include "ledger/witness.h"
#include "os/io.h"

struct push_from {
    const struct io *io;
    const char *data;           /* path of the data folder */
    uint8_t root[KEY_BYTES];    /* the public root key that is trusted */
    struct witness_state state; /* what the witness says that it has seen */
};

struct push {
    uint8_t store[NOTE_STORE_BYTES];
    struct buf body; /* the request; empty: there is nothing new */
    struct buf last; /* the note of the last checkpoint in it, or that the witness has */
    uint64_t number; /* its number */
    bool more;       /* it did not all fit: another request is due */
};

void push_init(struct push *p);
void push_release(struct push *p);

/* ERR_CORRUPT: the witness has seen what is not in this ledger, or the store is not as it was
 * signed: an alarm. ERR_NOTFOUND: nothing was signed yet. ERR_IO, ERR_NOMEM, ERR_LIMIT. */
int push_make(const struct push_from *from, struct push *p, struct err *e);

#endif
