/*
 * role_verifier.c - the role that verifies: when the desk asks, it reads the whole store and lays
 * it against what was signed (seal/verify.h), on a thread beside its loop, and tells what it found.
 *
 * It reads and never writes, has no network, and of DATA/keys only the public root key. It comes
 * last: low priority, half of a core and READ_RATE at most. When the desk ends, it stops.
 *
 *   ASK   id: the verification; request: nothing, or "NUMBER:HASH", an anchor; or "end"
 *   TELL  ERR_MORE, how far it is; ERR_OK, what was found; else why it is over. A JSON object
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "cmd/anchors.h"
#include "cmd/roles.h"
#include "cmd/verifying.h"
#include "ledger/verdict.h"
#include "office/line.h"
#include "os/file.h"
#include "os/host.h"
#include "os/process.h"
#include "os/sandbox.h"
#include "os/workers.h"

#define NICE      15
#define READ_RATE ((double)(64 << 20)) /* bytes a second */
#define REST_S    1.0                  /* it sleeps no longer at once */
#define STEP_S    0.1                  /* ... and looks so often whether it is to end */
#define ROOT_S    20.0                 /* for the root key, in a new store */
#define TELL_MS   1000u
#define FAULTS    1000u /* that are told; all are counted */
#define TOLD_MAX  ((size_t)512 << 10)

struct role_verifier {
    struct role_self *self;
    struct workers *workers;
    struct line *line;
    struct watch *tell;

    struct job job;
    uint64_t id; /* of what is under way; 0: nothing is */
    double began;
    uint8_t root[KEY_BYTES];
    struct links_anchor anchor;
    bool anchored;
    atomic_bool stop;

    /* the thread's, while it runs */
    double woke;
    uint32_t faults;
    struct buf told;
    struct verifying_found found;
    int rc;
    struct err why;

    pthread_mutex_t lock;
    struct verify_counts far; /* under the lock */
};

/* --- on the thread -------------------------------------------------------------------------- */

static void on_fault(void *arg, const char *name, const char *where, const char *what)
{
    struct role_verifier *r = arg;

    if (r->faults++ >= FAULTS)
        return;
    if (r->told.n > 0)
        buf_byte(&r->told, ',');
    verifying_put_fault(&r->told, name, where, what);
}

static bool rest(struct role_verifier *r, double seconds)
{
    const struct timespec step = { 0, (long)(STEP_S * 1e9) };

    for (double end = host_seconds() + (seconds < REST_S ? seconds : REST_S);
         host_seconds() < end && !atomic_load(&r->stop);)
        (void)nanosleep(&step, NULL); /* shorter is no harm */
    return !atomic_load(&r->stop);
}

/* It works no longer than it rests, and reads no faster than it may. */
static bool on_go_on(void *arg, const struct verify_counts *c)
{
    struct role_verifier *r = arg;
    const double now = host_seconds(), worked = now - r->woke,
                 ahead = (double)c->bytes / READ_RATE - (now - r->began);

    (void)pthread_mutex_lock(&r->lock); /* of a mutex that is sound these have no fault */
    r->far = *c;
    (void)pthread_mutex_unlock(&r->lock);
    if (worked < STEP_S && ahead < STEP_S)
        return !atomic_load(&r->stop);
    if (!rest(r, worked > ahead ? worked : ahead))
        return false;
    r->woke = host_seconds();
    return true;
}

static void run(struct job *j)
{
    struct role_verifier *r =
        (struct role_verifier *)((char *)j - offsetof(struct role_verifier, job));
    struct verifying_from from = { .data = r->self->data,
                                   .anchors = &r->anchor,
                                   .anchor_count = r->anchored,
                                   .fault = on_fault,
                                   .go_on = on_go_on,
                                   .arg = r };

    memcpy(from.root, r->root, sizeof(from.root));
    r->woke = host_seconds();
    r->rc = verifying_run(&from, &r->found, &r->why);
}

/* --- in the loop ---------------------------------------------------------------------------- */

static void say(struct role_verifier *r, uint64_t id, int code, struct span text)
{
    const struct line_tell t = { id, code, text };

    if (r->line != NULL)
        (void)line_tell(r->line, &t); /* a desk that takes nothing looks on when it is back */
}

static void put_far(struct buf *out, const struct verify_counts *c, double seconds)
{
    buf_fmt(out,
            "{\"files\":%llu,\"files_all\":%llu,\"bytes\":%llu,\"bytes_all\":%llu,\"seconds\":%llu",
            (unsigned long long)c->files, (unsigned long long)c->files_all,
            (unsigned long long)c->bytes, (unsigned long long)c->bytes_all,
            (unsigned long long)seconds);
}

static void on_tell(void *arg, unsigned ready)
{
    struct role_verifier *r = arg;
    struct verify_counts far;
    struct buf out;

    (void)ready;
    if (r->id == 0)
        return;
    (void)pthread_mutex_lock(&r->lock);
    far = r->far;
    (void)pthread_mutex_unlock(&r->lock);
    buf_init(&out, 1024);
    put_far(&out, &far, host_seconds() - r->began);
    buf_byte(&out, '}');
    say(r, r->id, ERR_MORE, buf_span(&out));
    buf_release(&out);
    watch_after(r->tell, TELL_MS);
}

static void say_found(struct role_verifier *r)
{
    struct buf out;

    buf_init(&out, TOLD_MAX + 4096);
    put_far(&out, &r->found.counts, host_seconds() - r->began);
    buf_text(&out, ",\"found\":");
    verifying_put_end(&out, &r->found);
    buf_text(&out, ",\"told\":[");
    buf_add(&out, buf_span(&r->told));
    buf_text(&out, "]}");
    if (buf_failed(&out) || buf_failed(&r->told))
        say(r, r->id, ERR_NOMEM, SPAN_LIT("There is no memory for what was found."));
    else
        say(r, r->id, ERR_OK, buf_span(&out));
    buf_release(&out);
}

