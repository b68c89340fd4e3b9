/*
 * run_group.c - rows into groups, and figures of each: stats, top, rare, histogram.
 *
 * Groups lie in a table by the hash of their values (XXH3), and are compared in full. The values
 * that dc() has seen lie in one table for all groups, by a hash of 128 bits that is taken for the
 * value.
 */
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/time.h"
#include "query/run_own.h"

#define SLOTS_FIRST  1024u
#define BUCKETS_MOST 120
#define HOUR_NS      (3600 * TIME_SECOND)
#define DAY_NS       (24 * HOUR_NS)

/* One figure of one group. */
struct figure {
    uint64_t count; /* rows, or numbers */
    int64_t whole;  /* sum, while it is one */
    double sum;     /* of all, when it is not */
    bool is_fraction;
    struct query_cell best; /* min, max */
};

struct seen {
    uint64_t low, high; /* both 0: free */
};

struct groups {
    struct rows keys;       /* a row a group: its values */
    struct figure *figures; /* by group, then by aggregate */
    uint32_t figures_cap;   /* groups */
    uint32_t *slot;         /* group + 1 by hash */
    uint32_t slots;
    struct seen *seen;
    uint32_t seen_slots, seen_count;
    uint64_t unseen; /* values that dc() had no room for */
    uint32_t key_count;
    struct query_aggregate count_rows; /* what top, rare and histogram compute */
    const struct query_aggregate *aggregates;
    uint32_t aggregate_count;
    int64_t span_ns; /* of a histogram, else 0: its first key is the time */
    bool needs_all;  /* rows without one of the values are left out */
    struct query_cell key[QUERY_FIELDS_MAX + 1];
};

/* --- distinct values ------------------------------------------------------------------------ */

static bool seen_insert(struct seen *table, uint32_t slots, struct seen v)
{
    uint32_t at = (uint32_t)v.low & (slots - 1);

    while ((table[at].low | table[at].high) != 0) {
        if (table[at].low == v.low && table[at].high == v.high)
            return false;
        at = (at + 1) & (slots - 1);
    }
    table[at] = v;
    return true;
}

static bool seen_grow(struct groups *g)
{
    uint32_t slots = g->seen_slots == 0 ? SLOTS_FIRST : g->seen_slots * 2;
    struct seen *table = calloc(slots, sizeof(*table));

    if (table == NULL)
        return false;
    for (uint32_t i = 0; i < g->seen_slots; i++) {
        if ((g->seen[i].low | g->seen[i].high) != 0)
            (void)seen_insert(table, slots, g->seen[i]);
    }
    free(g->seen);
    g->seen = table;
    g->seen_slots = slots;
    return true;
}

static uint64_t cell_hash(struct query_cell c, uint64_t seed)
{
    if (c.kind == CELL_TEXT)
        return XXH3_64bits_withSeed(c.text.p, c.text.n, seed);
    return XXH3_64bits_withSeed(&c.integer, sizeof(c.integer), seed + (uint64_t)c.kind);
}

/* Counts a value of a figure once. */
static void distinct(struct stage *s, struct figure *f, uint64_t which, struct query_cell c)
{
    struct groups *g = s->groups;
    struct seen v = { cell_hash(c, which * 2 + 1), cell_hash(c, ~(which * 2)) };

    v.low |= 1; /* never free */
    if (g->seen_count >= s->run->o.limits.distinct) {
        g->unseen++;
        return;
    }
    if (g->seen_count >= g->seen_slots / 2 && !seen_grow(g)) {
        s->run->failed = true;
        return;
    }
    if (seen_insert(g->seen, g->seen_slots, v)) {
        g->seen_count++;
        f->count++;
    }
}

/* --- figures -------------------------------------------------------------------------------- */

static void sum_add(struct figure *f, struct query_cell number, uint64_t times)
{
    int64_t whole = 0;

    f->count += times;
    f->sum += cell_double(number) * (double)times;
    if (number.kind == CELL_NUMBER || f->is_fraction ||
        __builtin_mul_overflow(number.integer, times, &whole) ||
        __builtin_add_overflow(f->whole, whole, &f->whole))
        f->is_fraction = true;
}

