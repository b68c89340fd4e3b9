/*
 * complete.c - see complete.h: the reader itself notes what it looked for at the end of the text.
 */
#include "query/complete.h"

#include <stdlib.h>

#include "base/ascii.h"
#include "base/utf.h"
#include "event/names.h"
#include "query/query_own.h"

static const struct {
    const char *text;
    unsigned wants;
    const char *help;
} keywords[] = {
    { "and", QUERY_WANT_AND_OR, "both" },
    { "or", QUERY_WANT_AND_OR, "one or both" },
    { "not", QUERY_WANT_NOT, "the opposite" },
    { "since:", QUERY_WANT_RANGE_NAME, "events from a time on" },
    { "until:", QUERY_WANT_RANGE_NAME, "events before a time" },
    { "by", QUERY_WANT_BY, "groups" },
    { "as", QUERY_WANT_AS, "the name of the column" },
    { "(", QUERY_WANT_OPEN, "" },
    { ")", QUERY_WANT_CLOSE, "" },
    { ",", QUERY_WANT_COMMA, "" },
    { "|", QUERY_WANT_PIPE, "what to do with the events" },
};

static bool ends_prefix(uint8_t c)
{
    return ascii_is_blank(c) || memchr("()\"|,:<>=", c, 9) != NULL;
}

/* Where the word begins that the cursor is in. */
static size_t word_from(struct span text, size_t cursor)
{
    size_t from = cursor;

    while (from > 0 && !ends_prefix(text.p[from - 1]))
        from--;
    return from;
}

static bool starts_nocase(struct span s, struct span head)
{
    return s.n >= head.n && span_eq_nocase((struct span){ s.p, head.n }, head);
}

static void propose(struct complete *out, struct span typed, enum complete_kind kind,
                    struct span text, const char *help)
{
    if (out->count < COMPLETE_MAX && starts_nocase(text, typed))
        out->item[out->count++] = (struct complete_item){ kind, text, help };
}

static void propose_rows(struct complete *out, struct span typed, enum complete_kind kind,
                         const struct query_word_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        propose(out, typed, kind, span_of(rows[i].name), rows[i].help);
}

static void note_field(struct complete *out, struct span name)
{
    if (name.n == 0 || name.n > sizeof(out->field))
        return;
    memcpy(out->field, name.p, name.n);
    out->field_bytes = name.n;
}

/* What the reader wants behind the first `from` bytes. */
static bool wanted_behind(struct span text, size_t from, struct complete *out, unsigned *wanted)
{
    static const struct query_clock clock = { 0 };
    struct query q = { 0 };
    struct query_reader r = { .q = &q, .clock = &clock, .in = { text.p, from } };

    arena_init(&q.mem, (size_t)4 << 20);
    query_read_all(&r);
    if ((r.wanted & QUERY_WANT_VALUE) != 0)
        note_field(out, r.field);
    arena_release(&q.mem);
    *wanted = r.wanted;
    return r.rc != ERR_NOMEM;
}

bool query_complete(struct span text, size_t cursor, const struct query_field *fields,
                    uint32_t field_count, struct complete *out)
{
    struct span typed;
    unsigned wanted;

    *out = (struct complete){ .from = cursor };
    if (cursor > text.n || text.n > QUERY_BYTES_MAX || !utf8_valid(text))
        return true;
    out->from = word_from(text, cursor);
    if (out->from < cursor && text.p[out->from] == '-')
        out->from++; /* sort -field */
    typed = (struct span){ text.p + out->from, cursor - out->from };
    if (!wanted_behind(text, out->from, out, &wanted))
        return false;
    out->value = (wanted & (QUERY_WANT_TERM | QUERY_WANT_VALUE | QUERY_WANT_NUMBER |
                            QUERY_WANT_TIME | QUERY_WANT_SPAN)) != 0;
    for (size_t i = 0; i < COUNT_OF(keywords); i++) {
        if ((wanted & keywords[i].wants) != 0)
            propose(out, typed, COMPLETE_KEYWORD, span_of(keywords[i].text), keywords[i].help);
    }
    if ((wanted & QUERY_WANT_COMMAND) != 0)
        propose_rows(out, typed, COMPLETE_COMMAND, query_command_rows, QUERY_COMMANDS);
    if ((wanted & QUERY_WANT_AGGREGATE) != 0)
        propose_rows(out, typed, COMPLETE_AGGREGATE, query_aggregate_rows, QUERY_AGGREGATES);
    for (uint32_t i = 0; (wanted & QUERY_WANT_FIELD) != 0 && i < field_count; i++)
        propose(out, typed, COMPLETE_FIELD, fields[i].name, "");
    return true;
}

/* --- names ------------------------------------------------------------------------------------ */

/* What the server knows of each event. */
static const char *const known[] = { "host",    "source",   "input",  "time",
                                     "product", "category", "service" };

static bool is_known(struct span name)
{
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (span_eq_nocase(name, span_of(known[i])))
            return true;
    }
    return false;
}

struct query_field *query_complete_names(const struct names *n, uint32_t *count)
{
    struct query_field *f = calloc(COUNT_OF(known) + n->count, sizeof(*f));

    *count = 0;
    if (f == NULL)
        return NULL;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        f[(*count)++].name = span_of(known[i]);
    for (uint32_t id = 1; id < n->count; id++) {
        if (!is_known(n->text[id]))
            f[(*count)++].name = n->text[id];
    }
    return f;
}

const char *query_complete_kind(enum complete_kind kind)
{
    static const char *const kinds[] = { "keyword", "command", "figure", "field" };

    return kinds[kind];
}

void query_complete_text(const struct complete_item *item, struct buf *out)
{
    if (item->kind == COMPLETE_FIELD)
        query_print_field(item->text, out);
    else
        buf_add(out, item->text);
}
