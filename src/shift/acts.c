/*
 * acts.c - see shift.h.
 */
#include "shift/shift_own.h"

#include "people/people.h"

static const char *const parts[] = { "watch", "lead", "on-call", NULL };

/* --- the roster ----------------------------------------------------------------------------- */

int shift_overlap(struct act_call *c, enum db_statement s, struct span person, int64_t starts,
                  int64_t ends, int64_t *id, struct err *e)
{
    struct db_row *r = db_use(c->db, s);
    int rc;

    db_text(r, 1, person);
    db_int(r, 2, starts);
    db_int(r, 3, ends);
    rc = db_next(c->db, r, e);
    if (rc == 1)
        *id = db_get_int(r, 0);
    db_end(r);
    return rc;
}

/* Has he nothing else then, and is he there? */
static int is_free(struct act_call *c, struct span person, int64_t starts, int64_t ends,
                   struct err *e)
{
    int64_t id;
    int rc = shift_overlap(c, DB_DUTY_OVERLAPS, person, starts, ends, &id, e);

    if (rc == 1)
        return act_conflict(e, "%.*s is on duty then: shift %lld.", (int)person.n,
                            (const char *)person.p, (long long)id);
    if (rc == 0)
        rc = shift_overlap(c, DB_AWAY_OVERLAPS, person, starts, ends, &id, e);
    if (rc == 1)
        return act_conflict(e, "%.*s is away then: absence %lld.", (int)person.n,
                            (const char *)person.p, (long long)id);
    return rc;
}

/* Who is put down: a name as it is kept. */
struct person {
    char name[STAFF_PERSON_MAX + 1];
};

static int person_of(struct act_call *c, const char *param, struct span name, struct person *out,
                     struct err *e)
{
    return staff_person(c->db, param, name, out->name, e);
}

int shift_on_holiday(struct db *db, int64_t starts, int64_t ends, struct err *e)
{
    struct db_row *r = db_use(db, DB_HOLIDAY_IS);
    int rc;

    db_int(r, 1, starts);
    db_int(r, 2, ends - 1);
    rc = db_next(db, r, e);
    db_end(r);
    return rc;
}

int shift_duty_put(struct act_call *c, const struct duty *d, int64_t *id, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_DUTY_ADD);
    int rc;

    db_text(r, 1, d->person);
    db_text(r, 2, d->part);
    db_int(r, 3, d->starts);
    db_int(r, 4, d->ends);
    db_int(r, 5, c->id);
    if (d->instead != 0)
        db_int(r, 6, d->instead);
    db_int(r, 7, d->holiday);
    rc = db_run(c->db, r, e);
    *id = db_key(c->db);
    return rc == ERR_OK ? act_on(c, "shift", *id, e) : rc;
}

/* Checked, and with what the calendar says of its days. */
static int put_duty(struct act_call *c, const struct duty *d, int64_t *id, struct err *e)
{
    struct duty put = *d;
    int rc = is_free(c, d->person, d->starts, d->ends, e);

    if (rc == ERR_OK)
        rc = shift_on_holiday(c->db, d->starts, d->ends, e);
    put.holiday = d->holiday || rc == 1;
    return rc < 0 ? rc : shift_duty_put(c, &put, id, e);
}

static struct span part_of(struct act_call *c)
{
    return act_has(c, "part") ? act_text(c, "part") : SPAN_LIT("watch");
}

static int plan(struct act_call *c, struct err *e)
{
    struct duty d = { .part = part_of(c),
                      .starts = act_int(c, "from"),
                      .ends = act_int(c, "to"),
                      .holiday = act_int(c, "holiday") != 0 };
    struct person who;
    int64_t id = 0;
    int rc;

    if (d.ends <= d.starts || d.ends - d.starts > SHIFT_LONGEST)
        return err_set(e, ERR_USAGE, 0, "to: A shift ends after it begins, within two days.");
    rc = person_of(c, "person", act_text(c, "person"), &who, e);
    d.person = span_of(who.name);
    if (rc == ERR_OK)
        rc = put_duty(c, &d, &id, e);
    if (rc == ERR_OK)
        buf_fmt(c->answer, ",\"shift\":%lld", (long long)id);
    return rc;
}

