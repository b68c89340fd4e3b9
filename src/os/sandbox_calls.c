/*
 * sandbox_calls.c - the system calls of each bit of sandbox.h, and the filter made of them.
 *
 * The table says what is allowed; nothing else is. Four things fail instead of killing, because
 * libraries try them and can do without: opening files in a role that may open none, executable
 * memory (the regular expressions' compiler), clone3(), whose flags a filter cannot see, so that
 * the C library takes clone(), whose flags it can, and, where names are looked up, sockets to the
 * name service cache and to the kernel's table of addresses.
 *
 * Arguments are compared as 64 bits. A row either wants a value, or some bits to be clear; what
 * the kernel ignores in the upper half can then only lead to a refusal.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "os/sandbox_own.h"

/* A child of the keeper cannot do what the keeper's own filter forbids, so the keeper may do what
 * any role may, and what it takes to become one. */
enum {
    EVERY = 0,
    KEEP = SANDBOX_SPAWN,
    READS = SANDBOX_FILES_READ | SANDBOX_FILES_WRITE | KEEP,
    WRITES = SANDBOX_FILES_WRITE | KEEP,
    ACCEPTS = SANDBOX_ACCEPT | KEEP,
    CONNECTS = SANDBOX_CONNECT_LOCAL | SANDBOX_CONNECT | KEEP,
    LOCALS = SANDBOX_CONNECT_LOCAL | KEEP,
    NAMES = SANDBOX_CONNECT | KEEP,
    THREADS = SANDBOX_THREADS | KEEP,
    INOTIFY = SANDBOX_INOTIFY | KEEP,
};

#define ARGS_MAX 2

struct call_row {
    unsigned bits; /* any of these; EVERY: no bit is needed */
    int number;
    struct scmp_arg_cmp args[ARGS_MAX];
    unsigned arg_count;
};

#define ANY(bits, name)                                                                            \
    {                                                                                              \
        bits, SCMP_SYS(name), { { 0 } }, 0                                                         \
    }
/* Argument n is this. */
#define ONLY(bits, name, n, value)                                                                 \
    {                                                                                              \
        bits, SCMP_SYS(name), { { n, SCMP_CMP_EQ, (scmp_datum_t)(value), 0 } }, 1                  \
    }
#define ONLY2(bits, name, n, value, m, value2)                                                     \
    {                                                                                              \
        bits, SCMP_SYS(name),                                                                      \
            { { n, SCMP_CMP_EQ, (scmp_datum_t)(value), 0 },                                        \
              { m, SCMP_CMP_EQ, (scmp_datum_t)(value2), 0 } },                                     \
            2                                                                                      \
    }
/* Of these bits of argument n, exactly those are set. */
#define BITS(bits, name, n, mask, set)                                                             \
    {                                                                                              \
        bits, SCMP_SYS(name),                                                                      \
            { { n, SCMP_CMP_MASKED_EQ, (scmp_datum_t)(mask), (scmp_datum_t)(set) } }, 1            \
    }

#define THREAD_FLAGS (CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)
#define SPACE_FLAGS                                                                                \
    (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |     \
     CLONE_NEWCGROUP | CLONE_PTRACE)

