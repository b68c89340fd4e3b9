/*
 * Goal: a query's text becomes the tree that it says and comes back as a text of the same tree;
 * what is none is refused at the byte where it is wrong, with what was expected there; what may
 * stand at a place is known. Method: rows; each text printed, read and printed again; texts cut at
 * every byte before an unmapped page; deep and long ones; times at a fixed moment.
 */
#include "../check.h"

#include "../guard.h"
#include "base/time.h"
#include "query/complete.h"
#include "query/query_time.h"

/* Friday, 27 November 2026, 21:10:11 in Viet Nam. */
static const struct query_clock at = { 1795788611 * TIME_SECOND, QUERY_VIETNAM_S };

static int parse(struct query **q, const char *text, struct err *e)
{
    return query_read(q, span_of(text), &at, QUERY_WHOLE, e);
}

static void test_a_query_comes_back_as_its_text(void **state)
{
    static const struct {
        const char *in, *out; /* NULL: the same */
    } rows[] = {
        { "", NULL },
        { "  ", "" },
        { "failed", NULL },
        { "\"failed password\"", NULL },
        { "failed password", "failed and password" },
        { "a or b and c or d", "a or b and c or d" },
        { "(a or b) and c", NULL },
        { "(a and b) or c", "a and b or c" },
        { "((a))", "a" },
        { "a and (b and c)", NULL },
        { "a or (b or c)", NULL },
        { "not (a or b)", NULL },
        { "NOT(a and b)c", "not (a and b) and c" },
        { "not not a", NULL },
        { "\"and\" OR \"not\"", "\"and\" or \"not\"" },
        { "android notes order", "android and notes and order" },
        { "host:srv-01 and \"failed password\" and not user:root | top src_ip", NULL },
        { "user:\"a b\" user:\"x\"", "user:\"a b\" and user:x" },
        { "user:\"a\\\"b\\\\c\\d\"", "user:\"a\\\"b\\\\c\\\\d\"" },
        { "Image:*\\CMD.EXE", "Image:\"*\\\\CMD.EXE\"" },
        { "x:* x:** x:?*", "x:* and x:** and x:?*" },
        { "x:=*", "x:=\"*\"" },
        { "x:==a", "x:=\"=a\"" },
        { "x:=\"a b\"", NULL },
        { "=\"a*b\" =\"ab\"", "=\"a*b\" and ab" },
        { "src_ip:10.0.0.0/8", NULL },
        { "src_ip:\"10.0.0.0/8\"", NULL },
        { "x:2001:db8::/32", NULL },
        { "x:10.0.0.0/99", "x:\"10.0.0.0/99\"" },
        { "x:1..5 x:1.. x:..5", "x:1..5 and x>=1 and x<=5" },
        { "x:a..b", "x:\"a..b\"" },
        { "x>5 x>=5 x < 5 x<= -5e3", "x>5 and x>=5 and x<5 and x<=-5e3" },
        { "10.0.0.1:22 http://a.b/c C:\\x",
          "\"10.0.0.1:22\" and \"http://a.b/c\" and \"C:\\\\x\"" },
        { "path:\\\\srv\\share", "path:\"\\\\\\\\srv\\\\share\"" },
        { "\"New Value\":1 \"a\">5", "\"New Value\":1 and a>5" },
        { "\"since\":x \"and\":y and:y", "\"since\":x and \"and\":y and \"and\":y" },
        { "since:-2h until:now", "since:\"-2h\" and until:\"now\"" },
        { "m\xe1\xba\xadt kh\xe1\xba\xa9u", "m\xe1\xba\xadt and kh\xe1\xba\xa9u" },
        { "|stats count", "| stats count" },
        { "a|STATS count(), SUM(x) as total,dc( y ) BY a ,b|LIMIT 5",
          "a | stats count, sum(x) as total, dc(y) by a, b | limit 5" },
        { "a | stats count(x), min(x), max(x), avg(x)", NULL },
        { "a | top 5 x, \"b c\" | rare y | sort -count, x | fields x, count", NULL },
        { "a | histogram | histogram 5m by x | histogram 3600s",
          "a | histogram | histogram 5m by x | histogram 1h" },
        { "a | top \"since\"", NULL },
    };
    struct buf once, twice;

    (void)state;
    buf_init(&once, 1 << 16);
    buf_init(&twice, 1 << 16);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct query *q, *again;
        struct err e = { 0 };

        if (parse(&q, rows[i].in, &e) != ERR_OK)
            fail_msg("'%s': at %zu: %s", rows[i].in, e.at, e.why);
        buf_clear(&once);
        query_print(q, &once);
        check_span(rows[i].in, buf_span(&once), rows[i].out != NULL ? rows[i].out : rows[i].in);
        assert_int_equal(query_read(&again, buf_span(&once), &at, QUERY_WHOLE, &e), ERR_OK);
        buf_clear(&twice);
        query_print(again, &twice);
        assert_true(span_eq(buf_span(&once), buf_span(&twice)));
        assert_int_equal(q->leaf_count, again->leaf_count);
        query_free(&q);
        query_free(&again);
    }
    buf_release(&once);
    buf_release(&twice);
}

