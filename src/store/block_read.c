/*
 * block_read.c - opens blocks: see block.h and docs/block.md.
 *
 * Nothing in a block is believed. Every part is hashed before it is opened; the directory is held
 * to its own sizes; counts are bounded before memory is taken for them. A zstd frame must give
 * exactly the bytes that were announced.
 */
#include <inttypes.h>
#include <stdlib.h>

#include <xxhash.h>

#include "store/block_read.h"

#define MEMORY_MAX ((size_t)1 << 30)
#define PARTS_MAX  65536u

/* --- The directory -------------------------------------------------------------------------- */

static bool take_flag(struct block_taker *t)
{
    uint8_t v = block_take_byte(t);

    t->failed |= v > 1;
    return v == 1;
}

static bool read_parts(struct block *b, struct block_taker *t)
{
    size_t at = BLOCK_HEAD_BYTES + b->head.directory_bytes;

    b->part_count =
        block_take_most(t, block_left(t) / 10 < PARTS_MAX ? block_left(t) / 10 : PARTS_MAX);
    b->parts = arena_array(&b->mem, b->part_count + 1u, sizeof(*b->parts));
    for (uint32_t i = 0; i < b->part_count && b->parts != NULL && !t->failed; i++) {
        struct block_stored_part *p = &b->parts[i];
        struct span hash;

        p->at = (uint32_t)at;
        p->stored = block_take_most(t, b->stored_bytes - at);
        p->room = block_take_most(t, BLOCK_PART_MAX);
        hash = block_take_bytes(t, 8);
        p->hash = t->failed ? 0 : bytes_u64(hash.p);
        at += p->stored;
    }
    return b->parts != NULL && !t->failed && b->part_count > 0 && at == b->stored_bytes;
}

static bool read_pool_parts(struct block *b, struct block_taker *t)
{
    uint64_t count = 0;

    b->pool_part_count = block_take_most(t, b->part_count);
    b->pool_parts = arena_array(&b->mem, b->pool_part_count + 1u, sizeof(*b->pool_parts));
    for (uint32_t i = 0; i < b->pool_part_count && b->pool_parts != NULL && !t->failed; i++) {
        struct block_pool_part *pp = &b->pool_parts[i];

        pp->first = (uint32_t)count;
        pp->part = block_take_most(t, b->part_count - 1);
        pp->count = block_take_most(t, b->parts[pp->part].room);
        count += pp->count;
        t->failed |= count > BLOCK_CELLS_MAX;
    }
    b->pool_count = (uint32_t)count;
    b->pool = t->failed ? NULL : arena_array(&b->mem, (size_t)count + 1, sizeof(*b->pool));
    return b->pool_parts != NULL && b->pool != NULL && !t->failed;
}

static bool read_names(struct block *b, struct block_taker *t)
{
    b->name_count = block_take_most(t, block_left(t) / 2);
    b->names = arena_array(&b->mem, b->name_count + 1u, sizeof(*b->names));
    for (uint32_t i = 0; i < b->name_count && b->names != NULL && !t->failed; i++) {
        uint32_t parent = block_take_most(t, i); /* + 1: so a name lies below an earlier one */

        b->names[i].parent = parent > 0 ? parent - 1 : BLOCK_NONE;
        b->names[i].text = block_take_bytes(t, block_take(t));
    }
    return b->names != NULL && !t->failed;
}

static bool field_sound(const struct block_read_shape *s, const struct block_field *f)
{
    uint8_t kind = f->kind & (uint8_t)~BLOCK_DASH;

    return kind < BLOCK_KINDS && f->last <= s->is.slots && f->from <= s->literals[f->first].n &&
           f->to <= s->literals[f->last].n && (f->first < f->last || f->from <= f->to);
}

