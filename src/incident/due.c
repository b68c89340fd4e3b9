/*
 * due.c - what runs out becomes an alert of the system, each share of its time once.
 *
 * Which share was told lies beside the thing (`told`), written in the transaction of the alert: so
 * an alert that somebody closed does not come again, and none is lost in a crash. The next share
 * closes the alert of the one before; a thing that is done, stopped or over closes its own.
 */
#include "incident/incident_own.h"

#include <stdio.h>

#include "base/utf.h"

#define ROUND_MAX 64 /* of each kind, in one call */

static const struct kind {
    enum db_statement due, over, told;
    const char *rule, *title, *late;
} kinds[] = {
    { DB_CLOCKS_DUE, DB_CLOCKS_OVER, DB_CLOCK_TOLD, "canh.clock",
      "A clock of the law runs out: ", "A clock of the law has run out: " },
    { DB_TASKS_DUE, DB_TASKS_OVER, DB_TASK_TOLD, "canh.task", "", "A task is late: " },
    { DB_PHIEUS_DUE, DB_PHIEUS_OVER, DB_PHIEU_TOLD, "canh.phieu", "", "A phieu is not answered: " },
};

static const struct share {
    int percent;
    enum sigma_level level;
} shares[] = {
    { 50, LEVEL_LOW },
    { 75, LEVEL_MEDIUM },
    { 90, LEVEL_HIGH },
    { 100, LEVEL_CRITICAL },
};

struct thing {
    int64_t id;
    int told, share;
    char name[96], title[ALERT_ENTITY_MAX];
};

static void copy(char *to, size_t room, const char *head, struct span s)
{
    s = utf8_cut(s, room - 1 - strlen(head));
    (void)snprintf(to, room, "%s%.*s", head, SPAN_ARG(s));
}

/* What is to be told of a kind; how many, or a fault. */
static int read_due(struct db *db, const struct kind *k, int64_t now_ns, struct thing *out,
                    struct err *e)
{
    struct db_row *r = db_use(db, k->due);
    int count = 0, rc;

    db_int(r, 1, now_ns);
    db_int(r, 2, ROUND_MAX);
    while ((rc = db_next(db, r, e)) == 1) {
        struct thing *t = &out[count++];

        t->id = db_get_int(r, 0);
        t->told = (int)db_get_int(r, 2);
        t->share = (int)db_get_int(r, 3);
        copy(t->name, sizeof(t->name), "", db_get_text(r, 1));
        copy(t->title, sizeof(t->title), t->share == 100 ? k->late : k->title, db_get_text(r, 4));
    }
    return rc < 0 ? rc : count;
}

static int read_over(struct db *db, const struct kind *k, int64_t now_ns, struct thing *out,
                     struct err *e)
{
    struct db_row *r = db_use(db, k->over);
    int count = 0, rc;

    db_int(r, 1, ROUND_MAX);
    if (k->over == DB_PHIEUS_OVER)
        db_int(r, 2, now_ns);
    while ((rc = db_next(db, r, e)) == 1) {
        struct thing *t = &out[count++];

        *t = (struct thing){ .id = db_get_int(r, 0), .told = (int)db_get_int(r, 2) };
        copy(t->name, sizeof(t->name), "", db_get_text(r, 1));
    }
    return rc < 0 ? rc : count;
}

/* The alert of one share: its entity has the share, so that each is one of its own. */
static int tell(struct alerts *alerts, const struct kind *k, const struct thing *t,
                const struct share *s, bool open, struct err *e)
{
    char entity[sizeof(t->name) + 8];
    struct alert_system a = { .rule = span_of(k->rule),
                              .title = span_of(t->title),
                              .level = s->level };
    bool changed;

    (void)snprintf(entity, sizeof(entity), "%s %d%%", t->name, s->percent); /* fits */
    a.entity = span_of(entity);
    return open ? alerts_open(alerts, &a, &changed, e) : alerts_close(alerts, &a, &changed, e);
}

/* Everything up to `told` is closed, `share` is opened. */
static int tell_all(struct alerts *alerts, const struct kind *k, const struct thing *t,
                    struct err *e)
{
    int rc = ERR_OK;

    for (size_t i = 0; i < COUNT_OF(shares) && rc == ERR_OK; i++) {
        if (shares[i].percent == t->share)
            rc = tell(alerts, k, t, &shares[i], true, e);
        else if (shares[i].percent <= t->told)
            rc = tell(alerts, k, t, &shares[i], false, e);
    }
    return rc;
}

static int tell_things(struct db *db, struct alerts *alerts, const struct kind *k,
                       const struct thing *t, int count, struct err *e)
{
    int rc = ERR_OK;

    for (int i = 0; i < count && rc == ERR_OK; i++) {
        struct db_row *r;

        rc = tell_all(alerts, k, &t[i], e);
        if (rc != ERR_OK)
            break;
        r = db_use(db, k->told);
        db_int(r, 1, t[i].id);
        db_int(r, 2, t[i].share);
        rc = db_run(db, r, e);
    }
    return rc;
}

static int one_kind(struct db *db, struct alerts *alerts, const struct kind *k, int64_t now_ns,
                    bool *more, struct err *e)
{
    struct thing things[ROUND_MAX];
    int count = read_due(db, k, now_ns, things, e);
    int rc = count < 0 ? count : tell_things(db, alerts, k, things, count, e);

    if (rc != ERR_OK)
        return rc;
    *more = *more || count == ROUND_MAX;
    count = read_over(db, k, now_ns, things, e);
    rc = count < 0 ? count : tell_things(db, alerts, k, things, count, e);
    *more = *more || count == ROUND_MAX;
    return rc;
}

int incident_due(struct db *db, struct alerts *alerts, int64_t now_ns, bool *more, struct err *e)
{
    int rc = ERR_OK;

    *more = false;
    for (size_t i = 0; i < COUNT_OF(kinds) && rc == ERR_OK; i++)
        rc = one_kind(db, alerts, &kinds[i], now_ns, more, e);
    return rc;
}
