/*
 * event.c - GET /event?id=LANE:SEQUENCE: one stored event with all that is known of it:
 *
 *   as /search has it (figures/shown.h), then
 *   "id"        LANE:SEQUENCE          "store"   the store's id, hex
 *   "raw_base64" what came, of an event that is no UTF-8 (`raw` has U+FFFD then)
 *   "rules"     rules in force that hold for it, each with why
 *   "alerts"    those that keep it as one of their events
 *   "stored"    where it lies: {"sealed":true,"file","block","leaf","months"}, or {"sealed":false,
 *               "segment"}
 *
 * It is no search: nothing is looked for but a number that who asks has. Of what retention took the
 * refusal (404) has the records of deletion. A few at a time, each a slice of time in turn.
 */
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/time.h"
#include "base/utf.h"
#include "console/console_own.h"
#include "os/host.h"
#include "scan/finding.h"
#include "scan/put.h"
#include "seal/removed.h"

#define SLICE_S     0.01
#define ANSWER_MAX  ((size_t)80 << 20)
#define BECAUSE_MAX 64u
#define ALERTS_MAX  20

static void release(struct seeker *s)
{
    stored_free(&s->stored);
    s->later = NULL;
}

static void on_gone(void *arg)
{
    release(arg);
}

/* --- what is known of it ---------------------------------------------------------------------- */

static void put_base64(struct buf *out, struct span raw)
{
    const size_t n = 4 * ((raw.n + 2) / 3);

    buf_text(out, ",\"raw_base64\":\"");
    if (raw.n > INT32_MAX / 2 || !buf_reserve(out, n + 1))
        return; /* failed */
    out->n += (size_t)EVP_EncodeBlock(out->p + out->n, raw.p, (int)raw.n);
    buf_byte(out, '"');
}

static void put_place(struct buf *out, const struct stored_place *p)
{
    if (p->sealed)
        buf_fmt(out,
                ",\"stored\":{\"sealed\":true,\"file\":\"%s\",\"block\":%u,\"leaf\":%llu,"
                "\"months\":%u}",
                p->file, p->block, (unsigned long long)p->leaf, p->months);
    else
        buf_fmt(out, ",\"stored\":{\"sealed\":false,\"segment\":%u}", p->segment);
}

/* An alert a row, appended; the database may be away: then nothing is known of alerts. */
static void put_alerts(struct console *c, const struct stored *s, struct span rule, struct buf *out,
                       bool *any)
{
    struct db *db = console_db(c);
    struct db_row *r;
    struct err e;
    int rc;

    if (db == NULL)
        return;
    r = db_use(db, DB_EVENT_ALERTS);
    db_int(r, 1, stored_event(s)->lane);
    db_u64(r, 2, stored_event(s)->ev.sequence);
    db_text(r, 3, rule);
    db_int(r, 4, shown_time(c->shown));
    db_int(r, 5, ALERTS_MAX);
    while ((rc = db_next(db, r, &e)) == 1) {
        buf_fmt(out, "%s{\"alert\":%lld,\"rule\":", *any ? "," : "", (long long)db_get_int(r, 0));
        put_json_text(out, rule);
        buf_text(out, ",\"title\":");
        put_json_text(out, db_get_text(r, 1));
        buf_text(out, ",\"state\":");
        put_json_text(out, db_get_text(r, 2));
        buf_byte(out, '}');
        *any = true;
    }
    db_end(r);
    if (rc < 0)
        console_db_fault(c);
}

static void put_hit(struct console *c, const struct hit *hit, struct buf *out)
{
    struct because why[BECAUSE_MAX];
    const uint32_t count =
        match_because(c->matcher, shown_subject(c->shown)->event, hit, why, BECAUSE_MAX);

    buf_text(out, "{\"rule\":");
    put_rule(out, &ruleset_rule(c->rules.rules, hit->rule)->head);
    buf_text(out, ",\"because\":");
    put_because(out, why, count);
    buf_byte(out, '}');
}

struct matcher *event_matcher(struct console *c)
{
    if (c->matcher == NULL && c->rules.rules != NULL)
        (void)matcher_new(&c->matcher, c->rules.rules, NULL);
    return c->matcher;
}

