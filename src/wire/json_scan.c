/*
 * json_scan.c - quotes by bit arithmetic on masks of 64 bytes.
 *
 * A quote counts when an even number of backslashes stands before it. The escaped bytes of a block
 * come out of one subtraction over the mask of backslashes (after Lemire and Langdale, "Parsing
 * gigabytes of JSON per second"; escape_mask() below).
 *
 * "Was there a backslash since the quote before?" is one addition: in the complement of the quotes
 * every string is a run of ones that ends at its quote's zero. Adding a one anywhere into the run
 * carries up to that zero, and not beyond:
 *
 *     text           a \ n b "  c d "        (low bit at the left)
 *     ~quotes        1 1 1 1 0  1 1 0
 *     + backslashes  0 1 0 0 0  0 0 0
 *     =              1 0 0 0 1  1 1 0        the first quote's bit is set, the second's is not
 *
 * The carry out of bit 63 is a string that goes on in the next block. Several backslashes in one
 * run do no harm: the carry passes over their bits.
 *
 * A backslash outside a string would upset all this, but it is a fault, and the reader, which
 * looks at every byte outside strings in order, comes to it before it uses a quote behind it.
 */
#include "wire/json_scan.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define AVX2   __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,bmi,bmi2,popcnt")))
#endif

#define INLINE static inline __attribute__((always_inline))
#define TOP    (1ull << 63)

/* Masks of one block: bit i is byte i. */
struct masks {
    uint64_t quote, backslash, control;
};

/* What is carried from block to block, in registers while a kernel runs. */
struct carry {
    uint64_t escaped, backslash, control;
    uint32_t *out;
    uint32_t *full;
};

INLINE struct carry carry_load(struct json_scan *s)
{
    return (struct carry){ s->escaped, s->backslash, s->control, s->quote + s->count,
                           s->quote + SCAN_QUOTES };
}

INLINE void carry_store(struct json_scan *s, const struct carry *c)
{
    s->escaped = (uint32_t)c->escaped;
    s->backslash = (uint32_t)c->backslash;
    s->control = (uint32_t)c->control;
    s->count = (uint32_t)(c->out - s->quote);
}

/*
 * The bytes that a backslash escapes. Runs of backslashes that start at an even place and those
 * that start at an odd one are told apart by subtracting from a mask of the odd places.
 */
INLINE uint64_t escape_mask(uint64_t backslash, uint64_t *carried)
{
    const uint64_t odd = 0xAAAAAAAAAAAAAAAAu;
    uint64_t starts = backslash & ~*carried;
    uint64_t code = (((starts << 1) | odd) - starts) ^ odd;
    uint64_t escaped = code ^ (backslash | *carried);

    *carried = (code & backslash) >> 63;
    return escaped;
}

/* Bit at each quote: set when `what` has a bit since the quote before. */
INLINE uint64_t since_quote(uint64_t quote, uint64_t what, uint64_t *carried)
{
    uint64_t sum;
    bool a = __builtin_add_overflow(~quote, what, &sum);
    bool b = __builtin_add_overflow(sum, *carried, &sum);

    *carried = a || b ? 1 : 0;
    return sum & quote;
}

/* The rare block with control characters, or behind one: flag its quotes, which are the last ones
 * before `out`. True when there was one that is not a tab. */
static bool mark_control(uint32_t *out, const uint8_t *block, uint64_t quote, uint64_t control,
                         uint64_t *carried)
{
    uint32_t *first = out - __builtin_popcountll(quote);
    uint64_t real = 0;

    for (; control != 0; control &= control - 1) {
        unsigned i = (unsigned)__builtin_ctzll(control);

        real |= (uint64_t)(block[i] != '\t') << i;
    }
    for (uint64_t hit = since_quote(quote, real, carried); hit != 0; hit &= hit - 1)
        first[__builtin_popcountll(quote & ((hit & (0 - hit)) - 1))] |= SCAN_CONTROL;
    return real != 0;
}

/* The same, where it is seldom needed. `carry` stays in registers: only a copy is lent. */
INLINE bool step_control(struct carry *c, const uint8_t *block, const struct masks *m)
{
    uint64_t carried = c->control;
    bool pause;

    if (__builtin_expect((m->control | carried) == 0, 1))
        return false;
    pause = mark_control(c->out, block, m->quote, m->control, &carried);
    c->control = carried;
    return pause;
}

