/*
 * sheet_again.h - what must hold for any book: it is read or refused with a sentence; its rows,
 * written as an XLSX, are read as the same.
 */
#ifndef SHEET_AGAIN_H
#define SHEET_AGAIN_H

#include "base/limits.h"
#include "base/utf.h"
#include "sheet/sheet_write.h"
#include "sheet/xlsx_date.h"

struct again {
    struct book_writer *w;
    struct buf text; /* the rows without their numbers */
    uint32_t skip;
    bool full; /* more than can be written */
};

static void again_cell(struct buf *out, const struct cell *c)
{
    MUST(c->kind == CELL_TEXT || c->kind == CELL_ERROR ? c->text.n > 0 : true);
    MUST(utf8_valid(c->text) && c->text.n <= LIMIT_CELL_BYTES);
    buf_fmt(out, "|%d,%.17g,%lld,%u,", (int)c->kind, c->number, (long long)c->days, c->seconds);
    buf_add(out, c->text);
}

static int again_row(void *ctx, const struct sheet_row *row, struct err *e)
{
    struct again *a = ctx;
    struct cell cells[LIMIT_SHEET_COLUMNS];

    MUST(row->count > 0 && row->count <= LIMIT_SHEET_COLUMNS);
    if (a->skip > 0 && a->skip-- > 0)
        return ERR_OK;
    for (uint32_t i = 0; i < row->count; i++) {
        cells[i] = row->cells[i];
        if (cells[i].kind == CELL_ERROR) /* is written as a text */
            cells[i].kind = CELL_TEXT;
        if (cells[i].kind == CELL_DATE && cells[i].days < XLSX_DAYS_FIRST) /* so is this */
            cells[i] = (struct cell){ .kind = CELL_BOOL };
        again_cell(&a->text, &cells[i]);
    }
    buf_byte(&a->text, 10);
    a->full |= a->w != NULL && book_write_row(a->w, cells, row->count, e) != ERR_OK;
    return ERR_OK;
}

static void again_sheet(struct book *b, uint32_t sheet)
{
    static const struct sheet_column column = { .name = { (const uint8_t *)"h", 1 }, .width = 9 };
    static const struct sheet_layout layout = { { (const uint8_t *)"S", 1 }, &column, 1 };
    struct again first = { .skip = 0 }, second = { .skip = 1 };
    struct book *copy = NULL;
    struct buf out;
    struct err e = { .code = ERR_OK };

    buf_init(&out, LIMIT_BOOK_BYTES);
    buf_init(&first.text, (size_t)64 << 20);
    buf_init(&second.text, (size_t)64 << 20);
    MUST(book_write_new(&first.w, BOOK_XLSX, &layout, 1, &out, NULL) == ERR_OK);
    MUST(book_write_sheet(first.w, NULL) == ERR_OK);
    if (book_read(b, sheet, again_row, &first, &e) != ERR_OK) {
        MUST(e.code < 0 && e.why[0] != 0);
    } else if (!first.full) {
        MUST(book_write_end(first.w, NULL) == ERR_OK);
        MUST(book_open(&copy, buf_span(&out), NULL) == ERR_OK);
        MUST(book_read(copy, 0, again_row, &second, NULL) == ERR_OK);
        MUST(span_eq(buf_span(&first.text), buf_span(&second.text)));
    }
    book_free(&copy);
    book_write_free(&first.w);
    buf_release(&first.text);
    buf_release(&second.text);
    buf_release(&out);
}

static void sheet_again(struct span in)
{
    struct book *b;
    struct err e = { .code = ERR_OK };

    if (book_open(&b, in, &e) != ERR_OK) {
        MUST(b == NULL && e.code < 0 && e.why[0] != 0);
        return;
    }
    for (uint32_t i = 0; i < book_sheet_count(b) && i < 4; i++)
        again_sheet(b, i);
    book_free(&b);
}

#endif
