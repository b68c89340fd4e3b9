/*
 * search_text.c - see search_text.h. ASCII eight bytes at a time, the rest by utf8proc's tables.
 */
#include "event/search_text.h"

#include <utf8proc.h>

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/utf.h"

#define POINTS_MAX 18 /* of the folding of one; the longest of Unicode 15 has 4 */

/* --- folding -------------------------------------------------------------------------------- */

#define EACH(byte) (0x0101010101010101u * (uint64_t)(byte))

/* Bit 7 of a byte is set: it is wide, or it is `stop` (which is below 0x80). */
static inline uint64_t stops_in(uint64_t w, uint8_t stop)
{
    uint64_t x = w ^ EACH(stop);

    return (w | ((x - EACH(1)) & ~x)) & EACH(0x80);
}

/* The ASCII run at the front, up to a backslash when `json`; 0xFF never stands in ASCII. */
static inline size_t fold_ascii(const uint8_t *p, size_t n, bool json, uint8_t *dst)
{
    size_t i = 0;

    for (; i + 8 <= n; i += 8) {
        uint64_t w, upper;

        memcpy(&w, p + i, 8);
        if ((json ? stops_in(w, '\\') : w & EACH(0x80)) != 0)
            break;
        /* Bit 7 of each byte: at least 'A', and not more than 'Z'. */
        upper = (w + EACH(0x3F)) & ~(w + EACH(0x25)) & EACH(0x80);
        w |= upper >> 2;
        memcpy(dst + i, &w, 8);
    }
    for (; i < n && p[i] < 0x80 && !(json && p[i] == '\\'); i++)
        dst[i] = ascii_lower(p[i]);
    return i;
}

static size_t fold_point(uint32_t cp, uint8_t *dst)
{
    utf8proc_int32_t point[POINTS_MAX];
    utf8proc_ssize_t count;
    size_t n = 0;
    int bound = 0;

    if (cp < 0x80) {
        dst[0] = ascii_lower((uint8_t)cp);
        return 1;
    }
    count = utf8proc_decompose_char((utf8proc_int32_t)cp, point, POINTS_MAX,
                                    UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK,
                                    &bound);
    if (count < 0 || count > POINTS_MAX)
        return utf8_put(dst, cp);
    for (utf8proc_ssize_t i = 0; i < count; i++)
        n += utf8_put(dst + n, point[i] == 0x111 ? 'd' : (uint32_t)point[i]);
    return n;
}

static int32_t hex4(struct span s)
{
    int32_t v = 0;

    if (s.n < 4)
        return -1;
    for (size_t i = 0; i < 4; i++) {
        int d = ascii_hex(s.p[i]);

        if (d < 0)
            return -1;
        v = v << 4 | d;
    }
    return v;
}

