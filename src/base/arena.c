/*
 * arena.c - blocks in a list, bump allocation in the newest.
 */
#include "base/arena.h"

#include <stdlib.h>

#define BLOCK_BYTES_MIN (16u * 1024)
#define BLOCK_BYTES_MAX (1024u * 1024)

struct arena_block {
    struct arena_block *next;
    size_t bytes;
    _Alignas(16) uint8_t data[];
};

void arena_init(struct arena *a, size_t limit_bytes)
{
    *a = (struct arena){ .limit_bytes = limit_bytes };
}

void arena_release(struct arena *a)
{
    while (a->blocks != NULL) {
        struct arena_block *b = a->blocks;

        a->blocks = b->next;
        free(b);
    }
    arena_init(a, a->limit_bytes);
}

void arena_reset(struct arena *a)
{
    struct arena_block *keep = a->blocks;

    for (struct arena_block *b = keep; b != NULL; b = b->next) {
        if (b->bytes > keep->bytes)
            keep = b;
    }
    if (keep != NULL && keep->bytes > BLOCK_BYTES_MAX)
        keep = NULL; /* one huge event must not keep its memory for ever */
    while (a->blocks != NULL) {
        struct arena_block *b = a->blocks;

        a->blocks = b->next;
        if (b != keep)
            free(b);
    }
    if (keep != NULL)
        keep->next = NULL;
    a->blocks = keep;
    a->at = keep != NULL ? keep->data : NULL;
    a->end = keep != NULL ? keep->data + keep->bytes : NULL;
    a->used_bytes = 0;
    a->failed = false;
}

static bool arena_grow(struct arena *a, size_t bytes)
{
    size_t want = a->blocks != NULL ? a->blocks->bytes * 2 : BLOCK_BYTES_MIN;
    struct arena_block *b;

    if (want > BLOCK_BYTES_MAX)
        want = BLOCK_BYTES_MAX;
    if (want < bytes + 16)
        want = bytes + 16;
    b = malloc(sizeof(*b) + want);
    if (b == NULL)
        return false;
    b->next = a->blocks;
    b->bytes = want;
    a->blocks = b;
    a->at = b->data;
    a->end = b->data + want;
    return true;
}

static uint8_t *arena_take(struct arena *a, size_t bytes, size_t align)
{
    size_t pad = (size_t)(-(uintptr_t)a->at) & (align - 1);
    uint8_t *p;

    if (a->failed || bytes > a->limit_bytes || a->used_bytes > a->limit_bytes - bytes) {
        a->failed = true;
        return NULL;
    }
    if (a->at == NULL || (size_t)(a->end - a->at) < bytes + pad) {
        if (!arena_grow(a, bytes)) {
            a->failed = true;
            return NULL;
        }
        pad = (size_t)(-(uintptr_t)a->at) & (align - 1);
    }
    p = a->at + pad;
    a->at = p + bytes;
    a->used_bytes += bytes;
    return p;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
    uint8_t *p = arena_take(a, bytes, 16);

    if (p != NULL)
        memset(p, 0, bytes);
    return p;
}

void *arena_array(struct arena *a, size_t count, size_t each)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, each, &bytes)) {
        a->failed = true;
        return NULL;
    }
    return arena_alloc(a, bytes);
}

void *arena_room(struct arena *a, size_t count, size_t each)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, each, &bytes)) {
        a->failed = true;
        return NULL;
    }
    return arena_take(a, bytes, 16);
}

uint8_t *arena_bytes(struct arena *a, size_t bytes)
{
    return arena_take(a, bytes, 1);
}

void arena_shrink(struct arena *a, size_t bytes)
{
    MUST(bytes <= a->used_bytes && (a->blocks == NULL || a->at >= a->blocks->data + bytes));
    a->at -= bytes;
    a->used_bytes -= bytes;
}

struct span arena_span(struct arena *a, struct span s)
{
    uint8_t *p = arena_bytes(a, s.n + 1);

    if (p == NULL)
        return SPAN_NONE;
    if (s.n > 0)
        memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return (struct span){ p, s.n };
}
