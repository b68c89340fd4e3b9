/*
 * tally.c - see tally.h.
 */
#include "store/tally.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>
#include <zstd.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "store/block_own.h"

#define PLACES     (2 * TALLY_VALUES_MAX) /* of a hash table: never more than half of them taken */
#define INSIDE_MAX ((size_t)8 << 20)      /* what is in the frame */
#define LEVEL      12                     /* small, and there is one a file */
#define NUMBER_MAX 10u                    /* bytes of a number */

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory for the tallies of a sealed file.");
}

/* --- Writing -------------------------------------------------------------------------------- */

struct value {
    struct span text; /* SPAN_NONE: none */
    uint64_t hash, times;
};

/* What one name has. */
struct column {
    struct span name;
    bool dropped;
    uint32_t count;
    size_t bytes;
    struct value *value;
    uint16_t *place; /* + 1 */
    struct arena mem;
};

struct tally_writer {
    struct column column[TALLY_NAMES_MAX];
    uint32_t count;
    uint64_t events, seed;
    bool timed;
    int64_t least, greatest;
};

int tally_writer_new(struct tally_writer **out, const struct span *names, uint32_t count,
                     struct err *e)
{
    struct tally_writer *w = calloc(1, sizeof(*w));

    MUST(count <= TALLY_NAMES_MAX);
    *out = w;
    if (w == NULL)
        return no_memory(e);
    w->count = count;
    w->seed = (uint64_t)(uintptr_t)w * UINT64_C(0x9E3779B97F4A7C15); /* who sends cannot know it */
    for (uint32_t i = 0; i < count; i++) {
        MUST(names[i].n > 0 && names[i].n <= TALLY_NAME_BYTES);
        w->column[i].name = names[i];
        arena_init(&w->column[i].mem, 2 * (size_t)TALLY_TEXT_BYTES);
    }
    return ERR_OK;
}

void tally_drop(struct tally_writer *w, uint32_t name)
{
    struct column *c = &w->column[name];

    c->dropped = true;
    arena_release(&c->mem);
    free(c->value);
    free(c->place);
    c->value = NULL;
    c->place = NULL;
}

void tally_writer_free(struct tally_writer **out)
{
    struct tally_writer *w = *out;

    *out = NULL;
    if (w == NULL)
        return;
    for (uint32_t i = 0; i < w->count; i++)
        tally_drop(w, i);
    free(w);
}

bool tally_has(const struct tally_writer *w, uint32_t name)
{
    return !w->column[name].dropped;
}

static bool value_is(const struct value *v, struct span text, uint64_t hash)
{
    return v->hash == hash && (v->text.p == NULL) == (text.p == NULL) && span_eq(v->text, text);
}

/* The value's row, made when it is new; NULL: no room. */
static struct value *row_of(struct column *c, struct span text, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & (PLACES - 1);
    struct value *v;

    for (; c->place[at] != 0; at = (at + 1) & (PLACES - 1)) {
        v = &c->value[c->place[at] - 1];
        if (value_is(v, text, hash))
            return v;
    }
    c->bytes += text.n;
    if (c->count == TALLY_VALUES_MAX || text.n > TALLY_VALUE_BYTES || c->bytes > TALLY_TEXT_BYTES)
        return NULL;
    if (text.n > 0)
        text = arena_span(&c->mem, text);
    else if (text.p != NULL)
        text = SPAN_LIT("");
    if (arena_failed(&c->mem))
        return NULL;
    v = &c->value[c->count++];
    *v = (struct value){ text, hash, 0 };
    c->place[at] = (uint16_t)c->count;
    return v;
}

bool tally_add(struct tally_writer *w, uint32_t name, struct span value, uint64_t events)
{
    struct column *c = &w->column[name];
    struct value *v = NULL;

    if (c->dropped || events == 0)
        return !c->dropped;
    if (c->place == NULL) {
        c->place = calloc(PLACES, sizeof(*c->place));
        c->value = calloc(TALLY_VALUES_MAX, sizeof(*c->value));
    }
    if (c->place != NULL && c->value != NULL)
        v = row_of(c, value, XXH3_64bits_withSeed(value.p, value.n, w->seed + (value.p != NULL)));
    if (v == NULL) {
        tally_drop(w, name);
        return false;
    }
    v->times += events;
    return true;
}

void tally_events(struct tally_writer *w, uint64_t events)
{
    w->events += events;
}

void tally_times(struct tally_writer *w, int64_t least, int64_t greatest)
{
    w->least = !w->timed || least < w->least ? least : w->least;
    w->greatest = !w->timed || greatest > w->greatest ? greatest : w->greatest;
    w->timed = true;
}

