/*
 * write_csv.c - RFC 4180, made harmless for spreadsheets.
 */
#include "sheet/write_own.h"

#include <stdio.h>

#include "base/num.h"
#include "base/time.h"
#include "base/utf.h"

static bool is_formula(struct span s)
{
    size_t i = 0;

    while (i < s.n && s.p[i] == '\'')
        i++;
    return i < s.n && memchr("=+-@\t\r\n", s.p[i], 7) != NULL;
}

/* In quotes when it must be; blanks at an end are kept by them. */
static void put_text(struct buf *out, struct span s, bool neutralise)
{
    bool quote = neutralise;
    size_t used;

    for (size_t i = 0; i < s.n; i++)
        quote |= s.p[i] == '"' || s.p[i] == ',' || s.p[i] == '\n' || s.p[i] == '\r';
    quote |= s.n > 0 && (s.p[0] == ' ' || s.p[s.n - 1] == ' ');
    buf_text(out, quote ? "\"" : "");
    buf_text(out, neutralise ? "'" : "");
    for (; s.n > 0; s = span_from(s, used)) {
        uint8_t bytes[4];
        uint32_t cp = utf8_get(s, &used);

        if (cp == '"')
            buf_byte(out, '"');
        buf_add(out, (struct span){ bytes, utf8_put(bytes, cp == 0 ? UTF_BAD : cp) });
    }
    buf_text(out, quote ? "\"" : "");
}

static void put_number(struct buf *out, double v)
{
    uint8_t text[32];
    size_t n = num_put_double(text, v);
    uint8_t *point = memchr(text, '.', n);

    if (point != NULL)
        *point = ',';
    put_text(out, (struct span){ text, n }, false);
}

static void put_date(struct buf *out, const struct cell *c)
{
    struct time_parts p = { 0 };

    time_date(c->days, &p);
    buf_fmt(out, "%02u/%02u/%04d", p.day, p.month, p.year);
    if (c->seconds > 0)
        buf_fmt(out, " %02u:%02u:%02u", c->seconds / 3600, c->seconds / 60 % 60, c->seconds % 60);
}

static void put_cell(struct book_writer *w, const struct cell *c)
{
    switch (c->kind) {
    case CELL_EMPTY:
    case CELL_KIND_COUNT:
        break;
    case CELL_TEXT:
    case CELL_ERROR:
        w->neutralised += is_formula(c->text);
        put_text(w->out, c->text, is_formula(c->text));
        break;
    case CELL_NUMBER:
        put_number(w->out, c->number);
        break;
    case CELL_DATE:
        put_date(w->out, c);
        break;
    case CELL_BOOL:
        buf_text(w->out, c->number != 0.0 ? "TRUE" : "FALSE");
        break;
    }
}

int csv_write_row(struct book_writer *w, const struct cell *cells, uint32_t count, struct err *e)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            buf_byte(w->out, ',');
        put_cell(w, &cells[i]);
    }
    buf_text(w->out, "\r\n");
    return buf_failed(w->out) ? write_out_fault(w, e) : ERR_OK;
}
