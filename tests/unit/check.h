/*
 * check.h - cmocka with the includes that it wants, and comparisons that show what differs.
 */
#ifndef CHECK_H
#define CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/base.h"

#define CHECK_ROW(name, cond)                                                                      \
    do {                                                                                           \
        if (!(cond))                                                                               \
            fail_msg("row '%s': %s", (name), #cond);                                               \
    } while (0)

/* The text of a span, or which two differ. */
static inline void check_span(const char *row, struct span got, const char *want)
{
    if (!span_eq(got, span_of(want)))
        fail_msg("row '%s': got '%.*s', want '%s'", row, SPAN_ARG(got), want);
}

#endif
