/*
 * evtx_rate.c - how fast EVTX is read on one thread: all fields listed, no text decoded.
 *
 *   evtx_rate [-t] FILE...      -t: also decode every value to text
 *
 * The files are read into memory first; the best of five passes is shown.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "wire/evtx.h"

struct count {
    uint64_t records, damaged, fields, text_bytes;
};

static double now_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void decode(struct rec *r, struct count *c)
{
    for (uint32_t i = 0; i < r->count; i++)
        c->text_bytes += rec_text(&r->fields[i], &r->mem).n;
}

static void pass(struct evtx *x, struct rec *r, struct span file, bool text, struct count *c)
{
    struct span chunk;

    for (uint64_t i = 0; (chunk = evtx_chunk_at(file, i)).n > 0; i++) {
        int64_t n;

        (void)evtx_chunk(x, chunk, NULL); /* damage shows in the records */
        while ((n = evtx_next(x, r, NULL)) != 0) {
            c->records++;
            c->damaged += n < 0;
            c->fields += r->count;
            if (text)
                decode(r, c);
        }
    }
}

static bool load(struct buf *b, const char *path)
{
    static uint8_t piece[65536];
    FILE *in = fopen(path, "rb");
    size_t n;

    if (in == NULL) {
        fprintf(stderr, "evtx_rate: %s: %s\n", path, strerror(errno));
        return false;
    }
    buf_clear(b);
    while ((n = fread(piece, 1, sizeof(piece), in)) > 0)
        buf_add(b, (struct span){ piece, n });
    (void)fclose(in); /* only read */
    return !buf_failed(b);
}

int main(int argc, char **argv)
{
    bool text = argc > 1 && strcmp(argv[1], "-t") == 0;
    struct evtx *x = evtx_new(0);
    struct rec r;
    struct buf b;

    if (x == NULL || !rec_init(&r))
        return 1;
    buf_init(&b, SIZE_MAX / 4);
    for (int i = text ? 2 : 1; i < argc && load(&b, argv[i]); i++) {
        struct count c = { 0 };
        double best = 1e9;

        for (int n = 0; n < 5; n++) {
            double from = now_s();

            c = (struct count){ 0 };
            pass(x, &r, buf_span(&b), text, &c);
            if (now_s() - from < best)
                best = now_s() - from;
        }
        printf("%s: %llu records (%llu damaged), %llu fields, %.0f records/s, %.0f MB/s\n", argv[i],
               (unsigned long long)c.records, (unsigned long long)c.damaged,
               (unsigned long long)c.fields, (double)c.records / best, (double)b.n / best / 1e6);
    }
    buf_release(&b);
    rec_release(&r);
    evtx_free(&x);
    return 0;
}
