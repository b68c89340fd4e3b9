/*
 * vi.c - numbers and dates in words and digits of Vietnamese documents.
 */
#include "report/vi.h"

#include <math.h>
#include <stdio.h>
#include <utf8proc.h>

#include "base/num.h"
#include "base/utf.h"

/* Decimal digits with a point before each group of three. */
static void put_groups(struct buf *to, const char *digits, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            buf_byte(to, '.');
        buf_byte(to, (uint8_t)digits[i]);
    }
}

void vi_int(struct buf *to, int64_t v)
{
    uint8_t text[24];
    size_t n = num_put_i64(text, v), sign = v < 0 ? 1 : 0;

    if (v < 0)
        buf_byte(to, '-');
    put_groups(to, (const char *)text + sign, n - sign);
}

void vi_count(struct buf *to, int64_t v)
{
    if (v >= 0 && v < 10)
        buf_byte(to, '0');
    vi_int(to, v);
}

void vi_decimal(struct buf *to, double v, unsigned digits)
{
    char text[400];
    size_t n, whole;
    int len;

    MUST(digits <= 6);
    len = snprintf(text, sizeof(text), "%.*f", (int)digits, fabs(v));
    MUST(len > 0 && (size_t)len < sizeof(text));
    n = (size_t)len;
    whole = span_find(span_of(text), '.');
    while (n > whole && (text[n - 1] == '0' || text[n - 1] == '.'))
        n--; /* zeros at the end, and the point when nothing is left behind it */
    if (v < 0 && !(n == 1 && text[0] == '0'))
        buf_byte(to, '-');
    put_groups(to, text, n < whole ? n : whole);
    if (n > whole) {
        buf_byte(to, ',');
        buf_add(to, (struct span){ (const uint8_t *)text + whole + 1, n - whole - 1 });
    }
}

void vi_percent(struct buf *to, double v)
{
    vi_decimal(to, v, 2);
    buf_byte(to, '%');
}

void vi_money(struct buf *to, int64_t dong)
{
    static const struct unit {
        int64_t from, each, exact;
        const char *name;
    } units[] = {
        { 1000000000, 1000000000, 1000000, " tỷ đồng" },
        { 10000000, 1000000, 1000, " triệu đồng" },
    };

    for (size_t i = 0; i < COUNT_OF(units); i++) {
        const struct unit *u = &units[i];

        if (dong >= u->from && dong % u->exact == 0) {
            vi_decimal(to, (double)dong / (double)u->each, 3);
            buf_text(to, u->name);
            return;
        }
    }
    vi_int(to, dong);
    buf_text(to, " đồng");
}

void vi_roman(struct buf *to, uint32_t v)
{
    static const struct {
        uint32_t value;
        const char *text;
    } signs[] = { { 1000, "M" }, { 900, "CM" }, { 500, "D" }, { 400, "CD" }, { 100, "C" },
                  { 90, "XC" },  { 50, "L" },   { 40, "XL" }, { 10, "X" },   { 9, "IX" },
                  { 5, "V" },    { 4, "IV" },   { 1, "I" } };

    if (v == 0 || v > 3999) {
        buf_fmt(to, "%u", v);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        for (; v >= signs[i].value; v -= signs[i].value)
            buf_text(to, signs[i].text);
    }
}

void vi_letter(struct buf *to, uint32_t v)
{
    static const char *const letters[] = { "a", "b", "c", "d", "đ", "e", "g", "h",
                                           "i", "k", "l", "m", "n", "o", "p", "q",
                                           "r", "s", "t", "u", "v", "x", "y" };

    MUST(v > 0);
    for (uint32_t i = 0; i <= (v - 1) / COUNT_OF(letters) && i < 8; i++)
        buf_text(to, letters[(v - 1) % COUNT_OF(letters)]);
}

/* The text names its zone: Z, or an offset behind the time. */
static bool has_zone(struct span s)
{
    size_t t = span_find(s, ':');

    for (size_t i = t; i < s.n; i++) {
        if (s.p[i] == 'Z' || s.p[i] == '+' || s.p[i] == '-')
            return true;
    }
    return false;
}

bool vi_read(struct span s, struct time_parts *here)
{
    int64_t ns;

    s = span_trim(s);
    if (!time_read(s, here) || !here->has_year)
        return false;
    if (span_find(s, ':') == s.n && span_find(s, '-') < s.n)
        return true; /* a date alone: that day */
    if (span_find(s, '-') < s.n && !has_zone(s))
        return true;
    if (!time_ns(here, 0, &ns))
        return false;
    time_split(ns + VI_OFFSET_S * TIME_SECOND, here);
    return true;
}

static void put_month(struct buf *to, unsigned month)
{
    buf_fmt(to, month < 3 ? "%02u" : "%u", month);
}

void vi_date(struct buf *to, const struct time_parts *t)
{
    buf_fmt(to, "ngày %02u tháng ", t->day);
    put_month(to, t->month);
    buf_fmt(to, " năm %d", t->year);
}

void vi_day(struct buf *to, const struct time_parts *t)
{
    buf_fmt(to, "%02u/", t->day);
    put_month(to, t->month);
    buf_fmt(to, "/%d", t->year);
}

void vi_time(struct buf *to, const struct time_parts *t)
{
    buf_fmt(to, "%02u:%02u", t->hour, t->minute);
}

void vi_datetime(struct buf *to, const struct time_parts *t)
{
    buf_fmt(to, "%02u giờ %02u phút, ngày ", t->hour, t->minute);
    vi_day(to, t);
}

void vi_weekday(struct buf *to, const struct time_parts *t)
{
    static const char *const names[] = { "thứ Hai", "thứ Ba",  "thứ Tư",  "thứ Năm",
                                         "thứ Sáu", "thứ Bảy", "Chủ nhật" };

    buf_text(to, names[time_weekday(time_days(t->year, t->month, t->day))]);
}

void vi_month(struct buf *to, const struct time_parts *t)
{
    buf_text(to, "tháng ");
    put_month(to, t->month);
    buf_fmt(to, "/%d", t->year);
}

void vi_quarter(struct buf *to, const struct time_parts *t)
{
    buf_text(to, "Quý ");
    vi_roman(to, (t->month - 1u) / 3 + 1);
    buf_fmt(to, "/%d", t->year);
}

void vi_week(struct buf *to, const struct time_parts *t)
{
    int64_t days = time_days(t->year, t->month, t->day), monday = days - time_weekday(days);
    struct time_parts edge = { 0 };

    buf_fmt(to, "tuần %02u (từ ngày ", time_week(t));
    time_date(monday, &edge);
    vi_day(to, &edge);
    buf_text(to, " đến ngày ");
    time_date(monday + 6, &edge);
    vi_day(to, &edge);
    buf_byte(to, ')');
}

void vi_upper(struct buf *to, struct span s)
{
    uint8_t text[4];

    while (s.n > 0) {
        size_t used;
        uint32_t cp = utf8_get(s, &used);

        buf_add(to, (struct span){
                        text, utf8_put(text, (uint32_t)utf8proc_toupper((utf8proc_int32_t)cp)) });
        s = span_from(s, used);
    }
}
