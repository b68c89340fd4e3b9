/*
 * classify.c - from an event's discriminators to its class.
 *
 * The few fields that some row's condition looks at were collected while naming. Their raw bytes,
 * with the codecs, make a key; equal keys have equal classes, so a memo per thread answers all but
 * the first of a kind without decoding or comparing a text. A value that only patterns look at
 * (free text) enters the key as the outcomes of those patterns, one bit each.
 *
 *   key: outer codec, inner codec, then per value: discriminator, form, [length, bytes | 16 bytes]
 *
 * The memo has one place per hash: a newer key takes it. Long or many values are evaluated each
 * time: slower, not wrong.
 */
#include "event/event_own.h"

#include <xxhash.h>

#define FORM_PRESENT 0xFEu
#define FORM_TESTS   0xFFu

struct key {
    uint8_t bytes[EVENT_MEMO_BYTES];
    size_t n;
};

struct outcomes {
    uint64_t bits[TAXONOMY_TESTS_MAX / 64];
};

/* Patterns that only rows for other codecs ask are left out: prose is long, and they are many. */
static struct outcomes outcomes(struct event *e, const struct disc *d, uint16_t handle)
{
    uint32_t codecs = 1u << e->rec->codec | 1u << e->rec->inner;
    struct outcomes o = { { 0 } };
    struct span text = SPAN_NONE;
    bool asked = false;

    for (uint32_t i = 0; i < d->pattern_count; i++) {
        if ((d->pattern_codecs[i] & codecs) == 0)
            continue;
        if (!asked)
            text = event_text(e, handle); /* decoded only now */
        asked = true;
        if (text.p == NULL)
            break;
        if (pattern_holds((enum test_kind)d->pattern_kind[i], d->pattern[i], text))
            o.bits[i / 64] |= 1ull << (i % 64);
    }
    return o;
}

/* Append one value; false when the key would be too long. */
static bool key_value(struct event *e, struct key *k, const struct disc_hit *hit)
{
    const struct disc *d = &e->taxonomy->disc[hit->disc];
    const struct rec_field *f = event_field(e, hit->handle);
    struct outcomes tests;

    if (sizeof(k->bytes) - k->n < 3 + sizeof(tests))
        return false;
    k->bytes[k->n++] = hit->disc;
    if (d->mode == BY_PRESENCE || f->kind == REC_GROUP) {
        k->bytes[k->n++] = FORM_PRESENT;
    } else if (d->mode == BY_TESTS) {
        tests = outcomes(e, d, hit->handle);
        k->bytes[k->n++] = FORM_TESTS;
        memcpy(k->bytes + k->n, &tests, sizeof(tests));
        k->n += sizeof(tests);
    } else {
        if (f->value_bytes > EVENT_VALUE_BYTES || sizeof(k->bytes) - k->n < 2 + f->value_bytes)
            return false;
        k->bytes[k->n++] = (uint8_t)f->kind;
        k->bytes[k->n++] = (uint8_t)f->value_bytes;
        if (f->value_bytes > 0)
            memcpy(k->bytes + k->n, f->value, f->value_bytes);
        k->n += f->value_bytes;
    }
    return true;
}

struct found_values {
    struct disc_value at[EVENT_HITS_MAX];
};

static void find_values(struct event *e, struct found_values *v)
{
    struct event_own *o = e->own;

    for (uint32_t i = 0; i < o->hit_count; i++) {
        const struct rec_field *f = event_field(e, o->hits[i].handle);

        v->at[i] = (struct disc_value){ .disc = o->hits[i].disc, .group = f->kind == REC_GROUP };
        if (!v->at[i].group && e->taxonomy->disc[v->at[i].disc].mode != BY_PRESENCE)
            v->at[i].text = event_text(e, o->hits[i].handle);
    }
}

static const struct class_own *class_find(struct event *e)
{
    struct event_own *o = e->own;
    struct found_values v;

    find_values(e, &v);
    return taxonomy_class(e->taxonomy, 1u << e->rec->codec | 1u << e->rec->inner, v.at,
                          o->hit_count, &o->scratch);
}

/* --- with somebody watching ----------------------------------------------------------------- */

static bool is_noted(const struct event_watch *w, const struct event_pattern *p)
{
    for (uint32_t i = 0; i < w->patterns; i++) {
        const struct event_pattern *q = &w->pattern[i];

        if (q->field == p->field && q->kind == p->kind && span_eq(q->text, p->text))
            return true;
    }
    return false;
}

static void note_reason(void *arg, uint32_t value, const struct test *x)
{
    static const enum event_pattern_kind kinds[] = { [TEST_EQ] = EVENT_IS,
                                                     [TEST_STARTS] = EVENT_STARTS,
                                                     [TEST_ENDS] = EVENT_ENDS,
                                                     [TEST_CONTAINS] = EVENT_HOLDS };
    struct event *e = arg;
    struct event_watch *w = e->own->watch;
    const uint32_t handle = e->own->hits[value].handle;
    const uint32_t field = handle < LIMIT_FIELDS ? handle : e->own->origin[handle - LIMIT_FIELDS];

    event_note(e, handle, EVENT_SEEN_KIND);
    for (uint32_t i = 0; i < x->count; i++) {
        struct event_pattern p;

        if (x->kind[i] == TEST_EXISTS)
            continue;
        p = (struct event_pattern){ field, kinds[x->kind[i]], x->text[i] };
        event_note(e, handle, EVENT_SEEN_TESTS);
        if (is_noted(w, &p))
            continue;
        if (w->patterns == EVENT_PATTERNS_MAX)
            event_note(e, handle, EVENT_SEEN_ALL);
        else
            w->pattern[w->patterns++] = p;
    }
}

/* What was looked at is what the class follows from, and not what the search for it read. */
static void note_class(struct event *e)
{
    struct event_watch *watch = e->own->watch;
    struct found_values v;

    e->own->watch = NULL;
    find_values(e, &v);
    e->own->watch = watch;
    taxonomy_reasons(e->taxonomy, 1u << e->rec->codec | 1u << e->rec->inner, v.at,
                     e->own->hit_count, note_reason, e);
}

static void classify(struct event *e);

void event_classify(struct event *e)
{
    struct event_watch *watch = e->own->watch;

    e->own->watch = NULL;
    classify(e);
    e->own->watch = watch;
    if (watch != NULL)
        note_class(e);
}

static void classify(struct event *e)
{
    struct event_own *o = e->own;
    struct key k;
    struct memo *m;
    bool fits = true;

    k.bytes[0] = e->rec->codec;
    k.bytes[1] = e->rec->inner;
    k.n = 2;
    for (uint32_t i = 0; fits && i < o->hit_count; i++)
        fits = key_value(e, &k, &o->hits[i]);
    if (!fits) {
        o->cls = class_find(e);
    } else {
        m = &o->memo[XXH3_64bits(k.bytes, k.n) & (EVENT_MEMO - 1)];
        if (m->cls == NULL || m->bytes != k.n || memcmp(m->key, k.bytes, k.n) != 0) {
            o->cls = class_find(e);
            m->cls = o->cls == &o->scratch ? NULL : o->cls;
            m->bytes = (uint32_t)k.n;
            memcpy(m->key, k.bytes, k.n);
        }
        o->cls = m->cls != NULL ? m->cls : &o->scratch;
    }
    e->cls = &o->cls->pub;
}
