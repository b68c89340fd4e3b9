/*
 * zip_look.c - the end record is looked for from the end (a comment may follow it), the entries are
 * read into a list, the list is sorted by place and by name to find overlaps and doubles.
 *
 * ZIP64 (4.5.3): an entry whose 32-bit numbers are all ones has the true ones in the extra field 1,
 * in this order: unpacked size, packed size, place. Of the ZIP64 end record only the place and the
 * size of the directory are of interest, which the 32-bit record has as well unless the zip is
 * larger than a book may be; so a book that needs it is refused.
 */
#include "sheet/zip_look.h"

#include <stdlib.h>

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/limits.h"

#define END_BYTES     22u
#define COMMENT_MAX   65535u
#define ENTRY_BYTES   46u
#define LOCAL_BYTES   30u
#define EXTRA_ZIP64   1u
#define FLAG_PASSWORD 1u

struct member {
    uint64_t at, end; /* of header, name, extra and packed data */
    struct span name;
};

struct look {
    struct span zip;
    size_t directory_at, directory_bytes;
    uint32_t count;
    struct member *members;
    uint64_t unpacked;
};

static int damaged(struct err *e, size_t at, const char *what)
{
    return err_set(e, ERR_SYNTAX, at, "The book is damaged: %s.", what);
}

static int find_end(struct look *l, struct err *e)
{
    static const uint8_t magic[] = { 'P', 'K', 5, 6 };
    size_t lowest, at;

    if (l->zip.n < END_BYTES)
        return damaged(e, l->zip.n, "it is cut off");
    lowest = l->zip.n - END_BYTES;
    lowest = lowest > COMMENT_MAX ? lowest - COMMENT_MAX : 0;
    for (at = l->zip.n - END_BYTES;; at--) {
        const uint8_t *p = l->zip.p + at;

        if (memcmp(p, magic, sizeof(magic)) == 0 && bytes_u16(p + 20) == l->zip.n - at - END_BYTES)
            break;
        if (at == lowest)
            return damaged(e, l->zip.n, "its end is missing, it was perhaps not sent whole");
    }
    if (bytes_u16(l->zip.p + at + 4) != 0 || bytes_u16(l->zip.p + at + 6) != 0)
        return err_set(e, ERR_UNSUPPORTED, at, "The book is in several volumes.");
    l->count = bytes_u16(l->zip.p + at + 10);
    l->directory_bytes = bytes_u32(l->zip.p + at + 12);
    l->directory_at = bytes_u32(l->zip.p + at + 16);
    if (l->directory_at > at || l->directory_bytes > at - l->directory_at)
        return damaged(e, at, "its directory lies outside of it");
    return ERR_OK;
}

/* The true numbers of an entry out of its extra field. */
static bool zip64(struct span extra, uint64_t *numbers[3])
{
    while (extra.n >= 4) {
        uint16_t id = bytes_u16(extra.p);
        size_t n = bytes_u16(extra.p + 2), at = 0;

        if (n > extra.n - 4)
            return false;
        for (int i = 0; id == EXTRA_ZIP64 && i < 3; i++) {
            if (*numbers[i] != UINT32_MAX)
                continue;
            if (n - at < 8)
                return false;
            *numbers[i] = bytes_u64(extra.p + 4 + at);
            at += 8;
        }
        extra = span_from(extra, 4 + n);
    }
    return true;
}

/* Where the data of the member at `at` begins: behind its own header. */
static bool data_at(const struct look *l, uint64_t at, uint64_t *data)
{
    static const uint8_t magic[] = { 'P', 'K', 3, 4 };
    const uint8_t *p = l->zip.p + at;

    if (l->directory_at < LOCAL_BYTES || at > l->directory_at - LOCAL_BYTES ||
        memcmp(p, magic, sizeof(magic)) != 0)
        return false;
    *data = at + LOCAL_BYTES + bytes_u16(p + 26) + bytes_u16(p + 28);
    return *data <= l->directory_at;
}

