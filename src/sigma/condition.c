/*
 * condition.c - recursive descent, one function per line of the grammar in condition.h.
 *
 * Depth is counted at parentheses and `not`, nodes in all, because "1 of them" said many times
 * over many searches would otherwise multiply.
 */
#include "sigma/condition.h"

#include "base/ascii.h"
#include "base/limits.h"
#include "base/num.h"
#include "sigma/read.h"

#define NODES_MAX 262144u

struct link {
    struct sigma_node *node;
    struct link *next;
};

struct parser {
    struct span rest, word; /* word.n == 0 at the end */
    const struct condition_names *names;
    uint32_t line, depth, nodes;
    struct arena *mem;
    struct err *e;
};

static int parse_or(struct parser *p, struct sigma_node **out);

static bool ends_word(uint8_t c)
{
    return ascii_is_blank(c) || c == '(' || c == ')' || c == '|';
}

bool condition_word(struct span *rest, struct span *word)
{
    size_t n = 0;

    while (rest->n > 0 && ascii_is_blank(rest->p[0]))
        *rest = span_from(*rest, 1);
    while (n < rest->n && !ends_word(rest->p[n]))
        n++;
    if (n == 0 && rest->n > 0)
        n = 1; /* a parenthesis or a bar */
    *word = (struct span){ rest->p, n };
    *rest = (struct span){ n > 0 ? rest->p + n : rest->p, rest->n - n };
    return n > 0;
}

bool condition_is_keyword(struct span word)
{
    static const char *const words[] = { "and", "or", "not", "of", "them", "(", ")", "|" };

    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (span_eq_nocase(word, span_of(words[i])))
            return true;
    }
    return false;
}

