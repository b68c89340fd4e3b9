/*
 * evtx.c - the file header, a chunk, and finding its next whole record.
 *
 * Sizes in a damaged chunk lie, so a record is believed only when its magic, its size and the copy
 * of the size at its end (or what follows it) agree. Otherwise the reader looks for the next such
 * place, 8 bytes at a time, as records are laid: a damaged record costs itself, never its
 * neighbours. Each search goes forward, so that a chunk is searched once at most.
 *
 * The chunk header's "free space" says where records end. In the log of a machine that went down it
 * may be older than the records: one that follows on exactly, with the next number, is read too.
 * Behind that only old records of an earlier use of the chunk can lie; they are not read.
 *
 * Checksums (CRC-32 of zip, one table of 256) are verified only when asked for: a live log's are
 * often stale, and they cost as much as reading.
 */
#include "evtx_part.h"

#include <stdlib.h>

enum {
    HEAD_BYTES = 24, /* of a record: magic, size, number, time */
    TAIL_BYTES = 4,
    CHUNK_HEAD = 512,
    UNUSED_BYTES = CHUNK_HEAD + 8, /* all zero: never used; a wiped header has records behind it */
};

static const uint8_t record_magic[4] = { 0x2a, 0x2a, 0, 0 };

static uint32_t crc_add(const uint32_t *table, uint32_t crc, const uint8_t *p, size_t n)
{
    crc = ~crc;
    for (size_t i = 0; i < n; i++)
        crc = table[(crc ^ p[i]) & 0xff] ^ crc >> 8;
    return ~crc;
}

static void crc_init(uint32_t *table)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;

        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1)));
        table[i] = crc;
    }
}

/* ---- the file ---- */

bool evtx_is(struct span head)
{
    return span_starts(head, (struct span){ (const uint8_t *)"ElfFile", 8 });
}

int evtx_header(struct span head, struct evtx_file *out, struct err *e)
{
    const uint8_t *p = head.p;
    uint32_t table[256];

    MUST(out != NULL);
    *out = (struct evtx_file){ 0 };
    if (head.n < 128)
        return err_set(e, ERR_CORRUPT, head.n, "the file header is cut");
    out->chunk_last = evtx_u64(p + 16);
    out->next_record = evtx_u64(p + 24);
    out->minor = evtx_u16(p + 36);
    out->major = evtx_u16(p + 38);
    out->chunk_count = evtx_u16(p + 42);
    out->dirty = (evtx_u32(p + 120) & 1) != 0;
    out->full = (evtx_u32(p + 120) & 2) != 0;
    if (!evtx_is(head))
        return err_set(e, ERR_CORRUPT, 0, "the file does not begin with ElfFile");
    if (out->major != 3 || evtx_u16(p + 40) != EVTX_HEADER_BYTES)
        return err_set(e, ERR_CORRUPT, 36, "version %u.%u with a header of %u bytes is not known",
                       out->major, out->minor, evtx_u16(p + 40));
    crc_init(table);
    if (!out->dirty && crc_add(table, 0, p, 120) != evtx_u32(p + 124))
        return err_set(e, ERR_CORRUPT, 124, "the file header's checksum is wrong");
    return ERR_OK;
}

struct span evtx_chunk_at(struct span file, uint64_t index)
{
    size_t n;

    if (file.n <= EVTX_HEADER_BYTES || index > (file.n - EVTX_HEADER_BYTES - 1) / EVTX_CHUNK_BYTES)
        return SPAN_NONE;
    file = span_from(file, EVTX_HEADER_BYTES + (size_t)index * EVTX_CHUNK_BYTES);
    n = file.n < EVTX_CHUNK_BYTES ? file.n : EVTX_CHUNK_BYTES;
    return (struct span){ file.p, n };
}

/* ---- the reader ---- */

struct evtx *evtx_new(uint32_t flags)
{
    struct evtx *x = calloc(1, sizeof(*x));

    if (x == NULL)
        return NULL;
    x->flags = flags;
    arena_init(&x->mem, EVTX_PLAN_MEM_MAX);
    crc_init(x->crc);
    return x;
}

void evtx_free(struct evtx **xp)
{
    struct evtx *x = *xp;

    *xp = NULL;
    if (x == NULL)
        return;
    arena_release(&x->mem);
    free(x);
}

uint64_t evtx_record_id(const struct evtx *x)
{
    return x->id;
}

uint64_t evtx_record_filetime(const struct evtx *x)
{
    return x->filetime;
}

/* ---- a chunk ---- */

static bool all_zero(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != 0)
            return false;
    }
    return true;
}

