/*
 * raw_odd.c - candidates by the vector, each then looked at as the slow kernel does.
 */
#include "sigma/raw_odd.h"

#include "sigma/keywords.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define AVX2   __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define AVX512 __attribute__((target("avx512f,avx512bw,bmi,bmi2,popcnt")))
#endif

/* What begins at byte `at`, taken into *odd; false when no more need be looked for. */
static bool look(struct span raw, size_t at, struct raw_odd *odd)
{
    struct span rest = span_from(raw, at);

    if (!odd->escapes && rest.n >= 2 && rest.p[0] == '\\' && (rest.p[1] == 'u' || rest.p[1] == '/'))
        odd->escapes = keywords_is_escape(raw, at + 2);
    if (span_starts(rest, SPAN_LIT("\xC5\xBF")) || span_starts(rest, SPAN_LIT("\xE2\x84\xAA")))
        odd->letters = true;
    return !odd->letters;
}

static void find_from(struct span raw, size_t at, struct raw_odd *odd)
{
    while (at < raw.n && look(raw, at, odd))
        at++;
}

static struct raw_odd find_slow(struct span raw)
{
    struct raw_odd odd = { false, false };

    find_from(raw, 0, &odd);
    return odd;
}

#if defined(__x86_64__)

/* The candidates of one vector, a bit each; false as of look(). */
static bool look_all(struct span raw, size_t at, uint64_t bits, struct raw_odd *odd)
{
    for (; bits != 0; bits &= bits - 1) {
        if (!look(raw, at + (size_t)__builtin_ctzll(bits), odd))
            return false;
    }
    return true;
}

AVX2 static struct raw_odd find_avx2(struct span raw)
{
    const __m256i slash = _mm256_set1_epi8('\\'), u = _mm256_set1_epi8('u');
    const __m256i solidus = _mm256_set1_epi8('/');
    const __m256i s = _mm256_set1_epi8((char)0xC5), s2 = _mm256_set1_epi8((char)0xBF);
    const __m256i k = _mm256_set1_epi8((char)0xE2), k2 = _mm256_set1_epi8((char)0x84);
    struct raw_odd odd = { false, false };
    size_t at = 0;

    for (; at + 33 <= raw.n; at += 32) {
        __m256i a = _mm256_loadu_si256((const __m256i_u *)(raw.p + at));
        __m256i b = _mm256_loadu_si256((const __m256i_u *)(raw.p + at + 1));
        __m256i escape = _mm256_and_si256(
            _mm256_cmpeq_epi8(a, slash),
            _mm256_or_si256(_mm256_cmpeq_epi8(b, u), _mm256_cmpeq_epi8(b, solidus)));
        __m256i letter = _mm256_or_si256(
            _mm256_and_si256(_mm256_cmpeq_epi8(a, s), _mm256_cmpeq_epi8(b, s2)),
            _mm256_and_si256(_mm256_cmpeq_epi8(a, k), _mm256_cmpeq_epi8(b, k2)));
        uint32_t bits = (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(escape, letter));

        if (bits != 0 && !look_all(raw, at, bits, &odd))
            return odd;
    }
    find_from(raw, at, &odd);
    return odd;
}

AVX512 static struct raw_odd find_avx512(struct span raw)
{
    const __m512i slash = _mm512_set1_epi8('\\'), u = _mm512_set1_epi8('u');
    const __m512i solidus = _mm512_set1_epi8('/');
    const __m512i s = _mm512_set1_epi8((char)0xC5), s2 = _mm512_set1_epi8((char)0xBF);
    const __m512i k = _mm512_set1_epi8((char)0xE2), k2 = _mm512_set1_epi8((char)0x84);
    struct raw_odd odd = { false, false };
    size_t at = 0;

    for (; at + 65 <= raw.n; at += 64) {
        __m512i a = _mm512_loadu_si512(raw.p + at), b = _mm512_loadu_si512(raw.p + at + 1);
        uint64_t escape = _mm512_cmpeq_epi8_mask(a, slash) &
                          (_mm512_cmpeq_epi8_mask(b, u) | _mm512_cmpeq_epi8_mask(b, solidus));
        uint64_t letter = (_mm512_cmpeq_epi8_mask(a, s) & _mm512_cmpeq_epi8_mask(b, s2)) |
                          (_mm512_cmpeq_epi8_mask(a, k) & _mm512_cmpeq_epi8_mask(b, k2));

        if ((escape | letter) != 0 && !look_all(raw, at, escape | letter, &odd))
            return odd;
    }
    find_from(raw, at, &odd);
    return odd;
}

#endif

typedef struct raw_odd find_fn(struct span raw);

/* NULL: this machine cannot run it. */
static find_fn *kernel_at(size_t i)
{
    if (i == 0)
        return find_slow;
#if defined(__x86_64__)
    if (i == 1)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") ? find_avx2 : NULL;
    if (i == 2)
        return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("bmi2") ? find_avx512
                                                                                    : NULL;
#endif
    return NULL;
}

bool raw_odd_by(size_t i, struct span raw, struct raw_odd *out)
{
    find_fn *find = kernel_at(i);

    if (find != NULL)
        *out = find(raw);
    return find != NULL;
}

struct raw_odd raw_odd_find(struct span raw)
{
    for (size_t i = 2; i > 0; i--) {
        find_fn *find = kernel_at(i);

        if (find != NULL)
            return find(raw);
    }
    return find_slow(raw);
}
