/*
 * clockwork.c - see clockwork.h.
 */
#include "office/clockwork.h"

#include <stdio.h>
#include <stdlib.h>

#include "incident/incident.h"
#include "notify/escalation.h"

struct clockwork {
    struct clockwork_from from;
    struct watch *round;
    struct escalation_waits waits;
    bool troubled;
    bool law_told;
    char law_why[ERR_WHY_MAX]; /* empty: it is there */
};

/* What is done, each in a transaction; a new one is a row. *more: at once again. */
typedef int turn_fn(struct clockwork *w, int64_t now_ns, bool *more, struct err *e);

static int tell_law(struct clockwork *w, int64_t now_ns, bool *more, struct err *e)
{
    const struct alert_system a = { SPAN_LIT("canh.law"),
                                    SPAN_LIT("The law could not be read: no clock is started"),
                                    SPAN_LIT("law"), LEVEL_CRITICAL };
    bool changed;
    int rc = ERR_OK;

    (void)now_ns;
    (void)more;
    if (!w->law_told)
        rc = w->law_why[0] != '\0' ? alerts_open(w->from.alerts, &a, &changed, e)
                                   : alerts_close(w->from.alerts, &a, &changed, e);
    w->law_told = rc == ERR_OK;
    return rc;
}

static int tell_due(struct clockwork *w, int64_t now_ns, bool *more, struct err *e)
{
    return incident_due(w->from.db, w->from.alerts, now_ns, more, e);
}

static int call_people(struct clockwork *w, int64_t now_ns, bool *more, struct err *e)
{
    return escalation_round(w->from.db, &w->waits, now_ns, more, e);
}

static int group_alerts(struct clockwork *w, int64_t now_ns, bool *more, struct err *e)
{
    (void)now_ns;
    return alerts_group(w->from.alerts, more, e);
}

static turn_fn *const turns[] = { tell_law, tell_due, call_people, group_alerts };

void clockwork_settings(struct clockwork *w, const struct settings *s)
{
    w->waits = escalation_waits_of(s);
}

void clockwork_law(struct clockwork *w, const char *why)
{
    (void)snprintf(w->law_why, sizeof(w->law_why), "%s", why != NULL ? why : "");
    w->law_told = false;
    if (why != NULL)
        w->from.notice(w->from.arg, why);
}

static int turn_within(struct clockwork *w, turn_fn *fn, bool *more, struct err *e)
{
    int64_t now_ns = loop_now_ns(w->from.loop);
    int rc = db_begin(w->from.db, e);

    alerts_clock(w->from.alerts, now_ns);
    if (rc == ERR_OK)
        rc = fn(w, now_ns, more, e);
    if (rc == ERR_OK)
        rc = alerts_flush(w->from.alerts, e);
    if (rc == ERR_OK)
        rc = db_commit(w->from.db, e);
    if (rc != ERR_OK) {
        db_rollback(w->from.db);
        alerts_forget(w->from.alerts);
        w->law_told = false;
    }
    return rc;
}

/* What goes wrong in one does not keep the others from being done. The first fault. */
static int turn_all(struct clockwork *w, bool *any, struct err *e)
{
    struct err why;
    bool more = false;
    int rc = acts_rest(w->from.acts, &more, e);

    *any = more;
    for (size_t i = 0; i < COUNT_OF(turns); i++) {
        int turn;

        more = false;
        turn = turn_within(w, turns[i], &more, &why);
        *any |= turn == ERR_OK && more;
        if (rc == ERR_OK && turn != ERR_OK) {
            rc = turn;
            *e = why;
        }
    }
    return rc;
}

static void on_round(void *arg, unsigned ready)
{
    struct clockwork *w = arg;
    struct err e;
    bool any = false;
    int rc = turn_all(w, &any, &e);

    (void)ready;
    if (rc != ERR_OK && !w->troubled)
        w->from.notice(w->from.arg, e.why);
    w->troubled = rc != ERR_OK;
    watch_after(w->round, any ? 0 : CLOCKWORK_MS);
}

int clockwork_new(struct clockwork **out, const struct clockwork_from *from, struct err *e)
{
    struct clockwork *w = calloc(1, sizeof(*w));

    *out = w;
    if (w != NULL) {
        w->from = *from;
        w->round = loop_timer(from->loop, on_round, w);
    }
    if (w == NULL || w->round == NULL) {
        clockwork_free(out);
        return err_set(e, ERR_NOMEM, 0, "There is no memory for what runs out.");
    }
    watch_after(w->round, CLOCKWORK_MS);
    return ERR_OK;
}

void clockwork_free(struct clockwork **pw)
{
    struct clockwork *w = *pw;

    *pw = NULL;
    if (w == NULL)
        return;
    watch_free(&w->round);
    free(w);
}
