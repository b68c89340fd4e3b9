/*
 * candidate.c - what people do to candidates for incidents (group/group.h).
 *
 *   open ─▶ dismissed, its alerts decided ─▶ restored: open
 *        ─▶ escalated, into an incident (incident/candidate.c)
 */
#include "triage/triage.h"

#include <assert.h>
#include <stdio.h>

#include "group/group.h"

const struct act_kind triage_candidate_kind = { "candidate", DB_CANDIDATE_STATE,
                                                DB_CANDIDATE_STATE_PUT };

int triage_candidate_at(struct act_call *c, int64_t id, struct triage_candidate *out, struct err *e)
{
    struct db_row *r;
    int rc = act_find_row(c->db, DB_CANDIDATE_IS, "candidate", id, &r, e);

    if (rc != ERR_OK)
        return rc;
    *out = (struct triage_candidate){ .id = id, .alerts = db_get_int(r, 1) };
    (void)snprintf(out->state, sizeof(out->state), "%.*s", SPAN_ARG(db_get_text(r, 0)));
    db_end(r);
    return ERR_OK;
}

int triage_candidate_open(struct act_call *c, int64_t id, struct triage_candidate *out,
                          struct err *e)
{
    int rc = triage_candidate_at(c, id, out, e);

    if (rc == ERR_OK && strcmp(out->state, "open") != 0)
        rc = act_conflict(e, "Candidate %lld is %s.", (long long)id, out->state);
    return rc;
}

int triage_candidate_alerts(struct act_call *c, int64_t id, int64_t *out, size_t *count,
                            struct err *e)
{
    struct db_row *r = db_use(c->db, DB_CANDIDATE_ALERTS_OPEN);
    int rc = 0;

    *count = 0;
    db_int(r, 1, id);
    while (*count < TRIAGE_CANDIDATE_MAX && (rc = db_next(c->db, r, e)) == 1)
        out[(*count)++] = db_get_int(r, 0);
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

static_assert(TRIAGE_CANDIDATE_MAX == GROUP_ALERTS_MAX, "all alerts of a candidate");

static int put_dismissed(struct act_call *c, int64_t id, struct err *e)
{
    struct db_row *r;
    int rc = act_changes(c, &triage_candidate_kind, id, e);

    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_CANDIDATE_DISMISS);
    db_int(r, 1, id);
    db_text(r, 2, act_text(c, "reason"));
    db_text(r, 3, c->who->name);
    db_int(r, 4, c->now_ns);
    return db_run(c->db, r, e);
}

static int dismiss(struct act_call *c, struct err *e)
{
    int64_t alert[TRIAGE_CANDIDATE_MAX];
    struct triage_candidate at;
    size_t count = 0;
    int rc = triage_candidate_open(c, act_int(c, "candidate"), &at, e);

    if (rc == ERR_OK)
        rc = triage_candidate_alerts(c, at.id, alert, &count, e);
    if (rc == ERR_OK)
        rc = triage_close(c, alert, count, e);
    if (rc == ERR_OK)
        rc = put_dismissed(c, at.id, e);
    if (rc == ERR_OK)
        buf_fmt(c->answer, ",\"alerts\":%zu", count);
    return rc;
}

static int restore(struct act_call *c, struct err *e)
{
    struct triage_candidate at;
    struct db_row *r;
    int rc = triage_candidate_at(c, act_int(c, "candidate"), &at, e);

    if (rc == ERR_OK && strcmp(at.state, "dismissed") != 0)
        rc = act_conflict(e, "Candidate %lld is %s, not dismissed.", (long long)at.id, at.state);
    if (rc == ERR_OK)
        rc = act_changes(c, &triage_candidate_kind, at.id, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_CANDIDATE_RESTORE);
    db_int(r, 1, at.id);
    return db_run(c->db, r, e);
}

/* --- joining and placing by hand -------------------------------------------------------------- */

