/*
 * sandbox_acts.c - what an intruder would try, and a role must not be able to do.
 *
 * Each act does no harm when it succeeds: it asks for what is wrong, is not there, or is as it is
 * already. So an act has succeeded when the system looked at it at all: any answer but "you may
 * not" (EPERM, EACCES) and "there is no such call" (ENOSYS).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/sandbox_own.h"
#include "os/socket.h"

#define NOWHERE           "/nowhere/canh"
#define RWF_NOAPPEND_FLAG 0x20 /* Linux 6.9 */
#define PAGE              4096u

static int reached(long rc)
{
    return rc >= 0 || (errno != EPERM && errno != EACCES && errno != ENOSYS) ? 0 : -1;
}

/* A new name in /tmp, of this process. */
static const char *new_name(char room[64])
{
    (void)snprintf(room, 64, "/tmp/canh-act-%d", (int)getpid());
    return room;
}

static int opened(const char *path, int flags)
{
    return reached(open(path, flags | O_CLOEXEC | O_NONBLOCK, 0600));
}

static int created(void)
{
    char room[64];
    int fd = open(new_name(room), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int rc = reached(fd);

    if (fd >= 0)
        (void)unlink(room);
    return rc;
}

static int folder_made(void)
{
    char room[64];
    int made = mkdir(new_name(room), 0700);
    int rc = reached(made);

    if (made == 0)
        (void)rmdir(room);
    return rc;
}

static int name_made(bool node)
{
    char room[64];
    int made = node ? mknod(new_name(room), S_IFIFO | 0600, 0) : symlink("x", new_name(room));
    int rc = reached(made);

    if (made == 0)
        (void)unlink(room);
    return rc;
}

/* Where nobody listens: the discard port. */
static struct sockaddr_in discard(void)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return to;
}

/* No filter can see the address of a message, so the socket itself refuses (socket_datagram()). */
static int message_sent(void)
{
    struct sockaddr_in to = discard();
    struct iovec part = { &(char){ 'x' }, 1 };
    struct msghdr m = {
        .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &part, .msg_iovlen = 1
    };

    return sendmsg(ACT_FD_DATAGRAM, &m, MSG_NOSIGNAL) < 0 && errno == EPIPE ? -1 : 0;
}

static int address_sent(void)
{
    struct sockaddr_in to = discard();

    return reached(
        sendto(ACT_FD_DATAGRAM, "x", 1, MSG_NOSIGNAL, (struct sockaddr *)&to, sizeof(to)));
}

static int socket_turned(bool to_connect)
{
    struct sockaddr_in to = discard();

    return reached(to_connect ? connect(ACT_FD_DATAGRAM, (struct sockaddr *)&to, sizeof(to))
                              : bind(ACT_FD_DATAGRAM, (struct sockaddr *)&to, sizeof(to)));
}

static int forked(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    if (pid > 0)
        (void)waitpid(pid, NULL, 0); /* its end is not what matters */
    return reached(pid);
}

/* Comes back only when refused; /bin/false ends as an act that succeeded does. */
static int executed(bool from_memory)
{
    char *argv[] = { (char[]){ "false" }, NULL };
    char *environment[] = { NULL };

    if (!from_memory)
        return reached(execve("/bin/false", argv, environment));
    if (reached(memfd_create("act", 0)) == 0)
        return 0;
    return reached(syscall(SYS_execveat, ACT_FD_APPEND, "", argv, environment, AT_EMPTY_PATH));
}

static int mapped(int prot)
{
    void *at = mmap(NULL, PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return reached(at == MAP_FAILED ? -1 : 0);
}

static int made_executable(void)
{
    void *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return at == MAP_FAILED ? -1 : reached(mprotect(at, PAGE, PROT_READ | PROT_EXEC));
}

static int written_at(int flags)
{
    struct iovec part = { &(char){ 'x' }, 1 };

    if (flags == 0)
        return reached(pwrite(ACT_FD_APPEND, "x", 1, 0));
    return reached(pwritev2(ACT_FD_APPEND, &part, 1, 0, flags));
}

static void *thread_run(void *arg)
{
    return arg;
}

static int threaded(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, thread_run, NULL) != 0)
        return -1;
    (void)pthread_join(thread, NULL); /* its end is not what matters */
    return 0;
}

/* clone() with these flags, as fork() does it. */
static int cloned(unsigned long flags)
{
    long pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

    if (pid == 0)
        _exit(0);
    return reached(pid);
}

