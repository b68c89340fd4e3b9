/*
 * walk.c - see walk.h.
 */
#include "search/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "search/sieve.h"
#include "figures/source_names.h"
#include "seal/table.h"
#include "store/block.h"
#include "store/catalog.h"

#define STEP_EVENTS 4096u
#define AHEAD       8u /* blocks, the one at hand included; units mostly go down */
#define RECORDS_MAX ((size_t)8 << 20)
#define RAW_MAX     ((size_t)256 << 20)

struct unit {
    int64_t receipt_to; /* of its newest event */
    uint32_t lane, block;
    const struct catalog_file *file; /* NULL: what the lane holds beyond */
};

struct lane_rest {
    int dir; /* -1: there is none */
    struct lane_reader *reader;
    uint64_t next; /* the first event that was not handed out, or is not sealed */
};

struct walk {
    struct walk_from from;
    struct catalog catalog;
    int sealed_dir;
    struct unit *unit;
    uint32_t units, at;
    struct lane_rest lane[WALK_LANES];
    struct sealed_file *file; /* open, of `of` */
    const struct catalog_file *of;
    struct block *block; /* being looked at */
    uint32_t row;
    struct sieve *sieve;    /* NULL: all events are looked at */
    walk_block_fn *columns; /* NULL: nobody asks */
    void *columns_arg;
    bool *left;       /* by row, when `columns` is asked */
    bool sieve_first; /* before `columns` */
    size_t left_room;
    struct buf raw; /* of one event, out of columns */
    uint32_t block_lane;
    struct source_names *names;
    struct buf records;
    struct walk_counts counts;
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory to look through the store.");
}

void walk_is_partial(struct walk *w, const char *why)
{
    if (!w->counts.partial)
        (void)snprintf(w->counts.why, sizeof(w->counts.why), "%s", why);
    w->counts.partial = true;
}

const struct walk_counts *walk_counts(const struct walk *w)
{
    return &w->counts;
}

/* --- Units ---------------------------------------------------------------------------------- */

static int open_file(struct walk *w, const struct catalog_file *f, struct err *e)
{
    char name[SEALED_NAME_BYTES];
    int dir, rc;

    if (w->of == f)
        return w->file != NULL ? ERR_OK : ERR_CORRUPT;
    sealed_free(&w->file);
    w->of = f;
    sealed_file_name(name, &f->name);
    dir = catalog_folder(w->sealed_dir, f->day, f->months);
    rc = dir < 0 ? err_set(e, ERR_NOTFOUND, 0, "%s is gone.", name)
                 : sealed_open(&w->file, dir, name, e);
    if (dir >= 0)
        (void)close(dir); /* only a folder */
    return rc;
}

/* The blocks of the open file that may hold what is needed: bit i is block i. Of parts of words the
 * index knows nothing. */
static uint64_t may_hold(struct walk *w, const struct need *need)
{
    uint64_t blocks = need->op == NEED_ANY ? 0 : UINT64_MAX;

    if (need->op == NEED_WORD)
        return sealed_find(w->file, word_hash(need->text));
    if (need->op != NEED_ALL && need->op != NEED_ANY)
        return UINT64_MAX;
    for (const struct need *kid = need->kid; kid != NULL; kid = kid->next) {
        if (need->op == NEED_ALL)
            blocks &= may_hold(w, kid);
        else
            blocks |= may_hold(w, kid);
    }
    return blocks;
}

static bool in_time(const struct walk *w, int64_t receipt_from, int64_t receipt_to)
{
    return receipt_to >= w->from.from_ns && receipt_from < w->from.to_ns;
}

static int add_unit(struct walk *w, const struct unit *u, struct err *e)
{
    if ((w->units & (w->units - 1)) == 0) {
        uint32_t room = w->units == 0 ? 1 : 2 * w->units;
        struct unit *more = realloc(w->unit, room * sizeof(*more));

        if (more == NULL)
            return no_memory(e);
        w->unit = more;
    }
    w->unit[w->units++] = *u;
    return ERR_OK;
}

