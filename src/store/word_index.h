/*
 * word_index.h - which blocks of a sealed file may hold a word.
 *
 *   words of a block ──hash──▶ set ──▶ sorted, one entry a word ──▶ bytes in the file
 *   word ──hash──▶ two small reads ──▶ the blocks that may hold it
 *
 * An index of up to WORD_BLOCKS blocks keeps, for each word that occurs in them, the first
 * WORD_BITS bits of its hash and the blocks in which it occurs. Two words that share those bits
 * share an entry: an answer may name blocks that do not hold the word, never leave out one that
 * does. A search costs two reads however many blocks there are, which a filter for each block
 * (Bloom, fuse) does not: on a disk that was not read lately that is what counts.
 *
 * A word's hash is XXH3-64 of its folded text with seed 0; what a word is, is the caller's.
 *
 *   head (32 bytes)                       little endian
 *     0  4  "CWRD"                        entries lie in 1 << bucket_bits buckets, by the first
 *     4  1  version, 2                    bits of the hash. A bucket is u32, the low half of XXH3
 *     5  1  blocks, 1 to WORD_BLOCKS      of its other bytes with its number as seed; u32 entries;
 *     6  1  bucket_bits                   then bits, the lowest of a byte first:
 *     7  1  rice, bits of a remainder       gap     of the hash's bits behind bucket_bits, from
 *     8  8  entries                                 the entry before (the first: from 0): a Rice
 *    16  8  bytes of the buckets                    code, the quotient in ones, a zero, the
 *    24  8  XXH3 of the 24 bytes before             remainder in `rice` bits
 *   then (1 << bucket_bits) + 1 offsets     blocks  0, number: only in this block; or 1, a bit
 *   of u32, then the buckets                        for each block, the first block's first
 *                                         a number of a block has ceil(log2(blocks)) bits
 *
 * Whatever does not check answers "all blocks": damage makes a search slow, never wrong. Pure. A
 * writer belongs to one thread.
 */
#ifndef WORD_INDEX_H
#define WORD_INDEX_H

#include "base/buf.h"

#define WORD_BLOCKS     64u
#define WORD_BITS       30u
#define WORD_HEAD_BYTES 32u

uint64_t word_hash(struct span folded);

/* --- writing ------------------------------------------------------------------------------ */

struct word_index_writer;

int word_index_new(struct word_index_writer **out, struct err *e);
void word_index_free(struct word_index_writer **w);

/* The words of the block that is being filled; a word may come again. */
void word_index_add(struct word_index_writer *w, uint64_t hash);

/* The block has all its words; the next one begins. ERR_NOMEM; ERR_LIMIT beyond WORD_BLOCKS. */
int word_index_block(struct word_index_writer *w, struct err *e);

/* All words of another index, whose blocks follow those that are there. ERR_LIMIT: nothing was
 * taken. ERR_CORRUPT, ERR_NOMEM: what is there is of no use. */
int word_index_append(struct word_index_writer *w, struct span index, struct err *e);

/* Append the index to `out` and begin anew. */
int word_index_put(struct word_index_writer *w, struct buf *out, struct err *e);

/* --- reading ------------------------------------------------------------------------------ */

struct word_index {
    uint32_t blocks;
    uint8_t version, bucket_bits, rice, block_bits;
    uint64_t entries, buckets_at, buckets_bytes; /* places in the index's bytes */
};

/* Of an index of `bytes` in all, whose first WORD_HEAD_BYTES these are. */
int word_index_open(struct word_index *x, struct span head, uint64_t bytes, struct err *e);

/* The blocks that may hold the word: bit i is block i. `index` is the whole (a mapping: two places
 * of it are touched). What is damaged answers all blocks, and adds to *damaged. */
uint64_t word_index_find(const struct word_index *x, struct span index, uint64_t hash,
                         uint64_t *damaged);

/* Which bytes of the index that looks at, but for its head and one offset: SPAN_NONE when it is
 * damaged. Only the offset is touched. */
struct span word_index_bucket(const struct word_index *x, struct span index, uint64_t hash);

/* Every bucket, for `canh verify`: how many are damaged. */
uint64_t word_index_damaged(const struct word_index *x, struct span index);

#endif
