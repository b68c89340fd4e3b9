/*
 * table.h - rows of named columns as commands show them: for people, as JSON, as CSV.
 *
 *   columns, row, row, ... end ─▶ text for standard output
 *
 * For people columns are as wide as the first TABLE_HELD rows need; numbers stand to the right. In
 * JSON a row is an object, in CSV (RFC 4180) a line behind the one of names; texts that a
 * spreadsheet would take for formulas get a ' in front (put_csv_text()). A result that is not whole
 * says so behind its last row in every form:
 *
 *   table  "Not whole: WHY."   JSON  {"partial":true,"why":"WHY"}   CSV  #partial,WHY
 */
#ifndef TABLE_H
#define TABLE_H

#include <jansson.h>

#include "cmd/client.h"

#define TABLE_HELD  1000u

#define TABLE_FORMS "table|json|csv" /* of --format, in this order */
enum table_form { TABLE_PEOPLE, TABLE_JSON, TABLE_CSV };

struct table {
    enum table_form form;
    const struct screen *screen;
    json_t *columns; /* array of texts; NULL: none yet */
    json_t *held;    /* rows for whose widths is waited */
    bool running;    /* widths are known */
    size_t *width;
};

void table_init(struct table *t, enum table_form form, const struct screen *screen);
void table_release(struct table *t);

/* An array of texts, kept. False when there is no memory. */
bool table_columns(struct table *t, json_t *columns, struct buf *out);
/* An array of as many values; borrowed. */
bool table_row(struct table *t, json_t *row, struct buf *out);
void table_end(struct table *t, struct buf *out);

/* The mark behind the last row. */
void table_partial(enum table_form form, const char *why, struct buf *out);

#endif