#define FILES_ANY  (SANDBOX_FILES_READ | SANDBOX_FILES_WRITE)
#define WRITES     (SANDBOX_FILES_WRITE | SANDBOX_SPAWN)
#define SPAWNS     SANDBOX_SPAWN
#define CONNECTS   (SANDBOX_CONNECT_LOCAL | SANDBOX_CONNECT | SANDBOX_SPAWN)
#define LOCALS     (SANDBOX_CONNECT_LOCAL | SANDBOX_SPAWN)
#define ACCEPTS    (SANDBOX_ACCEPT | SANDBOX_SPAWN)
#define MAKES(f)   reached(socket(f, SOCK_DGRAM | SOCK_CLOEXEC, 0))
#define CALLS(...) reached(syscall(__VA_ARGS__))

/* The filter lets tgkill() reach the process that made it, which here is the parent; so the act
 * with it is about process 1. */
/*    id, name, allowed by, below (NULL: anywhere), the act */
#define ACT_TABLE(X)                                                                               \
    X(shadow, "read /etc/shadow", FILES_ANY, "/etc/shadow", opened("/etc/shadow", O_RDONLY))       \
    X(passwd, "read /etc/passwd", FILES_ANY, "/etc/passwd", opened("/etc/passwd", O_RDONLY))       \
    X(memory, "read /proc/self/mem", FILES_ANY, "/proc", opened("/proc/self/mem", O_RDONLY))       \
    X(root, "list /", FILES_ANY, "/", opened("/", O_RDONLY | O_DIRECTORY))                         \
    X(null, "open to write", SANDBOX_FILES_WRITE, "/dev/null", opened("/dev/null", O_WRONLY))      \
    X(trace, "truncate at open", SANDBOX_FILES_WRITE, "/dev/null",                                 \
      opened("/dev/null", O_RDONLY | O_TRUNC))                                                     \
    X(create, "create a file", SANDBOX_FILES_WRITE, "/tmp", created())                             \
    X(mkdir, "make a folder", SANDBOX_FILES_WRITE, "/tmp", folder_made())                          \
    X(symlink, "make a symbolic link", 0, NULL, name_made(false))                                  \
    X(mknod, "make a node", 0, NULL, name_made(true))                                              \
    X(link, "link", SANDBOX_FILES_WRITE, NULL, reached(link(NOWHERE, NOWHERE "2")))                \
    X(rename, "rename", SANDBOX_FILES_WRITE, "/etc/passwd",                                        \
      reached(rename("/etc/passwd", "/etc/passwd")))                                               \
    X(unlink, "unlink", SANDBOX_FILES_WRITE, "/tmp", reached(unlink("/tmp")))                      \
    X(chmod, "chmod", 0, NULL, reached(chmod(NOWHERE, 0777)))                                      \
    X(chown, "chown", 0, NULL, reached(chown(NOWHERE, 0, 0)))                                      \
    X(xattr, "set an attribute", 0, NULL, CALLS(SYS_setxattr, NOWHERE, "user.x", "x", 1, 0))       \
    X(truncate, "truncate by name", 0, NULL, reached(truncate(NOWHERE, 0)))                        \
    X(ftruncate, "shorten an append-only file", WRITES, NULL,                                      \
      reached(ftruncate(ACT_FD_APPEND, 0)))                                                        \
    X(setfl, "take append-only away", SANDBOX_INOTIFY | SANDBOX_SPAWN, NULL,                       \
      reached(fcntl(ACT_FD_APPEND, F_SETFL, 0)))                                                   \
    X(pwrite, "overwrite an append-only file", WRITES, NULL, written_at(0))                        \
    X(noappend, "write without appending", 0, NULL, written_at(RWF_NOAPPEND_FLAG))                 \
    X(punch, "punch a hole", WRITES, NULL,                                                         \
      reached(fallocate(ACT_FD_APPEND, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1)))         \
    X(copy, "copy between files", 0, NULL,                                                         \
      CALLS(SYS_copy_file_range, ACT_FD_APPEND, NULL, ACT_FD_APPEND, NULL, 1, 0))                  \
    X(splice, "splice", 0, NULL, CALLS(SYS_splice, -1, NULL, ACT_FD_APPEND, NULL, 1, 0))           \
    X(tcp, "a TCP socket", CONNECTS, NULL, reached(socket(AF_INET, SOCK_STREAM, 0)))               \
    X(udp, "a UDP socket", CONNECTS, NULL, MAKES(AF_INET))                                         \
    X(tcp6, "a socket of IPv6", CONNECTS, NULL, MAKES(AF_INET6))                                   \
    X(local, "a local socket", LOCALS, NULL, MAKES(AF_UNIX))                                       \
    X(netlink, "a netlink socket", 0, NULL, MAKES(AF_NETLINK))                                     \
    X(packet, "a packet socket", 0, NULL, MAKES(AF_PACKET))                                        \
    X(vsock, "a vsock socket", 0, NULL, MAKES(AF_VSOCK))                                           \
    X(alg, "a crypto socket", 0, NULL, reached(socket(AF_ALG, SOCK_SEQPACKET, 0)))                 \
    X(pair, "a pair of sockets", SPAWNS, NULL,                                                     \
      reached(socketpair(AF_UNIX, SOCK_DGRAM, 0, (int[2]){ 0 })))                                  \
    X(connect, "connect a given socket", CONNECTS, NULL, socket_turned(true))                      \
    X(bind, "bind a given socket", SPAWNS, NULL, socket_turned(false))                             \
    X(listen, "listen", SPAWNS, NULL, reached(listen(ACT_FD_DATAGRAM, 1)))                         \
    X(accept, "accept", ACCEPTS, NULL,                                                             \
      reached(accept4(ACT_FD_DATAGRAM, NULL, NULL, SOCK_NONBLOCK)))                                \
    X(send, "send from a receiving socket", 0, NULL, message_sent())                               \
    X(sendto, "send to an address", SPAWNS, NULL, address_sent())                                  \
    X(attach, "attach a filter", SPAWNS, NULL,                                                     \
      reached(setsockopt(ACT_FD_DATAGRAM, SOL_SOCKET, SO_ATTACH_FILTER, NULL, 0)))                 \
    X(execve, "execute a program", SPAWNS, NULL, executed(false))                                  \
    X(execveat, "execute memory", SPAWNS, NULL, executed(true))                                    \
    X(fork, "fork", SPAWNS, NULL, forked())                                                        \
    X(thread, "start a thread", SANDBOX_THREADS | SANDBOX_SPAWN, NULL, threaded())                 \
    X(newuser, "a user name space by clone", 0, NULL, cloned(CLONE_NEWUSER))                       \
    X(unshare, "a user name space", 0, NULL, CALLS(SYS_unshare, CLONE_NEWUSER))                    \
    X(setns, "another name space", 0, NULL, CALLS(SYS_setns, -1, 0))                               \
    X(kill, "signal another process", SPAWNS, NULL, reached(kill(getppid(), 0)))                   \
    X(tgkill, "signal another's thread", SPAWNS, NULL, CALLS(SYS_tgkill, 1, 1, 0))                 \
    X(pidfd, "a handle of another process", 0, NULL, CALLS(SYS_pidfd_open, getppid(), 0))          \
    X(getfd, "another's descriptors", 0, NULL, CALLS(SYS_pidfd_getfd, -1, 0, 0))                   \
    X(ptrace, "trace another", 0, NULL, CALLS(SYS_ptrace, PTRACE_PEEKDATA, getppid(), 0, 0))       \
    X(traceme, "be traced", 0, NULL, CALLS(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0))                   \
    X(readv, "read another's memory", 0, NULL,                                                     \
      CALLS(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0))                                 \
    X(writev, "write another's memory", 0, NULL,                                                   \
      CALLS(SYS_process_vm_writev, getppid(), NULL, 0, NULL, 0, 0))                                \
    X(exec_map, "map executable memory", SPAWNS, NULL, mapped(PROT_READ | PROT_EXEC))              \
    X(exec_both, "map memory to write and execute", SPAWNS, NULL,                                  \
      mapped(PROT_READ | PROT_WRITE | PROT_EXEC))                                                  \
    X(exec_late, "make memory executable", SPAWNS, NULL, made_executable())                        \
    X(memfd, "make a file in memory", SPAWNS, NULL, reached(memfd_create("act", 0)))               \
    X(uffd, "userfaultfd", 0, NULL, CALLS(SYS_userfaultfd, O_CLOEXEC))                             \
    X(bpf, "bpf", 0, NULL, CALLS(SYS_bpf, 5, NULL, 0))                                             \
    X(uring, "io_uring", 0, NULL, CALLS(SYS_io_uring_setup, 1, NULL))                              \
    X(perf, "perf_event_open", 0, NULL, CALLS(SYS_perf_event_open, NULL, 0, -1, -1, 0))            \
    X(keyctl, "keyctl", 0, NULL, CALLS(SYS_keyctl, KEYCTL_GET_KEYRING_ID, 0, 0, 0, 0))             \
    X(add_key, "add_key", 0, NULL, CALLS(SYS_add_key, NULL, NULL, NULL, 0, 0))                     \
    X(handle, "name_to_handle_at", 0, NULL,                                                        \
      CALLS(SYS_name_to_handle_at, AT_FDCWD, "/", NULL, NULL, 0))                                  \
    X(by_handle, "open_by_handle_at", 0, NULL, CALLS(SYS_open_by_handle_at, AT_FDCWD, NULL, 0))    \
    X(setuid, "setuid", SPAWNS, NULL, CALLS(SYS_setresuid, -1, -1, -1))                            \
    X(capset, "capset", 0, NULL, CALLS(SYS_capset, NULL, NULL))                                    \
    X(mount, "mount", 0, NULL, reached(mount(NOWHERE, NOWHERE, "x", 0, NULL)))                     \
    X(umount, "umount", 0, NULL, reached(umount2(NOWHERE, 0)))                                     \
    X(pivot, "pivot_root", 0, NULL, CALLS(SYS_pivot_root, NOWHERE, NOWHERE))                       \
    X(chroot, "chroot", 0, NULL, reached(chroot("/")))                                             \
    X(module, "init_module", 0, NULL, CALLS(SYS_init_module, NULL, 0, ""))                         \
    X(kexec, "kexec_load", 0, NULL, CALLS(SYS_kexec_load, 0, ~0UL, NULL, 0))                       \
    X(reboot, "reboot", 0, NULL, CALLS(SYS_reboot, 0, 0, 0, NULL))                                 \
    X(swapon, "swapon", 0, NULL, CALLS(SYS_swapon, NOWHERE, 0))                                    \
    X(settime, "settimeofday", 0, NULL, CALLS(SYS_settimeofday, NULL, NULL))                       \
    X(hostname, "sethostname", 0, NULL, CALLS(SYS_sethostname, NULL, -1))                          \
    X(acct, "acct", 0, NULL, CALLS(SYS_acct, NOWHERE))                                             \
    X(quota, "quotactl", 0, NULL, CALLS(SYS_quotactl, 0, NULL, 0, NULL))                           \
    X(klog, "the kernel's log", 0, NULL, CALLS(SYS_syslog, 10, NULL, 0))                           \
    X(personality, "personality", 0, NULL, CALLS(SYS_personality, 0xffffffff))                     \
    X(dumpable, "become dumpable", SPAWNS, NULL, CALLS(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0))    \
    X(limits, "another's limits", SPAWNS, NULL, CALLS(SYS_prlimit64, getppid(), 0, NULL, NULL))    \
    X(inotify, "inotify", SANDBOX_INOTIFY | SANDBOX_SPAWN, NULL, reached(inotify_init1(0)))        \
    X(fanotify, "fanotify", 0, NULL, CALLS(SYS_fanotify_init, 0, 0))

