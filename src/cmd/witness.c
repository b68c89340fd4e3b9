/*
 * witness.c - canh witness: on another host, under another administrator, remembers how far it has
 * seen the ledgers of stores, and signs that it did (ledger/witness.h, docs/ledger.md).
 *
 *   POST /witness              a request; 200 and the new state, 409 and its own, or a sentence
 *   GET  /state?store=HEX      what it has seen of a store
 *
 * One request a connection. Bounded: CONNS connections, a body of WITNESS_BODY_MAX, DEADLINE_MS for
 * all of it; who is slower, or one too many, is closed. One thread: what is judged is kept before
 * anything else is looked at. Nothing here is secret but the token, which only keeps strangers from
 * asking; what a request says is believed for its signatures alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/command.h"
#include "ledger/witness_files.h"
#include "os/host.h"
#include "os/loop.h"
#include "os/sandbox.h"
#include "os/socket.h"
#include "wire/http.h"

#define CONNS       16u
#define DEADLINE_MS 10000u
#define LINGER_MS   1000u
#define IN_MAX      (WITNESS_BODY_MAX + 2 * (size_t)HTTP_HEAD_MAX)

struct options {
    const char *data, *listen, *name, *token;
    bool no_sandbox;
};

static const struct option_row rows[] = {
    { "data", OPTION_TEXT, offsetof(struct options, data), "FOLDER", NULL, 0, 0,
      "its own folder: key, root keys of stores (STORE.pub), what it has seen" },
    { "listen", OPTION_TEXT, offsetof(struct options, listen), "ADDRESS", "127.0.0.1:9470", 0, 0,
      "where it answers over HTTP" },
    { "name", OPTION_TEXT, offsetof(struct options, name), "NAME", "canh-witness", 0, 0,
      "of its key, when it is made: a host name, for one" },
    { "token-sha256", OPTION_TEXT, offsetof(struct options, token), "HEX", NULL, 0, 0,
      "only who has this token may ask (see canh token); needed beyond loopback" },
    { "no-sandbox", OPTION_FLAG, offsetof(struct options, no_sandbox), NULL, NULL, 0, 0,
      "start also where the process cannot be confined" },
};

static const struct command_line command = {
    rows, COUNT_OF(rows), "canh witness --data FOLDER [OPTIONS]",
    "Remembers how far it has seen the ledgers of stores, takes only what follows from that, and signs\n"
    "what it took. Runs until it is told to stop; one on each host."
};

enum state { FREE, READS, WRITES, LINGERS };

struct server;

struct conn {
    struct server *s;
    enum state state;
    int fd;
    struct watch *watch, *timer;
    struct buf in, out;
    size_t written;
};

struct server {
    struct witness_files files;
    struct loop *loop;
    int ear_fd;
    struct watch *ear, *stop[2];
    struct buf answer;
    bool has_token;
    uint8_t token[SHA256_DIGEST_LENGTH];
    struct conn conn[CONNS];
};

/* --- Connections ---------------------------------------------------------------------------- */

static void mind_ear(struct server *s)
{
    bool room = false;

    for (uint32_t i = 0; i < CONNS; i++)
        room = room || s->conn[i].state == FREE;
    watch_want(s->ear, room ? LOOP_READ : 0);
}

static void conn_close(struct conn *c)
{
    watch_free(&c->watch);
    watch_free(&c->timer);
    (void)close(c->fd);
    buf_release(&c->in);
    buf_release(&c->out);
    c->state = FREE;
    mind_ear(c->s);
}

static void on_time(void *arg, unsigned ready)
{
    (void)ready;
    conn_close(arg);
}

static void conn_write(struct conn *c)
{
    while (c->written < c->out.n) {
        ssize_t n = send(c->fd, c->out.p + c->written, c->out.n - c->written, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            watch_want(c->watch, LOOP_WRITE);
            return;
        }
        if (n < 0) {
            conn_close(c);
            return;
        }
        c->written += (size_t)n;
    }
    /* Closed at once, what the peer still sends would make the kernel throw the answer away. */
    if (shutdown(c->fd, SHUT_WR) != 0) {
        conn_close(c);
        return;
    }
    c->state = LINGERS;
    watch_want(c->watch, LOOP_READ);
    watch_after(c->timer, LINGER_MS);
}

static void answer(struct conn *c, unsigned status)
{
    struct buf *body = &c->s->answer;

    http_put_head(&c->out, status, "text/plain; charset=utf-8", body->n, false,
                  "Cache-Control: no-store\r\n");
    buf_add(&c->out, buf_span(body));
    c->state = WRITES;
    if (buf_failed(&c->out) || buf_failed(body))
        conn_close(c);
    else
        conn_write(c);
}

