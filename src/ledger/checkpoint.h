/*
 * checkpoint.h - what a store says of itself every few seconds: how large each of its trees is, and
 * its root. The text of a note (note.h), signed by the key of this one epoch, which is then erased.
 *
 *   canh/checkpoint/v1 0f1e2d3c4b5a69788796a5b4c3d2e1f0     the store's id
 *   number 42                                                from 0, none left out
 *   time 2026-03-01T10:00:00.123456789Z                      the wall clock's
 *   boot 00112233445566778899aabbccddeeff 81234567890        the start of the machine, ns since
 *   previous BASE64            SHA-256 of the text of the one before; zeros in the first
 *   next BASE64                the public key that signs the next one
 *   counts BASE64              hash of the counts (received, stored, refused, dropped)
 *   rules BASE64               ... of the rules in force
 *   settings BASE64            ... of the settings
 *   audit BASE64               ... of the audit trail and the database; zeros: not given, for each
 *   deletions 3 BASE64         how many records of deletion there are; SHA-256 of the last's text
 *   stream 0 6 123456 1000 BASE64    lane, retention class (months kept), leaves, how many of
 *   stream 1 6 120001 0 BASE64       the first of them retention removed, root; one a stream, by
 *                                    lane and class; a stream never leaves again
 *
 * An empty epoch says the same sizes again. Whoever has a checkpoint of a store from elsewhere (a
 * witness, the daily export, the printed report) can tell whether the store still has all that it
 * had then: an *anchor*.
 */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include "ledger/note.h"

#define CHECKPOINT_STREAMS 512u /* in one; more is our mistake: a class is one of a few periods */
#define CHECKPOINT_MAGIC   "canh/checkpoint/v1"

struct checkpoint_stream {
    uint32_t lane;
    uint16_t months;
    uint64_t size; /* leaves */
    uint64_t gone; /* the first of them: deleted (deletion.h) */
    struct merkle_hash root;
};

struct checkpoint {
    uint8_t store[NOTE_STORE_BYTES];
    uint64_t number;
    int64_t time_ns; /* not negative */
    uint8_t boot[16];
    uint64_t clock_ns; /* monotonic, since the machine's start, sleep included */
    struct merkle_hash previous, counts, rules, settings, audit;
    uint8_t next[KEY_BYTES];
    uint64_t deletions;
    struct merkle_hash deletion;
    uint32_t stream_count;
    struct checkpoint_stream stream[CHECKPOINT_STREAMS];
};

/* Which of two streams comes first: <0, 0, >0. */
int checkpoint_order(const struct checkpoint_stream *a, const struct checkpoint_stream *b);

/* The stream of a lane and class, or NULL. */
const struct checkpoint_stream *checkpoint_find(const struct checkpoint *c, uint32_t lane,
                                                uint16_t months);

/* The text; streams must be in order. */
void checkpoint_put(struct buf *out, const struct checkpoint *c);

/* Is a text one? Its first word says so. */
bool checkpoint_is(struct span text);

/* ERR_SYNTAX with the line; exactly what checkpoint_put() writes is read. */
int checkpoint_read(struct span text, struct checkpoint *c, struct err *e);

#endif
