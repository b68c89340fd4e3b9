/*
 * hunt.h - rules over the events that are stored: what `canh scan` finds in the same events.
 *
 *   rules ──rule_needs──▶ walk ──events──▶ match ─┬─▶ hits of each rule
 *                                                 └─▶ inputs of correlations ──by source time──▶
 *
 * All that is stored in the time is looked at, by the index of words and by the columns of blocks
 * first: of events that are alike where the rules look, one is tried (figures/figures.h), and where
 * the rules are few, only those are read that may hold what one of them needs. Hits are counted
 * all; the places of HUNT_HITS of them are kept, and one that cannot keep more is partial.
 * Correlations see the inputs of this time only, by source time (of receipt where there is none),
 * as a scan does; several events of one instant come in the order of lane and sequence.
 *
 * A hunt goes step by step, from one thread; with `threads` it deals the blocks out to so many of
 * its own, and a step only waits for them. Correlations use temporary files.
 */
#ifndef HUNT_H
#define HUNT_H

#include "search/walk.h"
#include "sigma/match.h"

#define HUNT_THREADS 16u
#define HUNT_HITS    4000000u /* of all rules */
#define HUNT_RESULTS ((size_t)64 << 20)

struct hunt_from {
    const struct io *io;
    const char *data;              /* see walk.h */
    const struct lane_place *ends; /* see walk.h */
    const struct ruleset *rules;
    const struct taxonomy *taxonomy;
    const struct names *names;
    const bool *rule, *correlation; /* wanted, by index; NULL: all */
    int64_t from_ns, to_ns;         /* an event's time: from <= t < to */
    int64_t skew_ns;                /* not negative */
    uint64_t budget_ms;             /* 0: as long as it takes */
    uint32_t threads;               /* at most HUNT_THREADS; 0, 1: that of who steps */
    uint64_t inputs_max;            /* of correlations; 0: any number */
    bool everywhere;                /* read all events: for tests */
};

struct hunt_hit {
    int64_t time_ns; /* source time, or of receipt */
    uint64_t sequence;
    uint32_t lane;
};

struct hunt_counts {
    uint64_t events;  /* looked at: read, or left out by columns */
    uint64_t read;    /* of them, one by one */
    uint64_t hits;    /* of all rules, and results of correlations */
    uint64_t blocks;  /* sealed, in the time; */
    uint64_t passed;  /* of them, left out by the index of words */
    uint64_t damaged; /* that cannot be read */
    uint64_t ms;
    bool partial;
    char why[128]; /* it is */
};

struct hunt;

int hunt_new(struct hunt **out, const struct hunt_from *from, struct err *e);
void hunt_free(struct hunt **h);

/* Some more: 1, 0 when it is done, or a negative code: it cannot go on. */
int hunt_step(struct hunt *h, struct err *e);
/* Be done with the next step. `why`: a part of a sentence. */
void hunt_stop(struct hunt *h, const char *why);

/* When it is done. How often rule `i` held, and where: by lane and sequence, *listed of them. */
uint64_t hunt_rule(const struct hunt *h, uint32_t i, const struct hunt_hit **hits,
                   uint32_t *listed);
/* How often correlation `i` came true, and the results as lines of JSON (scan/output.h, as `canh
 * scan --format json`), of which some may be left out. An event's file is its lane, its record its
 * sequence. */
uint64_t hunt_correlation(const struct hunt *h, uint32_t i, struct span *lines);
struct hunt_counts hunt_counts(const struct hunt *h);
/* The same between steps, whatever threads do meanwhile. */
struct hunt_counts hunt_progress(struct hunt *h);

#endif
