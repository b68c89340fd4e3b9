/*
 * hunts.c - GET /hunt?rule=&rules=&from=&to=&seconds=&for=: rules in force over what is stored
 * (search/hunt.h), and POST /hunt with the text of rules: what would they have found? Lines of
 * JSON:
 *
 *   {"progress":{"events","read","hits","blocks","passed","ms"}}     each HUNT_TELL_MS
 *   {"rule":{...},"hits":N,"first","last","events":[{"id":"0:1234","time"},...]}    of each that
 *       held, when it is done; of a correlation "results":[...] instead, as canh scan has them
 *   {"hunt":{"rules","hits","events","read","blocks","passed","damaged","ms","partial","why"}}
 *
 * Before anything is looked at the desk writes down who hunts with what (act search.run, kind
 * hunt). Rules that are brought along and look for one person's records need a case
 * (query/rule_person.h).
 *
 * A few at a time, each on a thread beside the loop, which looks at `gone` between two steps: who
 * goes away ends his hunt. Rules that are brought along are compiled there, with a taxonomy of
 * their own, and lie elsewhere than those in force.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "console/console_own.h"
#include "incident/incident.h"
#include "os/host.h"
#include "os/spill.h"
#include "os/workers.h"
#include "query/rule_person.h"
#include "scan/finding.h"
#include "scan/put.h"
#include "search/hunt.h"

#define HUNT_TELL_MS   500u
#define HUNT_DAYS      INT64_C(30) /* unless `from` says something else */
#define HUNT_SECONDS   60u
#define HUNT_LISTED    100u    /* events of a rule */
#define HUNT_RESULTS_N 20u     /* of a correlation */
#define HUNT_INPUTS    100000u /* of correlations: they lie in memory */
#define HUNT_LINES     ((size_t)64 << 20)
#define HUNT_PUT       ((size_t)256 << 10) /* into a stream at once */
#define DAY_NS         (INT64_C(86400) * TIME_SECOND)

/* What a thread has come to so far. */
struct so_far {
    atomic_ullong events, read, hits, blocks, passed, ms;
};

/* Rules that somebody brought along. */
struct brought {
    struct sigma_rules rules;
    struct names names;
    struct taxonomy *taxonomy;
    struct ruleset *set;
    bool has_rules, has_names;
    char folder[FILE_PATH_BYTES]; /* of the taxonomy */
};

struct hunter {
    struct job job; /* the first */
    struct console *console;
    struct serve_later *later; /* until the desk has answered */
    struct serve_stream *stream;
    struct asked *asked;
    bool taken, running; /* the place; by a thread */
    atomic_bool gone;    /* nobody wants to know any more */
    struct hunt_from from;
    struct lane_place ends[WALK_LANES];
    bool *rule, *correlation; /* by index, of those in force */
    struct brought *brought;  /* NULL: of those in force */
    struct so_far so_far;
    /* the thread's, while it runs */
    struct buf lines;
    int rc;
    struct err e;
    size_t told; /* of the lines */
    uint64_t tell_ms;
};

struct hunters {
    struct workers *workers; /* NULL: made when first needed */
    struct watch *turn;
    struct hunter hunter[CONSOLE_HUNTS];
};

/* --- memory ----------------------------------------------------------------------------------- */

static void brought_free(struct brought **pb)
{
    struct brought *b = *pb;

    *pb = NULL;
    if (b == NULL)
        return;
    ruleset_free(&b->set);
    taxonomy_free(&b->taxonomy);
    if (b->has_names)
        names_release(&b->names);
    if (b->has_rules)
        rules_release(&b->rules);
    free(b);
}

/* Not while a thread has it. */
static void release(struct hunter *h)
{
    MUST(!h->running);
    if (h->asked != NULL)
        h->asked->arg = NULL; /* its place stays taken until the desk has answered */
    h->asked = NULL;
    h->later = NULL;
    h->stream = NULL;
    brought_free(&h->brought);
    free(h->rule);
    free(h->correlation);
    h->rule = h->correlation = NULL;
    buf_release(&h->lines);
    h->taken = false;
}