/* "an, binh, chi": the next name of *rest, SPAN_NONE behind the last. */
static struct span next_name(struct span *rest)
{
    size_t n = span_find(*rest, ',');
    struct span name = span_trim((struct span){ rest->p, n });

    *rest = span_from(*rest, n < rest->n ? n + 1 : n);
    return name.n > 0 ? name : SPAN_NONE;
}

static int read_people(struct act_call *c, struct person people[SHIFT_PEOPLE_MAX], size_t *count,
                       struct err *e)
{
    struct span rest = act_text(c, "people");
    int rc = ERR_OK;

    *count = 0;
    while (rc == ERR_OK && rest.n > 0) {
        struct span name = next_name(&rest);

        if (name.p == NULL || name.n > 64 || *count == SHIFT_PEOPLE_MAX)
            return err_set(e, ERR_USAGE, 0, "people: These are no 1 to %u names.",
                           SHIFT_PEOPLE_MAX);
        rc = person_of(c, "people", name, &people[(*count)++], e);
    }
    return rc;
}

/* One person after the other, each for so many hours. */
static int rotate(struct act_call *c, struct err *e)
{
    struct person people[SHIFT_PEOPLE_MAX];
    size_t count, made = 0;
    int64_t hours = act_int(c, "hours"), at = act_int(c, "from"), until = act_int(c, "until");
    int rc = read_people(c, people, &count, e);

    if (rc == ERR_OK && (hours < 1 || hours > 24))
        return err_set(e, ERR_USAGE, 0, "hours: This is no number from 1 to 24.");
    if (rc == ERR_OK && (until <= at || (until - at) / (hours * SHIFT_HOUR) >= SHIFT_DUTIES_MAX))
        return err_set(e, ERR_USAGE, 0, "until: This is not behind the beginning, or too far.");
    for (; rc == ERR_OK && at < until; at += hours * SHIFT_HOUR) {
        int64_t ends = at + hours * SHIFT_HOUR;
        const struct duty d = { .person = span_of(people[made++ % count].name),
                                .part = part_of(c),
                                .starts = at,
                                .ends = ends < until ? ends : until };
        int64_t id;

        rc = put_duty(c, &d, &id, e);
    }
    buf_fmt(c->answer, ",\"shifts\":%zu", made);
    return rc;
}

/* The shift, if it is still planned. */
static int duty_at(struct act_call *c, int64_t id, struct duty *d, char person[65], char part[16],
                   struct err *e)
{
    struct db_row *r;
    int rc = act_find_row(c->db, DB_DUTY_IS, "shift", id, &r, e);

    if (rc != ERR_OK)
        return rc;
    *d = (struct duty){ .starts = db_get_int(r, 2),
                        .ends = db_get_int(r, 3),
                        .instead = id,
                        .holiday = db_get_int(r, 4) != 0 };
    MUST(db_get_text(r, 0).n <= 64 && db_get_text(r, 1).n < 16);
    d->person = (struct span){ memcpy(person, db_get_text(r, 0).p, db_get_text(r, 0).n),
                               db_get_text(r, 0).n };
    d->part = (struct span){ memcpy(part, db_get_text(r, 1).p, db_get_text(r, 1).n),
                             db_get_text(r, 1).n };
    db_end(r);
    return ERR_OK;
}

int shift_duty_end(struct act_call *c, int64_t id, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_DUTY_END);
    int rc;

    db_int(r, 1, c->id);
    db_int(r, 2, id);
    rc = db_run(c->db, r, e);
    return rc == ERR_OK ? act_on(c, "shift", id, e) : rc;
}

/* Somebody else takes it: the old one ends, a new one stands instead. */
static int swap(struct act_call *c, struct err *e)
{
    char person[65], part[16];
    struct person who;
    struct duty d;
    int64_t id = 0;
    int rc = duty_at(c, act_int(c, "shift"), &d, person, part, e);

    if (rc == ERR_OK)
        rc = person_of(c, "to", act_text(c, "to"), &who, e);
    if (rc == ERR_OK && d.ends <= c->now_ns)
        rc = act_conflict(e, "Shift %lld is over.", (long long)d.instead);
    if (rc == ERR_OK)
        rc = shift_duty_end(c, d.instead, e);
    if (rc != ERR_OK)
        return rc;
    d.person = span_of(who.name);
    rc = put_duty(c, &d, &id, e);
    if (rc == ERR_OK)
        buf_fmt(c->answer, ",\"shift\":%lld", (long long)id);
    return rc;
}

