/*
 * stage.c - see stage.h. A binary heap of copies; time and order are kept beside the pointer, so
 * that most comparisons need not touch the record.
 *
 * saved:  u8 has watermark, i64 watermark, u64 bytes of the records, records, correlator's state
 */
#include "desk/stage.h"

#include <stdlib.h>

#define SAVED_HEAD 17u

struct waiting {
    int64_t time;
    uint8_t *record;
    uint32_t bytes;
};

struct stage {
    struct stage_settings is;
    struct correlator *correlator;
    struct waiting *heap;
    size_t count, cap, bytes;
    int64_t time;
    uint8_t last[CORRELATE_KEY_BYTES];
    bool has_last;
    struct stage_counts counts;
};

/* What a waiting record costs beside its bytes. */
static size_t cost(uint32_t bytes)
{
    return bytes + sizeof(struct waiting) + 16;
}

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory for the inputs of correlations.");
}

static const uint8_t *key_of(const struct waiting *w)
{
    return correlate_key((struct span){ w->record, w->bytes });
}

static bool before(const struct waiting *a, const struct waiting *b)
{
    if (a->time != b->time)
        return a->time < b->time;
    return memcmp(key_of(a), key_of(b), CORRELATE_KEY_BYTES) < 0;
}

static void sift_up(struct stage *s, size_t i, struct waiting w)
{
    for (; i > 0 && before(&w, &s->heap[(i - 1) / 2]); i = (i - 1) / 2)
        s->heap[i] = s->heap[(i - 1) / 2];
    s->heap[i] = w;
}

static void sift_down(struct stage *s, size_t i, struct waiting w)
{
    for (;;) {
        size_t k = 2 * i + 1;

        if (k + 1 < s->count && before(&s->heap[k + 1], &s->heap[k]))
            k++;
        if (k >= s->count || !before(&s->heap[k], &w))
            break;
        s->heap[i] = s->heap[k];
        i = k;
    }
    s->heap[i] = w;
}

static struct waiting take_first(struct stage *s)
{
    struct waiting first = s->heap[0];

    s->count--;
    s->bytes -= cost(first.bytes);
    if (s->count > 0)
        sift_down(s, 0, s->heap[s->count]);
    return first;
}

/* --- feeding --------------------------------------------------------------------------------- */

/* An empty correlator in the place of one that has no memory left. */
static int restart(struct stage *s, struct err *e)
{
    s->counts.restarts++;
    correlator_free(&s->correlator);
    return correlator_new(&s->correlator, s->is.plan, s->is.groups_max, s->is.fn, s->is.arg, e);
}

static int feed(struct stage *s, const struct waiting *w, struct err *e)
{
    struct span record = { w->record, w->bytes };
    int rc;

    if (s->has_last && memcmp(s->last, correlate_key(record), CORRELATE_KEY_BYTES) == 0) {
        s->counts.repeated++;
        return ERR_OK;
    }
    rc = correlator_feed(s->correlator, record, e);
    if (rc == ERR_NOMEM)
        return restart(s, e);
    if (rc != ERR_OK) {
        s->counts.odd++;
        return ERR_OK;
    }
    memcpy(s->last, correlate_key(record), CORRELATE_KEY_BYTES);
    s->has_last = true;
    s->counts.fed++;
    return ERR_OK;
}

static int feed_until(struct stage *s, int64_t time_ns, struct err *e)
{
    int rc = ERR_OK;

    while (rc == ERR_OK && s->count > 0 && s->heap[0].time <= time_ns) {
        struct waiting w = take_first(s);

        rc = feed(s, &w, e);
        free(w.record);
    }
    return rc;
}

int stage_advance(struct stage *s, int64_t time_ns, struct err *e)
{
    int rc;

    if (time_ns <= s->time)
        return ERR_OK;
    rc = feed_until(s, time_ns, e);
    if (rc == ERR_OK)
        rc = correlator_advance(s->correlator, time_ns, e);
    if (rc == ERR_NOMEM) {
        rc = restart(s, e);
        if (rc == ERR_OK)
            rc = correlator_advance(s->correlator, time_ns, e);
    }
    if (rc == ERR_OK)
        s->time = time_ns;
    return rc;
}

int stage_drain(struct stage *s, struct err *e)
{
    int rc = ERR_OK;

    while (rc == ERR_OK && s->count > 0)
        rc = stage_advance(s, s->heap[0].time, e);
    return rc;
}

