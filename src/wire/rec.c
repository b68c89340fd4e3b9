/*
 * rec.c - the list of fields, and the text behind each kind of value.
 *
 * Most values are never asked for, so codecs store bytes and a kind, and everything that costs
 * time (escapes, UTF-16, dates) happens here, on demand. There is one row per kind: how many
 * bytes its text may take, and who writes it. Integers are widened to 64 bits first, so that a
 * few writers serve all the widths.
 *
 * What is not what its kind says (a SID of 3 bytes, an entity that nobody knows, an odd number of
 * hex digits) is never dropped: a text keeps the part it cannot decode as it stands, a binary
 * value is shown as hex. All writers are pure and read nothing beyond the value.
 */
#include "wire/rec.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/num.h"
#include "base/utf.h"

#define FIXED_ROOM     256u /* the longest text of a value with a fixed layout is a SID: 190 */
#define SLACK          8u   /* copies go 8 bytes at a time */
#define SID_PARTS_MAX  15u
#define ENTITY_MAX     12u /* "&#x0010FFFF;" */
#define TICKS_PER_S    10000000u
#define DAYS_1601_TO_0 584694u /* days from 0000-03-01 to 1601-01-01 */

struct text_row {
    size_t (*put)(struct span v, uint8_t *dst);
    uint8_t times; /* room is times * bytes + more */
    uint16_t more;
    uint8_t bytes;    /* the value needs at least these, else it is shown as hex */
    uint8_t is_plain; /* the value is its text */
};

/* ---- little-endian values ---- */

