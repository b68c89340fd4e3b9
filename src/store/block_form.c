/*
 * block_form.c - see block_form.h.
 */
#include "store/block_form.h"

#include "base/ascii.h"
#include "base/time.h"

#define DIGITS_MAX  18u /* a decimal number of so many fits an int64_t */
#define PATTERN_MAX 64u /* so a text of it is below 5 times that */
#define YEAR_LEAST  1970
#define YEAR_MOST   2199 /* a nanosecond of it fits an int64_t */

static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
static const int64_t powers[10] = { 1,      10,      100,      1000,      10000,
                                    100000, 1000000, 10000000, 100000000, 1000000000 };

/* --- Numbers -------------------------------------------------------------------------------- */

static int digit_of(uint8_t c, unsigned kind)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (kind == FORM_HEX && c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

static bool read_digits(struct span s, unsigned kind, uint64_t *out)
{
    const unsigned base = kind == FORM_DEC ? 10 : 16;
    uint64_t v = 0;

    if (s.n == 0 || s.n > (kind == FORM_DEC ? DIGITS_MAX : 16u))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        int d = digit_of(s.p[i], kind);

        if (d < 0)
            return false;
        v = v * base + (unsigned)d;
    }
    *out = v;
    return true;
}

static bool read_number(const struct block_form *f, struct span s, int64_t *out)
{
    bool minus = f->kind == FORM_DEC && f->width == 0 && s.n > 1 && s.p[0] == '-';
    uint64_t v;

    if (minus)
        s = span_from(s, 1);
    if (!read_digits(s, f->kind, &v) || (f->width > 0 && s.n != f->width))
        return false;
    if (f->width == 0 && s.p[0] == '0' && (s.n > 1 || minus))
        return false;
    *out = minus ? -(int64_t)v : (int64_t)v;
    return true;
}

static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

/* The last `digits` digits of a number; two at a time, and by narrow divisions where it may be. */
static size_t put_padded(uint8_t *dst, uint64_t v, unsigned digits)
{
    unsigned i = digits;
    uint32_t low;

    for (; i >= 2 && v > UINT32_MAX; i -= 2, v /= 100)
        memcpy(dst + i - 2, pairs + 2 * (v % 100), 2);
    for (low = (uint32_t)v; i >= 2; i -= 2, low /= 100)
        memcpy(dst + i - 2, pairs + (size_t)2 * (low % 100), 2);
    if (i > 0)
        dst[0] = (uint8_t)('0' + low % 10);
    return digits;
}

static unsigned digits_of(uint64_t v)
{
    unsigned n = 1;

    while (n < COUNT_OF(powers) && v >= (uint64_t)powers[n])
        n++;
    return n < COUNT_OF(powers) || v < (uint64_t)powers[9] * 10
               ? n
               : 9 + digits_of(v / (uint64_t)powers[9]);
}

static size_t put_hex(uint64_t v, unsigned width, uint8_t *dst)
{
    unsigned n = v > 0 ? (67u - (unsigned)__builtin_clzll(v)) / 4 : 1;

    if (width > 0 && n > width)
        return 0;
    n = width > 0 ? width : n;
    for (unsigned i = n; i > 0; v >>= 4)
        dst[--i] = (uint8_t) "0123456789abcdef"[v & 15];
    return n;
}

static size_t put_number(const struct block_form *f, int64_t number, uint8_t *dst)
{
    uint64_t v = (uint64_t)number;
    unsigned n;

    if (f->kind == FORM_HEX)
        return put_hex(v, f->width, dst);
    if (number < 0) {
        v = 0 - v;
        n = digits_of(v);
        *dst = '-';
        return f->width > 0 ? 0 : 1 + put_padded(dst + 1, v, n);
    }
    n = digits_of(v);
    if (f->width > 0 && n > f->width)
        return 0;
    return put_padded(dst, v, f->width > 0 ? f->width : n);
}

static bool read_ipv4(struct span s, int64_t *out)
{
    uint32_t v = 0;
    size_t at = 0;

    for (unsigned part = 0; part < 4; part++) {
        uint32_t byte = 0;
        size_t from = at;

        while (at < s.n && at - from < 3 && ascii_is_digit(s.p[at]))
            byte = byte * 10 + (s.p[at++] - '0');
        if (at == from || byte > 255 || (at - from > 1 && s.p[from] == '0'))
            return false;
        if (part < 3 && (at >= s.n || s.p[at++] != '.'))
            return false;
        v = v << 8 | byte;
    }
    *out = v;
    return at == s.n;
}

