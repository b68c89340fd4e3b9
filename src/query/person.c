/*
 * person.c - see person.h.
 */
#include "query/person.h"

#include "query/glob.h"

static const char *const fields[] = {
#define X(name) name,
    PERSON_FIELD_TABLE(X)
#undef X
};
static const char *const systems[] = {
#define X(name) name,
    PERSON_SYSTEM_TABLE(X)
#undef X
};

bool person_field(struct span name)
{
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        struct span f = span_of(fields[i]), end = name;

        if (name.n > f.n && name.p[name.n - f.n - 1] == '.')
            end = span_from(name, name.n - f.n);
        if (span_eq_nocase(end, f))
            return true;
    }
    return false;
}

bool person_system(struct span glob)
{
    for (size_t i = 0; i < glob.n; i++) {
        if (glob.p[i] == GLOB_MANY || glob.p[i] == GLOB_ONE)
            return false;
    }
    for (size_t i = 0; i < COUNT_OF(systems); i++) {
        if (span_eq_nocase(glob, span_of(systems[i])))
            return true;
    }
    return glob.n > 1 && glob.p[glob.n - 1] == '$';
}

static bool look(const struct query_node *n, bool holds, struct span *field)
{
    switch (n->op) {
    case QUERY_AND:
    case QUERY_OR:
    case QUERY_NOT:
        for (const struct query_node *kid = n->kid; kid != NULL; kid = kid->next) {
            if (look(kid, n->op == QUERY_NOT ? !holds : holds, field))
                return true;
        }
        return false;
    case QUERY_FIELD:
    case QUERY_NET:
    case QUERY_RANGE:
        *field = n->name;
        return holds && person_field(n->name) && (n->op == QUERY_RANGE || !person_system(n->glob));
    default:
        return false;
    }
}

bool query_person(const struct query *q, struct span *field)
{
    return q->top != NULL && look(q->top, true, field);
}