/* List the quotes of one block, four a step: the number of steps is easier to foresee than the
 * number of quotes. */
INLINE void list_quotes(struct carry *c, uint32_t at, uint64_t quote, uint64_t flagged)
{
    uint32_t *out = c->out;

    c->out += __builtin_popcountll(quote);
    while (quote != 0) {
        for (int i = 0; i < 4; i++) {
            unsigned bit = (unsigned)__builtin_ctzll(quote | TOP);

            *out++ = (at + bit) | (uint32_t)(flagged >> bit & 1) << 31;
            quote &= quote - 1;
        }
    }
}

/* ---- portable: 8 bytes a step ---- */

/* 0x80 in each byte of `w` that equals `c`; exact, unlike the usual trick. */
INLINE uint64_t bytes_equal(uint64_t w, uint8_t c)
{
    const uint64_t low = 0x7F7F7F7F7F7F7F7Fu;
    uint64_t x = w ^ (0x0101010101010101u * c);

    return ~(((x & low) + low) | x | low);
}

/* The high bits of 8 bytes as 8 bits. */
INLINE uint64_t gather_high(uint64_t w)
{
    return (w >> 7) * 0x0102040810204080u >> 56;
}

INLINE struct masks masks_portable(const uint8_t *p)
{
    struct masks m = { 0, 0, 0 };

    for (unsigned i = 0; i < SCAN_BLOCK; i += 8) {
        uint64_t w;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        memcpy(&w, p + i, 8);
#else
        w = 0;
        for (unsigned k = 0; k < 8; k++)
            w |= (uint64_t)p[i + k] << (8 * k);
#endif
        m.quote |= gather_high(bytes_equal(w, '"')) << i;
        m.backslash |= gather_high(bytes_equal(w, '\\')) << i;
        m.control |= gather_high(bytes_equal(w & 0xE0E0E0E0E0E0E0E0u, 0)) << i;
    }
    return m;
}

/* The arithmetic of a block but for the list: takes the escaped quotes out of the mask; returns
 * those with a backslash before them. */
INLINE uint64_t step_quotes(struct carry *c, struct masks *m)
{
    m->quote &= ~escape_mask(m->backslash, &c->escaped);
    return since_quote(m->quote, m->backslash, &c->backslash);
}

/* The last bytes, with blanks behind them. */
INLINE uint32_t tail_copy(const struct json_scan *s, uint8_t block[SCAN_BLOCK])
{
    memset(block, ' ', SCAN_BLOCK);
    memcpy(block, s->p + s->next, s->n - s->next);
    return s->n;
}

static void scan_portable(struct json_scan *s)
{
    struct carry c = carry_load(s);
    uint8_t last[SCAN_BLOCK];
    bool pause = false;

    while (s->next < s->n && c.out < c.full && !pause) {
        bool whole = s->n - s->next >= SCAN_BLOCK;
        const uint8_t *block = whole ? s->p + s->next : last;
        uint32_t at = s->next;
        struct masks m;
        uint64_t flagged;

        s->next = whole ? at + SCAN_BLOCK : tail_copy(s, last);
        m = masks_portable(block);
        flagged = step_quotes(&c, &m);
        list_quotes(&c, at, m.quote, flagged);
        pause = step_control(&c, block, &m);
    }
    carry_store(s, &c);
}

#if defined(__x86_64__)

/* ---- AVX2: twice 32 bytes ---- */

AVX2 static inline uint64_t mask_avx2(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high)
                                                     << 32;
}

AVX2 static inline struct masks masks_avx2(const uint8_t *p)
{
    const __m256i quote = _mm256_set1_epi8('"'), backslash = _mm256_set1_epi8('\\');
    const __m256i control = _mm256_set1_epi8(0x1F);
    __m256i a = _mm256_loadu_si256((const __m256i_u *)p);
    __m256i b = _mm256_loadu_si256((const __m256i_u *)(p + 32));

    return (struct masks){
        mask_avx2(_mm256_cmpeq_epi8(a, quote), _mm256_cmpeq_epi8(b, quote)),
        mask_avx2(_mm256_cmpeq_epi8(a, backslash), _mm256_cmpeq_epi8(b, backslash)),
        mask_avx2(_mm256_cmpeq_epi8(_mm256_max_epu8(a, control), control),
                  _mm256_cmpeq_epi8(_mm256_max_epu8(b, control), control)),
    };
}

