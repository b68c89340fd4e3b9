/*
 * Goal: every durable event is in the sealed files exactly once, byte for byte, with its source, in
 * the folder of its class and day; and what is not sealed is still in the lane. Method: real lanes
 * and folders; runs of many sizes; every call failing in turn; the process ended at every turn.
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "faulty_io.h"
#include "lane_files.h"
#include "seal/pack.h"
#include "seal/table.h"
#include "store/block.h"

#define NOW     (INT64_C(1795046400000000000) - 50000) /* 50 us before a midnight */
#define SOURCES 3u
#define EVENTS  3000u

struct fixture {
    struct lane_files files;
    char sealed[64];
    int sealed_dir;
};

/* Of event `n`: its source, and when it came: a us apart, so some are of the next day. */
static uint32_t source_of(uint64_t n)
{
    return (uint32_t)(n * 7 / 5 % SOURCES);
}

static int64_t receipt_of(uint64_t n)
{
    return NOW + (int64_t)(n / 20) * 1000;
}

static uint8_t months_of(uint32_t source)
{
    return (uint8_t)(source == 2 ? 3 : 12);
}

static void put_source(struct lane *l, uint32_t number, uint32_t source)
{
    char name[16];
    struct source_record r = { number, INPUT_RELP, true, months_of(source), SPAN_NONE };
    struct buf out;

    (void)snprintf(name, sizeof(name), "source-%u", source);
    r.name = span_of(name);
    buf_init(&out, 4096);
    source_record_put(&out, &r);
    assert_true(lane_record(l, LANE_SOURCES, buf_span(&out)));
    buf_release(&out);
}

/* `numbers` turns: in each segment another number stands for a source. */
static uint32_t number_of(uint32_t source, uint32_t segment)
{
    return (source + segment) % SOURCES;
}

static void tell_sources(void *arg, struct lane *l)
{
    struct lane_files *f = arg;

    for (uint32_t i = 0; i < SOURCES; i++)
        put_source(l, number_of(i, f->newest), i);
}

/* A lane of some segments, begun anew `lives` times, with EVENTS in all. */
static void make_lane(struct fixture *f, uint32_t lives)
{
    uint64_t next = 1;

    for (uint32_t life = 0; life < lives; life++) {
        struct lane_settings s = lane_files_settings(&f->files, 1u << 20);
        struct lane *l;
        struct err e;

        s.sequence = next;
        s.matched = next;
        s.state = tell_sources;
        assert_int_equal(lane_new(&l, &s, &e), ERR_OK);
        for (; next <= EVENTS * (life + 1) / lives; next++) {
            uint8_t room[LANE_TEST_EVENT_MAX];
            uint64_t got;
            /* A segment is opened at the first submit. */
            const uint32_t segment = f->files.newest + (lane_group(l) == 1);
            struct lane_event ev = { number_of(source_of(next), segment), (uint16_t)(next % 3), 1,
                                     receipt_of(next) };

            assert_true(lane_event(l, &ev, lane_test_event(next, room), &got).p != NULL);
            assert_int_equal(got, next);
            if (next % 100 == 0)
                assert_int_equal(lane_test_commit(l), LANE_GOOD);
        }
        assert_int_equal(lane_test_commit(l), LANE_GOOD);
        lane_free(&l);
    }
}

