/*
 * proof.c - what an incident is told by and proven with: observables, evidence and who had it, the
 * course of events. Evidence is never changed; a line is corrected by another.
 */
#include "incident/incident_own.h"
#include "incident/observable.h"

#include <sodium.h>

#include "act/key.h"
#include "base/num.h"
#include "base/utf.h"

#define VALUE_MAX       4000
#define FILE_NAME_MAX   200
#define FILE_MAX        (10 << 20)
#define EVENTS_TEXT_MAX 20000
#define HEX_BYTES       (2 * crypto_hash_sha256_BYTES + 1)

const struct act_kind incident_observable_kind = { "observable", DB_OBSERVABLE_STATE,
                                                   DB_OBSERVABLE_STATE_PUT };

/* --- observables ---------------------------------------------------------------------------- */

static int check_value(struct act_call *c, struct err *e)
{
    struct span type = act_text(c, "type"), value = act_text(c, "value");

    if (observable_is_social(type, value))
        return err_set(e, ERR_USAGE, 0,
                       "value: An account or a page of a social network is not written down.");
    if (!observable_fits(type, value))
        return err_set(e, ERR_USAGE, 0, "value: This is no %.*s.", SPAN_ARG(type));
    return ERR_OK;
}

static struct db_row *use_observable(struct act_call *c, enum db_statement s, int64_t incident,
                                     struct span key)
{
    struct db_row *r = db_use(c->db, s);
    bool others = s == DB_OBSERVABLE_OTHERS;

    db_int(r, others ? 3 : 1, incident);
    db_text(r, others ? 1 : 2, act_text(c, "type"));
    db_text(r, others ? 2 : 3, key);
    return r;
}