/* No value first, then as bytes. */
static int by_text(const void *pa, const void *pb)
{
    const struct value *a = pa, *b = pb;

    if (a->text.p == NULL || b->text.p == NULL)
        return (a->text.p != NULL) - (b->text.p != NULL);
    return span_cmp(a->text, b->text);
}

static void put_column(struct buf *b, const struct column *c)
{
    block_put_text(b, c->name);
    block_put_number(b, c->count);
    for (uint32_t i = 0; i < c->count; i++)
        block_put_number(b, c->value[i].text.p != NULL ? c->value[i].text.n + 1 : 0);
    for (uint32_t i = 0; i < c->count; i++)
        buf_add(b, c->value[i].text);
    for (uint32_t i = 0; i < c->count; i++)
        block_put_number(b, c->value[i].times);
}

static void put_inside(struct tally_writer *w, uint64_t reading, bool columns, struct buf *b)
{
    uint8_t eight[8];
    uint32_t count = 0;

    buf_clear(b);
    bytes_put_u64(eight, reading);
    buf_add(b, (struct span){ eight, sizeof(eight) });
    block_put_number(b, w->events);
    buf_byte(b, w->timed);
    if (w->timed) {
        block_put_signed(b, w->least);
        block_put_signed(b, w->greatest);
    }
    for (uint32_t i = 0; i < w->count; i++)
        count += columns && !w->column[i].dropped;
    block_put_number(b, count);
    for (uint32_t i = 0; i < w->count; i++) {
        struct column *c = &w->column[i];

        if (!columns || c->dropped)
            continue;
        if (c->count > 0)
            qsort(c->value, c->count, sizeof(*c->value), by_text);
        put_column(b, c);
    }
}

static bool put_frame(const struct buf *inside, struct buf *out)
{
    const size_t bound = ZSTD_compressBound(inside->n);
    size_t n;

    if (buf_failed(inside) || !buf_reserve(out, bound))
        return false;
    n = ZSTD_compress(out->p + out->n, bound, inside->p, inside->n, LEVEL);
    if (ZSTD_isError(n) != 0 || n > TALLY_BYTES_MAX)
        return false;
    out->n += n;
    return true;
}

int tally_put(struct tally_writer *w, uint64_t reading, struct buf *out, struct err *e)
{
    struct buf inside;
    bool good;

    buf_init(&inside, INSIDE_MAX);
    put_inside(w, reading, true, &inside);
    good = put_frame(&inside, out);
    if (!good && !buf_failed(out)) {
        put_inside(w, reading, false, &inside);
        good = put_frame(&inside, out);
    }
    buf_release(&inside);
    for (uint32_t i = 0; i < w->count; i++)
        tally_drop(w, i); /* it is over */
    return good ? ERR_OK : no_memory(e);
}

/* --- Reading -------------------------------------------------------------------------------- */

struct tallies {
    struct tally_about about;
    struct tally tally[TALLY_NAMES_MAX];
    struct arena mem;
};

/* What is left to be read; `bad` sticks. */
struct taking {
    struct span rest;
    bool bad;
};

static uint64_t take_number(struct taking *t)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < NUMBER_MAX && t->rest.n > 0; i++) {
        const uint8_t byte = t->rest.p[0];

        t->rest = span_from(t->rest, 1);
        if (i == NUMBER_MAX - 1 && byte > 1)
            break;
        n |= (uint64_t)(byte & 0x7F) << (7 * i);
        if ((byte & 0x80) == 0)
            return n;
    }
    t->bad = true;
    return 0;
}

static struct span take_bytes(struct taking *t, uint64_t n)
{
    struct span s = { t->rest.p, (size_t)n };

    if (t->bad || n > t->rest.n) {
        t->bad = true;
        return SPAN_NONE;
    }
    t->rest = span_from(t->rest, s.n);
    return s;
}

/* The values ascend, so none is there twice. */
static void take_values(struct taking *t, struct span *value, const uint64_t *sizes, uint32_t count)
{
    for (uint32_t i = 0; i < count && !t->bad; i++) {
        value[i] = sizes[i] > 0 ? take_bytes(t, sizes[i] - 1) : SPAN_NONE;
        if (i > 0 && (sizes[i] == 0 || (sizes[i - 1] > 0 && span_cmp(value[i - 1], value[i]) >= 0)))
            t->bad = true;
    }
}

