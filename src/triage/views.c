/*
 * views.c - alerts as they are read: the queue, one of them, what was done to it.
 */
#include "triage/triage.h"

static const char *const states[] = { "open",          "new",    "acknowledged",
                                      "investigating", "closed", "withdrawn",
                                      "hidden",        "all",    NULL };
static const char *const kinds[] = { "alert",     "suppression", "shift",      "away",
                                     "handover",  "user",        "token",      "agency",
                                     "contact",   "system",      "machine",    "source",
                                     "incident",  "task",        "observable", "evidence",
                                     "clock",     "phieu",       "message",    "house",
                                     "described", "candidate",   NULL };
static const char *const rule_states[] = { "firing", "quiet", "blind", NULL };
static const char *const candidate_states[] = { "queue",  "open",      "escalated", "dismissed",
                                                "joined", "dissolved", NULL };
static const char *const entities[] = { "host", "user", "address", "domain", "hash", NULL };
static const char *const entities_all[] = { "host", "user",  "address", "domain",
                                            "hash", "logon", "process", NULL };

/* The index that leaves out most: what one thing is about, else those that are open, else time. */
static enum db_statement choose_list(const struct view_call *c)
{
    bool open = !view_has(c, "state") || span_eq(view_text(c, "state"), SPAN_LIT("open"));

    if (view_has(c, "incident"))
        return DB_ALERTS_OF_INCIDENT;
    if (view_has(c, "system"))
        return DB_ALERTS_OF_SYSTEM;
    if (view_has(c, "entity"))
        return DB_ALERTS_OF_ENTITY;
    if (view_has(c, "rule"))
        return open ? DB_ALERTS_OPEN_OF_RULE : DB_ALERTS_OF_RULE;
    if (view_has(c, "assignee"))
        return DB_ALERTS_OF_ASSIGNEE;
    if (open)
        return DB_ALERTS_OPEN;
    return DB_ALERTS_ALL;
}

static enum db_statement choose_candidates(const struct view_call *c)
{
    return view_has(c, "state") && !span_eq(view_text(c, "state"), SPAN_LIT("queue"))
               ? DB_CANDIDATES_ALL
               : DB_CANDIDATES_QUEUE;
}

static enum db_statement choose_entities(const struct view_call *c)
{
    return view_has(c, "kind") ? DB_ENTITIES_TOP_OF : DB_ENTITIES_TOP;
}

#define CANDIDATE_COLUMNS                                                                          \
    { "id", VIEW_AS_INTEGER }, { "state", VIEW_AS_TEXT }, { "score", VIEW_AS_JSON },               \
        { "level", VIEW_AS_LEVEL }, { "alerts", VIEW_AS_INTEGER }, { "waiting", VIEW_AS_INTEGER }, \
        { "rules", VIEW_AS_INTEGER }, { "tactics", VIEW_AS_JSON }, { "about", VIEW_AS_JSON },      \
        { "system_level", VIEW_AS_INTEGER }, { "first", VIEW_AS_TIME }, { "last", VIEW_AS_TIME },  \
        { "heard", VIEW_AS_TIME }, { "joined", VIEW_AS_INTEGER }, { "incident", VIEW_AS_INTEGER }, \
        { "reason", VIEW_AS_TEXT }, { "by", VIEW_AS_TEXT },                                        \
    {                                                                                              \
        "at", VIEW_AS_TIME                                                                         \
    }
#define SHORT_ALERT_COLUMNS                                                                        \
    { "id", VIEW_AS_INTEGER }, { "state", VIEW_AS_TEXT }, { "level", VIEW_AS_LEVEL },              \
        { "title", VIEW_AS_TEXT }, { "rule", VIEW_AS_TEXT }, { "entity", VIEW_AS_TEXT },           \
        { "count", VIEW_AS_INTEGER }, { "first", VIEW_AS_TIME }, { "last", VIEW_AS_TIME },         \
        { "assignee", VIEW_AS_TEXT }, { "verdict", VIEW_AS_TEXT },                                 \
    {                                                                                              \
        "incident", VIEW_AS_INTEGER                                                                \
    }
