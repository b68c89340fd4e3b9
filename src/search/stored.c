/*
 * stored.c - see stored.h.
 */
#include "search/stored.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "figures/source_names.h"
#include "seal/table.h"
#include "store/block.h"
#include "store/catalog.h"

#define STEP_FRAMES 64u
#define ROUNDS      4u /* a server that runs merges files while they are looked at */
#define RECORDS_MAX ((size_t)8 << 20)
#define RAW_MAX     ((size_t)256 << 20)

struct stored {
    struct stored_from from;
    struct catalog catalog;
    int sealed_dir, lane_dir; /* -1: there is none */
    struct lane_reader *reader;
    struct source_names *names;
    uint64_t next; /* behind what was sealed, then behind what was read */
    uint32_t file; /* of the catalog: looked at next */
    uint32_t rounds;
    bool moved; /* a file of the catalog is not there any more */
    enum stored_state state;
    struct shown_about about;
    struct stored_place place;
    struct buf raw, records;
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory to look for an event.");
}

static int open_folder(const struct stored *s, const char *name, int *dir, struct err *e)
{
    char path[4096];
    int n = snprintf(path, sizeof(path), "%s/%s", s->from.data, name);

    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    *dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*dir < 0 && errno != ENOENT)
        return err_set(e, ERR_IO, 0, "%.150s cannot be opened: %s.", path, strerror(errno));
    return ERR_OK;
}

/* --- beginning and end ----------------------------------------------------------------------- */

/* The lane first: what is removed from it before it is held is sealed, and listed. */
static int open_lane(struct stored *s, struct err *e)
{
    const struct lane_place *end = s->from.ends != NULL ? &s->from.ends[s->from.lane] : NULL;
    char name[32];
    int rc;

    (void)snprintf(name, sizeof(name), "lanes/%02u", s->from.lane);
    rc = open_folder(s, name, &s->lane_dir, e);
    if (rc != ERR_OK)
        return rc;
    if (s->lane_dir < 0)
        return err_set(e, ERR_NOTFOUND, 0, "There is no lane %u.", s->from.lane);
    rc = lane_reader_new(&s->reader, s->from.io, s->lane_dir,
                         1u << LANE_EVENTS | 1u << LANE_SOURCES, e);
    if (rc == ERR_OK)
        rc = lane_reader_hold(s->reader, e);
    if (rc == ERR_OK)
        rc = lane_reader_seek(s->reader, (struct lane_place){ 0 }, e);
    if (rc == ERR_OK && end != NULL)
        lane_reader_limit(s->reader, *end);
    return rc;
}

int stored_new(struct stored **out, const struct stored_from *from, struct err *e)
{
    struct stored *s = calloc(1, sizeof(*s));
    int rc;

    *out = s;
    if (s == NULL)
        return no_memory(e);
    s->from = *from;
    s->sealed_dir = s->lane_dir = -1;
    s->state = STORED_NEVER;
    catalog_init(&s->catalog);
    buf_init(&s->raw, RAW_MAX);
    buf_init(&s->records, RECORDS_MAX);
    s->names = source_names_new();
    rc = s->names == NULL ? no_memory(e) : open_lane(s, e);
    if (rc == ERR_OK)
        rc = open_folder(s, "sealed", &s->sealed_dir, e);
    if (rc == ERR_OK && s->sealed_dir >= 0)
        rc = catalog_read(&s->catalog, s->sealed_dir, e);
    s->next = catalog_next(&s->catalog, from->lane);
    if (s->next == 0)
        s->next = 1;
    if (rc != ERR_OK)
        stored_free(out);
    return rc;
}

void stored_free(struct stored **out)
{
    struct stored *s = *out;

    *out = NULL;
    if (s == NULL)
        return;
    lane_reader_free(&s->reader);
    if (s->lane_dir >= 0)
        (void)close(s->lane_dir); /* only read */
    if (s->sealed_dir >= 0)
        (void)close(s->sealed_dir);
    catalog_release(&s->catalog);
    source_names_free(&s->names);
    buf_release(&s->raw);
    buf_release(&s->records);
    free(s);
}

enum stored_state stored_state(const struct stored *s)
{
    return s->state;
}

const struct shown_about *stored_event(const struct stored *s)
{
    return &s->about;
}

const struct stored_place *stored_place(const struct stored *s)
{
    return &s->place;
}

/* --- sealed files ---------------------------------------------------------------------------- */

static void take(struct stored *s, const struct lane_read_event *ev)
{
    s->about = (struct shown_about){ .lane = s->from.lane, .ev = *ev };
    s->about.ev.raw = buf_span(&s->raw);
    (void)source_names_find(s->names, ev->source, &s->about.source, &s->about.input);
    s->state = STORED_FOUND;
}

/* The row of the event; rows ascend by sequence. The count: it is not in this block. */
static uint32_t row_of(const struct block *b, uint64_t sequence)
{
    uint32_t from = 0, to = block_events(b);

    while (from < to) {
        const uint32_t at = from + (to - from) / 2;

        if (block_event(b, at).sequence < sequence)
            from = at + 1;
        else
            to = at;
    }
    return from < block_events(b) && block_event(b, from).sequence == sequence ? from
                                                                               : block_events(b);
}

