/*
 * tips.c - see tips.h.
 */
#include "seal/tips.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "base/bytes.h"

#define MAGIC     "canhtips"
#define HEAD      20u
#define CHECK     8u
#define BYTES_MAX ((size_t)32 << 20)
#define FRESH     "tips.new"

void tips_release(struct tips *t)
{
    for (uint32_t i = 0; i < TIPS_LANES; i++) {
        tip_release(&t->lane[i].base);
        tip_release(&t->lane[i].tip);
        t->lane[i].known = false;
    }
}

/* --- Bytes ---------------------------------------------------------------------------------- */

static void put_u32(struct buf *out, uint32_t v)
{
    uint8_t b[4];

    bytes_put_u32(b, v);
    buf_add(out, (struct span){ b, sizeof(b) });
}

static void put_u64(struct buf *out, uint64_t v)
{
    uint8_t b[8];

    bytes_put_u64(b, v);
    buf_add(out, (struct span){ b, sizeof(b) });
}

static void put_streams(const struct tip *t, struct buf *out)
{
    put_u32(out, t->count);
    for (uint32_t i = 0; i < t->count; i++) {
        const struct stream *s = &t->stream[i];

        put_u32(out, s->months);
        put_u32(out, (uint32_t)(8 + s->range.count * MERKLE_HASH_BYTES));
        tree_put(&s->range, out);
    }
}

int tips_put(const struct tips *t, uint64_t number, struct buf *out, struct err *e)
{
    uint32_t lanes = 0;

    for (uint32_t i = 0; i < TIPS_LANES; i++)
        lanes += t->lane[i].known;
    buf_add(out, SPAN_LIT(MAGIC));
    put_u64(out, number);
    put_u32(out, lanes);
    for (uint32_t i = 0; i < TIPS_LANES; i++) {
        if (!t->lane[i].known)
            continue;
        put_u32(out, i);
        put_u64(out, t->lane[i].tip.seen);
        put_streams(&t->lane[i].base, out);
        put_streams(&t->lane[i].tip, out);
    }
    put_u64(out, XXH3_64bits(out->p, out->n));
    return buf_failed(out) ? err_set(e, ERR_NOMEM, 0, "There is no memory for the lanes' trees.")
                           : ERR_OK;
}

/* What is left to read; `bad` once something was short. */
struct rest {
    struct span bytes;
    bool bad;
};

static struct span take(struct rest *r, size_t n)
{
    struct span s = { r->bytes.p, n };

    if (r->bad || r->bytes.n < n) {
        r->bad = true;
        return SPAN_NONE;
    }
    r->bytes = span_from(r->bytes, n);
    return s;
}

static uint32_t take_u32(struct rest *r)
{
    struct span s = take(r, 4);

    return r->bad ? 0 : bytes_u32(s.p);
}

static uint64_t take_u64(struct rest *r)
{
    struct span s = take(r, 8);

    return r->bad ? 0 : bytes_u64(s.p);
}

/* False: no memory. */
static bool take_streams(struct rest *r, struct tip *t)
{
    uint32_t n = take_u32(r);

    if (n > TIP_STREAMS)
        r->bad = true;
    for (uint32_t i = 0; i < n && !r->bad; i++) {
        uint32_t months = take_u32(r), bytes = take_u32(r);
        struct span tree = take(r, bytes);
        struct stream *s;

        if (r->bad || months > UINT16_MAX || tip_find(t, (uint16_t)months) != NULL) {
            r->bad = true;
            return true;
        }
        s = tip_stream(t, (uint16_t)months);
        if (s == NULL)
            return false;
        r->bad = !tree_read(tree, &s->range);
    }
    return true;
}

static bool take_lanes(struct rest *r, struct tips *t)
{
    uint32_t lanes = take_u32(r);
    bool memory = true;

    for (uint32_t i = 0; i < lanes && memory && !r->bad; i++) {
        uint32_t lane = take_u32(r);
        uint64_t seen = take_u64(r);

        if (r->bad || lane >= TIPS_LANES || t->lane[lane].known) {
            r->bad = true;
            return true;
        }
        t->lane[lane].known = true;
        t->lane[lane].tip.seen = seen;
        memory = take_streams(r, &t->lane[lane].base) && take_streams(r, &t->lane[lane].tip);
    }
    return memory;
}

int tips_read(struct span bytes, struct tips *t, uint64_t *number, struct err *e)
{
    struct rest r = { bytes, false };
    bool memory;

    memset(t, 0, sizeof(*t));
    if (bytes.n < HEAD + CHECK || !span_starts(bytes, SPAN_LIT(MAGIC)) ||
        bytes_u64(bytes.p + bytes.n - CHECK) != XXH3_64bits(bytes.p, bytes.n - CHECK))
        return err_set(e, ERR_CORRUPT, 0, "The trees of the lanes are damaged.");
    r.bytes.n -= CHECK;
    (void)take(&r, strlen(MAGIC));
    *number = take_u64(&r);
    memory = take_lanes(&r, t);
    if (memory && !r.bad && r.bytes.n == 0)
        return ERR_OK;
    tips_release(t);
    return memory ? err_set(e, ERR_CORRUPT, 0, "The trees of the lanes are damaged.")
                  : err_set(e, ERR_NOMEM, 0, "There is no memory for the lanes' trees.");
}

/* --- Files ---------------------------------------------------------------------------------- */

static const char *name_of(uint64_t number)
{
    return number % 2 == 0 ? "tips.0" : "tips.1";
}

int tips_save(const struct io *io, int dir, const struct tips *t, uint64_t number, struct err *e)
{
    struct buf out;
    int rc;

    buf_init(&out, BYTES_MAX);
    rc = tips_put(t, number, &out, e);
    if (rc == ERR_OK && !io_replace(io, dir, FRESH, name_of(number), buf_span(&out)))
        rc = err_set(e, errno == ENOSPC || errno == EDQUOT ? ERR_LIMIT : ERR_IO, 0,
                     "The trees of the lanes cannot be written: %s.", strerror(errno));
    buf_release(&out);
    return rc;
}

int tips_load(const struct io *io, int dir, uint64_t number, struct tips *t, struct err *e)
{
    uint64_t of = 0;
    struct buf in;
    int rc;

    memset(t, 0, sizeof(*t));
    buf_init(&in, BYTES_MAX);
    rc = io_read(io, dir, name_of(number), &in, e);
    if (rc == ERR_OK)
        rc = tips_read(buf_span(&in), t, &of, e);
    buf_release(&in);
    if (rc == ERR_OK && of != number)
        rc = ERR_CORRUPT;
    if (rc == ERR_CORRUPT) {
        tips_release(t);
        rc = err_set(e, ERR_NOTFOUND, 0, "The trees behind checkpoint %llu are not there.",
                     (unsigned long long)number);
    }
    return rc;
}