static void on_gone(void *arg)
{
    struct hunter *h = arg;

    h->later = NULL;
    h->stream = NULL;
    atomic_store(&h->gone, true);
    if (!h->running)
        release(h);
}

/* --- what was found --------------------------------------------------------------------------- */

static void put_time(struct buf *out, const char *name, int64_t ns)
{
    uint8_t room[TIME_TEXT_MAX];

    buf_fmt(out, ",\"%s\":", name);
    put_json_text(out, time_text(ns, room));
}

static void put_hits(struct buf *out, const struct sigma_head *head, uint64_t count,
                     const struct hunt_hit *hits, uint32_t listed)
{
    int64_t first = INT64_MAX, last = INT64_MIN;

    for (uint32_t i = 0; i < listed; i++) {
        first = hits[i].time_ns < first ? hits[i].time_ns : first;
        last = hits[i].time_ns > last ? hits[i].time_ns : last;
    }
    buf_text(out, "{\"rule\":");
    put_rule(out, head);
    buf_fmt(out, ",\"hits\":%llu", (unsigned long long)count);
    if (listed > 0) {
        put_time(out, "first", first);
        put_time(out, "last", last);
    }
    buf_text(out, ",\"events\":[");
    for (uint32_t i = 0; i < listed && i < HUNT_LISTED; i++) {
        buf_fmt(out, "%s{\"id\":\"%u:%llu\"", i > 0 ? "," : "", hits[i].lane,
                (unsigned long long)hits[i].sequence);
        put_time(out, "time", hits[i].time_ns);
        buf_byte(out, '}');
    }
    buf_text(out, "]}\n");
}

static void put_results(struct buf *out, const struct sigma_head *head, uint64_t count,
                        struct span lines)
{
    buf_text(out, "{\"rule\":");
    put_rule(out, head);
    buf_fmt(out, ",\"hits\":%llu,\"results\":[", (unsigned long long)count);
    for (uint32_t i = 0; lines.n > 0 && i < HUNT_RESULTS_N; i++) {
        size_t n = span_find(lines, '\n');

        buf_text(out, i > 0 ? "," : "");
        buf_add(out, (struct span){ lines.p, n });
        lines = span_from(lines, n < lines.n ? n + 1 : n);
    }
    buf_text(out, "]}\n");
}

static void put_end(struct buf *out, const struct hunt_counts *c, uint32_t rules)
{
    buf_fmt(out,
            "{\"hunt\":{\"rules\":%u,\"hits\":%llu,\"events\":%llu,\"read\":%llu,\"blocks\":%llu,"
            "\"passed\":%llu,\"damaged\":%llu,\"ms\":%llu,\"partial\":%s",
            rules, (unsigned long long)c->hits, (unsigned long long)c->events,
            (unsigned long long)c->read, (unsigned long long)c->blocks,
            (unsigned long long)c->passed, (unsigned long long)c->damaged,
            (unsigned long long)c->ms, c->partial ? "true" : "false");
    if (c->partial) {
        buf_text(out, ",\"why\":");
        put_json_text(out, span_of(c->why));
    }
    buf_text(out, "}}\n");
}

/* How many were tried, of all or of those wanted. */
static uint32_t tried(const bool *wanted, uint32_t count)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < count; i++)
        n += wanted == NULL || wanted[i];
    return n;
}

static int put_all(struct hunter *h, struct hunt *hunt)
{
    const struct ruleset *rs = h->from.rules;
    const struct hunt_counts counts = hunt_counts(hunt);
    const uint32_t rules = ruleset_rule_count(rs), correlations = ruleset_correlation_count(rs);

    for (uint32_t i = 0; i < rules; i++) {
        const struct hunt_hit *hits;
        uint32_t listed;
        const uint64_t count = hunt_rule(hunt, i, &hits, &listed);

        if (count > 0)
            put_hits(&h->lines, &ruleset_rule(rs, i)->head, count, hits, listed);
    }
    for (uint32_t i = 0; i < correlations; i++) {
        struct span lines;
        const uint64_t count = hunt_correlation(hunt, i, &lines);

        if (count > 0)
            put_results(&h->lines, &ruleset_correlation(rs, i)->head, count, lines);
    }
    put_end(&h->lines, &counts,
            tried(h->from.rule, rules) + tried(h->from.correlation, correlations));
    return buf_failed(&h->lines)
               ? err_set(&h->e, ERR_NOMEM, 0, "There is no memory for what was found.")
               : ERR_OK;
}

