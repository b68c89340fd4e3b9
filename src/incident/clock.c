/*
 * clock.c - the clocks of the law: computed, computed anew, stopped by what was dispatched.
 *
 * A clock that is there is never changed but for being stopped or ended. When its end moves, the
 * old line is ended and a new one is put, which keeps the dispatch, if there was one.
 */
#include "incident/incident_own.h"

#include <jansson.h>

#define AT_MOST 64u /* clocks of an incident that have not ended */

struct there {
    int64_t id, started_ns, due_ns, dispatch;
    char code[LEGAL_CODE_MAX + 1];
    bool at_end, kept;
};

struct follow {
    struct act_call *c;
    const struct incident_at *at;
    struct span why;
    struct there there[AT_MOST];
    size_t count;
    struct legal_clock wanted[LEGAL_CLOCKS_MAX];
    size_t wanted_count;
    uint32_t started, ended;
};

/* --- what is there, what is wanted ---------------------------------------------------------- */

static int read_there(struct follow *f, struct err *e)
{
    struct db_row *r = db_use(f->c->db, DB_CLOCKS_OF);
    int rc;

    db_int(r, 1, f->at->id);
    while ((rc = db_next(f->c->db, r, e)) == 1) {
        struct there *t = &f->there[f->count++];
        struct span code = db_get_text(r, 1);

        MUST(f->count < AT_MOST && code.n <= LEGAL_CODE_MAX); /* each code once */
        *t = (struct there){ .id = db_get_int(r, 0),
                             .started_ns = db_get_int(r, 2),
                             .due_ns = db_get_int(r, 3),
                             .dispatch = db_get_null(r, 4) ? 0 : db_get_int(r, 4),
                             .at_end = db_get_int(r, 5) != 0 };
        memcpy(t->code, code.p, code.n);
    }
    return rc;
}

static size_t read_facts(const json_t *facts, struct span *out)
{
    size_t count = 0;

    for (; count < json_array_size(facts) && count < LEGAL_FACTS_MAX; count++)
        out[count] = span_of(json_string_value(json_array_get(facts, count)));
    return count;
}

static int read_wanted(struct follow *f, struct err *e)
{
    const struct legal *legal = f->c->legal;
    struct span fact[LEGAL_FACTS_MAX];
    struct legal_facts facts = { .detected_ns = f->at->t0_ns,
                                 .ended_ns = f->at->closed_ns,
                                 .type = span_of(f->at->type),
                                 .severity = span_of(f->at->severity),
                                 .fact = fact,
                                 .level = f->at->level };
    json_t *json;

    json = json_loads(f->at->facts, 0, NULL);
    if (json == NULL)
        return act_no_memory(e);
    facts.fact_count = read_facts(json, fact);
    f->wanted_count = legal->clocks(legal->arg, span_of(f->at->profile), &facts, f->wanted);
    MUST(f->wanted_count <= LEGAL_CLOCKS_MAX);
    json_decref(json);
    return ERR_OK;
}

/* --- following ------------------------------------------------------------------------------ */

static int end_one(struct follow *f, const struct there *t, struct span why, struct err *e)
{
    struct db_row *r = db_use(f->c->db, DB_CLOCK_END);
    int rc;

    db_int(r, 1, t->id);
    db_int(r, 2, f->c->id);
    db_text(r, 3, why);
    rc = db_run(f->c->db, r, e);
    f->ended++;
    return rc == ERR_OK ? act_on(f->c, "clock", t->id, e) : rc;
}

/* One that runs ends, or runs longer: not without a word. */
static int end_with_reason(struct follow *f, const struct there *t, struct err *e)
{
    if (f->why.n == 0)
        return err_set(e, ERR_USAGE, 0,
                       "reason: Clock %s of %s would end or run longer: it must be said why.",
                       t->code, f->at->number);
    return end_one(f, t, f->why, e);
}

static int start_one(struct follow *f, const struct legal_clock *w, int64_t dispatch, struct err *e)
{
    struct db_row *r = db_use(f->c->db, DB_CLOCK_ADD);
    int rc;

    MUST(strlen(w->id) <= LEGAL_CODE_MAX && w->due_ns >= w->starts_ns);
    db_int(r, 1, f->at->id);
    db_text(r, 2, span_of(w->id));
    db_text(r, 3, span_of(w->vi));
    db_text(r, 4, span_of(w->en));
    db_text(r, 5, span_of(w->recipient));
    if (w->form != NULL)
        db_text(r, 6, span_of(w->form));
    db_int(r, 7, w->starts_ns);
    db_int(r, 8, w->due_ns);
    incident_bind_int(r, 9, dispatch);
    db_int(r, 10, f->c->id);
    db_int(r, 11, w->at_end);
    db_int(r, 12, w->sure);
    rc = db_run(f->c->db, r, e);
    f->started++;
    return rc == ERR_OK ? act_on(f->c, "clock", db_key(f->c->db), e) : rc;
}

static int follow_one(struct follow *f, const struct legal_clock *w, struct err *e)
{
    struct there *t = f->there;
    int rc = ERR_OK;

    while (t < f->there + f->count && strcmp(t->code, w->id) != 0)
        t++;
    if (t == f->there + f->count)
        return start_one(f, w, 0, e);
    t->kept = true;
    if (t->due_ns == w->due_ns && t->started_ns == w->starts_ns)
        return ERR_OK;
    if (t->dispatch == 0 && w->due_ns > t->due_ns)
        rc = end_with_reason(f, t, e);
    else
        rc = end_one(f, t, f->why.n > 0 ? f->why : SPAN_LIT("Its end is another now."), e);
    return rc == ERR_OK ? start_one(f, w, t->dispatch, e) : rc;
}

