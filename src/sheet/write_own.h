/*
 * write_own.h - what the writers of the two formats share. Not for others.
 */
#ifndef WRITE_OWN_H
#define WRITE_OWN_H

#include "base/limits.h"
#include "sheet/sheet_write.h"

struct archive;

struct book_writer {
    enum book_format format;
    const struct sheet_layout *sheets;
    uint32_t sheet_count;
    uint32_t begun; /* sheets; the one that is written is begun - 1 */
    uint32_t row;   /* the last that was written, header included */
    struct buf *out;
    uint64_t neutralised;
    /* XLSX */
    struct archive *zip;
    uint32_t rows[LIMIT_BOOK_SHEETS]; /* of the sheets that are written */
    struct buf xml;                   /* of a row */
};

int csv_write_row(struct book_writer *w, const struct cell *cells, uint32_t count, struct err *e);

int xlsx_write_begin(struct book_writer *w, struct err *e);
int xlsx_write_sheet(struct book_writer *w, struct err *e);
int xlsx_write_row(struct book_writer *w, const struct cell *cells, uint32_t count, struct err *e);
int xlsx_write_sheet_end(struct book_writer *w, struct err *e);
int xlsx_write_end(struct book_writer *w, struct err *e);
void xlsx_write_release(struct book_writer *w);

/* A part of the zip: it begins, and gets bytes. */
int xlsx_part(struct book_writer *w, const char *name, struct err *e);
int xlsx_add(struct book_writer *w, struct span s, struct err *e);

/* Columns with choices, of all sheets together: their lists are the columns of "_lists". */
uint32_t xlsx_list_count(const struct book_writer *w);

/* All parts but the sheets. */
int xlsx_write_frame_first(struct book_writer *w, struct err *e);
int xlsx_write_frame_last(struct book_writer *w, struct err *e);

/* Text of an element or attribute (ST_Xstring). */
void xlsx_put_text(struct buf *out, struct span s);

/* "A1:F10" */
void xlsx_put_range(struct buf *out, uint32_t columns, uint32_t rows, bool absolute);

int write_out_fault(const struct book_writer *w, struct err *e);

#endif
