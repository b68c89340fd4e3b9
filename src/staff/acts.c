/*
 * acts.c - each thing is added, changed, removed: parameters checked by the type of their field,
 * then the thing's own check, then one statement.
 */
#include "staff/fields.h"

#include "base/num.h"
#include "base/time.h"
#include "conf/channel.h"
#include "people/people.h"

struct thing;

struct field {
    const char *name;
    enum staff_type type;
};

typedef int check_fn(struct act_call *c, int64_t id, struct err *e);

struct thing {
    const char *kind; /* as in table act_on; the parameter with its number */
    enum db_statement is, add, change, end;
    const struct act_kind *undo;
    check_fn *check;                      /* before it is put; id 0: it is made */
    check_fn *remove;                     /* may be NULL */
    struct field field[STAFF_FIELDS_MAX]; /* up to the first without a name */
};

/* --- values --------------------------------------------------------------------------------- */

static bool is_day(struct span s)
{
    struct time_parts p = { 0 };
    uint64_t year, month, day;
    int64_t days;

    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' ||
        !num_u64((struct span){ s.p, 4 }, 2199, &year) ||
        !num_u64((struct span){ s.p + 5, 2 }, 12, &month) ||
        !num_u64((struct span){ s.p + 8, 2 }, 31, &day) || year < 1900 || month == 0 || day == 0)
        return false;
    days = time_days((int32_t)year, (unsigned)month, (unsigned)day);
    time_date(days, &p);
    return p.day == day && p.month == month;
}

static bool is_hash(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!(s.p[i] >= '0' && s.p[i] <= '9') && !(s.p[i] >= 'a' && s.p[i] <= 'f'))
            return false;
    }
    return s.n == 64;
}

/* Why a text is not of its type; NULL: it is. */
static const char *wrong_type(enum staff_type type, struct span s)
{
    switch (type) {
    case STAFF_DAY:
        return is_day(s) ? NULL : "This is no day like 2025-07-01.";
    case STAFF_PHONE:
        return channel_is_phone(s) ? NULL : "This is no phone number like +84912345678.";
    case STAFF_EMAIL:
        return channel_is_email(s) ? NULL : "This is no mail address.";
    case STAFF_HASH:
        return is_hash(s) ? NULL : "This is no SHA-256 of 64 digits 0-9, a-f.";
    default:
        return NULL;
    }
}

static int system_is_there(struct act_call *c, int64_t id, struct err *e)
{
    struct db_row *r;
    int rc = act_find_row(c->db, DB_SYSTEM_IS, "system", id, &r, e);

    if (rc == ERR_OK && !db_get_null(r, 1))
        rc = act_conflict(e, "System %lld is retired.", (long long)id);
    db_end(r);
    return rc;
}

static int check_field(struct act_call *c, const struct field *f, struct err *e)
{
    const char *why;

    if (!act_has(c, f->name))
        return ERR_OK;
    switch (f->type) {
    case STAFF_STAFF:
        return act_is_there(c->db, DB_STAFF_IS, "staff", act_int(c, f->name), e);
    case STAFF_SYSTEM:
        return system_is_there(c, act_int(c, f->name), e);
    case STAFF_YEAR:
        return act_int(c, f->name) >= 2000
                   ? ERR_OK
                   : err_set(e, ERR_USAGE, 0, "%s: This is no year from 2000 on.", f->name);
    case STAFF_FLAG:
        return ERR_OK;
    default:
        why = wrong_type(f->type, act_text(c, f->name));
        return why == NULL ? ERR_OK : err_set(e, ERR_USAGE, 0, "%s: %s", f->name, why);
    }
}

static int check_fields(struct act_call *c, const struct thing *t, struct err *e)
{
    int rc = ERR_OK;

    for (size_t i = 0; i < STAFF_FIELDS_MAX && t->field[i].name != NULL && rc == ERR_OK; i++)
        rc = check_field(c, &t->field[i], e);
    return rc;
}