static bool read_fields(struct block *b, struct block_read_shape *s, struct block_taker *t)
{
    s->is.fields = block_take_most(t, block_left(t) / 6);
    s->fields = arena_array(&b->mem, s->is.fields + 1u, sizeof(*s->fields));
    for (uint32_t i = 0; i < s->is.fields && s->fields != NULL && !t->failed; i++) {
        struct block_field *f = &s->fields[i];

        f->name = block_take_most(t, b->name_count > 0 ? b->name_count - 1 : 0);
        f->kind = block_take_byte(t);
        f->first = block_take_most(t, s->is.slots);
        f->from = block_take_most(t, UINT32_MAX);
        f->last = f->first + block_take_most(t, s->is.slots - f->first);
        f->to = block_take_most(t, UINT32_MAX);
        t->failed |= b->name_count == 0 || !field_sound(s, f);
    }
    return s->fields != NULL && !t->failed;
}

static bool read_shape(struct block *b, struct block_read_shape *s, struct block_taker *t)
{
    s->is.rows = block_take_most(t, b->head.rows);
    s->is.slots = block_take_most(t, block_left(t));
    s->is.partial = take_flag(t);
    t->failed |= s->is.rows == 0;
    if (t->failed)
        return false;
    s->literals = arena_array(&b->mem, s->is.slots + 1u, sizeof(*s->literals));
    for (uint32_t i = 0; i <= s->is.slots && s->literals != NULL && !t->failed; i++)
        s->literals[i] = block_take_bytes(t, block_take(t));
    return s->literals != NULL && !t->failed && read_fields(b, s, t);
}

static bool read_shapes(struct block *b, struct block_taker *t)
{
    uint64_t rows = 0, cells = 0;

    b->shape_count = block_take_most(t, b->head.rows);
    b->shapes = arena_array(&b->mem, b->shape_count + 1u, sizeof(*b->shapes));
    for (uint32_t i = 0; i < b->shape_count && b->shapes != NULL && !t->failed; i++) {
        struct block_read_shape *s = &b->shapes[i];

        if (!read_shape(b, s, t))
            return false;
        rows += s->is.rows;
        cells += (uint64_t)s->is.rows * s->is.slots;
        t->failed |= rows > b->head.rows || cells > BLOCK_CELLS_MAX;
        s->rows = t->failed ? NULL : arena_array(&b->mem, s->is.rows, sizeof(*s->rows));
        if (s->rows == NULL)
            return false;
    }
    return b->shapes != NULL && !t->failed && rows == b->head.rows;
}

static void read_plan_int(const struct block *b, struct block_plan *plan, struct block_taker *t)
{
    plan->part = block_take_most(t, b->part_count - 1);
    plan->at = block_take_most(t, BLOCK_PART_MAX);
    plan->steps = take_flag(t);
    plan->bytes = (uint8_t)block_take_most(t, 8);
    plan->base = block_take_signed(t);
    plan->first = block_take_signed(t);
    plan->least = block_take_signed(t);
    plan->greatest = block_take_signed(t);
}

static void read_form(struct block_form *f, struct block_taker *t)
{
    f->kind = block_take_byte(t);
    f->width = block_take_byte(t);
    f->prefix = block_take_bytes(t, block_take(t));
    f->suffix = block_take_bytes(t, block_take(t));
    f->fraction = 0;
    if (!t->failed && block_form_sound(f))
        f->fraction = (uint8_t)block_form_fraction(f);
    else
        t->failed = true;
}

static void read_plan(const struct block *b, const struct block_read_shape *s,
                      struct block_plan *plan, struct block_taker *t)
{
    plan->encoding = block_take_byte(t);
    switch (plan->encoding) {
    case BLOCK_CONST:
        plan->values = block_take_most(t, b->pool_count > 0 ? b->pool_count - 1 : 0);
        t->failed |= b->pool_count == 0;
        break;
    case BLOCK_SAME:
        plan->same = block_take_most(t, s->is.slots - 1);
        break;
    case BLOCK_DICT:
        plan->part = block_take_most(t, b->part_count - 1);
        plan->at = block_take_most(t, BLOCK_PART_MAX);
        plan->steps = take_flag(t);
        plan->values = block_take_most(t, s->is.rows);
        t->failed |= plan->values == 0;
        break;
    case BLOCK_INT:
        read_form(&plan->form, t);
        read_plan_int(b, plan, t);
        break;
    default:
        t->failed = true;
    }
}

