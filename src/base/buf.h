/*
 * buf.h - bytes that grow up to a maximum given at the start.
 *
 * The first failure (no memory, over the maximum) sticks; writing goes on without effect and
 * buf_failed() tells at the end. buf_release() is legal on a zeroed struct.
 */
#ifndef BUF_H
#define BUF_H

#include "base/base.h"

struct buf {
    uint8_t *p;
    size_t n, cap, max;
    bool failed;
};

void buf_init(struct buf *b, size_t max_bytes);
void buf_release(struct buf *b);

static inline void buf_clear(struct buf *b)
{
    b->n = 0;
    b->failed = false;
}

/* What buf_reserve() does when there is no room. */
bool buf_grow(struct buf *b, size_t bytes);

/* Make room for `bytes` more; false when it cannot. */
static inline bool buf_reserve(struct buf *b, size_t bytes)
{
    return (!b->failed && bytes <= b->cap - b->n) || buf_grow(b, bytes);
}

static inline void buf_add(struct buf *b, struct span s)
{
    if (s.n == 0 || !buf_reserve(b, s.n))
        return;
    memcpy(b->p + b->n, s.p, s.n);
    b->n += s.n;
}

static inline void buf_byte(struct buf *b, uint8_t c)
{
    if (buf_reserve(b, 1))
        b->p[b->n++] = c;
}

void buf_text(struct buf *b, const char *s);
void buf_fmt(struct buf *b, const char *fmt, ...) CHECK_FORMAT(2, 3);

static inline struct span buf_span(const struct buf *b)
{
    return (struct span){ b->p, b->n };
}

static inline bool buf_failed(const struct buf *b)
{
    return b->failed;
}

#endif
