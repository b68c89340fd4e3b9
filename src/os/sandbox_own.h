/*
 * sandbox_own.h - what the files of sandbox.h share; for src/os/sandbox*.c and their test only.
 *
 *   sandbox.c         the order of things, the self-test, the level
 *   sandbox_calls.c   system calls: the table, and the filter made of it
 *   sandbox_files.c   folders: Landlock
 *   sandbox_acts.c    what is tried
 */
#ifndef SANDBOX_OWN_H
#define SANDBOX_OWN_H

#include <linux/filter.h>

#include "os/sandbox.h"

/* Built with AddressSanitizer, which makes system calls of its own. */
#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_SANITIZED 1
#endif
#endif

/* sandbox_enter() on a kernel whose Landlock is no later than this; 0: has none. */
int sandbox_enter_on(const struct sandbox *s, int abi_max, char *level, struct err *e);

/* --- system calls ------------------------------------------------------------------------- */

struct calls_filter {
    struct sock_filter *code;
    unsigned short count;
};

int calls_filter_make(struct calls_filter *f, unsigned may, struct err *e);
void calls_filter_release(struct calls_filter *f);

/* The same decisions, but what killed the process fails with EPERM. */
void calls_filter_soften(struct calls_filter *f);

/* For this process and for good; false with errno. Needs no_new_privs. */
bool calls_filter_enter(const struct calls_filter *f);

/* --- folders ------------------------------------------------------------------------------ */

struct files_rules {
    int fd;  /* -1: the kernel has no Landlock */
    int abi; /* 0: none */
};

/* As a kernel would do it that knows this ABI and no later one. */
int files_rules_make(struct files_rules *f, const struct sandbox *s, int abi_max, struct err *e);
void files_rules_release(struct files_rules *f);
bool files_rules_enter(const struct files_rules *f);

/* "landlock ABI 2 (without truncate, tcp, devices, scopes)" */
void files_rules_text(const struct files_rules *f, char *text, size_t bytes);

/* --- acts --------------------------------------------------------------------------------- */

/* Descriptors that acts try to misuse, at these numbers while they run. */
enum { ACT_FD_APPEND = 100, ACT_FD_DATAGRAM = 101, ACT_FDS = 102 };

struct act_fds {
    int append;   /* a file that is only appended to */
    int datagram; /* a socket that receives datagrams */
};

int act_fds_open(struct act_fds *fds, struct err *e);
void act_fds_close(struct act_fds *fds);
bool act_fds_place(const struct act_fds *fds); /* in a child of its own: what is there is lost */

/* It is one that this sandbox allows. */
bool act_is_allowed(const struct sandbox_act *act, const struct sandbox *s);

#endif
