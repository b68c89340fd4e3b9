/*
 * Goal: a role hears what it may hear, answers reloads truly, loses no descriptor, and ends when
 * its channel does or when it is told something that is no message. Method: the frame runs in a
 * child with a channel at descriptor 3; the test is the keeper.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#include "keep/frame.h"
#include "os/process.h"

static struct channel_message in, out;

/* --- The role ------------------------------------------------------------------------------- */

static int test_open(struct role_self *self, struct err *e)
{
    (void)e;
    role_ready(self, "level");
    role_notice(self, "settings %llu, number %u, generation %llu, data %s",
                (unsigned long long)self->settings.idle, self->number,
                (unsigned long long)self->generation, self->data);
    return ERR_OK;
}

static int test_reload(struct role_self *self, const struct settings *next, uint64_t generation,
                       struct err *e)
{
    if (generation == 13)
        return err_set(e, ERR_CORRUPT, 0, "Thirteen is no generation.");
    role_notice(self, "reload to %llu from %llu", (unsigned long long)next->idle,
                (unsigned long long)self->settings.idle);
    return ERR_OK;
}

static void test_connection(struct role_self *self, int fd, const struct say_connection *c)
{
    role_notice(self, "connection of input %u", c->input);
    close(fd);
    role_closed(self, 1);
}

static void test_segment(struct role_self *self, int fd, uint32_t number, int error,
                         struct span why)
{
    role_notice(self, "segment %s %u %d %.*s", fd >= 0 ? "yes" : "no", number, error,
                SPAN_ARG(why));
    if (fd >= 0)
        close(fd);
}

static void test_peer(struct role_self *self, int fd, enum role other)
{
    role_notice(self, "peer %s", role_name(other));
    close(fd);
}

static void test_notice(struct role_self *self, struct span text)
{
    role_notice(self, "heard %.*s", SPAN_ARG(text));
}

static const struct role_handlers handlers = { .open = test_open,
                                               .on_reload = test_reload,
                                               .on_connection = test_connection,
                                               .on_segment = test_segment,
                                               .on_peer = test_peer,
                                               .on_notice = test_notice };

/* --- The keeper ----------------------------------------------------------------------------- */

struct role_run {
    pid_t pid;
    int channel;
};

static int memory(const char *text)
{
    struct err e;
    int fd;

    assert_int_equal(process_memory("settings", span_of(text), &fd, &e), ERR_OK);
    return fd;
}

static void start(struct role_run *r, const char *settings)
{
    char number[] = "3", data[] = "/data", generation[] = "7";
    char *argv[] = { number, data, generation };
    int fds[2], memory_fd = memory(settings);
    struct err e;

    assert_int_equal(channel_pair(fds, &e), ERR_OK);
    r->pid = fork();
    assert_true(r->pid >= 0);
    if (r->pid == 0) {
        int a = fcntl(fds[1], F_DUPFD, 20), b = fcntl(memory_fd, F_DUPFD, 20);

        dup2(a, ROLE_FD_CHANNEL);
        dup2(b, ROLE_FD_SETTINGS);
        closefrom(5);
        _exit(role_main(ROLE_CONSOLE, &handlers, NULL, 3, argv));
    }
    close(fds[1]);
    close(memory_fd);
    r->channel = fds[0];
}

/* The next message that is no beat; fails after some seconds. */
static void hear(const struct role_run *r, enum say type, const char *text)
{
    struct err e = { 0 };
    struct pollfd p = { r->channel, POLLIN, 0 };
    int rc;

    do {
        rc = channel_receive(r->channel, &in, &e);
        if (rc == 0 && poll(&p, 1, 10000) != 1)
            fail_msg("nothing is said; wanted '%s'", text);
    } while (rc == 0 || (rc == 1 && in.type == SAY_BEAT));
    if (rc != 1 || in.type != (uint32_t)type)
        fail_msg("%d, message %u, want %u '%s': %s", rc, in.type, type, text, e.why);
    if (type != SAY_RELOADED && type != SAY_CLOSED)
        check_span("said", (struct span){ in.body, in.n }, text);
}

