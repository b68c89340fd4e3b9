/*
 * search.c - canh search: stored events that a query holds for, the newest first, or what its
 * commands make of them; from the running server, or without one from its store.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/command.h"
#include "cmd/load.h"
#include "cmd/show.h"
#include "console/console.h"
#include "incident/incident.h"
#include "os/host.h"
#include "query/complete.h"
#include "scan/put.h"

#define LIMIT_USUAL   "100"
#define SECONDS_USUAL "60"
#define MEMORY_USUAL  "256"
#define LANES         WALK_LANES

struct search_options {
    const char *data, *from, *to, *complete, *is_for;
    uint64_t limit, seconds, memory;
    int format;
    bool json, utc, follow;
};

static const struct option_row options[] = {
    { "from", OPTION_TEXT, offsetof(struct search_options, from), "TIME", NULL, 0, 0,
      "from then on: 90s, 15m, 2h, 7d ago, or 2026-03-01T10:00:00Z" },
    { "to", OPTION_TEXT, offsetof(struct search_options, to), "TIME", NULL, 0, 0, "before then" },
    { "limit", OPTION_NUMBER, offsetof(struct search_options, limit), "N", LIMIT_USUAL, 1,
      SEARCH_LIMIT_MAX, "show so many of the events found" },
    { "for", OPTION_TEXT, offsetof(struct search_options, is_for), "CASE", NULL, 0, 0,
      "alert:12 or incident:3, for which it is done: needed to look for one person's records" },
    { "format", OPTION_CHOICE, offsetof(struct search_options, format), TABLE_FORMS, "table", 0, 0,
      "how they are written" },
    { "json", OPTION_FLAG, offsetof(struct search_options, json), NULL, NULL, 0, 0,
      "the same as --format json: one object a line" },
    { "follow", OPTION_FLAG, offsetof(struct search_options, follow), NULL, NULL, 0, 0,
      "the oldest first, and go on with those that come" },
    { "max-seconds", OPTION_NUMBER, offsetof(struct search_options, seconds), "N", SECONDS_USUAL, 1,
      CONSOLE_SEARCH_SECONDS, "show what was found until then" },
    { "max-memory", OPTION_NUMBER, offsetof(struct search_options, memory), "MIB", MEMORY_USUAL, 1,
      CONSOLE_SEARCH_MIB, "for what was found" },
    { "utc", OPTION_FLAG, offsetof(struct search_options, utc), NULL, NULL, 0, 0,
      "times in UTC (default: UTC+07)" },
    { "complete", OPTION_TEXT, offsetof(struct search_options, complete), "TEXT", NULL, 0, 0,
      "show what may follow this beginning of a query, for shells" },
    { "data", OPTION_TEXT, offsetof(struct search_options, data), "DIR", NULL, 0, 0,
      "the server's data folder (default: as canh serve)" },
};

/* What was looked at. */
struct end {
    uint64_t found, shown, ms;
    bool more, partial;
    char why[512];
};

static int unwritable(struct err *e)
{
    return err_set(e, ERR_IO, 0, "The output cannot be written.");
}

/* On standard error: what is on standard output was found. */
static void tell(const struct end *end)
{
    fprintf(stderr, "canh: %llu%s found", (unsigned long long)end->found,
            end->more ? " or more" : "");
    if (end->found > end->shown)
        fprintf(stderr, ", %llu shown", (unsigned long long)end->shown);
    fprintf(stderr, ", in %llu ms.\n", (unsigned long long)end->ms);
    if (end->partial)
        fprintf(stderr, "canh: Not all was looked at: %s.\n", end->why);
}

/* --- from the server ------------------------------------------------------------------------ */

/* Lines that wait, when the oldest is to be the first; and how far the lanes were shown. */
struct asking {
    struct show *show;
    const struct search_options *options;
    struct buf kept;
    uint64_t shown[LANES];
    struct end end;
};