static int look_in_block(struct stored *s, const struct sealed_file *f, uint32_t i, struct err *e)
{
    const struct sealed_block *at = sealed_block(f, i);
    struct block *b = NULL;
    struct span body, frame;
    uint32_t row;
    int rc = sealed_body(f, i, false, &body, e);

    if (rc == ERR_OK)
        rc = block_open_shapes(&b, body, e);
    if (rc == ERR_OK)
        rc = block_envelope(b, e);
    row = rc == ERR_OK ? row_of(b, s->from.sequence) : 0;
    if (rc == ERR_OK && row < block_events(b)) {
        const struct block_event ev = block_event(b, row);
        const struct lane_read_event as = { ev.sequence, ev.source,     ev.flags,
                                            ev.lines,    ev.receipt_ns, SPAN_NONE };

        rc = sealed_sources(f, i, &frame, e);
        if (rc == ERR_OK)
            rc = block_sources_read(frame, &s->records, e);
        if (rc == ERR_OK)
            rc = block_raw(b, row, &s->raw, e);
        if (rc == ERR_OK) {
            source_names_block(s->names, buf_span(&s->records));
            take(s, &as);
            s->place.block = i;
            s->place.leaf = at->place + row;
        }
    }
    block_free(&b);
    return rc;
}

/* One file whose run has the sequence: of another class, or another day, it may not be in it. */
static int look_in_file(struct stored *s, const struct catalog_file *f, struct err *e)
{
    struct sealed_file *file = NULL;
    char folder[SEALED_NAME_BYTES], name[SEALED_NAME_BYTES];
    int dir = catalog_folder(s->sealed_dir, f->day, f->months), rc;

    sealed_folder_name(folder, f->day, f->months);
    sealed_file_name(name, &f->name);
    rc = dir < 0 ? ERR_NOTFOUND : sealed_open(&file, dir, name, e);
    if (dir >= 0)
        (void)close(dir); /* only a folder */
    if (rc == ERR_NOTFOUND) {
        s->moved = true;
        return ERR_OK;
    }
    for (uint32_t i = 0; rc == ERR_OK && i < sealed_block_count(file); i++) {
        const struct sealed_block *b = sealed_block(file, i);

        if (s->from.sequence >= b->from && s->from.sequence <= b->to && s->state != STORED_FOUND)
            rc = look_in_block(s, file, i, e);
    }
    if (s->state == STORED_FOUND) {
        s->place.sealed = true;
        s->place.months = f->months;
        (void)snprintf(s->place.file, sizeof(s->place.file), "%s/%s", folder, name);
    }
    sealed_free(&file);
    if (rc == ERR_CORRUPT)
        err_prefix(e, "%s/%s", folder, name);
    return rc;
}

static bool may_have(const struct stored *s, const struct catalog_file *f)
{
    return f->state == CATALOG_COUNTS && f->name.lane == s->from.lane &&
           s->from.sequence >= f->name.from && s->from.sequence <= f->name.to;
}

/* Files that went since the list was made were merged into others, or retention took them. */
static int list_again(struct stored *s, struct err *e)
{
    s->moved = false;
    s->file = 0;
    return catalog_read(&s->catalog, s->sealed_dir, e);
}

/* The next file that may have it. */
static int look_sealed(struct stored *s, struct err *e)
{
    int rc = ERR_OK;

    while (s->file < s->catalog.count && !may_have(s, &s->catalog.file[s->file]))
        s->file++;
    if (s->file == s->catalog.count && s->moved && s->rounds++ < ROUNDS) {
        rc = list_again(s, e);
        return rc == ERR_OK ? 1 : rc;
    }
    if (s->file == s->catalog.count) {
        s->state = STORED_GONE;
        return 0;
    }
    rc = look_in_file(s, &s->catalog.file[s->file++], e);
    if (rc != ERR_OK)
        return rc;
    return s->state == STORED_FOUND ? 0 : 1;
}

/* --- what is not sealed ---------------------------------------------------------------------- */

static int look_in_frame(struct stored *s, struct lane_frame *f, struct err *e)
{
    struct lane_read_event ev;

    while (lane_next_event(f, &ev)) {
        s->next = ev.sequence >= s->next ? ev.sequence + 1 : s->next;
        if (ev.sequence != s->from.sequence)
            continue;
        buf_add(&s->raw, ev.raw);
        if (buf_failed(&s->raw))
            return no_memory(e);
        take(s, &ev);
        s->place.segment = f->segment;
        return 0;
    }
    return 1;
}

static int look_in_lane(struct stored *s, struct err *e)
{
    struct lane_frame f;
    int rc = 1;

    for (uint32_t n = 0; n < STEP_FRAMES && rc == 1; n++) {
        rc = lane_reader_next(s->reader, &f, e);
        if (rc != 1)
            break;
        if (f.kind == LANE_SOURCES)
            source_names_take(s->names, &f);
        else if (f.sequence + f.count > s->from.sequence)
            rc = look_in_frame(s, &f, e);
        else
            s->next = f.sequence + f.count;
    }
    if (rc == 0 && s->state != STORED_FOUND && s->from.sequence < s->next)
        s->state = STORED_GONE; /* it was between two that are there */
    return rc;
}

int stored_step(struct stored *s, struct err *e)
{
    if (s->state != STORED_NEVER)
        return 0;
    /* Below what is sealed it is in a file or nowhere: the lane may still hold it, but need not. */
    return s->from.sequence < catalog_next(&s->catalog, s->from.lane) ? look_sealed(s, e)
                                                                      : look_in_lane(s, e);
}
