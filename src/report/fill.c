/*
 * fill.c - texts of a template: marks, values, formats.
 *
 * The template's own text is read for marks; a value goes to the sink as it is, never read again.
 */
#include "report/fill.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "report/vi.h"
#include "report/words.h"

#define PATH_BYTES_MAX 256u
#define MESSAGE_MAX    (64u * 1024)
#define JOINED_MAX     (1024u * 1024)

int fill_fault(const struct fill *f, const struct yaml_node *n, enum err_code code, const char *fmt,
               ...)
{
    unsigned line = n != NULL ? n->line : 1;
    char why[160];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(why, sizeof(why), fmt, ap); /* a cut sentence is still a sentence */
    va_end(ap);
    return err_set(f->e, code, line, "%.60s:%u: %s", f->t->file, line, why);
}

static bool is_word_of(struct span word, const char *words)
{
    struct span rest = span_of(words);

    while (rest.n > 0) {
        size_t n = span_find(rest, ' ');

        if (span_eq(word, (struct span){ rest.p, n }))
            return true;
        rest = span_from(rest, n < rest.n ? n + 1 : n);
    }
    return false;
}

int fill_keys(const struct fill *f, const struct yaml_node *map, const char *known)
{
    struct arena scratch;
    const struct yaml_node *twice;

    if (map->kind != YAML_MAP)
        return fill_fault(f, map, ERR_SYNTAX, "Expected keys and values here.");
    for (const struct yaml_node *c = map->first; c != NULL; c = c->next) {
        if (!is_word_of(c->key, known))
            return fill_fault(f, c, ERR_SYNTAX, "'%.*s' is not known here; known are: %s.",
                              (int)(c->key.n < 40 ? c->key.n : 40), (const char *)c->key.p, known);
    }
    arena_init(&scratch, TEMPLATE_BYTES_MAX);
    twice = yaml_twice(map, &scratch);
    arena_release(&scratch);
    if (twice != NULL)
        return fill_fault(f, twice, ERR_SYNTAX, "'%.*s' is given twice.", SPAN_ARG(twice->key));
    return ERR_OK;
}

/* --- Values --------------------------------------------------------------------------------- */

static json_t *walk(json_t *v, struct span path)
{
    while (v != NULL && path.n > 0) {
        size_t n = span_find(path, '.');

        v = json_object_getn(v, (const char *)path.p, n); /* NULL when v is no object */
        path = span_from(path, n < path.n ? n + 1 : n);
    }
    return v != NULL && json_is_null(v) ? NULL : v;
}

json_t *fill_find(const struct fill *f, struct span path)
{
    struct span head = { path.p, span_find(path, '.') };

    if (span_eq(path, SPAN_LIT(".")))
        return f->scopes[f->depth - 1].value;
    for (uint32_t i = f->depth; i-- > 0;) {
        if (json_object_getn(f->scopes[i].value, (const char *)head.p, head.n) != NULL)
            return walk(f->scopes[i].value, path);
    }
    return NULL;
}

static bool is_text(json_t *v, struct span word)
{
    char number[32];

    if (json_is_string(v))
        return span_eq(
            (struct span){ (const uint8_t *)json_string_value(v), json_string_length(v) }, word);
    if (json_is_boolean(v))
        return span_eq(word, json_is_true(v) ? SPAN_LIT("true") : SPAN_LIT("false"));
    if (!json_is_integer(v))
        return false;
    (void)snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(v)); /* fits */
    return span_eq(span_of(number), word);
}

static bool is_something(json_t *v)
{
    if (v == NULL || json_is_false(v))
        return false;
    if (json_is_string(v))
        return json_string_length(v) > 0;
    if (json_is_array(v))
        return json_array_size(v) > 0;
    return true;
}

bool fill_holds(const struct fill *f, struct span condition)
{
    size_t equals = span_find(condition, '=');

    condition = span_trim(condition);
    if (equals < condition.n)
        return is_text(fill_find(f, span_trim((struct span){ condition.p, equals })),
                       span_trim(span_from(condition, equals + 1)));
    if (condition.n > 0 && condition.p[0] == '!')
        return !is_something(fill_find(f, span_trim(span_from(condition, 1))));
    return is_something(fill_find(f, condition));
}

/* --- Formats -------------------------------------------------------------------------------- */

#define TIME_FORMATS(X)                                                                            \
    X("date", vi_date)                                                                             \
    X("day", vi_day)                                                                               \
    X("datetime", vi_datetime)                                                                     \
    X("time", vi_time)                                                                             \
    X("weekday", vi_weekday)                                                                       \
    X("month", vi_month)                                                                           \
    X("quarter", vi_quarter)                                                                       \
    X("week", vi_week)

#define INT_FORMATS(X)                                                                             \
    X("count", vi_count)                                                                           \
    X("money", vi_money)                                                                           \
    X("roman", put_roman)

static void put_roman(struct buf *to, int64_t v)
{
    if (v < 0 || v > UINT32_MAX)
        vi_int(to, v);
    else
        vi_roman(to, (uint32_t)v);
}

static void put_number(struct buf *to, double v)
{
    vi_decimal(to, v, 3);
}

