/*
 * correlate_window.c - the inputs of one group that lie in its window, and what is computed of
 * them.
 *
 * Every type is a row of three functions: an input comes, an input goes, what is the value now.
 * Each costs the same whatever the window holds (percentiles: the logarithm of it), because nothing
 * is computed anew: values are counted by value, sums added to and taken from, numbers kept in
 * order, rules counted. Ordered types need no window at all to be judged: for every step it is
 * known when the chain that leads there began, at the latest, and a chain lies in the window when
 * it began there.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "sigma/correlate_own.h"

#define BLOCK_FIRST 2u
#define BLOCK_MAX   256u
#define NANOS       INT64_C(1000000000)
#define SMALL       INT64_C(1000000) /* times NANOS is still exact in a double */
#define NEVER       INT64_MIN

uint64_t windows_hash(const struct windows *w, struct span s, uint64_t salt)
{
    return XXH3_64bits_withSeed(s.p, s.n, w->seed[0] ^ salt * UINT64_C(0x9E3779B97F4A7C15)) ^
           w->seed[1];
}

/* --- hash tables ---------------------------------------------------------------------------- */

static bool table_grow(struct table *t, struct memory *m)
{
    size_t count = t->bucket_count == 0 ? 64 : t->bucket_count * 2;
    struct node **bucket = memory_take(m, count * sizeof(struct node *));

    if (bucket == NULL)
        return false;
    for (size_t i = 0; i < t->bucket_count; i++) {
        struct node *next;

        for (struct node *n = t->bucket[i]; n != NULL; n = next) {
            next = n->next;
            n->next = bucket[n->hash & (count - 1)];
            bucket[n->hash & (count - 1)] = n;
        }
    }
    memory_give(m, t->bucket, t->bucket_count * sizeof(struct node *));
    t->bucket = bucket;
    t->bucket_count = count;
    return true;
}

bool table_put(struct table *t, struct node *n, struct memory *m)
{
    struct node **at;

    if (t->count >= t->bucket_count && !table_grow(t, m))
        return false;
    at = &t->bucket[n->hash & (t->bucket_count - 1)];
    n->next = *at;
    *at = n;
    t->count++;
    return true;
}

void table_drop(struct table *t, struct node *n)
{
    struct node **at = &t->bucket[n->hash & (t->bucket_count - 1)];

    while (*at != n)
        at = &(*at)->next;
    *at = n->next;
    t->count--;
}

/* --- the list of inputs --------------------------------------------------------------------- */

static size_t block_bytes(uint32_t cap)
{
    return sizeof(struct block) + cap * sizeof(struct entry);
}

static bool block_add(struct windows *w, struct window *of)
{
    struct block *last = of->newest;
    uint32_t cap = last == NULL ? BLOCK_FIRST : last->cap < BLOCK_MAX ? last->cap * 2 : BLOCK_MAX;
    struct block *b = memory_take(&w->mem, block_bytes(cap));

    if (b == NULL)
        return false;
    b->cap = cap;
    b->older = last;
    of->newest = b;
    if (last != NULL)
        last->newer = b;
    else
        of->oldest = b;
    return true;
}

static bool push(struct windows *w, struct window *of, const struct entry *e)
{
    if ((of->newest == NULL || of->newest->end == of->newest->cap) && !block_add(w, of))
        return false;
    of->newest->entry[of->newest->end++] = *e;
    of->count++;
    return true;
}

static void block_drop_oldest(struct windows *w, struct window *of)
{
    struct block *b = of->oldest;

    of->oldest = b->newer;
    if (b->newer != NULL)
        b->newer->older = NULL;
    else
        of->newest = NULL;
    memory_give(&w->mem, b, block_bytes(b->cap));
}

static void pop(struct windows *w, struct window *of)
{
    struct block *b = of->oldest;

    b->begin++;
    of->count--;
    if (b->begin < b->end)
        return;
    if (b->newer == NULL && b->cap <= BLOCK_FIRST)
        b->begin = b->end = 0; /* small, and soon wanted again */
    else
        block_drop_oldest(w, of);
}

/* --- value_count ---------------------------------------------------------------------------- */

