/*
 * Goal: what was reported durable is in the lane, whole and in order; groups, segments and places
 * are as lane.h says; a full disk is waited out; a failed sync is never answered. Method: lanes
 * over the faulty table, read back by the reader.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#include "base/num.h"
#include "faulty_io.h"
#include "lane_files.h"

struct fixture {
    struct faulty io;
    struct lane_files files;
    struct lane_settings settings;
    struct lane *lane;
    uint64_t next; /* event */
};

static void begin(struct fixture *x, uint64_t segment_bytes)
{
    struct err e;

    faulty_init(&x->io);
    lane_files_init(&x->files, &x->io.io, false);
    x->settings = lane_files_settings(&x->files, segment_bytes);
    x->settings.sequence = x->settings.matched = x->next = 1;
    assert_int_equal(lane_new(&x->lane, &x->settings, &e), ERR_OK);
}

static void end(struct fixture *x)
{
    lane_free(&x->lane);
    lane_files_release(&x->files);
}

static void append(struct fixture *x, int count)
{
    for (int i = 0; i < count; i++)
        lane_test_append(x->lane, &x->next);
}

static bool readable(int fd)
{
    struct pollfd p = { fd, POLLIN, 0 };

    return poll(&p, 1, 0) == 1;
}

/* The kinds of all frames, one letter each, "|" before each segment; with matched behind each. */
static void frames_put(struct lane_files *f, struct buf *out, bool matched)
{
    static const char letters[] = {
#define X(name) #name[0],
        LANE_KIND_TABLE(X)
#undef X
    };
    struct lane_reader *r;
    struct lane_frame frame;
    struct err e;
    uint32_t segment = 0;

    buf_init(out, 1 << 20);
    assert_int_equal(lane_reader_new(&r, &io_system, f->dir, LANE_READ_ALL, &e), ERR_OK);
    while (lane_reader_next(r, &frame, &e) == 1) {
        if (frame.segment != segment)
            buf_byte(out, '|');
        segment = frame.segment;
        /* S is SOURCES; the STATE, which has no body, is a full stop. */
        buf_byte(out, (uint8_t)(frame.kind == LANE_STATE ? '.' : letters[frame.kind]));
        if (matched)
            buf_fmt(out, "%llu ", (unsigned long long)frame.matched);
    }
    lane_reader_free(&r);
}

static void check_frames(struct lane_files *f, bool matched, const char *want)
{
    struct buf got;

    frames_put(f, &got, matched);
    check_span("frames", buf_span(&got), want);
    buf_release(&got);
}

static void a_group_is_written_in_order_and_its_last_frame_says_matched(void **state)
{
    struct fixture x;

    (void)state;
    begin(&x, 1 << 20);
    assert_int_equal(lane_filling(x.lane), 0);
    assert_int_equal(lane_group(x.lane), 1);
    append(&x, 3);
    assert_true(lane_record(x.lane, LANE_BATCHES, SPAN_LIT("b")));
    assert_true(lane_record(x.lane, LANE_FINDINGS, SPAN_LIT("f")));
    assert_true(lane_record(x.lane, LANE_SOURCES, SPAN_LIT("s")));
    assert_true(lane_record(x.lane, LANE_CHECKPOINTS, SPAN_LIT("c")));
    assert_true(lane_record(x.lane, LANE_INPUTS, SPAN_LIT("i")));
    assert_int_equal(lane_test_commit(x.lane), LANE_GOOD);
    append(&x, 2);
    assert_int_equal(lane_test_commit(x.lane), LANE_GOOD);
    append(&x, 1);
    assert_true(lane_record(x.lane, LANE_SOURCES, SPAN_LIT("s")));
    assert_true(lane_record(x.lane, LANE_FINDINGS, SPAN_LIT("f")));
    assert_int_equal(lane_test_commit(x.lane), LANE_GOOD);
    assert_int_equal(lane_durable(x.lane), 3);
    /* The state's sources are first, the rest of it is behind what it speaks of. */
    check_frames(&x.files, true, "|S1 S1 E1 F1 I1 C1 B1 C1 .4 E6 S6 E6 F7 ");
    end(&x);
}

static void nothing_to_write_is_no_write(void **state)
{
    struct fixture x;

    (void)state;
    begin(&x, 1 << 20);
    assert_true(lane_submit(x.lane, 1));
    assert_false(lane_in_flight(x.lane));
    assert_int_equal(lane_group(x.lane), 1);
    assert_int_equal(x.io.calls, 0);
    end(&x);
}

