/*
 * witness.h - a witness on another host remembers how far it has seen a store's ledger, takes only
 * what follows from that, and signs that it did. The judge, without files and sockets.
 *
 * A store sends all notes since, so that no key is believed that the one before did not name, and
 * for each stream that grew the proof that it begins with what it was:
 *
 *   canh/witness/v1 0f1e2d3c4b5a69788796a5b4c3d2e1f0      the store's id
 *   old 41 BASE64           the next number the witness waits for; SHA-256 of the text of the
 *                           checkpoint before (zeros before the first)
 *   proof 0 6 3             lane, class, how many hashes follow: from its size and root in that
 *   hash BASE64             checkpoint to the size and root in the last one that is sent; for each
 *   hash BASE64             stream that grew and was not empty, in order (proof.h)
 *   hash BASE64
 *   (an empty line)
 *   the notes: whole, one behind the other; the last is a checkpoint
 *
 * The answer is a state:
 *
 *   next 42 BASE64          as `old`, from now on; and the cosignature of its last checkpoint:
 *   — NAME BASE64           C2SP tlog-cosignature, cosignature/v1: base64 of a key id, the time
 *                           (u64, big endian, s) and an Ed25519 signature over "cosignature/v1",
 *                           "time SECONDS" and the text of the checkpoint, a line each
 *
 * What it signs is: of all that this store has told me, this checkpoint is the latest, and every
 * earlier one is its beginning.
 */
#ifndef WITNESS_H
#define WITNESS_H

#include "ledger/links.h"
#include "ledger/proof.h"

#define WITNESS_BODY_MAX  ((size_t)1 << 20)
#define WITNESS_STATE_MAX (NOTE_BYTES_MAX + 512u)

/*    what it says    HTTP status, what it means */
#define WITNESS_ANSWER_TABLE(X)                                                                    \
    X(TAKEN, 200, "taken and signed")                                                              \
    X(SYNTAX, 400, "the request is not written as it must be")                                     \
    X(UNKNOWN, 404, "this witness knows no root key of this store")                                \
    X(OTHER, 409, "the witness has seen another state of the store; its own follows")              \
    X(REFUSED, 422, "what was sent does not follow from what was seen")                            \
    X(FAILED, 503, "the witness cannot keep it")

enum witness_answer {
#define X(name, status, text) WITNESS_##name,
    WITNESS_ANSWER_TABLE(X)
#undef X
};
unsigned witness_status(enum witness_answer a);
const char *witness_text(enum witness_answer a);

/* What a witness knows of one store. Some 100 kB. */
struct witness_log {
    struct links links;
    struct buf note;        /* the last checkpoint, whole; empty before the first */
    struct buf cosignature; /* its line */
};

/* Nothing was seen yet. `h` is borrowed. */
void witness_log_init(struct witness_log *l, struct merkle_hasher *h,
                      const uint8_t store[NOTE_STORE_BYTES], const uint8_t root[KEY_BYTES]);
void witness_log_release(struct witness_log *l);

/* What was kept: the note of the last checkpoint, and the cosignature behind it. ERR_CORRUPT. */
int witness_log_resume(struct witness_log *l, struct span kept, struct err *e);
/* ... as it is kept. Nothing before the first checkpoint. */
void witness_log_put(struct buf *out, const struct witness_log *l);

/* The answer of a state. */
void witness_put_state(struct buf *out, const struct witness_log *l);

/* The store that a request is about; false when it is none. */
bool witness_store_of(struct span body, uint8_t store[NOTE_STORE_BYTES]);

/*
 * Judge a request. TAKEN: *next is the log as it is then, cosigned, which the caller keeps (and
 * puts in the place of `now`) before it answers; after anything else it is not to be used. *e has
 * the sentence of what is not TAKEN. *next was set up by witness_log_init() and is overwritten.
 */
enum witness_answer witness_judge(const struct witness_log *now, struct span body,
                                  const struct key *key, struct span name, int64_t now_ns,
                                  struct witness_log *next, struct err *e);

/* --- for the store --------------------------------------------------------------------------- */

struct witness_state {
    uint64_t next;
    struct merkle_hash last;
};

/* The head of a request; then a proof for each stream that grew, then the empty line and notes. */
void witness_put_head(struct buf *out, const uint8_t store[NOTE_STORE_BYTES],
                      const struct witness_state *old);
void witness_put_proof(struct buf *out, uint32_t lane, uint16_t months, const struct proof *p);

/* An answer's state, and the cosignature (may be NONE) whose text and key are the caller's to
 * check: false when it is none. */
bool witness_read_state(struct span answer, struct witness_state *s, struct span *cosignature);

/* Is this line the cosignature, by this key, of this checkpoint? *seconds is when. */
bool witness_cosigned(struct span line, struct span name, const uint8_t public[KEY_BYTES],
                      struct span text, uint64_t *seconds);

#endif