static struct value *value_find(const struct windows *w, uint64_t hash, const struct group *g,
                                struct span text)
{
    struct node *n = table_first(&w->values, hash);

    for (; n != NULL; n = n->next) {
        struct value *v = (struct value *)n;

        if (n->hash == hash && v->group == g->serial &&
            span_eq((struct span){ v->text, v->bytes }, text))
            return v;
    }
    return NULL;
}

static bool values_come(struct windows *w, const struct plan_row *row, struct group *g,
                        struct input *in)
{
    uint64_t hash = windows_hash(w, in->value, g->serial);
    struct value *v = value_find(w, hash, g, in->value);

    (void)row;
    if (v == NULL) {
        v = memory_take(&w->mem, sizeof(*v) + in->value.n);
        if (v == NULL)
            return false;
        v->node.hash = hash;
        v->group = g->serial;
        v->bytes = (uint32_t)in->value.n;
        memcpy(v->text, in->value.p, in->value.n);
        if (!table_put(&w->values, &v->node, &w->mem)) {
            memory_give(&w->mem, v, sizeof(*v) + v->bytes);
            return false;
        }
        g->of.distinct++;
    }
    v->count++;
    in->entry.of.value = v;
    return true;
}

static void values_go(struct windows *w, const struct plan_row *row, struct group *g,
                      const struct entry *e)
{
    struct value *v = e->of.value;

    (void)row;
    if (--v->count > 0)
        return;
    table_drop(&w->values, &v->node);
    memory_give(&w->mem, v, sizeof(*v) + v->bytes);
    g->of.distinct--;
}

static bool values_now(const struct plan_row *row, const struct group *g, int64_t time, double *out)
{
    (void)row;
    (void)time;
    *out = (double)g->of.distinct;
    return true;
}

/* --- value_sum, value_avg ------------------------------------------------------------------- */

/* |number| < 2^63 (input_number()). `sign` is 1 or -1. */
static void sum_put(struct sum *s, double number, int64_t sign)
{
    int64_t whole = (int64_t)number;
    double rest = (number - (double)whole) * (double)NANOS;

    s->high += sign * (whole >> 32);
    s->low += sign * (whole & UINT32_MAX);
    s->nanos += sign * (int64_t)(rest < 0 ? rest - 0.5 : rest + 0.5);
}

/* The nearest double where it matters: a decimal fraction that was added up is itself again. */
static double sum_get(const struct sum *s)
{
    int64_t carry = s->nanos / NANOS - (s->nanos % NANOS < 0);
    int64_t nanos = s->nanos - carry * NANOS;
    int64_t low = s->low + carry;
    int64_t high = s->high + (low >> 32);

    low &= UINT32_MAX;
    if (high == 0 || high == -1) {
        int64_t whole = high * (INT64_C(1) << 32) + low;

        if (whole > -SMALL && whole < SMALL)
            return (double)(whole * NANOS + nanos) / (double)NANOS;
    }
    return (double)high * 4294967296.0 + ((double)low + (double)nanos / (double)NANOS);
}

static bool sum_come(struct windows *w, const struct plan_row *row, struct group *g,
                     struct input *in)
{
    (void)w;
    (void)row;
    sum_put(&g->of.sum, in->entry.of.number, 1);
    return true;
}

static void sum_go(struct windows *w, const struct plan_row *row, struct group *g,
                   const struct entry *e)
{
    (void)w;
    (void)row;
    sum_put(&g->of.sum, e->of.number, -1);
}

static bool sum_now(const struct plan_row *row, const struct group *g, int64_t time, double *out)
{
    (void)row;
    (void)time;
    *out = sum_get(&g->of.sum);
    return true;
}

static bool mean_now(const struct plan_row *row, const struct group *g, int64_t time, double *out)
{
    (void)row;
    (void)time;
    if (g->window.count == 0)
        return false;
    *out = sum_get(&g->of.sum) / (double)g->window.count;
    return true;
}

/* --- value_percentile, value_median --------------------------------------------------------- */

static bool order_come(struct windows *w, const struct plan_row *row, struct group *g,
                       struct input *in)
{
    (void)row;
    return order_add(&g->of.order, in->entry.of.number, &w->mem);
}

