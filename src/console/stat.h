/*
 * stat.h - all that `canh stat` shows, as one JSON object: whether the counts add up, who sends,
 * what the collectors, the kernel and the desk say of themselves.
 *
 *   {"time","version","generation","rules":{...},
 *    "balance":{"state","missing","unmatched","in_flight"},
 *    "totals":{counter: n, ..., "refused","dropped","in_flight"},
 *    "rows":[{"input","source","authenticated","configured","state", counter: n, ...,
 *             "refused","dropped","in_flight"}],
 *    "collectors":[{"lane","state","beat_age_ms","balance", board: n, ...}],
 *    "kernel":{"drops","sockets":[{"address","drops","waiting_bytes"}]},
 *    "desk":{"counters":{...},"behind_events","age_ms","state"},
 *    "sources":[{"source","input","state","since","interval_ms","last"}],
 *    "tracers":[{"input","state","age_ms"}],
 *    "alerts":{"hours","by_level":{...},"more"},
 *    "complete":{...},           since when monitoring is (whole.h)
 *    "console":{...,"csp_reports","papers","papers_failed"},"notices":[...]}
 *
 * Parts that come from the database are null, and "database" says why, when it cannot be read.
 * Counters have the names of LEDGER_TABLE and BOARD_TABLE.
 */
#ifndef STAT_H
#define STAT_H

#include "console/whole.h"
#include "console/metrics.h"
#include "db/db.h"

#define STAT_ALERT_HOURS 24
#define STAT_ALERTS_MAX  20000u /* counted; beyond, "more" is true */
#define STAT_BEAT_MS     5000u  /* a collector that was not round for so long is "stuck" */
#define STAT_DESK_MS     30000u /* so is a desk that counted nothing: it does so every 10 s */

struct stat_from {
    struct metrics_from m;
    uint32_t rule_count, correlation_count;
    int64_t now_ns;
    uint64_t ms;    /* monotonic, as BOARD_beat_ms */
    unsigned tried; /* bit i: our own events are sent through input i */
    uint64_t escalate_high_ms, escalate_critical_ms; /* settings; 0: nobody is called */
    const struct whole *complete;
    struct db *reader; /* NULL: `why` says why */
    const char *why;
};

void stat_json(struct buf *out, const struct stat_from *s);

enum balance_state stat_balance(const struct metrics_from *m); /* the worst of the lanes */

/* "sources" alone. */
int stat_sources(struct buf *out, struct db *reader, struct err *e);

#endif
