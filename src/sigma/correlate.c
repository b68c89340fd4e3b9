/*
 * correlate.c - groups, the moments at which they are judged, and results.
 *
 *     record ─▶ feeds of its rule ─▶ group ─▶ window        the group becomes dirty
 *     the position moves on ─▶ dirty groups are judged, depth by depth ─▶ results
 *     result ─▶ callback; feeds of its correlation ─▶ groups of greater depth
 *
 * A position is a time and an order number: one event. Everything that happens at a position is
 * judged together, correlations that others refer to first, so a result is in the windows of its
 * parents before these are judged. What a group waits for (the end of a window) is in a heap by
 * time; before time moves on, everything due by then is judged, at the position (time, END_ORDER),
 * which is after all events of that time. Where several groups are due at once, depth, correlation
 * and age decide, never an address or a hash: the same records give the same results, byte for
 * byte.
 *
 * A group lives while its window may matter: when everything in it has left and no judgement is
 * due it is as good as new, and freed. Over the limit of memory the groups that were idle longest
 * go, with their state, and are counted.
 */
#include "sigma/correlate.h"

#include "base/limits.h"
#include "base/num.h"
#include "os/host.h"
#include "sigma/correlate_engine.h"
#include "sigma/correlate_record.h"

#define END_ORDER   UINT64_MAX /* of what is judged when its time is over: after its events */
#define KEY_MAX     ((size_t)64 << 20)
#define EVENTS_ROOM (2 * CORRELATE_EVENTS_MAX * 2 * CORRELATE_EVENTS_MAX)

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory for the groups of correlations.");
}

static const struct plan_row *row_of(const struct correlator *c, const struct group *g)
{
    return &c->plan->rows[g->correlation];
}

static uint32_t depth_of(const struct correlator *c, const struct group *g)
{
    return row_of(c, g)->rule->depth;
}

/* --- timers --------------------------------------------------------------------------------- */

/* Correlations are numbered by depth, so those that are referred to come first. */
static bool before(const struct group *a, const struct group *b)
{
    if (a->due != b->due)
        return a->due < b->due;
    if (a->correlation != b->correlation)
        return a->correlation < b->correlation;
    return a->serial < b->serial;
}

static void heap_set(struct correlator *c, size_t i, struct group *g)
{
    c->heap[i] = g;
    g->timer = (uint32_t)i + 1;
}

static void heap_sift(struct correlator *c, size_t i, struct group *g)
{
    for (; i > 0 && before(g, c->heap[(i - 1) / 2]); i = (i - 1) / 2)
        heap_set(c, i, c->heap[(i - 1) / 2]);
    for (;;) {
        size_t k = 2 * i + 1;

        if (k + 1 < c->heap_count && before(c->heap[k + 1], c->heap[k]))
            k++;
        if (k >= c->heap_count || !before(c->heap[k], g))
            break;
        heap_set(c, i, c->heap[k]);
        i = k;
    }
    heap_set(c, i, g);
}

static void timer_clear(struct correlator *c, struct group *g)
{
    size_t i = g->timer - 1;

    if (g->timer == 0)
        return;
    g->timer = 0;
    c->heap_count--;
    if (i < c->heap_count)
        heap_sift(c, i, c->heap[c->heap_count]);
}

/* For a group without one. Room was made when the group was: see correlator_group(). */
void correlator_timer(struct correlator *c, struct group *g, int64_t due)
{
    g->due = due;
    heap_sift(c, c->heap_count++, g);
}

static int64_t later(int64_t time, int64_t span)
{
    return time > INT64_MAX - span ? INT64_MAX : time + span;
}

static int64_t oldest_time(const struct group *g)
{
    return g->window.oldest->entry[g->window.oldest->begin].time;
}

/* --- groups --------------------------------------------------------------------------------- */

static size_t group_bytes(size_t text_bytes)
{
    return sizeof(struct group) + text_bytes;
}

static struct span group_shown(const struct group *g)
{
    return g->shown_bytes > 0 ? (struct span){ g->text + g->key_bytes, g->shown_bytes }
                              : (struct span){ g->text, g->key_bytes };
}

