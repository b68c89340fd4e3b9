/*
 * Goal: every form of a time in time.h is read as what it means, and nothing else is; instants,
 * parts and texts agree. Method: rows, each read at a guard page and cut at every byte; the
 * calendar against a walk over every day of 1678 to 2261.
 */
#include "check.h"
#include "guard.h"

#include "base/time.h"

#define REFERENCE "2026-03-01T10:00:00Z" /* for the rows without a year */

static const struct {
    const char *text, *want; /* as time_put() writes it; NULL: no time */
} forms[] = {
    /* ISO 8601 */
    { "2025-11-27T07:40:10.165324Z", "2025-11-27T07:40:10.165324Z" },
    { "2025-11-27T07:40:10Z", "2025-11-27T07:40:10Z" },
    { "2025-11-27 07:40:10", "2025-11-27T07:40:10Z" },
    { "2025-11-27_07:40:10", "2025-11-27T07:40:10Z" },
    { "2025-11-27t07:40:10z", "2025-11-27T07:40:10Z" },
    { "2025/11/27 07:40:10", "2025-11-27T07:40:10Z" },
    { "2025-1-2 07:40:10", "2025-01-02T07:40:10Z" },
    { "2025-11-27", "2025-11-27T00:00:00Z" },
    { " 2025-11-27 ", "2025-11-27T00:00:00Z" },
    { "2025-11-27T07:40", "2025-11-27T07:40:00Z" },
    { "20251127T074010Z", "2025-11-27T07:40:10Z" },
    { "2025-11-27T07:40:10,5Z", "2025-11-27T07:40:10.500Z" },
    { "2025-11-27T07:40:10.123456789Z", "2025-11-27T07:40:10.123456789Z" },
    { "2025-11-27T07:40:10.1234567899Z", "2025-11-27T07:40:10.123456789Z" },
    { "2025-11-27T07:40:10+07:00", "2025-11-27T00:40:10Z" },
    { "2025-11-27T07:40:10 +0700", "2025-11-27T00:40:10Z" },
    { "2025-11-27T07:40:10+07", "2025-11-27T00:40:10Z" },
    { "2025-11-27T07:40:10-00:30", "2025-11-27T08:10:10Z" },
    { "2025-12-31T23:30:00-01:00", "2026-01-01T00:30:00Z" },
    { "2024-02-29", "2024-02-29T00:00:00Z" },
    { "2000-02-29", "2000-02-29T00:00:00Z" },
    { "2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999999Z" },
    { "1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z" },
    { "1678-01-01", "1678-01-01T00:00:00Z" },
    { "2261-12-31T23:59:59Z", "2261-12-31T23:59:59Z" },
    { "1677-12-31", NULL },
    { "2262-01-01", NULL },
    { "2025-02-29", NULL },
    { "1900-02-29", NULL },
    { "2025-04-31", NULL },
    { "2025-13-01", NULL },
    { "2025-00-01", NULL },
    { "2025-01-00", NULL },
    { "2025-11/27", NULL },
    { "2025-11-27T24:00:00Z", NULL },
    { "2025-11-27T07:60:00Z", NULL },
    { "2025-11-27T07:40:61Z", NULL },
    { "2025-11-27T07:40:10.Z", NULL },
    { "2025-11-27T07:40:10+16:00", NULL },
    { "2025-11-27T07:40:10+07:60", NULL },
    { "2025-11-27T07:40:10X", NULL },
    { "2025-11-27x", NULL },
    { "20251127", "1970-08-23T09:18:47Z" }, /* eight digits alone are seconds */
    /* epoch */
    { "1596695000", "2020-08-06T06:23:20Z" },
    { "1596695000.123", "2020-08-06T06:23:20.123Z" },
    { "1596695000.123456789", "2020-08-06T06:23:20.123456789Z" },
    { "1596695000123", "2020-08-06T06:23:20.123Z" },
    { "1596695000123456", "2020-08-06T06:23:20.123456Z" },
    { "1596695000123456789", "2020-08-06T06:23:20.123456789Z" },
    { "132411686001234567", "2020-08-06T06:23:20.123456700Z" }, /* FILETIME */
    { "1234567", NULL },
    { "1596695000.", NULL },
    { "99999999999999999999", NULL },
    { "9300000000000000000", NULL },
    /* syslog */
    { "Oct 11 22:14:15", "2025-10-11T22:14:15Z" },
    { "Oct  1 22:14:15.123", "2025-10-01T22:14:15.123Z" },
    { "oct 11 22:14:15", "2025-10-11T22:14:15Z" },
    { "Oct 11 2024 22:14:15", "2024-10-11T22:14:15Z" },
    { "Oct 11 22:14:15 2024", "2024-10-11T22:14:15Z" },
    { "Oct 11, 2024 22:14:15", "2024-10-11T22:14:15Z" },
    { "Mar  1 10:00:00", "2026-03-01T10:00:00Z" },
    { "Mar  2 09:59:59", "2026-03-02T09:59:59Z" }, /* less than a day ahead: this year */
    { "Mar  2 10:00:01", "2025-03-02T10:00:01Z" }, /* more: last year */
    { "Dec 31 23:59:59", "2025-12-31T23:59:59Z" },
    { "Feb 29 00:00:00", "2024-02-29T00:00:00Z" },
    { "Feb 30 00:00:00", NULL },
    { "Okt 11 22:14:15", NULL },
    { "Oct 11", NULL },
    { "Oct", NULL },
    { "Oc", NULL },
    /* access log */
    { "10/Oct/2000:13:55:36 -0700", "2000-10-10T20:55:36Z" },
    { "1/Oct/2000:13:55:36 +0000", "2000-10-01T13:55:36Z" },
    { "32/Oct/2000:13:55:36 -0700", NULL },
    { "10/Oct/2000", NULL },
    /* US */
    { "8/14/2025 3:04:05 PM", "2025-08-14T15:04:05Z" },
    { "8/14/2025 3:04:05 am", "2025-08-14T03:04:05Z" },
    { "8/14/2025 12:04:05 AM", "2025-08-14T00:04:05Z" },
    { "8/14/2025 12:04:05 PM", "2025-08-14T12:04:05Z" },
    { "08/14/2025 15:04:05", "2025-08-14T15:04:05Z" },
    { "8/14/2025 13:04:05 PM", NULL },
    { "8/14/2025 0:04:05 AM", NULL },
    { "14/8/2025 3:04:05 PM", NULL },
    { "8/14/2025 3:04:05 XM", NULL },
    { "8/14/2025 3:04:05 P", NULL },
    /* RFC 2822 and ctime */
    { "Fri, 09 May 2025 10:11:12 +0000", "2025-05-09T10:11:12Z" },
    { "Fri, 9 May 2025 10:11:12 GMT", "2025-05-09T10:11:12Z" },
    { "09 May 2025 10:11:12 +0700", "2025-05-09T03:11:12Z" },
    { "Fri May  9 10:11:12 2025", "2025-05-09T10:11:12Z" },
    { "Fri, 31 Apr 2025 10:11:12 +0000", NULL },
    /* none of them */
    { "", NULL },
    { " ", NULL },
    { "-", NULL },
    { "0", NULL },
    { "now", NULL },
    { "2025", NULL },
    { "12:00:00", NULL },
    { "2025-11-27T07:40:10Z and then far more than any time has, for a text is no time", NULL },
};

