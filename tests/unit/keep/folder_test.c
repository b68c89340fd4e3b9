/*
 * Goal: the data folder is one server's at a time, private, its store's id never replaced; segments
 * are new, append-only and numbered upwards; what is removed is removed by name, never through a
 * link. Method: folders made for the test.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#include "faulty_io.h"
#include "keep/folder.h"

static char top[64], data[128];

static int set_up(void **state)
{
    (void)state;
    strcpy(top, "/tmp/canh-folder-XXXXXX");
    if (mkdtemp(top) == NULL)
        return -1;
    snprintf(data, sizeof(data), "%s/a/b/data", top);
    return 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", top);
    return system(command);
}

static void open_it(struct folder *f, uint32_t *lanes)
{
    struct err e = { 0 };

    if (folder_open(f, data, "", &e) != ERR_OK || folder_lanes(f, lanes, &e) != ERR_OK)
        fail_msg("%s", e.why);
}

static const char *below(const char *name)
{
    static char path[2][256];
    static unsigned turn;

    turn = (turn + 1) % 2;
    snprintf(path[turn], sizeof(path[turn]), "%s/%s", data, name);
    return path[turn];
}

static void put(const char *name, const char *text)
{
    FILE *f = fopen(below(name), "w");

    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void it_is_made_once_and_locked(void **state)
{
    struct folder f, other;
    struct stat st;
    struct err e = { 0 };
    uint32_t lanes = 2;
    char id[2][64] = { { 0 } };
    int fd;

    (void)state;
    open_it(&f, &lanes);
    assert_int_equal(lanes, 2);
    assert_int_equal(stat(data, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(folder_open(&other, data, "", &e), ERR_LIMIT);
    assert_non_null(strstr(e.why, "Another server"));
    folder_close(&other);
    folder_close(&f);
    for (int i = 0; i < 2; i++) {
        open_it(&f, &lanes);
        fd = open(below("store"), O_RDONLY);
        assert_int_equal(read(fd, id[i], sizeof(id[i])), 33);
        close(fd);
        folder_close(&f);
    }
    assert_string_equal(id[0], id[1]);
}

static void an_id_that_is_none_is_not_replaced(void **state)
{
    static const char *const rows[] = { "", "0123456789abcdef0123456789abcdef", "x\n",
                                        "0123456789abcdef0123456789abcdeg\n",
                                        "0123456789abcdef0123456789abcdef\n\n" };
    struct folder f;
    uint32_t lanes = 1;

    (void)state;
    open_it(&f, &lanes);
    folder_close(&f);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct err e = { 0 };

        put("store", rows[i]);
        CHECK_ROW(rows[i], folder_open(&f, data, "", &e) == ERR_CORRUPT);
        folder_close(&f);
    }
}

static void a_lane_that_is_there_stays_one(void **state)
{
    struct folder f;
    uint32_t lanes = 5;

    (void)state;
    open_it(&f, &lanes);
    folder_close(&f);
    lanes = 2;
    open_it(&f, &lanes);
    assert_int_equal(lanes, 5);
    folder_close(&f);
}

static void segments_are_new_and_append_only(void **state)
{
    struct folder f;
    struct err e = { 0 };
    uint32_t lanes = 2, number;
    int fd, error;

    (void)state;
    open_it(&f, &lanes);
    for (uint32_t want = 1; want <= 3; want++) {
        assert_int_equal(folder_segment(&f, 1, &fd, &number, &error, &e), ERR_OK);
        assert_int_equal(number, want);
        assert_int_equal(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND), O_WRONLY | O_APPEND);
        close(fd);
    }
    assert_int_equal(access(below("lanes/01/00000003.lane"), F_OK), 0);
    put("lanes/01/00000004.lane", "a name that is taken is passed over");
    assert_int_equal(folder_segment(&f, 1, &fd, &number, &error, &e), ERR_OK);
    assert_int_equal(number, 5);
    close(fd);
    put("lanes/01/00000070.lane", "");
    put("lanes/01/x.lane", "");
    put("lanes/01/00000090.lane.x", "");
    folder_close(&f);
    open_it(&f, &lanes);
    assert_int_equal(folder_segment(&f, 1, &fd, &number, &error, &e), ERR_OK);
    assert_int_equal(number, 5); /* those that were never written to are gone */
    close(fd);
    assert_int_equal(folder_segment(&f, 0, &fd, &number, &error, &e), ERR_OK);
    assert_int_equal(number, 1);
    close(fd);
    assert_int_equal(rename(below("lanes/00"), below("lanes/gone")), 0);
    assert_int_equal(unlink(below("lanes/gone/00000001.lane")), 0);
    assert_int_equal(rmdir(below("lanes/gone")), 0);
    assert_int_equal(folder_segment(&f, 0, &fd, &number, &error, &e), ERR_IO);
    assert_int_equal(error, ENOENT);
    assert_int_equal(fd, -1);
    folder_close(&f);
}

