/*
 * word_index.c - see word_index.h.
 *
 * Writing keeps pairs of (hash bits, block), 36 bits in a word of 64, and sorts them at the end by
 * radix. A set of the block at hand keeps a word from being noted twice for it.
 */
#include "store/word_index.h"

#include <stdlib.h>

#include <xxhash.h>

#include "base/bytes.h"

#define MARK         "CWRD"
#define VERSION      2u
#define VERSION_RAW  1u /* has the words of raw records, not of what was parsed: of no use now */
#define BLOCK_BITS   6u /* of a pair */
#define BUCKET_MEAN  256u
#define BUCKET_HEAD  8u
#define SET_SLOTS    65536u
#define PAIRS_FIRST  262144u
#define PAIRS_MAX    ((size_t)1 << 27)
#define RADIX_BITS   12u /* three passes over a pair's 36 bits */
#define RADIX_PASSES 3u

struct word_index_writer {
    uint64_t *pair; /* hash bits << BLOCK_BITS | block */
    size_t pairs, room;
    uint32_t *set; /* hash bits + 1, or 0 */
    size_t slots, used;
    uint32_t blocks;
    bool failed; /* no memory: told at the next call that can */
};

uint64_t word_hash(struct span folded)
{
    return XXH3_64bits(folded.p, folded.n);
}

static uint32_t bits_of(uint64_t hash)
{
    return (uint32_t)(hash >> (64 - WORD_BITS));
}

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory for the index of words.");
}

/* --- Writing -------------------------------------------------------------------------------- */

int word_index_new(struct word_index_writer **out, struct err *e)
{
    struct word_index_writer *w = calloc(1, sizeof(*w));

    *out = NULL;
    if (w == NULL)
        return no_memory(e);
    w->set = calloc(SET_SLOTS, sizeof(*w->set));
    w->slots = SET_SLOTS;
    if (w->set == NULL) {
        free(w);
        return no_memory(e);
    }
    *out = w;
    return ERR_OK;
}

void word_index_free(struct word_index_writer **w)
{
    if (*w == NULL)
        return;
    free((*w)->pair);
    free((*w)->set);
    free(*w);
    *w = NULL;
}

static bool room_for_pair(struct word_index_writer *w)
{
    size_t room = w->room == 0 ? PAIRS_FIRST : 2 * w->room;
    uint64_t *more;

    if (w->pairs < w->room)
        return true;
    more = room <= PAIRS_MAX ? realloc(w->pair, room * sizeof(*more)) : NULL;
    w->failed = more == NULL;
    if (more == NULL)
        return false;
    w->pair = more;
    w->room = room;
    return true;
}

static void note(struct word_index_writer *w, uint32_t bits, uint32_t block)
{
    if (room_for_pair(w))
        w->pair[w->pairs++] = (uint64_t)bits << BLOCK_BITS | block;
}

/* The slot of these bits, or the free one where they belong. */
static uint32_t *slot_of(uint32_t *set, size_t slots, uint32_t bits)
{
    size_t at = bits & (slots - 1);

    while (set[at] != 0 && set[at] != bits + 1)
        at = (at + 1) & (slots - 1);
    return &set[at];
}

static bool grow_set(struct word_index_writer *w)
{
    size_t slots = 2 * w->slots;
    uint32_t *more = calloc(slots, sizeof(*more));

    w->failed = more == NULL;
    if (more == NULL)
        return false;
    for (size_t i = 0; i < w->slots; i++) {
        if (w->set[i] != 0)
            *slot_of(more, slots, w->set[i] - 1) = w->set[i];
    }
    free(w->set);
    w->set = more;
    w->slots = slots;
    return true;
}

void word_index_add(struct word_index_writer *w, uint64_t hash)
{
    uint32_t bits = bits_of(hash), *slot;

    if (w->failed)
        return;
    slot = slot_of(w->set, w->slots, bits);
    if (*slot != 0)
        return;
    *slot = bits + 1;
    note(w, bits, w->blocks);
    if (++w->used > w->slots / 2)
        (void)grow_set(w); /* w->failed says */
}

