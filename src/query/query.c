/*
 * query.c - see query.h. The words of the language and what frames it: the grammar is in
 * read_filter.c and read_commands.c.
 */
#include "query/query_own.h"

#include <stdlib.h>

#include "base/ascii.h"
#include "base/utf.h"

#define ARENA_BYTES ((size_t)4 << 20) /* a query of 4 KiB has 2,000 terms at most */

const struct query_word_row query_aggregate_rows[QUERY_AGGREGATES] = {
#define X(kind, name, flags, help) [QUERY_##kind] = { name, flags, help },
    QUERY_AGGREGATE_TABLE(X)
#undef X
};

const struct query_word_row query_command_rows[QUERY_COMMANDS] = {
#define X(kind, name, takes, help) [QUERY_##kind] = { name, takes, help },
    QUERY_COMMAND_TABLE(X)
#undef X
};

/* --- words ---------------------------------------------------------------------------------- */

void *query_fail(struct query_reader *r, const char *why)
{
    if (r->rc == ERR_OK)
        r->rc = err_set(r->e, ERR_SYNTAX, r->at, "%s", why);
    return NULL;
}

void *query_no_memory(struct query_reader *r)
{
    if (r->rc == ERR_OK)
        r->rc = err_set(r->e, ERR_NOMEM, r->at, "There is no memory for the query.");
    return NULL;
}

void *query_alloc(struct query_reader *r, size_t bytes)
{
    void *p = r->rc == ERR_OK ? arena_alloc(&r->q->mem, bytes) : NULL;

    return p != NULL ? p : query_no_memory(r);
}

void query_want(struct query_reader *r, unsigned what)
{
    if (r->at == r->in.n && r->rc == ERR_OK)
        r->wanted |= what;
}

void query_blanks(struct query_reader *r)
{
    while (r->at < r->in.n && ascii_is_blank(r->in.p[r->at]))
        r->at++;
}

bool query_take(struct query_reader *r, uint8_t byte)
{
    query_blanks(r);
    if (r->at == r->in.n || r->in.p[r->at] != byte)
        return false;
    r->at++;
    return true;
}

static size_t letters(const struct query_reader *r)
{
    size_t n = 0;

    while (r->at + n < r->in.n && ascii_is_alpha(r->in.p[r->at + n]))
        n++;
    return n;
}

/* A word that goes on, or that a colon makes a name, is no keyword. */
static bool ends_word(struct span rest)
{
    return rest.n == 0 || ascii_is_blank(rest.p[0]) || memchr("()\"|,<>", rest.p[0], 7) != NULL;
}

bool query_keyword(struct query_reader *r, const char *word)
{
    size_t n;

    query_blanks(r);
    n = letters(r);
    if (!span_eq_nocase((struct span){ r->in.p + r->at, n }, span_of(word)) ||
        !ends_word(span_from(r->in, r->at + n)))
        return false;
    r->at += n;
    return true;
}

struct span query_quoted(struct query_reader *r)
{
    size_t from = ++r->at, n = 0;
    struct span raw;
    uint8_t *dst;

    while (r->at < r->in.n && r->in.p[r->at] != '"')
        r->at += r->in.p[r->at] == '\\' ? 2 : 1;
    if (r->at >= r->in.n) {
        r->at = from - 1;
        (void)query_fail(r, "The quote is not closed.");
        return SPAN_NONE;
    }
    raw = (struct span){ r->in.p + from, r->at - from };
    r->at++;
    dst = query_alloc(r, raw.n + 1);
    for (size_t i = 0; dst != NULL && i < raw.n; i++) {
        if (raw.p[i] == '\\' && i + 1 < raw.n && (raw.p[i + 1] == '"' || raw.p[i + 1] == '\\'))
            i++;
        dst[n++] = raw.p[i];
    }
    return (struct span){ dst, dst != NULL ? n : 0 };
}

static bool is_name_start(uint8_t c)
{
    return ascii_is_alpha(c) || c >= 0x80 || memchr("_@$#", c, 4) != NULL;
}