#define X(id, name, by, below, expr)                                                               \
    static int act_##id(void)                                                                      \
    {                                                                                              \
        return expr;                                                                               \
    }
ACT_TABLE(X)
#undef X

const struct sandbox_act sandbox_acts[] = {
#define X(id, name, by, below, expr) { name, by, below, act_##id },
    ACT_TABLE(X)
#undef X
};
const size_t sandbox_act_count = COUNT_OF(sandbox_acts);

int act_fds_open(struct act_fds *fds, struct err *e)
{
    struct socket_address a;
    int rc = socket_address_read(SPAN_LIT("127.0.0.1:0"), &a, e);

    *fds = (struct act_fds){ memfd_create("append", MFD_CLOEXEC), -1 };
    if (rc == ERR_OK && (fds->append < 0 || write(fds->append, "append", 6) != 6 ||
                         fcntl(fds->append, F_SETFL, O_APPEND) != 0))
        rc = err_set(e, ERR_IO, 0, "The sandbox cannot be tried: %s.", strerror(errno));
    if (rc == ERR_OK)
        rc = socket_datagram(&a, PAGE, &fds->datagram, e);
    if (rc != ERR_OK)
        act_fds_close(fds);
    return rc;
}

void act_fds_close(struct act_fds *fds)
{
    if (fds->append >= 0)
        close(fds->append);
    if (fds->datagram >= 0)
        close(fds->datagram);
    *fds = (struct act_fds){ -1, -1 };
}

