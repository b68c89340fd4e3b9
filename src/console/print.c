/*
 * print.c - GET /form/NAME?...&as=pdf|docx&layout=: the document itself, of the data that the view
 * gives.
 *
 *   call ─▶ (the act whose words no statement has) ─▶ the view, on a thread ─▶ waits its turn
 *     ─▶ line ─▶ role printer ─▶ bytes ─▶ the answer
 *
 * What makes pages is big and reads letters that strangers wrote, so it is another role, in another
 * program (cmd/printer.h): asked for when a document waits, given one at a time, and let go when
 * none has waited for PRINT_REST_MS. When it ends over a document, or is killed because it does not
 * come to an end, who waits for that one is told so; the others are made by the next.
 *
 * PRINTS documents at once, of PAPER_VALUES_MAX values; one becomes PAPER_BYTES_MAX at most.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "console/console_own.h"
#include "house/house.h"
#include "office/office.h"
#include "office/paper.h"
#include "wire/http.h"

#define PRINT_ASK_MS   500u   /* the printer is asked for again */
#define PRINT_START_MS 15000u /* it has to be there */
#define PRINT_REST_MS  30000u
#define NAME_MAX_BYTES 64u
#define ID_MAX         24u

enum print_state {
    PRINT_FREE,
    PRINT_ASKED,   /* the desk, for words */
    PRINT_READ,    /* on a thread: cannot be given up */
    PRINT_WAITING, /* for its turn */
    PRINT_MAKING   /* by the printer: cannot be given up */
};

struct form_row {
    const char *name, *view, *param, *act, *title;
};
static const struct form_row forms[] = {
#define X(name, statement, param, type, act, title, help) { name, "form." name, param, act, title },
    FORM_TABLE(X)
#undef X
};

struct print {
    enum print_state state;
    struct prints *all;
    struct serve_later *later; /* NULL: nobody waits any more */
    struct asked *asked;
    uint64_t id;
    const struct form_row *form;
    const struct view_row *row;
    const struct serve_route *route;
    enum paper_as as;
    uint8_t size;
    char which[ID_MAX + 1]; /* of these forms, fit for a file's name */
    struct actor who;
    char name[NAME_MAX_BYTES], query[HTTP_HEAD_MAX];
    size_t query_bytes;
    json_t *words;     /* what the act said; NULL: there is none */
    struct buf values; /* what goes to the printer */
};

struct prints {
    struct console *console;
    struct line *line; /* to the printer; NULL: it is not there */
    struct watch *timer;
    uint64_t last, wanted_ms; /* since when it is waited for; 0: it is not */
    struct print_counts counts;
    struct print print[PRINTS];
};

static void go_on(struct prints *all);

/* --- places --------------------------------------------------------------------------------- */

static const struct form_row *form_of(const struct view_row *row)
{
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        if (strcmp(forms[i].view, row->name) == 0)
            return &forms[i];
    }
    return NULL;
}

bool print_has(const struct view_row *row)
{
    return form_of(row) != NULL;
}

static void release(struct print *p)
{
    if (p->asked != NULL)
        p->asked->arg = NULL; /* its place stays taken until the desk has answered */
    json_decref(p->words);
    buf_release(&p->values);
    *p = (struct print){ .all = p->all };
}

/* Nobody waits: it is given up as soon as nobody else has it. */
static void on_gone(void *arg)
{
    struct print *p = arg;

    p->later = NULL;
    if (p->state == PRINT_ASKED || p->state == PRINT_WAITING)
        release(p);
}

static void answer_body(struct print *p, unsigned status, struct span body)
{
    if (p->later != NULL)
        serve_answer(p->later, status, "application/json", body);
    release(p);
}

static void answer_why(struct print *p, unsigned status, const char *why)
{
    struct buf body;
    struct serve_call call = { .status = 200, .type = "application/json", .body = &body };

    buf_init(&body, 4096);
    ask_refuse(&call, status, why);
    answer_body(p, call.status, buf_span(&body));
    buf_release(&body);
}

/* --- the document --------------------------------------------------------------------------- */

/* RFC 8187: all but what is a token as it is. */
static void put_encoded(struct buf *out, struct span text)
{
    for (size_t i = 0; i < text.n; i++) {
        const uint8_t c = text.p[i];

        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-')
            buf_byte(out, c);
        else
            buf_fmt(out, "%%%02X", c);
    }
}

