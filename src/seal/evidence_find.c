/*
 * evidence_find.c - see evidence_find.h. A lane at a time: its sealed files, then the rest of it.
 */
#include "seal/evidence_find.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "collect/source.h"
#include "ledger/leaf.h"
#include "seal/table.h"
#include "seal/tree.h"
#include "store/block.h"
#include "store/lane_read.h"
#include "store/store_id.h"

#define MONTHS      12u /* of events whose source says nothing of it */
#define ROUNDS      8u  /* a server that runs seals, and removes what is sealed */
#define RECORDS_MAX ((size_t)8 << 20)
#define RECORD_MAX  ((size_t)96 << 20)

struct lane_at {
    struct finder *f;
    uint32_t lane;
    uint64_t next;                /* behind what is sealed, then behind what was read */
    struct source_record *source; /* of the block at hand */
    uint32_t sources;
    struct lane_sources *lane_sources;
    struct buf records;
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory to look for events.");
}

struct found_stream *finder_stream(struct finder *f, uint32_t lane, uint16_t months)
{
    for (uint32_t i = 0; i < f->streams; i++) {
        if (f->stream[i].lane == lane && f->stream[i].months == months)
            return &f->stream[i];
    }
    return NULL;
}

/* Made where there is none yet; what retention took of it is known. NULL: no memory. */
static struct found_stream *stream_of(struct finder *f, uint32_t lane, uint16_t months)
{
    struct found_stream *s = finder_stream(f, lane, months);
    const struct signed_stream *is = signed_find(&f->is, lane, months);

    if (s != NULL)
        return s;
    s = realloc(f->stream, (f->streams + 1u) * sizeof(*s));
    if (s == NULL)
        return NULL;
    f->stream = s;
    s += f->streams++;
    *s = (struct found_stream){ .lane = lane, .months = months };
    if (is == NULL)
        return s;
    s->end = is->gone.end;
    return nodes_add(&s->nodes, &is->gone) ? s : NULL;
}

static int id_order(const void *a, const void *b)
{
    return evidence_order(a, &((const struct found *)b)->id);
}

static struct found *wanted(struct finder *f, uint32_t lane, uint64_t sequence)
{
    const struct evidence_event id = { lane, sequence };

    return bsearch(&id, f->found, f->from->count, sizeof(*f->found), id_order);
}

/* Is any of [from, to] wanted? */
static bool any_wanted(const struct finder *f, uint32_t lane, uint64_t from, uint64_t to)
{
    for (uint32_t i = 0; i < f->from->count; i++) {
        const struct evidence_event *id = &f->from->event[i];

        if (id->lane == lane && id->sequence >= from && id->sequence <= to)
            return true;
    }
    return false;
}

/* Does a cut lie within these leaves of a stream? */
static bool is_cut(const struct finder *f, const struct found_stream *s, uint64_t begin,
                   uint64_t end)
{
    for (uint32_t i = 0; i < f->cuts; i++) {
        const struct finder_cut *c = &f->cut[i];

        if (c->lane == s->lane && c->months == s->months && c->size > begin && c->size < end)
            return true;
    }
    return false;
}

/* The leaf of this event is at `index` of its stream. */
static int take_leaf(struct finder *f, struct found_stream *s, uint64_t index,
                     const struct leaf *leaf, struct err *e)
{
    struct found *w = wanted(f, leaf->lane, leaf->sequence);
    struct merkle_hash hash;

    leaf_hash(f->hasher, leaf, &hash);
    if (!nodes_add_leaf(&s->nodes, index, &hash))
        return no_memory(e);
    if (w == NULL)
        return ERR_OK;
    w->there = true;
    w->months = s->months;
    w->index = index;
    w->leaf = hash;
    buf_clear(&w->record);
    leaf_put(leaf, &w->record);
    if (buf_failed(&w->record))
        return no_memory(e);
    f->bytes += w->record.n;
    return f->from->bytes_max == 0 || f->bytes <= f->from->bytes_max
               ? ERR_OK
               : err_set(e, ERR_LIMIT, 0,
                         "The events are more than %zu MiB; choose fewer, or use canh export.",
                         f->from->bytes_max >> 20);
}