bool act_fds_place(const struct act_fds *fds)
{
    /* The second may lie where the first goes. */
    int append = fcntl(fds->append, F_DUPFD_CLOEXEC, ACT_FDS);
    int datagram = fcntl(fds->datagram, F_DUPFD_CLOEXEC, ACT_FDS);

    return append >= 0 && datagram >= 0 && dup2(append, ACT_FD_APPEND) >= 0 &&
           dup2(datagram, ACT_FD_DATAGRAM) >= 0;
}

/* `path` is `folder` or lies below it. */
static bool is_below(const char *path, const char *folder)
{
    size_t n = strlen(folder);

    while (n > 0 && folder[n - 1] == '/')
        n--;
    return strncmp(path, folder, n) == 0 && (path[n] == 0 || path[n] == '/');
}

static bool is_listed(const char *path, const char *const *folders)
{
    for (size_t i = 0; folders != NULL && folders[i] != NULL; i++) {
        if (is_below(path, folders[i]))
            return true;
    }
    return false;
}

bool act_is_allowed(const struct sandbox_act *act, const struct sandbox *s)
{
    if ((act->allowed_by & s->may) == 0)
        return false;
    if (act->below == NULL || is_listed(act->below, s->write))
        return true;
    return (act->allowed_by & s->may & SANDBOX_FILES_READ) != 0 && is_listed(act->below, s->read);
}