static void idle_unlink(struct state *s, struct group *g)
{
    *(g->idler != NULL ? &g->idler->newer : &s->idlest) = g->newer;
    *(g->newer != NULL ? &g->newer->idler : &s->newest) = g->idler;
    g->idler = g->newer = NULL;
}

static void idle_link(struct state *s, struct group *g)
{
    g->idler = s->newest;
    *(s->newest != NULL ? &s->newest->newer : &s->idlest) = g;
    s->newest = g;
}

static void group_free(struct correlator *c, struct group *g)
{
    struct state *s = &c->states[g->correlation];

    timer_clear(c, g);
    table_drop(&c->groups, &g->node);
    idle_unlink(s, g);
    s->counts.groups--;
    window_release(&c->windows, row_of(c, g), g);
    memory_give(&c->windows.mem, g, group_bytes(g->key_bytes + g->shown_bytes));
}

static struct group *group_find(const struct correlator *c, uint32_t correlation, uint64_t hash)
{
    struct node *n = table_first(&c->groups, hash);

    for (; n != NULL; n = n->next) {
        struct group *g = (struct group *)n;

        if (n->hash == hash && g->correlation == correlation &&
            span_eq((struct span){ g->text, g->key_bytes }, buf_span(&c->key)))
            return g;
    }
    return NULL;
}

/* A larger array with the old contents; false: no memory, nothing changed. */
static bool room(struct memory *m, struct group ***array, size_t *cap, size_t want)
{
    size_t more = *cap == 0 ? 64 : *cap * 2;
    struct group **p;

    if (want <= *cap)
        return true;
    p = realloc(*array, more * sizeof(struct group *));
    if (p == NULL) {
        m->failed = true;
        return false;
    }
    m->used += (more - *cap) * sizeof(struct group *);
    *array = p;
    *cap = more;
    return true;
}

struct group *correlator_group(struct correlator *c, uint32_t correlation)
{
    bool same = span_eq(buf_span(&c->key), buf_span(&c->shown));
    size_t shown = same ? 0 : c->shown.n;
    struct memory *m = &c->windows.mem;
    uint64_t hash = windows_hash(&c->windows, buf_span(&c->key), correlation);
    struct group *g;

    if (!room(m, &c->heap, &c->heap_cap, c->groups.count + 1))
        return NULL;
    g = memory_take(m, group_bytes(c->key.n + shown));
    if (g == NULL)
        return NULL;
    g->node.hash = hash;
    g->correlation = correlation;
    g->serial = ++c->serial;
    g->key_bytes = (uint32_t)c->key.n;
    g->shown_bytes = (uint32_t)shown;
    if (c->key.n > 0)
        memcpy(g->text, c->key.p, c->key.n);
    if (shown > 0)
        memcpy(g->text + c->key.n, c->shown.p, shown);
    if (!window_init(&c->windows, row_of(c, g), g) || !table_put(&c->groups, &g->node, m)) {
        window_release(&c->windows, row_of(c, g), g);
        memory_give(m, g, group_bytes(c->key.n + shown));
        return NULL;
    }
    idle_link(&c->states[correlation], g);
    c->states[correlation].counts.groups++;
    return g;
}

/* Groups whose window has run out at `time`. */
static void forget_idle(struct correlator *c, uint32_t correlation, int64_t time)
{
    struct state *s = &c->states[correlation];

    while (s->idlest != NULL && s->idlest->timer == 0 && !s->idlest->dirty &&
           s->idlest->last < time &&
           span_passed(s->idlest->last, time, c->plan->rows[correlation].rule->timespan_ns))
        group_free(c, s->idlest);
}

/* Of what is idle, the idlest; but a group that alone holds half of the memory goes before it
 * drives out all others. */
static struct group *evict_choose(const struct correlator *c)
{
    struct group *choice = NULL;

