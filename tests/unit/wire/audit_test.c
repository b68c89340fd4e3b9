/*
 * Goal: the lines of one audit event become one record with auditd's own names, hex is text again,
 * split arguments are whole, and an event ends where the next begins.
 * Method: rows (rows.h) that are whole events, in the forms of the kernel, of auditd (raw and
 * enriched) and of ausearch -i; then where events end.
 */
#include "rows.h"

#define AT "msg=audit(1364481363.243:24287): "
#define ID "audit_id=1364481363.243:24287\ntimestamp=1364481363.243\n"

static const struct row rows[] = {
    { "the example of Red Hat's Security Guide",
      "type=SYSCALL " AT "arch=c000003e syscall=2 success=no exit=-13 a0=7fffd19c5592 a1=0 "
      "ppid=2686 pid=3538 auid=1000 tty=pts0 comm=\"cat\" exe=\"/bin/cat\" key=\"sshd_config\"\n"
      "type=CWD " AT " cwd=\"/home/shadowman\"\n"
      "type=PATH " AT "item=0 name=\"/etc/ssh/sshd_config\" inode=409248 nametype=NORMAL\n"
      "type=PROCTITLE " AT "proctitle=636174002F6574632F7373682F737368645F636F6E666967\n",
      ID "type=SYSCALL\narch=c000003e\nsyscall=2\nsuccess=no\nexit=-13\na0=7fffd19c5592\na1=0\n"
         "ppid=2686\npid=3538\nauid=1000\ntty=pts0\ncomm=cat\nexe=/bin/cat\nkey=sshd_config\n"
         "type=CWD\ncwd=/home/shadowman\ntype=PATH\nitem=0\nname=/etc/ssh/sshd_config\n"
         "inode=409248\nnametype=NORMAL\ntype=PROCTITLE\nproctitle=cat /etc/ssh/sshd_config\n"
         "SYSCALL=open\n" },
    { "execve: arguments before numbers",
      "type=SYSCALL " AT "arch=c000003e syscall=59 a0=55d5 a1=55d6 a2=0 a3=8 items=2\n"
      "type=EXECVE " AT "argc=3 a0=\"sh\" a1=\"-c\" a2=6563686F2022\n",
      ID "type=SYSCALL\narch=c000003e\nsyscall=59\nSYSCALL.a0=55d5\nSYSCALL.a1=55d6\n"
         "SYSCALL.a2=0\nSYSCALL.a3=8\nitems=2\ntype=EXECVE\nargc=3\na0=sh\na1=-c\na2=echo \"\n"
         "SYSCALL=execve\nexecve_cmdline=sh -c echo \"\n" },
    { "an argument that the kernel split",
      "type=EXECVE " AT "argc=3 a0=\"x\" a1_len=6 a1[0]=414243\n"
      "type=EXECVE " AT "a1[1]=444546 a2=\"z\"",
      ID "type=EXECVE\nargc=3\na0=x\na1_len=6\na1=ABCDEF\ntype=EXECVE\na2=z\n"
         "execve_cmdline=x ABCDEF z\n" },
    { "pieces of different arguments",
      "type=EXECVE " AT "a1[0]=\"a\" a1[1]=\"b\" a2[0]=\"c\" a2[1]=\"d\"",
      ID "type=EXECVE\na1=ab\na2=cd\nexecve_cmdline=ab cd\n" },
    { "hex or not", "type=EXECVE " AT "a0=abcd a1=ABC a2=41424 a3=4142 a4=\"4142\" argc=41",
      ID "type=EXECVE\na0=abcd\na1=ABC\na2=41424\na3=AB\na4=4142\nargc=41\n"
         "execve_cmdline=abcd ABC 41424 AB 4142\n" },
    { "call names of arm64 and i386", "type=SYSCALL " AT "arch=c00000b7 syscall=221",
      ID "type=SYSCALL\narch=c00000b7\nsyscall=221\nSYSCALL=execve\n" },
    { "i386", "type=SYSCALL " AT "arch=40000003 syscall=11",
      ID "type=SYSCALL\narch=40000003\nsyscall=11\nSYSCALL=execve\n" },
    { "a call that nobody knows", "type=SYSCALL " AT "arch=c000003e syscall=99999",
      ID "type=SYSCALL\narch=c000003e\nsyscall=99999\n" },
    { "a machine that nobody knows", "type=SYSCALL " AT "arch=c0000016 syscall=11",
      ID "type=SYSCALL\narch=c0000016\nsyscall=11\n" },
    { "enriched, behind a group separator",
      "type=SYSCALL " AT "arch=c000003e syscall=59 uid=0 key=\"k\"\x1d"
      "ARCH=x86_64 SYSCALL=execve UID=\"root\"",
      ID "type=SYSCALL\narch=c000003e\nsyscall=59\nuid=0\nkey=k\nARCH=x86_64\nSYSCALL=execve\n"
         "UID=root\n" },
    { "PAM: pairs in single quotes",
      "type=USER_AUTH " AT "pid=1 uid=0 msg='op=PAM:authentication grantors=? acct=\"root\" "
      "exe=\"/usr/sbin/sshd\" hostname=10.0.0.1 addr=10.0.0.1 terminal=ssh res=failed'\x1d"
      "UID=\"root\"",
      ID "type=USER_AUTH\npid=1\nuid=0\n"
         "msg=op=PAM:authentication grantors=? acct=\"root\" exe=\"/usr/sbin/sshd\" "
         "hostname=10.0.0.1 addr=10.0.0.1 terminal=ssh res=failed\nUID=root\n"
         "op=PAM:authentication\ngrantors\nacct=root\nexe=/usr/sbin/sshd\nhostname=10.0.0.1\n"
         "addr=10.0.0.1\nterminal=ssh\nres=failed\n" },
    { "sudo: a command in hex", "type=USER_CMD " AT "msg='cwd=\"/\" cmd=6C73202D6C res=success'",
      ID "type=USER_CMD\nmsg=cwd=\"/\" cmd=6C73202D6C res=success\ncwd=/\ncmd=ls -l\n"
         "res=success\n" },
    { "op of several words", "type=ADD_USER " AT "msg='op=adding user to group id=5 res=success'",
      ID "type=ADD_USER\nmsg=op=adding user to group id=5 res=success\nop=adding user to group\n"
         "id=5\nres=success\n" },
    { "AVC: words before the pairs",
      "type=AVC " AT "avc:  denied  { read } for  pid=1 comm=\"httpd\" name=\"x\" tclass=file",
      ID "type=AVC\npid=1\ncomm=httpd\nname=x\ntclass=file\nmessage=avc:  denied  { read } for\n" },
    { "a login: words between pairs", "type=LOGIN " AT "pid=1 uid=0 old auid=4294967295 new auid=0",
      ID "type=LOGIN\npid=1\nuid=0\nauid=4294967295\nauid=0\n" },
    { "absent values", "type=SYSCALL " AT "tty=(none) key=(null) addr=? name=\"?\"",
      ID "type=SYSCALL\ntty=(none)\nkey\naddr\nname=?\n" },
    { "node", "node=web1 type=SYSCALL " AT "pid=1\nnode=web1 type=CWD " AT "cwd=\"/\"",
      "node=web1\n" ID "type=SYSCALL\npid=1\ntype=CWD\ncwd=/\n" },
    { "a file that came into being, relative to the folder",
      "type=SYSCALL " AT "arch=c000003e syscall=257 exit=3\n"
      "type=CWD " AT "cwd=\"/etc/\"\n"
      "type=PATH " AT "item=0 name=\"cron.d/\" nametype=PARENT\n"
      "type=PATH " AT "item=1 name=\"cron.d/x\" nametype=CREATE",
      ID
      "type=SYSCALL\narch=c000003e\nsyscall=257\nexit=3\ntype=CWD\ncwd=/etc/\ntype=PATH\n"
      "item=0\nname=cron.d/\nnametype=PARENT\ntype=PATH\nitem=1\nname=cron.d/x\nnametype=CREATE\n"
      "SYSCALL=openat\ncreated_path=/etc/cron.d/x\n" },
    { "a file that came into being, its whole path in hex",
      "type=CWD " AT "cwd=\"/etc\"\ntype=PATH " AT "name=2F746D702F6120 nametype=CREATE",
      ID "type=CWD\ncwd=/etc\ntype=PATH\nname=/tmp/a \nnametype=CREATE\ncreated_path=/tmp/a \n" },
    { "a file without a name, and one that was there",
      "type=PATH " AT "name=(null) nametype=CREATE\ntype=PATH " AT "name=\"/a\" nametype=NORMAL",
      ID "type=PATH\nname\nnametype=CREATE\ntype=PATH\nname=/a\nnametype=NORMAL\n" },
    { "an IPv4 address", "type=SOCKADDR " AT "saddr=020001BBCB0071070000000000000000",
      ID "type=SOCKADDR\nsaddr=020001BBCB0071070000000000000000\nsaddr_fam=inet\n"
         "laddr=203.0.113.7\nlport=443\n" },
    { "an IPv6 address",
      "type=SOCKADDR " AT "saddr=0A0001BB0000000020010DB800000000000000000000000700000000",
      ID "type=SOCKADDR\nsaddr=0A0001BB0000000020010DB800000000000000000000000700000000\n"
         "saddr_fam=inet6\nladdr=2001:db8::7\nlport=443\n" },
    { "an address that auditd has broken out",
      "type=SOCKADDR " AT
      "saddr=020001BBCB007107\x1dSADDR={ saddr_fam=inet laddr=203.0.113.7 lport=443 }",
      ID "type=SOCKADDR\nsaddr=020001BBCB007107\nSADDR={\nsaddr_fam=inet\nladdr=203.0.113.7\n"
         "lport=443\n" },
    { "a local socket", "type=SOCKADDR " AT "saddr=01002F72756E",
      ID "type=SOCKADDR\nsaddr=01002F72756E\n" },
    { "half an address, and none",
      "type=SOCKADDR " AT "saddr=020001BBCB00\ntype=SOCKADDR " AT "saddr=zz",
      ID "type=SOCKADDR\nsaddr=020001BBCB00\ntype=SOCKADDR\nsaddr=zz\n" },
    { "EOE closes", "type=SYSCALL " AT "pid=1\ntype=EOE " AT "",
      ID "type=SYSCALL\npid=1\ntype=EOE\n" },
    { "CR LF", "type=SYSCALL " AT "pid=1\r\ntype=CWD " AT "cwd=\"/\"\r\n",
      ID "type=SYSCALL\npid=1\ntype=CWD\ncwd=/\n" },
    { "as the kernel's log has it",
      "type=1400 audit(1364481363.243:24287): apparmor=\"DENIED\" pid=1",
      ID "type=1400\napparmor=DENIED\npid=1\n" },
    { "ausearch -i",
      "type=PROCTITLE msg=audit(03/01/2026 10:00:00.243:24287) : proctitle=cat /etc/passwd \n"
      "type=EXECVE msg=audit(03/01/2026 10:00:00.243:24287) : argc=3 a0=sh a1=-c a2=echo a b \n"
      "type=SYSCALL msg=audit(03/01/2026 10:00:00.243:24287) : arch=x86_64 syscall=execve "
      "success=yes a0=0x55d5 auid=unset",
      "audit_id=03/01/2026 10:00:00.243:24287\ntimestamp=03/01/2026 10:00:00.243\n"
      "type=PROCTITLE\nproctitle=cat /etc/passwd\ntype=EXECVE\nargc=3\na0=sh\na1=-c\na2=echo a b\n"
      "type=SYSCALL\narch=x86_64\nsyscall=execve\nsuccess=yes\nSYSCALL.a0=0x55d5\nauid=unset\n"
      "SYSCALL=execve\nexecve_cmdline=sh -c echo a b\n" },
    { "created paths, relative and not",
      "type=SYSCALL " AT "syscall=x\ntype=CWD " AT "cwd=2F746D70\n"
      "type=PATH " AT "item=0 name=\"/tmp\" nametype=PARENT\n"
      "type=PATH " AT "item=1 name=\"a\" nametype=CREATE\n"
      "type=PATH " AT "item=2 name=2F6220 nametype=CREATE\n"
      "type=PATH " AT "item=3 name=(null) nametype=CREATE\n",
      ID "type=SYSCALL\nsyscall=x\ntype=CWD\ncwd=/tmp\ntype=PATH\nitem=0\nname=/tmp\n"
         "nametype=PARENT\ntype=PATH\nitem=1\nname=a\nnametype=CREATE\ntype=PATH\nitem=2\n"
         "name=/b \nnametype=CREATE\ntype=PATH\nitem=3\nname\nnametype=CREATE\nSYSCALL=x\n"
         "created_path=/tmp/a\ncreated_path=/b \n" },
    { "a created path below the root, and without a folder",
      "type=PATH " AT "name=\"a\" nametype=CREATE\ntype=CWD " AT "cwd=\"/\"\n",
      ID "type=PATH\nname=a\nnametype=CREATE\ntype=CWD\ncwd=/\ncreated_path=/a\n" },
    { "no folder at all", "type=PATH " AT "name=\"a\" nametype=CREATE",
      ID "type=PATH\nname=a\nnametype=CREATE\ncreated_path=a\n" },
    { "an address of IPv4", "type=SOCKADDR " AT "saddr=020001BB0A0000010000000000000000",
      ID "type=SOCKADDR\nsaddr=020001BB0A0000010000000000000000\nsaddr_fam=inet\n"
         "laddr=10.0.0.1\nlport=443\n" },
    { "an address of IPv6",
      "type=SOCKADDR " AT "saddr=0A00005000000000FE80000000000000000000000000000100000000",
      ID "type=SOCKADDR\nsaddr=0A00005000000000FE80000000000000000000000000000100000000\n"
         "saddr_fam=inet6\nladdr=fe80::1\nlport=80\n" },
    { "an address of a local socket", "type=SOCKADDR " AT "saddr=01002F72756E",
      ID "type=SOCKADDR\nsaddr=01002F72756E\n" },
    { "an address cut short", "type=SOCKADDR " AT "saddr=020001BB0A00",
      ID "type=SOCKADDR\nsaddr=020001BB0A00\n" },
    { "a quote that does not close", "type=CWD " AT "cwd=\"/a b\n", ID "type=CWD\ncwd=/a b\n" },
    { "no pairs", "type=X " AT "just words", ID "type=X\nmessage=just words\n" },
    { "an empty value", "type=X " AT "a= b=1", ID "type=X\na=\nb=1\n" },
    { "no name", "type=X " AT "=1 b=2", ID "type=X\nb=2\nmessage==1\n" },
    { "bytes above 0x7f", "type=CWD " AT "cwd=\"/\xff\"", ID "type=CWD\ncwd=/\xff\n" },

    { "no id", "type=SYSCALL msg=audit(): a=1", NULL },
    { "an id that does not close", "type=SYSCALL msg=audit(1364481363.243:24287 a=1", NULL },
    { "no type", "type= " AT "a=1", NULL },
    { "another msg", "type=SYSCALL msg=x", NULL },
    { "node alone", "node=web1", NULL },
    { "prose", "The quick brown fox", NULL },
    { "nothing", "", NULL },
};

