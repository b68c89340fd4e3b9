/*
 * made.h - is what a view gives under a name a text of the record, or made out of some?
 *
 * For who looks into the record for what a rule asks of the name, before there is an event.
 */
#ifndef MADE_H
#define MADE_H

#include "event/taxonomy.h"

enum made {
    MADE_NOT,    /* the value of a field */
    MADE_PARTS,  /* parts of such values, perhaps some of them with bytes between that are no
                    letters: letters that stand side by side in it do so in the record */
    MADE_FREELY, /* it may stand nowhere */
};

/* In view `v` of `t`, of the most made of its sources. */
enum made made_by(const struct taxonomy *t, const struct view *v, uint32_t name);

#endif
