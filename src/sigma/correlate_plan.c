/*
 * correlate_plan.c - correlations made ready: who feeds whom with which fields, when each is
 * judged, and ordered ones as steps.
 *
 * References were resolved to indexes when the rules were loaded, so a rule is the same one whether
 * it was referred to by id or by name, and one referred to twice is one slot.
 *
 * Steps of an ordered correlation. The list a, b, c is the chain of steps a > b > c. An expression
 * is a chain too: `and` is "and then", `or` is either way, what stands under `not` is left out (the
 * positions of a regular expression, after Glushkov). With a condition on the number of rules,
 * there is a step for every rule and every length of the chain that ends in it.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/limits.h"
#include "sigma/correlate_own.h"
#include "sigma/ruleset.h"

#define PLAN_BYTES_MAX ((size_t)1 << 30)

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory for the correlations.");
}

/* --- conditions --------------------------------------------------------------------------- */

bool plan_bounds(const struct correlation_condition *c, double v)
{
    return (!c->has_gt || v > c->gt) && (!c->has_gte || v >= c->gte) && (!c->has_lt || v < c->lt) &&
           (!c->has_lte || v <= c->lte) && (!c->has_eq || v == c->eq) &&
           (!c->has_neq || v != c->neq);
}

bool plan_expr(const struct plan_row *row, const struct correlation_expr *x, const uint32_t *count)
{
    bool is_or = x->kind == EXPR_OR;

    if (x->kind == EXPR_RULE)
        return count != NULL && count[row->slot_of_ref[x->ref]] > 0;
    if (x->kind == EXPR_NOT)
        return !plan_expr(row, x->child[0], count);
    for (uint32_t i = 0; i < x->child_count; i++) {
        if (plan_expr(row, x->child[i], count) == is_or)
            return is_or;
    }
    return !is_or;
}

static bool has_not(const struct correlation_expr *x)
{
    bool found = x->kind == EXPR_NOT;

    for (uint32_t i = 0; i < x->child_count; i++)
        found |= has_not(x->child[i]);
    return found;
}

static bool is_ordered(const struct sigma_correlation *c)
{
    return c->type == CORRELATION_TEMPORAL_ORDERED ||
           c->type == CORRELATION_TEMPORAL_ORDERED_EXTENDED;
}

/* Nothing in the window: the number is 0, but of no numbers there is no mean and no rank. */
static bool empty_holds(const struct plan_row *row)
{
    switch (row->rule->type) {
    case CORRELATION_VALUE_AVG:
    case CORRELATION_VALUE_PERCENTILE:
    case CORRELATION_VALUE_MEDIAN:
        return false;
    default:
        return row->rule->expr != NULL ? plan_expr(row, row->rule->expr, NULL)
                                       : plan_bounds(&row->condition, 0);
    }
}

static void find_judged(struct plan_row *row)
{
    const struct correlation_condition *c = &row->condition;
    bool undone = row->rule->expr != NULL ? has_not(row->rule->expr)
                                          : c->has_lt || c->has_lte || c->has_eq || c->has_neq;

    if (!undone)
        row->judged = JUDGED_AT_ONCE;
    else
        row->judged = empty_holds(row) ? JUDGED_ABSENCE : JUDGED_AT_END;
}

/* --- steps of ordered correlations ---------------------------------------------------------- */

static void step_link(struct step *s, uint32_t from)
{
    s->from[s->from_count++] = from;
}

/* a > b > c */
static bool chain_steps(struct arena *mem, struct plan_row *row)
{
    row->step_count = row->slot_count;
    row->steps = arena_array(mem, row->step_count, sizeof(*row->steps));
    for (uint32_t i = 0; row->steps != NULL && i < row->step_count; i++) {
        struct step *s = &row->steps[i];

        *s = (struct step){ .slot = i, .level = i + 1, .first = i == 0 };
        s->from = arena_array(mem, 1, sizeof(*s->from));
        if (s->from == NULL)
            return false;
        if (i > 0)
            step_link(s, i - 1);
    }
    return row->steps != NULL;
}