static void test_what_is_no_query_is_refused_where_it_is_wrong(void **state)
{
    static const struct {
        const char *text;
        size_t at;
        const char *why;
    } rows[] = {
        { "\"open", 0, "quote" },
        { "a and \"open", 6, "quote" },
        { "a and", 5, "to look for was expected" },
        { "a or", 4, "to look for was expected" },
        { "not", 3, "to look for was expected" },
        { "and a", 0, "quote and, or, not" },
        { "a or or b", 5, "quote and, or, not" },
        { "(a", 2, "closing parenthesis was expected" },
        { "a)", 1, "nothing opened" },
        { "()", 1, "expected" },
        { "a:", 2, "value was expected" },
        { "a: b", 2, "value was expected" },
        { "a:=", 3, "value was expected" },
        { ":b", 0, "expected" },
        { "a>b", 2, "number was expected" },
        { "a>", 2, "number was expected" },
        { "size > ", 7, "number was expected" },
        { "host:srv-01 and (user:b or", 26, "expected" },
        { "since:soon", 6, "time was expected" },
        { "since:31/02/2026", 6, "time was expected" },
        { "until:", 6, "time was expected" },
        { "a |", 3, "command was expected" },
        { "a | tops x", 4, "command was expected" },
        { "a | top", 7, "field's name was expected" },
        { "a | top 0 x", 8, "1 to 100000" },
        { "a | top 5", 9, "field's name was expected" },
        { "a | limit", 9, "number of rows" },
        { "a | limit x", 10, "number of rows" },
        { "a | limit 100001", 10, "1 to 100000" },
        { "a | limit 5 x", 12, "the end" },
        { "a | stats", 9, "figure was expected" },
        { "a | stats sum", 13, "parentheses" },
        { "a | stats sum()", 14, "field's name was expected" },
        { "a | stats sum(x", 15, "closing parenthesis" },
        { "a | stats count by", 18, "field's name was expected" },
        { "a | stats count,", 16, "figure was expected" },
        { "a | stats count as", 18, "field's name was expected" },
        { "a | stats sum(\"\")", 14, "field's name was expected" },
        { "a | histogram 5x", 14, "span was expected" },
        { "a | histogram 400d", 14, "span was expected" },
        { "a | fields x,", 13, "field's name was expected" },
        { "a | sort -", 10, "field's name was expected" },
        { "a | fields x y", 13, "the end" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct query *q = (struct query *)1;
        struct err e = { 0 };

        CHECK_ROW(rows[i].text, parse(&q, rows[i].text, &e) == ERR_SYNTAX);
        CHECK_ROW(rows[i].text, q == NULL);
        if (e.at != rows[i].at || strstr(e.why, rows[i].why) == NULL)
            fail_msg("'%s': at %zu: %s", rows[i].text, e.at, e.why);
    }
}

static void test_a_filter_has_no_commands(void **state)
{
    struct err e = { 0 };
    struct query *q;

    (void)state;
    assert_int_equal(query_read(&q, SPAN_LIT("a | top x"), &at, QUERY_FILTER, &e), ERR_SYNTAX);
    assert_int_equal(e.at, 2);
    assert_int_equal(query_read(&q, SPAN_LIT("a \xff"), &at, QUERY_WHOLE, &e), ERR_SYNTAX);
    assert_non_null(strstr(e.why, "UTF-8"));
}

static void test_long_and_deep_texts_are_bounded(void **state)
{
    char text[QUERY_BYTES_MAX + 2];
    struct query *q;
    struct err e;

    (void)state;
    memset(text, '(', sizeof(text));
    assert_int_equal(query_read(&q, (struct span){ (uint8_t *)text, 200 }, &at, QUERY_WHOLE, &e),
                     ERR_SYNTAX);
    assert_non_null(strstr(e.why, "deep"));
    for (size_t i = 0; i + 4 <= sizeof(text); i += 4)
        memcpy(text + i, "not ", 4);
    assert_int_equal(query_read(&q, (struct span){ (uint8_t *)text, 4000 }, &at, QUERY_WHOLE, &e),
                     ERR_SYNTAX);
    /* Two thousand words side by side are a query. */
    for (size_t i = 0; i + 2 <= sizeof(text); i += 2)
        memcpy(text + i, "a ", 2);
    assert_int_equal(
        query_read(&q, (struct span){ (uint8_t *)text, QUERY_BYTES_MAX }, &at, QUERY_WHOLE, &e),
        ERR_OK);
    assert_int_equal(q->leaf_count, QUERY_BYTES_MAX / 2);
    query_free(&q);
    assert_int_equal(
        query_read(&q, (struct span){ (uint8_t *)text, QUERY_BYTES_MAX + 1 }, &at, QUERY_WHOLE, &e),
        ERR_LIMIT);
}

static void test_no_byte_behind_the_text_is_read(void **state)
{
    static const char *const texts[] = {
        "host:srv-01 and \"failed \\\"password\\\"\" and not (user:root or n.size>=42) x<1 =\"\\",
        "since:-2h until:\"27/11/2026 20:30\" ip:10.0.0.0/8 x:1..5 x:=y http://z C:\\w m\xe1\xba\xadt",
        "| stats count, sum(x) as y by a, b | top 10 a | sort -a | fields a,b | limit 5 | histogram 5m by x"
    };
    struct guard g;

    (void)state;
    guard_init(&g, 4096);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        for (size_t n = 0; n <= strlen(texts[i]); n++) {
            struct span in = guard_put(&g, (struct span){ (const uint8_t *)texts[i], n });
            struct complete c;
            struct query *q;
            struct err e = { 0 };
            int rc = query_read(&q, in, &at, QUERY_WHOLE, &e);

            assert_true(rc == ERR_OK || (rc == ERR_SYNTAX && e.at <= n && e.why[0] != 0));
            query_free(&q);
            assert_true(query_complete(in, n, NULL, 0, &c));
            assert_true(c.from <= n);
        }
    }
    guard_release(&g);
}

