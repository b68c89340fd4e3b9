/*
 * pass.h - what the reader passes to a collector, over a stream socket pair: blocks of whole
 * records with the place in the file that they end at.
 *
 *   reader                                            collector
 *     ◀── CHECKPOINT ..., CHECKPOINT, START ──           what it knows from its lane
 *     ── BLOCK 1, BLOCK 2 ... ──▶                        appends events and checkpoint as one unit
 *     ◀── DURABLE 2 ──                                   once both are on the disk
 *
 *   frame = u32 type, u32 bytes of the body, u64 number, body          little endian
 *   BLOCK = u32 bytes of each: source, checkpoint, w3c; u8 input, u8 mode, u8 header, u8 0;
 *           i64 time of the file, ns; then those texts and, behind them, the records
 *
 * A checkpoint is the reader's own: 16 bytes of key (which file), then what it likes; the collector
 * keeps the newest of each key. The reader has at most PASS_WINDOW_BYTES of blocks that are not
 * durable: that is its back-pressure. Either side ends the talk when the other breaks the form.
 */
#ifndef PASS_H
#define PASS_H

#include "base/base.h"
#include "base/buf.h"

#define PASS_HEAD_BYTES     16u
#define PASS_BODY_MAX       ((size_t)20 << 20)
#define PASS_WINDOW_BYTES   ((size_t)2 << 20)
#define PASS_KEY_BYTES      16u
#define PASS_CHECKPOINT_MAX 8192u

enum pass_type { PASS_CHECKPOINT, PASS_START, PASS_BLOCK, PASS_DURABLE, PASS_TYPES };

struct pass_block {
    struct span source, checkpoint, records;
    uint32_t input; /* INPUT_FILES or INPUT_JOURNAL */
    uint8_t mode;   /* enum cut_mode of the block: how its records are told apart */
    bool header;    /* begins with the header of a Windows event log */
    int64_t time_ns;
    struct span w3c; /* header lines that rule the records, LF between them, or empty */
};

struct pass_frame {
    enum pass_type type;
    uint64_t number;
    struct span body;
};

/* Bytes used, ERR_MORE, ERR_SYNTAX, ERR_LIMIT. */
int64_t pass_frame(struct span in, struct pass_frame *f, struct err *e);
bool pass_block_read(struct span body, struct pass_block *b);

void pass_put(struct buf *out, enum pass_type type, uint64_t number, struct span body);
void pass_put_block(struct buf *out, uint64_t number, const struct pass_block *b);

#endif
