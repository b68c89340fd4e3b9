/*
 * office.c - a line an area of acts, a line a kind of thing whose acts can be undone, a line an
 * area of views, a line an act that is done in slices.
 */
#include "office/office.h"

#include "house/house.h"
#include "incident/incident.h"
#include "metric/metric.h"
#include "notify/notify.h"
#include "people/people.h"
#include "proof/proof.h"
#include "registry/registry.h"
#include "shift/shift.h"
#include "staff/staff.h"
#include "triage/triage.h"

#define AREA_TABLE(X)                                                                              \
    X(proof_acts)                                                                                  \
    X(people_users)                                                                                \
    X(people_sessions)                                                                             \
    X(people_totp)                                                                                 \
    X(people_tokens)                                                                               \
    X(people_links)                                                                                \
    X(people_oidcs)                                                                                \
    X(staff_staff_acts)                                                                            \
    X(staff_onsite_acts)                                                                           \
    X(staff_certificate_acts)                                                                      \
    X(staff_drill_acts)                                                                            \
    X(staff_plan_acts)                                                                             \
    X(registry_agency)                                                                             \
    X(registry_contact)                                                                            \
    X(registry_system)                                                                             \
    X(registry_machine)                                                                            \
    X(registry_source)                                                                             \
    X(registry_tables)                                                                             \
    X(house_acts)                                                                                  \
    X(triage_general)                                                                              \
    X(triage_alert)                                                                                \
    X(triage_suppression)                                                                          \
    X(triage_candidate)                                                                            \
    X(triage_rule)                                                                                 \
    X(shift_acts)                                                                                  \
    X(incident_general)                                                                            \
    X(incident_alert)                                                                              \
    X(incident_task)                                                                               \
    X(incident_proof)                                                                              \
    X(incident_clock)                                                                              \
    X(incident_phieu)                                                                              \
    X(incident_letter)                                                                             \
    X(incident_search)                                                                             \
    X(notify_acts)                                                                                 \
    X(metric_acts)

#define KIND_TABLE(X)                                                                              \
    X(people_link_kind)                                                                            \
    X(staff_staff_kind)                                                                            \
    X(staff_onsite_kind)                                                                           \
    X(staff_certificate_kind)                                                                      \
    X(staff_drill_kind)                                                                            \
    X(staff_plan_kind)                                                                             \
    X(registry_agency_kind)                                                                        \
    X(registry_contact_kind)                                                                       \
    X(registry_system_kind)                                                                        \
    X(registry_machine_kind)                                                                       \
    X(registry_source_kind)                                                                        \
    X(registry_described_kind)                                                                     \
    X(house_kind)                                                                                  \
    X(triage_alert_kind)                                                                           \
    X(triage_candidate_kind)                                                                       \
    X(triage_rule_kind)                                                                            \
    X(incident_kind)                                                                               \
    X(incident_task_kind)                                                                          \
    X(incident_observable_kind)                                                                    \
    X(incident_letter_kind)

/*    table  does it take long */
#define VIEW_TABLE(X)                                                                              \
    X(people_views, false)                                                                         \
    X(staff_views, false)                                                                          \
    X(registry_views, false)                                                                       \
    X(house_views, false)                                                                          \
    X(triage_views, false)                                                                         \
    X(shift_views, false)                                                                          \
    X(incident_views, false)                                                                       \
    X(form_views, true)                                                                            \
    X(notify_views, false)                                                                         \
    X(metric_views, true)                                                                          \
    X(proof_views, false)

static const struct act_area areas[] = {
#define X(table) { table, COUNT_OF(table) },
    AREA_TABLE(X)
#undef X
};

static const struct act_kind *const kinds[] = {
#define X(kind) &kind,
    KIND_TABLE(X)
#undef X
};

static const struct view_area views[] = {
#define X(table, is_long) { table, COUNT_OF(table), is_long },
    VIEW_TABLE(X)
#undef X
};

static const struct act_rest_row rests[] = {
    { "incident.close", incident_close_rest, "alert", "incident" },
    { "incident.merge", incident_merge_rest, NULL, NULL },
    { "act.undo", act_undo_rest, NULL, NULL },
};

const struct act_table office_acts = { areas,           COUNT_OF(areas), kinds,
                                       COUNT_OF(kinds), rests,           COUNT_OF(rests) };
const struct view_table office_views = { views, COUNT_OF(views) };
