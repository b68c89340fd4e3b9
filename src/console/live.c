/*
 * live.c - GET /live: what has changed, to every page that is open (text/event-stream).
 *
 *   event: desk   the database has changed: at most one a second, computed once for all
 *   event: flow   each two seconds, the numbers of /stat
 *   : a comment each 15 s, so that whoever is between does not end what is silent
 *
 * All are states and no changes: who missed some has missed nothing. A contact of an agency gets
 * `desk` with the version alone. Who does not read loses his stream; who is no longer who he was
 * (his session ended, his role was taken) loses it within LIVE_PROVE_MS.
 */
#include <stdlib.h>
#include <sys/socket.h>

#include "base/time.h"
#include "console/console_own.h"
#include "os/host.h"
#include "os/socket.h"
#include "scan/put.h"

#define TICK_MS     1000u
#define FLOW_TICKS  2u
#define QUIET_TICKS 15u
#define PROVE_TICKS 20u /* LIVE_PROVE_MS, with what a round takes */
#define SECRET_MAX  256u
#define EVENT_MAX   4096u
#define SEND_BYTES  65536 /* that the kernel holds of who does not read */

struct listener {
    struct console *console;
    struct serve_stream *stream; /* NULL: free */
    enum line_by by;
    char secret[SECRET_MAX], address[SOCKET_TEXT_MAX + 1];
    bool contact;
    uint32_t ticks; /* since who he is was looked at */
};

struct live {
    struct listener listener[CONSOLE_LIVE];
    struct watch *tick;
    uint32_t ticks;
    uint32_t behind; /* ticks since something went to all */
    int64_t version_db;
    uint64_t version;
    struct buf desk, contact, flow; /* the last of each, whole */
    uint64_t received;
    int64_t at_ns;
    double per_second;
};

uint32_t live_count(const struct console *c)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < CONSOLE_LIVE; i++)
        n += c->live->listener[i].stream != NULL;
    return n;
}

/* --- events --------------------------------------------------------------------------------- */

static int put_open(struct console *c, struct buf *out, uint64_t *fresh, struct err *e)
{
    uint64_t level[LEVEL_CRITICAL + 1] = { 0 };
    struct db_row *r = db_use(c->reader, DB_LIVE_OPEN);
    int rc;

    *fresh = 0;
    while ((rc = db_next(c->reader, r, e)) == 1) {
        int64_t l = db_get_int(r, 0);

        if (l >= LEVEL_NONE && l <= LEVEL_CRITICAL)
            level[l] = db_get_u64(r, 1);
        *fresh += db_get_u64(r, 2);
    }
    db_end(r);
    buf_text(out, ",\"open\":{");
    for (int l = LEVEL_CRITICAL; l >= LEVEL_NONE; l--)
        buf_fmt(out, "%s\"%s\":%llu", l == LEVEL_CRITICAL ? "" : ",",
                level_name((enum sigma_level)l), (unsigned long long)level[l]);
    buf_byte(out, '}');
    return rc;
}

static int put_figures(struct console *c, struct buf *out, struct err *e)
{
    struct db_row *r = db_use(c->reader, DB_LIVE_DESK);
    uint64_t n[4] = { 0 }, fresh = 0;
    int rc;

    db_int(r, 1, host_now_ns());
    rc = db_next(c->reader, r, e);
    for (int i = 0; i < 4 && rc == 1; i++)
        n[i] = db_get_u64(r, i);
    db_end(r);
    if (rc < 0)
        return rc;
    buf_fmt(out, ",\"newest_alert\":%llu", (unsigned long long)n[0]);
    rc = put_open(c, out, &fresh, e);
    buf_fmt(out, ",\"new\":%llu,\"incidents\":%llu,\"clocks\":{\"running\":%llu,\"overdue\":%llu}",
            (unsigned long long)fresh, (unsigned long long)n[1], (unsigned long long)n[2],
            (unsigned long long)n[3]);
    return rc;
}

/* Has the database changed since the last time? (PRAGMA data_version) */
static int is_changed(struct console *c, bool *changed, struct err *e)
{
    struct db_row *r = db_use(c->reader, DB_LIVE_VERSION);
    int rc = db_next(c->reader, r, e);
    int64_t version = rc == 1 ? db_get_int(r, 0) : 0;

    db_end(r);
    *changed = rc == 1 && version != c->live->version_db;
    if (rc == 1)
        c->live->version_db = version;
    return rc < 0 ? rc : ERR_OK;
}

