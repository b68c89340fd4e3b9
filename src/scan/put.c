/*
 * put.c - escaping, one table of bytes a language.
 */
#include "scan/put.h"

#include <stdio.h>
#include <utf8proc.h>

#include "base/utf.h"

/* How many bytes at the front need no second look: printable ASCII but `a` and `b`. */
static size_t plain_run(struct span s, uint8_t a, uint8_t b)
{
    size_t i = 0;

    while (i < s.n && s.p[i] >= 0x20 && s.p[i] < 0x7f && s.p[i] != a && s.p[i] != b)
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
    } named[] = { { '"', '"' }, { '\\', '\\' }, { '\n', 'n' }, { '\r', 'r' },
                  { '\t', 't' }, { '\b', 'b' }, { '\f', 'f' } };

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
        size_t n = plain_run(s, '"', '\\');
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
