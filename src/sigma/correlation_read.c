/*
 * correlation_read.c - correlation documents: read, and joined with what they refer to.
 *
 * Reading checks what one document can tell; resolving, after all documents are in, checks the
 * rest: that every reference stands for a loaded rule or correlation, that chains end, and are at
 * most LIMIT_CORRELATION_DEPTH long. Depth is found in rounds from the bottom (what refers to
 * rules only, then what refers to that, ...), so that neither a cycle nor a long chain costs any
 * stack. What cannot be reached in that many rounds is refused by name.
 *
 * A condition written as text makes any temporal correlation an extended one. Where such a
 * correlation has no list of rules, the expression's names are the list, in order.
 */
#include "base/limits.h"
#include "base/num.h"
#include "sigma/condition.h"
#include "sigma/read.h"
#include "sigma/refs.h"

#define NANOSECOND INT64_C(1000000000)
#define REFS_MAX   1024u

static int correlation_no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory for the correlations.");
}

/* name, type, needs a condition, needs a field, may have an expression */
static const struct type_row {
    const char *name;
    enum correlation_type type, extended;
    bool condition, field;
} types[] = {
    { "event_count", CORRELATION_EVENT_COUNT, CORRELATION_TYPES, true, false },
    { "value_count", CORRELATION_VALUE_COUNT, CORRELATION_TYPES, true, true },
    { "value_sum", CORRELATION_VALUE_SUM, CORRELATION_TYPES, true, true },
    { "value_avg", CORRELATION_VALUE_AVG, CORRELATION_TYPES, true, true },
    { "value_percentile", CORRELATION_VALUE_PERCENTILE, CORRELATION_TYPES, true, true },
    { "value_median", CORRELATION_VALUE_MEDIAN, CORRELATION_TYPES, true, true },
    { "temporal", CORRELATION_TEMPORAL, CORRELATION_TEMPORAL_EXTENDED, false, false },
    { "temporal_ordered", CORRELATION_TEMPORAL_ORDERED, CORRELATION_TEMPORAL_ORDERED_EXTENDED,
      false, false },
    { "temporal_extended", CORRELATION_TEMPORAL_EXTENDED, CORRELATION_TEMPORAL_EXTENDED, true,
      false },
    { "temporal_ordered_extended", CORRELATION_TEMPORAL_ORDERED_EXTENDED,
      CORRELATION_TEMPORAL_ORDERED_EXTENDED, true, false },
};

static const struct type_row *type_find(struct span name)
{
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        if (span_eq(name, span_of(types[i].name)))
            return &types[i];
    }
    return NULL;
}

const char *correlation_type_name(enum correlation_type type)
{
    size_t i = 0;

    while (types[i].type != type)
        i++;
    return types[i].name;
}

static const struct {
    uint8_t letter;
    int64_t seconds;
} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };

static int read_timespan(const struct yaml_node *map, int64_t *ns, struct err *e)
{
    const struct yaml_node *n = yaml_get(map, "timespan");
    uint64_t count;

    if (n == NULL)
        return err_set(e, ERR_SYNTAX, map->line, "The correlation has no timespan.");
    for (size_t i = 0; n->kind == YAML_SCALAR && n->text.n > 1 && i < COUNT_OF(units); i++) {
        uint64_t most = (uint64_t)(INT64_MAX / 4 / NANOSECOND / units[i].seconds);

        if (n->text.p[n->text.n - 1] != units[i].letter ||
            !num_u64((struct span){ n->text.p, n->text.n - 1 }, most, &count) || count == 0)
            continue;
        *ns = (int64_t)count * units[i].seconds * NANOSECOND;
        return ERR_OK;
    }
    return err_set(e, ERR_SYNTAX, n->line,
                   "The timespan '%.*s' must be a whole number above 0 and one of s, m, h, d, w.",
                   SHORT_ARG(n->text));
}

/* --- rules -------------------------------------------------------------------------------- */

static bool ref_known(const struct sigma_correlation *c, struct span text)
{
    for (uint32_t i = 0; i < c->ref_count; i++) {
        if (span_eq(c->refs[i].text, text))
            return true;
    }
    return false;
}

