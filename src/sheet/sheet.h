/*
 * sheet.h - tables of people: a book of sheets of rows of cells, out of XLSX (ECMA-376, ISO/IEC
 * 29500, transitional and strict) or CSV (RFC 4180).
 *
 * Which of the two it is, the first bytes tell, never a name. What else is often sent as a table
 * (.xls, .xlsb, .ods, a book with a password, a web page) is refused by its name.
 *
 *     book_open(&b, bytes, e)       the parts of the zip, the list of sheets, texts and formats
 *     book_read(b, 0, fn, ctx, e)   fn(row) for each row in which something stands; as often as
 * liked book_free(&b)
 *
 * Memory: `bytes` is borrowed and stays until book_free(); a sheet is unpacked in a stream and a
 * row lives until its callback returns; the shared texts of an XLSX are kept. Everything that can
 * be many has a row in limits.h: BOOK_BYTES, BOOK_UNPACKED_BYTES, BOOK_PARTS, BOOK_SHEETS,
 * SHEET_ROWS, SHEET_COLUMNS, SHEET_TEXT_BYTES (a text that many cells share counts in each: a small
 * book can hold a large sheet), SHARED_TEXT_BYTES, CELL_BYTES.
 *
 * Of an XLSX:
 *   formulas          the value that was saved with them; without one the cell is an ERROR
 *   merged cells      the value is in the first one, the others are empty
 *   dates             numbers whose format shows a day or a time of day; both date systems. The
 *                     29.2.1900, which Excel believes in, is an ERROR
 *   rich text         its runs in one; phonetic guides are left out
 *   hidden sheets     are read like others; struct sheet_info says so
 *   pictures, macros, links to other files     are not looked at
 * Of a CSV:
 *   UTF-8, or UTF-16 with a byte order mark; any other encoding is refused with the place of the
 *   first byte that shows it. The separator (, ; tab) is the one that the first line has most of,
 *   or what "sep=" says. All cells are texts. One ' is taken off in front of = + - @ tab, CR and
 * LF: sheet_write.h puts it there.
 */
#ifndef SHEET_H
#define SHEET_H

#include "base/base.h"

#define BOOK_FORMAT_TABLE(X)                                                                       \
    X(CSV, "csv", "text/csv; charset=utf-8")                                                       \
    X(XLSX, "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")

enum book_format {
#define X(id, name, media_type) BOOK_##id,
    BOOK_FORMAT_TABLE(X)
#undef X
        BOOK_FORMAT_COUNT
};

/* "csv", "xlsx": also the end of a file's name; and the media type. */
const char *book_format_name(enum book_format f);
const char *book_format_media_type(enum book_format f);

#define CELL_KIND_TABLE(X)                                                                         \
    X(EMPTY, "empty")                                                                              \
    X(TEXT, "text")                                                                                \
    X(NUMBER, "number")                                                                            \
    X(DATE, "date")                                                                                \
    X(BOOL, "bool")                                                                                \
    X(ERROR, "error")

enum cell_kind {
#define X(id, name) CELL_##id,
    CELL_KIND_TABLE(X)
#undef X
        CELL_KIND_COUNT
};

const char *cell_kind_name(enum cell_kind k);

struct cell {
    enum cell_kind kind;
    struct span text; /* TEXT: valid UTF-8. ERROR: what the cell shows, "#N/A". NUMBER: shortest */
    double number;    /* NUMBER; BOOL: 0 or 1 */
    int64_t days;     /* DATE: since 1970-01-01; a time of day alone has the day 1899-12-31 */
    uint32_t seconds; /* DATE: of the day, 0..86399, rounded */
};

struct sheet_row {
    uint32_t number;          /* as the program that made it shows it, from 1 */
    uint32_t count;           /* cells up to the last in which something stands, at least 1 */
    const struct cell *cells; /* cells[0] is column A */
};

/* ERR_OK goes on; anything else ends book_read(), which returns it: a fault, or a positive number
 * of the caller's for "enough". */
typedef int sheet_row_fn(void *ctx, const struct sheet_row *row, struct err *e);

struct sheet_info {
    struct span name; /* "" for a CSV; lives as long as the book */
    bool hidden;
};

struct book;

/*
 * ERR_SYNTAX       it is damaged, or no table: the sentence says what is wrong and where
 * ERR_UNSUPPORTED  it is whole, but of a kind that is not read; the sentence says what to do
 * ERR_LIMIT        more than limits.h allows
 * ERR_NOMEM
 * *out is NULL then.
 */
CHECK_RESULT int book_open(struct book **out, struct span bytes, struct err *e);
void book_free(struct book **b);

enum book_format book_format(const struct book *b);
uint32_t book_sheet_count(const struct book *b);
struct sheet_info book_sheet(const struct book *b, uint32_t sheet);

/* Errors as of book_open(), and what `fn` returned. Rows come in order; those in which nothing
 * stands are left out. */
CHECK_RESULT int book_read(struct book *b, uint32_t sheet, sheet_row_fn *fn, void *ctx,
                           struct err *e);

/* "A", "Z", "AA" for 0, 25, 26: at most 3 letters and a zero byte. */
#define COLUMN_LETTERS_MAX 4u
void column_letters(uint32_t column, char out[COLUMN_LETTERS_MAX]);

#endif