static void set_up(struct fixture *f, const struct io *io, uint32_t lives)
{
    lane_files_init(&f->files, io, false);
    (void)snprintf(f->sealed, sizeof(f->sealed), "/dev/shm/canh-pack.XXXXXX");
    assert_non_null(mkdtemp(f->sealed));
    f->sealed_dir = open(f->sealed, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    make_lane(f, lives);
}

static void clear_sealed(struct fixture *f)
{
    char command[128];

    (void)snprintf(command, sizeof(command), "rm -rf %s/*", f->sealed);
    assert_int_equal(system(command), 0);
}

static void tear_down(struct fixture *f)
{
    clear_sealed(f);
    (void)close(f->sealed_dir);
    assert_int_equal(rmdir(f->sealed), 0);
    lane_files_clear(&f->files);
    lane_files_release(&f->files);
}

static struct pack *begin_from(struct fixture *f, const struct io *io, uint64_t run_bytes,
                               const struct tip *base, const struct tip *tip)
{
    const struct pack_from from = { .io = io,
                                    .lane_dir = f->files.dir,
                                    .sealed_dir = f->sealed_dir,
                                    .run_bytes = run_bytes,
                                    .months = 12,
                                    .base = base,
                                    .tip = tip };
    struct catalog c;
    struct pack *p;
    struct err e;

    catalog_init(&c);
    assert_int_equal(catalog_read(&c, f->sealed_dir, &e), ERR_OK);
    if (pack_new(&p, &from, &c, &e) != ERR_OK)
        p = NULL;
    catalog_release(&c);
    return p;
}

static struct pack *begin(struct fixture *f, const struct io *io, uint64_t run_bytes)
{
    return begin_from(f, io, run_bytes, NULL, NULL);
}

/* --- checking ------------------------------------------------------------------------------- */

static void check_source(struct span records, uint32_t number, uint32_t want)
{
    char name[16];
    struct span rest = records;
    struct source_record r = { 0 };

    for (uint32_t i = 0; i <= number; i++) {
        uint32_t n = (uint32_t)rest.p[0] | (uint32_t)rest.p[1] << 8;

        assert_true(rest.n >= 4 + n && source_record_read((struct span){ rest.p + 4, n }, &r));
        rest = span_from(rest, 4 + n);
    }
    (void)snprintf(name, sizeof(name), "source-%u", want);
    check_span("source", r.name, name);
    assert_true(r.authenticated && r.input == INPUT_RELP);
}

static void check_block(struct sealed_file *f, uint32_t i, bool *seen)
{
    const struct sealed_about *about = sealed_about(f);
    const struct sealed_block *at = sealed_block(f, i);
    struct span body, frame;
    struct buf records;
    struct block *b;
    struct err e;

    buf_init(&records, 1u << 23);
    assert_int_equal(sealed_body(f, i, true, &body, &e), ERR_OK);
    assert_int_equal(block_open(&b, body, &e), ERR_OK);
    assert_int_equal(sealed_sources(f, i, &frame, &e), ERR_OK);
    assert_int_equal(block_sources_read(frame, &records, &e), ERR_OK);
    assert_int_equal(block_events(b), at->events);
    for (uint32_t row = 0; row < block_events(b); row++) {
        struct block_event ev = block_event(b, row);
        uint8_t room[LANE_TEST_EVENT_MAX];

        assert_true(ev.sequence >= at->from && ev.sequence <= at->to && ev.sequence <= EVENTS);
        assert_false(seen[ev.sequence]);
        seen[ev.sequence] = true;
        assert_true(span_eq(ev.raw, lane_test_event(ev.sequence, room)));
        assert_int_equal(ev.receipt_ns, receipt_of(ev.sequence));
        assert_int_equal(ev.flags, ev.sequence % 3);
        assert_int_equal(sealed_day(ev.receipt_ns), about->day);
        assert_int_equal(months_of(source_of(ev.sequence)), about->months);
        check_source(buf_span(&records), ev.source, source_of(ev.sequence));
    }
    buf_release(&records);
    block_free(&b);
}

/* All that counts: each event below `next` once, none else. Returns the number of files. */
static uint32_t check_sealed(struct fixture *f, uint64_t next)
{
    bool *seen = calloc(EVENTS + 1, sizeof(*seen));
    struct catalog c;
    struct err e;
    uint32_t files = 0;

    catalog_init(&c);
    assert_int_equal(catalog_read(&c, f->sealed_dir, &e), ERR_OK);
    for (uint32_t i = 0; i < c.count; i++) {
        int dir = catalog_folder(f->sealed_dir, c.file[i].day, c.file[i].months);
        char name[SEALED_NAME_BYTES];
        struct sealed_file *file;

        if (c.file[i].state != CATALOG_COUNTS)
            continue;
        sealed_file_name(name, &c.file[i].name);
        if (sealed_open(&file, dir, name, &e) != ERR_OK || sealed_check(file, &e) != ERR_OK)
            fail_msg("%s", e.why);
        for (uint32_t b = 0; b < sealed_block_count(file); b++)
            check_block(file, b, seen);
        sealed_free(&file);
        (void)close(dir);
        files++;
    }
    assert_int_equal(catalog_next(&c, 0), next == 1 ? 0 : next);
    for (uint64_t n = 1; n <= EVENTS; n++) {
        if (seen[n] != (n < next))
            fail_msg("event %llu of %llu", (unsigned long long)n, (unsigned long long)next);
    }
    catalog_release(&c);
    free(seen);
    return files;
}

/* --- tests ---------------------------------------------------------------------------------- */

static void every_event_is_sealed_once_in_runs_of_any_size(void **state)
{
    static const uint64_t sizes[] = { 1, 5000, 60000, 10000000 };
    struct fixture f;
    struct err e;

    (void)state;
    set_up(&f, &io_system, 3);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct pack *p = begin(&f, &io_system, sizes[i]);
        int64_t n, sum = 0;

        while ((n = pack_turn(p, NULL, 7000, &e)) > 0)
            sum += n;
        assert_int_equal(n, 0);
        assert_int_equal(sum, EVENTS);
        assert_int_equal(pack_end(p, &e), ERR_OK);
        assert_int_equal(pack_next(p), EVENTS + 1);
        assert_int_equal(pack_counts(p).events, EVENTS);
        assert_int_equal(pack_waiting(p), 0);
        assert_int_equal(pack_needs(p), f.files.newest);
        assert_true(check_sealed(&f, EVENTS + 1) >= 4); /* two days, two classes */
        pack_free(&p);
        clear_sealed(&f);
    }
    tear_down(&f);
}

