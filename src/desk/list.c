/*
 * list.c - see list.h.
 */
#include "desk/list.h"

#include "base/time.h"
#include "desk/alerts.h"
#include "scan/put.h"

static enum sigma_level level_of(int64_t v)
{
    return v >= LEVEL_NONE && v <= LEVEL_CRITICAL ? (enum sigma_level)v : LEVEL_NONE;
}

static struct list_alert alert_of(struct db_row *r)
{
    return (struct list_alert){ .id = db_get_int(r, 0),
                                .kind = db_get_text(r, 1),
                                .rule = db_get_text(r, 2),
                                .title = db_get_text(r, 3),
                                .level = level_of(db_get_int(r, 4)),
                                .entity = db_get_text(r, 5),
                                .first_ns = db_get_int(r, 6),
                                .last_ns = db_get_int(r, 7),
                                .count = db_get_u64(r, 8),
                                .state = db_get_text(r, 9),
                                .provisional = db_get_int(r, 10) != 0,
                                .made_ns = db_get_int(r, 11),
                                .closed_ns = db_get_int(r, 12),
                                .linked = db_get_int(r, 13) };
}

int list_alerts(struct db *reader, const struct list_filter *f, list_alert_fn *fn, void *arg,
                struct err *e)
{
    struct db_row *r = db_use(reader, DB_LIST_ALERTS);
    int rc;

    db_int(r, 1, f->level);
    db_int(r, 2, f->since_ns == 0 ? INT64_MIN : f->since_ns);
    db_text(r, 3, f->rule);
    db_text(r, 4, f->rule);
    db_text(r, 5, f->rule);
    db_int(r, 6, f->limit == 0 || f->limit > LIST_MAX ? LIST_MAX : f->limit);
    while ((rc = db_next(reader, r, e)) == 1) {
        const struct list_alert a = alert_of(r);

        if (!fn(arg, &a))
            break;
    }
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

int list_events(struct db *reader, int64_t alert, list_event_fn *fn, void *arg, struct err *e)
{
    struct db_row *r = db_use(reader, DB_LIST_EVENTS);
    int rc;

    db_int(r, 1, alert);
    db_int(r, 2, ALERT_EVENTS_MAX);
    while ((rc = db_next(reader, r, e)) == 1) {
        const struct list_event ev = { .placed = !db_get_null(r, 0),
                                       .lane = (uint32_t)db_get_int(r, 0),
                                       .sequence = db_get_u64(r, 1),
                                       .time_ns = db_get_int(r, 2),
                                       .json = db_get_text(r, 3) };

        if (!fn(arg, &ev))
            break;
    }
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void text(struct buf *out, const char *name, struct span s)
{
    buf_fmt(out, ",\"%s\":", name);
    put_json_text(out, s);
}

static void time_text(struct buf *out, const char *name, int64_t ns)
{
    uint8_t room[TIME_TEXT_MAX];

    text(out, name, (struct span){ room, time_put(room, ns) });
}

void list_json(const struct list_alert *a, struct buf *out)
{
    buf_fmt(out, "{\"id\":%lld", (long long)a->id);
    text(out, "kind", a->kind);
    text(out, "state", a->state);
    text(out, "level", span_of(level_name(a->level)));
    text(out, "title", a->title);
    text(out, "rule", a->rule);
    text(out, "entity", a->entity);
    buf_fmt(out, ",\"count\":%llu", (unsigned long long)a->count);
    time_text(out, "first", a->first_ns);
    time_text(out, "last", a->last_ns);
    time_text(out, "made", a->made_ns);
    if (a->closed_ns != 0)
        time_text(out, "closed", a->closed_ns);
    if (a->provisional)
        buf_text(out, ",\"provisional\":true");
    if (a->linked != 0)
        buf_fmt(out, ",\"linked\":%lld", (long long)a->linked);
    buf_text(out, "}\n");
}

int list_blind(struct db *reader, struct buf *out, struct err *e)
{
    struct db_row *r = db_use(reader, DB_LIST_BLIND);
    int rc;

    db_int(r, 1, LIST_MAX);
    while ((rc = db_next(reader, r, e)) == 1) {
        buf_text(out, "{\"rule\":");
        put_json_text(out, db_get_text(r, 0));
        text(out, "title", db_get_text(r, 1));
        text(out, "level", span_of(level_name(level_of(db_get_int(r, 2)))));
        text(out, "reason", db_get_text(r, 3));
        if (db_get_text(r, 4).n > 0)
            text(out, "field", db_get_text(r, 4));
        time_text(out, "since", db_get_int(r, 5));
        buf_text(out, "}\n");
    }
    db_end(r);
    return rc;
}
