/*
 * serve.c - see serve.h.
 */
#include "console/serve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "console/shield.h"
#include "os/socket.h"
#include "os/tls.h"
#include "scan/put.h"
#include "wire/http.h"

#define PEER_MARKS   1024u
#define ACCEPT_MAX   32u /* in one round: others wait, too */
#define LINGER_MS    1000u
#define LINGER_BYTES 65536u
#define BODY_READ    65536u
#define OUT_KEEP     65536u /* an idle connection keeps no larger buffer */
#define CHUNK_FRAME  32u    /* head and end of a chunk at most */
#define HEAD_FIELDS  (SERVE_FIELDS_MAX + 4096u)
#define FULL_MS      250u /* how often it is looked whether one of those there may be closed */
#define NO_STORE     "Cache-Control: no-store\r\n"
#define NO_SNIFF     "X-Content-Type-Options: nosniff\r\n"

enum conn_state {
    CONN_FREE,
    CONN_HEAD,
    CONN_BODY,
    CONN_WAIT,
    CONN_ANSWER,
    CONN_STREAM,
    CONN_LINGER
};

struct conn {
    struct serve *serve;
    enum conn_state state;
    enum serve_door door;
    int fd;
    struct tls *tls; /* NULL: plain */
    struct watch *watch, *timer;
    unsigned read_waits, write_waits; /* for which readiness, LOOP_* */
    struct buf in, out;
    size_t written, counted;       /* of out; of it in serve->waiting */
    struct span kept;              /* goes out behind it */
    struct buf sent;               /* the body of the request at hand */
    size_t sent_bytes, head_bytes; /* that it will have; of its head, which stays in `in` */
    bool keep_alive;
    bool head_only;    /* HEAD: the answer has no body */
    bool by_name;      /* by which another machine reaches us */
    bool ended;        /* the peer sends nothing more */
    bool asked;        /* at least once */
    uint64_t since_ms; /* that it waits for the next request */
    size_t drained;    /* while lingering */
    uint8_t peer[SOCKET_TEXT_MAX];
    size_t peer_bytes;
    uint16_t mark; /* of its address, below PEER_MARKS */
    serve_gone_fn *gone;
    void *arg;
};

struct ear {
    struct serve *serve;
    int fd;
    enum serve_door door;
    bool plain;
    struct watch *watch;
};

struct serve {
    struct loop *loop;
    const struct serve_route *routes;
    size_t route_count;
    void *arg;
    struct tls_context *tls;
    serve_guard_fn *guard;
    serve_fn *pages;
    serve_host_fn *is_host;
    struct watch *full; /* while a door is */
    size_t waiting;     /* bytes, in all `out` */
    struct buf body;
    struct conn conn[SERVE_CONNS];
    struct ear ear[SERVE_SOCKETS];
    uint32_t ear_count;
};

/* A stream is its connection. */
static struct conn *conn_of(struct serve_stream *s)
{
    return (struct conn *)s;
}

/* --- doors ---------------------------------------------------------------------------------- */

static uint32_t count_open(const struct serve *s, unsigned doors)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < SERVE_CONNS; i++)
        n += s->conn[i].state != CONN_FREE && (s->conn[i].door & doors) != 0;
    return n;
}

uint32_t serve_open(const struct serve *s)
{
    return count_open(s, DOOR_LOCAL | DOOR_METRICS | DOOR_API);
}

/* Each door always has the connections that the others may not take. */
static bool has_room(const struct serve *s, enum serve_door door)
{
    static const struct {
        enum serve_door door;
        uint32_t max;
    } rows[] = { { DOOR_METRICS, SERVE_CONNS_METRICS },
                 { DOOR_API, SERVE_CONNS_API },
                 { DOOR_LOCAL, SERVE_CONNS - SERVE_CONNS_METRICS - SERVE_CONNS_API } };
    uint32_t max = 0;

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        max = rows[i].door == door ? rows[i].max : max;
    return count_open(s, door) < max;
}

/* It asks nothing just now, and may be closed for another. */
static bool is_idle(const struct conn *c, enum serve_door door)
{
    return c->state == CONN_HEAD && c->door == door && c->in.n == 0 &&
           (c->asked || loop_ms(c->serve->loop) - c->since_ms >= SERVE_NEW_MS);
}

/* The one of those whose place somebody else gets; NULL: there is none. */
static struct conn *find_idle(struct serve *s, enum serve_door door)
{
    uint16_t idle[PEER_MARKS] = { 0 };
    struct conn *best = NULL;