int word_index_block(struct word_index_writer *w, struct err *e)
{
    if (w->failed)
        return no_memory(e);
    if (w->blocks >= WORD_BLOCKS)
        return err_set(e, ERR_LIMIT, 0, "An index of words holds %u blocks at most.", WORD_BLOCKS);
    w->blocks++;
    w->used = 0;
    memset(w->set, 0, w->slots * sizeof(*w->set));
    return ERR_OK;
}

/* By the low 36 bits. False when there is no memory. */
static bool sort_pairs(struct word_index_writer *w)
{
    uint64_t *spare = malloc(w->pairs * sizeof(*spare) + 1), *from = w->pair, *to = spare;
    size_t *count = malloc(sizeof(*count) << RADIX_BITS);
    const uint64_t mask = (1u << RADIX_BITS) - 1;

    if (spare == NULL || count == NULL) {
        free(spare);
        free(count);
        return false;
    }
    for (unsigned pass = 0; pass < RADIX_PASSES; pass++) {
        unsigned shift = pass * RADIX_BITS;
        size_t at = 0;
        uint64_t *swap = from;

        memset(count, 0, sizeof(*count) << RADIX_BITS);
        for (size_t i = 0; i < w->pairs; i++)
            count[from[i] >> shift & mask]++;
        for (size_t i = 0; i <= mask; i++) {
            size_t n = count[i];

            count[i] = at;
            at += n;
        }
        for (size_t i = 0; i < w->pairs; i++)
            to[count[from[i] >> shift & mask]++] = from[i];
        from = to;
        to = swap;
    }
    /* An odd number of passes: the sorted ones are in `spare`. */
    free(w->pair);
    free(count);
    w->pair = spare;
    w->room = w->pairs;
    return true;
}

/* --- Bits ----------------------------------------------------------------------------------- */

struct bit_writer {
    struct buf *out;
    uint64_t word;
    unsigned n;
};

static void put_bits(struct bit_writer *b, uint64_t v, unsigned n)
{
    for (; n > 32; n -= 32, v >>= 32)
        put_bits(b, v & UINT32_MAX, 32);
    b->word |= v << b->n;
    for (b->n += n; b->n >= 8; b->n -= 8, b->word >>= 8)
        buf_byte(b->out, (uint8_t)b->word);
}

static void put_rice(struct bit_writer *b, uint32_t v, unsigned rice)
{
    uint32_t ones = v >> rice;

    for (; ones >= 16; ones -= 16)
        put_bits(b, 0xFFFF, 16);
    put_bits(b, ((uint64_t)1 << ones) - 1, ones + 1);
    put_bits(b, v & ((1u << rice) - 1), rice);
}

static void end_bits(struct bit_writer *b)
{
    if (b->n > 0)
        buf_byte(b->out, (uint8_t)b->word);
    b->word = 0;
    b->n = 0;
}

struct bit_reader {
    struct span in;
    uint64_t at; /* bit */
    bool over;
};

static uint32_t get_bits(struct bit_reader *b, unsigned n)
{
    uint64_t v = 0;
    unsigned have = 0;

    if (b->at + n > 8 * (uint64_t)b->in.n) {
        b->over = true;
        return 0;
    }
    while (have < n) {
        unsigned shift = (unsigned)(b->at % 8), take = 8 - shift;

        if (take > n - have)
            take = n - have;
        v |= ((uint64_t)b->in.p[b->at / 8] >> shift & ((1u << take) - 1)) << have;
        have += take;
        b->at += take;
    }
    return (uint32_t)v;
}

static uint64_t get_wide(struct bit_reader *b, unsigned n)
{
    uint64_t low = get_bits(b, n < 32 ? n : 32);

    return n <= 32 ? low : low | (uint64_t)get_bits(b, n - 32) << 32;
}