static int put_observable(struct act_call *c, int64_t incident, struct span key, struct err *e)
{
    struct db_row *r = use_observable(c, DB_OBSERVABLE_FIND, incident, key);
    int rc = db_next(c->db, r, e);

    db_end(r);
    if (rc != 0)
        return rc < 0 ? rc : act_conflict(e, "It is there already.");
    r = db_use(c->db, DB_OBSERVABLE_ADD);
    db_int(r, 1, incident);
    db_text(r, 2, act_text(c, "type"));
    db_text(r, 3, act_text(c, "value"));
    db_text(r, 4, key);
    incident_bind_text(r, 5, act_text(c, "note"));
    db_int(r, 6, c->id);
    rc = act_made(c, r, "observable", e);
    if (rc != ERR_OK)
        return rc;
    r = use_observable(c, DB_OBSERVABLE_OTHERS, incident, key);
    rc = db_next(c->db, r, e);
    if (rc == 1)
        buf_fmt(c->answer, ",\"others\":%lld", (long long)db_get_int(r, 0));
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

static int observable_add(struct act_call *c, struct err *e)
{
    struct incident_at at;
    struct buf key;
    int rc = incident_get_open(c, &at, e);

    if (rc == ERR_OK)
        rc = check_value(c, e);
    if (rc != ERR_OK)
        return rc;
    buf_init(&key, 1 << 14);
    key_put(act_text(c, "value"), &key);
    rc = buf_failed(&key) ? act_no_memory(e) : put_observable(c, at.id, buf_span(&key), e);
    buf_release(&key);
    return rc == ERR_OK ? act_on(c, "incident", at.id, e) : rc;
}

static int observable_remove(struct act_call *c, struct err *e)
{
    int64_t id = act_int(c, "observable");
    struct db_row *r;
    int rc = act_find_row(c->db, DB_OBSERVABLE_IS, "observable", id, &r, e);

    if (rc == ERR_OK && !db_get_null(r, 1))
        rc = act_none(e, "observable", id);
    db_end(r);
    if (rc == ERR_OK)
        rc = act_changes(c, &incident_observable_kind, id, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_OBSERVABLE_REMOVE);
    db_int(r, 1, id);
    db_int(r, 2, c->id);
    rc = db_run(c->db, r, e);
    return rc == ERR_OK ? incident_note(c, "observable", id, act_text(c, "reason"), e) : rc;
}

/* --- evidence ------------------------------------------------------------------------------- */

/* "0.1203 1.77": lane and number of events, as they are shown everywhere. */
static bool put_events(struct span text, struct buf *out)
{
    const char *before = "[";

    for (text = span_trim(text); text.n > 0;) {
        size_t end = 0, dot;
        uint64_t n;

        while (end < text.n && strchr(" \t\n,", text.p[end]) == NULL)
            end++;
        dot = span_find((struct span){ text.p, end }, '.');
        if (dot == end || !num_u64((struct span){ text.p, dot }, UINT32_MAX, &n) ||
            !num_u64((struct span){ text.p + dot + 1, end - dot - 1 }, INT64_MAX, &n))
            return false;
        buf_fmt(out, "%s\"%.*s\"", before, (int)end, (const char *)text.p);
        before = ",";
        while (end < text.n && strchr(" \t\n,", text.p[end]) != NULL)
            end++;
        text = span_from(text, end);
    }
    buf_byte(out, ']');
    return before[0] == ',';
}

struct evidence {
    char sha256[HEX_BYTES];
    int64_t bytes;
    struct span file, events, place, content;
};

static void hash(struct span s, struct evidence *v)
{
    uint8_t digest[crypto_hash_sha256_BYTES];

    (void)crypto_hash_sha256(digest, s.p, s.n);                                 /* always 0 */
    (void)sodium_bin2hex(v->sha256, sizeof(v->sha256), digest, sizeof(digest)); /* fits */
    v->bytes = (int64_t)s.n;
}

static bool is_digest(struct span s)
{
    return observable_fits(SPAN_LIT("file-sha256"), s);
}

/* A hash that somebody else took, in small letters. */
static void take_hash(struct act_call *c, struct evidence *v)
{
    struct span s = act_text(c, "sha256");

    for (size_t i = 0; i < s.n; i++)
        v->sha256[i] = (char)(s.p[i] >= 'A' && s.p[i] <= 'F' ? s.p[i] | 0x20 : s.p[i]);
    v->bytes = act_int(c, "bytes");
}

/* One of three: bytes that came along, events, or what lies elsewhere and was hashed there. */
static int read_evidence(struct act_call *c, struct evidence *v, struct buf *events, struct err *e)
{
    int ways = act_has(c, "content") + act_has(c, "events") + act_has(c, "place");

    if (ways != 1)
        return err_set(e, ERR_USAGE, 0, "content: One of content, events and place is needed.");
    if (act_has(c, "content") != act_has(c, "file"))
        return err_set(e, ERR_USAGE, 0, "file: A file has a name and a content.");
    if (act_has(c, "sha256") && !is_digest(act_text(c, "sha256")))
        return err_set(e, ERR_USAGE, 0, "sha256: This is no SHA-256.");
    if (act_has(c, "place") && !(act_has(c, "sha256") && act_has(c, "bytes")))
        return err_set(e, ERR_USAGE, 0,
                       "sha256: What lies elsewhere needs its hash and its bytes.");
    v->file = act_text(c, "file");
    v->place = act_text(c, "place");
    v->content = act_text(c, "content");
    if (act_has(c, "events") && !put_events(act_text(c, "events"), events))
        return err_set(e, ERR_USAGE, 0, "events: These are no numbers of events as 0.1203.");
    v->events = act_has(c, "events") ? buf_span(events) : SPAN_NONE;
    if (act_has(c, "content"))
        hash(v->content, v);
    else if (act_has(c, "sha256"))
        take_hash(c, v);
    else
        hash(v->events, v); /* of the list: the ledger proves the events themselves */
    if (act_has(c, "content") && act_has(c, "sha256")) {
        struct evidence said = { .bytes = 0 };

        take_hash(c, &said);
        if (strcmp(said.sha256, v->sha256) != 0)
            return act_conflict(e, "sha256: The file that came has another hash.");
    }
    return ERR_OK;
}

static int put_evidence(struct act_call *c, int64_t incident, const struct evidence *v,
                        struct err *e)
{
    struct db_row *r = db_use(c->db, DB_EVIDENCE_ADD);
    int64_t id;
    int rc;

    db_int(r, 1, incident);
    db_text(r, 2, act_text(c, "what"));
    db_text(r, 3, span_of(v->sha256));
    db_int(r, 4, v->bytes);
    incident_bind_text(r, 5, v->file);
    incident_bind_text(r, 6, v->events);
    incident_bind_text(r, 7, v->place);
    db_int(r, 8, act_has(c, "taken") ? act_int(c, "taken") : c->now_ns);
    db_text(r, 9, act_has(c, "by") ? act_text(c, "by") : c->who->name);
    db_text(r, 10, act_text(c, "origin"));
    db_int(r, 11, c->id);
    rc = db_run(c->db, r, e);
    id = rc == ERR_OK ? db_key(c->db) : 0;
    buf_fmt(c->answer, ",\"evidence\":%lld,\"sha256\":\"%s\"", (long long)id, v->sha256);
    if (rc == ERR_OK && v->content.p != NULL) {
        r = db_use(c->db, DB_EVIDENCE_FILE_ADD);
        db_int(r, 1, id);
        db_blob(r, 2, v->content);
        rc = db_run(c->db, r, e);
    }
    return rc == ERR_OK ? act_on(c, "evidence", id, e) : rc;
}

static int evidence_add(struct act_call *c, struct err *e)
{
    struct evidence v = { .bytes = 0 };
    struct incident_at at;
    struct buf events;
    int rc = incident_get_open(c, &at, e);

    if (rc == ERR_OK && act_int(c, "taken") > c->now_ns)
        rc = err_set(e, ERR_USAGE, 0, "taken: This is still to come.");
    if (rc != ERR_OK)
        return rc;
    buf_init(&events, (size_t)4 * EVENTS_TEXT_MAX);
    rc = read_evidence(c, &v, &events, e);
    if (rc == ERR_OK && buf_failed(&events))
        rc = act_no_memory(e);
    if (rc == ERR_OK)
        rc = put_evidence(c, at.id, &v, e);
    buf_release(&events);
    return rc == ERR_OK ? act_on(c, "incident", at.id, e) : rc;
}

/* Who hands it over must have it; time does not run backwards. */
static int check_custody(struct act_call *c, int64_t id, int64_t incident, int64_t time_ns,
                         struct err *e)
{
    struct db_row *r = db_use(c->db, DB_EVIDENCE_IS);
    struct span has, shown;
    int rc;

    db_int(r, 1, id);
    rc = db_next(c->db, r, e);
    if (rc < 0)
        return rc;
    if (rc == 0 || db_get_int(r, 0) != incident) {
        db_end(r);
        return err_set(e, ERR_NOTFOUND, 0, "Incident %lld has no evidence %lld.",
                       (long long)incident, (long long)id);
    }
    has = db_get_text(r, 2);
    shown = utf8_cut(has, 100);
    if (!span_eq(has, act_text(c, "giver")))
        rc = act_conflict(e, "Evidence %lld is with %.*s.", (long long)id, SPAN_ARG(shown));
    else if (time_ns < db_get_int(r, 3))
        rc = act_conflict(e, "Evidence %lld was not there yet at that time.", (long long)id);
    else
        rc = ERR_OK;
    db_end(r);
    return rc;
}

static int put_hand_over(struct act_call *c, int64_t incident, int64_t time_ns, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_HAND_OVER_ADD);

    db_int(r, 1, incident);
    db_int(r, 2, time_ns);
    db_text(r, 3, act_text(c, "giver"));
    db_text(r, 4, act_text(c, "taker"));
    db_text(r, 5, act_text(c, "agency"));
    incident_bind_text(r, 6, act_text(c, "place"));
    db_text(r, 7, act_text(c, "why"));
    incident_bind_text(r, 8, act_text(c, "document"));
    db_int(r, 9, c->id);
    incident_bind_text(r, 10, act_text(c, "title"));
    incident_bind_text(r, 11, act_text(c, "medium"));
    incident_bind_int(r, 12, act_int(c, "copies"));
    return db_run(c->db, r, e);
}

