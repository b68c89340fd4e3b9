/*
 * block_write.c - takes events and puts the block together: see block.h and docs/block.md.
 *
 *   block_add     raw
 *   block_put     raw ──split──▶ bases, cells                       (block_split, block_shape)
 *                 texts ──▶ shapes; columns ──▶ drafts ──▶ streams  (block_shape, block_column)
 *                 streams of one field beside each other ──▶ parts ──▶ zstd
 *                 read back, compared
 *                 words of literals and columns ──▶ index           (block_words)
 */
#include <stdlib.h>

#include <xxhash.h>

#include "base/bytes.h"
#include "os/host.h"
#include "store/block_read.h"
#include "store/block_write.h"

#define LEVEL        6                  /* docs/block.md has what others come to */
#define STREAM_BYTES ((size_t)48 << 10) /* a part of columns is closed beyond */
#define POOL_BYTES   ((size_t)256 << 10)
#define WORK_MAX     ((size_t)1 << 30)
#define CELLS_MAX    ((size_t)1 << 19) /* records beyond are one slot each */

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory for a block of events.");
}

/* --- Taking events -------------------------------------------------------------------------- */

int block_writer_new(struct block_writer **out, struct err *e)
{
    struct block_writer *w = calloc(1, sizeof(*w));
    int rc;

    *out = w;
    if (w == NULL)
        return no_memory(e);
    buf_init(&w->raw, BLOCK_RAW_BYTES_MAX);
    rc = host_random(w->keys, sizeof(w->keys), e);
    if (rc != ERR_OK)
        block_writer_free(out);
    return rc;
}

void block_writer_free(struct block_writer **out)
{
    struct block_writer *w = *out;

    if (w == NULL)
        return;
    buf_release(&w->raw);
    free(w->rows.at);
    free(w);
    *out = NULL;
}

void block_clear(struct block_writer *w)
{
    buf_clear(&w->raw);
    w->rows.count = 0;
    w->failed = false;
    w->words = NULL;
    w->watch = NULL;
}

void block_words(struct block_writer *w, struct word_index_writer *words)
{
    w->words = words;
}

void block_watch(struct block_writer *w, block_watch_fn *fn, void *arg)
{
    w->watch = fn;
    w->watch_arg = arg;
}

uint32_t block_count(const struct block_writer *w)
{
    return (uint32_t)w->rows.count;
}

uint64_t block_verbatim(const struct block_writer *w)
{
    return w->verbatim;
}

bool block_add(struct block_writer *w, const struct block_event *ev)
{
    struct block_row row = { .event = *ev, .raw = (uint32_t)w->raw.n };

    MUST(w->rows.count == 0 || ev->sequence > block_rows(w)[w->rows.count - 1].event.sequence);
    if (w->rows.count == BLOCK_EVENTS_MAX ||
        (w->rows.count > 0 && w->raw.n + ev->raw.n > BLOCK_RAW_MAX))
        return false;
    row.event.raw = SPAN_NONE;
    row.raw_bytes = (uint32_t)ev->raw.n;
    buf_add(&w->raw, ev->raw);
    if (buf_failed(&w->raw) || !block_array_room(&w->rows, 1, sizeof(row))) {
        w->failed = true;
        return true;
    }
    block_rows(w)[w->rows.count++] = row;
    return true;
}

/* --- Splitting ------------------------------------------------------------------------------ */

/* What a block takes while it is put, beside its raw bytes. */
static bool work_init(struct block_writer *w)
{
    buf_init(&w->scratch, WORK_MAX);
    buf_init(&w->stream, WORK_MAX);
    buf_init(&w->body, WORK_MAX);
    buf_init(&w->directory, WORK_MAX);
    buf_init(&w->frame, WORK_MAX);
    buf_init(&w->text, WORK_MAX);
    arena_init(&w->kept, WORK_MAX);
    arena_init(&w->mem, WORK_MAX);
    w->name_next = malloc(BLOCK_NAMES_MAX * sizeof(*w->name_next));
    w->zstd = ZSTD_createCCtx();
    return block_split_init(&w->split, NULL) == ERR_OK && w->name_next != NULL && w->zstd != NULL;
}