static struct leaf leaf_of(const struct source_record *r, const uint8_t store[NOTE_STORE_BYTES])
{
    struct leaf l = { .input = (uint8_t)r->input,
                      .authenticated = r->authenticated,
                      .source = r->name };

    memcpy(l.store, store, sizeof(l.store));
    return l;
}

/* --- Sealed files --------------------------------------------------------------------------- */

static bool read_sources(struct lane_at *at, struct span records)
{
    struct lane_frame f = { .body = records }; /* of the same form */
    struct span record;

    at->sources = 0;
    while (at->sources < LEDGER_ROWS && lane_next_record(&f, &record)) {
        if (!source_record_read(record, &at->source[at->sources++]))
            return false;
    }
    return f.body.n == 0;
}

static int take_block(struct lane_at *at, struct found_stream *s, const struct sealed_about *about,
                      const struct sealed_block *b, const struct block *block, struct err *e)
{
    int rc = block_events(block) == b->events
                 ? ERR_OK
                 : err_set(e, ERR_CORRUPT, 0, "A block holds another number of events.");

    for (uint32_t row = 0; row < block_events(block) && rc == ERR_OK; row++) {
        const struct block_event ev = block_event(block, row);
        struct leaf l;

        if (ev.source >= at->sources)
            return err_set(e, ERR_CORRUPT, 0, "A block does not name the source of an event.");
        l = leaf_of(&at->source[ev.source], about->store);
        l.lane = about->lane;
        l.sequence = ev.sequence;
        l.receipt_ns = ev.receipt_ns;
        l.flags = ev.flags;
        l.lines = ev.lines;
        l.raw = ev.raw;
        rc = take_leaf(at->f, s, b->place + row, &l, e);
    }
    return rc;
}

static int read_block(struct lane_at *at, struct found_stream *s, const struct sealed_file *file,
                      uint32_t i, struct err *e)
{
    struct block *block = NULL;
    struct span body, frame;
    int rc = sealed_body(file, i, true, &body, e);

    if (rc == ERR_OK)
        rc = sealed_sources(file, i, &frame, e);
    if (rc == ERR_OK)
        rc = block_sources_read(frame, &at->records, e);
    if (rc == ERR_OK && !read_sources(at, buf_span(&at->records)))
        rc = err_set(e, ERR_CORRUPT, 0, "The sources of a block are damaged.");
    if (rc == ERR_OK)
        rc = block_open(&block, body, e);
    if (rc == ERR_OK)
        rc = take_block(at, s, sealed_about(file), sealed_block(file, i), block, e);
    block_free(&block);
    return rc;
}

/* Damage where nothing is wanted is told by the proof that cannot be made, if it matters. */
static int take_file(struct lane_at *at, struct found_stream *s, const struct sealed_file *file,
                     struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t i = 0; i < sealed_block_count(file) && rc == ERR_OK; i++) {
        const struct sealed_block *b = sealed_block(file, i);
        struct merkle_range r;
        struct span roots;

        s->end = b->place + b->events;
        if (any_wanted(at->f, at->lane, b->from, b->to) || is_cut(at->f, s, b->place, s->end))
            rc = read_block(at, s, file, i, e);
        if (rc == ERR_OK && sealed_roots(file, i, &roots, NULL) == ERR_OK &&
            merkle_read(&r, b->place, s->end, roots) && !nodes_add(&s->nodes, &r))
            rc = no_memory(e);
    }
    return rc;
}

static int read_file(struct lane_at *at, int sealed_dir, const struct catalog_file *f,
                     struct err *e)
{
    struct found_stream *s = stream_of(at->f, at->lane, f->months);
    struct sealed_file *file = NULL;
    char name[SEALED_NAME_BYTES];
    int dir = catalog_folder(sealed_dir, f->day, f->months), rc = ERR_OK;

    sealed_file_name(name, &f->name);
    if (s == NULL)
        rc = no_memory(e);
    if (rc == ERR_OK && dir >= 0)
        rc = sealed_open(&file, dir, name, e);
    if (dir >= 0)
        (void)close(dir); /* only a folder */
    if (rc == ERR_CORRUPT && any_wanted(at->f, at->lane, f->name.from, f->name.to))
        err_prefix(e, "%s", name);
    else if (rc == ERR_CORRUPT || rc == ERR_NOTFOUND)
        rc = ERR_OK;
    if (rc == ERR_OK && file != NULL) {
        rc = take_file(at, s, file, e);
        if (rc == ERR_CORRUPT)
            err_prefix(e, "%s", name);
    }
    sealed_free(&file);
    return rc;
}

