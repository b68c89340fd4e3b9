/*
 * block_split.h - one record as slots and the bytes between them.
 *
 * The raw is read by the codecs of src/wire, as a record that came by itself; values that are
 * slices of it become slots, in order and apart from each other. A value that holds others becomes
 * a field that runs over several slots. What overlaps otherwise is left out, and the split says so
 * (`partial`), as it does of values that are no slices at all.
 *
 * Pure. Private to src/store.
 */
#ifndef BLOCK_SPLIT_H
#define BLOCK_SPLIT_H

#include "base/buf.h"
#include "base/limits.h"
#include "wire/rec.h"

struct block_cut {
    uint32_t at, n; /* of the raw */
};

/* A field by the record's own index; places as in struct block_field. */
struct block_part {
    uint32_t field;
    uint8_t kind;
    uint32_t first, from, last, to;
};

struct block_split {
    struct rec rec;
    struct block_cut *slots; /* LIMIT_FIELDS of them */
    uint32_t slot_count;
    struct block_part *parts; /* the same */
    uint32_t part_count;
    struct buf key; /* slots + 1 times: LEB128 bytes, literal */
    bool partial;
    struct block_span *spans; /* own */
};

int block_split_init(struct block_split *s, struct err *e);
void block_split_release(struct block_split *s);

/* Always gives something: one slot at the worst. The record's names live until the next call. */
void block_split_record(struct block_split *s, struct span raw);
/* One slot, no fields. */
void block_split_whole(struct block_split *s, struct span raw);

#endif
