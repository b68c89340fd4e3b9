/*
 * regex_stock.h - regular expressions made into machine code (PCRE2's JIT) in advance, for a
 * process that is going to give up the right to make executable memory.
 *
 *   regex_stock_new()       every expression of the rules that are open
 *   process_code_seal()     the code may not be written any more (os/process.h)
 *   sandbox                 no more can be made
 *   ruleset_stock()         of these rules and of all later ones: an expression that the stock has
 *                           is its machine code, any other is interpreted
 *
 * PCRE2 keeps account of its code in the very pages that hold it, so once they are sealed nothing
 * of the stock can be freed: it stays until the process ends. Immutable, any thread may use it.
 */
#ifndef REGEX_STOCK_H
#define REGEX_STOCK_H

#include "sigma/match.h"
#include "sigma/regex.h"

struct regex_stock;

/* Where there is no JIT it is empty. */
int regex_stock_new(struct regex_stock **out, const struct ruleset *rs, struct err *e);
void regex_stock_free(struct regex_stock **s); /* not after the code was sealed */

/* The machine code of this test's expression, or NULL. */
pcre2_code *regex_stock_find(const struct regex_stock *s, const struct sigma_test *t);

/* Before the first matcher. NULL: every expression is interpreted. The stock outlives `rs`. */
void ruleset_stock(struct ruleset *rs, const struct regex_stock *s);

/* How many different expressions these rules have, and how many of them the stock has. */
struct regex_counts {
    uint32_t all, machine;
};
struct regex_counts ruleset_regexes(const struct ruleset *rs);

#endif
