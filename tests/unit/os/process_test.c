/*
 * Goal: a child gets what it is given and nothing else, its end is noticed, and it does not outlive
 * its parent; memory is sealed; descriptors are handed over by name. Method: this program starts
 * itself; `child_acts` is what it then does.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

#include "os/process.h"
#include "os/socket.h"

/* The words that make this program do one of `child_acts`. */
struct words {
    char test[8], child[8], act[32];
    char *argv[4];
};

static void words_of(struct words *w, const char *act)
{
    *w = (struct words){ .test = "test", .child = "child", .argv = { w->test, w->child, w->act } };
    snprintf(w->act, sizeof(w->act), "%s", act);
}

/* --- what the child does ------------------------------------------------------------------ */

/* 0: only 0, 1, 2 and the two it was given are open. */
static int act_fds(void)
{
    DIR *d = opendir("/proc/self/fd");
    unsigned sum = 0, count = 0;

    if (d == NULL)
        return 9;
    for (struct dirent *one; (one = readdir(d)) != NULL;) {
        if (one->d_name[0] != '.' && one->d_name[0] - '0' != dirfd(d)) {
            sum += (unsigned)(one->d_name[0] - '0');
            count++;
        }
    }
    closedir(d);
    if (count != 5 || sum != 0 + 1 + 2 + 3 + 4)
        return 1;
    return write(3, "three", 5) == 5 && write(4, "four", 4) == 4 ? 0 : 2;
}

static bool is_null(int fd)
{
    struct stat st, null;

    return fstat(fd, &st) == 0 && stat("/dev/null", &null) == 0 && st.st_rdev == null.st_rdev;
}

/* 0: nothing of the parent's signals, standard input, or what systemd told it is left. */
static int act_clean(void)
{
    struct sigaction action;
    sigset_t blocked;
    int on_death = 0;

    if (sigaction(SIGPIPE, NULL, &action) != 0 || action.sa_handler != SIG_DFL)
        return 1;
    if (sigprocmask(SIG_SETMASK, NULL, &blocked) != 0 || sigismember(&blocked, SIGUSR2))
        return 2;
    if (prctl(PR_GET_PDEATHSIG, &on_death) != 0 || on_death != SIGKILL)
        return 3;
    if (!is_null(0) || !is_null(1) || is_null(2))
        return 4;
    return getenv("NOTIFY_SOCKET") == NULL && getenv("LISTEN_FDS") == NULL ? 0 : 5;
}

static int act_exit(void)
{
    return 42;
}

static int act_crash(void)
{
    (void)signal(SIGSEGV, SIG_DFL);
    return raise(SIGSEGV);
}

static int act_wait(void)
{
    return poll(NULL, 0, 20000);
}

static int act_wait(void);

/* Starts a grandchild that holds descriptor 3 open, and dies. */
static int act_parent(void)
{
    struct words w;
    pid_t pid;
    int fd = 3;

    words_of(&w, "wait");
    return process_start(w.argv, &fd, 1, &pid, NULL) == ERR_OK ? 0 : 1;
}

/* 0: "beta" can be mapped with the bytes that the test wrote, and not be changed. */
static int act_sealed(void)
{
    char *at = mmap(NULL, 6, PROT_READ, MAP_SHARED, 3, 0);

    if (at == MAP_FAILED || memcmp(at, "sealed", 6) != 0)
        return 1;
    if (mmap(NULL, 6, PROT_READ | PROT_WRITE, MAP_SHARED, 3, 0) != MAP_FAILED)
        return 2;
    return pwrite(3, "x", 1, 0) < 0 && ftruncate(3, 0) != 0 && ftruncate(3, 9) != 0 ? 0 : 3;
}

