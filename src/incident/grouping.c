/*
 * grouping.c - which alerts are of which incident; two that are one, one that is two.
 */
#include "incident/incident_own.h"
#include "triage/triage.h"

#include "base/utf.h"

struct incident_alerts incident_alerts_named(struct act_call *c, const char *name)
{
    struct incident_alerts a;

    a.id = act_ids(c, name, &a.count);
    return a;
}

int incident_alerts_first(struct act_call *c, struct incident_alerts a, int64_t *first_ns,
                          struct err *e)
{
    struct triage_alert at;

    *first_ns = INT64_MAX;
    for (size_t i = 0; i < a.count; i++) {
        int rc = triage_alert_at(c, a.id[i], &at, e);

        if (rc != ERR_OK)
            return rc;
        *first_ns = at.made_ns < *first_ns ? at.made_ns : *first_ns;
    }
    return ERR_OK;
}

/* --- taking, leaving ------------------------------------------------------------------------ */

static int take_one(struct act_call *c, int64_t alert, int64_t incident, struct err *e)
{
    struct db_row *r;
    int rc = act_changes(c, &triage_alert_kind, alert, e);

    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_INCIDENT_ALERT_TAKE);
    db_int(r, 1, alert);
    db_int(r, 2, incident);
    db_int(r, 3, c->now_ns);
    db_text(r, 4, c->who->name);
    return db_run(c->db, r, e);
}

int incident_alerts_take(struct act_call *c, struct incident_alerts a, int64_t incident,
                         struct err *e)
{
    int rc = ERR_OK;

    act_touches_alerts(c);
    for (size_t i = 0; i < a.count && rc == ERR_OK; i++) {
        struct triage_alert at;

        rc = triage_alert_at(c, a.id[i], &at, e);
        if (rc == ERR_OK && at.incident != 0)
            rc = act_conflict(e, "Alert %lld is of incident %lld already.", (long long)a.id[i],
                              (long long)at.incident);
        if (rc == ERR_OK && strcmp(at.state, "withdrawn") == 0)
            rc = act_conflict(e, "Alert %lld is withdrawn.", (long long)a.id[i]);
        if (rc == ERR_OK)
            rc = take_one(c, a.id[i], incident, e);
    }
    return rc;
}

static int leave_one(struct act_call *c, int64_t alert, const struct incident_at *of, struct err *e)
{
    struct triage_alert at;
    struct db_row *r;
    int rc = triage_alert_at(c, alert, &at, e);

    if (rc == ERR_OK && at.incident != of->id)
        rc = act_conflict(e, "Alert %lld is not of %s.", (long long)alert, of->number);
    if (rc == ERR_OK)
        rc = act_changes(c, &triage_alert_kind, alert, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_INCIDENT_ALERT_LEAVE);
    db_int(r, 1, alert);
    return db_run(c->db, r, e);
}

static int leave(struct act_call *c, const char *name, const struct incident_at *of, struct err *e)
{
    size_t count;
    const int64_t *id = act_ids(c, name, &count);
    int rc = ERR_OK;

    act_touches_alerts(c);
    for (size_t i = 0; i < count && rc == ERR_OK; i++)
        rc = leave_one(c, id[i], of, e);
    return rc;
}

/* Somebody made one of these earlier than the incident is said to have been detected: who corrects
 * that gives his reason (incident.detected). */
static int tell_earlier(struct act_call *c, const struct incident_at *at, struct err *e)
{
    int64_t first;
    int rc = incident_alerts_first(c, incident_alerts_named(c, "add"), &first, e);

    buf_text(c->answer, rc == ERR_OK && first < at->t0_ns ? ",\"earlier\":true" : "");
    return rc;
}

static int change_alerts(struct act_call *c, struct err *e)
{
    struct incident_at at;
    int rc = incident_get_open(c, &at, e);

    if (rc == ERR_OK && !act_has(c, "add") && !act_has(c, "remove"))
        rc = err_set(e, ERR_USAGE, 0, "add: Something to add or to remove is needed.");
    if (rc == ERR_OK)
        rc = leave(c, "remove", &at, e);
    if (rc == ERR_OK)
        rc = incident_alerts_take(c, incident_alerts_named(c, "add"), at.id, e);
    if (rc == ERR_OK && act_has(c, "add"))
        rc = tell_earlier(c, &at, e);
    /* its history; that the alerts can be put back is what undoing needs */
    return rc == ERR_OK ? act_changes(c, &incident_kind, at.id, e) : rc;
}

