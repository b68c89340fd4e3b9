/*
 * rule_person.h - do rules look for the records of one person? As person.h has it of queries: an
 * item on a field that says who somebody is, with a value, not under a not. For rules that somebody
 * brings along to try them on what is stored; those in force were published, and are the house's.
 *
 * Pure.
 */
#ifndef RULE_PERSON_H
#define RULE_PERSON_H

#include "sigma/rule.h"

/* *field: of the first such item. */
bool rule_person(const struct sigma_rule *rule, struct span *field);

#endif
