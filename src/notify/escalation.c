/*
 * escalation.c - see escalation.h.
 */
#include "notify/escalation.h"

#include <stdio.h>

#include "base/utf.h"
#include "conf/channel.h"
#include "staff/staff.h"

#define MILLISECOND_NS INT64_C(1000000)
#define PHONE_MAX      30u

static const char *const step_names[] = {
#define X(id, name) name,
    ESCALATION_STEP_TABLE(X)
#undef X
};

struct escalation_waits escalation_waits_of(const struct settings *s)
{
    return (struct escalation_waits){ (int64_t)s->escalate_high * MILLISECOND_NS,
                                      (int64_t)s->escalate_critical * MILLISECOND_NS };
}

struct person {
    char name[STAFF_PERSON_MAX + 1], phone[PHONE_MAX + 1], email[CHANNEL_EMAIL_MAX + 1];
};

struct due {
    int64_t id, first_ns, made_ns;
    enum sigma_level level;
    uint32_t called; /* steps that were taken */
    char title[NOTIFY_TITLE_MAX + 1], entity[NOTIFY_TITLE_MAX + 1];
};

struct round {
    struct db *db;
    int64_t now_ns;
    int64_t left; /* people who may be called before it is a flood */
};

static void copy(char *to, size_t room, struct span s)
{
    s = utf8_cut(s, room - 1);
    (void)snprintf(to, room, "%.*s", SPAN_ARG(s));
}

/* --- who ------------------------------------------------------------------------------------ */

/* Who is there at a step; *count, ESCALATION_PEOPLE at most. */
static int read_people(const struct round *o, enum escalation_step step,
                       struct person out[ESCALATION_PEOPLE], uint32_t *count, struct err *e)
{
    struct db_row *r = db_use(o->db, step == ESCALATION_LEADS ? DB_CALL_LEADS : DB_CALL_POST);
    int rc = 0;

    *count = 0;
    db_int(r, 1, ESCALATION_PEOPLE);
    if (step != ESCALATION_LEADS) {
        db_int(r, 2, o->now_ns);
        db_text(r, 3, span_of(step_names[step]));
    }
    while (*count < ESCALATION_PEOPLE && (rc = db_next(o->db, r, e)) == 1) {
        struct person *p = &out[(*count)++];

        copy(p->name, sizeof(p->name), db_get_text(r, 0));
        copy(p->phone, sizeof(p->phone), db_get_text(r, 1));
        copy(p->email, sizeof(p->email), db_get_text(r, 2));
    }
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

/* --- one step of one alert ------------------------------------------------------------------ */

static int tell(const struct round *o, const struct due *a, const struct person *p,
                uint64_t *messages, struct err *e)
{
    const struct notice n = { .kind = NOTICE_CALL,
                              .key = a->id,
                              .level = a->level,
                              .time_ns = a->first_ns,
                              .title = span_of(a->title),
                              .entity = span_of(a->entity),
                              .count = (o->now_ns - a->made_ns) / NOTIFY_MINUTE };
    const struct notify_person to = { span_of(p->phone), span_of(p->email) };

    return notify_add_person(o->db, &n, &to, o->now_ns, messages, e);
}

/* `p` NULL: nobody was there. */
static int put_call(const struct round *o, const struct due *a, enum escalation_step step,
                    const struct person *p, uint64_t messages, struct err *e)
{
    struct db_row *r = db_use(o->db, DB_CALL_ADD);

    db_int(r, 1, a->id);
    db_int(r, 2, o->now_ns);
    db_text(r, 3, span_of(step_names[step]));
    if (p != NULL)
        db_text(r, 4, span_of(p->name));
    db_int(r, 5, (int64_t)messages);
    return db_run(o->db, r, e);
}

static int call_people(struct round *o, const struct due *a, enum escalation_step step,
                       const struct person *people, uint32_t count, struct err *e)
{
    int rc = count == 0 ? put_call(o, a, step, NULL, 0, e) : ERR_OK;

    for (uint32_t i = 0; i < count && rc == ERR_OK; i++) {
        uint64_t messages = 0;

        rc = tell(o, a, &people[i], &messages, e);
        if (rc == ERR_OK)
            rc = put_call(o, a, step, &people[i], messages, e);
        o->left -= messages > 0;
    }
    return rc;
}

/* The next step at which somebody is there, or the last. */
static int take_step(struct round *o, const struct due *a, struct err *e)
{
    struct person people[ESCALATION_PEOPLE];
    uint32_t step = a->called, count = 0;
    struct db_row *r;
    int rc;

    MUST(step < ESCALATION_STEPS);
    rc = read_people(o, (enum escalation_step)step, people, &count, e);
    while (rc == ERR_OK && count == 0 && step + 1 < ESCALATION_STEPS)
        rc = read_people(o, (enum escalation_step)++ step, people, &count, e);
    if (rc == ERR_OK)
        rc = call_people(o, a, (enum escalation_step)step, people, count, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(o->db, DB_CALLED);
    db_int(r, 1, a->id);
    db_int(r, 2, step + 1);
    db_int(r, 3, o->now_ns);
    return db_run(o->db, r, e);
}

/* --- rounds --------------------------------------------------------------------------------- */

static int read_due(const struct round *o, enum sigma_level level, int64_t wait_ns,
                    struct due out[ESCALATION_ROUND], uint32_t *count, struct err *e)
{
    struct db_row *r = db_use(o->db, DB_CALLS_DUE);
    int rc = 0;

    *count = 0;
    db_int(r, 1, level);
    db_int(r, 2, o->now_ns - wait_ns);
    db_int(r, 3, ESCALATION_ROUND);
    while (*count < ESCALATION_ROUND && (rc = db_next(o->db, r, e)) == 1) {
        struct due *a = &out[(*count)++];

        *a = (struct due){ .id = db_get_int(r, 0),
                           .first_ns = db_get_int(r, 3),
                           .made_ns = db_get_int(r, 4),
                           .level = level,
                           .called = (uint32_t)db_get_int(r, 5) };
        copy(a->title, sizeof(a->title), db_get_text(r, 1));
        copy(a->entity, sizeof(a->entity), db_get_text(r, 2));
    }
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

static int one_level(struct round *o, enum sigma_level level, int64_t wait_ns, bool *more,
                     struct err *e)
{
    struct due due[ESCALATION_ROUND];
    uint32_t count = 0, i = 0;
    int rc = wait_ns > 0 ? read_due(o, level, wait_ns, due, &count, e) : ERR_OK;

    for (; i < count && o->left > 0 && rc == ERR_OK; i++)
        rc = take_step(o, &due[i], e);
    *more = *more || (count == ESCALATION_ROUND && i == count);
    return rc;
}

static int read_left(struct round *o, struct err *e)
{
    struct db_row *r = db_use(o->db, DB_CALL_FLOW);
    int rc;

    db_int(r, 1, o->now_ns - ESCALATION_FLOOD_NS);
    rc = db_next(o->db, r, e);
    o->left = rc == 1 ? ESCALATION_FLOOD - db_get_int(r, 0) : 0;
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

int escalation_round(struct db *db, const struct escalation_waits *waits, int64_t now_ns,
                     bool *more, struct err *e)
{
    struct round o = { .db = db, .now_ns = now_ns };
    int rc = read_left(&o, e);

    *more = false;
    if (rc == ERR_OK)
        rc = one_level(&o, LEVEL_CRITICAL, waits->critical_ns, more, e);
    if (rc == ERR_OK)
        rc = one_level(&o, LEVEL_HIGH, waits->high_ns, more, e);
    return rc;
}