    for (uint32_t i = 0; i < c->plan->correlation_count; i++) {
        const struct state *s = &c->states[i];

        if (s->idlest == NULL)
            continue;
        if (s->newest->window.count * sizeof(struct entry) > c->bytes_max / 2)
            return s->newest;
        if (choice == NULL || s->idlest->last < choice->last)
            choice = s->idlest;
    }
    return choice;
}

/* Down to 15/16 of the limit, so that it is not reached again with the next input. */
static void evict(struct correlator *c)
{
    while (c->windows.mem.used > c->bytes_max - c->bytes_max / 16 && c->groups.count > 0) {
        struct group *g = evict_choose(c);

        c->states[g->correlation].counts.groups_evicted++;
        group_free(c, g);
    }
}

/* --- inputs --------------------------------------------------------------------------------- */

static void put_value(struct buf *to, struct span text)
{
    uint32_t n = (uint32_t)text.n;

    buf_add(to, (struct span){ (const uint8_t *)&n, sizeof(n) });
    buf_add(to, text);
}

static struct span take_value(struct span *rest)
{
    struct span text;
    uint32_t n;

    memcpy(&n, rest->p, sizeof(n));
    text = (struct span){ rest->p + sizeof(n), n };
    *rest = span_from(*rest, sizeof(n) + n);
    return text;
}

static bool wants_number(const struct sigma_correlation *rule)
{
    return rule->type == CORRELATION_VALUE_SUM || rule->type == CORRELATION_VALUE_AVG ||
           rule->type == CORRELATION_VALUE_PERCENTILE || rule->type == CORRELATION_VALUE_MEDIAN;
}

static bool input_number(struct span text, double *number)
{
    return num_double(text, number) && *number > -NUMBER_BELOW && *number < NUMBER_BELOW;
}

/* An event that several rules matched is one event. What counts rules or distinct values wants to
 * see it for each rule all the same. */
static bool is_repeated(const struct plan_row *row, const struct group *g, const struct entry *e)
{
    return (row->rule->type == CORRELATION_EVENT_COUNT || wants_number(row->rule)) &&
           e->rule != CORRELATE_NONE && g->has_event && g->event == e->order;
}

static bool dirty_add(struct correlator *c, struct group *g)
{
    struct dirty *d = &c->dirty[depth_of(c, g)];

    if (g->dirty)
        return true;
    if (!room(&c->windows.mem, &d->group, &d->cap, d->count + 1))
        return false;
    d->group[d->count++] = g;
    g->dirty = true;
    return true;
}

/* The input that c->key, shown, value and number describe. False: no memory; entry.u.nested then
 * still belongs to the caller. */
static bool input_take(struct correlator *c, const struct feed *f, struct input *in, bool *taken)
{
    const struct plan_row *row = &c->plan->rows[f->correlation];
    struct state *s = &c->states[f->correlation];
    struct entry *e = &in->entry;
    struct group *g;
    uint64_t hash;

    if (buf_failed(&c->key) || buf_failed(&c->shown) || buf_failed(&c->value))
        return false;
    if (wants_number(row->rule) && !input_number(c->number, &e->of.number)) {
        s->counts.value_odd++;
        return true;
    }
    forget_idle(c, f->correlation, e->time);
    hash = windows_hash(&c->windows, buf_span(&c->key), f->correlation);
    g = group_find(c, f->correlation, hash);
    if (g == NULL && (g = correlator_group(c, f->correlation)) == NULL)
        return false;
    if (is_repeated(row, g, e))
        return true;
    e->slot = f->slot;
    in->value = buf_span(&c->value);
    window_expire(&c->windows, row, g, e->time);
    if (!dirty_add(c, g) || !window_add(&c->windows, row, g, in))
        return false;
    *taken = true;
    s->counts.inputs++;
    g->last = e->time;
    if (e->rule != CORRELATE_NONE) {
        g->event = e->order;
        g->has_event = true;
    }
    if (s->newest != g) {
        idle_unlink(s, g);
        idle_link(s, g);
    }
    return true;
}

static void input_clear(struct correlator *c)
{
    buf_clear(&c->key);
    buf_clear(&c->shown);
    buf_clear(&c->value);
    c->number = SPAN_NONE;
}

