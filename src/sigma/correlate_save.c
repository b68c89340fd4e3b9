/*
 * correlate_save.c - the groups of a correlator as bytes, and back.
 *
 *   u64 plan hash, i64 advanced to, u64 last serial
 *   for each correlation:  u32 groups, and of each, the idlest first:
 *       u64 serial, i64 last, i64 fired, u64 event, i64 due, u8 flags
 *       u32 bytes of the key, of what is shown (0: the key); key, shown
 *       u32 inputs, and of each, the oldest first:
 *           i64 time, u64 order, u32 rule, u32 slot
 *           u64 ref; of a result instead: u32 events, and for each i64 time, u64 order, ref, u32
 * rule value_count: u32 bytes, text; types that compute: the number, 8 bytes u64 XXH3 of all before
 *
 * In the machine's order: they do not leave it. What is computed over a window is not saved: it
 * comes out again when the inputs are added one by one. (Of an ordered correlation a chain that
 * began before the window is not found again; no judgement asks for one.)
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "sigma/correlate_engine.h"

enum { SAVED_FIRED = 1, SAVED_EVENT = 2, SAVED_HOLDS = 4, SAVED_TIMER = 8 };

/* --- writing -------------------------------------------------------------------------------- */

static void put(struct buf *out, const void *p, size_t n)
{
    buf_add(out, (struct span){ p, n });
}

static void put_u32(struct buf *out, uint32_t v)
{
    put(out, &v, sizeof(v));
}

static void put_u64(struct buf *out, uint64_t v)
{
    put(out, &v, sizeof(v));
}

static void put_time(struct buf *out, int64_t v)
{
    put(out, &v, sizeof(v));
}

static bool has_number(const struct plan_row *row)
{
    enum correlation_type t = row->rule->type;

    return t == CORRELATION_VALUE_SUM || t == CORRELATION_VALUE_AVG ||
           t == CORRELATION_VALUE_PERCENTILE || t == CORRELATION_VALUE_MEDIAN;
}

static void put_entry(const struct plan_row *row, const struct entry *e, struct buf *out)
{
    put_time(out, e->time);
    put_u64(out, e->order);
    put_u32(out, e->rule);
    put_u32(out, e->slot);
    if (e->rule != CORRELATE_NONE) {
        put_u64(out, e->u.ref);
    } else {
        put_u32(out, e->u.nested->count);
        for (uint32_t i = 0; i < e->u.nested->count; i++) {
            const struct correlate_event *ev = &e->u.nested->event[i];

            put_time(out, ev->time_ns);
            put_u64(out, ev->order);
            put_u64(out, ev->ref);
            put_u32(out, ev->rule);
        }
    }
    if (row->rule->type == CORRELATION_VALUE_COUNT) {
        put_u32(out, e->of.value->bytes);
        put(out, e->of.value->text, e->of.value->bytes);
    } else if (has_number(row)) {
        put(out, &e->of.number, sizeof(e->of.number));
    }
}

static void put_group(const struct plan_row *row, const struct group *g, struct buf *out)
{
    put_u64(out, g->serial);
    put_time(out, g->last);
    put_time(out, g->fired);
    put_u64(out, g->event);
    put_time(out, g->timer != 0 ? g->due : 0);
    buf_byte(out, (uint8_t)((g->has_fired ? SAVED_FIRED : 0) | (g->has_event ? SAVED_EVENT : 0) |
                            (g->holds ? SAVED_HOLDS : 0) | (g->timer != 0 ? SAVED_TIMER : 0)));
    put_u32(out, g->key_bytes);
    put_u32(out, g->shown_bytes);
    put(out, g->text, (size_t)g->key_bytes + g->shown_bytes);
    put_u32(out, (uint32_t)g->window.count);
    for (const struct block *b = g->window.oldest; b != NULL; b = b->newer) {
        for (uint32_t i = b->begin; i < b->end; i++)
            put_entry(row, &b->entry[i], out);
    }
}

