/*
 * rule_needs.h - what must stand in an event for a rule to hold: as query/needs.h has it for a
 * query, of the same search text, so that the same index and the same columns can be asked.
 *
 *   CommandLine|contains: ' -enc '      part " -enc ", word enc
 *   Image|endswith: '\whoami.exe'       part, words whoami, exe
 *   user: [root, admin]                 either
 *   selection and not filter            what selection needs
 *   numbers, addresses, times, absence  nothing
 *   logsource                           what the fields have that make events of it what they are
 *
 * Of a field that some view of the rule makes (event/made.h) words tell nothing, and nothing does
 * where it may stand nowhere. Keywords also look into
 * the raw record, and fields into objects as they were written, in which escapes of JSON stand as
 * they are, other than in the search text: words that may be halves of an escape are left out.
 *
 * Necessary, never sufficient. Pure.
 */
#ifndef RULE_NEEDS_H
#define RULE_NEEDS_H

#include "query/needs.h"
#include "sigma/rule.h"

/* Of a compiled rule (it has name ids), in `mem`. NULL when memory is out. */
struct need *rule_needs(const struct sigma_rule *r, const struct taxonomy *t, const struct names *n,
                        struct arena *mem);

/* That one of `kids` (`count`, at least 1) holds, whose list it becomes. NULL as above. */
struct need *rule_needs_any(struct need **kids, uint32_t count, struct arena *mem);

#endif
