/*
 * time.c - one reader with a cursor, one function per form, chosen by the first bytes.
 *
 * The calendar is Howard Hinnant's days-from-civil arithmetic: years begin in March, so that the
 * leap day is the last day of a year and no table of months is needed.
 */
#include "base/time.h"

#include "base/ascii.h"
#include "base/num.h"

#define DAYS_TO_1970     719468 /* from 0000-03-01 */
#define DAY_SECONDS      86400
#define FILETIME_TO_1970 116444736000000000ull
#define FILETIME_MAX     208800000000000000ull /* about the year 2262 */

struct cursor {
    struct span s;
    size_t at;
};

int64_t time_days(int32_t year, unsigned month, unsigned day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - DAYS_TO_1970;
}

void time_date(int64_t days, struct time_parts *p)
{
    int64_t z = days + DAYS_TO_1970, era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t d = z - era * 146097;
    int64_t y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
    int64_t of_year = d - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;

    p->day = (uint8_t)(of_year - (153 * m + 2) / 5 + 1);
    p->month = (uint8_t)(m < 10 ? m + 3 : m - 9);
    p->year = (int32_t)(y + era * 400 + (p->month <= 2));
    p->has_year = true;
}

unsigned time_weekday(int64_t days)
{
    int64_t w = (days + 3) % 7; /* 1970-01-01 was a Thursday */

    return (unsigned)(w < 0 ? w + 7 : w);
}

unsigned time_week(const struct time_parts *p)
{
    int64_t day = time_days(p->year, p->month, p->day);
    int64_t thursday = day - time_weekday(day) + 3;
    struct time_parts t = { 0 };

    time_date(thursday, &t);
    return (unsigned)((thursday - time_days(t.year, 1, 1)) / 7 + 1);
}

static unsigned month_days(int32_t year, unsigned month)
{
    static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

/* --- The cursor ----------------------------------------------------------------------------- */

static bool take(struct cursor *c, uint8_t byte)
{
    if (c->at == c->s.n || c->s.p[c->at] != byte)
        return false;
    c->at++;
    return true;
}

static uint8_t peek(const struct cursor *c)
{
    return c->at < c->s.n ? c->s.p[c->at] : 0;
}

/* `low` to `high` digits. */
static bool digits(struct cursor *c, unsigned low, unsigned high, uint32_t *out)
{
    uint32_t v = 0;
    unsigned n = 0;

    while (n < high && ascii_is_digit(peek(c))) {
        v = v * 10 + (uint32_t)(c->s.p[c->at++] - '0');
        n++;
    }
    *out = v;
    return n >= low;
}

static bool set_date(struct time_parts *p, uint32_t y, uint32_t m, uint32_t d)
{
    p->has_year = true;
    if (m < 1 || m > 12 || d < 1 || d > month_days((int32_t)y, m))
        return false;
    p->year = (int32_t)y;
    p->month = (uint8_t)m;
    p->day = (uint8_t)d;
    return true;
}

static bool set_clock(struct time_parts *p, uint32_t h, uint32_t m, uint32_t s)
{
    if (h > 23 || m > 59 || s > 60)
        return false;
    p->hour = (uint8_t)h;
    p->minute = (uint8_t)m;
    p->second = (uint8_t)s;
    if (s == 60) {
        p->second = 59;
        p->nanos = 999999999;
    }
    return true;
}

/* Digits behind the point; at least one. */
static bool fraction(struct cursor *c, uint32_t *nanos)
{
    uint32_t v = 0;
    unsigned n = 0;

    for (; ascii_is_digit(peek(c)); c->at++, n++) {
        if (n < 9)
            v = v * 10 + (uint32_t)(peek(c) - '0');
    }
    for (unsigned k = n; k < 9; k++)
        v *= 10;
    *nanos = v;
    return n > 0;
}

/* h:mm[:ss[.fraction]], or hhmmss when `packed`. */
static bool clock_of(struct cursor *c, struct time_parts *p, bool packed)
{
    uint32_t h, m, s = 0, nanos = 0;
    unsigned least = packed ? 2 : 1;

    if (!digits(c, least, 2, &h) || (!packed && !take(c, ':')) || !digits(c, 2, 2, &m))
        return false;
    if (packed ? ascii_is_digit(peek(c)) : take(c, ':')) {
        if (!digits(c, 2, 2, &s))
            return false;
        if ((take(c, '.') || take(c, ',')) && !fraction(c, &nanos))
            return false;
    }
    p->nanos = nanos;
    return set_clock(p, h, m, s);
}

/* Z, UTC, GMT, +hh:mm, +hhmm, +hh, or nothing. */
static bool zone(struct cursor *c, struct time_parts *p)
{
    struct span rest = span_from(c->s, c->at);
    uint32_t h, m = 0;
    bool west;

    if (rest.n == 0)
        return true;
    if (span_eq(rest, SPAN_LIT("Z")) || span_eq(rest, SPAN_LIT("z")) ||
        span_eq(rest, SPAN_LIT("UTC")) || span_eq(rest, SPAN_LIT("GMT"))) {
        c->at = c->s.n;
        return true;
    }
    west = take(c, '-');
    if (!west && !take(c, '+'))
        return false;
    if (!digits(c, 2, 2, &h))
        return false;
    if (take(c, ':') || ascii_is_digit(peek(c))) {
        if (!digits(c, 2, 2, &m))
            return false;
    }
    if (h > 15 || m > 59)
        return false;
    p->offset = (int32_t)(h * 3600 + m * 60);
    p->offset = west ? -p->offset : p->offset;
    return true;
}

static bool at_end(struct cursor *c, struct time_parts *p)
{
    while (take(c, ' '))
        continue;
    return zone(c, p) && c->at == c->s.n;
}

static bool month_name(struct cursor *c, uint32_t *month)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

    if (c->s.n - c->at < 3)
        return false;
    for (uint32_t m = 0; m < 12; m++) {
        if (span_eq_nocase((struct span){ c->s.p + c->at, 3 },
                           (struct span){ (const uint8_t *)names + (size_t)m * 3, 3 })) {
            c->at += 3;
            *month = m + 1;
            return true;
        }
    }
    return false;
}

