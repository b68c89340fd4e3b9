/*
 * Goal: a channel's url says where it goes and whether that is this machine, and whatever is no
 * such url is refused; addresses, numbers and placeholders are what they look like. Method: rows,
 * each also cut at every byte behind a guard page.
 */
#include "check.h"
#include "guard.h"

#include "conf/channel.h"

static const struct {
    const char *text, *scheme, *host; /* NULL: refused */
    bool loopback;
} urls[] = {
    { "https://example.vn/a/b?c=d", "https", "example.vn", false },
    { "smtp://mail.example.vn:587", "smtp", "mail.example.vn", false },
    { "smtps://[2001:db8::1]:465/", "smtps", "2001:db8::1", false },
    { "http://127.0.0.1:8080/", "http", "127.0.0.1", true },
    { "http://127.255.255.254", "http", "127.255.255.254", true },
    { "http://[::1]:1", "http", "::1", true },
    { "http://LOCALHOST/", "http", "LOCALHOST", true },
    { "http://127.0.0.1.example.vn/", "http", "127.0.0.1.example.vn", false },
    { "http://localhost.example.vn/", "http", "localhost.example.vn", false },
    { "http://127.1/", "http", "127.1", false },
    { "http://0177.0.0.1/", "http", "0177.0.0.1", false },
    { "http://[::ffff:127.0.0.1]/", "http", "::ffff:127.0.0.1", false },
    { "http://localhost@example.vn/", NULL, NULL, false },
    { "http://localhost:80@example.vn/", NULL, NULL, false },
    { "http://localhost#@example.vn/", NULL, NULL, false },
    { "http://localhost\\@example.vn/", NULL, NULL, false },
    { "https://example.vn/a b", NULL, NULL, false },
    { "https://example.vn/a#b", NULL, NULL, false },
    { "https://example.vn:0/", NULL, NULL, false },
    { "https://example.vn:65536/", NULL, NULL, false },
    { "https://example.vn:/", NULL, NULL, false },
    { "https://example.vn?x", NULL, NULL, false },
    { "https://-example.vn", NULL, NULL, false },
    { "https://[1.2.3.4]/", NULL, NULL, false },
    { "https://[::1", NULL, NULL, false },
    { "https://[::1]x", NULL, NULL, false },
    { "https:///path", NULL, NULL, false },
    { "https:example.vn", NULL, NULL, false },
    { "ht\rtp://example.vn", NULL, NULL, false }, /* found by the fuzzer */
    { "://example.vn", NULL, NULL, false },
    { "example.vn", NULL, NULL, false },
    { "", NULL, NULL, false },
};

static void a_url_says_where_it_goes(void **state)
{
    struct channel_url u;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        bool good = channel_url_read(span_of(urls[i].text), &u);

        if (good != (urls[i].scheme != NULL))
            fail_msg("'%s' is %s", urls[i].text, good ? "taken" : "refused");
        if (!good)
            continue;
        CHECK_ROW(urls[i].text, span_eq(u.scheme, span_of(urls[i].scheme)));
        CHECK_ROW(urls[i].text, span_eq(u.host, span_of(urls[i].host)));
        CHECK_ROW(urls[i].text, u.loopback == urls[i].loopback);
    }
}

static void nothing_is_read_behind_the_end(void **state)
{
    struct channel_url u;
    struct span name;
    struct guard g;

    (void)state;
    guard_init(&g, 128);
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        for (size_t n = 0; n <= strlen(urls[i].text); n++) {
            struct span s = guard_put(&g, (struct span){ (const uint8_t *)urls[i].text, n });
            size_t at = 0;

            (void)channel_url_read(s, &u);
            (void)channel_is_email(s);
            (void)channel_is_phone(s);
            while (channel_placeholder(s, &at, &name))
                assert_true(at <= n);
        }
    }
    guard_release(&g);
}

static void addresses_and_numbers(void **state)
{
    static const struct {
        const char *text;
        bool email, phone;
    } rows[] = {
        { "an.nguyen+soc@example.vn", true, false },
        { "a@b", true, false },
        { "@b", false, false },
        { "a@", false, false },
        { "a@b@c", false, false },
        { "a b@c", false, false },
        { "<a@b>", false, false },
        { "a@b\r\nX: y", false, false },
        { "a@[1.2.3.4]", false, false },
        { "+84912345678", false, true },
        { "113", false, true },
        { "12", false, false },
        { "+", false, false },
        { "0912 345 678", false, false },
        { "123456789012345678901", false, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK_ROW(rows[i].text, channel_is_email(span_of(rows[i].text)) == rows[i].email);
        CHECK_ROW(rows[i].text, channel_is_phone(span_of(rows[i].text)) == rows[i].phone);
    }
}

static void placeholders_are_found_among_braces_of_json(void **state)
{
    static const char body[] = "{\"to\":\"{phone}\",\"n\":{number}}{}{Level}{x";
    struct span name;
    size_t at = 0;

    (void)state;
    assert_true(channel_placeholder(span_of(body), &at, &name));
    assert_true(span_eq(name, SPAN_LIT("phone")));
    assert_true(body[at] == '"');
    assert_true(channel_placeholder(span_of(body), &at, &name));
    assert_true(span_eq(name, SPAN_LIT("number")));
    assert_false(channel_placeholder(span_of(body), &at, &name));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_says_where_it_goes),
        cmocka_unit_test(nothing_is_read_behind_the_end),
        cmocka_unit_test(addresses_and_numbers),
        cmocka_unit_test(placeholders_are_found_among_braces_of_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