/* True when there is another `desk` to send. */
static bool make_desk(struct console *c)
{
    struct live *l = c->live;
    bool changed = false;
    struct err e;
    int rc;

    if (console_db(c) == NULL)
        return false;
    rc = is_changed(c, &changed, &e);
    if (rc == ERR_OK && !changed && l->desk.n > 0)
        return false;
    if (rc == ERR_OK) {
        l->version++;
        buf_clear(&l->contact);
        buf_fmt(&l->contact, "event: desk\ndata: {\"version\":%llu}\n\n",
                (unsigned long long)l->version);
        buf_clear(&l->desk);
        buf_fmt(&l->desk, "event: desk\ndata: {\"version\":%llu", (unsigned long long)l->version);
        rc = put_figures(c, &l->desk, &e);
        buf_text(&l->desk, "}\n\n");
    }
    if (rc == ERR_OK && !buf_failed(&l->desk) && !buf_failed(&l->contact))
        return true;
    console_db_fault(c);
    return false;
}

void live_forget(struct console *c)
{
    if (c->live == NULL)
        return;
    buf_clear(&c->live->desk);
    buf_clear(&c->live->contact);
}

static void make_flow(struct console *c)
{
    struct live *l = c->live;
    struct stat_from s;
    uint8_t room[TIME_TEXT_MAX];
    const uint64_t *total;

    console_counts(c, &s);
    total = s.m.sums->total;
    if (l->at_ns != 0 && s.now_ns > l->at_ns)
        l->per_second = total[LEDGER_received] < l->received
                            ? 0
                            : (double)(total[LEDGER_received] - l->received) /
                                  ((double)(s.now_ns - l->at_ns) / 1e9);
    l->received = total[LEDGER_received];
    l->at_ns = s.now_ns;
    buf_clear(&l->flow);
    buf_text(&l->flow, "event: flow\ndata: {\"at\":");
    put_json_text(&l->flow, (struct span){ room, time_put(room, s.now_ns) });
    buf_fmt(&l->flow,
            ",\"received\":%llu,\"stored\":%llu,\"matched\":%llu,\"findings\":%llu,"
            "\"per_second\":%.1f,\"balance\":\"%s\",\"silent\":%llu,\"blind\":%llu,\"complete\":",
            (unsigned long long)total[LEDGER_received], (unsigned long long)total[LEDGER_stored],
            (unsigned long long)total[LEDGER_matched], (unsigned long long)total[LEDGER_findings],
            l->per_second, balance_state_name(stat_balance(&s.m)),
            (unsigned long long)c->whole.silent, (unsigned long long)c->whole.blind);
    whole_json(&l->flow, &c->whole);
    buf_text(&l->flow, "}\n\n");
}

/* --- listeners ------------------------------------------------------------------------------ */

static void forget(struct listener *l)
{
    explicit_bzero(l->secret, sizeof(l->secret));
    l->stream = NULL;
}

static void on_gone(void *arg)
{
    struct listener *l = arg;

    forget(l);
    if (live_count(l->console) == 0)
        watch_stop(l->console->live->tick);
}

static void drop(struct listener *l)
{
    struct serve_stream *stream = l->stream;

    forget(l);
    serve_end(stream);
}

/* False: he does not read, and was dropped. */
static bool tell(struct listener *l, struct span event)
{
    if (serve_waits(l->stream) + event.n <= LIVE_WAITS_MAX && serve_put(l->stream, event))
        return true;
    drop(l);
    return false;
}

/* Is he still who he was? */
static bool prove(struct console *c, struct listener *l)
{
    struct people_who who;
    struct span secret = span_of(l->secret), address = span_of(l->address);
    int rc = ERR_DENIED;

    if (l->by == LINE_LOCAL)
        return true;
    if (console_db(c) == NULL)
        return true; /* nobody knows it just now; it is asked again */
    rc = l->by == LINE_TOKEN
             ? people_token(c->reader, secret, address, host_now_ns(), &who, NULL)
             : people_session(c->reader, secret, address, host_now_ns(), &who, NULL);
    if (rc != ERR_OK)
        return rc != ERR_DENIED;
    l->contact = actor_is_contact(&who.actor);
    return (who.actor.roles & ROLES_ALL) != 0;
}

