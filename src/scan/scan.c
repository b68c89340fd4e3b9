/*
 * scan.c - the threads: each takes a block, reads its records, tries the rules, and hands in what
 * it found. See scan.h and turn.h.
 */
#include "scan/scan.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/time.h"
#include "os/host.h"
#include "scan/correlations.h"
#include "scan/feed.h"
#include "scan/records.h"
#include "scan/turn.h"

#define BECAUSE_MAX 64u

struct scan {
    const struct scan_settings *set;
    pthread_mutex_t lock; /* around the feed, and the taking of slots in its order */
    struct feed *feed;
    struct turn *turn;
    struct correlate_plan *plan; /* NULL: no correlations */
    struct correlations *correlations;
};

struct worker {
    struct scan *scan;
    struct records *records;
    struct rec rec;
    struct event event;
    struct matcher *matcher;
    struct block block;
    struct piece *piece;
    struct because because[BECAUSE_MAX];
    struct event_text text;
    struct scan_totals totals;
    uint64_t told; /* events that the progress line knows of */
    pthread_t thread;
    bool started;
};

/* --- What was found ------------------------------------------------------------------------- */

/* What all findings about one event share; made when the first is written. */
static void sighting_make(struct worker *w, const struct view *v, struct sighting *s, uint8_t *room)
{
    w->text.made = false;
    *s = (struct sighting){
        .text = &w->text, .event = &w->event, .view = v, .file = buf_span(&w->block.name)
    };
    s->host = event_host(&w->event);
    s->has_time = event_time(&w->event, &s->time_ns);
    if (s->has_time)
        s->time = time_text(s->time_ns, room);
    else
        w->totals.untimed++;
}

static void report(struct worker *w, const struct hit *h, const struct sigma_rule *rule,
                   const struct sighting *s)
{
    struct finding f = { .rule = &rule->head,
                         .level = rule->head.level,
                         .seen = s,
                         .because = w->because,
                         .filter_unavailable = h->filter_unavailable };
    const struct output *o = &w->scan->set->output;
    struct piece_entry x = piece_begin(w->piece, PIECE_FINDING);
    size_t record_at = SIZE_MAX;

    if (h->filter_unavailable) {
        w->totals.filter_unavailable++;
        if (f.level > LEVEL_INFORMATIONAL)
            f.level--;
    }
    if (f.level < w->scan->set->min_level) {
        w->totals.below_level++;
        return;
    }
    f.because_count = match_because(w->matcher, &w->event, h, w->because, BECAUSE_MAX);
    o->row->finding(o, &f, &w->piece->text, &record_at);
    x.level = (uint8_t)f.level;
    x.time_ns = s->time_ns;
    if (record_at != SIZE_MAX)
        x.record_at = (uint32_t)(record_at - x.at);
    if (!piece_end(w->piece, &x)) {
        struct err why;

        (void)err_set(&why, ERR_NOMEM, 0, "There is no memory for what was found.");
        turn_fail(w->scan->turn, &why);
        return;
    }
    w->totals.findings++;
    w->totals.at_level[f.level]++;
}

/* The hit as an input of correlations; the event's text before the first of them. */
static void keep_input(struct worker *w, const struct hit *h, const struct sighting *s, bool first)
{
    struct correlate_event about = { .rule = h->rule };
    struct piece_entry x = piece_begin(w->piece, PIECE_EVENT);
    size_t record_at = SIZE_MAX;
    bool good = true;

    if (first) {
        put_event(&w->piece->text, s, &record_at);
        x.record_at = (uint32_t)(record_at - x.at);
        good = piece_end(w->piece, &x);
    }
    x = piece_begin(w->piece, PIECE_INPUT);
    about.time_ns = s->has_time ? s->time_ns : w->block.time_ns;
    x.time_ns = about.time_ns;
    correlate_put_hit(w->scan->plan, &about, &w->event, h->view, &w->piece->text);
    if (!good || !piece_end(w->piece, &x)) {
        struct err why;

        (void)err_set(&why, ERR_NOMEM, 0, "There is no memory for what correlations need.");
        turn_fail(w->scan->turn, &why);
    }
}

static void report_hits(struct worker *w, const struct hit *hits, uint32_t count)
{
    const struct correlate_plan *plan = w->scan->plan;
    struct sighting s;
    uint8_t room[TIME_TEXT_MAX];
    bool first = true;

    sighting_make(w, hits[0].view, &s, room);
    for (uint32_t i = 0; i < count; i++) {
        const struct sigma_rule *rule = ruleset_rule(w->scan->set->rules, hits[i].rule);

        s.view = hits[i].view;
        if (rule->emit)
            report(w, &hits[i], rule, &s);
        if (plan != NULL && correlate_wanted(plan, hits[i].rule)) {
            keep_input(w, &hits[i], &s, first);
            first = false;
        }
    }
}