static int escalate_new(struct act_call *c, struct incident_alerts a, int64_t *id, struct err *e)
{
    struct incident_new n = { .title = act_text(c, "title"),
                              .type = act_text(c, "type"),
                              .severity = act_text(c, "severity"),
                              .owner = c->who->name,
                              .source = "alert",
                              .level = (unsigned)act_int(c, "level") };
    int rc = ERR_OK;

    if (!act_has(c, "title") || !act_has(c, "type") || !act_has(c, "severity"))
        rc = err_set(e, ERR_USAGE, 0, "title: A new incident needs title, type and severity.");
    if (rc == ERR_OK)
        rc = incident_alerts_first(c, a, &n.t0_ns, e);
    if (rc == ERR_OK)
        rc = incident_make(c, &n, id, e);
    return rc == ERR_OK ? incident_alerts_take(c, a, *id, e) : rc;
}

static int escalate_to(struct act_call *c, struct incident_alerts a, int64_t *id, struct err *e)
{
    struct incident_at at;
    int rc = incident_get_open(c, &at, e);

    *id = at.id;
    if (rc == ERR_OK)
        rc = incident_alerts_take(c, a, at.id, e);
    return rc == ERR_OK ? act_changes(c, &incident_kind, at.id, e) : rc;
}

/* Into the incident that was given, or a new one: *id. */
static int escalate_these(struct act_call *c, struct incident_alerts a, int64_t *id, struct err *e)
{
    return act_has(c, "incident") ? escalate_to(c, a, id, e) : escalate_new(c, a, id, e);
}

static int escalate(struct act_call *c, struct err *e)
{
    int64_t id = 0;

    return escalate_these(c, incident_alerts_named(c, "alerts"), &id, e);
}

static int put_escalated(struct act_call *c, int64_t candidate, int64_t incident, struct err *e)
{
    struct db_row *r;
    int rc = act_changes(c, &triage_candidate_kind, candidate, e);

    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_CANDIDATE_ESCALATE);
    db_int(r, 1, candidate);
    db_int(r, 2, incident);
    db_text(r, 3, c->who->name);
    db_int(r, 4, c->now_ns);
    return db_run(c->db, r, e);
}

/* Its alerts that nobody decided yet. */
static int escalate_candidate(struct act_call *c, struct err *e)
{
    int64_t alert[TRIAGE_CANDIDATE_MAX], id = 0;
    struct incident_alerts a = { .id = alert };
    struct triage_candidate at;
    int rc = triage_candidate_open(c, act_int(c, "candidate"), &at, e);

    if (rc == ERR_OK)
        rc = triage_candidate_alerts(c, at.id, alert, &a.count, e);
    if (rc == ERR_OK && a.count == 0)
        rc = act_conflict(e, "All alerts of candidate %lld are decided, or of incidents.",
                          (long long)at.id);
    if (rc == ERR_OK)
        rc = escalate_these(c, a, &id, e);
    if (rc == ERR_OK)
        rc = put_escalated(c, at.id, id, e);
    if (rc == ERR_OK)
        buf_fmt(c->answer, ",\"alerts\":%zu", a.count);
    return rc;
}

/* --- merging -------------------------------------------------------------------------------- */

static void bind_into(const struct act_call *c, const void *into, struct db_row *r)
{
    (void)c;
    db_int(r, 5, *(const int64_t *)into);
}

/* All alerts of one into the other, a slice of them at a time. */
static int move_alerts(struct act_call *c, int64_t from, int64_t into, struct err *e)
{
    const struct incident_slice s = { DB_INCIDENT_ALERTS_TELL, DB_INCIDENT_ALERTS_MOVE, from,
                                      bind_into, &into };
    bool more = false;
    int rc = incident_slice(c, &s, &more, e);

    if (more) {
        act_rest(c, "incident", from);
        act_rest(c, "incident", into);
    }
    return rc;
}

int incident_merge_rest(struct act_call *c, struct err *e)
{
    return move_alerts(c, act_int(c, "incident"), act_int(c, "into"), e);
}

