/*
 * spill.h - more records than memory should hold, in order.
 *
 *   add, add, add ...     memory full: sort, write as one run to a temporary file
 *   sort                  the last run stays in memory
 *   next, next ...        merges the runs; ascending by key, equal keys in the order of adding
 *
 * The temporary file has no name (or loses it at once), so that nothing is left behind when the
 * program dies; it lies in $TMPDIR, else in /var/tmp, which is a disk where /tmp may be memory. Who
 * enters a sandbox that lets no file be made holds some from before (spill_hold()).
 * Memory stays at what spill_new() was given, whatever is added. One thread at a time.
 */
#ifndef SPILL_H
#define SPILL_H

#include "base/base.h"

struct spill;

struct spill_key {
    int64_t time; /* ns */
    uint64_t order;
};

int spill_new(struct spill **out, size_t memory_bytes, struct err *e);
void spill_free(struct spill **s);

/* The bytes are copied. At most a quarter of the memory a record: ERR_LIMIT. */
int spill_add(struct spill *s, struct spill_key key, struct span record, struct err *e);

/* No more is added from here on; reading starts at the first record. */
int spill_sort(struct spill *s, struct err *e);

/* 1 and the record, valid until the next call; 0 behind the last one; else a negative code. */
int spill_next(struct spill *s, struct spill_key *key, struct span *record, struct err *e);

uint64_t spill_count(const struct spill *s);

/* An open temporary file without a name, for other uses of the same kind; -1 and *e on failure. */
int spill_file(struct err *e);
void spill_close(int fd);

/* From now on as many files, SPILL_HELD_MAX at most, are there for spill_file(), used again and
 * again; when they are all taken, one is made. Of the whole process. ERR_IO: fewer are. */
#define SPILL_HELD_MAX 8u
int spill_hold(unsigned count, struct err *e);

#endif
