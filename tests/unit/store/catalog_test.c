/*
 * Goal: a listing tells which sealed files count and where a lane goes on, whenever a crash came
 * between the names of a run or of a merge. Method: folders of empty files, row by row.
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/catalog.h"

static char folder[64];
static int dir;

static void set_up(void)
{
    (void)snprintf(folder, sizeof(folder), "/tmp/catalog_test.XXXXXX");
    assert_non_null(mkdtemp(folder));
    dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(dir >= 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static void tear_down(void)
{
    (void)close(dir);
    assert_int_equal(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* "FOLDER/NAME FOLDER/NAME ..." */
static void touch_all(const char *names)
{
    struct span rest = span_of(names);

    while (rest.n > 0) {
        size_t n = span_find(rest, ' '), slash = span_find(rest, '/');
        char path[128];

        (void)snprintf(path, sizeof(path), "%.*s", (int)slash, (const char *)rest.p);
        assert_true(mkdirat(dir, path, 0700) == 0 || errno == EEXIST);
        (void)snprintf(path, sizeof(path), "%.*s", (int)n, (const char *)rest.p);
        assert_int_equal(close(openat(dir, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)), 0);
        rest = span_from(rest, n < rest.n ? n + 1 : n);
    }
}

/* States in the order of the list, a letter each. */
static const char *states_of(const struct catalog *c)
{
    static char text[64];
    uint32_t n = 0;

    for (; n < c->count && n + 1 < sizeof(text); n++)
        text[n] = "cmu"[c->file[n].state];
    text[n] = 0;
    return text;
}

#define A "20261127-12/"
#define B "20261127-3/"
#define C "20261128-12/"

static void the_listing_tells_what_counts(void **state)
{
    static const struct {
        const char *files, *states;
        uint64_t next;
        uint32_t strange;
    } rows[] = {
        { "", "", 0, 0 },
        { A "00-1-10-1.seal", "c", 11, 0 },
        { A "00-1-10-2.seal", "u", 0, 0 },
        { A "00-1-10-2.seal " B "00-1-10-2.seal", "cc", 11, 0 },
        /* the newest run is not whole, the one before is */
        { A "00-1-10-1.seal " A "00-11-20-2.seal", "cu", 11, 0 },
        /* of an earlier one a part went by retention */
        { A "00-1-10-2.seal " A "00-11-20-1.seal", "cc", 21, 0 },
        /* merged, and what it was made of not removed yet */
        { A "00-1-20-0.seal " A "00-1-10-1.seal " A "00-11-20-1.seal", "mcm", 21, 0 },
        { A "00-1-20-0.seal " A "00-1-10-2.seal " B "00-1-10-2.seal " A "00-11-20-1.seal " B
            "00-21-30-1.seal",
          "cmcmc", 31, 0 },
        /* other lanes, other folders */
        { A "00-1-10-1.seal " A "01-1-99-1.seal " C "00-11-20-1.seal", "ccc", 21, 0 },
        /* in two folders the same run */
        { A "00-1-10-3.seal " B "00-1-10-3.seal " C "00-1-10-3.seal", "ccc", 11, 0 },
        { A "00-1-10-1.seal " A "00-11.new " A "odd.seal lost+found/x", "c", 11, 2 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct catalog c;
        struct err e;

        set_up();
        touch_all(rows[i].files);
        catalog_init(&c);
        assert_int_equal(catalog_read(&c, dir, &e), ERR_OK);
        check_span(rows[i].files, span_of(states_of(&c)), rows[i].states);
        CHECK_ROW(rows[i].files, catalog_next(&c, 0) == rows[i].next);
        CHECK_ROW(rows[i].files, c.strange == rows[i].strange);
        catalog_release(&c);
        tear_down();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_listing_tells_what_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
