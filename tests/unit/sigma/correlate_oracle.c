/*
 * correlate_oracle.c - see the header. Memory comes from one arena and is not given back before the
 * end; time is quadratic and worse.
 */
#include "correlate_oracle.h"

#include <stdlib.h>

#include "base/num.h"
#include "base/time.h"
#include "event/fold.h"

#define ORACLE_BYTES_MAX ((size_t)1 << 31)
#define LAST_ORDER       UINT64_MAX
#define KEEP             50u

/* What enters a correlation: a hit, or a result of another correlation. */
struct in {
    int64_t time;
    uint64_t order;
    bool of_result;
    uint32_t source;             /* rule, or correlation */
    struct span *group, *folded; /* as shown, as compared */
    struct span value;           /* folded tuple as one text */
    int64_t milli;               /* number in thousandths */
    struct correlate_event *events;
    uint32_t event_count;
};

struct ins {
    struct in *in;
    uint32_t count, cap;
};

struct oracle_correlate {
    struct arena mem;
    const struct sigma_rules *rules;
    const struct correlate_hit *hits;
    uint32_t hit_count;
    struct ins *results; /* of each correlation, as inputs of others */
    struct buf *lines;
};

static void *take(struct oracle_correlate *o, size_t count, size_t each)
{
    void *p = arena_array(&o->mem, count + 1, each);

    MUST(p != NULL);
    return p;
}

static void put(struct oracle_correlate *o, struct ins *to, const struct in *in)
{
    if (to->count == to->cap) {
        struct in *more = take(o, 2 * (size_t)to->cap + 8, sizeof(*more));

        if (to->count > 0)
            memcpy(more, to->in, to->count * sizeof(*more));
        to->in = more;
        to->cap = 2 * to->cap + 8;
    }
    to->in[to->count++] = *in;
}

/* --- fields --------------------------------------------------------------------------------- */

static struct span folded(struct oracle_correlate *o, struct span text)
{
    uint8_t *p = arena_bytes(&o->mem, fold_room(text.n));

    MUST(p != NULL);
    return (struct span){ p, fold_put(text, p) };
}

static bool names_rule(const struct oracle_correlate *o, const struct correlation_ref *ref,
                       struct span text)
{
    const struct sigma_head *h = ref->is_correlation ? &o->rules->correlations[ref->index]->head
                                                     : &o->rules->rules[ref->index]->head;

    return span_eq(text, ref->text) || span_eq_nocase(text, h->id) || span_eq(text, h->name);
}

static struct span real_name(const struct oracle_correlate *o, const struct sigma_correlation *c,
                             const struct correlation_ref *ref, struct span name)
{
    for (uint32_t i = 0; i < c->alias_count; i++) {
        for (uint32_t k = 0; k < c->aliases[i].count; k++) {
            if (span_eq(c->aliases[i].name, name) && names_rule(o, ref, c->aliases[i].ref[k]))
                return c->aliases[i].field[k];
        }
    }
    return name;
}

static struct span look(const struct correlate_pair *pairs, uint32_t count, struct span name)
{
    for (unsigned nocase = 0; nocase < 2; nocase++) {
        for (uint32_t i = 0; i < count; i++) {
            bool same =
                nocase != 0 ? span_eq_nocase(pairs[i].name, name) : span_eq(pairs[i].name, name);

            if (same && pairs[i].value.p != NULL)
                return pairs[i].value;
        }
    }
    return SPAN_NONE;
}

static bool computes(const struct sigma_correlation *c)
{
    return c->type == CORRELATION_VALUE_SUM || c->type == CORRELATION_VALUE_AVG ||
           c->type == CORRELATION_VALUE_PERCENTILE || c->type == CORRELATION_VALUE_MEDIAN;
}

