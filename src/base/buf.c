/*
 * buf.c - a bounded growing buffer.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *b, size_t max_bytes)
{
    *b = (struct buf){ .max = max_bytes };
}

void buf_release(struct buf *b)
{
    free(b->p);
    *b = (struct buf){ .max = b->max };
}

bool buf_grow(struct buf *b, size_t bytes)
{
    size_t want, cap;
    uint8_t *p;

    if (b->failed)
        return false;
    if (bytes > b->max || b->n > b->max - bytes) {
        b->failed = true;
        return false;
    }
    want = b->n + bytes;
    cap = b->cap < 256 ? 256 : b->cap;
    while (cap < want)
        cap *= 2;
    if (cap > b->max)
        cap = b->max;
    p = realloc(b->p, cap);
    if (p == NULL) {
        b->failed = true;
        return false;
    }
    b->p = p;
    b->cap = cap;
    return true;
}

void buf_text(struct buf *b, const char *s)
{
    buf_add(b, span_of(s));
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
    char small[512];
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(small, sizeof(small), fmt, args);
    va_end(args);
    MUST(n >= 0);
    if ((size_t)n < sizeof(small)) {
        buf_add(b, (struct span){ (const uint8_t *)small, (size_t)n });
        return;
    }
    if (!buf_reserve(b, (size_t)n + 1))
        return;
    va_start(args, fmt);
    (void)vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, args);
    va_end(args);
    b->n += (size_t)n;
}
