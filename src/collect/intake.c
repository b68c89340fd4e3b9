/*
 * intake.c - see intake.h.
 */
#include "collect/intake.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/time.h"
#include "collect/pass.h"
#include "collect/source.h"
#include "scan/output.h"
#include "scan/put.h"
#include "scan/records.h"
#include "store/finding.h"

#define BECAUSE_MAX 64u
#define TEXT_MAX    ((size_t)64 << 20)
#define GROUPS      4u /* filling, in flight, waiting for room on the disk */

/* Records of a group by row, until they are durable. */
struct tally {
    uint64_t group;
    uint32_t touched_count;
    uint16_t touched[LEDGER_ROWS];
    uint32_t count[LEDGER_ROWS];
};

struct intake {
    struct lane *lane;
    struct ledger *ledger;
    struct intake_rules use;
    uint64_t plan_hash;
    struct correlate_plan *plan;
    struct matcher *matcher;
    struct records *records;
    struct rec rec;
    struct event event;
    bool event_made;
    struct event_text text;
    struct because because[BECAUSE_MAX];
    struct buf out;  /* a finding's JSON */
    struct buf item; /* a lane record */
    struct buf made; /* text made from a record that is none */
    int64_t skew_ns;
    struct tracer_key tracer;
    bool has_tracer;
    uint32_t *shown; /* by rule: findings described in this second */
    int64_t second;
    uint64_t tracers;            /* taken */
    uint16_t known[LEDGER_ROWS]; /* rows whose SOURCES record this segment has: their months + 1 */
    struct tally tally[GROUPS];
    uint64_t in_flight;
};

/* --- set-up --------------------------------------------------------------------------------- */

