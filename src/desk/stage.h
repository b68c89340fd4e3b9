/*
 * stage.h - a correlator behind a sorted buffer: records come in any order, and are judged in the
 * order of their times once the watermark has passed them.
 *
 *   stage_put ──▶ [ heap by time, order, rule ] ──watermark──▶ correlator ──▶ results
 *
 * A record at or below the watermark is late: refused, for the caller to count. One that is there
 * twice (same event, same rule) is fed once. The buffer is bounded: when it is over its limit the
 * watermark is moved up until it is not, counted. When the correlator has no memory left it is
 * replaced by an empty one, counted.
 *
 * The state can be saved and loaded: buffer, watermark and groups.
 */
#ifndef STAGE_H
#define STAGE_H

#include "sigma/correlate.h"

struct stage;

struct stage_counts {
    uint64_t fed, repeated;
    uint64_t odd;      /* no record of this plan */
    uint64_t forced;   /* records that were let go before their time for want of room */
    uint64_t restarts; /* of the correlator, for want of memory */
};

struct stage_settings {
    const struct correlate_plan *plan; /* borrowed */
    size_t buffer_max, groups_max;     /* bytes; groups_max 0: the correlator's own limit */
    correlate_fn *fn;
    void *arg;
};
int stage_new(struct stage **out, const struct stage_settings *s, struct err *e);
void stage_free(struct stage **s);

/* A whole record (correlate_next()), copied. 1: taken, 0: late, or ERR_NOMEM. */
int stage_put(struct stage *s, struct span record, struct err *e);

/* The watermark; no effect when it is there already. */
int stage_advance(struct stage *s, int64_t time_ns, struct err *e);

/* Everything that waits is fed, and the watermark put behind it. */
int stage_drain(struct stage *s, struct err *e);

int64_t stage_time(const struct stage *s);   /* the watermark; INT64_MIN at first */
size_t stage_waiting(const struct stage *s); /* bytes in the buffer */
struct stage_counts stage_counts(const struct stage *s);
struct correlate_counts stage_correlation(const struct stage *s, uint32_t correlation);

/* Into a stage that was just made. ERR_CORRUPT: the stage can only be freed. */
void stage_save(const struct stage *s, struct buf *out);
int stage_load(struct stage *s, struct span saved, struct err *e);

#endif
