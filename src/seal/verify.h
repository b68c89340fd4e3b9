/*
 * verify.h - is the store as it was written? Reads all of it and believes nothing:
 *
 *   - every byte of every sealed file is under a check that holds (store/sealed.h);
 *   - the events of each block, hashed again, are the leaves of its roots; its roots continue the
 *     tree of its folder, from the first file on, and the tree that the file says is that tree;
 *   - the index of words leaves out no word of an event;
 *   - runs follow one another without a gap, and a run's files hold all of its events;
 *   - what the lanes hold goes on where the sealed files end, without a gap.
 *
 * What was removed because its months were over leaves gaps that are none; nothing younger than the
 * least retention can have been. That all of it was made anew, or its end cut off, cannot be seen
 * in the store alone: docs/ledger.md says what is promised.
 */
#ifndef VERIFY_H
#define VERIFY_H

#include "os/io.h"
#include "store/sealed.h"

#define VERIFY_LEAST_MONTHS 1u /* nothing is kept for less */

struct verify_counts {
    uint64_t files, blocks, events; /* sealed, that were read */
    uint64_t lane_events;           /* not sealed yet */
    uint64_t faults;
};

struct verify_from {
    const struct io *io;
    const char *data; /* path of the data folder */
    int64_t now_ns;
    /* A fault: where (a path in the data folder, and a place in it) and what, in a sentence. */
    void (*fault)(void *arg, const char *where, const char *what);
    /* Now and then, with how much has been done; may be NULL. */
    void (*progress)(void *arg, const struct verify_counts *c);
    void *arg;
};

/* ERR_OK when it was looked at, whatever was found; ERR_NOTFOUND, ERR_IO, ERR_NOMEM. */
int verify_store(const struct verify_from *from, struct verify_counts *counts, struct err *e);

#endif
