/*
 * desk_lane.h - what the desk's tests share: a folder with a database, and lanes with findings and
 * inputs written as a collector writes them, torn as a crash tears them.
 */
#ifndef DESK_LANE_H
#define DESK_LANE_H

#include "base/buf.h"
#include "store/finding.h"
#include "store/lane.h"
#include "store/lane_read.h"

struct desk_folder {
    char path[64], db[96];
};
void desk_folder_init(struct desk_folder *f);
void desk_folder_release(struct desk_folder *f); /* with all that is in it */

/* The number that a query of one row and column gives, over a connection of its own. */
int64_t desk_number(const struct desk_folder *f, const char *sql);

/* The texts that one of one column gives, a line each. */
void desk_texts(const struct desk_folder *f, const char *sql, struct buf *out);

struct desk_lane {
    char path[96];
    int dir;
    uint32_t number, newest; /* lane, segment */
    struct lane *lane;
    uint64_t sequence, matched;
    struct lane_place before;
    struct buf record;
};
void desk_lane_init(struct desk_lane *l, const struct desk_folder *f, uint32_t number);
void desk_lane_init_at(struct desk_lane *l, const char *lanes, uint32_t number); /* LANES/NN */
void desk_lane_release(struct desk_lane *l);

/* An event (of no bytes to speak of); its number. */
uint64_t desk_lane_event(struct desk_lane *l, int64_t receipt_ns);
void desk_lane_finding(struct desk_lane *l, const struct stored_finding *f);
void desk_lane_input(struct desk_lane *l, uint64_t plan, uint64_t event, struct span record);

/* Everything was matched; written and durable. The place that a collector would publish. */
struct lane_place desk_lane_commit(struct desk_lane *l, int64_t now_ns);

/*
 * The collector dies, and of its last group only the first `frames` frames are on the disk; a new
 * one goes on as recovery would have it. Returns the first event that is to be matched again.
 * `alone`: it was a program whose frames count alone; else a torn group is none.
 */
uint64_t desk_lane_crash(struct desk_lane *l, uint32_t frames, bool alone);

#endif
