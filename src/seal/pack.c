/*
 * pack.c - see pack.h.
 *
 * A run may begin and end within a frame, so a place in the lane is not enough to begin it again:
 * it is read from the beginning of its segment, which says anew what source numbers mean, and what
 * was sealed before is passed over by its number.
 */
#include "seal/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "figures/tallier.h"
#include "ledger/leaf.h"
#include "seal/table.h"
#include "store/block.h"

#define BODY_MAX    ((size_t)96 << 20)
#define BLOCKS_LAST (SEALED_BLOCKS - 1u) /* the run ends when a part has so many full ones */

/* Of one class and day. */
struct part {
    int32_t day;
    uint16_t months;
    int dir;
    struct sealed_writer *file;
    struct block_writer *block;
    struct block_sources sources;
    struct sealed_block about;  /* of the block that is being filled */
    struct merkle_range stream; /* behind the blocks that are put */
    struct merkle_range leaves; /* of the block */
    struct tallier_file tally;
    bool tallied; /* so far */
};

struct pack {
    struct pack_from from;
    struct lane_reader *reader;
    struct lane_sources sources;
    struct part *part[PACK_PARTS_MAX];
    uint32_t parts;
    struct buf body, table; /* of a block that is put */
    struct buf tallies;
    struct merkle_hasher *hasher;
    struct tip base;                      /* the streams behind the runs that count */
    struct tip expected;                  /* what they must be behind event `seen` */
    bool awaited;                         /* that event was not read yet */
    uint64_t next;                        /* behind the last event of runs that count */
    uint32_t segment;                     /* where the run begins */
    uint64_t run_from, run_to, run_bytes; /* from 0: no event yet */
    uint64_t written;                     /* bytes of the run's files */
    struct lane_frame frame;
    uint64_t seen;         /* number of the last event that was read; 0: none */
    uint32_t seen_segment; /* and where */
    uint32_t hold;         /* segment that is damaged and kept; 0: none */
    uint32_t stands;       /* newest segment that was read and stands alone; 0: none yet */
    bool has_frame, stuck;
    struct pack_counts counts, run; /* `run`: of the run, not counted yet */
};

/* --- Parts ---------------------------------------------------------------------------------- */

static void part_free(struct part **out)
{
    struct part *p = *out;

    *out = NULL;
    if (p == NULL)
        return;
    sealed_writer_free(&p->file);
    block_writer_free(&p->block);
    block_sources_release(&p->sources);
    tallier_end(&p->tally);
    if (p->dir >= 0)
        (void)close(p->dir); /* a folder; what is in it is synced */
    free(p);
}

/* The folder of a part, made when it is not there. */
static int open_folder(struct pack *p, struct part *part, struct err *e)
{
    char name[SEALED_NAME_BYTES];

    sealed_folder_name(name, part->day, part->months);
    if (mkdirat(p->from.sealed_dir, name, 0700) == 0) {
        if (p->from.io->sync_dir(p->from.io->arg, p->from.sealed_dir) != 0)
            return err_set(e, ERR_IO, 0, "The folder of sealed files cannot be synced: %s.",
                           strerror(errno));
    } else if (errno != EEXIST) {
        return err_set(e, errno == ENOSPC || errno == EDQUOT ? ERR_LIMIT : ERR_IO, 0,
                       "The folder sealed/%s cannot be made: %s.", name, strerror(errno));
    }
    part->dir = catalog_folder(p->from.sealed_dir, part->day, part->months);
    return part->dir >= 0 ? ERR_OK
                          : err_set(e, ERR_IO, 0, "The folder sealed/%s cannot be opened: %s.",
                                    name, strerror(errno));
}

static int too_many(const struct pack *p, struct err *e)
{
    return err_set(e, ERR_LIMIT, 0,
                   "Lane %u has events of more retention classes than the %u that a lane can have.",
                   p->from.lane, TIP_STREAMS);
}

