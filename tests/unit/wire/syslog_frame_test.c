/*
 * Goal: both methods of RFC 6587, mixed on one stream, and the same messages however the stream is
 * cut into reads. Method: rows of a stream and the text that frame_drive.h makes of it, against an
 * unmapped page, by bytes and cut in two at every byte.
 */
#include "check.h"
#include "frame_drive.h"
#include "guard.h"

#include <stdlib.h>

#define MAX 20u

static const struct {
    const char *name, *in, *want;
} rows[] = {
    { "nothing", "", "" },
    { "a line", "<34>a b\n", "[<34>a b]" },
    { "lines", "<1>a\n<2>b\n<3>c\n", "[<1>a][<2>b][<3>c]" },
    { "CR LF", "<1>a\r\n<2>b\r\n", "[<1>a][<2>b]" },
    { "one CR is dropped", "<1>a\r\r\n", "[<1>a\r]" },
    { "a CR in the middle stays", "<1>a\rb\n", "[<1>a\rb]" },
    { "blank lines", "\n\r\n<1>a\n\n", "[][][<1>a][]" },
    { "the last line is not ended", "<1>a\n<2>b", "[<1>a][<2>b]" },
    { "the last line ends with CR", "<1>a\r", "[<1>a]" },
    { "a line of the longest kind", "<1>aaaaaaaaaaaaaaaaa\nb\n", "[<1>aaaaaaaaaaaaaaaaa][b]" },
    { "the same with CR", "<1>aaaaaaaaaaaaaaaaa\r\nb\n", "[<1>aaaaaaaaaaaaaaaaa][b]" },
    { "the same with CR, not ended", "<1>aaaaaaaaaaaaaaaaa\r", "[<1>aaaaaaaaaaaaaaaaa]" },
    { "one byte too long", "<1>aaaaaaaaaaaaaaaaaa\nb\n", "{line}[b]" },
    { "one byte too long, which is a CR", "<1>aaaaaaaaaaaaaaaaa\r\r\nb\n", "{line}[b]" },
    { "much too long", "<1>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n<2>b\n",
      "{line}[<2>b]" },
    { "too long and not ended", "<1>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "{line}" },
    { "zero is no length", "0 a\n", "[0 a]" },
    { "counted", "4 <1>a", "[<1>a]" },
    { "counted, many", "4 <1>a5 <2>bb4 <3>c", "[<1>a][<2>bb][<3>c]" },
    { "counted, with line ends in it", "8 <1>a\nb\r\n4 <2>b", "[<1>a\nb\r\n][<2>b]" },
    { "counted, with a blank in front", "5  <1>a", "[ <1>a]" },
    { "counted, of the longest kind", "20 <1>aaaaaaaaaaaaaaaaa1 b", "[<1>aaaaaaaaaaaaaaaaa][b]" },
    { "counted, one too long", "21 <1>aaaaaaaaaaaaaaaaaa1 b", "{24}[b]" },
    { "counted, much too long", "30 <1>aaaaaaaaaaaaaaaaaaaaaaaaaaa<2>b\n", "{33}[<2>b]" },
    { "counted, too long and cut off", "4294967296 <1>a", "{4294967307}" },
    { "counted, ten digits", "9999999999 x", "{10000000010}" },
    { "counted, eleven digits", "10000000000 x", "!" },
    { "counted, leading digits without end", "1111111111111111111111111111", "!" },
    { "counted, cut off", "9 <1>a", "..." },
    { "counted, cut off in its length", "<1>a\n12", "[<1>a]..." },
    { "counted, cut off behind its blank", "12 ", "..." },
    { "mixed", "<1>a\n4 <2>b<3>c\n5 <4>dd", "[<1>a][<2>b][<3>c][<4>dd]" },
    { "counted, with a line end behind", "4 <1>a\n4 <2>b\n", "[<1>a][][<2>b][]" },
    { "no blank behind the digits: a line", "4<1>a", "[4<1>a]" },
    { "a tab behind the digits: a line", "4\t<1>a\n", "[4\t<1>a]" },
    { "a line end behind the digits: a line", "4\n<1>a", "[4][<1>a]" },
    { "a line that begins with a time", "2026-03-01 x\n4 <1>a", "[2026-03-01 x][<1>a]" },
    { "framing lost behind a good message", "<1>a\n99999999999 x", "[<1>a]!" },
};

static void write_seed(struct span in, size_t index)
{
    const char *dir = getenv("CANH_SEEDS");
    uint8_t cut = (uint8_t)(in.n / 2);
    char path[512];
    FILE *out;

    if (dir == NULL)
        return;
    (void)snprintf(path, sizeof(path), "%s/syslog_frame/%02zu", dir, index);
    out = fopen(path, "wb");
    assert_true(out != NULL && fwrite(&cut, 1, 1, out) == 1 && fwrite(in.p, 1, in.n, out) == in.n &&
                fclose(out) == 0);
}

static void streams_become_messages(void **state)
{
    struct guard g;

    (void)state;
    guard_init(&g, 4096);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span in = guard_put(&g, span_of(rows[i].in));

        for (size_t cut = 0; cut <= in.n; cut++) {
            struct buf got;

            CHECK_ROW(rows[i].name, frame_steps_same(in, MAX, frame_step_syslog, cut, &got));
            check_span(rows[i].name, buf_span(&got), rows[i].want);
            buf_release(&got);
        }
        write_seed(in, i);
    }
    guard_release(&g);
}

/* Nothing behind the end is looked at, and a cut message is no message. */
static void a_prefix_wants_more(void **state)
{
    static const char *const whole[] = { "<1>abc\r\n", "7 <1>a\nbc" };
    struct guard g;

    (void)state;
    guard_init(&g, 64);
    for (size_t i = 0; i < COUNT_OF(whole); i++) {
        for (size_t n = 0; n < strlen(whole[i]); n++) {
            struct span in = guard_put(&g, (struct span){ (const uint8_t *)whole[i], n }), m;
            uint64_t skip;

            CHECK_ROW(whole[i], syslog_frame(in, MAX, false, &m, &skip, NULL) == ERR_MORE);
        }
    }
    guard_release(&g);
}

static void a_zero_byte_is_a_byte(void **state)
{
    struct span in = SPAN_LIT("<1>a\0b\n\0\n"), m;
    uint64_t skip;

    (void)state;
    assert_int_equal(syslog_frame(in, MAX, false, &m, &skip, NULL), 7);
    assert_int_equal(m.n, 6);
    assert_int_equal(syslog_frame(span_from(in, 7), MAX, false, &m, &skip, NULL), 2);
    assert_int_equal(m.n, 1);
}

static void no_limit_is_too_large(void **state)
{
    struct span m;
    uint64_t skip;

    (void)state;
    assert_int_equal(syslog_frame(SPAN_LIT("a\n"), SIZE_MAX, false, &m, &skip, NULL), 2);
    assert_int_equal(syslog_frame(SPAN_LIT("9999999999 a"), SIZE_MAX, false, &m, &skip, NULL),
                     ERR_MORE);
    assert_int_equal(syslog_frame(SPAN_LIT("\r\n"), 0, false, &m, &skip, NULL), 2);
    assert_int_equal(syslog_frame(SPAN_LIT("a\n"), 0, false, &m, &skip, NULL), ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_become_messages),
        cmocka_unit_test(a_prefix_wants_more),
        cmocka_unit_test(a_zero_byte_is_a_byte),
        cmocka_unit_test(no_limit_is_too_large),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
