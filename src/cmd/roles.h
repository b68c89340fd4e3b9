/*
 * roles.h - the roles' entries: each takes the words behind `canh role NAME` and returns the exit
 * code of its process. One file each: role_NAME.c, and a row in roles.c.
 */
#ifndef ROLES_H
#define ROLES_H

#include "cmd/command.h"
#include "keep/frame.h"

command_fn role_collector, role_console, role_desk, role_printer, role_reader, role_rules,
    role_sealer, role_sender, role_tracer, role_verifier;

#endif
