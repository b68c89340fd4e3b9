/*
 * follow_copy.c - files that are copies of one that is followed: "copytruncate" leaves them, and
 * people do. What was read there is not read again; what was not, is.
 *
 * Only a file that came while its original was followed, or while nobody looked, and that bears the
 * original's name and more, is suspected. It is decided once it is at rest, by its bytes:
 *
 *   the original was truncated, and its last place is in the copy    goes on there
 *   the original is as it was, and the copy is a front of it         nothing of it is read
 *
 * Copies below 1,024 bytes of a file that was not truncated are read as files of their own: so
 * little may be the same by chance, and to read twice is better than not to read.
 */
#include <stdlib.h>

#include "collect/follow_own.h"

static bool is_original(const struct file *of, const struct file *x)
{
    return of != x && follow_is_beside(x->path, of->name);
}

static bool row_is_original(const struct known_row *row, const struct file *x, struct mark *m)
{
    char path[FILE_PATH_BYTES];

    if (row->p == NULL || !mark_read((struct span){ row->p, row->n }, m))
        return false;
    memcpy(path, m->path.p, m->path.n);
    path[m->path.n] = 0;
    return follow_is_beside(x->path, path);
}

bool file_is_suspect(const struct follow *f, const struct file *x)
{
    struct mark m;

    for (uint32_t i = 0; i < f->known.rows; i++) {
        if (row_is_original(&f->known.row[i], x, &m))
            return true;
    }
    for (uint32_t i = 0; f->scans > 0 && i < f->files; i++) {
        if (is_original(f->file[i], x))
            return true;
    }
    return false;
}

/* It is a copy: it goes on at this place, under the original's name. */
static void go_on(struct follow *f, struct file *x, const struct place *at, struct span name)
{
    char *copy = strndup((const char *)name.p, name.n);

    if (copy == NULL || !place_copy(&x->place, at)) {
        free(copy);
        follow_fault(f, FOLLOW_MEMORY, x->path, NULL);
        return;
    }
    free(x->name);
    x->name = copy;
    x->moved = x->tell = true;
    f->counts.copies++;
}

/* The place at the file's end, of which nothing is to be read. */
static bool place_at_end(const struct file *x, const struct place *like, struct place *to)
{
    uint8_t room[PLACE_HEAD_BYTES];

    *to = *like; /* borrows its header lines */
    to->offset = x->size;
    to->head_bytes = PLACE_HEAD_BYTES;
    to->tail_bytes = PLACE_TAIL_BYTES;
    if (x->size < PLACE_HEAD_BYTES || !file_read_at(x->fd, 0, room, PLACE_HEAD_BYTES))
        return false;
    to->head_hash = place_hash((struct span){ room, PLACE_HEAD_BYTES });
    if (!file_read_at(x->fd, x->size - PLACE_TAIL_BYTES, room, PLACE_TAIL_BYTES))
        return false;
    to->tail_hash = place_hash((struct span){ room, PLACE_TAIL_BYTES });
    return true;
}

/* A copy of what was passed up to this place, of which the original is gone. */
static bool decide_by_place(struct follow *f, struct file *x, const struct place *p,
                            struct span name)
{
    struct place end;

    if (p->offset == 0)
        return false;
    if (place_is_there(p, x->fd, x->size)) {
        go_on(f, x, p, name);
        return true;
    }
    if (x->size >= p->offset || !place_at_end(x, p, &end) || p->head_bytes != PLACE_HEAD_BYTES ||
        end.head_hash != p->head_hash)
        return false;
    go_on(f, x, &end, name);
    return true;
}

/* A copy of the front of a file that is there still, and gives the rest itself. */
static bool decide_by_file(struct follow *f, struct file *x, const struct file *of)
{
    struct place end;

    if (!of->place.begun || x->size > of->size || !place_at_end(x, &of->place, &end) ||
        !place_is_there(&end, of->fd, of->size))
        return false;
    go_on(f, x, &end, span_of(of->name));
    return true;
}

void file_decide(struct follow *f, struct file *x)
{
    x->unsure = false;
    for (uint32_t i = 0; i < f->known.rows; i++) {
        struct mark m;

        if (row_is_original(&f->known.row[i], x, &m) && decide_by_place(f, x, &m.place, m.path))
            return;
    }
    for (uint32_t i = 0; i < f->files; i++) {
        const struct file *of = f->file[i];

        if (is_original(of, x) &&
            (decide_by_place(f, x, &of->before, span_of(of->name)) || decide_by_file(f, x, of)))
            return;
    }
}
