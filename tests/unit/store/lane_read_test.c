/*
 * Goal: the reader hands out whole, sound frames in order and nothing else, however the files are
 * cut, changed or spread. Method: a small lane, cut at every byte and with every byte changed,
 * against what was appended; then places, gaps, leftovers, records.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "guard.h"

#include "faulty_io.h"
#include "lane_files.h"
#include "store/lane_form.h"

/* A lane of `groups` groups of two events and a finding. */
static void lane_make(struct lane_files *f, int groups, uint64_t segment_bytes)
{
    struct lane_settings s;
    struct lane *l;
    uint64_t next = 1;

    lane_files_init(f, &io_system, false);
    s = lane_files_settings(f, segment_bytes);
    s.sequence = s.matched = 1;
    assert_int_equal(lane_new(&l, &s, NULL), ERR_OK);
    for (int i = 0; i < groups; i++) {
        lane_test_append(l, &next);
        lane_test_append(l, &next);
        assert_true(lane_record(l, LANE_FINDINGS, SPAN_LIT("found it")));
        assert_int_equal(lane_test_commit(l), LANE_GOOD);
    }
    lane_free(&l);
}

static struct lane_reader *reader(const struct lane_files *f, unsigned kinds)
{
    struct lane_reader *r;

    assert_int_equal(lane_reader_new(&r, &io_system, f->dir, kinds, NULL), ERR_OK);
    return r;
}

struct seen {
    uint64_t at, end;
    uint64_t sequence;
    enum lane_kind kind;
    uint64_t hash; /* of the body */
    uint32_t segment;
};

/* All frames, and where each ends. */
static size_t frames_of(const struct lane_files *f, struct seen *seen, size_t max, uint64_t *torn)
{
    struct lane_reader *r = reader(f, LANE_READ_ALL);
    struct lane_frame frame;
    size_t n = 0;

    while (lane_reader_next(r, &frame, NULL) == 1) {
        assert_true(n < max);
        seen[n++] = (struct seen){ frame.at,   lane_reader_place(r).bytes, frame.sequence,
                                   frame.kind, lane_hash(frame.body),      frame.segment };
    }
    *torn = lane_reader_torn(r);
    lane_reader_free(&r);
    return n;
}

/* With CANH_SEEDS set to a folder: the segments as a seed of the reader's fuzz target. */
static void seed_put(const struct lane_files *f)
{
    const char *folder = getenv("CANH_SEEDS");
    uint8_t bytes[8192];
    size_t first = (size_t)lane_files_size(f, 1), second = (size_t)lane_files_size(f, 2);
    char path[512];
    FILE *out;

    if (folder == NULL || 2 + first + second > sizeof(bytes))
        return;
    bytes_put_u16(bytes, (uint16_t)first);
    assert_int_equal(pread(lane_files_open(f, 1, O_RDONLY), bytes + 2, first, 0), first);
    if (second > 0)
        assert_int_equal(pread(lane_files_open(f, 2, O_RDONLY), bytes + 2 + first, second, 0),
                         second);
    (void)snprintf(path, sizeof(path), "%s/lane-%u-%zu", folder, f->newest, first);
    out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, 2 + first + second, out), 2 + first + second);
    assert_int_equal(fclose(out), 0);
}

#define FRAMES_MAX 64u

static void same_frame(const struct seen *a, const struct seen *b)
{
    assert_true(a->at == b->at && a->end == b->end && a->sequence == b->sequence &&
                a->kind == b->kind && a->hash == b->hash && a->segment == b->segment);
}

/* How many of these frames are of groups that end at or before byte `end` of the only segment. A
 * group begins with its events, the first with the sources of the state. */
static size_t grouped_before(const struct seen *all, size_t count, uint64_t end)
{
    size_t n = 0;

    for (size_t i = 0; i < count && all[i].end <= end; i++) {
        if (i + 1 == count || (all[i + 1].kind == LANE_EVENTS && all[i].kind != LANE_SOURCES))
            n = i + 1;
    }
    return n;
}

