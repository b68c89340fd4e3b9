/*
 * Goal: every kind of value has the text that rec.h promises, no writer reads beyond its value or
 * writes beyond its room, and what is not what its kind says keeps its bytes visible.
 * Method: one row per case, run with the value against an unmapped page, and again cut short at
 * every byte (the text then only has to fit its room).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "guard.h"
#include "wire/rec.h"

#define BYTES(s)                                                                                   \
    {                                                                                              \
        (const uint8_t *)(s), sizeof(s) - 1                                                        \
    }

static const struct text_case {
    const char *name;
    enum rec_kind kind;
    struct span in;
    const char *want; /* NULL: no text at all */
} cases[] = {
    { "null has no text", REC_NONE, BYTES(""), NULL },
    { "text is itself", REC_TEXT, BYTES("a\\nb"), "a\\nb" },
    { "empty text is a text", REC_TEXT, BYTES(""), "" },
    { "malformed UTF-8 is passed on", REC_TEXT, BYTES("a\xff"), "a\xff" },
    { "json: each short escape", REC_JSON, BYTES("\\\"\\\\\\/\\b\\f\\n\\r\\t"), "\"\\/\b\f\n\r\t" },
    { "json: run of text between", REC_JSON, BYTES("C:\\\\Windows\\\\System32\\\\cmd.exe"),
      "C:\\Windows\\System32\\cmd.exe" },
    { "json: \\u of one byte", REC_JSON, BYTES("\\u0041\\u002f"), "A/" },
    { "json: \\u of two and three", REC_JSON, BYTES("\\u00e9\\u20AC"), "\xc3\xa9\xe2\x82\xac" },
    { "json: surrogate pair", REC_JSON, BYTES("x\\ud83d\\ude00y"), "x\xf0\x9f\x98\x80y" },
    { "json: lone high surrogate", REC_JSON, BYTES("\\ud83dx"), "\xef\xbf\xbdx" },
    { "json: lone low surrogate", REC_JSON, BYTES("\\ude00x"), "\xef\xbf\xbdx" },
    { "json: high surrogate before another", REC_JSON, BYTES("\\ud83d\\u0041"),
      "\xef\xbf\xbd"
      "A" },
    { "json: unknown escape is kept", REC_JSON, BYTES("\\x41\\"), "\\x41\\" },
    { "json: bad \\u is kept", REC_JSON, BYTES("\\u00g1\\u12"), "\\u00g1\\u12" },
    { "xml: the five entities", REC_XML, BYTES("&lt;a&gt;&amp;&quot;&apos;"), "<a>&\"'" },
    { "xml: numeric", REC_XML, BYTES("&#65;&#x42;&#x1F600;&#13;"), "AB\xf0\x9f\x98\x80\r" },
    { "xml: numeric out of range", REC_XML, BYTES("&#0;&#x110000;&#xD800;"),
      "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
    { "xml: unknown entities are kept", REC_XML, BYTES("&nbsp; &#; &#x; &#xx1; & &lt"),
      "&nbsp; &#; &#x; &#xx1; & &lt" },
    { "xml: CDATA", REC_XML, BYTES("a<![CDATA[<&lt;]]]>b"), "a<&lt;]b" },
    { "xml: CDATA without an end", REC_XML, BYTES("<![CDATA[ab]]"), "ab]]" },
    { "quoted: escapes", REC_QUOTED, BYTES("a\\=b\\|c\\\"d\\\\e\\nf\\rg\\x41"),
      "a=b|c\"d\\e\nf\rg\\x41" },
    { "quoted: a path that nobody escaped", REC_QUOTED,
      BYTES("C:\\Windows\\notes\\r.exe \\\"a\\\""), "C:\\Windows\\notes\\r.exe \"a\"" },
    { "quoted: a share that nobody escaped", REC_QUOTED, BYTES("\\\\server\\share"),
      "\\\\server\\share" },
    { "quoted: a path that somebody escaped", REC_QUOTED, BYTES("C:\\\\new\\\\temp"),
      "C:\\new\\temp" },
    { "quoted: others are kept", REC_QUOTED, BYTES("C:\\Users\\"), "C:\\Users\\" },
    { "hex: decoded, zero is a space", REC_HEX, BYTES("6C73002d6c"), "ls -l" },
    { "hex: odd is kept", REC_HEX, BYTES("6c7"), "6c7" },
    { "hex: not hex is kept", REC_HEX, BYTES("6c7x"), "6c7x" },
    { "number: digits as they are", REC_NUMBER, BYTES("-00012345678901234567890"),
      "-00012345678901234567890" },
    { "number: shortest", REC_NUMBER, BYTES("1.50"), "1.5" },
    { "number: exponent", REC_NUMBER, BYTES("1e3"), "1000" },
    { "number: no number is kept", REC_NUMBER, BYTES("1e999"), "1e999" },
    { "true", REC_TRUE, BYTES("true"), "true" },
    { "true without bytes", REC_TRUE, BYTES(""), "true" },
    { "false", REC_FALSE, BYTES("false"), "false" },
    { "group is its raw bytes", REC_GROUP, BYTES("{\"a\":\"\\n\"}"), "{\"a\":\"\\n\"}" },
    { "utf-16", REC_UTF16, BYTES("a\0\xac\x20"), "a\xe2\x82\xac" },
    { "ansi", REC_ANSI, BYTES("a\x80\xe9\x9f"), "a\xe2\x82\xac\xc3\xa9\xc5\xb8" },
    { "ansi: undefined", REC_ANSI, BYTES("\x81"), "\xef\xbf\xbd" },
    { "u8", REC_U8, BYTES("\xff"), "255" },
    { "u16", REC_U16, BYTES("\x01\x02"), "513" },
    { "u32", REC_U32, BYTES("\xff\xff\xff\xff"), "4294967295" },
    { "u64", REC_U64, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"), "18446744073709551615" },
    { "i8", REC_I8, BYTES("\xff"), "-1" },
    { "i16", REC_I16, BYTES("\x00\x80"), "-32768" },
    { "i32", REC_I32, BYTES("\xfe\xff\xff\xff"), "-2" },
    { "i64", REC_I64, BYTES("\x00\x00\x00\x00\x00\x00\x00\x80"), "-9223372036854775808" },
    { "f32: whole", REC_F32, BYTES("\x00\x00\x80\x3f"), "1" },
    { "f32: shortest for a float", REC_F32, BYTES("\xcd\xcc\xcc\x3d"), "0.1" },
    { "f64", REC_F64, BYTES("\x9a\x99\x99\x99\x99\x99\xb9\x3f"), "0.1" },
    { "bool32: true", REC_BOOL32, BYTES("\x00\x01\x00\x00"), "true" },
    { "bool32: false", REC_BOOL32, BYTES("\x00\x00\x00\x00"), "false" },
    { "hex32", REC_HEX32, BYTES("\xe7\x03\x00\x00"), "0x3e7" },
    { "hex32: zero", REC_HEX32, BYTES("\x00\x00\x00\x00"), "0x0" },
    { "hex64", REC_HEX64, BYTES("\x00\x00\x00\x00\x00\x00\x20\x80"), "0x8020000000000000" },
    { "guid", REC_GUID, BYTES("\x5f\x38\x70\x57\x2a\xc2\xe0\x43\xbf\x4c\x06\xf5\x69\x8f\xfb\xd9"),
      "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}" },
    { "sid: local system", REC_SID, BYTES("\x01\x01\x00\x00\x00\x00\x00\x05\x12\x00\x00\x00"),
      "S-1-5-18" },
    { "sid: no parts", REC_SID, BYTES("\x01\x00\x00\x00\x00\x00\x00\x01"), "S-1-1" },
    { "sid: wide authority", REC_SID, BYTES("\x01\x00\x01\x00\x00\x00\x00\x00"),
      "S-1-0x10000000000" },
    { "sid: too short for its parts", REC_SID, BYTES("\x01\x02\x00\x00\x00\x00\x00\x05\x12"),
      "010200000000000512" },
    { "filetime", REC_FILETIME, BYTES("\xf8\xa2\xfc\x0e\x71\x5f\xdc\x01"),
      "2025-11-27T07:40:10.1653240Z" },
    { "filetime: its epoch", REC_FILETIME, BYTES("\0\0\0\0\0\0\0\0"),
      "1601-01-01T00:00:00.0000000Z" },
    { "filetime: a leap day", REC_FILETIME, BYTES("\x80\x29\xba\x66\x6b\x6b\xda\x01"),
      "2024-02-29T23:59:59.0000000Z" },
    { "filetime: the last", REC_FILETIME, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"),
      "60056-05-28T05:36:10.9551615Z" },
    { "systime", REC_SYSTIME,
      BYTES("\xe9\x07\x0b\x00\x04\x00\x1b\x00\x07\x00\x28\x00\x0a\x00\xa5\x00"),
      "2025-11-27T07:40:10.165Z" },
    { "systime: no date", REC_SYSTIME, BYTES("\xe9\x07\xff\xff\0\0\0\0\0\0\0\0\0\0\0\0"),
      "E907FFFF000000000000000000000000" },
    { "binary", REC_BINARY, BYTES("\x00\xab\x10"), "00AB10" },
    { "too short for its kind", REC_U32, BYTES("\x01\xab"), "01AB" },
};

static struct rec_field field_of(enum rec_kind kind, struct span v)
{
    return (struct rec_field){ SPAN_NONE, v.p, (uint32_t)v.n, (uint16_t)kind, REC_ROOT };
}

/* Into memory that ends at an unmapped page too: room is what rec_text_room() says. */
static struct span put(const struct rec_field *f, struct guard *out)
{
    size_t room = rec_text_room(f), n;
    uint8_t *dst = out->map + out->bytes - room;

    MUST(room <= out->bytes);
    n = rec_text_put(f, dst);
    assert_true(n <= room);
    return (struct span){ dst, n };
}

static void each_kind_has_its_text(void **state)
{
    struct guard in, out;
    int failed = 0;

    (void)state;
    guard_init(&in, 4096);
    guard_init(&out, 65536);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct text_case *c = &cases[i];
        struct rec_field f = field_of(c->kind, guard_put(&in, c->in));
        struct span got = put(&f, &out), want = span_of(c->want != NULL ? c->want : "");

        if (!span_eq(got, want)) {
            printf("FAIL %s: \"%.*s\"\n", c->name, SPAN_ARG(got));
            failed++;
        }
        for (size_t n = 0; n < c->in.n; n++) {
            f = field_of(c->kind, guard_put(&in, (struct span){ c->in.p, n }));
            (void)put(&f, &out);
        }
    }
    guard_release(&in);
    guard_release(&out);
    assert_int_equal(failed, 0);
}

static void text_out_of_an_arena_is_the_same(void **state)
{
    struct arena mem;
    int failed = 0;

    (void)state;
    arena_init(&mem, 1 << 20);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct text_case *c = &cases[i];
        struct rec_field f = field_of(c->kind, c->in);
        size_t before = mem.used_bytes;
        struct span got = rec_text(&f, &mem);

        if ((got.p == NULL) != (c->want == NULL) ||
            (c->want != NULL && !span_eq(got, span_of(c->want)))) {
            printf("FAIL %s: \"%.*s\"\n", c->name, SPAN_ARG(got));
            failed++;
        }
        assert_true(mem.used_bytes - before <= got.n);
        if (c->kind == REC_TEXT || c->kind == REC_GROUP)
            assert_ptr_equal(got.p, c->in.p);
    }
    arena_release(&mem);
    assert_int_equal(failed, 0);
}

