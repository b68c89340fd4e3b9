/*
 * value.c - values of fields, as people type them, into the form in which they are kept. Cells and
 * parameters of acts go the same way (sheet/columns.h), so what one takes the other does.
 */
#include "registry/registry_own.h"

#include <stdio.h>

#include "base/ascii.h"
#include "base/time.h"

#define ARRAY_BYTES_MAX ((size_t)1 << 16)

static int keep_text(struct edit *x, uint32_t field, struct span s, struct err *e)
{
    s = arena_span(&x->mem, s);
    if (s.p == NULL)
        return edit_no_memory(e);
    x->value[field] = (struct kept){ .is = s.n > 0, .text = s };
    return ERR_OK;
}

static void keep_number(struct edit *x, uint32_t field, int64_t n)
{
    x->value[field] = (struct kept){ .is = true, .number = true, .n = n };
}

/* --- types --------------------------------------------------------------------------------------
 */

static int take_code(struct edit *x, uint32_t field, struct span s, struct err *e)
{
    bool good = s.n <= REGISTRY_CODE_MAX && s.n > 0 && ascii_is_alnum(s.p[0]) &&
                ascii_is_alnum(s.p[s.n - 1]);

    for (size_t i = 0; good && i < s.n; i++)
        good = ascii_is_alnum(s.p[i]) || s.p[i] == '.' || s.p[i] == '_' || s.p[i] == '-' ||
               s.p[i] == '/';
    return good ? keep_text(x, field, s, e) : edit_wrong(x, field, WRONG_NOT_CODE, s, SPAN_NONE, e);
}

static int take_date(struct edit *x, uint32_t field, int64_t days, struct err *e)
{
    char text[REGISTRY_DAY_MAX + 1];
    struct time_parts p;

    time_date(days, &p);
    registry_day(&p, text);
    return keep_text(x, field, span_of(text), e);
}

static int take_list(struct edit *x, uint32_t field, struct span s, list_item_fn *item,
                     enum wrong none, struct err *e)
{
    struct span bad = SPAN_NONE;
    enum list_fault f;
    struct buf out;
    int rc;

    buf_init(&out, ARRAY_BYTES_MAX);
    f = list_put(s, item, &out, &bad);
    if (f == LIST_BAD)
        rc = edit_wrong(x, field, none, bad, SPAN_NONE, e);
    else if (f == LIST_MANY)
        rc = edit_wrong(x, field, WRONG_TOO_MANY, edit_number(x, LIST_ITEMS_MAX), SPAN_NONE, e);
    else if (buf_failed(&out))
        rc = edit_no_memory(e);
    else if (out.n > 2)
        rc = keep_text(x, field, buf_span(&out), e);
    else
        rc = ERR_OK; /* of separators alone: no value */
    buf_release(&out);
    return rc;
}

/* The array of the classes in `has`, in the order of the list. */
static int keep_classes(struct edit *x, uint32_t field, const bool *has, struct err *e)
{
    char text[128] = "[";
    size_t n = 1;

    for (uint32_t i = 0; i < information_classes_count; i++) {
        if (has[i])
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s\"%s\"", n > 1 ? "," : "",
                                  information_classes_names[i]);
    }
    MUST(n + 2 < sizeof(text)); /* they are few */
    memcpy(text + n, "]", 2);
    return keep_text(x, field, span_of(text), e);
}

static bool is_class(struct edit *x, struct span s, uint32_t *at)
{
    s = fold_name(&x->mem, s);
    for (*at = 0; *at < information_classes_count; (*at)++) {
        const struct choice *c = &information_classes_choices[*at];

        if (span_eq(s, fold_name(&x->mem, span_of(c->name))) ||
            span_eq(s, fold_name(&x->mem, span_of(c->vi))) ||
            span_eq(s, fold_name(&x->mem, span_of(c->en))))
            return true;
    }
    return false;
}

static int take_classes(struct edit *x, uint32_t field, struct span s, struct err *e)
{
    bool has[information_classes_count] = { false };
    bool any = false;

    while (s.n > 0) {
        size_t n = 0;
        struct span one;
        uint32_t at;

        while (n < s.n && s.p[n] != ';' && s.p[n] != ',')
            n++;
        one = span_trim((struct span){ s.p, n });
        s = span_from(s, n < s.n ? n + 1 : n);
        if (one.n == 0)
            continue;
        if (!is_class(x, one, &at))
            return edit_wrong(x, field, WRONG_NOT_CLASS, one, SPAN_NONE, e);
        has[at] = any = true;
    }
    return any ? keep_classes(x, field, has, e) : ERR_OK;
}

