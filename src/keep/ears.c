/*
 * ears.c - the sockets of all inputs: opened, or taken over from systemd or from the program before
 * us; accepted from; handed on.
 *
 * A socket of ours has a name "own-INPUT-N" in systemd's store and when it is handed to the next
 * program. One that comes from a socket unit has the input's name (FileDescriptorName=syslog-tcp).
 * Ours are kept as long as the settings still ask for their address, a unit's are always used.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "collect/ledger.h"
#include "keep/keeper_own.h"
#include "os/socket.h"

#define HANDED_MAX     (2 * EARS_MAX)
#define ACCEPT_MAX     64u  /* in one round: others wait, too */
#define ACCEPT_PAUSE   100u /* ms, when descriptors are out */
#define LISTEN_LOCAL   0u
#define LISTEN_METRICS 1u
#define LISTEN_API     2u
#define LISTEN_PLAIN   3u

enum ear_kind { EAR_UDP, EAR_TCP, EAR_CONSOLE };

struct ear_row {
    const char *name;
    enum ear_kind kind;
    uint32_t input; /* enum input; what the console is told */
    size_t offset;  /* of its addresses in the settings */
};

static const struct ear_row rows[] = {
    { "syslog-udp", EAR_UDP, INPUT_SYSLOG_UDP, offsetof(struct settings, syslog_udp) },
    { "syslog-tcp", EAR_TCP, INPUT_SYSLOG_TCP, offsetof(struct settings, syslog_tcp) },
    { "syslog-tls", EAR_TCP, INPUT_SYSLOG_TLS, offsetof(struct settings, syslog_tls) },
    { "relp", EAR_TCP, INPUT_RELP, offsetof(struct settings, relp) },
    { "http", EAR_TCP, INPUT_HTTP, offsetof(struct settings, http) },
    { "https", EAR_TCP, INPUT_HTTPS, offsetof(struct settings, https) },
    { "metrics", EAR_CONSOLE, LISTEN_METRICS, offsetof(struct settings, metrics) },
    { "console", EAR_CONSOLE, LISTEN_API, offsetof(struct settings, console) },
    { "console-plain", EAR_CONSOLE, LISTEN_PLAIN, offsetof(struct settings, console_plain) },
};

static const struct ear_row local_row = { "local", EAR_CONSOLE, LISTEN_LOCAL, 0 };

/* --- Opening -------------------------------------------------------------------------------- */

struct handed {
    struct handed_fd fd[HANDED_MAX];
    uint32_t count;
};

static bool same_address(const struct socket_address *a, const struct socket_address *b)
{
    const struct sockaddr_in *a4 = (const void *)&a->at, *b4 = (const void *)&b->at;
    const struct sockaddr_in6 *a6 = (const void *)&a->at, *b6 = (const void *)&b->at;

    if (a->at.ss_family != b->at.ss_family)
        return false;
    if (a->at.ss_family == AF_INET)
        return a4->sin_port == b4->sin_port && a4->sin_addr.s_addr == b4->sin_addr.s_addr;
    return a->at.ss_family == AF_INET6 && a6->sin6_port == b6->sin6_port &&
           memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof(a6->sin6_addr)) == 0;
}

static bool is_own(const char *name, const struct ear_row *row)
{
    size_t n = strlen(row->name);

    return strncmp(name, "own-", 4) == 0 && strncmp(name + 4, row->name, n) == 0 &&
           name[4 + n] == '-';
}

/* A handed socket of this input at this address (NULL: any that a unit gave); it is taken out. */
static bool take_handed(struct handed *h, const struct ear_row *row,
                        const struct socket_address *at, struct handed_fd *out)
{
    for (uint32_t i = 0; i < h->count; i++) {
        struct handed_fd *fd = &h->fd[i];
        struct socket_address bound;
        bool unit = strcmp(fd->name, row->name) == 0;

        if (fd->fd < 0 || (!unit && (at == NULL || !is_own(fd->name, row))))
            continue;
        if (at != NULL &&
            (socket_local(fd->fd, &bound, NULL) != ERR_OK || !same_address(&bound, at)))
            continue;
        *out = *fd;
        fd->fd = -1;
        return true;
    }
    return false;
}

