/*
 * metric.h - how well the watch goes, out of what was recorded: a view each.
 *
 * Times are in whole seconds, rounded down; a median or a 95th percentile is the nearest rank: a
 * value that there was. What is counted is what *came* within the stretch, whenever it was dealt
 * with, so that figures of a month that is over change only while something of it is still open.
 * Findings, alerts and incidents are three figures and never added. Withdrawn alerts and those of
 * the system about itself are not counted.
 */
#ifndef METRIC_H
#define METRIC_H

#include "act/view.h"

enum { METRIC_VIEWS = 6 };
extern const struct view_row metric_views[METRIC_VIEWS];

#endif
