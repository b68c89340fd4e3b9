/*
 * push.c - canh ledger push: asks a witness how far it has seen the ledger of a store, sends it
 * what has come since (seal/push.h), and keeps what it signed. Every minute or so, by a timer; exit
 * code 1 is an alarm.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "cmd/anchors.h"
#include "cmd/client.h"
#include "cmd/command.h"
#include "cmd/push.h"
#include "os/file.h"
#include "os/host.h"
#include "os/socket.h"
#include "seal/push.h"
#include "wire/http.h"

#define WAIT_S     10
#define ROUNDS     64u /* requests of one call: some four hours of a ledger each */
#define TOKEN_MAX  512u
#define FILE_ROOM  131072u /* of what a small file is read into */
#define ANSWER_MAX (WITNESS_STATE_MAX + 2 * (size_t)HTTP_HEAD_MAX)

struct push_options {
    const char *to, *token, *data, *root, *witness, *keep;
};

static const struct option_row rows[] = {
    { "to", OPTION_TEXT, offsetof(struct push_options, to), "ADDRESS", NULL, 0, 0,
      "of the witness, as 192.0.2.7:9470" },
    { "token", OPTION_TEXT, offsetof(struct push_options, token), "FILE", NULL, 0, 0,
      "with the token that it asks for" },
    { "witness", OPTION_TEXT, offsetof(struct push_options, witness), "FILE", NULL, 0, 0,
      "its public key, witness.pub: what it signs is checked" },
    { "keep", OPTION_TEXT, offsetof(struct push_options, keep), "FILE", NULL, 0, 0,
      "the checkpoint and what the witness signed, for canh export and canh verify" },
    { "root", OPTION_TEXT, offsetof(struct push_options, root), "FILE", NULL, 0, 0,
      "root.pub of the store (default: the one in the data folder)" },
    { "data", OPTION_TEXT, offsetof(struct push_options, data), "DIR", NULL, 0, 0,
      "the data folder (default: as canh serve)" },
};

struct pusher {
    const struct push_options *o;
    struct socket_address to;
    struct buf token, in;
    struct span body; /* of the answer in `in` */
    unsigned status;
};

/* --- HTTP ----------------------------------------------------------------------------------- */

static int cannot_be_asked(struct err *e, const struct pusher *p, const char *why)
{
    return err_set(e, ERR_IO, 0, "The witness %.80s cannot be asked: %s.", p->o->to, why);
}

static int connected(const struct pusher *p, int *fd, struct err *e)
{
    const struct timeval wait = { .tv_sec = WAIT_S };
    int error = 0, flags, rc = socket_connect(&p->to, fd, e);
    socklen_t n = sizeof(error);
    struct pollfd ready;

    if (rc != ERR_OK)
        return rc;
    ready = (struct pollfd){ *fd, POLLOUT, 0 };
    if (poll(&ready, 1, WAIT_S * 1000) != 1)
        error = ETIMEDOUT;
    else if (getsockopt(*fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
        error = errno;
    flags = fcntl(*fd, F_GETFL);
    if (error == 0 && (flags < 0 || fcntl(*fd, F_SETFL, flags & ~O_NONBLOCK) != 0 ||
                       setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) != 0 ||
                       setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) != 0))
        error = errno;
    return error == 0 ? ERR_OK : cannot_be_asked(e, p, strerror(error));
}

static bool send_all(int fd, struct span s)
{
    while (s.n > 0) {
        ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        s = span_from(s, (size_t)n);
    }
    return true;
}

/* To the end: the witness closes behind its answer. */
static bool read_all(int fd, struct buf *in)
{
    ssize_t n = 1;

    buf_clear(in);
    while (n > 0 && buf_reserve(in, 65536)) {
        n = recv(fd, in->p + in->n, 65536, 0);
        if (n > 0)
            in->n += (size_t)n;
        else if (n < 0 && errno == EINTR)
            n = 1;
    }
    return n == 0;
}

static int read_answer(struct pusher *p, struct err *e)
{
    struct http_answer a = { 0 };
    int64_t head = http_answer_head(buf_span(&p->in), &a, e);

    if (head <= 0 || !a.has_length || a.content_length != p->in.n - (uint64_t)head)
        return cannot_be_asked(e, p, "its answer is not whole");
    p->status = a.status;
    p->body = span_from(buf_span(&p->in), (size_t)head);
    return ERR_OK;
}

