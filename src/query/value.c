/*
 * value.c - see value.h.
 */
#include "query/value.h"

#include <stdlib.h>

struct bound {
    struct span name;
    struct query_ids ids;
};

struct query_values {
    struct arena mem;
    struct bound *row;
    uint32_t count, room;
};

/* --- binding -------------------------------------------------------------------------------- */

static uint32_t names_of(const struct query *q)
{
    uint32_t n = 0;

    for (const struct query_command *c = q->commands; c != NULL; c = c->next)
        n += c->field_count + c->by_count + c->aggregate_count;
    return n;
}

static bool bind(struct query_values *v, const struct names *names, struct span name)
{
    struct bound *row = &v->row[v->count];

    if (name.n == 0)
        return true;
    MUST(v->count < v->room);
    v->count++;
    row->name = name;
    return query_ids(&row->ids, names, name, &v->mem);
}

static bool bind_fields(struct query_values *v, const struct names *names,
                        const struct query_field *f, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!bind(v, names, f[i].name))
            return false;
    }
    return true;
}

static bool bind_command(struct query_values *v, const struct names *names,
                         const struct query_command *c)
{
    for (uint32_t i = 0; i < c->aggregate_count; i++) {
        if (!bind(v, names, c->aggregates[i].field))
            return false;
    }
    return bind_fields(v, names, c->fields, c->field_count) &&
           bind_fields(v, names, c->by, c->by_count);
}

int query_values_new(struct query_values **out, const struct query *q,
                     const struct query_field *more, uint32_t more_count, const struct names *names,
                     struct err *e)
{
    struct query_values *v = calloc(1, sizeof(*v));
    bool good;

    *out = v;
    if (v == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the query.");
    arena_init(&v->mem, (size_t)16 << 20);
    v->room = names_of(q) + more_count;
    v->row = arena_array(&v->mem, v->room + 1, sizeof(*v->row));
    good = v->row != NULL && bind_fields(v, names, more, more_count);
    for (const struct query_command *c = q->commands; good && c != NULL; c = c->next)
        good = bind_command(v, names, c);
    if (good)
        return ERR_OK;
    query_values_free(out);
    return err_set(e, ERR_NOMEM, 0, "There is no memory for the query.");
}

void query_values_free(struct query_values **pv)
{
    struct query_values *v = *pv;

    *pv = NULL;
    if (v == NULL)
        return;
    arena_release(&v->mem);
    free(v);
}

/* --- who answers ---------------------------------------------------------------------------- */

static struct span server_value(struct query_subject *s, struct span name)
{
    if (span_eq_nocase(name, SPAN_LIT("source")))
        return s->source;
    if (span_eq_nocase(name, SPAN_LIT("input")))
        return s->input;
    if (span_eq_nocase(name, SPAN_LIT("host")))
        return event_host_handed(s->event);
    return SPAN_NONE;
}

static struct span tag_value(const struct view *v, struct span name)
{
    const struct tag_set *set = NULL;

    if (span_eq_nocase(name, SPAN_LIT("product")))
        set = &v->product;
    else if (span_eq_nocase(name, SPAN_LIT("category")))
        set = &v->category;
    else if (span_eq_nocase(name, SPAN_LIT("service")))
        set = &v->service;
    return set != NULL && set->count > 0 ? set->value[0] : SPAN_NONE;
}

static struct span handle_value(struct event *e, uint32_t handle)
{
    return event_kind(e, handle) == REC_GROUP ? SPAN_NONE : event_handed(e, handle);
}

static struct span view_value(struct event *e, const struct view *v, const struct query_ids *ids)
{
    struct span value = SPAN_NONE;

    for (uint32_t i = 0; i < ids->count && value.p == NULL; i++) {
        for (uint32_t h = event_get(e, v, ids->ids[i]); h != EVENT_NONE && value.p == NULL;
             h = event_more(e, v, ids->ids[i], h))
            value = handle_value(e, h);
    }
    return value;
}

static struct span record_value(struct event *e, struct span name)
{
    struct span value = SPAN_NONE;

    for (uint32_t i = 0; i < e->rec->count && value.p == NULL; i++) {
        if (span_eq_nocase(event_name(e, i), name))
            value = handle_value(e, i);
    }
    return value;
}

static const struct query_ids *find(const struct query_values *v, struct span name)
{
    static const struct query_ids none = { 0 };

    for (uint32_t i = 0; i < v->count; i++) {
        if (span_eq(v->row[i].name, name))
            return &v->row[i].ids;
    }
    return &none;
}

struct span query_value(const struct query_values *v, struct query_subject *s, struct span name)
{
    const struct event_class *cls = s->event->cls;
    const struct query_ids *ids = find(v, name);
    struct span value = server_value(s, name);

    if (value.n > 0) /* an empty one is none: eval.c has it so */
        return value;
    value = SPAN_NONE;
    for (uint32_t i = 0; i < cls->view_count && value.p == NULL; i++) {
        value = tag_value(cls->views[i], name);
        if (value.p == NULL)
            value = view_value(s->event, cls->views[i], ids);
    }
    if (value.p == NULL)
        value = record_value(s->event, name);
    if (value.p == NULL && span_eq_nocase(name, SPAN_LIT("raw")))
        value = s->event->rec->raw;
    return value;
}