static void order_go(struct windows *w, const struct plan_row *row, struct group *g,
                     const struct entry *e)
{
    (void)row;
    order_drop(&g->of.order, e->of.number, &w->mem);
}

static bool percentile_now(const struct plan_row *row, const struct group *g, int64_t time,
                           double *out)
{
    uint64_t count = order_count(&g->of.order), rank;
    double exact = row->rule->percentile * (double)count / 100;

    (void)time;
    if (count == 0)
        return false;
    rank = (uint64_t)exact;
    rank += (double)rank < exact;
    *out = order_at(&g->of.order, rank == 0 ? 1 : rank > count ? count : rank);
    return true;
}

static bool median_now(const struct plan_row *row, const struct group *g, int64_t time, double *out)
{
    uint64_t count = order_count(&g->of.order);

    (void)row;
    (void)time;
    if (count == 0)
        return false;
    *out = order_at(&g->of.order, count / 2 + 1);
    if (count % 2 == 0)
        *out = (order_at(&g->of.order, count / 2) + *out) / 2;
    return true;
}

/* --- temporal ------------------------------------------------------------------------------- */

static bool slots_come(struct windows *w, const struct plan_row *row, struct group *g,
                       struct input *in)
{
    (void)w;
    (void)row;
    g->of.slots.present += g->of.slots.count[in->entry.slot]++ == 0;
    return true;
}

static void slots_go(struct windows *w, const struct plan_row *row, struct group *g,
                     const struct entry *e)
{
    (void)w;
    (void)row;
    g->of.slots.present -= --g->of.slots.count[e->slot] == 0;
}

static bool slots_now(const struct plan_row *row, const struct group *g, int64_t time, double *out)
{
    (void)row;
    (void)time;
    *out = (double)g->of.slots.present;
    return true;
}

/* When the chain up to this step began, not counting what this same event did. */
static int64_t reached_before(const struct reached *r, const struct entry *e)
{
    return r->at.time == e->time && r->at.order == e->order ? r->before : r->start;
}

static bool steps_come(struct windows *w, const struct plan_row *row, struct group *g,
                       struct input *in)
{
    const struct entry *e = &in->entry;
    struct reached *reached = g->of.slots.reached;

    for (uint32_t i = row->step_of_slot[e->slot]; i != CORRELATE_NONE; i = row->steps[i].next) {
        const struct step *s = &row->steps[i];
        int64_t start = s->first ? e->time : NEVER;

        for (uint32_t k = 0; k < s->from_count; k++) {
            int64_t from = reached_before(&reached[s->from[k]], e);

            start = from > start ? from : start;
        }
        if (start == NEVER)
            continue;
        reached[i].before = reached_before(&reached[i], e);
        reached[i].at = (struct position){ e->time, e->order };
        reached[i].start = start > reached[i].start ? start : reached[i].start;
    }
    return slots_come(w, row, g, in);
}

static uint32_t level_now(const struct plan_row *row, const struct group *g, int64_t time)
{
    uint32_t level = 0;

    for (uint32_t i = 0; i < row->step_count; i++) {
        int64_t start = g->of.slots.reached[i].start;

        if (row->steps[i].level > level && start != NEVER &&
            !span_passed(start, time, row->rule->timespan_ns))
            level = row->steps[i].level;
    }
    return level;
}

static bool steps_now(const struct plan_row *row, const struct group *g, int64_t time, double *out)
{
    *out = (double)level_now(row, g, time);
    return true;
}

/* --- the rows ------------------------------------------------------------------------------- */

static bool count_come(struct windows *w, const struct plan_row *row, struct group *g,
                       struct input *in)
{
    (void)w;
    (void)row;
    (void)g;
    (void)in;
    return true;
}

static void count_go(struct windows *w, const struct plan_row *row, struct group *g,
                     const struct entry *e)
{
    (void)w;
    (void)row;
    (void)g;
    (void)e;
}

static bool count_now(const struct plan_row *row, const struct group *g, int64_t time, double *out)
{
    (void)row;
    (void)time;
    *out = (double)g->window.count;
    return true;
}

