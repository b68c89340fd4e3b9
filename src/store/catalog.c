/*
 * catalog.c - see catalog.h.
 */
#include "store/catalog.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_BYTES sizeof(struct catalog_file)

void catalog_init(struct catalog *c)
{
    *c = (struct catalog){ 0 };
    arena_init(&c->mem, CATALOG_FILES_MAX * FILE_BYTES * 2 + 4096);
}

void catalog_release(struct catalog *c)
{
    arena_release(&c->mem);
    *c = (struct catalog){ 0 };
}

/* --- Listing -------------------------------------------------------------------------------- */

struct listing {
    struct catalog *c;
    struct catalog_file *file;
    uint32_t count, room;
    struct err *e;
};

static int add_file(struct listing *l, int32_t day, uint16_t months, const struct sealed_name *name)
{
    if (l->count == CATALOG_FILES_MAX)
        return err_set(l->e, ERR_LIMIT, 0, "There are more than %u sealed files.",
                       CATALOG_FILES_MAX);
    if (l->count == l->room) {
        uint32_t room = l->room == 0 ? 1024 : 2 * l->room;
        struct catalog_file *more = realloc(l->file, room * FILE_BYTES);

        if (more == NULL)
            return err_set(l->e, ERR_NOMEM, 0, "There is no memory for a list of sealed files.");
        l->file = more;
        l->room = room;
    }
    l->file[l->count++] = (struct catalog_file){ .day = day, .months = months, .name = *name };
    return ERR_OK;
}

/* The names in `fd`, which is closed; `fn` is called for each. */
static int each_name(int fd, int (*fn)(struct listing *, int at, const char *name, const void *arg),
                     struct listing *l, const void *arg)
{
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *d;
    int rc = ERR_OK;

    if (list == NULL) {
        int error = errno;

        if (fd >= 0)
            (void)close(fd); /* nothing was read */
        return error == ENOENT
                   ? ERR_OK /* removed meanwhile */
                   : err_set(l->e, ERR_IO, 0, "A folder of sealed files cannot be read: %s.",
                             strerror(error));
    }
    for (errno = 0; rc == ERR_OK && (d = readdir(list)) != NULL; errno = 0) {
        if (d->d_name[0] != '.')
            rc = fn(l, dirfd(list), d->d_name, arg);
    }
    if (rc == ERR_OK && errno != 0)
        rc = err_set(l->e, ERR_IO, 0, "A folder of sealed files cannot be read: %s.",
                     strerror(errno));
    (void)closedir(list); /* only read */
    return rc;
}

struct folder_of {
    int32_t day;
    uint16_t months;
};

static int on_file(struct listing *l, int at, const char *name, const void *arg)
{
    const struct folder_of *in = arg;
    struct sealed_name of;

    (void)at;
    if (sealed_file_read(span_of(name), &of))
        return add_file(l, in->day, in->months, &of);
    /* What is being written is nobody's concern. */
    l->c->strange += !span_ends(span_of(name), SPAN_LIT(".new"));
    return ERR_OK;
}

static int on_folder(struct listing *l, int at, const char *name, const void *arg)
{
    struct folder_of in;

    (void)arg;
    if (!sealed_folder_read(span_of(name), &in.day, &in.months)) {
        l->c->strange++;
        return ERR_OK;
    }
    return each_name(openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), on_file, l,
                     &in);
}

/* --- What counts ---------------------------------------------------------------------------- */

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int file_order(const void *a, const void *b)
{
    const struct catalog_file *x = a, *y = b;
    int o = ORDER(x->name.lane, y->name.lane);

    if (o == 0)
        o = ORDER(x->name.from, y->name.from);
    if (o == 0)
        o = ORDER(x->name.to, y->name.to);
    if (o == 0)
        o = ORDER(x->day, y->day);
    return o != 0 ? o : ORDER(x->months, y->months);
}

