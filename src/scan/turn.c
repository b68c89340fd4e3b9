/*
 * turn.c - see turn.h. One mutex guards everything but the pieces themselves: a piece belongs to
 * the thread that fills it until it is parked, then to the thread that lets it out.
 */
#include "scan/turn.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "os/host.h"
#include "os/spill.h"
#include "scan/correlations.h"
#include "scan/progress.h"

#define SLOTS_PER_THREAD 4u
#define PIECES_BYTES     ((size_t)24 << 20) /* all pieces together, about */
#define SINK_BYTES       65536u
#define SORT_BYTES       ((size_t)16 << 20)
#define NOTES_PER_FILE   3u

struct slot {
    struct piece piece;
    struct buf name;
    uint32_t file;
    bool done;
};

struct turn {
    struct turn_settings set;
    pthread_mutex_t lock;
    pthread_cond_t moved; /* `next` has grown, or the scan has failed */
    struct slot *slots;
    uint64_t slot_count;
    uint64_t next; /* block whose turn it is */
    bool letting;  /* somebody is letting out */
    bool failed;
    struct err why;
    /* of whoever is letting out */
    struct buf sink, text;
    struct spill *by_time;
    bool any_file;
    uint32_t file;
    struct buf file_name;
    uint64_t base;  /* records of the file in the blocks before */
    uint64_t noted; /* notes of the file */
    uint64_t late;  /* turn_late() calls: they come after all findings of the same instant */
    uint64_t notes;
    struct progress *progress;
};

