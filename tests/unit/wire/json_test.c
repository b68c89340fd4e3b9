/*
 * Goal: json_read() gives the right fields, the right end and the right fault, never reads beyond
 * its input, and asks for more exactly when the input is a prefix of something good.
 * Method: one row per case; every row runs with every kernel, at several places relative to the
 * blocks of 64 bytes, against an unmapped page; a good row is cut at every byte (each cut must ask
 * for more) and followed by other bytes (which must not matter).
 *
 * Fields are compared as text, one a line: name KIND value parent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "guard.h"
#include "wire/codec.h"
#include "wire/json_scan.h"

static const char *const kind_names[REC_KINDS] = {
#define X(name) [REC_##name] = #name,
    REC_KIND_TABLE(X)
#undef X
};

#define Q10 "\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\""
#define A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define N50 "98765432109876543210987654321098765432109876543210"
#define S8  "\"\":\"\",\"\":\"\",\"\":\"\",\"\":\"\",\"\":\"\",\"\":\"\",\"\":\"\",\"\":\"\","
#define F8  " TEXT  -\n TEXT  -\n TEXT  -\n TEXT  -\n TEXT  -\n TEXT  -\n TEXT  -\n TEXT  -\n"

static const struct json_case {
    const char *name;
    const char *in;
    const char *want; /* the fields; NULL: a fault */
    size_t at;        /* of the fault */
} cases[] = {
    { "empty object", "{}", "", 0 },
    { "blanks everywhere", " \r\n\t{ }", "", 0 },
    { "one string", "{\"a\":\"b\"}", "a TEXT b -\n", 0 },
    { "strings in a row", "{\"a\":\"b\",\"c\":\"d\",\"e\":\"f\",\"g\":\"\"}",
      "a TEXT b -\nc TEXT d -\ne TEXT f -\ng TEXT  -\n", 0 },
    { "one space behind signs", "{\"a\": \"b\", \"c\": 12, \"d\": \"e\"}",
      "a TEXT b -\nc NUMBER 12 -\nd TEXT e -\n", 0 },
    { "blanks before signs", "{ \"a\" : \"b\" , \"c\" :\t1 ,\n\"d\":[ 1 , 2 ] }",
      "a TEXT b -\nc NUMBER 1 -\nd GROUP [ 1 , 2 ] -\nd NUMBER 1 -\nd NUMBER 2 -\n", 0 },
    { "an escape makes it JSON", "{\"a\":\"x\\ty\",\"b\":\"z\",\"c\":\"\\\\\",\"d\":1}",
      "a JSON x\\ty -\nb TEXT z -\nc JSON \\\\ -\nd NUMBER 1 -\n", 0 },
    { "escaped quotes", "{\"a\":\"" Q10 "\\\\\",\"b\":\"" A50 A50 Q10 "\",\"c\":\"d\"}",
      "a JSON " Q10 "\\\\ -\nb JSON " A50 A50 Q10 " -\nc TEXT d -\n", 0 },
    { "names with escapes are decoded", "{\"a\\u0041\\\"\":\"b\",\"\\n\":{\"\\\\\":0}}",
      "aA\" TEXT b -\n\n GROUP {\"\\\\\":0} -\n\\ NUMBER 0 1\n", 0 },
    { "numbers as written",
      "{\"a\":0,\"b\":-0.50,\"c\":1e5,\"d\":-12E-03,\"e\":10,\"f\":1.5,\"g\":7}",
      "a NUMBER 0 -\nb NUMBER -0.50 -\nc NUMBER 1e5 -\nd NUMBER -12E-03 -\ne NUMBER 10 -\n"
      "f NUMBER 1.5 -\ng NUMBER 7 -\n",
      0 },
    { "literals", "{\"a\":true,\"b\":false,\"c\":null,\"d\":\"e\"}",
      "a TRUE true -\nb FALSE false -\nc NONE  -\nd TEXT e -\n", 0 },
    { "a name twice", "{\"a\":\"1\",\"a\":\"2\",\"b\":3}", "a TEXT 1 -\na TEXT 2 -\nb NUMBER 3 -\n",
      0 },
    { "nested objects", "{\"a\":{\"b\":{\"c\":\"d\",\"e\":\"f\"},\"g\":1},\"h\":\"i\"}",
      "a GROUP {\"b\":{\"c\":\"d\",\"e\":\"f\"},\"g\":1} -\nb GROUP {\"c\":\"d\",\"e\":\"f\"} 0\n"
      "c TEXT d 1\ne TEXT f 1\ng NUMBER 1 0\nh TEXT i -\n",
      0 },
    { "array of objects", "{\"a\":[{\"b\":1},{\"b\":2}],\"c\":[]}",
      "a GROUP [{\"b\":1},{\"b\":2}] -\na GROUP {\"b\":1} -\nb NUMBER 1 1\na GROUP {\"b\":2} -\n"
      "b NUMBER 2 3\nc GROUP [] -\n",
      0 },
    { "array in an array", "{\"x\":{\"a\":[[\"b\",1],\"c\",null,true]}}",
      "x GROUP {\"a\":[[\"b\",1],\"c\",null,true]} -\na GROUP [[\"b\",1],\"c\",null,true] 0\n"
      "a GROUP [\"b\",1] 0\na TEXT b 0\na NUMBER 1 0\na TEXT c 0\na NONE  0\na TRUE true 0\n",
      0 },
    { "brackets in strings", "{\"a\":\"}]{[,:\",\"b\":[\"]\"]}",
      "a TEXT }]{[,: -\nb GROUP [\"]\"] -\nb TEXT ] -\n", 0 },
    { "a tab in a string", "{\"a\":\"x\ty\",\"b\":\"z\"}", "a TEXT x\ty -\nb TEXT z -\n", 0 },
    { "not UTF-8 is passed on", "{\"a\":\"\xff\xfe\",\"b\":\"\x7f\"}",
      "a TEXT \xff\xfe -\nb TEXT \x7f -\n", 0 },
    { "pretty-printed",
      "{\r\n    \"a\": \"b\",\r\n    \"c\": {\r\n        \"d\": [\r\n            1\r\n        ]\r\n"
      "    },\r\n    \"e\": {}\r\n}",
      "a TEXT b -\nc GROUP {\r\n        \"d\": [\r\n            1\r\n        ]\r\n    } -\n"
      "d GROUP [\r\n            1\r\n        ] 1\nd NUMBER 1 1\ne GROUP {} -\n",
      0 },
    { "huge numbers", "{\"a\":1e999,\"b\":-" N50 N50 ",\"c\":0." N50 ",\"d\":1E-" N50 ",\"e\":1}",
      "a NUMBER 1e999 -\nb NUMBER -" N50 N50 " -\nc NUMBER 0." N50 " -\nd NUMBER 1E-" N50
      " -\ne NUMBER 1 -\n",
      0 },
    { "names that are empty or twice", "{\"\":1,\"\":{\"\":2},\"a\":[{\"a\":3},{\"a\":3}]}",
      " NUMBER 1 -\n GROUP {\"\":2} -\n NUMBER 2 1\na GROUP [{\"a\":3},{\"a\":3}] -\n"
      "a GROUP {\"a\":3} -\na NUMBER 3 4\na GROUP {\"a\":3} -\na NUMBER 3 6\n",
      0 },
    { "not UTF-8 in a name", "{\"\xc3\x28\":\"\xed\xa0\x80\"}", "\xc3\x28 TEXT \xed\xa0\x80 -\n",
      0 },
    { "more than 16 quotes in a block", "{" S8 S8 S8 "\"a\":\"\"}", F8 F8 F8 "a TEXT  -\n", 0 },

    { "not an object", "[1]", NULL, 0 },
    { "text", "abc", NULL, 0 },
    { "a byte order mark is the file's", "\xEF\xBB\xBF{}", NULL, 0 },
    { "no quotes", "{a:1}", NULL, 1 },
    { "single quotes", "{'a':1}", NULL, 1 },
    { "trailing comma in an object", "{\"a\":\"b\",}", NULL, 9 },
    { "trailing comma in an array", "{\"a\":[1,]}", NULL, 8 },
    { "leading comma", "{,\"a\":1}", NULL, 1 },
    { "two commas", "{\"a\":\"b\",,\"c\":\"d\"}", NULL, 9 },
    { "no comma", "{\"a\":\"b\" \"c\":\"d\",\"e\":\"f\"}", NULL, 9 },
    { "no colon", "{\"a\",\"b\":\"c\"}", NULL, 4 },
    { "two colons", "{\"a\"::\"b\",\"c\":\"d\"}", NULL, 5 },
    { "a name that is a number", "{1:2}", NULL, 1 },
    { "array closed as an object", "{\"a\":[1}", NULL, 7 },
    { "object closed as an array", "{\"a\":1]", NULL, 6 },
    { "leading zero", "{\"a\":01,\"b\":2,\"c\":\"d\"}", NULL, 5 },
    { "plus sign", "{\"a\":+1}", NULL, 5 },
    { "minus alone", "{\"a\":-,\"b\":1}", NULL, 6 },
    { "no digit behind the point", "{\"a\":1.,\"b\":1}", NULL, 7 },
    { "no digit in the exponent", "{\"a\":1e+,\"b\":1}", NULL, 8 },
    { "number and letters", "{\"a\":1x,\"b\":1}", NULL, 6 },
    { "number and a string", "{\"a\":1\"b\":\"c\",\"d\":\"e\"}", NULL, 6 },
    { "wrong literal", "{\"a\":tru,\"b\":1}", NULL, 5 },
    { "long literal", "{\"a\":truee,\"b\":1}", NULL, 9 },
    { "NaN", "{\"a\":NaN}", NULL, 5 },
    { "backslash outside a string", "{\"a\":\\\"b\"}", NULL, 5 },
    { "backslash behind a string", "{\"a\":\"b\"\\,\"c\":\"d\"}", NULL, 8 },
    { "newline in a value", "{\"a\":\"b\nc\",\"d\":\"e\"}", NULL, 7 },
    { "newline in a name", "{\"a\nb\":\"c\"}", NULL, 3 },
    { "newline in a string that never closes", "{\"a\":\"b\n{", NULL, 7 },
    { "newline, closed by the next line", "{\"a\":\"b\n{\"a\":\"b\"}", NULL, 7 },
    { "control character in a value", "{\"a\":\"b\x01\"}", NULL, 7 },
    { "control character after a backslash", "{\"a\":\"\\\n\"}", NULL, 7 },
    { "control character far in", "{\"a\":\"" A50 A50 "\x1f\",\"b\":\"c\"}", NULL, 106 },
};

