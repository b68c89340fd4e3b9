/*
 * follow_place.c - places in files: proven, written as checkpoints, read back and remembered.
 *
 *   checkpoint = key 16, u8 version, u8 mode, u8 headers, u8 0, u16 head bytes, u16 tail bytes,
 *                u64 device, inode, offset, head hash, tail hash, i64 time,
 *                u16 n, path, u16 n, header lines                               little endian
 *
 * What a collector sends is checked as any input: what does not add up is no checkpoint.
 */
#include <stdlib.h>
#include <xxhash.h>

#include "base/bytes.h"
#include "collect/follow_own.h"

enum {
    MARK_VERSION = 1,
    AT_VERSION = 16,
    AT_MODE = 17,
    AT_HEADERS = 18,
    AT_ZERO = 19,
    AT_HEAD = 20,
    AT_TAIL = 22,
    AT_DEVICE = 24,
    AT_INODE = 32,
    AT_OFFSET = 40,
    AT_HEAD_HASH = 48,
    AT_TAIL_HASH = 56,
    AT_TIME = 64,
    MARK_BYTES = 72, /* then the texts */
};

_Static_assert(MARK_BYTES + 4 + FILE_PATH_BYTES + PLACE_W3C_MAX <= PASS_CHECKPOINT_MAX,
               "any checkpoint fits");

/* --- places ---------------------------------------------------------------------------------- */

void place_clear(struct place *p)
{
    free(p->w3c);
    *p = (struct place){ 0 };
}

bool place_copy(struct place *to, const struct place *from)
{
    uint8_t *w3c = NULL;

    if (from->w3c_n > 0) {
        w3c = malloc(from->w3c_n);
        if (w3c == NULL)
            return false;
        memcpy(w3c, from->w3c, from->w3c_n);
    }
    place_clear(to);
    *to = *from;
    to->w3c = w3c;
    return true;
}

uint64_t place_hash(struct span s)
{
    return XXH3_64bits(s.p, s.n);
}

bool place_is_there(const struct place *p, int fd, uint64_t size)
{
    uint8_t room[PLACE_HEAD_BYTES];

    if (size < p->offset)
        return false;
    if (!file_read_at(fd, 0, room, p->head_bytes) ||
        place_hash((struct span){ room, p->head_bytes }) != p->head_hash)
        return false;
    return file_read_at(fd, p->offset - p->tail_bytes, room, p->tail_bytes) &&
           place_hash((struct span){ room, p->tail_bytes }) == p->tail_hash;
}

/* --- header lines ---------------------------------------------------------------------------- */

static struct span header_name(const struct w3c *w, uint16_t i)
{
    return (struct span){ w->text + w->at[i], w->size[i] };
}

static void put_w3c(struct buf *out, const struct w3c *w)
{
    buf_text(out, "#Fields:");
    for (uint16_t i = 0; i < w->count; i++) {
        struct span name = header_name(w, i);
        bool quoted = span_find(name, w->separator) < name.n || span_trim(name).n < name.n;

        buf_byte(out, i == 0 ? ' ' : w->separator);
        if (quoted)
            buf_byte(out, '"');
        buf_add(out, name);
        if (quoted)
            buf_byte(out, '"');
    }
}

static void put_zeek(struct buf *out, const struct w3c *w)
{
    buf_fmt(out, "#separator \\x%02x\n", w->separator);
    if (w->path_size > 0) {
        buf_text(out, "#path");
        buf_byte(out, w->separator);
        buf_add(out, (struct span){ w->text + w->path_at, w->path_size });
        buf_byte(out, '\n');
    }
    if (w->count > 0)
        buf_text(out, "#fields");
    for (uint16_t i = 0; i < w->count; i++) {
        buf_byte(out, w->separator);
        buf_add(out, header_name(w, i));
    }
}

void place_put_header(struct buf *out, const struct w3c *w)
{
    buf_clear(out);
    if (w->zeek)
        put_zeek(out, w);
    else if (w->count > 0)
        put_w3c(out, w);
}

