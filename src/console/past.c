/*
 * past.c - see past.h.
 */
#include "console/past.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "console/trail.h"
#include "console/sums.h"

/* A line that will be shown unless newer ones push it out. */
struct kept {
    int64_t receipt_ns;
    uint32_t lane;
    uint64_t sequence;
    uint8_t *text;
    size_t bytes;
};

struct past {
    const struct past_from *from;
    struct filter *filter;
    struct shown *shown;
    struct kept *kept; /* a ring of `last` for each lane */
    uint32_t count[SUMS_LANES];
    uint64_t put[SUMS_LANES]; /* ever, into the ring */
};

static int keep(struct past *p, const struct shown_about *a, struct err *e)
{
    uint32_t last = p->from->last;
    struct kept *k = &p->kept[(size_t)a->lane * last + p->put[a->lane]++ % last];
    struct span line = shown_json(p->shown);
    uint8_t *text = line.p != NULL ? malloc(line.n) : NULL;

    if (text == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the events.");
    memcpy(text, line.p, line.n);
    free(k->text);
    *k = (struct kept){ a->ev.receipt_ns, a->lane, a->ev.sequence, text, line.n };
    if (p->count[a->lane] < last)
        p->count[a->lane]++;
    return ERR_OK;
}

/* --- one lane ------------------------------------------------------------------------------- */

/* The number of the next event behind the end, and that of the first in this segment. */
static int read_span(struct lane_reader *r, uint32_t segment, uint64_t *first, uint64_t *end,
                     struct err *e)
{
    struct lane_frame f;
    int rc = lane_reader_seek(r, (struct lane_place){ .segment = segment }, e);
    bool any = false;

    if (rc != ERR_OK && rc != ERR_NOTFOUND)
        return rc;
    while ((rc = lane_reader_next(r, &f, e)) == 1) {
        if (!any)
            *first = f.sequence;
        any = true;
    }
    *end = lane_reader_place(r).sequence;
    if (!any)
        *first = *end;
    return rc;
}

/* The segment to begin with, so that PAST_LOOK events or all are read. */
static int find_begin(const struct past *p, int dir, uint32_t *segment, uint64_t *from,
                      struct err *e)
{
    struct lane_reader *r = NULL;
    uint64_t first = 0, end = 0, last_end;
    int rc = lane_last_segment(dir, segment, e);

    *from = 0;
    if (rc != ERR_OK || *segment == 0)
        return rc;
    rc = lane_reader_new(&r, p->from->io, dir, 1u << LANE_SOURCES | 1u << LANE_STATE, e);
    if (rc == ERR_OK)
        rc = read_span(r, *segment, &first, &end, e);
    last_end = end;
    /* The last one may be empty: a collector is given it before it is needed. */
    while (rc == ERR_OK && *segment > 1 &&
           (last_end == 0 || (first > 1 && last_end - first < PAST_LOOK))) {
        rc = read_span(r, *segment - 1, &first, &end, e);
        (*segment)--;
        last_end = last_end == 0 ? end : last_end;
    }
    lane_reader_free(&r);
    *from = last_end > PAST_LOOK ? last_end - PAST_LOOK : 0;
    return rc;
}

static int take_events(struct past *p, struct lane_frame *f, const struct source_names *names,
                       uint64_t from, struct err *e)
{
    struct shown_about a = { .lane = f->lane };
    int rc = ERR_OK;

    if (f->sequence + f->count < from || f->lane >= SUMS_LANES)
        return ERR_OK;
    while (rc == ERR_OK && lane_next_event(f, &a.ev)) {
        a.source = a.input = SPAN_NONE;
        (void)source_names_find(names, a.ev.source, &a.source, &a.input); /* null when unknown */
        shown_take(p->shown, &a);
        if (shown_holds(p->shown, p->filter))
            rc = keep(p, &a, e);
    }
    return rc;
}

static int read_lane(struct past *p, int dir, struct err *e)
{
    struct source_names *names = source_names_new();
    struct lane_reader *r = NULL;
    struct lane_frame f;
    uint32_t segment = 0;
    uint64_t from = 0;
    int rc = names != NULL ? find_begin(p, dir, &segment, &from, e)
                           : err_set(e, ERR_NOMEM, 0, "There is no memory for the events.");

    if (rc == ERR_OK && segment != 0)
        rc = lane_reader_new(&r, p->from->io, dir, 1u << LANE_EVENTS | 1u << LANE_SOURCES, e);
    if (r != NULL) {
        rc = lane_reader_seek(r, (struct lane_place){ .segment = segment }, e);
        rc = rc == ERR_NOTFOUND ? ERR_OK : rc;
    }
    while (r != NULL && rc == ERR_OK && (rc = lane_reader_next(r, &f, e)) == 1) {
        if (f.kind == LANE_SOURCES)
            source_names_take(names, &f);
        rc = f.kind == LANE_EVENTS ? take_events(p, &f, names, from, e) : ERR_OK;
    }
    lane_reader_free(&r);
    source_names_free(&names);
    return rc;
}

static int read_lanes(struct past *p, struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t i = 0; i < SUMS_LANES && rc == ERR_OK; i++) {
        char path[4096];
        int dir, n = snprintf(path, sizeof(path), "%s/%02u", p->from->lanes, i);

        if (n < 0 || (size_t)n >= sizeof(path))
            return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
        dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (dir < 0 && errno == ENOENT)
            continue;
        if (dir < 0)
            return err_set(e, ERR_IO, 0, "%.150s cannot be opened: %s.", path, strerror(errno));
        rc = read_lane(p, dir, e);
        (void)close(dir);
    }
    return rc;
}

