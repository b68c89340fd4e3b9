/*
 * batches.c - see batches.h. Sets of eight entries; an id may lie in one set only. Each set has a
 * lock, the number of the lane that holds it plus one, held for a few instructions; one whose
 * holder died is opened when that lane starts again, and until then its ids are BUSY.
 *
 * An entry's state word: bits 0..31 items, 32 whole, 33 busy, 34 used, 40..47 lane. A new id takes
 * the entry of its set that is free, else the oldest that is not busy.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "collect/batches.h"

#include <stdatomic.h>

#include "base/bytes.h"

#define WAYS    8u
#define SETS    (BATCHES_KNOWN / WAYS)
#define SPINS   100000u

#define WHOLE   ((uint64_t)1 << 32)
#define BUSY    ((uint64_t)1 << 33)
#define USED    ((uint64_t)1 << 34)
#define LANE(l) ((uint64_t)(l) << 40)

struct entry {
    uint64_t hi, lo, state, stamp;
};

struct batches {
    struct entry entry[BATCHES_KNOWN];
    _Atomic uint32_t lock[SETS];
    _Atomic uint64_t told[BATCHES_LANES / 64]; /* a bit a lane */
    _Atomic uint32_t expected, since_s;
    uint8_t spare[24];
};

_Static_assert(sizeof(struct batches) == BATCHES_BYTES, "what others make room for");

static uint32_t lane_of(uint64_t state)
{
    return (uint32_t)(state >> 40) & 0xFF;
}

struct batch_id batch_id(struct span text)
{
    XXH128_hash_t h = XXH3_128bits(text.p, text.n);

    return (struct batch_id){ h.high64, h.low64 };
}

static uint32_t set_number(struct batch_id id)
{
    return (uint32_t)(id.lo % SETS);
}

static bool lock(struct batches *b, uint32_t set, uint32_t lane)
{
    for (uint32_t i = 0; i < SPINS; i++) {
        uint32_t free_ = 0;

        if (atomic_compare_exchange_weak_explicit(&b->lock[set], &free_, lane + 1,
                                                  memory_order_acquire, memory_order_relaxed))
            return true;
    }
    return false;
}

static void unlock(struct batches *b, uint32_t set)
{
    atomic_store_explicit(&b->lock[set], 0, memory_order_release);
}

/* All below: with the set's lock. */

static struct entry *find(struct batches *b, struct batch_id id)
{
    struct entry *set = &b->entry[set_number(id) * WAYS];

    for (unsigned i = 0; i < WAYS; i++) {
        if ((set[i].state & USED) != 0 && set[i].hi == id.hi && set[i].lo == id.lo)
            return &set[i];
    }
    return NULL;
}

/* Room for it in its set, or NULL: all eight are busy. */
static struct entry *enter(struct batches *b, struct batch_id id, uint64_t state, uint32_t now_s)
{
    struct entry *set = &b->entry[set_number(id) * WAYS], *best = NULL;

    for (unsigned i = 0; i < WAYS; i++) {
        if ((set[i].state & USED) == 0) {
            best = &set[i];
            break;
        }
        if ((set[i].state & BUSY) == 0 && (best == NULL || set[i].stamp < best->stamp))
            best = &set[i];
    }
    if (best != NULL)
        *best = (struct entry){ id.hi, id.lo, state | USED, now_s };
    return best;
}

/* Is what is not here new? A lane that does not tell is not waited for for ever. */
static bool all_told(struct batches *b, uint32_t now_s)
{
    uint32_t told = 0, since = 0;

    for (size_t i = 0; i < COUNT_OF(b->told); i++)
        told +=
            (uint32_t)__builtin_popcountll(atomic_load_explicit(&b->told[i], memory_order_acquire));
    if (told >= atomic_load_explicit(&b->expected, memory_order_relaxed))
        return true;
    if (atomic_compare_exchange_strong(&b->since_s, &since, now_s))
        since = now_s;
    return now_s - since >= BATCHES_WAIT && now_s >= since;
}

static enum batch_claim claim(struct batches *b, struct batch_id id, uint32_t lane, uint32_t now_s,
                              uint32_t *items)
{
    struct entry *e = find(b, id);

    if (e == NULL && !all_told(b, now_s))
        return BATCH_BUSY;
    if (e == NULL)
        return enter(b, id, BUSY | LANE(lane), now_s) != NULL ? BATCH_MINE : BATCH_BUSY;
    if ((e->state & BUSY) != 0)
        return BATCH_BUSY;
    *items = (uint32_t)e->state;
    if ((e->state & WHOLE) != 0)
        return BATCH_WHOLE;
    /* Only a part is stored, maybe in another lane: this one goes on behind it. */
    e->state = USED | BUSY | LANE(lane) | *items;
    e->stamp = now_s;
    return BATCH_MINE;
}

