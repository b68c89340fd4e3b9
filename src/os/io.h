/*
 * io.h - what the store asks of the file system, as one table of functions, so that a test can
 * stand between: make the k-th call fail, write short, or leave out a sync.
 *
 * The functions are the system calls of their names, with errno. `io_system` is the real table.
 * Whoever keeps what must not be lost calls these and nothing else. A failed sync is never tried
 * again: the pages that it could not write may be marked clean (fsync on Linux), so a second call
 * would answer for data that is not on the disk.
 */
#ifndef IO_H
#define IO_H

#include <sys/statvfs.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/buf.h"

struct io {
    int (*open)(void *arg, int dir, const char *name, int flags, mode_t mode);
    ssize_t (*writev)(void *arg, int fd, const struct iovec *iov, int count);
    ssize_t (*pread)(void *arg, int fd, void *dst, size_t n, off_t at);
    int (*sync)(void *arg, int fd);      /* fdatasync: data and size */
    int (*sync_dir)(void *arg, int dir); /* fsync of a folder: the names in it */
    int (*rename)(void *arg, int dir, const char *from, const char *to);
    int (*unlink)(void *arg, int dir, const char *name);
    int (*allocate)(void *arg, int fd, off_t bytes); /* posix_fallocate: 0 or an errno */
    int (*statvfs)(void *arg, int dir, struct statvfs *to);
    void *arg;
};

extern const struct io io_system;

/* A small file, whole or not at all: written under the name `fresh`, synced, called `name`, and the
 * folder synced. False: errno says why, and `name` is as it was. */
bool io_replace(const struct io *io, int dir, const char *fresh, const char *name,
                struct span bytes);

/* All of a file, behind what is in `to`. ERR_NOTFOUND, ERR_IO, ERR_NOMEM when it does not fit. */
int io_read(const struct io *io, int dir, const char *name, struct buf *to, struct err *e);

#endif
