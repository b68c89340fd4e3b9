/*
 * stat.c - canh stat: what the running server receives, stores, matches and finds, as a table for
 * people or as the server's own JSON. With --watch again every two seconds, with rates.
 */
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "cmd/client.h"
#include "cmd/command.h"
#include "os/host.h"
#include "scan/put.h"

#define SAMPLE_MS 1000
#define WATCH_MS  2000

struct stat_options {
    const char *data;
    bool json, watch, blind;
};

static const struct option_row options[] = {
    { "json", OPTION_FLAG, offsetof(struct stat_options, json), NULL, NULL, 0, 0,
      "the server's own figures, one object" },
    { "watch", OPTION_FLAG, offsetof(struct stat_options, watch), NULL, NULL, 0, 0,
      "again every two seconds, until Ctrl-C" },
    { "blind", OPTION_FLAG, offsetof(struct stat_options, blind), NULL, NULL, 0, 0,
      "the rules that see nothing, and why" },
    { "data", OPTION_TEXT, offsetof(struct stat_options, data), "DIR", NULL, 0, 0,
      "the server's data folder (default: as canh serve)" },
};

/* --- asking --------------------------------------------------------------------------------- */

static int ask(const char *data, const char *what, struct buf *text, struct err *e)
{
    struct client c;
    struct span body;
    int rc = client_open(&c, data, e);

    buf_clear(text);
    if (rc == ERR_OK)
        rc = client_get(&c, what, e);
    if (rc == ERR_OK && c.answer.status != 200)
        rc = client_refusal(&c, e);
    else if (rc == ERR_OK)
        rc = client_body(&c, &body, e);
    if (rc == ERR_OK)
        buf_add(text, body);
    client_close(&c);
    return rc;
}

static int ask_json(const char *data, json_t **to, struct err *e)
{
    struct buf text;
    int rc;

    buf_init(&text, CLIENT_BODY_MAX);
    rc = ask(data, "/stat", &text, e);
    *to = rc == ERR_OK ? json_loadb((const char *)text.p, text.n, 0, NULL) : NULL;
    buf_release(&text);
    if (rc == ERR_OK && *to == NULL)
        rc = err_set(e, ERR_SYNTAX, 0, "The server's answer is no JSON.");
    return rc;
}

/* --- reading it ----------------------------------------------------------------------------- */

static uint64_t number(const json_t *o, const char *name)
{
    json_int_t v = json_integer_value(json_object_get(o, name));

    return v > 0 ? (uint64_t)v : 0;
}

static const char *text_of(const json_t *o, const char *name)
{
    const char *v = json_string_value(json_object_get(o, name));

    return v != NULL ? v : "";
}

static const json_t *row_like(const json_t *rows, const json_t *row)
{
    size_t i;
    json_t *r;

    json_array_foreach(rows, i, r)
    {
        if (strcmp(text_of(r, "input"), text_of(row, "input")) == 0 &&
            strcmp(text_of(r, "source"), text_of(row, "source")) == 0 &&
            json_equal(json_object_get(r, "authenticated"), json_object_get(row, "authenticated")))
            return r;
    }
    return NULL;
}

/* --- the table ------------------------------------------------------------------------------ */

#define NARROW       92u /* columns of a screen below which findings are left out */
#define INPUT_WIDTH  10u
#define SOURCE_LEAST 11u
#define SOURCE_MOST  40u
#define NAMES_SHOWN  5u
#define NOTICES_MAX  3u

/* A column of numbers: its heading, its width, the member of a row. */
static const struct column {
    const char *head, *brief, *member;
    int wide, narrow;   /* 0: left out */
    const char *colour; /* when it is not 0 */
} columns[] = {
    { "RECEIVED", "RECVD", "received", 8, 6, "" },
    { "STORED", "STORED", "stored", 7, 6, "" },
    { "MATCHED", "MATCHED", "matched", 7, 7, "" },
    { "REFUSED", "REFUSED", "refused", 7, 7, "33" },
    { "DROPPED", "DROPPED", "dropped", 7, 7, "31;1" },
    { "FLIGHT", "FLIGHT", "in_flight", 6, 6, "" },
    { "FINDINGS", "", "findings", 8, 0, "1" },
};