static void work_release(struct block_writer *w)
{
    buf_release(&w->scratch);
    buf_release(&w->stream);
    buf_release(&w->body);
    buf_release(&w->directory);
    buf_release(&w->frame);
    buf_release(&w->text);
    arena_release(&w->kept);
    arena_release(&w->mem);
    block_split_release(&w->split);
    free(w->cells.at);
    free(w->names.at);
    free(w->bases.at);
    free(w->made.at);
    free(w->text_cuts.at);
    free(w->name_next);
    (void)ZSTD_freeCCtx(w->zstd); /* 0 always, but for a static one */
    w->cells = w->names = w->bases = w->made = w->text_cuts = (struct block_array){ 0 };
    w->name_next = NULL;
    w->zstd = NULL;
}

/* The row's base and cells. */
static bool split_row(struct block_writer *w, struct block_row *row)
{
    struct span raw = { w->raw.p + row->raw, row->raw_bytes };
    struct block_cut *cells;

    row->base = BLOCK_NONE;
    if (!w->whole && w->cells.count < CELLS_MAX && raw.n <= LIMIT_RECORD_BYTES) {
        block_split_record(&w->split, raw);
        row->base = block_shape_base(w);
    }
    if (row->base == BLOCK_NONE) {
        block_split_whole(&w->split, raw);
        row->base = block_shape_base(w);
    }
    if (row->base == BLOCK_NONE ||
        !block_array_room(&w->cells, w->split.slot_count, sizeof(*cells)) ||
        !block_words_row(w, raw))
        return false;
    row->cell = (uint32_t)w->cells.count;
    cells = (struct block_cut *)w->cells.at + row->cell;
    for (uint32_t i = 0; i < w->split.slot_count; i++)
        cells[i] = (struct block_cut){ row->raw + w->split.slots[i].at, w->split.slots[i].n };
    w->cells.count += w->split.slot_count;
    return true;
}

/* All rows; `whole`: each as one slot. */
static bool split_rows(struct block_writer *w, bool whole)
{
    bool ok = true;

    w->whole = whole;
    w->columns = 0;
    w->cells.count = w->names.count = w->bases.count = 0;
    memset(w->name_heads, 0, sizeof(w->name_heads));
    memset(w->base_heads, 0, sizeof(w->base_heads));
    arena_reset(&w->kept);
    for (size_t i = 0; i < w->rows.count && ok; i++)
        ok = split_row(w, &block_rows(w)[i]);
    return ok;
}

/* --- The pool ------------------------------------------------------------------------------- */

struct pool {
    struct block_writer *w;
    struct span *values;
    uint64_t *hashes;
    uint32_t *table, table_size; /* + 1 */
    uint32_t count;
};

static uint32_t pool_id(struct pool *p, struct span s, uint64_t hash)
{
    uint32_t at = block_place(p->w, hash, p->table_size);

    for (; p->table[at] > 0; at = (at + 1) & (p->table_size - 1)) {
        uint32_t id = p->table[at] - 1;

        if (p->hashes[id] == hash && span_eq(p->values[id], s))
            return id;
    }
    p->table[at] = p->count + 1;
    p->values[p->count] = s;
    p->hashes[p->count] = hash;
    return p->count++;
}

static bool pool_init(struct pool *p, struct block_writer *w)
{
    size_t most = 1;

    for (size_t i = 0; i < w->made.count; i++) {
        const struct block_made *m = &block_mades(w)[i];

        for (uint32_t slot = 0; slot < m->slots; slot++)
            most += m->columns[slot].distinct;
    }
    *p = (struct pool){ .w = w, .table_size = 64 };
    while (p->table_size < most * 2)
        p->table_size *= 2;
    p->values = arena_array(&w->mem, most, sizeof(*p->values));
    p->hashes = arena_array(&w->mem, most, sizeof(*p->hashes));
    p->table = arena_array(&w->mem, p->table_size, sizeof(*p->table));
    return !arena_failed(&w->mem);
}