static bool is_name_byte(uint8_t c)
{
    return is_name_start(c) || ascii_is_digit(c) || memchr(".-[]", c, 4) != NULL;
}

static size_t name_bytes(struct span s)
{
    size_t n = 0;

    if (s.n == 0 || !is_name_start(s.p[0]))
        return 0;
    while (n < s.n && is_name_byte(s.p[n]))
        n++;
    return n;
}

struct span query_name_here(const struct query_reader *r)
{
    struct span rest = span_from(r->in, r->at);

    return (struct span){ rest.p, name_bytes(rest) };
}

bool query_is_name(struct span s)
{
    return s.n > 0 && name_bytes(s) == s.n;
}

bool query_is_reserved(struct span s)
{
    static const char *const words[] = { "and", "or", "not", "since", "until" };

    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (span_eq_nocase(s, span_of(words[i])))
            return true;
    }
    return false;
}

/* --- the whole ------------------------------------------------------------------------------ */

void query_read_all(struct query_reader *r)
{
    query_read_filter(r);
    if (r->rc != ERR_OK)
        return;
    query_blanks(r);
    if (r->at < r->in.n && r->in.p[r->at] == ')')
        (void)query_fail(r, "A closing parenthesis stands here that nothing opened.");
    else if (r->at < r->in.n && r->part == QUERY_FILTER)
        (void)query_fail(r, "Commands have no place here, only what events to show.");
    else
        query_read_commands(r);
}

int query_read(struct query **out, struct span text, const struct query_clock *clock,
               enum query_part part, struct err *e)
{
    struct query_reader r = { .clock = clock, .part = part, .e = e };

    *out = NULL;
    if (text.n > QUERY_BYTES_MAX)
        return err_set(e, ERR_LIMIT, 0, "The query is longer than %u bytes.", QUERY_BYTES_MAX);
    if (!utf8_valid(text))
        return err_set(e, ERR_SYNTAX, 0, "The query is not UTF-8.");
    r.q = calloc(1, sizeof(*r.q));
    if (r.q == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the query.");
    arena_init(&r.q->mem, ARENA_BYTES);
    r.in = arena_span(&r.q->mem, text);
    if (r.in.p == NULL)
        r.rc = err_set(e, ERR_NOMEM, 0, "There is no memory for the query.");
    else
        query_read_all(&r);
    if (r.rc != ERR_OK)
        query_free(&r.q);
    *out = r.q;
    return r.rc;
}

void query_free(struct query **pq)
{
    struct query *q = *pq;

    *pq = NULL;
    if (q == NULL)
        return;
    arena_release(&q->mem);
    free(q);
}

/* --- the range ------------------------------------------------------------------------------ */

struct range {
    int64_t from, until;
};

/* A NOT says nothing of when: what is under it is not looked at. */
static struct range range_of(const struct query_node *n)
{
    struct range all = { INT64_MIN, INT64_MAX }, sum = { INT64_MAX, INT64_MIN };

    if (n->op == QUERY_SINCE)
        all.from = n->ns;
    if (n->op == QUERY_UNTIL)
        all.until = n->ns;
    if (n->op != QUERY_AND && n->op != QUERY_OR)
        return all;
    for (const struct query_node *kid = n->kid; kid != NULL; kid = kid->next) {
        struct range r = range_of(kid);

        all.from = r.from > all.from ? r.from : all.from;
        all.until = r.until < all.until ? r.until : all.until;
        sum.from = r.from < sum.from ? r.from : sum.from;
        sum.until = r.until > sum.until ? r.until : sum.until;
    }
    return n->op == QUERY_AND ? all : sum;
}

void query_range(const struct query *q, int64_t *from, int64_t *until)
{
    struct range r = { INT64_MIN, INT64_MAX };

    if (q->top != NULL)
        r = range_of(q->top);
    *from = r.from;
    *until = r.until;
}