/* Everything about the record as one text. */
static void dump(const struct rec *r, struct buf *b)
{
    buf_clear(b);
    for (uint32_t i = 0; i < r->count; i++) {
        const struct rec_field *f = &r->fields[i];

        buf_add(b, f->name);
        buf_fmt(b, " %s ", kind_names[f->kind]);
        buf_add(b, (struct span){ f->value, f->value_bytes });
        if (f->parent == REC_ROOT)
            buf_text(b, " -\n");
        else
            buf_fmt(b, " %u\n", f->parent);
    }
}

struct bench {
    struct rec r;
    struct buf text;
    struct guard g;
    const struct json_kernel *k;
};

static void bench_init(struct bench *b)
{
    assert_true(rec_init(&b->r));
    buf_init(&b->text, 1 << 24);
    guard_init(&b->g, 1 << 16);
}

static void bench_release(struct bench *b)
{
    rec_release(&b->r);
    buf_release(&b->text);
    guard_release(&b->g);
}

static int64_t read_put(struct bench *b, struct span in, struct err *e)
{
    int64_t used;

    rec_clear(&b->r);
    used = json_read_by(b->k, guard_put(&b->g, in), &b->r, e);
    dump(&b->r, &b->text);
    return used;
}

static int check_good(struct bench *b, const struct json_case *c, struct span in)
{
    struct err e = { 0 };

    if (read_put(b, in, &e) != (int64_t)in.n || !span_eq(buf_span(&b->text), span_of(c->want)) ||
        b->r.codec != CODEC_JSON || b->r.flags != 0 || b->r.raw.n == 0 || b->r.raw.p[0] != '{') {
        printf("FAIL %s (%s): %s\n%.*s", c->name, b->k->name, e.why, SPAN_ARG(buf_span(&b->text)));
        return 1;
    }
    for (size_t n = 0; n < in.n; n++) {
        if (read_put(b, (struct span){ in.p, n }, &e) != ERR_MORE) {
            printf("FAIL %s (%s): cut at %zu: %s\n", c->name, b->k->name, n, e.why);
            return 1;
        }
    }
    return 0;
}