/* --- all of them ---------------------------------------------------------------------------- */

static int by_receipt(const void *a, const void *b)
{
    const struct kept *x = a, *y = b;

    if (x->receipt_ns != y->receipt_ns)
        return x->receipt_ns < y->receipt_ns ? -1 : 1;
    if (x->lane != y->lane)
        return x->lane < y->lane ? -1 : 1;
    return x->sequence < y->sequence ? -1 : x->sequence > y->sequence;
}

static void hand_out(struct past *p, past_fn *fn, void *arg)
{
    uint32_t last = p->from->last, n = 0;

    for (uint32_t lane = 0; lane < SUMS_LANES; lane++) {
        for (uint32_t i = 0; i < p->count[lane]; i++) {
            struct kept k = p->kept[(size_t)lane * last + i];

            p->kept[(size_t)lane * last + i].text = NULL;
            p->kept[n++] = k; /* never beyond where it was taken from */
        }
    }
    qsort(p->kept, n, sizeof(*p->kept), by_receipt);
    for (uint32_t i = n > last ? n - last : 0; i < n; i++) {
        if (!fn(arg, (struct span){ p->kept[i].text, p->kept[i].bytes }))
            return;
    }
}

int past_read(const struct past_from *from, past_fn *fn, void *arg, struct err *e)
{
    struct past p = { .from = from };
    size_t room = (size_t)SUMS_LANES * from->last;
    int rc;

    MUST(from->last >= 1 && from->last <= PAST_MAX);
    rc = filter_read(&p.filter, from->filter, from->names, e);
    if (rc == ERR_OK)
        rc = shown_new(&p.shown, from->taxonomy, from->names, e);
    if (rc == ERR_OK) {
        p.kept = calloc(room, sizeof(*p.kept));
        rc = p.kept != NULL ? read_lanes(&p, e)
                            : err_set(e, ERR_NOMEM, 0, "There is no memory for the events.");
    }
    if (rc == ERR_OK)
        hand_out(&p, fn, arg);
    for (size_t i = 0; p.kept != NULL && i < room; i++)
        free(p.kept[i].text);
    free(p.kept);
    shown_free(&p.shown);
    filter_free(&p.filter);
    return rc;
}
