/*
 * evidence_out.c - see evidence_out.h.
 */
#include "cmd/evidence_out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/file.h"
#include "seal/evidence_tar.h"

struct evidence_out {
    int fd;                   /* of the folder, or of the tar file */
    struct evidence_tar *tar; /* NULL: a folder */
    int64_t now_ns;
};

static int world(struct err *e, const char *name, const char *why)
{
    return err_set(e, ERR_IO, 0, "%.120s cannot be written: %s.", name, why);
}

static int write_tar(void *arg, struct span bytes, struct err *e)
{
    const struct evidence_out *o = arg;

    return file_write_all(o->fd, bytes) ? ERR_OK : world(e, "The tar file", strerror(errno));
}

static int open_tar(struct evidence_out *o, const char *path, struct err *e)
{
    o->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (o->fd < 0)
        return errno == EEXIST ? err_set(e, ERR_USAGE, 0, "%.150s is there already.", path)
                               : world(e, path, strerror(errno));
    return evidence_tar_new(&o->tar, o->now_ns, write_tar, o, e);
}

static int open_folder(struct evidence_out *o, const char *path, struct err *e)
{
    if (mkdir(path, 0755) != 0)
        return errno == EEXIST ? err_set(e, ERR_USAGE, 0, "%.150s is there already.", path)
                               : world(e, path, strerror(errno));
    o->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return o->fd >= 0 ? ERR_OK : world(e, path, strerror(errno));
}

int evidence_out_new(struct evidence_out **out, const char *path, int64_t now_ns, struct err *e)
{
    struct evidence_out *o = calloc(1, sizeof(*o));
    int rc;

    *out = o;
    if (o == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to write evidence.");
    *o = (struct evidence_out){ .fd = -1, .now_ns = now_ns };
    rc =
        span_ends(span_of(path), SPAN_LIT(".tar")) ? open_tar(o, path, e) : open_folder(o, path, e);
    if (rc != ERR_OK)
        evidence_out_free(out);
    return rc;
}

static int put_file(struct evidence_out *o, const char *name, struct span bytes, struct err *e)
{
    const char *slash = strchr(name, '/'); /* one folder deep at most */
    char folder[64];
    int fd, n;

    if (slash != NULL) {
        n = snprintf(folder, sizeof(folder), "%.*s", (int)(slash - name), name);
        MUST(n > 0 && (size_t)n < sizeof(folder));
        if (mkdirat(o->fd, folder, 0755) != 0 && errno != EEXIST)
            return world(e, folder, strerror(errno));
    }
    fd = openat(o->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return world(e, name, strerror(errno));
    if (!file_write_all(fd, bytes) || fsync(fd) != 0) {
        n = errno;
        (void)close(fd); /* it is told already */
        return world(e, name, strerror(n));
    }
    return close(fd) == 0 ? ERR_OK : world(e, name, strerror(errno));
}

int evidence_out_put(void *arg, const char *name, struct span bytes, struct err *e)
{
    struct evidence_out *o = arg;

    return o->tar != NULL ? evidence_tar_put(o->tar, name, bytes, e) : put_file(o, name, bytes, e);
}

int evidence_out_end(struct evidence_out *o, struct err *e)
{
    int rc = o->tar != NULL ? evidence_tar_end(o->tar, e) : ERR_OK;

    if (rc != ERR_OK)
        return rc;
    return fsync(o->fd) == 0 ? ERR_OK : world(e, "The evidence", strerror(errno));
}

void evidence_out_free(struct evidence_out **out)
{
    struct evidence_out *o = *out;

    *out = NULL;
    if (o == NULL)
        return;
    evidence_tar_free(&o->tar);
    if (o->fd >= 0)
        (void)close(o->fd);
    free(o);
}
