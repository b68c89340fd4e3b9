/*
 * run_own.h - what the files of a run share. A stage takes rows of cells and pushes rows of cells
 * to the next one; the last one is the table.
 */
#ifndef QUERY_RUN_OWN_H
#define QUERY_RUN_OWN_H

#include "query/run.h"

struct columns {
    struct span *name;
    uint32_t count;
};

/* Rows that are kept, with their texts. */
struct rows {
    struct query_cell *cell;
    uint32_t width, count, cap, max;
    struct arena mem;
};

struct rows_key {
    uint32_t column;
    bool descending;
};

struct stage {
    struct query_run *run;
    struct stage *next;
    const struct query_command *c;
    struct columns in;
    uint32_t *at;             /* columns of `in` that it reads, in the order of the command */
    struct query_cell *cells; /* room for a row that it makes */
    bool done;                /* no further row can change what it gives */
    uint64_t seen;            /* limit: rows let through */
    uint64_t missed;          /* rows that there was no room for */
    struct rows rows;         /* sort and table */
    struct rows_key *keys;    /* sort */
    struct rows bound; /* sort: the first of the rows that went; none from there on is kept */
    struct groups *groups;
    void (*push)(struct stage *s, const struct query_cell *cells);
    void (*end)(struct stage *s);
};

struct query_run {
    struct query_run_options o;
    struct arena mem;
    struct stage *first, *table;
    struct columns source;
    struct query_cell *source_cells;
    bool *source_is_time;
    struct query_table out;
    uint64_t times; /* as many rows as the one that is pushed; groups count with it */
    bool failed;    /* no memory */
    bool ended;
};

/* run_rows.c. False when there is no room left. A row goes in whole or not at all. */
void rows_init(struct rows *r, uint32_t width, uint32_t max, size_t bytes);
void rows_release(struct rows *r);
bool rows_add(struct rows *r, const struct query_cell *cells, bool *no_memory);

/* NULL for rows without columns. */
static inline const struct query_cell *rows_at(const struct rows *r, uint32_t row)
{
    return r->width > 0 ? r->cell + (size_t)row * r->width : NULL;
}

/* Sort stably by the given columns and drop what is behind `keep` rows. */
bool rows_sort(struct rows *r, const struct rows_key *keys, uint32_t key_count, uint32_t keep);

/* Drop what is behind `keep` rows, in the order in which they are. */
bool rows_cut(struct rows *r, uint32_t keep);

/* <0: a comes first, by these columns. */
int rows_order(const struct query_cell *a, const struct query_cell *b, const struct rows_key *keys,
               uint32_t key_count);

/* Says in the table that something is missing. */
void run_missing(struct query_run *run, const char *fmt, ...) CHECK_FORMAT(2, 3);

/* run_group.c: stats, top, rare, histogram. `out` is set to what the stage gives. */
bool group_stage(struct stage *s, struct columns *out);
void group_release(struct stage *s);
/* Are these times of one span of a histogram? */
bool group_same(const struct stage *s, int64_t least_ns, int64_t greatest_ns);

/* Column `name` of these: exactly, else without case; count when there is none. */
uint32_t columns_find(const struct columns *c, struct span name);

#endif
