/*
 * Goal: lists are read as they are typed, and kept in one form; what is none is told; not a byte
 * beyond the text is read.
 * Method: a row a text; each also cut at every byte and laid against a guard page, where it must
 * give a list of good items, or one that is bad.
 */
#include "../check.h"

#include "../guard.h"
#include "registry/registry_own.h"

static const struct list_case {
    const char *in;
    list_item_fn *item;
    enum list_fault want;
    const char *out; /* the array, or the item that is none */
} cases[] = {
    { "", list_address, LIST_GOOD, "[]" },
    { " ,; \t", list_address, LIST_GOOD, "[]" },
    { "10.1.2.3", list_address, LIST_GOOD, "[\"10.1.2.3\"]" },
    { "10.1.2.3, 10.1.2.4;fe80::1\n10.1.2.3", list_address, LIST_GOOD,
      "[\"10.1.2.3\",\"10.1.2.4\",\"fe80::1\"]" },
    { "2001:0DB8:0:0:0:0:0:1 2001:db8::1", list_address, LIST_GOOD, "[\"2001:db8::1\"]" },
    { "::ffff:10.1.2.3", list_address, LIST_GOOD, "[\"10.1.2.3\"]" },
    { "10.1.2.3/24", list_address, LIST_BAD, "10.1.2.3/24" },
    { "10.1.2.3 10.1.2", list_address, LIST_BAD, "10.1.2" },
    { "10.1.2.3/8 10.0.0.0/8 192.168.1.7", list_network, LIST_GOOD,
      "[\"10.0.0.0/8\",\"192.168.1.7\"]" },
    { "10.1.2.3/32", list_network, LIST_GOOD, "[\"10.1.2.3\"]" },
    { "0.0.0.0/0", list_network, LIST_GOOD, "[\"0.0.0.0/0\"]" },
    { "10.1.255.255/17", list_network, LIST_GOOD, "[\"10.1.128.0/17\"]" },
    { "2001:db8::ffff/33", list_network, LIST_GOOD, "[\"2001:db8::/33\"]" },
    { "::ffff:10.1.2.3/104 ::ffff:10.0.0.1/100", list_network, LIST_GOOD,
      "[\"10.0.0.0/8\",\"0.0.0.0/4\"]" },
    { "::ffff:10.0.0.1/90 ::ffff:10.0.0.1/96", list_network, LIST_GOOD,
      "[\"::ffc0:0:0/90\",\"0.0.0.0/0\"]" },
    { "10.0.0.0/33", list_network, LIST_BAD, "10.0.0.0/33" },
    { "mang-noi-bo", list_network, LIST_BAD, "mang-noi-bo" },
    { "Mau.gov.vn www.mau.gov.vn,MAU.GOV.VN", list_domain, LIST_GOOD,
      "[\"mau.gov.vn\",\"www.mau.gov.vn\"]" },
    { "xn--vi-nam-3ya.vn", list_domain, LIST_GOOD, "[\"xn--vi-nam-3ya.vn\"]" },
    { "localhost", list_domain, LIST_BAD, "localhost" },
    { "a..vn", list_domain, LIST_BAD, "a..vn" },
    { "a.vn.", list_domain, LIST_BAD, "a.vn." },
    { "-a.vn", list_domain, LIST_BAD, "-a.vn" },
    { "a-.vn", list_domain, LIST_BAD, "a-.vn" },
    { "https://a.vn", list_domain, LIST_BAD, "https://a.vn" },
    { "00:11:22:AA:bb:Cc", list_mac, LIST_GOOD, "[\"00:11:22:aa:bb:cc\"]" },
    { "00-11-22-aa-bb-cc 0011.22aa.bbcc 001122aabbcc", list_mac, LIST_GOOD,
      "[\"00:11:22:aa:bb:cc\"]" },
    { "00:11:22:aa:bb", list_mac, LIST_BAD, "00:11:22:aa:bb" },
    { "00:11:22:aa:bb:cc:dd", list_mac, LIST_BAD, "00:11:22:aa:bb:cc:dd" },
    { "00:11:22:aa:bb:cg", list_mac, LIST_BAD, "00:11:22:aa:bb:cg" },
    { "00::11:22:aa:bb:cc", list_mac, LIST_BAD, "00::11:22:aa:bb:cc" },
    { "001:122:aa:bb:cc", list_mac, LIST_BAD, "001:122:aa:bb:cc" },
    { ":00:11:22:aa:bb:cc", list_mac, LIST_BAD, ":00:11:22:aa:bb:cc" },
    { "00:11:22:aa:bb:cc:", list_mac, LIST_BAD, "00:11:22:aa:bb:cc:" },
};

static void lists_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct span bad = SPAN_NONE;
        struct buf out;
        enum list_fault got;

        buf_init(&out, 4096);
        got = list_put(span_of(cases[i].in), cases[i].item, &out, &bad);
        CHECK_ROW(cases[i].in, got == cases[i].want);
        check_span(cases[i].in, got == LIST_GOOD ? buf_span(&out) : bad, cases[i].out);
        buf_release(&out);
    }
}

static void every_cut_gives_a_list_or_a_fault(void **state)
{
    struct guard g;

    (void)state;
    guard_init(&g, 4096);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t n = 0; n <= strlen(cases[i].in); n++) {
            struct span bad, in = { (const uint8_t *)cases[i].in, n };
            struct buf out, plain, again;

            buf_init(&out, 4096);
            buf_init(&plain, 4096);
            buf_init(&again, 4096);
            if (list_put(guard_put(&g, in), cases[i].item, &out, &bad) == LIST_GOOD) {
                for (size_t k = 0; k < out.n; k++) {
                    if (strchr("[]\"", out.p[k]) == NULL)
                        buf_byte(&plain, out.p[k]);
                }
                /* what it gave, it takes, and gives again */
                assert_int_equal(list_put(buf_span(&plain), cases[i].item, &again, &bad),
                                 LIST_GOOD);
                assert_true(span_eq(buf_span(&out), buf_span(&again)));
            }
            buf_release(&plain);
            buf_release(&out);
            buf_release(&again);
        }
    }
    guard_release(&g);
}

static void more_than_there_may_be_is_told(void **state)
{
    struct buf in, out;
    struct span bad;

    (void)state;
    buf_init(&in, 4096);
    buf_init(&out, 8192);
    for (unsigned i = 0; i < LIST_ITEMS_MAX; i++)
        buf_fmt(&in, "10.0.0.%u ", i);
    assert_int_equal(list_put(buf_span(&in), list_address, &out, &bad), LIST_GOOD);
    buf_clear(&out);
    buf_text(&in, "10.0.1.1");
    assert_int_equal(list_put(buf_span(&in), list_address, &out, &bad), LIST_MANY);
    buf_release(&in);
    buf_release(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_read),
        cmocka_unit_test(every_cut_gives_a_list_or_a_fault),
        cmocka_unit_test(more_than_there_may_be_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