static int cancel(struct act_call *c, struct err *e)
{
    char person[65], part[16];
    struct duty d;
    int rc = duty_at(c, act_int(c, "shift"), &d, person, part, e);

    if (rc == ERR_OK && d.starts <= c->now_ns)
        rc = act_conflict(e, "Shift %lld has begun: what was is not undone.", (long long)d.instead);
    return rc == ERR_OK ? shift_duty_end(c, d.instead, e) : rc;
}

/* --- who is away ---------------------------------------------------------------------------- */

int shift_away_put(struct act_call *c, const struct duty *d, struct span reason, int64_t *id,
                   struct err *e)
{
    struct db_row *r = db_use(c->db, DB_AWAY_ADD);
    int rc;

    db_text(r, 1, d->person);
    db_int(r, 2, d->starts);
    db_int(r, 3, d->ends);
    db_text(r, 4, reason);
    db_int(r, 5, c->id);
    rc = db_run(c->db, r, e);
    *id = db_key(c->db);
    return rc == ERR_OK ? act_on(c, "away", *id, e) : rc;
}

static int away_add(struct act_call *c, struct err *e)
{
    int64_t from = act_int(c, "from"), to = act_int(c, "to"), id;
    struct person who;
    struct duty d = { .starts = from, .ends = to };
    int rc;

    if (to <= from || to - from > AWAY_LONGEST)
        return err_set(e, ERR_USAGE, 0, "to: An absence ends after it begins, within a year.");
    rc = person_of(c, "person", act_text(c, "person"), &who, e);
    if (rc != ERR_OK)
        return rc;
    d.person = span_of(who.name);
    rc = shift_overlap(c, DB_DUTY_OVERLAPS, d.person, from, to, &id, e);
    if (rc == 1)
        return act_conflict(e, "%s is on duty then: give shift %lld to somebody first.", who.name,
                            (long long)id);
    rc = rc < 0 ? rc : shift_away_put(c, &d, act_text(c, "reason"), &id, e);
    if (rc == ERR_OK)
        buf_fmt(c->answer, ",\"away\":%lld", (long long)id);
    return rc;
}

static int away_end(struct act_call *c, struct err *e)
{
    int64_t id = act_int(c, "away");
    struct db_row *r;
    int rc = act_is_there(c->db, DB_AWAY_IS, "absence", id, e);

    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_AWAY_END);
    db_int(r, 1, c->id);
    db_int(r, 2, id);
    rc = db_run(c->db, r, e);
    return rc == ERR_OK ? act_on(c, "away", id, e) : rc;
}

/* --- handing over --------------------------------------------------------------------------- */

static int put_handover(struct act_call *c, struct span to, struct span content, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_HANDOVER_ADD);

    db_text(r, 1, c->who->name);
    db_text(r, 2, to);
    db_int(r, 3, c->now_ns);
    db_text(r, 4, content);
    db_text(r, 5, act_text(c, "remarks"));
    db_int(r, 6, c->id);
    return act_made(c, r, "handover", e);
}

static int hand(struct act_call *c, struct err *e)
{
    char to[PEOPLE_NAME_MAX + 1];
    struct db_row *r;
    int rc = people_active(c->db, "to", act_text(c, "to"), to, e); /* he signs with his account */
    if (rc == ERR_OK && span_eq(span_of(to), c->who->name))
        rc = err_set(e, ERR_USAGE, 0, "to: Nobody hands over to himself.");
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_HAND);
    db_int(r, 1, c->now_ns);
    db_text(r, 2, c->who->name);
    db_int(r, 3, 1);
    rc = db_next(c->db, r, e);
    if (rc == 1) /* what it gave lives until it is stepped again */
        rc = put_handover(c, span_of(to), db_get_text(r, 0), e);
    db_end(r);
    return rc;
}

