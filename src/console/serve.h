/*
 * serve.h - HTTP/1.1 for few who ask: answers are made in memory, at once or when somebody else has
 * said what they are; some are streams that go on for as long as their reader does.
 *
 *   a socket ──accept──▶ HEAD ─▶ BODY ─▶ ANSWER ──written──▶ HEAD (keep-alive) or LINGER
 *                           │        └─▶ WAIT ──▲
 *                           └──▶ STREAM ──peer gone, too slow, ended──▶ closed
 *
 * What may be asked is a table of routes; each says at which doors it is open. A door is the kind
 * of listening socket: the local one is the owner's of the data folder, others see what is
 * harmless.
 *
 * Everything is bounded: SERVE_CONNS connections, of them SERVE_CONNS_METRICS and SERVE_CONNS_API
 * from these doors; a head HTTP_HEAD_MAX, an answer SERVE_ANSWER_MAX, what waits in a stream
 * SERVE_STREAM_MAX; a head has SERVE_HEAD_MS from its first byte, a body SERVE_BODY_MS, who asks
 * nothing SERVE_IDLE_MS, and who does not take what was written to him SERVE_WRITE_MS. A body is
 * taken where the route says so, after the guard was asked, with its length said before; all bodies
 * together are SERVE_BODIES_MAX, all answers that wait SERVE_WAITING_MAX (beyond, 503). One thread,
 * in the loop.
 *
 * When a door has as many as it may, who comes next gets the place of one that asks nothing just
 * now: of whose address most do so, the one that has done so longest; of those that never asked
 * anything only after SERVE_NEW_MS. Where there is none, the others wait in the kernel.
 *
 * So the connections together hold at most SERVE_BODIES_MAX + SERVE_WAITING_MAX, SERVE_CONNS heads
 * (HTTP_HEAD_MAX each, 7.5 MB) and what TLS holds of each (some 40 KB, 16 MB).
 */
#ifndef SERVE_H
#define SERVE_H

#include "base/buf.h"
#include "os/loop.h"

#define SERVE_CONNS         464u
#define SERVE_CONNS_METRICS 16u
#define SERVE_CONNS_API     400u /* a browser has six, and a stream; DOOR_PLAIN is of these */
#define SERVE_SOCKETS       32u
#define SERVE_ANSWER_MAX    ((size_t)16 << 20)
#define SERVE_STREAM_MAX    ((size_t)1 << 20)
#define SERVE_BODIES_MAX    ((size_t)48 << 20)
#define SERVE_WAITING_MAX   ((size_t)192 << 20)
#define SERVE_HEAD_MS       5000u
#define SERVE_BODY_MS       30000u
#define SERVE_LATER_MS      30000u /* and who was to say the answer is not waited for */
#define SERVE_IDLE_MS       30000u
#define SERVE_NEW_MS        1000u
#define SERVE_WRITE_MS      30000u

enum serve_door {
    DOOR_LOCAL = 1u << 0,
    DOOR_METRICS = 1u << 1,
    DOOR_API = 1u << 2,
    DOOR_PLAIN = 1u << 3 /* to listen at: DOOR_API without TLS, for this machine's own browser */
};
#define SERVE_API         "/api" /* before each path of a route at DOOR_API */
#define SERVE_CALL_FIELDS 256u

struct serve;
struct serve_stream;

/* What a handler is asked, and what it answers. */
struct serve_route;
struct serve_call {
    const struct serve_route *route;
    enum serve_door door;
    struct span query; /* still encoded; see serve_query() */
    struct span sent;  /* the body of the request */
    struct span path;  /* still encoded; of a page */
    bool plain;        /* it came without TLS */
    int fd;            /* of the connection, to ask who is at its other end */
    struct span peer;  /* its address as text; empty at the local door */
    unsigned status;   /* 200 until set */
    const char *type;  /* of the body; application/json until set */
    struct buf *body;  /* failed at the end: 500 instead */
    struct span kept;  /* instead of `body`, lives as long as the server, and is not copied */
    /* More fields of the answer's head: "Name: value\r\n"... With any, its Cache-Control is among
     * them; else it is no-store. */
    char fields[SERVE_CALL_FIELDS];
    void *conn; /* these two are serve.c's */
    const void *head;
};

typedef void serve_fn(void *arg, struct serve_call *c);

/* A parameter of the query. */
struct serve_param {
    const char *name, *help;
    bool number;
};
#define SERVE_PARAMS_MAX 14u

