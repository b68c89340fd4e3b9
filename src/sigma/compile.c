/*
 * compile.c - from rules as read to the ruleset that the matcher runs.
 *
 *   rules ──▶ copy into the image (folded, ids)          image_rules.c
 *         ──▶ a witness for every rule                    witness.c
 *   views ──▶ which logsources each carries ──▶ partitions: one for each distinct set
 *   partition × field ──▶ index of the witnesses' atoms   partition.c, index.c
 *                     ──▶ its database                    compile_jobs.c, on all cores
 *
 * A rule stands in every partition whose views carry its logsource; as nearly all rules name a
 * category or a service, that is once or twice.
 */
#include <stdlib.h>

#include "base/ascii.h"
#include "sigma/compile_own.h"
#include "sigma/regex.h"

static bool add_name(struct names *n, struct span s)
{
    return s.n == 0 || names_add(n, s) != 0;
}

static bool node_names(const struct sigma_node *node, struct names *n)
{
    bool ok = true;

    for (uint32_t i = 0; i < node->child_count; i++)
        ok &= node_names(node->child[i], n);
    if (node->kind != NODE_ITEM)
        return ok;
    ok &= add_name(n, node->item->field);
    for (uint32_t i = 0; i < node->item->test_count; i++) {
        if (node->item->tests[i].op == SIGMA_FIELDREF)
            ok &= add_name(n, node->item->tests[i].text);
    }
    return ok;
}

static bool correlation_names(const struct sigma_correlation *c, struct names *n)
{
    bool ok = true;

    for (uint32_t i = 0; i < c->group_count; i++)
        ok &= add_name(n, c->group_by[i]);
    for (uint32_t i = 0; i < c->value_field_count; i++)
        ok &= add_name(n, c->value_fields[i]);
    for (uint32_t i = 0; i < c->alias_count; i++) {
        for (uint32_t k = 0; k < c->aliases[i].count; k++)
            ok &= add_name(n, c->aliases[i].field[k]);
    }
    return ok;
}

int ruleset_names(const struct sigma_rules *rs, struct names *n, struct err *e)
{
    bool ok = true;

    for (uint32_t i = 0; i < rs->rule_count; i++) {
        for (uint32_t s = 0; s < rs->rules[i]->search_count; s++)
            ok &= node_names(rs->rules[i]->searches[s].body, n);
    }
    for (uint32_t i = 0; i < rs->correlation_count; i++)
        ok &= correlation_names(rs->correlations[i], n);
    return ok ? ERR_OK : err_set(e, ERR_NOMEM, 0, "no memory for the rules' field names");
}

static bool logsource_eq(const struct sigma_logsource *a, const struct sigma_logsource *b)
{
    return span_eq_nocase(a->product, b->product) && span_eq_nocase(a->category, b->category) &&
           span_eq_nocase(a->service, b->service) && span_eq_nocase(a->custom, b->custom);
}

/* The distinct logsources, and which one each rule has. A few hundred: a list will do. */
static void find_logsources(struct compile *k)
{
    struct compiled *c = k->c;

    c->logsources = image_array(k->im, c->rule_count, sizeof(*c->logsources));
    c->logsource_of = image_array(k->im, c->rule_count, sizeof(*c->logsource_of));
    if (k->im->failed)
        return;
    for (uint32_t r = 0; r < c->rule_count; r++) {
        uint32_t i = 0;

        while (i < c->logsource_count && !logsource_eq(&c->logsources[i], &c->rules[r]->logsource))
            i++;
        if (i == c->logsource_count)
            c->logsources[c->logsource_count++] = c->rules[r]->logsource;
        c->logsource_of[r] = i;
    }
}

/* Names of the items below `node` when it stands under a NOT (or, for neq, by themselves). */
static void negated_names(const struct sigma_rule *r, const struct sigma_node *node, bool under,
                          uint32_t *names, uint32_t *count, uint32_t max)
{
    if (node->kind == NODE_ITEM && (under || node->item->negate) && node->item->name != 0 &&
        *count < max)
        names[(*count)++] = node->item->name;
    if (node->kind == NODE_SEARCH)
        negated_names(r, r->searches[node->search].body, under, names, count, max);
    for (uint32_t i = 0; i < node->child_count; i++)
        negated_names(r, node->child[i], under || node->kind == NODE_NOT, names, count, max);
}

