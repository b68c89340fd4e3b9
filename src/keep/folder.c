/*
 * folder.c - see folder.h.
 */
#include "keep/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/num.h"
#include "keep/role.h"
#include "os/host.h"
#include "os/process.h"

#define ID_BYTES     16u
#define SEGMENT_TRYS 64u

static int world(struct err *e, const struct folder *f, const char *name, const char *what)
{
    return err_set(e, ERR_IO, 0, "%.120s/%.60s cannot be %s: %s.", f->path, name, what,
                   strerror(errno));
}

/* --- Making --------------------------------------------------------------------------------- */

/* Every folder on the way to `path`, then its absolute name into f->path. */
static int make_path(struct folder *f, const char *path, struct err *e)
{
    char room[FILE_PATH_BYTES], real[PATH_MAX];
    size_t n = strlen(path);

    if (n == 0 || n >= sizeof(room))
        return err_set(e, ERR_USAGE, 0, "This is no path of a data folder: '%.100s'.", path);
    memcpy(room, path, n + 1);
    for (size_t i = 1; i <= n; i++) {
        if (room[i] != '/' && room[i] != 0)
            continue;
        room[i] = 0;
        if (mkdir(room, i == n ? 0700 : 0755) != 0 && errno != EEXIST)
            return err_set(e, ERR_IO, 0, "%.150s cannot be made: %s.", room, strerror(errno));
        room[i] = i < n ? '/' : 0;
    }
    if (realpath(path, real) == NULL || strlen(real) + 64 >= sizeof(f->path))
        return err_set(e, ERR_IO, 0, "%.150s cannot be used: %s.", path, strerror(errno));
    memcpy(f->path, real, strlen(real) + 1);
    f->dir = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return f->dir >= 0 ? ERR_OK : world(e, f, "", "opened");
}

static int find_user(struct folder *f, const char *user, struct err *e)
{
    struct passwd *p;

    if (user[0] == 0 || geteuid() != 0)
        return ERR_OK;
    p = getpwnam(user);
    if (p == NULL)
        return err_set(e, ERR_USAGE, 0, "There is no account '%.60s'.", user);
    f->uid = p->pw_uid;
    f->gid = p->pw_gid;
    f->give = p->pw_uid != 0;
    return ERR_OK;
}

/* To the account's group to read, or (`whole`) to the account. */
static int give(const struct folder *f, int fd, bool whole, const char *name, struct err *e)
{
    struct stat st;
    mode_t mode;

    if (!f->give)
        return ERR_OK;
    if (fstat(fd, &st) != 0)
        return world(e, f, name, "looked at");
    mode = S_ISDIR(st.st_mode) ? 0750 : 0640;
    if (fchown(fd, whole ? f->uid : 0, f->gid) != 0 || fchmod(fd, whole ? 0700 : mode) != 0)
        return world(e, f, name, "given to the account");
    return ERR_OK;
}

/* A folder within `at`, made when it is not there. */
static int open_below(const struct folder *f, int at, const char *name, bool whole, int *dir,
                      struct err *e)
{
    int fd;

    if (mkdirat(at, name, 0700) != 0 && errno != EEXIST)
        return world(e, f, name, "made");
    fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return world(e, f, name, "opened");
    *dir = fd;
    return give(f, fd, whole, name, e);
}

static int make_folders(struct folder *f, struct err *e)
{
    static const struct {
        const char *name;
        bool whole; /* the roles' own */
    } rows[] = { { "rules", true }, { "lanes", false }, { "sealed", true }, { "ledger", true },
                 { "keys", true },  { "desk", true },   { "tls", true },    { "run", false } };
    int rc = give(f, f->dir, false, "", e);

    for (size_t i = 0; i < COUNT_OF(rows) && rc == ERR_OK; i++) {
        int dir = -1;

        rc = open_below(f, f->dir, rows[i].name, rows[i].whole, &dir, e);
        if (i == 0)
            f->rules = dir;
        else if (dir >= 0)
            (void)close(dir); /* only looked at */
    }
    return rc;
}

/* --- The store's id ------------------------------------------------------------------------- */

