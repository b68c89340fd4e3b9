/*
 * filter.c - see filter.h. Recursive descent into a tree in one arena.
 */
#include "query/filter.h"

#include <stdlib.h>

#include "base/ascii.h"
#include "base/num.h"
#include "base/utf.h"
#include "scan/put.h"

enum op { OP_AND, OP_OR, OP_NOT, OP_RAW, OP_FIELD, OP_GT, OP_GTE, OP_LT, OP_LTE };

struct node {
    enum op op;
    struct node *left, *right;
    struct span name, value;
    const uint32_t *ids; /* of the name, whatever its case; none: nobody has it but the record */
    uint32_t id_count;
    double number;
    struct span folded;               /* of value */
    struct search_term term, escaped; /* of OP_RAW; as it is, and as JSON has it */
};

struct filter {
    struct arena mem;
    struct node *top; /* NULL: everything */
    bool any_raw;
};

struct reader {
    struct filter *f;
    const struct names *names;
    struct span in;
    size_t at;
    unsigned depth;
    struct err *e;
    bool failed;
};

/* --- words ---------------------------------------------------------------------------------- */

static const char no_memory[] = "There is no memory for the filter.";

static void *fail(struct reader *r, const char *why)
{
    if (!r->failed)
        (void)err_set(r->e, ERR_SYNTAX, r->at, "%s", why);
    r->failed = true;
    return NULL;
}

static void blanks(struct reader *r)
{
    while (r->at < r->in.n && ascii_is_blank(r->in.p[r->at]))
        r->at++;
}

static bool is_word_byte(uint8_t c)
{
    return !ascii_is_blank(c) && memchr("()\":<>", c, 6) == NULL;
}

static struct span word_here(const struct reader *r)
{
    size_t n = r->at;

    while (n < r->in.n && is_word_byte(r->in.p[n]))
        n++;
    return (struct span){ r->in.p + r->at, n - r->at };
}

static bool keyword(struct reader *r, const char *word)
{
    struct span w;

    blanks(r);
    w = word_here(r);
    if (!span_eq_nocase(w, span_of(word)) || (r->at + w.n < r->in.n && r->in.p[r->at + w.n] == ':'))
        return false;
    r->at += w.n;
    return true;
}

static struct span quoted(struct reader *r)
{
    struct span raw, out;
    uint8_t *dst;
    size_t from = ++r->at, n = 0;

    while (r->at < r->in.n && r->in.p[r->at] != '"')
        r->at += r->in.p[r->at] == '\\' ? 2 : 1;
    if (r->at >= r->in.n) {
        r->at = from - 1;
        (void)fail(r, "The quote is not closed.");
        return SPAN_NONE;
    }
    raw = (struct span){ r->in.p + from, r->at - from };
    r->at++;
    dst = arena_bytes(&r->f->mem, raw.n + 1);
    for (size_t i = 0; dst != NULL && i < raw.n; i++) {
        if (raw.p[i] == '\\' && i + 1 < raw.n && (raw.p[i + 1] == '"' || raw.p[i + 1] == '\\'))
            i++;
        dst[n++] = raw.p[i];
    }
    if (dst == NULL) {
        (void)fail(r, no_memory);
        return SPAN_NONE;
    }
    out = (struct span){ dst, n };
    return out;
}

/* A value behind a name may hold colons and signs: addresses, paths. */
static struct span value_here(struct reader *r)
{
    size_t from = r->at;

    if (r->at < r->in.n && r->in.p[r->at] == '"')
        return quoted(r);
    while (r->at < r->in.n && !ascii_is_blank(r->in.p[r->at]) && r->in.p[r->at] != ')')
        r->at++;
    if (r->at == from)
        (void)fail(r, "A value was expected here.");
    return (struct span){ r->in.p + from, r->at - from };
}

/* --- the grammar ---------------------------------------------------------------------------- */

static struct node *node_new(struct reader *r, enum op op)
{
    struct node *n = r->failed ? NULL : arena_alloc(&r->f->mem, sizeof(*n));

    if (n == NULL)
        return fail(r, no_memory);
    n->op = op;
    return n;
}

static struct node *either(struct reader *r);

/* Names are few hundred, and each filter asks for a few. */
static struct node *named(struct reader *r, struct node *n, struct span name)
{
    uint32_t group = names_find_group(r->names, name), *ids, count = 0;