/* What stands between backquotes in the first cell of a line of a table. Returns their number. */
static size_t check_examples(struct span line)
{
    size_t count = 0;

    if (!span_starts(line, SPAN_LIT("| `")))
        return 0;
    for (size_t from = 2; from < line.n && line.p[from] == '`'; count++) {
        struct span rest = span_from(line, from + 1);
        char text[256];
        size_t n = 0, end = span_find(rest, '`');
        struct query *q;
        struct err e = { 0 };

        for (size_t i = 0; i < end && n + 1 < sizeof(text); i++) {
            if (!(rest.p[i] == '\\' && rest.p[i + 1] == '|'))
                text[n++] = (char)rest.p[i];
        }
        text[n] = 0;
        if (parse(&q, text, &e) != ERR_OK)
            fail_msg("'%s': at %zu: %s", text, e.at, e.why);
        query_free(&q);
        from += end + 2;
        from += span_starts(span_from(line, from), SPAN_LIT(" &nbsp; ")) ? 8 : 0;
    }
    return count;
}

static void test_the_examples_of_the_document_are_queries(void **state)
{
    FILE *in = fopen(DOCUMENT, "rb");
    char line[1024];
    size_t count = 0;

    (void)state;
    assert_non_null(in);
    while (fgets(line, sizeof(line), in) != NULL)
        count += check_examples(span_of(line));
    (void)fclose(in);                /* only read */
    assert_in_range(count, 20, 100); /* they were there */
}

/* --- times ---------------------------------------------------------------------------------- */

static void check_time(const char *text, const char *from, const char *until)
{
    uint8_t room[TIME_TEXT_MAX];
    int64_t a, b;

    if (!query_time(span_of(text), &at, &a, &b))
        fail_msg("'%s' is no time", text);
    check_span(text, (struct span){ room, time_put(room, a) }, from);
    check_span(text, (struct span){ room, time_put(room, b) }, until != NULL ? until : from);
}