static void find_negated(struct compile *k)
{
    struct compiled *c = k->c;

    c->negated = image_array(k->im, c->rule_count, sizeof(*c->negated));
    for (uint32_t i = 0; i < c->rule_count && !k->im->failed; i++) {
        uint32_t names[256], n = 0;
        uint32_t *list;

        negated_names(c->rules[i], c->rules[i]->condition, false, names, &n, COUNT_OF(names));
        list = image_array(k->im, n, sizeof(*list));
        if (list == NULL)
            return;
        memcpy(list, names, n * sizeof(*list));
        c->negated[i] = (struct name_list){ list, n };
    }
}

static int copy_rules(struct compile *k, const struct sigma_rules *from, const struct names *n)
{
    struct compiled *c = k->c;
    struct copier copier = { .im = k->im, .names = n };

    c->rule_count = from->rule_count;
    c->rules = image_array(k->im, from->rule_count, sizeof(struct sigma_rule *));
    for (uint32_t i = 0; i < c->rule_count && !k->im->failed; i++)
        c->rules[i] = image_rule(&copier, from->rules[i]);
    c->item_count = copier.item_count;
    c->items = image_array(k->im, c->item_count, sizeof(struct sigma_item *));
    for (uint32_t i = 0; i < copier.slots && c->items != NULL; i++) {
        if (copier.seen[i].to != NULL)
            c->items[copier.seen[i].to->id] = copier.seen[i].to;
    }
    copier_release(&copier);
    c->correlation_count = from->correlation_count;
    c->correlations = image_array(k->im, c->correlation_count, sizeof(struct sigma_correlation *));
    for (uint32_t i = 0; i < c->correlation_count && !k->im->failed; i++)
        c->correlations[i] = image_correlation(k->im, from->correlations[i]);
    c->refusal_count = from->refusal_count;
    c->refusals = image_array(k->im, c->refusal_count, sizeof(*c->refusals));
    for (uint32_t i = 0; i < c->refusal_count && !k->im->failed; i++) {
        const struct sigma_refusal *f = &from->refusals[i];

        c->refusals[i] = (struct sigma_refusal){ .file = image_span(k->im, f->file),
                                                 .title = image_span(k->im, f->title),
                                                 .line = f->line,
                                                 .why = image_span(k->im, f->why) };
    }
    c->name_count = n->count;
    c->names = image_array(k->im, n->count, sizeof(*c->names));
    for (uint32_t i = 1; i < n->count && !k->im->failed; i++)
        c->names[i] = image_span(k->im, n->text[i]);
    if (!k->im->failed) {
        find_logsources(k);
        find_negated(k);
    }
    return k->im->failed ? ERR_NOMEM : ERR_OK;
}

/* What needs to be guessed: witnesses, and the order of evaluation. */
static int find_witnesses(struct compile *k)
{
    struct compiled *c = k->c;
    struct chances *chances = chances_new();
    struct program_maker maker = { .im = k->im, .mem = &k->mem, .chances = chances };

    k->witness = arena_array(&k->mem, c->rule_count, sizeof(*k->witness));
    k->keyword_atoms = arena_array(&k->mem, c->rule_count, sizeof(*k->keyword_atoms));
    if (chances == NULL || arena_failed(&k->mem)) {
        chances_free(&chances);
        return ERR_NOMEM;
    }
    for (uint32_t i = 0; i < c->rule_count; i++)
        chances_count(chances, c->rules[i]);
    c->sure = image_array(k->im, c->rule_count, sizeof(*c->sure));
    c->programs = image_array(k->im, c->rule_count, sizeof(*c->programs));
    for (uint32_t i = 0; i < c->rule_count && !k->im->failed; i++) {
        k->witness[i] = witness_of(c->rules[i], chances, &k->mem);
        for (uint32_t a = 0; a < k->witness[i].count; a++)
            k->keyword_atoms[i] += k->witness[i].atoms[a].name == 0;
        c->sure[i] = k->witness[i].sure != NULL ? k->witness[i].sure->id : NO_ITEM;
        c->programs[i] = program_of(&maker, c->rules[i]);
    }
    chances_free(&chances);
    return k->im->failed || arena_failed(&k->mem) ? ERR_NOMEM : ERR_OK;
}

