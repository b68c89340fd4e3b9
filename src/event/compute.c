/*
 * compute.c - fields that no record has as they are: joined, looked up, taken out of a text.
 *
 * Computed when first asked for, at most once per event. With one field as its only part each
 * value gives one value (up to EVENT_VALUES_MAX), or the last alone does: what a syslog message
 * holds stands behind the header's fields of the same name. With more parts the first (or last)
 * values are joined, and a part that is absent or null means there is no value: half a name is
 * worse than none. Objects and arrays are no values here; the members of an array are. On request
 * all values make one text.
 */
#include "event/event_own.h"

uint32_t event_extra(struct event *e, const struct rec_field *f, uint16_t origin)
{
    struct event_own *o = e->own;
    uint32_t at = o->extra_count;

    if (at == EVENT_EXTRA_MAX)
        return EVENT_NONE;
    o->extra[at] = *f;
    o->origin[at] = origin;
    o->extra_count++;
    e->chain[LIMIT_FIELDS + at] = EVENT_CHAIN_END;
    e->exact[LIMIT_FIELDS + at] = 0;
    return LIMIT_FIELDS + at;
}

/* Steps over one text, and the result as a value; returns its handle or EVENT_NONE. */
static uint32_t add_value(struct event *e, const struct computed *c, struct span text)
{
    struct rec_field f = { .name = c->target, .kind = REC_TEXT, .parent = REC_ROOT };

    for (uint32_t i = 0; i < c->step_count; i++) {
        if (!step_apply(&c->steps[i], text, &e->own->mem, &text))
            return EVENT_NONE;
    }
    if (text.n > UINT32_MAX)
        return EVENT_NONE;
    f.value = text.p;
    f.value_bytes = (uint32_t)text.n;
    return event_extra(e, &f, EVENT_CHAIN_END);
}

/* The first value of `name` after `handle` (EVENT_NONE: of all) that has a text of its own. */
static uint32_t next_text(struct event *e, uint32_t name, uint32_t handle)
{
    uint32_t h = handle == EVENT_NONE ? event_own_get(e, name) : event_own_slow(e, name, handle);

    while (h != EVENT_NONE && event_kind(e, h) == REC_GROUP)
        h = event_own_slow(e, name, h);
    return h;
}

static uint32_t last_text(struct event *e, uint32_t name)
{
    uint32_t h = next_text(e, name, EVENT_NONE), next = h;

    while (next != EVENT_NONE) {
        h = next;
        next = next_text(e, name, h);
    }
    return h;
}

static uint32_t compute_each(struct event *e, const struct computed *c)
{
    uint32_t first = EVENT_NONE, last = EVENT_NONE, name = c->parts[0].name, count = 0;
    uint32_t from = c->last ? last_text(e, name) : next_text(e, name, EVENT_NONE);

    for (uint32_t h = from; h != EVENT_NONE && count < EVENT_VALUES_MAX;
         h = next_text(e, name, h), count++) {
        struct span text = event_text(e, h);
        uint32_t made = text.p == NULL ? EVENT_NONE : add_value(e, c, text);

        if (made == EVENT_NONE)
            continue;
        if (first == EVENT_NONE)
            first = made;
        else
            e->chain[last] = (uint16_t)made;
        last = made;
    }
    return first;
}

/* All values of a field as one text: the arguments of a program as its command line. */
static uint32_t compute_line(struct event *e, const struct computed *c)
{
    uint32_t name = c->parts[0].name, first = next_text(e, name, EVENT_NONE);
    size_t bytes = 0, at = 0;
    uint8_t *p;

    if (first == EVENT_NONE)
        return EVENT_NONE;
    for (uint32_t h = first; h != EVENT_NONE; h = next_text(e, name, h))
        bytes += c->join.n + event_text(e, h).n;
    p = arena_bytes(&e->own->mem, bytes);
    if (p == NULL)
        return EVENT_NONE;
    for (uint32_t h = first; h != EVENT_NONE; h = next_text(e, name, h)) {
        struct span text = event_text(e, h);

        if (h != first && c->join.n > 0)
            memcpy(p + at, c->join.p, c->join.n);
        at += h != first ? c->join.n : 0;
        if (text.n > 0)
            memcpy(p + at, text.p, text.n);
        at += text.n;
    }
    return add_value(e, c, (struct span){ p, at });
}

static uint32_t compute_joined(struct event *e, const struct computed *c)
{
    struct span piece[TAXONOMY_PARTS_MAX];
    size_t bytes = 0, at = 0;
    uint8_t *p;

    for (uint32_t i = 0; i < c->part_count; i++) {
        piece[i] = c->parts[i].literal;
        if (c->parts[i].name != 0) {
            uint32_t h = c->last ? last_text(e, c->parts[i].name)
                                 : next_text(e, c->parts[i].name, EVENT_NONE);

            if (h == EVENT_NONE)
                return EVENT_NONE;
            piece[i] = event_text(e, h);
            if (piece[i].p == NULL)
                return EVENT_NONE;
        }
        bytes += piece[i].n;
    }
    p = arena_bytes(&e->own->mem, bytes);
    if (p == NULL)
        return EVENT_NONE;
    for (uint32_t i = 0; i < c->part_count; i++) {
        if (piece[i].n > 0)
            memcpy(p + at, piece[i].p, piece[i].n);
        at += piece[i].n;
    }
    return add_value(e, c, (struct span){ p, bytes });
}

uint32_t event_compute(struct event *e, uint32_t index)
{
    struct event_own *o = e->own;
    const struct computed *c = &e->taxonomy->computed[index];
    uint32_t first;

    if (o->computed_round[index] == e->round)
        return o->computed_first[index] == EVENT_CHAIN_END ? EVENT_NONE : o->computed_first[index];
    if (c->part_count != 1 || c->parts[0].name == 0)
        first = compute_joined(e, c);
    else
        first = c->joins ? compute_line(e, c) : compute_each(e, c);
    o->computed_round[index] = e->round;
    o->computed_first[index] = first == EVENT_NONE ? EVENT_CHAIN_END : (uint16_t)first;
    return first;
}