/* \uXXXX, or two of them that are one character. Half of such a pair is U+FFFD. */
static size_t unicode_escape(struct span s, uint32_t *cp)
{
    int32_t unit = hex4(span_from(s, 2)), low;

    if (unit < 0)
        return 0;
    *cp = (uint32_t)unit;
    if (unit < 0xD800 || unit > 0xDFFF)
        return 6;
    *cp = UTF_BAD;
    if (unit > 0xDBFF || s.n < 12 || s.p[6] != '\\' || s.p[7] != 'u')
        return 6;
    low = hex4(span_from(s, 8));
    if (low < 0xDC00 || low > 0xDFFF)
        return 6;
    *cp = 0x10000 + ((uint32_t)(unit - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
    return 12;
}

/* The character that the escape at the front stands for; returns its bytes, 0 for none. */
static size_t escape_get(struct span s, uint32_t *cp)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *at;

    if (s.n < 2)
        return 0;
    if (s.p[1] == 'u')
        return unicode_escape(s, cp);
    at = memchr(from, s.p[1], sizeof(from) - 1);
    if (at == NULL)
        return 0;
    *cp = (uint8_t)to[at - from];
    return 2;
}

/* One character that is not of an ASCII run; returns the bytes of `in` that it took. */
static size_t fold_one(struct span in, uint8_t *dst, size_t *out)
{
    size_t used = 1;
    uint32_t cp;

    if (in.p[0] == '\\') {
        used = escape_get(in, &cp);
        if (used > 0) {
            *out += fold_point(cp, dst + *out);
            return used;
        }
        dst[(*out)++] = '\\';
        return 1;
    }
    cp = utf8_get(in, &used);
    if (cp == UTF_BAD && used == 1)
        dst[(*out)++] = in.p[0];
    else
        *out += fold_point(cp, dst + *out);
    return used;
}

size_t search_fold(struct span in, bool json, uint8_t *dst)
{
    size_t out = 0;

    while (in.n > 0) {
        size_t run = json ? fold_ascii(in.p, in.n, true, dst + out)
                          : fold_ascii(in.p, in.n, false, dst + out);

        out += run;
        in = span_from(in, run);
        if (in.n > 0)
            in = span_from(in, fold_one(in, dst, &out));
    }
    return out;
}

void search_fold_add(struct span in, bool json, struct buf *out)
{
    if (buf_reserve(out, search_fold_room(in.n)))
        out->n += search_fold(in, json, out->p + out->n);
}

/* --- the text of a record ------------------------------------------------------------------- */

static bool is_ascii_word(uint8_t c)
{
    static const uint64_t bits[2] = { 0x03FF000000000000u, 0x07FFFFFE87FFFFFEu };

    return c < 0x80 && (bits[c >> 6] >> (c & 63) & 1) != 0;
}

/* `outer` and `inner` are the bytes on both sides of a value's end. A word edge for sure, in the
 * folded text as well: where wide characters make it hard to tell, it is none. */
static bool is_sure_edge(uint8_t outer, uint8_t inner)
{
    return outer < 0x80 && outer != '\\' &&
           (!is_ascii_word(outer) || (inner < 0x80 && !is_ascii_word(inner)));
}

static bool has_sure_edges(struct span raw, struct span v)
{
    size_t from = (size_t)(v.p - raw.p), to = from + v.n;

    return (from == 0 || is_sure_edge(raw.p[from - 1], v.p[0])) &&
           (to == raw.n || is_sure_edge(raw.p[to], v.p[v.n - 1]));
}

static bool lies_in(struct span raw, struct span v)
{
    uintptr_t from = (uintptr_t)raw.p, at = (uintptr_t)v.p;

    return raw.n > 0 && at >= from && at - from <= raw.n && v.n <= raw.n - (at - from);
}

/* Does the search text hold this value when it holds the folded raw record? */
static bool stands_in_raw(const struct rec *r, bool json, struct span v, enum rec_kind kind)
{
    if ((r->flags & REC_RAW_BINARY) != 0 || !lies_in(r->raw, v) || !has_sure_edges(r->raw, v))
        return false;
    if (kind == REC_JSON)
        return json;
    return kind == REC_TEXT && !(json && memchr(v.p, '\\', v.n) != NULL);
}

/* Decoded behind the room that its folding may need, and folded to the front. A coded value whose
 * text is what is written (a plain number, true) need not be there twice. */
static void add_decoded(const struct rec *r, bool json, const struct rec_field *f, struct buf *out)
{
    struct span v = { f->value, f->value_bytes }, text;
    size_t room = rec_text_room(f), fold = search_fold_room(room);

    if (!buf_reserve(out, 1 + fold + room))
        return;
    text.p = out->p + out->n + 1 + fold;
    text.n = rec_text_put(f, out->p + out->n + 1 + fold);
    MUST(text.n <= room);
    if (text.n == 0 || (span_eq(text, v) && stands_in_raw(r, json, v, REC_TEXT)))
        return;
    out->p[out->n++] = '\n';
    out->n += search_fold(text, false, out->p + out->n);
}

static void add_value(const struct rec *r, bool json, const struct rec_field *f, struct buf *out)
{
    struct span v = { f->value, f->value_bytes };

    if (f->kind == REC_NONE || f->kind == REC_GROUP)
        return;
    if (v.n > 0 && stands_in_raw(r, json, v, f->kind))
        return;
    if (f->kind != REC_TEXT) {
        add_decoded(r, json, f, out);
    } else if (v.n > 0) {
        buf_byte(out, '\n');
        search_fold_add(v, false, out);
    }
}

bool search_text_is_json(const struct rec *r)
{
    return r->codec == CODEC_JSON || r->inner == CODEC_JSON;
}

void search_text_values(const struct rec *r, struct buf *out)
{
    bool json = search_text_is_json(r);

    for (uint32_t i = 0; i < r->count; i++)
        add_value(r, json, &r->fields[i], out);
}

void search_text(const struct rec *r, struct buf *out)
{
    if ((r->flags & REC_RAW_BINARY) == 0)
        search_fold_add(r->raw, search_text_is_json(r), out);
    search_text_values(r, out);
}

/* --- words ---------------------------------------------------------------------------------- */

bool search_is_word(uint32_t cp)
{
    utf8proc_category_t c;

    if (cp < 0x80)
        return is_ascii_word((uint8_t)cp);
    c = utf8proc_category((utf8proc_int32_t)cp);
    return (c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO) ||
           (c >= UTF8PROC_CATEGORY_ND && c <= UTF8PROC_CATEGORY_NO);
}

/* Bytes of the word character at the front, 0 when it is none. */
static inline size_t word_char(struct span s)
{
    size_t used;

    if (s.p[0] < 0x80)
        return is_ascii_word(s.p[0]);
    return search_is_word(utf8_get(s, &used)) ? used : 0;
}

/* Bit 7 of each byte that is an ASCII word character; `w` has no wide bytes. */
static inline uint64_t words_in(uint64_t w)
{
    uint64_t l = w | EACH(0x20), under = w ^ EACH('_');
    uint64_t digit = (w + EACH(0x80 - '0')) & ~(w + EACH(0x7F - '9'));
    uint64_t alpha = (l + EACH(0x80 - 'a')) & ~(l + EACH(0x7F - 'z'));

    return (digit | alpha | ~(under + EACH(0x7F))) & EACH(0x80);
}

/* Bytes of the run at the front of ASCII that is all of words (`word`), or all of none. It may be
 * longer: what is left is looked at byte by byte. */
static inline size_t ascii_run(struct span s, bool word)
{
    size_t i = 0;

    for (; i + 8 <= s.n; i += 8) {
        uint64_t w, ends;

        w = bytes_u64(s.p + i);
        if ((w & EACH(0x80)) != 0)
            break;
        ends = word ? ~words_in(w) & EACH(0x80) : words_in(w);
        if (ends != 0)
            return i + (size_t)__builtin_ctzll(ends) / 8;
    }
    return i;
}

bool search_word_next(struct span *rest, struct span *word)
{
    struct span s = *rest;
    size_t i = ascii_run(s, false), n;

    /* U+FFFD is no word character, and malformed bytes are read as one. */
    while (i < s.n && word_char(span_from(s, i)) == 0)
        i++;
    s = span_from(s, i);
    for (i = ascii_run(s, true); i < s.n && (n = word_char(span_from(s, i))) > 0; i += n)
        continue;
    *word = (struct span){ s.p, i };
    *rest = span_from(s, i);
    return i > 0;
}

static bool word_before(struct span s, size_t at)
{
    size_t from = at, used;

    if (at == 0)
        return false;
    do
        from--;
    while (from > 0 && at - from < 4 && (s.p[from] & 0xC0) == 0x80);
    return search_is_word(utf8_get((struct span){ s.p + from, at - from }, &used)) &&
           used == at - from;
}

bool search_edge(struct span folded, size_t at)
{
    MUST(at <= folded.n);
    return at == folded.n || !word_before(folded, at) || word_char(span_from(folded, at)) == 0;
}
