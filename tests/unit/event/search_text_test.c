/*
 * Goal: texts that people hold for the same are folded to the same; the words and edges of the
 * folded text are what the header says; the text of every field of a record is in its search text,
 * from word edge to word edge.
 * Method: rows; every code point there is; escapes against the JSON reader's own decoding; random
 * texts folded whole and in pieces, before an unmapped page; the samples of tests/taxonomy, line by
 * line and whole, in which each field's text is looked for in the slowest way.
 */
#include "../check.h"

#include <glob.h>
#include <stdlib.h>

#include "../guard.h"
#include "base/utf.h"
#include "event/search_text.h"
#include "scan/records.h"

#define TEXT_MAX ((size_t)64 << 20)

static struct span folded(struct buf *b, struct span in, bool json)
{
    buf_clear(b);
    search_fold_add(in, json, b);
    assert_false(buf_failed(b));
    return buf_span(b);
}

static void test_what_is_the_same_to_people_is_folded_to_the_same(void **state)
{
    static const struct {
        const char *in, *want;
        bool json;
    } rows[] = {
        { "Failed PASSWORD", "failed password", false },
        { "MẬT KHẨU", "mat khau", false },
        { "mật khẩu", "mat khau", false },
        { "ma\xcc\xa3\xcc\x82t kha\xcc\x82\xcc\x89u", "mat khau", false }, /* decomposed */
        { "m\xc3\xa2\xcc\xa3t", "mat", false }, /* composed in part, marks in another order */
        { "Đăng nhập / đĂNG NHẬP", "dang nhap / dang nhap", false },
        { "Ủy ban nhân dân tỉnh Thừa Thiên Huế", "uy ban nhan dan tinh thua thien hue", false },
        { "Ươ ưỚ", "uo uo", false },
        { "straße STRASSE", "strasse strasse", false },
        { "\xc4\xb0I\xc4\xb1i", "ii\xc4\xb1i",
          false },                      /* Turkish: dotless ı is a letter of its own */
        { "\xe2\x84\xaa", "k", false }, /* the Kelvin sign */
        { "ΣΑΣ σας", "σασ σασ", false },
        { "\xff"
          "A\xe1\xba"
          "B\x80",
          "\xff"
          "a\xe1\xba"
          "b\x80",
          false }, /* malformed */
        { "C:\\\\Users\\\\B\\u00c2n \\\"x\\\"\\n\\t\\/", "c:\\users\\ban \"x\"\n\t/", true },
        { "C:\\\\Users", "c:\\\\users", false },
        { "\\ud83d\\ude00 \\ud83d \\ude00 \\ud83dx", "😀 \xef\xbf\xbd \xef\xbf\xbd \xef\xbf\xbdx",
          true },
        { "\\x \\u12 \\u12G4 \\", "\\x \\u12 \\u12g4 \\", true },
        { "m\\u1eadt kh\\u1EA9u a\\u0323\\u0302", "mat khau a", true },
        { "", "", false },
    };
    struct buf b;

    (void)state;
    buf_init(&b, TEXT_MAX);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_span(rows[i].in, folded(&b, span_of(rows[i].in), rows[i].json), rows[i].want);
    buf_release(&b);
}

static void test_every_character_is_folded_once_and_for_all(void **state)
{
    uint8_t in[4], once[64], twice[64];

    (void)state;
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        size_t n = utf8_put(in, cp), a, b;

        if (cp >= 0xD800 && cp < 0xE000)
            continue;
        a = search_fold((struct span){ in, n }, false, once);
        b = search_fold((struct span){ once, a }, false, twice);
        if (a != b || memcmp(once, twice, a) != 0 || a > search_fold_room(n) - 16)
            fail_msg("U+%04X: %zu bytes of %zu, then %zu", cp, a, n, b);
    }
}