static int ref_add(struct reader *r, struct sigma_correlation *c, struct span text, uint32_t line,
                   struct err *e)
{
    if (text.n == 0)
        return err_set(e, ERR_SYNTAX, line, "A reference of the correlation is empty.");
    if (c->ref_count == REFS_MAX)
        return err_set(e, ERR_LIMIT, line, "The correlation refers to more than %u rules.",
                       REFS_MAX);
    if (c->refs == NULL)
        c->refs = arena_array(r->mem, REFS_MAX, sizeof(*c->refs));
    if (c->refs == NULL)
        return correlation_no_memory(e);
    c->refs[c->ref_count++].text = text;
    return ERR_OK;
}

/* Keep only what is used of the REFS_MAX made room for: a copy in the right size. */
static int refs_fit(struct reader *r, struct sigma_correlation *c, struct err *e)
{
    struct correlation_ref *fit = arena_array(r->mem, c->ref_count, sizeof(*fit));

    if (fit == NULL)
        return correlation_no_memory(e);
    memcpy(fit, c->refs, c->ref_count * sizeof(*fit));
    c->refs = fit;
    return ERR_OK;
}

static int read_refs(struct reader *r, const struct yaml_node *map, const struct yaml_node *text,
                     struct sigma_correlation *c, struct err *e)
{
    const struct yaml_node *rules = yaml_get(map, "rules");
    struct span *names, word;
    uint32_t count;
    int rc = read_texts(r, rules, "rules", &names, &count, e);

    for (uint32_t i = 0; rc == ERR_OK && i < count; i++) {
        if (ref_known(c, names[i]))
            read_warn(r, rules->line, "The correlation refers to '%.*s' twice.",
                      SHORT_ARG(names[i]));
        else
            rc = ref_add(r, c, names[i], rules->line, e);
    }
    if (rc == ERR_OK && count == 0 && text != NULL) {
        struct span rest = text->text;

        while (rc == ERR_OK && condition_word(&rest, &word)) {
            if (!condition_is_keyword(word) && !ref_known(c, word))
                rc = ref_add(r, c, word, text->line, e);
        }
    }
    if (rc == ERR_OK && c->ref_count == 0)
        rc = err_set(e, ERR_SYNTAX, map->line, "The correlation refers to no rules.");
    return rc == ERR_OK ? refs_fit(r, c, e) : rc;
}

/* --- condition ---------------------------------------------------------------------------- */

static struct correlation_expr *expr_of(struct arena *mem, const struct sigma_node *n)
{
    struct correlation_expr *x = arena_alloc(mem, sizeof(*x));

    if (x == NULL)
        return NULL;
    x->kind = n->kind == NODE_SEARCH ? EXPR_RULE
              : n->kind == NODE_AND  ? EXPR_AND
              : n->kind == NODE_OR   ? EXPR_OR
                                     : EXPR_NOT;
    x->ref = n->search;
    x->child_count = n->child_count;
    x->child = arena_array(mem, n->child_count, sizeof(struct correlation_expr *));
    if (x->child == NULL)
        return NULL;
    for (uint32_t i = 0; i < n->child_count; i++) {
        x->child[i] = expr_of(mem, n->child[i]);
        if (x->child[i] == NULL)
            return NULL;
    }
    return x;
}

static void expr_mark(const struct correlation_expr *x, bool *used)
{
    if (x->kind == EXPR_RULE)
        used[x->ref] = true;
    for (uint32_t i = 0; i < x->child_count; i++)
        expr_mark(x->child[i], used);
}

/* The references as names, for the parser of conditions. */
static int read_expr(struct reader *r, const struct yaml_node *text, struct sigma_correlation *c,
                     struct err *e)
{
    struct sigma_search *names = arena_array(r->scratch, c->ref_count, sizeof(*names));
    struct condition_names known = { names, c->ref_count, "rule in the correlation's list", true };
    bool *used = arena_array(r->scratch, c->ref_count, sizeof(*used));
    struct sigma_node *tree;
    int rc;

