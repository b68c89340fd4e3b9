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

static int open_ledger(const char *data, int *dir, struct err *e)
{
    char path[4096];
    int n = snprintf(path, sizeof(path), "%s/ledger", data);

    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    *dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *dir >= 0 || errno == ENOENT
               ? ERR_OK
               : err_set(e, ERR_IO, 0, "%.150s cannot be opened: %s.", path, strerror(errno));
}

int removed_of(const struct io *io, const char *data, uint32_t lane,
               struct removed out[REMOVED_STREAMS], uint32_t *count, struct err *e)
{
    struct reading *r;
    int dir, rc = open_ledger(data, &dir, e);

    *count = 0;
    if (rc != ERR_OK || dir < 0)
        return rc; /* there is none */
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

/* --- all of them ---------------------------------------------------------------------------- */

struct listing {
    struct removed_record *out;
    uint32_t before, count; /* of newer parts; with those of the part at hand, the newest last */
    bool lacks;             /* memory */
    struct deletion record; /* large */
};

/* Behind the newer ones: of the part at hand the last that there is room for. */
static struct removed_record *next_place(struct listing *l)
{
    struct removed_record oldest;

    if (l->count < REMOVED_RECORDS)
        return &l->out[l->count++];
    oldest = l->out[l->before];
    memmove(&l->out[l->before], &l->out[l->before + 1],
            (REMOVED_RECORDS - l->before - 1) * sizeof(*l->out));
    buf_release(&oldest.note);
    return &l->out[REMOVED_RECORDS - 1];
}

static bool on_record(void *arg, const struct note *n, const struct chain_place *at)
{
    struct listing *l = arg;
    const struct deletion *d = &l->record;
    struct removed_record *to;

    (void)at;
    if (!deletion_is(n->text) || deletion_read(n->text, &l->record, NULL) != ERR_OK)
        return true;
    to = next_place(l);
    *to = (struct removed_record){ .number = d->number,
                                   .checkpoint = d->checkpoint,
                                   .begin = d->begin,
                                   .end = d->end,
                                   .time_ns = d->time_ns,
                                   .lane = d->lane,
                                   .blocks = d->block_count,
                                   .months = d->months,
                                   .why = d->why };
    buf_init(&to->note, NOTE_BYTES_MAX);
    buf_add(&to->note, n->whole);
    l->lacks = l->lacks || buf_failed(&to->note);
    return !l->lacks;
}

/* Those of the part that was read, the newest first as those before. */
static void turn_round(struct listing *l)
{
    for (uint32_t i = l->before, k = l->count; i + 1 < k; i++) {
        const struct removed_record one = l->out[i];

        l->out[i] = l->out[--k];
        l->out[k] = one;
    }
    l->before = l->count;
}

static int list_parts(struct listing *l, const struct io *io, int dir, struct err *e)
{
    const struct chain_reader reader = { on_record, NULL, l };
    struct chain *c = NULL;
    int rc = chain_open_reader(&c, io, dir, e);
    uint32_t parts = rc == ERR_OK ? chain_parts(c) : 0;

    for (uint32_t n = 0; n < REMOVED_DAYS && parts > 0 && rc == ERR_OK; n++) {
        if (l->before == REMOVED_RECORDS)
            break;
        rc = chain_read_part(c, --parts, &reader, NULL, e);
        turn_round(l);
    }
    chain_free(&c);
    return rc == ERR_OK && l->lacks
               ? err_set(e, ERR_NOMEM, 0, "There is no memory to read the ledger.")
               : rc;
}

int removed_list(const struct io *io, const char *data, struct removed_record out[REMOVED_RECORDS],
                 uint32_t *count, struct err *e)
{
    struct listing *l;
    int dir, rc = open_ledger(data, &dir, e);

    *count = 0;
    if (rc != ERR_OK || dir < 0)
        return rc; /* there is none */
    l = calloc(1, sizeof(*l));
    rc = l == NULL ? err_set(e, ERR_NOMEM, 0, "There is no memory to read the ledger.") : ERR_OK;
    if (rc == ERR_OK) {
        l->out = out;
        rc = list_parts(l, io, dir, e);
        *count = l->count;
    }
    free(l);
    (void)close(dir); /* only read */
    return rc;
}

void removed_release(struct removed_record out[REMOVED_RECORDS], uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        buf_release(&out[i].note);
}
