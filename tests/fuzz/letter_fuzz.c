/* A letter of any bytes: what is read is written as the same bytes again. */
#include "notify/letter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct letter l = { .id = 1 };
    struct buf again;

    if (!letter_read((struct span){ data, size }, &l))
        return 0;
    buf_init(&again, size + 1);
    MUST(letter_put(&l, &again) && span_eq(buf_span(&again), (struct span){ data, size }));
    buf_release(&again);
    return 0;
}