/* What could be written and executed cannot be written any more; what could only be written can. */
static int act_code(void)
{
    uint8_t *code =
        mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint8_t *data = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

    if (code == MAP_FAILED || data == MAP_FAILED || fd < 0)
        return 1;
    if (pread(fd, code + 4096, 16, 0) != 16 || process_code_seal(NULL) != ERR_OK)
        return 2;
    if (pread(fd, code, 1, 0) != -1 || pread(fd, code + 4096, 1, 0) != -1 || errno != EFAULT)
        return 3;
    return pread(fd, data, 1, 0) == 1 && code[4096 + 1] == 'E' ? 0 : 4;
}

static int act_shared(void)
{
    void *at;

    if (process_shared_map(3, 4096, true, &at, NULL) != ERR_OK)
        return 1;
    memcpy(at, "from the child", 15);
    return 0;
}

/* Becomes the same program anew, with its two descriptors under names, the other way round. */
static int act_replace(void)
{
    static const struct handed_fd fds[] = { { 4, "alpha" }, { 3, "beta:514" } };
    struct words w;

    words_of(&w, "handed");
    return process_replace("/proc/self/exe", w.argv, fds, 2, NULL) == ERR_OK ? 0 : 1;
}

static int act_handed(void)
{
    struct handed_fd fds[4];
    uint32_t count = 9;

    process_handed(fds, 4, &count);
    /* ':' parts names, so a name with one comes out as two: three names for two descriptors are
     * not the protocol, and none is taken. */
    if (count != 0)
        return 1;
    return getenv("LISTEN_FDS") == NULL ? 0 : 2;
}

static int act_replace_well(void)
{
    static const struct handed_fd fds[] = { { 4, "alpha" }, { 3, "beta" } };
    struct words w;

    words_of(&w, "handed-well");
    return process_replace("/proc/self/exe", w.argv, fds, 2, NULL) == ERR_OK ? 0 : 1;
}

static int act_handed_well(void)
{
    struct handed_fd fds[4];
    uint32_t count = 0;

    process_handed(fds, 4, &count);
    if (count != 2 || strcmp(fds[0].name, "alpha") != 0 || strcmp(fds[1].name, "beta") != 0)
        return 1;
    if (fcntl(fds[0].fd, F_GETFD) != FD_CLOEXEC)
        return 2;
    if (write(fds[0].fd, "four", 4) != 4 || write(fds[1].fd, "three", 5) != 5)
        return 3;
    process_handed(fds, 4, &count); /* once only */
    return count == 0 ? 0 : 4;
}

static const struct {
    const char *name;
    int (*act)(void);
} child_acts[] = {
    { "fds", act_fds },
    { "clean", act_clean },
    { "exit", act_exit },
    { "crash", act_crash },
    { "wait", act_wait },
    { "parent", act_parent },
    { "sealed", act_sealed },
    { "code", act_code },
    { "shared", act_shared },
    { "replace", act_replace },
    { "handed", act_handed },
    { "replace-well", act_replace_well },
    { "handed-well", act_handed_well },
};

/* --- the tests ---------------------------------------------------------------------------- */

static pid_t start(const char *act, const int *fds, uint32_t count)
{
    struct words w;
    struct err e = { 0 };
    pid_t pid;

    words_of(&w, act);
    if (process_start(w.argv, fds, count, &pid, &e) != ERR_OK)
        fail_msg("%s", e.why);
    assert_true(pid > 0);
    return pid;
}

/* The end of `pid`, waited for. */
static bool ended(pid_t pid, char *how, size_t bytes)
{
    bool clean;

    for (unsigned i = 0; i < 5000; i++) {
        pid_t got = process_ended(&clean, how, bytes);

        if (got != 0) {
            assert_int_equal(got, pid);
            return clean;
        }
        poll(NULL, 0, 2);
    }
    fail_msg("the child does not end");
    return false;
}

static void check_act(const char *act, const int *fds, uint32_t count)
{
    char how[128];

    if (!ended(start(act, fds, count), how, sizeof(how)))
        fail_msg("%s: %s", act, how);
}