void place_header(struct w3c *w, struct span lines)
{
    w3c_init(w);
    while (lines.n > 0) {
        size_t n = span_find(lines, '\n');

        (void)w3c_header(w, (struct span){ lines.p, n }, NULL); /* a bad one rules nothing */
        lines = span_from(lines, n < lines.n ? n + 1 : n);
    }
}

/* --- checkpoints ----------------------------------------------------------------------------- */

void mark_key(uint8_t key[PASS_KEY_BYTES], uint64_t dev, uint64_t ino)
{
    uint8_t both[16];
    XXH128_canonical_t c;

    bytes_put_u64(both, dev);
    bytes_put_u64(both + 8, ino);
    XXH128_canonicalFromHash(&c, XXH3_128bits(both, sizeof(both)));
    memcpy(key, c.digest, PASS_KEY_BYTES);
}

static void put_text(struct buf *out, struct span s)
{
    uint8_t n[2];

    bytes_put_u16(n, (uint16_t)s.n);
    buf_add(out, (struct span){ n, sizeof(n) });
    buf_add(out, s);
}

void mark_put(struct buf *out, const struct mark *m)
{
    const struct place *p = &m->place;
    uint8_t b[MARK_BYTES] = { 0 };

    mark_key(b, m->dev, m->ino);
    b[AT_VERSION] = MARK_VERSION;
    b[AT_MODE] = p->mode;
    b[AT_HEADERS] = p->headers;
    bytes_put_u16(b + AT_HEAD, p->head_bytes);
    bytes_put_u16(b + AT_TAIL, p->tail_bytes);
    bytes_put_u64(b + AT_DEVICE, m->dev);
    bytes_put_u64(b + AT_INODE, m->ino);
    bytes_put_u64(b + AT_OFFSET, p->offset);
    bytes_put_u64(b + AT_HEAD_HASH, p->head_hash);
    bytes_put_u64(b + AT_TAIL_HASH, p->tail_hash);
    bytes_put_u64(b + AT_TIME, (uint64_t)m->time_ns);
    buf_add(out, (struct span){ b, sizeof(b) });
    put_text(out, m->path);
    put_text(out, (struct span){ p->w3c, p->w3c_n });
}

static bool take_text(struct span *rest, size_t max, struct span *to)
{
    size_t n;

    if (rest->n < 2)
        return false;
    n = bytes_u16(rest->p);
    if (n > max || n > rest->n - 2)
        return false;
    *to = (struct span){ rest->p + 2, n };
    *rest = span_from(*rest, 2 + n);
    return true;
}

static bool place_adds_up(const struct place *p)
{
    uint64_t head = p->offset < PLACE_HEAD_BYTES ? p->offset : PLACE_HEAD_BYTES;
    uint64_t tail = p->offset < PLACE_TAIL_BYTES ? p->offset : PLACE_TAIL_BYTES;

    return p->mode <= CUT_BINARY && p->offset <= INT64_MAX && p->head_bytes == head &&
           p->tail_bytes == tail;
}

bool mark_read(struct span in, struct mark *m)
{
    struct place *p = &m->place;
    uint8_t key[PASS_KEY_BYTES];
    struct span rest, w3c;
    const uint8_t *b = in.p;

    if (in.n < MARK_BYTES || b[AT_VERSION] != MARK_VERSION || b[AT_HEADERS] > 1 || b[AT_ZERO] != 0)
        return false;
    *m = (struct mark){ .dev = bytes_u64(b + AT_DEVICE), .ino = bytes_u64(b + AT_INODE) };
    mark_key(key, m->dev, m->ino);
    if (memcmp(key, b, sizeof(key)) != 0)
        return false;
    m->time_ns = (int64_t)bytes_u64(b + AT_TIME);
    p->mode = b[AT_MODE];
    p->begun = true;
    p->headers = b[AT_HEADERS] == 1;
    p->head_bytes = bytes_u16(b + AT_HEAD);
    p->tail_bytes = bytes_u16(b + AT_TAIL);
    p->offset = bytes_u64(b + AT_OFFSET);
    p->head_hash = bytes_u64(b + AT_HEAD_HASH);
    p->tail_hash = bytes_u64(b + AT_TAIL_HASH);
    rest = span_from(in, MARK_BYTES);
    if (!take_text(&rest, FILE_PATH_BYTES - 1, &m->path) ||
        !take_text(&rest, PLACE_W3C_MAX, &w3c) || rest.n > 0)
        return false;
    p->w3c = (uint8_t *)(uintptr_t)w3c.p; /* borrowed: never written, never freed */
    p->w3c_n = (uint16_t)w3c.n;
    return place_adds_up(p) && m->path.n > 0 && memchr(m->path.p, 0, m->path.n) == NULL;
}

