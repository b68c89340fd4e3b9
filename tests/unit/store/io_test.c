/*
 * Goal: the real table calls what it says, and the faulty one fails where it is told to and nowhere
 * else. Method: each call once through both.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#include "faulty_io.h"
#include "lane_files.h"

/* Every call of the table, in the order of its kinds. How many of them failed. */
static int call_all(const struct io *io, int dir)
{
    struct iovec iov[] = { { (void *)(uintptr_t) "ab", 2 }, { (void *)(uintptr_t) "cd", 2 } };
    struct statvfs st = { 0 };
    char back[8] = { 0 };
    int fd = io->open(io->arg, dir, "file", O_RDWR | O_CREAT | O_EXCL, 0600);
    int failed = fd < 0;

    failed += io->writev(io->arg, fd, iov, 2) != 4;
    failed += io->pread(io->arg, fd, back, sizeof(back), 1) != 3 || strcmp(back, "bcd") != 0;
    failed += io->sync(io->arg, fd) != 0;
    failed += io->sync_dir(io->arg, dir) != 0;
    failed += io->rename(io->arg, dir, "file", "renamed") != 0;
    failed += io->unlink(io->arg, dir, "renamed") != 0;
    failed += io->allocate(io->arg, fd, 10000) != 0;
    failed += io->statvfs(io->arg, dir, &st) != 0 || st.f_bsize == 0;
    if (fd >= 0) {
        struct stat is;

        failed += (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0;
        failed += fstat(fd, &is) != 0;
        (void)close(fd);
    }
    return failed;
}

static void each_call_does_what_its_name_says(void **state)
{
    struct lane_files f;
    struct faulty io;

    (void)state;
    lane_files_init(&f, &io_system, false);
    assert_int_equal(call_all(&io_system, f.dir), 0);
    faulty_init(&io);
    assert_int_equal(call_all(&io.io, f.dir), 0);
    assert_int_equal(io.calls, FAULTY_CALLS);
    for (unsigned i = 0; i < FAULTY_CALLS; i++)
        assert_true(io.count[i] == 1 && io.log[i] == i);
    lane_files_release(&f);
}

static void the_call_that_is_to_fail_fails(void **state)
{
    struct lane_files f;

    (void)state;
    lane_files_init(&f, &io_system, false);
    for (unsigned at = 1; at <= FAULTY_CALLS; at++) {
        struct faulty io;

        faulty_init(&io);
        io.fail_at = at;
        io.error = EIO;
        assert_true(call_all(&io.io, f.dir) >= 1);
        assert_int_equal(io.failed, 1);
        (void)unlinkat(f.dir, "file", 0);
        faulty_init(&io);
        io.fail_at = at;
        io.error = EIO;
        io.for_ever = true;
        assert_true(call_all(&io.io, f.dir) >= (int)(FAULTY_CALLS - at) + 1);
        assert_int_equal(io.failed, FAULTY_CALLS - at + 1);
        (void)unlinkat(f.dir, "file", 0);
        (void)unlinkat(f.dir, "renamed", 0);
    }
    lane_files_release(&f);
}

static void a_write_is_short_when_it_is_to_be_or_room_ends(void **state)
{
    struct iovec iov[] = { { (void *)(uintptr_t) "abc", 3 }, { (void *)(uintptr_t) "def", 3 } };
    struct lane_files f;
    struct faulty io;
    int fd;

    (void)state;
    lane_files_init(&f, &io_system, false);
    faulty_init(&io);
    fd = io.io.open(&io, f.dir, "file", O_RDWR | O_CREAT, 0600);
    io.fail_at = 1;
    io.error = FAULTY_SHORT;
    assert_int_equal(io.io.writev(&io, fd, iov, 2), 3);
    assert_int_equal(io.io.writev(&io, fd, iov, 2), 6);
    io.room = 4;
    assert_int_equal(io.io.writev(&io, fd, iov, 2), 4);
    assert_int_equal(io.io.writev(&io, fd, iov, 2), -1);
    assert_int_equal(errno, ENOSPC);
    assert_int_equal(lseek(fd, 0, SEEK_END), 13);
    (void)close(fd);
    (void)unlinkat(f.dir, "file", 0);
    lane_files_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_does_what_its_name_says),
        cmocka_unit_test(the_call_that_is_to_fail_fails),
        cmocka_unit_test(a_write_is_short_when_it_is_to_be_or_room_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
