/*
 * sealed_form.h - the bytes of a sealed file's head, block heads and foot, put and read in one
 * place so that both sides agree. The layout is drawn in sealed.h. Pure. Private to src/store.
 */
#ifndef SEALED_FORM_H
#define SEALED_FORM_H

#include "store/sealed.h"

#define SEALED_VERSION          2u
#define SEALED_HEAD_BYTES       64u
#define SEALED_BLOCK_HEAD_BYTES 128u
#define SEALED_FOOT_BYTES       96u

struct sealed_foot {
    uint32_t blocks;
    uint64_t words_at, words_bytes, stream_bytes, directory_bytes;
    uint64_t stream_hash, directory_hash;
    uint32_t tally_bytes;
    uint64_t tally_hash;
    uint64_t to;
    uint16_t part, parts;
};

void sealed_head_put(uint8_t p[SEALED_HEAD_BYTES], const struct sealed_about *a);
/* ERR_CORRUPT, ERR_UNSUPPORTED. to, part and parts are left alone. Of version 1, too: it has the
 * zeros of a foot without tallies. */
int sealed_head_read(const uint8_t p[SEALED_HEAD_BYTES], struct sealed_about *a, struct err *e);

void sealed_block_put(uint8_t p[SEALED_BLOCK_HEAD_BYTES], const struct sealed_block *b);
/* b->at is left alone. */
bool sealed_block_read(const uint8_t p[SEALED_BLOCK_HEAD_BYTES], struct sealed_block *b);

void sealed_foot_put(uint8_t p[SEALED_FOOT_BYTES], const struct sealed_foot *f);
bool sealed_foot_read(const uint8_t p[SEALED_FOOT_BYTES], struct sealed_foot *f);

uint64_t sealed_hash(struct span s);

static inline uint64_t sealed_padded(uint64_t n)
{
    return (n + 7) / 8 * 8;
}

#endif
