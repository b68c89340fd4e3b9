/*
 * store_bench.h - a store of one lane for tests: events that the test makes, of which a part is
 * sealed.
 */
#ifndef STORE_BENCH_H
#define STORE_BENCH_H

#include "../store/lane_files.h"
#include "figures/tallier.h"

#define STORE_BENCH_NOW  INT64_C(1795046400000000000) /* a midnight, in the middle of the events */
#define STORE_BENCH_STEP INT64_C(100000000)           /* between two of them */

struct store_bench {
    struct lane_files files;
    char data[64]; /* the data folder */
    int sealed;
    uint64_t events, tracer;
    struct tallier *tallier; /* set by the test before it seals; NULL: files have no tallies */
    uint64_t run_bytes;      /* the same: of a file; 0: 9000 */
};

/* Event `n` (1 ..), in `room`. */
typedef struct span store_bench_fn(void *arg, uint64_t n, char *room, size_t bytes);

/* Event `tracer` is one of ours; 0: none is. `events`: a multiple of 50. */
void store_bench_init(struct store_bench *b, store_bench_fn *fn, void *arg, uint64_t events,
                      uint64_t tracer);
void store_bench_release(struct store_bench *b);

/* So many bytes of the lane further; UINT64_MAX: all, to the last run. */
void store_bench_seal(struct store_bench *b, uint64_t bytes);

int64_t store_bench_receipt(const struct store_bench *b, uint64_t n);

#endif