/* --- The forms ------------------------------------------------------------------------------ */

/* 2025-11-27T07:40:10.123Z; '/' between the numbers too. */
static bool read_iso(struct cursor *c, struct time_parts *p)
{
    uint32_t y, m, d;
    uint8_t mark;

    if (!digits(c, 4, 4, &y))
        return false;
    mark = peek(c);
    if ((mark != '-' && mark != '/') || !take(c, mark) || !digits(c, 1, 2, &m) || !take(c, mark) ||
        !digits(c, 1, 2, &d) || !set_date(p, y, m, d))
        return false;
    if (c->at == c->s.n)
        return true;
    if (!take(c, 'T') && !take(c, 't') && !take(c, ' ') && !take(c, '_'))
        return false;
    while (take(c, ' '))
        continue;
    return clock_of(c, p, false) && at_end(c, p);
}

/* 20251127T074010Z */
static bool read_packed(struct cursor *c, struct time_parts *p)
{
    uint32_t y, m, d;

    return digits(c, 4, 4, &y) && digits(c, 2, 2, &m) && digits(c, 2, 2, &d) &&
           set_date(p, y, m, d) && take(c, 'T') && clock_of(c, p, true) && at_end(c, p);
}

/* 10/Oct/2000:13:55:36 -0700 */
static bool read_access(struct cursor *c, struct time_parts *p)
{
    uint32_t y, m, d;

    return digits(c, 1, 2, &d) && take(c, '/') && month_name(c, &m) && take(c, '/') &&
           digits(c, 4, 4, &y) && set_date(p, y, m, d) && take(c, ':') && clock_of(c, p, false) &&
           at_end(c, p);
}

/* 8/14/2025 3:04:05 PM */
static bool read_us(struct cursor *c, struct time_parts *p)
{
    uint32_t y, m, d;

    if (!digits(c, 1, 2, &m) || !take(c, '/') || !digits(c, 1, 2, &d) || !take(c, '/') ||
        !digits(c, 4, 4, &y) || !set_date(p, y, m, d) || !take(c, ' ') || !clock_of(c, p, false))
        return false;
    if (c->at == c->s.n)
        return true;
    if (c->s.n - c->at != 3 || !take(c, ' ') || p->hour < 1 || p->hour > 12 ||
        (c->s.p[c->at + 1] | 32) != 'm')
        return false;
    if ((peek(c) | 32) == 'a')
        p->hour = (uint8_t)(p->hour % 12);
    else if ((peek(c) | 32) == 'p')
        p->hour = (uint8_t)(p->hour % 12 + 12);
    else
        return false;
    return true;
}