/* Step (i, n): rule i as the end of a chain of n rules, at i(i+1)/2 + n - 1. */
static bool length_steps(struct arena *mem, struct plan_row *row)
{
    uint32_t at = 0;

    MUST(row->slot_count <= LIMIT_CORRELATION_STEPS);
    row->step_count = row->slot_count * (row->slot_count + 1) / 2;
    row->steps = arena_array(mem, row->step_count, sizeof(*row->steps));
    for (uint32_t i = 0; row->steps != NULL && i < row->slot_count; i++) {
        for (uint32_t n = 1; n <= i + 1; n++, at++) {
            struct step *s = &row->steps[at];

            *s = (struct step){ .slot = i, .level = n, .first = n == 1 };
            s->from = arena_array(mem, i + 1, sizeof(*s->from));
            if (s->from == NULL)
                return false;
            for (uint32_t k = n > 1 ? n - 2 : i; k < i; k++)
                step_link(s, k * (k + 1) / 2 + n - 2);
        }
    }
    return row->steps != NULL;
}

/* Positions of an expression: those it may begin and end with, and whether none is needed. */
struct ways {
    uint64_t first, last;
    bool none;
};

struct expr_steps {
    struct plan_row *row;
    uint64_t after[LIMIT_CORRELATION_STEPS]; /* position -> those that may stand before it */
};

static struct ways ways_of(struct expr_steps *s, const struct correlation_expr *x);

static struct ways ways_and(struct expr_steps *s, const struct correlation_expr *x)
{
    struct ways all = { .none = true };

    for (uint32_t i = 0; i < x->child_count; i++) {
        struct ways next = ways_of(s, x->child[i]);

        for (uint32_t k = 0; k < LIMIT_CORRELATION_STEPS; k++) {
            if ((next.first >> k & 1) != 0)
                s->after[k] |= all.last;
        }
        all.first |= all.none ? next.first : 0;
        all.last = next.last | (next.none ? all.last : 0);
        all.none &= next.none;
    }
    return all;
}

static struct ways ways_of(struct expr_steps *s, const struct correlation_expr *x)
{
    struct ways any = { 0 };

    switch (x->kind) {
    case EXPR_RULE:
        MUST(s->row->step_count < LIMIT_CORRELATION_STEPS);
        any.first = any.last = UINT64_C(1) << s->row->step_count;
        s->row->steps[s->row->step_count++].slot = s->row->slot_of_ref[x->ref];
        return any;
    case EXPR_NOT:
        any.none = true;
        return any;
    case EXPR_AND:
        return ways_and(s, x);
    default:
        for (uint32_t i = 0; i < x->child_count; i++) {
            struct ways one = ways_of(s, x->child[i]);

            any.first |= one.first;
            any.last |= one.last;
            any.none |= one.none;
        }
        return any;
    }
}

static bool expr_steps(struct arena *mem, struct plan_row *row)
{
    struct expr_steps s = { .row = row };
    struct ways all;

    row->steps = arena_array(mem, LIMIT_CORRELATION_STEPS, sizeof(*row->steps));
    if (row->steps == NULL)
        return false;
    all = ways_of(&s, row->rule->expr);
    row->any_order = all.none;
    for (uint32_t i = 0; i < row->step_count; i++) {
        struct step *to = &row->steps[i];

        to->first = (all.first >> i & 1) != 0;
        to->level = (uint32_t)(all.last >> i & 1);
        to->from = arena_array(mem, row->step_count, sizeof(*to->from));
        if (to->from == NULL)
            return false;
        for (uint32_t k = 0; k < row->step_count; k++) {
            if ((s.after[i] >> k & 1) != 0)
                step_link(to, k);
        }
    }
    return true;
}

