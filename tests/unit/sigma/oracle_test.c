/*
 * Goal: where the oracle decides something small, it decides as others do who had no part in it:
 * two evaluators that share a mistake would agree on it.
 * Method: thousands of inputs out of a number, each put to the oracle and to a library or to
 * arithmetic that is plainly right: patterns to PCRE2, addresses to inet_pton(), weeks to
 * strftime(), numbers to 128-bit integers, foldings to utf8proc and to event/fold.h.
 */
#include "../check.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <time.h>
#include <utf8proc.h>

#include "base/ascii.h"
#include "event/fold.h"
#include "generate.h"
#include "sigma/oracle_own.h"

#define ROUNDS 20000u

struct trial {
    struct generate dice;
    struct arena mem;
};

static int set_up(void **state)
{
    static struct trial t;

    generate_init(&t.dice, 42);
    arena_init(&t.mem, (size_t)1 << 30);
    *state = &t;
    return 0;
}

static int take_down(void **state)
{
    arena_release(&((struct trial *)*state)->mem);
    return 0;
}

/* --- letters --------------------------------------------------------------------------------- */

/* U+0130 is the one that both leave alone, though its lower case is one character. */
static void every_character_folds_as_utf8proc_and_the_matcher_fold_it(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        utf8proc_int32_t to[8];
        utf8proc_ssize_t n =
            utf8proc_decompose_char((utf8proc_int32_t)cp, to, 8, UTF8PROC_CASEFOLD, NULL);
        uint32_t got = oracle_fold_char(cp);

        if (cp >= 0xd800 && cp < 0xe000)
            continue;
        if (got != fold_point(cp))
            fail_msg("U+%04X: oracle %04X, matcher %04X", cp, got, fold_point(cp));
        if (n == 1 && got != (uint32_t)to[0])
            fail_msg("U+%04X: oracle %04X, utf8proc %04X", cp, got, (uint32_t)to[0]);
        if (oracle_fold_char(got) != got)
            fail_msg("U+%04X: folds to %04X, and that to %04X", cp, got, oracle_fold_char(got));
    }
}

/* --- patterns -------------------------------------------------------------------------------- */

static const char *const pieces[] = { "a", "b", "ab",  "\xc3\xa9", "\n",   ".", "*",
                                      "*", "?", "\\*", "\\?",      "\\\\", "+", "(" };

/* The same pattern for PCRE2: everything but the wildcards is quoted byte by byte. */
static void put_piece(struct buf *sigma, struct buf *regex, const char *piece)
{
    bool escaped = piece[0] == '\\';

    buf_text(sigma, piece);
    if (!escaped && (piece[0] == '*' || piece[0] == '?')) {
        buf_text(regex, piece[0] == '*' ? ".*" : ".");
        return;
    }
    for (const char *p = piece + escaped; *p != 0; p++)
        buf_fmt(regex, (uint8_t)*p < 0x80 && !ascii_is_alpha((uint8_t)*p) ? "\\%c" : "%c", *p);
}

static bool pcre2_fits(struct span regex, struct span text)
{
    int fault, found;
    PCRE2_SIZE at;
    pcre2_code *code = pcre2_compile(regex.p, regex.n,
                                     PCRE2_UTF | PCRE2_DOTALL | PCRE2_ANCHORED | PCRE2_ENDANCHORED,
                                     &fault, &at, NULL);
    pcre2_match_data *d = pcre2_match_data_create(1, NULL);

    if (code == NULL)
        fail_msg("no expression: %.*s", SPAN_ARG(regex));
    found = pcre2_match(code, text.p, text.n, 0, 0, d, NULL);
    pcre2_match_data_free(d);
    pcre2_code_free(code);
    return found >= 0;
}

