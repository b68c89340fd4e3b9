/*
 * filter.c - filters: read, and put into the rules that they are for.
 *
 * A filter narrows rules without editing them: the rule then matches when its own condition holds
 * AND the filter's condition holds, as written (pySigma's reading; the specification's own example
 * reads the other way round, so check.c warns of a filter without any `not`).
 *
 * A filter is for a rule when it names it (by id, name or title; `any` names all) and when its
 * logsource contains the rule's: what the filter leaves out may be anything. Its searches are
 * put behind the rule's under names that begin with `_filter_`; the rule's own condition was read
 * before, so neither sees the other's searches. Correlations are never filtered.
 *
 * All filters of a rule are gathered first and joined in one AND, so that a thousand of them make
 * a wide node and not a deep one.
 */
#include <stdio.h>

#include "base/limits.h"
#include "sigma/condition.h"
#include "sigma/read.h"
#include "sigma/refs.h"

static int filter_no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory for the filters.");
}

static bool means_any(struct span s)
{
    return span_eq_nocase(s, SPAN_LIT("any")) || span_eq_nocase(s, SPAN_LIT("all"));
}

static int filter_targets(struct reader *r, const struct yaml_node *map, struct sigma_filter *f,
                          struct err *e)
{
    const struct yaml_node *rules = yaml_get(map, "rules");
    int rc;

    if (rules == NULL)
        return err_set(e, ERR_SYNTAX, map->line, "The filter has no 'rules'.");
    rc = read_texts(r, rules, "rules", &f->rules, &f->rule_count, e);
    if (rc != ERR_OK)
        return rc;
    f->any_rule = f->rule_count == 0 || (f->rule_count == 1 && means_any(f->rules[0]));
    return ERR_OK;
}

int read_filter(struct reader *r, const struct yaml_node *root, struct sigma_head *h,
                struct sigma_filter **out, struct err *e)
{
    const struct yaml_node *map = yaml_get(root, "filter"), *condition;
    struct sigma_filter *f = arena_alloc(r->mem, sizeof(*f));
    struct condition_names names = { .what = "search of the filter" };
    int rc;

    if (f == NULL)
        return filter_no_memory(e);
    f->head = *h;
    rc = read_logsource(r, root, &f->logsource, e);
    if (rc != ERR_OK)
        return rc;
    if (map->kind != YAML_MAP)
        return err_set(e, ERR_SYNTAX, map->line, "The filter must be a map.");
    condition = yaml_get(map, "condition");
    if (condition == NULL || condition->kind != YAML_SCALAR)
        return err_set(e, ERR_SYNTAX, map->line, "The filter needs one condition.");
    f->condition_text = condition->text;
    rc = filter_targets(r, map, f, e);
    if (rc == ERR_OK)
        rc = read_searches(r, map, SPAN_LIT("rules"), &f->searches, &f->search_count, e);
    if (rc != ERR_OK)
        return rc;
    names.searches = f->searches;
    names.count = f->search_count;
    rc = condition_read(f->condition_text, condition->line, &names, r->mem, &f->condition, e);
    if (rc != ERR_OK)
        return rc;
    check_filter(r, f);
    *out = f;
    return ERR_OK;
}

/* --- application -------------------------------------------------------------------------- */

struct pick {
    struct sigma_filter *filter;
    struct pick *next;
};

struct picks {
    struct pick *first, *last;
    uint32_t count, searches;
};

static bool contains(struct span filter, struct span rule)
{
    return filter.n == 0 || span_eq_nocase(filter, rule);
}

static bool logsource_contains(const struct sigma_logsource *f, const struct sigma_logsource *rule)
{
    return contains(f->product, rule->product) && contains(f->category, rule->category) &&
           contains(f->service, rule->service) && contains(f->custom, rule->custom);
}

/* False when there is no memory. */
static bool pick_add(struct sigma_rules *rs, struct picks *p, struct sigma_filter *f)
{
    struct pick *pick;

    if (p->last != NULL && p->last->filter == f)
        return true; /* named twice */
    pick = arena_alloc(&rs->mem, sizeof(*pick));
    if (pick == NULL)
        return false;
    pick->filter = f;
    if (p->last != NULL)
        p->last->next = pick;
    else
        p->first = pick;
    p->last = pick;
    p->count++;
    p->searches += f->search_count;
    f->used++;
    return true;
}

static int pick_for_all(struct sigma_rules *rs, struct picks *picks, struct sigma_filter *f,
                        struct err *e)
{
    for (uint32_t i = 0; i < rs->rule_count; i++) {
        if (logsource_contains(&f->logsource, &rs->rules[i]->logsource) &&
            !pick_add(rs, &picks[i], f))
            return filter_no_memory(e);
    }
    if (f->used == 0)
        return rules_warn(rs, &f->head, e, "The filter's logsource contains no loaded rule's.");
    return ERR_OK;
}

/* All rules that go by `text`: an id, a name or a title. */
static int pick_for_text(struct sigma_rules *rs, const struct refs *refs, struct picks *picks,
                         struct sigma_filter *f, struct span text, struct err *e)
{
    static const enum ref_kind kinds[] = { REF_ID, REF_NAME, REF_TITLE };
    bool known = false, taken = false;

