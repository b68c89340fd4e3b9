/*
 * lane_form.h - the bytes of a lane's heads, put and read in one place so that both sides agree.
 *
 * The layout is drawn in lane.h. Pure. Private to src/store.
 */
#ifndef LANE_FORM_H
#define LANE_FORM_H

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

/* Little endian; compilers make one load or store of each. */
static inline void form_u16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static inline void form_u32(uint8_t *p, uint32_t v)
{
    form_u16(p, (uint16_t)v);
    form_u16(p + 2, (uint16_t)(v >> 16));
}

static inline void form_u64(uint8_t *p, uint64_t v)
{
    form_u32(p, (uint32_t)v);
    form_u32(p + 4, (uint32_t)(v >> 32));
}

static inline uint16_t form_u16_of(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t form_u32_of(const uint8_t *p)
{
    return form_u16_of(p) | (uint32_t)form_u16_of(p + 2) << 16;
}

static inline uint64_t form_u64_of(const uint8_t *p)
{
    return form_u32_of(p) | (uint64_t)form_u32_of(p + 4) << 32;
}

#endif