static void cut_at_every_byte_the_groups_before_are_left_and_no_other(void **state)
{
    struct lane_files f;
    struct seen all[FRAMES_MAX], some[FRAMES_MAX];
    uint64_t torn;
    size_t count;
    int fd;

    (void)state;
    lane_make(&f, 3, 1 << 20);
    seed_put(&f);
    count = frames_of(&f, all, FRAMES_MAX, &torn);
    assert_int_equal(count, 2 + 3 * 2 + 1);
    fd = lane_files_open(&f, 1, O_RDWR);
    for (uint64_t cut = lane_files_size(&f, 1); cut-- > 0;) {
        size_t want = grouped_before(all, count, cut), n;

        assert_int_equal(ftruncate(fd, (off_t)cut), 0);
        n = frames_of(&f, some, FRAMES_MAX, &torn);
        assert_int_equal(n, want);
        for (size_t i = 0; i < n; i++)
            same_frame(&some[i], &all[i]);
    }
    (void)close(fd);
    lane_files_release(&f);
}

/* Also with a segment behind: the torn rest is counted and the next is read. */
static void a_torn_tail_is_counted_and_the_next_segment_follows(void **state)
{
    struct lane_files f;
    struct seen all[FRAMES_MAX], some[FRAMES_MAX];
    uint64_t torn, size, first = 0;
    size_t count;
    int fd;

    (void)state;
    lane_make(&f, 3, 1);
    assert_int_equal(f.newest, 3);
    count = frames_of(&f, all, FRAMES_MAX, &torn);
    assert_int_equal(torn, 0);
    while (all[first].segment == 1)
        first++;
    fd = lane_files_open(&f, 1, O_RDWR);
    size = lane_files_size(&f, 1);
    for (uint64_t cut = size; cut-- > 0;) {
        size_t want = 0, n;
        uint64_t end = cut < LANE_HEAD_BYTES ? 0 : LANE_HEAD_BYTES;

        assert_int_equal(ftruncate(fd, (off_t)cut), 0);
        for (; want < first && all[want].end <= cut; want++)
            end = all[want].end;
        n = frames_of(&f, some, FRAMES_MAX, &torn);
        assert_int_equal(n, want + count - first);
        assert_int_equal(torn, cut - end);
        for (size_t i = 0; i < n; i++)
            same_frame(&some[i], &all[i < want ? i : i - want + first]);
    }
    (void)close(fd);
    lane_files_release(&f);
}

static void with_any_byte_changed_no_frame_is_wrong(void **state)
{
    struct lane_files f;
    struct seen all[FRAMES_MAX], some[FRAMES_MAX];
    uint64_t torn, size;
    size_t count;
    int fd;

    (void)state;
    lane_make(&f, 3, 1 << 20);
    count = frames_of(&f, all, FRAMES_MAX, &torn);
    fd = lane_files_open(&f, 1, O_RDWR);
    size = lane_files_size(&f, 1);
    for (uint64_t at = 0; at < size; at++) {
        uint8_t was, is;
        size_t n, before = at < LANE_HEAD_BYTES ? 0 : grouped_before(all, count, at);

        assert_int_equal(pread(fd, &was, 1, (off_t)at), 1);
        is = (uint8_t)(was ^ (1u << at % 8));
        assert_int_equal(pwrite(fd, &is, 1, (off_t)at), 1);
        n = frames_of(&f, some, FRAMES_MAX, &torn);
        /* What is behind a body is padding: of no frame's meaning. */
        assert_true(n == before || n == count);
        for (size_t i = 0; i < n; i++)
            same_frame(&some[i], &all[i]);
        assert_int_equal(pwrite(fd, &was, 1, (off_t)at), 1);
    }
    (void)close(fd);
    lane_files_release(&f);
}

static void a_frame_from_elsewhere_does_not_check(void **state)
{
    struct lane_files f;
    struct seen all[FRAMES_MAX];
    uint64_t torn, size;
    size_t count;
    uint8_t frame[2048];
    int fd;

    (void)state;
    lane_make(&f, 3, 1 << 20);
    count = frames_of(&f, all, FRAMES_MAX, &torn);
    size = all[count - 2].end - all[count - 2].at;
    assert_true(size <= sizeof(frame));
    fd = lane_files_open(&f, 1, O_RDWR);
    assert_int_equal(pread(fd, frame, size, (off_t)all[count - 2].at), size);
    assert_int_equal(pwrite(fd, frame, size, (off_t)all[count - 1].end), size);
    assert_int_equal(frames_of(&f, all, FRAMES_MAX, &torn), count);
    (void)close(fd);
    lane_files_release(&f);
}

