/* Numbers and addresses: what is written is read back as the same, and orders agree. */
#include "base/addr.h"
#include "base/num.h"

static void numbers(struct span s)
{
    uint8_t text[32];
    uint64_t u;
    int64_t i;
    double d, back;
    int order;

    if (num_u64(s, UINT64_MAX, &u))
        MUST(num_u64((struct span){ text, num_put_u64(text, u) }, u, &u));
    if (num_i64(s, &i))
        MUST(num_i64((struct span){ text, num_put_i64(text, i) }, &i));
    (void)num_hex(s, &u);
    if (num_double(s, &d)) {
        MUST(num_cmp(s, s, &order) && order == 0);
        MUST(num_double((struct span){ text, num_put_double(text, d) }, &back));
        MUST(back == d);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span s = { data, size };
    uint8_t addr[16], net[16], bits;

    numbers(s);
    if (addr_parse(s, addr))
        MUST(addr_net_parse(s, net, &bits) && bits == 128 && addr_in(addr, net, bits));
    if (addr_net_parse(s, net, &bits))
        MUST(bits <= 128 && addr_in(net, net, bits));
    return 0;
}