/* --- Parts ---------------------------------------------------------------------------------- */

struct put {
    struct block_writer *w;
    struct pool pool;
    struct buf *parts; /* rows of the directory's table */
    uint32_t part_count;
    struct buf part; /* what the next one holds */
    struct buf pool_parts;
    uint32_t pool_part_count;
    uint64_t *numbers;
    bool failed;
};

/* Appends a zstd frame to `out`; 0 when it fails. */
static size_t put_frame(struct block_writer *w, struct span s, struct buf *out)
{
    size_t room = ZSTD_compressBound(s.n), n;

    if (!buf_reserve(out, room))
        return 0;
    n = ZSTD_compressCCtx(w->zstd, out->p + out->n, room, s.p, s.n, LEVEL);
    if (ZSTD_isError(n))
        return 0;
    out->n += n;
    return n;
}

static void put_u64(struct buf *b, uint64_t v)
{
    uint8_t bytes[8];

    bytes_put_u64(bytes, v);
    buf_add(b, (struct span){ bytes, 8 });
}

static void close_part(struct put *p)
{
    struct buf *body = &p->w->body;
    size_t at = body->n, n;

    if (p->part.n == 0)
        return;
    n = put_frame(p->w, buf_span(&p->part), body);
    p->failed |= n == 0 || buf_failed(&p->part);
    block_put_number(p->parts, n);
    block_put_number(p->parts, p->part.n);
    put_u64(p->parts, n > 0 ? XXH3_64bits(body->p + at, n) : 0);
    p->part_count++;
    buf_clear(&p->part);
}

/* The bytes of numbers: all lowest ones, then the next, and so on. */
static void put_planes(struct buf *b, const uint64_t *v, uint32_t rows, unsigned bytes)
{
    if (!buf_reserve(b, (size_t)rows * bytes))
        return;
    for (unsigned plane = 0; plane < bytes; plane++) {
        for (uint32_t i = 0; i < rows; i++)
            b->p[b->n++] = (uint8_t)(v[i] >> (8 * plane));
    }
}

static void put_dict(struct put *p, const struct block_made *m, struct block_column_draft *c)
{
    int64_t before = 0;

    c->plan.values = c->distinct;
    for (uint32_t v = 0; v < c->distinct; v++) {
        int64_t id = pool_id(&p->pool, block_draft_value(p->w, m, c, v), c->hashes[v]);

        block_put_signed(&p->part, id - before);
        before = id;
    }
    block_column_symbols(c, m->rows, p->numbers);
    put_planes(&p->part, p->numbers, m->rows, block_symbol_bytes(c->distinct));
}

static void put_column(struct put *p, struct block_column_draft *c)
{
    const struct block_made *m = &block_mades(p->w)[c->made];

    if (c->plan.encoding == BLOCK_CONST)
        c->plan.values = pool_id(&p->pool, block_draft_value(p->w, m, c, 0), c->hashes[0]);
    if (c->plan.encoding != BLOCK_DICT && c->plan.encoding != BLOCK_INT)
        return;
    c->plan.part = p->part_count;
    c->plan.at = (uint32_t)p->part.n;
    if (c->plan.encoding == BLOCK_DICT) {
        put_dict(p, m, c);
    } else {
        block_column_numbers(&c->plan, c->numbers, m->rows, p->numbers);
        put_planes(&p->part, p->numbers, m->rows, c->plan.bytes);
    }
    if (p->part.n >= STREAM_BYTES)
        close_part(p);
}

static int by_name(const void *a, const void *b)
{
    const struct block_column_draft *x = *(struct block_column_draft *const *)a;
    const struct block_column_draft *y = *(struct block_column_draft *const *)b;

    if (x->name != y->name)
        return x->name < y->name ? -1 : 1;
    if (x->made != y->made)
        return x->made < y->made ? -1 : 1;
    return x->slot < y->slot ? -1 : x->slot > y->slot;
}