static int check_bad(struct bench *b, const struct json_case *c, struct span in, size_t shift)
{
    struct err e = { 0 };

    if (read_put(b, in, &e) != ERR_SYNTAX || e.at != c->at + shift) {
        printf("FAIL %s (%s): %d at %zu %s\n", c->name, b->k->name, e.code, e.at, e.why);
        return 1;
    }
    /* A cut before the fault is a prefix of something good, a cut behind it is not. */
    for (size_t n = shift; n < in.n; n++) {
        int64_t used = read_put(b, (struct span){ in.p, n }, &e);

        if (used > 0 || (n <= c->at + shift && used == ERR_SYNTAX && e.at != c->at + shift)) {
            printf("FAIL %s (%s): cut at %zu: %s\n", c->name, b->k->name, n, e.why);
            return 1;
        }
    }
    return 0;
}

/* Blanks in front move the text over the borders of the blocks; other bytes behind must not
 * matter. */
static int check(struct bench *b, const struct json_case *c)
{
    static const char tail[] = "\n{\"z\":\"\\\"\"}\\";
    uint8_t text[2048];
    size_t n = strlen(c->in);
    int failed = 0;

    MUST(n + 64 + sizeof(tail) <= sizeof(text));
    for (size_t shift = 0; shift <= 64 && failed == 0; shift += shift < 8 ? 1 : 7) {
        memset(text, ' ', shift);
        memcpy(text + shift, c->in, n);
        if (c->want == NULL) {
            failed += check_bad(b, c, (struct span){ text, shift + n }, shift);
            continue;
        }
        failed += check_good(b, c, (struct span){ text, shift + n });
        memcpy(text + shift + n, tail, sizeof(tail) - 1);
        if (read_put(b, (struct span){ text, shift + n + sizeof(tail) - 1 }, NULL) !=
                (int64_t)(shift + n) ||
            !span_eq(buf_span(&b->text), span_of(c->want))) {
            printf("FAIL %s (%s): what follows matters\n", c->name, b->k->name);
            failed++;
        }
    }
    return failed;
}

