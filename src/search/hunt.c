/*
 * hunt.c - see hunt.h.
 */
#include "search/hunt.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "os/host.h"
#include "scan/correlations.h"
#include "scan/output.h"

#define TEXT_BYTES ((size_t)64 << 20)

struct rule_hits {
    uint64_t count;
    struct hunt_hit *hit;
    uint32_t listed, room;
};

struct results {
    uint64_t count;
    struct buf lines;
};

struct hunt {
    struct hunt_from from;
    struct walk *walk;
    struct shown *shown;
    struct matcher *matcher;
    struct event_text text;
    struct rule_hits *rule;  /* by index */
    struct results *results; /* by index of the correlation */
    uint32_t rules, correlation_count, listed;
    size_t result_bytes;
    struct correlate_plan *plan; /* NULL: no correlation is wanted */
    struct correlations *correlations;
    struct buf put;
    double began;
    bool stopped, done;
    struct hunt_counts counts;
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory to hunt.");
}

static void is_partial(struct hunt *h, const char *why)
{
    if (!h->counts.partial)
        (void)snprintf(h->counts.why, sizeof(h->counts.why), "%s", why);
    h->counts.partial = true;
}

void hunt_stop(struct hunt *h, const char *why)
{
    is_partial(h, why);
    h->stopped = true;
}

/* --- hits ----------------------------------------------------------------------------------- */

static bool is_wanted(const struct hunt *h, uint32_t rule)
{
    return h->from.rule != NULL ? h->from.rule[rule] : ruleset_rule(h->from.rules, rule)->emit;
}

static int note_hit(struct hunt *h, uint32_t rule, const struct hunt_hit *hit, struct err *e)
{
    struct rule_hits *r = &h->rule[rule];

    r->count++;
    h->counts.hits++;
    if (h->listed == HUNT_HITS) {
        is_partial(h, "there are more hits than can be listed; all are counted");
        return ERR_OK;
    }
    if (r->listed == r->room) {
        const uint32_t room = r->room == 0 ? 16 : 2 * r->room;
        struct hunt_hit *more = realloc(r->hit, room * sizeof(*more));

        if (more == NULL)
            return no_memory(e);
        r->hit = more;
        r->room = room;
    }
    r->hit[r->listed++] = *hit;
    h->listed++;
    return ERR_OK;
}

/* --- what correlations need ----------------------------------------------------------------- */

/* The event's text with its number, as correlations show it. */
static int keep_text(struct hunt *h, const struct shown_about *a, const struct hit *hit,
                     struct err *e)
{
    struct event *ev = shown_subject(h->shown)->event;
    struct sighting s = {
        .text = &h->text, .event = ev, .view = hit->view, .host = event_host(ev)
    };
    uint8_t room[TIME_TEXT_MAX];
    char lane[12], number[24];
    size_t at = SIZE_MAX;
    int n = snprintf(number, sizeof(number), "%llu", (unsigned long long)a->ev.sequence);

    MUST(n > 0 && snprintf(lane, sizeof(lane), "%02u", a->lane) > 0);
    s.file = span_of(lane);
    s.has_time = event_time(ev, &s.time_ns);
    if (s.has_time)
        s.time = time_text(s.time_ns, room);
    h->text.made = false;
    buf_clear(&h->put);
    put_event(&h->put, &s, &at);
    if (buf_failed(&h->put) || !buf_reserve(&h->put, (size_t)n))
        return no_memory(e);
    memmove(h->put.p + at + n, h->put.p + at, h->put.n - at);
    memcpy(h->put.p + at, number, (size_t)n);
    h->put.n += (size_t)n;
    return correlations_event(h->correlations, buf_span(&h->put), e);
}

static int keep_input(struct hunt *h, const struct shown_about *a, const struct hit *hit,
                      int64_t time_ns, struct err *e)
{
    const struct correlate_event about = { .rule = hit->rule, .time_ns = time_ns };
    const uint64_t order = (uint64_t)a->lane << 56 | a->ev.sequence;

    buf_clear(&h->put);
    correlate_put_hit(h->plan, &about, shown_subject(h->shown)->event, hit->view, &h->put);
    if (buf_failed(&h->put))
        return no_memory(e);
    return correlations_input(h->correlations, order, buf_span(&h->put), e);
}