static int run_two(struct act_call *c, enum db_statement s, int64_t from, int64_t into,
                   struct err *e)
{
    struct db_row *r = db_use(c->db, s);

    db_int(r, 1, from);
    db_int(r, 2, into);
    return db_run(c->db, r, e);
}

static int drop_repeated(struct act_call *c, int64_t from, int64_t into, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_OBSERVABLES_REPEATED);

    db_int(r, 1, from);
    db_int(r, 2, into);
    db_int(r, 3, c->id);
    return db_run(c->db, r, e);
}

/* A clock that runs must have one in the other that takes its place. */
static int check_clocks(struct act_call *c, const struct incident_at *from,
                        const struct incident_at *into, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_CLOCK_LACKS);
    struct span vi;
    int rc;

    db_int(r, 1, from->id);
    db_int(r, 2, into->id);
    rc = db_next(c->db, r, e);
    if (rc <= 0)
        return rc;
    vi = utf8_cut(db_get_text(r, 0), 80);
    rc =
        act_conflict(e, "%s has no clock as one that runs for %s: %.*s. Change its severity first.",
                     into->number, from->number, SPAN_ARG(vi));
    db_end(r);
    return rc;
}

/* The earlier detection counts for both. */
static int take_detection(struct act_call *c, const struct incident_at *from,
                          const struct incident_at *into, struct span why, struct err *e)
{
    struct db_row *r;
    int rc;

    if (from->t0_ns >= into->t0_ns)
        return ERR_OK;
    r = db_use(c->db, DB_DETECTION_ADD);
    db_int(r, 1, into->id);
    db_int(r, 2, c->id);
    db_int(r, 3, from->t0_ns);
    db_text(r, 4, why);
    rc = db_run(c->db, r, e);
    return rc == ERR_OK ? incident_clocks_follow(c, into->id, why, e) : rc;
}

/* Steps that the other has, too. */
static int skip_repeated(struct act_call *c, int64_t from, struct span why, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_TASKS_REPEATED);

    db_int(r, 1, from);
    db_text(r, 3, c->who->name);
    db_int(r, 4, c->now_ns);
    db_text(r, 5, why);
    return db_run(c->db, r, e);
}

static int merge_rows(struct act_call *c, const struct incident_at *from,
                      const struct incident_at *into, struct span why, struct err *e)
{
    static const enum db_statement moves[] = { DB_INCIDENT_SYSTEMS_TAKE, DB_OBSERVABLES_MOVE,
                                               DB_TASKS_MERGE, DB_INCIDENT_FOLLOW_MERGE,
                                               DB_INCIDENT_MERGE };
    int rc = move_alerts(c, from->id, into->id, e);

    if (rc == ERR_OK)
        rc = incident_clocks_end(c, from->id, why, e);
    if (rc == ERR_OK)
        rc = take_detection(c, from, into, why, e);
    if (rc == ERR_OK)
        rc = drop_repeated(c, from->id, into->id, e);
    for (size_t i = 0; i < COUNT_OF(moves) && rc == ERR_OK; i++)
        rc = run_two(c, moves[i], from->id, into->id, e);
    return rc == ERR_OK ? skip_repeated(c, from->id, why, e) : rc;
}

/* Alerts, systems, observables and tasks that are open go over; what was done, sent, written and
 * kept as proof stays where it is, and is seen from there. */
static int merge(struct act_call *c, struct err *e)
{
    struct incident_at from, into;
    struct buf why;
    int rc = incident_get_open(c, &from, e);

    if (rc == ERR_OK)
        rc = incident_get(c, act_int(c, "into"), &into, e);
    if (rc == ERR_OK && (incident_is_over(&into) || from.id == into.id))
        rc = act_conflict(e, "Nothing can be merged into %s.", into.number);
    if (rc == ERR_OK)
        rc = check_clocks(c, &from, &into, e);
    if (rc != ERR_OK)
        return rc;
    buf_init(&why, INCIDENT_TEXT_MAX);
    buf_fmt(&why, "%s, %s: ", from.number, into.number);
    buf_add(&why, act_text(c, "reason"));
    rc = buf_failed(&why) ? act_no_memory(e) : merge_rows(c, &from, &into, buf_span(&why), e);
    if (rc == ERR_OK)
        rc = incident_note(c, "incident", into.id, buf_span(&why), e);
    buf_release(&why);
    if (rc == ERR_OK)
        rc = act_on(c, "incident", from.id, e);
    return rc == ERR_OK ? act_on(c, "incident", into.id, e) : rc;
}