static size_t put_ipv4(int64_t v, uint8_t *dst)
{
    size_t n = 0;

    if (v < 0 || v > UINT32_MAX)
        return 0;
    for (unsigned shift = 32; shift > 0; shift -= 8) {
        unsigned byte = (unsigned)(v >> (shift - 8)) & 255;

        if (byte >= 100)
            dst[n++] = (uint8_t)('0' + byte / 100);
        if (byte >= 10)
            dst[n++] = (uint8_t)('0' + byte / 10 % 10);
        dst[n++] = (uint8_t)('0' + byte % 10);
        if (shift > 8)
            dst[n++] = '.';
    }
    return n;
}

/* --- Times ---------------------------------------------------------------------------------- */

struct clock {
    int64_t year, month, day, hour, minute, second, fraction;
};

/* `n` digits at s.p[at]. */
static bool take(struct span s, size_t *at, size_t n, int64_t *out)
{
    uint64_t v;

    if (s.n - *at < n || !read_digits((struct span){ s.p + *at, n }, FORM_DEC, &v))
        return false;
    *at += n;
    *out = (int64_t)v;
    return true;
}

static bool take_month(struct span s, size_t *at, int64_t *out)
{
    for (unsigned i = 0; i < 12; i++) {
        if (s.n - *at >= 3 && memcmp(s.p + *at, months[i], 3) == 0) {
            *at += 3;
            *out = i + 1;
            return true;
        }
    }
    return false;
}

static bool take_part(uint8_t what, struct span s, size_t *at, struct clock *c)
{
    switch (what) {
    case 'Y':
        return take(s, at, 4, &c->year);
    case 'm':
        return take(s, at, 2, &c->month);
    case 'd':
        return take(s, at, 2, &c->day);
    case 'e':
        if (*at < s.n && s.p[*at] == ' ') {
            (*at)++;
            return take(s, at, 1, &c->day);
        }
        return take(s, at, 2, &c->day) && c->day >= 10;
    case 'H':
        return take(s, at, 2, &c->hour);
    case 'M':
        return take(s, at, 2, &c->minute);
    case 'S':
        return take(s, at, 2, &c->second);
    case 'b':
        return take_month(s, at, &c->month);
    default:
        return take(s, at, (size_t)(what - '0'), &c->fraction);
    }
}

static int64_t days_in(int64_t year, int64_t month)
{
    static const int8_t days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + leap;
}

static bool read_time(const struct block_form *f, struct span s, int64_t *out)
{
    struct clock c = { .year = 2000, .month = 1, .day = 1 };
    struct span pattern = f->prefix;
    size_t at = 0;

    for (size_t i = 0; i < pattern.n; i++) {
        if (pattern.p[i] == '%' && pattern.p[++i] != '%') {
            if (!take_part(pattern.p[i], s, &at, &c))
                return false;
        } else if (at >= s.n || s.p[at++] != pattern.p[i]) {
            return false;
        }
    }
    if (at != s.n || c.year < YEAR_LEAST || c.year > YEAR_MOST || c.month < 1 || c.month > 12 ||
        c.day < 1 || c.day > days_in(c.year, c.month) || c.hour > 23 || c.minute > 59 ||
        c.second > 59)
        return false;
    *out = (time_days((int32_t)c.year, (unsigned)c.month, (unsigned)c.day) * 86400 + c.hour * 3600 +
            c.minute * 60 + c.second) *
               powers[f->fraction] +
           c.fraction;
    return true;
}

static size_t put_part(uint8_t what, const struct time_parts *t, int64_t fraction, uint8_t *dst)
{
    switch (what) {
    case 'Y':
        return put_padded(dst, (uint64_t)t->year, 4);
    case 'm':
        return put_padded(dst, t->month, 2);
    case 'd':
        return put_padded(dst, t->day, 2);
    case 'e':
        if (t->day >= 10)
            return put_padded(dst, t->day, 2);
        dst[0] = ' ';
        return 1 + put_padded(dst + 1, t->day, 1);
    case 'H':
        return put_padded(dst, t->hour, 2);
    case 'M':
        return put_padded(dst, t->minute, 2);
    case 'S':
        return put_padded(dst, t->second, 2);
    case 'b':
        memcpy(dst, months[t->month - 1], 3);
        return 3;
    default:
        return put_padded(dst, (uint64_t)fraction, (unsigned)(what - '0'));
    }
}

