/*
 * Goal: the header names the columns of the lines behind it: W3C's working draft WD-logfile, what
 * IIS and proxies make of it, and Zeek's tab-separated logs.
 * Method: rows (rows.h) that are whole small files: lines with '#' go to w3c_header(), the fields
 * of all others are gathered in one record.
 */
#include "rows.h"

#include "wire/w3c.h"

/* A state for each header line, for the names of lines before it must stay. */
#define HEADERS_MAX 32u
static struct w3c states[HEADERS_MAX];

/* The codec of a small file, so that the trials of rows.h fit. */
static int64_t file_read(struct span in, struct rec *r, struct err *e)
{
    const struct rec before = *r;
    struct w3c *w = states;
    int64_t used = ERR_OK;

    w3c_init(w);
    for (size_t at = 0, end; at < in.n && used >= 0; at = end + 1) {
        struct span line;

        end = at + span_find(span_from(in, at), '\n');
        line = (struct span){ in.p + at, end - at };
        if (line.n == 0 || line.p[0] == '#') {
            MUST(w + 1 < states + HEADERS_MAX);
            w[1] = w[0];
            used = w3c_header(++w, line, e);
        } else {
            r->codec = before.codec; /* each line claims the record anew */
            r->inner = before.inner;
            used = w3c_read(w, line, r, e);
        }
    }
    if (used >= 0 && r->count == before.count)
        used = err_set(e, ERR_SYNTAX, 0, "no line of values");
    if (used >= 0)
        return (int64_t)in.n;
    r->count = before.count;
    r->flags = before.flags;
    r->codec = before.codec;
    r->inner = before.inner;
    r->raw = before.raw;
    return used;
}

static bool file_is(struct span in)
{
    (void)in;
    return true;
}

static const struct rows_codec codec = { CODEC_W3C, file_read, file_is, false };

#define ZEEK "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"

static const struct row rows[] = {
    { "the example of the draft",
      "#Version: 1.0\n#Date: 12-Jan-1996 00:00:00\n#Fields: time cs-method cs-uri\n"
      "00:34:23 GET /foo/bar.html\n12:21:16 GET /foo/bar.html",
      "time=00:34:23\ncs-method=GET\ncs-uri=/foo/bar.html\n"
      "time=12:21:16\ncs-method=GET\ncs-uri=/foo/bar.html\n" },
    { "IIS",
      "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n"
      "#Date: 2026-03-01 10:00:00\n"
      "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query cs(User-Agent) sc-status\n"
      "2026-03-01 10:00:00 10.0.0.1 GET /a - Mozilla/5.0+(X) 200",
      "date=2026-03-01\ntime=10:00:00\ns-ip=10.0.0.1\ncs-method=GET\ncs-uri-stem=/a\n"
      "cs-uri-query\ncs(User-Agent)=Mozilla/5.0+(X)\nsc-status=200\n" },
    { "the header changes", "#Fields: a b\n1 2\n#Software: x\n#Fields: c\n3", "a=1\nb=2\nc=3\n" },
    { "columns missing", "#Fields: a b c\n1", "a=1\n" },
    { "runs of blanks", "#Fields:  a  b \n 1   2  ", "a=1\nb=2\n" },
    { "quotes hold blanks", "#Fields: a b c\n\"x y\" \"\" z\"", "a=x y\nb=\nc=z\"\n" },
    { "quotes that are not at the ends", "#Fields: a b\n\"x\"y \"z", "a=\"x\"y\nb=\"z\n" },
    { "tabs between, empty columns", "#Fields: a\tb\tc\n1\t\t3 4", "a=1\nb=\nc=3 4\n" },
    { "one name", "#Fields: a\n1", "a=1\n" },
    { "not UTF-8", "#Fields: a\n\xff", "a=\xff\n" },
    { "Zeek",
      ZEEK "#path\tconn\n#fields\tts\tuid\tid.orig_h\tservice\tx\n"
           "#types\ttime\tstring\taddr\tstring\tset\n"
           "1.5\tC1\t10.0.0.1\t-\t(empty)\n#close\t2026",
      "_path=conn\nts=1.5\nuid=C1\nid.orig_h=10.0.0.1\nservice\nx=\n" },
    { "Zeek: quotes and blanks are text", ZEEK "#fields\ta\tb\n\"x y\tz\"", "a=\"x y\nb=z\"\n" },
    { "Zeek: the path changes", ZEEK "#path\tconn\n#fields\ta\n1\n#path\tdns\n#fields\tb\n2",
      "_path=conn\na=1\n_path=dns\nb=2\n" },
    { "Zeek: another separator", "#separator |\n#path|dns\n#fields|a|b\n1|2",
      "_path=dns\na=1\nb=2\n" },
    { "Zeek: fields missing", ZEEK "#fields\ta\tb\n1", "a=1\n" },

    { "no header", "1 2 3", NULL },
    { "a header without names", "#Fields:\n1", NULL },
    { "columns too many", "#Fields: a b\n1 2 3", NULL },
    { "names are void behind a new path", ZEEK "#path\tconn\n#fields\ta\n1\n#path\tdns\n2", NULL },
    { "Zeek's names without its separator", "#fields\ta\n1", NULL },
    { "a header alone", "#Fields: a b", NULL },
    { "nothing", "", NULL },
};

