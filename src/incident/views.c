/*
 * views.c - incidents as they are read: who has what, what runs out, what was sent and proven.
 */
#include "incident/incident_own.h"
#include "incident/observable.h"

static const char *const states[] = { "open",
#define X(name, vi) name,
                                      INCIDENT_STAGE_TABLE(X)
#undef X
                                          "closed",
                                      "merged", "any", NULL };
static const char *const line_kinds[] = {
    "event", "alert", "line", "act", "dispatch", "task", NULL
};
static const char *const phieu_states[] = { "out",      "late",     "draft",    "sent",
                                            "received", "answered", "returned", "checked",
                                            "closed",   "any",      NULL };

static const char *const directions[] = { "in", "out", NULL };
static const char *const letter_states[] = { "draft", "sent", "received", NULL };

static enum db_statement choose_incidents(const struct view_call *c)
{
    if (view_has(c, "system"))
        return DB_INCIDENTS_OF_SYSTEM;
    if (!view_has(c, "state") || span_eq(view_text(c, "state"), SPAN_LIT("open")))
        return DB_INCIDENTS_OPEN;
    return DB_INCIDENTS_ALL;
}

static enum db_statement choose_tasks(const struct view_call *c)
{
    return view_has(c, "incident") ? DB_TASKS_OF_INCIDENT : DB_TASKS_OPEN;
}

static enum db_statement choose_observables(const struct view_call *c)
{
    if (view_has(c, "incident"))
        return DB_OBSERVABLES_OF_INCIDENT;
    return view_has(c, "value") ? DB_OBSERVABLES_LIKE : DB_OBSERVABLES;
}

static enum db_statement choose_phieus(const struct view_call *c)
{
    if (view_has(c, "agency"))
        return DB_PHIEUS_OF_AGENCY;
    if (view_has(c, "state") && (span_eq(view_text(c, "state"), SPAN_LIT("out")) ||
                                 span_eq(view_text(c, "state"), SPAN_LIT("late"))))
        return DB_PHIEUS_OUT;
    return DB_PHIEUS_ALL;
}

#define INCIDENT_COLUMNS                                                                           \
    { "id", VIEW_AS_INTEGER }, { "number", VIEW_AS_TEXT }, { "title", VIEW_AS_TEXT },              \
        { "type", VIEW_AS_TEXT }, { "severity", VIEW_AS_TEXT }, { "state", VIEW_AS_TEXT },         \
        { "detected", VIEW_AS_TIME }, { "opened", VIEW_AS_TIME }, { "closed", VIEW_AS_TIME },      \
        { "owner", VIEW_AS_TEXT }, { "level", VIEW_AS_INTEGER },                                   \
        { "alert_count", VIEW_AS_INTEGER }, { "tasks_open", VIEW_AS_INTEGER },                     \
        { "clock_due", VIEW_AS_TIME }, { "systems", VIEW_AS_JSON },                                \
    {                                                                                              \
        "merged", VIEW_AS_INTEGER                                                                  \
    }
#define PHIEU_COLUMNS                                                                              \
    { "id", VIEW_AS_INTEGER }, { "number", VIEW_AS_TEXT }, { "kind", VIEW_AS_TEXT },               \
        { "agency", VIEW_AS_INTEGER }, { "system", VIEW_AS_INTEGER }, { "subject", VIEW_AS_TEXT }, \
        { "what", VIEW_AS_TEXT }, { "due", VIEW_AS_TIME }, { "state", VIEW_AS_TEXT },              \
        { "sent", VIEW_AS_TIME }, { "received", VIEW_AS_TIME }, { "answered", VIEW_AS_TIME },      \
        { "closed", VIEW_AS_TIME }, { "reminders", VIEW_AS_INTEGER }, { "late", VIEW_AS_FLAG },    \
    {                                                                                              \
        "incident", VIEW_AS_INTEGER                                                                \
    }
