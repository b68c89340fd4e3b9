/*
 * csv_book.c - a CSV as a book of one sheet (RFC 4180, and what spreadsheets make of it).
 *
 *     sep=;                          Excel's own line: not a row
 *     Tên;Ghi chú                    the separator is what this line has most of
 *     "a ""b"";
 *     c";'=1+1                       quotes, a line break in a cell, a text that is no formula
 *
 * Lines end with CR LF, LF or CR. Behind a closing quote, what stands before the separator belongs
 * to the cell. A quote within a cell that does not begin with one is a character like others.
 */
#include "sheet/book_own.h"

#include "base/utf.h"

/* --- Bytes to text --------------------------------------------------------------------------- */

static uint32_t line_of(struct span text, size_t at)
{
    uint32_t line = 1;

    for (size_t i = 0; i < at; i++)
        line += text.p[i] == '\n' || (text.p[i] == '\r' && (i + 1 == at || text.p[i + 1] != '\n'));
    return line;
}

static int check_text(struct span text, struct err *e)
{
    size_t used;

    for (size_t i = 0; i < text.n; i += used) {
        used = 1;
        if (text.p[i] == 0)
            return err_set(
                e, ERR_SYNTAX, i,
                "Line %u has a zero byte (at byte %zu): this is no CSV, or one in UTF-16 "
                "without a mark; save it as \"CSV UTF-8\".",
                line_of(text, i), i);
        if (text.p[i] >= 0x80 && utf8_get(span_from(text, i), &used) == UTF_BAD && used == 1)
            return err_set(e, ERR_SYNTAX, i,
                           "Line %u is no UTF-8: byte 0x%02X (at byte %zu). It is perhaps "
                           "Windows-1258 or TCVN3; save it as \"CSV UTF-8\".",
                           line_of(text, i), text.p[i], i);
    }
    return ERR_OK;
}

/* UTF-16 without its mark, into b->wide. */
static int from_wide(struct book *b, struct span in, bool big_endian, struct err *e)
{
    struct buf swapped;

    if (in.n % 2 != 0)
        return err_set(e, ERR_SYNTAX, in.n, "The file ends within a character; it is not whole.");
    buf_init(&swapped, LIMIT_BOOK_BYTES);
    if (big_endian && buf_reserve(&swapped, in.n)) {
        for (size_t i = 0; i < in.n; i += 2) {
            buf_byte(&swapped, in.p[i + 1]);
            buf_byte(&swapped, in.p[i]);
        }
        in = buf_span(&swapped);
    }
    if (!buf_failed(&swapped) && buf_reserve(&b->wide, utf16_room(in.n)))
        b->wide.n = utf16_to_utf8(in, b->wide.p);
    b->wide.failed |= swapped.failed;
    buf_release(&swapped);
    b->text = buf_span(&b->wide);
    return buf_failed(&b->wide) ? book_no_memory(e) : ERR_OK;
}

static int decode(struct book *b, struct span in, struct err *e)
{
    if (span_starts(in, SPAN_LIT("\xff\xfe")))
        return from_wide(b, span_from(in, 2), false, e);
    if (span_starts(in, SPAN_LIT("\xfe\xff")))
        return from_wide(b, span_from(in, 2), true, e);
    b->text = span_starts(in, SPAN_LIT("\xef\xbb\xbf")) ? span_from(in, 3) : in;
    return ERR_OK;
}

/* --- The separator --------------------------------------------------------------------------- */

static bool is_end(uint8_t c)
{
    return c == '\n' || c == '\r';
}

/* Excel's first line: takes it off the text. */
static bool said_separator(struct book *b)
{
    struct span t = b->text;

    if (t.n < 6 || !span_eq_nocase((struct span){ t.p, 4 }, SPAN_LIT("sep=")) || !is_end(t.p[5]))
        return false;
    b->separator = t.p[4];
    b->text = span_from(t, t.p[5] == '\r' && t.n > 6 && t.p[6] == '\n' ? 7 : 6);
    return !is_end(b->separator) && b->separator != '"';
}

