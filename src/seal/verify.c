/*
 * verify.c - see verify.h. A lane at a time: its sealed files by their first event, then what is
 * not sealed, so that the trees of its streams grow from their first leaf to their last.
 */
#include "seal/verify.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect/source.h"
#include "ledger/leaf.h"
#include "os/file.h"
#include "seal/account.h"
#include "seal/tree.h"
#include "seal/table.h"
#include "seal/words.h"
#include "store/block.h"
#include "store/catalog.h"
#include "store/lane_read.h"
#include "store/store_id.h"

#define RECORDS_MAX ((size_t)8 << 20)
#define LANES       64u
#define MONTHS      12u /* of events whose source says nothing of it */
#define ROUNDS_MAX  16u /* a server that runs seals while its store is read */
#define FRAMES      64u /* between two looks at whether to go on */

struct tree {
    uint16_t months;
    struct merkle_range range;
    const struct signed_stream *is; /* as it was signed; NULL: nothing was */
    uint32_t mark;
    bool lost;  /* what follows cannot be joined, up to the end of the file */
    bool wrong; /* it is not as it was signed, and that was told */
};

/* A word that was asked for of the file at hand, and its blocks. */
struct asked {
    uint64_t hash, blocks;
    bool known;
};

struct verify {
    const struct verify_from *from;
    struct verify_counts *counts;
    struct catalog catalog;
    int data_dir, sealed_dir;
    uint8_t store[STORE_ID_BYTES];
    struct signed_store signed_store;
    struct merkle_hasher *hasher;
    uint32_t lane; /* at hand, and its streams */
    struct tree tree[TIP_STREAMS];
    uint32_t trees;
    struct lane_sources *lane_sources;
    struct buf records;
    struct words *words;
    char name[2 * SEALED_NAME_BYTES + 8]; /* of the sealed file at hand */
    char where[192];                      /* what is looked at now */
    struct sealed_file *file;
    bool gone; /* it may be */
    uint32_t block;
    uint64_t words_missing;
    struct asked asked[32768];
    struct source_record *source; /* of the block at hand */
    uint32_t sources;
    struct tallies *tallies; /* what the file at hand says; NULL: nothing */
    struct tallier_file recount;
    bool recounts; /* all names, by the tallier */
    bool counted;  /* every event so far */
};

static const char *const fault_names[] = {
#define X(name, text) [VERIFY_##name] = #name,
    VERIFY_FAULT_TABLE(X)
#undef X
};

static void at(struct verify *v, const char *fmt, ...) CHECK_FORMAT(2, 3);
static void fault(struct verify *v, enum verify_fault f, const char *fmt, ...) CHECK_FORMAT(3, 4);

/* What is looked at now. */
static void at(struct verify *v, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(v->where, sizeof(v->where), fmt, args);
    va_end(args);
}

static void at_block(struct verify *v)
{
    at(v, "%s, block %u", v->name, v->block);
}

static void fault(struct verify *v, enum verify_fault f, const char *fmt, ...)
{
    char text[256];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    v->counts->faults++;
    v->from->fault(v->from->arg, fault_names[f], v->where, text);
}

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory to verify the store.");
}

/* --- How far -------------------------------------------------------------------------------- */

/* A lane that grows while it is read is more than was counted. */
static void keep_up(struct verify_counts *c)
{
    if (c->bytes > c->bytes_all)
        c->bytes_all = c->bytes;
}

static int go_on(const struct verify *v, struct err *e)
{
    keep_up(v->counts);
    if (v->from->go_on == NULL || v->from->go_on(v->from->arg, v->counts))
        return ERR_OK;
    return err_set(e, ERR_MORE, 0, "It was ended before all was read.");
}

static uint64_t size_of(int dir, const char *name)
{
    struct stat st;

    return fstatat(dir, name, &st, 0) == 0 ? (uint64_t)st.st_size : 0; /* who reads it tells */
}

