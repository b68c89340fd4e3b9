/*
 * removed.h - what retention took of a lane, by its newest records of deletion (ledger/deletion.h):
 * for who asks for an event that is not there any more.
 *
 * The newest record of a stream says that all before its end is gone. Only the newest parts of the
 * ledger are read, REMOVED_PARTS of them, until one has a record of the lane; what they say is told
 * as it stands there: canh verify shows that it is signed.
 */
#ifndef REMOVED_H
#define REMOVED_H

#include "ledger/deletion.h"
#include "os/io.h"

#define REMOVED_PARTS   3u
#define REMOVED_STREAMS 16u

struct removed {
    uint16_t months; /* the stream */
    uint64_t number, checkpoint;
    int64_t time_ns;
    enum deletion_why why;
    uint64_t leaves; /* gone, from the stream's first on */
};

/* *count of them, each of another stream; none: those parts have none. ERR_IO, ERR_NOMEM. */
int removed_of(const struct io *io, const char *data, uint32_t lane,
               struct removed out[REMOVED_STREAMS], uint32_t *count, struct err *e);
const char *removed_why(enum deletion_why why);

#endif
