/*
 * write_xlsx.c - the sheets of an XLSX: each a part that is packed while it is written.
 *
 * Texts are inline, so nothing must be known of later rows. Member times are left out and the order
 * of parts is fixed, which makes the bytes the same each time.
 */
#include "sheet/write_own.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>

#include "base/num.h"
#include "base/time.h"
#include "base/utf.h"
#include "sheet/xlsx_date.h"
#include "sheet/xlsx_style.h"

#define XML_ROW_BYTES_MAX ((size_t)512 << 20)
#define ROW_LAST          1048576u

/* --- The zip --------------------------------------------------------------------------------- */

static la_ssize_t on_bytes(struct archive *a, void *ctx, const void *p, size_t n)
{
    struct book_writer *w = ctx;

    buf_add(w->out, (struct span){ p, n });
    if (!buf_failed(w->out))
        return (la_ssize_t)n;
    archive_set_error(a, ENOSPC, "over the limit");
    return -1;
}

int xlsx_write_begin(struct book_writer *w, struct err *e)
{
    buf_init(&w->xml, XML_ROW_BYTES_MAX);
    w->zip = archive_write_new();
    if (w->zip == NULL || archive_write_set_format_zip(w->zip) != ARCHIVE_OK ||
        archive_write_set_options(w->zip, "zip:compression=deflate,zip:!zip64") != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(w->zip, 1) != ARCHIVE_OK ||
        archive_write_open(w->zip, w, NULL, on_bytes, NULL) != ARCHIVE_OK)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to write the book.");
    return xlsx_write_frame_first(w, e);
}

void xlsx_write_release(struct book_writer *w)
{
    (void)archive_write_free(w->zip); /* NULL is legal; what it still writes is not looked at */
    buf_release(&w->xml);
}

