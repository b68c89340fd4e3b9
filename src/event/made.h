/*
 * made.h - what of a view stands in the record: what a rule asks of it can be looked for there,
 * before there is an event.
 *
 *   is what it gives under a name a text of the record, or made out of some?
 *   which texts do fields of the record have where the view applies?
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

/* Where a view applies, one of its choices holds: of each test of it some field's value has one of
 * the test's texts, case ignored. No choices: it applies anywhere; a test without texts tells
 * nothing. */
struct made_text {
    struct span text;
    bool begins, ends; /* the value does, with it */
};
uint32_t made_choices(const struct taxonomy *t, const struct view *v);
uint32_t made_tests(const struct taxonomy *t, const struct view *v, uint32_t choice);
uint32_t made_texts(const struct taxonomy *t, const struct view *v, uint32_t choice, uint32_t test);
struct made_text made_text(const struct taxonomy *t, const struct view *v, uint32_t choice,
                           uint32_t test, uint32_t i);

#endif