    n->name = name;
    for (uint32_t id = 1; group != 0 && id < r->names->count; id++)
        count += names_group(r->names, id) == group;
    if (count == 0)
        return n;
    ids = arena_array(&r->f->mem, count, sizeof(*ids));
    if (ids == NULL)
        return fail(r, no_memory);
    for (uint32_t id = 1; id < r->names->count; id++) {
        if (names_group(r->names, id) == group)
            ids[n->id_count++] = id;
    }
    n->ids = ids;
    return n;
}

static struct node *compared(struct reader *r, struct span name)
{
    bool less = r->in.p[r->at] == '<', equal;
    struct node *n;
    struct span v;
    size_t from;

    r->at++;
    equal = r->at < r->in.n && r->in.p[r->at] == '=';
    r->at += equal;
    blanks(r);
    from = r->at;
    v = value_here(r);
    n = node_new(r, less ? (equal ? OP_LTE : OP_LT) : (equal ? OP_GTE : OP_GT));
    if (n == NULL)
        return NULL;
    if (!num_double(v, &n->number)) {
        r->at = from;
        return fail(r, "A number was expected here.");
    }
    return named(r, n, name);
}

static struct span folded_in(struct reader *r, struct span text)
{
    struct buf b;
    struct span kept;

    buf_init(&b, 16 * (size_t)FILTER_BYTES_MAX);
    search_fold(text, &b);
    kept = buf_failed(&b) ? SPAN_NONE : arena_span(&r->f->mem, buf_span(&b));
    buf_release(&b);
    if (kept.p == NULL)
        (void)fail(r, no_memory);
    return kept;
}

/* These three are words of the language; as words to look for they are quoted. */
static bool is_reserved(struct span word)
{
    return span_eq_nocase(word, SPAN_LIT("and")) || span_eq_nocase(word, SPAN_LIT("or")) ||
           span_eq_nocase(word, SPAN_LIT("not"));
}

static struct node *about_name(struct reader *r, struct span name)
{
    struct node *n;

    if (r->in.p[r->at] != ':')
        return compared(r, name);
    r->at++;
    n = node_new(r, OP_FIELD);
    if (n == NULL)
        return NULL;
    n->value = value_here(r);
    n->folded = folded_in(r, n->value);
    return named(r, n, name);
}

/* As it stands in a JSON string: what would be escaped there is. */
static struct span escaped_in(struct reader *r, struct span text)
{
    uint8_t *to = arena_bytes(&r->f->mem, 2 * text.n + 1);
    size_t n = 0;

    if (to == NULL) {
        (void)fail(r, no_memory);
        return SPAN_NONE;
    }
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\\' || text.p[i] == '"')
            to[n++] = '\\';
        to[n++] = text.p[i];
    }
    return (struct span){ to, n };
}

/* In quotes a star is a star. */
static struct node *raw_node(struct reader *r, struct span word, bool quoted_one)
{
    struct node *n = node_new(r, OP_RAW);

    if (n == NULL)
        return NULL;
    n->value = word;
    while (!quoted_one && word.n > 0 && word.p[0] == '*') {
        n->term.open_start = true;
        word = span_from(word, 1);
    }
    while (!quoted_one && word.n > 0 && word.p[word.n - 1] == '*') {
        n->term.open_end = true;
        word.n--;
    }
    n->term.text = folded_in(r, word);
    n->escaped = n->term;
    n->escaped.text = escaped_in(r, n->term.text);
    r->f->any_raw = true;
    return r->failed ? NULL : n;
}

static struct node *term(struct reader *r)
{
    struct span word;
    bool quoted_one;

    blanks(r);
    if (r->at == r->in.n)
        return fail(r, "Something to look for was expected here.");
    quoted_one = r->in.p[r->at] == '"';
    if (quoted_one) {
        word = quoted(r);
    } else {
        word = word_here(r);
        if (word.n == 0)
            return fail(r, "Something to look for was expected here.");
        if (r->at + word.n < r->in.n && memchr(":<>", r->in.p[r->at + word.n], 3) != NULL) {
            r->at += word.n;
            return about_name(r, word);
        }
        if (is_reserved(word))
            return fail(r, "Something to look for was expected here; quote and, or, not as words.");
        r->at += word.n;
    }
    return raw_node(r, word, quoted_one);
}

static struct node *negated(struct reader *r)
{
    struct node *n;

