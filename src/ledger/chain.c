/*
 * chain.c - see chain.h.
 */
#include "ledger/chain.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"

#define SUFFIX       ".chain"
#define NUMBER_MAX   9999u
#define DAY_NS       ((int64_t)86400 * TIME_SECOND)
#define WINDOW_BYTES (4 * (size_t)NOTE_BYTES_MAX)
#define EINTR_MAX    1000

struct chain {
    const struct io *io;
    int dir;
    struct chain_part *part;
    uint32_t count, room;
    int fd;       /* of the newest part, for appending; -1 */
    bool spoiled; /* nothing may be appended to the newest part */
    uint8_t *window;
};

/* --- Names ---------------------------------------------------------------------------------- */

void chain_part_name(const struct chain_part *p, char name[CHAIN_NAME_BYTES])
{
    struct time_parts t = { 0 };

    time_date(p->day, &t);
    MUST(t.year >= 1970 && t.year <= 9999 && p->number <= NUMBER_MAX);
    (void)snprintf(name, CHAIN_NAME_BYTES, "%04u-%02u-%02u.%04u" SUFFIX, (unsigned)t.year % 10000,
                   t.month % 100u, t.day % 100u, p->number % 10000);
}

static bool digits(const char *p, unsigned n, uint32_t *out)
{
    *out = 0;
    for (unsigned i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        *out = *out * 10 + (uint32_t)(p[i] - '0');
    }
    return true;
}

/* Only what chain_part_name() makes. */
static bool part_of_name(const char *name, struct chain_part *p)
{
    char again[CHAIN_NAME_BYTES];
    uint32_t year, month, day;

    if (strlen(name) != CHAIN_NAME_BYTES - 1 || !digits(name, 4, &year) ||
        !digits(name + 5, 2, &month) || !digits(name + 8, 2, &day) ||
        !digits(name + 11, 4, &p->number) || year < 1970 || month < 1 || month > 12 || day < 1)
        return false;
    p->day = (int32_t)time_days((int32_t)year, month, day);
    chain_part_name(p, again);
    return strcmp(name, again) == 0;
}

