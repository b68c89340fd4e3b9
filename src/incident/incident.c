/*
 * incident.c - one incident: read, made, its codes checked against the law.
 */
#include "incident/incident_own.h"

#include "act/key.h"
#include "base/time.h"
#include "scan/put.h"

#define VIETNAM_S INT64_C(25200) /* UTC+7, all year */

const struct act_kind incident_kind = { "incident", DB_INCIDENT_STATE, DB_INCIDENT_STATE_PUT };

const char *const incident_channels[] = {
#define X(name, vi) name,
    INCIDENT_CHANNEL_TABLE(X)
#undef X
        NULL
};
const char *const incident_phases[] = { "detect",  "triage",  "contain", "eradicate",
                                        "recover", "lessons", NULL };

int32_t incident_year(int64_t ns)
{
    struct time_parts p;

    time_split(ns + VIETNAM_S * TIME_SECOND, &p);
    return p.year;
}

void incident_bind_text(struct db_row *r, int at, struct span s)
{
    if (s.p != NULL)
        db_text(r, at, s);
}

void incident_bind_int(struct db_row *r, int at, int64_t v)
{
    if (v != 0)
        db_int(r, at, v);
}

/* --- reading -------------------------------------------------------------------------------- */

static void copy(char *to, size_t room, struct span s)
{
    MUST(s.n < room);
    memcpy(to, s.p, s.n);
    to[s.n] = '\0';
}

int incident_get(struct act_call *c, int64_t id, struct incident_at *out, struct err *e)
{
    struct db_row *r;
    int rc = act_find_row(c->db, DB_INCIDENT_IS, "incident", id, &r, e);

    if (rc != ERR_OK)
        return rc;
    *out = (struct incident_at){ .id = id,
                                 .level = (unsigned)db_get_int(r, 5),
                                 .t0_ns = db_get_int(r, 7),
                                 .opened_ns = db_get_int(r, 8),
                                 .closed_ns = db_get_null(r, 9) ? 0 : db_get_int(r, 9) };
    copy(out->state, sizeof(out->state), db_get_text(r, 0));
    copy(out->number, sizeof(out->number), db_get_text(r, 1));
    copy(out->type, sizeof(out->type), db_get_text(r, 2));
    copy(out->severity, sizeof(out->severity), db_get_text(r, 3));
    copy(out->profile, sizeof(out->profile), db_get_text(r, 4));
    copy(out->facts, sizeof(out->facts), db_get_text(r, 6));
    db_end(r);
    return act_free(c, "incident", id, e);
}

bool incident_is_over(const struct incident_at *at)
{
    return strcmp(at->state, "closed") == 0 || strcmp(at->state, "merged") == 0;
}

int incident_get_open(struct act_call *c, struct incident_at *out, struct err *e)
{
    int rc = incident_get(c, act_int(c, "incident"), out, e);

    if (rc == ERR_OK && incident_is_over(out))
        rc = act_conflict(e, "%s is %s.", out->number, out->state);
    return rc;
}

/* --- codes of the law ----------------------------------------------------------------------- */

int incident_knows(struct act_call *c, const struct incident_at *at, enum legal_list list,
                   const char *param, struct err *e)
{
    struct legal_name name;

    if (!act_has(c, param) || c->legal == NULL)
        return ERR_OK;
    return c->legal->name(c->legal->arg, span_of(at->profile), list, act_text(c, param), &name)
               ? ERR_OK
               : err_set(e, ERR_USAGE, 0, "%s: The law of that time (%s) has none such.", param,
                         at->profile);
}

static int put_fact(struct act_call *c, const char *profile, struct span code, const char *before,
                    struct buf *out, struct err *e)
{
    struct legal_name name;

    if (code.n > LEGAL_CODE_MAX ||
        (c->legal != NULL &&
         !c->legal->name(c->legal->arg, span_of(profile), LEGAL_FACT, code, &name)))
        return err_set(e, ERR_USAGE, 0, "facts: The law of that time (%s) has not %.*s.", profile,
                       (int)(code.n < 60 ? code.n : 60), (const char *)code.p);
    buf_text(out, before);
    put_json_text(out, code);
    return ERR_OK;
}

int incident_facts_put(struct act_call *c, const char *profile, struct buf *out, struct err *e)
{
    struct span text = act_text(c, "facts");
    size_t count = 0;
    int rc = ERR_OK;

    if (span_eq(text, SPAN_LIT("none")))
        text = SPAN_NONE;
    for (; text.n > 0 && rc == ERR_OK; text = span_trim(text)) {
        size_t end = span_find(text, ' ');

        if (++count > LEGAL_FACTS_MAX)
            return err_set(e, ERR_USAGE, 0, "facts: These are too many.");
        rc = put_fact(c, profile, (struct span){ text.p, end }, count == 1 ? "[" : ",", out, e);
        text = span_from(text, end);
    }
    buf_text(out, count == 0 ? "[]" : "]");
    return rc;
}

