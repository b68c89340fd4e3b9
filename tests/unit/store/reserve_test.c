/*
 * Goal: the space is really held, given up and held again only when there is plenty; whatever
 * fails, the state is true. Method: a file in /var/tmp, then the faulty table, call by call.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#include "faulty_io.h"
#include "lane_files.h"
#include "store/reserve.h"

#define BYTES ((uint64_t)1 << 20)

/* Bytes of the disk that the file holds, 0 when there is none. */
static uint64_t held(const struct lane_files *f)
{
    struct stat st;

    return fstatat(f->dir, RESERVE_NAME, &st, 0) == 0 ? (uint64_t)st.st_blocks * 512 : 0;
}

static void it_is_held_given_up_and_held_again(void **state)
{
    struct lane_files f;
    struct faulty io;
    struct reserve *r;
    struct err e;

    (void)state;
    faulty_init(&io);
    lane_files_init(&f, &io.io, true);
    assert_int_equal(reserve_open(&r, &io.io, f.dir, BYTES, &e), ERR_OK);
    assert_int_equal(reserve_state(r), RESERVE_HELD);
    assert_true(held(&f) >= BYTES);
    assert_int_equal(reserve_restore(r, &e), 0);
    assert_int_equal(reserve_release(r, &e), ERR_OK);
    assert_int_equal(reserve_state(r), RESERVE_RELEASED);
    assert_int_equal(held(&f), 0);
    io.room = 3 * BYTES - 4096;
    assert_int_equal(reserve_restore(r, &e), 0);
    assert_int_equal(held(&f), 0);
    io.room = 3 * BYTES;
    assert_int_equal(reserve_restore(r, &e), 1);
    assert_int_equal(reserve_state(r), RESERVE_HELD);
    assert_true(held(&f) >= BYTES);
    reserve_free(&r);
    assert_true(held(&f) >= BYTES);
    /* An earlier process's is taken over. */
    assert_int_equal(reserve_open(&r, &io.io, f.dir, BYTES, &e), ERR_OK);
    assert_int_equal(reserve_state(r), RESERVE_HELD);
    assert_int_equal(reserve_release(r, &e), ERR_OK);
    reserve_free(&r);
    lane_files_release(&f);
}

static const struct {
    const char *name;
    enum faulty_call call;
    int error, rc;
    enum reserve_state state;
} faults[] = {
    { "no room for its blocks", FAULTY_ALLOCATE, ENOSPC, ERR_OK, RESERVE_LACKING },
    { "no room within the quota", FAULTY_ALLOCATE, EDQUOT, ERR_OK, RESERVE_LACKING },
    { "no room for its name", FAULTY_OPEN, ENOSPC, ERR_OK, RESERVE_LACKING },
    { "no such call", FAULTY_ALLOCATE, EOPNOTSUPP, ERR_OK, RESERVE_UNSUPPORTED },
    { "a disk that fails", FAULTY_ALLOCATE, EIO, ERR_IO, RESERVE_LACKING },
    { "a file that may not be made", FAULTY_OPEN, EROFS, ERR_IO, RESERVE_LACKING },
    { "a sync that fails", FAULTY_SYNC, EIO, ERR_IO, RESERVE_LACKING },
    { "a sync of the folder that fails", FAULTY_SYNC_DIR, EIO, ERR_IO, RESERVE_LACKING },
    { "a signal", FAULTY_ALLOCATE, EINTR, ERR_OK, RESERVE_HELD },
};

static void what_cannot_be_held_is_said_and_nothing_is_left(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct lane_files f;
        struct faulty io;
        struct reserve *r;
        struct err e;

        faulty_init(&io);
        lane_files_init(&f, &io.io, true);
        io.kinds = 1u << faults[i].call;
        io.fail_at = 1;
        io.error = faults[i].error;
        CHECK_ROW(faults[i].name, reserve_open(&r, &io.io, f.dir, BYTES, &e) == faults[i].rc);
        CHECK_ROW(faults[i].name, (r == NULL) == (faults[i].rc != ERR_OK));
        if (r != NULL) {
            CHECK_ROW(faults[i].name, reserve_state(r) == faults[i].state);
            CHECK_ROW(faults[i].name, reserve_text(reserve_state(r))[0] != 0);
            CHECK_ROW(faults[i].name, (held(&f) > 0) == (faults[i].state == RESERVE_HELD));
            CHECK_ROW(faults[i].name,
                      reserve_restore(r, &e) == (faults[i].state == RESERVE_LACKING));
            assert_int_equal(reserve_release(r, &e), ERR_OK);
        }
        CHECK_ROW(faults[i].name, held(&f) == 0);
        reserve_free(&r);
        lane_files_release(&f);
    }
}

static void what_cannot_be_given_up_is_still_held(void **state)
{
    struct lane_files f;
    struct faulty io;
    struct reserve *r;
    struct err e;

    (void)state;
    faulty_init(&io);
    lane_files_init(&f, &io.io, true);
    assert_int_equal(reserve_open(&r, &io.io, f.dir, BYTES, &e), ERR_OK);
    io.fail_at = io.calls + 1;
    io.error = EIO;
    assert_int_equal(reserve_release(r, &e), ERR_IO);
    assert_int_equal(reserve_state(r), RESERVE_HELD);
    assert_int_equal(reserve_release(r, &e), ERR_OK);
    io.fail_at = io.calls + 1;
    io.failed = 0;
    assert_int_equal(reserve_restore(r, &e), ERR_IO); /* statvfs */
    assert_int_equal(reserve_state(r), RESERVE_RELEASED);
    reserve_free(&r);
    lane_files_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_held_given_up_and_held_again),
        cmocka_unit_test(what_cannot_be_held_is_said_and_nothing_is_left),
        cmocka_unit_test(what_cannot_be_given_up_is_still_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
