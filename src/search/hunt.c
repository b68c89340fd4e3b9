/*
 * hunt.c - see hunt.h.
 */
#include "search/hunt.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/time.h"
#include "os/host.h"
#include "scan/correlations.h"
#include "scan/output.h"
#include "search/rule_needs.h"

#define TEXT_BYTES  ((size_t)64 << 20)
#define NEEDS_BYTES ((size_t)64 << 20)
#define NEEDS_RULES 64u               /* what more rules need stands in nearly every block */
#define WAIT_NS     INT64_C(50000000) /* of a step, for other threads */

struct rule_hits {
    uint64_t count;
    struct hunt_hit *hit;
    uint32_t listed, room;
};

struct results {
    uint64_t count;
    struct buf lines;
};

/* One thread's part of the blocks. What it finds goes to the hunt, under its lock. */
struct looker {
    struct hunt *hunt;
    struct walk *walk;
    struct shown *shown;
    struct matcher *matcher;
    struct figures *figures; /* NULL: all events are read */
    pthread_t thread;
    bool started, ended;     /* under the lock */
    struct walk_counts seen; /* so far; under the lock, */
    uint64_t seen_read;      /*   as this */
    uint64_t read;
    int rc;
    struct err e;
};

struct hunt {
    struct hunt_from from;
    struct looker looker[HUNT_THREADS]; /* the first is of who steps when there is no other */
    uint32_t lookers, running;
    pthread_mutex_t lock; /* of all below, while threads look */
    pthread_cond_t ended;
    atomic_bool halting;
    struct arena mem; /* the needs */
    struct event_text text;
    struct rule_hits *rule;  /* by index */
    struct results *results; /* by index of the correlation */
    uint32_t rules, correlation_count, listed;
    size_t result_bytes;
    uint64_t inputs;             /* of correlations */
    struct correlate_plan *plan; /* NULL: no correlation is wanted */
    struct correlations *correlations;
    struct buf put;
    double began;
    bool begun, stopped, done;
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
    MUST(pthread_mutex_lock(&h->lock) == 0);
    is_partial(h, why);
    MUST(pthread_mutex_unlock(&h->lock) == 0);
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
static int keep_text(struct looker *l, const struct shown_about *a, const struct hit *hit,
                     struct err *e)
{
    struct hunt *h = l->hunt;
    struct event *ev = shown_subject(l->shown)->event;
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

static int keep_input(struct looker *l, const struct shown_about *a, const struct hit *hit,
                      int64_t time_ns, struct err *e)
{
    struct hunt *h = l->hunt;
    const struct correlate_event about = { .rule = hit->rule, .time_ns = time_ns };
    const uint64_t order = (uint64_t)a->lane << 56 | a->ev.sequence;

    buf_clear(&h->put);
    correlate_put_hit(h->plan, &about, shown_subject(l->shown)->event, hit->view, &h->put);
    if (buf_failed(&h->put))
        return no_memory(e);
    return correlations_input(h->correlations, order, buf_span(&h->put), e);
}

/* More are left out. */
static bool has_room(struct hunt *h)
{
    if (h->from.inputs_max == 0 || h->inputs < h->from.inputs_max) {
        h->inputs++;
        return true;
    }
    is_partial(h, "correlations have seen as many of their events as there is room for");
    return false;
}

/* --- one event ------------------------------------------------------------------------------ */

static int take_hits(struct looker *l, const struct shown_about *a, const struct hit *hits,
                     uint32_t count, struct err *e)
{
    struct hunt *h = l->hunt;
    struct hunt_hit at = { .lane = a->lane, .sequence = a->ev.sequence };
    bool kept = false;
    int rc = ERR_OK;

    if (!event_time(shown_subject(l->shown)->event, &at.time_ns))
        at.time_ns = a->ev.receipt_ns;
    for (uint32_t i = 0; i < count && rc == ERR_OK; i++) {
        if (is_wanted(h, hits[i].rule))
            rc = note_hit(h, hits[i].rule, &at, e);
        if (rc != ERR_OK || h->plan == NULL || !correlate_wanted(h->plan, hits[i].rule) ||
            !has_room(h))
            continue;
        if (!kept)
            rc = keep_text(l, a, &hits[i], e);
        kept = true;
        if (rc == ERR_OK)
            rc = keep_input(l, a, &hits[i], at.time_ns, e);
    }
    return rc;
}

static int look(void *arg, const struct shown_about *a, struct err *e)
{
    struct looker *l = arg;
    struct hunt *h = l->hunt;
    const struct hit *hits;
    uint32_t count;
    int64_t time;
    int rc;

    l->read++;
    shown_take(l->shown, a);
    time = shown_time(l->shown);
    if (time < h->from.from_ns || time >= h->from.to_ns)
        return ERR_OK;
    count = match_event(l->matcher, shown_subject(l->shown)->event, &hits);
    if (count == 0)
        return ERR_OK;
    MUST(pthread_mutex_lock(&h->lock) == 0);
    rc = take_hits(l, a, hits, count, e);
    MUST(pthread_mutex_unlock(&h->lock) == 0);
    return rc;
}

/* --- a block --------------------------------------------------------------------------------- */

/* Does a rule hold for which somebody wants to know? */
static bool matters(void *arg, struct event *ev)
{
    struct looker *l = arg;
    const struct hunt *h = l->hunt;
    const struct hit *hits;
    const uint32_t count = match_event(l->matcher, ev, &hits);
    bool any = false;

    for (uint32_t i = 0; i < count && !any; i++)
        any = is_wanted(h, hits[i].rule) ||
              (h->plan != NULL && correlate_wanted(h->plan, hits[i].rule));
    return any;
}

static int tell_none(void *arg, const struct figures_row *row, struct err *e)
{
    (void)arg;
    (void)row;
    (void)e;
    return ERR_OK;
}

/* Events of which none matters need not be read. */
static int look_at_columns(void *arg, const struct figures_block *b, struct err *e)
{
    struct looker *l = arg;

    return figures_block(l->figures, b, tell_none, NULL, e);
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

/* Under the lock. */
static void count(struct hunt *h)
{
    h->counts.events = h->counts.read = h->counts.blocks = h->counts.passed = h->counts.damaged = 0;
    for (uint32_t i = 0; i < h->lookers; i++) {
        const struct walk_counts *c = &h->looker[i].seen;

        h->counts.events += c->events;
        h->counts.read += h->looker[i].seen_read;
        h->counts.blocks += c->blocks;
        h->counts.passed += c->passed;
        h->counts.damaged += c->damaged;
        if (c->partial)
            is_partial(h, c->why);
    }
    h->counts.ms = (uint64_t)((host_seconds() - h->began) * 1e3);
}

/* Some more of a looker's part, as walk_step() has it. */
static int look_on(struct looker *l, struct err *e)
{
    struct hunt *h = l->hunt;
    int rc = walk_step(l->walk, look, l, e);

    MUST(pthread_mutex_lock(&h->lock) == 0);
    l->seen = *walk_counts(l->walk);
    l->seen_read = l->read;
    MUST(pthread_mutex_unlock(&h->lock) == 0);
    return rc;
}

static void *look_all(void *arg)
{
    struct looker *l = arg;
    struct hunt *h = l->hunt;
    int rc;

    do
        rc = look_on(l, &l->e);
    while (rc > 0 && !atomic_load(&h->halting));
    MUST(pthread_mutex_lock(&h->lock) == 0);
    l->rc = rc < 0 ? rc : ERR_OK;
    l->ended = true;
    h->running--;
    MUST(pthread_cond_signal(&h->ended) == 0);
    MUST(pthread_mutex_unlock(&h->lock) == 0);
    return NULL;
}

/* All threads to their ends; the first fault of theirs. */
static int halt(struct hunt *h, struct err *e)
{
    int rc = ERR_OK;

    atomic_store(&h->halting, true);
    for (uint32_t i = 0; i < h->lookers; i++) {
        struct looker *l = &h->looker[i];

        if (l->started)
            MUST(pthread_join(l->thread, NULL) == 0);
        l->started = false;
        if (l->rc != ERR_OK && rc == ERR_OK) {
            rc = l->rc;
            if (e != NULL)
                *e = l->e;
        }
    }
    return rc;
}

/* Parts whose threads cannot be started are looked at by who steps. */
static void start(struct hunt *h)
{
    h->running = h->lookers;
    for (uint32_t i = 0; i < h->lookers; i++) {
        struct looker *l = &h->looker[i];

        l->started = pthread_create(&l->thread, NULL, look_all, l) == 0;
    }
}

/* 1 when threads go on, 0 when all are at their ends or one has a fault. */
static int wait_a_little(struct hunt *h)
{
    struct timespec until;
    int more;

    MUST(clock_gettime(CLOCK_REALTIME, &until) == 0);
    until.tv_nsec += WAIT_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    MUST(pthread_mutex_lock(&h->lock) == 0);
    if (h->running > 0)
        (void)pthread_cond_timedwait(&h->ended, &h->lock, &until); /* either way is looked at */
    more = h->running > 0;
    for (uint32_t i = 0; i < h->lookers; i++)
        more &= h->looker[i].rc == ERR_OK;
    MUST(pthread_mutex_unlock(&h->lock) == 0);
    return more;
}

static int step_threads(struct hunt *h, struct err *e)
{
    if (h->running == 0 && !h->begun) {
        h->begun = true;
        start(h);
    }
    for (uint32_t i = 0; i < h->lookers; i++) {
        struct looker *l = &h->looker[i];

        if (!l->started && !l->ended)
            (void)look_all(l);
    }
    if (wait_a_little(h) > 0)
        return 1;
    return halt(h, e);
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
    int rc = halt(h, e);

    h->done = true;
    if (rc != ERR_OK)
        return rc;
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
    MUST(pthread_mutex_lock(&h->lock) == 0);
    count(h);
    MUST(pthread_mutex_unlock(&h->lock) == 0);
    if (h->from.budget_ms > 0 && h->counts.ms > h->from.budget_ms)
        hunt_stop(h, "its time was over");
    if (h->stopped)
        return finish(h, e);
    rc = h->lookers > 1 ? step_threads(h, e) : look_on(&h->looker[0], e);
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

struct hunt_counts hunt_progress(struct hunt *h)
{
    struct hunt_counts c;

    MUST(pthread_mutex_lock(&h->lock) == 0);
    count(h);
    c = h->counts;
    MUST(pthread_mutex_unlock(&h->lock) == 0);
    return c;
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

/* What one of the rules needs that can give anything; NEED_NOTHING when they are many. */
static int make_need(struct hunt *h, const struct need **out, struct err *e)
{
    struct need *kid[NEEDS_RULES], *need;
    uint32_t count = 0;

    *out = NULL;
    for (uint32_t i = 0; i < h->rules; i++) {
        if (!is_wanted(h, i) && (h->plan == NULL || !correlate_wanted(h->plan, i)))
            continue;
        if (count == NEEDS_RULES)
            return ERR_OK;
        kid[count++] =
            rule_needs(ruleset_rule(h->from.rules, i), h->from.taxonomy, h->from.names, &h->mem);
    }
    if (count == 0)
        return ERR_OK;
    need = rule_needs_any(kid, count, &h->mem);
    if (need == NULL)
        return no_memory(e);
    *out = need;
    return ERR_OK;
}

static int make_looker(struct hunt *h, struct looker *l, struct err *e)
{
    const struct figures_from from = { .taxonomy = h->from.taxonomy,
                                       .names = h->from.names,
                                       .from_ns = INT64_MIN,
                                       .to_ns = INT64_MAX,
                                       .skew_ns = h->from.skew_ns,
                                       .matters = matters,
                                       .matters_arg = l };
    int rc = shown_new(&l->shown, h->from.taxonomy, h->from.names, h->from.skew_ns, e);

    l->hunt = h;
    if (rc == ERR_OK)
        rc = matcher_new(&l->matcher, h->from.rules, e);
    if (rc != ERR_OK || h->from.everywhere)
        return rc;
    rc = figures_new(&l->figures, &from, e);
    if (rc == ERR_OK)
        walk_columns(l->walk, look_at_columns, l);
    return rc;
}

static int make_lookers(struct hunt *h, const struct walk_from *from, struct err *e)
{
    struct walk *more[HUNT_THREADS] = { NULL };
    int rc = walk_new(&h->looker[0].walk, from, e);

    h->lookers = h->from.threads == 0             ? 1
                 : h->from.threads > HUNT_THREADS ? HUNT_THREADS
                                                  : h->from.threads;
    if (rc == ERR_OK)
        rc = walk_split(h->looker[0].walk, more, h->lookers - 1, e);
    for (uint32_t i = 1; i < h->lookers; i++)
        h->looker[i].walk = more[i - 1];
    for (uint32_t i = 0; i < h->lookers && rc == ERR_OK; i++)
        rc = make_looker(h, &h->looker[i], e);
    return rc;
}

static int prepare(struct hunt *h, struct err *e)
{
    const struct hunt_from *f = &h->from;
    struct walk_from from = { .io = f->io,
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
    rc = make_correlations(h, e);
    if (rc == ERR_OK && !f->everywhere)
        rc = make_need(h, &from.need, e);
    return rc == ERR_OK ? make_lookers(h, &from, e) : rc;
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
    arena_init(&h->mem, NEEDS_BYTES);
    MUST(pthread_mutex_init(&h->lock, NULL) == 0 && pthread_cond_init(&h->ended, NULL) == 0);
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
    (void)halt(h, NULL);                          /* nobody asks any more */
    for (uint32_t i = HUNT_THREADS; i > 0; i--) { /* the first walk is the last to go */
        walk_free(&h->looker[i - 1].walk);
        if (h->looker[i - 1].figures != NULL)
            figures_free(&h->looker[i - 1].figures);
        matcher_free(&h->looker[i - 1].matcher);
        shown_free(&h->looker[i - 1].shown);
    }
    MUST(pthread_cond_destroy(&h->ended) == 0 && pthread_mutex_destroy(&h->lock) == 0);
    arena_release(&h->mem);
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
