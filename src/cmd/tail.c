/*
 * tail.c - canh tail: events as they come, through a filter; without a server the last ones of its
 * lanes. One line an event for people, or the server's own JSON.
 */
#include <stdio.h>

#include "cmd/client.h"
#include "cmd/command.h"
#include "cmd/show.h"

#define LAST_USUAL "20"

struct tail_options {
    const char *data;
    uint64_t last;
    bool json, utc;
};

static const struct option_row options[] = {
    { "json", OPTION_FLAG, offsetof(struct tail_options, json), NULL, NULL, 0, 0,
      "one JSON object a line" },
    { "last", OPTION_NUMBER, offsetof(struct tail_options, last), "N", LAST_USUAL, 1,
      SEARCH_LIMIT_MAX, "when no server runs: so many of the last events" },
    { "utc", OPTION_FLAG, offsetof(struct tail_options, utc), NULL, NULL, 0, 0,
      "times in UTC (default: UTC+07)" },
    { "data", OPTION_TEXT, offsetof(struct tail_options, data), "DIR", NULL, 0, 0,
      "the server's data folder (default: as canh serve)" },
};

/* --- from the server ------------------------------------------------------------------------ */

static int follow(struct show *w, struct client *c, const char *filter, struct err *e)
{
    struct buf target;
    struct span line;
    int rc;

    buf_init(&target, HTTP_TARGET_MAX);
    buf_text(&target, "/tail");
    client_query(&target, "filter", filter);
    buf_byte(&target, 0);
    rc = buf_failed(&target) ? err_set(e, ERR_USAGE, 0, "The filter is too long.")
                             : client_get(c, (const char *)target.p, e);
    buf_release(&target);
    if (rc == ERR_OK && c->answer.status != 200)
        rc = client_refusal(c, e);
    while (rc == ERR_OK && (rc = client_line(c, -1, &line, e)) == 1)
        rc = show_line(w, line) ? ERR_OK : err_set(e, ERR_IO, 0, "The output cannot be written.");
    return rc < 0 ? rc : ERR_OK;
}

/* --- without one ---------------------------------------------------------------------------- */

static int show_past(struct show *w, const struct tail_options *o, const char *filter,
                     struct err *e)
{
    struct search_from from = { .query = span_of(filter),
                                .filter_only = true,
                                .from_ns = INT64_MIN / 2,
                                .to_ns = INT64_MAX / 2,
                                .limit = (uint32_t)o->last };
    struct search_counts counts = { 0 };
    int rc;

    fprintf(stderr, "canh: No server runs in %s: the last events of its store.\n", o->data);
    rc = show_store(w, o->data, &from, false, &counts, e);
    if (counts.partial)
        fprintf(stderr, "canh: Not all is shown: %s.\n", counts.why);
    return rc;
}

/* --- the command ---------------------------------------------------------------------------- */

int cmd_tail(int argc, char **argv)
{
    static const struct command_line line = {
        options, COUNT_OF(options), "canh tail [OPTIONS] [FILTER]",
        "Shows events as the server stores them. FILTER: host:srv-01 and \"failed password\" and not\n"
        "user:root; terms are whole words and \"texts\" (fail* for more), NAME:value (* and ?),\n"
        "NAME:10.0.0.0/8, NAME:1..9, NAME>5, since:-2h, joined by and, or, not and parentheses; case\n"
        "and marks do not matter. docs/query.md has it all. Exit code 2: it cannot be shown."
    };
    struct tail_options o = { 0 };
    struct show w;
    struct client c;
    char room[4096];
    struct buf filter;
    struct err e = { 0 };
    int operands, code, rc;

    if (!command_options(&line, &o, argc, argv, &operands, &code))
        return code;
    o.data = client_folder(o.data, room, &e);
    if (o.data == NULL)
        return command_fault(&e);
    if (show_join(&filter, argv, operands, &e) != ERR_OK)
        return command_fault(&e);
    show_init(&w, o.json ? TABLE_JSON : TABLE_PEOPLE, false, o.utc);
    rc = client_open(&c, o.data, &e);
    if (rc == ERR_OK)
        rc = follow(&w, &c, (const char *)filter.p, &e);
    client_close(&c);
    if (rc == ERR_NOTFOUND)
        rc = show_past(&w, &o, (const char *)filter.p, &e);
    /* Refused (the server says 400), or as it is read here without one. */
    if (rc == ERR_USAGE || rc == ERR_SYNTAX || rc == ERR_LIMIT)
        code = show_query_fault((const char *)filter.p, &e);
    else
        code = rc == ERR_OK ? EXIT_RAN : command_fault(&e);
    show_release(&w);
    buf_release(&filter);
    return code;
}
