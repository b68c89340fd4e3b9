/*
 * verify.c - see verify.h. Files are gone through by lane and first event, so that each folder's
 * trees, of which there are few at a time, can be continued.
 */
#include "seal/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "collect/source.h"
#include "event/search_text.h"
#include "ledger/leaf.h"
#include "seal/retain.h"
#include "seal/tree.h"
#include "seal/table.h"
#include "store/block.h"
#include "store/catalog.h"
#include "store/lane_read.h"
#include "store/store_id.h"

#define TREES_MAX   4096u /* of one lane */
#define RECORDS_MAX ((size_t)8 << 20)
#define FOLDED_MAX  ((size_t)64 << 20)
#define LANES       64u

struct tree {
    int32_t day;
    uint16_t months;
    struct merkle_range range;
    bool lost; /* a file of it could not be read: what follows cannot be joined */
};

struct verify {
    const struct verify_from *from;
    struct verify_counts *counts;
    struct catalog catalog;
    int data_dir, sealed_dir;
    uint8_t store[STORE_ID_BYTES];
    int32_t today;
    struct merkle_hasher *hasher;
    struct tree *tree; /* of the lane at hand */
    uint32_t trees;
    struct buf records, folded;
    char where[160]; /* the file at hand */
    struct sealed_file *file;
    uint32_t block;
    uint64_t words_missing;
    struct source_record *source; /* of the block at hand */
    uint32_t sources;
};

static void fault(struct verify *v, const char *fmt, ...) CHECK_FORMAT(2, 3);

static void fault(struct verify *v, const char *fmt, ...)
{
    char text[256];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    v->counts->faults++;
    v->from->fault(v->from->arg, v->where, text);
}

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory to verify the store.");
}

/* --- A block -------------------------------------------------------------------------------- */

static bool read_sources(struct verify *v, struct span records)
{
    struct lane_frame f = { .body = records }; /* of the same form */
    struct span record;

    v->sources = 0;
    while (v->sources < LEDGER_ROWS && lane_next_record(&f, &record)) {
        if (!source_record_read(record, &v->source[v->sources++]))
            return false;
    }
    return f.body.n == 0;
}

static void check_word(void *arg, struct span word)
{
    struct verify *v = arg;

    v->words_missing += (sealed_find(v->file, word_hash(word)) >> v->block & 1) == 0;
}

static void add_leaf(struct verify *v, const struct block_event *ev, struct merkle_range *leaves)
{
    const struct source_record *r = &v->source[ev->source];
    struct leaf l = { .lane = sealed_about(v->file)->lane,
                      .sequence = ev->sequence,
                      .receipt_ns = ev->receipt_ns,
                      .flags = ev->flags,
                      .lines = ev->lines,
                      .input = (uint8_t)r->input,
                      .authenticated = r->authenticated,
                      .source = r->name,
                      .raw = ev->raw };
    struct merkle_hash hash;

    memcpy(l.store, sealed_about(v->file)->store, sizeof(l.store));
    leaf_hash(v->hasher, &l, &hash);
    merkle_append(v->hasher, leaves, &hash);
}

/* False when an event is not what the block's head says of all of them. */
static bool check_event(struct verify *v, const struct sealed_block *b,
                        const struct block_event *ev)
{
    if (ev->source >= v->sources || ev->sequence < b->from || ev->sequence > b->to ||
        ev->receipt_ns < b->receipt_from || ev->receipt_ns > b->receipt_to)
        return false;
    buf_clear(&v->folded);
    search_fold(ev->raw, &v->folded);
    search_words(buf_span(&v->folded), check_word, v);
    return true;
}

static void check_events(struct verify *v, const struct sealed_block *b, const struct block *block,
                         struct merkle_range *leaves)
{
    merkle_begin(leaves, b->place);
    v->words_missing = 0;
    if (block_events(block) != b->events) {
        fault(v, "Block %u holds %u events, not %u.", v->block, block_events(block), b->events);
        return;
    }
    for (uint32_t row = 0; row < block_events(block); row++) {
        const struct block_event ev = block_event(block, row);

        if (!check_event(v, b, &ev)) {
            fault(v, "Event %llu is not what its block %u says.", (unsigned long long)ev.sequence,
                  v->block);
            return;
        }
        add_leaf(v, &ev, leaves);
        v->counts->events++;
    }
    if (v->words_missing > 0)
        fault(v, "The index of words leaves out %llu words of block %u: events would not be found.",
              (unsigned long long)v->words_missing, v->block);
}