    for (uint32_t i = 0; i < SERVE_CONNS; i++)
        idle[s->conn[i].mark] = (uint16_t)(idle[s->conn[i].mark] + is_idle(&s->conn[i], door));
    for (uint32_t i = 0; i < SERVE_CONNS; i++) {
        struct conn *c = &s->conn[i];

        if (is_idle(c, door) &&
            (best == NULL || idle[c->mark] > idle[best->mark] ||
             (idle[c->mark] == idle[best->mark] && c->since_ms < best->since_ms)))
            best = c;
    }
    return best;
}

static bool has_idle(const struct serve *s, enum serve_door door)
{
    for (uint32_t i = 0; i < SERVE_CONNS; i++) {
        if (is_idle(&s->conn[i], door))
            return true;
    }
    return false;
}

static void mind_ears(struct serve *s)
{
    bool full = false;

    for (uint32_t i = 0; i < s->ear_count; i++) {
        enum serve_door door = s->ear[i].door;
        bool room = has_room(s, door) || has_idle(s, door);

        full |= !room;
        watch_want(s->ear[i].watch, room ? LOOP_READ : 0);
    }
    if (full)
        watch_after(s->full, FULL_MS);
}

static void on_full(void *arg, unsigned ready)
{
    (void)ready;
    mind_ears(arg);
}

/* --- connections ---------------------------------------------------------------------------- */

/* What `out` takes is counted once more. */
static void count_waiting(struct conn *c)
{
    c->serve->waiting += c->out.cap - c->counted;
    c->counted = c->out.cap;
}

static void conn_close(struct conn *c)
{
    serve_gone_fn *gone = c->gone;
    struct serve *s = c->serve;

    if (c->state == CONN_FREE)
        return;
    tls_free(&c->tls);
    watch_free(&c->watch);
    watch_free(&c->timer);
    (void)close(c->fd);
    buf_release(&c->in);
    buf_release(&c->out);
    count_waiting(c);
    buf_release(&c->sent);
    c->sent_bytes = 0;
    c->kept = SPAN_NONE;
    c->state = CONN_FREE;
    c->gone = NULL;
    if (gone != NULL)
        gone(c->arg);
    mind_ears(s);
}

static void on_time(void *arg, unsigned ready)
{
    (void)ready;
    conn_close(arg);
}

/* Closed at once, what the peer still sends would make the kernel throw the answer away. */
static void conn_linger(struct conn *c)
{
    tls_free(&c->tls); /* says good-bye: what comes now is thrown away unread */
    if (shutdown(c->fd, SHUT_WR) != 0 || c->ended) {
        conn_close(c);
        return;
    }
    c->state = CONN_LINGER;
    watch_want(c->watch, LOOP_READ);
    watch_after(c->timer, LINGER_MS);
}

/* Waiting for the next request, or for the rest of one. */
static void conn_await(struct conn *c)
{
    c->state = CONN_HEAD;
    if (c->in.n == 0) {
        buf_release(&c->in); /* keeps its limit */
        c->since_ms = loop_ms(c->serve->loop);
    }
    /* What TLS holds already makes no socket readable. */
    watch_want(c->watch, c->tls != NULL && tls_pending(c->tls) > 0 ? LOOP_WRITE : c->read_waits);
    watch_after(c->timer, c->in.n > 0 ? SERVE_HEAD_MS : SERVE_IDLE_MS);
    if (!has_room(c->serve, c->door))
        mind_ears(c->serve);
}

/* As recv() and send(), through TLS where there is one: -1 with EAGAIN when it must wait, and for
 * what it waits. */
static ssize_t through_tls(ssize_t n, unsigned *waits)
{
    if (n > 0 || n == 0)
        return n;
    if (n == TLS_CLOSED)
        return 0;
    errno = n == TLS_WANT_READ || n == TLS_WANT_WRITE ? EAGAIN : EIO;
    if (errno == EAGAIN)
        *waits = n == TLS_WANT_READ ? LOOP_READ : LOOP_WRITE;
    return -1;
}

static ssize_t conn_recv(struct conn *c, void *room, size_t n)
{
    c->read_waits = LOOP_READ;
    return c->tls != NULL ? through_tls(tls_read(c->tls, room, n, NULL), &c->read_waits)
                          : recv(c->fd, room, n, 0);
}

static bool is_waiting(const struct conn *c)
{
    return c->written < c->out.n || c->kept.n > 0;
}