bool condition_glob(struct span pattern, struct span name)
{
    size_t p = 0, n = 0, star = SIZE_MAX, mark = 0;

    while (n < name.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            mark = n;
        } else if (p < pattern.n && pattern.p[p] == name.p[n]) {
            p++;
            n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

static void parser_next(struct parser *p)
{
    (void)condition_word(&p->rest, &p->word); /* the end is an empty word */
}

static bool parser_at(const struct parser *p, const char *keyword)
{
    return span_eq_nocase(p->word, span_of(keyword));
}

static int parser_no_memory(const struct parser *p)
{
    return err_set(p->e, ERR_NOMEM, p->line, "There is no memory for the condition.");
}

static int parser_obsolete(const struct parser *p)
{
    return err_set(p->e, ERR_UNSUPPORTED, p->line,
                   "Aggregation in a condition ('| count() ...', 'near') is obsolete: version 1 "
                   "of Sigma had it; write a correlation document instead.");
}

static int node_new(struct parser *p, enum sigma_node_kind kind, uint32_t children,
                    struct sigma_node **out)
{
    struct sigma_node *n;

    p->nodes += 1 + children;
    if (p->nodes > NODES_MAX)
        return err_set(p->e, ERR_LIMIT, p->line, "The condition has too many parts.");
    n = arena_alloc(p->mem, sizeof(*n));
    if (n == NULL)
        return parser_no_memory(p);
    n->kind = (uint8_t)kind;
    n->at_least = 1;
    n->child_count = children;
    n->child = arena_array(p->mem, children, sizeof(struct sigma_node *));
    if (n->child == NULL)
        return parser_no_memory(p);
    *out = n;
    return ERR_OK;
}

static int leaf_new(struct parser *p, uint32_t search, struct sigma_node **out)
{
    int rc = node_new(p, NODE_SEARCH, 0, out);

    if (rc == ERR_OK)
        (*out)->search = search;
    return rc;
}

static int parse_search(struct parser *p, struct sigma_node **out)
{
    for (uint32_t i = 0; i < p->names->count; i++) {
        if (span_eq(p->names->searches[i].name, p->word)) {
            parser_next(p);
            return leaf_new(p, i, out);
        }
    }
    if (parser_at(p, "near") || parser_at(p, "|"))
        return parser_obsolete(p);
    return err_set(p->e, ERR_SYNTAX, p->line,
                   "The condition names '%.*s', but there is no such %s.", SHORT_ARG(p->word),
                   p->names->what);
}

static bool selector_takes(struct span pattern, bool them, struct span name)
{
    if (them)
        return name.n == 0 || name.p[0] != '_';
    return condition_glob(pattern, name);
}

/* The word after "of". */
static int parse_selector(struct parser *p, uint64_t count, struct sigma_node **out)
{
    bool them = parser_at(p, "them");
    struct span pattern = p->word;
    uint32_t hits = 0, at = 0;
    int rc;

    if (pattern.n == 0 || (!them && condition_is_keyword(pattern)))
        return err_set(p->e, ERR_SYNTAX, p->line,
                       "After 'of' the condition must say 'them' or a pattern of names.");
    for (uint32_t i = 0; i < p->names->count; i++)
        hits += selector_takes(pattern, them, p->names->searches[i].name);
    if (hits == 0)
        return err_set(p->e, ERR_SYNTAX, p->line,
                       "The pattern '%.*s' of the condition takes in no search.",
                       SHORT_ARG(pattern));
    if (count != UINT64_MAX && count > hits)
        return err_set(p->e, ERR_SYNTAX, p->line,
                       "The condition asks for %llu of '%.*s', which is only %u.",
                       (unsigned long long)count, SHORT_ARG(pattern), hits);
    rc = node_new(p, count >= hits && hits > 1 ? NODE_AND : NODE_OR, hits, out);
    if (rc != ERR_OK)
        return rc;
    (*out)->at_least = (*out)->kind == NODE_OR && count != UINT64_MAX ? (uint32_t)count : 1;
    for (uint32_t i = 0; rc == ERR_OK && i < p->names->count; i++) {
        if (selector_takes(pattern, them, p->names->searches[i].name))
            rc = leaf_new(p, i, &(*out)->child[at++]);
    }
    if (rc == ERR_OK && hits == 1)
        *out = (*out)->child[0];
    parser_next(p);
    return rc;
}

/* Is the word a count before "of"? UINT64_MAX stands for "all". */
static bool parser_count(const struct parser *p, uint64_t *count)
{
    struct span rest = p->rest, next;

    if (!condition_word(&rest, &next) || !span_eq_nocase(next, SPAN_LIT("of")))
        return false;
    if (parser_at(p, "all"))
        *count = UINT64_MAX;
    else if (parser_at(p, "any"))
        *count = 1;
    else
        return num_u64(p->word, UINT32_MAX, count);
    return true;
}

static int parse_group(struct parser *p, struct sigma_node **out)
{
    int rc;

    parser_next(p);
    rc = parse_or(p, out);
    if (rc != ERR_OK)
        return rc;
    if (!parser_at(p, ")"))
        return err_set(p->e, ERR_SYNTAX, p->line, "A parenthesis of the condition is not closed.");
    parser_next(p);
    return ERR_OK;
}

static int parse_term(struct parser *p, struct sigma_node **out)
{
    uint64_t count;

    if (p->word.n == 0)
        return err_set(p->e, ERR_SYNTAX, p->line, "The condition ends where a name should follow.");
    if (parser_at(p, "("))
        return parse_group(p, out);
    if (parser_count(p, &count)) {
        if (p->names->without_of)
            return err_set(p->e, ERR_SYNTAX, p->line,
                           "The condition of a correlation may not say 'of'.");
        if (count == 0)
            return err_set(p->e, ERR_SYNTAX, p->line, "The condition asks for 0 of something.");
        parser_next(p);
        parser_next(p);
        return parse_selector(p, count, out);
    }
    if (condition_is_keyword(p->word) && !parser_at(p, "|"))
        return err_set(p->e, ERR_SYNTAX, p->line,
                       "The condition has '%.*s' where a name should stand.", SHORT_ARG(p->word));
    return parse_search(p, out);
}

static int parse_not(struct parser *p, struct sigma_node **out)
{
    struct sigma_node *inner;
    int rc;

    if (++p->depth > LIMIT_RULE_DEPTH)
        return err_set(p->e, ERR_LIMIT, p->line, "The condition is nested too deep.");
    if (!parser_at(p, "not")) {
        rc = parse_term(p, out);
    } else {
        parser_next(p);
        rc = parse_not(p, &inner);
        if (rc == ERR_OK)
            rc = node_new(p, NODE_NOT, 1, out);
        if (rc == ERR_OK)
            (*out)->child[0] = inner;
    }
    p->depth--;
    return rc;
}

/* Operands of one operator, then one node over them; a single operand is itself. */
static int parse_row(struct parser *p, enum sigma_node_kind kind, const char *operator,
                     int (*operand)(struct parser *, struct sigma_node **), struct sigma_node **out)
{
    struct link *first = NULL, **tail = &first;
    uint32_t count = 0, at = 0;
    int rc;

    for (;;) {
        struct link *l = arena_alloc(p->mem, sizeof(*l));

        if (l == NULL)
            return parser_no_memory(p);
        rc = operand(p, &l->node);
        if (rc != ERR_OK)
            return rc;
        *tail = l;
        tail = &l->next;
        count++;
        if (!parser_at(p, operator))
            break;
        parser_next(p);
    }
    if (count == 1) {
        *out = first->node;
        return ERR_OK;
    }
    rc = node_new(p, kind, count, out);
    for (struct link *l = first; rc == ERR_OK && l != NULL; l = l->next)
        (*out)->child[at++] = l->node;
    return rc;
}

static int parse_and(struct parser *p, struct sigma_node **out)
{
    return parse_row(p, NODE_AND, "and", parse_not, out);
}

static int parse_or(struct parser *p, struct sigma_node **out)
{
    return parse_row(p, NODE_OR, "or", parse_and, out);
}

int condition_read(struct span text, uint32_t line, const struct condition_names *names,
                   struct arena *mem, struct sigma_node **out, struct err *e)
{
    struct parser p = { .rest = text, .names = names, .line = line, .mem = mem, .e = e };
    int rc;

    MUST(out != NULL);
    if (text.n > LIMIT_CONDITION_BYTES)
        return err_set(e, ERR_LIMIT, line, "The condition is longer than %d bytes.",
                       LIMIT_CONDITION_BYTES);
    parser_next(&p);
    if (p.word.n == 0)
        return err_set(e, ERR_SYNTAX, line, "The condition is empty.");
    rc = parse_or(&p, out);
    if (rc != ERR_OK)
        return rc;
    if (p.word.n == 0)
        return ERR_OK;
    if (parser_at(&p, "|") || parser_at(&p, "near"))
        return parser_obsolete(&p);
    return err_set(e, ERR_SYNTAX, line, "The condition goes on with '%.*s' after its end.",
                   SHORT_ARG(p.word));
}