static void patterns_mean_what_their_expressions_mean(void **state)
{
    struct trial *t = *state;
    struct buf sigma, regex, text;
    unsigned fits = 0;

    buf_init(&sigma, 4096);
    buf_init(&regex, 4096);
    buf_init(&text, 4096);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct pattern *p;
        bool want, got;

        buf_clear(&sigma);
        buf_clear(&regex);
        buf_clear(&text);
        for (uint32_t n = generate_below(&t->dice, 6); n > 0; n--)
            put_piece(&sigma, &regex, pieces[generate_below(&t->dice, COUNT_OF(pieces))]);
        for (uint32_t n = generate_below(&t->dice, 6); n > 0; n--)
            buf_text(&text, pieces[generate_below(&t->dice, COUNT_OF(pieces))]);
        buf_byte(&text, 'z'); /* so that there is memory; not part of it */
        buf_byte(&regex, ' ');
        text.n--;
        regex.n--;
        p = oracle_pattern(sigma.n > 0 ? buf_span(&sigma) : SPAN_LIT(""), &t->mem);
        got = oracle_fits(*p, buf_span(&text));
        want = pcre2_fits(buf_span(&regex), buf_span(&text));
        if (got != want)
            fail_msg("pattern '%.*s', text '%.*s': want %d", SPAN_ARG(buf_span(&sigma)),
                     SPAN_ARG(buf_span(&text)), want);
        fits += got;
        arena_reset(&t->mem);
    }
    assert_true(fits > ROUNDS / 50);
    buf_release(&sigma);
    buf_release(&regex);
    buf_release(&text);
}

/* --- Base64 ---------------------------------------------------------------------------------- */

static void base64(const uint8_t *p, size_t n, char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t bit = 0; bit < n * 8; bit += 6) {
        unsigned v = 0;

        for (size_t k = bit; k < bit + 6; k++)
            v = v << 1 | (k / 8 < n ? (unsigned)p[k / 8] >> (7 - k % 8) & 1u : 0u);
        *out++ = digits[v];
    }
    while (n++ % 3 != 0)
        *out++ = '=';
    *out = 0;
}

/* Behind any `offset` bytes and before any others, the encoding holds the pattern. */
static void values_are_found_in_longer_ones(void **state)
{
    struct trial *t = *state;

    for (unsigned i = 0; i < ROUNDS; i++) {
        uint8_t whole[40];
        char text[64], want[64];
        size_t n = generate_below(&t->dice, 30) + 1, at = generate_below(&t->dice, (uint32_t)n);
        size_t len = 1 + generate_below(&t->dice, (uint32_t)(n - at));
        uint16_t unit[40];
        struct pattern value = { unit, len, NULL }, *p;

        for (size_t k = 0; k < n; k++)
            whole[k] = (uint8_t)generate_below(&t->dice, 256);
        for (size_t k = 0; k < len; k++)
            unit[k] = whole[at + k];
        p = oracle_base64(&value, (unsigned)(at % 3), true, &t->mem);
        base64(whole, n, text);
        for (size_t k = 0; k < p->count; k++)
            want[k] = (char)p->unit[k];
        want[p->count] = 0;
        if (strstr(text, want) == NULL)
            fail_msg("'%s' is not in '%s' (%zu bytes at %zu of %zu)", want, text, len, at, n);
        assert_true(p->count >= len * 8 / 6 - 1); /* and no shorter than it must be */
        arena_reset(&t->mem);
    }
}

/* --- addresses ------------------------------------------------------------------------------- */

static bool library_address(const char *text, uint8_t out[16])
{
    memset(out, 0, 16);
    if (inet_pton(AF_INET6, text, out) == 1)
        return true;
    out[10] = out[11] = 0xff;
    return inet_pton(AF_INET, text, out + 12) == 1;
}

static void addresses_are_those_of_inet_pton(void **state)
{
    static const char *const parts[] = { "0", "1", "10", "255",  "256",  "01", ".",     ".", ".",
                                         ":", ":", "::", "ffff", "abcd", "0A", "12345", "g", " " };
    struct trial *t = *state;
    unsigned good = 0;

    for (unsigned i = 0; i < ROUNDS * 20; i++) {
        char text[80] = "";
        uint8_t got[16] = { 0 }, want[16];
        bool is, should;

        for (uint32_t n = 1 + generate_below(&t->dice, 15); n > 0 && strlen(text) < 70; n--)
            strcat(text, parts[generate_below(&t->dice, COUNT_OF(parts))]);
        is = oracle_address(span_of(text), got);
        should = library_address(text, want);
        if (is != should || (is && memcmp(got, want, 16) != 0))
            fail_msg("'%s': want %d, got %d", text, should, is);
        good += is;
    }
    assert_true(good > 100);
}

