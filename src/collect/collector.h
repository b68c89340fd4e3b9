/*
 * collector.h - one collector: everything that comes in over the sockets it is given, into its
 * lane.
 *
 *   keeper ──connections, UDP sockets──▶ ┌ syslog, RELP, HTTP, reader ┐ ──▶ intake ──▶ lane
 *                                        └──── answers, once durable ◀┘ ◀── durable ──┘
 *
 * One loop, one thread (and the lane's own that writes). What a sender is told that it may forget
 * is durable. A group is written at once when somebody waits for it and none is in flight, else
 * when commit_bytes or commit_wait are reached, so that few senders get low latency and many get
 * few syncs. When the disk does not keep up, nothing is read: TCP's window closes, HTTP is told
 * 429.
 *
 * Memory is bounded: what connections have not finished is held in COLLECT_HELD_BYTES altogether.
 */
#ifndef COLLECTOR_H
#define COLLECTOR_H

#include "collect/batches.h"
#include "collect/intake.h"
#include "conf/settings.h"
#include "os/io.h"
#include "os/loop.h"
#include "os/socket.h"

#define COLLECT_HELD_BYTES ((size_t)6 << 20)

struct collector;

struct collector_settings {
    const struct settings *set; /* borrowed; changed in place, see collector_reload() */
    struct loop *loop;
    struct ledger *ledger;
    struct batches *batches;
    const struct io *io;
    uint32_t lane;
    uint8_t store[16];
    int lane_dir; /* to read what is there, at the start; -1 afterwards */
    int free_dir; /* any descriptor on the lane's file system, for the free space */
    /* As lane_settings.open_segment. */
    int (*open_segment)(void *arg, uint32_t *number, struct err *e);
    void (*closed)(void *arg, uint32_t connections); /* so many have ended */
    /* The lane is broken: nothing more can be stored, the process must end. */
    void (*broken)(void *arg, const struct err *why);
    void (*notice)(void *arg, const char *text);
    void *arg;
    struct span tls_certificate, tls_key, tls_ca; /* PEM, or empty */
    const struct tracer_key *tracer;              /* of our own events, copied; NULL: none */
};

/* Reads the lane's last segments (what is not matched, checkpoints, batches), in the state that
 * they are; `rules` are in force from the start. */
int collector_new(struct collector **out, const struct collector_settings *s,
                  const struct intake_rules *rules, struct err *e);
void collector_free(struct collector **c);

/* A connection of this input; the descriptor belongs to the collector from here on. */
void collector_connection(struct collector *c, enum input input, int fd,
                          const struct socket_address *peer);
/* A UDP socket. */
void collector_datagrams(struct collector *c, int fd);
/* The reader's end, a stream socket (pass.h); an earlier one is closed. */
void collector_reader(struct collector *c, int fd);

/*
 * Other settings and rules: both, or neither. The old rules are let go by `release` before `take`
 * gives the new ones (compiled rules lie at one address); no record is read between the two. When
 * `take` fails it gives the old ones again, with its error; when it cannot even do that, none: the
 * process must end. The caller then puts the new settings where collector_settings.set points.
 */
struct collector_reload {
    const struct settings *set;
    struct span tls_certificate, tls_key, tls_ca;
    void (*release)(void *arg);
    int (*take)(void *arg, struct intake_rules *rules, struct err *e);
    void *arg;
};
int collector_reload(struct collector *c, const struct collector_reload *r, struct err *e);

/* Take no more in; `done` is called once all that was read is durable and answered, or after
 * `wait_ms`. */
void collector_drain(struct collector *c, unsigned wait_ms, void (*done)(void *arg), void *arg);

#endif
