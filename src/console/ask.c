/*
 * ask.c - acts and views as routes: a route a row of src/office, acts through the line to the desk.
 */
#include <stdio.h>
#include <stdlib.h>

#include "console/console_own.h"
#include "office/office.h"
#include "os/host.h"

unsigned ask_status(int code)
{
    static const struct {
        int code;
        unsigned status;
    } rows[] = { { ERR_SYNTAX, 400 },
                 { ERR_USAGE, 400 },
                 { ERR_DENIED, 403 },
                 { ERR_NOTFOUND, 404 },
                 { ERR_CONFLICT, 409 } };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].code == code)
            return rows[i].status;
    }
    return 503;
}

void ask_refuse(struct serve_call *call, unsigned status, const char *why)
{
    struct err e;

    (void)err_set(&e, ERR_IO, 0, "%s", why);
    serve_refuse(call, status, &e);
}

void ask_why(const struct line_tell *t, char why[ERR_WHY_MAX])
{
    (void)snprintf(why, ERR_WHY_MAX, "%.*s", (int)(t->text.n < ERR_WHY_MAX ? t->text.n : 0),
                   (const char *)t->text.p);
}

/* --- acts ----------------------------------------------------------------------------------- */

static void on_gone(void *arg)
{
    struct asked *a = arg;

    a->arg = NULL; /* the place stays taken until the desk has answered, or is gone */
}

static struct asked *free_place(struct console *c)
{
    for (uint32_t i = 0; i < CONSOLE_ASKED; i++) {
        if (c->asked[i].id == 0)
            return &c->asked[i];
    }
    return NULL;
}

/* To who waits for it, unless he is gone. */
static void act_told(struct console *c, void *arg, const struct line_tell *t)
{
    struct serve_later *later = arg;
    struct buf body;
    struct serve_call call = { .status = 200, .body = &body };
    char why[ERR_WHY_MAX];

    (void)c;
    if (later == NULL)
        return;
    buf_init(&body, ACT_ANSWER_MAX + 1024);
    if (t == NULL) {
        ask_refuse(&call, 503, "The desk ended before it answered: look whether it was done.");
    } else if (t->code == ERR_OK) {
        buf_add(&body, t->text);
        buf_byte(&body, '\n');
    } else {
        ask_why(t, why);
        ask_refuse(&call, ask_status(t->code), why);
    }
    serve_answer(later, call.status, "application/json", buf_span(&body));
    buf_release(&body);
}

static void send_act(struct console *c, struct serve_call *call, const struct caller *who)
{
    struct buf request;
    const char *why;
    struct asked *place;

    buf_init(&request, ACT_REQUEST_MAX + 256);
    if (!act_request_put(&request, call->route->own, call->sent)) {
        ask_refuse(call, 400, "The body is no JSON object.");
    } else if (buf_failed(&request)) {
        ask_refuse(call, 503, "There is no memory.");
    } else {
        const struct line_ask a = { .by = who->by,
                                    .address = who->address,
                                    .credential = who->credential,
                                    .request = buf_span(&request) };

        place = ask_desk(c, &a, act_told, NULL, &why);
        if (place == NULL)
            ask_refuse(call, 503, why);
        else
            place->arg = serve_later(call, on_gone, place);
    }
    buf_release(&request);
}

void ask_act(void *arg, struct serve_call *call)
{
    struct caller who;

    if (caller_find_any(arg, call, &who)) /* the desk finds it out itself */
        send_act(arg, call, &who);
    else
        ask_refuse(call, 401, "This needs somebody who is known here.");
}

struct asked *ask_desk(struct console *c, const struct line_ask *a, asked_fn *told, void *arg,
                       const char **why)
{
    struct asked *place = free_place(c);
    struct line_ask with_id = *a;

    *why = c->line == NULL ? "The desk is not there now; try again."
           : place == NULL ? "Too many acts wait for the desk; try again."
                           : "The desk does not keep up; try again.";
    with_id.id = c->asked_last + 1;
    if (c->line == NULL || place == NULL || !line_ask(c->line, &with_id))
        return NULL;
    c->asked_last++;
    *place = (struct asked){ .id = with_id.id, .told = told, .arg = arg };
    return place;
}