int xlsx_part(struct book_writer *w, const char *name, struct err *e)
{
    struct archive_entry *entry = archive_entry_new();
    int rc;

    if (entry == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to write the book.");
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    rc = archive_write_header(w->zip, entry);
    archive_entry_free(entry);
    return rc == ARCHIVE_OK ? ERR_OK : write_out_fault(w, e);
}

int xlsx_add(struct book_writer *w, struct span s, struct err *e)
{
    if (archive_write_data(w->zip, s.p, s.n) != (la_ssize_t)s.n)
        return write_out_fault(w, e);
    return ERR_OK;
}

static int add_xml(struct book_writer *w, struct err *e)
{
    if (buf_failed(&w->xml))
        return err_set(e, ERR_NOMEM, 0, "There is no memory to write the book.");
    return xlsx_add(w, buf_span(&w->xml), e);
}

/* --- Text ------------------------------------------------------------------------------------ */

/* Whether s begins with what a reader would take for an escape. */
static bool is_escape(struct span s)
{
    if (s.n < 7 || s.p[0] != '_' || s.p[1] != 'x' || s.p[6] != '_')
        return false;
    for (size_t i = 2; i < 6; i++) {
        uint8_t c = (uint8_t)(s.p[i] | 32);

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return true;
}

/* A character that XML 1.0 cannot hold, or would change. */
static bool is_forbidden(uint32_t cp)
{
    return (cp < 0x20 && cp != '\t' && cp != '\n') || cp == 0xFFFE || cp == 0xFFFF;
}

void xlsx_put_text(struct buf *out, struct span s)
{
    size_t used;

    for (; s.n > 0; s = span_from(s, used)) {
        uint8_t bytes[4];
        uint32_t cp = utf8_get(s, &used);

        if (cp == '&')
            buf_text(out, "&amp;");
        else if (cp == '<')
            buf_text(out, "&lt;");
        else if (cp == '>')
            buf_text(out, "&gt;");
        else if (cp == '"')
            buf_text(out, "&quot;");
        else if (is_forbidden(cp))
            buf_fmt(out, "_x%04X_", cp);
        else if (cp == '_' && is_escape(s))
            buf_text(out, "_x005F_");
        else
            buf_add(out, (struct span){ bytes, utf8_put(bytes, cp) });
    }
}

void xlsx_put_range(struct buf *out, uint32_t columns, uint32_t rows, bool absolute)
{
    char last[COLUMN_LETTERS_MAX];

    column_letters(columns - 1, last);
    if (absolute)
        buf_fmt(out, "$A$1:$%s$%u", last, rows);
    else
        buf_fmt(out, "A1:%s%u", last, rows);
}

/* --- Cells ----------------------------------------------------------------------------------- */

static enum xlsx_style look_of(const struct book_writer *w, uint32_t column)
{
    static const enum xlsx_style styles[] = {
        [SHEET_LOOK_PLAIN] = XLSX_STYLE_PLAIN, [SHEET_LOOK_TEXT] = XLSX_STYLE_TEXT,
        [SHEET_LOOK_DATE] = XLSX_STYLE_DATE,   [SHEET_LOOK_TIME] = XLSX_STYLE_TIME,
        [SHEET_LOOK_WRAP] = XLSX_STYLE_WRAP,
    };
    const struct sheet_layout *s = w->begun > w->sheet_count ? NULL : &w->sheets[w->begun - 1];

    if (s == NULL || column >= s->column_count) /* of "_lists", or beyond the layout */
        return XLSX_STYLE_PLAIN;
    return styles[s->columns[column].look];
}

static enum xlsx_style style_of(const struct book_writer *w, uint32_t column, const struct cell *c)
{
    if (w->row == 1 && w->begun <= w->sheet_count)
        return XLSX_STYLE_HEADER;
    if (c->kind == CELL_DATE)
        return c->seconds > 0 || look_of(w, column) == XLSX_STYLE_TIME ? XLSX_STYLE_TIME
                                                                       : XLSX_STYLE_DATE;
    return look_of(w, column);
}

static void put_inline(struct buf *x, struct span s)
{
    buf_text(x, " t=\"inlineStr\"><is><t xml:space=\"preserve\">");
    xlsx_put_text(x, s);
    buf_text(x, "</t></is></c>");
}

static void put_number(struct buf *x, double v)
{
    uint8_t text[32];

    buf_text(x, "><v>");
    buf_add(x, (struct span){ text, num_put_double(text, v) });
    buf_text(x, "</v></c>");
}

/* Excel knows no days before 1900, and two months of that year wrongly. */
static void put_early(struct buf *x, int64_t days)
{
    char text[32];
    struct time_parts p = { 0 };

    time_date(days, &p);
    (void)snprintf(text, sizeof(text), "%02u/%02u/%04d", p.day, p.month, p.year); /* it fits */
    put_inline(x, span_of(text));
}

static void put_cell(struct book_writer *w, uint32_t column, const struct cell *c)
{
    struct buf *x = &w->xml;
    enum xlsx_style style = style_of(w, column, c);
    char letters[COLUMN_LETTERS_MAX];

    if (c->kind == CELL_EMPTY)
        return;
    column_letters(column, letters);
    buf_fmt(x, "<c r=\"%s%u\"", letters, w->row);
    if (style != XLSX_STYLE_PLAIN)
        buf_fmt(x, " s=\"%d\"", style);
    if (c->kind == CELL_NUMBER)
        put_number(x, c->number);
    else if (c->kind == CELL_DATE && c->days >= XLSX_DAYS_FIRST)
        put_number(x, xlsx_serial(c->days, c->seconds));
    else if (c->kind == CELL_DATE)
        put_early(x, c->days);
    else if (c->kind == CELL_BOOL)
        buf_fmt(x, " t=\"b\"><v>%d</v></c>", c->number != 0.0);
    else
        put_inline(x, c->text);
}

int xlsx_write_row(struct book_writer *w, const struct cell *cells, uint32_t count, struct err *e)
{
    buf_clear(&w->xml);
    buf_fmt(&w->xml, "<row r=\"%u\">", w->row);
    for (uint32_t i = 0; i < count; i++)
        put_cell(w, i, &cells[i]);
    buf_text(&w->xml, "</row>");
    return add_xml(w, e);
}

/* --- Sheets ---------------------------------------------------------------------------------- */

int xlsx_write_sheet(struct book_writer *w, struct err *e)
{
    const struct sheet_layout *s = &w->sheets[w->begun - 1];
    struct buf *x = &w->xml;
    char name[64];
    int rc;

    (void)snprintf(name, sizeof(name), "xl/worksheets/sheet%u.xml", w->begun); /* it fits */
    rc = xlsx_part(w, name, e);
    buf_clear(x);
    buf_fmt(x,
            XLSX_XML "<worksheet xmlns=\"" XLSX_MAIN "\"><sheetViews><sheetView%s "
                     "workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\" "
                     "activePane=\"bottomLeft\" state=\"frozen\"/><selection "
                     "pane=\"bottomLeft\"/></sheetView></sheetViews><cols>",
            w->begun == 1 ? " tabSelected=\"1\"" : "");
    for (uint32_t i = 0; i < s->column_count; i++)
        buf_fmt(x, "<col min=\"%u\" max=\"%u\" width=\"%u\" style=\"%d\" customWidth=\"1\"/>",
                i + 1, i + 1, s->columns[i].width, look_of(w, i));
    buf_text(x, "</cols><sheetData>");
    return rc == ERR_OK ? add_xml(w, e) : rc;
}

/* The lists of the sheets before the one that is written come first. */
static uint32_t lists_before(const struct book_writer *w, uint32_t sheet)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < sheet; i++) {
        for (uint32_t k = 0; k < w->sheets[i].column_count; k++)
            n += w->sheets[i].columns[k].choice_count > 0;
    }
    return n;
}

