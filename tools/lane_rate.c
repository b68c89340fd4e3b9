/*
 * lane_rate - how fast a lane takes events: N of 400 bytes from one thread, committed in groups as
 * a collector does (256 KiB, more while one is in flight), in DIR. Prints events/s, commits/s and
 * the mean and longest wait from submit to durable. "memory" is the part of the owning thread
 * alone: the same events into groups of 1 MiB whose writes are left out.
 *
 * usage: lane_rate DIR [EVENTS]
 *
 * DIR should be on the disk that is to be measured, not in memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"
#include "store/lane.h"
#include "store/lane_read.h"

#define EVENT_BYTES   400u
#define SEGMENT_BYTES ((uint64_t)256 << 20)
#define LOOK_EACH     64u                 /* events between looks at the lane */
#define GROUP_BYTES   ((size_t)256 << 10) /* a group is this large at least */
#define FILL_BYTES    ((size_t)4 << 20)   /* and grows to this while another is in flight */

struct folder {
    int dir;
    uint32_t newest;
};

struct rate {
    double seconds, wait_sum, wait_max;
    uint64_t commits;
};

static double now_s(void)
{
    struct timespec t;

    MUST(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int segment_open(void *arg, uint32_t *number, struct err *e)
{
    struct folder *f = arg;
    char name[LANE_NAME_BYTES];
    int fd;

    lane_segment_name(name, f->newest + 1);
    fd = io_system.open(NULL, f->dir, name, O_WRONLY | O_APPEND | O_CREAT | O_EXCL, 0600);
    if (fd < 0 || io_system.sync_dir(NULL, f->dir) != 0) {
        (void)err_set(e, ERR_IO, 0, "%s: %s", name, strerror(errno));
        return -1;
    }
    *number = ++f->newest;
    return fd;
}

static ssize_t no_write(void *arg, int fd, const struct iovec *iov, int count)
{
    size_t n = 0;

    (void)arg;
    (void)fd;
    for (int i = 0; i < count; i++)
        n += iov[i].iov_len;
    return (ssize_t)n;
}

static int no_sync(void *arg, int fd)
{
    (void)arg;
    (void)fd;
    return 0;
}

static void check(struct lane *l)
{
    struct err e;

    if (lane_poll(l, &e) == LANE_GOOD)
        return;
    fprintf(stderr, "lane_rate: %s\n", e.why);
    exit(1);
}

/* Take note of what came of the group in flight; wait for it when told. */
static void look(struct lane *l, bool wait, double since, struct rate *r)
{
    struct pollfd p = { lane_fd(l), POLLIN, 0 };
    double took;

    if (!lane_in_flight(l) || poll(&p, 1, wait ? -1 : 0) <= 0)
        return;
    check(l);
    if (lane_in_flight(l))
        return;
    took = now_s() - since;
    r->commits++;
    r->wait_sum += took;
    r->wait_max = took > r->wait_max ? took : r->wait_max;
}

/* One group more: when one is in flight, wait for it if `wait`, else let the other go on filling.
 */
static void commit(struct lane *l, bool wait, double *since, struct rate *r)
{
    look(l, wait, *since, r);
    if (lane_in_flight(l))
        return;
    lane_matched(l);
    *since = now_s();
    if (!lane_submit(l, 0))
        check(l);
}

static void run(struct lane *l, uint64_t events, size_t group_bytes, struct rate *r)
{
    static uint8_t raw[EVENT_BYTES];
    struct lane_event ev = { 1, 0, 1, 0 };
    double from = now_s(), since = from;
    uint64_t sequence;

    for (uint64_t i = 0; i < events; i++) {
        memcpy(raw, &i, sizeof(i));
        ev.receipt_ns = (int64_t)i * 1000;
        MUST(lane_event(l, &ev, (struct span){ raw, sizeof(raw) }, &sequence).p != NULL);
        if (i % LOOK_EACH == 0 && lane_filling(l) >= group_bytes)
            commit(l, lane_filling(l) >= FILL_BYTES, &since, r);
    }
    commit(l, true, &since, r);
    look(l, true, since, r);
    r->seconds = now_s() - from;
}

static void measure(const char *name, const struct io *io, struct folder *f, uint64_t events)
{
    struct lane_settings s = {
        .io = io, .segment_bytes = SEGMENT_BYTES, .open_segment = segment_open, .arg = f
    };
    struct rate r = { 0 };
    struct lane *l;
    struct err e;

    if (lane_new(&l, &s, &e) != ERR_OK) {
        fprintf(stderr, "lane_rate: %s\n", e.why);
        exit(1);
    }
    run(l, events, GROUP_BYTES, &r);
    lane_free(&l);
    printf("%-6s %.0f events/s, %.0f commits/s, %.2f ms mean, %.2f ms longest\n", name,
           (double)events / r.seconds, (double)r.commits / r.seconds,
           1e3 * r.wait_sum / (double)(r.commits > 0 ? r.commits : 1), 1e3 * r.wait_max);
    for (uint32_t i = 1; i <= f->newest; i++) {
        char segment[LANE_NAME_BYTES];

        lane_segment_name(segment, i);
        (void)unlinkat(f->dir, segment, 0);
    }
    f->newest = 0;
}

int main(int argc, char **argv)
{
    struct folder f = { -1, 0 };
    struct io memory = io_system;
    uint64_t events = 2000000;

    if (argc >= 2)
        f.dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (f.dir < 0 || (argc == 3 && !num_u64(span_of(argv[2]), 1000000000, &events))) {
        fputs("usage: lane_rate DIR [EVENTS]\n", stderr);
        return 2;
    }
    memory.writev = no_write;
    memory.sync = no_sync;
    measure("memory", &memory, &f, events);
    measure("disk", &io_system, &f, events);
    (void)close(f.dir);
    return 0;
}