/* Ended after every turn, and begun anew. */
static void it_goes_on_where_it_was_ended(void **state)
{
    struct fixture f;
    struct err e;
    uint64_t next = 1;
    uint32_t lives = 0;

    (void)state;
    set_up(&f, &io_system, 3);
    while (next <= EVENTS) {
        struct pack *p = begin(&f, &io_system, 40000);
        int64_t n = 0;

        for (uint32_t turns = 0; turns <= lives + 8; turns++)
            n = pack_turn(p, NULL, 9000, &e);
        assert_true(n >= 0 && pack_next(p) + 1 >= next);
        next = pack_next(p) == 0 ? 1 : pack_next(p);
        pack_free(&p);
        (void)check_sealed(&f, next);
        if (n == 0)
            break;
        assert_true(++lives < 1000);
    }
    tear_down(&f);
}

/* Not beyond what is durable. */
static void it_reads_no_further_than_it_may(void **state)
{
    struct fixture f;
    struct lane_place end = { .segment = 0 };
    struct lane_reader *r;
    struct lane_frame frame;
    struct pack *p;
    struct err e;

    (void)state;
    set_up(&f, &io_system, 1);
    p = begin(&f, &io_system, 1);
    assert_int_equal(pack_turn(p, &end, UINT64_MAX, &e), 0);
    assert_int_equal(lane_reader_new(&r, &io_system, f.files.dir, LANE_READ_ALL, &e), ERR_OK);
    for (int i = 0; i < 9; i++)
        assert_int_equal(lane_reader_next(r, &frame, &e), 1);
    end = lane_reader_place(r);
    assert_true(pack_turn(p, &end, UINT64_MAX, &e) > 0);
    assert_int_equal(pack_next(p),
                     frame.kind == LANE_EVENTS ? frame.sequence + frame.count : frame.sequence);
    lane_reader_free(&r);
    pack_free(&p);
    tear_down(&f);
}

