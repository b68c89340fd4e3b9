/*
 * clockwork.c - see clockwork.h.
 */
#include "office/clockwork.h"

#include <stdlib.h>

#include "incident/incident.h"

struct clockwork {
    struct clockwork_from from;
    struct watch *round;
    bool troubled;
};

/* What is done; a new one is a row. *more: at once again. */
typedef int turn_fn(struct db *db, struct alerts *alerts, int64_t now_ns, bool *more,
                    struct err *e);
static turn_fn *const turns[] = { incident_due };

static int turn_within(const struct clockwork *w, turn_fn *fn, bool *more, struct err *e)
{
    int64_t now_ns = loop_now_ns(w->from.loop);
    int rc = db_begin(w->from.db, e);

    alerts_clock(w->from.alerts, now_ns);
    if (rc == ERR_OK)
        rc = fn(w->from.db, w->from.alerts, now_ns, more, e);
    if (rc == ERR_OK)
        rc = alerts_flush(w->from.alerts, e);
    if (rc == ERR_OK)
        rc = db_commit(w->from.db, e);
    if (rc != ERR_OK) {
        db_rollback(w->from.db);
        alerts_forget(w->from.alerts);
    }
    return rc;
}

static void on_round(void *arg, unsigned ready)
{
    struct clockwork *w = arg;
    struct err e;
    bool any = false;
    int rc = ERR_OK;

    (void)ready;
    for (size_t i = 0; i < COUNT_OF(turns) && rc == ERR_OK; i++) {
        bool more = false;

        rc = turn_within(w, turns[i], &more, &e);
        any |= more;
    }
    if (rc != ERR_OK && !w->troubled)
        w->from.notice(w->from.arg, e.why);
    w->troubled = rc != ERR_OK;
    watch_after(w->round, any && rc == ERR_OK ? 0 : CLOCKWORK_MS);
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