/* An input comes and goes; the value now, if there is one. */
static const struct kind {
    bool (*come)(struct windows *, const struct plan_row *, struct group *, struct input *);
    void (*go)(struct windows *, const struct plan_row *, struct group *, const struct entry *);
    bool (*now)(const struct plan_row *, const struct group *, int64_t time, double *out);
} kinds[CORRELATION_TYPES] = {
    [CORRELATION_EVENT_COUNT] = { count_come, count_go, count_now },
    [CORRELATION_VALUE_COUNT] = { values_come, values_go, values_now },
    [CORRELATION_VALUE_SUM] = { sum_come, sum_go, sum_now },
    [CORRELATION_VALUE_AVG] = { sum_come, sum_go, mean_now },
    [CORRELATION_VALUE_PERCENTILE] = { order_come, order_go, percentile_now },
    [CORRELATION_VALUE_MEDIAN] = { order_come, order_go, median_now },
    [CORRELATION_TEMPORAL] = { slots_come, slots_go, slots_now },
    [CORRELATION_TEMPORAL_EXTENDED] = { slots_come, slots_go, slots_now },
    [CORRELATION_TEMPORAL_ORDERED] = { steps_come, slots_go, steps_now },
    [CORRELATION_TEMPORAL_ORDERED_EXTENDED] = { steps_come, slots_go, slots_now },
};

static bool is_temporal(const struct plan_row *row)
{
    return kinds[row->rule->type].go == slots_go;
}

bool window_init(struct windows *w, const struct plan_row *row, struct group *g)
{
    if (!is_temporal(row))
        return true;
    g->of.slots.count = memory_take(&w->mem, row->slot_count * sizeof(uint32_t));
    if (g->of.slots.count == NULL || row->step_count == 0)
        return g->of.slots.count != NULL;
    g->of.slots.reached = memory_take(&w->mem, row->step_count * sizeof(struct reached));
    for (uint32_t i = 0; g->of.slots.reached != NULL && i < row->step_count; i++)
        g->of.slots.reached[i] = (struct reached){ NEVER, NEVER, { NEVER, 0 } };
    return g->of.slots.reached != NULL;
}

static void entry_go(struct windows *w, const struct plan_row *row, struct group *g)
{
    const struct entry *e = &g->window.oldest->entry[g->window.oldest->begin];

    kinds[row->rule->type].go(w, row, g, e);
    if (e->rule == CORRELATE_NONE)
        memory_give(&w->mem, e->u.nested, nested_bytes(e->u.nested->count));
    pop(w, &g->window);
}

void window_release(struct windows *w, const struct plan_row *row, struct group *g)
{
    while (g->window.count > 0)
        entry_go(w, row, g);
    while (g->window.oldest != NULL)
        block_drop_oldest(w, &g->window);
    if (!is_temporal(row))
        return;
    memory_give(&w->mem, g->of.slots.count, row->slot_count * sizeof(uint32_t));
    memory_give(&w->mem, g->of.slots.reached, row->step_count * sizeof(struct reached));
}

bool window_add(struct windows *w, const struct plan_row *row, struct group *g, struct input *in)
{
    if (!kinds[row->rule->type].come(w, row, g, in))
        return false;
    if (push(w, &g->window, &in->entry))
        return true;
    kinds[row->rule->type].go(w, row, g, &in->entry);
    return false;
}

void window_expire(struct windows *w, const struct plan_row *row, struct group *g, int64_t time)
{
    while (g->window.count > 0 && span_passed(g->window.oldest->entry[g->window.oldest->begin].time,
                                              time, row->rule->timespan_ns))
        entry_go(w, row, g);
}

bool window_holds(const struct plan_row *row, const struct group *g, int64_t time, double *value)
{
    if (!kinds[row->rule->type].now(row, g, time, value))
        return false;
    if (row->rule->expr == NULL)
        return plan_bounds(&row->condition, *value);
    return plan_expr(row, row->rule->expr, g->of.slots.count) &&
           (row->step_count == 0 || row->any_order || level_now(row, g, time) > 0);
}
