/*
 * witness.h - why a rule need not be tried: what must be seen in an event before it can match.
 *
 * A witness of a rule is a set of atoms of which at least one is true whenever the rule is: a
 * value that a field equals, a literal that a field contains, a field that is present. The matcher
 * looks for atoms of all rules at once and tries only the rules that one of theirs was seen for.
 *
 *   AND: any child's witness will do, so the rarest is taken.
 *   OR:  the union of the children's; one child without a witness leaves none.
 *   NOT, null, absence: none.
 *
 * A rule without a witness is tried on every event of its logsource. A witness may be too wide
 * (the rule is then verified in vain), never too narrow: that would be a missed attack, which is
 * what the oracle tests look for.
 */
#ifndef WITNESS_H
#define WITNESS_H

#include "sigma/chance.h"

struct witness {
    struct atom *atoms;            /* in the arena given */
    uint32_t count;                /* 0: none, the rule must always be tried */
    double chance;                 /* guess of how often one of them is seen; 1 for none */
    const struct sigma_item *sure; /* not NULL: seeing an atom is all that this item asks for */
};

/* The rule must carry folded texts and name ids (compile.c). */
struct witness witness_of(const struct sigma_rule *rule, const struct chances *c,
                          struct arena *mem);

/* Guess of how often the test holds where its field is asked for. */
double witness_chance(const struct chances *c, uint32_t name, const struct sigma_test *t,
                      struct arena *mem);

/*
 * Literals of which at least one stands, ASCII-lower-cased, in every folded text that the regular
 * expression matches. Conservative: false when none can be told. At most `max` are written.
 */
bool regex_literals(struct span re, struct arena *mem, struct span *out, uint32_t max,
                    uint32_t *count);

#endif