static void input_field(struct correlator *c, bool of_group, struct span text, struct span folded)
{
    put_value(of_group ? &c->key : &c->value, folded);
    if (of_group)
        put_value(&c->shown, text);
    else
        c->number = text;
}

static void missing(struct correlator *c, const struct feed *f, bool of_group)
{
    struct correlate_counts *counts = &c->states[f->correlation].counts;

    (*(of_group ? &counts->group_missing : &counts->value_missing))++;
}

/* --- results -------------------------------------------------------------------------------- */

int correlate_event_order(const void *a, const void *b)
{
    const struct correlate_event *x = a, *y = b;

    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return x->rule < y->rule ? -1 : x->rule > y->rule;
}

static uint32_t add_events(struct correlate_event *to, uint32_t at, const struct entry *e)
{
    if (e->rule != CORRELATE_NONE) {
        to[at] = (struct correlate_event){ e->time, e->order, e->u.ref, e->rule };
        return at + 1;
    }
    memcpy(&to[at], e->u.nested->event, e->u.nested->count * sizeof(*to));
    return at + e->u.nested->count;
}

/* Events of the first and the last inputs of the window, not yet sorted. */
static uint32_t gather(const struct window *w, struct correlate_event *to)
{
    uint64_t first = w->count < CORRELATE_EVENTS_MAX ? w->count : CORRELATE_EVENTS_MAX;
    uint64_t last =
        w->count - first < CORRELATE_EVENTS_MAX ? w->count - first : CORRELATE_EVENTS_MAX;
    uint32_t at = 0;

    for (const struct block *b = w->oldest; first > 0; b = b->newer) {
        for (uint32_t i = b->begin; i < b->end && first > 0; i++, first--)
            at = add_events(to, at, &b->entry[i]);
    }
    for (const struct block *b = w->newest; last > 0; b = b->older) {
        for (uint32_t i = b->end; i > b->begin && last > 0; i--, last--)
            at = add_events(to, at, &b->entry[i - 1]);
    }
    return at;
}

/* In c->events: ascending, each event once, of many the first and the last. */
static uint32_t result_events(struct correlator *c, const struct group *g)
{
    const uint32_t most = 2 * CORRELATE_EVENTS_MAX;
    uint32_t count = gather(&g->window, c->events), keep = 0;

    qsort(c->events, count, sizeof(*c->events), correlate_event_order);
    for (uint32_t i = 0; i < count; i++) {
        if (keep == 0 || c->events[keep - 1].order != c->events[i].order)
            c->events[keep++] = c->events[i];
    }
    if (keep <= most)
        return keep;
    memmove(&c->events[CORRELATE_EVENTS_MAX], &c->events[keep - CORRELATE_EVENTS_MAX],
            CORRELATE_EVENTS_MAX * sizeof(*c->events));
    return most;
}

static void show(struct correlator *c, const struct group *g, const struct correlate_result *r)
{
    const struct sigma_correlation *rule = row_of(c, g)->rule;
    struct correlate_result shown = *r;
    struct span rest = group_shown(g);

    for (uint32_t i = 0; i < rule->group_count; i++)
        c->pairs[i] = (struct correlate_pair){ rule->group_by[i], take_value(&rest) };
    shown.group = c->pairs;
    shown.group_count = rule->group_count;
    c->fn(c->arg, &shown);
}

/* The group's values, picked by the feed. False: one is missing (counted). */
static bool fields_of_group(struct correlator *c, const struct feed *f, const struct group *g)
{
    const struct sigma_correlation *rule = c->plan->rows[f->correlation].rule;

    input_clear(c);
    for (uint32_t i = 0; i < c->plan->rows[f->correlation].field_count; i++) {
        struct span key = { g->text, g->key_bytes }, shown = group_shown(g);
        struct span folded = SPAN_NONE, text = SPAN_NONE;

        if (f->field[i] == CORRELATE_NONE) {
            missing(c, f, i < rule->group_count);
            return false;
        }
        for (uint32_t k = 0; k <= f->field[i]; k++) {
            folded = take_value(&key);
            text = take_value(&shown);
        }
        input_field(c, i < rule->group_count, text, folded);
    }
    return true;
}