/* The leaves of the block, hashed again, into `leaves`. ERR_CORRUPT when it cannot be read. */
static int read_block(struct verify *v, struct merkle_range *leaves, struct err *e)
{
    const struct sealed_block *b = sealed_block(v->file, v->block);
    struct block *block = NULL;
    struct span body, frame;
    int rc = sealed_body(v->file, v->block, true, &body, e);

    if (rc == ERR_OK)
        rc = sealed_sources(v->file, v->block, &frame, e);
    if (rc == ERR_OK)
        rc = block_sources_read(frame, &v->records, e);
    if (rc == ERR_OK && !read_sources(v, buf_span(&v->records)))
        rc = err_set(e, ERR_CORRUPT, 0, "The sources of a block are damaged.");
    if (rc == ERR_OK)
        rc = block_open(&block, body, e);
    if (rc == ERR_OK)
        check_events(v, b, block, leaves);
    block_free(&block);
    return rc;
}

static int check_block(struct verify *v, struct tree *t, struct err *e)
{
    const struct sealed_block *b = sealed_block(v->file, v->block);
    struct merkle_range leaves, says;
    struct span roots;
    int rc = read_block(v, &leaves, e);

    if (rc == ERR_NOMEM)
        return rc;
    v->counts->blocks++;
    if (rc != ERR_OK || sealed_roots(v->file, v->block, &roots, e) != ERR_OK) {
        fault(v, "Block %u: %s", v->block, e->why);
        t->lost = true;
        return ERR_OK;
    }
    if (!merkle_read(&says, b->place, b->place + b->events, roots) || !merkle_same(&says, &leaves))
        fault(v, "The events of block %u are not those that its roots were made of.", v->block);
    if (!t->lost && b->place != t->range.end) {
        fault(v, "Block %u begins at place %llu of its tree, and %llu events came before it.",
              v->block, (unsigned long long)b->place, (unsigned long long)t->range.end);
        t->lost = true;
    }
    if (!t->lost && leaves.end == b->place + b->events)
        merkle_join(v->hasher, &t->range, &leaves);
    return ERR_OK;
}

/* --- A file --------------------------------------------------------------------------------- */

static struct tree *tree_of(struct verify *v, const struct catalog_file *f)
{
    for (uint32_t i = 0; i < v->trees; i++) {
        if (v->tree[i].day == f->day && v->tree[i].months == f->months)
            return &v->tree[i];
    }
    if (v->trees == TREES_MAX)
        v->trees = 0; /* ten years of days: those before are done with */
    v->tree[v->trees] = (struct tree){ .day = f->day, .months = f->months };
    return &v->tree[v->trees++];
}

static void check_about(struct verify *v, const struct catalog_file *f)
{
    const struct sealed_about *a = sealed_about(v->file);

    if (memcmp(a->store, v->store, STORE_ID_BYTES) != 0)
        fault(v, "It is of another store.");
    if (a->day != f->day || a->months != f->months)
        fault(v, "It belongs into another folder.");
}

static int check_file(struct verify *v, const struct catalog_file *f, struct err *e)
{
    struct tree *t = tree_of(v, f);
    struct merkle_range says;
    char name[SEALED_NAME_BYTES], folder[SEALED_NAME_BYTES];
    int dir = catalog_folder(v->sealed_dir, f->day, f->months), rc;

    sealed_file_name(name, &f->name);
    sealed_folder_name(folder, f->day, f->months);
    (void)snprintf(v->where, sizeof(v->where), "sealed/%s/%s", folder, name);
    rc = dir >= 0 ? sealed_open(&v->file, dir, name, e)
                  : err_set(e, ERR_IO, 0, "It cannot be opened: %s.", strerror(errno));
    if (dir >= 0)
        (void)close(dir); /* only a folder */
    if (rc == ERR_NOMEM)
        return rc;
    if (rc != ERR_OK) {
        fault(v, "%s", e->why);
        t->lost = true;
        return ERR_OK;
    }
    v->counts->files++;
    if (sealed_check(v->file, e) != ERR_OK)
        fault(v, "%s", e->why);
    check_about(v, f);
    rc = ERR_OK;
    for (v->block = 0; v->block < sealed_block_count(v->file) && rc == ERR_OK; v->block++)
        rc = check_block(v, t, e);
    if (rc == ERR_OK && !t->lost &&
        (!tree_read(sealed_stream(v->file), &says) || !merkle_same(&says, &t->range)))
        fault(v, "The tree that it says is not that of its events and of those before.");
    sealed_free(&v->file);
    if (v->from->progress != NULL)
        v->from->progress(v->from->arg, v->counts);
    return rc;
}