int turn_new(struct turn **out, const struct turn_settings *s, struct err *e)
{
    struct turn *t = calloc(1, sizeof(*t));
    int rc = ERR_OK;

    *out = t;
    if (t == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for findings.");
    t->set = *s;
    MUST(pthread_mutex_init(&t->lock, NULL) == 0 && pthread_cond_init(&t->moved, NULL) == 0);
    buf_init(&t->sink, PIECE_BYTES_MAX);
    buf_init(&t->text, PIECE_BYTES_MAX);
    buf_init(&t->file_name, 2 * FILE_PATH_BYTES);
    t->slot_count = (uint64_t)s->threads * SLOTS_PER_THREAD;
    t->slots = calloc(t->slot_count, sizeof(*t->slots));
    if (t->slots == NULL)
        rc = err_set(e, ERR_NOMEM, 0, "There is no memory for findings.");
    for (uint64_t i = 0; rc == ERR_OK && i < t->slot_count; i++) {
        piece_init(&t->slots[i].piece);
        buf_init(&t->slots[i].name, 2 * FILE_PATH_BYTES);
    }
    if (rc == ERR_OK && s->output->row->by_time)
        rc = spill_new(&t->by_time, SORT_BYTES, e);
    if (rc == ERR_OK && s->progress)
        rc = progress_new(&t->progress, e);
    if (rc != ERR_OK)
        turn_free(out);
    return rc;
}

void turn_free(struct turn **pt)
{
    struct turn *t = *pt;

    *pt = NULL;
    if (t == NULL)
        return;
    for (uint64_t i = 0; t->slots != NULL && i < t->slot_count; i++) {
        piece_release(&t->slots[i].piece);
        buf_release(&t->slots[i].name);
    }
    free(t->slots);
    progress_free(&t->progress);
    spill_free(&t->by_time);
    buf_release(&t->sink);
    buf_release(&t->text);
    buf_release(&t->file_name);
    MUST(pthread_cond_destroy(&t->moved) == 0 && pthread_mutex_destroy(&t->lock) == 0);
    free(t);
}

static void fail_locked(struct turn *t, const struct err *e)
{
    if (!t->failed) {
        t->failed = true;
        t->why = *e;
    }
    MUST(pthread_cond_broadcast(&t->moved) == 0);
}

void turn_fail(struct turn *t, const struct err *e)
{
    MUST(pthread_mutex_lock(&t->lock) == 0);
    fail_locked(t, e);
    MUST(pthread_mutex_unlock(&t->lock) == 0);
}

/* --- Standard error ------------------------------------------------------------------------- */

static void say(struct turn *t, struct span name, const uint64_t *record, struct span why)
{
    struct buf line;

    if (t->progress != NULL)
        progress_clear(t->progress);
    t->notes++;
    buf_init(&line, 4 * FILE_PATH_BYTES);
    buf_text(&line, "canh: ");
    buf_add(&line, name);
    if (record != NULL)
        buf_fmt(&line, ": record %llu", (unsigned long long)*record);
    buf_text(&line, ": ");
    buf_add(&line, why);
    buf_byte(&line, '\n');
    (void)fwrite(line.p, 1, line.n, stderr); /* nobody is left to tell */
    buf_release(&line);
}

void turn_note(struct turn *t, struct span name, const char *why)
{
    MUST(pthread_mutex_lock(&t->lock) == 0);
    say(t, name, NULL, span_of(why));
    MUST(pthread_mutex_unlock(&t->lock) == 0);
}

/* How many notes of the file at hand were not shown. */
static void notes_end(struct turn *t)
{
    char text[80];
    int n;

    if (t->noted <= NOTES_PER_FILE)
        return;
    n = snprintf(text, sizeof(text), "%llu more records of this file are damaged.",
                 (unsigned long long)(t->noted - NOTES_PER_FILE));
    MUST(n > 0 && (size_t)n < sizeof(text));
    MUST(pthread_mutex_lock(&t->lock) == 0);
    say(t, buf_span(&t->file_name), NULL, span_of(text));
    MUST(pthread_mutex_unlock(&t->lock) == 0);
    t->noted = 0;
}

void turn_progress(struct turn *t, uint64_t events, uint64_t done_bytes, uint64_t all_bytes)
{
    if (t->progress == NULL)
        return;
    MUST(pthread_mutex_lock(&t->lock) == 0);
    progress_add(t->progress, events, done_bytes, all_bytes);
    MUST(pthread_mutex_unlock(&t->lock) == 0);
}

/* --- Letting out ---------------------------------------------------------------------------- */

static int sink_flush(struct turn *t, size_t keep, struct err *e)
{
    if (t->sink.n <= keep)
        return ERR_OK;
    if (buf_failed(&t->sink))
        return err_set(e, ERR_NOMEM, 0, "There is no memory for findings.");
    if (!file_write_all(t->set.out_fd, buf_span(&t->sink)))
        return err_set(e, ERR_IO, 0, "The output cannot be written: %s.", strerror(errno));
    buf_clear(&t->sink);
    return ERR_OK;
}

static int put_text(struct turn *t, struct spill_key key, struct span text, struct err *e)
{
    if (t->by_time != NULL)
        return spill_add(t->by_time, key, text, e);
    if (t->progress != NULL)
        progress_clear(t->progress);
    buf_add(&t->sink, text);
    return sink_flush(t, t->progress != NULL ? 0 : SINK_BYTES, e);
}

static uint64_t order_of(uint32_t file, uint64_t number)
{
    return (uint64_t)file << 40 | (number & (((uint64_t)1 << 40) - 1));
}

static int let_entry(struct turn *t, const struct slot *s, const struct piece_entry *x,
                     struct err *e)
{
    uint64_t number = t->base + x->record + 1;
    struct spill_key key = { x->time_ns, order_of(s->file, number) };
    int rc = ERR_OK;

    piece_text(&s->piece, x, number, &t->text);
    if (buf_failed(&t->text))
        return err_set(e, ERR_NOMEM, 0, "There is no memory for a finding.");
    switch ((enum piece_kind)x->kind) {
    case PIECE_FINDING:
        rc = put_text(t, key, buf_span(&t->text), e);
        break;
    case PIECE_NOTE:
        if (t->noted++ < NOTES_PER_FILE) {
            MUST(pthread_mutex_lock(&t->lock) == 0);
            say(t, buf_span(&s->name), &number, buf_span(&t->text));
            MUST(pthread_mutex_unlock(&t->lock) == 0);
        }
        break;
    case PIECE_EVENT:
        rc = correlations_event(t->set.correlations, buf_span(&t->text), e);
        break;
    case PIECE_INPUT:
        rc = correlations_input(t->set.correlations, key.order, buf_span(&t->text), e);
        break;
    }
    return rc;
}

static int let_slot(struct turn *t, struct slot *s, struct err *e)
{
    int rc = ERR_OK;

    if (!t->any_file || t->file != s->file) {
        notes_end(t);
        t->any_file = true;
        t->file = s->file;
        buf_clear(&t->file_name);
        buf_add(&t->file_name, buf_span(&s->name));
        t->base = 0;
    }
    for (size_t i = 0; i < s->piece.count && rc == ERR_OK; i++)
        rc = let_entry(t, s, &s->piece.entries[i], e);
    piece_clear(&s->piece);
    return rc;
}

static struct slot *slot_of(const struct turn *t, uint64_t block)
{
    return &t->slots[block % t->slot_count];
}

/* Lets out what is parked, from the block whose turn it is on. Called and returns with the lock. */
static void let_parked(struct turn *t)
{
    while (!t->failed && !t->letting && slot_of(t, t->next)->done) {
        struct slot *s = slot_of(t, t->next);
        struct err why = { 0 };
        int rc;

        t->letting = true;
        MUST(pthread_mutex_unlock(&t->lock) == 0);
        rc = let_slot(t, s, &why);
        MUST(pthread_mutex_lock(&t->lock) == 0);
        t->letting = false;
        t->base += s->piece.records;
        s->done = false;
        t->next++;
        if (rc != ERR_OK)
            fail_locked(t, &why);
        MUST(pthread_cond_broadcast(&t->moved) == 0);
    }
}

struct piece *turn_take(struct turn *t, const struct block *b)
{
    struct slot *s = slot_of(t, b->number);
    bool failed;

    MUST(pthread_mutex_lock(&t->lock) == 0);
    while (!t->failed && b->number >= t->next + t->slot_count)
        MUST(pthread_cond_wait(&t->moved, &t->lock) == 0);
    failed = t->failed;
    MUST(pthread_mutex_unlock(&t->lock) == 0);
    if (failed)
        return NULL;
    s->file = b->file;
    buf_clear(&s->name);
    buf_add(&s->name, buf_span(&b->name));
    s->piece.records = 0;
    piece_clear(&s->piece);
    return &s->piece;
}

bool piece_is_full(const struct turn *t, const struct piece *p)
{
    return p->text.n > PIECES_BYTES / t->slot_count;
}

bool turn_relieve(struct turn *t, uint64_t block)
{
    struct err why = { 0 };
    bool good;

    MUST(pthread_mutex_lock(&t->lock) == 0);
    while (!t->failed && (t->next != block || t->letting))
        MUST(pthread_cond_wait(&t->moved, &t->lock) == 0);
    good = !t->failed;
    t->letting = good;
    MUST(pthread_mutex_unlock(&t->lock) == 0);
    if (!good)
        return false;
    good = let_slot(t, slot_of(t, block), &why) == ERR_OK;
    MUST(pthread_mutex_lock(&t->lock) == 0);
    t->letting = false;
    if (!good)
        fail_locked(t, &why);
    MUST(pthread_mutex_unlock(&t->lock) == 0);
    return good;
}

bool turn_done(struct turn *t, uint64_t block)
{
    bool good;

    MUST(pthread_mutex_lock(&t->lock) == 0);
    slot_of(t, block)->done = true;
    let_parked(t);
    good = !t->failed;
    MUST(pthread_mutex_unlock(&t->lock) == 0);
    return good;
}

/* --- The ends ------------------------------------------------------------------------------- */

bool turn_late(struct turn *t, int64_t time_ns, struct span text)
{
    struct spill_key key = { time_ns, UINT64_MAX - (UINT64_MAX >> 8) + t->late++ };
    struct err why = { 0 };

    if (t->failed)
        return false;
    if (put_text(t, key, text, &why) != ERR_OK)
        turn_fail(t, &why);
    return !t->failed;
}

static int finish_by_time(struct turn *t, struct err *e)
{
    struct spill_key key;
    struct span text;
    int rc = spill_sort(t->by_time, e);

    if (rc != ERR_OK)
        return rc;
    while ((rc = spill_next(t->by_time, &key, &text, e)) > 0) {
        buf_add(&t->sink, text);
        rc = sink_flush(t, SINK_BYTES, e);
        if (rc != ERR_OK)
            return rc;
    }
    return rc;
}

int turn_head(struct turn *t, struct err *e)
{
    if (t->set.output->row->head != NULL)
        t->set.output->row->head(t->set.output, &t->sink);
    return sink_flush(t, t->progress != NULL ? 0 : SINK_BYTES, e);
}

int turn_finish(struct turn *t, const struct scan_totals *totals, struct err *e)
{
    int rc = ERR_OK;

    notes_end(t);
    if (t->progress != NULL)
        progress_clear(t->progress);
    if (t->failed) {
        if (e != NULL)
            *e = t->why;
        return t->why.code;
    }
    if (t->by_time != NULL)
        rc = finish_by_time(t, e);
    if (rc == ERR_OK && t->set.output->row->foot != NULL)
        t->set.output->row->foot(t->set.output, totals, &t->sink);
    return rc == ERR_OK ? sink_flush(t, 0, e) : rc;
}

uint64_t turn_notes(const struct turn *t)
{
    return t->notes;
}
