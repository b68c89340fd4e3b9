/*
 * triage.h - what people do to alerts: acts (act/act.h), a table an area.
 */
#ifndef TRIAGE_H
#define TRIAGE_H

#include "act/act.h"
#include "act/view.h"

/* A table knows its length where it is declared: X(area, rows). */
#define TRIAGE_TABLE(X)                                                                            \
    X(general, 2)                                                                                  \
    X(alert, 7)                                                                                    \
    X(suppression, 2)                                                                              \
    X(candidate, 5)                                                                                \
    X(rule, 4)

#define X(area, rows)                                                                              \
    enum { TRIAGE_##area = rows };                                                                 \
    extern const struct act_row triage_##area[rows];
TRIAGE_TABLE(X)
#undef X

extern const struct act_kind triage_alert_kind, triage_candidate_kind, triage_rule_kind;

enum { TRIAGE_VIEWS = 23 };
extern const struct view_row triage_views[TRIAGE_VIEWS];

/* What other areas say, too; NULL behind the last. */
extern const char *const triage_levels[], *const triage_verdicts[], *const triage_causes[];

/* An alert, for acts upon it. ERR_NOTFOUND; ERR_CONFLICT while its incident is busy. */
struct triage_alert {
    char state[16];
    bool hidden;
    int64_t incident; /* 0: of none */
    int64_t made_ns;
};
int triage_alert_at(struct act_call *c, int64_t id, struct triage_alert *out, struct err *e);
/* A note of this act on an alert. */
int triage_note(struct act_call *c, int64_t alert, struct span text, struct err *e);

/* They are decided, by parameters verdict, cause and reason. */
int triage_close(struct act_call *c, const int64_t *alert, size_t count, struct err *e);

/* A candidate for an incident, for acts upon it. ERR_NOTFOUND; ERR_CONFLICT when it is not open. */
struct triage_candidate {
    int64_t id, alerts;
    char state[16];
};
int triage_candidate_at(struct act_call *c, int64_t id, struct triage_candidate *out,
                        struct err *e);
int triage_candidate_open(struct act_call *c, int64_t id, struct triage_candidate *out,
                          struct err *e);
/* Its alerts that are not decided and of no incident; `out` has room for TRIAGE_CANDIDATE_MAX. */
#define TRIAGE_CANDIDATE_MAX 2000u /* GROUP_ALERTS_MAX */
int triage_candidate_alerts(struct act_call *c, int64_t id, int64_t *out, size_t *count,
                            struct err *e);

/* Is its story over: closed, withdrawn? */
bool triage_is_over(const char *state);

#endif