static uint32_t get_rice(struct bit_reader *b, unsigned rice)
{
    uint64_t ones = 0;

    while (!b->over && get_bits(b, 1) == 1)
        ones++;
    ones = ones << rice | get_bits(b, rice);
    b->over |= ones >> WORD_BITS != 0;
    return (uint32_t)ones;
}

/* --- Putting -------------------------------------------------------------------------------- */

static unsigned bits_for(uint64_t below) /* numbers less than this */
{
    unsigned n = 0;

    while (n < 63 && (uint64_t)1 << n < below)
        n++;
    return n;
}

/* The pairs of one entry, from `i` on: their blocks; the next entry's place. */
static size_t entry_at(const struct word_index_writer *w, size_t i, uint32_t *bits,
                       uint64_t *blocks)
{
    *bits = (uint32_t)(w->pair[i] >> BLOCK_BITS);
    *blocks = 0;
    for (; i < w->pairs && w->pair[i] >> BLOCK_BITS == *bits; i++)
        *blocks |= (uint64_t)1 << (w->pair[i] & (WORD_BLOCKS - 1));
    return i;
}

static uint64_t count_entries(const struct word_index_writer *w)
{
    uint64_t n = 0, blocks;
    uint32_t bits;

    for (size_t i = 0; i < w->pairs; i = entry_at(w, i, &bits, &blocks))
        n++;
    return n;
}

static void put_entry(struct bit_writer *b, const struct word_index *x, uint32_t gap,
                      uint64_t blocks)
{
    put_rice(b, gap, x->rice);
    if ((blocks & (blocks - 1)) == 0) {
        put_bits(b, 0, 1);
        put_bits(b, (uint64_t)__builtin_ctzll(blocks), x->block_bits);
    } else {
        put_bits(b, 1, 1);
        put_bits(b, blocks, x->blocks);
    }
}

/* The bucket of this number, whose entries begin at pair `i`; the next one's first pair. */
static size_t put_bucket(const struct word_index_writer *w, const struct word_index *x, size_t i,
                         uint32_t number, struct buf *out)
{
    const unsigned low = WORD_BITS - x->bucket_bits;
    struct bit_writer b = { .out = out };
    size_t head = out->n;
    uint32_t before = 0, count = 0, bits;
    uint64_t blocks, hash;

    buf_add(out, (struct span){ (const uint8_t[BUCKET_HEAD]){ 0 }, BUCKET_HEAD });
    while (i < w->pairs && w->pair[i] >> (BLOCK_BITS + low) == number) {
        uint32_t rest;

        i = entry_at(w, i, &bits, &blocks);
        rest = bits & (uint32_t)(((uint64_t)1 << low) - 1);
        put_entry(&b, x, rest - before, blocks);
        before = rest;
        count++;
    }
    end_bits(&b);
    if (buf_failed(out))
        return i;
    bytes_put_u32(out->p + head + 4, count);
    hash = XXH3_64bits_withSeed(out->p + head + 4, out->n - head - 4, number);
    bytes_put_u32(out->p + head, (uint32_t)hash);
    return i;
}

/* Few entries a bucket, so that reading one is one read; remainders of the size that suits the mean
 * gap. */
static struct word_index shape_of(uint64_t entries, uint32_t blocks)
{
    struct word_index x = { .blocks = blocks, .entries = entries };
    uint64_t gap = ((uint64_t)1 << WORD_BITS) / (entries + 1);

    x.bucket_bits = (uint8_t)bits_for(entries / BUCKET_MEAN + 1);
    x.block_bits = (uint8_t)bits_for(blocks);
    while (x.rice < WORD_BITS - 1 && gap >> (x.rice + 1) != 0)
        x.rice++;
    return x;
}

static void put_head(struct buf *out, size_t head, const struct word_index *x)
{
    uint8_t *p = out->p + head;

    memcpy(p, MARK, 4);
    p[4] = VERSION;
    p[5] = (uint8_t)x->blocks;
    p[6] = x->bucket_bits;
    p[7] = x->rice;
    bytes_put_u64(p + 8, x->entries);
    bytes_put_u64(p + 16, x->buckets_bytes);
    bytes_put_u64(p + 24, XXH3_64bits(p, 24));
}

