/*
 * unseen.c - see unseen.h.
 */
#include "desk/unseen.h"

enum unseen_kind unseen_rule(const struct sigma_rule *rule, const struct taxonomy *t,
                             const struct names *n, const struct unseen_views *seen,
                             struct span *field)
{
    const struct sigma_logsource *ls = &rule->logsource;
    enum blind_kind kind = rule_blind(rule, t, n, field);

    if (kind != BLIND_NOT)
        return kind == BLIND_FIELD ? UNSEEN_FIELD : UNSEEN_LOGSOURCE;
    for (uint32_t i = 0; i < taxonomy_view_count(t); i++) {
        if (unseen_has(seen, i) &&
            view_has_tags(taxonomy_view(t, i), ls->product, ls->category, ls->service))
            return UNSEEN_NOT;
    }
    return UNSEEN_EVENTS;
}

uint32_t unseen_rules(const struct unseen_from *from, const struct unseen_views *seen,
                      unseen_fn *fn, void *arg)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < ruleset_rule_count(from->rules); i++) {
        struct span field;
        enum unseen_kind kind =
            unseen_rule(ruleset_rule(from->rules, i), from->taxonomy, from->names, seen, &field);

        if (kind == UNSEEN_NOT)
            continue;
        count++;
        if (fn != NULL)
            fn(arg, i, kind, field);
    }
    return count;
}
