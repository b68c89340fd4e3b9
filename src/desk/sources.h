/*
 * sources.h - who is there, who fell silent, and whether the counts add up; out of the ledgers of
 * all collectors, every SOURCES_ROUND_MS.
 *
 * State of a source, by the time since it was last heard. `interval` is that of its row in the
 * settings; without a row, or without one there, `silence` (0: only never and active).
 *
 *     never ──heard──▶ active ──interval──▶ late ──30 s more──▶ silent      heard: active again
 *
 * A source is one by its name, whatever inputs it uses. Changes are notices; silence is a system
 * alert, closed when the source is heard again. The table `source` carries them over a restart, so
 * that one that fell silent while the server was away is missed too. Time is the monotonic clock's
 * while the process lives: a wall clock that is put right makes nobody silent.
 *
 * The counts of a collector, read twice in a row, bound each other: what came in by the first
 * reading cannot be more than what was done with it by the second, and what is in flight. A
 * difference that both readings leave no room for, in every round for 30 s, is a system alert. So
 * is an event that is stored and not matched for 30 s, and a full disk. Datagrams that the kernel
 * drops are a notice, at most one in 5 minutes a lane.
 *
 * Bounds: SOURCES_MAX sources are followed; further ones are counted and make one notice.
 */
#ifndef SOURCES_H
#define SOURCES_H

#include "collect/ledger.h"
#include "conf/settings.h"
#include "desk/alerts.h"

#define SOURCES_ROUND_MS 10000u
#define SOURCES_GRACE_MS 30000u
#define SOURCES_MAX      16384u
#define SOURCES_LANES    64u
#define NOTICES_KEPT     10000

#define SOURCE_STATE_TABLE(X)                                                                      \
    X(NEVER, "never")                                                                              \
    X(ACTIVE, "active")                                                                            \
    X(LATE, "late")                                                                                \
    X(SILENT, "silent")

enum source_state {
#define X(id, name) SOURCE_##id,
    SOURCE_STATE_TABLE(X)
#undef X
        SOURCE_STATES
};
const char *source_state_name(enum source_state s);

struct sources;

/* What was known is read from the database. The settings are borrowed, and
 * may change between rounds. */
int sources_new(struct sources **out, struct db *db, struct alerts *alerts,
                const struct settings *settings, struct err *e);
void sources_free(struct sources **s);

struct sources_round {
    const struct ledger *const *ledgers;
    uint32_t count;
    int64_t now_ns;
    uint64_t ms; /* monotonic */
};

/* In a transaction of its own, if anything is new. On a failure the next round tells it. */
int sources_round(struct sources *s, const struct sources_round *r, struct err *e);

/* A notice in a transaction of its own. */
int notice_add(struct db *db, const char *kind, struct span text, int64_t now_ns, struct err *e);

#endif
