/* Lists of domains, networks, addresses and MACs: what a list is kept as is kept as the same again.
 */
#include "registry/registry_own.h"

static void round_trip(struct span in, list_item_fn *item)
{
    struct buf once, plain, twice;
    struct span bad;

    buf_init(&once, 1 << 20);
    buf_init(&plain, 1 << 20);
    buf_init(&twice, 1 << 20);
    if (list_put(in, item, &once, &bad) == LIST_GOOD && !buf_failed(&once)) {
        for (size_t i = 0; i < once.n; i++) {
            if (once.p[i] != '[' && once.p[i] != ']' && once.p[i] != '"')
                buf_byte(&plain, once.p[i]);
        }
        MUST(list_put(buf_span(&plain), item, &twice, &bad) == LIST_GOOD);
        MUST(span_eq(buf_span(&once), buf_span(&twice)));
    }
    buf_release(&once);
    buf_release(&plain);
    buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static list_item_fn *const items[] = { list_domain, list_network, list_address, list_mac };

    if (size > 0)
        round_trip((struct span){ data + 1, size - 1 }, items[data[0] % COUNT_OF(items)]);
    return 0;
}