static void check_read(int fd, const char *want)
{
    char room[64];
    ssize_t n = read(fd, room, sizeof(room));

    assert_true(n >= 0);
    check_span("read", (struct span){ (uint8_t *)room, (size_t)n }, want);
}

static void a_child_has_its_descriptors_in_order_and_no_other(void **state)
{
    int a[2], b[2], extra = open("/dev/null", O_RDONLY); /* not closed on exec */

    (void)state;
    assert_true(extra >= 0);
    assert_int_equal(pipe(a), 0);
    assert_int_equal(pipe(b), 0);
    check_act("fds", (int[]){ b[1], a[1] }, 2);
    check_read(b[0], "three");
    check_read(a[0], "four");
    close(extra);
    for (size_t i = 0; i < 2; i++) {
        close(a[i]);
        close(b[i]);
    }
}

static void high_pipe(int fds[2])
{
    int low[2];

    assert_int_equal(pipe(low), 0);
    for (size_t i = 0; i < 2; i++) {
        fds[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 20);
        assert_true(fds[i] >= 20);
        close(low[i]);
    }
}

/* Descriptors that lie where others must go: 3 and 4 exchanged. */
static void descriptors_may_change_places(void **state)
{
    int a[2], b[2], old[2];

    (void)state;
    high_pipe(a);
    high_pipe(b);
    for (int i = 0; i < 2; i++)
        old[i] = fcntl(3 + i, F_DUPFD_CLOEXEC, 20);
    assert_int_equal(dup2(a[1], 3), 3);
    assert_int_equal(dup2(b[1], 4), 4);
    check_act("fds", (int[]){ 4, 3 }, 2);
    check_read(b[0], "three");
    check_read(a[0], "four");
    for (int i = 0; i < 2; i++) {
        close(a[i]);
        close(b[i]);
        close(3 + i);
        if (old[i] >= 0) {
            assert_int_equal(dup2(old[i], 3 + i), 3 + i);
            close(old[i]);
        }
    }
}

