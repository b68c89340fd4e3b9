/*
 * order.h - sets `quick` of every node of a rule's condition: its children in the order in which
 * they are best tried. Private to src/sigma; the essay is in order.c.
 */
#ifndef ORDER_H
#define ORDER_H

#include "base/arena.h"
#include "sigma/chance.h"
#include "sigma/image.h"

struct order {
    struct image *im;    /* where the rules are; its failure is sticky */
    struct arena *mem;   /* scratch */
    const struct chances *chances;
};

/* The rule must carry folded texts and name ids, and lie in memory that may be written. */
void order_rule(struct order *o, struct sigma_rule *r);

#endif