static const struct call_row call_rows[] = {
    /* memory */
    ANY(EVERY, brk),
    BITS(EVERY, mmap, 2, PROT_EXEC, 0),
    BITS(EVERY, mprotect, 2, PROT_EXEC, 0),
    ANY(KEEP, mmap),
    ANY(KEEP, mprotect),
    ANY(EVERY, munmap),
    ANY(EVERY, mremap),
    ANY(EVERY, madvise),
    ANY(EVERY, membarrier),
    /* descriptors */
    ANY(EVERY, read),
    ANY(EVERY, readv),
    ANY(EVERY, pread64),
    ANY(EVERY, preadv),
    ANY(EVERY, write),
    ANY(EVERY, writev),
    ANY(EVERY, close),
    ANY(EVERY, close_range),
    ANY(EVERY, dup),
    ANY(EVERY, dup2),
    ANY(EVERY, dup3),
    ANY(EVERY, lseek),
    ANY(EVERY, fstat),
    BITS(EVERY, newfstatat, 3, AT_EMPTY_PATH, AT_EMPTY_PATH),
    ANY(EVERY, fdatasync),
    ANY(EVERY, fsync),
    ONLY(EVERY, fcntl, 1, F_GETFD),
    ONLY(EVERY, fcntl, 1, F_SETFD),
    ONLY(EVERY, fcntl, 1, F_GETFL),
    ONLY(EVERY, fcntl, 1, F_DUPFD_CLOEXEC),
    ONLY(EVERY, fcntl, 1, F_GET_SEALS),
    ANY(KEEP, fcntl),
    ONLY(EVERY, ioctl, 1, FIONREAD),
    ONLY(EVERY, ioctl, 1, TCGETS), /* isatty(), before the first line on standard output */
    /* waiting */
    ANY(EVERY, epoll_create1),
    ANY(EVERY, epoll_ctl),
    ANY(EVERY, epoll_wait),
    ANY(EVERY, epoll_pwait),
    ANY(EVERY, epoll_pwait2),
    ANY(EVERY, poll),
    ANY(EVERY, ppoll),
    ANY(EVERY, select),
    ANY(EVERY, pselect6),
    ANY(EVERY, eventfd2),
    ANY(EVERY, pipe2),
    ANY(EVERY, timerfd_create),
    ANY(EVERY, timerfd_settime),
    ANY(EVERY, timerfd_gettime),
    /* clocks, chance, the machine */
    ANY(EVERY, clock_gettime),
    ANY(EVERY, clock_getres),
    ANY(EVERY, clock_nanosleep),
    ANY(EVERY, nanosleep),
    ANY(EVERY, gettimeofday),
    ANY(EVERY, time),
    ANY(EVERY, getrandom),
    ANY(EVERY, getrusage),
    ANY(EVERY, times),
    ANY(EVERY, sysinfo),
    ANY(EVERY, uname),
    ANY(EVERY, getcpu),
    ANY(EVERY, sched_yield),
    ANY(EVERY, sched_getaffinity),
    ONLY2(EVERY, prlimit64, 0, 0, 2, 0), /* one's own limits, to read */
    /* oneself */
    ANY(EVERY, exit),
    ANY(EVERY, exit_group),
    ANY(EVERY, restart_syscall),
    ANY(EVERY, rt_sigaction),
    ANY(EVERY, rt_sigprocmask),
    ANY(EVERY, rt_sigreturn),
    ANY(EVERY, rt_sigtimedwait),
    ANY(EVERY, sigaltstack),
    ANY(EVERY, getpid),
    ANY(EVERY, gettid),
    ANY(EVERY, getppid),
    ANY(EVERY, getuid),
    ANY(EVERY, geteuid),
    ANY(EVERY, getgid),
    ANY(EVERY, getegid),
    ANY(EVERY, futex),
    ANY(EVERY, set_robust_list),
    ANY(EVERY, rseq),
    ONLY(EVERY, prctl, 0, PR_SET_NAME),
    ONLY(EVERY, prctl, 0, PR_GET_NAME),
    ONLY(EVERY, prctl, 0, PR_GET_SECCOMP),
    ONLY(EVERY, prctl, 0, PR_SET_VMA),
    /* sockets that one was given: whom they talk to is settled */
    ANY(EVERY, recvfrom),
    ANY(EVERY, recvmsg),
    ANY(EVERY, recvmmsg),
    ONLY(EVERY, sendto, 4, 0), /* no address */
    BITS(EVERY, sendmsg, 2, MSG_FASTOPEN, 0),
    ANY(EVERY, shutdown),
    ANY(EVERY, getsockname),
    ANY(EVERY, getpeername),
    ANY(EVERY, getsockopt),
    ONLY2(EVERY, setsockopt, 1, SOL_SOCKET, 2, SO_KEEPALIVE),
    ONLY2(EVERY, setsockopt, 1, SOL_SOCKET, 2, SO_LINGER),
    ONLY2(EVERY, setsockopt, 1, SOL_SOCKET, 2, SO_RCVBUF),
    ONLY2(EVERY, setsockopt, 1, SOL_SOCKET, 2, SO_SNDBUF),
    ONLY2(EVERY, setsockopt, 1, IPPROTO_TCP, 2, TCP_NODELAY),
    ONLY2(EVERY, setsockopt, 1, IPPROTO_TCP, 2, TCP_CORK),
    ONLY2(EVERY, setsockopt, 1, IPPROTO_TCP, 2, TCP_KEEPIDLE),
    ONLY2(EVERY, setsockopt, 1, IPPROTO_TCP, 2, TCP_KEEPINTVL),
    ONLY2(EVERY, setsockopt, 1, IPPROTO_TCP, 2, TCP_KEEPCNT),
    ONLY2(EVERY, setsockopt, 1, IPPROTO_TCP, 2, TCP_USER_TIMEOUT),
    /* SANDBOX_ACCEPT */
    ANY(ACCEPTS, accept4),
    /* SANDBOX_CONNECT_LOCAL: that it is local, seccomp cannot see */
    ONLY(LOCALS, socket, 0, AF_UNIX),
    ONLY(CONNECTS, socket, 0, AF_INET),
    ONLY(CONNECTS, socket, 0, AF_INET6),
    ANY(CONNECTS, connect),
    /* SANDBOX_CONNECT: what libcurl and the C library's resolver need */
    ONLY2(NAMES, socketpair, 0, AF_UNIX, 1, SOCK_STREAM), /* a thread that looks up says so */
    ONLY2(NAMES, fcntl, 1, F_SETFL, 2, O_RDWR | O_NONBLOCK),
    ANY(NAMES, sendmmsg), /* both questions, A and AAAA, over a socket that is connected */
    ONLY2(NAMES, setsockopt, 1, IPPROTO_IP, 2, IP_RECVERR),
    ONLY2(NAMES, setsockopt, 1, IPPROTO_IPV6, 2, IPV6_RECVERR),
    /* SANDBOX_FILES_READ */
    BITS(READS, openat, 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY),
    BITS(READS, open, 1, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY),
    ANY(READS, newfstatat),
    ANY(READS, statx),
    ANY(READS, fstatfs),
    ANY(READS, statfs),
    ANY(READS, getdents64),
    ANY(READS, access),
    ANY(READS, faccessat),
    ANY(READS, faccessat2),
    ANY(READS, readlink),
    ANY(READS, readlinkat),
    ANY(READS, getcwd),
    ANY(READS, fadvise64),
    /* SANDBOX_FILES_WRITE: what Landlock watches, or what works on a descriptor that it let open */
    ANY(WRITES, openat),
    ANY(WRITES, open),
    ANY(WRITES, pwrite64),
    ANY(WRITES, pwritev),
    ANY(WRITES, ftruncate),
    ANY(WRITES, fallocate),
    ANY(WRITES, msync),
    ANY(WRITES, sync_file_range),
    ANY(WRITES, flock),
    ONLY(WRITES, fcntl, 1, F_GETLK),
    ONLY(WRITES, fcntl, 1, F_SETLK),
    ONLY(WRITES, fcntl, 1, F_SETLKW),
    ONLY(WRITES, fcntl, 1, F_OFD_GETLK),
    ONLY(WRITES, fcntl, 1, F_OFD_SETLK),
    ONLY(WRITES, fcntl, 1, F_OFD_SETLKW),
    ANY(WRITES, fchmod),
    ANY(WRITES, fchown),
    ONLY(WRITES, utimensat, 1, 0), /* futimens() */
    ANY(WRITES, umask),
    ANY(WRITES, mkdir),
    ANY(WRITES, mkdirat),
    ANY(WRITES, rmdir),
    ANY(WRITES, link), /* of what Landlock lets one write, into what it lets one write */
    ANY(WRITES, linkat),
    ANY(WRITES, unlink),
    ANY(WRITES, unlinkat),
    ANY(WRITES, rename),
    ANY(WRITES, renameat),
    ANY(WRITES, renameat2),
    /* SANDBOX_THREADS */
    BITS(THREADS, clone, 0, THREAD_FLAGS | SPACE_FLAGS, THREAD_FLAGS),
    /* SANDBOX_INOTIFY */
    ANY(INOTIFY, inotify_init1),
    ANY(INOTIFY, inotify_add_watch),
    ANY(INOTIFY, inotify_rm_watch),
    ONLY(INOTIFY, fcntl, 1, F_SETFL), /* libsystemd, as it opens a file of the journal */
    /* SANDBOX_SPAWN */
    BITS(KEEP, clone, 0, SPACE_FLAGS, 0),
    ANY(KEEP, fork),
    ANY(KEEP, vfork),
    ANY(KEEP, execve),
    ANY(KEEP, wait4),
    ANY(KEEP, waitid),
    ANY(KEEP, kill),
    ANY(KEEP, alarm),
    ANY(KEEP, tgkill),
    ANY(KEEP, setpgid),
    ANY(KEEP, setsid),
    ANY(KEEP, setuid),
    ANY(KEEP, setgid),
    ANY(KEEP, setresuid),
    ANY(KEEP, setresgid),
    ANY(KEEP, setgroups),
    ANY(KEEP, getgroups),
    ANY(KEEP, prctl),
    ANY(KEEP, arch_prctl),
    ANY(KEEP, set_tid_address),
    ANY(KEEP, prlimit64),
    ANY(KEEP, setpriority),
    ANY(KEEP, getpriority),
    ANY(KEEP, sched_setaffinity),
    ANY(KEEP, sched_setscheduler),
    ANY(KEEP, ioprio_set),
    ANY(KEEP, mlock),
    ANY(KEEP, chdir),
    ANY(KEEP, memfd_create),
    ANY(KEEP, socketpair),
    ANY(KEEP, bind),
    ANY(KEEP, listen),
    ANY(KEEP, setsockopt),
    ANY(KEEP, sendto),
    ANY(KEEP, seccomp),
    ANY(KEEP, landlock_create_ruleset),
    ANY(KEEP, landlock_add_rule),
    ANY(KEEP, landlock_restrict_self),
#ifdef SANDBOX_SANITIZED
    /* The report of a fault. */
    ANY(EVERY, readlink),
    ANY(EVERY, readlinkat),
    ANY(EVERY, getcwd),
#endif
};

