/*
 * w3c.c - see w3c.h. A header's names are copied into the state once; a data line is cut at its
 * separators into slices. A W3C value in double quotes (Blue Coat) may hold blanks; '+' for a
 * blank, as IIS writes user agents, is left as it is. Runs of blanks are one separator; tabs (TMG,
 * Zeek) separate one by one, and a column may be empty.
 */
#include "wire/w3c.h"

#include "wire/line.h"
#include "wire/sniff.h"

#define SPAN_ROW(s)                                                                                \
    {                                                                                              \
        (const uint8_t *)(s), sizeof(s) - 1                                                        \
    }

void w3c_init(struct w3c *w)
{
    *w = (struct w3c){ .separator = ' ' };
}

/* Copy `s` into the state; false when it is full. */
static bool keep(struct w3c *w, struct span s, uint16_t *at, uint16_t *size)
{
    if (s.n > W3C_TEXT_BYTES - (size_t)w->text_used)
        return false;
    if (s.n > 0)
        memcpy(w->text + w->text_used, s.p, s.n);
    *at = w->text_used;
    *size = (uint16_t)s.n;
    w->text_used = (uint16_t)(w->text_used + s.n);
    return true;
}

/* The column that starts at `at`; sets *end behind it. */
static struct span column(const struct w3c *w, struct span line, size_t at, size_t *end)
{
    if (!w->zeek && line_at(line, at, '"')) {
        size_t close = line_find(line, at + 1, '"');

        if (close < line.n && (close + 1 == line.n || line.p[close + 1] == w->separator)) {
            *end = close + 1;
            return line_cut(line, at + 1, close);
        }
    }
    *end = line_find(line, at, w->separator);
    return line_cut(line, at, *end);
}

static int names_read(struct w3c *w, struct span list, struct err *e)
{
    size_t at = 0, end;

    w->count = 0;
    w->text_used = (uint16_t)(w->path_at + w->path_size);
    while (at < list.n) {
        struct span name = column(w, list, at, &end);

        at = end + 1;
        if (name.n == 0)
            continue;
        if (w->count == W3C_NAMES_MAX || !keep(w, name, &w->at[w->count], &w->size[w->count])) {
            w->count = 0;
            return err_set(e, ERR_LIMIT, at, "the header has more than %u columns or %u bytes",
                           W3C_NAMES_MAX, W3C_TEXT_BYTES);
        }
        w->count++;
    }
    return ERR_OK;
}

/* "#separator \x09", or the byte itself. */
static void separator_read(struct w3c *w, struct span v)
{
    w3c_init(w);
    w->zeek = true;
    w->separator = '\t';
    if (v.n == 4 && v.p[0] == '\\' && v.p[1] == 'x' && ascii_hex(v.p[2]) >= 0 &&
        ascii_hex(v.p[3]) >= 0)
        w->separator = (uint8_t)(ascii_hex(v.p[2]) * 16 + ascii_hex(v.p[3]));
    else if (v.n == 1)
        w->separator = v.p[0];
}

int w3c_header(struct w3c *w, struct span line, struct err *e)
{
    if (!line_at(line, 0, '#'))
        return err_set(e, ERR_SYNTAX, 0, "a header line starts with '#'");
    if (line_has(line, 0, SPAN_LIT("#Fields:"))) {
        struct span list = span_trim(span_from(line, 8));

        w3c_init(w);
        w->separator = span_find(list, '\t') < list.n ? '\t' : ' ';
        return names_read(w, list, e);
    }
    if (line_has(line, 0, SPAN_LIT("#separator "))) {
        separator_read(w, span_from(line, 11));
        return ERR_OK;
    }
    if (w->zeek && line_has(line, 0, SPAN_LIT("#path")) && line_at(line, 5, w->separator)) {
        w->text_used = w->path_at = w->count = 0; /* the names of before are void */
        w->path_size = 0;
        if (!keep(w, span_from(line, 6), &w->path_at, &w->path_size))
            return err_set(e, ERR_LIMIT, 6, "the path is over %u bytes", W3C_TEXT_BYTES);
        return ERR_OK;
    }
    if (w->zeek && line_has(line, 0, SPAN_LIT("#fields")) && line_at(line, 7, w->separator))
        return names_read(w, span_from(line, 8), e);
    return ERR_OK;
}

static void value_add(const struct w3c *w, struct rec *r, uint16_t i, struct span v)
{
    struct span name = { w->text + w->at[i], w->size[i] };

    if (w->zeek && span_eq(v, SPAN_LIT("(empty)")))
        v.n = 0;
    (void)line_add_dash(r, name, v, REC_TEXT); /* full: flagged by rec_add */
}

int64_t w3c_read(const struct w3c *w, struct span line, struct rec *r, struct err *e)
{
    struct line_mark mark = line_mark(r);
    size_t at = 0, end;
    uint16_t i = 0;

    if (w->count == 0 || line.n == 0 || line.p[0] == '#')
        return err_set(e, ERR_SYNTAX, 0, "%s",
                       w->count == 0 ? "no header names the columns" : "this is no line of values");
    if (w->path_size > 0)
        (void)rec_add_text(r, SPAN_LIT("_path"),
                           (struct span){ w->text + w->path_at, w->path_size }); /* as above */
    while (at < line.n) {
        struct span v;

        if (w->separator == ' ' && line.p[at] == ' ') {
            at++;
            continue;
        }
        v = column(w, line, at, &end);
        if (i == w->count) {
            line_undo(r, mark);
            return err_set(e, ERR_SYNTAX, at, "more columns than the header names (%u)", w->count);
        }
        value_add(w, r, i++, v);
        at = end + 1;
    }
    return line_claim(r, CODEC_W3C, line);
}

bool w3c_is(struct span line)
{
    /* W3C's directives end in a colon, Zeek's before its separator. */
    static const struct span heads[] = {
        SPAN_ROW("#Fields:"), SPAN_ROW("#Software:"),   SPAN_ROW("#Version:"),
        SPAN_ROW("#Date:"),   SPAN_ROW("#Start-Date:"), SPAN_ROW("#End-Date:"),
        SPAN_ROW("#Remark:"), SPAN_ROW("#separator"),   SPAN_ROW("#set_separator"),
        SPAN_ROW("#path"),    SPAN_ROW("#empty_field"), SPAN_ROW("#unset_field"),
        SPAN_ROW("#fields"),  SPAN_ROW("#types"),       SPAN_ROW("#open"),
        SPAN_ROW("#close"),
    };

    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        size_t n = heads[i].n;

        if (line_has(line, 0, heads[i]) &&
            (heads[i].p[n - 1] == ':' || (n < line.n && !ascii_is_alnum(line.p[n]))))
            return true;
    }
    return false;
}
