/*
 * book_own.h - what the readers of the two formats share. Not for others.
 */
#ifndef BOOK_OWN_H
#define BOOK_OWN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "sheet/sheet.h"
#include "sheet/xlsx_date.h"
#include "sheet/zip_parts.h"

#define BOOK_ARENA_BYTES ((size_t)16 << 20) /* names of sheets, relations, formats */

struct sheet {
    struct sheet_info info;
    uint32_t part; /* XLSX */
};

/* The texts of an XLSX, one behind the other; text i ends at ends[i]. */
struct shared_texts {
    struct buf bytes;
    struct buf ends; /* uint32_t */
};

struct book {
    enum book_format format;
    struct arena mem;
    struct sheet *sheets;
    uint32_t sheet_count;
    /* CSV */
    struct buf wide;  /* UTF-16 made UTF-8 */
    struct span text; /* without its mark */
    uint8_t separator;
    /* XLSX */
    struct zip_parts *parts;
    struct shared_texts shared;
    struct xlsx_formats formats;
};

/* A row that is being read: cells whose text is not known yet lie in `text`. */
struct row_maker {
    struct cell *cells; /* LIMIT_SHEET_COLUMNS */
    uint32_t count;
    uint32_t rows;  /* handed out */
    uint64_t bytes; /* of their texts */
    struct buf text;
    sheet_row_fn *fn;
    void *ctx;
    bool stopped; /* by fn */
};

#define ROW_TEXT_BYTES ((size_t)8 << 20)

int row_maker_init(struct row_maker *m, sheet_row_fn *fn, void *ctx, struct err *e);
void row_maker_release(struct row_maker *m);

/* Begins an empty row. */
void row_clear(struct row_maker *m);

/* The cell of a column, which is empty, for the caller to fill. A text that was added to m->text
 * is given as { NULL, its length } and follows the one before. NULL: over LIMIT_SHEET_COLUMNS. */
struct cell *row_cell(struct row_maker *m, uint32_t column);

/* Hands out the row when something stands in it. */
int row_give(struct row_maker *m, uint32_t number, struct err *e);

int csv_open(struct book *b, struct span bytes, struct err *e);
int csv_book_read(struct book *b, struct row_maker *m, struct err *e);

int xlsx_open(struct book *b, struct span bytes, struct err *e);
int xlsx_read(struct book *b, uint32_t sheet, struct row_maker *m, struct err *e);

struct span shared_text(const struct shared_texts *t, uint32_t index);
uint32_t shared_count(const struct shared_texts *t);

int book_no_memory(struct err *e);

#endif
