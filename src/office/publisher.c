/*
 * publisher.c - see publisher.h.
 */
#include "office/publisher.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/num.h"
#include "os/file.h"
#include "sigma/rule.h"

#define STAMP     "stamp"
#define NAME_MAX_ 32u
#define IDS_MAX   ((size_t)1 << 20)

struct publisher {
    struct publisher_from from;
    char folder[FILE_PATH_BYTES];
    struct watch *round;
    int64_t written; /* -1: not known yet */
    bool troubled;
};

static int world(const struct publisher *p, const char *name, struct err *e)
{
    return err_set(e, ERR_IO, 0, "%.100s/%.30s cannot be written: %s.", p->folder, name,
                   strerror(errno));
}

/* --- what is there ---------------------------------------------------------------------------- */

/* 0 where nothing was ever written. */
static int64_t read_stamp(const struct publisher *p)
{
    char path[FILE_PATH_BYTES + NAME_MAX_];
    struct buf text;
    uint64_t stamp = 0;

    (void)snprintf(path, sizeof(path), "%s/" STAMP, p->folder);
    buf_init(&text, 64 + FILE_PATH_BYTES);
    if (file_read(path, 64, &text, NULL) != ERR_OK ||
        !num_u64(span_trim(buf_span(&text)), INT64_MAX, &stamp))
        stamp = 0;
    buf_release(&text);
    return (int64_t)stamp;
}

static int db_stamp(struct publisher *p, int64_t *stamp, struct err *e)
{
    struct db_row *r = db_use(p->from.db, DB_HOUSE_RULE_STAMP);
    int rc = db_next(p->from.db, r, e);

    *stamp = rc == 1 ? db_get_int(r, 0) : 0;
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* Under another name first, so that nobody reads half of it. */
static int write_one(const struct publisher *p, int dir, const char *name, struct span bytes,
                     struct err *e)
{
    int fd = openat(dir, "new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = fd >= 0 && file_write_all(fd, bytes) && fsync(fd) == 0;

    if (fd >= 0 && close(fd) != 0)
        good = false;
    return good && renameat(dir, "new", dir, name) == 0 ? ERR_OK : world(p, name, e);
}

static void file_name(char name[NAME_MAX_], int64_t id)
{
    (void)snprintf(name, NAME_MAX_, "%lld.yml", (long long)id);
}

/* Every file of a rule goes that has none any more. */
static int sweep(const struct publisher *p, int dir, const struct buf *kept, struct err *e)
{
    DIR *list = fdopendir(dup(dir));
    struct dirent *d;
    int rc = ERR_OK;

    if (list == NULL)
        return world(p, "", e);
    rewinddir(list);
    while (rc == ERR_OK && (d = readdir(list)) != NULL) {
        const struct span name = span_of(d->d_name);
        char line[NAME_MAX_ + 2];

        if (!span_ends(name, SPAN_LIT(".yml")) || name.n >= NAME_MAX_)
            continue;
        (void)snprintf(line, sizeof(line), "\n%s\n", d->d_name);
        if (memmem(kept->p, kept->n, line, strlen(line)) == NULL &&
            unlinkat(dir, d->d_name, 0) != 0)
            rc = world(p, d->d_name, e);
    }
    (void)closedir(list); /* only read */
    return rc;
}

static int write_rows(struct publisher *p, int dir, struct buf *kept, struct buf *disabled,
                      struct err *e)
{
    struct db_row *r = db_use(p->from.db, DB_HOUSE_RULES_OUT);
    int rc;

    buf_byte(kept, '\n');
    while ((rc = db_next(p->from.db, r, e)) == 1) {
        char name[NAME_MAX_];

        if (db_get_int(r, 3) != 0) {
            buf_add(disabled, db_get_text(r, 1));
            buf_byte(disabled, '\n');
        }
        if (db_get_null(r, 2))
            continue;
        file_name(name, db_get_int(r, 0));
        buf_fmt(kept, "%s\n", name);
        rc = write_one(p, dir, name, db_get_text(r, 2), e);
        if (rc != ERR_OK)
            break;
    }
    db_end(r);
    return rc < 0 ? rc
           : buf_failed(kept) || buf_failed(disabled)
               ? err_set(e, ERR_NOMEM, 0, "There is no memory for the rules of the house.")
               : ERR_OK;
}

static int write_all(struct publisher *p, int dir, int64_t stamp, struct err *e)
{
    struct buf kept, disabled;
    char text[32];
    int n = snprintf(text, sizeof(text), "%lld\n", (long long)stamp), rc;

    buf_init(&kept, IDS_MAX);
    buf_init(&disabled, IDS_MAX);
    rc = write_rows(p, dir, &kept, &disabled, e);
    if (rc == ERR_OK)
        rc = sweep(p, dir, &kept, e);
    if (rc == ERR_OK)
        rc = write_one(p, dir, RULES_DISABLED, buf_span(&disabled), e);
    if (rc == ERR_OK)
        rc = write_one(p, dir, STAMP, (struct span){ (const uint8_t *)text, (size_t)n }, e);
    if (rc == ERR_OK && fsync(dir) != 0)
        rc = world(p, "", e);
    buf_release(&kept);
    buf_release(&disabled);
    return rc;
}

int publisher_round(struct publisher *p, struct err *e)
{
    int64_t stamp;
    int rc = db_stamp(p, &stamp, e), dir;

    if (rc != ERR_OK || stamp == p->written)
        return rc;
    if (p->written < 0 && read_stamp(p) == stamp) {
        p->written = stamp;
        return ERR_OK;
    }
    if (mkdir(p->folder, 0700) != 0 && errno != EEXIST)
        return world(p, "", e);
    dir = open(p->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return world(p, "", e);
    rc = write_all(p, dir, stamp, e);
    (void)close(dir); /* a folder */
    if (rc != ERR_OK)
        return rc;
    p->written = stamp;
    p->from.changed(p->from.arg);
    return ERR_OK;
}

/* --- the loop --------------------------------------------------------------------------------- */

static void on_round(void *arg, unsigned ready)
{
    struct publisher *p = arg;
    char text[ERR_WHY_MAX + 64];
    struct err e;
    int rc = publisher_round(p, &e);

    (void)ready;
    if (rc != ERR_OK && !p->troubled) {
        (void)snprintf(text, sizeof(text), "Published rules wait: %s", e.why);
        p->from.notice(p->from.arg, text);
    }
    p->troubled = rc != ERR_OK;
    watch_after(p->round, PUBLISHER_MS);
}

int publisher_new(struct publisher **out, const struct publisher_from *from, struct err *e)
{
    struct publisher *p = calloc(1, sizeof(*p));

    *out = p;
    if (p == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the rules of the house.");
    p->from = *from;
    p->written = -1;
    (void)snprintf(p->folder, sizeof(p->folder), "%s", from->folder);
    p->round = loop_timer(from->loop, on_round, p);
    if (p->round == NULL) {
        publisher_free(out);
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the rules of the house.");
    }
    watch_after(p->round, 0);
    return ERR_OK;
}

void publisher_free(struct publisher **pp)
{
    struct publisher *p = *pp;

    *pp = NULL;
    if (p == NULL)
        return;
    watch_free(&p->round);
    free(p);
}