/* By folder and lane, and then so that what holds a run comes before it. */
static int merge_order(const void *a, const void *b)
{
    const struct catalog_file *x = *(struct catalog_file *const *)a;
    const struct catalog_file *y = *(struct catalog_file *const *)b;
    int o = ORDER(x->day, y->day);

    if (o == 0)
        o = ORDER(x->months, y->months);
    if (o == 0)
        o = ORDER(x->name.lane, y->name.lane);
    if (o == 0)
        o = ORDER(x->name.from, y->name.from);
    return o != 0 ? o : ORDER(y->name.to, x->name.to);
}

static bool same_place(const struct catalog_file *a, const struct catalog_file *b)
{
    return a->day == b->day && a->months == b->months && a->name.lane == b->name.lane;
}

static int find_merged(struct catalog *c, struct err *e)
{
    struct catalog_file **by = arena_array(&c->mem, c->count + 1, sizeof(*by)), *holds = NULL;

    if (by == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for a list of sealed files.");
    for (uint32_t i = 0; i < c->count; i++)
        by[i] = &c->file[i];
    qsort(by, c->count, sizeof(*by), merge_order);
    for (uint32_t i = 0; i < c->count; i++) {
        if (holds != NULL && same_place(holds, by[i]) && by[i]->name.to <= holds->name.to)
            by[i]->state = CATALOG_MERGED;
        else
            holds = by[i];
    }
    return ERR_OK;
}

/* The newest run of each lane: are all its parts there? `end` is behind the lane's last file. */
static void find_unfinished(struct catalog *c, uint32_t begin, uint32_t end)
{
    const struct sealed_name *newest = &c->file[begin].name;
    uint32_t parts = 0;

    for (uint32_t i = begin; i < end; i++) {
        if (c->file[i].name.to > newest->to ||
            (c->file[i].name.to == newest->to && c->file[i].name.from < newest->from))
            newest = &c->file[i].name;
    }
    for (uint32_t i = begin; i < end; i++)
        parts += c->file[i].name.from == newest->from && c->file[i].name.to == newest->to;
    if (parts >= newest->parts)
        return;
    for (uint32_t i = begin; i < end; i++) {
        if (c->file[i].name.from == newest->from && c->file[i].name.to == newest->to)
            c->file[i].state = CATALOG_UNFINISHED;
    }
}

static void judge_lanes(struct catalog *c)
{
    uint32_t end;

    for (uint32_t begin = 0; begin < c->count; begin = end) {
        for (end = begin; end < c->count && c->file[end].name.lane == c->file[begin].name.lane;)
            end++;
        find_unfinished(c, begin, end);
    }
}

int catalog_read(struct catalog *c, int dir, struct err *e)
{
    struct listing l = { .c = c, .e = e };
    int rc;

    catalog_release(c);
    catalog_init(c);
    rc = each_name(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), on_folder, &l, NULL);
    if (rc == ERR_OK && l.count > 0) {
        c->file = arena_array(&c->mem, l.count, FILE_BYTES);
        if (c->file == NULL)
            rc = err_set(e, ERR_NOMEM, 0, "There is no memory for a list of sealed files.");
    }
    if (rc == ERR_OK && l.count > 0) {
        memcpy(c->file, l.file, l.count * FILE_BYTES);
        c->count = l.count;
        qsort(c->file, c->count, FILE_BYTES, file_order);
        rc = find_merged(c, e);
        judge_lanes(c);
    }
    free(l.file);
    return rc;
}

uint64_t catalog_next(const struct catalog *c, uint32_t lane)
{
    uint64_t next = 0;

    for (uint32_t i = 0; i < c->count; i++) {
        const struct catalog_file *f = &c->file[i];

        if (f->name.lane == lane && f->state != CATALOG_UNFINISHED && f->name.to >= next)
            next = f->name.to + 1;
    }
    return next;
}

int catalog_folder(int dir, int32_t day, uint16_t months)
{
    char name[SEALED_NAME_BYTES];

    sealed_folder_name(name, day, months);
    return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}
