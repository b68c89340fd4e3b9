/*
 * Goal: addresses and networks are read as RFC 4291 writes them, and nothing else is.
 * Method: rows, each also laid against a guard page.
 */
#include "check.h"
#include "guard.h"

#include "base/addr.h"

static const struct {
    const char *addr, *net;
    bool addr_ok, net_ok, in;
} rows[] = {
    { "10.1.2.3", "10.0.0.0/8", true, true, true },
    { "11.1.2.3", "10.0.0.0/8", true, true, false },
    { "192.168.1.1", "192.168.1.1", true, true, true },
    { "192.168.1.2", "192.168.1.1/32", true, true, false },
    { "172.31.255.255", "172.16.0.0/12", true, true, true },
    { "172.32.0.0", "172.16.0.0/12", true, true, false },
    { "1.2.3.4", "0.0.0.0/0", true, true, true },
    { "::1", "::1/128", true, true, true },
    { "fe80::1", "fe80::/10", true, true, true },
    { "2001:db8::1", "2001:db8::/32", true, true, true },
    { "2001:db9::1", "2001:db8::/32", true, true, false },
    { "::ffff:10.0.0.1", "10.0.0.0/8", true, true, true },
    { "1:2:3:4:5:6:7:8", "::/0", true, true, true },
    { "1::", "1::/16", true, true, true },
    { "10.0.0", "10.0.0.0/33", false, false, false },
    { "10.0.0.0.1", "10.0.0.0/", false, false, false },
    { "010.0.0.1", "010.0.0.0/8", false, false, false },
    { "256.0.0.1", "10.0.0.0/x", false, false, false },
    { "1:2:3", "1:2:3/8", false, false, false },
    { "1::2::3", "::/129", false, false, false },
    { "fe80::1%eth0", "fe80::1%eth0/64", false, false, false },
    { "1:2:3:4:5:6:7:", "12345::/16", false, false, false },
    { "", "", false, false, false },
    { "...", "/", false, false, false },
};

static void reads_addresses_and_networks(void **state)
{
    struct guard g;

    (void)state;
    guard_init(&g, 64);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t addr[16], net[16], bits = 0;
        bool addr_ok = addr_parse(guard_put(&g, span_of(rows[i].addr)), addr);
        bool net_ok = addr_net_parse(guard_put(&g, span_of(rows[i].net)), net, &bits);

        CHECK_ROW(rows[i].addr, addr_ok == rows[i].addr_ok);
        CHECK_ROW(rows[i].net, net_ok == rows[i].net_ok);
        CHECK_ROW(rows[i].addr, !(addr_ok && net_ok) || addr_in(addr, net, bits) == rows[i].in);
    }
    guard_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(reads_addresses_and_networks) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
