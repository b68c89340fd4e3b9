/*
 * role_sender.c - becomes canh-sender (sender_main.c), with the words and descriptors it was given.
 *
 * What speaks to mail and web servers needs libcurl and what that needs, some thirty libraries.
 * They are in a program of their own, so that no role that reads a stranger's byte has them in its
 * memory.
 */
#include "cmd/roles.h"

int role_sender(int argc, char **argv)
{
    struct err e;

    (void)argc;
    (void)command_become("canh-sender", argv - 3, &e); /* canh role sender ... */
    (void)command_fault(&e);
    return 1; /* the keeper tries again */
}