/* A SAME column names one that is not: no chains. */
static bool read_plans(struct block *b, struct block_taker *t)
{
    for (uint32_t i = 0; i < b->shape_count && !t->failed; i++) {
        struct block_read_shape *s = &b->shapes[i];

        s->columns = arena_array(&b->mem, s->is.slots + 1u, sizeof(*s->columns));
        if (s->columns == NULL)
            return false;
        for (uint32_t slot = 0; slot < s->is.slots && !t->failed; slot++)
            read_plan(b, s, &s->columns[slot].plan, t);
        for (uint32_t slot = 0; slot < s->is.slots && !t->failed; slot++) {
            const struct block_plan *p = &s->columns[slot].plan;

            t->failed |=
                p->encoding == BLOCK_SAME && s->columns[p->same].plan.encoding == BLOCK_SAME;
        }
    }
    return !t->failed && t->p == t->end;
}

/* Are the numbers of row `row` such as an event has? */
static bool envelope_sound(int64_t *const *envelope, uint32_t row)
{
    return (row == 0 || (uint64_t)envelope[BLOCK_ROW_SEQUENCE][row] >
                            (uint64_t)envelope[BLOCK_ROW_SEQUENCE][row - 1]) &&
           (uint64_t)envelope[BLOCK_ROW_SOURCE][row] <= UINT32_MAX &&
           (uint64_t)envelope[BLOCK_ROW_FLAGS][row] <= UINT16_MAX &&
           (uint64_t)envelope[BLOCK_ROW_LINES][row] <= UINT16_MAX;
}

/* Which rows each shape has. */
static int place_rows(struct block *b, struct err *e)
{
    b->place = arena_array(&b->mem, b->head.rows + 1u, sizeof(*b->place));
    if (b->place == NULL)
        return block_no_memory(e);
    for (uint32_t row = 0; row < b->head.rows; row++) {
        uint64_t shape = (uint64_t)b->envelope[BLOCK_ROW_SHAPE][row];
        struct block_read_shape *s = shape < b->shape_count ? &b->shapes[shape] : NULL;

        if (s == NULL || s->filled == s->is.rows)
            return block_damaged(b, 0, "what rows are does not fit together", e);
        b->place[row] = s->filled;
        s->rows[s->filled++] = row;
    }
    return ERR_OK;
}

static int read_envelope(struct block *b, unsigned column, struct err *e)
{
    b->envelope[column] = arena_array(&b->mem, b->head.rows + 1u, sizeof(**b->envelope));
    if (b->envelope[column] == NULL)
        return block_no_memory(e);
    return block_read_numbers(b, &b->envelope_plan[column], b->head.rows, b->envelope[column], e);
}

int block_envelope(struct block *b, struct err *e)
{
    int rc = ERR_OK;

    if (b->has_envelope)
        return ERR_OK;
    for (unsigned i = 0; i < BLOCK_ROW_COLUMNS && rc == ERR_OK; i++) {
        if (i != BLOCK_ROW_SHAPE)
            rc = read_envelope(b, i, e);
    }
    for (uint32_t row = 0; row < b->head.rows && rc == ERR_OK; row++) {
        if (!envelope_sound(b->envelope, row))
            rc = block_damaged(b, 0, "what rows are does not fit together", e);
    }
    b->has_envelope = rc == ERR_OK;
    return rc;
}

