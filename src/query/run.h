/*
 * run.h - the commands of a query over the rows that its filter let through: a table.
 *
 *   events ─▶ sort, fields, limit ─▶ stats, top, rare, histogram ─▶ sort, fields, limit ... ─▶
 * table
 *
 * A row of events is asked for the fields that the commands name, one value each (the first), and
 * for nothing else. "time" is the event's time. Behind fields and figures, only their columns are
 * left. A query without commands gives the usual columns of each row.
 *
 *   stats      a row a group, in the order of the groups' values; a missing value is a group, too.
 *              Without `by` one row, of no events as well.
 *   top, rare  rows that lack one of the fields are left out; ties in the order of the values
 *   histogram  a row for each span (local days and hours) that has something, by time
 *
 * Memory is bounded by the limits given. Beyond them the table is partial, and says what is
 * missing: rows of further groups are counted, not grouped; of a sort the last rows go. What is
 * there is right. The same rows in the same order give the same table.
 */
#ifndef QUERY_RUN_H
#define QUERY_RUN_H

#include "query/cell.h"
#include "query/query.h"

#define QUERY_MISSING_BYTES 400u

struct query_table {
    struct span *columns;
    uint32_t column_count;
    struct query_cell *cells; /* row by row */
    uint32_t row_count;
    uint64_t rows_in; /* that the filter let through */
    bool partial;
    char missing[QUERY_MISSING_BYTES]; /* sentences; empty when not partial */
};

struct query_limits {
    uint32_t rows;     /* of a sort, of the table */
    uint32_t groups;   /* of one command */
    uint32_t distinct; /* values that all dc() of one command tell apart */
    size_t bytes;      /* of texts, of one command or the table */
};
#define QUERY_LIMITS_USUAL ((struct query_limits){ 100000, 50000, 1000000, (size_t)64 << 20 })

struct query_run_options {
    const struct query_field *usual; /* columns of rows that no command names */
    uint32_t usual_count;
    int32_t offset_s;           /* local time, for histogram */
    int64_t from_ns, until_ns;  /* of the search: a histogram without a span has
                                  at most 120 rows */
    struct query_limits limits; /* all greater than 0 */
};

struct query_row {
    struct span (*get)(void *arg, struct span name); /* SPAN_NONE: has none */
    void *arg;
    int64_t time_ns;
};

struct query_run;

/* Does the table depend on which rows there are only, not on the order in which they come? So it is
 * as long as it is not partial; sums of fractions come to the same within rounding. */
bool query_run_is_unordered(const struct query *q);

/* ERR_USAGE with a sentence when a command names a column that those before it left out. The query
 * and the usual columns are borrowed. */
int query_run_new(struct query_run **out, const struct query *q, const struct query_run_options *o,
                  struct err *e);
void query_run_free(struct query_run **run);

/* Texts are copied where they are kept. False: no further row can change the table. */
bool query_run_row(struct query_run *run, const struct query_row *row);

/* As many rows with the same values: as query_run_row() `times` times. */
bool query_run_rows(struct query_run *run, const struct query_row *row, uint64_t times);

/* Is it all the same which times from the one to the other rows have? So it is to a histogram that
 * has them in one span. */
bool query_run_same(const struct query_run *run, int64_t least_ns, int64_t greatest_ns);

/* What rows are asked for; "time" in any case is the row's time. */
uint32_t query_run_names(const struct query_run *run, const struct span **names);

/* After the last row, once. The table lives as long as the run. ERR_NOMEM when memory ran out that
 * the limits would have allowed. */
int query_run_end(struct query_run *run, const struct query_table **out, struct err *e);

#endif
