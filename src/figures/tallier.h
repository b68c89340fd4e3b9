/*
 * tallier.h - which values the names of TALLY_NAME_TABLE have in a sealed block's events, and in
 * how many: for the tallies of sealed files (store/tally.h).
 *
 *   block ──figures, columns──▶ value, how many ─┐
 *     └─ what they do not tell, one by one ──────┴─▶ tally_writer
 *
 * A value is what `stats count by NAME` has for the event (query/value.h), of events that count:
 * tracers are ours. That depends on the event, its source, the taxonomy, the names that rules ask
 * for, and on how this program reads records: on its `reading`. Tallies are good for whoever reads
 * in the same way, and of no use to others.
 *
 * Of a file not more than one event of TALLIER_ALONE is read by itself: for more, counting would
 * cost more than it may. Then only those names have tallies that ask no record (source, input).
 *
 * One thread; serves one file after another, and what it learnt of shapes stays.
 */
#ifndef TALLIER_H
#define TALLIER_H

#include "figures/figures.h"
#include "store/tally.h"

#define TALLIER_ALONE 32u

/* A name: what has few values in most stores. The first two ask no record. Names that some taxonomy
 * makes out of long texts (action, user) are not for here: to tell them by columns takes looking at
 * the texts. */
#define TALLY_NAME_TABLE(X)                                                                        \
    X(SOURCE, "source")                                                                            \
    X(INPUT, "input")                                                                              \
    X(HOST, "host")                                                                                \
    X(PRODUCT, "product")                                                                          \
    X(CATEGORY, "category")                                                                        \
    X(SERVICE, "service")                                                                          \
    X(CHANNEL, "Channel")                                                                          \
    X(EVENTID, "EventID")                                                                          \
    X(PROVIDER, "Provider_Name")                                                                   \
    X(LEVEL, "level")                                                                              \
    X(SEVERITY, "severity")

enum tally_name {
#define X(name, text) TALLY_##name,
    TALLY_NAME_TABLE(X)
#undef X
        TALLY_NAMES
};
extern const struct span tally_names[TALLY_NAMES];

/* By what these answer; 0: there is no memory, and nothing is equal to it. */
uint64_t tally_reading(const struct taxonomy *t, const struct names *n);

struct tallier;

/* Taxonomy and names are borrowed. ERR_NOMEM. */
int tallier_new(struct tallier **out, const struct taxonomy *t, const struct names *n,
                struct err *e);
void tallier_free(struct tallier **t);
uint64_t tallier_reading(const struct tallier *t);

/* Of so many events one may be read by itself; at first TALLIER_ALONE, and 1: all of them. */
void tallier_alone(struct tallier *t, uint32_t of);

/* Begin a file: its tallies, of TALLY_NAMES. */
struct tallier_file {
    struct tally_writer *tallies;
    uint64_t events, alone; /* so far: looked at, and of them by themselves */
};
int tallier_begin(struct tallier_file *f, struct err *e);
void tallier_end(struct tallier_file *f);

/* A block, opened by its columns with its envelope; `records`: of its sources, as seal/table.h has
 * them. Any error: there is nothing to be had of this file any more. */
int tallier_block(struct tallier *t, struct tallier_file *f, struct block *b, uint32_t lane,
                  struct span records, struct err *e);

/* The same of one event, as slowly as can be, and of as many as there are: what the other way is
 * held against. `a` with its source's names. */
void tallier_event(struct tallier *t, struct tallier_file *f, const struct shown_about *a);

#endif
