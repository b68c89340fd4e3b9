/*
 * Goal: the frames that rsyslog's omrelp sends are taken, what librelp would refuse is refused, and
 * the answers are those that librelp reads. Method: rows of a stream and the text that
 * frame_drive.h makes of it, against an unmapped page, by bytes and cut in two at every byte.
 */
#include "check.h"
#include "frame_drive.h"
#include "guard.h"

#include <stdlib.h>

#define MAX 100u

#define OFFERS                                                                                     \
    "relp_version=0\nrelp_software=librelp,1.11.0,http://librelp.adiscon.com\ncommands=syslog"

static const struct {
    const char *name, *in, *want;
} rows[] = {
    { "nothing", "", "" },
    { "what rsyslog sends",
      "1 open 86 " OFFERS
      "\n2 syslog 45 <34>1 2026-11-27T10:00:00Z h app - - - hello\n\n3 close 0\n",
      "[1 open " OFFERS "][2 syslog <34>1 2026-11-27T10:00:00Z h app - - - hello\n][3 close ]" },
    { "data with line ends and blanks", "7 syslog 6 a\n b\n \n", "[7 syslog a\n b\n ]" },
    { "largest number", "999999999 syslog 1 a\n", "[999999999 syslog a]" },
    { "zeros in front", "000000007 syslog 01 a\n", "[7 syslog a]" },
    { "any command", "7 starttls 0\n8 X 0\n", "[7 starttls ][8 X ]" },
    { "command of 32 letters", "7 abcdefghijklmnopqrstuvwxyzABCDEF 0\n",
      "[7 abcdefghijklmnopqrstuvwxyzABCDEF ]" },
    { "command of 33 letters", "7 abcdefghijklmnopqrstuvwxyzABCDEFG 0\n", "!" },
    { "data of the longest kind",
      "7 syslog 100 0123456789012345678901234567890123456789012345678901234567890123456789"
      "012345678901234567890123456789\n",
      "[7 syslog 0123456789012345678901234567890123456789012345678901234567890123456789"
      "012345678901234567890123456789]" },
    { "data one byte too long",
      "7 syslog 101 0123456789012345678901234567890123456789012345678901234567890123456789"
      "0123456789012345678901234567890\n8 close 0\n",
      "{115}[8 close ]" },
    { "data much too long", "7 syslog 999999999 a", "{1000000019}" },
    { "cut off in the number", "12", "..." },
    { "cut off in the data", "7 syslog 5 abc", "..." },
    { "cut off before the line end", "7 syslog 3 abc", "..." },
    { "number of a server's hint", "0 serverclose 0\n", "!" },
    { "number of ten digits", "1000000000 syslog 1 a\n", "!" },
    { "no number", " syslog 1 a\n", "!" },
    { "a sign", "+1 syslog 1 a\n", "!" },
    { "a minus", "-1 syslog 1 a\n", "!" },
    { "number in hex", "0x1 syslog 1 a\n", "!" },
    { "tab behind the number", "1\tsyslog 1 a\n", "!" },
    { "two blanks behind the number", "1  syslog 1 a\n", "!" },
    { "no command", "1 1 a\n", "!" },
    { "digits in a command", "1 sys1og 1 a\n", "!" },
    { "two blanks behind the command", "1 syslog  1 a\n", "!" },
    { "length of ten digits", "1 syslog 1000000000 a\n", "!" },
    { "length that is none", "1 syslog x a\n", "!" },
    { "negative length", "1 syslog -1 a\n", "!" },
    { "line end behind a length", "1 syslog 1\na\n", "!" },
    { "blank behind a length of 0", "1 close 0 \n", "!" },
    { "CR behind a length of 0", "1 close 0\r\n", "!" },
    { "no line end behind the data", "1 syslog 1 ab\n", "!" },
    { "data shorter than its length", "1 syslog 3 a\n2 close 0\n", "!" },
    { "a syslog line", "<34>1 2026-03-01T10:00:00Z h a - - - x\n", "!" },
    { "a good frame, then none", "7 syslog 1 a\nx", "[7 syslog a]!" },
};

