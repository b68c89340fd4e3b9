/*
 * general.c - an incident's way.
 *
 *   detect ─▶ triage ─▶ contain ─▶ eradicate ─▶ recover ─▶ closed (cause, result) ─▶ reopened:
 * triage
 *
 * Any of the open stages may follow any other: what was thought to be over comes back.
 */
#include "incident/incident_own.h"
#include "people/people.h"
#include "triage/triage.h"

#include "act/key.h"

static const char *const stages[] = {
#define X(name, vi) name,
    INCIDENT_STAGE_TABLE(X)
#undef X
        NULL
};
static const char *const told_by[] = {
    "phone", "letter", "mail", "police", "citizen", "own", NULL
};

/* --- opening -------------------------------------------------------------------------------- */

/* When it was told: T0 of an incident without alerts. */
static int told_at(struct act_call *c, int64_t came_ns, int64_t *t0_ns, struct err *e)
{
    *t0_ns = act_has(c, "detected") ? act_int(c, "detected") : came_ns != 0 ? came_ns : c->now_ns;
    if (*t0_ns > c->now_ns)
        return err_set(e, ERR_USAGE, 0, "detected: This is still to come.");
    return act_has(c, "channel") || act_has(c, "letter")
               ? ERR_OK
               : err_set(e, ERR_USAGE, 0, "channel: Without alerts it must be said who told it.");
}

static int from_alerts(struct act_call *c, int64_t *t0_ns, struct err *e)
{
    if (act_has(c, "detected"))
        return err_set(e, ERR_USAGE, 0, "detected: Alerts say themselves when they were made.");
    return incident_alerts_first(c, incident_alerts_named(c, "alerts"), t0_ns, e);
}

/* A letter says it: its channel is that, whatever brought it. */
static int by_letter(struct act_call *c, struct incident_new *n, int64_t *came_ns, struct err *e)
{
    static const struct span letter = { (const uint8_t *)"letter", 6 };

    if (act_has(c, "channel") && !span_eq(n->channel, letter))
        return err_set(e, ERR_USAGE, 0, "channel: It was told by letter.");
    n->channel = letter;
    return incident_letter_told(c, act_int(c, "letter"), came_ns, e);
}

static int open_it(struct act_call *c, struct err *e)
{
    struct incident_new n = { .title = act_text(c, "title"),
                              .type = act_text(c, "type"),
                              .severity = act_text(c, "severity"),
                              .channel = act_text(c, "channel"),
                              .summary = act_text(c, "summary"),
                              .source = act_has(c, "alerts") ? "alert" : "told",
                              .level = (unsigned)act_int(c, "level") };
    char room[PEOPLE_NAME_MAX + 1];
    int64_t id = 0, came = 0;
    int rc = people_given(c, "owner", room, &n.owner, e);

    if (rc == ERR_OK && act_has(c, "letter"))
        rc = by_letter(c, &n, &came, e);
    if (rc == ERR_OK)
        rc = act_has(c, "alerts") ? from_alerts(c, &n.t0_ns, e) : told_at(c, came, &n.t0_ns, e);
    if (rc == ERR_OK)
        rc = incident_make(c, &n, &id, e);
    if (rc == ERR_OK && act_has(c, "letter"))
        rc = incident_letter_tie(c, act_int(c, "letter"), id, e);
    return rc == ERR_OK && act_has(c, "alerts")
               ? incident_alerts_take(c, incident_alerts_named(c, "alerts"), id, e)
               : rc;
}

/* --- changing ------------------------------------------------------------------------------- */

static int put_change(struct act_call *c, const struct incident_at *at, struct span key,
                      struct span fact, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_INCIDENT_CHANGE);

    db_int(r, 1, at->id);
    incident_bind_text(r, 2, act_text(c, "title"));
    if (act_has(c, "title"))
        db_text(r, 3, key);
    incident_bind_text(r, 4, act_text(c, "type"));
    incident_bind_text(r, 5, act_text(c, "severity"));
    incident_bind_text(r, 6, act_text(c, "cause"));
    if (act_has(c, "facts"))
        db_text(r, 7, fact);
    if (act_has(c, "level"))
        db_int(r, 8, act_int(c, "level"));
    incident_bind_text(r, 9, act_text(c, "summary"));
    return db_run(c->db, r, e);
}