static uint32_t rng(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

static size_t random_text(uint64_t *seed, uint8_t *dst, size_t max)
{
    static const char *const pieces[] = { "a",    "B",  "_",        "7",       " ",       "\\",
                                          "\\\\", "\"", "\\u00e9",  "\\ud83d", "\\ude00", "mậ",
                                          "t",    "Đ",  "\xcc\x81", "Failed",  "\xff",    "\xe1",
                                          "\n",   ".",  "10.0.0.1", "-",       "한",      "ŉ" };
    size_t n = 0, want = rng(seed) % 40;

    for (size_t i = 0; i < want; i++) {
        struct span p = span_of(pieces[rng(seed) % COUNT_OF(pieces)]);

        if (n + p.n > max)
            break;
        memcpy(dst + n, p.p, p.n);
        n += p.n;
    }
    return n;
}

static void test_pieces_cut_between_characters_fold_as_the_whole(void **state)
{
    uint8_t text[512];
    uint64_t seed = 7;
    struct guard g;
    struct buf whole, parts;

    (void)state;
    guard_init(&g, 1024);
    buf_init(&whole, TEXT_MAX);
    buf_init(&parts, TEXT_MAX);
    for (int round = 0; round < 20000; round++) {
        struct span in = guard_put(&g, (struct span){ text, random_text(&seed, text, 512) });
        size_t used;

        (void)folded(&whole, in, false);
        buf_clear(&parts);
        for (struct span rest = in; rest.n > 0; rest = span_from(rest, used)) {
            (void)utf8_get(rest, &used);
            search_fold_add((struct span){ rest.p, used }, false, &parts);
        }
        if (!span_eq(buf_span(&whole), buf_span(&parts)))
            fail_msg("'%.*s'", SPAN_ARG(in));
    }
    buf_release(&whole);
    buf_release(&parts);
    guard_release(&g);
}

/* The reader of JSON decodes, this file folds: the same as both at once. */
static void test_escapes_are_resolved_as_the_json_reader_does(void **state)
{
    uint8_t text[512], room[4096];
    uint64_t seed = 11;
    struct guard g;
    struct buf at_once, after;

    (void)state;
    guard_init(&g, 1024);
    buf_init(&at_once, TEXT_MAX);
    buf_init(&after, TEXT_MAX);
    for (int round = 0; round < 20000; round++) {
        struct span in = guard_put(&g, (struct span){ text, random_text(&seed, text, 512) });
        struct rec_field f = { .value = in.p, .value_bytes = (uint32_t)in.n, .kind = REC_JSON };
        struct span decoded = { room, 0 };

        assert_true(rec_text_room(&f) <= sizeof(room));
        decoded.n = rec_text_put(&f, room);
        (void)folded(&at_once, in, true);
        (void)folded(&after, decoded, false);
        if (!span_eq(buf_span(&at_once), buf_span(&after)))
            fail_msg("'%.*s'", SPAN_ARG(in));
    }
    buf_release(&at_once);
    buf_release(&after);
    guard_release(&g);
}

static void test_words_are_runs_of_letters_digits_and_underscores(void **state)
{
    static const struct {
        const char *text, *words;
    } rows[] = {
        { "", "" },
        { "failed password", "failed|password" },
        { "--a_b.c1--", "a_b|c1" },
        { "10.0.0.1:22", "10|0|0|1|22" },
        { "\xff"
          "a\x80"
          "b\xe1\xba",
          "a|b" },
        { "привет, мир 한글 x²", "привет|мир|한글|x²" },
        { "a\xef\xbf\xbd"
          "b 😀 c",
          "a|b|c" },
        { "c:\\users\\ban", "c|users|ban" },
    };
    struct guard g;

    (void)state;
    guard_init(&g, 256);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span rest = guard_put(&g, span_of(rows[i].text)), word;
        char got[256];
        size_t n = 0;

        while (search_word_next(&rest, &word))
            n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%.*s", n > 0 ? "|" : "",
                                  SPAN_ARG(word));
        check_span(rows[i].text, (struct span){ (uint8_t *)got, n }, rows[i].words);
        assert_int_equal(rest.n, 0);
    }
    guard_release(&g);
}

/* A word begins and ends at an edge and has none inside; outside words every place is one. */
static void test_words_and_edges_agree(void **state)
{
    uint8_t text[512];
    uint64_t seed = 3;
    struct guard g;
    struct buf b;

    (void)state;
    guard_init(&g, 4096);
    buf_init(&b, TEXT_MAX);
    for (int round = 0; round < 5000; round++) {
        struct span in = { text, random_text(&seed, text, 512) };
        struct span all = guard_put(&g, folded(&b, in, false)), rest = all, word;
        size_t at = 0, used;

        while (search_word_next(&rest, &word)) {
            size_t from = (size_t)(word.p - all.p);

            for (; at <= from; at++)
                assert_true(search_edge(all, at));
            for (at = from; at < from + word.n; at += used) {
                assert_int_equal(search_edge(all, at), at == from);
                assert_true(search_is_word(utf8_get(span_from(all, at), &used)));
            }
        }
        for (; at <= all.n; at++)
            assert_true(search_edge(all, at));
    }
    buf_release(&b);
    guard_release(&g);
}

/* --- records -------------------------------------------------------------------------------- */

static bool stands_in(struct span text, struct span what)
{
    for (size_t at = 0; what.n <= text.n && at <= text.n - what.n; at++) {
        if (text.p[at] == what.p[0] && memcmp(text.p + at, what.p, what.n) == 0 &&
            search_edge(text, at) && search_edge(text, at + what.n))
            return true;
    }
    return false;
}

/* Returns the number of fields that were looked for. */
static size_t check_record(struct rec *r, struct buf *text, struct buf *value)
{
    size_t count = 0;

    buf_clear(text);
    search_text(r, text);
    assert_false(buf_failed(text));
    for (uint32_t i = 0; i < r->count; i++) {
        const struct rec_field *f = &r->fields[i];
        struct span v = rec_text(f, &r->mem);

        if (f->kind == REC_GROUP || v.n == 0 || folded(value, v, false).n == 0)
            continue;
        count++;
        if (!stands_in(buf_span(text), buf_span(value)))
            fail_msg("field '%.*s' is '%.*s', which is not in the text of '%.*s': '%.*s'",
                     SPAN_ARG(f->name), SPAN_ARG(v), SPAN_ARG(r->raw), SPAN_ARG(buf_span(text)));
    }
    return count;
}

