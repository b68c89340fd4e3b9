/*
 * make.h - zips and XLSX made by hand, byte by byte, so that a test may lie in any of them; and
 * books as text, for tests to compare.
 */
#ifndef MAKE_H
#define MAKE_H

#include "base/buf.h"
#include "sheet/sheet.h"

struct make_part {
    const char *name;
    struct span bytes;
};

/* A zip of stored members into `out`, cleared before. */
void make_zip(struct buf *out, const struct make_part *parts, size_t count);

/* What is left NULL is as ordinary as can be; a text that is "" leaves the part out. */
struct make_xlsx {
    const char *sheet;     /* the inside of <sheetData> */
    const char *worksheet; /* or the whole part */
    const char *shared;    /* the inside of <sst> */
    const char *styles;    /* the inside of <styleSheet> */
    const char *workbook;  /* whole */
    const char *relations; /* whole, of the workbook */
    const char *package;   /* whole, of the package */
};

void make_xlsx(struct buf *out, const struct make_xlsx *x);

/*
 * The book as text: "sheet NAME" or "hidden NAME" unless it is a CSV, then a line a row:
 *     5|text|#1.5|@20000+3661|?1|!#N/A||
 * or one line "error CODE sentence".
 */
void make_text(struct buf *out, struct span book);

#endif