static int change_row(struct act_call *c, const struct incident_at *at, struct err *e)
{
    struct buf key, fact;
    int rc;

    buf_init(&key, 1 << 12);
    buf_init(&fact, INCIDENT_FACTS_BYTES);
    key_put(act_text(c, "title"), &key);
    rc = incident_facts_put(c, at->profile, &fact, e);
    if (rc == ERR_OK && (buf_failed(&key) || buf_failed(&fact)))
        rc = act_no_memory(e);
    if (rc == ERR_OK)
        rc = put_change(c, at, buf_span(&key), buf_span(&fact), e);
    buf_release(&key);
    buf_release(&fact);
    return rc;
}

static int check_codes(struct act_call *c, const struct incident_at *at, struct err *e)
{
    int rc = incident_knows(c, at, LEGAL_TYPE, "type", e);

    if (rc == ERR_OK)
        rc = incident_knows(c, at, LEGAL_SEVERITY, "severity", e);
    return rc == ERR_OK ? incident_knows(c, at, LEGAL_CAUSE, "cause", e) : rc;
}

static int change(struct act_call *c, struct err *e)
{
    struct incident_at at;
    int rc = incident_get_open(c, &at, e);

    if (rc == ERR_OK)
        rc = check_codes(c, &at, e);
    if (rc == ERR_OK)
        rc = act_changes(c, &incident_kind, at.id, e);
    if (rc == ERR_OK)
        rc = change_row(c, &at, e);
    if (rc == ERR_OK)
        rc = incident_clocks_follow(c, at.id, act_text(c, "reason"), e);
    return rc == ERR_OK && act_has(c, "reason")
               ? incident_note(c, "incident", at.id, act_text(c, "reason"), e)
               : rc;
}

static int each_system(struct act_call *c, int64_t incident, const char *name, enum db_statement s,
                       struct err *e)
{
    size_t count;
    const int64_t *system = act_ids(c, name, &count);
    int rc = ERR_OK;

    for (size_t i = 0; i < count && rc == ERR_OK; i++) {
        struct db_row *r;

        rc = act_is_there(c->db, DB_SYSTEM_IS, "system", system[i], e);
        if (rc != ERR_OK)
            break;
        r = db_use(c->db, s);
        db_int(r, 1, incident);
        db_int(r, 2, system[i]);
        rc = db_run(c->db, r, e);
        if (rc == ERR_OK && db_changed(c->db) == 0)
            rc = act_conflict(e, "System %lld %s.", (long long)system[i],
                              s == DB_INCIDENT_SYSTEM_ADD ? "is there already" : "is not there");
    }
    return rc;
}

static int systems(struct act_call *c, struct err *e)
{
    struct incident_at at;
    int rc = incident_get_open(c, &at, e);

    if (rc == ERR_OK && !act_has(c, "add") && !act_has(c, "remove"))
        rc = err_set(e, ERR_USAGE, 0, "add: Something to add or to remove is needed.");
    if (rc == ERR_OK)
        rc = each_system(c, at.id, "add", DB_INCIDENT_SYSTEM_ADD, e);
    if (rc == ERR_OK)
        rc = each_system(c, at.id, "remove", DB_INCIDENT_SYSTEM_DROP, e);
    return rc == ERR_OK ? act_on(c, "incident", at.id, e) : rc;
}

/* The law of the time that counts now. */
static int follow_profile(struct act_call *c, const struct incident_at *at, int64_t t0_ns,
                          struct err *e)
{
    const char *profile =
        c->legal != NULL ? c->legal->profile_at(c->legal->arg, t0_ns) : at->profile;
    struct db_row *r;

    if (profile == NULL)
        return act_conflict(e, "No law is known for the time of the detection.");
    r = db_use(c->db, DB_INCIDENT_PROFILE);
    db_int(r, 1, at->id);
    db_text(r, 2, span_of(profile));
    return db_run(c->db, r, e);
}

static int put_detection(struct act_call *c, const struct incident_at *at, int64_t t0_ns,
                         struct err *e)
{
    struct db_row *r = db_use(c->db, DB_DETECTION_ADD);

    db_int(r, 1, at->id);
    db_int(r, 2, c->id);
    db_int(r, 3, t0_ns);
    db_text(r, 4, act_text(c, "reason"));
    return db_run(c->db, r, e);
}