/* All segments of a lane. */
static void count_lane(struct verify *v, uint32_t lane)
{
    char name[16];
    struct dirent *d;
    DIR *dir;
    int fd;

    (void)snprintf(name, sizeof(name), "lanes/%02u", lane);
    fd = openat(v->data_dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (dir == NULL && fd >= 0)
        (void)close(fd); /* only read */
    while (dir != NULL && (d = readdir(dir)) != NULL) {
        if (d->d_name[0] != '.')
            v->counts->bytes_all += size_of(fd, d->d_name);
    }
    if (dir != NULL)
        (void)closedir(dir);
}

/* The sealed files of a lane that begin at `first` or behind. What cannot be looked at is told when
 * it is read. */
static void count_files(struct verify *v, const struct catalog *c, uint32_t lane, uint64_t first)
{
    for (uint32_t i = 0; i < c->count; i++) {
        const struct catalog_file *f = &c->file[i];
        char name[SEALED_NAME_BYTES];
        int dir;

        if (f->name.lane != lane || f->name.from < first || f->state != CATALOG_COUNTS)
            continue;
        dir = catalog_folder(v->sealed_dir, f->day, f->months);
        if (dir < 0)
            continue;
        sealed_file_name(name, &f->name);
        v->counts->files_all++;
        v->counts->bytes_all += size_of(dir, name);
        (void)close(dir); /* only a folder */
    }
}

/* What there is to read. */
static void count_all(struct verify *v)
{
    for (uint32_t i = 0; i < LANES; i++) {
        count_files(v, &v->catalog, i, 1);
        count_lane(v, i);
    }
}

/* --- Trees ---------------------------------------------------------------------------------- */

/* The stream of the lane at hand; NULL when there are more than a lane can have. */
static struct tree *tree_of(struct verify *v, uint16_t months)
{
    struct tree *t;

    for (uint32_t i = 0; i < v->trees; i++) {
        if (v->tree[i].months == months)
            return &v->tree[i];
    }
    if (v->trees == TIP_STREAMS)
        return NULL;
    t = &v->tree[v->trees++];
    *t = (struct tree){ .months = months, .is = signed_find(&v->signed_store, v->lane, months) };
    if (t->is != NULL)
        t->range = t->is->gone;
    else
        merkle_begin(&t->range, 0);
    return t;
}

/* Has the tree, which is of a size that was signed, the root that was? */
static void check_mark(struct verify *v, struct tree *t)
{
    const struct signed_mark *m =
        t->is != NULL ? signed_mark_from(t->is, &t->mark, t->range.end) : NULL;
    struct merkle_hash root;
    struct buf when;

    if (m == NULL || m->size != t->range.end || t->lost || t->wrong)
        return;
    merkle_root(v->hasher, &t->range, &root);
    if (memcmp(&root, &m->root, sizeof(root)) == 0)
        return;
    t->wrong = true;
    buf_init(&when, 64);
    note_put_time(&when, m->time_ns);
    fault(
        v, VERIFY_SIGNED,
        "The first %llu events of its stream are not those that were signed with checkpoint %llu, "
        "%.*s.",
        (unsigned long long)m->size, (unsigned long long)m->number, (int)when.n,
        (const char *)when.p);
    buf_release(&when);
}

static void add_to_tree(struct verify *v, struct tree *t, const struct merkle_hash *leaf)
{
    if (t->lost)
        return;
    merkle_append(v->hasher, &t->range, leaf);
    check_mark(v, t);
}

/* The end of the lane: was there more once? */
static void check_ends(struct verify *v)
{
    for (uint32_t i = 0; i < v->signed_store.count; i++) {
        const struct signed_stream *s = &v->signed_store.stream[i];
        const struct tree *t = s->lane == v->lane ? tree_of(v, s->months) : NULL;

        if (t == NULL || t->lost || t->range.end >= s->last.size)
            continue;
        at(v, "lane %02u, class %u", v->lane, s->months);
        fault(v, VERIFY_END,
              "Of the %llu events kept %u months that were signed with checkpoint %llu the last "
              "%llu are missing.",
              (unsigned long long)s->last.size, s->months, (unsigned long long)s->last.number,
              (unsigned long long)(s->last.size - t->range.end));
    }
    for (uint32_t i = 0; i < v->trees; i++) {
        const struct tree *t = &v->tree[i];
        const uint64_t size = t->is != NULL ? t->is->last.size : 0;

        if (!t->lost && t->range.end > size)
            v->counts->not_signed += t->range.end - size;
    }
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

/* The same words come again and again, in one block and in all of them. */
static void check_word(void *arg, uint64_t hash)
{
    struct verify *v = arg;
    struct asked *a = &v->asked[hash % COUNT_OF(v->asked)];

    if (!a->known || a->hash != hash)
        *a = (struct asked){ hash, sealed_find(v->file, hash), true };
    v->words_missing += (a->blocks >> v->block & 1) == 0;
}

static void add_leaf(struct verify *v, struct tree *t, const struct block_event *ev,
                     struct merkle_range *leaves)
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
    add_to_tree(v, t, &hash);
}

/* For the tallies: its source's names are known without the record. */
static void count_event(struct verify *v, const struct block_event *ev)
{
    const struct source_record *r = &v->source[ev->source];
    const struct span input = span_of(input_name(r->input));

    if (v->tallies == NULL || (ev->flags & LANE_TRACER) != 0)
        return;
    if (v->recounts) {
        const struct shown_about a = { sealed_about(v->file)->lane,
                                       { ev->sequence, ev->source, ev->flags, ev->lines,
                                         ev->receipt_ns, ev->raw },
                                       r->name,
                                       input };

        tallier_event(v->from->tallier, &v->recount, &a);
        return;
    }
    (void)tally_add(v->recount.tallies, TALLY_SOURCE, r->name, 1);
    (void)tally_add(v->recount.tallies, TALLY_INPUT, input, 1);
    tally_events(v->recount.tallies, 1);
}

/* False when an event is not what the block's head says of all of them. */
static bool check_event(struct verify *v, const struct sealed_block *b,
                        const struct block_event *ev)
{
    if (ev->source >= v->sources || ev->sequence < b->from || ev->sequence > b->to ||
        ev->receipt_ns < b->receipt_from || ev->receipt_ns > b->receipt_to)
        return false;
    /* Without memory some words are not looked for; those that are, are. */
    (void)words_of(v->words, ev->raw, check_word, v);
    count_event(v, ev);
    return true;
}

static void check_events(struct verify *v, struct tree *t, const struct sealed_block *b,
                         const struct block *block, struct merkle_range *leaves)
{
    merkle_begin(leaves, b->place);
    v->words_missing = 0;
    if (block_events(block) != b->events) {
        fault(v, VERIFY_COUNT, "Block %u holds %u events, not %u.", v->block, block_events(block),
              b->events);
        t->lost = true;
        v->counted = false;
        return;
    }
    for (uint32_t row = 0; row < block_events(block); row++) {
        const struct block_event ev = block_event(block, row);

        if (!check_event(v, b, &ev)) {
            fault(v, VERIFY_EVENT, "Event %llu is not what its block %u says.",
                  (unsigned long long)ev.sequence, v->block);
            t->lost = true;
            v->counted = false;
            return;
        }
        add_leaf(v, t, &ev, leaves);
        v->counts->events++;
    }
    if (v->words_missing > 0)
        fault(v, VERIFY_WORDS,
              "The index of words leaves out %llu words of block %u: events would not be found.",
              (unsigned long long)v->words_missing, v->block);
}

/* The leaves of the block, hashed again, into `leaves`. ERR_CORRUPT when it cannot be read. */
static int read_block(struct verify *v, struct tree *t, struct merkle_range *leaves, struct err *e)
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
        check_events(v, t, b, block, leaves);
    else
        v->counted = false;
    block_free(&block);
    return rc;
}

