/*
 * agency.c - agencies: begun, changed, ended with a successor.
 *
 * A name that was given by a decision is another agency: it is ended, with that one as successor,
 * so that what was before keeps the name it had. Changing is for what was written down wrongly and
 * for what moves (telephone, address).
 */
#include "registry/registry_own.h"

const struct act_kind registry_agency_kind = { "agency", DB_AGENCY_STATE, DB_AGENCY_STATE_PUT };

/* --- checks -------------------------------------------------------------------------------------
 */

struct agency_row {
    struct span code, from, to; /* days; none: empty */
};

static int agency_at(struct edit *x, uint32_t field, struct agency_row *out, struct err *e)
{
    struct db_row *r = db_use(x->db, DB_AGENCY_IS);
    int64_t id = x->value[field].n;
    int rc;

    db_int(r, 1, id);
    rc = db_next(x->db, r, e);
    if (rc == 1) {
        out->code = arena_span(&x->mem, db_get_text(r, 0));
        out->from = arena_span(&x->mem, db_get_text(r, 1));
        out->to = arena_span(&x->mem, db_get_text(r, 2));
    }
    db_end(r);
    if (rc == 0)
        return edit_wrong(x, field, WRONG_NO_AGENCY, edit_number(x, id), SPAN_NONE, e);
    if (rc < 0)
        return rc;
    return arena_failed(&x->mem) ? edit_no_memory(e) : ERR_OK;
}

int agency_is_valid(struct edit *x, uint32_t field, struct span day, struct err *e)
{
    struct agency_row a;
    int rc = agency_at(x, field, &a, e);

    if (rc != ERR_OK || day.n == 0)
        return rc;
    if (a.to.n > 0 && span_cmp(a.to, day) <= 0)
        return edit_wrong(x, field, WRONG_AGENCY_ENDED, a.code, a.to, e);
    if (a.from.n > 0 && span_cmp(a.from, day) > 0)
        return edit_wrong(x, field, WRONG_AGENCY_LATER, a.code, a.from, e);
    return ERR_OK;
}

/* What is above it must not be below it, by the way that rights go (registry.h). */
static int check_above(struct edit *x, uint32_t field, struct err *e)
{
    bool within = false;
    int rc = registry_within(x->db, x->id, x->value[field].n, &within, e);

    if (rc == ERR_OK && within)
        rc = edit_wrong(x, field, WRONG_OVER_ITSELF, x->value[AGENCY_code].text, SPAN_NONE, e);
    return rc;
}

static int check_days(struct edit *x, struct err *e)
{
    const struct kept *from = &x->value[AGENCY_valid_from], *to = &x->value[AGENCY_valid_to];

    if (x->value[AGENCY_successor].is && !to->is)
        return edit_wrong(x, AGENCY_valid_to, WRONG_END_MISSING, SPAN_NONE, SPAN_NONE, e);
    if (to->is && span_cmp(to->text, span_of(x->today)) > 0)
        return edit_wrong(x, AGENCY_valid_to, WRONG_TO_COME, to->text, SPAN_NONE, e);
    if (to->is && from->is && span_cmp(from->text, to->text) >= 0)
        return edit_wrong(x, AGENCY_valid_to, WRONG_BEFORE, from->text, SPAN_NONE, e);
    return ERR_OK;
}

int agency_check(struct edit *x, struct err *e)
{
    const struct kept *to = &x->value[AGENCY_valid_to];
    int rc = check_days(x, e);

    if (rc == ERR_OK && x->value[AGENCY_parent].is && edit_is_new(x, AGENCY_parent))
        rc = agency_is_valid(x, AGENCY_parent,
                             to->is || x->of_table ? SPAN_NONE : span_of(x->today), e);
    if (rc == ERR_OK && x->value[AGENCY_successor].is &&
        (edit_is_new(x, AGENCY_successor) || edit_is_new(x, AGENCY_valid_to)))
        rc = agency_is_valid(x, AGENCY_successor, to->text, e);
    if (rc != ERR_OK || x->id == 0)
        return rc;
    if (x->value[AGENCY_successor].is && edit_is_new(x, AGENCY_successor))
        return check_above(x, AGENCY_successor, e);
    return x->value[AGENCY_parent].is && edit_is_new(x, AGENCY_parent)
               ? check_above(x, AGENCY_parent, e)
               : ERR_OK;
}

/* --- acts
 * ----------------------------------------------------------------------------------------- */

static int add(struct act_call *c, struct err *e)
{
    return registry_add(c, REGISTRY_AGENCY, e);
}

static int change(struct act_call *c, struct err *e)
{
    return registry_change(c, REGISTRY_AGENCY, e);
}

static int end_edit(struct act_call *c, struct edit *x, struct err *e)
{
    int rc = edit_load(x, act_int(c, "agency"), e);

    if (rc == ERR_OK) { /* ended again: corrected */
        x->value[AGENCY_successor] = (struct kept){ .is = act_has(c, "successor"),
                                                    .number = true,
                                                    .n = act_int(c, "successor") };
        rc = edit_take_param(c, x, AGENCY_valid_to, e);
    }
    return rc == ERR_OK ? registry_put(c, x, e) : rc;
}

static int end(struct act_call *c, struct err *e)
{
    struct edit x;
    int rc;

    edit_init(&x, &registry_things[REGISTRY_AGENCY], c->db, c->now_ns);
    rc = end_edit(c, &x, e);
    edit_release(&x);
    return rc;
}

static int resume(struct act_call *c, struct err *e)
{
    struct edit x;
    int rc;

    edit_init(&x, &registry_things[REGISTRY_AGENCY], c->db, c->now_ns);
    rc = edit_load(&x, act_int(c, "agency"), e);
    if (rc == ERR_OK && !x.old[AGENCY_valid_to].is)
        rc = act_conflict(e, "Agency %lld has not ended.", (long long)x.id);
    x.value[AGENCY_valid_to].is = x.value[AGENCY_successor].is = false;
    if (rc == ERR_OK)
        rc = registry_put(c, &x, e);
    edit_release(&x);
    return rc;
}

static const char *const clearable[] = { "parent", "valid_from", "abbreviation", "address", "phone",
                                         "email",  NULL };

#define AGENCY                                                                                     \
    {                                                                                              \
        "agency", ACT_ID, true, 0, NULL, "its number"                                              \
    }

const struct act_row registry_agency[] = {
    { "agency.add", ROLES_REGISTRY, "Write down an agency.", add, { AGENCY_FIELDS(FIELD_PARAM) } },
    { "agency.change",
      ROLES_REGISTRY,
      "Correct what is written down of an agency; what a decision changed is another agency.",
      change,
      { AGENCY, AGENCY_FIELDS(FIELD_PARAM_OF_CHANGE){ "clear", ACT_CHOICES, false, 0, clearable,
                                                      "fields that shall be empty" } } },
    { "agency.end",
      ROLES_REGISTRY,
      "An agency is no more; what it had is its successor's. Again: another day or successor.",
      end,
      { AGENCY,
        { "valid_to", ACT_TEXT, true, REGISTRY_DAY_MAX, NULL,
          "the first day on which it is no more, as 2025-07-01" },
        { "successor", ACT_ID, false, 0, NULL, "the agency that took it over" },
        { "reason", ACT_TEXT, false, 1000, NULL, "the decision by which it ended" } } },
    { "agency.resume",
      ROLES_REGISTRY,
      "An agency had not ended.",
      resume,
      { AGENCY, { "reason", ACT_TEXT, true, 1000, NULL, "why it was written so" } } },
};
