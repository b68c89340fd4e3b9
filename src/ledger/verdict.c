/*
 * verdict.c - see verdict.h.
 */
#include "ledger/verdict.h"

#include <stdlib.h>

struct finder {
    struct links links;
    struct verdict *v;
};

static void note_place(struct verdict *v, const struct chain_place *at)
{
    v->has_place = true;
    v->part = at->part;
    v->at = at->at;
}

static bool on_note(void *arg, const struct note *n, const struct chain_place *at)
{
    struct finder *f = arg;
    bool good = links_next(&f->links, n, at->first);

    if (!good)
        note_place(f->v, at);
    return good;
}

static bool on_unreadable(void *arg, const struct err *why, const struct chain_place *at)
{
    struct finder *f = arg;

    links_unreadable(&f->links, why);
    note_place(f->v, at);
    return false;
}

static int find(struct finder *f, const struct io *io, int dir, struct err *e)
{
    const struct chain_reader r = { on_note, on_unreadable, f };
    struct chain *c;
    int rc = chain_open_reader(&c, io, dir, e);

    if (rc == ERR_OK)
        rc = chain_read(c, 0, &r, &f->v->torn, e);
    chain_free(&c);
    return rc;
}

static void conclude(struct finder *f)
{
    const struct links *l = &f->links;
    struct verdict *v = f->v;

    v->fault = links_end(&f->links);
    v->next = l->next;
    v->notes = l->notes;
    v->deletions = l->deletions;
    v->clocks = l->clocks;
    v->clock_at = l->clock_at;
    v->last = l->last;
    v->time_ns = l->time_ns;
    v->why = l->why;
    if (l->fault == LINKS_NONE)
        (void)err_set(&v->why, ERR_OK, 0, "%s.", links_text(v->fault));
}

int verdict_find(struct verdict *v, const struct io *io, int dir, const uint8_t root[KEY_BYTES],
                 const struct links_anchor *anchors, uint32_t anchor_count, struct err *e)
{
    struct finder *f = malloc(sizeof(*f));
    struct merkle_hasher *h = NULL;
    int rc = f != NULL ? merkle_hasher_new(&h, e)
                       : err_set(e, ERR_NOMEM, 0, "There is no memory to verify the ledger.");

    memset(v, 0, sizeof(*v));
    if (rc == ERR_OK) {
        links_init(&f->links, h, root);
        f->v = v;
    }
    for (uint32_t i = 0; rc == ERR_OK && i < anchor_count; i++)
        rc = links_anchor(&f->links, &anchors[i], e);
    if (rc == ERR_OK)
        rc = find(f, io, dir, e);
    if (rc == ERR_OK)
        conclude(f);
    merkle_hasher_free(&h);
    free(f);
    return rc;
}

void verdict_put(struct buf *out, const struct verdict *v)
{
    char name[CHAIN_NAME_BYTES] = "-";

    if (v->has_place)
        chain_part_name(&v->part, name);
    buf_fmt(out, "verdict: %s\ncheckpoint: %llu\npart: %s\nbyte: %llu\n", links_name(v->fault),
            (unsigned long long)v->next, name, (unsigned long long)v->at);
    buf_fmt(
        out, "notes: %llu\ndeletions: %llu\ntorn: %llu\nclock-faults: %llu\nclock-first: %llu\n",
        (unsigned long long)v->notes, (unsigned long long)v->deletions, (unsigned long long)v->torn,
        (unsigned long long)v->clocks, (unsigned long long)v->clock_at);
    if (v->next > 0) {
        buf_text(out, "last: ");
        note_put_time(out, v->time_ns);
        buf_fmt(out, "\nanchor: %llu:", (unsigned long long)v->next - 1);
        note_put_hex(out, v->last.bytes, sizeof(v->last.bytes));
        buf_byte(out, '\n');
    }
    buf_fmt(out, "why: %s\n", v->why.why);
}

bool verdict_read_anchor(struct span text, struct links_anchor *a)
{
    size_t n = span_find(text, ':');

    return n < text.n && note_read_u64((struct span){ text.p, n }, UINT64_MAX / 2, &a->number) &&
           note_read_hex(span_from(text, n + 1), a->hash.bytes, MERKLE_HASH_BYTES);
}