static bool conn_send(struct conn *c)
{
    c->write_waits = LOOP_WRITE;
    while (is_waiting(c)) {
        const bool kept = c->written == c->out.n;
        const uint8_t *from = kept ? c->kept.p : c->out.p + c->written;
        size_t left = kept ? c->kept.n : c->out.n - c->written;
        ssize_t n = c->tls != NULL
                        ? through_tls(tls_write(c->tls, from, left, NULL), &c->write_waits)
                        : send(c->fd, from, left, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        if (kept)
            c->kept = span_from(c->kept, (size_t)n);
        else
            c->written += (size_t)n;
        watch_after(c->timer, SERVE_WRITE_MS);
    }
    return true;
}

/* --- answers -------------------------------------------------------------------------------- */

/* What each answer at this door says; the caller's own fields before. */
static void fields_put(const struct conn *c, unsigned status, const char *more, const char *own,
                       char to[HEAD_FIELDS])
{
    int n = snprintf(
        to, HEAD_FIELDS, "%s%s%s%s" NO_SNIFF "%s%s", more, own, own[0] == '\0' ? NO_STORE : "",
        status == 405   ? "Allow: GET, POST\r\n"
        : status == 503 ? "Retry-After: 5\r\n"
        : status == 429 ? "Retry-After: 1\r\n"
        : status == 401 ? "WWW-Authenticate: Bearer\r\n"
                        : "",
        c->door == DOOR_API ? shield_fields : "", c->tls != NULL && c->by_name ? shield_tls : "");

    MUST(n > 0 && (size_t)n < HEAD_FIELDS);
}

static void answer_put(struct conn *c, const struct serve_call *call, const char *more,
                       bool keep_alive)
{
    struct serve *s = c->serve;
    char fields[HEAD_FIELDS];

    fields_put(c, call->status, more, call->fields, fields);
    c->keep_alive = keep_alive;
    http_put_head(&c->out, call->status, call->type, s->body.n + call->kept.n, keep_alive, fields);
    if (!c->head_only) {
        buf_add(&c->out, buf_span(&s->body));
        c->kept = call->kept;
    }
    count_waiting(c);
    if (s->body.cap > OUT_KEEP)
        buf_release(&s->body);
}

static void answer_why(struct conn *c, unsigned status, const char *why, bool keep_alive)
{
    struct serve_call call = { .status = status, .body = &c->serve->body };
    struct err e;

    (void)err_set(&e, ERR_SYNTAX, 0, "%s", why);
    serve_refuse(&call, status, &e);
    answer_put(c, &call, "", keep_alive);
}

/* Behind it nothing is read: of the request there may be more. */
static void answer_fault(struct conn *c, unsigned status, const char *why)
{
    answer_why(c, status, why, false);
}

/* The answer that was made; or, while so much waits for those who read slowly, a refusal. */
static void answer_or_wait(struct conn *c, const struct serve_call *call, const char *more,
                           bool keep_alive)
{
    size_t n = c->serve->body.n;

    if (n > OUT_KEEP && c->serve->waiting + n > SERVE_WAITING_MAX)
        answer_fault(c, 503, "Others take their answers so slowly that there is no room now.");
    else
        answer_put(c, call, more, keep_alive);
}

void serve_refuse(struct serve_call *c, unsigned status, const struct err *e)
{
    buf_clear(c->body);
    c->status = status;
    c->type = "application/json";
    buf_text(c->body, "{\"error\":");
    put_json_text(c->body, span_of(e->why));
    buf_fmt(c->body, ",\"at\":%zu}\n", e->at);
}

int serve_query(const struct serve_call *c, const char *name, uint8_t *room, struct span *value)
{
    struct span text = http_query(c->query, name);
    size_t n;

    *value = SPAN_NONE;
    if (text.p == NULL)
        return 0;
    if (text.n > SERVE_VALUE_MAX || !http_decode(text, room, &n))
        return ERR_SYNTAX;
    *value = (struct span){ room, n };
    return 1;
}

/* What the path is to the table: at the API's door behind SERVE_API. False: it is not there. */
static bool path_of(const struct conn *c, struct span *path)
{
    if (c->door != DOOR_API)
        return true;
    if (!span_starts(*path, SPAN_LIT(SERVE_API "/")) && !span_eq(*path, SPAN_LIT(SERVE_API)))
        return false;
    *path = span_from(*path, strlen(SERVE_API));
    if (path->n == 0)
        *path = SPAN_LIT("/");
    return true;
}

/* GET /: what this door has. */
static void list_routes(struct conn *c, struct serve_call *call)
{
    const struct serve *s = c->serve;

    call->type = "text/plain; charset=utf-8";
    for (size_t i = 0; i < s->route_count; i++) {
        const struct serve_route *r = &s->routes[i];

        if ((r->doors & c->door) == 0)
            continue;
        buf_fmt(call->body, "%s %-10s ", r->method, r->path);
        for (size_t k = 0; k < SERVE_PARAMS_MAX && r->param[k].name != NULL; k++)
            buf_fmt(call->body, "%s%s=", k == 0 ? "?" : "&", r->param[k].name);
        buf_fmt(call->body, "  %s\n", r->help);
    }
}

static const struct serve_route *find_route(const struct conn *c, const struct http_request *r,
                                            struct span path, bool *path_known)
{
    const struct serve *s = c->serve;

    *path_known = false;
    for (size_t i = 0; i < s->route_count; i++) {
        const struct serve_route *row = &s->routes[i];

        if ((row->doors & c->door) == 0 || !span_eq(path, span_of(row->path)))
            continue;
        *path_known = true;
        if (span_eq(r->method, span_of(row->method)))
            return row;
    }
    return NULL;
}

struct span serve_field(const struct serve_call *call, const char *name)
{
    bool many;
    struct span v = http_field(call->head, name, &many);

    return many ? SPAN_NONE : v;
}

static struct serve_call call_of(struct conn *c, const struct serve_route *row,
                                 const struct http_request *r)
{
    return (struct serve_call){ .route = row,
                                .door = c->door,
                                .query = r->query,
                                .sent = buf_span(&c->sent),
                                .path = r->path,
                                .plain = c->tls == NULL,
                                .fd = c->fd,
                                .peer = { c->peer, c->peer_bytes },
                                .status = 200,
                                .type = row != NULL ? row->type : "application/json",
                                .body = &c->serve->body,
                                .conn = c,
                                .head = r };
}

/* 0, or why not. */
static unsigned is_refused(const struct serve *s, const struct serve_call *call)
{
    if (call->door != DOOR_API || call->route->scope == SERVE_OPEN)
        return 0;
    return s->guard != NULL ? s->guard(s->arg, call) : 401;
}

#define WHY_401 "This needs a session, or a token: Authorization: Bearer TOKEN."
#define WHY_403                                                                                    \
    "Who asks may not ask that, or asked from another page, or without the session's token."
#define WHY_429 "So many were refused, or asked so fast, that this waits: ask again in a second."

static const char *why_refused(unsigned status)
{
    return status == 401 ? WHY_401 : status == 429 ? WHY_429 : WHY_403;
}

/* Says what is asked for: false when it was refused, and that was answered. */
static bool run_row(struct conn *c, struct serve_call *call, bool keep_alive)
{
    unsigned refused = is_refused(c->serve, call);

    if (refused != 0) {
        answer_why(c, refused, why_refused(refused), keep_alive);
        return false;
    }
    call->route->fn(c->serve->arg, call);
    return true;
}

/* What is not below SERVE_API. */
static void run_page(struct conn *c, const struct http_request *r)
{
    struct serve *s = c->serve;
    struct serve_call call = call_of(c, NULL, r);

    buf_clear(&s->body);
    c->head_only = span_eq(r->method, SPAN_LIT("HEAD"));
    if (!c->head_only && !span_eq(r->method, SPAN_LIT("GET"))) {
        answer_fault(c, 405, "This is answered to another method.");
        return;
    }
    s->pages(s->arg, &call);
    if (buf_failed(&s->body))
        answer_fault(c, 500, "The answer is too large.");
    else
        answer_or_wait(c, &call, "", r->keep_alive);
    c->head_only = false;
}

static void run_route(struct conn *c, const struct http_request *r)
{
    struct serve *s = c->serve;
    struct span path = r->path;
    bool there = path_of(c, &path), known = false, root = there && span_eq(path, SPAN_LIT("/"));
    const struct serve_route *row = there ? find_route(c, r, path, &known) : NULL;
    struct serve_call call = call_of(c, row, r);

    if (!there && s->pages != NULL) {
        run_page(c, r);
        return;
    }
    buf_clear(&s->body);
    if (row != NULL) {
        if (!run_row(c, &call, r->keep_alive))
            return;
    } else if (root && !known && span_eq(r->method, SPAN_LIT("GET"))) {
        list_routes(c, &call);
    } else {
        answer_fault(c, known || root ? 405 : 404,
                     known || root ? "This is answered to another method."
                                   : "There is nothing here.");
        return;
    }
    if (c->state == CONN_WAIT)
        c->keep_alive = r->keep_alive;
    if (c->state == CONN_STREAM || c->state == CONN_WAIT)
        return;
    if (buf_failed(&s->body))
        answer_fault(c, 500, "The answer is too large; ask for less.");
    else
        answer_or_wait(c, &call, "", r->keep_alive);
}

/* --- requests ------------------------------------------------------------------------------- */

static size_t all_sent(const struct serve *s)
{
    size_t n = 0;

    for (uint32_t i = 0; i < SERVE_CONNS; i++)
        n += s->conn[i].sent_bytes;
    return n;
}

/* 0: its body is taken; or the status of the refusal. */
static unsigned is_taken(struct conn *c, const struct http_request *r)
{
    struct span path = r->path;
    bool known = false;
    const struct serve_route *row = path_of(c, &path) ? find_route(c, r, path, &known) : NULL;
    const struct serve_call call = call_of(c, row, r);
    unsigned refused = row != NULL ? is_refused(c->serve, &call) : known ? 405 : 404;

    if (refused != 0)
        return refused;
    if (r->chunked && row->sent_max > 0)
        return 411;
    if (r->chunked || r->content_length > row->sent_max)
        return 413;
    return r->content_length > SERVE_BODIES_MAX - all_sent(c->serve) ? 503 : 0;
}

static void refuse_body(struct conn *c, unsigned status)
{
    static const struct {
        unsigned status;
        const char *why;
    } rows[] = { { 401, WHY_401 },
                 { 403, WHY_403 },
                 { 404, "There is nothing here." },
                 { 405, "This is answered to another method." },
                 { 411, "A body must say its length before it comes." },
                 { 413, "So much is not taken here." },
                 { 429, WHY_429 },
                 { 503, "Others send so much that there is no room now." } };
    size_t i = 0;

    while (rows[i].status != status)
        i++;
    answer_fault(c, status, rows[i].why);
}

/* The head of a request with a body is there. True when that was refused. */
static bool begin_body(struct conn *c, const struct http_request *r, size_t head)
{
    unsigned refused = is_taken(c, r);
    size_t there;

    if (refused != 0) {
        refuse_body(c, refused);
        c->in.n = 0;
        return true;
    }
    c->head_bytes = head;
    c->sent_bytes = (size_t)r->content_length;
    buf_init(&c->sent, c->sent_bytes);
    there = c->in.n - head < c->sent_bytes ? c->in.n - head : c->sent_bytes;
    buf_add(&c->sent, (struct span){ c->in.p + head, there });
    memmove(c->in.p + head, c->in.p + head + there, c->in.n - head - there);
    c->in.n -= there;
    if (r->expect_continue && c->sent.n < c->sent_bytes)
        http_put_head(&c->out, 100, NULL, 0, true, "");
    c->state = CONN_BODY;
    watch_after(c->timer, SERVE_BODY_MS);
    return false;
}

/* All of it is there: the head is read again, it lies where it lay. */
static void end_body(struct conn *c)
{
    struct http_request r;
    unsigned status;

    MUST(http_head((struct span){ c->in.p, c->head_bytes }, &r, &status, NULL) ==
         (int64_t)c->head_bytes);
    c->state = CONN_ANSWER;
    run_route(c, &r);
    memmove(c->in.p, c->in.p + c->head_bytes, c->in.n - c->head_bytes);
    c->in.n -= c->head_bytes;
    buf_release(&c->sent);
    c->sent_bytes = 0;
}

/* It was asked by a name of ours. */
static bool is_here(struct conn *c, const struct http_request *r)
{
    const struct serve *s = c->serve;
    struct span host = http_field(r, "host", NULL);

    if (c->door != DOOR_API || s->is_host == NULL)
        return true;
    c->by_name = !shield_is_loopback(shield_name(host));
    return s->is_host(s->arg, host);
}

/* The request at the front of `in`, when it is whole. True when something was answered, or will be.
 */
static bool take_request(struct conn *c)
{
    struct http_request r;
    unsigned status = 400;
    struct err e = { .why = "This is no request." };
    int64_t used = http_head(buf_span(&c->in), &r, &status, &e);

    if (used == ERR_MORE)
        return false;
    c->state = CONN_ANSWER;
    c->asked = true;
    if (used < 0) {
        answer_fault(c, status, e.why);
        c->in.n = 0;
        return true;
    }
    if (!is_here(c, &r)) {
        answer_fault(c, 421,
                     "This name is none of ours: by addresses, localhost, this host's name "
                     "and that of the setting console-url we are reached.");
        c->in.n = 0;
        return true;
    }
    if (r.chunked || r.content_length > 0) {
        if (begin_body(c, &r, (size_t)used))
            return true;
        if (c->sent.n == c->sent_bytes)
            end_body(c);
        return true;
    }
    run_route(c, &r);
    memmove(c->in.p, c->in.p + used, c->in.n - (size_t)used);
    c->in.n -= (size_t)used;
    return true;
}

static bool answered(struct conn *c)
{
    c->written = 0;
    if (c->out.cap > OUT_KEEP)
        buf_release(&c->out); /* keeps its limit */
    buf_clear(&c->out);
    count_waiting(c);
    if (!c->keep_alive) {
        conn_linger(c);
        return false;
    }
    return true;
}

static void stream_sent(struct conn *c)
{
    bool rest = c->written < c->out.n;

    if (!rest) {
        buf_clear(&c->out);
        c->written = 0;
        watch_stop(c->timer);
    }
    watch_want(c->watch, LOOP_READ | (rest ? c->write_waits : 0u));
}

/* For the rest of a body, or for who says the answer; and for what is still to be written (100). */
static void await_more(struct conn *c)
{
    unsigned want = c->written < c->out.n ? c->write_waits : 0u;

    if (want == 0) {
        buf_clear(&c->out);
        c->written = 0;
    }
    if (c->state == CONN_BODY) /* what TLS holds already makes no socket readable */
        want |= c->tls != NULL && tls_pending(c->tls) > 0 ? LOOP_WRITE : c->read_waits;
    watch_want(c->watch, want);
}

/* Take requests, write answers, until one of them must wait. */
static void conn_go_on(struct conn *c)
{
    for (;;) {
        if (c->state == CONN_HEAD && !take_request(c)) {
            if (c->ended)
                conn_close(c);
            else
                conn_await(c);
            return;
        }
        if (buf_failed(&c->out) || !conn_send(c)) {
            conn_close(c);
            return;
        }
        if (c->state == CONN_BODY || c->state == CONN_WAIT) {
            await_more(c);
            return;
        }
        if (c->state == CONN_STREAM) {
            stream_sent(c);
            return;
        }
        if (is_waiting(c)) {
            watch_want(c->watch, c->write_waits);
            return;
        }
        if (!answered(c))
            return;
        c->state = CONN_HEAD;
    }
}

/* What is read while lingering, or behind the request of a stream, is thrown away. */
static bool conn_drain(struct conn *c)
{
    uint8_t room[4096];
    ssize_t n = conn_recv(c, room, sizeof(room));

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (n <= 0)
        return false;
    c->drained += (size_t)n;
    return c->drained <= LINGER_BYTES;
}

static void conn_read(struct conn *c)
{
    size_t room = HTTP_HEAD_MAX + 1 - c->in.n;
    bool first = c->in.n == 0;
    ssize_t n;

    if (!buf_reserve(&c->in, room)) {
        conn_close(c);
        return;
    }
    n = conn_recv(c, c->in.p + c->in.n, room);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        watch_want(c->watch, c->read_waits);
        return;
    }
    if (n < 0) {
        conn_close(c);
        return;
    }
    c->ended = n == 0;
    c->in.n += (size_t)n;
    if (!take_request(c)) {
        if (c->ended || c->in.n > HTTP_HEAD_MAX)
            conn_close(c);
        else if (first)
            watch_after(c->timer, SERVE_HEAD_MS);
        return; /* what TLS still holds comes with the next readiness: of a head there is more */
    }
    watch_after(c->timer, SERVE_WRITE_MS);
    conn_go_on(c);
}