static void best_of(struct figure *f, struct query_cell c, bool greatest)
{
    if (f->count++ == 0 || (cell_cmp(c, f->best, false) > 0) == greatest)
        f->best = c;
}

static void figure_add(struct stage *s, struct figure *f, const struct query_aggregate *a,
                       uint64_t which, struct query_cell c)
{
    struct query_cell worth;

    if (a->kind == QUERY_COUNT) {
        f->count += a->field.n == 0 || c.kind != CELL_NONE ? s->run->times : 0;
        return;
    }
    if (a->kind == QUERY_DC) {
        if (c.kind != CELL_NONE)
            distinct(s, f, which, c);
        return;
    }
    worth = cell_worth(c);
    if (a->kind == QUERY_MIN || a->kind == QUERY_MAX) {
        if (worth.kind != CELL_NONE)
            best_of(f, worth, a->kind == QUERY_MAX);
    } else if (worth.kind == CELL_INTEGER || worth.kind == CELL_NUMBER) {
        sum_add(f, worth, s->run->times);
    }
}

static struct query_cell figure_cell(const struct figure *f, enum query_aggregate_kind kind)
{
    struct query_cell none = cell_none();

    switch (kind) {
    case QUERY_COUNT:
    case QUERY_DC:
        return cell_integer((int64_t)f->count);
    case QUERY_SUM:
        return f->count == 0 ? none : f->is_fraction ? cell_number(f->sum) : cell_integer(f->whole);
    case QUERY_AVG:
        return f->count == 0
                   ? none
                   : cell_number((f->is_fraction ? f->sum : (double)f->whole) / (double)f->count);
    default:
        return f->count == 0 ? none : f->best;
    }
}

/* --- groups --------------------------------------------------------------------------------- */

static uint64_t key_hash(const struct groups *g, const struct query_cell *key)
{
    uint64_t h = 0;

    for (uint32_t i = 0; i < g->key_count; i++)
        h = cell_hash(key[i], h + i);
    return h;
}

static bool key_same(const struct groups *g, uint32_t group, const struct query_cell *key)
{
    const struct query_cell *own = rows_at(&g->keys, group);

    for (uint32_t i = 0; i < g->key_count; i++) {
        if (!cell_same(own[i], key[i]))
            return false;
    }
    return true;
}

static bool slots_grow(struct groups *g)
{
    uint32_t slots = g->slots == 0 ? SLOTS_FIRST : g->slots * 2,
             *slot = calloc(slots, sizeof(*slot));

    if (slot == NULL)
        return false;
    for (uint32_t group = 0; group < g->keys.count; group++) {
        uint32_t at = (uint32_t)key_hash(g, rows_at(&g->keys, group));

        for (at &= slots - 1; slot[at] != 0; at = (at + 1) & (slots - 1))
            continue;
        slot[at] = group + 1;
    }
    free(g->slot);
    g->slot = slot;
    g->slots = slots;
    return true;
}

static bool figures_grow(struct groups *g)
{
    uint32_t cap = g->figures_cap == 0 ? 64 : g->figures_cap * 2;
    size_t each = g->aggregate_count * sizeof(*g->figures);
    struct figure *f = realloc(g->figures, cap * each);

    if (f == NULL)
        return false;
    memset(f + (size_t)g->figures_cap * g->aggregate_count, 0, (cap - g->figures_cap) * each);
    g->figures = f;
    g->figures_cap = cap;
    return true;
}

/* The group of this key, made when it is new; keys.count (and counted) when there is no room. */
static uint32_t group_of(struct stage *s, const struct query_cell *key)
{
    struct groups *g = s->groups;
    uint32_t at, none = UINT32_MAX;

    if ((g->keys.count >= g->slots / 2 && !slots_grow(g)) ||
        (g->keys.count == g->figures_cap && !figures_grow(g))) {
        s->run->failed = true;
        return none;
    }
    at = (uint32_t)key_hash(g, key) & (g->slots - 1);
    for (; g->slot[at] != 0; at = (at + 1) & (g->slots - 1)) {
        if (key_same(g, g->slot[at] - 1, key))
            return g->slot[at] - 1;
    }
    if (!rows_add(&g->keys, key, &s->run->failed)) {
        s->missed += s->run->times;
        return none;
    }
    g->slot[at] = g->keys.count;
    return g->keys.count - 1;
}