static int check_block(struct verify *v, struct tree *t, struct err *e)
{
    const struct sealed_block *b = sealed_block(v->file, v->block);
    struct merkle_range leaves, says;
    struct span roots;
    int rc;

    if (!t->lost && b->place != t->range.end) {
        fault(v, VERIFY_PLACE,
              "Block %u begins at place %llu of its stream, and %llu events came before it.",
              v->block, (unsigned long long)b->place, (unsigned long long)t->range.end);
        t->lost = true;
    }
    rc = read_block(v, t, &leaves, e);
    if (rc == ERR_NOMEM)
        return rc;
    v->counts->blocks++;
    if (rc != ERR_OK || sealed_roots(v->file, v->block, &roots, e) != ERR_OK) {
        fault(v, VERIFY_BLOCK, "Block %u: %s", v->block, e->why);
        t->lost = true;
        return ERR_OK;
    }
    if (!merkle_read(&says, b->place, b->place + b->events, roots) || !merkle_same(&says, &leaves))
        fault(v, VERIFY_ROOTS, "The events of block %u are not those that its roots were made of.",
              v->block);
    return ERR_OK;
}

/* --- Tallies -------------------------------------------------------------------------------- */

/* What the file says, and room to count its events again. */
static int begin_tallies(struct verify *v, struct err *e)
{
    const struct tallier *t = v->from->tallier;
    struct span bytes;
    int rc;

    v->counted = true;
    v->recounts = false;
    if (sealed_tallies(v->file, &bytes, NULL) != ERR_OK || bytes.n == 0)
        return ERR_OK; /* its bytes were told of */
    rc = tally_open(&v->tallies, bytes, e);
    if (rc == ERR_NOMEM)
        return rc;
    if (rc != ERR_OK) {
        fault(v, VERIFY_TALLY, "%s", e->why);
        return ERR_OK;
    }
    v->recounts = t != NULL && tallier_reading(t) == tally_about(v->tallies)->reading;
    rc = tallier_begin(&v->recount, e);
    for (uint32_t i = 0; rc == ERR_OK && !v->recounts && i < TALLY_NAMES; i++) {
        if (i != TALLY_SOURCE && i != TALLY_INPUT)
            tally_drop(v->recount.tallies, i);
    }
    return rc;
}

