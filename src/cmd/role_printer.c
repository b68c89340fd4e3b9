/*
 * role_printer.c - becomes canh-page (printer.h), with the words and descriptors it was given;
 * page.c says why that is a program of its own.
 */
#include "cmd/roles.h"

int role_printer(int argc, char **argv)
{
    struct err e;

    (void)argc;
    (void)command_become("canh-page", argv - 3, &e); /* canh role printer ... */
    (void)command_fault(&e);
    return 1; /* who waits for it is told by the console */
}
