/*
 * results.h - what correlations found, on its way into the database.
 *
 * Correlators call back in the middle of their work; what they say is kept here (results_put()) and
 * written in the next transaction (results_write()). If that fails it is still here.
 *
 * Every result is judged twice: early, as a provisional one, and once all that may come late has
 * come, as a final one. Provisional and final are one result when rule, rule hash and group are the
 * same and their windows overlap (their times lie less than a timespan apart). Table `result`:
 *
 *     provisional ──final of the same──▶ confirmed      counts in its alert all the way
 *          └─────── watermark is a timespan further ──▶ withdrawn      counts no more
 *     (none) ──────final ─────────────────────────────▶ final
 *
 * A final one is of the alert that the final ones make (alerts.h): another than its provisional one
 * was of, if need be, unless somebody has closed that.
 *
 * Each time of a rule and group is there once, so what is found again after a restart does nothing.
 */
#ifndef RESULTS_H
#define RESULTS_H

#include "desk/alerts.h"
#include "sigma/correlate.h"

#define RESULTS_BYTES_MAX ((size_t)32 << 20)

struct results;

int results_new(struct results **out, struct db *db, struct alerts *alerts, struct err *e);
void results_free(struct results **r);

struct result_of {
    const struct sigma_correlation *rule;
    uint64_t plan;
    bool final;
    /* Title of the detection rule of an event. */
    struct span (*title)(void *arg, uint32_t rule);
    void *arg;
};

/* Copied. Over RESULTS_BYTES_MAX it is dropped and counted. */
void results_put(struct results *r, const struct result_of *of, const struct correlate_result *c);

size_t results_waiting(const struct results *r);      /* bytes */
void results_rewind(struct results *r, size_t bytes); /* forget what was put since */
uint64_t results_dropped(const struct results *r);

/* All that waits, in a transaction that is open; results_written() once it is committed. */
int results_write(struct results *r, struct err *e);
void results_written(struct results *r);

/* Withdraw what the final judgement of this plan did not confirm up to the watermark. *count: how
 * many. At most 1,000 a call. In a transaction that is open. */
int results_withdraw(struct results *r, uint64_t plan, int64_t watermark_ns, uint32_t *count,
                     struct err *e);

/* Forget results older than this: none as old can come again, or be confirmed. */
int results_prune(struct results *r, int64_t before_ns, struct err *e);

#endif