/* More of a body. */
static void conn_read_body(struct conn *c)
{
    size_t left = c->sent_bytes - c->sent.n;
    size_t room = left < BODY_READ ? left : BODY_READ;
    ssize_t n = -1;

    errno = ENOMEM;
    if (buf_reserve(&c->sent, room))
        n = conn_recv(c, c->sent.p + c->sent.n, room);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        await_more(c);
        return;
    }
    if (n <= 0) {
        conn_close(c);
        return;
    }
    c->sent.n += (size_t)n;
    if (c->sent.n == c->sent_bytes) {
        watch_after(c->timer, SERVE_WRITE_MS);
        end_body(c);
    }
    conn_go_on(c);
}

static void on_conn(void *arg, unsigned ready)
{
    struct conn *c = arg;

    if (c->state == CONN_HEAD) {
        conn_read(c);
        return;
    }
    if (c->state == CONN_BODY && (c->out.n == 0 || (ready & LOOP_READ) != 0)) {
        conn_read_body(c);
        return;
    }
    if ((c->state == CONN_LINGER || c->state == CONN_STREAM) && (ready & LOOP_READ) != 0 &&
        !conn_drain(c)) {
        conn_close(c);
        return;
    }
    if ((ready & c->write_waits) != 0)
        conn_go_on(c);
}