/* --- on a thread ------------------------------------------------------------------------------ */

static int compile(struct brought *b, struct err *e)
{
    int rc = names_init(&b->names, e);

    b->has_names = rc == ERR_OK;
    if (rc == ERR_OK)
        rc = taxonomy_load(&b->taxonomy, b->folder, &b->names, e);
    if (rc == ERR_OK)
        rc = ruleset_bind(&b->rules, b->taxonomy, &b->names, e);
    return rc == ERR_OK ? ruleset_new(&b->set, &b->rules, b->taxonomy, &b->names, 1, e) : rc;
}

static void note(struct so_far *s, const struct hunt_counts *c)
{
    atomic_store(&s->events, c->events);
    atomic_store(&s->read, c->read);
    atomic_store(&s->hits, c->hits);
    atomic_store(&s->blocks, c->blocks);
    atomic_store(&s->passed, c->passed);
    atomic_store(&s->ms, c->ms);
}

static int step_all(struct hunter *h, struct hunt *hunt)
{
    int rc;

    while ((rc = hunt_step(hunt, &h->e)) > 0) {
        const struct hunt_counts c = hunt_progress(hunt);

        note(&h->so_far, &c);
        if (atomic_load(&h->gone))
            return err_set(&h->e, ERR_LIMIT, 0, "The rules are changed just now: ask again.");
    }
    return rc;
}

static void run(struct job *j)
{
    struct hunter *h = (struct hunter *)j;
    struct hunt *hunt = NULL;

    h->rc = h->brought != NULL ? compile(h->brought, &h->e) : ERR_OK;
    if (h->rc == ERR_OK && h->brought != NULL) {
        h->from.rules = h->brought->set;
        h->from.taxonomy = h->brought->taxonomy;
        h->from.names = &h->brought->names;
    }
    if (h->rc == ERR_OK)
        h->rc = hunt_new(&hunt, &h->from, &h->e);
    if (h->rc == ERR_OK)
        h->rc = step_all(h, hunt);
    if (h->rc == ERR_OK)
        h->rc = put_all(h, hunt);
    hunt_free(&hunt);
    if (h->rc == ERR_OK)
        return;
    buf_clear(&h->lines);
    buf_text(&h->lines, "{\"error\":");
    put_json_text(&h->lines, span_of(h->e.why));
    buf_text(&h->lines, "}\n");
}

/* --- the loop --------------------------------------------------------------------------------- */

static void tell_progress(struct hunter *h)
{
    struct so_far *s = &h->so_far;
    struct buf line;

    buf_init(&line, 1024);
    buf_fmt(&line,
            "{\"progress\":{\"events\":%llu,\"read\":%llu,\"hits\":%llu,\"blocks\":%llu,"
            "\"passed\":%llu,\"ms\":%llu}}\n",
            atomic_load(&s->events), atomic_load(&s->read), atomic_load(&s->hits),
            atomic_load(&s->blocks), atomic_load(&s->passed), atomic_load(&s->ms));
    (void)serve_put(h->stream, buf_span(&line)); /* no room: the next one tells more */
    buf_release(&line);
}

/* What was found, as far as the reader takes it; then the end. */
static void hand_out(struct hunter *h)
{
    struct serve_stream *stream = h->stream;

    while (h->told < h->lines.n) {
        const size_t n = h->lines.n - h->told < HUNT_PUT ? h->lines.n - h->told : HUNT_PUT;

        if (!serve_put(stream, (struct span){ h->lines.p + h->told, n }))
            return;
        h->told += n;
    }
    release(h);
    serve_end(stream);
}