/* --- numbers --------------------------------------------------------------------------------- */

/* MANTISSA times ten to the power of EXPONENT, written with its point somewhere. */
static int64_t put_number(struct generate *g, char *out, size_t room, int *exponent)
{
    int64_t whole = generate_below(g, 200), part = generate_below(g, 100);
    int e = (int)generate_below(g, 7) - 3;
    bool minus = generate_below(g, 3) == 0;
    const char *sign = minus ? "-" : generate_below(g, 4) == 0 ? "+" : "";
    const char *zeros = generate_below(g, 4) == 0 ? "00" : "";

    *exponent = 0;
    if (generate_below(g, 2) == 0) {
        snprintf(out, room, "%s%s%lld", sign, zeros, (long long)whole);
        return (minus ? -whole : whole) * 100;
    }
    *exponent = generate_below(g, 2) == 0 ? e : 0;
    if (*exponent != 0)
        snprintf(out, room, "%s%s%lld.%02llde%d", sign, zeros, (long long)whole, (long long)part,
                 e);
    else
        snprintf(out, room, "%s%s%lld.%02lld", sign, zeros, (long long)whole, (long long)part);
    return minus ? -(whole * 100 + part) : whole * 100 + part;
}

static int64_t scaled(int64_t mantissa, int exponent)
{
    for (exponent += 3; exponent > 0; exponent--)
        mantissa *= 10;
    return mantissa;
}

static void numbers_compare_as_numbers(void **state)
{
    struct trial *t = *state;

    for (unsigned i = 0; i < ROUNDS; i++) {
        char text[2][64];
        int64_t v[2];
        struct decimal d[2];
        int want, got;

        for (int k = 0; k < 2; k++) {
            int e;

            v[k] = put_number(&t->dice, text[k], sizeof(text[k]), &e);
            v[k] = scaled(v[k], e);
            if (!oracle_decimal(span_of(text[k]), &d[k], &t->mem))
                fail_msg("'%s' is a number", text[k]);
        }
        want = (v[0] > v[1]) - (v[0] < v[1]);
        got = oracle_decimal_compare(d[0], d[1]);
        if ((got > 0) - (got < 0) != want)
            fail_msg("%s and %s: want %d, got %d", text[0], text[1], want, got);
        arena_reset(&t->mem);
    }
}

/* --- weeks ----------------------------------------------------------------------------------- */

static void weeks_are_those_of_strftime(void **state)
{
    (void)state;
    for (time_t day = -20000; day < 60000; day++) {
        time_t at = day * 86400;
        struct tm tm;
        char week[8];
        unsigned got;

        assert_non_null(gmtime_r(&at, &tm));
        assert_int_equal(strftime(week, sizeof(week), "%V", &tm), 2);
        got = oracle_week(tm.tm_year + 1900, (unsigned)tm.tm_mon + 1, (unsigned)tm.tm_mday);
        if (got != (unsigned)(week[0] - '0') * 10 + (unsigned)(week[1] - '0'))
            fail_msg("%d-%d-%d: want %s, got %u", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                     week, got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_folds_as_utf8proc_and_the_matcher_fold_it),
        cmocka_unit_test(patterns_mean_what_their_expressions_mean),
        cmocka_unit_test(values_are_found_in_longer_ones),
        cmocka_unit_test(addresses_are_those_of_inet_pton),
        cmocka_unit_test(numbers_compare_as_numbers),
        cmocka_unit_test(weeks_are_those_of_strftime),
    };

    return cmocka_run_group_tests(tests, set_up, take_down);
}
