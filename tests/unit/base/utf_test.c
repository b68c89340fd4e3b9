/*
 * Goal: well-formed text passes, every malformed sequence becomes U+FFFD, nothing is read past the
 * end. Method: rows of UTF-8; UTF-16 against a guard page at every cut.
 */
#include "check.h"
#include "guard.h"

#include "base/utf.h"

static const struct {
    const char *name, *text;
    uint32_t cp;
    size_t used;
} rows[] = {
    { "ascii", "a", 'a', 1 },
    { "two", "\xc3\xa9", 0xE9, 2 },
    { "three", "\xe1\xba\xbf", 0x1EBF, 3 },
    { "four", "\xf0\x9f\x98\x80", 0x1F600, 4 },
    { "cut", "\xe1\xba", UTF_BAD, 1 },
    { "lone tail", "\x80", UTF_BAD, 1 },
    { "overlong two", "\xc0\xaf", UTF_BAD, 1 },
    { "overlong three", "\xe0\x80\xaf", UTF_BAD, 1 },
    { "surrogate", "\xed\xa0\x80", UTF_BAD, 1 },
    { "beyond", "\xf4\x90\x80\x80", UTF_BAD, 1 },
    { "five bytes", "\xf8\x88\x80\x80\x80", UTF_BAD, 1 },
};

static void reads_utf8(void **state)
{
    struct guard g;

    (void)state;
    guard_init(&g, 64);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t used = 0;
        uint32_t cp = utf8_get(guard_put(&g, span_of(rows[i].text)), &used);
        uint8_t back[4];

        CHECK_ROW(rows[i].name, cp == rows[i].cp && used == rows[i].used);
        if (cp != UTF_BAD) {
            CHECK_ROW(rows[i].name, utf8_put(back, cp) == used);
            CHECK_ROW(rows[i].name, memcmp(back, rows[i].text, used) == 0);
        }
        CHECK_ROW(rows[i].name, utf8_valid(span_of(rows[i].text)) == (cp != UTF_BAD));
    }
    guard_release(&g);
}

static void reads_utf16_at_every_cut(void **state)
{
    /* "C:\Windows\System32\" é 😀 and a lone surrogate */
    static const uint16_t units[] = { 'C', ':', '\\', 'W',  'i',    'n',    'd',    'o',
                                      'w', 's', '\\', 'S',  'y',    's',    't',    'e',
                                      'm', '3', '2',  0xE9, 0xD83D, 0xDE00, 0xD800, 'x' };
    static const char want[] = "C:\\Windows\\System32\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbdx";
    struct span in = { (const uint8_t *)units, sizeof(units) };
    uint8_t out[256];
    struct guard g;

    (void)state;
    guard_init(&g, 256);
    check_span("whole", (struct span){ out, utf16_to_utf8(in, out) }, want);
    for (size_t n = 0; n <= in.n; n++) {
        size_t got = utf16_to_utf8(guard_put(&g, (struct span){ in.p, n }), out);

        assert_true(got <= utf16_room(n));
        assert_true(utf8_valid((struct span){ out, got }));
    }
    guard_release(&g);
}

static void finds_wide_bytes_anywhere(void **state)
{
    uint8_t text[40];

    (void)state;
    for (size_t n = 0; n < sizeof(text); n++) {
        memset(text, 'a', sizeof(text));
        assert_false(utf8_has_wide((struct span){ text, n }));
        for (size_t i = 0; i < n; i++) {
            text[i] = 0x80;
            assert_true(utf8_has_wide((struct span){ text, n }));
            text[i] = 'a';
        }
    }
}

static const struct {
    const char *text;
    size_t max, bytes;
} cut_rows[] = {
    { "", 0, 0 },
    { "abc", 3, 3 },
    { "abc", 2, 2 },
    { "abc", 0, 0 },
    { "\xc3\xa9", 1, 0 },
    { "a\xc3\xa9z", 2, 1 },
    { "a\xc3\xa9z", 3, 3 },
    { "a\xf0\x9f\x98\x80z", 4, 1 },
    { "a\xf0\x9f\x98\x80z", 5, 5 },
    { "a\x80\x80\x80\x80\x80", 5, 5 },
};

static void cuts_between_characters(void **state)
{
    struct guard g;

    (void)state;
    guard_init(&g, 64);
    for (size_t i = 0; i < COUNT_OF(cut_rows); i++) {
        struct span text = guard_put(&g, span_of(cut_rows[i].text));
        struct span cut = utf8_cut(text, cut_rows[i].max);

        CHECK_ROW(cut_rows[i].text, cut.p == text.p && cut.n == cut_rows[i].bytes);
    }
    guard_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_utf8),
        cmocka_unit_test(reads_utf16_at_every_cut),
        cmocka_unit_test(finds_wide_bytes_anywhere),
        cmocka_unit_test(cuts_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
