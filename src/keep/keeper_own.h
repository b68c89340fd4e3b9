/*
 * keeper_own.h - the keeper's inside, shared by its files: keeper.c (the whole and its states),
 * workers.c (processes and what they say), ears.c (sockets). Private to src/keep.
 *
 *   STARTING ──all ready──▶ RUNNING ──TERM──▶ STOPPING ──none left──▶ end, or the next program
 *   rules, then stage by stage
 *
 * While RUNNING a change of rules goes: role RULES makes the next generation (RULES runs), then all
 * are told (`waiting` counts those that have not answered).
 */
#ifndef KEEPER_OWN_H
#define KEEPER_OWN_H

#include <stdarg.h>
#include <sys/types.h>

#include "conf/settings.h"
#include "keep/folder.h"
#include "keep/keeper.h"
#include "keep/role.h"
#include "os/loop.h"
#include "os/process.h"
#include "store/reserve.h"

#define WORKERS_MAX (FOLDER_LANES_MAX + 8u)
#define EARS_MAX    64u /* what can be handed over */

enum keeper_state { KEEPER_STARTING, KEEPER_RUNNING, KEEPER_STOPPING };

struct keeper;

/* A message that did not fit into the channel and must not be lost. */
enum { OWED_STOP = 1u << 0, OWED_RELOAD = 1u << 1 };

struct worker {
    struct keeper *k;
    enum role role;
    uint32_t number;
    uint32_t stage; /* started when all of the stage before are ready */
    pid_t pid;      /* 0: not running */
    int channel;    /* -1: closed */
    struct watch *watch, *again;
    uint64_t started_ms, heard_ms;
    uint32_t delay_ms; /* before the next start */
    uint32_t starts;
    bool ready;
    bool full;      /* its channel does not take more for now */
    bool due;       /* it will be started in a moment */
    bool reloading; /* was told of the new generation and has not answered */
    unsigned owed;
    uint64_t generation;
    uint32_t open;     /* connections that it has */
    uint32_t segments; /* asked for within the minute */
};

/* A socket that outlives its users. */
struct ear {
    struct keeper *k;
    const struct ear_row *row;
    int fd;
    char name[64]; /* by which it is handed over */
    uint32_t lane; /* of a UDP socket */
    struct watch *watch;
};

struct keeper {
    const struct keeper_options *o;
    char program[FILE_PATH_BYTES];
    enum keeper_state state;
    struct loop *loop;
    struct folder folder;

    struct settings settings; /* in force */
    int settings_fd;
    struct settings next; /* being tried: RULES compiles for it */
    int next_fd;          /* -1: nothing is */
    bool again;           /* SIGHUP came meanwhile */
    uint64_t newest;      /* number of the last generation that was begun */
    uint64_t in_force;    /* generation */
    struct {
        uint64_t number;
        char text[256];
    } made; /* what RULES answered */
    struct worker rules;
    struct worker printer; /* on demand; not one of those below, for which all wait */

    struct worker worker[WORKERS_MAX];
    uint32_t worker_count, stage, lane_count;
    uint32_t waiting; /* for answers to RELOAD */
    uint64_t waiting_ms;
    struct {
        uint32_t desk, sealer; /* the segment that it still reads; 0: not said */
    } done[FOLDER_LANES_MAX];
    int ledger[FOLDER_LANES_MAX];
    void *ledger_at[FOLDER_LANES_MAX];
    int batches;
    void *batches_at;
    uint8_t root[ROLE_ROOT_BYTES]; /* the store's public root key */
    bool has_root;
    int tracer; /* sealed memory: the key of tracer events, new at each start */
    struct reserve *reserve;

    struct ear ear[EARS_MAX];
    uint32_t ear_count;
    bool listening; /* accepting, now */
    int held;       /* a connection that no collector could take yet, or -1 */
    struct say_connection held_from;
    uint64_t over; /* connections closed at once: too many */
    uint64_t over_told;

    struct watch *tick, *stop_timer, *accept_timer;
    struct watch *signal[5];
    uint64_t ready_ms; /* when all were ready for the first time, or 0 */
    bool upgrade;
    int rc; /* of keeper_run() */
    struct err *e;
    struct channel_message in, out;
};

/* --- keeper.c --- */

/* A line on standard error, with the level as systemd's journal reads it. */
enum { TELL_ERROR = 3, TELL_WARNING = 4, TELL_NOTICE = 5, TELL_INFO = 6 };
void keeper_tell(const struct keeper *k, int level, const char *fmt, ...) CHECK_FORMAT(3, 4);
/* The same, and to desk and console. */
void keeper_notice(struct keeper *k, const char *fmt, ...) CHECK_FORMAT(2, 3);
/* Text of a role, fit for one line: at most `bytes` - 1, no control characters. */
void keeper_clean(char *room, size_t bytes, struct span text);

void keeper_ready(struct keeper *k, struct worker *w); /* it said READY */
/* Settings and rules anew, as SIGHUP asks; one after the other. */
void keeper_reload(struct keeper *k);
void keeper_rules_done(struct keeper *k, bool clean, const char *how);
void keeper_reloaded(struct keeper *k, struct worker *w, const char *why);
void keeper_gone(struct keeper *k); /* a process has ended while we stop */

/* --- workers.c --- */

void workers_plan(struct keeper *k);
void worker_start(struct worker *w);
/* ERR_OK; ERR_MORE and w->full when the channel takes no more; else the worker was killed. */
int worker_say(struct worker *w, enum say what, struct span body, const int *fds,
               uint32_t fd_count);
void worker_owe(struct worker *w, unsigned owed); /* now, or as soon as the channel takes it */
void worker_kill(struct worker *w, const char *why);
void workers_ended(struct keeper *k); /* SIGCHLD */
void workers_tick(struct keeper *k);  /* once a second */
void workers_release(struct keeper *k);
uint32_t workers_running(const struct keeper *k);
void workers_stop(struct keeper *k);       /* those whose turn it is; again when one has ended */
bool workers_beat(const struct keeper *k); /* all that should run do, and say so */

/* --- ears.c --- */

int ears_open(struct keeper *k, struct err *e);
int ears_start(struct keeper *k, struct err *e); /* begin to accept */
void ears_introduce(struct keeper *k,
                    struct worker *w); /* give it the sockets that it should have */
void ears_writable(struct keeper *k);  /* a collector can take connections again */
void ears_pause(struct keeper *k);
uint32_t ears_handed(const struct keeper *k,
                     struct handed_fd fds[EARS_MAX]); /* for the next program */
void ears_close(struct keeper *k);

#endif
