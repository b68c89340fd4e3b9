/*
 * reading.h - taxonomy and names of a generation (keep/generation.h), without its rules: for who
 * counts what events answer as those do who have the rules.
 */
#ifndef READING_H
#define READING_H

#include "figures/tallier.h"

/* All zero: not open. */
struct reading {
    struct taxonomy *taxonomy;
    struct names names;
    struct tallier *tallier; /* NULL: not open */
};

/* Of the generation in `folder`. No other may be open in the process meanwhile. */
int reading_open(struct reading *r, const char *folder, struct err *e);
void reading_close(struct reading *r);

#endif