/* The blocks of a file that may hold anything. */
static int add_blocks(struct walk *w, const struct catalog_file *f, struct err *e)
{
    uint64_t blocks, events;
    int rc = open_file(w, f, e);

    if (rc == ERR_NOTFOUND) /* removed or merged since the list was made */
        return ERR_OK;
    if (rc == ERR_NOMEM)
        return rc;
    if (rc != ERR_OK) {
        w->counts.damaged++;
        walk_is_partial(w, "a sealed file is damaged");
        return ERR_OK;
    }
    if (w->from.files != NULL) {
        rc = w->from.files(w->from.files_arg, w->file, &events, e);
        if (rc == 1) {
            w->counts.events += events;
            w->counts.blocks += sealed_block_count(w->file);
        }
        if (rc != 0)
            return rc < 0 ? rc : ERR_OK;
    }
    blocks = w->from.need != NULL ? may_hold(w, w->from.need) : UINT64_MAX;
    for (uint32_t i = 0; i < sealed_block_count(w->file) && rc == ERR_OK; i++) {
        const struct sealed_block *b = sealed_block(w->file, i);

        if (!in_time(w, b->receipt_from, b->receipt_to))
            continue;
        w->counts.blocks++;
        if ((blocks >> i & 1) == 0)
            w->counts.passed++;
        else
            rc = add_unit(w, &(struct unit){ b->receipt_to, f->name.lane, i, f }, e);
    }
    return rc;
}

static bool day_in_time(const struct walk *w, int32_t day)
{
    return in_time(w, day * SEALED_DAY_NS, (day + INT64_C(1)) * SEALED_DAY_NS - 1);
}

static int list_sealed(struct walk *w, struct err *e)
{
    char path[4096];
    int n = snprintf(path, sizeof(path), "%s/sealed", w->from.data), rc = ERR_OK;

    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    w->sealed_dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (w->sealed_dir < 0 && errno != ENOENT)
        return err_set(e, ERR_IO, 0, "%.150s cannot be opened: %s.", path, strerror(errno));
    if (w->sealed_dir < 0)
        return ERR_OK; /* of a server that never sealed */
    rc = catalog_read(&w->catalog, w->sealed_dir, e);
    for (uint32_t i = 0; i < w->catalog.count && rc == ERR_OK; i++) {
        const struct catalog_file *f = &w->catalog.file[i];

        if (f->state == CATALOG_COUNTS && day_in_time(w, f->day))
            rc = add_blocks(w, f, e);
    }
    return rc;
}

/* Beyond what is sealed. What the lane has now is held, so that it can be removed meanwhile. */
static int open_rest(struct walk *w, uint32_t lane, struct err *e)
{
    struct lane_rest *l = &w->lane[lane];
    const struct lane_place *end = w->from.ends != NULL ? &w->from.ends[lane] : NULL;
    char path[4096];
    int n = snprintf(path, sizeof(path), "%s/lanes/%02u", w->from.data, lane), rc;

    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    if (end != NULL && end->segment == 0)
        return ERR_OK;
    l->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (l->dir < 0)
        return errno == ENOENT
                   ? ERR_OK
                   : err_set(e, ERR_IO, 0, "%.150s cannot be opened: %s.", path, strerror(errno));
    rc = lane_reader_new(&l->reader, w->from.io, l->dir, 1u << LANE_EVENTS | 1u << LANE_SOURCES, e);
    if (rc == ERR_OK)
        rc = lane_reader_hold(l->reader, e);
    if (rc == ERR_OK)
        rc = lane_reader_seek(l->reader, (struct lane_place){ 0 }, e);
    if (rc == ERR_OK && end != NULL)
        lane_reader_limit(l->reader, *end);
    return rc;
}

/* One unit a lane, the first to be looked at. */
static int add_rest(struct walk *w, uint32_t lane, struct err *e)
{
    struct lane_rest *l = &w->lane[lane];

    if (l->reader == NULL)
        return ERR_OK;
    l->next = catalog_next(&w->catalog, lane);
    if (l->next == 0)
        l->next = 1;
    return add_unit(w, &(struct unit){ INT64_MAX, lane, 0, NULL }, e);
}

static int unit_order(const void *a, const void *b)
{
    const struct unit *x = a, *y = b;

    if (x->receipt_to != y->receipt_to)
        return x->receipt_to > y->receipt_to ? -1 : 1;
    if (x->lane != y->lane)
        return x->lane > y->lane ? -1 : 1;
    return x->block > y->block ? -1 : x->block < y->block;
}

/* --- Looking -------------------------------------------------------------------------------- */

static int pass_damaged(struct walk *w)
{
    block_free(&w->block);
    w->counts.damaged++;
    walk_is_partial(w, "a sealed block is damaged");
    w->at++;
    return ERR_OK;
}

static bool is_counted(const struct walk *w, const struct block_event *ev)
{
    return (ev->flags & LANE_TRACER) == 0 && in_time(w, ev->receipt_ns, ev->receipt_ns);
}

/* Is this event of the block to be counted, and was not yet? */
static bool row_counts(const struct walk *w, uint32_t row)
{
    const struct block_event ev = block_event(w->block, row);

    return is_counted(w, &ev);
}

