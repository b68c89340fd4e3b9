/*
 * sandbox.h - what a role may still do once it has opened what it needs.
 *
 * seccomp (allow list; anything else kills the process) and Landlock (folders), with no new
 * privileges. A role names what it does in SANDBOX_ bits; the list of system calls of each bit is a
 * table in sandbox_calls.c. Landlock does not know UDP, so sockets are kept out by seccomp. open()
 * is allowed only for reading unless SANDBOX_FILES_WRITE is given. Executable memory is refused
 * without killing: regular expressions that are compiled inside do without their machine code.
 *
 * sandbox_enter() first tries what must be refused (sandbox_acts) in children that enter the same
 * sandbox, and reports a level: "full", or what is missing ("no landlock"). A forbidden act that
 * succeeds is ERR_UNSUPPORTED and the role must not start, unless settings allow it.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include "base/base.h"

enum {
    SANDBOX_FILES_READ = 1u << 0,    /* open for reading below `read` */
    SANDBOX_FILES_WRITE = 1u << 1,   /* open, make, rename, remove below `write` */
    SANDBOX_ACCEPT = 1u << 2,        /* accept on sockets it was given */
    SANDBOX_CONNECT_LOCAL = 1u << 3, /* connect (tracer); that it is local, nothing checks */
    SANDBOX_SPAWN = 1u << 4,         /* fork, exec below `read`, kill, wait: the keeper only */
    SANDBOX_THREADS = 1u << 5,       /* start threads after entering */
    SANDBOX_INOTIFY = 1u << 6,       /* follow files and the journal; not with append-only files */
    SANDBOX_CONNECT = 1u << 7,       /* connect over IP, names looked up (with FILES_READ of what
                                        says how, and THREADS); not with append-only files */
};

struct sandbox {
    unsigned may;
    const char *const *read; /* folders and files, NULL-terminated */
    const char *const *write;
};

#define SANDBOX_LEVEL_MAX 160u

/* `level` gets SANDBOX_LEVEL_MAX bytes of text to show: "full: 84 of 84 refused, landlock ABI 2
 * (without truncate, tcp, devices, scopes)". Called once, before any thread is started. After
 * ERR_UNSUPPORTED what could be entered has been entered; after any other fault, nothing.
 *
 * What a filter of the keeper forbids, its children cannot do either: SANDBOX_SPAWN allows what any
 * role may do, and its `read` must hold the program, its libraries and what roles read. */
int sandbox_enter(const struct sandbox *s, char *level, struct err *e);

/* One row for each act that is tried: its name, and the bits of which any allows it (0: never). */
struct sandbox_act {
    const char *name;
    unsigned allowed_by;
    const char *below; /* only when this path is below one of the bit's folders; NULL: anywhere */
    int (*act)(void);  /* 0 when it succeeded, else -1 with errno; may be killed */
};
extern const struct sandbox_act sandbox_acts[];
extern const size_t sandbox_act_count;

#endif
