/*
 * find.c - GET /search?q=&for=&from=&to=&limit=&seconds=&memory=: what a query finds, as lines of
 * JSON (search/search.h) and a last line that says what was looked at:
 *
 *   {"search":{"found","shown","events","blocks","passed","damaged","ms","more","partial","why"}}
 *
 * Before anything is looked at the desk writes down who searches what (act search.run), or refuses:
 * one person's records are looked for in a case.
 *
 * A few searches at a time, each a slice of time in turn, so that nobody else waits for them. Who
 * goes away ends his search.
 */
#include <stdlib.h>

#include "base/time.h"
#include "base/num.h"
#include "console/console_own.h"
#include "incident/incident.h"
#include "os/host.h"
#include "scan/put.h"

#define SLICE_S 0.02
#define SECONDS 60u
#define SHOWN   100u
#define MIB     256u

static void release(struct finder *f)
{
    search_free(&f->search);
    if (f->asked != NULL)
        f->asked->arg = NULL; /* its place stays taken until the desk has answered */
    f->asked = NULL;
    f->later = NULL;
    f->stream = NULL;
    f->told = 0;
    f->done = false;
}

static void on_gone(void *arg)
{
    release(arg);
}

static void put_counts(const struct search_counts *c, struct buf *out)
{
    buf_fmt(out,
            "{\"search\":{\"found\":%llu,\"shown\":%llu,\"events\":%llu,\"blocks\":%llu,"
            "\"passed\":%llu,\"damaged\":%llu,\"ms\":%llu,\"more\":%s,\"partial\":%s",
            (unsigned long long)c->found, (unsigned long long)c->shown,
            (unsigned long long)c->events, (unsigned long long)c->blocks,
            (unsigned long long)c->passed, (unsigned long long)c->damaged,
            (unsigned long long)c->ms, c->more ? "true" : "false", c->partial ? "true" : "false");
    if (c->partial) {
        buf_text(out, ",\"why\":");
        put_json_text(out, span_of(c->why));
    }
    buf_text(out, "}}\n");
}

static void put_fault(const struct err *e, struct buf *out)
{
    buf_text(out, "{\"error\":");
    put_json_text(out, span_of(e->why));
    buf_text(out, "}\n");
}

/* The last line, and the end. */
static void finish(struct finder *f, const struct err *e)
{
    struct serve_stream *stream = f->stream;
    struct search_counts c = search_counts(f->search);
    struct buf line;

    buf_init(&line, 4096);
    if (e != NULL)
        put_fault(e, &line);
    else
        put_counts(&c, &line);
    (void)serve_put(stream, buf_span(&line)); /* else it ends without: not whole */
    buf_release(&line);
    release(f);
    serve_end(stream);
}

/* What was found, as far as the reader takes it. 1 when all has gone, 0, or ERR_NOMEM. */
static int hand_out(struct finder *f, struct err *e)
{
    const uint32_t lines = search_lines(f->search);
    struct span line;

    while (f->told < lines) {
        int rc = search_line(f->search, f->told, &line, e);

        if (rc != ERR_OK)
            return rc;
        if (!serve_put(f->stream, line))
            return 0;
        f->told++;
    }
    return 1;
}

/* A slice of one search. True when there is more to do at once. */
static bool go_on(struct finder *f)
{
    const double end = host_seconds() + SLICE_S;
    struct err e;
    int rc = 1;

    while (!f->done && rc > 0 && host_seconds() < end)
        rc = search_step(f->search, &e);
    f->done |= rc == 0;
    if (f->done)
        rc = hand_out(f, &e);
    if (rc < 0 || (f->done && rc == 1)) {
        finish(f, rc < 0 ? &e : NULL);
        return false;
    }
    return !f->done;
}

