/*
 * root.h - the files root.key and root.pub; see signer.h.
 *
 * root.key is made durable before root.pub is: where only the first is there, a crash came between,
 * and the second is made of it. Where only root.pub is, the secret half was moved away.
 */
#ifndef ROOT_H
#define ROOT_H

#include "ledger/note.h"
#include "os/io.h"

struct root {
    uint8_t public[KEY_BYTES];
    bool has_key;
    struct key key; /* when has_key */
};

/* What is there, made where nothing is. ERR_CORRUPT: a file of another store, or none that can be
 * read. The caller wipes root->key. */
int root_open(struct root *root, const struct io *io, int dir,
              const uint8_t store[NOTE_STORE_BYTES], struct err *e);

/* A file's text of root.pub: the store's id and the key. */
bool root_read_public(struct span text, uint8_t store[NOTE_STORE_BYTES], uint8_t public[KEY_BYTES]);

#endif
