/*
 * known.h - the rules in force as rows of table `rule`, those that were refused as rows of
 * `rule_refused`: for views, who have no rules at hand (src/db/sql/rule.sql).
 */
#ifndef KNOWN_H
#define KNOWN_H

#include "db/db.h"
#include "sigma/match.h"

/* All of a generation, in the place of those before, in a transaction that is open. */
int known_rules(struct db *db, const struct ruleset *rs, struct err *e);

#endif
