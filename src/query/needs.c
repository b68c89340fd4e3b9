/*
 * needs.c - see needs.h.
 */
#include "query/needs.h"

#include "event/search_text.h"
#include "query/glob.h"

struct maker {
    const struct taxonomy *taxonomy;
    const struct names *names;
    struct arena *mem;
    bool failed;
};

static struct need *need_new(struct maker *m, enum need_op op)
{
    struct need *n = arena_alloc(m->mem, sizeof(*n));

    if (n == NULL)
        m->failed = true;
    else
        n->op = op;
    return n;
}

/* Behind the kids of `list`. */
static void add(struct need *list, struct need *kid)
{
    struct need **end = &list->kid;

    while (*end != NULL)
        end = &(*end)->next;
    *end = kid;
}

static void add_text(struct maker *m, struct need *list, enum need_op op, struct span text)
{
    struct need *n = need_new(m, op);

    if (n == NULL)
        return;
    n->text = text;
    add(list, n);
}

static bool is_wild(uint8_t c)
{
    return c == GLOB_MANY || c == GLOB_ONE;
}

/* What stands between two wild bytes. At the glob's own ends the text has a word edge; beside a
 * wild byte a word may go on. */
static void add_piece(struct maker *m, struct need *list, struct span piece, bool left, bool right)
{
    struct span rest = piece, word;

    if (piece.n >= NEEDS_PART_MIN)
        add_text(m, list, NEED_PART, piece);
    while (search_word_next(&rest, &word)) {
        bool first = word.p == piece.p, last = rest.n == 0;

        if ((!first || left) && (!last || right))
            add_text(m, list, NEED_WORD, word);
    }
}

static struct need *of_glob(struct maker *m, struct span glob)
{
    struct need *list = need_new(m, NEED_ALL);
    size_t from = 0;

    for (size_t i = 0; list != NULL && i <= glob.n; i++) {
        if (i < glob.n && !is_wild(glob.p[i]))
            continue;
        add_piece(m, list, (struct span){ glob.p + from, i - from }, from == 0, i == glob.n);
        from = i + 1;
    }
    return list;
}

/* Values that may come from elsewhere than the record. */
static bool is_known_elsewhere(struct span name)
{
    static const char *const names[] = {
        "host", "source", "input", "product", "category", "service"
    };

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (span_eq_nocase(name, span_of(names[i])))
            return true;
    }
    return false;
}

static bool stands_in_record(const struct maker *m, struct span name)
{
    uint32_t group;

    if (m->taxonomy == NULL || is_known_elsewhere(name))
        return false;
    group = names_find_group(m->names, name);
    for (uint32_t id = 1; group != 0 && id < m->names->count; id++) {
        if (names_group(m->names, id) == group && taxonomy_computes(m->taxonomy, id))
            return false;
    }
    return true;
}

static struct need *of_node(struct maker *m, const struct query_node *n);

static struct need *of_list(struct maker *m, const struct query_node *n, enum need_op op)
{
    struct need *list = need_new(m, op);
    bool nothing = false;

    for (const struct query_node *kid = n->kid; list != NULL && kid != NULL; kid = kid->next) {
        struct need *k = of_node(m, kid);

        if (k == NULL)
            return NULL;
        nothing |= k->op == NEED_NOTHING;
        if (k->op != NEED_NOTHING)
            add(list, k);
    }
    if (list != NULL && (list->kid == NULL || (op == NEED_ANY && nothing)))
        list->op = NEED_NOTHING;
    return list;
}

static struct need *of_node(struct maker *m, const struct query_node *n)
{
    struct need *need;

    switch (n->op) {
    case QUERY_AND:
        return of_list(m, n, NEED_ALL);
    case QUERY_OR:
        return of_list(m, n, NEED_ANY);
    case QUERY_TEXT:
        need = of_glob(m, n->glob);
        break;
    case QUERY_FIELD:
        need = stands_in_record(m, n->name) ? of_glob(m, n->glob) : need_new(m, NEED_NOTHING);
        break;
    default:
        return need_new(m, NEED_NOTHING);
    }
    if (need != NULL && need->kid == NULL)
        need->op = NEED_NOTHING;
    return need;
}

const struct need *query_needs(const struct query *q, const struct taxonomy *t,
                               const struct names *n, struct arena *mem)
{
    struct maker m = { t, n, mem, false };
    const struct need *need;

    MUST((t == NULL) == (n == NULL));
    need = q->top != NULL ? of_node(&m, q->top) : need_new(&m, NEED_NOTHING);
    return m.failed ? NULL : need;
}

bool need_holds(const struct need *need, const struct need_filter *f)
{
    const struct need *kid = need->kid;

    switch (need->op) {
    case NEED_ALL:
        while (kid != NULL && need_holds(kid, f))
            kid = kid->next;
        return kid == NULL;
    case NEED_ANY:
        while (kid != NULL && !need_holds(kid, f))
            kid = kid->next;
        return kid != NULL;
    case NEED_WORD:
        return f->may_have_word(f->arg, need->text);
    case NEED_PART:
        return f->may_have_part(f->arg, need->text);
    default:
        return true;
    }
}