/* `seconds` lie between `before` and what is shown. */
struct shown {
    struct screen screen;
    const json_t *before, *all;
    json_t *states; /* source -> how it is */
    double seconds;
    int64_t now_ns;
    bool narrow;
    size_t source; /* columns of a source's name */
};

static int width_of(const struct shown *s, const struct column *c)
{
    return s->narrow ? c->narrow : c->wide;
}

static void put_right(struct buf *out, const struct shown *s, uint64_t v, int width,
                      const char *colour)
{
    struct buf text, cell;

    buf_init(&text, 32);
    buf_init(&cell, 64);
    put_short(&text, v);
    buf_fmt(&cell, "%*.*s", width, SPAN_ARG(buf_span(&text)));
    buf_byte(out, ' ');
    put_colour(out, &s->screen, v > 0 ? colour : "2", buf_span(&cell));
    buf_release(&cell);
    buf_release(&text);
}

/* A second, from the sample before. */
static double rate_of(const struct shown *s, const json_t *now, const json_t *was,
                      const char *member)
{
    uint64_t v = number(now, member), before = number(was, member);

    return was != NULL && s->seconds > 0 && v > before ? (double)(v - before) / s->seconds : 0;
}

static void put_numbers(struct buf *out, const struct shown *s, const json_t *row,
                        const json_t *was)
{
    double rate = rate_of(s, row, was, "received");

    for (size_t i = 0; i < COUNT_OF(columns); i++) {
        if (width_of(s, &columns[i]) > 0)
            put_right(out, s, number(row, columns[i].member), width_of(s, &columns[i]),
                      columns[i].colour);
    }
    put_right(out, s, (uint64_t)(rate + 0.5), 6, "36");
}

static void put_last(struct buf *out, const struct shown *s, const json_t *row)
{
    const char *state = text_of(s->states, text_of(row, "source"));
    struct buf age, cell;

    buf_init(&age, 32);
    buf_init(&cell, 64);
    put_age(&age, (int64_t)number(row, "last_ms") * 1000000, s->now_ns);
    buf_fmt(&cell, "%5.*s", SPAN_ARG(buf_span(&age)));
    buf_byte(out, ' ');
    put_colour(out, &s->screen,
               strcmp(state, "silent") == 0 ? "31;1"
               : strcmp(state, "late") == 0 ? "33"
                                            : "",
               buf_span(&cell));
    buf_release(&cell);
    buf_release(&age);
}

static void put_row(struct buf *out, const struct shown *s, const json_t *row)
{
    put_column(out, span_of(text_of(row, "input")), INPUT_WIDTH, true);
    buf_byte(out, ' ');
    put_column(out, span_of(text_of(row, "source")), s->source, true);
    put_numbers(out, s, row, row_like(json_object_get(s->before, "rows"), row));
    put_last(out, s, row);
    buf_byte(out, '\n');
}

static void put_heading(struct buf *out, const struct shown *s)
{
    struct buf head;

    buf_init(&head, 1024);
    put_column(&head, SPAN_LIT("INPUT"), INPUT_WIDTH, true);
    buf_byte(&head, ' ');
    put_column(&head, SPAN_LIT("SOURCE"), s->source, true);
    for (size_t i = 0; i < COUNT_OF(columns); i++) {
        if (width_of(s, &columns[i]) > 0)
            buf_fmt(&head, " %*s", width_of(s, &columns[i]),
                    s->narrow ? columns[i].brief : columns[i].head);
    }
    buf_text(&head, "     /s  LAST");
    put_colour(out, &s->screen, "1", buf_span(&head));
    buf_byte(out, '\n');
    buf_release(&head);
}

static void put_rows(struct buf *out, const struct shown *s)
{
    const json_t *rows = json_object_get(s->all, "rows");
    size_t i;
    json_t *row;

    put_heading(out, s);
    json_array_foreach(rows, i, row) put_row(out, s, row);
    if (json_array_size(rows) == 0)
        buf_text(out, "Nothing has come in yet.\n");
    if (json_array_size(rows) < 2)
        return;
    put_column(out, SPAN_LIT("all"), INPUT_WIDTH + 1 + s->source, true);
    put_numbers(out, s, json_object_get(s->all, "totals"), json_object_get(s->before, "totals"));
    put_last(out, s, json_object_get(s->all, "totals"));
    buf_byte(out, '\n');
}

