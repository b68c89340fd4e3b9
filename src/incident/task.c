/*
 * task.c - what is to be done about an incident: steps of a playbook, and what people add.
 */
#include "incident/incident_own.h"

const struct act_kind incident_task_kind = { "task", DB_TASK_STATE, DB_TASK_STATE_PUT };

struct task {
    struct span playbook, step, title, phase, role, asks;
    int64_t due_ns; /* 0: at no time */
};

static int put_task(struct act_call *c, int64_t incident, const struct task *t, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_TASK_ADD);
    int rc;

    db_int(r, 1, incident);
    incident_bind_text(r, 2, t->playbook);
    incident_bind_text(r, 3, t->step);
    db_text(r, 4, t->title);
    db_text(r, 5, t->phase);
    incident_bind_text(r, 6, t->role);
    incident_bind_int(r, 7, t->due_ns);
    db_int(r, 8, c->id);
    incident_bind_text(r, 9, t->asks);
    rc = db_run(c->db, r, e);
    return rc == ERR_OK ? act_on(c, "task", db_key(c->db), e) : rc;
}

/* --- a playbook ----------------------------------------------------------------------------- */

static int has_step(struct act_call *c, int64_t incident, const struct task *t, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_TASK_HAS_STEP);
    int rc;

    db_int(r, 1, incident);
    db_text(r, 2, t->playbook);
    db_text(r, 3, t->step);
    rc = db_next(c->db, r, e);
    db_end(r);
    return rc;
}

int incident_tasks_of(struct act_call *c, const struct incident_at *at, struct span playbook,
                      uint32_t *added, struct err *e)
{
    struct legal_step step;
    int rc = 0;

    for (size_t i = 0; rc >= 0 && c->legal->step(c->legal->arg, playbook, i, at->t0_ns, &step);
         i++) {
        struct task t = { .playbook = playbook,
                          .step = span_of(step.id),
                          .title = span_of(step.title),
                          .phase = span_of(step.phase),
                          .role = step.role != NULL ? span_of(step.role) : SPAN_NONE };

        t.due_ns = step.due_ns != INT64_MIN ? step.due_ns : 0;
        t.asks = step.asks[0] != '\0' ? span_of(step.asks) : SPAN_NONE;
        rc = has_step(c, at->id, &t, e);
        if (rc != 0)
            continue;
        rc = put_task(c, at->id, &t, e);
        *added += rc == ERR_OK;
    }
    return rc < 0 ? rc : ERR_OK;
}

static int take_playbook(struct act_call *c, struct err *e)
{
    struct incident_at at;
    struct legal_step first;
    uint32_t added = 0;
    int rc = incident_get_open(c, &at, e);

    if (rc == ERR_OK && (c->legal == NULL || !c->legal->step(c->legal->arg, act_text(c, "playbook"),
                                                             0, at.t0_ns, &first)))
        rc = err_set(e, ERR_USAGE, 0, "playbook: There is none such.");
    if (rc == ERR_OK)
        rc = incident_tasks_of(c, &at, act_text(c, "playbook"), &added, e);
    buf_fmt(c->answer, ",\"tasks\":%u", added);
    return rc == ERR_OK ? act_on(c, "incident", at.id, e) : rc;
}

/* --- one task ------------------------------------------------------------------------------- */

static int add(struct act_call *c, struct err *e)
{
    struct incident_at at;
    struct task t = { .title = act_text(c, "title"),
                      .phase = act_text(c, "phase"),
                      .role = act_text(c, "role"),
                      .due_ns = act_int(c, "due") };
    int rc = incident_get_open(c, &at, e);

    if (rc == ERR_OK && act_has(c, "due") && t.due_ns <= c->now_ns)
        rc = err_set(e, ERR_USAGE, 0, "due: This is over.");
    if (rc == ERR_OK)
        rc = put_task(c, at.id, &t, e);
    if (rc == ERR_OK)
        buf_fmt(c->answer, ",\"task\":%lld", (long long)db_key(c->db));
    return rc == ERR_OK ? act_on(c, "incident", at.id, e) : rc;
}

