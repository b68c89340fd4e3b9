/*
 * block_split.h - one record as slots and the bytes between them.
 *
 * The raw is read as a record that came by itself (wire/rec_one.h); values that are slices of it
 * become slots, in order and apart from each other. A value that holds others becomes a field that
 * runs over several slots. What overlaps otherwise is left out, and the split says so
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

/* How the search text of a record follows from its bytes (event/search_text.h). */
enum block_fold {
    BLOCK_FOLD_TEXT, /* folded as they are, then lines of some values */
    BLOCK_FOLD_JSON, /* with the escapes of strings resolved, then the same */
    BLOCK_FOLD_NONE, /* not known: the record was not read */
};

struct block_split {
    struct rec rec;
    struct block_cut *slots; /* LIMIT_FIELDS of them */
    uint32_t slot_count;
    struct block_part *parts; /* the same */
    uint32_t part_count;
    struct buf key; /* slots + 1 times: LEB128 bytes, literal */
    bool partial;
    uint8_t fold;             /* enum block_fold */
    struct block_span *spans; /* own */
};

int block_split_init(struct block_split *s, struct err *e);
void block_split_release(struct block_split *s);

/* Always gives something: one slot at the worst. The record's names live until the next call. */
void block_split_record(struct block_split *s, struct span raw);
/* One slot, no fields. */
void block_split_whole(struct block_split *s, struct span raw);

#endif
