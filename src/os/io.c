/*
 * io.c - the real table: each function is the system call of its name.
 */
#include "os/io.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

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
