/*
 * notify.c - see notify.h: the rounds.
 *
 * What is done stands in statements (src/db/sql/notify.sql), where a round of a thousand messages
 * is one. A round first asks whether there is anything at all, so that most of them write nothing.
 */
#include "notify/notify.h"

#include <stdio.h>
#include <stdlib.h>

#include "conf/channel.h"

#define STEPS_MAX 100 /* messages taken over, digests, in one round */

struct notify {
    struct db *db;
    struct alerts *alerts;
};

int notify_new(struct notify **out, struct db *db, struct alerts *alerts, struct err *e)
{
    struct notify *n = calloc(1, sizeof(*n));

    *out = n;
    if (n == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for notices.");
    *n = (struct notify){ db, alerts };
    return ERR_OK;
}

void notify_free(struct notify **n)
{
    free(*n);
    *n = NULL;
}

/* Of a transaction that was begun. */
static int done(struct notify *n, int rc, struct err *e)
{
    if (rc == ERR_OK)
        rc = alerts_flush(n->alerts, e);
    if (rc == ERR_OK)
        rc = db_commit(n->db, e);
    if (rc != ERR_OK) {
        db_rollback(n->db);
        alerts_forget(n->alerts);
    }
    return rc;
}

/* --- channels ------------------------------------------------------------------------------- */

static enum sigma_level level_of(const char *name)
{
    for (unsigned i = LEVEL_INFORMATIONAL; i <= LEVEL_CRITICAL; i++) {
        if (strcmp(level_name((enum sigma_level)i), name) == 0)
            return (enum sigma_level)i;
    }
    MUST(false); /* the reader of settings takes no other */
    return LEVEL_NONE;
}

/* Addresses and numbers have no character that JSON would escape but '"' and '\\', which neither
 * may have (channel.h). */
static void put_list(struct buf *out, const struct text_list *to, const char *none)
{
    buf_fmt(out, "[%s", to->count == 0 ? none : "");
    for (uint32_t i = 0; i < to->count; i++)
        buf_fmt(out, "%s\"%s\"", i > 0 ? "," : "", to->value[i]);
    buf_byte(out, ']');
}

static int put_channel(struct notify *n, const struct channel_settings *c, struct err *e)
{
    struct db_row *r = db_use(n->db, DB_CHANNEL_PUT);
    struct buf to, people;
    int rc;

    buf_init(&to, CHANNEL_TO_MAX * (CHANNEL_EMAIL_MAX + 4));
    buf_init(&people, CHANNEL_TO_MAX * (CHANNEL_EMAIL_MAX + 4));
    put_list(&to, &c->to, "\"\"");
    put_list(&people, &c->people, "");
    db_text(r, 1, span_of(c->name));
    db_text(r, 2, span_of(c->kind));
    db_int(r, 3, level_of(c->level));
    db_text(r, 4, span_of(c->second));
    db_text(r, 5, buf_span(&to));
    db_text(r, 6, buf_span(&people));
    rc = buf_failed(&to) || buf_failed(&people)
             ? err_set(e, ERR_NOMEM, 0, "There is no memory for channels.")
             : db_run(n->db, r, e);
    buf_release(&to);
    buf_release(&people);
    return rc;
}

int notify_settings(struct notify *n, const struct settings *s, struct err *e)
{
    struct db_row *r;
    int rc = db_begin(n->db, e);

    if (rc != ERR_OK)
        return rc;
    rc = db_run(n->db, db_use(n->db, DB_CHANNELS_UNUSED), e);
    for (uint32_t i = 0; i < s->channel_count && rc == ERR_OK; i++)
        rc = put_channel(n, &s->channels[i], e);
    if (rc == ERR_OK) {
        r = db_use(n->db, DB_MESSAGES_LEFT);
        db_text(r, 1, SPAN_LIT("The settings have no such channel any more."));
        rc = db_run(n->db, r, e);
    }
    return done(n, rc, e);
}

/* --- messages ------------------------------------------------------------------------------- */

struct message { /* MESSAGE_ADD */
    struct span kind, channel, subject, text;
    int64_t key, level;
    bool stands_in;
};

static int add_message(struct db *db, const struct message *m, int64_t now_ns, struct err *e)
{
    struct db_row *r = db_use(db, DB_MESSAGE_ADD);

    db_int(r, 1, now_ns);
    db_text(r, 2, m->kind);
    db_int(r, 3, m->key);
    db_text(r, 4, m->channel);
    db_int(r, 5, m->level);
    db_text(r, 6, m->subject);
    db_text(r, 7, m->text);
    db_int(r, 8, now_ns + NOTIFY_UNTIL_NS);
    db_int(r, 9, m->stands_in);
    return db_run(db, r, e);
}

static int add_person(struct db *db, const struct message *m, const struct notify_person *to,
                      int64_t now_ns, struct err *e)
{
    struct db_row *r = db_use(db, DB_MESSAGE_ADD_PERSON);

    db_int(r, 1, now_ns);
    db_text(r, 2, m->kind);
    db_int(r, 3, m->key);
    db_int(r, 4, m->level);
    db_text(r, 5, m->subject);
    db_text(r, 6, m->text);
    db_int(r, 7, now_ns + NOTIFY_UNTIL_NS);
    db_text(r, 8, to->phone);
    db_text(r, 9, to->email);
    return db_run(db, r, e);
}

/* `to` NULL: to each recipient of the channel. */
static int add_notice(struct db *db, const struct notice *n, struct span channel,
                      const struct notify_person *to, int64_t now_ns, struct err *e)
{
    struct buf subject, text;
    struct message m;
    int rc;

    buf_init(&subject, NOTIFY_TEXT_MAX);
    buf_init(&text, NOTIFY_TEXT_MAX);
    notice_subject(n, &subject);
    notice_text(n, &text);
    m = (struct message){ .kind = span_of(notice_kind_name(n->kind)),
                          .key = n->key,
                          .channel = channel,
                          .level = n->level,
                          .subject = buf_span(&subject),
                          .text = buf_span(&text) };
    rc = buf_failed(&subject) || buf_failed(&text)
             ? err_set(e, ERR_NOMEM, 0, "There is no memory for a notice.")
         : to != NULL ? add_person(db, &m, to, now_ns, e)
                      : add_message(db, &m, now_ns, e);
    buf_release(&subject);
    buf_release(&text);
    return rc;
}

int notify_add(struct db *db, const struct notice *n, struct span channel, int64_t now_ns,
               struct err *e)
{
    return add_notice(db, n, channel, NULL, now_ns, e);
}

int notify_add_person(struct db *db, const struct notice *n, const struct notify_person *to,
                      int64_t now_ns, uint64_t *messages, struct err *e)
{
    int rc = add_notice(db, n, SPAN_NONE, to, now_ns, e);

    *messages = rc == ERR_OK ? db_changed(db) : 0;
    return rc;
}

/* --- new alerts ----------------------------------------------------------------------------- */

struct news {
    struct notify *n;
    struct notice notice;
    struct span rule;
    int64_t now_ns;
};

#define CHANNEL_ENTITY "channel "

/* Is the alert about this channel itself? */
static bool is_about(const struct news *a, struct span channel)
{
    struct span entity = a->notice.entity;

    return span_eq(a->rule, SPAN_LIT("canh.notices")) &&
           span_starts(entity, SPAN_LIT(CHANNEL_ENTITY)) &&
           span_eq(span_from(entity, strlen(CHANNEL_ENTITY)), channel);
}

/* Has the channel told so much that this one has to wait? */
static int is_flooded(const struct news *a, struct span channel, int64_t held, bool *flooded,
                      struct err *e)
{
    struct db_row *r;
    int rc;

    *flooded = held > 0; /* in their order: none overtakes those that wait */
    if (*flooded)
        return ERR_OK;
    r = db_use(a->n->db, DB_CHANNEL_FLOW);
    db_text(r, 1, channel);
    db_int(r, 2, a->now_ns - NOTIFY_FLOOD_NS + 1);
    rc = db_next(a->n->db, r, e);
    if (rc == 1)
        *flooded = db_get_int(r, 0) >= NOTIFY_FLOOD;
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

static int hold(const struct news *a, struct span channel, struct err *e)
{
    struct db_row *r = db_use(a->n->db, DB_CHANNEL_HOLD);

    db_text(r, 1, channel);
    db_int(r, 2, a->now_ns);
    db_int(r, 3, a->notice.key);
    db_int(r, 4, a->notice.level);
    return db_run(a->n->db, r, e);
}

static int tell_channel(const struct news *a, struct span channel, int64_t held, struct err *e)
{
    bool flooded = false;
    int rc;

    if (is_about(a, channel))
        return ERR_OK;
    rc = is_flooded(a, channel, held, &flooded, e);
    if (rc != ERR_OK)
        return rc;
    return flooded ? hold(a, channel, e) : notify_add(a->n->db, &a->notice, channel, a->now_ns, e);
}

struct taking {
    char name[CHANNELS_MAX][CHANNEL_NAME_MAX + 1];
    int64_t held[CHANNELS_MAX];
    uint32_t count;
};

/* Names of channels out of a statement, before others are run. */
static int take_names(struct db *db, struct db_row *r, struct taking *t, bool held, struct err *e)
{
    int rc = ERR_OK;

    t->count = 0;
    while (t->count < CHANNELS_MAX && (rc = db_next(db, r, e)) == 1) {
        struct span name = db_get_text(r, 0);

        MUST(name.n <= CHANNEL_NAME_MAX);
        memcpy(t->name[t->count], name.p, name.n);
        t->name[t->count][name.n] = '\0';
        t->held[t->count++] = held ? db_get_int(r, 1) : 0;
    }
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

static int tell_alert(const struct news *a, struct err *e)
{
    struct db_row *r = db_use(a->n->db, DB_CHANNELS_TAKING);
    struct taking t;
    int rc;

    db_int(r, 1, a->notice.level);
    rc = take_names(a->n->db, r, &t, true, e);
    for (uint32_t i = 0; i < t.count && rc == ERR_OK; i++)
        rc = tell_channel(a, span_of(t.name[i]), t.held[i], e);
    return rc;
}

/* The alerts behind *at, NOTIFY_ALERTS at most; *at is the last that was looked at. */
static int tell_alerts(struct notify *n, int64_t *at, int64_t now_ns, struct err *e)
{
    struct db_row *r = db_use(n->db, DB_NOTICE_ALERTS);
    int rc;

    db_int(r, 1, *at);
    db_int(r, 2, NOTIFY_ALERTS);
    while ((rc = db_next(n->db, r, e)) == 1) {
        const struct news a = { .n = n,
                                .notice = { .kind = NOTICE_ALERT,
                                            .key = db_get_int(r, 0),
                                            .level = (enum sigma_level)db_get_int(r, 3),
                                            .time_ns = db_get_int(r, 5),
                                            .title = db_get_text(r, 2),
                                            .entity = db_get_text(r, 4) },
                                .rule = db_get_text(r, 1),
                                .now_ns = now_ns };

        *at = a.notice.key;
        if (db_get_int(r, 6) != 0)
            rc = tell_alert(&a, e);
        if (rc < 0)
            break;
    }
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

static int look_at_alerts(struct notify *n, int64_t *at, int64_t now_ns, struct err *e)
{
    struct db_row *r;
    int rc = tell_alerts(n, at, now_ns, e);

    if (rc != ERR_OK)
        return rc;
    r = db_use(n->db, DB_NOTIFIED_PUT);
    db_int(r, 1, *at);
    return db_run(n->db, r, e);
}

/* --- what waits ----------------------------------------------------------------------------- */

/* One digest that is due, up to alert `key`: 1, 0 when there is none, or a fault. */
static int tell_digest(struct notify *n, int64_t key, int64_t now_ns, struct err *e)
{
    struct db_row *r = db_use(n->db, DB_CHANNEL_DIGESTS);
    struct notice notice = { .kind = NOTICE_DIGEST, .key = key };
    char name[CHANNEL_NAME_MAX + 1];
    int rc;

    db_int(r, 1, now_ns - NOTIFY_FLOOD_NS);
    rc = db_next(n->db, r, e);
    if (rc == 1) {
        (void)snprintf(name, sizeof(name), "%.*s", SPAN_ARG(db_get_text(r, 0)));
        notice.count = db_get_int(r, 1);
        notice.time_ns = db_get_int(r, 2);
        notice.level = (enum sigma_level)db_get_int(r, 3);
        notice.gravest = db_get_int(r, 4);
    }
    db_end(r);
    if (rc != 1)
        return rc;
    rc = notify_add(n->db, &notice, span_of(name), now_ns, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(n->db, DB_CHANNEL_TOLD);
    db_text(r, 1, span_of(name));
    rc = db_run(n->db, r, e);
    return rc == ERR_OK ? 1 : rc;
}

/* One message that another channel has to take over: 1, 0, or a fault. */
static int take_over(struct notify *n, int64_t now_ns, struct err *e)
{
    struct db_row *r = db_use(n->db, DB_MESSAGE_TAKE_OVER), *put;
    int64_t id;
    int rc;

    db_int(r, 1, now_ns - NOTIFY_LATE_NS);
    db_int(r, 2, NOTIFY_TRIES);
    rc = db_next(n->db, r, e);
    if (rc == 1) {
        const struct message m = { .kind = db_get_text(r, 1),
                                   .key = db_get_int(r, 2),
                                   .level = db_get_int(r, 3),
                                   .subject = db_get_text(r, 4),
                                   .text = db_get_text(r, 5),
                                   .channel = db_get_text(r, 6),
                                   .stands_in = true };

        id = db_get_int(r, 0);
        put = db_use(n->db, DB_MESSAGE_TAKEN_OVER);
        db_int(put, 1, id);
        db_text(put, 2, m.channel);
        rc = db_run(n->db, put, e);
        if (rc == ERR_OK)
            rc = add_message(n->db, &m, now_ns, e);
        rc = rc == ERR_OK ? 1 : rc;
    }
    db_end(r);
    return rc;
}

static int run_stuck(struct notify *n, enum db_statement s, bool with_now, int64_t now_ns,
                     struct err *e)
{
    struct db_row *r = db_use(n->db, s);

    db_int(r, 1, now_ns - NOTIFY_LATE_NS);
    db_int(r, 2, NOTIFY_TRIES);
    if (with_now)
        db_int(r, 3, now_ns);
    return db_run(n->db, r, e);
}

/* An alert that a channel does not deliver, or its end. */
static int channel_alert(struct notify *n, const char *name, bool bad, struct err *e)
{
    struct alert_system a = { .rule = SPAN_LIT("canh.notices"),
                              .title = SPAN_LIT("A channel does not deliver notices"),
                              .level = LEVEL_HIGH };
    char entity[sizeof(CHANNEL_ENTITY) + CHANNEL_NAME_MAX];
    struct db_row *r;
    bool changed;
    int rc;

    (void)snprintf(entity, sizeof(entity), CHANNEL_ENTITY "%s", name);
    a.entity = span_of(entity);
    rc = bad ? alerts_open(n->alerts, &a, &changed, e) : alerts_close(n->alerts, &a, &changed, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(n->db, DB_CHANNEL_BAD);
    db_text(r, 1, span_of(name));
    db_int(r, 2, bad);
    return db_run(n->db, r, e);
}

static int channel_alerts(struct notify *n, struct db_row *r, bool bad, struct err *e)
{
    struct taking t;
    int rc = take_names(n->db, r, &t, false, e);

    for (uint32_t i = 0; i < t.count && rc == ERR_OK; i++)
        rc = channel_alert(n, t.name[i], bad, e);
    return rc;
}

/* What reached nobody, and channels of which nothing does so any more. */
static int judge(struct notify *n, int64_t now_ns, struct err *e)
{
    struct db_row *r;
    int rc = run_stuck(n, DB_MESSAGES_REACHED, false, now_ns, e);

    if (rc == ERR_OK)
        rc = run_stuck(n, DB_MESSAGES_VOID, true, now_ns, e);
    if (rc == ERR_OK && db_changed(n->db) > 0) {
        r = db_use(n->db, DB_CHANNELS_VOID);
        db_int(r, 1, now_ns);
        rc = channel_alerts(n, r, true, e);
    }
    return rc == ERR_OK ? channel_alerts(n, db_use(n->db, DB_CHANNEL_HEALED), false, e) : rc;
}

static int repeat(struct notify *n, int64_t key, int64_t now_ns, struct err *e)
{
    int rc = 1;

    for (int i = 0; i < STEPS_MAX && rc == 1; i++)
        rc = tell_digest(n, key, now_ns, e);
    for (int i = 0; i < STEPS_MAX && rc >= 0; i++) {
        rc = take_over(n, now_ns, e);
        if (rc == 0)
            break;
    }
    return rc < 0 ? rc : ERR_OK;
}

/* --- a round -------------------------------------------------------------------------------- */

/* Up to which alert they were looked at, the last there is, and whether anything waits. */
static int ask_work(struct notify *n, int64_t now_ns, int64_t at[2], bool *waits, struct err *e)
{
    struct db_row *r = db_use(n->db, DB_NOTIFIED);
    int rc = db_next(n->db, r, e);

    at[0] = rc == 1 ? db_get_int(r, 0) : 0;
    at[1] = rc == 1 ? db_get_int(r, 1) : 0; /* NULL, of no alert, is 0 */
    db_end(r);
    if (rc < 0)
        return rc;
    r = db_use(n->db, DB_NOTICE_WORK);
    db_int(r, 1, now_ns - NOTIFY_LATE_NS);
    db_int(r, 2, NOTIFY_TRIES);
    db_int(r, 3, now_ns - NOTIFY_FLOOD_NS);
    rc = db_next(n->db, r, e);
    *waits = rc == 1 && db_get_int(r, 0) != 0;
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

int notify_round(struct notify *n, int64_t now_ns, struct err *e)
{
    bool waits = false;
    int64_t at[2];
    int rc = ask_work(n, now_ns, at, &waits, e);

    if (rc != ERR_OK || (at[1] <= at[0] && !waits))
        return rc;
    rc = db_begin(n->db, e);
    if (rc != ERR_OK)
        return rc;
    alerts_clock(n->alerts, now_ns);
    if (at[1] > at[0])
        rc = look_at_alerts(n, &at[0], now_ns, e);
    if (rc == ERR_OK)
        rc = repeat(n, at[0], now_ns, e);
    if (rc == ERR_OK)
        rc = judge(n, now_ns, e);
    return done(n, rc, e);
}

/* --- sending -------------------------------------------------------------------------------- */

static int due_of(struct notify *n, const char *channel, int64_t now_ns, uint32_t each,
                  notify_take_fn *take, void *arg, struct err *e)
{
    struct db_row *r = db_use(n->db, DB_MESSAGE_DUE);
    int rc;

    db_text(r, 1, span_of(channel));
    db_int(r, 2, now_ns);
    db_int(r, 3, each);
    while ((rc = db_next(n->db, r, e)) == 1) {
        const struct letter l = { .id = db_get_int(r, 0),
                                  .channel = db_get_text(r, 1),
                                  .recipient = db_get_text(r, 2),
                                  .kind = db_get_text(r, 3),
                                  .key = db_get_int(r, 4),
                                  .level = (enum sigma_level)db_get_int(r, 5),
                                  .subject = db_get_text(r, 6),
                                  .text = db_get_text(r, 7),
                                  .made_ns = db_get_int(r, 8) };

        take(arg, &l);
    }
    db_end(r);
    return rc;
}

int notify_due(struct notify *n, int64_t now_ns, uint32_t each, notify_take_fn *take, void *arg,
               struct err *e)
{
    struct taking t;
    int rc = take_names(n->db, db_use(n->db, DB_CHANNELS_USED), &t, false, e);

    for (uint32_t i = 0; i < t.count && rc == ERR_OK; i++)
        rc = due_of(n, t.name[i], now_ns, each, take, arg, e);
    return rc;
}

int64_t notify_delay_ns(int64_t failures)
{
    static const int64_t minutes[] = { 1, 2, 5, 10, 30 };
    int64_t last = (int64_t)COUNT_OF(minutes);

    return minutes[(failures < 1 ? 1 : failures > last ? last : failures) - 1] * NOTIFY_MINUTE;
}

static int put_result(struct notify *n, int64_t id, enum notify_outcome outcome, struct span why,
                      int64_t now_ns, struct err *e)
{
    struct db_row *r = db_use(n->db, DB_MESSAGE_AT);
    int64_t failures = 0, until = 0, due;
    bool waits = false;
    int rc;

    db_int(r, 1, id);
    rc = db_next(n->db, r, e);
    if (rc == 1) {
        waits = span_eq(db_get_text(r, 0), SPAN_LIT("waiting"));
        failures = db_get_int(r, 1) + 1;
        until = db_get_int(r, 2);
    }
    db_end(r);
    if (rc < 0 || !waits)
        return rc < 0 ? rc : ERR_OK;
    due = now_ns + notify_delay_ns(failures);
    r = db_use(n->db, outcome == NOTIFY_SENT ? DB_MESSAGE_SENT : DB_MESSAGE_FAILED);
    db_int(r, 1, id);
    if (outcome == NOTIFY_SENT)
        db_int(r, 2, now_ns);
    else if (outcome == NOTIFY_FAILED && due <= until)
        db_int(r, 2, due); /* else NULL: never again */
    if (outcome != NOTIFY_SENT)
        db_text(r, 3, why);
    return db_run(n->db, r, e);
}

int notify_result(struct notify *n, int64_t id, enum notify_outcome outcome, struct span why,
                  int64_t now_ns, struct err *e)
{
    int rc = db_begin(n->db, e);

    if (rc != ERR_OK)
        return rc;
    return done(n, put_result(n, id, outcome, why, now_ns, e), e);
}