static void events_become_fields(void **state)
{
    struct rows_codec c = rows_codec_of(CODEC_AUDIT);

    (void)state;
    rows_check(&c, rows, COUNT_OF(rows));
}

/* ---- where events end ---- */

static const struct extent_case {
    const char *name;
    const char *in;
    size_t lines; /* of the event, when the end of `in` is the end of all */
    bool is_open; /* more lines of it may come */
} extents[] = {
    { "the next id", "type=A " AT "\ntype=B " AT "\ntype=C msg=audit(1.2:3): \n", 2, false },
    { "the same id of another node", "type=A " AT "\nnode=x type=B " AT "\n", 1, false },
    { "EOE", "type=A " AT "\ntype=EOE " AT "\ntype=B " AT "\n", 2, false },
    { "EOE is the last line", "type=A " AT "\ntype=EOE " AT "\n", 2, false },
    { "a line of another kind", "type=A " AT "\n----\ntype=B " AT "\n", 1, false },
    { "the end of the input", "type=A " AT "\ntype=B " AT "\n", 2, true },
    { "half a line", "type=A " AT "\ntype=B " AT "a=", 2, true },
    { "half a line that may be of the next", "type=A " AT "\ntype=", 1, true },
};

static size_t bytes_of_lines(struct span s, size_t lines)
{
    size_t at = 0;

    while (lines-- > 0)
        at += span_find(span_from(s, at), '\n') + (span_find(span_from(s, at), '\n') < s.n - at);
    return at;
}

