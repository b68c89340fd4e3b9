/*
 * refs.c - a sorted array of every id, name and title.
 *
 * Sorting costs a few milliseconds for some thousand rules and needs no table to be sized; ids
 * are looked at as lower-case text, whatever their author wrote.
 */
#include "sigma/refs.h"

#include <stdlib.h>
#include <xxhash.h>

#include "base/ascii.h"
#include "sigma/read.h"

static struct span lower_case(struct arena *mem, struct span s)
{
    struct span low = arena_span(mem, s);

    for (size_t i = 0; i < low.n; i++)
        ((uint8_t *)(uintptr_t)low.p)[i] = ascii_lower(low.p[i]);
    return low;
}

static int entry_order(const void *a, const void *b)
{
    const struct ref_entry *x = a, *y = b;
    int d;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    d = span_cmp(x->key, y->key);
    if (d != 0)
        return d;
    if (x->is_correlation != y->is_correlation)
        return x->is_correlation ? 1 : -1;
    return (x->index > y->index) - (x->index < y->index);
}

static void refs_put(struct refs *refs, struct span key, enum ref_kind kind, bool is_correlation,
                     uint32_t index)
{
    if (key.n == 0)
        return;
    refs->entries[refs->count++] = (struct ref_entry){ .key = key,
                                                       .hash = (uint32_t)XXH3_64bits(key.p, key.n),
                                                       .kind = (uint8_t)kind,
                                                       .is_correlation = is_correlation,
                                                       .index = index };
}

static void refs_put_head(struct refs *refs, const struct sigma_head *h, struct arena *mem,
                          bool is_correlation, uint32_t index)
{
    refs_put(refs, lower_case(mem, h->id), REF_ID, is_correlation, index);
    refs_put(refs, h->name, REF_NAME, is_correlation, index);
    refs_put(refs, h->title, REF_TITLE, is_correlation, index);
}

int refs_build(struct refs *refs, const struct sigma_rules *rs, struct arena *mem, struct err *e)
{
    size_t total = ((size_t)rs->rule_count + rs->correlation_count) * 3;

    *refs = (struct refs){ 0 };
    refs->entries = arena_array(mem, total, sizeof(*refs->entries));
    if (refs->entries != NULL) {
        for (uint32_t i = 0; i < rs->rule_count; i++)
            refs_put_head(refs, &rs->rules[i]->head, mem, false, i);
        for (uint32_t i = 0; i < rs->correlation_count; i++)
            refs_put_head(refs, &rs->correlations[i]->head, mem, true, i);
    }
    if (refs->entries == NULL || arena_failed(mem))
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the rules' names.");
    if (refs->count > 1)
        qsort(refs->entries, refs->count, sizeof(*refs->entries), entry_order);
    return ERR_OK;
}

static bool same_key(const struct ref_entry *a, const struct ref_entry *b)
{
    return a->hash == b->hash && a->kind == b->kind && span_eq(a->key, b->key);
}

const struct ref_entry *refs_find(const struct refs *refs, struct span text, enum ref_kind kind,
                                  uint32_t *count)
{
    uint8_t low[64];
    struct ref_entry want = { .key = text, .kind = (uint8_t)kind };
    uint32_t from = 0, to = refs->count;

    *count = 0;
    if (kind == REF_ID && text.n <= sizeof(low)) {
        for (size_t i = 0; i < text.n; i++)
            low[i] = ascii_lower(text.p[i]);
        want.key.p = low;
    }
    if (text.n == 0)
        return NULL;
    want.hash = (uint32_t)XXH3_64bits(want.key.p, want.key.n);
    while (from < to) {
        uint32_t mid = from + (to - from) / 2;

        if (entry_order(&refs->entries[mid], &want) < 0)
            from = mid + 1;
        else
            to = mid;
    }
    while (from + *count < refs->count && same_key(&refs->entries[from + *count], &want))
        ++*count;
    return *count > 0 ? &refs->entries[from] : NULL;
}

const struct ref_entry *refs_get(const struct refs *refs, struct span text)
{
    uint32_t count;
    const struct ref_entry *entry = refs_find(refs, text, REF_ID, &count);

    return entry != NULL ? entry : refs_find(refs, text, REF_NAME, &count);
}

const struct sigma_head *refs_head(const struct sigma_rules *rs, const struct ref_entry *entry)
{
    return entry->is_correlation ? &rs->correlations[entry->index]->head
                                 : &rs->rules[entry->index]->head;
}

static int warn_of_ids(const struct refs *refs, struct sigma_rules *rs, struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t i = 1; rc == ERR_OK && i < refs->count; i++) {
        const struct ref_entry *a = &refs->entries[i - 1], *b = &refs->entries[i];
        const struct sigma_head *x = refs_head(rs, a), *y = refs_head(rs, b);

        if (b->kind != REF_ID || !same_key(a, b))
            continue;
        rc = rules_warn(rs, y, e, "The id %.*s is that of '%.*s' (%.*s) too.", SHORT_ARG(y->id),
                        SHORT_ARG(x->title), SHORT_ARG(x->file));
    }
    return rc;
}

/* Mark what shares its name with an earlier document, when `text` means that name. */
static void mark_shared(const struct refs *refs, struct span text, bool *rules, bool *correlations)
{
    uint32_t count;

    if (refs_find(refs, text, REF_ID, &count) != NULL)
        return;
    for (const struct ref_entry *entry = refs_find(refs, text, REF_NAME, &count); count > 1;
         count--) {
        entry++;
        (entry->is_correlation ? correlations : rules)[entry->index] = true;
    }
}

static int refuse_shared(struct sigma_rules *rs, const struct sigma_head *h, struct err *e)
{
    return rules_refuse(rs, h, e,
                        "The name '%.*s' belongs to an earlier document, and a correlation refers "
                        "to it; give this one a name of its own.",
                        SHORT_ARG(h->name));
}

int refs_check(struct refs *refs, struct sigma_rules *rs, struct err *e)
{
    bool *rules = arena_array(&rs->mem, (size_t)rs->rule_count + 1, sizeof(*rules));
    bool *correlations = arena_array(&rs->mem, (size_t)rs->correlation_count + 1, sizeof(*rules));
    uint32_t keep = 0;
    int rc = warn_of_ids(refs, rs, e);

    if (rules == NULL || correlations == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the rules' names.");
    for (uint32_t i = 0; i < rs->correlation_count; i++) {
        for (uint32_t k = 0; k < rs->correlations[i]->ref_count; k++)
            mark_shared(refs, rs->correlations[i]->refs[k].text, rules, correlations);
    }
    for (uint32_t i = 0; i < rs->rule_count && rc == ERR_OK; i++) {
        if (rules[i])
            rc = refuse_shared(rs, &rs->rules[i]->head, e);
        else
            rs->rules[keep++] = rs->rules[i];
    }
    if (rc == ERR_OK)
        rs->rule_count = keep;
    keep = 0;
    for (uint32_t i = 0; i < rs->correlation_count && rc == ERR_OK; i++) {
        if (correlations[i])
            rc = refuse_shared(rs, &rs->correlations[i]->head, e);
        else
            rs->correlations[keep++] = rs->correlations[i];
    }
    if (rc == ERR_OK)
        rs->correlation_count = keep;
    return rc;
}