/* About to be changed: open, of an incident that is open. `fresh`: nobody may be on it. */
static int task_open(struct act_call *c, int64_t id, bool fresh, struct err *e)
{
    struct db_row *r;
    struct incident_at at;
    struct span state;
    int64_t incident;
    int rc = act_find_row(c->db, DB_TASK_IS, "task", id, &r, e);

    if (rc != ERR_OK)
        return rc;
    incident = db_get_int(r, 0);
    state = db_get_text(r, 1);
    rc = span_eq(state, SPAN_LIT("todo")) || (!fresh && span_eq(state, SPAN_LIT("doing")))
             ? ERR_OK
             : act_conflict(e, "Task %lld is %.*s.", (long long)id, SPAN_ARG(state));
    db_end(r);
    if (rc == ERR_OK)
        rc = incident_get(c, incident, &at, e);
    if (rc == ERR_OK && incident_is_over(&at))
        rc = act_conflict(e, "%s is %s.", at.number, at.state);
    if (rc == ERR_OK)
        rc = act_changes(c, &incident_task_kind, id, e);
    return rc;
}

static int start(struct act_call *c, struct err *e)
{
    size_t count;
    const int64_t *id = act_ids(c, "tasks", &count);
    int rc = ERR_OK;

    for (size_t i = 0; i < count && rc == ERR_OK; i++) {
        struct db_row *r;

        rc = task_open(c, id[i], true, e);
        if (rc != ERR_OK)
            break;
        r = db_use(c->db, DB_TASK_START);
        db_int(r, 1, id[i]);
        db_text(r, 2, c->who->name);
        db_int(r, 3, c->now_ns);
        rc = db_run(c->db, r, e);
    }
    return rc;
}

static int end_all(struct act_call *c, struct span state, struct span result, struct err *e)
{
    size_t count;
    const int64_t *id = act_ids(c, "tasks", &count);
    int rc = ERR_OK;

    for (size_t i = 0; i < count && rc == ERR_OK; i++) {
        struct db_row *r;

        rc = task_open(c, id[i], false, e);
        if (rc != ERR_OK)
            break;
        r = db_use(c->db, DB_TASK_END);
        db_int(r, 1, id[i]);
        db_text(r, 2, state);
        db_text(r, 3, c->who->name);
        db_int(r, 4, c->now_ns);
        incident_bind_text(r, 5, result);
        rc = db_run(c->db, r, e);
    }
    return rc;
}

static int done(struct act_call *c, struct err *e)
{
    return end_all(c, SPAN_LIT("done"), act_text(c, "result"), e);
}

static int skip(struct act_call *c, struct err *e)
{
    return end_all(c, SPAN_LIT("skipped"), act_text(c, "reason"), e);
}

#define INCIDENT                                                                                   \
    {                                                                                              \
        "incident", ACT_ID, true, 0, NULL, "its number"                                            \
    }
#define TASKS                                                                                      \
    {                                                                                              \
        "tasks", ACT_IDS, true, 0, NULL, "their numbers"                                           \
    }

const struct act_row incident_task[] = {
    { "task.add",
      ROLES_HOUSE,
      "Something more is to be done.",
      add,
      { INCIDENT,
        { "title", ACT_TEXT, true, 1000, NULL, "what" },
        { "phase", ACT_CHOICE, true, 0, incident_phases, "to what part it belongs" },
        { "role", ACT_TEXT, false, 100, NULL, "who is to do it" },
        { "due", ACT_TIME, false, 0, NULL, "by when" } } },
    { "task.playbook",
      ROLES_HOUSE,
      "Take the steps of a playbook that are not there yet.",
      take_playbook,
      { INCIDENT, { "playbook", ACT_TEXT, true, LEGAL_CODE_MAX, NULL, "its id" } } },
    { "task.start", ROLES_HOUSE, "Somebody is on them.", start, { TASKS } },
    { "task.done",
      ROLES_HOUSE,
      "They are done.",
      done,
      { TASKS, { "result", ACT_TEXT, false, 4000, NULL, "what came of it" } } },
    { "task.skip",
      ROLES_HOUSE,
      "They are not to be done.",
      skip,
      { TASKS, { "reason", ACT_TEXT, true, 4000, NULL, "why" } } },
};
