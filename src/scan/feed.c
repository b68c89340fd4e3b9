/*
 * feed.c - see feed.h.
 *
 *   block:  [ carried over from the block before | read now ............ | torn record ]
 *                                                                        ^ cut
 *
 * What stands behind the cut is kept in `carry` for the next block. A block grows only when a
 * single record does not fit, up to LIMIT_RECORD_BYTES; then it is cut by force and told.
 */
#include "scan/feed.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "scan/stream.h"
#include "wire/evtx.h"

#define BLOCK_BYTES_KEPT ((size_t)1 << 20) /* a larger block is given back after use */

struct feed {
    const struct file_list *paths;
    size_t next; /* path */
    feed_fault_fn *fault;
    void *fault_arg;
    struct stream *stream;
    struct stream_member member;
    bool in_member, at_end;
    bool regular; /* the input's size is known: its blocks are filled to the brim */
    bool gave;    /* the input at hand gave some bytes */
    bool faulty;  /* ... and had a fault */
    bool header;  /* the member's next block begins with a header */
    struct cut cut;
    struct buf carry;
    uint64_t blocks;
    uint32_t members;
    uint64_t done_bytes, all_bytes; /* on disk; of inputs closed, and of all */
    struct feed_counts counts;
};

void block_init(struct block *b)
{
    *b = (struct block){ 0 };
    buf_init(&b->name, 2 * FILE_PATH_BYTES);
}

void block_release(struct block *b)
{
    free(b->p);
    buf_release(&b->name);
    *b = (struct block){ 0 };
}

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory to read files into.");
}

static bool block_room(struct block *b, size_t cap)
{
    uint8_t *p = realloc(b->p, cap);

    if (p == NULL)
        return false;
    b->p = p;
    b->cap = cap;
    return true;
}

/* Twice as large, up to what one record may take and a little more to see its end. */
static bool block_grow(struct block *b)
{
    size_t most = LIMIT_RECORD_BYTES + BLOCK_BYTES_USUAL;
    size_t cap = b->cap * 2 < most ? b->cap * 2 : most;

    return block_room(b, cap > b->cap ? cap : b->cap + BLOCK_BYTES_USUAL);
}

int feed_new(struct feed **out, const struct file_list *paths, feed_fault_fn *fault, void *arg,
             struct err *e)
{
    struct feed *f = calloc(1, sizeof(*f));

    *out = f;
    if (f == NULL)
        return no_memory(e);
    f->paths = paths;
    f->fault = fault;
    f->fault_arg = arg;
    buf_init(&f->carry, 2 * (size_t)LIMIT_RECORD_BYTES);
    for (size_t i = 0; i < paths->count; i++) {
        struct stat st;

        if (stat(files_path(paths, i), &st) == 0 && S_ISREG(st.st_mode))
            f->all_bytes += (uint64_t)st.st_size;
    }
    return ERR_OK;
}

void feed_free(struct feed **pf)
{
    struct feed *f = *pf;

    *pf = NULL;
    if (f == NULL)
        return;
    if (f->stream != NULL)
        stream_close(&f->stream);
    buf_release(&f->carry);
    free(f);
}

const struct feed_counts *feed_counts(const struct feed *f)
{
    return &f->counts;
}

void feed_progress(const struct feed *f, uint64_t *done, uint64_t *all)
{
    *done = f->done_bytes + (f->stream != NULL ? stream_taken(f->stream) : 0);
    *all = f->all_bytes;
}

/* --- Inputs and members --------------------------------------------------------------------- */

static void tell(struct feed *f, struct span name, const char *why)
{
    f->counts.faults++;
    f->faulty = true;
    f->fault(f->fault_arg, name, why);
}

static struct span path_here(const struct feed *f)
{
    return f->paths->paths[f->next - 1];
}

static void input_close(struct feed *f)
{
    if (f->stream != NULL) {
        f->done_bytes += stream_taken(f->stream);
        stream_close(&f->stream);
    }
    if (f->faulty && !f->gave)
        f->counts.unused++;
}

/* Opens the next input that can be opened; false behind the last one. */
static bool input_open(struct feed *f)
{
    while (f->next < f->paths->count) {
        const char *path = files_path(f->paths, f->next);
        struct err why = { 0 };

        f->next++;
        f->gave = f->faulty = false;
        if (stream_open(&f->stream, path, &why) == ERR_OK) {
            f->regular = stream_size(f->stream) > 0;
            return true;
        }
        tell(f, path_here(f), why.why);
        input_close(f);
    }
    return false;
}

