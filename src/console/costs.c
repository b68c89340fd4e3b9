/*
 * costs.c - GET /rule/costs: what the rules in force cost on the events that come.
 *
 *   {"since":"...","events":12800,"clock_ns":21,"rules":[{"rule":"...","tries":310,"ns":95400},...]}
 *
 * `tries`: on so many of those events the rule was looked at in full, the index having found
 * something of it; `ns`: what all of these took together, each by itself, less the clock's share.
 * What the index costs is shared by all rules and is nobody's.
 *
 * The collectors are not asked: their matching has neither a clock nor a branch for it. Every
 * COSTS_REST_MS the console reads COSTS_EACH of the events that come just then, matches them, and
 * tries again, with a clock, what was tried: caches are warm by then. That is a sample by time, not
 * by source; where few events come it has nearly all of them. Counts begin anew with new rules.
 */
#include <stdlib.h>

#include "base/time.h"
#include "console/console_own.h"
#include "os/host.h"
#include "scan/finding.h"
#include "scan/put.h"

#define COSTS_EACH    64u
#define COSTS_OPEN_MS 500u
#define COSTS_REST_MS 4500u
#define COSTS_RULES   64u /* tried on one event that are timed */
#define CLOCK_LOOKS   64

struct rule_cost {
    uint64_t tries;
    double seconds;
};

struct costs {
    struct console *console;
    struct trail *trail;
    struct watch *timer;
    bool open;
    uint32_t left; /* events that are still taken in this round */
    struct rule_cost *of;
    uint64_t events;
    int64_t since_ns;
    double clock; /* seconds of a look at it */
};

static double look_at_clock(void)
{
    double least = 1;

    for (int i = 0; i < CLOCK_LOOKS; i++) {
        const double begin = host_seconds(), took = host_seconds() - begin;

        least = took < least ? took : least;
    }
    return least;
}

/* --- measuring ------------------------------------------------------------------------------ */

static bool is_ready(struct costs *k)
{
    struct console *c = k->console;

    if (c->shown == NULL || event_matcher(c) == NULL)
        return false;
    if (k->of != NULL)
        return true;
    k->of = calloc(ruleset_rule_count(c->rules.rules) + 1u, sizeof(*k->of));
    k->events = 0;
    k->since_ns = host_now_ns();
    k->clock = look_at_clock();
    return k->of != NULL;
}

static void measure(struct costs *k, struct event *ev)
{
    struct matcher *m = k->console->matcher;
    uint32_t rule[COSTS_RULES];
    const struct hit *hits;
    uint32_t count;

    (void)match_event(m, ev, &hits);
    count = matcher_tried(m, ev, rule, COSTS_RULES);
    for (uint32_t i = 0; i < count; i++) {
        const double begin = host_seconds();

        (void)matcher_try(m, ev, rule[i]);
        k->of[rule[i]].seconds += host_seconds() - begin;
        k->of[rule[i]].tries++;
    }
}

static void on_event(void *arg, const struct shown_about *a)
{
    struct costs *k = arg;
    struct console *c = k->console;

    if (k->left == 0 || (a->ev.flags & LANE_TRACER) != 0)
        return;
    k->left--;
    k->events++;
    shown_take(c->shown, a);
    measure(k, shown_subject(c->shown)->event);
}

/* Few come: they are all taken, as they come. Many: the lanes are left until the next time. */
static void on_turn(void *arg, unsigned ready)
{
    struct costs *k = arg;
    uint64_t skipped;

    (void)ready;
    if (!k->open) {
        k->open = trail_begin(k->trail, NULL) == ERR_OK;
        watch_after(k->timer, k->open ? COSTS_OPEN_MS : COSTS_REST_MS);
        return;
    }
    k->left = is_ready(k) ? COSTS_EACH : 0;
    (void)trail_round(k->trail, on_event, k, &skipped);
    k->open = k->left > 0;
    if (!k->open)
        trail_end(k->trail);
    watch_after(k->timer, k->open ? COSTS_OPEN_MS : COSTS_REST_MS);
}

int costs_new(struct costs **out, struct console *c, struct err *e)
{
    struct costs *k = calloc(1, sizeof(*k));
    int rc;

    *out = k;
    if (k == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to measure what rules cost.");
    k->console = c;
    rc = trail_new(&k->trail, c->from.io, c->lanes, &c->ledgers, e);
    if (rc == ERR_OK)
        k->timer = loop_timer(c->from.loop, on_turn, k);
    if (rc == ERR_OK && k->timer == NULL)
        rc = err_set(e, ERR_NOMEM, 0, "There is no memory to measure what rules cost.");
    if (rc == ERR_OK)
        watch_after(k->timer, COSTS_REST_MS);
    return rc;
}

void costs_free(struct costs **pk)
{
    struct costs *k = *pk;

    *pk = NULL;
    if (k == NULL)
        return;
    watch_free(&k->timer);
    trail_free(&k->trail);
    free(k->of);
    free(k);
}

void costs_rules(struct costs *k)
{
    if (k == NULL)
        return;
    free(k->of);
    k->of = NULL;
    k->events = 0;
}

/* --- telling -------------------------------------------------------------------------------- */

static void put_rule_cost(const struct costs *k, uint32_t rule, bool first, struct buf *out)
{
    const struct rule_cost *of = &k->of[rule];
    const double own = (double)of->tries * k->clock;
    const double ns = of->seconds > own ? (of->seconds - own) * 1e9 : 0;

    buf_text(out, first ? "{\"rule\":" : ",{\"rule\":");
    put_json_text(out, ruleset_rule(k->console->rules.rules, rule)->head.id);
    buf_fmt(out, ",\"tries\":%llu,\"ns\":%.0f}", (unsigned long long)of->tries, ns);
}

void costs_route(void *arg, struct serve_call *call)
{
    const struct console *c = arg;
    const struct costs *k = c->costs;
    struct buf *out = call->body;
    uint8_t room[TIME_TEXT_MAX];
    bool first = true;

    if (k->of == NULL) {
        buf_text(out, "{\"events\":0,\"rules\":[]}\n");
        return;
    }
    buf_text(out, "{\"since\":");
    put_json_text(out, time_text(k->since_ns, room));
    buf_fmt(out, ",\"events\":%llu,\"clock_ns\":%.0f,\"rules\":[", (unsigned long long)k->events,
            k->clock * 1e9);
    for (uint32_t i = 0; i < ruleset_rule_count(c->rules.rules); i++) {
        if (k->of[i].tries == 0)
            continue;
        put_rule_cost(k, i, first, out);
        first = false;
    }
    buf_text(out, "]}\n");
}
