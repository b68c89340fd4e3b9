/*
 * epoch.h - the keys of epochs: one signs one checkpoint, and is then erased.
 *
 *   DIR/epoch-42.key, mode 0600     all numbers little endian
 *     0  8  "canhkey1"
 *     8  8  number of the checkpoint that it signs
 *    16 32  seed of the Ed25519 key, secret
 *    48  4  bytes of the text, 0: none
 *    52     the text of checkpoint 41, which named this key; none where a certificate did
 *     .. 32 SHA-256 of all before
 *
 *              epoch_make(0)                epoch_settle(text of 42)            epoch_erase()
 *   no key ─────────────────▶ SIGNS 42 ─────────────────────────▶ SETTLED 42 ──────────────▶ SIGNS
 * 43 42.key          42.key, 43.key        sign, append               43.key
 *
 * Before anything is signed, the text and the next key are made durable together, in one file. From
 * then on this text and no other is checkpoint 42: after a crash it is signed again, and because
 * Ed25519 is a function of key and text the signature is the same. So there is never a second
 * checkpoint of a number, and whatever call fails or is the last before a power cut, what is found
 * at the next start is one of the states above. A file that is not whole was never used:
 * epoch_open() erases it.
 *
 * Erased: overwritten with zeros, synced, unlinked. File systems that copy on write and disks that
 * move sectors may keep what was overwritten; docs/ledger.md says what follows from that.
 */
#ifndef EPOCH_H
#define EPOCH_H

#include "ledger/note.h"
#include "os/io.h"

enum epoch_state {
    EPOCH_NONE,    /* there is no key */
    EPOCH_SIGNS,   /* nothing of checkpoint epoch_number() is settled */
    EPOCH_SETTLED, /* its text is epoch_text(): sign, append, erase */
};

struct epoch;

/* `dir` is borrowed: a folder for nothing else. ERR_IO; ERR_CORRUPT: there are keys, but none that
 * can be gone on with. */
int epoch_open(struct epoch **out, const struct io *io, int dir, struct err *e);
void epoch_free(struct epoch **p); /* the files stay */

enum epoch_state epoch_state(const struct epoch *p);
uint64_t epoch_number(const struct epoch *p);       /* of the checkpoint that is signed next */
const uint8_t *epoch_public(const struct epoch *p); /* of the key that signs it */
/* The text that is settled; before that, the one of the checkpoint before (empty: not known). */
struct span epoch_text(const struct epoch *p);

/* NONE: a key for checkpoint `number`, at random. */
int epoch_make(struct epoch *p, uint64_t number, struct err *e);

/* SIGNS: the public half of the key of the checkpoint after this one, made now. */
int epoch_next(struct epoch *p, const uint8_t **public, struct err *e);

/* SIGNS, epoch_next() done: `text` is the checkpoint. On an error it is not and it may be tried
 * again, with any text; unless what was written could not be taken back: then nobody knows, and all
 * calls answer ERR_IO until epoch_open() has looked. */
int epoch_settle(struct epoch *p, struct span text, struct err *e);

/* SETTLED: the note of it. SIGNS: of another text of this epoch (a deletion). */
void epoch_sign(const struct epoch *p, struct span text, struct span name, struct buf *note);

/* SETTLED, the note is durable: erase the key that signed it. On an error the state is as before;
 * it may be called again. */
int epoch_erase(struct epoch *p, struct err *e);

/* All keys, for ever: when a new certificate is to begin (EPOCH_NONE after it). */
int epoch_discard(struct epoch *p, struct err *e);

#endif
