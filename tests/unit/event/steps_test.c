/*
 * Goal: every step does what its row in steps.h says. Method: rows; each input lies before a guard
 * page; a step without a row fails the test. What the steps for sentences do at their edges is in
 * steps_text_test.c.
 */
#include "../check.h"
#include "../guard.h"

#include "event/steps.h"

#define PAIRS_MAX 3u

static const struct {
    const char *step;
    const char *from[PAIRS_MAX], *to[PAIRS_MAX]; /* texts use `from` only */
    const char *in, *want;                       /* want NULL: dropped */
} rows[] = {
    { "map", { "6", "tcp6" }, { "tcp", "tcp" }, "6", "tcp" },
    { "map", { "TCP6" }, { "tcp" }, "tcp6", "tcp" },
    { "map", { "6" }, { "tcp" }, "66", "66" },
    { "map", { "" }, { "none" }, "", "none" },
    { "pick", { "a", "b" }, { "1", "2" }, "B", "2" },
    { "pick", { "a" }, { "1" }, "c", NULL },
    { "starts", { "Failed ", "" }, { "no", "yes" }, "failed x", "no" },
    { "contains", { "bad" }, { "no" }, "so bad a", "no" },
    { "replace", { "ab", "b" }, { "x", "" }, "abcb", "xc" },
    { "after_last", { "/" }, { NULL }, "a/b/c", "c" },
    { "before_last", { "/" }, { NULL }, "a/b/c", "a/b" },
    { "prefix",
      { "\\REG\\MACHINE\\", "\\REG\\" },
      { "HKLM\\", "?\\" },
      "\\reg\\machine\\",
      "HKLM\\" },
    { "prefix", { "\\REG\\MACHINE\\", "\\REG\\" }, { "HKLM\\", "?\\" }, "\\REG\\A", "?\\A" },
    { "prefix", { "abc" }, { "x" }, "ab", "ab" },
    { "prefix", { "abc" }, { "" }, "abc", "" },
    { "suffix", { ".EXE" }, { "" }, "a.exe", "a" },
    { "suffix", { ".exe" }, { ".dll" }, "exe", "exe" },
    { "key", { "Host" }, { NULL }, "A=1\r\n\tHost = x y \r\nB=2", "x y" },
    { "key", { "host" }, { NULL }, "Host: x", "x" },
    { "key", { "Host" }, { NULL }, "HostName=1\nHost=2", "2" },
    { "key", { "Host" }, { NULL }, "Host=", "" },
    { "key", { "Host" }, { NULL }, "Host", NULL },
    { "key", { "Host" }, { NULL }, "", NULL },
    { "key", { "Host" }, { NULL }, "A=Host=1", NULL },
    { "pair", { "MD5" }, { NULL }, "SHA1=1, md5=2,SHA256=3", "2" },
    { "pair", { "MD5" }, { NULL }, "XMD5=2", NULL },
    { "pair", { "MD5" }, { NULL }, "MD5=", "" },
    { "pair", { "MD5" }, { NULL }, "MD5", NULL },
    { "after", { "file:_" }, { NULL }, "file:_C:\\a", "C:\\a" },
    { "after", { "/" }, { NULL }, "a/b/c", "b/c" },
    { "after", { "x" }, { NULL }, "abc", NULL },
    { "after", { "c" }, { NULL }, "abc", "" },
    { "before", { "|" }, { NULL }, "a|b|c", "a" },
    { "before", { "|" }, { NULL }, "abc", "abc" },
    { "before", { "|" }, { NULL }, "", "" },
    { "drop", { "-", "N/A" }, { NULL }, "n/a", NULL },
    { "drop", { "-", "N/A" }, { NULL }, "--", "--" },
    { "lower", { NULL }, { NULL }, "AbZ\xC3\x84", "abz\xC3\x84" },
    { "upper", { NULL }, { NULL }, "aBz{`\xC3\xA4", "ABZ{`\xC3\xA4" },
    { "decimal", { NULL }, { NULL }, "0x13a8", "5032" },
    { "decimal", { NULL }, { NULL }, "0XFFFFFFFFFFFFFFFF", "18446744073709551615" },
    { "decimal", { NULL }, { NULL }, "0x", "0x" },
    { "decimal", { NULL }, { NULL }, "0x11111111111111111", "0x11111111111111111" },
    { "decimal", { NULL }, { NULL }, "13a8", "13a8" },
    { "dword", { NULL }, { NULL }, "4", "DWORD (0x00000004)" },
    { "dword", { NULL }, { NULL }, "0xAbc", "DWORD (0x00000abc)" },
    { "dword", { NULL }, { NULL }, "4294967295", "DWORD (0xffffffff)" },
    { "dword", { NULL }, { NULL }, "4294967296", "4294967296" },
    { "dword", { NULL }, { NULL }, "four", "four" },
    { "qword", { NULL }, { NULL }, "4294967297", "QWORD (0x00000001-0x00000001)" },
    { "qword", { NULL }, { NULL }, "-1", "-1" },
    { "basename", { NULL }, { NULL }, "C:\\a/b\\c.exe", "c.exe" },
    { "basename", { NULL }, { NULL }, "c.exe", "c.exe" },
    { "basename", { NULL }, { NULL }, "/a/", "" },
    { "trim", { NULL }, { NULL }, " \ta b\r\n", "a b" },
    { "trim", { NULL }, { NULL }, "  ", "" },
    { "unquote", { NULL }, { NULL }, "\"a\"", "a" },
    { "unquote", { NULL }, { NULL }, "\"", "\"" },
    { "unquote", { NULL }, { NULL }, "\"a", "\"a" },
};

