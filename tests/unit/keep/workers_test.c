/*
 * Goal: a role that says what it must not say is killed, whatever it is; what it may say is taken.
 * Method: workers.c's own functions; the role is a child that waits to be killed, its channel is in
 * the test's hands.
 */
#include "../check.h"

#include "../../../src/keep/workers.c"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>

struct fixture {
    struct keeper *k;
    struct worker *w;
    int role; /* its end of the channel */
};

static struct channel_message out;

static void begin(struct fixture *f, enum role role)
{
    struct err e;
    int fds[2];

    f->k = calloc(1, sizeof(*f->k));
    assert_non_null(f->k);
    assert_int_equal(loop_new(&f->k->loop, &e), ERR_OK);
    assert_int_equal(channel_pair(fds, &e), ERR_OK);
    f->k->state = KEEPER_STARTING;
    f->k->worker_count = 2; /* the other is never ready, so nothing begins */
    f->k->worker[1] = (struct worker){ .k = f->k, .role = ROLE_DESK, .channel = -1, .starts = 1 };
    f->w = role == ROLE_RULES ? &f->k->rules : &f->k->worker[0];
    *f->w = (struct worker){ .k = f->k, .role = role, .channel = fds[0], .starts = 1 };
    f->w->pid = fork();
    if (f->w->pid == 0) {
        (void)pause();
        _exit(0);
    }
    assert_true(f->w->pid > 0);
    f->w->watch = loop_fd(f->k->loop, fds[0], LOOP_READ, on_channel, f->w);
    f->role = fds[1];
}

/* Was it killed? */
static bool end(struct fixture *f)
{
    int status;
    bool killed;

    /* A kill has been sent or never will be. */
    (void)kill(f->w->pid, SIGTERM);
    assert_int_equal(waitpid(f->w->pid, &status, 0), f->w->pid);
    killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    hang_up(f->w);
    close(f->role);
    loop_free(&f->k->loop);
    free(f->k);
    return killed;
}

static void say(struct fixture *f, uint32_t type, const void *body, size_t n, int fd)
{
    struct err e;

    out.type = type;
    out.n = n;
    memcpy(out.body, body, n);
    out.fd_count = fd >= 0;
    out.fds[0] = fd;
    assert_int_equal(channel_send(f->role, &out, &e), ERR_OK);
    if (f->w->channel >= 0)
        listen_to(f->w);
}

#define ALL ((1u << ROLES) - 1)

/* What each role may say; everything else, and the same with a byte or a descriptor more, kills. */
static const struct {
    const char *name;
    uint32_t type;
    size_t n, too_many;
    unsigned roles;
} rows[] = {
    { "READY", SAY_READY, 4, 257, WORKERS },
    { "BEAT", SAY_BEAT, 0, 1, WORKERS },
    { "STOP", SAY_STOP, 0, 1, 0 },
    { "RELOAD", SAY_RELOAD, 8, 9, 0 },
    { "CONNECTION", SAY_CONNECTION, sizeof(struct say_connection), 1, 0 },
    { "CLOSED", SAY_CLOSED, 4, 5, 1u << ROLE_COLLECTOR },
    { "CLOSED, cut", SAY_CLOSED, 3, 3, 0 },
    { "DATAGRAMS", SAY_DATAGRAMS, sizeof(struct say_connection), 1, 0 },
    { "LEDGER", SAY_LEDGER, 4, 5, 0 },
    { "PEER", SAY_PEER, 4, 5, 0 },
    { "DONE, of no lane", SAY_DONE, 8, 9, 0 },
    { "LISTEN", SAY_LISTEN, sizeof(struct say_connection), 1, 0 },
    { "NOTICE", SAY_NOTICE, 3, NOTICE_BYTES_MAX + 1, WORKERS | 1u << ROLE_RULES },
    { "NOTICE, empty", SAY_NOTICE, 0, 0, 0 },
    { "of no row", SAYS, 0, 0, 0 },
    { "far off", UINT32_MAX, 0, 0, 0 },
};

static void roles_may_say_what_their_row_allows_and_nothing_else(void **state)
{
    static const uint8_t zeros[1024];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (unsigned r = 0; r < ROLES; r++) {
            bool may = (rows[i].roles >> r & 1) != 0;
            struct fixture f;

            begin(&f, (enum role)r);
            say(&f, rows[i].type, zeros, rows[i].n, -1);
            if (end(&f) == may)
                fail_msg("row '%s': %s", rows[i].name, role_name((enum role)r));
            begin(&f, (enum role)r);
            say(&f, rows[i].type, zeros, rows[i].too_many, -1);
            CHECK_ROW(rows[i].name, end(&f));
            begin(&f, (enum role)r);
            say(&f, rows[i].type, zeros, rows[i].n, open("/dev/null", O_RDONLY));
            CHECK_ROW(rows[i].name, end(&f));
        }
    }
}

static void more_ends_than_beginnings_kill(void **state)
{
    uint32_t two = 2;
    struct fixture f;

    (void)state;
    begin(&f, ROLE_COLLECTOR);
    f.w->open = 5;
    say(&f, SAY_CLOSED, &two, 4, -1);
    say(&f, SAY_CLOSED, &two, 4, -1);
    assert_int_equal(f.w->open, 1);
    say(&f, SAY_CLOSED, &two, 4, -1);
    assert_true(end(&f));
}