static void refuse(struct conn *c, unsigned status, const char *why)
{
    buf_clear(&c->s->answer);
    buf_fmt(&c->s->answer, "%s\n", why);
    answer(c, status);
}

/* --- Requests ------------------------------------------------------------------------------- */

static bool is_allowed(const struct server *s, const struct http_request *r)
{
    struct span value = http_field(r, "authorization", NULL), scheme = SPAN_LIT("Bearer ");
    uint8_t digest[SHA256_DIGEST_LENGTH];

    if (!s->has_token)
        return true;
    if (!span_starts(value, scheme))
        return false;
    value = span_from(value, scheme.n);
    (void)SHA256(value.p, value.n, digest); /* into our memory: cannot fail */
    return CRYPTO_memcmp(digest, s->token, sizeof(digest)) == 0;
}

static void run(struct conn *c, const struct http_request *r, struct span body)
{
    bool witness = span_eq(r->path, SPAN_LIT("/witness"));
    bool state = span_eq(r->path, SPAN_LIT("/state"));
    uint8_t store[NOTE_STORE_BYTES];

    if (!is_allowed(c->s, r))
        refuse(c, 401, "A token is needed.");
    else if (witness && span_eq(r->method, SPAN_LIT("POST")))
        answer(c, witness_status(
                      witness_files_take(&c->s->files, body, host_now_ns(), &c->s->answer)));
    else if (state && span_eq(r->method, SPAN_LIT("GET")) &&
             !note_read_hex(http_query(r->query, "store"), store, sizeof(store)))
        refuse(c, 400, "A store is 32 hex digits.");
    else if (state && span_eq(r->method, SPAN_LIT("GET")))
        answer(c, witness_status(witness_files_state(&c->s->files, store, &c->s->answer)));
    else
        refuse(c, witness || state ? 405 : 404, "POST /witness, GET /state?store=HEX");
}

/* True when the request is answered. */
static bool take_request(struct conn *c)
{
    struct http_request r;
    unsigned status = 400;
    struct err e = { .why = "This is no request." };
    int64_t used = http_head(buf_span(&c->in), &r, &status, &e);

    if (used == ERR_MORE)
        return false;
    if (used < 0)
        refuse(c, status, e.why);
    else if (r.chunked)
        refuse(c, 411, "A body must have a Content-Length.");
    else if (r.content_length > WITNESS_BODY_MAX)
        refuse(c, 413, "A request is at most 1 MiB: send fewer checkpoints at once.");
    else if (r.content_length > c->in.n - (size_t)used)
        return false;
    else
        run(c, &r, (struct span){ c->in.p + used, (size_t)r.content_length });
    return true;
}

static void conn_read(struct conn *c)
{
    ssize_t n;

    if (!buf_reserve(&c->in, HTTP_HEAD_MAX)) {
        conn_close(c);
        return;
    }
    n = recv(c->fd, c->in.p + c->in.n, c->in.cap - c->in.n, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        conn_close(c);
        return;
    }
    c->in.n += (size_t)n;
    (void)take_request(c); /* else there is more to come, until the deadline */
}

static void on_conn(void *arg, unsigned ready)
{
    struct conn *c = arg;
    uint8_t room[4096];
    ssize_t n;

    (void)ready;
    if (c->state == READS) {
        conn_read(c);
    } else if (c->state == WRITES) {
        conn_write(c);
    } else {
        n = recv(c->fd, room, sizeof(room), 0);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
            conn_close(c);
    }
}

static void conn_begin(struct server *s, int fd)
{
    struct conn *c = s->conn;

    while (c->state != FREE)
        c++; /* mind_ear() said so */
    *c = (struct conn){ .s = s, .state = READS, .fd = fd };
    buf_init(&c->in, IN_MAX);
    buf_init(&c->out, WITNESS_STATE_MAX + HTTP_HEAD_MAX);
    c->watch = loop_fd(s->loop, fd, LOOP_READ, on_conn, c);
    c->timer = loop_timer(s->loop, on_time, c);
    if (c->watch == NULL || c->timer == NULL)
        conn_close(c);
    else
        watch_after(c->timer, DEADLINE_MS);
    mind_ear(s);
}

static void on_ear(void *arg, unsigned ready)
{
    struct server *s = arg;
    struct socket_address peer;
    int fd;

    (void)ready;
    if (socket_accept(s->ear_fd, &fd, &peer, NULL) == 1)
        conn_begin(s, fd);
}

/* --- Start ---------------------------------------------------------------------------------- */

static void on_stop(void *arg, unsigned ready)
{
    (void)ready;
    loop_stop(arg);
}

