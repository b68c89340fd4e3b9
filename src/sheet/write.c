/*
 * write.c - what is common to both writers: order of the calls, limits.
 */
#include "sheet/write_own.h"

#include <stdlib.h>

#define EXCEL_CELL_CHARACTERS 32767u

int book_write_new(struct book_writer **out, enum book_format format,
                   const struct sheet_layout *sheets, uint32_t sheet_count, struct buf *to,
                   struct err *e)
{
    struct book_writer *w = calloc(1, sizeof(*w));
    int rc = ERR_OK;

    MUST(sheet_count > 0 && sheet_count < LIMIT_BOOK_SHEETS);
    *out = NULL;
    if (w == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to write the book.");
    for (uint32_t i = 0; i < sheet_count; i++)
        MUST(sheets[i].column_count > 0 && sheets[i].column_count <= LIMIT_SHEET_COLUMNS);
    w->format = format;
    w->sheets = sheets;
    w->sheet_count = sheet_count;
    w->out = to;
    if (format == BOOK_XLSX)
        rc = xlsx_write_begin(w, e);
    else
        buf_text(to, "\xef\xbb\xbf");
    if (rc != ERR_OK)
        book_write_free(&w);
    *out = w;
    return rc;
}

void book_write_free(struct book_writer **pw)
{
    struct book_writer *w = *pw;

    *pw = NULL;
    if (w == NULL)
        return;
    xlsx_write_release(w);
    free(w);
}

int write_out_fault(const struct book_writer *w, struct err *e)
{
    return err_set(e, ERR_LIMIT, w->row, "The book would be larger than %zu bytes.", w->out->max);
}

static int header(struct book_writer *w, struct err *e)
{
    const struct sheet_layout *s = &w->sheets[w->begun - 1];
    struct cell *cells = calloc(s->column_count, sizeof(*cells));
    int rc;

    if (cells == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to write the book.");
    for (uint32_t i = 0; i < s->column_count; i++)
        cells[i] = (struct cell){ .kind = CELL_TEXT, .text = s->columns[i].name };
    rc = book_write_row(w, cells, s->column_count, e);
    free(cells);
    return rc;
}

int book_write_sheet(struct book_writer *w, struct err *e)
{
    int rc = ERR_OK;

    MUST(w->begun < w->sheet_count);
    if (w->format == BOOK_XLSX && w->begun > 0)
        rc = xlsx_write_sheet_end(w, e);
    w->begun++;
    w->row = 0;
    if (rc == ERR_OK && w->format == BOOK_XLSX)
        rc = xlsx_write_sheet(w, e);
    return rc == ERR_OK ? header(w, e) : rc;
}

/* UTF-16 units, as Excel counts; a malformed byte becomes one. */
static size_t characters(struct span s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += (s.p[i] & 0xC0) != 0x80 ? (s.p[i] >= 0xF0 ? 2 : 1) : 0;
    return n;
}

int book_write_row(struct book_writer *w, const struct cell *cells, uint32_t count, struct err *e)
{
    MUST(w->begun > 0);
    if (w->row == LIMIT_SHEET_ROWS)
        return err_set(e, ERR_LIMIT, w->row, "The sheet would have more than %d rows.",
                       LIMIT_SHEET_ROWS);
    if (count > LIMIT_SHEET_COLUMNS)
        return err_set(e, ERR_LIMIT, w->row, "The sheet would have more than %d columns.",
                       LIMIT_SHEET_COLUMNS);
    for (uint32_t i = 0; i < count; i++) {
        struct span s = cells[i].kind == CELL_TEXT ? cells[i].text : SPAN_NONE;

        if (s.n > LIMIT_CELL_BYTES || characters(s) > EXCEL_CELL_CHARACTERS)
            return err_set(e, ERR_LIMIT, w->row + 1u, "A text of row %u is too long for a cell.",
                           w->row + 1u);
    }
    w->row++;
    if (w->format == BOOK_XLSX)
        return xlsx_write_row(w, cells, count, e);
    if (w->begun > 1) /* a CSV has one sheet */
        return ERR_OK;
    return csv_write_row(w, cells, count, e);
}

int book_write_end(struct book_writer *w, struct err *e)
{
    MUST(w->begun == w->sheet_count);
    if (w->format == BOOK_XLSX)
        return xlsx_write_end(w, e);
    return buf_failed(w->out) ? write_out_fault(w, e) : ERR_OK;
}

uint64_t book_write_neutralised(const struct book_writer *w)
{
    return w->neutralised;
}
