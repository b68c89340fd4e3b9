/*
 * when.h - predicates as data: over what is known of an incident, or of a system.
 *
 *   when: { type: [N4, N9], level: { min: 3 }, serious: true }      all of them
 *   when: { any: [ { serious: true }, { level: 5 } ] }              one of these
 *   when: { all: [ { any: [...] }, { any: [...] } ] }
 *   when: { none: [ { severity: M4 } ] }                            none of these
 *
 * A flag is true or false, a number the number or { min, max, below }, a choice a code or a list of
 * codes. What is not known matches nothing: neither true nor false, no range.
 */
#ifndef LAW_WHEN_H
#define LAW_WHEN_H

#include "law/law.h"

enum when_kind { WHEN_ALL, WHEN_ANY, WHEN_NONE, WHEN_FLAG, WHEN_NUMBER, WHEN_CODES };

struct law_when {
    enum when_kind kind;
    uint32_t line;
    const char *input; /* of the last three */
    bool flag;
    uint64_t min, max;
    struct law_texts codes;
    struct law_when *first, *next; /* of ALL, ANY, NONE; and those beside it */
};

struct law_read;
struct yaml_node;

int when_read(struct law_read *rd, const struct yaml_node *n, const struct law_when **out);
bool when_holds(const struct law_when *w, const struct law_said *said, size_t count);

/* Are all inputs known, with values that they may have? `incident`: those of an incident (type,
 * severity, level, facts), else `inputs`. */
int when_check(const struct law_read *rd, const struct law_when *w, const struct law_profile *p,
               bool incident);
bool when_is_choice(const struct law_input *input, struct span code);

void when_put(const struct law_when *w,
              struct buf *out); /* JSON: what it means, groups spelled out */

#endif
