/*
 * book.h - a register as a table for people, for whoever knows nothing of sheets: what
 * registry_export() and registry_template() make, by the register's name.
 */
#ifndef REGISTRY_BOOK_H
#define REGISTRY_BOOK_H

#include "db/db.h"

#define REGISTRY_XLSX_TYPE "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

/*    book  name  type (RFC 6838) */
#define REGISTRY_BOOK_TABLE(X)                                                                     \
    X(XLSX, "xlsx", REGISTRY_XLSX_TYPE)      /* all rows */                                        \
    X(CSV, "csv", "text/csv; charset=utf-8") /* the same */                                        \
    X(FORM, "form", REGISTRY_XLSX_TYPE)      /* to fill in */

enum registry_book {
#define X(id, name, type) REGISTRY_BOOK_##id,
    REGISTRY_BOOK_TABLE(X)
#undef X
        REGISTRY_BOOKS
};

bool registry_has_book(struct span form); /* is it one of REGISTRY_KIND_TABLE (registry.h)? */

/* `form`: one that has. `agency`: only what is that agency's own; 0:
 * all. Appended. */
int registry_book(struct db *reader, struct span form, enum registry_book book, bool english,
                  int64_t agency, struct buf *out, struct err *e);

#endif