/* --- below it ------------------------------------------------------------------------------- */

/* "Refused: 3 auth, 12 length." The names of the counters behind `begin`. */
static void put_reasons(struct buf *out, const struct shown *s, const char *begin,
                        const char *heading, const char *colour)
{
    const char *name;
    json_t *v;
    bool any = false;

    json_object_foreach(json_object_get(s->all, "totals"), name, v)
    {
        if (strncmp(name, begin, strlen(begin)) != 0 || json_integer_value(v) == 0)
            continue;
        if (!any)
            put_colour(out, &s->screen, colour, span_of(heading));
        buf_fmt(out, "%s %lld %s", any ? "," : "", (long long)json_integer_value(v),
                name + strlen(begin));
        any = true;
    }
    if (any)
        buf_text(out, ".\n");
}

static void put_balance(struct buf *out, const struct shown *s)
{
    static const struct {
        const char *state, *colour, *text;
    } rows[] = { { "balanced", "32", "Balanced:" },
                 { "settling", "33", "Settling:" },
                 { "differs", "31;1", "DOES NOT ADD UP:" } };
    const json_t *b = json_object_get(s->all, "balance"), *t = json_object_get(s->all, "totals");
    size_t i = COUNT_OF(rows) - 1;

    for (size_t k = 0; k < COUNT_OF(rows); k++) {
        if (strcmp(rows[k].state, text_of(b, "state")) == 0)
            i = k;
    }
    put_colour(out, &s->screen, rows[i].colour, span_of(rows[i].text));
    if (i > 0)
        buf_fmt(out, " %lld missing;",
                (long long)json_integer_value(json_object_get(b, "missing")));
    buf_fmt(out, " %llu received = %llu stored", (unsigned long long)number(t, "received"),
            (unsigned long long)number(t, "stored"));
    for (size_t k = 0; k < 2; k++) {
        const char *name = k == 0 ? "joined" : "repeated";

        if (number(t, name) > 0)
            buf_fmt(out, " + %llu %s", (unsigned long long)number(t, name), name);
    }
    buf_fmt(out, " + %llu refused + %llu dropped + %llu in flight",
            (unsigned long long)number(t, "refused"), (unsigned long long)number(t, "dropped"),
            (unsigned long long)number(t, "in_flight"));
    if (number(b, "unmatched") > 0)
        buf_fmt(out, "; %llu stored and not matched", (unsigned long long)number(b, "unmatched"));
    buf_text(out, ".\n");
    put_reasons(out, s, "refused_", "Refused:", "33");
    put_reasons(out, s, "dropped_", "Dropped:", "31;1");
}

static void put_kernel(struct buf *out, const struct shown *s)
{
    const json_t *kernel = json_object_get(s->all, "kernel");
    size_t i;
    json_t *socket;

    if (number(kernel, "drops") > 0) {
        put_colour(out, &s->screen, "31;1", SPAN_LIT("Kernel drops:"));
        buf_fmt(out, " %llu datagrams, before anybody could read them.\n",
                (unsigned long long)number(kernel, "drops"));
    }
    json_array_foreach(json_object_get(kernel, "sockets"), i, socket)
    {
        if (number(socket, "drops") + number(socket, "waiting_bytes") > 0)
            buf_fmt(out, "UDP %s: %llu dropped since it was opened, %llu bytes wait.\n",
                    text_of(socket, "address"), (unsigned long long)number(socket, "drops"),
                    (unsigned long long)number(socket, "waiting_bytes"));
    }
}

static void put_state(struct buf *out, const struct shown *s, const char *state)
{
    bool good = strcmp(state, "running") == 0;

    put_colour(out, &s->screen,
               good                             ? "32"
               : strcmp(state, "starting") == 0 ? "33"
                                                : "31;1",
               span_of(state));
}

