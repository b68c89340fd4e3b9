/*
 * escalation.h - nobody reacts to an alert: people are called, one step after the other.
 *
 *   an alert of level high or critical is new, and nobody acknowledged it for as long as the
 *   setting of its level says
 *     ─▶ who watches now ─▶ who is on call ─▶ who leads the shift ─▶ all leads; each step as much
 *        later, one at which nobody is there at once
 *     ─▶ over when the alert is acknowledged, decided or hidden
 *
 * Each person who was called is a row of table escalation (recorded); where nobody at all was
 * there, one without a person. He is called at the phone and the mail that stand at his name in
 * table staff, through each channel that reaches these (channel.h), whatever its level: a webhook
 * reaches no person. The same person is told of the same alert once.
 *
 * In a flood ESCALATION_FLOOD people are called within ESCALATION_FLOOD_NS; what would come then
 * waits, the graver first. Users who are disabled are not called.
 */
#ifndef ESCALATION_H
#define ESCALATION_H

#include "notify/notify.h"

#define ESCALATION_FLOOD    20
#define ESCALATION_FLOOD_NS (10 * NOTIFY_MINUTE)
#define ESCALATION_PEOPLE   20 /* of a step */
#define ESCALATION_ROUND    16 /* alerts of a level, in one round */

/*    id       name       who is called */
#define ESCALATION_STEP_TABLE(X)                                                                   \
    X(WATCH, "watch")     /* on duty, watching */                                                  \
    X(ON_CALL, "on-call") /* on duty, on call */                                                   \
    X(LEAD, "lead")       /* on duty, leading */                                                   \
    X(LEADS, "leads")     /* all users who are leads */

enum escalation_step {
#define X(id, name) ESCALATION_##id,
    ESCALATION_STEP_TABLE(X)
#undef X
        ESCALATION_STEPS
};

/* How long an alert waits before each step; 0: nobody is called. */
struct escalation_waits {
    int64_t high_ns, critical_ns;
};
struct escalation_waits escalation_waits_of(const struct settings *s);

/* What is due now; *more: at once again. Within a transaction. */
int escalation_round(struct db *db, const struct escalation_waits *waits, int64_t now_ns,
                     bool *more, struct err *e);

#endif
