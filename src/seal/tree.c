/*
 * tree.c - see tree.h.
 */
#include "seal/tree.h"

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

int tree_load(int sealed_dir, uint32_t lane, int32_t day, uint16_t months, struct merkle_range *r,
              struct err *e)
{
    const struct catalog_file *newest = NULL;
    struct catalog c;
    int rc, dir;

    merkle_begin(r, 0);
    catalog_init(&c);
    rc = catalog_read(&c, sealed_dir, e);
    for (uint32_t i = 0; i < c.count && rc == ERR_OK; i++) {
        const struct catalog_file *f = &c.file[i];

        if (f->name.lane == lane && f->day == day && f->months == months &&
            f->state == CATALOG_COUNTS && (newest == NULL || f->name.to > newest->name.to))
            newest = f;
    }
    if (newest != NULL) {
        dir = catalog_folder(sealed_dir, day, months);
        rc = dir >= 0 ? read_newest(dir, newest, r, e)
                      : err_set(e, ERR_IO, 0, "A folder of sealed files cannot be opened.");
        if (dir >= 0)
            (void)close(dir); /* only a folder */
    }
    catalog_release(&c);
    return rc;
}
