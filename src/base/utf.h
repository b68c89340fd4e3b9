/*
 * utf.h - UTF-8 and UTF-16LE, strict about what is well formed, and never failing: what is not
 * becomes U+FFFD, so that a damaged text still matches where it is whole.
 */
#ifndef UTF_H
#define UTF_H

#include "base/base.h"

#define UTF_BAD 0xFFFDu

/* First code point of s (s.n > 0); *used is 1..4. A malformed byte gives UTF_BAD, *used 1. */
uint32_t utf8_get(struct span s, size_t *used);

/* Writes 1..4 bytes; `cp` must be a Unicode scalar value, anything else is written as UTF_BAD. */
size_t utf8_put(uint8_t *dst, uint32_t cp);

bool utf8_valid(struct span s);

/* At most `max` bytes of the front, cut between characters. */
struct span utf8_cut(struct span s, size_t max);

/* Has a byte above 0x7f. */
bool utf8_has_wide(struct span s);

/* UTF-16LE text to UTF-8. `dst` holds at least utf16_room(in.n) bytes; an odd last byte and lone
 * surrogates give U+FFFD. Returns the bytes written. ASCII runs go 16 or more at a time. */
size_t utf16_to_utf8(struct span in, uint8_t *dst);

static inline size_t utf16_room(size_t in_bytes)
{
    return (in_bytes / 2 + 1) * 3 + 16;
}

#endif
