/*
 * program.c - in which order the parts of a condition are tried, and the steps that do it.
 *
 * A rule that was found by its witness is still wrong nine times in ten, so what counts is to find
 * the part that fails, soon and at little cost: of an AND the child with the least cost for its
 * chance of failing, of an OR the one with the least cost for its chance of holding. The costs are
 * rough nanoseconds, the chances those of chance.h. What a condition means does not depend on it.
 *
 *   nodes ──▶ parts: searches put in place, children in order ──▶ steps, from the last to the first
 *
 * Steps are made backwards because a step must know where to go on: a part is made for two given
 * places, one to go to when it holds and one when it does not.
 */
#include "sigma/program.h"

#include "sigma/witness.h"

#define STEPS_MAX 4096u
#define PARTS_MAX 16384u

/* One test on a value that lies there folded, and what it takes to have it there. */
#define COST_VALUE    20.0
#define COST_KEYWORDS 2000.0 /* every value and the record */
#define COST_STEP     2.0

static const double cost_of_op[SIGMA_OPS] = {
    [SIGMA_EQ] = 3,        [SIGMA_CONTAINS] = 20, [SIGMA_STARTS] = 3, [SIGMA_ENDS] = 3,
    [SIGMA_LIKE] = 60,     [SIGMA_RE] = 300,      [SIGMA_CIDR] = 40,  [SIGMA_NUM] = 15,
    [SIGMA_LT] = 20,       [SIGMA_LTE] = 20,      [SIGMA_GT] = 20,    [SIGMA_GTE] = 20,
    [SIGMA_MINUTE] = 60,   [SIGMA_HOUR] = 60,     [SIGMA_DAY] = 60,   [SIGMA_WEEK] = 60,
    [SIGMA_MONTH] = 60,    [SIGMA_YEAR] = 60,     [SIGMA_EXISTS] = 2, [SIGMA_NULL_] = 2,
    [SIGMA_FIELDREF] = 40,
};

/* A node with its searches in place. */
struct part {
    uint8_t kind; /* enum sigma_node_kind, never SEARCH */
    const struct sigma_item *item;
    struct part *child; /* in the order to be tried */
    uint32_t child_count;
    double cost, chance;
};

static struct part part_item(struct program_maker *m, const struct sigma_item *it)
{
    struct part p = { .kind = NODE_ITEM, .item = it, .chance = it->all ? 1 : 0 };

    p.cost = it->name != 0 ? COST_VALUE : COST_KEYWORDS;
    for (uint32_t i = 0; i < it->test_count; i++) {
        double chance = witness_chance(m->chances, it->name, &it->tests[i], m->mem);

        p.cost += cost_of_op[it->tests[i].op] * (it->name != 0 ? 1 : COST_KEYWORDS / COST_VALUE);
        p.chance = it->all ? p.chance * chance : chance_or(p.chance, chance);
    }
    if (it->negate)
        p.chance = 1 - p.chance;
    return p;
}

/* The smaller, the sooner. */
static double rank(uint8_t kind, const struct part *child)
{
    double decides = kind == NODE_AND ? 1 - child->chance : child->chance;

    return child->cost / (decides > 1e-9 ? decides : 1e-9);
}

/* Cost and chance of the whole, its children tried in this order until one decides. */
static void part_sum(struct part *p)
{
    p->cost = COST_STEP;
    p->chance = p->kind == NODE_AND ? 1 : 0;
    for (uint32_t i = 0; i < p->child_count; i++) {
        const struct part *c = &p->child[i];

        p->cost += (p->kind == NODE_AND ? p->chance : 1 - p->chance) * c->cost;
        p->chance = p->kind == NODE_AND ? p->chance * c->chance : chance_or(p->chance, c->chance);
    }
    if (p->kind == NODE_NOT)
        p->chance = 1 - p->chance;
}

static struct part part_of(struct program_maker *m, const struct sigma_rule *r,
                           const struct sigma_node *n)
{
    struct part p = { .kind = n->kind };

    if (n->kind == NODE_SEARCH)
        return part_of(m, r, r->searches[n->search].body);
    m->unfit = m->unfit || n->at_least > 1 || ++m->parts > PARTS_MAX;
    if (m->unfit)
        return p;
    if (n->kind == NODE_ITEM)
        return part_item(m, n->item);
    p.child = arena_array(m->mem, n->child_count, sizeof(*p.child));
    for (uint32_t i = 0; i < n->child_count && p.child != NULL; i++) {
        struct part c = part_of(m, r, n->child[i]);
        uint32_t at = i;

        for (; at > 0 && rank(p.kind, &c) < rank(p.kind, &p.child[at - 1]); at--)
            p.child[at] = p.child[at - 1];
        p.child[at] = c;
        p.child_count++;
    }
    part_sum(&p);
    return p;
}

/* The steps of a part; returns the number of its first, or where to go when it has none. */
static uint32_t emit(struct program_maker *m, const struct part *p, uint32_t if_true,
                     uint32_t if_false)
{
    switch (p->kind) {
    case NODE_ITEM:
        if (m->count == STEPS_MAX) {
            m->unfit = true;
            return PROGRAM_FALSE;
        }
        m->steps[m->count] = (struct program_step){ p->item->id, if_true, if_false };
        return m->count++;
    case NODE_NOT:
        return emit(m, &p->child[0], if_false, if_true);
    case NODE_AND:
        for (uint32_t i = p->child_count; i-- > 0;)
            if_true = emit(m, &p->child[i], if_true, if_false);
        return if_true;
    default:
        for (uint32_t i = p->child_count; i-- > 0;)
            if_false = emit(m, &p->child[i], if_true, if_false);
        return if_false;
    }
}

/* The number of a step when the last one made becomes the first. */
static uint32_t turned(const struct program_maker *m, uint32_t step)
{
    return step < m->count ? m->count - 1 - step : step;
}

struct program program_of(struct program_maker *m, const struct sigma_rule *r)
{
    const struct program none = { NULL, 0 };
    struct part whole;
    struct program_step *steps;

    m->count = m->parts = 0;
    m->unfit = false;
    if (m->steps == NULL)
        m->steps = arena_array(m->mem, STEPS_MAX, sizeof(*m->steps));
    whole = part_of(m, r, r->condition);
    if (m->unfit || arena_failed(m->mem))
        return none;
    (void)emit(m, &whole, PROGRAM_TRUE, PROGRAM_FALSE); /* the first step is the last one made */
    steps = m->unfit || m->count == 0 ? NULL : image_array(m->im, m->count, sizeof(*steps));
    for (uint32_t i = 0; i < m->count && steps != NULL; i++) {
        const struct program_step *s = &m->steps[i];

        steps[turned(m, i)] =
            (struct program_step){ s->item, turned(m, s->if_true), turned(m, s->if_false) };
    }
    return steps != NULL ? (struct program){ steps, m->count } : none;
}