/* --- checkpoints of files that are not open --------------------------------------------------- */

void known_release(struct known *k)
{
    for (uint32_t i = 0; i < k->rows; i++)
        free(k->row[i].p);
    free(k->row);
    *k = (struct known){ 0 };
}

static uint64_t row_inode(const struct known_row *r)
{
    return bytes_u64(r->p + AT_INODE);
}

static uint32_t slot_first(const struct known *k, uint64_t ino)
{
    return (uint32_t)(ino * 0x9E3779B97F4A7C15u >> 32) & (k->rows - 1);
}

/* The row with this key, or the free one where it belongs. */
static struct known_row *known_slot(const struct known *k, const uint8_t *key, uint64_t ino)
{
    uint32_t at = slot_first(k, ino);

    while (k->row[at].p != NULL && memcmp(k->row[at].p, key, PASS_KEY_BYTES) != 0)
        at = (at + 1) & (k->rows - 1);
    return &k->row[at];
}

static bool known_grow(struct known *k)
{
    struct known more = { .rows = k->rows == 0 ? 64 : 2 * k->rows, .used = k->used };

    if (2 * k->used < k->rows)
        return true;
    more.row = calloc(more.rows, sizeof(*more.row));
    if (more.row == NULL)
        return false;
    for (uint32_t i = 0; i < k->rows; i++) {
        if (k->row[i].p != NULL)
            *known_slot(&more, k->row[i].p, row_inode(&k->row[i])) = k->row[i];
    }
    free(k->row);
    *k = more;
    return true;
}

bool known_put(struct known *k, struct span checkpoint)
{
    struct known_row *r;
    uint8_t *copy;

    if (!known_grow(k))
        return false;
    copy = malloc(checkpoint.n);
    if (copy == NULL)
        return false;
    memcpy(copy, checkpoint.p, checkpoint.n);
    r = known_slot(k, copy, bytes_u64(copy + AT_INODE));
    k->used += r->p == NULL;
    free(r->p);
    *r = (struct known_row){ copy, (uint32_t)checkpoint.n };
    return true;
}

bool known_inode(const struct known *k, uint64_t ino)
{
    if (k->rows == 0)
        return false;
    for (uint32_t at = slot_first(k, ino); k->row[at].p != NULL; at = (at + 1) & (k->rows - 1)) {
        if (row_inode(&k->row[at]) == ino)
            return true;
    }
    return false;
}

const struct known_row *known_find(const struct known *k, uint64_t dev, uint64_t ino,
                                   const char *path, int fd, uint64_t size)
{
    const struct known_row *found = NULL;

    if (k->rows == 0)
        return NULL;
    for (uint32_t at = slot_first(k, ino); k->row[at].p != NULL; at = (at + 1) & (k->rows - 1)) {
        struct mark m;

        if (!mark_read((struct span){ k->row[at].p, k->row[at].n }, &m) || m.ino != ino ||
            (m.dev != dev && !span_eq(m.path, span_of(path))) ||
            !place_is_there(&m.place, fd, size))
            continue;
        found = &k->row[at];
        if (m.dev == dev)
            break;
    }
    return found;
}

/* Rows behind a freed one are put again, so that none is cut off from where it belongs. */
void known_drop(struct known *k, const struct known_row *row)
{
    uint32_t at = (uint32_t)(row - k->row);

    free(k->row[at].p);
    k->row[at].p = NULL;
    k->used--;
    for (at = (at + 1) & (k->rows - 1); k->row[at].p != NULL; at = (at + 1) & (k->rows - 1)) {
        struct known_row r = k->row[at];

        k->row[at].p = NULL;
        *known_slot(k, r.p, row_inode(&r)) = r;
    }
}
