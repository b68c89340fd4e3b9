/*
 * outbox.c - see outbox.h.
 */
#include "office/outbox.h"

#include <stdio.h>
#include <stdlib.h>

#include "oidc/ticket.h"

#define WHY_MAX 224u

/* A letter that is under way, or what came of it and could not be written yet. */
struct slot {
    int64_t id; /* 0: free */
    uint64_t since_ms;
    bool over;
    enum notify_outcome outcome;
    char why[WHY_MAX];
};

struct outbox {
    struct outbox_from from;
    struct line *line;
    outbox_told_fn *told; /* answers that are of no letter */
    void *told_arg;
    struct watch *round;
    struct slot slot[OUTBOX_SLOTS];
    struct buf letter;
    bool troubled;
};

static struct slot *find(struct outbox *o, int64_t id)
{
    for (uint32_t i = 0; i < OUTBOX_SLOTS; i++) {
        if (o->slot[i].id == id)
            return &o->slot[i];
    }
    return NULL;
}

/* --- what came of it ------------------------------------------------------------------------ */

static void trouble(struct outbox *o, const struct err *e)
{
    char text[sizeof(e->why) + 64];

    if (o->troubled)
        return;
    o->troubled = true;
    (void)snprintf(text, sizeof(text), "Notices wait, and are tried again: %s", e->why);
    o->from.notice(o->from.arg, text);
}

static int write_result(struct outbox *o, struct slot *s, struct err *e)
{
    int rc = notify_result(o->from.notify, s->id, s->outcome, span_of(s->why),
                           loop_now_ns(o->from.loop), e);

    if (rc == ERR_OK)
        *s = (struct slot){ 0 };
    return rc;
}

static void finish(struct outbox *o, struct slot *s, enum notify_outcome outcome, struct span why)
{
    struct err e = { 0 };

    s->over = true;
    s->outcome = outcome;
    (void)snprintf(s->why, sizeof(s->why), "%.*s", (int)(why.n < WHY_MAX ? why.n : WHY_MAX - 1),
                   (const char *)why.p);
    if (write_result(o, s, &e) != ERR_OK)
        trouble(o, &e);
}

/* Results that could not be written, and letters without an answer. */
static int look_at_slots(struct outbox *o, struct err *e)
{
    uint64_t now = loop_ms(o->from.loop);
    int rc = ERR_OK;

    for (uint32_t i = 0; i < OUTBOX_SLOTS && rc == ERR_OK; i++) {
        struct slot *s = &o->slot[i];

        if (s->id != 0 && s->over)
            rc = write_result(o, s, e);
        else if (s->id != 0 && now - s->since_ms > OUTBOX_SILENT_MS)
            finish(o, s, NOTIFY_FAILED, SPAN_LIT("The sender did not answer."));
    }
    return rc;
}

/* --- what is due ---------------------------------------------------------------------------- */

static void on_due(void *arg, const struct letter *l)
{
    struct outbox *o = arg;
    struct slot *s = find(o, l->id) == NULL ? find(o, 0) : NULL;
    struct line_ask a = { .id = (uint64_t)l->id, .by = LINE_NOBODY };

    buf_clear(&o->letter);
    if (s == NULL || o->line == NULL || !letter_put(l, &o->letter))
        return; /* it stays due */
    a.request = buf_span(&o->letter);
    if (line_ask(o->line, &a))
        *s = (struct slot){ .id = l->id, .since_ms = loop_ms(o->from.loop) };
}

static int hand_out(struct outbox *o, struct err *e)
{
    return o->line == NULL
               ? ERR_OK
               : notify_due(o->from.notify, loop_now_ns(o->from.loop), OUTBOX_EACH, on_due, o, e);
}

static void on_round(void *arg, unsigned ready)
{
    struct outbox *o = arg;
    struct err e = { 0 };
    int rc = notify_round(o->from.notify, loop_now_ns(o->from.loop), &e);

    (void)ready;
    if (rc == ERR_OK)
        rc = look_at_slots(o, &e);
    if (rc == ERR_OK)
        rc = hand_out(o, &e);
    if (rc != ERR_OK)
        trouble(o, &e);
    else
        o->troubled = false;
}

/* --- the line ------------------------------------------------------------------------------- */

static void on_tell(void *arg, const struct line_tell *t)
{
    struct outbox *o = arg;
    bool other = (t->id & TICKET_ID) != 0;
    struct slot *s = t->id != 0 && !other ? find(o, (int64_t)t->id) : NULL;
    struct err e = { 0 };

    if (other && o->told != NULL)
        o->told(o->told_arg, t);
    if (s == NULL || s->over)
        return; /* of an earlier desk's, or told twice */
    if (t->code == ERR_MORE)
        *s = (struct slot){ 0 }; /* not now: it is still due */
    else
        finish(o, s,
               t->code == ERR_OK       ? NOTIFY_SENT
               : t->code == ERR_DENIED ? NOTIFY_REFUSED
                                       : NOTIFY_FAILED,
               t->text);
    if (t->code != ERR_MORE && hand_out(o, &e) != ERR_OK)
        trouble(o, &e);
}

static void hang_up(struct outbox *o)
{
    line_free(&o->line);
    for (uint32_t i = 0; i < OUTBOX_SLOTS; i++) {
        struct slot *s = &o->slot[i];

        if (s->id != 0 && !s->over)
            finish(o, s, NOTIFY_FAILED, SPAN_LIT("The sender ended while this was under way."));
    }
    if (o->told != NULL)
        o->told(o->told_arg, NULL);
}

static void on_gone(void *arg)
{
    hang_up(arg);
}

void outbox_line(struct outbox *o, int fd)
{
    const struct line_from from = {
        .loop = o->from.loop, .fd = fd, .tell = on_tell, .gone = on_gone, .arg = o
    };
    struct err e;

    hang_up(o);
    if (line_new(&o->line, &from, &e) != ERR_OK)
        o->from.notice(o->from.arg, e.why);
}

void outbox_others(struct outbox *o, outbox_told_fn *told, void *arg)
{
    o->told = told;
    o->told_arg = arg;
}

bool outbox_ask(struct outbox *o, uint64_t id, struct span request)
{
    const struct line_ask a = { .id = id, .by = LINE_NOBODY, .request = request };

    MUST((id & TICKET_ID) != 0);
    return o->line != NULL && line_ask(o->line, &a);
}

/* --- the whole ------------------------------------------------------------------------------ */

int outbox_new(struct outbox **out, const struct outbox_from *from, struct err *e)
{
    struct outbox *o = calloc(1, sizeof(*o));

    *out = o;
    if (o == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for notices.");
    o->from = *from;
    buf_init(&o->letter, LETTER_MAX);
    o->round = loop_timer(from->loop, on_round, o);
    if (o->round == NULL) {
        outbox_free(out);
        return err_set(e, ERR_NOMEM, 0, "There is no memory for notices.");
    }
    watch_every(o->round, OUTBOX_ROUND_MS);
    return ERR_OK;
}

void outbox_free(struct outbox **po)
{
    struct outbox *o = *po;

    *po = NULL;
    if (o == NULL)
        return;
    watch_free(&o->round);
    line_free(&o->line);
    buf_release(&o->letter);
    free(o);
}