static void what_was_matched_after_a_start_is_written_though_nothing_was_found(void **state)
{
    struct fixture x;
    struct err e;

    (void)state;
    begin(&x, 1 << 20);
    lane_free(&x.lane);
    x.settings.sequence = 9;
    x.settings.matched = 5;
    assert_int_equal(lane_new(&x.lane, &x.settings, &e), ERR_OK);
    assert_int_equal(lane_filling(x.lane), 0);
    lane_matched(x.lane);
    assert_true(lane_filling(x.lane) > 0);
    assert_int_equal(lane_test_commit(x.lane), LANE_GOOD);
    assert_int_equal(lane_filling(x.lane), 0);
    check_frames(&x.files, true, "|S5 C5 .9 ");
    end(&x);
}

static void what_is_written_is_read_back_over_many_segments(void **state)
{
    struct fixture x;

    (void)state;
    begin(&x, 5000);
    for (int i = 0; i < 60; i++) {
        append(&x, i % 7);
        x.files.checkpoint++;
        assert_int_equal(lane_test_commit(x.lane), LANE_GOOD);
    }
    assert_true(x.files.newest > 5);
    assert_int_equal(x.files.states, x.files.newest);
    assert_int_equal(lane_test_read(&x.files, 1, NULL), x.next);
    end(&x);
}

static void a_group_fills_while_another_is_in_flight(void **state)
{
    struct fixture x;
    uint8_t room[LANE_TEST_EVENT_MAX];
    struct lane_event ev = { 1, 1, 1, 1000 };
    struct span kept;
    uint64_t sequence;

    (void)state;
    begin(&x, 1 << 20);
    kept = lane_event(x.lane, &ev, lane_test_event(1, room), &sequence);
    x.next = 2;
    assert_true(lane_submit(x.lane, 1));
    assert_true(lane_in_flight(x.lane));
    assert_int_equal(lane_group(x.lane), 2);
    append(&x, 1000);
    assert_false(lane_submit(x.lane, 2));
    assert_true(span_eq(kept, lane_test_event(1, room)));
    assert_int_equal(lane_durable(x.lane), 0);
    assert_int_equal(lane_test_wait(x.lane), LANE_GOOD);
    assert_false(readable(lane_fd(x.lane)));
    assert_int_equal(lane_durable(x.lane), 1);
    assert_int_equal(lane_test_commit(x.lane), LANE_GOOD);
    assert_int_equal(lane_durable(x.lane), 2);
    assert_int_equal(lane_test_read(&x.files, 1, NULL), 1002);
    end(&x);
}

static void the_place_is_what_is_durable(void **state)
{
    struct fixture x;
    struct lane_place before, p;

    (void)state;
    begin(&x, 1 << 20);
    before = lane_place(x.lane);
    assert_true(before.segment == 0 && before.bytes == 0 && before.sequence == 1);
    assert_int_equal(lane_test_read(&x.files, 1, &before), 1);
    append(&x, 5);
    assert_int_equal(lane_test_commit(x.lane), LANE_GOOD);
    p = lane_place(x.lane);
    assert_true(p.segment == 1 && p.sequence == 6);
    assert_int_equal(p.bytes, lane_files_size(&x.files, 1));
    append(&x, 5);
    assert_int_equal(lane_test_commit(x.lane), LANE_GOOD);
    assert_int_equal(lane_test_read(&x.files, 1, &p), 6);
    assert_int_equal(lane_test_read(&x.files, 1, &before), 1);
    assert_int_equal(lane_test_read(&x.files, 1, NULL), 11);
    end(&x);
}

static const struct {
    const char *name;
    int64_t ns[4];
    const char *want;
} clocks[] = {
    { "one time", { 7, 7, 7, 7 }, "|SEC." },
    { "4.2 s", { 0, 4200000000, 1, 4200000000 }, "|SEC." },
    { "over 4.3 s", { 0, 4300000000, 4300000001, 4300000002 }, "|SEEC." },
    { "back", { 100, 99, 98, 99 }, "|SEEEC." },
    { "as far as it goes", { INT64_MIN, INT64_MAX, INT64_MIN, 0 }, "|SEEEEC." },
};

