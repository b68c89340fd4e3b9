/*
 * shift.h - who is on duty, and what one shift hands to the next: acts and views (act/act.h).
 *
 *   roster: one duty, or a rotation of several people ─▶ swapped, cancelled; who is away has none
 *     in and out as a table (XLSX, CSV); shifts on a holiday of the law's calendar are marked
 *   handover: what is at hand, written down by itself ─▶ giver signs by making it, taker by taking
 * it
 *
 * What is handed over are parts of statement HAND (src/db/sql/shift.sql): a new one goes there.
 *
 * Coverage is by the minute: how long at least so many people watched, and which stretches nobody.
 */
#ifndef SHIFT_H
#define SHIFT_H

#include "act/act.h"
#include "act/view.h"
#include "sheet/sheet.h"

#define SHIFT_PEOPLE_MAX 40u
#define SHIFT_DUTIES_MAX 2000u /* of one rotation */
#define SHIFT_FILE_MAX   ((int64_t)8 << 20)

enum { SHIFT_ACTS = 10, SHIFT_VIEWS = 10 };
extern const struct act_row shift_acts[SHIFT_ACTS];
extern const struct view_row shift_views[SHIFT_VIEWS];

/* The roster of a time as a book that act shift.import takes back unchanged (to the second), in the
 * headers' language. Over a reader's connection. */
int shift_export(struct db *reader, int64_t from_ns, int64_t to_ns, bool english,
                 enum book_format format, struct buf *out, struct err *e);
/* The empty book to fill in. */
int shift_template(bool english, struct buf *out, struct err *e);

/* Holidays of the law's calendar, in place of those that were: shifts that are put down from now on
 * are marked by it. A transaction of its own. */
struct law;
int shift_holidays(struct db *db, const struct law *law, struct err *e);

#endif
