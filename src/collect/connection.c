/*
 * connection.c - the life of a connection: reading, deadlines, writing, its end. See collect_own.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "collect/collect_own.h"
#include "collect/pass.h"

#define LEFT_SMALL   16384u /* copied in front of what is read; more is read behind where it lies */
#define READS_A_TURN 4u
#define OWN_READ     65536u
#define DISCARD_MS   2000u

static void on_ready(void *arg, unsigned ready);

static unsigned wanted(const struct conn *k)
{
    unsigned want = 0;

    if (k->discard)
        return LOOP_READ;
    if (!k->stopped && !k->last && !k->ending)
        want |= LOOP_READ;
    if (k->out_at < k->out.n)
        want |= LOOP_WRITE;
    return want;
}

static void rewatch(struct conn *k)
{
    if (!k->dead)
        watch_want(k->watch, wanted(k));
}

struct intake_from conn_from(const struct conn *k)
{
    return (struct intake_from){ .row = k->row,
                                 .flags = k->proven ? 0 : LANE_UNAUTHENTICATED,
                                 .now_ns = loop_now_ns(k->c->s.loop) };
}

void conn_is(struct conn *k, struct source *s, bool proven)
{
    k->source = s;
    k->proven = proven;
    k->row = source_row(s, k->c->s.ledger, k->input, proven);
}

/* --- beginning and end ---------------------------------------------------------------------- */

void conn_new(struct collector *c, enum input input, int fd, const struct socket_address *peer,
              const struct protocol *p)
{
    struct conn *k = calloc(1, sizeof(*k) + p->state_bytes);
    bool encrypted = input == INPUT_SYSLOG_TLS || input == INPUT_HTTPS;
    struct err why;

    if (k != NULL)
        k->watch = loop_fd(c->s.loop, fd, LOOP_READ, on_ready, k);
    if (k == NULL || k->watch == NULL || (encrypted && c->tls == NULL) ||
        (encrypted && tls_new(&k->tls, c->tls, fd, &why) != ERR_OK)) {
        if (k != NULL)
            watch_free(&k->watch);
        free(k);
        (void)close(fd); /* nothing was written to it */
        c->closed_count += p != &protocol_pass;
        return;
    }
    *k = (struct conn){ .c = c,
                        .p = p,
                        .fd = fd,
                        .tls = k->tls,
                        .watch = k->watch,
                        .input = input,
                        .peer = *peer,
                        .next = c->conns,
                        .stopped = c->stalled && p != &protocol_http,
                        .state = k + 1 };
    buf_init(&k->in, p == &protocol_pass ? PASS_BODY_MAX + PASS_HEAD_BYTES
                                         : LIMIT_RECEIVED_BYTES + LEFT_SMALL);
    buf_init(&k->out, CONN_OUT_MAX);
    if (k->next != NULL)
        k->next->before = k;
    c->conns = k;
    c->conn_count++;
    k->heard_ms = loop_ms(c->s.loop);
    if (p != &protocol_pass) /* whose blocks name their own sources */
        conn_is(k, source_by_address(c->senders, peer), false);
    board_set(c->s.ledger, BOARD_connections, c->conn_count);
    rewatch(k);
    if (p->begin != NULL)
        p->begin(k);
}

/* Once it has said something that is not one of our own events, or has ended without any. */
static void count_conn(struct conn *k)
{
    if (k->counted || k->ours || k->p == &protocol_pass)
        return;
    ledger_add(k->c->s.ledger, k->row, LEDGER_connections, 1);
    k->counted = true;
}

static void kill_conn(struct conn *k)
{
    struct collector *c = k->c;

    if (k->dead)
        return;
    count_conn(k);
    k->dead = k->ending = true;
    watch_free(&k->watch);
    if (k->before != NULL)
        k->before->next = k->next;
    else
        c->conns = k->next;
    if (k->next != NULL)
        k->next->before = k->before;
    k->next = c->dead;
    c->dead = k;
    c->conn_count--;
    c->closed_count += k->p != &protocol_pass; /* the reader is none that the keeper counts */
    board_set(c->s.ledger, BOARD_connections, c->conn_count);
    if (c->reader == k)
        c->reader = NULL;
    if (k->p->linger != NULL && k->p->linger(k))
        (void)conn_wait(k);
    watch_after(c->pace, 0); /* which buries it */
}

