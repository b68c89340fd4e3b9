/*
 * send.c - canh send: events to a server, as fast as it takes them or at a rate, and what it
 * acknowledged. For trying a server out, for measuring it, and for the torture that must know which
 * events were acknowledged before a cut.
 *
 *   --to syslog-udp|syslog-tcp|relp|http|ndjson     ADDRESS
 *
 * Each event carries "canh_run=RUN canh_conn=C canh_seq=N", numbered from 1 for each connection.
 * With --acks one line is written for every step: "CONN FIRST LAST", numbers that the server has
 * acknowledged (relp: message by message; http, ndjson: request by request). Without --file the
 * texts are made: several kinds of logs, padded to --bytes.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/num.h"
#include "base/time.h"
#include "cmd/command.h"
#include "os/file.h"
#include "os/host.h"
#include "os/loop.h"
#include "os/socket.h"
#include "wire/http.h"
#include "wire/relp.h"

#define CONNECTIONS_MAX 256u
#define OUT_BYTES       ((size_t)8 << 20)
#define CHUNK_BYTES     ((size_t)256 << 10)
#define TICK_MS         5u
#define EVENT_MAX       65536u

enum form { SYSLOG_UDP, SYSLOG_TCP, RELP, HTTP, NDJSON };
#define FORMS "syslog-udp|syslog-tcp|relp|http|ndjson"

struct settings {
    int to;
    uint64_t connections, count, rate, bytes, batch, window, seconds, first;
    const char *run, *token;
    bool acks, quiet, ids;
};

static const struct option_row options[] = {
    { "to", OPTION_CHOICE, offsetof(struct settings, to), FORMS, "syslog-tcp", 0, 0, "protocol" },
    { "connections", OPTION_NUMBER, offsetof(struct settings, connections), "N", "1", 1,
      CONNECTIONS_MAX, "at one time" },
    { "count", OPTION_NUMBER, offsetof(struct settings, count), "N", "1000", 1, 1000000000000,
      "events in all" },
    { "seconds", OPTION_NUMBER, offsetof(struct settings, seconds), "S", "0", 0, 1000000,
      "stop after so long (0: when all are sent)" },
    { "rate", OPTION_NUMBER, offsetof(struct settings, rate), "N", "0", 0, 100000000,
      "events a second, all connections together (0: as fast as they are taken)" },
    { "bytes", OPTION_NUMBER, offsetof(struct settings, bytes), "N", "400", 150, EVENT_MAX / 2,
      "of an event" },
    { "batch", OPTION_NUMBER, offsetof(struct settings, batch), "N", "500", 1, 100000,
      "events of a request (http, ndjson)" },
    { "window", OPTION_NUMBER, offsetof(struct settings, window), "N", "128", 1, 100000,
      "messages that are not acknowledged (relp)" },
    { "first", OPTION_NUMBER, offsetof(struct settings, first), "N", "1", 1, UINT64_MAX / 2,
      "number of each connection's first event" },
    { "run", OPTION_TEXT, offsetof(struct settings, run), "NAME", "try", 0, 0,
      "name in every event" },
    { "token", OPTION_TEXT, offsetof(struct settings, token), "TEXT", NULL, 0, 0,
      "for HTTP: Authorization: Bearer" },
    { "ids", OPTION_FLAG, offsetof(struct settings, ids), NULL, NULL, 0, 0,
      "ndjson: give each request a batch id (RUN-CONN-FIRST)" },
    { "acks", OPTION_FLAG, offsetof(struct settings, acks), NULL, NULL, 0, 0,
      "tell on standard output what was acknowledged" },
    { "quiet", OPTION_FLAG, offsetof(struct settings, quiet), NULL, NULL, 0, 0, "no summary" },
};

static const struct command_line command = {
    options, COUNT_OF(options), "canh send [OPTIONS] ADDRESS",
    "Sends made events to a server (this one or another) and says how many were acknowledged.\n"
    "Exit code: 0 all were sent and, where the protocol can, acknowledged; 2 otherwise."
};

static const char offers[] = "relp_version=0\nrelp_software=canh\ncommands=syslog";

struct sender;

struct link {
    struct sender *s;
    uint32_t number;
    int fd;
    bool connected, closed;
    struct watch *watch;
    struct buf out;
    size_t out_at;
    uint64_t next;  /* number of the next event */
    uint64_t end;   /* ... that is not this connection's any more */
    uint64_t acked; /* all below are */
    /* relp */
    bool open;
    uint32_t txnr;
    uint64_t open_events; /* sent, not acknowledged */
    /* http */
    uint64_t request_first;
    bool waiting;
    size_t answer_left;
    struct buf in;
};

