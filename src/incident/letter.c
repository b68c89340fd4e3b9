/*
 * letter.c - official letters (công văn): what came in, what goes out.
 *
 *   in    received, with number and day as it has them; an incident may be opened by it
 *   out   draft ─▶ sent, with the number and day that it was given when it was signed
 *
 * What was sent is not written anew: only what it belongs to can be put right. Each act but the
 * first can be undone; what should not be there is removed.
 */
#include "incident/incident_own.h"

#include "base/time.h"

#define LETTER_TEXT_MAX 20000
#define NUMBER_MAX      100

const struct act_kind incident_letter_kind = { "letter", DB_LETTER_STATE, DB_LETTER_STATE_PUT };

/* In the order of their places in LETTER_ADD and LETTER_CHANGE; a reference is a number, and what
 * it refers to must be there. `tie`: may be put right when the letter was sent. */
static const struct field {
    const char *name, *refers; /* refers NULL: a text */
    enum db_statement is;
    bool tie;
} fields[] = {
    { "number", NULL, 0, false },
    { "day", NULL, 0, false },
    { "party", NULL, 0, false },
    { "agency", "agency", DB_AGENCY_IS, true },
    { "subject", NULL, 0, false },
    { "text", NULL, 0, false },
    { "incident", "incident", DB_INCIDENT_IS, true },
    { "phieu", "phieu", DB_PHIEU_IS, true },
    { "alert", "alert", DB_ALERT_IS, true },
    { "answers", "letter", DB_LETTER_IS, true },
    { "signer", NULL, 0, false },
    { "signer_title", NULL, 0, false },
    { "channel", NULL, 0, false },
};
#define FIELD_BITS ((1u << COUNT_OF(fields)) - 1)
enum { NUMBER = 1u << 0, DAY = 1u << 1, CHANNEL = 1u << 12 };
enum { DIRECTION_PLACE = 15, STATE_PLACE, TIME_PLACE, WHO_PLACE, NOW_PLACE, ACT_PLACE };
enum { ID_PLACE = COUNT_OF(fields) + 1 };

struct letter {
    int64_t id, time_ns, incident; /* incident 0: of none */
    bool out, draft;
};

/* --- checks --------------------------------------------------------------------------------- */

static int letter_get(struct act_call *c, int64_t id, struct letter *l, struct err *e)
{
    struct db_row *r;
    int rc = act_find_row(c->db, DB_LETTER_IS, "letter", id, &r, e);

    if (rc != ERR_OK)
        return rc;
    *l = (struct letter){ .id = id,
                          .out = span_eq(db_get_text(r, 0), SPAN_LIT("out")),
                          .draft = span_eq(db_get_text(r, 1), SPAN_LIT("draft")),
                          .time_ns = db_get_int(r, 2),
                          .incident = db_get_int(r, 3) };
    db_end(r);
    return ERR_OK;
}

static bool is_day(struct span s)
{
    struct time_parts p;

    return s.n == 10 && s.p[4] == '-' && s.p[7] == '-' && time_read(s, &p);
}

/* Of the parameters in `which`. */
static int check_fields(struct act_call *c, unsigned which, struct err *e)
{
    int rc = ERR_OK;

    if ((which & DAY) != 0 && act_has(c, "day") && !is_day(act_text(c, "day")))
        return err_set(e, ERR_USAGE, 0, "day: This is no day like 2025-07-01.");
    for (size_t i = 0; i < COUNT_OF(fields) && rc == ERR_OK; i++) {
        const struct field *f = &fields[i];

        if ((which >> i & 1) != 0 && f->refers != NULL && act_has(c, f->name))
            rc = act_is_there(c->db, f->is, f->refers, act_int(c, f->name), e);
    }
    return rc;
}

/* A number that is there already: ERR_CONFLICT. `id` 0: of none yet. */
static int check_number(struct act_call *c, int64_t id, const char *direction, struct span party,
                        struct err *e)
{
    struct db_row *r = db_use(c->db, DB_LETTER_SAME);
    int64_t same = 0;
    int rc;

    db_int(r, 1, id);
    db_text(r, 2, span_of(direction));
    db_text(r, 3, act_text(c, "number"));
    db_text(r, 4, act_text(c, "day"));
    db_text(r, 5, party);
    rc = db_next(c->db, r, e);
    if (rc == 1)
        same = db_get_int(r, 0);
    db_end(r);
    return rc <= 0 ? rc : act_conflict(e, "Letter %lld has that number.", (long long)same);
}

static int check_time(struct act_call *c, const char *param, int64_t *ns, struct err *e)
{
    *ns = act_has(c, param) ? act_int(c, param) : c->now_ns;
    return *ns <= c->now_ns ? ERR_OK
                            : err_set(e, ERR_USAGE, 0, "%s: This is still to come.", param);
}

