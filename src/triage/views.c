/*
 * views.c - alerts as they are read: the queue, one of them, what was done to it.
 */
#include "triage/triage.h"

static const char *const states[] = { "open",          "new",    "acknowledged",
                                      "investigating", "closed", "withdrawn",
                                      "hidden",        "all",    NULL };
static const char *const kinds[] = {
    "alert",   "suppression", "shift",   "away",   "handover",  "user", "token",      "agency",
    "contact", "system",      "machine", "source", "incident",  "task", "observable", "evidence",
    "clock",   "phieu",       "message", "house",  "described", NULL
};

/* The index that leaves out most: what one thing is about, else those that are open, else time. */
static enum db_statement choose_list(const struct view_call *c)
{
    bool open = !view_has(c, "state") || span_eq(view_text(c, "state"), SPAN_LIT("open"));

    if (view_has(c, "incident"))
        return DB_ALERTS_OF_INCIDENT;
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
      "How many there are of each state and level.",
      DB_ALERT_COUNTS,
      NULL,
      { LIMIT(100) },
      { { "state", VIEW_AS_TEXT },
        { "level", VIEW_AS_LEVEL },
        { "hidden", VIEW_AS_FLAG },
        { "count", VIEW_AS_INTEGER } } },
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