static size_t put_time(const struct block_form *f, int64_t v, uint8_t *dst)
{
    int64_t tick = powers[f->fraction], seconds = v / tick, fraction = v % tick;
    struct time_parts t = { 0 };
    uint32_t of_day = (uint32_t)(seconds % 86400);
    struct span pattern = f->prefix;
    size_t n = 0;

    if (v < 0 || seconds >= time_days(YEAR_MOST + 1, 1, 1) * 86400)
        return 0;
    time_date(seconds / 86400, &t);
    t.hour = (uint8_t)(of_day / 3600);
    t.minute = (uint8_t)(of_day / 60 % 60);
    t.second = (uint8_t)(of_day % 60);
    for (size_t i = 0; i < pattern.n; i++) {
        if (pattern.p[i] == '%' && pattern.p[++i] != '%')
            n += put_part(pattern.p[i], &t, fraction, dst + n);
        else
            dst[n++] = pattern.p[i];
    }
    return n;
}

unsigned block_form_fraction(const struct block_form *f)
{
    for (size_t i = 0; f->kind == FORM_TIME && i + 1 < f->prefix.n; i++) {
        if (f->prefix.p[i] == '%' && ascii_is_digit(f->prefix.p[++i]))
            return (unsigned)(f->prefix.p[i] - '0');
    }
    return 0;
}

/* --- All ------------------------------------------------------------------------------------ */

bool block_form_read(const struct block_form *f, struct span s, int64_t *out)
{
    if (f->kind == FORM_TIME)
        return read_time(f, s, out);
    if (s.n <= f->prefix.n + f->suffix.n || !span_starts(s, f->prefix) || !span_ends(s, f->suffix))
        return false;
    s = (struct span){ s.p + f->prefix.n, s.n - f->prefix.n - f->suffix.n };
    return f->kind == FORM_IPV4 ? read_ipv4(s, out) : read_number(f, s, out);
}

size_t block_form_put(const struct block_form *f, int64_t v, uint8_t *dst)
{
    size_t n = f->prefix.n, more;

    if (f->kind == FORM_TIME)
        return put_time(f, v, dst);
    if (n > 0)
        memcpy(dst, f->prefix.p, n);
    more = f->kind == FORM_IPV4 ? put_ipv4(v, dst + n) : put_number(f, v, dst + n);
    if (more == 0)
        return 0;
    n += more;
    if (f->suffix.n > 0)
        memcpy(dst + n, f->suffix.p, f->suffix.n);
    return n + f->suffix.n;
}

static bool pattern_sound(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '%')
            continue;
        if (++i >= s.n || memchr("%YmdeHMSb123456789", s.p[i], 18) == NULL)
            return false;
    }
    return s.n > 0;
}

bool block_form_sound(const struct block_form *f)
{
    if (f->kind >= FORM_KINDS || f->prefix.n > BLOCK_FORM_TEXT_MAX ||
        f->suffix.n > BLOCK_FORM_TEXT_MAX)
        return false;
    if (f->kind == FORM_TIME)
        return f->width == 0 && f->suffix.n == 0 && f->prefix.n <= PATTERN_MAX &&
               pattern_sound(f->prefix);
    return f->width <= (f->kind == FORM_DEC ? DIGITS_MAX : f->kind == FORM_IPV4 ? 0 : 16u);
}

/* --- Guessing ------------------------------------------------------------------------------- */

/* The pattern of what `s` begins with; bytes of `s` taken, 0 when it is no time. 'd' in a row is a
 * digit, anything else is itself. */
static const struct {
    const char *looks, *pattern;
} time_rows[] = {
    { "dddd-dd-ddTdd:dd:dd", "%Y-%m-%dT%H:%M:%S" }, { "dddd-dd-dd dd:dd:dd", "%Y-%m-%d %H:%M:%S" },
    { "dddd/dd/dd dd:dd:dd", "%Y/%m/%d %H:%M:%S" }, { "dd/aaa/dddd:dd:dd:dd", "%d/%b/%Y:%H:%M:%S" },
    { "aaa ed dd:dd:dd", "%b %e %H:%M:%S" },        { "aaa ed dddd dd:dd:dd", "%b %e %Y %H:%M:%S" },
};

static bool looks_so(const char *looks, struct span s)
{
    size_t n = strlen(looks);

    if (s.n < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = s.p[i];
        bool ok = looks[i] == 'd'   ? ascii_is_digit(c)
                  : looks[i] == 'a' ? ascii_is_alpha(c)
                  : looks[i] == 'e' ? c == ' ' || ascii_is_digit(c)
                                    : c == (uint8_t)looks[i];

        if (!ok)
            return false;
    }
    return true;
}

