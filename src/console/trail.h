/*
 * trail.h - the lanes of a running server read beside it: each event once, as it becomes durable.
 *
 * A lane is read up to the place that its collector published in its ledger, never beyond: what is
 * shown is on the disk. Nobody waits for those who watch: a round has a time (FOLLOW_ROUND_MS), and
 * who falls more than FOLLOW_BEHIND events behind goes on at the end; what was passed over is
 * counted, exactly, for events are numbered.
 *
 * A source's number becomes a name by the lane's SOURCES records, and before one was seen by its
 * row in the ledger.
 *
 * One reader for all who watch. Not thread-safe.
 */
#ifndef TRAIL_H
#define TRAIL_H

#include "figures/shown.h"
#include "figures/source_names.h"
#include "console/sums.h"
#include "os/io.h"

#define FOLLOW_ROUND_MS 20u
#define FOLLOW_BEHIND   50000u

struct trail;

/* `lanes` is the path of the folder that holds 00, 01, ...; all is borrowed. */
int trail_new(struct trail **out, const struct io *io, const char *lanes,
              const struct ledgers *ledgers, struct err *e);
void trail_free(struct trail **f);

/* From the end of what is there now, in all lanes whose ledger is known. Lanes that cannot be
 * opened are told in *e, and left out; ERR_OK when there is any. */
int trail_begin(struct trail *f, struct err *e);
void trail_end(struct trail *f); /* closes them */

typedef void trail_fn(void *arg, const struct shown_about *a);

/* What came since; true when there is more. *skipped events were passed over. */
bool trail_round(struct trail *f, trail_fn *fn, void *arg, uint64_t *skipped);

#endif
