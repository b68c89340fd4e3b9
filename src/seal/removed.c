/*
 * removed.c - see removed.h.
 */
#include "seal/removed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/chain.h"

struct reading {
    uint32_t lane;
    struct removed *out;
    uint32_t count;
    struct deletion record; /* large */
};

const char *removed_why(enum deletion_why why)
{
    static const char *const names[] = {
#define X(name) #name,
        DELETION_WHY_TABLE(X)
#undef X
    };

    return why < COUNT_OF(names) ? names[why] : "";
}

/* A later record of a stream stands behind an earlier one. */
static bool on_note(void *arg, const struct note *n, const struct chain_place *at)
{
    struct reading *r = arg;
    const struct deletion *d = &r->record;
    uint32_t i = 0;

    (void)at;
    if (!deletion_is(n->text) || deletion_read(n->text, &r->record, NULL) != ERR_OK ||
        d->lane != r->lane)
        return true;
    while (i < r->count && r->out[i].months != d->months)
        i++;
    if (i == REMOVED_STREAMS)
        return true;
    r->out[i] = (struct removed){ d->months, d->number, d->checkpoint, d->time_ns, d->why, d->end };
    if (i == r->count)
        r->count++;
    return true;
}

static int read_parts(struct reading *r, const struct io *io, int dir, struct err *e)
{
    const struct chain_reader reader = { on_note, NULL, r };
    struct chain *c = NULL;
    int rc = chain_open_reader(&c, io, dir, e);
    uint32_t parts = rc == ERR_OK ? chain_parts(c) : 0;

    for (uint32_t n = 0; n < REMOVED_PARTS && parts > 0 && r->count == 0 && rc == ERR_OK; n++)
        rc = chain_read_part(c, --parts, &reader, NULL, e);
    chain_free(&c);
    return rc;
}

int removed_of(const struct io *io, const char *data, uint32_t lane,
               struct removed out[REMOVED_STREAMS], uint32_t *count, struct err *e)
{
    struct reading *r;
    char path[4096];
    int n = snprintf(path, sizeof(path), "%s/ledger", data), dir, rc;

    *count = 0;
    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return errno == ENOENT
                   ? ERR_OK
                   : err_set(e, ERR_IO, 0, "%.150s cannot be opened: %s.", path, strerror(errno));
    r = calloc(1, sizeof(*r));
    rc = r == NULL ? err_set(e, ERR_NOMEM, 0, "There is no memory to read the ledger.") : ERR_OK;
    if (rc == ERR_OK) {
        r->lane = lane;
        r->out = out;
        rc = read_parts(r, io, dir, e);
        *count = r->count;
    }
    free(r);
    (void)close(dir); /* only read */
    return rc;
}
