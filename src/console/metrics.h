/*
 * metrics.h - the counts for Prometheus: text exposition format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/).
 *
 *   canh_records_NAME_total{input,source}   each row of LEDGER_TABLE that counts
 *   canh_records_in_flight{input,source}    received and not yet done with
 *   canh_records_last_seconds{input,source} when it was last heard
 *   canh_collector_NAME{lane}               each row of BOARD_TABLE
 *   canh_balance_missing{lane}              records that the counts do not explain
 *   canh_udp_drops{address}, canh_udp_waiting_bytes{address}     what the kernel tells
 *   process_*                               of this role
 *
 * The number of series is bounded by the ledger: sources that nobody configured come and go by
 * address only up to LEDGER_ROWS, later ones are "other". Values are exact integers as long as a
 * reader's doubles are (2^53).
 */
#ifndef METRICS_H
#define METRICS_H

#include "base/buf.h"
#include "console/sums.h"
#include "console/udp.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct metrics_from {
    const struct ledgers *ledgers;
    const struct sums *sums;       /* as just read */
    const struct balance *balance; /* by lane */
    const struct udp_socket *udp;
    uint32_t udp_count;
    uint64_t generation;
    uint32_t connections, watchers, live; /* of this role */
    uint64_t csp_reports;
    uint64_t papers, papers_failed; /* documents that were made, and could not be */
    int64_t started_ns;
    uint64_t cpu_us, rss_bytes;
};

void metrics_put(struct buf *out, const struct metrics_from *m);

#endif
