/*
 * oracle_text.c - texts against patterns, and what values are turned into: encodings, dashes,
 * numbers, addresses.
 *
 * Everything is done a byte or a character at a time. Case folding asks utf8proc for every
 * character that is not ASCII; numbers are compared as decimal digits, so that no rounding can
 * make two different ones equal. A failed allocation gives NULL or an empty text: then nothing
 * matches, which a test sees.
 */
#include <utf8proc.h>

#include "base/limits.h"
#include "base/utf.h"
#include "sigma/oracle_own.h"

/* --- characters ------------------------------------------------------------------------- */

static bool digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Simple case folding (CaseFolding.txt, status C and S). Full folding of one character to one is
 * C; where it gives several, S is the lower case, except that U+0130 has no S. */
uint32_t oracle_fold_char(uint32_t cp)
{
    utf8proc_int32_t out[8];
    utf8proc_ssize_t n;
    int last = 0;

    if (cp < 0x80)
        return cp >= 'A' && cp <= 'Z' ? cp + 32 : cp;
    if (cp == 0x130)
        return cp;
    n = utf8proc_decompose_char((utf8proc_int32_t)cp, out, 8, UTF8PROC_CASEFOLD, &last);
    return n == 1 ? (uint32_t)out[0] : (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp);
}

struct span oracle_fold(struct span s, struct arena *mem)
{
    uint8_t *p = s.p != NULL ? arena_bytes(mem, s.n * 3 + 1) : NULL;
    size_t n = 0, used;

    if (p == NULL)
        return SPAN_NONE;
    for (size_t i = 0; i < s.n; i += used) {
        uint32_t cp = utf8_get((struct span){ s.p + i, s.n - i }, &used);

        if (cp == UTF_BAD && used == 1)
            p[n++] = s.p[i]; /* malformed: as it is */
        else
            n += utf8_put(p + n, oracle_fold_char(cp));
    }
    arena_shrink(mem, s.n * 3 + 1 - n);
    return (struct span){ p, n };
}

/* --- patterns --------------------------------------------------------------------------- */

/* Text with `*`, `?` and escapes: `\*`, `\?` and `\\` are the second character. */
struct pattern *oracle_pattern(struct span raw, struct arena *mem)
{
    struct pattern *p = arena_alloc(mem, sizeof(*p));
    uint16_t *unit = arena_array(mem, raw.n + 1, sizeof(*unit));

    if (p == NULL || unit == NULL)
        return NULL;
    p->unit = unit;
    for (size_t i = 0; i < raw.n; i++) {
        uint8_t c = raw.p[i], next = i + 1 < raw.n ? raw.p[i + 1] : 0;

        if (c == '*') {
            unit[p->count++] = UNIT_ANY;
        } else if (c == '?') {
            unit[p->count++] = UNIT_ONE;
        } else if (c == '\\' && (next == '*' || next == '?' || next == '\\')) {
            unit[p->count++] = next;
            i++;
        } else {
            unit[p->count++] = c;
        }
    }
    return p;
}

/* The bytes from `at` up to the next wildcard. */
static struct span run_at(const struct pattern *p, size_t at, struct arena *mem)
{
    uint8_t *run = arena_bytes(mem, p->count - at + 1);
    size_t n = 0;

    if (run == NULL)
        return SPAN_NONE;
    while (at + n < p->count && p->unit[at + n] < 256) {
        run[n] = (uint8_t)p->unit[at + n];
        n++;
    }
    return (struct span){ run, n };
}

/* A pattern being made of runs of bytes and wildcards. */
struct maker {
    uint16_t *unit;
    size_t count, max;
};

static bool maker_init(struct maker *m, size_t max, struct arena *mem)
{
    m->unit = arena_array(mem, max + 1, sizeof(*m->unit));
    m->count = 0;
    m->max = max;
    return m->unit != NULL;
}

static void maker_bytes(struct maker *m, struct span s)
{
    for (size_t i = 0; i < s.n && m->count < m->max; i++)
        m->unit[m->count++] = s.p[i];
}

static void maker_unit(struct maker *m, uint16_t unit)
{
    if (m->count < m->max)
        m->unit[m->count++] = unit;
}

static struct pattern *maker_done(const struct maker *m, struct arena *mem)
{
    struct pattern *p = arena_alloc(mem, sizeof(*p));

    if (p != NULL)
        *p = (struct pattern){ m->unit, m->count, NULL };
    return p;
}

struct pattern oracle_fold_pattern(struct pattern p, struct arena *mem)
{
    struct maker m;
    struct span run;