static void on_tell(void *arg, const struct line_tell *t)
{
    struct console *c = arg;

    for (uint32_t i = 0; i < CONSOLE_ASKED; i++) {
        struct asked a = c->asked[i];

        if (a.id != t->id || a.id == 0)
            continue;
        c->asked[i] = (struct asked){ 0 };
        a.told(c, a.arg, t);
        return;
    }
}

/* What it was asked may have been done or not. */
static void on_line_gone(void *arg)
{
    struct console *c = arg;

    line_free(&c->line);
    for (uint32_t i = 0; i < CONSOLE_ASKED; i++) {
        struct asked a = c->asked[i];

        c->asked[i] = (struct asked){ 0 };
        if (a.id != 0)
            a.told(c, a.arg, NULL);
    }
}

int console_line(struct console *c, int fd, struct err *e)
{
    const struct line_from from = {
        .loop = c->from.loop, .fd = fd, .tell = on_tell, .gone = on_line_gone, .arg = c
    };

    if (c->line != NULL)
        on_line_gone(c);
    return line_new(&c->line, &from, e);
}

/* --- views ---------------------------------------------------------------------------------- */

struct given {
    const struct serve_call *call;
    struct span state; /* what that parameter is, whatever was given */
    uint8_t room[SERVE_VALUE_MAX];
    bool odd; /* one cannot be decoded */
};

static struct span given(void *arg, const char *name)
{
    struct given *g = arg;
    struct span value;

    if (g->state.n > 0 && strcmp(name, "state") == 0)
        return g->state;
    if (serve_query(g->call, name, g->room, &value) < 0)
        g->odd = true;
    return value;
}

static bool read_format(const struct serve_call *call, enum view_format *format)
{
    static const char *const names[] = {
#define X(id, name) name,
        VIEW_FORMAT_TABLE(X)
#undef X
    };
    uint8_t room[SERVE_VALUE_MAX];
    struct span v;
    int rc = serve_query(call, "format", room, &v);

    *format = VIEW_NDJSON;
    if (rc == 0 || (rc == 1 && v.n == 0))
        return true;
    for (int i = 0; rc == 1 && i < VIEW_FORMATS; i++) {
        if (span_eq(v, span_of(names[i]))) {
            *format = (enum view_format)i;
            return true;
        }
    }
    return false;
}

/* On a thread: reads.c. */
int ask_read_view(struct reading *r, struct err *e)
{
    static const char *const types[] = { [VIEW_NDJSON] = "application/x-ndjson",
                                         [VIEW_JSON] = "application/json",
                                         [VIEW_CSV] = "text/csv; charset=utf-8" };
    struct given g = { .call = &r->call, .state = r->state };
    struct view_from from = {
        .row = r->row, .who = &r->who, .now_ns = host_now_ns(), .given = given, .arg = &g
    };
    int rc;

    if (!read_format(&r->call, &from.format))
        return err_set(e, ERR_USAGE, 0, "format: This is none of ndjson, json, csv.");
    r->call.type = types[from.format];
    rc = view_put(r->db, &from, r->call.body, e);
    return rc == ERR_OK && g.odd
               ? err_set(e, ERR_USAGE, 0, "A value in the query cannot be decoded.")
               : rc;
}

static void view_route(void *arg, struct serve_call *call)
{
    struct console *c = arg;
    const struct view_row *row = call->route->own;
    struct caller who;
    const struct read_from from = { .fn = ask_read_view,
                                    .lane =
                                        view_is_long(&office_views, row) ? READ_LONG : READ_SHORT,
                                    .who = &who.who.actor,
                                    .row = row };

    if (!caller_find(arg, call, &who))
        ask_refuse(call, 401, "This needs somebody who is known here.");
    else if (!print_route(c, call, &who))
        (void)reads_put(c->reads, call, &from); /* it is answered either way */
}