#define RISK_COLUMNS                                                                               \
    { "kind", VIEW_AS_TEXT }, { "key", VIEW_AS_TEXT }, { "risk", VIEW_AS_JSON },                   \
        { "alerts", VIEW_AS_INTEGER }, { "rules", VIEW_AS_INTEGER },                               \
        { "system_level", VIEW_AS_INTEGER },                                                       \
    {                                                                                              \
        "heard", VIEW_AS_TIME                                                                      \
    }
#define NOW                                                                                        \
    {                                                                                              \
        "now", VIEW_NOW, false, 0, NULL, NULL                                                      \
    }
#define CANDIDATE                                                                                  \
    {                                                                                              \
        "candidate", VIEW_ID, true, 0, NULL, "its number"                                          \
    }
#define ENTITY                                                                                     \
    { "kind", VIEW_CHOICE, true, 0, entities_all, "what it is" },                                  \
    {                                                                                              \
        "key", VIEW_KEY, true, 512, NULL, "its name, without regard to case"                       \
    }

#define ALERT_COLUMNS                                                                              \
    { "id", VIEW_AS_INTEGER }, { "kind", VIEW_AS_TEXT }, { "state", VIEW_AS_TEXT },                \
        { "level", VIEW_AS_LEVEL }, { "title", VIEW_AS_TEXT }, { "rule", VIEW_AS_TEXT },           \
        { "entity", VIEW_AS_TEXT }, { "count", VIEW_AS_INTEGER }, { "first", VIEW_AS_TIME },       \
        { "last", VIEW_AS_TIME }, { "made", VIEW_AS_TIME }, { "closed", VIEW_AS_TIME },            \
        { "provisional", VIEW_AS_FLAG }, { "linked", VIEW_AS_INTEGER },                            \
        { "assignee", VIEW_AS_TEXT }, { "acknowledged", VIEW_AS_TIME },                            \
        { "verdict", VIEW_AS_TEXT }, { "cause", VIEW_AS_TEXT }, { "reason", VIEW_AS_TEXT },        \
        { "incident", VIEW_AS_INTEGER }, { "hidden", VIEW_AS_INTEGER },                            \
    {                                                                                              \
        "channel", VIEW_AS_TEXT                                                                    \
    }

#define ASIDE(type) (enum view_column_type)(VIEW_AS_##type | VIEW_ASIDE)
#define LIMIT(usual)                                                                               \
    {                                                                                              \
        "limit", VIEW_LIMIT, false, usual, NULL, "at most so many"                                 \
    }
#define NUMBER                                                                                     \
    {                                                                                              \
        "alert", VIEW_ID, true, 0, NULL, "its number"                                              \
    }

