/*
 * num.c - strict readers and writers of numbers.
 */
#include "base/num.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/limits.h"

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

/* A decimal number taken apart: 0.DIGITS * 10^power; DIGITS are p[0..n) without the point. */
struct decimal {
    const uint8_t *p;
    size_t n, point; /* bytes of the digits, a point among them at `point` (SIZE_MAX: none) */
    int32_t power;
    bool negative, zero;
};

/* The exponent behind an 'e' at s[at], held within what an int32_t adds up to without overflow. */
static bool exponent_read(struct span s, size_t at, int32_t *out)
{
    bool negative = at + 1 < s.n && s.p[at + 1] == '-';
    size_t from = at + 1 + (negative || (at + 1 < s.n && s.p[at + 1] == '+') ? 1 : 0);
    size_t n = from < s.n ? digits(s, from) : 0;
    int32_t v = 0;

    if (n == 0 || from + n != s.n)
        return false;
    for (size_t i = from; i < s.n; i++)
        v = v < 100000 ? v * 10 + (s.p[i] - '0') : v;
    *out = negative ? -v : v;
    return true;
}

static bool decimal_read(struct span s, struct decimal *d)
{
    size_t i = 0, whole, part = 0;

    *d = (struct decimal){ .point = SIZE_MAX };
    if (s.n == 0 || s.n > LIMIT_NUMBER_BYTES)
        return false;
    if (s.p[0] == '-' || s.p[0] == '+')
        i++;
    d->negative = s.p[0] == '-';
    d->p = s.p + i;
    whole = digits(s, i);
    i += whole;
    if (i < s.n && s.p[i] == '.') {
        d->point = whole;
        part = digits(s, i + 1);
        i += 1 + part;
    }
    d->n = (size_t)(s.p + i - d->p);
    if (whole + part == 0)
        return false;
    if (i < s.n && ((s.p[i] | 32) != 'e' || !exponent_read(s, i, &d->power)))
        return false;
    d->power += (int32_t)whole;
    return true;
}

/* The next digit, 0 when there are no more. */
static uint8_t decimal_digit(struct decimal *d)
{
    if (d->point == 0) {
        d->p++;
        d->n--;
    }
    d->point--; /* SIZE_MAX goes on meaning "not near" */
    if (d->n == 0)
        return '0';
    d->n--;
    return *d->p++;
}

/* Without zeros in front. */
static void decimal_normal(struct decimal *d)
{
    struct decimal next = *d;

    while (d->n > 0 && decimal_digit(&next) == '0') {
        next.power--;
        *d = next;
    }
    d->zero = d->n == 0;
}

static int decimal_cmp(struct decimal a, struct decimal b)
{
    if (a.zero || b.zero || a.power != b.power)
        return a.zero || b.zero ? b.zero - a.zero : a.power > b.power ? 1 : -1;
    while (a.n > 0 || b.n > 0) {
        uint8_t x = decimal_digit(&a), y = decimal_digit(&b);

        if (x != y)
            return x > y ? 1 : -1;
    }
    return 0;
}

bool num_cmp(struct span a, struct span b, int *order)
{
    struct decimal x, y;

    if (!decimal_read(a, &x) || !decimal_read(b, &y))
        return false;
    decimal_normal(&x);
    decimal_normal(&y);
    if ((!x.zero && x.power > 308) || (!y.zero && y.power > 308))
        return false; /* NUM_BELOW */
    if (x.zero || y.zero || x.negative == y.negative) {
        int sign = x.zero ? (y.negative ? -1 : 1) : (x.negative ? -1 : 1);

        *order = sign * decimal_cmp(x, y);
    } else {
        *order = x.negative ? -1 : 1;
    }
    return true;
}

bool num_double(struct span s, double *out)
{
    char text[LIMIT_NUMBER_BYTES + 1];
    struct decimal d;
    double v;

    if (!decimal_read(s, &d))
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = 0;
    /* The grammar is checked above, so strtod sees only [-+0-9.eE]; the program never calls
     * setlocale(), so '.' is the decimal point. */
    v = strtod(text, NULL);
    if (!(fabs(v) < NUM_BELOW))
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