struct soft_row {
    unsigned bits;   /* only with any of these; EVERY: always */
    unsigned unless; /* these bits: then it is a matter of the table above */
    int why;         /* errno */
    int number;
    struct scmp_arg_cmp arg;
    unsigned arg_count;
};

static const struct soft_row soft_rows[] = {
    { EVERY, READS, EACCES, SCMP_SYS(openat), { 0 }, 0 },
    { EVERY, READS, EACCES, SCMP_SYS(open), { 0 }, 0 },
    { EVERY, KEEP, EACCES, SCMP_SYS(mmap), { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC }, 1 },
    { EVERY, KEEP, EACCES, SCMP_SYS(mprotect), { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC }, 1 },
    { EVERY, EVERY, ENOSYS, SCMP_SYS(clone3), { 0 }, 0 },
    { NAMES, LOCALS, EACCES, SCMP_SYS(socket), { 0, SCMP_CMP_EQ, AF_UNIX, 0 }, 1 },
    { NAMES, EVERY, EACCES, SCMP_SYS(socket), { 0, SCMP_CMP_EQ, AF_NETLINK, 0 }, 1 },
};

/* -EDOM: this machine does not have the call. */
static bool rule_taken(int rc)
{
    return rc == 0 || rc == -EDOM;
}

static bool rules_add(scmp_filter_ctx c, unsigned may)
{
    for (size_t i = 0; i < COUNT_OF(call_rows); i++) {
        const struct call_row *r = &call_rows[i];

        if ((r->bits == EVERY || (r->bits & may) != 0) &&
            !rule_taken(
                seccomp_rule_add_array(c, SCMP_ACT_ALLOW, r->number, r->arg_count, r->args)))
            return false;
    }
    for (size_t i = 0; i < COUNT_OF(soft_rows); i++) {
        const struct soft_row *r = &soft_rows[i];

        if ((r->bits == EVERY || (r->bits & may) != 0) && (r->unless & may) == 0 &&
            !rule_taken(seccomp_rule_add_array(c, SCMP_ACT_ERRNO((uint32_t)r->why), r->number,
                                               r->arg_count, &r->arg)))
            return false;
    }
    /* To end oneself by abort(), and nobody else. */
    if ((may & KEEP) != 0)
        return true;
    return rule_taken(seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                                       SCMP_A0_64(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0)));
}

