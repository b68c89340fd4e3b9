/*
 * follow_scan.c - the followed paths into open files: what came, what was renamed, what is gone.
 *
 * A scan lists what the paths lead to, and settles each inode once: one that is open already is
 * here, or has moved; another one is opened. Open files that no path led to are gone. Beside a path
 * that is no folder its rotated files are looked for, as follow.h says: at the first scan after the
 * start, and when a file that was at the path has moved.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "collect/follow_own.h"

#define INDEX_SLOTS (4 * FOLLOW_FILES_MAX)

struct scan {
    struct follow *f;
    struct file_list list;
    uint64_t now_ms;
};

static const struct span packed[] = { { (const uint8_t *)".gz", 3 },
                                      { (const uint8_t *)".xz", 3 },
                                      { (const uint8_t *)".zst", 4 },
                                      { (const uint8_t *)".bz2", 4 } };

static bool is_packed(struct span name)
{
    for (size_t i = 0; i < COUNT_OF(packed); i++) {
        if (span_ends(name, packed[i]))
            return true;
    }
    return false;
}

bool follow_matches(const char *pattern, const char *name)
{
    const char *star = NULL, *back = NULL;

    while (*name != 0) {
        if (*pattern == '*') {
            star = ++pattern;
            back = name;
        } else if (*pattern == '?' || *pattern == *name) {
            pattern++;
            name++;
        } else if (star != NULL) {
            pattern = star;
            name = ++back;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == 0;
}

/* --- open files by inode ---------------------------------------------------------------------- */

static uint32_t *index_slot(const struct follow *f, uint64_t dev, uint64_t ino)
{
    uint32_t at = (uint32_t)((ino ^ dev << 17) * 0x9E3779B97F4A7C15u >> 32) & (INDEX_SLOTS - 1);

    while (f->index[at] != 0) {
        const struct file *x = f->file[f->index[at] - 1];

        if (x->ino == ino && x->dev == dev)
            break;
        at = (at + 1) & (INDEX_SLOTS - 1);
    }
    return &f->index[at];
}

static bool index_make(struct follow *f)
{
    if (f->index == NULL)
        f->index = calloc(INDEX_SLOTS, sizeof(*f->index));
    if (f->index == NULL)
        return false;
    memset(f->index, 0, INDEX_SLOTS * sizeof(*f->index));
    for (uint32_t i = 0; i < f->files; i++)
        *index_slot(f, f->file[i]->dev, f->file[i]->ino) = i + 1;
    return true;
}

/* --- listing ---------------------------------------------------------------------------------- */

