/*
 * show.c - see show.h.
 */
#include "cmd/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "cmd/command.h"
#include "cmd/load.h"
#include "console/console.h"
#include "incident/incident.h"
#include "os/host.h"
#include "scan/put.h"

#define CLOCK_COLUMNS 8u
#define DATE_COLUMNS  19u
#define WIDE          100u /* columns from which who may take more of them */

void show_init(struct show *w, enum table_form form, bool date, bool utc)
{
    *w = (struct show){ .form = form, .date = date, .screen = screen_of(STDOUT_FILENO, utc) };
    table_init(&w->table, form, &w->screen);
    buf_init(&w->out, CLIENT_LINE_MAX);
}

void show_release(struct show *w)
{
    table_release(&w->table);
    buf_release(&w->out);
}

/* --- a line for people ---------------------------------------------------------------------- */

static const char *text_of(const json_t *o, const char *name)
{
    const char *v = json_string_value(json_object_get(o, name));

    return v != NULL ? v : "";
}

/* Is it this name, alone or behind prefixes ("winlog.event_data.Image")? */
static bool is_named(const char *name, const char *want)
{
    const char *dot = strrchr(name, '.');

    return strcmp(dot != NULL ? dot + 1 : name, want) == 0;
}

static void put_value(struct buf *out, const json_t *v)
{
    if (json_is_string(v))
        buf_text(out, json_string_value(v));
    else if (json_is_integer(v))
        buf_fmt(out, "%lld", (long long)json_integer_value(v));
    else if (json_is_array(v))
        put_value(out, json_array_get(v, 0));
    else
        buf_text(out, json_is_true(v) ? "true" : json_is_false(v) ? "false" : "-");
}

/* Fields that tell what happened, in the order in which they are read. */
static const char *const telling[] = { "EventID",
                                       "Image",
                                       "CommandLine",
                                       "ParentImage",
                                       "User",
                                       "SubjectUserName",
                                       "TargetUserName",
                                       "IpAddress",
                                       "TargetFilename",
                                       "TargetObject",
                                       "QueryName",
                                       "DestinationIp",
                                       "src_ip",
                                       "dst_ip",
                                       "user",
                                       "action",
                                       "eventName",
                                       "type",
                                       "exe",
                                       "comm",
                                       "cmdline" };

/* What tells most: the message, else the fields that mostly do, else the raw record. */
static void put_words(struct buf *out, const json_t *ev)
{
    static const char *const messages[] = { "message", "Message", "MESSAGE", "msg" };
    json_t *fields = json_object_get(ev, "fields");
    size_t begin = out->n;
    const char *name;
    json_t *v;

    for (size_t i = 0; i < COUNT_OF(messages); i++) {
        if (text_of(fields, messages[i])[0] != 0) {
            buf_text(out, text_of(fields, messages[i]));
            return;
        }
    }
    for (size_t i = 0; i < COUNT_OF(telling); i++) {
        json_object_foreach(fields, name, v)
        {
            if (!is_named(name, telling[i]) || json_is_null(v))
                continue;
            buf_fmt(out, "%s%s=", out->n > begin ? " " : "", telling[i]);
            put_value(out, v);
            break;
        }
    }
    if (out->n == begin)
        buf_text(out, text_of(ev, "raw"));
}

static void put_tags(struct buf *out, const json_t *ev)
{
    size_t i;
    json_t *tag;

    json_array_foreach(json_object_get(ev, "tags"), i, tag)
    {
        const char *text = json_string_value(tag), *colon = text != NULL ? strchr(text, ':') : NULL;

        if (i > 0)
            buf_byte(out, '/');
        buf_text(out, colon != NULL ? colon + 1 : "?");
    }
}

/* Columns of what is said before the words: as wide as what came so far, up to these. */
static const size_t widest[2][3] = { { 14, 10, 14 }, { 24, 16, 24 } };

static size_t width_for(struct show *w, size_t i, struct span text)
{
    size_t most = widest[w->screen.width == 0 || w->screen.width >= WIDE][i];

    if (text.n > w->width[i])
        w->width[i] = text.n < most ? text.n : most;
    return w->width[i];
}

static void put_cell(struct show *w, const char *colour, struct span text, size_t width)
{
    struct buf cell;

    buf_init(&cell, 65536);
    put_column(&cell, text, width, true);
    put_colour(&w->out, &w->screen, colour, buf_span(&cell));
    buf_byte(&w->out, ' ');
    buf_release(&cell);
}

