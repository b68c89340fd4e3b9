/*
 * query_time.h - times and spans as people type them.
 *
 *   now  today  yesterday  -90s  -30m  -2h  -7d  -2w
 *   27/11/2026  27/11/2026 20:30  27/11/2026T20:30:15  20:30 (today)      local time
 *   2026-11-27  2026-11-27 20:30                                          local time
 *   2026-11-27T20:30:00Z  2026-11-27T20:30:00+07:00
 *   spans: 10s 5m 1h 1d 1w
 *
 * Pure.
 */
#ifndef QUERY_TIME_H
#define QUERY_TIME_H

#include "query/query.h"

/* The instants [*from, *until) that the text means: a day, or from == until. */
bool query_time(struct span text, const struct query_clock *clock, int64_t *from, int64_t *until);

/* One second to 366 days. */
bool query_span(struct span text, int64_t *ns);
void query_span_print(int64_t ns, struct buf *out);

#endif