static int read_files(struct lane_at *at, struct err *e)
{
    struct catalog c;
    char path[4096];
    int n = snprintf(path, sizeof(path), "%s/sealed", at->f->from->data), dir, rc;

    at->next = 1;
    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return errno == ENOENT
                   ? ERR_OK
                   : err_set(e, ERR_IO, 0, "%.150s cannot be opened: %s.", path, strerror(errno));
    catalog_init(&c);
    rc = catalog_read(&c, dir, e);
    for (uint32_t i = 0; i < c.count && rc == ERR_OK; i++) {
        if (c.file[i].name.lane != at->lane || c.file[i].state != CATALOG_COUNTS)
            continue;
        rc = read_file(at, dir, &c.file[i], e);
        at->next = c.file[i].name.to + 1;
    }
    catalog_release(&c);
    (void)close(dir); /* only read */
    return rc;
}

/* --- What is not sealed yet ------------------------------------------------------------------ */

static int take_event(struct lane_at *at, const struct lane_read_event *ev, struct err *e)
{
    const struct lane_source *of =
        ev->source < LEDGER_ROWS ? &at->lane_sources->at[ev->source] : NULL;
    struct source_record r;
    struct found_stream *s;
    struct leaf l;

    if (of == NULL || of->version == 0 || !source_record_read(of->record, &r))
        return err_set(e, ERR_CORRUPT, 0, "Event %llu is of a source that its lane does not name.",
                       (unsigned long long)ev->sequence);
    s = stream_of(at->f, at->lane, of->months);
    if (s == NULL)
        return no_memory(e);
    l = leaf_of(&r, at->f->store);
    l.lane = at->lane;
    l.sequence = ev->sequence;
    l.receipt_ns = ev->receipt_ns;
    l.flags = ev->flags;
    l.lines = ev->lines;
    l.raw = ev->raw;
    return take_leaf(at->f, s, s->end++, &l, e);
}

/* 1: events are missing, which may have been sealed meanwhile. */
static int take_frame(struct lane_at *at, struct lane_frame *f, struct err *e)
{
    struct lane_read_event ev;
    struct span record;
    int rc = ERR_OK;

    if (f->kind == LANE_SOURCES) {
        while (lane_next_record(f, &record))
            (void)lane_sources_take(at->lane_sources, record, MONTHS); /* an event tells */
    }
    if (f->kind != LANE_EVENTS)
        return ERR_OK;
    if (f->sequence > at->next)
        return 1;
    while (rc == ERR_OK && lane_next_event(f, &ev)) {
        if (ev.sequence < at->next)
            continue;
        rc = take_event(at, &ev, e);
        at->next = ev.sequence + 1;
    }
    return rc;
}

static int read_rest(struct lane_at *at, struct err *e)
{
    struct lane_reader *r = NULL;
    struct lane_frame f;
    char path[4096];
    int n = snprintf(path, sizeof(path), "%s/lanes/%02u", at->f->from->data, at->lane), dir;
    int rc = ERR_OK, more;

    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return errno == ENOENT
                   ? ERR_OK
                   : err_set(e, ERR_IO, 0, "%.150s cannot be opened: %s.", path, strerror(errno));
    lane_sources_clear(at->lane_sources);
    rc = lane_reader_new(&r, at->f->from->io, dir, LANE_READ_ALL, e);
    while (rc == ERR_OK && (more = lane_reader_next(r, &f, e)) != 0)
        rc = more < 0 ? more : take_frame(at, &f, e);
    lane_reader_free(&r);
    (void)close(dir); /* only read */
    return rc;
}

/* --- All ------------------------------------------------------------------------------------- */

static void forget_lane(struct lane_at *at)
{
    for (uint32_t i = 0; i < at->f->streams; i++) {
        struct found_stream *s = &at->f->stream[i];

        if (s->lane != at->lane)
            continue;
        nodes_release(&s->nodes);
        *s = at->f->stream[--at->f->streams];
        i--;
    }
}

