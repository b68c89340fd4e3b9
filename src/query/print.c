/*
 * print.c - a query as text again, quoted wherever the reader could take it for something else.
 */
#include "query/query_own.h"

#include "base/ascii.h"
#include "query/query_time.h"

static bool is_plain_byte(uint8_t c)
{
    return ascii_is_alnum(c) || c >= 0x80 || memchr("_-.*?", c, 5) != NULL;
}

static bool is_plain(struct span s)
{
    if (s.n == 0 || s.p[0] == '-')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!is_plain_byte(s.p[i]) || (s.p[i] == '.' && i > 0 && s.p[i - 1] == '.'))
            return false;
    }
    return true;
}

static void put_quoted(struct span s, struct buf *out)
{
    buf_byte(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\')
            buf_byte(out, '\\');
        buf_byte(out, s.p[i]);
    }
    buf_byte(out, '"');
}

static void put_value(struct span s, bool plain, struct buf *out)
{
    if (plain)
        buf_add(out, s);
    else
        put_quoted(s, out);
}

static bool has_wild(struct span s)
{
    return span_find(s, '*') < s.n || span_find(s, '?') < s.n;
}

/* "=" where it changes something. */
static void put_text(const struct query_node *n, bool plain, struct buf *out)
{
    bool literal = n->literal && (has_wild(n->text) || n->op != QUERY_TEXT);

    if (literal)
        buf_byte(out, '=');
    put_value(n->text, plain && is_plain(n->text) && !literal, out);
}

void query_print_field(struct span name, struct buf *out)
{
    put_value(name, query_is_name(name) && !query_is_reserved(name), out);
}

void query_print_value(struct span value, struct buf *out)
{
    if (has_wild(value))
        buf_byte(out, '=');
    put_value(value, is_plain(value) && !has_wild(value), out);
}

static void put_range(const struct query_node *n, struct buf *out)
{
    if (n->low.n > 0 && n->high.n > 0) {
        buf_byte(out, ':');
        buf_add(out, n->low);
        buf_text(out, "..");
        buf_add(out, n->high);
    } else {
        buf_text(out, n->low.n > 0 ? ">" : "<");
        buf_text(out, (n->low.n > 0 ? n->low_open : n->high_open) ? "" : "=");
        buf_add(out, n->low.n > 0 ? n->low : n->high);
    }
}

static void put_leaf(const struct query_node *n, struct buf *out)
{
    switch (n->op) {
    case QUERY_TEXT:
        put_text(n, !query_is_reserved(n->text), out);
        break;
    case QUERY_SINCE:
    case QUERY_UNTIL:
        buf_text(out, n->op == QUERY_SINCE ? "since:" : "until:");
        put_quoted(n->text, out);
        break;
    case QUERY_RANGE:
        query_print_field(n->name, out);
        put_range(n, out);
        break;
    default:
        query_print_field(n->name, out);
        buf_byte(out, ':');
        if (n->op == QUERY_NET)
            buf_add(out, n->text);
        else
            put_text(n, true, out);
        break;
    }
}

/* Without parentheses `and` binds closer than `or`, and a list goes on. */
static bool needs_parentheses(enum query_op parent, enum query_op op)
{
    if (op != QUERY_AND && op != QUERY_OR)
        return false;
    return parent == QUERY_NOT || parent == QUERY_AND || (parent == QUERY_OR && op == QUERY_OR);
}

static void put_node(const struct query_node *n, enum query_op parent, struct buf *out)
{
    bool inner = needs_parentheses(parent, n->op);

    if (n->kid == NULL) {
        put_leaf(n, out);
        return;
    }
    buf_text(out, n->op == QUERY_NOT ? "not " : inner ? "(" : "");
    for (const struct query_node *kid = n->kid; kid != NULL; kid = kid->next) {
        put_node(kid, n->op, out);
        if (kid->next != NULL)
            buf_text(out, n->op == QUERY_AND ? " and " : " or ");
    }
    buf_text(out, inner ? ")" : "");
}

/* --- commands ------------------------------------------------------------------------------- */

static void put_fields(const struct query_field *f, uint32_t count, struct buf *out)
{
    for (uint32_t i = 0; i < count; i++) {
        buf_text(out, i > 0 ? ", " : " ");
        buf_text(out, f[i].descending ? "-" : "");
        query_print_field(f[i].name, out);
    }
}

static void put_aggregate(const struct query_aggregate *a, struct buf *out)
{
    buf_text(out, query_aggregate_rows[a->kind].name);
    if (a->field.n > 0) {
        buf_byte(out, '(');
        query_print_field(a->field, out);
        buf_byte(out, ')');
    }
    if (a->has_name) {
        buf_text(out, " as ");
        query_print_field(a->column, out);
    }
}

static void put_command(const struct query_command *c, struct buf *out)
{
    buf_text(out, query_command_rows[c->kind].name);
    for (uint32_t i = 0; i < c->aggregate_count; i++) {
        buf_text(out, i > 0 ? ", " : " ");
        put_aggregate(&c->aggregates[i], out);
    }
    if (c->number > 0)
        buf_fmt(out, " %u", c->number);
    if (c->span_ns > 0) {
        buf_byte(out, ' ');
        query_span_print(c->span_ns, out);
    }
    put_fields(c->fields, c->field_count, out);
    if (c->by_count > 0)
        buf_text(out, " by");
    put_fields(c->by, c->by_count, out);
}

void query_print(const struct query *q, struct buf *out)
{
    if (q->top != NULL)
        put_node(q->top, QUERY_OPS, out);
    for (const struct query_command *c = q->commands; c != NULL; c = c->next) {
        buf_text(out, c != q->commands || q->top != NULL ? " | " : "| ");
        put_command(c, out);
    }
}
