/*
 * acts.c - what people do about notices, and how they are read.
 */
#include "notify/notify.h"

#define ROLES_MESSAGES (ROLE_BIT(ADMINISTRATOR) | ROLE_BIT(LEAD))

/* A channel that is in use; *level that from which it takes alerts. */
static int find_channel(struct act_call *c, struct span name, int64_t *level, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_CHANNEL_IS);
    int rc;

    db_text(r, 1, name);
    rc = db_next(c->db, r, e);
    *level = rc == 1 ? db_get_int(r, 0) : 0;
    db_end(r);
    if (rc == 0)
        return err_set(e, ERR_NOTFOUND, 0, "There is no channel '%.*s' in the settings.",
                       SPAN_ARG(name));
    return rc < 0 ? rc : ERR_OK;
}

static int notice_test(struct act_call *c, struct err *e)
{
    struct notice n = {
        .kind = NOTICE_TEST, .key = c->id, .time_ns = c->now_ns, .entity = act_text(c, "channel")
    };
    int64_t level;
    int rc = find_channel(c, n.entity, &level, e);

    n.level = (enum sigma_level)level;
    if (rc == ERR_OK)
        rc = notify_add(c->db, &n, n.entity, c->now_ns, e);
    if (rc != ERR_OK)
        return rc;
    buf_fmt(c->answer, ",\"messages\":%llu", (unsigned long long)db_changed(c->db));
    return ERR_OK;
}

static int notice_retry(struct act_call *c, struct err *e)
{
    int64_t id = act_int(c, "message");
    struct db_row *r;
    int rc = act_find_row(c->db, DB_MESSAGE_AT, "message", id, &r, e);

    if (rc == ERR_OK && span_eq(db_get_text(r, 0), SPAN_LIT("sent")))
        rc = act_conflict(e, "Message %lld was sent.", (long long)id);
    db_end(r);
    if (rc != ERR_OK)
        return rc;
    rc = act_on(c, "message", id, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_MESSAGE_RETRY);
    db_int(r, 1, id);
    db_int(r, 2, c->now_ns);
    db_int(r, 3, c->now_ns + NOTIFY_UNTIL_NS);
    return db_run(c->db, r, e);
}

const struct act_row notify_acts[NOTIFY_ACTS] = {
    { "notice.test",
      ROLE_BIT(ADMINISTRATOR),
      "Send a message through a channel, to see that it arrives.",
      notice_test,
      { { "channel", ACT_TEXT, true, 40, NULL, "its name in the settings" } } },
    { "notice.retry",
      ROLES_MESSAGES,
      "Send a message again, at once and for another day.",
      notice_retry,
      { { "message", ACT_ID, true, 0, NULL, "its number" } } },
};

/* --- views ---------------------------------------------------------------------------------- */

static const char *const states[] = { "waiting", "sent", "failed", NULL };

static enum db_statement choose_list(const struct view_call *c)
{
    return view_has(c, "channel") ? DB_MESSAGE_LIST_CHANNEL
           : view_has(c, "state") ? DB_MESSAGE_LIST_STATE
                                  : DB_MESSAGE_LIST;
}

#define MESSAGE_COLUMNS                                                                            \
    { "id", VIEW_AS_INTEGER }, { "made", VIEW_AS_TIME }, { "kind", VIEW_AS_TEXT },                 \
        { "key", VIEW_AS_INTEGER }, { "channel", VIEW_AS_TEXT }, { "recipient", VIEW_AS_TEXT },    \
        { "level", VIEW_AS_LEVEL }, { "state", VIEW_AS_TEXT }, { "attempts", VIEW_AS_INTEGER },    \
        { "due", VIEW_AS_TIME }, { "sent", VIEW_AS_TIME }, { "second", VIEW_AS_TEXT },             \
        { "error", VIEW_AS_TEXT }, { "void", VIEW_AS_FLAG },                                       \
    {                                                                                              \
        "subject", VIEW_AS_TEXT                                                                    \
    }
#define LIMIT(usual)                                                                               \
    {                                                                                              \
        "limit", VIEW_LIMIT, false, usual, NULL, "at most so many"                                 \
    }

static enum db_statement choose_calls(const struct view_call *c)
{
    return view_has(c, "alert") ? DB_CALL_LIST_ALERT : DB_CALL_LIST;
}

const struct view_row notify_views[NOTIFY_VIEWS] = {
    { "message.list",
      ROLES_SEE,
      "Messages that left the house or are to, the newest first.",
      DB_MESSAGE_LIST,
      choose_list,
      { { "state", VIEW_CHOICE, false, 0, states, "what became of it" },
        { "channel", VIEW_TEXT, false, 40, NULL, "the channel's name" },
        LIMIT(100) },
      { MESSAGE_COLUMNS } },
    { "message.show",
      ROLES_SEE,
      "A message and its text; void: it came to nobody.",
      DB_MESSAGE_SHOW,
      NULL,
      { { "message", VIEW_ID, true, 0, NULL, "its number" }, LIMIT(1) },
      { MESSAGE_COLUMNS, { "text", VIEW_AS_TEXT } } },
    { "channel.list",
      ROLES_SEE,
      "The channels, those in use first; oldest: of what waits; void: messages that came to "
      "nobody.",
      DB_CHANNEL_LIST,
      NULL,
      { LIMIT(100) },
      { { "name", VIEW_AS_TEXT },
        { "kind", VIEW_AS_TEXT },
        { "level", VIEW_AS_LEVEL },
        { "second", VIEW_AS_TEXT },
        { "recipients", VIEW_AS_JSON },
        { "people", VIEW_AS_JSON },
        { "used", VIEW_AS_FLAG },
        { "held", VIEW_AS_INTEGER },
        { "waiting", VIEW_AS_INTEGER },
        { "oldest", VIEW_AS_TIME },
        { "void", VIEW_AS_INTEGER } } },
    { "escalation.list",
      ROLES_SEE,
      "Who was called because nobody reacted to an alert, the newest first; without a person: "
      "nobody was there.",
      DB_CALL_LIST,
      choose_calls,
      { { "alert", VIEW_ID, false, 0, NULL, "of this one: its number" }, LIMIT(100) },
      { { "id", VIEW_AS_INTEGER },
        { "alert", VIEW_AS_INTEGER },
        { "title", VIEW_AS_TEXT },
        { "level", VIEW_AS_LEVEL },
        { "time", VIEW_AS_TIME },
        { "step", VIEW_AS_TEXT },
        { "person", VIEW_AS_TEXT },
        { "messages", VIEW_AS_INTEGER },
        { "state", VIEW_AS_TEXT },
        { "acknowledged", VIEW_AS_TIME },
        { "assignee", VIEW_AS_TEXT } } },
    { "escalation.ladder",
      ROLES_SEE,
      "Who would be called now, step by step, and where; without phone and mail: nobody reaches "
      "him.",
      DB_CALL_LADDER,
      NULL,
      { { "now", VIEW_NOW, false, 0, NULL, NULL }, LIMIT(100) },
      { { "step", VIEW_AS_TEXT },
        { "person", VIEW_AS_TEXT },
        { "phone", VIEW_AS_TEXT },
        { "email", VIEW_AS_TEXT } } },
};
