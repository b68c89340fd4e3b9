/*
 * correlate_record.c - the bytes that carry a hit from the matcher to the correlator.
 *
 *     0  bytes of the whole record, u32
 *     4  the key: time (sign turned), order number, rule, all big-endian: memcmp sorts it
 *    24  ref, u64
 *    32  for each feed of the rule, in the plan's order:
 *            state, u8: whole, or what is missing; when whole, for each of the feed's fields:
 *                bytes of the text, u32; bytes of its folding, u32, or SAME; text; folding
 *
 * Texts are folded here, on the matcher's thread, of which there are many. Numbers that are not in
 * the key are in the machine's order: records do not leave it.
 */
#include "sigma/correlate_record.h"

#include "base/limits.h"
#include "event/fold.h"

#define SAME       UINT32_MAX
#define TIME_AT    4u
#define ORDER_AT   12u
#define RULE_AT    20u
#define REF_AT     24u
#define HEAD_BYTES 32u

static void put_big(uint8_t *p, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        p[i] = (uint8_t)(v >> 8 * (bytes - 1 - i));
}

static uint64_t get_big(const uint8_t *p, unsigned bytes)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

static void put_u32(struct buf *out, uint32_t v)
{
    buf_add(out, (struct span){ (const uint8_t *)&v, sizeof(v) });
}

/* The folding goes straight into the record, and out again when it is the text itself. */
static void put_text(struct buf *out, struct span text)
{
    size_t at = out->n + sizeof(uint32_t), folded;
    size_t most = 2 * sizeof(uint32_t) + text.n + fold_room(text.n);

    if (text.n >= SAME / 4 || !buf_reserve(out, most)) {
        out->failed = true;
        return;
    }
    put_u32(out, (uint32_t)text.n);
    put_u32(out, SAME);
    buf_add(out, text);
    folded = fold_put(text, out->p + out->n);
    if (span_eq(text, (struct span){ out->p + out->n, folded }))
        return;
    memcpy(out->p + at, &(uint32_t){ (uint32_t)folded }, sizeof(uint32_t));
    out->n += folded;
}

static void put_feed(const struct plan_row *row, const struct feed *f,
                     const struct correlate_values *v, struct buf *out)
{
    size_t begin = out->n;

    buf_byte(out, INPUT_WHOLE);
    for (uint32_t i = 0; i < row->field_count && !out->failed; i++) {
        struct span text = v->get(v->arg, f->field[i]);

        if (text.p == NULL) {
            out->n = begin;
            buf_byte(out, i < row->rule->group_count ? INPUT_NO_GROUP : INPUT_NO_VALUE);
            return;
        }
        put_text(out, text);
    }
}

void correlate_put(const struct correlate_plan *p, const struct correlate_event *hit,
                   const struct correlate_values *v, struct buf *out)
{
    const struct feeds *feeds = &p->of_rule[hit->rule];
    uint8_t head[HEAD_BYTES] = { 0 };
    size_t begin = out->n;

    MUST(correlate_wanted(p, hit->rule));
    put_big(head + TIME_AT, (uint64_t)hit->time_ns ^ UINT64_C(1) << 63, 8);
    put_big(head + ORDER_AT, hit->order, 8);
    put_big(head + RULE_AT, hit->rule, 4);
    memcpy(head + REF_AT, &hit->ref, sizeof(hit->ref));
    buf_add(out, (struct span){ head, sizeof(head) });
    for (uint32_t i = 0; i < feeds->count && !out->failed; i++)
        put_feed(&p->rows[feeds->feed[i].correlation], &feeds->feed[i], v, out);
    if (out->n - begin > UINT32_MAX)
        out->failed = true;
    if (!out->failed)
        memcpy(out->p + begin, &(uint32_t){ (uint32_t)(out->n - begin) }, sizeof(uint32_t));
}

struct event_values {
    struct event *event;
    const struct view *view;
};

/* The first value that is not null. Of an array the members are values, not the array. */
static struct span event_value(void *arg, uint32_t name)
{
    const struct event_values *v = arg;
    uint32_t h = event_get(v->event, v->view, name);

    for (; h != EVENT_NONE; h = event_more(v->event, v->view, name, h)) {
        if (event_field(v->event, h)->kind != REC_GROUP &&
            event_field(v->event, h)->kind != REC_NONE)
            return event_text(v->event, h);
    }
    return SPAN_NONE;
}

void correlate_put_hit(const struct correlate_plan *p, const struct correlate_event *hit,
                       struct event *e, const struct view *view, struct buf *out)
{
    struct event_values from = { e, view };
    const struct correlate_values v = { event_value, &from };

    correlate_put(p, hit, &v, out);
}

/* --- reading -------------------------------------------------------------------------------- */

static bool take(struct span *rest, size_t n, struct span *out)
{
    if (rest->n < n)
        return false;
    *out = (struct span){ rest->p, n };
    *rest = span_from(*rest, n);
    return true;
}

static bool take_u32(struct span *rest, uint32_t *v)
{
    struct span s;

    if (!take(rest, sizeof(*v), &s))
        return false;
    memcpy(v, s.p, sizeof(*v));
    return true;
}

bool correlate_next(struct span *rest, struct span *record)
{
    struct span at = *rest;
    uint32_t bytes;

    if (!take_u32(&at, &bytes) || bytes < HEAD_BYTES || bytes > rest->n)
        return false;
    return take(rest, bytes, record);
}

int64_t correlate_time(struct span record)
{
    MUST(record.n >= HEAD_BYTES);
    return (int64_t)(get_big(record.p + TIME_AT, 8) ^ UINT64_C(1) << 63);
}

bool record_head(struct span *rest, struct correlate_event *hit)
{
    struct span head;
    uint32_t bytes;

    if (rest->n < HEAD_BYTES)
        return false;
    memcpy(&bytes, rest->p, sizeof(bytes));
    if (bytes != rest->n || !take(rest, HEAD_BYTES, &head))
        return false;
    hit->time_ns = correlate_time(head);
    hit->order = get_big(head.p + ORDER_AT, 8);
    hit->rule = (uint32_t)get_big(head.p + RULE_AT, 4);
    memcpy(&hit->ref, head.p + REF_AT, sizeof(hit->ref));
    return hit->time_ns != INT64_MIN; /* which is no time: see time.h */
}

bool record_input(struct span *rest, enum input_state *state)
{
    struct span s;

    if (!take(rest, 1, &s) || s.p[0] > INPUT_NO_VALUE)
        return false;
    *state = (enum input_state)s.p[0];
    return true;
}

bool record_text(struct span *rest, struct span *text, struct span *folded)
{
    uint32_t n, fold_n;

    if (!take_u32(rest, &n) || !take_u32(rest, &fold_n) || !take(rest, n, text))
        return false;
    *folded = *text;
    return fold_n == SAME || take(rest, fold_n, folded);
}

void correlate_set(uint8_t *record, uint64_t order, uint64_t ref)
{
    put_big(record + ORDER_AT, order, 8);
    memcpy(record + REF_AT, &ref, sizeof(ref));
}
