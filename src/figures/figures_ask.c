/*
 * figures_ask.c - see figures_own.h: one event of a shape is read, and what it answers is noted
 * with what was looked at for it.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/ascii.h"
#include "base/time.h"
#include "figures/figures_own.h"

/* --- is it what the shape says -------------------------------------------------------------- */

/* Where a field of the shape is in the row, of which `at` has the begins of the literals. */
static struct span field_place(const struct figures *f, const struct block_field *d,
                               const uint32_t *at)
{
    const uint32_t from = at[d->first] + d->from, to = at[d->last] + d->to;

    return (struct span){ f->raw.p + from, to - from };
}

/* As it was read just now it must have the fields of the shape, in their order. */
static bool is_shape(const struct figures *f, const struct rec *r, const uint32_t *at)
{
    const struct block *b = f->at->block;

    if ((r->codec != CODEC_JSON && r->codec != CODEC_XML) || r->inner != CODEC_NONE ||
        r->count != block_shape(b, f->shape).fields)
        return false;
    for (uint32_t i = 0; i < r->count; i++) {
        const struct block_field d = block_field(b, f->shape, i);
        const struct span place = field_place(f, &d, at);

        if (r->fields[i].value != place.p || r->fields[i].value_bytes != place.n)
            return false;
    }
    return true;
}

/* --- what was looked at --------------------------------------------------------------------- */

/* The slot that the field is; BLOCK_NONE when it is some with what is between them, or none. */
static uint32_t field_slot(const struct figures *f, const struct block_field *d)
{
    return d->last == d->first + 1 && d->to == 0 &&
                   d->from == block_literal(f->at->block, f->shape, d->first).n
               ? d->first
               : BLOCK_NONE;
}

static bool raise_role(struct known *k, uint32_t slot, enum slot_role role)
{
    if (k->role[slot] >= role)
        return false;
    if (k->role[slot] == SLOT_NONE)
        k->used[k->used_count++] = slot;
    k->role[slot] = (uint8_t)role;
    return true;
}

/* What the slots of a field are by what was seen of it. Whether a text of several is something and
 * no null is told by what stands between them, if all of them are plain. */
static enum slot_role field_role(const struct figures *f, const struct block_field *d,
                                 unsigned seen)
{
    const bool group = (d->kind & ~(unsigned)BLOCK_DASH) == BLOCK_GROUP;
    const bool alone = field_slot(f, d) != BLOCK_NONE;

    if (seen == 0 || (seen == EVENT_SEEN_KIND && group))
        return SLOT_NONE;
    if (group || (seen & EVENT_SEEN_ALL) != 0)
        return SLOT_KEY;
    if (alone)
        return (seen & EVENT_SEEN_TESTS) != 0 ? SLOT_KEY : SLOT_HANDED;
    if ((seen & EVENT_SEEN_HANDED) != 0 || !figures_can_test(f, d))
        return SLOT_KEY;
    return (seen & EVENT_SEEN_TESTS) != 0 ? SLOT_TESTED : SLOT_HANDED;
}

/* Slots that matter by this event. True when some did not so far. *far: one is left out. */
static bool note_seen(struct figures *f, struct known *k, const struct rec *r, bool *far)
{
    bool grew = false;

    for (uint32_t i = 0; i < r->count; i++) {
        const struct block_field d = block_field(f->at->block, f->shape, i);
        const enum slot_role role = field_role(f, &d, f->watch.seen[i]);

        if (role == SLOT_TESTED && !figures_note_patterns(f, k, i, &grew))
            return true;
        for (uint32_t s = d.first; s < d.last && role != SLOT_NONE; s++) {
            if (role < SLOT_KEY && k->role[s] < SLOT_KEY) {
                k->kind[s] = d.kind;
                k->field[s] = i;
            }
            grew |= raise_role(k, s, role);
            *far |= k->left_out[s];
        }
    }
    return grew;
}

static bool has_whole(const struct figures *f)
{
    for (uint32_t i = 0; i < f->watch.patterns; i++) {
        if (f->watch.pattern[i].field == EVENT_NONE)
            return true;
    }
    return false;
}

/* Texts that were looked for in the whole record: all its slots may have a say. False: they cannot
 * be looked at slot by slot, or there is no room. */