/* --- the contract --------------------------------------------------------------------------- */

enum batch_claim batch_claim(struct batches *b, struct batch_id id, uint32_t lane, uint32_t now_s,
                             uint32_t *items)
{
    enum batch_claim result = BATCH_BUSY;

    *items = 0;
    if (!lock(b, set_number(id), lane))
        return result;
    result = claim(b, id, lane, now_s, items);
    unlock(b, set_number(id));
    return result;
}

void batch_note(struct batches *b, struct batch_id id, uint32_t lane, uint32_t items, bool whole,
                bool done)
{
    struct entry *e;

    if (!lock(b, set_number(id), lane))
        return; /* its sender is told 429 until this lane starts again */
    e = find(b, id);
    if (e != NULL && lane_of(e->state) == lane && (e->state & BUSY) != 0) {
        if (items == 0 && done && !whole)
            e->state = 0; /* nothing of it is stored: as if never seen */
        else
            e->state = USED | LANE(lane) | items | (whole ? WHOLE : 0) | (done ? 0 : BUSY);
    }
    unlock(b, set_number(id));
}

void batches_expect(struct batches *b, uint32_t lanes)
{
    MUST(lanes <= BATCHES_LANES);
    atomic_store(&b->expected, lanes);
}

void batches_recover(struct batches *b, uint32_t lane)
{
    for (uint32_t i = 0; i < SETS; i++) {
        if (atomic_load(&b->lock[i]) == lane + 1)
            unlock(b, i);
    }
}

void batches_recovered(struct batches *b, uint32_t lane)
{
    for (uint32_t i = 0; i < BATCHES_KNOWN; i++) {
        struct entry *e = &b->entry[i];

        if ((e->state & BUSY) != 0 && lane_of(e->state) == lane)
            e->state = (uint32_t)e->state == 0 ? 0 : e->state & ~BUSY;
    }
    atomic_fetch_or_explicit(&b->told[lane / 64], (uint64_t)1 << lane % 64, memory_order_release);
}

void batch_record(uint8_t *dst, struct batch_id id, uint32_t items, bool whole)
{
    bytes_put_u64(dst, id.hi);
    bytes_put_u64(dst + 8, id.lo);
    bytes_put_u32(dst + 16, items);
    dst[20] = whole;
}

bool batch_restore(struct batches *b, struct span record, uint32_t lane, uint32_t now_s)
{
    struct batch_id id;
    struct entry *e;
    uint64_t state;

    if (record.n != BATCH_RECORD_BYTES)
        return false;
    id = (struct batch_id){ bytes_u64(record.p), bytes_u64(record.p + 8) };
    state = USED | LANE(lane) | bytes_u32(record.p + 16) | (record.p[20] != 0 ? WHOLE : 0);
    if (!lock(b, set_number(id), lane))
        return true;
    e = find(b, id);
    if (e == NULL)
        (void)enter(b, id, state, now_s); /* no room: it may be stored again */
    else if ((e->state & BUSY) != 0 && lane_of(e->state) == lane)
        e->state = state | BUSY; /* the dead one's claim, until all is read */
    else if ((e->state & (BUSY | WHOLE)) == 0 && (uint32_t)e->state <= (uint32_t)state)
        e->state = state; /* another lane may have gone on behind this one: more counts */
    unlock(b, set_number(id));
    return true;
}

void batches_each(const struct batches *b, uint32_t lane, void (*fn)(void *arg, struct span record),
                  void *arg)
{
    uint8_t record[BATCH_RECORD_BYTES];

    for (uint32_t i = 0; i < BATCHES_KNOWN; i++) {
        struct entry e = b->entry[i];

        /* Only this lane changes its own entries. */
        if ((e.state & USED) == 0 || lane_of(e.state) != lane || (uint32_t)e.state == 0)
            continue;
        batch_record(record, (struct batch_id){ e.hi, e.lo }, (uint32_t)e.state,
                     (e.state & WHOLE) != 0);
        fn(arg, (struct span){ record, sizeof(record) });
    }
}
