/*
 * evidence_tar.c - see evidence_tar.h.
 */
#include "seal/evidence_tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>

struct evidence_tar {
    struct archive *tar;
    evidence_write_fn *write;
    void *arg;
    int64_t now_ns;
    int rc; /* of what was written last */
    struct err e;
};

static la_ssize_t on_write(struct archive *a, void *arg, const void *bytes, size_t n)
{
    struct evidence_tar *t = arg;

    if (t->rc == ERR_OK)
        t->rc = t->write(t->arg, (struct span){ bytes, n }, &t->e);
    if (t->rc == ERR_OK)
        return (la_ssize_t)n;
    archive_set_error(a, EIO, "%s", t->e.why);
    return -1;
}

/* What whoever writes has said; of the archive itself only memory can be out. */
static int fault(const struct evidence_tar *t, struct err *e)
{
    if (t->rc == ERR_OK)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to write a tar file.");
    if (e != NULL)
        *e = t->e;
    return t->rc;
}

int evidence_tar_new(struct evidence_tar **out, int64_t now_ns, evidence_write_fn *write, void *arg,
                     struct err *e)
{
    struct evidence_tar *t = calloc(1, sizeof(*t));

    *out = t;
    if (t != NULL) {
        *t = (struct evidence_tar){ archive_write_new(), write, arg, now_ns, ERR_OK, { 0 } };
        if (t->tar != NULL && archive_write_set_format_ustar(t->tar) == ARCHIVE_OK &&
            archive_write_open(t->tar, t, NULL, on_write, NULL) == ARCHIVE_OK)
            return ERR_OK;
    }
    evidence_tar_free(out);
    return err_set(e, ERR_NOMEM, 0, "There is no memory to write a tar file.");
}

void evidence_tar_free(struct evidence_tar **pt)
{
    struct evidence_tar *t = *pt;

    *pt = NULL;
    if (t == NULL)
        return;
    if (t->tar != NULL) {
        t->rc = ERR_IO; /* nothing more is written */
        (void)archive_write_free(t->tar);
    }
    free(t);
}

int evidence_tar_put(void *arg, const char *name, struct span bytes, struct err *e)
{
    struct evidence_tar *t = arg;
    struct archive_entry *entry = archive_entry_new();
    bool good;

    if (entry == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to write a tar file.");
    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, (int64_t)bytes.n);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_mtime(entry, t->now_ns / 1000000000, 0);
    good = archive_write_header(t->tar, entry) == ARCHIVE_OK &&
           archive_write_data(t->tar, bytes.p, bytes.n) == (la_ssize_t)bytes.n;
    archive_entry_free(entry);
    return good ? ERR_OK : fault(t, e);
}

int evidence_tar_end(struct evidence_tar *t, struct err *e)
{
    return archive_write_close(t->tar) == ARCHIVE_OK && t->rc == ERR_OK ? ERR_OK : fault(t, e);
}