uint32_t xlsx_list_count(const struct book_writer *w)
{
    return lists_before(w, w->sheet_count);
}

static void put_validations(struct book_writer *w)
{
    const struct sheet_layout *s = &w->sheets[w->begun - 1];
    uint32_t list = lists_before(w, w->begun - 1), count = lists_before(w, w->begun) - list;
    char of[COLUMN_LETTERS_MAX], in[COLUMN_LETTERS_MAX];

    if (count == 0)
        return;
    buf_fmt(&w->xml, "<dataValidations count=\"%u\">", count);
    for (uint32_t i = 0; i < s->column_count; i++) {
        if (s->columns[i].choice_count == 0)
            continue;
        column_letters(i, of);
        column_letters(list++, in);
        buf_fmt(&w->xml,
                "<dataValidation type=\"list\" allowBlank=\"1\" showInputMessage=\"1\" "
                "showErrorMessage=\"1\" sqref=\"%s2:%s%u\"><formula1>" XLSX_LISTS
                "!$%s$1:$%s$%u</formula1></dataValidation>",
                of, of, ROW_LAST, in, in, s->columns[i].choice_count);
    }
    buf_text(&w->xml, "</dataValidations>");
}

int xlsx_write_sheet_end(struct book_writer *w, struct err *e)
{
    const struct sheet_layout *s = &w->sheets[w->begun - 1];

    w->rows[w->begun - 1] = w->row;
    buf_clear(&w->xml);
    buf_text(&w->xml, "</sheetData><autoFilter ref=\"");
    xlsx_put_range(&w->xml, s->column_count, w->row, false);
    buf_text(&w->xml, "\"/>");
    put_validations(w);
    buf_text(&w->xml, "</worksheet>");
    return add_xml(w, e);
}

/* Row `row` of "_lists": the choice of that number of each list. */
static int write_choices(struct book_writer *w, uint32_t row, bool *more, struct err *e)
{
    uint32_t column = 0;

    buf_clear(&w->xml);
    *more = false;
    w->row = row + 1;
    buf_fmt(&w->xml, "<row r=\"%u\">", w->row);
    for (uint32_t i = 0; i < w->sheet_count; i++) {
        for (uint32_t k = 0; k < w->sheets[i].column_count; k++) {
            const struct sheet_column *c = &w->sheets[i].columns[k];

            if (c->choice_count == 0)
                continue;
            if (row < c->choice_count)
                put_cell(w, column, &c->choices[row]);
            *more |= row + 1 < c->choice_count;
            column++;
        }
    }
    buf_text(&w->xml, "</row>");
    return add_xml(w, e);
}

static int write_lists(struct book_writer *w, struct err *e)
{
    int rc = xlsx_part(w, "xl/worksheets/lists.xml", e);
    bool more = true;

    w->begun = w->sheet_count + 1; /* none of the layouts' */
    if (rc == ERR_OK)
        rc = xlsx_add(w, SPAN_LIT(XLSX_XML "<worksheet xmlns=\"" XLSX_MAIN "\"><sheetData>"), e);
    for (uint32_t row = 0; rc == ERR_OK && more; row++)
        rc = write_choices(w, row, &more, e);
    if (rc == ERR_OK)
        rc = xlsx_add(w, SPAN_LIT("</sheetData></worksheet>"), e);
    return rc;
}

int xlsx_write_end(struct book_writer *w, struct err *e)
{
    int rc = xlsx_write_sheet_end(w, e);

    if (rc == ERR_OK && xlsx_list_count(w) > 0)
        rc = write_lists(w, e);
    if (rc == ERR_OK)
        rc = xlsx_write_frame_last(w, e);
    if (rc == ERR_OK && archive_write_close(w->zip) != ARCHIVE_OK)
        rc = write_out_fault(w, e);
    return rc;
}