/* "mau-03-7.pdf" for old programs, its Vietnamese name for all others; as serve.h wants fields. */
static void put_file_name(const struct print *p, struct buf *out)
{
    const char *ending = paper_name(p->as);

    buf_fmt(out, "Content-Disposition: attachment; filename=\"%s-%s.%s\"; filename*=UTF-8''",
            p->form->name, p->which, ending);
    put_encoded(out, span_of(p->form->title));
    buf_fmt(out, "%%20%s.%s\r\n", p->which, ending);
    buf_byte(out, '\0');
}

static void answer_paper(struct print *p, struct span bytes)
{
    struct buf fields;

    buf_init(&fields, SERVE_FIELDS_MAX);
    put_file_name(p, &fields);
    MUST(!buf_failed(&fields)); /* names of ours, and ID_MAX */
    if (p->later != NULL)
        serve_answer_with(p->later, 200, paper_type(p->as), (const char *)fields.p, bytes);
    buf_release(&fields);
    release(p);
}

/* --- the printer ---------------------------------------------------------------------------- */

static struct print *first(struct prints *all, enum print_state state)
{
    struct print *found = NULL;

    for (size_t i = 0; i < PRINTS; i++) {
        struct print *p = &all->print[i];

        if (p->state == state && (found == NULL || p->id < found->id))
            found = p;
    }
    return found;
}

static void on_tell(void *arg, const struct line_tell *t)
{
    struct prints *all = arg;
    struct print *p = first(all, PRINT_MAKING);
    char why[ERR_WHY_MAX];

    if (p == NULL || p->id != t->id)
        return; /* it says something about nothing */
    if (t->code == ERR_OK && t->text.n > 0 && t->text.n <= PAPER_BYTES_MAX) {
        all->counts.made++;
        answer_paper(p, t->text);
    } else {
        all->counts.failed++;
        ask_why(t, why);
        answer_why(p, 500, t->code != ERR_OK ? why : "The document is none.");
    }
    go_on(all);
}

static void on_line_gone(void *arg)
{
    struct prints *all = arg;
    struct print *p = first(all, PRINT_MAKING);

    line_free(&all->line);
    if (p != NULL) {
        all->counts.failed++;
        answer_why(p, 500,
                   "The document could not be made: the program that makes it ended over it. If it "
                   "does so again, the text holds something that it cannot set.");
    }
    go_on(all);
}

static void make(struct prints *all, struct print *p)
{
    const struct paper paper = { p->as, p->size, span_of(p->form->name), buf_span(&p->values) };
    struct line_ask a = { .id = p->id, .by = LINE_NOBODY };
    struct buf request;
    bool sent;

    buf_init(&request, PAPER_VALUES_MAX + 4096);
    sent = paper_put(&paper, &request);
    a.request = buf_span(&request);
    sent = sent && line_ask(all->line, &a);
    buf_release(&request);
    p->state = PRINT_MAKING;
    if (sent)
        return;
    all->counts.failed++;
    answer_why(p, 500, "The document is too large to be made.");
}

static void nobody_came(struct prints *all)
{
    struct print *p;

    all->wanted_ms = 0;
    while ((p = first(all, PRINT_WAITING)) != NULL) {
        all->counts.failed++;
        answer_why(p, 503,
                   "What makes documents (canh-page) does not start; the server's log says why.");
    }
}

/* The first that waits to the printer, or the printer to be; or its rest. */
static void go_on(struct prints *all)
{
    const struct console_from *from = &all->console->from;
    const uint64_t now = loop_ms(from->loop);
    struct print *p;

    while (all->line != NULL && first(all, PRINT_MAKING) == NULL &&
           (p = first(all, PRINT_WAITING)) != NULL)
        make(all, p);
    if (all->line != NULL) {
        watch_after(all->timer, PRINT_REST_MS); /* from the last on */
        return;
    }
    if (first(all, PRINT_WAITING) == NULL)
        return;
    if (all->wanted_ms == 0)
        all->wanted_ms = now;
    if (from->want_printer == NULL || now - all->wanted_ms > PRINT_START_MS) {
        nobody_came(all);
        return;
    }
    from->want_printer(from->want_arg); /* one that just ends hears nothing: so again */
    watch_after(all->timer, PRINT_ASK_MS);
}

static void on_timer(void *arg, unsigned ready)
{
    struct prints *all = arg;

    (void)ready;
    if (all->line != NULL && first(all, PRINT_MAKING) == NULL)
        line_free(&all->line); /* it ends then */
    go_on(all);
}

int console_printer(struct console *c, int fd, struct err *e)
{
    struct prints *all = c->prints;
    const struct line_from from = {
        .loop = c->from.loop, .fd = fd, .tell = on_tell, .gone = on_line_gone, .arg = all
    };
    int rc;

    if (all->line != NULL)
        on_line_gone(all);
    rc = line_new(&all->line, &from, e);
    all->wanted_ms = 0;
    go_on(all);
    return rc;
}