void correlator_save(const struct correlator *c, struct buf *out)
{
    size_t begin = out->n;

    MUST(c->has_advanced && (!c->started || c->advanced >= c->at.time));
    put_u64(out, c->plan->hash);
    put_time(out, c->advanced);
    put_u64(out, c->serial);
    for (uint32_t i = 0; i < c->plan->correlation_count && !out->failed; i++) {
        put_u32(out, (uint32_t)c->states[i].counts.groups);
        for (const struct group *g = c->states[i].idlest; g != NULL; g = g->newer)
            put_group(&c->plan->rows[i], g, out);
    }
    if (!out->failed)
        put_u64(out, XXH3_64bits(out->p + begin, out->n - begin));
}

/* --- reading -------------------------------------------------------------------------------- */

/* Takes what it is asked for, or nothing but zeros once something was not there. */
struct taker {
    struct span rest;
    bool bad;
};

static struct span take(struct taker *t, size_t n)
{
    struct span s;

    if (t->bad || t->rest.n < n) {
        t->bad = true;
        return SPAN_NONE;
    }
    s = (struct span){ t->rest.p, n };
    t->rest = span_from(t->rest, n);
    return s;
}

static void take_to(struct taker *t, void *to, size_t n)
{
    struct span s = take(t, n);

    if (s.p != NULL)
        memcpy(to, s.p, n);
    else
        memset(to, 0, n);
}

static uint32_t take_u32(struct taker *t)
{
    uint32_t v;

    take_to(t, &v, sizeof(v));
    return v;
}

static uint64_t take_u64(struct taker *t)
{
    uint64_t v;

    take_to(t, &v, sizeof(v));
    return v;
}

static int64_t take_time(struct taker *t)
{
    int64_t v;

    take_to(t, &v, sizeof(v));
    return v;
}

/* A key is so many texts, each behind its length, and nothing else. */
static bool is_key(struct span key, uint32_t texts)
{
    struct taker t = { .rest = key };

    for (uint32_t i = 0; i < texts; i++)
        (void)take(&t, take_u32(&t)); /* only whether it is there counts */
    return !t.bad && t.rest.n == 0;
}

static bool take_nested(struct correlator *c, struct taker *t, struct entry *e)
{
    uint32_t count = take_u32(t);

    t->bad |= count > 2 * CORRELATE_EVENTS_MAX;
    if (t->bad)
        return true;
    e->u.nested = memory_take(&c->windows.mem, nested_bytes(count));
    if (e->u.nested == NULL)
        return false;
    e->u.nested->count = count;
    for (uint32_t i = 0; i < count; i++) {
        struct correlate_event *ev = &e->u.nested->event[i];

        ev->time_ns = take_time(t);
        ev->order = take_u64(t);
        ev->ref = take_u64(t);
        ev->rule = take_u32(t);
        t->bad |= ev->rule >= c->plan->rule_count;
    }
    return true;
}

static void drop_nested(struct correlator *c, struct entry *e)
{
    if (e->rule == CORRELATE_NONE && e->u.nested != NULL)
        memory_give(&c->windows.mem, e->u.nested, nested_bytes(e->u.nested->count));
}

/* `*last` is the time of the entry before. False: no memory. */
static bool load_entry(struct correlator *c, struct taker *t, struct group *g, int64_t *last)
{
    const struct plan_row *row = &c->plan->rows[g->correlation];
    struct input in = { .entry = { .time = take_time(t), .order = take_u64(t) } };
    struct entry *e = &in.entry;
    bool ok = true;

    e->rule = take_u32(t);
    e->slot = take_u32(t);
    t->bad |= e->slot >= row->slot_count;
    t->bad |= e->rule >= c->plan->rule_count && e->rule != CORRELATE_NONE;
    t->bad |= e->time > g->last || e->time < *last;
    *last = e->time;
    if (e->rule != CORRELATE_NONE)
        e->u.ref = take_u64(t);
    else
        ok = take_nested(c, t, e);
    if (row->rule->type == CORRELATION_VALUE_COUNT)
        in.value = take(t, take_u32(t));
    else if (has_number(row))
        take_to(t, &e->of.number, sizeof(e->of.number));
    if (has_number(row))
        t->bad |= !(e->of.number > -NUMBER_BELOW && e->of.number < NUMBER_BELOW);
    if (ok && !t->bad && (ok = window_add(&c->windows, row, g, &in)))
        return true;
    drop_nested(c, e);
    return ok;
}