static void on_turn(void *arg, unsigned ready)
{
    struct console *c = arg;
    const uint64_t now = loop_ms(c->from.loop);
    bool any = false;

    (void)ready;
    for (uint32_t i = 0; i < CONSOLE_HUNTS; i++) {
        struct hunter *h = &c->hunters->hunter[i];

        if (h->stream == NULL)
            continue;
        if (!h->running) {
            hand_out(h);
        } else if (now >= h->tell_ms) {
            h->tell_ms = now + HUNT_TELL_MS;
            tell_progress(h);
        }
        any |= h->stream != NULL;
    }
    if (any)
        watch_after(c->hunters->turn, CONSOLE_FOLLOW_MS);
}

static void done(struct job *j)
{
    struct hunter *h = (struct hunter *)j;

    h->running = false;
    if (h->stream == NULL)
        release(h);
    else
        hand_out(h);
}

/* --- the desk --------------------------------------------------------------------------------- */

static void answer_why(struct hunter *h, unsigned status, const char *why)
{
    struct serve_later *later = h->later;
    struct buf body;
    struct serve_call call = { .status = 200, .type = "application/json", .body = &body };

    buf_init(&body, 4096);
    ask_refuse(&call, status, why);
    release(h);
    serve_answer(later, call.status, "application/json", buf_span(&body));
    buf_release(&body);
}

static void begin(struct console *c, struct hunter *h)
{
    struct hunters *all = c->hunters;
    struct err e = { 0 };

    if (all->workers == NULL)
        (void)workers_new(&all->workers, c->from.loop, CONSOLE_HUNTS, &e);
    if (all->turn == NULL)
        all->turn = loop_timer(c->from.loop, on_turn, c);
    if (all->workers == NULL || all->turn == NULL ||
        workers_put(all->workers, &h->job, &e) != ERR_OK) {
        answer_why(h, 503, "There is no memory for one more hunt.");
        return;
    }
    h->running = true;
    h->stream = serve_begin_later(h->later, "application/x-ndjson", on_gone, h);
    if (h->stream == NULL) {
        atomic_store(&h->gone, true); /* the answer is never given: he is told by the time limit */
        return;
    }
    h->later = NULL;
    h->tell_ms = loop_ms(c->from.loop) + HUNT_TELL_MS;
    watch_after(all->turn, CONSOLE_FOLLOW_MS);
}

static void on_told(struct console *c, void *arg, const struct line_tell *t)
{
    struct hunter *h = arg;
    char why[ERR_WHY_MAX];

    if (h == NULL)
        return;
    h->asked = NULL;
    if (t == NULL) {
        answer_why(h, 503, "The desk ended before it answered: ask again.");
    } else if (t->code != ERR_OK) {
        ask_why(t, why);
        answer_why(h, ask_status(t->code), why);
    } else {
        begin(c, h);
    }
}

static void write_down(struct console *c, struct serve_call *call, struct hunter *h,
                       struct span rules, struct span is_for)
{
    const char *why = "Who asks is not known here.";
    struct caller who;
    struct buf request;

    buf_init(&request, 8 * INCIDENT_HUNT_BYTES);
    incident_hunt_request(&request, rules, is_for);
    if (caller_find_any(c, call, &who) && !buf_failed(&request)) {
        const struct line_ask a = { .by = who.by,
                                    .address = who.address,
                                    .credential = who.credential,
                                    .request = buf_span(&request) };

        h->asked = ask_desk(c, &a, on_told, h, &why);
    }
    buf_release(&request);
    if (h->asked != NULL) {
        h->later = serve_later(call, on_gone, h);
        return;
    }
    release(h);
    ask_refuse(call, 503, why);
}

/* --- which rules ------------------------------------------------------------------------------ */

/* Those that are called so. */
static bool select_word(struct hunter *h, struct span word)
{
    const struct ruleset *rs = h->from.rules;
    bool any = false;

    for (uint32_t i = 0; i < ruleset_rule_count(rs); i++) {
        const bool is = sigma_is_called(&ruleset_rule(rs, i)->head, word);

        h->rule[i] |= is;
        any |= is;
    }
    for (uint32_t i = 0; i < ruleset_correlation_count(rs); i++) {
        const bool is = sigma_is_called(&ruleset_correlation(rs, i)->head, word);

        h->correlation[i] |= is;
        any |= is;
    }
    return any;
}

