/*
 * client.c - see client.h.
 */
#include "cmd/client.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/time.h"
#include "os/host.h"
#include "os/socket.h"
#include "scan/put.h"

#define READ_BYTES 65536u

const char *client_folder(const char *given, char room[CLIENT_PATH_BYTES], struct err *e)
{
    const char *home = getenv("HOME");
    int n = -1;

    if (given != NULL)
        return given;
    if (geteuid() == 0 && access("/var/lib", W_OK) == 0)
        n = snprintf(room, CLIENT_PATH_BYTES, "%s", ROOT_DATA);
    else if (home != NULL && home[0] == '/')
        n = snprintf(room, CLIENT_PATH_BYTES, "%s/.local/share/canh", home);
    if (n > 0 && (size_t)n < CLIENT_PATH_BYTES)
        return room;
    (void)err_set(e, ERR_USAGE, 0, "There is no place for data: give --data DIR.");
    return NULL;
}

/* --- talking -------------------------------------------------------------------------------- */

int client_open(struct client *c, const char *data, struct err *e)
{
    char path[4096], whole[PATH_MAX];
    bool real;
    int n = snprintf(path, sizeof(path), "%s/run/canh.sock", data);

    *c = (struct client){ .fd = -1 };
    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    real = realpath(path, whole) != NULL; /* a socket's address is short and begins with '/' */
    if (!real && (errno == ENOENT || errno == ENOTDIR))
        return err_set(e, ERR_NOTFOUND, 0, "No server runs in %.150s.", data);
    errno = 0;
    if (socket_connect_path(real ? whole : path, &c->fd, e) != ERR_OK) {
        c->fd = -1;
        if (errno == ECONNREFUSED)
            return err_set(e, ERR_NOTFOUND, 0, "No server runs in %.150s.", data);
        return ERR_IO;
    }
    buf_init(&c->in, CLIENT_LINE_MAX);
    buf_init(&c->body, CLIENT_LINE_MAX);
    return ERR_OK;
}

void client_close(struct client *c)
{
    if (c->fd >= 0)
        (void)close(c->fd);
    buf_release(&c->in);
    buf_release(&c->body);
    c->fd = -1;
}

