/*
 * find.c - GET /search: what is stored, the newest first, as lines of JSON and a last line that
 * says what was looked at:
 *
 *   {"search":{"found","shown","events","blocks","passed","damaged","ms","more","partial","why"}}
 *
 * A few searches at a time, each a slice of time in turn, so that nobody else waits for them.
 */
#include <stdlib.h>

#include "base/num.h"
#include "console/console_own.h"
#include "os/host.h"
#include "scan/put.h"

#define SLICE_S   0.02
#define BUDGET_MS 60000u
#define SHOWN     100u

static void release(struct finder *f)
{
    search_free(&f->search);
    f->stream = NULL;
    f->told = 0;
    f->done = false;
}

static void on_gone(void *arg)
{
    release(arg);
}

static void put_counts(const struct search_counts *c, uint32_t shown, struct buf *out)
{
    buf_fmt(out,
            "{\"search\":{\"found\":%llu,\"shown\":%u,\"events\":%llu,\"blocks\":%llu,"
            "\"passed\":%llu,\"damaged\":%llu,\"ms\":%llu,\"more\":%s,\"partial\":%s",
            (unsigned long long)c->found, shown, (unsigned long long)c->events,
            (unsigned long long)c->blocks, (unsigned long long)c->passed,
            (unsigned long long)c->damaged, (unsigned long long)c->ms, c->more ? "true" : "false",
            c->partial ? "true" : "false");
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
        put_counts(&c, search_hits(f->search), &line);
    (void)serve_put(stream, buf_span(&line)); /* else it ends without: not whole */
    buf_release(&line);
    release(f);
    serve_end(stream);
}

/* What was found, as far as the reader takes it. True when all has gone. */
static bool hand_out(struct finder *f)
{
    uint32_t hits = search_hits(f->search);

    while (f->told < hits && serve_put(f->stream, search_line(f->search, f->told)))
        f->told++;
    return f->told == hits;
}

/* A slice of one search. True when there is more to do at once. */
static bool go_on(struct finder *f)
{
    const double end = host_seconds() + SLICE_S;
    struct err e;
    int rc = 1;

    while (!f->done && rc > 0 && host_seconds() < end)
        rc = search_step(f->search, &e);
    if (rc < 0) {
        finish(f, &e);
        return false;
    }
    f->done |= rc == 0;
    if (f->done && hand_out(f)) {
        finish(f, NULL);
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
static int read_time(const struct serve_call *call, const char *name, int64_t other, int64_t *ns,
                     struct err *e)
{
    uint8_t room[SERVE_VALUE_MAX];
    struct span v;
    int rc = serve_query(call, name, room, &v);

    *ns = other;
    if (rc < 0 || (rc == 1 && v.n > 0 && !console_since(v, host_now_ns(), ns)))
        return bad(e, "from and to are times as 90s, 15m, 2h, 7d ago or 2026-03-01T10:00:00Z.");
    return ERR_OK;
}

static int read_query(const struct serve_call *call, struct search_from *from, uint8_t *room,
                      struct err *e)
{
    uint8_t number[SERVE_VALUE_MAX];
    uint64_t limit;
    struct span v;
    int rc = serve_query(call, "q", room, &from->filter);

    if (rc < 0)
        return bad(e, "q cannot be decoded.");
    if (rc == 0)
        from->filter = SPAN_LIT("");
    rc = read_time(call, "from", INT64_MIN / 2, &from->from_ns, e);
    if (rc == ERR_OK)
        rc = read_time(call, "to", INT64_MAX / 2, &from->to_ns, e);
    if (rc != ERR_OK)
        return rc;
    rc = serve_query(call, "limit", number, &v);
    from->limit = SHOWN;
    if (rc < 0 || (rc == 1 && v.n > 0 && (!num_u64(v, SEARCH_LIMIT_MAX, &limit) || limit == 0)))
        return bad(e, "limit is a number from 1 to 10000.");
    if (rc == 1 && v.n > 0)
        from->limit = (uint32_t)limit;
    return ERR_OK;
}

static struct finder *free_finder(struct console *c)
{
    for (uint32_t i = 0; i < CONSOLE_SEARCHES; i++) {
        if (c->finder[i].stream == NULL)
            return &c->finder[i];
    }
    return NULL;
}

void search_route(void *arg, struct serve_call *call)
{
    struct console *c = arg;
    struct search_from from = { .io = c->from.io,
                                .data = c->from.data,
                                .ends = c->ends,
                                .skew_ns = c->skew_ns,
                                .budget_ms = BUDGET_MS };
    struct finder *f = free_finder(c);
    uint8_t room[SERVE_VALUE_MAX];
    struct err e = { 0 };
    int rc = read_query(call, &from, room, &e);

    if (rc != ERR_OK) { /* a filter that is none is 400 */
        serve_refuse(call, 422, &e);
        return;
    }
    if (rc == ERR_OK && (f == NULL || c->shown == NULL))
        rc =
            err_set(&e, ERR_LIMIT, 0,
                    f == NULL ? "Too many searches are under way." : "There are no rules at hand.");
    from.taxonomy = c->rules.taxonomy;
    from.names = c->rules.names;
    for (uint32_t i = 0; i < SEARCH_LANES; i++)
        c->ends[i] = i < SUMS_LANES && c->ledgers.lane[i] != NULL ? ledger_place(c->ledgers.lane[i])
                                                                  : (struct lane_place){ 0 };
    if (rc == ERR_OK)
        rc = search_new(&f->search, &from, &e);
    if (rc != ERR_OK) {
        serve_refuse(call, rc == ERR_SYNTAX ? 400 : 503, &e);
        return;
    }
    f->stream = serve_begin(call, "application/x-ndjson", on_gone, f);
    if (f->stream == NULL) {
        release(f);
        (void)err_set(&e, ERR_NOMEM, 0, "There is no memory for the answer.");
        serve_refuse(call, 503, &e);
        return;
    }
    if (c->finding == NULL)
        c->finding = loop_timer(c->from.loop, on_turn, c);
    if (c->finding != NULL)
        watch_after(c->finding, 0);
}

/* They have looked with rules that are let go. */
void search_stop(struct console *c)
{
    struct err e;

    (void)err_set(&e, ERR_LIMIT, 0, "The rules are changed just now: ask again.");
    for (uint32_t i = 0; i < CONSOLE_SEARCHES; i++) {
        if (c->finder[i].stream != NULL)
            finish(&c->finder[i], &e);
    }
}
