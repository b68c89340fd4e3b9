/*
 * blind.h - rules that load and can never match what this installation is fed: no source of the
 * taxonomy carries their logsource, or every source that does lacks a field without which the rule
 * cannot hold. Such a rule is no error; not to say so would be one.
 */
#ifndef BLIND_H
#define BLIND_H

#include "event/taxonomy.h"
#include "sigma/rule.h"

enum blind_kind { BLIND_NOT, BLIND_LOGSOURCE, BLIND_FIELD };

/* After names_freeze() and taxonomy_bind(). *field (the rule's own text) is set for BLIND_FIELD. */
enum blind_kind rule_blind(const struct sigma_rule *rule, const struct taxonomy *t,
                           const struct names *n, struct span *field);

#endif
