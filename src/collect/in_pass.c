/*
 * in_pass.c - the reader's blocks (pass.h): events and the place in the file that they end at
 * become durable together, and the reader is told.
 */
#include "base/bytes.h"
#include "collect/collect_own.h"
#include "collect/pass.h"

#define UNTOLD 1024u

struct told {
    uint64_t group, number;
};

struct pass {
    struct told untold[UNTOLD]; /* a ring: blocks that are not durable yet */
    uint32_t first, count;
};

static void put_checkpoint(void *arg, struct span record)
{
    pass_put(arg, PASS_CHECKPOINT, 0, record);
}

static void pass_begin(struct conn *k)
{
    checkpoints_each(k->c->checkpoints, put_checkpoint, &k->out);
    pass_put(&k->out, PASS_START, 0, SPAN_NONE);
    conn_write(k);
}

static bool take_block(struct conn *k, const struct pass_frame *f)
{
    struct pass *p = k->state;
    struct collector *c = k->c;
    struct pass_block b;
    struct intake_from from;

    if (f->type != PASS_BLOCK || !pass_block_read(f->body, &b) ||
        (b.input != INPUT_FILES && b.input != INPUT_JOURNAL) || b.checkpoint.n < PASS_KEY_BYTES ||
        !checkpoints_set(c->checkpoints, b.checkpoint))
        return false;
    from = (struct intake_from){
        .row = source_row(source_by_name(c->senders, b.source), c->s.ledger, (enum input)b.input,
                          true),
        .now_ns = loop_now_ns(c->s.loop),
        .reference_ns = b.time_ns,
    };
    (void)intake_block(c->intake, &from, &b);                   /* counted there */
    (void)lane_record(c->lane, LANE_CHECKPOINTS, b.checkpoint); /* no memory: the lane says so */
    p->untold[(p->first + p->count++) % UNTOLD] = (struct told){ conn_wait(k), f->number };
    return true;
}

static size_t pass_take(struct conn *k, struct span in, bool last)
{
    struct pass *p = k->state;
    size_t at = 0;

    while (at < in.n && !k->ending) {
        struct pass_frame f;
        int64_t used;

        if (p->count == UNTOLD) {
            conn_stop(k, true);
            break;
        }
        used = pass_frame(span_from(in, at), &f, NULL);
        if (used == ERR_MORE)
            break;
        if (used < 0 || !take_block(k, &f)) {
            k->c->s.notice(k->c->s.arg, "The reader sent what is no block; it is cut off.");
            conn_end(k, false);
            break;
        }
        at += (size_t)used;
    }
    if (last)
        conn_end(k, false);
    collector_put(k->c);
    return k->ending ? in.n : at;
}

static void pass_durable(struct conn *k)
{
    struct pass *p = k->state;
    uint64_t number = 0;

    while (p->count > 0 && p->untold[p->first].group <= lane_durable(k->c->lane)) {
        number = p->untold[p->first].number;
        p->first = (p->first + 1) % UNTOLD;
        p->count--;
    }
    if (p->count > 0)
        (void)conn_wait(k);
    if (number > 0)
        pass_put(&k->out, PASS_DURABLE, number, SPAN_NONE);
    conn_write(k);
    if (k->stopped && !k->dead && !k->c->stalled) {
        conn_stop(k, false);
        conn_go_on(k);
    }
}

const struct protocol protocol_pass = {
    .state_bytes = sizeof(struct pass),
    .begin = pass_begin,
    .take = pass_take,
    .durable = pass_durable,
};
