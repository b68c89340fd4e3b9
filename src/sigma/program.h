/*
 * program.h - a rule's condition as a short list of steps, for the matcher.
 *
 *   selection and not 1 of filter_*        step  item            holds   does not
 *                                             0  selection       1       false
 *                                             1  filter_a        false   2
 *                                             2  filter_b        false   true
 *
 * A step asks for one item and says where to go on. What the tree of nodes would be walked for,
 * pointer by pointer, lies here in a cache line or two, in the order in which it is best tried
 * (program.c). The tree stays: it explains, and it is what a rule is judged by that has no program
 * ("2 of selection_*", or a condition too long to be spread out).
 *
 * Private to src/sigma.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "base/arena.h"
#include "sigma/chance.h"
#include "sigma/image.h"

#define PROGRAM_TRUE  UINT32_MAX
#define PROGRAM_FALSE (UINT32_MAX - 1)

struct program_step {
    uint32_t item;              /* id */
    uint32_t if_true, if_false; /* number of a later step, PROGRAM_TRUE or PROGRAM_FALSE */
};

struct program {
    const struct program_step *steps; /* begins with the first; NULL when there is none */
    uint32_t count;
};

/* What making them needs. Not thread-safe. */
struct program_maker {
    struct image *im;  /* where the programs go; its failure is sticky */
    struct arena *mem; /* scratch */
    const struct chances *chances;
    struct program_step *steps; /* room for the longest */
    uint32_t count;             /* steps of the program at hand, the last first */
    uint32_t parts;
    bool unfit; /* it has no program */
};

/* The rule must carry folded texts, name ids and item ids. */
struct program program_of(struct program_maker *m, const struct sigma_rule *r);

#endif