    for (size_t k = 0; k < COUNT_OF(kinds) && !known; k++) {
        uint32_t count;
        const struct ref_entry *entry = refs_find(refs, text, kinds[k], &count);

        for (; count > 0; count--, entry++) {
            if (entry->is_correlation)
                continue;
            known = true;
            if (!logsource_contains(&f->logsource, &rs->rules[entry->index]->logsource))
                continue;
            taken = true;
            if (!pick_add(rs, &picks[entry->index], f))
                return filter_no_memory(e);
        }
    }
    if (!known)
        return rules_warn(rs, &f->head, e, "The filter is for '%.*s', which is no loaded rule.",
                          SHORT_ARG(text));
    if (!taken)
        return rules_warn(rs, &f->head, e,
                          "The filter is for '%.*s', but its logsource does not contain that "
                          "rule's.",
                          SHORT_ARG(text));
    return ERR_OK;
}

/* A copy of a filter's condition for searches that begin at `base`. */
static struct sigma_node *condition_copy(struct arena *mem, const struct sigma_node *from,
                                         uint32_t base)
{
    struct sigma_node *n = arena_alloc(mem, sizeof(*n));

    if (n == NULL)
        return NULL;
    *n = *from;
    n->search = from->kind == NODE_SEARCH ? from->search + base : 0;
    n->child = arena_array(mem, from->child_count, sizeof(struct sigma_node *));
    if (n->child == NULL)
        return NULL;
    for (uint32_t i = 0; i < from->child_count; i++) {
        n->child[i] = condition_copy(mem, from->child[i], base);
        if (n->child[i] == NULL)
            return NULL;
    }
    return n;
}

static struct span search_name(struct arena *mem, uint32_t number, struct span name)
{
    char head[32];
    int n = snprintf(head, sizeof(head), "_filter_%u_", number);
    uint8_t *p = arena_bytes(mem, (size_t)n + name.n);

    MUST(n > 0 && (size_t)n < sizeof(head));
    if (p == NULL)
        return SPAN_NONE;
    memcpy(p, head, (size_t)n);
    if (name.n > 0)
        memcpy(p + n, name.p, name.n);
    return (struct span){ p, (size_t)n + name.n };
}

/* Put the picked filters of one rule into it. */
static int rule_apply(struct sigma_rules *rs, struct sigma_rule *rule, const struct picks *p,
                      struct err *e)
{
    struct arena *mem = &rs->mem;
    struct sigma_search *all =
        arena_array(mem, (size_t)rule->search_count + p->searches, sizeof(*all));
    struct sigma_node *both = arena_alloc(mem, sizeof(*both));
    uint32_t count = rule->search_count;

    rule->filters = arena_array(mem, p->count, sizeof(struct sigma_filter *));
    if (all == NULL || both == NULL || rule->filters == NULL)
        return filter_no_memory(e);
    memcpy(all, rule->searches, rule->search_count * sizeof(*all));
    *both = (struct sigma_node){ .kind = NODE_AND, .at_least = 1 };
    both->child = arena_array(mem, (size_t)p->count + 1, sizeof(struct sigma_node *));
    if (both->child == NULL)
        return filter_no_memory(e);
    both->child[both->child_count++] = rule->condition;
    for (const struct pick *k = p->first; k != NULL; k = k->next) {
        const struct sigma_filter *f = k->filter;
        struct sigma_node *copy = condition_copy(mem, f->condition, count);

        if (copy == NULL)
            return filter_no_memory(e);
        both->child[both->child_count++] = copy;
        for (uint32_t i = 0; i < f->search_count; i++, count++) {
            all[count] = f->searches[i];
            all[count].of_filter = true;
            all[count].name = search_name(mem, rule->filter_count, f->searches[i].name);
        }
        rule->filters[rule->filter_count++] = k->filter;
    }
    rule->searches = all;
    rule->search_count = count;
    rule->condition = both;
    return arena_failed(mem) ? filter_no_memory(e) : ERR_OK;
}

int filters_apply(struct sigma_rules *rs, const struct refs *refs, struct err *e)
{
    struct picks *picks;
    int rc = ERR_OK;

    if (rs->filter_count == 0)
        return ERR_OK;
    picks = arena_array(&rs->mem, (size_t)rs->rule_count + 1, sizeof(*picks));
    if (picks == NULL)
        return filter_no_memory(e);
    for (uint32_t i = 0; rc == ERR_OK && i < rs->filter_count; i++) {
        struct sigma_filter *f = rs->filters[i];

        if (f->any_rule)
            rc = pick_for_all(rs, picks, f, e);
        for (uint32_t k = 0; rc == ERR_OK && !f->any_rule && k < f->rule_count; k++)
            rc = pick_for_text(rs, refs, picks, f, f->rules[k], e);
    }
    for (uint32_t i = 0; rc == ERR_OK && i < rs->rule_count; i++) {
        if (picks[i].count > 0)
            rc = rule_apply(rs, rs->rules[i], &picks[i], e);
    }
    return rc;
}
