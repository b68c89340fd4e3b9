/*
 * console.c - see console.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/num.h"
#include "base/time.h"
#include "console/console_own.h"
#include "console/pages.h"
#include "console/shield.h"
#include "desk/tracers.h"
#include "office/line.h"
#include "os/host.h"
#include "os/socket.h"
#include "os/tls.h"
#include "store/store_id.h"

/* --- the database --------------------------------------------------------------------------- */

struct db *console_db(struct console *c)
{
    struct err e;

    if (c->reader == NULL && db_open_reader(&c->reader, c->db_path, &e) != ERR_OK) {
        (void)snprintf(c->db_why, sizeof(c->db_why), "%s", e.why);
        return NULL;
    }
    return c->reader;
}

void console_db_fault(struct console *c)
{
    db_close(&c->reader);
    live_forget(c);
}

/* --- ledgers -------------------------------------------------------------------------------- */

static void on_look(void *arg, unsigned ready)
{
    struct console *c = arg;
    struct stat_from s;

    (void)ready;
    for (uint32_t i = 0; i < SUMS_LANES; i++) {
        if (c->ledgers.lane[i] != NULL)
            balance_look(&c->balance[i], c->ledgers.lane[i], loop_ms(c->from.loop));
    }
    console_counts(c, &s);
    if (whole_look(&c->whole, &s, NULL) != ERR_OK)
        console_db_fault(c);
}

int console_ledger(struct console *c, const struct ledger *g, uint32_t lane, struct err *e)
{
    if (lane >= SUMS_LANES)
        return err_set(e, ERR_LIMIT, 0, "There are more than %u lanes.", SUMS_LANES);
    c->ledgers.lane[lane] = g;
    if (c->following)
        (void)trail_begin(c->trail, NULL); /* the lane is new; others go on */
    return ERR_OK;
}

void console_ends(struct console *c)
{
    for (uint32_t i = 0; i < WALK_LANES; i++)
        c->ends[i] = i < SUMS_LANES && c->ledgers.lane[i] != NULL ? ledger_place(c->ledgers.lane[i])
                                                                  : (struct lane_place){ 0 };
}

/* --- set-up --------------------------------------------------------------------------------- */

static void learn_ports(struct console *c, const struct text_list *addresses)
{
    for (uint32_t i = 0; i < addresses->count && c->port_count < CONSOLE_PORTS; i++) {
        struct socket_address a;
        uint16_t port;

        if (socket_address_read(span_of(addresses->value[i]), &a, NULL) != ERR_OK)
            continue;
        port = a.at.ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)&a.at)->sin6_port
                                          : ((const struct sockaddr_in *)&a.at)->sin_port;
        c->port[c->port_count++] = ntohs(port);
    }
}

static int make_paths(struct console *c, struct err *e)
{
    int lanes = snprintf(c->lanes, sizeof(c->lanes), "%s/lanes", c->from.data);
    int db = snprintf(c->db_path, sizeof(c->db_path), "%s/desk/canh.db", c->from.data);

    if (lanes < 0 || (size_t)lanes >= sizeof(c->lanes) || db < 0 ||
        (size_t)db >= sizeof(c->db_path))
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    return ERR_OK;
}

int console_settings(struct console *c, const struct settings *s, struct err *e)
{
    struct tokens *next = NULL;
    int rc = tokens_new(&next, s, e);

    if (rc != ERR_OK)
        return rc;
    tokens_free(&c->tokens);
    c->tokens = next;
    (void)snprintf(c->url, sizeof(c->url), "%s", s->console_url);
    c->sample = s->sample;
    c->escalate_high_ms = s->escalate_high;
    c->escalate_critical_ms = s->escalate_critical;
    return ERR_OK;
}

/* By which name it was asked for: rebinding of DNS. */
static bool is_host(void *arg, struct span host)
{
    const struct console *c = arg;

    return shield_is_ours(shield_name(host), span_of(c->own), span_of(c->url));
}

int console_certificate(struct console *c, struct span certificate, struct span key, struct err *e)
{
    const struct tls_settings tls = { .certificate = certificate, .key = key };
    struct tls_context *next = NULL;
    int rc = tls_context_new(&next, &tls, e);

    if (rc != ERR_OK)
        return rc;
    tls_context_free(&c->tls); /* who has a connection keeps it */
    c->tls = next;
    serve_protect(c->serve, c->tls, console_guard);
    return ERR_OK;
}

static int make_door(struct console *c, const struct console_from *from, struct err *e)
{
    int rc = from->settings != NULL ? console_settings(c, from->settings, e) : ERR_OK;

    return rc == ERR_OK && from->certificate.n > 0
               ? console_certificate(c, from->certificate, from->key, e)
               : rc;
}

