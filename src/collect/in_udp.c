/*
 * in_udp.c - syslog over UDP (RFC 5426): a datagram is a record. Nobody can be told anything; what
 * the kernel dropped is counted beside what came.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "collect/collect_own.h"

#define BATCHES_A_TURN 16u

struct udp {
    struct collector *c;
    struct udp *next;
    int fd;
    uint32_t dropped; /* the kernel's count */
    struct watch *watch;
};

static void publish_drops(struct collector *c)
{
    uint64_t sum = 0;

    for (struct udp *u = c->udp; u != NULL; u = u->next)
        sum += u->dropped;
    board_set(c->s.ledger, BOARD_kernel_drops, sum);
}

static struct span without_end(struct span s)
{
    while (s.n > 0 && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r' || s.p[s.n - 1] == 0))
        s.n--;
    return s;
}

static void take_datagram(struct collector *c, const struct datagram *d, int64_t now_ns)
{
    struct source *source = source_by_address(c->senders, &d->from);
    struct intake_from from = { .row = source_row(source, c->s.ledger, INPUT_SYSLOG_UDP, false),
                                .flags = LANE_UNAUTHENTICATED,
                                .now_ns = now_ns };
    struct span message = without_end(d->bytes);

    if (d->cut)
        from.flags |= LANE_CUT;
    if (source->set != NULL && source->set->disabled)
        intake_refuse(c->intake, from.row, LEDGER_refused_disabled, 1);
    else if (message.n == 0)
        intake_refuse(c->intake, from.row, LEDGER_refused_syntax, 1);
    else
        (void)intake_record(c->intake, &from, message, false); /* counted there */
}

static void on_readable(void *arg, unsigned ready)
{
    struct udp *u = arg;
    struct collector *c = u->c;
    int64_t now = loop_now_ns(c->s.loop);

    (void)ready;
    for (unsigned i = 0; i < BATCHES_A_TURN && collector_room(c); i++) {
        const struct datagram *d;
        uint32_t dropped;
        bool told = false;
        struct err why;
        int n = datagrams_receive(c->datagrams, u->fd, &d, &dropped, &told, &why);

        if (n <= 0)
            break; /* a fault of one datagram socket shows in its counts */
        if (told)
            u->dropped = dropped;
        for (int k = 0; k < n; k++)
            take_datagram(c, &d[k], now);
        c->datagrams_received += (uint64_t)n;
        collector_put(c);
        if ((unsigned)n < DATAGRAM_BATCH)
            break;
    }
    board_set(c->s.ledger, BOARD_kernel_received, c->datagrams_received);
}

void udp_add(struct collector *c, int fd)
{
    struct udp *u = calloc(1, sizeof(*u));

    if (u != NULL)
        u->watch = loop_fd(c->s.loop, fd, LOOP_READ, on_readable, u);
    if (u == NULL || u->watch == NULL) {
        c->s.notice(c->s.arg, "There is no memory for a UDP socket: it is not read.");
        free(u);
        (void)close(fd); /* the keeper has its own */
        return;
    }
    u->c = c;
    u->fd = fd;
    u->next = c->udp;
    c->udp = u;
}

/* SO_RXQ_OVFL tells only with the next datagram: ask once a second too. */
void udp_tick(struct collector *c)
{
    struct err why;

    for (struct udp *u = c->udp; u != NULL; u = u->next)
        (void)socket_drops(u->fd, &u->dropped, &why); /* the last count stands */
    publish_drops(c);
}

void udp_read(struct collector *c, bool on)
{
    for (struct udp *u = c->udp; u != NULL; u = u->next)
        watch_want(u->watch, on ? LOOP_READ : 0);
}

void udp_free(struct collector *c)
{
    while (c->udp != NULL) {
        struct udp *u = c->udp;

        c->udp = u->next;
        watch_free(&u->watch);
        (void)close(u->fd);
        free(u);
    }
}
