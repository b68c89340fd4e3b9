/*
 * Goal: a filter holds for the events that its text says, and a text that is none is refused at the
 * byte where it is wrong, whatever its bytes.
 * Method: rows of text, over one event with Sigma's names laid over it; texts cut at every byte
 * before an unmapped page; deep and long ones.
 */
#include "../check.h"

#include "../event/laid.h"
#include "../guard.h"
#include "base/buf.h"
#include "query/filter.h"

#define TAXONOMY                                                                                   \
    "source: sysmon\nproduct: windows\nrows:\n"                                                    \
    "  - { when: { EventID: 1 }, category: process_creation, fields: { Image: exe_path } }\n"

static const char json[] =
    "{\"EventID\":1,\"exe_path\":\"C:\\\\Windows\\\\Cmd.exe\",\"user\":\"root\","
    "\"n\":{\"size\":42},\"list\":[\"one\",\"two\"],\"empty\":\"\",\"Host\":\"own\"}";
static const char raw[] = "Nov 27 srv-01 sshd: Failed Password for root and 10.0.0.7 \"q\"";

static bool holds(struct laid *l, const char *text)
{
    struct filter_about a = { .event = &l->event,
                              .raw = span_of(raw),
                              .source = SPAN_LIT("fw-01"),
                              .input = SPAN_LIT("relp") };
    struct buf folded, scratch;
    struct filter *f;
    struct err e = { 0 };
    bool yes;

    buf_init(&folded, 65536);
    buf_init(&scratch, 65536);
    search_fold(span_of(raw), &folded);
    a.folded = buf_span(&folded);
    a.scratch = &scratch;
    if (filter_read(&f, span_of(text), &l->names, &e) != ERR_OK)
        fail_msg("'%s': %s", text, e.why);
    yes = filter_holds(f, &a);
    /* What cannot hold by its text alone does not hold. */
    if (yes && !filter_may_hold(f, a.folded))
        fail_msg("'%s' holds and may not", text);
    filter_free(&f);
    assert_null(f);
    buf_release(&folded);
    buf_release(&scratch);
    return yes;
}

static void setup(struct laid *l)
{
    laid_init(l, TAXONOMY, "Image,CommandLine,User");
    laid_json(l, json);
    assert_int_equal(l->event.cls->view_count, 1);
}

static void test_a_filter_holds_for_what_it_says(void **state)
{
    static const struct {
        const char *text;
        bool want;
    } rows[] = {
        { "", true },
        { "   ", true },
        /* the raw record, without regard to case */
        { "failed", true },
        { "\"failed password\"", true },
        { "\"failed  password\"", false },
        { "nothing", false },
        { "10.0.0.7", true },
        { "\"\\\"q\\\"\"", true },
        { "\"\"", true },
        /* words of the language, when they are quoted */
        { "\"and\"", true },
        { "\"or\" \"not\"", false },
        /* names: the record's, of any case, nested, in lists */
        { "user:root", true },
        { "USER:ROOT", true },
        { "user:roo", false },
        { "user:r*", true },
        { "user:*oo*", true },
        { "user:r??t", true },
        { "user:r?t", false },
        { "n.size:42", true },
        { "list:two", true },
        { "list:three", false },
        { "empty:\"\"", true },
        { "empty:*", true },
        { "absent:*", false },
        { "absent:\"\"", false },
        /* Sigma's, through the map, of any case */
        { "Image:C:\\Windows\\Cmd.exe", true },
        { "image:*\\CMD.EXE", true },
        { "image:\"C:\\\\Windows\\\\cmd.exe\"", true },
        { "image:\"C:\\Windows\\cmd.exe\"", true },
        { "exe_path:*cmd*", true },
        { "CommandLine:*", false },
        /* tags, and what the server knows */
        { "product:windows", true },
        { "category:process_*", true },
        { "category:file_event", false },
        { "service:*", false },
        { "source:fw-*", true },
        { "input:relp", true },
        { "input:http", false },
        { "host:own", true },
        /* numbers */
        { "n.size>41", true },
        { "n.size>42", false },
        { "n.size>=42", true },
        { "n.size<43", true },
        { "n.size<=41.9", false },
        { "user>1", false },
        { "absent<1", false },
        { "eventid>=1e0", true },
        /* and, or, not, parentheses; side by side is and; and binds closer than or */
        { "user:root and failed", true },
        { "user:root failed", true },
        { "user:root nothing", false },
        { "nothing or failed", true },
        { "nothing OR Failed", true },
        { "failed or nothing and nothing", true },
        { "(failed or nothing) and nothing", false },
        { "not nothing", true },
        { "not failed", false },
        { "not not failed", true },
        { "not(nothing)failed", true },
        { "host:own and \"failed password\" and not user:admin", true },
        { "host:own and \"failed password\" and not user:root", false },
        { "and:x or user:root", true }, /* a field may have any name */
        { "not:x", false },
    };
    struct laid l;

    (void)state;
    setup(&l);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (holds(&l, rows[i].text) != rows[i].want)
            fail_msg("'%s' is %s", rows[i].text, rows[i].want ? "false" : "true");
    }
    laid_release(&l);
}

