/*
 * refs.h - what ids, names and titles stand for: the index by which correlations and filters find
 * the rules that they speak of.
 *
 * Ids are compared without regard to ASCII case, names and titles exactly. The index holds
 * positions in rules->rules and ->correlations and dies when those arrays change.
 */
#ifndef REFS_H
#define REFS_H

#include "sigma/rule.h"

enum ref_kind { REF_ID = 1, REF_NAME = 2, REF_TITLE = 4 };

struct ref_entry {
    struct span key; /* of an id: lower case */
    uint32_t hash;
    uint8_t kind; /* enum ref_kind */
    bool is_correlation;
    uint32_t index;
};

struct refs {
    struct ref_entry *entries; /* by hash, kind, key, rules before correlations, index */
    uint32_t count;
};

/* Lives in `mem`. */
int refs_build(struct refs *refs, const struct sigma_rules *rs, struct arena *mem, struct err *e);

/* The entries of that kind and text: the first one, and how many there are. */
const struct ref_entry *refs_find(const struct refs *refs, struct span text, enum ref_kind kind,
                                  uint32_t *count);

/* By id, else by name: what a correlation means by `text`, or NULL. */
const struct ref_entry *refs_get(const struct refs *refs, struct span text);

/* The head of the document that an entry stands for. */
const struct sigma_head *refs_head(const struct sigma_rules *rs, const struct ref_entry *entry);

/* Warn of ids used twice; refuse the later documents that share a name which a correlation
 * refers to. Returns with the arrays of `rs` changed: build the index anew. */
int refs_check(struct refs *refs, struct sigma_rules *rs, struct err *e);

#endif
