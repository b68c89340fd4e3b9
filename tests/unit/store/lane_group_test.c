/*
 * Goal: of what one write was to make durable a start finds all or nothing: never events without
 * the batch or the checkpoint that says that they are stored. Method: groups of events, findings,
 * checkpoints and batches that name one another, cut at every byte, changed, grown byte by byte;
 * what is handed out against the places that the lane reported.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#include "faulty_io.h"
#include "lane_files.h"
#include "store/lane_form.h"

#define GROUPS_MAX 8u

struct made {
    struct lane_files files;
    struct lane_place place[GROUPS_MAX]; /* behind each group; [0] before the first */
};

/* What a group's other kinds say: that the events below this number are stored. */
static void group_append(struct lane *l, uint64_t *next, int events)
{
    struct span says = { (const uint8_t *)next, sizeof(*next) };

    for (int i = 0; i < events; i++)
        lane_test_append(l, next);
    MUST(lane_record(l, LANE_FINDINGS, says));
    MUST(lane_record(l, LANE_CHECKPOINTS, says));
    MUST(lane_record(l, LANE_BATCHES, says));
}

/* `groups` groups in one segment. */
static void make(struct made *m, uint32_t groups, int events)
{
    struct lane_settings s;
    struct lane *l;
    uint64_t next = 1;

    *m = (struct made){ 0 };
    lane_files_init(&m->files, &io_system, false);
    s = lane_files_settings(&m->files, 1 << 26);
    s.sequence = s.matched = 1;
    assert_int_equal(lane_new(&l, &s, NULL), ERR_OK);
    m->place[0] = (struct lane_place){ 1, LANE_HEAD_BYTES, 1 };
    for (uint32_t i = 1; i <= groups; i++) {
        m->files.checkpoint = next + (uint64_t)events; /* the state speaks of the group before it */
        group_append(l, &next, events);
        assert_int_equal(lane_test_commit(l), LANE_GOOD);
        m->place[i] = lane_place(l);
    }
    lane_free(&l);
    assert_int_equal(m->files.newest, 1);
}

static struct lane_reader *reader(const struct lane_files *f, unsigned kinds)
{
    struct lane_reader *r;

    assert_int_equal(lane_reader_new(&r, &io_system, f->dir, kinds, NULL), ERR_OK);
    return r;
}

struct found {
    uint64_t next;               /* behind the last event */
    uint64_t said[LANE_KINDS];   /* the last record of each kind */
    uint64_t frames[LANE_KINDS]; /* of each kind */
    struct lane_place place;
    uint64_t torn;
};

static void look_at(struct lane_reader *r, struct found *found)
{
    struct lane_frame frame;

    while (lane_reader_next(r, &frame, NULL) == 1) {
        struct span record;

        found->frames[frame.kind]++;
        if (frame.kind == LANE_EVENTS)
            found->next = frame.sequence + frame.count;
        while (frame.kind != LANE_EVENTS && lane_next_record(&frame, &record)) {
            if (record.n == 8)
                found->said[frame.kind] = bytes_u64(record.p);
        }
    }
    found->place = lane_reader_place(r);
    found->torn = lane_reader_torn(r);
}

/* What a start finds. */
static struct found recovered(const struct lane_files *f)
{
    struct lane_reader *r = reader(f, LANE_READ_ALL);
    struct found found = { .next = 1 };

    assert_int_equal(lane_reader_seek_state(r, NULL), ERR_OK);
    look_at(r, &found);
    lane_reader_free(&r);
    return found;
}

static void check_whole(const struct found *found, const struct lane_place *place)
{
    static const enum lane_kind kinds[] = { LANE_FINDINGS, LANE_CHECKPOINTS, LANE_BATCHES };

    assert_int_equal(found->next, place->sequence);
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        assert_int_equal(found->said[kinds[i]], place->sequence > 1 ? place->sequence : 0);
    if (place->sequence > 1)
        assert_int_equal(found->place.bytes, place->bytes);
}

static void cut_at_every_byte_a_group_is_there_with_all_that_it_says_or_not_at_all(void **state)
{
    struct made m;
    uint32_t groups = 4;
    int fd;

    (void)state;
    make(&m, groups, 2);
    fd = lane_files_open(&m.files, 1, O_RDWR);
    for (uint64_t cut = lane_files_size(&m.files, 1) + 1; cut-- > 0;) {
        struct found found;

        assert_int_equal(ftruncate(fd, (off_t)cut), 0);
        while (groups > 0 && m.place[groups].bytes > cut)
            groups--;
        found = recovered(&m.files);
        check_whole(&found, &m.place[groups]);
        assert_int_equal(found.frames[LANE_STATE], groups > 0);
    }
    assert_int_equal(groups, 0);
    (void)close(fd);
    lane_files_release(&m.files);
}

