/*
 * Goal: headers of RFC 3164, RFC 5424 and of the senders that keep to neither become fields, and
 * all the rest is the message.
 * Method: rows (rows.h). The first of each kind is the example of its RFC, the others are in the
 * form that the named software writes.
 */
#include "rows.h"

static const struct row rows[] = {
    /* RFC 3164 */
    { "RFC 3164, 5.4, example 1",
      "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
      "priority=34\nfacility=4\nseverity=2\ntimestamp=Oct 11 22:14:15\nhostname=mymachine\n"
      "appname=su\nmessage='su root' failed for lonvick on /dev/pts/8\n" },
    { "RFC 3164, 5.4, example 2: no header", "Use the BFG!", NULL },
    { "RFC 3164, 5.4, example 3: the tag may be elsewhere",
      "<165>Aug 24 05:34:00 CST 1987 mymachine myproc[10]: %% It's time",
      "priority=165\nfacility=20\nseverity=5\ntimestamp=Aug 24 05:34:00\nhostname=CST\n"
      "message=1987 mymachine myproc[10]: %% It's time\n" },
    { "a priority alone", "<13>", "priority=13\nfacility=1\nseverity=5\nmessage=\n" },
    { "a priority and a message", "<0>text", "priority=0\nfacility=0\nseverity=0\nmessage=text\n" },
    { "the highest priority", "<191> x", "priority=191\nfacility=23\nseverity=7\nmessage=x\n" },
    { "a priority too high", "<192>Oct", NULL },
    { "a priority of four digits", "<0013>x", NULL },
    { "no priority: /var/log/auth.log",
      "Mar  1 06:25:01 web1 sshd[1234]: Failed password for root from 10.0.0.1 port 22 ssh2",
      "timestamp=Mar  1 06:25:01\nhostname=web1\nappname=sshd\nprocid=1234\n"
      "message=Failed password for root from 10.0.0.1 port 22 ssh2\n" },
    { "rsyslog's own form", "2026-03-01T10:00:00.123456+07:00 web1 CRON[77]: (root) CMD (x)",
      "timestamp=2026-03-01T10:00:00.123456+07:00\nhostname=web1\nappname=CRON\nprocid=77\n"
      "message=(root) CMD (x)\n" },
    { "a program's own line with such a time", "2026-03-01T10:00:00Z INFO started", NULL },
    { "ISO time behind a priority", "<13>2026-03-01T10:00:00Z h text",
      "priority=13\nfacility=1\nseverity=5\ntimestamp=2026-03-01T10:00:00Z\nhostname=h\n"
      "message=text\n" },
    { "no host", "<13>Oct 11 22:14:15 su: text",
      "priority=13\nfacility=1\nseverity=5\ntimestamp=Oct 11 22:14:15\nappname=su\n"
      "message=text\n" },
    { "host and no tag", "<13>Oct 11 22:14:15 10.1.2.3 just text",
      "priority=13\nfacility=1\nseverity=5\ntimestamp=Oct 11 22:14:15\nhostname=10.1.2.3\n"
      "message=just text\n" },
    { "an IPv6 host", "<13>Oct 11 22:14:15 fe80::1 app: text",
      "priority=13\nfacility=1\nseverity=5\ntimestamp=Oct 11 22:14:15\nhostname=fe80::1\n"
      "appname=app\nmessage=text\n" },
    { "a day of one digit", "Oct 1 22:14:15 h su: text",
      "timestamp=Oct 1 22:14:15\nhostname=h\nappname=su\nmessage=text\n" },
    { "milliseconds", "Oct 11 22:14:15.123 h su: text",
      "timestamp=Oct 11 22:14:15.123\nhostname=h\nappname=su\nmessage=text\n" },
    { "a year in the third place", "Mar  1 2026 18:46:11 h su: text",
      "timestamp=Mar  1 2026 18:46:11\nhostname=h\nappname=su\nmessage=text\n" },
    { "a year behind the time", "Mar  1 18:46:11 2026 h su: text",
      "timestamp=Mar  1 18:46:11 2026\nhostname=h\nappname=su\nmessage=text\n" },
    { "tag without a colon", "Oct 11 22:14:15 h su[7] text",
      "timestamp=Oct 11 22:14:15\nhostname=h\nappname=su\nprocid=7\nmessage=text\n" },
    { "tag in parentheses", "Oct 11 22:14:15 h systemd(a:b): text",
      "timestamp=Oct 11 22:14:15\nhostname=h\nappname=systemd(a:b)\nmessage=text\n" },
    { "tag with a slash", "Oct 11 22:14:15 h postfix/smtpd[9]: connect",
      "timestamp=Oct 11 22:14:15\nhostname=h\nappname=postfix/smtpd\nprocid=9\nmessage=connect\n" },
    { "the kernel", "Oct 11 22:14:15 h kernel: [ 12.5] IN=eth0",
      "timestamp=Oct 11 22:14:15\nhostname=h\nappname=kernel\nmessage=[ 12.5] IN=eth0\n" },
    { "CEF is no tag", "Oct 11 22:14:15 h CEF:0|a|b|c|d|e|5|",
      "timestamp=Oct 11 22:14:15\nhostname=h\nmessage=CEF:0|a|b|c|d|e|5|\n" },
    { "a time and nothing behind it", "Oct 11 22:14:15", "timestamp=Oct 11 22:14:15\nmessage=\n" },
    { "not a month", "Okt 11 22:14:15 h su: text", NULL },
    { "BOM at the front", "\xEF\xBB\xBF<13>text",
      "priority=13\nfacility=1\nseverity=5\nmessage=text\n" },

    /* devices */
    { "Cisco IOS", "<189>123: *Mar  1 18:46:11.123: %SYS-5-CONFIG_I: Configured from console",
      "priority=189\nfacility=23\nseverity=5\ntimestamp=Mar  1 18:46:11.123\n"
      "appname=%SYS-5-CONFIG_I\nmessage=Configured from console\n" },
    { "Cisco IOS with a zone", "<189>1: Mar  1 18:46:11.123 UTC: %SYS-5-CONFIG_I: text",
      "priority=189\nfacility=23\nseverity=5\ntimestamp=Mar  1 18:46:11.123\n"
      "appname=%SYS-5-CONFIG_I\nmessage=text\n" },
    { "Cisco ASA", "<166>Mar 01 2026 10:00:00 fw1 : %ASA-6-302013: Built inbound TCP",
      "priority=166\nfacility=20\nseverity=6\ntimestamp=Mar 01 2026 10:00:00\nhostname=fw1\n"
      "appname=%ASA-6-302013\nmessage=Built inbound TCP\n" },
    { "Cisco IOS through a relay that writes the sender",
      "172.16.5.10 6705: Feb 17 13:40:03.673: %PARSER-5-CFGLOG_LOGGEDCMD: User:admin",
      "hostname=172.16.5.10\ntimestamp=Feb 17 13:40:03.673\n"
      "appname=%PARSER-5-CFGLOG_LOGGEDCMD\nmessage=User:admin\n" },
    { "Cisco IOS through a relay that writes a header",
      "Feb 17 13:40:04 172.16.5.10 6705: *Feb 17 13:40:03.673 UTC: %SYS-5-CONFIG_I: text",
      "timestamp=Feb 17 13:40:04\nhostname=172.16.5.10\nappname=%SYS-5-CONFIG_I\nmessage=text\n" },
    { "Cisco IOS with the device's own name",
      "<189>6705: rtr1: *Feb 17 13:40:03.673: %SYS-5-CONFIG_I: text",
      "priority=189\nfacility=23\nseverity=5\nhostname=rtr1\ntimestamp=Feb 17 13:40:03.673\n"
      "appname=%SYS-5-CONFIG_I\nmessage=text\n" },
    { "a host, a number and a time are not yet Cisco", "h 6705: Feb 17 13:40:03: text", NULL },
    { "Cisco ASA without a time", "<164>%ASA-4-106023: Deny tcp src outside:1.2.3.4/5",
      "priority=164\nfacility=20\nseverity=4\nappname=%ASA-4-106023\n"
      "message=Deny tcp src outside:1.2.3.4/5\n" },
    { "Cisco ASA without a host", "<166>Mar 01 2026 10:00:00: %ASA-6-302013: text",
      "priority=166\nfacility=20\nseverity=6\ntimestamp=Mar 01 2026 10:00:00\n"
      "appname=%ASA-6-302013\nmessage=text\n" },
    { "Cisco ASA without a clock", "<166>%ASA-6-302013: text",
      "priority=166\nfacility=20\nseverity=6\nappname=%ASA-6-302013\nmessage=text\n" },
    { "FortiGate", "<189>date=2026-03-01 time=10:00:00 devname=\"FG\"",
      "priority=189\nfacility=23\nseverity=5\n"
      "message=date=2026-03-01 time=10:00:00 devname=\"FG\"\n" },

    /* RFC 5424 */
    { "RFC 5424, 6.5, example 1",
      "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \xEF\xBB\xBF'su root' "
      "failed",
      "priority=34\nfacility=4\nseverity=2\ntimestamp=2003-10-11T22:14:15.003Z\n"
      "hostname=mymachine.example.com\nappname=su\nmsgid=ID47\nmessage='su root' failed\n" },
    { "RFC 5424, 6.5, example 2",
      "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time",
      "priority=165\nfacility=20\nseverity=5\ntimestamp=2003-08-24T05:14:15.000003-07:00\n"
      "hostname=192.0.2.1\nappname=myproc\nprocid=8710\nmessage=%% It's time\n" },
    { "RFC 5424, 6.5, example 3",
      "<165>1 2003-10-11T22:14:15.003Z h evntslog - ID47 [exampleSDID@32473 iut=\"3\" "
      "eventSource=\"Application\" eventID=\"1011\"] \xEF\xBB\xBF"
      "An entry",
      "priority=165\nfacility=20\nseverity=5\ntimestamp=2003-10-11T22:14:15.003Z\nhostname=h\n"
      "appname=evntslog\nmsgid=ID47\nexampleSDID@32473=[exampleSDID@32473 iut=\"3\" "
      "eventSource=\"Application\" eventID=\"1011\"]\nexampleSDID@32473.iut=3\n"
      "exampleSDID@32473.eventSource=Application\nexampleSDID@32473.eventID=1011\n"
      "message=An entry\n" },
    { "RFC 5424, 6.5, example 4: structured data alone",
      "<165>1 - h a p - [x@1 k=\"v\"][y@2 z=\"\"]",
      "priority=165\nfacility=20\nseverity=5\nhostname=h\nappname=a\nprocid=p\n"
      "x@1=[x@1 k=\"v\"]\nx@1.k=v\ny@2=[y@2 z=\"\"]\ny@2.z=\nmessage=\n" },
    { "RFC 5424, 6.3.5: no parameters", "<1>1 - - - - - [sigSig] x",
      "priority=1\nfacility=0\nseverity=1\nsigSig=[sigSig]\nmessage=x\n" },
    { "RFC 5424, 6.3.3: escapes in a value",
      "<1>1 - - - - - [a k=\"\\\"q\\\" \\\\ \\] C:\\new\"] x",
      "priority=1\nfacility=0\nseverity=1\na=[a k=\"\\\"q\\\" \\\\ \\] C:\\new\"]\n"
      "a.k=\"q\" \\ ] C:\\new\nmessage=x\n" },
    { "a bracket that is no structured data", "<1>1 - - - - - [no end k=\"v\" x",
      "priority=1\nfacility=0\nseverity=1\nmessage=[no end k=\"v\" x\n" },
    { "good data, then bad", "<1>1 - - - - - [a k=\"v\"][b k=v] x",
      "priority=1\nfacility=0\nseverity=1\na=[a k=\"v\"]\na.k=v\nmessage=[b k=v] x\n" },
    { "no structured data, where it should be", "<1>1 - h a p m text",
      "priority=1\nfacility=0\nseverity=1\nhostname=h\nappname=a\nprocid=p\nmsgid=m\n"
      "message=text\n" },
    { "a header cut short", "<1>1 - h",
      "priority=1\nfacility=0\nseverity=1\nhostname=h\nmessage=\n" },
    { "another version is no RFC 5424", "<1>2 - h",
      "priority=1\nfacility=0\nseverity=1\nmessage=2 - h\n" },

    { "nothing", "", NULL },
    { "a priority that is none", "<a>Oct 11", NULL },
    { "a priority without an end", "<13", NULL },
    { "prose", "The quick brown fox", NULL },
};