static void every_step_does_what_its_row_says(void **state)
{
    bool tested[STEP_IDS] = { false };
    struct guard g;

    (void)state;
    guard_init(&g, 128);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span from[PAIRS_MAX], to[PAIRS_MAX], out = SPAN_NONE;
        struct step s = { .from = from, .to = to };
        struct arena mem;
        enum step_arg arg;
        bool kept;

        arena_init(&mem, 4096);
        CHECK_ROW(rows[i].step, step_find(span_of(rows[i].step), &s.id, &arg));
        tested[s.id] = true;
        for (; s.count < PAIRS_MAX && rows[i].from[s.count] != NULL; s.count++) {
            from[s.count] = span_of(rows[i].from[s.count]);
            to[s.count] = arg == STEP_PAIRS ? span_of(rows[i].to[s.count]) : SPAN_NONE;
        }
        CHECK_ROW(rows[i].in, (arg == STEP_NONE) == (s.count == 0));
        kept = step_apply(&s, guard_put(&g, span_of(rows[i].in)), &mem, &out);
        if (kept != (rows[i].want != NULL))
            fail_msg("row %s '%s': %s", rows[i].step, rows[i].in, kept ? "kept" : "dropped");
        if (kept)
            check_span(rows[i].in, out, rows[i].want);
        arena_release(&mem);
    }
    for (size_t i = 0; i < STEP_IDS; i++) {
        if (!tested[i])
            fail_msg("step number %zu has no row", i);
    }
    guard_release(&g);
}

static const struct {
    const char *step, *in;
} makers[] = {
    { "prefix", "0x10" }, { "suffix", "100x" },  { "lower", "A" },
    { "upper", "a" },     { "decimal", "0x10" }, { "dword", "16" },
};

static void a_step_without_memory_drops_the_value(void **state)
{
    struct span from = SPAN_LIT("0x"), to = SPAN_LIT("0y");

    (void)state;
    for (size_t i = 0; i < COUNT_OF(makers); i++) {
        struct step s = { .count = 1, .from = &from, .to = &to };
        struct span out = SPAN_NONE;
        struct arena mem;
        enum step_arg arg;

        arena_init(&mem, 0);
        assert_true(step_find(span_of(makers[i].step), &s.id, &arg));
        CHECK_ROW(makers[i].step, !step_apply(&s, span_of(makers[i].in), &mem, &out));
        arena_release(&mem);
    }
}

static void unknown_names_are_no_steps(void **state)
{
    enum step_id id;
    enum step_arg arg;

    (void)state;
    assert_false(step_find(SPAN_LIT("MAP"), &id, &arg));
    assert_false(step_find(SPAN_LIT(""), &id, &arg));
    assert_false(step_find(SPAN_LIT("mapp"), &id, &arg));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_does_what_its_row_says),
        cmocka_unit_test(a_step_without_memory_drops_the_value),
        cmocka_unit_test(unknown_names_are_no_steps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
