#include "lane_files.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#include "store/lane_form.h"

void lane_files_init(struct lane_files *f, const struct io *io, bool disk)
{
    *f = (struct lane_files){ .io = io };
    (void)snprintf(f->path, sizeof(f->path), "%s/canh-lane-XXXXXX", disk ? "/var/tmp" : "/dev/shm");
    if (mkdtemp(f->path) == NULL) {
        (void)snprintf(f->path, sizeof(f->path), "/tmp/canh-lane-XXXXXX");
        MUST(mkdtemp(f->path) != NULL);
    }
    f->dir = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    MUST(f->dir >= 0);
}

void lane_files_clear(struct lane_files *f)
{
    char name[LANE_NAME_BYTES];

    for (uint32_t i = 1; i <= f->newest; i++) {
        lane_segment_name(name, i);
        (void)unlinkat(f->dir, name, 0);
    }
    f->newest = 0;
    f->states = f->checkpoint = 0;
}

void lane_files_release(struct lane_files *f)
{
    lane_files_clear(f);
    MUST(close(f->dir) == 0 && rmdir(f->path) == 0);
}

static int segment_open(void *arg, uint32_t *number, struct err *e)
{
    struct lane_files *f = arg;
    char name[LANE_NAME_BYTES];
    int fd, error;

    lane_segment_name(name, f->newest + 1);
    fd = f->io->open(f->io->arg, f->dir, name, O_WRONLY | O_APPEND | O_CREAT | O_EXCL, 0600);
    if (fd >= 0) {
        *number = ++f->newest;
        if (f->io->sync_dir(f->io->arg, f->dir) == 0)
            return fd;
    }
    error = errno;
    if (fd >= 0)
        (void)close(fd);
    (void)err_set(e, ERR_IO, 0, "Segment %s cannot be made: %s.", name, strerror(error));
    errno = error;
    return -1;
}

static void state_put(void *arg, struct lane *l)
{
    static const uint8_t zeros[65536];
    struct lane_files *f = arg;

    f->states++;
    MUST(f->state_bytes <= sizeof(zeros));
    MUST(lane_record(l, LANE_SOURCES, SPAN_LIT("source of the state")));
    MUST(lane_record(l, LANE_CHECKPOINTS, (struct span){ (const uint8_t *)&f->checkpoint, 8 }));
    if (f->state_bytes > 0)
        MUST(lane_record(l, LANE_BATCHES, (struct span){ zeros, f->state_bytes }));
}

struct lane_settings lane_files_settings(struct lane_files *f, uint64_t segment_bytes)
{
    return (struct lane_settings){ .io = f->io,
                                   .lane = 3,
                                   .store = "0123456789abcde",
                                   .segment_bytes = segment_bytes,
                                   .open_segment = segment_open,
                                   .state = state_put,
                                   .arg = f };
}

int lane_files_open(const struct lane_files *f, uint32_t number, int flags)
{
    char name[LANE_NAME_BYTES];
    int fd;

    lane_segment_name(name, number);
    fd = openat(f->dir, name, flags | O_CLOEXEC, 0600);
    MUST(fd >= 0);
    return fd;
}

uint64_t lane_files_size(const struct lane_files *f, uint32_t number)
{
    char name[LANE_NAME_BYTES];
    struct stat st;

    lane_segment_name(name, number);
    return fstatat(f->dir, name, &st, 0) == 0 ? (uint64_t)st.st_size : 0;
}

void lane_files_ungroup(const struct lane_files *f, uint32_t number, uint64_t at)
{
    const uint64_t size = lane_files_size(f, number);
    const int fd = lane_files_open(f, number, O_RDWR);
    uint8_t head[LANE_FRAME_BYTES];
    uint64_t link = 0;

    while (at < size) {
        struct frame_head h;

        MUST(pread(fd, head, sizeof(head), (off_t)at) == (ssize_t)sizeof(head));
        MUST(frame_head_read(head, &h));
        h.more = false;
        h.link = link != 0 ? link : h.link;
        frame_head_put(head, &h);
        link = h.hash;
        MUST(pwrite(fd, head, sizeof(head), (off_t)at) == (ssize_t)sizeof(head));
        at += LANE_FRAME_BYTES + lane_padded(h.bytes);
    }
    (void)close(fd);
}

struct span lane_test_event(uint64_t sequence, uint8_t room[LANE_TEST_EVENT_MAX])
{
    size_t n = (size_t)(sequence * 7919 % LANE_TEST_EVENT_MAX);

    for (size_t i = 0; i < n; i++)
        room[i] = (uint8_t)(sequence * 31 + i * 7);
    return (struct span){ room, n };
}

void lane_test_append(struct lane *l, uint64_t *next)
{
    uint8_t room[LANE_TEST_EVENT_MAX];
    struct lane_event ev = { (uint32_t)(*next % 5), (uint16_t)(*next % 3), (uint16_t)(*next % 9),
                             (int64_t)*next * 1000 };
    struct span raw = lane_test_event(*next, room), kept;
    uint64_t sequence;

    kept = lane_event(l, &ev, raw, &sequence);
    MUST(kept.p != NULL && span_eq(kept, raw) && sequence == *next);
    ++*next;
}

enum lane_state lane_test_wait(struct lane *l)
{
    while (lane_in_flight(l)) {
        struct pollfd p = { lane_fd(l), POLLIN, 0 };

        MUST(poll(&p, 1, 10000) == 1);
        (void)lane_poll(l, NULL);
    }
    return lane_poll(l, NULL);
}

enum lane_state lane_test_commit(struct lane *l)
{
    lane_matched(l);
    (void)lane_submit(l, 1000);
    return lane_test_wait(l);
}

static void event_check(const struct lane_read_event *ev, uint64_t want)
{
    uint8_t room[LANE_TEST_EVENT_MAX];

    if (ev->sequence != want)
        fail_msg("event %llu where %llu follows", (unsigned long long)ev->sequence,
                 (unsigned long long)want);
    assert_true(span_eq(ev->raw, lane_test_event(want, room)));
    assert_int_equal(ev->source, want % 5);
    assert_int_equal(ev->flags, want % 3);
    assert_int_equal(ev->lines, want % 9);
    assert_int_equal(ev->receipt_ns, want * 1000);
}

uint64_t lane_test_read(struct lane_files *f, uint64_t first, const struct lane_place *limit)
{
    struct lane_reader *r;
    struct lane_frame frame;
    struct err e;
    int rc;

    assert_int_equal(lane_reader_new(&r, &io_system, f->dir, 1u << LANE_EVENTS, &e), ERR_OK);
    if (limit != NULL)
        lane_reader_limit(r, *limit);
    while ((rc = lane_reader_next(r, &frame, &e)) == 1) {
        struct lane_read_event ev;

        while (lane_next_event(&frame, &ev))
            event_check(&ev, first++);
        assert_int_equal(frame.body.n, 0);
    }
    if (rc != 0)
        fail_msg("%s", e.why);
    lane_reader_free(&r);
    return first;
}
