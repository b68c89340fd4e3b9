/*
 * counter.c - see counter.h.
 */
#include "office/counter.h"

#include <stdlib.h>

struct counter {
    struct counter_from from;
    struct line *line;
    struct buf answer;
};

/* Who asks. ERR_DENIED when that is nobody. */
static int find_out(struct counter *c, const struct line_ask *a, int64_t now_ns,
                    struct people_who *who, struct err *e)
{
    int rc;

    if (a->by == LINE_NOBODY) {
        people_nobody(a->address, who);
        return ERR_OK;
    }
    if (a->by == LINE_LOCAL)
        return people_local(c->from.people, a->credential, a->request, a->address, now_ns, who, e);
    rc = a->by == LINE_SESSION
             ? people_session(c->from.db, a->credential, a->address, now_ns, who, e)
             : people_token(c->from.db, a->credential, a->address, now_ns, who, e);
    if (rc == ERR_DENIED && a->by == LINE_TOKEN)
        rc = people_setting(c->from.settings, a->credential, a->address, who, e);
    return rc == ERR_OK ? people_touch(c->from.db, who, now_ns, e) : rc;
}

static void on_ask(void *arg, const struct line_ask *a)
{
    struct counter *c = arg;
    int64_t now_ns = loop_now_ns(c->from.loop);
    struct people_who who;
    struct err e = { 0 };
    struct line_tell t = { .id = a->id };

    buf_clear(&c->answer);
    t.code = find_out(c, a, now_ns, &who, &e);
    if (t.code == ERR_OK)
        t.code = acts_do(c->from.acts, &who.actor, a->request, now_ns, &c->answer, &e);
    t.text = t.code == ERR_OK ? buf_span(&c->answer) : span_of(e.why);
    /* A console that takes nothing hears nothing: it is gone, or will be. */
    (void)line_tell(c->line, &t);
}

static void on_gone(void *arg)
{
    struct counter *c = arg;

    line_free(&c->line);
}

void counter_line(struct counter *c, int fd)
{
    const struct line_from from = {
        .loop = c->from.loop, .fd = fd, .ask = on_ask, .gone = on_gone, .arg = c
    };
    struct err e;

    line_free(&c->line);
    if (line_new(&c->line, &from, &e) != ERR_OK)
        c->from.notice(c->from.arg, e.why);
}

int counter_new(struct counter **out, const struct counter_from *from, struct err *e)
{
    struct counter *c = calloc(1, sizeof(*c));

    *out = c;
    if (c == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to take requests.");
    c->from = *from;
    buf_init(&c->answer, ACT_ANSWER_MAX);
    return ERR_OK;
}

void counter_free(struct counter **pc)
{
    struct counter *c = *pc;

    *pc = NULL;
    if (c == NULL)
        return;
    line_free(&c->line);
    buf_release(&c->answer);
    free(c);
}
