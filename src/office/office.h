/*
 * office.h - everything that can be asked of the desk: the acts and views of all areas.
 *
 * A new area is a line here (office.c).
 */
#ifndef OFFICE_H
#define OFFICE_H

#include "act/act.h"
#include "act/view.h"

extern const struct act_table office_acts;
extern const struct view_table office_views;

#endif
