/*
 * page.c - canh page: becomes canh-page, which lies beside this program or in its libexec.
 *
 * What makes pages needs Pango, Cairo and what they need, some forty libraries. They are in a
 * program of their own, so that no role that reads a stranger's byte has them in its memory.
 */
#include "cmd/command.h"

int cmd_page(int argc, char **argv)
{
    struct err e;

    (void)argc;
    (void)command_become("canh-page", argv - 1, &e);
    return command_fault(&e);
}