/* All columns, those of one field beside each other, so that few parts hold it. */
static bool put_columns(struct put *p)
{
    struct block_writer *w = p->w;
    struct block_column_draft **all;
    size_t count = 0, at = 0;

    for (size_t i = 0; i < w->made.count; i++)
        count += block_mades(w)[i].slots;
    all = arena_array(&w->mem, count + 1, sizeof(struct block_column_draft *));
    if (all == NULL)
        return false;
    for (size_t i = 0; i < w->made.count; i++) {
        for (uint32_t slot = 0; slot < block_mades(w)[i].slots; slot++)
            all[at++] = &block_mades(w)[i].columns[slot];
    }
    qsort(all, count, sizeof(struct block_column_draft *), by_name);
    for (size_t i = 0; i < count; i++)
        put_column(p, all[i]);
    close_part(p);
    return true;
}

static void close_pool(struct put *p, uint32_t from, uint32_t to)
{
    struct buf *b = &p->part;

    if (from == to)
        return;
    for (uint32_t i = from; i < to; i++)
        block_put_number(b, p->pool.values[i].n);
    for (uint32_t i = from; i < to; i++)
        buf_add(b, p->pool.values[i]);
    block_put_number(&p->pool_parts, p->part_count);
    block_put_number(&p->pool_parts, to - from);
    p->pool_part_count++;
    close_part(p);
}

static void put_pool(struct put *p)
{
    uint32_t from = 0;
    size_t bytes = 0;

    for (uint32_t i = 0; i < p->pool.count; i++) {
        bytes += p->pool.values[i].n + 1;
        if (bytes >= POOL_BYTES) {
            close_pool(p, from, i + 1);
            from = i + 1;
            bytes = 0;
        }
    }
    close_pool(p, from, p->pool.count);
}

/* --- The directory -------------------------------------------------------------------------- */

static int64_t envelope_number(const struct block_row *r, unsigned column)
{
    switch (column) {
    case BLOCK_ROW_SEQUENCE:
        return (int64_t)r->event.sequence;
    case BLOCK_ROW_RECEIPT:
        return r->event.receipt_ns;
    case BLOCK_ROW_SOURCE:
        return r->event.source;
    case BLOCK_ROW_FLAGS:
        return r->event.flags;
    case BLOCK_ROW_LINES:
        return r->event.lines;
    default:
        return r->shape;
    }
}

static void put_form(struct buf *b, const struct block_form *f)
{
    buf_byte(b, f->kind);
    buf_byte(b, f->width);
    block_put_text(b, f->prefix);
    block_put_text(b, f->suffix);
}

static void put_int(struct buf *b, const struct block_plan *plan)
{
    block_put_number(b, plan->part);
    block_put_number(b, plan->at);
    buf_byte(b, plan->steps);
    buf_byte(b, plan->bytes);
    block_put_signed(b, plan->base);
    block_put_signed(b, plan->first);
    block_put_signed(b, plan->least);
    block_put_signed(b, plan->greatest);
}

static void put_plan(struct buf *b, const struct block_plan *plan)
{
    buf_byte(b, plan->encoding);
    switch (plan->encoding) {
    case BLOCK_CONST:
        block_put_number(b, plan->values);
        break;
    case BLOCK_SAME:
        block_put_number(b, plan->same);
        break;
    case BLOCK_DICT:
        block_put_number(b, plan->part);
        block_put_number(b, plan->at);
        buf_byte(b, plan->steps);
        block_put_number(b, plan->values);
        break;
    default:
        put_form(b, &plan->form);
        put_int(b, plan);
    }
}

static void put_names(struct block_writer *w, struct buf *b)
{
    const struct block_name_row *names = w->names.at;

    block_put_number(b, w->names.count);
    for (size_t i = 0; i < w->names.count; i++) {
        block_put_number(b, names[i].parent);
        block_put_text(b, names[i].text);
    }
}

