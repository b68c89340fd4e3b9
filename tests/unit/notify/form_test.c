/*
 * Goal: a letter has the form that its channel takes, whatever its texts are: no line of a mail is
 * too long or ends early, words end between characters, a body of a gateway says number, level and
 * phone and nothing else. Method: rows; decoding again; signatures of another program (Python's
 * hmac).
 */
#include "../check.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf.h"
#include "notify/form.h"

static const char *to[] = { "an@example.vn", "binh@example.vn" };
static const struct channel_settings mail = { .name = "mail",
                                              .from = "canh@example.vn",
                                              .to = { to, 2 } };

static struct letter letter_of(struct span subject, struct span text)
{
    return (struct letter){ .id = 7,
                            .key = 1234,
                            .made_ns = INT64_C(1764000000000000000),
                            .level = LEVEL_CRITICAL,
                            .channel = SPAN_LIT("mail"),
                            .recipient = SPAN_LIT("an@example.vn"),
                            .kind = SPAN_LIT("alert"),
                            .subject = subject,
                            .text = text };
}

static void lines_are_short_and_whole(struct span s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\n')
            assert_true(i > 0 && s.p[i - 1] == '\r');
        assert_true(s.p[i] < 0x80 && s.p[i] != 0 && (s.p[i] != '\r' || s.p[i + 1] == '\n'));
        n = s.p[i] == '\n' ? 0 : n + 1;
        assert_true(n <= 77); /* with CR */
    }
    assert_int_equal(n, 0);
}

/* The base64 of `in` behind *at, up to `end`, at the end of `out`. */
static size_t decode(struct span in, const char *end, struct buf *out)
{
    size_t n = 0, used = 0;
    uint8_t room[4096];

    while (!span_starts(span_from(in, n), span_of(end)))
        n++;
    assert_int_equal(sodium_base642bin(room, sizeof(room), (const char *)in.p, n, "\r\n", &used,
                                       NULL, sodium_base64_VARIANT_ORIGINAL),
                     0);
    buf_add(out, (struct span){ room, used });
    return n;
}

static void subject_of(struct span s, struct buf *out)
{
    size_t at = 0;

    while (!span_starts(span_from(s, at), SPAN_LIT("\r\nSubject: ")))
        at++;
    s = span_from(s, at + 11);
    do {
        size_t from = out->n;

        s = span_from(s, s.p[0] == '\r' ? 3 : 0);
        assert_true(span_starts(s, SPAN_LIT("=?UTF-8?B?")));
        s = span_from(s, 10);
        s = span_from(s, decode(s, "?=", out) + 2);
        assert_true(utf8_valid(span_from(buf_span(out), from)));
    } while (span_starts(s, SPAN_LIT("\r\n ")));
}

static void a_mail_says_what_it_was_given(void **state)
{
    char subject[700], text[3000], want[6000];
    struct buf out, got;

    (void)state;
    buf_init(&out, FORM_MAX);
    buf_init(&got, FORM_MAX);
    for (size_t n = 0; n < 220; n++) {
        struct letter l;
        size_t w = 0, at = 0;

        subject[0] = text[0] = '\0';
        for (size_t i = 0; i < n; i++) {
            strcat(subject, i % 3 == 0 ? "ế" : i % 3 == 1 ? "a" : "đ");
            strcat(text, i % 7 == 0 ? "\n" : i % 3 == 0 ? "ộ" : "x");
        }
        for (const char *p = text; *p != '\0'; p++) {
            if (*p == '\n')
                want[w++] = '\r';
            want[w++] = *p;
        }
        l = letter_of(span_of(subject), span_of(text));
        buf_clear(&out);
        form_mail(&mail, SPAN_LIT("00ff"), &l, &out);
        lines_are_short_and_whole(buf_span(&out));
        buf_clear(&got);
        subject_of(buf_span(&out), &got);
        check_span("subject", buf_span(&got), subject);
        while (!span_starts(span_from(buf_span(&out), at), SPAN_LIT("\r\n\r\n")))
            at++;
        buf_clear(&got);
        buf_byte(&out, '.');
        (void)decode(span_from(buf_span(&out), at + 4), ".", &got);
        assert_true(span_eq(buf_span(&got), (struct span){ (uint8_t *)want, w }));
    }
    buf_release(&out);
    buf_release(&got);
}

static void a_mail_keeps_its_number_and_date(void **state)
{
    const struct letter l = letter_of(SPAN_LIT("x"), SPAN_LIT("y"));
    struct buf out;

    (void)state;
    buf_init(&out, FORM_MAX);
    form_mail(&mail, SPAN_LIT("00ff"), &l, &out);
    assert_true(span_starts(buf_span(&out),
                            SPAN_LIT("Date: Mon, 24 Nov 2025 23:00:00 +0700\r\n"
                                     "From: Canh <canh@example.vn>\r\nTo: <an@example.vn>\r\n"
                                     "Message-ID: <canh.7.00ff@example.vn>\r\n"
                                     "Subject: =?UTF-8?B?eA==?=\r\nMIME-Version: 1.0\r\n")));
    buf_release(&out);
}