static void a_child_begins_clean(void **state)
{
    sigset_t one, old;

    (void)state;
    assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    sigemptyset(&one);
    sigaddset(&one, SIGUSR2);
    assert_int_equal(sigprocmask(SIG_BLOCK, &one, &old), 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", "/nowhere", 1), 0);
    check_act("clean", NULL, 0);
    assert_non_null(getenv("NOTIFY_SOCKET"));
    unsetenv("NOTIFY_SOCKET");
    assert_int_equal(sigprocmask(SIG_SETMASK, &old, NULL), 0);
    assert_true(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
}

static void how_a_child_ended_is_a_sentence(void **state)
{
    char how[128];
    bool clean;
    pid_t pid;

    (void)state;
    assert_int_equal(process_ended(&clean, how, sizeof(how)), 0);
    assert_false(ended(start("exit", NULL, 0), how, sizeof(how)));
    assert_string_equal(how, "It ended with exit code 42.");
    assert_false(ended(start("crash", NULL, 0), how, sizeof(how)));
    assert_string_equal(how, "It was killed by signal 11 (Segmentation fault).");
    pid = start("wait", NULL, 0);
    assert_int_equal(process_ended(&clean, how, sizeof(how)), 0);
    assert_int_equal(kill(pid, SIGSYS), 0);
    assert_false(ended(pid, how, sizeof(how)));
    assert_non_null(strstr(how, "sandbox"));
}

static void a_child_dies_with_its_parent(void **state)
{
    struct pollfd gone = { .events = POLLIN };
    int pipes[2];

    (void)state;
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    check_act("parent", &pipes[1], 1);
    close(pipes[1]);
    gone.fd = pipes[0];
    assert_int_equal(poll(&gone, 1, 5000), 1); /* the last writer is gone */
    assert_int_equal(gone.revents & POLLHUP, POLLHUP);
    close(pipes[0]);
}

static void a_child_that_cannot_be_is_told_at_once(void **state)
{
    struct words w;
    struct err e = { 0 };
    char how[64];
    bool clean;
    pid_t pid;

    (void)state;
    words_of(&w, "exit");
    assert_int_equal(process_start(w.argv, (int[]){ 987 }, 1, &pid, &e), ERR_IO);
    assert_non_null(strstr(e.why, strerror(EBADF)));
    assert_int_equal(process_ended(&clean, how, sizeof(how)), 0);
}

static void code_is_sealed(void **state)
{
    (void)state;
    check_act("code", NULL, 0);
}

static void memory_is_sealed(void **state)
{
    int fd;

    (void)state;
    assert_int_equal(process_memory("test", SPAN_LIT("sealed"), &fd, NULL), ERR_OK);
    check_act("sealed", &fd, 1);
    check_read(fd, "sealed");
    close(fd);
    assert_int_equal(process_memory("test", SPAN_NONE, &fd, NULL), ERR_OK);
    check_read(fd, "");
    close(fd);
}

static void shared_memory_is_shared_and_keeps_its_size(void **state)
{
    struct err e = { 0 };
    void *at, *again;
    int fd, loose;

    (void)state;
    assert_int_equal(process_shared("test", 4096, &fd, &at, NULL), ERR_OK);
    assert_int_equal(*(char *)at, 0);
    check_act("shared", &fd, 1);
    assert_string_equal(at, "from the child");
    assert_int_equal(process_shared_map(fd, 4096, false, &again, NULL), ERR_OK);
    assert_string_equal(again, "from the child");
    munmap(again, 4096);
    assert_int_equal(ftruncate(fd, 1), -1);
    assert_int_equal(process_shared_map(fd, 4097, false, &again, &e), ERR_SYNTAX);
    loose = memfd_create("loose", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_int_equal(ftruncate(loose, 4096), 0);
    assert_int_equal(process_shared_map(loose, 4096, false, &again, &e), ERR_SYNTAX);
    assert_null(again);
    munmap(at, 4096);
    close(loose);
    close(fd);
}

static void one_process_holds_the_lock(void **state)
{
    char path[] = "/tmp/canh-lock-XXXXXX", mine[32];
    struct err e = { 0 };
    int first, second, made = mkstemp(path);

    (void)state;
    close(made);
    snprintf(mine, sizeof(mine), "(%d)", (int)getpid());
    assert_int_equal(process_lock(path, &first, NULL), ERR_OK);
    assert_int_equal(process_lock(path, &second, &e), ERR_LIMIT);
    assert_int_equal(second, -1);
    assert_non_null(strstr(e.why, path));
    assert_non_null(strstr(e.why, mine));
    close(first);
    assert_int_equal(process_lock(path, &second, NULL), ERR_OK);
    close(second);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(process_lock("/nowhere/lock", &first, &e), ERR_IO);
}

static void descriptors_are_handed_over_by_name(void **state)
{
    int a[2], b[2];

    (void)state;
    assert_int_equal(pipe(a), 0);
    assert_int_equal(pipe(b), 0);
    check_act("replace-well", (int[]){ a[1], b[1] }, 2);
    check_read(a[0], "three");
    check_read(b[0], "four");
    check_act("replace", (int[]){ a[1], b[1] }, 2);
    for (size_t i = 0; i < 2; i++) {
        close(a[i]);
        close(b[i]);
    }
}

static void what_was_meant_for_another_process_is_not_taken(void **state)
{
    struct handed_fd fds[2];
    struct err e = { 0 };
    uint32_t count = 9;
    struct words w;

    (void)state;
    process_handed(fds, 2, &count);
    assert_int_equal(count, 0);
    assert_int_equal(setenv("LISTEN_FDS", "1", 1), 0);
    assert_int_equal(setenv("LISTEN_PID", "1", 1), 0);
    process_handed(fds, 2, &count);
    assert_int_equal(count, 0);
    words_of(&w, "exit");
    assert_int_equal(process_replace("/nowhere/canh", w.argv, NULL, 0, &e), ERR_NOTFOUND);
    assert_non_null(strstr(e.why, "/nowhere/canh"));
}

/* Systemd's side of the protocol: a datagram socket with a path. */
static void systemd_is_told(void **state)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    char folder[] = "/tmp/canh-notify-XXXXXX", pid[16];

    (void)state;
    process_notify("READY=1"); /* nobody listens, and that is no fault */
    assert_int_equal(process_watchdog_us(), 0);
    assert_non_null(mkdtemp(folder));
    snprintf(at.sun_path, sizeof(at.sun_path), "%s/s", folder);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    setenv("NOTIFY_SOCKET", at.sun_path, 1);
    setenv("WATCHDOG_USEC", "3000000", 1);
    setenv("WATCHDOG_PID", pid, 1);
    process_notify("READY=1");
    check_read(fd, "READY=1");
    process_notify_fd("syslog", fd);
    check_read(fd, "FDSTORE=1\nFDNAME=syslog");
    assert_int_equal(process_watchdog_us(), 3000000);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    close(fd);
    assert_int_equal(unlink(at.sun_path), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* As root, in a child of its own; else only the refusal. */
static void rights_are_dropped_for_good_and_death_is_still_watched(void **state)
{
    struct err e = { 0 };
    char how[64];
    pid_t pid;
    int on_death = 0;

    (void)state;
    assert_int_equal(process_drop("", NULL), ERR_OK);
    assert_int_equal(process_drop("no-such-user-here", &e), ERR_NOTFOUND);
    if (geteuid() != 0) {
        assert_int_equal(process_drop("root", &e), ERR_IO);
        return;
    }
    pid = fork();
    if (pid == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || process_drop("nobody", NULL) != ERR_OK)
            _exit(1);
        if (geteuid() == 0 || getegid() == 0 || getgroups(0, NULL) > 1 || seteuid(0) == 0)
            _exit(2);
        _exit(prctl(PR_GET_PDEATHSIG, &on_death) == 0 && on_death == SIGKILL ? 0 : 3);
    }
    if (!ended(pid, how, sizeof(how)))
        fail_msg("%s", how);
}

static void the_title_is_what_ps_shows(void **state)
{
    char old[16], name[16];

    (void)state;
    assert_int_equal(prctl(PR_GET_NAME, old), 0);
    process_title("collector");
    assert_int_equal(prctl(PR_GET_NAME, name), 0);
    assert_string_equal(name, "canh-collector");
    assert_int_equal(prctl(PR_SET_NAME, old), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_has_its_descriptors_in_order_and_no_other),
        cmocka_unit_test(descriptors_may_change_places),
        cmocka_unit_test(a_child_begins_clean),
        cmocka_unit_test(how_a_child_ended_is_a_sentence),
        cmocka_unit_test(a_child_dies_with_its_parent),
        cmocka_unit_test(a_child_that_cannot_be_is_told_at_once),
        cmocka_unit_test(code_is_sealed),
        cmocka_unit_test(memory_is_sealed),
        cmocka_unit_test(shared_memory_is_shared_and_keeps_its_size),
        cmocka_unit_test(one_process_holds_the_lock),
        cmocka_unit_test(descriptors_are_handed_over_by_name),
        cmocka_unit_test(what_was_meant_for_another_process_is_not_taken),
        cmocka_unit_test(systemd_is_told),
        cmocka_unit_test(rights_are_dropped_for_good_and_death_is_still_watched),
        cmocka_unit_test(the_title_is_what_ps_shows),
    };

    for (size_t i = 0; argc == 3 && i < COUNT_OF(child_acts); i++) {
        if (strcmp(argv[2], child_acts[i].name) == 0)
            return child_acts[i].act();
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