static int send_all(struct client *c, struct span s, struct err *e)
{
    while (s.n > 0) {
        ssize_t n = send(c->fd, s.p, s.n, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(e, ERR_IO, 0, "The server does not listen: %s.", strerror(errno));
        s = span_from(s, (size_t)n);
    }
    return ERR_OK;
}

/* More bytes into c->in: 1, 0 at the end, or a code. */
static int receive(struct client *c, int wait_ms, struct err *e)
{
    struct pollfd p = { .fd = c->fd, .events = POLLIN };
    ssize_t n;
    int rc;

    if (c->at > 0) {
        memmove(c->in.p, c->in.p + c->at, c->in.n - c->at);
        c->in.n -= c->at;
        c->at = 0;
    }
    if (!buf_reserve(&c->in, READ_BYTES))
        return err_set(e, ERR_LIMIT, 0, "The server's answer is too large.");
    rc = poll(&p, 1, wait_ms);
    if (rc == 0 || (rc < 0 && errno == EINTR))
        return ERR_MORE;
    n = rc < 0 ? -1 : recv(c->fd, c->in.p + c->in.n, READ_BYTES, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return ERR_MORE;
    if (n < 0)
        return err_set(e, ERR_IO, 0, "The server's answer broke off: %s.", strerror(errno));
    c->in.n += (size_t)n;
    return n > 0;
}

static struct span unread(const struct client *c)
{
    return (struct span){ c->in.p + c->at, c->in.n - c->at };
}

static int read_head(struct client *c, struct err *e)
{
    for (;;) {
        int64_t used = http_answer_head(unread(c), &c->answer, e);
        int rc;

        if (used > 0) {
            c->at += (size_t)used;
            return ERR_OK;
        }
        if (used != ERR_MORE)
            return (int)used;
        rc = receive(c, -1, e);
        if (rc == 0)
            return err_set(e, ERR_IO, 0, "The server closed the connection.");
        if (rc < 0 && rc != ERR_MORE)
            return rc;
    }
}

static int read_answer(struct client *c, struct err *e)
{
    struct http_request framing = { 0 };
    int rc = read_head(c, e);

    if (rc != ERR_OK)
        return rc;
    framing.chunked = c->answer.chunked;
    framing.has_length = c->answer.has_length;
    framing.content_length = c->answer.content_length;
    http_body_begin(&c->framing, &framing);
    return ERR_OK;
}

static int send_head(struct client *c, struct buf *head, struct err *e)
{
    int rc = buf_failed(head) ? err_set(e, ERR_LIMIT, 0, "The request is too long.")
                              : send_all(c, buf_span(head), e);

    buf_release(head);
    return rc;
}

int client_get(struct client *c, const char *target, struct err *e)
{
    return client_get_with(c, target, "", e);
}

int client_get_with(struct client *c, const char *target, const char *fields, struct err *e)
{
    struct buf head;
    int rc;

    buf_init(&head, HTTP_HEAD_MAX);
    buf_fmt(&head, "GET %s HTTP/1.1\r\nHost: canh\r\n%s\r\n", target, fields);
    rc = send_head(c, &head, e);
    return rc == ERR_OK ? read_answer(c, e) : rc;
}

int client_post(struct client *c, const char *target, const char *fields, struct span body,
                struct err *e)
{
    struct buf head;
    int rc;

    buf_init(&head, HTTP_HEAD_MAX);
    buf_fmt(&head,
            "POST %s HTTP/1.1\r\nHost: canh\r\nContent-Type: application/json\r\n"
            "Content-Length: %zu\r\n%s\r\n",
            target, body.n, fields);
    rc = send_head(c, &head, e);
    if (rc == ERR_OK)
        rc = send_all(c, body, e);
    return rc == ERR_OK ? read_answer(c, e) : rc;
}

/* One more piece of the body into c->body: 1, 0 at its end, or a code. */
static int more_body(struct client *c, int wait_ms, struct err *e)
{
    struct span piece = SPAN_NONE;
    int64_t used;
    int rc;

    if (c->ended || http_body_done(&c->framing))
        return 0;
    used = unread(c).n > 0 ? http_body_next(&c->framing, unread(c), &piece, e) : ERR_MORE;
    if (used > 0) {
        c->at += (size_t)used;
        if (c->taken > 0) {
            memmove(c->body.p, c->body.p + c->taken, c->body.n - c->taken);
            c->body.n -= c->taken;
            c->taken = 0;
        }
        buf_add(&c->body, piece);
        return buf_failed(&c->body) ? err_set(e, ERR_LIMIT, 0, "The server's answer is too large.")
                                    : 1;
    }
    if (used != ERR_MORE)
        return (int)used;
    rc = receive(c, wait_ms, e);
    if (rc == 0) {
        c->ended = true;
        return err_set(e, ERR_IO, 0, "The server ended in the middle of its answer.");
    }
    return rc;
}

int client_line(struct client *c, int wait_ms, struct span *line, struct err *e)
{
    size_t looked = 0;

    for (;;) {
        struct span rest = { c->body.p + c->taken, c->body.n - c->taken };
        size_t n = looked + span_find(span_from(rest, looked), '\n');
        int rc;

        if (n < rest.n) {
            *line = (struct span){ rest.p, n };
            c->taken += n + 1;
            return 1;
        }
        looked = rest.n;
        rc = more_body(c, wait_ms, e);
        if (rc == 0 && rest.n > 0) {
            *line = rest;
            c->taken = c->body.n;
            return 1;
        }
        if (rc != 1 && !(rc == ERR_MORE && wait_ms < 0))
            return rc;
    }
}

int client_body(struct client *c, struct span *body, struct err *e)
{
    int rc;

    while ((rc = more_body(c, -1, e)) == 1 || rc == ERR_MORE) {
        if (c->body.n > CLIENT_BODY_MAX)
            return err_set(e, ERR_LIMIT, 0, "The server's answer is too large.");
    }
    *body = (struct span){ c->body.p + c->taken, c->body.n - c->taken };
    return rc;
}

int client_refusal(struct client *c, struct err *e)
{
    struct span body = SPAN_NONE;
    json_t *doc;
    const char *why;
    json_int_t at;
    int rc = client_body(c, &body, e);

    if (rc != ERR_OK)
        return rc;
    doc = json_loadb((const char *)body.p, body.n, 0, NULL);
    why = json_string_value(json_object_get(doc, "error"));
    at = json_integer_value(json_object_get(doc, "at"));
    rc = err_set(e, c->answer.status == 400 ? ERR_USAGE : ERR_IO, at > 0 ? (size_t)at : 0, "%s",
                 why != NULL ? why : http_reason(c->answer.status));
    json_decref(doc);
    return rc;
}

void client_query(struct buf *target, const char *name, const char *value)
{
    if (value == NULL)
        return;
    buf_fmt(target, "%c%s=", memchr(target->p, '?', target->n) != NULL ? '&' : '?', name);
    for (const uint8_t *p = (const uint8_t *)value; *p != 0; p++) {
        if (ascii_is_alnum(*p) || memchr("-._~", *p, 4) != NULL)
            buf_byte(target, *p);
        else
            buf_fmt(target, "%%%02X", *p);
    }
}

/* --- texts for people ----------------------------------------------------------------------- */

struct screen screen_of(int fd, bool utc)
{
    uint32_t width = host_terminal_width(fd);
    const char *no_colour = getenv("NO_COLOR");

    if (width != 0 && width < 60)
        width = 60;
    return (struct screen){ .colour = width != 0 && (no_colour == NULL || no_colour[0] == 0),
                            .width = width,
                            .offset_s = utc ? 0 : VIETNAM_OFFSET_S };
}

void put_clock(struct buf *out, const struct screen *s, int64_t ns, bool date)
{
    struct time_parts p;

    time_split(ns + (int64_t)s->offset_s * TIME_SECOND, &p);
    if (date)
        buf_fmt(out, "%04d-%02u-%02u ", p.year, p.month, p.day);
    buf_fmt(out, "%02u:%02u:%02u", p.hour, p.minute, p.second);
}

void put_age(struct buf *out, int64_t then_ns, int64_t now_ns)
{
    static const struct {
        int64_t seconds;
        char unit;
    } units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
    int64_t age = (now_ns - then_ns) / TIME_SECOND;

    if (then_ns == 0) {
        buf_text(out, "never");
        return;
    }
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (age >= 2 * units[i].seconds) {
            buf_fmt(out, "%lld%c", (long long)(age / units[i].seconds), units[i].unit);
            return;
        }
    }
    buf_text(out, "now");
}

void put_short(struct buf *out, uint64_t v)
{
    static const char units[] = "kMGTPE";
    double d = (double)v;
    size_t unit = 0;

    if (v <= 999999) {
        buf_fmt(out, "%llu", (unsigned long long)v);
        return;
    }
    for (d /= 1000; d >= 999.5 && unit + 2 < sizeof(units); d /= 1000)
        unit++;
    buf_fmt(out, d < 9.995 ? "%.2f%c" : d < 99.95 ? "%.1f%c" : "%.0f%c", d, units[unit]);
}

void put_colour(struct buf *out, const struct screen *s, const char *colour, struct span text)
{
    bool coloured = s->colour && colour[0] != 0;

    if (coloured)
        buf_fmt(out, "\033[%sm", colour);
    buf_add(out, text);
    if (coloured)
        buf_text(out, "\033[0m");
}

const char *level_colour(const char *level)
{
    static const struct {
        const char *level, *colour;
    } rows[] = { { "informational", "2" },
                 { "low", "36" },
                 { "medium", "33" },
                 { "high", "31" },
                 { "critical", "1;97;41" } };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (strcmp(rows[i].level, level) == 0)
            return rows[i].colour;
    }
    return "";
}