/* --- splitting ------------------------------------------------------------------------------ */

static int split(struct act_call *c, struct err *e)
{
    struct incident_at at;
    struct incident_new n = { .title = act_text(c, "title"),
                              .owner = c->who->name,
                              .source = "alert" };
    int64_t id = 0;
    int rc = incident_get_open(c, &at, e);

    if (rc == ERR_OK)
        rc = incident_alerts_first(c, incident_alerts_named(c, "alerts"), &n.t0_ns, e);
    if (rc == ERR_OK)
        rc = leave(c, "alerts", &at, e);
    if (rc != ERR_OK)
        return rc;
    n.type = act_has(c, "type") ? act_text(c, "type") : span_of(at.type);
    n.severity = act_has(c, "severity") ? act_text(c, "severity") : span_of(at.severity);
    n.level = act_has(c, "level") ? (unsigned)act_int(c, "level") : at.level;
    n.split = at.id;
    rc = incident_make(c, &n, &id, e);
    if (rc == ERR_OK)
        rc = incident_alerts_take(c, incident_alerts_named(c, "alerts"), id, e);
    if (rc == ERR_OK)
        rc = incident_note(c, "incident", at.id, act_text(c, "reason"), e);
    return rc == ERR_OK ? act_on(c, "incident", at.id, e) : rc;
}

/* --- rows ----------------------------------------------------------------------------------- */

#define INCIDENT                                                                                   \
    {                                                                                              \
        "incident", ACT_ID, true, 0, NULL, "its number"                                            \
    }
#define REASON                                                                                     \
    {                                                                                              \
        "reason", ACT_TEXT, true, 4000, NULL, "why"                                                \
    }
#define CODES                                                                                      \
    { "title", ACT_TEXT, false, INCIDENT_LINE_MAX, NULL, "what happened, in a line" },             \
        { "type", ACT_TEXT, false, LEGAL_CODE_MAX, NULL, "its code in the law" },                  \
        { "severity", ACT_TEXT, false, LEGAL_CODE_MAX, NULL, "its code in the law" },              \
        { "level", ACT_INTEGER, false, 5, NULL, "of the gravest system at T0; 0: not known" },     \
    {                                                                                              \
        "facts", ACT_TEXT, false, INCIDENT_FACTS_BYTES, NULL,                                      \
            "codes in the law of what clocks depend on; none"                                      \
    }
#define SYSTEMS                                                                                    \
    {                                                                                              \
        "systems", ACT_IDS, false, 0, NULL, "what systems it touches"                              \
    }

const struct act_row incident_alert[] = {
    { "incident.alerts",
      ROLES_HOUSE,
      "Other alerts show it than was thought.",
      change_alerts,
      { INCIDENT,
        { "add", ACT_IDS, false, 0, NULL, "further alerts" },
        { "remove", ACT_IDS, false, 0, NULL, "those that do not show it" } } },
    { "incident.merge",
      ROLES_HOUSE,
      "Two are one: this one goes on in another.",
      merge,
      { INCIDENT, { "into", ACT_ID, true, 0, NULL, "the one that goes on" }, REASON } },
    { "incident.split",
      ROLES_HOUSE,
      "One is two: some of its alerts are a new one.",
      split,
      { INCIDENT,
        { "alerts", ACT_IDS, true, 0, NULL, "the alerts that show another" },
        CODES,
        SYSTEMS,
        REASON } },
    { "alert.escalate",
      ROLES_DESK,
      "They show an incident: a new one, or one that is there.",
      escalate,
      { { "alerts", ACT_IDS, true, 0, NULL, "their numbers" },
        { "incident", ACT_ID, false, 0, NULL,
          "the incident that they show; without it: a new one" },
        CODES,
        SYSTEMS } },
    { "candidate.escalate",
      ROLES_DESK,
      "It is an incident: a new one, or one that is there.",
      escalate_candidate,
      { { "candidate", ACT_ID, true, 0, NULL, "its number" },
        { "incident", ACT_ID, false, 0, NULL, "the incident that it is of; without it: a new one" },
        CODES,
        SYSTEMS } },
};