static void objects_become_fields(void **state)
{
    struct bench b;
    int failed = 0;

    (void)state;
    bench_init(&b);
    for (size_t k = 0; (b.k = json_kernel_at(k)) != NULL; k++) {
        for (size_t i = 0; i < COUNT_OF(cases); i++)
            failed += check(&b, &cases[i]);
    }
    bench_release(&b);
    assert_int_equal(failed, 0);
}

/* `head`, then `one` `count` times, then `tail`. */
static void repeat(struct buf *b, const char *head, const char *one, size_t count, const char *tail)
{
    buf_clear(b);
    buf_text(b, head);
    for (size_t i = 0; i < count; i++)
        buf_text(b, one);
    buf_text(b, tail);
    assert_false(buf_failed(b));
}

static void nesting_is_broken_out_to_its_limit(void **state)
{
    static const size_t depths[] = { 1, 62, 63, 64, 65, 100000 };
    struct buf in, text;
    struct rec r;

    (void)state;
    assert_true(rec_init(&r));
    buf_init(&in, 1 << 24);
    buf_init(&text, 1 << 24);
    for (size_t i = 0; i < COUNT_OF(depths); i++) {
        size_t d = depths[i], seen = d < LIMIT_DEPTH ? d : LIMIT_DEPTH;
        const struct rec_field *f;

        repeat(&in, "{\"a\":", "[", d, "\"\\\"]\"");
        repeat(&text, "", "]", d, ",\"b\":\"c\"}");
        buf_add(&in, buf_span(&text));
        rec_clear(&r);
        assert_int_equal(json_read(buf_span(&in), &r, NULL), in.n);
        assert_int_equal(r.flags, d >= LIMIT_DEPTH ? REC_CUT_DEPTH : 0);
        assert_int_equal(r.count, seen + 1 + (d < LIMIT_DEPTH ? 1 : 0));
        assert_int_equal(r.fields[0].value_bytes, 2 * d + 5);
        f = &r.fields[seen - 1];
        assert_int_equal(f->kind, REC_GROUP);
        assert_int_equal(f->value_bytes, 2 * (d - seen + 1) + 5);
        f = &r.fields[r.count - 1];
        assert_memory_equal(f->value, "c", 1);
        /* and without its end */
        rec_clear(&r);
        assert_int_equal(
            json_read((struct span){ in.p, in.n - 20 < 5 + d ? 5 + d : in.n - 20 }, &r, NULL),
            ERR_MORE);
    }
    rec_release(&r);
    buf_release(&in);
    buf_release(&text);
}

