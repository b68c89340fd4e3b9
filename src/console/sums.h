/*
 * sums.h - the counts of all collectors as one table: a row for each pair of input and source,
 * summed over the lanes, and whether they add up.
 *
 * Do they add up? Received R, closed C and in flight F are moved by other processes while they are
 * read. Two readings with F between them bound what is missing, M = R - C - F:
 *
 *     R1 - C2 - F  <=  M  <=  R2 - C1 - F
 *
 * When 0 lies between the bounds nothing is seen to be missing. A collector tells F once a round
 * and not with every record, so a difference counts only when it is there at every look for
 * BALANCE_PATIENCE_MS; until then the lane is "settling". The desk alarms by a rule of its own.
 *
 * The ledgers are shared with processes that may be broken or taken over: nothing in them is
 * believed (ledger_copy() bounds it), sums may wrap and harm nothing.
 */
#ifndef SUMS_H
#define SUMS_H

#include "collect/ledger.h"

#define SUMS_LANES          16u
#define BALANCE_PATIENCE_MS 10000u

struct sum_row {
    enum input input;
    bool authenticated; /* all that came was vouched for */
    bool configured;
    char name[LEDGER_NAME_MAX];
    uint64_t count[LEDGER_COUNTERS]; /* last_ms: the latest */
};

struct sums {
    uint32_t count;
    struct sum_row row[LEDGER_ROWS];
    uint64_t total[LEDGER_COUNTERS];
    uint32_t *slot; /* index + 1 of a row, by hash; sums.c's */
};

/* The memory of the lanes that are there; index: lane. Borrowed. */
struct ledgers {
    const struct ledger *lane[SUMS_LANES]; /* NULL: not told yet */
};

struct sums *sums_new(void);
void sums_free(struct sums **s);

/* Read them all anew, sorted by input and name. More than LEDGER_ROWS pairs: the rest is in the row
 * "other" of its input, or in the last row. */
void sums_read(struct sums *s, const struct ledgers *from);

/* received - LEDGER_CLOSING, at least 0. */
uint64_t sums_open(const uint64_t count[LEDGER_COUNTERS]);
/* All that was refused, all that was dropped. */
uint64_t sums_refused(const uint64_t count[LEDGER_COUNTERS]);
uint64_t sums_dropped(const uint64_t count[LEDGER_COUNTERS]);

/* --- balance -------------------------------------------------------------------------------- */

#define BALANCE_STATE_TABLE(X)                                                                     \
    X(GOOD, "balanced")                                                                            \
    X(SETTLING, "settling")                                                                        \
    X(DIFFERS, "differs")

enum balance_state {
#define X(id, name) BALANCE_##id,
    BALANCE_STATE_TABLE(X)
#undef X
        BALANCE_STATES
};
const char *balance_state_name(enum balance_state s);

struct balance {
    enum balance_state state;
    uint64_t off_since_ms; /* of the look that first saw a difference; 0: none */
    int64_t missing;       /* records: the bound nearest to 0; 0 when good */
    uint64_t unmatched;    /* stored and not matched at the last look */
};

/* Look at one lane now (monotonic ms, > 0). */
void balance_look(struct balance *b, const struct ledger *g, uint64_t ms);

#endif