static int read_directory(struct block *b, struct err *e)
{
    struct block_taker t;
    bool ok;
    int rc;

    b->directory = arena_bytes(&b->mem, b->head.directory_room + BLOCK_COPY_BYTES);
    if (b->directory == NULL)
        return block_no_memory(e);
    if (!block_expand(b, (struct span){ b->stored + BLOCK_HEAD_BYTES, b->head.directory_bytes },
                      b->directory, b->head.directory_room))
        return err_set(e, ERR_CORRUPT, BLOCK_HEAD_BYTES, "The directory of a block does not open.");
    t = (struct block_taker){ b->directory, b->directory + b->head.directory_room, false };
    ok = read_parts(b, &t);
    for (unsigned i = 0; i < BLOCK_ROW_COLUMNS && ok; i++) {
        read_plan_int(b, &b->envelope_plan[i], &t);
        ok = !t.failed;
    }
    ok = ok && read_pool_parts(b, &t) && read_names(b, &t) && read_shapes(b, &t) &&
         read_plans(b, &t);
    if (arena_failed(&b->mem))
        return block_no_memory(e);
    if (!ok)
        return err_set(e, ERR_CORRUPT, BLOCK_HEAD_BYTES, "The directory of a block is damaged.");
    rc = read_envelope(b, BLOCK_ROW_SHAPE, e);
    return rc == ERR_OK ? place_rows(b, e) : rc;
}

static int read_head(struct block *b, struct err *e)
{
    const uint8_t *h = b->stored;
    struct block_head *head = &b->head;

    if (b->stored_bytes < BLOCK_HEAD_BYTES || bytes_u64(h + 40) != XXH3_64bits(h, 40))
        return err_set(e, ERR_CORRUPT, 0, "The head of a block does not check.");
    if (bytes_u32(h + 4) != BLOCK_VERSION)
        return err_set(e, ERR_UNSUPPORTED, 4,
                       "A block is of version %" PRIu32 "; this program reads 1 and %u.",
                       bytes_u32(h + 4), BLOCK_VERSION);
    head->rows = bytes_u32(h + 8);
    head->directory_bytes = bytes_u32(h + 12);
    head->directory_room = bytes_u32(h + 16);
    head->raw_bytes = bytes_u32(h + 20);
    if (head->rows > BLOCK_ROWS_MAX || head->raw_bytes > BLOCK_RAW_BYTES_MAX ||
        bytes_u64(h + 32) != b->stored_bytes || head->directory_room > BLOCK_PART_MAX ||
        head->directory_bytes > b->stored_bytes - BLOCK_HEAD_BYTES)
        return err_set(e, ERR_CORRUPT, 8, "The head of a block does not fit what follows.");
    if (XXH3_64bits(h + BLOCK_HEAD_BYTES, head->directory_bytes) != bytes_u64(h + 24))
        return err_set(e, ERR_CORRUPT, BLOCK_HEAD_BYTES, "The directory of a block is damaged.");
    return ERR_OK;
}

/* --- Opening -------------------------------------------------------------------------------- */

/* Version 2: what is not opened yet stays with the block. */
static int keep_bytes(struct block *b, struct span bytes, bool borrow, struct err *e)
{
    uint8_t *copy = borrow ? NULL : malloc(bytes.n + 1);
    int rc;

    if (!borrow && copy == NULL)
        return block_no_memory(e);
    if (!borrow)
        memcpy(copy, bytes.p, bytes.n);
    b->borrows = borrow;
    b->stored = borrow ? bytes.p : copy;
    b->stored_bytes = bytes.n;
    rc = read_head(b, e);
    return rc == ERR_OK ? read_directory(b, e) : rc;
}

static int open_shapes(struct block **out, struct span bytes, bool borrow, struct err *e)
{
    struct block *b = calloc(1, sizeof(*b));
    int rc;

    *out = NULL;
    if (b == NULL)
        return block_no_memory(e);
    arena_init(&b->mem, MEMORY_MAX);
    b->zstd = ZSTD_createDCtx();
    if (b->zstd == NULL)
        rc = block_no_memory(e);
    else if (bytes.n < 8 || bytes.n > BLOCK_BYTES_MAX || memcmp(bytes.p, BLOCK_MARK, 4) != 0)
        rc = err_set(e, ERR_CORRUPT, 0, "What should be a block of events is none.");
    else if (bytes_u32(bytes.p + 4) == 1)
        rc = block_v1_read(b, bytes, e);
    else
        rc = keep_bytes(b, bytes, borrow, e);
    if (rc == ERR_OK)
        *out = b;
    else
        block_free(&b);
    return rc;
}

