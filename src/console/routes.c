/*
 * routes.c - what can be asked: a row a route.
 */
#include "act/actor.h"
#include "base/num.h"
#include "base/time.h"
#include "console/console_own.h"
#include "console/openapi.h"
#include "os/host.h"
#include "proof/proof.h"
#include "scan/put.h"

/* --- counts --------------------------------------------------------------------------------- */

static void make_metrics(struct console *c, struct metrics_from *m)
{
    sums_read(c->sums, &c->ledgers);
    proc_read_udp(c);
    *m = (struct metrics_from){ .ledgers = &c->ledgers,
                                .sums = c->sums,
                                .balance = c->balance,
                                .udp = c->udp,
                                .udp_count = c->udp_count,
                                .generation = c->rules.generation,
                                .connections = serve_open(c->serve),
                                .watchers = tail_watchers(c),
                                .live = live_count(c),
                                .csp_reports = c->csp_reports,
                                .started_ns = c->started_ns };
    m->papers = print_counts(c->prints).made;
    m->papers_failed = print_counts(c->prints).failed;
    proc_self(c, &m->cpu_us, &m->rss_bytes);
}

static void metrics_route(void *arg, struct serve_call *call)
{
    struct metrics_from m;

    make_metrics(arg, &m);
    call->type = METRICS_TYPE;
    metrics_put(call->body, &m);
}

void console_counts(struct console *c, struct stat_from *s)
{
    *s = (struct stat_from){ .rule_count = c->rules.rule_count,
                             .correlation_count = c->rules.correlation_count,
                             .now_ns = host_now_ns(),
                             .ms = loop_ms(c->from.loop),
                             .tried = c->tried,
                             .escalate_high_ms = c->escalate_high_ms,
                             .escalate_critical_ms = c->escalate_critical_ms,
                             .complete = &c->whole };
    make_metrics(c, &s->m);
    s->reader = console_db(c);
    s->why = c->db_why;
}

static void stat_route(void *arg, struct serve_call *call)
{
    struct console *c = arg;
    struct stat_from s;

    console_counts(c, &s);
    stat_json(call->body, &s);
}

/* --- health --------------------------------------------------------------------------------- */

/* One word for the whole, then what is behind it. 503 when something is wrong, so that a probe
 * needs to read nothing. */
static void health_route(void *arg, struct serve_call *call)
{
    struct console *c = arg;
    uint32_t lanes = 0, stuck = 0, full = 0, differs = 0;
    uint64_t ms = loop_ms(c->from.loop);

    for (uint32_t i = 0; i < SUMS_LANES; i++) {
        const struct ledger *g = c->ledgers.lane[i];
        uint64_t beat;

        if (g == NULL)
            continue;
        beat = board_get(g, BOARD_beat_ms);
        lanes++;
        stuck += beat == 0 || (ms > beat && ms - beat > STAT_BEAT_MS);
        full += board_get(g, BOARD_disk_full) != 0;
        differs += c->balance[i].state == BALANCE_DIFFERS;
    }
    call->type = "text/plain; charset=utf-8";
    call->status = lanes == 0 || stuck + full + differs > 0 ? 503 : 200;
    buf_fmt(call->body,
            "%s: %u collectors, %u stuck, %u with a full disk, %u whose counts differ\n",
            call->status == 200 ? "good"
            : lanes == 0        ? "starting"
                                : "bad",
            lanes, stuck, full, differs);
}

/* --- alerts --------------------------------------------------------------------------------- */

/* As the view has them, whatever their state. */
static void alerts_route(void *arg, struct serve_call *call)
{
    ask_view(arg, call, SPAN_LIT("alert.list"), SPAN_LIT("all"));
}

static void blind_route(void *arg, struct serve_call *call)
{
    ask_view(arg, call, SPAN_LIT("rule.blind"), SPAN_NONE);
}

/* --- verifications -------------------------------------------------------------------------- */

static void verify_route(void *arg, struct serve_call *call)
{
    ask_view(arg, call, SPAN_LIT("verify.last"), SPAN_NONE);
}

/* --- sources -------------------------------------------------------------------------------- */

static void sources_route(void *arg, struct serve_call *call)
{
    struct console *c = arg;
    struct db *db = console_db(c);
    struct err e = { 0 };

    if (db == NULL) {
        (void)err_set(&e, ERR_IO, 0, "%s", c->db_why);
        serve_refuse(call, 503, &e);
        return;
    }
    if (stat_sources(call->body, db, &e) != ERR_OK) {
        console_db_fault(c);
        serve_refuse(call, 503, &e);
        return;
    }
    buf_byte(call->body, '\n');
}

