/*
 * correlate_own.h - what the files correlate*.c share. Private to them.
 *
 *   correlate_plan.c    which rule feeds which correlation, when each is judged, orders as steps
 *   correlate_record.c  the bytes of a hit
 *   correlate_window.c  a group's window and what is computed over it, one row a type
 *   correlate_order.c   sorted numbers with ranks, for percentiles
 *   correlate.c         groups, moments, results
 */
#ifndef CORRELATE_OWN_H
#define CORRELATE_OWN_H

#include <stdlib.h>

#include "sigma/correlate.h"

#define CORRELATE_NONE UINT32_MAX

/* --- plan --------------------------------------------------------------------------------- */

enum judged { JUDGED_AT_ONCE, JUDGED_AT_END, JUDGED_ABSENCE };

/* One rule (or correlation) as an input of a correlation. `field` tells where the group-by values
 * and then the values of the condition come from: name ids, or positions in the group of the
 * correlation that is the input (CORRELATE_NONE: it has none such). */
struct feed {
    uint32_t correlation;
    uint32_t slot; /* place among the distinct rules that the correlation refers to */
    uint32_t *field;
};

struct feeds {
    struct feed *feed; /* ascending by correlation */
    uint32_t count;
};

/* An ordered correlation is a small automaton: an input of `slot` completes this step when one of
 * the steps `from` was complete before, or it is a first one. */
struct step {
    uint32_t slot;
    uint32_t level; /* what reaching it is worth; 0: nothing */
    uint32_t next;  /* next step of the same slot, or CORRELATE_NONE */
    bool first;
    uint32_t *from;
    uint32_t from_count;
};

struct plan_row {
    const struct sigma_correlation *rule;
    struct correlation_condition condition; /* with the default of temporal ones filled in */
    enum judged judged;
    uint32_t field_count; /* group-by and condition */
    uint32_t *slot_of_ref;
    uint32_t slot_count;
    struct step *steps; /* ordered types */
    uint32_t step_count;
    uint32_t *step_of_slot; /* first in the list of `next` */
    bool any_order;         /* ordered, extended: nothing is left to be ordered */
};

struct correlate_plan {
    struct arena mem;
    uint32_t rule_count, correlation_count;
    struct feeds *of_rule;
    struct feeds *of_correlation;
    struct plan_row *rows;
    uint64_t hash;
};

/* Do the bounds hold? */
bool plan_bounds(const struct correlation_condition *c, double value);

/* The expression over the slots with a count above 0; `count` NULL: over none. */
bool plan_expr(const struct plan_row *row, const struct correlation_expr *x, const uint32_t *count);

/* --- memory: counted, failure is sticky ----------------------------------------------------- */

struct memory {
    size_t used;
    bool failed;
};

static inline void *memory_take(struct memory *m, size_t bytes)
{
    void *p = calloc(1, bytes);

    if (p == NULL)
        m->failed = true;
    else
        m->used += bytes;
    return p;
}

static inline void memory_give(struct memory *m, void *p, size_t bytes)
{
    if (p != NULL)
        m->used -= bytes;
    free(p);
}

/* --- sorted numbers ------------------------------------------------------------------------- */

struct order_node;

struct order {
    struct order_node *root;
};

bool order_add(struct order *o, double number, struct memory *m);
void order_drop(struct order *o, double number, struct memory *m); /* is in it (MUST) */
uint64_t order_count(const struct order *o);
double order_at(const struct order *o, uint64_t rank); /* from 1 to the count */

/* --- hash tables of whatever begins with a node --------------------------------------------- */

struct node {
    struct node *next;
    uint64_t hash;
};

struct table {
    struct node **bucket;
    size_t bucket_count; /* a power of two, or 0 */
    size_t count;
};

static inline struct node *table_first(const struct table *t, uint64_t hash)
{
    return t->bucket_count == 0 ? NULL : t->bucket[hash & (t->bucket_count - 1)];
}

bool table_put(struct table *t, struct node *n, struct memory *m);
void table_drop(struct table *t, struct node *n);

/* --- groups and windows --------------------------------------------------------------------- */

struct position {
    int64_t time;
    uint64_t order;
};

/* t - from >= span, for from <= t: times may lie further apart than int64_t reaches. */
static inline bool span_passed(int64_t from, int64_t t, int64_t span)
{
    return (uint64_t)t - (uint64_t)from >= (uint64_t)span;
}

/* The events of a result that is an input. */
struct nested {
    uint32_t count;
    struct correlate_event event[];
};

static inline size_t nested_bytes(uint32_t count)
{
    return sizeof(struct nested) + count * sizeof(struct correlate_event);
}

/* One distinct value of one group of value_count. */
struct value {
    struct node node;
    uint64_t group; /* serial */
    uint32_t count; /* inputs of the window that have it */
    uint32_t bytes;
    uint8_t text[];
};

struct entry {
    int64_t time;
    uint64_t order;
    union {
        uint64_t ref;
        struct nested *nested; /* rule == CORRELATE_NONE */
    } u;
    union {
        double number;
        struct value *value;
    } of;
    uint32_t rule;
    uint32_t slot;
};

/* A window is a list of blocks that grow with it. */
struct block {
    struct block *older, *newer;
    uint32_t begin, end, cap;
    struct entry entry[];
};

struct window {
    struct block *oldest, *newest;
    uint64_t count;
};

/* Where a chain of steps up to here began at the latest: INT64_MIN is never. `before` is what it
 * was before the event at `at`, which cannot be two steps at once. */
struct reached {
    int64_t start, before;
    struct position at;
};

/* Whole numbers in two halves and billionths: exact for 2^31 inputs. */
struct sum {
    int64_t high, low, nanos;
};

struct group {
    struct node node;
    struct group *idler, *newer; /* of its correlation, by the last input */
    uint64_t serial;
    uint32_t correlation;
    uint32_t timer; /* place in the heap + 1; 0: none is set */
    int64_t due;
    int64_t last;   /* time of the last input */
    int64_t fired;  /* time of the last result, when has_fired */
    uint64_t event; /* order number of the last event, when has_event */
    bool has_fired, has_event, holds, dirty;
    struct window window;
    union {
        uint64_t distinct;  /* value_count */
        struct sum sum;     /* value_sum, value_avg */
        struct order order; /* value_median, value_percentile */
        struct {
            uint32_t *count;         /* inputs by slot */
            uint32_t present;        /* slots above 0 */
            struct reached *reached; /* by step */
        } slots;                     /* temporal ones */
    } of;
    uint32_t key_bytes, shown_bytes;
    uint8_t text[]; /* key, then the values as shown unless they are the key */
};

struct windows {
    struct memory mem;
    struct table values;
    uint64_t seed[2]; /* hashes cannot be foreseen by who writes logs */
};

/* What enters a window. `value` is the key of value_count's value, of.number is set for the types
 * that compute. */
struct input {
    struct entry entry;
    struct span value;
};

/* Space for what the type keeps; false: no memory. Undone by window_release(). */
bool window_init(struct windows *w, const struct plan_row *row, struct group *g);
void window_release(struct windows *w, const struct plan_row *row, struct group *g);

/* Takes entry.nested. False: no memory. */
bool window_add(struct windows *w, const struct plan_row *row, struct group *g, struct input *in);

/* Drop what is not in the window ending at `time`. */
void window_expire(struct windows *w, const struct plan_row *row, struct group *g, int64_t time);

/* Is the condition true of the window ending at `time`, to which it was expired? */
bool window_holds(const struct plan_row *row, const struct group *g, int64_t time, double *value);

uint64_t windows_hash(const struct windows *w, struct span s, uint64_t salt);

#endif
