/*
 * Goal: what a role must not do is refused, each act for each kind of role; what it must be able to
 * do works. Method: a child for each test enters a sandbox and does it. Outside of a sandbox most
 * acts succeed, so their refusal means something.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "certificates.h"
#include "check.h"

#include "os/host.h"
#include "os/loop.h"
#include "os/process.h"
#include "os/sandbox_own.h"
#include "os/socket.h"
#include "os/tls.h"

static char folder[64], readable[80], writable[80];
static bool landlock; /* this kernel has it; inside of a sandbox nobody can ask */

static void path_in(char *room, size_t bytes, const char *dir, const char *name)
{
    snprintf(room, bytes, "%s/%s", dir, name);
}

static int put_file(const char *dir, const char *name)
{
    char path[160];
    int fd;

    path_in(path, sizeof(path), dir, name);
    fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    return fd >= 0 && write(fd, "text", 4) == 4 ? close(fd) : -1;
}

static int set_up(void **state)
{
    (void)state;
    landlock = syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0;
    strcpy(folder, "/tmp/canh-sandbox-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    path_in(readable, sizeof(readable), folder, "r");
    path_in(writable, sizeof(writable), folder, "w");
    if (mkdir(readable, 0755) != 0 || mkdir(writable, 0755) != 0)
        return -1;
    return put_file(readable, "file") | put_file(writable, "file") | put_file(folder, "beside");
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

/* --- children ----------------------------------------------------------------------------- */

typedef int child_fn(void); /* 0: as it should be */

/* The status of a child that enters a sandbox with these bits, untried, and does this. */
static int status_of(unsigned may, child_fn *fn)
{
    const char *const reads[] = { readable, NULL }, *const writes[] = { writable, NULL };
    const struct sandbox s = { .may = may,
                               .read = may & SANDBOX_FILES_READ ? reads : NULL,
                               .write = may & SANDBOX_FILES_WRITE ? writes : NULL };
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        struct calls_filter calls;
        struct files_rules files;

        if (calls_filter_make(&calls, may, NULL) != ERR_OK ||
            files_rules_make(&files, &s, 99, NULL) != ERR_OK ||
            prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !files_rules_enter(&files) ||
            !calls_filter_enter(&calls))
            _exit(99);
        _exit(fn());
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void check_child(unsigned may, child_fn *fn, const char *name)
{
    int status = status_of(may, fn);

    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("%s: status %x", name, (unsigned)status);
}

static void check_killed(unsigned may, child_fn *fn, const char *name)
{
    int status = status_of(may, fn);

    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
        fail_msg("%s: status %x", name, (unsigned)status);
}

/* --- acts --------------------------------------------------------------------------------- */

/* How an act ends without a sandbox: 0 refused, 1 succeeded. */
static int act_bare(const struct sandbox_act *act, const struct act_fds *fds)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        (void)alarm(5);
        _exit(!act_fds_place(fds) ? 2 : act->act() == 0 ? 1 : 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
        fail_msg("%s: status %x", act->name, (unsigned)status);
    return WEXITSTATUS(status);
}

static void most_acts_succeed_without_a_sandbox(void **state)
{
    size_t succeeded = 0;
    struct act_fds fds;

    (void)state;
    assert_true(sandbox_act_count >= 40);
    assert_int_equal(act_fds_open(&fds, NULL), ERR_OK);
    for (size_t i = 0; i < sandbox_act_count; i++) {
        int done = act_bare(&sandbox_acts[i], &fds);

        succeeded += (size_t)done;
        if (done == 0 && geteuid() == 0)
            print_message("  refused by the system itself: %s\n", sandbox_acts[i].name);
    }
    act_fds_close(&fds);
    assert_true(succeeded >= (geteuid() == 0 ? sandbox_act_count * 8 / 10 : 40));
}

static const struct {
    const char *name;
    unsigned may;
} role_rows[] = {
    { "nothing", 0 },
    { "collector", SANDBOX_ACCEPT | SANDBOX_THREADS },
    { "reader", SANDBOX_FILES_READ | SANDBOX_INOTIFY },
    { "desk", SANDBOX_FILES_READ | SANDBOX_FILES_WRITE },
    { "console", SANDBOX_FILES_READ | SANDBOX_ACCEPT | SANDBOX_THREADS },
    { "tracer", SANDBOX_CONNECT_LOCAL },
    { "sender", SANDBOX_CONNECT | SANDBOX_FILES_READ | SANDBOX_THREADS },
    { "keeper", SANDBOX_SPAWN | SANDBOX_FILES_READ | SANDBOX_FILES_WRITE },
};

static void every_role_is_told_that_its_sandbox_is_full(void **state)
{
    const char *const reads[] = { readable, NULL }, *const writes[] = { writable, NULL };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(role_rows); i++) {
        struct sandbox s = { role_rows[i].may, NULL, NULL };
        char *level, seconds[32];
        int status;
        pid_t pid;

        level = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if ((s.may & SANDBOX_FILES_READ) != 0)
            s.read = reads;
        if ((s.may & SANDBOX_FILES_WRITE) != 0)
            s.write = writes;
        pid = fork();
        if (pid == 0) {
            double from = host_seconds();
            struct err e = { 0 };
            int rc = sandbox_enter(&s, level, &e);

            snprintf(level + 512, 32, "%.0f ms", (host_seconds() - from) * 1000);
            memcpy(level + 1024, e.why, sizeof(e.why));
            _exit(rc == ERR_OK ? 0 : 1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        memcpy(seconds, level + 512, sizeof(seconds));
        print_message("  %-10s %s, %s\n", role_rows[i].name, level, seconds);
        if (status != 0 || strncmp(level, landlock ? "full: " : "no landlock: ", 6) != 0)
            fail_msg("%s: %s %s (%x)", role_rows[i].name, level, level + 1024, (unsigned)status);
        munmap(level, 4096);
    }
}

static void a_folder_that_is_not_there_is_a_fault(void **state)
{
    const char *const reads[] = { "/nowhere/canh", NULL };
    const struct sandbox s = { SANDBOX_FILES_READ, reads, NULL };
    char level[SANDBOX_LEVEL_MAX];
    struct err e = { 0 };

    (void)state;
    if (!landlock)
        skip();
    assert_int_equal(sandbox_enter(&s, level, &e), ERR_NOTFOUND);
    assert_non_null(strstr(e.why, "/nowhere/canh"));
    assert_int_equal(prctl(PR_GET_SECCOMP), 0); /* nothing was entered */
}

static void an_act_is_allowed_below_the_folders_only(void **state)
{
    static const char *const root[] = { "/", NULL }, *const etc[] = { "/etc/", NULL },
                             *const near[] = { "/et", "/etc/passwd/x", "/etcetera", NULL };
    static const struct sandbox_act act = { "x", SANDBOX_FILES_READ | SANDBOX_FILES_WRITE,
                                            "/etc/passwd", NULL };
    const struct sandbox rows[] = {
        { SANDBOX_FILES_READ, root, NULL }, { SANDBOX_FILES_READ, etc, NULL },
        { SANDBOX_FILES_WRITE, NULL, etc }, { SANDBOX_FILES_READ, near, NULL },
        { SANDBOX_FILES_WRITE, etc, NULL }, { 0, root, root },
        { SANDBOX_FILES_READ, NULL, NULL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(act_is_allowed(&act, &rows[i]), i < 3);
}

static const struct {
    int abi;
    const char *text;
} abi_rows[] = {
    { 0, "no landlock" },
    { 1, "landlock ABI 1 (without moves, truncate, tcp, devices, scopes)" },
    { 2, "landlock ABI 2 (without truncate, tcp, devices, scopes)" },
    { 3, "landlock ABI 3 (without tcp, devices, scopes)" },
    { 4, "landlock ABI 4 (without devices, scopes)" },
    { 5, "landlock ABI 5 (without scopes)" },
    { 6, "landlock ABI 6" },
};

/* Enters as on a kernel with this ABI, and does this; the level goes to `level`. */
static int enter_on(int abi, unsigned may, char *level, child_fn *fn)
{
    const char *const reads[] = { readable, NULL }, *const writes[] = { writable, NULL };
    const struct sandbox s = { may, reads, writes };
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        struct err e = { 0 };
        int rc = sandbox_enter_on(&s, abi, level, &e);

        if (rc != ERR_OK && abi > 0)
            (void)!write(2, e.why, strlen(e.why));
        _exit(rc != ERR_OK ? -rc : fn() != 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int works_read(void);
static int works_write(void);

static void what_a_kernel_lacks_is_told_and_the_rest_is_used(void **state)
{
    const unsigned may = SANDBOX_FILES_READ | SANDBOX_FILES_WRITE;
    char *level = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    (void)state;
    if (!landlock)
        skip();
    for (size_t i = 0; i < COUNT_OF(abi_rows); i++) {
        int abi = abi_rows[i].abi;

        /* Without Landlock the acts with files succeed, and such a role must not start. */
        assert_int_equal(enter_on(abi, may, level, works_read), abi == 0 ? -ERR_UNSUPPORTED : 0);
        if (strstr(level, abi_rows[i].text) == NULL)
            fail_msg("'%s' instead of '%s'", level, abi_rows[i].text);
        assert_int_equal(strncmp(level, abi == 0 ? "not safe" : "full", 4), 0);
        if (abi > 0)
            assert_int_equal(enter_on(abi, may, level, works_write), 0);
    }
    /* A role that opens nothing is held by the filter alone. */
    assert_int_equal(enter_on(0, SANDBOX_ACCEPT, level, works_read), 1);
    assert_int_equal(strncmp(level, "no landlock: ", 13), 0);
    munmap(level, 4096);
}

/* --- what works --------------------------------------------------------------------------- */

static int works_memory(void)
{
    char *p = malloc(8 << 20);
    uint8_t chance[8];

    if (p == NULL || host_random(chance, sizeof(chance), NULL) != ERR_OK || host_now_ns() <= 0)
        return 1;
    memset(p, 1, 8 << 20);
    p = realloc(p, 32 << 20);
    free(p);
    printf("to standard output\n");
    return host_cores() > 0 && sysconf(_SC_NPROCESSORS_ONLN) > 0 ? 0 : 2;
}

static void on_message(void *arg, unsigned ready)
{
    struct channel_message *m = arg;

    (void)ready;
    (void)m;
}

struct turn {
    struct loop *l;
    int fd;
    struct channel_message m;
};

static void on_turn(void *arg, unsigned ready)
{
    struct turn *t = arg;

    (void)ready;
    if (channel_receive(t->fd, &t->m, NULL) == 1)
        loop_stop(t->l);
}

/* A loop made inside, too; messages with descriptors were made before. */
static int works_loop(void)
{
    struct turn *t = calloc(1, sizeof(*t));
    struct watch *w, *timer;

    if (t == NULL || loop_new(&t->l, NULL) != ERR_OK)
        return 1;
    t->fd = 201;
    w = loop_fd(t->l, 201, LOOP_READ, on_turn, t);
    timer = loop_timer(t->l, on_message, t);
    watch_every(timer, 1);
    t->m.fd_count = 1;
    t->m.fds[0] = 2;
    if (channel_send(200, &t->m, NULL) != ERR_OK || loop_run(t->l, NULL) != ERR_OK)
        return 2;
    watch_free(&w);
    watch_free(&timer);
    loop_free(&t->l);
    return t->m.fd_count == 1 && t->m.fds[0] > 2 ? 0 : 3;
}

static struct identity identity; /* made before, used inside */

/* 203, 204: a pair of stream sockets. The contexts are made inside, as with new settings. */
static int works_tls(void)
{
    const struct tls_settings s = { .certificate = span_of(identity.pem),
                                    .key = span_of(identity.key_pem) };
    struct tls_context *sc, *cc;
    struct tls *server, *client;
    char room[8];
    ssize_t got = 0;

    if (tls_context_new(&sc, &s, NULL) != ERR_OK || tls_client_context_new(&cc, &s, NULL) != ERR_OK)
        return 1;
    if (tls_new(&server, sc, 203, NULL) != ERR_OK || tls_new(&client, cc, 204, NULL) != ERR_OK)
        return 2;
    for (unsigned i = 0; i < 20 && got <= 0; i++) {
        if (tls_write(client, "hello", 5, NULL) == TLS_CLOSED)
            return 3;
        got = tls_read(server, room, sizeof(room), NULL);
    }
    return got > 0 ? 0 : 4;
}

static int works_read(void)
{
    char path[160], room[8];
    struct stat st;
    int fd;

    path_in(path, sizeof(path), readable, "file");
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, room, sizeof(room)) != 4 || stat(path, &st) != 0 || close(fd) != 0)
        return 1;
    path_in(path, sizeof(path), folder, "beside");
    if (landlock && (open(path, O_RDONLY) >= 0 || errno != EACCES))
        return 2;
    return 0;
}

static int read_opened_to_write(void)
{
    char path[160];

    path_in(path, sizeof(path), readable, "file");
    return open(path, O_WRONLY) >= 0 ? 1 : 2;
}

static int works_write(void)
{
    char path[160], other[160];
    int fd;

    path_in(path, sizeof(path), writable, "new");
    path_in(other, sizeof(other), writable, "newer");
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || pwrite(fd, "hello", 5, 0) != 5 || ftruncate(fd, 3) != 0 || fsync(fd) != 0)
        return 1;
    if (posix_fallocate(fd, 0, 4096) != 0 || fchmod(fd, 0640) != 0 || close(fd) != 0)
        return 2;
    if (rename(path, other) != 0 || unlink(other) != 0 || mkdir(path, 0700) != 0 ||
        rmdir(path) != 0)
        return 3;
    path_in(path, sizeof(path), folder, "new");
    if (landlock && (open(path, O_WRONLY | O_CREAT, 0600) >= 0 || errno != EACCES))
        return 4;
    path_in(path, sizeof(path), folder, "beside");
    path_in(other, sizeof(other), writable, "stolen");
    if (landlock && rename(path, other) == 0)
        return 5;
    return 0;
}

/* What can be read cannot be written because something else can. */
static int read_is_not_write(void)
{
    char path[160], other[160];

    path_in(path, sizeof(path), readable, "file");
    path_in(other, sizeof(other), readable, "new");
    if (open(path, O_RDONLY | O_CLOEXEC) < 0)
        return 1;
    if (landlock && (open(path, O_WRONLY) >= 0 || errno != EACCES))
        return 2;
    return landlock && (open(other, O_WRONLY | O_CREAT, 0600) >= 0 || errno != EACCES ||
                        unlink(path) == 0 || errno != EACCES)
               ? 3
               : 0;
}

static int works_database(void)
{
    char path[160];
    sqlite3 *db;

    path_in(path, sizeof(path), writable, "db");
    if (sqlite3_open(path, &db) != SQLITE_OK)
        return 1;
    if (sqlite3_exec(db,
                     "pragma journal_mode = wal; pragma synchronous = full;"
                     "create table t(a); begin; insert into t values (1), (2); commit;"
                     "pragma wal_checkpoint(truncate); vacuum; pragma integrity_check;",
                     NULL, NULL, NULL) != SQLITE_OK)
        return 2;
    return sqlite3_close(db) == SQLITE_OK && unlink(path) == 0 ? 0 : 3;
}

static void *thread_run(void *arg)
{
    char *p = malloc(1 << 20);

    memset(p, 1, 1 << 20);
    free(p);
    *(int *)arg = 7;
    return NULL;
}

static int works_threads(void)
{
    pthread_t threads[4];
    int done[4] = { 0 };

    for (size_t i = 0; i < 4; i++) {
        if (pthread_create(&threads[i], NULL, thread_run, &done[i]) != 0)
            return 1;
    }
    for (size_t i = 0; i < 4; i++) {
        if (pthread_join(threads[i], NULL) != 0 || done[i] != 7)
            return 2;
    }
    return 0;
}

/* 200: a listening socket with a connection that waits. */
static int works_accept(void)
{
    struct socket_address peer;
    int conn;

    return socket_accept(200, &conn, &peer, NULL) == 1 && write(conn, "x", 1) == 1 ? 0 : 1;
}

static int works_connect(void)
{
    struct socket_address a;
    int fd;

    if (socket_local(200, &a, NULL) != ERR_OK || socket_connect(&a, &fd, NULL) != ERR_OK)
        return 1;
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&a.at, a.bytes) != 0)
        return 2;
    return send(fd, "x", 1, 0) == 1 ? 0 : 3;
}

static int looked_up(const char *name, int want)
{
    const struct addrinfo how = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    int rc = getaddrinfo(name, "25", &how, &found);

    if (rc == 0)
        freeaddrinfo(found);
    return rc == want || (want != 0 && rc != 0) ? 0 : 1;
}

static void *thread_looks_up(void *arg)
{
    *(int *)arg = looked_up("canh.invalid", EAI_AGAIN); /* no server: nobody answers */
    return NULL;
}

/* As libcurl does it: a pair of sockets, a thread that looks up, a connection that waits. */
static int works_names(void)
{
    pthread_t thread;
    int failed = 1, pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 ||
        fcntl(pair[0], F_SETFL, O_RDWR | O_NONBLOCK) != 0)
        return 1;
    if (pthread_create(&thread, NULL, thread_looks_up, &failed) != 0 ||
        pthread_join(thread, NULL) != 0 || failed != 0)
        return 2;
    if (looked_up("127.0.0.1", 0) != 0 || looked_up("::1", 0) != 0)
        return 3;
    return socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EACCES &&
                   socket(AF_NETLINK, SOCK_RAW, 0) < 0 && errno == EACCES
               ? works_connect()
               : 4;
}

static int works_inotify(void)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

    return fd >= 0 && inotify_add_watch(fd, readable, IN_MODIFY) >= 0 ? 0 : 1;
}

static int executable_fails_softly(void)
{
    void *at =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return at == MAP_FAILED && errno == EACCES ? 0 : 1;
}

static int opening_fails_softly(void)
{
    return open("/etc/localtime", O_RDONLY) < 0 && errno == EACCES ? 0 : 1;
}

static int another_family(void)
{
    return socket(AF_NETLINK, SOCK_DGRAM, 0) >= 0 ? 1 : 2;
}

static int a_packet_socket(void)
{
    return socket(AF_PACKET, SOCK_DGRAM, 0) >= 0 ? 1 : 2;
}

static int a_fork(void)
{
    return fork() >= 0 ? 1 : 2;
}

/* 202: a file that is only appended to. */
static int append_taken_away(void)
{
    return fcntl(202, F_SETFL, O_NONBLOCK);
}

static int append_overwritten(void)
{
    return pwrite(202, "x", 1, 0) == 1 ? 1 : 2;
}

static int append_shortened(void)
{
    return ftruncate(202, 0) == 0 ? 1 : 2;
}

static int append_appended(void)
{
    struct iovec v[2] = { { (char[]){ "ab" }, 2 }, { (char[]){ "cd" }, 2 } };

    return writev(202, v, 2) == 4 && fdatasync(202) == 0 ? 0 : 1;
}

static const struct {
    const char *name;
    unsigned may;
    child_fn *fn;
    bool killed;
} child_rows[] = {
    { "memory, clocks, chance", 0, works_memory, false },
    { "a loop and messages", 0, works_loop, false },
    { "TLS", 0, works_tls, false },
    { "read below", SANDBOX_FILES_READ, works_read, false },
    { "open to write what can be read", SANDBOX_FILES_READ, read_opened_to_write, true },
    { "write below", SANDBOX_FILES_WRITE, works_write, false },
    { "write what is to read", SANDBOX_FILES_WRITE | SANDBOX_FILES_READ, read_is_not_write, false },
    { "a database", SANDBOX_FILES_WRITE | SANDBOX_FILES_READ, works_database, false },
    { "threads", SANDBOX_THREADS, works_threads, false },
    { "accept", SANDBOX_ACCEPT, works_accept, false },
    { "accept without leave", 0, works_accept, true },
    { "connect", SANDBOX_CONNECT_LOCAL, works_connect, false },
    { "connect without leave", SANDBOX_ACCEPT, works_connect, true },
    { "names", SANDBOX_CONNECT | SANDBOX_FILES_READ | SANDBOX_THREADS, works_names, false },
    { "names without leave", SANDBOX_CONNECT_LOCAL | SANDBOX_THREADS, works_names, true },
    { "another family by name", SANDBOX_CONNECT, a_packet_socket, true },
    { "append-only taken away by who connects", SANDBOX_CONNECT, append_taken_away, true },
    { "inotify", SANDBOX_INOTIFY, works_inotify, false },
    { "inotify without leave", SANDBOX_FILES_READ, works_inotify, true },
    { "executable memory", 0, executable_fails_softly, false },
    { "open without leave", 0, opening_fails_softly, false },
    { "another family", SANDBOX_CONNECT_LOCAL, another_family, true },
    { "fork", SANDBOX_THREADS, a_fork, true },
    { "append", 0, append_appended, false },
    { "append-only taken away", SANDBOX_THREADS, append_taken_away, true },
    { "append-only overwritten", 0, append_overwritten, true },
    { "append-only shortened", 0, append_shortened, true },
};

static void what_a_role_needs_works_and_what_it_must_not_do_kills(void **state)
{
    struct socket_address a;
    const struct identity_plan plan = { .name = SPAN_LIT("server"), .from_days = -1, .to_days = 1 };
    int channel[2], stream[2], listening, client;
    char path[160];

    (void)state;
    assert_int_equal(channel_pair(channel, NULL), ERR_OK);
    assert_int_equal(dup2(channel[1], 201), 201);
    identity_make(&identity, &plan);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, stream), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(dup2(stream[i], 203 + i), 203 + i);
        close(stream[i]);
    }
    assert_int_equal(socket_address_read(SPAN_LIT("127.0.0.1:0"), &a, NULL), ERR_OK);
    assert_int_equal(socket_listen(&a, &listening, NULL), ERR_OK);
    assert_int_equal(socket_local(listening, &a, NULL), ERR_OK);
    path_in(path, sizeof(path), folder, "append");
    assert_true(open(path, O_CREAT | O_WRONLY | O_APPEND, 0600) >= 0);
    for (size_t i = 0; i < COUNT_OF(child_rows); i++) {
        int fd = child_rows[i].fn == works_loop ? channel[0] : listening;
        int append = open(path, O_WRONLY | O_APPEND);

        assert_int_equal(dup2(fd, 200), 200);
        assert_int_equal(dup2(append, 202), 202);
        close(append);
        assert_int_equal(socket_connect(&a, &client, NULL), ERR_OK);
        if (child_rows[i].killed)
            check_killed(child_rows[i].may, child_rows[i].fn, child_rows[i].name);
        else
            check_child(child_rows[i].may, child_rows[i].fn, child_rows[i].name);
        close(client);
    }
    for (int fd = 200; fd <= 204; fd++)
        close(fd);
    identity_release(&identity);
    close(listening);
    close(channel[0]);
    close(channel[1]);
}