static void test_a_text_that_is_none_is_refused_where_it_is_wrong(void **state)
{
    static const struct {
        const char *text;
        size_t at;
        const char *why;
    } rows[] = {
        { "\"open", 0, "quote" },
        { "a and \"open", 6, "quote" },
        { "a and", 5, "expected" },
        { "a or", 4, "expected" },
        { "not", 3, "expected" },
        { "and a", 0, "expected" },
        { "a or or b", 5, "expected" },
        { "(a", 2, "closing" },
        { "a)", 1, "nothing opened" },
        { "()", 1, "expected" },
        { "a:", 2, "value" },
        { "a: b", 2, "value" },
        { ":b", 0, "expected" },
        { "a>b", 2, "number" },
        { "a>", 2, "value" },
        { "n.size > 41", 7, "expected" },
        { "host:srv-01 and (user:b or", 26, "expected" },
    };
    struct names names;
    struct err e;

    (void)state;
    assert_int_equal(names_init(&names, &e), ERR_OK);
    assert_true(names_freeze(&names));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct filter *f = (struct filter *)1;

        e = (struct err){ 0 };
        CHECK_ROW(rows[i].text, filter_read(&f, span_of(rows[i].text), &names, &e) == ERR_SYNTAX);
        CHECK_ROW(rows[i].text, f == NULL);
        if (e.at != rows[i].at || strstr(e.why, rows[i].why) == NULL)
            fail_msg("'%s': at %zu: %s", rows[i].text, e.at, e.why);
    }
    names_release(&names);
}

static void test_long_and_deep_texts_are_bounded(void **state)
{
    char text[FILTER_BYTES_MAX + 2];
    struct names names;
    struct filter *f;
    struct err e;

    (void)state;
    assert_int_equal(names_init(&names, &e), ERR_OK);
    assert_true(names_freeze(&names));
    memset(text, '(', sizeof(text));
    assert_int_equal(filter_read(&f, (struct span){ (uint8_t *)text, 200 }, &names, &e),
                     ERR_SYNTAX);
    assert_non_null(strstr(e.why, "deep"));
    for (size_t i = 0; i + 4 <= sizeof(text); i += 4)
        memcpy(text + i, "not ", 4);
    assert_int_equal(filter_read(&f, (struct span){ (uint8_t *)text, 4000 }, &names, &e),
                     ERR_SYNTAX);
    /* Two thousand words side by side are a filter. */
    for (size_t i = 0; i + 2 <= sizeof(text); i += 2)
        memcpy(text + i, "a ", 2);
    assert_int_equal(
        filter_read(&f, (struct span){ (uint8_t *)text, FILTER_BYTES_MAX }, &names, &e), ERR_OK);
    filter_free(&f);
    assert_int_equal(
        filter_read(&f, (struct span){ (uint8_t *)text, FILTER_BYTES_MAX + 1 }, &names, &e),
        ERR_LIMIT);
    names_release(&names);
}

static void test_no_byte_behind_the_text_is_read(void **state)
{
    static const char *const texts[] = {
        "host:srv-01 and \"failed \\\"password\\\"\" and not (user:root or n.size>=42) x<1 \"\\"
    };
    struct laid l;
    struct guard g;

    (void)state;
    setup(&l);
    guard_init(&g, 4096);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        for (size_t n = 0; n <= strlen(texts[i]); n++) {
            struct filter *f;
            struct err e = { 0 };
            struct span in = guard_put(&g, (struct span){ (const uint8_t *)texts[i], n });
            int rc = filter_read(&f, in, &l.names, &e);

            assert_true(rc == ERR_OK || (rc == ERR_SYNTAX && e.at <= n && e.why[0] != 0));
            filter_free(&f);
        }
    }
    guard_release(&g);
    laid_release(&l);
}

static void test_the_caret_stands_below_the_fault(void **state)
{
    static const char text[] = "tên:x and (";
    struct err e = { .at = sizeof(text) - 1, .why = "Here." };
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    filter_caret(span_of(text), &e, &out);
    check_span("caret", buf_span(&out), "  tên:x and (\n             ^ Here.\n");
    buf_clear(&out);
    filter_caret(SPAN_LIT("a\033[2J"), &(struct err){ .at = 99, .why = "End." }, &out);
    check_span("no control", buf_span(&out), "  a\u00b7[2J\n       ^ End.\n");
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_filter_holds_for_what_it_says),
        cmocka_unit_test(test_a_text_that_is_none_is_refused_where_it_is_wrong),
        cmocka_unit_test(test_long_and_deep_texts_are_bounded),
        cmocka_unit_test(test_no_byte_behind_the_text_is_read),
        cmocka_unit_test(test_the_caret_stands_below_the_fault),
    };

    return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
