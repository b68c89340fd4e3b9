/*
 * order.c - in which order the parts of a condition are tried.
 *
 * A rule that was found by its witness is still wrong nine times in ten, so what counts is to find
 * the part that fails, soon and at little cost: of an AND the child with the least cost for its
 * chance of failing, of an OR the one with the least cost for its chance of holding. The costs are
 * rough nanoseconds, the chances those of chance.h. What a condition means does not depend on it.
 */
#include "sigma/order.h"

#include "sigma/witness.h"

/* One test on a value that lies there folded, and what it takes to have it there. */
#define COST_VALUE    20.0
#define COST_KEYWORDS 2000.0 /* every value and the record */

static const double cost_of_op[SIGMA_OPS] = {
    [SIGMA_EQ] = 3,      [SIGMA_CONTAINS] = 20, [SIGMA_STARTS] = 3,   [SIGMA_ENDS] = 3,
    [SIGMA_LIKE] = 30,   [SIGMA_RE] = 300,      [SIGMA_CIDR] = 40,    [SIGMA_NUM] = 15,
    [SIGMA_LT] = 20,     [SIGMA_LTE] = 20,      [SIGMA_GT] = 20,      [SIGMA_GTE] = 20,
    [SIGMA_MINUTE] = 60, [SIGMA_HOUR] = 60,     [SIGMA_DAY] = 60,     [SIGMA_WEEK] = 60,
    [SIGMA_MONTH] = 60,  [SIGMA_YEAR] = 60,     [SIGMA_EXISTS] = 2,   [SIGMA_NULL_] = 2,
    [SIGMA_FIELDREF] = 40,
};

struct guess {
    double cost, chance;
};

static struct guess guess_item(struct order *o, const struct sigma_item *it)
{
    struct guess g = { it->name != 0 ? COST_VALUE : COST_KEYWORDS, it->all ? 1 : 0 };

    for (uint32_t i = 0; i < it->test_count; i++) {
        double p = witness_chance(o->chances, it->name, &it->tests[i], o->mem);

        g.cost += cost_of_op[it->tests[i].op] * (it->name != 0 ? 1 : COST_KEYWORDS / COST_VALUE);
        g.chance = it->all ? g.chance * p : chance_or(g.chance, p);
    }
    if (it->negate)
        g.chance = 1 - g.chance;
    return g;
}

/* The smaller, the sooner. */
static double rank(const struct sigma_node *n, const struct guess *g)
{
    double decides = n->kind == NODE_AND ? 1 - g->chance : g->chance;

    return g->cost / (decides > 1e-9 ? decides : 1e-9);
}

/* What a node costs when its children are tried in this order until one decides. */
static struct guess join(const struct sigma_node *n, struct guess sum, const struct guess *next)
{
    double reached = n->kind == NODE_AND ? sum.chance : 1 - sum.chance;

    return (struct guess){ sum.cost + reached * next->cost,
                           n->kind == NODE_AND ? sum.chance * next->chance
                                               : chance_or(sum.chance, next->chance) };
}

static struct guess order_node(struct order *o, const struct sigma_rule *r, struct sigma_node *n);

static struct guess order_children(struct order *o, const struct sigma_rule *r,
                                   struct sigma_node *n)
{
    struct guess *g = arena_array(o->mem, n->child_count, sizeof(*g));
    struct guess sum = { 5, n->kind == NODE_AND ? 1 : 0 };

    n->quick = image_array(o->im, n->child_count, sizeof(struct sigma_node *));
    for (uint32_t i = 0; i < n->child_count && g != NULL && n->quick != NULL; i++) {
        struct guess one = order_node(o, r, n->child[i]);
        uint32_t at = i;

        for (; at > 0 && rank(n, &one) < rank(n, &g[at - 1]); at--) {
            g[at] = g[at - 1];
            n->quick[at] = n->quick[at - 1];
        }
        g[at] = one;
        n->quick[at] = n->child[i];
    }
    for (uint32_t i = 0; i < n->child_count && g != NULL; i++)
        sum = join(n, sum, &g[i]);
    return sum;
}

static struct guess order_node(struct order *o, const struct sigma_rule *r, struct sigma_node *n)
{
    struct guess g;

    switch ((enum sigma_node_kind)n->kind) {
    case NODE_ITEM:
        return guess_item(o, n->item);
    case NODE_SEARCH:
        return order_node(o, r, r->searches[n->search].body);
    case NODE_NOT:
        g = order_children(o, r, n);
        return (struct guess){ g.cost, 1 - g.chance };
    case NODE_AND:
    case NODE_OR:
        break;
    }
    return order_children(o, r, n);
}

void order_rule(struct order *o, struct sigma_rule *r)
{
    (void)order_node(o, r, r->condition); /* the guess for the whole is of no use */
}
