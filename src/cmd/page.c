/*
 * page.c - canh page: becomes canh-page, which lies beside this program or in its libexec.
 *
 * What makes pages needs Pango, Cairo and what they need, some forty libraries. They are in a
 * program of their own, so that no role that reads a stranger's byte has them in its memory.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/command.h"

#define PROGRAM    "canh-page"
#define PATH_BYTES 4096u

/* "DIR/canh-page", DIR being where this program lies; false when that cannot be told. */
static bool beside(char path[PATH_BYTES])
{
    ssize_t n = readlink("/proc/self/exe", path, PATH_BYTES - sizeof(PROGRAM));

    while (n > 0 && path[n - 1] != '/')
        n--;
    if (n <= 0)
        return false;
    memcpy(path + n, PROGRAM, sizeof(PROGRAM));
    return true;
}

int cmd_page(int argc, char **argv)
{
    char path[PATH_BYTES];
    struct err e;

    (void)argc;
    if (beside(path))
        (void)execv(path, argv - 1); /* comes back when it is not there */
    (void)execv(CANH_LIBEXEC "/" PROGRAM, argv - 1);
    (void)err_set(&e, ERR_NOTFOUND, 0, "Pages are made by " PROGRAM ", which is not there.");
    return command_fault(&e);
}