static void what_was_not_asked_is_not_answered(void **state)
{
    uint64_t generation = 5;
    struct fixture f;

    (void)state;
    begin(&f, ROLE_DESK);
    say(&f, SAY_RELOADED, &generation, 8, -1);
    assert_true(end(&f));
    begin(&f, ROLE_DESK);
    say(&f, SAY_READY, "", 0, -1);
    assert_true(f.w->ready);
    say(&f, SAY_READY, "", 0, -1);
    assert_true(end(&f));
    begin(&f, ROLE_RULES);
    say(&f, SAY_RELOADED, "\5\0\0\0\0\0\0\0a\nb", 11, -1);
    assert_int_equal(f.k->made.number, 5);
    assert_string_equal(f.k->made.text, "a b");
    assert_false(end(&f));
}

static bool has_segment(const char *top, uint32_t number)
{
    char path[64];

    snprintf(path, sizeof(path), "%s/lanes/01/%08u.lane", top, number);
    return access(path, F_OK) == 0;
}

/* What both desk and sealer are done with goes, but for the newest. */
static void segments_go_when_both_have_done_with_them(void **state)
{
    static const struct {
        enum role role;
        uint32_t segment, first;
    } rows2[] = { { ROLE_DESK, 3, 1 }, { ROLE_SEALER, 2, 2 }, { ROLE_SEALER, 99, 3 },
                  { ROLE_DESK, 0, 3 }, { ROLE_DESK, 99, 4 },  { ROLE_SEALER, 1, 4 } };
    char top[] = "/tmp/canh-workers-XXXXXX", command[64];
    uint32_t lanes = 2, number;
    struct fixture f;
    struct err e;
    int fd, error;

    (void)state;
    assert_non_null(mkdtemp(top));
    begin(&f, ROLE_DESK);
    f.k->lane_count = 2;
    assert_int_equal(folder_open(&f.k->folder, top, "", &e), ERR_OK);
    assert_int_equal(folder_lanes(&f.k->folder, &lanes, &e), ERR_OK);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(folder_segment(&f.k->folder, 1, &fd, &number, &error, &e), ERR_OK);
        assert_int_equal(close(fd), 0);
    }
    for (size_t i = 0; i < COUNT_OF(rows2); i++) {
        const uint32_t body[] = { 1, rows2[i].segment };

        f.w->role = rows2[i].role;
        say(&f, SAY_DONE, body, sizeof(body), -1);
        for (uint32_t n = 1; n <= 4; n++)
            assert_int_equal(has_segment(top, n), n >= rows2[i].first);
    }
    folder_close(&f.k->folder);
    assert_false(end(&f));
    snprintf(command, sizeof(command), "rm -rf %s", top);
    assert_int_equal(system(command), 0);
}

/* A segment is made in the collector's own lane, and so is the reason why there is none. */
static void segments_come_from_the_own_lane(void **state)
{
    char top[] = "/tmp/canh-workers-XXXXXX", path[64], command[64];
    uint32_t lanes = 2, number;
    struct channel_message *in = calloc(1, sizeof(*in));
    struct fixture f;
    struct err e;

    (void)state;
    assert_non_null(mkdtemp(top));
    begin(&f, ROLE_COLLECTOR);
    f.w->number = 1;
    assert_int_equal(folder_open(&f.k->folder, top, "", &e), ERR_OK);
    assert_int_equal(folder_lanes(&f.k->folder, &lanes, &e), ERR_OK);
    say(&f, SAY_SEGMENT, "", 0, -1);
    assert_int_equal(channel_receive(f.role, in, &e), 1);
    memcpy(&number, in->body, 4);
    assert_true(in->type == SAY_SEGMENT && in->fd_count == 1 && in->n == 4 && number == 1);
    close(in->fds[0]);
    snprintf(path, sizeof(path), "%s/lanes/01/00000001.lane", top);
    assert_int_equal(unlink(path), 0);
    snprintf(path, sizeof(path), "%s/lanes/01", top);
    assert_int_equal(rmdir(path), 0);
    say(&f, SAY_SEGMENT, "", 0, -1);
    assert_int_equal(channel_receive(f.role, in, &e), 1);
    memcpy(&number, in->body, 4);
    assert_true(in->type == SAY_SEGMENT && in->fd_count == 0 && in->n > 4 && number == ENOENT);
    for (uint32_t i = 0; i < SEGMENTS_MAX && f.w->channel >= 0; i++) {
        say(&f, SAY_SEGMENT, "", 0, -1);
        while (channel_receive(f.role, in, &e) > 0)
            ;
    }
    folder_close(&f.k->folder);
    assert_true(end(&f));
    free(in);
    snprintf(command, sizeof(command), "rm -rf %s", top);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_may_say_what_their_row_allows_and_nothing_else),
        cmocka_unit_test(more_ends_than_beginnings_kill),
        cmocka_unit_test(what_was_not_asked_is_not_answered),
        cmocka_unit_test(segments_come_from_the_own_lane),
        cmocka_unit_test(segments_go_when_both_have_done_with_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
