/*
 * rest.c - acts that are done in slices: see act_rest() in act.h.
 *
 *   act ─▶ { its line, what decides it, a slice, a row of act_rest for each thing that is busy }
 *   acts_rest() ─▶ { a slice }, { a slice }, ..., { the last, and the rows are gone }
 *
 * A row of act_rest says no more than which act it is: parameters, author and time are those of
 * the act's line, and what was done is found in act_on.
 */
#include "act/act_own.h"

static act_fn *rest_of(const struct act_own *o)
{
    for (size_t i = 0; i < o->table->rest_count; i++) {
        if (strcmp(o->table->rest[i].act, o->row->name) == 0)
            return o->table->rest[i].fn;
    }
    return NULL;
}

void act_rest(struct act_call *c, const char *kind, int64_t key)
{
    struct act_own *o = c->own;

    MUST(rest_of(o) != NULL && o->busy_count < ACT_BUSY);
    o->busy[o->busy_count++] = (struct act_busy){ kind, key };
}

int act_free(const struct act_call *c, const char *kind, int64_t key, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_ACT_REST_ON);
    int rc;

    db_text(r, 1, span_of(kind));
    db_int(r, 2, key);
    db_int(r, 3, c->id);
    rc = db_next(c->db, r, e);
    if (rc == 1) {
        rc = act_unfinished(e, db_get_int(r, 0));
        db_end(r);
    }
    return rc;
}

int act_put_rest(struct act_call *c, struct err *e)
{
    int rc = ERR_OK;

    for (size_t i = 0; i < c->own->busy_count && rc == ERR_OK; i++) {
        struct db_row *r = db_use(c->db, DB_ACT_REST_ADD);

        db_text(r, 1, span_of(c->own->busy[i].kind));
        db_int(r, 2, c->own->busy[i].key);
        db_int(r, 3, c->id);
        rc = db_run(c->db, r, e);
    }
    return rc;
}

/* --- going on ------------------------------------------------------------------------------- */

/* An act that has something left, as it was asked for. */
struct unfinished {
    int64_t id, time_ns;
    struct actor who;
    const struct act_row *row;
    json_t *request;
};

static int read_unfinished(struct acts *a, struct arena *mem, struct db_row *r,
                           struct unfinished *out, struct err *e)
{
    struct span parameters = db_get_text(r, 4);

    *out = (struct unfinished){ .id = db_get_int(r, 0), .time_ns = db_get_int(r, 1) };
    out->who = (struct actor){ .user = db_get_int(r, 5), /* NULL: 0 */
                               .name = arena_span(mem, db_get_text(r, 2)),
                               .roles = ROLES_ALL,
                               .via = "desk" };
    out->row = act_find(acts_from_of(a)->table, db_get_text(r, 3));
    out->request = json_loadb((const char *)parameters.p, parameters.n, 0, NULL);
    db_end(r);
    if (arena_failed(mem))
        return act_no_memory(e);
    MUST(out->row != NULL); /* it left something itself */
    return out->request != NULL ? ERR_OK
                                : err_set(e, ERR_CORRUPT, 0,
                                          "What act %lld was done with is not "
                                          "JSON.",
                                          (long long)out->id);
}

static int end_rest(struct act_call *c, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_ACT_REST_END);

    db_int(r, 1, c->id);
    return db_run(c->db, r, e);
}

static int do_slice(struct act_call *c, const struct unfinished *u, struct err *e)
{
    int rc = act_read(c->own, u->request, e);

    MUST(rest_of(c->own) != NULL);
    if (rc == ERR_OK)
        rc = rest_of(c->own)(c, e);
    if (rc == ERR_OK)
        rc = act_put_things(c, e);
    return rc == ERR_OK && c->own->busy_count == 0 ? end_rest(c, e) : rc;
}

static int go_on(struct acts *a, struct act_own *own, const struct unfinished *u, struct err *e)
{
    const struct acts_from *from = acts_from_of(a);
    struct buf answer;
    struct act_call c = { from->db, &u->who,      u->time_ns, u->id,
                          &answer,  from->people, own,        from->legal };
    int rc = db_begin(from->db, e);

    own->row = u->row;
    buf_init(&answer, ACT_ANSWER_MAX);
    if (rc == ERR_OK)
        rc = do_slice(&c, u, e);
    if (rc == ERR_OK)
        rc = db_commit(from->db, e);
    if (rc != ERR_OK)
        db_rollback(from->db);
    if (own->touched_alerts && from->changed != NULL)
        from->changed(from->arg);
    buf_release(&answer);
    return rc;
}

int acts_rest(struct acts *a, bool *more, struct err *e)
{
    const struct acts_from *from = acts_from_of(a);
    struct act_own own = { .table = from->table, .acts = a };
    struct unfinished u = { 0 };
    struct db_row *r = db_use(from->db, DB_ACT_REST_NEXT);
    int rc = db_next(from->db, r, e);

    *more = false;
    if (rc <= 0)
        return rc;
    arena_init(&own.mem, 4 * ACT_REQUEST_MAX);
    rc = read_unfinished(a, &own.mem, r, &u, e);
    if (rc == ERR_OK)
        rc = go_on(a, &own, &u, e);
    *more = rc == ERR_OK; /* who looks again finds out whether that was the last */
    json_decref(u.request);
    arena_release(&own.mem);
    return rc;
}