/* --- one event ------------------------------------------------------------------------------ */

static int take_hits(struct hunt *h, const struct shown_about *a, const struct hit *hits,
                     uint32_t count, struct err *e)
{
    struct hunt_hit at = { .lane = a->lane, .sequence = a->ev.sequence };
    bool kept = false;
    int rc = ERR_OK;

    if (!event_time(shown_subject(h->shown)->event, &at.time_ns))
        at.time_ns = a->ev.receipt_ns;
    for (uint32_t i = 0; i < count && rc == ERR_OK; i++) {
        if (is_wanted(h, hits[i].rule))
            rc = note_hit(h, hits[i].rule, &at, e);
        if (rc != ERR_OK || h->plan == NULL || !correlate_wanted(h->plan, hits[i].rule))
            continue;
        if (!kept)
            rc = keep_text(h, a, &hits[i], e);
        kept = true;
        if (rc == ERR_OK)
            rc = keep_input(h, a, &hits[i], at.time_ns, e);
    }
    return rc;
}

static int look(void *arg, const struct shown_about *a, struct err *e)
{
    struct hunt *h = arg;
    const struct hit *hits;
    uint32_t count;
    int64_t time;

    shown_take(h->shown, a);
    time = shown_time(h->shown);
    if (time < h->from.from_ns || time >= h->from.to_ns)
        return ERR_OK;
    count = match_event(h->matcher, shown_subject(h->shown)->event, &hits);
    return count > 0 ? take_hits(h, a, hits, count, e) : ERR_OK;
}

/* --- going on ------------------------------------------------------------------------------- */

static uint32_t correlation_of(const struct hunt *h, const struct sigma_head *head)
{
    uint32_t i = 0;

    while (i < h->correlation_count && &ruleset_correlation(h->from.rules, i)->head != head)
        i++;
    return i;
}

static bool on_correlated(void *arg, const struct correlated *c)
{
    struct hunt *h = arg;
    const uint32_t i = correlation_of(h, c->rule);
    struct results *r;
    size_t before;

    MUST(i < h->correlation_count);
    if (h->from.correlation != NULL && !h->from.correlation[i])
        return true;
    r = &h->results[i];
    r->count++;
    h->counts.hits++;
    if (h->result_bytes > HUNT_RESULTS) {
        is_partial(h, "there are more results than can be listed; all are counted");
        return true;
    }
    before = r->lines.n;
    output_json.correlated(NULL, c, &r->lines);
    h->result_bytes += r->lines.n - before;
    return !buf_failed(&r->lines);
}

static void count(struct hunt *h)
{
    const struct walk_counts *c = walk_counts(h->walk);

    h->counts.events = c->events;
    h->counts.blocks = c->blocks;
    h->counts.damaged = c->damaged;
    if (c->partial)
        is_partial(h, c->why);
    h->counts.ms = (uint64_t)((host_seconds() - h->began) * 1e3);
}

