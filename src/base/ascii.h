/*
 * ascii.h - byte classes without locale. <ctype.h> is not used in this tree: its answers depend
 * on the locale and its argument is easily out of range.
 */
#ifndef ASCII_H
#define ASCII_H

#include <stdbool.h>
#include <stdint.h>

static inline uint8_t ascii_lower(uint8_t c)
{
    return (uint8_t)((uint8_t)(c - 'A') < 26 ? c + 32 : c);
}

static inline bool ascii_is_digit(uint8_t c)
{
    return (uint8_t)(c - '0') < 10;
}

static inline bool ascii_is_alpha(uint8_t c)
{
    return (uint8_t)((c | 32) - 'a') < 26;
}

static inline bool ascii_is_alnum(uint8_t c)
{
    return ascii_is_digit(c) || ascii_is_alpha(c);
}

/* Space, tab, LF, CR. */
static inline bool ascii_is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* 0..15, or -1. */
static inline int ascii_hex(uint8_t c)
{
    if (ascii_is_digit(c))
        return c - '0';
    c = (uint8_t)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
