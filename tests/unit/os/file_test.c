/*
 * Goal: folders are listed whole, in one order, without going round in circles; files are read
 * whole or refused with a sentence that names them. Method: a folder made for the test.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#include "os/file.h"

static char folder[64];

static void make(const char *name, const char *text)
{
    char path[256];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void make_folder(const char *name)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static int set_up(void **state)
{
    char link[256];

    (void)state;
    strcpy(folder, "/tmp/canh-file-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    make_folder("b");
    make_folder("a.d");
    make("b/two.yml", "2");
    make("b/one.yml", "1");
    make("b/other.txt", "x");
    make("a.d/three.yml", "3");
    make("a", "first");
    snprintf(link, sizeof(link), "%s/b/round", folder);
    return symlink("..", link);
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

static bool is_yml(struct span name)
{
    return span_ends(name, SPAN_LIT(".yml"));
}

static void lists_in_byte_order_and_follows_no_link_to_a_folder(void **state)
{
    static const char *const want[] = { "a.d/three.yml", "b/one.yml", "b/two.yml" };
    struct file_walk walk = { .wanted = is_yml };
    struct file_list l;
    struct err e;
    char path[256];

    (void)state;
    files_init(&l);
    assert_int_equal(files_add(&l, folder, &walk, &e), ERR_OK);
    assert_int_equal(l.count, COUNT_OF(want));
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, want[i]);
        assert_string_equal(files_path(&l, i), path);
    }
    files_release(&l);
}

static void a_file_is_taken_whatever_its_name(void **state)
{
    struct file_walk walk = { .wanted = is_yml };
    struct file_list l;
    struct err e;
    char path[256];

    (void)state;
    files_init(&l);
    snprintf(path, sizeof(path), "%s/a", folder);
    assert_int_equal(files_add(&l, path, &walk, &e), ERR_OK);
    assert_int_equal(l.count, 1);
    files_release(&l);
}

static void what_is_not_there_is_named(void **state)
{
    struct file_walk walk = { 0 };
    struct file_list l;
    struct buf b;
    struct err e;

    (void)state;
    files_init(&l);
    assert_int_equal(files_add(&l, "/nowhere/x.log", &walk, &e), ERR_IO);
    assert_non_null(strstr(e.why, "/nowhere/x.log"));
    files_release(&l);
    buf_init(&b, 1 << 20);
    assert_int_equal(file_read("/nowhere/x.log", 100, &b, &e), ERR_IO);
    assert_non_null(strstr(e.why, "/nowhere/x.log"));
    buf_release(&b);
}

static void a_file_is_read_whole_or_refused(void **state)
{
    struct buf b;
    struct err e;
    char path[256];

    (void)state;
    buf_init(&b, 1 << 20);
    snprintf(path, sizeof(path), "%s/a", folder);
    assert_int_equal(file_read(path, 5, &b, &e), ERR_OK);
    check_span("whole", buf_span(&b), "first");
    assert_int_equal(file_read(path, 4, &b, &e), ERR_LIMIT);
    assert_non_null(strstr(e.why, path));
    buf_release(&b);
}

static void bytes_from_the_middle_are_all_there_or_it_says_so(void **state)
{
    char path[256];
    uint8_t got[8];
    int fd;

    (void)state;
    snprintf(path, sizeof(path), "%s/a", folder);
    fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_true(file_read_at(fd, 1, got, 3));
    check_span("middle", (struct span){ got, 3 }, "irs");
    assert_true(file_read_at(fd, 5, got, 0));
    errno = EIO;
    assert_false(file_read_at(fd, 1, got, 5));
    assert_int_equal(errno, 0); /* the file ends: no fault of the disk */
    assert_int_equal(close(fd), 0);
    assert_false(file_read_at(fd, 1, got, 1));
    assert_int_equal(errno, EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_in_byte_order_and_follows_no_link_to_a_folder),
        cmocka_unit_test(a_file_is_taken_whatever_its_name),
        cmocka_unit_test(what_is_not_there_is_named),
        cmocka_unit_test(a_file_is_read_whole_or_refused),
        cmocka_unit_test(bytes_from_the_middle_are_all_there_or_it_says_so),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
