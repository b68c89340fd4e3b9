/*
 * base.c - spans and errors: the few functions that are too long to be inline.
 */
#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"

bool span_eq_nocase(struct span a, struct span b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
            return false;
    }
    return true;
}

size_t span_find(struct span a, uint8_t byte)
{
    const uint8_t *hit = a.n > 0 ? memchr(a.p, byte, a.n) : NULL;

    return hit != NULL ? (size_t)(hit - a.p) : a.n;
}

struct span span_trim(struct span a)
{
    while (a.n > 0 && ascii_is_blank(a.p[0])) {
        a.p++;
        a.n--;
    }
    while (a.n > 0 && ascii_is_blank(a.p[a.n - 1]))
        a.n--;
    return a;
}

int span_cmp(struct span a, struct span b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int d = n > 0 ? memcmp(a.p, b.p, n) : 0;

    return d != 0 ? d : (a.n > b.n) - (a.n < b.n);
}

const char *err_text(enum err_code code)
{
    switch (code) {
#define X(name, value, text)                                                                       \
    case ERR_##name:                                                                               \
        return text;
        ERR_TABLE(X)
#undef X
    }
    return "unknown error";
}

int err_set(struct err *e, enum err_code code, size_t at, const char *fmt, ...)
{
    va_list args;

    if (e == NULL)
        return code;
    e->code = code;
    e->at = at;
    va_start(args, fmt);
    (void)vsnprintf(e->why, sizeof(e->why), fmt, args); /* a longer sentence is cut: allowed */
    va_end(args);
    return code;
}

void err_prefix(struct err *e, const char *fmt, ...)
{
    char head[sizeof(e->why)];
    char tail[sizeof(e->why)];
    va_list args;

    if (e == NULL)
        return;
    va_start(args, fmt);
    (void)vsnprintf(head, sizeof(head), fmt, args);
    va_end(args);
    memcpy(tail, e->why, sizeof(tail));
    (void)snprintf(e->why, sizeof(e->why), "%.100s: %.*s", head, (int)sizeof(tail) - 104, tail);
}

_Noreturn void must_fail(const char *func, const char *file, int line, const char *cond)
{
    (void)fprintf(stderr, "canh: %s:%d: %s: this must hold and does not: %s\n", file, line, func,
                  cond);
    abort();
}