static struct group *load_head(struct correlator *c, struct taker *t, uint32_t correlation)
{
    uint32_t texts = c->plan->rows[correlation].rule->group_count, key, shown;
    struct group *g, head = { .serial = take_u64(t), .last = take_time(t) };
    uint8_t flags = 0;

    head.fired = take_time(t);
    head.event = take_u64(t);
    head.due = take_time(t);
    take_to(t, &flags, 1);
    key = take_u32(t);
    shown = take_u32(t);
    buf_clear(&c->key);
    buf_clear(&c->shown);
    buf_add(&c->key, take(t, key));
    buf_add(&c->shown, shown > 0 ? take(t, shown) : buf_span(&c->key));
    t->bad |= buf_failed(&c->key) || buf_failed(&c->shown);
    t->bad |= !is_key(buf_span(&c->key), texts) || !is_key(buf_span(&c->shown), texts);
    t->bad |= (flags & SAVED_TIMER) != 0 && head.due <= c->advanced;
    if (t->bad || (g = correlator_group(c, correlation)) == NULL)
        return NULL;
    g->serial = head.serial;
    g->last = head.last;
    g->fired = head.fired;
    g->event = head.event;
    g->has_fired = (flags & SAVED_FIRED) != 0;
    g->has_event = (flags & SAVED_EVENT) != 0;
    g->holds = (flags & SAVED_HOLDS) != 0;
    if ((flags & SAVED_TIMER) != 0)
        correlator_timer(c, g, head.due);
    return g;
}

/* False: no memory. */
static bool load_group(struct correlator *c, struct taker *t, uint32_t correlation)
{
    struct group *g = load_head(c, t, correlation);
    int64_t last = INT64_MIN;
    uint32_t inputs;

    if (g == NULL)
        return t->bad;
    inputs = take_u32(t);
    for (uint32_t i = 0; i < inputs && !t->bad; i++) {
        if (!load_entry(c, t, g, &last))
            return false;
    }
    t->bad |= g->timer != 0 && inputs == 0; /* only what is in a window is waited for */
    return true;
}

static int no_state(struct err *e)
{
    return err_set(e, ERR_CORRUPT, 0, "This is no saved state of these correlations.");
}

int correlator_load(struct correlator *c, struct span saved, struct err *e)
{
    struct taker t = { .rest = saved };
    uint64_t serial, check;

    MUST(!c->started && !c->has_advanced && c->groups.count == 0);
    if (saved.n < sizeof(check))
        return no_state(e);
    t.rest.n -= sizeof(check);
    memcpy(&check, saved.p + t.rest.n, sizeof(check));
    if (check != XXH3_64bits(t.rest.p, t.rest.n) || take_u64(&t) != c->plan->hash)
        return no_state(e);
    c->advanced = take_time(&t);
    serial = take_u64(&t);
    for (uint32_t i = 0; i < c->plan->correlation_count && !t.bad; i++) {
        for (uint32_t n = take_u32(&t); n > 0 && !t.bad; n--) {
            if (!load_group(c, &t, i))
                return err_set(e, ERR_NOMEM, 0,
                               "There is no memory for the groups of correlations.");
        }
    }
    if (t.bad || t.rest.n > 0)
        return no_state(e);
    c->serial = serial;
    c->has_advanced = true;
    return ERR_OK;
}