/* --- the values ----------------------------------------------------------------------------- */

/* The view's answer, {"data":{...}}, with the words that only the act has. */
static bool take_values(struct print *p, struct span line)
{
    json_t *row = json_loadb((const char *)line.p, line.n, JSON_DISABLE_EOF_CHECK, NULL);
    json_t *data = json_object_get(row, "data");
    const bool good = json_is_object(data) &&
                      (p->words == NULL || json_object_update_missing(data, p->words) == 0);
    char *text = good ? json_dumps(data, JSON_COMPACT) : NULL;

    if (text != NULL)
        buf_text(&p->values, text);
    free(text);
    json_decref(row);
    return text != NULL && !buf_failed(&p->values);
}

static void answer_none(struct print *p)
{
    char why[ERR_WHY_MAX];
    uint64_t number;

    if (num_u64(span_of(p->which), UINT64_MAX, &number))
        (void)snprintf(why, sizeof(why), "There is no %s %" PRIu64 ".", p->form->param, number);
    else
        (void)snprintf(why, sizeof(why), "There is no %s '%s'.", p->form->param, p->which);
    answer_why(p, 404, why);
}

static void on_read(void *arg, unsigned status, struct span body)
{
    struct print *p = arg;

    if (p->later == NULL)
        release(p);
    else if (status != 200)
        answer_body(p, status, body);
    else if (body.n == 0)
        answer_none(p);
    else if (!take_values(p, body))
        answer_why(p, 500, "The document is too large to be made.");
    if (p->later == NULL)
        return;
    p->state = PRINT_WAITING;
    go_on(p->all);
}

/* False: `call` was refused. */
static bool read_values(struct print *p, struct serve_call *call)
{
    const struct read_from from = { .fn = ask_read_view,
                                    .lane = view_is_long(&office_views, p->row) ? READ_LONG
                                                                                : READ_SHORT,
                                    .who = &p->who,
                                    .row = p->row,
                                    .done = on_read,
                                    .arg = p };

    p->state = PRINT_READ;
    return reads_put(p->all->console->reads, call, &from);
}

/* The same when the call is over: its answer comes later. */
static void read_later(struct print *p)
{
    struct buf body;
    struct serve_call call = { .route = p->route,
                               .query = { (const uint8_t *)p->query, p->query_bytes },
                               .status = 200,
                               .type = "application/json",
                               .body = &body };

    buf_init(&body, 4096);
    if (!read_values(p, &call))
        answer_body(p, call.status, buf_span(&body));
    buf_release(&body);
}

static void on_told(struct console *c, void *arg, const struct line_tell *t)
{
    struct print *p = arg;
    char why[ERR_WHY_MAX];

    (void)c;
    if (p == NULL)
        return;
    p->asked = NULL;
    if (t == NULL) {
        answer_why(p, 503, "The desk ended before it answered: ask again.");
    } else if (t->code != ERR_OK) {
        ask_why(t, why);
        answer_why(p, ask_status(t->code), why);
    } else {
        p->words = json_loadb((const char *)t->text.p, t->text.n, 0, NULL);
        read_later(p);
    }
}

/* False: `call` was refused. */
static bool ask_words(struct print *p, struct serve_call *call, const struct caller *who)
{
    const struct act_row *row = act_find(&office_acts, span_of(p->form->act));
    struct line_ask a = { .by = who->by, .address = who->address, .credential = who->credential };
    const char *why = "There is no memory.";
    char sent[64];
    struct buf request;

    MUST(row != NULL);
    (void)snprintf(sent, sizeof(sent), "{\"%s\":%s}", p->form->param, p->which); /* a number */
    buf_init(&request, 4096);
    if (act_request_put(&request, row, span_of(sent)) && !buf_failed(&request)) {
        a.request = buf_span(&request);
        p->asked = ask_desk(p->all->console, &a, on_told, p, &why);
    }
    buf_release(&request);
    p->state = PRINT_ASKED;
    if (p->asked == NULL)
        ask_refuse(call, 503, why);
    return p->asked != NULL;
}

/* --- asking --------------------------------------------------------------------------------- */