static bool note_whole(struct figures *f, struct known *k, bool *grew, bool *far)
{
    if (!has_whole(f))
        return true;
    if (!figures_can_test_whole(f) || !figures_note_patterns(f, k, EVENT_NONE, grew))
        return false;
    k->whole = true;
    for (uint32_t i = 0; i < block_shape(f->at->block, f->shape).fields; i++) {
        const struct block_field d = block_field(f->at->block, f->shape, i);

        for (uint32_t s = d.first; s < d.last && d.kind != BLOCK_GROUP; s++) {
            if (k->role[s] == SLOT_NONE)
                k->kind[s] = d.kind;
        }
    }
    for (uint32_t s = 0; s < k->slots; s++) {
        *grew |= raise_role(k, s, SLOT_WHOLE);
        *far |= k->left_out[s];
    }
    return true;
}

/* --- answers -------------------------------------------------------------------------------- */

/* The slot that the value was handed on from; BLOCK_NONE: it is a text of its own. */
static uint32_t value_slot(const struct figures *f, const struct known *k, const struct rec *r,
                           struct span v)
{
    for (uint32_t i = 0; i < r->count; i++) {
        const struct rec_field *field = &r->fields[i];
        struct block_field d;
        uint32_t slot;

        if (field->value != v.p || field->value_bytes != v.n ||
            (f->watch.seen[i] & EVENT_SEEN_HANDED) == 0)
            continue;
        d = block_field(f->at->block, f->shape, i);
        slot = field_slot(f, &d);
        if (slot != BLOCK_NONE && k->role[slot] == SLOT_HANDED)
            return slot;
    }
    return BLOCK_NONE;
}

/* True when values are answers that were not read for it so far. */
static bool note_answers(const struct figures *f, struct known *k, const struct figure_case *c)
{
    bool grew = false;

    for (uint32_t i = 0; i < f->from.name_count; i++) {
        const struct answer *a = &c->answer[i];

        if (a->slot == BLOCK_NONE || k->answers[a->slot])
            continue;
        k->answers[a->slot] = true;
        grew = true;
    }
    return grew;
}

/* The number of these answers: equal for equal ones. */
static bool number_likeness(struct figures *f, struct figure_case *c)
{
    XXH128_hash_t h;
    struct likeness *more;

    buf_clear(&f->key);
    for (uint32_t i = 0; i < f->from.name_count; i++) {
        const struct answer *a = &c->answer[i];
        const uint64_t n[2] = { a->slot != BLOCK_NONE ? 2 : a->text.p != NULL, a->text.n };

        buf_add(&f->key, (struct span){ (const uint8_t *)n, sizeof(n) });
        buf_add(&f->key, a->text);
    }
    if (buf_failed(&f->key))
        return false;
    h = XXH3_128bits_withSeed(f->key.p, f->key.n, f->seed);
    for (c->like = 0; c->like < f->like_count; c->like++) {
        if (f->like[c->like].low == h.low64 && f->like[c->like].high == h.high64)
            return true;
    }
    if ((f->like_count & (f->like_count - 1)) == 0) {
        more =
            arena_array(&f->mem, f->like_count > 0 ? 2 * (size_t)f->like_count : 1, sizeof(*more));
        if (more == NULL)
            return false;
        if (f->like_count > 0)
            memcpy(more, f->like, f->like_count * sizeof(*more));
        f->like = more;
    }
    f->like[f->like_count++] = (struct likeness){ h.low64, h.high64 };
    return true;
}

/* What it answers for each name, looked at for the first time: the slots are known behind that. */
static bool ask_values(struct figures *f, struct query_subject *s, struct span *value)
{
    for (uint32_t i = 0; i < f->from.name_count; i++) {
        const struct span name = f->from.name[i];

        value[i] = SPAN_NONE;
        if (span_eq_nocase(name, SPAN_LIT("time")))
            continue;
        value[i] = query_value(f->from.values, s, name);
        if (value[i].p == s->event->rec->raw.p && value[i].n == s->event->rec->raw.n)
            return false; /* everything */
    }
    return true;
}

