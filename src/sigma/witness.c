/*
 * witness.c - choosing what to look for.
 *
 * The guess of how often an atom is seen needs no sample of logs: long literals are rarer than
 * short ones, whole values rarer than parts, and what many rules ask for ("\powershell.exe",
 * "C:\Windows\") is common, which is why so many rules ask for it.
 */
#include "sigma/witness.h"

#include <stdlib.h>
#include <xxhash.h>

#include "base/num.h"

#define USES_SLOTS    (1u << 17)
#define REGEX_MAX     16u
#define COST_PRESENT  0.95

struct literal_uses {
    uint64_t key[USES_SLOTS]; /* hash of the text; 0 is free. A collision only spoils a guess */
    uint32_t count[USES_SLOTS];
};

struct literal_uses *literal_uses_new(void)
{
    return calloc(1, sizeof(struct literal_uses));
}

void literal_uses_free(struct literal_uses **u)
{
    free(*u);
    *u = NULL;
}

/* The slot of the text, or of the first free place after it; NULL when the table is full. */
static uint32_t *uses_slot(struct literal_uses *u, struct span text, bool add)
{
    uint64_t key = XXH3_64bits(text.p, text.n) | 1;

    for (uint32_t i = 0; i < 64; i++) {
        uint32_t at = ((uint32_t)(key >> 32) + i) & (USES_SLOTS - 1);

        if (u->key[at] == key)
            return &u->count[at];
        if (u->key[at] == 0) {
            if (!add)
                return NULL;
            u->key[at] = key;
            return &u->count[at];
        }
    }
    return NULL;
}

static void count_node(struct literal_uses *u, const struct sigma_node *n)
{
    for (uint32_t i = 0; i < n->child_count; i++)
        count_node(u, n->child[i]);
    if (n->kind != NODE_ITEM)
        return;
    for (uint32_t i = 0; i < n->item->test_count; i++) {
        uint32_t *slot = uses_slot(u, n->item->tests[i].fold, true);

        if (slot != NULL)
            (*slot)++;
    }
}

void literal_uses_count(struct literal_uses *u, const struct sigma_rule *rule)
{
    for (uint32_t i = 0; i < rule->search_count; i++)
        count_node(u, rule->searches[i].body);
}

static uint32_t uses_of(const struct literal_uses *u, struct span text)
{
    /* Looking up does not write. */
    uint32_t *slot = uses_slot((struct literal_uses *)(uintptr_t)u, text, false);

    return slot != NULL ? *slot : 0;
}

static double atom_cost(const struct literal_uses *u, const struct atom *a)
{
    static const double by_length[] = { 1, .9, .5, .2, .08, .04, .02, .012, .008, .006, .004 };
    double c;

    if (a->kind == ATOM_PRESENT)
        return COST_PRESENT;
    if (a->kind == ATOM_EXACT)
        c = a->text.n < 5 ? .02 : .004;
    else if (a->text.n < COUNT_OF(by_length))
        c = by_length[a->text.n];
    else
        c = a->text.n < 16 ? .003 : .002;
    if (a->anchor != ANCHOR_NONE)
        c *= .5;
    c *= .5 + .5 * uses_of(u, a->text);
    return c < COST_PRESENT ? c : COST_PRESENT;
}

static const struct witness none = { NULL, 0, 1 };

static struct witness witness_one(const struct literal_uses *u, struct arena *mem, uint32_t name,
                                  enum atom_kind kind, enum atom_anchor anchor, struct span text)
{
    struct witness w = { arena_alloc(mem, sizeof(struct atom)), 1, 0 };

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
    w.atoms[0] = (struct atom){ .name = name, .kind = (uint8_t)kind, .anchor = (uint8_t)anchor,
                                .text = text };
    if (kind == ATOM_PRESENT && name == 0)
        return none; /* keywords: some value is always there */
    w.cost = atom_cost(u, &w.atoms[0]);
    return w;
}

/* The longest text of a LIKE pattern. */
static struct witness witness_like(const struct literal_uses *u, struct arena *mem, uint32_t name,
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
        return witness_one(u, mem, name, ATOM_PRESENT, ANCHOR_NONE, SPAN_NONE);
    if (name != 0 && best == &t->tokens[0])
        anchor = ANCHOR_START;
    else if (name != 0 && best == &t->tokens[t->token_count - 1])
        anchor = ANCHOR_END;
    return witness_one(u, mem, name, ATOM_LITERAL, anchor, best->fold);
}