static bool take_tally(struct tallies *t, struct taking *from, struct tally *to)
{
    uint64_t *times, sum = 0;
    struct span *value;

    to->name = take_bytes(from, take_number(from));
    to->count = (uint32_t)take_number(from);
    from->bad |= to->name.n == 0 || to->name.n > TALLY_NAME_BYTES || to->count > TALLY_VALUES_MAX;
    if (from->bad)
        return true;
    value = arena_array(&t->mem, to->count + 1, sizeof(*value));
    times = arena_array(&t->mem, to->count + 1, sizeof(*times));
    if (value == NULL || times == NULL)
        return false;
    for (uint32_t i = 0; i < to->count; i++)
        times[i] = take_number(from);
    take_values(from, value, times, to->count);
    for (uint32_t i = 0; i < to->count; i++) {
        times[i] = take_number(from);
        from->bad |= times[i] == 0 || times[i] > t->about.events - sum;
        sum += from->bad ? 0 : times[i];
    }
    from->bad |= sum != t->about.events;
    to->value = value;
    to->times = times;
    return true;
}

static bool take_all(struct tallies *t, struct taking *from)
{
    const struct span reading = take_bytes(from, 8);
    uint64_t count;

    if (from->bad)
        return true;
    t->about.reading = bytes_u64(reading.p);
    t->about.events = take_number(from);
    count = take_number(from); /* a flag: 0 or 1 */
    from->bad |= count > 1;
    t->about.timed = count == 1;
    if (t->about.timed) {
        t->about.least = block_unzigzag(take_number(from));
        t->about.greatest = block_unzigzag(take_number(from));
        from->bad |= t->about.least > t->about.greatest;
    }
    count = take_number(from);
    from->bad |= count > TALLY_NAMES_MAX;
    for (uint64_t i = 0; i < count && !from->bad; i++) {
        if (!take_tally(t, from, &t->tally[i]))
            return false;
    }
    t->about.count = (uint32_t)count;
    from->bad |= from->rest.n > 0;
    return true;
}

/* What is in the frame, in t->mem. */
static int unpack(struct tallies *t, struct span bytes, struct span *inside, struct err *e)
{
    const unsigned long long size = ZSTD_getFrameContentSize(bytes.p, bytes.n);
    uint8_t *room;
    size_t n;

    if (bytes.n > TALLY_BYTES_MAX || size > INSIDE_MAX) /* also when it is not told */
        return err_set(e, ERR_CORRUPT, 0, "The tallies of a sealed file are no zstd frame.");
    room = arena_bytes(&t->mem, (size_t)size + 1);
    if (room == NULL)
        return no_memory(e);
    n = ZSTD_decompress(room, (size_t)size, bytes.p, bytes.n);
    if (ZSTD_isError(n) != 0 || n != size)
        return err_set(e, ERR_CORRUPT, 0, "The tallies of a sealed file are damaged.");
    *inside = (struct span){ room, n };
    return ERR_OK;
}

int tally_open(struct tallies **out, struct span bytes, struct err *e)
{
    struct tallies *t = calloc(1, sizeof(*t));
    struct taking from = { 0 };
    int rc;

    *out = t;
    if (t == NULL)
        return no_memory(e);
    arena_init(&t->mem, 4 * INSIDE_MAX);
    rc = unpack(t, bytes, &from.rest, e);
    if (rc == ERR_OK && !take_all(t, &from))
        rc = no_memory(e);
    if (rc == ERR_OK && from.bad)
        rc = err_set(e, ERR_CORRUPT, 0, "The tallies of a sealed file cannot be read.");
    if (rc != ERR_OK)
        tally_free(out);
    return rc;
}

void tally_free(struct tallies **out)
{
    struct tallies *t = *out;

    *out = NULL;
    if (t == NULL)
        return;
    arena_release(&t->mem);
    free(t);
}

const struct tally_about *tally_about(const struct tallies *t)
{
    return &t->about;
}

const struct tally *tally_at(const struct tallies *t, uint32_t i)
{
    MUST(i < t->about.count);
    return &t->tally[i];
}

const struct tally *tally_find(const struct tallies *t, struct span name)
{
    for (uint32_t i = 0; i < t->about.count; i++) {
        if (span_eq_nocase(t->tally[i].name, name))
            return &t->tally[i];
    }
    return NULL;
}

static bool rows_same(const struct tally *a, const struct tally *b)
{
    bool same = a->count == b->count;

    for (uint32_t i = 0; same && i < a->count; i++)
        same = a->times[i] == b->times[i] && (a->value[i].p == NULL) == (b->value[i].p == NULL) &&
               span_eq(a->value[i], b->value[i]);
    return same;
}

bool tally_agrees(const struct tallies *t, const struct tallies *is, bool all)
{
    bool good = t->about.events == is->about.events;

    if (is->about.timed)
        good = good && t->about.timed && t->about.least <= is->about.least &&
               t->about.greatest >= is->about.greatest;
    for (uint32_t i = 0; good && i < t->about.count; i++) {
        const struct tally *as = tally_find(is, t->tally[i].name);

        good = as != NULL ? rows_same(&t->tally[i], as) : !all;
    }
    return good;
}
