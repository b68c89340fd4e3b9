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

/* One character after the other, as RFC 8259 has it. */
static void slow_json(struct buf *out, struct span s)
{
    buf_byte(out, '"');
    while (s.n > 0) {
        uint8_t bytes[4];
        size_t n;
        uint32_t cp = utf8_get(s, &n);
        const char *named = cp < 128 && cp > 0 ? strchr("\"\"\\\\\nn\rr\tt\bb\ff", (int)cp) : NULL;

        if (named != NULL && (cp < 0x20 || cp == '"' || cp == '\\'))
            buf_fmt(out, "\\%c", named[1]);
        else if (cp < 0x20 || cp == 0x7f)
            buf_fmt(out, "\\u%04x", (unsigned)cp);
        else
            buf_add(out, (struct span){ bytes, utf8_put(bytes, cp) });
        s = span_from(s, n);
    }
    buf_byte(out, '"');
}

static void every_byte_at_every_place_is_escaped_as_the_slow_way_does(void **state)
{
    struct guard g;
    struct buf fast, slow;

    (void)state;
    guard_init(&g, 64);
    buf_init(&fast, 4096);
    buf_init(&slow, 4096);
    for (unsigned i = 0; i < 20 * 256 * 3; i++) {
        uint8_t text[20];
        struct span s;

        memset(text, "a~ "[i % 3], sizeof(text));
        text[i / 3 % 20] = (uint8_t)(i / 60);
        s = guard_put(&g, (struct span){ text, sizeof(text) });
        buf_clear(&fast);
        buf_clear(&slow);
        put_json_text(&fast, s);
        slow_json(&slow, s);
        assert_true(span_eq(buf_span(&fast), buf_span(&slow)));
    }
    buf_release(&fast);
    buf_release(&slow);
    guard_release(&g);
}

static const struct {
    const char *text;
    size_t width;
    bool pad;
    const char *want;
} columns[] = {
    { "abc", 5, true, "abc  " },           { "abc", 3, true, "abc" },   { "abcd", 3, true, "ab…" },
    { "abcd", 3, false, "ab…" },           { "", 2, true, "  " },       { "abc", 0, false, "" },
    { "a\033[31mb", 9, false, "a·[31mb" }, { "漢字", 3, true, "漢…" },  { "漢字", 4, true, "漢字" },
    { "nhập", 4, true, "nhập" },           { "a\nb", 4, true, "a·b " },
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

static void the_caret_stands_below_the_fault(void **state)
{
    static const char text[] = "tên:漢 and (";
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    put_caret(&out, span_of(text), sizeof(text) - 1, "Here.");
    check_span("caret", buf_span(&out), "  tên:漢 and (\n              ^ Here.\n");
    buf_clear(&out);
    put_caret(&out, SPAN_LIT("a\033[2J"), 99, "End.");
    check_span("no control", buf_span(&out), "  a·[2J\n       ^ End.\n");
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_language_has_its_escapes),
        cmocka_unit_test(every_byte_at_every_place_is_escaped_as_the_slow_way_does),
        cmocka_unit_test(any_cut_of_any_text_stays_utf8_and_within_its_input),
        cmocka_unit_test(columns_are_cut_padded_and_harmless),
        cmocka_unit_test(the_caret_stands_below_the_fault),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
