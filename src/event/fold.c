/*
 * fold.c - ASCII eight bytes at a time, the rest by utf8proc's tables.
 *
 * utf8proc's CASEFOLD is the full folding (one code point may become three); the simple folding
 * (CaseFolding.txt, statuses C and S) is not in its interface. Where the full one is a single code
 * point it is the simple one (C); elsewhere the simple one, where there is one (S), is the lower
 * case: U+1E9E -> U+00DF, U+1F88 -> U+1F80.
 */
#include "event/fold.h"

#include <utf8proc.h>

#include "base/ascii.h"

uint32_t fold_point(uint32_t cp)
{
    utf8proc_int32_t out[4], point = (utf8proc_int32_t)cp;
    int bound = 0;

    if (cp < 0x80)
        return ascii_lower((uint8_t)cp);
    if (cp == 0x130 || cp > 0x10FFFF)
        return cp;
    if (utf8proc_decompose_char(point, out, 4, UTF8PROC_CASEFOLD, &bound) == 1)
        return (uint32_t)out[0];
    return (uint32_t)utf8proc_tolower(point);
}

/* The ASCII run at the front. */
static size_t fold_ascii(const uint8_t *p, size_t n, uint8_t *dst)
{
    size_t i = 0;

    for (; i + 8 <= n; i += 8) {
        uint64_t w, upper;

        memcpy(&w, p + i, 8);
        if ((w & 0x8080808080808080u) != 0)
            break;
        /* Bit 7 of each byte: at least 'A', and not more than 'Z'. */
        upper = (w + 0x3F3F3F3F3F3F3F3Fu) & ~(w + 0x2525252525252525u) & 0x8080808080808080u;
        w |= upper >> 2;
        memcpy(dst + i, &w, 8);
    }
    for (; i < n && p[i] < 0x80; i++)
        dst[i] = ascii_lower(p[i]);
    return i;
}

size_t fold_put(struct span in, uint8_t *dst)
{
    size_t out = 0;

    while (in.n > 0) {
        size_t run = fold_ascii(in.p, in.n, dst + out), used;
        uint32_t cp;

        out += run;
        in = span_from(in, run);
        if (in.n == 0)
            break;
        cp = utf8_get(in, &used);
        if (cp == UTF_BAD && used == 1)
            dst[out++] = in.p[0];
        else
            out += utf8_put(dst + out, fold_point(cp));
        in = span_from(in, used);
    }
    return out;
}