static bool make_steps(struct arena *mem, struct plan_row *row)
{
    bool ok = row->rule->expr != NULL      ? expr_steps(mem, row)
              : row->rule->condition.given ? length_steps(mem, row)
                                           : chain_steps(mem, row);

    row->step_of_slot = arena_array(mem, row->slot_count, sizeof(*row->step_of_slot));
    if (!ok || row->step_of_slot == NULL)
        return false;
    for (uint32_t i = 0; i < row->slot_count; i++)
        row->step_of_slot[i] = CORRELATE_NONE;
    for (uint32_t i = row->step_count; i-- > 0;) {
        row->steps[i].next = row->step_of_slot[row->steps[i].slot];
        row->step_of_slot[row->steps[i].slot] = i;
    }
    return true;
}

/* --- rows ----------------------------------------------------------------------------------- */

static bool same_target(const struct correlation_ref *a, const struct correlation_ref *b)
{
    return a->is_correlation == b->is_correlation && a->index == b->index;
}

static bool find_slots(struct arena *mem, struct plan_row *row)
{
    const struct sigma_correlation *c = row->rule;

    row->slot_of_ref = arena_array(mem, c->ref_count, sizeof(*row->slot_of_ref));
    if (row->slot_of_ref == NULL)
        return false;
    for (uint32_t i = 0; i < c->ref_count; i++) {
        uint32_t k = 0;

        while (!same_target(&c->refs[k], &c->refs[i]))
            k++;
        row->slot_of_ref[i] = k < i ? row->slot_of_ref[k] : row->slot_count++;
    }
    return true;
}

static bool make_row(struct arena *mem, const struct sigma_correlation *c, struct plan_row *row)
{
    row->rule = c;
    row->field_count = c->group_count + c->value_field_count;
    row->condition = c->condition;
    if (!find_slots(mem, row))
        return false;
    if (!c->condition.given) {
        row->condition.has_gte = true;
        row->condition.gte = row->slot_count;
    }
    find_judged(row);
    return !is_ordered(c) || make_steps(mem, row);
}

/* --- feeds ---------------------------------------------------------------------------------- */

static const struct sigma_head *head_of(const struct correlate_rules *from,
                                        const struct correlation_ref *ref)
{
    return ref->is_correlation ? &from->correlations[ref->index]->head
                               : &from->rules[ref->index]->head;
}

static bool feed_fields(struct correlate_plan *p, const struct correlate_rules *from,
                        const struct names *n, const struct correlation_ref *ref, struct feed *f)
{
    const struct plan_row *row = &p->rows[f->correlation];
    const struct sigma_correlation *c = row->rule;

    f->field = arena_array(&p->mem, row->field_count, sizeof(*f->field));
    if (f->field == NULL)
        return false;
    for (uint32_t i = 0; i < row->field_count; i++) {
        struct span name =
            i < c->group_count ? c->group_by[i] : c->value_fields[i - c->group_count];

        name = correlation_field(c, ref, head_of(from, ref), name);
        if (ref->is_correlation) {
            f->field[i] = correlation_group(from->correlations[ref->index], name);
        } else {
            f->field[i] = names_find(n, name);
            MUST(f->field[i] != 0); /* ruleset_names() was not called */
        }
    }
    return true;
}

/* One feed for every slot: counted in the first pass, made in the second. */
static bool make_feeds(struct correlate_plan *p, const struct correlate_rules *from,
                       const struct names *n, bool count_only)
{
    for (uint32_t i = 0; i < p->correlation_count; i++) {
        const struct sigma_correlation *c = from->correlations[i];
        uint32_t slots = 0;

        for (uint32_t k = 0; k < c->ref_count; k++) {
            const struct correlation_ref *ref = &c->refs[k];
            struct feeds *to =
                ref->is_correlation ? &p->of_correlation[ref->index] : &p->of_rule[ref->index];

            if (p->rows[i].slot_of_ref[k] < slots)
                continue; /* referred to before, in other words */
            slots++;
            to->count++;
            if (count_only)
                continue;
            to->feed[to->count - 1] = (struct feed){ .correlation = i, .slot = slots - 1 };
            if (!feed_fields(p, from, n, ref, &to->feed[to->count - 1]))
                return false;
        }
    }
    return true;
}

