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

#endif