/* What the law does not ask for any more: what was sent stays, what runs ends. What began with the
 * end of an incident that goes on is over, sent or not: there will be another end. */
static int end_others(struct follow *f, struct err *e)
{
    int rc = ERR_OK;

    for (struct there *t = f->there; t < f->there + f->count && rc == ERR_OK; t++) {
        if (!t->kept && (t->dispatch == 0 || t->at_end))
            rc = end_with_reason(f, t, e);
    }
    return rc;
}

int incident_clocks_follow(struct act_call *c, int64_t incident, struct span why, struct err *e)
{
    struct incident_at at;
    struct follow f = { .c = c, .at = &at, .why = why };
    int rc = incident_get(c, incident, &at, e);

    if (rc != ERR_OK || c->legal == NULL) /* who knows no law ends no clock */
        return rc;
    rc = read_there(&f, e);
    if (rc == ERR_OK)
        rc = read_wanted(&f, e);
    for (size_t i = 0; i < f.wanted_count && rc == ERR_OK; i++)
        rc = follow_one(&f, &f.wanted[i], e);
    if (rc == ERR_OK)
        rc = end_others(&f, e);
    buf_fmt(c->answer, ",\"clocks_started\":%u,\"clocks_ended\":%u", f.started, f.ended);
    return rc;
}

int incident_clocks_end(struct act_call *c, int64_t incident, struct span why, struct err *e)
{
    struct incident_at at;
    struct follow f = { .c = c, .at = &at, .why = why };
    int rc = incident_get(c, incident, &at, e);

    if (rc == ERR_OK)
        rc = read_there(&f, e);
    for (size_t i = 0; i < f.count && rc == ERR_OK; i++) {
        if (f.there[i].dispatch == 0)
            rc = end_one(&f, &f.there[i], why, e);
    }
    return rc;
}

int incident_clocks_closed(struct act_call *c, int64_t incident, struct err *e)
{
    struct incident_at at;
    struct follow f = { .c = c, .at = &at };
    int rc = incident_get(c, incident, &at, e);

    if (rc != ERR_OK || c->legal == NULL)
        return rc;
    rc = read_wanted(&f, e);
    for (size_t i = 0; i < f.wanted_count && rc == ERR_OK; i++) {
        if (f.wanted[i].at_end)
            rc = start_one(&f, &f.wanted[i], 0, e);
    }
    buf_fmt(c->answer, ",\"clocks_started\":%u", f.started);
    return rc;
}

/* --- dispatch ------------------------------------------------------------------------------- */

static int stop_one(struct act_call *c, const struct incident_at *at, int64_t clock,
                    int64_t dispatch, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_CLOCK_IS);
    int rc;

    db_int(r, 1, clock);
    rc = db_next(c->db, r, e);
    if (rc < 0)
        return rc;
    if (rc == 0 || db_get_int(r, 0) != at->id)
        rc = err_set(e, ERR_NOTFOUND, 0, "%s has no clock %lld.", at->number, (long long)clock);
    else if (!db_get_null(r, 1) || !db_get_null(r, 2))
        rc = act_conflict(e, "Clock %lld does not run.", (long long)clock);
    else
        rc = ERR_OK;
    db_end(r);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_CLOCK_STOP);
    db_int(r, 1, clock);
    db_int(r, 2, dispatch);
    rc = db_run(c->db, r, e);
    return rc == ERR_OK ? act_on(c, "clock", clock, e) : rc;
}

static int put_dispatch(struct act_call *c, const struct incident_at *at, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_DISPATCH_ADD);

    db_int(r, 1, at->id);
    db_text(r, 2, act_text(c, "number"));
    db_int(r, 3, act_int(c, "sent"));
    db_text(r, 4, act_text(c, "channel"));
    db_text(r, 5, act_text(c, "recipient"));
    incident_bind_text(r, 6, act_text(c, "document"));
    db_int(r, 7, c->id);
    return db_run(c->db, r, e);
}

/* Of an incident that is over, too: a final report is sent when all is done. */
static int dispatch(struct act_call *c, struct err *e)
{
    struct incident_at at;
    size_t count;
    const int64_t *clock = act_ids(c, "clocks", &count);
    int64_t id;
    int rc = incident_get(c, act_int(c, "incident"), &at, e);

    if (rc != ERR_OK)
        return rc;
    if (act_int(c, "sent") > c->now_ns)
        return err_set(e, ERR_USAGE, 0, "sent: This is still to come.");
    if (act_int(c, "sent") < at.t0_ns)
        return err_set(e, ERR_USAGE, 0, "sent: This is before %s was detected.", at.number);
    rc = put_dispatch(c, &at, e);
    id = rc == ERR_OK ? db_key(c->db) : 0;
    buf_fmt(c->answer, ",\"dispatch\":%lld", (long long)id);
    for (size_t i = 0; i < count && rc == ERR_OK; i++)
        rc = stop_one(c, &at, clock[i], id, e);
    return rc == ERR_OK ? act_on(c, "incident", at.id, e) : rc;
}

const struct act_row incident_clock[] = {
    { "clock.dispatch",
      ROLES_HOUSE,
      "Something was sent outside about an incident; it stops the clocks that it answers.",
      dispatch,
      { { "incident", ACT_ID, true, 0, NULL, "its number" },
        { "clocks", ACT_IDS, false, 0, NULL, "the clocks that this answers" },
        { "number", ACT_TEXT, true, 100, NULL, "number and sign of the document" },
        { "sent", ACT_TIME, true, 0, NULL, "when it went out" },
        { "channel", ACT_CHOICE, true, 0, incident_channels, "how" },
        { "recipient", ACT_TEXT, true, INCIDENT_LINE_MAX, NULL, "to whom" },
        { "document", ACT_TEXT, false, INCIDENT_LINE_MAX, NULL, "where the document is kept" } } },
};
