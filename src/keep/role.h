/*
 * role.h - the roles of the server, what each is given, and what they say to the keeper.
 *
 * The keeper starts a role as `canh role NAME NUMBER` with descriptors in the order of the table:
 * 3 is always its channel to the keeper, 4 the settings (sealed memory, YAML) , then what ROLE_FDS
 * says. Everything else comes over the channel. A role opens what it needs, enters its sandbox,
 * says READY, and only then looks at a byte from outside.
 */
#ifndef ROLE_H
#define ROLE_H

#include "base/base.h"
#include "os/socket.h"

/*    id         name         what it does */
#define ROLE_TABLE(X)                                                                              \
    X(COLLECTOR, "collector", "receives, matches, appends to its lane")                            \
    X(READER, "reader", "follows files and the journal")                                           \
    X(DESK, "desk", "correlations, alerts; the only writer of the database")                       \
    X(CONSOLE, "console", "shows counts, events and alerts")                                       \
    X(TRACER, "tracer", "sends tracer events through every input")                                 \
    X(RULES, "rules", "compiles a generation of rules, and ends")

enum role {
#define X(id, name, does) ROLE_##id,
    ROLE_TABLE(X)
#undef X
        ROLES
};
const char *role_name(enum role r);

/*    message       from   descriptors, body */
#define SAY_TABLE(X)                                                                               \
    X(READY)      /* role    - ; text: the sandbox's level */                                      \
    X(BEAT)       /* role    - ; the loop turns: once a second */                                  \
    X(STOP)       /* keeper  - ; finish what is at hand and exit 0 */                              \
    X(RELOAD)     /* keeper  settings; u64 generation of rules, whose folder is there */           \
    X(RELOADED)   /* role    - ; u64 generation in force, text: why the new one is not */          \
    X(CONNECTION) /* keeper  1 connection; struct say_connection */                                \
    X(CLOSED)     /* collector - ; u32 connections that ended since the last */                    \
    X(DATAGRAMS)  /* keeper  1 UDP socket; struct say_connection */                                \
    X(SEGMENT)    /* collector asks: - ; answer: 1 append-only descriptor; u32 number, or text */  \
    X(LEDGER)     /* keeper  1 shared memory; u32 lane: to desk and console, for each lane */      \
    X(PEER)       /* keeper  1 channel between reader and collector 0 */                           \
    X(LISTEN)     /* keeper  1 listening socket; struct say_connection: console */                 \
    X(NOTICE)     /* role    - ; text: something an operator must see */

enum say {
#define X(name) SAY_##name,
    SAY_TABLE(X)
#undef X
        SAYS
};

struct say_connection {
    uint32_t input; /* enum input; for LISTEN: 0 the local socket, 1 metrics */
    struct socket_address peer;
};

/* The fixed descriptors of a role, after channel and settings:
 *   collector  5 its ledger (shared memory)   6 batches (shared memory, all collectors)
 *   others     none */
enum { ROLE_FD_CHANNEL = 3, ROLE_FD_SETTINGS = 4, ROLE_FD_LEDGER = 5, ROLE_FD_BATCHES = 6 };

/* --- the data folder ----------------------------------------------------------------------- */

/*  DATA/store            32 hex digits: the store's id
 *  DATA/lock
 *  DATA/lanes/00/        segments of collector 0
 *  DATA/rules/7/         generation 7: rules.image, taxonomy/
 *  DATA/desk/canh.db
 *  DATA/run/canh.sock    what commands talk to (HTTP)
 *  DATA/reserve          ballast */
int data_path(char *room, size_t bytes, const char *data, const char *fmt, ...) CHECK_FORMAT(4, 5);

#endif
