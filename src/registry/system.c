/*
 * system.c - systems: whose they are, of which level, and by which decision.
 *
 * Owner and operator have a history: a new one begins on a day (`since`, else today) and the one
 * before ends on it. What began on that very day is corrected.
 */
#include "registry/registry_own.h"

const struct act_kind registry_system_kind = { "system", DB_SYSTEM_STATE, DB_SYSTEM_STATE_PUT };

/* Months for which logs are kept at least, by level: TCVN 14423:2026, x.8 (law.md, 1.7). */
static const int64_t least_months[] = { 0, 0, 1, 3, 6, 12 };

/* --- checks
 * --------------------------------------------------------------------------------------- */

static bool is_to_come(const struct edit *x, uint32_t field)
{
    return x->value[field].is && span_cmp(x->value[field].text, span_of(x->today)) > 0;
}

static int check_status(struct edit *x, struct err *e)
{
    struct kept *status = &x->value[SYSTEM_status], *retired = &x->value[SYSTEM_retired];
    bool over;

    if (!status->is)
        *status = (struct kept){ .is = true, .text = SPAN_LIT("operating") };
    over = span_eq(status->text, SPAN_LIT("retired"));
    if (over && !retired->is)
        *retired = (struct kept){ .is = true, .text = span_of(x->today) };
    if (!over && retired->is && edit_is_new(x, SYSTEM_retired))
        return edit_wrong(x, SYSTEM_status, WRONG_NOT_RETIRED, SPAN_NONE, SPAN_NONE, e);
    if (!over)
        retired->is = false;
    return ERR_OK;
}

static int check_days(struct edit *x, struct err *e)
{
    static const uint32_t days[] = { SYSTEM_since, SYSTEM_decided, SYSTEM_retired };

    for (size_t i = 0; i < COUNT_OF(days); i++) {
        if (is_to_come(x, days[i]))
            return edit_wrong(x, days[i], WRONG_TO_COME, x->value[days[i]].text, SPAN_NONE, e);
    }
    return ERR_OK;
}

static int check_level(struct edit *x, struct err *e)
{
    const struct kept *level = &x->value[SYSTEM_level], *months = &x->value[SYSTEM_retention];

    if (x->value[SYSTEM_decided].is && !x->value[SYSTEM_decision].is)
        return edit_wrong(x, SYSTEM_decision, WRONG_DECISION_MISSING, SPAN_NONE, SPAN_NONE, e);
    if (x->value[SYSTEM_decision].is && !level->is)
        return edit_wrong(x, SYSTEM_level, WRONG_LEVEL_MISSING, SPAN_NONE, SPAN_NONE, e);
    if (level->is && months->is && months->n < least_months[level->n])
        return edit_wrong(x, SYSTEM_retention, WRONG_TOO_SHORT, edit_number(x, level->n),
                          edit_number(x, least_months[level->n]), e);
    return ERR_OK;
}

static struct span first_day(const struct edit *x)
{
    return x->value[SYSTEM_since].is ? x->value[SYSTEM_since].text : span_of(x->today);
}

int system_check(struct edit *x, struct err *e)
{
    static const uint32_t holders[] = { SYSTEM_owner, SYSTEM_operator };
    /* from when on is not known: nor whether they were there then */
    bool is_old = x->of_table && x->id == 0 && !x->value[SYSTEM_since].is;
    int rc = check_status(x, e);

    if (rc == ERR_OK)
        rc = check_days(x, e);
    if (rc == ERR_OK)
        rc = check_level(x, e);
    for (size_t i = 0; rc == ERR_OK && i < COUNT_OF(holders); i++) {
        if (edit_is_new(x, holders[i]))
            rc = agency_is_valid(x, holders[i], is_old ? SPAN_NONE : first_day(x), e);
    }
    return rc;
}

/* --- who has it
 * ----------------------------------------------------------------------------------- */

static struct db_row *use_holder(struct edit *x, enum db_statement s, const char *role)
{
    struct db_row *r = db_use(x->db, s);

    db_int(r, 1, x->id);
    db_text(r, 2, span_of(role));
    return r;
}

static int add_holder(struct edit *x, const char *role, int64_t agency, struct span from,
                      struct err *e)
{
    struct db_row *r = use_holder(x, DB_SYSTEM_HOLDER_ADD, role);

    db_int(r, 3, agency);
    db_text(r, 4, from);
    return db_run(x->db, r, e);
}

static int next_holder(struct edit *x, uint32_t field, const char *role, struct span was_from,
                       struct err *e)
{
    struct span from = first_day(x);
    int order = span_cmp(from, was_from), rc;
    struct db_row *r;