static void guess_separator(struct book *b)
{
    static const uint8_t candidates[] = { ',', ';', '\t' };
    size_t counts[sizeof(candidates)] = { 0 }, best = 0;
    bool quoted = false, begun = false;

    for (size_t i = 0; i < b->text.n; i++) {
        uint8_t c = b->text.p[i];

        if (c == '"')
            quoted = !quoted;
        else if (is_end(c) && !quoted && begun)
            break;
        begun |= !is_end(c);
        for (size_t k = 0; k < sizeof(candidates); k++)
            counts[k] += c == candidates[k] && !quoted;
    }
    for (size_t k = 1; k < sizeof(candidates); k++)
        best = counts[k] > counts[best] ? k : best;
    b->separator = candidates[best];
}

int csv_open(struct book *b, struct span bytes, struct err *e)
{
    int rc = decode(b, bytes, e);

    if (rc == ERR_OK)
        rc = check_text(b->text, e);
    if (rc != ERR_OK)
        return rc;
    if (!said_separator(b))
        guess_separator(b);
    b->sheets = arena_array(&b->mem, 1, sizeof(*b->sheets));
    if (b->sheets == NULL)
        return book_no_memory(e);
    b->sheet_count = 1;
    return ERR_OK;
}

/* --- Cells ----------------------------------------------------------------------------------- */

/* Behind the quoted text that begins at `at`, or text.n + 1 when it does not end. */
static size_t quoted(struct span text, size_t at, struct buf *out)
{
    for (size_t i = at + 1; i < text.n; i++) {
        uint8_t c = text.p[i];

        if (c == '"') {
            if (i + 1 == text.n || text.p[i + 1] != '"')
                return i + 1;
            i++;
        } else if (c == '\r' && i + 1 < text.n && text.p[i + 1] == '\n') {
            continue; /* a line break is LF, as in an XLSX */
        }
        buf_byte(out, c);
    }
    return text.n + 1;
}

/* Whether one ' is to be taken off: '' of sheet_write.c are several. */
static bool is_neutralised(struct span s)
{
    size_t i = 0;

    while (i < s.n && s.p[i] == '\'')
        i++;
    return i > 0 && i < s.n && memchr("=+-@\t\r\n", s.p[i], 7) != NULL;
}

static size_t plain(struct span text, size_t at, uint8_t separator, struct buf *out)
{
    size_t i = at;

    while (i < text.n && text.p[i] != separator && !is_end(text.p[i]))
        i++;
    buf_add(out, (struct span){ text.p + at, i - at });
    return i;
}

/* The cell at `*at`, whose end becomes *at. */
static int read_cell(const struct book *b, struct row_maker *m, uint32_t column, size_t *at,
                     struct err *e)
{
    size_t from = m->text.n, begun = *at, n;
    struct cell *c;

    if (*at < b->text.n && b->text.p[*at] == '"')
        *at = quoted(b->text, *at, &m->text);
    if (*at > b->text.n)
        return err_set(e, ERR_SYNTAX, begun,
                       "The quote that begins in line %u has no end; the file is not whole.",
                       line_of(b->text, begun));
    *at = plain(b->text, *at, b->separator, &m->text);
    n = m->text.n - from;
    if (n > 0 && is_neutralised((struct span){ m->text.p + from, n })) {
        memmove(m->text.p + from, m->text.p + from + 1, n - 1);
        m->text.n--;
        n--;
    }
    if (n > LIMIT_CELL_BYTES)
        return err_set(e, ERR_LIMIT, begun, "A cell in line %u has more than %d bytes.",
                       line_of(b->text, begun), LIMIT_CELL_BYTES);
    if (n == 0)
        return ERR_OK;
    c = row_cell(m, column);
    if (c == NULL)
        return err_set(e, ERR_LIMIT, begun, "Line %u has more than %d columns.",
                       line_of(b->text, begun), LIMIT_SHEET_COLUMNS);
    c->kind = CELL_TEXT;
    c->text.n = n;
    return ERR_OK;
}

int csv_book_read(struct book *b, struct row_maker *m, struct err *e)
{
    struct span text = b->text;
    size_t at = 0;

    for (uint32_t number = 1; at < text.n; number++) {
        int rc;

        row_clear(m);
        for (uint32_t column = 0;; column++) {
            rc = read_cell(b, m, column, &at, e);
            if (rc != ERR_OK)
                return rc;
            if (at == text.n || text.p[at] != b->separator)
                break;
            at++;
        }
        if (at < text.n)
            at += text.p[at] == '\r' && at + 1 < text.n && text.p[at + 1] == '\n' ? 2 : 1;
        rc = row_give(m, number, e);
        if (rc != ERR_OK)
            return rc;
    }
    return ERR_OK;
}
