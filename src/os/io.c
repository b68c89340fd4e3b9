/*
 * io.c - the real table: each function is the system call of its name.
 */
#include "os/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define IO_TURN 65536u

static int io_open(void *arg, int dir, const char *name, int flags, mode_t mode)
{
    (void)arg;
    return openat(dir, name, flags | O_CLOEXEC, mode);
}

static ssize_t io_writev(void *arg, int fd, const struct iovec *iov, int count)
{
    (void)arg;
    return writev(fd, iov, count);
}

static ssize_t io_pread(void *arg, int fd, void *dst, size_t n, off_t at)
{
    (void)arg;
    return pread(fd, dst, n, at);
}

static int io_sync(void *arg, int fd)
{
    (void)arg;
    return fdatasync(fd);
}

static int io_sync_dir(void *arg, int dir)
{
    (void)arg;
    return fsync(dir);
}

static int io_rename(void *arg, int dir, const char *from, const char *to)
{
    (void)arg;
    return renameat(dir, from, dir, to);
}

static int io_unlink(void *arg, int dir, const char *name)
{
    (void)arg;
    return unlinkat(dir, name, 0);
}

static int io_allocate(void *arg, int fd, off_t bytes)
{
    (void)arg;
    return posix_fallocate(fd, 0, bytes);
}

static int io_statvfs(void *arg, int dir, struct statvfs *to)
{
    (void)arg;
    return fstatvfs(dir, to);
}

const struct io io_system = {
    .open = io_open,
    .writev = io_writev,
    .pread = io_pread,
    .sync = io_sync,
    .sync_dir = io_sync_dir,
    .rename = io_rename,
    .unlink = io_unlink,
    .allocate = io_allocate,
    .statvfs = io_statvfs,
};

/* --- Whole files ---------------------------------------------------------------------------- */

static bool write_fresh(const struct io *io, int dir, const char *name, struct span bytes)
{
    int fd = io->open(io->arg, dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    bool good = fd >= 0;

    while (good && bytes.n > 0) {
        struct iovec v = { (void *)(uintptr_t)bytes.p, bytes.n };
        ssize_t n = io->writev(io->arg, fd, &v, 1);

        if (n <= 0)
            errno = n == 0 ? EIO : errno;
        good = n > 0 || (n < 0 && errno == EINTR);
        bytes = span_from(bytes, n > 0 ? (size_t)n : 0);
    }
    good = good && io->sync(io->arg, fd) == 0;
    if (fd >= 0)
        (void)close(fd); /* what counts was synced */
    return good;
}

bool io_replace(const struct io *io, int dir, const char *fresh, const char *name,
                struct span bytes)
{
    return write_fresh(io, dir, fresh, bytes) && io->rename(io->arg, dir, fresh, name) == 0 &&
           io->sync_dir(io->arg, dir) == 0;
}

int io_read(const struct io *io, int dir, const char *name, struct buf *to, struct err *e)
{
    int fd = io->open(io->arg, dir, name, O_RDONLY, 0);
    off_t at = 0;
    ssize_t n = 1;

    while (fd >= 0 && n > 0 && buf_reserve(to, IO_TURN)) {
        n = io->pread(io->arg, fd, to->p + to->n, IO_TURN, at);
        if (n > 0) {
            to->n += (size_t)n;
            at += n;
        } else if (n < 0 && errno == EINTR) {
            n = 1;
        }
    }
    if (fd < 0 && errno == ENOENT)
        return err_set(e, ERR_NOTFOUND, 0, "There is no %s.", name);
    if (fd < 0 || n < 0)
        (void)err_set(e, ERR_IO, 0, "%s cannot be read: %s.", name, strerror(errno));
    if (fd >= 0)
        (void)close(fd); /* only read */
    if (fd < 0 || n < 0)
        return ERR_IO;
    return n == 0 ? ERR_OK : err_set(e, ERR_NOMEM, 0, "%s is too large.", name);
}