/* --- new ones ------------------------------------------------------------------------------- */

static bool conn_begin(struct serve *s, int fd, const struct ear *ear,
                       const struct socket_address *peer)
{
    const enum serve_door door = ear->door;
    struct conn *c = s->conn;

    while (c->state != CONN_FREE)
        c++; /* has_room() said so */
    *c = (struct conn){ .serve = s,
                        .door = door,
                        .fd = fd,
                        .state = CONN_HEAD,
                        .since_ms = loop_ms(s->loop),
                        .read_waits = LOOP_READ,
                        .write_waits = LOOP_WRITE };
    c->peer_bytes = door != DOOR_LOCAL ? socket_host_put(peer, c->peer) : 0;
    c->mark = (uint16_t)(XXH3_64bits(c->peer, c->peer_bytes) % PEER_MARKS);
    buf_init(&c->in, HTTP_HEAD_MAX + 1);
    buf_init(&c->out, SERVE_ANSWER_MAX + HTTP_HEAD_MAX);
    c->watch = loop_fd(s->loop, fd, LOOP_READ, on_conn, c);
    c->timer = loop_timer(s->loop, on_time, c);
    if (c->watch == NULL || c->timer == NULL ||
        (door == DOOR_API && !ear->plain &&
         (s->tls == NULL || tls_new(&c->tls, s->tls, fd, NULL) != ERR_OK)))
        return false;
    watch_after(c->timer, SERVE_IDLE_MS);
    return true;
}