struct sender {
    struct settings set;
    struct loop *loop;
    struct socket_address to;
    struct link link[CONNECTIONS_MAX];
    uint64_t sent, acked;
    uint32_t alive;
    double begun;
    uint64_t allowed; /* by the rate, so far */
    struct watch *tick;
    uint8_t time_text[TIME_TEXT_MAX];
    size_t time_bytes;
    uint8_t *pad;
};

/* --- the events ----------------------------------------------------------------------------- */

/* Logs of several kinds, so that a rule set has something to do: who says it, and what. One event
 * in a hundred is the first, which rules about guessed passwords want. */
static const struct kind {
    const char *name, *text;
} kinds[] = {
    { "sshd", "Failed password for invalid user admin from 203.0.113.7 port 40022 ssh2" },
    { "sshd",
      "Accepted publickey for deploy from 198.51.100.23 port 51044 ssh2: ED25519 SHA256:x" },
    { "CRON", "(root) CMD (cd / && run-parts --report /etc/cron.hourly)" },
    { "sudo",
      "operator : TTY=pts/0 ; PWD=/home/operator ; USER=root ; COMMAND=/usr/bin/apt update" },
    { "kernel",
      "[UFW BLOCK] IN=eth0 OUT= SRC=192.0.2.77 DST=10.1.4.9 LEN=40 PROTO=TCP SPT=51515 DPT=23" },
    { "nginx", "192.0.2.9 - - \"GET /portal/index.html HTTP/1.1\" 200 5123 Mozilla/5.0" },
    { "systemd", "Started session-42.scope - Session 42 of User operator." },
    { "dhcpd", "DHCPACK on 10.1.7.23 to 00:11:22:33:44:55 (pc-0723) via eth1" },
};

static const struct kind *kind_of(uint64_t n)
{
    return n % 100 == 0 ? &kinds[0] : &kinds[1 + n % (COUNT_OF(kinds) - 1)];
}

static void put_numbers(struct buf *out, const struct link *k, uint64_t n)
{
    uint8_t text[20];
    size_t at = sizeof(text);

    buf_text(out, "canh_run=");
    buf_text(out, k->s->set.run);
    buf_text(out, " canh_conn=");
    buf_byte(out, (uint8_t)('0' + k->number / 100));
    buf_byte(out, (uint8_t)('0' + k->number / 10 % 10));
    buf_byte(out, (uint8_t)('0' + k->number % 10));
    buf_text(out, " canh_seq=");
    do
        text[--at] = (uint8_t)('0' + n % 10);
    while ((n /= 10) > 0);
    buf_add(out, (struct span){ text + at, sizeof(text) - at });
}

/* Padding up to the size that was asked for, `tail` bytes still to come. */
static void put_pad(struct buf *out, const struct sender *s, size_t from, size_t tail)
{
    size_t have = out->n - from + tail;

    if (have < s->set.bytes)
        buf_add(out, (struct span){ s->pad, (size_t)s->set.bytes - have });
}

static void put_syslog(struct buf *out, const struct link *k, uint64_t n)
{
    size_t from = out->n;

    buf_text(out, "<38>1 ");
    buf_add(out, (struct span){ k->s->time_text, k->s->time_bytes });
    buf_text(out, " srv-17 ");
    buf_text(out, kind_of(n)->name);
    buf_text(out, " 4711 - - ");
    buf_text(out, kind_of(n)->text);
    buf_byte(out, ' ');
    put_numbers(out, k, n);
    buf_byte(out, ' ');
    put_pad(out, k->s, from, 0);
}

static void put_json(struct buf *out, const struct link *k, uint64_t n)
{
    size_t from = out->n;

    buf_text(out, "{\"@timestamp\":\"");
    buf_add(out, (struct span){ k->s->time_text, k->s->time_bytes });
    buf_text(out, "\",\"host\":{\"name\":\"srv-17\"},\"process\":{\"name\":\"");
    buf_text(out, kind_of(n)->name);
    buf_text(out, "\"},\"message\":\"");
    for (const char *c = kind_of(n)->text; *c != 0; c++) {
        if (*c == '"')
            buf_byte(out, '\\');
        buf_byte(out, (uint8_t)*c);
    }
    buf_byte(out, ' ');
    put_numbers(out, k, n);
    buf_text(out, " ");
    put_pad(out, k->s, from, 2);
    buf_text(out, "\"}");
}

