/*
 * alerts.h - findings become alerts.
 *
 * An alert is what one rule found about one entity within `window` of source time, with a count.
 * The entity of a detection is the host, else the source; of a correlation its group; of a system
 * alert what it is about. Entities are one when their foldings are.
 *
 * Windows: of the findings of a rule and entity in the order of their times, the first that lies in
 * no window begins one: [its time, its time + window). That holds however they come: one that is
 * older than an alert and in no window before it begins that alert instead, with all that it has,
 * when all of that lies in the window from there on. So another order within the lateness, which is
 * less than a window, makes the same alerts (docs/architecture.md, "One alert, whatever the
 * order"). What comes later still is an alert of its own that ends where the next begins, and so is
 * what comes after closing. An alert gets more findings and an earlier beginning, and never loses
 * one that it has.
 *
 * A provisional finding is of the alert of its time, or opens one, and ends no window of final
 * ones: where the final ones begin is where an alert begins that has one. A final one that lies in
 * no window of final ones takes over an alert that was provisional.
 *
 * An alert is linked to the one before, in the order of their windows; one that begins within what
 * people have closed, to that. It shows its entity as the earliest of its findings spells it (of
 * those at one time, the first in the order of bytes), and the gravest level.
 *
 * Counts are exact and cost nothing per finding: an alert that is at hand lies in a cache, and is
 * written once a transaction (alerts_flush(), before db_commit()). After db_rollback() the cache is
 * empty again: alerts_forget().
 *
 * ALERT_EVENTS_MAX events are kept with it: of findings the earliest, by time, lane and sequence,
 * as long as nobody has acted on it; of results those of the first that are final, and beside them
 * those of provisional ones, until these are judged. An event that is kept says which other alerts
 * it belongs to (group/group.h).
 *
 * What a suppression of the rule, the entity or both hides is an alert all the same, marked with it
 * (`hidden`) and in no queue: so it can be seen what was hidden.
 *
 * Bounds: a rule opens at most ALERT_NEW_MAX alerts in an hour of source time; what it finds about
 * further entities is one alert about "(others)". Which ones these are depends on the order.
 * Entities and titles are cut; an event whose text is longer than ALERT_JSON_MAX is kept by its
 * number alone.
 */
#ifndef ALERTS_H
#define ALERTS_H

#include "base/buf.h"
#include "db/db.h"
#include "sigma/rule.h"

#define ALERT_EVENTS_MAX 50u
#define ALERT_NEW_MAX    1000u
#define ALERT_JSON_MAX   65536u
#define ALERT_ENTITY_MAX 512u /* bytes of an entity or a title */

#define ALERT_KIND_TABLE(X)                                                                        \
    X(DETECTION, "detection")                                                                      \
    X(CORRELATION, "correlation")                                                                  \
    X(SYSTEM, "system")                                                                            \
    X(MANUAL, "manual") /* opened by people; see src/act */

enum alert_kind {
#define X(id, name) ALERT_##id,
    ALERT_KIND_TABLE(X)
#undef X
        ALERT_KINDS
};
const char *alert_kind_name(enum alert_kind k);

struct alerts;

/* One finding, or one result of a correlation. */
struct alert_finding {
    enum alert_kind kind;
    struct span rule, title, entity;
    struct span key; /* what tells entities apart; empty: the folding of `entity` */
    uint64_t rule_hash;
    enum sigma_level level;
    int64_t time_ns;
    bool provisional;
    int64_t result; /* its number when it is provisional: whose events are kept for it */
};

struct alert_event {
    bool placed; /* lane and sequence are known */
    uint32_t lane;
    uint64_t sequence;
    int64_t time_ns;
    struct span json;
    struct span host; /* the machine that it is about, when known */
};

/* `db` is borrowed, and in a transaction whenever something is to be written. */
int alerts_new(struct alerts **out, struct db *db, int64_t window_ns, struct err *e);
void alerts_free(struct alerts **a);
void alerts_window(struct alerts *a, int64_t window_ns); /* a new setting: for alerts to come */

/* The clock, ns since 1970: when what is now opened was made. */
void alerts_clock(struct alerts *a, int64_t now_ns);

/* Count it; *id is its alert. */
int alerts_take(struct alerts *a, const struct alert_finding *f, int64_t *id, struct err *e);

/* One of the events of the alert that was taken last; kept while there is room. */
int alerts_event(struct alerts *a, const struct alert_event *ev, struct err *e);

/* The final judgement of a provisional result was taken by the alert that had it: what is kept for
 * it *stay*s when that are so many events, else it is dropped. 0: they are others now. */
int alerts_settle(struct alerts *a, int64_t id, int64_t result, uint32_t events, bool *stay,
                  struct err *e);

/* A provisional result of an alert that is closed was confirmed (at `time_ns`). Or one was
 * withdrawn or is counted by another alert: one that counts less, what is kept for it goes, and an
 * alert of which nothing is left is withdrawn itself. Table `result` already says so. */
int alerts_confirm(struct alerts *a, int64_t id, int64_t time_ns, struct err *e);
int alerts_withdraw(struct alerts *a, int64_t id, int64_t result, struct err *e);

/* Something about this server that an operator must see. Open until closed; opening it again while
 * it is open, or closing it when it is not, does nothing. *changed tells. */
struct alert_system {
    struct span rule, title, entity; /* rule: canh.disk-full, ... */
    enum sigma_level level;
};
int alerts_open(struct alerts *a, const struct alert_system *s, bool *changed, struct err *e);
int alerts_close(struct alerts *a, const struct alert_system *s, bool *changed, struct err *e);

int alerts_flush(struct alerts *a, struct err *e);
/* What grouping has to do behind it: some of it, in a transaction. *more: not all. */
int alerts_group(struct alerts *a, bool *more, struct err *e);
void alerts_forget(struct alerts *a); /* others changed alerts, or a transaction is undone */

#endif