static void no_memory_is_no_text(void **state)
{
    struct rec_field f = field_of(REC_JSON, SPAN_LIT("a\\nb"));
    struct arena mem;

    (void)state;
    arena_init(&mem, 2);
    assert_null(rec_text(&f, &mem).p);
    assert_true(arena_failed(&mem));
    arena_release(&mem);
}

/* Every byte at every kind: nothing may read or write where it must not. */
static void any_bytes_fit_their_room(void **state)
{
    struct guard in, out;
    uint64_t seed = 0x9E3779B97F4A7C15u;

    (void)state;
    guard_init(&in, 4096);
    guard_init(&out, 65536);
    for (unsigned round = 0; round < 20000; round++) {
        static const char often[] = "\\\"u&#;x<![CDATA]]>0dD8c";
        uint8_t bytes[40];
        struct rec_field f;

        for (size_t i = 0; i < sizeof(bytes); i++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            bytes[i] =
                (seed & 256) != 0 ? (uint8_t)seed : (uint8_t)often[seed % (sizeof(often) - 1)];
        }
        f = field_of((enum rec_kind)(round % REC_KINDS),
                     guard_put(&in, (struct span){ bytes, seed % (sizeof(bytes) + 1) }));
        (void)put(&f, &out);
    }
    guard_release(&in);
    guard_release(&out);
}