    if (names == NULL || used == NULL)
        return correlation_no_memory(e);
    for (uint32_t i = 0; i < c->ref_count; i++)
        names[i].name = c->refs[i].text;
    rc = condition_read(text->text, text->line, &known, r->scratch, &tree, e);
    if (rc != ERR_OK)
        return rc;
    c->expr = expr_of(r->mem, tree);
    if (c->expr == NULL)
        return correlation_no_memory(e);
    expr_mark(c->expr, used);
    for (uint32_t i = 0; i < c->ref_count; i++) {
        if (!used[i])
            return err_set(e, ERR_SYNTAX, text->line,
                           "The correlation lists '%.*s', but its condition does not name it.",
                           SHORT_ARG(c->refs[i].text));
    }
    return ERR_OK;
}

static uint32_t expr_names(const struct correlation_expr *x)
{
    uint32_t count = x->kind == EXPR_RULE;

    for (uint32_t i = 0; i < x->child_count; i++)
        count += expr_names(x->child[i]);
    return count;
}

/* In order, every rule may come after every other: what that costs grows with their square. */
static int check_steps(const struct sigma_correlation *c, const struct yaml_node *n, struct err *e)
{
    uint32_t steps = c->type == CORRELATION_TEMPORAL_ORDERED            ? c->ref_count
                     : c->type == CORRELATION_TEMPORAL_ORDERED_EXTENDED ? expr_names(c->expr)
                                                                        : 0;

    if (steps <= LIMIT_CORRELATION_STEPS)
        return ERR_OK;
    return err_set(e, ERR_LIMIT, n->line, "The condition is about more than %d rules.",
                   LIMIT_CORRELATION_STEPS);
}

static int read_bound(const struct yaml_node *n, bool *has, double *value, struct err *e)
{
    if (n->kind != YAML_SCALAR || !num_double(n->text, value))
        return err_set(e, ERR_SYNTAX, n->line, "'%.*s' of the condition must be a number.",
                       SHORT_ARG(n->key));
    *has = true;
    return ERR_OK;
}

static int read_percentile(struct sigma_correlation *c, const struct yaml_node *n, struct err *e)
{
    bool has;
    int rc = read_bound(n, &has, &c->percentile, e);

    if (rc == ERR_OK && !(c->percentile >= 0 && c->percentile <= 100))
        rc = err_set(e, ERR_SYNTAX, n->line, "The percentile must lie between 0 and 100.");
    return rc;
}

static int read_condition_key(struct reader *r, struct sigma_correlation *c,
                              const struct yaml_node *n, struct err *e)
{
    struct correlation_condition *to = &c->condition;
    const struct {
        const char *name;
        bool *has;
        double *value;
    } bounds[] = {
        { "gt", &to->has_gt, &to->gt }, { "gte", &to->has_gte, &to->gte },
        { "lt", &to->has_lt, &to->lt }, { "lte", &to->has_lte, &to->lte },
        { "eq", &to->has_eq, &to->eq }, { "neq", &to->has_neq, &to->neq },
    };
    int rc;

    for (size_t i = 0; i < COUNT_OF(bounds); i++) {
        if (span_eq(n->key, span_of(bounds[i].name))) {
            to->given = true;
            return read_bound(n, bounds[i].has, bounds[i].value, e);
        }
    }
    if (span_eq(n->key, SPAN_LIT("percentile")))
        return read_percentile(c, n, e);
    if (!span_eq(n->key, SPAN_LIT("field")))
        return err_set(e, ERR_SYNTAX, n->line, "The condition of a correlation has no '%.*s'.",
                       SHORT_ARG(n->key));
    rc = read_texts(r, n, "field", &c->value_fields, &c->value_field_count, e);
    for (uint32_t i = 0; rc == ERR_OK && i < c->value_field_count; i++)
        c->value_fields[i] = read_field_name(r, c->value_fields[i]);
    return rc;
}

