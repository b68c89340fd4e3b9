/*
 * Goal: access logs in the forms of Apache (mod_log_config: common, combined, vhost_combined),
 * nginx and Squid are read, whatever a client put into its request.
 * Method: rows (rows.h).
 */
#include "rows.h"

#define CLIENT "c-ip=10.0.0.1\nident\ncs-username\ntimestamp=11/Oct/2026:22:14:15 +0700\n"
#define LINE   "10.0.0.1 - - [11/Oct/2026:22:14:15 +0700] "

static const struct row rows[] = {
    { "Apache's example of the common form",
      "127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] \"GET /apache_pb.gif HTTP/1.0\" 200 2326",
      "c-ip=127.0.0.1\nident\ncs-username=frank\ntimestamp=10/Oct/2000:13:55:36 -0700\n"
      "request=GET /apache_pb.gif HTTP/1.0\ncs-method=GET\ncs-uri-stem=/apache_pb.gif\n"
      "cs-uri-query=/apache_pb.gif\ncs-version=1.0\nsc-status=200\nsc-bytes=2326\n" },
    { "Apache's example of the combined form",
      "127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] \"GET /a?b=c HTTP/1.0\" 200 2326 "
      "\"http://www.example.com/start.html\" \"Mozilla/4.08 [en] (Win98; I ;Nav)\"",
      "c-ip=127.0.0.1\nident\ncs-username=frank\ntimestamp=10/Oct/2000:13:55:36 -0700\n"
      "request=GET /a?b=c HTTP/1.0\ncs-method=GET\ncs-uri-stem=/a\ncs-uri-query=/a?b=c\n"
      "cs-version=1.0\nsc-status=200\nsc-bytes=2326\n"
      "cs-referer=http://www.example.com/start.html\n"
      "cs-user-agent=Mozilla/4.08 [en] (Win98; I ;Nav)\n" },
    { "vhost_combined", "www.example.com:443 " LINE "\"HEAD / HTTP/1.1\" 301 - \"-\" \"-\"",
      "cs-host=www.example.com:443\n" CLIENT "request=HEAD / HTTP/1.1\ncs-method=HEAD\n"
      "cs-uri-stem=/\ncs-uri-query=/\ncs-version=1.1\nsc-status=301\nsc-bytes\ncs-referer\n"
      "cs-user-agent\n" },
    { "IPv6", "2001:db8::1 - - [11/Oct/2026:22:14:15 +0700] \"GET / HTTP/1.1\" 200 1",
      "c-ip=2001:db8::1\nident\ncs-username\ntimestamp=11/Oct/2026:22:14:15 +0700\n"
      "request=GET / HTTP/1.1\ncs-method=GET\ncs-uri-stem=/\ncs-uri-query=/\ncs-version=1.1\n"
      "sc-status=200\nsc-bytes=1\n" },
    { "a user with a blank",
      "10.0.0.1 - An Nguyen [11/Oct/2026:22:14:15 +0700] \"GET / HTTP/1.1\" 200 1",
      "c-ip=10.0.0.1\nident\ncs-username=An Nguyen\ntimestamp=11/Oct/2026:22:14:15 +0700\n"
      "request=GET / HTTP/1.1\ncs-method=GET\ncs-uri-stem=/\ncs-uri-query=/\ncs-version=1.1\n"
      "sc-status=200\nsc-bytes=1\n" },
    { "escaped quotes", LINE "\"GET /\\\"x\\\" HTTP/1.1\" 200 1 \"-\" \"a \\\"b\\\" \\\\\"",
      CLIENT "request=GET /\"x\" HTTP/1.1\ncs-method=GET\ncs-uri-stem=/\"x\"\ncs-uri-query=/\"x\"\n"
             "cs-version=1.1\nsc-status=200\nsc-bytes=1\ncs-referer\ncs-user-agent=a \"b\" \\\n" },
    { "a target with blanks", LINE "\"GET /a b?c d HTTP/1.1\" 400 1",
      CLIENT "request=GET /a b?c d HTTP/1.1\ncs-method=GET\ncs-uri-stem=/a b\n"
             "cs-uri-query=/a b?c d\ncs-version=1.1\nsc-status=400\nsc-bytes=1\n" },
    { "HTTP/0.9", LINE "\"GET /a\" 200 1",
      CLIENT "request=GET /a\ncs-method=GET\ncs-uri-stem=/a\ncs-uri-query=/a\nsc-status=200\n"
             "sc-bytes=1\n" },
    { "a request that is no HTTP", LINE "\"\\x16\\x03\\x01 abc\" 400 226",
      CLIENT "request=\\x16\\x03\\x01 abc\nsc-status=400\nsc-bytes=226\n" },
    { "no request at all", LINE "\"-\" 408 0", CLIENT "request\nsc-status=408\nsc-bytes=0\n" },
    { "an empty request", LINE "\"\" 400 0", CLIENT "request=\nsc-status=400\nsc-bytes=0\n" },
    { "CONNECT", LINE "\"CONNECT h:443 HTTP/1.1\" 200 0",
      CLIENT "request=CONNECT h:443 HTTP/1.1\ncs-method=CONNECT\ncs-uri-stem=h:443\n"
             "cs-uri-query=h:443\ncs-version=1.1\nsc-status=200\nsc-bytes=0\n" },
    { "what the site added", LINE "\"GET / HTTP/1.1\" 200 1 \"-\" \"x\" \"10.1.1.1\" 0.003",
      CLIENT "request=GET / HTTP/1.1\ncs-method=GET\ncs-uri-stem=/\ncs-uri-query=/\n"
             "cs-version=1.1\nsc-status=200\nsc-bytes=1\ncs-referer\ncs-user-agent=x\n"
             "extra=\"10.1.1.1\" 0.003\n" },
    { "an agent that does not close", LINE "\"GET / HTTP/1.1\" 200 1 \"-\" \"x",
      CLIENT "request=GET / HTTP/1.1\ncs-method=GET\ncs-uri-stem=/\ncs-uri-query=/\n"
             "cs-version=1.1\nsc-status=200\nsc-bytes=1\ncs-referer\nextra=\"x\n" },
    { "Squid",
      "1286536309.586    921 192.168.0.68 TCP_MISS/200 507 POST http://h/p?q - DIRECT/10.0.0.2 "
      "text/xml",
      "timestamp=1286536309.586\ntime-taken=921\nc-ip=192.168.0.68\ns-action=TCP_MISS\n"
      "sc-status=200\nsc-bytes=507\ncs-method=POST\nc-uri=http://h/p?q\ncs-username\n"
      "s-hierarchy=DIRECT\nr-ip=10.0.0.2\nrs-content-type=text/xml\n" },
    { "Squid, a tunnel that was denied",
      "1286536309.586      0 10.0.0.1 TCP_DENIED/403 0 CONNECT h:443 bob HIER_NONE/- - extra words",
      "timestamp=1286536309.586\ntime-taken=0\nc-ip=10.0.0.1\ns-action=TCP_DENIED\n"
      "sc-status=403\nsc-bytes=0\ncs-method=CONNECT\nc-uri=h:443\ncs-username=bob\n"
      "s-hierarchy=HIER_NONE\nr-ip\nrs-content-type\nextra=extra words\n" },

    { "Squid, a column short",
      "1286536309.586 921 10.0.0.1 TCP_MISS/200 507 GET http://h/p - DIRECT/-", NULL },
    { "no status", LINE "\"GET / HTTP/1.1\"", NULL },
    { "a status of two digits", LINE "\"GET / HTTP/1.1\" 20 1", NULL },
    { "no request", LINE "200 1", NULL },
    { "no client", "[11/Oct/2026:22:14:15 +0700] \"GET / HTTP/1.1\" 200 1", NULL },
    { "a date that does not close", "10.0.0.1 - - [11/Oct/2026:22:14:15 \"GET / HTTP/1.1\" 200 1",
      NULL },
    { "another date", "10.0.0.1 - - [2026-10-11 22:14:15] \"GET / HTTP/1.1\" 200 1", NULL },
    { "prose", "The quick brown fox", NULL },
    { "nothing", "", NULL },
};

static void lines_become_fields(void **state)
{
    struct rows_codec c = rows_codec_of(CODEC_ACCESS);

    (void)state;
    rows_check(&c, rows, COUNT_OF(rows));
}

static void limits_hold(void **state)
{
    struct rows_codec c = rows_codec_of(CODEC_ACCESS);
    struct rec r;

    (void)state;
    MUST(rec_init(&r));
    assert_true(rows_repeat(&c, LINE "\"GET /", "\\\"23456789", 1 << 20, " HTTP/1.1\" 200 1", &r) >
                0);
    assert_int_equal(r.flags, REC_CUT_BYTES);
    assert_true(rows_repeat(&c, LINE "\"GET / HTTP/1.1\" 200 1 ", "\" [", 1 << 20, "", &r) > 0);
    assert_true(rows_repeat(&c, "", "10.0.0.1 - - [", 1 << 18, "11/Oct/2026:22:14:15", &r) < 0);
    assert_true(rows_repeat(&c, "1286536309.586 ", " ", 1 << 20, "x", &r) < 0);
    rec_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_become_fields),
        cmocka_unit_test(limits_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
