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

/* ---- records that came by themselves ---- */

#define CEF  "CEF:0|V|P|1|100|n|5|"
#define PRI  "<34>Oct 11 22:14:15 web app: "
#define XML1 "<Event><System><EventID>4</EventID></System></Event>"
#define AUD  "type=CWD msg=audit(1.000:7): cwd=\"/b\""

static const struct {
    const char *name;
    const char *record;
    const char *want; /* as in `blocks`, one record */
    const char *raw;  /* NULL: all of it */
} ones[] = {
    { "JSON", "{\"a\":1}", "json whole a=1", NULL },
    { "JSON over lines", "{\n \"a\": 1\n}", "json whole a=1", NULL },
    { "JSON with blanks around", " \r\n\t{\"a\":1} \r\n", "json whole a=1", "{\"a\":1}" },
    { "JSON behind a byte order mark", "\xEF\xBB\xBF{\"a\":1}", "json whole a=1", "{\"a\":1}" },
    { "two objects", "{\"a\":1}{\"a\":2}", "json damaged a=1", NULL },
    { "two objects in two lines", "{\"a\":1}\n{\"a\":2}\n", "json damaged a=1",
      "{\"a\":1}\n{\"a\":2}" },
    { "a comma behind an object", "{\"a\":1},", "json damaged a=1", NULL },
    { "a bracket behind an object", "{\"a\":1}}", "json damaged a=1", NULL },
    { "XML behind an object", "{\"a\":1}<!-- x -->", "json damaged a=1", NULL },
    { "text behind an object", "{\"a\":1} x", "json damaged a=1", NULL },
    { "an object that does not end", "{\"a\":1", "plain damaged message={\"a\":1", NULL },
    { "a broken object", "{\"a\":}\n{\"b\":1}", "plain damaged message={\"a\":}\n{\"b\":1}", NULL },
    { "a list is text", "[{\"a\":1}]", "plain plain message=[{\"a\":1}]", NULL },
    { "XML", XML1, "xml whole EventID=4", NULL },
    { "XML with what leads to it and from it",
      "<?xml version=\"1.0\"?>\n<Events>\n" XML1 "\n</Events>\n", "xml whole EventID=4",
      "<?xml version=\"1.0\"?>\n<Events>\n" XML1 "\n</Events>" },
    { "two XML events", XML1 XML1, "xml damaged EventID=4", NULL },
    { "broken XML", "<Event><System>", "plain damaged message=<Event><System>", NULL },
    { "other XML is text", "<a>b</a>", "plain plain message=<a>b</a>", NULL },
    { "syslog", PRI "hello", "syslog whole message=hello", NULL },
    { "syslog with its line end", PRI "hello\n", "syslog whole message=hello", PRI "hello" },
    { "syslog with line feeds", PRI "a\nb\r\nc", "syslog whole message=a\nb\r\nc", NULL },
    { "syslog that holds syslog", PRI "a\n" PRI "b", "syslog whole message=a\n" PRI "b", NULL },
    { "syslog of RFC 5424", "<34>1 2026-03-01T10:00:00Z h a 1 - - \xEF\xBB\xBFx\ny",
      "syslog whole appname=a", NULL },
    { "JSON in syslog", PRI "{\"a\":1}", "syslog/json whole a=1", NULL },
    { "JSON over lines in syslog", PRI "{\n\"a\":\n1}", "syslog/json whole a=1", NULL },
    { "JSON with a mark in syslog", PRI "@cee: {\"a\":1}", "syslog/json whole a=1", NULL },
    { "CEF in syslog", PRI CEF "src=10.0.0.1", "syslog/cef whole src=10.0.0.1", NULL },
    { "CEF over lines in syslog", PRI CEF "msg=a\nb src=10.0.0.1", "syslog/cef whole src=10.0.0.1",
      NULL },
    { "LEEF in syslog", PRI "LEEF:1.0|V|P|1|2|src=10.0.0.1\tdst=b",
      "syslog/leef whole src=10.0.0.1", NULL },
    { "pairs in syslog", "<189>date=2026-03-01 time=10:00:00 action=deny",
      "syslog/kv whole action=deny", NULL },
    { "pairs over lines in syslog", PRI "a=1 action=deny\nc=3", "syslog/kv whole action=deny",
      NULL },
    { "audit in syslog", PRI AUD, "syslog/audit whole cwd=/b", NULL },
    { "broken CEF in syslog", PRI "CEF:0|x", "syslog whole message=CEF:0|x", NULL },
    { "a priority that is none", "<999>x", "plain plain message=<999>x", NULL },
    { "CEF", CEF "src=10.0.0.1", "cef whole src=10.0.0.1", NULL },
    { "CEF over lines", CEF "msg=a\nb src=10.0.0.1\n", "cef whole src=10.0.0.1",
      CEF "msg=a\nb src=10.0.0.1" },
    { "broken CEF", "CEF:0|x\ny", "plain damaged message=CEF:0|x\ny", NULL },
    { "LEEF", "LEEF:1.0|V|P|1|2|src=10.0.0.1", "leef whole src=10.0.0.1", NULL },
    { "pairs", "a=1 action=deny c=3", "kv whole action=deny", NULL },
    { "pairs and more lines", "a=1 action=deny\nat b.c(d)", "kv whole action=deny", NULL },
    { "columns and more lines", "0,1,2,3,4,5\nx", "csv whole 5=5", NULL },
    { "an audit event of two lines", "type=SYSCALL msg=audit(1.000:7): exe=\"/bin/a\"\n" AUD "\n",
      "audit whole cwd=/b", "type=SYSCALL msg=audit(1.000:7): exe=\"/bin/a\"\n" AUD },
    { "two audit events", AUD "\ntype=CWD msg=audit(1.000:8): cwd=\"/c\"", "audit damaged cwd=/b",
      NULL },
    { "text", "hello world", "plain plain message=hello world", NULL },
    { "text over lines", "Exception:\n  at a=b c=d\n  at e,f,g,h,i,j,k\n",
      "plain plain message=Exception:\n  at a=b c=d\n  at e,f,g,h,i,j,k",
      "Exception:\n  at a=b c=d\n  at e,f,g,h,i,j,k" },
    { "a header of W3C is text", "#Fields: a b", "plain plain message=#Fields: a b", NULL },
    { "nothing", "", "plain plain -", "" },
    { "blanks", " \r\n\t", "plain plain -", "" },
    { "a byte order mark", "\xEF\xBB\xBF", "plain plain -", "" },
};

