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
    X(suppression, 2)

#define X(area, rows)                                                                              \
    enum { TRIAGE_##area = rows };                                                                 \
    extern const struct act_row triage_##area[rows];
TRIAGE_TABLE(X)
#undef X

extern const struct act_kind triage_alert_kind;

enum { TRIAGE_VIEWS = 7 };
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

/* Is its story over: closed, withdrawn? */
bool triage_is_over(const char *state);

#endif