static void to_one(struct console *c, struct listener *l, bool desk, bool flow, bool quiet)
{
    const struct live *v = c->live;

    if (++l->ticks >= PROVE_TICKS) {
        l->ticks = 0;
        if (!prove(c, l)) {
            drop(l);
            return;
        }
    }
    if (desk && !tell(l, buf_span(l->contact ? &v->contact : &v->desk)))
        return;
    if (flow && !l->contact && !tell(l, buf_span(&v->flow)))
        return;
    if (quiet)
        (void)tell(l, SPAN_LIT(": still here\n\n"));
}

static void on_tick(void *arg, unsigned ready)
{
    struct console *c = arg;
    struct live *v = c->live;
    bool desk = make_desk(c), flow = ++v->ticks % FLOW_TICKS == 0,
         quiet = v->ticks % QUIET_TICKS == 0;

    (void)ready;
    if (flow)
        make_flow(c);
    for (uint32_t i = 0; i < CONSOLE_LIVE; i++) {
        if (v->listener[i].stream != NULL)
            to_one(c, &v->listener[i], desk, flow, quiet);
    }
    if (live_count(c) == 0)
        watch_stop(v->tick);
}

static struct listener *free_listener(struct console *c)
{
    for (uint32_t i = 0; i < CONSOLE_LIVE; i++) {
        if (c->live->listener[i].stream == NULL)
            return &c->live->listener[i];
    }
    return NULL;
}

/* The kernel's buffers grow to megabytes for who does not read: what it holds is ours to bound. */
static void bound(int fd)
{
    const int bytes = SEND_BYTES;

    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)); /* at worst it is larger */
}

void live_route(void *arg, struct serve_call *call)
{
    struct console *c = arg;
    struct live *v = c->live;
    struct listener *l = free_listener(c);
    struct caller who;
    bool first = live_count(c) == 0;

    if (!caller_find(c, call, &who) || who.credential.n >= SECRET_MAX) {
        ask_refuse(call, 401, "This needs somebody who is known here.");
        return;
    }
    if (l == NULL) {
        ask_refuse(call, 503, "So many pages are open that there is no stream for one more.");
        return;
    }
    *l = (struct listener){ .console = c,
                            .by = who.by,
                            .contact = actor_is_contact(&who.who.actor) };
    if (who.credential.n > 0)
        memcpy(l->secret, who.credential.p, who.credential.n);
    MUST(call->peer.n < sizeof(l->address));
    if (call->peer.n > 0)
        memcpy(l->address, call->peer.p, call->peer.n);
    l->stream = serve_begin(call, "text/event-stream", on_gone, l);
    if (l->stream == NULL) {
        forget(l);
        ask_refuse(call, 503, "There is no memory for one more stream.");
        return;
    }
    bound(call->fd);
    if (first) {
        v->at_ns = 0;
        v->per_second = 0;
        buf_clear(&v->desk);
        (void)make_desk(c);
        make_flow(c);
        watch_every(v->tick, TICK_MS);
    }
    to_one(c, l, v->desk.n > 0, true, false);
}

int lives_new(struct live **out, struct console *c, struct err *e)
{
    struct live *l = calloc(1, sizeof(*l));

    *out = l;
    if (l == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the console.");
    buf_init(&l->desk, EVENT_MAX);
    buf_init(&l->contact, EVENT_MAX);
    buf_init(&l->flow, EVENT_MAX);
    l->version = (uint64_t)(host_now_ns() / TIME_SECOND); /* another than before this process */
    l->tick = loop_timer(c->from.loop, on_tick, c);
    return l->tick != NULL ? ERR_OK
                           : err_set(e, ERR_NOMEM, 0, "There is no memory for the console.");
}

void lives_free(struct live **pl)
{
    struct live *l = *pl;

    *pl = NULL;
    if (l == NULL)
        return;
    watch_free(&l->tick);
    buf_release(&l->desk);
    buf_release(&l->contact);
    buf_release(&l->flow);
    free(l);
}
