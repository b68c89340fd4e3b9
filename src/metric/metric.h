/*
 * metric.h - how well the watch goes, out of what was recorded: a view each.
 *
 * Times are in whole seconds, rounded down; a median or a 95th percentile is the nearest rank: a
 * value that there was. What is counted is what *came* within the stretch, whenever it was dealt
 * with, so that figures of a month that is over change only while something of it is still open.
 * Findings, alerts and incidents are three figures and never added. Withdrawn alerts and those of
 * the system about itself are not counted.
 *
 * What a contract promises (acts contract.add, contract.end) is measured by the rows of
 * METRIC_MEASURE_TABLE. A case that still lasts is judged as soon as it is late; a minute that
 * began counts as one, so that what took more than was agreed is shown as more. Alerts that a
 * suppression hid are no cases. An incident is contained when it is first said to be in a later
 * stage than `contain`, or closed; merged ones are cases of the other.
 *
 * Techniques are those of ATT&CK that detection rules in force have as tags; a rule sees when it is
 * not blind now (desk/sight.h).
 */
#ifndef METRIC_H
#define METRIC_H

#include "act/view.h"

/*    name           unit       what is measured */
#define METRIC_MEASURE_TABLE(X)                                                                    \
    X("acknowledge", "minutes") /* from an alert's being made until somebody is on it */           \
    X("decide", "minutes")      /* until it is closed */                                           \
    X("contain", "minutes")     /* from an incident's being detected */                            \
    X("watch", "percent")       /* of the time, that somebody watches */

enum { METRIC_ACTS = 2 };
extern const struct act_row metric_acts[METRIC_ACTS];

enum { METRIC_VIEWS = 10 };
extern const struct view_row metric_views[METRIC_VIEWS];

#endif