/* The first alert of each says so, and whatever makes candidates anew finds it there. */
static int say_one(struct act_call *c, int64_t from, int64_t into, struct err *e)
{
    char key[48];
    struct db_row *r = db_use(c->db, DB_CANDIDATE_SAID);
    int rc;

    (void)snprintf(key, sizeof(key), "act %lld", (long long)c->id);
    db_int(r, 1, from);
    db_int(r, 2, into);
    db_text(r, 3, span_of(key));
    rc = db_run(c->db, r, e);
    if (rc == ERR_OK)
        rc = group_join(c->db, from, into, GROUP_AT_ONCE, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_CANDIDATE_SAID_LINK);
    db_text(r, 1, span_of(key));
    db_int(r, 2, into);
    return db_run(c->db, r, e);
}

static int join(struct act_call *c, struct err *e)
{
    struct triage_candidate one, other;
    int64_t from, into;
    int rc = triage_candidate_open(c, act_int(c, "candidate"), &one, e);

    if (rc == ERR_OK)
        rc = triage_candidate_open(c, act_int(c, "with"), &other, e);
    if (rc == ERR_OK && one.id == other.id)
        rc = act_conflict(e, "That is the same candidate.");
    if (rc == ERR_OK && one.alerts + other.alerts > GROUP_ALERTS_MAX)
        rc = act_conflict(e, "Together they have more than %d alerts.", GROUP_ALERTS_MAX);
    if (rc != ERR_OK)
        return rc;
    from = one.id > other.id ? one.id : other.id;
    into = one.id > other.id ? other.id : one.id;
    rc = say_one(c, from, into, e);
    if (rc == ERR_OK)
        rc = act_on(c, "candidate", into, e);
    if (rc == ERR_OK)
        rc = act_on(c, "candidate", from, e);
    if (rc == ERR_OK)
        buf_fmt(c->answer, ",\"candidate\":%lld", (long long)into);
    return rc;
}

/* *candidate 0: it is of none. */
static int candidate_of(struct act_call *c, int64_t alert, int64_t *candidate, bool *placed,
                        struct err *e)
{
    struct db_row *r = db_use(c->db, DB_CANDIDATE_OF);
    int rc;

    db_int(r, 1, alert);
    rc = db_next(c->db, r, e);
    *candidate = rc == 1 ? db_get_int(r, 0) : 0;
    *placed = rc == 1 && db_get_int(r, 1) != 0;
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

static int put_placed(struct act_call *c, int64_t alert, int64_t into, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_CANDIDATE_PLACE);

    db_int(r, 1, alert);
    db_int(r, 2, into);
    return db_run(c->db, r, e);
}

static int recount(struct act_call *c, int64_t candidate, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_GROUP_COUNT);

    db_int(r, 1, candidate);
    db_int(r, 2, GROUP_AT_ONCE);
    return db_run(c->db, r, e);
}

/* What it linked where it was is looked at again without it; placed, it linked nothing. */
static int place_one(struct act_call *c, int64_t alert, int64_t into, struct err *e)
{
    struct triage_alert is;
    struct triage_candidate was = { 0 };
    int64_t from = 0;
    bool placed;
    int rc = triage_alert_at(c, alert, &is, e);

    if (rc == ERR_OK)
        rc = candidate_of(c, alert, &from, &placed, e);
    if (rc == ERR_OK && from != 0)
        rc = triage_candidate_open(c, from, &was, e);
    if (rc == ERR_OK)
        rc = put_placed(c, alert, into, e);
    if (rc == ERR_OK && from != 0 && from != into)
        rc = placed ? recount(c, from, e) : group_anew(c->db, from, e);
    return rc == ERR_OK ? act_on(c, "alert", alert, e) : rc;
}

static int new_candidate(struct act_call *c, int64_t *id, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_GROUP_OPEN);
    int rc;

    db_int(r, 1, c->now_ns);
    rc = db_run(c->db, r, e);
    *id = db_key(c->db);
    return rc;
}