static void put_collector(struct buf *out, const struct shown *s, const json_t *c,
                          const json_t *was)
{
    double rate = rate_of(s, c, was, "commits"), us = rate_of(s, c, was, "commit_us");

    buf_fmt(out, "Collector %llu ", (unsigned long long)number(c, "lane"));
    put_state(out, s, text_of(c, "state"));
    buf_fmt(out, ": %.1f commits/s of %.1f ms (longest %.0f), %llu open, %llu MB", rate,
            rate > 0 ? us / rate / 1000 : 0, (double)number(c, "commit_max_us") / 1000,
            (unsigned long long)number(c, "connections"),
            (unsigned long long)(number(c, "rss_bytes") >> 20));
    if (number(c, "starts") > 1)
        buf_fmt(out, ", started %llu times", (unsigned long long)number(c, "starts"));
    if (number(c, "regexes") > number(c, "regexes_machine"))
        buf_fmt(out, ", %llu of %llu regular expressions interpreted",
                (unsigned long long)(number(c, "regexes") - number(c, "regexes_machine")),
                (unsigned long long)number(c, "regexes"));
    buf_text(out, ".\n");
}

static void put_roles(struct buf *out, const struct shown *s)
{
    const json_t *was = json_object_get(s->before, "collectors");
    const json_t *rules = json_object_get(s->all, "rules"), *desk = json_object_get(s->all, "desk");
    size_t i;
    json_t *c;

    json_array_foreach(json_object_get(s->all, "collectors"), i, c)
        put_collector(out, s, c, json_array_get(was, i));
    if (json_is_object(desk)) {
        buf_text(out, "Desk ");
        put_state(out, s, text_of(desk, "state"));
        buf_fmt(out, ": %llu events behind.\n", (unsigned long long)number(desk, "behind_events"));
    } else {
        put_colour(out, &s->screen, "31;1", SPAN_LIT("The database cannot be read: "));
        put_column(out, span_of(text_of(s->all, "database")), 200, false);
        buf_byte(out, '\n');
    }
    buf_fmt(out, "Rules: %llu, and %llu correlations; generation %llu.\n",
            (unsigned long long)number(rules, "rules"),
            (unsigned long long)number(rules, "correlations"),
            (unsigned long long)number(rules, "generation"));
}

static void put_sources(struct buf *out, const struct shown *s)
{
    static const char *const states[] = { "silent", "late", "never" };

    for (size_t k = 0; k < COUNT_OF(states); k++) {
        size_t i, n = 0;
        json_t *source;

        json_array_foreach(json_object_get(s->all, "sources"), i, source)
        {
            if (strcmp(text_of(source, "state"), states[k]) != 0)
                continue;
            if (n == 0)
                put_colour(out, &s->screen, k == 0 ? "31;1" : "33",
                           span_of(k == 0   ? "Silent:"
                                   : k == 1 ? "Late:"
                                            : "Never heard:"));
            if (n++ < NAMES_SHOWN) {
                buf_text(out, n > 1 ? ", " : " ");
                put_column(out, span_of(text_of(source, "source")), SOURCE_MOST, false);
            }
        }
        if (n > NAMES_SHOWN)
            buf_fmt(out, " and %zu more", n - NAMES_SHOWN);
        buf_text(out, n > 0 ? ".\n" : "");
    }
}

static void put_alerts(struct buf *out, const struct shown *s)
{
    static const char *const levels[] = { "critical", "high", "medium", "low", "informational" };
    const json_t *alerts = json_object_get(s->all, "alerts");
    const json_t *by = json_object_get(alerts, "by_level");
    bool any = false;

    if (!json_is_object(by))
        return;
    buf_fmt(out, "Alerts of %llu hours:", (unsigned long long)number(alerts, "hours"));
    for (size_t i = 0; i < COUNT_OF(levels); i++) {
        struct buf cell;

        if (number(by, levels[i]) == 0)
            continue;
        buf_init(&cell, 64);
        buf_fmt(&cell, "%llu %s", (unsigned long long)number(by, levels[i]), levels[i]);
        buf_text(out, any ? ", " : " ");
        put_colour(out, &s->screen, level_colour(levels[i]), buf_span(&cell));
        buf_release(&cell);
        any = true;
    }
    buf_text(out, !any                                            ? " none.\n"
                  : json_is_true(json_object_get(alerts, "more")) ? ", and more.\n"
                                                                  : ".\n");
}

