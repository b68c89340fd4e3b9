/*
 * chain.h - the ledger's files: notes, one behind the other, in DATA/ledger/.
 *
 *   2026-03-01.0000.chain, 2026-03-01.0001.chain, 2026-03-02.0000.chain, ...      parts
 *
 * A part is text that any editor shows: notes (note.h) without anything between. Their order is the
 * order of the parts' names, then of the bytes. A new part begins with the day (UTC) of a note,
 * when that is later than the newest part's, and where a write failed or a crash left the newest
 * part torn: nothing is ever truncated or written over, and a part is never appended to behind a
 * write or sync that failed. So what stands behind the last whole note of a part (note_is_torn())
 * was never reported to be durable, and the note that it was begins the next part.
 *
 * One writer, one thread. Readers may read at any time; what is being written may look torn to
 * them.
 */
#ifndef CHAIN_H
#define CHAIN_H

#include "ledger/note.h"
#include "os/io.h"

#define CHAIN_NAME_BYTES 22u /* with the zero */
#define CHAIN_PARTS_MAX  1000000u

struct chain_part {
    int32_t day;     /* since 1970 */
    uint32_t number; /* of the day's, from 0 */
};
void chain_part_name(const struct chain_part *p, char name[CHAIN_NAME_BYTES]);

struct chain;

/* `dir` is borrowed. What is there is made durable before it is believed: the newest part is
 * synced. ERR_IO, ERR_NOMEM, ERR_LIMIT. */
int chain_open(struct chain **out, const struct io *io, int dir, struct err *e);
/* To read only: a folder that somebody else writes, or a copy; nothing is synced. */
int chain_open_reader(struct chain **out, const struct io *io, int dir, struct err *e);
void chain_free(struct chain **c);

uint32_t chain_parts(const struct chain *c);

struct chain_place {
    struct chain_part part;
    uint64_t at;
    bool first; /* the part's first note */
};

/* What a reader is told. False ends the reading. */
struct chain_reader {
    bool (*note)(void *arg, const struct note *n, const struct chain_place *at);
    /* What cannot be read as a note and is no torn tail. NULL: as a torn one. */
    bool (*unreadable)(void *arg, const struct err *why, const struct chain_place *at);
    void *arg;
};

/* All notes of the parts from `part` (an index) on. ERR_IO, ERR_NOMEM: they could not be read.
 * *torn (may be NULL) is the number of bytes passed over as torn. */
int chain_read(struct chain *c, uint32_t part, const struct chain_reader *r, uint64_t *torn,
               struct err *e);
/* One part. */
int chain_read_part(struct chain *c, uint32_t part, const struct chain_reader *r, uint64_t *torn,
                    struct err *e);

/* Write a note, whole, and make it durable. On an error it may be in the file all the same; the
 * same note may be appended again, no other before it. */
int chain_append(struct chain *c, int64_t time_ns, struct span note, struct err *e);

#endif
