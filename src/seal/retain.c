/*
 * retain.c - see retain.h.
 */
#include "seal/retain.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "seal/tree.h"

static int days_of_month(int year, int month) /* from 0 */
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month] + (month == 1 && leap);
}

int32_t retain_until(int32_t day, uint16_t months)
{
    const time_t at = (time_t)day * 86400;
    struct tm tm;
    int last;

    (void)gmtime_r(&at, &tm);
    tm.tm_mon += months;
    tm.tm_year += tm.tm_mon / 12;
    tm.tm_mon %= 12;
    last = days_of_month(tm.tm_year + 1900, tm.tm_mon);
    if (tm.tm_mday > last)
        tm.tm_mday = last;
    return (int32_t)(timegm(&tm) / 86400) + 1;
}

/* Is it of the newest run of its lane? The list is by lane. */
static bool is_newest(const struct catalog *c, uint32_t i)
{
    for (uint32_t k = 0; k < c->count; k++) {
        if (c->file[k].name.lane == c->file[i].name.lane && c->file[k].name.to > c->file[i].name.to)
            return false;
    }
    return true;
}

static int remove_file(const struct io *io, int sealed_dir, const struct catalog_file *f,
                       struct retain_counts *done, struct err *e)
{
    char name[SEALED_NAME_BYTES], folder[SEALED_NAME_BYTES];
    int dir = catalog_folder(sealed_dir, f->day, f->months), rc;
    struct stat st = { 0 };

    sealed_file_name(name, &f->name);
    sealed_folder_name(folder, f->day, f->months);
    rc = dir >= 0 ? fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) : -1;
    if (rc == 0)
        rc = io->unlink(io->arg, dir, name);
    if (rc != 0)
        (void)err_set(e, ERR_IO, 0, "sealed/%s/%s, whose time is over, cannot be removed: %s.",
                      folder, name, strerror(errno));
    if (dir >= 0)
        (void)close(dir); /* only a folder */
    if (rc != 0)
        return ERR_IO;
    done->files++;
    done->bytes += (uint64_t)st.st_size;
    (void)unlinkat(sealed_dir, folder, AT_REMOVEDIR); /* stays while it holds something */
    return ERR_OK;
}

/* --- What went ------------------------------------------------------------------------------ */

struct retain {
    const struct retain_from *from;
    struct merkle_hasher *hasher;
    struct deletion record;
};

/* A file's leaves, as a range of its stream, and what the stream is behind it. */
static int read_file(const struct retain *r, const struct catalog_file *f,
                     struct merkle_range *leaves, struct merkle_range *behind, struct err *e)
{
    struct sealed_file *file = NULL;
    char name[SEALED_NAME_BYTES];
    int dir = catalog_folder(r->from->sealed_dir, f->day, f->months), rc;

    sealed_file_name(name, &f->name);
    rc = dir >= 0 ? sealed_open(&file, dir, name, e)
                  : err_set(e, ERR_IO, 0, "A folder of sealed files cannot be opened: %s.",
                            strerror(errno));
    if (dir >= 0)
        (void)close(dir); /* only a folder */
    for (uint32_t i = 0; rc == ERR_OK && i < sealed_block_count(file); i++) {
        const struct sealed_block *b = sealed_block(file, i);
        struct merkle_range roots;
        struct span bytes;

        rc = sealed_roots(file, i, &bytes, e);
        if (i == 0)
            merkle_begin(leaves, b->place);
        if (rc == ERR_OK && (leaves->end != b->place ||
                             !merkle_read(&roots, b->place, b->place + b->events, bytes)))
            rc = err_set(e, ERR_CORRUPT, 0, "The roots of %s are damaged.", name);
        if (rc == ERR_OK)
            merkle_join(r->hasher, leaves, &roots);
    }
    if (rc == ERR_OK && !tree_read(sealed_stream(file), behind))
        rc = err_set(e, ERR_CORRUPT, 0, "The tree of %s is damaged.", name);
    sealed_free(&file);
    return rc;
}

static bool is_over(const struct retain *r, uint32_t i)
{
    const struct catalog *c = r->from->catalog;

    return c->file[i].state == CATALOG_COUNTS &&
           r->from->today >= retain_until(c->file[i].day, c->file[i].months) && !is_newest(c, i);
}

