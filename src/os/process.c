/*
 * process.c - starting, watching, dropping rights, locking; see process.h. Memory that processes
 * share is in process_memory.c, what concerns systemd in process_systemd.c.
 */
#include "os/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/num.h"
#include "os/process_own.h"

#define USER_ROOM_BYTES 16384u
#define PROCESS_FDS_MAX 64u

/* A copy of `fd` at `from` or above, closed on exec. */
static int fd_lift(int fd, uint32_t from)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, (int)from);
}

int process_fds_lay(const int *fds, uint32_t count)
{
    int lifted[PROCESS_FDS_MAX];

    /* First out of the way of each other, then each to its place. */
    for (uint32_t i = 0; i < count; i++) {
        lifted[i] = fd_lift(fds[i], PROCESS_FD_FIRST + count);
        if (lifted[i] < 0)
            return -1;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (dup2(lifted[i], (int)(PROCESS_FD_FIRST + i)) < 0)
            return -1;
    }
    return close_range(PROCESS_FD_FIRST + count, ~0u, CLOSE_RANGE_CLOEXEC);
}

static void signals_reset(void)
{
    sigset_t none;

    for (int s = 1; s < NSIG; s++)
        (void)signal(s, SIG_DFL); /* some cannot be changed, and need not be */
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* What the child needs, made by the parent. */
struct start {
    char *const *argv;
    const int *fds;
    uint32_t fd_count;
    int null;
    int tell; /* the child's errno goes here when it cannot become the program */
    pid_t parent;
};

_Noreturn static void child_fail(int tell)
{
    int why = errno;

    (void)!write(tell, &why, sizeof(why)); /* nobody is left to hear of a failure */
    _exit(127);
}

/* Between fork and exec. */
_Noreturn static void child_become(const struct start *s)
{
    uint32_t above = PROCESS_FD_FIRST + s->fd_count;
    int tell = fd_lift(s->tell, above);
    int null = fd_lift(s->null, above);

    if (tell < 0 || null < 0)
        child_fail(s->tell);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        child_fail(tell);
    if (getppid() != s->parent) /* it died before the line above */
        _exit(127);
    if (dup2(null, 0) < 0 || dup2(null, 1) < 0 || process_fds_lay(s->fds, s->fd_count) != 0)
        child_fail(tell);
    signals_reset();
    (void)setpgid(0, 0); /* so that Ctrl-C at a terminal reaches the keeper alone */
    process_environment_clear();
    execv("/proc/self/exe", s->argv);
    child_fail(tell);
}

/* Handlers of the parent must not run in the child, whose descriptors are still the same. */
static pid_t fork_quiet(const struct start *s)
{
    sigset_t all, old;
    pid_t pid;
    int why;

    (void)sigfillset(&all);
    MUST(sigprocmask(SIG_SETMASK, &all, &old) == 0);
    pid = fork();
    if (pid == 0)
        child_become(s);
    why = errno;
    MUST(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
    errno = why;
    return pid;
}

int process_start(char *const argv[], const int *fds, uint32_t fd_count, pid_t *pid, struct err *e)
{
    struct start s = { argv, fds, fd_count, -1, -1, getpid() };
    int tell[2] = { -1, -1 };
    int why = 0;
    ssize_t got;
    int rc = ERR_OK;

    MUST(fd_count <= PROCESS_FDS_MAX);
    s.null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (s.null < 0 || pipe2(tell, O_CLOEXEC) != 0) {
        rc = err_set(e, ERR_IO, 0, "No process can be started: %s.", strerror(errno));
        goto out;
    }
    s.tell = tell[1];
    *pid = fork_quiet(&s);
    if (*pid < 0) {
        rc = err_set(e, ERR_IO, 0, "No process can be started: %s.", strerror(errno));
        goto out;
    }
    close(tell[1]);
    tell[1] = -1;
    /* The pipe ends when the child has become the program. */
    do
        got = read(tell[0], &why, sizeof(why));
    while (got < 0 && errno == EINTR);
    if (got == (ssize_t)sizeof(why)) {
        (void)waitpid(*pid, NULL, 0); /* it has ended, and is nobody's child to notice */
        rc = err_set(e, ERR_IO, 0, "A process cannot become %s: %s.", argv[0], strerror(why));
    }
out:
    for (size_t i = 0; i < 2; i++) {
        if (tell[i] >= 0)
            close(tell[i]);
    }
    if (s.null >= 0)
        close(s.null);
    return rc;
}

int process_replace(const char *program, char *const argv[], const struct handed_fd *fds,
                    uint32_t count, struct err *e)
{
    int numbers[PROCESS_FDS_MAX];

    MUST(count <= PROCESS_FDS_MAX);
    if (access(program, X_OK) != 0)
        return err_set(e, ERR_NOTFOUND, 0, "%.100s cannot be started: %s.", program,
                       strerror(errno));
    for (uint32_t i = 0; i < count; i++)
        numbers[i] = fds[i].fd;
    if (!process_environment_hand(fds, count) || process_fds_lay(numbers, count) != 0)
        return err_set(e, ERR_IO, 0, "Descriptors cannot be handed over: %s.", strerror(errno));
    signals_reset();
    execv(program, argv);
    return err_set(e, ERR_IO, 0, "%.100s cannot be started: %s.", program, strerror(errno));
}

pid_t process_ended(bool *clean, char *how, size_t bytes)
{
    int status;
    pid_t pid;

    do
        pid = waitpid(-1, &status, WNOHANG);
    while (pid < 0 && errno == EINTR);
    if (pid <= 0)
        return 0;
    *clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (*clean)
        (void)snprintf(how, bytes, "It ended.");
    else if (WIFEXITED(status))
        (void)snprintf(how, bytes, "It ended with exit code %d.", WEXITSTATUS(status));
    else if (WTERMSIG(status) == SIGSYS)
        (void)snprintf(how, bytes, "It was killed for a system call that its sandbox forbids.");
    else
        (void)snprintf(how, bytes, "It was killed by signal %d (%s).", WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
    return pid;
}

void process_title(const char *role)
{
    char name[16]; /* all that the kernel keeps */

    (void)snprintf(name, sizeof(name), "canh-%s", role);
    (void)prctl(PR_SET_NAME, name);
}

/* Changing user makes the kernel forget the signal for the parent's death. */
static int drop_to(const struct passwd *user)
{
    pid_t parent = getppid();
    int signal = 0;

    if (prctl(PR_GET_PDEATHSIG, &signal) != 0 || initgroups(user->pw_name, user->pw_gid) != 0 ||
        setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
        setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0 ||
        prctl(PR_SET_PDEATHSIG, signal) != 0)
        return -1;
    if (signal != 0 && getppid() != parent)
        (void)raise(signal);
    MUST(user->pw_uid == 0 || setuid(0) != 0); /* there is no way back */
    return 0;
}

int process_drop(const char *user, struct err *e)
{
    char room[USER_ROOM_BYTES];
    struct passwd entry, *found = NULL;
    int why;

    if (user[0] == 0)
        return ERR_OK;
    why = getpwnam_r(user, &entry, room, sizeof(room), &found);
    if (why != 0)
        return err_set(e, ERR_IO, 0, "User %.64s cannot be looked up: %s.", user, strerror(why));
    if (found == NULL)
        return err_set(e, ERR_NOTFOUND, 0, "There is no user %.64s.", user);
    if (getuid() == entry.pw_uid && geteuid() == entry.pw_uid && getgid() == entry.pw_gid &&
        getegid() == entry.pw_gid && entry.pw_uid != 0)
        return ERR_OK;
    if (drop_to(&entry) != 0)
        return err_set(e, ERR_IO, 0, "The process cannot become user %.64s: %s.", user,
                       strerror(errno));
    return ERR_OK;
}

/* The number in the lock file, for the sentence; 0 when it cannot be told. */
static uint64_t lock_holder(int fd)
{
    uint8_t text[24];
    ssize_t n = pread(fd, text, sizeof(text), 0);
    uint64_t pid = 0;

    if (n <= 0 || !num_u64(span_trim((struct span){ text, (size_t)n }), INT32_MAX, &pid))
        return 0;
    return pid;
}

int process_lock(const char *path, int *fd, struct err *e)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%d\n", (int)getpid());
    int rc;

    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0)
        return err_set(e, ERR_IO, 0, "%.150s cannot be opened: %s.", path, strerror(errno));
    if (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
        rc = errno == EWOULDBLOCK
                 ? err_set(e, ERR_LIMIT, 0, "%.150s is held by another process (%ju).", path,
                           (uintmax_t)lock_holder(*fd))
                 : err_set(e, ERR_IO, 0, "%.150s cannot be locked: %s.", path, strerror(errno));
    } else if (ftruncate(*fd, 0) != 0 || pwrite(*fd, text, (size_t)n, 0) != n) {
        rc = err_set(e, ERR_IO, 0, "%.150s cannot be written: %s.", path, strerror(errno));
    } else {
        return ERR_OK;
    }
    close(*fd);
    *fd = -1;
    return rc;
}
