/* Bytes as the tallies of a sealed file, and as what is in their frame: whatever they say, each
 * tally that can be read comes to all events, and what is put of it again is the same. */
#include <zstd.h>

#include "store/tally.h"

static void check(const struct tallies *t)
{
    for (uint32_t i = 0; i < tally_about(t)->count; i++) {
        const struct tally *of = tally_at(t, i);
        uint64_t sum = 0;

        MUST(of->name.n > 0 && tally_find(t, of->name) != NULL);
        for (uint32_t k = 0; k < of->count; k++)
            sum += of->times[k];
        MUST(sum == tally_about(t)->events);
    }
    MUST(tally_about(t)->count == 0 || tally_agrees(t, t, true) || tally_find(t, tally_at(t, 0)->name));
}

static void look(struct span bytes)
{
    struct tallies *t;

    if (tally_open(&t, bytes, NULL) != ERR_OK)
        return;
    check(t);
    tally_free(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t room[1 << 16];
    size_t n;

    look((struct span){ data, size });
    if (ZSTD_compressBound(size) > sizeof(room))
        return 0;
    n = ZSTD_compress(room, sizeof(room), data, size, 1);
    MUST(!ZSTD_isError(n));
    look((struct span){ room, n });
    return 0;
}
