/*
 * removed.h - what retention took, by the records of deletion (ledger/deletion.h): of a lane the
 * newest, for who asks for an event that is not there any more; of all lanes what the newest days
 * have, for who audits.
 *
 * The newest record of a stream says that all before its end is gone. Only the newest parts of the
 * ledger are read, REMOVED_PARTS of them, until one has a record of the lane; what they say is told
 * as it stands there: canh verify shows that it is signed.
 */
#ifndef REMOVED_H
#define REMOVED_H

#include "base/buf.h"
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

/* A record as it stands in the ledger. */
struct removed_record {
    uint64_t number, checkpoint, begin, end; /* leaves: [begin, end) of the stream */
    int64_t time_ns;
    uint32_t lane, blocks;
    uint16_t months;
    enum deletion_why why;
    struct buf note; /* whole, with its signature */
};

#define REMOVED_DAYS    31u  /* parts of the ledger that are read, the newest */
#define REMOVED_RECORDS 100u /* that are told, the newest */

/* *count of them into `out`, the newest first. Release them in any case. */
int removed_list(const struct io *io, const char *data, struct removed_record out[REMOVED_RECORDS],
                 uint32_t *count, struct err *e);
void removed_release(struct removed_record out[REMOVED_RECORDS], uint32_t count);

#endif
