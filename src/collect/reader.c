/*
 * reader.c - see reader.h.
 *
 * A peer is spoken to in two phases: it sends its checkpoints and START, then blocks go out and
 * DURABLE comes in. Anything else breaks the form.
 */
#include "collect/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/file.h"

#define WORK_MS       20u  /* so long what was heard is gathered */
#define SCAN_LEAST_MS 100u /* between two scans */
#define BLOCKS_ROUND  16u  /* then others in the loop have their turn */
#define READS_ROUND   16u  /* likewise: what is left is told again */
#define IN_BYTES      ((size_t)65536)
#define OUT_BYTES_MAX (PASS_BODY_MAX + PASS_HEAD_BYTES)
#define WATCHED                                                                                    \
    (IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE |            \
     IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define ONLY_WRITTEN (IN_MODIFY | IN_CLOSE_WRITE)

struct flight {
    uint64_t number;
    size_t bytes;
};

struct reader {
    struct loop *loop;
    reader_notice_fn *notice;
    void *arg;
    struct follow *follow;
    struct journal_follow *journal; /* NULL: not followed */

    int inotify; /* -1: there is none */
    struct watch *inotify_watch, *journal_watch, *work, *tick;
    int journal_fd; /* watched; -1 */
    bool scan_wanted, watches_told;
    uint64_t scanned_ms;
    uint64_t work_at_ms;          /* UINT64_MAX: not due */
    char folder[FILE_PATH_BYTES]; /* watched last */

    int peer;                 /* -1: none */
    unsigned alone_ms;        /* so long without one ... */
    void (*alone)(void *arg); /* ... is told here; NULL: nowhere */
    struct watch *alone_watch;
    struct watch *peer_watch;
    bool started;
    struct buf in, out;
    size_t out_used;
    bool journal_turn;

    uint64_t number; /* of the last block; never used again, for no peer */
    struct flight flight[READER_FLIGHT_MAX];
    uint32_t flight_first, flight_count;
    size_t flight_bytes;
    struct reader_counts counts;
};

/* What is due already is not put off, however often something is heard. */
static void work_in(struct reader *r, uint64_t ms)
{
    uint64_t at_ms = loop_ms(r->loop) + ms;

    if (r->work_at_ms <= at_ms)
        return;
    r->work_at_ms = at_ms;
    watch_after(r->work, (unsigned)ms);
}

static void work_soon(struct reader *r)
{
    work_in(r, 0);
}

/* --- without a peer --------------------------------------------------------------------------- */

static void alone_begin(struct reader *r)
{
    if (r->alone != NULL)
        watch_after(r->alone_watch, r->alone_ms);
}

static void on_alone(void *arg, unsigned ready)
{
    struct reader *r = arg;

    (void)ready;
    r->alone(r->arg);
}

/* --- the peer --------------------------------------------------------------------------------- */

static void peer_close(struct reader *r)
{
    if (r->peer < 0)
        return;
    watch_free(&r->peer_watch);
    (void)close(r->peer); /* what it did not get is sent again to the next one */
    r->peer = -1;
    alone_begin(r);
    r->started = false;
    r->flight_count = 0;
    r->flight_bytes = 0;
    buf_clear(&r->in);
    buf_clear(&r->out);
    r->out_used = 0;
    follow_reset(r->follow);
    if (r->journal != NULL)
        journal_follow_reset(r->journal);
}

static void peer_broken(struct reader *r, const char *why)
{
    r->counts.broken++;
    r->notice(r->arg, why);
    peer_close(r);
}

static void peer_flush(struct reader *r)
{
    while (r->peer >= 0 && r->out_used < r->out.n) {
        ssize_t n = send(r->peer, r->out.p + r->out_used, r->out.n - r->out_used, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            watch_want(r->peer_watch, LOOP_READ | LOOP_WRITE);
            return;
        }
        if (n < 0) {
            peer_close(r); /* it has gone: the keeper starts it again */
            return;
        }
        r->out_used += (size_t)n;
    }
    if (r->peer < 0)
        return;
    buf_clear(&r->out);
    r->out_used = 0;
    watch_want(r->peer_watch, LOOP_READ);
}

/* Blocks up to this number are durable; false when that cannot be. */
static bool take_durable(struct reader *r, uint64_t number)
{
    if (number > r->number || r->flight_count == 0 || number < r->flight[r->flight_first].number)
        return false;
    while (r->flight_count > 0 && r->flight[r->flight_first].number <= number) {
        r->flight_bytes -= r->flight[r->flight_first].bytes;
        r->flight_first = (r->flight_first + 1) % READER_FLIGHT_MAX;
        r->flight_count--;
        r->counts.durable++;
    }
    follow_durable(r->follow, number);
    work_soon(r);
    return true;
}

static void take_start(struct reader *r)
{
    uint64_t now_ms = loop_ms(r->loop);

    r->started = true;
    follow_start(r->follow, now_ms);
    r->scanned_ms = now_ms;
    if (r->journal != NULL)
        journal_follow_start(r->journal);
    work_soon(r);
}

static bool take_frame(struct reader *r, const struct pass_frame *f)
{
    if (f->type == PASS_CHECKPOINT && !r->started) {
        follow_checkpoint(r->follow, f->body);
        if (r->journal != NULL)
            journal_follow_checkpoint(r->journal, f->body);
        return true;
    }
    if (f->type == PASS_START && !r->started) {
        take_start(r);
        return true;
    }
    return f->type == PASS_DURABLE && r->started && take_durable(r, f->number);
}

/* Whole frames of what has come; false when the form is broken. */
static bool take_frames(struct reader *r)
{
    struct span rest = buf_span(&r->in);
    int64_t used = 0;

    while (rest.n > 0) {
        struct pass_frame f;

        used = pass_frame(rest, &f, NULL);
        if (used <= 0 || !take_frame(r, &f))
            break;
        rest = span_from(rest, (size_t)used);
        used = ERR_MORE;
    }
    memmove(r->in.p, r->in.p + (r->in.n - rest.n), rest.n);
    r->in.n = rest.n;
    return used == ERR_MORE;
}

static void peer_read(struct reader *r)
{
    for (unsigned i = 0; i < READS_ROUND && r->peer >= 0; i++) {
        ssize_t n;

        if (!buf_reserve(&r->in, IN_BYTES - r->in.n)) {
            peer_broken(r, "There is no memory to hear the collector.");
            return;
        }
        n = recv(r->peer, r->in.p + r->in.n, IN_BYTES - r->in.n, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (n <= 0) {
            peer_close(r);
            return;
        }
        r->in.n += (size_t)n;
        if (!take_frames(r))
            peer_broken(r, "The collector sent what is no answer to a reader; it is left.");
    }
}

static void on_peer(void *arg, unsigned ready)
{
    struct reader *r = arg;

    if ((ready & LOOP_READ) != 0)
        peer_read(r);
    if ((ready & LOOP_WRITE) != 0 && r->peer >= 0) {
        peer_flush(r);
        work_soon(r);
    }
}

void reader_peer(struct reader *r, int fd)
{
    peer_close(r);
    r->peer_watch = loop_fd(r->loop, fd, LOOP_READ, on_peer, r);
    if (r->peer_watch == NULL) {
        (void)close(fd); /* which the collector sees */
        r->notice(r->arg, "There is no memory to talk to the collector.");
        return;
    }
    r->peer = fd;
    watch_stop(r->alone_watch);
    r->counts.peers++;
}

void reader_when_alone(struct reader *r, unsigned ms, void (*alone)(void *arg))
{
    r->alone_ms = ms;
    r->alone = alone;
    if (r->peer < 0)
        alone_begin(r);
}

/* --- blocks ----------------------------------------------------------------------------------- */

static bool window_is_open(const struct reader *r)
{
    if (!r->started || r->out.n > 0 || r->flight_count == READER_FLIGHT_MAX)
        return false;
    return r->flight_bytes < PASS_WINDOW_BYTES;
}

/* Files and the journal take turns. */
static bool next_block(struct reader *r, struct pass_block *b)
{
    uint64_t now_ms = loop_ms(r->loop);

    for (unsigned i = 0; i < 2; i++) {
        r->journal_turn = !r->journal_turn;
        if (r->journal_turn && r->journal != NULL && journal_follow_next(r->journal, b) == 1)
            return true;
        if (!r->journal_turn && follow_next(r->follow, now_ms, r->number + 1, b) == 1)
            return true;
    }
    return false;
}

static bool send_block(struct reader *r)
{
    struct flight *f = &r->flight[(r->flight_first + r->flight_count) % READER_FLIGHT_MAX];
    struct pass_block b;

    if (!window_is_open(r) || !next_block(r, &b))
        return false;
    r->number++;
    pass_put_block(&r->out, r->number, &b);
    if (buf_failed(&r->out)) {
        peer_broken(r, "There is no memory to pass a block: the collector is left.");
        return false;
    }
    *f = (struct flight){ r->number, r->out.n };
    r->flight_count++;
    r->flight_bytes += r->out.n;
    r->counts.sent++;
    peer_flush(r);
    return true;
}

/* --- folders ---------------------------------------------------------------------------------- */

static void watch_folder(void *arg, const char *folder)
{
    struct reader *r = arg;

    if (r->inotify < 0 || strcmp(folder, r->folder) == 0)
        return;
    (void)snprintf(r->folder, sizeof(r->folder), "%s", folder); /* fits */
    if (inotify_add_watch(r->inotify, folder, WATCHED) >= 0 || errno != ENOSPC || r->watches_told)
        return;
    r->watches_told = true;
    r->notice(r->arg, "Not all folders can be watched (fs.inotify.max_user_watches): what is new "
                      "in the others is found by looking every ten seconds.");
}

static void on_inotify(void *arg, unsigned ready)
{
    struct reader *r = arg;
    uint8_t room[16384] __attribute__((aligned(8)));
    (void)ready;
    for (unsigned i = 0; i < READS_ROUND; i++) {
        ssize_t n = read(r->inotify, room, sizeof(room));

        if (n <= 0)
            break;
        for (size_t at = 0; at + sizeof(struct inotify_event) <= (size_t)n;) {
            struct inotify_event event;

            memcpy(&event, room + at, sizeof(event));
            at += sizeof(event) + event.len;
            r->scan_wanted = r->scan_wanted || (event.mask & ~(uint32_t)ONLY_WRITTEN) != 0;
        }
    }
    work_in(r, WORK_MS);
}

static void inotify_open(struct reader *r)
{
    if (r->inotify >= 0) {
        watch_free(&r->inotify_watch);
        (void)close(r->inotify); /* with what it watched */
    }
    r->folder[0] = 0;
    r->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (r->inotify < 0)
        return; /* looking every ten seconds finds all */
    r->inotify_watch = loop_fd(r->loop, r->inotify, LOOP_READ, on_inotify, r);
    if (r->inotify_watch == NULL) {
        (void)close(r->inotify); /* as above */
        r->inotify = -1;
    }
}

/* --- the loop --------------------------------------------------------------------------------- */

static void on_journal(void *arg, unsigned ready)
{
    struct reader *r = arg;

    (void)ready;
    journal_follow_heard(r->journal);
    work_in(r, WORK_MS);
}

/* Its descriptor is another one once it was opened again. */
static void watch_journal(struct reader *r)
{
    int fd = r->journal != NULL ? journal_follow_fd(r->journal) : -1;

    if (fd == r->journal_fd)
        return;
    watch_free(&r->journal_watch);
    r->journal_fd = -1;
    if (fd < 0)
        return;
    r->journal_watch = loop_fd(r->loop, fd, LOOP_READ, on_journal, r);
    if (r->journal_watch != NULL)
        r->journal_fd = fd;
}

static void scan_when_due(struct reader *r, uint64_t now_ms)
{
    if (!r->scan_wanted || now_ms - r->scanned_ms < SCAN_LEAST_MS)
        return;
    follow_scan(r->follow, now_ms);
    r->scanned_ms = now_ms;
    r->scan_wanted = false;
    follow_folders(r->follow, watch_folder, r);
}

static void on_work(void *arg, unsigned ready)
{
    struct reader *r = arg;
    uint64_t now_ms = loop_ms(r->loop), due;
    unsigned blocks = 0;

    (void)ready;
    r->work_at_ms = UINT64_MAX;
    if (!r->started)
        return;
    scan_when_due(r, now_ms);
    follow_look(r->follow, now_ms);
    while (blocks < BLOCKS_ROUND && send_block(r))
        blocks++;
    watch_journal(r);
    if (blocks == BLOCKS_ROUND) {
        work_soon(r);
        return;
    }
    due = follow_due_ms(r->follow, now_ms);
    if (r->scan_wanted && due > SCAN_LEAST_MS)
        due = SCAN_LEAST_MS;
    work_in(r, due > 0 ? due : 1);
}

static void on_tick(void *arg, unsigned ready)
{
    struct reader *r = arg;

    (void)ready;
    r->scan_wanted = true;
    if (r->journal != NULL)
        journal_follow_retry(r->journal);
    work_soon(r);
}

/* --- made and released ------------------------------------------------------------------------ */

static bool begin(struct reader *r)
{
    r->work = loop_timer(r->loop, on_work, r);
    r->tick = loop_timer(r->loop, on_tick, r);
    r->alone_watch = loop_timer(r->loop, on_alone, r);
    if (r->work == NULL || r->tick == NULL || r->alone_watch == NULL)
        return false;
    watch_every(r->tick, FOLLOW_SCAN_MS);
    inotify_open(r);
    return true;
}

int reader_new(struct reader **out, struct loop *loop, reader_notice_fn *notice, void *arg,
               struct err *e)
{
    struct reader *r = calloc(1, sizeof(*r));
    int rc;

    *out = r;
    if (r == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the reader.");
    r->loop = loop;
    r->notice = notice;
    r->arg = arg;
    r->inotify = r->peer = r->journal_fd = -1;
    r->work_at_ms = UINT64_MAX;
    buf_init(&r->in, IN_BYTES);
    buf_init(&r->out, OUT_BYTES_MAX);
    rc = follow_new(&r->follow, notice, arg, e);
    if (rc == ERR_OK && !begin(r))
        rc = err_set(e, ERR_NOMEM, 0, "There is no memory for the reader.");
    if (rc != ERR_OK)
        reader_free(out);
    return rc;
}

void reader_free(struct reader **pr)
{
    struct reader *r = *pr;

    *pr = NULL;
    if (r == NULL)
        return;
    if (r->follow != NULL)
        peer_close(r);
    watch_free(&r->inotify_watch);
    watch_free(&r->journal_watch);
    watch_free(&r->work);
    watch_free(&r->tick);
    watch_free(&r->alone_watch);
    if (r->inotify >= 0)
        (void)close(r->inotify); /* only watched */
    follow_free(&r->follow);
    journal_follow_free(&r->journal);
    buf_release(&r->in);
    buf_release(&r->out);
    free(r);
}

int reader_settings(struct reader *r, const struct settings *s, struct err *e)
{
    int rc = follow_paths(r->follow, &s->files, e);

    if (rc == ERR_OK && s->journal && r->journal == NULL)
        rc = journal_follow_new(&r->journal, "", r->notice, r->arg, e);
    if (rc != ERR_OK)
        return rc;
    inotify_open(r); /* folders that are followed no longer are watched no longer */
    follow_folders(r->follow, watch_folder, r);
    r->scan_wanted = true;
    work_soon(r);
    return ERR_OK;
}

const struct reader_counts *reader_counts(const struct reader *r)
{
    return &r->counts;
}

const struct follow *reader_follow(const struct reader *r)
{
    return r->follow;
}

/* --- the sandbox ------------------------------------------------------------------------------ */

/* A folder itself; of anything else, its folder: rotated files lie there, and new ones come. */
static char *needed_for(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct stat st;

    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return strdup(path);
    if (slash == NULL)
        return strdup(".");
    return strndup(path, slash > path ? (size_t)(slash - path) : 1);
}

int reader_sandbox(const struct settings *s, char **paths, uint32_t max, struct err *e)
{
    static const char *const journal[] = { "/var/log/journal", "/run/log/journal",
                                           "/etc/machine-id" };
    uint32_t n = 0, want = s->files.count + (s->journal ? (uint32_t)COUNT_OF(journal) : 0);
    bool ok = true;

    if (want > max)
        return err_set(e, ERR_LIMIT, 0, "More than %u paths are followed.", max);
    for (uint32_t i = 0; ok && i < s->files.count; i++)
        ok = (paths[n++] = needed_for(s->files.value[i])) != NULL;
    /* Few machines have both folders, and what is not there cannot be allowed. */
    for (uint32_t i = 0; ok && s->journal && i < COUNT_OF(journal); i++) {
        if (access(journal[i], F_OK) == 0)
            ok = (paths[n++] = strdup(journal[i])) != NULL;
    }
    if (ok)
        return (int)n;
    while (n > 0)
        free(paths[--n]);
    return err_set(e, ERR_NOMEM, 0, "There is no memory for the list of paths.");
}