/* --- making --------------------------------------------------------------------------------- */

static int put_row(struct act_call *c, const struct incident_new *n, const char *profile,
                   struct span key, struct span facts, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_INCIDENT_ADD);

    db_int(r, 1, incident_year(c->now_ns));
    db_text(r, 2, n->title);
    db_text(r, 3, key);
    db_text(r, 4, n->type);
    db_text(r, 5, n->severity);
    db_text(r, 7, facts);
    db_int(r, 8, n->t0_ns);
    db_text(r, 9, span_of(n->source));
    incident_bind_text(r, 10, n->channel);
    db_int(r, 11, c->now_ns);
    db_text(r, 12, n->owner);
    db_text(r, 13, span_of(profile));
    db_int(r, 14, n->level);
    incident_bind_text(r, 15, n->summary);
    incident_bind_int(r, 16, n->split);
    db_int(r, 17, c->id);
    return db_run(c->db, r, e);
}

static int put_systems(struct act_call *c, int64_t id, struct err *e)
{
    size_t count;
    const int64_t *system = act_ids(c, "systems", &count);
    int rc = ERR_OK;

    for (size_t i = 0; i < count && rc == ERR_OK; i++) {
        struct db_row *r;

        rc = act_is_there(c->db, DB_SYSTEM_IS, "system", system[i], e);
        if (rc != ERR_OK)
            break;
        r = db_use(c->db, DB_INCIDENT_SYSTEM_ADD);
        db_int(r, 1, id);
        db_int(r, 2, system[i]);
        rc = db_run(c->db, r, e);
    }
    return rc;
}

static int put_new(struct act_call *c, const struct incident_new *n, const char *profile,
                   int64_t *id, struct err *e)
{
    struct buf key, facts;
    int rc;

    buf_init(&key, 1 << 12);
    buf_init(&facts, INCIDENT_FACTS_BYTES);
    key_put(n->title, &key);
    rc = incident_facts_put(c, profile, &facts, e);
    if (rc == ERR_OK && (buf_failed(&key) || buf_failed(&facts)))
        rc = act_no_memory(e);
    if (rc == ERR_OK)
        rc = put_row(c, n, profile, buf_span(&key), buf_span(&facts), e);
    *id = rc == ERR_OK ? db_key(c->db) : 0;
    buf_release(&key);
    buf_release(&facts);
    return rc == ERR_OK ? put_systems(c, *id, e) : rc;
}

static int put_steps(struct act_call *c, const struct incident_at *at, struct err *e)
{
    const char *book =
        c->legal != NULL ? c->legal->playbook_for(c->legal->arg, span_of(at->type)) : NULL;
    uint32_t added = 0;
    int rc = book != NULL ? incident_tasks_of(c, at, span_of(book), &added, e) : ERR_OK;

    buf_fmt(c->answer, ",\"tasks\":%u", added);
    return rc;
}

int incident_make(struct act_call *c, const struct incident_new *n, int64_t *id, struct err *e)
{
    struct incident_at at = { .t0_ns = n->t0_ns };
    const char *profile;
    int rc;

    if (c->legal == NULL) /* its clocks would be missing unseen */
        return err_set(e, ERR_IO, 0,
                       "The law could not be read: no incident is opened without it.");
    profile = c->legal->profile_at(c->legal->arg, n->t0_ns);
    if (profile == NULL)
        return act_conflict(e, "No law is known for the time of the detection.");
    copy(at.profile, sizeof(at.profile), span_of(profile));
    rc = incident_knows(c, &at, LEGAL_TYPE, "type", e);
    if (rc == ERR_OK)
        rc = incident_knows(c, &at, LEGAL_SEVERITY, "severity", e);
    if (rc == ERR_OK)
        rc = put_new(c, n, profile, id, e);
    if (rc == ERR_OK)
        rc = act_on(c, "incident", *id, e);
    if (rc == ERR_OK)
        rc = incident_get(c, *id, &at, e);
    if (rc != ERR_OK)
        return rc;
    buf_fmt(c->answer, ",\"incident\":%lld,\"number\":\"%s\"", (long long)*id, at.number);
    rc = incident_clocks_follow(c, *id, SPAN_NONE, e);
    return rc == ERR_OK ? put_steps(c, &at, e) : rc;
}

int incident_note(struct act_call *c, const char *kind, int64_t id, struct span text, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_NOTE_ADD);

    db_int(r, 1, c->id);
    db_text(r, 2, span_of(kind));
    db_int(r, 3, id);
    db_text(r, 4, text);
    return db_run(c->db, r, e);
}