static int open_stream(struct pack *p, struct part *part, struct err *e)
{
    const struct stream *s = tip_stream(&p->base, part->months);

    if (s == NULL)
        return too_many(p, e);
    part->stream = s->range;
    merkle_begin(&part->leaves, part->stream.end);
    return ERR_OK;
}

static struct sealed_about about_of(const struct pack *p, const struct part *part)
{
    struct sealed_about a = { .lane = p->from.lane,
                              .day = part->day,
                              .months = part->months,
                              .from = p->run_from,
                              .to = p->run_to };

    memcpy(a.store, p->from.store, sizeof(a.store));
    return a;
}

static int part_new(struct pack *p, int32_t day, uint16_t months, struct part **out, struct err *e)
{
    struct part *part = calloc(1, sizeof(*part));
    struct sealed_about about;
    int rc;

    *out = NULL;
    if (part == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to seal events.");
    part->day = day;
    part->months = months;
    part->dir = -1;
    block_sources_init(&part->sources);
    about = about_of(p, part);
    part->tallied = p->from.tallier != NULL && tallier_begin(&part->tally, NULL) == ERR_OK;
    rc = block_writer_new(&part->block, e);
    if (rc == ERR_OK)
        rc = open_folder(p, part, e);
    if (rc == ERR_OK)
        rc = open_stream(p, part, e);
    if (rc == ERR_OK)
        rc = sealed_create(&part->file, p->from.io, part->dir, &about, e);
    if (rc != ERR_OK)
        part_free(&part);
    else
        p->part[p->parts++] = part;
    *out = part;
    return rc;
}

/* The run's part of a class: there is one at most. */
static struct part *part_of(const struct pack *p, uint16_t months)
{
    for (uint32_t i = 0; i < p->parts; i++) {
        if (p->part[i]->months == months)
            return p->part[i];
    }
    return NULL;
}

struct tallying {
    struct pack *pack;
    struct part *part;
};

/* A block as it was read back. Without tallies a file is as good, only slower to count. */
static void tally_block(void *arg, struct block *b)
{
    struct part *part = ((struct tallying *)arg)->part;
    struct pack *p = ((struct tallying *)arg)->pack;

    part->tallied = tallier_block(p->from.tallier, &part->tally, b, p->from.lane,
                                  buf_span(&part->sources.records), NULL) == ERR_OK;
}

static void put_tallies(struct pack *p, struct part *part)
{
    buf_clear(&p->tallies);
    if (part->tallied && tally_put(part->tally.tallies, tallier_reading(p->from.tallier),
                                   &p->tallies, NULL) == ERR_OK)
        sealed_put_tallies(part->file, buf_span(&p->tallies));
}

/* The block that was being filled, into the file. */
static int put_block(struct pack *p, struct part *part, struct err *e)
{
    struct sealed_parts parts = { 0 };
    struct tallying tallying = { p, part };
    int rc;

    if (block_count(part->block) == 0)
        return ERR_OK;
    buf_clear(&p->body);
    buf_clear(&p->table);
    part->about.events = block_count(part->block);
    part->about.place = part->leaves.begin;
    block_words(part->block, sealed_words(part->file));
    if (part->tallied)
        block_watch(part->block, tally_block, &tallying);
    rc = block_put(part->block, &p->body, e);
    if (rc == ERR_OK)
        rc = block_sources_put(&part->sources, &p->table, e);
    parts.sources = buf_span(&p->table);
    parts.body = buf_span(&p->body);
    parts.roots = (struct span){ (const uint8_t *)part->leaves.node,
                                 part->leaves.count * sizeof(*part->leaves.node) };
    if (rc == ERR_OK)
        rc = sealed_add(part->file, &part->about, &parts, e);
    merkle_join(p->hasher, &part->stream, &part->leaves);
    merkle_begin(&part->leaves, part->stream.end);
    block_sources_clear(&part->sources);
    part->about = (struct sealed_block){ 0 };
    return rc;
}

static void note_event(struct part *part, const struct block_event *ev)
{
    struct sealed_block *b = &part->about;

    if (block_count(part->block) == 1) {
        b->from = ev->sequence;
        b->receipt_from = b->receipt_to = ev->receipt_ns;
    }
    b->to = ev->sequence;
    b->receipt_from = ev->receipt_ns < b->receipt_from ? ev->receipt_ns : b->receipt_from;
    b->receipt_to = ev->receipt_ns > b->receipt_to ? ev->receipt_ns : b->receipt_to;
}

static void add_leaf(struct pack *p, struct part *part, const struct lane_read_event *in)
{
    struct leaf l = { .lane = p->from.lane,
                      .sequence = in->sequence,
                      .receipt_ns = in->receipt_ns,
                      .flags = in->flags,
                      .lines = in->lines,
                      .raw = in->raw };
    struct merkle_hash hash;
    struct source_record r;

    /* Only what could be read is in the table. */
    MUST(source_record_read(p->sources.at[in->source].record, &r));
    memcpy(l.store, p->from.store, sizeof(l.store));
    l.input = (uint8_t)r.input;
    l.authenticated = r.authenticated;
    l.source = r.name;
    leaf_hash(p->hasher, &l, &hash);
    merkle_append(p->hasher, &part->leaves, &hash);
}

static int part_add(struct pack *p, struct part *part, const struct lane_read_event *in,
                    struct err *e)
{
    struct block_event ev = { .sequence = in->sequence,
                              .receipt_ns = in->receipt_ns,
                              .flags = in->flags,
                              .lines = in->lines,
                              .raw = in->raw };
    bool added;

    ev.source = block_sources_number(&part->sources, &p->sources, in->source);
    added = block_add(part->block, &ev);
    if (!added) {
        int rc = put_block(p, part, e);

        if (rc != ERR_OK)
            return rc;
        ev.source = block_sources_number(&part->sources, &p->sources, in->source);
        added = block_add(part->block, &ev);
    }
    MUST(added); /* an empty one takes any event */
    note_event(part, &ev);
    add_leaf(p, part, in);
    return ERR_OK;
}

/* --- Runs ----------------------------------------------------------------------------------- */

static void drop_parts(struct pack *p)
{
    while (p->parts > 0)
        part_free(&p->part[--p->parts]);
}

/* Begin the run again, at the next turn. It may end elsewhere then, so no part of this one may be
 * left: where that cannot be had, the next process has to see to it. */
static void give_up(struct pack *p)
{
    for (uint32_t i = 0; i < p->parts; i++)
        p->stuck |= sealed_withdraw(p->part[i]->file) != ERR_OK;
    drop_parts(p);
    lane_reader_free(&p->reader);
    lane_sources_clear(&p->sources);
    p->has_frame = false;
    p->run_from = p->run_bytes = 0;
    p->run = (struct pack_counts){ 0 };
    p->awaited = p->expected.seen > 0 && p->expected.seen >= p->next;
    p->counts.given_up++;
}

static int close_part(struct pack *p, uint32_t i, const struct tip *behind, struct err *e)
{
    struct part *part = p->part[i];
    const struct stream *as = behind != NULL ? tip_find(behind, part->months) : NULL;
    struct sealed_about about = about_of(p, part);
    int rc = put_block(p, part, e);

    about.part = (uint16_t)i;
    about.parts = (uint16_t)p->parts;
    if (as != NULL)
        part->stream = as->range;
    buf_clear(&p->table);
    tree_put(&part->stream, &p->table);
    if (rc == ERR_OK && buf_failed(&p->table))
        rc = err_set(e, ERR_NOMEM, 0, "There is no memory to seal events.");
    if (rc == ERR_OK)
        put_tallies(p, part);
    return rc == ERR_OK ? sealed_close(part->file, &about, buf_span(&p->table), e) : rc;
}

/* All parts are on the disk before the first is named: what is left to fail is short. `behind`
 * (may be NULL): what the streams are said to be behind the run. */
static int end_run_as(struct pack *p, const struct tip *behind, struct err *e)
{
    int rc = ERR_OK;

    if (p->run_from == 0)
        return ERR_OK;
    for (uint32_t i = 0; i < p->parts && rc == ERR_OK; i++)
        rc = close_part(p, i, behind, e);
    for (uint32_t i = 0; i < p->parts && rc == ERR_OK; i++) {
        p->run.sealed_bytes += sealed_writer_bytes(p->part[i]->file);
        rc = sealed_publish(p->part[i]->file, e);
    }
    if (rc != ERR_OK)
        return rc;
    for (uint32_t i = 0; i < p->parts; i++)
        tip_stream(&p->base, p->part[i]->months)->range = p->part[i]->stream; /* is there */
    p->next = p->run_to + 1;
    p->counts.events += p->run.events;
    p->counts.raw_bytes += p->run.raw_bytes;
    p->counts.sealed_bytes += p->run.sealed_bytes;
    p->counts.runs++;
    p->run = (struct pack_counts){ 0 };
    p->run_from = p->run_bytes = 0;
    drop_parts(p);
    return ERR_OK;
}

static int end_run(struct pack *p, struct err *e)
{
    return end_run_as(p, NULL, e);
}

static bool run_is_over(const struct pack *p)
{
    if (p->run_bytes >= p->from.run_bytes)
        return true;
    for (uint32_t i = 0; i < p->parts; i++) {
        if (sealed_writer_blocks(p->part[i]->file) >= BLOCKS_LAST)
            return true;
    }
    return false;
}

/* Where the run begins: the segment of its first event. */
static void begin_run(struct pack *p, uint64_t sequence)
{
    p->run_from = sequence;
    p->run_bytes = 0;
    p->segment = p->frame.segment;
}

static int add_event(struct pack *p, const struct lane_read_event *ev, struct err *e)
{
    const int32_t day = sealed_day(ev->receipt_ns);
    struct part *part;
    uint16_t months;
    int rc = ERR_OK;

    if (ev->source >= LEDGER_ROWS || p->sources.at[ev->source].version == 0) {
        return err_set(e, ERR_CORRUPT, 0,
                       "Event %llu of lane %u is of source %u, which the lane "
                       "does not name.",
                       (unsigned long long)ev->sequence, p->from.lane, ev->source);
    }
    months = p->sources.at[ev->source].months;
    part = part_of(p, months);
    if (part == NULL ? p->parts == PACK_PARTS_MAX : part->day != day) {
        rc = end_run(p, e);
        part = NULL;
    }
    if (rc == ERR_OK && p->run_from == 0)
        begin_run(p, ev->sequence);
    p->run_to = ev->sequence;
    if (rc == ERR_OK && part == NULL)
        rc = part_new(p, day, months, &part, e);
    if (rc == ERR_OK)
        rc = part_add(p, part, ev, e);
    p->run.events++;
    p->run.raw_bytes += ev->raw.n;
    p->run_bytes += ev->raw.n + sizeof(*ev);
    if (rc == ERR_OK && run_is_over(p))
        rc = end_run(p, e);
    return rc;
}

/* --- What was signed ------------------------------------------------------------------------ */

static uint64_t last_read(const struct pack *p)
{
    return p->run_from != 0 ? p->run_to : p->next > 0 ? p->next - 1 : 0;
}

int pack_tip(struct pack *p, struct tip *out, struct err *e)
{
    int rc = tip_copy(out, &p->base, e);

    out->seen = last_read(p);
    for (uint32_t i = 0; i < p->parts && rc == ERR_OK; i++) {
        struct stream *s = tip_stream(out, p->part[i]->months); /* is there */

        s->range = p->part[i]->stream;
        merkle_join(p->hasher, &s->range, &p->part[i]->leaves);
    }
    return rc;
}

/* Behind the event up to which it was signed what the streams are: are they that? Otherwise the run
 * ends here, and they go on as they were signed. */
static int meet(struct pack *p, struct err *e)
{
    struct tip now = { 0 };
    int rc = pack_tip(p, &now, e);
    bool same = rc == ERR_OK && tip_same(&now, &p->expected);

    tip_release(&now);
    if (rc != ERR_OK)
        return rc;
    if (!same) {
        rc = end_run_as(p, &p->expected, e);
        if (rc == ERR_OK)
            rc = tip_copy(&p->base, &p->expected, e);
        p->counts.contradicted += rc == ERR_OK;
    }
    p->awaited = p->awaited && rc != ERR_OK;
    return rc;
}

/* All up to `sequence` was read that can be. */
static int meet_before(struct pack *p, uint64_t sequence, struct err *e)
{
    return p->awaited && sequence >= p->expected.seen ? meet(p, e) : ERR_OK;
}

int pack_expect(struct pack *p, const struct tip *t, struct err *e)
{
    return tip_copy(&p->expected, t, e);
}

bool pack_is_behind(const struct pack *p)
{
    return p->awaited;
}

int pack_give_in(struct pack *p, struct err *e)
{
    int rc = p->awaited ? meet(p, e) : ERR_OK;

    if (rc != ERR_OK)
        give_up(p);
    return rc;
}

/* --- Reading -------------------------------------------------------------------------------- */

static int open_reader(struct pack *p, struct err *e)
{
    const unsigned kinds = 1u << LANE_EVENTS | 1u << LANE_SOURCES | 1u << LANE_STATE;
    int rc = lane_reader_new(&p->reader, p->from.io, p->from.lane_dir, kinds, e);

    p->seen = 0;
    if (rc == ERR_OK)
        rc = lane_reader_seek(p->reader, (struct lane_place){ .segment = p->segment }, e);
    if (rc == ERR_NOTFOUND) /* it is gone: on with the next */
        rc = ERR_OK;
    if (rc != ERR_OK)
        lane_reader_free(&p->reader);
    return rc;
}

/* Numbers follow one another. Where they do not, events are lost that were durable: the segment is
 * damaged, and is kept for whoever can read more of it. */
static void check_number(struct pack *p, uint64_t sequence)
{
    const uint64_t want = p->seen != 0 ? p->seen + 1 : p->next > 1 ? p->next : 0;

    if (want != 0 && sequence > want) {
        p->counts.missing += sequence - want;
        if (p->seen != 0 && p->hold == 0)
            p->hold = p->seen_segment;
    }
    p->seen = sequence;
    p->seen_segment = p->frame.segment;
}

/* The frame's events up to `bytes`; their number. */
static int64_t take_events(struct pack *p, uint64_t *bytes, struct err *e)
{
    struct lane_read_event ev;
    int64_t count = 0;

    while (*bytes > 0 && lane_next_event(&p->frame, &ev)) {
        const uint64_t n = ev.raw.n + sizeof(ev);
        int rc;

        check_number(p, ev.sequence);
        rc = ev.sequence < p->next ? ERR_OK : meet_before(p, ev.sequence - 1, e);
        if (rc == ERR_OK && ev.sequence >= p->next)
            rc = add_event(p, &ev, e);
        if (rc != ERR_OK)
            return rc;
        count++;
        *bytes -= n < *bytes ? n : *bytes;
    }
    if (*bytes > 0)
        p->has_frame = false;
    return count;
}

/* Who begins again needs the segment in which the lane's state stands: its sources, and what was
 * stored of files and batches. A crash can leave a later one that has events and no state. */
static void take_state(struct pack *p)
{
    if (p->frame.segment > p->stands)
        p->stands = p->frame.segment;
    p->has_frame = false;
}

static void take_sources(struct pack *p)
{
    struct span record;

    while (lane_next_record(&p->frame, &record))
        (void)lane_sources_take(&p->sources, record, p->from.months); /* add_event() tells */
    p->has_frame = false;
}

static int64_t read_on(struct pack *p, const struct lane_place *end, uint64_t bytes, struct err *e)
{
    int64_t count = 0;

    if (p->reader == NULL) {
        int rc = open_reader(p, e);

        if (rc != ERR_OK)
            return rc;
    }
    if (end != NULL)
        lane_reader_limit(p->reader, *end);
    while (bytes > 0) {
        int64_t n = 0;

        if (!p->has_frame) {
            int rc = lane_reader_next(p->reader, &p->frame, e);

            if (rc <= 0)
                return rc < 0 ? rc : count;
            p->has_frame = true;
        }
        if (p->frame.kind == LANE_SOURCES)
            take_sources(p);
        else if (p->frame.kind == LANE_STATE)
            take_state(p);
        else
            n = take_events(p, &bytes, e);
        if (n < 0)
            return n;
        count += n;
    }
    return count;
}

int64_t pack_turn(struct pack *p, const struct lane_place *end, uint64_t bytes, struct err *e)
{
    int64_t n;

    if (end != NULL && end->segment == 0)
        return 0; /* nothing was published yet */
    if (p->stuck)
        return err_set(e, ERR_IO, 0, "A run that failed could not be removed: begin anew.");
    n = read_on(p, end, bytes, e);
    if (n >= 0) {
        int rc = meet_before(p, last_read(p), e);

        n = rc == ERR_OK ? n : rc;
    }
    if (n < 0)
        give_up(p);
    return n;
}

int pack_end(struct pack *p, struct err *e)
{
    int rc = end_run(p, e);

    if (rc != ERR_OK)
        give_up(p);
    return rc;
}

/* --- Beginning and end ---------------------------------------------------------------------- */

static bool within(const struct catalog_file *f, const struct catalog_file *of)
{
    return of->state == CATALOG_COUNTS && of->day == f->day && of->months == f->months &&
           of->name.lane == f->name.lane && of->name.from <= f->name.from &&
           of->name.to >= f->name.to;
}

/* Is `f` what its name says? Who only bears a name is no reason to remove another. */
static bool is_as_named(const struct pack *p, const struct catalog_file *f)
{
    struct sealed_file *file;
    const struct sealed_about *a;
    char name[SEALED_NAME_BYTES];
    int dir = catalog_folder(p->from.sealed_dir, f->day, f->months);
    bool is = false;

    sealed_file_name(name, &f->name);
    if (dir >= 0 && sealed_open(&file, dir, name, NULL) == ERR_OK) {
        a = sealed_about(file);
        is = memcmp(a->store, p->from.store, sizeof(a->store)) == 0 && a->lane == f->name.lane &&
             a->day == f->day && a->months == f->months && a->from == f->name.from &&
             a->to == f->name.to && a->parts == f->name.parts;
        sealed_free(&file);
    }
    if (dir >= 0)
        (void)close(dir); /* only a folder */
    return is;
}

static bool is_merged(const struct pack *p, const struct catalog *c, const struct catalog_file *f)
{
    for (uint32_t i = 0; i < c->count; i++) {
        if (within(f, &c->file[i]) && is_as_named(p, &c->file[i]))
            return true;
    }
    return false;
}

static int remove_file(struct pack *p, const struct catalog_file *f, struct err *e)
{
    char name[SEALED_NAME_BYTES];
    int dir = catalog_folder(p->from.sealed_dir, f->day, f->months);
    int rc = -1;

    sealed_file_name(name, &f->name);
    if (dir >= 0)
        rc = p->from.io->unlink(p->from.io->arg, dir, name);
    if (rc == 0)
        rc = p->from.io->sync_dir(p->from.io->arg, dir);
    if (rc != 0)
        (void)err_set(e, ERR_IO, 0, "What a crash left of %s cannot be removed: %s.", name,
                      strerror(errno));
    if (dir >= 0)
        (void)close(dir); /* only a folder */
    if (rc != 0)
        return ERR_IO;
    p->counts.leftover++;
    return ERR_OK;
}

/* Files of a run that was not whole when its maker died, and those that merging left over. What
 * lies within a file that is not what its name says stays: `canh verify` names that one. */
static int remove_leftovers(struct pack *p, const struct catalog *c, struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t i = 0; i < c->count && rc == ERR_OK; i++) {
        const struct catalog_file *f = &c->file[i];

        if (f->name.lane != p->from.lane || f->state == CATALOG_COUNTS)
            continue;
        if (f->state == CATALOG_UNFINISHED || is_merged(p, c, f))
            rc = remove_file(p, f, e);
    }
    return rc;
}