    if (!maker_init(&m, p.count * 3, mem))
        return (struct pattern){ 0 };
    for (size_t at = 0; at < p.count; at += run.n) {
        if (p.unit[at] > 255) {
            maker_unit(&m, p.unit[at++]);
            run.n = 0;
            continue;
        }
        run = run_at(&p, at, mem);
        if (run.n == 0)
            return (struct pattern){ 0 };
        maker_bytes(&m, oracle_fold(run, mem));
    }
    return (struct pattern){ m.unit, m.count, p.next };
}

static size_t char_bytes(struct span text, size_t at)
{
    size_t used;

    (void)utf8_get((struct span){ text.p + at, text.n - at }, &used);
    return used;
}

/* Units [from, to), none of them `*`, at text[at]: *end is behind what they take. */
static bool piece_fits(struct pattern p, size_t from, size_t to, struct span text, size_t at,
                       size_t *end)
{
    for (size_t i = from; i < to; i++) {
        if (at >= text.n)
            return false;
        if (p.unit[i] == UNIT_ONE)
            at += char_bytes(text, at);
        else if (p.unit[i] != text.p[at++])
            return false;
    }
    *end = at;
    return true;
}

/*
 * The pattern takes the whole text. Cut at its stars it is a row of pieces: the first stands at
 * the start, the last at the end, and each between as far left as it can.
 */
bool oracle_fits(struct pattern p, struct span text)
{
    size_t at = 0, from = 0;

    for (;;) {
        size_t to = from, end = 0;
        bool last, free_start = from > 0, found = false;

        while (to < p.count && p.unit[to] != UNIT_ANY)
            to++;
        last = to == p.count;
        for (size_t i = at; i <= text.n;
             i +=
             i < text.n && p.count > from && p.unit[from] == UNIT_ONE ? char_bytes(text, i) : 1) {
            found = piece_fits(p, from, to, text, i, &end) && (!last || end == text.n);
            if (found || !free_start)
                break;
        }
        if (!found)
            return false;
        if (last)
            return true;
        at = end;
        from = to + 1;
    }
}

/* --- windash ---------------------------------------------------------------------------- */

#define DASHES      5u
#define DASHES_EACH 4u /* up to so many, every combination; beyond, the same in all places */

static const char *const dashes[DASHES] = { "-", "/", "\xe2\x80\x93", "\xe2\x80\x94",
                                            "\xe2\x80\x95" };

static bool word_char(uint32_t cp)
{
    switch (utf8proc_category((utf8proc_int32_t)cp)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return true;
    default:
        return cp == '_';
    }
}

/* Is the byte at `at` a dash that follows no word character and precedes one (\B[-/]\b)? */
static bool dash_at(struct span run, size_t at)
{
    uint32_t before = 0;
    size_t used;

    if (run.p[at] != '-' && run.p[at] != '/')
        return false;
    for (size_t i = 0; i < at; i += used)
        before = utf8_get((struct span){ run.p + i, run.n - i }, &used);
    if (at > 0 && word_char(before))
        return false;
    return at + 1 < run.n &&
           word_char(utf8_get((struct span){ run.p + at + 1, run.n - at - 1 }, &used));
}

/* Marks the places of dashes; returns how many. */
static unsigned dash_places(const struct pattern *p, bool *place, struct arena *mem)
{
    unsigned count = 0;

    for (size_t at = 0; at < p->count;) {
        struct span run = run_at(p, at, mem);

        for (size_t i = 0; i < run.n; i++) {
            place[at + i] = dash_at(run, i);
            count += place[at + i];
        }
        at += run.n > 0 ? run.n : 1;
    }
    return count;
}

static struct pattern *dash_variant(const struct pattern *p, const bool *place,
                                    const unsigned *pick, struct arena *mem)
{
    struct maker m;
    unsigned k = 0;

    if (!maker_init(&m, p->count * 3, mem))
        return NULL;
    for (size_t i = 0; i < p->count; i++) {
        if (place[i])
            maker_bytes(&m, span_of(dashes[pick[k++]]));
        else
            maker_unit(&m, p->unit[i]);
    }
    return maker_done(&m, mem);
}

struct pattern *oracle_windash(const struct pattern *p, struct arena *mem)
{
    bool *place = arena_array(mem, p->count + 1, sizeof(*place));
    unsigned *pick = arena_array(mem, p->count + 1, sizeof(*pick));
    unsigned count = place != NULL && pick != NULL ? dash_places(p, place, mem) : 0;
    struct pattern *first = arena_alloc(mem, sizeof(*first));

    if (first == NULL)
        return NULL;
    *first = (struct pattern){ p->unit, p->count, NULL };
    if (count == 0)
        return first;
    for (unsigned turn = 0;; turn++) { /* counts in base 5, one digit a place */
        struct pattern *more;
        unsigned k = 0;

        if (count > DASHES_EACH) {
            for (unsigned i = 0; i < count; i++)
                pick[i] = turn;
        }
        more = dash_variant(p, place, pick, mem);
        if (more == NULL)
            return NULL;
        more->next = first;
        first = more;
        if (count > DASHES_EACH) {
            if (turn + 1 == DASHES)
                return first;
            continue;
        }
        while (k < count && ++pick[k] == DASHES)
            pick[k++] = 0;
        if (k == count)
            return first;
    }
}

