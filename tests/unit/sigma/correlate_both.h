/*
 * correlate_both.h - correlations in the engine and in the slow oracle, over the same hits.
 *
 * Correlations are YAML, read by the real reader, about four rules that are always there: a, b, c
 * and d (so named; ids end in 0a to 0d). Hits are given, or made out of bytes:
 * the bytes of a fuzzer or of a random generator.
 */
#ifndef CORRELATE_BOTH_H
#define CORRELATE_BOTH_H

#include "correlate_oracle.h"

#define CORRELATE_RULES 4u

struct correlate_both {
    struct names names;
    struct sigma_rules rules;
    struct correlate_plan *plan;
};

/* False (printed) when a correlation was refused. Release all the same. */
bool correlate_both_init(struct correlate_both *b, struct span yaml);
void correlate_both_release(struct correlate_both *b);

struct correlate_run {
    uint64_t shuffle; /* 0: records are made in the order of hits; all are sorted before feeding */
    bool advance;     /* tell the time between records too */
    uint32_t reload;  /* then: every so many times, go on in another correlator; 0: never */
    size_t bytes_max;
    struct correlate_counts total; /* of all correlations, afterwards */
    size_t bytes_end;              /* correlator_bytes() after everything */
};

/* Lines of correlate_line(), as the results came. */
void correlate_both_engine(const struct correlate_both *b, const struct correlate_hit *hits,
                           uint32_t count, struct correlate_run *run, struct buf *lines);

/* The lines in byte order: the oracle has no order of its own. */
void correlate_sort_lines(struct buf *lines);

/* 0..n-1 out of the next byte or two of `from`; 0 when there is none. */
uint32_t correlate_choose(struct span *from, uint32_t n);

/* Correlations, then hits, out of bytes; returns the number of hits (at most `max`), sorted. */
void correlate_make_yaml(struct span *from, struct buf *yaml);
uint32_t correlate_make_hits(struct span *from, struct correlate_hit *hits, uint32_t max);

/* Makes both out of the bytes and compares engine and oracle. False (printed) when they differ. */
bool correlate_both_agree(struct span from, struct correlate_counts *total);

#endif