/* Fill group and value from these fields; false: this is no input. */
static bool fill(struct oracle_correlate *o, const struct sigma_correlation *c,
                 const struct correlation_ref *ref, const struct correlate_pair *pairs,
                 uint32_t count, struct in *in)
{
    struct buf tuple;
    struct span text = SPAN_NONE;
    double number;

    in->group = take(o, c->group_count, sizeof(*in->group));
    in->folded = take(o, c->group_count, sizeof(*in->folded));
    for (uint32_t i = 0; i < c->group_count; i++) {
        in->group[i] = look(pairs, count, real_name(o, c, ref, c->group_by[i]));
        if (in->group[i].p == NULL)
            return false;
        in->folded[i] = folded(o, in->group[i]);
    }
    buf_init(&tuple, 1 << 20);
    for (uint32_t i = 0; i < c->value_field_count; i++) {
        text = look(pairs, count, real_name(o, c, ref, c->value_fields[i]));
        if (text.p == NULL) {
            buf_release(&tuple);
            return false;
        }
        buf_fmt(&tuple, "%zu:", folded(o, text).n);
        buf_add(&tuple, folded(o, text));
    }
    in->value = arena_span(&o->mem, buf_span(&tuple));
    buf_release(&tuple);
    if (!computes(c))
        return true;
    if (!num_double(text, &number) || number >= 9.3e18 || number <= -9.3e18)
        return false;
    in->milli = (int64_t)(number * 1000 + (number < 0 ? -0.5 : 0.5));
    return true;
}

/* --- the inputs of one correlation, in order ------------------------------------------------ */

static int by_position(const void *a, const void *b)
{
    const struct in *x = a, *y = b;

    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    if (x->of_result != y->of_result)
        return x->of_result ? 1 : -1;
    return x->source < y->source ? -1 : x->source > y->source;
}

static const struct correlation_ref *refers(const struct sigma_correlation *c, bool correlation,
                                            uint32_t index)
{
    for (uint32_t i = 0; i < c->ref_count; i++) {
        if (c->refs[i].is_correlation == correlation && c->refs[i].index == index)
            return &c->refs[i];
    }
    return NULL;
}

static void inputs_of(struct oracle_correlate *o, const struct sigma_correlation *c,
                      struct ins *all)
{
    for (uint32_t i = 0; i < o->hit_count; i++) {
        const struct correlate_hit *h = &o->hits[i];
        const struct correlation_ref *ref = refers(c, false, h->at.rule);
        struct in in = { .time = h->at.time_ns, .order = h->at.order, .source = h->at.rule };

        if (ref == NULL || !fill(o, c, ref, h->field, h->field_count, &in))
            continue;
        in.events = take(o, 1, sizeof(*in.events));
        in.events[0] = h->at;
        in.event_count = 1;
        put(o, all, &in);
    }
    for (uint32_t i = 0; i < o->rules->correlation_count; i++) {
        const struct correlation_ref *ref = refers(c, true, i);
        const struct sigma_correlation *child = o->rules->correlations[i];

        for (uint32_t k = 0; ref != NULL && k < o->results[i].count; k++) {
            struct correlate_pair *pairs = take(o, child->group_count, sizeof(*pairs));
            struct in in = o->results[i].in[k];

            for (uint32_t g = 0; g < child->group_count; g++)
                pairs[g] = (struct correlate_pair){ child->group_by[g], in.group[g] };
            if (fill(o, c, ref, pairs, child->group_count, &in))
                put(o, all, &in);
        }
    }
    if (all->count > 0)
        qsort(all->in, all->count, sizeof(*all->in), by_position);
}

/* --- what a window says --------------------------------------------------------------------- */

static uint32_t place(const struct sigma_correlation *c, const struct in *in)
{
    uint32_t place = 0;

    for (uint32_t i = 0; i < c->ref_count; i++) {
        const struct correlation_ref *ref = &c->refs[i];
        const struct correlation_ref *first = refers(c, ref->is_correlation, ref->index);

        if (first->is_correlation == in->of_result && first->index == in->source)
            return place;
        place += first == ref;
    }
    return place;
}

static uint32_t places(const struct sigma_correlation *c)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < c->ref_count; i++)
        count += refers(c, c->refs[i].is_correlation, c->refs[i].index) == &c->refs[i];
    return count;
}