static void member_begin(struct feed *f)
{
    struct err why = { 0 };
    uint8_t skipped[STREAM_HEAD_BYTES];
    size_t skip = cut_begin(&f->cut, f->member.head);

    if (f->cut.mode == CUT_BINARY) {
        f->counts.binary++;
        f->gave = true; /* it was read, and it is no log */
        f->fault(f->fault_arg, f->member.name, "It is no log (binary), so it is passed over.");
        return;
    }
    while (skip > 0) { /* the opening of a list */
        int64_t n = stream_read(f->stream, skipped, skip, &why);

        if (n <= 0)
            break;
        skip -= (size_t)n;
    }
    f->in_member = true;
    f->at_end = false;
    f->header = f->cut.mode == CUT_CHUNKS;
    f->members++;
    f->counts.files++;
    buf_clear(&f->carry);
}

/* Goes on until there is a member to read from; false behind the last one. */
static bool member_open(struct feed *f)
{
    while (!f->in_member) {
        struct err why = { 0 };
        int rc;

        if (f->stream == NULL && !input_open(f))
            return false;
        f->member.name = path_here(f);
        rc = stream_member(f->stream, &f->member, &why);
        if (rc > 0)
            member_begin(f);
        else if (rc < 0)
            tell(f, f->member.name, why.why);
        else
            input_close(f);
    }
    return true;
}

/* --- Blocks --------------------------------------------------------------------------------- */

/* Reads until the block is full, or (from a pipe) once. */
static void block_fill(struct feed *f, struct block *b)
{
    struct err why = { 0 };

    while (b->n < b->cap && !f->at_end) {
        int64_t n = stream_read(f->stream, b->p + b->n, b->cap - b->n, &why);

        if (n < 0)
            tell(f, f->member.name, why.why);
        if (n <= 0) {
            f->at_end = true;
            break;
        }
        b->n += (size_t)n;
        f->gave = true;
        f->counts.bytes += (uint64_t)n;
        if (!f->regular)
            break;
    }
}

/* Where the block ends; 0 when more must be read first. */
static size_t block_cut(struct feed *f, struct block *b)
{
    size_t head = b->header ? EVTX_HEADER_BYTES : 0;
    struct span in = { b->p, b->n };
    size_t cut;

    if (f->at_end)
        return b->n;
    if (b->n < head)
        return 0;
    cut = cut_find(&f->cut, span_from(in, head));
    if (cut > 0)
        return head + cut;
    if (b->n < LIMIT_RECORD_BYTES)
        return 0;
    tell(f, f->member.name, "A record is larger than what is read at once, so it is cut.");
    return cut_force(in);
}

static bool block_start(struct feed *f, struct block *b)
{
    size_t want = f->carry.n + BLOCK_BYTES_USUAL;

    if (b->cap > BLOCK_BYTES_KEPT && want <= BLOCK_BYTES_KEPT) {
        free(b->p);
        b->p = NULL;
        b->cap = 0;
    }
    if (b->cap < want && !block_room(b, want))
        return false;
    if (f->carry.n > 0)
        memcpy(b->p, f->carry.p, f->carry.n);
    b->n = f->carry.n;
    b->cut = f->cut;
    b->header = f->header;
    return true;
}

/* One block of the member at hand; false when memory is out. b->n is 0 at the member's end. */
static bool block_read(struct feed *f, struct block *b)
{
    size_t cut = 0;

    if (!block_start(f, b))
        return false;
    while (cut == 0 && (b->n > 0 || !f->at_end)) {
        if (b->n == b->cap && !block_grow(b))
            return false;
        block_fill(f, b);
        cut = block_cut(f, b);
    }
    buf_clear(&f->carry);
    buf_add(&f->carry, (struct span){ b->p + cut, b->n - cut });
    b->n = cut;
    f->header = false;
    cut_headers(&f->cut, (struct span){ b->p, b->n });
    return !buf_failed(&f->carry);
}

int feed_next(struct feed *f, struct block *b, struct err *e)
{
    while (member_open(f)) {
        if (!block_read(f, b))
            return no_memory(e);
        if (f->at_end && f->carry.n == 0)
            f->in_member = false;
        if (b->n == 0)
            continue;
        buf_clear(&b->name);
        buf_add(&b->name, f->member.name);
        b->file = f->members - 1;
        b->time_ns = f->member.time_ns;
        b->number = f->blocks++;
        return 1;
    }
    return 0;
}