static int read_lane(struct lane_at *at, uint32_t lane, struct err *e)
{
    int rc = 1;

    at->lane = lane;
    for (uint32_t i = 0; i < ROUNDS && rc == 1; i++) {
        forget_lane(at);
        rc = read_files(at, e);
        if (rc == ERR_OK)
            rc = read_rest(at, e);
    }
    return rc == 1 ? ERR_OK /* what is missing is not found */ : rc;
}

/* The least lane from `from` on of which something is asked; UINT32_MAX: none. */
static uint32_t next_lane(const struct finder *f, uint32_t from)
{
    uint32_t least = UINT32_MAX;

    for (uint32_t i = 0; i < f->from->count; i++) {
        if (f->from->event[i].lane >= from && f->from->event[i].lane < least)
            least = f->from->event[i].lane;
    }
    for (uint32_t i = 0; i < f->cuts; i++) {
        if (f->cut[i].lane >= from && f->cut[i].lane < least)
            least = f->cut[i].lane;
    }
    return least;
}

static int read_lanes(struct finder *f, struct err *e)
{
    struct lane_at at = { .f = f };
    uint32_t lane = next_lane(f, 0);
    int rc = ERR_OK;

    buf_init(&at.records, RECORDS_MAX);
    at.source = calloc(LEDGER_ROWS, sizeof(*at.source));
    at.lane_sources = calloc(1, sizeof(*at.lane_sources));
    if (at.source == NULL || at.lane_sources == NULL)
        rc = no_memory(e);
    for (; lane != UINT32_MAX && rc == ERR_OK; lane = next_lane(f, lane + 1))
        rc = read_lane(&at, lane, e);
    if (at.lane_sources != NULL)
        lane_sources_clear(at.lane_sources);
    free(at.lane_sources);
    free(at.source);
    buf_release(&at.records);
    return rc;
}

static int read_ledger(struct finder *f, struct err *e)
{
    const struct verdict *is = &f->is.verdict;
    char path[4096];
    int n = snprintf(path, sizeof(path), "%s/ledger", f->from->data), dir, rc;

    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return err_set(e, errno == ENOENT ? ERR_NOTFOUND : ERR_IO, 0,
                       "There is no ledger that can be read in %.150s: %s.", f->from->data,
                       strerror(errno));
    rc = signed_read(&f->is, f->from->io, dir, f->from->root, NULL, 0, e);
    (void)close(dir); /* only read */
    if (rc == ERR_OK && is->fault != LINKS_NONE && is->fault != LINKS_CLOCK)
        rc = err_set(e, ERR_CORRUPT, 0, "The ledger is not sound: %.120s canh verify says where.",
                     is->why.why);
    return rc;
}

int finder_run(struct finder *f, struct err *e)
{
    int rc = store_id_read(f->from->data, f->store, e);

    f->found = calloc(f->from->count + 1u, sizeof(*f->found));
    if (f->found == NULL)
        return no_memory(e);
    for (uint32_t i = 0; i < f->from->count; i++) {
        f->found[i].id = f->from->event[i];
        buf_init(&f->found[i].record, RECORD_MAX);
    }
    if (rc == ERR_OK)
        rc = merkle_hasher_new(&f->hasher, e);
    if (rc == ERR_OK)
        rc = read_ledger(f, e);
    if (rc == ERR_OK)
        rc = read_lanes(f, e);
    for (uint32_t i = 0; i < f->from->count && rc == ERR_OK; i++) {
        if (!f->found[i].there)
            rc = err_set(e, ERR_NOTFOUND, 0, "There is no event %llu in lane %u.",
                         (unsigned long long)f->found[i].id.sequence, f->found[i].id.lane);
    }
    for (uint32_t i = 0; i < f->streams; i++)
        nodes_sort(&f->stream[i].nodes);
    return rc;
}

void finder_release(struct finder *f)
{
    for (uint32_t i = 0; f->found != NULL && i < f->from->count; i++)
        buf_release(&f->found[i].record);
    for (uint32_t i = 0; i < f->streams; i++)
        nodes_release(&f->stream[i].nodes);
    free(f->found);
    free(f->stream);
    signed_release(&f->is);
    merkle_hasher_free(&f->hasher);
}
