/*
 * journal.c - entries of the journal into JSON lines, and places in it.
 */
#include "scan/journal.h"

#include <stdlib.h>
#include <systemd/sd-id128.h>
#include <systemd/sd-journal.h>

#include "base/utf.h"
#include "scan/put.h"

#define FIELD_BYTES_MAX ((size_t)4 << 20) /* core dumps and the like are cut by the library */

struct journal {
    sd_journal *j;
    bool there; /* it stands at the next entry already */
};

int journal_open(struct journal **out, const char *folder, struct err *e)
{
    struct journal *j = calloc(1, sizeof(*j));
    int rc;

    *out = NULL;
    if (j == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the journal.");
    rc = folder[0] == 0 ? sd_journal_open(&j->j, SD_JOURNAL_LOCAL_ONLY)
                        : sd_journal_open_directory(&j->j, folder, 0);
    if (rc < 0) {
        free(j);
        return err_set(e, ERR_IO, 0, "The journal cannot be opened: %s.", strerror(-rc));
    }
    (void)sd_journal_set_data_threshold(j->j, FIELD_BYTES_MAX); /* the default would do too */
    *out = j;
    return ERR_OK;
}

void journal_close(struct journal **pj)
{
    struct journal *j = *pj;

    *pj = NULL;
    if (j == NULL)
        return;
    sd_journal_close(j->j);
    free(j);
}

static void put_value(struct buf *out, struct span value)
{
    if (utf8_valid(value)) {
        put_json_text(out, value);
        return;
    }
    buf_byte(out, '[');
    for (size_t i = 0; i < value.n; i++)
        buf_fmt(out, i > 0 ? ",%u" : "%u", value.p[i]);
    buf_byte(out, ']');
}

int journal_next(struct journal *j, struct buf *out, struct err *e)
{
    const void *data;
    size_t bytes;
    uint64_t us = 0;
    int rc = j->there ? 1 : sd_journal_next(j->j);

    j->there = false;
    if (rc == 0)
        return 0;
    if (rc < 0 || (rc = sd_journal_get_realtime_usec(j->j, &us)) < 0)
        return err_set(e, ERR_IO, 0, "The journal cannot be read: %s.", strerror(-rc));
    buf_fmt(out, "{\"__REALTIME_TIMESTAMP\":\"%llu\"", (unsigned long long)us);
    sd_journal_restart_data(j->j);
    while ((rc = sd_journal_enumerate_available_data(j->j, &data, &bytes)) > 0) {
        struct span field = { data, bytes };
        size_t eq = span_find(field, '=');

        if (eq == field.n)
            continue;
        buf_byte(out, ',');
        put_json_text(out, (struct span){ field.p, eq });
        buf_byte(out, ':');
        put_value(out, span_from(field, eq + 1));
    }
    buf_text(out, "}\n");
    return 1;
}

/* --- following ------------------------------------------------------------------------------- */

static int fault(struct err *e, int rc)
{
    return err_set(e, ERR_IO, 0, "The journal cannot be read: %s.", strerror(-rc));
}

int journal_fd(struct journal *j, struct err *e)
{
    int fd = sd_journal_get_fd(j->j);

    return fd >= 0 ? fd : fault(e, fd);
}

void journal_heard(struct journal *j)
{
    (void)sd_journal_process(j->j); /* whatever changed, the next journal_next() sees it */
}

int journal_seek_boot(struct journal *j, struct err *e)
{
    sd_id128_t boot;
    int rc = sd_id128_get_boot(&boot);

    j->there = false;
    if (rc >= 0)
        rc = sd_journal_seek_monotonic_usec(j->j, boot, 0);
    return rc >= 0 ? ERR_OK : fault(e, rc);
}

int journal_seek_behind(struct journal *j, struct span cursor, struct err *e)
{
    char text[JOURNAL_CURSOR_MAX + 1];
    int rc;

    j->there = false;
    if (cursor.n > JOURNAL_CURSOR_MAX)
        return err_set(e, ERR_LIMIT, 0, "This is no place in the journal.");
    memcpy(text, cursor.p, cursor.n);
    text[cursor.n] = 0;
    if (sd_journal_seek_cursor(j->j, text) < 0) { /* no cursor at all */
        rc = sd_journal_seek_head(j->j);
        return rc >= 0 ? 0 : fault(e, rc);
    }
    rc = sd_journal_next(j->j);
    if (rc < 0)
        return fault(e, rc);
    if (rc == 0)
        return 0; /* nothing from there on: what comes is next */
    if (sd_journal_test_cursor(j->j, text) > 0)
        return 1;
    j->there = true;
    return 0;
}

int journal_cursor(struct journal *j, struct buf *out, struct err *e)
{
    char *text = NULL;
    int rc = sd_journal_get_cursor(j->j, &text);

    buf_clear(out);
    if (rc < 0)
        return fault(e, rc);
    buf_text(out, text);
    free(text);
    return ERR_OK;
}
