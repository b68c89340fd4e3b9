/*
 * in_relp.c - RELP: each message is answered by its number once it is durable.
 *
 * Answers wait in runs of numbers that follow one another and fell into one group. A session that
 * breaks leaves messages that were taken in and not acknowledged; their hashes are remembered for a
 * while, so that those that come again are marked.
 */
#include "base/limits.h"
#include "collect/collect_own.h"
#include "wire/relp.h"

#define RUNS   256u  /* more and the sender is not read until some are answered */
#define HASHES 1024u /* of the last messages that are not answered */
#define WINDOW 128u  /* messages that librelp sends before it waits for an answer */

struct run {
    uint64_t group;
    uint32_t from, count;
    uint16_t code;
};

struct relp {
    bool open, closing;
    bool begun;
    uint32_t close_txnr;
    uint64_t skip;
    struct run run[RUNS]; /* a ring */
    uint32_t first, count;
    uint64_t hash[HASHES];         /* a ring, by the number of the message */
    uint64_t taken, put, answered; /* answered: the answer has left */
};

static struct run *run_at(struct relp *r, uint32_t i)
{
    return &r->run[(r->first + i) % RUNS];
}

/* The answer to `txnr` may be given when this group is durable. */
static void answer_later(struct conn *k, uint32_t txnr, unsigned code, uint64_t hash)
{
    struct relp *r = k->state;
    uint64_t group = conn_wait(k);
    struct run *last = r->count > 0 ? run_at(r, r->count - 1) : NULL;

    r->hash[r->taken++ % HASHES] = hash;
    if (last != NULL && last->group == group && last->code == code &&
        last->from + last->count == txnr) {
        last->count++;
        return;
    }
    MUST(r->count < RUNS);
    *run_at(r, r->count++) = (struct run){ group, txnr, 1, (uint16_t)code };
}

static void take_syslog(struct conn *k, const struct relp_frame *f)
{
    struct intake_from from = conn_from(k);
    struct collector *c = k->c;
    struct span message = f->data;
    uint64_t hash;
    bool good;

    if (k->source->set != NULL && k->source->set->disabled) {
        intake_refuse(c->intake, k->row, LEDGER_refused_disabled, 1);
        answer_later(k, f->txnr, 500, 0);
        return;
    }
    if (message.n > 0 && message.p[message.n - 1] == '\n')
        message.n--; /* rsyslog leaves it there */
    hash = resend_hash(k->row, message);
    if (!hash_ring_empty(c->resends) && hash_ring_take(c->resends, hash)) {
        from.flags |= LANE_RESEND;
        ledger_add(c->s.ledger, k->row, LEDGER_resent, 1);
    }
    good = intake_record(c->intake, &from, message, false) == INTAKE_STORED;
    answer_later(k, f->txnr, good ? 200 : 500, hash);
}

static void take_frame(struct conn *k, const struct relp_frame *f)
{
    struct relp *r = k->state;
    struct err why;

    if (span_eq(f->command, SPAN_LIT("syslog")) && r->open) {
        take_syslog(k, f);
    } else if (span_eq(f->command, SPAN_LIT("open")) && !r->open) {
        r->open = relp_open_good(f->data, &why);
        if (r->open)
            relp_put_open(&k->out, f->txnr);
        else
            relp_put_answer(&k->out, f->txnr, 500, why.why);
        conn_write(k);
    } else if (span_eq(f->command, SPAN_LIT("close")) && r->open) {
        r->closing = true;
        r->close_txnr = f->txnr;
    } else {
        intake_refuse(k->c->intake, k->row, LEDGER_refused_syntax, 1);
        relp_put_answer(&k->out, f->txnr, 500, "unknown or untimely command");
        conn_write(k);
        if (!r->open)
            conn_end(k, true);
    }
}

static void close_when_answered(struct conn *k)
{
    struct relp *r = k->state;

    if (r->count > 0 || k->ending || k->dead)
        return;
    if (r->closing) {
        relp_put_close(&k->out, r->close_txnr);
        conn_write(k);
    }
    if ((r->closing || k->last) && !k->dead)
        conn_end(k, true);
}

static size_t relp_take(struct conn *k, struct span in, bool last)
{
    struct relp *r = k->state;
    size_t at = 0;

    while (at < in.n && !k->ending && !r->closing) {
        struct relp_frame f;
        uint64_t over = 0;
        int64_t used;

        if (r->skip > 0) {
            size_t n = r->skip < in.n - at ? (size_t)r->skip : in.n - at;

            r->skip -= n;
            at += n;
            continue;
        }
        if (r->count == RUNS) {
            conn_stop(k, true);
            break;
        }
        used = relp_frame(span_from(in, at), LIMIT_RECEIVED_BYTES, &f, &over, NULL);
        if (used == ERR_MORE)
            break;
        if (used == ERR_LIMIT) {
            intake_refuse(k->c->intake, k->row, LEDGER_refused_length, 1);
            answer_later(k, f.txnr, 500, 0);
            r->skip = over;
        } else if (used < 0) {
            intake_refuse(k->c->intake, k->row, LEDGER_refused_syntax, 1);
            conn_end(k, false);
            return at;
        } else {
            take_frame(k, &f);
            at += (size_t)used;
        }
    }
    r->begun = !r->open || at < in.n || r->skip > 0;
    if (last && at < in.n && !k->ending && !k->stopped)
        intake_refuse(k->c->intake, k->row, LEDGER_refused_syntax, 1); /* half a frame */
    close_when_answered(k);
    collector_put(k->c);
    return last ? in.n : at;
}

static void relp_durable(struct conn *k)
{
    struct relp *r = k->state;
    uint64_t durable = lane_durable(k->c->lane);

    while (r->count > 0 && run_at(r, 0)->group <= durable) {
        struct run *run = run_at(r, 0);

        for (uint32_t i = 0; i < run->count; i++)
            relp_put_answer(&k->out, run->from + i, run->code,
                            run->code == 200 ? "OK" : "not stored");
        r->put += run->count;
        r->first = (r->first + 1) % RUNS;
        r->count--;
    }
    if (r->count > 0)
        (void)conn_wait(k);
    conn_write(k);
    if (k->dead)
        return;
    close_when_answered(k);
    if (k->stopped && r->count < RUNS / 2 && !k->dead && !k->c->stalled) {
        conn_stop(k, false);
        conn_go_on(k);
    }
}

static void relp_drained(struct conn *k)
{
    struct relp *r = k->state;

    r->answered = r->put;
}

static bool relp_begun(const struct conn *k)
{
    return ((const struct relp *)k->state)->begun;
}

static void relp_begin(struct conn *k)
{
    ((struct relp *)k->state)->begun = true; /* the open is awaited */
}

/* What it was not told of, it will send again. One that went without `close` may not have heard the
 * last answers either, though they have left. */
static void relp_end(struct conn *k)
{
    struct relp *r = k->state;
    uint64_t heard = r->taken > WINDOW ? r->taken - WINDOW : 0;

    if (!r->closing && r->answered > heard)
        r->answered = heard;
    if (r->taken - r->answered > HASHES)
        r->answered = r->taken - HASHES;
    for (; r->answered < r->taken; r->answered++)
        hash_ring_add(k->c->resends, r->hash[r->answered % HASHES]);
}

const struct protocol protocol_relp = {
    .state_bytes = sizeof(struct relp),
    .begin = relp_begin,
    .take = relp_take,
    .durable = relp_durable,
    .drained = relp_drained,
    .begun = relp_begun,
    .end = relp_end,
};