static void load(const char *path, struct buf *b)
{
    FILE *in = fopen(path, "rb");
    uint8_t room[65536];
    size_t n;

    assert_non_null(in);
    buf_clear(b);
    while ((n = fread(room, 1, sizeof(room), in)) > 0)
        buf_add(b, (struct span){ room, n });
    (void)fclose(in);
}

/* What stands before the next line of a sample's title or expectations, or one line. */
static struct span piece(struct span rest, bool line)
{
    size_t n = 0;

    while (n < rest.n && !(line ? rest.p[n] == '\n'
                                : span_starts(span_from(rest, n), SPAN_LIT("\n---\n")) ||
                                      span_starts(span_from(rest, n), SPAN_LIT("\n=== "))))
        n++;
    return (struct span){ rest.p, n };
}

static void test_every_field_is_in_the_search_text(void **state)
{
    struct records *records;
    struct buf file, text, value;
    size_t fields = 0;
    struct rec r;
    glob_t g;

    (void)state;
    buf_init(&file, TEXT_MAX);
    buf_init(&text, TEXT_MAX);
    buf_init(&value, TEXT_MAX);
    assert_true(rec_init(&r));
    assert_int_equal(records_new(&records, NULL), ERR_OK);
    assert_int_equal(glob(SAMPLES_FOLDER "/*.case", 0, NULL, &g), 0);
    for (size_t i = 0; i < g.gl_pathc; i++) {
        load(g.gl_pathv[i], &file);
        for (int lines = 0; lines < 2; lines++) {
            for (size_t at = 0; at < file.n;) {
                struct span raw = piece(span_from(buf_span(&file), at), lines == 1);
                enum record_state how;

                at += raw.n + 1;
                records_one(records, raw, &r, &how, NULL);
                fields += check_record(&r, &text, &value);
            }
        }
    }
    globfree(&g);
    records_free(&records);
    rec_release(&r);
    buf_release(&file);
    buf_release(&text);
    buf_release(&value);
    assert_in_range(fields, 5000, SIZE_MAX); /* the samples were there */
}

/* By hand: fields as no codec of ours makes them. */
static void test_values_that_do_not_stand_there_get_a_line(void **state)
{
    static const char raw[] = "PID=12ab x=a&amp;b \xe1\xba\xadz";
    struct buf text;
    struct rec r;

    (void)state;
    buf_init(&text, TEXT_MAX);
    assert_true(rec_init(&r));
    r.raw = span_of(raw);
    (void)rec_add(&r, REC_ROOT, SPAN_LIT("cut"), REC_TEXT, (struct span){ r.raw.p + 4, 2 });
    (void)rec_add(&r, REC_ROOT, SPAN_LIT("whole"), REC_TEXT, (struct span){ r.raw.p + 4, 4 });
    (void)rec_add(&r, REC_ROOT, SPAN_LIT("xml"), REC_XML, (struct span){ r.raw.p + 11, 7 });
    (void)rec_add(&r, REC_ROOT, SPAN_LIT("torn"), REC_TEXT, (struct span){ r.raw.p + 20, 3 });
    (void)rec_add(&r, REC_ROOT, SPAN_LIT("made"), REC_TEXT, SPAN_LIT("LOCAL0"));
    (void)rec_add(&r, REC_ROOT, SPAN_LIT("hex"), REC_HEX, SPAN_LIT("6C73"));
    (void)rec_add(&r, REC_ROOT, SPAN_LIT("none"), REC_NONE, SPAN_NONE);
    (void)rec_add(&r, REC_ROOT, SPAN_LIT("empty"), REC_TEXT, SPAN_LIT(""));
    (void)rec_add(&r, REC_ROOT, SPAN_LIT("group"), REC_GROUP, SPAN_LIT("{}"));
    search_text(&r, &text);
    check_span("lines", buf_span(&text), "pid=12ab x=a&amp;b az\n12\na&b\n\xba\xadz\nlocal0\nls");
    /* A binary record has its values alone. */
    buf_clear(&text);
    r.flags = REC_RAW_BINARY;
    search_text(&r, &text);
    check_span("binary", buf_span(&text), "\n12\n12ab\na&b\n\xba\xadz\nlocal0\nls");
    rec_release(&r);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_the_same_to_people_is_folded_to_the_same),
        cmocka_unit_test(test_every_character_is_folded_once_and_for_all),
        cmocka_unit_test(test_pieces_cut_between_characters_fold_as_the_whole),
        cmocka_unit_test(test_escapes_are_resolved_as_the_json_reader_does),
        cmocka_unit_test(test_words_are_runs_of_letters_digits_and_underscores),
        cmocka_unit_test(test_words_and_edges_agree),
        cmocka_unit_test(test_every_field_is_in_the_search_text),
        cmocka_unit_test(test_values_that_do_not_stand_there_get_a_line),
    };

    return cmocka_run_group_tests_name("search_text", tests, NULL, NULL);
}