AVX2 static void scan_avx2(struct json_scan *s)
{
    struct carry c = carry_load(s);
    uint8_t last[SCAN_BLOCK];
    bool pause = false;

    while (s->next < s->n && c.out < c.full && !pause) {
        bool whole = s->n - s->next >= SCAN_BLOCK;
        const uint8_t *block = whole ? s->p + s->next : last;
        uint32_t at = s->next;
        struct masks m;
        uint64_t flagged;

        s->next = whole ? at + SCAN_BLOCK : tail_copy(s, last);
        m = masks_avx2(block);
        flagged = step_quotes(&c, &m);
        list_quotes(&c, at, m.quote, flagged);
        pause = step_control(&c, block, &m);
    }
    carry_store(s, &c);
}

/* ---- AVX-512 with VBMI2: 64 bytes, and the list is made by compressing 0..63 ---- */

AVX512 static inline void list_avx512(struct carry *c, uint32_t at, uint64_t quote,
                                      uint64_t flagged)
{
    const __m512i places = _mm512_set_epi8(
        63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41,
        40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18,
        17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    __m512i packed = _mm512_maskz_compress_epi8(quote, places);
    uint64_t flags = _pext_u64(flagged, quote);
    __m512i base = _mm512_set1_epi32((int)at), flag = _mm512_set1_epi32((int)SCAN_BACKSLASH);
    uint32_t count = (uint32_t)__builtin_popcountll(quote);
    __m512i v = _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_castsi512_si128(packed)), base);

    _mm512_storeu_si512(c->out, _mm512_mask_or_epi32(v, (__mmask16)flags, v, flag));
    if (__builtin_expect(count > 16, 0)) {
        uint8_t rest[SCAN_BLOCK];

        _mm512_storeu_si512(rest, packed);
        for (uint32_t i = 16; i < count; i++)
            c->out[i] = (at + rest[i]) | (uint32_t)(flags >> i & 1) << 31;
    }
    c->out += count;
}

AVX512 static void scan_avx512(struct json_scan *s)
{
    const __m512i quote = _mm512_set1_epi8('"'), backslash = _mm512_set1_epi8('\\');
    const __m512i blank = _mm512_set1_epi8(' ');
    struct carry c = carry_load(s);
    uint32_t at = s->next;
    bool pause = false;

    while (at < s->n && c.out < c.full && !pause) {
        uint32_t left = s->n - at;
        const uint8_t *block = s->p + at;
        __m512i v = left >= SCAN_BLOCK ? _mm512_loadu_si512(block)
                                       : _mm512_mask_loadu_epi8(blank, (1ull << left) - 1, block);
        struct masks m = { _mm512_cmpeq_epi8_mask(v, quote), _mm512_cmpeq_epi8_mask(v, backslash),
                           _mm512_cmplt_epu8_mask(v, blank) };
        uint64_t flagged = step_quotes(&c, &m);

        list_avx512(&c, at, m.quote, flagged);
        pause = step_control(&c, block, &m);
        at += left < SCAN_BLOCK ? left : SCAN_BLOCK;
    }
    s->next = at;
    carry_store(s, &c);
}

#endif

/* ---- choosing ---- */

/* From the slowest to the fastest. */
static const struct json_kernel kernels[] = {
    { "portable", scan_portable },
#if defined(__x86_64__)
    { "avx2", scan_avx2 },
    { "avx512", scan_avx512 },
#endif
};

/* Index of the best that this machine can run. */
static inline size_t kernel_best(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2"))
        return 2;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"))
        return 1;
#endif
    return 0;
}

const struct json_kernel *json_kernel(void)
{
    return &kernels[kernel_best()];
}

const struct json_kernel *json_kernel_at(size_t i)
{
    return i <= kernel_best() ? &kernels[i] : NULL;
}

bool json_scan_pair(struct json_scan *s, const struct json_kernel *k)
{
    while (s->count - s->at < 2) {
        if (s->next == s->n || (s->count != s->at && s->control != 0))
            return false;
        if (s->count != s->at)
            s->quote[0] = s->quote[s->at];
        s->count -= s->at;
        s->at = 0;
        k->scan(s);
    }
    return true;
}
