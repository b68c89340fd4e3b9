/*
 * tips.c - see tips.h.
 */
#include "seal/tips.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
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

static bool write_fresh(const struct io *io, int dir, struct span bytes)
{
    int fd = io->open(io->arg, dir, FRESH, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    bool good = fd >= 0;

    while (good && bytes.n > 0) {
        struct iovec v = { (void *)(uintptr_t)bytes.p, bytes.n };
        ssize_t n = io->writev(io->arg, fd, &v, 1);

        if (n <= 0)
            errno = n == 0 ? EIO : errno;
        good = n > 0 || (n < 0 && errno == EINTR);
        bytes = span_from(bytes, n > 0 ? (size_t)n : 0);
    }
    good = good && io->sync(io->arg, fd) == 0;
    if (fd >= 0)
        (void)close(fd); /* what counts was synced */
    return good;
}

int tips_save(const struct io *io, int dir, const struct tips *t, uint64_t number, struct err *e)
{
    struct buf out;
    int rc;

    buf_init(&out, BYTES_MAX);
    rc = tips_put(t, number, &out, e);
    if (rc == ERR_OK &&
        (!write_fresh(io, dir, buf_span(&out)) ||
         io->rename(io->arg, dir, FRESH, name_of(number)) != 0 || io->sync_dir(io->arg, dir) != 0))
        rc = err_set(e, errno == ENOSPC || errno == EDQUOT ? ERR_LIMIT : ERR_IO, 0,
                     "The trees of the lanes cannot be written: %s.", strerror(errno));
    buf_release(&out);
    return rc;
}

static int read_file(const struct io *io, int dir, const char *name, struct buf *to, struct err *e)
{
    int fd = io->open(io->arg, dir, name, O_RDONLY, 0);
    ssize_t n = 1;

    while (fd >= 0 && n > 0 && buf_reserve(to, 65536)) {
        n = io->pread(io->arg, fd, to->p + to->n, 65536, (off_t)to->n);
        if (n > 0)
            to->n += (size_t)n;
        else if (n < 0 && errno == EINTR)
            n = 1;
    }
    if (fd < 0 && errno == ENOENT)
        return err_set(e, ERR_NOTFOUND, 0, "There is no %s.", name);
    if (fd < 0 || n < 0)
        (void)err_set(e, ERR_IO, 0, "%s cannot be read: %s.", name, strerror(errno));
    if (fd >= 0)
        (void)close(fd); /* only read */
    if (fd < 0 || n < 0)
        return ERR_IO;
    return n == 0 ? ERR_OK : err_set(e, ERR_NOMEM, 0, "%s is too large.", name);
}

int tips_load(const struct io *io, int dir, uint64_t number, struct tips *t, struct err *e)
{
    uint64_t of = 0;
    struct buf in;
    int rc;

    memset(t, 0, sizeof(*t));
    buf_init(&in, BYTES_MAX);
    rc = read_file(io, dir, name_of(number), &in, e);
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
