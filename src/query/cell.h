/*
 * cell.h - one value of a table: what it is, which of two comes first.
 *
 * Order, whole and the same everywhere: numbers (and texts that are one) by what they are worth,
 * to the last digit; then texts by their bytes; then none, which is last in descending order, too.
 */
#ifndef CELL_H
#define CELL_H

#include "base/arena.h"

enum query_cell_kind {
    CELL_NONE,
    CELL_TEXT,    /* text */
    CELL_INTEGER, /* integer */
    CELL_NUMBER,  /* number, finite */
    CELL_TIME,    /* integer: ns since 1970 UTC */
};

struct query_cell {
    enum query_cell_kind kind;
    union {
        struct span text;
        int64_t integer;
        double number;
    };
};

static inline struct query_cell cell_none(void)
{
    return (struct query_cell){ CELL_NONE, { .integer = 0 } };
}

/* SPAN_NONE is none. */
static inline struct query_cell cell_text(struct span s)
{
    return s.p == NULL ? cell_none() : (struct query_cell){ CELL_TEXT, { .text = s } };
}

static inline struct query_cell cell_integer(int64_t v)
{
    return (struct query_cell){ CELL_INTEGER, { .integer = v } };
}

static inline struct query_cell cell_time(int64_t ns)
{
    return (struct query_cell){ CELL_TIME, { .integer = ns } };
}

/* Clamped to what num_double() reads; not a number is none. */
struct query_cell cell_number(double v);

/* The number that a text is, integers as such; other cells as they are; CELL_NONE for a text that
 * is no number. */
struct query_cell cell_worth(struct query_cell c);

double cell_double(struct query_cell number); /* of INTEGER, NUMBER */

int cell_cmp(struct query_cell a, struct query_cell b, bool descending);

/* Equal kind and equal bytes: what groups are made by. */
bool cell_same(struct query_cell a, struct query_cell b);

/* With its text in `mem`; false when there is no room. */
bool cell_keep(struct query_cell *c, struct arena *mem);

#endif