static int end_tallies(struct verify *v, struct err *e)
{
    struct tallies *is = NULL;
    struct buf out;
    int rc = ERR_OK;

    if (v->tallies == NULL)
        return ERR_OK;
    buf_init(&out, 2 * TALLY_BYTES_MAX);
    if (v->counted)
        rc = tally_put(v->recount.tallies, 0, &out, e);
    if (v->counted && rc == ERR_OK)
        rc = tally_open(&is, buf_span(&out), e);
    if (is != NULL && !tally_agrees(v->tallies, is, v->recounts))
        fault(v, VERIFY_TALLY, "Its tallies are not those of its events: counts are wrong.");
    tally_free(&is);
    tally_free(&v->tallies);
    tallier_end(&v->recount);
    buf_release(&out);
    return rc;
}

/* --- A file --------------------------------------------------------------------------------- */

static void check_about(struct verify *v, const struct catalog_file *f)
{
    const struct sealed_about *a = sealed_about(v->file);

    if (memcmp(a->store, v->store, STORE_ID_BYTES) != 0)
        fault(v, VERIFY_STORE, "It is of another store.");
    if (a->day != f->day || a->months != f->months)
        fault(v, VERIFY_FOLDER, "It belongs into another folder.");
}

/* That all of it goes was recorded, and it is still there: a crash came between, or it is about to
 * go. */
static bool is_gone(const struct verify *v, const struct tree *t)
{
    struct merkle_range says;

    return t->is != NULL && tree_read(sealed_stream(v->file), &says) && says.end <= t->is->gone.end;
}

/* What the file says its stream is. Behind a fault it is taken up from there, if it is not smaller;
 * whether it is as it was signed, the next mark tells. */
static void check_stream(struct verify *v, struct tree *t)
{
    struct merkle_range says;

    if (!tree_read(sealed_stream(v->file), &says)) {
        fault(v, VERIFY_TREE, "It does not say what its stream is.");
        t->lost = true;
        return;
    }
    if (!t->lost && merkle_same(&says, &t->range))
        return;
    if (!t->lost)
        fault(v, VERIFY_TREE,
              "The tree that it says is not that of its events and of those before.");
    t->range = says;
    t->lost = t->wrong = false;
    check_mark(v, t);
}

/* A block of a file that is gone, by the records, and still there: what it says can be shown. Its
 * leaves are added to `all`. */
static int check_gone(struct verify *v, struct merkle_range *all, struct err *e)
{
    struct tree none = { .lost = true }; /* it is no part of the stream any more */
    struct merkle_range leaves;
    int rc = read_block(v, &none, &leaves, e);

    if (rc == ERR_NOMEM)
        return rc;
    v->counts->blocks++;
    if (rc != ERR_OK)
        fault(v, VERIFY_BLOCK, "Block %u: %s", v->block, e->why);
    else if (v->block == 0)
        *all = leaves;
    else if (all->end == leaves.begin)
        merkle_join(v->hasher, all, &leaves);
    return ERR_OK;
}

/* The file at hand from here on, and its bytes. ERR_CORRUPT also when it is of another run than its
 * name says. */
static int open_file(struct verify *v, const struct catalog_file *f, uint64_t *bytes, struct err *e)
{
    char name[SEALED_NAME_BYTES], folder[SEALED_NAME_BYTES];
    int dir, rc;

    sealed_file_name(name, &f->name);
    sealed_folder_name(folder, f->day, f->months);
    (void)snprintf(v->name, sizeof(v->name), "sealed/%s/%s", folder, name);
    at(v, "%s", v->name);
    dir = catalog_folder(v->sealed_dir, f->day, f->months);
    if (dir < 0)
        return err_set(e, errno == ENOENT ? ERR_NOTFOUND : ERR_IO, 0, "It cannot be opened: %s.",
                       strerror(errno));
    *bytes = size_of(dir, name);
    rc = sealed_open(&v->file, dir, name, e);
    (void)close(dir); /* only a folder */
    return rc;
}

static int check_file(struct verify *v, const struct catalog_file *f, struct err *e)
{
    struct merkle_range gone = { 0 };
    struct tree *t = tree_of(v, f->months);
    const uint64_t before = v->counts->bytes;
    uint64_t bytes = 0;
    int rc = open_file(v, f, &bytes, e);

    memset(v->asked, 0, sizeof(v->asked));
    if (rc == ERR_NOMEM)
        return rc;
    if (t == NULL) {
        fault(v, VERIFY_CLASSES, "The lane has more than %u retention classes.", TIP_STREAMS);
        sealed_free(&v->file);
        return ERR_OK;
    }
    if (rc != ERR_OK) {
        fault(v, VERIFY_FILE, "%s", e->why);
        t->lost = true;
        return ERR_OK;
    }
    v->counts->files++;
    v->gone = is_gone(v, t);
    if (sealed_check(v->file, e) != ERR_OK) {
        at(v, "%s, byte %zu", v->name, e->at);
        fault(v, VERIFY_BYTES, "%s", e->why);
        at(v, "%s", v->name);
    }
    check_about(v, f);
    rc = begin_tallies(v, e);
    for (v->block = 0; v->block < sealed_block_count(v->file) && rc == ERR_OK; v->block++) {
        at_block(v);
        rc = v->gone ? check_gone(v, &gone, e) : check_block(v, t, e);
        v->counts->bytes += sealed_block(v->file, v->block)->bytes;
        if (rc == ERR_OK)
            rc = go_on(v, e);
    }
    v->counts->bytes = before + bytes;
    at(v, "%s", v->name);
    if (rc == ERR_OK)
        rc = end_tallies(v, e);
    if (rc == ERR_OK && !v->gone)
        check_stream(v, t);
    else if (rc == ERR_OK && !signed_took(t->is, v->hasher, &gone))
        fault(v, VERIFY_GONE, "It is not what retention took, as the records say.");
    sealed_free(&v->file);
    return rc;
}