static void on_turn(void *arg, unsigned ready)
{
    struct console *c = arg;
    bool more = false, any = false;

    (void)ready;
    for (uint32_t i = 0; i < CONSOLE_SEARCHES; i++) {
        if (c->finder[i].stream != NULL)
            more |= go_on(&c->finder[i]);
        any |= c->finder[i].stream != NULL;
    }
    if (any)
        watch_after(c->finding, more ? 0 : CONSOLE_FOLLOW_MS);
}

/* --- asking --------------------------------------------------------------------------------- */

static int bad(struct err *e, const char *why)
{
    return err_set(e, ERR_SYNTAX, 0, "%s", why);
}

/* A time of the query; `other` when it is not there. */
int find_time(const struct serve_call *call, const char *name, int64_t other, int64_t *ns,
              struct err *e)
{
    uint8_t room[SERVE_VALUE_MAX];
    struct span v;
    int rc = serve_query(call, name, room, &v);

    *ns = other;
    if (rc < 0 || (rc == 1 && v.n > 0 && !time_ago(v, host_now_ns(), ns)))
        return bad(e, "from and to are times as 90s, 15m, 2h, 7d ago or 2026-03-01T10:00:00Z.");
    return ERR_OK;
}

/* From 1 to `most`; `usual` when it is not there. */
int find_number(const struct serve_call *call, const char *name, uint64_t usual, uint64_t most,
                uint64_t *number, struct err *e)
{
    uint8_t room[SERVE_VALUE_MAX];
    struct span v;
    int rc = serve_query(call, name, room, &v);

    *number = usual;
    if (rc >= 0 && (rc == 0 || v.n == 0))
        return ERR_OK;
    if (rc < 0 || !num_u64(v, most, number) || *number == 0)
        return err_set(e, ERR_SYNTAX, 0, "%s is a number from 1 to %llu.", name,
                       (unsigned long long)most);
    return ERR_OK;
}

static int read_query(const struct serve_call *call, struct search_from *from, uint8_t *room,
                      struct err *e)
{
    uint64_t number;
    int rc = serve_query(call, "q", room, &from->query);

    if (rc < 0)
        return bad(e, "q cannot be decoded.");
    if (rc == 0)
        from->query = SPAN_LIT("");
    rc = find_time(call, "from", INT64_MIN / 2, &from->from_ns, e);
    if (rc == ERR_OK)
        rc = find_time(call, "to", INT64_MAX / 2, &from->to_ns, e);
    if (rc != ERR_OK)
        return rc;
    rc = find_number(call, "limit", SHOWN, SEARCH_LIMIT_MAX, &number, e);
    from->limit = (uint32_t)number;
    if (rc == ERR_OK)
        rc = find_number(call, "seconds", SECONDS, CONSOLE_SEARCH_SECONDS, &number, e);
    from->budget_ms = number * 1000;
    if (rc == ERR_OK)
        rc = find_number(call, "memory", MIB, CONSOLE_SEARCH_MIB, &number, e);
    from->bytes = (size_t)number << 20;
    return rc;
}

static struct finder *free_finder(struct console *c)
{
    for (uint32_t i = 0; i < CONSOLE_SEARCHES; i++) {
        if (c->finder[i].stream == NULL && c->finder[i].later == NULL)
            return &c->finder[i];
    }
    return NULL;
}

static bool is_of_query(int rc)
{
    return rc == ERR_SYNTAX || rc == ERR_LIMIT || rc == ERR_USAGE;
}

/* --- the desk ------------------------------------------------------------------------------- */

static void answer_why(struct finder *f, unsigned status, const char *why)
{
    struct buf body;
    struct serve_call call = { .status = 200, .type = "application/json", .body = &body };
    struct serve_later *later = f->later;

    buf_init(&body, 4096);
    ask_refuse(&call, status, why);
    release(f);
    serve_answer(later, call.status, "application/json", buf_span(&body));
    buf_release(&body);
}

