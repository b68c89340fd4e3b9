/*
 * retain.h - what was kept as long as its class says goes: whole folders of a day.
 *
 * An event of day D kept M months goes on the day behind the one that has D's number M months later
 * (the month's last, where it has none): what is kept "3 months" is there for three full months.
 * The newest run of a lane stays: where the lane goes on is read from it.
 */
#ifndef RETAIN_H
#define RETAIN_H

#include "os/io.h"
#include "store/catalog.h"

/* The first day (since 1970, UTC) on which nothing of `day` need be kept. */
int32_t retain_until(int32_t day, uint16_t months);

struct retain_counts {
    uint64_t files, bytes;
};

/* Remove what is over by `today`; *done is added to. ERR_IO: the rest is tried with the next call.
 */
int retain_remove(const struct io *io, int sealed_dir, const struct catalog *c, int32_t today,
                  struct retain_counts *done, struct err *e);

#endif