/* The event is at hand in c->shown. */
static void put_rules(struct console *c, const struct stored *s, struct buf *out)
{
    const struct hit *hits = NULL;
    uint32_t count = 0;
    struct buf alerts;
    bool any = false;

    buf_init(&alerts, (size_t)1 << 20);
    if (event_matcher(c) != NULL) /* without it none is told */
        count = match_event(c->matcher, shown_subject(c->shown)->event, &hits);
    buf_text(out, ",\"rules\":[");
    for (uint32_t i = 0; i < count; i++) {
        buf_text(out, i > 0 ? "," : "");
        put_hit(c, &hits[i], out);
        put_alerts(c, s, ruleset_rule(c->rules.rules, hits[i].rule)->head.id, &alerts, &any);
    }
    buf_text(out, "],\"alerts\":[");
    buf_add(out, buf_span(&alerts));
    buf_byte(out, ']');
    buf_release(&alerts);
}

/* The line of shown.h, open at its end. */
static void put_all(struct console *c, const struct stored *s, struct buf *out)
{
    const struct shown_about *a = stored_event(s);
    struct span line;

    shown_take(c->shown, a);
    line = shown_json(c->shown);
    if (line.n < 2)
        return;
    buf_add(out, (struct span){ line.p, line.n - 2 }); /* "}\n" */
    if (!utf8_valid(a->ev.raw))
        put_base64(out, a->ev.raw);
    buf_fmt(out, ",\"id\":\"%u:%llu\",\"store\":\"%s\"", a->lane,
            (unsigned long long)a->ev.sequence, c->store);
    put_place(out, stored_place(s));
    put_rules(c, s, out);
    buf_text(out, "}\n");
}

/* --- answers ---------------------------------------------------------------------------------- */

static void answer(struct seeker *s, unsigned status, struct buf *body)
{
    const struct span none = SPAN_LIT("{\"error\":\"There is no memory for the answer.\"}\n");
    struct serve_later *later = s->later;
    const bool good = !buf_failed(body) && body->n > 0;

    s->later = NULL;
    serve_answer(later, good ? status : 503, "application/json", good ? buf_span(body) : none);
    release(s);
}

static void answer_why(struct seeker *s, unsigned status, const char *why)
{
    struct buf body;

    buf_init(&body, 4096);
    buf_text(&body, "{\"error\":");
    put_json_text(&body, span_of(why));
    buf_text(&body, "}\n");
    answer(s, status, &body);
    buf_release(&body);
}

/* Retention took it: what the ledger says of its lane. */
static void answer_gone(struct console *c, struct seeker *s)
{
    struct removed removed[REMOVED_STREAMS];
    uint8_t room[TIME_TEXT_MAX];
    uint32_t count;
    struct buf body;
    struct err e;

    if (removed_of(c->from.io, c->from.data, s->from.lane, removed, &count, NULL) != ERR_OK)
        count = 0; /* the sentence stands */
    (void)err_set(&e, ERR_NOTFOUND, 0,
                  "Event %u:%llu was there and is no more: retention took it%s.", s->from.lane,
                  (unsigned long long)s->from.sequence,
                  count > 0 ? "" : "; the newest days of the ledger have no record of it");
    buf_init(&body, 16384);
    buf_text(&body, "{\"error\":");
    put_json_text(&body, span_of(e.why));
    buf_text(&body, ",\"deletions\":[");
    for (uint32_t i = 0; i < count; i++) {
        const struct removed *r = &removed[i];

        buf_fmt(&body,
                "%s{\"number\":%llu,\"checkpoint\":%llu,\"why\":\"%s\",\"lane\":%u,\"months\":%u,"
                "\"leaves\":%llu,\"time\":",
                i > 0 ? "," : "", (unsigned long long)r->number, (unsigned long long)r->checkpoint,
                removed_why(r->why), s->from.lane, r->months, (unsigned long long)r->leaves);
        put_json_text(&body, time_text(r->time_ns, room));
        buf_byte(&body, '}');
    }
    buf_text(&body, "]}\n");
    answer(s, 404, &body);
    buf_release(&body);
}

static void answer_found(struct console *c, struct seeker *s)
{
    struct buf body;

    if (c->shown == NULL) {
        answer_why(s, 503, "The rules are changed just now: ask again.");
        return;
    }
    buf_init(&body, ANSWER_MAX);
    put_all(c, s->stored, &body);
    answer(s, 200, &body);
    buf_release(&body);
}

