/*
 * Goal: nothing goes before its months are full, everything goes then, but the newest run. Method:
 * rows of dates; folders of empty files.
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "seal/retain.h"

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

static void touch(int dir, const char *folder, const char *name)
{
    char path[128];

    assert_true(mkdirat(dir, folder, 0700) == 0 || errno == EEXIST);
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(close(openat(dir, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)), 0);
}

static uint32_t left(int dir, int today)
{
    struct retain_counts done = { 0 };
    struct catalog c;
    struct err e;
    uint32_t n;

    catalog_init(&c);
    assert_int_equal(catalog_read(&c, dir, &e), ERR_OK);
    n = c.count;
    assert_int_equal(retain_remove(&io_system, dir, &c, day_of(today), &done, &e), ERR_OK);
    assert_int_equal(catalog_read(&c, dir, &e), ERR_OK);
    assert_int_equal(n, c.count + done.files);
    n = c.count;
    catalog_release(&c);
    return n;
}

static void what_is_over_goes_but_the_newest_run(void **state)
{
    char folder[] = "/tmp/retain_test.XXXXXX";
    int dir;

    (void)state;
    assert_non_null(mkdtemp(folder));
    dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    touch(dir, "20260110-1", "00-1-10-2.seal");
    touch(dir, "20260110-3", "00-1-10-2.seal");
    touch(dir, "20260111-1", "00-11-20-1.seal");
    touch(dir, "20260111-1", "01-1-5-1.seal");
    assert_int_equal(left(dir, 20260210), 4);
    assert_int_equal(left(dir, 20260211), 3);
    assert_int_equal(faccessat(dir, "20260110-1", F_OK, 0), -1); /* the empty folder, too */
    assert_int_equal(left(dir, 20260212), 3);                    /* newest of both lanes */
    assert_int_equal(left(dir, 20360212), 2);
    touch(dir, "20360212-1", "00-21-21-1.seal");
    assert_int_equal(left(dir, 20360212), 2);
    assert_int_equal(faccessat(dir, "20260111-1/01-1-5-1.seal", F_OK, 0), 0);
    assert_int_equal(unlinkat(dir, "20260111-1/01-1-5-1.seal", 0), 0);
    assert_int_equal(unlinkat(dir, "20260111-1", AT_REMOVEDIR), 0);
    assert_int_equal(unlinkat(dir, "20360212-1/00-21-21-1.seal", 0), 0);
    assert_int_equal(unlinkat(dir, "20360212-1", AT_REMOVEDIR), 0);
    (void)close(dir);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(months_are_full_months),
        cmocka_unit_test(what_is_over_goes_but_the_newest_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