/* By its columns no event of the block is needed. */
static void pass_rows(struct walk *w)
{
    for (uint32_t i = 0; i < block_events(w->block); i++)
        w->counts.events += row_counts(w, i);
    block_free(&w->block);
    w->at++;
}

void walk_columns(struct walk *w, walk_block_fn *fn, void *arg)
{
    w->columns = fn;
    w->columns_arg = arg;
}

/* Those of a block that count, before any is asked. */
static int choose_left(struct walk *w, uint32_t *count, struct err *e)
{
    const struct block_about about = block_about(w->block);
    const uint32_t rows = block_events(w->block);
    int rc;

    *count = rows;
    memset(w->left, true, rows);
    if (about.flags_greatest < LANE_TRACER &&
        in_time(w, about.receipt_least, about.receipt_least) &&
        in_time(w, about.receipt_greatest, about.receipt_greatest))
        return ERR_OK;
    rc = block_envelope(w->block, e);
    *count = 0;
    for (uint32_t i = 0; i < rows && rc == ERR_OK; i++) {
        const struct block_event ev = block_event(w->block, i);

        w->left[i] = is_counted(w, &ev);
        *count += w->left[i];
    }
    return rc;
}

static uint32_t count_left(const struct walk *w)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < block_events(w->block); i++)
        count += w->left[i];
    return count;
}

/* Those that the sieve passes. */
static int sift_left(struct walk *w, struct err *e)
{
    const int rc = sieve_block(w->sieve, w->block, e);

    for (uint32_t i = 0; i < block_events(w->block) && rc >= 0; i++)
        w->left[i] = w->left[i] && rc == 1 && sieve_row(w->sieve, i);
    return rc < 0 ? rc : ERR_OK;
}

/* The sieve and who asks for columns, one after the other while any event is left: each alone is
 * enough for most blocks, and who was before goes first. */
static int ask_both(struct walk *w, uint32_t lane, struct err *e)
{
    const bool first = w->sieve != NULL && w->sieve_first;
    int rc = ERR_OK;

    for (unsigned turn = 0; turn < 2 && rc == ERR_OK; turn++) {
        const bool sieve = first == (turn == 0);

        if (sieve && w->sieve == NULL)
            break;
        rc = sieve ? sift_left(w, e)
                   : w->columns(w->columns_arg,
                                &(struct figures_block){ w->block, w->names, lane, w->left }, e);
        if (rc == ERR_OK && count_left(w) == 0) {
            w->sieve_first = sieve;
            break;
        }
    }
    return rc;
}

static int left_room(struct walk *w, uint32_t rows, struct err *e)
{
    if (rows <= w->left_room)
        return ERR_OK;
    free(w->left);
    w->left = malloc(rows * sizeof(*w->left));
    w->left_room = w->left != NULL ? rows : 0;
    return w->left != NULL ? ERR_OK : no_memory(e);
}

/* What is left of a block when its columns were asked: 1, 0 when nothing is. */
static int ask_columns(struct walk *w, uint32_t lane, struct err *e)
{
    uint32_t before, after;
    int rc = left_room(w, block_events(w->block), e);

    if (rc == ERR_OK)
        rc = choose_left(w, &before, e);
    if (rc == ERR_OK)
        rc = ask_both(w, lane, e);
    if (rc != ERR_OK)
        return rc;
    after = count_left(w);
    w->counts.events += before - after;
    if (after == 0)
        return 0;
    rc = block_envelope(w->block, e);
    return rc == ERR_OK ? 1 : rc;
}

/* All of a block, or its columns with what they tell of its events: 1, or 0 when none is needed. */
static int open_body(struct walk *w, struct span body, uint32_t lane, struct err *e)
{
    int rc;

    if (w->sieve == NULL && w->columns == NULL) {
        rc = block_open(&w->block, body, e);
        return rc == ERR_OK ? 1 : rc;
    }
    if (w->columns == NULL) {
        rc = block_open_columns(&w->block, body, e);
        return rc == ERR_OK ? sieve_block(w->sieve, w->block, e) : rc;
    }
    rc = block_open_shapes(&w->block, body, e);
    if (rc == ERR_OK)
        rc = ask_columns(w, lane, e);
    if (rc == 0) {
        block_free(&w->block);
        w->at++;
    }
    return rc;
}

