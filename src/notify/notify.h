/*
 * notify.h - notices of alerts: what is to be told outside, through which channels, and what came
 * of it. The desk's side: a database and a clock, no network.
 *
 *   new alerts ─▶ a message for each channel that takes their level, and each of its recipients
 *     ─▶ notify_due() hands it out ─▶ whoever sends says what came of it: notify_result()
 *           │ sent                  failed: again after 1, 2, 5, 10, 30, 30, ... minutes, for a day
 *           │                       refused: never again, unless somebody asks (act notice.retry)
 *           └─ failed three times, refused, or not sent within NOTIFY_LATE_NS: the channel's
 *              `second` takes over; where there is none, or it does not come through either, the
 *              message came to nobody: system alert canh.notices about the channel, until it did
 *
 * Floods: of NOTIFY_FLOOD alerts within NOTIFY_FLOOD_NS a channel tells; those that come then are
 * held, and told as one digest with their count after NOTIFY_FLOOD_NS.
 *
 * Alerts that a suppression hides, or that are not open any more when they are looked at, are not
 * told; nor is an alert about a channel told through this channel. What is told are title, entity,
 * time and number: no event. A message is never told twice to the same recipient of a channel, but
 * may be sent twice (whoever sends dies before he says so), with the same number.
 *
 * A transaction a call. One thread, the desk's.
 */
#ifndef NOTIFY_H
#define NOTIFY_H

#include "act/act.h"
#include "act/view.h"
#include "conf/settings.h"
#include "desk/alerts.h"
#include "notify/letter.h"

#define NOTIFY_MINUTE    INT64_C(60000000000)
#define NOTIFY_FLOOD     20
#define NOTIFY_FLOOD_NS  (10 * NOTIFY_MINUTE)
#define NOTIFY_LATE_NS   (15 * NOTIFY_MINUTE)
#define NOTIFY_TRIES     3 /* failures after which another channel takes over */
#define NOTIFY_UNTIL_NS  (24 * 60 * NOTIFY_MINUTE)
#define NOTIFY_ALERTS    200 /* looked at in one round */
#define NOTIFY_TEXT_MAX  4000u
#define NOTIFY_TITLE_MAX 200u /* bytes of a title or entity in a message */

/* --- texts ---------------------------------------------------------------------------------- */

/*    id      name    what it tells; NAME_subject() and NAME_text() are in text.c */
#define NOTICE_KIND_TABLE(X)                                                                       \
    X(ALERT, alert)   /* an alert */                                                               \
    X(DIGEST, digest) /* how many alerts were held in a flood */                                   \
    X(TEST, test)     /* that a channel works */                                                   \
    X(CALL, call)     /* an alert to which nobody reacts, to a person */

enum notice_kind {
#define X(id, name) NOTICE_##id,
    NOTICE_KIND_TABLE(X)
#undef X
        NOTICE_KINDS
};
const char *notice_kind_name(enum notice_kind k);

struct notice {
    enum notice_kind kind;
    int64_t key; /* number of the alert, of the last alert of the digest, of the act */
    enum sigma_level level;
    int64_t time_ns;
    struct span title, entity; /* ALERT; of TEST the channel's name is the entity */
    int64_t count, gravest;    /* DIGEST; count of CALL: minutes without an answer */
};

/* In Vietnamese, NFC, without control characters; times of Asia/Ho_Chi_Minh. Pure. */
void notice_subject(const struct notice *n, struct buf *out);
void notice_text(const struct notice *n, struct buf *out);

/* --- rounds --------------------------------------------------------------------------------- */

struct notify;

/* `db` and `alerts` are borrowed, and in no transaction between calls. */
int notify_new(struct notify **out, struct db *db, struct alerts *alerts, struct err *e);
void notify_free(struct notify **n);

/* The channels there are from now on. Messages for others have failed. */
int notify_settings(struct notify *n, const struct settings *s, struct err *e);

/* Look at new alerts and at what waits. */
int notify_round(struct notify *n, int64_t now_ns, struct err *e);

/* Hand out what is due of each channel, `each` at most, the oldest first. What is handed out stays
 * due until there is a result. */
typedef void notify_take_fn(void *arg, const struct letter *l);
int notify_due(struct notify *n, int64_t now_ns, uint32_t each, notify_take_fn *take, void *arg,
               struct err *e);

enum notify_outcome { NOTIFY_SENT, NOTIFY_FAILED, NOTIFY_REFUSED };

/* `why` is a sentence; of NOTIFY_SENT nothing. A message that waits no more is left as it is. */
int notify_result(struct notify *n, int64_t id, enum notify_outcome outcome, struct span why,
                  int64_t now_ns, struct err *e);

/* When a message that failed so often (from 1) is tried again. */
int64_t notify_delay_ns(int64_t failures);

enum { NOTIFY_ACTS = 2, NOTIFY_VIEWS = 5 };
extern const struct act_row notify_acts[NOTIFY_ACTS];
extern const struct view_row notify_views[NOTIFY_VIEWS];

/* For notify's own files: a message to each recipient of a channel. */
int notify_add(struct db *db, const struct notice *n, struct span channel, int64_t now_ns,
               struct err *e);

/* The same to one person, who may have no phone or no mail (empty); *messages: how many there are
 * now that were not there before. */
struct notify_person {
    struct span phone, email;
};
int notify_add_person(struct db *db, const struct notice *n, const struct notify_person *to,
                      int64_t now_ns, uint64_t *messages, struct err *e);

#endif