/* The result as an input of the correlations that refer to it. */
static bool pass_on(struct correlator *c, const struct group *g, struct position at,
                    uint32_t event_count)
{
    const struct feeds *feeds = &c->plan->of_correlation[g->correlation];
    size_t bytes = nested_bytes(event_count);

    for (uint32_t i = 0; i < feeds->count; i++) {
        struct input in = { .entry = { at.time, at.order, .rule = CORRELATE_NONE } };
        bool taken = false, ok;

        if (!fields_of_group(c, &feeds->feed[i], g))
            continue;
        in.entry.u.nested = memory_take(&c->windows.mem, bytes);
        if (in.entry.u.nested == NULL)
            return false;
        in.entry.u.nested->count = event_count;
        memcpy(in.entry.u.nested->event, c->events, event_count * sizeof(*c->events));
        ok = input_take(c, &feeds->feed[i], &in, &taken);
        if (!taken)
            memory_give(&c->windows.mem, in.entry.u.nested, bytes);
        if (!ok)
            return false;
    }
    return true;
}

/* The condition holds at `at`: a result, unless one came less than a timespan ago. `again`: it has
 * been false in between. */
static void fire(struct correlator *c, struct group *g, struct position at, double value,
                 bool again)
{
    const struct plan_row *row = row_of(c, g);
    struct correlate_result r = { .correlation = g->correlation,
                                  .time_ns = at.time,
                                  .value = value,
                                  .input_count = g->window.count,
                                  .events = c->events };

    if (g->has_fired && !again && !span_passed(g->fired, at.time, row->rule->timespan_ns))
        return;
    g->has_fired = true;
    g->fired = at.time;
    c->states[g->correlation].counts.results++;
    r.event_count = result_events(c, g);
    if (row->rule->emit)
        show(c, g, &r);
    (void)pass_on(c, g, at, r.event_count); /* no memory: that sticks, and the caller hears it */
}

/* --- judging -------------------------------------------------------------------------------- */

/* After the inputs of a position. */
static void judge_input(struct correlator *c, struct group *g)
{
    const struct plan_row *row = row_of(c, g);
    double value;
    bool holds = window_holds(row, g, c->at.time, &value);

    switch (row->judged) {
    case JUDGED_AT_ONCE:
        if (holds)
            fire(c, g, c->at, value, !g->holds);
        g->holds = holds;
        break;
    case JUDGED_AT_END: /* g->holds: since the last result */
        if (!holds) {
            timer_clear(c, g);
            g->holds = false;
        } else if (g->timer == 0) {
            correlator_timer(c, g, later(oldest_time(g), row->rule->timespan_ns - 1));
        }
        break;
    case JUDGED_ABSENCE:
        g->holds &= holds;
        if (g->timer == 0)
            correlator_timer(c, g, later(oldest_time(g), row->rule->timespan_ns));
        break;
    }
}

/* At the time that the group waited for. */
static void judge_due(struct correlator *c, struct group *g)
{
    const struct plan_row *row = row_of(c, g);
    struct position at = { g->due, END_ORDER };
    double value;
    bool holds;

    timer_clear(c, g);
    window_expire(&c->windows, row, g, at.time);
    holds = window_holds(row, g, at.time, &value);
    if (holds)
        fire(c, g, at, value, !g->holds);
    g->holds = holds;
    if (row->judged != JUDGED_ABSENCE)
        return;
    if (g->window.count == 0 || at.time == INT64_MAX)
        group_free(c, g);
    else
        correlator_timer(c, g, later(oldest_time(g), row->rule->timespan_ns));
}

static int by_serial(const void *a, const void *b)
{
    const struct group *x = *(struct group *const *)a, *y = *(struct group *const *)b;

    if (x->correlation != y->correlation)
        return x->correlation < y->correlation ? -1 : 1;
    return x->serial < y->serial ? -1 : 1;
}

