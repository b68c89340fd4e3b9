/*
 * lane_files.h - what the tests of lanes share: a folder for one, its segments opened as a
 * collector's keeper would, events that can be told from each other, and a check of what is read.
 */
#ifndef LANE_FILES_H
#define LANE_FILES_H

#include "store/lane.h"
#include "store/lane_read.h"

struct lane_files {
    char path[64];
    int dir;
    const struct io *io;
    uint32_t newest;      /* segment */
    uint64_t states;      /* how often the state was asked for */
    uint64_t checkpoint;  /* what the state says: a number that only grows */
    uint64_t state_bytes; /* of one more record in it, 0 none */
};

/* A fresh folder in memory (/dev/shm) or, `disk`, in /var/tmp. */
void lane_files_init(struct lane_files *f, const struct io *io, bool disk);
/* Removes what is in it. */
void lane_files_clear(struct lane_files *f);
void lane_files_release(struct lane_files *f);

struct lane_settings lane_files_settings(struct lane_files *f, uint64_t segment_bytes);

/* Segment `number`, opened with these flags; it must be possible. */
int lane_files_open(const struct lane_files *f, uint32_t number, int flags);

/* Bytes of segment `number`. */
uint64_t lane_files_size(const struct lane_files *f, uint32_t number);

/* Make the frames of segment `number` from byte `at` on those of a program that knew no groups:
 * none says that more follow, each counts alone. */
void lane_files_ungroup(const struct lane_files *f, uint32_t number, uint64_t at);

/* The bytes of event `sequence`, in `room`. */
#define LANE_TEST_EVENT_MAX 600u
struct span lane_test_event(uint64_t sequence, uint8_t room[LANE_TEST_EVENT_MAX]);

/* Append event `*next`, which must get that number; ++*next. */
void lane_test_append(struct lane *l, uint64_t *next);

/* Wait until nothing is in flight. What lane_poll() said. */
enum lane_state lane_test_wait(struct lane *l);

/* lane_matched(), lane_submit(), wait. */
enum lane_state lane_test_commit(struct lane *l);

/* Reads all events from the beginning: each must be the one of its number, each number follows the
 * one before, the first is `first`. Returns the number behind the last. */
uint64_t lane_test_read(struct lane_files *f, uint64_t first, const struct lane_place *limit);

#endif