/* --- the API -------------------------------------------------------------------------------- */

static void api_route(void *arg, struct serve_call *call)
{
    const struct console *c = arg;

    openapi_put(call->body, c->routes, c->route_count);
}

unsigned console_guard(void *arg, const struct serve_call *call)
{
    struct console *c = arg;
    int scope = call->route->scope;
    unsigned refused;

    if (caller_is_blocked(c, call))
        return 429;
    if (scope == ASK_SCOPE || scope == SCOPE_PEOPLE)
        return caller_judge(c, call, scope == ASK_SCOPE ? ~0U : ROLES_ALL);
    refused = tokens_judge(c->tokens, serve_field(call, "authorization"), (enum may)scope);
    return refused == 401 ? caller_judge(c, call, ROLES_SEE) : refused;
}

/* --- the table ------------------------------------------------------------------------------ */

#define EVERYWHERE (DOOR_LOCAL | DOOR_METRICS | DOOR_API)
#define ASKED      (DOOR_LOCAL | DOOR_API)
#define JSON       "application/json"
#define NDJSON     "application/x-ndjson"
#define TEXT       "text/plain; charset=utf-8"

#define ROUTE(path, doors, scope, fn, type, help, ...)                                             \
    {                                                                                              \
        "GET", path, doors, scope, fn, type, help, { __VA_ARGS__ }, 0, NULL, false                 \
    }
/* For browsers, which it sends elsewhere. */
#define REDIRECT(path, fn, help)                                                                   \
    {                                                                                              \
        "GET", path, DOOR_API, SERVE_OPEN, fn, JSON, help, { NOTHING }, 0, NULL, true              \
    }
/* For browsers; their own guards are in login.c. */
#define POST(path, fn, row, help)                                                                  \
    {                                                                                              \
        "POST", path, DOOR_API, SERVE_OPEN, fn, JSON, help, { NOTHING }, LOGIN_SENT_MAX,           \
            &login_rows[row], false                                                                \
    }
/* An act under another path. */
#define ACT(method, path, scope, row, sent, help)                                                  \
    {                                                                                              \
        method, path, ASKED, scope, ask_act, JSON, help, { NOTHING }, sent, row, false             \
    }
/* For who is known at the desk, by the roles of `row`. */
#define KNOWN(path, fn, row, help)                                                                 \
    {                                                                                              \
        "GET", path, ASKED, ASK_SCOPE, fn, JSON, help, { NOTHING }, 0, row, false                  \
    }
#define NOTHING                                                                                    \
    {                                                                                              \
        NULL, NULL, false                                                                          \
    }

#define HUNT_PARAMS                                                                                \
    { "from", "events from then on; 30 days ago", false }, { "to", "events before then", false },  \
        { "seconds", "it ends with what it has by then", true },                                   \
    {                                                                                              \
        "for", "alert:12 or incident:3: needed to look for one person's records", false            \
    }

