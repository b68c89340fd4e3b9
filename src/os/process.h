/*
 * process.h - other processes of our own program: started, watched, ended; and what systemd is
 * told.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <sys/types.h>

#include "base/base.h"

/*
 * Start this very program (/proc/self/exe) with these words; the child has fds[i] as descriptor
 * 3 + i and no other, standard error kept, standard input and output from /dev/null, and dies with
 * its parent (PR_SET_PDEATHSIG). argv ends with NULL.
 */
int process_start(char *const argv[], const int *fds, uint32_t fd_count, pid_t *pid, struct err *e);

/* A child that has ended: its pid and how, as a sentence ("It ended with exit code 1."); 0 when
 * none has. */
pid_t process_ended(bool *clean, char *how, size_t bytes);

void process_title(const char *role);              /* as ps shows it */
int process_drop(const char *user, struct err *e); /* to this user and its group; "" does nothing */
int process_lock(const char *path, int *fd, struct err *e); /* ERR_LIMIT: another holds it */

/* Bytes in memory without a name, sealed against change; a descriptor for another role. */
int process_memory(const char *name, struct span bytes, int *fd, struct err *e);
/* `bytes` of zeroed memory that processes share through this descriptor. */
int process_shared(const char *name, size_t bytes, int *fd, void **at, struct err *e);
/* Of a descriptor that came from elsewhere: ERR_SYNTAX when it could shrink under the mapping. */
int process_shared_map(int fd, size_t bytes, bool writable, void **at, struct err *e);

/* From now on nobody writes to what can be executed: memory that may be both (a JIT's) may only be
 * read and executed. ERR_UNSUPPORTED, and nothing was changed, where /proc does not tell. */
int process_code_seal(struct err *e);

/* Descriptors that systemd (or an earlier self) handed over, by name; *count of them. */
struct handed_fd {
    int fd;
    char name[64];
};
void process_handed(struct handed_fd *fds, uint32_t max, uint32_t *count);

/* Become this program, in the same process, and hand it these: its process_handed() gets them.
 * Comes back only with a fault: ERR_NOTFOUND when nothing has changed; after any other, descriptors
 * have moved and only ending is left. */
int process_replace(const char *program, char *const argv[], const struct handed_fd *fds,
                    uint32_t count, struct err *e);

/* "READY=1", "WATCHDOG=1", "STATUS=...", "RELOADING=1" and so on; no systemd is no fault. */
void process_notify(const char *state);
void process_notify_fd(const char *name, int fd); /* into systemd's store */
uint64_t process_watchdog_us(void);               /* 0: not asked for */

#endif