static int put_all(struct word_index_writer *w, struct buf *out, struct err *e)
{
    struct word_index x = shape_of(count_entries(w), w->blocks);
    const uint32_t buckets = 1u << x.bucket_bits;
    size_t head = out->n, offsets = head + WORD_HEAD_BYTES, at = offsets + 4 * (buckets + 1), i = 0;

    if (!buf_reserve(out, at - head))
        return no_memory(e);
    memset(out->p + head, 0, at - head);
    out->n = at;
    for (uint32_t b = 0; b < buckets && !buf_failed(out); b++) {
        i = put_bucket(w, &x, i, b, out);
        if (!buf_failed(out) && out->n - at <= UINT32_MAX)
            bytes_put_u32(out->p + offsets + 4 * (b + 1), (uint32_t)(out->n - at));
    }
    x.buckets_bytes = out->n - at;
    if (buf_failed(out) || x.buckets_bytes > UINT32_MAX)
        return no_memory(e);
    put_head(out, head, &x);
    return ERR_OK;
}

int word_index_put(struct word_index_writer *w, struct buf *out, struct err *e)
{
    int rc;

    MUST(w->blocks > 0 && w->used == 0);
    if (w->failed || !sort_pairs(w))
        return no_memory(e);
    rc = put_all(w, out, e);
    w->pairs = 0;
    w->blocks = 0;
    return rc;
}

/* --- Reading -------------------------------------------------------------------------------- */

int word_index_open(struct word_index *x, struct span head, uint64_t bytes, struct err *e)
{
    const uint8_t *p = head.p;

    if (head.n < WORD_HEAD_BYTES || bytes < WORD_HEAD_BYTES || memcmp(p, MARK, 4) != 0 ||
        XXH3_64bits(p, 24) != bytes_u64(p + 24))
        return err_set(e, ERR_CORRUPT, 0, "The head of an index of words does not check.");
    if (p[4] != VERSION && p[4] != VERSION_RAW)
        return err_set(e, ERR_UNSUPPORTED, 4, "An index of words is of version %u.", p[4]);
    *x = (struct word_index){ .version = p[4],
                              .blocks = p[5],
                              .bucket_bits = p[6],
                              .rice = p[7],
                              .entries = bytes_u64(p + 8),
                              .buckets_bytes = bytes_u64(p + 16) };
    if (x->blocks == 0 || x->blocks > WORD_BLOCKS || x->bucket_bits > WORD_BITS ||
        x->rice >= WORD_BITS)
        return err_set(e, ERR_CORRUPT, 5, "The head of an index of words says what cannot be.");
    x->block_bits = (uint8_t)bits_for(x->blocks);
    x->buckets_at = WORD_HEAD_BYTES + 4 * (((uint64_t)1 << x->bucket_bits) + 1);
    if (x->buckets_at > bytes || x->buckets_bytes != bytes - x->buckets_at)
        return err_set(e, ERR_CORRUPT, 16, "An index of words has another size than it says.");
    return ERR_OK;
}

static uint64_t all_blocks(const struct word_index *x)
{
    return x->blocks == 64 ? UINT64_MAX : ((uint64_t)1 << x->blocks) - 1;
}

/* The bytes of a bucket, as they are; SPAN_NONE when the offsets say what cannot be. */
static struct span bucket_bytes(const struct word_index *x, struct span index, uint64_t number)
{
    const uint8_t *offsets = index.p + WORD_HEAD_BYTES + 4 * number;
    uint64_t from = bytes_u32(offsets), to = bytes_u32(offsets + 4);

    if (to > x->buckets_bytes || from > to || to - from < BUCKET_HEAD)
        return SPAN_NONE;
    return (struct span){ index.p + x->buckets_at + from, (size_t)(to - from) };
}