#define NUMBER_FORMATS(X)                                                                          \
    X("number", put_number)                                                                        \
    X("percent", vi_percent)

static const struct format {
    const char *name;
    void (*of_time)(struct buf *to, const struct time_parts *t);
    void (*of_int)(struct buf *to, int64_t v);
    void (*of_number)(struct buf *to, double v);
    void (*of_text)(struct buf *to, struct span s);
} formats[] = {
#define X(name, fn) { name, .of_time = fn },
    TIME_FORMATS(X)
#undef X
#define X(name, fn) { name, .of_int = fn },
        INT_FORMATS(X)
#undef X
#define X(name, fn) { name, .of_number = fn },
            NUMBER_FORMATS(X)
#undef X
                { "upper", .of_text = vi_upper },
};

static const struct format *format_of(struct span name)
{
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        if (span_eq(span_of(formats[i].name), name))
            return &formats[i];
    }
    return NULL;
}

/* False: the value is not what the format is for. */
static bool put_formatted(struct buf *to, const struct format *fmt, json_t *v)
{
    const char *s = json_string_value(v); /* NULL when it is none */
    struct span text = { (const uint8_t *)s, s != NULL ? json_string_length(v) : 0 };
    struct time_parts here;

    if (fmt->of_time != NULL) {
        if (s == NULL || !vi_read(text, &here))
            return false;
        fmt->of_time(to, &here);
    } else if (fmt->of_int != NULL) {
        if (!json_is_integer(v))
            return false;
        fmt->of_int(to, json_integer_value(v));
    } else if (fmt->of_number != NULL) {
        if (!json_is_number(v))
            return false;
        if (json_is_integer(v) && fmt->of_number == put_number)
            vi_int(to, json_integer_value(v)); /* exact beyond 2^53 */
        else
            fmt->of_number(to, json_number_value(v));
    } else {
        if (s == NULL)
            return false;
        fmt->of_text(to, text);
    }
    return true;
}

/* False: it is an object, or a list of others than texts and numbers. */
static bool put_value(struct buf *to, json_t *v, bool in_list)
{
    size_t i;
    json_t *item;

    switch (json_typeof(v)) {
    case JSON_STRING:
        buf_add(to, (struct span){ (const uint8_t *)json_string_value(v), json_string_length(v) });
        return true;
    case JSON_INTEGER: /* may be a port or a year: not grouped */
        buf_fmt(to, "%lld", (long long)json_integer_value(v));
        return true;
    case JSON_REAL:
        vi_decimal(to, json_real_value(v), 3);
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        buf_text(to, json_is_true(v) ? "có" : "không");
        return true;
    case JSON_ARRAY:
        json_array_foreach(v, i, item)
        {
            buf_text(to, i > 0 ? ", " : "");
            if (in_list || !put_value(to, item, true))
                return false;
        }
        return true;
    default:
        return false;
    }
}

/* --- Text ----------------------------------------------------------------------------------- */

static void emit(struct fill *f, struct fill_sink *to, struct span s)
{
    if (to->plain != NULL)
        buf_add(to->plain, s);
    else
        page_add(f->p, to->text, s, to->style);
}

static void gap(struct fill *f, const struct yaml_node *n, struct span path)
{
    f->gaps->count++;
    buf_fmt(&f->gaps->text, "line %u: {%.*s}\n", n->line, SPAN_ARG(path));
}

/* What stands between braces: a path, "?" when it may be missing, "|" and a format. */
static int put_field(struct fill *f, const struct yaml_node *n, struct span field,
                     struct fill_sink *to)
{
    size_t bar = span_find(field, '|');
    struct span path = span_trim((struct span){ field.p, bar });
    const struct format *fmt = NULL;
    bool optional = span_ends(path, SPAN_LIT("?")), good;
    struct buf text;
    json_t *v;

    path.n -= optional ? 1 : 0;
    if (bar < field.n) {
        fmt = format_of(span_trim(span_from(field, bar + 1)));
        if (fmt == NULL)
            return fill_fault(f, n, ERR_SYNTAX, "{%.*s}: there is no such format.",
                              SPAN_ARG(field));
    }
    buf_init(&text, JOINED_MAX);
    v = fill_find(f, path);
    if (span_eq(path, SPAN_LIT("#"))) {
        buf_fmt(&text, "%zu", f->scopes[f->depth - 1].index + 1);
        good = true;
    } else if (!is_something(v) && !json_is_false(v)) {
        if (!optional) {
            gap(f, n, path);
            buf_text(&text, WORDS_BLANK);
        }
        good = true;
    } else {
        good = fmt != NULL ? put_formatted(&text, fmt, v) : put_value(&text, v, false);
    }
    emit(f, to, buf_span(&text));
    good = good && !buf_failed(&text);
    buf_release(&text);
    if (!good)
        return fill_fault(f, n, ERR_SYNTAX, "{%.*s}: the value is not of that kind.",
                          (int)(field.n < 60 ? field.n : 60), (const char *)field.p);
    return ERR_OK;
}

static int put_part(struct fill *f, const struct yaml_node *n, struct span s, struct fill_sink *to,
                    bool in_note);