/* --- acknowledgements ----------------------------------------------------------------------- */

static void acked(struct link *k, uint64_t first, uint64_t last)
{
    k->s->acked += last - first + 1;
    k->acked = last + 1;
    if (!k->s->set.acks)
        return;
    printf("%u %llu %llu\n", k->number, (unsigned long long)first, (unsigned long long)last);
    (void)fflush(stdout); /* whoever reads it must know before a cut */
}

static void link_end(struct link *k)
{
    if (k->closed)
        return;
    k->closed = true;
    watch_free(&k->watch);
    (void)close(k->fd);
    if (--k->s->alive == 0)
        loop_stop(k->s->loop);
}

static bool all_said(const struct link *k)
{
    return k->next >= k->end;
}

static bool done(const struct link *k)
{
    bool answers = k->s->set.to >= RELP;

    return all_said(k) && k->out_at == k->out.n && (!answers || k->acked >= k->end);
}

/* --- filling -------------------------------------------------------------------------------- */

static uint64_t may_send(const struct link *k)
{
    const struct sender *s = k->s;
    uint64_t left = k->end - k->next;

    if (s->set.rate > 0) {
        uint64_t by_rate = s->allowed > s->sent ? s->allowed - s->sent : 0;

        left = left < by_rate ? left : by_rate;
    }
    if (s->set.to == RELP) {
        uint64_t room = s->set.window > k->open_events ? s->set.window - k->open_events : 0;

        left = left < room ? left : room;
    }
    return left;
}

static void fill_lines(struct link *k)
{
    for (uint64_t n = may_send(k); n > 0 && k->out.n < CHUNK_BYTES; n--) {
        put_syslog(&k->out, k, k->next++);
        buf_byte(&k->out, '\n');
        k->s->sent++;
    }
}

static void fill_relp(struct link *k)
{
    uint8_t room[EVENT_MAX];

    for (uint64_t n = k->open ? may_send(k) : 0; n > 0 && k->out.n < CHUNK_BYTES; n--) {
        struct buf m = { .p = room, .cap = sizeof(room), .max = sizeof(room) };

        put_syslog(&m, k, k->next++);
        k->txnr = k->txnr >= 999999999 ? 2 : k->txnr + 1;
        buf_fmt(&k->out, "%u syslog %zu ", k->txnr, m.n);
        buf_add(&k->out, buf_span(&m));
        buf_byte(&k->out, '\n');
        k->open_events++;
        k->s->sent++;
    }
}

static void fill_request(struct link *k, struct buf *body)
{
    const struct settings *set = &k->s->set;
    uint64_t n = may_send(k);
    char batch[128] = "";

    n = n < set->batch ? n : set->batch;
    if (k->waiting || n == 0 || (n < set->batch && n < k->end - k->next && set->rate > 0))
        return;
    buf_clear(body);
    k->request_first = k->next;
    for (uint64_t i = 0; i < n; i++) {
        if (set->to == HTTP)
            buf_text(body, "{\"create\":{}}\n");
        put_json(body, k, k->next++);
        buf_byte(body, '\n');
    }
    if (set->ids)
        MUST(snprintf(batch, sizeof(batch), "Canh-Batch: %.60s-%u-%llu\r\n", set->run, k->number,
                      (unsigned long long)k->request_first) > 0);
    buf_fmt(&k->out,
            "POST %s HTTP/1.1\r\nHost: canh\r\nContent-Type: application/x-ndjson\r\n"
            "Content-Length: %zu\r\n%s",
            set->to == HTTP ? "/_bulk" : "/events", body->n, batch);
    if (set->token != NULL)
        buf_fmt(&k->out, "Authorization: Bearer %s\r\n", set->token);
    buf_text(&k->out, "\r\n");
    buf_add(&k->out, buf_span(body));
    k->s->sent += n;
    k->waiting = true;
}

static void fill(struct link *k)
{
    if (k->out_at < k->out.n)
        return;
    buf_clear(&k->out);
    k->out_at = 0;
    if (k->s->set.to == SYSLOG_TCP)
        fill_lines(k);
    else if (k->s->set.to == RELP)
        fill_relp(k);
    else
        fill_request(k, &k->in);
}

