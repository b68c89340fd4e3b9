/*
 * list.h - alerts out of the database, for those who show them: a reader's connection
 * (db_open_reader()), newest first, one short transaction a call.
 */
#ifndef LIST_H
#define LIST_H

#include "base/buf.h"
#include "db/db.h"
#include "sigma/rule.h"

#define LIST_MAX 100000u

struct list_filter {
    enum sigma_level level; /* at least */
    int64_t since_ns;       /* last seen then or later; 0: ever */
    struct span rule;       /* its id, or its title without regard to ASCII case; empty: any */
    uint32_t limit;         /* 0: LIST_MAX */
};

/* Spans live until the callback returns. */
struct list_alert {
    int64_t id;
    struct span kind, rule, title, entity, state;
    enum sigma_level level;
    int64_t first_ns, last_ns, made_ns;
    int64_t closed_ns, linked; /* 0: not */
    uint64_t count;
    bool provisional;
};

struct list_event {
    bool placed; /* lane and sequence are known */
    uint32_t lane;
    uint64_t sequence;
    int64_t time_ns;
    struct span json; /* empty: not kept */
};

/* Until the callback says false. Returns ERR_OK or a negative code. */
typedef bool list_alert_fn(void *arg, const struct list_alert *a);
int list_alerts(struct db *reader, const struct list_filter *f, list_alert_fn *fn, void *arg,
                struct err *e);

/* The events kept of an alert, in the order in which they came. */
typedef bool list_event_fn(void *arg, const struct list_event *ev);
int list_events(struct db *reader, int64_t alert, list_event_fn *fn, void *arg, struct err *e);

/* Rules that see nothing (desk/sight.h), the gravest first: a line of JSON each,
 * {"rule","title","level","reason","field","since"}. ERR_OK or a negative code. */
int list_blind(struct db *reader, struct buf *out, struct err *e);

/* One line of JSON, with "\n". Times as time_put() writes them. */
void list_json(const struct list_alert *a, struct buf *out);

#endif
