/*
 * key.c - see key.h.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "act/key.h"

#include "event/fold.h"

void key_put(struct span s, struct buf *out)
{
    size_t begin = out->n, keep = KEY_BYTES_MAX - 17;
    uint64_t hash;

    if (!buf_reserve(out, fold_room(s.n) + 32))
        return;
    out->n += fold_put(s, out->p + begin);
    if (out->n - begin <= KEY_BYTES_MAX)
        return;
    hash = XXH3_64bits(out->p + begin, out->n - begin);
    out->n = begin + keep;
    buf_fmt(out, "#%016llx", (unsigned long long)hash);
}
