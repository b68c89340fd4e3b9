/*
 * prover.c - see prover.h.
 */
#include "office/prover.h"

#include <stdio.h>
#include <stdlib.h>

#include "office/line.h"
#include "proof/proof.h"

struct prover {
    struct prover_from from;
    struct line *line;
    struct watch *round;
    int64_t id; /* that the verifier was asked for; 0: none */
    bool ended; /* ... and was told to end */
    /* What came of it, until it is written. */
    bool over;
    int code;
    struct buf text;
    bool troubled;
};

static void trouble(struct prover *p, const struct err *e)
{
    char text[sizeof(e->why) + 64];

    if (p->troubled)
        return;
    p->troubled = true;
    (void)snprintf(text, sizeof(text), "A verification waits: %s", e->why);
    p->from.notice(p->from.arg, text);
}

static void finish(struct prover *p, int code, struct span text)
{
    if (p->over)
        return;
    p->over = true;
    p->code = code;
    buf_clear(&p->text);
    buf_add(&p->text, text);
    if (buf_failed(&p->text))
        p->code = ERR_NOMEM;
}

/* --- a round -------------------------------------------------------------------------------- */

static int write_over(struct prover *p, struct err *e)
{
    int rc =
        proof_over(p->from.db, p->id, p->code, buf_span(&p->text), loop_now_ns(p->from.loop), e);

    if (rc == ERR_OK) {
        p->id = 0;
        p->over = p->ended = false;
    }
    return rc;
}

static bool send_ask(struct prover *p, int64_t id, const char *request)
{
    const struct line_ask a = { .id = (uint64_t)id,
                                .by = LINE_NOBODY,
                                .request = span_of(request) };

    return p->line != NULL && line_ask(p->line, &a);
}

/* One that is open and is not the one at hand. */
static int take(struct prover *p, const struct proof_open *open, struct err *e)
{
    const int64_t now_ns = loop_now_ns(p->from.loop);
    int rc;

    if (open->running) /* of an earlier desk */
        return proof_over(p->from.db, open->id, ERR_IO,
                          SPAN_LIT("The server ended before it was done."), now_ns, e);
    if (open->ending)
        return proof_over(p->from.db, open->id, ERR_CONFLICT,
                          SPAN_LIT("It was ended before it began."), now_ns, e);
    if (p->line == NULL)
        return ERR_OK; /* it waits for the verifier */
    rc = proof_begun(p->from.db, open->id, now_ns, e);
    if (rc != ERR_OK)
        return rc;
    p->id = open->id;
    p->ended = false;
    if (!send_ask(p, open->id, open->anchor))
        finish(p, ERR_IO, SPAN_LIT("The verifier takes nothing."));
    return ERR_OK;
}

static int look(struct prover *p, struct err *e)
{
    struct proof_open open;
    int rc = p->over ? write_over(p, e) : ERR_OK;

    if (rc == ERR_OK)
        rc = proof_find(p->from.db, &open, e);
    if (rc != ERR_OK || open.id == 0)
        return rc;
    if (open.id != p->id)
        return take(p, &open, e);
    if (open.ending && !p->ended)
        p->ended = send_ask(p, p->id, "end");
    return ERR_OK;
}

static void on_round(void *arg, unsigned ready)
{
    struct prover *p = arg;
    struct err e = { 0 };

    (void)ready;
    if (look(p, &e) == ERR_OK)
        p->troubled = false;
    else
        trouble(p, &e);
}

/* --- the line ------------------------------------------------------------------------------- */

static void on_tell(void *arg, const struct line_tell *t)
{
    struct prover *p = arg;
    struct err e = { 0 };

    if (p->id == 0 || t->id != (uint64_t)p->id)
        return; /* of an earlier one */
    if (t->code != ERR_MORE)
        finish(p, t->code, t->text);
    else if (!p->over && proof_far(p->from.db, p->id, t->text, &e) != ERR_OK)
        trouble(p, &e);
}

static void hang_up(struct prover *p)
{
    line_free(&p->line);
    if (p->id != 0)
        finish(p, ERR_IO, SPAN_LIT("The verifier ended while it read."));
}

static void on_gone(void *arg)
{
    hang_up(arg);
}

void prover_line(struct prover *p, int fd)
{
    const struct line_from from = {
        .loop = p->from.loop, .fd = fd, .tell = on_tell, .gone = on_gone, .arg = p
    };
    struct err e;

    hang_up(p);
    if (line_new(&p->line, &from, &e) != ERR_OK)
        p->from.notice(p->from.arg, e.why);
}

/* --- the whole ------------------------------------------------------------------------------ */

int prover_new(struct prover **out, const struct prover_from *from, struct err *e)
{
    struct prover *p = calloc(1, sizeof(*p));

    *out = p;
    if (p == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for verifications.");
    p->from = *from;
    buf_init(&p->text, LINE_FRAME_MAX);
    p->round = loop_timer(from->loop, on_round, p);
    if (p->round == NULL) {
        prover_free(out);
        return err_set(e, ERR_NOMEM, 0, "There is no memory for verifications.");
    }
    watch_every(p->round, PROVER_MS);
    return ERR_OK;
}

void prover_free(struct prover **pp)
{
    struct prover *p = *pp;

    *pp = NULL;
    if (p == NULL)
        return;
    watch_free(&p->round);
    line_free(&p->line);
    buf_release(&p->text);
    free(p);
}
