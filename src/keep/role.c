/*
 * role.c - names of roles, paths of the data folder, and the frame of every role (frame.h).
 *
 * What comes over the channel comes from the keeper, which has more rights than any role; it is
 * checked all the same (sizes, counts of descriptors), because a mistake there should end here.
 */
#include "keep/role.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "keep/frame.h"
#include "os/file.h"
#include "os/host.h"
#include "os/process.h"
#include "os/sandbox.h"

#define BEAT_MS 1000u
#define FULL_MS 1000 /* a channel that stays full so long has nobody at its other end */

const char *role_name(enum role r)
{
    static const char *const names[] = {
#define X(id, name, does) name,
        ROLE_TABLE(X)
#undef X
    };

    MUST(r < ROLES);
    return names[r];
}

int data_path(char *room, size_t bytes, const char *data, const char *fmt, ...)
{
    va_list args;
    int head = snprintf(room, bytes, "%s/", data), n;

    if (head < 0 || (size_t)head >= bytes)
        return ERR_USAGE;
    va_start(args, fmt);
    n = vsnprintf(room + head, bytes - (size_t)head, fmt, args);
    va_end(args);
    return n >= 0 && (size_t)n < bytes - (size_t)head ? ERR_OK : ERR_USAGE;
}

int role_sandbox(const struct role_self *self, const struct sandbox *box, char *level,
                 struct err *e)
{
    struct err why = { 0 };
    int rc = sandbox_enter(box, level, &why);

    if (rc == ERR_UNSUPPORTED && !self->settings.sandbox) {
        (void)snprintf(level, SANDBOX_LEVEL_MAX, "none: %.140s", why.why);
        return ERR_OK;
    }
    if (rc != ERR_OK && e != NULL)
        *e = why;
    return rc;
}

int role_generation_path(const struct role_self *self, uint64_t generation, char *room,
                         size_t bytes, struct err *e)
{
    return data_path(room, bytes, self->data, "rules/%llu", (unsigned long long)generation) ==
                   ERR_OK
               ? ERR_OK
               : err_set(e, ERR_USAGE, 0, "The data folder's path is too long: %.100s.",
                         self->data);
}

/* --- Saying --------------------------------------------------------------------------------- */

void role_exit(struct role_self *self, int code)
{
    self->code = code;
    self->leaving = true;
    loop_stop(self->loop);
}

static void lost(struct role_self *self, const char *why)
{
    fprintf(stderr, "canh: %s %u: The keeper cannot be told: %s\n", role_name(self->role),
            self->number, why);
    role_exit(self, 1);
}

void role_say(struct role_self *self, enum say what, struct span body)
{
    struct channel_message *m = self->out;
    struct pollfd full = { self->channel, POLLOUT, 0 };
    struct err e = { 0 };
    int rc;

    MUST(body.n <= sizeof(m->body));
    if (self->leaving)
        return;
    m->type = what;
    m->fd_count = 0;
    m->n = body.n;
    if (body.n > 0)
        memcpy(m->body, body.p, body.n);
    while ((rc = channel_send(self->channel, m, &e)) == ERR_MORE) {
        if (poll(&full, 1, FULL_MS) == 0) {
            lost(self, "It does not read.");
            return;
        }
    }
    if (rc != ERR_OK)
        lost(self, e.why);
}

void role_ready(struct role_self *self, const char *level)
{
    self->ready = true;
    role_say(self, SAY_READY, span_of(level));
}

void role_notice(struct role_self *self, const char *fmt, ...)
{
    char text[NOTICE_BYTES_MAX];
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    MUST(n >= 0);
    role_say(self, SAY_NOTICE, span_of(text));
}

void role_closed(struct role_self *self, uint32_t connections)
{
    role_say(self, SAY_CLOSED, (struct span){ (const uint8_t *)&connections, sizeof(connections) });
}

void role_done(struct role_self *self, uint32_t lane, uint32_t segment)
{
    const uint32_t body[] = { lane, segment };

    role_say(self, SAY_DONE, (struct span){ (const uint8_t *)body, sizeof(body) });
}

void role_ask_segment(struct role_self *self)
{
    role_say(self, SAY_SEGMENT, SPAN_NONE);
}

void role_beat(struct role_self *self)
{
    uint64_t now = (uint64_t)(host_seconds() * 1000); /* not the loop's: it may not be turning */

    if (now - self->beaten_ms < BEAT_MS / 2)
        return;
    self->beaten_ms = now;
    role_say(self, SAY_BEAT, SPAN_NONE);
}

static void on_beat(void *arg, unsigned ready)
{
    (void)ready;
    role_beat(arg);
}

/* --- Hearing -------------------------------------------------------------------------------- */

