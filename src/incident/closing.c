/*
 * closing.c - an incident is over, or is not. Whatever is open of it then is done, or was given a
 * reason: tasks, clocks, alerts.
 */
#include "incident/incident_own.h"

/* Whatever is open of it is told, or was given a reason. */
static int check_open(struct act_call *c, const struct incident_at *at, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_INCIDENT_HAS);
    int64_t tasks, clocks;
    int rc;

    db_int(r, 1, at->id);
    rc = db_next(c->db, r, e);
    if (rc < 0)
        return rc;
    tasks = db_get_int(r, 0);
    clocks = db_get_int(r, 1);
    db_end(r);
    if (tasks > 0 && !act_has(c, "skip"))
        return err_set(e, ERR_CONFLICT, 0, "%lld tasks are open: do them, or say why not (skip).",
                       (long long)tasks);
    if (clocks > 0 && !act_has(c, "unsent"))
        return err_set(e, ERR_CONFLICT, 0,
                       "%lld clocks run: record what was sent, or say why nothing was (unsent).",
                       (long long)clocks);
    return ERR_OK;
}

static int skip_one(struct act_call *c, int64_t task, struct err *e)
{
    struct db_row *r;
    int rc = act_changes(c, &incident_task_kind, task, e);

    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_TASK_END);
    db_int(r, 1, task);
    db_text(r, 2, SPAN_LIT("skipped"));
    db_text(r, 3, c->who->name);
    db_int(r, 4, c->now_ns);
    db_text(r, 5, act_text(c, "skip"));
    return db_run(c->db, r, e);
}

/* The first that is open, 0 when there is none. */
static int first_task(struct act_call *c, int64_t incident, int64_t *task, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_TASKS_OPEN_OF);
    int rc;

    db_int(r, 1, incident);
    rc = db_next(c->db, r, e);
    *task = rc == 1 ? db_get_int(r, 0) : 0;
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

static int skip_tasks(struct act_call *c, int64_t incident, struct err *e)
{
    int64_t task;
    int rc;

    while ((rc = first_task(c, incident, &task, e)) == ERR_OK && task != 0) {
        rc = skip_one(c, task, e);
        if (rc != ERR_OK)
            return rc;
    }
    return rc;
}

/* --- alerts --------------------------------------------------------------------------------- */

static int last_told(struct act_call *c, int64_t *last, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_ALERTS_TOLD_LAST);
    int rc;

    db_int(r, 1, c->id);
    rc = db_next(c->db, r, e);
    *last = rc == 1 ? db_get_int(r, 0) : 0;
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

static int run_slice(struct act_call *c, const struct incident_slice *s, enum db_statement which,
                     int64_t six, struct err *e)
{
    struct db_row *r = db_use(c->db, which);

    db_int(r, 1, c->id);
    s->bind(c, s->arg, r);
    db_int(r, 6, six);
    if (which == s->tell)
        db_int(r, 7, INCIDENT_SLICE);
    return db_run(c->db, r, e);
}

int incident_slice(struct act_call *c, const struct incident_slice *s, bool *more, struct err *e)
{
    int64_t last = 0;
    uint64_t told;
    int rc = last_told(c, &last, e);

    act_touches_alerts(c);
    if (rc == ERR_OK)
        rc = run_slice(c, s, s->tell, s->of, e);
    told = rc == ERR_OK ? db_changed(c->db) : 0;
    *more = told == INCIDENT_SLICE;
    if (told > 0)
        rc = run_slice(c, s, s->change, last, e);
    MUST(rc != ERR_OK || told == 0 || db_changed(c->db) == told); /* the same rows */
    return rc;
}

static void bind_verdict(const struct act_call *c, const void *at, struct db_row *r)
{
    db_int(r, 2, c->now_ns);
    db_text(r, 3, c->who->name);
    db_text(r, 4, act_has(c, "verdict") ? act_text(c, "verdict") : SPAN_LIT("true-positive"));
    db_text(r, 5, span_of(((const struct incident_at *)at)->number));
}

static int decide_alerts(struct act_call *c, const struct incident_at *at, struct err *e)
{
        const struct incident_slice s = { DB_ALERTS_DECIDE_TELL, DB_ALERTS_DECIDE, at->id, bind_verdict,
                                      at };
    bool more = false;
    int rc = incident_slice(c, &s, &more, e);

    if (more)
        act_rest(c, "incident", at->id);
    return rc;
}

int incident_close_rest(struct act_call *c, struct err *e)
{
    struct incident_at at;
    int rc = incident_get(c, act_int(c, "incident"), &at, e);

    return rc == ERR_OK ? decide_alerts(c, &at, e) : rc;
}

/* --- closing -------------------------------------------------------------------------------- */

static int put_closed(struct act_call *c, const struct incident_at *at, struct err *e)
{
    static const char *const counts[] = { "machines", "outage", "damage" };
    struct db_row *r = db_use(c->db, DB_INCIDENT_CLOSE);

    db_int(r, 1, at->id);
    db_int(r, 2, c->now_ns);
    db_text(r, 3, act_text(c, "cause"));
    db_text(r, 4, act_text(c, "result"));
    incident_bind_text(r, 5, act_text(c, "unsent"));
    incident_bind_text(r, 6, act_text(c, "why"));
    incident_bind_text(r, 7, act_text(c, "scope"));
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        if (act_has(c, counts[i]))
            db_int(r, 8 + (int)i, act_int(c, counts[i]));
    }
    return db_run(c->db, r, e);
}

int incident_close(struct act_call *c, struct err *e)
{
    struct incident_at at;
    int rc = incident_get_open(c, &at, e);

    if (rc == ERR_OK)
        rc = incident_knows(c, &at, LEGAL_CAUSE, "cause", e);
    if (rc == ERR_OK)
        rc = check_open(c, &at, e);
    if (rc == ERR_OK)
        rc = act_changes(c, &incident_kind, at.id, e);
    if (rc == ERR_OK)
        rc = put_closed(c, &at, e);
    if (rc == ERR_OK && act_has(c, "skip"))
        rc = skip_tasks(c, at.id, e);
    if (rc == ERR_OK && act_has(c, "unsent"))
        rc = incident_clocks_end(c, at.id, act_text(c, "unsent"), e);
    if (rc == ERR_OK)
        rc = incident_clocks_closed(c, at.id, e);
    return rc == ERR_OK ? decide_alerts(c, &at, e) : rc;
}

/* Its clocks run again where nothing was sent: from T0, as if they had never ended. */
int incident_reopen(struct act_call *c, struct err *e)
{
    struct incident_at at;
    struct db_row *r;
    int rc = incident_get(c, act_int(c, "incident"), &at, e);

    if (rc == ERR_OK && strcmp(at.state, "closed") != 0)
        rc = act_conflict(e, "%s is not closed.", at.number);
    if (rc == ERR_OK)
        rc = act_changes(c, &incident_kind, at.id, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_INCIDENT_REOPEN);
    db_int(r, 1, at.id);
    rc = db_run(c->db, r, e);
    if (rc == ERR_OK)
        rc = incident_note(c, "incident", at.id, act_text(c, "reason"), e);
    return rc == ERR_OK ? incident_clocks_follow(c, at.id, act_text(c, "reason"), e) : rc;
}