static int by_place(const void *a, const void *b)
{
    const struct hunt_hit *x = a, *y = b;

    if (x->lane != y->lane)
        return x->lane < y->lane ? -1 : 1;
    return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

static int finish(struct hunt *h, struct err *e)
{
    struct correlations_totals totals = { 0 };
    int rc = ERR_OK;

    h->done = true;
    for (uint32_t i = 0; i < h->rules; i++) {
        if (h->rule[i].listed > 0)
            qsort(h->rule[i].hit, h->rule[i].listed, sizeof(*h->rule[i].hit), by_place);
    }
    if (h->correlations != NULL)
        rc = correlations_run(h->correlations, on_correlated, h, &totals, e);
    if (totals.groups_evicted > 0)
        is_partial(h, "some groups of correlations were forgotten for want of memory");
    count(h);
    return rc == ERR_OK ? 0 : rc;
}

int hunt_step(struct hunt *h, struct err *e)
{
    int rc;

    if (h->done)
        return 0;
    count(h);
    if (h->from.budget_ms > 0 && h->counts.ms > h->from.budget_ms)
        hunt_stop(h, "its time was over");
    if (h->stopped)
        return finish(h, e);
    rc = walk_step(h->walk, look, h, e);
    return rc != 0 ? rc : finish(h, e);
}

/* --- what came of it ------------------------------------------------------------------------ */

uint64_t hunt_rule(const struct hunt *h, uint32_t i, const struct hunt_hit **hits, uint32_t *listed)
{
    MUST(h->done && i < h->rules);
    *hits = h->rule[i].hit;
    *listed = h->rule[i].listed;
    return h->rule[i].count;
}

uint64_t hunt_correlation(const struct hunt *h, uint32_t i, struct span *lines)
{
    MUST(h->done && i < h->correlation_count);
    *lines = SPAN_NONE;
    if (h->results == NULL) /* none was wanted */
        return 0;
    *lines = buf_span(&h->results[i].lines);
    return h->results[i].count;
}

struct hunt_counts hunt_counts(const struct hunt *h)
{
    return h->counts;
}

/* --- beginning and end ---------------------------------------------------------------------- */

static bool wants_correlations(const struct hunt *h)
{
    for (uint32_t i = 0; i < h->correlation_count; i++) {
        if (h->from.correlation == NULL || h->from.correlation[i])
            return true;
    }
    return false;
}

static int make_correlations(struct hunt *h, struct err *e)
{
    int rc;

    if (!wants_correlations(h))
        return ERR_OK;
    h->results = calloc(h->correlation_count, sizeof(*h->results));
    if (h->results == NULL)
        return no_memory(e);
    for (uint32_t i = 0; i < h->correlation_count; i++)
        buf_init(&h->results[i].lines, HUNT_RESULTS + TEXT_BYTES);
    rc = correlate_plan_of(&h->plan, h->from.rules, h->from.names, e);
    return rc == ERR_OK ? correlations_new(&h->correlations, h->from.rules, h->plan, e) : rc;
}

static int64_t moved(int64_t ns, int64_t by)
{
    int64_t sum;

    return __builtin_add_overflow(ns, by, &sum) ? (by > 0 ? INT64_MAX : INT64_MIN) : sum;
}

static int prepare(struct hunt *h, struct err *e)
{
    const struct hunt_from *f = &h->from;
    const struct walk_from from = { .io = f->io,
                                    .data = f->data,
                                    .ends = f->ends,
                                    .from_ns = moved(f->from_ns, -f->skew_ns),
                                    .to_ns = moved(f->to_ns, f->skew_ns) };
    int rc;

    h->rules = ruleset_rule_count(f->rules);
    h->correlation_count = ruleset_correlation_count(f->rules);
    h->rule = calloc(h->rules + 1, sizeof(*h->rule));
    if (h->rule == NULL || !event_text_init(&h->text))
        return no_memory(e);
    rc = shown_new(&h->shown, f->taxonomy, f->names, f->skew_ns, e);
    if (rc == ERR_OK)
        rc = matcher_new(&h->matcher, f->rules, e);
    if (rc == ERR_OK)
        rc = make_correlations(h, e);
    return rc == ERR_OK ? walk_new(&h->walk, &from, e) : rc;
}

int hunt_new(struct hunt **out, const struct hunt_from *from, struct err *e)
{
    struct hunt *h = calloc(1, sizeof(*h));
    int rc;

    MUST(from->skew_ns >= 0);
    *out = h;
    if (h == NULL)
        return no_memory(e);
    h->from = *from;
    h->began = host_seconds();
    buf_init(&h->put, TEXT_BYTES);
    rc = prepare(h, e);
    if (rc != ERR_OK)
        hunt_free(out);
    return rc;
}

void hunt_free(struct hunt **out)
{
    struct hunt *h = *out;

    *out = NULL;
    if (h == NULL)
        return;
    walk_free(&h->walk);
    matcher_free(&h->matcher);
    shown_free(&h->shown);
    event_text_release(&h->text);
    correlations_free(&h->correlations);
    correlate_plan_free(&h->plan);
    for (uint32_t i = 0; h->results != NULL && i < h->correlation_count; i++)
        buf_release(&h->results[i].lines);
    free(h->results);
    for (uint32_t i = 0; h->rule != NULL && i < h->rules; i++)
        free(h->rule[i].hit);
    free(h->rule);
    buf_release(&h->put);
    free(h);
}
