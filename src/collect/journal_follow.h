/*
 * journal_follow.h - this machine's journal as blocks of JSON lines, each entry once.
 *
 * The checkpoint is the journal's own cursor of the last entry of the block; after a restart it
 * goes on behind it. When that entry is gone (the journal was vacuumed meanwhile) it goes on with
 * the next one that is there and says that entries may be missing. Without a checkpoint it begins
 * with the current boot: what came before is history, which `canh scan journal:` reads.
 *
 *   checkpoint = key 16 (of the word "journal"), u8 version, cursor
 *
 * Where the journal cannot be opened it is tried again at each journal_follow_retry().
 */
#ifndef JOURNAL_FOLLOW_H
#define JOURNAL_FOLLOW_H

#include "collect/pass.h"

struct journal_follow;

typedef void journal_notice_fn(void *arg, const char *sentence);

struct journal_follow_counts {
    uint64_t blocks, bytes, entries;
    uint64_t gaps;    /* restarts behind an entry that was gone */
    uint64_t dropped; /* entries larger than a record may be */
    uint64_t faults;  /* the journal could not be opened or read */
};

/* The machine's own journal, or the files below `folder` when it is not empty. */
int journal_follow_new(struct journal_follow **out, const char *folder, journal_notice_fn *notice,
                       void *arg, struct err *e);
void journal_follow_free(struct journal_follow **j);

/* As follow_reset(), follow_checkpoint() and follow_start(). */
void journal_follow_reset(struct journal_follow *j);
void journal_follow_checkpoint(struct journal_follow *j, struct span checkpoint);
void journal_follow_start(struct journal_follow *j);

/* To be watched for reading; -1 while the journal is not open, and another one after that. */
int journal_follow_fd(const struct journal_follow *j);
void journal_follow_heard(struct journal_follow *j);
void journal_follow_retry(struct journal_follow *j);

/* The next block: 1, or 0 when there is none. What `b` lends lives until the next call. */
int journal_follow_next(struct journal_follow *j, struct pass_block *b);

const struct journal_follow_counts *journal_follow_counts(const struct journal_follow *j);

#endif
