/*
 * trail.c - see trail.h.
 */
#include "console/trail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/host.h"

/* --- lanes ---------------------------------------------------------------------------------- */

struct trail_lane {
    struct lane_reader *reader; /* NULL: not followed */
    struct source_names *names;
    int dir;
    struct lane_frame frame; /* EVENTS with a rest that was not handed out */
    struct lane_place end;   /* as of this round; {0}: nothing was durable when we began */
    bool fresh;              /* the lane had nothing when we began: all of it is new */
};

struct trail {
    const struct io *io;
    const char *lanes;
    const struct ledgers *ledgers;
    struct trail_lane lane[SUMS_LANES];
};

int trail_new(struct trail **out, const struct io *io, const char *lanes,
              const struct ledgers *ledgers, struct err *e)
{
    struct trail *f = calloc(1, sizeof(*f));

    *out = f;
    if (f == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to follow the lanes.");
    f->io = io;
    f->lanes = lanes;
    f->ledgers = ledgers;
    for (uint32_t i = 0; i < SUMS_LANES; i++)
        f->lane[i].dir = -1;
    return ERR_OK;
}

static void lane_end(struct trail_lane *l)
{
    lane_reader_free(&l->reader);
    source_names_free(&l->names);
    if (l->dir >= 0)
        (void)close(l->dir);
    *l = (struct trail_lane){ .dir = -1 };
}

void trail_end(struct trail *f)
{
    for (uint32_t i = 0; i < SUMS_LANES; i++)
        lane_end(&f->lane[i]);
}

void trail_free(struct trail **f)
{
    if (*f != NULL)
        trail_end(*f);
    free(*f);
    *f = NULL;
}

static int go_to(struct trail_lane *l, struct lane_place p, struct err *e)
{
    int rc = lane_reader_seek(l->reader, p, e);

    l->frame = (struct lane_frame){ 0 };
    l->end = p;
    lane_reader_limit(l->reader, p);
    return rc == ERR_NOTFOUND ? ERR_OK : rc;
}

static int lane_begin(struct trail *f, uint32_t number, struct err *e)
{
    struct trail_lane *l = &f->lane[number];
    char path[4096];
    int rc, n = snprintf(path, sizeof(path), "%s/%02u", f->lanes, number);

    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    l->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (l->dir < 0)
        return err_set(e, ERR_IO, 0, "%.150s cannot be opened: %s.", path, strerror(errno));
    l->names = source_names_new();
    if (l->names == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to follow the lanes.");
    rc = lane_reader_new(&l->reader, f->io, l->dir, 1u << LANE_EVENTS | 1u << LANE_SOURCES, e);
    if (rc == ERR_OK)
        rc = go_to(l, ledger_place(f->ledgers->lane[number]), e);
    l->fresh = l->end.segment == 0 && ledger_published(f->ledgers->lane[number]);
    return rc;
}

int trail_begin(struct trail *f, struct err *e)
{
    int rc = err_set(e, ERR_NOTFOUND, 0, "No collector has told its counts yet.");
    bool any = false;

    for (uint32_t i = 0; i < SUMS_LANES; i++) {
        if (f->ledgers->lane[i] == NULL)
            continue;
        if (f->lane[i].reader == NULL && (rc = lane_begin(f, i, e)) != ERR_OK)
            lane_end(&f->lane[i]);
        any = any || f->lane[i].reader != NULL;
    }
    return any ? ERR_OK : rc;
}

/* --- a round -------------------------------------------------------------------------------- */

static void name_of(const struct trail *f, uint32_t number, struct shown_about *a,
                    struct ledger_copy *room)
{
    if (source_names_find(f->lane[number].names, a->ev.source, &a->source, &a->input))
        return;
    if (a->ev.source < LEDGER_ROWS && ledger_copy(f->ledgers->lane[number], a->ev.source, room)) {
        a->source = span_of(room->name);
        a->input = span_of(input_name(room->input));
    }
}

/* One event of this lane: true when there was one. */
static bool lane_step(struct trail *f, uint32_t number, trail_fn *fn, void *arg)
{
    struct trail_lane *l = &f->lane[number];
    struct shown_about a = { .lane = number };
    struct ledger_copy room;

    while (l->frame.kind != LANE_EVENTS || !lane_next_event(&l->frame, &a.ev)) {
        if (lane_reader_next(l->reader, &l->frame, NULL) != 1) {
            l->frame = (struct lane_frame){ 0 };
            return false;
        }
        if (l->frame.kind == LANE_SOURCES)
            source_names_take(l->names, &l->frame);
    }
    name_of(f, number, &a, &room);
    fn(arg, &a);
    return true;
}

/* Events between what was handed out and the lane's end. */
static uint64_t behind(const struct trail_lane *l, struct lane_place end)
{
    uint64_t at = l->frame.body.n > 0 ? l->frame.sequence : lane_reader_place(l->reader).sequence;

    return end.sequence > at ? end.sequence - at : 0;
}

/* Where the lane ends now. Who is too far behind goes on there, as does who began before the
 * collector had told any place: what lies before is old. */
static uint64_t lane_move(struct trail *f, uint32_t number)
{
    struct trail_lane *l = &f->lane[number];
    struct lane_place end = ledger_place(f->ledgers->lane[number]);
    uint64_t left = l->end.segment != 0 ? behind(l, end) : 0;

    if (l->fresh && end.segment != 0 && end.sequence <= FOLLOW_BEHIND) {
        l->fresh = lane_reader_seek(l->reader, (struct lane_place){ 0 }, NULL) < 0;
        l->end = end;
        lane_reader_limit(l->reader, end);
        return 0;
    }
    if (l->end.segment != 0 && left <= FOLLOW_BEHIND) {
        l->end = end;
        lane_reader_limit(l->reader, end);
        return 0;
    }
    return go_to(l, end, NULL) == ERR_OK ? left : 0; /* the next round tries again */
}

/* There should be more, but it cannot be read: damage. */
static uint64_t lane_pass_over(struct trail_lane *l)
{
    uint64_t left = behind(l, l->end);

    return left > 0 && go_to(l, l->end, NULL) == ERR_OK ? left : 0;
}

bool trail_round(struct trail *f, trail_fn *fn, void *arg, uint64_t *skipped)
{
    double until = host_seconds() + FOLLOW_ROUND_MS / 1e3;
    bool any = true;

    *skipped = 0;
    for (uint32_t i = 0; i < SUMS_LANES; i++) {
        if (f->lane[i].reader != NULL)
            *skipped += lane_move(f, i);
    }
    while (any) {
        any = false;
        for (uint32_t i = 0; i < SUMS_LANES; i++) {
            if (f->lane[i].reader != NULL)
                any = lane_step(f, i, fn, arg) || any;
        }
        if (any && host_seconds() >= until)
            return true;
    }
    for (uint32_t i = 0; i < SUMS_LANES; i++) {
        if (f->lane[i].reader != NULL)
            *skipped += lane_pass_over(&f->lane[i]);
    }
    return false;
}