static void from_any_place_it_goes_on_as_if_it_had_not_stopped(void **state)
{
    struct lane_files f;
    struct lane_reader *r;
    struct lane_frame frame;
    struct lane_place place[FRAMES_MAX];
    size_t count = 0;

    (void)state;
    lane_make(&f, 6, 2000);
    seed_put(&f);
    assert_true(f.newest >= 2);
    r = reader(&f, LANE_READ_ALL);
    while (lane_reader_next(r, &frame, NULL) == 1)
        place[count++] = lane_reader_place(r);
    assert_int_equal(place[count - 1].sequence, 13);
    for (size_t i = 0; i < count; i++) {
        size_t k = i + 1;

        assert_int_equal(lane_reader_seek(r, place[i], NULL), ERR_OK);
        for (; lane_reader_next(r, &frame, NULL) == 1; k++) {
            struct lane_place p = lane_reader_place(r);

            assert_true(p.segment == place[k].segment && p.bytes == place[k].bytes &&
                        p.sequence == place[k].sequence);
        }
        assert_int_equal(k, count);
    }
    lane_reader_free(&r);
    lane_files_release(&f);
}

static void never_beyond_the_limit(void **state)
{
    struct lane_files f;
    struct lane_reader *r, *all;
    struct lane_frame frame;
    uint64_t n = 0;

    (void)state;
    lane_make(&f, 6, 2000);
    r = reader(&f, LANE_READ_ALL);
    all = reader(&f, LANE_READ_ALL);
    lane_reader_limit(r, (struct lane_place){ 0 });
    assert_int_equal(lane_reader_next(r, &frame, NULL), 0);
    while (lane_reader_next(all, &frame, NULL) == 1) {
        struct lane_place to = lane_reader_place(all), p;

        to.bytes--;
        lane_reader_limit(r, to);
        assert_int_equal(lane_reader_next(r, &frame, NULL), 0);
        to.bytes++;
        lane_reader_limit(r, to);
        assert_int_equal(lane_reader_next(r, &frame, NULL), 1);
        p = lane_reader_place(r);
        assert_true(p.segment == to.segment && p.bytes == to.bytes);
        assert_int_equal(lane_reader_next(r, &frame, NULL), 0);
        n++;
    }
    assert_true(n > 12);
    lane_reader_free(&r);
    lane_reader_free(&all);
    lane_files_release(&f);
}

static void damage_below_the_limit_is_said(void **state)
{
    struct lane_files f;
    struct lane_reader *r;
    struct lane_frame frame;
    struct err e;
    struct lane_place end = { 1, 0, 0 };
    int fd, rc;

    (void)state;
    lane_make(&f, 3, 1 << 20);
    end.bytes = lane_files_size(&f, 1);
    fd = lane_files_open(&f, 1, O_RDWR);
    assert_int_equal(pwrite(fd, "x", 1, (off_t)end.bytes - 70), 1);
    r = reader(&f, LANE_READ_ALL);
    lane_reader_limit(r, end);
    while ((rc = lane_reader_next(r, &frame, &e)) == 1)
        continue;
    assert_int_equal(rc, ERR_CORRUPT);
    assert_non_null(strstr(e.why, "Segment 1 of a lane is damaged"));
    assert_int_equal(lane_reader_next(r, &frame, &e), ERR_CORRUPT);
    lane_reader_free(&r);
    (void)close(fd);
    lane_files_release(&f);
}

static void what_is_gone_is_passed_over(void **state)
{
    struct lane_files f;
    struct lane_reader *r;
    struct lane_frame frame;
    struct err e;

    (void)state;
    lane_make(&f, 5, 1);
    assert_int_equal(unlinkat(f.dir, "00000001.lane", 0), 0);
    assert_int_equal(unlinkat(f.dir, "00000003.lane", 0), 0);
    assert_int_equal(lane_test_read(&f, 3, &(struct lane_place){ 2, lane_files_size(&f, 2), 0 }),
                     5);
    r = reader(&f, 1u << LANE_EVENTS);
    assert_int_equal(lane_reader_seek(r, (struct lane_place){ 3, 64, 5 }, &e), ERR_NOTFOUND);
    assert_int_equal(lane_reader_next(r, &frame, NULL), 1);
    assert_true(frame.segment == 4 && frame.sequence == 7);
    assert_int_equal(lane_reader_seek(r, (struct lane_place){ 0 }, &e), ERR_OK);
    assert_int_equal(lane_reader_next(r, &frame, NULL), 1);
    assert_true(frame.segment == 2 && frame.sequence == 3);
    lane_reader_free(&r);
    lane_files_release(&f);
}