static bool choose_as(const struct serve_call *call, enum paper_as *as, bool *any)
{
    uint8_t room[SERVE_VALUE_MAX], other[SERVE_VALUE_MAX];
    struct span v, format;
    const int rc = serve_query(call, "as", room, &v);

    *any = rc != 0;
    if (rc != 0 && serve_query(call, "format", other, &format) != 0)
        return false; /* that is of the data */
    for (int i = 0; rc == 1 && i < PAPERS; i++) {
        *as = (enum paper_as)i;
        if (span_eq(v, span_of(paper_name(*as))))
            return true;
    }
    return rc == 0;
}

static bool choose_size(const struct serve_call *call, uint8_t *size)
{
    uint64_t n = PAPER_SIZE;
    struct err e;

    if (find_number(call, "layout", PAPER_SIZE, PAPER_SIZE, &n, &e) != ERR_OK)
        return false;
    *size = (uint8_t)n;
    return n == PAPER_SIZE || n == PAPER_SIZE_SMALL;
}

/* A number, or what a file's name may have of anything else, which the view refuses. */
static bool choose_which(const struct serve_call *call, struct print *p)
{
    uint8_t room[SERVE_VALUE_MAX];
    struct span v;
    int64_t number;
    size_t n = 0;

    if (serve_query(call, p->form->param, room, &v) != 1 || v.n == 0 || v.n > ID_MAX ||
        (p->form->act != NULL && !num_i64(v, &number)))
        return false;
    for (size_t i = 0; i < v.n; i++) {
        if ((v.p[i] >= '0' && v.p[i] <= '9') || v.p[i] == '-')
            p->which[n++] = (char)v.p[i];
    }
    p->which[n] = '\0';
    return n > 0;
}

static void refuse_which(const struct print *p, struct serve_call *call)
{
    char why[ERR_WHY_MAX];

    (void)snprintf(why, sizeof(why), "%s: This is missing, or is none.", p->form->param);
    ask_refuse(call, 400, why);
}

static struct print *take(struct console *c, const struct serve_call *call,
                          const struct caller *who)
{
    struct print *p = first(c->prints, PRINT_FREE);
    const struct span name = who->who.actor.name;

    if (p == NULL)
        return NULL;
    MUST(name.n <= sizeof(p->name) && call->query.n <= sizeof(p->query));
    *p = (struct print){ .all = c->prints,
                         .row = call->route->own,
                         .route = call->route,
                         .form = form_of(call->route->own),
                         .who = who->who.actor,
                         .query_bytes = call->query.n,
                         .id = ++c->prints->last };
    memcpy(p->name, name.p, name.n);
    memcpy(p->query, call->query.p, call->query.n);
    p->who.name = (struct span){ (const uint8_t *)p->name, name.n };
    p->who.address = SPAN_NONE;
    buf_init(&p->values, PAPER_VALUES_MAX);
    return p;
}

bool print_route(struct console *c, struct serve_call *call, const struct caller *who)
{
    struct print *p;
    enum paper_as as = PAPER_PDF;
    bool any, good;

    if (!print_has(call->route->own))
        return false;
    good = choose_as(call, &as, &any);
    if (!any)
        return false;
    p = good ? take(c, call, who) : NULL;
    if (!good) {
        ask_refuse(call, 400, "as: This is none of pdf, docx; format goes without it.");
        return true;
    }
    if (p == NULL) {
        ask_refuse(call, 503, "Too many documents are being made; try again.");
        return true;
    }
    p->as = as;
    if (!choose_size(call, &p->size)) {
        ask_refuse(call, 400, "layout: This is none of 13, 14.");
    } else if (!choose_which(call, p)) {
        refuse_which(p, call);
    } else if (p->form->act != NULL ? ask_words(p, call, who) : read_values(p, call)) {
        p->later = serve_later(call, on_gone, p);
        return true;
    }
    release(p);
    return true;
}

/* --- the whole ------------------------------------------------------------------------------ */

struct print_counts print_counts(const struct prints *p)
{
    return p->counts;
}

int prints_new(struct prints **out, struct console *c, struct err *e)
{
    struct prints *all = calloc(1, sizeof(*all));

    *out = all;
    if (all == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for documents.");
    all->console = c;
    for (size_t i = 0; i < PRINTS; i++)
        all->print[i].all = all;
    all->timer = loop_timer(c->from.loop, on_timer, all);
    return all->timer != NULL ? ERR_OK
                              : err_set(e, ERR_NOMEM, 0, "There is no memory for documents.");
}

void prints_free(struct prints **pp)
{
    struct prints *all = *pp;

    *pp = NULL;
    if (all == NULL)
        return;
    line_free(&all->line);
    watch_free(&all->timer);
    for (size_t i = 0; i < PRINTS; i++)
        release(&all->print[i]);
    free(all);
}