/* What does not count: nothing of it is read, but others do not count because of its name, so that
 * has to be true. The sealer removes such files. */
static int check_left_over(struct verify *v, const struct catalog_file *f, struct err *e)
{
    uint64_t bytes = 0;
    int rc = open_file(v, f, &bytes, e);

    if (rc == ERR_NOMEM)
        return rc;
    if (rc == ERR_OK)
        check_about(v, f);
    else if (rc != ERR_NOTFOUND)
        fault(v, VERIFY_FILE, "%s", e->why);
    sealed_free(&v->file);
    return go_on(v, e);
}

/* --- Runs ----------------------------------------------------------------------------------- */

struct run {
    uint64_t from, to, events;
    uint32_t parts, parts_want;
};

static void end_run(struct verify *v, const struct run *r)
{
    at(v, "lane %02u, events %llu to %llu", v->lane, (unsigned long long)r->from,
       (unsigned long long)r->to);
    if (r->parts == r->parts_want && r->events != r->to - r->from + 1)
        fault(v, VERIFY_RUN, "The files of this run hold %llu events.",
              (unsigned long long)r->events);
}

/* Retention leaves gaps; what it took stands in the ledger. */
static bool has_gone(const struct verify *v)
{
    for (uint32_t i = 0; i < v->signed_store.count; i++) {
        if (v->signed_store.stream[i].lane == v->lane && v->signed_store.stream[i].gone.end > 0)
            return true;
    }
    return false;
}

static void check_gap(struct verify *v, uint64_t next, const struct run *r)
{
    at(v, "lane %02u, event %llu", v->lane, (unsigned long long)(r->from > next ? next : r->from));
    if (r->from > next && !has_gone(v))
        fault(v, VERIFY_MISSING, "Events %llu to %llu are missing.", (unsigned long long)next,
              (unsigned long long)(r->from - 1));
    else if (r->from < next)
        fault(v, VERIFY_TWICE, "Event %llu is there twice.", (unsigned long long)r->from);
}

/* The sealed files of the lane that begin at *next or behind; *next is behind their last event. */
static int check_files(struct verify *v, const struct catalog *c, uint64_t *next, struct err *e)
{
    const uint64_t first = *next;
    struct run run = { 0 };
    int rc = ERR_OK;

    for (uint32_t i = 0; i < c->count && rc == ERR_OK; i++) {
        const struct catalog_file *f = &c->file[i];
        const uint64_t before = v->counts->events;

        if (f->name.lane != v->lane || f->name.from < first || f->state != CATALOG_COUNTS)
            continue; /* or left over */
        if (f->name.from != run.from || f->name.to != run.to) {
            if (run.parts > 0)
                end_run(v, &run);
            run = (struct run){ f->name.from, f->name.to, 0, 0, f->name.parts };
            check_gap(v, *next, &run);
        }
        v->gone = false;
        rc = check_file(v, f, e);
        run.parts += !v->gone;
        run.events += v->counts->events - before;
        *next = f->name.to + 1;
    }
    if (run.parts > 0)
        end_run(v, &run);
    return rc;
}

static int check_left_overs(struct verify *v, struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t i = 0; i < v->catalog.count && rc == ERR_OK; i++) {
        const struct catalog_file *f = &v->catalog.file[i];

        if (f->name.lane == v->lane && f->state != CATALOG_COUNTS)
            rc = check_left_over(v, f, e);
    }
    return rc;
}

/* --- Lanes ---------------------------------------------------------------------------------- */

/* What is sealed by now: a server that runs may have sealed more since the list was made. */
static uint64_t sealed_by_now(struct verify *v)
{
    struct catalog c;
    uint64_t next = 0;

    catalog_init(&c);
    if (v->sealed_dir >= 0 && catalog_read(&c, v->sealed_dir, NULL) == ERR_OK)
        next = catalog_next(&c, v->lane);
    catalog_release(&c);
    return next;
}