static void flush_depth(struct correlator *c, uint32_t depth)
{
    struct dirty *d = &c->dirty[depth];

    if (d->count > 1)
        qsort(d->group, d->count, sizeof(struct group *), by_serial);
    for (size_t i = 0; i < d->count; i++) {
        d->group[i]->dirty = false;
        if (!c->windows.mem.failed)
            judge_input(c, d->group[i]);
    }
    d->count = 0;
}

/* The position is over. */
static void flush(struct correlator *c)
{
    for (uint32_t depth = 1; depth <= LIMIT_CORRELATION_DEPTH; depth++)
        flush_depth(c, depth);
    if (c->windows.mem.used > c->bytes_max)
        evict(c);
}

/* Everything due at the time at which the next group is due. */
static void run_time(struct correlator *c)
{
    int64_t time = c->heap[0]->due;

    c->at = (struct position){ time, END_ORDER };
    for (uint32_t depth = 1; depth <= LIMIT_CORRELATION_DEPTH; depth++) {
        flush_depth(c, depth);
        while (c->heap_count > 0 && c->heap[0]->due == time && depth_of(c, c->heap[0]) == depth)
            judge_due(c, c->heap[0]);
    }
    flush(c);
}

/* Everything due before or at `time`. */
static void run_until(struct correlator *c, int64_t time)
{
    while (c->heap_count > 0 && c->heap[0]->due <= time && !c->windows.mem.failed)
        run_time(c);
}

/* --- the engine from outside ---------------------------------------------------------------- */

static int init(struct correlator *c, struct err *e)
{
    uint32_t pairs = 1;

    for (uint32_t i = 0; i < c->plan->correlation_count; i++) {
        if (c->plan->rows[i].rule->group_count > pairs)
            pairs = c->plan->rows[i].rule->group_count;
    }
    buf_init(&c->key, KEY_MAX);
    buf_init(&c->shown, KEY_MAX);
    buf_init(&c->value, KEY_MAX);
    c->states = calloc((size_t)c->plan->correlation_count + 1, sizeof(*c->states));
    c->pairs = calloc(pairs, sizeof(*c->pairs));
    c->events = calloc(EVENTS_ROOM, sizeof(*c->events));
    if (c->states == NULL || c->pairs == NULL || c->events == NULL)
        return no_memory(e);
    return host_random(c->windows.seed, sizeof(c->windows.seed), e);
}

int correlator_new(struct correlator **out, const struct correlate_plan *p, size_t bytes_max,
                   correlate_fn *fn, void *arg, struct err *e)
{
    struct correlator *c = calloc(1, sizeof(*c));
    int rc;

    *out = NULL;
    if (c == NULL)
        return no_memory(e);
    c->plan = p;
    c->fn = fn;
    c->arg = arg;
    c->bytes_max = bytes_max == 0 ? LIMIT_CORRELATION_BYTES : bytes_max;
    rc = init(c, e);
    if (rc != ERR_OK)
        correlator_free(&c);
    *out = c;
    return rc;
}

void correlator_free(struct correlator **pc)
{
    struct correlator *c = *pc;

    *pc = NULL;
    if (c == NULL)
        return;
    for (uint32_t i = 0; c->states != NULL && i < c->plan->correlation_count; i++) {
        while (c->states[i].idlest != NULL)
            group_free(c, c->states[i].idlest);
    }
    for (uint32_t i = 0; i <= LIMIT_CORRELATION_DEPTH; i++)
        free(c->dirty[i].group);
    MUST(c->groups.count == 0 && c->windows.values.count == 0);
    free(c->groups.bucket);
    free(c->windows.values.bucket);
    free(c->heap);
    free(c->events);
    free(c->pairs);
    free(c->states);
    buf_release(&c->value);
    buf_release(&c->shown);
    buf_release(&c->key);
    free(c);
}

