/*
 * process_own.h - what the files of process.h share; for src/os/process*.c only.
 */
#ifndef PROCESS_OWN_H
#define PROCESS_OWN_H

#include "os/process.h"

/* The first descriptor after standard error; also SD_LISTEN_FDS_START. */
#define PROCESS_FD_FIRST 3u

/* Put fds[i] at PROCESS_FD_FIRST + i, and let every other above them close on exec. -1 with errno;
 * by then descriptors have moved, and only ending is left. */
int process_fds_lay(const int *fds, uint32_t count);

/* What systemd told this process is not for its children. */
void process_environment_clear(void);

/* Tell the next program, in this same process, of descriptors from PROCESS_FD_FIRST on. */
bool process_environment_hand(const struct handed_fd *fds, uint32_t count);

#endif
