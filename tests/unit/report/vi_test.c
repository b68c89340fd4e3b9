/*
 * Goal: numbers, dates, numerals and letters are written as Decree 30/2020 and practice have them.
 * Method: rows of what goes in and what must come out; the letters beside a list written by hand.
 */
#include "check.h"

#include "report/vi.h"

static struct buf out;

static void check(const char *row, const char *want)
{
    check_span(row, buf_span(&out), want);
    buf_clear(&out);
}

static void test_whole_numbers_are_grouped_by_points(void **state)
{
    static const struct {
        int64_t v;
        const char *number, *count, *money;
    } rows[] = {
        { 0, "0", "00", "0 đồng" },
        { 5, "5", "05", "5 đồng" },
        { 10, "10", "10", "10 đồng" },
        { 999, "999", "999", "999 đồng" },
        { 1000, "1.000", "1.000", "1.000 đồng" },
        { -1234567, "-1.234.567", "-1.234.567", "-1.234.567 đồng" },
        { 1250000, "1.250.000", "1.250.000", "1.250.000 đồng" },
        { 12500000, "12.500.000", "12.500.000", "12,5 triệu đồng" },
        { 12500001, "12.500.001", "12.500.001", "12.500.001 đồng" },
        { 1250000000, "1.250.000.000", "1.250.000.000", "1,25 tỷ đồng" },
        { INT64_MIN, "-9.223.372.036.854.775.808", "-9.223.372.036.854.775.808",
          "-9.223.372.036.854.775.808 đồng" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        vi_int(&out, rows[i].v);
        check("number", rows[i].number);
        vi_count(&out, rows[i].v);
        check("count", rows[i].count);
        vi_money(&out, rows[i].v);
        check("money", rows[i].money);
    }
}

static void test_decimals_have_a_comma(void **state)
{
    static const struct {
        double v;
        unsigned digits;
        const char *want;
    } rows[] = {
        { 12.5, 2, "12,5" }, { 1234.567, 2, "1.234,57" }, { 3, 3, "3" },
        { 100, 0, "100" },   { 0.005, 2, "0,01" },        { -0.5, 1, "-0,5" },
        { -0.001, 2, "0" },  { 999.999, 2, "1.000" },     { 1e15, 1, "1.000.000.000.000.000" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        vi_decimal(&out, rows[i].v, rows[i].digits);
        check(rows[i].want, rows[i].want);
    }
    vi_percent(&out, 12.5);
    check("percent", "12,5%");
}

static void test_numerals_and_letters(void **state)
{
    static const char letters[] = "abcdđeghiklmnopqrstuvxy"; /* no f, j, w, z */
    static const struct {
        uint32_t v;
        const char *want;
    } rows[] = { { 1, "I" },   { 4, "IV" },     { 9, "IX" },         { 14, "XIV" },
                 { 40, "XL" }, { 90, "XC" },    { 1994, "MCMXCIV" }, { 3999, "MMMCMXCIX" },
                 { 0, "0" },   { 4000, "4000" } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        vi_roman(&out, rows[i].v);
        check(rows[i].want, rows[i].want);
    }
    for (uint32_t i = 1; i <= 23; i++)
        vi_letter(&out, i);
    check("letters", letters);
    vi_letter(&out, 24);
    check("after y", "aa");
}

static void test_times_are_shown_here(void **state)
{
    static const struct {
        const char *in, *date, *day, *datetime, *weekday, *quarter;
    } rows[] = {
        { "2026-01-05", "ngày 05 tháng 01 năm 2026", "05/01/2026",
          "00 giờ 00 phút, ngày 05/01/2026", "thứ Hai", "Quý I/2026" },
        { "2026-03-09", "ngày 09 tháng 3 năm 2026", "09/3/2026", "00 giờ 00 phút, ngày 09/3/2026",
          "thứ Hai", "Quý I/2026" },
        { "2024-06-08T08:30:00+07:00", "ngày 08 tháng 6 năm 2024", "08/6/2024",
          "08 giờ 30 phút, ngày 08/6/2024", "thứ Bảy", "Quý II/2024" },
        { "2026-12-31T18:05:00Z", "ngày 01 tháng 01 năm 2027", "01/01/2027",
          "01 giờ 05 phút, ngày 01/01/2027", "thứ Sáu", "Quý I/2027" },
        { "2026-11-22T23:59:00", "ngày 22 tháng 11 năm 2026", "22/11/2026",
          "23 giờ 59 phút, ngày 22/11/2026", "Chủ nhật", "Quý IV/2026" },
    };
    struct time_parts t;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK_ROW(rows[i].in, vi_read(span_of(rows[i].in), &t));
        vi_date(&out, &t);
        check(rows[i].in, rows[i].date);
        vi_day(&out, &t);
        check(rows[i].in, rows[i].day);
        vi_datetime(&out, &t);
        check(rows[i].in, rows[i].datetime);
        vi_weekday(&out, &t);
        check(rows[i].in, rows[i].weekday);
        vi_quarter(&out, &t);
        check(rows[i].in, rows[i].quarter);
    }
    vi_week(&out, &t);
    check("week", "tuần 47 (từ ngày 16/11/2026 đến ngày 22/11/2026)");
}

static void test_what_is_no_time_is_refused(void **state)
{
    static const char *const rows[] = { "", "hôm nay", "2026-13-01", "2026-02-30",
                                        "Oct 11 22:14:15" };
    struct time_parts t;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK_ROW(rows[i], !vi_read(span_of(rows[i]), &t));
}

static void test_capitals_of_vietnamese_letters(void **state)
{
    (void)state;
    vi_upper(&out, SPAN_LIT("Sở Khoa học, đề nghị ươm ỹ 1"));
    check("upper", "SỞ KHOA HỌC, ĐỀ NGHỊ ƯƠM Ỹ 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_numbers_are_grouped_by_points),
        cmocka_unit_test(test_decimals_have_a_comma),
        cmocka_unit_test(test_numerals_and_letters),
        cmocka_unit_test(test_times_are_shown_here),
        cmocka_unit_test(test_what_is_no_time_is_refused),
        cmocka_unit_test(test_capitals_of_vietnamese_letters),
    };
    int rc;

    buf_init(&out, 65536);
    rc = cmocka_run_group_tests_name("report/vi", tests, NULL, NULL);
    buf_release(&out);
    return rc;
}
