/*
 * read_commands.c - the grammar of what to do with the events: each command reads what its row of
 * QUERY_COMMAND_TABLE says that it takes, in the table's order.
 */
#include "query/query_own.h"

#include "base/ascii.h"
#include "base/num.h"
#include "query/query_time.h"

static bool field_ends(uint8_t c)
{
    return ascii_is_blank(c) || memchr(",()|\"", c, 5) != NULL;
}

static struct span word_here(const struct query_reader *r)
{
    size_t n = r->at;

    while (n < r->in.n && !field_ends(r->in.p[n]))
        n++;
    return (struct span){ r->in.p + r->at, n - r->at };
}

/* Here a name may hold whatever does not end it, and begin with a digit. */
static struct span field_here(struct query_reader *r)
{
    struct span name;
    size_t from;

    query_blanks(r);
    query_want(r, QUERY_WANT_FIELD);
    from = r->at;
    if (r->at < r->in.n && r->in.p[r->at] == '"') {
        name = query_quoted(r);
    } else {
        name = word_here(r);
        r->at += name.n;
    }
    if (name.n == 0 && r->rc == ERR_OK) {
        r->at = from;
        (void)query_fail(r, "A field's name was expected here.");
    }
    return name;
}

/* A list with commas; QUERY_FIELDS_MAX are collected on the stack, then kept. */
static uint32_t read_fields(struct query_reader *r, bool signs, struct query_field **out)
{
    struct query_field room[QUERY_FIELDS_MAX];
    uint32_t count = 0;

    do {
        if (count == QUERY_FIELDS_MAX) {
            (void)query_fail(r, "These are too many fields.");
            return 0;
        }
        room[count] = (struct query_field){ .descending = signs && query_take(r, '-') };
        room[count].name = field_here(r);
        count++;
        query_blanks(r);
        query_want(r, QUERY_WANT_COMMA);
    } while (r->rc == ERR_OK && query_take(r, ','));
    *out = query_alloc(r, count * sizeof(room[0]));
    if (*out == NULL)
        return 0;
    memcpy(*out, room, count * sizeof(room[0]));
    return count;
}

/* --- aggregates ----------------------------------------------------------------------------- */

static bool aggregate_kind(struct query_reader *r, enum query_aggregate_kind *kind)
{
    query_blanks(r);
    query_want(r, QUERY_WANT_AGGREGATE);
    for (size_t i = 0; i < QUERY_AGGREGATES; i++) {
        if (query_keyword(r, query_aggregate_rows[i].name)) {
            *kind = (enum query_aggregate_kind)i;
            return true;
        }
    }
    (void)query_fail(r, "A figure was expected here: count, sum, min, max, avg or dc.");
    return false;
}

static struct span default_column(struct query_reader *r, const struct query_aggregate *a)
{
    struct span kind = span_of(query_aggregate_rows[a->kind].name);
    uint8_t *p;

    if (a->field.n == 0)
        return kind;
    p = query_alloc(r, kind.n + a->field.n + 2);
    if (p == NULL)
        return SPAN_NONE;
    memcpy(p, kind.p, kind.n);
    p[kind.n] = '(';
    memcpy(p + kind.n + 1, a->field.p, a->field.n);
    p[kind.n + 1 + a->field.n] = ')';
    return (struct span){ p, kind.n + a->field.n + 2 };
}

static void read_aggregate(struct query_reader *r, struct query_aggregate *a)
{
    bool needs, closed;

    *a = (struct query_aggregate){ 0 };
    if (!aggregate_kind(r, &a->kind))
        return;
    needs = (query_aggregate_rows[a->kind].flags & QUERY_AGGREGATES_FIELD) != 0;
    query_blanks(r);
    query_want(r, QUERY_WANT_OPEN);
    if (query_take(r, '(')) {
        closed = !needs && query_take(r, ')'); /* count() */
        if (!closed)
            a->field = field_here(r);
        query_blanks(r);
        query_want(r, QUERY_WANT_CLOSE);
        if (!closed && !query_take(r, ')'))
            (void)query_fail(r, "A closing parenthesis was expected here.");
    } else if (needs) {
        (void)query_fail(r, "A field in parentheses was expected here.");
    }
    query_blanks(r);
    query_want(r, QUERY_WANT_AS | QUERY_WANT_COMMA);
    a->has_name = query_keyword(r, "as");
    a->column = a->has_name ? field_here(r) : default_column(r, a);
}