/* The segments of lane 0 that are there: a bit each, by number. */
static unsigned segments_left(void)
{
    unsigned left = 0;

    for (unsigned n = 1; n <= 12; n++) {
        char name[32];

        snprintf(name, sizeof(name), "lanes/00/%08u.lane", n);
        left |= access(below(name), F_OK) == 0 ? 1u << n : 0;
    }
    return left;
}

/* Wherever a removal ends, by a fault or a kill, it has taken the oldest: no hole is left. */
static void of_segments_the_oldest_go_first_wherever_it_ends(void **state)
{
    static const unsigned order[] = { 7, 2, 11, 4, 9, 1, 12, 6, 3, 10, 5, 8 };
    struct folder f;
    struct faulty io;
    struct err e = { 0 };
    uint32_t lanes = 1;
    const unsigned all = (1u << 13) - 2;

    (void)state;
    open_it(&f, &lanes);
    faulty_init(&io);
    f.io = &io.io;
    io.kinds = 1u << FAULTY_UNLINK;
    io.error = EIO;
    f.lane[0].next = 13;
    for (unsigned fails = 1; fails <= 10; fails++) {
        for (size_t i = 0; i < COUNT_OF(order); i++) {
            char name[32];

            snprintf(name, sizeof(name), "lanes/00/%08u.lane", order[i]);
            put(name, "what was sealed");
        }
        io.calls = io.failed = 0;
        io.fail_at = fails;
        assert_int_equal(folder_segments_remove(&f, 0, 11, &e), ERR_IO);
        assert_int_equal(io.calls, fails); /* and none behind the one that failed */
        assert_int_equal(segments_left(), all & ~((1u << fails) - 1));
        io.fail_at = 0;
        assert_int_equal(folder_segments_remove(&f, 0, 11, &e), 11 - fails);
        assert_int_equal(segments_left(), 1u << 11 | 1u << 12);
    }
    assert_int_equal(folder_segments_remove(&f, 0, 999, &e), 1);
    assert_int_equal(segments_left(), 1u << 12); /* the last one stays */
    folder_close(&f);
}

static void links_are_not_followed(void **state)
{
    struct folder f;
    struct err e = { 0 };
    uint32_t lanes = 1;

    (void)state;
    open_it(&f, &lanes);
    assert_int_equal(mkdir(below("precious"), 0700), 0);
    put("precious/file", "x");
    assert_int_equal(symlink("../precious", below("rules/7")), 0);
    assert_int_equal(folder_generation_remove(&f, 7, &e), ERR_IO);
    assert_int_equal(mkdir(below("rules/8"), 0700), 0);
    assert_int_equal(mkdir(below("rules/8/taxonomy"), 0700), 0);
    put("rules/8/rules.image", "x");
    put("rules/8/taxonomy/a.yaml", "x");
    assert_int_equal(symlink("../../precious", below("rules/8/link")), 0);
    assert_int_equal(folder_generation_remove(&f, 8, &e), ERR_OK);
    assert_int_equal(access(below("rules/8"), F_OK), -1);
    assert_int_equal(access(below("precious/file"), F_OK), 0);
    folder_close(&f);
    assert_int_equal(rename(below("lanes/00"), below("lanes/old")), 0);
    assert_int_equal(symlink("../precious", below("lanes/00")), 0);
    assert_int_equal(folder_open(&f, data, "", &e), ERR_OK);
    assert_int_equal(folder_lanes(&f, &lanes, &e), ERR_IO);
    folder_close(&f);
}

