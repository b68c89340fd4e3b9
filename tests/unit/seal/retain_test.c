/*
 * Goal: nothing goes before its months are full and it was recorded; everything goes then, but the
 * newest run. Method: rows of dates; files of made-up leaves; a ledger that only remembers.
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "seal/retain.h"
#include "seal/tree.h"

static int32_t day_of(int date)
{
    struct tm tm = { .tm_year = date / 10000 - 1900,
                     .tm_mon = date / 100 % 100 - 1,
                     .tm_mday = date % 100 };

    return (int32_t)(timegm(&tm) / 86400);
}

static void months_are_full_months(void **state)
{
    static const struct {
        int day;
        uint16_t months;
        int until;
    } rows[] = {
        { 20260115, 1, 20260216 },  { 20260131, 1, 20260301 },  { 20240131, 1, 20240301 },
        { 20240129, 1, 20240301 },  { 20251130, 3, 20260301 },  { 20261231, 12, 20280101 },
        { 20240229, 12, 20250301 }, { 20260101, 24, 20280102 }, { 20260630, 240, 20460701 }
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (retain_until(day_of(rows[i].day), rows[i].months) != day_of(rows[i].until))
            fail_msg("row %d + %u", rows[i].day, rows[i].months);
    }
}

/* --- Files ---------------------------------------------------------------------------------- */

struct fixture {
    char path[64];
    int dir;
    struct merkle_hasher *hasher;
    struct merkle_range behind[2]; /* of class 1 and 3, lane 0 */
    uint64_t gone[2];
    struct deletion record; /* the last */
    uint32_t records;
    bool refuse;
};

static void set_up(struct fixture *f)
{
    struct err e;

    *f = (struct fixture){ .path = "/dev/shm/canh-retain.XXXXXX" };
    assert_non_null(mkdtemp(f->path));
    f->dir = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(merkle_hasher_new(&f->hasher, &e), ERR_OK);
    for (int i = 0; i < 2; i++)
        merkle_begin(&f->behind[i], 0);
}

static void tear_down(struct fixture *f)
{
    char command[128];

    (void)snprintf(command, sizeof(command), "rm -rf %s", f->path);
    assert_int_equal(system(command), 0);
    (void)close(f->dir);
    merkle_hasher_free(&f->hasher);
}

static uint32_t of_class(uint16_t months)
{
    return months == 1 ? 0 : 1;
}

/* A file of two blocks whose leaves go on in its stream. */
static void put(struct fixture *f, int day, uint16_t months, uint64_t from, uint64_t to,
                uint16_t part, uint16_t parts)
{
    struct sealed_about about = {
        .day = day_of(day), .months = months, .part = part, .parts = parts, .from = from, .to = to
    };
    struct merkle_range *behind = &f->behind[of_class(months)];
    char name[SEALED_NAME_BYTES];
    struct sealed_writer *w;
    struct buf stream;
    struct err e;
    int dir;

    sealed_folder_name(name, about.day, months);
    assert_true(mkdirat(f->dir, name, 0700) == 0 || errno == EEXIST);
    dir = catalog_folder(f->dir, about.day, months);
    assert_int_equal(sealed_create(&w, &io_system, dir, &about, &e), ERR_OK);
    for (uint64_t i = 0; i < 2; i++) {
        struct sealed_block b = { .events = 5,
                                  .from = from + 5 * i,
                                  .to = from + 5 * i + 4,
                                  .receipt_from = about.day * SEALED_DAY_NS,
                                  .receipt_to = about.day * SEALED_DAY_NS,
                                  .place = behind->end };
        struct merkle_range leaves;
        struct sealed_parts bytes = { .body = SPAN_LIT("body"), .sources = SPAN_LIT("sources") };

        merkle_begin(&leaves, behind->end);
        for (uint8_t k = 0; k < 5; k++) {
            struct merkle_hash leaf = { { (uint8_t)(from + i), k } };

            merkle_append(f->hasher, &leaves, &leaf);
        }
        bytes.roots = (struct span){ leaves.node[0].bytes, leaves.count * MERKLE_HASH_BYTES };
        assert_int_equal(sealed_add(w, &b, &bytes, &e), ERR_OK);
        merkle_join(f->hasher, behind, &leaves);
    }
    buf_init(&stream, 65536);
    tree_put(behind, &stream);
    assert_int_equal(sealed_close(w, &about, buf_span(&stream), &e), ERR_OK);
    assert_int_equal(sealed_publish(w, &e), ERR_OK);
    sealed_writer_free(&w);
    buf_release(&stream);
    (void)close(dir);
}

/* --- What a ledger would do ----------------------------------------------------------------- */

static uint64_t on_gone(void *arg, uint32_t lane, uint16_t months)
{
    const struct fixture *f = arg;

    assert_int_equal(lane, 0);
    return f->gone[of_class(months)];
}

