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
#define LIST_FILES  64u /* sealed ones, opened at once */
#define AHEAD       16u /* blocks that are asked of the disk before they are looked at, */
#define AHEAD_BYTES ((uint64_t)1 << 20) /* so much of each */
#define RECORDS_MAX ((size_t)8 << 20)
#define RAW_MAX     ((size_t)256 << 20)

struct unit {
    int64_t receipt_to; /* of its newest event */
    uint32_t lane, block;
    const struct catalog_file *file; /* NULL: what the lane holds beyond */
    uint64_t place, bytes;           /* of the block in it */
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
    uint32_t ahead; /* the first unit that was not asked of the disk */
    int ahead_fd;   /* of `ahead_of`, or -1 */
    const struct catalog_file *ahead_of;
    uint32_t listed; /* files of the catalog; all of them: units are in order */
    bool in_order;
    uint64_t *word; /* hashes of those of the need */
    uint32_t words;
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

/* The blocks of a file that may hold what is needed: bit i is block i. Of parts of words the index
 * knows nothing. */
static uint64_t may_hold(struct sealed_file *f, const struct need *need)
{
    uint64_t blocks = need->op == NEED_ANY ? 0 : UINT64_MAX;

    if (need->op == NEED_WORD)
        return sealed_find(f, word_hash(need->text));
    if (need->op != NEED_ALL && need->op != NEED_ANY)
        return UINT64_MAX;
    for (const struct need *kid = need->kid; kid != NULL; kid = kid->next) {
        if (need->op == NEED_ALL)
            blocks &= may_hold(f, kid);
        else
            blocks |= may_hold(f, kid);
    }
    return blocks;
}

/* The words that a need has, counted; put where there is room. */
static uint32_t need_words(const struct need *need, uint64_t *hash)
{
    uint32_t count = 0;

    if (need->op == NEED_WORD && hash != NULL)
        *hash = word_hash(need->text);
    if (need->op == NEED_WORD)
        return 1;
    if (need->op != NEED_ALL && need->op != NEED_ANY)
        return 0;
    for (const struct need *kid = need->kid; kid != NULL; kid = kid->next)
        count += need_words(kid, hash != NULL ? hash + count : NULL);
    return count;
}

static int note_words(struct walk *w, struct err *e)
{
    w->words = need_words(w->from.need, NULL);
    w->word = calloc(w->words + 1, sizeof(*w->word));
    if (w->word == NULL)
        return no_memory(e);
    (void)need_words(w->from.need, w->word); /* as many */
    return ERR_OK;
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

/* Those blocks of a file that are in the time and may hold anything. */
static int add_blocks(struct walk *w, const struct catalog_file *of, struct sealed_file *f,
                      struct err *e)
{
    const uint64_t blocks = w->from.need != NULL ? may_hold(f, w->from.need) : UINT64_MAX;
    int rc = ERR_OK;

    for (uint32_t i = 0; i < sealed_block_count(f) && rc == ERR_OK; i++) {
        const struct sealed_block *b = sealed_block(f, i);
        const struct unit u = {
            b->receipt_to, of->name.lane, i, of, b->at, sealed_block_bytes(f, i)
        };

        if (!in_time(w, b->receipt_from, b->receipt_to))
            continue;
        w->counts.blocks++;
        if ((blocks >> i & 1) == 0)
            w->counts.passed++;
        else
            rc = add_unit(w, &u, e);
    }
    return rc;
}

/* Is a file to be asked for its blocks? 1, 0, or a negative code. */
static int ask_file(struct walk *w, const struct sealed_opening *o, struct err *e)
{
    uint64_t events;
    int rc;

    if (o->code == ERR_NOTFOUND) /* removed or merged since the list was made */
        return 0;
    if (o->code == ERR_NOMEM)
        return no_memory(e);
    if (o->code != ERR_OK) {
        w->counts.damaged++;
        walk_is_partial(w, "a sealed file is damaged");
        return 0;
    }
    if (w->from.files == NULL)
        return 1;
    rc = w->from.files(w->from.files_arg, o->file, &events, e);
    if (rc == 1) {
        w->counts.events += events;
        w->counts.blocks += sealed_block_count(o->file);
    }
    return rc < 0 ? rc : rc == 0;
}

static bool day_in_time(const struct walk *w, int32_t day)
{
    return in_time(w, day * SEALED_DAY_NS, (day + INT64_C(1)) * SEALED_DAY_NS - 1);
}

struct batch {
    struct sealed_opening opening[LIST_FILES];
    const struct catalog_file *of[LIST_FILES];
    bool asked[LIST_FILES];
    bool opens[LIST_FILES]; /* its folder, which those behind it may share */
    uint32_t count;
};

/* The folder of a file that comes next into a batch; -1: it is gone. */
static int batch_folder(const struct walk *w, struct batch *b, const struct catalog_file *f)
{
    b->opens[b->count] = true;
    for (uint32_t i = b->count; i-- > 0;) {
        if (b->of[i]->day != f->day || b->of[i]->months != f->months)
            continue;
        b->opens[b->count] = false;
        return b->opening[i].dir;
    }
    return catalog_folder(w->sealed_dir, f->day, f->months);
}

/* The next files of the catalog that are in the time, opened. */
static void next_files(struct walk *w, struct batch *b)
{
    while (w->listed < w->catalog.count && b->count < LIST_FILES) {
        const struct catalog_file *f = &w->catalog.file[w->listed++];
        struct sealed_opening *o = &b->opening[b->count];

        if (f->state != CATALOG_COUNTS || !day_in_time(w, f->day))
            continue;
        *o = (struct sealed_opening){ .dir = batch_folder(w, b, f) };
        if (o->dir < 0)
            continue;
        sealed_file_name(o->name, &f->name);
        b->of[b->count++] = f;
    }
    sealed_open_all(b->opening, b->count);
}

static void end_batch(struct batch *b)
{
    for (uint32_t i = 0; i < b->count; i++) {
        sealed_free(&b->opening[i].file);
        if (b->opens[i])
            (void)close(b->opening[i].dir); /* only a folder */
    }
    free(b);
}

/* First those that are to be asked, and what the index of each is to be asked for: so all of it is
 * on its way when the first waits for it. */
static int ask_files(struct walk *w, struct batch *b, struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t i = 0; i < b->count && rc >= 0; i++) {
        rc = ask_file(w, &b->opening[i], e);
        b->asked[i] = rc == 1;
        if (b->asked[i])
            sealed_find_ahead(b->opening[i].file, w->word, w->words);
    }
    for (uint32_t i = 0; i < b->count && rc >= 0; i++) {
        if (b->asked[i])
            rc = add_blocks(w, b->of[i], b->opening[i].file, e);
    }
    return rc < 0 ? rc : ERR_OK;
}

/* Some more files of the catalog. */
static int list_some(struct walk *w, struct err *e)
{
    struct batch *b = calloc(1, sizeof(*b));
    int rc;

    if (b == NULL)
        return no_memory(e);
    next_files(w, b);
    rc = ask_files(w, b, e);
    end_batch(b);
    return rc;
}

static int open_sealed(struct walk *w, struct err *e)
{
    char path[4096];
    int n = snprintf(path, sizeof(path), "%s/sealed", w->from.data);

    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    w->sealed_dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (w->sealed_dir < 0 && errno != ENOENT)
        return err_set(e, ERR_IO, 0, "%.150s cannot be opened: %s.", path, strerror(errno));
    if (w->sealed_dir < 0)
        return ERR_OK; /* of a server that never sealed */
    return catalog_read(&w->catalog, w->sealed_dir, e);
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
    return add_unit(w, &(struct unit){ .receipt_to = INT64_MAX, .lane = lane }, e);
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

/* All units are there. */
static int end_list(struct walk *w, struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t i = 0; i < WALK_LANES && rc == ERR_OK; i++)
        rc = add_rest(w, i, e);
    if (rc == ERR_OK && w->units > 0)
        qsort(w->unit, w->units, sizeof(*w->unit), unit_order);
    w->in_order = rc == ERR_OK;
    return rc;
}

static int go_on_listing(struct walk *w, struct err *e)
{
    return w->listed < w->catalog.count ? list_some(w, e) : end_list(w, e);
}

/* --- Asking the disk ------------------------------------------------------------------------ */

/* A unit's block will be looked at: a hint, which may fail. */
static void ask_disk(struct walk *w, const struct unit *u)
{
    const uint64_t bytes = u->bytes < AHEAD_BYTES ? u->bytes : AHEAD_BYTES;
    char name[SEALED_NAME_BYTES];
    int dir;

    if (u->file != w->ahead_of) {
        if (w->ahead_fd >= 0)
            (void)close(w->ahead_fd); /* nothing was read */
        w->ahead_of = u->file;
        sealed_file_name(name, &u->file->name);
        dir = catalog_folder(w->sealed_dir, u->file->day, u->file->months);
        w->ahead_fd = dir >= 0 ? openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
        if (dir >= 0)
            (void)close(dir); /* only a folder */
    }
    if (w->ahead_fd >= 0)
        (void)posix_fadvise(w->ahead_fd, (off_t)u->place, (off_t)bytes, POSIX_FADV_WILLNEED);
}

/* The unit at hand and the next ones. */
static void ask_ahead(struct walk *w)
{
    while (w->ahead < w->units && w->ahead < w->at + AHEAD) {
        if (w->unit[w->ahead].file != NULL)
            ask_disk(w, &w->unit[w->ahead]);
        w->ahead++;
    }
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
    int rc;

    ask_ahead(w);
    rc = open_file(w, u->file, e);

    if (rc == ERR_OK)
        sealed_ahead(w->file, u->block);
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
    if (w->block != NULL || !w->in_order)
        return INT64_MAX;
    return w->at < w->units ? w->unit[w->at].receipt_to : INT64_MIN;
}

int walk_step(struct walk *w, walk_fn *fn, void *arg, struct err *e)
{
    const struct unit *u;
    int rc;

    if (!w->in_order) {
        rc = go_on_listing(w, e);
        return rc < 0 ? rc : 1;
    }
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
    w->sealed_dir = w->ahead_fd = -1;
    for (uint32_t i = 0; i < WALK_LANES; i++)
        w->lane[i].dir = -1;
    catalog_init(&w->catalog);
    buf_init(&w->records, RECORDS_MAX);
    buf_init(&w->raw, RAW_MAX);
    return w;
}

static int prepare(struct walk *w, struct err *e)
{
    int rc = ERR_OK;

    w->names = source_names_new();
    if (w->names == NULL)
        return no_memory(e);
    if (w->from.need != NULL)
        rc = note_words(w, e);
    if (rc == ERR_OK && w->from.need != NULL)
        rc = sieve_new(&w->sieve, w->from.need, e);
    return rc;
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
        rc = open_sealed(w, e);
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
    while (!w->in_order && rc == ERR_OK)
        rc = go_on_listing(w, e);
    for (uint32_t i = 0; i < count && rc == ERR_OK; i++) {
        more[i] = walk_empty(&w->from);
        if (more[i] == NULL)
            return no_memory(e);
        more[i]->in_order = true;
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
    if (w->ahead_fd >= 0)
        (void)close(w->ahead_fd); /* only read */
    if (w->sealed_dir >= 0)
        (void)close(w->sealed_dir); /* only read */
    catalog_release(&w->catalog);
    source_names_free(&w->names);
    sieve_free(&w->sieve);
    buf_release(&w->records);
    buf_release(&w->raw);
    free(w->unit);
    free(w->left);
    free(w->word);
    free(w);
}
