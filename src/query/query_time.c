/*
 * query_time.c - see query_time.h: a row for each way to say a time.
 */
#include "query/query_time.h"

#include "base/ascii.h"
#include "base/num.h"
#include "base/time.h"

#define DAY_S    86400LL
#define DAYS_MAX 366u

static const struct unit {
    char letter;
    int64_t seconds;
} units[] = { { 'w', 7 * DAY_S }, { 'd', DAY_S }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };

static bool seconds_of(struct span text, uint64_t max, int64_t *seconds)
{
    uint64_t n;

    if (text.n < 2 || !num_u64((struct span){ text.p, text.n - 1 }, max, &n))
        return false;
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (ascii_lower(text.p[text.n - 1]) == (uint8_t)units[i].letter) {
            *seconds = (int64_t)n * units[i].seconds;
            return true;
        }
    }
    return false;
}

bool query_span(struct span text, int64_t *ns)
{
    int64_t s;

    if (!seconds_of(text, DAYS_MAX * (uint64_t)DAY_S, &s) || s == 0 ||
        s > (int64_t)DAYS_MAX * DAY_S)
        return false;
    *ns = s * TIME_SECOND;
    return true;
}

void query_span_print(int64_t ns, struct buf *out)
{
    int64_t s = ns / TIME_SECOND;

    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (s % units[i].seconds == 0) {
            buf_fmt(out, "%lld%c", (long long)(s / units[i].seconds), units[i].letter);
            return;
        }
    }
}

/* --- instants ------------------------------------------------------------------------------- */

static bool day_of(const struct query_clock *clock, int64_t days_ago, struct time_parts *p)
{
    int64_t local = clock->now_ns - days_ago * DAY_S * TIME_SECOND;

    if (__builtin_add_overflow(local, clock->offset_s * TIME_SECOND, &local))
        return false;
    time_split(local, p);
    p->hour = p->minute = p->second = 0;
    p->nanos = 0;
    p->offset = clock->offset_s;
    p->has_year = true;
    return true;
}

static bool whole_day(const struct time_parts *p, int64_t *from, int64_t *until)
{
    return time_ns(p, 0, from) && !__builtin_add_overflow(*from, DAY_S * TIME_SECOND, until);
}

static bool moment(const struct time_parts *p, int64_t *from, int64_t *until)
{
    if (!time_ns(p, 0, from))
        return false;
    *until = *from;
    return true;
}

typedef bool time_form(struct span text, const struct query_clock *clock, int64_t *from,
                       int64_t *until);

static bool by_name(struct span text, const struct query_clock *clock, int64_t *from,
                    int64_t *until)
{
    struct time_parts p;

    if (span_eq_nocase(text, SPAN_LIT("now"))) {
        *from = *until = clock->now_ns;
        return true;
    }
    if (span_eq_nocase(text, SPAN_LIT("today")))
        return day_of(clock, 0, &p) && whole_day(&p, from, until);
    return span_eq_nocase(text, SPAN_LIT("yesterday")) && day_of(clock, 1, &p) &&
           whole_day(&p, from, until);
}

static bool ago(struct span text, const struct query_clock *clock, int64_t *from, int64_t *until)
{
    int64_t s;

    if (text.n < 3 || text.p[0] != '-' || !seconds_of(span_from(text, 1), UINT32_MAX, &s) ||
        __builtin_mul_overflow(s, TIME_SECOND, &s) ||
        __builtin_sub_overflow(clock->now_ns, s, from))
        return false;
    *until = *from;
    return true;
}

/* A number of so many digits, and the byte behind it. */
static bool take_number(struct span *s, size_t digits_min, size_t digits_max, char end, int *out)
{
    size_t n = 0;
    uint64_t v;

    while (n < s->n && n < digits_max && ascii_is_digit(s->p[n]))
        n++;
    if (n < digits_min || !num_u64((struct span){ s->p, n }, 9999, &v))
        return false;
    *out = (int)v;
    *s = span_from(*s, n);
    if (end == 0)
        return true;
    if (s->n == 0 || s->p[0] != (uint8_t)end)
        return false;
    *s = span_from(*s, 1);
    return true;
}

/* hh:mm or hh:mm:ss, all of the text. */
static bool read_clock(struct span s, struct time_parts *p)
{
    int h, m, sec = 0;

    if (!take_number(&s, 1, 2, ':', &h) || !take_number(&s, 2, 2, 0, &m))
        return false;
    if (s.n > 0) {
        if (s.p[0] != ':')
            return false;
        s = span_from(s, 1);
        if (!take_number(&s, 2, 2, 0, &sec))
            return false;
    }
    if (s.n > 0 || h > 23 || m > 59 || sec > 59)
        return false;
    p->hour = (uint8_t)h;
    p->minute = (uint8_t)m;
    p->second = (uint8_t)sec;
    return true;
}

static bool clock_today(struct span text, const struct query_clock *clock, int64_t *from,
                        int64_t *until)
{
    struct time_parts p;

    return day_of(clock, 0, &p) && read_clock(text, &p) && moment(&p, from, until);
}

/* There is such a day: 31 February is 3 March to time_days(). */
static bool is_date(const struct time_parts *p)
{
    struct time_parts same;

    if (p->month < 1 || p->month > 12)
        return false;
    time_date(time_days(p->year, p->month, p->day), &same);
    return same.year == p->year && same.month == p->month && same.day == p->day;
}

static bool vietnamese(struct span text, const struct query_clock *clock, int64_t *from,
                       int64_t *until)
{
    struct time_parts p = { .offset = clock->offset_s, .has_year = true };
    int day, month, year;

    if (!take_number(&text, 1, 2, '/', &day) || !take_number(&text, 1, 2, '/', &month) ||
        !take_number(&text, 4, 4, 0, &year) || month > 12 || day > 31)
        return false;
    p.year = year;
    p.month = (uint8_t)month;
    p.day = (uint8_t)day;
    if (!is_date(&p))
        return false;
    if (text.n == 0)
        return whole_day(&p, from, until);
    if (text.p[0] != ' ' && ascii_lower(text.p[0]) != 't')
        return false;
    return read_clock(span_trim(span_from(text, 1)), &p) && moment(&p, from, until);
}

/* Does an ISO time say its zone? The date has ten bytes. */
static bool has_zone(struct span text)
{
    struct span clock = span_from(text, 10);

    return clock.n > 0 && (ascii_lower(clock.p[clock.n - 1]) == 'z' ||
                           span_find(clock, '+') < clock.n || span_find(clock, '-') < clock.n);
}

static bool iso(struct span text, const struct query_clock *clock, int64_t *from, int64_t *until)
{
    struct time_parts p;

    if (text.n < 10 || text.p[4] != '-' || text.p[7] != '-' || !time_read(text, &p) || !p.has_year)
        return false;
    if (!has_zone(text))
        p.offset = clock->offset_s;
    return text.n == 10 ? whole_day(&p, from, until) : moment(&p, from, until);
}

bool query_time(struct span text, const struct query_clock *clock, int64_t *from, int64_t *until)
{
    static time_form *const forms[] = { by_name, ago, vietnamese, iso, clock_today };

    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        if (forms[i](text, clock, from, until))
            return true;
    }
    return false;
}
