/*
 * Goal: names get small numbers, once each; names that differ in case and blanks alone share a
 * group; what nobody asked for has neither. Method: a few names by hand, then many, against an
 * array.
 */
#include "../check.h"

#include "base/limits.h"
#include "event/names.h"

static uint32_t add(struct names *n, const char *name)
{
    return names_add(n, span_of(name));
}

static void gives_each_name_one_number(void **state)
{
    struct names n;
    struct err e;
    uint32_t image, lower;

    (void)state;
    assert_int_equal(names_init(&n, &e), ERR_OK);
    image = add(&n, "Image");
    lower = add(&n, "image");
    assert_true(image != 0 && lower != 0 && image != lower);
    assert_int_equal(add(&n, "Image"), image);
    assert_true(names_freeze(&n));
    assert_int_equal(names_find(&n, SPAN_LIT("Image")), image);
    assert_int_equal(names_find(&n, SPAN_LIT("IMAGE")), 0);
    assert_int_equal(names_find(&n, SPAN_LIT("")), 0);
    names_release(&n);
}

static const struct {
    const char *a, *b;
    bool same;
} groups[] = {
    { "Image", "IMAGE", true },
    { "New Value", "NewValue", true },
    { "New Value", "new\tvalue", true },
    { "a.b", "A.B", true },
    { "a.b", "ab", false },
    { "a_b", "ab", false },
    { "\xC3\x84", "\xC3\xA4", false }, /* only ASCII folds */
};

static void folds_case_and_blanks(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(groups); i++) {
        struct names n;
        uint32_t a, b;

        assert_int_equal(names_init(&n, NULL), ERR_OK);
        a = add(&n, groups[i].a);
        b = add(&n, groups[i].b);
        assert_true(names_freeze(&n));
        CHECK_ROW(groups[i].a, (names_group(&n, a) == names_group(&n, b)) == groups[i].same);
        CHECK_ROW(groups[i].a, names_find_group(&n, span_of(groups[i].b)) == names_group(&n, b));
        CHECK_ROW(groups[i].a, names_find_group(&n, SPAN_LIT("other")) == 0);
        names_release(&n);
    }
}

static void group_0_belongs_to_nobody(void **state)
{
    struct names n;

    (void)state;
    assert_int_equal(names_init(&n, NULL), ERR_OK);
    for (unsigned i = 0; i < 100; i++)
        assert_true(names_add(&n, (struct span){ (const uint8_t *)"abcdefghij" + i % 10, 1 }) != 0);
    assert_true(names_freeze(&n));
    assert_int_equal(names_group(&n, 0), 0);
    for (uint32_t id = 1; id < n.count; id++)
        assert_true(names_group(&n, id) != 0 && names_group(&n, id) < n.group_count);
    assert_int_equal(n.count, 11);
    names_release(&n);
}

static void holds_many_names(void **state)
{
    struct names n;
    char text[32];

    (void)state;
    assert_int_equal(names_init(&n, NULL), ERR_OK);
    for (uint32_t i = 0; i < 20000; i++) {
        (void)snprintf(text, sizeof(text), "%s%u", i % 2 == 0 ? "Field" : "fIELD", i / 2);
        assert_int_equal(add(&n, text), i + 1);
    }
    assert_true(names_freeze(&n));
    assert_int_equal(n.group_count, 10001);
    for (uint32_t i = 0; i < 20000; i++) {
        (void)snprintf(text, sizeof(text), "%s%u", i % 2 == 0 ? "Field" : "fIELD", i / 2);
        assert_int_equal(names_find(&n, span_of(text)), i + 1);
        check_span(text, n.text[i + 1], text);
        (void)snprintf(text, sizeof(text), "fi eld%u", i / 2);
        assert_int_equal(names_find_group(&n, span_of(text)), names_group(&n, i + 1));
    }
    names_release(&n);
}

/* A name longer than any that is named has no group, however it is cut. */
static void a_name_that_is_too_long_has_no_group(void **state)
{
    static uint8_t text[LIMIT_NAME_BYTES + 1];
    struct names n;

    (void)state;
    memset(text, 'a', sizeof(text));
    assert_int_equal(names_init(&n, NULL), ERR_OK);
    assert_true(names_add(&n, (struct span){ text, LIMIT_NAME_BYTES }) != 0);
    assert_true(names_freeze(&n));
    assert_true(names_find_group(&n, (struct span){ text, LIMIT_NAME_BYTES }) != 0);
    assert_int_equal(names_find_group(&n, (struct span){ text, LIMIT_NAME_BYTES + 1 }), 0);
    names_release(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_each_name_one_number),
        cmocka_unit_test(folds_case_and_blanks),
        cmocka_unit_test(group_0_belongs_to_nobody),
        cmocka_unit_test(holds_many_names),
        cmocka_unit_test(a_name_that_is_too_long_has_no_group),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
