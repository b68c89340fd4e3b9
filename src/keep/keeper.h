/*
 * keeper.h - what `canh serve` runs: the process that starts the others, watches them, and keeps
 * what must outlive them.
 *
 *                      ┌─ desk, console, reader, tracer
 *   senders ─▶ sockets ─ keeper ─ collector 0, 1, ...          each over a channel (role.h)
 *                      └─ rules, now and then
 *
 * It keeps the listening sockets, the shared memory of the counts, the folder's descriptors and the
 * lock. It accepts connections and passes them on; it never reads from one. What it is told by
 * roles is bounded and checked against a table; a role that says something else is killed.
 *
 * Signals: HUP settings and rules anew, the old stay in force when the new are bad; TERM, INT end;
 * USR2 ends the roles and becomes the program that now has our file's name, with the sockets kept.
 * systemd is told of all of it, and the watchdog is fed only while every role beats.
 *
 * One thread, one loop, one keeper a process.
 */
#ifndef KEEPER_H
#define KEEPER_H

#include "base/base.h"

struct keeper_options {
    const char *config; /* file of settings, or NULL: defaults */
    const char *data;   /* folder */
};

/* Until it is told to end; ERR_OK when it ended as it should. */
int keeper_run(const struct keeper_options *o, struct err *e);

#endif