static void done(struct job *j)
{
    struct role_verifier *r =
        (struct role_verifier *)((char *)j - offsetof(struct role_verifier, job));

    watch_stop(r->tell);
    if (r->rc == ERR_OK)
        say_found(r);
    else /* ERR_MORE would be how far it is */
        say(r, r->id, r->rc == ERR_MORE ? ERR_CONFLICT : r->rc, span_of(r->why.why));
    r->id = 0;
    buf_release(&r->told);
}

static void begin(struct role_verifier *r, const struct line_ask *a)
{
    struct err e = { 0 };
    int rc = ERR_OK;

    if (r->id != 0)
        rc = err_set(&e, ERR_LIMIT, 0, "An earlier one is still being ended: ask again.");
    else if (a->request.n > 0 && !verdict_read_anchor(a->request, &r->anchor))
        rc = err_set(&e, ERR_USAGE, 0, "This is no anchor: NUMBER:HASH.");
    if (rc == ERR_OK) {
        r->anchored = a->request.n > 0;
        r->faults = 0;
        buf_init(&r->told, TOLD_MAX);
        r->far = (struct verify_counts){ 0 };
        r->began = host_seconds();
        atomic_store(&r->stop, false);
        r->job = (struct job){ .run = run, .done = done };
        rc = workers_put(r->workers, &r->job, &e);
    }
    if (rc != ERR_OK) {
        say(r, a->id, rc, span_of(e.why));
        return;
    }
    r->id = a->id;
    watch_after(r->tell, TELL_MS);
}

static void on_ask(void *arg, const struct line_ask *a)
{
    struct role_verifier *r = arg;

    if (!span_eq(a->request, SPAN_LIT("end")))
        begin(r, a);
    else if (r->id == a->id)
        atomic_store(&r->stop, true);
}

/* Who asked is gone: nobody waits for it any more. */
static void on_gone(void *arg)
{
    struct role_verifier *r = arg;

    line_free(&r->line);
    atomic_store(&r->stop, true);
}

static void on_peer(struct role_self *self, int fd, enum role other)
{
    struct role_verifier *r = self->own;
    const struct line_from from = {
        .loop = self->loop, .fd = fd, .ask = on_ask, .gone = on_gone, .arg = r
    };
    struct err e;

    (void)other; /* the desk: there is no other */
    if (r->line != NULL)
        on_gone(r);
    if (line_new(&r->line, &from, &e) != ERR_OK)
        role_notice(self, "%s", e.why);
}

/* --- start ---------------------------------------------------------------------------------- */

/* The database as the console reads it: role_console.c says why that needs FILES_WRITE. */
static int enter_sandbox(const struct role_verifier *r, char *level, struct err *e)
{
    static const char *const names[] = { "lanes", "sealed", "ledger",       "rules",
                                         "desk",  "store",  "keys/root.pub" };
    char path[COUNT_OF(names)][FILE_PATH_BYTES];
    const char *read[COUNT_OF(names) + 1] = { NULL };
    const struct sandbox box = { SANDBOX_FILES_READ | SANDBOX_FILES_WRITE | SANDBOX_THREADS, read,
                                 NULL };

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (data_path(path[i], sizeof(path[i]), r->self->data, "%s", names[i]) != ERR_OK)
            return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
        read[i] = path[i];
    }
    return role_sandbox(r->self, &box, level, e);
}

/* In a new store the sealer makes it with its first checkpoint; the sandbox must have it. */
static int await_root(struct role_verifier *r, struct err *e)
{
    const struct timespec step = { 0, (long)(STEP_S * 1e9) };
    uint8_t store[NOTE_STORE_BYTES];
    int rc = ledger_root_of(NULL, r->self->data, store, r->root, e);

    for (double end = host_seconds() + ROOT_S; rc != ERR_OK && host_seconds() < end;) {
        role_beat(r->self);
        (void)nanosleep(&step, NULL); /* shorter is no harm */
        rc = ledger_root_of(NULL, r->self->data, store, r->root, e);
    }
    return rc;
}

static int verifier_open(struct role_self *self, struct err *e)
{
    struct role_verifier *r = self->own;
    char level[SANDBOX_LEVEL_MAX] = "";
    int rc;

    r->self = self;
    (void)setpriority(PRIO_PROCESS, 0, NICE); /* else it takes its turn like the others */
    r->tell = loop_timer(self->loop, on_tell, r);
    rc = r->tell == NULL ? err_set(e, ERR_NOMEM, 0, "There is no memory for the verifier.")
                         : workers_new(&r->workers, self->loop, 1, e);
    if (rc == ERR_OK)
        rc = await_root(r, e);
    if (rc == ERR_OK)
        rc = enter_sandbox(r, level, e);
    if (rc == ERR_OK) {
        role_ready(self, level);
        role_say(self, SAY_ROOT, (struct span){ r->root, sizeof(r->root) });
    }
    return rc;
}

static void verifier_close(struct role_self *self)
{
    struct role_verifier *r = self->own;

    atomic_store(&r->stop, true);
    line_free(&r->line);
    workers_free(&r->workers); /* waits */
    watch_free(&r->tell);
    buf_release(&r->told);
}

int role_verifier(int argc, char **argv)
{
    static const struct role_handlers handlers = { .open = verifier_open,
                                                   .on_peer = on_peer,
                                                   .close = verifier_close };
    struct role_verifier own = { .lock = PTHREAD_MUTEX_INITIALIZER };

    return role_main(ROLE_VERIFIER, &handlers, &own, argc, argv);
}