static bool room_for_feeds(struct correlate_plan *p, struct feeds *of, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (of[i].count == 0)
            continue;
        of[i].feed = arena_array(&p->mem, of[i].count, sizeof(*of[i].feed));
        if (of[i].feed == NULL)
            return false;
        of[i].count = 0;
    }
    return true;
}

/* --- the plan as one number ------------------------------------------------------------------ */

#define PLAN_FORM 1 /* of records and of what correlator_save() writes: a new one at each change   \
                     */

static uint64_t mix(uint64_t hash, uint64_t v)
{
    return XXH3_64bits_withSeed(&v, sizeof(v), hash);
}

static uint64_t find_hash(const struct correlate_plan *p, const struct correlate_rules *from)
{
    uint64_t hash = mix(PLAN_FORM, p->correlation_count);

    for (uint32_t i = 0; i < p->correlation_count; i++) {
        const struct sigma_correlation *c = from->correlations[i];

        hash = mix(hash, c->head.hash);
        for (uint32_t k = 0; k < c->ref_count; k++) {
            hash = mix(hash, (uint64_t)c->refs[k].index << 1 | c->refs[k].is_correlation);
            hash = mix(hash, head_of(from, &c->refs[k])->hash);
        }
    }
    return hash != 0 ? hash : 1;
}

static bool plan_fill(struct correlate_plan *p, const struct correlate_rules *from,
                      const struct names *n)
{
    p->of_rule = arena_array(&p->mem, (size_t)p->rule_count + 1, sizeof(*p->of_rule));
    p->of_correlation =
        arena_array(&p->mem, (size_t)p->correlation_count + 1, sizeof(*p->of_correlation));
    p->rows = arena_array(&p->mem, (size_t)p->correlation_count + 1, sizeof(*p->rows));
    if (p->of_rule == NULL || p->of_correlation == NULL || p->rows == NULL)
        return false;
    for (uint32_t i = 0; i < p->correlation_count; i++) {
        if (!make_row(&p->mem, from->correlations[i], &p->rows[i]))
            return false;
    }
    return make_feeds(p, from, n, true) && room_for_feeds(p, p->of_rule, p->rule_count) &&
           room_for_feeds(p, p->of_correlation, p->correlation_count) &&
           make_feeds(p, from, n, false);
}

int correlate_plan_new(struct correlate_plan **out, const struct correlate_rules *from,
                       const struct names *n, struct err *e)
{
    struct correlate_plan *p = calloc(1, sizeof(*p));

    *out = NULL;
    if (p == NULL)
        return no_memory(e);
    arena_init(&p->mem, PLAN_BYTES_MAX);
    p->rule_count = from->rule_count;
    p->correlation_count = from->correlation_count;
    if (!plan_fill(p, from, n)) {
        correlate_plan_free(&p);
        return no_memory(e);
    }
    p->hash = find_hash(p, from);
    *out = p;
    return ERR_OK;
}

uint64_t correlate_plan_hash(const struct correlate_plan *p)
{
    return p->hash;
}

int correlate_plan_of(struct correlate_plan **out, const struct ruleset *rs, const struct names *n,
                      struct err *e)
{
    const struct correlate_rules from = { rs->c->rules, rs->c->correlations, rs->c->rule_count,
                                          rs->c->correlation_count };

    return correlate_plan_new(out, &from, n, e);
}

void correlate_plan_free(struct correlate_plan **p)
{
    if (*p != NULL)
        arena_release(&(*p)->mem);
    free(*p);
    *p = NULL;
}

bool correlate_wanted(const struct correlate_plan *p, uint32_t rule)
{
    MUST(rule < p->rule_count);
    return p->of_rule[rule].count > 0;
}