static size_t folder_bytes(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

static const char *last_part(const char *path)
{
    return path + folder_bytes(path);
}

static bool is_pattern(const char *path)
{
    return strpbrk(last_part(path), "*?") != NULL;
}

/* The folder that holds the path, into FILE_PATH_BYTES bytes. */
static void folder_of(char *room, const char *path)
{
    size_t n = folder_bytes(path);

    if (n == 0)
        (void)snprintf(room, FILE_PATH_BYTES, "."); /* fits */
    else
        (void)snprintf(room, FILE_PATH_BYTES, "%.*s", n > 1 ? (int)n - 1 : 1, path);
}

static void list_put(struct scan *s, struct span path)
{
    struct err e;

    if (files_put(&s->list, path, &e) != ERR_OK)
        follow_fault(s->f, e.code == ERR_LIMIT ? FOLLOW_TOO_MANY : FOLLOW_MEMORY,
                     "What is in the followed folders", NULL);
}

bool follow_is_beside(const char *name, const char *of)
{
    size_t n = strlen(of);

    return n > 0 && strncmp(name, of, n) == 0 && name[n] != 0 && strchr(".-_", name[n]) != NULL &&
           strchr(name + n, '/') == NULL;
}

/* The entries of the path's folder that `wanted` wants, sorted by nothing. */
static void list_folder(struct scan *s, const char *path,
                        bool (*wanted)(struct scan *s, const char *path, const struct dirent *d))
{
    char folder[FILE_PATH_BYTES], full[FILE_PATH_BYTES];
    struct dirent *d;
    DIR *dir;

    folder_of(folder, path);
    dir = opendir(folder);
    if (dir == NULL) {
        follow_fault(s->f, FOLLOW_UNREADABLE, folder, strerror(errno));
        return;
    }
    while ((d = readdir(dir)) != NULL) {
        int n;

        if (d->d_type == DT_DIR || !wanted(s, path, d))
            continue;
        n = snprintf(full, sizeof(full), "%.*s%s", (int)folder_bytes(path), path, d->d_name);
        if (n > 0 && (size_t)n < sizeof(full))
            list_put(s, (struct span){ (const uint8_t *)full, (size_t)n });
    }
    (void)closedir(dir); /* only read */
}

static bool wants_pattern(struct scan *s, const char *path, const struct dirent *d)
{
    (void)s;
    if (d->d_name[0] == '.' && last_part(path)[0] != '.')
        return false; /* as a shell has it */
    return follow_matches(last_part(path), d->d_name);
}

static bool wants_known(struct scan *s, const char *path, const struct dirent *d)
{
    (void)path;
    return known_inode(&s->f->known, d->d_ino);
}

static void walk_fault(void *arg, const char *path, const char *why)
{
    struct scan *s = arg;

    follow_fault(s->f, FOLLOW_UNREADABLE, path, why);
}

static void list_path(struct scan *s, const char *path)
{
    struct file_walk walk = { .fault = walk_fault, .arg = s };
    struct stat st;
    struct err e;

    if (is_pattern(path)) {
        list_folder(s, path, wants_pattern);
        return;
    }
    if (stat(path, &st) != 0) {
        if (errno != ENOENT) /* it may come */
            follow_fault(s->f, FOLLOW_UNREADABLE, path, strerror(errno));
        return;
    }
    if (!S_ISDIR(st.st_mode))
        list_put(s, span_of(path));
    else if (files_add(&s->list, path, &walk, &e) != ERR_OK)
        follow_fault(s->f, FOLLOW_UNREADABLE, path, NULL);
}

static void list_all(struct scan *s)
{
    for (uint32_t i = 0; i < s->f->paths.count; i++) {
        struct stat st;
        const char *path = s->f->paths.value[i];

        list_path(s, path);
        if (s->f->scans == 0 && (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)))
            list_folder(s, path, wants_known);
    }
}

/* --- files ------------------------------------------------------------------------------------ */

static bool room_for_file(struct follow *f)
{
    if (f->files == f->cap) {
        uint32_t cap = f->cap == 0 ? 64 : 2 * f->cap;
        struct file **more = realloc(f->file, cap * sizeof(struct file *));

        if (more == NULL)
            return false;
        f->file = more;
        f->cap = cap;
    }
    return true;
}

static int64_t time_of(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

static struct file *file_new(const char *path, int fd, const struct stat *st, uint64_t now_ms)
{
    struct file *x = calloc(1, sizeof(*x));

    if (x == NULL)
        return NULL;
    *x = (struct file){ .fd = -1,
                        .dev = st->st_dev,
                        .ino = st->st_ino,
                        .size = (uint64_t)st->st_size,
                        .changed_ms = now_ms,
                        .tried_size = UINT64_MAX,
                        .here = true };
    x->time_ns = x->found_ns = time_of(st);
    x->path = strdup(path);
    x->name = strdup(path);
    if (x->path == NULL || x->name == NULL)
        file_free(&x);
    else
        x->fd = fd;
    return x;
}

/* Open what stands at the path; the descriptor, or -1 with the reason told. */
static int path_open(struct follow *f, const char *path, struct stat *st)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE)
            follow_fault(f, FOLLOW_TOO_MANY, path, NULL);
        else if (errno != ENOENT) /* gone meanwhile is no fault */
            follow_fault(f, FOLLOW_UNREADABLE, path, strerror(errno));
        return -1;
    }
    if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
        return fd;
    (void)close(fd); /* only opened */
    return -1;
}