#define LETTER_COLUMNS                                                                             \
    { "id", VIEW_AS_INTEGER }, { "direction", VIEW_AS_TEXT }, { "number", VIEW_AS_TEXT },          \
        { "day", VIEW_AS_TEXT }, { "party", VIEW_AS_TEXT }, { "agency", VIEW_AS_INTEGER },         \
        { "subject", VIEW_AS_TEXT }, { "state", VIEW_AS_TEXT }, { "time", VIEW_AS_TIME },          \
        { "channel", VIEW_AS_TEXT }, { "signer", VIEW_AS_TEXT }, { "who", VIEW_AS_TEXT },          \
        { "incident", VIEW_AS_INTEGER }, { "phieu", VIEW_AS_INTEGER },                             \
        { "alert", VIEW_AS_INTEGER },                                                              \
    {                                                                                              \
        "answers", VIEW_AS_INTEGER                                                                 \
    }
#define FILE_COLUMNS                                                                               \
    { "file", VIEW_AS_TEXT }, { "sha256", VIEW_AS_TEXT }, { "bytes", VIEW_AS_INTEGER },            \
    {                                                                                              \
        "content", VIEW_AS_TEXT                                                                    \
    }
#define LIMIT(usual)                                                                               \
    {                                                                                              \
        "limit", VIEW_LIMIT, false, usual, NULL, "at most so many"                                 \
    }
#define NUMBER(what)                                                                               \
    {                                                                                              \
        what, VIEW_ID, true, 0, NULL, "its number"                                                 \
    }
#define KNOWN(what, type)                                                                          \
    {                                                                                              \
        what, type, false, 0, NULL, NULL                                                           \
    }