int intake_new(struct intake **out, struct lane *l, struct ledger *g, struct err *e)
{
    struct intake *in = calloc(1, sizeof(*in));
    int rc;

    *out = in;
    if (in == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to take records in.");
    in->lane = l;
    in->ledger = g;
    buf_init(&in->out, TEXT_MAX);
    buf_init(&in->item, TEXT_MAX);
    buf_init(&in->made, TEXT_MAX);
    rc = records_new(&in->records, e);
    if (rc == ERR_OK && (!rec_init(&in->rec) || !event_text_init(&in->text)))
        rc = err_set(e, ERR_NOMEM, 0, "There is no memory to take records in.");
    if (rc != ERR_OK)
        intake_free(out);
    return rc;
}

static void drop_rules(struct intake *in)
{
    matcher_free(&in->matcher);
    correlate_plan_free(&in->plan);
    if (in->event_made)
        event_release(&in->event);
    in->event_made = false;
    free(in->shown);
    in->shown = NULL;
    in->use = (struct intake_rules){ 0 };
}

void intake_free(struct intake **pin)
{
    struct intake *in = *pin;

    *pin = NULL;
    if (in == NULL)
        return;
    drop_rules(in);
    records_free(&in->records);
    if (in->rec.fields != NULL)
        rec_release(&in->rec);
    event_text_release(&in->text);
    buf_release(&in->out);
    buf_release(&in->item);
    buf_release(&in->made);
    free(in);
}

int intake_use(struct intake *in, const struct intake_rules *r, struct err *e)
{
    int rc;

    drop_rules(in);
    ledger_forget_views(in->ledger);
    if (r == NULL)
        return ERR_OK;
    in->use = *r;
    in->shown = calloc(ruleset_rule_count(r->rules) + 1u, sizeof(*in->shown));
    if (in->shown == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the rules.");
    rc = event_init(&in->event, r->taxonomy, r->names, e);
    in->event_made = rc == ERR_OK;
    if (rc == ERR_OK)
        rc = matcher_new(&in->matcher, r->rules, e);
    if (rc == ERR_OK && ruleset_correlation_count(r->rules) > 0) {
        rc = correlate_plan_of(&in->plan, r->rules, r->names, e);
        if (rc == ERR_OK)
            in->plan_hash = correlate_plan_hash(in->plan);
    }
    if (rc != ERR_OK)
        drop_rules(in);
    return rc;
}

void intake_skew(struct intake *in, uint64_t skew_ms)
{
    in->skew_ns = (int64_t)skew_ms * 1000000;
}

void intake_tracer(struct intake *in, const struct tracer_key *key)
{
    in->has_tracer = key != NULL;
    if (key != NULL)
        in->tracer = *key;
}

/* --- counts --------------------------------------------------------------------------------- */

static struct tally *tally_of(struct intake *in, uint64_t group)
{
    return &in->tally[group % GROUPS];
}

static void heard(struct intake *in, uint32_t row, int64_t now_ns)
{
    atomic_store_explicit(&in->ledger->row[row].count[LEDGER_last_ms], (uint64_t)(now_ns / 1000000),
                          memory_order_release);
}

static void tally_add(struct intake *in, uint32_t row, uint32_t records, int64_t now_ns)
{
    struct tally *t = tally_of(in, lane_group(in->lane));

    MUST(t->touched_count == 0 || t->group == lane_group(in->lane));
    t->group = lane_group(in->lane);
    if (t->count[row] == 0) {
        t->touched[t->touched_count++] = (uint16_t)row;
        heard(in, row, now_ns);
    }
    t->count[row] += records;
}

/* What is received is in flight a moment before it is received, and is not any more a moment after
 * it is stored: so a reader of the counts finds no difference that is none. */
static void fly(struct intake *in, uint64_t more, uint64_t less)
{
    in->in_flight += more - less;
    board_set(in->ledger, BOARD_in_flight, in->in_flight);
}

void intake_durable(struct intake *in, uint64_t group)
{
    struct tally *t = tally_of(in, group);

    if (t->group != group)
        return; /* it held no events */
    for (uint32_t i = 0; i < t->touched_count; i++) {
        uint32_t row = t->touched[i];

        ledger_add(in->ledger, row, LEDGER_stored, t->count[row]);
        ledger_add(in->ledger, row, LEDGER_matched, t->count[row]);
        fly(in, 0, t->count[row]);
        t->count[row] = 0;
    }
    t->touched_count = 0;
}

bool intake_is_tracer(const struct intake *in, enum input input, struct span text)
{
    return in->has_tracer && tracer_is(&in->tracer, span_of(input_name(input)), text);
}

uint64_t intake_tracers(const struct intake *in)
{
    return in->tracers;
}

void intake_refuse(struct intake *in, uint32_t row, enum ledger_counter why, uint64_t records)
{
    ledger_add(in->ledger, row, LEDGER_received, records);
    ledger_add(in->ledger, row, why, records);
}

/* --- sources -------------------------------------------------------------------------------- */

static void put_source(struct intake *in, uint32_t row)
{
    const struct ledger_row *r = &in->ledger->row[row];
    struct source_record s = { row, (enum input)r->input, r->authenticated == 1, r->months,
                               span_of(r->name) };

    buf_clear(&in->item);
    source_record_put(&in->item, &s);
    if (!buf_failed(&in->item) && lane_record(in->lane, LANE_SOURCES, buf_span(&in->item)))
        in->known[row] = (uint16_t)(s.months + 1);
}

/* Before an event of it: once in a segment, and again when its events are to be kept for another
 * time than before. */
static void tell_source(struct intake *in, uint32_t row)
{
    if (in->known[row] != in->ledger->row[row].months + 1)
        put_source(in, row);
}

void intake_sources(struct intake *in)
{
    for (uint32_t i = 0; i < LEDGER_ROWS; i++) {
        if (in->known[i] != 0)
            put_source(in, i);
    }
}

/* --- findings ------------------------------------------------------------------------------- */

struct about {
    const struct intake_from *from;
    uint64_t sequence;
    struct span source_name;
    struct sighting seen;
    uint8_t flags; /* of the finding */
    uint8_t time_room[TIME_TEXT_MAX];
};

static void about_make(struct intake *in, struct about *a, const struct view *v)
{
    int64_t ns = 0, off;

    in->text.made = false;
    a->seen = (struct sighting){ .text = &in->text, .event = &in->event, .view = v };
    a->seen.file = a->source_name;
    a->seen.host = event_host(&in->event);
    a->seen.has_time = event_time(&in->event, &ns);
    if (a->seen.has_time)
        a->seen.time = time_text(ns, a->time_room);
    off = ns - a->from->now_ns;
    if (!a->seen.has_time || off > in->skew_ns || off < -in->skew_ns) {
        ledger_add(in->ledger, a->from->row, LEDGER_untimed, 1);
        a->flags |= FINDING_RECEIPT_TIME;
        ns = a->from->now_ns;
    }
    a->seen.time_ns = ns;
}

/* Is there still room for a described finding of this rule in this second? */
static bool describe(struct intake *in, uint32_t rule, int64_t now_ns)
{
    int64_t second = now_ns / TIME_SECOND;

    if (second != in->second) {
        memset(in->shown, 0, ruleset_rule_count(in->use.rules) * sizeof(*in->shown));
        in->second = second;
    }
    return in->shown[rule]++ < FINDINGS_WHOLE_MAX;
}

static void put_json(struct intake *in, const struct hit *h, const struct sigma_rule *rule,
                     const struct about *a, enum sigma_level level)
{
    struct finding f = { .rule = &rule->head,
                         .level = level,
                         .seen = &a->seen,
                         .because = in->because,
                         .filter_unavailable = h->filter_unavailable };
    size_t record_at = SIZE_MAX;
    char number[24];
    int n = snprintf(number, sizeof(number), "%llu", (unsigned long long)a->sequence);

    MUST(n > 0);
    f.because_count = match_because(in->matcher, &in->event, h, in->because, BECAUSE_MAX);
    output_json.finding(NULL, &f, &in->out, &record_at);
    if (buf_failed(&in->out) || record_at == SIZE_MAX || !buf_reserve(&in->out, (size_t)n))
        return;
    memmove(in->out.p + record_at + n, in->out.p + record_at, in->out.n - record_at);
    memcpy(in->out.p + record_at, number, (size_t)n);
    in->out.n += (size_t)n - 1; /* without the line's end */
}

static void put_finding(struct intake *in, const struct hit *h, const struct about *a)
{
    const struct sigma_rule *rule = ruleset_rule(in->use.rules, h->rule);
    enum sigma_level level = rule->head.level;
    struct stored_finding f;

    if (h->filter_unavailable && level > LEVEL_INFORMATIONAL)
        level--;
    buf_clear(&in->out);
    if (describe(in, h->rule, a->from->now_ns))
        put_json(in, h, rule, a, level);
    f = (struct stored_finding){
        .sequence = a->sequence,
        .rule_hash = rule->head.hash,
        .time_ns = a->seen.time_ns,
        .source = a->from->row,
        .level = (uint8_t)level,
        .flags = a->flags,
        .rule = rule->head.id,
        .title = rule->head.title,
        .host = a->seen.host,
        .source_name = a->source_name,
        .json = buf_failed(&in->out) ? SPAN_NONE : buf_span(&in->out),
    };
    buf_clear(&in->item);
    stored_finding_put(&in->item, &f);
    if (!buf_failed(&in->item) && lane_record(in->lane, LANE_FINDINGS, buf_span(&in->item)))
        ledger_add(in->ledger, a->from->row, LEDGER_findings, 1);
}

static void put_input(struct intake *in, const struct hit *h, const struct about *a)
{
    struct correlate_event about = { .rule = h->rule, .time_ns = a->seen.time_ns };
    uint8_t head[16];

    bytes_put_u64(head, in->plan_hash);
    bytes_put_u64(head + 8, a->sequence);
    buf_clear(&in->item);
    buf_add(&in->item, (struct span){ head, sizeof(head) });
    correlate_put_hit(in->plan, &about, &in->event, h->view, &in->item);
    if (!buf_failed(&in->item))
        (void)lane_record(in->lane, LANE_INPUTS, buf_span(&in->item)); /* memory: seen at submit */
}

static void put_hits(struct intake *in, struct about *a, const struct hit *hits, uint32_t count)
{
    about_make(in, a, hits[0].view);
    for (uint32_t i = 0; i < count; i++) {
        a->seen.view = hits[i].view;
        if (ruleset_rule(in->use.rules, hits[i].rule)->emit)
            put_finding(in, &hits[i], a);
        if (in->plan != NULL && correlate_wanted(in->plan, hits[i].rule))
            put_input(in, &hits[i], a);
    }
}

/* --- the hot path --------------------------------------------------------------------------- */

/* Which rules could see this event: others may be blind. */
static void note_views(struct intake *in, int64_t now_ns)
{
    const struct event_class *cls = in->event.cls;

    for (uint32_t i = 0; i < cls->view_count; i++)
        ledger_view(in->ledger, cls->views[i]->id, (uint32_t)(now_ns / TIME_SECOND));
}

/* in->rec holds the record: try the rules on it. */
static void try_rules(struct intake *in, enum record_state state, struct about *a)
{
    const struct hit *hits;
    uint32_t count;

    if (state == RECORD_PLAIN)
        ledger_add(in->ledger, a->from->row, LEDGER_plain, 1);
    else if (state == RECORD_DAMAGED)
        ledger_add(in->ledger, a->from->row, LEDGER_unparsed, 1);
    if (in->rec.count == 0)
        return;
    event_reference_time(&in->event,
                         a->from->reference_ns != 0 ? a->from->reference_ns : a->from->now_ns);
    event_begin(&in->event, &in->rec);
    note_views(in, a->from->now_ns);
    if (in->event.cls->view_count == 0)
        ledger_add(in->ledger, a->from->row, LEDGER_unclassed, 1);
    count = match_event(in->matcher, &in->event, &hits);
    if (count > 0)
        put_hits(in, a, hits, count);
}

/* Into the lane; its bytes there, and its number. SPAN_NONE: dropped, counted. */
static struct span keep(struct intake *in, const struct intake_from *from, struct span raw,
                        uint32_t lines, uint64_t *sequence)
{
    struct lane_event ev = { from->row, from->flags, (uint16_t)lines, from->now_ns };
    struct span kept;

    fly(in, lines, 0);
    ledger_add(in->ledger, from->row, LEDGER_received, lines);
    ledger_add(in->ledger, from->row, LEDGER_bytes, raw.n);
    tell_source(in, from->row);
    kept = lane_event(in->lane, &ev, raw, sequence);
    if (kept.p == NULL) {
        ledger_add(in->ledger, from->row, LEDGER_dropped_memory, lines);
        fly(in, 0, lines);
        return kept;
    }
    if (lines > 1) {
        ledger_add(in->ledger, from->row, LEDGER_joined, lines - 1);
        fly(in, 0, lines - 1);
    }
    tally_add(in, from->row, 1, from->now_ns);
    return kept;
}

static struct span name_of(const struct intake *in, uint32_t row)
{
    return span_of(in->ledger->row[row].name);
}

static uint8_t finding_flags(uint16_t flags)
{
    return (uint8_t)(((flags & LANE_UNAUTHENTICATED) != 0 ? FINDING_UNAUTHENTICATED : 0) |
                     ((flags & LANE_TRACER) != 0 ? FINDING_TRACER : 0));
}

static bool is_tracer(const struct intake *in, const struct intake_from *from, struct span raw)
{
    const struct ledger_row *r = &in->ledger->row[from->row];

    return in->has_tracer && tracer_is(&in->tracer, span_of(input_name((enum input)r->input)), raw);
}

static void put_tracer(struct intake *in, const struct intake_from *from, uint64_t sequence)
{
    const struct ledger_row *r = &in->ledger->row[from->row];
    struct stored_finding f = { .sequence = sequence,
                                .time_ns = from->now_ns,
                                .source = from->row,
                                .level = LEVEL_INFORMATIONAL,
                                .flags = finding_flags(from->flags | LANE_TRACER),
                                .rule = SPAN_LIT(TRACER_RULE),
                                .title = SPAN_LIT("Tracer"),
                                .source_name = span_of(input_name((enum input)r->input)) };

    buf_clear(&in->item);
    stored_finding_put(&in->item, &f);
    if (!buf_failed(&in->item))
        (void)lane_record(in->lane, LANE_FINDINGS,
                          buf_span(&in->item)); /* one lost: one is missing */
}

/* One of our own: stored and found, and in no other figure. */
static enum intake_result take_tracer(struct intake *in, const struct intake_from *from,
                                      struct span raw)
{
    struct lane_event ev = { from->row, from->flags | LANE_TRACER, 1, from->now_ns };
    uint64_t sequence;

    tell_source(in, from->row);
    if (lane_event(in->lane, &ev, raw, &sequence).p == NULL)
        return INTAKE_NO_MEMORY;
    ledger_add(in->ledger, from->row, LEDGER_tracers, 1);
    in->tracers++;
    put_tracer(in, from, sequence);
    return INTAKE_STORED;
}

enum intake_result intake_record(struct intake *in, const struct intake_from *from, struct span raw,
                                 bool json)
{
    struct about a = { .from = from, .flags = finding_flags(from->flags) };
    enum record_state state;

    MUST(in->matcher != NULL);
    if (is_tracer(in, from, raw))
        return take_tracer(in, from, raw);
    records_one(in->records, raw, &in->rec, &state, NULL);
    if (json && (state != RECORD_WHOLE || in->rec.codec != CODEC_JSON)) {
        intake_refuse(in, from->row, LEDGER_refused_syntax, 1);
        return INTAKE_NOT_JSON;
    }
    if (keep(in, from, raw, 1, &a.sequence).p == NULL)
        return INTAKE_NO_MEMORY;
    a.source_name = name_of(in, from->row);
    try_rules(in, state, &a);
    return INTAKE_STORED;
}

/* A record that is not text, as JSON that has the same fields. */
static struct span as_text(struct intake *in, struct span source_name)
{
    struct sighting s = { .text = &in->text, .event = &in->event, .file = source_name };
    struct span all;
    size_t at = SIZE_MAX, from;

    in->text.made = false;
    event_begin(&in->event, &in->rec);
    buf_clear(&in->made);
    put_event(&in->made, &s, &at);
    all = buf_span(&in->made);
    for (from = 0; from + 9 < all.n && memcmp(all.p + from, "\"fields\":", 9) != 0; from++)
        ;
    /* {...,"fields":{...}} */
    if (buf_failed(&in->made) || from + 10 >= all.n)
        return in->rec.raw;
    return (struct span){ all.p + from + 9, all.n - from - 10 };
}

/* The header lines that rule the block's records; a bad one rules nothing. */
static void take_headers(struct cut *cut, struct span lines)
{
    while (lines.n > 0) {
        size_t n = span_find(lines, '\n');

        (void)w3c_header(&cut->w3c, (struct span){ lines.p, n }, NULL);
        lines = span_from(lines, n < lines.n ? n + 1 : n);
    }
}

uint32_t intake_block(struct intake *in, const struct intake_from *from, const struct pass_block *b)
{
    struct cut cut = { .mode = (enum cut_mode)b->mode };
    enum record_state state = RECORD_WHOLE;
    struct err why;
    uint32_t count = 0;

    MUST(in->matcher != NULL);
    take_headers(&cut, b->w3c);
    records_begin(in->records, b->records, &cut, b->header);
    while (records_next(in->records, &in->rec, &state, &why) > 0) {
        struct intake_from one = *from;
        struct about a = { .from = &one, .source_name = name_of(in, from->row) };
        struct span raw = in->rec.raw;

        if (state == RECORD_NONE) {
            ledger_add(in->ledger, from->row, LEDGER_unparsed, 1);
            continue;
        }
        if ((in->rec.flags & REC_RAW_BINARY) != 0) {
            one.flags |= LANE_EVTX;
            raw = as_text(in, a.source_name);
        }
        a.flags = finding_flags(one.flags);
        count++;
        if (keep(in, &one, raw, in->rec.lines, &a.sequence).p != NULL)
            try_rules(in, state, &a);
    }
    return count;
}

void intake_rematch(struct intake *in, const struct lane_read_event *ev, uint32_t row)
{
    struct intake_from from = { .row = row, .flags = ev->flags, .now_ns = ev->receipt_ns };
    struct about a = { .from = &from,
                       .sequence = ev->sequence,
                       .source_name = name_of(in, row),
                       .flags = finding_flags(ev->flags) };
    enum record_state state;

    MUST(in->matcher != NULL);
    if ((ev->flags & LANE_TRACER) != 0) {
        put_tracer(in, &from, ev->sequence);
        return;
    }
    records_one(in->records, ev->raw, &in->rec, &state, NULL);
    try_rules(in, state, &a);
}

void intake_group(struct intake *in)
{
    lane_matched(in->lane);
}
