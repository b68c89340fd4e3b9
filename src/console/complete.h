/*
 * complete.h - since when monitoring is complete: computed, never typed.
 *
 * It is, at a moment, when none of COMPLETE_TABLE holds; since when, is the end of the last gap
 * that this process saw, or its own beginning: what was before that it cannot vouch for. Blind
 * rules stand beside it: a set of rules has many whose sources nobody has.
 */
#ifndef COMPLETE_H
#define COMPLETE_H

#include "base/buf.h"
#include "console/sums.h"
#include "db/db.h"

/*    gap           what is not so */
#define COMPLETE_TABLE(X)                                                                          \
    X(COLLECTORS, "collectors", "a collector does not run")                                        \
    X(BALANCE, "balance", "counts differ")                                                         \
    X(DISK, "disk", "a disk is full")                                                              \
    X(LOSS, "loss", "records were dropped in the last minute")                                     \
    X(DESK, "desk", "the desk does not run")                                                       \
    X(TRACERS, "tracers", "our own events do not arrive")                                          \
    X(SOURCES, "sources", "a source is silent")

enum complete_gap {
#define X(id, name, what) COMPLETE_##id,
    COMPLETE_TABLE(X)
#undef X
        COMPLETE_GAPS
};

struct complete {
    unsigned gaps;    /* bits, of now */
    int64_t since_ns; /* without gaps since; 0: there are some, or nothing was looked at yet */
    int64_t begun_ns; /* the gap at hand, since; 0: there is none */
    uint64_t lost, lost_ms;
    bool looked;
    uint64_t silent, blind; /* sources, rules */
};

/* Look: what the collectors say, and the database (NULL: it cannot be read, which is a gap).
 * `tried`: stat.h. ERR_OK, or what the database said. */
struct stat_from;
int complete_look(struct complete *c, const struct stat_from *s, struct err *e);

/* {"since":TIME or null,"broken":TIME or null,"gaps":[name...],"silent":n,"blind":n} */
void complete_json(struct buf *out, const struct complete *c);

#endif
