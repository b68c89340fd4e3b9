/*
 * lane_write.c - the thread that writes: hashes bodies, makes the heads, one writev, one sync.
 *
 *   [segment head] [SOURCES of the state] group [rest of the state, STATE] group
 *
 *   group = SOURCES, EVENTS, EVENTS ..., then the other kinds in the order of their table
 *
 * Of a write that was cut each group counts whole or not at all: all of its frames but the last say
 * that more follow. A new segment's groups up to its STATE are one: a segment has its state or
 * nothing. What is behind them stands on its own, for it speaks of nothing that is not before it.
 */
#include "store/lane_own.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#define EINTR_MAX 1000 /* in a row: then it is no chance */

struct frame {
    struct frame_head head;
    struct span body;
};

struct writer {
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct commit *commit; /* under the lock: asked for */
    bool ended, stop;      /* under the lock */
    int done_fd;

    /* The thread's own. */
    struct frame frame[COMMIT_FRAMES_MAX];
    size_t frames;
    uint8_t head[COMMIT_FRAMES_MAX + 1][LANE_FRAME_BYTES];
    struct iovec iov[2 * COMMIT_FRAMES_MAX + 1];
    size_t iovs;
};

_Static_assert(LANE_HEAD_BYTES == LANE_FRAME_BYTES, "heads share an array");
_Static_assert(2 * COMMIT_FRAMES_MAX + 1 <= IOV_MAX, "a commit is one writev");

/* --- Which frames, in which order ------------------------------------------------------------ */

static struct frame_head *list(struct writer *w, enum lane_kind kind, struct span body,
                               uint32_t count)
{
    struct frame *f = &w->frame[w->frames++];

    MUST(w->frames <= COMMIT_FRAMES_MAX && body.n <= LANE_BODY_MAX);
    *f = (struct frame){ { .kind = (uint8_t)kind, .bytes = (uint32_t)body.n, .count = count },
                         body };
    return &f->head;
}

/* Heads of `g` from frame `from` on: what all of them share, and the sequence but of EVENTS. */
static void list_stamp(struct writer *w, size_t from, uint64_t sequence, uint64_t matched,
                       int64_t ns)
{
    for (size_t i = from; i < w->frames; i++) {
        w->frame[i].head.matched = matched;
        if (w->frame[i].head.kind == LANE_EVENTS)
            continue;
        w->frame[i].head.sequence = sequence;
        w->frame[i].head.receipt_ns = ns;
    }
}

static void list_kind(struct writer *w, const struct group *g, enum lane_kind kind)
{
    if (g->body[kind].count > 0)
        (void)list(w, kind, buf_span(&g->body[kind].bytes), g->body[kind].count);
}

static void list_events(struct writer *w, const struct group *g)
{
    for (size_t i = 0; i < g->parts; i++) {
        const struct events_part *p = &g->part[i];
        struct frame_head *h =
            list(w, LANE_EVENTS, (struct span){ g->events + p->at, p->bytes }, p->count);

        h->sequence = p->sequence;
        h->receipt_ns = p->receipt_ns;
    }
}

static void list_rest(struct writer *w, const struct group *g)
{
    for (int kind = 0; kind < LANE_KINDS; kind++) {
        if (kind != LANE_SOURCES && kind != LANE_EVENTS && kind != LANE_STATE)
            list_kind(w, g, (enum lane_kind)kind);
    }
}

static void list_group(struct writer *w, const struct commit *c, size_t i)
{
    const struct group *g = c->group[i];
    size_t from = w->frames, behind;

    if (c->opens != NULL && i == 0)
        list_kind(w, c->state, LANE_SOURCES);
    list_kind(w, g, LANE_SOURCES);
    behind = w->frames;
    list_stamp(w, from, g->sequence, g->matched_before, g->submitted_ns);
    list_events(w, g);
    list_rest(w, g);
    if (c->opens != NULL && i == c->state_behind)
        list_rest(w, c->state);
    if (w->frames == from || (c->opens != NULL && i == c->state_behind))
        (void)list(w, LANE_STATE, SPAN_NONE, 0);
    list_stamp(w, behind, g->next, g->matched_before, g->submitted_ns);
    w->frame[w->frames - 1].head.matched = g->matched;
    for (size_t k = from; k < w->frames; k++)
        w->frame[k].head.more = k + 1 < w->frames || (c->opens != NULL && i < c->state_behind);
}

/* --- Bytes ----------------------------------------------------------------------------------- */

static void iov_add(struct writer *w, const void *p, size_t n)
{
    w->iov[w->iovs++] = (struct iovec){ (void *)(uintptr_t)p, n };
}

/* All of the commit as w->iov. Returns its bytes. */
static uint64_t lay_out(struct writer *w, struct commit *c)
{
    uint64_t bytes = 0;

    w->frames = 0;
    w->iovs = 0;
    for (size_t i = 0; i < c->groups; i++)
        list_group(w, c, i);
    if (c->opens != NULL) {
        segment_head_put(w->head[COMMIT_FRAMES_MAX], c->opens);
        c->link = c->opens->hash;
        iov_add(w, w->head[COMMIT_FRAMES_MAX], LANE_HEAD_BYTES);
        bytes += LANE_HEAD_BYTES;
    }
    for (size_t i = 0; i < w->frames; i++) {
        struct frame *f = &w->frame[i];

        f->head.link = c->link;
        f->head.body_hash = lane_hash(f->body);
        frame_head_put(w->head[i], &f->head);
        c->link = f->head.hash;
        iov_add(w, w->head[i], LANE_FRAME_BYTES);
        if (f->body.n > 0)
            iov_add(w, f->body.p, (size_t)lane_padded(f->body.n));
        bytes += LANE_FRAME_BYTES + lane_padded(f->body.n);
    }
    return bytes;
}