/* The filter as the kernel takes it. libseccomp writes it to a descriptor only. */
static bool filter_export(scmp_filter_ctx c, struct calls_filter *f)
{
    int fd = memfd_create("filter", MFD_CLOEXEC);
    struct stat st;
    bool good = false;

    if (fd >= 0 && seccomp_export_bpf(c, fd) == 0 && fstat(fd, &st) == 0 && st.st_size > 0 &&
        (size_t)st.st_size / sizeof(*f->code) <= BPF_MAXINSNS) {
        size_t bytes = (size_t)st.st_size;

        f->code = malloc(bytes);
        f->count = (unsigned short)(bytes / sizeof(*f->code));
        good = f->code != NULL && pread(fd, f->code, bytes, 0) == (ssize_t)bytes;
    }
    if (fd >= 0)
        close(fd);
    return good;
}

int calls_filter_make(struct calls_filter *f, unsigned may, struct err *e)
{
    scmp_filter_ctx c = seccomp_init(SCMP_ACT_KILL_PROCESS);
    bool good = c != NULL &&
                seccomp_attr_set(c, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
                seccomp_attr_set(c, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0 && rules_add(c, may);

    *f = (struct calls_filter){ 0 };
    good = good && filter_export(c, f);
    if (c != NULL)
        seccomp_release(c);
    if (good)
        return ERR_OK;
    calls_filter_release(f);
    return err_set(e, ERR_NOMEM, 0, "The filter of system calls cannot be made.");
}

void calls_filter_release(struct calls_filter *f)
{
    free(f->code);
    *f = (struct calls_filter){ 0 };
}

void calls_filter_soften(struct calls_filter *f)
{
    for (size_t i = 0; i < f->count; i++) {
        if (f->code[i].code == (BPF_RET | BPF_K) && f->code[i].k == SECCOMP_RET_KILL_PROCESS)
            f->code[i].k = SECCOMP_RET_ERRNO | EPERM;
    }
}

bool calls_filter_enter(const struct calls_filter *f)
{
    struct sock_fprog p = { .len = f->count, .filter = f->code };

    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p) == 0;
}
