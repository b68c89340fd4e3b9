/*
 * whole.h - since when monitoring is complete: computed, never typed.
 *
 * It is, at a moment, when none of WHOLE_TABLE holds; since when, is the end of the last gap
 * that this process saw, or its own beginning: what was before that it cannot vouch for. Blind
 * rules stand beside it: a set of rules has many whose sources nobody has.
 */
#ifndef WHOLE_H
#define WHOLE_H

#include "base/buf.h"
#include "console/sums.h"
#include "db/db.h"

/*    gap           what is not so */
#define WHOLE_TABLE(X)                                                                             \
    X(COLLECTORS, "collectors", "a collector does not run")                                        \
    X(BALANCE, "balance", "counts differ")                                                         \
    X(DISK, "disk", "a disk is full")                                                              \
    X(LOSS, "loss", "records were dropped in the last minute")                                     \
    X(DESK, "desk", "the desk does not run")                                                       \
    X(TRACERS, "tracers", "our own events do not arrive")                                          \
    X(SOURCES, "sources", "a source is silent")

enum whole_gap {
#define X(id, name, what) WHOLE_##id,
    WHOLE_TABLE(X)
#undef X
        WHOLE_GAPS
};

struct whole {
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
int whole_look(struct whole *c, const struct stat_from *s, struct err *e);

/* {"since":TIME or null,"broken":TIME or null,"gaps":[name...],"silent":n,"blind":n} */
void whole_json(struct buf *out, const struct whole *c);

#endif
