/*
 * role_collector.c - the role that receives: opens its lane, its rules and what it shares, enters
 * its sandbox, and hands what the keeper gives it to src/collect.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/ascii.h"
#include "cmd/roles.h"
#include "collect/collector.h"
#include "keep/frame.h"
#include "keep/generation.h"
#include "os/file.h"
#include "os/process.h"
#include "os/sandbox.h"
#include "sigma/regex_stock.h"

#define PEM_MAX   ((size_t)1 << 20)
#define DRAIN_MS  8000u
#define EARLY_MAX 64u /* sockets that come before there is a collector: EARS_MAX of the keeper */

struct role_collector {
    struct role_self *self;
    struct collector *collector;
    struct ledger *ledger;
    struct batches *batches;
    struct tracer_key tracer;
    int lane_dir;
    uint8_t store[16];
    struct ruleset *rules;
    struct taxonomy *taxonomy;
    struct names names;
    bool has_rules;
    struct regex_stock *stock; /* of the rules at the start; stays to the end */
    struct buf certificate, key, ca;
    /* A segment is asked for before it is needed, since the lane cannot wait. */
    int segment;
    uint32_t segment_number;
    bool asked;
    /* The keeper gives sockets at once; the collector is made when it has its first segment. */
    int early[EARLY_MAX];
    uint32_t early_count;
    int peer;                 /* the reader's, likewise */
    uint64_t next_generation; /* while reloading */
    char level[SANDBOX_LEVEL_MAX];
};

/* --- rules ---------------------------------------------------------------------------------- */

static void let_rules_go(void *arg)
{
    struct role_collector *r = arg;

    if (!r->has_rules)
        return;
    ruleset_free(&r->rules);
    taxonomy_free(&r->taxonomy);
    names_release(&r->names);
    r->has_rules = false;
}

static int open_rules(struct role_collector *r, uint64_t generation, struct err *e)
{
    char path[FILE_PATH_BYTES];
    int rc = role_generation_path(r->self, generation, path, sizeof(path), e);

    if (rc == ERR_OK)
        rc = generation_open(path, &r->rules, &r->taxonomy, &r->names, e);
    r->has_rules = rc == ERR_OK;
    if (rc == ERR_OK && r->stock != NULL)
        ruleset_stock(r->rules, r->stock);
    return rc;
}

/*
 * In the sandbox no executable memory can be made, so the machine code of expressions is made
 * before it and then sealed: no byte from outside was read yet, and none will find memory that it
 * could be written to and run in. Without /proc that cannot be had, and all are interpreted.
 */
static int make_stock(struct role_collector *r, struct err *e)
{
    int rc = regex_stock_new(&r->stock, r->rules, e);

    if (rc == ERR_OK)
        rc = process_code_seal(e);
    if (rc == ERR_UNSUPPORTED) {
        regex_stock_free(&r->stock);
        rc = ERR_OK;
    }
    if (rc == ERR_OK)
        ruleset_stock(r->rules, r->stock);
    return rc;
}

/* The rules at hand are in force. */
static void tell_rules(struct role_collector *r, uint64_t generation)
{
    struct regex_counts n = ruleset_regexes(r->rules);

    board_set(r->ledger, BOARD_generation, generation);
    board_set(r->ledger, BOARD_regexes, n.all);
    board_set(r->ledger, BOARD_regexes_machine, n.machine);
}

static int take_rules(void *arg, struct intake_rules *to, struct err *e)
{
    struct role_collector *r = arg;
    int rc = open_rules(r, r->next_generation, e);

    if (rc != ERR_OK && open_rules(r, r->self->generation, NULL) != ERR_OK)
        return rc; /* not even the old ones */
    *to = (struct intake_rules){ r->rules, r->taxonomy, &r->names };
    return rc;
}

/* --- certificates --------------------------------------------------------------------------- */

static int read_pem(const char *path, struct buf *to, struct err *e)
{
    buf_init(to, 2 * PEM_MAX);
    return path[0] == 0 ? ERR_OK : file_read(path, PEM_MAX, to, e);
}

static int read_pems(const struct settings *s, struct buf pem[3], struct err *e)
{
    int rc = read_pem(s->tls_certificate, &pem[0], e);

    if (rc == ERR_OK)
        rc = read_pem(s->tls_key, &pem[1], e);
    if (rc == ERR_OK)
        rc = read_pem(s->tls_ca, &pem[2], e);
    return rc;
}

static void release_pems(struct buf pem[3])
{
    for (unsigned i = 0; i < 3; i++) {
        if (pem[i].p != NULL)
            explicit_bzero(pem[i].p, pem[i].n);
        buf_release(&pem[i]);
    }
}

/* --- segments ------------------------------------------------------------------------------- */

static void ask_segment(struct role_collector *r)
{
    if (r->asked || r->segment >= 0)
        return;
    r->asked = true;
    role_ask_segment(r->self);
}

