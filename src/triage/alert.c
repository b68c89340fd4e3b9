/*
 * alert.c - what people do to alerts.
 *
 *   new ─▶ acknowledged ─▶ investigating ─▶ closed (verdict, reason) ─▶ reopened: investigating
 *
 * Any of the open states may follow any other; who closes has looked. An alert that nobody has is
 * then of who acts on it.
 */
#include "triage/triage.h"
#include "act/key.h"
#include "desk/alerts.h"
#include "people/people.h"
#include "sigma/rule.h"

const char *const triage_levels[] = { "informational", "low", "medium", "high", "critical", NULL };
const char *const triage_verdicts[] = { "true-positive",
                                        "benign-true-positive",
                                        "false-positive",
                                        "duplicate",
                                        "test",
                                        "undetermined",
                                        NULL };
/* Whose doing it is that there was an alert (the verdicts of d3sre's process, desk.md section 4).
 */
const char *const triage_causes[] = { "rule",    "announced", "indicator", "source",
                                      "attempt", "incident",  NULL };
static const char *const channels[] = {
    "phone", "letter", "mail", "police", "citizen", "own", NULL
};

const struct act_kind triage_alert_kind = { "alert", DB_ALERT_STATE, DB_ALERT_STATE_PUT };

int triage_alert_at(struct act_call *c, int64_t id, struct triage_alert *out, struct err *e)
{
    struct db_row *r;
    struct span state;
    int rc = act_find_row(c->db, DB_ALERT_IS, "alert", id, &r, e);

    if (rc != ERR_OK)
        return rc;
    state = db_get_text(r, 0);
    MUST(state.n < sizeof(out->state));
    memcpy(out->state, state.p, state.n);
    out->state[state.n] = '\0';
    out->hidden = !db_get_null(r, 5);
    out->incident = db_get_null(r, 6) ? 0 : db_get_int(r, 6);
    out->made_ns = db_get_int(r, 7);
    db_end(r);
    return out->incident != 0 ? act_free(c, "incident", out->incident, e) : ERR_OK;
}

int triage_note(struct act_call *c, int64_t alert, struct span text, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_NOTE_ADD);

    db_int(r, 1, c->id);
    db_text(r, 2, SPAN_LIT("alert"));
    db_int(r, 3, alert);
    db_text(r, 4, text);
    return db_run(c->db, r, e);
}

/* --- acts on several ------------------------------------------------------------------------ */

bool triage_is_over(const char *state)
{
    return strcmp(state, "closed") == 0 || strcmp(state, "withdrawn") == 0;
}

/* The next of the alerts of this act, about to be changed by statement `s`: NULL at the end and on
 * a fault. */
struct each {
    struct act_call *c;
    const int64_t *id;
    size_t count, at;
    bool over; /* they must be over, or must not be */
    int rc;
};

static struct each each_of(struct act_call *c, bool over)
{
    struct each of = { .c = c, .over = over };

    of.id = act_ids(c, "alerts", &of.count);
    act_touches_alerts(c);
    return of;
}

static struct db_row *each_next(struct each *of, enum db_statement s, struct err *e)
{
    struct triage_alert alert;
    int64_t id;

    if (of->rc != ERR_OK || of->at == of->count)
        return NULL;
    id = of->id[of->at++];
    of->rc = triage_alert_at(of->c, id, &alert, e);
    if (of->rc == ERR_OK && triage_is_over(alert.state) != of->over)
        of->rc = act_conflict(e, "Alert %lld is %s.", (long long)id, alert.state);
    if (of->rc == ERR_OK)
        of->rc = act_changes(of->c, &triage_alert_kind, id, e);
    return of->rc == ERR_OK ? db_use(of->c->db, s) : NULL;
}

static void each_run(struct each *of, struct db_row *r, struct err *e)
{
    of->rc = db_run(of->c->db, r, e);
}

/* A note of this act on each alert, where one was given. */
static int notes(struct act_call *c, const char *name, struct err *e)
{
    size_t count;
    const int64_t *id = act_ids(c, "alerts", &count);
    int rc = ERR_OK;

    for (size_t i = 0; i < count && act_has(c, name) && rc == ERR_OK; i++)
        rc = triage_note(c, id[i], act_text(c, name), e);
    return rc;
}

static int acknowledge(struct act_call *c, struct err *e)
{
    struct each of = each_of(c, false);
    struct db_row *r;

    while ((r = each_next(&of, DB_ALERT_ACKNOWLEDGE, e)) != NULL) {
        db_int(r, 1, c->now_ns);
        db_text(r, 2, c->who->name);
        db_int(r, 3, of.id[of.at - 1]);
        each_run(&of, r, e);
    }
    return of.rc == ERR_OK ? notes(c, "note", e) : of.rc;
}

static int assign(struct act_call *c, struct err *e)
{
    struct each of = each_of(c, false);
    char room[PEOPLE_NAME_MAX + 1];
    struct span to;
    struct db_row *r;

    of.rc = people_given(c, "to", room, &to, e);
    while ((r = each_next(&of, DB_ALERT_ASSIGN, e)) != NULL) {
        db_text(r, 1, to);
        db_int(r, 2, of.id[of.at - 1]);
        each_run(&of, r, e);
    }
    return of.rc;
}

static int investigate(struct act_call *c, struct err *e)
{
    struct each of = each_of(c, false);
    struct db_row *r;

    while ((r = each_next(&of, DB_ALERT_INVESTIGATE, e)) != NULL) {
        db_int(r, 1, c->now_ns);
        db_text(r, 2, c->who->name);
        db_int(r, 3, of.id[of.at - 1]);
        each_run(&of, r, e);
    }
    return of.rc == ERR_OK ? notes(c, "note", e) : of.rc;
}

