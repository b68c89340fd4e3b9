/*
 * read_filter.c - the grammar of what events to take: recursive descent, a function a rule of it.
 */
#include "query/query_own.h"

#include "base/addr.h"
#include "base/ascii.h"
#include "base/num.h"
#include "query/glob.h"
#include "query/query_time.h"

static struct query_node *either(struct query_reader *r);

static struct query_node *node_new(struct query_reader *r, enum query_op op)
{
    struct query_node *n = query_alloc(r, sizeof(*n));

    if (n != NULL)
        n->op = op;
    return n;
}

static struct query_node *leaf_new(struct query_reader *r, enum query_op op)
{
    struct query_node *n = node_new(r, op);

    if (n != NULL)
        n->leaf = r->q->leaf_count++;
    return n;
}

static struct query_node *globbed(struct query_reader *r, struct query_node *n)
{
    n->glob = glob_make(n->text, n->literal, &r->q->mem);
    return n->glob.p != NULL ? n : query_no_memory(r);
}

/* --- values --------------------------------------------------------------------------------- */

static struct span until_blank(const struct query_reader *r, const char *ends)
{
    size_t at = r->at, count = strlen(ends);

    while (at < r->in.n && !ascii_is_blank(r->in.p[at]) && memchr(ends, r->in.p[at], count) == NULL)
        at++;
    return (struct span){ r->in.p + r->at, at - r->at };
}

/* Behind a name; it may hold colons, quotes and signs: addresses, paths. */
static struct span value_here(struct query_reader *r, unsigned want, const char *why)
{
    struct span v;

    query_want(r, want);
    if (r->at < r->in.n && r->in.p[r->at] == '"')
        return query_quoted(r);
    v = until_blank(r, ")|");
    if (v.n == 0)
        (void)query_fail(r, why);
    r->at += v.n;
    return v;
}

/* low..high, where one may be missing. */
static bool is_range(struct span v, struct query_node *n)
{
    struct span low, high;
    double unused;
    size_t at = 0;

    while (at + 2 <= v.n && (v.p[at] != '.' || v.p[at + 1] != '.'))
        at++;
    if (at + 2 > v.n || v.n == 2)
        return false;
    low = (struct span){ v.p, at };
    high = span_from(v, at + 2);
    if ((low.n > 0 && !num_double(low, &unused)) || (high.n > 0 && !num_double(high, &unused)))
        return false;
    n->low = low;
    n->high = high;
    return true;
}

static struct query_node *field_value(struct query_reader *r, struct query_node *n)
{
    bool quoted;

    if (r->at < r->in.n && r->in.p[r->at] == '=') {
        r->at++;
        n->literal = true;
    }
    quoted = r->at < r->in.n && r->in.p[r->at] == '"';
    n->text = value_here(r, QUERY_WANT_VALUE, "A value was expected here.");
    if (r->rc != ERR_OK)
        return NULL;
    if (!n->literal && !quoted && is_range(n->text, n)) {
        n->op = QUERY_RANGE;
        return n;
    }
    if (globbed(r, n) == NULL)
        return NULL;
    if (n->glob.n == 1 && n->glob.p[0] == GLOB_MANY)
        n->op = QUERY_EXISTS;
    else if (!n->literal && !quoted && span_find(n->text, '/') < n->text.n &&
             addr_net_parse(n->text, n->net, &n->bits))
        n->op = QUERY_NET;
    return n;
}

static struct query_node *time_value(struct query_reader *r, struct query_node *n)
{
    size_t from = r->at;
    int64_t first, behind;

    n->text = value_here(r, QUERY_WANT_TIME, "A time was expected here.");
    if (r->rc != ERR_OK)
        return NULL;
    if (!query_time(n->text, r->clock, &first, &behind)) {
        r->at = from;
        return query_fail(r, "A time was expected here: -2h, today, 27/11/2026, 20:30, "
                             "\"27/11/2026 20:30\" or 2026-11-27T20:30:00+07:00.");
    }
    n->ns = n->op == QUERY_SINCE ? first : behind;
    return n;
}

/* --- terms ---------------------------------------------------------------------------------- */

static struct query_node *compared(struct query_reader *r, struct query_node *n)
{
    bool less = r->in.p[r->at] == '<', open = true;
    double unused;
    struct span v;
    size_t from;

    r->at++;
    if (r->at < r->in.n && r->in.p[r->at] == '=') {
        r->at++;
        open = false;
    }
    query_blanks(r);
    from = r->at;
    v = value_here(r, QUERY_WANT_NUMBER, "A number was expected here.");
    if (r->rc != ERR_OK)
        return NULL;
    if (!num_double(v, &unused)) {
        r->at = from;
        return query_fail(r, "A number was expected here.");
    }
    n->op = QUERY_RANGE;
    *(less ? &n->high : &n->low) = v;
    *(less ? &n->high_open : &n->low_open) = open;
    return n;
}

/* The colon or sign of comparison behind a name, whose end is r->at; 0: there is none. */
static uint8_t sign_here(const struct query_reader *r)
{
    size_t at = r->at;

    if (at < r->in.n && r->in.p[at] == ':')
        return ':';
    while (at < r->in.n && ascii_is_blank(r->in.p[at]))
        at++;
    return at < r->in.n && (r->in.p[at] == '<' || r->in.p[at] == '>') ? r->in.p[at] : 0;
}

static struct query_node *about_name(struct query_reader *r, struct span name, bool quoted)
{
    struct query_node *n = leaf_new(r, QUERY_FIELD);

