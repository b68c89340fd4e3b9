/*
 * export.c - GET /registry/export/FORM?format=&language=: a register as a table for people, that
 * act registry.import takes back; or the form to fill in.
 *
 * Who may see the rows (view FORM.rows) may have them so; a contact has what is its agency's own.
 */
#include "console/console_own.h"
#include "office/office.h"
#include "registry/book.h"

static const char *const formats[] = {
#define X(id, name, type) name,
    REGISTRY_BOOK_TABLE(X)
#undef X
        NULL
};
static const char *const languages[] = { "vi", "en", NULL };

/* Which of `choice` a parameter is: the first when it is not there; -1: none of them. */
static int choose(const struct serve_call *call, const char *name, const char *const *choice)
{
    uint8_t room[SERVE_VALUE_MAX];
    struct span v;
    int rc = serve_query(call, name, room, &v);

    if (rc == 0 || (rc == 1 && v.n == 0))
        return 0;
    for (int i = 0; rc == 1 && choice[i] != NULL; i++) {
        if (span_eq(v, span_of(choice[i])))
            return i;
    }
    return -1;
}

/* The register whose rows a view shows: of "agency.rows" agency; empty: it is no such view. */
static struct span form_of(const struct view_row *row)
{
    struct span name = span_of(row->name);
    size_t n = span_find(name, '.');
    struct span form = { name.p, n };

    return span_eq(span_from(name, n), SPAN_LIT(".rows")) && registry_has_book(form) ? form
                                                                                     : SPAN_NONE;
}

/* On a thread: reads.c. */
static int read_book(struct reading *r, struct err *e)
{
    static const char *const types[] = {
#define X(id, name, type) type,
        REGISTRY_BOOK_TABLE(X)
#undef X
    };
    const int format = choose(&r->call, "format", formats);
    const int language = choose(&r->call, "language", languages);

    if (format < 0 || language < 0)
        return err_set(e, ERR_USAGE, 0, "format is xlsx, csv or form; language is vi or en.");
    r->call.type = types[format];
    return registry_book(r->db, form_of(r->row), (enum registry_book)format, language == 1,
                         view_agency(&r->who), r->call.body, e);
}

static void export_route(void *arg, struct serve_call *call)
{
    const struct console *c = arg;
    const struct view_row *row = call->route->own;
    struct caller who;
    const struct read_from from = {
        .fn = read_book, .lane = READ_LONG, .who = &who.who.actor, .row = row
    };

    if (!caller_find(arg, call, &who))
        ask_refuse(call, 401, "This needs somebody who is known here.");
    else if ((who.who.actor.roles & row->roles) == 0)
        ask_refuse(call, 403, "Who asks may not see this register.");
    else
        (void)reads_put(c->reads, call, &from); /* it is answered either way */
}

static const char *path_of(struct arena *mem, struct span form)
{
    static const char before[] = "/registry/export/";
    char *path = arena_alloc(mem, sizeof(before) + form.n);

    if (path == NULL)
        return NULL;
    memcpy(path, before, sizeof(before) - 1);
    memcpy(path + sizeof(before) - 1, form.p, form.n);
    path[sizeof(before) - 1 + form.n] = '\0';
    return path;
}

bool export_route_of(struct arena *mem, const struct view_row *row, struct serve_route *to)
{
    struct span form = form_of(row);

    if (form.n == 0)
        return false;
    *to = (struct serve_route){
        .method = "GET",
        .path = path_of(mem, form),
        .doors = DOOR_LOCAL | DOOR_API,
        .scope = ASK_SCOPE,
        .fn = export_route,
        .type = REGISTRY_XLSX_TYPE,
        .help = "the register as a table that registry/import takes back",
        .param = { { "format", "xlsx, csv, or form: without rows, to fill in", false },
                   { "language", "of the headers: vi, or en", false } },
        .own = row,
    };
    return true;
}
