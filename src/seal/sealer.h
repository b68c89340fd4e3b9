/*
 * sealer.h - the sealer put together: all lanes, the ledger, retention. No loop, no clock, no
 * sandbox: the role (src/cmd/role_sealer.c) calls sealer_round() and says what time it is.
 *
 * A round does a bounded amount of work and says whether there is more. Lanes are read up to the
 * place that their collector published. Trouble does not end the sealer: what could not be written
 * is tried again after SEALER_RETRY_MS, and `notice` says so once when it begins and once when it
 * is over. Where nothing can be signed, events are received, sealed and found as ever, but nothing
 * is removed.
 */
#ifndef SEALER_H
#define SEALER_H

#include "collect/ledger.h"
#include "conf/settings.h"
#include "os/io.h"
#include "seal/pack.h"
#include "seal/sign.h"

#define SEALER_LANES     64u
#define SEALER_TURN      ((uint64_t)2 << 20) /* raw bytes of a lane in one round */
#define SEALER_RETRY_MS  2000u
#define SEALER_RETAIN_MS 600000u
#define SEALER_SIGN_MS   9000u /* at least every 10 s, and a round takes its time */

struct sealer;

struct sealer_now {
    int64_t time_ns;   /* since 1970 */
    uint64_t ms;       /* monotonic */
    uint64_t clock_ns; /* since the machine's start, sleep included */
};

struct sealer_from {
    const struct io *io;
    int lanes_dir, sealed_dir, ledger_dir, keys_dir; /* borrowed */
    uint8_t store[16], boot[16];
    const struct settings *settings; /* borrowed; changed in place */
    struct tallier *tallier;         /* borrowed; NULL: files have no tallies */
    void (*notice)(void *arg, const char *text);
    /* What the next checkpoint says beside the trees, into `also`, which has its time; `last` is
     * the one before, or NULL. An error: nothing is signed this time. NULL: nothing is said. */
    int (*also)(void *arg, const struct checkpoint *last, struct sign_also *also, struct err *e);
    void *arg;
};

int sealer_new(struct sealer **out, const struct sealer_from *from, struct err *e);
void sealer_free(struct sealer **s);

/* The counts of one more collector, borrowed. ERR_LIMIT. */
int sealer_ledger(struct sealer *s, const struct ledger *g, uint32_t lane, struct err *e);
/* What the settings will be, at the place where they are. */
void sealer_settings(struct sealer *s, const struct settings *next);

/* Another one (or NULL), before the one that there was is freed. */
void sealer_tallier(struct sealer *s, struct tallier *t);

/* True when there is more to do at once. */
bool sealer_round(struct sealer *s, const struct sealer_now *now);
/* What is left, as far as it is soon done, and a last checkpoint: before an orderly end. */
void sealer_end(struct sealer *s, const struct sealer_now *now);

/* The first segment of a lane that is needed; 0: not known. */
uint32_t sealer_needs(const struct sealer *s, uint32_t lane);
/* Something that failed could not be undone: the process must begin anew. */
bool sealer_is_stuck(const struct sealer *s);

#endif