static bool name_taken(const struct keeper *k, const struct handed *h, const char *name)
{
    for (uint32_t i = 0; i < k->ear_count; i++) {
        if (strcmp(k->ear[i].name, name) == 0)
            return true;
    }
    for (uint32_t i = 0; i < h->count; i++) {
        if (strcmp(h->fd[i].name, name) == 0)
            return true;
    }
    return false;
}

static void new_name(const struct keeper *k, const struct handed *h, const struct ear_row *row,
                     char name[64])
{
    uint32_t n = 0;

    do
        (void)snprintf(name, 64, "own-%s-%u", row->name, n++);
    while (name_taken(k, h, name));
}

/* What goes over it without TLS, a password among it, stays on this machine: a unit's socket, too.
 */
static int check_plain(const struct ear_row *row, const struct handed_fd *fd, struct err *e)
{
    struct socket_address at;

    if (row->kind != EAR_CONSOLE || row->input != LISTEN_PLAIN)
        return ERR_OK;
    if (socket_local(fd->fd, &at, e) != ERR_OK)
        return ERR_IO;
    return socket_is_loopback(&at) ? ERR_OK
                                   : err_set(e, ERR_USAGE, 0,
                                             "console-plain is HTTP without TLS: it listens on "
                                             "addresses of loopback only.");
}

static int add_ear(struct keeper *k, const struct ear_row *row, const struct handed_fd *fd,
                   uint32_t lane, struct err *e)
{
    struct ear *ear = &k->ear[k->ear_count];

    if (check_plain(row, fd, e) != ERR_OK)
        return e->code;
    /* A unit's sockets wait: one connection that went away would hold up everybody. */
    if (fcntl(fd->fd, F_SETFL, O_RDWR | O_NONBLOCK) != 0)
        return err_set(e, ERR_IO, 0, "%s: %s.", fd->name, strerror(errno));
    if (k->ear_count == EARS_MAX) {
        (void)close(fd->fd); /* never used */
        return err_set(e, ERR_LIMIT, 0, "There are more than %u sockets to listen on.", EARS_MAX);
    }
    *ear = (struct ear){ .k = k, .row = row, .fd = fd->fd, .lane = lane };
    memcpy(ear->name, fd->name, sizeof(ear->name));
    k->ear_count++;
    return ERR_OK;
}

/* The socket of one address (for UDP: of one collector); *at becomes what it is bound to. */
static int open_ear(struct keeper *k, struct handed *h, const struct ear_row *row,
                    struct socket_address *at, uint32_t lane, struct err *e)
{
    struct handed_fd fd = { .fd = -1 };
    int rc = ERR_OK;

    if (!take_handed(h, row, at, &fd)) {
        new_name(k, h, row, fd.name);
        rc = row->kind == EAR_UDP ? socket_datagram(at, (size_t)k->settings.udp_buffer, &fd.fd, e)
                                  : socket_listen(at, &fd.fd, e);
    }
    if (rc == ERR_OK)
        rc = socket_local(fd.fd, at, e);
    if (rc == ERR_OK)
        process_notify_fd(fd.name, fd.fd);
    return rc == ERR_OK ? add_ear(k, row, &fd, lane, e) : rc;
}

static int open_row(struct keeper *k, struct handed *h, const struct ear_row *row, struct err *e)
{
    const struct text_list *list = (const void *)((const uint8_t *)&k->settings + row->offset);
    struct handed_fd fd;
    uint32_t lane = 0;
    int rc = ERR_OK;

    for (uint32_t i = 0; i < list->count && rc == ERR_OK; i++) {
        uint32_t each = row->kind == EAR_UDP ? k->lane_count : 1;
        struct socket_address at;

        rc = socket_address_read(span_of(list->value[i]), &at, e);
        for (uint32_t n = 0; n < each && rc == ERR_OK; n++)
            rc = open_ear(k, h, row, &at, n, e);
        if (rc != ERR_OK)
            err_prefix(e, "%s", row->name);
    }
    while (rc == ERR_OK && take_handed(h, row, NULL, &fd))
        rc = add_ear(k, row, &fd, lane++ % k->lane_count, e);
    return rc;
}