/* Its last byte has left. To close now, with bytes of the peer unread, would reset the connection
 * before the peer has read the answer. */
static void flushed(struct conn *k)
{
    if (!k->polite || k->discard || shutdown(k->fd, SHUT_WR) != 0) {
        kill_conn(k);
        return;
    }
    k->discard = true;
    k->begun_ms = loop_ms(k->c->s.loop);
    watch_want(k->watch, LOOP_READ);
}

void conn_end(struct conn *k, bool flush)
{
    k->ending = true;
    if (!flush || (k->out_at >= k->out.n && !k->polite))
        kill_conn(k);
    else
        rewatch(k);
}

/* Those that died in this round. One that waits for something durable stays until it is told, so
 * that what it took in is known to be durable. */
void conns_bury(struct collector *c)
{
    struct conn **at = &c->dead;

    while (*at != NULL) {
        struct conn *k = *at;

        if (k->waits) {
            at = &k->next;
            continue;
        }
        *at = k->next;
        if (k->p->end != NULL)
            k->p->end(k);
        c->held -= k->held;
        tls_free(&k->tls);
        (void)close(k->fd); /* what was promised is durable; nothing to learn here */
        buf_release(&k->in);
        buf_release(&k->out);
        free(k);
    }
}

/* --- writing -------------------------------------------------------------------------------- */

static ssize_t write_some(struct conn *k, const uint8_t *p, size_t n)
{
    struct err why;
    ssize_t got;

    if (k->tls != NULL)
        return tls_write(k->tls, p, n, &why);
    do
        got = send(k->fd, p, n, MSG_NOSIGNAL);
    while (got < 0 && errno == EINTR);
    return got < 0 && errno == EAGAIN ? TLS_WANT_WRITE : got < 0 ? ERR_IO : got;
}

void conn_write(struct conn *k)
{
    if (k->dead)
        return;
    if (buf_failed(&k->out)) {
        kill_conn(k); /* it does not read what it is told */
        return;
    }
    while (k->out_at < k->out.n) {
        ssize_t n = write_some(k, k->out.p + k->out_at, k->out.n - k->out_at);

        if (n == TLS_WANT_READ || n == TLS_WANT_WRITE)
            break;
        if (n <= 0) {
            kill_conn(k);
            return;
        }
        k->out_at += (size_t)n;
    }
    if (k->out_at == k->out.n) {
        buf_clear(&k->out);
        k->out_at = 0;
        if (k->out.cap > LEFT_SMALL)
            buf_release(&k->out);
        if (k->ending) {
            flushed(k);
            return;
        }
        if (k->p->drained != NULL)
            k->p->drained(k);
    }
    rewatch(k);
}

/* --- waiting for the disk ------------------------------------------------------------------- */

uint64_t conn_wait(struct conn *k)
{
    struct collector *c = k->c;

    if (!k->waits) {
        k->waits = true;
        k->wait_next = c->waiting;
        c->waiting = k;
    }
    c->somebody_waits = true;
    collector_put(c);
    /* Nothing is filling: the group before it is in flight or durable already. */
    return lane_group(c->lane) - (lane_filling(c->lane) == 0);
}

void conns_durable(struct collector *c)
{
    struct conn *k = c->waiting;

    c->waiting = NULL;
    while (k != NULL) {
        struct conn *next = k->wait_next;

        k->waits = false;
        k->p->durable(k); /* which may wait again */
        k = next;
    }
}

void conn_stop(struct conn *k, bool stop)
{
    if (k->stopped == stop)
        return;
    k->stopped = stop;
    rewatch(k);
}

