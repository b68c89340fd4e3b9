/*
 * live.h - correlation while events come in: inputs out of all lanes, merged, judged twice.
 *
 *   lane 0 ─┐ frames by        ┌─▶ stage, 1 s behind ─────────▶ provisional ─┐
 *   lane 1 ─┤ receipt time ──▶─┤                                             ├─▶ results ─▶ alerts
 *   lane 2 ─┘                  └─▶ stage, `lateness` behind ──▶ final ───────┘
 *
 * Time. Senders' clocks differ and events are late, so neither arrival nor the wall clock orders
 * them. The `reading clock` is the receipt time up to which every lane was read: that of the oldest
 * frame which was not, or now. The `source clock` is the greatest source time seen (never beyond
 * the receipt of its record), going on with the reading clock: so it moves when nothing comes, and
 * a site whose clocks are all slow is not late. A stage's watermark is the source clock less its
 * delay. A backlog that is caught up, in whatever order the lanes are read, gives what reading at
 * once would have given. When the wall clock is put back by more than LIVE_BACK_NS, both stages
 * begin anew (their watermark lies in the future), counted.
 *
 * Restart. Groups cannot be rebuilt out of a few timespans of inputs: when a result comes again
 * depends on when it came last, and a result may be the input of another. So the state of both
 * stages (buffers, groups, watermarks) is saved with the lanes' places in one transaction, every
 * LIVE_SAVE_MS and the less often the larger it is; a restart goes on from there, finds the same
 * results again, and those that are known do nothing (results.h). The results after a restart at
 * any point are those without one. The same state goes over a reload of rules that leaves the
 * plan's hash as it was; any other drains both stages and begins anew. Records of another plan are
 * counted and passed over.
 *
 * Bounds: what waits for the final watermark LIVE_BUFFER_BYTES (then the watermark is moved,
 * counted), groups `groups_bytes` a stage, results RESULTS_BYTES_MAX; nothing is read
 * while results cannot be written.
 */
#ifndef LIVE_H
#define LIVE_H

#include "desk/alerts.h"
#include "os/io.h"
#include "sigma/correlate.h"
#include "store/lane.h"

#define LIVE_BUFFER_BYTES ((size_t)32 << 20)
#define LIVE_EARLY_BYTES  ((size_t)8 << 20)
#define LIVE_EARLY_NS     INT64_C(1000000000)
#define LIVE_BACK_NS      INT64_C(60000000000)
#define LIVE_AHEAD_NS     INT64_C(90000000000000) /* 25 h: no skew that is allowed is larger */
#define LIVE_SAVE_MS      10000u
#define LIVE_LANES_MAX    64u

/* Rules as they were compiled or loaded; borrowed. */
struct live_rules {
    const struct correlate_plan *plan;
    uint32_t rule_count, correlation_count;
    const struct sigma_head *(*rule)(const void *arg, uint32_t i);
    const struct sigma_correlation *(*correlation)(const void *arg, uint32_t i);
    const void *arg;
};

struct ruleset;
struct live_rules live_rules_of(const struct ruleset *rs, const struct correlate_plan *plan);

struct live;

struct live_settings {
    const struct io *io;
    struct db *db;
    struct alerts *alerts;
    int64_t lateness_ns;
    size_t buffer_bytes; /* 0: LIVE_BUFFER_BYTES */
    size_t groups_bytes; /* of each stage; 0: LIMIT_CORRELATION_BYTES */
};

/* State and places from the database. */
int live_new(struct live **out, const struct live_settings *s, const struct live_rules *rules,
             struct err *e);
void live_free(struct live **l);

/* One more lane, by its number and folder (borrowed). Those that are known from before should all
 * be given before the first turn: the lanes move together. */
int live_lane(struct live *l, uint32_t lane, int dir, struct err *e);

/* How far the lane may be read; without a call, to its end on the disk. */
void live_limit(struct live *l, uint32_t lane, struct lane_place end);

/* The segment from which a restart would read; 0: from the lane's beginning, or not known. */
uint32_t live_needs(const struct live *l, uint32_t lane);

/* Read frames until `records` are reached or nothing is left, and move both watermarks. Returns the
 * number of records, or a negative code: what was read is not read again. */
int64_t live_turn(struct live *l, int64_t now_ns, uint32_t records, struct err *e);

/* Write what was found, withdraw what was not confirmed and, when it is time (`ms`, monotonic) or
 * `save` says so, the state: one transaction, none when there is nothing. Fails without harm. */
int live_write(struct live *l, uint64_t ms, bool save, struct err *e);

/* Other rules: between the two calls nothing else may be called but live_free(), and the old rules
 * may be gone (a process has one generation open at a time). What waits is judged by the old rules,
 * as far as it goes, unless it turns out that the new plan is the same. */
int live_unload(struct live *l, struct err *e);
int live_load(struct live *l, const struct live_rules *rules, struct err *e);
void live_lateness(struct live *l, int64_t lateness_ns);

struct live_counts {
    uint64_t inputs;       /* read, of this plan */
    uint64_t late;         /* came below the final watermark: in no final result */
    uint64_t odd;          /* no record, or of an impossible time */
    uint64_t plan_changed; /* of another plan */
    uint64_t forced;       /* judged before their time: too many waited */
    uint64_t results;      /* found, provisional and final */
    uint64_t dropped;      /* results that could not be kept */
    uint64_t withdrawn;    /* provisional ones that were not confirmed */
    uint64_t restarts;     /* of the correlators, for want of memory, or the clock's fault */
    uint64_t forgotten;    /* groups, for want of memory, by those who judge now */
    uint64_t waiting;      /* bytes */
    int64_t watermark_ns;  /* final */
};
struct live_counts live_counts(const struct live *l);

#endif