/* GET without a body, else POST. */
static int ask(struct pusher *p, const char *target, struct span body, struct err *e)
{
    struct buf head;
    int fd = -1, rc = connected(p, &fd, e);

    buf_init(&head, HTTP_HEAD_MAX);
    buf_fmt(&head, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n",
            body.n > 0 ? "POST" : "GET", target, p->o->to);
    if (p->token.n > 0)
        buf_fmt(&head, "Authorization: Bearer %.*s\r\n", SPAN_ARG(buf_span(&p->token)));
    if (body.n > 0)
        buf_fmt(&head, "Content-Length: %zu\r\n", body.n);
    buf_text(&head, "\r\n");
    if (rc == ERR_OK && buf_failed(&head))
        rc = err_set(e, ERR_USAGE, 0, "The token is too long.");
    if (rc == ERR_OK &&
        (!send_all(fd, buf_span(&head)) || !send_all(fd, body) || !read_all(fd, &p->in)))
        rc = cannot_be_asked(e, p, errno != 0 ? strerror(errno) : "its answer is too large");
    if (rc == ERR_OK)
        rc = read_answer(p, e);
    if (fd >= 0)
        (void)close(fd); /* all was read */
    if (head.p != NULL)
        explicit_bzero(head.p, head.n);
    buf_release(&head);
    return rc;
}

/* --- A round -------------------------------------------------------------------------------- */

static int read_state(struct pusher *p, struct witness_state *state, struct span *line,
                      struct err *e)
{
    if (p->status == 422)
        return err_set(e, ERR_CORRUPT, 0, "ALARM: the witness refuses this ledger: %.*s",
                       SPAN_ARG(p->body));
    if (p->status != 200 && p->status != 409)
        return err_set(e, ERR_IO, 0, "The witness answers %u: %.*s", p->status, SPAN_ARG(p->body));
    return witness_read_state(p->body, state, line)
               ? ERR_OK
               : cannot_be_asked(e, p, "its answer is not one of a witness");
}

/* What the witness signed of the last checkpoint, by the key that is known from elsewhere. */
static int check_signature(const struct pusher *p, const struct push *push, struct span line,
                           struct err *e)
{
    uint8_t public[KEY_BYTES];
    struct span name;
    struct buf text;
    struct note n;
    uint64_t seconds;
    int rc = ERR_OK;

    if (p->o->witness == NULL)
        return ERR_OK;
    buf_init(&text, FILE_ROOM);
    rc = file_read(p->o->witness, 1024, &text, e);
    while (rc == ERR_OK && text.n > 0 && text.p[text.n - 1] == '\n')
        text.n--;
    if (rc == ERR_OK && !note_read_vkey(buf_span(&text), NOTE_COSIGNATURE, &name, public))
        rc = err_set(e, ERR_SYNTAX, 0, "%.150s holds no key of a witness.", p->o->witness);
    if (rc == ERR_OK && (note_next(buf_span(&push->last), &n, e) <= 0 ||
                         !witness_cosigned(line, name, public, n.text, &seconds)))
        rc = err_set(e, ERR_CORRUPT, 0,
                     "ALARM: what the witness answers is not signed by its key of checkpoint "
                     "%llu.",
                     (unsigned long long)push->number);
    buf_release(&text);
    return rc;
}