static int take_named(struct edit *x, uint32_t field, struct span code, enum db_statement find,
                      enum wrong none, struct err *e)
{
    struct db_row *r = db_use(x->db, find);
    int rc;

    db_text(r, 1, code);
    rc = db_next(x->db, r, e);
    if (rc == 1)
        keep_number(x, field, db_get_int(r, 0));
    db_end(r);
    return rc == 0 ? edit_wrong(x, field, none, code, SPAN_NONE, e) : rc < 0 ? rc : ERR_OK;
}

int edit_take_value(struct edit *x, uint32_t field, const struct value *v, struct err *e)
{
    const struct column *c = &x->thing->form->columns[field];

    if (!v->present)
        return ERR_OK;
    switch (x->thing->type[field]) {
    case FIELD_CODE:
        return take_code(x, field, v->text, e);
    case FIELD_CHOICE:
        return keep_text(x, field, span_of(c->choices[v->whole].name), e);
    case FIELD_CLASSES:
        return take_classes(x, field, v->text, e);
    case FIELD_DATE:
        return take_date(x, field, v->whole, e);
    case FIELD_COUNT:
        if (v->whole == 0)
            return edit_wrong(x, field, WRONG_NOT_ONE, SPAN_NONE, SPAN_NONE, e);
        keep_number(x, field, v->whole);
        return ERR_OK;
    case FIELD_FLAG:
    case FIELD_LEVEL:
        keep_number(x, field, v->whole);
        return ERR_OK;
    case FIELD_AGENCY:
        return take_named(x, field, v->text, DB_AGENCY_FIND, WRONG_NO_AGENCY, e);
    case FIELD_SYSTEM:
        return take_named(x, field, v->text, DB_SYSTEM_FIND, WRONG_NO_SYSTEM, e);
    case FIELD_DOMAINS:
        return take_list(x, field, v->text, list_domain, WRONG_NOT_DOMAIN, e);
    case FIELD_NETWORKS:
        return take_list(x, field, v->text, list_network, WRONG_NOT_NETWORK, e);
    case FIELD_ADDRESSES:
        return take_list(x, field, v->text, list_address, WRONG_NOT_ADDRESS, e);
    case FIELD_MACS:
        return take_list(x, field, v->text, list_mac, WRONG_NOT_MAC, e);
    default:
        return keep_text(x, field, v->text, e);
    }
}

/* --- parameters of acts -------------------------------------------------------------------------
 */

static int take_text(struct edit *x, uint32_t field, struct span text, struct err *e)
{
    const struct column *c = &x->thing->form->columns[field];
    const struct cell cell = { .kind = CELL_TEXT, .text = text };
    struct fault_words words;
    struct value v;
    enum fault f = value_read(c, &cell, &x->mem, &v, &words);
    struct buf out;

    if (arena_failed(&x->mem))
        return edit_no_memory(e);
    if (f == FAULT_NONE)
        return edit_take_value(x, field, &v, e);
    buf_init(&out, ARRAY_BYTES_MAX);
    fault_put(&out, f, &words, FORM_EN);
    err_set(e, ERR_USAGE, 0, "%s: %.*s", c->name, SPAN_ARG(buf_span(&out)));
    buf_release(&out);
    return ERR_USAGE;
}

static int take_choices(struct act_call *c, struct edit *x, uint32_t field, const char *name,
                        struct err *e)
{
    bool has[information_classes_count] = { false };

    for (size_t i = 0; i < act_count(c, name); i++) {
        struct span one = act_member(c, name, i, NULL);

        for (uint32_t k = 0; k < information_classes_count; k++)
            has[k] = has[k] || span_eq(one, span_of(information_classes_names[k]));
    }
    return keep_classes(x, field, has, e);
}

int edit_take_param(struct act_call *c, struct edit *x, uint32_t field, struct err *e)
{
    const char *name = x->thing->form->columns[field].name;

    if (!act_has(c, name))
        return ERR_OK;
    switch (x->thing->type[field]) {
    case FIELD_CHOICE:
        return keep_text(x, field, act_text(c, name), e);
    case FIELD_CLASSES:
        return take_choices(c, x, field, name, e);
    case FIELD_LEVEL:
    case FIELD_COUNT:
        if (act_int(c, name) == 0)
            return edit_wrong(x, field, WRONG_NOT_ONE, SPAN_NONE, SPAN_NONE, e);
        keep_number(x, field, act_int(c, name));
        return ERR_OK;
    case FIELD_FLAG:
    case FIELD_AGENCY:
    case FIELD_SYSTEM:
        keep_number(x, field, act_int(c, name));
        return ERR_OK;
    default:
        return take_text(x, field, act_text(c, name), e);
    }
}
