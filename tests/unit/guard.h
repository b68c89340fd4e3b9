/*
 * guard.h - inputs that end at an unmapped page: reading one byte too far is a crash, not a pass.
 */
#ifndef GUARD_H
#define GUARD_H

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/base.h"

struct guard {
    uint8_t *map;
    size_t bytes; /* readable, a multiple of the page */
};

static inline void guard_init(struct guard *g, size_t bytes_max)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    g->bytes = (bytes_max + page) / page * page;
    g->map =
        mmap(NULL, g->bytes + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST(g->map != MAP_FAILED);
    MUST(mprotect(g->map + g->bytes, page, PROT_NONE) == 0);
}

static inline void guard_release(struct guard *g)
{
    MUST(munmap(g->map, g->bytes + (size_t)sysconf(_SC_PAGESIZE)) == 0);
}

/* A copy of `s` whose last byte is the last readable one. */
static inline struct span guard_put(struct guard *g, struct span s)
{
    uint8_t *p = g->map + g->bytes - s.n;

    MUST(s.n <= g->bytes);
    if (s.n > 0)
        memcpy(p, s.p, s.n);
    return (struct span){ p, s.n };
}

#endif
