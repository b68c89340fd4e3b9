/*
 * pass.c - see pass.h.
 */
#include "collect/pass.h"

#include "base/bytes.h"

#define BLOCK_HEAD_BYTES 24u

/* --- frames ---------------------------------------------------------------------------------- */

/* What the body of each type may be. */
static const struct {
    uint32_t least, most;
} bodies[PASS_TYPES] = {
    [PASS_CHECKPOINT] = { PASS_KEY_BYTES, PASS_CHECKPOINT_MAX },
    [PASS_START] = { 0, 0 },
    [PASS_BLOCK] = { BLOCK_HEAD_BYTES, PASS_BODY_MAX },
    [PASS_DURABLE] = { 0, 0 },
};

int64_t pass_frame(struct span in, struct pass_frame *f, struct err *e)
{
    uint32_t type, n;

    if (in.n < PASS_HEAD_BYTES)
        return ERR_MORE;
    type = bytes_u32(in.p);
    n = bytes_u32(in.p + 4);
    if (type >= PASS_TYPES)
        return err_set(e, ERR_SYNTAX, 0, "There is no frame of type %u.", type);
    if (n > bodies[type].most)
        return err_set(e, ERR_LIMIT, 4, "A frame of type %u has no %u bytes.", type, n);
    if (n < bodies[type].least)
        return err_set(e, ERR_SYNTAX, 4, "A frame of type %u has more than %u bytes.", type, n);
    if (in.n - PASS_HEAD_BYTES < n)
        return ERR_MORE;
    f->type = (enum pass_type)type;
    f->number = bytes_u64(in.p + 8);
    f->body = (struct span){ in.p + PASS_HEAD_BYTES, n };
    return (int64_t)PASS_HEAD_BYTES + n;
}

static void put_head(struct buf *out, enum pass_type type, uint64_t number, size_t bytes)
{
    uint8_t head[PASS_HEAD_BYTES];

    MUST(bytes >= bodies[type].least && bytes <= bodies[type].most);
    bytes_put_u32(head, (uint32_t)type);
    bytes_put_u32(head + 4, (uint32_t)bytes);
    bytes_put_u64(head + 8, number);
    buf_add(out, (struct span){ head, sizeof(head) });
}

void pass_put(struct buf *out, enum pass_type type, uint64_t number, struct span body)
{
    put_head(out, type, number, body.n);
    buf_add(out, body);
}

/* --- blocks ---------------------------------------------------------------------------------- */

/* The next `n` bytes of the body; false when they are not there. */
static bool take(struct span *rest, uint32_t n, struct span *to)
{
    if (n > rest->n)
        return false;
    *to = (struct span){ rest->p, n };
    *rest = span_from(*rest, n);
    return true;
}

bool pass_block_read(struct span body, struct pass_block *b)
{
    const uint8_t *p = body.p;
    struct span rest;

    if (body.n < BLOCK_HEAD_BYTES || p[14] > 1 || p[15] != 0)
        return false;
    rest = span_from(body, BLOCK_HEAD_BYTES);
    b->input = p[12];
    b->mode = p[13];
    b->header = p[14] == 1;
    b->time_ns = (int64_t)bytes_u64(p + 16);
    if (!take(&rest, bytes_u32(p), &b->source) || !take(&rest, bytes_u32(p + 4), &b->checkpoint) ||
        !take(&rest, bytes_u32(p + 8), &b->w3c))
        return false;
    b->records = rest;
    return b->checkpoint.n >= PASS_KEY_BYTES && b->checkpoint.n <= PASS_CHECKPOINT_MAX;
}

void pass_put_block(struct buf *out, uint64_t number, const struct pass_block *b)
{
    size_t texts = b->source.n + b->checkpoint.n + b->w3c.n;
    uint8_t head[BLOCK_HEAD_BYTES] = { 0 };

    MUST(b->input <= UINT8_MAX && b->checkpoint.n >= PASS_KEY_BYTES);
    MUST(b->checkpoint.n <= PASS_CHECKPOINT_MAX);
    put_head(out, PASS_BLOCK, number, sizeof(head) + texts + b->records.n);
    bytes_put_u32(head, (uint32_t)b->source.n);
    bytes_put_u32(head + 4, (uint32_t)b->checkpoint.n);
    bytes_put_u32(head + 8, (uint32_t)b->w3c.n);
    head[12] = (uint8_t)b->input;
    head[13] = b->mode;
    head[14] = b->header;
    bytes_put_u64(head + 16, (uint64_t)b->time_ns);
    buf_add(out, (struct span){ head, sizeof(head) });
    buf_add(out, b->source);
    buf_add(out, b->checkpoint);
    buf_add(out, b->w3c);
    buf_add(out, b->records);
}
