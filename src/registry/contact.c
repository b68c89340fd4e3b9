/*
 * contact.c - who answers for an agency's systems (cán bộ đầu mối): name, office, how to be
 * reached, and when that was last confirmed; nothing that a call at night does not need.
 */
#include "registry/registry_own.h"

const struct act_kind registry_contact_kind = { "contact", DB_CONTACT_STATE, DB_CONTACT_STATE_PUT };

int contact_check(struct edit *x, struct err *e)
{
    struct kept *all_hours = &x->value[CONTACT_all_hours];

    if (!all_hours->is)
        *all_hours = (struct kept){ .is = true, .number = true };
    if (!x->value[CONTACT_phone].is && !x->value[CONTACT_email].is)
        return edit_wrong(x, CONTACT_phone, WRONG_NO_WAY, SPAN_NONE, SPAN_NONE, e);
    return edit_is_new(x, CONTACT_agency) ? agency_is_valid(x, CONTACT_agency, span_of(x->today), e)
                                          : ERR_OK;
}

/* --- acts: a contact keeps those of its own agency, and of those below it ------------------------
 */

static int may_add_to(struct act_call *c, struct err *e)
{
    int64_t agency = act_int(c, "agency");

    return act_has(c, "agency") ? registry_may(c, agency, "agency", agency, e) : ERR_OK;
}

static int may_change(struct act_call *c, struct err *e)
{
    int64_t id = act_int(c, "contact"), agency = 0;
    struct edit x;
    int rc;

    edit_init(&x, &registry_things[REGISTRY_CONTACT], c->db, c->now_ns);
    rc = edit_load(&x, id, e);
    agency = x.value[CONTACT_agency].n;
    edit_release(&x);
    return rc == ERR_OK ? registry_may(c, agency, "contact", id, e) : rc;
}

static int add(struct act_call *c, struct err *e)
{
    int rc = may_add_to(c, e);

    return rc == ERR_OK ? registry_add(c, REGISTRY_CONTACT, e) : rc;
}

static int change(struct act_call *c, struct err *e)
{
    int rc = may_change(c, e);

    if (rc == ERR_OK)
        rc = may_add_to(c, e);
    return rc == ERR_OK ? registry_change(c, REGISTRY_CONTACT, e) : rc;
}

static int put_time(struct act_call *c, enum db_statement s, struct err *e)
{
    int64_t id = act_int(c, "contact");
    struct db_row *r;
    int rc = may_change(c, e);

    if (rc == ERR_OK)
        rc = act_changes(c, &registry_contact_kind, id, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, s);
    db_int(r, 1, c->now_ns);
    db_int(r, 2, id);
    return db_run(c->db, r, e);
}

static int confirm(struct act_call *c, struct err *e)
{
    return put_time(c, DB_CONTACT_CONFIRM, e);
}

static int remove_it(struct act_call *c, struct err *e)
{
    return put_time(c, DB_CONTACT_END, e);
}

static const char *const clearable[] = { "title", "phone", "email", NULL };

#define ROLES_CONTACTS (ROLES_REGISTRY | ROLE_BIT(CONTACT))
#define CONTACT                                                                                    \
    {                                                                                              \
        "contact", ACT_ID, true, 0, NULL, "its number"                                             \
    }

const struct act_row registry_contact[] = {
    { "contact.add",
      ROLES_CONTACTS,
      "Write down who answers for an agency.",
      add,
      { CONTACT_FIELDS(FIELD_PARAM) } },
    { "contact.change",
      ROLES_CONTACTS,
      "Change what is written down of a contact.",
      change,
      { CONTACT, CONTACT_FIELDS(FIELD_PARAM_OF_CHANGE){ "clear", ACT_CHOICES, false, 0, clearable,
                                                        "fields that shall be empty" } } },
    { "contact.confirm",
      ROLES_CONTACTS,
      "The contact was reached, all is as it is written.",
      confirm,
      { CONTACT } },
    { "contact.remove", ROLES_CONTACTS, "The contact is none any more.", remove_it, { CONTACT } },
};
