/*
 * views.c - users, sessions and tokens as they are read, and the trail of all acts.
 */
#include "people/people_own.h"

static const char *const states[] = { "active", "disabled", NULL };
static const char *const outcomes[] = { "done", "denied", NULL };

/* The index that leaves out most. */
static enum db_statement choose_trail(const struct view_call *c)
{
    bool name = view_has(c, "name"), did = view_has(c, "did");

    if (view_has(c, "thing"))
        return DB_TRAIL_THING;
    if (span_eq(view_text(c, "outcome"), SPAN_LIT("denied")))
        return DB_TRAIL_DENIED;
    if (name && did)
        return DB_TRAIL_NAME_ACT;
    return name ? DB_TRAIL_NAME : did ? DB_TRAIL_ACT : DB_TRAIL_ALL;
}

#define LIMIT(usual)                                                                               \
    {                                                                                              \
        "limit", VIEW_LIMIT, false, usual, NULL, "at most so many"                                 \
    }
#define ME                                                                                         \
    {                                                                                              \
        "me", VIEW_MY_NAME, false, 0, NULL, NULL                                                   \
    }
#define NOW                                                                                        \
    {                                                                                              \
        "now", VIEW_NOW, false, 0, NULL, NULL                                                      \
    }
#define USER_COLUMNS                                                                               \
    { "id", VIEW_AS_INTEGER }, { "name", VIEW_AS_TEXT }, { "display", VIEW_AS_TEXT },              \
        { "roles", VIEW_AS_JSON }, { "agency", VIEW_AS_INTEGER }, { "state", VIEW_AS_TEXT },       \
        { "second", VIEW_AS_FLAG }, { "must_change", VIEW_AS_FLAG }, { "made", VIEW_AS_TIME },     \
        { "changed", VIEW_AS_TIME },                                                               \
    {                                                                                              \
        "seen", VIEW_AS_TIME                                                                       \
    }
#define SESSION_COLUMNS                                                                            \
    { "id", VIEW_AS_INTEGER }, { "user", VIEW_AS_TEXT }, { "made", VIEW_AS_TIME },                 \
        { "seen", VIEW_AS_TIME }, { "ends", VIEW_AS_TIME }, { "address", VIEW_AS_TEXT },           \
        { "agent", VIEW_AS_TEXT },                                                                 \
    {                                                                                              \
        "second", VIEW_AS_FLAG                                                                     \
    }
#define TOKEN_COLUMNS                                                                              \
    { "id", VIEW_AS_INTEGER }, { "name", VIEW_AS_TEXT }, { "user", VIEW_AS_TEXT },                 \
        { "service", VIEW_AS_TEXT }, { "roles", VIEW_AS_JSON }, { "made", VIEW_AS_TIME },          \
        { "expires", VIEW_AS_TIME }, { "used", VIEW_AS_TIME },                                     \
    {                                                                                              \
        "author", VIEW_AS_TEXT                                                                     \
    }
#define WATCHERS (ROLE_BIT(ADMINISTRATOR) | ROLE_BIT(AUDITOR))

const struct view_row people_views[] = {
    { "user.list",
      ROLES_SEE,
      "The users.",
      DB_USER_LIST,
      NULL,
      { { "role", VIEW_CHOICE, false, 0, role_names, "who has it" },
        { "state", VIEW_CHOICE, false, 0, states, "whether he can log in" },
        LIMIT(1000) },
      { USER_COLUMNS } },
    { "user.show",
      ROLES_SEE,
      "A user.",
      DB_USER_SHOW,
      NULL,
      { { "user", VIEW_KEY, true, 64, NULL, "his name" }, LIMIT(1) },
      { USER_COLUMNS } },
    { "user.me",
      ROLE_SELF,
      "Who asks, and how many recovery codes he has left.",
      DB_USER_ME,
      NULL,
      { ME, LIMIT(1) },
      { USER_COLUMNS, { "recovery", VIEW_AS_INTEGER } } },
    { "user.links",
      WATCHERS,
      "The subjects of issuers that users are tied to.",
      DB_USER_LINKS,
      NULL,
      { LIMIT(1000) },
      { { "id", VIEW_AS_INTEGER },
        { "user", VIEW_AS_TEXT },
        { "issuer", VIEW_AS_TEXT },
        { "subject", VIEW_AS_TEXT } } },
    { "session.mine",
      ROLE_SELF,
      "One's own sessions, the newest first.",
      DB_SESSION_MINE,
      NULL,
      { ME, NOW, LIMIT(100) },
      { SESSION_COLUMNS } },
    { "session.list",
      WATCHERS,
      "All sessions, the newest first.",
      DB_SESSION_LIST,
      NULL,
      { NOW, LIMIT(1000) },
      { SESSION_COLUMNS } },
    { "token.mine",
      ROLE_SELF,
      "One's own tokens.",
      DB_TOKEN_MINE,
      NULL,
      { ME, NOW, LIMIT(100) },
      { TOKEN_COLUMNS } },
    { "token.list",
      WATCHERS,
      "All tokens.",
      DB_TOKEN_LIST,
      NULL,
      { NOW, LIMIT(1000) },
      { TOKEN_COLUMNS } },
    { "act.list",
      ROLE_BIT(LEAD) | ROLE_BIT(OFFICER) | WATCHERS,
      "Who did what, the newest first.",
      DB_TRAIL_ALL,
      choose_trail,
      { { "since", VIEW_TIME, false, 0, NULL, "done then or later" },
        { "before", VIEW_TIME, false, 0, NULL, "done before: the last of those that are there" },
        { "below", VIEW_ID, false, 0, NULL, "and, of those done at that time, numbered below" },
        { "name", VIEW_TEXT, false, 64, NULL, "who" },
        { "did", VIEW_TEXT, false, 64, NULL, "the act, as alert.close" },
        { "thing", VIEW_TEXT, false, 64, NULL, "what it was done to, as alert:7" },
        { "outcome", VIEW_CHOICE, false, 0, outcomes, "whether it was done" },
        LIMIT(100) },
      { { "act", VIEW_AS_INTEGER },
        { "time", VIEW_AS_TIME },
        { "name", VIEW_AS_TEXT },
        { "via", VIEW_AS_TEXT },
        { "address", VIEW_AS_TEXT },
        { "did", VIEW_AS_TEXT },
        { "parameters", VIEW_AS_JSON },
        { "outcome", VIEW_AS_TEXT },
        { "undoes", VIEW_AS_INTEGER },
        { "undone", VIEW_AS_INTEGER },
        { "on", VIEW_AS_JSON } } },
};