static void receipt_times_are_kept_whatever_the_clock_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(clocks); i++) {
        struct fixture x;
        struct lane_reader *r;
        struct lane_frame f;
        struct lane_read_event ev;
        uint64_t n = 0, sequence;

        begin(&x, 1 << 20);
        for (size_t k = 0; k < 4; k++)
            (void)lane_event(x.lane, &(struct lane_event){ 1, 0, 0, clocks[i].ns[k] },
                             SPAN_LIT("odd"), &sequence);
        assert_int_equal(lane_test_commit(x.lane), LANE_GOOD);
        check_frames(&x.files, false, clocks[i].want);
        assert_int_equal(lane_reader_new(&r, &io_system, x.files.dir, 1u << LANE_EVENTS, NULL),
                         ERR_OK);
        while (lane_reader_next(r, &f, NULL) == 1) {
            while (lane_next_event(&f, &ev)) {
                CHECK_ROW(clocks[i].name, ev.receipt_ns == clocks[i].ns[n++]);
                CHECK_ROW(clocks[i].name, ev.sequence == n && span_eq(ev.raw, SPAN_LIT("odd")));
            }
        }
        CHECK_ROW(clocks[i].name, n == 4);
        lane_reader_free(&r);
        end(&x);
    }
}

static void a_clock_that_jumps_all_the_time_costs_no_event(void **state)
{
    struct fixture x;
    struct lane_reader *r;
    struct lane_frame f;
    struct lane_read_event ev;
    uint64_t n = 0, sequence;

    (void)state;
    begin(&x, 1 << 20);
    for (int64_t k = 0; k < 1000; k++)
        (void)lane_event(x.lane, &(struct lane_event){ 1, 0, 0, 1000000 - k }, SPAN_LIT("odd"),
                         &sequence);
    assert_int_equal(lane_test_commit(x.lane), LANE_GOOD);
    assert_int_equal(lane_reader_new(&r, &io_system, x.files.dir, 1u << LANE_EVENTS, NULL), ERR_OK);
    while (lane_reader_next(r, &f, NULL) == 1) {
        while (lane_next_event(&f, &ev)) {
            assert_int_equal(ev.sequence, ++n);
            assert_true(ev.receipt_ns >= 1000000 - (int64_t)n + 1 && ev.receipt_ns <= 1000000);
        }
    }
    assert_int_equal(n, 1000);
    lane_reader_free(&r);
    end(&x);
}

static void a_group_that_is_full_refuses_and_is_whole(void **state)
{
    struct fixture x;
    uint8_t *raw = calloc(1, LANE_BODY_MAX + 1);
    struct lane_event ev = { 0 };
    uint64_t sequence, n = 0;
    const size_t big = (size_t)3 << 20;

    (void)state;
    assert_non_null(raw);
    begin(&x, 1 << 20);
    assert_null(lane_event(x.lane, &ev, (struct span){ raw, LANE_BODY_MAX + 1 }, &sequence).p);
    assert_null(lane_event(x.lane, &ev, (struct span){ raw, LANE_BODY_MAX }, &sequence).p);
    while (lane_event(x.lane, &ev, (struct span){ raw, big }, &sequence).p != NULL)
        n++;
    assert_int_equal(n, 21);
    assert_non_null(lane_event(x.lane, &ev, SPAN_NONE, &sequence).p);
    for (n = 0; lane_record(x.lane, LANE_FINDINGS, (struct span){ raw, big }); n++)
        continue;
    assert_int_equal(n, 21);
    assert_true(lane_record(x.lane, LANE_FINDINGS, SPAN_LIT("small")));
    assert_int_equal(lane_test_commit(x.lane), LANE_GOOD);
    check_frames(&x.files, false, "|SEFC.");
    free(raw);
    end(&x);
}

/* --- Faults ---------------------------------------------------------------------------------- */

static void a_failed_sync_is_never_reported_and_never_retried(void **state)
{
    static const int errors[] = { EIO, EROFS, ENOSPC };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        struct fixture x;
        enum lane_state want = errors[i] == ENOSPC ? LANE_DISK_FULL : LANE_BROKEN;
        struct lane_place p;
        struct err e = { 0 };

        begin(&x, 1 << 20);
        append(&x, 3);
        assert_int_equal(lane_test_commit(x.lane), LANE_GOOD);
        p = lane_place(x.lane);
        x.io.kinds = 1u << FAULTY_SYNC;
        x.io.fail_at = 1 + x.io.count[FAULTY_SYNC];
        x.io.calls = x.io.count[FAULTY_SYNC];
        x.io.error = errors[i];
        append(&x, 3);
        assert_int_equal(lane_test_commit(x.lane), want);
        assert_int_equal(lane_poll(x.lane, &e), want);
        assert_non_null(strstr(e.why, "Segment 1 of lane 3 cannot be synced"));
        assert_int_equal(lane_durable(x.lane), 1);
        assert_int_equal(lane_place(x.lane).bytes, p.bytes);
        append(&x, 1);
        lane_matched(x.lane);
        assert_int_equal(lane_submit(x.lane, 5), errors[i] == ENOSPC);
        assert_int_equal(lane_test_wait(x.lane), errors[i] == ENOSPC ? LANE_GOOD : LANE_BROKEN);
        /* Of a full disk the group is written anew elsewhere, whole; else nothing is written. */
        assert_int_equal(x.files.newest, errors[i] == ENOSPC ? 2 : 1);
        assert_int_equal(lane_durable(x.lane), errors[i] == ENOSPC ? 3 : 1);
        assert_int_equal(x.io.count[FAULTY_SYNC], errors[i] == ENOSPC ? 3 : 2);
        p = lane_place(x.lane);
        assert_int_equal(lane_test_read(&x.files, 1, &p), errors[i] == ENOSPC ? x.next : 4);
        end(&x);
    }
}