/* A day of the week and what follows it, skipped: "Fri, " or "Fri ". */
static void skip_weekday(struct cursor *c)
{
    static const char names[] = "montuewedthufrisatsun";

    for (size_t i = 0; c->s.n - c->at > 4 && i < sizeof(names) - 1; i += 3) {
        if (span_eq_nocase((struct span){ c->s.p + c->at, 3 },
                           (struct span){ (const uint8_t *)names + i, 3 }) &&
            (c->s.p[c->at + 3] == ',' || c->s.p[c->at + 3] == ' ')) {
            c->at += 4;
            while (take(c, ' '))
                continue;
            return;
        }
    }
}

/* Oct 11 22:14:15, Oct 11 2025 22:14:15, Oct 11 22:14:15 2025 */
static bool read_month_first(struct cursor *c, struct time_parts *p)
{
    uint32_t m, d, y = 0;
    size_t back;

    if (!month_name(c, &m) || !take(c, ' '))
        return false;
    while (take(c, ' '))
        continue;
    if (!digits(c, 1, 2, &d))
        return false;
    (void)take(c, ','); /* "Oct 11, 2025" */
    if (!take(c, ' '))
        return false;
    back = c->at;
    if (digits(c, 4, 4, &y)) {
        if (!take(c, ' '))
            return false;
    } else {
        c->at = back;
        y = 0;
    }
    if (!clock_of(c, p, false))
        return false;
    back = c->at;
    if (y == 0 && (!take(c, ' ') || !digits(c, 4, 4, &y) || (c->at < c->s.n && peek(c) != ' '))) {
        c->at = back;
        y = 0;
    }
    /* Without a year, 29 February may be right: 2000 was a leap year. */
    if (!set_date(p, y == 0 ? 2000 : y, m, d) || !at_end(c, p))
        return false;
    if (y == 0) {
        p->has_year = false;
        p->year = 0;
    }
    return true;
}

/* 09 May 2025 10:11:12 +0000 */
static bool read_day_first(struct cursor *c, struct time_parts *p)
{
    uint32_t y, m, d;

    return digits(c, 1, 2, &d) && take(c, ' ') && month_name(c, &m) && take(c, ' ') &&
           digits(c, 4, 4, &y) && set_date(p, y, m, d) && take(c, ' ') && clock_of(c, p, false) &&
           at_end(c, p);
}

/* Whole seconds and nanoseconds of a number, by its magnitude. */
static bool epoch_ns(uint64_t v, int64_t *ns)
{
    static const struct {
        uint64_t below;
        int64_t unit;
    } scale[] = { { 100000000000ull, TIME_SECOND },
                  { 100000000000000ull, 1000000 },
                  { 100000000000000000ull, 1000 } };

    for (size_t i = 0; i < COUNT_OF(scale); i++) {
        if (v < scale[i].below)
            return !__builtin_mul_overflow((int64_t)v, scale[i].unit, ns);
    }
    if (v >= FILETIME_TO_1970 && v < FILETIME_MAX)
        return time_from_filetime(v, ns);
    *ns = (int64_t)v;
    return v <= (uint64_t)INT64_MAX;
}

static bool read_epoch(struct cursor *c, struct time_parts *p)
{
    uint64_t v = 0;
    uint32_t nanos = 0;
    int64_t ns;

    for (; ascii_is_digit(peek(c)); c->at++) {
        if (__builtin_mul_overflow(v, 10u, &v) ||
            __builtin_add_overflow(v, (uint64_t)(peek(c) - '0'), &v))
            return false;
    }
    if (take(c, '.') && !fraction(c, &nanos))
        return false;
    if (c->at != c->s.n || !epoch_ns(v, &ns))
        return false;
    /* The fraction is one of seconds, or of milliseconds and too fine to matter. */
    if (v < 100000000000ull && __builtin_add_overflow(ns, (int64_t)nanos, &ns))
        return false;
    time_split(ns, p);
    return true;
}

bool time_read(struct span s, struct time_parts *p)
{
    struct cursor c = { .s = span_trim(s) };
    size_t n = 0;

    *p = (struct time_parts){ 0 };
    if (c.s.n == 0 || c.s.n > 64)
        return false;
    while (n < c.s.n && ascii_is_digit(c.s.p[n]))
        n++;
    if (n == c.s.n || (n > 4 && c.s.p[n] == '.'))
        return n >= 8 && read_epoch(&c, p); /* fewer digits are a small number, not a time */
    if (n == 4)
        return read_iso(&c, p);
    if (n == 8)
        return read_packed(&c, p);
    if (n == 1 || n == 2) {
        bool named = n + 1 < c.s.n && ascii_is_alpha(c.s.p[n + 1]);

        if (c.s.p[n] == '/')
            return named ? read_access(&c, p) : read_us(&c, p);
        return read_day_first(&c, p);
    }
    skip_weekday(&c);
    return ascii_is_digit(peek(&c)) ? read_day_first(&c, p) : read_month_first(&c, p);
}

