/*
 * Goal: key=value lines of every habit become fields, and prose with an equals sign does not.
 * Method: rows (rows.h), in the forms that the named software writes.
 */
#include "rows.h"

static const struct row rows[] = {
    { "FortiGate", "date=2026-03-01 devname=\"FG 100\" srcip=10.0.0.1 action=deny msg=\"a, b\"",
      "date=2026-03-01\ndevname=FG 100\nsrcip=10.0.0.1\naction=deny\nmsg=a, b\n" },
    { "Check Point", "[action:\"Accept\"; ifname:\"eth1\"; src:\"10.0.0.1\"]",
      "action=Accept\nifname=eth1\nsrc=10.0.0.1\n" },
    { "iptables", "IN=eth0 OUT= MAC=00:11 SRC=10.0.0.1 ID=54321 DF PROTO=TCP SYN URGP=0",
      "IN=eth0\nOUT=\nMAC=00:11\nSRC=10.0.0.1\nID=54321\nflag=DF\nPROTO=TCP\nflag=SYN\nURGP=0\n" },
    { "iptables with a prefix", "[UFW BLOCK] IN=eth0 OUT= SRC=10.0.0.1 DST=10.0.0.2",
      "message=[UFW BLOCK]\nIN=eth0\nOUT=\nSRC=10.0.0.1\nDST=10.0.0.2\n" },
    { "sudo", "bob : TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/bin/ls -la ; echo",
      "message=bob\nTTY=pts/0\nPWD=/home/bob\nUSER=root\nCOMMAND=/bin/ls -la ; echo\n" },
    { "commas, and blanks in values", "a=b, c=d e, f=g", "a=b\nc=d e\nf=g\n" },
    { "semicolons", "a=b;c=d e;f=", "a=b\nc=d e\nf=\n" },
    { "a list in a value", "ports=22,80,443 proto=tcp", "ports=22,80,443\nproto=tcp\n" },
    { "logfmt", "level=info msg=\"it \\\"works\\\"\" ts=1.5",
      "level=info\nmsg=it \"works\"\nts=1.5\n" },
    { "a path that nobody escaped", "path=\"C:\\Windows\\notes.exe\" user=\"CORP\\bob\"",
      "path=C:\\Windows\\notes.exe\nuser=CORP\\bob\n" },
    { "single quotes", "a='b c' d='e'", "a=b c\nd=e\n" },
    { "empty quotes", "a=\"\" b=\"\"", "a=\nb=\n" },
    { "a quote that does not close", "a=b c=\"d e", "a=b\nc=d e\n" },
    { "a quote that closes the line", "a=b c=\"", "a=b\nc=\n" },
    { "tabs between", "a=b\tc=d", "a=b\nc=d\n" },
    { "a comma behind a bare value", "a=b c=d, e=f", "a=b\nc=d\ne=f\n" },
    { "names with dots, dashes and slashes", "a.b=1 c-d=2 e/f=3 @g=4",
      "a.b=1\nc-d=2\ne/f=3\n@g=4\n" },
    { "names in another alphabet",
      "t\xc3\xaan=An kh\xc3\xb3"
      "a=1",
      "t\xc3\xaan=An\nkh\xc3\xb3"
      "a=1\n" },
    { "equals signs in a value", "url=http://h/?a=b&c=d x=y", "url=http://h/?a=b&c=d\nx=y\n" },
    { "a name twice", "a=1 a=2", "a=1\na=2\n" },

    { "one pair is none", "a=b", NULL },
    { "prose with an equals sign", "the answer is x=42 they say, and so y=1 as well, which is odd",
      NULL },
    { "pairs at the end of prose", "a very long line of prose that goes on and on: a=1 b=2", NULL },
    { "pairs are half of it", "a=1 b=2 cccccccc", "a=1\nb=2\nflag=cccccccc\n" },
    { "pairs are less than half", "a=1 b=2 ccccccccc", NULL },
    { "pairs catch up", "a=1 ccccccccc b=222222", "a=1\nflag=ccccccccc\nb=222222\n" },
    { "pairs do not catch up", "a=1 ccccccccccccccccc b=22222", NULL },
    { "no names", "=a =b", NULL },
    { "prose", "The quick brown fox", NULL },
    { "nothing", "", NULL },
    { "blanks", "    ", NULL },
};

static void lines_become_fields(void **state)
{
    struct rows_codec c = rows_codec_of(CODEC_KV);

    (void)state;
    rows_check(&c, rows, COUNT_OF(rows));
}

/* Inside of syslog `message` is taken. */
static void text_before_the_pairs_has_its_name(void **state)
{
    struct rec r;

    (void)state;
    MUST(rec_init(&r));
    r.codec = CODEC_SYSLOG;
    assert_true(kv_read(SPAN_LIT("bob: TTY=pts/0 ; USER=root"), &r, NULL) > 0);
    check_span("inner", r.fields[0].name, "text");
    rec_release(&r);
}

static void limits_hold(void **state)
{
    struct rows_codec c = rows_codec_of(CODEC_KV);
    struct rec r;

    (void)state;
    MUST(rec_init(&r));
    assert_true(rows_repeat(&c, "", "a=b ", 100000, "", &r) > 0);
    assert_int_equal(r.count, LIMIT_FIELDS);
    assert_int_equal(r.flags, REC_CUT_FIELDS);
    assert_true(rows_repeat(&c, "a=b c=\"", "\\\"23456789", 1 << 20, "\"", &r) > 0);
    assert_int_equal(r.count, 2);
    assert_int_equal(r.flags, REC_CUT_BYTES);
    assert_true(rows_repeat(&c, "a=b, c=", ", ,; ;x ,", 1 << 20, "", &r) > 0);
    assert_int_equal(r.count, 2);
    assert_true(rows_repeat(&c, "a=b c=d ", "x", 1 << 20, "=1", &r) < 0);
    assert_true(rows_repeat(&c, "", "a,b;c ", 1 << 20, "=1", &r) < 0);
    assert_true(rows_repeat(&c, "a=b;", ";;;;;;;;;; ", 1 << 20, "c=1", &r) > 0);
    assert_true(rows_repeat(&c, "a=b;c=", ";          ", 1 << 20, "!", &r) > 0);
    rec_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_become_fields),
        cmocka_unit_test(text_before_the_pairs_has_its_name),
        cmocka_unit_test(limits_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