static int hand_over_one(struct act_call *c, int64_t evidence, int64_t sheet, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_CUSTODY_ADD);
    int rc;

    db_int(r, 1, evidence);
    db_int(r, 2, sheet);
    rc = db_run(c->db, r, e);
    return rc == ERR_OK ? act_on(c, "evidence", evidence, e) : rc;
}

/* Of an incident that is over, too. */
static int hand_over(struct act_call *c, struct err *e)
{
    struct incident_at at;
    size_t count;
    const int64_t *id = act_ids(c, "evidence", &count);
    int64_t when = act_has(c, "at") ? act_int(c, "at") : c->now_ns, sheet;
    int rc = incident_get(c, act_int(c, "incident"), &at, e);

    if (rc == ERR_OK && when > c->now_ns)
        rc = err_set(e, ERR_USAGE, 0, "at: This is still to come.");
    for (size_t i = 0; i < count && rc == ERR_OK; i++)
        rc = check_custody(c, id[i], at.id, when, e);
    if (rc == ERR_OK)
        rc = put_hand_over(c, at.id, when, e);
    sheet = rc == ERR_OK ? db_key(c->db) : 0;
    buf_fmt(c->answer, ",\"hand_over\":%lld", (long long)sheet);
    for (size_t i = 0; i < count && rc == ERR_OK; i++)
        rc = hand_over_one(c, id[i], sheet, e);
    return rc == ERR_OK ? act_on(c, "incident", at.id, e) : rc;
}

