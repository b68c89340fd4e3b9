/*
 * shown.c - see shown.h.
 */
#include "figures/shown.h"

#include <stdlib.h>

#include "base/time.h"
#include "scan/finding.h"
#include "scan/put.h"
#include "scan/records.h"

#define LINE_MAX ((size_t)64 << 20)

struct shown {
    struct records *records;
    struct rec rec;
    struct event event;
    bool event_made;
    struct event_text text;
    struct query_subject subject;
    struct shown_about at;
    struct buf line, scratch;
    int64_t skew_ns;
};

int shown_new(struct shown **out, const struct taxonomy *t, const struct names *n, int64_t skew_ns,
              struct err *e)
{
    struct shown *s = calloc(1, sizeof(*s));
    int rc;

    *out = s;
    if (s == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to show events.");
    buf_init(&s->line, LINE_MAX);
    buf_init(&s->scratch, LINE_MAX);
    query_subject_init(&s->subject);
    s->skew_ns = skew_ns;
    rc = records_new(&s->records, e);
    if (rc == ERR_OK && (!rec_init(&s->rec) || !event_text_init(&s->text)))
        rc = err_set(e, ERR_NOMEM, 0, "There is no memory to show events.");
    if (rc == ERR_OK) {
        rc = event_init(&s->event, t, n, e);
        s->event_made = rc == ERR_OK;
    }
    if (rc != ERR_OK)
        shown_free(out);
    return rc;
}

void shown_free(struct shown **ps)
{
    struct shown *s = *ps;

    *ps = NULL;
    if (s == NULL)
        return;
    if (s->event_made)
        event_release(&s->event);
    event_text_release(&s->text);
    if (s->rec.fields != NULL)
        rec_release(&s->rec);
    records_free(&s->records);
    buf_release(&s->line);
    buf_release(&s->scratch);
    query_subject_release(&s->subject);
    free(s);
}

void shown_watch(struct shown *s, struct event_watch *w)
{
    event_watch(&s->event, w);
}

void shown_take(struct shown *s, const struct shown_about *a)
{
    enum record_state state;

    records_one(s->records, a->ev.raw, &s->rec, &state, NULL);
    event_reference_time(&s->event, a->ev.receipt_ns);
    event_begin(&s->event, &s->rec);
    s->text.made = false;
    s->at = *a;
    query_subject_take(&s->subject, &s->event, a->source, a->input, a->ev.receipt_ns);
    s->subject.skew_ns = s->skew_ns;
    buf_clear(&s->line);
}

bool shown_holds(struct shown *s, const struct query_eval *filter)
{
    return query_eval_holds(filter, &s->subject);
}

/* --- the line ------------------------------------------------------------------------------- */

static void put_member(struct buf *out, const char *name, struct span value)
{
    buf_fmt(out, ",\"%s\":", name);
    if (value.p == NULL)
        buf_text(out, "null");
    else
        put_json_text(out, value);
}

static void put_marks(struct buf *out, uint16_t flags)
{
    static const struct {
        uint16_t flag;
        const char *name;
    } rows[] = { { LANE_UNAUTHENTICATED, "unauthenticated" },
                 { LANE_RESEND, "resend" },
                 { LANE_TRACER, "tracer" },
                 { LANE_CUT, "cut" },
                 { LANE_EVTX, "evtx" } };
    const char *before = ",\"marks\":[";

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if ((flags & rows[i].flag) == 0)
            continue;
        buf_fmt(out, "%s\"%s\"", before, rows[i].name);
        before = ",";
    }
    if (before[1] == 0)
        buf_byte(out, ']');
}

/* The event as findings have it begins {"time":...,"file":...,"record": - what follows is ours too:
 * ,"host":...,"tags":[...],"normal":{...},"fields":{...},"flags":[...]} */
static void make_line(struct shown *s)
{
    const struct event_class *cls = s->event.cls;
    uint8_t room[TIME_TEXT_MAX], receipt[TIME_TEXT_MAX];
    const struct view none = { 0 };
    struct sighting seen = { .text = &s->text,
                             .event = &s->event,
                             .view = cls->view_count > 0 ? cls->views[0] : &none,
                             .host = event_host(&s->event) };
    size_t at = 0;

    seen.has_time = event_time(&s->event, &seen.time_ns);
    if (seen.has_time)
        seen.time = time_text(seen.time_ns, room);
    buf_clear(&s->scratch);
    put_event(&s->scratch, &seen, &at);
    if (buf_failed(&s->scratch))
        return;
    buf_text(&s->line, "{\"time\":");
    if (seen.has_time)
        put_json_text(&s->line, seen.time);
    else
        buf_text(&s->line, "null");
    put_member(&s->line, "receipt", time_text(s->at.ev.receipt_ns, receipt));
    buf_fmt(&s->line, ",\"lane\":%u,\"sequence\":%llu", s->at.lane,
            (unsigned long long)s->at.ev.sequence);
    put_member(&s->line, "source", s->at.source);
    put_member(&s->line, "input", s->at.input);
    buf_add(&s->line, (struct span){ s->scratch.p + at, s->scratch.n - at - 1 });
    put_marks(&s->line, s->at.ev.flags);
    put_member(&s->line, "raw", s->at.ev.raw);
    buf_text(&s->line, "}\n");
}

struct span shown_json(struct shown *s)
{
    if (s->line.n == 0)
        make_line(s);
    return buf_failed(&s->line) || s->line.n == 0 ? SPAN_NONE : buf_span(&s->line);
}

int64_t shown_time(struct shown *s)
{
    return query_subject_time(&s->subject);
}

struct query_subject *shown_subject(struct shown *s)
{
    return &s->subject;
}