/* Down to the multiple of the span, in local time. Weeks begin on Monday; 1970 did on a Thursday.
 */
static int64_t bucket(int64_t ns, int64_t span_ns, int32_t offset_s)
{
    int64_t shift = offset_s * TIME_SECOND - 4 * DAY_NS, local, rest;

    if (__builtin_add_overflow(ns, shift, &local))
        return ns;
    rest = local % span_ns;
    rest += rest < 0 ? span_ns : 0;
    return __builtin_sub_overflow(ns, rest, &local) ? ns : local;
}

bool group_same(const struct stage *s, int64_t least_ns, int64_t greatest_ns)
{
    const int64_t span = s->groups->span_ns;
    const int32_t offset = s->run->o.offset_s;

    return span > 0 && bucket(least_ns, span, offset) == bucket(greatest_ns, span, offset);
}

/* s->at: the columns of the keys, then those of the figures' fields. */
static void group_push(struct stage *s, const struct query_cell *cells)
{
    struct groups *g = s->groups;
    uint32_t group;

    for (uint32_t i = 0; i < g->key_count; i++) {
        g->key[i] = cells[s->at[i]];
        if (g->needs_all && g->key[i].kind == CELL_NONE)
            return;
    }
    if (g->span_ns > 0) {
        if (g->key[0].kind != CELL_TIME)
            return;
        g->key[0].integer = bucket(g->key[0].integer, g->span_ns, s->run->o.offset_s);
    }
    group = group_of(s, g->key);
    for (uint32_t i = 0; group != UINT32_MAX && i < g->aggregate_count; i++) {
        uint64_t which = (uint64_t)group * g->aggregate_count + i;
        const struct query_aggregate *a = &g->aggregates[i];
        uint32_t at = s->at[g->key_count + i];

        figure_add(s, &g->figures[which], a, which, at < s->in.count ? cells[at] : cell_none());
    }
}

/* --- what comes out ------------------------------------------------------------------------- */

static void tell_missing(struct stage *s)
{
    const char *name = query_command_rows[s->c->kind].name;

    if (s->missed > 0)
        run_missing(s->run,
                    "%s: %llu rows belong to groups beyond the first %u, and are not in it.", name,
                    (unsigned long long)s->missed, s->groups->keys.count);
    if (s->groups->unseen > 0)
        run_missing(s->run, "%s: dc() has seen %u distinct values and counts no further ones.",
                    name, s->groups->seen_count);
}

static void order_of(const struct stage *s, struct rows_key *keys, uint32_t *count)
{
    const struct groups *g = s->groups;
    bool ranked = s->c->kind == QUERY_TOP || s->c->kind == QUERY_RARE;

    *count = 0;
    if (ranked)
        keys[(*count)++] = (struct rows_key){ g->key_count, s->c->kind == QUERY_TOP };
    for (uint32_t i = 0; i < g->key_count; i++)
        keys[(*count)++] = (struct rows_key){ i, false };
}

/* Keys and figures side by side, in order. */
static bool collect(struct stage *s, struct rows *all)
{
    struct groups *g = s->groups;
    struct rows_key keys[QUERY_FIELDS_MAX + 2];
    uint32_t key_count;
    bool failed = false;

    for (uint32_t i = 0; i < g->keys.count && !failed; i++) {
        for (uint32_t k = 0; k < g->key_count; k++)
            s->cells[k] = rows_at(&g->keys, i)[k];
        for (uint32_t k = 0; k < g->aggregate_count; k++)
            s->cells[g->key_count + k] =
                figure_cell(&g->figures[(size_t)i * g->aggregate_count + k], g->aggregates[k].kind);
        (void)rows_add(all, s->cells, &failed);
    }
    order_of(s, keys, &key_count);
    return !failed && rows_sort(all, keys, key_count, UINT32_MAX);
}