static int detected(struct act_call *c, struct err *e)
{
    struct incident_at at;
    int64_t t0 = act_int(c, "detected");
    int rc = incident_get_open(c, &at, e);

    if (rc == ERR_OK && t0 > at.opened_ns)
        rc = err_set(e, ERR_USAGE, 0, "detected: %s was opened before that.", at.number);
    if (rc == ERR_OK && t0 == at.t0_ns)
        rc = act_conflict(e, "It was detected then already.");
    if (rc == ERR_OK)
        rc = put_detection(c, &at, t0, e);
    if (rc == ERR_OK)
        rc = follow_profile(c, &at, t0, e);
    if (rc == ERR_OK)
        rc = act_on(c, "incident", at.id, e);
    return rc == ERR_OK ? incident_clocks_follow(c, at.id, act_text(c, "reason"), e) : rc;
}

static int stage(struct act_call *c, struct err *e)
{
    struct incident_at at;
    struct db_row *r;
    int rc = incident_get_open(c, &at, e);

    if (rc == ERR_OK && span_eq(span_of(at.state), act_text(c, "stage")))
        rc = act_conflict(e, "%s is at that stage.", at.number);
    if (rc == ERR_OK)
        rc = act_changes(c, &incident_kind, at.id, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_INCIDENT_STAGE);
    db_int(r, 1, at.id);
    db_text(r, 2, act_text(c, "stage"));
    rc = db_run(c->db, r, e);
    return rc == ERR_OK && act_has(c, "note")
               ? incident_note(c, "incident", at.id, act_text(c, "note"), e)
               : rc;
}

static int assign(struct act_call *c, struct err *e)
{
    char room[PEOPLE_NAME_MAX + 1];
    struct incident_at at;
    struct span to;
    struct db_row *r;
    int rc = incident_get_open(c, &at, e);

    if (rc == ERR_OK)
        rc = people_given(c, "to", room, &to, e);
    if (rc == ERR_OK)
        rc = act_changes(c, &incident_kind, at.id, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_INCIDENT_ASSIGN);
    db_int(r, 1, at.id);
    db_text(r, 2, to);
    return db_run(c->db, r, e);
}

static int note(struct act_call *c, struct err *e)
{
    struct incident_at at;
    int rc = incident_get(c, act_int(c, "incident"), &at, e);

    if (rc == ERR_OK)
        rc = act_on(c, "incident", at.id, e);
    return rc == ERR_OK ? incident_note(c, "incident", at.id, act_text(c, "text"), e) : rc;
}

/* Something of the house goes out: so it is an act. */
static int quick(struct act_call *c, struct err *e)
{
    int64_t id = act_int(c, "incident");
    struct buf page, message;
    int rc;

    buf_init(&page, ACT_ANSWER_MAX / 2);
    buf_init(&message, 8192);
    rc = incident_quick(c->db, c->legal, id, c->now_ns, &page, &message, e);
    if (rc == ERR_OK) { /* its members are the answer's */
        MUST(page.n > 2 && page.p[0] == '{' && page.p[page.n - 1] == '}');
        buf_byte(c->answer, ',');
        buf_add(c->answer, (struct span){ page.p + 1, page.n - 2 });
        rc = act_on(c, "incident", id, e);
    }
    buf_release(&page);
    buf_release(&message);
    return rc;
}

/* --- rows ----------------------------------------------------------------------------------- */

#define INCIDENT                                                                                   \
    {                                                                                              \
        "incident", ACT_ID, true, 0, NULL, "its number"                                            \
    }
#define REASON(required)                                                                           \
    {                                                                                              \
        "reason", ACT_TEXT, required, 4000, NULL, "why"                                            \
    }
#define TITLE(required)                                                                            \
    {                                                                                              \
        "title", ACT_TEXT, required, INCIDENT_LINE_MAX, NULL, "what happened, in a line"           \
    }
#define TYPE(required)                                                                             \
    {                                                                                              \
        "type", ACT_TEXT, required, LEGAL_CODE_MAX, NULL, "its code in the law"                    \
    }
#define SEVERITY(required)                                                                         \
    {                                                                                              \
        "severity", ACT_TEXT, required, LEGAL_CODE_MAX, NULL, "its code in the law"                \
    }
#define FACTS                                                                                      \
    {                                                                                              \
        "facts", ACT_TEXT, false, INCIDENT_FACTS_BYTES, NULL,                                      \
            "codes in the law of what clocks depend on; none"                                      \
    }
