/*
 * correlations.c - see correlations.h.
 *
 *   inputs:  spill, by (time, order); what is added of one event stays in its order
 *   texts:   a file of  [bytes u32][text]  at growing offsets; `ref` of an input is its offset
 */
#include "scan/correlations.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/file.h"
#include "os/spill.h"

#define SORT_BYTES       ((size_t)16 << 20)
#define TEXTS_BYTES      ((size_t)1 << 30) /* a bound of the buffer; it is written at WRITE_BYTES */
#define WRITE_BYTES      ((size_t)256 << 10)
#define SHOWN_BYTES_MAX  ((size_t)8 << 20) /* of the texts of one result */
#define SHOWN_EVENTS_MAX 256u

struct correlations {
    const struct ruleset *rules;
    const struct correlate_plan *plan;
    struct spill *inputs;
    int fd; /* texts */
    struct buf texts;
    uint64_t written; /* of texts, before the buffer */
    uint64_t ref;     /* of the event at hand */
    struct buf record;
    /* while running */
    struct buf shown;
    struct span events[SHOWN_EVENTS_MAX];
    correlated_fn *fn;
    void *fn_arg;
    bool stopped;
    struct err why;
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory for what correlations need.");
}

int correlations_new(struct correlations **out, const struct ruleset *rs,
                     const struct correlate_plan *plan, struct err *e)
{
    struct correlations *c = calloc(1, sizeof(*c));
    int rc;

    *out = c;
    if (c == NULL)
        return no_memory(e);
    c->rules = rs;
    c->plan = plan;
    c->fd = -1;
    buf_init(&c->texts, TEXTS_BYTES);
    buf_init(&c->record, TEXTS_BYTES);
    buf_init(&c->shown, 2 * SHOWN_BYTES_MAX + TEXTS_BYTES);
    rc = spill_new(&c->inputs, SORT_BYTES, e);
    if (rc != ERR_OK)
        correlations_free(out);
    return rc;
}

void correlations_free(struct correlations **pc)
{
    struct correlations *c = *pc;

    *pc = NULL;
    if (c == NULL)
        return;
    if (c->fd >= 0)
        spill_close(c->fd);
    spill_free(&c->inputs);
    buf_release(&c->texts);
    buf_release(&c->record);
    buf_release(&c->shown);
    free(c);
}

/* --- Keeping -------------------------------------------------------------------------------- */

static int texts_flush(struct correlations *c, struct err *e)
{
    if (buf_failed(&c->texts))
        return no_memory(e);
    if (c->fd < 0 && (c->fd = spill_file(e)) < 0)
        return ERR_IO;
    if (!file_write_all(c->fd, buf_span(&c->texts)))
        return err_set(e, ERR_IO, 0, "The temporary file cannot be written: %s.", strerror(errno));
    c->written += c->texts.n;
    buf_clear(&c->texts);
    return ERR_OK;
}

int correlations_event(struct correlations *c, struct span text, struct err *e)
{
    uint32_t bytes = (uint32_t)text.n;

    c->ref = c->written + c->texts.n;
    buf_add(&c->texts, (struct span){ (const uint8_t *)&bytes, sizeof(bytes) });
    buf_add(&c->texts, text);
    return c->texts.n >= WRITE_BYTES || buf_failed(&c->texts) ? texts_flush(c, e) : ERR_OK;
}

int correlations_input(struct correlations *c, uint64_t order, struct span record, struct err *e)
{
    struct spill_key key = { .order = order };

    buf_clear(&c->record);
    buf_add(&c->record, record);
    if (buf_failed(&c->record))
        return no_memory(e);
    correlate_set(c->record.p, order, c->ref);
    key.time = correlate_time(buf_span(&c->record));
    return spill_add(c->inputs, key, buf_span(&c->record), e);
}

/* --- Judging -------------------------------------------------------------------------------- */