/* The taker says something to it. */
static int answer(struct act_call *c, enum db_statement s, struct span text, struct err *e)
{
    int64_t id = act_int(c, "handover");
    struct db_row *r;
    int rc = act_find_row(c->db, DB_HANDOVER_IS, "handover", id, &r, e);

    if (rc != ERR_OK)
        return rc;
    if (!db_get_null(r, 2) || !db_get_null(r, 3))
        rc = act_conflict(e, "Handover %lld was answered.", (long long)id);
    else if (!span_eq(db_get_text(r, 1), c->who->name))
        rc = err_set(e, ERR_DENIED, 0, "Handover %lld is for somebody else.", (long long)id);
    else
        rc = ERR_OK;
    db_end(r);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, s);
    db_int(r, 1, c->id);
    if (text.p != NULL)
        db_text(r, 2, text);
    db_int(r, 3, id);
    rc = db_run(c->db, r, e);
    return rc == ERR_OK ? act_on(c, "handover", id, e) : rc;
}

static int take(struct act_call *c, struct err *e)
{
    return answer(c, DB_HANDOVER_TAKE, act_text(c, "note"), e);
}

static int refuse(struct act_call *c, struct err *e)
{
    return answer(c, DB_HANDOVER_REFUSE, act_text(c, "reason"), e);
}

/* --- the table ------------------------------------------------------------------------------ */

#define PERSON(name, help)                                                                         \
    {                                                                                              \
        name, ACT_TEXT, true, 64, NULL, help                                                       \
    }
#define TIME(name, help)                                                                           \
    {                                                                                              \
        name, ACT_TIME, true, 0, NULL, help                                                        \
    }
#define SHIFT                                                                                      \
    {                                                                                              \
        "shift", ACT_ID, true, 0, NULL, "its number"                                               \
    }
#define PART                                                                                       \
    {                                                                                              \
        "part", ACT_CHOICE, false, 0, parts, "what he does; without it: watch"                     \
    }
#define REASON                                                                                     \
    {                                                                                              \
        "reason", ACT_TEXT, true, 1000, NULL, "why"                                                \
    }
#define HANDOVER                                                                                   \
    {                                                                                              \
        "handover", ACT_ID, true, 0, NULL, "its number"                                            \
    }

const struct act_row shift_acts[] = {
    { "shift.plan",
      ROLES_ROSTER,
      "Put somebody on duty.",
      plan,
      { PERSON("person", "the user's name"),
        TIME("from", "when it begins"),
        TIME("to", "when it ends"),
        PART,
        { "holiday", ACT_BOOL, false, 0, NULL,
          "held on a holiday, also when the calendar has none" } } },
    { "shift.import",
      ROLES_ROSTER,
      "Take in a roster, XLSX or CSV: all rows, or none and what is wrong with each.",
      shift_import,
      { { "file", ACT_FILE, true, SHIFT_FILE_MAX, NULL, "the table" },
        { "dry", ACT_BOOL, false, 0, NULL, "only try it" } } },
    { "shift.rotate",
      ROLES_ROSTER,
      "Put several people on duty, one after the other.",
      rotate,
      { { "people", ACT_TEXT, true, 4000, NULL, "names, with commas between" },
        { "hours", ACT_INTEGER, true, 24, NULL, "of a shift" },
        TIME("from", "when the first begins"),
        TIME("until", "when the last ends"),
        PART } },
    { "shift.swap",
      ROLES_ROSTER | ROLES_DESK,
      "Somebody else takes a shift.",
      swap,
      { SHIFT, PERSON("to", "who takes it"), REASON } },
    { "shift.cancel",
      ROLES_ROSTER,
      "A shift that has not begun is not held.",
      cancel,
      { SHIFT, REASON } },
    { "away.add",
      ROLES_ROSTER,
      "Somebody is away, and not put on duty.",
      away_add,
      { PERSON("person", "the user's name"), TIME("from", "from when"), TIME("to", "until when"),
        REASON } },
    { "away.end",
      ROLES_ROSTER,
      "He is there after all.",
      away_end,
      { { "away", ACT_ID, true, 0, NULL, "its number" }, REASON } },
    { "handover.make",
      ROLES_DESK,
      "Hand the shift over: what is at hand is written down.",
      hand,
      { PERSON("to", "who takes it"),
        { "remarks", ACT_TEXT, true, 8000, NULL,
          "what comes next, by when, and what hinders it" } } },
    { "handover.take",
      ROLES_DESK,
      "Take the shift over.",
      take,
      { HANDOVER, { "note", ACT_TEXT, false, 4000, NULL, "what is to be said to it" } } },
    { "handover.refuse",
      ROLES_DESK,
      "Do not take it over as it is.",
      refuse,
      { HANDOVER, REASON } },
};
