/*
 * reads.c - what is read of the database on threads beside the loop: views, exports, documents.
 *
 *   a call ─▶ what it asks for is copied ─▶ a thread of its lane, with a connection of its own
 *     ─▶ the answer is written in the loop, or thrown away when nobody waits for it any more
 *
 * Two lanes, so that what may take long holds up nothing but its like. What a thread sees is the
 * database as it is when its statement begins: after an act was answered, with that act.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "console/console_own.h"
#include "os/workers.h"
#include "wire/http.h"

#define READS   (SERVE_CONNS + 32u) /* those that nobody waits for any more among them */
#define THREADS 2u                  /* of each lane */
#define NAME    64u

/* A call that is read for. The loop's while it does not run. */
struct place {
    struct job job;
    struct reads *reads; /* NULL: it is free */
    enum read_lane lane;
    struct reading is;
    read_fn *fn;
    char name[NAME], query[HTTP_HEAD_MAX];
    struct buf body;
    read_done_fn *then; /* NULL: it is answered */
    void *arg;
    struct serve_later *later; /* the loop's always */
    atomic_bool gone;          /* nobody waits for it */
};

struct reads {
    const char *path; /* of the database */
    struct workers *workers[READ_LANES];
    struct db *db[READ_LANES][THREADS]; /* each of its thread; opened when first needed */
    struct place place[READS];
};

/* --- on a thread ---------------------------------------------------------------------------- */

/* With the connection of this thread, which is opened anew after what it said was no good. */
static int read_it(struct place *p, struct err *e)
{
    struct db **db = &p->reads->db[p->lane][p->job.thread];
    int rc = *db != NULL ? ERR_OK : db_open_reader(db, p->reads->path, e);

    if (rc != ERR_OK)
        return rc;
    p->is.db = *db;
    rc = p->fn(&p->is, e);
    if (rc != ERR_OK && ask_status(rc) == 503)
        db_close(db);
    return rc;
}

static void run(struct job *j)
{
    struct place *p = (struct place *)j;
    struct err e = { 0 };
    int rc;

    if (atomic_load(&p->gone))
        return;
    rc = read_it(p, &e);
    if (rc != ERR_OK)
        ask_refuse(&p->is.call, ask_status(rc), e.why);
    else if (buf_failed(&p->body))
        ask_refuse(&p->is.call, 500, "The answer is too large; ask for less.");
}

/* --- in the loop ---------------------------------------------------------------------------- */

static void release(struct place *p)
{
    buf_release(&p->body);
    p->reads = NULL;
}

static void done(struct job *j)
{
    struct place *p = (struct place *)j;

    if (p->then != NULL)
        p->then(p->arg, p->is.call.status, buf_span(&p->body));
    else if (p->later != NULL)
        serve_answer(p->later, p->is.call.status, p->is.call.type, buf_span(&p->body));
    release(p);
}

static void on_gone(void *arg)
{
    struct place *p = arg;

    p->later = NULL;
    atomic_store(&p->gone, true);
}

static struct place *free_place(struct reads *r)
{
    for (size_t i = 0; i < READS; i++) {
        if (r->place[i].reads == NULL)
            return &r->place[i];
    }
    return NULL;
}

/* What of a call and of who asks is needed when the call is over. */
static void copy(struct place *p, const struct serve_call *call, const struct read_from *from)
{
    struct span name = from->who->name;

    MUST(name.n <= sizeof(p->name) && call->query.n <= sizeof(p->query));
    memcpy(p->name, name.p, name.n);
    if (call->query.n > 0)
        memcpy(p->query, call->query.p, call->query.n);
    buf_init(&p->body, SERVE_ANSWER_MAX);
    p->is = (struct reading){ .call = { .route = call->route,
                                        .door = call->door,
                                        .query = { (const uint8_t *)p->query, call->query.n },
                                        .status = 200,
                                        .type = call->type,
                                        .body = &p->body },
                              .who = *from->who,
                              .row = from->row,
                              .state = from->state };
    p->is.who.name = (struct span){ (const uint8_t *)p->name, name.n };
    p->is.who.address = SPAN_NONE;
    p->lane = from->lane;
    p->fn = from->fn;
    p->then = from->done;
    p->arg = from->arg;
    p->later = NULL;
    atomic_store(&p->gone, false);
}

bool reads_put(struct reads *r, struct serve_call *call, const struct read_from *from)
{
    struct place *p = free_place(r);
    struct err e;

    if (p == NULL) {
        ask_refuse(call, 503, "Too many ask at once; try again.");
        return false;
    }
    copy(p, call, from);
    p->job = (struct job){ .run = run, .done = done };
    p->reads = r;
    if (workers_put(r->workers[p->lane], &p->job, &e) == ERR_OK) {
        if (p->then == NULL)
            p->later = serve_later(call, on_gone, p); /* `done` comes when the loop turns */
        return true;
    }
    release(p);
    ask_refuse(call, 503, e.why);
    return false;
}

int reads_new(struct reads **out, struct loop *loop, const char *path, struct err *e)
{
    struct reads *r = calloc(1, sizeof(*r));
    int rc = ERR_OK;

    *out = r;
    if (r == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for readers.");
    r->path = path;
    for (size_t i = 0; i < READ_LANES && rc == ERR_OK; i++)
        rc = workers_new(&r->workers[i], loop, THREADS, e);
    return rc;
}

void reads_free(struct reads **pr)
{
    struct reads *r = *pr;

    *pr = NULL;
    if (r == NULL)
        return;
    for (size_t i = 0; i < READ_LANES; i++)
        workers_free(&r->workers[i]);
    for (size_t i = 0; i < READ_LANES * THREADS; i++)
        db_close(&r->db[i / THREADS][i % THREADS]);
    for (size_t i = 0; i < READS; i++)
        buf_release(&r->place[i].body);
    free(r);
}
