/*
 * tracers.c - see tracers.h.
 */
#include "desk/tracers.h"

#include <stdlib.h>

struct way {
    uint64_t count;   /* that the database had */
    uint64_t seen_ms; /* when it last changed, or trying began */
    bool tried;
    enum { UNTOLD, TOLD_HERE, TOLD_MISSING } told;
};

struct tracers {
    struct db *db;
    struct alerts *alerts;
    const struct settings *settings;
    struct way way[INPUTS];
};

bool tracers_tried(const struct settings *s, enum input input)
{
    switch (input) {
    case INPUT_SYSLOG_UDP:
        return s->syslog_udp.count > 0;
    case INPUT_SYSLOG_TCP:
        return s->syslog_tcp.count > 0;
    case INPUT_SYSLOG_TLS:
        return s->syslog_tls.count > 0 && !s->tls_mutual;
    case INPUT_RELP:
        return s->relp.count > 0;
    case INPUT_HTTP:
        return s->http.count > 0;
    case INPUT_HTTPS:
        return s->https.count > 0 && !s->tls_mutual;
    default:
        return false; /* what is followed is not sent */
    }
}

int tracers_new(struct tracers **out, struct db *db, struct alerts *alerts,
                const struct settings *settings, struct err *e)
{
    struct tracers *t = calloc(1, sizeof(*t));

    *out = t;
    if (t == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to watch over the inputs.");
    t->db = db;
    t->alerts = alerts;
    t->settings = settings;
    return ERR_OK;
}

void tracers_free(struct tracers **t)
{
    free(*t);
    *t = NULL;
}

/* Of which input is this text the name? INPUTS: of none. */
static unsigned input_of(struct span name)
{
    unsigned i = 0;

    while (i < INPUTS && !span_eq(name, span_of(input_name((enum input)i))))
        i++;
    return i;
}

static int look(struct tracers *t, uint64_t ms, struct err *e)
{
    struct db_row *r = db_use(t->db, DB_TRACER_ALL);
    int rc;

    while ((rc = db_next(t->db, r, e)) == 1) {
        unsigned i = input_of(db_get_text(r, 0));
        uint64_t count = db_get_u64(r, 1);

        if (i == INPUTS || t->way[i].count == count)
            continue;
        /* What was there before us says nothing of now. */
        if (t->way[i].count != 0 || t->way[i].tried)
            t->way[i].seen_ms = ms;
        t->way[i].count = count;
    }
    db_end(r);
    return rc;
}

static void try_all(struct tracers *t, uint64_t ms)
{
    for (unsigned i = 0; i < INPUTS; i++) {
        bool tried = tracers_tried(t->settings, (enum input)i);

        if (tried && !t->way[i].tried)
            t->way[i].seen_ms = ms;
        t->way[i].tried = tried;
    }
}

static bool is_missing(const struct way *w, uint64_t ms)
{
    return w->tried && ms - w->seen_ms >= TRACERS_MISSING_MS;
}

/* Whether it is here is told at the first round too: an earlier process may have opened what has
 * passed. */
static bool to_tell(const struct way *w, uint64_t ms)
{
    return w->told != (is_missing(w, ms) ? TOLD_MISSING : TOLD_HERE);
}

static int tell(struct tracers *t, uint64_t ms, struct err *e)
{
    int rc = ERR_OK;

    for (unsigned i = 0; i < INPUTS && rc == ERR_OK; i++) {
        const struct alert_system a = { SPAN_LIT(TRACERS_RULE),
                                        SPAN_LIT("Our own events do not arrive"),
                                        span_of(input_name((enum input)i)), LEVEL_HIGH };
        bool changed;

        if (!to_tell(&t->way[i], ms))
            continue;
        rc = is_missing(&t->way[i], ms) ? alerts_open(t->alerts, &a, &changed, e)
                                        : alerts_close(t->alerts, &a, &changed, e);
    }
    return rc == ERR_OK ? alerts_flush(t->alerts, e) : rc;
}

static bool any_new(const struct tracers *t, uint64_t ms)
{
    bool any = false;

    for (unsigned i = 0; i < INPUTS; i++)
        any |= to_tell(&t->way[i], ms);
    return any;
}

int tracers_round(struct tracers *t, uint64_t ms, struct err *e)
{
    int rc = look(t, ms, e);

    if (rc < 0)
        return rc;
    try_all(t, ms);
    if (!any_new(t, ms))
        return ERR_OK;
    rc = db_begin(t->db, e);
    if (rc == ERR_OK)
        rc = tell(t, ms, e);
    if (rc == ERR_OK)
        rc = db_commit(t->db, e);
    if (rc != ERR_OK) {
        db_rollback(t->db);
        alerts_forget(t->alerts);
        return rc;
    }
    for (unsigned i = 0; i < INPUTS; i++)
        t->way[i].told = is_missing(&t->way[i], ms) ? TOLD_MISSING : TOLD_HERE;
    return ERR_OK;
}
