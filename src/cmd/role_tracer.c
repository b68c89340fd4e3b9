/*
 * role_tracer.c - the role that sends one of our own events (collect/tracer.h) every ten seconds
 * through each input that is configured, as a sender would, so that the desk knows that the way
 * from the socket to the database is whole. Inputs over TLS are tried without a certificate of
 * ours: where the settings ask for one (tls-mutual), not at all.
 *
 * Each time the connection is new; what was sent before has had ten seconds, and is closed. Nothing
 * is read: whether it arrived is seen at the other end.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/roles.h"
#include "collect/ledger.h"
#include "collect/tracer.h"
#include "desk/tracers.h"
#include "os/host.h"
#include "os/sandbox.h"
#include "os/socket.h"
#include "os/tls.h"

#define EVERY_MS  10000u
#define WAYS_MAX  32u
#define WIRE_MAX  512u
#define RELP_OPEN "1 open 46 relp_version=0\nrelp_software=x\ncommands=syslog\n"

struct way {
    enum input input;
    struct socket_address to;
    int fd;          /* of the last round, or -1 */
    struct tls *tls; /* NULL: plain */
    struct watch *watch;
    char wire[WIRE_MAX];
    size_t n;
};

struct role_tracer {
    struct tracer_key key;
    uint64_t run, number;
    struct watch *tick;
    struct loop *loop;
    struct way way[WAYS_MAX];
    uint32_t count;
    struct tls_context *tls;
};

static void close_way(struct way *w)
{
    watch_free(&w->watch);
    tls_free(&w->tls);
    if (w->fd >= 0)
        (void)close(w->fd); /* what did not arrive is missed at the other end */
    w->fd = -1;
}

/* What goes over the wire. */
static void put_wire(struct role_tracer *r, struct way *w)
{
    char text[TRACER_TEXT_MAX];
    int len = (int)tracer_put(text, &r->key, r->run, span_of(input_name(w->input)), ++r->number);
    int n;

    if (w->input == INPUT_SYSLOG_TLS) /* RFC 5425: counted */
        n = snprintf(w->wire, WIRE_MAX, "%d <110>1 - localhost canh - - - %.*s", len + 30, len,
                     text);
    else if (w->input == INPUT_RELP)
        n = snprintf(w->wire, WIRE_MAX, RELP_OPEN "2 syslog %d %.*s\n3 close 0\n", len, len, text);
    else if (w->input == INPUT_HTTP || w->input == INPUT_HTTPS)
        n = snprintf(w->wire, WIRE_MAX,
                     "POST /events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Tracer %.*s\r\n"
                     "Content-Length: %d\r\n\r\n{\"message\":\"%.*s\"}\n",
                     len, text, len + 15, len, text);
    else
        n = snprintf(w->wire, WIRE_MAX, "<110>1 - localhost canh - - - %.*s%s", len, text,
                     w->input == INPUT_SYSLOG_TCP ? "\n" : "");
    MUST(n > 0 && (size_t)n < WIRE_MAX);
    w->n = (size_t)n;
}

/* It all fits into a new socket's buffer, or the input is out of order, which is what is seen. */
static void on_ready(void *arg, unsigned ready)
{
    struct way *w = arg;
    ssize_t n = 0;

    (void)ready;
    if (w->tls == NULL)
        (void)send(w->fd, w->wire, w->n, MSG_NOSIGNAL);
    else
        n = tls_write(w->tls, w->wire, w->n, NULL); /* the handshake first */
    watch_want(w->watch, n == TLS_WANT_READ ? LOOP_READ : n == TLS_WANT_WRITE ? LOOP_WRITE : 0);
}