int triage_close(struct act_call *c, const int64_t *alert, size_t count, struct err *e)
{
    struct each of = { .c = c, .id = alert, .count = count };
    struct db_row *r;

    act_touches_alerts(c);
    while ((r = each_next(&of, DB_ALERT_DECIDE, e)) != NULL) {
        db_int(r, 1, c->now_ns);
        db_text(r, 2, c->who->name);
        db_text(r, 3, act_text(c, "verdict"));
        if (act_has(c, "cause"))
            db_text(r, 4, act_text(c, "cause"));
        db_text(r, 5, act_text(c, "reason"));
        db_int(r, 6, of.id[of.at - 1]);
        each_run(&of, r, e);
    }
    return of.rc;
}

static int close_them(struct act_call *c, struct err *e)
{
    size_t count;
    const int64_t *alert = act_ids(c, "alerts", &count);

    return triage_close(c, alert, count, e);
}

static int reopen(struct act_call *c, struct err *e)
{
    struct each of = each_of(c, true);
    struct db_row *r;

    while ((r = each_next(&of, DB_ALERT_REOPEN, e)) != NULL) {
        db_text(r, 1, c->who->name);
        db_int(r, 2, of.id[of.at - 1]);
        each_run(&of, r, e);
    }
    return of.rc == ERR_OK ? notes(c, "reason", e) : of.rc;
}

/* Hidden ones come back into the queue. */
static int unhide(struct act_call *c, struct err *e)
{
    struct each of = each_of(c, false);
    struct db_row *r;

    while ((r = each_next(&of, DB_ALERT_HIDE, e)) != NULL) {
        db_int(r, 2, of.id[of.at - 1]);
        each_run(&of, r, e);
    }
    return of.rc;
}

/* --- by hand -------------------------------------------------------------------------------- */

static int level_of(struct span name)
{
    int level = LEVEL_NONE;

    while (level <= LEVEL_CRITICAL && !span_eq(span_of(level_name((enum sigma_level)level)), name))
        level++;
    MUST(level <= LEVEL_CRITICAL);
    return level;
}

static int open_alert(struct act_call *c, struct err *e)
{
    int64_t when = act_has(c, "at") ? act_int(c, "at") : c->now_ns;
    struct buf key;
    struct db_row *r;
    int rc;

    if (when > c->now_ns)
        return err_set(e, ERR_USAGE, 0, "at: This is still to come.");
    buf_init(&key, 1 << 16);
    key_put(act_text(c, "entity"), &key);
    r = db_use(c->db, DB_ALERT_BY_HAND);
    db_text(r, 1, act_text(c, "title"));
    db_int(r, 2, level_of(act_text(c, "level")));
    db_text(r, 3, act_text(c, "entity"));
    db_text(r, 4, buf_span(&key));
    db_int(r, 5, when);
    db_int(r, 6, c->now_ns);
    db_text(r, 7, act_text(c, "channel"));
    rc = buf_failed(&key) ? act_no_memory(e) : act_made(c, r, "alert", e);
    buf_release(&key);
    return rc == ERR_OK ? triage_note(c, db_key(c->db), act_text(c, "text"), e) : rc;
}

#define ALERTS                                                                                     \
    {                                                                                              \
        "alerts", ACT_IDS, true, 0, NULL, "their numbers"                                          \
    }
#define NOTE                                                                                       \
    {                                                                                              \
        "note", ACT_TEXT, false, 10000, NULL, "a note on each"                                     \
    }

const struct act_row triage_alert[] = {
    { "alert.acknowledge",
      ROLES_DESK,
      "Somebody has seen them and is on it.",
      acknowledge,
      { ALERTS, NOTE } },
    { "alert.assign",
      ROLES_DESK,
      "Give them to somebody; without `to`: take them.",
      assign,
      { ALERTS, { "to", ACT_TEXT, false, 64, NULL, "the user's name" } } },
    { "alert.investigate", ROLES_DESK, "Somebody looks into them.", investigate, { ALERTS, NOTE } },
    { "alert.close",
      ROLES_DESK,
      "They are decided.",
      close_them,
      { ALERTS,
        { "verdict", ACT_CHOICE, true, 0, triage_verdicts, "what they are" },
        { "cause", ACT_CHOICE, false, 0, triage_causes,
          "whose doing it is that there was an alert" },
        { "reason", ACT_TEXT, true, 4000, NULL, "why" } } },
    { "alert.reopen",
      ROLES_DESK,
      "They were decided too early.",
      reopen,
      { ALERTS, { "reason", ACT_TEXT, true, 4000, NULL, "why" } } },
    { "alert.unhide", ROLES_DESK, "Bring hidden ones back into the queue.", unhide, { ALERTS } },
    { "alert.open",
      ROLES_HOUSE,
      "One that people told: by phone, letter, mail.",
      open_alert,
      { { "title", ACT_TEXT, true, ALERT_ENTITY_MAX, NULL, "what happened, in a line" },
        { "level", ACT_CHOICE, true, 0, triage_levels, "how grave" },
        { "entity", ACT_TEXT, true, ALERT_ENTITY_MAX, NULL, "the machine, user or system" },
        { "channel", ACT_CHOICE, true, 0, channels, "how it came" },
        { "at", ACT_TIME, false, 0, NULL, "when it happened; without it: now" },
        { "text", ACT_TEXT, true, 10000, NULL, "what was told, by whom" } } },
};
