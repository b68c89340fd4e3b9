/*
 * retain.h - what was kept as long as its class says goes: sealed files, the oldest of a stream
 * first, with a signed record of what went.
 *
 * An event of day D kept M months goes on the day behind the one that has D's number M months later
 * (the month's last, where it has none): what is kept "3 months" is there for three full months.
 * The newest run of a lane stays: where the lane goes on is read from it. A file goes only when all
 * of its stream before it goes or is gone.
 */
#ifndef RETAIN_H
#define RETAIN_H

#include "ledger/deletion.h"
#include "os/io.h"
#include "store/catalog.h"

/* The first day (since 1970, UTC) on which nothing of `day` need be kept. */
int32_t retain_until(int32_t day, uint16_t months);

struct retain_from {
    const struct io *io;
    int sealed_dir;
    const struct catalog *catalog;
    int32_t today;
    /* How many of the first events of a stream are gone already, by the records. */
    uint64_t (*gone)(void *arg, uint32_t lane, uint16_t months);
    /* Of what goes now; without store, numbers and time. Only when it is ERR_OK may it go. */
    int (*record)(void *arg, struct deletion *d, struct err *e);
    void *arg;
};

struct retain_counts {
    uint64_t files, bytes;
};

/* Remove what is over; *done is added to. On an error the rest is tried with the next call. */
int retain_remove(const struct retain_from *from, struct retain_counts *done, struct err *e);

#endif