static void note_damage(struct worker *w, const struct err *why)
{
    struct piece_entry x = piece_begin(w->piece, PIECE_NOTE);

    buf_text(&w->piece->text, why->why);
    (void)piece_end(w->piece, &x); /* counted all the same */
}

/* --- Blocks --------------------------------------------------------------------------------- */

static void do_record(struct worker *w, enum record_state state, const struct err *why)
{
    const struct hit *hits;
    uint32_t count;

    if (state == RECORD_DAMAGED || state == RECORD_NONE) {
        w->totals.unparsed++;
        note_damage(w, why);
    } else if (state == RECORD_PLAIN) {
        w->totals.plain++;
    }
    if (w->rec.count > 0) {
        w->totals.events++;
        event_begin(&w->event, &w->rec);
        w->totals.unclassed += w->event.cls->view_count == 0;
        count = match_event(w->matcher, &w->event, &hits);
        if (count > 0)
            report_hits(w, hits, count);
    }
    w->piece->records += state != RECORD_NONE;
}

static bool do_block(struct worker *w)
{
    enum record_state state = RECORD_WHOLE;
    struct err why = { 0 };

    event_reference_time(&w->event, w->block.time_ns);
    records_begin(w->records, (struct span){ w->block.p, w->block.n }, &w->block.cut,
                  w->block.header);
    while (records_next(w->records, &w->rec, &state, &why) > 0) {
        do_record(w, state, &why);
        if (piece_is_full(w->scan->turn, w->piece) && !turn_relieve(w->scan->turn, w->block.number))
            return false;
    }
    return turn_done(w->scan->turn, w->block.number);
}

/* Under the lock, so that slots are taken in the order of the blocks. */
static bool take_block(struct worker *w)
{
    struct scan *s = w->scan;
    uint64_t done, all;
    struct err why;
    int rc;

    MUST(pthread_mutex_lock(&s->lock) == 0);
    rc = feed_next(s->feed, &w->block, &why);
    if (rc < 0)
        turn_fail(s->turn, &why);
    w->piece = rc > 0 ? turn_take(s->turn, &w->block) : NULL;
    if (s->set->progress) {
        feed_progress(s->feed, &done, &all);
        turn_progress(s->turn, w->totals.events - w->told, done, all);
        w->told = w->totals.events;
    }
    MUST(pthread_mutex_unlock(&s->lock) == 0);
    return w->piece != NULL;
}

static void *worker_run(void *arg)
{
    struct worker *w = arg;

    while (take_block(w) && do_block(w))
        ;
    return NULL;
}

/* --- Set-up --------------------------------------------------------------------------------- */

static int worker_init(struct worker *w, struct scan *s, struct err *e)
{
    int rc;

    w->scan = s;
    block_init(&w->block);
    if (!rec_init(&w->rec) || !event_text_init(&w->text))
        return err_set(e, ERR_NOMEM, 0, "There is no memory for a thread.");
    rc = records_new(&w->records, e);
    if (rc == ERR_OK)
        rc = event_init(&w->event, s->set->taxonomy, s->set->names, e);
    if (rc == ERR_OK)
        rc = matcher_new(&w->matcher, s->set->rules, e);
    return rc;
}

static void worker_release(struct worker *w)
{
    matcher_free(&w->matcher);
    if (w->event.own != NULL)
        event_release(&w->event);
    records_free(&w->records);
    if (w->rec.fields != NULL)
        rec_release(&w->rec);
    event_text_release(&w->text);
    block_release(&w->block);
}

static void on_fault(void *arg, struct span name, const char *why)
{
    struct scan *s = arg;

    turn_note(s->turn, name, why);
}

static int scan_open(struct scan *s, const struct scan_settings *set, struct err *e)
{
    struct turn_settings turn = { &set->output, set->out_fd, set->threads, NULL, set->progress };
    int rc = ERR_OK;

    *s = (struct scan){ .set = set };
    MUST(pthread_mutex_init(&s->lock, NULL) == 0);
    if (ruleset_correlation_count(set->rules) > 0) {
        rc = correlate_plan_of(&s->plan, set->rules, set->names, e);
        if (rc == ERR_OK)
            rc = correlations_new(&s->correlations, set->rules, s->plan, e);
        turn.correlations = s->correlations;
    }
    if (rc == ERR_OK)
        rc = turn_new(&s->turn, &turn, e);
    if (rc == ERR_OK)
        rc = feed_new(&s->feed, set->paths, on_fault, s, e);
    return rc;
}