/* For every room from none to more than enough: filled, waited out, nothing lost, nothing twice. */
static void a_disk_that_fills_at_any_byte_is_waited_out(void **state)
{
    uint64_t segments = 0;

    (void)state;
    for (uint64_t room = 0; room < 3000; room += 13) {
        struct fixture x;
        struct lane_place p;
        int full = 0;

        begin(&x, 1 << 20);
        append(&x, 2);
        assert_int_equal(lane_test_commit(x.lane), LANE_GOOD);
        x.io.room = room;
        x.io.room_opens = room % 2 != 0;
        for (int i = 0; i < 6; i++) {
            append(&x, 2);
            x.files.checkpoint++;
            full += lane_test_commit(x.lane) == LANE_DISK_FULL;
        }
        p = lane_place(x.lane);
        (void)lane_test_read(&x.files, 1, &p);
        assert_int_equal(lane_test_read(&x.files, 1, &p), p.sequence);
        assert_true(full == 0 || lane_filling(x.lane) > 0);
        x.io.room = UINT64_MAX;
        while (lane_filling(x.lane) > 0)
            assert_int_equal(lane_test_commit(x.lane), LANE_GOOD);
        assert_int_equal(lane_durable(x.lane) + 1, lane_group(x.lane));
        p = lane_place(x.lane);
        assert_int_equal(p.sequence, x.next);
        assert_int_equal(lane_test_read(&x.files, 1, &p), x.next);
        assert_int_equal(lane_test_read(&x.files, 1, NULL), x.next);
        segments += x.files.newest;
        end(&x);
    }
    assert_true(segments > 3000 / 13);
}

static void a_full_disk_without_a_byte_written_makes_no_further_segments(void **state)
{
    struct fixture x;

    (void)state;
    begin(&x, 1 << 20);
    x.io.room = 0;
    append(&x, 1);
    for (int i = 0; i < 20; i++)
        assert_int_equal(lane_test_commit(x.lane), LANE_DISK_FULL);
    assert_int_equal(x.files.newest, 1);
    x.io.room = UINT64_MAX;
    assert_int_equal(lane_test_commit(x.lane), LANE_GOOD);
    assert_int_equal(lane_test_read(&x.files, 1, NULL), 2);
    end(&x);
}

/* A checkpoint in the lane never stands without the events that it speaks of: here the state is
 * asked for while a later group fills, whose checkpoint it already knows. */
static void the_state_speaks_of_nothing_that_is_not_before_it(void **state)
{
    (void)state;
    for (uint64_t room = 0; room < 3000; room += 13) {
        struct fixture x;
        struct lane_reader *r;
        struct lane_frame f;
        struct span record;
        uint64_t events = 0, said;

        begin(&x, 1); /* each group has a segment */
        x.io.room = room;
        for (int i = 0; i < 12; i++) {
            if (i == 6)
                x.io.room = room / 2 + 64;
            append(&x, 1);
            x.files.checkpoint = x.next - 1;
            (void)lane_test_commit(x.lane);
        }
        assert_int_equal(lane_reader_new(&r, &io_system, x.files.dir,
                                         1u << LANE_EVENTS | 1u << LANE_CHECKPOINTS, NULL),
                         ERR_OK);
        while (lane_reader_next(r, &f, NULL) == 1) {
            if (f.kind == LANE_EVENTS)
                events += f.count;
            while (f.kind == LANE_CHECKPOINTS && lane_next_record(&f, &record)) {
                memcpy(&said, record.p, sizeof(said));
                assert_true(said <= events);
            }
        }
        lane_reader_free(&r);
        end(&x);
    }
}