static void close_fd(struct serve *s, int fd)
{
    for (uint32_t i = 0; i < SERVE_CONNS; i++) {
        if (s->conn[i].state != CONN_FREE && s->conn[i].fd == fd)
            conn_close(&s->conn[i]);
    }
}

static void on_ear(void *arg, unsigned ready)
{
    struct ear *ear = arg;
    struct serve *s = ear->serve;

    (void)ready;
    for (uint32_t i = 0; i < ACCEPT_MAX && (has_room(s, ear->door) || has_idle(s, ear->door));
         i++) {
        struct socket_address peer;
        int fd;

        if (socket_accept(ear->fd, &fd, &peer, NULL) != 1)
            return; /* none, or no descriptors are left: told again */
        if (!has_room(s, ear->door))
            conn_close(find_idle(s, ear->door));
        if (!conn_begin(s, fd, ear, &peer)) {
            close_fd(s, fd);
            return;
        }
    }
    mind_ears(s);
}

int serve_listen(struct serve *s, int fd, enum serve_door door, struct err *e)
{
    struct ear *ear = &s->ear[s->ear_count];

    if (s->ear_count == SERVE_SOCKETS) {
        (void)close(fd);
        return err_set(e, ERR_LIMIT, 0, "There are more than %u sockets to listen at.",
                       SERVE_SOCKETS);
    }
    *ear = (struct ear){ .serve = s,
                         .fd = fd,
                         .door = door == DOOR_PLAIN ? DOOR_API : door,
                         .plain = door == DOOR_PLAIN,
                         .watch = loop_fd(s->loop, fd, LOOP_READ, on_ear, ear) };
    if (ear->watch == NULL) {
        (void)close(fd);
        return err_set(e, ERR_NOMEM, 0, "There is no memory to listen.");
    }
    s->ear_count++;
    return ERR_OK;
}

