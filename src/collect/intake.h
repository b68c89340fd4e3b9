/*
 * intake.h - what happens to one record that came in: into the lane, tried against the rules, what
 * was found beside it. The hot path of the server.
 *
 *   raw ──copy──▶ lane's group ──parse──▶ event ──match──▶ findings, correlation inputs ──▶ same
 * group
 *
 * An event and what the rules find in it are in one group, so they become durable together and
 * "stored" implies "matched"; only a group that is torn between the two by a crash needs its events
 * matched again (intake_rematch).
 *
 * A rule that finds more than FINDINGS_WHOLE_MAX a second in one collector has the rest of that
 * second recorded without the text of the event: counted, not described.
 *
 * One thread. The rules may be changed between any two records.
 */
#ifndef INTAKE_H
#define INTAKE_H

#include "collect/ledger.h"
#include "collect/tracer.h"
#include "event/taxonomy.h"
#include "sigma/correlate.h"
#include "sigma/match.h"
#include "store/lane_read.h"

#define FINDINGS_WHOLE_MAX 200u
#define TRACER_RULE        "canh.tracer"

struct intake;

struct intake_rules {
    struct ruleset *rules;
    struct taxonomy *taxonomy;
    struct names *names;
};

/* `l` and `g` outlive it. */
int intake_new(struct intake **out, struct lane *l, struct ledger *g, struct err *e);
void intake_free(struct intake **in);

/* Use these rules, borrowed, from the next record on; NULL: none (records are refused by MUST). */
int intake_use(struct intake *in, const struct intake_rules *r, struct err *e);
void intake_skew(struct intake *in, uint64_t skew_ms);
/* Our own events are those that this key made, copied; NULL: there are none. They are stored with
 * LANE_TRACER and a finding of TRACER_RULE, counted in LEDGER_tracers alone, and no rule sees
 * them. */
void intake_tracer(struct intake *in, const struct tracer_key *key);

/* Is this the text of one of them, for this input? */
bool intake_is_tracer(const struct intake *in, enum input input, struct span text);
/* How many of our own were taken. */
uint64_t intake_tracers(const struct intake *in);

/* Where it came from, and when. */
struct intake_from {
    uint32_t row;   /* of the ledger; the source's number */
    uint16_t flags; /* LANE_UNAUTHENTICATED, ... */
    int64_t now_ns;
    int64_t reference_ns; /* gives times without a year theirs; 0: now */
};

/* One wire record. INTAKE_NO_MEMORY is counted as dropped, INTAKE_NOT_JSON (only where `json`: it
 * must be one JSON object) as refused. */
enum intake_result { INTAKE_STORED, INTAKE_NO_MEMORY, INTAKE_NOT_JSON };
enum intake_result intake_record(struct intake *in, const struct intake_from *from, struct span raw,
                                 bool json);

/* All records of a block of a file; their number. */
struct pass_block;
uint32_t intake_block(struct intake *in, const struct intake_from *from,
                      const struct pass_block *b);

/* A record that will not be stored: received, and why not. */
void intake_refuse(struct intake *in, uint32_t row, enum ledger_counter why, uint64_t records);

/* Everything in the filling group is done with: call before lane_submit(). Counts of the group are
 * kept until intake_durable(group). */
void intake_group(struct intake *in);
void intake_durable(struct intake *in, uint64_t group);

/* SOURCES records of all rows in use: for the lane's state. */
void intake_sources(struct intake *in);

/* An event of an earlier life whose findings may not be durable; `row` is its source's now. */
void intake_rematch(struct intake *in, const struct lane_read_event *ev, uint32_t row);

#endif