static void begin(struct console *c, struct finder *f)
{
    f->stream = serve_begin_later(f->later, "application/x-ndjson", on_gone, f);
    if (f->stream == NULL) {
        answer_why(f, 503, "There is no memory for the answer.");
        return;
    }
    f->later = NULL;
    if (c->finding == NULL)
        c->finding = loop_timer(c->from.loop, on_turn, c);
    if (c->finding != NULL)
        watch_after(c->finding, 0);
}

/* It is written down, or is not to be. */
static void on_told(struct console *c, void *arg, const struct line_tell *t)
{
    struct finder *f = arg;
    char why[ERR_WHY_MAX];

    if (f == NULL)
        return;
    f->asked = NULL;
    if (t == NULL) {
        answer_why(f, 503, "The desk ended before it answered: ask again.");
    } else if (t->code != ERR_OK) {
        ask_why(t, why);
        answer_why(f, ask_status(t->code), why);
    } else {
        begin(c, f);
    }
}

static void write_down(struct console *c, struct serve_call *call, struct finder *f,
                       struct span query, struct span is_for)
{
    struct caller who;
    struct buf request;
    const char *why = "Who asks is not known here.";

    buf_init(&request, 8 * SERVE_VALUE_MAX);
    incident_search_request(&request, query, is_for);
    if (caller_find_any(c, call, &who)) {
        const struct line_ask a = { .by = who.by,
                                    .address = who.address,
                                    .credential = who.credential,
                                    .request = buf_span(&request) };

        f->asked = buf_failed(&request) ? NULL : ask_desk(c, &a, on_told, f, &why);
    }
    buf_release(&request);
    if (f->asked != NULL) {
        f->later = serve_later(call, on_gone, f);
        return;
    }
    release(f);
    ask_refuse(call, 503, why);
}

/* What is wrong with it before anybody is asked: 0, or the status of a refusal. */
static unsigned make_search(struct console *c, struct finder *f, struct search_from *from,
                            struct err *e)
{
    int rc;

    if (f == NULL || c->shown == NULL) {
        (void)err_set(e, ERR_LIMIT, 0,
                      f == NULL ? "Too many searches are under way."
                                : "There are no rules at hand.");
        return 503;
    }
    from->taxonomy = c->rules.taxonomy;
    from->names = c->rules.names;
    console_ends(c);
    rc = search_new(&f->search, from, e);
    return rc == ERR_OK ? 0 : is_of_query(rc) ? 400 : 503;
}

void search_route(void *arg, struct serve_call *call)
{
    struct console *c = arg;
    struct search_from from = { .io = c->from.io,
                                .data = c->from.data,
                                .ends = c->ends,
                                .clock = { host_now_ns(), QUERY_VIETNAM_S },
                                .skew_ns = c->skew_ns };
    struct finder *f = free_finder(c);
    uint8_t room[SERVE_VALUE_MAX], case_room[SERVE_VALUE_MAX];
    struct span is_for = SPAN_NONE;
    struct err e = { 0 };
    unsigned status = 0;
    int rc = read_query(call, &from, room, &e);

    if (rc == ERR_OK && serve_query(call, "for", case_room, &is_for) < 0)
        rc = bad(&e, "for cannot be decoded.");
    if (rc != ERR_OK) /* a query that is none is 400 */
        status = 422;
    else
        status = make_search(c, f, &from, &e);
    if (status != 0)
        serve_refuse(call, status, &e);
    else
        write_down(c, call, f, from.query, is_for);
}

/* They have looked with rules that are let go. */
void find_stop(struct console *c)
{
    struct err e;

    (void)err_set(&e, ERR_LIMIT, 0, "The rules are changed just now: ask again.");
    for (uint32_t i = 0; i < CONSOLE_SEARCHES; i++) {
        if (c->finder[i].stream != NULL)
            finish(&c->finder[i], &e);
        else if (c->finder[i].later != NULL)
            answer_why(&c->finder[i], 503, e.why);
    }
}
