/*
 * act_edit.c - acts that make or change one thing of a register.
 */
#include "registry/registry_own.h"

int registry_may(struct act_call *c, int64_t agency, const char *kind, int64_t id, struct err *e)
{
    bool within = (c->who->roles & ROLES_REGISTRY) != 0;
    int rc = within ? ERR_OK : registry_within(c->db, c->who->agency, agency, &within, e);

    if (rc == ERR_OK && !within)
        rc = act_none(e, kind, id);
    return rc;
}

int registry_put(struct act_call *c, struct edit *x, struct err *e)
{
    const char *kind = x->thing->kind;
    bool is_made = x->id == 0;
    int rc = is_made ? ERR_OK : act_changes(c, x->thing->undo, x->id, e);

    if (rc == ERR_OK && (is_made || edit_is_changed(x)))
        rc = edit_put(x, e);
    if (rc == ERR_OK && is_made)
        rc = act_on(c, kind, x->id, e);
    if (rc == ERR_OK)
        buf_fmt(c->answer, ",\"%s\":%lld", kind, (long long)x->id);
    return rc;
}

static int take_params(struct act_call *c, struct edit *x, struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t i = 0; rc == ERR_OK && i < x->thing->by_acts; i++)
        rc = edit_take_param(c, x, i, e);
    return rc;
}

/* Fields that shall have no value any more. */
static void clear(struct act_call *c, struct edit *x)
{
    for (size_t k = 0; k < act_count(c, "clear"); k++) {
        struct span name = act_member(c, "clear", k, NULL);

        for (uint32_t i = 0; i < x->thing->by_acts; i++) {
            if (span_eq(name, span_of(x->thing->form->columns[i].name)))
                x->value[i].is = false;
        }
    }
}

int registry_add(struct act_call *c, enum registry_form f, struct err *e)
{
    struct edit x;
    int rc;

    edit_init(&x, &registry_things[f], c->db, c->now_ns);
    rc = take_params(c, &x, e);
    if (rc == ERR_OK)
        rc = registry_put(c, &x, e);
    edit_release(&x);
    return rc;
}

int registry_change(struct act_call *c, enum registry_form f, struct err *e)
{
    struct edit x;
    int rc;

    edit_init(&x, &registry_things[f], c->db, c->now_ns);
    rc = edit_load(&x, act_int(c, x.thing->kind), e);
    if (rc == ERR_OK)
        clear(c, &x);
    if (rc == ERR_OK)
        rc = take_params(c, &x, e);
    if (rc == ERR_OK)
        rc = registry_put(c, &x, e);
    edit_release(&x);
    return rc;
}