/* `words`: with commas between, or one whole. */
static int select_words(struct hunter *h, struct span words, bool one, struct err *e)
{
    h->rule = calloc(ruleset_rule_count(h->from.rules) + 1, sizeof(*h->rule));
    h->correlation = calloc(ruleset_correlation_count(h->from.rules) + 1, sizeof(*h->correlation));
    if (h->rule == NULL || h->correlation == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the rules.");
    while (words.n > 0) {
        const size_t n = one ? words.n : span_find(words, ',');
        const struct span word = span_trim((struct span){ words.p, n });

        if (word.n > 0 && !select_word(h, word))
            return err_set(e, ERR_NOTFOUND, 0, "No rule has '%.*s' as its id, name, title or file.",
                           (int)(word.n < 80 ? word.n : 80), (const char *)word.p);
        words = span_from(words, n < words.n ? n + 1 : n);
    }
    h->from.rule = h->rule;
    h->from.correlation = h->correlation;
    return ERR_OK;
}

/* GET: those that are named, or all in force. What is written down: *what. */
static int choose(struct hunter *h, const struct serve_call *call, uint8_t *room, struct span *what,
                  struct err *e)
{
    int one = serve_query(call, "rule", room, what), several = 0;

    if (one == 0 || (one > 0 && what->n == 0))
        several = serve_query(call, "rules", room, what);
    if (one < 0 || several < 0)
        return err_set(e, ERR_SYNTAX, 0, "rule cannot be decoded.");
    if (what->n > 0)
        return select_words(h, *what, several == 0, e);
    *what = SPAN_LIT("all in force");
    return ERR_OK;
}

/* A person's records are looked for in a case. */
static int check_persons(const struct sigma_rules *rules, bool has_case, struct err *e)
{
    struct span field;

    for (uint32_t i = 0; i < rules->rule_count && !has_case; i++) {
        if (rule_person(rules->rules[i], &field))
            return err_set(e, ERR_DENIED, rules->rules[i]->head.line,
                           "This looks for one person's records (%.*s): give the alert or incident "
                           "that it is for, as for=incident:3; it is written down.",
                           (int)(field.n < 40 ? field.n : 40), (const char *)field.p);
    }
    return ERR_OK;
}

/* POST: those of the body. */
static int bring(struct console *c, struct hunter *h, struct span text, bool has_case,
                 struct err *e)
{
    struct brought *b = h->brought = calloc(1, sizeof(*b));
    int rc = b == NULL ? ERR_NOMEM : rules_init(&b->rules, e), n;

    if (b == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the rules.");
    b->has_rules = rc == ERR_OK;
    n = snprintf(b->folder, sizeof(b->folder), "%s/rules/%llu/taxonomy", c->from.data,
                 (unsigned long long)c->rules.generation);
    if (n < 0 || (size_t)n >= sizeof(b->folder))
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    if (rc == ERR_OK)
        rc = rules_add_bytes(&b->rules, SPAN_LIT("rule.yml"), text, e);
    if (rc == ERR_OK)
        rc = rules_finish(&b->rules, e);
    if (rc == ERR_OK && b->rules.refusal_count > 0)
        rc = err_set(e, ERR_SYNTAX, b->rules.refusals[0].line, "%.*s",
                     (int)(b->rules.refusals[0].why.n < 200 ? b->rules.refusals[0].why.n : 200),
                     (const char *)b->rules.refusals[0].why.p);
    if (rc == ERR_OK && b->rules.rule_count == 0)
        rc = err_set(e, ERR_SYNTAX, 0, "There is no rule in the text.");
    return rc == ERR_OK ? check_persons(&b->rules, has_case, e) : rc;
}

/* --- asking ----------------------------------------------------------------------------------- */

static struct hunter *free_hunter(struct console *c)
{
    for (uint32_t i = 0; i < CONSOLE_HUNTS; i++) {
        if (!c->hunters->hunter[i].taken)
            return &c->hunters->hunter[i];
    }
    return NULL;
}

static void take(struct console *c, struct hunter *h)
{
    const uint32_t cores = host_cores();

    *h = (struct hunter){ .job = { .run = run, .done = done }, .console = c, .taken = true };
    buf_init(&h->lines, HUNT_LINES);
    console_ends(c);
    memcpy(h->ends, c->ends, sizeof(h->ends));
    h->from = (struct hunt_from){ .io = c->from.io,
                                  .data = c->from.data,
                                  .ends = h->ends,
                                  .rules = c->rules.rules,
                                  .taxonomy = c->rules.taxonomy,
                                  .names = c->rules.names,
                                  .skew_ns = c->skew_ns,
                                  .threads = cores > 3 ? cores / 2 : 1, /* others live here, too */
                                  .inputs_max = HUNT_INPUTS };
}

static int read_bounds(const struct serve_call *call, struct hunt_from *from, struct err *e)
{
    uint64_t seconds;
    int rc = find_time(call, "from", host_now_ns() - HUNT_DAYS * DAY_NS, &from->from_ns, e);

    if (rc == ERR_OK)
        rc = find_time(call, "to", INT64_MAX / 2, &from->to_ns, e);
    if (rc == ERR_OK)
        rc = find_number(call, "seconds", HUNT_SECONDS, CONSOLE_SEARCH_SECONDS, &seconds, e);
    if (rc == ERR_OK)
        from->budget_ms = seconds * 1000;
    return rc;
}

static void hunt(struct console *c, struct serve_call *call, bool brought)
{
    uint8_t room[SERVE_VALUE_MAX], case_room[SERVE_VALUE_MAX];
    struct hunter *h = free_hunter(c);
    struct span what = call->sent, is_for = SPAN_NONE;
    struct err e = { 0 };
    int rc;

    if (h == NULL || c->rules.rules == NULL) {
        ask_refuse(call, 503,
                   h == NULL ? "Too many hunts are under way: ask again."
                             : "There are no rules at hand.");
        return;
    }
    take(c, h);
    rc = read_bounds(call, &h->from, &e);
    if (rc == ERR_OK && serve_query(call, "for", case_room, &is_for) < 0)
        rc = err_set(&e, ERR_SYNTAX, 0, "for cannot be decoded.");
    if (rc == ERR_OK)
        rc = brought ? bring(c, h, call->sent, is_for.n > 0, &e) : choose(h, call, room, &what, &e);
    if (rc == ERR_OK) {
        write_down(c, call, h, what, is_for);
        return;
    }
    release(h);
    serve_refuse(call, ask_status(rc), &e);
}

void hunt_route(void *arg, struct serve_call *call)
{
    hunt(arg, call, false);
}

void hunt_text_route(void *arg, struct serve_call *call)
{
    hunt(arg, call, true);
}

/* --- the whole -------------------------------------------------------------------------------- */

int hunts_new(struct hunters **out, struct err *e)
{
    (void)spill_hold(2 * CONSOLE_HUNTS, NULL); /* without it correlations are refused, with why */
    *out = calloc(1, sizeof(**out));
    return *out != NULL ? ERR_OK : err_set(e, ERR_NOMEM, 0, "There is no memory for the console.");
}

/* Each ends with a sentence; its thread is at its end when this comes back. */
void hunts_stop(struct hunters *all)
{
    if (all == NULL)
        return;
    for (uint32_t i = 0; i < CONSOLE_HUNTS; i++)
        atomic_store(&all->hunter[i].gone, true);
    workers_free(&all->workers);
    for (uint32_t i = 0; i < CONSOLE_HUNTS; i++) {
        struct hunter *h = &all->hunter[i];

        if (!h->taken)
            continue;
        if (h->running && h->lines.n == 0)
            buf_text(&h->lines, "{\"error\":\"The rules are changed just now: ask again.\"}\n");
        h->running = false;
        if (h->stream != NULL)
            hand_out(h); /* what does not go out now goes out with the next turns */
        else if (h->later != NULL)
            answer_why(h, 503, "The rules are changed just now: ask again.");
        else
            release(h);
    }
}

void hunts_free(struct hunters **all)
{
    if (*all == NULL)
        return;
    hunts_stop(*all);
    watch_free(&(*all)->turn);
    for (uint32_t i = 0; i < CONSOLE_HUNTS; i++) {
        if ((*all)->hunter[i].taken)
            release(&(*all)->hunter[i]);
    }
    free(*all);
    *all = NULL;
}