/* A byte in the middle of the second of three segments. */
static void what_is_missing_is_counted_and_its_segment_is_kept(void **state)
{
    char name[LANE_NAME_BYTES];
    struct fixture f;
    struct pack *p;
    struct err e;
    uint8_t byte;
    off_t at;
    int fd;

    (void)state;
    set_up(&f, &io_system, 3);
    lane_segment_name(name, 2);
    fd = openat(f.files.dir, name, O_RDWR | O_CLOEXEC);
    at = (off_t)lane_files_size(&f.files, 2) / 2;
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    (void)close(fd);
    for (int life = 0; life < 2; life++) { /* also when it is begun anew */
        p = begin(&f, &io_system, 10000);
        while (pack_turn(p, NULL, 100000, &e) > 0)
            ;
        assert_int_equal(pack_end(p, &e), ERR_OK);
        assert_int_equal(pack_next(p), EVENTS + 1);
        assert_in_range(pack_counts(p).missing, 100, EVENTS / 3);
        if (life == 0)
            assert_int_equal(pack_counts(p).events + pack_counts(p).missing, EVENTS);
        assert_int_equal(pack_needs(p), 2);
        pack_free(&p);
    }
    tear_down(&f);
}

/* Cut the segment in front of the first frame of this kind, as a crash in the middle of a write
 * does.
 */
static void cut_before(const struct fixture *f, uint32_t segment, enum lane_kind kind)
{
    char name[LANE_NAME_BYTES];
    struct lane_reader *r;
    struct lane_frame frame;
    struct err e;
    int fd;

    assert_int_equal(lane_reader_new(&r, &io_system, f->files.dir, LANE_READ_ALL, &e), ERR_OK);
    do
        assert_int_equal(lane_reader_next(r, &frame, &e), 1);
    while (frame.segment != segment || frame.kind != kind);
    lane_segment_name(name, segment);
    fd = openat(f->files.dir, name, O_WRONLY | O_CLOEXEC);
    assert_int_equal(ftruncate(fd, (off_t)frame.at), 0);
    (void)close(fd);
    lane_reader_free(&r);
}

/* What was stored of batches and files stands in the lane's state: where the newest segment has
 * none, it is in one before, which the next collector reads. Cut before its state a segment has
 * nothing at all, but of a program whose frames counted alone. */
static void the_segment_with_the_state_is_needed(void **state)
{
    struct fixture f;
    struct pack *p;
    struct err e;

    (void)state;
    for (int alone = 0; alone < 2; alone++) {
        set_up(&f, &io_system, 3);
        if (alone == 1)
            lane_files_ungroup(&f.files, 3, LANE_HEAD_BYTES);
        cut_before(&f, 3, LANE_STATE);
        for (int life = 0; life < 2; life++) { /* also when it is begun anew */
            p = begin(&f, &io_system, 10000);
            while (pack_turn(p, NULL, 100000, &e) > 0)
                ;
            assert_int_equal(pack_end(p, &e), ERR_OK);
            assert_int_equal(pack_next(p) > 2 * EVENTS / 3 + 1, alone); /* of what segment 3 has */
            assert_true(pack_needs(p) <= 2);
            pack_free(&p);
        }
        tear_down(&f);
    }
}

/* As the role does: what fails is tried again. Returns pack_next(). */
static uint64_t seal_all(struct pack *p)
{
    struct err e;

    for (int turn = 0; turn < 60 && pack_next(p) <= EVENTS; turn++) {
        if (pack_turn(p, NULL, 100000, &e) == 0)
            (void)pack_end(p, &e); /* the next turn begins again */
    }
    return pack_next(p);
}