static void finish(struct console *c, struct seeker *s)
{
    char why[96];

    switch (stored_state(s->stored)) {
    case STORED_FOUND:
        answer_found(c, s);
        break;
    case STORED_GONE:
        answer_gone(c, s);
        break;
    case STORED_NEVER:
        (void)snprintf(why, sizeof(why), "There is no event %u:%llu yet.", s->from.lane,
                       (unsigned long long)s->from.sequence);
        answer_why(s, 404, why);
        break;
    }
}

/* True when there is more to do. */
static bool go_on(struct console *c, struct seeker *s)
{
    const double end = host_seconds() + SLICE_S;
    struct err e = { 0 };
    int rc;

    do {
        rc = stored_step(s->stored, &e);
    } while (rc > 0 && host_seconds() < end);
    if (rc > 0)
        return true;
    if (rc < 0)
        answer_why(s, 503, e.why);
    else
        finish(c, s);
    return false;
}

static void on_turn(void *arg, unsigned ready)
{
    struct console *c = arg;
    bool more = false;

    (void)ready;
    for (uint32_t i = 0; i < CONSOLE_SEEKERS; i++) {
        if (c->seeker[i].later != NULL)
            more |= go_on(c, &c->seeker[i]);
    }
    if (more)
        watch_after(c->seeking, 0);
}

/* --- asking ----------------------------------------------------------------------------------- */

/* [STORE:]LANE:SEQUENCE; a slash does, too. False: it is none of this store. */
static bool read_id(const struct console *c, struct span text, uint32_t *lane, uint64_t *sequence)
{
    const size_t store = strlen(c->store);
    uint64_t number;
    size_t n;

    if (store > 0 && text.n > store && span_starts(text, span_of(c->store)) &&
        (text.p[store] == ':' || text.p[store] == '/'))
        text = span_from(text, store + 1);
    n = span_find(text, ':');
    if (n == text.n)
        n = span_find(text, '/');
    if (n == text.n || !num_u64((struct span){ text.p, n }, WALK_LANES - 1, &number) ||
        !num_u64(span_from(text, n + 1), UINT64_MAX, sequence) || *sequence == 0)
        return false;
    *lane = (uint32_t)number;
    return true;
}

static struct seeker *free_seeker(struct console *c)
{
    for (uint32_t i = 0; i < CONSOLE_SEEKERS; i++) {
        if (c->seeker[i].later == NULL)
            return &c->seeker[i];
    }
    return NULL;
}

static void begin(struct console *c, struct serve_call *call, struct seeker *s)
{
    struct err e = { 0 };
    int rc = stored_new(&s->stored, &s->from, &e);

    if (rc == ERR_OK && c->seeking == NULL)
        c->seeking = loop_timer(c->from.loop, on_turn, c);
    if (rc == ERR_OK && c->seeking == NULL)
        rc = err_set(&e, ERR_NOMEM, 0, "There is no memory to look for an event.");
    if (rc == ERR_OK)
        s->later = serve_later(call, on_gone, s);
    if (rc != ERR_OK) {
        stored_free(&s->stored);
        serve_refuse(call, ask_status(rc), &e);
        return;
    }
    watch_after(c->seeking, 0);
}

void event_route(void *arg, struct serve_call *call)
{
    struct console *c = arg;
    struct seeker *s = free_seeker(c);
    uint8_t room[SERVE_VALUE_MAX];
    struct span id;
    uint32_t lane;
    uint64_t sequence;
    int rc = serve_query(call, "id", room, &id);

    if (rc != 1 || !read_id(c, id, &lane, &sequence)) {
        ask_refuse(call, 422, "id is an event of this store as LANE:SEQUENCE, 0:1234.");
        return;
    }
    if (s == NULL || c->shown == NULL) {
        ask_refuse(call, 503,
                   s == NULL ? "Too many events are looked for: ask again."
                             : "There are no rules at hand.");
        return;
    }
    console_ends(c);
    s->from = (struct stored_from){ c->from.io, c->from.data, c->ends, lane, sequence };
    begin(c, call, s);
}

/* Rules are let go. */
void event_rules(struct console *c)
{
    matcher_free(&c->matcher);
}

void event_end(struct console *c)
{
    watch_free(&c->seeking);
    matcher_free(&c->matcher);
}
