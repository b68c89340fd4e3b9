/*
 * rule_needs.c - see rule_needs.h.
 */
#include "search/rule_needs.h"

#include "event/made.h"
#include "event/search_text.h"
#include "sigma/witness.h"

#define LITERALS_MAX 16u /* of a regular expression */
#define VIEWS_MAX    64u /* what more views need is all that is common */

struct maker {
    const struct sigma_rule *rule;
    const struct taxonomy *taxonomy;
    const struct names *names;
    struct arena *mem;
    bool parts; /* of values: their words may be parts of words of the record */
};

static struct need *need_new(struct arena *mem, enum need_op op)
{
    struct need *n = arena_alloc(mem, sizeof(*n));

    if (n != NULL)
        *n = (struct need){ .op = op };
    return n;
}

/* Takes over `kids`. ALL: of those that need something. ANY: nothing when one needs nothing. */
static struct need *need_list(struct arena *mem, enum need_op op, struct need **kids,
                              uint32_t count)
{
    struct need *list = need_new(mem, op);
    bool nothing = false;

    for (uint32_t i = 0; list != NULL && i < count; i++) {
        if (kids[i] == NULL)
            return NULL;
        nothing |= kids[i]->op == NEED_NOTHING;
        if (kids[i]->op == NEED_NOTHING)
            continue;
        kids[i]->next = list->kid;
        list->kid = kids[i];
    }
    if (list != NULL && (list->kid == NULL || (op == NEED_ANY && nothing)))
        list->op = NEED_NOTHING;
    return list;
}

struct need *rule_needs_any(struct need **kids, uint32_t count, struct arena *mem)
{
    return need_list(mem, NEED_ANY, kids, count);
}

/* --- Texts ---------------------------------------------------------------------------------- */

/* Half of an escape, where the text is looked for as it was written? */
static bool is_half(struct span text, struct span word)
{
    const uint8_t *end = word.p + word.n, *stop = text.p + text.n;

    return (word.p > text.p && word.p[-1] == '\\' && memchr("bfnrtu", word.p[0], 6) != NULL) ||
           (stop - end >= 2 && end[0] == '\\' && end[1] == 'u');
}

/* Bytes that stand together; at an end that is `sure` the value ends, too. */
static struct need *of_text(const struct maker *m, struct span text, bool left, bool right)
{
    struct need *list = need_new(m->mem, NEED_ALL), *n;
    struct span folded, rest, word;
    uint8_t *p = arena_bytes(m->mem, search_fold_room(text.n));

    if (list == NULL || p == NULL)
        return NULL;
    folded = (struct span){ p, search_fold(text, false, p) };
    arena_shrink(m->mem, search_fold_room(text.n) - folded.n);
    list->kid = n = need_new(m->mem, NEED_PART);
    if (n == NULL)
        return NULL;
    n->text = folded;
    rest = folded;
    while (!m->parts && search_word_next(&rest, &word)) {
        const bool first = word.p == folded.p, last = rest.n == 0;

        if ((first && !left) || (last && !right) || is_half(folded, word))
            continue;
        n = need_new(m->mem, NEED_WORD);
        if (n == NULL)
            return NULL;
        n->text = word;
        n->next = list->kid;
        list->kid = n;
    }
    if (folded.n < NEEDS_PART_MIN && list->kid->op == NEED_PART)
        list->op = NEED_NOTHING;
    return list;
}

static struct need *of_tokens(const struct maker *m, const struct sigma_test *t, bool key)
{
    struct need **part = arena_array(m->mem, t->token_count + 1u, sizeof(struct need *));
    uint32_t count = 0;

    if (part == NULL)
        return NULL;
    for (uint32_t i = 0; i < t->token_count; i++) {
        if (t->tokens[i].kind == TOKEN_TEXT)
            part[count++] =
                of_text(m, t->tokens[i].text, !key && i == 0, !key && i + 1 == t->token_count);
    }
    return need_list(m->mem, NEED_ALL, part, count);
}

static struct need *of_regex(const struct maker *m, const struct sigma_test *t)
{
    struct span literal[LITERALS_MAX];
    struct need *part[LITERALS_MAX];
    uint32_t count;

    if (!regex_literals(t->text, m->mem, literal, LITERALS_MAX, &count))
        return need_new(m->mem, NEED_NOTHING);
    for (uint32_t i = 0; i < count; i++)
        part[i] = of_text(m, literal[i], false, false);
    return need_list(m->mem, NEED_ANY, part, count);
}

static struct need *of_test(const struct maker *m, const struct sigma_test *t, bool key)
{
    switch ((enum sigma_op)t->op) {
    case SIGMA_EQ:
        return of_text(m, t->text, !key, !key);
    case SIGMA_CONTAINS:
        return of_text(m, t->text, false, false);
    case SIGMA_STARTS:
        return of_text(m, t->text, !key, false);
    case SIGMA_ENDS:
        return of_text(m, t->text, false, !key);
    case SIGMA_LIKE:
        return of_tokens(m, t, key);
    case SIGMA_RE:
        return of_regex(m, t);
    default:
        return need_new(m->mem, NEED_NOTHING);
    }
}

