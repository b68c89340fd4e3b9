/*
 * lane_form.h - the bytes of a lane's heads, put and read in one place so that both sides agree.
 *
 * The layout is drawn in lane.h. Pure. Private to src/store.
 */
#ifndef LANE_FORM_H
#define LANE_FORM_H

#include "base/bytes.h"
#include "store/lane.h"

#define LANE_VERSION 1u

struct segment_head {
    uint32_t version, lane, segment;
    uint8_t store[16];
    uint64_t sequence;        /* of the first event */
    struct lane_place before; /* what counts of earlier segments; its sequence is not kept */
    uint64_t hash;            /* of the head: the first frame's link */
};

struct frame_head {
    uint8_t kind;
    bool more; /* frames of the same group follow */
    uint32_t bytes, count;
    uint64_t sequence, matched;
    int64_t receipt_ns;
    uint64_t link, body_hash;
    uint64_t hash; /* of the head: the next frame's link */
};

/* The version is ours, whatever h->version says. h->hash is set. */
void segment_head_put(uint8_t p[LANE_HEAD_BYTES], struct segment_head *h);
/* False when it does not check. Of another version only that is known. */
bool segment_head_read(const uint8_t p[LANE_HEAD_BYTES], struct segment_head *h);

void frame_head_put(uint8_t p[LANE_FRAME_BYTES], struct frame_head *h);
bool frame_head_read(const uint8_t p[LANE_FRAME_BYTES], struct frame_head *h);

uint64_t lane_hash(struct span body);

/* The bytes that a body of `n` takes. */
static inline uint64_t lane_padded(uint64_t n)
{
    return (n + 7) / 8 * 8;
}

#endif
