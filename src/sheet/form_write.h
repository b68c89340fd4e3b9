/*
 * form_write.h - rows of a form as a book that form_read() takes back unchanged, and the empty book
 * to fill in.
 *
 *     form_write_new(&w, &form, FORM_VI, BOOK_XLSX, &out, e)
 *     form_write_row(w, values, e) ...        none: the empty book
 *     form_write_end(w, e)
 *     form_write_free(&w)
 *
 * An XLSX has a second sheet which says of each column what it takes, and lists to choose from in
 * columns with choices and levels. A CSV has the rows alone. Headers and choices are in the
 * language asked for.
 */
#ifndef FORM_WRITE_H
#define FORM_WRITE_H

#include "base/buf.h"
#include "sheet/columns.h"

struct form_writer;

/* ERR_NOMEM, ERR_LIMIT. *out is NULL then. */
CHECK_RESULT int form_write_new(struct form_writer **w, const struct form *f, enum form_language l,
                                enum book_format format, struct buf *out, struct err *e);

/* One value a column. Errors of book_write_row(). */
CHECK_RESULT int form_write_row(struct form_writer *w, const struct value *values, struct err *e);

CHECK_RESULT int form_write_end(struct form_writer *w, struct err *e);
void form_write_free(struct form_writer **w);

/* Texts that got a ' in front; see sheet_write.h. */
uint64_t form_write_neutralised(const struct form_writer *w);

#endif