static void test_times_are_read_as_people_write_them(void **state)
{
    static const char *const none[] = { "",
                                        "soon",
                                        "-2",
                                        "-h",
                                        "2h",
                                        "-2y",
                                        "31/2/2026",
                                        "0/1/2026",
                                        "1/13/2026",
                                        "1/1/26",
                                        "24:00",
                                        "20:60",
                                        "20:3",
                                        "1/1/2026x",
                                        "1/1/2026 ",
                                        "2026-13-01",
                                        "20:30:61",
                                        "1/1/2026 25:00",
                                        "-99999999999999w" };
    int64_t a, b;

    (void)state;
    check_time("now", "2026-11-27T14:10:11Z", NULL);
    check_time("-2h", "2026-11-27T12:10:11Z", NULL);
    check_time("-90s", "2026-11-27T14:08:41Z", NULL);
    check_time("-30m", "2026-11-27T13:40:11Z", NULL);
    check_time("-7D", "2026-11-20T14:10:11Z", NULL);
    check_time("-2w", "2026-11-13T14:10:11Z", NULL);
    check_time("today", "2026-11-26T17:00:00Z", "2026-11-27T17:00:00Z");
    check_time("Yesterday", "2026-11-25T17:00:00Z", "2026-11-26T17:00:00Z");
    check_time("27/11/2026", "2026-11-26T17:00:00Z", "2026-11-27T17:00:00Z");
    check_time("1/2/2026", "2026-01-31T17:00:00Z", "2026-02-01T17:00:00Z");
    check_time("29/02/2024 20:30", "2024-02-29T13:30:00Z", NULL);
    check_time("27/11/2026T20:30:15", "2026-11-27T13:30:15Z", NULL);
    check_time("05:00", "2026-11-26T22:00:00Z", NULL);
    check_time("2026-11-27", "2026-11-26T17:00:00Z", "2026-11-27T17:00:00Z");
    check_time("2026-11-27 20:30", "2026-11-27T13:30:00Z", NULL);
    check_time("2026-11-27T20:30:00", "2026-11-27T13:30:00Z", NULL);
    check_time("2026-11-27T20:30:00Z", "2026-11-27T20:30:00Z", NULL);
    check_time("2026-11-27T20:30:00.5+09:00", "2026-11-27T11:30:00.500Z", NULL);
    for (size_t i = 0; i < COUNT_OF(none); i++)
        CHECK_ROW(none[i], !query_time(span_of(none[i]), &at, &a, &b));
}

