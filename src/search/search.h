/*
 * search.h - which stored events are what a query says, and what its commands make of them.
 *
 *   walk ──events──▶ eval ─┬─▶ no commands, or only fields and limit:
 *    ▲                     │   the `limit` newest ──▶ lines, the newest first
 *    └─needs─ query        └─▶ stats, top, rare, sort, histogram: all of them ──▶ a table
 *
 * Lines, each with its "\n":
 *   events   as shown.h has them
 *   tables   {"columns":["user","count"]}, then {"row":["root",12]} for each row; times are texts,
 *            what a row does not have is null
 *
 * The store's order is (receipt time, lane, sequence). Where only the newest are asked for, a
 * search goes on until nothing that is left can be newer than the last of them. Otherwise, and when
 * there are fewer, it looks at all there is, until its budget is spent or it is told to stop: what
 * it has then is marked partial, with the reason, and is right as far as it goes. Rows that a sort
 * finds equal come in no order that is promised.
 *
 * What only counts the values of one name, or events, and asks no more than a time of them takes
 * sealed files that lie in it from their tallies (store/tally.h), other events that count from
 * columns (figures.h) where they tell: the same table, sooner.
 *
 * Times are those of query_subject_time(), for from and to as for since: and until:; units are left
 * out by the time of receipt, which is not further from it than the skew.
 *
 * A search goes step by step, so that one thread can do other things between.
 */
#ifndef SEARCH_H
#define SEARCH_H

#include "query/run.h"
#include "search/walk.h"

#define SEARCH_LIMIT_MAX 10000u
#define SEARCH_BYTES     ((size_t)256 << 20) /* usual memory for what was found */

struct search_from {
    const struct io *io;
    const char *data;              /* see walk.h */
    const struct lane_place *ends; /* see walk.h */
    const struct taxonomy *taxonomy;
    const struct names *names;
    struct span query;
    struct query_clock clock;
    int64_t from_ns, to_ns; /* from <= t < to */
    int64_t skew_ns;        /* not negative */
    uint32_t limit;         /* 1 to SEARCH_LIMIT_MAX; `| limit` may say something else */
    uint64_t budget_ms;     /* 0: as long as it takes */
    size_t bytes;           /* for what was found; 0: SEARCH_BYTES */
    bool filter_only;       /* commands are a fault */
    bool no_index;          /* look everywhere: for tests */
    bool no_columns;        /* put together every event that is looked at: for tests */
    bool no_tallies;        /* look into blocks for what tallies tell: for tests */
};

struct search_counts {
    uint64_t events;         /* looked at */
    uint64_t shown;          /* events or rows among the lines, when it is done */
    uint64_t found;          /* of them, that the filter holds for; all there are, unless `more` */
    uint64_t blocks, passed; /* sealed: in the time; of them, left out by the index of words */
    uint64_t damaged;        /* blocks that cannot be read */
    uint64_t told;           /* of the events, by the columns alone (figures.h) */
    uint64_t tallied;        /* of the events, by the tallies of sealed files alone */
    uint64_t ms;
    bool more; /* the limit was reached: older ones were not looked for */
    bool partial;
    char why[512]; /* it is */
};

struct search;

/* ERR_SYNTAX or ERR_LIMIT with e->at, ERR_USAGE: the query; ERR_IO, ERR_NOMEM. */
int search_new(struct search **out, const struct search_from *from, struct err *e);
void search_free(struct search **s);

/* Some more: 1, 0 when it is done, or a negative code: it cannot go on. */
int search_step(struct search *s, struct err *e);

/* Be done with the next step, which makes a table of what there is. `why`: a part of a sentence. */
void search_stop(struct search *s, const char *why);

/* When it is done: how many lines there are, and line `i`, which lives until the next is asked for;
 * ERR_NOMEM. */
uint32_t search_lines(const struct search *s);
int search_line(struct search *s, uint32_t i, struct span *line, struct err *e);

struct search_counts search_counts(const struct search *s);

#endif
