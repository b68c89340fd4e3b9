/*
 * block_find.h - which events of a block may hold which texts, told by its columns: before any of
 * them is put together again, and for most blocks from the pool and the literals alone.
 *
 *   directory (literals) ─┐
 *   pool (values)         ├─Vectorscan─▶ texts of a literal, of a value ─▶ of a shape, of a row
 *   edges: literal|value  ┘
 *
 * A *fragment* is a run of ASCII letters, one of them behind 'f': so no number, address, hex or
 * time can hold it. It stands in an event that has it without regard to case in its raw bytes, or
 * in the text of a value of it (wire/rec.h), folded (event/search_text.h, event/fold.h). Where a
 * block was cut does not matter: what stands across the edges of a value is looked at too.
 *
 * Events in which a text may stand in code are told apart, and may hold anything: "\u0061", "&#97;"
 * and CDATA, and all of auditd ("audit("), whose reader makes texts. Letters beyond ASCII are
 * folded. Events of blocks of version 1 may hold anything.
 *
 * More is told than is there, never less: tests/unit/store/block_find_test.c has the oracle.
 * One finder a thread.
 */
#ifndef BLOCK_FIND_H
#define BLOCK_FIND_H

#include "store/block.h"

#define BLOCK_FRAGMENT_MIN  4u
#define BLOCK_FRAGMENT_MAX  32u
#define BLOCK_FRAGMENTS_MAX 4096u

/* What may stand in an event: a bit a fragment, which more than 63 share. */
#define BLOCK_FIND_BITS 63u
#define BLOCK_FIND_ALL  UINT64_MAX

static inline uint64_t block_find_bit(uint32_t fragment)
{
    return UINT64_C(1) << fragment % BLOCK_FIND_BITS;
}

/* The next fragment of *rest, a folded text, which then begins behind it: at most
 * BLOCK_FRAGMENT_MAX bytes of a longer one. */
bool block_fragment_next(struct span *rest, struct span *fragment);

struct block_finder;

/* Of `count` fragments, in lower case. ERR_NOMEM, ERR_UNSUPPORTED. */
int block_finder_new(struct block_finder **out, const struct span *fragment, uint32_t count,
                     struct err *e);
void block_finder_free(struct block_finder **f);

/* What may stand in any event of `b`, all together. ERR_CORRUPT, ERR_NOMEM. */
int block_find(struct block_finder *f, struct block *b, uint64_t *any, struct err *e);

/* And in each, after block_find() of the same block: block_events() of them. The same errors. */
int block_find_rows(struct block_finder *f, struct block *b, uint64_t *row, struct err *e);

#endif