static void fields_beyond_the_limit_are_flagged(void **state)
{
    struct rec r;

    (void)state;
    assert_true(rec_init(&r));
    for (size_t i = 0; i < LIMIT_FIELDS; i++)
        assert_true(rec_add_text(&r, SPAN_LIT("a"), SPAN_LIT("b")));
    assert_int_equal(r.flags, 0);
    assert_false(rec_add_text(&r, SPAN_LIT("a"), SPAN_LIT("b")));
    assert_int_equal(r.flags, REC_CUT_FIELDS);
    assert_int_equal(r.count, LIMIT_FIELDS);
    rec_clear(&r);
    assert_int_equal(r.count, 0);
    assert_int_equal(r.flags, 0);
    assert_int_equal(r.lines, 1);
    rec_release(&r);
}

static void codecs_have_names(void **state)
{
    (void)state;
    assert_string_equal(codec_name(CODEC_NONE), "none");
    assert_string_equal(codec_name(CODEC_EVTX), "evtx");
    assert_string_equal(codec_name(CODEC_PLAIN), "plain");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_has_its_text),
        cmocka_unit_test(text_out_of_an_arena_is_the_same),
        cmocka_unit_test(no_memory_is_no_text),
        cmocka_unit_test(any_bytes_fit_their_room),
        cmocka_unit_test(fields_beyond_the_limit_are_flagged),
        cmocka_unit_test(codecs_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