static void files_become_fields(void **state)
{
    (void)state;
    rows_check(&codec, rows, COUNT_OF(rows));
}

static void header_lines_are_recognised(void **state)
{
    static const struct {
        const char *line;
        bool want;
    } lines[] = {
        { "#Fields: a", true },
        { "#Software: x", true },
        { "#Version: 1.0", true },
        { "#Date: x", true },
        { "#Start-Date: x", true },
        { "#End-Date: x", true },
        { "#Remark: x", true },
        { "#separator \\x09", true },
        { "#path\tconn", true },
        { "#fields\ta", true },
        { "#types\tx", true },
        { "#close\t2026", true },
        { "# a comment", false },
        { "#fields", false },
        { "#pathological", false },
        { "Fields: a", false },
        { "#", false },
        { "", false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        CHECK_ROW(lines[i].line, w3c_is(span_of(lines[i].line)) == lines[i].want);
}

static void lines_without_a_number_sign_are_no_header(void **state)
{
    struct w3c w;
    struct err e;

    (void)state;
    w3c_init(&w);
    assert_int_equal(w3c_header(&w, SPAN_LIT("a b"), &e), ERR_SYNTAX);
    assert_int_equal(w3c_header(&w, SPAN_LIT(""), &e), ERR_SYNTAX);
    assert_int_equal(w3c_header(&w, SPAN_LIT("# a comment"), &e), ERR_OK);
    assert_int_equal(w.count, 0);
}

static void a_copy_of_the_state_reads_the_same(void **state)
{
    struct w3c w, copy;
    struct rec r;

    (void)state;
    MUST(rec_init(&r));
    w3c_init(&w);
    assert_int_equal(w3c_header(&w, SPAN_LIT("#Fields: a b"), NULL), ERR_OK);
    copy = w;
    memset(&w, 0xff, sizeof(w));
    assert_int_equal(w3c_read(&copy, SPAN_LIT("1 2"), &r, NULL), 3);
    check_span("copy", r.fields[1].name, "b");
    rec_release(&r);
}

static void limits_hold(void **state)
{
    struct rec r;

    (void)state;
    MUST(rec_init(&r));
    assert_int_equal(rows_repeat(&codec, "#Fields:", " a", W3C_NAMES_MAX + 1, "\n1", &r),
                     ERR_LIMIT);
    assert_int_equal(rows_repeat(&codec, "#Fields: ", "a", W3C_TEXT_BYTES + 1, "\n1", &r),
                     ERR_LIMIT);
    assert_int_equal(rows_repeat(&codec, ZEEK "#path\t", "a", W3C_TEXT_BYTES + 1, "\n1", &r),
                     ERR_LIMIT);
    assert_true(rows_repeat(&codec, "#Fields: a\n", "0123456789", 1 << 20, "", &r) > 0);
    assert_int_equal(r.flags, REC_CUT_BYTES);
    assert_int_equal(rows_repeat(&codec, "#Fields: a b\n", "\"a ", 1 << 20, "", &r), ERR_SYNTAX);
    assert_true(rows_repeat(&codec, "#Fields: a b\n1 2", " ", 1 << 20, "", &r) > 0);
    rec_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_become_fields),
        cmocka_unit_test(header_lines_are_recognised),
        cmocka_unit_test(lines_without_a_number_sign_are_no_header),
        cmocka_unit_test(a_copy_of_the_state_reads_the_same),
        cmocka_unit_test(limits_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