static struct file *file_open(struct scan *s, const char *path)
{
    struct follow *f = s->f;
    struct file *x;
    struct stat st;
    int fd;

    if (f->files == FOLLOW_FILES_MAX) {
        follow_fault(f, FOLLOW_TOO_MANY, path, NULL);
        return NULL;
    }
    fd = path_open(f, path, &st);
    if (fd < 0)
        return NULL;
    if (*index_slot(f, st.st_dev, st.st_ino) != 0) {
        (void)close(fd); /* renamed meanwhile to where another one was */
        return NULL;
    }
    x = room_for_file(f) ? file_new(path, fd, &st, s->now_ms) : NULL;
    if (x == NULL) {
        (void)close(fd); /* only opened */
        follow_fault(f, FOLLOW_MEMORY, path, NULL);
        return NULL;
    }
    f->file[f->files++] = x;
    *index_slot(f, x->dev, x->ino) = f->files;
    return x;
}

static void found_new(struct scan *s, const char *path)
{
    struct file *x;

    if (is_packed(span_of(path))) {
        follow_fault(s->f, FOLLOW_COMPRESSED, path, NULL);
        return;
    }
    x = file_open(s, path);
    if (x != NULL)
        file_settle(s->f, x);
}

static void found(struct scan *s, uint32_t at)
{
    const char *path = files_path(&s->list, at);
    struct stat st;
    struct file *x;
    uint32_t i;

    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return; /* gone meanwhile, or nothing that is followed */
    i = *index_slot(s->f, st.st_dev, st.st_ino);
    if (i == 0) {
        found_new(s, path);
        return;
    }
    x = s->f->file[i - 1];
    if (strcmp(x->path, path) == 0)
        x->here = true;
    else if (x->other == 0)
        x->other = at + 1;
}

/* --- rotated more than once between two scans --------------------------------------------------
 */

/* When the first of the files was found that were at this path and are there no longer; INT64_MAX
 * when there is none. */
static int64_t moved_since(const struct follow *f, const char *path)
{
    int64_t first = INT64_MAX;

    for (uint32_t i = 0; i < f->files; i++) {
        const struct file *x = f->file[i];

        if (x->moved && x->found_ns < first && strcmp(x->name, path) == 0)
            first = x->found_ns;
    }
    return first;
}

static void between_open(struct scan *s, const char *name, const char *path)
{
    struct file *x = file_open(s, path);
    char *copy = x != NULL ? strdup(name) : NULL;

    if (copy != NULL) { /* else it is called what it is now */
        free(x->name);
        x->name = copy;
    }
    if (x != NULL) {
        x->moved = true;
        file_settle(s->f, x);
    }
}

/* "log.1", "log-20260301": rotated by the look of it; "log.err" is another log. */
static bool looks_rotated(const char *path, const char *name)
{
    return follow_is_beside(path, name) && ascii_is_digit((uint8_t)path[strlen(name) + 1]) &&
           !is_packed(span_of(path));
}

/* Rotated files beside the path that were written since. */
static void between(struct scan *s, const char *name, int64_t since_ns)
{
    char folder[FILE_PATH_BYTES], path[FILE_PATH_BYTES];
    struct dirent *d;
    DIR *dir;

    folder_of(folder, name);
    dir = opendir(folder);
    while (dir != NULL && (d = readdir(dir)) != NULL) {
        struct stat st;
        int n = snprintf(path, sizeof(path), "%.*s%s", (int)folder_bytes(name), name, d->d_name);

        if (n > 0 && (size_t)n < sizeof(path) && looks_rotated(path, name) &&
            stat(path, &st) == 0 && S_ISREG(st.st_mode) && time_of(&st) >= since_ns &&
            *index_slot(s->f, st.st_dev, st.st_ino) == 0)
            between_open(s, name, path);
    }
    if (dir != NULL)
        (void)closedir(dir); /* only read */
}