static int read_condition_map(struct reader *r, const struct yaml_node *n,
                              const struct type_row *type, struct sigma_correlation *c,
                              struct err *e)
{
    int rc = read_no_twice(r, n, e);

    for (const struct yaml_node *k = n->first; rc == ERR_OK && k != NULL; k = k->next)
        rc = read_condition_key(r, c, k, e);
    if (rc != ERR_OK)
        return rc;
    if (!c->condition.given)
        return err_set(e, ERR_SYNTAX, n->line,
                       "The condition of the correlation needs one of gt, gte, lt, lte, eq, neq.");
    if (type->field && c->value_field_count == 0)
        return err_set(e, ERR_SYNTAX, n->line, "The condition of a %s correlation needs a field.",
                       type->name);
    if (c->value_field_count > 1 && c->type != CORRELATION_VALUE_COUNT)
        return err_set(e, ERR_SYNTAX, n->line, "Only value_count may have several fields.");
    return ERR_OK;
}

static int read_correlation_condition(struct reader *r, const struct yaml_node *map,
                                      const struct type_row *type, struct sigma_correlation *c,
                                      struct err *e)
{
    const struct yaml_node *n = yaml_get(map, "condition");
    int rc;

    if (n == NULL || yaml_is_null(n)) {
        if (type->condition)
            return err_set(e, ERR_SYNTAX, map->line, "A %s correlation needs a condition.",
                           type->name);
        return ERR_OK;
    }
    if (n->kind == YAML_LIST)
        return err_set(e, ERR_SYNTAX, n->line, "The condition of a correlation is no list.");
    if (n->kind == YAML_SCALAR) {
        if (type->extended == CORRELATION_TYPES)
            return err_set(e, ERR_SYNTAX, n->line,
                           "Only temporal correlations have a condition written as text.");
        c->type = type->extended;
        rc = read_expr(r, n, c, e);
        return rc == ERR_OK ? check_steps(c, n, e) : rc;
    }
    if (type->type == type->extended)
        return err_set(e, ERR_SYNTAX, n->line,
                       "A %s correlation needs a condition written as text.", type->name);
    rc = read_condition_map(r, n, type, c, e);
    return rc == ERR_OK ? check_steps(c, n, e) : rc;
}

/* --- aliases ------------------------------------------------------------------------------ */

static int read_alias(struct reader *r, const struct yaml_node *n, struct sigma_correlation *c,
                      struct correlation_alias *a, struct err *e)
{
    int rc;

    if (n->kind != YAML_MAP || n->count == 0)
        return err_set(e, ERR_SYNTAX, n->line, "The alias '%.*s' must be a map of rule: field.",
                       SHORT_ARG(n->key));
    rc = read_no_twice(r, n, e);
    if (rc != ERR_OK)
        return rc;
    a->name = read_field_name(r, n->key);
    a->ref = arena_array(r->mem, n->count, sizeof(*a->ref));
    a->field = arena_array(r->mem, n->count, sizeof(*a->field));
    if (a->ref == NULL || a->field == NULL)
        return correlation_no_memory(e);
    for (const struct yaml_node *k = n->first; k != NULL; k = k->next) {
        if (k->kind != YAML_SCALAR || k->text.n == 0)
            return err_set(e, ERR_SYNTAX, k->line, "The alias '%.*s' needs a field for '%.*s'.",
                           SHORT_ARG(n->key), SHORT_ARG(k->key));
        if (!ref_known(c, k->key))
            read_warn(r, k->line,
                      "The alias '%.*s' speaks of '%.*s', which the correlation does "
                      "not refer to.",
                      SHORT_ARG(n->key), SHORT_ARG(k->key));
        a->ref[a->count] = k->key;
        a->field[a->count++] = read_field_name(r, k->text);
    }
    return ERR_OK;
}

static int read_aliases(struct reader *r, const struct yaml_node *map, struct sigma_correlation *c,
                        struct err *e)
{
    const struct yaml_node *n = yaml_get(map, "aliases");
    int rc;