/* Down to 15/16 of the limit. */
static int make_room(struct stage *s, struct err *e)
{
    int rc = ERR_OK;

    while (rc == ERR_OK && s->count > 0 && s->bytes > s->is.buffer_max - s->is.buffer_max / 16) {
        size_t count = s->count;

        rc = stage_advance(s, s->heap[0].time, e);
        s->counts.forced += count - s->count;
    }
    return rc;
}

static bool heap_room(struct stage *s)
{
    size_t cap = s->cap == 0 ? 256 : s->cap * 2;
    struct waiting *p;

    if (s->count < s->cap)
        return true;
    p = realloc(s->heap, cap * sizeof(*p));
    if (p == NULL)
        return false;
    s->heap = p;
    s->cap = cap;
    return true;
}

int stage_put(struct stage *s, struct span record, struct err *e)
{
    struct waiting w = { .time = correlate_time(record), .bytes = (uint32_t)record.n };
    int rc;

    if (w.time <= s->time)
        return 0;
    w.record = malloc(record.n);
    if (w.record == NULL || !heap_room(s)) {
        free(w.record);
        return no_memory(e);
    }
    memcpy(w.record, record.p, record.n);
    s->bytes += cost(w.bytes);
    sift_up(s, s->count++, w);
    if (s->bytes <= s->is.buffer_max)
        return 1;
    rc = make_room(s, e);
    return rc == ERR_OK ? 1 : rc;
}

/* --- the stage as a thing -------------------------------------------------------------------- */

int stage_new(struct stage **out, const struct stage_settings *is, struct err *e)
{
    struct stage *s = calloc(1, sizeof(*s));
    int rc;

    *out = s;
    if (s == NULL)
        return no_memory(e);
    s->is = *is;
    s->time = INT64_MIN;
    rc = correlator_new(&s->correlator, is->plan, is->groups_max, is->fn, is->arg, e);
    if (rc != ERR_OK)
        stage_free(out);
    return rc;
}

void stage_free(struct stage **ps)
{
    struct stage *s = *ps;

    *ps = NULL;
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->count; i++)
        free(s->heap[i].record);
    free(s->heap);
    correlator_free(&s->correlator);
    free(s);
}

int64_t stage_time(const struct stage *s)
{
    return s->time;
}

size_t stage_waiting(const struct stage *s)
{
    return s->bytes;
}

struct stage_counts stage_counts(const struct stage *s)
{
    return s->counts;
}

struct correlate_counts stage_correlation(const struct stage *s, uint32_t correlation)
{
    return correlator_counts(s->correlator, correlation);
}

/* --- saved ----------------------------------------------------------------------------------- */

void stage_save(const struct stage *s, struct buf *out)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < s->count; i++)
        bytes += s->heap[i].bytes;
    buf_byte(out, s->time > INT64_MIN);
    buf_add(out, (struct span){ (const uint8_t *)&s->time, sizeof(s->time) });
    buf_add(out, (struct span){ (const uint8_t *)&bytes, sizeof(bytes) });
    for (size_t i = 0; i < s->count; i++)
        buf_add(out, (struct span){ s->heap[i].record, s->heap[i].bytes });
    if (s->time > INT64_MIN)
        correlator_save(s->correlator, out);
}

static int no_state(struct err *e)
{
    return err_set(e, ERR_CORRUPT, 0, "This is no saved state of correlations.");
}

int stage_load(struct stage *s, struct span saved, struct err *e)
{
    struct span records, record;
    uint64_t bytes;
    int64_t time;
    int rc = ERR_OK;

    MUST(s->count == 0 && s->time == INT64_MIN);
    if (saved.n < SAVED_HEAD || saved.p[0] > 1)
        return no_state(e);
    memcpy(&time, saved.p + 1, sizeof(time));
    memcpy(&bytes, saved.p + 9, sizeof(bytes));
    if (bytes > saved.n - SAVED_HEAD || (saved.p[0] == 0) != (time == INT64_MIN))
        return no_state(e);
    records = (struct span){ saved.p + SAVED_HEAD, bytes };
    saved = span_from(saved, SAVED_HEAD + bytes);
    if (time > INT64_MIN)
        rc = correlator_load(s->correlator, saved, e);
    else if (saved.n > 0)
        rc = no_state(e);
    s->time = time;
    while (rc == ERR_OK && correlate_next(&records, &record)) {
        int taken = stage_put(s, record, e);

        rc = taken < 0 ? taken : taken == 0 ? no_state(e) : ERR_OK;
    }
    return rc == ERR_OK && records.n > 0 ? no_state(e) : rc;
}
