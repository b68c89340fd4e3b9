/*
 * evtx_grow.c - make a large EVTX file out of sample files, for benchmarks.
 *
 *   evtx_grow OUT RECORDS IN...
 *
 * The whole chunks of the samples are repeated, in turn, until the file holds at least RECORDS
 * records; the header is made anew. Record numbers repeat as the chunks do: nothing that reads
 * chunk by chunk minds, and every checksum of the samples stays right. One chunk is held at a
 * time, so the size of OUT is bounded by the disk only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "wire/evtx.h"

struct chunk {
    uint8_t bytes[EVTX_CHUNK_BYTES];
    uint64_t records;
};

struct samples {
    struct chunk *chunks;
    size_t count, max;
};

static void put_le(uint8_t *p, uint64_t v, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

static uint32_t crc32_of(const uint8_t *p, size_t n)
{
    uint32_t crc = ~0u;

    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1)));
    }
    return ~crc;
}

/* Records of a chunk that reads without a fault; 0 for any other. */
static uint64_t chunk_records(struct evtx *x, struct rec *r, struct span chunk)
{
    uint64_t count = 0;
    int64_t n;

    if (chunk.n != EVTX_CHUNK_BYTES || evtx_chunk(x, chunk, NULL) != ERR_OK)
        return 0;
    while ((n = evtx_next(x, r, NULL)) > 0)
        count++;
    return n == 0 ? count : 0;
}

static bool samples_add(struct samples *s, const struct chunk *c)
{
    if (s->count == s->max) {
        size_t max = s->max * 2 + 64;
        struct chunk *chunks = realloc(s->chunks, max * sizeof(*chunks));

        if (chunks == NULL)
            return false;
        s->chunks = chunks;
        s->max = max;
    }
    s->chunks[s->count++] = *c;
    return true;
}

static int samples_read(struct samples *s, struct evtx *x, struct rec *r, const char *path)
{
    static struct chunk c;
    FILE *in = fopen(path, "rb");
    int rc = 0;

    if (in == NULL || fseek(in, EVTX_HEADER_BYTES, SEEK_SET) != 0) {
        fprintf(stderr, "evtx_grow: %s: %s\n", path, strerror(errno));
        rc = 1;
        goto out;
    }
    while (fread(c.bytes, sizeof(c.bytes), 1, in) == 1) {
        c.records = chunk_records(x, r, (struct span){ c.bytes, sizeof(c.bytes) });
        if (c.records > 0 && !samples_add(s, &c)) {
            fprintf(stderr, "evtx_grow: no memory\n");
            rc = 1;
            goto out;
        }
    }
out:
    if (in != NULL)
        (void)fclose(in); /* only read */
    return rc;
}

static int write_all(const struct samples *s, const char *path, uint64_t want)
{
    uint8_t head[EVTX_HEADER_BYTES] = "ElfFile";
    uint64_t records = 0, chunks = 0;
    FILE *out = fopen(path, "wb");
    bool good = out != NULL && fwrite(head, sizeof(head), 1, out) == 1;

    for (size_t i = 0; good && records < want; i = (i + 1) % s->count) {
        good = fwrite(s->chunks[i].bytes, EVTX_CHUNK_BYTES, 1, out) == 1;
        records += s->chunks[i].records;
        chunks++;
    }
    put_le(head + 16, chunks == 0 ? 0 : chunks - 1, 8);
    put_le(head + 24, records + 1, 8);
    put_le(head + 32, 128, 4);
    put_le(head + 36, 1, 2);
    put_le(head + 38, 3, 2);
    put_le(head + 40, EVTX_HEADER_BYTES, 2);
    put_le(head + 42, chunks & 0xffff, 2);
    put_le(head + 124, crc32_of(head, 120), 4);
    good = good && fseek(out, 0, SEEK_SET) == 0 && fwrite(head, sizeof(head), 1, out) == 1;
    if (out != NULL && fclose(out) != 0)
        good = false;
    if (!good) {
        fprintf(stderr, "evtx_grow: %s: %s\n", path, strerror(errno));
        return 1;
    }
    printf("%s: %llu records in %llu chunks\n", path, (unsigned long long)records,
           (unsigned long long)chunks);
    return 0;
}

int main(int argc, char **argv)
{
    struct samples s = { 0 };
    struct evtx *x = evtx_new(0);
    struct rec r;
    uint64_t want;
    int rc = 1;

    if (x == NULL || !rec_init(&r))
        return 1;
    if (argc < 4 || !num_u64(span_of(argv[2]), UINT64_MAX, &want)) {
        fprintf(stderr, "usage: evtx_grow OUT RECORDS IN...\n");
        goto out;
    }
    for (int i = 3; i < argc; i++) {
        if (samples_read(&s, x, &r, argv[i]) != 0)
            goto out;
    }
    if (s.count == 0)
        fprintf(stderr, "evtx_grow: no whole chunk in the samples\n");
    else
        rc = write_all(&s, argv[1], want);
out:
    free(s.chunks);
    rec_release(&r);
    evtx_free(&x);
    return rc;
}
