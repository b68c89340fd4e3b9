/*
 * leaf.c - see leaf.h.
 */
#include "ledger/leaf.h"

#include "base/bytes.h"

#define HEAD_BYTES (LEAF_HEAD_BYTES + 4)

/* All before the name, and what stands between the name and the raw bytes. */
static void put_heads(const struct leaf *l, uint8_t head[HEAD_BYTES], uint8_t raw_bytes[4])
{
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
}

void leaf_put(const struct leaf *l, struct buf *out)
{
    uint8_t head[HEAD_BYTES], raw_bytes[4];

    put_heads(l, head, raw_bytes);
    buf_add(out, (struct span){ head, sizeof(head) });
    buf_add(out, l->source);
    buf_add(out, (struct span){ raw_bytes, sizeof(raw_bytes) });
    buf_add(out, l->raw);
}

void leaf_hash(struct merkle_hasher *h, const struct leaf *l, struct merkle_hash *out)
{
    uint8_t head[HEAD_BYTES], raw_bytes[4];
    const struct span parts[] = {
        { head, sizeof(head) }, l->source, { raw_bytes, sizeof(raw_bytes) }, l->raw
    };

    put_heads(l, head, raw_bytes);
    merkle_digest(h, 0, parts, COUNT_OF(parts), out);
}