int serve_new(struct serve **out, struct loop *loop, const struct serve_route *routes, size_t count,
              void *arg, struct err *e)
{
    struct serve *s = calloc(1, sizeof(*s));

    *out = s;
    if (s == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to serve.");
    s->loop = loop;
    s->routes = routes;
    s->route_count = count;
    s->arg = arg;
    buf_init(&s->body, SERVE_ANSWER_MAX);
    s->full = loop_timer(loop, on_full, s);
    return s->full != NULL ? ERR_OK : err_set(e, ERR_NOMEM, 0, "There is no memory to serve.");
}

void serve_pages(struct serve *s, serve_fn *pages, serve_host_fn *is_host)
{
    s->pages = pages;
    s->is_host = is_host;
}

void serve_protect(struct serve *s, struct tls_context *tls, serve_guard_fn *guard)
{
    s->tls = tls;
    s->guard = guard;
}

void serve_free(struct serve **ps)
{
    struct serve *s = *ps;

    *ps = NULL;
    if (s == NULL)
        return;
    for (uint32_t i = 0; i < s->ear_count; i++) {
        watch_free(&s->ear[i].watch);
        (void)close(s->ear[i].fd);
    }
    s->ear_count = 0;
    for (uint32_t i = 0; i < SERVE_CONNS; i++)
        conn_close(&s->conn[i]);
    watch_free(&s->full);
    buf_release(&s->body);
    free(s);
}

/* --- streams -------------------------------------------------------------------------------- */

static bool stream_head(struct conn *c, const char *type, const char *more)
{
    char fields[HEAD_FIELDS];

    fields_put(c, 200, more, "", fields);
    http_put_head(&c->out, 200, type, SIZE_MAX, false, fields);
    count_waiting(c);
    return !buf_failed(&c->out);
}

struct serve_stream *serve_begin(struct serve_call *call, const char *type, serve_gone_fn *gone,
                                 void *arg)
{
    struct conn *c = call->conn;

    if (!stream_head(c, type, ""))
        return NULL;
    c->state = CONN_STREAM;
    c->gone = gone;
    c->arg = arg;
    return (struct serve_stream *)c;
}

bool serve_put(struct serve_stream *s, struct span bytes)
{
    struct conn *c = conn_of(s);
    size_t waits = c->out.n - c->written;

    MUST(c->state == CONN_STREAM);
    if (bytes.n == 0)
        return true;
    /* One piece always fits, so that who keeps up sees the largest event too. */
    if (waits > 0 && waits + bytes.n + CHUNK_FRAME > SERVE_STREAM_MAX)
        return false;
    if (bytes.n > SERVE_ANSWER_MAX / 2 ||
        (waits > 0 && c->serve->waiting + bytes.n > SERVE_WAITING_MAX))
        return false;
    if (c->written > 0) {
        memmove(c->out.p, c->out.p + c->written, waits);
        c->out.n = waits;
        c->written = 0;
    }
    if (waits == 0)
        watch_after(c->timer, SERVE_WRITE_MS);
    buf_fmt(&c->out, "%zx\r\n", bytes.n);
    buf_add(&c->out, bytes);
    buf_text(&c->out, "\r\n");
    count_waiting(c);
    watch_want(c->watch, LOOP_READ | LOOP_WRITE);
    return true;
}

size_t serve_waits(const struct serve_stream *s)
{
    const struct conn *c = (const struct conn *)s;

    return c->out.n - c->written;
}

void serve_end(struct serve_stream *s)
{
    struct conn *c = conn_of(s);

    MUST(c->state == CONN_STREAM);
    buf_text(&c->out, "0\r\n\r\n");
    c->state = CONN_ANSWER;
    c->keep_alive = false;
    c->gone = NULL;
    watch_after(c->timer, SERVE_WRITE_MS);
    watch_want(c->watch, LOOP_READ | LOOP_WRITE);
}

/* --- answers that come later ---------------------------------------------------------------- */

struct serve_later *serve_later(struct serve_call *call, serve_gone_fn *gone, void *arg)
{
    struct conn *c = call->conn;

    c->state = CONN_WAIT;
    c->gone = gone;
    c->arg = arg;
    watch_after(c->timer, SERVE_LATER_MS);
    return (struct serve_later *)c;
}

void serve_answer(struct serve_later *l, unsigned status, const char *type, struct span body)
{
    serve_answer_with(l, status, type, "", body);
}

void serve_answer_with(struct serve_later *l, unsigned status, const char *type, const char *fields,
                       struct span body)
{
    struct conn *c = (struct conn *)l;
    struct serve_call call = { .status = status, .type = type };

    MUST(c->state == CONN_WAIT);
    c->gone = NULL;
    c->state = CONN_ANSWER;
    buf_clear(&c->serve->body);
    buf_add(&c->serve->body, body);
    if (buf_failed(&c->serve->body))
        answer_fault(c, 500, "The answer is too large.");
    else
        answer_or_wait(c, &call, fields, c->keep_alive);
    watch_after(c->timer, SERVE_WRITE_MS);
    conn_go_on(c);
}

void serve_cut(struct serve_stream *s)
{
    struct conn *c = conn_of(s);

    MUST(c->state == CONN_STREAM);
    c->gone = NULL;
    conn_close(c);
}

struct serve_stream *serve_begin_later(struct serve_later *l, const char *type, serve_gone_fn *gone,
                                       void *arg)
{
    return serve_begin_later_with(l, type, "", gone, arg);
}

struct serve_stream *serve_begin_later_with(struct serve_later *l, const char *type,
                                            const char *fields, serve_gone_fn *gone, void *arg)
{
    struct conn *c = (struct conn *)l;

    MUST(c->state == CONN_WAIT);
    if (!stream_head(c, type, fields))
        return NULL;
    c->state = CONN_STREAM;
    c->gone = gone;
    c->arg = arg;
    watch_after(c->timer, SERVE_WRITE_MS);
    watch_want(c->watch, LOOP_READ | LOOP_WRITE); /* the head goes out when the loop turns */
    return (struct serve_stream *)c;
}