static void say(const struct role_run *r, uint32_t type, struct span body, int fd)
{
    struct err e = { 0 };

    out.type = type;
    out.n = body.n;
    if (body.n > 0)
        memcpy(out.body, body.p, body.n);
    out.fd_count = fd >= 0;
    out.fds[0] = fd;
    assert_int_equal(channel_send(r->channel, &out, &e), ERR_OK);
    if (fd >= 0)
        close(fd);
}

static int exit_code(const struct role_run *r)
{
    int status;

    assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
    close(r->channel);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void begin(struct role_run *r)
{
    start(r, "idle: 5s\n");
    hear(r, SAY_READY, "level");
    hear(r, SAY_NOTICE, "settings 5000, number 3, generation 7, data /data");
}

static void check_reloaded(const struct role_run *r, uint64_t want, const char *why)
{
    uint64_t got;

    hear(r, SAY_RELOADED, why);
    memcpy(&got, in.body, 8);
    assert_int_equal(got, want);
    check_span("why", (struct span){ in.body + 8, in.n - 8 }, why);
}

static void reload(const struct role_run *r, const char *settings, uint64_t generation)
{
    say(r, SAY_RELOAD, (struct span){ (uint8_t *)&generation, 8 }, memory(settings));
}

static void reloads_are_answered_truly(void **state)
{
    struct role_run r;

    (void)state;
    begin(&r);
    reload(&r, "idle: 6s\n", 8);
    hear(&r, SAY_NOTICE, "reload to 6000 from 5000");
    check_reloaded(&r, 8, "");
    reload(&r, "idle: 7s\n", 13);
    check_reloaded(&r, 8, "Thirteen is no generation.");
    reload(&r, "idle: bad\n", 9);
    hear(&r, SAY_RELOADED, "");
    assert_int_equal(in.body[0], 8);
    reload(&r, "idle: 9s\n", 14);
    hear(&r, SAY_NOTICE, "reload to 9000 from 6000");
    check_reloaded(&r, 14, "");
    say(&r, SAY_STOP, SPAN_NONE, -1);
    assert_int_equal(exit_code(&r), 0);
}

static void what_is_given_reaches_its_handler(void **state)
{
    struct say_connection c = { .input = 4 };
    struct span body = { (uint8_t *)&c, sizeof(c) };
    uint32_t desk = ROLE_DESK;
    struct role_run r;
    uint8_t text[8] = { 28, 0, 0, 0, 'f', 'u', 'l', 'l' };

    (void)state;
    begin(&r);
    say(&r, SAY_CONNECTION, body, memory("x"));
    hear(&r, SAY_NOTICE, "connection of input 4");
    hear(&r, SAY_CLOSED, "");
    say(&r, SAY_SEGMENT, (struct span){ text, 4 }, memory("x"));
    hear(&r, SAY_NOTICE, "segment yes 28 0 ");
    say(&r, SAY_SEGMENT, (struct span){ text, 8 }, -1);
    hear(&r, SAY_NOTICE, "segment no 0 28 full");
    say(&r, SAY_NOTICE, SPAN_LIT("all is well"), -1);
    hear(&r, SAY_NOTICE, "heard all is well");
    say(&r, SAY_PEER, (struct span){ (uint8_t *)&desk, sizeof(desk) }, memory("x"));
    hear(&r, SAY_NOTICE, "peer desk");
    say(&r, SAY_PEER, (struct span){ text, 4 }, memory("x")); /* of no role: dropped */
    /* Nobody here wants these. */
    say(&r, SAY_LISTEN, body, memory("x"));
    say(&r, SAY_DATAGRAMS, body, memory("x"));
    say(&r, SAY_LEDGER, (struct span){ text, 4 }, memory("x"));
    say(&r, SAY_NOTICE, SPAN_LIT("end"), -1);
    hear(&r, SAY_NOTICE, "heard end");
    say(&r, SAY_STOP, SPAN_NONE, -1);
    assert_int_equal(exit_code(&r), 0);
}

static void what_is_no_message_ends_the_role(void **state)
{
    static const struct {
        const char *name;
        uint32_t type;
        size_t n;
        bool fd;
    } rows[] = {
        { "a type of no row", SAYS, 0, false },
        { "a type far off", UINT32_MAX, 0, false },
        { "what only roles say", SAY_READY, 0, false },
        { "a beat", SAY_BEAT, 0, false },
        { "STOP with a body", SAY_STOP, 1, false },
        { "STOP with a descriptor", SAY_STOP, 0, true },
        { "RELOAD without settings", SAY_RELOAD, 8, false },
        { "RELOAD cut", SAY_RELOAD, 7, true },
        { "a connection without one", SAY_CONNECTION, sizeof(struct say_connection), false },
        { "a connection cut", SAY_CONNECTION, sizeof(struct say_connection) - 1, true },
        { "a segment cut", SAY_SEGMENT, 3, true },
        { "a ledger without memory", SAY_LEDGER, 4, false },
        { "a peer without a role", SAY_PEER, 0, true },
        { "a notice too long", SAY_NOTICE, NOTICE_BYTES_MAX + 1, false },
    };
    static uint8_t body[1024];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct role_run r;

        begin(&r);
        say(&r, rows[i].type, (struct span){ body, rows[i].n }, rows[i].fd ? memory("x") : -1);
        CHECK_ROW(rows[i].name, exit_code(&r) == 1);
    }
}