static int64_t reference(void)
{
    int64_t ns;

    assert_true(time_parse(SPAN_LIT(REFERENCE), 0, &ns));
    return ns;
}

static void reads_every_form(void **state)
{
    int64_t now = reference();
    struct guard g;

    (void)state;
    guard_init(&g, 128);
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        uint8_t text[TIME_TEXT_MAX];
        int64_t ns;
        bool read = time_parse(guard_put(&g, span_of(forms[i].text)), now, &ns);

        CHECK_ROW(forms[i].text, read == (forms[i].want != NULL));
        if (read)
            check_span(forms[i].text, (struct span){ text, time_put(text, ns) }, forms[i].want);
    }
    guard_release(&g);
}

/* What is left of a time is another time or none, never a crash; its parts are in their ranges. */
static void reads_every_cut(void **state)
{
    struct guard g;

    (void)state;
    guard_init(&g, 128);
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct span whole = span_of(forms[i].text);

        for (size_t n = 0; n <= whole.n; n++) {
            struct time_parts p;

            if (!time_read(guard_put(&g, (struct span){ whole.p, n }), &p))
                continue;
            CHECK_ROW(forms[i].text, p.month >= 1 && p.month <= 12 && p.day >= 1 && p.day <= 31);
            CHECK_ROW(forms[i].text, p.hour < 24 && p.minute < 60 && p.second < 60);
            CHECK_ROW(forms[i].text, p.nanos < 1000000000 && (p.has_year || p.year == 0));
        }
    }
    guard_release(&g);
}

