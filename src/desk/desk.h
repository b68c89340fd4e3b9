/*
 * desk.h - the desk put together: lanes, database, alerts, live correlation, sources. No loop, no
 * clock, no sandbox: the role (src/cmd/role_desk.c) calls desk_round() and says what time it is.
 *
 * A round does a bounded amount of work and says whether there is more. Lanes are read up to the
 * place that their collector published in its ledger. Live correlation begins when every collector
 * has published its place (or after DESK_HOLD_MS), for lanes that are behind would be late
 * otherwise.
 *
 * Trouble does not end the desk: what could not be written is tried again after DESK_RETRY_MS, the
 * places in the lanes stay, and `notice` says so once when it begins and once when it is over. A
 * damaged lane is a system alert; the others go on.
 */
#ifndef DESK_H
#define DESK_H

#include "collect/ledger.h"
#include "conf/settings.h"
#include "desk/live.h"
#include "desk/pull.h"
#include "desk/unseen.h"

#define DESK_ROUND_MS      50u
#define DESK_RETRY_MS      1000u
#define DESK_HOLD_MS       60000u
#define DESK_CHECKPOINT_MS 60000u
#define DESK_COUNTERS_MS   10000u
#define DESK_LIVE_RECORDS  20000u

/* What the desk counts since it started, in table `counter`. */
#define DESK_COUNTER_TABLE(X)                                                                      \
    X(findings, "findings taken")                                                                  \
    X(findings_repeated, "findings that came again after a crash, dropped")                        \
    X(findings_odd, "records of findings that were none")                                          \
    X(inputs, "inputs of correlations read")                                                       \
    X(inputs_late, "of them, after the watermark: in no final result")                             \
    X(inputs_odd, "records of inputs that were none")                                              \
    X(inputs_plan_changed, "inputs of other rules than those in force")                            \
    X(inputs_forced, "inputs judged before their time, for want of room")                          \
    X(groups_forgotten,                                                                            \
      "groups of correlations forgotten for want of memory; see correlation-bytes")                \
    X(results, "results of correlations, provisional and final")                                   \
    X(results_dropped, "of them, lost for want of room")                                           \
    X(results_withdrawn, "provisional ones that were not confirmed")                               \
    X(correlators_restarted, "for want of memory, or because the clock was put back")              \
    X(inputs_waiting_bytes, "inputs that wait for their time")                                     \
    X(torn_bytes, "of lanes, that belong to no frame")                                             \
    X(behind_events, "durable events whose findings were not read yet")                            \
    X(blind_rules, "rules of which no event came for a day, or can come")                          \
    X(retries, "rounds that failed and were tried again")

struct desk_counts {
#define X(name, help) uint64_t name;
    DESK_COUNTER_TABLE(X)
#undef X
};

struct desk;

struct desk_from {
    const struct io *io;
    const char *data;                /* the data folder */
    const struct settings *settings; /* borrowed until desk_settings() */
    const struct live_rules *rules;  /* what it points to is borrowed until desk_unload() */
    uint32_t collectors;             /* as many ledgers will come */
    void (*notice)(void *arg, const char *text);
    void *arg;
};

/* DATA/desk must be there. */
int desk_new(struct desk **out, const struct desk_from *from, struct err *e);
void desk_free(struct desk **d);

/* The ledger of one more collector, borrowed. */
int desk_ledger(struct desk *d, const struct ledger *g, uint32_t lane, struct err *e);

/* Its connection, for acts between two rounds, in no transaction; and what they say when they have
 * changed alerts. */
struct db *desk_db(struct desk *d);
struct alerts *desk_alerts(struct desk *d);
void desk_alerts_changed(struct desk *d);

/* True when there is more to do at once. */
bool desk_round(struct desk *d, int64_t now_ns, uint64_t ms);

/* The first segment of a lane that a restart would read; 0: not known. */
uint32_t desk_needs(const struct desk *d, uint32_t lane);

/* Write all that is known, the state of correlations too. */
int desk_save(struct desk *d, int64_t now_ns, uint64_t ms, struct err *e);

/* See live_unload(): between the two only desk_free() may be called. */
int desk_unload(struct desk *d, struct err *e);
int desk_load(struct desk *d, const struct live_rules *rules, struct err *e);
/* What the settings will be. */
void desk_settings(struct desk *d, const struct settings *settings);

/* Whose rules may be blind, borrowed until the next call; NULL: none. Before desk_unload() lets go
 * of them. */
int desk_sight(struct desk *d, const struct unseen_from *from, uint64_t generation, struct err *e);

struct desk_counts desk_counts(const struct desk *d);

#endif