static void bind_fields(struct act_call *c, struct db_row *r, unsigned which)
{
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        if ((which >> i & 1) == 0 || !act_has(c, fields[i].name))
            continue;
        if (fields[i].refers != NULL)
            db_int(r, (int)i + 1, act_int(c, fields[i].name));
        else
            db_text(r, (int)i + 1, act_text(c, fields[i].name));
    }
}

/* It stands in the history of what it belongs to, too: of acts that make a letter. One that only
 * changes it would not be undone for that. */
static int on_ties(struct act_call *c, struct err *e)
{
    static const char *const kinds[] = { "incident", "phieu", "alert" };
    int rc = ERR_OK;

    for (size_t i = 0; i < COUNT_OF(kinds) && rc == ERR_OK; i++) {
        if (act_has(c, kinds[i]))
            rc = act_on(c, kinds[i], act_int(c, kinds[i]), e);
    }
    return rc;
}

/* --- acts ----------------------------------------------------------------------------------- */

static int receive(struct act_call *c, struct err *e)
{
    struct db_row *r;
    int64_t when;
    int rc = check_fields(c, FIELD_BITS, e);

    if (rc == ERR_OK)
        rc = check_time(c, "received", &when, e);
    if (rc == ERR_OK)
        rc = check_number(c, 0, "in", act_text(c, "party"), e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_LETTER_ADD);
    bind_fields(c, r, FIELD_BITS);
    db_text(r, DIRECTION_PLACE, SPAN_LIT("in"));
    db_text(r, STATE_PLACE, SPAN_LIT("received"));
    db_int(r, TIME_PLACE, when);
    db_text(r, WHO_PLACE, c->who->name);
    db_int(r, NOW_PLACE, c->now_ns);
    db_int(r, ACT_PLACE, c->id);
    rc = act_made(c, r, "letter", e);
    return rc == ERR_OK ? on_ties(c, e) : rc;
}

static int write_it(struct act_call *c, struct err *e)
{
    const unsigned which = FIELD_BITS & ~(unsigned)(NUMBER | DAY | CHANNEL);
    struct db_row *r;
    int rc = check_fields(c, which, e);

    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_LETTER_ADD);
    bind_fields(c, r, which);
    db_text(r, DIRECTION_PLACE, SPAN_LIT("out"));
    db_text(r, STATE_PLACE, SPAN_LIT("draft"));
    db_int(r, NOW_PLACE, c->now_ns);
    db_int(r, ACT_PLACE, c->id);
    rc = act_made(c, r, "letter", e);
    return rc == ERR_OK ? on_ties(c, e) : rc;
}

static int put_fields(struct act_call *c, const struct letter *l, unsigned which, struct err *e)
{
    struct db_row *r;
    int rc = act_changes(c, &incident_letter_kind, l->id, e);

    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_LETTER_CHANGE);
    bind_fields(c, r, which);
    db_int(r, ID_PLACE, l->id);
    return db_run(c->db, r, e);
}

static int change(struct act_call *c, struct err *e)
{
    const unsigned which = FIELD_BITS & ~(unsigned)(NUMBER | DAY | CHANNEL);
    struct letter l;
    unsigned named = 0;
    int rc = letter_get(c, act_int(c, "letter"), &l, e);

    for (size_t i = 0; i < COUNT_OF(fields) && rc == ERR_OK; i++) {
        if ((which >> i & 1) == 0 || !act_has(c, fields[i].name))
            continue;
        named++;
        if (l.out && !l.draft && !fields[i].tie)
            rc = act_conflict(e, "Letter %lld was sent: its %s stays.", (long long)l.id,
                              fields[i].name);
    }
    if (rc == ERR_OK && named == 0)
        rc = err_set(e, ERR_USAGE, 0, "subject: Nothing is given that shall be changed.");
    if (rc == ERR_OK && act_has(c, "answers") && act_int(c, "answers") == l.id)
        rc = err_set(e, ERR_USAGE, 0, "answers: No letter answers itself.");
    if (rc == ERR_OK)
        rc = check_fields(c, which, e);
    if (rc == ERR_OK)
        rc = put_fields(c, &l, which, e);
    return rc;
}

static int send_it(struct act_call *c, struct err *e)
{
    const unsigned which = NUMBER | DAY | CHANNEL;
    struct letter l;
    struct db_row *r;
    int64_t when;
    int rc = letter_get(c, act_int(c, "letter"), &l, e);

    if (rc == ERR_OK && !l.draft)
        rc = act_conflict(e, "Letter %lld is no draft.", (long long)l.id);
    if (rc == ERR_OK)
        rc = check_time(c, "sent", &when, e);
    if (rc == ERR_OK)
        rc = check_fields(c, which, e);
    if (rc == ERR_OK)
        rc = check_number(c, l.id, "out", SPAN_NONE, e);
    if (rc == ERR_OK)
        rc = put_fields(c, &l, which, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_LETTER_SENT);
    db_int(r, 1, l.id);
    db_int(r, 2, when);
    db_text(r, 3, c->who->name);
    return db_run(c->db, r, e);
}