/* One call fails, or all from one on: what counts is whole, and the next process goes on. */
static void a_fault_costs_a_run_and_no_event(void **state)
{
    static const struct {
        int error;
        bool for_ever;
        uint64_t step;
    } rows[] = { { EIO, false, 1 },   { EIO, true, 3 },    { ENOSPC, false, 3 },
                 { ENOSPC, true, 5 }, { EINTR, false, 7 }, { FAULTY_SHORT, false, 7 } };
    struct faulty count;
    struct fixture f;
    struct pack *p;
    struct err e;

    (void)state;
    set_up(&f, &io_system, 2);
    faulty_init(&count);
    p = begin(&f, &count.io, 500000);
    while (pack_turn(p, NULL, 100000, &e) > 0)
        ;
    assert_int_equal(pack_end(p, &e), ERR_OK);
    pack_free(&p);
    for (size_t r = 0; r < COUNT_OF(rows); r++) {
        for (uint64_t call = 1; call <= count.calls; call += rows[r].step) {
            struct faulty io;
            uint64_t next;

            clear_sealed(&f);
            faulty_init(&io);
            io.fail_at = call;
            io.error = rows[r].error;
            io.for_ever = rows[r].for_ever;
            p = begin(&f, &io.io, 500000);
            next = p != NULL ? seal_all(p) : 0;
            if (!rows[r].for_ever && p != NULL && !pack_is_stuck(p))
                assert_int_equal(next, EVENTS + 1);
            pack_free(&p);
            p = begin(&f, &io_system, 500000); /* removes what was left */
            assert_non_null(p);
            assert_true(pack_next(p) >= next);
            (void)check_sealed(&f, pack_next(p) == 0 ? 1 : pack_next(p));
            while (pack_turn(p, NULL, UINT64_MAX, &e) > 0)
                ;
            assert_int_equal(pack_end(p, &e), ERR_OK);
            pack_free(&p);
            (void)check_sealed(&f, EVENTS + 1);
        }
    }
    tear_down(&f);
}

/* --- what merging left, and what only looks so -------------------------------------------------
 */

static uint32_t files_there(const struct fixture *f)
{
    struct catalog c;
    struct err e;
    uint32_t count;

    catalog_init(&c);
    assert_int_equal(catalog_read(&c, f->sealed_dir, &e), ERR_OK);
    count = c.count;
    catalog_release(&c);
    return count;
}

/* The first file of the catalog, and its folder opened. */
static struct catalog_file first_file(const struct fixture *f, int *dir)
{
    struct catalog c;
    struct catalog_file first;
    struct err e;

    catalog_init(&c);
    assert_int_equal(catalog_read(&c, f->sealed_dir, &e), ERR_OK);
    assert_true(c.count > 0);
    first = c.file[0];
    catalog_release(&c);
    *dir = catalog_folder(f->sealed_dir, first.day, first.months);
    return first;
}

static void seal_into(struct fixture *f)
{
    struct pack *p = begin(f, &io_system, 10000000);

    assert_int_equal(seal_all(p), EVENTS + 1);
    pack_free(&p);
}

/* A copy under a name that would hold all of a file's run takes nothing with it. */
static void a_name_alone_removes_nothing(void **state)
{
    char name[SEALED_NAME_BYTES], other[SEALED_NAME_BYTES];
    struct catalog_file first;
    struct fixture f;
    struct pack *p;
    uint32_t files;
    int dir;

    (void)state;
    set_up(&f, &io_system, 1);
    seal_into(&f);
    files = files_there(&f);
    first = first_file(&f, &dir);
    sealed_file_name(name, &first.name);
    first.name.to++;
    first.name.parts = 0;
    sealed_file_name(other, &first.name);
    assert_int_equal(linkat(dir, name, dir, other, 0), 0);
    p = begin(&f, &io_system, 10000000);
    if (p != NULL)
        assert_int_equal(pack_counts(p).leftover, 0);
    pack_free(&p);
    assert_int_equal(files_there(&f), files + 1);
    (void)close(dir);
    tear_down(&f);
}

