/*
 * block_rate.c - what blocks of events come to, and what they cost. For bench/.
 *
 *   block_rate FILE...        each line is an event
 *
 * Prints "EVENTS events, RAW raw bytes, STORED stored bytes, BLOCKS blocks, ENCODE us/event,
 * DECODE ms/block, VERBATIM verbatim"; processor time of one thread. Encoding includes reading
 * back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/block.h"

#define START_NS INT64_C(1795046400000000000)

struct totals {
    uint64_t events, raw, stored, blocks;
    double encode, decode;
};

static double now_s(void)
{
    struct timespec t;

    MUST(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void die(const char *what)
{
    fprintf(stderr, "block_rate: %s\n", what);
    exit(1);
}

static void put(struct block_writer *w, struct totals *t)
{
    struct buf out;
    struct block *b;
    struct err e;
    double at = now_s();

    buf_init(&out, BLOCK_BYTES_MAX);
    if (block_put(w, &out, &e) != ERR_OK)
        die(e.why);
    t->encode += now_s() - at;
    at = now_s();
    if (block_open(&b, buf_span(&out), &e) != ERR_OK)
        die(e.why);
    t->decode += now_s() - at;
    t->stored += out.n;
    t->blocks++;
    block_free(&b);
    buf_release(&out);
}

static void add_file(struct block_writer *w, const char *path, struct totals *t)
{
    FILE *f = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    ssize_t n;

    if (f == NULL)
        die(path);
    while ((n = getline(&line, &room, f)) > 0) {
        struct block_event ev = { .sequence = t->events + 1,
                                  .receipt_ns = START_NS + (int64_t)t->events * 100000,
                                  .source = 1,
                                  .lines = 1 };

        n -= line[n - 1] == '\n';
        ev.raw = (struct span){ (uint8_t *)line, (size_t)n };
        if (!block_add(w, &ev)) {
            put(w, t);
            (void)block_add(w, &ev); /* an empty one takes any */
        }
        t->events++;
        t->raw += (uint64_t)n;
    }
    free(line);
    (void)fclose(f); /* only read */
}

int main(int argc, char **argv)
{
    struct totals t = { 0 };
    struct block_writer *w;
    struct err e;

    if (argc < 2)
        die("usage: block_rate FILE...");
    if (block_writer_new(&w, &e) != ERR_OK)
        die(e.why);
    for (int i = 1; i < argc; i++)
        add_file(w, argv[i], &t);
    put(w, &t);
    printf("%llu events, %llu raw bytes, %llu stored bytes, %llu blocks, %.2f us/event, %.2f "
           "ms/block, %llu verbatim\n",
           (unsigned long long)t.events, (unsigned long long)t.raw, (unsigned long long)t.stored,
           (unsigned long long)t.blocks, t.encode / (double)t.events * 1e6,
           t.decode / (double)t.blocks * 1e3, (unsigned long long)block_verbatim(w));
    block_writer_free(&w);
    return 0;
}