static void add_lane_event(struct verify *v, const struct lane_read_event *in)
{
    struct leaf l = { .lane = v->lane,
                      .sequence = in->sequence,
                      .receipt_ns = in->receipt_ns,
                      .flags = in->flags,
                      .lines = in->lines,
                      .raw = in->raw };
    struct merkle_hash hash;
    struct source_record r;
    struct tree *t;

    if (in->source >= LEDGER_ROWS || v->lane_sources->at[in->source].version == 0 ||
        !source_record_read(v->lane_sources->at[in->source].record, &r) ||
        (t = tree_of(v, v->lane_sources->at[in->source].months)) == NULL) {
        fault(v, VERIFY_SOURCE, "Event %llu is of a source that the lane does not name.",
              (unsigned long long)in->sequence);
        return;
    }
    memcpy(l.store, v->store, sizeof(l.store));
    l.input = (uint8_t)r.input;
    l.authenticated = r.authenticated;
    l.source = r.name;
    leaf_hash(v->hasher, &l, &hash);
    add_to_tree(v, t, &hash);
    v->counts->lane_events++;
}

static void add_frame(struct verify *v, struct lane_frame *f, uint64_t *next)
{
    struct lane_read_event ev;

    while (lane_next_event(f, &ev)) {
        if (ev.sequence < *next)
            continue; /* sealed */
        at(v, "lane %02u, event %llu", v->lane, (unsigned long long)ev.sequence);
        add_lane_event(v, &ev);
        *next = ev.sequence + 1;
    }
}

static void tell_damage(struct verify *v, struct lane_reader *r)
{
    struct lane_place is;

    while (lane_reader_damage(r, &is)) {
        char name[LANE_NAME_BYTES];

        lane_segment_name(name, is.segment);
        at(v, "lanes/%02u/%s, byte %llu", v->lane, name, (unsigned long long)is.bytes);
        fault(v, VERIFY_SEGMENT, "It does not check from there on, and once counted further.");
    }
}

/* The frames of a lane from *next on; up to where they end, or something was sealed meanwhile. */
static int read_frames(struct verify *v, struct lane_reader *r, uint64_t *next, struct err *e)
{
    struct lane_frame f;
    struct span record;
    uint64_t due = 0; /* numbers follow one another in what is sealed already, too */
    uint32_t frames = 0;
    int rc;

    while ((rc = lane_reader_next(r, &f, e)) == 1) {
        tell_damage(v, r);
        v->counts->bytes += f.body.n;
        if (++frames % FRAMES == 0 && go_on(v, e) != ERR_OK)
            return ERR_MORE;
        if (f.kind == LANE_SOURCES) {
            while (lane_next_record(&f, &record))
                (void)lane_sources_take(v->lane_sources, record, MONTHS); /* an event tells */
        }
        if (f.kind != LANE_EVENTS)
            continue;
        if (f.sequence < due) {
            at(v, "lane %02u, event %llu", v->lane, (unsigned long long)f.sequence);
            fault(v, VERIFY_TWICE, "Event %llu is there again in segment %u, byte %llu.",
                  (unsigned long long)f.sequence, f.segment, (unsigned long long)f.at);
        }
        due = f.sequence + f.count;
        if (f.sequence > *next && *next > 0) {
            if (sealed_by_now(v) > *next)
                return ERR_OK;
            at(v, "lane %02u, event %llu", v->lane, (unsigned long long)*next);
            fault(v, VERIFY_MISSING,
                  "Events %llu to %llu are missing before segment %u, byte %llu.",
                  (unsigned long long)*next, (unsigned long long)(f.sequence - 1), f.segment,
                  (unsigned long long)f.at);
        }
        add_frame(v, &f, next);
    }
    tell_damage(v, r);
    return rc < 0 ? rc : ERR_OK;
}