static int open_segment(void *arg, uint32_t *number, struct err *e)
{
    struct role_collector *r = arg;
    int fd = r->segment;

    r->segment = -1;
    ask_segment(r);
    if (fd < 0) {
        /* To the lane this is as a full disk: it waits and tries again. */
        errno = ENOSPC;
        (void)err_set(e, ERR_IO, 0, "There is no segment to write to yet.");
        return -1;
    }
    *number = r->segment_number;
    return fd;
}

/* --- what the collector says ---------------------------------------------------------------- */

static void on_closed(void *arg, uint32_t connections)
{
    role_closed(((struct role_collector *)arg)->self, connections);
}

static void on_broken(void *arg, const struct err *why)
{
    struct role_collector *r = arg;

    role_notice(r->self, "Lane %u cannot be written: %s", r->self->number, why->why);
    role_exit(r->self, EXIT_UNUSABLE);
}

static void on_notice(void *arg, const char *text)
{
    role_notice(((struct role_collector *)arg)->self, "%s", text);
}

/* --- start ---------------------------------------------------------------------------------- */

static int read_tracer_key(struct role_collector *r, struct err *e)
{
    ssize_t n = pread(ROLE_FD_TRACER, r->tracer.bytes, sizeof(r->tracer.bytes), 0);

    (void)close(ROLE_FD_TRACER); /* it was read */
    return n == (ssize_t)sizeof(r->tracer.bytes)
               ? ERR_OK
               : err_set(e, ERR_IO, 0, "The key of tracer events cannot be read.");
}

static int open_shared(struct role_collector *r, struct err *e)
{
    void *at = NULL;
    int rc = process_shared_map(ROLE_FD_LEDGER, sizeof(struct ledger), true, &at, e);

    if (rc != ERR_OK)
        return rc;
    r->ledger = at;
    rc = ledger_begin(r->ledger, r->self->number, e);
    if (rc == ERR_OK)
        rc = process_shared_map(ROLE_FD_BATCHES, BATCHES_BYTES, true, &at, e);
    r->batches = at;
    return rc == ERR_OK ? read_tracer_key(r, e) : rc;
}

static int read_store(struct role_collector *r, struct err *e)
{
    char path[FILE_PATH_BYTES];
    struct buf text;
    int rc = data_path(path, sizeof(path), r->self->data, "store");

    buf_init(&text, PEM_MAX);
    if (rc == ERR_OK)
        rc = file_read(path, 1024, &text, e);
    for (size_t i = 0; rc == ERR_OK && i < sizeof(r->store); i++) {
        int hi = 2 * i + 1 < text.n ? ascii_hex(text.p[2 * i]) : -1;
        int lo = hi >= 0 ? ascii_hex(text.p[2 * i + 1]) : -1;

        if (lo < 0)
            rc = err_set(e, ERR_CORRUPT, 0, "%s does not hold the store's id.", path);
        else
            r->store[i] = (uint8_t)(hi << 4 | lo);
    }
    buf_release(&text);
    return rc;
}

