/*
 * alerts.c - canh alerts: what was found, newest first.
 *
 * From the running server, or, when none runs, out of its database. Both give the same lines of
 * JSON; what people see is made from them.
 */
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "base/utf.h"
#include "cmd/client.h"
#include "cmd/command.h"
#include "console/console.h"
#include "office/office.h"
#include "os/host.h"
#include "scan/put.h"

#define FOLLOW_MS    2000
#define FOLLOW_LIMIT "200"
#define SEEN_MAX     4096u
#define WIDE         120u /* columns from which all is written out */

struct alerts_options {
    const char *data, *level, *since;
    uint64_t limit;
    bool json, follow, utc;
};

static const struct option_row options[] = {
    { "json", OPTION_FLAG, offsetof(struct alerts_options, json), NULL, NULL, 0, 0,
      "one JSON object a line" },
    { "level", OPTION_TEXT, offsetof(struct alerts_options, level), "LEVEL", NULL, 0, 0,
      "at least informational, low, medium, high or critical" },
    { "since", OPTION_TEXT, offsetof(struct alerts_options, since), "TIME", NULL, 0, 0,
      "seen since: 90s, 15m, 2h, 7d ago, or 2026-03-01T10:00:00Z" },
    { "limit", OPTION_NUMBER, offsetof(struct alerts_options, limit), "N", "100", 1,
      CONSOLE_ALERTS_MAX, "at most so many (default: 100)" },
    { "follow", OPTION_FLAG, offsetof(struct alerts_options, follow), NULL, NULL, 0, 0,
      "go on with new and changed alerts as they come, oldest first" },
    { "utc", OPTION_FLAG, offsetof(struct alerts_options, utc), NULL, NULL, 0, 0,
      "times in UTC (default: UTC+07)" },
    { "data", OPTION_TEXT, offsetof(struct alerts_options, data), "DIR", NULL, 0, 0,
      "the server's data folder (default: as canh serve)" },
};

/* What was shown, so that --follow shows what is new: a ring. */
struct seen {
    json_int_t id, count;
    char state[16];
};

struct alerts_show {
    const struct alerts_options *o;
    struct screen screen;
    struct buf out;
    struct seen seen[SEEN_MAX];
    uint32_t seen_count;
    bool headed;
    char limit[24]; /* as text */
};

/* --- a line for people ---------------------------------------------------------------------- */

struct columns {
    bool narrow;
    size_t rule, entity;
};

/* On a terminal what is left goes to rule and entity, three to two. */
static struct columns columns_of(const struct screen *s)
{
    struct columns c = { s->width != 0 && s->width < WIDE, 48, 24 };
    size_t fixed = c.narrow ? 14 + 8 + 5 + 6 + 9 + 6 : 19 + 13 + 6 + 11 + 11 + 6;

    if (s->width != 0) {
        c.rule = (s->width - fixed) * 3 / 5;
        c.entity = s->width - fixed - c.rule;
    }
    return c;
}

/* A cell and a blank. Only a terminal cuts; elsewhere the column moves. */
static void put_cell(struct buf *out, const struct screen *s, const char *text, size_t width)
{
    size_t from = out->n, columns = 0;

    put_column(out, span_of(text), s->width != 0 ? width : 4096, s->width != 0);
    for (struct span rest = { out->p + from, out->n - from }; s->width == 0 && rest.n > 0;) {
        size_t n;

        (void)utf8_get(rest, &n);
        rest = span_from(rest, n);
        columns++;
    }
    for (; s->width == 0 && columns < width; columns++)
        buf_byte(out, ' ');
    buf_byte(out, ' ');
}

static void put_coloured(struct buf *out, const struct screen *s, const char *colour,
                         const char *text, size_t width)
{
    struct buf cell;

    buf_init(&cell, 65536);
    put_cell(&cell, s, text, width);
    cell.n -= cell.n > 0; /* the blank stands outside the colour */
    put_colour(out, s, colour, buf_span(&cell));
    buf_byte(out, ' ');
    buf_release(&cell);
}

static const char *text_of(const json_t *a, const char *name)
{
    const char *v = json_string_value(json_object_get(a, name));

    return v != NULL ? v : "";
}

static void put_alert_time(struct buf *out, const struct screen *s, const json_t *a, bool narrow)
{
    struct buf clock;
    int64_t ns;

    buf_init(&clock, 64);
    if (time_parse(span_of(text_of(a, "last")), 0, &ns))
        put_clock(&clock, s, ns, true);
    else
        buf_text(&clock, "-                  ");
    buf_add(out, span_from(buf_span(&clock), narrow && clock.n > 5 ? 5 : 0));
    buf_byte(out, ' ');
    buf_release(&clock);
}

static const char *kind_of(const json_t *a, bool narrow)
{
    static const struct {
        const char *kind, *brief;
    } rows[] = { { "detection", "rule" }, { "correlation", "corr." }, { "system", "system" } };
    const char *kind = text_of(a, "kind");

    for (size_t i = 0; narrow && i < COUNT_OF(rows); i++) {
        if (strcmp(rows[i].kind, kind) == 0)
            return rows[i].brief;
    }
    return kind;
}