static uint64_t le_get(const uint8_t *p, size_t bytes)
{
    uint64_t v = 0;

    for (size_t i = 0; i < bytes; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static size_t put_span(struct span v, uint8_t *dst)
{
    if (v.n > 0)
        memcpy(dst, v.p, v.n);
    return v.n;
}

static size_t put_none(struct span v, uint8_t *dst)
{
    (void)v;
    (void)dst;
    return 0;
}

static size_t put_true(struct span v, uint8_t *dst)
{
    (void)v;
    return put_span(SPAN_LIT("true"), dst);
}

static size_t put_false(struct span v, uint8_t *dst)
{
    (void)v;
    return put_span(SPAN_LIT("false"), dst);
}

static size_t put_bool32(struct span v, uint8_t *dst)
{
    return le_get(v.p, 4) != 0 ? put_true(v, dst) : put_false(v, dst);
}

static size_t put_binary(struct span v, uint8_t *dst)
{
    for (size_t i = 0; i < v.n; i++) {
        dst[2 * i] = (uint8_t) "0123456789ABCDEF"[v.p[i] >> 4];
        dst[2 * i + 1] = (uint8_t) "0123456789ABCDEF"[v.p[i] & 15];
    }
    return 2 * v.n;
}

static size_t put_hex_low(uint64_t v, size_t digits, uint8_t *dst)
{
    for (size_t i = digits; i-- > 0; v >>= 4)
        dst[i] = (uint8_t) "0123456789abcdef"[v & 15];
    return digits;
}

static size_t put_hex_int(uint64_t v, uint8_t *dst)
{
    size_t digits = 1;

    while (digits < 16 && v >> (4 * digits) != 0)
        digits++;
    dst[0] = '0';
    dst[1] = 'x';
    return 2 + put_hex_low(v, digits, dst + 2);
}

static size_t put_hex32(struct span v, uint8_t *dst)
{
    return put_hex_int(le_get(v.p, 4), dst);
}

static size_t put_hex64(struct span v, uint8_t *dst)
{
    return put_hex_int(le_get(v.p, 8), dst);
}

#define PUT_INTEGER(bits, type)                                                                    \
    static size_t put_u##bits(struct span v, uint8_t *dst)                                         \
    {                                                                                              \
        return num_put_u64(dst, le_get(v.p, bits / 8));                                            \
    }                                                                                              \
    static size_t put_i##bits(struct span v, uint8_t *dst)                                         \
    {                                                                                              \
        return num_put_i64(dst, (type)le_get(v.p, bits / 8));                                      \
    }
PUT_INTEGER(8, int8_t)
PUT_INTEGER(16, int16_t)
PUT_INTEGER(32, int32_t)
PUT_INTEGER(64, int64_t)

/* Shortest text that reads back as the same float: a double's would show the rounding. */
static size_t put_f32(struct span v, uint8_t *dst)
{
    uint32_t bits = (uint32_t)le_get(v.p, 4);
    char text[40];
    double back;
    float f;
    int n = 0;

    memcpy(&f, &bits, sizeof(f));
    if (!isfinite(f) || (floorf(f) == f && fabsf(f) < 1e9f))
        return num_put_double(dst, (double)f);
    for (int precision = 6; precision <= 9; precision++) {
        n = snprintf(text, sizeof(text), "%.*g", precision, (double)f);
        MUST(n > 0 && (size_t)n < sizeof(text));
        if (num_double((struct span){ (const uint8_t *)text, (size_t)n }, &back) &&
            (float)back == f)
            break;
    }
    return put_span((struct span){ (const uint8_t *)text, (size_t)n }, dst);
}

static size_t put_f64(struct span v, uint8_t *dst)
{
    uint64_t bits = le_get(v.p, 8);
    double d;

    memcpy(&d, &bits, sizeof(d));
    return num_put_double(dst, d);
}

/* ---- Windows' own ---- */

static size_t put_guid(struct span v, uint8_t *dst)
{
    size_t n = 0;

    dst[n++] = '{';
    n += put_hex_low(le_get(v.p, 4), 8, dst + n);
    dst[n++] = '-';
    n += put_hex_low(le_get(v.p + 4, 2), 4, dst + n);
    dst[n++] = '-';
    n += put_hex_low(le_get(v.p + 6, 2), 4, dst + n);
    for (size_t i = 8; i < 16; i++) {
        if (i == 8 || i == 10)
            dst[n++] = '-';
        n += put_hex_low(v.p[i], 2, dst + n);
    }
    dst[n++] = '}';
    return n;
}

/*  0: revision, 1: number of parts, 2..7: authority (big-endian), 8..: parts of 4 bytes (little)
 *  An authority over 32 bits is written in hex, as Windows does. */
static size_t put_sid(struct span v, uint8_t *dst)
{
    uint64_t authority = 0;
    size_t parts = v.p[1], n = 0;

    if (parts > SID_PARTS_MAX || v.n < 8 + 4 * parts)
        return put_binary(v, dst);
    for (size_t i = 2; i < 8; i++)
        authority = authority << 8 | v.p[i];
    dst[n++] = 'S';
    dst[n++] = '-';
    n += num_put_u64(dst + n, v.p[0]);
    dst[n++] = '-';
    n += authority > UINT32_MAX ? put_hex_int(authority, dst + n) : num_put_u64(dst + n, authority);
    for (size_t i = 0; i < parts; i++) {
        dst[n++] = '-';
        n += num_put_u64(dst + n, le_get(v.p + 8 + 4 * i, 4));
    }
    return n;
}

static size_t put_digits(uint64_t v, size_t digits, uint8_t *dst)
{
    for (size_t i = digits; i-- > 0; v /= 10)
        dst[i] = (uint8_t)('0' + v % 10);
    return digits;
}

/* "2025-11-27T07:40:10." */
static size_t put_date(uint64_t year, const uint64_t part[5], uint8_t *dst)
{
    size_t n = put_digits(year, year > 9999 ? 5 : 4, dst);

    for (size_t i = 0; i < 5; i++) {
        dst[n++] = (uint8_t) "--T::"[i];
        n += put_digits(part[i], 2, dst + n);
    }
    dst[n++] = '.';
    return n;
}

/* Years begin in March here, so that the leap day is the last of its year; an era is 400 years. */
static size_t put_filetime(struct span v, uint8_t *dst)
{
    uint64_t ticks = le_get(v.p, 8), s = ticks / TICKS_PER_S;
    uint64_t day = s / 86400 + DAYS_1601_TO_0, era = day / 146097, in_era = day % 146097;
    uint64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    uint64_t in_year = in_era - (365 * year + year / 4 - year / 100);
    uint64_t march = (5 * in_year + 2) / 153; /* months since March */
    uint64_t part[5] = { march < 10 ? march + 3 : march - 9, in_year - (153 * march + 2) / 5 + 1,
                         s / 3600 % 24, s / 60 % 60, s % 60 };
    size_t n = put_date(year + 400 * era + (march >= 10 ? 1 : 0), part, dst);

    n += put_digits(ticks % TICKS_PER_S, 7, dst + n);
    dst[n++] = 'Z';
    return n;
}

/* Eight 16-bit numbers: year, month, day of week, day, hour, minute, second, millisecond. */
static size_t put_systime(struct span v, uint8_t *dst)
{
    uint64_t w[8], part[5];
    size_t n;

    for (size_t i = 0; i < 8; i++)
        w[i] = le_get(v.p + 2 * i, 2);
    part[0] = w[1];
    for (size_t i = 1; i < 5; i++)
        part[i] = w[i + 2];
    if (w[7] > 999 || w[1] > 12 || w[3] > 31 || w[4] > 23 || w[5] > 59 || w[6] > 60)
        return put_binary(v, dst);
    n = put_date(w[0], part, dst);
    n += put_digits(w[7], 3, dst + n);
    dst[n++] = 'Z';
    return n;
}

static size_t put_utf16(struct span v, uint8_t *dst)
{
    return utf16_to_utf8(v, dst);
}

/* Windows-1252 where it differs from Latin-1: 0x80..0x9f; 0 is undefined. */
static const uint16_t ansi_high[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
};

static size_t put_ansi(struct span v, uint8_t *dst)
{
    size_t n = 0;

    for (size_t i = 0; i < v.n; i++) {
        uint32_t c = v.p[i];

        if (c >= 0x80 && c < 0xA0)
            c = ansi_high[c - 0x80] != 0 ? ansi_high[c - 0x80] : UTF_BAD;
        n += utf8_put(dst + n, c);
    }
    return n;
}

/* ---- escaped text ---- */

/*
 * Copy up to the first `stop` byte or the end, 8 bytes a step; returns the bytes copied. dst must
 * have SLACK bytes more than the text needs: the last step may write beyond what counts.
 */
static size_t copy_until(struct span v, uint8_t stop, uint8_t *dst)
{
    const uint64_t ones = 0x0101010101010101u;
    size_t i = 0;

    for (; i + 8 <= v.n; i += 8) {
        uint64_t w, x, hit;

        memcpy(&w, v.p + i, 8);
        memcpy(dst + i, &w, 8);
        x = w ^ (ones * stop);
        hit = (x - ones) & ~x & (ones << 7);
        if (hit != 0)
            return i + (size_t)__builtin_ctzll(hit) / 8;
    }
    for (; i < v.n && v.p[i] != stop; i++)
        dst[i] = v.p[i];
    return i;
}

/* The four hex digits of \uXXXX at `at`, or -1. */
static int32_t json_unit(struct span v, size_t at)
{
    int32_t u = 0;

    if (v.n - at < 6 || v.p[at] != '\\' || v.p[at + 1] != 'u')
        return -1;
    for (size_t i = at + 2; i < at + 6; i++) {
        int d = ascii_hex(v.p[i]);

        if (d < 0)
            return -1;
        u = u << 4 | d;
    }
    return u;
}

/* \uXXXX or a pair of them at `at`; 0 when it is not one. */
static size_t json_unicode(struct span v, size_t at, uint8_t *dst, size_t *put)
{
    int32_t u = json_unit(v, at), low;

    if (u < 0)
        return 0;
    if (u >= 0xD800 && u < 0xDC00) {
        low = json_unit(v, at + 6);
        if (low >= 0xDC00 && low < 0xE000) {
            *put =
                utf8_put(dst, 0x10000u + ((uint32_t)(u - 0xD800) << 10) + (uint32_t)(low - 0xDC00));
            return 12;
        }
    }
    *put = utf8_put(dst, (uint32_t)u);
    return 6;
}

/* What stands for backslash + index; 0: nothing, the backslash is kept. */
static const uint8_t json_escape[256] = {
    ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
    ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
};

static size_t put_json(struct span v, uint8_t *dst)
{
    size_t i = 0, n = 0;

    for (;;) {
        size_t run = copy_until(span_from(v, i), '\\', dst + n), used, put = 1;

        i += run;
        n += run;
        if (i == v.n)
            return n;
        if (i + 1 < v.n && json_escape[v.p[i + 1]] != 0) {
            dst[n++] = json_escape[v.p[i + 1]];
            i += 2;
            continue;
        }
        used = json_unicode(v, i, dst + n, &put);
        if (used == 0)
            dst[n] = '\\';
        n += put;
        i += used != 0 ? used : 1;
    }
}

/* What stands for backslash + index; 0: nothing, both are kept. */
static const uint8_t quoted_escape[256] = {
    ['"'] = '"', ['\\'] = '\\', ['='] = '=', ['|'] = '|', ['n'] = '\n', ['r'] = '\r',
};

/* Is every backslash the start of an escape? Where one is not, as in C:\Windows\notes, the sender
 * does not escape at all, and an \n is two letters of a path. \x41 is an escape, but stays. */
static bool quoted_is_escaped(struct span v)
{
    size_t at = span_find(v, '\\');

    while (at < v.n) {
        bool is_hex = v.n - at >= 4 && v.p[at + 1] == 'x' && ascii_hex(v.p[at + 2]) >= 0 &&
                      ascii_hex(v.p[at + 3]) >= 0;

        if (!is_hex && (at + 1 == v.n || quoted_escape[v.p[at + 1]] == 0))
            return false;
        at += 2;
        at += span_find(span_from(v, at), '\\');
    }
    return true;
}

/* The escapes that keep a value in its frame are always undone. */
static bool quoted_frames(uint8_t c)
{
    return c == '"' || c == '=' || c == '|';
}

static size_t put_quoted(struct span v, uint8_t *dst)
{
    bool escaped = quoted_is_escaped(v);
    size_t i = 0, n = 0;

    for (;;) {
        size_t run = copy_until(span_from(v, i), '\\', dst + n);

        i += run;
        n += run;
        if (i == v.n)
            return n;
        if (i + 1 < v.n && quoted_escape[v.p[i + 1]] != 0 &&
            (escaped || quoted_frames(v.p[i + 1]))) {
            dst[n++] = quoted_escape[v.p[i + 1]];
            i += 2;
        } else {
            dst[n++] = v.p[i++];
        }
    }
}

static const struct xml_entity {
    struct span name;
    uint8_t c;
} xml_entities[] = {
    { { (const uint8_t *)"&lt;", 4 }, '<' },    { { (const uint8_t *)"&gt;", 4 }, '>' },
    { { (const uint8_t *)"&amp;", 5 }, '&' },   { { (const uint8_t *)"&quot;", 6 }, '"' },
    { { (const uint8_t *)"&apos;", 6 }, '\'' },
};

/* "&#12;" or "&#x1f;" at the front of `v`: its bytes, or 0 when it is not one. */
static size_t xml_number(struct span v, uint32_t *cp)
{
    uint64_t c;
    size_t n = span_find((struct span){ v.p, v.n < ENTITY_MAX ? v.n : ENTITY_MAX }, ';');
    struct span digits;

    if (n >= v.n || v.p[n] != ';' || n < 3 || v.p[1] != '#')
        return 0;
    digits = (struct span){ v.p + 2, n - 2 };
    if (digits.p[0] == 'x' || digits.p[0] == 'X') {
        digits = span_from(digits, 1);
        if (digits.n > 1 && (digits.p[1] | 32) == 'x')
            return 0; /* num_hex() would take a prefix of its own */
        if (!num_hex(digits, &c))
            return 0;
    } else if (!num_u64(digits, UINT32_MAX, &c)) {
        return 0;
    }
    *cp = c == 0 || c > 0x10FFFF ? UTF_BAD : (uint32_t)c;
    return n + 1;
}

/* One entity or CDATA section at the front of `v`: the bytes used; 0 when there is none. */
static size_t xml_special(struct span v, uint8_t *dst, size_t *put)
{
    static const struct span open = { (const uint8_t *)"<![CDATA[", 9 };
    uint32_t cp;
    size_t used;

    if (span_starts(v, open)) {
        const uint8_t *end = memmem(v.p + open.n, v.n - open.n, "]]>", 3);
        size_t n = end != NULL ? (size_t)(end - v.p) : v.n;

        *put = put_span((struct span){ v.p + open.n, n - open.n }, dst);
        return end != NULL ? n + 3 : n;
    }
    for (size_t i = 0; i < COUNT_OF(xml_entities); i++) {
        if (span_starts(v, xml_entities[i].name)) {
            *dst = xml_entities[i].c;
            *put = 1;
            return xml_entities[i].name.n;
        }
    }
    used = xml_number(v, &cp);
    if (used != 0)
        *put = utf8_put(dst, cp);
    return used;
}

static size_t put_xml(struct span v, uint8_t *dst)
{
    size_t i = 0, n = 0;

    while (i < v.n) {
        size_t put = 1, used = 0;

        if (v.p[i] == '&' || v.p[i] == '<')
            used = xml_special(span_from(v, i), dst + n, &put);
        if (used == 0) {
            dst[n] = v.p[i];
            used = 1;
        }
        n += put;
        i += used;
    }
    return n;
}

static size_t put_hex(struct span v, uint8_t *dst)
{
    if (v.n % 2 != 0)
        return put_span(v, dst);
    for (size_t i = 0; i < v.n; i += 2) {
        int high = ascii_hex(v.p[i]), low = ascii_hex(v.p[i + 1]);

        if (high < 0 || low < 0)
            return put_span(v, dst);
        dst[i / 2] = (uint8_t)(high << 4 | low);
        if (dst[i / 2] == 0)
            dst[i / 2] = ' ';
    }
    return v.n / 2;
}

static bool number_is_plain(struct span v)
{
    size_t i = v.n > 0 && v.p[0] == '-' ? 1 : 0;

    while (i < v.n && ascii_is_digit(v.p[i]))
        i++;
    return i == v.n;
}

static size_t put_number(struct span v, uint8_t *dst)
{
    double d;

    if (number_is_plain(v) || !num_double(v, &d))
        return put_span(v, dst);
    return num_put_double(dst, d);
}

/*                  put, times, more, bytes, is_plain */
static const struct text_row text_rows[REC_KINDS] = {
    [REC_NONE] = { put_none, 0, 0, 0, 0 },
    [REC_TEXT] = { put_span, 1, 0, 0, 1 },
    [REC_JSON] = { put_json, 1, SLACK, 0, 0 },
    [REC_XML] = { put_xml, 1, SLACK, 0, 0 },
    [REC_QUOTED] = { put_quoted, 1, SLACK, 0, 0 },
    [REC_HEX] = { put_hex, 1, 0, 0, 0 },
    [REC_NUMBER] = { put_number, 1, 32, 0, 0 },
    [REC_TRUE] = { put_true, 0, 8, 0, 0 },
    [REC_FALSE] = { put_false, 0, 8, 0, 0 },
    [REC_GROUP] = { put_span, 1, 0, 0, 1 },
    [REC_UTF16] = { put_utf16, 2, 32, 0, 0 },
    [REC_ANSI] = { put_ansi, 3, 0, 0, 0 },
    [REC_U8] = { put_u8, 2, 32, 1, 0 },
    [REC_U16] = { put_u16, 2, 32, 2, 0 },
    [REC_U32] = { put_u32, 2, 32, 4, 0 },
    [REC_U64] = { put_u64, 2, 32, 8, 0 },
    [REC_I8] = { put_i8, 2, 32, 1, 0 },
    [REC_I16] = { put_i16, 2, 32, 2, 0 },
    [REC_I32] = { put_i32, 2, 32, 4, 0 },
    [REC_I64] = { put_i64, 2, 32, 8, 0 },
    [REC_F32] = { put_f32, 2, 48, 4, 0 },
    [REC_F64] = { put_f64, 2, 48, 8, 0 },
    [REC_BOOL32] = { put_bool32, 2, 8, 4, 0 },
    [REC_HEX32] = { put_hex32, 2, 32, 4, 0 },
    [REC_HEX64] = { put_hex64, 2, 32, 8, 0 },
    [REC_GUID] = { put_guid, 2, 40, 16, 0 },
    [REC_SID] = { put_sid, 2, FIXED_ROOM, 8, 0 },
    [REC_FILETIME] = { put_filetime, 2, 40, 8, 0 },
    [REC_SYSTIME] = { put_systime, 2, 40, 16, 0 },
    [REC_BINARY] = { put_binary, 2, 0, 0, 0 },
};

size_t rec_text_room(const struct rec_field *f)
{
    const struct text_row *row = &text_rows[f->kind];

    MUST(f->kind < REC_KINDS);
    return (size_t)row->times * f->value_bytes + row->more;
}

size_t rec_text_put(const struct rec_field *f, uint8_t *dst)
{
    const struct text_row *row = &text_rows[f->kind];
    struct span v = { f->value, f->value_bytes };

    MUST(f->kind < REC_KINDS);
    return v.n >= row->bytes ? row->put(v, dst) : put_binary(v, dst);
}

struct span rec_text(const struct rec_field *f, struct arena *mem)
{
    struct span v = { f->value, f->value_bytes };
    size_t room, n;
    uint8_t *p;

    MUST(f->kind < REC_KINDS);
    if (f->kind == REC_NONE)
        return SPAN_NONE;
    if (text_rows[f->kind].is_plain || (f->kind == REC_NUMBER && number_is_plain(v)))
        return v.p != NULL ? v : SPAN_LIT("");
    if (f->kind == REC_TRUE || f->kind == REC_FALSE)
        return f->kind == REC_TRUE ? SPAN_LIT("true") : SPAN_LIT("false");
    if (v.n == 0)
        return SPAN_LIT("");
    room = rec_text_room(f);
    p = arena_bytes(mem, room);
    if (p == NULL)
        return SPAN_NONE;
    n = rec_text_put(f, p);
    MUST(n <= room);
    arena_shrink(mem, room - n);
    return (struct span){ p, n };
}

/* ---- the record ---- */

const char *codec_name(enum codec_id id)
{
    static const char *const names[CODECS] = {
#define X(code, name) [CODEC_##code] = name,
        CODEC_TABLE(X)
#undef X
    };

    MUST(id < CODECS);
    return names[id];
}

bool rec_init(struct rec *r)
{
    *r = (struct rec){ .lines = 1 };
    arena_init(&r->mem, 2 * (size_t)LIMIT_RECORD_BYTES);
    r->fields = calloc(LIMIT_FIELDS, sizeof(*r->fields));
    return r->fields != NULL;
}

void rec_release(struct rec *r)
{
    free(r->fields);
    arena_release(&r->mem);
    *r = (struct rec){ 0 };
}

void rec_clear(struct rec *r)
{
    r->count = 0;
    r->flags = 0;
    r->lines = 1;
    r->codec = CODEC_NONE;
    r->inner = CODEC_NONE;
    r->raw = SPAN_NONE;
    arena_reset(&r->mem);
}