const struct view_row incident_views[] = {
    { "incident.list",
      ROLES_SEE,
      "The incidents, the newest first; without `state` those that are open.",
      DB_INCIDENTS_OPEN,
      choose_incidents,
      { { "state", VIEW_CHOICE, false, 0, states, "its stage; open: of any but the last" },
        { "type", VIEW_TEXT, false, LEGAL_CODE_MAX, NULL, "its code" },
        { "severity", VIEW_TEXT, false, LEGAL_CODE_MAX, NULL, "its code" },
        { "owner", VIEW_TEXT, false, 64, NULL, "whose it is" },
        { "system", VIEW_ID, false, 0, NULL, "of this system" },
        { "text", VIEW_KEY, false, 200, NULL, "in its title, without regard to case; its number" },
        { "since", VIEW_TIME, false, 0, NULL, "detected then or later" },
        { "below", VIEW_ID, false, 0, NULL, "numbered below: the last of those that are there" },
        LIMIT(100) },
      { INCIDENT_COLUMNS } },
    { "incident.show",
      ROLES_SEE,
      "An incident with all that belongs to it.",
      DB_INCIDENT_SHOW,
      NULL,
      { NUMBER("incident"), KNOWN("now", VIEW_NOW), LIMIT(1) },
      { INCIDENT_COLUMNS,
        { "cause", VIEW_AS_TEXT },
        { "facts", VIEW_AS_JSON },
        { "source", VIEW_AS_TEXT },
        { "profile", VIEW_AS_TEXT },
        { "summary", VIEW_AS_TEXT },
        { "result", VIEW_AS_TEXT },
        { "unsent", VIEW_AS_TEXT },
        { "split", VIEW_AS_INTEGER },
        { "detections", VIEW_AS_JSON },
        { "alerts", VIEW_AS_JSON },
        { "tasks", VIEW_AS_JSON },
        { "clocks", VIEW_AS_JSON },
        { "dispatches", VIEW_AS_JSON },
        { "observables", VIEW_AS_JSON },
        { "evidence", VIEW_AS_JSON },
        { "phieu", VIEW_AS_JSON } } },
    { "incident.timeline",
      ROLES_SEE,
      "Its course: events, alerts, lines of people, acts, what was sent, the oldest first.",
      DB_INCIDENT_TIMELINE,
      NULL,
      { NUMBER("incident"),
        { "kind", VIEW_CHOICE, false, 0, line_kinds, "only these" },
        LIMIT(1000) },
      { { "time", VIEW_AS_TIME },
        { "kind", VIEW_AS_TEXT },
        { "key", VIEW_AS_INTEGER },
        { "text", VIEW_AS_TEXT },
        { "who", VIEW_AS_TEXT },
        { "corrected", VIEW_AS_INTEGER },
        { "reason", VIEW_AS_TEXT } } },
    { "clock.list",
      ROLES_SEE,
      "The clocks that run, by the time that is left.",
      DB_CLOCKS_RUNNING,
      NULL,
      { KNOWN("now", VIEW_NOW),
        { "until", VIEW_TIME, false, 0, NULL, "due then or before" },
        LIMIT(200) },
      { { "id", VIEW_AS_INTEGER },
        { "incident", VIEW_AS_INTEGER | VIEW_ASIDE },
        { "number", VIEW_AS_TEXT },
        { "title", VIEW_AS_TEXT },
        { "severity", VIEW_AS_TEXT },
        { "clock", VIEW_AS_TEXT | VIEW_ASIDE },
        { "vi", VIEW_AS_TEXT },
        { "en", VIEW_AS_TEXT | VIEW_ASIDE },
        { "recipient", VIEW_AS_TEXT | VIEW_ASIDE },
        { "form", VIEW_AS_TEXT | VIEW_ASIDE },
        { "started", VIEW_AS_TIME | VIEW_ASIDE },
        { "due", VIEW_AS_TIME },
        { "left_s", VIEW_AS_SECONDS },
        { "late", VIEW_AS_FLAG },
        { "starts", VIEW_AS_TEXT | VIEW_ASIDE },
        { "sure", VIEW_AS_FLAG | VIEW_ASIDE } } },
    { "task.list",
      ROLES_SEE,
      "The tasks of an incident, or all that are open, by when they are due.",
      DB_TASKS_OPEN,
      choose_tasks,
      { KNOWN("now", VIEW_NOW),
        { "incident", VIEW_ID, false, 0, NULL, "of this incident" },
        { "doer", VIEW_TEXT, false, 64, NULL, "who is on it" },
        LIMIT(200) },
      { { "id", VIEW_AS_INTEGER },
        { "incident", VIEW_AS_INTEGER },
        { "of", VIEW_AS_TEXT },
        { "number", VIEW_AS_INTEGER },
        { "title", VIEW_AS_TEXT },
        { "phase", VIEW_AS_TEXT },
        { "role", VIEW_AS_TEXT },
        { "asks", VIEW_AS_TEXT },
        { "state", VIEW_AS_TEXT },
        { "doer", VIEW_AS_TEXT },
        { "due", VIEW_AS_TIME },
        { "started", VIEW_AS_TIME },
        { "ended", VIEW_AS_TIME },
        { "result", VIEW_AS_TEXT },
        { "playbook", VIEW_AS_TEXT },
        { "late", VIEW_AS_FLAG } } },
    { "observable.list",
      ROLES_SEE,
      "What attacks can be told by, and in how many other incidents it was seen.",
      DB_OBSERVABLES,
      choose_observables,
      { { "type", VIEW_CHOICE, false, 0, observable_types, "what it is" },
        { "value", VIEW_KEY, false, 4000, NULL, "the value, without regard to case" },
        { "incident", VIEW_ID, false, 0, NULL, "of this incident" },
        LIMIT(200) },
      { { "id", VIEW_AS_INTEGER },
        { "incident", VIEW_AS_INTEGER },
        { "number", VIEW_AS_TEXT },
        { "type", VIEW_AS_TEXT },
        { "value", VIEW_AS_TEXT },
        { "note", VIEW_AS_TEXT },
        { "added", VIEW_AS_TIME },
        { "author", VIEW_AS_TEXT },
        { "others", VIEW_AS_INTEGER } } },
    { "evidence.list",
      ROLES_SEE,
      "What is kept as proof of an incident, and who had it.",
      DB_EVIDENCE_LIST,
      NULL,
      { NUMBER("incident"), LIMIT(500) },
      { { "id", VIEW_AS_INTEGER },
        { "incident", VIEW_AS_INTEGER },
        { "number", VIEW_AS_TEXT },
        { "what", VIEW_AS_TEXT },
        { "sha256", VIEW_AS_TEXT },
        { "bytes", VIEW_AS_INTEGER },
        { "file", VIEW_AS_TEXT },
        { "events", VIEW_AS_JSON },
        { "place", VIEW_AS_TEXT },
        { "taken", VIEW_AS_TIME },
        { "taken_by", VIEW_AS_TEXT },
        { "origin", VIEW_AS_TEXT },
        { "custody", VIEW_AS_JSON } } },
    { "evidence.file",
      ROLES_SEE,
      "The bytes of a file that is kept as proof.",
      DB_EVIDENCE_FILE,
      NULL,
      { NUMBER("evidence"), LIMIT(1) },
      { FILE_COLUMNS } },
    { "phieu.list",
      ROLES_ALL,
      "Warnings and requests to agencies; a contact sees those to its own.",
      DB_PHIEUS_ALL,
      choose_phieus,
      { KNOWN("mine", VIEW_MY_AGENCY),
        KNOWN("now", VIEW_NOW),
        { "state", VIEW_CHOICE, false, 0, phieu_states, "out: not answered; late: and due" },
        { "agency", VIEW_ID, false, 0, NULL, "to this agency" },
        { "system", VIEW_ID, false, 0, NULL, "about this system" },
        { "incident", VIEW_ID, false, 0, NULL, "of this incident" },
        LIMIT(200) },
      { PHIEU_COLUMNS } },
    { "phieu.show",
      ROLES_ALL,
      "One of them, with its history and answers.",
      DB_PHIEU_SHOW,
      NULL,
      { KNOWN("mine", VIEW_MY_AGENCY), KNOWN("now", VIEW_NOW), NUMBER("phieu"), LIMIT(1) },
      { PHIEU_COLUMNS,
        { "alert", VIEW_AS_INTEGER },
        { "proof", VIEW_AS_TEXT },
        { "steps", VIEW_AS_TEXT },
        { "document", VIEW_AS_TEXT },
        { "channel", VIEW_AS_TEXT },
        { "history", VIEW_AS_JSON },
        { "answers", VIEW_AS_JSON } } },
    { "phieu.file",
      ROLES_ALL,
      "The bytes of a file that came with an answer.",
      DB_PHIEU_FILE,
      NULL,
      { KNOWN("mine", VIEW_MY_AGENCY), NUMBER("answer"), LIMIT(1) },
      { FILE_COLUMNS } },
    { "letter.list",
      ROLES_SEE | ROLE_BIT(CONTACT),
      "The register of official letters, the newest first.",
      DB_LETTERS,
      NULL,
      { KNOWN("mine", VIEW_MY_AGENCY),
        { "direction", VIEW_CHOICE, false, 0, directions, "came in or went out" },
        { "state", VIEW_CHOICE, false, 0, letter_states, "how far it is" },
        { "agency", VIEW_ID, false, 0, NULL, "from or to this agency" },
        { "incident", VIEW_ID, false, 0, NULL, "of this incident" },
        { "phieu", VIEW_ID, false, 0, NULL, "of this phieu" },
        { "since", VIEW_TIME, false, 0, NULL, "that came or went then or later" },
        { "text", VIEW_KEY, false, 200, NULL,
          "in its subject, number or from or to whom, without regard to case" },
        { "below", VIEW_ID, false, 0, NULL, "numbered below: the last of those that are there" },
        LIMIT(100) },
      { LETTER_COLUMNS } },
    { "letter.show",
      ROLES_SEE | ROLE_BIT(CONTACT),
      "An official letter.",
      DB_LETTER_SHOW,
      NULL,
      { KNOWN("mine", VIEW_MY_AGENCY), NUMBER("letter"), LIMIT(1) },
      { LETTER_COLUMNS, { "signer_title", VIEW_AS_TEXT }, { "text", VIEW_AS_TEXT } } },
};
