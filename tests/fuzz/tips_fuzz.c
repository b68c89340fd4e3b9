/*
 * Tips of any bytes, with their check made good: refused, or written again they are the same bytes.
 */
#include <stdlib.h>
#include <xxhash.h>

#include "base/bytes.h"
#include "seal/tips.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(size + 8);
    uint64_t number;
    struct tips t;
    struct buf again;

    MUST(bytes != NULL);
    if (size > 0)
        memcpy(bytes, data, size);
    bytes_put_u64(bytes + size, XXH3_64bits(bytes, size));
    if (tips_read((struct span){ bytes, size + 8 }, &t, &number, NULL) == ERR_OK) {
        buf_init(&again, 2 * size + 64);
        /* Lanes are written in order; who gives them otherwise gets them sorted. */
        MUST(tips_put(&t, number, &again, NULL) == ERR_OK && again.n == size + 8);
        buf_release(&again);
        tips_release(&t);
    }
    free(bytes);
    return 0;
}