/* --- Rules ---------------------------------------------------------------------------------- */

/* By the views that a rule is asked in. */
static enum made made_most(const struct maker *m, uint32_t name)
{
    const struct sigma_logsource *l = &m->rule->logsource;
    enum made most = MADE_NOT;

    for (uint32_t i = 0; name != 0 && i < taxonomy_view_count(m->taxonomy); i++) {
        const struct view *v = taxonomy_view(m->taxonomy, i);

        if (!view_has_tags(v, l->product, l->category, l->service))
            continue;
        for (uint32_t id = 1; id < m->names->count; id++) {
            if (names_group(m->names, id) == names_group(m->names, name)) {
                const enum made made = made_by(m->taxonomy, v, id);

                most = made > most ? made : most;
            }
        }
    }
    return most;
}

static struct need *of_item(struct maker *m, const struct sigma_item *it)
{
    struct need **part = arena_array(m->mem, it->test_count + 1u, sizeof(struct need *));
    const enum made made = made_most(m, it->name);
    uint32_t groups = 0;

    if (part == NULL)
        return NULL;
    if (it->negate || it->test_count == 0 || made == MADE_FREELY)
        return need_new(m->mem, NEED_NOTHING);
    m->parts = made == MADE_PARTS;
    for (uint32_t i = 0; i < it->test_count; i++)
        part[i] = of_test(m, &it->tests[i], it->name == 0);
    if (!it->all)
        return need_list(m->mem, NEED_ANY, part, it->test_count);
    /* Tests of one group stand together. */
    for (uint32_t i = 0, n; i < it->test_count; i += n) {
        for (n = 1; i + n < it->test_count && it->group[i + n] == it->group[i]; n++)
            continue;
        part[groups++] = need_list(m->mem, NEED_ANY, part + i, n);
    }
    return need_list(m->mem, NEED_ALL, part, groups);
}

static struct need *of_node(struct maker *m, const struct sigma_node *n)
{
    struct need **part;

    switch ((enum sigma_node_kind)n->kind) {
    case NODE_ITEM:
        return of_item(m, n->item);
    case NODE_SEARCH:
        return of_node(m, m->rule->searches[n->search].body);
    case NODE_NOT:
        return need_new(m->mem, NEED_NOTHING);
    case NODE_AND:
    case NODE_OR:
        break;
    }
    part = arena_array(m->mem, n->child_count + 1u, sizeof(struct need *));
    if (part == NULL)
        return NULL;
    for (uint32_t i = 0; i < n->child_count; i++)
        part[i] = of_node(m, n->child[i]);
    return need_list(m->mem, n->kind == NODE_AND ? NEED_ALL : NEED_ANY, part, n->child_count);
}

/* --- Where a rule is asked ------------------------------------------------------------------ */

static struct need *of_view_test(struct maker *m, const struct view *v, uint32_t choice,
                                 uint32_t test)
{
    const uint32_t count = made_texts(m->taxonomy, v, choice, test);
    struct need **part = arena_array(m->mem, count + 1u, sizeof(struct need *));

    for (uint32_t i = 0; i < count && part != NULL; i++) {
        const struct made_text x = made_text(m->taxonomy, v, choice, test, i);

        part[i] = of_text(m, x.text, x.begins, x.ends);
    }
    return part != NULL ? need_list(m->mem, NEED_ANY, part, count) : NULL;
}

static struct need *of_view(struct maker *m, const struct view *v)
{
    const uint32_t choices = made_choices(m->taxonomy, v);
    struct need **choice = arena_array(m->mem, choices + 1u, sizeof(struct need *));

    for (uint32_t i = 0; i < choices && choice != NULL; i++) {
        const uint32_t count = made_tests(m->taxonomy, v, i);
        struct need **part = arena_array(m->mem, count + 1u, sizeof(struct need *));

        for (uint32_t k = 0; k < count && part != NULL; k++)
            part[k] = of_view_test(m, v, i, k);
        choice[i] = part != NULL ? need_list(m->mem, NEED_ALL, part, count) : NULL;
    }
    return choice != NULL ? need_list(m->mem, NEED_ANY, choice, choices) : NULL;
}

/* One of the views that carry the rule applies. */
static struct need *of_views(struct maker *m)
{
    const struct sigma_logsource *l = &m->rule->logsource;
    struct need *view[VIEWS_MAX];
    uint32_t count = 0;

    m->parts = false;
    for (uint32_t i = 0; i < taxonomy_view_count(m->taxonomy); i++) {
        const struct view *v = taxonomy_view(m->taxonomy, i);

        if (!view_has_tags(v, l->product, l->category, l->service))
            continue;
        if (count == VIEWS_MAX)
            return need_new(m->mem, NEED_NOTHING);
        view[count++] = of_view(m, v);
    }
    return need_list(m->mem, NEED_ANY, view, count);
}

struct need *rule_needs(const struct sigma_rule *r, const struct taxonomy *t, const struct names *n,
                        struct arena *mem)
{
    struct maker m = { r, t, n, mem, false };

    struct need *both[2];

    both[0] = of_node(&m, r->condition);
    both[1] = of_views(&m);
    return need_list(mem, NEED_ALL, both, 2);
}