/* The header is there; where do the records end? */
static int chunk_header(struct evtx *x, struct err *e)
{
    const uint8_t *p = x->chunk.p;
    uint32_t last = evtx_u32(p + 44), free_at = evtx_u32(p + 48);

    if (memcmp(p, "ElfChnk", 8) != 0)
        return err_set(e, ERR_CORRUPT, 0, "the chunk does not begin with ElfChnk");
    if (evtx_u32(p + 40) != 128 || free_at < CHUNK_HEAD || free_at > EVTX_CHUNK_BYTES ||
        last > free_at)
        return err_set(e, ERR_CORRUPT, 40, "the chunk header has impossible sizes");
    if (free_at > x->chunk.n)
        return err_set(e, ERR_CORRUPT, x->chunk.n, "the chunk has %zu of its %u bytes", x->chunk.n,
                       free_at);
    x->end = free_at;
    if ((x->flags & EVTX_CHECKSUMS) == 0)
        return ERR_OK;
    if (crc_add(x->crc, crc_add(x->crc, 0, p, 120), p + 128, 384) != evtx_u32(p + 124))
        return err_set(e, ERR_CORRUPT, 124, "the chunk header's checksum is wrong");
    if (crc_add(x->crc, 0, p + CHUNK_HEAD, free_at - CHUNK_HEAD) != evtx_u32(p + 52))
        return err_set(e, ERR_CORRUPT, 52, "the checksum of the chunk's records is wrong");
    return ERR_OK;
}

int evtx_chunk(struct evtx *x, struct span chunk, struct err *e)
{
    MUST(x != NULL);
    if (chunk.n > EVTX_CHUNK_BYTES)
        chunk.n = EVTX_CHUNK_BYTES;
    evtx_plan_reset(x);
    x->chunk = chunk;
    x->at = CHUNK_HEAD;
    x->end = chunk.n;
    x->id = x->filetime = 0;
    x->steps = EVTX_CHUNK_STEPS;
    x->value_bytes = EVTX_CHUNK_VALUE_BYTES;
    if (chunk.n < CHUNK_HEAD) {
        x->at = x->end = 0;
        return err_set(e, ERR_CORRUPT, chunk.n, "the chunk has %zu bytes, less than its header",
                       chunk.n);
    }
    if (all_zero(chunk.n < UNUSED_BYTES ? chunk : (struct span){ chunk.p, UNUSED_BYTES })) {
        x->at = x->end;
        return err_set(e, ERR_NOTFOUND, 0, "the chunk was never used");
    }
    return chunk_header(x, e);
}

/* ---- records ---- */

static bool magic_at(const struct evtx *x, size_t at)
{
    return x->chunk.n - at >= HEAD_BYTES + TAIL_BYTES &&
           memcmp(x->chunk.p + at, record_magic, sizeof(record_magic)) == 0;
}

/* Size of the record at `at` when its header and end agree, else 0. */
static size_t whole_at(const struct evtx *x, size_t at)
{
    size_t n = x->chunk.n - at, bytes;

    if (!magic_at(x, at))
        return 0;
    bytes = evtx_u32(x->chunk.p + at + 4);
    if (bytes < HEAD_BYTES + TAIL_BYTES || bytes > n)
        return 0;
    if (evtx_u32(x->chunk.p + at + bytes - TAIL_BYTES) == bytes || at + bytes == x->end ||
        (n - bytes >= HEAD_BYTES && magic_at(x, at + bytes)))
        return bytes;
    return 0;
}

static void skip_to_whole(struct evtx *x)
{
    do {
        x->at += 8;
    } while (x->at < x->end && whole_at(x, x->at) == 0);
    if (x->at > x->end)
        x->at = x->end;
}

/* A record behind the end that the header gives, with the next number? */
static bool follows_on(const struct evtx *x)
{
    return x->id != 0 && whole_at(x, x->at) != 0 && evtx_u64(x->chunk.p + x->at + 8) == x->id + 1;
}

static int64_t read_damaged(struct evtx *x, struct rec *r, struct err *e)
{
    size_t at = x->at;
    bool has_head = magic_at(x, at);

    r->flags |= REC_DAMAGED;
    skip_to_whole(x);
    r->raw = (struct span){ x->chunk.p + at, x->at - at };
    if (has_head) {
        x->id = evtx_u64(x->chunk.p + at + 8);
        x->filetime = evtx_u64(x->chunk.p + at + 16);
        (void)evtx_run(x, at + HEAD_BYTES, x->chunk.n, r, NULL); /* its size lies, not its XML */
    }
    return err_set(e, ERR_CORRUPT, at,
                   has_head ? "a record is cut or its size is wrong"
                            : "no record where one should begin");
}

static int64_t read_whole(struct evtx *x, size_t bytes, struct rec *r, struct err *e)
{
    size_t at = x->at;
    int rc;

    x->at = at + bytes;
    x->id = evtx_u64(x->chunk.p + at + 8);
    x->filetime = evtx_u64(x->chunk.p + at + 16);
    r->raw = (struct span){ x->chunk.p + at, bytes };
    rc = evtx_run(x, at + HEAD_BYTES, at + bytes - TAIL_BYTES, r, e);
    if (rc == ERR_OK)
        return (int64_t)bytes;
    r->flags |= REC_DAMAGED;
    if (e != NULL)
        e->at = at;
    return rc;
}

int64_t evtx_next(struct evtx *x, struct rec *r, struct err *e)
{
    size_t bytes;

    MUST(x != NULL && r != NULL);
    rec_clear(r);
    r->codec = CODEC_EVTX;
    r->flags |= REC_RAW_BINARY;
    if (x->at >= x->end && !follows_on(x))
        return 0;
    bytes = whole_at(x, x->at);
    if (bytes > 0)
        return read_whole(x, bytes, r, e);
    if (all_zero((struct span){ x->chunk.p + x->at, x->end - x->at })) {
        x->at = x->end;
        return 0;
    }
    return read_damaged(x, r, e);
}