static void read_aggregates(struct query_reader *r, struct query_command *c)
{
    struct query_aggregate room[QUERY_FIELDS_MAX];
    uint32_t count = 0;

    do {
        if (count == QUERY_FIELDS_MAX) {
            (void)query_fail(r, "These are too many figures.");
            return;
        }
        read_aggregate(r, &room[count++]);
    } while (r->rc == ERR_OK && query_take(r, ','));
    c->aggregates = query_alloc(r, count * sizeof(room[0]));
    if (c->aggregates == NULL)
        return;
    memcpy(c->aggregates, room, count * sizeof(room[0]));
    c->aggregate_count = count;
}

/* --- commands ------------------------------------------------------------------------------- */

/* `needed`: nothing else follows that could make sense without it. */
static void read_number(struct query_reader *r, struct query_command *c, bool needed)
{
    struct span word;
    uint64_t n;

    query_blanks(r);
    query_want(r, QUERY_WANT_NUMBER);
    word = word_here(r);
    if (num_u64(word, UINT64_MAX, &n)) {
        if (n == 0 || n > QUERY_NUMBER_MAX) {
            (void)query_fail(r, "This number must be from 1 to 100000.");
            return;
        }
        c->number = (uint32_t)n;
        r->at += word.n;
    } else if (needed) {
        (void)query_fail(r, "A number of rows was expected here.");
    }
}

static void read_span(struct query_reader *r, struct query_command *c)
{
    struct span word;

    query_blanks(r);
    query_want(r, QUERY_WANT_SPAN);
    word = word_here(r);
    if (word.n == 0 || !ascii_is_digit(word.p[0]))
        return;
    if (!query_span(word, &c->span_ns))
        (void)query_fail(r, "A span was expected here, of 1s to 366d: 30s, 5m, 1h, 1d, 1w.");
    else
        r->at += word.n;
}

static void read_by(struct query_reader *r, struct query_command *c)
{
    query_blanks(r);
    query_want(r, QUERY_WANT_BY);
    if (query_keyword(r, "by"))
        c->by_count = read_fields(r, false, &c->by);
}

static void read_parts(struct query_reader *r, struct query_command *c)
{
    unsigned takes = query_command_rows[c->kind].flags;

    if ((takes & QUERY_TAKES_AGGREGATES) != 0)
        read_aggregates(r, c);
    if ((takes & QUERY_TAKES_NUMBER) != 0)
        read_number(r, c, (takes & QUERY_TAKES_FIELDS) == 0);
    if ((takes & QUERY_TAKES_SPAN) != 0)
        read_span(r, c);
    if (r->rc == ERR_OK && (takes & QUERY_TAKES_FIELDS) != 0)
        c->field_count = read_fields(r, (takes & QUERY_TAKES_SIGNS) != 0, &c->fields);
    if (r->rc == ERR_OK && (takes & QUERY_TAKES_BY) != 0)
        read_by(r, c);
}

static bool command_kind(struct query_reader *r, enum query_command_kind *kind)
{
    query_blanks(r);
    query_want(r, QUERY_WANT_COMMAND);
    for (size_t i = 0; i < QUERY_COMMANDS; i++) {
        if (query_keyword(r, query_command_rows[i].name)) {
            *kind = (enum query_command_kind)i;
            return true;
        }
    }
    (void)query_fail(r, "A command was expected here: stats, top, rare, sort, fields, limit or "
                        "histogram.");
    return false;
}

void query_read_commands(struct query_reader *r)
{
    struct query_command **end = &r->q->commands, *c;
    enum query_command_kind kind;

    for (unsigned count = 0; r->rc == ERR_OK && query_take(r, '|'); count++) {
        if (count == QUERY_COMMANDS_MAX) {
            (void)query_fail(r, "These are too many commands.");
            return;
        }
        if (!command_kind(r, &kind) || (c = query_alloc(r, sizeof(*c))) == NULL)
            return;
        c->kind = kind;
        *end = c;
        end = &c->next;
        read_parts(r, c);
        query_blanks(r);
        query_want(r, QUERY_WANT_PIPE);
    }
    query_blanks(r);
    if (r->rc == ERR_OK && r->at < r->in.n)
        (void)query_fail(r, "Another command behind | was expected here, or the end.");
}