const struct view_row triage_views[] = {
    { "alert.list",
      ROLES_SEE,
      "The alerts, the newest first; without `state` those that are open.",
      DB_ALERTS_OPEN,
      choose_list,
      { { "level", VIEW_LEVEL, false, 0, NULL, "at least this grave" },
        { "since", VIEW_TIME, false, 0, NULL, "seen then or later" },
        { "before", VIEW_TIME, false, 0, NULL, "seen before: the last of those that are there" },
        { "below", VIEW_ID, false, 0, NULL, "and, of those seen at that time, numbered below" },
        { "state", VIEW_CHOICE, false, 0, states, "its state; open: whoever is not done with" },
        { "rule", VIEW_TEXT, false, 256, NULL, "the rule's id" },
        { "entity", VIEW_KEY, false, 512, NULL, "what it is about, without regard to case" },
        { "assignee", VIEW_TEXT, false, 64, NULL, "whose it is" },
        { "incident", VIEW_ID, false, 0, NULL, "of this incident" },
        { "system", VIEW_ID, false, 0, NULL, "about a machine, address or domain of this system" },
        LIMIT(100) },
      { ALERT_COLUMNS } },
    { "alert.show",
      ROLES_SEE,
      "An alert.",
      DB_ALERT_SHOW,
      NULL,
      { NUMBER, LIMIT(1) },
      { ALERT_COLUMNS } },
    { "alert.events",
      ROLES_SEE,
      "The events that are kept with it.",
      DB_ALERT_EVENTS,
      NULL,
      { NUMBER, LIMIT(50) },
      { { "number", VIEW_AS_INTEGER },
        { "lane", VIEW_AS_INTEGER },
        { "sequence", VIEW_AS_INTEGER },
        { "time", VIEW_AS_TIME },
        { "event", VIEW_AS_JSON } } },
    { "alert.counts",
      ROLES_SEE,
      "How many there are of each state and level; pending: an act on very many is not done with all of them yet.",
      DB_ALERT_COUNTS,
      NULL,
      { LIMIT(100) },
      { { "state", VIEW_AS_TEXT },
        { "level", VIEW_AS_LEVEL },
        { "hidden", VIEW_AS_FLAG },
        { "count", VIEW_AS_INTEGER },
        { "pending", VIEW_AS_FLAG } } },
    { "alert.candidate",
      ROLES_SEE,
      "Of which candidate for an incident it is.",
      DB_CANDIDATE_OF_ALERT,
      NULL,
      { NUMBER, LIMIT(1) },
      { { "candidate", VIEW_AS_INTEGER }, { "state", VIEW_AS_TEXT }, { "placed", VIEW_AS_FLAG } } },
    { "candidate.list",
      ROLES_SEE,
      "Alerts that seem to be of one incident; without `state` those to be looked at, the highest score first.",
      DB_CANDIDATES_QUEUE,
      choose_candidates,
      { NOW,
        { "state", VIEW_CHOICE, false, 0, candidate_states,
          "its state; queue: open, and worth a look" },
        { "level", VIEW_LEVEL, false, 0, NULL, "its gravest alert is at least this grave" },
        LIMIT(100) },
      { CANDIDATE_COLUMNS } },
    { "candidate.show",
      ROLES_SEE,
      "A candidate for an incident.",
      DB_CANDIDATE_SHOW,
      NULL,
      { NOW, CANDIDATE, LIMIT(1) },
      { CANDIDATE_COLUMNS } },
    { "candidate.alerts",
      ROLES_SEE,
      "Its alerts, the oldest first.",
      DB_CANDIDATE_ALERTS,
      NULL,
      { CANDIDATE, LIMIT(2000) },
      { SHORT_ALERT_COLUMNS, { "placed", VIEW_AS_FLAG } } },
    { "candidate.entities",
      ROLES_SEE,
      "What its alerts are about, and what is too common to link them.",
      DB_CANDIDATE_ENTITIES,
      NULL,
      { CANDIDATE, LIMIT(200) },
      { { "kind", VIEW_AS_TEXT },
        { "key", VIEW_AS_TEXT },
        { "alerts", VIEW_AS_INTEGER },
        { "first", VIEW_AS_TIME },
        { "last", VIEW_AS_TIME },
        { "common", VIEW_AS_FLAG } } },
    { "candidate.tactics",
      ROLES_SEE,
      "Tactics (by their place in ATT&CK; 0: not told) and techniques of its rules.",
      DB_CANDIDATE_TACTICS,
      NULL,
      { CANDIDATE, LIMIT(200) },
      { { "tactic", VIEW_AS_INTEGER },
        { "technique", VIEW_AS_TEXT },
        { "alerts", VIEW_AS_INTEGER },
        { "first", VIEW_AS_TIME },
        { "last", VIEW_AS_TIME } } },
    { "entity.top",
      ROLES_SEE,
      "Hosts, users, addresses, domains and files by their risk now.",
      DB_ENTITIES_TOP,
      choose_entities,
      { NOW, { "kind", VIEW_CHOICE, false, 0, entities, "only these" }, LIMIT(50) },
      { RISK_COLUMNS } },
    { "entity.show",
      ROLES_SEE,
      "The risk of one.",
      DB_ENTITY_SHOW,
      NULL,
      { NOW, ENTITY, LIMIT(1) },
      { RISK_COLUMNS } },
    { "entity.alerts",
      ROLES_SEE,
      "Alerts about it, the newest first.",
      DB_ENTITY_ALERTS,
      NULL,
      { ENTITY, { "before", VIEW_TIME, false, 0, NULL, "seen before" }, LIMIT(100) },
      { SHORT_ALERT_COLUMNS, { "candidate", VIEW_AS_INTEGER } } },
    { "entity.beside",
      ROLES_SEE,
      "With what else it came in alerts.",
      DB_ENTITY_BESIDE,
      NULL,
      { ENTITY, LIMIT(100) },
      { { "kind", VIEW_AS_TEXT },
        { "key", VIEW_AS_TEXT },
        { "alerts", VIEW_AS_INTEGER },
        { "first", VIEW_AS_TIME },
        { "last", VIEW_AS_TIME } } },
    { "act.of",
      ROLES_SEE,
      "What was done to a thing, the oldest first, with the notes on it.",
      DB_ACTS_OF,
      NULL,
      { { "kind", VIEW_CHOICE, true, 0, kinds, "what it is" },
        { "key", VIEW_ID, true, 0, NULL, "its number" },
        LIMIT(200) },
      { { "act", VIEW_AS_INTEGER },
        { "time", VIEW_AS_TIME },
        { "name", VIEW_AS_TEXT },
        { "did", VIEW_AS_TEXT },
        { "undone", VIEW_AS_INTEGER },
        { "note", VIEW_AS_TEXT } } },
    { "rule.blind",
      ROLES_SEE,
      "Rules that see nothing, the gravest first, and why.",
      DB_RULES_BLIND,
      NULL,
      { LIMIT(5000) },
      { { "rule", VIEW_AS_TEXT },
        { "title", VIEW_AS_TEXT },
        { "level", VIEW_AS_LEVEL },
        { "reason", VIEW_AS_TEXT },
        { "field", VIEW_AS_TEXT },
        { "since", VIEW_AS_TIME } } },
    { "rule.list",
      ROLES_SEE,
      "Rules in force, the gravest first: firing (in the last day), quiet, or blind, and why.",
      DB_RULES,
      NULL,
      { { "now", VIEW_NOW, false, 0, NULL, NULL },
        { "state", VIEW_CHOICE, false, 0, rule_states, "firing, quiet, blind" },
        { "level", VIEW_LEVEL, false, 0, NULL, "at least this" },
        { "text", VIEW_TEXT, false, 200, NULL, "a part of the title, id or file" },
        { "technique", VIEW_TEXT, false, 20, NULL, "of ATT&CK, as T1059 or T1059.001" },
        { "tactic", VIEW_TEXT, false, 40, NULL, "of ATT&CK, as execution" },
        LIMIT(5000) },
      { { "rule", VIEW_AS_TEXT },
        { "kind", VIEW_AS_TEXT },
        { "title", VIEW_AS_TEXT },
        { "level", VIEW_AS_LEVEL },
        { "state", VIEW_AS_TEXT },
        { "why", VIEW_AS_TEXT },
        { "field", VIEW_AS_TEXT },
        { "blind_since", VIEW_AS_TIME },
        { "status", ASIDE(TEXT) },
        { "author", ASIDE(TEXT) },
        { "product", ASIDE(TEXT) },
        { "category", ASIDE(TEXT) },
        { "service", ASIDE(TEXT) },
        { "file", ASIDE(TEXT) },
        { "techniques", ASIDE(JSON) },
        { "tactics", ASIDE(JSON) },
        { "hits_24h", VIEW_AS_INTEGER },
        { "alerts_24h", VIEW_AS_INTEGER },
        { "alerts_30d", VIEW_AS_INTEGER },
        { "last", VIEW_AS_TIME },
        { "false_percent", VIEW_AS_INTEGER },
        { "only_correlated", ASIDE(FLAG) } } },
    { "rule.show",
      ROLES_SEE,
      "All that is known of a rule in force; its text is GET /rule/text.",
      DB_RULE_SHOW,
      NULL,
      { { "now", VIEW_NOW, false, 0, NULL, NULL },
        { "rule", VIEW_TEXT, true, 200, NULL, "its id" },
        LIMIT(5) },
      { { "rule", VIEW_AS_TEXT },           { "kind", VIEW_AS_TEXT },
        { "title", VIEW_AS_TEXT },          { "level", VIEW_AS_LEVEL },
        { "state", VIEW_AS_TEXT },          { "why", VIEW_AS_TEXT },
        { "field", VIEW_AS_TEXT },          { "blind_since", VIEW_AS_TIME },
        { "status", VIEW_AS_TEXT },         { "author", VIEW_AS_TEXT },
        { "date", VIEW_AS_TEXT },           { "modified", VIEW_AS_TEXT },
        { "license", VIEW_AS_TEXT },        { "description", VIEW_AS_TEXT },
        { "product", VIEW_AS_TEXT },        { "category", VIEW_AS_TEXT },
        { "service", VIEW_AS_TEXT },        { "file", VIEW_AS_TEXT },
        { "line", VIEW_AS_INTEGER },        { "techniques", VIEW_AS_JSON },
        { "tactics", VIEW_AS_JSON },        { "tags", VIEW_AS_JSON },
        { "references", VIEW_AS_JSON },     { "false_positives", VIEW_AS_JSON },
        { "hits_24h", VIEW_AS_INTEGER },    { "hits_30d", VIEW_AS_INTEGER },
        { "alerts_30d", VIEW_AS_INTEGER },  { "open_30d", VIEW_AS_INTEGER },
        { "last", VIEW_AS_TIME },           { "false_percent", VIEW_AS_INTEGER },
        { "only_correlated", VIEW_AS_FLAG } } },
    { "rule.refused",
      ROLES_SEE,
      "Rules that were refused, and why.",
      DB_RULES_REFUSED,
      NULL,
      { LIMIT(5000) },
      { { "file", VIEW_AS_TEXT },
        { "line", VIEW_AS_INTEGER },
        { "title", VIEW_AS_TEXT },
        { "why", VIEW_AS_TEXT } } },
    { "rule.house",
      ROLES_SEE,
      "Rules of the house: published, switched off, by whom last and why.",
      DB_HOUSE_RULES,
      NULL,
      { { "rule", VIEW_TEXT, false, 200, NULL, "its id" }, LIMIT(1000) },
      { { "rule", VIEW_AS_TEXT },
        { "title", VIEW_AS_TEXT },
        { "published", VIEW_AS_FLAG },
        { "disabled", VIEW_AS_FLAG },
        { "in_force", VIEW_AS_FLAG },
        { "changes", VIEW_AS_INTEGER },
        { "changed", VIEW_AS_TIME },
        { "by", VIEW_AS_TEXT },
        { "reason", VIEW_AS_TEXT },
        { "text", ASIDE(TEXT) } } },
    { "rule.history",
      ROLES_SEE,
      "What was done to a rule by people, the last first, with the texts that were published.",
      DB_HOUSE_RULE_HISTORY,
      NULL,
      { { "rule", VIEW_TEXT, true, 200, NULL, "its id" }, LIMIT(200) },
      { { "rule", VIEW_AS_TEXT },
        { "what", VIEW_AS_TEXT },
        { "time", VIEW_AS_TIME },
        { "by", VIEW_AS_TEXT },
        { "reason", VIEW_AS_TEXT },
        { "act", VIEW_AS_INTEGER },
        { "text", ASIDE(TEXT) } } },
    { "rule.matrix",
      ROLES_SEE,
      "Techniques of ATT&CK: rules in force, those whose source arrives, those that fired in 30 days.",
      DB_RULE_MATRIX,
      NULL,
      { { "now", VIEW_NOW, false, 0, NULL, NULL }, LIMIT(5000) },
      { { "technique", VIEW_AS_TEXT },
        { "tactics", VIEW_AS_JSON },
        { "rules", VIEW_AS_INTEGER },
        { "seeing", VIEW_AS_INTEGER },
        { "fired", VIEW_AS_INTEGER },
        { "alerts", VIEW_AS_INTEGER },
        { "last", VIEW_AS_TIME },
        { "arriving", VIEW_AS_FLAG } } },
    { "suppression.list",
      ROLES_SEE,
      "What is not shown, why, until when, and how much it hid.",
      DB_SUPPRESSIONS,
      NULL,
      { { "now", VIEW_NOW, false, 0, NULL, NULL }, LIMIT(1000) },
      { { "id", VIEW_AS_INTEGER },
        { "rule", VIEW_AS_TEXT },
        { "entity", VIEW_AS_TEXT },
        { "reason", VIEW_AS_TEXT },
        { "made", VIEW_AS_TIME },
        { "author", VIEW_AS_TEXT },
        { "until", VIEW_AS_TIME },
        { "ended", VIEW_AS_TIME },
        { "over", VIEW_AS_FLAG },
        { "alerts", VIEW_AS_INTEGER },
        { "findings", VIEW_AS_INTEGER } } },
};
