/*
 * ledger_grow.c - an honest ledger for tests, with restarts, deletions and several days.
 *
 *   ledger_grow FOLDER COUNT SEED [SECONDS]     makes FOLDER/ledger and FOLDER/keys, or goes on
 * with them; the clock is set by so many seconds first
 *
 * Prints "NUMBER HASH" for each checkpoint: what an anchor would hold.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "ledger/signer.h"

#define STREAMS 3u
#define START   ((int64_t)1772359200 * 1000000000)

struct grown {
    struct merkle_hasher *h;
    struct merkle_range range[STREAMS];
    uint64_t steps;
    uint32_t streams; /* the third comes later; none leaves */
    int64_t time_ns;
    uint8_t boot;
};

static void grow(struct grown *g, uint32_t i, uint64_t leaves)
{
    for (; leaves > 0; leaves--) {
        uint8_t bytes[12];
        const struct span part = { bytes, sizeof(bytes) };
        struct merkle_hash leaf;

        bytes_put_u32(bytes, i);
        bytes_put_u64(bytes + 4, g->range[i].end);
        merkle_digest(g->h, 0, &part, 1, &leaf);
        merkle_append(g->h, &g->range[i], &leaf);
    }
}

/* All again, as far as the last checkpoint says. */
static void take_up(struct grown *g, const struct checkpoint *last)
{
    for (uint32_t i = 0; i < STREAMS; i++)
        merkle_begin(&g->range[i], 0);
    for (uint32_t i = 0; last != NULL && i < last->stream_count; i++)
        grow(g, i, last->stream[i].size);
    g->time_ns = last != NULL ? last->time_ns : START;
    g->streams = last != NULL ? last->stream_count : STREAMS - 1;
    g->boot++;
}

static int delete_some(struct grown *g, struct signer *s, struct err *e)
{
    const struct checkpoint *last = signer_last(s, NULL);
    static struct deletion d;
    struct merkle_range r, block;
    struct grown again = { .h = g->h };

    if (last == NULL || last->stream[0].size < last->stream[0].gone + 4)
        return ERR_OK;
    memset(&d, 0, sizeof(d));
    d.time_ns = g->time_ns;
    d.months = 6;
    d.begin = last->stream[0].gone;
    d.end = d.begin + (last->stream[0].size - d.begin) / (g->steps % 2 == 0 ? 1 : 2);
    merkle_begin(&again.range[0], 0);
    grow(&again, 0, d.begin);
    merkle_begin(&block, d.begin);
    r = again.range[0];
    again.range[0] = block;
    grow(&again, 0, d.end - d.begin);
    block = again.range[0];
    merkle_join(g->h, &r, &block);
    d.hash_count = r.count;
    memcpy(d.hash, r.node, r.count * sizeof(r.node[0]));
    d.block_count = 1;
    d.block[0] = (struct deletion_block){ .begin = d.begin, .end = d.end };
    deletion_digest(g->h, &block, &d.block[0].digest);
    return signer_delete(s, &d, e);
}

static int step(struct grown *g, struct signer *s, struct err *e)
{
    static struct checkpoint c;
    struct merkle_hash hash;
    int rc = rand() % 5 == 0 ? delete_some(g, s, e) : ERR_OK;

    if (rc != ERR_OK)
        return rc;
    g->time_ns += (rand() % 8 == 0 ? (int64_t)rand() % 200000 : 10) * 1000000000 + rand() % 1000;
    memset(&c, 0, sizeof(c));
    c.time_ns = g->time_ns;
    c.clock_ns = (uint64_t)(g->time_ns - START);
    c.boot[0] = g->boot;
    c.rules.bytes[0] = (uint8_t)(g->time_ns / 1000000000 / 86400);
    if (g->steps > 6)
        g->streams = STREAMS;
    c.stream_count = g->streams;
    for (uint32_t i = 0; i < c.stream_count; i++) {
        grow(g, i, (uint64_t)(rand() % 3) * (uint64_t)(rand() % 30));
        c.stream[i].lane = i / 2;
        c.stream[i].months = (uint16_t)(6 + 6 * (i % 2));
        c.stream[i].size = g->range[i].end;
        merkle_root(g->h, &g->range[i], &c.stream[i].root);
    }
    rc = signer_checkpoint(s, &c, e);
    if (rc != ERR_OK)
        return rc;
    (void)signer_last(s, &hash);
    g->steps++;
    printf("%llu ", (unsigned long long)c.number);
    for (uint32_t i = 0; i < sizeof(hash); i++)
        printf("%02x", hash.bytes[i]);
    printf("\n");
    return ERR_OK;
}

static int folder(int top, const char *name)
{
    (void)mkdirat(top, name, 0700); /* it may be there */
    return openat(top, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int main(int argc, char **argv)
{
    struct signer_settings set = { .io = &io_system, .store = "0123456789abcde", .time_ns = START };
    static struct grown g;
    struct signer *s = NULL;
    struct err e = { 0 };
    int rc, top, count;

    if (argc != 4 && argc != 5)
        return 2;
    (void)mkdir(argv[1], 0700); /* it may be there */
    top = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    set.dir = folder(top, "ledger");
    set.keys = folder(top, "keys");
    count = (int)strtol(argv[2], NULL, 10);
    srand((unsigned)strtoul(argv[3], NULL, 10));
    rc = merkle_hasher_new(&g.h, &e);
    for (int i = 0; rc == ERR_OK && i < count; i++) {
        if (s == NULL || rand() % 6 == 0) {
            signer_free(&s);
            rc = signer_open(&s, &set, &e);
            if (rc == ERR_OK)
                take_up(&g, signer_last(s, NULL));
            if (i == 0 && argc == 5)
                g.time_ns += strtol(argv[4], NULL, 10) * 1000000000;
        }
        if (rc == ERR_OK)
            rc = step(&g, s, &e);
    }
    if (rc != ERR_OK)
        fprintf(stderr, "ledger_grow: %s\n", e.why);
    signer_free(&s);
    merkle_hasher_free(&g.h);
    return rc == ERR_OK ? 0 : 1;
}