/* The folder of a file, and its name in it. */
static int open_above(const char *path, const char **name)
{
    const char *slash = strrchr(path, '/');
    char folder[FILE_PATH_BYTES];

    *name = slash != NULL ? slash + 1 : path;
    if (slash != NULL &&
        snprintf(folder, sizeof(folder), "%.*s/", (int)(slash - path), path) >= (int)sizeof(folder))
        return -1;
    return open(slash != NULL ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int keep(const struct pusher *p, const struct push *push, struct span line, struct err *e)
{
    const char *name;
    struct buf text;
    bool good;
    int dir;

    if (p->o->keep == NULL)
        return ERR_OK;
    dir = open_above(p->o->keep, &name);
    buf_init(&text, WITNESS_STATE_MAX);
    buf_add(&text, buf_span(&push->last));
    buf_add(&text, line);
    good = dir >= 0 && !buf_failed(&text) &&
           io_replace(&io_system, dir, ".kept.new", name, buf_span(&text));
    if (dir >= 0)
        (void)close(dir); /* a folder */
    buf_release(&text);
    return good ? ERR_OK
                : err_set(e, ERR_IO, 0, "%.150s cannot be written: %s.", p->o->keep,
                          strerror(errno));
}

static int take_answer(struct pusher *p, const struct push *push, struct err *e)
{
    struct witness_state state;
    struct span line;
    int rc = read_state(p, &state, &line, e);

    if (rc == ERR_OK && state.next != push->number + 1)
        return err_set(e, ERR_CORRUPT, 0,
                       "ALARM: the witness was told checkpoint %llu, and says that it waits for "
                       "%llu.",
                       (unsigned long long)push->number, (unsigned long long)state.next);
    if (rc == ERR_OK)
        rc = check_signature(p, push, line, e);
    return rc == ERR_OK ? keep(p, push, line, e) : rc;
}

/* Ask, send, take: 1 when there is more. */
static int round_of(struct pusher *p, struct push_from *from, const char *target, struct push *push,
                    struct err *e)
{
    struct span line;
    int rc = ask(p, target, SPAN_NONE, e);

    if (rc == ERR_OK)
        rc = read_state(p, &from->state, &line, e);
    if (rc == ERR_OK)
        rc = push_make(from, push, e);
    if (rc == ERR_OK && push->body.n > 0)
        rc = ask(p, "/witness", buf_span(&push->body), e);
    if (rc == ERR_OK)
        rc = take_answer(p, push, e);
    return rc == ERR_OK ? push->more : rc;
}

/* --- The command ---------------------------------------------------------------------------- */

static int read_token(struct pusher *p, struct err *e)
{
    int rc = ERR_OK;

    buf_init(&p->token, FILE_ROOM);
    if (p->o->token != NULL)
        rc = file_read(p->o->token, TOKEN_MAX, &p->token, e);
    while (p->token.n > 0 && p->token.p[p->token.n - 1] <= ' ')
        p->token.n--;
    return rc;
}

static int push_all(const struct push_options *o, struct push *push, struct err *e)
{
    struct pusher p = { .o = o };
    struct push_from from = { .io = &io_system, .data = o->data };
    uint8_t store[NOTE_STORE_BYTES] = { 0 };
    struct buf target;
    int rc = socket_address_read(span_of(o->to), &p.to, e);

    buf_init(&p.in, ANSWER_MAX + 65536);
    buf_init(&target, 256);
    if (rc == ERR_OK)
        rc = read_token(&p, e);
    if (rc == ERR_OK)
        rc = ledger_root_of(o->root, o->data, store, from.root, e);
    buf_text(&target, "/state?store=");
    note_put_hex(&target, store, sizeof(store));
    buf_byte(&target, '\0');
    for (uint32_t i = 0; i < ROUNDS && rc >= 0 && (i == 0 || rc == 1); i++)
        rc = round_of(&p, &from, (const char *)target.p, push, e);
    if (p.token.p != NULL)
        explicit_bzero(p.token.p, p.token.n);
    buf_release(&p.token);
    buf_release(&p.in);
    buf_release(&target);
    return rc < 0 ? rc : ERR_OK;
}

int ledger_push(int argc, char **argv)
{
    static const struct command_line line = {
        rows, COUNT_OF(rows), "canh ledger push --to ADDRESS [OPTIONS]",
        "Sends a witness what it has not seen yet of the ledger, with the proofs that everything only\n"
        "grew, and keeps what it signed: every minute, by a timer. Exit code: 0 it was taken, 1 an\n"
        "alarm (the witness has seen another ledger), 2 it could not be asked."
    };
    struct push_options o = { 0 };
    char room[CLIENT_PATH_BYTES];
    struct push push;
    struct buf text;
    struct err e = { 0 };
    int operands, code, rc;

    if (!command_options(&line, &o, argc, argv, &operands, &code))
        return code;
    if (operands > 0 || o.to == NULL) {
        (void)err_set(&e, ERR_USAGE, 0, "canh ledger push takes --to, and no operand.");
        return command_fault(&e);
    }
    o.data = client_folder(o.data, room, &e);
    if (o.data == NULL)
        return command_fault(&e);
    push_init(&push);
    rc = push_all(&o, &push, &e);
    buf_init(&text, 4096);
    buf_fmt(&text, "The witness has seen checkpoint %llu.\n", (unsigned long long)push.number);
    code = rc == ERR_OK ? command_show(&text) : command_fault(&e);
    buf_release(&text);
    push_release(&push);
    return rc == ERR_CORRUPT ? EXIT_FOUND : code;
}