/* --- UTF-16 and Base64 ------------------------------------------------------------------ */

static void maker_word(struct maker *m, uint32_t word, bool big)
{
    uint16_t high = (uint16_t)(word >> 8 & 255), low = (uint16_t)(word & 255);

    maker_unit(m, big ? high : low);
    maker_unit(m, big ? low : high);
}

struct pattern *oracle_wide(const struct pattern *p, bool big, bool mark, struct arena *mem)
{
    struct maker m;

    if (!maker_init(&m, p->count * 2 + 2, mem))
        return NULL;
    for (size_t at = 0; at < p->count;) {
        struct span run = run_at(p, at, mem);
        size_t used;

        if (run.n == 0) {
            maker_unit(&m, p->unit[at++]);
            continue;
        }
        if (mark)
            maker_word(&m, 0xfeff, big);
        mark = false;
        for (size_t i = 0; i < run.n; i += used) {
            uint32_t cp = utf8_get((struct span){ run.p + i, run.n - i }, &used);

            if (cp > 0xffff) {
                maker_word(&m, 0xd7c0 + (cp >> 10), big);
                cp = 0xdc00 | (cp & 0x3ff);
            }
            maker_word(&m, cp, big);
        }
        at += run.n;
    }
    return maker_done(&m, mem);
}

/* The specification's base64offset: `offset` bytes stand before the value; what they and what
 * follows have a share in is cut off. */
struct pattern *oracle_base64(const struct pattern *p, unsigned offset, bool inside,
                              struct arena *mem)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const size_t cut_start[] = { 0, 2, 3 }, cut_end[] = { 0, 3, 2 };
    size_t bytes = p->count + offset, bits = bytes * 8, from = 0, to;
    struct maker m, cut;

    if (!maker_init(&m, bytes * 2 + 4, mem) || !maker_init(&cut, bytes * 2 + 4, mem))
        return NULL;
    for (size_t bit = 0; bit < bits; bit += 6) {
        unsigned value = 0;

        for (size_t b = bit; b < bit + 6; b++) {
            unsigned byte = b / 8 < offset ? ' ' : b < bits ? p->unit[b / 8 - offset] : 0;

            value = value << 1 | (byte >> (7 - b % 8) & 1);
        }
        maker_unit(&m, (uint8_t)digits[value]);
    }
    while (m.count % 4 != 0)
        maker_unit(&m, '=');
    to = m.count;
    if (inside) {
        from = cut_start[offset];
        to -= cut_end[bytes % 3];
    }
    for (size_t i = from; i < to; i++)
        maker_unit(&cut, m.unit[i]);
    return maker_done(&cut, mem);
}

/* --- numbers ---------------------------------------------------------------------------- */

static size_t digits_at(struct span s, size_t at)
{
    size_t n = 0;

    while (at + n < s.n && digit(s.p[at + n]))
        n++;
    return n;
}

/* "e-12" at `at`, to the end of the text. */
static bool exponent_at(struct span s, size_t at, int64_t *out)
{
    bool negative;
    int64_t e = 0;

    at++;
    negative = at < s.n && s.p[at] == '-';
    if (at < s.n && (s.p[at] == '-' || s.p[at] == '+'))
        at++;
    if (digits_at(s, at) == 0 || at + digits_at(s, at) != s.n)
        return false;
    for (; at < s.n; at++)
        e = e < 1000000000 ? e * 10 + (s.p[at] - '0') : e;
    *out = negative ? -e : e;
    return true;
}

bool oracle_decimal(struct span s, struct decimal *out, struct arena *mem)
{
    size_t at = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+') ? 1 : 0;
    size_t whole = digits_at(s, at), part = 0, n = 0;
    int64_t power = 0;
    uint8_t *p = arena_bytes(mem, s.n + 1);

    *out = (struct decimal){ .negative = s.n > 0 && s.p[0] == '-' };
    if (p == NULL || s.n == 0 || s.n > LIMIT_NUMBER_BYTES)
        return false;
    memcpy(p, s.p + at, whole);
    n = whole;
    at += whole;
    if (at < s.n && s.p[at] == '.') { /* ".5" and "5." too, as in YAML */
        part = digits_at(s, at + 1);
        memcpy(p + n, s.p + at + 1, part);
        n += part;
        at += 1 + part;
    }
    if (n == 0)
        return false;
    if (at < s.n && ((s.p[at] != 'e' && s.p[at] != 'E') || !exponent_at(s, at, &power)))
        return false;
    power += (int64_t)whole;
    while (n > 0 && p[0] == '0') {
        p++;
        n--;
        power--;
    }
    while (n > 0 && p[n - 1] == '0')
        n--;
    out->digits = (struct span){ p, n };
    out->power = n > 0 ? power : 0;
    out->negative = out->negative && n > 0;
    return out->power <= 308; /* below 1e308, as num.h says of numbers */
}