static int read_token(struct server *s, const char *hex, struct err *e)
{
    s->has_token = hex != NULL;
    if (hex == NULL || note_read_hex(span_of(hex), s->token, sizeof(s->token)))
        return ERR_OK;
    return err_set(e, ERR_USAGE, 0, "--token-sha256 is 64 hex digits, as canh token tells them.");
}

static int listen_at(struct server *s, const char *text, struct err *e)
{
    struct socket_address a;
    int rc = socket_address_read(span_of(text), &a, e);

    if (rc == ERR_OK && !socket_is_loopback(&a) && !s->has_token)
        rc = err_set(e, ERR_USAGE, 0, "Beyond loopback a witness needs --token-sha256.");
    return rc == ERR_OK ? socket_listen(&a, &s->ear_fd, e) : rc;
}

static int open_files(struct server *s, const struct options *o, int *dir, struct err *e)
{
    *dir = open(o->data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*dir < 0)
        return err_set(e, ERR_IO, 0, "The folder %.150s cannot be opened: %s.", o->data,
                       strerror(errno));
    return witness_files_open(&s->files, &io_system, *dir, span_of(o->name), e);
}

static int confine(const struct options *o, struct err *e)
{
    const char *folders[] = { o->data, NULL };
    const struct sandbox box = { SANDBOX_FILES_READ | SANDBOX_FILES_WRITE | SANDBOX_ACCEPT, folders,
                                 folders };
    char level[SANDBOX_LEVEL_MAX];

    return o->no_sandbox ? ERR_OK : sandbox_enter(&box, level, e);
}

static int begin(struct server *s, struct err *e)
{
    int rc = loop_new(&s->loop, e);

    if (rc != ERR_OK)
        return rc;
    s->ear = loop_fd(s->loop, s->ear_fd, LOOP_READ, on_ear, s);
    s->stop[0] = loop_signal(s->loop, SIGTERM, on_stop, s->loop);
    s->stop[1] = loop_signal(s->loop, SIGINT, on_stop, s->loop);
    return s->ear != NULL && s->stop[0] != NULL && s->stop[1] != NULL
               ? ERR_OK
               : err_set(e, ERR_NOMEM, 0, "There is no memory to listen.");
}

/* What stores and verifiers need of this witness. */
static void tell(const struct server *s)
{
    struct socket_address at;
    struct buf text;
    unsigned port = 0;

    if (socket_local(s->ear_fd, &at, NULL) == ERR_OK)
        port = at.at.ss_family == AF_INET6
                   ? ntohs(((const struct sockaddr_in6 *)(const void *)&at.at)->sin6_port)
                   : ntohs(((const struct sockaddr_in *)(const void *)&at.at)->sin_port);
    buf_init(&text, 1024);
    note_put_vkey(&text, (struct span){ s->files.name, s->files.name_bytes }, NOTE_COSIGNATURE,
                  s->files.key.public);
    printf("witness: %.*s\nport: %u\n", SPAN_ARG(buf_span(&text)), port);
    (void)fflush(stdout); /* nobody may be there to read it */
    buf_release(&text);
}

static void release(struct server *s)
{
    for (uint32_t i = 0; i < CONNS; i++) {
        if (s->conn[i].state != FREE)
            conn_close(&s->conn[i]);
    }
    watch_free(&s->ear);
    watch_free(&s->stop[0]);
    watch_free(&s->stop[1]);
    loop_free(&s->loop);
    if (s->ear_fd >= 0)
        (void)close(s->ear_fd);
    witness_files_release(&s->files);
    buf_release(&s->answer);
}

static int run_server(struct server *s, const struct options *o, struct err *e)
{
    int dir = -1, rc = read_token(s, o->token, e);

    if (rc == ERR_OK)
        rc = listen_at(s, o->listen, e);
    if (rc == ERR_OK)
        rc = open_files(s, o, &dir, e);
    if (rc == ERR_OK)
        rc = confine(o, e);
    if (rc == ERR_OK)
        rc = begin(s, e);
    if (rc == ERR_OK) {
        tell(s);
        rc = loop_run(s->loop, e);
    }
    release(s);
    if (dir >= 0)
        (void)close(dir);
    return rc;
}

int cmd_witness(int argc, char **argv)
{
    static struct server server = { .ear_fd = -1 };
    struct options o = { 0 };
    struct err e = { 0 };
    int operands, code;

    if (!command_options(&command, &o, argc, argv, &operands, &code))
        return code;
    if (operands > 0 || o.data == NULL)
        (void)err_set(&e, ERR_USAGE, 0, "canh witness takes --data and no operand.");
    buf_init(&server.answer, WITNESS_STATE_MAX);
    if (e.code != ERR_OK || run_server(&server, &o, &e) != ERR_OK)
        return command_fault(&e);
    return EXIT_RAN;
}
