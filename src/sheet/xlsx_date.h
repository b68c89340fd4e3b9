/*
 * xlsx_date.h - which numbers of an XLSX are dates, and which dates (ECMA-376 part 1, 18.8.30
 * numFmt, 18.17.4.1 date systems).
 *
 * A date is a number of days whose cell has a format that shows a day or a time of day. The format
 * is known by its number, or by its code: "dd/mm/yyyy". Durations ([h]:mm) are numbers.
 */
#ifndef XLSX_DATE_H
#define XLSX_DATE_H

#include "base/arena.h"
#include "base/base.h"

#define XLSX_STYLES_MAX  65536u /* Excel allows 65,490 */
#define XLSX_FORMATS_MAX 65536u /* numbers of formats */

/* The formats of a book: filled from styles.xml, asked for each number. */
struct xlsx_formats {
    bool since_1904;
    uint8_t *known;   /* by number of the format: 0 not the book's own, else 1 + is a date */
    uint8_t *is_date; /* by style (cellXfs) */
    uint32_t style_count;
};

/* Memory out of `mem`, as long as the book. */
CHECK_RESULT int xlsx_formats_init(struct xlsx_formats *f, struct arena *mem, struct err *e);

/* A number format of the book's own; the last one of a number counts. */
void xlsx_format_add(struct xlsx_formats *f, uint32_t id, struct span code);

/* The next style (from 0), and the number format that it has. */
void xlsx_style_add(struct xlsx_formats *f, uint32_t format_id);

/* Whether numbers of this style are dates; an unknown style is none. */
bool xlsx_style_is_date(const struct xlsx_formats *f, uint32_t style);

bool xlsx_code_is_date(struct span code);

/* The day and second of a number; false when there is no such day: 29.2.1900, before the first
 * day, or after the year 9999. */
bool xlsx_date(double serial, bool since_1904, int64_t *days, uint32_t *seconds);

/* The number of a day on or after 1900-03-01 (1900 system). */
#define XLSX_DAYS_FIRST (-25508) /* 1900-03-01 since 1970 */
double xlsx_serial(int64_t days, uint32_t seconds);

#endif