int oracle_decimal_compare(struct decimal a, struct decimal b)
{
    int sign = a.negative ? -1 : 1;

    if (a.negative != b.negative)
        return sign;
    if (a.digits.n == 0 || b.digits.n == 0)
        return sign * ((a.digits.n > 0) - (b.digits.n > 0));
    if (a.power != b.power)
        return sign * (a.power > b.power ? 1 : -1);
    return sign * span_cmp(a.digits, b.digits);
}

/* --- addresses -------------------------------------------------------------------------- */

static bool quad(struct span s, uint8_t out[4])
{
    for (unsigned i = 0; i < 4; i++) {
        size_t n = digits_at(s, 0);
        unsigned v = 0;

        if (n == 0 || n > 3 || (n > 1 && s.p[0] == '0'))
            return false;
        for (size_t k = 0; k < n; k++)
            v = v * 10 + (unsigned)(s.p[k] - '0');
        if (v > 255 || (i < 3 && (n == s.n || s.p[n] != '.')) || (i == 3 && n != s.n))
            return false;
        out[i] = (uint8_t)v;
        s = (struct span){ s.p + n + (i < 3), s.n - n - (i < 3) };
    }
    return true;
}

static int hex_digit(uint8_t c)
{
    return digit(c)               ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Groups between colons, a dotted quad allowed as the last. Bytes written, or -1. */
static int groups(struct span s, bool quad_last, uint8_t out[16])
{
    int n = 0;

    while (s.n > 0) {
        size_t len = span_find(s, ':');
        unsigned v = 0;

        if (quad_last && len == s.n && span_find(s, '.') < s.n)
            return n <= 12 && quad(s, out + n) ? n + 4 : -1;
        if (len == 0 || len > 4 || n > 14)
            return -1;
        for (size_t i = 0; i < len; i++) {
            if (hex_digit(s.p[i]) < 0)
                return -1;
            v = v * 16 + (unsigned)hex_digit(s.p[i]);
        }
        out[n++] = (uint8_t)(v >> 8);
        out[n++] = (uint8_t)v;
        if (len + 1 == s.n)
            return -1; /* a colon at the end */
        s = len == s.n ? SPAN_NONE : (struct span){ s.p + len + 1, s.n - len - 1 };
    }
    return n;
}

bool oracle_address(struct span s, uint8_t out[16])
{
    uint8_t head[16], tail[16];
    int h, t;

    memset(out, 0, 16);
    if (s.n == 0)
        return false;
    if (quad(s, out + 12)) {
        out[10] = out[11] = 0xff;
        return true;
    }
    for (size_t i = 0; i + 1 < s.n; i++) {
        if (s.p[i] != ':' || s.p[i + 1] != ':')
            continue;
        h = groups((struct span){ s.p, i }, false, head);
        t = groups((struct span){ s.p + i + 2, s.n - i - 2 }, true, tail);
        if (h < 0 || t < 0 || h + t > 14)
            return false;
        memcpy(out, head, (size_t)h);
        memcpy(out + 16 - t, tail, (size_t)t);
        return true;
    }
    return groups(s, true, out) == 16;
}

/* --- weeks ------------------------------------------------------------------------------ */

static bool leap(int y)
{
    return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

/* 1 Monday .. 7 Sunday of 1 January, by counting from Monday 1 January 1900 or back from it. */
static unsigned first_weekday(int year)
{
    long days = 0;

    for (int y = 1900; y < year; y++)
        days += leap(y) ? 366 : 365;
    for (int y = year; y < 1900; y++)
        days -= leap(y) ? 366 : 365;
    return (unsigned)((days % 7 + 7) % 7) + 1;
}

/* A year has 53 weeks when it begins on a Thursday, or is a leap year and begins on Wednesday. */
static unsigned weeks_in(int year)
{
    unsigned first = first_weekday(year);

    return first == 4 || (first == 3 && leap(year)) ? 53 : 52;
}

unsigned oracle_week(int year, unsigned month, unsigned day)
{
    static const unsigned before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
    unsigned nth = before[(month - 1) % 12] + day + (month > 2 && leap(year));
    unsigned weekday = (first_weekday(year) + nth - 2) % 7 + 1;
    unsigned week = (nth - weekday + 10) / 7;

    if (week == 0)
        return weeks_in(year - 1);
    return week > weeks_in(year) ? 1 : week;
}
