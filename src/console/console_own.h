/*
 * console_own.h - what the files of the console share; for nobody else.
 */
#ifndef CONSOLE_OWN_H
#define CONSOLE_OWN_H

#include "base/arena.h"
#include "console/whole.h"
#include "console/console.h"
#include "console/openapi.h"
#include "console/pace.h"
#include "console/trail.h"
#include "console/stat.h"
#include "console/tokens.h"
#include "office/line.h"
#include "os/file.h"
#include "people/people.h"
#include "search/search.h"
#include "search/stored.h"
#include "store/store_id.h"

#define CONSOLE_ASKED   256u /* acts that wait for the desk: of fifty browsers five each */
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

/* A search that is under way: one stream; or one that the desk is still to write down. */
struct finder {
    struct serve_stream *stream;
    struct serve_later *later; /* until the desk has answered; both NULL: free */
    struct asked *asked;       /* the same */
    struct search *search;
    uint32_t told; /* of what was found */
    bool done;
};

/* One event that is looked for. */
struct seeker {
    struct serve_later *later; /* NULL: free */
    struct stored_from from;
    struct stored *stored;
};

/* What the desk was asked. */
struct console;
typedef void asked_fn(struct console *c, void *arg, const struct line_tell *t);
struct asked {
    uint64_t id; /* 0: free */
    asked_fn *told;
    void *arg;
};

struct console {
    struct console_from from;
    struct arena mem; /* for as long as it lives */
    struct serve_route *routes;
    size_t route_count;
    struct line *line; /* to the desk; NULL: it is not there */
    struct asked asked[CONSOLE_ASKED];
    struct pace *pace;
    struct live *live;
    struct whole whole;
    uint64_t csp_reports, csp_told_ms;
    struct logins *logins;
    struct reads *reads;
    struct prints *prints;
    struct takers *takers;
    uint8_t root[KEY_BYTES]; /* the store's public root key */
    bool has_root;
    struct oidc_visits *oidc;
    uint64_t asked_last;
    struct serve *serve;
    struct tls_context *tls;
    char own[256], url[512]; /* the name of this host; console-url of the settings */
    struct tokens *tokens;
    struct ledgers ledgers;
    struct balance balance[SUMS_LANES];
    struct sums *sums;
    struct watch *look;
    bool sample; /* the province is a made-up one */
    uint64_t escalate_high_ms, escalate_critical_ms;
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
    const struct law *law; /* NULL: none */
    const struct playbooks *playbooks;
    struct shown *shown; /* NULL: no rules at hand */
    struct trail *trail;
    bool following;
    struct watch *round;
    struct watcher watcher[CONSOLE_WATCHERS];
    struct finder finder[CONSOLE_SEARCHES];
    struct lane_place ends[WALK_LANES]; /* for a search that begins */
    int64_t skew_ns;
    struct watch *finding;
    struct seeker seeker[CONSOLE_SEEKERS];
    struct watch *seeking;
    struct completer *completer;
    struct hunters *hunters;
    struct matcher *matcher; /* made when first needed */
    struct costs *costs;
    char store[2 * STORE_ID_BYTES + 1];
};

/* find.c */
serve_fn search_route;
void find_stop(struct console *c);
/* A time, and a number from 1 to `most`, of the query; `other` when it is not there. ERR_SYNTAX. */
int find_time(const struct serve_call *call, const char *name, int64_t other, int64_t *ns,
              struct err *e);
int find_number(const struct serve_call *call, const char *name, uint64_t usual, uint64_t most,
                uint64_t *number, struct err *e);

/* check.c */
serve_fn check_route, rule_text_route;

/* hunts.c */
#define HUNT_SENT_MAX ((size_t)256 << 10) /* bytes of rules */
struct hunters;
serve_fn hunt_route, hunt_text_route;
int hunts_new(struct hunters **out, struct err *e);
void hunts_free(struct hunters **all);
void hunts_stop(struct hunters *all); /* their rules are let go */

/* evidence.c */
struct takers;
serve_fn evidence_route;
int takers_new(struct takers **out, struct err *e);
void takers_free(struct takers **all); /* behind serve_free() */
void takers_rules(struct takers *all); /* those at hand are let go */

/* complete.c */
struct completer;
serve_fn complete_route;
int complete_new(struct completer **out, struct err *e);
void complete_free(struct completer **p);
void complete_rules(struct completer *p); /* those at hand are let go */

/* event.c */
serve_fn event_route;
void event_rules(struct console *c); /* those at hand are let go */
void event_end(struct console *c);
/* Of the rules at hand, made when first needed; NULL: there are none, or no memory. */
struct matcher *event_matcher(struct console *c);

/* costs.c */
struct costs;
serve_fn costs_route;
int costs_new(struct costs **out, struct console *c, struct err *e);
void costs_free(struct costs **k);
void costs_rules(struct costs *k); /* those at hand are let go */

/* law.c */
extern const struct view_row law_terms_row;
serve_fn law_terms_route;

/* removed.c */
extern const struct view_row removed_row;
serve_fn removed_route;

/* export.c: of a view of a register's rows, the register as a book. False: it is none. A path of
 * NULL: memory is out. */
bool export_route_of(struct arena *mem, const struct view_row *row, struct serve_route *to);

/*
 * reads.c: what is read of the database beside the loop. A call is answered later, with what `fn`
 * put into r->call.body; or with a refusal: of what `fn` says is wrong, or when too many ask.
 */
