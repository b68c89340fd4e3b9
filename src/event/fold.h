/*
 * fold.h - Unicode simple case folding of UTF-8: what makes Sigma's strings compare without case.
 *
 *   f(cp) = the full case folding where it is one code point, else the lower case of cp
 *   f(U+0130) = U+0130 (its folding is two code points, and its lower case would lose the dot)
 *
 * One code point always gives one code point, so '?' of a pattern means the same before and after.
 * Texts are equal without case when their foldings are equal byte for byte. Malformed bytes stay
 * as they are. Folding twice changes nothing more.
 */
#ifndef FOLD_H
#define FOLD_H

#include "base/base.h"
#include "base/utf.h"

/* Has bytes above 0x7f; else ASCII lower case is all there is to do. */
static inline bool fold_needed(struct span s)
{
    return utf8_has_wide(s);
}

/* Bytes that fold_put() may write for in_bytes: two bytes can become three (U+023A -> U+2C65). */
static inline size_t fold_room(size_t in_bytes)
{
    return in_bytes * 2 + 4;
}

uint32_t fold_point(uint32_t cp);

/* The folding of `in` into `dst` (fold_room(in.n) bytes); returns its length. */
size_t fold_put(struct span in, uint8_t *dst);

#endif
