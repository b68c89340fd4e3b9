/*
 * phieu.c - what an agency is warned of, or asked to do, and what it answers.
 *
 *   draft ─▶ sent ─▶ received ─▶ answered ─▶ checked ─▶ closed
 *                       ▲            │ not good
 *                       └─ returned ◀┘          an answer may come at once, and again
 *
 * The contact of an agency sees what was sent to it, and nothing else: what is another's is not
 * there.
 */
#include "incident/incident_own.h"
#include "registry/registry.h"

#include <sodium.h>

#define PHIEU_TEXT_MAX 10000
#define ANSWER_MAX     (8 << 20)
#define MANY           INT64_C(1000000)

#define ROLES_ANSWER   (ROLES_HOUSE | ROLE_BIT(CONTACT))

static const char *const kinds[] = { "warning", "request", NULL };

enum state {
    DRAFT = 1,
    SENT = 2,
    RECEIVED = 4,
    ANSWERED = 8,
    RETURNED = 16,
    CHECKED = 32,
    CLOSED = 64,
};
static const struct {
    const char *name;
    enum state state;
} states[] = { { "draft", DRAFT },       { "sent", SENT },         { "received", RECEIVED },
               { "answered", ANSWERED }, { "returned", RETURNED }, { "checked", CHECKED },
               { "closed", CLOSED } };

struct phieu {
    int64_t id, agency, due_ns;
    enum state state;
    char number[24];
};

static enum state state_of(struct span name)
{
    size_t i = 0;

    while (i < COUNT_OF(states) && !span_eq(name, span_of(states[i].name)))
        i++;
    MUST(i < COUNT_OF(states)); /* the schema has no other */
    return states[i].state;
}

static const char *state_name(enum state s)
{
    size_t i = 0;

    while (states[i].state != s)
        i++;
    return states[i].name;
}

/* A contact's are those of its agency and of what is below it, once they were sent. */
static int may_see(struct act_call *c, const struct phieu *p, bool *may, struct err *e)
{
    *may = !actor_is_contact(c->who);
    if (*may || p->state == DRAFT || c->who->agency == 0)
        return ERR_OK;
    return registry_within(c->db, c->who->agency, p->agency, may, e);
}

/* Of parameter "phieu", in one of the states `in`. */
static int phieu_get(struct act_call *c, unsigned in, struct phieu *p, struct err *e)
{
    int64_t id = act_int(c, "phieu");
    struct db_row *r;
    struct span number;
    bool may = false;
    int rc = act_find_row(c->db, DB_PHIEU_IS, "phieu", id, &r, e);

    if (rc == ERR_OK) {
        *p = (struct phieu){ .id = id,
                             .state = state_of(db_get_text(r, 0)),
                             .agency = db_get_int(r, 2),
                             .due_ns = db_get_int(r, 3) };
        number = db_get_text(r, 1);
        MUST(number.n < sizeof(p->number));
        memcpy(p->number, number.p, number.n);
        db_end(r);
    }
    if (rc == ERR_OK)
        rc = may_see(c, p, &may, e);
    if (rc != ERR_OK)
        return rc;
    if (!may)
        return act_none(e, "phieu", id);
    return (p->state & in) != 0 ? ERR_OK
                                : act_conflict(e, "%s is %s.", p->number, state_name(p->state));
}

/* A line of its history. */
static int put_line(struct act_call *c, int64_t phieu, enum state state, struct span text,
                    struct err *e)
{
    struct db_row *r = db_use(c->db, DB_PHIEU_LINE_ADD);
    int rc;

    db_int(r, 1, phieu);
    db_int(r, 2, c->id);
    db_text(r, 3, span_of(state_name(state)));
    incident_bind_text(r, 4, text);
    rc = db_run(c->db, r, e);
    return rc == ERR_OK ? act_on(c, "phieu", phieu, e) : rc;
}

/* --- making, sending ------------------------------------------------------------------------ */

static int check_due(struct act_call *c, struct err *e)
{
    return act_has(c, "due") && act_int(c, "due") <= c->now_ns
               ? err_set(e, ERR_USAGE, 0, "due: This is over.")
               : ERR_OK;
}

