/*
 * host.h - what the machine and the terminal tell: clock, memory, cores, width.
 */
#ifndef HOST_H
#define HOST_H

#include "base/base.h"

/* Seconds on a clock that never goes back; only differences mean something. */
double host_seconds(void);

/* Now, in ns since 1970 UTC. */
int64_t host_now_ns(void);

/* The most memory this process ever had resident, in bytes. */
uint64_t host_peak_rss(void);

/* Cores that this process may run on, at least 1. */
unsigned host_cores(void);

/* Columns of the terminal behind `fd`, or 0 when it is none. */
unsigned host_terminal_width(int fd);

/* Bytes that nobody can foresee. */
int host_random(void *dst, size_t n, struct err *e);

/* The id of the machine's start; where the kernel does not tell, one of this call's own. */
int host_boot(uint8_t id[16], struct err *e);
/* ns since the machine's start, sleep included. */
uint64_t host_boot_ns(void);

/* The name of the account that this process runs as, if it is of the portable form (POSIX, 3.429:
 * letters, digits, '.', '_', '-') and fits; else "uid-N". `bytes` >= 16. */
struct span host_account(char *room, size_t bytes);

/* The folder of the running program's file into `room`; false when it cannot be told. */
bool host_program_folder(char *room, size_t bytes);

#endif