/* Only what is wrong: an input through which our own events do not come. */
static void put_tracers(struct buf *out, const struct shown *s)
{
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(s->all, "tracers"), i, row)
    {
        if (strcmp(text_of(row, "state"), "missing") != 0)
            continue;
        put_colour(out, &s->screen, "31;1", SPAN_LIT("Missing"));
        buf_fmt(out, ": our own events through %s, for %llu s.\n", text_of(row, "input"),
                (unsigned long long)(number(row, "age_ms") / 1000));
    }
}

static void put_verified(struct buf *out, const struct shown *s)
{
    const json_t *v = json_object_get(s->all, "verified");
    int64_t ns;

    if (!json_is_object(v) || !time_parse(span_of(text_of(v, "time")), 0, &ns))
        return;
    buf_text(out, "Verified last: ");
    put_clock(out, &s->screen, ns, true);
    if (number(v, "faults") == 0) {
        buf_fmt(out, ", sound up to checkpoint %llu.\n",
                (unsigned long long)number(v, "checkpoint"));
        return;
    }
    buf_text(out, ", ");
    put_colour(out, &s->screen, "31;1", SPAN_LIT("faults"));
    buf_fmt(out, ": %llu (canh verify).\n", (unsigned long long)number(v, "faults"));
}

static void put_notices(struct buf *out, const struct shown *s)
{
    size_t i, width = s->screen.width > 60 ? s->screen.width - 9 : 500;
    json_t *notice;

    json_array_foreach(json_object_get(s->all, "notices"), i, notice)
    {
        int64_t ns;

        if (i == NOTICES_MAX)
            return;
        if (time_parse(span_of(text_of(notice, "time")), 0, &ns)) {
            put_clock(out, &s->screen, ns, false);
            buf_byte(out, ' ');
        }
        put_column(out, span_of(text_of(notice, "text")), width, false);
        buf_byte(out, '\n');
    }
}

static uint64_t blind_rules(const struct shown *s)
{
    return number(json_object_get(json_object_get(s->all, "desk"), "counters"), "blind_rules");
}

static void put_blind(struct buf *out, const struct shown *s)
{
    if (blind_rules(s) > 0)
        buf_fmt(out, "Blind: %llu rules see nothing; canh stat --blind names them.\n",
                (unsigned long long)blind_rules(s));
}

/* A screen of people's: what is cut is cut at its width, elsewhere nothing is. */
static void lay_out(struct shown *s)
{
    size_t fixed = INPUT_WIDTH + 1 + 1 + 6 + 1 + 5, left;

    s->narrow = s->screen.width != 0 && s->screen.width < NARROW;
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        fixed += width_of(s, &columns[i]) > 0 ? (size_t)width_of(s, &columns[i]) + 1 : 0;
    left = s->screen.width > fixed + SOURCE_LEAST ? s->screen.width - fixed : SOURCE_LEAST;
    s->source = s->screen.width == 0 || left > SOURCE_MOST ? SOURCE_MOST : left;
}

static json_t *states_of(const json_t *all)
{
    json_t *states = json_object(), *source;
    size_t i;

    json_array_foreach(json_object_get(all, "sources"), i, source)
    {
        /* Without memory the colours are missing. */
        (void)json_object_set_new(states, text_of(source, "source"),
                                  json_string(text_of(source, "state")));
    }
    return states;
}

static int show(const json_t *before, const json_t *all, double seconds, bool clear)
{
    struct shown s = { .screen = screen_of(STDOUT_FILENO, false),
                       .before = before,
                       .all = all,
                       .states = states_of(all),
                       .seconds = seconds,
                       .now_ns = host_now_ns() };
    struct buf out;

    lay_out(&s);
    buf_init(&out, CLIENT_BODY_MAX);
    if (clear && s.screen.width > 0)
        buf_text(&out, "\033[H\033[J");
    put_rows(&out, &s);
    buf_byte(&out, '\n');
    put_balance(&out, &s);
    put_kernel(&out, &s);
    put_sources(&out, &s);
    put_roles(&out, &s);
    put_tracers(&out, &s);
    put_blind(&out, &s);
    put_alerts(&out, &s);
    put_verified(&out, &s);
    put_notices(&out, &s);
    json_decref(s.states);
    return command_show(&out);
}