/* What it refers to is there. */
static int check_refers(struct act_call *c, struct err *e)
{
    struct incident_at at;
    int rc = act_is_there(c->db, DB_AGENCY_IS, "agency", act_int(c, "agency"), e);

    if (rc == ERR_OK && act_has(c, "system"))
        rc = act_is_there(c->db, DB_SYSTEM_IS, "system", act_int(c, "system"), e);
    if (rc == ERR_OK && act_has(c, "incident"))
        rc = incident_get(c, act_int(c, "incident"), &at, e);
    if (rc != ERR_OK || !act_has(c, "alert"))
        return rc;
    return act_is_there(c->db, DB_ALERT_IS, "alert", act_int(c, "alert"), e);
}

static int put_phieu(struct act_call *c, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_PHIEU_ADD);

    db_int(r, 1, incident_year(c->now_ns));
    db_text(r, 2, act_text(c, "kind"));
    incident_bind_int(r, 3, act_int(c, "system"));
    db_int(r, 4, act_int(c, "agency"));
    incident_bind_int(r, 5, act_int(c, "incident"));
    incident_bind_int(r, 6, act_int(c, "alert"));
    db_text(r, 7, act_text(c, "what"));
    db_text(r, 8, act_text(c, "proof"));
    db_text(r, 9, act_text(c, "steps"));
    db_int(r, 10, act_int(c, "due"));
    db_int(r, 11, c->now_ns);
    db_int(r, 12, c->id);
    db_text(r, 13, act_text(c, "subject"));
    return db_run(c->db, r, e);
}

static int make(struct act_call *c, struct err *e)
{
    int64_t id;
    int rc = check_due(c, e);

    if (rc == ERR_OK)
        rc = check_refers(c, e);
    if (rc == ERR_OK)
        rc = put_phieu(c, e);
    if (rc != ERR_OK)
        return rc;
    id = db_key(c->db);
    buf_fmt(c->answer, ",\"phieu\":%lld", (long long)id);
    rc = put_line(c, id, DRAFT, SPAN_NONE, e);
    return rc == ERR_OK && act_has(c, "incident") ? act_on(c, "incident", act_int(c, "incident"), e)
                                                  : rc;
}

static int change(struct act_call *c, struct err *e)
{
    struct phieu p;
    struct db_row *r;
    int rc = phieu_get(c, DRAFT, &p, e);

    if (rc == ERR_OK)
        rc = check_due(c, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_PHIEU_CHANGE);
    db_int(r, 1, p.id);
    incident_bind_text(r, 2, act_text(c, "what"));
    incident_bind_text(r, 3, act_text(c, "proof"));
    incident_bind_text(r, 4, act_text(c, "steps"));
    incident_bind_int(r, 5, act_int(c, "due"));
    incident_bind_text(r, 6, act_text(c, "subject"));
    rc = db_run(c->db, r, e);
    return rc == ERR_OK ? act_on(c, "phieu", p.id, e) : rc;
}

static int send_it(struct act_call *c, struct err *e)
{
    struct phieu p;
    struct db_row *r;
    int64_t when = act_has(c, "sent") ? act_int(c, "sent") : c->now_ns;
    int rc = phieu_get(c, DRAFT, &p, e);

    if (rc == ERR_OK && when > c->now_ns)
        rc = err_set(e, ERR_USAGE, 0, "sent: This is still to come.");
    if (rc == ERR_OK && when >= p.due_ns)
        rc = act_conflict(e, "%s would be late when it is sent: change its due.", p.number);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_PHIEU_SEND);
    db_int(r, 1, p.id);
    db_int(r, 2, when);
    incident_bind_text(r, 3, act_text(c, "document"));
    db_text(r, 4, act_text(c, "channel"));
    rc = db_run(c->db, r, e);
    return rc == ERR_OK ? put_line(c, p.id, SENT, act_text(c, "document"), e) : rc;
}

/* --- answering ------------------------------------------------------------------------------ */

static int set_time(struct act_call *c, enum db_statement s, const struct phieu *p, struct err *e)
{
    struct db_row *r = db_use(c->db, s);

    db_int(r, 1, p->id);
    db_int(r, 2, c->now_ns);
    return db_run(c->db, r, e);
}

