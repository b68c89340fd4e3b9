/*
 * lane_read.h - a lane's frames in the order in which they were written, up to a given place.
 *
 * Reads by pread, never maps: what is read was checked and cannot change behind the check. Frames
 * of unwanted kinds are passed over by their heads alone. A segment ends at the first frame that
 * does not check: in the last segment that is the end for now (more may come), in an earlier one
 * the next follows. Where nothing says how far a segment counts, neither a limit nor the next one,
 * it ends before the group that this frame is of, and the reader's place is there. What did not
 * check is counted (torn tails are usual after a crash), as is what the next segment says is no
 * part of the lane (lane.h, `before`).
 *
 * Who reads beside a living lane sets a limit, the lane's durable place, and moves it on: without
 * one, frames may be seen that are not durable yet, and again where a full disk had them written
 * twice. A frame wholly below the limit was durable: when it does not check in the limit's own
 * segment, that is ERR_CORRUPT, at each call, until the limit is in a later one.
 *
 * Bodies of kinds that are passed over are not checked, but where a group may be cut. Who decides
 * where the lane goes on (recovery) reads all kinds, LANE_READ_ALL.
 *
 * Memory: a window of 64 KiB, more for as long as a larger body is in use.
 */
#ifndef LANE_READ_H
#define LANE_READ_H

#include "base/buf.h"
#include "os/io.h"
#include "store/lane.h"

struct lane_reader;

struct lane_frame {
    enum lane_kind kind;
    uint32_t lane, segment, count;
    uint64_t at; /* of its head in the segment */
    uint64_t sequence, matched;
    int64_t receipt_ns;
    struct span body; /* valid until the next call; empty for kinds that were passed over */
};

#define LANE_READ_ALL ((1u << LANE_KINDS) - 1)

/* `dir`: descriptor of the lane's folder, borrowed. `kinds`: 1u << LANE_EVENTS | ... */
int lane_reader_new(struct lane_reader **out, const struct io *io, int dir, unsigned kinds,
                    struct err *e);
void lane_reader_free(struct lane_reader **r);

/* From this place on ({0}: from the beginning of what is left). ERR_NOTFOUND when that segment is
 * gone: reading begins at the next one that is there. */
int lane_reader_seek(struct lane_reader *r, struct lane_place from, struct err *e);

/* From the beginning of the newest segment that stands alone (it has a STATE frame), or of what is
 * left when none does. Not after lane_reader_limit(). */
int lane_reader_seek_state(struct lane_reader *r, struct err *e);

/* Not beyond `end` ({0}: nothing at all). Without a call: to the end of what is on the disk. */
void lane_reader_limit(struct lane_reader *r, struct lane_place end);

/* Open the first LANE_HELD_MAX segments that there are now: whoever removes them meanwhile takes
 * nothing away from this reader. What cannot be opened is not held. ERR_IO. */
#define LANE_HELD_MAX 8u
int lane_reader_hold(struct lane_reader *r, struct err *e);

/* 1 with the next frame of a wanted kind, 0 when there is none now, or a negative code: ERR_IO,
 * ERR_NOMEM, ERR_CORRUPT, ERR_UNSUPPORTED for a segment of a later version. The reader stays where
 * it is: the next call tries again. */
int lane_reader_next(struct lane_reader *r, struct lane_frame *f, struct err *e);

/* Behind the last frame that was handed out or passed over: where to go on. */
struct lane_place lane_reader_place(const struct lane_reader *r);

/* Bytes that belong to no frame, in all segments read so far. */
uint64_t lane_reader_torn(const struct lane_reader *r);

/* Segments that do not check any more as far as a later one says that they counted (lane.h,
 * `before`): damaged, or gone, since. Takes one off those that were met: its number, and where it
 * ends to check (0: nothing of it does). False when there are no more. For who reads all kinds,
 * from the beginning; LANE_DAMAGES are remembered. */
#define LANE_DAMAGES 16u
bool lane_reader_damage(struct lane_reader *r, struct lane_place *at);

/* --- bodies ------------------------------------------------------------------------------- */

struct lane_read_event {
    uint64_t sequence;
    uint32_t source;
    uint16_t flags, lines;
    int64_t receipt_ns;
    struct span raw;
};

/* Take the first event, or record, off a body: `f->body` is advanced, as is f->sequence for
 * events. False at the end, or when the rest is no whole record (f->body.n > 0 then). */
bool lane_next_event(struct lane_frame *f, struct lane_read_event *ev);
bool lane_next_record(struct lane_frame *f, struct span *record);

/* The newest segment of the folder, 0 when there is none; ERR_IO. */
int lane_last_segment(int dir, uint32_t *number, struct err *e);

/* Name of a segment into `name`. */
#define LANE_NAME_BYTES 16u
void lane_segment_name(char *name, uint32_t number);

#endif