    if (n == NULL || yaml_is_null(n))
        return ERR_OK;
    if (n->kind != YAML_MAP)
        return err_set(e, ERR_SYNTAX, n->line, "The aliases of a correlation are a map.");
    rc = read_no_twice(r, n, e);
    c->aliases = arena_array(r->mem, n->count, sizeof(*c->aliases));
    if (c->aliases == NULL)
        return correlation_no_memory(e);
    for (const struct yaml_node *k = n->first; rc == ERR_OK && k != NULL; k = k->next)
        rc = read_alias(r, k, c, &c->aliases[c->alias_count++], e);
    return rc;
}

/* --- the document ------------------------------------------------------------------------- */

static int read_generate(const struct yaml_node *n, bool *generate, struct err *e)
{
    bool yes;

    if (n == NULL || yaml_is_null(n))
        return ERR_OK;
    if (!yaml_is_bool(n, &yes))
        return err_set(e, ERR_SYNTAX, n->line, "'generate' must be true or false.");
    *generate |= yes;
    return ERR_OK;
}

static int read_group_by(struct reader *r, const struct yaml_node *map, struct sigma_correlation *c,
                         struct err *e)
{
    int rc = read_texts(r, yaml_get(map, "group-by"), "group-by", &c->group_by, &c->group_count, e);

    for (uint32_t i = 0; rc == ERR_OK && i < c->group_count; i++) {
        c->group_by[i] = read_field_name(r, c->group_by[i]);
        if (c->group_by[i].n == 0)
            rc = err_set(e, ERR_SYNTAX, map->line, "A field of group-by has an empty name.");
    }
    return rc;
}

static int read_type(const struct yaml_node *map, const struct type_row **type, struct err *e)
{
    const struct yaml_node *n = yaml_get(map, "type");

    if (n == NULL)
        return err_set(e, ERR_SYNTAX, map->line, "The correlation has no type.");
    *type = type_find(n->text);
    if (*type == NULL)
        return err_set(e, ERR_SYNTAX, n->line, "There is no correlation type '%.*s'.",
                       SHORT_ARG(n->text));
    return ERR_OK;
}

static int read_parts(struct reader *r, const struct yaml_node *root, const struct yaml_node *map,
                      struct sigma_correlation *c, struct err *e)
{
    const struct yaml_node *condition = yaml_get(map, "condition");
    const struct yaml_node *text =
        condition != NULL && condition->kind == YAML_SCALAR ? condition : NULL;
    const struct type_row *type = NULL;
    int rc = read_type(map, &type, e);

    if (rc != ERR_OK)
        return rc;
    c->type = type->type;
    rc = read_refs(r, map, text, c, e);
    if (rc == ERR_OK)
        rc = read_timespan(map, &c->timespan_ns, e);
    if (rc == ERR_OK)
        rc = read_group_by(r, map, c, e);
    if (rc == ERR_OK)
        rc = read_correlation_condition(r, map, type, c, e);
    if (rc == ERR_OK)
        rc = read_aliases(r, map, c, e);
    if (rc == ERR_OK)
        rc = read_generate(yaml_get(map, "generate"), &c->generate, e);
    if (rc == ERR_OK)
        rc = read_generate(yaml_get(root, "generate"), &c->generate, e);
    return rc;
}

int read_correlation(struct reader *r, const struct yaml_node *root, struct sigma_head *h,
                     struct sigma_correlation **out, struct err *e)
{
    const struct yaml_node *map = yaml_get(root, "correlation");
    struct sigma_correlation *c = arena_alloc(r->mem, sizeof(*c));
    int rc;

    if (c == NULL)
        return correlation_no_memory(e);
    c->head = *h;
    c->emit = true;
    c->percentile = -1;
    if (map->kind != YAML_MAP)
        return err_set(e, ERR_SYNTAX, map->line, "The correlation must be a map.");
    rc = read_no_twice(r, map, e);
    if (rc == ERR_OK)
        rc = read_parts(r, root, map, c, e);
    if (rc != ERR_OK)
        return rc;
    check_correlation(r, map, c);
    if (c->percentile < 0)
        c->percentile = 50;
    *out = c;
    return ERR_OK;
}