/* One datagram each; the kernel may refuse for now. */
static void send_datagrams(struct link *k)
{
    for (uint64_t n = may_send(k), burst = 0; n > 0 && burst < 256; n--, burst++) {
        buf_clear(&k->out);
        put_syslog(&k->out, k, k->next);
        if (send(k->fd, k->out.p, k->out.n, 0) < 0)
            break;
        k->next++;
        k->s->sent++;
    }
    buf_clear(&k->out);
}

static bool push(struct link *k)
{
    for (;;) {
        ssize_t n;

        fill(k);
        if (k->out_at == k->out.n)
            return true;
        n = write(k->fd, k->out.p + k->out_at, k->out.n - k->out_at);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return true;
        if (n <= 0)
            return false;
        k->out_at += (size_t)n;
    }
}

/* --- answers -------------------------------------------------------------------------------- */

static bool take_relp(struct link *k)
{
    size_t at = 0;
    uint64_t first = k->acked;

    while (at < k->in.n) {
        struct relp_frame f;
        uint64_t skip;
        int64_t used = relp_frame(span_from(buf_span(&k->in), at), EVENT_MAX, &f, &skip, NULL);

        if (used == ERR_MORE)
            break;
        if (used < 0)
            return false;
        at += (size_t)used;
        if (!k->open) {
            k->open = span_starts(f.data, SPAN_LIT("200"));
            if (!k->open)
                return false;
        } else if (span_starts(f.data, SPAN_LIT("200")) && k->open_events > 0) {
            k->open_events--;
            k->acked++;
        } else {
            return false;
        }
    }
    memmove(k->in.p, k->in.p + at, k->in.n - at);
    k->in.n -= at;
    if (k->acked > first)
        acked(k, first, k->acked - 1);
    return true;
}

static bool take_answer(struct link *k, struct span in)
{
    struct http_answer a;
    int64_t used;

    if (k->answer_left > 0) {
        size_t n = k->answer_left < in.n ? k->answer_left : in.n;

        k->answer_left -= n;
        if (k->answer_left > 0)
            return true;
        in = span_from(in, n);
        k->waiting = false;
        acked(k, k->request_first, k->next - 1);
        return in.n == 0;
    }
    used = http_answer_head(in, &a, NULL);
    if (used == ERR_MORE)
        return false; /* our own server's heads come in one piece */
    if (used < 0 || a.status >= 300 || !a.has_length || a.content_length == 0) {
        fprintf(stderr, "canh: the server answered %u.\n", used < 0 ? 0 : a.status);
        return false;
    }
    k->answer_left = (size_t)a.content_length;
    return used == (int64_t)in.n || take_answer(k, span_from(in, (size_t)used));
}

static bool pull(struct link *k)
{
    uint8_t room[65536];
    ssize_t n = read(k->fd, room, sizeof(room));

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0)
        return false;
    if (k->s->set.to != RELP)
        return k->s->set.to == SYSLOG_TCP || take_answer(k, (struct span){ room, (size_t)n });
    buf_add(&k->in, (struct span){ room, (size_t)n });
    return take_relp(k);
}

static void rewatch(struct link *k)
{
    bool write = k->out_at < k->out.n;

    if (done(k)) {
        link_end(k);
        return;
    }
    if (k->s->set.to == SYSLOG_TCP)
        write = write || may_send(k) > 0;
    watch_want(k->watch, LOOP_READ | (write ? LOOP_WRITE : 0u));
}

static void on_link(void *arg, unsigned ready)
{
    struct link *k = arg;
    struct err why;
    bool good = true;

    if (!k->connected) {
        if (!socket_connected(k->fd, &why)) {
            fprintf(stderr, "canh: %s\n", why.why);
            link_end(k);
            return;
        }
        k->connected = true;
    }
    if ((ready & LOOP_READ) != 0)
        good = pull(k);
    if (good)
        good = push(k);
    if (!good)
        link_end(k);
    else
        rewatch(k);
}

static void on_datagram(void *arg, unsigned ready)
{
    struct link *k = arg;

    (void)ready;
    send_datagrams(k);
    if (all_said(k))
        link_end(k);
    else
        watch_want(k->watch, may_send(k) > 0 ? LOOP_WRITE : 0u);
}

/* --- running -------------------------------------------------------------------------------- */

