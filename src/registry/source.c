/*
 * source.c - which system a source's events are of. A source can be given away before it was heard.
 */
#include "registry/registry_own.h"

const struct act_kind registry_source_kind = { "source", DB_SOURCE_STATE, DB_SOURCE_STATE_PUT };

int source_check(struct edit *x, struct err *e)
{
    return x->value[SOURCE_system].is && edit_is_new(x, SOURCE_system)
               ? registry_system_is_there(x, SOURCE_system, e)
               : ERR_OK;
}

static int assign_edit(struct act_call *c, struct edit *x, struct err *e)
{
    int64_t id = 0;
    int rc = edit_take_param(c, x, SOURCE_source, e);

    if (rc == ERR_OK)
        rc = edit_find(x, &id, e);
    if (rc == ERR_OK && id != 0)
        rc = edit_load(x, id, e);
    x->value[SOURCE_system].is = false;
    if (rc == ERR_OK)
        rc = edit_take_param(c, x, SOURCE_system, e);
    return rc == ERR_OK ? registry_put(c, x, e) : rc;
}

static int assign(struct act_call *c, struct err *e)
{
    struct edit x;
    int rc;

    edit_init(&x, &registry_things[REGISTRY_SOURCE], c->db, c->now_ns);
    rc = assign_edit(c, &x, e);
    edit_release(&x);
    return rc;
}

const struct act_row registry_source[] = {
    { "source.assign",
      ROLES_REGISTRY,
      "A source's events are of a system; without `system`: of none.",
      assign,
      { SOURCE_FIELDS(FIELD_PARAM) } },
};
