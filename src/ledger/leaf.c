/*
 * leaf.c - see leaf.h.
 */
#include "ledger/leaf.h"

#include "base/bytes.h"

void leaf_hash(struct merkle_hasher *h, const struct leaf *l, struct merkle_hash *out)
{
    uint8_t head[LEAF_HEAD_BYTES + 4], raw_bytes[4];
    const struct span parts[] = {
        { head, sizeof(head) }, l->source, { raw_bytes, sizeof(raw_bytes) }, l->raw
    };

    MUST(l->source.n <= UINT32_MAX && l->raw.n <= UINT32_MAX);
    memcpy(head, l->store, 16);
    bytes_put_u32(head + 16, l->lane);
    bytes_put_u64(head + 20, l->sequence);
    bytes_put_u64(head + 28, (uint64_t)l->receipt_ns);
    bytes_put_u16(head + 36, l->flags);
    bytes_put_u16(head + 38, l->lines);
    head[40] = l->input;
    head[41] = l->authenticated;
    bytes_put_u32(head + 42, (uint32_t)l->source.n);
    bytes_put_u32(raw_bytes, (uint32_t)l->raw.n);
    merkle_digest(h, 0, parts, COUNT_OF(parts), out);
}
