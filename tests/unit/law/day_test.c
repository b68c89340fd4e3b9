/*
 * Goal: days, working days, terms and periods are those of the calendar, over weekends, swaps, Tết,
 * ends of years and the zone. Method: rows against the calendar that ships; working days against a
 * count that goes day by day; periods against each other: halves make the year.
 */
#include "law_sample.h"

static struct law *law;

static int open_law(void **state)
{
    struct err e = { 0 };

    (void)state;
    if (law_open(&law, LAW_FOLDER, &e) != ERR_OK)
        fail_msg("%s", e.why);
    return 0;
}

static int close_law(void **state)
{
    (void)state;
    law_free(&law);
    return 0;
}

static int32_t day_of(const char *text)
{
    int32_t day;

    if (!law_day_read(span_of(text), &day))
        fail_msg("'%s' is no day", text);
    return day;
}

static void check_day(const char *row, int32_t got, const char *want)
{
    char text[12];

    law_day_put(got, text);
    if (strcmp(text, want) != 0)
        fail_msg("row '%s': got %s, want %s", row, text, want);
}

static void a_day_begins_at_midnight_here(void **state)
{
    static const struct {
        const char *at, *day;
    } rows[] = {
        { "2026-06-30T16:59:59Z", "2026-06-30" }, { "2026-06-30T17:00:00Z", "2026-07-01" },
        { "2026-12-31T17:00:00Z", "2027-01-01" }, { "2028-02-28T17:00:00Z", "2028-02-29" },
        { "1969-12-31T16:59:59Z", "1969-12-31" }, { "1969-12-31T17:00:00Z", "1970-01-01" },
        { "1969-12-30T17:00:00Z", "1969-12-31" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        check_day(rows[i].at, law_day(ns_of(rows[i].at)), rows[i].day);
        assert_int_equal(law_day(law_day_begin(day_of(rows[i].day))), day_of(rows[i].day));
        assert_int_equal(law_day(law_day_begin(day_of(rows[i].day)) - 1), day_of(rows[i].day) - 1);
    }
    /* The ends of what a time can be are days, too. */
    assert_true(law_day(INT64_MIN) < law_day(INT64_MAX));
}

static void some_days_are_worked(void **state)
{
    static const struct {
        const char *day;
        bool works, known;
    } rows[] = {
        { "2026-11-27", true, true },   { "2026-11-28", false, true },
        { "2026-11-29", false, true },  { "2026-02-13", true, true },
        { "2026-02-16", false, true },  { "2026-02-20", false, true },
        { "2026-02-23", true, true },   { "2026-08-22", true, true },
        { "2026-08-31", false, true },  { "2026-09-02", false, true },
        { "2026-09-03", true, true },   { "2026-01-10", true, true },
        { "2024-04-29", false, true },  { "2024-05-04", true, true },
        { "2028-12-29", true, true },   { "2029-01-01", true, false },
        { "2029-01-06", false, false }, { "2023-12-29", true, false },
        { "2024-01-01", false, true },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bool known;

        CHECK_ROW(rows[i].day, law_is_working(law, day_of(rows[i].day), &known) == rows[i].works);
        CHECK_ROW(rows[i].day, known == rows[i].known);
    }
}

static void working_days_are_counted(void **state)
{
    static const struct {
        const char *from;
        uint32_t count;
        const char *to;
        bool known;
    } rows[] = {
        { "2026-11-24", 0, "2026-11-24", true },
        { "2026-11-24", 1, "2026-11-25", true },
        { "2026-11-27", 1, "2026-11-30", true }, /* a weekend */
        { "2026-11-28", 1, "2026-11-30", true },
        { "2026-02-13", 1, "2026-02-23", true }, /* Tết */
        { "2026-02-12", 5, "2026-02-26", true },
        { "2026-08-21", 1, "2026-08-22", true },  /* a Saturday that is worked */
        { "2026-08-28", 1, "2026-09-03", true },  /* 2/9 with its swap */
        { "2026-12-30", 2, "2027-01-04", true },  /* the year's end */
        { "2026-04-24", 5, "2026-05-06", true },  /* Hùng Kings, 30/4, 1/5 */
        { "2028-12-29", 1, "2029-01-01", false }, /* behind the calendar */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bool known;

        check_day(rows[i].from,
                  law_working_days_after(law, day_of(rows[i].from), rows[i].count, &known),
                  rows[i].to);
        CHECK_ROW(rows[i].from, known == rows[i].known);
    }
}

/* The slow way: of the days between, as many are worked; the last one is. */
static void working_days_are_those_between(void **state)
{
    (void)state;
    for (int32_t day = day_of("2024-01-01"); day < day_of("2028-11-01"); day += 3) {
        for (uint32_t count = 1; count <= 25; count += 4) {
            int32_t to = law_working_days_after(law, day, count, NULL);
            uint32_t worked = 0;

            for (int32_t d = day + 1; d <= to; d++)
                worked += law_is_working(law, d, NULL);
            if (worked != count || !law_is_working(law, to, NULL))
                fail_msg("day %d and %u: %d has %u", day, count, to, worked);
        }
    }
}

static void terms_end(void **state)
{
    static const struct {
        const char *from;
        struct law_after after;
        const char *to;
    } rows[] = {
        { "2026-11-24T03:00:00+07:00", { 0, LAW_HOURS }, "2026-11-24T03:00:00" },
        { "2026-11-24T03:00:00+07:00", { 72, LAW_HOURS }, "2026-11-27T03:00:00" },
        { "2026-12-31T23:00:00+07:00", { 24, LAW_HOURS }, "2027-01-01T23:00:00" },
        { "2026-02-13T15:00:00+07:00", { 72, LAW_HOURS }, "2026-02-16T15:00:00" }, /* also at Tết */
        { "2026-11-24T03:00:00+07:00", { 5, LAW_DAYS }, "2026-11-29T23:59:59" },
        { "2026-11-24T00:00:00+07:00", { 1, LAW_DAYS }, "2026-11-25T23:59:59" },
        { "2026-11-23T23:59:59+07:00", { 1, LAW_DAYS }, "2026-11-24T23:59:59" },
        { "2026-12-31T20:00:00Z", { 1, LAW_DAYS }, "2027-01-02T23:59:59" },
        { "2026-02-13T15:00:00+07:00", { 1, LAW_WORKING_DAYS }, "2026-02-23T23:59:59" },
        { "2026-01-31T10:00:00+07:00", { 1, LAW_MONTHS }, "2026-02-28T23:59:59" },
        { "2027-12-31T10:00:00+07:00", { 2, LAW_MONTHS }, "2028-02-29T23:59:59" },
        { "2026-12-15T10:00:00+07:00", { 24, LAW_MONTHS }, "2028-12-15T23:59:59" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_time(rows[i].from, law_term_end(law, ns_of(rows[i].from), rows[i].after, NULL),
                   rows[i].to);
    assert_int_equal(law_term_end(law, INT64_MAX - 1, (struct law_after){ 9999, LAW_HOURS }, NULL),
                     INT64_MAX);
    (void)law_term_end(law, INT64_MAX, (struct law_after){ 9999, LAW_WORKING_DAYS }, NULL);
    (void)law_term_end(law, INT64_MAX, (struct law_after){ 9999, LAW_MONTHS }, NULL);
}

static void periods_are_half_open(void **state)
{
    static const struct {
        enum law_rule rule;
        const char *which, *from, *to;
    } rows[] = {
        { LAW_RULE_DAY15, "H1", "2025-12-15T00:00:00", "2026-06-15T00:00:00" },
        { LAW_RULE_DAY15, "H2", "2026-06-15T00:00:00", "2026-12-15T00:00:00" },
        { LAW_RULE_DAY15, "Y", "2025-12-15T00:00:00", "2026-12-15T00:00:00" },
        { LAW_RULE_DAY15, "9M", "2025-12-15T00:00:00", "2026-09-15T00:00:00" },
        { LAW_RULE_DAY15, "Q1", "2025-12-15T00:00:00", "2026-03-15T00:00:00" },
        { LAW_RULE_DAY15, "Q4", "2026-09-15T00:00:00", "2026-12-15T00:00:00" },
        { LAW_RULE_DAY15, "M1", "2025-12-15T00:00:00", "2026-01-15T00:00:00" },
        { LAW_RULE_DAY15, "M12", "2026-11-15T00:00:00", "2026-12-15T00:00:00" },
        { LAW_RULE_CALENDAR, "H1", "2026-01-01T00:00:00", "2026-07-01T00:00:00" },
        { LAW_RULE_CALENDAR, "H2", "2026-07-01T00:00:00", "2027-01-01T00:00:00" },
        { LAW_RULE_CALENDAR, "M2", "2026-02-01T00:00:00", "2026-03-01T00:00:00" },
        { LAW_RULE_CALENDAR, "Y", "2026-01-01T00:00:00", "2027-01-01T00:00:00" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        enum law_which which;
        struct law_period p;

        assert_true(law_which_find(span_of(rows[i].which), &which));
        p = law_period(rows[i].rule, 2026, which);
        check_time(rows[i].which, p.from_ns, rows[i].from);
        check_time(rows[i].which, p.to_ns, rows[i].to);
    }
}

/* Flow counts of the parts add up to that of the whole: no instant is missed, none counted twice.
 */
static void parts_make_the_whole(void **state)
{
    static const enum law_which parts[][2] = { { LAW_PERIOD_M1, LAW_PERIOD_M12 },
                                               { LAW_PERIOD_Q1, LAW_PERIOD_Q4 },
                                               { LAW_PERIOD_H1, LAW_PERIOD_H2 } };

    (void)state;
    for (int32_t year = 2015; year < 2040; year++) {
        for (int rule = 0; rule < 2; rule++) {
            struct law_period whole = law_period((enum law_rule)rule, year, LAW_PERIOD_Y);

            for (size_t i = 0; i < COUNT_OF(parts); i++) {
                int64_t at = whole.from_ns;

                for (int w = (int)parts[i][0]; w <= (int)parts[i][1]; w++) {
                    struct law_period p = law_period((enum law_rule)rule, year, (enum law_which)w);

                    assert_true(p.from_ns == at && p.to_ns > p.from_ns);
                    at = p.to_ns;
                }
                assert_true(at == whole.to_ns);
            }
            assert_true(law_period((enum law_rule)rule, year + 1, LAW_PERIOD_Y).from_ns ==
                        whole.to_ns);
        }
    }
}

static void reports_are_due(void **state)
{
    static const struct {
        const char *profile, *regime, *which, *due;
    } rows[] = {
        { "2026", "level_report", "Y", "2026-12-19T23:59:59" },
        { "2026", "level_report_bca", "Y", "2026-12-24T23:59:59" },
        { "2026", "half_year", "H1", "2026-06-16T23:59:59" },
        { "2026", "half_year", "Y", "2026-12-16T23:59:59" },
        { "2026", "half_year_calendar", "H2", "2027-01-08T23:59:59" }, /* 01/01 is no working day */
        { "2026", "month", "M2", "2026-02-24T23:59:59" },              /* behind Tết */
        { "2016", "tt20_report", "H1", "2026-06-19T23:59:59" },
        { "2016", "tt20_report", "Y", "2026-12-14T23:59:59" },
    };
    int64_t ns;
    struct err e;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct law_profile *p = law_profile_find(law, span_of(rows[i].profile));
        const struct law_regime *r = law_regime_find(p, span_of(rows[i].regime));
        enum law_which which;
        bool known;

        assert_true(law_which_find(span_of(rows[i].which), &which));
        assert_int_equal(law_report_due(law, r, 2026, which, &ns, &known, &e), ERR_OK);
        check_time(rows[i].regime, ns, rows[i].due);
        assert_true(known);
    }
    assert_int_equal(law_report_due(law, &law_profile(law, 1)->regimes.row[0], 2026, LAW_PERIOD_H1,
                                    &ns, NULL, &e),
                     ERR_NOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_begins_at_midnight_here),
        cmocka_unit_test(some_days_are_worked),
        cmocka_unit_test(working_days_are_counted),
        cmocka_unit_test(working_days_are_those_between),
        cmocka_unit_test(terms_end),
        cmocka_unit_test(periods_are_half_open),
        cmocka_unit_test(parts_make_the_whole),
        cmocka_unit_test(reports_are_due),
    };

    return cmocka_run_group_tests(tests, open_law, close_law);
}