/* --- Runs ----------------------------------------------------------------------------------- */

/* So young that nobody may have removed it? */
static bool is_kept(const struct verify *v, int32_t day)
{
    return v->today < retain_until(day, VERIFY_LEAST_MONTHS);
}

struct run {
    uint64_t from, to, events;
    uint32_t parts, parts_want;
    int32_t day; /* the newest of its parts */
};

static void end_run(struct verify *v, uint32_t lane, const struct run *r)
{
    (void)snprintf(v->where, sizeof(v->where), "lane %02u, events %llu to %llu", lane,
                   (unsigned long long)r->from, (unsigned long long)r->to);
    if (r->parts < r->parts_want && is_kept(v, r->day))
        fault(v, "Of the %u files of this run %u are missing.", r->parts_want,
              r->parts_want - r->parts);
    else if (r->parts == r->parts_want && r->events != r->to - r->from + 1)
        fault(v, "The files of this run hold %llu events.", (unsigned long long)r->events);
}

static void check_gap(struct verify *v, uint32_t lane, uint64_t next, const struct run *r)
{
    if (r->from == next || (r->from > next && !is_kept(v, r->day)))
        return;
    (void)snprintf(v->where, sizeof(v->where), "lane %02u", lane);
    if (r->from > next)
        fault(v, "Events %llu to %llu are missing.", (unsigned long long)next,
              (unsigned long long)(r->from - 1));
    else
        fault(v, "Event %llu is there twice.", (unsigned long long)r->from);
}

/* The sealed files of one lane, [begin, end) of the list; *next is behind their last event. */
static int check_lane(struct verify *v, uint32_t begin, uint32_t end, uint64_t *next, struct err *e)
{
    const uint32_t lane = v->catalog.file[begin].name.lane;
    struct run run = { 0 };
    int rc = ERR_OK;

    *next = 1;
    v->trees = 0;
    for (uint32_t i = begin; i < end && rc == ERR_OK; i++) {
        const struct catalog_file *f = &v->catalog.file[i];
        const uint64_t before = v->counts->events;

        if (f->state != CATALOG_COUNTS)
            continue; /* left over; the sealer removes it */
        if (run.parts == 0 || f->name.from != run.from || f->name.to != run.to) {
            if (run.parts > 0)
                end_run(v, lane, &run);
            run = (struct run){ f->name.from, f->name.to, 0, 0, f->name.parts, f->day };
            check_gap(v, lane, *next, &run);
        }
        rc = check_file(v, f, e);
        run.parts++;
        run.events += v->counts->events - before;
        run.day = f->day > run.day ? f->day : run.day;
        *next = f->name.to + 1;
    }
    if (run.parts > 0)
        end_run(v, lane, &run);
    return rc;
}

/* --- Lanes ---------------------------------------------------------------------------------- */

/* A server that runs may have sealed more since the list was made. */
static uint64_t sealed_since(struct verify *v, uint32_t lane)
{
    struct catalog c;
    uint64_t next = 0;

    catalog_init(&c);
    if (v->sealed_dir >= 0 && catalog_read(&c, v->sealed_dir, NULL) == ERR_OK)
        next = catalog_next(&c, lane);
    catalog_release(&c);
    return next;
}