/* --- the course of events ------------------------------------------------------------------- */

static int put_line(struct act_call *c, int64_t incident, int64_t time_ns, int64_t corrects,
                    struct err *e)
{
    struct db_row *r = db_use(c->db, DB_TIMELINE_ADD);
    int rc;

    db_int(r, 1, incident);
    db_int(r, 2, time_ns);
    db_text(r, 3, act_text(c, "text"));
    incident_bind_int(r, 4, corrects);
    if (corrects != 0)
        db_text(r, 5, act_text(c, "reason"));
    db_int(r, 6, c->id);
    rc = db_run(c->db, r, e);
    if (rc == ERR_OK)
        buf_fmt(c->answer, ",\"line\":%lld", (long long)db_key(c->db));
    return rc == ERR_OK ? act_on(c, "incident", incident, e) : rc;
}

static int timeline_add(struct act_call *c, struct err *e)
{
    struct incident_at at;
    int rc = incident_get(c, act_int(c, "incident"), &at, e);

    if (rc == ERR_OK && act_int(c, "time") > c->now_ns)
        rc = err_set(e, ERR_USAGE, 0, "time: This is still to come.");
    return rc == ERR_OK ? put_line(c, at.id, act_int(c, "time"), 0, e) : rc;
}

static int timeline_correct(struct act_call *c, struct err *e)
{
    int64_t line = act_int(c, "line"), incident, when;
    struct db_row *r;
    int rc = act_find_row(c->db, DB_TIMELINE_IS, "line", line, &r, e);

    if (rc != ERR_OK)
        return rc;
    incident = db_get_int(r, 0);
    when = act_has(c, "time") ? act_int(c, "time") : db_get_int(r, 1);
    rc = db_get_null(r, 2) ? ERR_OK
                           : act_conflict(e, "Line %lld was corrected by %lld already.",
                                          (long long)line, (long long)db_get_int(r, 2));
    db_end(r);
    if (rc == ERR_OK && when > c->now_ns)
        rc = err_set(e, ERR_USAGE, 0, "time: This is still to come.");
    return rc == ERR_OK ? put_line(c, incident, when, line, e) : rc;
}