static bool earlier(const struct in *a, const struct in *b)
{
    return a->time < b->time || (a->time == b->time && a->order < b->order);
}

static bool present(const struct ins *w, const struct correlation_ref *ref)
{
    for (uint32_t i = 0; i < w->count; i++) {
        if (w->in[i].of_result == ref->is_correlation && w->in[i].source == ref->index)
            return true;
    }
    return false;
}

static uint32_t distinct_rules(const struct sigma_correlation *c, const struct ins *w)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < c->ref_count; i++) {
        if (refers(c, c->refs[i].is_correlation, c->refs[i].index) == &c->refs[i])
            count += present(w, &c->refs[i]);
    }
    return count;
}

static uint32_t distinct_values(const struct ins *w)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < w->count; i++) {
        uint32_t k = 0;

        while (!span_eq(w->in[k].value, w->in[i].value))
            k++;
        count += k == i;
    }
    return count;
}

/* The longest way through the listed rules, each by a later event. */
static uint32_t longest_chain(struct oracle_correlate *o, const struct sigma_correlation *c,
                              const struct ins *w)
{
    uint32_t *chain = take(o, w->count, sizeof(*chain)), most = 0;

    for (uint32_t i = 0; i < w->count; i++) {
        chain[i] = 1;
        for (uint32_t k = 0; k < i; k++) {
            if (earlier(&w->in[k], &w->in[i]) && place(c, &w->in[k]) < place(c, &w->in[i]) &&
                chain[k] + 1 > chain[i])
                chain[i] = chain[k] + 1;
        }
        most = chain[i] > most ? chain[i] : most;
    }
    return most;
}

static bool expr_true(const struct sigma_correlation *c, const struct correlation_expr *x,
                      const struct ins *w)
{
    bool all = true, any = false;

    if (x->kind == EXPR_RULE)
        return present(w, &c->refs[x->ref]);
    for (uint32_t i = 0; i < x->child_count; i++) {
        bool one = expr_true(c, x->child[i], w);

        all &= one;
        any |= one;
    }
    return x->kind == EXPR_NOT ? !any : x->kind == EXPR_AND ? all : any;
}

/* The earliest input that ends a way through x after input `after` (-1: from the start); w->count
 * when there is no way. */
