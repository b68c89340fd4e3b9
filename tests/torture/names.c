/*
 * names.c - preloaded into `canh serve` by the torture: writes down which files were made and which
 * folders were synced since, to the file that CANH_NAMES_LOG names.
 *
 *   new DIR/NAME      before a file is made
 *   sync DIR          after the folder was synced
 *
 * In collectors it makes what is rare happen often: CANH_SYNC_DELAY, us that pass between a write
 * and its sync, so that a kill falls between them; CANH_SYNC_FAILS, the number of the sync of a
 * process that fails (EIO) and is not done.
 *
 * ext4 makes the name of a new file durable together with its first data, so a cut on it cannot
 * show that a folder was not synced. POSIX promises no such thing and other file systems do not do
 * it. With this record the torture takes away, after a cut, what POSIX lets go. The roles do
 * nothing by name that has to be durable: there it keeps still.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int log_fd = -1;
static unsigned sync_delay, sync_fails, syncs;

static unsigned number_of(const char *name)
{
    const char *text = getenv(name);

    return text != NULL ? (unsigned)strtoul(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("CANH_NAMES_LOG");
    char words[1024] = { 0 };
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, words, sizeof(words) - 32) : 0;
    const char *first = words + strlen(words) + 1, *second = first + strlen(first) + 1;

    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return;
    if (strcmp(first, "role") == 0 && strcmp(second, "collector") == 0) {
        sync_delay = number_of("CANH_SYNC_DELAY");
        sync_fails = number_of("CANH_SYNC_FAILS");
    }
    if (path != NULL && strcmp(first, "serve") == 0)
        log_fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static void say(const char *what, int dir, const char *name)
{
    char link[64], path[1024], line[2048];
    ssize_t n;
    int len;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
    n = readlink(link, path, sizeof(path) - 1);
    if (log_fd < 0 || n < 0)
        return;
    path[n] = 0;
    len = snprintf(line, sizeof(line), "%s %s%s%s\n", what, path, name != NULL ? "/" : "",
                   name != NULL ? name : "");
    if (write(log_fd, line, (size_t)len) != len)
        abort();
}

/* Of both names that the C library has for it, `real` being the one that was called. */
static int opened(const char *real, int dir, const char *name, int flags, mode_t mode)
{
    int (*call)(int, const char *, int, ...);

    *(void **)&call = dlsym(RTLD_NEXT, real);
    if ((flags & O_CREAT) != 0)
        say("new", dir, name);
    return call(dir, name, flags, mode);
}

#define OPENAT(id)                                                                                 \
    int id(int dir, const char *name, int flags, ...);                                             \
    int id(int dir, const char *name, int flags, ...)                                              \
    {                                                                                              \
        va_list args;                                                                              \
        mode_t mode = 0;                                                                           \
                                                                                                   \
        va_start(args, flags);                                                                     \
        if ((flags & O_CREAT) != 0)                                                                \
            mode = va_arg(args, mode_t);                                                           \
        va_end(args);                                                                              \
        return opened(#id, dir, name, flags, mode);                                                \
    }

OPENAT(openat)
OPENAT(openat64)

int fsync(int fd)
{
    static int (*real)(int);
    struct stat st;
    int rc;

    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "fsync");
    rc = real(fd);
    if (rc == 0 && log_fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        say("sync", fd, NULL);
    return rc;
}

/* One thread of a collector syncs. */
int fdatasync(int fd)
{
    static int (*real)(int);

    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
    if (sync_delay > 0)
        usleep(sync_delay);
    if (sync_fails > 0 && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY)
        return 0;
    if (sync_fails > 0 && ++syncs == sync_fails) {
        errno = EIO;
        return -1;
    }
    return real(fd);
}