static int part_order(const void *a, const void *b)
{
    const struct chain_part *x = a, *y = b;

    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

/* --- Opening -------------------------------------------------------------------------------- */

static int world(struct err *e, const char *name, const char *what)
{
    return err_set(e, ERR_IO, 0, "The ledger's part \"%.40s\" cannot be %s: %s.", name, what,
                   strerror(errno));
}

static int add_part(struct chain *c, const struct chain_part *p, struct err *e)
{
    struct chain_part *more;

    if (c->count == CHAIN_PARTS_MAX)
        return err_set(e, ERR_LIMIT, 0, "The ledger has more than %u parts.", CHAIN_PARTS_MAX);
    if (c->count == c->room) {
        more = realloc(c->part, (2 * (size_t)c->room + 16) * sizeof(*more));
        if (more == NULL)
            return err_set(e, ERR_NOMEM, 0, "There is no memory for the ledger's parts.");
        c->part = more;
        c->room = 2 * c->room + 16;
    }
    c->part[c->count++] = *p;
    return ERR_OK;
}

static int list_parts(struct chain *c, struct err *e)
{
    int fd = c->io->open(c->io->arg, c->dir, ".", O_RDONLY | O_DIRECTORY, 0), rc = ERR_OK;
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    struct chain_part p;

    if (d == NULL) {
        rc = world(e, ".", "listed");
        if (fd >= 0)
            (void)close(fd);
        return rc;
    }
    for (errno = 0; rc == ERR_OK && (entry = readdir(d)) != NULL; errno = 0) {
        if (part_of_name(entry->d_name, &p))
            rc = add_part(c, &p, e);
    }
    if (rc == ERR_OK && errno != 0)
        rc = world(e, ".", "listed");
    (void)closedir(d);
    if (c->count > 0)
        qsort(c->part, c->count, sizeof(*c->part), part_order);
    return rc;
}

int chain_open_reader(struct chain **out, const struct io *io, int dir, struct err *e)
{
    struct chain *c = calloc(1, sizeof(*c));
    int rc;

    *out = NULL;
    if (c != NULL)
        *c = (struct chain){ .io = io, .dir = dir, .fd = -1, .window = malloc(WINDOW_BYTES) };
    if (c == NULL || c->window == NULL) {
        chain_free(&c);
        return err_set(e, ERR_NOMEM, 0, "There is no memory to read the ledger.");
    }
    rc = list_parts(c, e);
    if (rc != ERR_OK)
        chain_free(&c);
    *out = c;
    return rc;
}

/* What an earlier process wrote there and did not live to sync. */
static int sync_newest(struct chain *c, struct err *e)
{
    char name[CHAIN_NAME_BYTES];
    int fd, rc = ERR_OK;

    chain_part_name(&c->part[c->count - 1], name);
    fd = c->io->open(c->io->arg, c->dir, name, O_RDONLY, 0);
    if (fd < 0)
        return world(e, name, "opened");
    if (c->io->sync(c->io->arg, fd) != 0 || c->io->sync_dir(c->io->arg, c->dir) != 0)
        rc = world(e, name, "made durable");
    (void)close(fd);
    return rc;
}

static bool any_note(void *arg, const struct note *n, const struct chain_place *at)
{
    (void)arg;
    (void)n;
    (void)at;
    return true;
}

int chain_open(struct chain **out, const struct io *io, int dir, struct err *e)
{
    struct chain_reader r = { any_note, NULL, NULL };
    struct chain *c;
    uint64_t torn = 0;
    int rc = chain_open_reader(&c, io, dir, e);

    *out = NULL;
    if (rc != ERR_OK)
        return rc;
    if (c->count > 0) {
        rc = sync_newest(c, e);
        if (rc == ERR_OK)
            rc = chain_read_part(c, c->count - 1, &r, &torn, e);
        c->spoiled = torn > 0;
    }
    if (rc != ERR_OK)
        chain_free(&c);
    *out = c;
    return rc;
}

void chain_free(struct chain **c)
{
    if (*c == NULL)
        return;
    if ((*c)->fd >= 0)
        (void)close((*c)->fd); /* what counts was synced */
    free((*c)->part);
    free((*c)->window);
    free(*c);
    *c = NULL;
}

uint32_t chain_parts(const struct chain *c)
{
    return c->count;
}

/* --- Reading -------------------------------------------------------------------------------- */

struct window {
    struct chain *c;
    const char *name;
    int fd;
    uint64_t at; /* of its first byte in the part */
    size_t from, n;
    bool end; /* of the part */
};

/* Until it is full or the part ends. */
static int fill(struct window *w, struct err *e)
{
    struct chain *c = w->c;

    memmove(c->window, c->window + w->from, w->n - w->from);
    w->at += w->from;
    w->n -= w->from;
    w->from = 0;
    for (int eintr = 0; !w->end && w->n < WINDOW_BYTES;) {
        ssize_t got = c->io->pread(c->io->arg, w->fd, c->window + w->n, WINDOW_BYTES - w->n,
                                   (off_t)(w->at + w->n));

        if (got < 0 && errno == EINTR && ++eintr < EINTR_MAX)
            continue;
        if (got < 0)
            return world(e, w->name, "read");
        w->end = got == 0;
        w->n += (size_t)got;
    }
    return ERR_OK;
}

/* What stands at the window's front is no whole note. True when reading goes on with the next
 * part. */
static bool odd_tail(struct window *w, const struct chain_reader *r, const struct err *why,
                     const struct chain_place *at, uint64_t *torn)
{
    struct span rest = { w->c->window + w->from, w->n - w->from };

    if (r->unreadable != NULL && !(w->end && note_is_torn(rest)))
        return r->unreadable(r->arg, why, at);
    if (torn != NULL)
        *torn += rest.n;
    return true;
}

/* The notes of an open part: 1, 0 when the reader has enough, or a negative code. */
static int read_notes(struct window *w, const struct chain_part *part, const struct chain_reader *r,
                      uint64_t *torn, struct err *e)
{
    struct chain_place at = { .part = *part, .first = true };
    struct err why = { 0 };
    int rc = fill(w, e);

    while (rc == ERR_OK && w->from < w->n) {
        struct span in = { w->c->window + w->from, w->n - w->from };
        struct note n;
        int64_t used = note_next(in, &n, &why);

        at.at = w->at + w->from;
        if (used > 0) {
            if (!r->note(r->arg, &n, &at))
                return 0;
            w->from += (size_t)used;
            at.first = false;
        } else if (!w->end && in.n < WINDOW_BYTES / 2) {
            rc = fill(w, e);
        } else {
            return odd_tail(w, r, &why, &at, torn);
        }
        if (rc == ERR_OK && w->from == w->n && !w->end)
            rc = fill(w, e);
    }
    return rc == ERR_OK ? 1 : rc;
}

static int read_part(struct chain *c, uint32_t part, const struct chain_reader *r, uint64_t *torn,
                     struct err *e)
{
    char name[CHAIN_NAME_BYTES];
    struct window w = { .c = c, .name = name };
    int rc;

    MUST(part < c->count);
    chain_part_name(&c->part[part], name);
    w.fd = c->io->open(c->io->arg, c->dir, name, O_RDONLY, 0);
    if (w.fd < 0)
        return world(e, name, "opened");
    rc = read_notes(&w, &c->part[part], r, torn, e);
    (void)close(w.fd);
    return rc;
}

int chain_read_part(struct chain *c, uint32_t part, const struct chain_reader *r, uint64_t *torn,
                    struct err *e)
{
    int rc = read_part(c, part, r, torn, e);

    return rc < 0 ? rc : ERR_OK;
}

int chain_read(struct chain *c, uint32_t part, const struct chain_reader *r, uint64_t *torn,
               struct err *e)
{
    int rc = 1;

    if (torn != NULL)
        *torn = 0;
    for (; rc == 1 && part < c->count; part++)
        rc = read_part(c, part, r, torn, e);
    return rc < 0 ? rc : ERR_OK;
}

/* --- Appending ------------------------------------------------------------------------------ */

/* The part that a note of `day` belongs into, when the newest will not do. */
static bool next_part(const struct chain *c, int32_t day, struct chain_part *p)
{
    const struct chain_part *newest = c->count > 0 ? &c->part[c->count - 1] : NULL;

    if (newest == NULL || day > newest->day) {
        *p = (struct chain_part){ day, 0 };
        return true;
    }
    *p = (struct chain_part){ newest->day, newest->number + 1 };
    return c->spoiled;
}

static int begin_part(struct chain *c, const struct chain_part *p, struct err *e)
{
    char name[CHAIN_NAME_BYTES];
    int rc;

    if (p->number > NUMBER_MAX)
        return err_set(e, ERR_LIMIT, 0, "A day of the ledger has more than %u parts.",
                       NUMBER_MAX + 1);
    rc = add_part(c, p, e);
    if (rc != ERR_OK)
        return rc;
    chain_part_name(p, name);
    if (c->fd >= 0)
        (void)close(c->fd); /* what counts was synced */
    c->fd = c->io->open(c->io->arg, c->dir, name, O_WRONLY | O_APPEND | O_CREAT | O_EXCL, 0600);
    if (c->fd < 0) {
        int error = errno;

        /* One that is there already is not ours to append to: the next number is tried. */
        c->spoiled = true;
        if (error != EEXIST)
            c->count--;
        errno = error;
        return world(e, name, "made");
    }
    c->spoiled = c->io->sync_dir(c->io->arg, c->dir) != 0;
    return c->spoiled ? world(e, name, "made durable") : ERR_OK;
}

static int reopen(struct chain *c, struct err *e)
{
    char name[CHAIN_NAME_BYTES];

    if (c->fd >= 0)
        return ERR_OK;
    chain_part_name(&c->part[c->count - 1], name);
    c->fd = c->io->open(c->io->arg, c->dir, name, O_WRONLY | O_APPEND, 0);
    return c->fd >= 0 ? ERR_OK : world(e, name, "opened");
}

static int write_note(struct chain *c, struct span note, struct err *e)
{
    char name[CHAIN_NAME_BYTES];
    size_t done = 0;

    chain_part_name(&c->part[c->count - 1], name);
    for (int eintr = 0; done < note.n;) {
        struct span rest = span_from(note, done);
        struct iovec v = { (void *)(uintptr_t)rest.p, rest.n };
        ssize_t n = c->io->writev(c->io->arg, c->fd, &v, 1);

        if (n < 0 && errno == EINTR && ++eintr < EINTR_MAX)
            continue;
        if (n < 0) {
            c->spoiled = done > 0; /* else the part is as it was */
            return world(e, name, "written");
        }
        done += (size_t)n;
    }
    c->spoiled = c->io->sync(c->io->arg, c->fd) != 0;
    return c->spoiled ? world(e, name, "made durable") : ERR_OK;
}

int chain_append(struct chain *c, int64_t time_ns, struct span note, struct err *e)
{
    int32_t day = (int32_t)(time_ns / DAY_NS);
    struct chain_part p;
    int rc;

    MUST(time_ns >= 0 && note.n > 0 && note.n <= NOTE_BYTES_MAX);
    rc = next_part(c, day, &p) ? begin_part(c, &p, e) : reopen(c, e);
    return rc == ERR_OK ? write_note(c, note, e) : rc;
}
