/*
 * Goal: numbers are read whole or not at all, within their range, and written so that they read
 * back. Method: rows; every accepted text is also read against a guard page.
 */
#include "check.h"
#include "guard.h"

#include "base/num.h"

static const struct {
    const char *text;
    bool ok;
    int64_t want;
} ints[] = {
    { "0", true, 0 },
    { "-0", true, 0 },
    { "42", true, 42 },
    { "-42", true, -42 },
    { "9223372036854775807", true, INT64_MAX },
    { "-9223372036854775808", true, INT64_MIN },
    { "9223372036854775808", false, 0 },
    { "-9223372036854775809", false, 0 },
    { "", false, 0 },
    { "-", false, 0 },
    { "+1", false, 0 },
    { "1 ", false, 0 },
    { "0x10", false, 0 },
    { "99999999999999999999", false, 0 },
};

static void reads_integers(void **state)
{
    struct guard g;

    (void)state;
    guard_init(&g, 64);
    for (size_t i = 0; i < COUNT_OF(ints); i++) {
        int64_t v = 1;
        bool ok = num_i64(guard_put(&g, span_of(ints[i].text)), &v);

        CHECK_ROW(ints[i].text, ok == ints[i].ok);
        CHECK_ROW(ints[i].text, !ok || v == ints[i].want);
    }
    guard_release(&g);
}

static const struct {
    const char *text;
    bool ok;
    double want;
} doubles[] = {
    { "0", true, 0 },      { "1.5", true, 1.5 }, { "-2e3", true, -2000 }, { ".5", true, .5 },
    { "5.", true, 5 },     { "007", true, 7 },   { "+3", true, 3 },       { "1e-2", true, .01 },
    { "1e400", false, 0 }, { "", false, 0 },     { ".", false, 0 },       { "e5", false, 0 },
    { "1e", false, 0 },    { "nan", false, 0 },  { "inf", false, 0 },     { "0x1p3", false, 0 },
    { "1_000", false, 0 }, { "1,5", false, 0 },
};

static const struct {
    const char *a, *b;
    int want; /* -1, 0, 1; 2: no numbers */
} orders[] = {
    { "1", "1", 0 },
    { "1", "2", -1 },
    { "-1", "1", -1 },
    { "-1", "-2", 1 },
    { "0", "-0", 0 },
    { "0", "-1", 1 },
    { "-0.0", "0e9", 0 },
    { "10", "1e1", 0 },
    { "0.1", ".10", 0 },
    { "5.", "5", 0 },
    { "007", "7", 0 },
    { "12.5", "12.50001", -1 },
    { "1e3", "999.9", 1 },
    { "0.001", "1e-3", 0 },
    { "100", "20", 1 },
    { "9007199254740993", "9007199254740992", 1 },
    { "0.1", "0.1000000000000000055511151231257827", -1 },
    { "1e400", "1", 2 },
    { "x", "1", 2 },
    { "", "1", 2 },
    { "1e-400", "0", 1 },
    { "1e-400", "1e-401", 1 },
    { "1e", "1", 2 },
};

static void compares_exactly(void **state)
{
    struct guard g;

    (void)state;
    guard_init(&g, 64);
    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        struct span b = span_of(orders[i].b);
        int there = 2, back = 2;

        if (num_cmp(guard_put(&g, span_of(orders[i].a)), b, &there))
            CHECK_ROW(orders[i].a, num_cmp(b, span_of(orders[i].a), &back) && back == -there);
        CHECK_ROW(orders[i].a, (there > 0   ? there == 2 ? 2 : 1
                                : there < 0 ? -1
                                            : 0) == orders[i].want);
    }
    guard_release(&g);
}

static void reads_decimals(void **state)
{
    struct guard g;

    (void)state;
    guard_init(&g, 64);
    for (size_t i = 0; i < COUNT_OF(doubles); i++) {
        double v = 0;
        bool ok = num_double(guard_put(&g, span_of(doubles[i].text)), &v);

        CHECK_ROW(doubles[i].text, ok == doubles[i].ok);
        CHECK_ROW(doubles[i].text, !ok || (v >= doubles[i].want && v <= doubles[i].want));
    }
    guard_release(&g);
}

static void reads_hex(void **state)
{
    uint64_t v;

    (void)state;
    assert_true(num_hex(SPAN_LIT("0x3e7"), &v) && v == 0x3e7);
    assert_true(num_hex(SPAN_LIT("FFFFFFFFFFFFFFFF"), &v) && v == UINT64_MAX);
    assert_false(num_hex(SPAN_LIT("0x"), &v));
    assert_false(num_hex(SPAN_LIT("12345678901234567"), &v));
    assert_false(num_hex(SPAN_LIT("xyz"), &v));
}

static void writes_what_reads_back(void **state)
{
    static const double values[] = {
        0, 1, -1, 4688, 0.1, 1e15, 123456789012345678.0, 1e300, -2.5, 1e-7, 3.141592653589793
    };
    uint8_t text[32];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        double back = 0;
        size_t n = num_put_double(text, values[i]);

        assert_true(num_double((struct span){ text, n }, &back));
        assert_true(back >= values[i] && back <= values[i]);
    }
    check_span("whole", (struct span){ text, num_put_double(text, 4688) }, "4688");
    check_span("tenth", (struct span){ text, num_put_double(text, .1) }, "0.1");
    check_span("least", (struct span){ text, num_put_i64(text, INT64_MIN) },
               "-9223372036854775808");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_integers),         cmocka_unit_test(reads_decimals),
        cmocka_unit_test(compares_exactly),       cmocka_unit_test(reads_hex),
        cmocka_unit_test(writes_what_reads_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