static bool guess_time(struct block_form *f, struct span s, uint8_t *pattern)
{
    for (size_t i = 0; i < COUNT_OF(time_rows); i++) {
        size_t at, n = strlen(time_rows[i].pattern), digits = 0;

        if (!looks_so(time_rows[i].looks, s))
            continue;
        at = strlen(time_rows[i].looks);
        memcpy(pattern, time_rows[i].pattern, n);
        if (s.n - at > 1 && (s.p[at] == '.' || s.p[at] == ',')) {
            while (digits < 9 && at + 1 + digits < s.n && ascii_is_digit(s.p[at + 1 + digits]))
                digits++;
            if (digits > 0) {
                pattern[n++] = s.p[at];
                pattern[n++] = '%';
                pattern[n++] = (uint8_t)('0' + digits);
                at += 1 + digits;
            }
        }
        if (s.n - at > 16)
            return false;
        for (; at < s.n; at++) {
            if (s.p[at] == '%')
                pattern[n++] = '%';
            pattern[n++] = s.p[at];
        }
        *f = (struct block_form){ .kind = FORM_TIME, .prefix = { pattern, n } };
        f->fraction = (uint8_t)block_form_fraction(f);
        return true;
    }
    return false;
}

static bool is_digit_of(uint8_t c, bool hex)
{
    return ascii_is_digit(c) || (hex && c >= 'a' && c <= 'f');
}

/* What all values begin and end with, no digit at its inner end. */
static void guess_ends(struct block_form *f, const struct span *v, uint32_t count, bool hex)
{
    size_t head = v[0].n, tail = v[0].n;

    for (uint32_t i = 1; i < count && head + tail > 0; i++) {
        size_t n = 0;

        head = head < v[i].n ? head : v[i].n;
        while (n < head && v[i].p[n] == v[0].p[n])
            n++;
        head = n;
        tail = tail < v[i].n ? tail : v[i].n;
        for (n = 0; n < tail && v[i].p[v[i].n - 1 - n] == v[0].p[v[0].n - 1 - n];)
            n++;
        tail = n;
    }
    while (head > 0 && is_digit_of(v[0].p[head - 1], hex))
        head--;
    if (head > 0 && v[0].p[head - 1] == '-' && head == 1)
        head = 0; /* a sign */
    while (tail > 0 && is_digit_of(v[0].p[v[0].n - tail], hex))
        tail--;
    f->prefix = (struct span){ v[0].p, head };
    f->suffix = (struct span){ v[0].p + v[0].n - tail, tail };
}

static bool guess_digits(struct block_form *f, const struct span *v, uint32_t count, bool hex)
{
    bool same = true, zero = false;
    size_t least, ends;

    guess_ends(f, v, count, hex);
    ends = f->prefix.n + f->suffix.n;
    if (ends >= v[0].n || ends > BLOCK_FORM_TEXT_MAX)
        return false;
    least = v[0].n - ends;
    for (uint32_t i = 0; i < count; i++) {
        struct span s;

        if (v[i].n <= ends)
            return false;
        s = (struct span){ v[i].p + f->prefix.n, v[i].n - ends };
        same &= s.n == least;
        zero |= s.n > 1 && s.p[0] == '0';
    }
    if ((zero && !same) || least > 255)
        return false;
    f->kind = hex ? FORM_HEX : FORM_DEC;
    f->width = zero ? (uint8_t)least : 0;
    return true;
}

static bool guess_ipv4(struct block_form *f, const struct span *v, uint32_t count)
{
    guess_ends(f, v, count, false);
    while (f->prefix.n > 0 &&
           (f->prefix.p[f->prefix.n - 1] == '.' || ascii_is_digit(f->prefix.p[f->prefix.n - 1])))
        f->prefix.n--;
    while (f->suffix.n > 0 && (f->suffix.p[0] == '.' || ascii_is_digit(f->suffix.p[0])))
        f->suffix = span_from(f->suffix, 1);
    f->kind = FORM_IPV4;
    f->width = 0;
    return true;
}

/* Does the form take all values and give them back? Of the first ones; the caller tries the rest.
 */
static bool takes(const struct block_form *f, const struct span *v, uint32_t count)
{
    uint8_t text[3 * BLOCK_FORM_TEXT_MAX];
    int64_t number;

    if (!block_form_sound(f))
        return false;
    for (uint32_t i = 0; i < count && i < 4; i++) {
        if (!block_form_read(f, v[i], &number) ||
            !span_eq((struct span){ text, block_form_put(f, number, text) }, v[i]))
            return false;
    }
    return true;
}

bool block_form_guess(struct block_form *f, const struct span *values, uint32_t count,
                      uint8_t *pattern)
{
    if (count == 0 || values[0].n == 0 || values[0].n > 128)
        return false;
    *f = (struct block_form){ 0 };
    if (guess_time(f, values[0], pattern) && takes(f, values, count))
        return true;
    if (guess_ipv4(f, values, count) && takes(f, values, count))
        return true;
    if (guess_digits(f, values, count, false) && takes(f, values, count))
        return true;
    return guess_digits(f, values, count, true) && takes(f, values, count);
}
