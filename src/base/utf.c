/*
 * utf.c - decoding by the table of well-formed sequences (Unicode 15, table 3-7).
 */
#include "base/utf.h"

uint32_t utf8_get(struct span s, size_t *used)
{
    uint32_t a = s.p[0], cp;
    size_t n;

    *used = 1;
    if (a < 0x80)
        return a;
    if (a < 0xC2 || a > 0xF4)
        return UTF_BAD;
    n = a < 0xE0 ? 2 : a < 0xF0 ? 3 : 4;
    if (s.n < n)
        return UTF_BAD;
    cp = a & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((s.p[i] & 0xC0) != 0x80)
            return UTF_BAD;
        cp = cp << 6 | (s.p[i] & 0x3Fu);
    }
    if ((n == 3 && cp < 0x800) || (n == 4 && (cp < 0x10000 || cp > 0x10FFFF)) ||
        (cp >= 0xD800 && cp < 0xE000))
        return UTF_BAD;
    *used = n;
    return cp;
}

size_t utf8_put(uint8_t *dst, uint32_t cp)
{
    if (cp > 0x10FFFF || (cp >= 0xD800 && cp < 0xE000))
        cp = UTF_BAD;
    if (cp < 0x80) {
        dst[0] = (uint8_t)cp;
        return 1;
    }
    if (cp < 0x800) {
        dst[0] = (uint8_t)(0xC0 | cp >> 6);
        dst[1] = (uint8_t)(0x80 | (cp & 0x3F));
        return 2;
    }
    if (cp < 0x10000) {
        dst[0] = (uint8_t)(0xE0 | cp >> 12);
        dst[1] = (uint8_t)(0x80 | (cp >> 6 & 0x3F));
        dst[2] = (uint8_t)(0x80 | (cp & 0x3F));
        return 3;
    }
    dst[0] = (uint8_t)(0xF0 | cp >> 18);
    dst[1] = (uint8_t)(0x80 | (cp >> 12 & 0x3F));
    dst[2] = (uint8_t)(0x80 | (cp >> 6 & 0x3F));
    dst[3] = (uint8_t)(0x80 | (cp & 0x3F));
    return 4;
}

bool utf8_valid(struct span s)
{
    size_t used;

    for (size_t i = 0; i < s.n; i += used) {
        used = 1;
        if (s.p[i] >= 0x80 && utf8_get(span_from(s, i), &used) == UTF_BAD && used == 1)
            return false;
    }
    return true;
}

struct span utf8_cut(struct span s, size_t max)
{
    size_t n = max;

    if (s.n <= max)
        return s;
    while (n > 0 && max - n < 3 && (s.p[n] & 0xC0) == 0x80)
        n--;
    return (struct span){ s.p, (s.p[n] & 0xC0) == 0x80 ? max : n }; /* no character is longer */
}

bool utf8_has_wide(struct span s)
{
    size_t i = 0;
    uint64_t w;

    for (; i + 8 <= s.n; i += 8) {
        memcpy(&w, s.p + i, 8);
        if ((w & 0x8080808080808080u) != 0)
            return true;
    }
    for (; i < s.n; i++) {
        if (s.p[i] >= 0x80)
            return true;
    }
    return false;
}

/* The ASCII run at the front: 8 code units a step; the compiler makes vectors of it. */
static size_t utf16_ascii(const uint8_t *p, size_t units, uint8_t *dst)
{
    size_t i = 0;

    for (; i + 8 <= units; i += 8) {
        uint64_t a, b;

        memcpy(&a, p + 2 * i, 8);
        memcpy(&b, p + 2 * i + 8, 8);
        if (((a | b) & 0xFF80FF80FF80FF80u) != 0)
            break;
        for (size_t k = 0; k < 8; k++)
            dst[i + k] = p[2 * (i + k)];
    }
    for (; i < units && p[2 * i + 1] == 0 && p[2 * i] < 0x80; i++)
        dst[i] = p[2 * i];
    return i;
}

size_t utf16_to_utf8(struct span in, uint8_t *dst)
{
    size_t units = in.n / 2, out = 0, i = 0;

    while (i < units) {
        size_t run = utf16_ascii(in.p + 2 * i, units - i, dst + out);
        uint32_t u, v;

        i += run;
        out += run;
        if (i == units)
            break;
        u = (uint32_t)in.p[2 * i] | (uint32_t)in.p[2 * i + 1] << 8;
        i++;
        if (u >= 0xD800 && u < 0xDC00 && i < units) {
            v = (uint32_t)in.p[2 * i] | (uint32_t)in.p[2 * i + 1] << 8;
            if (v >= 0xDC00 && v < 0xE000) {
                u = 0x10000 + ((u - 0xD800) << 10) + (v - 0xDC00);
                i++;
            }
        }
        out += utf8_put(dst + out, u);
    }
    if (in.n % 2 != 0)
        out += utf8_put(dst + out, UTF_BAD);
    return out;
}