static int64_t way(const struct sigma_correlation *c, const struct correlation_expr *x,
                   const struct ins *w, int64_t after)
{
    int64_t best = w->count;

    if (x->kind == EXPR_NOT)
        return after;
    if (x->kind == EXPR_RULE) {
        for (int64_t i = 0; i < w->count; i++) {
            const struct in *in = &w->in[i];

            if (in->of_result == c->refs[x->ref].is_correlation &&
                in->source == c->refs[x->ref].index && (after < 0 || earlier(&w->in[after], in)))
                return i;
        }
        return best;
    }
    if (x->kind == EXPR_AND) {
        for (uint32_t i = 0; i < x->child_count && after < w->count; i++)
            after = way(c, x->child[i], w, after);
        return after;
    }
    for (uint32_t i = 0; i < x->child_count; i++) {
        int64_t one = way(c, x->child[i], w, after);

        best = one < best ? one : best;
    }
    return best;
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static bool computed(struct oracle_correlate *o, const struct sigma_correlation *c,
                     const struct ins *w, double *value)
{
    int64_t *sorted = take(o, w->count, sizeof(*sorted)), sum = 0;
    uint32_t rank = 1;

    for (uint32_t i = 0; i < w->count; i++)
        sum += sorted[i] = w->in[i].milli;
    *value = (double)sum / 1000;
    if (c->type == CORRELATION_VALUE_SUM)
        return true;
    if (w->count == 0)
        return false;
    if (c->type == CORRELATION_VALUE_AVG) {
        *value /= w->count;
        return true;
    }
    qsort(sorted, w->count, sizeof(*sorted), by_number);
    if (c->type == CORRELATION_VALUE_PERCENTILE) {
        while (rank * 100 < c->percentile * w->count)
            rank++;
        *value = (double)sorted[rank - 1] / 1000;
    } else {
        *value = (double)sorted[(w->count - 1) / 2] / 1000 + (double)sorted[w->count / 2] / 1000;
        *value /= 2;
    }
    return true;
}

static bool bounds(const struct correlation_condition *c, double v)
{
    if ((c->has_gt && !(v > c->gt)) || (c->has_gte && !(v >= c->gte)))
        return false;
    if ((c->has_lt && !(v < c->lt)) || (c->has_lte && !(v <= c->lte)))
        return false;
    return !(c->has_eq && v != c->eq) && !(c->has_neq && v == c->neq);
}

static bool holds(struct oracle_correlate *o, const struct sigma_correlation *c,
                  const struct ins *w, double *value)
{
    switch (c->type) {
    case CORRELATION_EVENT_COUNT:
        *value = w->count;
        return bounds(&c->condition, *value);
    case CORRELATION_VALUE_COUNT:
        *value = distinct_values(w);
        return bounds(&c->condition, *value);
    case CORRELATION_TEMPORAL:
        *value = distinct_rules(c, w);
        return c->condition.given ? bounds(&c->condition, *value) : *value == places(c);
    case CORRELATION_TEMPORAL_ORDERED:
        *value = longest_chain(o, c, w);
        return c->condition.given ? bounds(&c->condition, *value) : *value == places(c);
    case CORRELATION_TEMPORAL_EXTENDED:
        *value = distinct_rules(c, w);
        return expr_true(c, c->expr, w);
    case CORRELATION_TEMPORAL_ORDERED_EXTENDED:
        *value = distinct_rules(c, w);
        return expr_true(c, c->expr, w) && way(c, c->expr, w, -1) < w->count;
    default:
        return computed(o, c, w, value) && bounds(&c->condition, *value);
    }
}

/* --- results -------------------------------------------------------------------------------- */

/* Its own, like everything here, though correlate_event_order() is the same. */
static int by_event(const void *a, const void *b)
{
    const struct correlate_event *x = a, *y = b;

    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return x->rule < y->rule ? -1 : x->rule > y->rule;
}

void correlate_line(const struct sigma_correlation *c, const struct correlate_result *r,
                    struct buf *lines)
{
    uint8_t number[32];
    int64_t nanos = r->time_ns % TIME_SECOND;

    buf_fmt(lines, "%lld", (long long)(r->time_ns / TIME_SECOND));
    if (nanos != 0)
        buf_fmt(lines, "+%lldns", (long long)nanos);
    buf_fmt(lines, " %.*s", SPAN_ARG(c->head.title));
    for (uint32_t i = 0; i < r->group_count; i++)
        buf_fmt(lines, " %.*s=%.*s", SPAN_ARG(r->group[i].name), SPAN_ARG(r->group[i].value));
    buf_fmt(lines, " : %.*s, %llu inputs, events", (int)num_put_double(number, r->value), number,
            (unsigned long long)r->input_count);
    for (uint32_t i = 0; i < r->event_count; i++)
        buf_fmt(lines, " %llu", (unsigned long long)r->events[i].order);
    buf_byte(lines, '\n');
}

/* Events of the first and last inputs, sorted, each once, the first and last of them. */
static uint32_t events_of(struct oracle_correlate *o, const struct ins *w,
                          struct correlate_event **out)
{
    struct correlate_event *e = take(o, (size_t)w->count * 2 * KEEP, sizeof(*e));
    uint32_t n = 0, count = 0;

    for (uint32_t i = 0; i < w->count; i++) {
        if (i >= KEEP && i + KEEP < w->count)
            continue;
        for (uint32_t k = 0; k < w->in[i].event_count; k++)
            e[n++] = w->in[i].events[k];
    }
    qsort(e, n, sizeof(*e), by_event);
    for (uint32_t i = 0; i < n; i++) {
        if (i == 0 || e[i].order != e[i - 1].order)
            e[count++] = e[i];
    }
    *out = e;
    if (count <= 2 * KEEP)
        return count;
    for (uint32_t i = 0; i < KEEP; i++)
        e[KEEP + i] = e[count - KEEP + i];
    return 2 * KEEP;
}

struct life {
    uint32_t correlation;
    const struct sigma_correlation *c;
    const struct ins *all; /* inputs of the group, in order */
    uint32_t first;        /* index of the first input of this life */
    bool fired, was_true;
    int64_t fired_at;
};

/* The window ending at `time`, of the first `known` inputs. */
static struct ins window(struct oracle_correlate *o, const struct life *l, int64_t time,
                         uint32_t known)
{
    struct ins w = { 0 };

    for (uint32_t i = 0; i < known; i++) {
        if (l->all->in[i].time > time - l->c->timespan_ns && l->all->in[i].time <= time)
            put(o, &w, &l->all->in[i]);
    }
    return w;
}

static void fire(struct oracle_correlate *o, struct life *l, const struct ins *w, double value,
                 int64_t time, uint64_t order)
{
    struct in result = { .time = time,
                         .order = order,
                         .of_result = true,
                         .source = l->correlation,
                         .group = l->all->in[l->first].group };
    struct correlate_pair *pairs = take(o, l->c->group_count, sizeof(*pairs));
    struct correlate_result r = { .correlation = l->correlation,
                                  .time_ns = time,
                                  .group = pairs,
                                  .group_count = l->c->group_count,
                                  .value = value,
                                  .input_count = w->count };

    if (l->fired && l->was_true && time - l->fired_at < l->c->timespan_ns)
        return;
    l->fired = true;
    l->fired_at = time;
    for (uint32_t i = 0; i < l->c->group_count; i++)
        pairs[i] = (struct correlate_pair){ l->c->group_by[i], result.group[i] };
    result.event_count = events_of(o, w, &result.events);
    r.events = result.events;
    r.event_count = result.event_count;
    put(o, &o->results[l->correlation], &result);
    if (l->c->emit)
        correlate_line(l->c, &r, o->lines);
}

/* --- the three moments ---------------------------------------------------------------------- */

/* Is input i the last one of its position? */
static bool last_of_position(const struct ins *all, uint32_t i)
{
    return i + 1 == all->count || earlier(&all->in[i], &all->in[i + 1]);
}

static void judge_at_once(struct oracle_correlate *o, struct life *l)
{
    for (uint32_t i = 0; i < l->all->count; i++) {
        const struct in *in = &l->all->in[i];
        struct ins w = window(o, l, in->time, i + 1);
        double value;
        bool now;

        if (i > 0 && in->time - l->all->in[i - 1].time >= l->c->timespan_ns)
            l->first = i;
        if (!last_of_position(l->all, i))
            continue;
        now = holds(o, l->c, &w, &value);
        if (now)
            fire(o, l, &w, value, in->time, in->order);
        l->was_true = now;
    }
}

static void judge_at_end(struct oracle_correlate *o, struct life *l)
{
    bool waits = false;
    int64_t due = 0;

    for (uint32_t i = 0; i <= l->all->count; i++) {
        const struct in *in = &l->all->in[i];
        struct ins w;
        double value;

        if (waits && (i == l->all->count || in->time > due)) {
            w = window(o, l, due, i);
            MUST(holds(o, l->c, &w, &value));
            fire(o, l, &w, value, due, LAST_ORDER);
            l->was_true = true;
            waits = false;
        }
        if (i == l->all->count)
            return;
        if (i > 0 && in->time - l->all->in[i - 1].time >= l->c->timespan_ns)
            l->first = i;
        if (!last_of_position(l->all, i))
            continue;
        w = window(o, l, in->time, i + 1);
        if (!holds(o, l->c, &w, &value)) {
            waits = l->was_true = false;
        } else if (!waits) {
            waits = true;
            due = w.in[0].time + l->c->timespan_ns - 1;
        }
    }
}

/* Judgements at the end of windows fall between inputs: at `from` and later, before `to`. */
static void judge_ends(struct oracle_correlate *o, struct life *l, int64_t from, int64_t to,
                       uint32_t known)
{
    for (uint32_t i = l->first; i < known; i++) {
        int64_t due = l->all->in[i].time + l->c->timespan_ns;
        struct ins w;
        double value;
        bool now;

        if (due < from || due >= to)
            continue;
        if (i > l->first && l->all->in[i - 1].time == l->all->in[i].time)
            continue;
        w = window(o, l, due, known);
        now = holds(o, l->c, &w, &value);
        if (now)
            fire(o, l, &w, value, due, LAST_ORDER);
        l->was_true = now;
        if (w.count == 0) {
            l->first = known;
            l->fired = l->was_true = false;
            return;
        }
    }
}

static void judge_absence(struct oracle_correlate *o, struct life *l)
{
    for (uint32_t i = 0; i < l->all->count; i++) {
        const struct in *in = &l->all->in[i];
        struct ins w = window(o, l, in->time, i + 1);
        double value;

        if (last_of_position(l->all, i) && !holds(o, l->c, &w, &value))
            l->was_true = false;
        judge_ends(o, l, in->time, i + 1 < l->all->count ? l->all->in[i + 1].time : INT64_MAX,
                   i + 1);
    }
}

static bool expr_has_not(const struct correlation_expr *x)
{
    bool found = x->kind == EXPR_NOT;

    for (uint32_t i = 0; i < x->child_count; i++)
        found |= expr_has_not(x->child[i]);
    return found;
}

static void judge_group(struct oracle_correlate *o, struct life *l)
{
    const struct correlation_condition *c = &l->c->condition;
    bool undone = l->c->expr != NULL ? expr_has_not(l->c->expr)
                                     : c->has_lt || c->has_lte || c->has_eq || c->has_neq;
    struct ins nothing = { 0 };
    double value;

    if (!undone)
        judge_at_once(o, l);
    else if (holds(o, l->c, &nothing, &value))
        judge_absence(o, l);
    else
        judge_at_end(o, l);
}

/* --- all of it ------------------------------------------------------------------------------ */

static bool same_group(const struct sigma_correlation *c, const struct in *a, const struct in *b)
{
    for (uint32_t i = 0; i < c->group_count; i++) {
        if (!span_eq(a->folded[i], b->folded[i]))
            return false;
    }
    return true;
}

/* One event counts once, whatever rules it matched, where events and not rules are counted. */
static bool repeated(const struct sigma_correlation *c, const struct ins *group,
                     const struct in *in)
{
    if ((c->type != CORRELATION_EVENT_COUNT && !computes(c)) || in->of_result)
        return false;
    for (uint32_t i = 0; i < group->count; i++) {
        if (!group->in[i].of_result && group->in[i].order == in->order)
            return true;
    }
    return false;
}

static void correlation_run(struct oracle_correlate *o, uint32_t index)
{
    const struct sigma_correlation *c = o->rules->correlations[index];
    struct ins all = { 0 };
    bool *done;

    inputs_of(o, c, &all);
    done = take(o, all.count, sizeof(*done));
    for (uint32_t i = 0; i < all.count; i++) {
        struct ins group = { 0 };
        struct life l = { .correlation = index, .c = c, .all = &group };

        for (uint32_t k = i; k < all.count && !done[i]; k++) {
            if (!same_group(c, &all.in[i], &all.in[k]))
                continue;
            if (!repeated(c, &group, &all.in[k]))
                put(o, &group, &all.in[k]);
            done[k] = k > i;
        }
        if (group.count > 0)
            judge_group(o, &l);
        done[i] = true;
    }
}

void correlate_oracle(const struct sigma_rules *rules, const struct correlate_hit *hits,
                      uint32_t hit_count, struct buf *lines)
{
    struct oracle_correlate o = {
        .rules = rules, .hits = hits, .hit_count = hit_count, .lines = lines
    };

    arena_init(&o.mem, ORACLE_BYTES_MAX);
    o.results = take(&o, rules->correlation_count, sizeof(*o.results));
    for (uint32_t i = 0; i < rules->correlation_count; i++)
        correlation_run(&o, i);
    arena_release(&o.mem);
}
