/*
 * file.h - whole files, and the files below a folder in an order that never changes.
 *
 * A list holds paths in byte order, each followed by a zero byte, in the list's own arena. Links to
 * folders are followed only where the user names them: one that leads back to a folder above it
 * would be walked for ever. What cannot be looked at is told to `fault` and the walk goes on.
 */
#ifndef FILE_H
#define FILE_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"

#define FILE_PATH_BYTES 4096u
#define FILE_COUNT_MAX  1048576u

struct file_list {
    struct arena names;
    struct span *paths; /* p[n] is 0 */
    size_t count, cap;
};

struct file_walk {
    /* Is a regular file of this name (the last part of its path) wanted? NULL: all are. */
    bool (*wanted)(struct span name);
    /* A folder or file below the given path that cannot be looked at. NULL: passed over. */
    void (*fault)(void *arg, const char *path, const char *why);
    void *arg;
};

void files_init(struct file_list *l);
void files_release(struct file_list *l);

/*
 * Add `path`: itself when it is no folder (whatever `wanted` says), else every wanted file below
 * it, sorted. ERR_IO when the path itself cannot be looked at, ERR_LIMIT over FILE_COUNT_MAX.
 */
int files_add(struct file_list *l, const char *path, const struct file_walk *walk, struct err *e);

/* Add `path` as it is, looking at nothing: "-", or a name that means something to the caller. */
int files_put(struct file_list *l, struct span path, struct err *e);

/* The path at `i` as a C string. */
static inline const char *files_path(const struct file_list *l, size_t i)
{
    return (const char *)l->paths[i].p;
}

/* The whole file into `out`, which is cleared first; ERR_LIMIT when it holds more than `max_bytes`
 * (at most out->max). The sentence names the path. */
int file_read(const char *path, size_t max_bytes, struct buf *out, struct err *e);

/* Write all of `s`, however many calls it takes. False with errno set. */
bool file_write_all(int fd, struct span s);

/* The `n` bytes at `at`, however many calls it takes. False when they cannot be read, with errno
 * set, or when the file ends before: errno is 0. */
bool file_read_at(int fd, uint64_t at, void *dst, size_t n);

#endif