/* Those behind its hash; SPAN_NONE when they do not check. */
static struct span bucket_of(const struct word_index *x, struct span index, uint64_t number)
{
    const struct span b = bucket_bytes(x, index, number);

    if (b.p == NULL || (uint32_t)XXH3_64bits_withSeed(b.p + 4, b.n - 4, number) != bytes_u32(b.p))
        return SPAN_NONE;
    return span_from(b, 4);
}

struct span word_index_bucket(const struct word_index *x, struct span index, uint64_t hash)
{
    return bucket_bytes(x, index, (uint64_t)bits_of(hash) >> (WORD_BITS - x->bucket_bits));
}

static uint64_t get_blocks(struct bit_reader *b, const struct word_index *x)
{
    uint32_t number;

    if (get_bits(b, 1) == 1)
        return get_wide(b, x->blocks);
    number = get_bits(b, x->block_bits);
    b->over |= number >= x->blocks;
    return (uint64_t)1 << (number & (WORD_BLOCKS - 1));
}

uint64_t word_index_find(const struct word_index *x, struct span index, uint64_t hash,
                         uint64_t *damaged)
{
    const unsigned low = WORD_BITS - x->bucket_bits;
    uint32_t bits = bits_of(hash), want = bits & (uint32_t)(((uint64_t)1 << low) - 1), here = 0;
    struct span bucket = bucket_of(x, index, (uint64_t)bits >> low);
    struct bit_reader b = { .in = bucket.p != NULL ? span_from(bucket, 4) : SPAN_NONE };
    uint32_t count = bucket.p != NULL ? bytes_u32(bucket.p) : 0;

    if (x->version != VERSION)
        return all_blocks(x);
    if (bucket.p == NULL) {
        (*damaged)++;
        return all_blocks(x);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint64_t blocks;

        here += get_rice(&b, x->rice);
        blocks = get_blocks(&b, x);
        if (b.over)
            break;
        if (here >= want)
            return here == want ? blocks & all_blocks(x) : 0;
    }
    *damaged += b.over;
    return b.over ? all_blocks(x) : 0;
}

uint64_t word_index_damaged(const struct word_index *x, struct span index)
{
    uint64_t n = 0;

    for (uint64_t i = 0; i < (uint64_t)1 << x->bucket_bits; i++)
        n += bucket_of(x, index, i).p == NULL;
    return n;
}

/* All entries of an index into the writer, its blocks behind those that are there. */
int word_index_append(struct word_index_writer *w, struct span index, struct err *e)
{
    struct word_index x;
    int rc = word_index_open(&x, index, index.n, e);

    MUST(w->used == 0);
    if (rc != ERR_OK)
        return rc;
    if (x.version != VERSION)
        return err_set(e, ERR_UNSUPPORTED, 4, "An index of words is of version %u.", x.version);
    if (w->blocks + x.blocks > WORD_BLOCKS)
        return err_set(e, ERR_LIMIT, 0, "An index of words holds %u blocks at most.", WORD_BLOCKS);
    for (uint64_t n = 0; n < (uint64_t)1 << x.bucket_bits; n++) {
        struct span bucket = bucket_of(&x, index, n);
        struct bit_reader b = { .in = bucket.p != NULL ? span_from(bucket, 4) : SPAN_NONE };
        uint32_t count = bucket.p != NULL ? bytes_u32(bucket.p) : 0, here = 0;

        for (uint32_t i = 0; i < count && !b.over; i++) {
            uint64_t blocks;

            here += get_rice(&b, x.rice);
            for (blocks = get_blocks(&b, &x); blocks != 0 && !b.over; blocks &= blocks - 1)
                note(w, (uint32_t)(n << (WORD_BITS - x.bucket_bits)) | here,
                     w->blocks + (uint32_t)__builtin_ctzll(blocks));
        }
        if (bucket.p == NULL || b.over)
            return err_set(e, ERR_CORRUPT, (size_t)n, "A bucket of an index of words is damaged.");
    }
    w->blocks += x.blocks;
    return w->failed ? no_memory(e) : ERR_OK;
}