static int put_footnote(struct fill *f, const struct yaml_node *n, struct span s,
                        struct fill_sink *to)
{
    struct page_note *note;
    struct fill_sink foot = { 0 };

    if (to->plain != NULL)
        return ERR_OK; /* a message has no foot */
    note = page_note(f->p, to->text);
    if (note == NULL)
        return fill_fault(f, n, ERR_LIMIT, "The document is too large.");
    foot.text = &note->text;
    return put_part(f, n, span_trim(s), &foot, true);
}

/* Length of the literal text at the front. */
static size_t literal(struct span s)
{
    size_t i = 0;

    while (i < s.n && s.p[i] != '{' && !span_starts(span_from(s, i), SPAN_LIT("**")) &&
           !span_starts(span_from(s, i), SPAN_LIT("__")) &&
           !span_starts(span_from(s, i), SPAN_LIT("[^")))
        i++;
    return i;
}

/* One mark at the front of `s`; *used are its bytes. */
static int put_mark(struct fill *f, const struct yaml_node *n, struct span s, struct fill_sink *to,
                    bool in_note, size_t *used)
{
    size_t end;

    *used = 2;
    if (span_starts(s, SPAN_LIT("{{"))) {
        emit(f, to, SPAN_LIT("{"));
        return ERR_OK;
    }
    if (s.p[0] == '*' || s.p[0] == '_') {
        to->style ^= s.p[0] == '*' ? PAGE_BOLD : PAGE_ITALIC;
        return ERR_OK;
    }
    end = span_find(s, s.p[0] == '{' ? '}' : ']');
    if (end == s.n)
        return fill_fault(f, n, ERR_SYNTAX, "'%c' has no end in this text.", s.p[0]);
    *used = end + 1;
    if (s.p[0] == '{')
        return put_field(f, n, (struct span){ s.p + 1, end - 1 }, to);
    if (in_note)
        return fill_fault(f, n, ERR_SYNTAX, "A footnote has no footnotes.");
    return put_footnote(f, n, (struct span){ s.p + 2, end - 2 }, to);
}

static int put_part(struct fill *f, const struct yaml_node *n, struct span s, struct fill_sink *to,
                    bool in_note)
{
    while (s.n > 0) {
        size_t used = literal(s);
        int rc = ERR_OK;

        if (used > 0)
            emit(f, to, (struct span){ s.p, used });
        else
            rc = put_mark(f, n, s, to, in_note, &used);
        if (rc != ERR_OK)
            return rc;
        s = span_from(s, used);
    }
    return ERR_OK;
}

int fill_text(struct fill *f, const struct yaml_node *n, struct fill_sink *to)
{
    if (n == NULL)
        return ERR_OK;
    if (n->kind != YAML_SCALAR)
        return fill_fault(f, n, ERR_SYNTAX, "Expected a text here.");
    return put_part(f, n, n->text, to, false);
}

int fill_plain(struct fill *f, const struct yaml_node *n, struct span *out)
{
    struct buf text;
    struct fill_sink to = { .plain = &text };
    int rc;

    buf_init(&text, MESSAGE_MAX);
    rc = fill_text(f, n, &to);
    if (rc == ERR_OK && buf_failed(&text))
        rc = fill_fault(f, n, ERR_LIMIT, "The text is longer than %u bytes.", MESSAGE_MAX);
    *out = rc == ERR_OK ? page_copy(f->p, buf_span(&text)) : SPAN_NONE;
    buf_release(&text);
    return rc;
}

/* --- for, if -------------------------------------------------------------------------------- */

static int each_of(struct fill *f, const struct yaml_node *n, json_t *list, fill_item_fn *item,
                   void *arg)
{
    json_t *v;
    size_t i;
    int rc = ERR_OK;

    if (f->depth == TEMPLATE_DEPTH_MAX)
        return fill_fault(f, n, ERR_LIMIT, "More than %u lists in each other.", TEMPLATE_DEPTH_MAX);
    f->depth++;
    json_array_foreach(list, i, v)
    {
        f->scopes[f->depth - 1] = (struct fill_scope){ v, i };
        rc = item(f, n, arg);
        if (rc == ERR_OK && f->p != NULL && page_failed(f->p))
            rc = fill_fault(f, n, ERR_LIMIT, "The document is too large.");
        if (rc != ERR_OK)
            break;
    }
    f->depth--;
    return rc;
}

int fill_each(struct fill *f, const struct yaml_node *n, fill_item_fn *item, void *arg)
{
    const struct yaml_node *when = yaml_get(n, "if"), *list = yaml_get(n, "for");
    json_t *v;

    if (when != NULL && !fill_holds(f, when->text))
        return ERR_OK;
    if (list == NULL)
        return item(f, n, arg);
    v = fill_find(f, list->text);
    if (v == NULL) {
        gap(f, list, list->text);
        return ERR_OK;
    }
    if (!json_is_array(v))
        return fill_fault(f, list, ERR_SYNTAX, "'%.*s' is no list.", SPAN_ARG(list->text));
    return each_of(f, n, v, item, arg);
}