/* One entry at the front of `in`; sets *used. */
static int entry(struct look *l, struct member *m, struct span in, size_t *used, struct err *e)
{
    static const uint8_t magic[] = { 'P', 'K', 1, 2 };
    size_t at = (size_t)(in.p - l->zip.p), name_n, extra_n;
    uint64_t packed, unpacked, data;

    if (in.n < ENTRY_BYTES || memcmp(in.p, magic, sizeof(magic)) != 0)
        return damaged(e, at, "an entry of its directory is none");
    name_n = bytes_u16(in.p + 28);
    extra_n = bytes_u16(in.p + 30);
    *used = ENTRY_BYTES + name_n + extra_n + bytes_u16(in.p + 32);
    if (*used > in.n)
        return damaged(e, at, "its directory is cut off");
    if ((bytes_u16(in.p + 8) & FLAG_PASSWORD) != 0)
        return err_set(e, ERR_UNSUPPORTED, at,
                       "The book has a password; save it without one and send that.");
    packed = bytes_u32(in.p + 20);
    unpacked = bytes_u32(in.p + 24);
    m->at = bytes_u32(in.p + 42);
    m->name = (struct span){ in.p + ENTRY_BYTES, name_n };
    if (!zip64((struct span){ m->name.p + name_n, extra_n },
               (uint64_t *[3]){ &unpacked, &packed, &m->at }))
        return damaged(e, at, "an entry of its directory is none");
    if (!data_at(l, m->at, &data) || packed > l->directory_at - data)
        return damaged(e, at, "a part lies outside of it");
    m->end = data + packed;
    l->unpacked +=
        unpacked <= LIMIT_BOOK_UNPACKED_BYTES ? unpacked : LIMIT_BOOK_UNPACKED_BYTES + 1u;
    return ERR_OK;
}

static int by_place(const void *a, const void *b)
{
    const struct member *x = a, *y = b;

    return x->at < y->at ? -1 : x->at > y->at;
}

static int by_name(const void *a, const void *b)
{
    struct span x = ((const struct member *)a)->name, y = ((const struct member *)b)->name;
    size_t n = x.n < y.n ? x.n : y.n;

    for (size_t i = 0; i < n; i++) {
        int d = ascii_lower(x.p[i]) - ascii_lower(y.p[i]);

        if (d != 0)
            return d;
    }
    return x.n < y.n ? -1 : x.n > y.n;
}

static int judge(struct look *l, struct err *e)
{
    if (l->unpacked > LIMIT_BOOK_UNPACKED_BYTES)
        return err_set(e, ERR_LIMIT, 0, "The book unpacks to more than %d MiB.",
                       LIMIT_BOOK_UNPACKED_BYTES >> 20);
    if (l->count == 0)
        return ERR_OK;
    qsort(l->members, l->count, sizeof(*l->members), by_place);
    for (uint32_t i = 1; i < l->count; i++) {
        if (l->members[i].at < l->members[i - 1].end)
            return damaged(e, (size_t)l->members[i].at, "two of its parts lie in one another");
    }
    qsort(l->members, l->count, sizeof(*l->members), by_name);
    for (uint32_t i = 1; i < l->count; i++) {
        if (by_name(&l->members[i - 1], &l->members[i]) == 0)
            return damaged(e, (size_t)l->members[i].at, "two of its parts have the same name");
    }
    return ERR_OK;
}

int zip_look(struct span zip, struct err *e)
{
    struct look l = { .zip = zip };
    struct span in;
    int rc = find_end(&l, e);

    if (rc != ERR_OK)
        return rc;
    if (l.count > LIMIT_BOOK_PARTS)
        return err_set(e, ERR_LIMIT, 0, "The book has more than %d parts.", LIMIT_BOOK_PARTS);
    l.members = calloc(l.count + 1u, sizeof(*l.members));
    if (l.members == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to unpack the book.");
    in = (struct span){ zip.p + l.directory_at, l.directory_bytes };
    for (uint32_t i = 0; rc == ERR_OK && i < l.count; i++) {
        size_t used = 0;

        rc = entry(&l, &l.members[i], in, &used, e);
        if (rc == ERR_OK)
            in = span_from(in, used);
    }
    if (rc == ERR_OK && in.n > 0)
        rc = damaged(e, l.directory_at, "its directory is longer than it says");
    if (rc == ERR_OK)
        rc = judge(&l, e);
    free(l.members);
    return rc;
}