static void generations_are_found_by_number(void **state)
{
    struct folder f;
    uint64_t number[3];
    uint32_t lanes = 1;

    (void)state;
    open_it(&f, &lanes);
    assert_int_equal(folder_generations(&f, number, 3), 0);
    mkdir(below("rules/9"), 0700);
    mkdir(below("rules/10"), 0700);
    mkdir(below("rules/x1"), 0700);
    mkdir(below("rules/0"), 0700);
    assert_int_equal(folder_generations(&f, number, 3), 2);
    assert_int_equal(number[0], 9);
    assert_int_equal(number[1], 10);
    for (int i = 11; i < 30; i++) {
        char name[32];

        snprintf(name, sizeof(name), "rules/%d", i);
        mkdir(below(name), 0700);
    }
    assert_int_equal(folder_generations(&f, number, 3), 3);
    assert_int_equal(number[0], 27);
    assert_int_equal(number[2], 29);
    folder_close(&f);
}

static void what_cannot_be_a_folder_is_told(void **state)
{
    struct folder f;
    struct err e = { 0 };

    (void)state;
    assert_int_equal(folder_open(&f, "", "", &e), ERR_USAGE);
    folder_close(&f);
    assert_int_equal(folder_open(&f, "/proc/none/data", "", &e), ERR_IO);
    folder_close(&f);
    if (geteuid() == 0) {
        assert_int_equal(folder_open(&f, data, "nobody-has-this-name", &e), ERR_USAGE);
        folder_close(&f);
    }
}

static void an_account_owns_what_it_writes_and_reads_the_lanes(void **state)
{
    struct folder f;
    struct stat st;
    struct err e = { 0 };
    uint32_t lanes = 1, number;
    int fd, error;

    (void)state;
    if (geteuid() != 0) {
        printf("SKIPPED: not root\n");
        skip();
    }
    assert_int_equal(folder_open(&f, data, "nobody", &e), ERR_OK);
    assert_int_equal(folder_lanes(&f, &lanes, &e), ERR_OK);
    assert_true(stat(below("rules"), &st) == 0 && st.st_uid == f.uid && f.uid != 0);
    assert_true(stat(below("desk"), &st) == 0 && st.st_uid == f.uid);
    assert_true(stat(below("lanes/00"), &st) == 0 && st.st_uid == 0 && st.st_gid == f.gid);
    assert_int_equal(st.st_mode & 0777, 0750);
    assert_int_equal(folder_segment(&f, 0, &fd, &number, &error, &e), ERR_OK);
    assert_true(fstat(fd, &st) == 0 && st.st_uid == 0 && (st.st_mode & 0777) == 0640);
    close(fd);
    folder_close(&f);
}

int main(void)
{
#define EACH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        EACH(it_is_made_once_and_locked),
        EACH(an_id_that_is_none_is_not_replaced),
        EACH(a_lane_that_is_there_stays_one),
        EACH(segments_are_new_and_append_only),
        EACH(of_segments_the_oldest_go_first_wherever_it_ends),
        EACH(links_are_not_followed),
        EACH(generations_are_found_by_number),
        EACH(what_cannot_be_a_folder_is_told),
        EACH(an_account_owns_what_it_writes_and_reads_the_lanes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