/* NULL where nothing was given. */
static void bind(struct act_call *c, const struct thing *t, struct db_row *r, int first)
{
    for (size_t i = 0; i < STAFF_FIELDS_MAX && t->field[i].name != NULL; i++) {
        const struct field *f = &t->field[i];
        bool number = f->type == STAFF_STAFF || f->type == STAFF_SYSTEM || f->type == STAFF_YEAR ||
                      f->type == STAFF_FLAG;

        if (!act_has(c, f->name))
            continue;
        if (number)
            db_int(r, first + (int)i, act_int(c, f->name));
        else
            db_text(r, first + (int)i, act_text(c, f->name));
    }
}

/* --- the three acts ------------------------------------------------------------------------- */

static int add(struct act_call *c, const struct thing *t, struct err *e)
{
    struct db_row *r;
    int rc = check_fields(c, t, e);

    if (rc == ERR_OK)
        rc = t->check(c, 0, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, t->add);
    bind(c, t, r, 1);
    return act_made(c, r, t->kind, e);
}

static int change(struct act_call *c, const struct thing *t, int64_t id, struct err *e)
{
    struct db_row *r;
    int rc = act_is_there(c->db, t->is, t->kind, id, e);

    if (rc == ERR_OK)
        rc = check_fields(c, t, e);
    if (rc == ERR_OK)
        rc = t->check(c, id, e);
    if (rc == ERR_OK)
        rc = act_changes(c, t->undo, id, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, t->change);
    db_int(r, 1, id);
    bind(c, t, r, 2);
    return db_run(c->db, r, e);
}

static int remove_it(struct act_call *c, const struct thing *t, int64_t id, struct err *e)
{
    struct db_row *r;
    int rc = act_is_there(c->db, t->is, t->kind, id, e);

    if (rc == ERR_OK && t->remove != NULL)
        rc = t->remove(c, id, e);
    if (rc == ERR_OK)
        rc = act_changes(c, t->undo, id, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, t->end);
    db_int(r, 1, id);
    db_int(r, 2, c->now_ns);
    return db_run(c->db, r, e);
}

/* --- what is right as a whole --------------------------------------------------------------- */

/* The text of a parameter, or what stands in column `at` of the row. Kept in `room`. */
static struct span text_or(struct act_call *c, const char *name, struct db_row *r, int at,
                           char *room, size_t size)
{
    struct span s = act_has(c, name) ? act_text(c, name)
                    : r != NULL      ? db_get_text(r, at)
                                     : SPAN_NONE;

    MUST(s.n < size);
    memcpy(room, s.p != NULL ? s.p : (const uint8_t *)"", s.n);
    room[s.n] = '\0';
    return (struct span){ (const uint8_t *)room, s.n };
}

static int64_t int_or(struct act_call *c, const char *name, struct db_row *r, int at)
{
    return act_has(c, name) ? act_int(c, name) : r != NULL ? db_get_int(r, at) : 0;
}

/* The row as it is; *r NULL: it is made. */
static int row_of(struct act_call *c, enum db_statement s, int64_t id, struct db_row **r,
                  struct err *e)
{
    int rc;

    *r = NULL;
    if (id == 0)
        return ERR_OK;
    *r = db_use(c->db, s);
    db_int(*r, 1, id);
    rc = db_next(c->db, *r, e);
    return rc < 0 ? rc : ERR_OK;
}

/* Is there another one that this statement finds, bound already? */
static int is_taken(struct act_call *c, struct db_row *r, const char *kind, int64_t id,
                    struct err *e)
{
    int rc = db_next(c->db, r, e);
    int64_t other = rc == 1 ? db_get_int(r, 0) : 0;

    db_end(r);
    if (rc == 1 && other != id)
        return act_conflict(e, "It is there already: %s %lld.", kind, (long long)other);
    return rc < 0 ? rc : ERR_OK;
}