static void group_end(struct stage *s)
{
    struct groups *g = s->groups;
    uint32_t width = g->key_count + g->aggregate_count, most = UINT32_MAX;
    struct rows all;

    if (g->keys.count == 0 && g->key_count == 0)
        (void)group_of(s, g->key); /* figures of nothing: a count of 0 */
    if (s->c->kind == QUERY_TOP || s->c->kind == QUERY_RARE)
        most = s->c->number > 0 ? s->c->number : QUERY_TOP_USUAL;
    rows_init(&all, width, g->keys.count, SIZE_MAX);
    s->run->failed |= !collect(s, &all);
    tell_missing(s);
    for (uint32_t i = 0; i < all.count && i < most && !s->next->done; i++)
        s->next->push(s->next, rows_at(&all, i));
    rows_release(&all);
    s->next->end(s->next);
}

/* --- making --------------------------------------------------------------------------------- */

/* The finest that gives no more rows than can be looked at. */
static int64_t usual_span(const struct query_run_options *o)
{
    static const int64_t good[] = {
        TIME_SECOND, 10 * TIME_SECOND, 60 * TIME_SECOND, 300 * TIME_SECOND, 900 * TIME_SECOND,
        HOUR_NS,     6 * HOUR_NS,      DAY_NS,           7 * DAY_NS
    };
    int64_t range;

    if (o->from_ns == INT64_MIN || o->until_ns == INT64_MAX ||
        __builtin_sub_overflow(o->until_ns, o->from_ns, &range))
        return HOUR_NS;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        if (range / good[i] <= BUCKETS_MOST)
            return good[i];
    }
    return good[COUNT_OF(good) - 1];
}

static bool set_columns(struct stage *s, const struct query_field *keys, uint32_t count,
                        struct columns *out)
{
    struct groups *g = s->groups;
    uint32_t at = 0, width = g->key_count + g->aggregate_count;

    s->at = arena_array(&s->run->mem, width + 1, sizeof(*s->at));
    s->cells = arena_array(&s->run->mem, width + 1, sizeof(*s->cells));
    out->name = arena_array(&s->run->mem, width + 1, sizeof(*out->name));
    if (s->at == NULL || s->cells == NULL || out->name == NULL)
        return false;
    if (g->span_ns > 0) {
        s->at[at] = columns_find(&s->in, SPAN_LIT("time"));
        out->name[at++] = SPAN_LIT("time");
    }
    for (uint32_t i = 0; i < count; i++, at++) {
        s->at[at] = columns_find(&s->in, keys[i].name);
        out->name[at] = keys[i].name;
    }
    for (uint32_t i = 0; i < g->aggregate_count; i++, at++) {
        const struct query_aggregate *a = &g->aggregates[i];

        s->at[at] = a->field.n > 0 ? columns_find(&s->in, a->field) : UINT32_MAX;
        out->name[at] = a->column;
    }
    out->count = width;
    return true;
}

bool group_stage(struct stage *s, struct columns *out)
{
    const struct query_command *c = s->c;
    struct groups *g = calloc(1, sizeof(*g));
    bool by = c->kind == QUERY_STATS || c->kind == QUERY_HISTOGRAM;
    uint32_t fields = by ? c->by_count : c->field_count;

    s->groups = g;
    if (g == NULL)
        return false;
    s->push = group_push;
    s->end = group_end;
    g->count_rows = (struct query_aggregate){ .kind = QUERY_COUNT, .column = SPAN_LIT("count") };
    g->aggregates = c->kind == QUERY_STATS ? c->aggregates : &g->count_rows;
    g->aggregate_count = c->kind == QUERY_STATS ? c->aggregate_count : 1;
    if (c->kind == QUERY_HISTOGRAM)
        g->span_ns = c->span_ns > 0 ? c->span_ns : usual_span(&s->run->o);
    g->needs_all = !by;
    g->key_count = fields + (g->span_ns > 0);
    rows_init(&g->keys, g->key_count, s->run->o.limits.groups, s->run->o.limits.bytes);
    return set_columns(s, by ? c->by : c->fields, fields, out);
}

void group_release(struct stage *s)
{
    struct groups *g = s->groups;

    s->groups = NULL;
    if (g == NULL)
        return;
    rows_release(&g->keys);
    free(g->figures);
    free(g->slot);
    free(g->seen);
    free(g);
}