static bool keep_answers(struct figures *f, const struct known *k, const struct rec *r,
                         const struct span *value, struct figure_case *c)
{
    for (uint32_t i = 0; i < f->from.name_count; i++) {
        struct answer *a = &c->answer[i];

        *a = (struct answer){ SPAN_NONE, BLOCK_NONE };
        if (value[i].p == NULL)
            continue;
        a->slot = value_slot(f, k, r, value[i]);
        if (a->slot != BLOCK_NONE)
            continue;
        a->text = value[i].n > 0 ? arena_span(&f->mem, value[i]) : SPAN_LIT("");
        if (a->text.p == NULL)
            return false;
    }
    return number_likeness(f, c);
}

static void ask_time(struct figures *f, struct known *k, struct event *ev, struct figure_case *c)
{
    int64_t ns;
    struct block_field d;

    c->time = TIME_RECEIPT;
    if (!event_time(ev, &ns))
        return;
    c->time = TIME_OTHER;
    if (f->watch.time == EVENT_NONE)
        return;
    d = block_field(f->at->block, f->shape, f->watch.time);
    c->time_slot = field_slot(f, &d);
    if (c->time_slot == BLOCK_NONE)
        return;
    k->kind[c->time_slot] = d.kind;
    c->time = TIME_SLOT;
}

static int take_event(struct figures *f, uint32_t row, uint32_t *at, uint32_t at_max, struct err *e)
{
    struct shown_about a = { .lane = f->at->lane };
    struct block_event ev;
    int rc = block_raw_places(f->at->block, row, &f->raw, at, at_max, e);

    if (rc == ERR_OK)
        rc = block_envelope(f->at->block, e);
    if (rc != ERR_OK)
        return rc;
    ev = block_event(f->at->block, row);
    a.ev = (struct lane_read_event){ ev.sequence, ev.source,     ev.flags,
                                     ev.lines,    ev.receipt_ns, buf_span(&f->raw) };
    (void)source_names_find(f->at->names, ev.source, &a.source, &a.input); /* null when unknown */
    shown_take(f->shown, &a);
    return ERR_OK;
}

/* Of one that may matter all rows are left. */
static void ask_matters(struct figures *f, struct known *k, struct query_subject *s,
                        struct figure_case *c, bool *grew)
{
    const bool out = !f->from.matters(f->from.matters_arg, s->event) && !f->watch.all;
    bool far = false, good = out && note_whole(f, k, grew, &far);

    *grew |= note_seen(f, k, s->event->rec, &far);
    if (good && !far)
        c->kind = CASE_OUT;
}

int figures_ask(struct figures *f, struct known *k, uint32_t row, struct figure_case *c, bool *grew,
                struct err *e)
{
    struct query_subject *s = shown_subject(f->shown);
    uint32_t *at = arena_array(&f->block, k->slots + 1u, sizeof(*at));
    struct span *value = arena_array(&f->block, f->from.name_count + 1u, sizeof(*value));
    const struct rec *r;
    bool holds, good = true, far = false; /* nothing is left out of keys here */
    int rc;

    *grew = false;
    c->kind = CASE_ROWS;
    if (at == NULL || value == NULL)
        return ERR_OK;
    rc = take_event(f, row, at, k->slots + 1, e);
    if (rc != ERR_OK)
        return rc;
    r = s->event->rec;
    k->never = !is_shape(f, r, at);
    if (k->never)
        return ERR_OK;
    if (f->from.matters != NULL) {
        ask_matters(f, k, s, c, grew);
        return ERR_OK;
    }
    holds = query_eval_holds_in_range(f->from.filter, s);
    if (holds)
        good = ask_values(f, s, value);
    good = good && !s->has_text && !s->has_time && !s->failed;
    if (holds && good && (f->timed || f->tells_time || f->from.apart))
        ask_time(f, k, s->event, c);
    *grew = note_seen(f, k, r, &far);
    if (!good || (holds && c->time == TIME_OTHER))
        return ERR_OK;
    if (holds && !keep_answers(f, k, r, value, c))
        return ERR_OK;
    if (holds)
        *grew |= note_answers(f, k, c);
    c->kind = holds ? CASE_IN : CASE_OUT;
    return ERR_OK;
}