static void put_line(struct buf *out, const struct screen *s, const json_t *a)
{
    struct columns c = columns_of(s);
    const char *level = text_of(a, "level"), *state = text_of(a, "state");
    bool provisional = json_is_true(json_object_get(a, "provisional"));
    bool gone = strcmp(state, "withdrawn") == 0 || strcmp(state, "closed") == 0;
    struct buf count;

    put_alert_time(out, s, a, c.narrow);
    put_coloured(out, s, gone ? "2" : level_colour(level),
                 c.narrow && strcmp(level, "informational") == 0 ? "info" : level,
                 c.narrow ? 8 : 13);
    buf_init(&count, 32);
    put_short(&count, (uint64_t)json_integer_value(json_object_get(a, "count")));
    buf_fmt(out, "%*.*s ", c.narrow ? 5 : 6, SPAN_ARG(buf_span(&count)));
    buf_release(&count);
    put_coloured(out, s, gone ? "2" : "1", text_of(a, "title"), c.rule);
    put_coloured(out, s, gone ? "2" : "", text_of(a, "entity"), c.entity);
    put_coloured(out, s, "2", kind_of(a, c.narrow), c.narrow ? 6 : 11);
    if (provisional && !gone)
        state = c.narrow ? "prov." : "provisional";
    put_coloured(out, s, provisional && !gone ? "33" : "2", state, c.narrow ? 9 : 11);
    while (out->n > 0 && out->p[out->n - 1] == ' ')
        out->n--;
    buf_byte(out, '\n');
}

static void put_heading(struct buf *out, const struct screen *s)
{
    struct columns c = columns_of(s);
    const struct screen plain = { .width = s->width != 0 ? s->width : 80 };
    struct buf line;

    buf_init(&line, 4096);
    put_cell(&line, &plain, s->offset_s == 0 ? "LAST (UTC)" : "LAST (UTC+07)", c.narrow ? 14 : 19);
    put_cell(&line, &plain, "LEVEL", c.narrow ? 8 : 13);
    put_cell(&line, &plain, c.narrow ? "COUNT" : " COUNT", c.narrow ? 5 : 6);
    put_cell(&line, &plain, "RULE", c.rule);
    put_cell(&line, &plain, "ENTITY", c.entity);
    put_cell(&line, &plain, "KIND", c.narrow ? 6 : 11);
    buf_text(&line, "STATE");
    put_colour(out, s, "1", buf_span(&line));
    buf_byte(out, '\n');
    buf_release(&line);
}

/* --- showing -------------------------------------------------------------------------------- */

static bool flush(struct buf *out)
{
    bool good =
        !buf_failed(out) && fwrite(out->p, 1, out->n, stdout) == out->n && fflush(stdout) == 0;

    buf_clear(out);
    return good;
}

/* True when it is not known, or has changed. */
static bool is_news(struct alerts_show *w, const json_t *a)
{
    struct seen now = { json_integer_value(json_object_get(a, "id")),
                        json_integer_value(json_object_get(a, "count")), "" };
    uint32_t kept = w->seen_count < SEEN_MAX ? w->seen_count : SEEN_MAX;

    (void)snprintf(now.state, sizeof(now.state), "%s%c", text_of(a, "state"),
                   json_is_true(json_object_get(a, "provisional")) ? '?' : 0);
    for (uint32_t i = 0; i < kept; i++) {
        struct seen *s = &w->seen[i];

        if (s->id != now.id)
            continue;
        if (s->count == now.count && strcmp(s->state, now.state) == 0)
            return false;
        *s = now;
        return true;
    }
    w->seen[w->seen_count++ % SEEN_MAX] = now;
    return true;
}

static void show_line(struct alerts_show *w, struct span line)
{
    json_t *a;

    if (w->o->json && !w->o->follow) {
        buf_add(&w->out, line);
        buf_byte(&w->out, '\n');
        return;
    }
    a = json_loadb((const char *)line.p, line.n, 0, NULL);
    if (a != NULL && is_news(w, a)) {
        if (w->o->json) {
            buf_add(&w->out, line);
            buf_byte(&w->out, '\n');
        } else {
            put_line(&w->out, &w->screen, a);
        }
    }
    json_decref(a);
}

/* Lines of an answer, from its end to its beginning when they are followed. */
static bool show_lines(struct alerts_show *w, struct span lines)
{
    if (!w->headed && !w->o->json)
        put_heading(&w->out, &w->screen);
    w->headed = true;
    while (lines.n > 0) {
        size_t at = 0, n;

        if (w->o->follow) {
            at = lines.n - (lines.p[lines.n - 1] == '\n');
            for (n = at; n > 0 && lines.p[n - 1] != '\n';)
                n--;
            show_line(w, (struct span){ lines.p + n, at - n });
            lines.n = n;
        } else {
            n = span_find(lines, '\n');
            show_line(w, (struct span){ lines.p, n });
            lines = span_from(lines, n < lines.n ? n + 1 : n);
        }
    }
    return flush(&w->out);
}

