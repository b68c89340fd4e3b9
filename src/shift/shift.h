/*
 * shift.h - who is on duty, and what one shift hands to the next: acts and views (act/act.h).
 *
 *   roster: one duty, or a rotation of several people ─▶ swapped, cancelled; who is away has none
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

#define SHIFT_PEOPLE_MAX 40u
#define SHIFT_DUTIES_MAX 2000u /* of one rotation */

enum { SHIFT_ACTS = 9, SHIFT_VIEWS = 8 };
extern const struct act_row shift_acts[SHIFT_ACTS];
extern const struct view_row shift_views[SHIFT_VIEWS];

#endif