/* Its first block, in a file that says it was merged out of it and of one event more. */
static void merge_first(const struct fixture *f)
{
    char name[SEALED_NAME_BYTES];
    int dir;
    struct catalog_file first = first_file(f, &dir);
    struct sealed_about about;
    struct sealed_parts parts;
    struct sealed_file *from;
    struct sealed_writer *w;
    struct err e;

    sealed_file_name(name, &first.name);
    assert_int_equal(sealed_open(&from, dir, name, &e), ERR_OK);
    about = *sealed_about(from);
    about.part = about.parts = 0;
    about.to++;
    assert_int_equal(sealed_roots(from, 0, &parts.roots, &e), ERR_OK);
    assert_int_equal(sealed_sources(from, 0, &parts.sources, &e), ERR_OK);
    assert_int_equal(sealed_body(from, 0, true, &parts.body, &e), ERR_OK);
    assert_int_equal(sealed_create(&w, &io_system, dir, &about, &e), ERR_OK);
    assert_int_equal(sealed_add(w, sealed_block(from, 0), &parts, &e), ERR_OK);
    assert_int_equal(sealed_close(w, &about, sealed_stream(from), &e), ERR_OK);
    assert_int_equal(sealed_publish(w, &e), ERR_OK);
    sealed_writer_free(&w);
    sealed_free(&from);
    (void)close(dir);
}

static void what_was_merged_is_removed(void **state)
{
    struct fixture f;
    struct pack *p;
    uint32_t files;

    (void)state;
    set_up(&f, &io_system, 1);
    seal_into(&f);
    files = files_there(&f);
    merge_first(&f);
    assert_int_equal(files_there(&f), files + 1);
    p = begin(&f, &io_system, 10000000);
    assert_non_null(p);
    assert_int_equal(pack_counts(p).leftover, 1);
    pack_free(&p);
    assert_int_equal(files_there(&f), files);
    tear_down(&f);
}

/* --- what was signed ------------------------------------------------------------------------ */

static struct tip tip_of(struct pack *p)
{
    struct tip t = { 0 };
    struct err e;

    assert_false(pack_is_behind(p));
    assert_int_equal(pack_tip(p, &t, &e), ERR_OK);
    return t;
}

static uint64_t tip_of_seen(struct pack *p)
{
    struct tip t = tip_of(p);
    uint64_t seen = t.seen;

    tip_release(&t);
    return seen;
}

static struct tip tip_of_all(struct fixture *f, uint64_t run_bytes)
{
    struct pack *p = begin(f, &io_system, run_bytes);
    struct err e;
    struct tip t;

    while (pack_turn(p, NULL, 100000, &e) > 0)
        ;
    t = tip_of(p);
    assert_int_equal(t.seen, EVENTS);
    pack_free(&p);
    clear_sealed(f);
    return t;
}

/* The streams are the same whatever is sealed, and however often it was begun anew. */
static void a_tip_is_met_again_by_whoever_goes_on(void **state)
{
    struct fixture f;
    struct tip all, signed_tip = { 0 };
    struct err e;
    uint64_t events = 0;

    (void)state;
    set_up(&f, &io_system, 3);
    all = tip_of_all(&f, UINT64_MAX);
    for (uint32_t i = 0; i < all.count; i++)
        events += all.stream[i].range.end;
    assert_int_equal(all.count, 2);
    assert_int_equal(events, EVENTS);
    for (uint32_t lives = 0; signed_tip.seen < EVENTS; lives++) {
        struct pack *p =
            begin_from(&f, &io_system, 40000, NULL, signed_tip.seen > 0 ? &signed_tip : NULL);
        struct tip now;

        for (uint32_t turns = 0; turns <= lives || pack_is_behind(p); turns++)
            assert_true(pack_turn(p, NULL, 9000, &e) >= 0);
        now = tip_of(p);
        assert_true(now.seen >= signed_tip.seen);
        assert_int_equal(pack_counts(p).contradicted, 0);
        pack_free(&p);
        tip_release(&signed_tip);
        signed_tip = now;
        assert_true(lives < 1000);
    }
    assert_true(tip_same(&all, &signed_tip));
    tip_release(&all);
    tip_release(&signed_tip);
    tear_down(&f);
}