static void on_tick(void *arg, unsigned ready)
{
    struct sender *s = arg;
    double passed = host_seconds() - s->begun;

    (void)ready;
    s->time_bytes = time_put(s->time_text, host_now_ns() / 1000000 * 1000000);
    if (s->set.seconds > 0 && passed >= (double)s->set.seconds) {
        for (uint64_t i = 0; i < s->set.connections; i++)
            s->link[i].end = s->link[i].next; /* say no more; what was said is awaited */
        if (passed >= (double)s->set.seconds + 10)
            loop_stop(s->loop);
    }
    s->allowed = s->set.rate > 0 ? (uint64_t)(passed * (double)s->set.rate) : UINT64_MAX;
    for (uint64_t i = 0; i < s->set.connections && s->alive > 0; i++) {
        struct link *k = &s->link[i];

        if (!k->closed && k->connected && s->set.to == SYSLOG_UDP)
            on_datagram(k, 0);
        else if (!k->closed && k->connected)
            on_link(k, 0);
    }
}

static int open_link(struct sender *s, uint32_t i, struct err *e)
{
    struct link *k = &s->link[i];
    int rc;

    *k = (struct link){ .s = s, .number = i, .fd = -1 };
    buf_init(&k->out, OUT_BYTES + CHUNK_BYTES);
    buf_init(&k->in, OUT_BYTES * 8);
    k->next = k->acked = s->set.first;
    k->end = k->next + s->set.count / s->set.connections + (i < s->set.count % s->set.connections);
    if (s->set.to == SYSLOG_UDP) {
        k->fd = socket(s->to.at.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (k->fd < 0 || connect(k->fd, (struct sockaddr *)&s->to.at, s->to.bytes) != 0)
            return err_set(e, ERR_IO, 0, "The address cannot be used: %s.", strerror(errno));
        k->connected = true;
        k->watch = loop_fd(s->loop, k->fd, LOOP_WRITE, on_datagram, k);
    } else {
        rc = socket_connect(&s->to, &k->fd, e);
        if (rc != ERR_OK)
            return rc;
        k->watch = loop_fd(s->loop, k->fd, LOOP_READ | LOOP_WRITE, on_link, k);
    }
    if (s->set.to == RELP) {
        k->txnr = 1;
        buf_fmt(&k->out, "1 open %zu %s\n", sizeof(offers) - 1, offers);
    }
    s->alive++;
    return k->watch != NULL ? ERR_OK : err_set(e, ERR_NOMEM, 0, "There is no memory to send.");
}

static int summary(const struct sender *s)
{
    double seconds = host_seconds() - s->begun;
    bool answers = s->set.to >= RELP;
    bool all = s->sent == s->set.count || s->set.seconds > 0;

    if (!s->set.quiet)
        fprintf(stderr, "canh: %llu sent, %llu acknowledged, %.2f s, %.0f events/s\n",
                (unsigned long long)s->sent, (unsigned long long)s->acked, seconds,
                (double)(answers ? s->acked : s->sent) / seconds);
    return all && (!answers || s->acked == s->sent) ? EXIT_RAN : EXIT_UNUSABLE;
}

int cmd_send(int argc, char **argv)
{
    struct sender *s = calloc(1, sizeof(*s));
    struct err e;
    int operands, code, rc;

    MUST(s != NULL);
    if (!command_options(&command, &s->set, argc, argv, &operands, &code)) {
        free(s);
        return code;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* a write tells */
    rc = operands == 1 ? socket_address_read(span_of(argv[0]), &s->to, &e)
                       : err_set(&e, ERR_USAGE, 0, "One address is wanted, as 127.0.0.1:5514.");
    if (rc == ERR_OK)
        rc = loop_new(&s->loop, &e);
    s->pad = malloc(EVENT_MAX);
    MUST(s->pad != NULL);
    for (size_t i = 0; i < EVENT_MAX; i++)
        s->pad[i] = (uint8_t)("abcdefghijklmnop qrstuvwxyz-0123"[i % 32]);
    s->begun = host_seconds();
    if (rc == ERR_OK)
        on_tick(s, 0);
    for (uint32_t i = 0; rc == ERR_OK && i < s->set.connections; i++)
        rc = open_link(s, i, &e);
    if (rc == ERR_OK) {
        s->tick = loop_timer(s->loop, on_tick, s);
        watch_every(s->tick, TICK_MS);
        rc = loop_run(s->loop, &e);
    }
    code = rc == ERR_OK ? summary(s) : command_fault(&e);
    for (uint32_t i = 0; i < s->set.connections; i++) {
        buf_release(&s->link[i].out);
        buf_release(&s->link[i].in);
    }
    watch_free(&s->tick);
    loop_free(&s->loop);
    free(s->pad);
    free(s);
    return code;
}
