/*
 * console_own.h - what the files of the console share; for nobody else.
 */
#ifndef CONSOLE_OWN_H
#define CONSOLE_OWN_H

#include "base/arena.h"
#include "console/console.h"
#include "console/trail.h"
#include "console/stat.h"
#include "console/tokens.h"
#include "os/file.h"
#include "search/search.h"

#define CONSOLE_ASKED   64u  /* acts that wait for the desk */
#define ASK_SCOPE       1000 /* of a route: the guard asks who it is, and the row what he may */
#define CONSOLE_SOCKETS 64u  /* of the kernel's, ours */
#define CONSOLE_PORTS   32u

/* Who follows the events: one stream, one filter. */
struct watcher {
    struct console *console;
    struct serve_stream *stream; /* NULL: free */
    struct query *query;
    struct query_eval *filter; /* NULL: of no rules at hand */
    uint64_t skipped;          /* not told yet */
};

/* A search that is under way: one stream. */
struct finder {
    struct serve_stream *stream; /* NULL: free */
    struct search *search;
    uint32_t told; /* of what was found */
    bool done;
};

/* An act that the desk was asked for. */
struct asked {
    uint64_t id; /* 0: free */
    struct serve_later *later;
};

struct console {
    struct console_from from;
    struct arena mem; /* for as long as it lives */
    struct serve_route *routes;
    size_t route_count;
    struct line *line; /* to the desk; NULL: it is not there */
    struct asked asked[CONSOLE_ASKED];
    uint64_t asked_last;
    struct serve *serve;
    struct tls_context *tls;
    struct tokens *tokens;
    struct ledgers ledgers;
    struct balance balance[SUMS_LANES];
    struct sums *sums;
    struct watch *look;
    char lanes[FILE_PATH_BYTES], db_path[FILE_PATH_BYTES];

    struct db *reader; /* opened when first needed, again after a fault */
    char db_why[224];

    int proc_udp[2], proc_statm; /* -1: not there */
    struct udp_socket udp[CONSOLE_SOCKETS];
    uint32_t udp_count;
    uint16_t port[CONSOLE_PORTS];
    uint32_t port_count;
    int64_t started_ns;
    unsigned tried; /* inputs through which our own events are sent */

    struct console_rules rules;
    struct shown *shown; /* NULL: no rules at hand */
    struct trail *trail;
    bool following;
    struct watch *round;
    struct watcher watcher[CONSOLE_WATCHERS];
    struct finder finder[CONSOLE_SEARCHES];
    struct lane_place ends[WALK_LANES]; /* for a search that begins */
    int64_t skew_ns;
    struct watch *finding;
};

/* find.c */
serve_fn search_route;
void find_stop(struct console *c);

/* ask.c */
int ask_routes(struct console *c, struct err *e);
/* A view for who was let in already; `state`: the value of that parameter, where it is one. */
void ask_view(struct console *c, struct serve_call *call, struct span view, struct span state);
/* A token of table token, of who has one of these roles: 0, or the status that refuses. */
unsigned ask_judge(struct console *c, struct span authorization, unsigned roles);

/* routes.c */
extern const struct serve_route console_routes[];
extern const size_t console_route_count;
serve_guard_fn console_guard;

/* proc.c */
void proc_open(struct console *c);
void proc_close(struct console *c);
void proc_read_udp(struct console *c);
void proc_self(const struct console *c, uint64_t *cpu_us, uint64_t *rss_bytes);

/* tail.c */
void tail_route(void *arg, struct serve_call *call);
int tail_rules(struct console *c, struct err *e); /* c->rules has changed */
uint32_t tail_watchers(const struct console *c);
void tail_end(struct console *c);

/* console.c: the reader's connection, or NULL with c->db_why. */
struct db *console_db(struct console *c);
void console_db_fault(struct console *c); /* what it said was no good: opened anew next time */

#endif
