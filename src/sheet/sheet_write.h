/*
 * sheet_write.h - a book, written row by row: XLSX for people, CSV for programs.
 *
 *     book_write_new(&w, BOOK_XLSX, sheets, 2, &out, e)   the sheets that there will be
 *     book_write_sheet(w, e)                              the first, with its header row
 *     book_write_row(w, cells, count, e) ...
 *     book_write_sheet(w, e)                              the second
 *     book_write_row(w, cells, count, e) ...
 *     book_write_end(w, e)
 *     book_write_free(&w)
 *
 * The same calls give the same bytes (with the same zlib). `out` grows up to its own maximum and is
 * whole only after book_write_end(). Layouts are borrowed until then.
 *
 * XLSX: header row bold, frozen, with a filter; texts are texts, never formulas; days and times are
 * dates; columns with choices have a list to choose from, which stands in a hidden sheet "_lists".
 *
 * CSV: UTF-8 with its mark, CR LF, commas; only the first sheet, others are left out. Numbers have
 * a decimal comma, as Vietnamese spreadsheets write and read them; days are dd/mm/yyyy. A text that
 * a spreadsheet would take for a formula (it begins with = + - @ tab, CR or LF) gets a ' in front,
 * and so does one that begins with ' and would lose it when read back; book_write_neutralised()
 * counts them.
 *
 * Malformed UTF-8 becomes U+FFFD in both.
 */
#ifndef SHEET_WRITE_H
#define SHEET_WRITE_H

#include "base/buf.h"
#include "sheet/sheet.h"

enum sheet_look {
    SHEET_LOOK_PLAIN,
    SHEET_LOOK_TEXT, /* what is typed into it stays a text: 0912... keeps its zero */
    SHEET_LOOK_DATE, /* dd/mm/yyyy */
    SHEET_LOOK_TIME, /* dd/mm/yyyy hh:mm:ss, at midnight, too */
    SHEET_LOOK_WRAP, /* long text in several lines */
};

struct sheet_column {
    struct span name;           /* of the header row */
    enum sheet_look look;       /* of cells, typed ones too */
    uint32_t width;             /* characters, 1..255 */
    const struct cell *choices; /* TEXT or NUMBER */
    uint32_t choice_count;
};

struct sheet_layout {
    struct span name; /* at most 31 characters, none of []:*?/\ */
    const struct sheet_column *columns;
    uint32_t column_count; /* 1 .. LIMIT_SHEET_COLUMNS */
};

struct book_writer;

/* ERR_NOMEM. *out is NULL then. */
CHECK_RESULT int book_write_new(struct book_writer **w, enum book_format format,
                                const struct sheet_layout *sheets, uint32_t sheet_count,
                                struct buf *out, struct err *e);

/* The next sheet begins. */
CHECK_RESULT int book_write_sheet(struct book_writer *w, struct err *e);

/* ERR_LIMIT: over LIMIT_SHEET_ROWS, LIMIT_SHEET_COLUMNS, LIMIT_CELL_BYTES, more characters than
 * Excel takes in a cell (32,767), or over the maximum of `out`. ERR_NOMEM. */
CHECK_RESULT int book_write_row(struct book_writer *w, const struct cell *cells, uint32_t count,
                                struct err *e);

/* After the last row of the last sheet. */
CHECK_RESULT int book_write_end(struct book_writer *w, struct err *e);

/* Before the end, too: what is in `out` is then no book. */
void book_write_free(struct book_writer **w);

/* Texts that got a ' in front. */
uint64_t book_write_neutralised(const struct book_writer *w);

#endif