static int on_record(void *arg, struct deletion *d, struct err *e)
{
    struct fixture *f = arg;
    uint64_t *gone = &f->gone[of_class(d->months)];
    uint64_t at = d->begin;

    if (f->refuse)
        return err_set(e, ERR_IO, 0, "The disk is full.");
    assert_int_equal(d->begin, *gone);
    assert_true(d->end > d->begin && d->why == DELETION_retention);
    for (uint32_t i = 0; i < d->block_count; i++) {
        assert_int_equal(d->block[i].begin, at);
        at = d->block[i].end;
    }
    assert_int_equal(d->end, at);
    *gone = at;
    f->record = *d;
    f->records++;
    return ERR_OK;
}

/* Files that are left. */
static uint32_t left(struct fixture *f, int today)
{
    struct retain_counts done = { 0 };
    struct catalog c;
    const struct retain_from from = {
        &io_system, f->dir, &c, day_of(today), on_gone, on_record, f
    };
    struct err e;
    uint32_t n;
    int rc;

    catalog_init(&c);
    assert_int_equal(catalog_read(&c, f->dir, &e), ERR_OK);
    n = c.count;
    rc = retain_remove(&from, &done, &e);
    assert_true(rc == ERR_OK || (f->refuse && done.files == 0));
    assert_int_equal(catalog_read(&c, f->dir, &e), ERR_OK);
    assert_int_equal(n, c.count + done.files);
    n = c.count;
    catalog_release(&c);
    return n;
}

/* --- Tests ---------------------------------------------------------------------------------- */

static void what_is_over_goes_but_the_newest_run(void **state)
{
    struct merkle_range want;
    struct fixture f;

    (void)state;
    set_up(&f);
    put(&f, 20260110, 1, 1, 10, 0, 2);
    put(&f, 20260110, 3, 1, 10, 1, 2);
    put(&f, 20260111, 1, 11, 20, 0, 1);
    want = f.behind[0];
    put(&f, 20260112, 1, 21, 30, 0, 1);
    assert_int_equal(left(&f, 20260210), 4);
    assert_int_equal(left(&f, 20260211), 3);
    assert_int_equal(f.records, 1);
    assert_int_equal(f.record.block_count, 1);
    assert_int_equal(f.record.end, 10);
    assert_int_equal(faccessat(f.dir, "20260110-1", F_OK, 0), -1); /* the empty folder, too */
    assert_int_equal(left(&f, 20260211), 3);
    assert_int_equal(f.records, 1);
    f.refuse = true;
    assert_int_equal(left(&f, 20360212), 3); /* no record, no removal */
    f.refuse = false;
    assert_int_equal(left(&f, 20360212), 1); /* the newest */
    assert_int_equal(f.gone[0], 20);
    assert_int_equal(f.gone[1], 10);
    assert_int_equal(f.records, 3);
    deletion_range(&f.record, &want); /* of class 3, or 1: what roots need from now on */
    assert_true(merkle_same(&want, &f.behind[1]) || want.end == 20);
    tear_down(&f);
}

/* Recorded, and then the power was cut. */
static void what_was_recorded_goes_without_another_record(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f);
    put(&f, 20260110, 1, 1, 10, 0, 1);
    put(&f, 20260111, 1, 11, 20, 0, 1);
    put(&f, 20260112, 1, 21, 30, 0, 1);
    f.gone[0] = 10;
    assert_int_equal(left(&f, 20260211), 2);
    assert_int_equal(f.records, 0);
    assert_int_equal(left(&f, 20260212), 1);
    assert_int_equal(f.records, 1);
    assert_int_equal(f.record.begin, 10);
    tear_down(&f);
}

/* One in the middle that cannot be read goes with those around it, the last one waits. */
static void a_damaged_file_goes_with_the_next(void **state)
{
    static const uint8_t zeros[MERKLE_HASH_BYTES];
    struct fixture f;
    int fd;

    (void)state;
    set_up(&f);
    put(&f, 20260110, 1, 1, 10, 0, 1);
    put(&f, 20260111, 1, 11, 20, 0, 1);
    put(&f, 20260112, 1, 21, 30, 0, 1);
    put(&f, 20260113, 1, 31, 40, 0, 1);
    fd = openat(f.dir, "20260111-1/00-11-20-1.seal", O_WRONLY | O_TRUNC | O_CLOEXEC);
    (void)close(fd);
    assert_int_equal(left(&f, 20260212), 3); /* the first; not the damaged one alone */
    assert_int_equal(f.record.end, 10);
    assert_int_equal(left(&f, 20260213), 1);
    assert_int_equal(f.record.begin, 10);
    assert_int_equal(f.record.end, 30);
    assert_int_equal(f.record.block_count, 2);
    assert_memory_equal(f.record.block[0].digest.bytes, zeros, sizeof(zeros));
    assert_int_equal(f.record.block[1].begin, 20);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(months_are_full_months),
        cmocka_unit_test(what_is_over_goes_but_the_newest_run),
        cmocka_unit_test(what_was_recorded_goes_without_another_record),
        cmocka_unit_test(a_damaged_file_goes_with_the_next),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
