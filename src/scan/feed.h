/*
 * feed.h - inputs, in the order given, as blocks of whole records.
 *
 *   paths ─▶ stream: members ─▶ cut ─▶ blocks
 *
 * The one place where files are opened and bytes are read. What cannot be opened or read further is
 * told to `fault`, with the name and a sentence, and the next input follows; what was good before
 * it has been handed out. Files that are no logs (binary) are told and passed over.
 *
 * One thread at a time: those who share a feed hold a lock around feed_next().
 */
#ifndef FEED_H
#define FEED_H

#include "base/buf.h"
#include "os/file.h"
#include "scan/cut.h"

#define BLOCK_BYTES_USUAL 262144u

struct feed;

/* A run of whole records. The memory is the block's own; it is used again and again. */
struct block {
    uint8_t *p;
    size_t n, cap;
    struct cut cut;  /* as it was at the block's start */
    bool header;     /* begins with the header of a Windows event log */
    uint32_t file;   /* number of the member, from 0 */
    struct buf name; /* its name as shown */
    int64_t time_ns; /* when it was last written, 0 when unknown */
    uint64_t number; /* of the block, from 0 */
};

void block_init(struct block *b);
void block_release(struct block *b);

/* What became of the inputs. */
struct feed_counts {
    uint64_t files;  /* members read from */
    uint64_t binary; /* passed over: no logs */
    uint64_t faults; /* could not be opened, or not read to their end */
    uint64_t unused; /* inputs given that gave no byte because of a fault */
    uint64_t bytes;  /* unpacked */
};

typedef void feed_fault_fn(void *arg, struct span name, const char *why);

/* `paths` must outlive the feed. */
int feed_new(struct feed **out, const struct file_list *paths, feed_fault_fn *fault, void *arg,
             struct err *e);
void feed_free(struct feed **f);

/* 1 with the next block, 0 behind the last one; ERR_NOMEM is the only error. */
int feed_next(struct feed *f, struct block *b, struct err *e);

const struct feed_counts *feed_counts(const struct feed *f);

/* How far it is, in bytes on disk, and of how many; the latter is 0 when it cannot be known. */
void feed_progress(const struct feed *f, uint64_t *done, uint64_t *all);

#endif