/* Beside a write that is under way, without a limit: what is not there yet is more to come. */
static void a_group_that_grows_is_shown_when_its_last_byte_is_there(void **state)
{
    struct made m;
    struct lane_reader *r;
    struct found found = { .next = 1 };
    uint8_t bytes[8192];
    size_t size;
    int fd;

    (void)state;
    make(&m, 3, 2);
    size = (size_t)lane_files_size(&m.files, 1);
    assert_true(size <= sizeof(bytes));
    fd = lane_files_open(&m.files, 1, O_RDWR);
    assert_int_equal(pread(fd, bytes, size, 0), size);
    assert_int_equal(ftruncate(fd, LANE_HEAD_BYTES), 0);
    r = reader(&m.files, LANE_READ_ALL);
    for (size_t n = LANE_HEAD_BYTES, group = 0; n < size; n++) {
        assert_int_equal(pwrite(fd, bytes + n, 1, (off_t)n), 1);
        look_at(r, &found);
        group += n + 1 == m.place[group + 1].bytes;
        check_whole(&found, &m.place[group]);
        assert_int_equal(found.torn, 0);
    }
    assert_int_equal(found.next, 7);
    (void)close(fd);
    lane_reader_free(&r);
    lane_files_release(&m.files);
}

/* A torn group is torn for who does not look at what is missing of it, too. */
static void whatever_kinds_are_asked_for_the_same_groups_are_there(void **state)
{
    struct made m;
    uint64_t size;
    int fd;

    (void)state;
    make(&m, 3, 2);
    fd = lane_files_open(&m.files, 1, O_RDWR);
    size = lane_files_size(&m.files, 1);
    for (uint64_t at = m.place[1].bytes; at < size; at++) {
        uint64_t group = at < m.place[2].bytes ? 1 : 2;
        struct found all = { .next = 1 }, some = { .next = 1 };
        struct lane_reader *of_all = reader(&m.files, LANE_READ_ALL),
                           *of_some = reader(&m.files, 1u << LANE_EVENTS);
        uint8_t was, is;

        assert_int_equal(pread(fd, &was, 1, (off_t)at), 1);
        is = (uint8_t)~was;
        assert_int_equal(pwrite(fd, &is, 1, (off_t)at), 1);
        look_at(of_all, &all);
        look_at(of_some, &some);
        assert_int_equal(pwrite(fd, &was, 1, (off_t)at), 1);
        assert_int_equal(some.next, all.next);
        if (all.next == m.place[3].sequence)
            CHECK_ROW("padding", was == 0);
        else
            check_whole(&all, &m.place[group]);
        lane_reader_free(&of_all);
        lane_reader_free(&of_some);
    }
    (void)close(fd);
    lane_files_release(&m.files);
}

/* Groups of many windows, of several frames of events. */
static void a_group_larger_than_what_is_held_of_it(void **state)
{
    struct made m;
    struct found found;
    int fd;

    (void)state;
    make(&m, 3, 1000);
    assert_true(m.place[1].bytes > 4 * 65536);
    fd = lane_files_open(&m.files, 1, O_RDWR);
    found = recovered(&m.files);
    check_whole(&found, &m.place[3]);
    for (uint32_t group = 3; group >= 1; group--) {
        static const uint64_t short_of[] = { 1, 60, 64, 65, 300, 70000, 200000 };

        for (size_t i = 0; i < COUNT_OF(short_of); i++) {
            assert_int_equal(ftruncate(fd, (off_t)(m.place[group].bytes - short_of[i])), 0);
            found = recovered(&m.files);
            check_whole(&found, &m.place[group - 1]);
        }
    }
    (void)close(fd);
    lane_files_release(&m.files);
}

/* Frames of a damaged group below a limit, or of a segment that the next one says counted, were
 * acknowledged: what can be read of it is shown. */
static void what_is_known_to_count_is_shown_up_to_where_it_is_damaged(void **state)
{
    struct made m;
    struct lane_reader *r;
    struct lane_frame frame;
    struct found found = { .next = 1 };
    struct lane_place to = { 0 };
    struct err e;
    int fd, rc;

    (void)state;
    make(&m, 3, 2);
    fd = lane_files_open(&m.files, 1, O_RDWR);
    assert_int_equal(pwrite(fd, "x", 1, (off_t)m.place[2].bytes - 20), 1); /* of the batch */
    r = reader(&m.files, LANE_READ_ALL);
    lane_reader_limit(r, m.place[3]);
    while ((rc = lane_reader_next(r, &frame, &e)) == 1) {
        found.next = lane_reader_place(r).sequence;
        to = lane_reader_place(r);
    }
    assert_int_equal(rc, ERR_CORRUPT);
    assert_int_equal(found.next, m.place[2].sequence);
    assert_true(to.bytes > m.place[1].bytes && to.bytes < m.place[2].bytes);
    lane_reader_free(&r);
    (void)close(fd);
    lane_files_release(&m.files);
}

