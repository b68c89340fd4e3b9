/*
 * become.c - a program that lies beside this one, or in its libexec.
 */
#include <stdio.h>
#include <unistd.h>

#include "cmd/command.h"

#define PATH_BYTES 4096u

/* "DIR/PROGRAM", DIR being where this program lies; false when that cannot be told. */
static bool beside(const char *program, char path[PATH_BYTES])
{
    ssize_t n = readlink("/proc/self/exe", path, PATH_BYTES - 1);

    while (n > 0 && path[n - 1] != '/')
        n--;
    return n > 0 && (size_t)snprintf(path + n, PATH_BYTES - (size_t)n, "%s", program) <
                        PATH_BYTES - (size_t)n;
}

int command_become(const char *program, char **argv, struct err *e)
{
    char path[PATH_BYTES];

    if (beside(program, path))
        (void)execv(path, argv); /* comes back when it is not there */
    (void)snprintf(path, sizeof(path), CANH_LIBEXEC "/%s", program);
    (void)execv(path, argv);
    return err_set(e, ERR_NOTFOUND, 0, "This is done by %.60s, which is not there.", program);
}