/* Since when a file may have come to the path, and left it, unseen; INT64_MAX: none may. */
static int64_t unseen_since(struct follow *f, uint32_t at)
{
    const char *path = f->paths.value[at];
    int64_t since = moved_since(f, path), missing = f->missing_ns[at];
    char folder[FILE_PATH_BYTES];
    struct stat st;

    if (stat(path, &st) == 0) {
        f->missing_ns[at] = 0;
    } else if (missing == 0) {
        folder_of(folder, path);
        if (stat(folder, &st) == 0) /* what came and left since then changed the folder again */
            f->missing_ns[at] = time_of(&st) + 1;
    }
    return missing != 0 && missing < since ? missing : since;
}

static void between_all(struct scan *s)
{
    for (uint32_t i = 0; i < s->f->paths.count; i++) {
        int64_t since_ns = unseen_since(s->f, i);

        if (since_ns != INT64_MAX)
            between(s, s->f->paths.value[i], since_ns);
    }
}

/* --- checkpoints of files that are not there ---------------------------------------------------
 */

static int time_order(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Beyond the limit, those of the files that were written longest ago are forgotten. */
static void known_purge(struct follow *f)
{
    struct known *k = &f->known;
    int64_t *times, limit;
    uint32_t n = 0;
    struct mark m;

    if (k->used <= FOLLOW_KNOWN_MAX)
        return;
    times = calloc(k->used, sizeof(*times));
    if (times == NULL)
        return; /* the next scan tries again */
    for (uint32_t i = 0; i < k->rows; i++) {
        if (k->row[i].p != NULL && mark_read((struct span){ k->row[i].p, k->row[i].n }, &m))
            times[n++] = m.time_ns;
    }
    qsort(times, n, sizeof(*times), time_order);
    limit = times[n - FOLLOW_KNOWN_MAX / 2];
    free(times);
    for (uint32_t i = 0; i < k->rows; i++) {
        while (k->row[i].p != NULL && mark_read((struct span){ k->row[i].p, k->row[i].n }, &m) &&
               m.time_ns < limit) {
            if (*index_slot(f, m.dev, m.ino) == 0) /* else its key is another file's by now */
                follow_forget(f, m.dev, m.ino);
            known_drop(k, &k->row[i]);
        }
    }
}

/* --- a scan ----------------------------------------------------------------------------------- */

static void settle(struct scan *s, struct file *x)
{
    char *path;

    x->gone = !x->here && x->other == 0;
    x->moved = x->moved || !x->here;
    if (!x->here && x->other > 0) {
        path = strdup(files_path(&s->list, x->other - 1));
        if (path != NULL) { /* else it keeps its old one until the next scan */
            free(x->path);
            x->path = path;
        }
    }
}

void follow_scan(struct follow *f, uint64_t now_ms)
{
    struct scan s = { .f = f, .now_ms = now_ms };

    if (!f->started)
        return;
    if (!index_make(f)) {
        follow_fault(f, FOLLOW_MEMORY, "The list of files", NULL);
        return;
    }
    files_init(&s.list);
    for (uint32_t i = 0; i < f->files; i++) {
        f->file[i]->here = false;
        f->file[i]->other = 0;
    }
    list_all(&s);
    for (uint32_t i = 0; i < s.list.count; i++)
        found(&s, i);
    for (uint32_t i = 0; i < f->files; i++)
        settle(&s, f->file[i]);
    between_all(&s);
    files_release(&s.list);
    known_purge(f);
    f->scans++;
}

void follow_folders(const struct follow *f, void (*fn)(void *arg, const char *folder), void *arg)
{
    char room[FILE_PATH_BYTES];
    struct stat st;

    for (uint32_t i = 0; i < f->paths.count; i++) {
        const char *path = f->paths.value[i];

        if (!is_pattern(path) && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
            fn(arg, path);
            continue;
        }
        folder_of(room, path);
        fn(arg, room);
    }
    for (uint32_t i = 0; i < f->files; i++) {
        folder_of(room, f->file[i]->path);
        fn(arg, room);
    }
}