/* Is the rest of a record what these feeds read? Nothing may have happened when it is not. */
static bool record_good(const struct correlator *c, const struct feeds *feeds, struct span rest)
{
    struct span text, folded;
    enum input_state state;

    for (uint32_t i = 0; i < feeds->count; i++) {
        uint32_t fields = c->plan->rows[feeds->feed[i].correlation].field_count;

        if (!record_input(&rest, &state))
            return false;
        for (uint32_t k = 0; state == INPUT_WHOLE && k < fields; k++) {
            if (!record_text(&rest, &text, &folded))
                return false;
        }
    }
    return rest.n == 0;
}

/* The fields of one feed off the front of a good record. */
static enum input_state fields_of_record(struct correlator *c, const struct feed *f,
                                         struct span *rest)
{
    const struct plan_row *row = &c->plan->rows[f->correlation];
    struct span text, folded;
    enum input_state state;

    input_clear(c);
    MUST(record_input(rest, &state));
    for (uint32_t i = 0; state == INPUT_WHOLE && i < row->field_count; i++) {
        MUST(record_text(rest, &text, &folded));
        input_field(c, i < row->rule->group_count, text, folded);
    }
    return state;
}

static bool take_record(struct correlator *c, const struct feeds *feeds, struct span rest,
                        const struct correlate_event *hit)
{
    for (uint32_t i = 0; i < feeds->count; i++) {
        const struct feed *f = &feeds->feed[i];
        struct input in = { .entry = { hit->time_ns, hit->order, .u.ref = hit->ref,
                                       .rule = hit->rule } };
        enum input_state state = fields_of_record(c, f, &rest);
        bool taken = false;

        if (state != INPUT_WHOLE)
            missing(c, f, state == INPUT_NO_GROUP);
        else if (!input_take(c, f, &in, &taken))
            return false;
    }
    return true;
}

/* The position of the next input: what came before is judged, and what was due before it. */
static void move_to(struct correlator *c, struct position at)
{
    if (c->started && c->at.time == at.time && c->at.order == at.order)
        return;
    flush(c);
    if (at.time > INT64_MIN)
        run_until(c, at.time - 1);
    c->started = true;
    c->at = at;
}

int correlator_feed(struct correlator *c, struct span record, struct err *e)
{
    const uint8_t *key = correlate_key(record);
    struct correlate_event hit;
    struct span rest = record;
    const struct feeds *feeds;

    if (c->windows.mem.failed)
        return no_memory(e);
    if (!record_head(&rest, &hit) || hit.rule >= c->plan->rule_count ||
        !record_good(c, feeds = &c->plan->of_rule[hit.rule], rest))
        return err_set(e, ERR_CORRUPT, 0, "This is no correlation input of these rules.");
    MUST(!c->started || memcmp(c->last_key, key, CORRELATE_KEY_BYTES) <= 0);
    MUST(!c->has_advanced || hit.time_ns > c->advanced);
    memcpy(c->last_key, key, CORRELATE_KEY_BYTES);
    move_to(c, (struct position){ hit.time_ns, hit.order });
    if (!c->windows.mem.failed && !take_record(c, feeds, rest, &hit))
        c->windows.mem.failed = true;
    return c->windows.mem.failed ? no_memory(e) : ERR_OK;
}

int correlator_advance(struct correlator *c, int64_t time_ns, struct err *e)
{
    if (c->has_advanced && time_ns <= c->advanced)
        return c->windows.mem.failed ? no_memory(e) : ERR_OK;
    MUST(!c->started || time_ns >= c->at.time);
    c->has_advanced = true;
    c->advanced = time_ns;
    flush(c);
    run_until(c, time_ns);
    for (uint32_t i = 0; i < c->plan->correlation_count; i++)
        forget_idle(c, i, time_ns);
    return c->windows.mem.failed ? no_memory(e) : ERR_OK;
}

int correlator_finish(struct correlator *c, struct err *e)
{
    return correlator_advance(c, INT64_MAX, e);
}

struct correlate_counts correlator_counts(const struct correlator *c, uint32_t correlation)
{
    MUST(correlation < c->plan->correlation_count);
    return c->states[correlation].counts;
}

size_t correlator_bytes(const struct correlator *c)
{
    return c->windows.mem.used;
}
