/*
 * links.h - does each note of a ledger follow from those before it? The rules, without files.
 *
 *   certificate, checkpoint 0, checkpoint 1, deletion 0, checkpoint 2, ...
 *
 * - A certificate is signed by the root key, which the verifier knows from elsewhere. Nothing is
 *   believed before the first; a ledger without one is not sound. It says the number of the next
 * checkpoint and the hash of the last.
 * - A checkpoint has the next number and the hash of the text of the one before, and is signed by
 *   the key that that one (or a certificate behind it) named. No stream is smaller than it was,
 *   has another root at the same size, or is missing.
 * - A deletion is of the epoch to come, has the next number among deletions and the hash of the one
 *   before, and goes on where the one before in its stream ended. The next checkpoint counts it,
 *   and has in its stream what is gone.
 * - An anchor (number and hash of a checkpoint, from elsewhere) must be in the ledger.
 *
 * The first fault ends it. What is wrong with clocks only does not: it is counted, for a machine
 * whose clock was wrong once must not be one whose ledger can never again be verified.
 *
 * Pure; one thread.
 */
#ifndef LINKS_H
#define LINKS_H

#include "ledger/checkpoint.h"

/* The wall clock may go back so much from one checkpoint to the next: what NTP sets at a start. */
#define LINKS_BACK_NS ((int64_t)5 * 1000000000)

#define LINKS_ANCHORS 64u

/*    fault         what it means */
#define LINKS_FAULT_TABLE(X)                                                                       \
    X(NONE, "every note follows from those before")                                                \
    X(CLOCK, "the clock was set back")                                                             \
    X(SYNTAX, "a note is not written as it must be")                                               \
    X(STORE, "a note is of another store")                                                         \
    X(CERTIFICATE, "a certificate is missing, or does not go on where the ledger ends")            \
    X(NUMBER, "checkpoints are missing, or come again")                                            \
    X(PREVIOUS, "a checkpoint is not the one that the next was made for")                          \
    X(KEY, "a note is not signed by the key that has to")                                          \
    X(FORGED, "a signature is not of this text")                                                   \
    X(SMALLER, "a stream has lost events, or is gone")                                             \
    X(ROOT, "the events of a stream were changed")                                                 \
    X(DELETION, "a record of deletion is missing, or does not fit")                                \
    X(FORK, "an anchor names another checkpoint of this number")                                   \
    X(CUT, "the end is missing: an anchor names a later checkpoint")

enum links_fault {
#define X(name, text) LINKS_##name,
    LINKS_FAULT_TABLE(X)
#undef X
};
const char *links_name(enum links_fault f); /* "NONE" */
const char *links_text(enum links_fault f); /* a phrase */

struct links_anchor {
    uint64_t number;
    struct merkle_hash hash; /* of the checkpoint's text */
};

struct links {
    struct merkle_hasher *h; /* borrowed */
    uint8_t root[KEY_BYTES];
    struct links_anchor anchor[LINKS_ANCHORS];
    uint32_t anchor_count;

    bool certified; /* a certificate was seen: store, key and name hold */
    uint8_t store[NOTE_STORE_BYTES];
    uint8_t name[NOTE_STORE_NAME_BYTES];
    uint8_t key[KEY_BYTES]; /* signs what comes next */

    uint64_t next;            /* number of the next checkpoint */
    struct merkle_hash last;  /* hash of the last one's text; zeros */
    struct merkle_hash whole; /* hash of the last note: it may come twice where a file begins */
    int64_t time_ns;
    uint8_t boot[16];
    uint64_t clock_ns;
    uint64_t deletions;
    struct merkle_hash deletion;
    uint32_t stream_count;
    struct checkpoint_stream stream[CHECKPOINT_STREAMS]; /* with `gone` as of the last deletion */
    uint64_t notes;                                      /* that are good */
    uint64_t clocks, clock_at; /* faults of the clock, and the checkpoint of the first */

    enum links_fault fault;
    struct err why; /* of it */
    struct checkpoint room;
};

/* Some 100 kB: on the heap. */
void links_init(struct links *l, struct merkle_hasher *h, const uint8_t root[KEY_BYTES]);
/* Before the first note; ERR_LIMIT. */
int links_anchor(struct links *l, const struct links_anchor *a, struct err *e);

/* As it was when this checkpoint, which was believed then, was the last note. */
void links_resume(struct links *l, const struct checkpoint *c, struct span text);

/* The next note. `first`: of a file; then it may be the last one again, byte for byte, which is
 * passed over (a write that failed and was done again elsewhere). False when it does not follow:
 * l->fault, l->why; l->next is the number that was due. */
bool links_next(struct links *l, const struct note *n, bool first);

/* A note that cannot be read stands there. */
void links_unreadable(struct links *l, const struct err *why);

/* There are no more. NONE, CLOCK, or the fault. */
enum links_fault links_end(struct links *l);

#endif