static void a_record_by_itself_is_one_record(void **state)
{
    struct records *rs;
    struct guard g;
    struct rec r;
    struct err e;

    (void)state;
    guard_init(&g, 4096);
    assert_true(rec_init(&r));
    assert_int_equal(records_new(&rs, &e), ERR_OK);
    for (size_t i = 0; i < COUNT_OF(ones); i++) {
        struct span in = guard_put(&g, span_of(ones[i].record));
        enum record_state s;
        struct buf got;

        e = (struct err){ .code = ERR_OK };
        buf_init(&got, 4096);
        records_one(rs, in, &r, &s, &e);
        describe(&r, s, asked(span_of(ones[i].want)), &got);
        check_span(ones[i].name, buf_span(&got), ones[i].want);
        check_span(ones[i].name, r.raw, ones[i].raw != NULL ? ones[i].raw : ones[i].record);
        CHECK_ROW(ones[i].name, (s == RECORD_DAMAGED) == ((r.flags & REC_DAMAGED) != 0));
        CHECK_ROW(ones[i].name, s != RECORD_DAMAGED || (e.code != ERR_OK && e.why[0] != '\0'));
        buf_release(&got);
    }
    records_free(&rs);
    rec_release(&r);
    guard_release(&g);
}

/* However it is cut and whatever byte is put into it, there is one record and it lies inside. */
static void a_record_by_itself_is_never_lost(void **state)
{
    static const uint8_t bytes[] = { '{', '}', '"', '<', '\n', '=', ',', 0, 0xff };
    struct records *rs;
    struct guard g;
    struct rec r;

    (void)state;
    guard_init(&g, 4096);
    assert_true(rec_init(&r));
    assert_int_equal(records_new(&rs, NULL), ERR_OK);
    for (size_t i = 0; i < COUNT_OF(ones); i++) {
        struct span whole = span_of(ones[i].record);

        for (size_t k = 0; k < whole.n * (1 + COUNT_OF(bytes)); k++) {
            bool cut = k < whole.n;
            struct span in = guard_put(&g, (struct span){ whole.p, cut ? k : whole.n });
            enum record_state s;

            if (!cut)
                g.map[g.bytes - in.n + k % whole.n] = bytes[k / whole.n - 1];
            records_one(rs, in, &r, &s, NULL);
            CHECK_ROW(ones[i].name, r.codec != CODEC_NONE && s != RECORD_NONE);
            CHECK_ROW(ones[i].name, r.raw.p >= in.p && r.raw.p + r.raw.n <= in.p + in.n);
            CHECK_ROW(ones[i].name, r.count > 0 || r.codec != CODEC_PLAIN || r.raw.n == 0);
        }
    }
    records_free(&rs);
    rec_release(&r);
    guard_release(&g);
}

static void zeros_at_its_ends_are_left_out(void **state)
{
    struct records *rs;
    enum record_state s;
    struct rec r;

    (void)state;
    assert_true(rec_init(&r));
    assert_int_equal(records_new(&rs, NULL), ERR_OK);
    records_one(rs, SPAN_LIT("\0x\0y\n\0"), &r, &s, NULL);
    assert_int_equal(s, RECORD_PLAIN);
    assert_true(span_eq(r.raw, SPAN_LIT("x\0y")));
    records_free(&rs);
    rec_release(&r);
}

/* The state of a file at hand is neither used nor changed. */
static void a_record_by_itself_leaves_the_block_alone(void **state)
{
    struct cut cut = { .mode = CUT_LINES };
    struct records *rs;
    enum record_state s;
    struct rec r;

    (void)state;
    assert_true(rec_init(&r));
    assert_int_equal(records_new(&rs, NULL), ERR_OK);
    records_begin(rs, SPAN_LIT("#Fields: x y\n1 2\n3 4\n"), &cut, false);
    assert_int_equal(records_next(rs, &r, &s, NULL), 1);
    records_one(rs, SPAN_LIT("5 6"), &r, &s, NULL);
    assert_int_equal(s, RECORD_PLAIN);
    assert_int_equal(records_next(rs, &r, &s, NULL), 1);
    check_span("next of the block", value_of(&r, SPAN_LIT("y")), "4");
    records_free(&rs);
    rec_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_by_itself_is_one_record),
        cmocka_unit_test(a_record_by_itself_is_never_lost),
        cmocka_unit_test(zeros_at_its_ends_are_left_out),
        cmocka_unit_test(a_record_by_itself_leaves_the_block_alone),
        cmocka_unit_test(each_record_is_what_it_is),
        cmocka_unit_test(no_cut_makes_it_stumble),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
