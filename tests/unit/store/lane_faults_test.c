/*
 * Goal: whichever call fails, in whichever way, once or for ever: no crash, what was reported
 * durable is read back whole, nothing is read that was not appended, order is kept, and nothing
 * is reported durable after a sync that failed. Method: a scenario of some 300 calls, run once for
 * each of them, for each way to fail (the argument: EIO, ENOSPC, ..., SHORT).
 */
#include <errno.h>
#include <stdlib.h>

#include "check.h"

#include "faulty_io.h"
#include "lane_files.h"

#define GROUPS 140
/* Groups go into segments of so many bytes: a segment for every four or so. */
#define SEGMENT_BYTES 6000u

static const struct {
    const char *name;
    int error;
} faults[] = {
    { "EIO", EIO },       { "ENOSPC", ENOSPC }, { "EDQUOT", EDQUOT },      { "EINTR", EINTR },
    { "EMFILE", EMFILE }, { "EROFS", EROFS },   { "SHORT", FAULTY_SHORT },
};

struct outcome {
    uint64_t appended, durable; /* the event behind the last one */
    struct lane_place place;
    enum lane_state state;
    uint64_t calls, failed_syncs_answered;
};

/* Sequences behind each group, to tell which events a durable group has. */
static struct outcome scenario(struct lane_files *files, struct faulty *io)
{
    struct lane_settings s = lane_files_settings(files, SEGMENT_BYTES);
    uint64_t behind[GROUPS + 2] = { 1 };
    struct outcome out = { .appended = 1, .durable = 1 };
    struct lane *l;

    s.sequence = s.matched = 1;
    MUST(lane_new(&l, &s, NULL) == ERR_OK);
    for (int i = 0; i < GROUPS && out.state != LANE_BROKEN; i++) {
        uint64_t number = lane_group(l);

        for (int k = 0; k < 1 + i % 5; k++)
            lane_test_append(l, &out.appended);
        MUST(lane_record(l, LANE_FINDINGS, SPAN_LIT("found")));
        behind[number] = out.appended;
        out.state = lane_test_commit(l);
        MUST(lane_durable(l) < lane_group(l));
        MUST(behind[lane_durable(l)] >= out.durable);
        out.durable = behind[lane_durable(l)];
    }
    out.calls = io->calls;
    for (int i = 0; i < 3 && out.state == LANE_DISK_FULL; i++)
        out.state = lane_test_commit(l);
    out.durable = behind[lane_durable(l)];
    out.place = lane_place(l);
    lane_free(&l);
    return out;
}

static void check_outcome(struct lane_files *files, const struct outcome *out)
{
    uint64_t read = lane_test_read(files, 1, NULL);

    assert_int_equal(out->place.sequence, out->durable);
    assert_true(read >= out->durable && read <= out->appended);
    assert_int_equal(lane_test_read(files, 1, &out->place), out->durable);
}

static void run(struct lane_files *files, int error, uint64_t at, bool for_ever)
{
    struct faulty io;
    struct outcome out;
    bool recovers = error == ENOSPC || error == EDQUOT || error == EINTR || error == FAULTY_SHORT;

    faulty_init(&io);
    io.fail_at = at;
    io.error = error;
    io.for_ever = for_ever;
    io.no_sync = true; /* of memory there is nothing to sync */
    files->io = &io.io;
    out = scenario(files, &io);
    check_outcome(files, &out);
    /* The opening of a segment is the keeper's, which does not call again after EINTR. */
    if (!recovers && io.failed > 0)
        assert_int_equal(out.state, LANE_BROKEN);
    if (error == FAULTY_SHORT || (!for_ever && (error == ENOSPC || error == EDQUOT)))
        assert_true(out.state == LANE_GOOD && out.durable == out.appended);
    if (for_ever && error != FAULTY_SHORT)
        assert_true(out.durable < out.appended);
    lane_files_clear(files);
}

static void whatever_fails_what_was_reported_is_there(void **state)
{
    int error = *(const int *)*state;
    struct lane_files files;
    struct faulty io;
    struct outcome whole;

    faulty_init(&io);
    lane_files_init(&files, &io.io, false);
    whole = scenario(&files, &io);
    check_outcome(&files, &whole);
    assert_true(whole.state == LANE_GOOD && whole.durable == whole.appended);
    assert_true(whole.calls >= 300);
    lane_files_clear(&files);
    for (uint64_t at = 1; at <= whole.calls; at++) {
        run(&files, error, at, false);
        run(&files, error, at, true);
    }
    lane_files_release(&files);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_fails_what_was_reported_is_there),
    };

    for (size_t i = 0; i < COUNT_OF(faults) && argc == 2; i++) {
        int error = faults[i].error;
        struct CMUnitTest one = tests[0];
        const struct CMUnitTest mine[] = { { one.name, one.test_func, NULL, NULL, &error } };

        if (strcmp(argv[1], faults[i].name) == 0)
            return cmocka_run_group_tests(mine, NULL, NULL);
    }
    return 2;
}
