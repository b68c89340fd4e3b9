/*
 * arena.h - memory with one owner and one end: allocate freely, free all at once.
 *
 * Failure is sticky: after the first failed or over-limit allocation every further one returns
 * NULL and arena_failed() is true, so that code which builds a tree asks once, at the end... but
 * a pointer must be checked before it is written through. arena_reset() keeps the largest block,
 * so that an arena used per event stops calling malloc after a few events.
 *
 * Not thread-safe; whoever owns it uses it.
 */
#ifndef ARENA_H
#define ARENA_H

#include "base/base.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
    uint8_t *at, *end;          /* free part of the newest block */
    size_t used_bytes;          /* handed out since init or reset */
    size_t limit_bytes;         /* more than this fails */
    bool failed;
};

void arena_init(struct arena *a, size_t limit_bytes);
void arena_release(struct arena *a);
void arena_reset(struct arena *a);

/* Zeroed memory aligned to 16, or NULL. */
void *arena_alloc(struct arena *a, size_t bytes);

/* `count` zeroed things; the product is checked. */
void *arena_array(struct arena *a, size_t count, size_t each);

/* The same, not zeroed: for what the caller fills at once. */
void *arena_room(struct arena *a, size_t count, size_t each);

/* Unaligned, not zeroed: for text that the caller fills at once. */
uint8_t *arena_bytes(struct arena *a, size_t bytes);

/* Give back the last `bytes` of the newest arena_bytes(): for text that came out shorter. */
void arena_shrink(struct arena *a, size_t bytes);

/* A copy that lives as long as the arena, with a zero byte behind it that is not counted. */
struct span arena_span(struct arena *a, struct span s);

static inline bool arena_failed(const struct arena *a)
{
    return a->failed;
}

#endif
