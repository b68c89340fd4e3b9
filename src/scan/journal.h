/*
 * journal.h - systemd's journal as JSON lines, the same that `journalctl -o json` writes: all
 * fields, __REALTIME_TIMESTAMP in microseconds; a value that is no UTF-8 as a list of numbers.
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include "base/buf.h"

struct journal;

/* The machine's own journal, or the journal files below `folder` when it is not empty. */
int journal_open(struct journal **out, const char *folder, struct err *e);
void journal_close(struct journal **j);

/* One more entry as a line at the end of `out`. 1, 0 behind the last one, or a negative code. */
int journal_next(struct journal *j, struct buf *out, struct err *e);

/* --- following: where to go on, and when there is more ----------------------------------------- */

#define JOURNAL_CURSOR_MAX 1024u

/* A descriptor that is readable when there may be more; journal_heard() then takes note. */
int journal_fd(struct journal *j, struct err *e);
void journal_heard(struct journal *j);

/* The next entry is the first one of the running system's boot. */
int journal_seek_boot(struct journal *j, struct err *e);
/* The next entry is the one behind this one: 1; 0 when the one is gone (then it is the oldest one
 * that is there and was not before it). */
int journal_seek_behind(struct journal *j, struct span cursor, struct err *e);

/* The place of the entry that journal_next() gave last, as text into `out` (cleared first). */
int journal_cursor(struct journal *j, struct buf *out, struct err *e);

#endif
