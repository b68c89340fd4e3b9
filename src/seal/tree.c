/*
 * tree.c - see tree.h.
 */
#include "seal/tree.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/bytes.h"

void tree_put(const struct merkle_range *r, struct buf *out)
{
    uint8_t size[8];

    MUST(r->begin == 0);
    bytes_put_u64(size, r->end);
    buf_add(out, (struct span){ size, sizeof(size) });
    for (uint32_t i = 0; i < r->count; i++)
        buf_add(out, (struct span){ r->node[i].bytes, MERKLE_HASH_BYTES });
}

bool tree_read(struct span bytes, struct merkle_range *r)
{
    return bytes.n >= 8 && merkle_read(r, 0, bytes_u64(bytes.p), span_from(bytes, 8));
}

static int read_newest(int dir, const struct catalog_file *f, struct merkle_range *r, struct err *e)
{
    char name[SEALED_NAME_BYTES];
    struct sealed_file *file;
    int rc;

    sealed_file_name(name, &f->name);
    rc = sealed_open(&file, dir, name, e);
    if (rc == ERR_OK && !tree_read(sealed_stream(file), r))
        rc = err_set(e, ERR_CORRUPT, 0, "%s does not say how its tree goes on.", name);
    sealed_free(&file);
    return rc;
}

int tree_load(int sealed_dir, const struct catalog *c, uint32_t lane, uint16_t months,
              struct merkle_range *r, struct err *e)
{
    const struct catalog_file *newest = NULL;
    int rc = ERR_OK, dir;

    for (uint32_t i = 0; i < c->count; i++) {
        const struct catalog_file *f = &c->file[i];

        if (f->name.lane == lane && f->months == months && f->state == CATALOG_COUNTS &&
            (newest == NULL || f->name.to > newest->name.to))
            newest = f;
    }
    MUST(newest != NULL);
    dir = catalog_folder(sealed_dir, newest->day, months);
    rc = dir >= 0 ? read_newest(dir, newest, r, e)
                  : err_set(e, ERR_IO, 0, "A folder of sealed files cannot be opened.");
    if (dir >= 0)
        (void)close(dir); /* only a folder */
    return rc;
}

/* --- Tips ----------------------------------------------------------------------------------- */

void tip_release(struct tip *t)
{
    free(t->stream);
    *t = (struct tip){ 0 };
}

const struct stream *tip_find(const struct tip *t, uint16_t months)
{
    for (uint32_t i = 0; i < t->count; i++) {
        if (t->stream[i].months == months)
            return &t->stream[i];
    }
    return NULL;
}

struct stream *tip_stream(struct tip *t, uint16_t months)
{
    struct stream *more;

    for (uint32_t i = 0; i < t->count; i++) {
        if (t->stream[i].months == months)
            return &t->stream[i];
    }
    more = t->count < TIP_STREAMS ? realloc(t->stream, (t->count + 1u) * sizeof(*more)) : NULL;
    if (more == NULL)
        return NULL;
    t->stream = more;
    more += t->count++;
    more->months = months;
    merkle_begin(&more->range, 0);
    return more;
}

static bool tip_has(const struct tip *a, const struct tip *b)
{
    for (uint32_t i = 0; i < b->count; i++) {
        const struct stream *s = tip_find(a, b->stream[i].months);

        if (s == NULL ? b->stream[i].range.end != 0 : !merkle_same(&s->range, &b->stream[i].range))
            return false;
    }
    return true;
}

bool tip_same(const struct tip *a, const struct tip *b)
{
    return tip_has(a, b) && tip_has(b, a);
}

int tip_copy(struct tip *to, const struct tip *from, struct err *e)
{
    struct stream *stream = NULL;

    if (from->count > 0) {
        stream = malloc(from->count * sizeof(*stream));
        if (stream == NULL)
            return err_set(e, ERR_NOMEM, 0, "There is no memory for the trees of a lane.");
        memcpy(stream, from->stream, from->count * sizeof(*stream));
    }
    tip_release(to);
    *to = (struct tip){ from->seen, from->count, stream };
    return ERR_OK;
}
