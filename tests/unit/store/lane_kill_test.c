/*
 * Goal: what was reported durable is there after a kill at any moment, of what was not each group
 * whole or not at all, and a start goes on from what is left. Method: a child appends and says over
 * a pipe what is durable; it is killed at some moment, thirty times on the same lane; each child
 * recovers what the one before left.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#include "base/bytes.h"
#include "lane_files.h"

#define KILLS 30

/* Where the lane goes on: what recovery would find. */
static void recover(struct lane_files *files, struct lane_settings *s)
{
    struct lane_reader *r;
    struct lane_frame f;

    MUST(lane_last_segment(files->dir, &files->newest, NULL) == ERR_OK);
    MUST(lane_reader_new(&r, &io_system, files->dir, LANE_READ_ALL, NULL) == ERR_OK);
    MUST(lane_reader_seek_state(r, NULL) == ERR_OK);
    s->sequence = s->matched = 1;
    while (lane_reader_next(r, &f, NULL) == 1) {
        s->before = lane_reader_place(r);
        s->sequence = s->before.sequence;
        if (f.matched > s->matched)
            s->matched = f.matched;
    }
    lane_reader_free(&r);
}

_Noreturn static void child(struct lane_files *files, int pipe_fd)
{
    struct lane_settings s = lane_files_settings(files, 100000);
    struct lane *l;
    uint64_t next;

    recover(files, &s);
    next = s.sequence;
    MUST(lane_new(&l, &s, NULL) == ERR_OK);
    for (;;) {
        uint64_t durable;

        for (int i = 0; i < 50; i++)
            lane_test_append(l, &next);
        MUST(lane_record(l, LANE_BATCHES, (struct span){ (const uint8_t *)&next, sizeof(next) }));
        lane_matched(l);
        if (!lane_submit(l, 1)) {
            MUST(lane_test_wait(l) == LANE_GOOD);
            continue;
        }
        if (next % 3 == 0)
            MUST(lane_test_wait(l) == LANE_GOOD);
        durable = lane_place(l).sequence;
        MUST(write(pipe_fd, &durable, sizeof(durable)) == sizeof(durable));
    }
}

static uint64_t run_and_kill(struct lane_files *files, useconds_t us)
{
    uint64_t durable = 0, said;
    int fd[2], status;
    pid_t pid;

    assert_int_equal(pipe(fd), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        child(files, fd[1]);
    (void)close(fd[1]);
    assert_int_equal(read(fd[0], &said, sizeof(said)), sizeof(said));
    (void)usleep(us);
    assert_int_equal(kill(pid, SIGKILL), 0);
    do {
        durable = said;
    } while (read(fd[0], &said, sizeof(said)) == sizeof(said));
    (void)close(fd[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    return durable;
}

/* The number behind the events of which the last batch says that they are stored. */
static uint64_t batched(const struct lane_files *files)
{
    struct lane_reader *r;
    struct lane_frame f;
    struct span record;
    uint64_t next = 1;

    assert_int_equal(lane_reader_new(&r, &io_system, files->dir, 1u << LANE_BATCHES, NULL), ERR_OK);
    while (lane_reader_next(r, &f, NULL) == 1) {
        while (lane_next_record(&f, &record))
            next = bytes_u64(record.p);
    }
    lane_reader_free(&r);
    return next;
}

static void what_was_said_to_be_durable_is_there_after_a_kill(void **state)
{
    struct lane_files files;
    uint64_t read = 1;

    (void)state;
    lane_files_init(&files, &io_system, false);
    for (int i = 0; i < KILLS; i++) {
        uint64_t durable = run_and_kill(&files, (useconds_t)(i * 911 % 7000));
        uint64_t now = lane_test_read(&files, 1, NULL);

        assert_true(durable >= 1 && now >= durable && now >= read);
        assert_int_equal(batched(&files), now);
        read = now;
    }
    assert_true(read > KILLS * 50);
    assert_int_equal(lane_last_segment(files.dir, &files.newest, NULL), ERR_OK);
    assert_true(files.newest >= KILLS);
    lane_files_release(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_said_to_be_durable_is_there_after_a_kill),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