static void headers_become_fields(void **state)
{
    struct rows_codec c = rows_codec_of(CODEC_SYSLOG);

    (void)state;
    rows_check(&c, rows, COUNT_OF(rows));
}

static void limits_hold(void **state)
{
    struct rows_codec c = rows_codec_of(CODEC_SYSLOG);
    struct rec r;

    (void)state;
    MUST(rec_init(&r));
    assert_true(rows_repeat(&c, "<1>1 - - - - - ", "[a k=\"v\"]", 100000, " x", &r) > 0);
    assert_int_equal(r.count, LIMIT_FIELDS);
    assert_int_equal(r.flags, REC_CUT_FIELDS);
    assert_true(rows_repeat(&c, "<1>1 - - - - - [a ", "k=\"v\" ", 100000, "] x", &r) > 0);
    assert_int_equal(r.flags, REC_CUT_FIELDS);
    assert_true(rows_repeat(&c, "<1>1 - - - - - ", "[a k=\"v\" ", 100000, "", &r) > 0);
    assert_int_equal(r.count, 4);
    assert_true(rows_repeat(&c, "<1>1 - - - - - [a k=\"", "\\\"]0123456", 1 << 20, "\"] x", &r) >
                0);
    assert_int_equal(r.flags, REC_CUT_BYTES);
    assert_true(rows_repeat(&c, "<13>Oct 11 22:14:15 h ", "(((:", 100000, ": x", &r) > 0);
    rec_release(&r);
}

/* sniff.h: the inner codecs read the last field. */
static void the_message_is_the_last_field(void **state)
{
    struct rows_codec c = rows_codec_of(CODEC_SYSLOG);
    struct rec r;

    (void)state;
    MUST(rec_init(&r));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].want == NULL)
            continue;
        rows_read(&c, span_of(rows[i].in), &r);
        check_span(rows[i].name, r.fields[r.count - 1].name, "message");
    }
    rec_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_become_fields),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(the_message_is_the_last_field),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
