/*
 * sandbox.c - see sandbox.h.
 *
 * The self-test forks a child, which enters the sandbox that its parent is about to enter and does
 * one act after the other; what came of each it leaves in memory that both share. The filter of
 * this child is the real one, but that it answers EPERM where the real one kills: a killed process
 * leaves a line in the system's audit log, and a start would leave dozens, each an alarm. One more
 * child shows that the real one kills. Where an act ends the child nevertheless (because the filter
 * of the keeper, which a role is in already, kills), the next child goes on behind it.
 */
#include "os/sandbox.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/sandbox_own.h"

#define ACTS_SECONDS_MAX 5u

/* Shared with the child, so each is a byte. */
enum act_state { ACT_AHEAD, ACT_BEGUN, ACT_REFUSED, ACT_SUCCEEDED };

struct trial {
    const struct sandbox *s;
    uint8_t *states; /* enum act_state of each act */
    unsigned tried, refused;
    char failed[SANDBOX_LEVEL_MAX]; /* names of those that were not refused */
};

struct walls {
    struct calls_filter calls;
    struct files_rules files;
};

#ifdef SANDBOX_SANITIZED
/* Looking for leaks at the end needs ptrace(), which no sandbox allows. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    return prctl(PR_GET_SECCOMP) == 2;
}
#endif

static bool walls_enter(const struct walls *w)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && files_rules_enter(&w->files) &&
           calls_filter_enter(&w->calls);
}

/* In a child: the acts from this one on. */
_Noreturn static void acts_run(const struct trial *t, const struct walls *w,
                               const struct act_fds *fds, size_t from)
{
    (void)alarm(ACTS_SECONDS_MAX);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!act_fds_place(fds) || !walls_enter(w))
        _exit(1);
    for (size_t i = from; i < sandbox_act_count; i++) {
        if (act_is_allowed(&sandbox_acts[i], t->s))
            continue;
        t->states[i] = ACT_BEGUN;
        t->states[i] = sandbox_acts[i].act() == 0 ? ACT_SUCCEEDED : ACT_REFUSED;
    }
    _exit(0);
}

static int child_wait(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0)
        MUST(errno == EINTR);
    return status;
}

/* One child, from act `from` on. Where the next one has to go on. */
static size_t acts_try(const struct trial *t, const struct walls *w, const struct act_fds *fds,
                       size_t from)
{
    pid_t pid = fork();
    int status;

    if (pid < 0)
        return sandbox_act_count;
    if (pid == 0)
        acts_run(t, w, fds, from);
    status = child_wait(pid);
    for (size_t i = from; i < sandbox_act_count; i++) {
        if (t->states[i] != ACT_BEGUN)
            continue;
        t->states[i] =
            WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS ? ACT_REFUSED : ACT_SUCCEEDED;
        return i + 1;
    }
    return sandbox_act_count; /* to the end, or not even inside */
}

static void trial_count(struct trial *t)
{
    for (size_t i = 0; i < sandbox_act_count; i++) {
        size_t n = strlen(t->failed);

        if (act_is_allowed(&sandbox_acts[i], t->s))
            continue;
        t->tried++;
        if (t->states[i] == ACT_REFUSED)
            t->refused++;
        else
            (void)snprintf(t->failed + n, sizeof(t->failed) - n, "%s%s%s", n > 0 ? ", " : "",
                           sandbox_acts[i].name,
                           t->states[i] == ACT_SUCCEEDED ? "" : " (not tried)");
    }
}

static int trial_run(struct trial *t, const struct sandbox *s, const struct walls *w, struct err *e)
{
    struct act_fds fds;
    int rc = act_fds_open(&fds, e);

    *t = (struct trial){ .s = s };
    if (rc != ERR_OK)
        return rc;
    t->states =
        mmap(NULL, sandbox_act_count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (t->states == MAP_FAILED) {
        rc = err_set(e, ERR_NOMEM, 0, "There is no memory to try the sandbox.");
    } else {
        for (size_t at = 0; at < sandbox_act_count;)
            at = acts_try(t, w, &fds, at);
        trial_count(t);
        MUST(munmap(t->states, sandbox_act_count) == 0);
    }
    act_fds_close(&fds);
    return rc;
}

/* The real filter kills: a call that none allows, in a child. */
static bool filter_kills(const struct walls *w)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        (void)prctl(PR_SET_DUMPABLE, 0); /* no core file */
        if (walls_enter(w))
            (void)syscall(SYS_personality, 0xffffffff);
        _exit(0);
    }
    status = pid > 0 ? child_wait(pid) : 0;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

static int trial_level(const struct trial *t, const struct walls *w, bool kills, char *level,
                       struct err *e)
{
    char files[96];
    bool full = t->refused == t->tried && kills;

    files_rules_text(&w->files, files, sizeof(files));
    (void)snprintf(level, SANDBOX_LEVEL_MAX, "%s: %u of %u refused, %s%s",
                   !full               ? "not safe"
                   : w->files.abi == 0 ? "no landlock"
                                       : "full",
                   t->refused, t->tried, files, kills ? "" : ", the filter does not kill");
    if (full)
        return ERR_OK;
    return err_set(e, ERR_UNSUPPORTED, 0, "The sandbox does not hold: %.180s.",
                   t->failed[0] != 0 ? t->failed : "its filter does not kill");
}

/* Threads that run already would stay outside. */
static bool is_single(void)
{
    struct stat st;

    return stat("/proc/self/task", &st) != 0 || st.st_nlink == 3;
}

int sandbox_enter_on(const struct sandbox *s, int abi_max, char *level, struct err *e)
{
    struct walls soft = { { 0 }, { .fd = -1 } }, hard = soft;
    struct trial t;
    int rc = ERR_OK, held;
    bool kills;

    MUST(is_single());
    level[0] = 0;
    rc = calls_filter_make(&hard.calls, s->may, e);
    if (rc == ERR_OK)
        rc = calls_filter_make(&soft.calls, s->may, e);
    if (rc == ERR_OK)
        rc = files_rules_make(&hard.files, s, abi_max, e);
    if (rc != ERR_OK)
        goto out;
    calls_filter_soften(&soft.calls);
    soft.files = hard.files;
    rc = trial_run(&t, s, &soft, e);
    if (rc != ERR_OK)
        goto out;
    kills = filter_kills(&hard);
    held = trial_level(&t, &hard, kills, level, e);
    if (walls_enter(&hard))
        rc = held;
    else
        rc = err_set(e, ERR_UNSUPPORTED, 0, "The sandbox cannot be entered: %s.", strerror(errno));
out:
    calls_filter_release(&soft.calls);
    calls_filter_release(&hard.calls);
    files_rules_release(&hard.files);
    return rc;
}

int sandbox_enter(const struct sandbox *s, char *level, struct err *e)
{
    return sandbox_enter_on(s, INT_MAX, level, e);
}
