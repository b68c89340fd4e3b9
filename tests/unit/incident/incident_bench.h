/*
 * incident_bench.h - what tests of incidents share: acts under a small law of their own, and views.
 *
 *   profile   "old" until 2025-11-20T00:00:00Z, "new" from then on; before 2020 there is none
 *   types     N1 (with playbook "malware": 3 steps), N2     severities M1 to M4
 *   causes    attack, device                            facts: personal-data, spread, quiet
 *   clocks    M1: at-once; M1, M2: h24; M1, M2, M3: h72; personal-data: pd72; level 4, 5: h48
 *             level 5, when it is over: final
 *             of the profile "old": d5 alone
 */
#ifndef INCIDENT_BENCH_H
#define INCIDENT_BENCH_H

#include "../act/act_bench.h"
#include "incident/incident.h"

#define HOUR INT64_C(3600000000000)
#define DAY  (24 * HOUR)

extern const struct legal test_law;

/* Analyst "an" under that law. */
void incident_bench_init(struct act_bench *b);
void incident_register(struct act_bench *b); /* agencies and systems 1 to 20 */

/* A view that went well, and has `words` in it. */
void incident_sees(struct act_bench *b, const char *view, const char *text, const char *words);
/* Went well, with so many lines. */
void incident_counts(struct act_bench *b, const char *view, const char *text, uint32_t lines);

/* An incident of N1 and that severity, told by phone now: its number. */
int64_t incident_told(struct act_bench *b, const char *severity);

#endif
