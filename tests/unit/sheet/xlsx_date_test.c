/*
 * Goal: a number is a date when its format shows a day or a time, and then the right one.
 * Method: rows of format codes and numbers; days there and back over the whole range; styles.
 */
#include "check.h"

#include "sheet/xlsx_date.h"

static const struct {
    const char *code;
    bool is_date;
} codes[] = {
    { "General", false },
    { "general;-general", false },
    { "", false },
    { "0", false },
    { "0.00", false },
    { "#,##0.00 \"đ\"", false },
    { "#,##0\\ \\d", false },
    { "0.00E+00", false },
    { "@", false },
    { "\"ngày\" 0", false },
    { "[Red]0", false },
    { "[$-42A]dd/mm/yyyy", true },
    { "[$-1010000]d/m/yyyy;@", true },
    { "dd/mm/yyyy", true },
    { "DD\\-MM\\-YYYY", true },
    { "\"ngày\" dd \"tháng\" mm \"năm\" yyyy", true },
    { "h:mm AM/PM", true },
    { "mm:ss.0", true },
    { "[h]:mm:ss", false },
    { "[mm]:ss", false },
    { "[Red]d", true },
    { "[hello]d", true },
    { "_(* #,##0_);_(* \\(#,##0\\);_(* \"-\"_);_(@_)", false },
    { "0;d", false },
    { "\"unclosed d", false },
    { "\\", false },
    { "[", false },
    { "[h", false },
};

static void test_codes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        CHECK_ROW(codes[i].code, xlsx_code_is_date(span_of(codes[i].code)) == codes[i].is_date);
}

static const struct {
    double serial;
    bool since_1904;
    int64_t days; /* INT64_MIN: none */
    uint32_t seconds;
} dates[] = {
    { 0, false, -25568, 0 },
    { 1, false, -25567, 0 },
    { 59, false, -25509, 0 },
    { 60, false, INT64_MIN, 0 },
    { 60.99, false, INT64_MIN, 0 },
    { 61, false, -25508, 0 },
    { 25569, false, 0, 0 },
    { 25569.999999, false, 1, 0 },
    { 45658.354166666664, false, 20089, 30600 },
    { 2958465, false, 2932896, 0 },
    { 2958466, false, INT64_MIN, 0 },
    { -0.5, false, INT64_MIN, 0 },
    { 1e300, false, INT64_MIN, 0 },
    { 0, true, -24107, 0 },
    { 60, true, -24047, 0 },
    { 24107, true, 0, 0 },
};

static void test_dates(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(dates); i++) {
        int64_t days = 0;
        uint32_t seconds = 0;
        bool is = xlsx_date(dates[i].serial, dates[i].since_1904, &days, &seconds);

        if (is != (dates[i].days != INT64_MIN) ||
            (is && (days != dates[i].days || seconds != dates[i].seconds)))
            fail_msg("row %zu: %d %lld %u", i, is, (long long)days, seconds);
    }
}

static void test_each_day_and_second_comes_back(void **state)
{
    (void)state;
    for (int64_t day = XLSX_DAYS_FIRST; day <= 2932896; day += 7) {
        int64_t days;
        uint32_t seconds, second = (uint32_t)((day + 30000) * 7919 % 86400);

        assert_true(xlsx_date(xlsx_serial(day, second), false, &days, &seconds));
        assert_true(days == day && seconds == second);
    }
}

static void test_styles_go_by_their_formats(void **state)
{
    struct arena mem;
    struct xlsx_formats f;
    static const uint32_t ids[] = { 0, 14, 22, 46, 47, 49, 57, 164, 165, 13, 70000 };
    static const bool want[] = { false, true, true,  false, true, false,
                                 true,  true, false, true,  false };

    (void)state;
    arena_init(&mem, 1 << 20);
    assert_int_equal(xlsx_formats_init(&f, &mem, NULL), ERR_OK);
    xlsx_format_add(&f, 164, SPAN_LIT("yyyy"));
    xlsx_format_add(&f, 165, SPAN_LIT("0"));
    xlsx_format_add(&f, 13, SPAN_LIT("d")); /* a book may say what a number means */
    xlsx_format_add(&f, 70000, SPAN_LIT("d"));
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        xlsx_style_add(&f, ids[i]);
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        if (xlsx_style_is_date(&f, (uint32_t)i) != want[i])
            fail_msg("format %u", ids[i]);
    }
    assert_false(xlsx_style_is_date(&f, COUNT_OF(ids)));
    for (uint32_t i = 0; i < XLSX_STYLES_MAX * 2; i++)
        xlsx_style_add(&f, 14);
    assert_false(xlsx_style_is_date(&f, XLSX_STYLES_MAX));
    arena_release(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_each_day_and_second_comes_back),
        cmocka_unit_test(test_styles_go_by_their_formats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