/* Open the block of a unit; one that is damaged is counted and passed over. */
static int open_block(struct walk *w, const struct unit *u, struct err *e)
{
    struct span body, frame;
    int rc = open_file(w, u->file, e);

    if (rc == ERR_OK && w->columns != NULL) /* all of them, most likely */
        sealed_ahead(w->file, u->block, AHEAD);
    if (rc == ERR_OK)
        rc = sealed_body(w->file, u->block, w->columns == NULL, &body, e); /* parts check too */
    if (rc == ERR_OK)
        rc = sealed_sources(w->file, u->block, &frame, e);
    if (rc == ERR_OK)
        rc = block_sources_read(frame, &w->records, e);
    if (rc == ERR_OK && w->columns != NULL)
        source_names_block(w->names, buf_span(&w->records));
    if (rc == ERR_OK)
        rc = open_body(w, body, u->lane, e);
    if (rc == ERR_NOMEM)
        return rc;
    if (rc < 0)
        return pass_damaged(w);
    if (rc == 0) {
        if (w->block != NULL)
            pass_rows(w);
        return ERR_OK;
    }
    if (w->columns == NULL)
        source_names_block(w->names, buf_span(&w->records));
    w->row = 0;
    w->block_lane = u->lane;
    return ERR_OK;
}

/* Hand out one event, unless it is none of the time or our own. */
static int hand_out(struct walk *w, const struct shown_about *a, walk_fn *fn, void *arg,
                    struct err *e)
{
    if ((a->ev.flags & LANE_TRACER) != 0 || !in_time(w, a->ev.receipt_ns, a->ev.receipt_ns))
        return ERR_OK;
    w->counts.events++;
    return fn(arg, a, e);
}

/* The event in the row at hand, put together if need be; where it cannot be, the block is passed
 * over. */
static int look_at_row(struct walk *w, walk_fn *fn, void *arg, struct err *e)
{
    struct block_event ev = block_event(w->block, w->row);
    struct shown_about a = { .lane = w->block_lane };

    if (w->columns != NULL && !w->left[w->row])
        return ERR_OK;
    if (w->columns == NULL && w->sieve != NULL && !sieve_row(w->sieve, w->row)) {
        w->counts.events += row_counts(w, w->row);
        return ERR_OK;
    }
    if (w->sieve != NULL || w->columns != NULL) {
        int rc = block_raw(w->block, w->row, &w->raw, e);

        if (rc != ERR_OK)
            return rc == ERR_NOMEM ? rc : pass_damaged(w);
        ev.raw = buf_span(&w->raw);
    }
    a.ev = (struct lane_read_event){ ev.sequence, ev.source,     ev.flags,
                                     ev.lines,    ev.receipt_ns, ev.raw };
    (void)source_names_find(w->names, ev.source, &a.source, &a.input); /* null when unknown */
    return hand_out(w, &a, fn, arg, e);
}

static int look_at_block(struct walk *w, walk_fn *fn, void *arg, struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t n = 0; n < STEP_EVENTS && w->block != NULL && rc >= 0; n++) {
        if (w->row == block_events(w->block))
            break;
        rc = look_at_row(w, fn, arg, e);
        w->row++;
    }
    if (w->block != NULL && w->row == block_events(w->block)) {
        block_free(&w->block);
        w->at++;
    }
    return rc;
}

/* The events of a frame that were not sealed. Where a full disk had a group written twice, or a
 * reader without a limit sees it twice, once. */
static int look_at_frame(struct walk *w, struct lane_rest *l, struct lane_frame *f,
                         struct shown_about *a, walk_fn *fn, void *arg, struct err *e)
{
    int rc = ERR_OK;

    while (rc >= 0 && lane_next_event(f, &a->ev)) {
        if (a->ev.sequence < l->next)
            continue;
        if (a->ev.sequence > l->next)
            walk_is_partial(w, "events are missing in a lane, or between it and what is sealed");
        l->next = a->ev.sequence + 1;
        a->source = a->input = SPAN_NONE;
        (void)source_names_find(w->names, a->ev.source, &a->source, &a->input);
        rc = hand_out(w, a, fn, arg, e);
    }
    return rc;
}

static int look_at_rest(struct walk *w, const struct unit *u, walk_fn *fn, void *arg, struct err *e)
{
    struct lane_rest *l = &w->lane[u->lane];
    struct shown_about a = { .lane = u->lane };
    struct lane_frame f;
    int rc = ERR_OK;

    for (uint32_t n = 0; n < STEP_EVENTS && rc >= 0; n += f.count) {
        rc = lane_reader_next(l->reader, &f, e);
        if (rc == ERR_CORRUPT || rc == 0) {
            if (rc != 0)
                walk_is_partial(w, "a lane is damaged");
            source_names_clear(w->names);
            w->at++;
            return ERR_OK;
        }
        if (rc < 0)
            return rc;
        if (f.kind == LANE_SOURCES)
            source_names_take(w->names, &f);
        else
            rc = look_at_frame(w, l, &f, &a, fn, arg, e);
    }
    return rc < 0 ? rc : ERR_OK;
}