static int enter_sandbox(struct role_collector *r, struct err *e)
{
    char lane[FILE_PATH_BYTES], rules[FILE_PATH_BYTES];
    const struct settings *s = &r->self->settings;
    const char *read[6] = { lane, rules };
    struct sandbox box = { SANDBOX_FILES_READ | SANDBOX_THREADS, read, NULL };
    size_t n = 2;
    int rc = data_path(lane, sizeof(lane), r->self->data, "lanes/%02u", r->self->number);

    if (rc == ERR_OK)
        rc = data_path(rules, sizeof(rules), r->self->data, "rules");
    if (rc != ERR_OK)
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    if (s->tls_certificate[0] != 0)
        read[n++] = s->tls_certificate;
    if (s->tls_key[0] != 0)
        read[n++] = s->tls_key;
    if (s->tls_ca[0] != 0)
        read[n++] = s->tls_ca;
    r->lane_dir = open(lane, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (r->lane_dir < 0)
        return err_set(e, ERR_IO, 0, "%s cannot be opened: %s.", lane, strerror(errno));
    return role_sandbox(r->self, &box, r->level, e);
}

static int start(struct role_collector *r, struct err *e)
{
    struct role_self *self = r->self;
    struct buf pem[3] = { 0 };
    struct intake_rules rules = { r->rules, r->taxonomy, &r->names };
    struct collector_settings s = { .set = &self->settings,
                                    .loop = self->loop,
                                    .ledger = r->ledger,
                                    .batches = r->batches,
                                    .io = &io_system,
                                    .lane = self->number,
                                    .lane_dir = r->lane_dir,
                                    .free_dir = r->lane_dir,
                                    .open_segment = open_segment,
                                    .closed = on_closed,
                                    .broken = on_broken,
                                    .notice = on_notice,
                                    .arg = r };
    int rc = read_pems(&self->settings, pem, e);

    memcpy(s.store, r->store, sizeof(s.store));
    s.tracer = &r->tracer;
    s.tls_certificate = buf_span(&pem[0]);
    s.tls_key = buf_span(&pem[1]);
    s.tls_ca = buf_span(&pem[2]);
    if (rc == ERR_OK)
        rc = collector_new(&r->collector, &s, &rules, e);
    release_pems(pem);
    return rc;
}

static int collector_open(struct role_self *self, struct err *e)
{
    struct role_collector *r = self->own;
    int rc;

    r->self = self;
    r->lane_dir = r->segment = r->peer = -1;
    rc = open_shared(r, e);
    if (rc == ERR_OK)
        rc = read_store(r, e);
    if (rc == ERR_OK)
        rc = open_rules(r, self->generation, e);
    if (rc == ERR_OK)
        rc = make_stock(r, e);
    if (rc == ERR_OK)
        rc = enter_sandbox(r, e);
    if (rc == ERR_OK)
        ask_segment(r); /* on_segment() goes on */
    return rc;
}

static void take_early(struct role_collector *r)
{
    for (uint32_t i = 0; i < r->early_count; i++)
        collector_datagrams(r->collector, r->early[i]);
    r->early_count = 0;
    if (r->peer >= 0)
        collector_reader(r->collector, r->peer);
    r->peer = -1;
}

static void on_segment(struct role_self *self, int fd, uint32_t number, int error, struct span why)
{
    struct role_collector *r = self->own;
    struct err e;

    r->asked = false;
    if (fd >= 0) {
        r->segment = fd;
        r->segment_number = number;
    } else if (error != ENOSPC && error != EDQUOT) {
        role_notice(self, "No segment can be made: %.*s", SPAN_ARG(why));
    }
    if (r->collector != NULL)
        return;
    if (start(r, &e) != ERR_OK) {
        role_notice(self, "%s", e.why);
        role_exit(self, EXIT_UNUSABLE);
        return;
    }
    tell_rules(r, self->generation);
    take_early(r);
    role_ready(self, r->level);
}

static void collector_close(struct role_self *self)
{
    struct role_collector *r = self->own;

    collector_free(&r->collector);
    let_rules_go(r);
    if (r->segment >= 0)
        (void)close(r->segment);
}

/* --- messages ------------------------------------------------------------------------------- */

static void on_drained(void *arg)
{
    role_exit(((struct role_collector *)arg)->self, EXIT_RAN);
}

static void on_stop(struct role_self *self)
{
    struct role_collector *r = self->own;

    if (r->collector == NULL)
        role_exit(self, EXIT_RAN);
    else
        collector_drain(r->collector, DRAIN_MS, on_drained, r);
}

static int on_reload(struct role_self *self, const struct settings *next, uint64_t generation,
                     struct err *e)
{
    struct role_collector *r = self->own;
    struct buf pem[3] = { 0 };
    struct collector_reload reload = {
        .set = next, .release = let_rules_go, .take = take_rules, .arg = r
    };
    int rc = r->collector != NULL ? read_pems(next, pem, e)
                                  : err_set(e, ERR_NOTFOUND, 0, "It has not started yet.");

    r->next_generation = generation;
    reload.tls_certificate = buf_span(&pem[0]);
    reload.tls_key = buf_span(&pem[1]);
    reload.tls_ca = buf_span(&pem[2]);
    if (rc == ERR_OK)
        rc = collector_reload(r->collector, &reload, e);
    if (rc == ERR_OK)
        tell_rules(r, generation);
    release_pems(pem);
    return rc;
}

static void on_connection(struct role_self *self, int fd, const struct say_connection *c)
{
    struct role_collector *r = self->own;

    if (r->collector == NULL || c->input >= INPUTS) {
        (void)close(fd);
        role_closed(self, 1);
        return;
    }
    collector_connection(r->collector, (enum input)c->input, fd, &c->peer);
}

static void on_datagrams(struct role_self *self, int fd, const struct say_connection *c)
{
    struct role_collector *r = self->own;

    (void)c;
    if (r->collector != NULL)
        collector_datagrams(r->collector, fd);
    else if (r->early_count < EARLY_MAX)
        r->early[r->early_count++] = fd;
    else
        (void)close(fd); /* the keeper has no more than that */
}

static void on_peer(struct role_self *self, int fd, enum role other)
{
    struct role_collector *r = self->own;

    (void)other; /* the reader: there is no other */
    if (r->collector != NULL) {
        collector_reader(r->collector, fd);
        return;
    }
    if (r->peer >= 0)
        (void)close(r->peer); /* of a reader that is gone */
    r->peer = fd;
}

static const struct role_handlers handlers = {
    .open = collector_open,
    .on_stop = on_stop,
    .on_reload = on_reload,
    .on_connection = on_connection,
    .on_datagrams = on_datagrams,
    .on_peer = on_peer,
    .on_segment = on_segment,
    .close = collector_close,
};

int role_collector(int argc, char **argv)
{
    static struct role_collector own; /* large enough to be kept off the stack, one a process */

    return role_main(ROLE_COLLECTOR, &handlers, &own, argc, argv);
}