static void the_end_of_the_channel_is_the_end_of_the_role(void **state)
{
    struct role_run r;

    (void)state;
    begin(&r);
    shutdown(r.channel, SHUT_RDWR);
    assert_int_equal(exit_code(&r), 1);
}

static void a_role_beats(void **state)
{
    struct role_run r;
    struct pollfd p;
    struct err e;

    (void)state;
    begin(&r);
    p = (struct pollfd){ r.channel, POLLIN, 0 };
    assert_int_equal(poll(&p, 1, 5000), 1);
    assert_int_equal(channel_receive(r.channel, &in, &e), 1);
    assert_int_equal(in.type, SAY_BEAT);
    say(&r, SAY_STOP, SPAN_NONE, -1);
    assert_int_equal(exit_code(&r), 0);
}

static void words_and_settings_that_are_none_are_refused(void **state)
{
    char one[] = "1", data[] = "/d", x[] = "x";
    char *bad[] = { one, data, x };
    struct role_run r;

    (void)state;
    assert_int_equal(role_main(ROLE_CONSOLE, &handlers, NULL, 0, NULL), 1);
    assert_int_equal(role_main(ROLE_CONSOLE, &handlers, NULL, 3, bad), 1);
    start(&r, "idle: never\n");
    assert_int_equal(exit_code(&r), 1);
}

static void paths_that_are_too_long_are_refused(void **state)
{
    char room[15];

    (void)state;
    assert_int_equal(data_path(room, sizeof(room), "/data", "rules/%d", 100), ERR_USAGE);
    assert_int_equal(data_path(room, sizeof(room), "/data", "rules/%d", 10), ERR_OK);
    assert_string_equal(room, "/data/rules/10");
    assert_int_equal(data_path(room, sizeof(room), "/a/very/long/folder", "x"), ERR_USAGE);
    for (int i = 0; i < ROLES; i++)
        assert_true(role_name((enum role)i)[0] != 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reloads_are_answered_truly),
        cmocka_unit_test(what_is_given_reaches_its_handler),
        cmocka_unit_test(what_is_no_message_ends_the_role),
        cmocka_unit_test(the_end_of_the_channel_is_the_end_of_the_role),
        cmocka_unit_test(a_role_beats),
        cmocka_unit_test(words_and_settings_that_are_none_are_refused),
        cmocka_unit_test(paths_that_are_too_long_are_refused),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