    if (r->failed || ++r->depth > FILTER_DEPTH_MAX)
        return fail(r, "The filter is nested too deep.");
    blanks(r);
    if (keyword(r, "not")) {
        n = node_new(r, OP_NOT);
        if (n != NULL)
            n->left = negated(r);
    } else if (r->at < r->in.n && r->in.p[r->at] == '(') {
        r->at++;
        n = either(r);
        blanks(r);
        if (r->at == r->in.n || r->in.p[r->at] != ')')
            return fail(r, "A closing parenthesis was expected here.");
        r->at++;
    } else {
        n = term(r);
    }
    r->depth--;
    return n;
}

static struct node *joined(struct reader *r, enum op op, struct node *left, struct node *right)
{
    struct node *n = node_new(r, op);

    if (n == NULL)
        return NULL;
    n->left = left;
    n->right = right;
    return n;
}

static bool or_follows(const struct reader *r)
{
    struct reader look = *r;

    return keyword(&look, "or");
}

static struct node *both(struct reader *r)
{
    struct node *n = negated(r);

    for (;;) {
        blanks(r);
        if (r->failed || r->at == r->in.n || r->in.p[r->at] == ')' || or_follows(r))
            return n;
        (void)keyword(r, "and"); /* may be left out */
        n = joined(r, OP_AND, n, negated(r));
    }
}

static struct node *either(struct reader *r)
{
    struct node *n = both(r);

    while (!r->failed && keyword(r, "or"))
        n = joined(r, OP_OR, n, both(r));
    return n;
}