/* What is not sealed yet goes on where the sealed files end. */
static int check_rest(struct verify *v, uint32_t lane, uint64_t next, struct err *e)
{
    struct lane_reader *r = NULL;
    struct lane_frame f;
    char name[16];
    int dir, rc;

    (void)snprintf(name, sizeof(name), "lanes/%02u", lane);
    (void)snprintf(v->where, sizeof(v->where), "lanes/%02u", lane);
    dir = openat(v->data_dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return errno == ENOENT
                   ? ERR_OK
                   : err_set(e, ERR_IO, 0, "%s cannot be opened: %s.", name, strerror(errno));
    rc = lane_reader_new(&r, v->from->io, dir, LANE_READ_ALL, e);
    if (rc == ERR_OK)
        rc = lane_reader_seek(r, (struct lane_place){ 0 }, e);
    while (rc == ERR_OK && (rc = lane_reader_next(r, &f, e)) == 1) {
        rc = ERR_OK;
        if (f.kind != LANE_EVENTS)
            continue;
        if (f.sequence > next && sealed_since(v, lane) < f.sequence)
            fault(v, "Events %llu to %llu are missing before segment %u, byte %llu.",
                  (unsigned long long)next, (unsigned long long)(f.sequence - 1), f.segment,
                  (unsigned long long)f.at);
        if (f.sequence + f.count > next) {
            v->counts->lane_events +=
                f.sequence + f.count - (f.sequence > next ? f.sequence : next);
            next = f.sequence + f.count;
        }
    }
    lane_reader_free(&r);
    (void)close(dir); /* only read */
    return rc < 0 ? rc : ERR_OK;
}

/* --- The whole ------------------------------------------------------------------------------ */

static int open_all(struct verify *v, struct err *e)
{
    int rc = store_id_read(v->from->data, v->store, e);

    v->tree = calloc(TREES_MAX, sizeof(*v->tree));
    v->source = calloc(LEDGER_ROWS, sizeof(*v->source));
    if (v->tree == NULL || v->source == NULL)
        return no_memory(e);
    if (rc == ERR_OK)
        rc = merkle_hasher_new(&v->hasher, e);
    if (rc != ERR_OK)
        return rc;
    v->data_dir = open(v->from->data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (v->data_dir < 0)
        return err_set(e, errno == ENOENT ? ERR_NOTFOUND : ERR_IO, 0,
                       "%.200s cannot be opened: %s.", v->from->data, strerror(errno));
    v->sealed_dir = openat(v->data_dir, "sealed", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (v->sealed_dir < 0 && errno != ENOENT)
        return err_set(e, ERR_IO, 0, "The sealed files cannot be opened: %s.", strerror(errno));
    return v->sealed_dir >= 0 ? catalog_read(&v->catalog, v->sealed_dir, e) : ERR_OK;
}

static int check_all(struct verify *v, struct err *e)
{
    uint64_t next[LANES];
    uint32_t end;
    int rc = ERR_OK;

    for (uint32_t i = 0; i < LANES; i++)
        next[i] = 1;
    for (uint32_t begin = 0; begin < v->catalog.count && rc == ERR_OK; begin = end) {
        const uint32_t lane = v->catalog.file[begin].name.lane;
        uint64_t behind;

        for (end = begin; end < v->catalog.count && v->catalog.file[end].name.lane == lane;)
            end++;
        rc = check_lane(v, begin, end, &behind, e);
        if (lane < LANES)
            next[lane] = behind;
    }
    for (uint32_t i = 0; i < LANES && rc == ERR_OK; i++)
        rc = check_rest(v, i, next[i], e);
    (void)snprintf(v->where, sizeof(v->where), "sealed");
    if (rc == ERR_OK && v->catalog.strange > 0)
        fault(v, "%u names there are none of ours.", v->catalog.strange);
    return rc;
}

int verify_store(const struct verify_from *from, struct verify_counts *counts, struct err *e)
{
    struct verify v = { .from = from,
                        .counts = counts,
                        .data_dir = -1,
                        .sealed_dir = -1,
                        .today = sealed_day(from->now_ns) };
    int rc;

    *counts = (struct verify_counts){ 0 };
    catalog_init(&v.catalog);
    buf_init(&v.records, RECORDS_MAX);
    buf_init(&v.folded, FOLDED_MAX);
    rc = open_all(&v, e);
    if (rc == ERR_OK)
        rc = check_all(&v, e);
    if (v.data_dir >= 0)
        (void)close(v.data_dir); /* only read */
    if (v.sealed_dir >= 0)
        (void)close(v.sealed_dir);
    sealed_free(&v.file);
    merkle_hasher_free(&v.hasher);
    catalog_release(&v.catalog);
    buf_release(&v.records);
    buf_release(&v.folded);
    free(v.tree);
    free(v.source);
    return rc;
}
