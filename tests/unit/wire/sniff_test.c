/*
 * Goal: each line finds its codec, and a syslog line the one inside; what nothing takes is plain.
 * Method: rows of lines through the loop that sniff.h describes (any_line.h), each also cut at
 * every byte. rec_check.h has the promise of the table: what is refused changes nothing, and no
 * sniff says no to what its codec takes.
 */
#include "any_line.h"
#include "guard.h"
#include "rows.h"

static const struct sniff_case {
    const char *line;
    enum codec_id outer, inner;
} cases[] = {
    { "{\"a\":1}", CODEC_JSON, CODEC_NONE },
    { "  {\"a\":1}", CODEC_JSON, CODEC_NONE },
    { "{}", CODEC_JSON, CODEC_NONE },
    { "{\"a\":1", CODEC_PLAIN, CODEC_NONE },
    { "{a:1}", CODEC_PLAIN, CODEC_NONE },
    { "<Event><System/></Event>", CODEC_XML, CODEC_NONE },
    { "<event/>", CODEC_PLAIN, CODEC_NONE },
    { "type=CWD msg=audit(1.2:3): cwd=\"/\"", CODEC_AUDIT, CODEC_NONE },
    { "type=CWD msg=x", CODEC_KV, CODEC_NONE },
    { "#Fields: a b", CODEC_PLAIN, CODEC_NONE }, /* a header is the reader's to keep */
    { "CEF:0|V|P|1|9|N|5|a=b", CODEC_CEF, CODEC_NONE },
    { "LEEF:1.0|V|P|1|9|a=b", CODEC_LEEF, CODEC_NONE },
    { "10.0.0.1 - - [11/Oct/2026:22:14:15 +0700] \"GET / HTTP/1.1\" 200 1", CODEC_ACCESS,
      CODEC_NONE },
    { "1286536309.586 1 10.0.0.1 TCP_MISS/200 1 GET http://h/ - DIRECT/- -", CODEC_ACCESS,
      CODEC_NONE },
    { "a=b c=d", CODEC_KV, CODEC_NONE },
    { "1,2,3,4,5,6", CODEC_CSV, CODEC_NONE },
    { "The quick brown fox", CODEC_PLAIN, CODEC_NONE },
    { "\xff\xfe", CODEC_PLAIN, CODEC_NONE },
    { " ", CODEC_PLAIN, CODEC_NONE },

    { "<13>Oct 11 22:14:15 h su: text", CODEC_SYSLOG, CODEC_NONE },
    { "<13>Oct 11 22:14:15 h app: {\"a\":1}", CODEC_SYSLOG, CODEC_JSON },
    { "<13>Oct 11 22:14:15 h app: {\"a\":1,\"b\"}", CODEC_SYSLOG, CODEC_NONE },
    { "<13>Oct 11 22:14:15 h app: <Event><System/></Event>", CODEC_SYSLOG, CODEC_XML },
    { "<13>Oct 11 22:14:15 h audispd: type=CWD msg=audit(1.2:3): cwd=\"/\"", CODEC_SYSLOG,
      CODEC_AUDIT },
    { "<13>Oct 11 22:14:15 h CEF:0|V|P|1|9|N|5|a=b", CODEC_SYSLOG, CODEC_CEF },
    { "Oct 11 22:14:15 h LEEF:1.0|V|P|1|9|a=b", CODEC_SYSLOG, CODEC_LEEF },
    { "<13>Oct 11 22:14:15 h nginx: 10.0.0.1 - - [11/Oct/2026:22:14:15 +0700] \"GET /\" 200 1",
      CODEC_SYSLOG, CODEC_ACCESS },
    { "<189>date=2026-03-01 time=10:00:00 devname=\"FG\"", CODEC_SYSLOG, CODEC_KV },
    { "<134>Oct 11 22:14:15 filterlog[9]: 5,,,1000000103,em0,match,block,in", CODEC_SYSLOG,
      CODEC_CSV },
    { "<14>1 2026-03-01T10:00:00Z h a - - - {\"a\":1}", CODEC_SYSLOG, CODEC_JSON },
    { "<14>1 2026-03-01T10:00:00Z h a - - [x k=\"v\"] a=b c=d", CODEC_SYSLOG, CODEC_KV },
    { "2026-03-01T10:00:00Z INFO started", CODEC_PLAIN, CODEC_NONE },
};

static void each_line_finds_its_codec(void **state)
{
    struct guard g;
    struct rec r;

    (void)state;
    guard_init(&g, 4096);
    MUST(rec_init(&r));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct span line = span_of(cases[i].line);

        for (size_t n = 0; n <= line.n; n++) {
            rec_clear(&r);
            any_line_read(guard_put(&g, (struct span){ line.p, n }), &r);
        }
        if (r.codec != cases[i].outer || r.inner != cases[i].inner)
            fail_msg("line '%s': %s, %s", cases[i].line, codec_name(r.codec), codec_name(r.inner));
    }
    rec_release(&r);
    guard_release(&g);
}

static const struct row plain_rows[] = {
    { "text", "The quick brown fox", "message=The quick brown fox\n" },
    { "blanks stay", " a ", "message= a \n" },
    { "bytes above 0x7f", "\xff", "message=\xff\n" },
    { "nothing", "", NULL },
};

static void plain_takes_all_but_nothing(void **state)
{
    struct rows_codec c = rows_codec_of(CODEC_PLAIN);
    struct rec r;

    (void)state;
    rows_check(&c, plain_rows, COUNT_OF(plain_rows));
    MUST(rec_init(&r));
    assert_true(rows_repeat(&c, "", "0123456789", 1 << 20, "", &r) > 0);
    assert_int_equal(r.flags, REC_CUT_BYTES);
    rec_release(&r);
}

/* json_read() has tests of its own; here is what the table adds to it. */
static const struct row json_rows[] = {
    { "an object", "{\"a\":1,\"b\":{\"c\":\"d\"}}", "a=1\nb={\"c\":\"d\"}\nb.c=d\n" },
    { "a damaged object leaves nothing", "{\"a\":1,\"b\":{\"c\":2,!}}", NULL },
    { "no object", "[1]", NULL },
    { "nothing", "", NULL },
};

static void a_refused_object_leaves_nothing(void **state)
{
    struct rows_codec c = rows_codec_of(CODEC_JSON);

    (void)state;
    c.cut_is_more = true;
    rows_check(&c, json_rows, COUNT_OF(json_rows));
}

static void an_object_behind_many_blanks_is_found(void **state)
{
    struct rows_codec c = rows_codec_of(CODEC_JSON);
    struct rec r;

    (void)state;
    MUST(rec_init(&r));
    for (size_t n = SNIFF_BYTES - 1; n <= SNIFF_BYTES + 1; n++)
        assert_true(rows_repeat(&c, "", " ", n, "{}", &r) > 0);
    rec_release(&r);
}

static void the_table_is_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < codec_row_count; i++) {
        const struct codec_row *row = &codec_rows[i];

        CHECK_ROW(row->name, strcmp(row->name, codec_name(row->id)) == 0);
        CHECK_ROW(row->name, (row->read == NULL) == (row->extent == EXTENT_HEADER));
        CHECK_ROW(row->name, !row->inner || (row->read != NULL && row->id != CODEC_PLAIN));
    }
    assert_int_equal(codec_rows[codec_row_count - 1].id, CODEC_PLAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_finds_its_codec),
        cmocka_unit_test(plain_takes_all_but_nothing),
        cmocka_unit_test(a_refused_object_leaves_nothing),
        cmocka_unit_test(an_object_behind_many_blanks_is_found),
        cmocka_unit_test(the_table_is_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
