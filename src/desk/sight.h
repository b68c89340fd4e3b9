/*
 * sight.h - which rules see nothing: of whose kind no event came for SIGHT_HOURS, whatever input it
 * could have come by, or ever (desk/unseen.h has the reasons). An enabled rule without events is a
 * gap that nobody notices by its silence.
 *
 * Collectors note when an event of each view of the taxonomy came last (collect/ledger.h). The desk
 * remembers that over restarts and reloads, under what a view is to rules, its source and tags, and
 * writes the blind rules into table `blind` with since when, when these are others than before;
 * with new rules the techniques of ATT&CK that they have as tags into table `technique`, and all
 * that is known of them into `rule` (known.h).
 */
#ifndef SIGHT_H
#define SIGHT_H

#include "collect/ledger.h"
#include "db/db.h"
#include "desk/unseen.h"

#define SIGHT_HOURS    24u
#define SIGHT_ROUND_MS 10000u

#define SIGHT_REASON_TABLE(X)                                                                      \
    X(LOGSOURCE, "no source of the taxonomy has its logsource")                                    \
    X(FIELD, "its events never have this field")                                                   \
    X(EVENTS, "no event of its kind came")

struct sight;

int sight_new(struct sight **out, struct db *db, struct err *e);
void sight_free(struct sight **s);

/* The rules of this generation, borrowed until the next call; NULL: none are at hand. */
int sight_rules(struct sight *s, const struct unseen_from *from, uint64_t generation,
                struct err *e);

struct sight_round {
    const struct ledger *const *ledgers;
    uint32_t count;
    int64_t now_ns;
    uint64_t ms; /* monotonic */
};

/* At most once in SIGHT_ROUND_MS, in a transaction of its own. */
int sight_round(struct sight *s, const struct sight_round *r, struct err *e);

/* Rules that see nothing, as of the last round. */
uint32_t sight_blind(const struct sight *s);

#endif