/* --- references ---------------------------------------------------------------------------- */

enum state { STATE_OPEN, STATE_GOOD, STATE_REFUSED };

/* What a reference is before and after: `index` counts in the arrays as they are now. */
static int ref_resolve(struct sigma_rules *rs, const struct refs *refs, struct sigma_correlation *c,
                       uint8_t *state, struct err *e)
{
    for (uint32_t i = 0; i < c->ref_count; i++) {
        const struct ref_entry *entry = refs_get(refs, c->refs[i].text);

        if (entry == NULL) {
            *state = STATE_REFUSED;
            return rules_refuse(rs, &c->head, e,
                                "The correlation refers to '%.*s', which is no loaded rule.",
                                SHORT_ARG(c->refs[i].text));
        }
        c->refs[i].is_correlation = entry->is_correlation;
        c->refs[i].index = entry->index;
    }
    return ERR_OK;
}

/* Depth from the references when all of them have one. */
static int depth_try(struct sigma_rules *rs, struct sigma_correlation *c, uint8_t *states,
                     uint8_t *state, struct err *e)
{
    uint32_t depth = 0;

    for (uint32_t i = 0; i < c->ref_count; i++) {
        const struct correlation_ref *ref = &c->refs[i];

        if (!ref->is_correlation)
            continue;
        if (states[ref->index] == STATE_OPEN)
            return ERR_OK;
        if (states[ref->index] == STATE_REFUSED) {
            *state = STATE_REFUSED;
            return rules_refuse(rs, &c->head, e,
                                "The correlation refers to '%.*s', which was refused.",
                                SHORT_ARG(ref->text));
        }
        if (rs->correlations[ref->index]->depth > depth)
            depth = rs->correlations[ref->index]->depth;
    }
    if (depth == LIMIT_CORRELATION_DEPTH) {
        *state = STATE_REFUSED;
        return rules_refuse(rs, &c->head, e, "The chain of correlations is longer than %d.",
                            LIMIT_CORRELATION_DEPTH);
    }
    c->depth = depth + 1;
    *state = STATE_GOOD;
    return ERR_OK;
}

/* Rounds until nothing changes; what is open then is on a cycle or refers to one. */
static int depths_find(struct sigma_rules *rs, uint8_t *states, struct err *e)
{
    bool changed = true;
    int rc = ERR_OK;

    for (uint32_t round = 0; changed && round <= 2 * LIMIT_CORRELATION_DEPTH; round++) {
        changed = false;
        for (uint32_t i = 0; rc == ERR_OK && i < rs->correlation_count; i++) {
            uint8_t next = STATE_OPEN;

            if (states[i] != STATE_OPEN)
                continue;
            rc = depth_try(rs, rs->correlations[i], states, &next, e);
            changed |= next != STATE_OPEN;
            states[i] = next;
        }
    }
    for (uint32_t i = 0; rc == ERR_OK && i < rs->correlation_count; i++) {
        if (states[i] != STATE_OPEN)
            continue;
        rc =
            rules_refuse(rs, &rs->correlations[i]->head, e,
                         "The correlation refers to itself, through others or not, or its chain is "
                         "longer than %d.",
                         LIMIT_CORRELATION_DEPTH);
        states[i] = STATE_REFUSED;
    }
    return rc;
}

/* The good ones, by depth; within a depth in the order that they had. */
static int correlations_order(struct sigma_rules *rs, const uint8_t *states, struct err *e)
{
    uint32_t count = rs->correlation_count, at = 0;
    struct sigma_correlation **sorted = arena_array(&rs->mem, count, sizeof(*sorted));
    uint32_t *moved = arena_array(&rs->mem, count, sizeof(*moved));

    if (sorted == NULL || moved == NULL)
        return correlation_no_memory(e);
    for (uint32_t depth = 1; depth <= LIMIT_CORRELATION_DEPTH; depth++) {
        for (uint32_t i = 0; i < count; i++) {
            if (states[i] != STATE_GOOD || rs->correlations[i]->depth != depth)
                continue;
            moved[i] = at;
            sorted[at++] = rs->correlations[i];
        }
    }
    for (uint32_t i = 0; i < at; i++) {
        for (uint32_t k = 0; k < sorted[i]->ref_count; k++) {
            if (sorted[i]->refs[k].is_correlation)
                sorted[i]->refs[k].index = moved[sorted[i]->refs[k].index];
        }
    }
    rs->correlations = sorted;
    rs->correlation_count = at;
    rs->correlation_cap = count;
    return ERR_OK;
}

