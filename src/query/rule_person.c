/*
 * rule_person.c - see rule_person.h.
 */
#include "query/rule_person.h"

#include "query/person.h"

/* A value that stands for somebody: neither any value at all, nor an account of a system. */
static bool is_somebody(const struct sigma_test *t)
{
    if (t->op == SIGMA_EXISTS || t->op == SIGMA_NULL_ || t->op == SIGMA_FIELDREF)
        return false;
    for (size_t i = 0; i < t->shown.n; i++) {
        if (t->shown.p[i] != '*')
            return !person_system(t->shown);
    }
    return false;
}

static bool is_person(const struct sigma_item *item)
{
    if (!person_field(item->field))
        return false;
    for (uint32_t i = 0; i < item->test_count; i++) {
        if (is_somebody(&item->tests[i]))
            return true;
    }
    return false;
}

static bool look(const struct sigma_rule *r, const struct sigma_node *n, bool holds,
                 struct span *field)
{
    if (n->kind == NODE_ITEM) {
        *field = n->item->field;
        return holds != n->item->negate && is_person(n->item);
    }
    if (n->kind == NODE_SEARCH)
        return look(r, r->searches[n->search].body, holds, field);
    for (uint32_t i = 0; i < n->child_count; i++) {
        if (look(r, n->child[i], n->kind == NODE_NOT ? !holds : holds, field))
            return true;
    }
    return false;
}

bool rule_person(const struct sigma_rule *rule, struct span *field)
{
    return look(rule, rule->condition, true, field);
}
