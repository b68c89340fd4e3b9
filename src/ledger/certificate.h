/*
 * certificate.h - the root key says which key signs from a checkpoint on. The text of a note
 * (note.h), signed by the root key, whose private half need not be on the machine.
 *
 *   canh/certificate/v1 0f1e2d3c4b5a69788796a5b4c3d2e1f0     the store's id
 *   from 0                     number of the first checkpoint
 *   previous BASE64            SHA-256 of the text of the checkpoint before; zeros where there is
 * none key BASE64                 public key that signs it
 *
 * Every ledger begins with one. A later one is needed when the key of an epoch was lost (a disk
 * that died, a restored backup): it goes on behind the last checkpoint and hides nothing.
 */
#ifndef CERTIFICATE_H
#define CERTIFICATE_H

#include "ledger/note.h"

#define CERTIFICATE_MAGIC "canh/certificate/v1"

struct certificate {
    uint8_t store[NOTE_STORE_BYTES];
    uint64_t from;
    struct merkle_hash previous;
    uint8_t key[KEY_BYTES];
};

void certificate_put(struct buf *out, const struct certificate *c);
bool certificate_is(struct span text);
/* ERR_SYNTAX with the line. */
int certificate_read(struct span text, struct certificate *c, struct err *e);

#endif