/* What is referred to is silent, unless a correlation that refers to it generates. */
static void emit_find(struct sigma_rules *rs)
{
    for (unsigned generate = 0; generate < 2; generate++) {
        for (uint32_t i = 0; i < rs->correlation_count; i++) {
            const struct sigma_correlation *c = rs->correlations[i];

            for (uint32_t k = 0; c->generate == (generate != 0) && k < c->ref_count; k++) {
                if (c->refs[k].is_correlation)
                    rs->correlations[c->refs[k].index]->emit = c->generate;
                else
                    rs->rules[c->refs[k].index]->emit = c->generate;
            }
        }
    }
}

/* --- fields ------------------------------------------------------------------------------- */

struct span correlation_field(const struct sigma_correlation *c, const struct correlation_ref *ref,
                              const struct sigma_head *h, struct span name)
{
    for (uint32_t i = 0; i < c->alias_count; i++) {
        const struct correlation_alias *a = &c->aliases[i];

        for (uint32_t k = 0; span_eq(a->name, name) && k < a->count; k++) {
            if (span_eq(a->ref[k], ref->text) || span_eq_nocase(a->ref[k], h->id) ||
                span_eq(a->ref[k], h->name))
                return a->field[k];
        }
    }
    return name;
}

uint32_t correlation_group(const struct sigma_correlation *c, struct span name)
{
    for (uint32_t i = 0; i < c->group_count; i++) {
        if (span_eq(c->group_by[i], name))
            return i;
    }
    for (uint32_t i = 0; i < c->group_count; i++) {
        if (span_eq_nocase(c->group_by[i], name))
            return i;
    }
    return UINT32_MAX;
}

/* The results of a correlation have the fields of its group and no others. */
static int check_links(struct sigma_rules *rs, const struct sigma_correlation *c, struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t i = 0; i < c->ref_count; i++) {
        const struct correlation_ref *ref = &c->refs[i];
        const struct sigma_correlation *child =
            ref->is_correlation ? rs->correlations[ref->index] : NULL;

        for (uint32_t k = 0; child != NULL && k < c->group_count + c->value_field_count; k++) {
            struct span name =
                k < c->group_count ? c->group_by[k] : c->value_fields[k - c->group_count];

            name = correlation_field(c, ref, &child->head, name);
            if (rc == ERR_OK && correlation_group(child, name) == UINT32_MAX)
                rc = rules_warn(rs, &c->head, e,
                                "The correlation asks for '%.*s', which is not in the group-by of "
                                "'%.*s': its results do not count.",
                                SHORT_ARG(name), SHORT_ARG(ref->text));
        }
    }
    return rc;
}

int correlations_resolve(struct sigma_rules *rs, const struct refs *refs, struct err *e)
{
    uint8_t *states;
    int rc = ERR_OK;

    if (rs->correlation_count == 0)
        return ERR_OK;
    states = arena_array(&rs->mem, rs->correlation_count, sizeof(*states));
    if (states == NULL)
        return correlation_no_memory(e);
    for (uint32_t i = 0; rc == ERR_OK && i < rs->correlation_count; i++)
        rc = ref_resolve(rs, refs, rs->correlations[i], &states[i], e);
    if (rc == ERR_OK)
        rc = depths_find(rs, states, e);
    if (rc == ERR_OK)
        rc = correlations_order(rs, states, e);
    for (uint32_t i = 0; rc == ERR_OK && i < rs->correlation_count; i++)
        rc = check_links(rs, rs->correlations[i], e);
    if (rc == ERR_OK)
        emit_find(rs);
    return rc;
}