static int make_parts(struct console *c, const struct console_from *from, struct err *e)
{
    struct loop *loop = c->from.loop;
    int rc = make_paths(c, e);

    arena_init(&c->mem, (size_t)1 << 20);
    if (rc == ERR_OK)
        rc = ask_routes(c, e);
    if (rc == ERR_OK)
        rc = serve_new(&c->serve, loop, c->routes, c->route_count, c, e);
    if (rc == ERR_OK) {
        serve_protect(c->serve, NULL, console_guard);
        serve_pages(c->serve, pages_answer, is_host);
        rc = make_door(c, from, e);
    }
    if (rc == ERR_OK)
        rc = pace_new(&c->pace, e);
    if (rc == ERR_OK)
        rc = lives_new(&c->live, c, e);
    if (rc == ERR_OK)
        rc = logins_new(&c->logins, c, e);
    if (rc == ERR_OK)
        rc = reads_new(&c->reads, loop, c->db_path, e);
    if (rc == ERR_OK)
        rc = prints_new(&c->prints, c, e);
    if (rc == ERR_OK)
        rc = oidc_visits_new(&c->oidc, c, e);
    if (rc == ERR_OK)
        rc = complete_new(&c->completer, e);
    if (rc == ERR_OK)
        rc = takers_new(&c->takers, e);
    if (rc == ERR_OK)
        rc = hunts_new(&c->hunters, e);
    if (rc == ERR_OK)
        rc = trail_new(&c->trail, c->from.io, c->lanes, &c->ledgers, e);
    if (rc != ERR_OK)
        return rc;
    c->sums = sums_new();
    c->look = loop_timer(loop, on_look, c);
    if (c->sums == NULL || c->look == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the console.");
    rc = costs_new(&c->costs, c, e);
    if (rc != ERR_OK)
        return rc;
    watch_every(c->look, CONSOLE_LOOK_MS);
    return ERR_OK;
}

/* A folder without one is none that a keeper made: events have their lane then, no more. */
static void read_store(struct console *c)
{
    uint8_t id[STORE_ID_BYTES];

    if (store_id_read(c->from.data, id, NULL) != ERR_OK)
        return;
    for (size_t i = 0; i < sizeof(id); i++)
        (void)snprintf(&c->store[2 * i], 3, "%02x", id[i]);
}

int console_new(struct console **out, const struct console_from *from, struct err *e)
{
    struct console *c = calloc(1, sizeof(*c));
    int rc;

    *out = c;
    if (c == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the console.");
    c->from = *from;
    c->from.settings = NULL;
    c->from.certificate = c->from.key = SPAN_NONE;
    c->started_ns = host_now_ns();
    if (gethostname(c->own, sizeof(c->own) - 1) != 0)
        c->own[0] = '\0';
    read_store(c);
    proc_open(c);
    if (from->settings != NULL)
        learn_ports(c, &from->settings->syslog_udp);
    if (from->settings != NULL)
        c->skew_ns = (int64_t)from->settings->skew * 1000000;
    for (unsigned i = 0; i < INPUTS && from->settings != NULL; i++)
        c->tried |= (unsigned)tracers_tried(from->settings, (enum input)i) << i;
    rc = make_parts(c, from, e);
    if (rc != ERR_OK)
        console_free(out);
    return rc;
}

void console_free(struct console **pc)
{
    struct console *c = *pc;

    *pc = NULL;
    if (c == NULL)
        return;
    serve_free(&c->serve); /* ends the streams, and those who wait for the desk */
    line_free(&c->line);
    lives_free(&c->live);
    pace_free(&c->pace);
    logins_free(&c->logins);
    prints_free(&c->prints);
    reads_free(&c->reads);
    oidc_visits_free(&c->oidc);
    arena_release(&c->mem);
    tls_context_free(&c->tls);
    tokens_free(&c->tokens);
    watch_free(&c->finding);
    complete_free(&c->completer);
    hunts_free(&c->hunters);
    takers_free(&c->takers);
    event_end(c);
    costs_free(&c->costs);
    tail_end(c);
    trail_free(&c->trail);
    shown_free(&c->shown);
    watch_free(&c->look);
    db_close(&c->reader);
    sums_free(&c->sums);
    proc_close(c);
    free(c);
}

int console_rules(struct console *c, const struct console_rules *r, struct err *e)
{
    int rc = ERR_OK;

    find_stop(c);
    hunts_stop(c->hunters);
    takers_rules(c->takers);
    event_rules(c);
    costs_rules(c->costs);
    complete_rules(c->completer);
    shown_free(&c->shown);
    c->rules = r != NULL ? *r : (struct console_rules){ 0 };
    if (r != NULL)
        rc = shown_new(&c->shown, r->taxonomy, r->names, c->skew_ns, e);
    return rc == ERR_OK ? tail_rules(c, e) : rc;
}

int console_listen(struct console *c, int fd, enum serve_door door, struct err *e)
{
    return serve_listen(c->serve, fd, door, e);
}

/* --- since ---------------------------------------------------------------------------------- */
