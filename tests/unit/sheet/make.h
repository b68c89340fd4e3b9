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

/* What is left NULL is as ordinary as can be, or, of `shared` and `styles`, not there. */
struct make_xlsx {
    /* Of sheet1.xml (r1) and of sheet2.xml (r0), which are the same: */
    const char *sheet;     /* the inside of <sheetData> */
    const char *worksheet; /* or the whole part */
    const char *shared;    /* the inside of <sst> */
    const char *styles;    /* the inside of <styleSheet> */
    const char *workbook;  /* whole */
    const char *relations; /* whole, of the workbook */
    const char *package;   /* whole, of the package */
};

void make_xlsx(struct buf *out, const struct make_xlsx *x);

/* The members of *x in order, each with a zero byte behind it, NULL as "": the input of the fuzz
 * target sheet_xlsx. And back; the texts are in `in`. */
void make_xlsx_pack(struct buf *out, const struct make_xlsx *x);
bool make_xlsx_unpack(struct make_xlsx *x, struct span in);

/*
 * The book as text: "sheet NAME" or "hidden NAME" unless it is a CSV, then a line a row:
 *     5|text|#1.5|@20000+3661|?1|!#N/A||
 * or one line "error CODE sentence".
 */
void make_text(struct buf *out, struct span book);

/* With CANH_SEEDS set to a folder: a seed of a fuzz target. */
void make_seed(const char *target, size_t index, struct span s);

#endif
