/*
 * porter.c - see porter.h.
 */
#include "office/porter.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "oidc/ticket.h"

#define DISCOVERY TICKET_ID /* its number; others have that of their login in it */

/* A code that is with the sender, or a result that could not be written yet. */
struct slot {
    int64_t id; /* 0: free */
    uint64_t since_ms;
    bool over;
    char subject[PEOPLE_SUBJECT_MAX + 1]; /* empty: refused */
};

struct porter {
    struct porter_from from;
    struct watch *round;
    struct slot slot[PORTER_SLOTS];
    uint64_t asked_ms; /* what the issuer is; 0: never */
    bool known, troubled;
    struct buf ticket;
};

static struct slot *find(struct porter *p, int64_t id)
{
    for (uint32_t i = 0; i < PORTER_SLOTS; i++) {
        if (p->slot[i].id == id)
            return &p->slot[i];
    }
    return NULL;
}

static void trouble(struct porter *p, const struct err *e)
{
    char text[sizeof(e->why) + 64];

    if (p->troubled)
        return;
    p->troubled = true;
    (void)snprintf(text, sizeof(text), "Logins by the issuer wait: %s", e->why);
    p->from.notice(p->from.arg, text);
}

/* --- results -------------------------------------------------------------------------------- */

static int write_result(struct porter *p, struct slot *s, struct err *e)
{
    int rc = people_oidc_result(p->from.people, p->from.db, s->id, span_of(s->subject), e);

    if (rc == ERR_OK)
        *s = (struct slot){ 0 };
    return rc;
}

static void finish(struct porter *p, struct slot *s, struct span subject)
{
    struct err e = { 0 };

    s->over = true;
    if (subject.n > 0 && subject.n <= PEOPLE_SUBJECT_MAX)
        memcpy(s->subject, subject.p, subject.n); /* zeros behind: it was free */
    if (write_result(p, s, &e) != ERR_OK)
        trouble(p, &e);
}

static int look_at_slots(struct porter *p, struct err *e)
{
    uint64_t now = loop_ms(p->from.loop);
    int rc = ERR_OK;

    for (uint32_t i = 0; i < PORTER_SLOTS && rc == ERR_OK; i++) {
        struct slot *s = &p->slot[i];

        if (s->id != 0 && s->over)
            rc = write_result(p, s, e);
        else if (s->id != 0 && now - s->since_ms > PORTER_SILENT_MS)
            finish(p, s, SPAN_NONE);
    }
    return rc;
}

/* --- asking --------------------------------------------------------------------------------- */

static bool ask(struct porter *p, uint64_t id, const struct ticket *t)
{
    bool good;

    buf_clear(&p->ticket);
    good = ticket_put(t, &p->ticket) && outbox_ask(p->from.outbox, id, buf_span(&p->ticket));
    if (p->ticket.p != NULL)
        sodium_memzero(p->ticket.p, p->ticket.n);
    return good;
}

static void discover(struct porter *p)
{
    const struct ticket t = { .kind = TICKET_DISCOVER };
    uint64_t now = loop_ms(p->from.loop);

    if (p->asked_ms != 0 && now - p->asked_ms < (p->known ? PORTER_KNOWN_MS : PORTER_AGAIN_MS))
        return;
    if (ask(p, DISCOVERY, &t))
        p->asked_ms = now;
}

/* What cannot be given to the sender now is refused: who waits for it begins again. */
static int hand_out(struct porter *p, struct err *e)
{
    struct people_exchange x = { 0 };
    struct slot *s;
    int rc = ERR_OK;

    while (rc == ERR_OK && (s = find(p, 0)) != NULL) {
        struct ticket t = { .kind = TICKET_EXCHANGE };

        rc = people_oidc_due(p->from.people, p->from.db, &x, e);
        if (rc != 1)
            break;
        t.text[0] = span_of(x.code);
        t.text[1] = span_of(x.verifier);
        t.text[2] = span_of(x.nonce);
        *s = (struct slot){ .id = x.id, .since_ms = loop_ms(p->from.loop) };
        rc = ERR_OK;
        if (!ask(p, TICKET_ID | (uint64_t)x.id, &t))
            finish(p, s, SPAN_NONE);
    }
    sodium_memzero(&x, sizeof(x));
    return rc;
}

static void on_round(void *arg, unsigned ready)
{
    struct porter *p = arg;
    struct err e = { 0 };
    int rc;

    (void)ready;
    discover(p);
    rc = look_at_slots(p, &e);
    if (rc == ERR_OK)
        rc = hand_out(p, &e);
    if (rc != ERR_OK)
        trouble(p, &e);
    else
        p->troubled = false;
}

/* --- answers -------------------------------------------------------------------------------- */

static void on_discovered(struct porter *p, const struct ticket *t)
{
    if (t->text[0].n == 0)
        return; /* not now; what was known stays */
    p->known = people_oidc_learned(p->from.people, t->text[0], t->flag);
}

static void on_answer(struct porter *p, struct slot *s, const struct line_tell *tell)
{
    struct ticket t = { .answers = true };

    if (tell->code == ERR_OK && ticket_read(tell->text, &t) && t.kind == TICKET_EXCHANGE)
        finish(p, s, t.text[0]);
    else
        finish(p, s, SPAN_NONE);
}

/* NULL: the line is gone, and what was under way with it. */
static void on_tell(void *arg, const struct line_tell *tell)
{
    struct porter *p = arg;
    struct ticket t = { .answers = true };
    struct slot *s;

    if (tell == NULL) {
        p->asked_ms = 0; /* the next sender knows nothing yet */
        for (uint32_t i = 0; i < PORTER_SLOTS; i++) {
            if (p->slot[i].id != 0 && !p->slot[i].over)
                finish(p, &p->slot[i], SPAN_NONE);
        }
        return;
    }
    if (tell->id == DISCOVERY) {
        if (tell->code == ERR_OK && ticket_read(tell->text, &t) && t.kind == TICKET_DISCOVER)
            on_discovered(p, &t);
        return;
    }
    s = find(p, (int64_t)(tell->id & ~TICKET_ID));
    if (s != NULL && !s->over)
        on_answer(p, s, tell);
}

/* --- the whole ------------------------------------------------------------------------------ */

void porter_settings(struct porter *p, const struct settings *s)
{
    people_oidc(p->from.people, s);
    p->known = false;
    p->asked_ms = 0;
    if (people_oidc_is_on(p->from.people))
        watch_every(p->round, PORTER_ROUND_MS);
    else
        watch_stop(p->round);
}

int porter_new(struct porter **out, const struct porter_from *from, struct err *e)
{
    struct porter *p = calloc(1, sizeof(*p));
    int rc;

    *out = p;
    if (p == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for logins by an issuer.");
    p->from = *from;
    buf_init(&p->ticket, TICKET_MAX);
    p->round = loop_timer(from->loop, on_round, p);
    rc = p->round == NULL ? err_set(e, ERR_NOMEM, 0, "There is no memory for logins by an issuer.")
                          : people_oidc_lost(from->db, e);
    if (rc != ERR_OK) {
        porter_free(out);
        return rc;
    }
    outbox_others(from->outbox, on_tell, p);
    return ERR_OK;
}

void porter_free(struct porter **pp)
{
    struct porter *p = *pp;

    *pp = NULL;
    if (p == NULL)
        return;
    outbox_others(p->from.outbox, NULL, NULL);
    watch_free(&p->round);
    buf_release(&p->ticket);
    sodium_memzero(p, sizeof(*p));
    free(p);
}