static void scan_close(struct scan *s)
{
    feed_free(&s->feed);
    turn_free(&s->turn);
    correlations_free(&s->correlations);
    correlate_plan_free(&s->plan);
    MUST(pthread_mutex_destroy(&s->lock) == 0);
}

static void add_totals(struct scan_totals *t, const struct scan_totals *more)
{
#define X(name, help) t->name += more->name;
    SCAN_TOTALS(X)
#undef X
    for (size_t i = 0; i < COUNT_OF(t->at_level); i++)
        t->at_level[i] += more->at_level[i];
}

static int run_threads(struct scan *s, struct worker *w, unsigned threads, struct err *e)
{
    int rc = ERR_OK;

    for (unsigned i = 0; i < threads && rc == ERR_OK; i++)
        rc = worker_init(&w[i], s, e);
    if (rc != ERR_OK)
        return rc;
    /* The first is this thread; those that cannot be started are not missed. */
    for (unsigned i = 1; i < threads; i++)
        w[i].started = pthread_create(&w[i].thread, NULL, worker_run, &w[i]) == 0;
    (void)worker_run(&w[0]);
    for (unsigned i = 1; i < threads; i++) {
        if (w[i].started)
            MUST(pthread_join(w[i].thread, NULL) == 0);
    }
    return ERR_OK;
}

/* --- Correlations --------------------------------------------------------------------------- */

struct late {
    struct scan *scan;
    struct scan_totals *totals;
    struct buf text;
};

static bool on_correlated(void *arg, const struct correlated *c)
{
    struct late *l = arg;
    const struct output *o = &l->scan->set->output;

    if (c->level < l->scan->set->min_level) {
        l->totals->below_level++;
        return true;
    }
    buf_clear(&l->text);
    o->row->correlated(o, c, &l->text);
    l->totals->findings++;
    l->totals->correlated++;
    l->totals->at_level[c->level]++;
    return turn_late(l->scan->turn, c->time_ns, buf_span(&l->text));
}

static int correlate(struct scan *s, struct scan_totals *t, struct err *e)
{
    struct correlations_totals more = { 0 };
    struct late late = { .scan = s, .totals = t };
    int rc;

    if (s->correlations == NULL)
        return ERR_OK;
    buf_init(&late.text, PIECE_BYTES_MAX);
    rc = correlations_run(s->correlations, on_correlated, &late, &more, e);
    buf_release(&late.text);
    t->group_missing = more.group_missing;
    t->groups_evicted = more.groups_evicted;
    return rc;
}

/* --- The contract --------------------------------------------------------------------------- */

static int run(struct scan *s, struct worker *w, struct scan_totals *t, struct err *e)
{
    double begun = host_seconds();
    int rc = turn_head(s->turn, e);

    if (rc == ERR_OK)
        rc = run_threads(s, w, s->set->threads, e);
    for (unsigned i = 0; i < s->set->threads; i++)
        add_totals(t, &w[i].totals);
    if (rc == ERR_OK)
        rc = correlate(s, t, e);
    t->bytes = feed_counts(s->feed)->bytes;
    t->files = feed_counts(s->feed)->files;
    t->binary = feed_counts(s->feed)->binary;
    t->unused = feed_counts(s->feed)->unused;
    t->seconds = host_seconds() - begun;
    if (rc == ERR_OK)
        rc = turn_finish(s->turn, t, e);
    t->faults = turn_notes(s->turn);
    t->seconds = host_seconds() - begun;
    return rc;
}

int scan_run(const struct scan_settings *set, struct scan_totals *t, struct err *e)
{
    struct worker *w = calloc(set->threads, sizeof(*w));
    struct scan s;
    int rc;

    MUST(set->threads > 0 && set->threads <= SCAN_THREADS_MAX);
    *t = (struct scan_totals){ 0 };
    if (w == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for threads.");
    rc = scan_open(&s, set, e);
    if (rc == ERR_OK)
        rc = run(&s, w, t, e);
    for (unsigned i = 0; i < set->threads; i++) {
        if (w[i].scan != NULL)
            worker_release(&w[i]);
    }
    scan_close(&s);
    free(w);
    return rc;
}
