/*
 * tail.c - GET /tail: the events as they come, to all who watch, each with a filter of his own.
 *
 * The lanes are read once for all, and only while somebody watches. Who does not keep up misses
 * events and is told how many, before the next one that he gets.
 */
#include <stdlib.h>

#include "console/console_own.h"
#include "query/person.h"

uint32_t tail_watchers(const struct console *c)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < CONSOLE_WATCHERS; i++)
        n += c->watcher[i].stream != NULL;
    return n;
}

/* --- events --------------------------------------------------------------------------------- */

static bool tell_skipped(struct watcher *w)
{
    struct buf line;
    bool told;

    if (w->skipped == 0)
        return true;
    buf_init(&line, 256);
    buf_fmt(&line, "{\"skipped\":%llu}\n", (unsigned long long)w->skipped);
    told = !buf_failed(&line) && serve_put(w->stream, buf_span(&line));
    buf_release(&line);
    if (told)
        w->skipped = 0;
    return told;
}

static void on_event(void *arg, const struct shown_about *a)
{
    struct console *c = arg;
    struct span line;

    shown_take(c->shown, a);
    for (uint32_t i = 0; i < CONSOLE_WATCHERS; i++) {
        struct watcher *w = &c->watcher[i];

        if (w->stream == NULL || w->filter == NULL || !shown_holds(c->shown, w->filter))
            continue;
        line = shown_json(c->shown);
        if (line.p == NULL || !tell_skipped(w) || !serve_put(w->stream, line))
            w->skipped++;
    }
}

static void on_round(void *arg, unsigned ready)
{
    struct console *c = arg;
    uint64_t skipped = 0;
    bool more = false;

    (void)ready;
    if (c->shown != NULL)
        more = trail_round(c->trail, on_event, c, &skipped);
    for (uint32_t i = 0; i < CONSOLE_WATCHERS; i++) {
        struct watcher *w = &c->watcher[i];

        if (w->stream == NULL)
            continue;
        w->skipped += skipped;
        (void)tell_skipped(w); /* no room: later */
    }
    watch_after(c->round, more ? 1 : CONSOLE_FOLLOW_MS);
}

/* --- watchers ------------------------------------------------------------------------------- */

void tail_end(struct console *c)
{
    watch_free(&c->round);
    if (c->following)
        trail_end(c->trail);
    c->following = false;
}

static void forget_filter(struct watcher *w)
{
    query_eval_free(&w->filter);
    query_free(&w->query);
}

static void on_gone(void *arg)
{
    struct watcher *w = arg;
    struct console *c = w->console;

    w->stream = NULL;
    forget_filter(w);
    if (tail_watchers(c) == 0)
        tail_end(c);
}

static int begin(struct console *c, struct err *e)
{
    int rc;

    if (c->following)
        return ERR_OK;
    rc = trail_begin(c->trail, e);
    if (rc != ERR_OK)
        return rc;
    c->following = true;
    c->round = loop_timer(c->from.loop, on_round, c);
    if (c->round == NULL) {
        tail_end(c);
        return err_set(e, ERR_NOMEM, 0, "There is no memory to follow the lanes.");
    }
    watch_after(c->round, CONSOLE_FOLLOW_MS);
    return ERR_OK;
}

/* What was bound to the old names is bound anew; the query, and what "-2h" was when it was asked,
 * stays. */
int tail_rules(struct console *c, struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t i = 0; i < CONSOLE_WATCHERS && rc == ERR_OK; i++) {
        struct watcher *w = &c->watcher[i];

        query_eval_free(&w->filter);
        if (w->stream != NULL && c->shown != NULL)
            rc = query_eval_new(&w->filter, w->query, c->rules.names, e);
    }
    return rc;
}

static struct watcher *free_watcher(struct console *c)
{
    for (uint32_t i = 0; i < CONSOLE_WATCHERS; i++) {
        if (c->watcher[i].stream == NULL)
            return &c->watcher[i];
    }
    return NULL;
}

static unsigned watch(struct console *c, struct serve_call *call, struct watcher *w,
                      struct span text, struct err *e)
{
    struct query_clock clock = { loop_now_ns(c->from.loop), QUERY_VIETNAM_S };
    struct span field;

    if (c->shown == NULL) {
        (void)err_set(e, ERR_NOTFOUND, 0, "The rules are not loaded yet; try again.");
        return 503;
    }
    if (query_read(&w->query, text, &clock, QUERY_FILTER, e) != ERR_OK)
        return 400;
    if (query_person(w->query, &field)) {
        (void)err_set(e, ERR_DENIED, 0,
                      "Nobody is followed: look for one person's records (%.*s) with canh search, "
                      "for an alert or incident.",
                      (int)(field.n < 40 ? field.n : 40), (const char *)field.p);
        return 403;
    }
    if (query_eval_new(&w->filter, w->query, c->rules.names, e) != ERR_OK)
        return 503;
    if (begin(c, e) != ERR_OK)
        return 503;
    w->console = c;
    w->skipped = 0;
    w->stream = serve_begin(call, "application/x-ndjson", on_gone, w);
    if (w->stream == NULL) {
        (void)err_set(e, ERR_NOMEM, 0, "There is no memory for one more who watches.");
        return 503;
    }
    (void)serve_put(w->stream, SPAN_LIT("{\"following\":true}\n"));
    return 200;
}

void tail_route(void *arg, struct serve_call *call)
{
    struct console *c = arg;
    struct watcher *w = free_watcher(c);
    uint8_t room[SERVE_VALUE_MAX];
    struct span text;
    struct err e = { 0 };
    unsigned status;
    int rc = serve_query(call, "filter", room, &text);

    if (w == NULL) {
        (void)err_set(&e, ERR_LIMIT, 0, "%u watch already; no more can.", CONSOLE_WATCHERS);
        serve_refuse(call, 503, &e);
        return;
    }
    if (rc < 0) {
        (void)err_set(&e, ERR_SYNTAX, 0, "The filter cannot be decoded, or is too long.");
        serve_refuse(call, 400, &e);
        return;
    }
    status = watch(c, call, w, text, &e);
    if (status == 200)
        return;
    forget_filter(w);
    if (tail_watchers(c) == 0)
        tail_end(c);
    serve_refuse(call, status, &e);
}
