/*
 * Goal: no text out of a log can break the JSON, CSV or terminal line that it is put into.
 * Method: rows a language; every text is also put cut at every byte, against a guard page.
 */
#include "check.h"
#include "guard.h"

#include "base/utf.h"
#include "scan/put.h"

static const struct {
    const char *text, *json, *csv;
} rows[] = {
    { "", "\"\"", "" },
    { "plain", "\"plain\"", "plain" },
    { "a\"b\\c", "\"a\\\"b\\\\c\"", "\"a\"\"b\\c\"" },
    { "\n\r\t\b\f\1", "\"\\n\\r\\t\\b\\f\\u0001\"", "\"\n\r\t\b\f\1\"" },
    { "Đăng nhập", "\"Đăng nhập\"", "Đăng nhập" },
    { "a\xFFz", "\"a\xEF\xBF\xBDz\"", "\"a\xEF\xBF\xBDz\"" },
    { "a,b", "\"a,b\"", "\"a,b\"" },
    { "=cmd()", "\"=cmd()\"", "\"'=cmd()\"" },
    { "</script>", "\"</script>\"", "</script>" },
};

static void each_language_has_its_escapes(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 4096);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        buf_clear(&b);
        put_json_text(&b, span_of(rows[i].text));
        check_span(rows[i].text, buf_span(&b), rows[i].json);
        buf_clear(&b);
        put_csv_text(&b, span_of(rows[i].text));
        check_span(rows[i].text, buf_span(&b), rows[i].csv);
    }
    buf_release(&b);
}

static void any_cut_of_any_text_stays_utf8_and_within_its_input(void **state)
{
    struct guard g;
    struct buf b;

    (void)state;
    guard_init(&g, 256);
    buf_init(&b, 65536);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (size_t n = 0; n <= strlen(rows[i].text); n++) {
            struct span cut = guard_put(&g, (struct span){ (const uint8_t *)rows[i].text, n });

            buf_clear(&b);
            put_json_text(&b, cut);
            CHECK_ROW(rows[i].text, utf8_valid(buf_span(&b)));
            put_csv_text(&b, cut);
            put_column(&b, cut, 3, true);
            CHECK_ROW(rows[i].text, utf8_valid(buf_span(&b)));
        }
    }
    buf_release(&b);
    guard_release(&g);
}

static const struct {
    const char *text;
    size_t width;
    bool pad;
    const char *want;
} columns[] = {
    { "abc", 5, true, "abc  " },     { "abc", 3, true, "abc" },
    { "abcd", 3, true, "ab…" },      { "abcd", 3, false, "ab…" },
    { "", 2, true, "  " },           { "abc", 0, false, "" },
    { "a\033[31mb", 9, false, "a·[31mb" },
    { "漢字", 3, true, "漢…" },      { "漢字", 4, true, "漢字" },
    { "nhập", 4, true, "nhập" },     { "a\nb", 4, true, "a·b " },
};

static void columns_are_cut_padded_and_harmless(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 4096);
    for (size_t i = 0; i < COUNT_OF(columns); i++) {
        buf_clear(&b);
        put_column(&b, span_of(columns[i].text), columns[i].width, columns[i].pad);
        check_span(columns[i].text, buf_span(&b), columns[i].want);
    }
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_language_has_its_escapes),
        cmocka_unit_test(any_cut_of_any_text_stays_utf8_and_within_its_input),
        cmocka_unit_test(columns_are_cut_padded_and_harmless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