static void an_empty_folder_is_the_end_for_now(void **state)
{
    struct lane_files f;
    struct lane_reader *r;
    struct lane_frame frame;
    uint32_t number = 7;

    (void)state;
    lane_make(&f, 0, 1);
    r = reader(&f, LANE_READ_ALL);
    assert_int_equal(lane_reader_next(r, &frame, NULL), 0);
    assert_int_equal(lane_last_segment(f.dir, &number, NULL), ERR_OK);
    assert_int_equal(number, 0);
    (void)close(lane_files_open(&f, 12, O_WRONLY | O_CREAT));
    (void)close(openat(f.dir, "99.lane", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    (void)close(openat(f.dir, "00000099.lanes", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    assert_int_equal(lane_last_segment(f.dir, &number, NULL), ERR_OK);
    assert_int_equal(number, 12);
    assert_int_equal(lane_reader_next(r, &frame, NULL), 0);
    lane_reader_free(&r);
    (void)unlinkat(f.dir, "00000012.lane", 0);
    (void)unlinkat(f.dir, "99.lane", 0);
    (void)unlinkat(f.dir, "00000099.lanes", 0);
    lane_files_release(&f);
}

/* Beside a lane that grows, segment by segment: each event once. */
static void what_grows_is_followed(void **state)
{
    struct lane_files f;
    struct lane_settings s;
    struct lane *l;
    struct lane_reader *r;
    struct lane_frame frame;
    uint64_t next = 1, read = 1;

    (void)state;
    lane_files_init(&f, &io_system, false);
    s = lane_files_settings(&f, 3000);
    s.sequence = s.matched = 1;
    assert_int_equal(lane_new(&l, &s, NULL), ERR_OK);
    r = reader(&f, 1u << LANE_EVENTS);
    for (int i = 0; i < 100; i++) {
        lane_test_append(l, &next);
        assert_int_equal(lane_test_commit(l), LANE_GOOD);
        if (i % 2 == 0) /* with and without a limit */
            lane_reader_limit(r, lane_place(l));
        if (i % 3 == 0)
            continue;
        while (lane_reader_next(r, &frame, NULL) == 1) {
            assert_int_equal(frame.sequence, read);
            read += frame.count;
        }
        assert_int_equal(read, lane_place(l).sequence - (i % 2 == 0 ? 0 : next - read));
    }
    assert_true(f.newest > 5);
    lane_reader_free(&r);
    lane_free(&l);
    lane_files_release(&f);
}

static void the_newest_segment_that_stands_alone_is_found(void **state)
{
    struct lane_files f;
    struct lane_reader *r;
    struct lane_frame frame;
    int fd;

    (void)state;
    lane_make(&f, 4, 1);
    r = reader(&f, LANE_READ_ALL);
    for (uint32_t newest = 4; newest > 1; newest--) {
        assert_int_equal(lane_reader_seek_state(r, NULL), ERR_OK);
        assert_int_equal(lane_reader_next(r, &frame, NULL), 1);
        assert_int_equal(frame.segment, newest);
        fd = lane_files_open(&f, newest, O_RDWR);
        /* Torn, head and all, or empty. */
        assert_int_equal(ftruncate(fd, newest == 4   ? (off_t)lane_files_size(&f, newest) - 1
                                       : newest == 3 ? 30
                                                     : 0),
                         0);
        (void)close(fd);
    }
    lane_reader_free(&r);
    lane_files_release(&f);
}

/* A group that did not fit, though whole frames of it did, was written again in the next segment.
 */
static void leftovers_of_a_full_disk_are_not_read(void **state)
{
    struct faulty io;
    struct lane_files f;
    struct lane_settings s;
    struct lane_reader *r;
    struct lane_frame frame;
    struct lane *l;
    uint64_t next = 1, findings = 0;

    (void)state;
    faulty_init(&io);
    lane_files_init(&f, &io.io, false);
    s = lane_files_settings(&f, 1 << 20);
    s.sequence = s.matched = 1;
    assert_int_equal(lane_new(&l, &s, NULL), ERR_OK);
    for (int i = 0; i < 5; i++) {
        lane_test_append(l, &next);
        assert_true(lane_record(l, LANE_FINDINGS, SPAN_LIT("found")));
        assert_true(lane_record(l, LANE_BATCHES, SPAN_LIT("batch")));
        io.room = i == 0 || i == 3 ? UINT64_MAX : 800; /* findings fit, batches do not */
        if (i == 1)
            io.room = lane_test_event(2, (uint8_t[LANE_TEST_EVENT_MAX]){ 0 }).n + 3 * 64 + 24;
        (void)lane_test_commit(l);
    }
    io.room = UINT64_MAX;
    while (lane_filling(l) > 0)
        assert_int_equal(lane_test_commit(l), LANE_GOOD);
    lane_free(&l);
    assert_true(f.newest > 1);
    r = reader(&f, 1u << LANE_FINDINGS);
    while (lane_reader_next(r, &frame, NULL) == 1)
        findings += frame.count;
    assert_int_equal(findings, 5);
    assert_true(lane_reader_torn(r) > 0);
    assert_int_equal(lane_test_read(&f, 1, NULL), 6);
    lane_reader_free(&r);
    lane_files_release(&f);
}

/* What recovery found torn stays out, though a reader of few kinds would not notice. */
static void a_start_says_what_counts_of_what_it_found(void **state)
{
    struct lane_files f;
    struct lane_settings s;
    struct lane_reader *r;
    struct lane_frame frame;
    struct lane *l;
    uint64_t next = 5, n = 0;
    int fd;

    (void)state;
    lane_make(&f, 3, 1 << 20);
    r = reader(&f, LANE_READ_ALL);
    while (n < 7 && lane_reader_next(r, &frame, NULL) == 1)
        n++; /* to the end of the second group */
    assert_int_equal(frame.kind, LANE_FINDINGS);
    s = lane_files_settings(&f, 1 << 20);
    s.before = lane_reader_place(r);
    s.sequence = s.matched = s.before.sequence;
    assert_int_equal(s.sequence, 5);
    fd = lane_files_open(&f, 1, O_RDWR); /* the third group's event does not check */
    assert_int_equal(pwrite(fd, "x", 1, (off_t)s.before.bytes + 70), 1);
    (void)close(fd);
    assert_int_equal(lane_new(&l, &s, NULL), ERR_OK);
    assert_int_equal(lane_place(l).segment, 1);
    lane_test_append(l, &next);
    assert_int_equal(lane_test_commit(l), LANE_GOOD);
    lane_free(&l);
    lane_reader_free(&r);
    r = reader(&f, 1u << LANE_FINDINGS);
    for (n = 0; lane_reader_next(r, &frame, NULL) == 1; n++)
        continue;
    assert_int_equal(n, 2);
    lane_reader_free(&r);
    assert_int_equal(lane_test_read(&f, 1, NULL), 6);
    lane_files_release(&f);
}

/* The damage that a reader of all kinds meets: at most one. */
static bool damage_of(const struct lane_files *f, struct lane_place *at)
{
    struct lane_reader *r;
    struct lane_frame frame;
    struct lane_place more;
    struct err e;
    bool found;

    assert_int_equal(lane_reader_new(&r, &io_system, f->dir, LANE_READ_ALL, &e), ERR_OK);
    assert_int_equal(lane_reader_seek(r, (struct lane_place){ 0 }, &e), ERR_OK);
    while (lane_reader_next(r, &frame, &e) == 1)
        ;
    found = lane_reader_damage(r, at);
    assert_false(found && lane_reader_damage(r, &more));
    lane_reader_free(&r);
    return found;
}

static void what_does_not_check_as_far_as_it_counted_is_damage(void **state)
{
    struct lane_place is, none = { 0 };
    struct lane_files f;
    char name[LANE_NAME_BYTES];
    uint8_t byte, zeros[LANE_HEAD_BYTES] = { 0 };
    int fd;

    (void)state;
    lane_make(&f, 30, 4096);
    assert_true(f.newest >= 4);
    assert_false(damage_of(&f, &is));
    for (uint32_t n = 1; n <= 3; n++) { /* any byte but those behind bodies */
        const uint64_t size = lane_files_size(&f, n);

        fd = lane_files_open(&f, n, O_RDWR);
        for (uint64_t i = 0; i < size; i += 97) {
            uint8_t other;

            assert_int_equal(pread(fd, &byte, 1, (off_t)i), 1);
            other = byte ^ 1;
            assert_int_equal(pwrite(fd, &other, 1, (off_t)i), 1);
            is = none;
            if (damage_of(&f, &is))
                CHECK_ROW("byte", is.segment == n && is.bytes <= i);
            else
                CHECK_ROW("padding", byte == 0);
            assert_int_equal(pwrite(fd, &byte, 1, (off_t)i), 1);
        }
        assert_false(damage_of(&f, &is));
        (void)close(fd);
    }
    fd = lane_files_open(&f, 1, O_RDWR); /* the first one's head: nothing stands before it */
    assert_int_equal(pwrite(fd, zeros, sizeof(zeros), 0), sizeof(zeros));
    assert_true(damage_of(&f, &is) && is.segment == 1 && is.bytes == 0);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_true(damage_of(&f, &is) && is.segment == 1 && is.bytes == 0);
    (void)close(fd);
    lane_segment_name(name, 1); /* the oldest is gone: it was sealed */
    assert_int_equal(unlinkat(f.dir, name, 0), 0);
    assert_false(damage_of(&f, &is));
    lane_segment_name(name, 3); /* one between two is not */
    assert_int_equal(unlinkat(f.dir, name, 0), 0);
    assert_true(damage_of(&f, &is) && is.segment == 3 && is.bytes == 0);
    lane_files_release(&f);
}

static void a_large_body_is_read_whole_and_its_memory_given_back(void **state)
{
    struct lane_files f;
    struct lane_settings s;
    struct lane_reader *r;
    struct lane_frame frame;
    struct lane_read_event ev;
    struct lane *l;
    const size_t big = (size_t)20 << 20;
    uint8_t *raw = malloc(big);
    uint64_t sequence;

    (void)state;
    assert_non_null(raw);
    for (size_t i = 0; i < big; i++)
        raw[i] = (uint8_t)(i * 7 / 3);
    lane_files_init(&f, &io_system, false);
    s = lane_files_settings(&f, 1 << 20);
    assert_int_equal(lane_new(&l, &s, NULL), ERR_OK);
    for (int i = 0; i < 3; i++) {
        (void)lane_event(l, &(struct lane_event){ 0 }, (struct span){ raw, i == 1 ? big : 10 },
                         &sequence);
        assert_int_equal(lane_test_commit(l), LANE_GOOD);
    }
    r = reader(&f, 1u << LANE_EVENTS);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(lane_reader_next(r, &frame, NULL), 1);
        assert_true(lane_next_event(&frame, &ev));
        assert_true(span_eq(ev.raw, (struct span){ raw, i == 1 ? big : 10 }));
        assert_false(lane_next_event(&frame, &ev));
    }
    assert_int_equal(lane_reader_next(r, &frame, NULL), 0);
    lane_reader_free(&r);
    lane_free(&l);
    lane_files_release(&f);
    free(raw);
}

static void a_read_that_fails_is_said_and_the_next_call_goes_on(void **state)
{
    struct lane_files f;
    struct seen all[FRAMES_MAX];
    uint64_t torn;
    size_t count;

    (void)state;
    lane_make(&f, 4, 1);
    count = frames_of(&f, all, FRAMES_MAX, &torn);
    for (int error = 0; error < 3; error++) {
        static const int errors[] = { EIO, EINTR, EMFILE };
        uint64_t calls = 1;

        for (uint64_t at = 1; at <= calls; at++) {
            struct faulty io;
            struct lane_reader *r;
            struct lane_frame frame;
            struct err e;
            size_t n = 0;
            int rc, failed = 0;

            faulty_init(&io);
            io.fail_at = at;
            io.error = errors[error];
            assert_int_equal(lane_reader_new(&r, &io.io, f.dir, LANE_READ_ALL, &e), ERR_OK);
            while ((rc = lane_reader_next(r, &frame, &e)) != 0) {
                failed += rc < 0;
                n += rc == 1;
            }
            assert_int_equal(n, count);
            assert_int_equal(failed, errors[error] != EINTR && io.failed > 0);
            calls = io.calls;
            lane_reader_free(&r);
        }
        assert_true(calls > 10);
    }
    lane_files_release(&f);
}

static void a_segment_of_a_later_version_is_not_guessed_at(void **state)
{
    struct lane_files f;
    struct lane_reader *r;
    struct lane_frame frame;
    struct segment_head h;
    struct err e;
    uint8_t head[LANE_HEAD_BYTES];
    int fd;

    (void)state;
    lane_make(&f, 1, 1);
    fd = lane_files_open(&f, 1, O_RDWR);
    assert_int_equal(pread(fd, head, sizeof(head), 0), sizeof(head));
    assert_true(segment_head_read(head, &h));
    head[8] = 2;
    bytes_put_u64(head + 56, lane_hash((struct span){ head, 56 }));
    assert_int_equal(pwrite(fd, head, sizeof(head), 0), sizeof(head));
    r = reader(&f, LANE_READ_ALL);
    assert_int_equal(lane_reader_next(r, &frame, &e), ERR_UNSUPPORTED);
    assert_non_null(strstr(e.why, "version 2"));
    lane_reader_free(&r);
    (void)close(fd);
    lane_files_release(&f);
}

/* --- Bodies ---------------------------------------------------------------------------------- */

static const uint8_t records[] = { 3, 0, 0, 0, 'a', 'b', 'c', 0, 0, 0, 0, 1, 0, 0, 0, 'd' };

static void records_cut_at_every_byte_are_whole_or_none(void **state)
{
    struct guard g;

    (void)state;
    guard_init(&g, sizeof(records));
    for (size_t cut = 0; cut <= sizeof(records); cut++) {
        struct lane_frame f = { .body = guard_put(&g, (struct span){ records, cut }) };
        struct span record;
        size_t n = 0;

        while (lane_next_record(&f, &record))
            n++;
        assert_int_equal(n, (cut >= 7) + (cut >= 11) + (cut >= 16));
        assert_int_equal(f.body.n > 0, cut != 0 && cut != 7 && cut != 11 && cut != 16);
    }
    guard_release(&g);
}

static void events_cut_at_every_byte_are_whole_or_none(void **state)
{
    uint8_t body[16 + 3 + 16];
    struct guard g;

    (void)state;
    memset(body, 0, sizeof(body));
    body[0] = 3;
    guard_init(&g, sizeof(body));
    for (size_t cut = 0; cut <= sizeof(body); cut++) {
        struct lane_frame f = { .sequence = 5, .body = guard_put(&g, (struct span){ body, cut }) };
        struct lane_read_event ev;
        size_t n = 0;

        while (lane_next_event(&f, &ev))
            n++;
        assert_int_equal(n, (cut >= 19) + (cut >= 35));
        assert_int_equal(f.sequence, 5 + n);
        assert_int_equal(f.body.n > 0, cut != 0 && cut != 19 && cut != 35);
    }
    guard_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_at_every_byte_the_groups_before_are_left_and_no_other),
        cmocka_unit_test(a_torn_tail_is_counted_and_the_next_segment_follows),
        cmocka_unit_test(with_any_byte_changed_no_frame_is_wrong),
        cmocka_unit_test(a_frame_from_elsewhere_does_not_check),
        cmocka_unit_test(from_any_place_it_goes_on_as_if_it_had_not_stopped),
        cmocka_unit_test(never_beyond_the_limit),
        cmocka_unit_test(damage_below_the_limit_is_said),
        cmocka_unit_test(what_is_gone_is_passed_over),
        cmocka_unit_test(an_empty_folder_is_the_end_for_now),
        cmocka_unit_test(what_grows_is_followed),
        cmocka_unit_test(the_newest_segment_that_stands_alone_is_found),
        cmocka_unit_test(leftovers_of_a_full_disk_are_not_read),
        cmocka_unit_test(a_start_says_what_counts_of_what_it_found),
        cmocka_unit_test(what_does_not_check_as_far_as_it_counted_is_damage),
        cmocka_unit_test(a_large_body_is_read_whole_and_its_memory_given_back),
        cmocka_unit_test(a_read_that_fails_is_said_and_the_next_call_goes_on),
        cmocka_unit_test(a_segment_of_a_later_version_is_not_guessed_at),
        cmocka_unit_test(records_cut_at_every_byte_are_whole_or_none),
        cmocka_unit_test(events_cut_at_every_byte_are_whole_or_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
