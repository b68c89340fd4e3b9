/*
 * witness.c - choosing what to look for: of several sets that would do, the one that is seen least
 * (chance.h).
 */
#include "sigma/witness.h"

#include "base/num.h"

#define REGEX_MAX 16u

static const struct witness none = { NULL, 0, 1, NULL };

static struct witness witness_one(const struct chances *c, struct arena *mem, uint32_t name,
                                  enum atom_kind kind, enum atom_anchor anchor, struct span text)
{
    struct witness w = { arena_alloc(mem, sizeof(struct atom)), 1, 0, NULL };

    if (w.atoms == NULL)
        return none;
    /* Vectorscan takes no literal that begins with a zero byte; what follows will do as well. */
    while (kind == ATOM_LITERAL && text.n > 0 && text.p[0] == 0) {
        text = span_from(text, 1);
        if (anchor == ANCHOR_START)
            anchor = ANCHOR_NONE;
    }
    if (kind == ATOM_LITERAL && text.n == 0)
        kind = ATOM_PRESENT;
    w.atoms[0] = (struct atom){
        .name = name, .kind = (uint8_t)kind, .anchor = (uint8_t)anchor, .text = text
    };
    if (kind == ATOM_PRESENT && name == 0)
        return none; /* keywords: some value is always there */
    w.chance = chance_of(c, &w.atoms[0]);
    return w;
}

/* The longest text of a LIKE pattern. */
static struct witness witness_like(const struct chances *c, struct arena *mem, uint32_t name,
                                   const struct sigma_test *t)
{
    const struct sigma_token *best = NULL;
    enum atom_anchor anchor = ANCHOR_NONE;

    for (uint32_t i = 0; i < t->token_count; i++) {
        const struct sigma_token *k = &t->tokens[i];

        if (k->kind == TOKEN_TEXT && (best == NULL || k->fold.n > best->fold.n))
            best = k;
    }
    if (best == NULL)
        return witness_one(c, mem, name, ATOM_PRESENT, ANCHOR_NONE, SPAN_NONE);
    if (name != 0 && best == &t->tokens[0])
        anchor = ANCHOR_START;
    else if (name != 0 && best == &t->tokens[t->token_count - 1])
        anchor = ANCHOR_END;
    return witness_one(c, mem, name, ATOM_LITERAL, anchor, best->fold);
}

static struct witness witness_regex(const struct chances *c, struct arena *mem, uint32_t name,
                                    const struct sigma_test *t)
{
    struct span lit[REGEX_MAX];
    struct witness w = { 0 };

    if (!regex_literals(t->text, mem, lit, REGEX_MAX, &w.count))
        return witness_one(c, mem, name, ATOM_PRESENT, ANCHOR_NONE, SPAN_NONE);
    w.atoms = arena_array(mem, w.count, sizeof(*w.atoms));
    if (w.atoms == NULL)
        return none;
    for (uint32_t i = 0; i < w.count; i++) {
        w.atoms[i] = (struct atom){ .name = name, .kind = ATOM_LITERAL, .text = lit[i] };
        w.chance = chance_or(w.chance, chance_of(c, &w.atoms[i]));
    }
    return w;
}

static struct witness witness_number(const struct chances *c, struct arena *mem, uint32_t name,
                                     const struct sigma_test *t)
{
    uint8_t *text = arena_bytes(mem, 32);

    if (text == NULL)
        return none;
    return witness_one(c, mem, name, ATOM_EXACT, ANCHOR_NONE,
                       (struct span){ text, num_put_double(text, t->num) });
}

static struct witness witness_test(const struct chances *c, struct arena *mem, uint32_t name,
                                   const struct sigma_test *t)
{
    bool key = name == 0; /* keywords are looked for anywhere */

    switch ((enum sigma_op)t->op) {
    case SIGMA_EQ:
        return witness_one(c, mem, name, key ? ATOM_LITERAL : ATOM_EXACT, ANCHOR_NONE, t->fold);
    case SIGMA_CONTAINS:
        return witness_one(c, mem, name, ATOM_LITERAL, ANCHOR_NONE, t->fold);
    case SIGMA_STARTS:
        return witness_one(c, mem, name, ATOM_LITERAL, key ? ANCHOR_NONE : ANCHOR_START, t->fold);
    case SIGMA_ENDS:
        return witness_one(c, mem, name, ATOM_LITERAL, key ? ANCHOR_NONE : ANCHOR_END, t->fold);
    case SIGMA_LIKE:
        return witness_like(c, mem, name, t);
    case SIGMA_RE:
        return witness_regex(c, mem, name, t);
    case SIGMA_NUM:
        return key ? none : witness_number(c, mem, name, t);
    case SIGMA_NULL_:
        return none;
    case SIGMA_EXISTS:
        return t->num != 0 ? witness_one(c, mem, name, ATOM_PRESENT, ANCHOR_NONE, SPAN_NONE) : none;
    default: /* numbers, addresses, times, other fields: the field must be there */
        return witness_one(c, mem, name, ATOM_PRESENT, ANCHOR_NONE, SPAN_NONE);
    }
}