int filter_read(struct filter **out, struct span text, const struct names *names, struct err *e)
{
    struct filter *f = calloc(1, sizeof(*f));
    struct reader r = { .names = names, .e = e };

    *out = NULL;
    if (f == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the filter.");
    arena_init(&f->mem, (size_t)1 << 20);
    r.f = f;
    if (text.n > FILTER_BYTES_MAX) {
        filter_free(&f);
        return err_set(e, ERR_LIMIT, 0, "The filter is longer than %u bytes.", FILTER_BYTES_MAX);
    }
    r.in = arena_span(&f->mem, text);
    blanks(&r);
    if (r.at < r.in.n)
        f->top = either(&r);
    blanks(&r);
    if (!r.failed && r.at < r.in.n)
        (void)fail(&r, "A closing parenthesis stands here that nothing opened.");
    if (r.failed) {
        filter_free(&f);
        return ERR_SYNTAX;
    }
    *out = f;
    return ERR_OK;
}

void filter_free(struct filter **pf)
{
    struct filter *f = *pf;

    *pf = NULL;
    if (f == NULL)
        return;
    arena_release(&f->mem);
    free(f);
}

/* --- holding -------------------------------------------------------------------------------- */

/* '*' and '?', without going back further than the last '*'. */
static bool like(struct span text, struct span want)
{
    size_t t = 0, w = 0, star = SIZE_MAX, back = 0;

    while (t < text.n) {
        if (w < want.n && want.p[w] == '*') {
            star = w++;
            back = t;
        } else if (w < want.n &&
                   (want.p[w] == '?' || ascii_lower(want.p[w]) == ascii_lower(text.p[t]))) {
            w++;
            t++;
        } else if (star != SIZE_MAX) {
            w = star + 1;
            t = ++back;
        } else {
            return false;
        }
    }
    while (w < want.n && want.p[w] == '*')
        w++;
    return w == want.n;
}

/* Fold only what has anything to fold but ASCII. */
static bool like_folded(const struct node *n, const struct filter_about *a, struct span text)
{
    if (!utf8_has_wide(text))
        return like(text, n->folded);
    buf_clear(a->scratch);
    search_fold(text, a->scratch);
    return !buf_failed(a->scratch) && like(buf_span(a->scratch), n->folded);
}

static bool value_holds(const struct node *n, const struct filter_about *a, struct span text)
{
    double d;

    if (text.p == NULL)
        return false;
    switch (n->op) {
    case OP_FIELD:
        return like_folded(n, a, text);
    case OP_GT:
        return num_double(text, &d) && d > n->number;
    case OP_GTE:
        return num_double(text, &d) && d >= n->number;
    case OP_LT:
        return num_double(text, &d) && d < n->number;
    default:
        return num_double(text, &d) && d <= n->number;
    }
}

static bool view_answers(const struct node *n, const struct filter_about *a, const struct view *v)
{
    struct event *e = a->event;

    for (uint32_t i = 0; i < n->id_count; i++) {
        uint32_t h = event_get(e, v, n->ids[i]);

        for (; h != EVENT_NONE; h = event_more(e, v, n->ids[i], h)) {
            if (value_holds(n, a, event_text(e, h)))
                return true;
        }
    }
    return false;
}

static bool tags_answer(const struct node *n, const struct filter_about *a, const struct view *v)
{
    const struct {
        const char *name;
        const struct tag_set *set;
    } dimension[] = { { "product", &v->product },
                      { "category", &v->category },
                      { "service", &v->service } };

    for (size_t i = 0; i < COUNT_OF(dimension); i++) {
        if (!span_eq_nocase(n->name, span_of(dimension[i].name)))
            continue;
        for (uint32_t k = 0; k < dimension[i].set->count; k++) {
            if (value_holds(n, a, dimension[i].set->value[k]))
                return true;
        }
    }
    return false;
}

static bool own_answers(const struct node *n, const struct filter_about *a)
{
    struct event *e = a->event;

    for (uint32_t i = 0; i < e->rec->count; i++) {
        if (e->rec->fields[i].kind != REC_GROUP && span_eq_nocase(event_name(e, i), n->name) &&
            value_holds(n, a, event_text(e, i)))
            return true;
    }
    return false;
}

static bool field_holds(const struct node *n, const struct filter_about *a)
{
    if (span_eq_nocase(n->name, SPAN_LIT("host")) && value_holds(n, a, event_host(a->event)))
        return true;
    if (span_eq_nocase(n->name, SPAN_LIT("source")) && value_holds(n, a, a->source))
        return true;
    if (span_eq_nocase(n->name, SPAN_LIT("input")) && value_holds(n, a, a->input))
        return true;
    for (uint32_t i = 0; i < a->event->cls->view_count; i++) {
        const struct view *v = a->event->cls->views[i];

        if (tags_answer(n, a, v) || view_answers(n, a, v))
            return true;
    }
    return own_answers(n, a);
}

static bool raw_holds(const struct node *n, struct span folded)
{
    return search_has(folded, &n->term) ||
           (n->escaped.text.n != n->term.text.n && search_has(folded, &n->escaped));
}

static bool node_holds(const struct node *n, const struct filter_about *a)
{
    switch (n->op) {
    case OP_AND:
        return node_holds(n->left, a) && node_holds(n->right, a);
    case OP_OR:
        return node_holds(n->left, a) || node_holds(n->right, a);
    case OP_NOT:
        return !node_holds(n->left, a);
    case OP_RAW:
        return raw_holds(n, a->folded);
    default:
        return field_holds(n, a);
    }
}

bool filter_wants_folded(const struct filter *f)
{
    return f->any_raw;
}

/* What does not depend on fields: true where it might. */
static bool may_hold(const struct node *n, struct span folded)
{
    switch (n->op) {
    case OP_AND:
        return may_hold(n->left, folded) && may_hold(n->right, folded);
    case OP_OR:
        return may_hold(n->left, folded) || may_hold(n->right, folded);
    case OP_RAW:
        return raw_holds(n, folded);
    default:
        return true;
    }
}

bool filter_may_hold(const struct filter *f, struct span folded)
{
    return f->top == NULL || may_hold(f->top, folded);
}

static void words_of(const struct node *n, search_word_fn *fn, void *arg)
{
    if (n->op == OP_AND) {
        words_of(n->left, fn, arg);
        words_of(n->right, fn, arg);
    } else if (n->op == OP_RAW && n->escaped.text.n == n->term.text.n) {
        /* One with an escaped form may be there in either, and their words may differ. */
        search_term_words(&n->term, fn, arg);
    }
}

void filter_words(const struct filter *f, search_word_fn *fn, void *arg)
{
    if (f->top != NULL)
        words_of(f->top, fn, arg);
}

bool filter_holds(const struct filter *f, const struct filter_about *a)
{
    return f->top == NULL || node_holds(f->top, a);
}

void filter_caret(struct span text, const struct err *e, struct buf *out)
{
    size_t at = e->at < text.n ? e->at : text.n, columns = 0;

    buf_text(out, "  ");
    put_column(out, text, FILTER_BYTES_MAX, false);
    buf_text(out, "\n  ");
    for (struct span rest = { text.p, at }; rest.n > 0; columns++) {
        size_t n;

        (void)utf8_get(rest, &n);
        rest = span_from(rest, n);
    }
    while (columns-- > 0)
        buf_byte(out, ' ');
    buf_fmt(out, "^ %s\n", e->why);
}