static void put_event_line(struct show *w, const json_t *ev)
{
    struct span source = span_of(text_of(ev, "source")), host = span_of(text_of(ev, "host"));
    struct buf text;
    const size_t clock = w->date ? DATE_COLUMNS : CLOCK_COLUMNS;
    int64_t ns = 0;
    size_t before;

    buf_init(&text, CLIENT_LINE_MAX);
    if (!time_parse(span_of(text_of(ev, "receipt")), 0, &ns))
        ns = 0;
    put_clock(&text, &w->screen, ns, w->date);
    put_cell(w, "2", buf_span(&text), clock);
    put_cell(w, "36", source, width_for(w, 0, source));
    put_cell(w, "1", host, width_for(w, 1, host));
    buf_clear(&text);
    put_tags(&text, ev);
    put_cell(w, "35", buf_span(&text), width_for(w, 2, buf_span(&text)));
    buf_clear(&text);
    put_words(&text, ev);
    before = clock + w->width[0] + w->width[1] + w->width[2] + 4;
    put_column(&w->out, buf_span(&text), w->screen.width != 0 ? w->screen.width - before : 4096,
               false);
    buf_byte(&w->out, '\n');
    buf_release(&text);
}

static void put_skipped(struct show *w, json_int_t count)
{
    struct buf text;

    buf_init(&text, 256);
    buf_fmt(&text, "... %lld events were not shown: too many at a time.", (long long)count);
    put_colour(&w->out, &w->screen, "33", buf_span(&text));
    buf_byte(&w->out, '\n');
    buf_release(&text);
}

/* --- events as CSV -------------------------------------------------------------------------- */

static const char *const csv_columns[] = { "time", "receipt", "source",   "input", "host",
                                           "tags", "lane",    "sequence", "raw" };

static bool csv_header(struct show *w)
{
    json_t *names = json_array();
    bool good = names != NULL;

    for (size_t i = 0; good && i < COUNT_OF(csv_columns); i++)
        good = json_array_append_new(names, json_string(csv_columns[i])) == 0;
    good = good && table_columns(&w->table, names, &w->out);
    json_decref(names);
    return good;
}

static json_t *csv_value(const json_t *ev, const char *name)
{
    struct buf tags;
    json_t *text;

    if (strcmp(name, "tags") != 0)
        return json_incref(json_object_get(ev, name));
    buf_init(&tags, 65536);
    put_tags(&tags, ev);
    text = json_stringn(tags.p != NULL ? (const char *)tags.p : "", tags.n);
    buf_release(&tags);
    return text;
}

static bool csv_event(struct show *w, const json_t *ev)
{
    json_t *row = json_array();
    bool good = row != NULL && (w->table.columns != NULL || csv_header(w));

    for (size_t i = 0; good && i < COUNT_OF(csv_columns); i++) {
        json_t *v = csv_value(ev, csv_columns[i]);

        good = json_array_append_new(row, v != NULL ? v : json_null()) == 0;
    }
    good = good && table_row(&w->table, row, &w->out);
    json_decref(row);
    return good;
}

/* --- lines ---------------------------------------------------------------------------------- */

static bool put_document(struct show *w, const json_t *doc)
{
    json_t *columns = json_object_get(doc, "columns"), *row = json_object_get(doc, "row");

    if (columns != NULL)
        return table_columns(&w->table, columns, &w->out);
    if (row != NULL)
        return table_row(&w->table, row, &w->out);
    if (json_object_get(doc, "following") != NULL)
        return true;
    if (json_object_get(doc, "skipped") != NULL)
        put_skipped(w, json_integer_value(json_object_get(doc, "skipped")));
    else if (w->form == TABLE_CSV)
        return csv_event(w, doc);
    else
        put_event_line(w, doc);
    return true;
}

static bool is_of_table(struct span line)
{
    return span_starts(line, SPAN_LIT("{\"columns\":")) || span_starts(line, SPAN_LIT("{\"row\":"));
}

static bool write_out(struct show *w)
{
    if (buf_failed(&w->out) || fwrite(w->out.p, 1, w->out.n, stdout) != w->out.n ||
        fflush(stdout) != 0)
        return false;
    buf_clear(&w->out);
    return true;
}

bool show_line(struct show *w, struct span line)
{
    json_t *doc;
    bool good = true;

    if (line.n > 0 && line.p[line.n - 1] == '\n')
        line.n--;
    if (w->form == TABLE_JSON && !is_of_table(line)) {
        buf_add(&w->out, line);
        buf_byte(&w->out, '\n');
    } else {
        doc = json_loadb((const char *)line.p, line.n, JSON_ALLOW_NUL, NULL);
        good = doc == NULL || put_document(w, doc);
        json_decref(doc);
    }
    return good && ((w->out.n == 0 && !buf_failed(&w->out)) || write_out(w));
}