/* RE tests get their index in the list of expressions. */
static void number_regexes(struct compile *k, struct sigma_item *it)
{
    struct compiled *c = k->c;

    for (uint32_t i = 0; i < it->test_count; i++) {
        if (it->tests[i].op != SIGMA_RE)
            continue;
        if (c->regexes != NULL)
            c->regexes[c->regex_count] = &it->tests[i];
        it->tests[i].regex = c->regex_count++;
    }
}

static void find_regexes(struct compile *k)
{
    struct compiled *c = k->c;

    for (unsigned pass = 0; pass < 2; pass++) { /* count, then fill */
        c->regexes =
            pass == 0 ? NULL : image_array(k->im, c->regex_count, sizeof(struct sigma_test *));
        c->regex_count = 0;
        for (uint32_t i = 0; i < c->item_count && !k->im->failed; i++)
            number_regexes(k, c->items[i]);
    }
}

static int compile_all(struct compile *k, const struct sigma_rules *from, const struct taxonomy *t,
                       const struct names *n, unsigned threads, struct err *e)
{
    struct compiled *c = k->c;
    int rc;

    err_set(e, ERR_NOMEM, 0, "no memory to compile the rules");
    rc = copy_rules(k, from, n);
    if (rc == ERR_OK)
        find_regexes(k);
    if (rc == ERR_OK)
        rc = find_witnesses(k);
    if (rc == ERR_OK)
        rc = partitions_find(k, t);
    if (rc != ERR_OK)
        return rc;
    k->field_cap = c->partition_count * (n->count + 5); /* keywords have three, and a group's */
    k->groups = arena_array(&k->mem, c->partition_count, sizeof(*k->groups));
    k->group_of = arena_array(&k->mem, c->partition_count, sizeof(*k->group_of));
    c->fields = arena_array(&k->mem, k->field_cap, sizeof(struct field_index *));
    if (arena_failed(&k->mem))
        return ERR_NOMEM;
    for (uint32_t i = 0; i < c->partition_count && rc == ERR_OK; i++)
        rc = partition_plan(k, &c->partitions[i], e);
    if (rc == ERR_OK)
        rc = partitions_share(k, e);
    if (rc == ERR_OK) {
        struct field_index **kept = image_array(k->im, c->field_count, sizeof(*kept));

        if (kept == NULL)
            return ERR_NOMEM;
        memcpy(kept, c->fields, c->field_count * sizeof(*kept));
        c->fields = kept;
        rc = compile_fields(k, threads, e);
    }
    return rc;
}

#define COMPILE_BYTES_MAX ((size_t)1 << 30)

int ruleset_new(struct ruleset **out, const struct sigma_rules *from, const struct taxonomy *t,
                const struct names *n, unsigned threads, struct err *e)
{
    struct compile k = { .lock = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER };
    struct ruleset *rs = calloc(1, sizeof(*rs));
    int rc;

    *out = NULL;
    if (rs == NULL)
        return err_set(e, ERR_NOMEM, 0, "no memory for the rules");
    arena_init(&k.mem, COMPILE_BYTES_MAX);
    rc = image_init(&rs->image, e);
    if (rc == ERR_OK) {
        k.rs = rs;
        k.im = &rs->image;
        k.c = image_alloc(k.im, sizeof(*k.c));
        rc = k.c == NULL ? ERR_NOMEM : compile_all(&k, from, t, n, threads, e);
        rs->c = k.c;
        rs->image.root = k.c;
    }
    if (rc == ERR_OK)
        rc = image_seal(&rs->image, e);
    if (rc == ERR_OK)
        rc = ruleset_ready(rs, e);
    free(k.uses);
    arena_release(&k.mem);
    if (rc != ERR_OK)
        ruleset_free(&rs);
    *out = rs;
    return rc;
}
