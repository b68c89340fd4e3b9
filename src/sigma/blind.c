/*
 * blind.c - a rule's condition with every item on a field that a source lacks taken as false.
 */
#include "sigma/blind.h"

struct look {
    const struct sigma_rule *rule;
    const struct view *view;
    const struct names *names;
    struct span missing; /* the first field that made an item false */
};

/* Would the item hold for a field that is not there? */
static bool holds_absent(const struct sigma_item *it)
{
    for (uint32_t i = 0; i < it->test_count; i++) {
        const struct sigma_test *t = &it->tests[i];

        if (t->op == SIGMA_NULL_ || (t->op == SIGMA_EXISTS && t->num == 0))
            return true;
    }
    return it->negate;
}

static bool item_may_hold(struct look *l, const struct sigma_item *it)
{
    uint32_t name = it->field.n > 0 ? names_find(l->names, it->field) : 0;

    if (name == 0 || !view_lacks(l->view, name) || holds_absent(it))
        return true;
    if (l->missing.n == 0)
        l->missing = it->field;
    return false;
}

/* Depth is bounded by LIMIT_RULE_DEPTH. */
static bool node_may_hold(struct look *l, const struct sigma_node *node)
{
    uint32_t held = 0;

    switch ((enum sigma_node_kind)node->kind) {
    case NODE_ITEM:
        return item_may_hold(l, node->item);
    case NODE_SEARCH:
        return node_may_hold(l, l->rule->searches[node->search].body);
    case NODE_NOT:
        return true;
    case NODE_AND:
    case NODE_OR:
        break;
    }
    for (uint32_t i = 0; i < node->child_count; i++)
        held += node_may_hold(l, node->child[i]);
    return node->kind == NODE_AND ? held == node->child_count : held >= node->at_least;
}

enum blind_kind rule_blind(const struct sigma_rule *rule, const struct taxonomy *t,
                           const struct names *n, struct span *field)
{
    const struct sigma_logsource *ls = &rule->logsource;
    bool carried = false;

    *field = SPAN_NONE;
    for (uint32_t i = 0; i < taxonomy_view_count(t) && ls->custom.n == 0; i++) {
        struct look l = { .rule = rule, .view = taxonomy_view(t, i), .names = n };

        if (!view_has_tags(l.view, ls->product, ls->category, ls->service))
            continue;
        carried = true;
        if (node_may_hold(&l, rule->condition))
            return BLIND_NOT;
        if (field->n == 0)
            *field = l.missing;
    }
    return carried ? BLIND_FIELD : BLIND_LOGSOURCE;
}
