/*
 * retain.c - see retain.h.
 */
#include "seal/retain.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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

int retain_remove(const struct io *io, int sealed_dir, const struct catalog *c, int32_t today,
                  struct retain_counts *done, struct err *e)
{
    int rc = ERR_OK;
    uint64_t before = done->files;

    for (uint32_t i = 0; i < c->count && rc == ERR_OK; i++) {
        if (today >= retain_until(c->file[i].day, c->file[i].months) && !is_newest(c, i))
            rc = remove_file(io, sealed_dir, &c->file[i], done, e);
    }
    if (done->files > before && io->sync_dir(io->arg, sealed_dir) != 0 && rc == ERR_OK)
        rc = err_set(e, ERR_IO, 0, "The folder of sealed files cannot be synced: %s.",
                     strerror(errno));
    return rc;
}
