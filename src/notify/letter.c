/*
 * letter.c - see letter.h.
 */
#include "notify/letter.h"

#include "base/bytes.h"

#define HEAD_BYTES 17u

bool letter_put(const struct letter *l, struct buf *out)
{
    const struct span texts[] = { l->channel, l->recipient, l->kind, l->subject, l->text };
    uint8_t head[HEAD_BYTES], length[2];

    bytes_put_u64(head, (uint64_t)l->key);
    bytes_put_u64(head + 8, (uint64_t)l->made_ns);
    head[16] = (uint8_t)l->level;
    buf_add(out, (struct span){ head, sizeof(head) });
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (texts[i].n > UINT16_MAX)
            return false;
        bytes_put_u16(length, (uint16_t)texts[i].n);
        buf_add(out, (struct span){ length, sizeof(length) });
        buf_add(out, texts[i]);
    }
    return !buf_failed(out);
}

bool letter_read(struct span in, struct letter *l)
{
    struct letter got = { .id = l->id };
    struct span *const texts[] = { &got.channel, &got.recipient, &got.kind, &got.subject,
                                   &got.text };

    if (in.n < HEAD_BYTES || in.p[16] > LEVEL_CRITICAL)
        return false;
    got.key = (int64_t)bytes_u64(in.p);
    got.made_ns = (int64_t)bytes_u64(in.p + 8);
    got.level = (enum sigma_level)in.p[16];
    in = span_from(in, HEAD_BYTES);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        size_t n = in.n >= 2 ? bytes_u16(in.p) : SIZE_MAX;

        if (in.n < 2 || in.n - 2 < n)
            return false;
        *texts[i] = (struct span){ in.p + 2, n };
        in = span_from(in, 2 + n);
    }
    if (in.n > 0)
        return false;
    *l = got;
    return true;
}