void conns_read(struct collector *c, bool on)
{
    for (struct conn *k = c->conns, *next; k != NULL; k = next) {
        next = k->next;
        if (k->p != &protocol_http)
            conn_stop(k, !on);
    }
}

/* --- reading -------------------------------------------------------------------------------- */

static void look_at_certificate(struct conn *k)
{
    char fingerprint[65], name[LEDGER_NAME_MAX];

    k->tls_told = true;
    if (tls_peer(k->tls, fingerprint, name, sizeof(name)))
        conn_is(k, source_by_certificate(k->c->senders, fingerprint, name), true);
    k->certified = k->proven;
}

/* Bytes, 0 at the end, TLS_WANT_READ when there are none now, ERR_IO when it broke. */
static ssize_t read_some(struct conn *k, uint8_t *dst, size_t n)
{
    struct err why;
    ssize_t got;

    if (k->tls == NULL) {
        do
            got = read(k->fd, dst, n);
        while (got < 0 && errno == EINTR);
        return got < 0 && errno == EAGAIN ? TLS_WANT_READ : got < 0 ? ERR_IO : got;
    }
    got = tls_read(k->tls, dst, n, &why);
    if (!k->tls_told && tls_ready(k->tls))
        look_at_certificate(k);
    /* Not tls_ready(): OpenSSL forgets the handshake when a connection breaks later. */
    if (got == ERR_SYNTAX || (got == ERR_IO && !k->tls_told))
        ledger_add(k->c->s.ledger, k->row, LEDGER_faults_tls, 1);
    return got == TLS_CLOSED ? 0 : got == TLS_WANT_WRITE ? TLS_WANT_READ : got;
}

/* Room for `bytes` more of its own, within what all may hold. */
static bool hold(struct conn *k, size_t bytes)
{
    struct collector *c = k->c;
    size_t before = k->in.cap;

    /* The reader is ours, and bounded by its window. */
    if (k->p != &protocol_pass && k->in.n + bytes > k->in.cap &&
        c->held + bytes + k->in.cap > COLLECT_HELD_BYTES)
        return false;
    if (!buf_reserve(&k->in, bytes))
        return false;
    c->held += k->in.cap - before;
    k->held += k->in.cap - before;
    return true;
}

static void hold_nothing(struct conn *k)
{
    k->c->held -= k->held;
    k->held = 0;
    buf_release(&k->in);
}

static void refuse_over(struct conn *k)
{
    ledger_add(k->c->s.ledger, k->row, LEDGER_refused_busy, 1);
    ledger_add(k->c->s.ledger, k->row, LEDGER_received, 1);
    if (k->p->over != NULL)
        k->p->over(k);
    else
        conn_end(k, true);
}

/* Keep `left`, which lies in the shared buffer. */
static bool keep_left(struct conn *k, struct span left)
{
    k->in.n = 0;
    if (left.n == 0) {
        if (k->held > 0)
            hold_nothing(k);
        return true;
    }
    if (!hold(k, left.n)) {
        refuse_over(k);
        return false;
    }
    buf_add(&k->in, left);
    return true;
}

/* What the protocol makes of these bytes; how many of them it is done with. */
static size_t take(struct conn *k, struct span s, bool last)
{
    const uint64_t before = intake_tracers(k->c->intake);
    size_t used = k->p->take(k, s, last);

    k->ours = intake_tracers(k->c->intake) != before || (k->ours && used == 0);
    if (used > 0)
        count_conn(k);
    return used;
}

static void noted(struct conn *k, size_t used)
{
    k->heard_ms = loop_ms(k->c->s.loop);
    if (used > 0)
        k->begun_ms = 0;
}

/* One read and what the protocol makes of it. False: nothing more now. */
static bool read_shared(struct conn *k)
{
    struct collector *c = k->c;
    size_t left = k->in.n, used;
    ssize_t got;
    struct span all;

    if (left > 0)
        memcpy(c->shared, k->in.p, left);
    got = read_some(k, c->shared + left, c->shared_bytes - left);
    if (got == TLS_WANT_READ)
        return false;
    if (got < 0) {
        kill_conn(k);
        return false;
    }
    k->last = got == 0;
    all = (struct span){ c->shared, left + (size_t)got };
    used = take(k, all, k->last);
    MUST(used <= all.n);
    noted(k, used);
    return !k->dead && keep_left(k, span_from(all, used)) && (size_t)got == c->shared_bytes - left;
}

