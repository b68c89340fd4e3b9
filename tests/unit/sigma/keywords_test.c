/*
 * Goal: what a scan of the raw record answers for, and what it does not, value by value.
 * Method: rows. That nothing is lost is shown by tests/rules/keywords.case, with both evaluators.
 */
#include "check.h"

#include "sigma/keywords.h"

static const struct escape_row {
    const char *raw; /* ends behind the byte that may be escaped */
    bool escape;
} escape_rows[] = {
    { "\\u", true },         { "a\\u", true }, { "\\\\u", false },  { "\\\\\\u", true },
    { "x\\\\\\\\u", false }, { "\\/", true },  { "a\\\\/", false },
};

static void a_backslash_that_is_escaped_escapes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(escape_rows); i++) {
        struct span raw = span_of(escape_rows[i].raw);

        CHECK_ROW(escape_rows[i].raw, keywords_is_escape(raw, raw.n) == escape_rows[i].escape);
    }
}

static const struct value_row {
    const char *name;
    uint16_t kind;
    bool inside, escapes;         /* the value lies in the raw record; that has escapes */
    bool skipped, skipped_digits; /* no keyword; none though some are made of digits */
    bool covered;
} value_rows[] = {
    { "text", REC_TEXT, true, false, false, false, true },
    { "text that came from elsewhere", REC_TEXT, false, false, false, false, false },
    { "text with escapes around", REC_TEXT, true, true, false, false, true },
    { "escaped text", REC_JSON, true, false, false, false, true },
    { "escaped text, odd escapes", REC_JSON, true, true, false, false, false },
    { "entities", REC_XML, true, false, false, false, false },
    { "UTF-16", REC_UTF16, true, false, false, false, false },
    { "hex of an audit record", REC_HEX, true, false, false, false, false },
    { "a number", REC_NUMBER, true, false, true, false, false },
    { "an integer", REC_U32, true, false, true, false, false },
    { "a GUID", REC_GUID, true, false, true, false, false },
    { "true", REC_TRUE, true, false, false, false, true },
    { "a Windows truth", REC_BOOL32, true, false, false, false, false },
    { "null", REC_NONE, true, false, true, true, false },
    { "a group", REC_GROUP, true, false, true, true, false },
};

static void values_are_covered_or_looked_at(void **state)
{
    static const uint8_t bytes[32];
    const struct span raw = { bytes, 16 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(value_rows); i++) {
        const struct value_row *r = &value_rows[i];
        struct rec_field f = { .value = bytes + (r->inside ? 4 : 20),
                               .value_bytes = 8,
                               .kind = r->kind };
        struct keywords words = { .digits = false }, digits = { .digits = true };

        CHECK_ROW(r->name, keywords_skips(&words, &f) == r->skipped);
        CHECK_ROW(r->name, keywords_skips(&digits, &f) == r->skipped_digits);
        CHECK_ROW(r->name, keywords_covers(raw, r->escapes, &f) == r->covered);
        f.value = bytes + 12; /* reaches over the end of what was scanned */
        CHECK_ROW(r->name, !keywords_covers(raw, r->escapes, &f));
    }
}

static const struct digits_row {
    const char *keyword;
    bool fits; /* may stand in a number or the like */
} digits_rows[] = {
    { "4625", true },     { "0x3e7", true },      { "x3e7", true },     { "deadbeef", true },
    { "s-1-5", true },    { "-1-5-18", true },    { "27t07:40", true }, { "t07", true },
    { "10.165z", true },  { "{5770385f-", true }, { "inf", true },      { "nan", true },
    { "1e+30", true },    { "1.5", true },        { "0", true },        { "kiwi", false },
    { "sad", false },     { "as-1", false },      { "fax", false },     { "data", false },
    { "0x3e7-g", false }, { "z1", false },        { "infant", false },  { "a b", false },
};

static void numbers_have_few_letters(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(digits_rows); i++) {
        struct literal l = { .text = span_of(digits_rows[i].keyword) };
        struct field_index fi = { .literals = &l, .literal_count = 1 };

        CHECK_ROW(digits_rows[i].keyword, keywords_with_digits(&fi) == digits_rows[i].fits);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_backslash_that_is_escaped_escapes_nothing),
        cmocka_unit_test(values_are_covered_or_looked_at),
        cmocka_unit_test(numbers_have_few_letters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