/* DATA/run/canh.sock: the program before us may have handed it over. */
static int open_local(struct keeper *k, struct handed *h, struct err *e)
{
    struct handed_fd fd = { .fd = -1, .name = "own-local-0" };
    char path[FILE_PATH_BYTES];
    int rc = data_path(path, sizeof(path), k->folder.path, "run/canh.sock");

    for (uint32_t i = 0; i < h->count; i++) {
        if (strcmp(h->fd[i].name, fd.name) == 0 && access(path, F_OK) == 0) {
            fd.fd = h->fd[i].fd;
            h->fd[i].fd = -1;
        }
    }
    if (rc == ERR_OK && fd.fd < 0) {
        /* The data folder is ours alone: who may still listen here are roles of a keeper that was
         * killed, and that will notice in a moment. */
        (void)unlink(path);
        rc = socket_listen_path(path, &fd.fd, e);
    }
    return rc == ERR_OK ? add_ear(k, &local_row, &fd, 0, e) : rc;
}

/* What nobody asks for any more. */
static void drop_handed(struct handed *h)
{
    for (uint32_t i = 0; i < h->count; i++) {
        char text[128];

        if (h->fd[i].fd < 0)
            continue;
        (void)close(h->fd[i].fd); /* nothing was written to it */
        (void)snprintf(text, sizeof(text), "FDSTOREREMOVE=1\nFDNAME=%s", h->fd[i].name);
        process_notify(text);
    }
}

int ears_open(struct keeper *k, struct err *e)
{
    struct handed *h = calloc(1, sizeof(*h));
    int rc;

    if (h == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the sockets.");
    process_handed(h->fd, HANDED_MAX, &h->count);
    rc = open_local(k, h, e);
    for (size_t i = 0; i < COUNT_OF(rows) && rc == ERR_OK; i++)
        rc = open_row(k, h, &rows[i], e);
    if (rc == ERR_OK)
        drop_handed(h);
    free(h);
    return rc;
}

/* --- Accepting ------------------------------------------------------------------------------ */

static void want(struct keeper *k, bool listening)
{
    if (k->listening == listening)
        return;
    k->listening = listening;
    for (uint32_t i = 0; i < k->ear_count; i++) {
        if (k->ear[i].watch != NULL)
            watch_want(k->ear[i].watch, listening ? LOOP_READ : 0);
    }
}

/* The collector with the fewest open connections that can take one now. */
static struct worker *choose(struct keeper *k)
{
    struct worker *best = NULL;

    for (uint32_t i = 0; i < k->worker_count; i++) {
        struct worker *w = &k->worker[i];

        if (w->role == ROLE_COLLECTOR && w->ready && !w->full && w->channel >= 0 &&
            (best == NULL || w->open < best->open))
            best = w;
    }
    return best;
}

static uint32_t open_connections(const struct keeper *k)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < k->worker_count; i++)
        n += k->worker[i].open;
    return n;
}

/* To a collector; false when none can take it now. The descriptor is ours no longer after true. */
static bool pass_on(struct keeper *k, int conn, const struct say_connection *c)
{
    struct worker *w;

    while ((w = choose(k)) != NULL) {
        if (worker_say(w, SAY_CONNECTION, (struct span){ (const uint8_t *)c, sizeof(*c) }, &conn,
                       1) != ERR_OK)
            continue; /* it is full or gone: choose() sees it */
        w->open++;
        (void)close(conn); /* the collector has it */
        return true;
    }
    return false;
}