static struct witness witness_or(struct arena *mem, const struct witness *part, uint32_t count)
{
    struct witness w = { 0 };
    size_t total = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (part[i].count == 0)
            return none;
        total += part[i].count;
    }
    if (count == 1)
        return part[0];
    w.atoms = arena_array(mem, total, sizeof(*w.atoms));
    if (w.atoms == NULL)
        return none;
    for (uint32_t i = 0; i < count; i++) {
        memcpy(w.atoms + w.count, part[i].atoms, part[i].count * sizeof(*w.atoms));
        w.count += part[i].count;
        w.chance = chance_or(w.chance, part[i].chance);
    }
    return w;
}

static struct witness witness_and(const struct witness *part, uint32_t count)
{
    struct witness best = none;

    for (uint32_t i = 0; i < count; i++) {
        if (part[i].count > 0 && (best.count == 0 || part[i].chance < best.chance))
            best = part[i];
    }
    return best;
}

/*
 * Is seeing one of the item's atoms the same as the item being true? Not for numbers, which are
 * also found under other ways of writing them.
 */
static bool is_sure(const struct sigma_item *it)
{
    if (it->all || it->negate || it->name == 0)
        return false;
    for (uint32_t i = 0; i < it->test_count; i++) {
        const struct sigma_test *t = &it->tests[i];
        bool text = t->op == SIGMA_EQ || t->op == SIGMA_CONTAINS || t->op == SIGMA_STARTS ||
                    t->op == SIGMA_ENDS;
        double number;

        if (!text || t->cased || t->fold.n == 0 || t->fold.p[0] == 0 ||
            (t->op == SIGMA_EQ && num_double(t->fold, &number)))
            return false;
    }
    return true;
}

static struct witness witness_item(const struct chances *c, struct arena *mem,
                                   const struct sigma_item *it)
{
    struct witness *part, *group;
    uint32_t groups = 0;

    if (it->negate)
        return none;
    part = arena_array(mem, it->test_count, sizeof(*part));
    group = arena_array(mem, it->test_count, sizeof(*group));
    if (part == NULL || group == NULL || it->test_count == 0)
        return none;
    for (uint32_t i = 0; i < it->test_count; i++)
        part[i] = witness_test(c, mem, it->name, &it->tests[i]);
    if (!it->all) {
        *group = witness_or(mem, part, it->test_count);
        group->sure = is_sure(it) ? it : NULL;
        return *group;
    }
    /* Tests of one group stand together. */
    for (uint32_t i = 0, n; i < it->test_count; i += n) {
        for (n = 1; i + n < it->test_count && it->group[i + n] == it->group[i]; n++)
            ;
        group[groups++] = witness_or(mem, part + i, n);
    }
    return witness_and(group, groups);
}

static struct witness witness_node(const struct chances *c, struct arena *mem,
                                   const struct sigma_rule *r, const struct sigma_node *n)
{
    struct witness *part;

    switch ((enum sigma_node_kind)n->kind) {
    case NODE_ITEM:
        return witness_item(c, mem, n->item);
    case NODE_SEARCH:
        return witness_node(c, mem, r, r->searches[n->search].body);
    case NODE_NOT:
        return none;
    case NODE_AND:
    case NODE_OR:
        break;
    }
    part = arena_array(mem, n->child_count, sizeof(*part));
    if (part == NULL || n->child_count == 0)
        return none;
    for (uint32_t i = 0; i < n->child_count; i++)
        part[i] = witness_node(c, mem, r, n->child[i]);
    return n->kind == NODE_AND ? witness_and(part, n->child_count)
                               : witness_or(mem, part, n->child_count);
}

struct witness witness_of(const struct sigma_rule *rule, const struct chances *c, struct arena *mem)
{
    struct witness w = witness_node(c, mem, rule, rule->condition);

    return arena_failed(mem) ? none : w;
}

double witness_chance(const struct chances *c, uint32_t name, const struct sigma_test *t,
                      struct arena *mem)
{
    /* For the tests whose witness is no more than the field's presence, or none. */
    static const double by_op[SIGMA_OPS] = {
        [SIGMA_RE] = .1,    [SIGMA_CIDR] = .3,  [SIGMA_NUM] = .1,       [SIGMA_LT] = .3,
        [SIGMA_LTE] = .3,   [SIGMA_GT] = .3,    [SIGMA_GTE] = .3,       [SIGMA_MINUTE] = .02,
        [SIGMA_HOUR] = .05, [SIGMA_DAY] = .05,  [SIGMA_WEEK] = .05,     [SIGMA_MONTH] = .1,
        [SIGMA_YEAR] = .5,  [SIGMA_NULL_] = .1, [SIGMA_FIELDREF] = .05,
    };
    struct witness w = witness_test(c, mem, name, t);
    bool bare = w.count == 0 || w.atoms[0].kind == ATOM_PRESENT;

    if (t->op == SIGMA_EXISTS)
        return t->num != 0 ? .95 : .05;
    return bare && by_op[t->op] > 0 ? by_op[t->op] : w.chance;
}