/* Outside: no user is called so. Else he is an active one. */
static int check_account(struct act_call *c, struct span person, bool outside, struct err *e)
{
    char name[PEOPLE_NAME_MAX + 1];
    int rc = people_active(c->db, "person", person, name, e);

    if (!outside)
        return rc;
    if (rc == ERR_NOTFOUND)
        return ERR_OK;
    return rc == ERR_OK || rc == ERR_CONFLICT
               ? act_conflict(e, "outside: %.*s is a user's name.", SPAN_ARG(person))
               : rc;
}

static int check_staff(struct act_call *c, int64_t id, struct err *e)
{
    char room[STAFF_PERSON_MAX + 1];
    struct span person;
    struct db_row *r;
    bool outside;
    int rc;

    if (id == 0 && !act_has(c, "phone") && !act_has(c, "email"))
        return err_set(e, ERR_USAGE, 0, "phone: A phone number or a mail address is needed.");
    rc = row_of(c, DB_STAFF_IS, id, &r, e);
    if (rc != ERR_OK)
        return rc;
    person = text_or(c, "person", r, 0, room, sizeof(room));
    outside = int_or(c, "outside", r, 1) != 0;
    db_end(r);
    if (span_find(person, ',') < person.n)
        return err_set(e, ERR_USAGE, 0, "person: There is a comma in it.");
    if (act_has(c, "person") || act_has(c, "outside"))
        rc = check_account(c, person, outside, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_STAFF_NAMED);
    db_text(r, 1, person);
    return is_taken(c, r, "staff", id, e);
}

static int leave_staff(struct act_call *c, int64_t id, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_STAFF_HELD);
    bool held;
    int rc;

    db_int(r, 1, id);
    rc = db_next(c->db, r, e);
    held = rc == 1 && db_get_int(r, 0) != 0;
    db_end(r);
    if (rc < 0)
        return rc;
    return held ? act_conflict(e, "Staff %lld has a place or a certificate: remove these first.",
                               (long long)id)
                : ERR_OK;
}

static int check_onsite(struct act_call *c, int64_t id, struct err *e)
{
    int64_t system, staff;
    struct db_row *r;
    int rc = row_of(c, DB_ONSITE_IS, id, &r, e);

    if (rc != ERR_OK)
        return rc;
    system = int_or(c, "system", r, 0);
    staff = int_or(c, "staff", r, 1);
    db_end(r);
    r = db_use(c->db, DB_ONSITE_OF);
    db_int(r, 1, staff);
    db_int(r, 2, system);
    return is_taken(c, r, "onsite", id, e);
}

static int check_certificate(struct act_call *c, int64_t id, struct err *e)
{
    char name_room[1024], number_room[512], issued_room[16], expires_room[16];
    struct span name, number, issued, expires;
    int64_t staff;
    struct db_row *r;
    int rc = row_of(c, DB_CERTIFICATE_IS, id, &r, e);

    if (rc != ERR_OK)
        return rc;
    staff = int_or(c, "staff", r, 0);
    issued = text_or(c, "issued", r, 1, issued_room, sizeof(issued_room));
    expires = text_or(c, "expires", r, 2, expires_room, sizeof(expires_room));
    name = text_or(c, "name", r, 3, name_room, sizeof(name_room));
    number = text_or(c, "number", r, 4, number_room, sizeof(number_room));
    db_end(r);
    if (expires.n > 0 && memcmp(expires.p, issued.p, 10) <= 0)
        return err_set(e, ERR_USAGE, 0, "expires: This must be later than %.*s.", SPAN_ARG(issued));
    r = db_use(c->db, DB_CERTIFICATE_OF);
    db_int(r, 1, staff);
    db_text(r, 2, name);
    db_text(r, 3, number);
    return is_taken(c, r, "certificate", id, e);
}

static int check_drill(struct act_call *c, int64_t id, struct err *e)
{
    (void)c;
    (void)id;
    (void)e;
    return ERR_OK;
}

