/*
 * pull.h - findings out of the lanes into alerts, each exactly once.
 *
 *   lane ──frames──▶ finding, finding, ... ──▶ alerts
 *                    one transaction: what they do, and the place in the lane behind them
 *
 * What was committed is never read again, so a crash of the desk repeats nothing. A crash of a
 * collector does: a group of frames may be torn behind findings that were written, and the next
 * collector tries the events of that group anew. Which findings can come twice follows from
 * `matched` in the frames (store/lane.h): everything found in events below it stands at or before
 * the frame that says so. Hence, with M the greatest `matched` of the frames before:
 *
 *   - a finding about an event below M is a repetition: dropped, counted;
 *   - one about an event from M on may be one: it is looked up among the findings from M on that
 *     came before, in memory and in table `finding`, unique by (rule, rule hash, lane, sequence).
 *
 * When M grows, what lies below it is forgotten. The last frame of a group says that all its events
 * were matched, so the table is empty but for the time between a torn group and the next whole one
 * (and where a transaction ends inside a group).
 * A lane whose frames never say so keeps PULL_RECENT_MAX of them and then forgets all, counted.
 *
 * Findings of tracer events make no alert: table `tracer` keeps when each source's came last.
 */
#ifndef PULL_H
#define PULL_H

#include "desk/alerts.h"
#include "os/io.h"
#include "store/lane.h"

/* A transaction ends behind the frame that reaches the first, and where it reaches the second,
 * which may be inside a frame: what people ask for waits meanwhile. A finding of an alert that is
 * there is little; a new alert some 20 rows. */
#define PULL_RECORDS    5000u
#define PULL_ROWS       600u /* changed in the database */
#define PULL_RECENT_MAX 262144u

struct pull;

struct pull_counts {
    uint64_t findings;  /* taken, tracers too */
    uint64_t repeated;  /* dropped: had been taken */
    uint64_t odd;       /* no whole finding */
    uint64_t forgotten; /* times that PULL_RECENT_MAX was reached */
    uint64_t torn;      /* bytes in the lane that belong to no frame */
};

/* One lane. `dir` is the descriptor of its folder; all is borrowed. Goes on where the database
 * says. */
struct pull_from {
    const struct io *io;
    int dir;
    uint32_t lane;
    struct db *db;
    struct alerts *alerts;
};
int pull_new(struct pull **out, const struct pull_from *from, struct err *e);
void pull_free(struct pull **p);

/*
 * One transaction's worth, up to `end` (NULL: what is there; for a lane that nobody writes).
 * Returns the number of findings read, 0 when there is nothing for now, or a negative code:
 * nothing happened, the same comes again with the next call. ERR_LIMIT: the disk is full.
 */
int64_t pull_turn(struct pull *p, const struct lane_place *end, struct err *e);
/* The last turn ended before what there was. */
bool pull_more(const struct pull *p);

/* Read up to here, committed. */
struct lane_place pull_place(const struct pull *p);
/* Read up to here; what lies between had no findings and is not committed. */
struct lane_place pull_seen(const struct pull *p);
struct pull_counts pull_counts(const struct pull *p);

#endif
