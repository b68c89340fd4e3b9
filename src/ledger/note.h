/*
 * note.h - signed notes: text that a person can read, and a signature under it (C2SP signed-note).
 *
 *   text, lines of printable ASCII, none of them empty
 *   (an empty line)
 *   — NAME BASE64        em dash; base64 (RFC 4648, section 4) of a key id, 4 bytes, and the
 *                        Ed25519 signature over the text, its last newline included
 *
 * Key id = the first four bytes of SHA-256(NAME, newline, type, public key). Here a note has one
 * signature; those of witnesses are kept beside it. Whatever a note's text says is worth nothing
 * before note_check() was good.
 *
 * Reading is strict, so that two texts that differ never mean the same: numbers without leading
 * zeros, hashes in canonical base64, ids in lower-case hex, times as time_put() writes them. Pure;
 * spans point into the input.
 */
#ifndef NOTE_H
#define NOTE_H

#include "base/buf.h"
#include "ledger/key.h"
#include "ledger/merkle.h"

#define NOTE_BYTES_MAX   65536u
#define NOTE_NAME_MAX    128u
#define NOTE_ID_BYTES    4u
#define NOTE_STORE_BYTES 16u

/* Types of signatures (C2SP signed-note). */
enum note_type { NOTE_ED25519 = 0x01, NOTE_COSIGNATURE = 0x04 };

struct note {
    struct span whole, text, name;
    uint8_t id[NOTE_ID_BYTES];
    uint8_t signature[SIGNATURE_BYTES];
};

/* The note at the front of `in`: its bytes (> 0), ERR_MORE when `in` may be the beginning of one,
 * ERR_SYNTAX, or ERR_LIMIT when it is longer than NOTE_BYTES_MAX. */
int64_t note_next(struct span in, struct note *n, struct err *e);

/* `rest`, what stands behind the last whole note of a file, may be what a crash left of writing
 * one: there is no whole signature line in it, or only its last line is one and there are zero
 * bytes before it (of sectors that were never written). */
bool note_is_torn(struct span rest);

/* The text of a note, signed. The name has neither blanks nor '+'. */
void note_put(struct buf *out, struct span text, struct span name, const struct key *k);

void note_id(struct span name, enum note_type type, const uint8_t public[KEY_BYTES],
             uint8_t id[NOTE_ID_BYTES]);

enum note_check { NOTE_GOOD, NOTE_OTHER_KEY, NOTE_FORGED };
enum note_check note_check(const struct note *n, struct span name, const uint8_t public[KEY_BYTES]);

/* SHA-256 of a text: what the next one holds of it. */
void note_hash(struct span text, struct merkle_hash *out);

/* How the keys of a store are called: "canh/" and its id. */
#define NOTE_STORE_NAME_BYTES (5 + 2 * NOTE_STORE_BYTES)
struct span note_store_name(const uint8_t store[NOTE_STORE_BYTES],
                            uint8_t room[NOTE_STORE_NAME_BYTES]);

/* --- verifier keys: "NAME+ID+BASE64(type, key)", as C2SP writes public keys ----------------- */

void note_put_vkey(struct buf *out, struct span name, enum note_type type,
                   const uint8_t public[KEY_BYTES]);
bool note_read_vkey(struct span text, enum note_type type, struct span *name,
                    uint8_t public[KEY_BYTES]);

/* --- lines of a text ------------------------------------------------------------------------- */

/* Take "NAME value\n" off the front of *text; false, and nothing taken, when it does not begin so.
 */
bool note_field(struct span *text, const char *name, struct span *value);
/* Take a word, and the blank behind it, off the front of *value; false when there is none. */
bool note_word(struct span *value, struct span *word);

bool note_read_u64(struct span word, uint64_t max, uint64_t *out);
bool note_read_hex(struct span word, uint8_t *out, size_t bytes);
bool note_read_base64(struct span word, uint8_t *out, size_t bytes);
bool note_read_time(struct span word, int64_t *ns);

void note_put_hex(struct buf *out, const uint8_t *p, size_t n);
void note_put_base64(struct buf *out, const uint8_t *p, size_t n); /* at most 128 bytes */
void note_put_time(struct buf *out, int64_t ns);
/* "NAME BASE64\n" */
void note_put_hash(struct buf *out, const char *name, const uint8_t hash[MERKLE_HASH_BYTES]);

/* ERR_SYNTAX: line `line` of a `what` is not what it must be. */
int note_refuse(struct err *e, const char *what, struct span text, struct span left,
                const char *want);

#endif
