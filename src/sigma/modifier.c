/*
 * modifier.c - a key's chain of modifiers against the rows of modifier.tbl.
 *
 * A row says by kinds what may stand before it; whether a chain is legal is then two masks, and
 * no modifier's code has to know of any other.
 */
#include "sigma/modifier.h"

#include "sigma/read.h"

enum kind {
    KIND_SHAPE,
    KIND_ALL,
    KIND_NEQ,
    KIND_CASED,
    KIND_EXISTS,
    KIND_DASH,
    KIND_WIDE,
    KIND_BASE64,
    KIND_EXPAND,
    KIND_RE,
    KIND_REFLAG,
    KIND_CIDR,
    KIND_COMPARE,
    KIND_PART,
    KIND_REF
};

#define K(kind) (1u << KIND_##kind)

struct row {
    struct modifier_row shown;
    size_t name_bytes;
    uint32_t kind, after, needs;
    size_t offset; /* of the member of struct modifiers */
    uint8_t value;
};

static const struct row rows[] = {
#define MODIFIER(name, kind, field, value, after, needs, help)                                     \
    { { #name, help },                                                                             \
      sizeof(#name) - 1,                                                                           \
      K(kind),                                                                                     \
      after,                                                                                       \
      needs,                                                                                       \
      offsetof(struct modifiers, field),                                                           \
      value },
#include "sigma/modifier.tbl"
#undef MODIFIER
};

#define NEEDS_FIELD (K(EXISTS) | K(COMPARE) | K(PART) | K(REF))

static const struct row *row_find(struct span name)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].name_bytes == name.n && memcmp(rows[i].shown.name, name.p, name.n) == 0)
            return &rows[i];
    }
    return NULL;
}

const struct modifier_row *modifier_row(size_t index)
{
    return index < COUNT_OF(rows) ? &rows[index].shown : NULL;
}

static int row_apply(const struct row *row, uint32_t line, uint32_t *seen, struct modifiers *out,
                     struct err *e)
{
    if ((*seen & row->kind & ~K(REFLAG)) != 0)
        return err_set(e, ERR_SYNTAX, line,
                       "The modifier '%s' stands beside another of its kind in one key.",
                       row->shown.name);
    if ((*seen & row->needs) != row->needs)
        return err_set(e, ERR_SYNTAX, line, "The modifier '%s' may only stand after 're'.",
                       row->shown.name);
    if ((*seen & ~row->after) != 0)
        return err_set(e, ERR_SYNTAX, line,
                       "The modifier '%s' may not stand after the modifiers before it.",
                       row->shown.name);
    *seen |= row->kind;
    ((uint8_t *)out)[row->offset] = row->value;
    return ERR_OK;
}

int modifier_read(struct span key, uint32_t line, struct span *field, struct modifiers *out,
                  struct err *e)
{
    size_t at = span_find(key, '|');
    uint32_t seen = 0;

    *out = (struct modifiers){ .shape = SIGMA_EQ, .compare = SIGMA_EQ, .part = SIGMA_EQ };
    *field = (struct span){ key.p, at };
    for (unsigned count = 0; at < key.n; count++) {
        struct span rest = span_from(key, at + 1);
        struct span name = { rest.p, span_find(rest, '|') };
        const struct row *row = row_find(name);
        int rc;

        if (row == NULL)
            return err_set(e, ERR_SYNTAX, line, "There is no modifier '%.*s'.", SHORT_ARG(name));
        if (count == MODIFIER_CHAIN_MAX)
            return err_set(e, ERR_LIMIT, line, "The key has more than %u modifiers.",
                           MODIFIER_CHAIN_MAX);
        rc = row_apply(row, line, &seen, out, e);
        if (rc != ERR_OK)
            return rc;
        at += 1 + name.n;
    }
    out->needs_field = (seen & NEEDS_FIELD) != 0;
    return ERR_OK;
}