static void a_small_disk_that_is_full_takes_what_waited_when_there_is_room(void **state)
{
    struct fixture x;
    struct lane_place p;
    static uint8_t ballast[3 << 20];
    int fd, full = 0;

    (void)state;
    begin(&x, 200000);
    if (mount("none", x.files.path, "tmpfs", 0, "size=8m") != 0) {
        print_message("skipped: no file system can be mounted here\n");
        end(&x);
        return;
    }
    assert_int_equal(close(x.files.dir), 0);
    x.files.dir = open(x.files.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    fd = openat(x.files.dir, "ballast", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, ballast, sizeof(ballast)), sizeof(ballast));
    for (int i = 0; i < 4000 && full < 5; i++) {
        append(&x, 40);
        full += lane_test_commit(x.lane) == LANE_DISK_FULL;
    }
    assert_int_equal(full, 5);
    p = lane_place(x.lane);
    assert_int_equal(lane_test_read(&x.files, 1, &p), p.sequence);
    assert_int_equal(unlinkat(x.files.dir, "ballast", 0), 0);
    (void)close(fd);
    while (lane_filling(x.lane) > 0)
        assert_int_equal(lane_test_commit(x.lane), LANE_GOOD);
    p = lane_place(x.lane);
    assert_int_equal(p.sequence, x.next);
    assert_int_equal(lane_test_read(&x.files, 1, &p), x.next);
    lane_free(&x.lane);
    lane_files_clear(&x.files);
    (void)close(x.files.dir);
    assert_int_equal(umount(x.files.path), 0);
    assert_int_equal(rmdir(x.files.path), 0);
}

/* --- Memory ---------------------------------------------------------------------------------- */

static size_t resident(void)
{
    uint8_t text[128];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, text, sizeof(text));
    struct span rest;
    uint64_t pages;

    (void)close(fd);
    assert_true(n > 0);
    rest = (struct span){ text, (size_t)n };
    rest = span_from(rest, span_find(rest, ' ') + 1);
    rest.n = span_find(rest, ' ');
    assert_true(num_u64(rest, UINT32_MAX, &pages));
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void memory_that_grew_goes_back(void **state)
{
    struct fixture x;
    static uint8_t raw[65536];
    struct lane_event ev = { 0 };
    uint64_t sequence;
    size_t from, grown;

    (void)state;
    begin(&x, 1 << 20);
    x.io.no_sync = true;
    from = resident();
    for (int group = 0; group < 2; group++) {
        for (int i = 0; i < 800; i++)
            assert_non_null(
                lane_event(x.lane, &ev, (struct span){ raw, sizeof(raw) }, &sequence).p);
        lane_matched(x.lane);
        assert_true(lane_submit(x.lane, 1));
        if (group == 0)
            (void)lane_event(x.lane, &ev, SPAN_NONE, &sequence);
        grown = resident();
        assert_int_equal(lane_test_wait(x.lane), LANE_GOOD);
    }
    assert_true(grown > from + (40u << 20));
    for (int i = 0; i < 100; i++) {
        (void)lane_event(x.lane, &ev, (struct span){ raw, 1000 }, &sequence);
        assert_int_equal(lane_test_commit(x.lane), LANE_GOOD);
    }
    assert_true(resident() < from + (8u << 20));
    end(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_is_written_in_order_and_its_last_frame_says_matched),
        cmocka_unit_test(nothing_to_write_is_no_write),
        cmocka_unit_test(what_was_matched_after_a_start_is_written_though_nothing_was_found),
        cmocka_unit_test(what_is_written_is_read_back_over_many_segments),
        cmocka_unit_test(a_group_fills_while_another_is_in_flight),
        cmocka_unit_test(the_place_is_what_is_durable),
        cmocka_unit_test(receipt_times_are_kept_whatever_the_clock_does),
        cmocka_unit_test(a_clock_that_jumps_all_the_time_costs_no_event),
        cmocka_unit_test(a_group_that_is_full_refuses_and_is_whole),
        cmocka_unit_test(a_failed_sync_is_never_reported_and_never_retried),
        cmocka_unit_test(a_disk_that_fills_at_any_byte_is_waited_out),
        cmocka_unit_test(a_full_disk_without_a_byte_written_makes_no_further_segments),
        cmocka_unit_test(the_state_speaks_of_nothing_that_is_not_before_it),
        cmocka_unit_test(a_small_disk_that_is_full_takes_what_waited_when_there_is_room),
        cmocka_unit_test(memory_that_grew_goes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
