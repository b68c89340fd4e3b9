/*
 * views.c - roster, absence, coverage, handovers, as they are read.
 */
#include "shift/shift.h"

static const char *const parts[] = { "watch", "lead", "on-call", NULL };

#define NOW                                                                                        \
    {                                                                                              \
        "now", VIEW_NOW, false, 0, NULL, NULL                                                      \
    }
#define LIMIT(usual)                                                                               \
    {                                                                                              \
        "limit", VIEW_LIMIT, false, usual, NULL, "at most so many"                                 \
    }
#define FROM(required)                                                                             \
    {                                                                                              \
        "from", VIEW_TIME, required, 0, NULL, "from then on"                                       \
    }
#define TO(required)                                                                               \
    {                                                                                              \
        "to", VIEW_TIME, required, 0, NULL, "until then"                                           \
    }
#define PERSON                                                                                     \
    {                                                                                              \
        "person", VIEW_TEXT, false, 64, NULL, "the user's name"                                    \
    }
#define LEAST                                                                                      \
    {                                                                                              \
        "least", VIEW_INTEGER, false, 100, NULL, "how many people are enough; 1"                   \
    }
#define HANDOVER_COLUMNS                                                                           \
    { "id", VIEW_AS_INTEGER }, { "time", VIEW_AS_TIME }, { "giver", VIEW_AS_TEXT },                \
        { "taker", VIEW_AS_TEXT }, { "state", VIEW_AS_TEXT }, { "answered", VIEW_AS_TIME },        \
        { "remarks", VIEW_AS_TEXT },                                                               \
    {                                                                                              \
        "answer", VIEW_AS_TEXT                                                                     \
    }

const struct view_row shift_views[] = {
    { "shift.now",
      ROLES_SEE,
      "Who is on duty now.",
      DB_DUTY_NOW,
      NULL,
      { NOW, LIMIT(100) },
      { { "id", VIEW_AS_INTEGER },
        { "person", VIEW_AS_TEXT },
        { "part", VIEW_AS_TEXT },
        { "starts", VIEW_AS_TIME },
        { "ends", VIEW_AS_TIME } } },
    { "shift.list",
      ROLES_SEE,
      "The roster; without `from` what is still to come.",
      DB_DUTY_LIST,
      NULL,
      { FROM(false),
        TO(false),
        PERSON,
        { "part", VIEW_CHOICE, false, 0, parts, "what they do" },
        NOW,
        LIMIT(500) },
      { { "id", VIEW_AS_INTEGER },
        { "person", VIEW_AS_TEXT },
        { "part", VIEW_AS_TEXT },
        { "starts", VIEW_AS_TIME },
        { "ends", VIEW_AS_TIME },
        { "instead", VIEW_AS_INTEGER },
        { "holiday", VIEW_AS_FLAG },
        { "author", VIEW_AS_TEXT } } },
    { "shift.rows",
      ROLES_SEE,
      "The roster as a table that can be taken back in; without `from` what is still to come.",
      DB_ROSTER_ROWS,
      NULL,
      { FROM(false), TO(false), NOW, LIMIT(VIEW_ROWS_MAX) },
      { { "id", VIEW_AS_INTEGER },
        { "person", VIEW_AS_TEXT },
        { "kind", VIEW_AS_TEXT },
        { "post", VIEW_AS_TEXT },
        { "start", VIEW_AS_TEXT },
        { "end", VIEW_AS_TEXT },
        { "instead_of", VIEW_AS_TEXT },
        { "holiday", VIEW_AS_TEXT },
        { "reason", VIEW_AS_TEXT } } },
    { "holiday.list",
      ROLES_SEE,
      "Holidays of the law's calendar, Tet among them.",
      DB_HOLIDAY_LIST,
      NULL,
      { { "year", VIEW_INTEGER, false, 2199, NULL, "of this year" }, LIMIT(1000) },
      { { "day", VIEW_AS_TEXT },
        { "vi", VIEW_AS_TEXT },
        { "en", VIEW_AS_TEXT },
        { "weekend", VIEW_AS_FLAG } } },
    { "shift.gaps",
      ROLES_SEE,
      "The stretches in which too few people watch.",
      DB_DUTY_GAPS,
      NULL,
      { FROM(true), TO(true), LEAST, LIMIT(500) },
      { { "from", VIEW_AS_TIME },
        { "to", VIEW_AS_TIME },
        { "people", VIEW_AS_INTEGER },
        { "minutes", VIEW_AS_INTEGER } } },
    { "shift.coverage",
      ROLES_SEE,
      "How many minutes enough people watch.",
      DB_DUTY_COVERAGE,
      NULL,
      { FROM(true), TO(true), LEAST, LIMIT(1) },
      { { "minutes", VIEW_AS_INTEGER },
        { "covered", VIEW_AS_INTEGER },
        { "share", VIEW_AS_TEXT } } },
    { "away.list",
      ROLES_SEE,
      "Who is away, or will be.",
      DB_AWAY_LIST,
      NULL,
      { FROM(false), PERSON, NOW, LIMIT(500) },
      { { "id", VIEW_AS_INTEGER },
        { "person", VIEW_AS_TEXT },
        { "starts", VIEW_AS_TIME },
        { "ends", VIEW_AS_TIME },
        { "reason", VIEW_AS_TEXT },
        { "author", VIEW_AS_TEXT } } },
    { "handover.list",
      ROLES_SEE,
      "The handovers, the newest first.",
      DB_HANDOVER_LIST,
      NULL,
      { { "since", VIEW_TIME, false, 0, NULL, "made then or later" }, LIMIT(100) },
      { HANDOVER_COLUMNS } },
    { "handover.show",
      ROLES_SEE,
      "A handover, with what was at hand.",
      DB_HANDOVER_SHOW,
      NULL,
      { { "handover", VIEW_ID, true, 0, NULL, "its number" }, LIMIT(1) },
      { HANDOVER_COLUMNS, { "content", VIEW_AS_JSON } } },
    { "handover.draft",
      ROLES_SEE,
      "What would be handed over now.",
      DB_HAND,
      NULL,
      { NOW, { "me", VIEW_MY_NAME, false, 0, NULL, NULL }, LIMIT(1) },
      { { "content", VIEW_AS_JSON } } },
};
