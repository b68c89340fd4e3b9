/*
 * Goal: a block ends between records, never within one, whatever the format; and it is told from
 * its first bytes what a file is. Method: rows; each text is also cut at every length, and every
 * cut that is found must be one of the row's own record boundaries.
 */
#include "check.h"
#include "guard.h"

#include "scan/cut.h"

static const struct {
    const char *name, *head;
    enum cut_mode mode;
    size_t skip;
} begins[] = {
    { "nothing", "", CUT_LINES, 0 },
    { "JSON lines", "{\"a\":1}\n", CUT_LINES, 0 },
    { "a JSON array", "[{\"a\":1}]", CUT_ARRAY, 1 },
    { "a JSON array after blanks", " \n[\n {\"a\":1}]", CUT_ARRAY, 3 },
    { "records of CloudTrail", "{\"Records\":[{\"a\":1}]}", CUT_ARRAY, 12 },
    { "a value that is called records but is no list of objects", "{\"records\":[1]}", CUT_LINES,
      0 },
    { "another wrapper is an event of its own", "{\"foo\":[{\"a\":1}]}", CUT_LINES, 0 },
    { "a bracket that opens a line of text", "[error] 12", CUT_LINES, 0 },
    { "events as XML", "<?xml version=\"1.0\"?><Events><Event xmlns='x'>", CUT_XML, 0 },
    { "an event alone", "<Event xmlns='x'><System/>", CUT_XML, 0 },
    { "syslog", "<34>Oct 11 22:14:15 host su: x", CUT_LINES, 0 },
    { "a Windows event log", "ElfFile\0\0\0\0", CUT_CHUNKS, 0 },
    { "control characters", "\1\2\3\4\5\6\7abcdefgh", CUT_BINARY, 0 },
    { "a log that begins with zeros", "", CUT_LINES, 0 },
};

static void tells_what_a_file_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(begins); i++) {
        struct span head = span_of(begins[i].head);
        struct cut c;

        if (begins[i].mode == CUT_CHUNKS)
            head.n += 4;
        CHECK_ROW(begins[i].name, cut_begin(&c, head) == begins[i].skip);
        CHECK_ROW(begins[i].name, c.mode == begins[i].mode);
    }
}

/* '|' marks the boundaries between records; it is not part of the text. */
static const struct {
    const char *name;
    enum cut_mode mode;
    const char *text;
} texts[] = {
    { "lines", CUT_LINES, "one\n|two\n|three\n|four" },
    { "lines of Windows", CUT_LINES, "one\r\n|two\r\n|three" },
    { "blank lines", CUT_LINES, "one\n\n|\n|\n|two" },
    { "JSON lines", CUT_LINES, "{\"a\":1}\n|{\"a\":2}\n|{\"a\":3}\n" },
    { "pretty-printed JSON", CUT_LINES, "{\n  \"a\": [\n    1\n  ]\n}\n|{\n  \"a\": 2\n}\n|{" },
    { "keys that are not indented", CUT_LINES, "{\n\"a\":1,\n\"b\":2\n}\n|{\n\"a\":2\n}\n|x" },
    { "a message over several lines", CUT_LINES, "java: x\n\tat y\n at z\n|next\n|last" },
    { "one audit event", CUT_LINES,
      "type=A msg=audit(1.0:7): a\ntype=B msg=audit(1.0:7): b\n|type=A msg=audit(1.0:8): a\n"
      "type=B msg=audit(1.0:8): b\n|x" },
    { "audit events of one line", CUT_LINES,
      "type=A msg=audit(1.0:7): a\n|type=A msg=audit(1.0:8): a\n|type=A msg=audit(1.0:9): a\n|x" },
    { "a list", CUT_ARRAY, "{\"a\":{\"b\":\"}]\\\"{\"}}|,{\"a\":2}|, {\"a\":3}|" },
    { "a list on many lines", CUT_ARRAY, "\n {\n \"a\": [ {} ]\n }|,\n {\n \"a\": 2\n }|" },
    { "an end of a list", CUT_ARRAY, "{\"a\":1}|]|" },
    { "XML", CUT_XML, "<Event><System/></Event>|<Event></Event>|\n<e:Event></e:Event>|" },
};

static bool is_boundary(const char *text, size_t at)
{
    size_t n = 0;

    for (; *text != 0; text++) {
        if (*text == '|' && n == at)
            return true;
        n += *text != '|';
    }
    return false;
}

static size_t without_marks(const char *text, uint8_t *out)
{
    size_t n = 0;

    for (; *text != 0; text++) {
        if (*text != '|')
            out[n++] = (uint8_t)*text;
    }
    return n;
}

static void cuts_between_records_only(void **state)
{
    uint8_t room[512];
    struct guard g;

    (void)state;
    guard_init(&g, sizeof(room));
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        size_t n = without_marks(texts[i].text, room), found = 0;

        for (size_t cut = 0; cut <= n; cut++) {
            struct cut c = { .mode = texts[i].mode };
            size_t at = cut_find(&c, guard_put(&g, (struct span){ room, cut }));

            CHECK_ROW(texts[i].name, at <= cut);
            CHECK_ROW(texts[i].name, at == 0 || is_boundary(texts[i].text, at));
            found = at > found ? at : found;
        }
        CHECK_ROW(texts[i].name, found > 0);
    }
    guard_release(&g);
}

static void headers_are_carried_to_the_next_block(void **state)
{
    struct cut c;

    (void)state;
    assert_int_equal(cut_begin(&c, SPAN_LIT("#Software: IIS\n")), 0);
    cut_headers(&c, SPAN_LIT("#Software: IIS\n#Fields: date time c-ip\n2026-03-01 10:00:00 ::1\n"));
    assert_int_equal(c.w3c.count, 3);
    cut_headers(&c, SPAN_LIT("2026-03-01 10:00:00 ::1\n#Fields: date s-ip\nx y\n"));
    assert_int_equal(c.w3c.count, 2);
}

static void a_block_without_a_boundary_is_cut_at_a_line_or_anywhere(void **state)
{
    (void)state;
    assert_int_equal(cut_force(SPAN_LIT(" a\n b\n c")), 6);
    assert_int_equal(cut_force(SPAN_LIT("abc")), 3);
    assert_int_equal(cut_force(SPAN_LIT("{\"a\":1}{\"a\":2}{\"a\"")), 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_a_file_is),
        cmocka_unit_test(cuts_between_records_only),
        cmocka_unit_test(headers_are_carried_to_the_next_block),
        cmocka_unit_test(a_block_without_a_boundary_is_cut_at_a_line_or_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