/* Recovery ends before the group, the next segment says so, and all that read then agree. */
static void a_start_behind_a_torn_group_counts_none_of_it(void **state)
{
    struct made m;
    struct lane_settings s;
    struct lane *l;
    struct found found;
    uint64_t next;
    int fd;

    (void)state;
    make(&m, 3, 2);
    fd = lane_files_open(&m.files, 1, O_RDWR);
    assert_int_equal(ftruncate(fd, (off_t)m.place[3].bytes - 1), 0);
    (void)close(fd);
    found = recovered(&m.files);
    s = lane_files_settings(&m.files, 1 << 20);
    s.before = found.place;
    s.sequence = s.matched = next = found.next;
    assert_int_equal(next, m.place[2].sequence);
    assert_int_equal(lane_new(&l, &s, NULL), ERR_OK);
    m.files.checkpoint = next + 2;
    group_append(l, &next, 2); /* what its sender sends again */
    assert_int_equal(lane_test_commit(l), LANE_GOOD);
    m.place[3] = lane_place(l);
    lane_free(&l);
    assert_int_equal(lane_test_read(&m.files, 1, NULL), next);
    found = recovered(&m.files);
    check_whole(&found, &m.place[3]);
    lane_files_release(&m.files);
}

/* As a program wrote it that knew no groups: each frame counts alone. */
static void frames_that_say_nothing_count_alone(void **state)
{
    struct made m;
    struct lane_reader *r;
    struct lane_frame frame;
    uint64_t ends[64], size;
    size_t count = 0;
    int fd;

    (void)state;
    make(&m, 3, 2);
    lane_files_ungroup(&m.files, 1, LANE_HEAD_BYTES);
    size = lane_files_size(&m.files, 1);
    r = reader(&m.files, LANE_READ_ALL);
    while (lane_reader_next(r, &frame, NULL) == 1)
        ends[count++] = lane_reader_place(r).bytes;
    lane_reader_free(&r);
    assert_int_equal(count, 3 * 4 + 3); /* and the state: sources, checkpoints, STATE */
    assert_int_equal(ends[count - 1], size);
    fd = lane_files_open(&m.files, 1, O_RDWR);
    for (uint64_t cut = size; cut-- > LANE_HEAD_BYTES;) {
        size_t n = 0;

        assert_int_equal(ftruncate(fd, (off_t)cut), 0);
        while (count > 0 && ends[count - 1] > cut)
            count--;
        r = reader(&m.files, LANE_READ_ALL);
        while (lane_reader_next(r, &frame, NULL) == 1)
            n++;
        assert_int_equal(n, count);
        lane_reader_free(&r);
    }
    (void)close(fd);
    lane_files_release(&m.files);
}

/* Two groups wait for room, and a new segment gets both at once: it has its state, or nothing. */
static void a_new_segment_has_its_state_or_nothing(void **state)
{
    struct faulty io;
    struct lane_files f;
    struct lane_settings s;
    struct lane *l;
    uint64_t next = 1;
    unsigned seen = 0;
    int fd;

    (void)state;
    faulty_init(&io);
    lane_files_init(&f, &io.io, false);
    s = lane_files_settings(&f, 1 << 20);
    s.sequence = s.matched = 1;
    assert_int_equal(lane_new(&l, &s, NULL), ERR_OK);
    for (int i = 0; i < 4; i++) {
        group_append(l, &next, 2);
        io.room = i == 1 ? 600 : UINT64_MAX;
        (void)lane_test_commit(l);
    }
    while (lane_filling(l) > 0)
        assert_int_equal(lane_test_commit(l), LANE_GOOD);
    lane_free(&l);
    assert_int_equal(next, 9);
    assert_int_equal(f.newest, 2);
    fd = lane_files_open(&f, f.newest, O_RDWR);
    for (uint64_t cut = lane_files_size(&f, f.newest) + 1; cut-- > 0;) {
        struct lane_reader *r = reader(&f, LANE_READ_ALL);
        struct found found = { .next = 1 };

        assert_int_equal(ftruncate(fd, (off_t)cut), 0);
        look_at(r, &found);
        lane_reader_free(&r);
        seen |= 1u << found.next;
        assert_int_equal(found.frames[LANE_STATE], 1 + (found.next > 3));
        assert_int_equal(found.said[LANE_BATCHES], found.next);
    }
    assert_int_equal(seen, 1u << 3 | 1u << 7 | 1u << 9); /* two are one, the third stands alone */
    (void)close(fd);
    lane_files_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_at_every_byte_a_group_is_there_with_all_that_it_says_or_not_at_all),
        cmocka_unit_test(a_group_that_grows_is_shown_when_its_last_byte_is_there),
        cmocka_unit_test(whatever_kinds_are_asked_for_the_same_groups_are_there),
        cmocka_unit_test(a_group_larger_than_what_is_held_of_it),
        cmocka_unit_test(what_is_known_to_count_is_shown_up_to_where_it_is_damaged),
        cmocka_unit_test(a_start_behind_a_torn_group_counts_none_of_it),
        cmocka_unit_test(frames_that_say_nothing_count_alone),
        cmocka_unit_test(a_new_segment_has_its_state_or_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