static void keeps_the_parts_as_written(void **state)
{
    struct time_parts p;

    (void)state;
    assert_true(time_read(SPAN_LIT("2025-11-27T23:40:10.5-03:30"), &p));
    assert_true(p.has_year && p.year == 2025 && p.month == 11 && p.day == 27);
    assert_true(p.hour == 23 && p.minute == 40 && p.second == 10 && p.nanos == 500000000);
    assert_int_equal(p.offset, -(3 * 3600 + 30 * 60));
    assert_true(time_read(SPAN_LIT("Oct 11 22:14:15"), &p));
    assert_true(!p.has_year && p.year == 0 && p.month == 10 && p.day == 11);
    assert_true(time_read(SPAN_LIT("1596695000"), &p));
    assert_true(p.has_year && p.year == 2020 && p.hour == 6 && p.offset == 0);
}

static const struct {
    const char *text, *now, *want; /* NULL: no such instant */
} years[] = {
    { "Jan  1 00:00:00", "2025-12-31T12:00:00Z", "2026-01-01T00:00:00Z" },
    { "Dec 31 23:59:59", "2026-01-01T00:00:10Z", "2025-12-31T23:59:59Z" },
    { "Feb 29 12:00:00", "2025-03-01T00:00:00Z", "2024-02-29T12:00:00Z" },
    { "Feb 29 12:00:00", "1904-01-01T00:00:00Z", "1896-02-29T12:00:00Z" },
    { "Oct 11 00:00:00", "1678-01-01T00:00:00Z", NULL },
};

static void gives_a_time_without_a_year_the_nearest(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(years); i++) {
        uint8_t text[TIME_TEXT_MAX];
        int64_t now, ns;
        bool read;

        assert_true(time_parse(span_of(years[i].now), 0, &now));
        read = time_parse(span_of(years[i].text), now, &ns);
        CHECK_ROW(years[i].text, read == (years[i].want != NULL));
        if (read)
            check_span(years[i].text, (struct span){ text, time_put(text, ns) }, years[i].want);
    }
}

static void next_day(struct time_parts *p)
{
    static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (p->year % 4 == 0 && p->year % 100 != 0) || p->year % 400 == 0;
    unsigned last = p->month == 2 && leap ? 29 : days[p->month - 1];

    if (p->day < last) {
        p->day++;
        return;
    }
    p->day = 1;
    p->month = (uint8_t)(p->month % 12 + 1);
    p->year += p->month == 1;
}

static void knows_the_calendar(void **state)
{
    struct time_parts p = { .year = 1678, .month = 1, .day = 1 };
    int64_t first = time_days(1678, 1, 1);
    unsigned weekday = time_weekday(first);

    (void)state;
    assert_int_equal(time_days(1970, 1, 1), 0);
    assert_int_equal(time_weekday(0), 3); /* a Thursday */
    for (int64_t d = first; p.year < 2262; d++, next_day(&p), weekday = (weekday + 1) % 7) {
        struct time_parts back = { 0 };

        time_date(d, &back);
        if (time_days(p.year, p.month, p.day) != d || back.year != p.year ||
            back.month != p.month || back.day != p.day || time_weekday(d) != weekday)
            fail_msg("%d-%d-%d", p.year, p.month, p.day);
    }
}