/* Settings out of sealed memory. */
static int read_settings(int fd, struct settings *s, struct err *e)
{
    struct stat st;
    uint8_t *text;
    int rc;

    if (fstat(fd, &st) != 0)
        return err_set(e, ERR_IO, 0, "The settings cannot be read: %s.", strerror(errno));
    if (st.st_size < 0 || st.st_size > (off_t)SETTINGS_BYTES_MAX)
        return err_set(e, ERR_LIMIT, 0, "The settings are too large.");
    text = malloc((size_t)st.st_size + 1);
    if (text == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the settings.");
    if (!file_read_at(fd, 0, text, (size_t)st.st_size))
        rc = err_set(e, ERR_IO, 0, "The settings cannot be read: %s.", strerror(errno));
    else
        rc = settings_read(s, (struct span){ text, (size_t)st.st_size }, "settings", e);
    free(text);
    return rc;
}

static void answer_reload(struct role_self *self, const char *why)
{
    uint8_t body[8 + sizeof(((struct err *)0)->why)];
    size_t n = strlen(why);

    memcpy(body, &self->generation, 8);
    memcpy(body + 8, why, n);
    role_say(self, SAY_RELOADED, (struct span){ body, 8 + n });
}

static void hear_reload(struct role_self *self, const struct channel_message *m)
{
    uint64_t generation;
    struct settings next;
    struct err e = { 0 };
    int rc = read_settings(m->fds[0], &next, &e);

    memcpy(&generation, m->body, sizeof(generation));
    (void)close(m->fds[0]); /* only read */
    if (rc == ERR_OK && self->handlers->on_reload != NULL) {
        rc = self->handlers->on_reload(self, &next, generation, &e);
        if (rc != ERR_OK)
            settings_release(&next);
    }
    if (rc == ERR_OK) {
        settings_release(&self->settings);
        self->settings = next;
        self->generation = generation;
    }
    answer_reload(self, rc == ERR_OK ? "" : e.why);
}

static void hear_stop(struct role_self *self, const struct channel_message *m)
{
    (void)m;
    if (self->stopping)
        return;
    self->stopping = true;
    if (self->handlers->on_stop != NULL)
        self->handlers->on_stop(self);
    else
        role_exit(self, 0);
}

/* A socket with where it came from, to its handler. */
static void hear_socket(struct role_self *self, const struct channel_message *m,
                        void (*take)(struct role_self *, int, const struct say_connection *))
{
    struct say_connection c;

    memcpy(&c, m->body, sizeof(c));
    if (take != NULL)
        take(self, m->fds[0], &c);
    else
        (void)close(m->fds[0]); /* nobody here wants it */
}

static void hear_connection(struct role_self *self, const struct channel_message *m)
{
    hear_socket(self, m, self->handlers->on_connection);
}

static void hear_datagrams(struct role_self *self, const struct channel_message *m)
{
    hear_socket(self, m, self->handlers->on_datagrams);
}

static void hear_listen(struct role_self *self, const struct channel_message *m)
{
    hear_socket(self, m, self->handlers->on_listen);
}

static void hear_segment(struct role_self *self, const struct channel_message *m)
{
    struct span why = { m->body + 4, m->n - 4 };
    uint32_t number;

    memcpy(&number, m->body, sizeof(number));
    if (self->handlers->on_segment == NULL) {
        if (m->fd_count > 0)
            (void)close(m->fds[0]);
    } else if (m->fd_count > 0) {
        self->handlers->on_segment(self, m->fds[0], number, 0, SPAN_NONE);
    } else {
        self->handlers->on_segment(self, -1, 0, (int)number, why);
    }
}

static void hear_ledger(struct role_self *self, const struct channel_message *m)
{
    void *at = NULL;
    uint32_t lane;
    struct err e;
    int rc = ERR_OK;

    memcpy(&lane, m->body, sizeof(lane));
    if (self->handlers->on_ledger != NULL)
        rc = process_shared_map(m->fds[0], sizeof(struct ledger), false, &at, &e);
    (void)close(m->fds[0]); /* the mapping stays */
    if (rc == ERR_OK && self->handlers->on_ledger != NULL)
        rc = self->handlers->on_ledger(self, at, lane, &e);
    if (rc != ERR_OK)
        role_notice(self, "The counts of collector %u cannot be read: %s", lane, e.why);
}

static void hear_peer(struct role_self *self, const struct channel_message *m)
{
    uint32_t other;

    memcpy(&other, m->body, sizeof(other));
    if (self->handlers->on_peer != NULL && other < ROLES)
        self->handlers->on_peer(self, m->fds[0], (enum role)other);
    else
        (void)close(m->fds[0]);
}

static void hear_notice(struct role_self *self, const struct channel_message *m)
{
    if (self->handlers->on_notice != NULL)
        self->handlers->on_notice(self, (struct span){ m->body, m->n });
}

static void hear_root(struct role_self *self, const struct channel_message *m)
{
    if (self->handlers->on_root != NULL)
        self->handlers->on_root(self, m->body);
}

/* What a role may be told: with how many descriptors and bytes, and who takes it. */
static const struct heard {
    void (*take)(struct role_self *self, const struct channel_message *m);
    uint32_t fds_min, fds_max;
    size_t min, max;
} heard[SAYS] = {
    [SAY_STOP] = { hear_stop, 0, 0, 0, 0 },
    [SAY_RELOAD] = { hear_reload, 1, 1, 8, 8 },
    [SAY_CONNECTION] = { hear_connection, 1, 1, sizeof(struct say_connection),
                         sizeof(struct say_connection) },
    [SAY_DATAGRAMS] = { hear_datagrams, 1, 1, sizeof(struct say_connection),
                        sizeof(struct say_connection) },
    [SAY_LISTEN] = { hear_listen, 1, 1, sizeof(struct say_connection),
                     sizeof(struct say_connection) },
    [SAY_SEGMENT] = { hear_segment, 0, 1, 4, 512 },
    [SAY_LEDGER] = { hear_ledger, 1, 1, 4, 4 },
    [SAY_PEER] = { hear_peer, 1, 1, 4, 4 },
    [SAY_NOTICE] = { hear_notice, 0, 0, 0, NOTICE_BYTES_MAX },
    [SAY_ROOT] = { hear_root, 0, 0, ROLE_ROOT_BYTES, ROLE_ROOT_BYTES },
};

static bool is_heard(const struct channel_message *m)
{
    const struct heard *row = m->type < SAYS ? &heard[m->type] : NULL;

    return row != NULL && row->take != NULL && m->fd_count >= row->fds_min &&
           m->fd_count <= row->fds_max && m->n >= row->min && m->n <= row->max;
}

static void on_channel(void *arg, unsigned ready)
{
    struct role_self *self = arg;
    struct err e = { 0 };
    int rc;

    (void)ready;
    /* Not more than a few a round: others wait, too. */
    for (int i = 0; i < 16 && !self->leaving; i++) {
        rc = channel_receive(self->channel, self->in, &e);
        if (rc == 0)
            return;
        if (rc < 0 || !is_heard(self->in)) {
            for (uint32_t k = 0; rc > 0 && k < self->in->fd_count; k++)
                (void)close(self->in->fds[k]);
            if (rc != ERR_IO) /* its end is no fault: the keeper ended */
                fprintf(stderr, "canh: %s %u: This is no message of the keeper.\n",
                        role_name(self->role), self->number);
            role_exit(self, 1);
            return;
        }
        heard[self->in->type].take(self, self->in);
    }
}

/* --- The frame ------------------------------------------------------------------------------ */

static int read_words(struct role_self *self, int argc, char **argv, struct err *e)
{
    uint64_t number;

    if (argc != 3 || !num_u64(span_of(argv[0]), UINT32_MAX, &number) ||
        !num_u64(span_of(argv[2]), UINT64_MAX, &self->generation))
        return err_set(e, ERR_USAGE, 0, "Roles are started by `canh serve`, not by hand.");
    self->number = (uint32_t)number;
    self->data = argv[1];
    return ERR_OK;
}

static int make_loop(struct role_self *self, struct err *e)
{
    int rc = loop_new(&self->loop, e);

    if (rc != ERR_OK)
        return rc;
    self->in = malloc(sizeof(*self->in));
    self->out = malloc(sizeof(*self->out));
    self->watch = loop_fd(self->loop, self->channel, LOOP_READ, on_channel, self);
    self->beat = loop_timer(self->loop, on_beat, self);
    if (self->in == NULL || self->out == NULL || self->watch == NULL || self->beat == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the role.");
    watch_every(self->beat, BEAT_MS);
    return ERR_OK;
}

static void release(struct role_self *self)
{
    watch_free(&self->watch);
    watch_free(&self->beat);
    loop_free(&self->loop);
    free(self->in);
    free(self->out);
    settings_release(&self->settings);
}

int role_main(enum role role, const struct role_handlers *handlers, void *own, int argc,
              char **argv)
{
    struct role_self self = {
        .role = role, .channel = ROLE_FD_CHANNEL, .own = own, .handlers = handlers
    };
    bool opened = false;
    struct err e = { 0 };
    int rc = read_words(&self, argc, argv, &e);

    (void)signal(SIGPIPE, SIG_IGN); /* a peer that has gone is an error code */
    if (rc == ERR_OK) {
        process_title(role_name(role));
        rc = read_settings(ROLE_FD_SETTINGS, &self.settings, &e);
    }
    if (rc == ERR_OK)
        rc = process_drop(self.settings.user, &e);
    if (rc == ERR_OK)
        rc = make_loop(&self, &e);
    if (rc == ERR_OK) {
        opened = true;
        rc = handlers->open(&self, &e);
    }
    if (rc == ERR_OK && !self.leaving)
        rc = loop_run(self.loop, &e);
    if (rc != ERR_OK) {
        fprintf(stderr, "canh: %s %u: %s\n", role_name(role), self.number, e.why);
        self.code = 1;
    }
    if (opened && handlers->close != NULL)
        handlers->close(&self);
    release(&self);
    return self.code;
}