static void take(struct keeper *k, const struct ear *ear, int conn,
                 const struct socket_address *peer)
{
    struct say_connection c = { .input = ear->row->input, .peer = *peer };

    if (open_connections(k) >= k->settings.connections) {
        k->over++;
        (void)close(conn); /* refused */
        return;
    }
    if (pass_on(k, conn, &c))
        return;
    k->held = conn;
    k->held_from = c;
    want(k, false);
}

static void on_ear(void *arg, unsigned ready)
{
    struct ear *ear = arg;
    struct keeper *k = ear->k;

    (void)ready;
    for (uint32_t i = 0; i < ACCEPT_MAX && k->listening; i++) {
        struct socket_address peer;
        struct err e = { 0 };
        int conn, rc;

        if (choose(k) == NULL) {
            want(k, false); /* they wait in the backlog */
            return;
        }
        rc = socket_accept(ear->fd, &conn, &peer, &e);
        if (rc == 1) {
            take(k, ear, conn, &peer);
            continue;
        }
        if (rc < 0) {
            keeper_tell(k, TELL_WARNING, "%s: no connection is accepted: %s", ear->row->name,
                        e.why);
            want(k, false);
            watch_after(k->accept_timer, ACCEPT_PAUSE);
        }
        return;
    }
}

void ears_writable(struct keeper *k)
{
    if (k->state == KEEPER_STOPPING || choose(k) == NULL)
        return;
    if (k->held >= 0) {
        if (!pass_on(k, k->held, &k->held_from))
            return;
        k->held = -1;
    }
    want(k, true);
}

static void on_accept_timer(void *arg, unsigned ready)
{
    (void)ready;
    ears_writable(arg);
}

int ears_start(struct keeper *k, struct err *e)
{
    bool good;

    k->accept_timer = loop_timer(k->loop, on_accept_timer, k);
    good = k->accept_timer != NULL;
    for (uint32_t i = 0; i < k->ear_count && good; i++) {
        if (k->ear[i].row->kind != EAR_TCP)
            continue;
        k->ear[i].watch = loop_fd(k->loop, k->ear[i].fd, 0, on_ear, &k->ear[i]);
        good = k->ear[i].watch != NULL;
    }
    return good ? ERR_OK : err_set(e, ERR_NOMEM, 0, "There is no memory for the sockets.");
}

void ears_pause(struct keeper *k)
{
    want(k, false);
    if (k->accept_timer != NULL)
        watch_stop(k->accept_timer);
}

/* --- Handing on ----------------------------------------------------------------------------- */

void ears_introduce(struct keeper *k, struct worker *w)
{
    for (uint32_t i = 0; i < k->ear_count && w->channel >= 0; i++) {
        const struct ear *ear = &k->ear[i];
        struct say_connection c = { .input = ear->row->input };
        struct span body = { (const uint8_t *)&c, sizeof(c) };
        int rc = ERR_OK;

        if (ear->row->kind == EAR_UDP && w->role == ROLE_COLLECTOR && ear->lane == w->number)
            rc = worker_say(w, SAY_DATAGRAMS, body, &ear->fd, 1);
        if (ear->row->kind == EAR_CONSOLE && w->role == ROLE_CONSOLE)
            rc = worker_say(w, SAY_LISTEN, body, &ear->fd, 1);
        if (rc == ERR_MORE)
            worker_kill(w, "does not take its sockets");
    }
}

uint32_t ears_handed(const struct keeper *k, struct handed_fd fds[EARS_MAX])
{
    for (uint32_t i = 0; i < k->ear_count; i++) {
        fds[i].fd = k->ear[i].fd;
        memcpy(fds[i].name, k->ear[i].name, sizeof(fds[i].name));
    }
    return k->ear_count;
}

void ears_close(struct keeper *k)
{
    watch_free(&k->accept_timer);
    for (uint32_t i = 0; i < k->ear_count; i++) {
        watch_free(&k->ear[i].watch);
        (void)close(k->ear[i].fd); /* a listening socket */
    }
    k->ear_count = 0;
    if (k->held >= 0)
        (void)close(k->held); /* nobody took it */
    k->held = -1;
}