static void write_seed(struct span in, size_t index)
{
    const char *dir = getenv("CANH_SEEDS");
    uint8_t cut = (uint8_t)(in.n / 2);
    char path[512];
    FILE *out;

    if (dir == NULL)
        return;
    (void)snprintf(path, sizeof(path), "%s/relp/%02zu", dir, index);
    out = fopen(path, "wb");
    assert_true(out != NULL && fwrite(&cut, 1, 1, out) == 1 && fwrite(in.p, 1, in.n, out) == in.n &&
                fclose(out) == 0);
}

static void streams_become_frames(void **state)
{
    struct guard g;

    (void)state;
    guard_init(&g, 4096);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span in = guard_put(&g, span_of(rows[i].in));

        for (size_t cut = 0; cut <= in.n; cut++) {
            struct buf got;

            CHECK_ROW(rows[i].name, frame_steps_same(in, MAX, frame_step_relp, cut, &got));
            check_span(rows[i].name, buf_span(&got), rows[i].want);
            buf_release(&got);
        }
        write_seed(in, i);
    }
    guard_release(&g);
}

static void a_prefix_wants_more(void **state)
{
    static const char whole[] = "7 syslog 3 abc\n";
    struct guard g;

    (void)state;
    guard_init(&g, 64);
    for (size_t n = 0; n < strlen(whole); n++) {
        struct span in = guard_put(&g, (struct span){ (const uint8_t *)whole, n });
        struct relp_frame f;
        uint64_t skip;

        assert_int_equal(relp_frame(in, MAX, &f, &skip, NULL), ERR_MORE);
    }
    guard_release(&g);
}

static const struct {
    const char *offers;
    bool good;
} opens[] = {
    { OFFERS, true },
    { "\nrelp_version=0\ncommands=syslog", true },
    { "relp_version=1\ncommands=syslog\n", true },
    { "relp_version=0,1\r\ncommands=eventlog,syslog", true },
    { "commands=syslog\nx\nrelp_version=1", true },
    { "", false },
    { "relp_version=0", false },
    { "commands=syslog", false },
    { "relp_version=2\ncommands=syslog", false },
    { "relp_version\ncommands=syslog", false },
    { "relp_version=\ncommands=syslog", false },
    { "relp_version=00\ncommands=syslog", false },
    { "relp_version=0\ncommands=syslogs", false },
    { "relp_version=0\ncommands=eventlog", false },
    { "xrelp_version=0\ncommands=syslog", false },
};

static void offers_are_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(opens); i++) {
        struct err e = { .code = ERR_OK };

        CHECK_ROW(opens[i].offers, relp_open_good(span_of(opens[i].offers), &e) == opens[i].good);
        CHECK_ROW(opens[i].offers, (e.code == ERR_OK) == opens[i].good);
    }
}

static void answers_are_frames(void **state)
{
    static const char want[] =
        "1 rsp 56 200 OK\nrelp_version=0\nrelp_software=canh\ncommands=syslog\n"
        "2 rsp 6 200 OK\n"
        "999999999 rsp 15 500 The disk??.\n"
        "3 rsp 84 500 "
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
        "4 rsp 0\n0 serverclose 0\n";
    struct relp_frame f;
    struct buf out;
    uint64_t skip;
    char text[91];

    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    buf_init(&out, 4096);
    relp_put_open(&out, 1);
    relp_put_answer(&out, 2, 200, "OK");
    relp_put_answer(&out, 999999999, 500, "The disk\n\xff.");
    relp_put_answer(&out, 3, 500, text);
    relp_put_close(&out, 4);
    check_span("answers", buf_span(&out), want);
    /* They are frames of their own protocol. */
    for (size_t at = 0, count = 0; count < 5; count++) {
        int64_t used = relp_frame(span_from(buf_span(&out), at), MAX, &f, &skip, NULL);

        assert_true(used > 0);
        check_span("command", f.command, "rsp");
        at += (size_t)used;
    }
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_become_frames),
        cmocka_unit_test(a_prefix_wants_more),
        cmocka_unit_test(offers_are_judged),
        cmocka_unit_test(answers_are_frames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
