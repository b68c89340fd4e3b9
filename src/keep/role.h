/*
 * role.h - the roles of the server, what each is given, and what they say to the keeper.
 *
 * The keeper starts a role as `canh role NAME NUMBER DATA GENERATION` with descriptors in this
 * order: 3 is always its channel to the keeper, 4 the settings (sealed memory, YAML), then what
 * ROLE_FD_* says. Everything else comes over the channel. A role opens what it needs, enters its
 * sandbox, says READY, and only then looks at a byte from outside. How a role is written is in
 * frame.h.
 *
 * A role that says nothing for ROLE_SILENT_MS is killed and started again. So is one that says what
 * its row of the keeper's table does not allow. What waits in a channel when its reader dies, is
 * gone: connections are closed, all else is told anew to the next one.
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
    X(SEALER, "sealer", "turns what lanes hold into sealed files, signs it, applies retention")    \
    X(SENDER, "sender", "brings notices of alerts to where the settings say")                      \
    X(VERIFIER, "verifier", "reads the whole store when asked: is it as it was signed?")           \
    X(RULES, "rules", "compiles a generation of rules, and ends")                                  \
    X(PRINTER, "printer", "makes documents for the console, and ends when it has rested")

enum role {
#define X(id, name, does) ROLE_##id,
    ROLE_TABLE(X)
#undef X
        ROLES
};
const char *role_name(enum role r);

/*    message       from   descriptors, body */
#define SAY_TABLE(X)                                                                               \
    X(READY)    /* role    - ; text: the sandbox's level */                                        \
    X(BEAT)     /* role    - ; the loop turns: once a second */                                    \
    X(STOP)     /* keeper  - ; finish what is at hand and exit 0 */                                \
    X(RELOAD)   /* keeper  settings; u64 generation of rules, whose folder is there */             \
    X(RELOADED) /* role    - ; u64 generation in force, text: why the new one is not (RULES: what  \
                   the new one holds) */                                                           \
    X(CONNECTION) /* keeper  1 connection; struct say_connection */                                \
    X(CLOSED)     /* collector - ; u32 connections that ended since the last */                    \
    X(DATAGRAMS)  /* keeper  1 UDP socket; struct say_connection */                                \
    X(SEGMENT)    /* collector asks: - ; answer: 1 append-only descriptor; u32 number of the       \
                     segment; or no descriptor; u32 errno, text */                                 \
    X(LEDGER)     /* keeper  1 shared memory; u32 lane: to desk, console, sealer, for each lane */ \
    X(PEER)       /* keeper  1 stream; u32 enum role, of its other end: between reader and         \
                     collector 0, console and desk, sender and desk, verifier and desk,            \
                     console and printer */                                                        \
    X(LISTEN)     /* keeper  1 listening socket; struct say_connection: console */                 \
    X(DONE)    /* desk, sealer - ; u32 lane, u32 segment: it reads no earlier segment of the lane  \
                  again. What both have said so of, and is not the lane's last, is removed */      \
    X(RULES)   /* desk    - ; rules were published or switched: a new generation is wanted */      \
    X(PRINTER) /* console - ; a document is to be made, and the printer is not there */            \
    X(ROOT)    /* verifier - ; 32 bytes: the store's public root key; the keeper passes it on to   \
                  the console */                                                                   \
    X(NOTICE)  /* both    - ; text: something an operator must see; the keeper passes it on, with  \
                  the role's name in front, to desk and console */

enum say {
#define X(name) SAY_##name,
    SAY_TABLE(X)
#undef X
        SAYS
};

#define NOTICE_BYTES_MAX 512u
#define ROLE_ROOT_BYTES  32u

struct say_connection {
    uint32_t input; /* enum input; for LISTEN: 0 the local socket, 1 metrics, 2 the API */
    struct socket_address peer;
};

/* The fixed descriptors of a role, after channel and settings:
 *   collector  5 its ledger (shared memory)   6 batches (shared memory, all collectors)
 *              7 the key of tracer events (sealed memory; collect/tracer.h)
 *   tracer     5 the key
 *   others     none */
enum {
    ROLE_FD_CHANNEL = 3,
    ROLE_FD_SETTINGS = 4,
    ROLE_FD_LEDGER = 5,
    ROLE_FD_BATCHES = 6,
    ROLE_FD_TRACER = 7,     /* of a collector */
    ROLE_FD_TRACER_ONLY = 5 /* of the tracer */
};

/* The keeper's patience with a role that says nothing, not even that it lives. */
#define ROLE_SILENT_MS 10000u

/* --- the data folder ----------------------------------------------------------------------- */

/*  DATA/store            32 hex digits: the store's id
 *  DATA/lock
 *  DATA/lanes/00/        segments of collector 0
 *  DATA/sealed/          what was sealed (store/sealed.h)
 *  DATA/ledger/          what was signed (ledger/chain.h, seal/tips.h)
 *  DATA/keys/            the keys that sign it (ledger/signer.h)
 *  DATA/rules/7/         generation 7: rules.image, taxonomy/
 *  DATA/desk/canh.db
 *  DATA/desk/rules/      what people published (office/publisher.h)
 *  DATA/tls/console.pem   certificate and key of our own (os/certificate.h)
 *  DATA/run/canh.sock    what commands talk to (HTTP)
 *  DATA/reserve          ballast */
/* "DATA/" and the rest into `room`; ERR_USAGE when it is too long. */
int data_path(char *room, size_t bytes, const char *data, const char *fmt, ...) CHECK_FORMAT(4, 5);

#endif