/* The file at `from` of the list, or the next of its stream; the end of the list. */
static uint32_t next_of(const struct catalog *c, uint32_t from, const struct catalog_file *of)
{
    for (uint32_t i = from; i < c->count && c->file[i].name.lane == of->name.lane; i++) {
        if (c->file[i].months == of->months && c->file[i].state == CATALOG_COUNTS)
            return i;
    }
    return c->count;
}

/*
 * A record of the files of a stream from `i` on that go now; *end is the first that stays. Of one
 * that cannot be read the digest is zeros; the last must be read, for what is behind it.
 */
static int make_record(struct retain *r, uint32_t i, uint32_t *end, struct err *e)
{
    const struct catalog *c = r->from->catalog;
    const struct catalog_file *of = &c->file[i];
    struct deletion *d = &r->record;
    uint64_t at = r->from->gone(r->from->arg, of->name.lane, of->months);
    struct merkle_range leaves, behind;
    uint32_t unread = 0;
    int rc = ERR_OK;

    *d = (struct deletion){
        .why = DELETION_retention, .lane = of->name.lane, .months = of->months, .begin = at
    };
    *end = i;
    for (; i < c->count && is_over(r, i) && d->block_count + unread < DELETION_BLOCKS;
         i = next_of(c, i + 1, of)) {
        rc = read_file(r, &c->file[i], &leaves, &behind, e);
        if (rc == ERR_NOMEM || rc == ERR_IO)
            return rc;
        if (rc != ERR_OK) {
            unread++;
            continue;
        }
        *end = i + 1;
        if (behind.end <= at)
            continue; /* it is recorded already, and was not removed yet */
        if (leaves.begin > at)
            d->block[d->block_count++] =
                (struct deletion_block){ .begin = at, .end = leaves.begin };
        d->block[d->block_count].begin = leaves.begin > at ? leaves.begin : at;
        d->block[d->block_count].end = behind.end;
        if (leaves.begin >= at && leaves.end == behind.end)
            deletion_digest(r->hasher, &leaves, &d->block[d->block_count].digest);
        d->block_count++;
        unread = 0;
        at = behind.end;
        d->end = at;
        d->hash_count = behind.count;
        memcpy(d->hash, behind.node, behind.count * sizeof(*behind.node));
    }
    return ERR_OK;
}

static int remove_stream(struct retain *r, uint32_t i, struct retain_counts *done, struct err *e)
{
    const struct catalog *c = r->from->catalog;
    const struct catalog_file *of = &c->file[i];
    uint32_t end = i;

    for (;;) {
        int rc;

        i = next_of(c, end, of);
        if (i == c->count || !is_over(r, i))
            return ERR_OK;
        rc = make_record(r, i, &end, e);
        if (rc != ERR_OK || end == i)
            return rc;
        if (r->record.block_count > 0)
            rc = r->from->record(r->from->arg, &r->record, e);
        for (; rc == ERR_OK && i < end; i = next_of(c, i + 1, of))
            rc = remove_file(r->from->io, r->from->sealed_dir, &c->file[i], done, e);
        if (rc != ERR_OK)
            return rc;
    }
}

/* Is it the first of its stream in the list? */
static bool is_first(const struct catalog *c, uint32_t i)
{
    uint32_t begin = i;

    while (begin > 0 && c->file[begin - 1].name.lane == c->file[i].name.lane)
        begin--;
    return next_of(c, begin, &c->file[i]) == i;
}

int retain_remove(const struct retain_from *from, struct retain_counts *done, struct err *e)
{
    const struct catalog *c = from->catalog;
    struct retain r = { .from = from };
    uint64_t before = done->files;
    int rc = merkle_hasher_new(&r.hasher, e);

    for (uint32_t i = 0; i < c->count && rc == ERR_OK; i++) {
        if (is_over(&r, i) && is_first(c, i))
            rc = remove_stream(&r, i, done, e);
    }
    if (done->files > before && from->io->sync_dir(from->io->arg, from->sealed_dir) != 0 &&
        rc == ERR_OK)
        rc = err_set(e, ERR_IO, 0, "The folder of sealed files cannot be synced: %s.",
                     strerror(errno));
    merkle_hasher_free(&r.hasher);
    return rc;
}
