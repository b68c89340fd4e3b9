/*
 * reserve.c - the file is made under its name and allocated; what is not whole is removed.
 *
 * posix_fallocate() of the C library writes to each block where the file system has no call for
 * it: real blocks too, slower. A size alone (ftruncate) would hold nothing.
 */
#include "store/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define FREE_TIMES 3u /* its size, before it is made again */

struct reserve {
    const struct io *io;
    int dir;
    uint64_t bytes;
    enum reserve_state state;
};

const char *reserve_text(enum reserve_state s)
{
    static const char *const texts[] = {
#define X(id, text) text,
        RESERVE_TABLE(X)
#undef X
    };

    MUST((size_t)s < COUNT_OF(texts));
    return texts[s];
}

static int io_fault(struct err *e, const char *what, int error)
{
    return err_set(e, ERR_IO, 0, "The file \"" RESERVE_NAME "\" cannot be %s: %s.", what,
                   strerror(error));
}

static bool is_full(int error)
{
    return error == ENOSPC || error == EDQUOT;
}

/* 0 or an errno. */
static int remove_file(const struct reserve *r)
{
    if (r->io->unlink(r->io->arg, r->dir, RESERVE_NAME) != 0 && errno != ENOENT)
        return errno;
    return r->io->sync_dir(r->io->arg, r->dir) == 0 ? 0 : errno;
}

static int allocate(const struct reserve *r, int fd)
{
    int error;

    do {
        error = r->io->allocate(r->io->arg, fd, (off_t)r->bytes);
    } while (error == EINTR);
    if (error == 0 &&
        (r->io->sync(r->io->arg, fd) != 0 || r->io->sync_dir(r->io->arg, r->dir) != 0))
        error = errno;
    return error;
}

/* The file, whole; r->state is what came of it. */
static int hold(struct reserve *r, struct err *e)
{
    int fd = r->io->open(r->io->arg, r->dir, RESERVE_NAME, O_RDWR | O_CREAT, 0600);
    int error = fd < 0 ? errno : allocate(r, fd);

    if (fd >= 0)
        (void)close(fd); /* nothing was written through it */
    if (error == 0) {
        r->state = RESERVE_HELD;
        return ERR_OK;
    }
    (void)remove_file(r); /* less than all of it is of no use; it may not be there */
    r->state = error == EOPNOTSUPP || error == EINVAL ? RESERVE_UNSUPPORTED : RESERVE_LACKING;
    if (is_full(error) || r->state == RESERVE_UNSUPPORTED)
        return ERR_OK;
    return io_fault(e, "made", error);
}

int reserve_open(struct reserve **out, const struct io *io, int dir, uint64_t bytes, struct err *e)
{
    struct reserve *r = calloc(1, sizeof(*r));
    int rc;

    *out = NULL;
    MUST(bytes > 0 && bytes <= (uint64_t)1 << 40);
    if (r == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the reserve.");
    *r = (struct reserve){ io, dir, bytes, RESERVE_LACKING };
    rc = hold(r, e);
    if (rc != ERR_OK)
        reserve_free(&r);
    *out = r;
    return rc;
}

void reserve_free(struct reserve **r)
{
    free(*r);
    *r = NULL;
}

enum reserve_state reserve_state(const struct reserve *r)
{
    return r->state;
}

int reserve_release(struct reserve *r, struct err *e)
{
    if (r->state != RESERVE_HELD)
        return ERR_OK;
    if (r->io->unlink(r->io->arg, r->dir, RESERVE_NAME) != 0 && errno != ENOENT)
        return io_fault(e, "removed", errno);
    r->state = RESERVE_RELEASED;
    return ERR_OK;
}

int reserve_restore(struct reserve *r, struct err *e)
{
    struct statvfs st;
    int rc;

    if (r->state != RESERVE_RELEASED && r->state != RESERVE_LACKING)
        return 0;
    if (r->io->statvfs(r->io->arg, r->dir, &st) != 0)
        return err_set(e, ERR_IO, 0, "How much of the disk is free cannot be told: %s.",
                       strerror(errno));
    if (st.f_bavail < FREE_TIMES * r->bytes / (st.f_frsize > 0 ? st.f_frsize : 1))
        return 0;
    rc = hold(r, e);
    return rc != ERR_OK ? rc : r->state == RESERVE_HELD;
}