static int write_id(const struct folder *f, struct err *e)
{
    uint8_t id[ID_BYTES];
    char text[2 * ID_BYTES + 2];
    int fd, rc = host_random(id, sizeof(id), e);
    bool good;

    if (rc != ERR_OK)
        return rc;
    for (size_t i = 0; i < sizeof(id); i++)
        (void)snprintf(text + 2 * i, 3, "%02x", id[i]);
    text[2 * ID_BYTES] = '\n';
    fd = openat(f->dir, "store.new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return world(e, f, "store.new", "made");
    rc = give(f, fd, false, "store.new", e);
    good = file_write_all(fd, (struct span){ (uint8_t *)text, 2 * ID_BYTES + 1 }) && fsync(fd) == 0;
    good = close(fd) == 0 && good;
    if (rc == ERR_OK &&
        (!good || renameat(f->dir, "store.new", f->dir, "store") != 0 || fsync(f->dir) != 0))
        rc = world(e, f, "store", "written");
    return rc;
}

/* Made once; what is there and is none is not replaced, because all events carry it. */
static int check_id(const struct folder *f, struct err *e)
{
    char text[2 * ID_BYTES + 2];
    ssize_t n;
    bool good;
    int fd = openat(f->dir, "store", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return errno == ENOENT ? write_id(f, e) : world(e, f, "store", "opened");
    n = read(fd, text, sizeof(text));
    (void)close(fd); /* only read */
    good = n == (ssize_t)(2 * ID_BYTES + 1) && text[2 * ID_BYTES] == '\n';
    for (size_t i = 0; i < 2 * ID_BYTES && good; i++)
        good = ascii_hex((uint8_t)text[i]) >= 0;
    return good
               ? ERR_OK
               : err_set(e, ERR_CORRUPT, 0,
                         "%.120s/store holds no id of a store: restore it from a backup.", f->path);
}

int folder_open(struct folder *f, const char *path, const char *user, struct err *e)
{
    char lock[FILE_PATH_BYTES];
    int rc;

    *f = (struct folder){ .io = &io_system, .dir = -1, .lock = -1, .rules = -1 };
    rc = find_user(f, user, e);
    if (rc == ERR_OK)
        rc = make_path(f, path, e);
    if (rc == ERR_OK)
        rc = data_path(lock, sizeof(lock), f->path, "lock");
    if (rc == ERR_OK)
        rc = process_lock(lock, &f->lock, e);
    if (rc == ERR_LIMIT)
        return err_set(e, ERR_LIMIT, 0, "Another server uses the data folder %.150s.", f->path);
    if (rc == ERR_OK)
        rc = make_folders(f, e);
    return rc == ERR_OK ? check_id(f, e) : rc;
}

static void close_one(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd); /* folders and a lock */
    *fd = -1;
}

void folder_close(struct folder *f)
{
    for (uint32_t i = 0; i < f->lane_count; i++)
        close_one(&f->lane[i].dir);
    f->lane_count = 0;
    close_one(&f->rules);
    close_one(&f->dir);
    close_one(&f->lock);
}

/* --- Lanes ---------------------------------------------------------------------------------- */

/* The greatest N of "NNNNNNNN.lane", or 0. Segments that were made and never written to are
 * removed: a collector is given one before it needs it. */
static int last_segment(const struct folder *f, int dir, const char *name, uint32_t *last,
                        struct err *e)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *d;

    *last = 0;
    if (list == NULL) {
        close_one(&fd);
        return world(e, f, name, "read");
    }
    while ((d = readdir(list)) != NULL) {
        struct span s = span_of(d->d_name);
        uint64_t number;
        struct stat st;

        if (span_ends(s, SPAN_LIT(".lane")) &&
            fstatat(dir, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
            st.st_size == 0 && unlinkat(dir, d->d_name, 0) == 0)
            continue;
        if (span_ends(s, SPAN_LIT(".lane")) &&
            num_u64((struct span){ s.p, s.n - 5 }, UINT32_MAX - SEGMENT_TRYS - 1, &number) &&
            number > *last)
            *last = (uint32_t)number;
    }
    (void)closedir(list); /* only read */
    return ERR_OK;
}

static int open_lane(struct folder *f, int lanes, uint32_t i, struct err *e)
{
    struct folder_lane *lane = &f->lane[i];
    char name[16];
    int rc;

    (void)snprintf(name, sizeof(name), "%02u", i);
    lane->dir = -1;
    f->lane_count = i + 1;
    rc = open_below(f, lanes, name, false, &lane->dir, e);
    if (rc == ERR_OK)
        rc = last_segment(f, lane->dir, name, &lane->next, e);
    lane->next++;
    return rc;
}

int folder_lanes(struct folder *f, uint32_t *count, struct err *e)
{
    int lanes = openat(f->dir, "lanes", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int rc = ERR_OK;

    MUST(*count <= FOLDER_LANES_MAX);
    if (lanes < 0)
        return world(e, f, "lanes", "opened");
    for (uint32_t i = FOLDER_LANES_MAX; i > *count; i--) {
        char name[16];

        (void)snprintf(name, sizeof(name), "%02u", i - 1);
        if (faccessat(lanes, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            *count = i;
    }
    for (uint32_t i = 0; i < *count && rc == ERR_OK; i++)
        rc = open_lane(f, lanes, i, e);
    /* The names of the lanes must outlive a power cut as their segments do. */
    if (rc == ERR_OK && (fsync(lanes) != 0 || fsync(f->dir) != 0))
        rc = world(e, f, "lanes", "synced");
    (void)close(lanes); /* only looked at and synced */
    return rc;
}

static int sync_names(int dir)
{
#ifdef CANH_BROKEN_NODIRSYNC /* meson_options.txt */
    return 0;
#endif
    return fsync(dir);
}

int folder_segment(struct folder *f, uint32_t lane, int *fd, uint32_t *number, int *error,
                   struct err *e)
{
    struct folder_lane *l = &f->lane[lane];
    char name[32];

    MUST(lane < f->lane_count);
    *fd = -1;
    errno = EEXIST;
    for (uint32_t i = 0; i < SEGMENT_TRYS && *fd < 0 && errno == EEXIST; i++) {
        *number = l->next++;
        (void)snprintf(name, sizeof(name), "%08u.lane", *number);
        *fd = openat(l->dir, name, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                     0600);
    }
    *error = errno;
    if (*fd < 0)
        return world(e, f, name, "made");
    if (give(f, *fd, false, name, e) == ERR_OK && sync_names(l->dir) == 0) {
        *error = 0;
        return ERR_OK;
    }
    *error = errno;
    (void)world(e, f, name, "made");
    (void)unlinkat(l->dir, name, 0); /* an empty file; its number is not used again */
    close_one(fd);
    return ERR_IO;
}

static int is_segment(const struct dirent *d)
{
    return span_ends(span_of(d->d_name), SPAN_LIT(".lane"));
}

/* The oldest first: whoever is killed in between leaves no hole before what is left. */
int folder_segments_remove(const struct folder *f, uint32_t lane, uint32_t number, struct err *e)
{
    const struct folder_lane *l = &f->lane[lane];
    struct dirent **list = NULL;
    int removed = 0, rc = ERR_OK, count;

    MUST(lane < f->lane_count);
    if (number >= l->next)
        number = l->next - 1;
    count = scandirat(l->dir, ".", &list, is_segment, versionsort);
    if (count < 0)
        return world(e, f, "lanes", "read");
    for (int i = 0; i < count; i++) {
        struct span s = span_of(list[i]->d_name);
        uint64_t n;

        if (rc == ERR_OK && num_u64((struct span){ s.p, s.n - 5 }, UINT32_MAX, &n) && n < number) {
            if (f->io->unlink(f->io->arg, l->dir, list[i]->d_name) == 0)
                removed++;
            else
                rc = world(e, f, list[i]->d_name, "removed");
        }
        free(list[i]);
    }
    free(list);
    return rc == ERR_OK ? removed : rc;
}

/* --- Generations ---------------------------------------------------------------------------- */

static int number_order(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

uint32_t folder_generations(const struct folder *f, uint64_t *number, uint32_t max)
{
    int fd = openat(f->rules, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    uint32_t count = 0;
    struct dirent *d;

    if (list == NULL) {
        close_one(&fd);
        return 0;
    }
    while ((d = readdir(list)) != NULL) {
        uint64_t n;

        if (!num_u64(span_of(d->d_name), UINT64_MAX / 2, &n) || n == 0)
            continue;
        if (count < max)
            number[count++] = n;
        else if (n > number[0])
            number[0] = n; /* the least */
        else
            continue;
        qsort(number, count, sizeof(*number), number_order);
    }
    (void)closedir(list); /* only read */
    return count;
}

/* What lies in `name`, two folders deep at most, and itself. Links are removed, not followed. */
static int remove_below(const struct folder *f, int at, const char *name, unsigned depth,
                        struct err *e)
{
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), rc = ERR_OK;
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *d;

    if (list == NULL) {
        close_one(&fd);
        return world(e, f, name, "removed");
    }
    while (rc == ERR_OK && (d = readdir(list)) != NULL) {
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
            continue;
        if (unlinkat(fd, d->d_name, 0) == 0)
            continue;
        rc = depth > 0 && (errno == EISDIR || errno == EPERM)
                 ? remove_below(f, fd, d->d_name, depth - 1, e)
                 : world(e, f, d->d_name, "removed");
    }
    (void)closedir(list); /* only read */
    if (rc == ERR_OK && unlinkat(at, name, AT_REMOVEDIR) != 0)
        rc = world(e, f, name, "removed");
    return rc;
}

int folder_generation_remove(const struct folder *f, uint64_t number, struct err *e)
{
    char name[24];

    (void)snprintf(name, sizeof(name), "%llu", (unsigned long long)number);
    return remove_below(f, f->rules, name, 1, e);
}