static const struct {
    const char *date;
    unsigned week;
} weeks[] = {
    { "2026-01-01", 1 },  { "2025-12-29", 1 },  { "2025-12-28", 52 },
    { "2021-01-03", 53 }, { "2021-01-04", 1 },  { "2020-12-31", 53 },
    { "2024-12-30", 1 },  { "2027-01-01", 53 }, { "2016-02-29", 9 },
};

static void numbers_weeks_as_iso_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(weeks); i++) {
        struct time_parts p;

        CHECK_ROW(weeks[i].date, time_read(span_of(weeks[i].date), &p));
        CHECK_ROW(weeks[i].date, time_week(&p) == weeks[i].week);
    }
}

static void splits_and_writes_what_reads_back(void **state)
{
    static const int64_t instants[] = { 0,         1,           -1,
                                        999999999, -1000000000, 1596695000123456789,
                                        1000,      1000000,     253402300 * TIME_SECOND };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(instants); i++) {
        uint8_t text[TIME_TEXT_MAX];
        struct time_parts p;
        int64_t back = 0;

        time_split(instants[i], &p);
        assert_true(time_ns(&p, 0, &back) && back == instants[i]);
        assert_true(time_parse((struct span){ text, time_put(text, instants[i]) }, 0, &back));
        assert_true(back == instants[i]);
    }
}

static void converts_filetime(void **state)
{
    int64_t ns;

    (void)state;
    assert_true(time_from_filetime(116444736000000000ull, &ns) && ns == 0);
    assert_true(time_from_filetime(116444736000000001ull, &ns) && ns == 100);
    assert_true(time_from_filetime(116444735999999999ull, &ns) && ns == -100);
    assert_false(time_from_filetime(0, &ns)); /* 1601 is before what 64 bits of ns hold */
    assert_false(time_from_filetime(UINT64_MAX, &ns));
    assert_false(time_from_filetime(INT64_MAX, &ns));
}

static void since_is_a_time_or_so_long_ago(void **state)
{
    static const struct {
        const char *text;
        bool good;
        int64_t ago;
    } rows[] = {
        { "90s", true, 90 },
        { "15m", true, 900 },
        { "2h", true, 7200 },
        { "7d", true, 604800 },
        { "1w", true, 604800 },
        { "0s", true, 0 },
        { "36500d", true, 36500 * 86400LL },
        { "36501d", false, 0 },
        { "99999999999999999999s", false, 0 },
        { "-1s", false, 0 },
        { "s", false, 0 },
        { "", false, 0 },
        { "1y", false, 0 },
        { "1.5h", false, 0 },
        { "2026-03-01T09:59:00Z", true, 60 },
        { "2026-03-01T16:59:00+07:00", true, 60 },
        { "1772359140", true, 60 },
    };
    const int64_t now = 1772359200 * TIME_SECOND; /* 2026-03-01T10:00:00Z */

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t ns = -1;

        CHECK_ROW(rows[i].text, time_ago(span_of(rows[i].text), now, &ns) == rows[i].good);
        if (rows[i].good && now - ns != rows[i].ago * TIME_SECOND)
            fail_msg("'%s': %lld s ago", rows[i].text, (long long)((now - ns) / TIME_SECOND));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_form),
        cmocka_unit_test(since_is_a_time_or_so_long_ago),
        cmocka_unit_test(reads_every_cut),
        cmocka_unit_test(keeps_the_parts_as_written),
        cmocka_unit_test(gives_a_time_without_a_year_the_nearest),
        cmocka_unit_test(knows_the_calendar),
        cmocka_unit_test(numbers_weeks_as_iso_does),
        cmocka_unit_test(splits_and_writes_what_reads_back),
        cmocka_unit_test(converts_filetime),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
