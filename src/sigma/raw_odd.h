/*
 * raw_odd.h - what a scan of the raw record for keywords cannot answer for.
 *
 *   escapes   a "\u" or "\/" whose backslash is not itself escaped: the value that it stands in has
 *             to be decoded before it is looked into
 *   letters   U+017F or U+212A, the two letters beyond ASCII that fold to letters of ASCII
 *
 * These would be literals of two and three bytes among the keywords, and a set with literals so
 * short is searched at half the speed. Here they are two comparisons a vector.
 *
 * Private to src/sigma.
 */
#ifndef RAW_ODD_H
#define RAW_ODD_H

#include "base/base.h"

struct raw_odd {
    bool escapes, letters; /* looking ends with the first letter */
};

struct raw_odd raw_odd_find(struct span raw);

/* Kernel `i` (0 is the slow and plain one) on `raw`; false when there is none or this machine
 * cannot run it: for tests. */
bool raw_odd_by(size_t i, struct span raw, struct raw_odd *out);

#endif