static int place(struct act_call *c, struct err *e)
{
    struct triage_candidate at = { 0 };
    size_t count;
    const int64_t *alert = act_ids(c, "alerts", &count);
    int rc = act_has(c, "candidate") ? triage_candidate_open(c, act_int(c, "candidate"), &at, e)
                                     : new_candidate(c, &at.id, e);

    if (rc == ERR_OK && at.alerts + (int64_t)count > GROUP_ALERTS_MAX)
        rc = act_conflict(e, "A candidate has at most %d alerts.", GROUP_ALERTS_MAX);
    for (size_t i = 0; i < count && rc == ERR_OK; i++)
        rc = place_one(c, alert[i], at.id, e);
    if (rc == ERR_OK)
        rc = recount(c, at.id, e);
    if (rc == ERR_OK)
        rc = act_on(c, "candidate", at.id, e);
    if (rc == ERR_OK)
        buf_fmt(c->answer, ",\"candidate\":%lld", (long long)at.id);
    return rc;
}

static int free_one(struct act_call *c, int64_t alert, struct err *e)
{
    static const enum db_statement steps[] = { DB_CANDIDATE_FREE, DB_CANDIDATE_WAIT };
    int64_t from = 0;
    struct db_row *r;
    bool placed;
    int rc = candidate_of(c, alert, &from, &placed, e);

    if (rc == ERR_OK && !placed)
        rc = act_conflict(e, "Nobody placed alert %lld.", (long long)alert);
    for (size_t i = 0; i < COUNT_OF(steps) && rc == ERR_OK; i++) {
        r = db_use(c->db, steps[i]);
        db_int(r, 1, alert);
        rc = db_run(c->db, r, e);
    }
    if (rc == ERR_OK)
        rc = recount(c, from, e);
    return rc == ERR_OK ? act_on(c, "alert", alert, e) : rc;
}

static int set_free(struct act_call *c, struct err *e)
{
    size_t count;
    const int64_t *alert = act_ids(c, "alerts", &count);
    int rc = ERR_OK;

    for (size_t i = 0; i < count && rc == ERR_OK; i++)
        rc = free_one(c, alert[i], e);
    return rc;
}

#define CANDIDATE                                                                                  \
    {                                                                                              \
        "candidate", ACT_ID, true, 0, NULL, "its number"                                           \
    }
#define ALERTS                                                                                     \
    {                                                                                              \
        "alerts", ACT_IDS, true, 0, NULL, "their numbers"                                          \
    }

const struct act_row triage_candidate[] = {
    { "candidate.dismiss",
      ROLES_DESK,
      "It is no incident; its open alerts are decided.",
      dismiss,
      { CANDIDATE,
        { "verdict", ACT_CHOICE, true, 0, triage_verdicts, "what they are" },
        { "cause", ACT_CHOICE, false, 0, triage_causes,
          "whose doing it is that there were alerts" },
        { "reason", ACT_TEXT, true, 4000, NULL, "why" } } },
    { "candidate.restore",
      ROLES_DESK,
      "It was dismissed too early; alerts that were decided stay so.",
      restore,
      { CANDIDATE, { "reason", ACT_TEXT, true, 4000, NULL, "why" } } },
    { "candidate.join",
      ROLES_DESK,
      "Two are one, under the older number.",
      join,
      { CANDIDATE,
        { "with", ACT_ID, true, 0, NULL, "the other's number" },
        { "reason", ACT_TEXT, true, 4000, NULL, "why" } } },
    { "candidate.place",
      ROLES_DESK,
      "These alerts belong there, whatever they have in common with others.",
      place,
      { ALERTS,
        { "candidate", ACT_ID, false, 0, NULL, "where; without it: a new one" },
        { "reason", ACT_TEXT, true, 4000, NULL, "why" } } },
    { "candidate.free",
      ROLES_DESK,
      "Alerts that were placed find their candidates by themselves again.",
      set_free,
      { ALERTS } },
};
