/*
 * time.h - times in logs, to and from nanoseconds since 1970 UTC. No libc time zone functions: they
 * depend on the machine, and a zone that is not written in the text is not guessed (UTC).
 *
 * A text is read as written into struct time_parts, with the zone's offset beside it; that is what
 * Sigma's time modifiers ask for. time_ns() makes the instant. Ranges are strict: day 31 of a month
 * of 30, hour 24 and minute 60 are refused; second 60 (a leap second) is taken as 59.999999999.
 * Instants lie between the years 1678 and 2261 (what 64 bits of nanoseconds hold).
 *
 *   ISO 8601    2025-11-27T07:40:10.165324Z   2025-11-27 07:40:10   20251127T074010Z
 *               +07:00 +0700 +07; up to 9 digits of fraction count, further ones are dropped;
 *               ',' as well as '.'; "2025/11/27 07:40:10" too; a date alone is midnight
 *   epoch       1596695000   1596695000.123   milli-, micro- and nanoseconds by magnitude,
 *               FILETIME by magnitude
 *   syslog      Oct 11 22:14:15    Oct  1 22:14:15.123   Oct 11 2025 22:14:15
 *               without a year it is the one that puts the time nearest before reference + 1 day
 *   access log  10/Oct/2000:13:55:36 -0700
 *   US          8/14/2025 3:04:05 PM
 *   RFC 2822    Fri, 09 May 2025 10:11:12 +0000    and ctime: Fri May  9 10:11:12 2025
 *
 * Pure functions.
 */
#ifndef TIME_H
#define TIME_H

#include "base/base.h"

#define TIME_TEXT_MAX 40u /* room for time_put() */
#define TIME_SECOND   1000000000LL

struct time_parts {
    int32_t year;
    uint8_t month, day; /* from 1 */
    uint8_t hour, minute, second;
    uint32_t nanos;
    int32_t offset; /* seconds east of UTC */
    bool has_year;  /* false: year is 0 */
};

/* Days since 1970-01-01 of a date of the Gregorian calendar, and back. */
int64_t time_days(int32_t year, unsigned month, unsigned day);
void time_date(int64_t days, struct time_parts *p);

/* 0 Monday .. 6 Sunday. */
unsigned time_weekday(int64_t days);

/* ISO 8601 week, 1..53. */
unsigned time_week(const struct time_parts *p);

/* Read a whole text; false when it is none of the forms above. An epoch gives UTC parts. */
bool time_read(struct span s, struct time_parts *p);

/* The instant, or false when it is out of range. Without a year, by `reference_ns`. */
bool time_ns(const struct time_parts *p, int64_t reference_ns, int64_t *ns);

/* time_read() and time_ns(). */
bool time_parse(struct span s, int64_t reference_ns, int64_t *ns);

/* "90s", "15m", "2h", "7d", "1w" before now; or what time_parse() reads. */
bool time_ago(struct span text, int64_t now_ns, int64_t *ns);

/* 100 ns since 1601. */
bool time_from_filetime(uint64_t ticks, int64_t *ns);

/* UTC parts of an instant. */
void time_split(int64_t ns, struct time_parts *p);

/* 2026-03-01T10:00:00.123456789Z; zeros at the end of the fraction are dropped by threes.
 * `dst` holds TIME_TEXT_MAX bytes. */
size_t time_put(uint8_t *dst, int64_t ns);

#endif