bool show_end(struct show *w, const char *why)
{
    if (w->form == TABLE_CSV && w->table.columns == NULL && !csv_header(w))
        return false;
    table_end(&w->table, &w->out);
    if (why != NULL)
        table_partial(w->form, why, &w->out);
    return (w->out.n == 0 && !buf_failed(&w->out)) || write_out(w);
}

/* --- times ---------------------------------------------------------------------------------- */

int show_time(const char *text, int64_t *ns, struct err *e)
{
    if (text == NULL || time_ago(span_of(text), host_now_ns(), ns))
        return ERR_OK;
    return err_set(e, ERR_USAGE, 0,
                   "'%.60s' is no time: 90s, 15m, 2h, 7d ago, or 2026-03-01T10:00:00Z.", text);
}

/* --- filters -------------------------------------------------------------------------------- */

/* Words with blanks in them were quoted for the shell, and are quoted again for the filter, unless
 * they are more than words. */
static bool is_words(const char *text)
{
    return strpbrk(text, " \t") != NULL && strpbrk(text, "\"():<>|") == NULL;
}

/* All operands are the query, so that it may be written without quotes around it. */
int show_join(struct buf *to, char **words, int count, struct err *e)
{
    buf_init(to, 2 * QUERY_BYTES_MAX);
    for (int i = 0; i < count; i++) {
        buf_fmt(to, count > 1 && is_words(words[i]) ? "%s\"%s\"" : "%s%s", i > 0 ? " " : "",
                words[i]);
    }
    buf_byte(to, 0);
    if (!buf_failed(to))
        return ERR_OK;
    buf_release(to);
    return err_set(e, ERR_USAGE, 0, "The query is too long.");
}

/* A fault of the query is shown where it is. */
int show_query_fault(const char *query, const struct err *e)
{
    struct buf text;

    buf_init(&text, 8 * QUERY_BYTES_MAX);
    buf_text(&text, "canh: The query cannot be understood:\n");
    put_caret(&text, span_of(query), e->at, e->why);
    if (!buf_failed(&text))
        (void)fwrite(text.p, 1, text.n, stderr); /* there is nothing to do about it */
    buf_release(&text);
    return EXIT_UNUSABLE;
}

/* --- without a server ----------------------------------------------------------------------- */

static int show_found(struct show *w, struct search *found, bool newest_first, struct err *e)
{
    struct span line;
    uint32_t lines;
    int rc;

    command_interruptible(true);
    while ((rc = search_step(found, e)) > 0) {
        if (command_interrupted())
            search_stop(found, "it was interrupted");
    }
    command_interruptible(false);
    lines = rc == 0 ? search_lines(found) : 0;
    for (uint32_t i = 0; i < lines && rc == 0; i++) {
        rc = search_line(found, newest_first ? i : lines - 1 - i, &line, e);
        if (rc == 0 && !show_line(w, line))
            rc = err_set(e, ERR_IO, 0, "The output cannot be written.");
    }
    return rc;
}

int show_nobody(struct span query, struct err *e)
{
    if (incident_search_person(query, false, host_now_ns(), NULL) != ERR_DENIED)
        return ERR_OK;
    return err_set(
        e, ERR_DENIED, 0,
        "This looks for one person's records: that is written down by a server, which is "
        "not there.");
}

int show_store(struct show *w, const char *data, struct search_from *from, bool newest_first,
               struct search_counts *counts, struct err *e)
{
    struct load_options o = { .threads = 1 };
    struct load l = { 0 };
    struct search *found = NULL;
    char lanes[4096];
    int n = snprintf(lanes, sizeof(lanes), "%s/lanes", data), rc;

    if (n < 0 || (size_t)n >= sizeof(lanes) || access(lanes, R_OK) != 0)
        return err_set(e, ERR_NOTFOUND, 0, "No server runs in %.80s, and nothing is stored there.",
                       data);
    rc = load_open(&l, &o, e);
    if (rc != ERR_OK)
        return rc;
    from->io = &io_system;
    from->data = data;
    from->taxonomy = l.taxonomy;
    from->names = &l.names;
    from->skew_ns = SHOW_SKEW_NS;
    from->clock = (struct query_clock){ host_now_ns(), QUERY_VIETNAM_S };
    rc = search_new(&found, from, e);
    if (rc == ERR_OK)
        rc = show_nobody(from->query, e);
    if (rc == ERR_OK)
        rc = show_found(w, found, newest_first, e);
    if (found != NULL)
        *counts = search_counts(found);
    search_free(&found);
    load_close(&l);
    return rc;
}