static int remove_it(struct act_call *c, struct err *e)
{
    struct letter l;
    struct db_row *r;
    int rc = letter_get(c, act_int(c, "letter"), &l, e);

    if (rc == ERR_OK)
        rc = act_changes(c, &incident_letter_kind, l.id, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_LETTER_REMOVE);
    db_int(r, 1, l.id);
    db_int(r, 2, c->now_ns);
    return db_run(c->db, r, e);
}

/* --- an incident by letter ------------------------------------------------------------------ */

int incident_letter_told(struct act_call *c, int64_t id, int64_t *t0_ns, struct err *e)
{
    struct letter l;
    int rc = letter_get(c, id, &l, e);

    if (rc == ERR_OK && l.out)
        rc = err_set(e, ERR_USAGE, 0, "letter: Letter %lld did not come in.", (long long)id);
    if (rc == ERR_OK && l.incident != 0)
        rc = act_conflict(e, "Letter %lld is of incident %lld.", (long long)id,
                          (long long)l.incident);
    *t0_ns = rc == ERR_OK ? l.time_ns : 0;
    return rc;
}

int incident_letter_tie(struct act_call *c, int64_t id, int64_t incident, struct err *e)
{
    struct db_row *r;
    int rc = act_changes(c, &incident_letter_kind, id, e);

    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_LETTER_OF_INCIDENT);
    db_int(r, 1, id);
    db_int(r, 2, incident);
    return db_run(c->db, r, e);
}

/* --- rows ----------------------------------------------------------------------------------- */

#define LETTER                                                                                     \
    {                                                                                              \
        "letter", ACT_ID, true, 0, NULL, "its number here"                                         \
    }
#define NUMBER_AND_DAY                                                                             \
    { "number", ACT_TEXT, true, NUMBER_MAX, NULL, "number and sign, as 12/SKHCN-CNS" },            \
    {                                                                                              \
        "day", ACT_TEXT, true, 10, NULL, "its date, as 2025-07-01"                                 \
    }
#define CHANNEL_PARAM                                                                              \
    {                                                                                              \
        "channel", ACT_CHOICE, true, 0, incident_channels, "how"                                   \
    }
#define SUBJECT(required)                                                                          \
    {                                                                                              \
        "subject", ACT_TEXT, required, INCIDENT_LINE_MAX, NULL, "what it is about (V/v)"           \
    }
#define TIES                                                                                       \
    { "agency", ACT_ID, false, 0, NULL, "the same as an agency of the register" },                 \
        { "incident", ACT_ID, false, 0, NULL, "the incident that it belongs to" },                 \
        { "phieu", ACT_ID, false, 0, NULL, "the phieu that it belongs to" },                       \
        { "alert", ACT_ID, false, 0, NULL, "the alert that it belongs to" },                       \
    {                                                                                              \
        "answers", ACT_ID, false, 0, NULL, "the letter that it answers"                            \
    }
#define SIGNER(who)                                                                                \
    { "signer", ACT_TEXT, false, 100, NULL, who },                                                 \
    {                                                                                              \
        "signer_title", ACT_TEXT, false, 100, NULL, "the office of who signs"                      \
    }
#define TEXT(required)                                                                             \
    {                                                                                              \
        "text", ACT_TEXT, required, LETTER_TEXT_MAX, NULL, "what it says, a line a paragraph"      \
    }
#define PARTY(required, help)                                                                      \
    {                                                                                              \
        "party", ACT_TEXT, required, INCIDENT_LINE_MAX, NULL, help                                 \
    }

const struct act_row incident_letter[] = {
    { "letter.receive",
      ROLES_HOUSE,
      "An official letter came in.",
      receive,
      { PARTY(true, "from whom"),
        NUMBER_AND_DAY,
        SUBJECT(true),
        CHANNEL_PARAM,
        TEXT(false),
        TIES,
        SIGNER("who signed it"),
        { "received", ACT_TIME, false, 0, NULL, "when it came; without it: now" } } },
    { "letter.write",
      ROLES_HOUSE,
      "Write an official letter; it is printed as cong-van.",
      write_it,
      { PARTY(true, "to whom"), SUBJECT(true), TEXT(true), TIES,
        SIGNER("who signs it; without it: who signs for the house") } },
    { "letter.change",
      ROLES_HOUSE,
      "Change a draft, or what was noted of one that came in; of one that was sent what it belongs to.",
      change,
      { LETTER, PARTY(false, "from whom, to whom"), SUBJECT(false), TEXT(false), TIES,
        SIGNER("who signs it") } },
    { "letter.send",
      ROLES_HOUSE,
      "It was signed and went out.",
      send_it,
      { LETTER,
        NUMBER_AND_DAY,
        CHANNEL_PARAM,
        { "sent", ACT_TIME, false, 0, NULL, "when; without it: now" } } },
    { "letter.remove",
      ROLES_HOUSE,
      "It should not be there: it is no more shown.",
      remove_it,
      { LETTER, { "reason", ACT_TEXT, true, 4000, NULL, "why" } } },
};