static int run_table(const struct stat_options *o, struct err *e)
{
    json_t *before = NULL, *now = NULL;
    double then = host_seconds(), at;
    int rc = ask_json(o->data, &before, e);

    while (rc == ERR_OK) {
        (void)poll(NULL, 0, o->watch && now != NULL ? WATCH_MS : SAMPLE_MS);
        if (now != NULL) {
            json_decref(before);
            before = now;
        }
        rc = ask_json(o->data, &now, e);
        at = host_seconds();
        if (rc == ERR_OK && show(before, now, at - then, o->watch) != EXIT_RAN)
            rc = err_set(e, ERR_IO, 0, "The output cannot be written.");
        then = at;
        if (!o->watch)
            break;
    }
    json_decref(before);
    if (now != before)
        json_decref(now);
    return rc;
}

static int run_json(const struct stat_options *o, struct err *e)
{
    struct buf text;
    int rc;

    buf_init(&text, CLIENT_BODY_MAX);
    rc = ask(o->data, o->blind ? "/blind" : "/stat", &text, e);
    if (rc == ERR_OK)
        return command_show(&text) == EXIT_RAN ? ERR_OK
                                               : err_set(e, ERR_IO, 0, "It cannot be written.");
    buf_release(&text);
    return rc;
}

/* A rule a line: level, since when, title, why. */
static void put_blind_line(struct buf *out, const struct screen *screen, const json_t *row)
{
    int64_t ns = 0;

    put_colour(out, screen, level_colour(text_of(row, "level")), span_of(text_of(row, "level")));
    buf_byte(out, ' ');
    (void)time_parse(span_of(text_of(row, "since")), 0, &ns); /* ours */
    put_clock(out, screen, ns, true);
    buf_byte(out, ' ');
    put_column(out, span_of(text_of(row, "title")), 300, false);
    buf_fmt(out, ": %s", text_of(row, "reason"));
    if (text_of(row, "field")[0] != 0) {
        buf_text(out, ": ");
        put_column(out, span_of(text_of(row, "field")), 100, false);
    }
    buf_byte(out, '\n');
}

static int run_blind(const struct stat_options *o, struct err *e)
{
    const struct screen screen = screen_of(STDOUT_FILENO, false);
    struct buf text, out;
    struct span rest;
    int rc;

    buf_init(&text, CLIENT_BODY_MAX);
    buf_init(&out, CLIENT_BODY_MAX);
    rc = ask(o->data, "/blind", &text, e);
    for (rest = buf_span(&text); rc == ERR_OK && rest.n > 0;) {
        size_t n = span_find(rest, '\n');
        json_t *row = json_loadb((const char *)rest.p, n, 0, NULL);

        put_blind_line(&out, &screen, row);
        json_decref(row);
        rest = span_from(rest, n < rest.n ? n + 1 : n);
    }
    buf_release(&text);
    if (rc == ERR_OK)
        return command_show(&out) == EXIT_RAN ? ERR_OK
                                              : err_set(e, ERR_IO, 0, "It cannot be written.");
    buf_release(&out);
    return rc;
}

int cmd_stat(int argc, char **argv)
{
    static const struct command_line line = {
        options, COUNT_OF(options), "canh stat [OPTIONS]",
        "Shows what the running server received, stored, refused, dropped and found, by input and\n"
        "source, and whether it adds up. Exit code 2: no server runs."
    };
    struct stat_options o = { 0 };
    char room[4096];
    struct err e = { 0 };
    int operands, code, rc;

    if (!command_options(&line, &o, argc, argv, &operands, &code))
        return code;
    if (operands > 0)
        return command_surplus("stat", argv[0]);
    o.data = client_folder(o.data, room, &e);
    if (o.data == NULL)
        return command_fault(&e);
    rc = o.json ? run_json(&o, &e) : o.blind ? run_blind(&o, &e) : run_table(&o, &e);
    return rc == ERR_OK ? EXIT_RAN : command_fault(&e);
}
