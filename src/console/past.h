/*
 * past.h - the last events of the lanes of a server that does not run, for `canh tail` without one.
 *
 * Each lane is read from its end backwards by segments until there are enough, at most PAST_LOOK
 * events of it; what a filter takes of them, the newest first, is merged over the lanes by receipt
 * time and handed out in that order, the oldest first. Without a server nothing says what is
 * durable: what checks on the disk is shown.
 */
#ifndef PAST_H
#define PAST_H

#include "console/shown.h"
#include "os/io.h"

#define PAST_MAX  10000u  /* events that can be asked for */
#define PAST_LOOK 200000u /* events of a lane that are looked at */

struct past_from {
    const struct io *io;
    const char *lanes; /* path of the folder with 00, 01, ... */
    const struct taxonomy *taxonomy;
    const struct names *names;
    struct span filter;
    uint32_t last; /* 1 .. PAST_MAX */
};

typedef bool past_fn(void *arg, struct span line); /* with "\n"; false: no more */

/* ERR_OK, also when there is nothing; a filter that cannot be read is ERR_SYNTAX with its place. */
int past_read(const struct past_from *from, past_fn *fn, void *arg, struct err *e);

#endif