static int receive(struct act_call *c, struct err *e)
{
    struct phieu p;
    int rc = phieu_get(c, SENT, &p, e);

    if (rc == ERR_OK)
        rc = set_time(c, DB_PHIEU_RECEIVE, &p, e);
    return rc == ERR_OK ? put_line(c, p.id, RECEIVED, act_text(c, "note"), e) : rc;
}

static int put_answer(struct act_call *c, int64_t phieu, const char *hex, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_PHIEU_ANSWER_ADD);

    db_int(r, 1, phieu);
    db_int(r, 2, c->id);
    db_text(r, 3, act_text(c, "done"));
    incident_bind_text(r, 4, act_text(c, "cause"));
    if (act_has(c, "total")) {
        db_int(r, 5, act_int(c, "handled"));
        db_int(r, 6, act_int(c, "total"));
    }
    if (act_has(c, "content")) {
        db_text(r, 7, act_text(c, "file"));
        db_text(r, 8, span_of(hex));
        db_blob(r, 9, act_text(c, "content"));
    }
    return db_run(c->db, r, e);
}

static int check_answer(struct act_call *c, struct err *e)
{
    if (act_has(c, "content") != act_has(c, "file"))
        return err_set(e, ERR_USAGE, 0, "file: A file has a name and a content.");
    if (act_has(c, "handled") != act_has(c, "total") || act_int(c, "handled") > act_int(c, "total"))
        return err_set(e, ERR_USAGE, 0, "handled: So many of how many (total) is needed.");
    return ERR_OK;
}

static int answer(struct act_call *c, struct err *e)
{
    uint8_t digest[crypto_hash_sha256_BYTES];
    char hex[2 * sizeof(digest) + 1];
    struct span content = act_text(c, "content");
    struct phieu p;
    int rc = phieu_get(c, SENT | RECEIVED | RETURNED, &p, e);

    if (rc == ERR_OK)
        rc = check_answer(c, e);
    if (rc != ERR_OK)
        return rc;
    (void)crypto_hash_sha256(digest, content.p, content.n); /* always 0 */
    (void)sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest));
    rc = put_answer(c, p.id, hex, e);
    if (rc == ERR_OK)
        rc = set_time(c, DB_PHIEU_ANSWER, &p, e);
    return rc == ERR_OK ? put_line(c, p.id, ANSWERED, act_text(c, "done"), e) : rc;
}

/* --- checking, reminding, closing ----------------------------------------------------------- */

static int put_checked(struct act_call *c, const struct phieu *p, bool good, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_PHIEU_CHECK);
    int rc;

    db_int(r, 1, p->id);
    db_text(r, 2, span_of(state_name(good ? CHECKED : RETURNED)));
    incident_bind_int(r, 3, act_int(c, "due"));
    rc = db_run(c->db, r, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_PHIEU_ANSWER_CHECKED);
    db_int(r, 1, p->id);
    db_int(r, 2, good);
    return db_run(c->db, r, e);
}

static int check(struct act_call *c, struct err *e)
{
    struct phieu p;
    bool good = act_int(c, "good") != 0;
    int rc = phieu_get(c, ANSWERED, &p, e);

    if (rc == ERR_OK && !good && !act_has(c, "text"))
        rc = err_set(e, ERR_USAGE, 0, "text: It must be said what is not good.");
    if (rc == ERR_OK)
        rc = check_due(c, e);
    if (rc == ERR_OK)
        rc = put_checked(c, &p, good, e);
    return rc == ERR_OK ? put_line(c, p.id, good ? CHECKED : RETURNED, act_text(c, "text"), e) : rc;
}

static int remind(struct act_call *c, struct err *e)
{
    struct phieu p;
    struct db_row *r;
    int rc = phieu_get(c, SENT | RECEIVED | RETURNED, &p, e);

    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_PHIEU_REMIND);
    db_int(r, 1, p.id);
    rc = db_run(c->db, r, e);
    return rc == ERR_OK ? put_line(c, p.id, p.state, act_text(c, "text"), e) : rc;
}

