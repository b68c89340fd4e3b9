/*
 * generation.h - one compiled set of rules with the taxonomy that it was made for, in a folder, so
 * that all roles load the very same.
 *
 *   FOLDER/rules.image      the compiled rules (sigma/image.h)
 *   FOLDER/texts            the files that the rules stand in: u32 bytes of the path, u32 of the
 * text, path, text; in the order of the rules FOLDER/taxonomy/        copies of the taxonomy's
 * files, numbered in their order FOLDER/sources          what it was made from: written last, so
 * that a folder with it is whole
 *
 * Making takes seconds and is the job of the role RULES; opening takes milliseconds. A folder never
 * changes once it is whole. A generation is of the program that made it: another version compiles
 * anew.
 *
 * The compiled rules lie at a fixed address: one generation can be open in a process at a time. A
 * role that changes over frees what it has, opens the new one, and opens the old one again when
 * that fails; the keeper keeps the old folder until every role has answered.
 */
#ifndef GENERATION_H
#define GENERATION_H

#include "sigma/match.h"

/* What making it gave. */
struct generation_made {
    bool same;           /* as `earlier`: nothing was compiled */
    uint32_t rule_count; /* with correlations */
    uint32_t refusal_count;
};

/*
 * Make `folder` (which must not be there) from these sources; from->cache is not looked at. When
 * `earlier` (a folder or NULL) was made by this program from the same sources, its files are
 * linked. On an error the folder holds no `sources` and is of no use.
 */
int generation_make(const char *folder, const char *earlier, const struct ruleset_sources *from,
                    struct generation_made *made, struct err *e);

/* Is it whole, and of this program? */
bool generation_usable(const char *folder);

/* The number of the newest usable folder below `rules` that is less than `below`, or 0. */
uint64_t generation_before(const char *rules, uint64_t below);

/* The caller frees the ruleset, then the taxonomy, then releases the names. */
int generation_open(const char *folder, struct ruleset **rs, struct taxonomy **t, struct names *n,
                    struct err *e);

#endif
