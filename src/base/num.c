/*
 * num.c - strict readers and writers of numbers.
 */
#include "base/num.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"

#define DOUBLE_TEXT_MAX 64u /* more digits than this cannot change a double that logs carry */

bool num_u64(struct span s, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;

    if (s.n == 0 || s.n > 20)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!ascii_is_digit(s.p[i]) || __builtin_mul_overflow(v, 10u, &v) ||
            __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
            return false;
    }
    if (v > max)
        return false;
    *out = v;
    return true;
}

bool num_i64(struct span s, int64_t *out)
{
    bool minus = s.n > 0 && s.p[0] == '-';
    uint64_t v;

    if (!num_u64(minus ? span_from(s, 1) : s, (uint64_t)INT64_MAX + (minus ? 1 : 0), &v))
        return false;
    *out = minus ? (int64_t)(0 - v) : (int64_t)v;
    return true;
}

bool num_hex(struct span s, uint64_t *out)
{
    uint64_t v = 0;

    if (s.n > 2 && s.p[0] == '0' && (s.p[1] | 32) == 'x')
        s = span_from(s, 2);
    if (s.n == 0 || s.n > 16)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        int d = ascii_hex(s.p[i]);

        if (d < 0)
            return false;
        v = v << 4 | (uint64_t)d;
    }
    *out = v;
    return true;
}

static size_t digits(struct span s, size_t at)
{
    size_t n = 0;

    while (at + n < s.n && ascii_is_digit(s.p[at + n]))
        n++;
    return n;
}

bool num_double(struct span s, double *out)
{
    char text[DOUBLE_TEXT_MAX + 1];
    size_t i = 0, whole, part = 0;
    double v;

    if (s.n == 0 || s.n > DOUBLE_TEXT_MAX)
        return false;
    if (s.p[0] == '-' || s.p[0] == '+')
        i++;
    whole = digits(s, i);
    i += whole;
    if (i < s.n && s.p[i] == '.') {
        part = digits(s, i + 1);
        i += 1 + part;
    }
    if (whole + part == 0)
        return false;
    if (i < s.n && (s.p[i] | 32) == 'e') {
        size_t n;

        i++;
        if (i < s.n && (s.p[i] == '-' || s.p[i] == '+'))
            i++;
        n = digits(s, i);
        if (n == 0)
            return false;
        i += n;
    }
    if (i != s.n)
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = 0;
    /* The grammar is checked above, so strtod sees only [-+0-9.eE]; the program never calls
     * setlocale(), so '.' is the decimal point. */
    v = strtod(text, NULL);
    if (!isfinite(v))
        return false;
    *out = v;
    return true;
}

size_t num_put_u64(uint8_t *dst, uint64_t v)
{
    uint8_t tmp[20];
    size_t n = 0;

    do {
        tmp[n++] = (uint8_t)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    for (size_t i = 0; i < n; i++)
        dst[i] = tmp[n - 1 - i];
    return n;
}

size_t num_put_i64(uint8_t *dst, int64_t v)
{
    if (v >= 0)
        return num_put_u64(dst, (uint64_t)v);
    dst[0] = '-';
    return 1 + num_put_u64(dst + 1, 0 - (uint64_t)v);
}

size_t num_put_double(uint8_t *dst, double v)
{
    char text[40];
    int n = 0;

    if (v > -1e15 && v < 1e15 && floor(v) == v)
        return num_put_i64(dst, (int64_t)v);
    for (int precision = 15; precision <= 17; precision++) {
        n = snprintf(text, sizeof(text), "%.*g", precision, v);
        if (strtod(text, NULL) == v)
            break;
    }
    MUST(n > 0 && n < 32);
    memcpy(dst, text, (size_t)n);
    return (size_t)n;
}