    if (n == NULL)
        return NULL;
    n->name = name;
    if (sign_here(r) != ':') {
        query_blanks(r);
        return compared(r, n);
    }
    r->at++;
    if (!quoted && span_eq_nocase(name, SPAN_LIT("since")))
        n->op = QUERY_SINCE;
    else if (!quoted && span_eq_nocase(name, SPAN_LIT("until")))
        n->op = QUERY_UNTIL;
    r->field = name;
    return n->op == QUERY_FIELD ? field_value(r, n) : time_value(r, n);
}

static struct query_node *text_term(struct query_reader *r, struct span text, bool literal)
{
    struct query_node *n = leaf_new(r, QUERY_TEXT);

    if (n == NULL)
        return NULL;
    n->text = text;
    n->literal = literal;
    return globbed(r, n);
}

/* http://x and C:\x are no names with values. */
static bool is_place(struct span name, struct span rest)
{
    return rest.n >= 2 && rest.p[0] == ':' &&
           ((rest.p[1] == '\\' && name.n == 1) ||
            (rest.n >= 3 && rest.p[1] == '/' && rest.p[2] == '/'));
}

static struct query_node *quoted_term(struct query_reader *r)
{
    bool literal = r->in.p[r->at] == '=';
    struct span text;

    r->at += literal;
    text = query_quoted(r);
    if (r->rc != ERR_OK)
        return NULL;
    if (!literal && sign_here(r) != 0)
        return about_name(r, text, true);
    return text_term(r, text, literal);
}

static bool quote_here(const struct query_reader *r)
{
    struct span rest = span_from(r->in, r->at);

    return (rest.n > 0 && rest.p[0] == '"') || (rest.n > 1 && rest.p[0] == '=' && rest.p[1] == '"');
}

static struct query_node *term(struct query_reader *r)
{
    struct span name, word;
    size_t from = r->at;

    query_want(r, QUERY_WANT_TERM | QUERY_WANT_FIELD | QUERY_WANT_RANGE_NAME);
    if (quote_here(r))
        return quoted_term(r);
    name = query_name_here(r);
    r->at += name.n;
    if (name.n > 0 && sign_here(r) != 0 && !is_place(name, span_from(r->in, r->at)))
        return about_name(r, name, false);
    r->at = from;
    word = until_blank(r, "()\"|");
    if (word.n == 0 || (word.n > 0 && memchr(":<>", word.p[0], 3) != NULL))
        return query_fail(r, "Something to look for was expected here.");
    if (query_is_reserved(word) && !span_eq_nocase(word, SPAN_LIT("since")) &&
        !span_eq_nocase(word, SPAN_LIT("until")))
        return query_fail(r,
                          "Something to look for was expected here; quote and, or, not as words.");
    r->at += word.n;
    return text_term(r, word, false);
}

/* --- and, or, not --------------------------------------------------------------------------- */

static struct query_node *negated(struct query_reader *r)
{
    struct query_node *n;

    if (r->rc != ERR_OK || ++r->depth > QUERY_DEPTH_MAX)
        return query_fail(r, "The query is nested too deep.");
    query_blanks(r);
    query_want(r, QUERY_WANT_NOT | QUERY_WANT_OPEN);
    if (query_keyword(r, "not")) {
        n = node_new(r, QUERY_NOT);
        if (n != NULL)
            n->kid = negated(r);
    } else if (query_take(r, '(')) {
        n = either(r);
        query_blanks(r);
        query_want(r, QUERY_WANT_CLOSE);
        if (!query_take(r, ')'))
            return query_fail(r, "A closing parenthesis was expected here.");
    } else {
        n = term(r);
    }
    r->depth--;
    return n;
}

static bool or_follows(const struct query_reader *r)
{
    struct query_reader look = *r;

    return query_keyword(&look, "or");
}

static bool filter_ends(struct query_reader *r)
{
    query_blanks(r);
    return r->rc != ERR_OK || r->at == r->in.n || r->in.p[r->at] == ')' || r->in.p[r->at] == '|';
}

/* The rest of a list whose first is `n`: a node over all when there are more. */
static struct query_node *over(struct query_reader *r, enum query_op op, struct query_node *n,
                               struct query_node *more)
{
    struct query_node *top;

    if (more == NULL || n == NULL)
        return n;
    top = node_new(r, op);
    if (top == NULL)
        return NULL;
    n->next = more;
    top->kid = n;
    return top;
}

static struct query_node *both(struct query_reader *r)
{
    struct query_node *first = negated(r), *more = NULL, **end = &more;

    for (;;) {
        bool done = filter_ends(r);

        query_want(r, QUERY_WANT_AND_OR | QUERY_WANT_TERM | QUERY_WANT_FIELD | QUERY_WANT_NOT |
                          QUERY_WANT_OPEN | QUERY_WANT_RANGE_NAME |
                          (r->depth > 0 ? QUERY_WANT_CLOSE : QUERY_WANT_PIPE));
        if (done || or_follows(r))
            return over(r, QUERY_AND, first, more);
        (void)query_keyword(r, "and"); /* may be left out */
        *end = negated(r);
        if (*end == NULL)
            return NULL;
        end = &(*end)->next;
    }
}

static struct query_node *either(struct query_reader *r)
{
    struct query_node *first = both(r), *more = NULL, **end = &more;

    while (r->rc == ERR_OK && query_keyword(r, "or")) {
        *end = both(r);
        if (*end == NULL)
            return NULL;
        end = &(*end)->next;
    }
    return over(r, QUERY_OR, first, more);
}

void query_read_filter(struct query_reader *r)
{
    query_blanks(r);
    query_want(r, QUERY_WANT_TERM | QUERY_WANT_FIELD | QUERY_WANT_NOT | QUERY_WANT_OPEN |
                      QUERY_WANT_RANGE_NAME | QUERY_WANT_PIPE);
    if (r->at < r->in.n && r->in.p[r->at] != '|')
        r->q->top = either(r);
}
