/*
 * put.c - escaping, one table of bytes a language.
 */
#include "scan/put.h"

#include <stdio.h>
#include <utf8proc.h>

#include "base/utf.h"

/* Eight bytes of printable ASCII without quotes and backslashes? Each test leaves the top bit of a
 * byte that fails it: above 0x7e, below 0x20, equal to '"' or to a backslash. */
static bool eight_plain(const uint8_t *p)
{
    const uint64_t ones = 0x0101010101010101u, top = 0x8080808080808080u;
    uint64_t v, quote, slash, bad;

    memcpy(&v, p, sizeof(v));
    quote = v ^ ones * '"';
    slash = v ^ ones * '\\';
    bad = v | (v + ones) | (v - ones * 0x20) | (quote - ones) | (slash - ones);
    return (bad & top) == 0;
}

/* How many bytes at the front stand for themselves in a JSON string. */
static size_t plain_run(struct span s)
{
    size_t i = 0;

    while (s.n - i >= 8 && eight_plain(s.p + i))
        i += 8;
    while (i < s.n && s.p[i] >= 0x20 && s.p[i] < 0x7f && s.p[i] != '"' && s.p[i] != '\\')
        i++;
    return i;
}

static void put_point(struct buf *out, uint32_t cp)
{
    uint8_t bytes[4];

    buf_add(out, (struct span){ bytes, utf8_put(bytes, cp) });
}

static void json_control(struct buf *out, uint32_t cp)
{
    static const struct {
        uint8_t byte;
        char letter;
    } named[] = { { '"', '"' },  { '\\', '\\' }, { '\n', 'n' }, { '\r', 'r' },
                  { '\t', 't' }, { '\b', 'b' },  { '\f', 'f' } };

    for (size_t i = 0; i < COUNT_OF(named); i++) {
        if (named[i].byte == cp) {
            buf_byte(out, '\\');
            buf_byte(out, (uint8_t)named[i].letter);
            return;
        }
    }
    buf_fmt(out, "\\u%04x", (unsigned)cp);
}

void put_json_text(struct buf *out, struct span s)
{
    buf_byte(out, '"');
    while (s.n > 0) {
        size_t n = plain_run(s);
        uint32_t cp;

        buf_add(out, (struct span){ s.p, n });
        s = span_from(s, n);
        if (s.n == 0)
            break;
        cp = utf8_get(s, &n);
        if (cp < 0x20 || cp == '"' || cp == '\\' || cp == 0x7f)
            json_control(out, cp);
        else
            put_point(out, cp);
        s = span_from(s, n);
    }
    buf_byte(out, '"');
}

static bool csv_is_formula(struct span s)
{
    return s.n > 0 && (s.p[0] == '=' || s.p[0] == '+' || s.p[0] == '-' || s.p[0] == '@' ||
                       s.p[0] == '\t' || s.p[0] == '\r');
}

void put_csv_text(struct buf *out, struct span s)
{
    bool quote = csv_is_formula(s);

    for (size_t i = 0; i < s.n && !quote; i++)
        quote = s.p[i] == '"' || s.p[i] == ',' || s.p[i] == '\n' || s.p[i] == '\r';
    if (!quote && utf8_valid(s)) {
        buf_add(out, s);
        return;
    }
    buf_byte(out, '"');
    if (csv_is_formula(s))
        buf_byte(out, '\'');
    while (s.n > 0) {
        size_t n;
        uint32_t cp = utf8_get(s, &n);

        if (cp == '"')
            buf_byte(out, '"');
        put_point(out, cp == 0 ? UTF_BAD : cp);
        s = span_from(s, n);
    }
    buf_byte(out, '"');
}

/* Columns that a terminal gives to a character: 0, 1 or 2. */
static size_t columns_of(uint32_t cp)
{
    int w = utf8proc_charwidth((utf8proc_int32_t)cp);

    return w < 0 ? 0 : (size_t)w;
}

void put_column(struct buf *out, struct span s, size_t width, bool pad)
{
    size_t used = 0, total = 0;

    for (struct span rest = s; rest.n > 0 && total <= width;) {
        size_t n;

        total += columns_of(utf8_get(rest, &n));
        rest = span_from(rest, n);
    }
    while (s.n > 0 && used < width) {
        size_t n, w;
        uint32_t cp = utf8_get(s, &n);

        if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
            cp = 0xB7; /* a control character must not reach the terminal */
        w = columns_of(cp);
        if (used + w > (total > width ? width - 1 : width))
            break;
        put_point(out, cp);
        used += w;
        s = span_from(s, n);
    }
    if (total > width && width > 0) {
        put_point(out, 0x2026);
        used++;
    }
    for (; pad && used < width; used++)
        buf_byte(out, ' ');
}

void put_caret(struct buf *out, struct span text, size_t at, const char *why)
{
    struct span before = { text.p, at < text.n ? at : text.n };
    size_t columns = 0, n;

    buf_text(out, "  ");
    put_column(out, text, SIZE_MAX, false);
    buf_text(out, "\n  ");
    for (; before.n > 0; before = span_from(before, n)) {
        uint32_t cp = utf8_get(before, &n);

        columns += cp < 0x20 || (cp >= 0x7f && cp < 0xa0) ? 1 : columns_of(cp);
    }
    while (columns-- > 0)
        buf_byte(out, ' ');
    buf_fmt(out, "^ %s\n", why);
}
