/*
 * lane.h - one collector's append-only record of what it received and found: the write side.
 *
 *   DIR/00000001.lane, 00000002.lane, ...      segments; a new one at each start, and when full
 *
 *   segment = head, frame, frame, ...          little endian throughout
 *   head    (64 bytes)                         frame   (64 bytes, body behind it, padded to 8)
 *     0  8  "canhlane"                           0  4  "CFRM"
 *     8  4  version, 1                           4  1  kind, enum lane_kind
 *    12  4  lane                                 5  1  flags: 1 frames of the same group follow
 *    16 16  store id                             8  4  body bytes, without the padding
 *    32  4  segment number                      12  4  records in the body
 *    36  4  before: segment, 0 unknown          16  8  sequence: of the first event (EVENTS), else
 *    40  8  sequence of its first event                of the next one
 *    48  8  before: bytes of that segment       24  8  matched: every event below it was tried
 *    56  8  XXH3 of the 56 bytes before                against the rules, and what that found
 *                                                      stands at or before this frame
 *                                               32  8  receipt time, ns
 *                                               40  8  link: the last 8 bytes of the head before
 *                                               48  8  XXH3 of the body
 *                                               56  8  XXH3 of the 56 bytes before
 *
 * A group of frames is written by one call and synced before anything in it is acknowledged, read,
 * shown or counted as stored. It counts whole or not at all: a segment ends at the first frame that
 * does not check, or before, where the group begins that this frame is of: nothing of it was ever
 * acknowledged, and its events without the batch or the checkpoint behind them would be stored
 * again. Nothing is ever truncated or written over: a start opens a new segment. `before` says how
 * far the lane counted when a segment was begun: bytes of earlier segments behind that place are no
 * part of it, even where frames among them check (a group that did not fit on the disk and was
 * written again, whole, here).
 *
 * A group is its SOURCES, its EVENTS, then the other kinds in the order of the table; each kind has
 * one frame, EVENTS as many as its receipt times need. All but the last say that more follow, and
 * carry the `matched` of the group before; the last carries the group's own: only then stands what
 * was found before it. The first group of a segment holds also what a reader of this segment alone
 * must know (sources, checkpoints, batches), and ends with a STATE frame: a segment that has one
 * stands alone. Where a full disk made two groups wait for a new segment, they are one in it.
 *
 * The groups:   filling ──lane_submit──▶ in flight (writev, sync; a thread) ──▶ durable
 *
 * One thread owns the lane; the writing thread is the lane's own. While one group is in flight the
 * next fills. A failed write or sync breaks the lane for good (lane_broken): nothing of that group
 * is ever acknowledged, the process ends and starts anew from what is on the disk.
 * ENOSPC and EDQUOT are the failures that do not: the group waits, lane_poll() tells
 * LANE_DISK_FULL, and each lane_submit() tries again, what fills by then included. Where some of
 * the group was written, a new segment is opened and the group written whole, there.
 *
 * Memory: two groups in turn, a third while the disk is full; events in address space of
 * LANE_BODY_MAX each, of which 1 MiB is kept resident when groups are small. docs/store.md has the
 * format for those who read it without this program.
 */
#ifndef LANE_H
#define LANE_H

#include "base/buf.h"
#include "os/io.h"

#define LANE_HEAD_BYTES   64u
#define LANE_FRAME_BYTES  64u
#define LANE_RECORD_BYTES 16u /* head of one event in an EVENTS body */
#define LANE_BODY_MAX     ((size_t)64 << 20)

/*    kind         a record of the body */
#define LANE_KIND_TABLE(X)                                                                         \
    X(EVENTS)      /* u32 raw bytes, u32 source, u16 flags, u16 lines, u32 receipt - frame's, ns;  \
                      raw */                                                                       \
    X(FINDINGS)    /* u32 bytes; finding.h */                                                      \
    X(INPUTS)      /* u32 bytes; u64 plan hash, u64 event, sigma/correlate.h's record */           \
    X(SOURCES)     /* u32 bytes; what a source number stands for: source.h */                      \
    X(CHECKPOINTS) /* u32 bytes; how far a file was read */                                        \
    X(BATCHES)     /* u32 bytes; 16 bytes id, u32 items stored, u8 whole */                        \
    X(STATE)       /* no records: this segment alone suffices */