static bool read_own(struct conn *k)
{
    size_t used;
    ssize_t got;

    if (!hold(k, OWN_READ)) {
        refuse_over(k);
        return false;
    }
    got = read_some(k, k->in.p + k->in.n, k->in.cap - k->in.n);
    if (got == TLS_WANT_READ)
        return false;
    if (got < 0) {
        kill_conn(k);
        return false;
    }
    k->last = got == 0;
    k->in.n += (size_t)got;
    used = take(k, buf_span(&k->in), k->last);
    MUST(used <= k->in.n);
    noted(k, used);
    if (k->dead)
        return false;
    memmove(k->in.p, k->in.p + used, k->in.n - used);
    k->in.n -= used;
    if (k->in.n == 0)
        hold_nothing(k);
    return true;
}

static void discard(struct conn *k)
{
    ssize_t got = read_some(k, k->c->shared, k->c->shared_bytes);

    if (got != TLS_WANT_READ && got <= 0)
        kill_conn(k);
}

/* HTTP is read also while the disk is full: what comes is refused, so that its sender knows. */
static bool may_read(struct conn *k)
{
    struct collector *c = k->c;

    return (collector_room(c) ||
            (k->p == &protocol_http && c->stalled && !c->gone && !c->draining)) &&
           !k->dead;
}

static void on_ready(void *arg, unsigned ready)
{
    struct conn *k = arg;

    if (k->discard) {
        discard(k);
        return;
    }
    if ((ready & LOOP_WRITE) != 0)
        conn_write(k);
    if ((ready & LOOP_READ) == 0 || k->discard)
        return;
    for (unsigned i = 0; i < READS_A_TURN && !k->dead; i++) {
        bool more;

        if (k->stopped || k->ending || k->last || !may_read(k))
            break;
        more = k->in.n > LEFT_SMALL ? read_own(k) : read_shared(k);
        if (!more && (k->tls == NULL || k->dead || tls_pending(k->tls) == 0))
            break;
    }
    rewatch(k);
}

/* A connection that was stopped has what it read before left to do. */
void conn_go_on(struct conn *k)
{
    size_t used;

    if (k->dead || k->ending)
        return;
    if (k->in.n > 0) {
        used = take(k, buf_span(&k->in), k->last);
        if (k->dead)
            return;
        memmove(k->in.p, k->in.p + used, k->in.n - used);
        k->in.n -= used;
        if (k->in.n == 0)
            hold_nothing(k);
    } else if (k->last) {
        (void)take(k, SPAN_NONE, true);
    }
    rewatch(k);
}

/* --- deadlines ------------------------------------------------------------------------------ */

void conn_tick(struct conn *k, uint64_t now_ms)
{
    struct collector *c = k->c;
    bool begun = k->tls != NULL && !tls_ready(k->tls);

    if (k->discard) {
        if (now_ms - k->begun_ms > DISCARD_MS)
            kill_conn(k);
        return;
    }
    begun = begun || (k->p->begun != NULL && k->p->begun(k));
    if (!begun || c->stalled || k->stopped)
        k->begun_ms = 0;
    else if (k->begun_ms == 0)
        k->begun_ms = now_ms;
    else if (now_ms - k->begun_ms > c->s.set->begin) {
        ledger_add(c->s.ledger, k->row, LEDGER_faults_begin, 1);
        conn_end(k, false);
        return;
    }
    if (now_ms - k->heard_ms > c->s.set->idle && !k->waits && k->p != &protocol_pass &&
        !c->stalled) {
        ledger_add(c->s.ledger, k->row, LEDGER_faults_idle, 1);
        conn_end(k, false);
    }
}
