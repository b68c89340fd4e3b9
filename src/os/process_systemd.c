/*
 * process_systemd.c - what systemd hands over and is told; see process.h. The words of the
 * protocol are in sd_listen_fds(3), sd_notify(3), sd_watchdog_enabled(3).
 */
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/num.h"
#include "os/process_own.h"

#define NAMES_BYTES_MAX 8192u

static const char *const told_names[] = { "LISTEN_FDS",    "LISTEN_PID",    "LISTEN_FDNAMES",
                                          "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID" };

void process_environment_clear(void)
{
    for (size_t i = 0; i < COUNT_OF(told_names); i++)
        (void)unsetenv(told_names[i]);
}

bool process_environment_hand(const struct handed_fd *fds, uint32_t count)
{
    char number[24];
    struct buf names;
    bool good;

    buf_init(&names, NAMES_BYTES_MAX);
    for (uint32_t i = 0; i < count; i++)
        buf_fmt(&names, "%s%s", i > 0 ? ":" : "", fds[i].name);
    buf_byte(&names, 0);
    good = !buf_failed(&names) && setenv("LISTEN_FDNAMES", (const char *)names.p, 1) == 0;
    buf_release(&names);
    number[num_put_u64((uint8_t *)number, count)] = 0;
    good = good && setenv("LISTEN_FDS", number, 1) == 0;
    number[num_put_u64((uint8_t *)number, (uint64_t)getpid())] = 0;
    return good && setenv("LISTEN_PID", number, 1) == 0;
}

void process_handed(struct handed_fd *fds, uint32_t max, uint32_t *count)
{
    char **names = NULL;
    int n = sd_listen_fds_with_names(1, &names);

    *count = 0;
    for (int i = 0; i < n; i++) {
        int fd = SD_LISTEN_FDS_START + i;

        if (*count < max) {
            fds[*count].fd = fd;
            (void)snprintf(fds[*count].name, sizeof(fds->name), "%s", names[i]);
            ++*count;
        } else {
            close(fd);
        }
        free(names[i]);
    }
    free(names);
}

void process_notify(const char *state)
{
    (void)sd_notify(0, state); /* whoever started us may not care */
}

void process_notify_fd(const char *name, int fd)
{
    char state[96];

    (void)snprintf(state, sizeof(state), "FDSTORE=1\nFDNAME=%.63s", name);
    (void)sd_pid_notify_with_fds(0, 0, state, &fd, 1);
}

uint64_t process_watchdog_us(void)
{
    uint64_t us = 0;

    return sd_watchdog_enabled(0, &us) > 0 ? us : 0;
}