enum lane_kind {
#define X(name) LANE_##name,
    LANE_KIND_TABLE(X)
#undef X
        LANE_KINDS
};

/* Flags of an event. */
enum {
    LANE_UNAUTHENTICATED = 1u << 0, /* nobody vouches for who sent it */
    LANE_RESEND = 1u << 1,          /* likely sent before */
    LANE_TRACER = 1u << 2,          /* our own; counts in no figure */
    LANE_CUT = 1u << 3,             /* over a limit: less was kept than was sent */
    LANE_EVTX = 1u << 4,            /* raw is JSON made from a record of a Windows event log */
};

struct lane;

/* How far readers may read: segment and bytes of it, and the next event's number there. */
struct lane_place {
    uint32_t segment;
    uint64_t bytes;
    uint64_t sequence;
};

struct lane_settings {
    const struct io *io;
    uint32_t lane;
    uint8_t store[16];
    uint64_t segment_bytes; /* a new one beyond */
    uint64_t sequence;      /* of the next event; from recovery */
    uint64_t matched;       /* every event below it was tried; from recovery */
    /* What counts of the segments that are there: lane_reader_place() at the end of recovery, which
     * read all kinds. {0}: whatever checks. */
    struct lane_place before;
    /* A descriptor opened O_WRONLY|O_APPEND|O_CREAT|O_EXCL for the next segment, its name synced;
     * *number is what it is called, more than any before. The lane closes it. -1 with *e and errno:
     * ENOSPC and EDQUOT are a full disk, others break the lane. Called by the owning thread, in
     * lane_submit(). */
    int (*open_segment)(void *arg, uint32_t *number, struct err *e);
    /* lane_record() all that a reader of the new segment alone must know, as of what was appended
     * so far; in lane_submit(). No events. NULL: nothing. */
    void (*state)(void *arg, struct lane *l);
    void *arg;
};

int lane_new(struct lane **out, const struct lane_settings *s, struct err *e);
/* What is in flight is awaited; what is filling is not written. */
void lane_free(struct lane **l);

/* --- filling ------------------------------------------------------------------------------ */

struct lane_event {
    uint32_t source;
    uint16_t flags, lines;
    int64_t receipt_ns;
};

/* Append one event to the filling group. Returns its bytes in the group, which stay where they are
 * until lane_poll() has found the group durable (so that they can be parsed in place), and its
 * number; SPAN_NONE when memory is out or the group has LANE_BODY_MAX (nothing was appended). The
 * span of an event without bytes is empty, not SPAN_NONE. */
struct span lane_event(struct lane *l, const struct lane_event *ev, struct span raw,
                       uint64_t *sequence);

/* One record of any other kind but STATE. False when memory is out or the group is full. */
bool lane_record(struct lane *l, enum lane_kind kind, struct span record);

/* All events appended so far have been tried against the rules. Before every submit. */
void lane_matched(struct lane *l);

/* Bytes that wait for lane_submit(): what was filled, and what a full disk did not take. 0 when
 * there is nothing to write. */
size_t lane_filling(const struct lane *l);

/* The number of the group that is filling, from 1: what is appended now is durable when
 * lane_durable() reaches it. */
uint64_t lane_group(const struct lane *l);

/* --- committing --------------------------------------------------------------------------- */

/* Hand the filling group, and those that wait, to the writer. True when that is under way, or there
 * is nothing to write. False when a group is still in flight, or nothing was started because no
 * segment could be opened or the lane is broken: lane_poll() tells which. */
bool lane_submit(struct lane *l, int64_t now_ns);

/* From lane_submit() until lane_poll() has taken note of what came of it. */
bool lane_in_flight(const struct lane *l);

/* Readable when something became durable or failed; lane_poll() takes note of it, never waiting. *e
 * says why it is not LANE_GOOD. */
int lane_fd(const struct lane *l);

enum lane_state { LANE_GOOD, LANE_DISK_FULL, LANE_BROKEN };
enum lane_state lane_poll(struct lane *l, struct err *e);

/* All groups up to this one are durable. */
uint64_t lane_durable(const struct lane *l);

/* What is durable; lane_settings.before until something is. */
struct lane_place lane_place(const struct lane *l);

#endif
