/*
 * proc.c - what the kernel tells in /proc: opened before the sandbox, read again from the beginning
 * each time.
 */
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/num.h"
#include "console/console_own.h"

#define PROC_BYTES_MAX ((size_t)4 << 20)

void proc_open(struct console *c)
{
    c->proc_udp[0] = open("/proc/net/udp", O_RDONLY | O_CLOEXEC);
    c->proc_udp[1] = open("/proc/net/udp6", O_RDONLY | O_CLOEXEC);
    c->proc_statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
}

void proc_close(struct console *c)
{
    const int fds[] = { c->proc_udp[0], c->proc_udp[1], c->proc_statm };

    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        if (fds[i] >= 0)
            (void)close(fds[i]);
    }
}

static void read_all(int fd, struct buf *text)
{
    while (fd >= 0 && buf_reserve(text, 65536)) {
        ssize_t n = pread(fd, text->p + text->n, text->cap - text->n, (off_t)text->n);

        if (n <= 0)
            return;
        text->n += (size_t)n;
    }
}

static bool is_ours(const struct console *c, uint16_t port)
{
    for (uint32_t i = 0; i < c->port_count; i++) {
        if (c->port[i] == port)
            return true;
    }
    return false;
}

/* Several sockets may share an address (SO_REUSEPORT): one a collector. */
static void take_socket(struct console *c, const struct udp_socket *s)
{
    for (uint32_t i = 0; i < c->udp_count; i++) {
        if (strcmp(c->udp[i].address, s->address) != 0)
            continue;
        c->udp[i].drops += s->drops;
        c->udp[i].waiting_bytes += s->waiting_bytes;
        return;
    }
    if (c->udp_count < CONSOLE_SOCKETS)
        c->udp[c->udp_count++] = *s;
}

void proc_read_udp(struct console *c)
{
    struct buf text;

    c->udp_count = 0;
    for (size_t i = 0; i < COUNT_OF(c->proc_udp); i++) {
        struct span rest;
        struct udp_socket s;
        int64_t used;

        buf_init(&text, PROC_BYTES_MAX);
        read_all(c->proc_udp[i], &text);
        for (rest = buf_span(&text); (used = udp_next(rest, &s)) > 0;) {
            if (s.port != 0 && is_ours(c, s.port))
                take_socket(c, &s);
            rest = span_from(rest, (size_t)used);
        }
        buf_release(&text);
    }
}

void proc_self(const struct console *c, uint64_t *cpu_us, uint64_t *rss_bytes)
{
    struct rusage u;
    uint8_t text[128];
    ssize_t n = c->proc_statm >= 0 ? pread(c->proc_statm, text, sizeof(text), 0) : -1;
    struct span in = { text, n > 0 ? (size_t)n : 0 };
    uint64_t pages = 0;

    *cpu_us = *rss_bytes = 0;
    if (getrusage(RUSAGE_SELF, &u) == 0)
        *cpu_us = (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
                  (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
    /* The second number: resident pages. */
    in = span_from(in, span_find(in, ' '));
    in = span_trim(in);
    in.n = span_find(in, ' ');
    if (num_u64(in, UINT64_MAX / 65536, &pages))
        *rss_bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
}