static void faults_are_found_below_the_limit_of_depth(void **state)
{
    static const struct {
        const char *in;
        int64_t want;
    } rows[] = {
        { "\"a\nb\"", ERR_SYNTAX }, { "\\\"", ERR_SYNTAX }, { "\x01", ERR_SYNTAX },
        { "<", ERR_SYNTAX },        { "\"abc", ERR_MORE },  { "1,true,{\"a\":null}", ERR_MORE },
    };
    struct buf in;
    struct rec r;

    (void)state;
    assert_true(rec_init(&r));
    buf_init(&in, 1 << 20);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        repeat(&in, "{\"a\":", "[", 100, rows[i].in);
        rec_clear(&r);
        assert_int_equal(json_read(buf_span(&in), &r, NULL), rows[i].want);
    }
    rec_release(&r);
    buf_release(&in);
}

static void fields_beyond_the_limit_are_passed_over(void **state)
{
    struct buf in;
    struct rec r;

    (void)state;
    assert_true(rec_init(&r));
    buf_init(&in, 1 << 24);
    repeat(&in, "{", "\"a\":\"b\",", LIMIT_FIELDS - 1, "\"c\":{\"d\":[1,{\"e\":2}]},\"f\":1}");
    assert_int_equal(json_read(buf_span(&in), &r, NULL), in.n);
    assert_int_equal(r.flags, REC_CUT_FIELDS);
    assert_int_equal(r.count, LIMIT_FIELDS);
    assert_int_equal(r.fields[LIMIT_FIELDS - 1].value_bytes, strlen("{\"d\":[1,{\"e\":2}]}"));

    repeat(&in, "{", "\"a\":\"b\",", LIMIT_FIELDS, "\"c\":[}");
    rec_clear(&r);
    assert_int_equal(json_read(buf_span(&in), &r, NULL), ERR_SYNTAX);
    rec_release(&r);
    buf_release(&in);
}

static void large_objects_are_read_and_flagged(void **state)
{
    struct buf in;
    struct err e = { 0 };
    struct rec r;

    (void)state;
    assert_true(rec_init(&r));
    buf_init(&in, 1u << 27);
    repeat(&in, "{\"a\":\"", A50 A50 "\\\"", LIMIT_EVENT_BYTES / 102 + 1, "\",\"b\":1}");
    assert_int_equal(json_read(buf_span(&in), &r, NULL), in.n);
    assert_int_equal(r.flags, REC_CUT_BYTES);
    assert_int_equal(r.count, 2);

    repeat(&in, "{\"a\":\"", A50 A50, LIMIT_RECORD_BYTES / 100 + 1, "\",\"b\":1}");
    rec_clear(&r);
    assert_int_equal(json_read(buf_span(&in), &r, &e), ERR_LIMIT);
    rec_release(&r);
    buf_release(&in);
}