static void read_end(struct end *end, const json_t *doc)
{
    const char *why = json_string_value(json_object_get(doc, "why"));

    end->found = (uint64_t)json_integer_value(json_object_get(doc, "found"));
    end->shown = (uint64_t)json_integer_value(json_object_get(doc, "shown"));
    end->ms = (uint64_t)json_integer_value(json_object_get(doc, "ms"));
    end->more = json_is_true(json_object_get(doc, "more"));
    end->partial = json_is_true(json_object_get(doc, "partial"));
    (void)snprintf(end->why, sizeof(end->why), "%s", why != NULL ? why : "");
}

/* The place of an event; false when it has none. */
static bool read_place(struct span line, uint64_t *lane, uint64_t *sequence)
{
    json_t *doc = json_loadb((const char *)line.p, line.n, JSON_ALLOW_NUL, NULL);
    const json_t *l = json_object_get(doc, "lane"), *s = json_object_get(doc, "sequence");
    bool good = json_is_integer(l) && json_is_integer(s);

    if (good) {
        *lane = (uint64_t)json_integer_value(l);
        *sequence = (uint64_t)json_integer_value(s);
        good = *lane < LANES;
    }
    json_decref(doc);
    return good;
}

/* A line that was found: shown, or kept until the oldest is there. */
static int take_found(struct asking *a, struct span line, struct err *e)
{
    uint64_t lane, sequence;

    if (!a->options->follow)
        return show_line(a->show, line) ? 0 : unwritable(e);
    if (read_place(line, &lane, &sequence) && sequence > a->shown[lane])
        a->shown[lane] = sequence;
    buf_add(&a->kept, line);
    buf_byte(&a->kept, '\n');
    return buf_failed(&a->kept) ? err_set(e, ERR_NOMEM, 0, "There is no memory for the events.")
                                : 0;
}

/* The last line says what was looked at, or why it ended: 1 then. */
static int take_line(struct asking *a, struct span line, struct err *e)
{
    const struct span last = SPAN_LIT("{\"search\":"), fault = SPAN_LIT("{\"error\":");
    const char *why;
    json_t *doc;
    int rc = 1;

    if (!span_starts(line, last) && !span_starts(line, fault))
        return take_found(a, line, e);
    doc = json_loadb((const char *)line.p, line.n, 0, NULL);
    if (json_is_object(json_object_get(doc, "search"))) {
        read_end(&a->end, json_object_get(doc, "search"));
    } else {
        why = json_string_value(json_object_get(doc, "error"));
        rc = err_set(e, ERR_IO, 0, "%.200s", why != NULL ? why : "The answer is malformed.");
    }
    json_decref(doc);
    return rc;
}

/* The desk writes down who searches what: that it is the owner of the data folder. */
static int sign(const struct search_options *o, const char *query, struct buf *fields,
                struct err *e)
{
    struct buf request;
    int rc;

    buf_init(&request, HTTP_TARGET_MAX);
    incident_search_request(&request, span_of(query),
                            o->is_for != NULL ? span_of(o->is_for) : SPAN_NONE);
    rc = buf_failed(&request) ? err_set(e, ERR_USAGE, 0, "The query is too long.")
                              : client_sign(o->data, buf_span(&request), fields, e);
    buf_release(&request);
    return rc;
}

static int ask(struct asking *a, struct client *c, const char *query, struct err *e)
{
    const struct search_options *o = a->options;
    struct buf target, fields;
    struct span line;
    int rc;

    buf_init(&fields, 1024);
    buf_init(&target, HTTP_TARGET_MAX);
    buf_fmt(&target, "/search?limit=%llu&seconds=%llu&memory=%llu", (unsigned long long)o->limit,
            (unsigned long long)o->seconds, (unsigned long long)o->memory);
    client_query(&target, "q", query);
    client_query(&target, "from", o->from);
    client_query(&target, "to", o->to);
    client_query(&target, "for", o->is_for);
    buf_byte(&target, 0);
    rc = buf_failed(&target) ? err_set(e, ERR_USAGE, 0, "The query is too long.")
                             : sign(o, query, &fields, e);
    buf_byte(&fields, 0);
    if (rc == ERR_OK)
        rc = client_get_with(c, (const char *)target.p, (const char *)fields.p, e);
    buf_release(&fields);
    buf_release(&target);
    if (rc == ERR_OK && c->answer.status != 200)
        return client_refusal(c, e);
    while (rc == 0 && (rc = client_line(c, -1, &line, e)) == 1)
        rc = take_line(a, line, e);
    if (rc == 0)
        rc = err_set(e, ERR_IO, 0, "The server's answer is not whole.");
    return rc < 0 ? rc : ERR_OK;
}

