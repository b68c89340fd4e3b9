/*
 * office.h - everything that can be asked of the desk: the acts of all areas.
 *
 * A new area is a line here (office.c).
 */
#ifndef OFFICE_H
#define OFFICE_H

#include "act/act.h"

extern const struct act_table office_acts;

#endif