int64_t walk_newest(const struct walk *w)
{
    if (w->block != NULL)
        return INT64_MAX;
    return w->at < w->units ? w->unit[w->at].receipt_to : INT64_MIN;
}

int walk_step(struct walk *w, walk_fn *fn, void *arg, struct err *e)
{
    const struct unit *u;
    int rc;

    if (w->at == w->units)
        return 0;
    u = &w->unit[w->at];
    if (u->file == NULL)
        rc = look_at_rest(w, u, fn, arg, e);
    else if (w->block == NULL)
        rc = open_block(w, u, e);
    else
        rc = look_at_block(w, fn, arg, e);
    return rc < 0 ? rc : 1;
}

/* --- Beginning and end ---------------------------------------------------------------------- */

static struct walk *walk_empty(const struct walk_from *from)
{
    struct walk *w = calloc(1, sizeof(*w));

    if (w == NULL)
        return NULL;
    w->from = *from;
    w->sealed_dir = -1;
    for (uint32_t i = 0; i < WALK_LANES; i++)
        w->lane[i].dir = -1;
    catalog_init(&w->catalog);
    buf_init(&w->records, RECORDS_MAX);
    buf_init(&w->raw, RAW_MAX);
    return w;
}

static int prepare(struct walk *w, struct err *e)
{
    w->names = source_names_new();
    if (w->names == NULL)
        return no_memory(e);
    return w->from.need != NULL ? sieve_new(&w->sieve, w->from.need, e) : ERR_OK;
}

int walk_new(struct walk **out, const struct walk_from *from, struct err *e)
{
    struct walk *w = walk_empty(from);
    int rc;

    *out = w;
    if (w == NULL)
        return no_memory(e);
    rc = prepare(w, e);
    /* The lanes first: what is removed from them before they are held is sealed, and listed. */
    for (uint32_t i = 0; i < WALK_LANES && rc == ERR_OK; i++)
        rc = open_rest(w, i, e);
    if (rc == ERR_OK)
        rc = list_sealed(w, e);
    for (uint32_t i = 0; i < WALK_LANES && rc == ERR_OK; i++)
        rc = add_rest(w, i, e);
    if (rc == ERR_OK && w->units > 0)
        qsort(w->unit, w->units, sizeof(*w->unit), unit_order);
    if (rc != ERR_OK)
        walk_free(out);
    return rc;
}

/* The blocks of every walk in turn; what the lanes hold stays with the first. */
int walk_split(struct walk *w, struct walk **more, uint32_t count, struct err *e)
{
    uint32_t kept = 0, turn = 0;
    int rc = ERR_OK;

    for (uint32_t i = 0; i < count; i++)
        more[i] = NULL;
    for (uint32_t i = 0; i < count && rc == ERR_OK; i++) {
        more[i] = walk_empty(&w->from);
        if (more[i] == NULL)
            return no_memory(e);
        if (w->sealed_dir >= 0) {
            more[i]->sealed_dir = fcntl(w->sealed_dir, F_DUPFD_CLOEXEC, 0);
            if (more[i]->sealed_dir < 0)
                return err_set(e, ERR_IO, 0, "The sealed files cannot be opened again: %s.",
                               strerror(errno));
        }
        rc = prepare(more[i], e);
    }
    for (uint32_t i = 0; i < w->units && rc == ERR_OK; i++) {
        const struct unit u = w->unit[i];
        const uint32_t to = u.file != NULL ? turn++ % (count + 1) : 0;

        if (to == 0)
            w->unit[kept++] = u;
        else
            rc = add_unit(more[to - 1], &u, e);
    }
    if (rc == ERR_OK)
        w->units = kept;
    return rc;
}

void walk_free(struct walk **out)
{
    struct walk *w = *out;

    *out = NULL;
    if (w == NULL)
        return;
    for (uint32_t i = 0; i < WALK_LANES; i++) {
        lane_reader_free(&w->lane[i].reader);
        if (w->lane[i].dir >= 0)
            (void)close(w->lane[i].dir); /* only read */
    }
    block_free(&w->block);
    sealed_free(&w->file);
    if (w->sealed_dir >= 0)
        (void)close(w->sealed_dir); /* only read */
    catalog_release(&w->catalog);
    source_names_free(&w->names);
    sieve_free(&w->sieve);
    buf_release(&w->records);
    buf_release(&w->raw);
    free(w->unit);
    free(w->left);
    free(w);
}
