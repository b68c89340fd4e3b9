/*
 * collect_own.h - what the parts of the collector share. Private to src/collect.
 *
 * A connection's bytes are read into one buffer that all share, behind what the connection had left
 * over; its protocol takes what it can off the front, and what is left is kept in memory of the
 * connection's own. So an idle connection holds nothing, and thousands of slow ones little.
 */
#ifndef COLLECT_OWN_H
#define COLLECT_OWN_H

#include "base/buf.h"
#include "collect/collector.h"
#include "collect/source.h"
#include "os/tls.h"

#define CONN_OUT_MAX ((size_t)8 << 20)

struct conn;

/* What a protocol does. Each function is called with the connection alive; conn_end() may be called
 * in any of them, the connection is freed later. */
struct protocol {
    size_t state_bytes; /* zeroed, behind the connection */
    void (*begin)(struct conn *k);
    /* Take whole things off `in`: the bytes used. `last`: no more will come. */
    size_t (*take)(struct conn *k, struct span in, bool last);
    /* Groups up to lane_durable() are on the disk: answer. */
    void (*durable)(struct conn *k);
    /* Everything written so far has left; more may be written. NULL: not told. */
    void (*drained)(struct conn *k);
    /* It may hold no more memory for what it has not finished: refuse it. */
    void (*over)(struct conn *k);
    /* Before it is freed. */
    void (*end)(struct conn *k);
    /* It died: is there something that must be known to be durable before it is freed? */
    bool (*linger)(struct conn *k);
    /* Does it wait for something of its sender (a message begun, a handshake)? For the deadlines.
     */
    bool (*begun)(const struct conn *k);
};

extern const struct protocol protocol_syslog, protocol_relp, protocol_http, protocol_pass;

struct conn {
    struct collector *c;
    const struct protocol *p;
    struct conn *next, *before; /* of all */
    struct conn *wait_next;     /* of those that wait for something durable */
    bool waits;
    int fd;
    struct tls *tls; /* NULL: plain */
    bool tls_told;   /* its certificate was looked at */
    struct watch *watch;
    enum input input;
    struct socket_address peer;
    struct source *source;
    bool proven; /* by certificate or token */
    uint32_t row;
    struct buf in; /* left over */
    size_t held;   /* of COLLECT_HELD_BYTES */
    struct buf out;
    size_t out_at;
    bool stopped; /* reads no more, for now: too much to answer */
    bool last;    /* the peer sends no more */
    bool ending;  /* close when `out` has left */
    bool dead;    /* to be freed at the end of the round */
    bool polite;  /* when it ends: let the peer read the answer first, whatever it still sends */
    bool discard; /* that is under way */
    bool certified;
    bool counted; /* in LEDGER_connections, or never */
    bool ours;    /* brought one of our own events */
    uint64_t heard_ms, begun_ms;
    void *state;
};

struct collector {
    struct collector_settings s;
    struct lane *lane;
    struct intake *intake;
    struct senders *senders;
    struct tls_context *tls;
    struct datagrams *datagrams;
    struct udp *udp; /* chain of UDP sockets */
    uint64_t datagrams_received;
    struct conn *conns, *dead, *waiting;
    uint32_t conn_count, closed_count;
    struct conn *reader;
    uint8_t *shared; /* read buffer */
    size_t shared_bytes, held;
    struct watch *lane_watch, *pace, *wait, *second, *retry;
    bool wait_runs;
    double submitted_s;
    bool gone;      /* the lane is broken */
    bool pace_soon; /* a group is due at the end of this round */
    bool somebody_waits;
    bool stalled; /* nothing is read: the disk does not keep up or is full */
    uint64_t answered_group;
    struct checkpoints *checkpoints;
    struct hash_ring *resends;
    struct conn *batch_dirty; /* HTTP connections with items of a batch in this group */
    bool draining;
    void (*drained)(void *arg);
    void *drained_arg;
    struct watch *drain;
};

/* --- for protocols ------------------------------------------------------------------------- */

struct intake_from conn_from(const struct conn *k);

/* The connection is answered when the group that is filling now is durable. */
uint64_t conn_wait(struct conn *k);
void conn_write(struct conn *k); /* what was put into k->out */
void conn_end(struct conn *k, bool flush);
void conn_stop(struct conn *k, bool stop); /* stop reading it, or go on */
/* Go on with what was left over when it was stopped. */
void conn_go_on(struct conn *k);
/* It counts as this source from here on. */
void conn_is(struct conn *k, struct source *s, bool proven);

/* Called after anything was put into the lane. */
void collector_put(struct collector *c);
/* Is there room to take more in? False: the sender must wait. */
bool collector_room(struct collector *c);

/* Is there more on the disk than is kept for alarms? */
bool space_left(struct collector *c);

/* --- connection.c -------------------------------------------------------------------------- */

void conn_new(struct collector *c, enum input input, int fd, const struct socket_address *peer,
              const struct protocol *p);
void conn_tick(struct conn *k, uint64_t now_ms);
void conns_bury(struct collector *c);
void conns_durable(struct collector *c);
void conns_read(struct collector *c, bool on);

/* --- udp.c --------------------------------------------------------------------------------- */

void udp_add(struct collector *c, int fd);
void udp_tick(struct collector *c);
void udp_read(struct collector *c, bool on);
void udp_free(struct collector *c);

/* --- http.c -------------------------------------------------------------------------------- */

/* Before a group is handed over: how far each batch is in it. */
void http_batches(struct collector *c);

/* --- checkpoints.c: the newest of each file that the reader follows ------------------------- */

int checkpoints_new(struct checkpoints **out, struct err *e);
void checkpoints_free(struct checkpoints **p);
bool checkpoints_set(struct checkpoints *p, struct span record);
void checkpoints_each(const struct checkpoints *p, void (*fn)(void *arg, struct span record),
                      void *arg);

/* --- resend.c: what was taken in and never acknowledged may come again ---------------------- */

uint64_t resend_hash(uint32_t row, struct span record);
struct hash_ring *hash_ring_new(void);
void hash_ring_add(struct hash_ring *r, uint64_t hash);
bool hash_ring_take(struct hash_ring *r, uint64_t hash); /* is it there? It is forgotten. */
bool hash_ring_empty(const struct hash_ring *r);

#endif