struct serve_route {
    const char *method, *path;
    unsigned doors;
    int scope; /* the caller's, for its guard; SERVE_OPEN: whoever */
    serve_fn *fn;
    const char *type, *help;                    /* of the answer; what it is */
    struct serve_param param[SERVE_PARAMS_MAX]; /* up to the first without a name */
    size_t sent_max;                            /* bytes of a body; 0: none is taken */
    const void *own;                            /* the caller's */
    bool redirects; /* who asks is sent elsewhere: 302, without a body */
};
#define SERVE_OPEN (-1)

/* The routes and `arg`, which handlers get, are borrowed. GET / lists what a door has. */
int serve_new(struct serve **out, struct loop *loop, const struct serve_route *routes, size_t count,
              void *arg, struct err *e);
void serve_free(struct serve **s); /* ends all streams: their `gone` is called */

/* Who comes by DOOR_API speaks TLS, and asks the guard at each route that is not open: 0, or the
 * status of a refusal, 401, 403 or 429. Both are borrowed; without a context that door is closed.
 */
struct tls_context;
typedef unsigned serve_guard_fn(void *arg, const struct serve_call *c);
void serve_protect(struct serve *s, struct tls_context *tls, serve_guard_fn *guard);

/* Who comes by DOOR_API names one of our hosts (else 421), and gets from `pages`, by GET and HEAD,
 * what is not below SERVE_API. */
typedef bool serve_host_fn(void *arg, struct span host);
void serve_pages(struct serve *s, serve_fn *pages, serve_host_fn *is_host);

/* One more listening socket, taken: closed with the server, or at once on an error. */
int serve_listen(struct serve *s, int fd, enum serve_door door, struct err *e);

uint32_t serve_open(const struct serve *s); /* connections */

/* --- for handlers ---------------------------------------------------------------------------- */

#define SERVE_VALUE_MAX 4096u

/* The value of a parameter, decoded into `room` (SERVE_VALUE_MAX): 1, 0 when it is not there, or
 * ERR_SYNTAX when it cannot be decoded. */
int serve_query(const struct serve_call *c, const char *name, uint8_t *room, struct span *value);

/* A field of the head; SPAN_NONE when it is not there, or there several times. */
struct span serve_field(const struct serve_call *c, const char *name);

/* The answer is {"error": e->why, "at": e->at} with this status. */
void serve_refuse(struct serve_call *c, unsigned status, const struct err *e);

/* Answer with a stream instead of a body. `gone` is called once, when the stream ends for whatever
 * reason; the stream must not be used in it or after it. NULL: memory is out (refuse the call). */
typedef void serve_gone_fn(void *arg);
struct serve_stream *serve_begin(struct serve_call *c, const char *type, serve_gone_fn *gone,
                                 void *arg);

/* Add to it; false when more than SERVE_STREAM_MAX would wait: then nothing was added. The bytes
 * go out when the loop turns. */
bool serve_put(struct serve_stream *s, struct span bytes);

/* The answer comes later, by serve_answer(), once and not in the handler; or `gone` is called
 * because nobody waits for it any more. `arg` is the caller's. */
struct serve_later;
struct serve_later *serve_later(struct serve_call *c, serve_gone_fn *gone, void *arg);
void serve_answer(struct serve_later *l, unsigned status, const char *type, struct span body);
/* With more fields in its head: "Name: value\r\n"..., together at most SERVE_FIELDS_MAX bytes. */
#define SERVE_FIELDS_MAX 8192u
void serve_answer_with(struct serve_later *l, unsigned status, const char *type, const char *fields,
                       struct span body);

/* Instead of an answer: a stream, as serve_begin() begins one. NULL: memory is out, and the answer
 * is still to be given. */
struct serve_stream *serve_begin_later(struct serve_later *l, const char *type, serve_gone_fn *gone,
                                       void *arg);

/* The same with more fields in its head, as serve_answer_with() has them. */
struct serve_stream *serve_begin_later_with(struct serve_later *l, const char *type,
                                            const char *fields, serve_gone_fn *gone, void *arg);

size_t serve_waits(const struct serve_stream *s); /* bytes that were not taken yet */

/* It is whole: what waits goes out, and the connection is closed. `gone` is not called, and the
 * stream must not be used any more. */
void serve_end(struct serve_stream *s);

/* It is not whole and never will be: the connection is closed, and who reads sees that the end is
 * missing. As after serve_end(), `gone` is not called. */
void serve_cut(struct serve_stream *s);

#endif