void ask_view(struct console *c, struct serve_call *call, struct span view, struct span state)
{
    static const struct actor somebody = { .name = { (const uint8_t *)"-", 1 },
                                           .roles = ROLES_ALL,
                                           .via = "token" };

    const struct read_from from = { .fn = ask_read_view,
                                    .lane = READ_SHORT,
                                    .who = &somebody,
                                    .row = view_find(&office_views, view),
                                    .state = state };

    (void)reads_put(c->reads, call, &from); /* it is answered either way */
}

/* --- routes --------------------------------------------------------------------------------- */

/* "alert.close" ─▶ "/alert/close" */
static const char *path_of(struct arena *mem, const char *name)
{
    size_t n = strlen(name);
    char *path = arena_alloc(mem, n + 2);

    if (path == NULL)
        return NULL;
    path[0] = '/';
    for (size_t i = 0; i <= n; i++)
        path[i + 1] = name[i] == '.' ? '/' : name[i];
    return path;
}

static void put_params(struct serve_route *r, const struct view_row *row)
{
    size_t n = 0;

    for (size_t i = 0; i < VIEW_PARAMS_MAX && row->param[i].name != NULL; i++) {
        const struct view_param *p = &row->param[i];

        if (view_is_given(p->type) && n + 1 < SERVE_PARAMS_MAX)
            r->param[n++] = (struct serve_param){ p->name, p->help,
                                                  p->type == VIEW_ID || p->type == VIEW_INTEGER ||
                                                      p->type == VIEW_LIMIT };
    }
    r->param[n++] = (struct serve_param){ "format", "ndjson, json for one array, or csv", false };
    if (print_has(row)) {
        MUST(n + 2 <= SERVE_PARAMS_MAX);
        r->param[n++] = (struct serve_param){ "as", "pdf or docx: the document itself", false };
        r->param[n] = (struct serve_param){ "layout", "size of its text: 13, or 14", true };
    }
}

/* Those of routes.c, one for each act and view, and one for each register as a table. */
int ask_routes(struct console *c, struct err *e)
{
    size_t acts = 0, views = 0, n = console_route_count;
    struct serve_route *all;
    bool good;

    while (act_at(&office_acts, acts) != NULL)
        acts++;
    while (view_at(&office_views, views) != NULL)
        views++;
    all = arena_array(&c->mem, n + acts + 2 * views, sizeof(*all));
    good = all != NULL;
    if (good)
        memcpy(all, console_routes, n * sizeof(*all));
    for (size_t i = 0; i < acts + views && good; i++, n++) {
        const struct act_row *act = act_at(&office_acts, i);
        const struct view_row *view = i < acts ? NULL : view_at(&office_views, i - acts);

        all[n] = (struct serve_route){
            .method = view != NULL ? "GET" : "POST",
            .path = path_of(&c->mem, view != NULL ? view->name : act->name),
            .doors = DOOR_LOCAL | DOOR_API,
            .scope = ASK_SCOPE,
            .fn = view != NULL ? view_route : ask_act,
            .type = view != NULL ? "application/x-ndjson" : "application/json",
            .help = view != NULL ? view->help : act->help,
            .sent_max = view != NULL ? 0 : ACT_REQUEST_MAX,
            .own = view != NULL ? (const void *)view : act,
        };
        good = all[n].path != NULL;
        if (view != NULL)
            put_params(&all[n], view);
        if (view != NULL && good && export_route_of(&c->mem, view, &all[n + 1]))
            good = all[++n].path != NULL;
    }
    c->routes = all;
    c->route_count = n;
    return good ? ERR_OK : err_set(e, ERR_NOMEM, 0, "There is no memory for the console.");
}