/* What the streams are behind the sealed files; of classes that have none any more, behind what
 * was sealed once. */
static int load_base(struct pack *p, const struct catalog *c, const struct tip *once, struct err *e)
{
    bool loaded[TIP_STREAMS] = { false };
    int rc = once != NULL ? tip_copy(&p->base, once, e) : ERR_OK;

    for (uint32_t i = 0; i < c->count && rc == ERR_OK; i++) {
        struct stream *s;

        if (c->file[i].name.lane != p->from.lane || c->file[i].state != CATALOG_COUNTS)
            continue;
        s = tip_stream(&p->base, c->file[i].months);
        if (s == NULL)
            return too_many(p, e);
        if (!loaded[s - p->base.stream])
            rc = tree_load(p->from.sealed_dir, c, p->from.lane, s->months, &s->range, e);
        loaded[s - p->base.stream] = true;
    }
    return rc;
}

int pack_new(struct pack **out, const struct pack_from *from, const struct catalog *c,
             struct err *e)
{
    struct pack *p = calloc(1, sizeof(*p));
    int rc;

    *out = p;
    if (p == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to seal events.");
    p->from = *from;
    if (p->from.run_bytes == 0)
        p->from.run_bytes = PACK_RUN_BYTES;
    p->next = catalog_next(c, from->lane);
    buf_init(&p->body, BODY_MAX);
    buf_init(&p->table, SEALED_SOURCES_MAX);
    buf_init(&p->tallies, TALLY_BYTES_MAX * 2);
    rc = merkle_hasher_new(&p->hasher, e);
    if (rc == ERR_OK)
        rc = remove_leftovers(p, c, e);
    if (rc == ERR_OK)
        rc = load_base(p, c, from->base, e);
    if (rc == ERR_OK && from->tip != NULL)
        rc = tip_copy(&p->expected, from->tip, e);
    p->awaited = p->expected.seen >= p->next && p->expected.seen > 0;
    if (rc != ERR_OK)
        pack_free(out);
    return rc;
}

void pack_free(struct pack **out)
{
    struct pack *p = *out;

    *out = NULL;
    if (p == NULL)
        return;
    drop_parts(p);
    lane_reader_free(&p->reader);
    lane_sources_clear(&p->sources);
    merkle_hasher_free(&p->hasher);
    tip_release(&p->base);
    tip_release(&p->expected);
    buf_release(&p->body);
    buf_release(&p->table);
    buf_release(&p->tallies);
    free(p);
}

/* --- What is so ----------------------------------------------------------------------------- */

uint64_t pack_next(const struct pack *p)
{
    return p->next;
}

uint32_t pack_needs(const struct pack *p)
{
    uint32_t needs = p->segment;

    if (p->run_from == 0 && p->reader != NULL)
        needs = lane_reader_place(p->reader).segment;
    needs = p->stands < needs ? p->stands : needs;
    return p->hold != 0 && p->hold < needs ? p->hold : needs;
}

void pack_tallier(struct pack *p, struct tallier *t)
{
    p->from.tallier = t;
    for (uint32_t i = 0; i < p->parts; i++)
        p->part[i]->tallied = false;
}

void pack_run_bytes(struct pack *p, uint64_t bytes)
{
    p->from.run_bytes = bytes;
}

bool pack_is_stuck(const struct pack *p)
{
    return p->stuck;
}

uint64_t pack_waiting(const struct pack *p)
{
    return p->run_bytes;
}

struct pack_counts pack_counts(const struct pack *p)
{
    return p->counts;
}

const struct tip *pack_base(const struct pack *p)
{
    return &p->base;
}
