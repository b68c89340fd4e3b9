/*
 * office.c - a line an area, a line a kind of thing whose acts can be undone.
 */
#include "office/office.h"

#include "incident/incident.h"
#include "metric/metric.h"
#include "notify/notify.h"
#include "people/people.h"
#include "registry/registry.h"
#include "shift/shift.h"
#include "triage/triage.h"

#define AREA(table)                                                                                \
    {                                                                                              \
        table, COUNT_OF(table)                                                                     \
    }

static const struct act_area areas[] = {
    AREA(people_users),       AREA(people_sessions),  AREA(people_totp),     AREA(people_tokens),
    AREA(registry_agency),    AREA(registry_contact), AREA(registry_system), AREA(registry_machine),
    AREA(registry_source),    AREA(registry_tables),  AREA(triage_general),  AREA(triage_alert),
    AREA(triage_suppression), AREA(triage_candidate), AREA(shift_acts),      AREA(incident_general),
    AREA(incident_alert),     AREA(incident_task),    AREA(incident_proof),  AREA(incident_clock),
    AREA(incident_phieu),     AREA(notify_acts),
};

static const struct act_kind *const kinds[] = {
    &registry_agency_kind,     &registry_contact_kind, &registry_system_kind,
    &registry_machine_kind,    &registry_source_kind,  &triage_alert_kind,
    &triage_candidate_kind,    &incident_kind,         &incident_task_kind,
    &incident_observable_kind,
};

static const struct view_area views[] = {
    AREA(people_views),   AREA(registry_views), AREA(triage_views), AREA(shift_views),
    AREA(incident_views), AREA(notify_views),   AREA(metric_views),
};

const struct act_table office_acts = { areas, COUNT_OF(areas), kinds, COUNT_OF(kinds) };
const struct view_table office_views = { views, COUNT_OF(views) };