/* Objects in sequence need nothing between them. */
static void each_object_ends_at_its_bracket(void **state)
{
    static const char *const names[] = { "a", "b", "c", "d" };
    struct span in = SPAN_LIT("{\"a\":1}{\"b\":\"}\"}\n{\n \"c\": []\n}\n\n{\"d\":{}}");
    struct rec r;

    (void)state;
    assert_true(rec_init(&r));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        int64_t used;

        rec_clear(&r);
        used = json_read(in, &r, NULL);
        assert_true(used > 0);
        assert_memory_equal(r.fields[0].name.p, names[i], 1);
        in.p += used;
        in.n -= (size_t)used;
    }
    assert_int_equal(in.n, 0);
    rec_release(&r);
}

static void zero_bytes_are_faults(void **state)
{
    static const struct {
        struct span in;
        size_t at;
    } rows[] = {
        { { (const uint8_t *)"\0{}", 3 }, 0 },
        { { (const uint8_t *)"{\0\"a\":1}", 8 }, 1 },
        { { (const uint8_t *)"{\"a\":\0}", 7 }, 5 },
        { { (const uint8_t *)"{\"a\":\"b\0\"}", 10 }, 7 },
        { { (const uint8_t *)"{\"a\0\":1}", 8 }, 3 },
        { { (const uint8_t *)"{\"a\":1\0}", 8 }, 6 },
    };
    struct err e;
    struct rec r;

    (void)state;
    assert_true(rec_init(&r));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        rec_clear(&r);
        assert_int_equal(json_read(rows[i].in, &r, &e), ERR_SYNTAX);
        assert_int_equal(e.at, rows[i].at);
    }
    rec_release(&r);
}

static void an_inner_object_leaves_the_record_its_own(void **state)
{
    struct rec r;

    (void)state;
    assert_true(rec_init(&r));
    r.codec = CODEC_SYSLOG;
    r.raw = SPAN_LIT("<1>x: {\"a\":1}");
    assert_true(rec_add_text(&r, SPAN_LIT("tag"), SPAN_LIT("x")));
    assert_int_equal(json_read(SPAN_LIT("{\"a\":{\"b\":1}}"), &r, NULL), 13);
    assert_int_equal(r.codec, CODEC_SYSLOG);
    assert_int_equal(r.inner, CODEC_JSON);
    assert_int_equal(r.raw.n, 13);
    assert_int_equal(r.count, 3);
    assert_int_equal(r.fields[2].parent, 1);
    rec_release(&r);
}

static void a_damaged_object_keeps_what_was_read(void **state)
{
    struct rec r;

    (void)state;
    assert_true(rec_init(&r));
    assert_int_equal(json_read(SPAN_LIT("{\"a\":1,\"b\":{\"c\":2,!}}"), &r, NULL), ERR_SYNTAX);
    assert_int_equal(r.count, 3);
    assert_int_equal(r.fields[1].value_bytes, strlen("{\"c\":2,"));
    rec_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_become_fields),
        cmocka_unit_test(nesting_is_broken_out_to_its_limit),
        cmocka_unit_test(faults_are_found_below_the_limit_of_depth),
        cmocka_unit_test(fields_beyond_the_limit_are_passed_over),
        cmocka_unit_test(large_objects_are_read_and_flagged),
        cmocka_unit_test(each_object_ends_at_its_bracket),
        cmocka_unit_test(zero_bytes_are_faults),
        cmocka_unit_test(an_inner_object_leaves_the_record_its_own),
        cmocka_unit_test(a_damaged_object_keeps_what_was_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
