/*
 * Goal: every line of a mixed file becomes the record that it is, what is damaged costs itself and
 * nothing around it, and nothing is lost. Method: blocks with the codec and state of each record
 * that must come out, in order; each block also cut at every byte, where the bytes of all records
 * together must still be the block's (but for what stands between records).
 */
#include "check.h"
#include "guard.h"

#include "base/buf.h"
#include "scan/records.h"

static const struct {
    const char *name;
    enum cut_mode mode;
    const char *block;
    const char *want; /* "codec/inner state field=value" of each record, '|' between */
} blocks[] = {
    { "JSON lines", CUT_LINES, "{\"a\":1}\n{\"a\":2}\n", "json whole a=1|json whole a=2" },
    { "the last line is not ended", CUT_LINES, "{\"a\":1}\n{\"a\":2}",
      "json whole a=1|json whole a=2" },
    { "blank lines and zeros between", CUT_LINES, "\n\n{\"a\":1}\r\n   \n\n{\"a\":2}\n",
      "json whole a=1|json whole a=2" },
    { "two objects in a line", CUT_LINES, "{\"a\":1}{\"a\":2} {\"a\":3}",
      "json whole a=1|json whole a=2|json whole a=3" },
    { "pretty-printed", CUT_LINES, "{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}\n",
      "json whole a=1|json whole a=2" },
    { "a broken object costs itself", CUT_LINES, "{\"a\":1}\n{\"a\":}\n{\"a\":3}\n",
      "json whole a=1|plain damaged message={\"a\":}|json whole a=3" },
    { "a broken object over lines costs its lines", CUT_LINES, "{\n  \"a\": ,\n}\n{\"a\":3}\n",
      "plain damaged -|json whole a=3" },
    { "an object that ends with the file", CUT_LINES,
      "{\"a\":1}\n{\"a\":", "json whole a=1|plain damaged message={\"a\":" },
    { "a list", CUT_ARRAY, "{\"a\":1},\n{\"a\":2}\n]", "json whole a=1|json whole a=2" },
    { "what is left of a list", CUT_LINES, "]}\n{\"a\":2}\n", "json whole a=2" },
    { "syslog, CEF in syslog, JSON in syslog", CUT_LINES,
      "<34>Oct 11 22:14:15 mymachine su: 'su root' failed\n"
      "<34>Oct 11 22:14:15 fw CEF:0|V|P|1|100|n|5|src=10.0.0.1\n"
      "<34>Oct 11 22:14:15 web app: @cee: {\"a\":7}\n",
      "syslog whole -|syslog/cef whole src=10.0.0.1|syslog/json whole a=7" },
    { "text of no format", CUT_LINES, "hello world\n", "plain plain message=hello world" },
    { "XML between lines", CUT_LINES,
      "{\"a\":1}\n<Event><System><EventID>4</EventID></System></Event>\n{\"a\":2}\n",
      "json whole a=1|xml whole EventID=4|json whole a=2" },
    { "a header and its lines", CUT_LINES,
      "#Fields: c-ip cs-method\n10.0.0.1 GET\n#Fields: cs-method\nPOST\n",
      "w3c whole cs-method=GET|w3c whole cs-method=POST" },
    { "an audit event of two lines", CUT_LINES,
      "type=SYSCALL msg=audit(1.000:7): exe=\"/bin/a\"\ntype=CWD msg=audit(1.000:7): cwd=\"/b\"\nx y z\n",
      "audit whole cwd=/b|plain plain message=x y z" },
    { "CEF that is none", CUT_LINES, "CEF:0|broken\nnext line\n",
      "plain damaged message=CEF:0|broken|plain plain message=next line" },
};

static struct span value_of(struct rec *r, struct span name)
{
    for (uint32_t i = 0; i < r->count; i++) {
        if (span_eq(r->fields[i].name, name))
            return rec_text(&r->fields[i], &r->mem);
    }
    return SPAN_NONE;
}

static const char *state_name(enum record_state s)
{
    return s == RECORD_WHOLE ? "whole" : s == RECORD_PLAIN ? "plain" : "damaged";
}

/* One record in the form of the rows, as far as the row asks for it. */
static void describe(struct rec *r, enum record_state state, struct span field, struct buf *out)
{
    buf_fmt(out, "%s", codec_name((enum codec_id)r->codec));
    if (r->inner != CODEC_NONE)
        buf_fmt(out, "/%s", codec_name((enum codec_id)r->inner));
    buf_fmt(out, " %s ", state_name(state));
    if (field.n == 0) {
        buf_text(out, "-");
        return;
    }
    buf_add(out, field);
    buf_byte(out, '=');
    buf_add(out, value_of(r, field));
}

/* The field that the row's record asks for: between the second blank and '='. */
static struct span asked(struct span want)
{
    size_t at = span_find(want, ' ') + 1;

    at += span_find(span_from(want, at), ' ') + 1;
    want = span_from(want, at);
    if (want.p[0] == '-')
        return SPAN_NONE;
    return (struct span){ want.p, span_find(want, '=') };
}

static void each_record_is_what_it_is(void **state)
{
    struct records *rs;
    struct guard g;
    struct rec r;
    struct err e;

    (void)state;
    guard_init(&g, 4096);
    assert_true(rec_init(&r));
    assert_int_equal(records_new(&rs, &e), ERR_OK);
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        struct span rest = span_of(blocks[i].want);
        struct cut cut = { .mode = blocks[i].mode };
        enum record_state s;
        struct buf got;

        buf_init(&got, 4096);
        records_begin(rs, guard_put(&g, span_of(blocks[i].block)), &cut, false);
        while (records_next(rs, &r, &s, &e) > 0) {
            if (got.n > 0)
                buf_byte(&got, '|');
            rest = span_from(span_of(blocks[i].want), got.n < strlen(blocks[i].want) ? got.n : 0);
            describe(&r, s, asked(rest), &got);
        }
        check_span(blocks[i].name, buf_span(&got), blocks[i].want);
        buf_release(&got);
    }
    records_free(&rs);
    rec_release(&r);
    guard_release(&g);
}

/* Bytes that belong to no record: blanks, brackets and commas of lists, headers. */
static size_t between(struct span s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += memchr(" \t\r\n,]}", s.p[i], 7) != NULL;
    return n;
}

static void no_cut_makes_it_stumble(void **state)
{
    struct records *rs;
    struct guard g;
    struct rec r;
    struct err e;

    (void)state;
    guard_init(&g, 4096);
    assert_true(rec_init(&r));
    assert_int_equal(records_new(&rs, &e), ERR_OK);
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        struct span whole = span_of(blocks[i].block);

        for (size_t n = 0; n <= whole.n; n++) {
            struct span part = guard_put(&g, (struct span){ whole.p, n });
            struct cut cut = { .mode = blocks[i].mode };
            enum record_state s;
            size_t sum = 0;

            records_begin(rs, part, &cut, false);
            while (records_next(rs, &r, &s, &e) > 0) {
                CHECK_ROW(blocks[i].name,
                          r.raw.p >= part.p && r.raw.p + r.raw.n <= part.p + part.n);
                sum += r.raw.n;
            }
            CHECK_ROW(blocks[i].name,
                      sum + between(part) >= part.n || memchr(part.p, '#', part.n) != NULL);
        }
    }
    records_free(&rs);
    rec_release(&r);
    guard_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_record_is_what_it_is),
        cmocka_unit_test(no_cut_makes_it_stumble),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