/* --- Instants ------------------------------------------------------------------------------- */

static bool instant(const struct time_parts *p, int32_t year, int64_t *ns)
{
    int64_t seconds;

    if (year < 1678 || year > 2261)
        return false;
    seconds = time_days(year, p->month, p->day) * DAY_SECONDS + (int64_t)p->hour * 3600 +
              (int64_t)p->minute * 60 + p->second - p->offset;
    return !__builtin_mul_overflow(seconds, TIME_SECOND, ns) &&
           !__builtin_add_overflow(*ns, (int64_t)p->nanos, ns);
}

bool time_ns(const struct time_parts *p, int64_t reference_ns, int64_t *ns)
{
    struct time_parts at;
    int64_t latest;

    if (p->has_year)
        return instant(p, p->year, ns);
    if (__builtin_add_overflow(reference_ns, DAY_SECONDS * TIME_SECOND, &latest))
        latest = INT64_MAX;
    time_split(latest, &at);
    /* The newest year that is not after `latest`; 29 February may need to go back further. */
    for (int32_t year = at.year; year > at.year - 9; year--) {
        if (p->day <= month_days(year, p->month) && instant(p, year, ns) && *ns <= latest)
            return true;
    }
    return false;
}

bool time_parse(struct span s, int64_t reference_ns, int64_t *ns)
{
    struct time_parts p;

    return time_read(s, &p) && time_ns(&p, reference_ns, ns);
}

bool time_from_filetime(uint64_t ticks, int64_t *ns)
{
    int64_t t;

    if (ticks > (uint64_t)INT64_MAX)
        return false;
    t = (int64_t)ticks - (int64_t)FILETIME_TO_1970;
    return !__builtin_mul_overflow(t, (int64_t)100, ns);
}

void time_split(int64_t ns, struct time_parts *p)
{
    int64_t seconds = ns / TIME_SECOND, nanos = ns % TIME_SECOND, days, rest;

    if (nanos < 0) {
        nanos += TIME_SECOND;
        seconds--;
    }
    days = seconds / DAY_SECONDS;
    rest = seconds % DAY_SECONDS;
    if (rest < 0) {
        rest += DAY_SECONDS;
        days--;
    }
    *p = (struct time_parts){ .hour = (uint8_t)(rest / 3600),
                              .minute = (uint8_t)(rest / 60 % 60),
                              .second = (uint8_t)(rest % 60),
                              .nanos = (uint32_t)nanos };
    time_date(days, p);
}

static uint8_t *put(uint8_t *dst, uint32_t v, unsigned width)
{
    for (unsigned i = width; i > 0; i--) {
        dst[i - 1] = (uint8_t)('0' + v % 10);
        v /= 10;
    }
    return dst + width;
}

size_t time_put(uint8_t *dst, int64_t ns)
{
    struct time_parts p;
    uint8_t *at = dst;

    time_split(ns, &p);
    at = put(at, (uint32_t)p.year, 4);
    *at++ = '-';
    at = put(at, p.month, 2);
    *at++ = '-';
    at = put(at, p.day, 2);
    *at++ = 'T';
    at = put(at, p.hour, 2);
    *at++ = ':';
    at = put(at, p.minute, 2);
    *at++ = ':';
    at = put(at, p.second, 2);
    if (p.nanos != 0) {
        unsigned digits_shown = p.nanos % 1000000 == 0 ? 3 : p.nanos % 1000 == 0 ? 6 : 9;
        uint32_t v = p.nanos / (digits_shown == 3 ? 1000000 : digits_shown == 6 ? 1000 : 1);

        *at++ = '.';
        at = put(at, v, digits_shown);
    }
    *at++ = 'Z';
    return (size_t)(at - dst);
}

bool time_ago(struct span text, int64_t now_ns, int64_t *ns)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };
    uint64_t n;

    if (text.n == 0)
        return false;
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (text.p[text.n - 1] != units[i].unit)
            continue;
        if (!num_u64((struct span){ text.p, text.n - 1 }, 36500ULL * 86400, &n) ||
            (int64_t)n > 36500LL * 86400 / units[i].seconds)
            return false;
        *ns = now_ns - (int64_t)n * units[i].seconds * TIME_SECOND;
        return true;
    }
    return time_parse(text, now_ns, ns);
}
