/*
 * search.c - canh search: stored events that a filter holds for, the newest first; from the running
 * server, or without one from its store.
 */
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/command.h"
#include "cmd/show.h"
#include "console/console.h"
#include "os/host.h"
#include "scan/put.h"

#define LIMIT_USUAL "100"

struct search_options {
    const char *data, *from, *to;
    uint64_t limit;
    bool json, utc;
};

static const struct option_row options[] = {
    { "from", OPTION_TEXT, offsetof(struct search_options, from), "TIME", NULL, 0, 0,
      "from then on: 90s, 15m, 2h, 7d ago, or 2026-03-01T10:00:00Z" },
    { "to", OPTION_TEXT, offsetof(struct search_options, to), "TIME", NULL, 0, 0, "before then" },
    { "limit", OPTION_NUMBER, offsetof(struct search_options, limit), "N", LIMIT_USUAL, 1,
      SEARCH_LIMIT_MAX, "show so many of those found" },
    { "json", OPTION_FLAG, offsetof(struct search_options, json), NULL, NULL, 0, 0,
      "one JSON object a line" },
    { "utc", OPTION_FLAG, offsetof(struct search_options, utc), NULL, NULL, 0, 0,
      "times in UTC (default: UTC+07)" },
    { "data", OPTION_TEXT, offsetof(struct search_options, data), "DIR", NULL, 0, 0,
      "the server's data folder (default: as canh serve)" },
};

/* What was looked at, on standard error: what is on standard output are events. */
static void tell(uint64_t found, uint32_t shown, bool more, uint64_t ms, const char *why)
{
    fprintf(stderr, "canh: %llu%s found", (unsigned long long)found, more ? " or more" : "");
    if (found > shown)
        fprintf(stderr, ", the newest %u shown", shown);
    fprintf(stderr, ", in %llu ms.\n", (unsigned long long)ms);
    if (why != NULL)
        fprintf(stderr, "canh: Not all was looked at: %s.\n", why);
}

/* --- from the server ------------------------------------------------------------------------ */

static void tell_end(const json_t *end)
{
    tell((uint64_t)json_integer_value(json_object_get(end, "found")),
         (uint32_t)json_integer_value(json_object_get(end, "shown")),
         json_is_true(json_object_get(end, "more")),
         (uint64_t)json_integer_value(json_object_get(end, "ms")),
         json_is_true(json_object_get(end, "partial"))
             ? json_string_value(json_object_get(end, "why"))
             : NULL);
}

/* The last line says what was looked at, or why it ended: 1 then. */
static int take_line(struct show *w, struct span line, struct err *e)
{
    const struct span last = SPAN_LIT("{\"search\":"), fault = SPAN_LIT("{\"error\":");
    json_t *doc;

    if (!span_starts(line, last) && !span_starts(line, fault))
        return show_line(w, line) ? 0 : err_set(e, ERR_IO, 0, "The output cannot be written.");
    doc = json_loadb((const char *)line.p, line.n, 0, NULL);
    if (json_is_object(json_object_get(doc, "search"))) {
        tell_end(json_object_get(doc, "search"));
        json_decref(doc);
        return 1;
    }
    (void)err_set(e, ERR_IO, 0, "%.200s", json_string_value(json_object_get(doc, "error")));
    json_decref(doc);
    return ERR_IO;
}

static int ask(struct show *w, struct client *c, const struct search_options *o, const char *filter,
               struct err *e)
{
    struct buf target;
    struct span line;
    int rc;

    buf_init(&target, HTTP_TARGET_MAX);
    buf_fmt(&target, "/search?limit=%llu", (unsigned long long)o->limit);
    client_query(&target, "q", filter);
    client_query(&target, "from", o->from);
    client_query(&target, "to", o->to);
    buf_byte(&target, 0);
    rc = buf_failed(&target) ? err_set(e, ERR_USAGE, 0, "The filter is too long.")
                             : client_get(c, (const char *)target.p, e);
    buf_release(&target);
    if (rc == ERR_OK && c->answer.status != 200)
        return client_refusal(c, e);
    while (rc == 0 && (rc = client_line(c, -1, &line, e)) == 1)
        rc = take_line(w, line, e);
    if (rc == 0)
        rc = err_set(e, ERR_IO, 0, "The server's answer is not whole.");
    return rc < 0 ? rc : ERR_OK;
}

/* --- without one ---------------------------------------------------------------------------- */

static int read_time(const char *text, int64_t *ns, struct err *e)
{
    if (text == NULL || console_since(span_of(text), host_now_ns(), ns))
        return ERR_OK;
    return err_set(e, ERR_USAGE, 0,
                   "'%.60s' is no time: 90s, 15m, 2h, 7d ago, or "
                   "2026-03-01T10:00:00Z.",
                   text);
}

static int look(struct show *w, const struct search_options *o, const char *filter, struct err *e)
{
    struct search_from from = { .filter = span_of(filter),
                                .from_ns = INT64_MIN / 2,
                                .to_ns = INT64_MAX / 2,
                                .limit = (uint32_t)o->limit };
    struct search_counts counts = { 0 };
    int rc = read_time(o->from, &from.from_ns, e);

    if (rc == ERR_OK)
        rc = read_time(o->to, &from.to_ns, e);
    if (rc == ERR_OK)
        rc = show_store(w, o->data, &from, true, &counts, e);
    if (rc == ERR_OK)
        tell(counts.found, (uint32_t)(counts.found < o->limit ? counts.found : o->limit),
             counts.more, counts.ms, counts.partial ? counts.why : NULL);
    return rc;
}

/* --- the command ---------------------------------------------------------------------------- */

int cmd_search(int argc, char **argv)
{
    static const struct command_line line = {
        options, COUNT_OF(options), "canh search [OPTIONS] [FILTER]",
        "Shows stored events, the newest first. FILTER: host:srv-01 and \"failed password\" and not\n"
        "user:root; see docs/query.md. Exit code 2: it cannot be shown."
    };
    struct search_options o = { 0 };
    char room[4096];
    struct client c;
    struct buf filter;
    struct show w;
    struct err e = { 0 };
    int operands, code, rc;
    bool asked;

    if (!command_options(&line, &o, argc, argv, &operands, &code))
        return code;
    o.data = client_folder(o.data, room, &e);
    if (o.data == NULL)
        return command_fault(&e);
    if (show_join(&filter, argv, operands, &e) != ERR_OK)
        return command_fault(&e);
    show_init(&w, o.json, true, o.utc);
    rc = client_open(&c, o.data, &e);
    asked = rc == ERR_OK;
    if (asked)
        rc = ask(&w, &c, &o, (const char *)filter.p, &e);
    client_close(&c);
    if (rc == ERR_NOTFOUND)
        rc = look(&w, &o, (const char *)filter.p, &e);
    /* A fault of the filter has its place; one of a time has none. */
    if (rc == ERR_SYNTAX || (rc == ERR_USAGE && asked))
        code = show_filter_fault((const char *)filter.p, &e);
    else
        code = rc == ERR_OK ? EXIT_RAN : command_fault(&e);
    show_release(&w);
    buf_release(&filter);
    return code;
}
