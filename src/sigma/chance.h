/*
 * chance.h - guesses of how often something is seen in a log, made without any log.
 *
 * Two choices rest on them: which literal a rule waits for (witness.c) and in which order the parts
 * of a condition are tried (program.c). A bad guess costs time and never truth, so rough ones do;
 * what matters is to tell the rare from the common:
 *
 *   long literals are rarer than short ones, whole values rarer than parts
 *   what many rules ask for ("\powershell.exe") is common: that is why so many ask for it
 *   what rules ask for under a NOT ("C:\Windows\System32\") is what is normal, hence very common
 *   what is part of a text that every log is full of (a short list) is common
 */
#ifndef CHANCE_H
#define CHANCE_H

#include "sigma/rule.h"

enum atom_kind { ATOM_EXACT, ATOM_LITERAL, ATOM_PRESENT };
enum atom_anchor { ANCHOR_NONE, ANCHOR_START, ANCHOR_END };

/* The least that can be looked for in an event. */
struct atom {
    uint32_t name;    /* name id, 0 for keywords */
    uint8_t kind;     /* enum atom_kind */
    uint8_t anchor;   /* enum atom_anchor; of a LITERAL */
    struct span text; /* folded */
};

/* How often each text is used in the whole set of rules. */
struct chances;
struct chances *chances_new(void); /* NULL when there is no memory */
void chances_free(struct chances **c);

/* The rule must carry folded texts (compile.c). */
void chances_count(struct chances *c, const struct sigma_rule *rule);

/* Of an atom being seen in an event that has the field: above 0, below 1. */
double chance_of(const struct chances *c, const struct atom *a);

/* Does the text (folded) stand in one that every log is full of? */
bool chance_common(struct span text);

/* Of at least one of two things being seen. */
static inline double chance_or(double a, double b)
{
    return 1 - (1 - a) * (1 - b);
}

#endif
