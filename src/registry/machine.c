/*
 * machine.c - machines of systems. Their names and addresses say whose an event is, so contacts do
 * not write them down themselves: who claims another's address would see what happens there.
 */
#include "registry/registry_own.h"

const struct act_kind registry_machine_kind = { "machine", DB_MACHINE_STATE, DB_MACHINE_STATE_PUT };

int registry_system_is_there(struct edit *x, uint32_t field, struct err *e)
{
    struct db_row *r = db_use(x->db, DB_SYSTEM_IS);
    int64_t id = x->value[field].n;
    int rc;

    db_int(r, 1, id);
    rc = db_next(x->db, r, e);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return edit_wrong(x, field, WRONG_NO_SYSTEM, edit_number(x, id), SPAN_NONE, e);
    rc = db_get_null(r, 1)
             ? ERR_OK
             : edit_wrong(x, field, WRONG_SYSTEM_RETIRED, db_get_text(r, 0), db_get_text(r, 1), e);
    db_end(r);
    return rc;
}

int machine_check(struct edit *x, struct err *e)
{
    struct kept *importance = &x->value[MACHINE_importance];

    if (!importance->is)
        *importance = (struct kept){ .is = true, .text = SPAN_LIT("medium") };
    return edit_is_new(x, MACHINE_system) ? registry_system_is_there(x, MACHINE_system, e) : ERR_OK;
}

/* --- acts
 * ----------------------------------------------------------------------------------------- */

static int add(struct act_call *c, struct err *e)
{
    return registry_add(c, REGISTRY_MACHINE, e);
}

static int change(struct act_call *c, struct err *e)
{
    return registry_change(c, REGISTRY_MACHINE, e);
}

static int retire(struct act_call *c, struct err *e)
{
    struct edit x;
    struct db_row *r;
    int rc;

    edit_init(&x, &registry_things[REGISTRY_MACHINE], c->db, c->now_ns);
    rc = edit_load(&x, act_int(c, "machine"), e);
    if (rc == ERR_OK)
        rc = act_changes(c, &registry_machine_kind, x.id, e);
    if (rc == ERR_OK) {
        r = db_use(c->db, DB_MACHINE_RETIRE);
        db_text(r, 1, span_of(x.today));
        db_int(r, 2, x.id);
        rc = db_run(c->db, r, e);
    }
    edit_release(&x);
    return rc;
}

static const char *const clearable[] = { "addresses", "macs", "os", NULL };

#define MACHINE                                                                                    \
    {                                                                                              \
        "machine", ACT_ID, true, 0, NULL, "its number"                                             \
    }

const struct act_row registry_machine[] = {
    { "machine.add",
      ROLES_REGISTRY,
      "Write down a machine of a system.",
      add,
      { MACHINE_FIELDS(FIELD_PARAM) } },
    { "machine.change",
      ROLES_REGISTRY,
      "Change what is written down of a machine.",
      change,
      { MACHINE, MACHINE_FIELDS(FIELD_PARAM_OF_CHANGE){ "clear", ACT_CHOICES, false, 0, clearable,
                                                        "fields that shall be empty" } } },
    { "machine.retire",
      ROLES_REGISTRY,
      "A machine is no more.",
      retire,
      { MACHINE, { "reason", ACT_TEXT, false, 1000, NULL, "why" } } },
};
