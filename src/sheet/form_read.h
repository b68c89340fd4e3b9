/*
 * form_read.h - a book read against a form (columns.h): all of it, or none.
 *
 * The header row is the one of the first FORM_HEADER_ROWS rows of the visible sheets that has the
 * most of the form's columns; titles above it do not disturb. Columns may be in any order, and are
 * known by name or by either language's header, without regard to case, marks and blanks. What
 * stands below is read to the end of that sheet; rows without a value are left out.
 *
 * The book is read twice: once to look at every cell, and only when nothing is wrong a second time
 * to hand out the rows. So memory is that of one row and of FORM_FAULTS_MAX faults.
 */
#ifndef FORM_READ_H
#define FORM_READ_H

#include "sheet/columns.h"

#define FORM_HEADER_ROWS 20u
#define FORM_FAULTS_MAX  200u /* further ones are counted */

/* Names of the sheet that form_write.h puts beside the table: not read, and not told. */
#define FORM_HELP_VI   "Hướng dẫn"
#define FORM_HELP_EN   "Guide"

#define FORM_NO_COLUMN UINT32_MAX

struct form_fault {
    enum fault id;
    struct span sheet;  /* its name, "" for a CSV */
    uint32_t row;       /* 0: the whole sheet */
    uint32_t column;    /* FORM_NO_COLUMN: none */
    struct span header; /* of the column, as it stands in the book */
    struct fault_words words;
};

struct form_report {
    struct arena mem; /* texts of the faults */
    struct form_fault *list;
    uint32_t count;       /* in the list, notes too */
    uint64_t more;        /* beyond it */
    uint64_t fault_count; /* all that are no notes */
    uint64_t rows;        /* with values */
};

void form_report_init(struct form_report *r);
void form_report_release(struct form_report *r);

/* "Trang “Máy”, dòng 5, cột C (Tên hệ thống): Bắt buộc phải có giá trị." */
void form_fault_put(struct buf *out, const struct form_fault *f, enum form_language l);

struct form_row {
    uint32_t number;            /* in its sheet */
    const struct value *values; /* one a column of the form; live until the callback returns */
    const uint32_t *columns;    /* in which column of the sheet each stands, or FORM_NO_COLUMN */
};

typedef int form_row_fn(void *ctx, const struct form_row *row, struct err *e);

/*
 * ERR_OK      every row was handed out
 * ERR_SYNTAX  the report has faults (fault_count > 0), and nothing was handed out; or as below
 * else        errors of book_open() and book_read(); ERR_NOMEM; or what `fn` returned, which ends
 *             the reading
 * ERR_NOMEM and an answer of `fn` may come when some rows were handed out already: whoever takes
 * rows keeps them only on ERR_OK, in one transaction.
 */
CHECK_RESULT int form_read(const struct form *f, struct span bytes, form_row_fn *fn, void *ctx,
                           struct form_report *report, struct err *e);

#endif