/* --- going on ------------------------------------------------------------------------------- */

static int show_kept(struct asking *a, struct err *e)
{
    struct span rest = buf_span(&a->kept);

    while (rest.n > 0) {
        size_t from = rest.n - 1; /* of the last line, whose "\n" it is */

        while (from > 0 && rest.p[from - 1] != '\n')
            from--;
        if (!show_line(a->show, span_from(rest, from)))
            return unwritable(e);
        rest.n = from;
    }
    buf_clear(&a->kept);
    return ERR_OK;
}

static int follow_lines(struct asking *a, struct client *tail, struct err *e)
{
    uint64_t lane, sequence;
    struct span line;
    int rc;

    while ((rc = client_line(tail, -1, &line, e)) == 1) {
        if (read_place(line, &lane, &sequence) && sequence <= a->shown[lane])
            continue; /* the search found it, too */
        if (!show_line(a->show, line))
            return unwritable(e);
    }
    return rc;
}

/* Events are followed from before the search on, so that none is missed between the two. */
static int ask_and_follow(struct asking *a, struct client *c, const char *query, struct err *e)
{
    struct client tail;
    struct buf target;
    int rc = client_open(&tail, a->options->data, e);

    buf_init(&target, HTTP_TARGET_MAX);
    buf_text(&target, "/tail");
    client_query(&target, "filter", query);
    buf_byte(&target, 0);
    if (rc == ERR_OK && buf_failed(&target))
        rc = err_set(e, ERR_USAGE, 0, "The query is too long.");
    if (rc == ERR_OK)
        rc = client_get(&tail, (const char *)target.p, e);
    buf_release(&target);
    if (rc == ERR_OK && tail.answer.status != 200)
        rc = client_refusal(&tail, e);
    if (rc == ERR_OK)
        rc = ask(a, c, query, e);
    if (rc == ERR_OK)
        rc = show_kept(a, e);
    if (rc == ERR_OK) {
        tell(&a->end);
        rc = follow_lines(a, &tail, e);
    }
    client_close(&tail);
    return rc;
}

/* --- without a server ----------------------------------------------------------------------- */

static int look(struct asking *a, const char *query, struct err *e)
{
    const struct search_options *o = a->options;
    struct search_from from = { .query = span_of(query),
                                .from_ns = INT64_MIN / 2,
                                .to_ns = INT64_MAX / 2,
                                .limit = (uint32_t)o->limit,
                                .budget_ms = o->seconds * 1000,
                                .bytes = (size_t)o->memory << 20 };
    struct search_counts counts = { 0 };
    int rc = show_time(o->from, &from.from_ns, e);

    if (rc == ERR_OK)
        rc = show_time(o->to, &from.to_ns, e);
    if (rc == ERR_OK && o->follow)
        rc = err_set(e, ERR_USAGE, 0, "No server runs in %.80s: there is nothing to follow.",
                     o->data);
    if (rc != ERR_OK)
        return rc == ERR_USAGE ? ERR_NOTFOUND : rc; /* of the options, not of the query */
    rc = show_store(a->show, o->data, &from, true, &counts, e);
    a->end = (struct end){ .found = counts.found,
                           .shown = counts.shown,
                           .ms = counts.ms,
                           .more = counts.more,
                           .partial = counts.partial };
    (void)snprintf(a->end.why, sizeof(a->end.why), "%s", counts.why);
    return rc;
}

/* --- completion ----------------------------------------------------------------------------- */

static void put_item(struct buf *out, const struct complete_item *item)
{
    query_complete_text(item, out);
    buf_fmt(out, "\t%s\t%s\n", query_complete_kind(item->kind), item->help);
}