int block_open_shapes(struct block **out, struct span bytes, struct err *e)
{
    return open_shapes(out, bytes, true, e);
}

int block_open_columns(struct block **out, struct span bytes, struct err *e)
{
    int rc = open_shapes(out, bytes, false, e);

    if (rc == ERR_OK)
        rc = block_envelope(*out, e);
    if (rc != ERR_OK)
        block_free(out);
    return rc;
}

void block_free(struct block **out)
{
    struct block *b = *out;

    if (b == NULL)
        return;
    for (uint32_t i = 0; i < b->part_count && b->parts != NULL; i++)
        free(b->parts[i].bytes);
    arena_release(&b->mem);
    (void)ZSTD_freeDCtx(b->zstd); /* 0 always */
    if (!b->borrows)
        free((void *)(uintptr_t)b->stored);
    free(b->raw);
    free(b->raws);
    free(b);
    *out = NULL;
}

int block_open(struct block **out, struct span bytes, struct err *e)
{
    int rc = block_open_columns(out, bytes, e);

    if (rc == ERR_OK)
        rc = block_load(*out, e);
    if (rc != ERR_OK)
        block_free(out);
    return rc;
}

/* --- What it says ----------------------------------------------------------------------- */

uint32_t block_names(const struct block *b)
{
    return b->name_count;
}

struct block_name block_name(const struct block *b, uint32_t name)
{
    MUST(name < b->name_count);
    return b->names[name];
}

uint32_t block_shapes(const struct block *b)
{
    return b->shape_count;
}

struct block_shape block_shape(const struct block *b, uint32_t shape)
{
    MUST(shape < b->shape_count);
    return b->shapes[shape].is;
}

struct block_field block_field(const struct block *b, uint32_t shape, uint32_t field)
{
    MUST(shape < b->shape_count && field < b->shapes[shape].is.fields);
    return b->shapes[shape].fields[field];
}

struct span block_literal(const struct block *b, uint32_t shape, uint32_t slot)
{
    MUST(shape < b->shape_count && slot <= b->shapes[shape].is.slots);
    return b->shapes[shape].literals[slot];
}

const uint32_t *block_shape_rows(const struct block *b, uint32_t shape)
{
    MUST(shape < b->shape_count);
    return b->shapes[shape].rows;
}

uint32_t block_events(const struct block *b)
{
    return b->head.rows;
}

struct block_event block_event(const struct block *b, uint32_t row)
{
    MUST(row < b->head.rows && b->has_envelope);
    return (struct block_event){
        .sequence = (uint64_t)b->envelope[BLOCK_ROW_SEQUENCE][row],
        .receipt_ns = b->envelope[BLOCK_ROW_RECEIPT][row],
        .source = (uint32_t)b->envelope[BLOCK_ROW_SOURCE][row],
        .flags = (uint16_t)b->envelope[BLOCK_ROW_FLAGS][row],
        .lines = (uint16_t)b->envelope[BLOCK_ROW_LINES][row],
        .raw = b->raws != NULL ? b->raws[row] : SPAN_NONE,
    };
}

struct block_about block_about(const struct block *b)
{
    const struct block_plan *p = b->envelope_plan;

    return (struct block_about){ p[BLOCK_ROW_RECEIPT].least, p[BLOCK_ROW_RECEIPT].greatest,
                                 (uint32_t)p[BLOCK_ROW_SOURCE].least,
                                 (uint32_t)p[BLOCK_ROW_SOURCE].greatest,
                                 (uint16_t)p[BLOCK_ROW_FLAGS].greatest };
}

uint32_t block_pool(const struct block *b)
{
    return b->pool_count;
}