/* --- rows ----------------------------------------------------------------------------------- */

#define INCIDENT                                                                                   \
    {                                                                                              \
        "incident", ACT_ID, true, 0, NULL, "its number"                                            \
    }
#define REASON                                                                                     \
    {                                                                                              \
        "reason", ACT_TEXT, true, 4000, NULL, "why"                                                \
    }
#define LINE(name, required, help)                                                                 \
    {                                                                                              \
        name, ACT_TEXT, required, INCIDENT_LINE_MAX, NULL, help                                    \
    }

const struct act_row incident_proof[] = {
    { "observable.add",
      ROLES_HOUSE,
      "The attack can be told by this.",
      observable_add,
      { INCIDENT,
        { "type", ACT_CHOICE, true, 0, observable_types, "what it is" },
        { "value", ACT_TEXT, true, VALUE_MAX, NULL, "the value" },
        { "note", ACT_TEXT, false, 4000, NULL, "what is known of it" } } },
    { "observable.remove",
      ROLES_HOUSE,
      "It has nothing to do with it.",
      observable_remove,
      { { "observable", ACT_ID, true, 0, NULL, "its number" }, REASON } },
    { "evidence.add",
      ROLES_HOUSE,
      "Something is kept as proof: a file, events, or what lies elsewhere.",
      evidence_add,
      { INCIDENT,
        LINE("what", true, "what it is"),
        { "file", ACT_TEXT, false, FILE_NAME_MAX, NULL, "the name of the file" },
        { "content", ACT_FILE, false, FILE_MAX, NULL, "its bytes" },
        { "events", ACT_TEXT, false, EVENTS_TEXT_MAX, NULL, "events by their numbers, as 0.1203" },
        LINE("place", false, "where it lies"),
        { "sha256", ACT_TEXT, false, 64, NULL, "its SHA-256" },
        { "bytes", ACT_INTEGER, false, INT64_C(1) << 60, NULL, "how large it is" },
        { "taken", ACT_TIME, false, 0, NULL, "when it was taken; without it: now" },
        LINE("by", false, "who took it; without it: who asks"),
        LINE("origin", true, "from what machine, account or place") } },
    { "evidence.hand_over",
      ROLES_HOUSE,
      "Somebody else has it from now on.",
      hand_over,
      { INCIDENT,
        { "evidence", ACT_IDS, true, 0, NULL, "what is handed over" },
        LINE("giver", true, "who had it, as the evidence says"),
        LINE("taker", true, "who has it now"),
        LINE("title", false, "the taker's title"),
        LINE("agency", true, "the taker's agency"),
        LINE("medium", false, "on what it is, how it is sealed"),
        { "copies", ACT_INTEGER, false, 99, NULL, "of the minutes" },
        { "at", ACT_TIME, false, 0, NULL, "when; without it: now" },
        LINE("place", false, "where"),
        LINE("why", true, "what for"),
        LINE("document", false, "number and sign of the minutes") } },
    { "timeline.add",
      ROLES_HOUSE,
      "Something happened that no event tells.",
      timeline_add,
      { INCIDENT,
        { "time", ACT_TIME, true, 0, NULL, "when" },
        { "text", ACT_TEXT, true, 4000, NULL, "what" } } },
    { "timeline.correct",
      ROLES_HOUSE,
      "A line was wrong: it stays, and is followed by this one.",
      timeline_correct,
      { { "line", ACT_ID, true, 0, NULL, "its number" },
        { "time", ACT_TIME, false, 0, NULL, "when; without it: as it was" },
        { "text", ACT_TEXT, true, 4000, NULL, "what" },
        REASON } },
};
