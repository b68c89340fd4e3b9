/*
 * file.c - reading whole files and listing folders.
 */
#include "os/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_DEPTH_MAX 64u
#define NAMES_BYTES_MAX  ((size_t)1 << 30)
#define READ_BYTES       65536u

void files_init(struct file_list *l)
{
    *l = (struct file_list){ 0 };
    arena_init(&l->names, NAMES_BYTES_MAX);
}

void files_release(struct file_list *l)
{
    arena_release(&l->names);
    free(l->paths);
    *l = (struct file_list){ 0 };
}

int files_put(struct file_list *l, struct span path, struct err *e)
{
    if (l->count == FILE_COUNT_MAX)
        return err_set(e, ERR_LIMIT, 0, "There are more than %u files.", FILE_COUNT_MAX);
    if (l->count == l->cap) {
        size_t cap = l->cap == 0 ? 256 : l->cap * 2;
        struct span *more = realloc(l->paths, cap * sizeof(*more));

        if (more == NULL)
            return err_set(e, ERR_NOMEM, 0, "There is no memory for the list of files.");
        l->paths = more;
        l->cap = cap;
    }
    l->paths[l->count] = arena_span(&l->names, path);
    if (l->paths[l->count].p == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the list of files.");
    l->count++;
    return ERR_OK;
}

/* A walk under way: `path` holds FILE_PATH_BYTES bytes, the first `n` of them used. */
struct walker {
    struct file_list *list;
    const struct file_walk *walk;
    struct err *e;
    char path[FILE_PATH_BYTES];
    size_t n;
};

static void walk_fault(const struct walker *w, const char *why)
{
    if (w->walk->fault != NULL)
        w->walk->fault(w->walk->arg, w->path, why);
}

static int walk_folder(struct walker *w, unsigned depth);

/* What stands at w->path, which is named `name`. */
static int walk_entry(struct walker *w, struct span name, unsigned char type, unsigned depth)
{
    struct span path = { (const uint8_t *)w->path, w->n };
    bool wanted = w->walk->wanted == NULL || w->walk->wanted(name);
    struct stat st;

    if (type == DT_REG)
        return wanted ? files_put(w->list, path, w->e) : ERR_OK;
    if (lstat(w->path, &st) != 0) {
        if (errno != ENOENT) /* gone meanwhile is no fault */
            walk_fault(w, strerror(errno));
        return ERR_OK;
    }
    if (S_ISDIR(st.st_mode))
        return walk_folder(w, depth + 1);
    if (S_ISLNK(st.st_mode) && stat(w->path, &st) != 0)
        return ERR_OK; /* leads nowhere */
    return S_ISREG(st.st_mode) && wanted ? files_put(w->list, path, w->e) : ERR_OK;
}

static int walk_folder(struct walker *w, unsigned depth)
{
    size_t n = w->n;
    struct dirent *d;
    DIR *dir;
    int rc = ERR_OK;

    if (depth > FOLDER_DEPTH_MAX) {
        walk_fault(w, "the folder is nested too deep");
        return ERR_OK;
    }
    dir = opendir(w->path);
    if (dir == NULL && depth == 0)
        return err_set(w->e, ERR_IO, 0, "The folder %.160s cannot be read: %s.", w->path,
                       strerror(errno));
    if (dir == NULL) {
        walk_fault(w, strerror(errno));
        return ERR_OK;
    }
    while (rc == ERR_OK && (d = readdir(dir)) != NULL) {
        int len;

        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
            continue;
        len = snprintf(w->path + n, FILE_PATH_BYTES - n, "/%s", d->d_name);
        if (len < 0 || (size_t)len >= FILE_PATH_BYTES - n) {
            w->path[n] = 0;
            walk_fault(w, "a path below it is too long");
            continue;
        }
        w->n = n + (size_t)len;
        rc = walk_entry(w, span_of(d->d_name), d->d_type, depth);
        w->n = n;
        w->path[n] = 0;
    }
    (void)closedir(dir); /* only read */
    return rc;
}

static int path_order(const void *a, const void *b)
{
    return span_cmp(*(const struct span *)a, *(const struct span *)b);
}

int files_add(struct file_list *l, const char *path, const struct file_walk *walk, struct err *e)
{
    struct walker w = { .list = l, .walk = walk, .e = e };
    size_t n = strlen(path), first = l->count;
    struct stat st;
    int rc;

    if (n == 0 || n >= FILE_PATH_BYTES)
        return err_set(e, ERR_USAGE, 0, "This is no path: '%.100s'.", path);
    if (stat(path, &st) != 0)
        return err_set(e, ERR_IO, 0, "%.160s cannot be read: %s.", path, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return files_put(l, span_of(path), e);
    while (n > 1 && path[n - 1] == '/')
        n--;
    memcpy(w.path, path, n);
    w.n = n;
    rc = walk_folder(&w, 0);
    if (rc == ERR_OK && l->count - first > 1)
        qsort(l->paths + first, l->count - first, sizeof(*l->paths), path_order);
    return rc;
}

int file_read(const char *path, size_t max_bytes, struct buf *out, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), rc = ERR_OK;
    ssize_t got = 0;

    buf_clear(out);
    if (fd < 0)
        return err_set(e, ERR_IO, 0, "%.160s cannot be opened: %s.", path, strerror(errno));
    do {
        if (out->n > max_bytes || !buf_reserve(out, READ_BYTES)) {
            rc = err_set(e, ERR_LIMIT, 0, "%.160s is larger than %zu bytes.", path, max_bytes);
            goto out;
        }
        got = read(fd, out->p + out->n, out->cap - out->n);
        if (got > 0)
            out->n += (size_t)got;
    } while (got > 0 || (got < 0 && errno == EINTR));
    if (got < 0)
        rc = err_set(e, ERR_IO, 0, "%.160s cannot be read: %s.", path, strerror(errno));
out:
    (void)close(fd); /* only read */
    return rc;
}

bool file_write_all(int fd, struct span s)
{
    while (s.n > 0) {
        ssize_t n = write(fd, s.p, s.n);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        s = span_from(s, (size_t)n);
    }
    return true;
}

bool file_read_at(int fd, uint64_t at, void *dst, size_t n)
{
    uint8_t *p = dst;

    while (n > 0) {
        ssize_t got = pread(fd, p, n, (off_t)at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            errno = 0;
        if (got <= 0)
            return false;
        p += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return true;
}
