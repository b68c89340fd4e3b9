/*
 * figures.h - what commands want of a block's events, out of its columns, for as many events at
 * once as have the same answers.
 *
 *   shape ──rows alike in the slots that answers look at──▶ one of them is read and asked
 *     │         (known from earlier blocks: none is)              │
 *     └──────────── how many rows have that, and these values ◀──┘──▶ values, times
 *
 * Answers about an event depend on what was looked at of it (struct event_watch): the fields' names
 * and places, which rows of a shape have in common, and some values. So rows of a shape that have
 * the same bytes in the slots of these values have the same answers. A value that is only handed
 * on, as it stands, needs not be the same: it is the answer, and is taken from its own column.
 * This is exact. A text that is looked for in the whole record (keywords of rules) is one that
 * slots may have a say in, or not, as with patterns of the taxonomy (figures_tests.c). What does
 * not fit is left to who reads events one by one: shapes that are partial or no documents (JSON,
 * XML), since how the others are read may hang on values that nobody looked at; filters that ask
 * the search text; slots with too many different values that matter (to rules: events of which such
 * a slot was looked at); blocks of version 1. What was
 * learnt of a shape is kept for those of other blocks that are the same.
 *
 * One thread.
 */
#ifndef FIGURES_H
#define FIGURES_H

#include "query/value.h"
#include "figures/shown.h"
#include "figures/source_names.h"
#include "store/block.h"

struct figures;

/* A block whose columns are open. left[row]: the event counts, and nobody looked at it yet. */
struct figures_block {
    struct block *block;
    const struct source_names *names; /* of its sources */
    uint32_t lane;
    bool *left;
};

/* Does this event matter? It is watched (event_watch()). */
typedef bool figures_matters_fn(void *arg, struct event *e);

struct figures_from {
    const struct taxonomy *taxonomy;
    const struct names *names;
    const struct query *query;
    const struct query_eval *filter;
    const struct query_values *values;
    const struct span *name; /* asked of each event; "time" is its time */
    uint32_t name_count;
    int64_t from_ns, to_ns; /* from <= t < to; INT64_MIN and INT64_MAX: no end */
    int64_t skew_ns;
    /* Rows are told for each name by itself: for tallies, which count events once a name. `dropped`
     * (by name, borrowed, may change between blocks): it is not asked for any more. Names are none
     * of the time then, and the times of a block's events are told by figures_times(). */
    bool apart;
    const bool *dropped;
    /* Instead of a query and names: events that do not matter, and no others, are cleared, and
     * nothing is told. NULL: there is a query. */
    figures_matters_fn *matters;
    void *matters_arg;
};

struct figures_row {
    uint32_t name;            /* apart: which; its value is value[0] */
    const struct span *value; /* by name; SPAN_NONE: none; nothing for the time */
    int64_t time_ns;          /* when it is asked for */
    uint64_t times;
};
typedef int figures_fn(void *arg, const struct figures_row *row, struct err *e);

/* What `from` points to is borrowed. ERR_NOMEM. */
int figures_new(struct figures **out, const struct figures_from *from, struct err *e);
void figures_free(struct figures **f);

/* Those of b->left that can be told by columns: each is cleared, and `fn` told of it when the
 * filter holds for it and its time is in the range. On an error `fn` was told of none. ERR_CORRUPT,
 * ERR_NOMEM, what fn returns. */
int figures_block(struct figures *f, const struct figures_block *b, figures_fn *fn, void *arg,
                  struct err *e);

/* Apart: of the events that were told of the last block, those that have times of their own, and
 * are not outside of these, which may be too wide. False: none has. */
bool figures_times(const struct figures *f, int64_t *least, int64_t *greatest);

/* What is known of shapes by now takes so much. */
size_t figures_bytes(const struct figures *f);

#endif
