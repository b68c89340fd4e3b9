/*
 * console.h - the window of the running server: what the role `console` holds, and the routes that
 * show it.
 *
 *   local socket (mode 0600)  /health /stat /metrics /alerts /tail ...   what commands ask
 *   metrics listeners         /health /metrics                           what anyone may see
 *   console listeners, HTTPS  /api, /api/alerts ...                      who has a token (tokens.h)
 *
 * It reads: the ledgers (shared memory), the lanes up to their durable ends, the database by a
 * reader's connection, /proc/net/udp. It writes nothing, so whatever becomes of it, nothing that is
 * stored changes. Counts and states are answered at once, in the loop, from what is there; views
 * and exports are read on threads beside it, each with a connection of its own (reads.c).
 *
 *   GET /alerts?level=&since=&limit=&format=
 *       at least this level; since RFC 3339, seconds since 1970, or 90s, 15m, 2h, 7d ago;
 *       ndjson (when nothing is said) or json
 *   GET /tail?filter=
 *       a stream of lines (shown.h), the first {"following": true}; {"skipped": n} says that n
 *       events were not shown, because the reader or this role was too slow
 *
 * To read the database a desk must have it open: SQLite reads a database in WAL mode without a
 * right to write only where the log and its index (-wal, -shm) are there. Without one /alerts is
 * 503.
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include "conf/settings.h"
#include "console/serve.h"
#include "console/sums.h"
#include "event/taxonomy.h"
#include "os/io.h"
#include "seal/evidence.h"
#include "sigma/match.h"

#define CONSOLE_LOOK_MS        1000u /* balance */
#define CONSOLE_FOLLOW_MS      50u
#define CONSOLE_WATCHERS       32u
#define CONSOLE_LIVE           200u /* streams of /live */
#define CONSOLE_SEARCHES       4u
#define CONSOLE_HUNTS          2u
#define CONSOLE_SEEKERS        8u   /* of one event each */
#define CONSOLE_SEARCH_SECONDS 600u /* at most, and for one */
#define CONSOLE_SEARCH_MIB     1024u
#define CONSOLE_ALERTS         100u /* unless asked for more */
#define CONSOLE_ALERTS_MAX     5000u

struct console;

struct console_from {
    struct loop *loop;
    const struct io *io;
    const char *data;                          /* path of the data folder; borrowed */
    const struct settings *settings;           /* read in console_new() only */
    void (*note)(void *arg, const char *text); /* a line for the server's log; or NULL */
    void *note_arg;
    /* Documents are to be made: console_printer() with a line to who does it, later. NULL: nobody.
     */
    void (*want_printer)(void *arg);
    void *want_arg;
    const struct evidence_file *beside; /* what goes with evidence: README.txt, verify.py; borrowed.
                                           None: no evidence */
    uint32_t beside_count;
    struct span certificate, key; /* PEM, of HTTPS; read in console_new() only. None: no HTTPS */
};

/* What a generation of rules comes to here. Borrowed until the next console_rules(). */
struct console_rules {
    const struct taxonomy *taxonomy;
    const struct names *names;
    uint64_t generation;
    uint32_t rule_count, correlation_count;
    const struct ruleset *rules; /* NULL: they are not tried on anything */
};

/* Opens what lies outside the data folder: before the sandbox. */
int console_new(struct console **out, const struct console_from *from, struct err *e);
void console_free(struct console **c);

/* Other rules; NULL lets go of those at hand. Who follows events goes on with the next ones. */
int console_rules(struct console *c, const struct console_rules *r, struct err *e);

/* Other settings: who may ask. */
int console_settings(struct console *c, const struct settings *s, struct err *e);

/* Another certificate, for connections to come; the one at hand stays on an error. */
int console_certificate(struct console *c, struct span certificate, struct span key, struct err *e);

/* The law and the playbooks, borrowed until the next call; NULL: there are none. */
struct law;
struct playbooks;
void console_law(struct console *c, const struct law *law, const struct playbooks *playbooks);

/* The line to the desk (office/line.h), taken; an earlier one is closed. */
int console_line(struct console *c, int fd, struct err *e);

/* The same to the printer (office/paper.h), which is let go when nothing is to be made. */
int console_printer(struct console *c, int fd, struct err *e);

/* The store's public root key, which evidence is checked against before it is given out. */
void console_root(struct console *c, const uint8_t key[KEY_BYTES]);

int console_listen(struct console *c, int fd, enum serve_door door, struct err *e);
int console_ledger(struct console *c, const struct ledger *g, uint32_t lane, struct err *e);

#endif
