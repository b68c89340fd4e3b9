/*
 * The reader of lanes on any bytes: what it hands out lies in the files, in order, and it comes to
 * an end. The two bytes in front are the size of the first segment; what is left is the second.
 * Heads and bodies are made to check now and then, else nothing passes them: a byte of 0xff in the
 * place of a hash's last.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/finding.h"
#include "store/lane_form.h"
#include "store/lane_read.h"

#define DIRECTORY_TEMPLATE "/dev/shm/canh-fuzz-XXXXXX"

struct memory {
    int fd[2]; /* the segments' bytes, by memfd_create() */
    int dir;   /* where their names are */
};

static int memory_open(void *arg, int dir, const char *name, int flags, mode_t mode)
{
    const struct memory *m = arg;

    (void)dir;
    (void)flags;
    (void)mode;
    return fcntl(m->fd[name[7] - '1'], F_DUPFD_CLOEXEC, 0);
}

static ssize_t memory_pread(void *arg, int fd, void *dst, size_t n, off_t at)
{
    (void)arg;
    return pread(fd, dst, n, at);
}

static void memory_init(struct memory *m)
{
    static const char *const names[] = { "00000001.lane", "00000002.lane" };
    char path[] = DIRECTORY_TEMPLATE;

    MUST(mkdtemp(path) != NULL);
    m->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < 2; i++) {
        int fd = openat(m->dir, names[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

        m->fd[i] = memfd_create(names[i], MFD_CLOEXEC);
        MUST(fd >= 0 && m->fd[i] >= 0);
        (void)close(fd);
    }
}

static void memory_release(struct memory *m)
{
    char path[64], link[64];
    ssize_t n;

    (void)unlinkat(m->dir, "00000001.lane", 0);
    (void)unlinkat(m->dir, "00000002.lane", 0);
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", m->dir);
    n = readlink(link, path, sizeof(path) - 1);
    MUST(n > 0);
    path[n] = 0;
    (void)rmdir(path);
    (void)close(m->dir);
    (void)close(m->fd[0]);
    (void)close(m->fd[1]);
}

/* Make what asks for it check: the heads, links and bodies of a chain of frames. */
static void mend(uint8_t *p, size_t n, uint32_t number)
{
    uint64_t link;
    size_t at = LANE_HEAD_BYTES;

    if (n < LANE_HEAD_BYTES || p[63] != 0xff)
        return;
    memcpy(p, "canhlane\1\0\0\0", 12);
    bytes_put_u32(p + 32, number);
    link = lane_hash((struct span){ p, 56 });
    bytes_put_u64(p + 56, link);
    while (n - at >= LANE_FRAME_BYTES && p[at + 63] == 0xff) {
        uint8_t *h = p + at;
        uint32_t body = bytes_u32(h + 8) % 512;

        memcpy(h, "CFRM", 4);
        bytes_put_u32(h + 8, body);
        bytes_put_u64(h + 40, link);
        at += LANE_FRAME_BYTES;
        if (body <= n - at)
            bytes_put_u64(h + 48, lane_hash((struct span){ p + at, body }));
        link = lane_hash((struct span){ h, 56 });
        bytes_put_u64(h + 56, link);
        if (lane_padded(body) > n - at)
            return;
        at += (size_t)lane_padded(body);
    }
}

static void segment_put(const struct memory *m, uint32_t number, struct span bytes)
{
    uint8_t *p = malloc(bytes.n + 1);
    int fd = m->fd[number - 1];

    MUST(p != NULL);
    if (bytes.n > 0)
        memcpy(p, bytes.p, bytes.n);
    mend(p, bytes.n, number);
    MUST(ftruncate(fd, 0) == 0 && pwrite(fd, p, bytes.n, 0) == (ssize_t)bytes.n);
    free(p);
}

static void body_check(struct lane_frame *f)
{
    struct lane_read_event ev;
    struct stored_finding finding;
    struct span record, body = f->body;

    if (f->kind == LANE_EVENTS) {
        while (lane_next_event(f, &ev))
            MUST(ev.raw.p + ev.raw.n <= body.p + body.n);
        return;
    }
    while (lane_next_record(f, &record)) {
        if (stored_finding_read(record, &finding))
            MUST(finding.json.n <= record.n);
    }
}

static void read_all(const struct io *io, const struct memory *m, unsigned kinds, size_t size)
{
    struct lane_place last = { 0 }, p;
    struct lane_reader *r;
    struct lane_frame f;
    size_t frames = 0;

    MUST(lane_reader_new(&r, io, m->dir, kinds, NULL) == ERR_OK);
    if ((kinds & 1) != 0)
        (void)lane_reader_seek_state(r, NULL);
    while (lane_reader_next(r, &f, NULL) == 1) {
        MUST((kinds & 1u << f.kind) != 0 && f.body.n <= size && ++frames <= size / 64);
        p = lane_reader_place(r);
        MUST(p.segment > last.segment || (p.segment == last.segment && p.bytes > last.bytes));
        last = p;
        body_check(&f);
    }
    MUST(lane_reader_torn(r) <= size);
    lane_reader_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct memory m;
    struct io io = io_system;
    size_t first;

    if (size < 2)
        return 0;
    memory_init(&m);
    io.open = memory_open;
    io.pread = memory_pread;
    io.arg = &m;
    first = bytes_u16(data);
    if (first > size - 2)
        first = size - 2;
    segment_put(&m, 1, (struct span){ data + 2, first });
    segment_put(&m, 2, (struct span){ data + 2 + first, size - 2 - first });
    read_all(&io, &m, LANE_READ_ALL, size);
    read_all(&io, &m, 1u << LANE_FINDINGS, size);
    memory_release(&m);
    return 0;
}
