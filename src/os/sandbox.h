/*
 * sandbox.h - what a role may still do once it has opened what it needs.
 *
 * seccomp (allow list; anything else kills the process) and Landlock (folders), with no new
 * privileges. A role names what it does in `sandbox_row` bits; the list of system calls of each bit
 * is a table in sandbox.c. Landlock does not know UDP, so sockets are kept out by seccomp. open()
 * is allowed only for reading unless SANDBOX_FILES_WRITE is given.
 *
 * sandbox_enter() then tries what must be refused (sandbox_acts) in forked children and reports a
 * level: "full", or what is missing ("no landlock"). A forbidden act that succeeds is
 * ERR_UNSUPPORTED and the role must not start, unless settings allow it.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include "base/base.h"

enum {
    SANDBOX_FILES_READ = 1u << 0,    /* open for reading below `read` */
    SANDBOX_FILES_WRITE = 1u << 1,   /* open, make, rename, remove below `write` */
    SANDBOX_ACCEPT = 1u << 2,        /* accept on sockets it was given */
    SANDBOX_CONNECT_LOCAL = 1u << 3, /* connect to loopback and local sockets (tracer) */
    SANDBOX_SPAWN = 1u << 4,         /* fork, exec, kill, wait: the keeper only */
    SANDBOX_THREADS = 1u << 5,       /* start threads after entering */
    SANDBOX_INOTIFY = 1u << 6,
};

struct sandbox {
    unsigned may;
    const char *const *read; /* folders and files, NULL-terminated */
    const char *const *write;
};

#define SANDBOX_LEVEL_MAX 160u

/* `level` gets a text to show. */
int sandbox_enter(const struct sandbox *s, char *level, struct err *e);

/* One row for each act that is tried: its name, and the bit that allows it (0: never). */
struct sandbox_act {
    const char *name;
    unsigned allowed_by;
    int (*act)(void); /* 0 when it succeeded, else -1 with errno; may be killed */
};
extern const struct sandbox_act sandbox_acts[];
extern const size_t sandbox_act_count;

#endif