static int close_it(struct act_call *c, struct err *e)
{
    struct phieu p;
    int rc = phieu_get(c, ~(unsigned)CLOSED, &p, e);

    if (rc == ERR_OK && p.state != CHECKED && !act_has(c, "reason"))
        rc = err_set(e, ERR_USAGE, 0, "reason: No good answer came: it must be said why.");
    if (rc == ERR_OK)
        rc = set_time(c, DB_PHIEU_CLOSE, &p, e);
    return rc == ERR_OK ? put_line(c, p.id, CLOSED, act_text(c, "reason"), e) : rc;
}

/* --- rows ----------------------------------------------------------------------------------- */

#define PHIEU                                                                                      \
    {                                                                                              \
        "phieu", ACT_ID, true, 0, NULL, "its number"                                               \
    }
#define TEXT(name, required, help)                                                                 \
    {                                                                                              \
        name, ACT_TEXT, required, PHIEU_TEXT_MAX, NULL, help                                       \
    }

const struct act_row incident_phieu[] = {
    { "phieu.make",
      ROLES_HOUSE,
      "Write a warning or a request to an agency.",
      make,
      { { "kind", ACT_CHOICE, true, 0, kinds, "what it is" },
        { "agency", ACT_ID, true, 0, NULL, "to whom" },
        { "system", ACT_ID, false, 0, NULL, "about which system" },
        { "incident", ACT_ID, false, 0, NULL, "of which incident" },
        { "alert", ACT_ID, false, 0, NULL, "of which alert" },
        { "subject", ACT_TEXT, true, INCIDENT_LINE_MAX, NULL, "what it is about, in a line" },
        TEXT("what", true, "what happened"),
        TEXT("proof", true, "what shows it, a line each"),
        TEXT("steps", true, "what is to be done, a line each"),
        { "due", ACT_TIME, true, 0, NULL, "by when" } } },
    { "phieu.change",
      ROLES_HOUSE,
      "Change what was not sent yet.",
      change,
      { PHIEU,
        { "subject", ACT_TEXT, false, INCIDENT_LINE_MAX, NULL, "what it is about, in a line" },
        TEXT("what", false, "what happened"),
        TEXT("proof", false, "what shows it, a line each"),
        TEXT("steps", false, "what is to be done, a line each"),
        { "due", ACT_TIME, false, 0, NULL, "by when" } } },
    { "phieu.send",
      ROLES_HOUSE,
      "It was sent.",
      send_it,
      { PHIEU,
        { "channel", ACT_CHOICE, true, 0, incident_channels, "how" },
        { "document", ACT_TEXT, false, INCIDENT_LINE_MAX, NULL, "number and sign of the letter" },
        { "sent", ACT_TIME, false, 0, NULL, "when; without it: now" } } },
    { "phieu.receive",
      ROLES_ANSWER,
      "The agency has it.",
      receive,
      { PHIEU, { "note", ACT_TEXT, false, 4000, NULL, "who took it" } } },
    { "phieu.answer",
      ROLES_ANSWER,
      "What the agency did.",
      answer,
      { PHIEU,
        TEXT("done", true, "what was done"),
        TEXT("cause", false, "what it came from"),
        { "handled", ACT_INTEGER, false, MANY, NULL, "how many machines were handled" },
        { "total", ACT_INTEGER, false, MANY, NULL, "of how many" },
        { "file", ACT_TEXT, false, 200, NULL, "the name of a file" },
        { "content", ACT_FILE, false, ANSWER_MAX, NULL, "its bytes" } } },
    { "phieu.check",
      ROLES_HOUSE,
      "The answer was checked; what is not good goes back.",
      check,
      { PHIEU,
        { "good", ACT_BOOL, true, 0, NULL, "is it good" },
        TEXT("text", false, "what was found"),
        { "due", ACT_TIME, false, 0, NULL, "by when the next answer is due" } } },
    { "phieu.remind",
      ROLES_HOUSE,
      "The agency was reminded.",
      remind,
      { PHIEU, { "text", ACT_TEXT, true, 4000, NULL, "how, whom" } } },
    { "phieu.close",
      ROLES_HOUSE,
      "It is over.",
      close_it,
      { PHIEU, { "reason", ACT_TEXT, false, 4000, NULL, "why, when no good answer came" } } },
};
