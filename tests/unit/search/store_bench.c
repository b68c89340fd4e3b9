/*
 * store_bench.c - see store_bench.h.
 */
#include "../check.h"

#include "store_bench.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect/source.h"
#include "seal/pack.h"

#define COMMIT_EVENTS 50u

static void tell_sources(void *arg, struct lane *l)
{
    struct source_record r = { 0, INPUT_RELP, true, 12, SPAN_LIT("src") };
    struct buf out;

    (void)arg;
    buf_init(&out, 4096);
    source_record_put(&out, &r);
    assert_true(lane_record(l, LANE_SOURCES, buf_span(&out)));
    buf_release(&out);
}

int64_t store_bench_receipt(const struct store_bench *b, uint64_t n)
{
    return STORE_BENCH_NOW - (int64_t)(b->events / 2) * STORE_BENCH_STEP +
           (int64_t)n * STORE_BENCH_STEP;
}

static void make_lane(struct store_bench *b, store_bench_fn *fn, void *arg)
{
    struct lane_settings s = lane_files_settings(&b->files, 20000);
    struct lane *l;
    struct err e;

    s.lane = 0;
    s.sequence = 1;
    s.matched = 1;
    s.state = tell_sources;
    assert_int_equal(lane_new(&l, &s, &e), ERR_OK);
    for (uint64_t n = 1; n <= b->events; n++) {
        char room[512];
        const struct lane_event ev = { 0, n == b->tracer ? LANE_TRACER : 0, 1,
                                       store_bench_receipt(b, n) };
        uint64_t got;

        assert_true(lane_event(l, &ev, fn(arg, n, room, sizeof(room)), &got).p != NULL);
        if (n % COMMIT_EVENTS == 0)
            assert_int_equal(lane_test_commit(l), LANE_GOOD);
    }
    lane_free(&l);
}

void store_bench_init(struct store_bench *b, store_bench_fn *fn, void *arg, uint64_t events,
                      uint64_t tracer)
{
    char path[160];

    *b = (struct store_bench){ .events = events, .tracer = tracer };
    assert_int_equal(events % COMMIT_EVENTS, 0);
    lane_files_init(&b->files, &io_system, false);
    (void)snprintf(b->data, sizeof(b->data), "/dev/shm/canh-search.XXXXXX");
    assert_non_null(mkdtemp(b->data));
    (void)snprintf(path, sizeof(path), "%s/sealed", b->data);
    assert_int_equal(mkdir(path, 0700), 0);
    b->sealed = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    (void)snprintf(path, sizeof(path), "%s/lanes", b->data);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/lanes/00", b->data);
    assert_int_equal(symlink(b->files.path, path), 0);
    make_lane(b, fn, arg);
}

void store_bench_release(struct store_bench *b)
{
    char command[128];

    (void)close(b->sealed);
    (void)snprintf(command, sizeof(command), "rm -rf %s", b->data);
    assert_int_equal(system(command), 0);
    lane_files_release(&b->files);
}

void store_bench_seal(struct store_bench *b, uint64_t bytes)
{
    const struct pack_from from = { .io = &io_system,
                                    .lane_dir = b->files.dir,
                                    .sealed_dir = b->sealed,
                                    .run_bytes = b->run_bytes > 0 ? b->run_bytes : 9000,
                                    .months = 12,
                                    .tallier = b->tallier };
    struct catalog c;
    struct pack *p;
    struct err e;

    catalog_init(&c);
    assert_int_equal(catalog_read(&c, b->sealed, &e), ERR_OK);
    assert_int_equal(pack_new(&p, &from, &c, &e), ERR_OK);
    assert_true(pack_turn(p, NULL, bytes, &e) >= 0);
    if (bytes == UINT64_MAX)
        assert_int_equal(pack_end(p, &e), ERR_OK);
    pack_free(&p);
    catalog_release(&c);
}
