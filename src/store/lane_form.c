/*
 * lane_form.c - heads of segments and frames; see lane.h for the layout.
 */
#include "store/lane_form.h"

#include <inttypes.h>
#include <stdio.h>
#include <xxhash.h>

#include "store/lane_read.h"

#define HASH_AT 56u /* of either head */
#define MORE    1u  /* of a frame's flags; others mean nothing yet and are passed over */

static const uint8_t segment_mark[8] = { 'c', 'a', 'n', 'h', 'l', 'a', 'n', 'e' };
static const uint8_t frame_mark[4] = { 'C', 'F', 'R', 'M' };

uint64_t lane_hash(struct span body)
{
    return XXH3_64bits(body.p, body.n);
}

static uint64_t head_hash(const uint8_t *p)
{
    return lane_hash((struct span){ p, HASH_AT });
}

void segment_head_put(uint8_t p[LANE_HEAD_BYTES], struct segment_head *h)
{
    memcpy(p, segment_mark, sizeof(segment_mark));
    bytes_put_u32(p + 8, LANE_VERSION);
    bytes_put_u32(p + 12, h->lane);
    memcpy(p + 16, h->store, sizeof(h->store));
    bytes_put_u32(p + 32, h->segment);
    bytes_put_u32(p + 36, h->before.segment);
    bytes_put_u64(p + 40, h->sequence);
    bytes_put_u64(p + 48, h->before.bytes);
    h->hash = head_hash(p);
    bytes_put_u64(p + HASH_AT, h->hash);
}

bool segment_head_read(const uint8_t p[LANE_HEAD_BYTES], struct segment_head *h)
{
    *h = (struct segment_head){ .hash = bytes_u64(p + HASH_AT) };
    if (memcmp(p, segment_mark, sizeof(segment_mark)) != 0 || h->hash != head_hash(p))
        return false;
    h->version = bytes_u32(p + 8);
    h->lane = bytes_u32(p + 12);
    memcpy(h->store, p + 16, sizeof(h->store));
    h->segment = bytes_u32(p + 32);
    h->before.segment = bytes_u32(p + 36);
    h->sequence = bytes_u64(p + 40);
    h->before.bytes = bytes_u64(p + 48);
    return true;
}

void frame_head_put(uint8_t p[LANE_FRAME_BYTES], struct frame_head *h)
{
    memset(p, 0, LANE_FRAME_BYTES);
    memcpy(p, frame_mark, sizeof(frame_mark));
    p[4] = h->kind;
    p[5] = h->more ? MORE : 0;
    bytes_put_u32(p + 8, h->bytes);
    bytes_put_u32(p + 12, h->count);
    bytes_put_u64(p + 16, h->sequence);
    bytes_put_u64(p + 24, h->matched);
    bytes_put_u64(p + 32, (uint64_t)h->receipt_ns);
    bytes_put_u64(p + 40, h->link);
    bytes_put_u64(p + 48, h->body_hash);
    h->hash = head_hash(p);
    bytes_put_u64(p + HASH_AT, h->hash);
}

bool frame_head_read(const uint8_t p[LANE_FRAME_BYTES], struct frame_head *h)
{
    h->hash = bytes_u64(p + HASH_AT);
    if (memcmp(p, frame_mark, sizeof(frame_mark)) != 0 || h->hash != head_hash(p))
        return false;
    h->kind = p[4];
    h->more = (p[5] & MORE) != 0;
    h->bytes = bytes_u32(p + 8);
    h->count = bytes_u32(p + 12);
    h->sequence = bytes_u64(p + 16);
    h->matched = bytes_u64(p + 24);
    h->receipt_ns = (int64_t)bytes_u64(p + 32);
    h->link = bytes_u64(p + 40);
    h->body_hash = bytes_u64(p + 48);
    return h->bytes <= LANE_BODY_MAX;
}

void lane_segment_name(char *name, uint32_t number)
{
    int n = snprintf(name, LANE_NAME_BYTES, "%08" PRIu32 ".lane", number);

    MUST(n > 0 && (size_t)n < LANE_NAME_BYTES);
}