/* Pass over what was written. */
static void iov_advance(struct iovec **iov, size_t *iovs, size_t n)
{
    while (*iovs > 0 && n >= (*iov)->iov_len) {
        n -= (*iov)->iov_len;
        (*iov)++;
        (*iovs)--;
    }
    if (n > 0) {
        (*iov)->iov_base = (uint8_t *)(*iov)->iov_base + n;
        (*iov)->iov_len -= n;
    }
}

/* 0 or an errno. */
static int write_all(struct writer *w, struct commit *c)
{
    struct iovec *iov = w->iov;
    size_t iovs = w->iovs;
    int interrupted = 0;

    while (iovs > 0) {
        ssize_t n = c->io->writev(c->io->arg, c->fd, iov, (int)iovs);

        if (n > 0) {
            c->written += (uint64_t)n;
            iov_advance(&iov, &iovs, (size_t)n);
            interrupted = 0;
        } else if (n == 0) {
            return EIO; /* a file takes something or says why not */
        } else if (errno != EINTR || ++interrupted > EINTR_MAX) {
            return errno;
        }
    }
    return 0;
}

static int sync_all(const struct commit *c)
{
#ifdef CANH_BROKEN_NOSYNC /* meson_options.txt */
    return 0;
#endif
    for (int interrupted = 0; c->io->sync(c->io->arg, c->fd) != 0; interrupted++) {
        if (errno != EINTR || interrupted >= EINTR_MAX)
            return errno;
    }
    return 0;
}

static void commit_run(struct writer *w, struct commit *c)
{
    uint64_t bytes = lay_out(w, c);

    c->written = 0;
    c->synced_badly = false;
#ifdef CANH_BROKEN_EARLYACK /* meson_options.txt: what is synced is the group before */
    c->error = sync_all(c);
    if (c->error == 0)
        c->error = write_all(w, c);
    return;
#endif
    c->error = write_all(w, c);
    if (c->error != 0)
        return;
    MUST(c->written == bytes);
    c->error = sync_all(c);
    c->synced_badly = c->error != 0;
}

/* --- The thread ------------------------------------------------------------------------------ */

static void *writer_run(void *arg)
{
    struct writer *w = arg;

    (void)pthread_mutex_lock(&w->lock);
    for (;;) {
        struct commit *c;

        while (w->commit == NULL && !w->stop)
            (void)pthread_cond_wait(&w->wake, &w->lock);
        if (w->commit == NULL)
            break;
        c = w->commit;
        (void)pthread_mutex_unlock(&w->lock);
        commit_run(w, c);
        (void)pthread_mutex_lock(&w->lock);
        w->commit = NULL;
        w->ended = true;
        (void)eventfd_write(w->done_fd,
                            1); /* cannot be full: one for each commit, read each time */
    }
    (void)pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* No signal of the process is this thread's. */
static int thread_start(struct writer *w)
{
    sigset_t all, old;
    int rc;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    rc = pthread_create(&w->thread, NULL, writer_run, w);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    return rc;
}

int writer_new(struct writer **out, int done_fd, struct err *e)
{
    struct writer *w = calloc(1, sizeof(*w));
    int rc;

    *out = NULL;
    if (w == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the thread that writes the lane.");
    w->done_fd = done_fd;
    MUST(pthread_mutex_init(&w->lock, NULL) == 0 && pthread_cond_init(&w->wake, NULL) == 0);
    rc = thread_start(w);
    w->started = rc == 0;
    if (rc != 0) {
        writer_free(&w);
        return err_set(e, ERR_NOMEM, 0, "The thread that writes the lane cannot be started: %s.",
                       strerror(rc));
    }
    *out = w;
    return ERR_OK;
}

void writer_free(struct writer **pw)
{
    struct writer *w = *pw;

    *pw = NULL;
    if (w == NULL)
        return;
    if (w->started) {
        (void)pthread_mutex_lock(&w->lock);
        w->stop = true;
        (void)pthread_cond_signal(&w->wake);
        (void)pthread_mutex_unlock(&w->lock);
        (void)pthread_join(w->thread, NULL);
    }
    (void)pthread_cond_destroy(&w->wake);
    (void)pthread_mutex_destroy(&w->lock);
    free(w);
}

void writer_start(struct writer *w, struct commit *c)
{
    (void)pthread_mutex_lock(&w->lock);
    MUST(w->commit == NULL);
    w->commit = c;
    w->ended = false;
    (void)pthread_cond_signal(&w->wake);
    (void)pthread_mutex_unlock(&w->lock);
}

bool writer_ended(struct writer *w)
{
    bool ended;

    (void)pthread_mutex_lock(&w->lock);
    ended = w->ended;
    (void)pthread_mutex_unlock(&w->lock);
    return ended;
}