static void put_shape(struct block_writer *w, const struct block_made *m, struct buf *b)
{
    const struct block_base *base = &block_bases(w)[m->base];
    uint32_t fields = 0;

    for (uint32_t i = 0; i < base->part_count; i++)
        fields += m->fields[i].name != BLOCK_NONE;
    block_put_number(b, m->rows);
    block_put_number(b, m->slots);
    buf_byte(b, base->partial);
    buf_add(b, m->key);
    block_put_number(b, fields);
    for (uint32_t i = 0; i < base->part_count; i++) {
        const struct block_field *f = &m->fields[i];

        if (f->name == BLOCK_NONE)
            continue;
        block_put_number(b, f->name);
        buf_byte(b, f->kind);
        block_put_number(b, f->first);
        block_put_number(b, f->from);
        block_put_number(b, f->last - f->first);
        block_put_number(b, f->to);
    }
}

static bool put_envelope(struct put *p, struct buf *directory)
{
    struct block_writer *w = p->w;
    uint32_t rows = (uint32_t)w->rows.count;
    int64_t *v = arena_array(&w->mem, rows + 1u, sizeof(*v));

    for (unsigned i = 0; i < BLOCK_ROW_COLUMNS && v != NULL; i++) {
        struct block_plan plan = { 0 };

        for (uint32_t row = 0; row < rows; row++)
            v[row] = envelope_number(&block_rows(w)[row], i);
        if (rows > 0)
            block_column_numbers(&plan, v, rows, p->numbers);
        plan.part = p->part_count;
        plan.at = (uint32_t)p->part.n;
        put_planes(&p->part, p->numbers, rows, plan.bytes);
        put_int(directory, &plan);
    }
    if (p->part.n == 0)
        buf_byte(&p->part, 0); /* part 0 is always there */
    close_part(p);
    return v != NULL;
}

/* Everything but the head: w->directory (not compressed) and w->body. */
static bool put_all(struct put *p)
{
    struct block_writer *w = p->w;
    struct buf envelope, *d = &w->directory;
    bool ok = pool_init(&p->pool, w);

    buf_init(&envelope, WORK_MAX);
    buf_init(&p->part, BLOCK_PART_MAX);
    buf_init(&p->pool_parts, WORK_MAX);
    buf_clear(&w->body);
    buf_clear(&w->scratch);
    buf_clear(d);
    p->parts = &w->scratch;
    p->numbers = arena_array(&w->mem, w->rows.count + 1, sizeof(*p->numbers));
    ok = ok && !arena_failed(&w->mem) && put_envelope(p, &envelope) && put_columns(p);
    if (ok)
        put_pool(p);
    block_put_number(d, p->part_count);
    buf_add(d, buf_span(p->parts));
    buf_add(d, buf_span(&envelope));
    block_put_number(d, p->pool_part_count);
    buf_add(d, buf_span(&p->pool_parts));
    put_names(w, d);
    block_put_number(d, w->made.count);
    for (size_t i = 0; i < w->made.count; i++)
        put_shape(w, &block_mades(w)[i], d);
    for (size_t i = 0; i < w->made.count && ok; i++) {
        for (uint32_t slot = 0; slot < block_mades(w)[i].slots; slot++)
            put_plan(d, &block_mades(w)[i].columns[slot].plan);
    }
    ok = ok && !p->failed && !buf_failed(p->parts) && !buf_failed(&envelope) &&
         !buf_failed(&p->pool_parts) && !buf_failed(d) && !buf_failed(&w->body);
    buf_release(&envelope);
    buf_release(&p->part);
    buf_release(&p->pool_parts);
    return ok;
}