static void an_event_ends_where_the_next_begins(void **state)
{
    struct rec r;

    (void)state;
    MUST(rec_init(&r));
    for (size_t i = 0; i < COUNT_OF(extents); i++) {
        const struct extent_case *c = &extents[i];
        struct span in = span_of(c->in);
        size_t want = bytes_of_lines(in, c->lines);

        CHECK_ROW(c->name, audit_extent(in, true) == want);
        CHECK_ROW(c->name, audit_extent(in, false) == (c->is_open ? 0 : want));
        rec_clear(&r);
        CHECK_ROW(c->name, audit_read(in, &r, NULL) == (int64_t)want && r.lines == c->lines);
        CHECK_ROW(c->name, r.raw.n == want);
    }
    rec_release(&r);
}

static void limits_hold(void **state)
{
    struct rows_codec c = rows_codec_of(CODEC_AUDIT);
    struct rec r;
    int64_t used;

    (void)state;
    MUST(rec_init(&r));
    used = rows_repeat(&c, "", "type=A " AT "\n", 1000, "", &r);
    assert_int_equal(used, LIMIT_JOINED_RECORDS * strlen("type=A " AT "\n"));
    assert_int_equal(r.lines, LIMIT_JOINED_RECORDS);
    assert_true(rows_repeat(&c, "type=A " AT, "a=b ", 100000, "", &r) > 0);
    assert_int_equal(r.count, LIMIT_FIELDS);
    assert_int_equal(r.flags, REC_CUT_FIELDS);
    assert_true(rows_repeat(&c, "type=EXECVE " AT "a0=", "41424344", 1 << 20, "", &r) > 0);
    assert_int_equal(r.flags, REC_CUT_BYTES);
    assert_true(rows_repeat(&c, "type=EXECVE " AT, "a1[0]=4142 ", 1 << 18, "", &r) > 0);
    assert_true(rows_repeat(&c, "type=EXECVE " AT, "a1[0]=41 a2=\"x\" ", 1 << 18, "", &r) > 0);
    assert_true(rows_repeat(&c, "type=EXECVE " AT,
                            "a1=\"01234567890123456789012345678901234567890\" ", 2000, "", &r) > 0);
    assert_true(rows_repeat(&c, "type=A " AT "msg='", "msg=\"a ", 1 << 18, "'", &r) > 0);
    assert_true(rows_repeat(&c, "type=A " AT "op=", "a ", 1 << 20, "", &r) > 0);
    assert_true(rows_repeat(&c, "type=CWD " AT "cwd=\"", "01234567890123456789", 1 << 18,
                            "\"\ntype=PATH " AT
                            "name=\"a\" nametype=CREATE name=\"b\" nametype=CREATE",
                            &r) > 0);
    assert_int_equal(r.fields[r.count - 1].value_bytes, 1);
    rec_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_become_fields),
        cmocka_unit_test(an_event_ends_where_the_next_begins),
        cmocka_unit_test(limits_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