static int check_plan(struct act_call *c, int64_t id, struct err *e)
{
    char room[512];
    struct span number;
    int64_t year;
    struct db_row *r;
    int rc = row_of(c, DB_PLAN_IS, id, &r, e);

    if (rc != ERR_OK)
        return rc;
    year = int_or(c, "year", r, 0);
    number = text_or(c, "number", r, 1, room, sizeof(room));
    db_end(r);
    r = db_use(c->db, DB_PLAN_OF);
    db_int(r, 1, year);
    db_text(r, 2, number);
    return is_taken(c, r, "plan", id, e);
}

/* --- the tables ----------------------------------------------------------------------------- */

#define ROLES_STAFF (ROLE_BIT(LEAD) | ROLE_BIT(OFFICER))

enum {
#define X(type, act) ACT_OF_##type = ACT_##act,
    STAFF_TYPE_TABLE(X)
#undef X
};

#define FIELD(name, type, required, max, help) { #name, STAFF_##type },
#define PARAM(name, type, required, max, help)                                                     \
    { #name, (enum act_type)ACT_OF_##type, required, max, NULL, help },
#define PARAM_OF_CHANGE(name, type, required, max, help)                                           \
    { #name, (enum act_type)ACT_OF_##type, false, max, NULL, help },

#define X(thing, ID)                                                                               \
    const struct act_kind staff_##thing##_kind = { #thing, DB_##ID##_STATE, DB_##ID##_STATE_PUT };
STAFF_TABLE(X)
#undef X

#define leave_onsite      NULL
#define leave_certificate NULL
#define leave_drill       NULL
#define leave_plan        NULL

/* Its description, its acts. Its own number is parameter `id`: a certificate has a field `staff`.
 */
#define THING(what, ID, adds, changes, removes)                                                    \
    static const struct thing what##_thing = { #what,                                              \
                                               DB_##ID##_IS,                                       \
                                               DB_##ID##_ADD,                                      \
                                               DB_##ID##_CHANGE,                                   \
                                               DB_##ID##_END,                                      \
                                               &staff_##what##_kind,                               \
                                               check_##what,                                       \
                                               leave_##what,                                       \
                                               { ID##_FIELDS(FIELD) } };                           \
    static int add_##what(struct act_call *c, struct err *e)                                       \
    {                                                                                              \
        return add(c, &what##_thing, e);                                                           \
    }                                                                                              \
    static int change_##what(struct act_call *c, struct err *e)                                    \
    {                                                                                              \
        return change(c, &what##_thing, act_int(c, "id"), e);                                      \
    }                                                                                              \
    static int remove_##what(struct act_call *c, struct err *e)                                    \
    {                                                                                              \
        return remove_it(c, &what##_thing, act_int(c, "id"), e);                                   \
    }                                                                                              \
    const struct act_row staff_##what##_acts[3] = {                                                \
        { #what ".add", ROLES_STAFF, adds, add_##what, { ID##_FIELDS(PARAM) } },                   \
        { #what ".change",                                                                         \
          ROLES_STAFF,                                                                             \
          changes,                                                                                 \
          change_##what,                                                                           \
          { { "id", ACT_ID, true, 0, NULL, "its number" }, ID##_FIELDS(PARAM_OF_CHANGE) } },       \
        { #what ".remove",                                                                         \
          ROLES_STAFF,                                                                             \
          removes,                                                                                 \
          remove_##what,                                                                           \
          { { "id", ACT_ID, true, 0, NULL, "its number" },                                         \
            { "reason", ACT_TEXT, true, 1000, NULL, "why" } } },                                   \
    };

THING(staff, STAFF, "Write down who can be called, and how.", "Change how somebody is reached.",
      "He is called no more.")
THING(onsite, ONSITE, "Somebody is on the spot of a system.", "He is there otherwise.",
      "He is not there any more.")
THING(certificate, CERTIFICATE, "Write down a certificate of somebody.",
      "Change what is written down of a certificate.", "The certificate counts no more.")
THING(drill, DRILL, "Write down a drill.", "Change what is written down of a drill.",
      "The drill was not held.")
THING(plan, PLAN, "Write down the plan of response of a year.",
      "Change what is written down of a plan.", "The plan does not hold.")