static void test_the_range_of_a_query_holds_every_event_of_it(void **state)
{
    static const struct {
        const char *text;
        int64_t from, until; /* hours before now; 0: open */
    } rows[] = {
        { "", 0, 0 },
        { "since:-2h", 2, 0 },
        { "since:-2h until:-1h a", 2, 1 },
        { "since:-2h since:-3h", 2, 0 },
        { "since:-2h or since:-3h", 3, 0 },
        { "since:-2h or a", 0, 0 },
        { "(since:-4h until:-3h) or (since:-2h until:-1h)", 4, 1 },
        { "not since:-2h", 0, 0 },
        { "not until:-2h and since:-5h", 5, 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t hour = 3600 * TIME_SECOND, from, until;
        struct query *q;

        assert_int_equal(parse(&q, rows[i].text, NULL), ERR_OK);
        query_range(q, &from, &until);
        CHECK_ROW(rows[i].text,
                  from == (rows[i].from > 0 ? at.now_ns - rows[i].from * hour : INT64_MIN));
        CHECK_ROW(rows[i].text,
                  until == (rows[i].until > 0 ? at.now_ns - rows[i].until * hour : INT64_MAX));
        query_free(&q);
    }
}

/* --- completion ----------------------------------------------------------------------------- */

static void test_what_may_stand_at_a_place_is_proposed(void **state)
{
    const struct query_field fields[] = { { SPAN_LIT("src_ip"), false },
                                          { SPAN_LIT("user"), false },
                                          { SPAN_LIT("count"), false } };
    static const struct {
        const char *text; /* the cursor is at '^' */
        const char
            *wanted; /* of all proposals, joined by blanks; a '+' when a value may stand here */
    } rows[] = {
        { "^", "+ not since: until: ( | src_ip user count" },
        { "us^", "+ user" },
        { "us^ and b", "+ user" },
        { "user^:x", "+ user" },
        { "user:^", "+" },
        { "user:ro^", "+" },
        { "a ^", "+ and or not since: until: ( | src_ip user count" },
        { "a an^", "+ and" },
        { "(a ^", "+ and or not since: until: ( ) src_ip user count" },
        { "a and ^", "+ not since: until: ( src_ip user count" },
        { "a and not (s^", "+ since: src_ip" },
        { "since:^", "+" },
        { "n>^", "+" },
        { "\"a b^", "" },
        { "a ) ^", "" },
        { "a | ^", "stats top rare sort fields limit histogram" },
        { "a | S^", "stats sort" },
        { "a | top ^", "+ src_ip user count" },
        { "a | top 5 u^", "user" },
        { "a | top user^", "+ user" },
        { "a | top user ^", ", |" },
        { "a | sort -us^", "user" },
        { "a | stats ^", "count sum min max avg dc" },
        { "a | stats sum^", "sum" },
        { "a | stats sum(^", "src_ip user count" },
        { "a | stats sum(x^", "" },
        { "a | stats sum(x) ^", "by as , |" },
        { "a | stats count by ^", "src_ip user count" },
        { "a | histogram ^", "+ by |" },
        { "a | limit ^", "+" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[128], got[512] = "";
        size_t cursor = span_find(span_of(rows[i].text), '^'), n = 0;
        struct complete c;

        (void)snprintf(text, sizeof(text), "%.*s%s", (int)cursor, rows[i].text,
                       rows[i].text + cursor + 1);
        assert_true(query_complete(span_of(text), cursor, fields, COUNT_OF(fields), &c));
        if (c.value)
            n += (size_t)snprintf(got, sizeof(got), "+");
        for (uint32_t k = 0; k < c.count; k++)
            n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%.*s", n > 0 ? " " : "",
                                  SPAN_ARG(c.item[k].text));
        check_span(rows[i].text, span_of(got), rows[i].wanted);
    }
}

/* The name whose value stands at the cursor. */
static void test_the_field_of_a_value_is_told(void **state)
{
    static const struct {
        const char *text, *field;
    } rows[] = {
        { "host:^", "host" },
        { "host:sr^", "host" },
        { "host:=sr^", "host" },
        { "x and (user:a or Image:^", "Image" },
        { "not \"a b\":^", "a b" },
        { "host:a ^", "" },
        { "host^", "" },
        { "since:^", "" },
        { "n>^", "" },
        { "host:\"sr^", "" },
        { "user:a | top 5 ^", "" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct complete c;
        size_t cursor = span_find(span_of(rows[i].text), '^');

        assert_true(query_complete((struct span){ (const uint8_t *)rows[i].text, cursor }, cursor,
                                   NULL, 0, &c));
        check_span(rows[i].text, (struct span){ (const uint8_t *)c.field, c.field_bytes },
                   rows[i].field);
    }
}

static void test_a_value_is_printed_so_that_it_is_met_as_it_is(void **state)
{
    static const struct {
        const char *value, *printed;
    } rows[] = {
        { "srv-01", "srv-01" }, { "C:\\x y", "\"C:\\\\x y\"" }, { "a*", "=\"a*\"" },
        { "", "\"\"" },         { "(x)", "\"(x)\"" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf out;

        buf_init(&out, 256);
        query_print_value(span_of(rows[i].value), &out);
        check_span(rows[i].value, buf_span(&out), rows[i].printed);
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_query_comes_back_as_its_text),
        cmocka_unit_test(test_what_is_no_query_is_refused_where_it_is_wrong),
        cmocka_unit_test(test_a_filter_has_no_commands),
        cmocka_unit_test(test_long_and_deep_texts_are_bounded),
        cmocka_unit_test(test_no_byte_behind_the_text_is_read),
        cmocka_unit_test(test_the_examples_of_the_document_are_queries),
        cmocka_unit_test(test_times_are_read_as_people_write_them),
        cmocka_unit_test(test_the_range_of_a_query_holds_every_event_of_it),
        cmocka_unit_test(test_what_may_stand_at_a_place_is_proposed),
        cmocka_unit_test(test_the_field_of_a_value_is_told),
        cmocka_unit_test(test_a_value_is_printed_so_that_it_is_met_as_it_is),
    };

    return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