/* --- from the server ------------------------------------------------------------------------ */

static int ask(struct alerts_show *w, struct client *c, struct err *e)
{
    char limit[32];
    struct buf target;
    struct span body;
    int rc;

    (void)snprintf(limit, sizeof(limit), "%llu", (unsigned long long)w->o->limit);
    buf_init(&target, HTTP_TARGET_MAX);
    buf_text(&target, "/alerts");
    client_query(&target, "limit", w->o->follow && w->headed ? FOLLOW_LIMIT : limit);
    client_query(&target, "level", w->o->level);
    client_query(&target, "since", w->o->since);
    buf_byte(&target, 0);
    rc = buf_failed(&target) ? err_set(e, ERR_USAGE, 0, "What was asked for is too long.")
                             : client_get(c, (const char *)target.p, e);
    buf_release(&target);
    if (rc != ERR_OK)
        return rc;
    if (c->answer.status != 200)
        return client_refusal(c, e);
    rc = client_body(c, &body, e);
    if (rc == ERR_OK && !show_lines(w, body))
        rc = err_set(e, ERR_IO, 0, "The output cannot be written.");
    return rc;
}

static int from_server(struct alerts_show *w, const char *data, struct err *e)
{
    struct client c;
    int rc;

    for (;;) {
        rc = client_open(&c, data, e);
        if (rc == ERR_OK)
            rc = ask(w, &c, e);
        client_close(&c);
        if (rc != ERR_OK || !w->o->follow)
            return rc;
        (void)poll(NULL, 0, FOLLOW_MS);
    }
}

/* --- without one ---------------------------------------------------------------------------- */

/* The parameters of view alert.list. */
static struct span given(void *arg, const char *name)
{
    struct alerts_show *w = arg;
    const char *value = strcmp(name, "level") == 0   ? w->o->level
                        : strcmp(name, "since") == 0 ? w->o->since
                        : strcmp(name, "limit") == 0 ? w->limit
                        : strcmp(name, "state") == 0 ? "all"
                                                     : NULL;

    return value != NULL ? span_of(value) : SPAN_NONE;
}

static int read_alerts(struct alerts_show *w, struct db *db, struct buf *lines, struct err *e)
{
    const struct actor owner = { .name = SPAN_LIT("-"), .roles = ROLES_ALL, .via = "local" };
    const struct view_from from = { .row = view_find(&office_views, SPAN_LIT("alert.list")),
                                    .who = &owner,
                                    .now_ns = host_now_ns(),
                                    .format = VIEW_NDJSON,
                                    .given = given,
                                    .arg = w };

    (void)snprintf(w->limit, sizeof(w->limit), "%llu", (unsigned long long)w->o->limit);
    return view_put(db, &from, lines, e);
}

static int from_database(struct alerts_show *w, const char *data, struct err *e)
{
    char path[4096];
    struct db *db = NULL;
    struct buf lines;
    int rc, n = snprintf(path, sizeof(path), "%s/desk/canh.db", data);

    if (n < 0 || (size_t)n >= sizeof(path) || access(path, R_OK) != 0)
        return err_set(e, ERR_NOTFOUND, 0, "No server runs in %.80s, and there is no database.",
                       data);
    buf_init(&lines, CLIENT_BODY_MAX);
    rc = db_open_reader(&db, path, e);
    if (rc == ERR_OK)
        rc = read_alerts(w, db, &lines, e);
    db_close(&db);
    if (rc == ERR_OK && (buf_failed(&lines) || !show_lines(w, buf_span(&lines))))
        rc = err_set(e, ERR_IO, 0, "The output cannot be written.");
    buf_release(&lines);
    return rc;
}

int cmd_alerts(int argc, char **argv)
{
    static const struct command_line line = {
        options, COUNT_OF(options), "canh alerts [OPTIONS]",
        "Shows alerts, newest first: of the running server, or out of its database when none runs."
    };
    struct alerts_options o = { 0 };
    struct alerts_show *w;
    char room[4096];
    struct err e = { 0 };
    int operands, code, rc;

    if (!command_options(&line, &o, argc, argv, &operands, &code))
        return code;
    if (operands > 0) {
        return command_surplus("alerts", argv[0]);
    }
    o.data = client_folder(o.data, room, &e);
    if (o.data == NULL)
        return command_fault(&e);
    w = calloc(1, sizeof(*w));
    if (w == NULL) {
        (void)err_set(&e, ERR_NOMEM, 0, "There is no memory for alerts.");
        return command_fault(&e);
    }
    w->o = &o;
    w->screen = screen_of(STDOUT_FILENO, o.utc);
    buf_init(&w->out, CLIENT_BODY_MAX);
    rc = from_server(w, o.data, &e);
    if (rc == ERR_NOTFOUND && !o.follow)
        rc = from_database(w, o.data, &e);
    buf_release(&w->out);
    free(w);
    return rc == ERR_OK ? EXIT_RAN : command_fault(&e);
}