#define LEVEL                                                                                      \
    {                                                                                              \
        "level", ACT_INTEGER, false, 5, NULL, "of the gravest system at T0; 0: not known"          \
    }
#define SUMMARY                                                                                    \
    {                                                                                              \
        "summary", ACT_TEXT, false, INCIDENT_TEXT_MAX, NULL, "what is known so far"                \
    }

const struct act_row incident_general[] = {
    { "incident.open",
      ROLES_HOUSE,
      "Something happened: from alerts, or as it was told.",
      open_it,
      { TITLE(true),
        TYPE(true),
        SEVERITY(true),
        { "alerts", ACT_IDS, false, 0, NULL, "the alerts that show it" },
        { "detected", ACT_TIME, false, 0, NULL, "when it was told; without it: now" },
        { "channel", ACT_CHOICE, false, 0, told_by, "who told it" },
        { "letter", ACT_ID, false, 0, NULL,
          "the official letter that told it, by its number here" },
        { "systems", ACT_IDS, false, 0, NULL, "what systems it touches" },
        LEVEL,
        FACTS,
        SUMMARY,
        { "owner", ACT_TEXT, false, 64, NULL, "whose it is; without it: who opens it" } } },
    { "incident.change",
      ROLES_HOUSE,
      "It is something else than was thought; its clocks follow.",
      change,
      { INCIDENT,
        TITLE(false),
        TYPE(false),
        SEVERITY(false),
        { "cause", ACT_TEXT, false, LEGAL_CODE_MAX, NULL, "its code in the law" },
        LEVEL,
        FACTS,
        SUMMARY,
        REASON(false) } },
    { "incident.systems",
      ROLES_HOUSE,
      "It touches other systems than was thought.",
      systems,
      { INCIDENT,
        { "add", ACT_IDS, false, 0, NULL, "further systems" },
        { "remove", ACT_IDS, false, 0, NULL, "those it does not touch" } } },
    { "incident.detected",
      ROLE_BIT(LEAD) | ROLE_BIT(OFFICER),
      "Add that it was detected at another time; what was said before stays.",
      detected,
      { INCIDENT, { "detected", ACT_TIME, true, 0, NULL, "when it was" }, REASON(true) } },
    { "incident.stage",
      ROLES_HOUSE,
      "It is at another stage.",
      stage,
      { INCIDENT,
        { "stage", ACT_CHOICE, true, 0, stages, "which" },
        { "note", ACT_TEXT, false, 10000, NULL, "what was done" } } },
    { "incident.assign",
      ROLES_HOUSE,
      "Give it to somebody; without `to`: take it.",
      assign,
      { INCIDENT, { "to", ACT_TEXT, false, 64, NULL, "the user's name" } } },
    { "incident.note",
      ROLES_HOUSE,
      "Write a note on it; notes are never changed.",
      note,
      { INCIDENT, { "text", ACT_TEXT, true, 10000, NULL, "the note" } } },
    { "incident.quick",
      ROLES_HOUSE,
      "The quick report: a message of at most 300 characters, and the law's words for its page.",
      quick,
      { INCIDENT } },
    { "incident.close",
      ROLES_HOUSE,
      "It is over; its open alerts are decided.",
      incident_close,
      { INCIDENT,
        { "cause", ACT_TEXT, true, LEGAL_CODE_MAX, NULL, "its code in the law" },
        { "result", ACT_TEXT, true, INCIDENT_TEXT_MAX, NULL, "what was done, what came of it" },
        { "why", ACT_TEXT, false, INCIDENT_TEXT_MAX, NULL, "the cause in words" },
        { "scope", ACT_TEXT, false, INCIDENT_TEXT_MAX, NULL, "what it touched, what it did" },
        { "machines", ACT_INTEGER, false, 1000000, NULL, "how many machines" },
        { "outage", ACT_INTEGER, false, 10000000, NULL, "minutes without service" },
        { "damage", ACT_INTEGER, false, INT64_C(1000000000000000), NULL, "in dong" },
        { "skip", ACT_TEXT, false, 4000, NULL, "why tasks that are open are not done" },
        { "unsent", ACT_TEXT, false, 4000, NULL, "why clocks that run are not answered" },
        { "verdict", ACT_CHOICE, false, 0, triage_verdicts,
          "on its alerts; usually true-positive" } } },
    { "incident.reopen",
      ROLES_HOUSE,
      "It is not over.",
      incident_reopen,
      { INCIDENT, REASON(true) } },
};