static int abort_now(void)
{
    abort();
}

static void a_must_still_ends_by_abort(void **state)
{
    int status = status_of(0, abort_now);

    (void)state;
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

/* --- the keeper --------------------------------------------------------------------------- */

/* In the sandbox of the keeper: starts this program, which enters a sandbox of its own. */
static int keeper_starts(void)
{
    char test[] = "test", word[] = "role";
    char *argv[] = { test, word, NULL };
    char how[128];
    bool clean;
    pid_t pid;

    if (process_start(argv, NULL, 0, &pid, NULL) != ERR_OK)
        return 1;
    for (unsigned i = 0; i < 10000; i++) {
        if (process_ended(&clean, how, sizeof(how)) == pid)
            return clean ? 0 : 2;
        usleep(1000);
    }
    return 3;
}

static int role_main(void)
{
    const struct sandbox s = { SANDBOX_THREADS | SANDBOX_ACCEPT, NULL, NULL };
    char level[SANDBOX_LEVEL_MAX];

    if (sandbox_enter(&s, level, NULL) != ERR_OK || works_threads() != 0)
        return 1;
    return open("/etc/passwd", O_RDONLY) < 0 ? 0 : 2;
}

static void the_keeper_starts_roles_that_enter_their_own(void **state)
{
    static const char *const all[] = { "/", NULL };
    const char *const writes[] = { writable, "/dev/null", NULL };
    const struct sandbox s = { SANDBOX_SPAWN | SANDBOX_FILES_READ | SANDBOX_FILES_WRITE, all,
                               writes };
    char level[SANDBOX_LEVEL_MAX];
    pid_t pid = fork();
    int status;

    (void)state;
    if (pid == 0)
        _exit(sandbox_enter(&s, level, NULL) != ERR_OK ? 99 : keeper_starts());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(most_acts_succeed_without_a_sandbox),
        cmocka_unit_test(every_role_is_told_that_its_sandbox_is_full),
        cmocka_unit_test(a_folder_that_is_not_there_is_a_fault),
        cmocka_unit_test(what_a_kernel_lacks_is_told_and_the_rest_is_used),
        cmocka_unit_test(an_act_is_allowed_below_the_folders_only),
        cmocka_unit_test(what_a_role_needs_works_and_what_it_must_not_do_kills),
        cmocka_unit_test(a_must_still_ends_by_abort),
        cmocka_unit_test(the_keeper_starts_roles_that_enter_their_own),
    };

    if (argc == 2 && strcmp(argv[1], "role") == 0)
        return role_main();
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