static int open_datagram(struct way *w, struct err *e)
{
    w->fd = socket(w->to.at.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (w->fd < 0 || connect(w->fd, (const struct sockaddr *)&w->to.at, w->to.bytes) != 0)
        return err_set(e, ERR_IO, 0, "The tracer has no socket: %s.", strerror(errno));
    return ERR_OK;
}

static void on_tick(void *arg, unsigned ready)
{
    struct role_tracer *r = arg;
    struct err e;

    (void)ready;
    for (uint32_t i = 0; i < r->count; i++) {
        struct way *w = &r->way[i];
        int rc;

        close_way(w);
        put_wire(r, w);
        rc = w->input == INPUT_SYSLOG_UDP ? open_datagram(w, &e)
                                          : socket_connect(&w->to, &w->fd, &e);
        if (rc == ERR_OK && (w->input == INPUT_SYSLOG_TLS || w->input == INPUT_HTTPS))
            rc = tls_new(&w->tls, r->tls, w->fd, &e);
        if (rc == ERR_OK)
            w->watch = loop_fd(r->loop, w->fd, LOOP_WRITE, on_ready, w);
        if (rc != ERR_OK || w->watch == NULL)
            close_way(w); /* missed at the other end */
    }
}

static int add_ways(struct role_tracer *r, const struct settings *s, enum input input,
                    const struct text_list *l, struct err *e)
{
    for (uint32_t i = 0; i < l->count && r->count < WAYS_MAX && tracers_tried(s, input); i++) {
        struct way *w = &r->way[r->count];
        int rc = socket_address_read(span_of(l->value[i]), &w->to, e);

        if (rc != ERR_OK)
            return rc;
        w->input = input;
        w->fd = -1;
        r->count++;
    }
    return ERR_OK;
}

static int add_all(struct role_tracer *r, const struct settings *s, struct err *e)
{
    const struct {
        enum input input;
        const struct text_list *at;
    } rows[] = { { INPUT_SYSLOG_UDP, &s->syslog_udp },
                 { INPUT_SYSLOG_TCP, &s->syslog_tcp },
                 { INPUT_SYSLOG_TLS, &s->syslog_tls },
                 { INPUT_RELP, &s->relp },
                 { INPUT_HTTP, &s->http },
                 { INPUT_HTTPS, &s->https } };
    int rc = ERR_OK;

    for (size_t i = 0; i < COUNT_OF(rows) && rc == ERR_OK; i++)
        rc = add_ways(r, s, rows[i].input, rows[i].at, e);
    return rc;
}

static int tracer_open(struct role_self *self, struct err *e)
{
    struct role_tracer *r = self->own;
    const struct settings *s = &self->settings;
    struct sandbox box = { SANDBOX_CONNECT_LOCAL, NULL, NULL };
    char level[SANDBOX_LEVEL_MAX];
    int rc = host_random(&r->run, sizeof(r->run), e);

    r->loop = self->loop;
    if (rc == ERR_OK &&
        pread(ROLE_FD_TRACER_ONLY, r->key.bytes, sizeof(r->key), 0) != (ssize_t)sizeof(r->key))
        rc = err_set(e, ERR_IO, 0, "The key of tracer events cannot be read.");
    if (rc == ERR_OK)
        rc = add_all(r, s, e);
    if (rc == ERR_OK) { /* whoever it is that answers, what it stores comes out at the other end */
        const struct tls_settings none = { 0 };

        rc = tls_client_context_new(&r->tls, &none, e);
    }
    if (rc == ERR_OK)
        rc = role_sandbox(self, &box, level, e);
    if (rc != ERR_OK)
        return rc;
    r->tick = loop_timer(self->loop, on_tick, r);
    if (r->tick == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the tracer.");
    watch_every(r->tick, EVERY_MS);
    role_ready(self, level);
    return ERR_OK;
}

static void tracer_close(struct role_self *self)
{
    struct role_tracer *r = self->own;

    watch_free(&r->tick);
    for (uint32_t i = 0; i < r->count; i++)
        close_way(&r->way[i]);
    tls_context_free(&r->tls);
    explicit_bzero(&r->key, sizeof(r->key));
}

int role_tracer(int argc, char **argv)
{
    static const struct role_handlers handlers = { .open = tracer_open, .close = tracer_close };
    struct role_tracer r = { 0 };

    return role_main(ROLE_TRACER, &handlers, &r, argc, argv);
}
