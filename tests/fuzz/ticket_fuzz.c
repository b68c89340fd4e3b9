/* A ticket of any bytes, either way: what is read is written as the same bytes again. */
#include "oidc/ticket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf again;

    buf_init(&again, size + 1);
    for (int answers = 0; answers < 2; answers++) {
        struct ticket t = { .answers = answers != 0 };

        if (!ticket_read((struct span){ data, size }, &t))
            continue;
        buf_clear(&again);
        MUST(ticket_put(&t, &again) && span_eq(buf_span(&again), (struct span){ data, size }));
    }
    buf_release(&again);
    return 0;
}