/* A byte of what was signed and is not sealed, before it is read again: it is told, and the streams
 * go on as they were signed. */
static void what_contradicts_what_was_signed_stays_in_its_run(void **state)
{
    struct tip all, half, now;
    char name[LANE_NAME_BYTES];
    struct fixture f;
    struct pack *p;
    struct err e;
    uint8_t byte;
    off_t at;
    int fd;

    (void)state;
    set_up(&f, &io_system, 3);
    all = tip_of_all(&f, UINT64_MAX);
    p = begin(&f, &io_system, UINT64_MAX); /* nothing is sealed */
    while (pack_turn(p, NULL, 9000, &e) > 0 && tip_of_seen(p) < EVENTS * 2 / 3 - 50)
        ;
    half = tip_of(p);
    pack_free(&p);
    clear_sealed(&f);
    lane_segment_name(name, 1);
    fd = openat(f.files.dir, name, O_RDWR | O_CLOEXEC);
    at = (off_t)lane_files_size(&f.files, 1) / 2;
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    (void)close(fd);
    p = begin_from(&f, &io_system, UINT64_MAX, NULL, &half);
    while (pack_turn(p, NULL, 9000, &e) > 0)
        ;
    assert_int_equal(pack_counts(p).contradicted, 1);
    assert_true(pack_counts(p).missing > 0);
    assert_int_equal(pack_next(p), half.seen + 1); /* the run ended there */
    now = tip_of(p);
    assert_true(tip_same(&now, &all));
    tip_release(&now);
    pack_free(&p);
    /* Without what was signed the streams are others. */
    clear_sealed(&f);
    now = tip_of_all(&f, UINT64_MAX);
    assert_false(tip_same(&now, &all));
    tip_release(&now);
    tip_release(&half);
    tip_release(&all);
    tear_down(&f);
}

/* The end of the lane is gone. */
static void what_is_gone_is_given_in_to(void **state)
{
    struct tip all, now;
    struct fixture f;
    struct pack *p;
    struct err e;

    (void)state;
    set_up(&f, &io_system, 3);
    all = tip_of_all(&f, UINT64_MAX);
    assert_int_equal(unlinkat(f.files.dir, "00000003.lane", 0), 0);
    p = begin_from(&f, &io_system, UINT64_MAX, NULL, &all);
    while (pack_turn(p, NULL, 9000, &e) > 0)
        ;
    assert_true(pack_is_behind(p));
    assert_int_equal(pack_give_in(p, &e), ERR_OK);
    assert_false(pack_is_behind(p));
    assert_int_equal(pack_counts(p).contradicted, 1);
    now = tip_of(p);
    assert_true(now.seen < EVENTS && tip_same(&now, &all));
    tip_release(&now);
    tip_release(&all);
    pack_free(&p);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_is_sealed_once_in_runs_of_any_size),
        cmocka_unit_test(it_goes_on_where_it_was_ended),
        cmocka_unit_test(it_reads_no_further_than_it_may),
        cmocka_unit_test(what_is_missing_is_counted_and_its_segment_is_kept),
        cmocka_unit_test(the_segment_with_the_state_is_needed),
        cmocka_unit_test(a_fault_costs_a_run_and_no_event),
        cmocka_unit_test(a_name_alone_removes_nothing),
        cmocka_unit_test(what_was_merged_is_removed),
        cmocka_unit_test(a_tip_is_met_again_by_whoever_goes_on),
        cmocka_unit_test(what_contradicts_what_was_signed_stays_in_its_run),
        cmocka_unit_test(what_is_gone_is_given_in_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