static void a_webhook_is_json_and_signed(void **state)
{
    struct letter l = letter_of(SPAN_LIT("Tiêu \"đề\""), SPAN_LIT("a\nb"));
    char hex[FORM_HEX_BYTES], secret[200];
    struct buf out;

    (void)state;
    buf_init(&out, FORM_MAX);
    form_hook(&l, &out);
    check_span("body", buf_span(&out),
               "{\"message\":7,\"kind\":\"alert\",\"number\":1234,\"level\":\"critical\",\"title\":"
               "\"Tiêu \\\"đề\\\"\",\"text\":\"a\\nb\",\"made\":\"2025-11-24T16:00:00Z\"}");
    buf_release(&out);
    form_signature(SPAN_LIT("key"), 1764000000, SPAN_LIT("{\"a\":1}"), hex);
    assert_string_equal(hex, "66ff00156971bc93c586dacc7bf22d6f5f4d9fcaede23c166be2b3ec3215f68a");
    memset(secret, 'k', sizeof(secret));
    form_signature((struct span){ (uint8_t *)secret, sizeof(secret) }, 0, SPAN_NONE, hex);
    assert_string_equal(hex, "76a82ba859636cc3081c72aa270fd66ac81a202f8182404e7752795c6e7ba88f");
}

static void a_gateway_hears_three_things(void **state)
{
    static const struct {
        const char *body, *want;
    } rows[] = {
        { "{\"to\":\"{phone}\",\"n\":{number},\"level\":\"{level}\"}",
          "{\"to\":\"+84912\",\"n\":1234,\"level\":\"NGHIÊM TRỌNG\"}" },
        { "to={phone}&n={number}&l={level}", "to=%2B84912&n=1234&l=NGHI%C3%8AM%20TR%E1%BB%8CNG" },
        { "{phone}{phone}", "%2B84912%2B84912" }, /* begins as JSON does */
        { "x{phone}", "x%2B84912" },
    };
    struct letter l = letter_of(SPAN_LIT("a secret title"), SPAN_LIT("text"));
    struct channel_settings c = { .name = "sms" };
    struct buf out;

    (void)state;
    l.recipient = SPAN_LIT("+84912");
    buf_init(&out, FORM_MAX);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        c.body = rows[i].body;
        buf_clear(&out);
        form_gateway(&c, &l, &out);
        check_span(rows[i].body, buf_span(&out), rows[i].want);
    }
    buf_release(&out);
}

static void only_whom_a_channel_names_is_reached(void **state)
{
    const struct channel_settings hook = { .name = "hook" };

    (void)state;
    assert_true(form_reaches(&mail, SPAN_LIT("binh@example.vn")));
    assert_false(form_reaches(&mail, SPAN_LIT("binh@example.v")));
    assert_false(form_reaches(&mail, SPAN_LIT("eve@example.vn")));
    assert_false(form_reaches(&mail, SPAN_LIT("")));
    assert_true(form_reaches(&hook, SPAN_LIT("")));
    assert_false(form_reaches(&hook, SPAN_LIT("x")));
}

static void people_of_the_roster_are_reached_by_what_they_have_in_common(void **state)
{
    static const char *ends[] = { "@tinh.gov.vn" }, *begins[] = { "+849", "09" };
    const struct channel_settings post = { .name = "m", .kind = "smtp", .people = { ends, 1 } };
    const struct channel_settings sms = { .name = "s", .kind = "gateway", .people = { begins, 2 } };

    (void)state;
    assert_true(form_reaches(&post, SPAN_LIT("an@tinh.gov.vn")));
    assert_false(form_reaches(&post, SPAN_LIT("@tinh.gov.vn")));
    assert_false(form_reaches(&post, SPAN_LIT("an@khac.tinh.gov.vn")));
    assert_false(form_reaches(&post, SPAN_LIT("an@tinh.gov.vn.evil.example")));
    assert_false(form_reaches(&post, SPAN_LIT("an@evil.example\r\nx@tinh.gov.vn")));
    assert_false(form_reaches(&post, SPAN_LIT("an@evil.example>,<x@tinh.gov.vn")));
    assert_true(form_reaches(&sms, SPAN_LIT("+84912345678")));
    assert_true(form_reaches(&sms, SPAN_LIT("0912345678")));
    assert_false(form_reaches(&sms, SPAN_LIT("+1900123456")));
    assert_false(form_reaches(&sms, SPAN_LIT("+849\"x")));
    assert_false(form_reaches(&sms, SPAN_LIT("an@tinh.gov.vn")));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mail_says_what_it_was_given),
        cmocka_unit_test(a_mail_keeps_its_number_and_date),
        cmocka_unit_test(a_webhook_is_json_and_signed),
        cmocka_unit_test(a_gateway_hears_three_things),
        cmocka_unit_test(only_whom_a_channel_names_is_reached),
        cmocka_unit_test(people_of_the_roster_are_reached_by_what_they_have_in_common),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
