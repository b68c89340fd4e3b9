/*
 * search.h - which stored events are what a filter says: out of sealed files and of what the lanes
 * hold beyond them, the newest first.
 *
 *   units: sealed block, sealed block, ..., the rest of each lane        the newest first
 *     └─ words of the filter in the index? ─▶ events ─▶ filter ─▶ the `limit` newest
 *
 * The store's order is (receipt time, lane, sequence). A search goes on until no unit that is left
 * can hold anything newer than the last of `limit` hits, or until its budget is spent: what it has
 * then is marked partial, with the reason. From and to are of an event's own time (shown_time());
 * units are left out by receipt time, which is not further from it than the skew.
 *
 * A search goes step by step, so that one thread can do other things between. Sealed files that
 * are merged or removed meanwhile stay readable, for they are mapped. Damaged blocks are counted,
 * and make the answer partial; the rest is searched.
 */
#ifndef SEARCH_H
#define SEARCH_H

#include "os/io.h"
#include "query/shown.h"

#define SEARCH_LIMIT_MAX 10000u
#define SEARCH_LANES     64u

struct search_from {
    const struct io *io;
    const char *data;              /* path of the data folder */
    const struct lane_place *ends; /* SEARCH_LANES of them: how far lanes may be read; NULL: to the
                                      end of what is on the disk, for a store without a server */
    const struct taxonomy *taxonomy;
    const struct names *names;
    struct span filter;
    int64_t from_ns, to_ns; /* from <= t < to */
    int64_t skew_ns;
    uint32_t limit;     /* 1 to SEARCH_LIMIT_MAX */
    uint64_t budget_ms; /* 0: as long as it takes */
    bool no_index;      /* look everywhere: for tests */
};

struct search_counts {
    uint64_t events;         /* looked at */
    uint64_t found;          /* of them, that the filter holds for; all there are, unless `more` */
    uint64_t blocks, passed; /* sealed: in the time; of them, left out by the index of words */
    uint64_t damaged;        /* blocks that cannot be read */
    uint64_t ms;
    bool more;    /* the limit was reached: older ones were not looked for */
    bool partial;
    char why[128]; /* it is */
};

struct search;

/* ERR_SYNTAX with e->at: the filter; ERR_IO, ERR_NOMEM. */
int search_new(struct search **out, const struct search_from *from, struct err *e);
void search_free(struct search **s);

/* Some more: 1, 0 when it is done, or a negative code: it cannot go on. */
int search_step(struct search *s, struct err *e);

/* When it is done: how many events are to be shown, and each as a line of JSON (shown.h) with its
 * "\n", the newest first. */
uint32_t search_hits(struct search *s);
struct span search_line(const struct search *s, uint32_t i);
struct search_counts search_counts(const struct search *s);

#endif
