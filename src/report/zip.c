/*
 * zip.c - libarchive's zip writer into a buffer.
 */
#include "report/zip.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

static la_ssize_t write_buf(struct archive *a, void *arg, const void *data, size_t n)
{
    struct buf *to = arg;

    buf_add(to, (struct span){ data, n });
    if (!buf_failed(to))
        return (la_ssize_t)n;
    archive_set_error(a, EFBIG, "too large");
    return -1;
}

static bool put_file(struct archive *a, const struct zip_file *f)
{
    struct archive_entry *entry = archive_entry_new();
    bool good;

    if (entry == NULL)
        return false;
    archive_entry_set_pathname(entry, f->name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)f->bytes.n); /* no time: 1980, in every zone */
    good = archive_write_header(a, entry) == ARCHIVE_OK &&
           archive_write_data(a, f->bytes.p, f->bytes.n) == (la_ssize_t)f->bytes.n;
    archive_entry_free(entry);
    return good;
}

int zip_write(const struct zip_file *files, size_t count, struct buf *out, struct err *e)
{
    struct archive *a = archive_write_new();
    bool good;
    int rc = ERR_OK;

    if (a == NULL)
        return err_set(e, ERR_NOMEM, 0, "no memory for a zip file");
    buf_clear(out);
    good = archive_write_set_format_zip(a) == ARCHIVE_OK &&
           archive_write_zip_set_compression_deflate(a) == ARCHIVE_OK &&
           archive_write_set_bytes_in_last_block(a, 1) == ARCHIVE_OK &&
           archive_write_open(a, out, NULL, write_buf, NULL) == ARCHIVE_OK;
    for (size_t i = 0; good && i < count; i++)
        good = put_file(a, &files[i]);
    good = good && archive_write_close(a) == ARCHIVE_OK;
    if (buf_failed(out))
        rc = err_set(e, ERR_LIMIT, 0, "The file is larger than %zu bytes.", out->max);
    else if (!good)
        rc = err_set(e, ERR_IO, 0, "The file cannot be written: %.100s.",
                     archive_error_string(a) != NULL ? archive_error_string(a) : "no reason given");
    (void)archive_write_free(a); /* closed, or given up */
    return rc;
}