enum read_lane { READ_SHORT, READ_LONG, READ_LANES };
struct reading {            /* on a thread of its own */
    struct serve_call call; /* of it route, query (serve_query()), type and body, no more */
    struct actor who;       /* without an address */
    const struct view_row *row;
    struct span state;
    struct db *db;
};
typedef int read_fn(struct reading *r, struct err *e);
/* In the loop: the status, and what `fn` made, or the refusal. */
typedef void read_done_fn(void *arg, unsigned status, struct span body);
struct read_from {
    read_fn *fn;
    enum read_lane lane;
    const struct actor *who;    /* copied, as the call is */
    const struct view_row *row; /* these two are `fn`'s, and borrowed until it is done */
    struct span state;
    read_done_fn *done; /* instead of an answer, once, when the loop turns; NULL: the answer */
    void *arg;
};
struct reads;
int reads_new(struct reads **out, struct loop *loop, const char *path, struct err *e);
/* Behind serve_free(). Waits for what is read just now; `done` is not called any more. */
void reads_free(struct reads **r);
/* False: the call was refused. */
bool reads_put(struct reads *r, struct serve_call *call, const struct read_from *from);

/* print.c */
#define PRINTS 8u /* documents that wait, or are made */
struct prints;
struct caller;
struct print_counts {
    uint64_t made, failed;
};
int prints_new(struct prints **out, struct console *c, struct err *e);
/* Behind serve_free(), before reads_free(). */
void prints_free(struct prints **p);
struct print_counts print_counts(const struct prints *p);
/* What a view's call asks for beside `format`: a document (`as`). False: it does not; the view is
 * to be answered. */
bool print_route(struct console *c, struct serve_call *call, const struct caller *who);
/* Is it the data of a sheet? */
bool print_has(const struct view_row *row);

/* ask.c */
/* On a thread: a view, as its query says. */
read_fn ask_read_view;
int ask_routes(struct console *c, struct err *e);
/* The act of call->route->own, with what was sent. */
serve_fn ask_act;
/* A view for who was let in already; `state`: the value of that parameter, where it is one. */
void ask_view(struct console *c, struct serve_call *call, struct span view, struct span state);
/* Ask the desk: `told` is called once, with its answer, or with NULL when it ended before: what it
 * was asked may have been done or not. NULL: it is not there, or does not keep up; *why says it.
 * The place is free again when `told` is called. */
struct asked *ask_desk(struct console *c, const struct line_ask *a, asked_fn *told, void *arg,
                       const char **why);
void ask_refuse(struct serve_call *call, unsigned status, const char *why);
void ask_why(const struct line_tell *t, char why[ERR_WHY_MAX]); /* the sentence of a refusal */
unsigned ask_status(int code);                                  /* of a refusal of the desk's */

/* caller.c: who asks, as far as the console can tell; the desk finds it out itself. */
#define CALLER_LOCAL  "x-canh-local" /* people_local_sign() */
#define CALLER_COOKIE "__Host-canh"  /* a session's secret */
struct caller {
    enum line_by by;
    struct span credential, address;
    struct people_who who;
    char room[32];
};
bool caller_find(struct console *c, const struct serve_call *call, struct caller *a);
/* The same, for the desk: a token of the settings is known to it, too. */
bool caller_find_any(struct console *c, const struct serve_call *call, struct caller *a);
/* He is known and has one of these roles: 0, or the status that refuses. */
unsigned caller_judge(struct console *c, const struct serve_call *call, unsigned roles);
/* So many from this address were refused that he is not even looked at; with a session that was
 * good just now he is. */
bool caller_is_blocked(struct console *c, const struct serve_call *call);
bool caller_at_home(const struct serve_call *call); /* it comes from a page of ours */
/* What a page of his session sends with every change: base64url with its NUL. */
#define CALLER_CSRF  "x-canh-csrf"
#define CALLER_TOKEN 44u
void caller_token(struct span secret, char token[CALLER_TOKEN]);
/* He comes with no cookie, or from a page of ours that knows the token. */
bool caller_may_change(const struct serve_call *call, const struct caller *a);
struct span caller_cookie(const struct serve_call *call, const char *name); /* name: "a=" */

/* login.c */
#define LOGINS         16u   /* at once */
#define LOGIN_SENT_MAX 8192u /* bytes of a body */
struct logins;
int logins_new(struct logins **out, struct console *c, struct err *e);
void logins_free(struct logins **l);
serve_fn login_route, password_route, logout_route, csrf_route;
extern const struct act_row login_rows[]; /* what they take; of no desk */

/* oidc.c */
struct oidc_visits;
int oidc_visits_new(struct oidc_visits **out, struct console *c, struct err *e);
void oidc_visits_free(struct oidc_visits **o);
serve_fn oidc_begin_route, oidc_done_route, oidc_code_route;

/* live.c */
#define LIVE_PROVE_MS  30000u
#define LIVE_WAITS_MAX 65536u /* of a stream that is not read */
struct live;
int lives_new(struct live **out, struct console *c, struct err *e);
void lives_free(struct live **l);
uint32_t live_count(const struct console *c);
/* The next connection counts the database's changes from another number: all is said again. */
void live_forget(struct console *c);
serve_fn live_route;

/* csp.c */
#define CSP_REPORT_MAX 16384u
serve_fn csp_route;

/* routes.c */
#define SCOPE_PEOPLE (-3) /* whoever has a session or a token of the desk's, with any role */
void console_counts(struct console *c, struct stat_from *s); /* as they are now */
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

/* console.c: how far lanes may be read now, into c->ends. */
void console_ends(struct console *c);
/* The reader's connection, or NULL with c->db_why. */
struct db *console_db(struct console *c);
void console_db_fault(struct console *c); /* what it said was no good: opened anew next time */

#endif