/* The event's text at the end of c->shown; false when it cannot be read back. */
static bool show_event(struct correlations *c, uint64_t ref)
{
    uint32_t bytes;

    if (!file_read_at(c->fd, ref, &bytes, sizeof(bytes)) || !buf_reserve(&c->shown, bytes) ||
        !file_read_at(c->fd, ref + sizeof(bytes), c->shown.p + c->shown.n, bytes))
        return false;
    c->shown.n += bytes;
    return true;
}

/* The texts of a result's events: all, or as many as SHOWN_BYTES_MAX holds. */
static uint32_t show_events(struct correlations *c, const struct correlate_result *r)
{
    size_t end[SHOWN_EVENTS_MAX];
    uint32_t count = 0,
             most = r->event_count < SHOWN_EVENTS_MAX ? r->event_count : SHOWN_EVENTS_MAX;

    buf_clear(&c->shown);
    while (count < most && c->shown.n < SHOWN_BYTES_MAX) {
        if (!show_event(c, r->events[count].ref)) {
            (void)err_set(&c->why, ERR_IO, 0, "The temporary file cannot be read back.");
            c->stopped = true;
            break;
        }
        end[count++] = c->shown.n;
    }
    for (uint32_t i = 0; i < count; i++) { /* only now: the buffer does not move any more */
        size_t from = i > 0 ? end[i - 1] : 0;

        c->events[i] = (struct span){ c->shown.p + from, end[i] - from };
    }
    return count;
}

static void on_result(void *arg, const struct correlate_result *r)
{
    struct correlations *c = arg;
    const struct sigma_correlation *x = ruleset_correlation(c->rules, r->correlation);
    struct span *pairs = calloc(2 * (size_t)r->group_count + 1, sizeof(*pairs));
    struct correlated out = { .rule = &x->head,
                              .level = x->head.level,
                              .type = correlation_type_name(x->type),
                              .time_ns = r->time_ns,
                              .group_names = pairs,
                              .group_values = pairs + r->group_count,
                              .group_count = r->group_count,
                              .value = r->value,
                              .event_total = r->input_count,
                              .events = c->events };

    if (pairs == NULL || c->stopped) {
        if (pairs == NULL && !c->stopped) {
            (void)no_memory(&c->why);
            c->stopped = true;
        }
        free(pairs);
        return;
    }
    for (uint32_t i = 0; i < r->group_count; i++) {
        pairs[i] = r->group[i].name;
        pairs[r->group_count + i] = r->group[i].value;
    }
    out.event_count = show_events(c, r);
    if (!c->stopped && !c->fn(c->fn_arg, &out)) {
        c->stopped = true;
        c->why = (struct err){ 0 };
    }
    free(pairs);
}

static int feed_all(struct correlations *c, struct correlator *engine, struct err *e)
{
    struct spill_key key;
    struct span record;
    int rc = spill_sort(c->inputs, e);

    if (rc != ERR_OK)
        return rc;
    while (!c->stopped && (rc = spill_next(c->inputs, &key, &record, e)) > 0) {
        rc = correlator_feed(engine, record, e);
        if (rc != ERR_OK)
            return rc;
    }
    if (rc < 0 || c->stopped)
        return rc < 0 ? rc : ERR_OK;
    return correlator_finish(engine, e);
}

int correlations_run(struct correlations *c, correlated_fn *fn, void *arg,
                     struct correlations_totals *totals, struct err *e)
{
    struct correlator *engine = NULL;
    int rc = texts_flush(c, e);

    c->fn = fn;
    c->fn_arg = arg;
    if (rc == ERR_OK)
        rc = correlator_new(&engine, c->plan, 0, on_result, c, e);
    if (rc == ERR_OK)
        rc = feed_all(c, engine, e);
    for (uint32_t i = 0; engine != NULL && i < ruleset_correlation_count(c->rules); i++) {
        struct correlate_counts n = correlator_counts(engine, i);

        totals->group_missing += n.group_missing;
        totals->groups_evicted += n.groups_evicted;
    }
    correlator_free(&engine);
    if (rc == ERR_OK && c->stopped && c->why.code != ERR_OK) {
        if (e != NULL)
            *e = c->why;
        rc = c->why.code;
    }
    return rc;
}
