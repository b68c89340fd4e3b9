/*
 * incident.h - what happened, what is done about it, and what the law wants told by when.
 *
 *   alerts, or somebody tells ─▶ incident: T0 ─▶ tasks, observables, evidence, timeline
 *                                    │                                    └▶ phieu to an agency
 *                                    └─▶ clocks of the law ─▶ dispatch (number, date, channel)
 *
 * T0, when it was detected, is when the desk made the first of its alerts, or when it was told. It
 * is never changed: a correction is a line that is added, with its reason, and the last one counts.
 * From T0, type, severity, level and facts follow the clocks (legal.h), which only a dispatch
 * stops. When those change, the clocks are computed anew: one that no longer holds is ended with
 * the reason that was given for the change, and stays to be seen.
 *
 * All is done by acts (act/act.h) and read by views (act/view.h). What is due comes as alerts of
 * the system: incident_due().
 */
#ifndef INCIDENT_H
#define INCIDENT_H

#include "act/act.h"
#include "act/view.h"
#include "desk/alerts.h"
#include "incident/legal.h"

/* A table knows its length where it is declared: X(area, rows). */
#define INCIDENT_TABLE(X)                                                                          \
    X(general, 10)                                                                                 \
    X(alert, 5)                                                                                    \
    X(task, 5)                                                                                     \
    X(proof, 6)                                                                                    \
    X(clock, 1)                                                                                    \
    X(phieu, 8)                                                                                    \
    X(letter, 5)                                                                                   \
    X(search, 2)

#define X(area, rows)                                                                              \
    enum { INCIDENT_##area = rows };                                                               \
    extern const struct act_row incident_##area[rows];
INCIDENT_TABLE(X)
#undef X

/* What acts leave when an incident has very many alerts: act_rest(). */
act_fn incident_close_rest, incident_merge_rest;

extern const struct act_kind incident_kind, incident_task_kind, incident_observable_kind,
    incident_letter_kind;

enum { INCIDENT_VIEWS = 13 };
extern const struct view_row incident_views[INCIDENT_VIEWS];

/*
 * What runs out: clocks of which 50, 75, 90 % of the time are over, or all; tasks and phieu that
 * are late. Each of these is told once, as an alert of the system (canh.clock, canh.task,
 * canh.phieu), which is closed when there is no more reason for it. In a transaction; what was told
 * is written within it. *more: call again, there is more than fits one round.
 */
int incident_due(struct db *db, struct alerts *alerts, int64_t now_ns, bool *more, struct err *e);

/* May this be searched without a case (or with one)? ERR_DENIED with what is to be given; what
 * query_read() says. The desk asks it, and who searches where there is none. */
int incident_search_person(struct span query, bool has_case, int64_t now_ns, struct err *e);
/* The request for act search.run, as who searches signs it at the local socket and as it comes to
 * the desk. Appended; `is_for` may be empty. */
void incident_search_request(struct buf *out, struct span query, struct span is_for);
/* The same of a hunt: the rules' ids, or their text, cut. */
#define INCIDENT_HUNT_BYTES ACT_TEXT_MAX
void incident_hunt_request(struct buf *out, struct span rules, struct span is_for);
/* The request for act evidence.export. */
#define INCIDENT_EXPORT_BYTES 4096u
void incident_export_request(struct buf *out, struct span query, struct span events,
                             struct span is_for);
/* The same of a search, without the act's name. */
void incident_search_parameters(struct buf *out, struct span query, struct span is_for);

#define INCIDENT_QUICK_CHARACTERS 300

/*
 * Báo cáo nhanh: a message of at most INCIDENT_QUICK_CHARACTERS characters (NFC), appended, and
 * with it the words of the law that its page has beside what view form.bao-cao-nhanh gives (a JSON
 * object). In Vietnamese, without names of users or observables. `law` may be NULL. ERR_NOTFOUND.
 */
int incident_quick(struct db *reader, const struct legal *law, int64_t id, int64_t now_ns,
                   struct buf *json, struct buf *text, struct err *e);

#endif
