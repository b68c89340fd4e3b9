/*
 * host.c - see host.h. Failures of these calls have no remedy, so there are fall-backs instead.
 */
#include "os/host.h"

#include <errno.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/num.h"
#include "os/file.h"

#define STATUS_BYTES_MAX 65536u

double host_seconds(void)
{
    struct timespec t;

    MUST(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int64_t host_now_ns(void)
{
    struct timespec t;

    MUST(clock_gettime(CLOCK_REALTIME, &t) == 0);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* From the kernel's own record: getrusage() would count what stood here before the exec, too. */
uint64_t host_peak_rss(void)
{
    static const struct span label = { (const uint8_t *)"VmHWM:", 6 };
    struct span rest;
    struct buf text;
    uint64_t kib = 0;

    buf_init(&text, 4 * STATUS_BYTES_MAX);
    if (file_read("/proc/self/status", STATUS_BYTES_MAX, &text, NULL) == ERR_OK) {
        for (rest = buf_span(&text); rest.n > 0 && kib == 0;) {
            size_t n = span_find(rest, '\n');
            struct span line = { rest.p, n };

            if (span_starts(line, label) && n > label.n + 3) {
                line = span_trim((struct span){ line.p + label.n, n - label.n - 2 });
                if (!num_u64(line, UINT64_MAX / 1024, &kib))
                    break;
            }
            rest = span_from(rest, n < rest.n ? n + 1 : n);
        }
    }
    buf_release(&text);
    return kib * 1024;
}

unsigned host_cores(void)
{
    cpu_set_t set;
    int n = 0;

    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        n = CPU_COUNT(&set);
    return n > 0 ? (unsigned)n : 1;
}

unsigned host_terminal_width(int fd)
{
    struct winsize w;

    if (!isatty(fd))
        return 0;
    return ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 ? w.ws_col : 80;
}

int host_random(void *dst, size_t n, struct err *e)
{
    uint8_t *p = dst;

    while (n > 0) {
        ssize_t got = getrandom(p, n, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set(e, ERR_IO, 0, "The system gives no random bytes: %s.", strerror(errno));
        p += got;
        n -= (size_t)got;
    }
    return ERR_OK;
}

/* "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", and a newline. */
int host_boot(uint8_t id[16], struct err *e)
{
    struct buf text;
    size_t digits = 0;

    memset(id, 0, 16);
    buf_init(&text, STATUS_BYTES_MAX);
    (void)file_read("/proc/sys/kernel/random/boot_id", 64, &text, NULL); /* seen below */
    for (size_t i = 0; i < text.n && digits < 32; i++) {
        int v = ascii_hex(text.p[i]);

        if (v >= 0)
            id[digits / 2] = (uint8_t)(id[digits / 2] << 4 | v);
        digits += v >= 0;
    }
    buf_release(&text);
    return digits == 32 ? ERR_OK : host_random(id, 16, e);
}

uint64_t host_boot_ns(void)
{
    struct timespec t;

    MUST(clock_gettime(CLOCK_BOOTTIME, &t) == 0);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

struct span host_account(char *room, size_t bytes)
{
    static const char portable[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789._-";
    struct passwd entry, *found = NULL;
    char names[4096];
    int rc = getpwuid_r(geteuid(), &entry, names, sizeof(names), &found);
    size_t n = rc == 0 && found != NULL ? strlen(found->pw_name) : 0;

    if (n > 0 && n < bytes && ascii_is_alpha((uint8_t)found->pw_name[0]) &&
        strspn(found->pw_name, portable) == n)
        memcpy(room, found->pw_name, n + 1);
    else
        (void)snprintf(room, bytes, "uid-%u", (unsigned)geteuid());
    return span_of(room);
}

bool host_program_folder(char *room, size_t bytes)
{
    ssize_t n = readlink("/proc/self/exe", room, bytes);

    if (n <= 0 || (size_t)n >= bytes)
        return false;
    while (n > 0 && room[n - 1] != '/') /* no zero stands behind it */
        n--;
    if (n <= 1)
        return false;
    room[n - 1] = 0;
    return true;
}