static void put_head(const struct block_writer *w, uint32_t directory_bytes, uint8_t *h)
{
    memset(h, 0, BLOCK_HEAD_BYTES);
    memcpy(h, BLOCK_MARK, 4);
    bytes_put_u32(h + 4, BLOCK_VERSION);
    bytes_put_u32(h + 8, (uint32_t)w->rows.count);
    bytes_put_u32(h + 12, directory_bytes);
    bytes_put_u32(h + 16, (uint32_t)w->directory.n);
    bytes_put_u32(h + 20, (uint32_t)w->raw.n);
    bytes_put_u64(h + 24, XXH3_64bits(w->frame.p, directory_bytes));
    bytes_put_u64(h + 32, BLOCK_HEAD_BYTES + directory_bytes + w->body.n);
    bytes_put_u64(h + 40, XXH3_64bits(h, 40));
}

/* The block into w->frame. */
static bool encode(struct block_writer *w)
{
    struct put p = { .w = w };
    uint8_t head[BLOCK_HEAD_BYTES];
    struct buf tail;
    size_t n;
    bool ok;

    arena_reset(&w->mem);
    w->made.count = 0;
    ok = block_shape_texts(w);
    for (uint32_t i = 0; i < w->made.count && ok; i++)
        ok = block_column_draft(w, i);
    if (!ok || !put_all(&p))
        return false;
    buf_clear(&w->frame);
    n = w->directory.n <= BLOCK_PART_MAX ? put_frame(w, buf_span(&w->directory), &w->frame) : 0;
    if (n == 0)
        return false;
    put_head(w, (uint32_t)n, head);
    buf_init(&tail, WORK_MAX); /* the head goes before what it vouches for */
    buf_add(&tail, (struct span){ head, sizeof(head) });
    buf_add(&tail, buf_span(&w->frame));
    buf_add(&tail, buf_span(&w->body));
    buf_release(&w->frame);
    w->frame = tail;
    return !buf_failed(&tail) && tail.n <= BLOCK_BYTES_MAX;
}

/* --- Comparing ------------------------------------------------------------------------------ */

static bool event_same(const struct block_event *a, const struct block_event *b)
{
    return a->sequence == b->sequence && a->receipt_ns == b->receipt_ns && a->source == b->source &&
           a->flags == b->flags && a->lines == b->lines;
}

/* The rows of a shape; how many are what was added. One shape at a time: its columns are at hand.
 */
static uint32_t same_rows(const struct block_writer *w, struct block *b, uint32_t shape)
{
    const uint32_t *rows = block_shape_rows(b, shape);
    uint32_t count = block_shape(b, shape).rows, same = 0;

    for (; same < count; same++) {
        const struct block_row *r = &block_rows(w)[rows[same]];
        struct block_event ev = block_event(b, rows[same]);

        if (!event_same(&ev, &r->event) ||
            !block_gives(b, rows[same], (struct span){ w->raw.p + r->raw, r->raw_bytes }))
            break;
    }
    return same;
}

/* Does the block give back what was added? Every row is one of one shape. */
static bool gives_back(struct block_writer *w)
{
    uint32_t same = 0;
    struct block *b;

    if (!buf_reserve(&w->raw, BLOCK_COPY_BYTES) ||
        block_open_columns(&b, buf_span(&w->frame), NULL) != ERR_OK)
        return false;
    if (block_events(b) == w->rows.count) {
        for (uint32_t i = 0; i < block_shapes(b); i++)
            same += same_rows(w, b, i);
    }
    if (same == w->rows.count && w->watch != NULL)
        w->watch(w->watch_arg, b);
    block_free(&b);
    return same == w->rows.count;
}

int block_put(struct block_writer *w, struct buf *out, struct err *e)
{
    bool ready = !w->failed && work_init(w);
    bool ok = ready && split_rows(w, false) && encode(w) && gives_back(w);

    if (!ok && ready) {
        w->verbatim += w->rows.count;
        ok = split_rows(w, true) && encode(w) && gives_back(w);
    }
    ok = ok && block_words_shapes(w);
    if (ok)
        buf_add(out, buf_span(&w->frame));
    if (!w->failed)
        work_release(w);
    block_clear(w);
    if (!ok)
        return no_memory(e);
    return buf_failed(out) ? err_set(e, ERR_LIMIT, 0, "The block does not fit.") : ERR_OK;
}
