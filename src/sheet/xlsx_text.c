/*
 * xlsx_text.c - texts of cells.
 */
#include "sheet/xlsx_text.h"

#include "base/ascii.h"
#include "base/limits.h"
#include "base/utf.h"

#define ESCAPE_BYTES 7u /* _xHHHH_ */

void xlsx_text_begin(struct xlsx_text *x, struct buf *to)
{
    *x = (struct xlsx_text){ .to = to, .from = to->n };
}

void xlsx_text_tag(struct xlsx_text *x, const struct xml_tag *t)
{
    if (xml_is(t, "t"))
        x->in_text = true;
    else if (xml_is(t, "rPh"))
        x->in_guide = true;
}

void xlsx_text_untag(struct xlsx_text *x, const struct xml_tag *t)
{
    if (xml_is(t, "t"))
        x->in_text = false;
    else if (xml_is(t, "rPh"))
        x->in_guide = false;
}

int xlsx_text_add(struct xlsx_text *x, struct span s, struct err *e)
{
    if (x->to == NULL || !x->in_text || x->in_guide)
        return ERR_OK;
    buf_add(x->to, s);
    if (x->to->n - x->from > LIMIT_CELL_BYTES)
        return err_set(e, ERR_LIMIT, 0, "The text of a cell has more than %d bytes.",
                       LIMIT_CELL_BYTES);
    return ERR_OK;
}

size_t xlsx_text_end(struct xlsx_text *x)
{
    size_t n = x->to == NULL ? 0 : x->to->n - x->from;

    if (n > 0 && !buf_failed(x->to)) {
        n = xlsx_unescape(x->to->p + x->from, n);
        x->to->n = x->from + n;
    }
    x->to = NULL;
    return n;
}

/* _xHHHH_ at the front of p, or -1. */
static int32_t escape(const uint8_t *p, size_t n)
{
    int32_t v = 0;

    if (n < ESCAPE_BYTES || p[0] != '_' || p[1] != 'x' || p[6] != '_')
        return -1;
    for (size_t i = 2; i < 6; i++) {
        int d = ascii_hex(p[i]);

        if (d < 0)
            return -1;
        v = v << 4 | d;
    }
    return v;
}

size_t xlsx_unescape(uint8_t *p, size_t n)
{
    size_t out = 0;

    for (size_t i = 0; i < n;) {
        int32_t v = escape(p + i, n - i), low;

        if (v < 0) {
            p[out++] = p[i++];
            continue;
        }
        i += ESCAPE_BYTES;
        low = v >= 0xD800 && v < 0xDC00 ? escape(p + i, n - i) : -1;
        if (low >= 0xDC00 && low < 0xE000) {
            v = 0x10000 + ((v - 0xD800) << 10) + (low - 0xDC00);
            i += ESCAPE_BYTES;
        }
        out +=
            utf8_put(p + out, (uint32_t)v); /* at most 4, and 7 were read; a lone half is U+FFFD */
    }
    return out;
}