/* What is not sealed yet goes on where the sealed files end. */
static int check_rest(struct verify *v, uint64_t *next, struct err *e)
{
    struct lane_reader *r = NULL;
    char name[16];
    int dir, rc;

    (void)snprintf(name, sizeof(name), "lanes/%02u", v->lane);
    dir = openat(v->data_dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return errno == ENOENT
                   ? ERR_OK
                   : err_set(e, ERR_IO, 0, "%s cannot be opened: %s.", name, strerror(errno));
    rc = lane_reader_new(&r, v->from->io, dir, LANE_READ_ALL, e);
    if (rc == ERR_OK)
        rc = lane_reader_seek(r, (struct lane_place){ 0 }, e);
    if (rc == ERR_OK)
        rc = read_frames(v, r, next, e);
    lane_sources_clear(v->lane_sources);
    lane_reader_free(&r);
    (void)close(dir); /* only read */
    return rc;
}

static int check_lane(struct verify *v, uint32_t lane, struct err *e)
{
    uint64_t next = 1;
    int rc;

    v->lane = lane;
    v->trees = 0;
    rc = check_left_overs(v, e);
    if (rc == ERR_OK)
        rc = check_files(v, &v->catalog, &next, e);
    if (rc == ERR_OK)
        rc = check_rest(v, &next, e);
    for (uint32_t i = 0; i < ROUNDS_MAX && rc == ERR_OK && sealed_by_now(v) > next; i++) {
        struct catalog c;

        catalog_init(&c);
        rc = catalog_read(&c, v->sealed_dir, e);
        if (rc == ERR_OK) {
            count_files(v, &c, lane, next);
            count_lane(v, lane);
            rc = check_files(v, &c, &next, e);
        }
        catalog_release(&c);
        if (rc == ERR_OK)
            rc = check_rest(v, &next, e);
    }
    if (rc == ERR_OK)
        check_ends(v);
    return rc;
}

/* --- The ledger ----------------------------------------------------------------------------- */

static int check_ledger(struct verify *v, struct err *e)
{
    const struct verify_from *from = v->from;
    const struct verdict *is = &v->signed_store.verdict;
    char part[CHAIN_NAME_BYTES];
    int dir = openat(v->data_dir, "ledger", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

    at(v, "ledger");
    if (dir < 0 && errno == ENOENT) {
        fault(v, VERIFY_NOLEDGER, "There is no ledger: nothing was signed, or it was taken away.");
        return ERR_OK;
    }
    if (dir < 0)
        return err_set(e, ERR_IO, 0, "The ledger cannot be opened: %s.", strerror(errno));
    rc = signed_read(&v->signed_store, from->io, dir, from->root, from->anchors, from->anchor_count,
                     e);
    (void)close(dir); /* only read */
    if (rc != ERR_OK)
        return rc;
    v->counts->checkpoints = is->next;
    if (is->next > 0) {
        v->counts->last = is->next - 1;
        v->counts->last_hash = is->last;
    }
    if (is->has_place) {
        chain_part_name(&is->part, part);
        at(v, "ledger/%s, byte %llu", part, (unsigned long long)is->at);
    }
    if (is->fault != LINKS_NONE) {
        v->counts->faults++;
        from->fault(from->arg, links_name(is->fault), v->where, is->why.why);
    }
    return ERR_OK;
}

/* --- What was signed beside the trees ------------------------------------------------------- */

static int check_text(struct verify *v, int dir, const struct signed_text *t, struct buf *text,
                      struct err *e)
{
    struct err why = { 0 };
    int rc = account_read(v->from->io, dir, &t->hash, text, &why);
    char name[ACCOUNT_NAME];

    account_name(&t->hash, name);
    at(v, "ledger/" ACCOUNT_FOLDER "/%s", name);
    if (rc == ERR_NOTFOUND)
        fault(v, VERIFY_TEXT, "The text that checkpoint %llu signed is not there.",
              (unsigned long long)t->number);
    else if (rc == ERR_CORRUPT)
        fault(v, VERIFY_TEXT, "This is not the text that checkpoint %llu signed.",
              (unsigned long long)t->number);
    else if (rc != ERR_OK)
        return err_set(e, rc, 0, "%s", why.why);
    if (rc != ERR_OK)
        buf_clear(text);
    return ERR_OK;
}

/* Each of them; `text` is the last one then, or empty when that is not as it was. */
static int check_texts(struct verify *v, int dir, enum signed_kind kind, struct buf *text,
                       struct err *e)
{
    const struct signed_texts *said = &v->signed_store.said[kind];
    int rc = ERR_OK;

    for (uint32_t i = 0; i < said->count && rc == ERR_OK; i++)
        rc = check_text(v, dir, &said->text[i], text, e);
    if (rc == ERR_OK && said->any &&
        (said->count == 0 || said->text[said->count - 1].number != said->last.number))
        rc = check_text(v, dir, &said->last, text, e);
    return rc;
}

/* The rules that all roles load are those that were signed last: or later ones that nobody has
 * signed yet. */
static int check_rules(struct verify *v, struct span text, struct err *e)
{
    char path[FILE_PATH_BYTES];
    struct err why = { 0 };
    int rc;

    if (snprintf(path, sizeof(path), "%s/rules", v->from->data) >= (int)sizeof(path))
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    at(v, "rules");
    rc = account_rules_are(text, path, &why);
    if (rc == ERR_CORRUPT || rc == ERR_NOTFOUND)
        fault(v, VERIFY_RULES, "Checkpoint %llu signed others: %s",
              (unsigned long long)v->signed_store.said[SIGNED_RULES].last.number, why.why);
    else if (rc != ERR_OK && rc != ERR_SYNTAX && rc != ERR_MORE)
        return err_set(e, rc, 0, "%s", why.why);
    return ERR_OK;
}

static int check_said(struct verify *v, struct err *e)
{
    const struct signed_texts *said = v->signed_store.said;
    struct buf text;
    int dir, rc;

    if (!said[SIGNED_RULES].any && !said[SIGNED_SETTINGS].any && !said[SIGNED_COUNTS].any)
        return ERR_OK;
    at(v, "ledger/" ACCOUNT_FOLDER);
    dir = openat(v->data_dir, v->where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) {
        fault(v, VERIFY_TEXT, "The texts that were signed cannot be opened: %s.", strerror(errno));
        return ERR_OK;
    }
    buf_init(&text, ACCOUNT_BYTES_MAX);
    rc = check_texts(v, dir, SIGNED_COUNTS, &text, e);
    if (rc == ERR_OK)
        rc = check_texts(v, dir, SIGNED_SETTINGS, &text, e);
    if (rc == ERR_OK)
        rc = check_texts(v, dir, SIGNED_RULES, &text, e);
    if (rc == ERR_OK && text.n > 0)
        rc = check_rules(v, buf_span(&text), e);
    buf_release(&text);
    (void)close(dir); /* only read */
    return rc;
}

static int check_record(struct verify *v, struct err *e)
{
    return v->from->record != NULL
               ? v->from->record(v->from->arg, &v->signed_store.said[SIGNED_AUDIT], e)
               : ERR_OK;
}

/* --- The whole ------------------------------------------------------------------------------ */

static int open_all(struct verify *v, struct err *e)
{
    int rc = store_id_read(v->from->data, v->store, e);

    v->lane_sources = calloc(1, sizeof(*v->lane_sources));
    v->source = calloc(LEDGER_ROWS, sizeof(*v->source));
    if (v->lane_sources == NULL || v->source == NULL)
        return no_memory(e);
    if (rc == ERR_OK)
        rc = merkle_hasher_new(&v->hasher, e);
    if (rc != ERR_OK)
        return rc;
    v->data_dir =
        open(v->from->data, O_PATH | O_DIRECTORY | O_CLOEXEC); /* a sandbox has what is in it */
    if (v->data_dir < 0)
        return err_set(e, errno == ENOENT ? ERR_NOTFOUND : ERR_IO, 0,
                       "%.200s cannot be opened: %s.", v->from->data, strerror(errno));
    v->sealed_dir = openat(v->data_dir, "sealed", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (v->sealed_dir < 0 && errno != ENOENT)
        return err_set(e, ERR_IO, 0, "The sealed files cannot be opened: %s.", strerror(errno));
    return ERR_OK;
}

static int check_all(struct verify *v, struct err *e)
{
    int rc = check_ledger(v, e);

    if (rc == ERR_OK && v->sealed_dir >= 0)
        rc = catalog_read(&v->catalog, v->sealed_dir, e); /* has all that was signed by now */
    if (rc == ERR_OK)
        count_all(v);
    for (uint32_t i = 0; i < LANES && rc == ERR_OK; i++)
        rc = check_lane(v, i, e);
    at(v, "sealed");
    if (rc == ERR_OK && v->catalog.strange > 0)
        fault(v, VERIFY_NAMES, "%u names there are none of ours.", v->catalog.strange);
    if (rc == ERR_OK)
        rc = check_said(v, e);
    keep_up(v->counts);
    return rc == ERR_OK ? check_record(v, e) : rc;
}

int verify_store(const struct verify_from *from, struct verify_counts *counts, struct err *e)
{
    struct verify *v = calloc(1, sizeof(*v));
    int rc;

    if (v == NULL)
        return no_memory(e);
    v->from = from;
    v->counts = counts;
    v->data_dir = v->sealed_dir = -1;
    *counts = (struct verify_counts){ 0 };
    catalog_init(&v->catalog);
    buf_init(&v->records, RECORDS_MAX);
    rc = words_new(&v->words, e);
    if (rc == ERR_OK)
        rc = open_all(v, e);
    if (rc == ERR_OK)
        rc = check_all(v, e);
    if (v->data_dir >= 0)
        (void)close(v->data_dir); /* only read */
    if (v->sealed_dir >= 0)
        (void)close(v->sealed_dir);
    sealed_free(&v->file);
    merkle_hasher_free(&v->hasher);
    catalog_release(&v->catalog);
    buf_release(&v->records);
    words_free(&v->words);
    tally_free(&v->tallies);
    tallier_end(&v->recount);
    signed_release(&v->signed_store);
    if (v->lane_sources != NULL)
        lane_sources_clear(v->lane_sources);
    free(v->lane_sources);
    free(v->source);
    free(v);
    return rc;
}