const struct serve_route console_routes[] = {
    ROUTE("/", DOOR_API, SERVE_OPEN, api_route, JSON, "this description", NOTHING),
    POST("/login", login_route, 0,
         "log in: a cookie is set; who it is, and what is still wanted of him"),
    POST("/password", password_route, 1, "change one's own password: all other sessions end"),
    POST("/logout", logout_route, 2, "end this session"),
    ROUTE("/session/csrf", DOOR_API, SERVE_OPEN, csrf_route, JSON,
          "the token (X-Canh-CSRF) that this session's changes need", NOTHING),
    REDIRECT("/oidc/begin", oidc_begin_route, "log in by the issuer of the settings: 302 to him"),
    ROUTE("/oidc/done", DOOR_API, SERVE_OPEN, oidc_done_route, JSON,
          "come back from the issuer: as /login, or needs_code",
          { "state", "as it was sent", false }, { "code", "of the issuer", false },
          { "iss", "the issuer (RFC 9207)", false }),
    POST("/oidc/code", oidc_code_route, 3, "log in by the issuer with our own second factor"),
    { "POST",
      "/csp",
      DOOR_API,
      SERVE_OPEN,
      csp_route,
      JSON,
      "a browser's report of what a page's policy forbade: counted",
      { NOTHING },
      CSP_REPORT_MAX,
      NULL,
      false },
    ROUTE("/live", ASKED, SCOPE_PEOPLE, live_route, "text/event-stream",
          "what changes, as events: desk (the database has), flow (each 2 s, numbers of /stat)",
          NOTHING),
    ROUTE("/health", EVERYWHERE, SERVE_OPEN, health_route, TEXT,
          "good or bad, in a line; 503 when bad", NOTHING),
    ROUTE("/metrics", DOOR_LOCAL | DOOR_METRICS, SERVE_OPEN, metrics_route, TEXT,
          "the counts, for Prometheus", NOTHING),
    ROUTE("/stat", ASKED, MAY_STAT, stat_route, JSON, "all counts and states", NOTHING),
    ROUTE("/sources", ASKED, MAY_STAT, sources_route, JSON,
          "who sends, who is late, who fell silent, and since when", NOTHING),
    ROUTE("/blind", ASKED, MAY_STAT, blind_route, NDJSON, "the rules that see nothing, and why",
          NOTHING),
    ROUTE("/alerts", ASKED, MAY_ALERTS, alerts_route, NDJSON, "alerts, newest first",
          { "level", "at least this: informational, low, medium, high, critical", false },
          { "since", "a time", false }, { "limit", "at most so many, 1 to 5000; 100", true },
          { "format", "ndjson, or json for one array", false }),
    ROUTE("/search", ASKED, MAY_SEARCH, search_route, NDJSON,
          "what a query finds; the last line says what was looked at",
          { "q", "a query (docs/query.md)", false },
          { "for", "alert:12 or incident:3: needed to look for one person's records", false },
          { "from", "received not before this time", false },
          { "to", "received before this time", false },
          { "limit", "at most so many, 1 to 10000; 100", true },
          { "seconds", "it ends with what it has by then", true },
          { "memory", "MiB that it may take", true }),
    ROUTE("/complete", ASKED, MAY_SEARCH, complete_route, JSON,
          "what may stand at a place of a query that is being typed, and values of its field",
          { "q", "the query as far as it is typed", false },
          { "at", "the cursor, a byte of it; its end", true }),
    ROUTE("/event", ASKED, MAY_SEARCH, event_route, JSON,
          "one stored event: its bytes, its fields, where it lies, the rules that hold for it",
          { "id", "LANE:SEQUENCE, as searches give them: 0:1234", false }),
    ROUTE("/evidence", ASKED, MAY_SEARCH, evidence_route, "application/x-tar",
          "events with the proofs that they are what was stored: docs/evidence.md",
          { "id", "these, as 0:12,0:17", false }, { "q", "those that a query finds", false },
          { "for", "alert:12 or incident:3; without id, q, from and to: the incident's evidence",
            false },
          { "from", "received not before this time", false },
          { "to", "received before this time", false },
          { "limit", "the newest so many, 1 to 1000; without it more are refused", true }),
    ROUTE("/hunt", ASKED, MAY_SEARCH, hunt_route, NDJSON,
          "what rules in force find in what is stored; the last line says what was looked at",
          { "rule", "id, name, title or file of one", false },
          { "rules", "several, with commas between; none: all in force", false }, HUNT_PARAMS),
    { "POST",
      "/hunt",
      ASKED,
      MAY_SEARCH,
      hunt_text_route,
      NDJSON,
      "the same with rules that are brought along: their text is the body",
      { HUNT_PARAMS },
      HUNT_SENT_MAX,
      NULL,
      false },
    ROUTE("/rule/costs", ASKED, MAY_STAT, costs_route, JSON,
          "what rules in force cost on a sample of the events that come: tries and ns of all",
          NOTHING),
    ROUTE("/rule/text", ASKED, MAY_SEARCH, rule_text_route, JSON,
          "the file that a rule in force stands in, as it was compiled",
          { "rule", "its id, name, title or file", false }),
    { "POST",
      "/rule/check",
      ASKED,
      MAY_SEARCH,
      check_route,
      JSON,
      "what is wrong with rules whose text is the body",
      { NOTHING },
      HUNT_SENT_MAX,
      NULL,
      false },
    ROUTE("/tail", ASKED, MAY_SEARCH, tail_route, NDJSON, "events as they come",
          { "filter", "a query without pipes (docs/query.md)", false }),
    KNOWN("/ledger/removed", removed_route, &removed_row,
          "what retention took in the newest days, as the ledger has it, signed"),
    KNOWN("/law/terms", law_terms_route, &law_terms_row,
          "codes of the law of today with their names"),
    ROUTE("/verify", ASKED, MAY_VERIFY, verify_route, NDJSON,
          "the verification that is under way, or the last: how far it is, what it found",
          { "format", "ndjson, or json for one array", false }),
    ACT("POST", "/verify", MAY_VERIFY, &proof_acts[PROOF_BEGIN], ACT_REQUEST_MAX,
        "read the whole store and lay it against what was signed; one at a time"),
    ACT("DELETE", "/verify", MAY_VERIFY, &proof_acts[PROOF_END], 0,
        "end the verification that is under way"),
};
const size_t console_route_count = COUNT_OF(console_routes);
