/*
 * batches.h - batches that senders gave an id, so that one sent again is stored once.
 *
 * One table for all collectors, in memory that they share, because a sender may come back to
 * another one. For each id: which lane has it, how many of its items are durable there, whether it
 * is whole, and whether a connection is at it now. The truth is in the lanes (BATCHES records);
 * each collector puts what its own lane knows back in when it starts.
 *
 * Ids are known by a 128-bit hash. The table holds the newest BATCHES_KNOWN; an older one that
 * comes again is stored again. What a broken collector could do here is to make others believe
 * that a batch is known; it cannot touch what is stored.
 */
#ifndef BATCHES_H
#define BATCHES_H

#include "base/buf.h"

#define BATCHES_KNOWN 65536u
#define BATCHES_BYTES ((size_t)BATCHES_KNOWN * 32 + BATCHES_KNOWN / 8 * 4 + 64)
#define BATCHES_LANES 256u
#define BATCHES_WAIT                                                                               \
    30u /* seconds for which a lane that cannot be read keeps new batches waiting */

struct batches; /* the shared memory itself: BATCHES_BYTES, zeroed at first */

struct batch_id {
    uint64_t hi, lo;
};
struct batch_id batch_id(struct span text);

enum batch_claim {
    BATCH_MINE,  /* store it, but for the first *items, which are stored */
    BATCH_WHOLE, /* all of it is stored: *items */
    BATCH_BUSY,  /* another connection is at it, or nobody can tell now */
};

/* Claim it for `lane`. */
enum batch_claim batch_claim(struct batches *b, struct batch_id id, uint32_t lane, uint32_t now_s,
                             uint32_t *items);

/* Of a claimed one: so many items are durable. `done` gives the claim back. */
void batch_note(struct batches *b, struct batch_id id, uint32_t lane, uint32_t items, bool whole,
                bool done);

/* --- a collector's start -------------------------------------------------------------------- */

/* So many lanes may have batches: until each has told what it knows (batches_recovered()), nobody
 * can tell of an id that is not here whether it is new. For the keeper, before collectors start. */
void batches_expect(struct batches *b, uint32_t lanes);

/* First: locks of a dead collector of this lane are void. Its claims stand until all that the lane
 * has is entered (batch_restore()), for what it stored may not have been noted. */
void batches_recover(struct batches *b, uint32_t lane);
void batches_recovered(struct batches *b, uint32_t lane);

/*  u64 hi, u64 lo, u32 items, u8 whole */
#define BATCH_RECORD_BYTES 21u
void batch_record(uint8_t *dst, struct batch_id id, uint32_t items, bool whole);
/* Enter what the lane has; false when it is no record. */
bool batch_restore(struct batches *b, struct span record, uint32_t lane, uint32_t now_s);

/* Every known batch of this lane, as a record each. */
void batches_each(const struct batches *b, uint32_t lane, void (*fn)(void *arg, struct span record),
                  void *arg);

#endif