    if (order < 0)
        return edit_wrong(x, x->value[SYSTEM_since].is ? SYSTEM_since : field, WRONG_BEFORE,
                          was_from, SPAN_NONE, e);
    r = use_holder(x, order == 0 ? DB_SYSTEM_HOLDER_PUT : DB_SYSTEM_HOLDER_END, role);
    if (order == 0)
        db_int(r, 3, x->value[field].n);
    else
        db_text(r, 3, from);
    rc = db_run(x->db, r, e);
    return rc == ERR_OK && order > 0 ? add_holder(x, role, x->value[field].n, from, e) : rc;
}

static int put_holder(struct edit *x, uint32_t field, const char *role, struct err *e)
{
    struct db_row *r = use_holder(x, DB_SYSTEM_HOLDER, role);
    struct span was_from = SPAN_NONE;
    int rc = db_next(x->db, r, e);

    if (rc == 1)
        was_from = arena_span(&x->mem, db_get_text(r, 1));
    db_end(r);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return add_holder(x, role, x->value[field].n,
                          x->value[SYSTEM_since].is ? x->value[SYSTEM_since].text : SPAN_NONE, e);
    return was_from.p == NULL ? edit_no_memory(e) : next_holder(x, field, role, was_from, e);
}

int system_behind(struct edit *x, struct err *e)
{
    int rc = ERR_OK;

    if (edit_is_new(x, SYSTEM_owner))
        rc = put_holder(x, SYSTEM_owner, "owner", e);
    if (rc == ERR_OK && edit_is_new(x, SYSTEM_operator))
        rc = put_holder(x, SYSTEM_operator, "operator", e);
    return rc;
}

/* --- acts
 * ----------------------------------------------------------------------------------------- */

static int add(struct act_call *c, struct err *e)
{
    return registry_add(c, REGISTRY_SYSTEM, e);
}

static int change(struct act_call *c, struct err *e)
{
    if (act_has(c, "since") && !act_has(c, "owner") && !act_has(c, "operator"))
        return err_set(e, ERR_USAGE, 0, "since: Neither owner nor operator is another.");
    return registry_change(c, REGISTRY_SYSTEM, e);
}

static int retire_edit(struct act_call *c, struct edit *x, struct err *e)
{
    int rc = edit_load(x, act_int(c, "system"), e);

    if (rc == ERR_OK && x->old[SYSTEM_retired].is)
        rc = act_conflict(e, "System %lld is retired.", (long long)x->id);
    if (rc == ERR_OK)
        rc = edit_take_param(c, x, SYSTEM_retired, e);
    x->value[SYSTEM_status].text = SPAN_LIT("retired");
    return rc == ERR_OK ? registry_put(c, x, e) : rc;
}

static int retire(struct act_call *c, struct err *e)
{
    struct edit x;
    int rc;

    edit_init(&x, &registry_things[REGISTRY_SYSTEM], c->db, c->now_ns);
    rc = retire_edit(c, &x, e);
    edit_release(&x);
    return rc;
}

static const char *const clearable[] = { "level",   "decision", "decided",  "retention",
                                         "domains", "networks", "provider", NULL };

static const char *const described[] = { "purpose",    "services", "protection",
                                         "connection", "security", NULL };

#define SYSTEM                                                                                     \
    {                                                                                              \
        "system", ACT_ID, true, 0, NULL, "its number"                                              \
    }

const struct act_row registry_system[] = {
    { "system.add", ROLES_REGISTRY, "Write down a system.", add, { SYSTEM_FIELDS(FIELD_PARAM) } },
    { "system.change",
      ROLES_REGISTRY,
      "Change what is written down of a system; who had it before stays known.",
      change,
      { SYSTEM, SYSTEM_FIELDS(FIELD_PARAM_OF_CHANGE){ "clear", ACT_CHOICES, false, 0, clearable,
                                                      "fields that shall be empty" } } },
    { "system.describe",
      ROLES_REGISTRY,
      "Write down what reports of an incident say of a system; what is not named stays.",
      registry_describe,
      { SYSTEM,
        { "purpose", ACT_TEXT, false, 2000, NULL, "what it is mostly used for" },
        { "services", ACT_CHOICES, false, 0, system_services_names, "what it offers" },
        { "protection", ACT_CHOICES, false, 0, system_protections_names, "how it is protected" },
        { "connection", ACT_TEXT, false, 800, NULL, "who connects it to the network" },
        { "security", ACT_TEXT, false, 800, NULL, "who watches over its security" },
        { "clear", ACT_CHOICES, false, 0, described, "fields that shall be empty" } } },
    { "system.retire",
      ROLES_REGISTRY,
      "A system is no more.",
      retire,
      { SYSTEM,
        { "retired", ACT_TEXT, false, REGISTRY_DAY_MAX, NULL,
          "the first day on which it is no more; without it: today" },
        { "reason", ACT_TEXT, false, 1000, NULL, "why" } } },
};