static struct witness witness_regex(const struct literal_uses *u, struct arena *mem, uint32_t name,
                                    const struct sigma_test *t)
{
    struct span lit[REGEX_MAX];
    struct witness w = { 0 };

    if (!regex_literals(t->text, mem, lit, REGEX_MAX, &w.count))
        return witness_one(u, mem, name, ATOM_PRESENT, ANCHOR_NONE, SPAN_NONE);
    w.atoms = arena_array(mem, w.count, sizeof(*w.atoms));
    if (w.atoms == NULL)
        return none;
    for (uint32_t i = 0; i < w.count; i++) {
        w.atoms[i] = (struct atom){ .name = name, .kind = ATOM_LITERAL, .text = lit[i] };
        w.cost += atom_cost(u, &w.atoms[i]);
    }
    return w;
}

static struct witness witness_number(const struct literal_uses *u, struct arena *mem,
                                     uint32_t name, const struct sigma_test *t)
{
    uint8_t *text = arena_bytes(mem, 32);

    if (text == NULL)
        return none;
    return witness_one(u, mem, name, ATOM_EXACT, ANCHOR_NONE,
                       (struct span){ text, num_put_double(text, t->num) });
}

static struct witness witness_test(const struct literal_uses *u, struct arena *mem, uint32_t name,
                                   const struct sigma_test *t)
{
    bool key = name == 0; /* keywords are looked for anywhere */

    switch ((enum sigma_op)t->op) {
    case SIGMA_EQ:
        return witness_one(u, mem, name, key ? ATOM_LITERAL : ATOM_EXACT, ANCHOR_NONE, t->fold);
    case SIGMA_CONTAINS:
        return witness_one(u, mem, name, ATOM_LITERAL, ANCHOR_NONE, t->fold);
    case SIGMA_STARTS:
        return witness_one(u, mem, name, ATOM_LITERAL, key ? ANCHOR_NONE : ANCHOR_START, t->fold);
    case SIGMA_ENDS:
        return witness_one(u, mem, name, ATOM_LITERAL, key ? ANCHOR_NONE : ANCHOR_END, t->fold);
    case SIGMA_LIKE:
        return witness_like(u, mem, name, t);
    case SIGMA_RE:
        return witness_regex(u, mem, name, t);
    case SIGMA_NUM:
        return key ? none : witness_number(u, mem, name, t);
    case SIGMA_NULL_:
        return none;
    case SIGMA_EXISTS:
        return t->num != 0 ? witness_one(u, mem, name, ATOM_PRESENT, ANCHOR_NONE, SPAN_NONE) : none;
    default: /* numbers, addresses, times, other fields: the field must be there */
        return witness_one(u, mem, name, ATOM_PRESENT, ANCHOR_NONE, SPAN_NONE);
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
        w.cost += part[i].cost;
    }
    return w;
}

static struct witness witness_and(const struct witness *part, uint32_t count)
{
    struct witness best = none;

    for (uint32_t i = 0; i < count; i++) {
        if (part[i].count > 0 && part[i].cost < best.cost)
            best = part[i];
    }
    return best;
}

static struct witness witness_item(const struct literal_uses *u, struct arena *mem,
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
        part[i] = witness_test(u, mem, it->name, &it->tests[i]);
    if (!it->all)
        return witness_or(mem, part, it->test_count);
    /* Tests of one group stand together. */
    for (uint32_t i = 0, n; i < it->test_count; i += n) {
        for (n = 1; i + n < it->test_count && it->group[i + n] == it->group[i]; n++)
            ;
        group[groups++] = witness_or(mem, part + i, n);
    }
    return witness_and(group, groups);
}

static struct witness witness_node(const struct literal_uses *u, struct arena *mem,
                                   const struct sigma_rule *r, const struct sigma_node *n)
{
    struct witness *part;

    switch ((enum sigma_node_kind)n->kind) {
    case NODE_ITEM:
        return witness_item(u, mem, n->item);
    case NODE_SEARCH:
        return witness_node(u, mem, r, r->searches[n->search].body);
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
        part[i] = witness_node(u, mem, r, n->child[i]);
    return n->kind == NODE_AND ? witness_and(part, n->child_count)
                               : witness_or(mem, part, n->child_count);
}

struct witness witness_of(const struct sigma_rule *rule, const struct literal_uses *u,
                          struct arena *mem)
{
    struct witness w = witness_node(u, mem, rule, rule->condition);

    return arena_failed(mem) ? none : w;
}
