#include "faulty_io.h"

#include <errno.h>
#include <fcntl.h>

/* Count the call. The errno that it fails with, FAULTY_SHORT, or 0. */
static int call(struct faulty *f, enum faulty_call kind)
{
    int error = 0;

    (void)pthread_mutex_lock(&f->lock);
    f->count[kind]++;
    if ((f->kinds & 1u << kind) != 0) {
        if (f->calls < FAULTY_LOG_MAX)
            f->log[f->calls] = (uint8_t)kind;
        f->calls++;
        if (f->fail_at != 0 && f->calls >= f->fail_at && (f->for_ever || f->failed == 0) &&
            (f->error != FAULTY_SHORT || kind == FAULTY_WRITEV)) {
            f->failed++;
            error = f->error;
        }
    }
    (void)pthread_mutex_unlock(&f->lock);
    return error;
}

static int fails(struct faulty *f, enum faulty_call kind)
{
    int error = call(f, kind);

    if (error > 0)
        errno = error;
    return error > 0;
}

static int f_open(void *arg, int dir, const char *name, int flags, mode_t mode)
{
    struct faulty *f = arg;

    if (fails(f, FAULTY_OPEN))
        return -1;
    if ((flags & O_CREAT) != 0 && f->room_opens && f->room == 0) {
        errno = ENOSPC;
        return -1;
    }
    return io_system.open(NULL, dir, name, flags, mode);
}

/* At most `most` bytes of it. */
static ssize_t write_some(int fd, const struct iovec *iov, int count, uint64_t most)
{
    struct iovec part[1024];
    int n = 0;

    MUST(count <= 1024);
    for (; n < count && most > 0; n++) {
        part[n] = iov[n];
        if (part[n].iov_len > most)
            part[n].iov_len = (size_t)most;
        most -= part[n].iov_len;
    }
    return io_system.writev(NULL, fd, part, n);
}

static ssize_t f_writev(void *arg, int fd, const struct iovec *iov, int count)
{
    struct faulty *f = arg;
    int error = call(f, FAULTY_WRITEV);
    uint64_t all = 0, most;
    ssize_t n;

    for (int i = 0; i < count; i++)
        all += iov[i].iov_len;
    most = error == FAULTY_SHORT && all > 1 ? all / 2 : all;
    if (error > 0 || (all > 0 && f->room == 0)) {
        errno = error > 0 ? error : ENOSPC;
        return -1;
    }
    n = write_some(fd, iov, count, most < f->room ? most : f->room);
    if (n > 0 && f->room != UINT64_MAX)
        f->room -= (uint64_t)n;
    return n;
}

static ssize_t f_pread(void *arg, int fd, void *dst, size_t n, off_t at)
{
    return fails(arg, FAULTY_PREAD) ? -1 : io_system.pread(NULL, fd, dst, n, at);
}

static int f_sync(void *arg, int fd)
{
    struct faulty *f = arg;

    if (fails(f, FAULTY_SYNC))
        return -1;
    return f->no_sync ? 0 : io_system.sync(NULL, fd);
}

static int f_sync_dir(void *arg, int dir)
{
    struct faulty *f = arg;

    if (fails(f, FAULTY_SYNC_DIR))
        return -1;
    return f->no_sync ? 0 : io_system.sync_dir(NULL, dir);
}

static int f_rename(void *arg, int dir, const char *from, const char *to)
{
    return fails(arg, FAULTY_RENAME) ? -1 : io_system.rename(NULL, dir, from, to);
}

static int f_unlink(void *arg, int dir, const char *name)
{
    return fails(arg, FAULTY_UNLINK) ? -1 : io_system.unlink(NULL, dir, name);
}

static int f_allocate(void *arg, int fd, off_t bytes)
{
    struct faulty *f = arg;
    int error = call(f, FAULTY_ALLOCATE);

    if (error > 0)
        return error;
    if ((uint64_t)bytes > f->room)
        return ENOSPC;
    return io_system.allocate(NULL, fd, bytes);
}

static int f_statvfs(void *arg, int dir, struct statvfs *to)
{
    struct faulty *f = arg;
    int rc = fails(f, FAULTY_STATVFS) ? -1 : io_system.statvfs(NULL, dir, to);

    if (rc == 0 && f->room != UINT64_MAX)
        to->f_bavail = to->f_bfree = f->room / (to->f_frsize > 0 ? to->f_frsize : 1);
    return rc;
}

void faulty_init(struct faulty *f)
{
    *f = (struct faulty){ .io = { .open = f_open,
                                  .writev = f_writev,
                                  .pread = f_pread,
                                  .sync = f_sync,
                                  .sync_dir = f_sync_dir,
                                  .rename = f_rename,
                                  .unlink = f_unlink,
                                  .allocate = f_allocate,
                                  .statvfs = f_statvfs,
                                  .arg = f },
                          .kinds = (1u << FAULTY_CALLS) - 1,
                          .room = UINT64_MAX };
    (void)pthread_mutex_init(&f->lock, NULL);
}