/* A line each: what may stand there, its kind, what it is. */
static int complete(const char *text)
{
    struct load_options lo = { .threads = 1 };
    struct load l = { 0 };
    static struct complete c; /* large */
    struct query_field *names = NULL;
    struct buf out;
    uint32_t count;
    struct err e;
    int rc = load_open(&l, &lo, &e);

    buf_init(&out, (size_t)1 << 20);
    if (rc == ERR_OK) {
        names = query_complete_names(&l.names, &count);
        if (names == NULL || !query_complete(span_of(text), strlen(text), names, count, &c))
            rc = err_set(&e, ERR_NOMEM, 0, "There is no memory to complete the query.");
    }
    for (uint32_t i = 0; rc == ERR_OK && i < c.count; i++)
        put_item(&out, &c.item[i]);
    free(names);
    load_close(&l);
    if (rc == ERR_OK)
        return command_show(&out);
    buf_release(&out);
    return command_fault(&e);
}

/* --- the command ---------------------------------------------------------------------------- */

static int check_follow(const struct search_options *o, const char *query, struct err *e)
{
    const struct query_clock clock = { host_now_ns(), QUERY_VIETNAM_S };
    struct query *q;
    bool makes_table;

    if (!o->follow)
        return ERR_OK;
    if (o->to != NULL)
        return err_set(e, ERR_USAGE, 0, "--follow has no end: leave --to out.");
    if (query_read(&q, span_of(query), &clock, QUERY_WHOLE, e) != ERR_OK)
        return ERR_OK; /* told with its place by who answers */
    makes_table = q->commands != NULL;
    query_free(&q);
    return makes_table ? err_set(e, ERR_USAGE, 0,
                                 "--follow shows events as they come; commands make a table of "
                                 "those that are there: leave one of them out.")
                       : ERR_OK;
}

static int run(struct asking *a, const char *query)
{
    struct err e = { 0 };
    struct client c;
    int rc = check_follow(a->options, query, &e);
    bool asked;

    if (rc != ERR_OK)
        return command_fault(&e);
    rc = client_open(&c, a->options->data, &e);
    asked = rc == ERR_OK;
    if (asked && a->options->follow)
        rc = ask_and_follow(a, &c, query, &e);
    else if (asked)
        rc = ask(a, &c, query, &e);
    client_close(&c);
    if (!asked && rc == ERR_NOTFOUND)
        rc = look(a, query, &e);
    if (rc == ERR_SYNTAX || rc == ERR_USAGE || rc == ERR_LIMIT)
        return show_query_fault(query, &e);
    if (rc != ERR_OK)
        return command_fault(&e);
    if (!show_end(a->show, a->end.partial ? a->end.why : NULL)) {
        (void)unwritable(&e);
        return command_fault(&e);
    }
    tell(&a->end);
    return a->end.partial ? EXIT_FOUND : EXIT_RAN;
}

int cmd_search(int argc, char **argv)
{
    static const struct command_line line = {
        options, COUNT_OF(options), "canh search [OPTIONS] [QUERY]",
        "Shows stored events, the newest first, or what commands make of them. QUERY:\n"
        "host:srv-01 and \"failed password\" and not user:root since:-2h | top 5 src_ip\n"
        "docs/query.md has it all. Exit code: 0 all was looked at, 1 the result is not whole (its\n"
        "last line says why), 2 it cannot be shown."
    };
    struct search_options o = { 0 };
    struct show w;
    struct asking a = { .show = &w, .options = &o };
    char room[4096];
    struct buf query;
    struct err e = { 0 };
    int operands, code;

    if (!command_options(&line, &o, argc, argv, &operands, &code))
        return code;
    if (o.complete != NULL)
        return complete(o.complete);
    o.data = client_folder(o.data, room, &e);
    if (o.data == NULL || show_join(&query, argv, operands, &e) != ERR_OK)
        return command_fault(&e);
    show_init(&w, o.json ? TABLE_JSON : (enum table_form)o.format, true, o.utc);
    buf_init(&a.kept, CLIENT_LINE_MAX);
    code = run(&a, (const char *)query.p);
    buf_release(&a.kept);
    show_release(&w);
    buf_release(&query);
    return code;
}
